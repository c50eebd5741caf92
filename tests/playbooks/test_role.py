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
from desk import WISH, Desk, good

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


def run(desk: Desk, tasks: list[dict[str, Any]], *words: str, **variables: Any) -> Run:
    """The playbook with these transfer tasks."""
    values = desk.write("vars.yml", {"dli_transfer_tasks": tasks, **variables})
    return desk.playbook(PLAYBOOK, "-e", f"@{values}", *words)


def results(done: Run) -> list[dict[str, Any]]:
    """What became of each transfer task."""
    tasks: list[dict[str, Any]] = done.of(FLEET)[-1].result["transfer_tasks"]
    return tasks


@pytest.mark.quick
def test_life_of_two_tasks_each_run_repeated_in_silence(desk: Desk) -> None:
    two = [WISH, {**WISH, "task_name": "second", "state": "stopped", "deliver_time_interval": 60}]

    dry = good(run(desk, two, "--check", "--diff"))
    assert [one["actions"] for one in results(dry)] == [["create"], ["create", "stop"]]
    assert '"deliver_time_interval": 60' in dry.stdout
    assert desk.writes() == []

    made = good(run(desk, two))
    assert [one["actions"] for one in results(made)] == [["create"], ["create", "stop"]]
    assert [one["transfer_task"]["state"] for one in results(made)] == ["RUNNING", "PAUSED"]
    assert "meters/second: create, stop" in made.stdout
    assert "2 transfer tasks: 0 as described, 2 changed, 0 failed, 0 not begun" in made.stdout
    desk.writes()

    assert [one["changed"] for one in results(good(run(desk, two)))] == [False, False]
    assert desk.writes() == []

    two[0] = {**WISH, "deliver_time_interval": 90}
    assert [one["actions"] for one in results(good(run(desk, two)))] == [["update"], []]
    assert desk.writes() == ["update_transfer_task"]

    for one in two:
        one.pop("state", None)
    gone = good(run(desk, two, dli_transfer_state="absent"))
    assert [one["actions"] for one in results(gone)] == [["delete"], ["delete"]]
    assert desk.cloud.tasks("meters") == {}


def test_blank_and_null_count_as_left_out_but_zero_and_an_empty_prefix_do_not(desk: Desk) -> None:
    settings = {"file_prefix": "dis/meters", "retry_duration": 900, "deliver_time_interval": 120}
    desk.cloud.reset(streams=[{"name": "meters", "tasks": [{"task_name": "meters-to-dli", "settings": settings}]}])
    blank = dict.fromkeys(
        ("agency_name", "on_drift", "consumer_strategy", "retry_duration", "deliver_time_interval"), ""
    )
    null = dict.fromkeys((*blank, "state", "file_prefix", "dli_table_name"))
    names = {"stream_name": "meters", "task_name": "meters-to-dli"}

    for unset in ({}, {**blank, "state": ""}, null):
        done = good(run(desk, [{**names, **unset}], dli_transfer_cloud=""))
        assert results(done)[0]["actions"] == [], unset

    done = good(run(desk, [{**names, "retry_duration": 0, "file_prefix": "", "deliver_time_interval": "60"}], "--diff"))
    task = results(done)[0]["transfer_task"]
    assert (task["retry_duration"], task["file_prefix"], task["deliver_time_interval"]) == (0, "", 60)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"dli_transfer_tasks": [{**WISH, "deliver_interval": 60}]}, "deliver_interval"),
        ({"dli_transfer_tasks": [{"stream_name": "meters"}]}, "task_name"),
        ({"dli_transfer_tasks": [{**WISH, "state": "running"}]}, "started, stopped, absent"),
        ({"dli_transfer_tasks": [], "dli_transfer_state": "gone"}, "dli_transfer_state"),
        ({"dli_transfer_tasks": [WISH, {**WISH, "state": "absent"}]}, "is described by entries 1 and 2"),
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
def test_wrong_variables_are_refused_before_any_request(desk: Desk, wrong: dict[str, Any], told: str) -> None:
    values = desk.write("vars.yml", wrong)
    done = desk.playbook(PLAYBOOK, "-e", f"@{values}")
    assert done.code == 2, str(done)
    assert told in done.output
    assert not [one for one in desk.cloud.log("dis") if one["method"] != "GET"]


@pytest.mark.parametrize(
    "wrong", [{"partition_count": 0}, {"partition_count": 1, "data_duration": 1}, {"partition_count": ""}]
)
def test_a_wrong_entry_is_found_before_the_first_stream_is_made(desk: Desk, wrong: dict[str, Any]) -> None:
    done = run(desk, [], dli_transfer_streams=[STREAM, {"stream_name": "second", **wrong}])
    assert done.code == 2, str(done)
    assert not [one for one in desk.cloud.log("dis") if one["method"] != "GET"]


def test_a_wrong_task_is_found_before_the_first_stream_is_made(desk: Desk) -> None:
    done = run(desk, [{**WISH, "stream_name": "orders", "retry_duration": -1}], dli_transfer_streams=[STREAM])
    assert (done.code, "retry_duration is -1" in done.output) == (2, True), str(done)
    assert not [one for one in desk.cloud.log("dis") if one["method"] != "GET"]


@pytest.mark.parametrize("state", [None, "", "started"])
def test_a_task_in_a_stream_that_goes_is_refused_before_anything_is_sent(desk: Desk, state: str | None) -> None:
    wanted = {**WISH, "state": state} if state is not None else WISH
    streams = [{"stream_name": "meters", "state": "absent"}]
    done = run(desk, [wanted, {**WISH, "task_name": "old", "state": "absent"}], dli_transfer_streams=streams)
    assert (done.code, "tasks that are not: meters. Nothing was sent." in done.output) == (2, True), str(done)
    assert desk.cloud.log("dis") == []
    assert "meters" in desk.cloud.state()["projects"][desk.cloud.project_id]["streams"]


@pytest.mark.parametrize("wrong", [{}, {"stream_name": "no such name"}], ids=["fine", "wrong"])
def test_preflight_shows_no_password_of_an_entry(desk: Desk, wrong: dict[str, Any]) -> None:
    dws = {"stream_name": "meters", "task_name": "rows", "destination_type": "DWS", "user_password": "fake-password-7"}
    done = run(desk, [{**dws, **wrong}], "-vv", dli_transfer_preflight="always")
    assert "Ask the services" in done.stdout
    assert "fake-password-7" not in done.output


def test_the_report_is_never_that_of_an_earlier_use(desk: Desk) -> None:
    use = {"name": "Use", "ansible.builtin.include_role": {"name": PLAYBOOK}}
    wrong = {**WISH, "stream_name": "orders", "retry_duration": -1}
    done = desk.play(
        [
            {**use, "vars": {"dli_transfer_tasks": [WISH]}},
            {**use, "vars": {"dli_transfer_tasks": [wrong], "dli_transfer_streams": [STREAM]}},
        ]
    )
    assert (done.code, done.stdout.count("1 transfer tasks: ")) == (2, 1), str(done)


def test_life_of_a_stream_with_its_tasks(desk: Desk) -> None:
    desk.cloud.configure(stream_create_delay=0.5)
    streams = [STREAM, {"stream_name": "clicks", "partition_count": "1", "tags": {}, "data_type": ""}]
    tasks = [
        {**WISH, "stream_name": "orders", "state": "started"},
        {"stream_name": "orders", "task_name": "archive", "destination_type": "OBS", **OBS},
        {**WISH, "stream_name": "clicks", "state": "stopped"},
    ]

    dry = good(run(desk, tasks, "--check", "--diff", dli_transfer_streams=streams))
    assert [one["actions"] for one in results(dry)] == [["create"], ["create"], ["create", "stop"]]
    assert "3 transfer tasks: 0 as described, 3 would be changed" in dry.stdout
    assert not [one for one in desk.cloud.log("dis") if one["method"] != "GET"]

    made = good(run(desk, tasks, dli_transfer_streams=streams))
    assert [one["actions"] for one in results(made)] == [one["actions"] for one in results(dry)]
    assert recap(made)["changed"] == recap(dry)["changed"]
    assert sorted(desk.cloud.tasks("orders")) == ["archive", "meters-to-dli"]

    again = good(run(desk, tasks, dli_transfer_streams=streams))
    assert recap(again)["changed"] == 0
    assert "3 transfer tasks: 3 as described" in again.stdout

    grown = [{**STREAM, "partition_count": 3}, streams[1]]
    assert recap(good(run(desk, tasks, dli_transfer_streams=grown)))["changed"] == 1
    assert desk.cloud.stream("orders")["partition_count"] == 3

    for one in tasks:
        one.pop("state", None)
    absent = {"dli_transfer_state": "absent", "dli_transfer_stream_state": "absent", "dli_transfer_streams": grown}
    desk.cloud.clear_log()
    dry = good(run(desk, tasks, "--check", **absent))
    gone = good(run(desk, tasks, **absent))
    assert recap(dry)["changed"] == recap(gone)["changed"]
    order = [one["operation"] for one in desk.cloud.log("dis") if one["method"] == "DELETE"]
    assert order == ["delete_transfer_task"] * 3 + ["delete_stream"] * 2
    assert recap(good(run(desk, tasks, **absent)))["changed"] == 0


def test_purge_covers_the_streams_that_are_described(desk: Desk) -> None:
    desk.cloud.reset(streams=[{"name": "meters", "tasks": ["a", "b"]}, {"name": "other", "tasks": ["c"]}])
    covered = {"dli_transfer_streams": [{"stream_name": "meters"}], "dli_transfer_purge": True}
    desk.cloud.clear_log()
    done = desk.playbook("otc.dis.dli_transfer", "-e", json.dumps({**covered, "dli_transfer_tasks": ""}))
    assert "dli_transfer_tasks is blank, and with dli_transfer_purge every transfer task" in done.output, str(done)
    assert (done.code, desk.cloud.log()) == (2, [])
    good(run(desk, [], **covered))
    assert (desk.cloud.tasks("meters"), list(desk.cloud.tasks("other"))) == ({}, ["c"])


def test_a_task_in_trouble_fails_the_run_and_is_named(desk: Desk) -> None:
    good(run(desk, [WISH]))
    desk.cloud.patch_task("meters", "meters-to-dli", state="ABNORMAL")
    done = run(desk, [WISH])
    assert (done.code, "meters/meters-to-dli is ABNORMAL" in done.output) == (2, True), str(done)
    assert run(desk, [WISH], dli_transfer_verify=False).code == 0


@pytest.mark.parametrize("streams", [[], [{"stream_name": "meters", "partition_count": 1}]], ids=["alone", "stream"])
def test_what_nobody_waits_for_fails_no_plan(desk: Desk, streams: list[dict[str, Any]]) -> None:
    desk.cloud.reset(streams=[{"name": "meters", "tasks": [{"task_name": "meters-to-dli", "state": "ERROR"}]}])
    calm = {"dli_transfer_wait": False, "dli_transfer_verify": False, "dli_transfer_streams": streams}
    done = run(desk, [{"stream_name": "meters", "task_name": "meters-to-dli", "state": "started"}], **calm)
    assert done.code == 0, str(done)
    assert [one["actions"] for one in results(done)] == [[]]


@pytest.mark.parametrize("carried", [True, False])
def test_a_record_sent_shows_that_the_task_carries_it(desk: Desk, carried: bool) -> None:
    if not carried:
        desk.cloud.patch_stream("meters", transferable_offset=0)
    probe = {"dli_transfer_probe": '{"meter": "probe"}', "dli_transfer_probe_timeout": 1}
    done = run(desk, [WISH, {**WISH, "task_name": "second"}], **probe)
    assert done.code == (0 if carried else 2), str(done)
    assert [base64.b64decode(record["data"]) for record in desk.cloud.records("meters")] == [b'{"meter": "probe"}']


def test_login_comes_from_module_defaults_or_from_a_named_cloud(desk: Desk) -> None:
    desk.forget_cloud()
    role = {"name": "Role", "ansible.builtin.include_role": {"name": PLAYBOOK}, "vars": {"dli_transfer_tasks": [WISH]}}
    good(desk.play([role], module_defaults={"group/otc.dis.dis": {"auth": desk.auth}}))
    assert list(desk.cloud.tasks("meters")) == ["meters-to-dli"]

    desk.clouds({"other": {}, "emulated": {"auth": desk.auth}})
    assert results(good(run(desk, [WISH], dli_transfer_cloud="emulated")))[0]["changed"] is False


def test_a_failing_entry_does_not_stop_the_others(desk: Desk) -> None:
    done = run(desk, [{**WISH, "stream_name": "unknown"}, WISH])
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
