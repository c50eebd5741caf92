# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether transfer tasks do their work, judged by what the service tells. Private to otc.dis.

Pure. A task is said to be stale only on evidence: records wait in a partition, from the offset that the task tells,
which is the number of the next record to transfer, and metrics show that the oldest of them came before the threshold.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._core.errors import ApiError, ResponseLost, UnexpectedResponse, sanitize
from .._core.plan import Spec
from .._core.schema import DURATION_RULE, FIRST_MILLISECONDS, int_or_none, raise_if_errors, read_duration
from .._resources.base import STREAM_NAME, canonical_partition_id
from .._resources.records import RecordClient, read_range
from .._resources.transfer_task import (
    ABNORMAL,
    ERROR,
    PAUSED,
    RUNNING,
    STARTING,
    TransferTask,
    read_transfer_tasks,
)
from .._resources.transfer_tasks import TransferTaskClient
from .metrics import read_metrics
from .transfer_tasks import Query as AllStreams
from .transfer_tasks import details, stream_names

OK, FAILED, STALE, UNKNOWN, IDLE = "ok", "failed", "stale", "unknown", "idle"
PERIOD = 60
"""Seconds that a point of the metrics stands for. Whether its time is their begin or their end is not documented."""
WIDTHS = (60, 300, 600, 900, 1800, 3600, 7200, 14400, 21600)
"""Seconds that a bar of the history may stand for."""
MAX_BARS = 48

Points = Sequence[Tuple[int, int]]
"""Seconds since 1970 and number of records, oldest first."""
Range = Tuple[Optional[int], Optional[int]]
"""Numbers of the first record that a partition keeps and of the next that it will get."""
SEVERITY = (FAILED, STALE, UNKNOWN)


class Progress(NamedTuple):
    """How far a task has come in one partition.

    :ivar offset: number of the next record that the task will transfer; 0 before it has transferred anything
    :ivar earliest: number of the first record that the partition keeps
    :ivar next: number that the next record of the partition will get
    :ivar created: when the task was created, in seconds since 1970
    :ivar from_start: whether the task began with the first record, so that an offset of 0 is a position
    """

    partition_id: str
    offset: Optional[int]
    earliest: Optional[int]
    next: Optional[int]
    created: Optional[float] = None
    from_start: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether the partition is known to keep no record."""
        return self.next is not None and self.next <= (self.earliest or 0)

    @property
    def start_unknown(self) -> bool:
        """Whether the task has transferred nothing, and the service does not tell where it began."""
        return self.offset == 0 and not self.from_start and self.next is not None and not self.is_empty

    @property
    def waiting(self) -> Optional[int]:
        """How many records wait that the partition still keeps; None if that is not known."""
        if self.is_empty:
            return 0
        if self.offset is None or self.next is None or self.start_unknown:
            return None
        return max(0, self.next - max(self.offset, self.earliest or 0))


class Health(NamedTuple):
    """What is known of a task or of one of its partitions.

    :ivar since: when the oldest record that is known to wait came, in seconds since 1970
    """

    health: str
    reason: str
    waiting: Optional[int] = None
    since: Optional[int] = None


def progress(task: TransferTask, ranges: Mapping[str, Range]) -> List[Progress]:
    """How far a task has come, partition by partition.

    :param ranges: the first and the next number of each partition that still gives records
    """
    created = task.facts.get("create_time")
    from_start = task.settings.get("consumer_strategy") == "TRIM_HORIZON"
    found = []
    by_health = {canonical_partition_id(entry.get("partition_id")): entry for entry in task.facts.get("partitions", ())}
    for partition_id, (earliest, after) in ranges.items():
        offset = int_or_none(by_health.get(partition_id, {}).get("last_transfer_offset"))
        since = None if created is None else created / 1000
        found.append(Progress(partition_id, offset, earliest, after, since, from_start))
    return found


def needs_metrics(one: Progress, now: float, limit: float) -> bool:
    """Whether metrics have to tell how long the records of a partition have been waiting.

    :param limit: seconds
    """
    is_new = one.created is not None and now - one.created <= limit
    return not is_new and (bool(one.waiting) or one.start_unknown)


def partition_health(one: Progress, now: float, limit: float, points: Optional[Points]) -> Health:
    """What is known of one partition.

    The records that wait are the last ones that came, so metrics tell when the oldest of them came. The time of the
    last work cycle is no evidence: a task has cycles without transferring anything. Nor are metrics that count less
    than half of what waits: they are not complete. Some may be missing, as metrics do not go back as far as records.

    :param points: records that came in each minute; None if the metrics were not asked for, or not told
    """
    name = f"partition {one.partition_id}"
    if one.waiting == 0:
        return Health(IDLE, "", 0)
    if one.waiting is None and not one.start_unknown:
        return Health(UNKNOWN, f"The service does not tell how far {name} was transferred.")
    if not needs_metrics(one, now, limit):
        return Health(OK, "", one.waiting)
    if one.start_unknown:
        return unstarted_health(one, now, limit, points)
    waiting = one.waiting or 0
    records = f"{waiting} record{'' if waiting == 1 else 's'} of {name} wait{'s' if waiting == 1 else ''}"
    if points is None:
        return Health(UNKNOWN, f"{records}, and metrics that would tell for how long are not available.", waiting)
    oldest, counted = oldest_waiting(points, waiting)
    if oldest is not None and oldest < now - limit - PERIOD and counted * 2 >= waiting:
        since = int(max(oldest + PERIOD, one.created or 0))
        return Health(STALE, f"{records}, the oldest since {format_time(since)} or longer.", waiting, since)
    if counted >= waiting:
        return Health(OK, "", waiting)
    return Health(UNKNOWN, f"{records}, and the metrics do not show for how long.", waiting)


def unstarted_health(one: Progress, now: float, limit: float, points: Optional[Points]) -> Health:
    """What is known of a partition of which nothing was transferred, by a task that began at an unknown record."""
    name = f"partition {one.partition_id}"
    if points and one.created is not None:
        arrivals = [when for when, count in points if count > 0 and when > one.created + PERIOD]
        if arrivals and arrivals[0] < now - limit - PERIOD:
            since = arrivals[0] + PERIOD
            reason = f"No record of {name} was transferred, although records came, the first by {format_time(since)}."
            return Health(STALE, reason, None, since)
        return Health(OK if arrivals else IDLE, "", None if arrivals else 0)
    return Health(UNKNOWN, f"No record of {name} was transferred, and metrics do not show whether any came.")


def oldest_waiting(points: Points, waiting: int) -> Tuple[Optional[int], int]:
    """The time of the point with the oldest of the last *waiting* records that came, and how many of them points show.

    :return: seconds since 1970, or None without any record; and a number that is at most *waiting*
    """
    oldest, counted = None, 0
    for when, count in reversed(points):
        if counted >= waiting:
            break
        if count > 0:
            oldest, counted = when, counted + count
    return oldest, min(counted, waiting)


def health_from_state(task: TransferTask) -> Optional[Health]:
    """What the state of a task says by itself; None if one has to look further."""
    state = sanitize(task.state or "")
    if state in (ABNORMAL, ERROR):
        return Health(FAILED, f"The service says that the task is {state}.")
    if state == PAUSED:
        return Health(OK, "Stopped.")
    if state == STARTING:
        return Health(OK, "Starting.")
    if state != RUNNING:
        return Health(UNKNOWN, f"The state {state or '(none)'} says nothing.")
    return None


def health_from_partitions(verdicts: Sequence[Health]) -> Health:
    """What is known of a running task, from its partitions: the worst, and the records that wait in all of them."""
    if not verdicts:
        return Health(UNKNOWN, "The service does not tell the partitions.")
    known = [one.waiting for one in verdicts if one.waiting is not None]
    waiting = sum(known) if len(known) == len(verdicts) else None
    for health in (STALE, UNKNOWN):
        worst = [one for one in verdicts if one.health == health]
        if worst:
            since = min((one.since for one in worst if one.since is not None), default=None)
            more = (
                f" {len(worst) - 1} more partition{'s' if len(worst) > 2 else ''} like this." if len(worst) > 1 else ""
            )
            return Health(health, worst[0].reason + more, waiting, since)
    reason = "No records wait." if all(one.health == IDLE for one in verdicts) else ""
    return Health(OK, reason, waiting)


def format_time(seconds: Optional[float]) -> str:
    """A time for people, in UTC."""
    if seconds is None:
        return "never"
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, OSError, ValueError):
        return "not a valid time"


def read_points(entries: Iterable[Mapping[str, Any]]) -> Points:
    """The points of a metric that can be read."""
    found = []
    for entry in entries:
        when, value = int_or_none(entry.get("timestamp")), int_or_none(entry.get("value"))
        if when is not None and value is not None:
            found.append((when // 1000 if when >= FIRST_MILLISECONDS else when, value))
    return sorted(found)


def histogram(now: float, span: float) -> Tuple[int, int]:
    """Begin and width of the bars of a history, in seconds. They lie on the clock, so that a later look has the same.

    :param span: seconds that the history goes back
    """
    width = next((one for one in WIDTHS if span / one <= MAX_BARS), WIDTHS[-1])
    count = max(1, int(span // width))
    return (int(now) // width + 1 - count) * width, width


def history(points: Points, now: float, span: float) -> List[Dict[str, int]]:
    """Records that came, summed up for bars: begin in seconds since 1970, and number."""
    start, width = histogram(now, span)
    sums = dict.fromkeys(range(start, int(now) + 1, width), 0)
    for when, count in points:
        begin = when // width * width
        if begin in sums:
            sums[begin] += count
    return [{"start": when, "records": count} for when, count in sums.items()]


def to_result(task: TransferTask, verdict: Health) -> Dict[str, Any]:
    """A task as the module returns it."""
    moved = task.facts.get("last_transfer_timestamp")
    return {
        "task_name": task.task_name,
        "destination_type": task.kind,
        "state": task.state,
        "health": OK if verdict.health == IDLE else verdict.health,
        "reason": verdict.reason or None,
        "last_transfer_timestamp": moved,
        "last_transfer": None if moved is None else format_time(moved / 1000),
        "waiting_records": verdict.waiting,
        "waiting_since": None if verdict.since is None else format_time(verdict.since),
    }


def worst_health(healths: Iterable[str]) -> str:
    """The health of a stream: the worst of its tasks."""
    found = set(healths)
    return next((one for one in SEVERITY if one in found), OK)


def report(streams: Sequence[Mapping[str, Any]], missing: Sequence[str], now: float) -> Dict[str, Any]:
    """What the module returns: the streams, and in short what is wrong with them.

    :param missing: names of streams that were asked for and are not there
    :param now: seconds since 1970
    """
    by_health: Dict[str, List[str]] = {FAILED: [], STALE: [], UNKNOWN: []}
    rows = [("STREAM", "TASK", "TO", "STATE", "HEALTH", "LAST CYCLE", "WAITING")]
    for stream in streams:
        for task in stream["tasks"]:
            name = f"{stream['stream_name']}/{task['task_name']}"
            if task["health"] in by_health:
                by_health[task["health"]].append(f"{name} is {task['health']}. {task['reason']}")
            waiting = "?" if task["waiting_records"] is None else str(task["waiting_records"])
            values = (task["task_name"], task["destination_type"], task["state"] or "?", task["health"])
            rows.append((stream["stream_name"], *map(sanitize, values), task["last_transfer"] or "never", waiting))
        if not stream["tasks"]:
            rows.append((stream["stream_name"], "(no transfer task)", "", "", "", "", ""))
    problems = (
        [f"{name} is missing. There is no such stream." for name in missing] + by_health[FAILED] + by_health[STALE]
    )
    return {
        "generated_at": format_time(now),
        "healthy": not problems,
        "problems": problems,
        "unknown": by_health[UNKNOWN],
        "streams": [{**one, "health": worst_health(task["health"] for task in one["tasks"])} for one in streams],
        "table": table(rows),
    }


def table(rows: Sequence[Tuple[str, ...]]) -> List[str]:
    """Lines with columns one below the other."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


MAX_SPAN = 6.5 * 86400
"""Seconds that one may look back: metrics are kept for seven days."""
UNREADABLE = ("EXPIRED", "CREATING")


class Query(NamedTuple):
    """What is asked for.

    :ivar streams: names and shell patterns of streams; empty asks for all
    :ivar task_pattern: shell pattern of names of tasks
    :ivar limit: seconds after which data that waits is too old
    :ivar span: seconds that the history of a stream goes back; 0 for none
    """

    streams: Tuple[str, ...]
    task_pattern: Optional[str]
    limit: float
    span: float

    @property
    def names(self) -> List[str]:
        """The streams that are asked for by name, which have to be there."""
        return [one for one in self.streams if STREAM_NAME.allows(one)]


class HealthClient(TransferTaskClient, RecordClient):
    """Transfer tasks, partitions and metrics.

    :ivar silent: metrics that are not asked for any more, each with the reason: their answer was waited for in vain
    """

    silent: Mapping[str, str] = {}


def query_of(options: Mapping[str, Any]) -> Query:
    """What the options ask for.

    :raises InvalidOptions: a time breaks its rule
    """
    times = {name: read_duration(options[name]) for name in ("stale_after", "history")}
    lowest = {"stale_after": 60.0, "history": 0.0}
    raise_if_errors(
        f"{name} is {options[name]!r}, but must be {DURATION_RULE}, from {lowest[name]:g} seconds to {MAX_SPAN:g}"
        for name, value in times.items()
        if value is None or not lowest[name] <= value <= MAX_SPAN
    )
    streams = tuple(dict.fromkeys(one.strip() for one in options["streams"] or () if one.strip()))
    return Query(streams, options["task_pattern"] or None, times["stale_after"] or 0.0, times["history"] or 0.0)


def find_health(api: HealthClient, query: Query, now: float) -> Dict[str, Any]:
    """What the module returns.

    :param now: seconds since 1970
    :raises DisError: a request failed, but for those about metrics, without which some things stay unknown
    """
    names = list(query.names)
    if len(names) < len(query.streams) or not query.streams:
        found = stream_names(api, AllStreams())
        names += [one for one in found if one not in names and wanted(one, query.streams)]
    streams, missing = [], []
    for name in sorted(names):
        by_health = stream_health(api, query, name, now)
        if by_health is None and name in query.names:
            missing.append(name)
        elif by_health is not None:
            streams.append(by_health)
    warnings = [
        f"{reason} No more of {label} was asked for: what it would tell is not known."
        for label, reason in api.silent.items()
    ]
    return {**report(streams, missing, now), "warnings": warnings}


def wanted(name: str, patterns: Tuple[str, ...]) -> bool:
    """Whether a stream is asked for."""
    return not patterns or any(fnmatchcase(name, one) for one in patterns)


def stream_health(api: HealthClient, query: Query, name: str, now: float) -> Optional[Dict[str, Any]]:
    """One stream with its tasks; None if it is not there."""
    try:
        tasks = read_transfer_tasks(name, api.list_transfer_tasks(name))
        tasks = [one for one in tasks if query.task_pattern is None or fnmatchcase(one.task_name, query.task_pattern)]
        ranges = read_ranges(api, name) if any(health_from_state(one) is None for one in tasks) else {}
    except ApiError as err:
        if err.means_stream_absent:
            return None
        raise
    by_health = [one for one in (task_health(api, query, task, ranges, now) for task in tasks) if one is not None]
    return {"stream_name": name, "tasks": by_health, "history": load_history(api, query, name, now)}


def read_ranges(api: HealthClient, stream: str) -> Dict[str, Range]:
    """The first and the next number of each partition that gives records."""
    return {
        canonical_partition_id(entry.get("partition_id")): read_range(entry.get("sequence_number_range"))
        for entry in api.list_partitions(stream)
        if entry.get("status") not in UNREADABLE
    }


def task_health(
    api: HealthClient, query: Query, task: TransferTask, ranges: Mapping[str, Range], now: float
) -> Optional[Dict[str, Any]]:
    """One task; None if it is gone meanwhile."""
    verdict = health_from_state(task)
    if verdict is not None:
        return to_result(task, verdict)
    whole = details(api, task.stream_name, task.task_name)
    if whole is None:
        return None
    verdict = health_from_state(whole)
    if verdict is None:
        found = []
        for one in progress(whole, ranges):
            points = None
            if needs_metrics(one, now, query.limit):
                label = "total_put_records_per_partition"
                points = count_records(api, task.stream_name, one.partition_id, label, now - MAX_SPAN, now)
            found.append(partition_health(one, now, query.limit, points))
        verdict = health_from_partitions(found)
    return to_result(whole, verdict)


def count_records(
    api: HealthClient, stream: str, partition_id: Optional[str], label: str, start: float, end: float
) -> Optional[Points]:
    """The records that came in a window; None if the service does not tell: not every region has metrics."""
    if label in api.silent:
        return None
    try:
        answer = api.show_metrics(stream, partition_id, (label,), int(start), int(end))
        return read_points(read_metrics(answer).get(label, ()))
    except (ApiError, UnexpectedResponse):
        return None
    except ResponseLost as err:
        api.silent = {**api.silent, label: str(err)}
        return None


def load_history(api: HealthClient, query: Query, stream: str, now: float) -> Optional[List[Dict[str, int]]]:
    """The history of a stream; None if it is not wanted or not told."""
    if not query.span:
        return None
    points = count_records(api, stream, None, "total_put_records_per_stream", histogram(now, query.span)[0], now)
    return None if points is None else history(points, now, query.span)


class HealthQuery:
    """Whether transfer tasks do their work."""

    spec = Spec(
        {
            "streams": {"type": "list", "elements": "str"},
            "task_pattern": {"type": "str"},
            "stale_after": {"type": "str", "default": "1h"},
            "history": {"type": "str", "default": "6h"},
        }
    )
    calls = HealthClient

    def prepare(self, params: Mapping[str, Any]) -> Query:
        """What the options ask for.

        :raises InvalidOptions: a rule is broken
        """
        return query_of(params)

    def run_query(self, api: HealthClient, query: Query) -> Dict[str, Any]:
        """What the module returns.

        :raises DisError: a request failed
        """
        return find_health(api, query, time.time())
