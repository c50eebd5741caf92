# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source of transfer tasks against the emulator."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sources import SOURCES, Running

from ansible_collections.otc.dis.plugins.module_utils._core.errors import InvalidOptions
from ansible_collections.otc.dis.plugins.plugin_utils._event_tasks import TaskSource, run_tasks, wait
from otc_emulator.runner import Emulator

AT = ("meters", "to-obs")


def poll(source: TaskSource) -> list[dict[str, Any]]:
    """The events of one poll, all of which are accepted."""
    steps = source.poll()
    for step in steps:
        source.accept(step)
    return [step.event["dis"] for step in steps if step.event is not None and source.wants(step)]


def polls(emulator: Emulator) -> int:
    return len(emulator.log(operation="list_transfer_tasks"))


def test_transitions_are_queued_once_each(emulator: Emulator, login: dict[str, Any]) -> None:
    async def script() -> list[dict[str, Any]]:
        source = Running("transfer_tasks", {**login, "streams": ["meters"], "interval": 1, "host_prefix": "dis-"})
        await source.until(lambda: polls(emulator) >= 2)  # the first one is complete
        emulator.patch_task(*AT, state="ABNORMAL", log=[{"createTimeStr": "1", "message": "Bucket is gone."}])
        await source.until(lambda: source.queue.events)
        observed = polls(emulator)
        await source.until(lambda: polls(emulator) > observed)
        emulator.patch_task(*AT, state="RUNNING")
        await source.until(lambda: len(source.queue.events) > 1)
        return await source.stop()

    failed, recovered = asyncio.run(script())
    assert failed["meta"] == {"hosts": "dis-meters"}
    reported = failed["dis"]
    assert (reported["event"], reported["state"], reported["previous_state"]) == ("failed", "ABNORMAL", "RUNNING")
    assert (reported["stream_name"], reported["task_name"], reported["destination_type"]) == (*AT, "OBS")
    assert reported["reason"] == "The state of the task is ABNORMAL. Last error in its log: Bucket is gone."
    assert (recovered["dis"]["event"], recovered["dis"]["previous_state"]) == ("recovered", "ABNORMAL")


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 503}, {"kind": "reset"}, {"kind": "not_json"}])
def test_outage_is_one_event_and_hides_no_transition(
    emulator: Emulator, login: dict[str, Any], fault: dict[str, Any]
) -> None:
    source = TaskSource(login)
    assert poll(source) == []
    emulator.fault(operation="list_streams", times=0, **fault)
    (down,) = poll(source)
    assert (down["event"], down["stream_name"], down["state"]) == ("unreachable", None, "unreachable")
    assert "list streams" in down["reason"]
    emulator.patch_task(*AT, state="PAUSED")
    assert poll(source) == []
    emulator.clear_faults()
    up, stopped = poll(source)
    assert (up["event"], up["stream_name"], up["previous_state"]) == ("recovered", None, "unreachable")
    assert stopped["event"] == "stopped"
    assert poll(source) == []


def test_login_is_kept_and_renewed(emulator: Emulator, login: dict[str, Any]) -> None:
    source = TaskSource(login)
    emulator.clear_log()
    for _turn in range(3):
        assert poll(source) == []
        assert poll(source) == []
        emulator.expire_tokens()
    assert len(emulator.log(operation="login")) == 3


def test_rejected_login_is_not_repeated_at_once(emulator: Emulator, login: dict[str, Any]) -> None:
    wrong = {**login, "auth": {**login["auth"], "password": "wrong-password"}}
    source = TaskSource({**wrong, "interval": "10"})
    (down,) = poll(source)
    assert down["event"] == "unreachable"
    assert source.pause == 300
    assert "wrong-password" not in json.dumps(down)


def test_secrets_of_a_response_are_masked(emulator: Emulator, login: dict[str, Any]) -> None:
    source = TaskSource(login)
    emulator.fault("echo_secrets", operation="list_streams", times=0)
    (down,) = poll(source)
    token = emulator.log(operation="login")[-1]
    assert login["auth"]["password"] not in json.dumps([down, token])
    assert "*" in down["reason"]


def test_restart_reports_what_changed_in_between(emulator: Emulator, login: dict[str, Any], tmp_path: Path) -> None:
    args = {**login, "interval": 1, "state_file": str(tmp_path / "state.json")}

    async def once(room: int, events: int) -> list[str]:
        source, observed = Running("transfer_tasks", args, room), polls(emulator)
        full = events == room
        await source.until(lambda: len(source.queue.events) == events and (full or polls(emulator) > observed + 1))
        await asyncio.sleep(0.2)
        await source.stop()
        return source.queue.names

    assert asyncio.run(once(9, 0)) == []
    emulator.patch_task(*AT, state="PAUSED")
    emulator.seed(streams=[{"name": "other", "tasks": ["new"]}])
    assert asyncio.run(once(1, 1)) == ["stopped"], "the second event did not fit into the queue"
    assert asyncio.run(once(9, 1)) == ["created"]
    assert asyncio.run(once(9, 0)) == []
    assert "auth" not in (tmp_path / "state.json").read_text("utf-8")


def test_initial_states_and_selected_events(emulator: Emulator, login: dict[str, Any]) -> None:
    emulator.patch_task(*AT, state="ERROR")
    (event,) = poll(TaskSource({**login, "initial": True}))
    assert (event["event"], event["initial"], event["failures"]) == ("failed", True, 1)
    source = TaskSource({**login, "events": ["gone"]})
    assert poll(source) == []
    emulator.patch_task(*AT, state="RUNNING")
    assert poll(source) == []
    emulator.reset(streams=["meters"])
    assert [one["event"] for one in poll(source)] == ["gone"]


def test_changed_settings_and_a_replaced_task(emulator: Emulator, login: dict[str, Any]) -> None:
    source = TaskSource(login)
    poll(source)
    emulator.patch_task(*AT, deliver_time_interval=60, file_prefix="elsewhere")
    (event,) = poll(source)
    assert (event["event"], event["changed_settings"]) == ("changed", ["deliver_time_interval", "file_prefix"])
    emulator.reset(streams=[])
    emulator.advance_clock(60)
    emulator.seed(streams=[{"name": "meters", "tasks": [{"task_name": "to-obs", "destination_type": "OBS"}]}])
    assert [one["event"] for one in poll(source)] == ["gone", "created"]


def test_stale_task_is_reported_and_repeated(emulator: Emulator, login: dict[str, Any]) -> None:
    emulator.reset(streams=[])
    emulator.advance_clock(-7200)
    emulator.seed(streams=[{"name": "meters", "tasks": ["a"]}])
    emulator.put_records("meters", ["x"])
    emulator.patch_stream("meters", transferable_offset=1)
    source = TaskSource({**login, "stale_after": "30m", "repeat_after": "10m"})
    assert poll(source) == []
    emulator.advance_clock(3600)
    emulator.put_records("meters", ["x"] * 3)
    emulator.advance_clock(3600)
    (event,) = poll(source)
    assert (event["event"], event["waiting_records"]) == ("stale", 3)
    assert "3 records are waiting" in event["reason"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"interval": "0"}, "interval is '0'"),
        ({"events": ["other"]}, "events"),
        ({"unknown": 1}, "unknown"),
        ({"stale_after": "1s"}, "stale_after"),
        ({"host_prefix": "../"}, "host_prefix"),
        ({"state_file": "{tmp}"}, "state_file"),
        ({"cloud": "missing", "auth": None}, "missing"),
    ],
)
def test_invalid_options_end_the_source(
    emulator: Emulator, login: dict[str, Any], tmp_path: Path, args: dict[str, Any], message: str
) -> None:
    args = {name: str(tmp_path) if value == "{tmp}" else value for name, value in args.items()}
    with pytest.raises(InvalidOptions) as caught:
        asyncio.run(run_tasks(None, {**login, **args}))
    assert message in str(caught.value)


def test_source_finds_its_collection_beside_others(tmp_path: Path) -> None:
    """Without a search path for collections, and with a package of that name that has none of ours."""
    (tmp_path / "ansible_collections").mkdir()
    (tmp_path / "ansible_collections/__init__.py").touch()
    code = "import runpy, sys; print(runpy.run_path(sys.argv[1])['main'].__name__)"
    for source in sorted(SOURCES.glob("*.py")):
        command = [sys.executable, "-c", code, str(source)]
        env = {**os.environ, "PYTHONPATH": str(tmp_path)}
        assert subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout == "main\n"


# --- events of the service ---


def service_events(emulator: Emulator, *types: str, **source: str) -> None:
    """Let the service list events about the task, in this order."""
    now = int(time.time() * 1000)
    source = source or {"source_id": emulator.tasks("meters")["to-obs"]["task_id"]}
    events = [
        {"type_id": type_id, "occur_time": now + number, "description": "Bucket is gone.", **source}
        for number, type_id in enumerate(types)
    ]
    emulator.seed(events=events)


ABNORMAL, RESTORED = "dis_event.001", "dis_event.000"


def poll_and_save(source: TaskSource) -> list[dict[str, Any]]:
    events = poll(source)
    source.accept_events()
    source.save()
    return events


def test_failure_between_two_polls_is_reported(emulator: Emulator, login: dict[str, Any], tmp_path: Path) -> None:
    service_events(emulator, ABNORMAL)
    args = {**login, "state_file": str(tmp_path / "state.json")}
    source = TaskSource(args)
    assert poll_and_save(source) == [], "earlier events are the baseline"
    service_events(emulator, ABNORMAL, RESTORED)
    failed, recovered = poll_and_save(source)
    assert (failed["event"], failed["reason"], recovered["event"]) == ("failed", "Bucket is gone.", "recovered")
    assert poll_and_save(source) == []
    source = TaskSource(args)
    assert poll_and_save(source) == []
    service_events(emulator, ABNORMAL, RESTORED, source_name="to-obs")
    assert [one["event"] for one in poll_and_save(TaskSource(args))] == ["failed", "recovered"], "while it was stopped"


def test_new_event_starts_the_next_poll(emulator: Emulator, login: dict[str, Any]) -> None:
    source = TaskSource({**login, "interval": "60"})
    assert source.event_interval == 15
    source.event_interval = 0.05
    assert poll_and_save(source) == []

    async def wait_for_event() -> None:
        waiting = asyncio.create_task(wait(source))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        emulator.patch_task(*AT, state="ABNORMAL")
        service_events(emulator, ABNORMAL)
        await asyncio.wait_for(waiting, 20)

    asyncio.run(wait_for_event())
    (failed,) = poll_and_save(source)
    assert (failed["event"], failed["state"]) == ("failed", "ABNORMAL")
    assert poll_and_save(source) == []


@pytest.mark.parametrize(
    "fault", [{"kind": "status", "status": 403}, {"kind": "status", "status": 503}, {"kind": "not_json"}, None]
)
def test_service_without_events_is_polled(emulator: Emulator, login: dict[str, Any], fault: Any) -> None:
    if fault:
        emulator.fault(operation="list_events", times=0, **fault)
    else:
        emulator.configure(events_enabled=False)
    source = TaskSource(login)
    assert poll_and_save(source) == []
    emulator.patch_task(*AT, state="ABNORMAL")
    assert [one["event"] for one in poll_and_save(source)] == ["failed"]
    lists = len(emulator.log(operation="list_events")) + len(emulator.log(operation="unknown"))
    assert (lists == 1) == (fault is None or fault.get("status") == 403)
    assert len(emulator.log(operation="login")) == 1


def test_events_of_a_failed_poll_are_processed_later(emulator: Emulator, login: dict[str, Any]) -> None:
    source = TaskSource(login)
    assert poll_and_save(source) == []
    service_events(emulator, ABNORMAL, RESTORED)
    emulator.fault("status", operation="list_streams", status=503, times=0)
    assert [one["event"] for one in poll_and_save(source)] == ["unreachable"]
    emulator.clear_faults()
    assert [one["event"] for one in poll_and_save(source)] == ["recovered", "failed", "recovered"]


def test_events_that_were_queued_are_not_repeated_after_a_cancellation(
    emulator: Emulator, login: dict[str, Any], tmp_path: Path
) -> None:
    emulator.reset(streams=[{"name": "meters", "tasks": ["a", "b"]}])
    args = {**login, "interval": 1, "state_file": str(tmp_path / "state.json")}
    assert poll_and_save(TaskSource(args)) == []
    for name in ("a", "b"):
        service_events(emulator, ABNORMAL, RESTORED, source_name=name)

    async def run(room: int, events: int) -> list[tuple[str, str]]:
        source = Running("transfer_tasks", args, room)
        await source.until(lambda: len(source.queue.events) == events)
        await asyncio.sleep(0.3)
        await source.stop()
        return [(one["dis"]["task_name"], one["dis"]["event"]) for one in source.queue.events]

    assert asyncio.run(run(3, 3)) == [("a", "failed"), ("a", "recovered"), ("b", "failed")]
    assert asyncio.run(run(9, 1)) == [("b", "recovered")]


@pytest.mark.parametrize("when", [10**18, 10**400, -5])
def test_event_with_an_invalid_time_is_reported_once_at_the_local_time(
    emulator: Emulator, login: dict[str, Any], tmp_path: Path, when: int
) -> None:
    args = {**login, "state_file": str(tmp_path / "state.json")}
    source = TaskSource(args)
    service_events(emulator, ABNORMAL, RESTORED)
    assert poll_and_save(source) == []
    event = {"id": "odd", "type_id": ABNORMAL, "source_name": "to-obs", "occur_time": when, "category": 2}
    earlier = emulator.state()["projects"][emulator.project_id].get("events", [])
    emulator.fault("wrong_json", operation="list_events", body={"count": 1, "events": [event, *earlier]}, times=0)
    failed, recovered = poll_and_save(source)
    assert (failed["event"], failed["since"][:4], recovered["event"]) == ("failed", time.strftime("%Y"), "recovered")
    assert poll_and_save(source) == []
    emulator.clear_faults()
    assert poll_and_save(TaskSource(args)) == [], "the other events are still known"
