# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether transfer tasks do their work, judged by what the service tells. Private to otc.dis.

Pure. A task is said to be stale only on evidence: a partition holds records behind the offset that the task has
reached, and metrics show records that came after its last transfer and yet longer ago than the threshold.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.otc.dis.plugins.module_utils._errors import plain
from ansible_collections.otc.dis.plugins.module_utils._fields import whole
from ansible_collections.otc.dis.plugins.module_utils._rules import long_id
from ansible_collections.otc.dis.plugins.module_utils._times import FIRST_MILLISECONDS
from ansible_collections.otc.dis.plugins.module_utils._transfer_task import (
    ABNORMAL,
    ERROR,
    PAUSED,
    RUNNING,
    STARTING,
    TransferTask,
)

OK, FAILED, STALE, UNKNOWN, IDLE = "ok", "failed", "stale", "unknown", "idle"
PERIOD = 60
"""Seconds that a point of the metrics stands for. Whether its time is their begin or their end is not documented."""
WIDTHS = (60, 300, 600, 900, 1800, 3600, 7200, 14400, 21600)
"""Seconds that a bar of the history may stand for."""
MOST_BARS = 48

Points = Sequence[Tuple[int, int]]
"""Seconds since 1970 and number of records, oldest first."""


class Progress(NamedTuple):
    """How far a task has come in one partition.

    :ivar moved: when it last transferred from it, or could have begun to, in seconds since 1970
    :ivar offset: as the service tells it, which leaves open whether that record was transferred or comes next
    :ivar next: number that the next record of the partition will get
    """

    partition_id: str
    moved: Optional[float]
    offset: Optional[int]
    next: Optional[int]

    @property
    def waiting(self) -> Optional[int]:
        """How many records wait at the least; None if that is not known."""
        if self.next == 0:
            return 0
        if self.offset is None or self.next is None:
            return None
        return max(0, self.next - self.offset - 1)


class Verdict(NamedTuple):
    """What is known of a task or of one of its partitions.

    :ivar since: when the oldest record that is known to wait came, in seconds since 1970
    """

    health: str
    reason: str
    waiting: Optional[int] = None
    since: Optional[int] = None


def progress(task: TransferTask, ranges: Mapping[str, Optional[int]]) -> List[Progress]:
    """How far a task has come, partition by partition.

    :param ranges: the next number of each partition that still gives records
    """
    created = task.facts.get("create_time")
    found = []
    told = {long_id(entry.get("partition_id")): entry for entry in task.facts.get("partitions", ())}
    for partition_id, after in ranges.items():
        entry = told.get(partition_id, {})
        moved = whole(entry.get("last_transfer_timestamp")) or created
        offset = whole(entry.get("last_transfer_offset"))
        found.append(Progress(partition_id, None if moved is None else moved / 1000, offset, after))
    return found


def suspect(one: Progress, now: float, limit: float) -> bool:
    """Whether metrics have to tell if a partition is transferred: it has not been for long, and holds newer records.

    :param limit: seconds
    """
    return one.moved is not None and now - one.moved > limit and bool(one.waiting)


def judge_partition(one: Progress, now: float, limit: float, points: Optional[Points]) -> Verdict:
    """What is known of one partition.

    :param points: records that came since the last transfer; None if the metrics were not asked for, or not told
    """
    name = f"partition {one.partition_id}"
    if one.moved is None:
        return Verdict(UNKNOWN, f"The service does not tell when {name} was last transferred.")
    if now - one.moved <= limit:
        return Verdict(OK, "", one.waiting)
    if one.waiting is None:
        return Verdict(UNKNOWN, f"The service does not tell how far {name} was transferred.")
    if one.waiting == 0:
        return Verdict(IDLE, "", 0)
    least = f"At least {one.waiting} records of {name} were not transferred since {moment(one.moved)}"
    if points is None:
        return Verdict(UNKNOWN, f"{least}; metrics that would tell when they came were not to be had.", one.waiting)
    old = [when for when, count in points if count > 0 and one.moved + PERIOD < when < now - limit - PERIOD]
    if old:
        return Verdict(
            STALE, f"{least}, and the first came by {moment(old[0] + PERIOD)}.", one.waiting, old[0] + PERIOD
        )
    if sum(count for when, count in points if when >= now - limit - PERIOD) > one.waiting:
        return Verdict(OK, "", one.waiting)
    return Verdict(UNKNOWN, f"{least}; the metrics do not show when they came.", one.waiting)


def judge_state(task: TransferTask) -> Optional[Verdict]:
    """What the state of a task says by itself; None if one has to look further."""
    state = plain(task.state or "")
    if state in (ABNORMAL, ERROR):
        return Verdict(FAILED, f"The service says that the task is {state}.")
    if state == PAUSED:
        return Verdict(OK, "Stopped.")
    if state == STARTING:
        return Verdict(OK, "Starting.")
    if state != RUNNING:
        return Verdict(UNKNOWN, f"The state {state or '(none)'} says nothing.")
    return None


def judge_task(verdicts: Sequence[Verdict]) -> Verdict:
    """What is known of a running task, from its partitions: the worst, and the records that wait in all of them."""
    if not verdicts:
        return Verdict(UNKNOWN, "The service does not tell the partitions.")
    known = [one.waiting for one in verdicts if one.waiting is not None]
    waiting = sum(known) if len(known) == len(verdicts) else None
    for health in (STALE, UNKNOWN):
        worst = [one for one in verdicts if one.health == health]
        if worst:
            since = min((one.since for one in worst if one.since is not None), default=None)
            more = f" So it is with {len(worst) - 1} more." if len(worst) > 1 else ""
            return Verdict(health, worst[0].reason + more, waiting, since)
    reason = "Nothing new to transfer." if all(one.health == IDLE for one in verdicts) else ""
    return Verdict(OK, reason, waiting)


def moment(seconds: Optional[float]) -> str:
    """A time for people, in UTC."""
    if seconds is None:
        return "never"
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, OSError, ValueError):
        return "at no time that there is"


def read_points(entries: Iterable[Mapping[str, Any]]) -> Points:
    """The points of a metric that can be read."""
    found = []
    for entry in entries:
        when, value = whole(entry.get("timestamp")), whole(entry.get("value"))
        if when is not None and value is not None:
            found.append((when // 1000 if when >= FIRST_MILLISECONDS else when, value))
    return sorted(found)


def bars(now: float, span: float) -> Tuple[int, int]:
    """Begin and width of the bars of a history, in seconds. They lie on the clock, so that a later look has the same.

    :param span: seconds that the history goes back
    """
    width = next((one for one in WIDTHS if span / one <= MOST_BARS), WIDTHS[-1])
    count = max(1, int(span // width))
    return (int(now) // width + 1 - count) * width, width


def history(points: Points, now: float, span: float) -> List[Dict[str, int]]:
    """Records that came, summed up for bars: begin in seconds since 1970, and number."""
    start, width = bars(now, span)
    sums = dict.fromkeys(range(start, int(now) + 1, width), 0)
    for when, count in points:
        begin = when // width * width
        if begin in sums:
            sums[begin] += count
    return [{"start": when, "records": count} for when, count in sums.items()]


def shown(task: TransferTask, verdict: Verdict) -> Dict[str, Any]:
    """A task as the module returns it."""
    moved = task.facts.get("last_transfer_timestamp")
    return {
        "task_name": task.task_name,
        "destination_type": task.kind,
        "state": task.state,
        "health": OK if verdict.health == IDLE else verdict.health,
        "reason": verdict.reason or None,
        "last_transfer_timestamp": moved,
        "last_transfer": None if moved is None else moment(moved / 1000),
        "waiting_records": verdict.waiting,
        "waiting_since": None if verdict.since is None else moment(verdict.since),
    }


def report(streams: Sequence[Mapping[str, Any]], missing: Sequence[str]) -> Dict[str, Any]:
    """What the module returns: the streams, and in short what is wrong with them.

    :param missing: names of streams that were asked for and are not there
    """
    told: Dict[str, List[str]] = {FAILED: [], STALE: [], UNKNOWN: []}
    rows = [("STREAM", "TASK", "TO", "STATE", "HEALTH", "LAST TRANSFER", "WAITING")]
    for stream in streams:
        for task in stream["tasks"]:
            name = f"{stream['stream_name']}/{task['task_name']}"
            if task["health"] in told:
                told[task["health"]].append(f"{name} is {task['health']}. {task['reason']}")
            waiting = "?" if task["waiting_records"] is None else str(task["waiting_records"])
            values = (task["task_name"], task["destination_type"], task["state"] or "?", task["health"])
            rows.append((stream["stream_name"], *map(plain, values), task["last_transfer"] or "never", waiting))
        if not stream["tasks"]:
            rows.append((stream["stream_name"], "(no transfer task)", "", "", "", "", ""))
    problems = [f"{name} is missing. There is no such stream." for name in missing] + told[FAILED] + told[STALE]
    return {
        "healthy": not problems,
        "problems": problems,
        "unknown": told[UNKNOWN],
        "streams": list(streams),
        "table": table(rows),
    }


def table(rows: Sequence[Tuple[str, ...]]) -> List[str]:
    """Lines with columns one below the other."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
