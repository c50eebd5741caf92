# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rejections by the service, and the messages for the user."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Run, Seeded

    from otc_emulator.runner import Emulator

THINGS = [
    ({"dli_database_name": "nowhere"}, "DIS.4337", "Create the DLI database"),
    ({"dli_table_name": "nowhere"}, "DIS.4338", "managed table"),
    ({"dli_table_name": "outside"}, "DIS.4338", "managed table"),
    ({"obs_bucket_path": "nowhere"}, "DIS.4306", "Create the bucket"),
    ({"obs_bucket_path": "locked"}, "DIS.4310", "Tenant Administrator"),
    ({"agency_name": "nobody"}, "DIS.4335", "The agency must exist"),
]


@pytest.fixture(autouse=True)
def seeded_services(emulator: Emulator) -> None:
    """Things that are there and cannot be used."""
    emulator.seed(dli_tables=["telemetry.outside:EXTERNAL"], buckets=[{"name": "locked", "accessible": False}])


@pytest.mark.parametrize(
    ("options", "code", "hint"), THINGS, ids=lambda one: "-".join(one.values()) if isinstance(one, dict) else ""
)
def test_create_with_a_missing_reference_is_explained(
    run: Run, tasks: Seeded, options: dict[str, str], code: str, hint: str
) -> None:
    result = run.complete_task(**options).bad()
    assert (result.error["status"], result.error["code"]) == (400, code)
    assert result.error["request_id"] == result.log[-1]["request_id"]
    assert hint in result.error["hint"]
    for reported in (code, result.error["request_id"], hint, "meters-to-dli"):
        assert reported in result.msg
    ((option, value),) = options.items()
    assert re.search(rf"The request had .*{option} '{value}'", result.msg)
    assert (result.changed, result.done, result.dis) == (False, [], ["show", "create"])
    assert tasks.all == {}


@pytest.mark.parametrize(("options", "code", "hint"), THINGS[:3], ids=["database", "table", "external"])
def test_drift_update_with_a_missing_reference_is_explained(
    run: Run, tasks: Seeded, options: dict[str, str], code: str, hint: str
) -> None:
    tasks()
    before = tasks.one
    result = run.complete_task(**options).bad()
    assert result.error["code"] == code
    assert hint in result.msg
    assert (result.changed, result.done, result.dis) == (False, [], ["show", "update"])
    assert tasks.one == before


def test_drift_recreate_with_a_rejected_create_reports_the_deletion(run: Run, tasks: Seeded) -> None:
    tasks()
    result = run.complete_task(agency_name="nobody", on_drift="recreate").bad()
    assert (result.changed, result.done) == (True, ["delete"])
    assert result.error["code"] == "DIS.4335"
    assert "Done before: delete" in result.msg
    assert tasks.all == {}


def test_missing_create_beyond_the_quota_is_explained(run: Run, tasks: Seeded) -> None:
    for number in range(5):
        tasks(name=f"task-{number}")
    result = run.complete_task().bad()
    assert result.error["code"] == "DIS.4357"
    assert "five" in result.error["hint"]
    assert (result.changed, result.done) == (False, [])
    assert sorted(tasks.all) == [f"task-{number}" for number in range(5)]


@pytest.mark.parametrize("quota", [None, 7])
def test_sixth_task_is_refused_in_check_mode_too(
    run: Run, emulator: Emulator, tasks: Seeded, quota: int | None
) -> None:
    emulator.configure(quota_in_list=True, task_quota=quota or 5)
    emulator.seed(streams=[{"name": "meters", "tasks": list("abcdefg"[: quota or 5])}])
    dry = run.complete_task(check=True).bad()
    assert f"exceed its quota of {quota or 5} transfer tasks: {quota or 5} exist, 1 to create" in dry.msg
    assert (dry.changed, dry.done, dry.dis) == (False, [], ["show", "list"])
    assert run.complete_task().bad().error["code"] == "DIS.4357"


def test_quota_that_cannot_be_read_is_left_to_the_service(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    emulator.fault("status", operation="list_transfer_tasks", status=403, code="DIS.4116", times=0)
    assert run.complete_task(check=True).ok().actions == ["create"]


def test_drift_recreate_at_the_quota_is_possible(run: Run, tasks: Seeded) -> None:
    for number in range(4):
        tasks(name=f"task-{number}")
    tasks(deliver_time_interval=600)
    assert run.complete_task(on_drift="recreate", deliver_time_interval=120).ok().actions == ["delete", "create"]


@pytest.mark.parametrize("status", ["FROZEN", "TERMINATING"])
def test_stream_frozen_is_explained_at_once(run: Run, emulator: Emulator, tasks: Seeded, status: str) -> None:
    emulator.patch_stream("meters", status=status)
    result = run.complete_task().bad()
    assert result.error["code"] == "DIS.4205"
    assert status in result.msg
    assert (result.changed, result.done) == (False, [])
    assert result.seconds < 3
    assert tasks.all == {}


def test_stream_creating_is_waited_for(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    emulator.patch_stream("meters", status="CREATING")
    later = threading.Timer(0.4, lambda: emulator.patch_stream("meters", status="RUNNING"))
    later.start()
    result = run.complete_task().ok()
    later.join()
    assert result.actions == ["create"]
    assert result.dis.count("create") == 2
    assert result.dis.count("show_stream") >= 2
    assert tasks.one["state"] == "RUNNING"


def test_stream_creating_for_too_long_fails(run: Run, emulator: Emulator) -> None:
    emulator.patch_stream("meters", status="CREATING")
    result = run.complete_task(wait_timeout=0.3).bad()
    assert "CREATING" in result.msg
    assert "meters" in result.msg
    assert (result.changed, result.done) == (False, [])
    assert result.seconds < 3


def test_stream_creating_is_not_waited_for_without_wait(run: Run, emulator: Emulator) -> None:
    emulator.patch_stream("meters", status="CREATING")
    result = run.complete_task(wait=False).bad()
    assert result.error["code"] == "DIS.4205"
    assert (result.changed, result.dis) == (False, ["show", "create"])


def test_region_that_offers_obs_only_is_explained(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    emulator.configure(offered_destinations=["OBS"])
    result = run.complete_task().bad()
    assert result.error["code"] == "DIS.4300"
    assert "region" in result.error["hint"]
    assert "OBS" in result.error["hint"]
    assert (result.changed, tasks.all) == (False, {})


@pytest.mark.parametrize(("strategy", "price"), [("LATEST", "gap"), ("TRIM_HORIZON", "duplicates")])
@pytest.mark.parametrize("status", [404, 405])
def test_region_without_update_names_recreate_and_its_consequences(
    run: Run, emulator: Emulator, tasks: Seeded, strategy: str, price: str, status: int
) -> None:
    if status == 404:
        emulator.configure(update_enabled=False)
    else:
        emulator.fault("status", operation="update_transfer_task", status=405, code="APIG.0101")
    tasks(deliver_time_interval=600, consumer_strategy=strategy)
    before = tasks.one
    result = run(deliver_time_interval=120).bad()
    assert result.error["status"] == status
    assert "Requested changes: deliver_time_interval is 600 and should be 120." in result.msg
    assert "on_drift: recreate" in result.error["hint"]
    assert price in result.error["hint"]
    assert (result.changed, result.done, result.dis) == (False, [], ["show", "update"])
    assert tasks.one == before
    assert run(deliver_time_interval=120, on_drift="recreate").ok().actions == ["delete", "create"]


def test_update_that_is_accepted_and_not_made_fails(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks(deliver_time_interval=600)
    emulator.fault("status", operation="update_transfer_task", status=200, body="")
    result = run(deliver_time_interval=120, wait_timeout=0.2).bad()
    assert "still reports other settings" in result.msg
    assert "deliver_time_interval is 600 and should be 120" in result.msg
    assert (result.changed, result.done) == (True, ["update"])


@pytest.mark.parametrize(
    ("status", "code", "hint"),
    [
        (400, "DIS.4309", "blocked"),
        (400, "DIS.4358", "data_type"),
        (403, "DIS.4116", "DIS Administrator"),
        (403, "APIG.0302", "Access denied"),
        (404, "APIG.0101", "withdrawn"),
        (441, "DIS.4100", "clock"),
        (409, "DIS.9999", ""),
    ],
)
@pytest.mark.parametrize("operation", ["show_transfer_task", "create_transfer_task"])
def test_refusal_is_explained_and_not_repeated(
    run: Run, emulator: Emulator, operation: str, status: int, code: str, hint: str
) -> None:
    emulator.fault("status", operation=operation, status=status, code=code, message="Own words.", times=0)
    result = run.complete_task().bad()
    assert (result.error["status"], result.error["code"]) == (status, code)
    assert "Own words" in result.msg
    assert hint in (result.error["hint"] or "")
    assert result.dis == (["show"] if operation.startswith("show") else ["show", "create"])
    assert result.iam == ["login"]


def test_gateway_404_on_a_read_is_not_a_missing_task(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    """Otherwise a wrong endpoint would make state=absent a success."""
    tasks()
    emulator.fault("status", operation="show_transfer_task", status=404, code="APIG.0101", times=0)
    result = run(state="absent").bad()
    assert result.error["status"] == 404
    assert tasks.one["state"] == "RUNNING"


def test_refusal_with_a_very_long_text_is_cut(run: Run, emulator: Emulator) -> None:
    emulator.fault("status", operation="create_transfer_task", status=400, code="DIS.4300", message="line\n" * 5000)
    result = run.complete_task().bad()
    assert len(result.msg) < 1500
    assert "\n" not in result.msg


@pytest.mark.parametrize(
    "body",
    [
        "",
        "plain words",
        "<html><h1>Forbidden</h1></html>",
        [],
        "5",
        {"errorCode": None, "message": None},
        {"code": 403, "message": {"deep": 1}},
        {"badRequest": {"code": "X.1", "message": "deep words"}},
    ],
    ids=str,
)
def test_error_in_an_unknown_format_contains_the_status(run: Run, emulator: Emulator, body: Any) -> None:
    emulator.fault("status", operation="create_transfer_task", status=403, body=body)
    result = run.complete_task().bad()
    assert result.error["status"] == 403
    assert "HTTP 403" in result.msg
    assert result.error["request_id"] == result.log[-1]["request_id"]
    assert "<" not in result.msg
