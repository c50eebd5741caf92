# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Throttled requests, and the time limit of their retries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Run, Seeded

    from otc_emulator.runner import Emulator

pytestmark = pytest.mark.newest

OPERATIONS = {
    "show_transfer_task": {},
    "create_transfer_task": {},
    "update_transfer_task": {"deliver_time_interval": 120},
    "delete_transfer_task": {"state": "absent"},
    "act_on_transfer_tasks": {"state": "stopped"},
}
FAULTS: list[dict[str, Any]] = [
    {"kind": "throttle_429", "retry_after": 0},
    {"kind": "throttle_429", "retry_after": None},
    {"kind": "throttle_429", "retry_after": 0, "as_date": True},
    {"kind": "throttle_dis", "code": "DIS.4303"},
    {"kind": "throttle_dis", "code": "DIS.4305"},
    {"kind": "html", "status": 429},
]


def put(tasks: Seeded, operation: str) -> None:
    """What makes the operation necessary."""
    if operation not in ("show_transfer_task", "create_transfer_task"):
        tasks(deliver_time_interval=600 if operation.startswith("update") else 300)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: "-".join(str(one) for one in fault.values()))
@pytest.mark.parametrize("operation", OPERATIONS)
def test_throttled_request_is_repeated(
    run: Run, emulator: Emulator, tasks: Seeded, operation: str, fault: dict[str, Any]
) -> None:
    put(tasks, operation)
    emulator.fault(operation=operation, times=2, **fault)
    result = run.complete_task(**OPERATIONS[operation]).ok()
    assert (result.changed, len(result.actions)) == (True, 1)
    statuses = [entry["status"] for entry in result.log if entry["operation"] == operation][:3]
    assert len(statuses) == 3
    assert statuses[0] == statuses[1]
    assert statuses[0] in (400, 429)
    assert len(result.writes) == (1 if operation == "show_transfer_task" else 3)


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
@pytest.mark.parametrize("operation", ["show_transfer_task", "create_transfer_task"])
def test_retry_after_is_honoured(run: Run, emulator: Emulator, operation: str, as_date: bool) -> None:
    seconds = 2 if as_date else 1  # a date is truncated to seconds
    emulator.fault("throttle_429", operation=operation, retry_after=seconds, as_date=as_date)
    result = run.complete_task().ok()
    assert result.actions == ["create"]
    first, second = [entry["time"] for entry in result.log if entry["operation"] == operation][:2]
    assert 0.9 <= second - first < 4


@pytest.mark.parametrize("retry_after", [6, 3600, "Fri, 31 Dec 2999 23:59:59 GMT"])
@pytest.mark.parametrize("operation", ["show_transfer_task", "create_transfer_task"])
def test_retry_after_beyond_the_time_limit_fails_at_once(
    run: Run, emulator: Emulator, tasks: Seeded, operation: str, retry_after: Any
) -> None:
    emulator.fault("status", operation=operation, status=429, retry_after=retry_after, times=0)
    result = run.complete_task().bad()
    assert result.seconds < 2
    assert result.error["status"] == 429
    assert "throttles" in result.error["hint"]
    assert (result.changed, result.done, tasks.all) == (False, [], {})


@pytest.mark.parametrize("retry_after", ["soon", "-1", ""])
def test_retry_after_that_makes_no_sense_is_ignored(run: Run, emulator: Emulator, retry_after: str) -> None:
    emulator.fault("status", operation="create_transfer_task", status=429, retry_after=retry_after)
    assert run.complete_task().ok().actions == ["create"]


@pytest.mark.parametrize("operation", ["show_transfer_task", "create_transfer_task"])
def test_throttled_for_good_fails_within_the_time_limit(run: Run, emulator: Emulator, operation: str) -> None:
    emulator.fault("throttle_dis", operation=operation, times=0)
    result = run.complete_task(api_timeout=1).bad()
    assert result.error["code"] == "DIS.4303"
    assert (result.changed, result.done) == (False, [])
    assert 2 <= len([entry for entry in result.log if entry["operation"] == operation]) <= 8
    assert result.seconds < 5


@pytest.mark.parametrize(
    "fault",
    [
        *[{"kind": "status", "status": status} for status in (500, 502, 503, 504)],
        {"kind": "status", "status": 500, "code": "DIS.5000"},
        {"kind": "html", "status": 503},
        {"kind": "lost_before"},
        {"kind": "lost_after"},
        {"kind": "reset"},
        {"kind": "cut_body"},
        {"kind": "cut_body", "fraction": 0},
    ],
    ids=lambda fault: "-".join(str(one) for one in fault.values()),
)
def test_read_that_failed_is_repeated(run: Run, emulator: Emulator, tasks: Seeded, fault: dict[str, Any]) -> None:
    tasks()
    emulator.fault(operation="show_transfer_task", times=2, **fault)
    result = run.complete_task().ok()
    assert (result.dis, result.changed) == (["show", "show", "show"], False)


def test_read_that_fails_for_good_ends(run: Run, emulator: Emulator) -> None:
    emulator.fault("status", operation="show_transfer_task", status=503, times=0)
    result = run.complete_task(api_timeout=1).bad()
    assert (result.error["status"], result.changed) == (503, False)
    assert 2 <= len(result.dis) <= 8
    assert result.seconds < 5
