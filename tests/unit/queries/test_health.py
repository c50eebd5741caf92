# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluation of the health of transfer tasks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._core.schema import read_duration
from ansible_collections.otc.dis.plugins.module_utils._queries.health import (
    MAX_BARS,
    PERIOD,
    Health,
    PartitionProgress,
    format_time,
    health_from_partitions,
    health_from_state,
    histogram,
    history,
    needs_metrics,
    partition_health,
    progress,
    read_points,
    report,
    to_result,
)
from ansible_collections.otc.dis.plugins.module_utils._resources.transfer_task import TransferTask
from ansible_collections.otc.dis.plugins.modules import transfer_health_info

NOW, LIMIT = 1_700_000_000.0, 1800.0
OLD, FRESH = NOW - 7200, NOW - 60
PARTITION = "shardId-0000000000"
NEAR = int(NOW - LIMIT) - PERIOD
"""From this time on, a data point may count records that are within the limit."""
MaybePoints = list[tuple[int, int]] | None


def partition(offset: int | None, earliest: int | None, after: int | None, **more: Any) -> PartitionProgress:
    """Return a partition of an old task that started with the earliest record."""
    return PartitionProgress(PARTITION, offset, earliest, after, **{"created": OLD, "from_start": True, **more})


CASES = {
    "all transferred": (partition(10, 0, 10), None, ("idle", 0, None)),
    "no record ever arrived": (partition(0, 0, 0), None, ("idle", 0, None)),
    "partition is empty": (partition(None, 9, 9), None, ("idle", 0, None)),
    "remaining records expired": (partition(5, 9, 9), None, ("idle", 0, None)),
    "offset unknown": (partition(None, 0, 9), None, ("unknown", None, None)),
    "range unknown": (partition(5, None, None), None, ("unknown", None, None)),
    "task is new": (partition(5, 0, 9, created=NOW - LIMIT), None, ("ok", 4, None)),
    "task is not new": (partition(5, 0, 9, created=NOW - LIMIT - 1), None, ("unknown", 4, None)),
    "creation time unknown": (partition(5, 0, 9, created=None), [(NEAR - 1, 9)], ("stale", 4, NEAR + 59)),
    "no metrics": (partition(5, 0, 9), None, ("unknown", 4, None)),
    "no points": (partition(5, 0, 9), [], ("unknown", 4, None)),
    "points without records": (partition(5, 0, 9), [(NEAR - 1, 0), (NEAR, 0)], ("unknown", 4, None)),
    "a single record is stale": (partition(9, 0, 10), [(NEAR - 1, 1)], ("stale", 1, NEAR + 59)),
    "a single record is recent": (partition(9, 0, 10), [(NEAR - 1, 9), (NEAR, 1)], ("ok", 1, None)),
    "some of many records are stale": (partition(5, 0, 9), [(NEAR - 1, 6), (NEAR, 3)], ("stale", 4, NEAR + 59)),
    "all waiting records are recent": (partition(5, 0, 9), [(NEAR - 1, 5), (NEAR, 4)], ("ok", 4, None)),
    "more records are recent than wait": (
        partition(5, 0, 9),
        [(NEAR - 1, 5), (NEAR, 2), (int(NOW), 3)],
        ("ok", 4, None),
    ),
    "not all waiting records are counted": (partition(5, 0, 9), [(NEAR, 3)], ("unknown", 4, None)),
    "half of the records are counted, some are stale": (partition(5, 0, 9), [(NEAR - 1, 2)], ("stale", 4, NEAR + 59)),
    "less than half of the records are counted": (partition(5, 0, 9), [(NEAR - 1, 1)], ("unknown", 4, None)),
    "the oldest waiting record decides": (
        partition(5, 0, 9),
        [(NEAR - 600, 5), (NEAR - 300, 2), (NEAR - 60, 2)],
        ("stale", 4, NEAR - 240),
    ),
    "records arrived before the task was created": (partition(0, 0, 9), [(int(OLD) - 600, 9)], ("stale", 9, int(OLD))),
    "some records expired": (partition(2, 8, 9), [(NEAR - 1, 8), (NEAR, 1)], ("ok", 1, None)),
    "start unknown, no metrics": (partition(0, 0, 9, from_start=False), None, ("unknown", None, None)),
    "start unknown, no points": (partition(0, 0, 9, from_start=False), [], ("unknown", None, None)),
    "start and creation time unknown": (
        partition(0, 0, 9, from_start=False, created=None),
        [(NEAR - 1, 1)],
        ("unknown", None, None),
    ),
    "start unknown, records arrived before the task was created": (
        partition(0, 0, 9, from_start=False),
        [(int(OLD) + PERIOD, 9)],
        ("idle", 0, None),
    ),
    "start unknown, records arrived after the task was created": (
        partition(0, 0, 9, from_start=False),
        [(int(OLD) + PERIOD + 1, 1), (NEAR, 1)],
        ("stale", None, int(OLD) + 121),
    ),
    "start unknown, records are recent": (partition(0, 0, 9, from_start=False), [(NEAR, 1)], ("ok", None, None)),
    "start unknown, task is new": (partition(0, 0, 9, from_start=False, created=FRESH), None, ("ok", None, None)),
    "start unknown, partition is empty": (partition(0, 9, 9, from_start=False), None, ("idle", 0, None)),
    "start unknown, records were transferred": (partition(5, 0, 9, from_start=False), [(NEAR, 4)], ("ok", 4, None)),
}


@pytest.mark.parametrize(("one", "points", "expected"), CASES.values(), ids=CASES)
def test_partition(one: PartitionProgress, points: MaybePoints, expected: tuple[str, int | None, int | None]) -> None:
    verdict = partition_health(one, NOW, LIMIT, points)
    assert (verdict.health, verdict.waiting, verdict.since) == expected
    assert (PARTITION in verdict.reason) == (verdict.health in ("stale", "unknown"))
    assert (verdict.reason == "") == (verdict.health in ("ok", "idle"))
    if verdict.waiting and verdict.reason:
        assert verdict.reason.startswith(f"{verdict.waiting} record")
    if verdict.since:
        assert format_time(verdict.since) in verdict.reason


@pytest.mark.parametrize("one", [case[0] for case in CASES.values()], ids=CASES)
def test_metrics_are_requested_only_if_they_decide(one: PartitionProgress) -> None:
    points: list[MaybePoints] = [None, [(NEAR - 1, 9)], [(NEAR, 99)]]
    verdicts = {partition_health(one, NOW, LIMIT, maybe).health for maybe in points}
    if not needs_metrics(one, NOW, LIMIT):
        assert len(verdicts) == 1
    elif one.created is not None:
        assert len(verdicts) == 3


numbers = st.none() | st.integers(0, 50)
times = st.none() | st.floats(NOW - 9000, NOW)
some_points = st.none() | st.lists(st.tuples(st.integers(int(NOW) - 9000, int(NOW)), st.integers(0, 60))).map(sorted)


@given(numbers, numbers, numbers, times, st.booleans(), some_points)
def test_stale_requires_evidence(
    offset: int | None,
    earliest: int | None,
    after: int | None,
    created: float | None,
    from_start: bool,
    points: MaybePoints,
) -> None:
    one = PartitionProgress(PARTITION, offset, earliest, after, created, from_start)
    verdict = partition_health(one, NOW, LIMIT, points)
    if verdict.health == "stale":
        assert offset is not None
        assert after is not None
        assert after > max(offset, earliest or 0)
        assert created is None or NOW - created > LIMIT
        assert verdict.since is not None
        assert verdict.since <= NOW - LIMIT
        assert any(count and when < NOW - LIMIT - PERIOD for when, count in points or [])
        assert needs_metrics(one, NOW, LIMIT), "the metrics would not have been requested"
    if verdict.health == "ok" and points is not None and created is None:
        assert sum(count for when, count in points if when >= NEAR) >= (verdict.waiting or 0)


arrivals = st.lists(st.integers(int(NOW) - 9000, int(NOW)), max_size=30).map(sorted)


@given(arrivals, st.integers(0, 30), st.integers(0, 30))
def test_health_agrees_with_the_arrival_of_the_oldest_waiting_record(came: list[int], done: int, gone: int) -> None:
    """The metrics count each record in the minute of its arrival."""
    done, gone = min(done, len(came)), min(gone, len(came))
    sums: dict[int, int] = {}
    for when in came:
        sums[when // PERIOD * PERIOD] = sums.get(when // PERIOD * PERIOD, 0) + 1
    one = partition(done, gone, len(came), created=NOW - 9999)
    verdict = partition_health(one, NOW, LIMIT, sorted(sums.items()))
    left = came[max(done, gone) :]
    assert verdict.waiting == len(left)
    if not left:
        assert verdict.health == "idle"
    elif left[0] < NOW - LIMIT - 2 * PERIOD:
        assert verdict.health == "stale"
    elif left[0] >= NOW - LIMIT:
        assert verdict.health == "ok"


@given(st.lists(st.sampled_from(["ok", "idle", "unknown", "stale"])))
def test_task_has_the_health_of_its_worst_partition(words: list[str]) -> None:
    verdict = health_from_partitions([Health(word, f"{word}.", 1) for word in words])
    expected = next((word for word in ("stale", "unknown") if word in words), "ok" if words else "unknown")
    assert verdict.health == expected
    assert verdict.waiting == (len(words) or None)


@pytest.mark.parametrize(
    ("partitions", "expected"),
    [
        ([Health("idle", "", 0), Health("idle", "", 0)], Health("ok", "No records are waiting.", 0)),
        ([Health("idle", "", 0), Health("ok", "", 3)], Health("ok", "", 3)),
        ([Health("ok", "", 3), Health("ok", "", None)], Health("ok", "", None)),
        ([Health("unknown", "A.", None), Health("ok", "", 3)], Health("unknown", "A.", None)),
        ([Health("unknown", "A.", 1), Health("stale", "B.", 2, 60)], Health("stale", "B.", 3, 60)),
        (
            [Health("stale", "A.", 1, 90), Health("ok", "", 5), Health("stale", "B.", 2, 60)],
            Health("stale", "A. Also affected: 1 more partition.", 8, 60),
        ),
        (
            [Health("unknown", "A."), Health("unknown", "B."), Health("unknown", "C.")],
            Health("unknown", "A. Also affected: 2 more partitions."),
        ),
    ],
)
def test_partitions_are_combined(partitions: list[Health], expected: Health) -> None:
    assert health_from_partitions(partitions) == expected


@pytest.mark.parametrize(
    ("state", "health", "text"),
    [
        ("ABNORMAL", "failed", " is ABNORMAL."),
        ("ERROR", "failed", " is ERROR."),
        ("PAUSED", "ok", "The task is stopped."),
        ("STARTING", "ok", "The task is starting."),
        ("O\nDD", "unknown", ": O DD."),
        ("", "unknown", ": (none)."),
        (None, "unknown", ": (none)."),
    ],
)
def test_reason_contains_the_state(state: str | None, health: str, text: str) -> None:
    verdict = health_from_state(TransferTask("s", "t", "DLI", {}, state))
    assert verdict is not None
    assert verdict == Health(health, verdict.reason)
    assert verdict.reason == text if health == "ok" else text in verdict.reason


def test_states_that_decide_the_health() -> None:
    def health(state: str | None) -> str | None:
        verdict = health_from_state(TransferTask("s", "t", "DLI", {}, state))
        return verdict and verdict.health

    assert [health(state) for state in ("ABNORMAL", "ERROR", "PAUSED", "STARTING", "RUNNING", "ODD", None)] == [
        *("failed", "failed", "ok", "ok", None, "unknown", "unknown")
    ]


def test_progress_has_the_readable_partitions_of_the_stream() -> None:
    facts = {
        "create_time": 5000,
        "partitions": [{"partition_id": "0", "last_transfer_timestamp": 7000, "last_transfer_offset": 3}],
    }
    ranges = {PARTITION: (2, 9), "shardId-0000000001": (None, None)}
    task = TransferTask("s", "t", "DLI", {"consumer_strategy": "TRIM_HORIZON"}, "RUNNING", facts)
    assert progress(task, ranges) == [
        PartitionProgress(PARTITION, 3, 2, 9, 5.0, True),
        PartitionProgress("shardId-0000000001", None, None, None, 5.0, True),
    ]
    for settings in ({}, {"consumer_strategy": "LATEST"}):
        unknown = TransferTask("s", "t", "DLI", settings, "RUNNING")
        assert progress(unknown, {PARTITION: (2, 9)}) == [PartitionProgress(PARTITION, None, 2, 9, None, False)]


@given(st.integers(10**9, 2 * 10**9), st.integers(60, int(6.5 * 86400)))
def test_bars_cover_the_history_and_are_aligned(now: int, span: int) -> None:
    start, width = histogram(now, span)
    assert start % width == 0
    assert start <= now < start + (MAX_BARS + 1) * width
    made = history([(now, 3), (start - 1, 5)], now, span)
    assert sum(entry["records"] for entry in made) == 3
    assert [entry["start"] for entry in made] == list(range(start, now + 1, width))
    assert history([], now, span) == history([], start + len(made) * width - 1, span)


MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.mark.parametrize(
    ("span", "width", "count"),
    [
        (30, MINUTE, 1),
        (MINUTE, MINUTE, 1),
        (2 * MINUTE, MINUTE, 2),
        (48 * MINUTE, MINUTE, 48),
        (48 * MINUTE + 1, 5 * MINUTE, 9),
        (4 * HOUR, 5 * MINUTE, 48),
        (4 * HOUR + 1, 10 * MINUTE, 24),
        (8 * HOUR, 10 * MINUTE, 48),
        (8 * HOUR + 1, 15 * MINUTE, 32),
        (12 * HOUR, 15 * MINUTE, 48),
        (12 * HOUR + 1, 30 * MINUTE, 24),
        (DAY, 30 * MINUTE, 48),
        (DAY + 1, HOUR, 24),
        (2 * DAY, HOUR, 48),
        (2 * DAY + 1, 2 * HOUR, 24),
        (4 * DAY, 2 * HOUR, 48),
        (4 * DAY + 1, 4 * HOUR, 24),
        (8 * DAY, 4 * HOUR, 48),
        (8 * DAY + 1, 6 * HOUR, 32),
        (12 * DAY, 6 * HOUR, 48),
        (13 * DAY, 6 * HOUR, 52),
    ],
    ids=lambda value: str(timedelta(seconds=value)) if value > 52 else None,
)
def test_bars_are_as_narrow_as_their_number_allows(span: int, width: int, count: int) -> None:
    """The last bar contains the current time, even at its first or last second."""
    begin = int(NOW) // width * width
    for now in (begin, begin + width - 1):
        assert histogram(now, span) == (begin - (count - 1) * width, width)
        assert len(history([], now, span)) == count


def test_history_sums_up_the_points_of_each_bar() -> None:
    now = 100 * HOUR + 59
    points = [(now - 180, 64), (now - 119, 1), (now - 60, 2), (now - 59, 4), (now, 8), (now + 1, 16), (now + 2, 32)]
    assert history(points, now, 2 * MINUTE) == [
        {"start": 100 * HOUR - MINUTE, "records": 1 + 2},
        {"start": 100 * HOUR, "records": 4 + 8},
    ]


@pytest.mark.parametrize(
    ("entry", "points"),
    [
        ({"timestamp": 10**11, "value": 1}, [(10**8, 1)]),
        ({"timestamp": 10**11 - 1, "value": 1}, [(10**11 - 1, 1)]),
        ({"timestamp": 1_700_000_000_999, "value": 0}, [(1_700_000_000, 0)]),
        ({"timestamp": 0, "value": 1}, [(0, 1)]),
        ({"timestamp": None, "value": 1}, []),
        ({"timestamp": 60, "value": None}, []),
        ({"timestamp": 60, "value": "many"}, []),
        ({"timestamp": 60}, []),
        ({"value": 1}, []),
        ({}, []),
    ],
)
def test_incomplete_points_are_skipped(entry: dict[str, Any], points: list[tuple[int, int]]) -> None:
    """Seconds and milliseconds are distinguished by magnitude, which is unambiguous for any plausible time."""
    assert read_points([entry, {"timestamp": 10**12, "value": 7}]) == sorted([*points, (10**9, 7)])


def test_points_in_milliseconds_and_as_strings_are_parsed() -> None:
    entries = [{"timestamp": 1_700_000_000_000, "value": "2"}, {"timestamp": "60", "value": 1}, {"timestamp": None}]
    assert read_points(entries) == [(60, 1), (1_700_000_000, 2)]


def test_problems_are_sorted_by_severity() -> None:
    stale = to_result(TransferTask("b", "t", "DLI", {}, "RUNNING"), Health("stale", "Why.", 3, 60))
    failed = to_result(TransferTask("c", "t", "OBS", {}, "ERROR"), Health("failed", "Because.", None))
    streams = [{"stream_name": "b", "tasks": [stale]}, {"stream_name": "c", "tasks": [failed]}]
    result = report(streams, ["a"], NOW)
    assert result["problems"] == [
        "a is missing: The stream does not exist.",
        "c/t is failed: Because.",
        "b/t is stale: Why.",
    ]
    assert result["healthy"] is False
    assert result["table"] == [
        "STREAM  TASK  TO   STATE    HEALTH  LAST CYCLE  WAITING",
        "b       t     DLI  RUNNING  stale   never       3",
        "c       t     OBS  ERROR    failed  never       ?",
    ]
    documented = yaml.safe_load(transfer_health_info.RETURN)["streams"]["contains"]["tasks"]["contains"]
    assert set(documented) == set(stale)


def test_result_has_readable_times() -> None:
    task = TransferTask("s", "t", "OBS", {}, "RUNNING", {"last_transfer_timestamp": 1_700_000_000_999})
    assert to_result(task, Health("stale", "Why.", 3, 1_700_000_060)) == {
        "task_name": "t",
        "destination_type": "OBS",
        "state": "RUNNING",
        "health": "stale",
        "reason": "Why.",
        "last_transfer_timestamp": 1_700_000_000_999,
        "last_transfer": "2023-11-14 22:13:20 UTC",
        "waiting_records": 3,
        "waiting_since": "2023-11-14 22:14:20 UTC",
        "dead_letters": None,
    }


def test_result_has_the_same_keys_if_values_are_unknown() -> None:
    assert to_result(TransferTask("s", "t", "DLI", {}, None), Health("idle", "")) == {
        "task_name": "t",
        "destination_type": "DLI",
        "state": None,
        "health": "ok",
        "reason": None,
        "last_transfer_timestamp": None,
        "last_transfer": None,
        "waiting_records": None,
        "waiting_since": None,
        "dead_letters": None,
    }


def test_empty_report_has_a_table_header() -> None:
    assert report([], [], NOW) == {
        "generated_at": "2023-11-14 22:13:20 UTC",
        "healthy": True,
        "problems": [],
        "unknown": [],
        "streams": [],
        "table": ["STREAM  TASK  TO  STATE  HEALTH  LAST CYCLE  WAITING"],
    }


def test_unknown_health_is_not_a_problem() -> None:
    facts = {"last_transfer_timestamp": 0}
    odd = to_result(TransferTask("b", "t\nu", "KAFKA", {}, None, facts), Health("unknown", "No evidence."))
    fine = to_result(TransferTask("b", "fine", "DLI", {}, "RUNNING"), Health("idle", "", 0))
    streams = [{"stream_name": "a", "tasks": []}, {"stream_name": "b", "tasks": [odd, fine]}]
    assert report(streams, [], NOW) == {
        "generated_at": "2023-11-14 22:13:20 UTC",
        "healthy": True,
        "problems": [],
        "unknown": ["b/t\nu is unknown: No evidence."],
        "streams": [{**streams[0], "health": "ok"}, {**streams[1], "health": "unknown"}],
        "table": [
            "STREAM  TASK                TO     STATE    HEALTH   LAST CYCLE               WAITING",
            "a       (no transfer task)",
            "b       t u                 KAFKA  ?        unknown  1970-01-01 00:00:00 UTC  ?",
            "b       fine                DLI    RUNNING  ok       never                    0",
        ],
    }


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("15m", 900), ("1h30m", 5400), (" 2D ", 172800), ("90", 90), ("1.5", 1.5), ("1w", 604800)],
)
def test_durations_are_parsed(text: str, seconds: float) -> None:
    assert read_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5m", "5 m", "m", "1h30", "1e3", "٣m"])
def test_invalid_durations_are_rejected(text: str) -> None:
    assert read_duration(text) is None


@pytest.mark.parametrize(
    ("when", "text"), [(None, "never"), (0, "1970-01-01 00:00:00 UTC"), (1e20, "not a valid time")]
)
def test_times(when: float | None, text: str) -> None:
    assert format_time(when) == text
