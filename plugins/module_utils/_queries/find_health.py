# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking whether transfer tasks do their work. Private to otc.dis."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .._core.errors import ApiError, BadAnswer, LostAnswer
from .._core.schema import refuse
from .._core.times import DURATION_RULE, read_duration
from .._resources.base import STREAM_NAME, long_id
from .._resources.client_records import RecordClient
from .._resources.records import read_range
from .._resources.transfer_task import TransferTask, read_transfer_tasks
from .._resources.transfer_task_calls import TransferTaskClient
from .health import (
    Points,
    Range,
    bars,
    history,
    judge_partition,
    judge_state,
    judge_task,
    progress,
    read_points,
    report,
    shown,
    suspect,
)
from .metrics import read_metrics
from .transfer_tasks import Query as AllStreams
from .transfer_tasks import details, stream_names

LONGEST = 6.5 * 86400
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

    :raises BadInput: a time breaks its rule
    """
    times = {name: read_duration(options[name]) for name in ("stale_after", "history")}
    lowest = {"stale_after": 60.0, "history": 0.0}
    refuse(
        f"{name} is {options[name]!r}, but must be {DURATION_RULE}, from {lowest[name]:g} seconds to {LONGEST:g}"
        for name, value in times.items()
        if value is None or not lowest[name] <= value <= LONGEST
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
        told = stream_health(api, query, name, now)
        if told is None and name in query.names:
            missing.append(name)
        elif told is not None:
            streams.append(told)
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
        ranges = read_ranges(api, name) if any(judge_state(one) is None for one in tasks) else {}
    except ApiError as err:
        if err.means_stream_absent:
            return None
        raise
    told = [one for one in (task_health(api, query, task, ranges, now) for task in tasks) if one is not None]
    return {"stream_name": name, "tasks": told, "history": past(api, query, name, now)}


def read_ranges(api: HealthClient, stream: str) -> Dict[str, Range]:
    """The first and the next number of each partition that gives records."""
    return {
        long_id(entry.get("partition_id")): read_range(entry.get("sequence_number_range"))
        for entry in api.list_partitions(stream)
        if entry.get("status") not in UNREADABLE
    }


def task_health(
    api: HealthClient, query: Query, task: TransferTask, ranges: Mapping[str, Range], now: float
) -> Optional[Dict[str, Any]]:
    """One task; None if it is gone meanwhile."""
    verdict = judge_state(task)
    if verdict is not None:
        return shown(task, verdict)
    whole = details(api, task.stream_name, task.task_name)
    if whole is None:
        return None
    verdict = judge_state(whole)
    if verdict is None:
        found = []
        for one in progress(whole, ranges):
            points = None
            if suspect(one, now, query.limit):
                label = "total_put_records_per_partition"
                points = came(api, task.stream_name, one.partition_id, label, now - LONGEST, now)
            found.append(judge_partition(one, now, query.limit, points))
        verdict = judge_task(found)
    return shown(whole, verdict)


def came(
    api: HealthClient, stream: str, partition_id: Optional[str], label: str, start: float, end: float
) -> Optional[Points]:
    """The records that came in a window; None if the service does not tell: not every region has metrics."""
    if label in api.silent:
        return None
    try:
        answer = api.show_metrics(stream, partition_id, (label,), int(start), int(end))
        return read_points(read_metrics(answer).get(label, ()))
    except (ApiError, BadAnswer):
        return None
    except LostAnswer as err:
        api.silent = {**api.silent, label: str(err)}
        return None


def past(api: HealthClient, query: Query, stream: str, now: float) -> Optional[List[Dict[str, int]]]:
    """The history of a stream; None if it is not wanted or not told."""
    if not query.span:
        return None
    points = came(api, stream, None, "total_put_records_per_stream", bars(now, query.span)[0], now)
    return None if points is None else history(points, now, query.span)
