# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking at metrics of streams and partitions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Result, Run

    from otc_emulator.runner import Emulator


@pytest.fixture
def metrics(run: Run) -> Run:
    """Runs stream_metrics_info for the stream ``meters``, into which three records have been put."""
    run.of("records", "records", action="put", stream_name="meters", records=[{"data": "abcd"}] * 3)().ok()
    return run.of("stream_metrics_info", "metrics", "start_time", "end_time", stream_name="meters", end_time="-0s")


def sums(result: Result) -> dict[str, int]:
    return {one["label"]: sum(p["value"] for p in one["data_points"]) for one in result.ok().data["metrics"]}


@pytest.mark.quick
def test_all_metrics_of_a_stream_need_one_request(metrics: Run) -> None:
    result = metrics()
    assert len(result.requests("dis")) == 1
    reported = sums(result)
    assert len(reported) == 10
    assert reported["total_put_bytes_per_stream"] == 12
    assert reported["total_put_records_per_stream"] == 3
    assert reported["total_put_req_suc_per_stream"] == 1
    assert reported["traffic_control_put"] == 0
    assert result.data["end_time"] - result.data["start_time"] == 3600
    (point,) = result.data["metrics"][0]["data_points"]
    assert abs(point["timestamp"] - time.time()) < 120


@pytest.mark.parametrize("partition_id", ["0", "shardId-0000000000"])
def test_all_metrics_of_a_partition_are_returned(metrics: Run, partition_id: str) -> None:
    reported = sums(metrics(partition_id=partition_id))
    assert reported == {
        "total_put_bytes_per_partition": 12,
        "total_get_bytes_per_partition": 0,
        "total_put_records_per_partition": 3,
        "total_get_records_per_partition": 0,
    }


@pytest.mark.parametrize("labels", [["total_put_bytes_per_stream"], "total_put_bytes_per_stream"])
def test_one_label_is_requested_alone(metrics: Run, labels: Any) -> None:
    result = metrics(labels=labels)
    assert sums(result) == {"total_put_bytes_per_stream": 12}
    assert result.requests("dis")[0]["query"]["label"] == "total_put_bytes_per_stream"


def test_region_that_returns_one_label_at_a_time_is_queried_again(metrics: Run, emulator: Emulator) -> None:
    first = {"metrics": {"label": "total_put_bytes_per_partition", "dataPoints": [{"timestamp": 60, "value": 5}]}}
    emulator.fault("wrong_json", operation="show_partition_metrics", body=first)
    result = metrics(partition_id="0")
    assert sums(result)["total_put_bytes_per_partition"] == 5
    assert sums(result)["total_put_records_per_partition"] == 3
    assert len(result.requests("dis")) == 4


@pytest.mark.parametrize("start", ["-1h", "-3600s", "{seconds}", "{seconds}000"])
def test_window_is_sent_in_seconds(metrics: Run, start: str) -> None:
    result = metrics(start_time=start.format(seconds=int(time.time()) - 3600)).ok()
    query = result.requests("dis")[0]["query"]
    assert abs(int(query["start_time"]) - (time.time() - 3600)) < 300
    assert query == {**query, "start_time": str(result.data["start_time"]), "end_time": str(result.data["end_time"])}


@pytest.mark.parametrize("options", [{"stream_name": "none"}, {"partition_id": "7"}], ids=str)
@pytest.mark.parametrize("status", [400, 404])
def test_missing_resource_has_no_metrics(
    metrics: Run, emulator: Emulator, options: dict[str, str], status: int
) -> None:
    emulator.configure(missing_status=status)
    assert metrics(**options).ok().data["metrics"] == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"start_time": "-8d"}, "seven days"),
        ({"start_time": "now", "end_time": "-1h"}, "must be before"),
        ({"start_time": "yesterday"}, "start_time is 'yesterday'"),
        ({"end_time": "2026-02-30"}, "end_time is '2026-02-30'"),
        ({"labels": ["total_put_bytes_per_partition"]}, "but a stream only has"),
        ({"labels": ["traffic_control_put"], "partition_id": "0"}, "but a partition only has"),
        ({"partition_id": "x"}, "partition_id is 'x'"),
        ({"stream_name": "a/b"}, "stream_name is 'a/b'"),
    ],
    ids=str,
)
def test_rule_broken_is_refused_before_any_request(metrics: Run, options: dict[str, Any], words: str) -> None:
    result = metrics(**options).bad()
    assert words in result.msg
    assert result.log == []


def test_unknown_label_is_rejected(metrics: Run) -> None:
    result = metrics(labels=["traffic_controll_put"])
    assert result.failed
    assert result.log == []


@pytest.mark.parametrize("code", ["DIS.4203", "DIS.4204", "DIS.4209", "DIS.4116"])
def test_refusal_of_the_service_is_a_failure(metrics: Run, emulator: Emulator, code: str) -> None:
    emulator.fault("status", operation="show_stream_metrics", status=400, code=code)
    result = metrics().bad()
    assert (result.error["code"], bool(result.error["hint"])) == (code, True)


def test_check_mode_returns_the_same(metrics: Run) -> None:
    assert sums(metrics(check=True)) == sums(metrics())
