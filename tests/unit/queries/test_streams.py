# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics: validation of queries, and variants of responses."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.otc.dis.plugins.module_utils._core.errors import InvalidOptions, UnexpectedResponse
from ansible_collections.otc.dis.plugins.module_utils._queries.streams import (
    MAX_WINDOW,
    PARTITION_LABELS,
    STREAM_LABELS,
    metrics_to_result,
    query_of,
    read_metrics,
)

NOW = 1_767_225_600.0
OPTIONS: dict[str, Any] = {
    "stream_name": "meters",
    "partition_id": None,
    "labels": None,
    "start_time": "-1h",
    "end_time": "now",
}


def test_labels_default_to_all_supported_labels() -> None:
    assert query_of(OPTIONS, NOW).labels == tuple(STREAM_LABELS)
    assert query_of({**OPTIONS, "partition_id": "0"}, NOW).labels == tuple(PARTITION_LABELS)
    twice = ["traffic_control_put", "total_put_req_latency", "traffic_control_put"]
    assert query_of({**OPTIONS, "labels": twice}, NOW).labels == ("traffic_control_put", "total_put_req_latency")


def test_window_is_in_seconds_and_may_span_a_week() -> None:
    query = query_of({**OPTIONS, "start_time": "-7d"}, NOW)
    assert (query.start, query.end) == (int(NOW) - MAX_WINDOW, int(NOW))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"start_time": "-7d1s"}, "seven days"),
        ({"start_time": "now"}, r"start_time \(\d+\) must be before end_time"),
        ({"start_time": "now", "end_time": "-1h"}, "must be before"),
        ({"start_time": "soon"}, "start_time is 'soon', but must be now"),
        ({"start_time": "1969-12-31"}, "must not be before 1970"),
        ({"end_time": ""}, "end_time is ''"),
        ({"labels": ["total_put_bytes_per_partition"]}, "but a stream only has"),
        ({"labels": ["traffic_control_put"], "partition_id": "0"}, "but a partition only has"),
        ({"partition_id": "first"}, "partition_id is 'first'"),
        ({"stream_name": "a b"}, "stream_name is 'a b'"),
    ],
    ids=str,
)
def test_invalid_options_are_rejected(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidOptions, match=words):
        query_of({**OPTIONS, **options}, NOW)


POINTS = [{"timestamp": 120, "value": 2}, {"timestamp": 60, "value": 1}]
READ = [{"timestamp": 60, "value": 1}, {"timestamp": 120, "value": 2}]


@pytest.mark.parametrize(
    "response",
    [
        {"metrics": {"label": "a", "dataPoints": POINTS}},
        {"metrics": [{"label": "a", "data_points": POINTS}]},
        {"metrics_list": [{"label": "a", "dataPoints": POINTS}]},
        {"metrics_list": [{"label": "a", "dataPoints": POINTS}], "metrics": {"label": "a", "dataPoints": READ}},
        {"metrics": None, "metrics_list": [{"label": "a", "dataPoints": POINTS}, {"label": None}, "x", None]},
    ],
)
def test_points_are_parsed_in_each_response_variant(response: dict[str, Any]) -> None:
    assert read_metrics(response) == {"a": READ}


@pytest.mark.parametrize(
    "response",
    [{"metrics": None}, {"metrics_list": []}, {"metrics_list": [{"dataPoints": POINTS}]}],
)
def test_response_without_points_has_none(response: dict[str, Any]) -> None:
    assert read_metrics(response) == {}


@pytest.mark.parametrize("response", [{}, {"metrics": "x"}, {"metrics_list": {}}], ids=str)
def test_unexpected_response_is_rejected(response: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedResponse, match="no metrics"):
        read_metrics(response)


def test_every_label_of_the_query_is_returned() -> None:
    query = query_of({**OPTIONS, "labels": ["total_put_req_latency", "traffic_control_put"]}, NOW)
    assert metrics_to_result(query, {"traffic_control_put": READ, "other": READ}) == [
        {"label": "total_put_req_latency", "unit": "milliseconds", "data_points": []},
        {"label": "traffic_control_put", "unit": "requests", "data_points": READ},
    ]
