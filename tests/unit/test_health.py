# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judging whether transfer tasks do their work."""

from __future__ import annotations

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
