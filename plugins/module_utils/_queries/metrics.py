# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Metrics of streams and partitions: their labels, the window, the answers. Private to otc.dis."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .._core.errors import ApiError, UnexpectedResponse, join_names
from .._core.plan import Spec
from .._core.schema import TIME_RULE, dictionaries, raise_if_errors, read_time, validate
from .._resources.base import PARTITION_ID, STREAM_NAME, canonical_partition_id
from .._resources.records import RecordClient

STREAM_LABELS: Mapping[str, str] = {
    "total_put_bytes_per_stream": "bytes",
    "total_get_bytes_per_stream": "bytes",
    "total_put_records_per_stream": "records",
    "total_get_records_per_stream": "records",
    "total_put_req_latency": "milliseconds",
    "total_get_req_latency": "milliseconds",
    "total_put_req_suc_per_stream": "requests",
    "total_get_req_suc_per_stream": "requests",
    "traffic_control_put": "requests",
    "traffic_control_get": "requests",
}
PARTITION_LABELS: Mapping[str, str] = {
    "total_put_bytes_per_partition": "bytes",
    "total_get_bytes_per_partition": "bytes",
    "total_put_records_per_partition": "records",
    "total_get_records_per_partition": "records",
}
LABELS = (*STREAM_LABELS, *PARTITION_LABELS)
MAX_WINDOW = 7 * 24 * 3600
"""Seconds that one question may span."""


class Query(NamedTuple):
    """Which metrics are asked for.

    :ivar partition_id: None is the stream as a whole
    :ivar start: seconds since 1970
    :ivar end: seconds since 1970
    """

    stream_name: str
    partition_id: Optional[str]
    labels: Tuple[str, ...]
    start: int
    end: int

    @property
    def units(self) -> Mapping[str, str]:
        """The labels that fit, each with its unit."""
        return STREAM_LABELS if self.partition_id is None else PARTITION_LABELS


def query_of(options: Mapping[str, Any], now: float) -> Query:
    """What the options ask for.

    :param now: seconds since 1970
    :raises InvalidOptions: one of them breaks its rule
    """
    reasons = validate((STREAM_NAME, PARTITION_ID), options)
    partition_id = options["partition_id"]
    fitting = STREAM_LABELS if partition_id is None else PARTITION_LABELS
    labels = tuple(dict.fromkeys(options["labels"] or fitting))
    wrong = [label for label in labels if label not in fitting]
    if wrong:
        what = "a stream as a whole" if partition_id is None else "a partition"
        reasons.append(f"labels holds {join_names(wrong)}, which {what} does not have; it has {join_names(fitting)}")
    times = {name: read_time(options[name], now) for name in ("start_time", "end_time")}
    reasons += [
        f"{name} is {options[name]!r}, but must be {TIME_RULE}" for name, value in times.items() if value is None
    ]
    reasons += [
        f"{name} is {options[name]!r}, which lies before 1970" for name, value in times.items() if (value or 0) < 0
    ]
    start, end = (int(value or 0) for value in times.values())
    if None not in times.values():
        if start >= end:
            reasons.append(f"start_time ({start}) must lie before end_time ({end})")
        elif end - start > MAX_WINDOW:
            reasons.append(
                f"from start_time to end_time there are {end - start} seconds, but the service allows seven days"
                f" ({MAX_WINDOW} seconds)"
            )
    raise_if_errors(reasons)
    return Query(
        options["stream_name"],
        None if partition_id is None else canonical_partition_id(partition_id),
        labels,
        start,
        end,
    )


def read_metrics(answer: Mapping[str, Any]) -> Dict[str, List[Dict[str, Any]]]:
    """The points of each label in an answer, oldest first; what ``metrics_list`` tells of a label counts alone.

    :raises UnexpectedResponse: it has them in neither of the two places
    """
    single, several = answer.get("metrics"), answer.get("metrics_list")
    if not ("metrics" in answer or "metrics_list" in answer) or not (
        isinstance(single, (dict, list, type(None))) and isinstance(several, (list, type(None)))
    ):
        raise UnexpectedResponse(
            "The answer of the service holds no metrics.", "Check endpoint_override, and proxies on the way."
        )
    found = read_points(dictionaries(single if isinstance(single, list) else [single]))
    found.update(read_points(dictionaries(several)))
    return {
        label: sorted(points, key=lambda point: str(point["timestamp"]).zfill(20)) for label, points in found.items()
    }


def read_points(entries: List[Dict[str, Any]]) -> Dict[str, List[Dict[str, Any]]]:
    """The points of each label in a list, as they come."""
    found: Dict[str, List[Dict[str, Any]]] = {}
    for entry in entries:
        if isinstance(entry.get("label"), str):
            points = entry.get("dataPoints", entry.get("data_points"))
            found.setdefault(entry["label"], [])
            found[entry["label"]] += [
                {"timestamp": point.get("timestamp"), "value": point.get("value")} for point in dictionaries(points)
            ]
    return found


def to_result(query: Query, found: Mapping[str, List[Dict[str, Any]]]) -> List[Dict[str, Any]]:
    """The metrics as the module returns them: all that were asked for, with or without points."""
    return [
        {"label": label, "unit": query.units[label], "data_points": list(found.get(label, ()))}
        for label in query.labels
    ]


def find_metrics(api: RecordClient, query: Query) -> Dict[str, Any]:
    """What the module returns; no metrics if there is no such stream or partition.

    :raises DisError: a request failed
    """
    window = {"start_time": query.start, "end_time": query.end}
    try:
        return {**window, "metrics": to_result(query, ask(api, query))}
    except ApiError as err:
        if err.means_stream_absent or err.means_partition_absent:
            return {**window, "metrics": []}
        raise


def ask(api: RecordClient, query: Query) -> Dict[str, List[Dict[str, Any]]]:
    """The points of all labels: together and, where a region only answers for one at a time, one by one."""
    answer = api.show_metrics(query.stream_name, query.partition_id, query.labels, query.start, query.end)
    found = read_metrics(answer)
    if len(query.labels) > 1 and "metrics_list" not in answer:
        for label in query.labels:
            if label not in found:
                single = api.show_metrics(query.stream_name, query.partition_id, (label,), query.start, query.end)
                found.update(read_metrics(single))
    return found


class MetricsQuery:
    """Metrics of a stream."""

    spec = Spec(
        {
            "stream_name": {"type": "str", "required": True},
            "partition_id": {"type": "str"},
            "labels": {"type": "list", "elements": "str", "choices": list(LABELS)},
            "start_time": {"type": "str", "default": "-1h"},
            "end_time": {"type": "str", "default": "now"},
        }
    )
    calls = RecordClient

    def prepare(self, params: Mapping[str, Any]) -> Query:
        """What the options ask for.

        :raises InvalidOptions: a rule is broken
        """
        return query_of(params, time.time())

    def run_query(self, api: RecordClient, query: Query) -> Dict[str, Any]:
        """What the module returns.

        :raises DisError: a request failed
        """
        return find_metrics(api, query)
