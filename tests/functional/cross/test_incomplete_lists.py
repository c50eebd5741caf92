# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that have fewer entries than the service counts, or the same entry twice: never a reason to claim absence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Run

    from otc_emulator.runner import Emulator

NAMES = ["t0", "t1", "t2", "t3"]
ABSENT = [{"stream_name": "meters", "task_name": name, "state": "absent"} for name in NAMES]


@pytest.fixture
def fleet(run: Run) -> Run:
    """Runs the module of many transfer tasks; a stream holds four."""
    run.emulator.reset(streams=[{"name": "meters", "partition_count": 3, "tasks": NAMES}])
    return run.of("transfer_tasks", "actions", "transfer_tasks", "summary", wait_interval=0.05, api_timeout=5)


@pytest.mark.quick
@pytest.mark.parametrize("keep", [0, 2])
def test_absent_tasks_that_a_list_lacks_are_looked_up_and_deleted(fleet: Run, emulator: Emulator, keep: int) -> None:
    emulator.fault("short_list", operation="list_transfer_tasks", keep=keep, times=0)
    dry = fleet(check=True, transfer_tasks=ABSENT).ok()
    real = fleet(transfer_tasks=ABSENT).ok()
    assert dry.actions == real.actions == ["delete"]
    assert [one["actions"] for one in dry.data["transfer_tasks"]] == [["delete"]] * 4
    assert emulator.tasks("meters") == {}


def test_list_that_is_complete_on_the_second_read_is_used(fleet: Run, emulator: Emulator) -> None:
    emulator.fault("short_list", operation="list_transfer_tasks", keep=1)
    gone = [*ABSENT[:1], {**ABSENT[0], "task_name": "other"}]
    result = fleet(check=True, transfer_tasks=gone).ok()
    assert [one["changed"] for one in result.data["transfer_tasks"]] == [True, False]
    assert result.dis.count("show") == 1


def test_complete_list_takes_no_more_requests(fleet: Run) -> None:
    result = fleet(check=True, transfer_tasks=[*ABSENT, {**ABSENT[0], "task_name": "other"}]).ok()
    assert sorted(result.dis) == ["list", *["show"] * 4]


def test_list_without_a_count_proves_no_absence(fleet: Run, emulator: Emulator) -> None:
    emulator.fault("status", operation="list_transfer_tasks", status=200, body={"tasks": []}, times=0)
    assert fleet(transfer_tasks=ABSENT).ok().actions == ["delete"]
    assert emulator.tasks("meters") == {}


@pytest.mark.parametrize("keep", [0, 2])
def test_nothing_is_purged_by_an_incomplete_list(fleet: Run, emulator: Emulator, keep: int) -> None:
    emulator.fault("short_list", operation="list_transfer_tasks", keep=keep, times=0)
    for check in (True, False):
        result = fleet(check=check, transfer_tasks=[], purge=True, streams=["meters"]).bad()
        assert (result.error["kind"], result.changed, result.writes) == ("unexpected_response", False, [])
        assert f"the service counts 4 entries, but returned {keep}" in result.msg
    assert sorted(emulator.tasks("meters")) == NAMES


@pytest.mark.parametrize("keep", [None, 4])
def test_task_that_a_list_names_twice_is_purged_once(fleet: Run, emulator: Emulator, keep: int | None) -> None:
    tasks = [{"task_name": name, "destination_type": "DLI", "state": "RUNNING"} for name in NAMES * 2]
    body = {"total_number": 4 if keep is None else 8, "tasks": tasks}
    emulator.fault("status", operation="list_transfer_tasks", status=200, body=body, times=2)
    dry = fleet(check=True, transfer_tasks=[], purge=True, streams=["meters"]).ok()
    real = fleet(transfer_tasks=[], purge=True, streams=["meters"]).ok()
    assert dry.data["summary"] == real.data["summary"]
    assert [one["task_name"] for one in real.data["transfer_tasks"]] == NAMES
    assert len(real.writes) == 4
    assert emulator.tasks("meters") == {}


def test_new_task_waits_for_quota_hidden_by_an_incomplete_list(fleet: Run, emulator: Emulator) -> None:
    emulator.configure(delete_delay=1, task_quota=4)
    emulator.fault("short_list", operation="list_transfer_tasks", keep=0, times=0)
    fresh = {**ABSENT[0], "task_name": "fresh", "state": "present", "agency_name": "dis_admin_agency"}
    fresh.update(obs_bucket_path="telemetry-staging", destination_type="OBS")
    result = fleet(transfer_tasks=[ABSENT[0], fresh]).ok()
    assert result.data["summary"]["actions"] == {"delete": 1, "create": 1}
    assert sorted(emulator.tasks("meters")) == ["fresh", *NAMES[1:]]


ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "list_transfer_tasks": ("transfer_task_info", {"stream_name": "meters"}),
    "list_streams": ("transfer_task_info", {}),
    "list_streams ": ("stream_info", {}),
    "show_stream": ("stream_info", {"stream_name": "meters"}),
    "list_apps": ("app_info", {}),
    "list_event_subscriptions": ("event_subscription_info", {}),
    "list_transfer_tasks ": ("transfer_health_info", {"stale_after": "30m"}),
    "show_stream ": ("transfer_health_info", {"stale_after": "30m"}),
    "show_stream  ": ("records", {"stream_name": "meters", "action": "get", "max_seconds": 2}),
}
"""Modules that list something, by the request whose list is cut."""


@pytest.mark.parametrize("operation", ASKED)
@pytest.mark.parametrize("keep", [None, 0])
def test_nothing_is_concluded_from_an_incomplete_list(run: Run, emulator: Emulator, operation: str, keep: Any) -> None:
    stream = {"name": "meters", "partition_count": 3, "tasks": ["t0", "t1"]}
    emulator.reset(streams=[stream, "more"], apps=["one", "two"], event_subscriptions=["one", "two"])
    module, options = ASKED[operation]
    emulator.fault("short_list", operation=operation.strip(), keep=keep, times=0)
    result = run.of(module, "changed")(**options).bad()
    assert result.error["kind"] == "unexpected_response"
    assert "incomplete: the service counts" in result.msg
    emulator.clear_faults()
    emulator.fault("short_list", operation=operation.strip(), keep=keep, times=1)
    run.of(module, "changed")(**options).ok()


@pytest.mark.parametrize("keep", [0, 1])
def test_quota_is_not_judged_by_an_incomplete_list(run: Run, emulator: Emulator, keep: int) -> None:
    emulator.reset(streams=[{"name": "meters", "tasks": NAMES}])
    emulator.fault("short_list", operation="list_transfer_tasks", keep=keep, times=0)
    result = run.of("transfer_task_preflight_info", "changed")(stream_name="meters", task_name="t9").ok()
    (quota,) = [one for one in result.data["checks"] if one["check"] == "quota"]
    assert (quota["status"], result.data["ready"]) != ("ok", True)
    assert "incomplete" in quota["detail"]
