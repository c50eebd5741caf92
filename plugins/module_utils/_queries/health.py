# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evaluate the health of transfer tasks from their state, offsets and metrics. Private to otc.dis.

A task is stale only on evidence: records wait in a partition from the transfer offset of the task on, which is the
number of the next record to transfer, and metrics show that the oldest of them arrived before the threshold.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._core import deadline as _deadline
from .._core.errors import ApiError, DisError, ResponseLost, UnexpectedResponse, sanitize
from .._core.paging import LIST_FACTOR
from .._core.plan import Spec
from .._core.schema import DURATION_RULE, FIRST_MILLISECONDS, int_or_none, raise_if_errors, read_duration, service_url
from .._resources.base import STREAM_NAME, Range, read_ranges
from .._resources.records import RecordClient
from .._resources.transfer_task import (
    ABNORMAL,
    ERROR,
    PAUSED,
    RUNNING,
    STARTING,
    PartitionProgress,
    TransferTask,
    progress,
    read_transfer_tasks,
)
from .._resources.transfer_tasks import TransferTaskClient, describe_error
from .preflight import CheckResult, open_bucket
from .streams import read_metrics
from .transfer_tasks import Query as AllStreams
from .transfer_tasks import details, stream_names

OK, FAILED, STALE, UNKNOWN, IDLE = "ok", "failed", "stale", "unknown", "idle"
PERIOD = 60
"""Seconds that a data point covers. Whether its timestamp is their start or end is not documented."""
BAR_WIDTHS = (60, 300, 600, 900, 1800, 3600, 7200, 14400, 21600)
"""Possible widths of a bar of the history, in seconds."""
MAX_BARS = 48

Points = Sequence[Tuple[int, int]]
"""Data points: seconds since the epoch and number of records, oldest first."""
"""Sequence numbers of the earliest record in a partition and of the next record that it will receive."""
SEVERITY = (FAILED, STALE, UNKNOWN)


class Health(NamedTuple):
    """Health of a task or of one of its partitions.

    :ivar health: one of :data:`OK`, :data:`FAILED`, :data:`STALE`, :data:`UNKNOWN` and :data:`IDLE`
    :ivar waiting: number of waiting records; None if unknown
    :ivar since: arrival time of the oldest record that is known to wait, in seconds since the epoch
    """

    health: str
    reason: str
    waiting: Optional[int] = None
    since: Optional[int] = None


def needs_metrics(partition: PartitionProgress, now: float, limit: float) -> bool:
    """Whether metrics are needed to determine how long the records of a partition have been waiting.

    :param limit: seconds
    """
    is_new = partition.created is not None and now - partition.created <= limit
    return not is_new and (bool(partition.waiting) or partition.start_unknown)


def partition_health(partition: PartitionProgress, now: float, limit: float, points: Optional[Points]) -> Health:
    """Evaluate the health of one partition.

    The waiting records are the most recent ones, so metrics show when the oldest of them arrived. The time of the last
    work cycle is not evidence, since a task can have cycles without transferring records. Metrics that count less than
    half of the waiting records are ignored as incomplete: metrics do not cover the whole retention period of records.

    :param points: records that arrived in each minute; None if the metrics were not requested or are unavailable
    """
    name = f"partition {partition.partition_id}"
    if partition.waiting == 0:
        return Health(IDLE, "", 0)
    if partition.waiting is None and not partition.start_unknown:
        return Health(UNKNOWN, f"The service did not return the transfer offset or the record range of {name}.")
    if not needs_metrics(partition, now, limit):
        return Health(OK, "", partition.waiting)
    if partition.start_unknown:
        return unstarted_health(partition, now, limit, points)
    waiting = partition.waiting or 0
    records = f"{waiting} record{' is' if waiting == 1 else 's are'} waiting in {name}"
    if points is None:
        return Health(UNKNOWN, f"{records}; metrics of their age are not available.", waiting)
    oldest, counted = oldest_waiting(points, waiting)
    if oldest is not None and oldest < now - limit - PERIOD and counted * 2 >= waiting:
        since = int(max(oldest + PERIOD, partition.created or 0))
        return Health(STALE, f"{records}, the oldest since {format_time(since)} or earlier.", waiting, since)
    if counted >= waiting:
        return Health(OK, "", waiting)
    return Health(UNKNOWN, f"{records}; the metrics do not show for how long.", waiting)


def unstarted_health(partition: PartitionProgress, now: float, limit: float, points: Optional[Points]) -> Health:
    """Evaluate a partition from which a task with an unknown start position has transferred nothing."""
    name = f"partition {partition.partition_id}"
    if points and partition.created is not None:
        arrivals = [when for when, count in points if count > 0 and when > partition.created + PERIOD]
        if arrivals and arrivals[0] < now - limit - PERIOD:
            since = arrivals[0] + PERIOD
            reason = f"No records of {name} were transferred, although the first arrived by {format_time(since)}."
            return Health(STALE, reason, None, since)
        return Health(OK if arrivals else IDLE, "", None if arrivals else 0)
    return Health(UNKNOWN, f"No records of {name} were transferred; the metrics do not show whether any arrived.")


def oldest_waiting(points: Points, waiting: int) -> Tuple[Optional[int], int]:
    """Find the data point with the oldest of the last *waiting* records that arrived.

    :return: its time in seconds since the epoch, None without any record; and the number of records that the data
        points count, at most *waiting*
    """
    oldest, counted = None, 0
    for when, count in reversed(points):
        if counted >= waiting:
            break
        if count > 0:
            oldest, counted = when, counted + count
    return oldest, min(counted, waiting)


def health_from_state(task: TransferTask) -> Optional[Health]:
    """Evaluate the state of a task; None if its partitions have to be evaluated."""
    state = sanitize(task.state or "")
    if state in (ABNORMAL, ERROR):
        return Health(FAILED, f"The state of the task is {state}.")
    if state == PAUSED:
        return Health(OK, "The task is stopped.")
    if state == STARTING:
        return Health(OK, "The task is starting.")
    if state != RUNNING:
        return Health(UNKNOWN, f"The state of the task is not recognized: {state or '(none)'}.")
    return None


def health_from_partitions(partitions: Sequence[Health]) -> Health:
    """Combine the health of the partitions of a running task: the worst health, and the sum of the waiting records."""
    if not partitions:
        return Health(UNKNOWN, "The service returned no readable partitions.")
    counts = [partition.waiting for partition in partitions if partition.waiting is not None]
    waiting = sum(counts) if len(counts) == len(partitions) else None
    for health in (STALE, UNKNOWN):
        worst = [partition for partition in partitions if partition.health == health]
        if worst:
            since = min((partition.since for partition in worst if partition.since is not None), default=None)
            others = len(worst) - 1
            more = f" Also affected: {others} more partition{'s' if others > 1 else ''}." if others else ""
            return Health(health, worst[0].reason + more, waiting, since)
    reason = "No records are waiting." if all(partition.health == IDLE for partition in partitions) else ""
    return Health(OK, reason, waiting)


def format_time(seconds: Optional[float]) -> str:
    """Format a time in UTC for display."""
    if seconds is None:
        return "never"
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, OSError, ValueError):
        return "not a valid time"


def read_points(entries: Iterable[Mapping[str, Any]]) -> Points:
    """Parse the data points of a metric; skip those without a valid time and value."""
    found = []
    for entry in entries:
        when, value = int_or_none(entry.get("timestamp")), int_or_none(entry.get("value"))
        if when is not None and value is not None:
            found.append((when // 1000 if when >= FIRST_MILLISECONDS else when, value))
    return sorted(found)


def histogram(now: float, span: float) -> Tuple[int, int]:
    """Return the start and width of the bars of a history, in seconds.

    Bars are aligned to multiples of their width, so that consecutive runs return the same bars.

    :param span: length of the history in seconds
    """
    width = next((seconds for seconds in BAR_WIDTHS if span / seconds <= MAX_BARS), BAR_WIDTHS[-1])
    count = max(1, int(span // width))
    return (int(now) // width + 1 - count) * width, width


def history(points: Points, now: float, span: float) -> List[Dict[str, int]]:
    """Return the number of records that arrived in each bar, with its start in seconds since the epoch."""
    first, width = histogram(now, span)
    sums = dict.fromkeys(range(first, int(now) + 1, width), 0)
    for when, count in points:
        start = when // width * width
        if start in sums:
            sums[start] += count
    return [{"start": when, "records": count} for when, count in sums.items()]


def to_result(task: TransferTask, health: Health) -> Dict[str, Any]:
    """Return the task as the module returns it."""
    last_transfer = task.facts.get("last_transfer_timestamp")
    return {
        "task_name": task.task_name,
        "destination_type": task.kind,
        "state": task.state,
        "health": OK if health.health == IDLE else health.health,
        "reason": health.reason or None,
        "last_transfer_timestamp": last_transfer,
        "last_transfer": None if last_transfer is None else format_time(last_transfer / 1000),
        "waiting_records": health.waiting,
        "waiting_since": None if health.since is None else format_time(health.since),
        "dead_letters": None,
    }


def worst_health(healths: Iterable[str]) -> str:
    """Return the health of a stream: the worst of its tasks."""
    found = set(healths)
    return next((health for health in SEVERITY if health in found), OK)


def report(streams: Sequence[Mapping[str, Any]], missing: Sequence[str], now: float) -> Dict[str, Any]:
    """Return the result of the module: the streams, their problems, and a table.

    :param missing: names of specified streams that do not exist
    :param now: seconds since the epoch
    """
    by_health: Dict[str, List[str]] = {FAILED: [], STALE: [], UNKNOWN: []}
    rows = [("STREAM", "TASK", "TO", "STATE", "HEALTH", "LAST CYCLE", "WAITING")]
    for stream in streams:
        for task in stream["tasks"]:
            name = f"{stream['stream_name']}/{task['task_name']}"
            if task["health"] in by_health:
                by_health[task["health"]].append(f"{name} is {task['health']}: {task['reason']}")
            letters = task["dead_letters"] or {}
            if letters.get("objects"):
                by_health[STALE].append(f"{name} has dead letters: {describe_dead_letters(letters)}")
            elif letters.get("reason"):
                by_health[UNKNOWN].append(f"{name} has an unknown number of dead letters: {letters['reason']}")
            waiting = "?" if task["waiting_records"] is None else str(task["waiting_records"])
            values = (task["task_name"], task["destination_type"], task["state"] or "?", task["health"])
            rows.append((stream["stream_name"], *map(sanitize, values), task["last_transfer"] or "never", waiting))
        if not stream["tasks"]:
            rows.append((stream["stream_name"], "(no transfer task)", "", "", "", "", ""))
    problems = (
        [f"{name} is missing: The stream does not exist." for name in missing] + by_health[FAILED] + by_health[STALE]
    )
    return {
        "generated_at": format_time(now),
        "healthy": not problems,
        "problems": problems,
        "unknown": by_health[UNKNOWN],
        "streams": [
            {**stream, "health": worst_health(task["health"] for task in stream["tasks"])} for stream in streams
        ],
        "table": table(rows),
    }


def table(rows: Sequence[Tuple[str, ...]]) -> List[str]:
    """Format rows as lines with aligned columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


def describe_dead_letters(letters: Mapping[str, Any]) -> str:
    """Return a sentence about the objects with records that were not loaded."""
    least = "at least " if letters["truncated"] else ""
    return (
        f"{least}{letters['objects']} objects with {letters['bytes']} bytes below {letters['path']}. Correct the cause,"
        " load or delete these objects."
    )


MAX_SPAN = 6.5 * 86400
"""Maximum of stale_after and history, in seconds: metrics are kept for seven days."""


class DeadLetterOptions(NamedTuple):
    """How to access the buckets.

    :ivar endpoint: URL of OBS; None uses the service catalog
    :ivar temporary_keys: whether temporary keys may be created
    """

    endpoint: Optional[str]
    temporary_keys: bool


class Query(NamedTuple):
    """Options of the query.

    :ivar streams: names and shell patterns of streams; empty for all streams
    :ivar task_pattern: shell pattern of task names
    :ivar limit: age in seconds from which waiting records make a task stale
    :ivar span: length of the history of a stream in seconds; 0 for none
    :ivar dead_letters: None if they are not requested
    """

    streams: Tuple[str, ...]
    task_pattern: Optional[str]
    limit: float
    span: float
    dead_letters: Optional[DeadLetterOptions] = None

    @property
    def calls(self) -> Any:
        """Class of the required API calls."""
        return HealthClient if self.dead_letters is None else BucketHealthClient

    @property
    def names(self) -> List[str]:
        """The streams that are specified by name; each of them must exist."""
        return [name for name in self.streams if STREAM_NAME.allows(name)]


class HealthClient(TransferTaskClient, RecordClient):
    """Transfer tasks, partitions and metrics.

    :ivar lost_metrics: metrics whose response was lost, each with the error; they are not requested again
    """

    lost_metrics: Mapping[str, str] = {}


class BucketHealthClient(HealthClient):
    """Transfer tasks, partitions, metrics and the buckets of transfer tasks.

    :ivar clients: client for each bucket, or the reason why it cannot be accessed
    """

    full_catalog = True

    def __init__(self, api: Any) -> None:
        super().__init__(api)
        self.services = api.other_services()
        self.clients: Dict[str, Any] = {}


def query_of(options: Mapping[str, Any]) -> Query:
    """Return the query that the options specify.

    :raises InvalidOptions: if a duration is invalid
    """
    times = {name: read_duration(options[name]) for name in ("stale_after", "history")}
    lowest = {"stale_after": 60.0, "history": 0.0}
    raise_if_errors(
        f"{name} is {options[name]!r}, but must be {DURATION_RULE}, from {lowest[name]:g} seconds to {MAX_SPAN:g}"
        for name, value in times.items()
        if value is None or not lowest[name] <= value <= MAX_SPAN
    )
    streams = tuple(dict.fromkeys(name.strip() for name in options["streams"] or () if name.strip()))
    letters = None
    if options["dead_letters"]:
        endpoint = options["obs_endpoint_override"]
        endpoint = service_url(endpoint, "obs_endpoint_override") if endpoint else None
        letters = DeadLetterOptions(endpoint, options["temporary_keys"])
    return Query(
        streams, options["task_pattern"] or None, times["stale_after"] or 0.0, times["history"] or 0.0, letters
    )


def find_health(api: HealthClient, query: Query, now: float) -> Dict[str, Any]:
    """Return the result of the module.

    :param now: seconds since the epoch
    :raises DisError: if a request failed; values that depend on a failed request for metrics stay unknown
    """
    names = list(query.names)
    if len(names) < len(query.streams) or not query.streams:
        listed = stream_names(api, AllStreams())
        names += [name for name in listed if name not in names and matches(name, query.streams)]
    streams, missing = [], []
    for name in sorted(names):
        stream = stream_health(api, query, name, now)
        if stream is not None:
            streams.append(stream)
        elif name in query.names:
            missing.append(name)
    warnings = [
        f"{reason} No further requests for {label} were sent; values that depend on it are unknown."
        for label, reason in api.lost_metrics.items()
    ]
    return {**report(streams, missing, now), "warnings": warnings}


def matches(name: str, patterns: Tuple[str, ...]) -> bool:
    """Whether a name matches one of the patterns; without patterns, every name matches."""
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)


def stream_health(api: HealthClient, query: Query, name: str, now: float) -> Optional[Dict[str, Any]]:
    """Return a stream with its tasks; None if it does not exist."""
    pattern = query.task_pattern
    try:
        tasks = read_transfer_tasks(name, api.list_transfer_tasks(name))
        tasks = [task for task in tasks if pattern is None or fnmatchcase(task.task_name, pattern)]
        ranges = read_ranges(api, name) if any(health_from_state(task) is None for task in tasks) else {}
    except ApiError as err:
        if err.means_stream_absent:
            return None
        raise
    results = [task_health(api, query, task, ranges, now) for task in tasks]
    return {
        "stream_name": name,
        "tasks": [result for result in results if result is not None],
        "history": load_history(api, query, name, now),
    }


def task_health(
    api: HealthClient, query: Query, task: TransferTask, ranges: Mapping[str, Range], now: float
) -> Optional[Dict[str, Any]]:
    """Return a task with its health; None if it was deleted in the meantime."""
    health = health_from_state(task)
    if health is not None and query.dead_letters is None:
        return to_result(task, with_last_error(api, task, health))
    detailed = details(api, task.stream_name, task.task_name)
    if detailed is None:
        return None
    health = health_from_state(detailed)
    if health is None:
        partitions = []
        for partition in progress(detailed, ranges):
            points = None
            if needs_metrics(partition, now, query.limit):
                label = "total_put_records_per_partition"
                points = count_records(api, task.stream_name, partition.partition_id, label, now - MAX_SPAN, now)
            partitions.append(partition_health(partition, now, query.limit, points))
        health = health_from_partitions(partitions)
    result = to_result(detailed, with_last_error(api, detailed, health))
    if query.dead_letters is not None and detailed.kind == "DLI":
        result["dead_letters"] = dead_letters(api, query.dead_letters, detailed)
    return result


MAX_PAGES = 10
"""Maximum number of pages of dead letters, of 1000 objects each."""


def dead_letters(api: Any, options: DeadLetterOptions, task: TransferTask) -> Dict[str, Any]:
    """Count the objects with records that DLI did not load within ``retry_duration``.

    Source: API reference, ``retry_duration``: they are stored in ``{bucket}/{file_prefix}/dli_error``.

    :param api: :class:`BucketHealthClient`
    :return: unknown values are None, with the reason
    """
    unknown: Dict[str, Any] = {"objects": None, "bytes": None, "truncated": False, "path": None}
    bucket, prefix = task.settings.get("obs_bucket_path"), task.settings.get("file_prefix")
    if not bucket or prefix is None:
        return {**unknown, "reason": "The service does not return obs_bucket_path and file_prefix of the task."}
    folder = "/".join([*filter(None, [prefix.strip("/")]), "dli_error/"])
    unknown["path"] = f"{bucket}/{folder}"
    if bucket not in api.clients:
        client = open_bucket(api.services, bucket, options.endpoint, options.temporary_keys)
        api.clients[bucket] = f"{client.detail} {client.fix}".rstrip() if isinstance(client, CheckResult) else client
    client = api.clients[bucket]
    if isinstance(client, str):
        return {**unknown, "reason": client}
    sizes: List[int] = []
    marker: Optional[str] = ""
    try:
        with _deadline.within(LIST_FACTOR * api.timeout):
            for _page in range(MAX_PAGES):
                page = client.list_objects(bucket, folder, marker or "")
                sizes += page.sizes
                marker = page.marker
                if marker is None:
                    break
    except DisError as err:
        if not isinstance(err, ApiError) or err.status in (401, 403, 404):
            api.clients[bucket] = sanitize(err)
        return {**unknown, "reason": sanitize(err)}
    counted = {"objects": len(sizes), "bytes": sum(sizes), "truncated": marker is not None}
    return {**unknown, **counted, "reason": None}


def with_last_error(api: HealthClient, task: TransferTask, health: Health) -> Health:
    """Return the health of a failed task with the last error in its log, and any other health unchanged."""
    if health.health != FAILED:
        return health
    return health._replace(reason=health.reason + describe_error(api.last_error(task)))


def count_records(
    api: HealthClient, stream: str, partition_id: Optional[str], label: str, start: float, end: float
) -> Optional[Points]:
    """Return the data points of a time window; None if they are unavailable: not every region has metrics."""
    if label in api.lost_metrics:
        return None
    try:
        response = api.show_metrics(stream, partition_id, (label,), int(start), int(end))
        return read_points(read_metrics(response).get(label, ()))
    except (ApiError, UnexpectedResponse):
        return None
    except ResponseLost as err:
        api.lost_metrics = {**api.lost_metrics, label: str(err)}
        return None


def load_history(api: HealthClient, query: Query, stream: str, now: float) -> Optional[List[Dict[str, int]]]:
    """Return the history of a stream; None if it is disabled or unavailable."""
    if not query.span:
        return None
    points = count_records(api, stream, None, "total_put_records_per_stream", histogram(now, query.span)[0], now)
    return None if points is None else history(points, now, query.span)


class HealthQuery:
    """Health of transfer tasks."""

    spec = Spec(
        {
            "streams": {"type": "list", "elements": "str"},
            "task_pattern": {"type": "str"},
            "stale_after": {"type": "str", "default": "1h"},
            "history": {"type": "str", "default": "6h"},
            "dead_letters": {"type": "bool", "default": False},
            "temporary_keys": {"type": "bool", "default": False, "no_log": False},
            "obs_endpoint_override": {"type": "str"},
        }
    )
    calls = HealthClient

    def prepare(self, params: Mapping[str, Any]) -> Query:
        """Return the query that the options specify.

        :raises InvalidOptions: if an option is invalid
        """
        return query_of(params)

    def run_query(self, api: HealthClient, query: Query) -> Dict[str, Any]:
        """Return the result of the module.

        :raises DisError: if a request failed
        """
        return find_health(api, query, time.time())
