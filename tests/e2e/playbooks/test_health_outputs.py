# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of the health role for programs: JSON, JUnit XML and metrics."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from ansible_cli import Run
from prometheus_client.parser import text_string_to_metric_families
from workspace import Workspace, good

PLAYBOOK = "otc.dis.health"
HOUR = 3600
EVIL = '<b a="x">\'&\\ {{ 7 * 191 }} {% raw %} \x0b\ufffe'


def run(workspace: Workspace, *words: str, **variables: Any) -> Run:
    """Run the playbook with all reports."""
    paths = {"json": "health.json", "junit": "health.xml", "prometheus": "health.prom"}
    values = {f"transfer_health_{name}": path for name, path in paths.items()}
    return workspace.playbook(PLAYBOOK, "-e", f"@{workspace.write('vars.yml', {**values, **variables})}", *words)


def report(workspace: Workspace) -> dict[str, Any]:
    """Return the JSON report."""
    found: dict[str, Any] = json.loads((workspace.folder / "health.json").read_text("utf-8"))
    return found


def cases(workspace: Workspace) -> dict[tuple[str | None, str | None], str]:
    """Return the outcome of each test case, and check that the counts of the suite agree."""
    suite = ET.parse(workspace.folder / "health.xml").getroot()[0]
    found = {(case.get("classname"), case.get("name")): next((one.tag for one in case), "passed") for case in suite}
    assert len(found) == len(suite)
    outcomes = list(found.values())
    expected = (len(suite), outcomes.count("failure"), 0, outcomes.count("skipped"))
    assert tuple(int(suite.get(name, "")) for name in ("tests", "failures", "errors", "skipped")) == expected
    return found


def samples(workspace: Workspace) -> dict[str, dict[tuple[str, ...], float]]:
    """Return the value of each sample by metric and label values."""
    text = (workspace.folder / "health.prom").read_text("utf-8")
    families = list(text_string_to_metric_families(text))
    assert all(family.type == "gauge" and family.documentation for family in families)
    assert len({family.name for family in families}) == len(families)
    return {
        family.name: {tuple(sample.labels.values()): sample.value for sample in family.samples} for family in families
    }


def test_each_report_contains_each_task_and_unknown_values_are_omitted(workspace: Workspace) -> None:
    workspace.cloud.reset(streams=[])
    workspace.cloud.advance_clock(-3 * HOUR)
    workspace.cloud.seed(streams=[{"name": "meters", "tasks": ["late", {"task_name": "off", "state": "PAUSED"}]}])
    workspace.cloud.put_records("meters", ["x"])
    workspace.cloud.patch_stream("meters", transferable_offset=1)
    workspace.cloud.advance_clock(HOUR)
    workspace.cloud.put_records("meters", ["x"] * 5)
    workspace.cloud.advance_clock(2 * HOUR)
    workspace.cloud.seed(streams=[{"name": "parcels", "tasks": ["idle", {"task_name": "broken", "state": "ERROR"}]}])
    done = run(workspace, transfer_health_streams="meters,parcels,gone")
    assert done.code == 2
    found = report(workspace)
    assert set(found) == {"generated_at", "healthy", "problems", "unknown", "streams", "restarts"}
    assert (found["healthy"], len(found["problems"])) == (False, 3)
    assert cases(workspace) == {
        ("gone", "stream"): "failure",
        ("meters", "late"): "failure",
        ("meters", "off"): "passed",
        ("parcels", "broken"): "failure",
        ("parcels", "idle"): "passed",
    }
    metrics = samples(workspace)
    health = metrics.pop("otc_dis_transfer_task_health")
    assert len(health) == 16
    assert {labels for labels, value in health.items() if value} == {
        ("meters", "late", "DLI", "stale"),
        ("meters", "off", "DLI", "ok"),
        ("parcels", "broken", "DLI", "failed"),
        ("parcels", "idle", "DLI", "ok"),
    }
    assert metrics.pop("otc_dis_transfer_task_waiting_records") == {
        ("meters", "late", "DLI"): 5,
        ("parcels", "idle", "DLI"): 0,
    }
    (waiting,) = metrics.pop("otc_dis_transfer_task_waiting_seconds").values()
    assert 2 * HOUR - 120 <= waiting <= 2 * HOUR + 120
    now = metrics.pop("otc_dis_transfer_health_timestamp_seconds")[()]
    cycles = metrics.pop("otc_dis_transfer_task_last_cycle_timestamp_seconds")
    assert all(now - 4 * HOUR < value <= now + 60 for value in cycles.values())
    assert metrics == {"otc_dis_transfer_health_missing_stream": {("gone",): 1}}


@pytest.mark.parametrize("strict", [False, True])
def test_external_values_are_escaped_and_unknown_health_fails_on_request(workspace: Workspace, strict: bool) -> None:
    task = {"task_name": "odd", "destination_type": EVIL + "\n", "state": EVIL}
    workspace.cloud.fault(
        "wrong_json", operation="list_transfer_tasks", body={"total_number": 1, "tasks": [task]}, times=0
    )
    done = run(workspace, transfer_health_fail_on_unknown=strict)
    assert (done.code == 0) is not strict, str(done)
    found = report(workspace)["streams"][0]
    kind = found["tasks"][0]["destination_type"]
    assert EVIL[:20] in kind
    (labels,) = [labels for labels, value in samples(workspace)["otc_dis_transfer_task_health"].items() if value]
    assert labels == (found["stream_name"], "odd", kind, "unknown")
    assert set(cases(workspace).values()) == {"failure" if strict else "skipped"}
    (message,) = [one.get("message") for one in ET.parse(workspace.folder / "health.xml").iter() if one.get("message")]
    assert message == f"unknown: {found['tasks'][0]['reason']}".replace("\x0b", "?").replace("\ufffe", "?")


def test_nothing_to_check_is_a_failed_test_case_and_check_mode_writes_no_report(workspace: Workspace) -> None:
    done = run(workspace, transfer_health_task_pattern="none-*")
    assert done.code == 2
    assert cases(workspace) == {("otc.dis.transfer_health", "transfer tasks"): "failure"}
    assert set(samples(workspace)) == {"otc_dis_transfer_health_timestamp_seconds"}
    for path in workspace.folder.glob("health.*"):
        path.unlink()
    good(run(workspace, "--check", transfer_health_allow_empty=True))
    assert not list(workspace.folder.glob("health.*"))


def test_reports_contain_dead_letters(workspace: Workspace) -> None:
    tasks = [
        {"task_name": name, "settings": {"obs_bucket_path": bucket}}
        for name, bucket in (("bad", "full"), ("fine", "empty"), ("odd", "closed"))
    ]
    objects = {"dli_error/a": 40, "dli_error/b": 2}
    buckets = [{"name": "full", "objects": objects}, {"name": "empty"}, {"name": "closed", "accessible": False}]
    workspace.cloud.reset(streams=[{"name": "meters", "tasks": tasks}], buckets=buckets)
    done = run(workspace, transfer_health_dead_letters=True, transfer_health_temporary_keys=True)
    assert done.code == 2
    assert "meters/bad has dead letters: 2 objects with 42 bytes below full/dli_error/" in " ".join(done.output.split())
    outcomes = {name: outcome for (_stream, name), outcome in cases(workspace).items()}
    counted = {"bad dead letters": "failure", "fine dead letters": "passed", "odd dead letters": "skipped"}
    assert outcomes == {"bad": "passed", "fine": "passed", "odd": "passed", **counted}
    found = samples(workspace)
    assert {labels[1]: value for labels, value in found["otc_dis_transfer_task_dead_letters"].items()} == {
        "bad": 2, "fine": 0,
    }  # fmt: skip
    assert sum(found["otc_dis_transfer_task_dead_letter_bytes"].values()) == 42
