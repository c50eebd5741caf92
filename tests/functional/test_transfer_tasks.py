# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many transfer tasks in one call: the plan, the order, the requests, and the result of partial failures."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from ansible_collections.otc.dis.plugins.module_utils._core.cancellation import Cancellation
from ansible_collections.otc.dis.plugins.module_utils._resources.transfer_tasks import TransferTaskClient

if TYPE_CHECKING:
    from conftest import Run, Tls

    from otc_emulator.runner import Emulator

DLI = {
    "agency_name": "dis_admin_agency",
    "dli_database_name": "telemetry",
    "dli_table_name": "meter_raw",
    "obs_bucket_path": "telemetry-staging",
}
OBS = {"destination_type": "OBS", "agency_name": "dis_admin_agency", "obs_bucket_path": "telemetry-staging"}
MANNERS = {"wait_interval": 0.05, "api_timeout": 5}


def entry(stream: str, task: str, **options: Any) -> dict[str, Any]:
    """A task to DLI with all that it needs."""
    return {"stream_name": stream, "task_name": task, **DLI, **options}


def grid(streams: int, tasks: int = 5, **options: Any) -> list[dict[str, Any]]:
    """Some tasks of each of some streams."""
    return [entry(f"s{one}", f"t{two}", **options) for one in range(streams) for two in range(tasks)]


@pytest.fixture
def fleet(run: Run) -> Run:
    """Runs the module; there are streams ``s0`` to ``s9``."""
    run.emulator.reset(streams=[f"s{number}" for number in range(10)])
    return run.of("transfer_tasks", "actions", "transfer_tasks", "summary", **MANNERS)


def made(emulator: Emulator) -> dict[str, list[str]]:
    """The names of the tasks of each stream that has any."""
    streams = emulator.state()["projects"][emulator.project_id]["streams"]
    return {name: sorted(inside["tasks"]) for name, inside in streams.items() if inside["tasks"]}


def each(result: Any, name: str) -> list[Any]:
    """One member of each entry of a result."""
    return [one[name] for one in result.data["transfer_tasks"]]


# --- what it does ---


@pytest.mark.quick
def test_all_are_created_and_a_second_run_is_quiet(fleet: Run, emulator: Emulator) -> None:
    wanted = grid(10)
    first = fleet(transfer_tasks=wanted).ok()
    assert (first.changed, first.actions, first.data["summary"]["actions"]) == (True, ["create"], {"create": 50})
    assert made(emulator) == {f"s{one}": [f"t{two}" for two in range(5)] for one in range(10)}
    assert [(one["stream_name"], one["task_name"]) for one in first.data["transfer_tasks"]] == [
        (one["stream_name"], one["task_name"]) for one in wanted
    ]
    assert all(one["transfer_task"]["task_id"] for one in first.data["transfer_tasks"])
    second = fleet(transfer_tasks=wanted).ok()
    assert (second.changed, second.writes, second.data["summary"]["ok"]) == (False, [], 50)


def test_requests_are_one_list_per_stream_and_one_look_per_task_and_one_login(fleet: Run) -> None:
    wanted = grid(4)
    created = fleet(transfer_tasks=wanted, wait=False).ok()
    assert Counter(created.operations) == {"list_transfer_tasks": 4, "create_transfer_task": 20}
    assert created.iam == ["login"]
    unchanged = fleet(transfer_tasks=wanted).ok()
    assert Counter(unchanged.operations) == {"list_transfer_tasks": 4, "show_transfer_task": 20}
    assert unchanged.iam == ["login"]


@pytest.mark.parametrize("connections", [1, 3, 8])
def test_connections_are_bounded(fleet: Run, emulator: Emulator, connections: int) -> None:
    emulator.configure(latency_ms=5)
    result = fleet(transfer_tasks=grid(10, 2), connections=connections, wait=False).ok()
    assert len(made(emulator)) == 10
    assert result.accepted <= connections + 1


def test_authorities_are_loaded_once_for_all_connections(run_tls: Run, tls: Tls) -> None:
    tls.emulator.seed(streams=[f"s{number}" for number in range(6)])
    tls.emulator.configure(latency_ms=10)
    loaded: list[str] = []
    load = ssl.SSLContext.load_verify_locations

    def counted(context: ssl.SSLContext, *args: Any, **more: Any) -> None:
        loaded.append(str(more))
        load(context, *args, **more)

    fleet = run_tls.of("transfer_tasks", "actions", "transfer_tasks", "summary", **MANNERS)
    with mock.patch.object(ssl.SSLContext, "load_verify_locations", counted):
        result = fleet(transfer_tasks=grid(6, 2), connections=6, ca_cert=tls.trusted, wait=False).ok()
    assert result.data["summary"]["changed"] == 12
    assert result.accepted >= 4
    assert len(loaded) == 1


def test_check_mode_predicts_result_and_diff_and_writes_nothing(fleet: Run, emulator: Emulator) -> None:
    fleet(transfer_tasks=[entry("s0", "kept"), entry("s0", "drifts"), entry("s1", "goes")]).ok()
    wanted = [
        entry("s0", "kept"),
        entry("s0", "drifts", deliver_time_interval=60),
        entry("s1", "goes", state="absent"),
        entry("s1", "comes", state="stopped"),
    ]
    before = made(emulator)
    dry = fleet(check=True, diff=True, transfer_tasks=wanted).ok()
    assert (dry.writes, made(emulator)) == ([], before)
    real = fleet(diff=True, transfer_tasks=wanted).ok()
    for name in ("planned", "actions", "changed", "failed"):
        assert each(dry, name) == each(real, name)
    assert each(real, "actions") == [[], ["update"], ["delete"], ["create", "stop"]]
    assert (dry.data["diff"], dry.data["summary"]) == (real.data["diff"], real.data["summary"])
    headers = [one["before_header"] for one in dry.data["diff"]]
    assert headers == [f'transfer task "{task}" of stream "s{n}"' for task, n in
                       (("drifts", 0), ("goes", 1), ("comes", 1))]  # fmt: skip
    assert fleet(transfer_tasks=wanted).ok().changed is False


def test_destinations_and_states_mix(fleet: Run, emulator: Emulator) -> None:
    wanted = [
        entry("s0", "dli", state="started"),
        {"stream_name": "s0", "name": "obs", **OBS, "record_delimiter": "\\n", "state": "stopped"},
        {
            "stream_name": "s1",
            "task_name": "obs2",
            **OBS,
            "processing_schema": {"timestamp_name": "at", "timestamp_type": "Timestamp"},
            "deliver_time_interval": "60",
        },
    ]
    result = fleet(transfer_tasks=wanted).ok()
    assert each(result, "actions") == [["create"], ["create", "stop"], ["create"]]
    assert [one["state"] for one in emulator.tasks("s0").values()] == ["RUNNING", "PAUSED"]
    assert emulator.tasks("s1")["obs2"]["settings"]["deliver_time_interval"] == 60
    assert fleet(transfer_tasks=wanted).ok().changed is False


@pytest.mark.parametrize("state", ["present", "started", "stopped", "absent"])
def test_each_entry_returns_what_the_module_of_its_destination_does(fleet: Run, run: Run, state: str) -> None:
    single = {**entry("s0", "alone", state=state), **MANNERS}
    alone = run.of("dli_transfer_task")(**single).ok()
    together = fleet(transfer_tasks=[entry("s1", "alone", state=state)]).ok().data["transfer_tasks"][0]
    assert together["actions"] == alone.actions
    moving = {"task_id", "stream_id", "create_time", "stream_name", "last_transfer_timestamp"}
    one, other = ({k: v for k, v in (task or {}).items() if k not in moving}
                  for task in (alone.task, together["transfer_task"]))  # fmt: skip
    assert one == other


# --- purge ---


def test_purge_deletes_tasks_without_an_entry_in_named_streams(fleet: Run, emulator: Emulator) -> None:
    fleet(transfer_tasks=grid(4, 3)).ok()
    wanted = [entry("s0", "t0"), entry("s0", "t1")]
    assert fleet(transfer_tasks=wanted).ok().changed is False
    purged = fleet(transfer_tasks=wanted, purge=True, streams=["s1"]).ok()
    assert made(emulator) == {"s0": ["t0", "t1"], "s2": ["t0", "t1", "t2"], "s3": ["t0", "t1", "t2"]}
    reported = [(one["stream_name"], one["task_name"], one["actions"]) for one in purged.data["transfer_tasks"]
                if one["purged"]]  # fmt: skip
    assert reported == [("s0", "t2", ["delete"]), *(("s1", f"t{number}", ["delete"]) for number in range(3))]
    assert fleet(transfer_tasks=wanted, purge=True, streams=["s1"]).ok().changed is False


def test_purge_takes_tasks_of_any_destination_and_shows_them_in_the_diff(fleet: Run, emulator: Emulator) -> None:
    emulator.seed(streams=[{"name": "s0", "tasks": [{"task_name": "other", "destination_type": "OBS"}]}])
    dry = fleet(check=True, diff=True, transfer_tasks=[], purge=True, streams=["s0"]).ok()
    assert dry.data["diff"][0]["before"]["destination_type"] == "OBS"
    assert dry.data["diff"][0]["before"]["deliver_time_interval"] == 300
    assert fleet(transfer_tasks=[], purge=True, streams=["s0"]).ok().actions == ["delete"]
    assert made(emulator) == {}


def test_purge_of_a_stream_that_is_not_there_has_nothing_to_do(fleet: Run) -> None:
    assert fleet(transfer_tasks=[], purge=True, streams=["nowhere"]).ok().changed is False


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize("delay", [0, 0.3])
def test_deletes_free_quota_for_creates(fleet: Run, emulator: Emulator, delay: float, wait: bool) -> None:
    fleet(transfer_tasks=grid(1)).ok()
    emulator.configure(delete_delay=delay)
    wanted = [entry("s0", f"new{number}") for number in range(5)]
    result = fleet(transfer_tasks=wanted, purge=True, wait=wait).ok()
    assert result.data["summary"]["actions"] == {"create": 5, "delete": 5}
    assert made(emulator) == {"s0": [f"new{number}" for number in range(5)]}


def test_task_that_is_replaced_in_a_full_stream_waits_for_its_own_room(fleet: Run, emulator: Emulator) -> None:
    fleet(transfer_tasks=grid(1)).ok()
    emulator.configure(delete_delay=0.5)
    changed = [entry("s0", "t0", deliver_time_interval=60, on_drift="recreate")]
    assert each(fleet(transfer_tasks=changed).ok(), "actions") == [["delete", "create"]]
    assert made(emulator) == {"s0": [f"t{number}" for number in range(5)]}


def test_tasks_without_wait_are_returned_as_planned(fleet: Run, emulator: Emulator) -> None:
    emulator.configure(start_delay=60, stop_delay=60)
    reported = fleet(transfer_tasks=[entry("s0", "a"), entry("s0", "b", state="stopped")], wait=False).ok()
    assert [(one["state"], one["task_id"]) for one in each(reported, "transfer_task")] == [
        ("RUNNING", None),
        ("PAUSED", None),
    ]


def test_delete_that_times_out_blocks_creates_and_is_awaited_once(fleet: Run, emulator: Emulator) -> None:
    fleet(transfer_tasks=grid(1)).ok()
    emulator.configure(delete_delay=60)
    wanted = [entry("s0", f"new{number}") for number in range(5)]
    result = fleet(transfer_tasks=wanted, purge=True, wait_timeout=0.5, wait_interval=0.1).bad()
    assert (result.operations.count("create_transfer_task"), result.seconds < 4) == (0, True)
    assert each(result, "actions") == [[]] * 5 + [["delete"]] * 5
    assert "Deleted transfer tasks still count towards the quota" in result.msg


# --- what is refused before anything is written ---


def test_quota_is_counted_before_the_first_write(fleet: Run, emulator: Emulator) -> None:
    fleet(transfer_tasks=grid(1, 4)).ok()
    wanted = [entry("s0", "a"), entry("s0", "b"), entry("s0", "t0", deliver_time_interval=60), entry("s1", "c")]
    result = fleet(transfer_tasks=wanted).bad()
    assert each(result, "failed") == [True, True, False, False]
    assert 'Stream "s0" would exceed its quota of 5 transfer tasks: 4 exist, 2 to create' in result.msg
    assert made(emulator)["s0"] == ["t0", "t1", "t2", "t3"]
    assert (made(emulator)["s1"], each(result, "actions")[2]) == (["c"], ["update"])
    stopped = fleet(transfer_tasks=[*wanted[:2], entry("s2", "c")], on_error="stop").bad()
    assert (stopped.writes, stopped.changed, each(stopped, "skipped")) == ([], False, [False, False, True])


@pytest.mark.parametrize("check", [False, True])
def test_run_that_would_delete_more_than_allowed_changes_nothing(fleet: Run, emulator: Emulator, check: bool) -> None:
    emulator.seed(streams=[{"name": "s0", "tasks": ["a", "b", "c", "d"]}])
    wanted = [entry("s0", "a", deliver_time_interval=60), entry("s0", "b", state="absent")]
    for limit in (2, "2", "74%", " 2 ", "0%"):
        result = fleet(check=check, transfer_tasks=wanted, purge=True, max_deletes=limit).bad()
        assert (result.data["error"]["kind"], result.changed, result.writes) == ("drift", False, [])
        assert (
            f"3 of 4 transfer tasks would be deleted, and max_deletes is {str(limit).strip()}: s0/b, s0/c and s0/d"
            in result.msg
        )
    for limit in (3, "75%", "", None):
        fleet(check=True, transfer_tasks=wanted, purge=True, max_deletes=limit).ok()
    done = fleet(check=check, transfer_tasks=wanted, purge=True, max_deletes="75%").ok()
    assert done.data["summary"]["actions"] == {"update": 1, "delete": 3}


@pytest.mark.parametrize("limit", ["some", "-1", "1.5", "101%", "5%%", [1]])
def test_limit_of_deletes_must_be_a_number_or_a_percentage(fleet: Run, limit: Any) -> None:
    result = fleet(transfer_tasks=[entry("s0", "a")], max_deletes=limit).bad()
    assert "max_deletes" in result.msg
    assert "Nothing was sent." in result.msg
    assert result.log == []


@pytest.mark.parametrize("state", ["absent", "present"])
def test_task_with_prevent_destroy_is_kept_and_the_run_changes_nothing(
    fleet: Run, emulator: Emulator, state: str
) -> None:
    emulator.seed(streams=[{"name": "s0", "tasks": ["a", "b"]}])
    kept = entry("s0", "a", state=state, on_drift="recreate", deliver_time_interval=60, prevent_destroy="yes")
    for check in (True, False):
        result = fleet(check=check, transfer_tasks=[kept, entry("s0", "b", state="absent")]).bad()
        assert 'transfer task "a" of stream "s0" would be deleted' in result.msg
        assert "prevent_destroy" in result.msg
        assert (result.data["error"]["kind"], result.changed, result.writes) == ("drift", False, [])
    fleet(transfer_tasks=[{**kept, "prevent_destroy": False}, entry("s0", "b", state="absent")]).ok()
    fleet(transfer_tasks=[entry("s0", "c", prevent_destroy=True)]).ok()
    fleet(transfer_tasks=[entry("s0", "c", prevent_destroy=True, deliver_time_interval=60)]).ok()


BAD: dict[str, tuple[list[Any], str]] = {
    "twice": ([entry("s0", "a"), entry("s1", "a"), entry("s0", "a")],
              'transfer task "a" of stream "s0" is described by entries 1 and 3'),
    "twice, otherwise": ([entry("s0", "a"), entry("s0", "a", state="absent")], "described by entries 1 and 2"),
    "six": ([entry("s0", f"t{number}") for number in range(6)],
            '6 entries describe transfer tasks of stream "s0", but the maximum is 5'),
    "unknown destination": ([entry("s0", "a", destination_type="KAFKA")],
                            """entry 1 (transfer task "a" of stream "s0"): destination_type is 'KAFKA'"""),
    "destination in a list": ([entry("s0", "a", destination_type=["DLI"])],
                              "destination_type is ['DLI'], but must be one of"),
    "two names": ([entry("s0", "a", name="b")], "task_name and name are the same option, and both are given"),
    "of another destination": ([{**entry("s0", "a", **OBS), "dli_table_name": "x"}],
                               "dli_table_name is not an option of obs_transfer_task"),
    "misspelt": ([entry("s0", "fine"), entry("s0", "a", agencyname="x")],
                 'entry 2 (transfer task "a" of stream "s0"): agencyname is not an option of dli_transfer_task'),
    "nameless": ([{"stream_name": "s0", **DLI}], "missing required arguments: task_name"),
    "rule": ([entry("s0", "a", deliver_time_interval=29)], "deliver_time_interval is 29, but must be"),
    "word": ([entry("s0", "a", state="running")],
             "value of state must be one of: present, started, stopped, absent, got: running"),
    "type": ([entry("s0", "a", retry_duration="soon")], "argument 'retry_duration' is of type"),
    "endless": ([entry("s0", "a", retry_duration=float("inf"))], "argument 'retry_duration' is of type"),
    "list for a text": ([entry("s0", "a", agency_name=["x"])], "agency_name is a list, but must be a string"),
    "deep": ([{"stream_name": "s0", "task_name": "a", "destination_type": "CLOUDTABLE",
               "opentsdb_schema": [{"metric": [{"type": "Constant", "value": 1}], "timestamp": "now"}]}],
             "argument 'timestamp' is of type str found in 'opentsdb_schema'"),
    "deep name": ([{**entry("s0", "a", **OBS), "processing_schema": {"timestamp": "x"}}], "is not an option"),
    "deep member": ([{"stream_name": "s0", "task_name": "a", **OBS, "processing_schema": {"timestamp": "x"}}],
                    "processing_schema.timestamp is not a member of processing_schema"),
    "password wanted": ([{"stream_name": "s0", "task_name": "a", "destination_type": "DWS",
                          "update_password": "always"}],
                        "update_password is always but all of the following are missing: user_password"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_entry_that_breaks_a_rule_is_named_and_nothing_is_sent(fleet: Run, case: str) -> None:
    entries, text = BAD[case]
    result = fleet(transfer_tasks=entries).bad()
    assert text in result.msg
    assert "Nothing was sent." in result.msg
    assert (result.log, result.changed) == ([], False)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"connections": 0}, "connections is 0"),
        ({"connections": 33}, "connections is 33"),
        ({"streams": ["s0"]}, "streams requires purge: true"),
        ({"streams": ["no way"], "purge": True}, "a name in streams is 'no way'"),
        ({"assumed_streams": ["a b"]}, "a name in assumed_streams is 'a b'"),
        ({"wait_timeout": 0}, "wait_timeout is 0"),
        ({"on_error": "ignore"}, "on_error"),
    ],
)
def test_option_that_breaks_a_rule_is_named_and_nothing_is_sent(fleet: Run, options: dict, text: str) -> None:
    result = fleet(**{"transfer_tasks": grid(1, 1), **options})
    assert (result.failed, text in result.msg, result.log) == (True, True, []), result.msg


def test_all_complaints_come_at_once_and_not_too_many(fleet: Run) -> None:
    result = fleet(transfer_tasks=[entry("s0", f"t{number}", deliver_time_interval=1) for number in range(30)]).bad()
    assert (result.msg.count("deliver_time_interval is 1"), "and 10 more" in result.msg) == (20, True)


def test_empty_list_is_nothing_to_do(fleet: Run) -> None:
    result = fleet(transfer_tasks=[]).ok()
    assert (result.changed, result.data["transfer_tasks"], result.requests("dis")) == (False, [], [])


@pytest.mark.newest
def test_five_thousand_are_planned_and_made(fleet: Run, emulator: Emulator) -> None:
    names = [f"s{number}" for number in range(1000)]
    emulator.seed(streams=names[10:])
    wanted = grid(1000)
    dry = fleet(check=True, transfer_tasks=wanted, assumed_streams=names).ok()
    assert dry.data["summary"]["actions"] == {"create": 5000}
    real = fleet(transfer_tasks=wanted, connections=16, wait=False).ok()
    assert (real.data["summary"]["changed"], sum(map(len, made(emulator).values()))) == (5000, 5000)


def test_stream_that_would_have_been_made_may_be_missing_in_check_mode_alone(fleet: Run) -> None:
    options = {"transfer_tasks": [entry("soon", "a")], "assumed_streams": ["soon"]}
    dry = fleet(check=True, **options).ok()
    assert (dry.actions, dry.requests("dis")) == (["create"], [])
    assert fleet(**options).bad().error["code"] == "DIS.4301"
    assert fleet(check=True, transfer_tasks=[entry("soon", "a")]).bad().error["code"] == "DIS.4301"


def test_blank_members_are_omitted_unless_they_have_a_meaning(fleet: Run, emulator: Emulator) -> None:
    settings = {"file_prefix": "dis/meters", "retry_duration": 900, "deliver_time_interval": 120}
    emulator.seed(streams=[{"name": "s0", "tasks": [{"task_name": "a", "settings": settings}]}])
    names = {"stream_name": "s0", "task_name": "a"}
    blank = dict.fromkeys(("agency_name", "on_drift", "state", "retry_duration", "destination_type"), "")
    for unset in ({}, blank, dict.fromkeys((*blank, "file_prefix", "dli_table_name"))):
        assert fleet(transfer_tasks=[{**names, **unset}]).ok().changed is False
    result = fleet(transfer_tasks=[{**names, "file_prefix": "", "retry_duration": 0}]).ok()
    task = result.data["transfer_tasks"][0]["transfer_task"]
    assert (task["file_prefix"], task["retry_duration"], task["deliver_time_interval"]) == ("", 0, 120)
    assert "task_name is '', but must be" in fleet(transfer_tasks=[{**names, "task_name": ""}]).bad().msg


def test_entries_inherit_state_and_on_drift_of_the_call(fleet: Run, emulator: Emulator) -> None:
    wanted = [entry("s0", "a"), entry("s0", "b", state="present")]
    fleet(transfer_tasks=wanted, state="stopped").ok()
    assert [one["state"] for one in emulator.tasks("s0").values()] == ["PAUSED", "RUNNING"]
    drifted = [
        entry("s0", "a", deliver_time_interval=60),
        entry("s0", "b", deliver_time_interval=60, on_drift="update"),
    ]
    assert each(fleet(transfer_tasks=drifted, on_drift="fail").bad(), "failed") == [True, False]
    assert fleet(transfer_tasks=[{"stream_name": "s0", "task_name": "a"}], state="absent").ok().actions == ["delete"]


# --- failures of single entries ---


def test_failure_of_one_entry_leaves_the_others_alone(fleet: Run, emulator: Emulator) -> None:
    emulator.seed(streams=[{"name": "s1", "tasks": [{"task_name": "foreign", "destination_type": "OBS"}]}])
    wanted = [
        entry("s0", "fine"),
        entry("s0", "no-table", dli_table_name="missing"),
        entry("nowhere", "lost"),
        entry("s1", "foreign"),
        entry("s2", "fine"),
        {"stream_name": "s3", "task_name": "incomplete"},
    ]
    result = fleet(transfer_tasks=wanted).bad()
    assert each(result, "failed") == [False, True, True, True, False, True]
    assert result.changed
    assert made(emulator) == {"s0": ["fine"], "s1": ["foreign"], "s2": ["fine"]}
    failed = [one for one in result.data["transfer_tasks"] if one["failed"]]
    assert [one["error"]["code"] for one in failed] == ["DIS.4338", "DIS.4301", None, None]
    assert all(one["msg"] for one in failed)
    assert "4 of 6 transfer tasks failed" in result.msg
    assert (each(result, "actions"), result.done) == ([["create"], [], [], [], ["create"], []], ["create"])
    dry = fleet(check=True, transfer_tasks=wanted).bad()
    assert each(dry, "failed") == [False, False, True, True, False, True]


@pytest.mark.parametrize(
    ("method", "planned", "actions"),
    [
        ("list_transfer_tasks", [], []),
        ("create_transfer_task", ["create"], ["create"]),
        ("show_transfer_task", ["create"], ["create"]),
    ],
)
def test_bug_in_one_thread_hides_nothing_of_the_others(
    fleet: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, method: str, planned: list[str], actions: list[str]
) -> None:
    """Actions that may have been executed are reported; the text of the error is not."""
    real, secret = getattr(TransferTaskClient, method), "obviously-fake-secret"

    def explode(api: TransferTaskClient, *what: Any, **how: Any) -> Any:
        answer = real(api, *what, **how)
        if "s1" in str(what):
            raise KeyError(secret)
        return answer

    monkeypatch.setattr(TransferTaskClient, method, explode)
    result = fleet(transfer_tasks=[entry(f"s{number}", "a") for number in range(3)]).bad()
    assert each(result, "failed") == [False, True, False]
    assert [each(result, "planned")[1], *each(result, "actions")] == [planned, ["create"], actions, ["create"]]
    reported = result.data["transfer_tasks"][1]
    assert (reported["error"]["kind"], result.error["kind"], reported["changed"]) == (
        "internal_error",
        "internal_error",
        bool(actions),
    )
    assert "KeyError at test_transfer_tasks.py:" in reported["msg"]
    assert secret not in result.everything
    monkeypatch.undo()
    assert fleet(transfer_tasks=[entry(f"s{number}", "a") for number in range(3)]).ok().changed is not bool(actions)


def test_internal_error_in_the_result_still_reports_executed_actions(
    fleet: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_any: Any) -> Any:
        raise KeyError

    monkeypatch.setattr("ansible_collections.otc.dis.plugins.module_utils._resources.batch.summary", explode)
    result = fleet(transfer_tasks=[entry("s0", "a")]).bad()
    assert (result.error["kind"], result.changed, result.done) == ("internal_error", True, ["create"])


def test_stop_begins_nothing_new_after_a_failure(fleet: Run, emulator: Emulator) -> None:
    wanted = [entry("s0", "no-table", dli_table_name="missing"), *(entry(f"s{n}", "next") for n in range(1, 10))]
    result = fleet(transfer_tasks=wanted, on_error="stop", connections=1).bad()
    assert each(result, "failed") == [True] + [False] * 9
    assert each(result, "skipped") == [False] + [True] * 9
    assert (made(emulator), "9 others were not started" in result.msg) == ({}, True)
    again = fleet(transfer_tasks=wanted[1:], on_error="stop", connections=1).ok()
    assert again.data["summary"]["changed"] == 9


def test_failure_after_a_deletion_returns_the_replacement(fleet: Run, emulator: Emulator) -> None:
    fleet(transfer_tasks=[entry("s0", "a")]).ok()
    emulator.fault("status", "create_transfer_task", status=400, code="DIS.4335")
    result = fleet(transfer_tasks=[entry("s0", "a", deliver_time_interval=60, on_drift="recreate")]).bad()
    reported = result.data["transfer_tasks"][0]
    assert (reported["actions"], reported["changed"], reported["replacement"]["deliver_time_interval"]) == (
        ["delete"],
        True,
        60,
    )


def test_passwords_in_entries_are_never_shown(fleet: Run, emulator: Emulator) -> None:
    secret, typo = "obviously-fake-password-1", "obviously-fake-password-2"
    needed = {"agency_name": "dis_admin_agency", "obs_bucket_path": "telemetry-staging", "dws_cluster_name": "c"}
    dws = {"stream_name": "s0", "task_name": "a", "destination_type": "DWS", "user_password": secret, **needed}
    emulator.fault("echo_secrets", "list_transfer_tasks", times=0)
    for options in (dws, {**dws, "user_pasword": typo}, {**dws, "user_password": [secret]}):
        for run in (fleet, fleet.process):
            result = run(transfer_tasks=[options], diff=True)
            assert result.failed
            assert secret not in result.everything
            assert typo not in result.everything


@pytest.mark.parametrize(
    "given",
    [
        [{"stream_name": "s0", "task_name": "a", "destination_type": "DWS", "user_password": 9182736.25}],
        ["stream_name=s0 task_name=a destination_type=DWS user_password=9182736.25"],
        "stream_name=s0 task_name=a destination_type=DWS user_password=9182736.25",
        ['{"stream_name": "s0", "task_name": "a", "destination_type": "DWS", "user_password": "9182736.25"}'],
        '[{"stream_name": "s0", "task_name": "a", "user_password": "9182736.25,9182736.25"}]',
    ],
    ids=["number", "pairs", "pairs alone", "json", "json alone"],
)
def test_passwords_in_other_shapes_of_entries_are_never_shown(fleet: Run, given: Any) -> None:
    for run in (fleet, fleet.process):
        result = run(transfer_tasks=given)
        assert result.failed
        assert "9182736.25" not in result.everything


def test_diff_contains_no_failed_change(fleet: Run, emulator: Emulator) -> None:
    fleet(transfer_tasks=[entry("s0", "a")]).ok()
    emulator.fault("status", "create_transfer_task", status=400, code="DIS.4335")
    wanted = [entry("s0", "a", deliver_time_interval=60, on_drift="recreate"), entry("s1", "fine")]
    result = fleet(transfer_tasks=wanted, diff=True, connections=1).bad()
    assert each(result, "actions") == [["delete"], ["create"]]
    assert [one["before_header"] for one in result.data["diff"]] == ['transfer task "fine" of stream "s1"']


def test_check_mode_stops_where_the_run_would(fleet: Run, emulator: Emulator) -> None:
    emulator.seed(streams=[{"name": "s1", "tasks": [{"task_name": "foreign", "destination_type": "OBS"}]}])
    wanted = [entry("s0", "fine"), entry("s1", "foreign")]
    dry = fleet(transfer_tasks=wanted, on_error="stop", check=True, diff=True).bad()
    real = fleet(transfer_tasks=wanted, on_error="stop", diff=True).bad()
    for name in ("changed", "done", "summary", "diff", "msg"):
        assert dry.data[name] == real.data[name], name
    assert each(dry, "skipped") == each(real, "skipped") == [True, False]


def test_end_while_a_lost_answer_is_looked_into_hides_nothing(fleet: Run, emulator: Emulator) -> None:
    def ended(cancellation: Cancellation, seconds: float) -> None:
        cancellation.request("SIGTERM")
        cancellation.check()

    emulator.fault("lost_before", "create_transfer_task", times=0)
    with mock.patch.object(Cancellation, "sleep", ended):
        result = fleet(transfer_tasks=[entry("s0", "a")])
    assert (result.failed, result.changed, result.done) == (True, True, ["create"])
    assert "SIGTERM" in result.msg


# --- failures of the service ---


TROUBLE: dict[str, dict[str, Any]] = {
    "throttled": {"kind": "throttle_dis", "every": 3, "times": 0},
    "throttled by the gateway": {"kind": "throttle_429", "every": 5, "times": 0, "retry_after": None},
    "asked to wait": {"kind": "throttle_429", "times": 2, "retry_after": 1},
    "lost before": {"kind": "lost_before", "every": 7, "times": 0},
    "lost after": {"kind": "lost_after", "every": 7, "times": 0},
    "reset": {"kind": "reset", "every": 7, "times": 0},
    "in trouble": {"kind": "status", "status": 503, "every": 7, "times": 0},
    "in trouble afterwards": {"kind": "error_after", "every": 7, "times": 0},
    "cut": {"kind": "cut_body", "every": 7, "times": 0},
}


@pytest.mark.parametrize("case", TROUBLE)
def test_throttling_neither_loses_nor_duplicates_records(fleet: Run, emulator: Emulator, case: str) -> None:
    wanted = grid(6)
    emulator.fault(service="dis", **TROUBLE[case])
    result = fleet(transfer_tasks=wanted, connections=8)
    assert not result.failed, result.msg
    assert (result.changed, result.data["summary"]["changed"]) == (True, 30)
    assert made(emulator) == {f"s{one}": [f"t{two}" for two in range(5)] for one in range(6)}
    creates = [one for one in result.log if one["operation"] == "create_transfer_task" and one["status"] == 201]
    assert len(creates) <= 30
    emulator.clear_faults()
    assert fleet(transfer_tasks=wanted).ok().changed is False


@pytest.mark.parametrize("style", ["dis", "gateway"])
def test_token_that_ends_in_the_middle_is_renewed_once_for_all(fleet: Run, emulator: Emulator, style: str) -> None:
    emulator.configure(latency_ms=5)
    emulator.fault("expire_token", "create_transfer_task", skip=10, style=style)
    result = fleet(transfer_tasks=grid(6), connections=8).ok()
    assert (result.iam, result.data["summary"]["changed"]) == (["login", "login"], 30)


def test_results_are_accurate_with_concurrent_writers(fleet: Run, emulator: Emulator) -> None:
    settings = {**DLI, "deliver_time_interval": 300}
    emulator.fault("rival_create", "create_transfer_task", path="s0/", settings=settings)
    emulator.fault("rival_create", "create_transfer_task", path="s1/", settings={**settings, "retry_duration": "60"})
    fleet.emulator.seed(streams=[{"name": "s2", "tasks": ["goes"]}])
    emulator.fault("rival_delete", "delete_transfer_task", path="s2/")
    wanted = [entry("s0", "a"), entry("s1", "a", retry_duration=1800), entry("s2", "goes", state="absent")]
    result = fleet(transfer_tasks=wanted).ok()
    assert each(result, "actions") == [[], ["update"], []]
    assert made(emulator) == {"s0": ["a"], "s1": ["a"]}


@contextmanager
def between(emulator: Emulator) -> Iterator[Any]:
    """A way to the emulator that can be shut for a while: yields its URL and a function that shuts it."""
    there = ("127.0.0.1", int(emulator.url.rsplit(":", 1)[1]))
    open_ones: list[socket.socket] = []
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    ended = threading.Event()

    def pump(one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                other.sendall(data)
        except OSError:
            pass
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                near, _address = listener.accept()
            except OSError:
                return
            far = socket.create_connection(there)
            open_ones.extend((near, far))
            for pair in ((near, far), (far, near)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    def shut(seconds: float) -> None:
        nonlocal server
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        for one in open_ones:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        ended.wait(seconds)
        server = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=serve, args=(server,), daemon=True).start()

    threading.Thread(target=serve, args=(server,), daemon=True).start()
    yield f"http://127.0.0.1:{port}", shut
    ended.set()
    server.close()
    for one in open_ones:
        one.close()


def test_service_that_dies_in_the_middle_and_comes_back(fleet: Run, emulator: Emulator) -> None:
    emulator.configure(latency_ms=20)
    wanted = grid(10)
    with between(emulator) as (url, shut):
        timer = threading.Timer(0.35, shut, (1.5,))
        timer.start()
        result = fleet(transfer_tasks=wanted, endpoint_override=url, connections=4, wait=False)
        timer.join()
    assert not result.failed, result.msg
    assert result.seconds > 1.5
    assert result.data["summary"]["changed"] == 50
    assert sum(map(len, made(emulator).values())) == 50
    assert fleet(transfer_tasks=wanted).ok().changed is False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_call_with_an_accurate_result(fleet: Run, emulator: Emulator, number: signal.Signals) -> None:
    emulator.configure(latency_ms=60)
    wanted = grid(10)
    process = subprocess.Popen(
        [sys.executable, "-m", fleet.module.__name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=fleet.home,
        env={**fleet.isolated_environ(), "PYTHONPATH": str(fleet.collections)},
    )
    options = fleet.arguments({"transfer_tasks": wanted, "connections": 2, "wait": False}, {})
    assert process.stdin is not None
    process.stdin.write(options)
    process.stdin.close()
    deadline = time.monotonic() + 20
    while len(made(emulator)) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, number)
    assert process.stdout is not None
    with process.stdout as out:
        data = json.loads(out.read())
    assert process.wait(20) == 1
    emulator.configure(latency_ms=0)
    assert (data["failed"], data["changed"], number.name in data["msg"]) == (True, True, True)
    reported = sorted((one["stream_name"], one["task_name"]) for one in data["transfer_tasks"]
                      if one["actions"] == ["create"])  # fmt: skip
    assert reported == sorted((stream, task) for stream, tasks in made(emulator).items() for task in tasks)
    assert 0 < len(reported) < 50
    again = fleet(transfer_tasks=wanted).ok()
    assert again.data["summary"]["changed"] == 50 - len(reported)


def test_time_limit_of_a_task_ends_the_call_with_an_accurate_result(fleet: Run, emulator: Emulator) -> None:
    def too_late(*_args: Any) -> None:
        raise TimeoutError

    emulator.fault("signal", "create_transfer_task", pid=os.getpid(), number="SIGALRM", when="after", skip=4)
    before = signal.signal(signal.SIGALRM, too_late)
    try:
        result = fleet(transfer_tasks=grid(10), connections=2, wait=False).bad()
        assert signal.getsignal(signal.SIGALRM) is too_late
    finally:
        signal.signal(signal.SIGALRM, before)
    assert "SIGALRM" in result.msg
    created = sum(map(len, made(emulator).values()))
    assert result.data["summary"]["changed"] == created
    assert 5 <= created < 50


@pytest.mark.parametrize(("wait", "state"), [(True, "RUNNING"), (False, "STARTING")])
def test_waiting_is_for_all_of_them_together(fleet: Run, emulator: Emulator, wait: bool, state: str) -> None:
    emulator.configure(start_delay=0.5)
    result = fleet(transfer_tasks=grid(10, 2, state="started"), connections=4, wait=wait, wait_timeout=10).ok()
    assert {one["state"] for inside in range(10) for one in emulator.tasks(f"s{inside}").values()} == {state}
    assert result.seconds < 4


def test_goal_that_is_not_reached_fails_the_entry_alone(fleet: Run, emulator: Emulator) -> None:
    fleet(transfer_tasks=grid(2, 2)).ok()
    emulator.patch_task("s1", "t1", state="ERROR")
    result = fleet(transfer_tasks=grid(2, 2, state="started"), wait_timeout=1).bad()
    assert each(result, "failed") == [False, False, False, True]
    assert (result.changed, "is ERROR" in result.msg) == (False, True)


def test_entries_with_a_new_agency_are_sent_again(fleet: Run, emulator: Emulator) -> None:
    emulator.fault("status", operation="create_transfer_task", status=400, code="DIS.4335", times=3)
    result = fleet(transfer_tasks=grid(2, 2), wait_for_agency=30).ok()
    assert each(result, "actions") == [["create"]] * 4
    assert result.dis.count("create") == 7


# --- starting and stopping tasks of one stream with one request ---


def states(emulator: Emulator) -> list[str]:
    streams = emulator.state()["projects"][emulator.project_id]["streams"]
    return [task["state"] for name in sorted(streams) for _name, task in sorted(streams[name]["tasks"].items())]


@pytest.fixture
def running(fleet: Run) -> Run:
    """The module, after it has created four tasks in each of two streams."""
    fleet(transfer_tasks=grid(2, 4)).ok()
    return fleet


def test_tasks_of_a_stream_are_stopped_and_started_with_one_request(running: Run, emulator: Emulator) -> None:
    planned = running(transfer_tasks=grid(2, 4, state="stopped"), check=True).ok()
    stopped = running(transfer_tasks=grid(2, 4, state="stopped")).ok()
    assert each(planned, "actions") == each(stopped, "actions") == [["stop"]] * 8
    assert stopped.operations.count("act_on_transfer_tasks") == len(stopped.writes) == 2
    assert states(emulator) == ["PAUSED"] * 8
    assert [one["state"] for one in each(stopped, "transfer_task")] == ["PAUSED"] * 8
    assert running(transfer_tasks=grid(2, 4, state="stopped")).ok().writes == []
    started = running(transfer_tasks=grid(2, 4, state="started")).ok()
    assert (len(started.writes), states(emulator)) == (2, ["RUNNING"] * 8)


def test_other_changes_of_the_stream_have_separate_requests(running: Run, emulator: Emulator) -> None:
    entries = grid(1, 4, state="stopped")
    entries[1]["deliver_time_interval"] = 60
    entries.append(entry("s0", "new", state="stopped"))
    result = running(transfer_tasks=entries).ok()
    assert each(result, "actions") == [["stop"], ["update", "stop"], ["stop"], ["stop"], ["create", "stop"]]
    assert result.operations.count("act_on_transfer_tasks") == 3
    assert states(emulator)[:5] == ["PAUSED"] * 5


@pytest.mark.parametrize("kind", ["lost_after", "lost_before", "error_after"])
def test_lost_response_of_a_shared_request_is_read_back_for_each_task(
    running: Run, emulator: Emulator, kind: str
) -> None:
    emulator.fault(kind, operation="act_on_transfer_tasks")
    result = running(transfer_tasks=grid(1, 4, state="stopped")).ok()
    assert each(result, "actions") == [["stop"]] * 4
    assert states(emulator)[:4] == ["PAUSED"] * 4
    performed = kind != "lost_before"
    assert result.operations.count("act_on_transfer_tasks") == (1 if performed else 5)


def test_rejected_shared_request_is_attributed_to_its_tasks(running: Run, emulator: Emulator) -> None:
    """A region may accept only one task for each request; another client may have deleted one of the tasks."""
    emulator.fault("status", operation="act_on_transfer_tasks", status=400, code="DIS.4300")
    emulator.fault("status", operation="act_on_transfer_tasks", status=400, code="DIS.4116", skip=1)
    result = running(transfer_tasks=grid(1, 4, state="stopped")).bad()
    assert each(result, "failed") == [False, True, False, False]
    assert states(emulator)[:4] == ["PAUSED", "RUNNING", "PAUSED", "PAUSED"]


def test_rejection_for_all_tasks_is_not_repeated(running: Run, emulator: Emulator) -> None:
    emulator.fault("status", operation="act_on_transfer_tasks", status=403, code="DIS.4116", times=0)
    result = running(transfer_tasks=grid(1, 4, state="stopped")).bad()
    assert each(result, "failed") == [True] * 4
    assert result.operations.count("act_on_transfer_tasks") == 1
    assert result.msg.count("DIS.4116") == 1
    assert result.error["kind"] == "forbidden"
