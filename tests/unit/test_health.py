# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judging whether transfer tasks do their work."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._health import (
    MOST_BARS,
    PERIOD,
    Progress,
    Verdict,
    bars,
    history,
    judge_partition,
    judge_state,
    judge_task,
    moment,
    progress,
    read_points,
    report,
    shown,
    suspect,
)
from ansible_collections.otc.dis.plugins.module_utils._times import read_duration
from ansible_collections.otc.dis.plugins.module_utils._transfer_task import TransferTask
from ansible_collections.otc.dis.plugins.modules import transfer_health_info

NOW, LIMIT = 1_700_000_000.0, 1800.0
OLD, FRESH = NOW - 7200, NOW - 60
PARTITION = "shardId-0000000000"

CASES = {
    "fresh": (FRESH, 10, 100, None, "ok"),
    "nothing newer": (OLD, 10, 10, None, "idle"),
    "the one at the offset": (OLD, 10, 11, None, "idle"),
    "never used": (OLD, None, 0, None, "idle"),
    "time not told": (None, 10, 100, None, "unknown"),
    "offset not told": (OLD, None, 100, None, "unknown"),
    "range not told": (OLD, 10, None, None, "unknown"),
    "no metrics": (OLD, 10, 100, None, "unknown"),
    "no points": (OLD, 10, 100, [], "unknown"),
    "came in between": (OLD, 10, 100, [(int(NOW - 3600), 1)], "stale"),
    "came before": (OLD, 10, 100, [(int(OLD - 5), 90)], "unknown"),
    "came with the last transfer": (OLD, 10, 100, [(int(OLD + 30), 90)], "unknown"),
    "came just now": (OLD, 10, 100, [(int(NOW - 300), 90)], "ok"),
    "not all came just now": (OLD, 10, 100, [(int(NOW - 300), 89)], "unknown"),
    "a point without records": (OLD, 10, 100, [(int(NOW - 3600), 0)], "unknown"),
}


@pytest.mark.parametrize(("moved", "offset", "after", "points", "health"), CASES.values(), ids=CASES)
def test_partition(moved: float, offset: int, after: int, points: list[tuple[int, int]] | None, health: str) -> None:
    verdict = judge_partition(Progress(PARTITION, moved, offset, after), NOW, LIMIT, points)
    assert verdict.health == health
    assert (PARTITION in verdict.reason) == (health in ("stale", "unknown"))


NEAR = int(NOW - LIMIT) - PERIOD
"""From here on a point may hold records that are not too old."""

BORDERS = {
    "at the limit": (NOW - LIMIT, 10, 100, None, ("ok", 89, None)),
    "past the limit": (NOW - LIMIT - 1, 10, 100, None, ("unknown", 89, None)),
    "fresh, and how much waits is not known": (FRESH, None, 100, None, ("ok", None, None)),
    "one waits": (OLD, 10, 12, None, ("unknown", 1, None)),
    "none waits": (OLD, 10, 11, None, ("idle", 0, None)),
    "offset not told": (OLD, None, 100, None, ("unknown", None, None)),
    "may have come before the last transfer": (OLD, 10, 100, [(int(OLD) + PERIOD, 1)], ("unknown", 89, None)),
    "came after the last transfer": (OLD, 10, 100, [(int(OLD) + PERIOD + 1, 1)], ("stale", 89, int(OLD) + 121)),
    "surely too old": (OLD, 10, 100, [(NEAR - 1, 1)], ("stale", 89, int(NOW - LIMIT) - 1)),
    "perhaps not too old": (OLD, 10, 100, [(NEAR, 89)], ("unknown", 89, None)),
    "perhaps not too old, and more than wait": (OLD, 10, 100, [(NEAR, 90)], ("ok", 89, None)),
    "more than wait together": (OLD, 10, 100, [(NEAR, 45), (int(NOW), 45)], ("ok", 89, None)),
    "more than wait, but too early": (OLD, 10, 100, [(int(OLD), 50), (NEAR, 50)], ("unknown", 89, None)),
    "the first counts": (OLD, 10, 100, [(NEAR - 600, 0), (NEAR - 300, 1), (NEAR - 60, 1)], ("stale", 89, NEAR - 240)),
}


@pytest.mark.parametrize(("moved", "offset", "after", "points", "expected"), BORDERS.values(), ids=BORDERS)
def test_borders_of_a_partition(
    moved: float, offset: int, after: int, points: list[tuple[int, int]] | None, expected: tuple[str, int, int]
) -> None:
    verdict = judge_partition(Progress(PARTITION, moved, offset, after), NOW, LIMIT, points)
    assert (verdict.health, verdict.waiting, verdict.since) == expected
    assert (verdict.reason == "") == (verdict.health in ("ok", "idle"))
    if verdict.waiting and verdict.reason:
        assert f"{verdict.waiting} records" in verdict.reason
        assert moment(moved) in verdict.reason
    if verdict.since:
        assert moment(verdict.since) in verdict.reason


@pytest.mark.parametrize(
    ("moved", "offset", "after", "asked"),
    [
        (NOW - LIMIT, 10, 100, False),
        (NOW - LIMIT - 1, 10, 100, True),
        (OLD, 10, 11, False),
        (OLD, 10, 12, True),
        (OLD, None, 100, False),
        (OLD, None, 0, False),
        (FRESH, 10, 100, False),
        (None, 10, 100, False),
    ],
)
def test_metrics_are_asked_for_only_where_they_decide(
    moved: float | None, offset: int | None, after: int, asked: bool
) -> None:
    one = Progress(PARTITION, moved, offset, after)
    assert suspect(one, NOW, LIMIT) is asked
    healths = {judge_partition(one, NOW, LIMIT, points).health for points in (None, [(NEAR - 1, 1)], [(NEAR, 99)])}
    assert (len(healths) > 1) is asked


numbers = st.none() | st.integers(0, 50)
times = st.none() | st.floats(NOW - 9000, NOW)
some_points = st.none() | st.lists(st.tuples(st.integers(int(NOW) - 9000, int(NOW)), st.integers(0, 60))).map(sorted)


@given(times, numbers, numbers, some_points)
def test_stale_is_never_said_without_evidence(
    moved: float | None, offset: int | None, after: int | None, points: list[tuple[int, int]] | None
) -> None:
    one = Progress(PARTITION, moved, offset, after)
    verdict = judge_partition(one, NOW, LIMIT, points)
    if verdict.health == "stale":
        assert moved is not None
        assert NOW - moved > LIMIT
        assert offset is not None
        assert after is not None
        assert after > offset + 1
        assert verdict.since is not None
        assert moved + PERIOD < verdict.since <= NOW - LIMIT
        assert any(count and when == verdict.since - PERIOD for when, count in points or [])
        assert suspect(one, NOW, LIMIT), "the metrics would never have been asked for"


@given(st.lists(st.sampled_from(["ok", "idle", "unknown", "stale"])))
def test_task_is_as_bad_as_its_worst_partition(words: list[str]) -> None:
    verdict = judge_task([Verdict(word, f"{word}.", 1) for word in words])
    expected = next((word for word in ("stale", "unknown") if word in words), "ok" if words else "unknown")
    assert verdict.health == expected
    assert verdict.waiting == (len(words) or None)


@pytest.mark.parametrize(
    ("partitions", "expected"),
    [
        ([Verdict("idle", "", 0), Verdict("idle", "", 0)], Verdict("ok", "Nothing new to transfer.", 0)),
        ([Verdict("idle", "", 0), Verdict("ok", "", 3)], Verdict("ok", "", 3)),
        ([Verdict("ok", "", 3), Verdict("ok", "", None)], Verdict("ok", "", None)),
        ([Verdict("unknown", "A.", None), Verdict("ok", "", 3)], Verdict("unknown", "A.", None)),
        ([Verdict("unknown", "A.", 1), Verdict("stale", "B.", 2, 60)], Verdict("stale", "B.", 3, 60)),
        (
            [Verdict("stale", "A.", 1, 90), Verdict("ok", "", 5), Verdict("stale", "B.", 2, 60)],
            Verdict("stale", "A. So it is with 1 more.", 8, 60),
        ),
        (
            [Verdict("unknown", "A."), Verdict("unknown", "B."), Verdict("unknown", "C.")],
            Verdict("unknown", "A. So it is with 2 more."),
        ),
    ],
)
def test_task_sums_up_its_partitions(partitions: list[Verdict], expected: Verdict) -> None:
    assert judge_task(partitions) == expected


@pytest.mark.parametrize(
    ("state", "health", "said"),
    [
        ("ABNORMAL", "failed", "is ABNORMAL."),
        ("ERROR", "failed", "is ERROR."),
        ("PAUSED", "ok", "Stopped."),
        ("STARTING", "ok", "Starting."),
        ("O\nDD", "unknown", " O DD "),
        ("", "unknown", " (none) "),
        (None, "unknown", " (none) "),
    ],
)
def test_state_is_told_in_the_reason(state: str | None, health: str, said: str) -> None:
    verdict = judge_state(TransferTask("s", "t", "DLI", {}, state))
    assert verdict is not None
    assert verdict == Verdict(health, verdict.reason)
    assert verdict.reason == said if health == "ok" else said in verdict.reason


def test_states_that_say_enough() -> None:
    def health(state: str | None) -> str | None:
        verdict = judge_state(TransferTask("s", "t", "DLI", {}, state))
        return verdict and verdict.health

    assert [health(state) for state in ("ABNORMAL", "ERROR", "PAUSED", "STARTING", "RUNNING", "ODD", None)] == [
        *("failed", "failed", "ok", "ok", None, "unknown", "unknown")
    ]


def test_progress_takes_the_partitions_of_the_stream() -> None:
    facts = {
        "create_time": 5000,
        "partitions": [{"partition_id": "0", "last_transfer_timestamp": 7000, "last_transfer_offset": 3}],
    }
    task = TransferTask("s", "t", "DLI", {}, "RUNNING", facts)
    assert progress(task, {PARTITION: 9, "shardId-0000000001": None}) == [
        Progress(PARTITION, 7.0, 3, 9),
        Progress("shardId-0000000001", 5.0, None, None),
    ]


@given(st.integers(10**9, 2 * 10**9), st.integers(60, int(6.5 * 86400)))
def test_bars_cover_the_history_and_lie_on_the_clock(now: int, span: int) -> None:
    start, width = bars(now, span)
    assert start % width == 0
    assert start <= now < start + (MOST_BARS + 1) * width
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
    """The last bar holds this moment, be it the first or the last of the bar."""
    begin = int(NOW) // width * width
    for now in (begin, begin + width - 1):
        assert bars(now, span) == (begin - (count - 1) * width, width)
        assert len(history([], now, span)) == count


def test_history_sums_up_what_lies_in_each_bar() -> None:
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
def test_a_point_is_read_whole_or_not_at_all(entry: dict[str, Any], points: list[tuple[int, int]]) -> None:
    """No metric is of a time so early in milliseconds, or so late in seconds, that the two could be mixed up."""
    assert read_points([entry, {"timestamp": 10**12, "value": 7}]) == sorted([*points, (10**9, 7)])


def test_points_in_milliseconds_and_as_texts_are_read_and_others_left_out() -> None:
    told = [{"timestamp": 1_700_000_000_000, "value": "2"}, {"timestamp": "60", "value": 1}, {"timestamp": None}]
    assert read_points(told) == [(60, 1), (1_700_000_000, 2)]


def test_report_names_what_is_wrong_worst_first() -> None:
    stale = shown(TransferTask("b", "t", "DLI", {}, "RUNNING"), Verdict("stale", "Why.", 3, 60))
    failed = shown(TransferTask("c", "t", "OBS", {}, "ERROR"), Verdict("failed", "Because.", None))
    streams = [{"stream_name": "b", "tasks": [stale]}, {"stream_name": "c", "tasks": [failed]}]
    told = report(streams, ["a"])
    assert told["problems"] == [
        "a is missing. There is no such stream.",
        "c/t is failed. Because.",
        "b/t is stale. Why.",
    ]
    assert told["healthy"] is False
    assert told["table"] == [
        "STREAM  TASK  TO   STATE    HEALTH  LAST TRANSFER  WAITING",
        "b       t     DLI  RUNNING  stale   never          3",
        "c       t     OBS  ERROR    failed  never          ?",
    ]
    documented = yaml.safe_load(transfer_health_info.RETURN)["streams"]["contains"]["tasks"]["contains"]
    assert set(documented) == set(stale)


def test_task_is_shown_with_times_for_people() -> None:
    task = TransferTask("s", "t", "OBS", {}, "RUNNING", {"last_transfer_timestamp": 1_700_000_000_999})
    assert shown(task, Verdict("stale", "Why.", 3, 1_700_000_060)) == {
        "task_name": "t",
        "destination_type": "OBS",
        "state": "RUNNING",
        "health": "stale",
        "reason": "Why.",
        "last_transfer_timestamp": 1_700_000_000_999,
        "last_transfer": "2023-11-14 22:13:20 UTC",
        "waiting_records": 3,
        "waiting_since": "2023-11-14 22:14:20 UTC",
    }


def test_task_of_which_little_is_known_is_shown_with_the_same_keys() -> None:
    assert shown(TransferTask("s", "t", "DLI", {}, None), Verdict("idle", "")) == {
        "task_name": "t",
        "destination_type": "DLI",
        "state": None,
        "health": "ok",
        "reason": None,
        "last_transfer_timestamp": None,
        "last_transfer": None,
        "waiting_records": None,
        "waiting_since": None,
    }


def test_report_of_nothing_has_a_head() -> None:
    assert report([], []) == {
        "healthy": True,
        "problems": [],
        "unknown": [],
        "streams": [],
        "table": ["STREAM  TASK  TO  STATE  HEALTH  LAST TRANSFER  WAITING"],
    }


def test_what_is_not_known_is_no_problem() -> None:
    facts = {"last_transfer_timestamp": 0}
    odd = shown(TransferTask("b", "t\nu", "KAFKA", {}, None, facts), Verdict("unknown", "The state says nothing."))
    fine = shown(TransferTask("b", "fine", "DLI", {}, "RUNNING"), Verdict("idle", "", 0))
    streams = [{"stream_name": "a", "tasks": []}, {"stream_name": "b", "tasks": [odd, fine]}]
    assert report(streams, []) == {
        "healthy": True,
        "problems": [],
        "unknown": ["b/t\nu is unknown. The state says nothing."],
        "streams": streams,
        "table": [
            "STREAM  TASK                TO     STATE    HEALTH   LAST TRANSFER            WAITING",
            "a       (no transfer task)",
            "b       t u                 KAFKA  ?        unknown  1970-01-01 00:00:00 UTC  ?",
            "b       fine                DLI    RUNNING  ok       never                    0",
        ],
    }


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("15m", 900), ("1h30m", 5400), (" 2D ", 172800), ("90", 90), ("1.5", 1.5), ("1w", 604800)],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert read_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5m", "5 m", "m", "1h30", "1e3", "٣m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    assert read_duration(text) is None


@pytest.mark.parametrize(
    ("when", "text"), [(None, "never"), (0, "1970-01-01 00:00:00 UTC"), (1e20, "at no time that there is")]
)
def test_moments(when: float | None, text: str) -> None:
    assert moment(when) == text
