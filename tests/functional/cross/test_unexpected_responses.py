# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unexpected responses, from the wire to the result: parsed, or rejected with a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Run

    from otc_emulator.runner import Emulator


def nested(depth: int) -> Any:
    inner: Any = 1
    for _one in range(depth):
        inner = [inner]
    return inner


BODIES = {
    "deep": {"state": "RUNNING", "destination_type": "DLI", "status": "RUNNING", "partitions": [{"x": nested(480)}]},
    "number": 5,
    "odd types": {
        "state": ["RUNNING"], "destination_type": {"a": 1}, "status": 7, "stream_id": "\u202e", "app_id": [1],
        "tasks": {}, "events": [[1]], "eventSubscriptions": {"id": 1}, "rules": {"principal_name": "x"},
        "stream_names": [1], "stream_info_list": [None], "apps": "x", "records": 7, "partition_cursor": [],
        "metrics": 5, "sequence_number": "five", "schema": [], "quotas": [{"type": []}], "update_partition_counts": 5,
    },
    "odd members": {
        "state": "\x1b[31m", "destination_type": "\n", "status": "\u0000", "partitions": [[], {"partition_id": 10**30}],
        "tasks": [{"task_name": "../x"}], "stream_info_list": [{"stream_name": "a b"}], "apps": [{"app_name": "?"}],
        "events": [{"severity": []}], "eventSubscriptions": [{"id": "../x", "name": "s"}],
        "rules": [{"principal_name": 7}],
        "records": [{"data": "%"}], "metrics": [{"label": [1]}], "sequence_number": {"a": 1}, "schema": "\x1b[31m",
        "quotas": {"resources": [{"type": "\x1b[31m", "quota": "x"}]}, "update_partition_counts": [{"auto_scale": 5}],
    },
}  # fmt: skip
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "show_transfer_task": ("transfer_task_info", {"stream_name": "meters", "task_name": "meters-to-dli"}),
    "list_transfer_tasks": ("transfer_task_info", {"stream_name": "meters"}),
    "show_stream": ("stream_info", {"stream_name": "meters"}),
    "list_transfer_task_log": ("transfer_task_log_info", {"stream_name": "meters", "task_name": "meters-to-dli"}),
    "list_events": ("event_info", {}),
    "list_event_types": ("event_subscription_info", {"event_types": True}),
    "list_event_subscriptions": ("event_subscription", {"name": "s", "state": "absent"}),
    "list_streams": ("stream_info", {}),
    "list_scalings": ("stream_info", {"scaling_history": True}),
    "show_quotas": ("stream_info", {"quotas": True}),
    "derive_schema": ("stream", {"name": "meters", "data_schema": {"id": 1}, "data_schema_from": "sample"}),
    "list_policies": ("stream_policy", {"stream_name": "meters", "principal_name": "acme.*", "state": "absent"}),
    "list_apps": ("app_info", {}),
    "show_stream_metrics": ("stream_metrics_info", {"stream_name": "meters"}),
    "show_cursor": ("records", {"action": "get", "stream_name": "meters", "max_seconds": 2}),
    "get_records": ("records", {"action": "get", "stream_name": "meters", "max_seconds": 2}),
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("operation", CALLS)
def test_odd_answer_is_understood_or_refused(run: Run, emulator: Emulator, operation: str, body: str) -> None:
    module, options = CALLS[operation]
    emulator.fault("wrong_json", operation=operation, status=200, body=BODIES[body], times=0)
    result = run.of(module, "changed")(**options)
    if result.failed:
        assert result.bad().error["kind"] in ("unexpected_response", "response_lost")
        assert result.msg.isprintable()
    else:
        result.ok()


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("status", [200, 400, 503])
def test_odd_answer_to_the_login_is_refused(run: Run, emulator: Emulator, status: int, body: str) -> None:
    emulator.fault("status", operation="login", status=status, body=BODIES[body], times=0)
    result = run.of("stream_info", "streams")(stream_name="meters", api_timeout=2).bad()
    assert result.error["kind"] in ("unexpected_response", "authentication", "service_error", "invalid_options")
    assert result.msg.isprintable()
    assert result.dis == []
