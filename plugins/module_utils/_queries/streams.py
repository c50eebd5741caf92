# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Query streams, their metrics and their policies. Private to otc.dis."""

from __future__ import annotations

import time
from fnmatch import fnmatchcase
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from .._core.errors import ApiError, UnexpectedResponse, join_names
from .._core.plan import Spec
from .._core.schema import TIME_RULE, dictionaries, raise_if_errors, read_time, validate
from .._resources.base import PARTITION_ID, STREAM_NAME, canonical_partition_id
from .._resources.records import RecordClient
from .._resources.stream import Stream, raise_if_invalid, to_result
from .._resources.stream_policy import PRINCIPAL_NAME, QUERY_SPEC, PolicyClient, full_name, policies_of
from .._resources.stream_policy import to_result as policy_to_result
from .._resources.streams import StreamClient


def fetch_streams(api: StreamClient, params: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the result of the module.

    :raises DisError: if a request failed
    """
    streams = [to_result(stream) or {} for stream in find_streams(api, params)]
    result = {"streams": streams, "project_id": api.api.project_id, "endpoint": api.api.endpoint}
    if params["scaling_history"]:
        add_scaling_history(api, streams)
    if params["quotas"]:
        result["quotas"] = find_quotas(api)
    return result


def add_scaling_history(api: StreamClient, streams: List[Dict[str, Any]]) -> None:
    """Add the history of partition count changes to each stream; None if the region does not offer it.

    It is also None for a stream that was deleted after it was listed.
    """
    offered = True
    for stream in streams:
        stream["scaling_history"] = None
        if not offered or not STREAM_NAME.allows(stream["stream_name"]):
            continue
        try:
            stream["scaling_history"] = api.list_scalings(stream["stream_name"])
        except ApiError as err:
            offered = not err.means_not_offered
            if offered and not err.means_stream_absent:
                raise


def find_quotas(api: StreamClient) -> Optional[List[Dict[str, Any]]]:
    """Return the quotas of the project; None if the region does not offer them."""
    try:
        return [quota._asdict() for quota in api.list_quotas()]
    except ApiError as err:
        if err.means_not_offered:
            return None
        raise


def find_streams(api: StreamClient, params: Mapping[str, Any]) -> Iterator[Stream]:
    """Yield the streams that match the options, in the order of the service (by name)."""
    name, pattern = params["stream_name"], params["name_pattern"]
    if name is not None:
        stream = describe_stream(api, name)
        if stream is not None and matches(stream, params):
            yield stream
        return
    for stream in api.list_all_streams():
        if pattern is not None and not fnmatchcase(stream.stream_name, pattern):
            continue
        needs_details = params["details"] or (params["tags"] and stream.tags is None)
        if needs_details and STREAM_NAME.allows(stream.stream_name):
            detailed = describe_stream(api, stream.stream_name)
            if detailed is None:
                continue
            stream = detailed
        if matches(stream, params):
            yield stream


def describe_stream(api: StreamClient, name: str) -> Optional[Stream]:
    """Return a stream with its details; None if it does not exist."""
    try:
        return api.describe_stream(name)
    except ApiError as err:
        if err.means_stream_absent or err.is_bare_404:
            return None
        raise


def matches(stream: Stream, params: Mapping[str, Any]) -> bool:
    """Whether a stream matches the filters for status and tags. A filter tag without a value matches any value."""
    tag_filter = {str(key): value for key, value in (params["tags"] or {}).items()}
    tags = stream.tags or {}
    return (not params["status"] or stream.status in params["status"]) and all(
        key in tags and (value is None or tags[key] == str(value)) for key, value in tag_filter.items()
    )


class StreamQuery:
    """Streams."""

    spec = Spec(
        {
            "stream_name": {"type": "str", "aliases": ["name"]},
            "name_pattern": {"type": "str"},
            "status": {"type": "list", "elements": "str"},
            "tags": {"type": "dict"},
            "details": {"type": "bool", "default": False},
            "scaling_history": {"type": "bool", "default": False},
            "quotas": {"type": "bool", "default": False},
        },
        {"mutually_exclusive": [("stream_name", "name_pattern")]},
    )
    calls = StreamClient

    def prepare(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Validate the options.

        :raises InvalidOptions: if an option is invalid
        """
        raise_if_invalid({"stream_name": params["stream_name"]})
        return params

    def run_query(self, api: StreamClient, query: Mapping[str, Any]) -> Dict[str, Any]:
        """Return the result of the module.

        :raises DisError: if a request failed
        """
        return fetch_streams(api, query)


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
"""Maximum time window of a request, in seconds."""


class MetricsFilter(NamedTuple):
    """Metrics and time window of a query.

    :ivar partition_id: partition; None for the whole stream
    :ivar start: seconds since the epoch
    :ivar end: seconds since the epoch
    """

    stream_name: str
    partition_id: Optional[str]
    labels: Tuple[str, ...]
    start: int
    end: int

    @property
    def units(self) -> Mapping[str, str]:
        """Supported labels with their units."""
        return STREAM_LABELS if self.partition_id is None else PARTITION_LABELS


def query_of(options: Mapping[str, Any], now: float) -> MetricsFilter:
    """Return the query that the options specify.

    :param now: seconds since the epoch
    :raises InvalidOptions: if an option is invalid
    """
    errors = validate((STREAM_NAME, PARTITION_ID), options)
    partition_id = options["partition_id"]
    supported = STREAM_LABELS if partition_id is None else PARTITION_LABELS
    labels = tuple(dict.fromkeys(options["labels"] or supported))
    unsupported = [label for label in labels if label not in supported]
    if unsupported:
        scope = "a stream" if partition_id is None else "a partition"
        errors.append(f"labels contains {join_names(unsupported)}, but {scope} only has {join_names(supported)}")
    times = {name: read_time(options[name], now) for name in ("start_time", "end_time")}
    errors += [
        f"{name} is {options[name]!r}, but must be {TIME_RULE}" for name, value in times.items() if value is None
    ]
    errors += [
        f"{name} is {options[name]!r}, but must not be before 1970" for name, value in times.items() if (value or 0) < 0
    ]
    start, end = (int(value or 0) for value in times.values())
    if None not in times.values():
        if start >= end:
            errors.append(f"start_time ({start}) must be before end_time ({end})")
        elif end - start > MAX_WINDOW:
            errors.append(
                f"start_time and end_time are {end - start} seconds apart, but the maximum is seven days"
                f" ({MAX_WINDOW} seconds)"
            )
    raise_if_errors(errors)
    return MetricsFilter(
        options["stream_name"],
        None if partition_id is None else canonical_partition_id(partition_id),
        labels,
        start,
        end,
    )


def read_metrics(response: Mapping[str, Any]) -> Dict[str, List[Dict[str, Any]]]:
    """Parse the data points of each label, oldest first. ``metrics_list`` takes precedence over ``metrics``.

    :raises UnexpectedResponse: if the response has neither of them
    """
    single, several = response.get("metrics"), response.get("metrics_list")
    if not ("metrics" in response or "metrics_list" in response) or not (
        isinstance(single, (dict, list, type(None))) and isinstance(several, (list, type(None)))
    ):
        raise UnexpectedResponse("The response contains no metrics.", "Check endpoint_override and the proxy settings.")
    points_by_label = read_points(dictionaries(single if isinstance(single, list) else [single]))
    points_by_label.update(read_points(dictionaries(several)))
    return {
        label: sorted(points, key=lambda point: str(point["timestamp"]).zfill(20))
        for label, points in points_by_label.items()
    }


def read_points(entries: List[Dict[str, Any]]) -> Dict[str, List[Dict[str, Any]]]:
    """Parse the data points of each label in a list, in their original order."""
    points_by_label: Dict[str, List[Dict[str, Any]]] = {}
    for entry in entries:
        if isinstance(entry.get("label"), str):
            points = entry.get("dataPoints", entry.get("data_points"))
            points_by_label.setdefault(entry["label"], [])
            points_by_label[entry["label"]] += [
                {"timestamp": point.get("timestamp"), "value": point.get("value")} for point in dictionaries(points)
            ]
    return points_by_label


def metrics_to_result(
    query: MetricsFilter, points_by_label: Mapping[str, List[Dict[str, Any]]]
) -> List[Dict[str, Any]]:
    """Return the metrics as the module returns them: each label of the query, with or without data points."""
    return [
        {"label": label, "unit": query.units[label], "data_points": list(points_by_label.get(label, ()))}
        for label in query.labels
    ]


def find_metrics(api: RecordClient, query: MetricsFilter) -> Dict[str, Any]:
    """Return the result of the module; without metrics if the stream or partition does not exist.

    :raises DisError: if a request failed
    """
    window = {"start_time": query.start, "end_time": query.end}
    try:
        return {**window, "metrics": metrics_to_result(query, fetch_metrics(api, query))}
    except ApiError as err:
        if err.means_stream_absent or err.means_partition_absent:
            return {**window, "metrics": []}
        raise


def fetch_metrics(api: RecordClient, query: MetricsFilter) -> Dict[str, List[Dict[str, Any]]]:
    """Return the data points of all labels, with one request per label in regions that only return one label."""
    response = api.show_metrics(query.stream_name, query.partition_id, query.labels, query.start, query.end)
    points_by_label = read_metrics(response)
    if len(query.labels) > 1 and "metrics_list" not in response:
        for label in query.labels:
            if label not in points_by_label:
                single = api.show_metrics(query.stream_name, query.partition_id, (label,), query.start, query.end)
                points_by_label.update(read_metrics(single))
    return points_by_label


class MetricsQuery:
    """Metrics of a stream or partition."""

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

    def prepare(self, params: Mapping[str, Any]) -> MetricsFilter:
        """Return the query that the options specify.

        :raises InvalidOptions: if an option is invalid
        """
        return query_of(params, time.time())

    def run_query(self, api: RecordClient, query: MetricsFilter) -> Dict[str, Any]:
        """Return the result of the module.

        :raises DisError: if a request failed
        """
        return find_metrics(api, query)


class PolicyFilter(NamedTuple):
    """The requested policies.

    :ivar principal_name: in its documented form; None requests all
    """

    stream_name: str
    principal_name: Optional[str] = None


def find_policies(api: PolicyClient, query: PolicyFilter) -> Dict[str, Any]:
    """Return the result of the module; without policies if the region does not offer them or the stream does not exist.

    :raises DisError: if the request failed
    """
    try:
        policies = policies_of(query.stream_name, api.list_stream_policies(query.stream_name).rules)
    except ApiError as err:
        if err.means_not_offered or err.means_stream_absent:
            return {"offered": not err.means_not_offered, "stream_policies": []}
        raise
    found = [policy for policy in policies if query.principal_name in (None, *policy.rules[0].principals)]
    return {"offered": True, "stream_policies": [policy_to_result(policy) for policy in found]}


class PolicyQuery:
    """Policies of a stream."""

    spec = QUERY_SPEC
    calls = PolicyClient

    def prepare(self, params: Mapping[str, Any]) -> PolicyFilter:
        """Return the query that the options specify.

        :raises InvalidOptions: if an option is invalid
        """
        raise_if_errors(validate((STREAM_NAME, PRINCIPAL_NAME), params))
        name = params["principal_name"]
        return PolicyFilter(params["stream_name"], None if name is None else full_name(name))

    def run_query(self, api: PolicyClient, query: PolicyFilter) -> Dict[str, Any]:
        """Return the result of the module.

        :raises DisError: if the request failed
        """
        return find_policies(api, query)
