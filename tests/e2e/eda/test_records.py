# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source of records against the emulator."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sources import Running

from ansible_collections.otc.dis.plugins.module_utils._core.errors import InvalidOptions
from ansible_collections.otc.dis.plugins.plugin_utils._event_records import RecordSource
from otc_emulator.runner import Emulator


@pytest.fixture
def args(emulator: Emulator, login: dict[str, Any]) -> dict[str, Any]:
    """A stream with two partitions, and an app."""
    emulator.reset(streams=[{"name": "meters", "partition_count": 2}], apps=["alarms"])
    return {**login, "stream_name": "meters", "app_name": "alarms", "interval": "0.1", "start": "TRIM_HORIZON"}


def follow(emulator: Emulator, args: dict[str, Any], count: int, room: int = 1000) -> list[dict[str, Any]]:
    """The events of a source that is stopped after so many, and after a commit."""

    async def script() -> list[dict[str, Any]]:
        source, observed = Running("records", args, room), len(emulator.log(operation="commit_checkpoint"))
        await source.until(lambda: len(source.queue.events) >= count)
        if count < room:
            await source.until(lambda: len(emulator.log(operation="commit_checkpoint")) > observed or not count)
        await asyncio.sleep(0.3)
        return await source.stop()

    return asyncio.run(script())


def data(events: list[dict[str, Any]]) -> list[str]:
    return sorted(event["dis"]["data"] for event in events)


def test_records_are_events_and_a_restart_goes_on(emulator: Emulator, args: dict[str, Any]) -> None:
    emulator.put_records("meters", ['{"level": "alarm"}', "b", "c"])
    events = follow(emulator, args, 3)
    assert data(events) == ["b", "c", '{"level": "alarm"}']
    assert [event["dis"]["json"] for event in events if event["dis"]["data"][0] == "{"] == [{"level": "alarm"}]
    assert {event["meta"]["hosts"] for event in events} == {"meters"}
    emulator.put_records("meters", ["d"])
    assert data(follow(emulator, args, 1)) == ["d"]
    assert follow(emulator, args, 0) == []


def test_what_was_not_committed_comes_again_with_the_same_id(emulator: Emulator, args: dict[str, Any]) -> None:
    emulator.put_records("meters", ["a", "b", "c"])
    first = follow(emulator, args, 2, room=2)
    assert emulator.log(operation="commit_checkpoint") == []
    again = {event["dis"]["id"] for event in follow(emulator, args, 3)}
    assert {event["dis"]["id"] for event in first} < again


def test_outage_is_one_event_and_loses_nothing(emulator: Emulator, args: dict[str, Any]) -> None:
    source = RecordSource({**args, "start": "LATEST"})
    for records in ([], ["a"]):
        emulator.put_records("meters", records) if records else None
        events, found, positions = source.poll()
        assert (events, [record["data"] for record in found]) == ([], records)
        source.accept(positions, dict.fromkeys(record["partition_id"] for record in found))
    emulator.fault("status", status=503, times=0, service="dis")
    assert [event["dis"]["event"] for event in source.poll()[0]] == ["unreachable"]
    emulator.put_records("meters", ["b"])
    assert source.poll() == ([], [], {})
    emulator.clear_faults()
    events, found, _positions = source.poll()
    assert [event["dis"]["event"] for event in events] == ["recovered"]
    assert [record["data"] for record in found] == ["b"]
    assert source.uncommitted == {}, "a commit that failed is repeated"


def test_expired_records_are_skipped(emulator: Emulator, args: dict[str, Any]) -> None:
    emulator.put_records("meters", ["a", "b"])
    assert len(follow(emulator, args, 2)) == 2
    emulator.put_records("meters", ["c", "d"])
    emulator.advance_clock(25 * 3600)
    emulator.put_records("meters", ["e", "f"])
    assert data(follow(emulator, args, 2)) == ["e", "f"]


@pytest.mark.parametrize("wrong", [{"stream_name": "a b"}, {"batch_size": 0}, {"app_name": None}])
def test_invalid_options_end_the_source(args: dict[str, Any], wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidOptions):
        RecordSource({**args, **wrong})
