# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every cell of the state table: the dry run, the real run, and the quiet run after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Run, Seeded

    from otc_emulator.runner import Emulator

CHANGES = {"deliver_time_interval": 120}
OPERATION = {
    "create": "create_transfer_task",
    "update": "update_transfer_task",
    "delete": "delete_transfer_task",
    "start": "act_on_transfer_tasks",
    "stop": "act_on_transfer_tasks",
}

# The existing task: its status in the service, prefixed with "other" if its settings differ from the desired ones.
Put = Callable[["Seeded"], None]


def nothing(tasks: Seeded) -> None:
    """No task."""


def same(state: str) -> Put:
    """The desired task in some state."""
    return lambda tasks: tasks(state, **CHANGES)


def other(state: str) -> Put:
    """A task with another interval in some state."""
    return lambda tasks: tasks(state, deliver_time_interval=600, retry_duration=60)


def foreign(tasks: Seeded) -> None:
    """A task of another destination type under the name."""
    tasks(kind="OBS")


GONE = None
CELLS = [
    # existing task, on_drift, state, actions, state of the task afterwards
    ("missing", nothing, "update", "present", ["create"], "RUNNING"),
    ("missing", nothing, "update", "started", ["create"], "RUNNING"),
    ("missing", nothing, "update", "stopped", ["create", "stop"], "PAUSED"),
    ("missing", nothing, "update", "absent", [], GONE),
    ("running", same("RUNNING"), "update", "present", [], "RUNNING"),
    ("running", same("RUNNING"), "update", "started", [], "RUNNING"),
    ("running", same("RUNNING"), "update", "stopped", ["stop"], "PAUSED"),
    ("running", same("RUNNING"), "update", "absent", ["delete"], GONE),
    ("running", same("RUNNING"), "recreate", "present", [], "RUNNING"),
    ("running", same("RUNNING"), "fail", "present", [], "RUNNING"),
    ("starting", same("STARTING"), "update", "present", [], "STARTING"),
    ("starting", same("STARTING"), "update", "stopped", ["stop"], "PAUSED"),
    ("starting", same("STARTING"), "update", "absent", ["delete"], GONE),
    ("paused", same("PAUSED"), "update", "present", [], "PAUSED"),
    ("paused", same("PAUSED"), "update", "started", ["start"], "RUNNING"),
    ("paused", same("PAUSED"), "update", "stopped", [], "PAUSED"),
    ("paused", same("PAUSED"), "update", "absent", ["delete"], GONE),
    ("abnormal", same("ABNORMAL"), "update", "present", [], "ABNORMAL"),
    ("abnormal", same("ABNORMAL"), "update", "stopped", ["stop"], "PAUSED"),
    ("abnormal", same("ABNORMAL"), "update", "absent", ["delete"], GONE),
    ("error", same("ERROR"), "update", "present", [], "ERROR"),
    ("error", same("ERROR"), "update", "stopped", ["stop"], "PAUSED"),
    ("error", same("ERROR"), "update", "absent", ["delete"], GONE),
    ("drift_running", other("RUNNING"), "update", "present", ["update"], "RUNNING"),
    ("drift_running", other("RUNNING"), "update", "started", ["update"], "RUNNING"),
    ("drift_running", other("RUNNING"), "update", "stopped", ["update", "stop"], "PAUSED"),
    ("drift_running", other("RUNNING"), "update", "absent", ["delete"], GONE),
    ("drift_paused", other("PAUSED"), "update", "present", ["update"], "PAUSED"),
    ("drift_paused", other("PAUSED"), "update", "started", ["update", "start"], "RUNNING"),
    ("drift_paused", other("PAUSED"), "update", "stopped", ["update"], "PAUSED"),
    ("drift_paused", other("PAUSED"), "update", "absent", ["delete"], GONE),
    ("drift_abnormal", other("ABNORMAL"), "update", "present", ["update"], "ABNORMAL"),
    ("drift_running", other("RUNNING"), "recreate", "present", ["delete", "create"], "RUNNING"),
    ("drift_running", other("RUNNING"), "recreate", "started", ["delete", "create"], "RUNNING"),
    ("drift_running", other("RUNNING"), "recreate", "stopped", ["delete", "create", "stop"], "PAUSED"),
    ("drift_running", other("RUNNING"), "recreate", "absent", ["delete"], GONE),
    ("drift_paused", other("PAUSED"), "recreate", "present", ["delete", "create", "stop"], "PAUSED"),
    ("drift_paused", other("PAUSED"), "recreate", "started", ["delete", "create"], "RUNNING"),
    ("drift_paused", other("PAUSED"), "recreate", "stopped", ["delete", "create", "stop"], "PAUSED"),
    ("drift_paused", other("PAUSED"), "recreate", "absent", ["delete"], GONE),
    ("drift_running", other("RUNNING"), "fail", "absent", ["delete"], GONE),
    ("foreign", foreign, "recreate", "present", ["delete", "create"], "RUNNING"),
    ("foreign", foreign, "recreate", "absent", ["delete"], GONE),
]


@pytest.mark.quick
@pytest.mark.parametrize(
    ("put", "on_drift", "state", "actions", "afterwards"),
    [pytest.param(*cell[1:], id=f"{cell[0]}-{cell[2]}-{cell[3]}") for cell in CELLS],
)
def test_cell_is_executed_as_predicted_by_the_dry_run(
    run: Run, tasks: Seeded, put: Put, on_drift: str, state: str, actions: list[str], afterwards: str | None
) -> None:
    put(tasks)
    tasks(name="bystander")
    at_first = tasks.all
    desired: dict[str, Any] = {**CHANGES, "state": state, "on_drift": on_drift}

    dry = run.complete_task(check=True, diff=True, **desired).ok()
    assert dry.actions == actions
    assert dry.writes == []
    assert tasks.all == at_first

    real = run.complete_task(diff=True, **desired).ok()
    assert real.actions == actions
    assert real.changed is bool(actions)
    assert [entry["operation"] for entry in real.writes] == [OPERATION[verb] for verb in actions]
    assert (dry.changed, dry.diff, dry.warnings) == (real.changed, real.diff, real.warnings)
    assert (dry.unverified, real.unverified) == ([], [])

    there = tasks.all
    assert there.pop("bystander") == at_first["bystander"]
    if afterwards is None:
        assert there == {}
        assert real.task is None
    else:
        assert there["meters-to-dli"]["state"] == afterwards
        assert there["meters-to-dli"]["destination_type"] == "DLI"
        assert there["meters-to-dli"]["settings"]["deliver_time_interval"] == 120
        assert real.task["state"] == afterwards
        assert real.task["deliver_time_interval"] == 120
    kept = set(actions).isdisjoint({"create", "delete"}) and "meters-to-dli" in at_first
    if kept:
        assert there["meters-to-dli"]["task_id"] == at_first["meters-to-dli"]["task_id"]

    again = run.complete_task(diff=True, **desired).ok()
    assert (again.changed, again.actions, again.writes) == (False, [], [])
    assert again.diff["before"] == again.diff["after"]


@pytest.mark.parametrize("state", ["present", "stopped"])
def test_drift_with_recreate_keeps_unspecified_settings(run: Run, tasks: Seeded, state: str) -> None:
    tasks(
        "PAUSED", deliver_time_interval=600, retry_duration=60, file_prefix="dis/old", consumer_strategy="TRIM_HORIZON"
    )
    old = tasks.one

    result = run(deliver_time_interval=120, on_drift="recreate", state=state).ok()

    assert result.actions == ["delete", "create", "stop"]
    assert tasks.one["task_id"] != old["task_id"]
    assert tasks.one["settings"] == {**old["settings"], "deliver_time_interval": 120}


@pytest.mark.parametrize(
    ("strategy", "price"), [("LATEST", "gap"), ("TRIM_HORIZON", "duplicates")], ids=["latest", "trim_horizon"]
)
@pytest.mark.parametrize("check", [True, False], ids=["dry", "real"])
def test_drift_with_recreate_warns_of_the_consequences(
    run: Run, tasks: Seeded, strategy: str, price: str, check: bool
) -> None:
    tasks(deliver_time_interval=600, consumer_strategy=strategy)
    result = run.complete_task(check=check, diff=True, on_drift="recreate", **CHANGES).ok()
    assert len(result.warnings) == 1
    assert price in result.warnings[0]
    assert strategy in result.warnings[0]
    name = 'transfer task "meters-to-dli" of stream "meters"'
    assert result.diff["before_header"] == f"{name} (deleted)"
    assert result.diff["after_header"] == f"{name} (created in its place)"


@pytest.mark.parametrize(("strategy", "effect", "records"), [("LATEST", "skipped", 3), ("TRIM_HORIZON", "repeated", 2)])
def test_cost_of_a_replacement_is_counted_before_it_is_made(
    run: Run, tasks: Seeded, emulator: Emulator, strategy: str, effect: str, records: int
) -> None:
    tasks(deliver_time_interval=600, consumer_strategy="TRIM_HORIZON")
    emulator.patch_stream("meters", transferable_offset=2)
    emulator.put_records("meters", ["x"] * 5)
    changes = {**CHANGES, "consumer_strategy": strategy}
    for check in (True, False):
        result = run.complete_task(check=check, on_drift="recreate", **changes).ok()
        cost = result.data["cost"]
        assert (cost["effect"], cost["records"]) == (effect, records)
        assert sum(one["records"] for one in cost["partitions"]) == records
        assert any(f"{records} records" in warning for warning in result.warnings)
    assert "cost" not in run.complete_task(on_drift="recreate", **changes).ok().data


def test_cost_of_a_replacement_is_unknown_without_partitions(run: Run, tasks: Seeded, emulator: Emulator) -> None:
    tasks(deliver_time_interval=600)
    emulator.fault("reset", "show_stream", times=0)
    result = run.complete_task(check=True, on_drift="recreate", **CHANGES).ok()
    assert result.data["cost"]["records"] is None
    assert "The number of these records is unknown." in result.warnings[0]


def test_diffs_of_creation_and_deletion_show_the_same_members(run: Run, tasks: Seeded) -> None:
    created = run.complete_task(diff=True).ok().diff
    deleted = run(state="absent", diff=True).ok().diff
    assert (created["before"], deleted["after"]) == ({}, {})
    assert created["after"] == deleted["before"]


@pytest.mark.parametrize("state", ["ABNORMAL", "ERROR"])
def test_broken_task_present_warns_and_touches_nothing(run: Run, tasks: Seeded, state: str) -> None:
    tasks(state)
    result = run.complete_task().ok()
    assert (result.changed, result.writes) == (False, [])
    assert len(result.warnings) == 1
    assert state in result.warnings[0]
    assert "dump log" in result.warnings[0]


def test_starting_started_waits_until_running(run: Run, tasks: Seeded, change_after_reads: Callable[..., None]) -> None:
    tasks("STARTING")
    dry = run.complete_task(check=True, state="started").ok()
    change_after_reads(3, state="RUNNING")
    real = run.complete_task(state="started", wait_timeout=20).ok()
    assert (dry.actions, real.actions, dry.changed, real.changed) == ([], [], False, False)
    assert real.task["state"] == "RUNNING"
    assert real.dis.count("show") > 3
    assert real.writes == []


def test_abnormal_started_fails_with_reason_and_hint(run: Run, tasks: Seeded) -> None:
    tasks("ABNORMAL")
    assert run.complete_task(check=True, state="started").ok().actions == []
    result = run.complete_task(state="started", wait_timeout=0.3).bad()
    assert "ABNORMAL" in result.msg
    assert "meters-to-dli" in result.msg
    assert "dump log" in result.error["hint"]
    assert (result.changed, result.done, result.writes) == (False, [], [])


@pytest.mark.parametrize("check", [True, False], ids=["dry", "real"])
def test_error_started_fails_at_once(run: Run, tasks: Seeded, check: bool) -> None:
    tasks("ERROR")
    result = run.complete_task(check=check, state="started", wait_timeout=60).bad()
    assert "ERROR" in result.msg
    assert "dump log" in result.error["hint"]
    assert (result.changed, result.done) == (False, [])
    assert result.operations == ["show_transfer_task", "list_transfer_task_log"]
    assert result.seconds < 2


REFUSED = [
    (other("RUNNING"), "fail", "present", ["deliver_time_interval is 600 and should be 120"]),
    (other("RUNNING"), "fail", "started", ["deliver_time_interval is 600 and should be 120"]),
    (other("PAUSED"), "fail", "stopped", ["deliver_time_interval is 600 and should be 120"]),
    *[
        (foreign, on_drift, state, ["OBS", "DLI", "on_drift: recreate"])
        for on_drift in ("update", "fail")
        for state in ("present", "started", "stopped", "absent")
    ],
]


@pytest.mark.parametrize(
    ("put", "on_drift", "state", "words"),
    [pytest.param(*one, id=f"{'foreign' if one[0] is foreign else 'drift'}-{one[1]}-{one[2]}") for one in REFUSED],
)
@pytest.mark.parametrize("check", [True, False], ids=["dry", "real"])
def test_cell_is_refused_without_a_write(
    run: Run, tasks: Seeded, put: Put, on_drift: str, state: str, words: list[str], check: bool
) -> None:
    put(tasks)
    at_first = tasks.all
    result = run.complete_task(check=check, state=state, on_drift=on_drift, **CHANGES).bad()
    for word in words:
        assert word in result.msg
    assert (result.changed, result.done, result.writes) == (False, [], [])
    assert tasks.all == at_first


def test_drift_fail_names_each_option_with_both_values(run: Run, tasks: Seeded) -> None:
    tasks(deliver_time_interval=600, retry_duration=60, file_prefix="old")
    result = run.complete_task(on_drift="fail", deliver_time_interval=120, retry_duration=0, file_prefix="new").bad()
    for reported in (
        "deliver_time_interval is 600 and should be 120",
        "retry_duration is 60 and should be 0",
        "file_prefix is 'old' and should be 'new'",
    ):
        assert reported in result.msg
    assert "agency_name" not in result.msg


@pytest.mark.parametrize("state", ["present", "started", "stopped"])
@pytest.mark.parametrize("check", [True, False], ids=["dry", "real"])
def test_stream_missing_fails(run: Run, emulator: Emulator, state: str, check: bool) -> None:
    emulator.reset(streams=[])
    result = run.complete_task(check=check, state=state).bad()
    assert result.error["code"] == "DIS.4301"
    assert "Check the name of the stream" in result.error["hint"]
    assert (result.changed, result.done, result.dis) == (False, [], ["show"])


@pytest.mark.parametrize("check", [True, False], ids=["dry", "real"])
def test_stream_missing_absent_is_nothing_to_do(run: Run, emulator: Emulator, check: bool) -> None:
    emulator.reset(streams=[])
    result = run.complete_task(check=check, diff=True, state="absent").ok()
    assert (result.changed, result.actions, result.dis, result.task) == (False, [], ["show"], None)
    assert result.diff == {"before": {}, "after": {}}


def test_task_being_deleted_counts_as_missing(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks()
    emulator.patch_task("meters", "meters-to-dli", state="DELETE")
    assert run.complete_task(check=True).ok().actions == ["create"]
    assert run.complete_task(state="absent").ok().actions == []


def test_drift_with_recreate_waits_until_the_old_task_is_gone(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks(deliver_time_interval=600)
    emulator.configure(delete_delay=0.4)
    result = run.complete_task(on_drift="recreate", **CHANGES).ok()
    assert result.actions == ["delete", "create"]
    assert tasks.one["settings"]["deliver_time_interval"] == 120


@pytest.mark.parametrize("state", ["started", "stopped", "absent"])
def test_names_alone_suffice_for_an_existing_task(run: Run, tasks: Seeded, state: str) -> None:
    tasks("PAUSED" if state == "started" else "RUNNING", retry_duration=60)
    before = tasks.one
    result = run(state=state).ok()
    assert result.actions == [{"started": "start", "stopped": "stop", "absent": "delete"}[state]]
    if state != "absent":
        assert tasks.one["settings"] == before["settings"]


@pytest.mark.parametrize("state", ["present", "started", "stopped"])
@pytest.mark.parametrize("left_out", ["dli_database_name", "dli_table_name", "obs_bucket_path"])
def test_missing_without_a_needed_option_is_refused(run: Run, emulator: Emulator, state: str, left_out: str) -> None:
    dry = run.complete_task(check=True, state=state, **{left_out: None}).bad()
    real = run.complete_task(state=state, **{left_out: None}).bad()
    assert dry.msg == real.msg
    assert left_out in real.msg
    assert (real.changed, real.done, real.dis) == (False, [], ["show"])
    assert emulator.tasks("meters") == {}


def test_missing_without_any_option_names_them_all(run: Run) -> None:
    result = run().bad()
    assert "specify dli_database_name, dli_table_name and obs_bucket_path" in result.msg


def test_agency_is_left_to_the_service(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    """One cloud creates tasks without an agency, the others refuse it."""
    result = run.complete_task(agency_name=None).bad()
    assert "agency_name is not set; this region may require it." in result.error["hint"]
    assert (result.changed, result.done, result.dis) == (False, [], ["show", "create"])
    emulator.configure(agency_optional=True)
    assert run.complete_task(agency_name=None).ok().actions == ["create"]
    assert "agency_name" not in tasks.one["settings"]
    assert run.complete_task(agency_name=None).ok().actions == []


def test_capitals_in_dli_names_are_no_drift(run: Run, tasks: Seeded) -> None:
    tasks()
    result = run(dli_database_name="TELEMETRY", dli_table_name="Meter_Raw").ok()
    assert (result.changed, result.writes) == (False, [])
