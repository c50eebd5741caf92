# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role, and the playbook that runs it by name."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from ansible_cli import ROOT, Run
from desk import MODULE, WISH, Desk, good

from ansible_collections.otc.dis.plugins.module_utils._destinations import DLI
from ansible_collections.otc.dis.plugins.module_utils._run_transfer_task import transfer_task_spec

ROLE = ROOT / "roles/dli_transfer"
PLAYBOOK = "otc.dis.dli_transfer"


def run(desk: Desk, tasks: list[dict[str, Any]], *words: str, **variables: Any) -> Run:
    """The playbook with these transfer tasks."""
    values = desk.write("vars.yml", {"dli_transfer_tasks": tasks, **variables})
    return desk.playbook(PLAYBOOK, "-e", f"@{values}", *words)


def results(done: Run) -> list[dict[str, Any]]:
    return done.of(MODULE)[0].items


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
    assert "(item=meters/second)" in made.stdout
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
        ({"dli_transfer_tasks": [WISH, {**WISH, "state": "absent"}]}, "same transfer task"),
    ],
    ids=["misspelt", "incomplete", "unknown-state", "unknown-default", "twice"],
)
def test_wrong_variables_are_refused_before_any_request(desk: Desk, wrong: dict[str, Any], told: str) -> None:
    values = desk.write("vars.yml", wrong)
    done = desk.playbook(PLAYBOOK, "-e", f"@{values}")
    assert done.code == 2, str(done)
    assert told in done.output
    assert desk.cloud.log() == []


def test_login_comes_from_module_defaults_or_from_a_named_cloud(desk: Desk) -> None:
    desk.forget_cloud()
    role = {"name": "Role", "ansible.builtin.include_role": {"name": PLAYBOOK}, "vars": {"dli_transfer_tasks": [WISH]}}
    good(desk.play([role], module_defaults={"group/otc.dis.dis": {"auth": desk.auth}}))
    assert list(desk.cloud.tasks("meters")) == ["meters-to-dli"]

    desk.environ["OS_CLIENT_CONFIG_FILE"] = str(
        desk.write("clouds.yaml", {"clouds": {"other": {}, "emulated": {"auth": desk.auth}}})
    )
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


def test_entries_take_every_setting_of_the_module_with_its_choices() -> None:
    spec = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text("utf-8"))["argument_specs"]["main"]["options"]
    entry = spec["dli_transfer_tasks"]["options"]
    module = transfer_task_spec(DLI)
    assert set(entry) == {"stream_name", "task_name", "state", "on_drift", *(field.name for field in DLI)}
    for name, option in entry.items():
        choices = [one for one in option.get("choices", []) if one]
        assert choices == list(module[name].get("choices", [])), name
        assert option.get("required", False) == module[name].get("required", False), name
    assert json.dumps(spec["dli_transfer_state"]["choices"]) == json.dumps(module["state"]["choices"])
