# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A signal at any point of a run: the result reports the executed actions.

The faults of the matrix cover every write with every signal; here are the cases that take time, and the execution
modes: a separate process, and inside the controller (``OTC_DIS_EXECUTION=in_process``).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.otc.dis.plugins.module_utils._core import cancellation as _cancellation

if TYPE_CHECKING:
    from conftest import Result, Run, Seeded

    from otc_emulator.runner import Emulator

ACTION = os.environ.get("OTC_DIS_EXECUTION") == "in_process"
NUMBERS = ("SIGALRM", "SIGINT", "SIGTERM")
RECREATE = {"deliver_time_interval": 60, "on_drift": "recreate"}


@pytest.fixture
def signalled(run: Run, emulator: Emulator, handlers: Any) -> Callable[..., Result]:
    """Runs a module that gets a signal at a request."""

    def call(
        number: str, operation: str, when: str = "before", module: Run | None = None, skip: int = 0, **options: Any
    ) -> Result:
        emulator.fault("signal", operation, pid=os.getpid(), number=number, when=when, skip=skip)
        with handlers(*NUMBERS) as reached:
            result = (module or run)(**options)
        hits = [one["hits"] for one in emulator.faults() if one["kind"] == "signal"]
        assert hits == [1], "the signal has met no request"
        handed_on = [getattr(signal, number)] if ACTION and number != "SIGALRM" else []
        assert reached == handed_on
        return result

    return call


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_replacement_is_completed(signalled: Any, tasks: Seeded, number: str, when: str) -> None:
    tasks()
    result = signalled(number, "delete_transfer_task", when, **RECREATE).bad()
    assert result.done == ["delete", "create"]
    assert number in result.msg
    assert "replacement" not in result.data
    assert tasks.one["settings"]["deliver_time_interval"] == 60
    assert ("timedout" in result.data) == (ACTION and number == "SIGALRM")


def test_stopped_task_is_stopped_again_after_a_replacement(signalled: Any, tasks: Seeded) -> None:
    tasks("PAUSED")
    result = signalled("SIGALRM", "delete_transfer_task", **RECREATE).bad()
    assert result.done == ["delete", "create", "stop"]
    assert tasks.one["state"] == "PAUSED"


@pytest.mark.parametrize("when", ["before", "after"])
def test_stream_is_replaced(signalled: Any, run_stream: Run, emulator: Emulator, when: str) -> None:
    emulator.seed(streams=[{"name": "orders", "stream_type": "COMMON"}])
    emulator.configure(delete_delay=0.3)
    options = {"stream_type": "ADVANCED", "on_drift": "recreate"}
    result = signalled("SIGALRM", "delete_stream", when, run_stream, **options).bad()
    assert result.done == ["delete", "create"]
    assert emulator.stream("orders")["stream_type"] == "ADVANCED"


def test_nothing_is_begun_after_a_signal(signalled: Any, tasks: Seeded) -> None:
    tasks()
    result = signalled("SIGTERM", "show_transfer_task", **RECREATE).bad()
    assert (result.changed, result.done, result.writes) == (False, [], [])
    assert tasks.one["settings"].get("deliver_time_interval") != 60


def test_wait_ends_at_once(signalled: Any, run: Run, emulator: Emulator) -> None:
    emulator.configure(start_delay=60)
    result = signalled(
        "SIGALRM", "show_transfer_task", "after", run.complete_task, skip=1, state="started", wait_interval=30
    )
    assert result.bad().done == ["create"]
    assert result.seconds < 2


def test_pause_before_a_repeat_ends_at_once(signalled: Any, run: Run, emulator: Emulator) -> None:
    emulator.fault("throttle_429", "show_transfer_task", retry_after=4)
    result = signalled("SIGTERM", "show_transfer_task").bad()
    assert result.error["kind"] == "timeout"
    assert result.seconds < 2


def test_run_without_a_final_read_reports_executed_actions(signalled: Any, run: Run) -> None:
    result = signalled("SIGALRM", "create_transfer_task", "after", run.complete_task, state="present").bad()
    assert result.done == ["create"]


# --- requests in flight ---


@pytest.mark.parametrize("commit", [False, True])
def test_write_in_flight_is_given_up_and_reported_as_unknown(
    signalled: Any, run: Run, tasks: Seeded, emulator: Emulator, commit: bool
) -> None:
    tasks()
    emulator.fault("hang", "update_transfer_task", commit=commit)
    result = signalled("SIGTERM", "update_transfer_task", deliver_time_interval=60, api_timeout=30).bad()
    assert result.done == ["update"]
    assert "The outcome of the update is unknown" in result.msg
    assert result.seconds < _cancellation.RESPONSE_GRACE + 2


@pytest.mark.parametrize("commit", [False, True])
def test_replacement_whose_delete_is_not_answered_is_shown(
    signalled: Any, run: Run, tasks: Seeded, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, commit: bool
) -> None:
    """With a shorter grace period than outside of tests; everything else is unchanged."""
    monkeypatch.setattr(_cancellation, "COMPLETION_GRACE", 1.0)
    tasks()
    emulator.fault("hang", "delete_transfer_task", commit=commit)
    result = signalled("SIGALRM", "delete_transfer_task", api_timeout=30, **RECREATE).bad()
    assert result.done == ["delete"]
    assert result.data["replacement"]["deliver_time_interval"] == 60
    assert "may have been deleted" in result.msg


def test_create_that_is_not_answered_after_a_delete_is_shown(
    signalled: Any, run: Run, tasks: Seeded, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_cancellation, "COMPLETION_GRACE", 1.0)
    tasks()
    emulator.fault("hang", "create_transfer_task")
    result = signalled("SIGALRM", "delete_transfer_task", api_timeout=30, **RECREATE).bad()
    assert result.done == ["delete", "create"]
    assert result.data["replacement"]["deliver_time_interval"] == 60
    assert tasks.all == {}


def test_read_in_flight_is_given_up(signalled: Any, run: Run, emulator: Emulator) -> None:
    emulator.fault("hang", "show_transfer_task", times=0)
    result = signalled("SIGTERM", "show_transfer_task", api_timeout=30).bad()
    assert (result.error["kind"], result.changed) == ("timeout", False)
    assert result.seconds < _cancellation.RESPONSE_GRACE + 2


def test_login_in_flight_is_given_up(signalled: Any, run: Run, emulator: Emulator) -> None:
    emulator.fault("hang", "login", times=0)
    result = signalled("SIGALRM", "login", api_timeout=30).bad()
    assert result.changed is False
    assert "SIGALRM" in result.msg
    assert result.seconds < _cancellation.RESPONSE_GRACE + 2


def test_many_tasks_end_in_time(signalled: Any, run: Run, emulator: Emulator) -> None:
    """Writes in flight are reported as unknown, and no thread is left behind."""
    emulator.reset(streams=[{"name": f"s{number}"} for number in range(6)])
    emulator.fault("hang", "create_transfer_task", times=0, commit=True, skip=2)
    fleet = run.of("transfer_tasks", "transfer_tasks", "summary")
    needed = {"agency_name": "dis_admin_agency", "dli_database_name": "telemetry", "dli_table_name": "meter_raw"}
    entries = [
        {"stream_name": f"s{number}", "task_name": "t", "obs_bucket_path": "telemetry-staging", **needed}
        for number in range(6)
    ]
    options = {"transfer_tasks": entries, "connections": 2, "wait": False, "api_timeout": 30}
    result = signalled("SIGTERM", "create_transfer_task", "after", fleet, 2, **options).bad()
    assert result.seconds < _cancellation.RESPONSE_GRACE + 3
    made = {name for name in (f"s{number}" for number in range(6)) if emulator.tasks(name)}
    reported = {one["stream_name"] for one in result.data["transfer_tasks"] if one["actions"] == ["create"]}
    assert made <= reported, "a write that was carried out is not reported"
    assert len(reported) in (3, 4), "two were answered, one or two were in flight"
    assert not [one for one in threading.enumerate() if one.name.startswith("ThreadPool")]


def test_records_end_between_two_batches(signalled: Any, run: Run, emulator: Emulator) -> None:
    emulator.reset(streams=[{"name": "meters"}])
    records = [{"data": "x"} for _number in range(1200)]
    module = run.of("records", "records", stream_name="meters", action="put")
    result = signalled("SIGINT", "put_records", "after", module, records=records).bad()
    states = [one["state"] for one in result.data["records"]]
    put = emulator.state()["projects"][emulator.project_id]["streams"]["meters"]["partitions"][0]["records"]
    assert (result.done, states.count("put")) == (["put"], put)
    assert 0 < put < 1200
    assert set(states) == {"put", "not_sent"}


def test_reading_that_follows_ends_at_once(signalled: Any, run: Run, emulator: Emulator) -> None:
    emulator.reset(streams=[{"name": "meters"}])
    module = run.of("records", "records", stream_name="meters", action="get", follow=True, max_seconds=60)
    result = signalled("SIGALRM", "get_records", "after", module, skip=3).bad()
    assert result.seconds < 5


# --- what a hanging run leaves ---


def test_second_signal_ends_a_run_that_does_not_end(run: Run, tasks: Seeded, emulator: Emulator) -> None:
    """It reaches the handler that was there before."""
    tasks()
    emulator.fault("hang", "delete_transfer_task")

    def insist() -> None:
        deadline = time.monotonic() + 10
        while not emulator.log(operation="delete_transfer_task") and time.monotonic() < deadline:
            time.sleep(0.02)
        for _number in range(2):
            os.kill(os.getpid(), signal.SIGUSR1 if not _cancellation.active().handles_signals else signal.SIGINT)
            time.sleep(_cancellation.FORCE_AFTER + 0.1)

    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    thread = threading.Thread(target=insist)
    try:
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            run(api_timeout=30, **RECREATE)
    finally:
        thread.join()
        signal.signal(signal.SIGUSR1, before)
        _cancellation.end()


# --- a separate process ---


@pytest.mark.processes
@pytest.mark.parametrize("number", ["SIGALRM", "SIGINT", "SIGTERM", "SIGHUP"])
def test_process_writes_its_result(run: Run, tasks: Seeded, emulator: Emulator, number: str) -> None:
    tasks()

    def started(pid: int) -> None:
        emulator.fault("signal", "delete_transfer_task", pid=pid, number=number, when="after")

    result = run.process(started=started, **RECREATE).bad()
    assert result.done == ["delete", "create"]
    assert number in result.msg
    assert tasks.one["settings"]["deliver_time_interval"] == 60


@pytest.mark.processes
def test_process_keeps_its_time_limit(run: Run, emulator: Emulator) -> None:
    emulator.fault("hang", "show_transfer_task", times=0)
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", run.module.__name__],
        input=run.arguments({"api_timeout": 30}, {"_ansible_otc_dis_time_limit": 0.5}),
        capture_output=True,
        cwd=run.home,
        env={**run.isolated_environ(), "PYTHONPATH": str(run.collections)},
        timeout=30,
        check=False,
    )
    data = json.loads(done.stdout)
    assert (data["failed"], data["done"]) == (True, [])
    assert "task timeout" in data["msg"]
    assert time.monotonic() - started < _cancellation.RESPONSE_GRACE + 5


@pytest.mark.skipif(ACTION, reason="the action plugin starts no process here")
def test_ignored_signal_stays_ignored(run: Run, emulator: Emulator) -> None:
    """As of a process in the background of a shell."""
    with suppress(ValueError):
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        emulator.fault("signal", "show_transfer_task", pid=os.getpid(), number="SIGINT")
        assert run(state="absent").ok().changed is False
    finally:
        signal.signal(signal.SIGINT, before)
