# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes with a lost response: verified by a read, never repeated blindly, reported accurately."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.otc.dis.plugins.module_utils._resources.transfer_tasks import TransferTaskClient

if TYPE_CHECKING:
    from conftest import Run, Seeded

    from otc_emulator.runner import Emulator

pytestmark = pytest.mark.newest

OPERATION = {
    "create": "create_transfer_task",
    "update": "update_transfer_task",
    "delete": "delete_transfer_task",
    "start": "act_on_transfer_tasks",
    "stop": "act_on_transfer_tasks",
}
DESIRED: dict[str, dict[str, Any]] = {
    "create": {},
    "update": {"deliver_time_interval": 120},
    "delete": {"state": "absent"},
    "start": {"state": "started"},
    "stop": {"state": "stopped"},
}
BEFORE: list[dict[str, Any]] = [
    {"kind": "lost_before"},
    {"kind": "reset"},
    *[{"kind": "status", "status": status} for status in (500, 502, 503, 504)],
    {"kind": "html", "status": 502},
]
AFTER: list[dict[str, Any]] = [
    {"kind": "lost_after"},
    *[{"kind": "error_after", "status": status} for status in (500, 502, 504)],
    {"kind": "html_after", "status": 502},
    {"kind": "html_after", "status": 200},
    {"kind": "not_json", "status": 200},
    {"kind": "cut_body"},
    {"kind": "hang", "commit": True},
]


def name_of(fault: Any) -> str:
    """A fault in a test's name."""
    return "-".join(str(value) for value in fault.values()) if isinstance(fault, dict) else str(fault)


def put(tasks: Seeded, verb: str) -> None:
    """What makes the verb necessary."""
    if verb != "create":
        tasks("PAUSED" if verb == "start" else "RUNNING", deliver_time_interval=600 if verb == "update" else 300)


def assert_fulfilled(tasks: Seeded, verb: str) -> None:
    """The verb happened, and happened to one task."""
    if verb == "delete":
        assert tasks.all == {}
        return
    assert tasks.one["state"] == ("PAUSED" if verb == "stop" else "RUNNING")
    assert tasks.one["settings"]["deliver_time_interval"] == (120 if verb == "update" else 300)


@pytest.mark.parametrize("fault", AFTER, ids=name_of)
@pytest.mark.parametrize("verb", OPERATION)
def test_answer_lost_after_the_commit_is_success_and_changed(
    run: Run, emulator: Emulator, tasks: Seeded, verb: str, fault: dict[str, Any]
) -> None:
    put(tasks, verb)
    emulator.fault(operation=OPERATION[verb], **fault)
    result = run.complete_task(api_timeout=1, **DESIRED[verb]).ok()
    assert (result.changed, result.actions) == (True, [verb])
    assert len(result.writes) == 1
    assert_fulfilled(tasks, verb)


@pytest.mark.parametrize("fault", BEFORE, ids=name_of)
@pytest.mark.parametrize("verb", OPERATION)
def test_answer_lost_before_the_commit_is_repeated_after_a_look(
    run: Run, emulator: Emulator, tasks: Seeded, verb: str, fault: dict[str, Any]
) -> None:
    put(tasks, verb)
    emulator.fault(operation=OPERATION[verb], **fault)
    result = run.complete_task(api_timeout=2, **DESIRED[verb]).ok()
    assert result.changed is True
    assert result.actions == [verb]
    first, second = (number for number, entry in enumerate(result.log) if entry["operation"] == OPERATION[verb])
    assert "show_transfer_task" in [entry["operation"] for entry in result.log[first:second]]
    assert_fulfilled(tasks, verb)


@pytest.mark.parametrize("fault", [{"kind": "hang", "commit": True}, {"kind": "lost_after"}], ids=name_of)
def test_next_action_is_executed_after_a_lost_response(
    run: Run, emulator: Emulator, tasks: Seeded, fault: dict[str, Any]
) -> None:
    tasks("PAUSED", deliver_time_interval=600)
    emulator.fault(operation="update_transfer_task", **fault)
    result = run.complete_task(api_timeout=1, deliver_time_interval=120, state="started").ok()
    assert result.actions == ["update", "start"]
    assert_fulfilled(tasks, "update")


@pytest.mark.parametrize("verb", ["create", "delete"])
def test_answer_that_never_comes_fails_within_the_time_limit(
    run: Run, emulator: Emulator, tasks: Seeded, verb: str
) -> None:
    put(tasks, verb)
    before = tasks.all
    emulator.fault("hang", operation=OPERATION[verb], times=0)
    result = run.complete_task(api_timeout=1, **DESIRED[verb]).bad()
    assert "did not respond within 1 seconds" in result.msg
    assert result.seconds < 4
    assert tasks.all == before


@pytest.mark.parametrize("verb", ["create", "update", "delete", "stop"])
def test_answer_too_late_is_not_reported_as_unchanged(run: Run, emulator: Emulator, tasks: Seeded, verb: str) -> None:
    """The service carries the request out after the module has given up; a look in between proves nothing."""
    put(tasks, verb)
    emulator.fault("slow", operation=OPERATION[verb], seconds=1.6)
    result = run.complete_task(api_timeout=1, **DESIRED[verb])
    time.sleep(max(0.0, 2.0 - result.seconds))
    assert_fulfilled(tasks, verb)
    assert result.changed is True
    if result.failed:
        assert result.bad().done == [verb]


@pytest.mark.parametrize("verb", OPERATION)
def test_repeatedly_lost_response_fails_and_reports_unconfirmed_actions(
    run: Run, emulator: Emulator, tasks: Seeded, verb: str
) -> None:
    put(tasks, verb)
    before = tasks.all
    emulator.fault("lost_before", operation=OPERATION[verb], times=0)
    result = run.complete_task(api_timeout=1, **DESIRED[verb]).bad()
    assert result.seconds < 10
    assert len(result.writes) >= 2
    assert set(result.done) <= {verb}
    assert tasks.all == before


@pytest.mark.parametrize(
    "fault", [{"kind": "lost_after"}, {"kind": "lost_before"}, {"kind": "status", "status": 504}], ids=name_of
)
@pytest.mark.parametrize("verb", OPERATION)
def test_lost_response_and_unreadable_task_report_unconfirmed_actions(
    run: Run, emulator: Emulator, tasks: Seeded, verb: str, fault: dict[str, Any]
) -> None:
    put(tasks, verb)
    emulator.fault(operation=OPERATION[verb], **fault)
    emulator.fault("status", operation="show_transfer_task", status=503, skip=1, times=0)
    result = run.complete_task(api_timeout=1, **DESIRED[verb]).bad()
    assert (result.changed, result.done) == (True, [verb])
    assert f"The outcome of the {verb} is unknown" in result.msg
    assert "meters-to-dli" in result.msg
    assert "Rerun" in result.error["hint"]
    assert len(result.writes) == 1


def test_plan_rejected_after_a_lost_response_does_not_claim_no_change(
    run: Run, emulator: Emulator, tasks: Seeded
) -> None:
    emulator.fault("lost_after", operation="create_transfer_task")
    emulator.fault("rival_update", operation="show_transfer_task", skip=1, settings={"deliver_time_interval": 900})
    result = run.complete_task(deliver_time_interval=120, on_drift="fail").bad()
    assert (result.error["kind"], result.changed, result.done) == ("drift", True, ["create"])
    assert "The outcome of the create is unknown" in result.msg
    assert "Nothing was" not in result.msg


def test_plan_rejected_after_a_write_does_not_claim_no_change(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks(deliver_time_interval=600)
    emulator.fault("rival_create", operation="create_transfer_task", destination_type="OBS")
    result = run.complete_task(deliver_time_interval=120, on_drift="recreate", state="stopped").bad()
    assert (result.error["kind"], result.changed, result.done) == ("drift", True, ["delete"])
    assert "Nothing was" not in result.msg


def test_internal_error_after_a_write_reports_an_unconfirmed_action(
    run: Run, tasks: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, secret = TransferTaskClient.create_transfer_task, "obviously-fake-secret"

    def explode(api: TransferTaskClient, *what: Any) -> Any:
        real(api, *what)
        raise KeyError(secret)

    monkeypatch.setattr(TransferTaskClient, "create_transfer_task", explode)
    result = run.complete_task().bad()
    assert (result.error["kind"], result.changed, result.done) == ("internal_error", True, ["create"])
    assert "bug in otc.dis.dli_transfer_task: KeyError at test_lost_responses.py:" in result.msg
    assert secret not in result.everything
    assert len(tasks.all) == 1


@pytest.mark.parametrize("lost", ["delete", "create"])
@pytest.mark.parametrize("kind", ["lost_before", "lost_after"])
def test_drift_recreate_with_a_lost_answer_keeps_the_old_settings(
    run: Run, emulator: Emulator, tasks: Seeded, lost: str, kind: str
) -> None:
    tasks("PAUSED", deliver_time_interval=600, retry_duration=60, file_prefix="kept")
    old = tasks.one
    emulator.fault(kind, operation=OPERATION[lost])
    result = run(deliver_time_interval=120, on_drift="recreate").ok()
    assert result.changed is True
    assert result.actions == ["delete", "create", "stop"]
    assert tasks.one["task_id"] != old["task_id"]
    assert tasks.one["settings"] == {**old["settings"], "deliver_time_interval": 120}
    assert tasks.one["state"] == "PAUSED"


def test_drift_recreate_continues_when_the_delete_exhausted_the_retry_budget(
    run: Run, emulator: Emulator, tasks: Seeded
) -> None:
    tasks(deliver_time_interval=600, retry_duration=60)
    old = tasks.one
    emulator.fault("hang", operation="delete_transfer_task", commit=True)
    result = run(api_timeout=1, deliver_time_interval=120, on_drift="recreate").ok()
    assert result.actions == ["delete", "create"]
    assert tasks.one["settings"] == {**old["settings"], "deliver_time_interval": 120}


def test_drift_recreate_with_a_failed_create_is_reported(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks(deliver_time_interval=600)
    emulator.fault("status", operation="create_transfer_task", status=403, code="DIS.4116", times=0)
    result = run.complete_task(deliver_time_interval=120, on_drift="recreate").bad()
    assert (result.changed, result.done) == (True, ["delete"])
    assert "Done before: delete" in result.msg
    assert tasks.all == {}


def test_create_stopped_with_a_rejected_stop_is_reported(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    emulator.fault("status", operation="act_on_transfer_tasks", status=403, code="DIS.4116", times=0)
    result = run.complete_task(state="stopped").bad()
    assert (result.changed, result.done) == (True, ["create"])
    assert tasks.one["state"] == "RUNNING"


# --- concurrent writers ---


@pytest.mark.parametrize("state", ["present", "started"])
def test_concurrent_create_of_the_same_task_is_no_change(
    run: Run, emulator: Emulator, tasks: Seeded, state: str
) -> None:
    emulator.fault("rival_create", operation="create_transfer_task")
    result = run.complete_task(state=state).ok()
    assert (result.changed, result.actions) == (False, [])
    assert result.dis[:3] == ["show", "create", "show"]
    assert tasks.one["state"] == "RUNNING"
    assert result.task["task_id"] == tasks.one["task_id"]


def test_concurrently_created_task_is_stopped_as_desired(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    emulator.fault("rival_create", operation="create_transfer_task")
    result = run.complete_task(state="stopped").ok()
    assert (result.changed, result.actions) == (True, ["stop"])
    assert tasks.one["state"] == "PAUSED"


@pytest.mark.parametrize(("on_drift", "actions"), [("update", ["update"]), ("recreate", ["delete", "create"])])
def test_concurrent_create_of_another_task_is_drift(
    run: Run, emulator: Emulator, tasks: Seeded, on_drift: str, actions: list[str]
) -> None:
    emulator.fault("rival_create", operation="create_transfer_task", settings={"deliver_time_interval": 600})
    result = run.complete_task(deliver_time_interval=120, on_drift=on_drift).ok()
    assert (result.changed, result.actions) == (True, actions)
    assert tasks.one["settings"]["deliver_time_interval"] == 120


@pytest.mark.parametrize(
    ("on_drift", "fault"),
    [("fail", {"settings": {"deliver_time_interval": 600}}), ("update", {"destination_type": "OBS"})],
    ids=["fail", "foreign"],
)
def test_concurrent_create_of_a_task_of_another_type_fails(
    run: Run, emulator: Emulator, tasks: Seeded, on_drift: str, fault: dict[str, Any]
) -> None:
    emulator.fault("rival_create", operation="create_transfer_task", **fault)
    result = run.complete_task(deliver_time_interval=120, on_drift=on_drift).bad()
    assert (result.changed, result.done) == (False, [])
    assert len(result.writes) == 1
    assert tasks.one["updates"] == 0


def test_concurrent_delete_before_the_delete_is_no_change(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks()
    emulator.fault("rival_delete", operation="delete_transfer_task")
    result = run(state="absent").ok()
    assert (result.changed, result.actions, result.task) == (False, [], None)
    assert result.dis == ["show", "delete", "show"]
    assert tasks.all == {}


def test_concurrent_delete_before_the_update_causes_a_create(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks(deliver_time_interval=600)
    emulator.fault("rival_delete", operation="update_transfer_task")
    result = run.complete_task(deliver_time_interval=120).ok()
    assert (result.changed, result.actions) == (True, ["create"])
    assert tasks.one["settings"]["deliver_time_interval"] == 120


def test_concurrent_delete_before_the_update_reports_missing_options(
    run: Run, emulator: Emulator, tasks: Seeded
) -> None:
    tasks(deliver_time_interval=600)
    emulator.fault("rival_delete", operation="update_transfer_task")
    result = run(deliver_time_interval=120).bad()
    assert "does not exist" in result.msg
    assert "specify dli_database_name, dli_table_name and obs_bucket_path" in result.msg
    assert (result.changed, result.done) == (False, [])


@pytest.mark.parametrize(("state", "there"), [("stopped", "RUNNING"), ("started", "PAUSED")])
def test_concurrent_delete_before_start_or_stop_causes_a_create(
    run: Run, emulator: Emulator, tasks: Seeded, state: str, there: str
) -> None:
    tasks(there)
    emulator.fault("rival_delete", operation="act_on_transfer_tasks")
    result = run.complete_task(state=state).ok()
    assert result.actions == {"stopped": ["create", "stop"], "started": ["create"]}[state]
    assert tasks.one["state"] == {"stopped": "PAUSED", "started": "RUNNING"}[state]


def test_concurrent_delete_in_a_recreate_is_a_create(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks(deliver_time_interval=600, retry_duration=60)
    emulator.fault("rival_delete", operation="delete_transfer_task")
    result = run(deliver_time_interval=120, on_drift="recreate").ok()
    assert (result.changed, result.actions) == (True, ["create"])
    assert tasks.one["settings"]["retry_duration"] == 60


def test_concurrent_change_after_the_update_fails(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks(deliver_time_interval=600)
    emulator.fault(
        "rival_update", operation="update_transfer_task", when="after", settings={"deliver_time_interval": 90}
    )
    result = run(deliver_time_interval=120, wait_timeout=0.2).bad()
    assert "deliver_time_interval is 90 and should be 120" in result.msg
    assert (result.changed, result.done) == (True, ["update"])


def test_concurrent_delete_after_the_create_fails(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    emulator.fault("rival_delete", operation="create_transfer_task", when="after")
    result = run.complete_task(wait_timeout=0.2).bad()
    assert "does not exist" in result.msg
    assert (result.changed, result.done) == (True, ["create"])
    assert tasks.all == {}


def test_endless_concurrent_changes_end_the_run(run: Run, emulator: Emulator) -> None:
    emulator.fault("rival_create", operation="create_transfer_task", times=0)
    emulator.fault("rival_delete", operation="show_transfer_task", times=0)
    result = run.complete_task().bad()
    assert (result.changed, result.done) == (False, [])
    assert 2 <= result.dis.count("create") <= 20
    assert result.seconds < 10
