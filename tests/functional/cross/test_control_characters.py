# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Control characters in any text of any response reach no message, warning, diff, progress line or table.

Messages, warnings, progress lines and tables contain the beginning of a long text only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.otc.dis.plugins.module_utils._core.errors import MAX_TEXT_LENGTH
from ansible_collections.otc.dis.plugins.module_utils._run import TEXT_KEYS
from ansible_collections.otc.dis.plugins.module_utils._run import Run as ModuleRun

if TYPE_CHECKING:
    from conftest import Result, Run

    from otc_emulator.runner import Emulator

HOSTILE = "\x1b[2J\r\a\0\x7f\x85\u202e\u2028"
"""Clear the screen, overwrite a line, ring, end a text, turn the direction of writing, begin a line.

A response with half of a surrogate pair is rejected.
"""
LONG = "x" * 5000
FLEET = [{"stream_name": "meters", "task_name": "a", "obs_bucket_path": "telemetry-staging"}]
CASES: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    (
        "dli_transfer_task",
        {"stream_name": "meters", "task_name": "a", "dli_table_name": "other"},
        ("show_transfer_task",),
    ),
    ("dli_transfer_task", {"stream_name": "meters", "task_name": "a", "on_drift": "fail"}, ("show_transfer_task",)),
    (
        "stream",
        {"stream_name": "meters", "partition_count": 9, "tags": {"a": "b"}},
        ("show_stream", "list_stream_tags"),
    ),
    ("stream_info", {"details": True}, ("list_streams", "show_stream", "list_stream_tags")),
    ("stream_info", {"quotas": True, "scaling_history": True}, ("list_scalings", "show_quotas")),
    ("transfer_task_info", {}, ("list_streams", "list_transfer_tasks", "show_transfer_task")),
    ("transfer_task_log_info", {"stream_name": "meters", "task_name": "a"}, ("list_transfer_task_log",)),
    ("event_info", {}, ("list_events",)),
    ("event_subscription", {"name": "s", "events": ["throttled"]}, ("list_event_subscriptions",)),
    ("event_subscription_info", {"event_types": True}, ("list_event_subscriptions", "list_event_types")),
    ("stream_policy", {"stream_name": "meters", "principal_name": "acme.bob", "state": "absent"}, ("list_policies",)),
    ("stream_policy_info", {"stream_name": "meters"}, ("list_policies",)),
    ("transfer_health_info", {"history": "1h"}, ("list_streams", "list_transfer_tasks")),
    ("transfer_tasks", {"transfer_tasks": [], "purge": True, "streams": ["meters"]}, ("list_transfer_tasks",)),
    ("app", {"app_name": "reader"}, ("show_app",)),
    ("app_info", {"app_name": "reader"}, ("show_app",)),
    ("records", {"action": "get", "stream_name": "meters"}, ("show_stream",)),
    ("stream_metrics_info", {"stream_name": "meters", "labels": ["total_put_records_per_stream"]}, ()),
    ("iam_token", {}, ("login",)),
]


def for_people(value: Any, shown: bool = False) -> Iterator[str]:
    """The texts in a result that a person reads on a terminal."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from for_people(inner, shown or name in TEXT_KEYS or name == "warnings")
    elif isinstance(value, list):
        for inner in value:
            yield from for_people(inner, shown)
    elif isinstance(value, str) and shown:
        yield value


def assert_clean(result: Result, progress: list[str]) -> None:
    """No output contains a control character, and no message contains a long text in full."""
    texts = [*for_people({**result.data, "invocation": None}), *progress, *result.warnings]
    hostile = [text for text in texts if not text.replace("\n", "").isprintable()]
    assert hostile == []
    messages = [*for_people({**result.data, "invocation": None, "diff": None}), *progress, *result.warnings]
    assert [text for text in messages if "x" * (MAX_TEXT_LENGTH + 1) in text] == []


@pytest.fixture
def progress(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The progress lines."""
    lines: list[str] = []
    original = ModuleRun.report_progress

    def report_progress(self: ModuleRun, text: str) -> None:
        self.show = lines.append
        original(self, text)

    monkeypatch.setattr(ModuleRun, "report_progress", report_progress)
    return lines


@pytest.fixture(autouse=True)
def world(emulator: Emulator) -> None:
    """A stream with a task that does not work, and an app."""
    task = {"task_name": "a", "state": "ABNORMAL", "settings": {"dli_table_name": "meter_raw"}}
    policies = [{"principal_name": name} for name in ("acme.bob", "acme.*")]
    stream = {"name": "meters", "tags": {"owner": "me"}, "tasks": [task], "policies": policies}
    emulator.seed(streams=[stream], apps=[{"name": "reader"}])
    emulator.seed(events=[{"type_id": "dis_event.001", "description": "d"}], event_subscriptions=["s"])


@pytest.mark.parametrize(("module", "options", "operations"), CASES, ids=lambda value: str(value)[:40])
def test_no_member_of_a_response_brings_control_characters(
    run: Run, emulator: Emulator, progress: list[str], module: str, options: dict[str, Any], operations: tuple[str, ...]
) -> None:
    made = run.of(module, "nothing", **options)
    for operation in (None, *operations):
        for number in (None, *range(6)) if operation else (None,):
            emulator.clear_faults()
            emulator.fault("append_text", operation, text=HOSTILE + LONG, number=number, times=0)
            assert_clean(made(check=True, diff=True), progress)


def test_error_responses_bring_no_control_characters(run: Run, emulator: Emulator, progress: list[str]) -> None:
    body = {"errorCode": f"DIS.4300{HOSTILE}", "message": f"no{HOSTILE}", "request_id": f"id{HOSTILE}"}
    for operation in ("login", "show_transfer_task"):
        for status in (400, 401, 403, 404, 500):
            emulator.clear_faults()
            emulator.fault("status", operation=operation, status=status, body=body, times=0)
            result = run(api_timeout=1)
            assert_clean(result, progress)
            assert all((result.error[name] or "").isprintable() for name in ("code", "request_id", "hint"))
