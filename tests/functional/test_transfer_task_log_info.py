# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The log of a transfer task, and the last error in messages about failed tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from otc_emulator.fixtures import ACCESS_KEY, SECRET_KEY

if TYPE_CHECKING:
    from conftest import Run

    from otc_emulator.runner import Emulator

AT = {"stream_name": "meters", "task_name": "meters-to-dli"}
FAILED = {"state": "ERROR", "createTimeStr": "2026-01-02 00:00:00", "message": "Own reason.", "errorCode": "DIS.4338"}
GOOD = {
    "state": "RUNNING",
    "createTimeStr": "2026-01-03 00:00:00",
    "startTime": 1767400000000,
    "endTime": "2026-01-03 00:00:09",
    "records": 3,
    "readRecords": "4",
    "dataSize": 5,
}
ERROR = "Own reason (DIS.4338)"


@pytest.fixture
def log(run: Run) -> Run:
    """Runs the module."""
    return run.of("transfer_task_log_info", "offered", "batches", "last_error", **AT)


def fail(emulator: Emulator, *entries: dict[str, Any], state: str = "ERROR") -> None:
    """Let the task be in a state, with a log."""
    emulator.reset(streams=[{"name": "meters", "tasks": ["meters-to-dli"]}])
    emulator.patch_task("meters", "meters-to-dli", state=state, log=list(entries))


@pytest.mark.quick
def test_batches_are_listed_newest_first(log: Run, emulator: Emulator) -> None:
    fail(emulator, FAILED, GOOD)
    result = log().ok()
    good, failed = result.data["batches"]
    assert good == {
        "state": "RUNNING",
        "create_time": "2026-01-03 00:00:00",
        "start_time": "1767400000000",
        "end_time": "2026-01-03 00:00:09",
        "records": 3,
        "read_records": 4,
        "data_size": 5,
        "error": None,
    }
    assert (failed["error"], failed["records"]) == (ERROR, None)
    assert (result.data["offered"], result.data["last_error"]) == (True, ERROR)
    assert result.operations == ["show_transfer_task", "list_transfer_task_log"]
    assert result.requests("dis")[1]["path"].startswith("/v1/transfertasklog/")


@pytest.mark.parametrize(("limit", "found"), [(1, 1), (10, 10), (11, 11), (30, 12)])
def test_limit_is_the_number_of_batches(log: Run, emulator: Emulator, limit: int, found: int) -> None:
    fail(emulator, *[{**GOOD, "createTimeStr": f"{day:02}"} for day in range(12)])
    batches = log(limit=limit).ok().data["batches"]
    assert [one["create_time"] for one in batches] == [f"{day:02}" for day in range(11, 11 - found, -1)]


@pytest.mark.parametrize("limit", [0, 101])
def test_limit_out_of_range_is_refused(log: Run, limit: int) -> None:
    result = log(limit=limit).bad()
    assert f"limit is {limit}" in result.msg
    assert result.log == []


def test_region_that_counts_pages_from_zero(log: Run, emulator: Emulator) -> None:
    fail(emulator, FAILED)
    emulator.fault("wrong_json", operation="list_transfer_task_log", body={"totalNum": 1, "transferTaskLogList": []})
    result = log(limit=20)
    assert result.operations.count("list_transfer_task_log") == 2
    assert result.bad().error["code"] == "DIS.4200", "the emulator counts from 1"


def test_region_without_the_log(log: Run, emulator: Emulator) -> None:
    fail(emulator, FAILED)
    emulator.configure(task_log_enabled=False)
    assert log().ok().data == {**log().data, "offered": False, "batches": [], "last_error": None}


@pytest.mark.parametrize("absent", [{"task_name": "other"}, {"stream_name": "other"}])
def test_task_that_does_not_exist_has_no_batches(log: Run, absent: dict[str, str]) -> None:
    assert log(**absent).ok().data["batches"] == []


def test_failure_with_status_200_is_a_failure(log: Run, emulator: Emulator) -> None:
    fail(emulator)
    emulator.fault(
        "wrong_json", operation="list_transfer_task_log", body={"errorCode": "DIS.4200", "message": "Own words."}
    )
    result = log().bad()
    assert (result.error["kind"], result.error["code"]) == ("rejected", "DIS.4200")
    assert "Own words" in result.msg


def test_id_is_looked_up_where_the_details_have_none(log: Run, emulator: Emulator) -> None:
    fail(emulator, FAILED)
    emulator.configure(no_task_id_in_details=True)
    assert log().ok().data["last_error"] == ERROR


def test_log_is_read_with_access_keys(log: Run, emulator: Emulator) -> None:
    fail(emulator, FAILED)
    keys = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY, "project_name": emulator.login["project"]}
    result = log(auth={"auth_url": emulator.auth_url, **keys}).ok()
    assert result.data["last_error"] == ERROR


@pytest.mark.parametrize("state", ["ABNORMAL", "ERROR"])
def test_health_and_warning_contain_the_last_error(run: Run, emulator: Emulator, state: str) -> None:
    fail(emulator, FAILED, GOOD, state=state)
    health = run.of("transfer_health_info", "problems")(history="0").ok()
    assert health.data["problems"] == [
        f"meters/meters-to-dli is failed: The state of the task is {state}. Last error in its log: {ERROR}."
    ]
    (warning,) = run(state="present").ok().warnings
    assert f"is in state {state}. Last error in its log: {ERROR}. " in warning


def test_failure_while_waiting_contains_the_last_error(run: Run, emulator: Emulator) -> None:
    fail(emulator, FAILED)
    result = run(state="started").bad()
    assert f"is ERROR, not RUNNING. Last error in its log: {ERROR}." in result.msg.replace(" after 0 seconds", "")
    assert result.error["kind"] == "timeout"


@pytest.mark.parametrize("fault", ["status", "hang", "not_json", "lost_before", "redirect", "slow_body"])
def test_log_that_cannot_be_read_changes_nothing_else(run: Run, emulator: Emulator, fault: str) -> None:
    fail(emulator, FAILED)
    params = {"status": 500} if fault == "status" else {}
    emulator.fault(fault, operation="list_transfer_task_log", times=0, **params)
    result = run(state="started").bad()
    assert "is ERROR" in result.msg
    assert "Last error" not in result.msg
    assert result.seconds < 8


def test_region_without_the_log_is_queried_once(run: Run, emulator: Emulator) -> None:
    emulator.reset(streams=[{"name": "meters", "tasks": [{"task_name": one, "state": "ERROR"} for one in "abc"]}])
    emulator.configure(task_log_enabled=False)
    result = run.of("transfer_health_info", "problems")(history="0").ok()
    assert len(result.data["problems"]) == 3
    assert result.operations.count("list_transfer_task_log") == 1
