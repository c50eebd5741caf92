# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Existing resources are exported to a file, and a run with that file changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_cli import Run
from workspace import Workspace, good

EXPORT, ROLE = "otc.dis.export", "otc.dis.dli_transfer"
WRITING = {"POST", "PUT", "DELETE"}
TEMPLATE = "{{ 6 * 7 }} {% raw %}"
SCHEMA = '{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}]}'
STREAMS: list[dict[str, Any]] = [
    {
        "name": "orders",
        "partition_count": 3,
        "retention_period": 48,
        "data_schema": SCHEMA,
        "tags": {"team": "billing", "note": TEMPLATE, "size": "007", "yes": "no", "mark": "ä: #1"},
        "sys_tags": {"_sys_enterprise_project_id": "0"},
        "auto_scaling": {"enabled": True, "lowest": 1, "highest": 6},
        "tasks": [
            {"task_name": "to-dws", "destination_type": "DWS", "settings": {"dws_table_columns": TEMPLATE}},
            {"task_name": "to-obs", "destination_type": "OBS", "state": "PAUSED"},
            {"task_name": "to-mrs", "destination_type": "MRS"},
            {"task_name": "to-cloudtable", "destination_type": "CLOUDTABLE"},
            {"task_name": "to-dli", "settings": {"file_prefix": "dis/orders", "retry_duration": 900}},
        ],
    },
    {"name": "csv", "data_type": "CSV", "delimiter": ";", "compression_format": "gzip", "stream_type": "ADVANCED"},
    {"name": "meters", "tasks": ["b", "a"]},
]


def export(workspace: Workspace, *words: str, file: str = "all.yml", **variables: Any) -> Run:
    """The playbook."""
    values = workspace.write("options.yml", {"export_file": file, **variables})
    return workspace.playbook(EXPORT, "-e", f"@{values}", *words)


def exported(workspace: Workspace, file: str = "all.yml", **variables: Any) -> str:
    """The file that a good run writes."""
    good(export(workspace, file=file, **variables))
    return (workspace.folder / file).read_text("utf-8")


def variables_in(text: str) -> dict[str, Any]:
    """The variables of a file, marked texts as texts."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!unsafe", lambda loader, node: node.value)
    found: dict[str, Any] = yaml.load(text, Loader)
    return found


def apply(workspace: Workspace, file: str) -> Run:
    """A run of the role with the variables of the file."""
    workspace.cloud.clear_log()
    return good(workspace.playbook(ROLE, "-e", f"@{workspace.folder / file}"))


def changed(run: Run) -> list[list[str]]:
    """What was done to streams, and then to transfer tasks."""
    streams = [one["actions"] for event in run.of("otc.dis.stream") for one in event.items if one["changed"]]
    fleet = run.of("otc.dis.transfer_tasks")[-1].result
    return streams + [one["actions"] for one in fleet["transfer_tasks"] if one["changed"]]


def told_to_write(workspace: Workspace) -> list[str]:
    """Write requests to the service since the last call."""
    reported = [entry["operation"] for entry in workspace.cloud.log("dis") if entry["method"] in WRITING]
    workspace.cloud.clear_log()
    return reported


@pytest.fixture
def fleet(workspace: Workspace) -> Workspace:
    """A cloud with something of everything."""
    workspace.cloud.reset(streams=STREAMS, return_password=True)
    return workspace


@pytest.mark.quick
def test_run_with_the_export_changes_nothing(fleet: Workspace) -> None:
    text = exported(fleet)
    described = variables_in(text)
    assert [one["stream_name"] for one in described["dli_transfer_streams"]] == ["csv", "meters", "orders"]
    assert [(one["stream_name"], one["task_name"]) for one in described["dli_transfer_tasks"]] == [
        ("meters", "a"),
        ("meters", "b"),
        *(("orders", f"to-{kind}") for kind in ("cloudtable", "dli", "dws", "mrs", "obs")),
    ]
    assert described["dli_transfer_streams"][2]["tags"] == STREAMS[0]["tags"]
    assert described["dli_transfer_tasks"][-1]["state"] == "stopped"

    done = apply(fleet, "all.yml")
    assert changed(done) == []
    assert done.of("otc.dis.transfer_tasks")[-1].result["summary"]["ok"] == 7
    assert told_to_write(fleet) == []

    other = text.replace("dis/orders", "dis/other")
    assert other != text
    fleet.write("other.yml", other)
    assert changed(apply(fleet, "other.yml")) == [["update"]]


def test_the_role_changes_nothing_with_transfers_to_dli(fleet: Workspace) -> None:
    text = exported(fleet, "dli.yml", export_destination_type=["DLI"])
    described = variables_in(text)
    assert [one["task_name"] for one in described["dli_transfer_tasks"]] == ["a", "b", "to-dli"]
    assert len(described["dli_transfer_streams"]) == 3
    told_to_write(fleet)
    done = apply(fleet, "dli.yml")
    assert changed(done) == []
    assert done.of("otc.dis.transfer_tasks")[-1].result["summary"]["ok"] == 3
    assert told_to_write(fleet) == []


def test_the_file_stays_as_it_is_while_nothing_changes(fleet: Workspace) -> None:
    dry = good(export(fleet, "--check", "--diff"))
    assert dry.named("Write the file").changed
    assert "+dli_transfer_streams:" in dry.stdout
    assert not (fleet.folder / "all.yml").exists()

    text = exported(fleet)
    again = good(export(fleet, "--diff"))
    assert not any(event.changed for event in again.events)
    assert (fleet.folder / "all.yml").read_text("utf-8") == text

    fleet.cloud.patch_task("meters", "a", settings={"deliver_time_interval": 60})
    changed = good(export(fleet, "--diff"))
    assert changed.named("Write the file").changed
    assert "+    deliver_time_interval: 60" in changed.stdout
    assert told_to_write(fleet) == []


def test_comments_contain_origin_and_state(fleet: Workspace) -> None:
    text = exported(fleet)
    assert f"# Streams and transfer tasks of project {fleet.cloud.project_id} at {fleet.cloud.url}" in text
    assert "  # RUNNING.\n  - stream_name: csv\n" in text
    assert "  # OBS, PAUSED.\n" in text
    assert "# user_password is a secret that the service does not return" in text
    secret = fleet.cloud.tasks("orders")["to-dws"]["settings"]["user_password"]
    assert secret not in text
    assert fleet.cloud.login["password"] not in text
    assert "    note: !unsafe '{{ 6 * 7 }} {% raw %}'" in text or f"note: !unsafe '{TEMPLATE}'" in text


def test_value_hidden_by_the_service_is_omitted_and_named(workspace: Workspace) -> None:
    workspace.cloud.reset(streams=[{"name": "meters", "tasks": ["a"]}], hide_dli_names=True, omit_retry_duration=True)
    text = exported(workspace)
    assert (
        "# Not returned by the service and not managed: dli_database_name, dli_table_name and retry_duration." in text
    )
    assert "dli_table_name" not in variables_in(text)["dli_transfer_tasks"][0]
    assert changed(apply(workspace, "all.yml")) == []


def test_resource_that_cannot_be_exported_is_omitted_and_named(workspace: Workspace) -> None:
    long = "s" * 64
    workspace.cloud.reset(
        streams=[
            {"name": "dying", "status": "TERMINATING", "tasks": ["a"]},
            {"name": long, "tasks": ["b"]},
            {"name": "keeper", "retention_period": 200, "tags": {"k" * 40: "v"}},
        ]
    )
    text = exported(workspace)
    assert "# Skipped stream dying: status TERMINATING." in text
    assert "# Not managed: data_duration is 200, but must be an integer from 24 to 168 (hours)." in text
    assert "in tags must have 1 to 36 characters" in text
    described = variables_in(text)
    assert [one["stream_name"] for one in described["dli_transfer_streams"]] == ["keeper", long]
    assert [(one["stream_name"], one["task_name"]) for one in described["dli_transfer_tasks"]] == [(long, "b")]
    assert changed(apply(workspace, "all.yml")) == []


def test_only_some_streams(fleet: Workspace) -> None:
    described = variables_in(exported(fleet, export_name_pattern="m*", export_destination_type=""))
    assert [one["stream_name"] for one in described["dli_transfer_streams"]] == ["meters"]
    assert [one["task_name"] for one in described["dli_transfer_tasks"]] == ["a", "b"]
    described = variables_in(exported(fleet, export_name_pattern="nothing", export_cloud="", export_allow_empty=True))
    assert described == {"dli_transfer_streams": [], "dli_transfer_tasks": []}


def test_a_named_cloud(fleet: Workspace) -> None:
    fleet.forget_cloud()
    fleet.clouds({"other": {}, "emulated": {"auth": fleet.auth}})
    assert variables_in(exported(fleet, export_cloud="emulated"))["dli_transfer_streams"]


@pytest.mark.parametrize(
    ("wrong", "reported"),
    [
        ({"export_file": ""}, "export_file is required"),
        ({"export_destination_type": ["KAFKA"]}, "export_destination_type"),
    ],
    ids=["no-file", "unknown-destination"],
)
def test_wrong_variables_are_refused_before_any_request(fleet: Workspace, wrong: dict[str, Any], reported: str) -> None:
    done = export(fleet, **{"file": wrong.pop("export_file", "all.yml"), **wrong})
    assert done.code == 2, str(done)
    assert reported in done.output
    assert fleet.cloud.log() == []


def test_a_file_must_be_named(fleet: Workspace) -> None:
    done = fleet.playbook(EXPORT)
    assert done.code == 2
    assert "export_file" in done.output
    assert fleet.cloud.log() == []


def test_the_path_may_be_absolute(fleet: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "deeper"
    folder.mkdir()
    good(export(fleet, file=str(folder / "x.yml")))
    assert (folder / "x.yml").is_file()


def test_masked_names_are_never_written_or_created(fleet: Workspace) -> None:
    """The password is a word in names: Ansible masks these in results, and a mask is no name."""
    fleet.cloud.seed(users=[{"name": "meters-user", "password": "meters"}])
    fleet.forget_cloud()
    fleet.environ.update({**fleet.cloud.environ, "OS_USERNAME": "meters-user", "OS_PASSWORD": "meters"})
    done = export(fleet, file="all.yml")
    assert done.code == 2, str(done)
    reported = " ".join(done.output.split())
    assert "streams.stream_name" in reported, str(done)
    assert "contain the mask of a secret" in reported
    assert "contains a secret (password" in reported
    assert not (fleet.folder / "all.yml").exists()
    fleet.cloud.clear_log()
    report = fleet.folder / "report.html"
    health = {"transfer_health_report": str(report)}
    done = fleet.play([{"ansible.builtin.include_role": {"name": "otc.dis.transfer_health"}, "vars": health}])
    assert done.code == 2, str(done)
    assert "No report was written" in " ".join(done.output.split())
    assert not report.exists()


def test_the_filter_reports_valid_input(fleet: Workspace) -> None:
    done = fleet.play([{"ansible.builtin.debug": {"msg": "{{ {'streams': []} | otc.dis.role_variables({}) }}"}}])
    assert done.code == 2
    assert "requires the results of otc.dis.stream_info" in " ".join(done.output.split())
