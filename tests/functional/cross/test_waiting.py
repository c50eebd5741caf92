# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for what the service does in its own time."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.otc.dis.plugins.module_utils._core import plan as _wait

if TYPE_CHECKING:
    from conftest import Run, Seeded

    from otc_emulator.runner import Emulator


@pytest.mark.parametrize("state", ["present", "started"])
def test_create_waits_until_running(run: Run, emulator: Emulator, tasks: Seeded, state: str) -> None:
    emulator.configure(start_delay=0.3)
    result = run.complete_task(state=state).ok()
    assert (result.actions, result.task["state"]) == (["create"], "RUNNING")
    assert 0.25 <= result.seconds < 3
    assert result.dis.count("show") > 3
    assert tasks.one["state"] == "RUNNING"


def test_start_waits_until_running(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks("PAUSED")
    emulator.configure(start_delay=0.3)
    result = run(state="started").ok()
    assert (result.actions, result.task["state"]) == (["start"], "RUNNING")
    assert result.seconds >= 0.25


def test_stop_waits_until_paused(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks()
    emulator.configure(stop_delay=0.3)
    result = run(state="stopped").ok()
    assert (result.actions, result.task["state"]) == (["stop"], "PAUSED")
    assert result.seconds >= 0.25


def test_create_stopped_waits_until_paused(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    emulator.configure(start_delay=0.2, stop_delay=0.2)
    planned = run.complete_task(state="stopped", check=True).ok()
    assert "running_time" not in planned.data
    assert "until it is stopped, it transfers the records that arrive" in planned.warnings[0]
    before = dt.datetime.now(dt.timezone.utc).replace(microsecond=0)
    result = run.complete_task(state="stopped").ok()
    assert (result.actions, result.task["state"]) == (["create", "stop"], "PAUSED")
    assert result.warnings == planned.warnings
    assert tasks.one["state"] == "PAUSED"
    start, end = (
        dt.datetime.fromisoformat(result.data["running_time"][side].replace("Z", "+00:00")) for side in ("start", "end")
    )
    assert before <= start <= end <= dt.datetime.now(dt.timezone.utc)


def test_delete_waits_until_gone(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    """The service responds, and the task is still listed for a while."""
    tasks()
    emulator.fault("status", operation="delete_transfer_task", status=204, body="")
    emulator.fault("rival_delete", operation="show_transfer_task", skip=3)
    result = run(state="absent").ok()
    assert (result.actions, result.task) == (["delete"], None)
    assert result.dis == ["show", "delete", "show", "show", "show"]
    assert tasks.all == {}


def test_delete_of_a_task_that_stays_fails(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks()
    emulator.fault("status", operation="delete_transfer_task", status=204, body="")
    result = run(state="absent", wait_timeout=0.3).bad()
    assert "still exists" in result.msg
    assert "meters-to-dli" in result.msg
    assert (result.changed, result.done) == (True, ["delete"])


def test_create_without_wait_takes_two_requests_and_returns_the_plan(run: Run, emulator: Emulator) -> None:
    emulator.configure(start_delay=30)
    result = run.complete_task(wait=False).ok()
    assert (result.changed, result.actions, result.task["state"]) == (True, ["create"], "RUNNING")
    assert result.dis == ["show", "create"]


@pytest.mark.parametrize(
    ("there", "state", "action", "observed"),
    [("PAUSED", "started", "start", "STARTING"), ("RUNNING", "stopped", "stop", "RUNNING")],
)
def test_without_wait_the_module_returns_after_one_look(
    run: Run, emulator: Emulator, tasks: Seeded, there: str, state: str, action: str, observed: str
) -> None:
    emulator.configure(start_delay=30, stop_delay=30)
    tasks(there)
    result = run.complete_task(state=state, wait=False).ok()
    assert (result.changed, result.actions, result.task["state"]) == (True, [action], observed)
    assert result.seconds < 1
    assert result.dis.count("show") == 2


def test_without_wait_a_delete_returns_at_once(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks()
    emulator.configure(delete_delay=30)
    result = run(state="absent", wait=False).ok()
    assert (result.actions, result.task) == (["delete"], None)
    assert result.seconds < 1


def test_starting_present_is_not_waited_for(run: Run, tasks: Seeded) -> None:
    tasks("STARTING")
    result = run.complete_task().ok()
    assert (result.changed, result.dis, result.task["state"]) == (False, ["show"], "STARTING")


def test_starting_started_without_wait_is_not_waited_for(run: Run, tasks: Seeded) -> None:
    tasks("STARTING")
    result = run(state="started", wait=False).ok()
    assert (result.dis, result.task["state"]) == (["show"], "STARTING")


@pytest.mark.parametrize(
    ("there", "state", "verb", "last"),
    [
        (None, "present", "create", "STARTING"),
        ("PAUSED", "started", "start", "STARTING"),
        ("RUNNING", "stopped", "stop", "RUNNING"),
    ],
)
def test_time_out_names_task_state_and_seconds(
    run: Run, emulator: Emulator, tasks: Seeded, there: str | None, state: str, verb: str, last: str
) -> None:
    emulator.configure(start_delay=60, stop_delay=60)
    if there:
        tasks(there)
    result = run.complete_task(state=state, wait_timeout=1, wait_interval=0.2).bad()
    assert f'transfer task "meters-to-dli" of stream "meters" is {last} after 1 seconds' in result.msg
    assert "wait_timeout" in result.error["hint"]
    assert (result.changed, result.done) == (True, [verb])
    assert 0.9 <= result.seconds < 3


def test_interval_longer_than_the_time_out_still_ends_in_time(run: Run, emulator: Emulator) -> None:
    emulator.configure(start_delay=60)
    result = run.complete_task(wait_timeout=0.4, wait_interval=30).bad()
    assert result.seconds < 2


def test_interval_is_kept(run: Run, emulator: Emulator) -> None:
    emulator.configure(start_delay=0.7)
    result = run.complete_task(wait_interval=0.5).ok()
    looks = [entry["time"] for entry in result.log if entry["operation"] == "show_transfer_task"][1:]
    assert len(looks) == 3
    assert all(0.45 <= later - earlier < 1 for earlier, later in itertools.pairwise(looks))


def test_create_that_ends_in_error_fails_at_once(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    emulator.configure(start_result="ERROR")
    result = run.complete_task(wait_timeout=60).bad()
    assert "ERROR" in result.msg
    assert "dump log" in result.error["hint"]
    assert (result.changed, result.done) == (True, ["create"])
    assert result.seconds < 2
    assert tasks.one["state"] == "ERROR"


@pytest.mark.parametrize("there", [None, "PAUSED"], ids=["create", "start"])
def test_abnormal_for_longer_than_the_grace_time_fails(
    run: Run, emulator: Emulator, tasks: Seeded, monkeypatch: pytest.MonkeyPatch, there: str | None
) -> None:
    monkeypatch.setattr(_wait, "GRACE", 0.4)
    emulator.configure(start_result="ABNORMAL")
    if there:
        tasks(there)
    result = run.complete_task(state="started", wait_timeout=60).bad()
    assert "ABNORMAL" in result.msg
    assert "dump log" in result.error["hint"]
    assert 0.35 <= result.seconds < 3
    assert (result.changed, result.done) == (True, ["start" if there else "create"])


def test_abnormal_that_recovers_within_the_grace_time_is_fine(
    run: Run, tasks: Seeded, monkeypatch: pytest.MonkeyPatch, change_after_reads: Callable[..., None]
) -> None:
    monkeypatch.setattr(_wait, "GRACE", 20)
    tasks("ABNORMAL")
    change_after_reads(3, state="RUNNING")
    result = run(state="started").ok()
    assert (result.changed, result.task["state"]) == (False, "RUNNING")
    assert result.dis.count("show") > 3


def test_grace_time_is_a_minute() -> None:
    assert _wait.GRACE == 60


def test_wait_survives_a_read_that_fails_once(run: Run, emulator: Emulator) -> None:
    emulator.configure(start_delay=0.3)
    emulator.fault("status", operation="show_transfer_task", status=503, skip=2)
    assert run.complete_task().ok().task["state"] == "RUNNING"


def test_wait_survives_a_token_that_expires(run: Run, emulator: Emulator) -> None:
    emulator.configure(start_delay=0.3)
    emulator.fault("expire_token", operation="show_transfer_task", skip=2)
    result = run.complete_task().ok()
    assert (result.task["state"], result.iam) == ("RUNNING", ["login", "login"])


def test_wait_without_a_read_reports_executed_actions(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    emulator.configure(start_delay=30)
    emulator.fault("status", operation="show_transfer_task", status=403, code="DIS.4116", skip=2, times=0)
    result = run.complete_task().bad()
    assert (result.changed, result.done) == (True, ["create"])
    assert result.error["code"] == "DIS.4116"
    assert list(tasks.all) == ["meters-to-dli"]


def test_default_times_are_used_in_a_process(run: Run) -> None:
    """Without wait options: nothing to wait for is nothing waited."""
    result = run.process(state="absent", wait_interval=None).ok()
    assert result.changed is False


@pytest.mark.parametrize("kind", ["hang", "slow_body"])
def test_wait_ends_in_time_also_when_a_response_hangs(run: Run, emulator: Emulator, tasks: Seeded, kind: str) -> None:
    tasks("STARTING")
    emulator.fault(kind, operation="show_transfer_task", seconds=15, skip=2, times=0)
    result = run(state="started", wait_timeout=1.5, wait_interval=0.3, api_timeout=30).bad()
    assert result.error["kind"] == "timeout"
    assert "is STARTING after" in result.msg
    assert "did not return in time" in result.msg
    assert result.seconds < 6


# --- a new agency ---


def reject_agency(emulator: Emulator, operation: str, times: int, **more: Any) -> None:
    emulator.fault("status", operation=operation, status=400, code="DIS.4335", times=times, **more)


def test_request_with_a_new_agency_is_sent_again(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    reject_agency(emulator, "create_transfer_task", times=3)
    result = run.complete_task(wait_for_agency=30).ok()
    assert result.actions == ["create"]
    assert result.dis[:5] == ["show", "create", "create", "create", "create"]
    reject_agency(emulator, "update_transfer_task", times=1)
    assert run.complete_task(deliver_time_interval=600, wait_for_agency=30).ok().actions == ["update"]
    assert tasks.one["settings"]["deliver_time_interval"] == 600


def test_replacement_with_a_new_agency_is_created(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks(deliver_time_interval=600)
    reject_agency(emulator, "create_transfer_task", times=3)
    result = run.complete_task(deliver_time_interval=60, on_drift="recreate", wait_for_agency=30).ok()
    assert result.actions == ["delete", "create"]


def test_rejected_agency_fails_after_the_time_and_by_default_at_once(
    run: Run, emulator: Emulator, tasks: Seeded
) -> None:
    reject_agency(emulator, "create_transfer_task", times=0)
    result = run.complete_task(wait_for_agency=0.4).bad()
    assert result.error["code"] == "DIS.4335"
    assert "The agency was rejected for 0 seconds (wait_for_agency)." in result.msg
    assert 2 <= result.dis.count("create") <= 6
    assert (result.changed, result.done) == (False, [])
    assert run.complete_task().bad().dis == ["show", "create"]
    emulator.clear_faults()
    reject_agency(emulator, "create_transfer_task", times=0)
    assert run.complete_task(wait_for_agency=30, check=True).ok().writes == []
    assert tasks.all == {}


def test_lost_response_of_a_repeated_request_is_read_back(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    reject_agency(emulator, "create_transfer_task", times=1)
    emulator.fault("lost_after", operation="create_transfer_task", skip=1)
    result = run.complete_task(wait_for_agency=30).ok()
    assert result.actions == ["create"]
    assert result.dis[:4] == ["show", "create", "create", "show"]


@pytest.mark.parametrize("value", [-1, 600.5])
def test_wait_for_agency_has_limits(run: Run, value: float) -> None:
    result = run.complete_task(wait_for_agency=value).bad()
    assert f"wait_for_agency is {value:g}, but must be a number of seconds from 0 to 600." in result.msg
    assert result.log == []


def test_stream_that_became_ready_since_the_rejection(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    emulator.fault("status", operation="create_transfer_task", status=400, code="DIS.4205")
    assert run.complete_task().ok().actions == ["create"]
