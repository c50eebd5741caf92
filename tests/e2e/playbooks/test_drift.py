# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role that reports drift, and the playbook that runs it by name."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from ansible_cli import Run
from workspace import DESIRED, Workspace, good

PLAYBOOK = "otc.dis.drift"


def run(workspace: Workspace, *words: str, **variables: Any) -> Run:
    """The playbook with these variables, and with all three reports."""
    paths = {f"drift_{kind}": f"drift.{kind}" for kind in ("json", "junit", "html")}
    return workspace.playbook(PLAYBOOK, "-e", f"@{workspace.write('vars.yml', {**paths, **variables})}", *words)


def entry(task_name: str, **more: Any) -> dict[str, Any]:
    return {**DESIRED, "task_name": task_name, **more}


def report(workspace: Workspace) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((workspace.folder / "drift.json").read_text("utf-8"))
    return found


def test_every_status_is_reported_and_nothing_is_changed(workspace: Workspace) -> None:
    workspace.cloud.seed(
        streams=[
            {"name": "meters", "tasks": ["same", "other", "fixed", "old", "extra"]},
            {"name": "spare", "tasks": ["spare-task"]},
        ]
    )
    done = run(
        workspace,
        dli_transfer_streams=[
            {"stream_name": "meters", "data_duration": 48},
            {"stream_name": "parcels", "partition_count": 1},
        ],
        dli_transfer_tasks=[
            entry("same"),
            entry("other", deliver_time_interval=60),
            entry("fixed", deliver_time_interval=60, on_drift="fail"),
            entry("old", state="absent"),
            entry("new", stream_name="parcels"),
        ],
        drift_scope="project",
    )
    assert done.code != 0
    assert "3 drifted, 2 missing, 1 unexpected." in " ".join(done.output.split())
    found = report(workspace)
    status = {(one["stream_name"], one["task_name"]): one for one in found["resources"]}
    assert {name: one["status"] for name, one in status.items()} == {
        ("meters", None): "drift",
        ("meters", "other"): "drift",
        ("meters", "fixed"): "drift",
        ("parcels", None): "missing",
        ("parcels", "new"): "missing",
        ("meters", "old"): "unexpected",
        ("meters", "extra"): "unmanaged",
        ("spare", None): "unmanaged",
        ("spare", "spare-task"): "unmanaged",
        ("meters", "same"): "in_sync",
    }
    assert found["drift"] is True
    assert status["meters", "other"]["differences"] == [
        {"setting": "deliver_time_interval", "observed": 300, "desired": 60}
    ]
    assert status["meters", "other"]["actions"] == ["update"]
    assert "deliver_time_interval" in status["meters", "fixed"]["reason"]
    assert status["meters", None]["differences"] == [{"setting": "data_duration", "observed": 24, "desired": 48}]
    suite = ET.parse(workspace.folder / "drift.junit").getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == (
        "10", "6", "0", "3",
    )  # fmt: skip
    failed = {(case.get("classname"), case.get("name")) for case in suite if case.find("failure") is not None}
    assert ("meters", "other") in failed
    assert ("meters", "stream") in failed
    page = (workspace.folder / "drift.html").read_text("utf-8")
    assert "<del>300</del> <ins>60</ins>" in page
    methods = {one["method"] for one in workspace.cloud.log("dis")}
    assert methods == {"GET"}


def test_a_run_without_drift_succeeds_and_is_repeatable(workspace: Workspace) -> None:
    workspace.cloud.seed(streams=[{"name": "meters", "tasks": ["same", "extra"]}])
    workspace.environ["ANSIBLE_SHOW_CUSTOM_STATS"] = "true"
    first = good(run(workspace, dli_transfer_tasks=[entry("same")]))
    assert json.loads(first.stdout.partition("RUN: ")[2].strip()) == {"dis_drift": 0, "dis_unmanaged": 1}
    assert "meters/extra: unmanaged" in first.output
    assert report(workspace)["summary"] == {
        "error": 0, "drift": 0, "missing": 0, "unexpected": 0, "unmanaged": 1, "in_sync": 1,
    }  # fmt: skip
    again = good(run(workspace, dli_transfer_tasks=[entry("same")]))
    assert "changed=0" in again.output
    strict = run(workspace, dli_transfer_tasks=[entry("same")], drift_fail_on_unmanaged="true")
    assert strict.code != 0
    assert "1 unmanaged." in strict.output


def test_a_stream_that_cannot_be_read_is_an_error_and_others_are_compared(workspace: Workspace) -> None:
    workspace.cloud.seed(
        streams=[
            {"name": "meters", "tasks": ["same", "extra"]},
            {"name": "parcels", "tasks": ["other"]},
            {"name": "spare"},
        ]
    )
    workspace.cloud.fault("status", path="/streams/parcels(/|$)", times=0, status=403, code="DIS.4116", message="no")
    workspace.cloud.fault("lost_before", path="/streams/spare(/|$)", times=0)
    workspace.environ["OS_API_TIMEOUT"] = "1"
    done = run(
        workspace,
        dli_transfer_streams=[
            {"stream_name": "meters", "data_duration": 48},
            {"stream_name": "parcels", "data_duration": 48},
        ],
        dli_transfer_tasks=[entry("same", deliver_time_interval=60), entry("other", stream_name="parcels")],
        drift_scope="project",
    )
    assert done.code != 0
    assert "4 could not be compared. 2 drifted, 0 missing, 0 unexpected." in " ".join(done.output.split())
    found = report(workspace)
    assert [(one["stream_name"], one["task_name"], one["status"]) for one in found["resources"]] == [
        ("parcels", None, "error"),
        ("parcels", None, "error"),
        ("parcels", "other", "error"),
        ("spare", None, "error"),
        ("meters", None, "drift"),
        ("meters", "same", "drift"),
        ("meters", "extra", "unmanaged"),
        ("spare", None, "unmanaged"),
    ]
    assert all("DIS.4116" in line for line in found["lines"][:3])
    assert found["lines"][3].startswith("spare: error. Unmanaged transfer tasks are unknown: ")
    suite = ET.parse(workspace.folder / "drift.junit").getroot()[0]
    assert (suite.get("failures"), suite.get("errors")) == ("2", "4")


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({}, "there is nothing to compare"),
        ({"drift_scope": "all"}, "drift_scope must be one of: managed, project"),
        ({"drift_htm": "x"}, "Did you mean drift_html?"),
        ({"dli_transfer_tasks": [entry("a", agencyname="x")]}, "agencyname is not an option of dli_transfer_task"),
        ({"dli_transfer_tasks": [entry("a")], "dli_transfer_cloud": "nowhere"}, "nowhere"),
    ],
)
def test_value_that_cannot_be_compared_is_a_failure(workspace: Workspace, variables: dict[str, Any], text: str) -> None:
    done = run(workspace, **variables)
    assert done.code != 0
    assert text in " ".join(done.output.replace("\\'", "'").split())
    assert not (workspace.folder / "drift.json").exists()
