# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics of streams and partitions: what has really been uploaded and downloaded, per minute."""

from __future__ import annotations

from typing import Any

from otc_emulator.checkpoints import partition_in
from otc_emulator.http_types import Call, Response, dis_refusal
from otc_emulator.metrics_store import PARTITION_LABELS, PERIOD, STREAM_LABELS, WINDOW, Series
from otc_emulator.shared import invalid, stream_of

_TEN_DIGITS = 10


def _seconds(call: Call, name: str) -> int:
    """A time in seconds; one in milliseconds has too many digits."""
    text = call.query.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= _TEN_DIGITS):
        raise dis_refusal(4203, "The time of the metrics is invalid.", f"Invalid {name} {text or 'null'}.")
    return int(text)


def _window(call: Call) -> tuple[int, int]:
    start, end = _seconds(call, "start_time"), _seconds(call, "end_time")
    if start > end:
        raise dis_refusal(4203, "The time of the metrics is invalid.", f"Invalid start_time {start}.")
    if end - start > WINDOW or start < call.core.now - WINDOW - PERIOD:
        raise dis_refusal(4204, "The metrics go back seven days at most.", f"Invalid start_time {start}.")
    return start, end


def _metric(series: Series, label: str, labels: tuple[str, ...], window: tuple[int, int]) -> dict[str, Any]:
    if label not in labels:
        raise dis_refusal(4209, "The label of the metrics is invalid.", label)
    if label.endswith("_req_latency"):
        points = series.average(label, label.replace("latency", "suc_per_stream"), *window)
    else:
        points = series.between(label, *window)
    return {"label": label, "dataPoints": [{"timestamp": when, "value": value} for when, value in points]}


def _answer(call: Call, series: Series, labels: tuple[str, ...]) -> Response:
    """One label fills ``metrics``, a list of them ``metrics_list``; the list wins."""
    one, several = call.query.get("label"), call.query.get("label_list")
    if not one and not several:
        raise invalid("label", None)
    window = _window(call)
    if several:
        return Response(200, {"metrics_list": [_metric(series, each, labels, window) for each in several.split(",")]})
    return Response(200, {"metrics": _metric(series, str(one), labels, window)})


def show_stream_metrics(call: Call) -> Response:
    """GET streams/NAME/metrics."""
    return _answer(call, stream_of(call).series, STREAM_LABELS)


def show_partition_metrics(call: Call) -> Response:
    """GET streams/NAME/partitions/ID/metrics."""
    return _answer(call, partition_in(stream_of(call), call.params["partition_id"]).series, PARTITION_LABELS)
