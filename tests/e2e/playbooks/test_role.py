# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role, and the playbook that runs it by name."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import yaml
from ansible_cli import ROOT, Run
from workspace import DESIRED, Workspace, good

from ansible_collections.otc.dis.plugins.module_utils._cloud.settings import AUTH
from ansible_collections.otc.dis.plugins.module_utils._core.plan import WAIT
from ansible_collections.otc.dis.plugins.module_utils._resources.batch_entries import OPTIONS
from ansible_collections.otc.dis.plugins.module_utils._resources.streams import stream_options

ROLE = ROOT / "roles/dli_transfer"
PLAYBOOK = "otc.dis.dli_transfer"
FLEET = "otc.dis.transfer_tasks"


STREAM = {"stream_name": "orders", "partition_count": 2, "tags": {"team": "billing"}}
OBS = {"agency_name": "dis_admin_agency", "obs_bucket_path": "telemetry-staging", "file_prefix": "archive"}


def recap(done: Run) -> dict[str, int]:
    """The numbers of the last line."""
    last = next(line for line in reversed(done.stdout.splitlines()) if "changed=" in line)
    return {name: int(value) for name, value in (pair.split("=") for pair in last.split(":")[1].split())}


def run(workspace: Workspace, tasks: list[dict[str, Any]], *words: str, **variables: Any) -> Run:
    """The playbook with these transfer tasks."""
    values = workspace.write("vars.yml", {"dli_transfer_tasks": tasks, **variables})
    return workspace.playbook(PLAYBOOK, "-e", f"@{values}", *words)


def results(done: Run) -> list[dict[str, Any]]:
    """What became of each transfer task."""
    tasks: list[dict[str, Any]] = done.of(FLEET)[-1].result["transfer_tasks"]
    return tasks


STARTS_AT_ONCE = "starts when it is created: until it is stopped, it transfers the records that arrive."


@pytest.mark.quick
def test_life_of_two_tasks_each_run_repeated_in_silence(workspace: Workspace) -> None:
    two = [DESIRED, {**DESIRED, "task_name": "second", "state": "stopped", "deliver_time_interval": 60}]

    dry = good(run(workspace, two, "--check", "--diff"), STARTS_AT_ONCE)
    assert [one["actions"] for one in results(dry)] == [["create"], ["create", "stop"]]
    assert '"deliver_time_interval": 60' in dry.stdout
    assert workspace.writes() == []

    made = good(run(workspace, two), STARTS_AT_ONCE)
    assert [one["actions"] for one in results(made)] == [["create"], ["create", "stop"]]
    assert [one["transfer_task"]["state"] for one in results(made)] == ["RUNNING", "PAUSED"]
    assert "meters/second: create, stop" in made.stdout
    assert "2 transfer tasks: 0 unchanged, 2 changed, 0 failed, 0 not processed" in made.stdout
    workspace.writes()

    assert [one["changed"] for one in results(good(run(workspace, two)))] == [False, False]
    assert workspace.writes() == []

    two[0] = {**DESIRED, "deliver_time_interval": 90}
    assert [one["actions"] for one in results(good(run(workspace, two)))] == [["update"], []]
    assert workspace.writes() == ["update_transfer_task"]

    for one in two:
        one.pop("state", None)
    gone = good(run(workspace, two, dli_transfer_state="absent"))
    assert [one["actions"] for one in results(gone)] == [["delete"], ["delete"]]
    assert workspace.cloud.tasks("meters") == {}


def test_blank_and_null_are_omitted_but_zero_and_an_empty_prefix_are_not(workspace: Workspace) -> None:
    settings = {"file_prefix": "dis/meters", "retry_duration": 900, "deliver_time_interval": 120}
    workspace.cloud.reset(streams=[{"name": "meters", "tasks": [{"task_name": "meters-to-dli", "settings": settings}]}])
    blank = dict.fromkeys(
        ("agency_name", "on_drift", "consumer_strategy", "retry_duration", "deliver_time_interval"), ""
    )
    null = dict.fromkeys((*blank, "state", "file_prefix", "dli_table_name"))
    names = {"stream_name": "meters", "task_name": "meters-to-dli"}

    for unset in ({}, {**blank, "state": ""}, null):
        done = good(run(workspace, [{**names, **unset}], dli_transfer_cloud=""))
        assert results(done)[0]["actions"] == [], unset

    done = good(
        run(workspace, [{**names, "retry_duration": 0, "file_prefix": "", "deliver_time_interval": "60"}], "--diff")
    )
    task = results(done)[0]["transfer_task"]
    assert (task["retry_duration"], task["file_prefix"], task["deliver_time_interval"]) == (0, "", 60)


@pytest.mark.parametrize(
    ("wrong", "reported"),
    [
        ({"dli_transfer_tasks": [{**DESIRED, "deliver_interval": 60}]}, "deliver_interval"),
        ({"dli_transfer_tasks": [{"stream_name": "meters"}]}, "task_name"),
        ({"dli_transfer_tasks": [{**DESIRED, "state": "running"}]}, "started, stopped, absent"),
        ({"dli_transfer_tasks": [], "dli_transfer_state": "gone"}, "dli_transfer_state"),
        ({"dli_transfer_tasks": [DESIRED, {**DESIRED, "state": "absent"}]}, "is described by entries 1 and 2"),
        ({"dli_transfer_streams": [{"stream_name": "a", "partitions": 1}]}, "partitions"),
        ({"dli_transfer_streams": [STREAM, {**STREAM, "data_type": "XML"}]}, "XML"),
        ({"dli_transfer_streams": [STREAM, STREAM]}, "describe the same stream"),
        ({"dli_transfer_streams": [STREAM], "dli_transfer_connections": 64}, "connections is 64"),
    ],
    ids=[
        *("misspelt", "incomplete", "unknown-state", "unknown-default", "twice"),
        *("misspelt-in-stream", "word-in-stream", "stream-twice", "connections"),
    ],
)
def test_wrong_variables_are_refused_before_any_request(
    workspace: Workspace, wrong: dict[str, Any], reported: str
) -> None:
    values = workspace.write("vars.yml", wrong)
    done = workspace.playbook(PLAYBOOK, "-e", f"@{values}")
    assert done.code == 2, str(done)
    assert reported in done.output
    assert not [one for one in workspace.cloud.log("dis") if one["method"] != "GET"]


@pytest.mark.parametrize(
    "wrong", [{"partition_count": 0}, {"partition_count": 1, "data_duration": 1}, {"partition_count": ""}]
)
def test_a_wrong_entry_is_found_before_the_first_stream_is_made(workspace: Workspace, wrong: dict[str, Any]) -> None:
    done = run(workspace, [], dli_transfer_streams=[STREAM, {"stream_name": "second", **wrong}])
    assert done.code == 2, str(done)
    assert not [one for one in workspace.cloud.log("dis") if one["method"] != "GET"]


def test_a_wrong_task_is_found_before_the_first_stream_is_made(workspace: Workspace) -> None:
    done = run(workspace, [{**DESIRED, "stream_name": "orders", "retry_duration": -1}], dli_transfer_streams=[STREAM])
    assert (done.code, "retry_duration is -1" in done.output) == (2, True), str(done)
    assert not [one for one in workspace.cloud.log("dis") if one["method"] != "GET"]


@pytest.mark.parametrize("state", [None, "", "started"])
def test_task_in_a_stream_to_be_deleted_is_rejected_before_any_request(workspace: Workspace, state: str | None) -> None:
    wanted = {**DESIRED, "state": state} if state is not None else DESIRED
    streams = [{"stream_name": "meters", "state": "absent"}]
    done = run(workspace, [wanted, {**DESIRED, "task_name": "old", "state": "absent"}], dli_transfer_streams=streams)
    assert (done.code, "not to be deleted: meters. Nothing was sent." in done.output) == (2, True), str(done)
    assert workspace.cloud.log("dis") == []
    assert "meters" in workspace.cloud.state()["projects"][workspace.cloud.project_id]["streams"]


@pytest.mark.parametrize("wrong", [{}, {"stream_name": "no such name"}], ids=["fine", "wrong"])
def test_preflight_shows_no_password_of_an_entry(workspace: Workspace, wrong: dict[str, Any]) -> None:
    dws = {"stream_name": "meters", "task_name": "rows", "destination_type": "DWS", "user_password": "fake-password-7"}
    done = run(workspace, [{**dws, **wrong}], "-vv", dli_transfer_preflight="always")
    assert "Query the services" in done.stdout
    assert "fake-password-7" not in done.output


def test_the_report_is_never_that_of_an_earlier_use(workspace: Workspace) -> None:
    use = {"name": "Use", "ansible.builtin.include_role": {"name": PLAYBOOK}}
    wrong = {**DESIRED, "stream_name": "orders", "retry_duration": -1}
    done = workspace.play(
        [
            {**use, "vars": {"dli_transfer_tasks": [DESIRED]}},
            {**use, "vars": {"dli_transfer_tasks": [wrong], "dli_transfer_streams": [STREAM]}},
        ]
    )
    assert (done.code, done.stdout.count("1 transfer tasks: ")) == (2, 1), str(done)


def test_life_of_a_stream_with_its_tasks(workspace: Workspace) -> None:
    workspace.cloud.configure(stream_create_delay=0.5)
    streams = [STREAM, {"stream_name": "clicks", "partition_count": "1", "tags": {}, "data_type": ""}]
    tasks = [
        {**DESIRED, "stream_name": "orders", "state": "started"},
        {"stream_name": "orders", "task_name": "archive", "destination_type": "OBS", **OBS},
        {**DESIRED, "stream_name": "clicks", "state": "stopped"},
    ]

    dry = good(run(workspace, tasks, "--check", "--diff", dli_transfer_streams=streams), STARTS_AT_ONCE)
    assert [one["actions"] for one in results(dry)] == [["create"], ["create"], ["create", "stop"]]
    assert "3 transfer tasks: 0 unchanged, 3 would be changed" in dry.stdout
    assert not [one for one in workspace.cloud.log("dis") if one["method"] != "GET"]

    made = good(run(workspace, tasks, dli_transfer_streams=streams), STARTS_AT_ONCE)
    assert [one["actions"] for one in results(made)] == [one["actions"] for one in results(dry)]
    assert recap(made)["changed"] == recap(dry)["changed"]
    assert sorted(workspace.cloud.tasks("orders")) == ["archive", "meters-to-dli"]

    again = good(run(workspace, tasks, dli_transfer_streams=streams))
    assert recap(again)["changed"] == 0
    assert "3 transfer tasks: 3 unchanged" in again.stdout

    grown = [{**STREAM, "partition_count": 3}, streams[1]]
    assert recap(good(run(workspace, tasks, dli_transfer_streams=grown)))["changed"] == 1
    assert workspace.cloud.stream("orders")["partition_count"] == 3

    for one in tasks:
        one.pop("state", None)
    absent = {"dli_transfer_state": "absent", "dli_transfer_stream_state": "absent", "dli_transfer_streams": grown}
    workspace.cloud.clear_log()
    dry = good(run(workspace, tasks, "--check", **absent))
    gone = good(run(workspace, tasks, **absent))
    assert recap(dry)["changed"] == recap(gone)["changed"]
    order = [one["operation"] for one in workspace.cloud.log("dis") if one["method"] == "DELETE"]
    assert order == ["delete_transfer_task"] * 3 + ["delete_stream"] * 2
    assert recap(good(run(workspace, tasks, **absent)))["changed"] == 0


def test_purge_covers_the_streams_that_are_described(workspace: Workspace) -> None:
    workspace.cloud.reset(streams=[{"name": "meters", "tasks": ["a", "b"]}, {"name": "other", "tasks": ["c"]}])
    covered = {"dli_transfer_streams": [{"stream_name": "meters"}], "dli_transfer_purge": True}
    workspace.cloud.clear_log()
    done = workspace.playbook("otc.dis.dli_transfer", "-e", json.dumps({**covered, "dli_transfer_tasks": ""}))
    assert "dli_transfer_tasks is blank, so dli_transfer_purge would delete all transfer tasks" in done.output, str(
        done
    )
    assert (done.code, workspace.cloud.log()) == (2, [])
    good(run(workspace, [], **covered))
    assert (workspace.cloud.tasks("meters"), list(workspace.cloud.tasks("other"))) == ({}, ["c"])


def test_protected_streams_and_tasks_are_kept(workspace: Workspace) -> None:
    workspace.cloud.seed(streams=[{"name": "meters", "tasks": ["a", "b"]}, "orders"])
    streams = [
        {"stream_name": "meters", "prevent_destroy": "true"},
        {"stream_name": "orders", "state": "absent", "prevent_destroy": "false"},
    ]
    gone = [{**streams[0], "state": "absent"}, streams[1]]
    for variables, text in (
        ({"dli_transfer_streams": gone}, "Their entries have prevent_destroy: meters."),
        ({"dli_transfer_streams": streams, "dli_transfer_max_deletes": 0}, "dli_transfer_max_deletes is 0."),
        ({"dli_transfer_streams": streams, "dli_transfer_max_deletes": "49%"}, "dli_transfer_max_deletes is 49%."),
        (
            {"dli_transfer_streams": streams, "dli_transfer_max_deletes": "1", "dli_transfer_purge": True},
            "2 of 2 transfer",
        ),
        ({"dli_transfer_streams": streams, "dli_transfer_max_deletes": "few"}, "max_deletes is 'few', but must be"),
    ):
        tasks = [] if "dli_transfer_purge" not in variables else [{**DESIRED, "task_name": "a", "state": "absent"}]
        done = run(workspace, tasks, **variables)
        assert done.code != 0
        assert text in " ".join(done.output.replace("\\'", "'").split()), text
        assert {one["method"] for one in workspace.cloud.log("dis")} <= {"GET"}
    good(run(workspace, [], dli_transfer_streams=streams, dli_transfer_max_deletes="50%"))
    assert {one["method"] for one in workspace.cloud.log("dis")} == {"GET", "DELETE"}


def test_unhealthy_task_fails_the_run_and_is_named(workspace: Workspace) -> None:
    good(run(workspace, [DESIRED]))
    workspace.cloud.patch_task("meters", "meters-to-dli", state="ABNORMAL")
    done = run(workspace, [DESIRED])
    assert (done.code, "meters/meters-to-dli is ABNORMAL" in done.output) == (2, True), str(done)
    assert run(workspace, [DESIRED], dli_transfer_verify=False).code == 0


@pytest.mark.parametrize("streams", [[], [{"stream_name": "meters", "partition_count": 1}]], ids=["alone", "stream"])
def test_plan_without_wait_does_not_fail(workspace: Workspace, streams: list[dict[str, Any]]) -> None:
    workspace.cloud.reset(streams=[{"name": "meters", "tasks": [{"task_name": "meters-to-dli", "state": "ERROR"}]}])
    calm = {"dli_transfer_wait": False, "dli_transfer_verify": False, "dli_transfer_streams": streams}
    done = run(workspace, [{"stream_name": "meters", "task_name": "meters-to-dli", "state": "started"}], **calm)
    assert done.code == 0, str(done)
    assert [one["actions"] for one in results(done)] == [[]]


@pytest.mark.parametrize("carried", [True, False])
def test_a_record_sent_shows_that_the_task_carries_it(workspace: Workspace, carried: bool) -> None:
    if not carried:
        workspace.cloud.patch_stream("meters", transferable_offset=0)
    probe = {"dli_transfer_probe": '{"meter": "probe"}', "dli_transfer_probe_timeout": 1}
    done = run(workspace, [DESIRED, {**DESIRED, "task_name": "second"}], **probe)
    assert done.code == (0 if carried else 2), str(done)
    assert [base64.b64decode(record["data"]) for record in workspace.cloud.records("meters")] == [b'{"meter": "probe"}']


def test_login_comes_from_module_defaults_or_from_a_named_cloud(workspace: Workspace) -> None:
    workspace.forget_cloud()
    role = {
        "name": "Role",
        "ansible.builtin.include_role": {"name": PLAYBOOK},
        "vars": {"dli_transfer_tasks": [DESIRED]},
    }
    good(workspace.play([role], module_defaults={"group/otc.dis.dis": {"auth": workspace.auth}}))
    assert list(workspace.cloud.tasks("meters")) == ["meters-to-dli"]

    workspace.clouds({"other": {}, "emulated": {"auth": workspace.auth}})
    assert results(good(run(workspace, [DESIRED], dli_transfer_cloud="emulated")))[0]["changed"] is False


def test_a_failing_entry_does_not_stop_the_others(workspace: Workspace) -> None:
    done = run(workspace, [{**DESIRED, "stream_name": "unknown"}, DESIRED])
    assert done.code == 2
    refused, made = results(done)
    assert refused["error"]["code"] == "DIS.4301"
    assert made["actions"] == ["create"]


def test_defaults_equal_the_argument_specs() -> None:
    spec = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text("utf-8"))["argument_specs"]["main"]["options"]
    defaults = yaml.safe_load((ROLE / "defaults/main.yml").read_text("utf-8"))
    assert {name: option["default"] for name, option in spec.items()} == defaults


def test_streams_take_every_setting_of_the_module_with_its_choices() -> None:
    spec = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text("utf-8"))["argument_specs"]["main"]["options"]
    entry = spec["dli_transfer_streams"]["options"]
    module = {name: option for name, option in stream_options().items() if name not in {*AUTH, *WAIT}}
    assert entry.pop("prevent_destroy")  # the role checks this one itself
    assert set(entry) == set(module)
    handed_on = (ROLE / "tasks/streams.yml").read_text("utf-8")
    for name, option in entry.items():
        assert f"    {name}: " in handed_on
        choices = [one for one in option.get("choices", []) if one or (one == "" and name == "compression_format")]
        assert choices == list(module[name].get("choices", [])), name
        assert option.get("required", False) == module[name].get("required", False), name


def test_states_are_those_of_the_modules() -> None:
    spec = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text("utf-8"))["argument_specs"]["main"]["options"]
    for name in ("state", "on_drift", "on_error"):
        assert spec[f"dli_transfer_{name}"]["choices"][:-2] == OPTIONS[name]["choices"]
        assert spec[f"dli_transfer_{name}"]["default"] == OPTIONS[name]["default"]
    assert spec["dli_transfer_stream_state"]["choices"][:-2] == stream_options()["state"]["choices"]
