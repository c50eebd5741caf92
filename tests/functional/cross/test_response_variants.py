# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Response variants of regions, including missing members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Run, Seeded

    from otc_emulator.runner import Emulator

DLI_NAMES = ["dli_database_name", "dli_table_name"]


@pytest.mark.quick
@pytest.mark.parametrize("table", ["meter_raw", "another_table"])
def test_names_hidden_are_unverified_and_no_drift(run: Run, emulator: Emulator, tasks: Seeded, table: str) -> None:
    emulator.configure(hide_dli_names=True)
    tasks()
    for on_drift in ("update", "recreate", "fail"):
        result = run.complete_task(on_drift=on_drift, dli_table_name=table).ok()
        assert result.unverified == DLI_NAMES
        assert (result.changed, result.writes) == (False, [])
        assert [result.task[name] for name in DLI_NAMES] == [None, None]


def test_names_hidden_and_not_given_are_not_unverified(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    emulator.configure(hide_dli_names=True)
    tasks()
    assert run().ok().unverified == []
    assert run(dli_table_name="meter_raw").ok().unverified == ["dli_table_name"]


@pytest.mark.parametrize("on_drift", ["update", "recreate"])
@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, DLI_NAMES),
        ({"dli_database_name": "telemetry"}, ["dli_table_name"]),
        ({"dli_table_name": "meter_raw"}, ["dli_database_name"]),
    ],
    ids=["none", "database", "table"],
)
def test_names_hidden_drift_without_the_names_is_refused(
    run: Run, emulator: Emulator, tasks: Seeded, on_drift: str, given: dict[str, str], missing: list[str]
) -> None:
    emulator.configure(hide_dli_names=True)
    tasks(deliver_time_interval=600)
    before = tasks.one
    dry = run(check=True, on_drift=on_drift, deliver_time_interval=120, **given).bad()
    real = run(on_drift=on_drift, deliver_time_interval=120, **given).bad()
    assert dry.msg == real.msg
    assert f"Specify {' and '.join(missing)}" in real.error["hint"]
    assert "deliver_time_interval" in real.msg
    assert (real.changed, real.done, real.writes) == (False, [], [])
    assert tasks.one == before


def test_names_hidden_drift_with_the_names_is_updated(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    emulator.configure(hide_dli_names=True)
    tasks(deliver_time_interval=600, file_prefix="kept")
    result = run(deliver_time_interval=120, dli_database_name="telemetry", dli_table_name="meter_raw").ok()
    assert (result.actions, result.unverified) == (["update"], DLI_NAMES)
    sent = result.writes[0]["body"]["dli_destination_descriptor"]
    assert (sent["dli_database_name"], sent["dli_table_name"], sent["file_prefix"]) == (
        "telemetry",
        "meter_raw",
        "kept",
    )
    assert tasks.one["settings"]["deliver_time_interval"] == 120


@pytest.mark.parametrize("state", ["stopped", "absent"])
def test_names_hidden_do_not_hinder_stop_and_delete(run: Run, emulator: Emulator, tasks: Seeded, state: str) -> None:
    emulator.configure(hide_dli_names=True)
    tasks()
    result = run(state=state).ok()
    assert result.actions == [{"stopped": "stop", "absent": "delete"}[state]]


def test_names_hidden_create_is_unverified_and_quiet_afterwards(run: Run, emulator: Emulator) -> None:
    emulator.configure(hide_dli_names=True)
    first = run.complete_task().ok()
    assert (first.actions, first.unverified, first.warnings) == (["create"], DLI_NAMES, [])
    assert run.complete_task().ok().changed is False


@pytest.mark.parametrize("spelling", ["descripton", "descriptor"])
def test_block_misspelt_is_read_all_the_same(run: Run, emulator: Emulator, tasks: Seeded, spelling: str) -> None:
    emulator.configure(misspelt_blocks=spelling)
    tasks(deliver_time_interval=600)
    assert run(deliver_time_interval=600).ok().unverified == []
    assert run(deliver_time_interval=120).ok().actions == ["update"]
    unchanged = run.complete_task(deliver_time_interval=120).ok()
    assert (unchanged.changed, unchanged.unverified) == (False, [])
    assert unchanged.task["agency_name"] == "dis_admin_agency"


@pytest.mark.parametrize(
    ("hidden_in", "requests"),
    [
        ("list", ["show", "act", "show"]),
        ("details", ["show", "list", "act", "show"]),
    ],
)
def test_task_id_in_one_answer_suffices_to_stop(
    run: Run, emulator: Emulator, tasks: Seeded, hidden_in: str, requests: list[str]
) -> None:
    emulator.configure(**{f"no_task_id_in_{hidden_in}": True})
    tasks()
    tasks(name="bystander")
    result = run(state="stopped").ok()
    assert result.dis == requests
    assert tasks.all["meters-to-dli"]["state"] == "PAUSED"
    assert tasks.all["bystander"]["state"] == "RUNNING"


@pytest.mark.parametrize(("state", "there"), [("stopped", "RUNNING"), ("started", "PAUSED")])
def test_task_id_nowhere_fails_clearly_where_it_is_needed(
    run: Run, emulator: Emulator, tasks: Seeded, state: str, there: str
) -> None:
    emulator.configure(no_task_id_in_list=True, no_task_id_in_details=True)
    tasks(there)
    result = run(state=state).bad()
    assert "does not report the ID" in result.msg
    assert (result.changed, result.done, result.writes) == (False, [], [])
    assert tasks.one["state"] == there
    assert run().ok().task["task_id"] is None


def test_create_stopped_without_a_task_id_reports_executed_actions(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    emulator.configure(no_task_id_in_list=True, no_task_id_in_details=True)
    result = run.complete_task(state="stopped").bad()
    assert (result.changed, result.done) == (True, ["create"])
    assert "create" in result.msg
    assert tasks.one["state"] == "RUNNING"


@pytest.mark.parametrize("setting", ["omit_empty", "empty_as_blank"])
def test_empty_prefix_is_equal_in_all_variants(run: Run, emulator: Emulator, tasks: Seeded, setting: str) -> None:
    emulator.configure(**{setting: True})
    tasks()
    result = run.complete_task(file_prefix="").ok()
    assert (result.changed, result.unverified, result.task["file_prefix"]) == (False, [], "")
    assert run.complete_task(file_prefix="dis").ok().actions == ["update"]
    assert run.complete_task(file_prefix="").ok().actions == ["update"]
    assert run.complete_task(file_prefix="").ok().changed is False


def test_retry_duration_hidden_is_unverified(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    emulator.configure(omit_retry_duration=True)
    tasks(retry_duration=60)
    result = run.complete_task(retry_duration=900).ok()
    assert (result.changed, result.unverified, result.writes) == (False, ["retry_duration"], [])
    assert result.task["retry_duration"] is None


def test_retry_duration_hidden_update_needs_it(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    emulator.configure(omit_retry_duration=True)
    tasks(deliver_time_interval=600, retry_duration=60)
    refused = run.complete_task(deliver_time_interval=120).bad()
    assert "retry_duration" in refused.error["hint"]
    assert refused.writes == []
    assert run.complete_task(deliver_time_interval=120, retry_duration=60).ok().actions == ["update"]
    assert tasks.one["settings"]["retry_duration"] == 60


@pytest.mark.parametrize("member", ["agency_name", "obs_bucket_path", "consumer_strategy", "deliver_time_interval"])
def test_member_hidden_is_unverified_and_never_guessed(
    run: Run, emulator: Emulator, tasks: Seeded, member: str
) -> None:
    emulator.configure(hidden_members=[member])
    tasks(retry_duration=60)
    desired: dict[str, Any] = {
        "agency_name": "another",
        "obs_bucket_path": "another",
        "consumer_strategy": "TRIM_HORIZON",
        "deliver_time_interval": 900,
    }
    unchanged = run(**{member: desired[member]}).ok()
    assert (unchanged.changed, unchanged.unverified) == (False, [member])
    refused = run(retry_duration=0).bad()
    assert member in refused.error["hint"]
    assert refused.writes == []


@pytest.mark.parametrize("shape", ["dis", "reference", "gateway", "nested"])
def test_error_shape_is_understood(run: Run, emulator: Emulator, shape: str) -> None:
    emulator.configure(error_shape=shape)
    assert run(state="absent").ok().changed is False
    refused = run.complete_task(agency_name="nobody").bad()
    assert (refused.error["status"], refused.error["code"]) == (400, "DIS.4335")
    assert refused.error["request_id"] == refused.log[-1]["request_id"]
    assert "The agency is invalid. [nobody]" in refused.msg
    assert refused.error["hint"].startswith("The agency must exist")
    assert run.complete_task().ok().actions == ["create"]


def test_partitions_of_the_real_shape_are_mapped(run: Run, emulator: Emulator) -> None:
    emulator.reset(streams=[{"name": "meters", "partition_count": 2, "latest_offset": 10, "tasks": ["meters-to-dli"]}])
    emulator.patch_stream("meters", latest_offset=15)
    (first, second) = run().ok().task["partitions"]
    assert first["partition_id"] == "shardId-0000000000"
    assert second["partition_id"] == "shardId-0000000001"
    assert (first["state"], first["discard"], first["last_transfer_offset"]) == ("RUNNING", 0, 15)
    assert "partitionId" not in first


def test_partitions_of_the_table_shape_are_mapped(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    emulator.configure(partition_shape="table")
    tasks()
    (partition,) = run().ok().task["partitions"]
    assert (partition["partition_id"], partition["state"]) == ("shardId-0000000000", "ACTIVE")
    assert "status" not in partition
    assert "hash_range" in partition


RETURNED = {
    "stream_name", "task_name", "destination_type", "state", "task_id", "stream_id", "create_time",
    "last_transfer_timestamp", "exception_strategy", "partitions", "agency_name", "deliver_time_interval",
    "consumer_strategy", "dli_database_name", "dli_table_name", "obs_bucket_path", "file_prefix", "retry_duration",
}  # fmt: skip


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"hide_dli_names": True, "omit_empty": True, "omit_retry_duration": True, "no_task_id_in_details": True},
        {"misspelt_blocks": True, "empty_as_blank": True, "partition_shape": "table", "error_shape": "nested"},
    ],
    ids=["plain", "sparse", "odd"],
)
def test_result_always_has_the_same_members(run: Run, emulator: Emulator, settings: dict[str, Any]) -> None:
    emulator.configure(**settings)
    for result in (
        run.complete_task(check=True),
        run.complete_task(),
        run.complete_task(),
        run.complete_task(state="stopped", check=True),
    ):
        assert set(result.ok().task) == RETURNED
        for name in ("deliver_time_interval", "retry_duration", "create_time"):
            assert result.task[name] is None or isinstance(result.task[name], int)


def answer(**changes: Any) -> dict[str, Any]:
    """A details response as observed from the service."""
    block = {
        "agency_name": "dis_admin_agency",
        "file_prefix": "",
        "obs_bucket_path": "telemetry-staging",
        "deliver_time_interval": 300,
        "consumer_strategy": "LATEST",
        "retry_duration": 1800,
        "dli_database_name": "telemetry",
        "dli_table_name": "meter_raw",
    }
    return {
        "task_name": "meters-to-dli",
        "destination_type": "DLI",
        "state": "RUNNING",
        "dli_destination_description": {**block, **changes.pop("block", {})},
        **changes,
    }


@pytest.mark.parametrize(
    "reported",
    [
        answer(block={"retry_duration": "1800"}),
        answer(block={"deliver_time_interval": "300"}),
        answer(block={"task_name": "meters-to-dli", "partition_format": "", "record_delimiter": "\n"}),
        answer(destination_type="OBS"),
        answer(destination_type=None),
        answer(partitions=None, create_time=None, task_id=None),
        answer(partitions=[{"partitionId": "shardId-0000000000"}, {}]),
        answer(stream_id="A", streamId="A", unknown={"a": [1]}),
        answer(state="SOMETHING_NEW"),
    ],
    ids=[
        "retry_text",
        "interval_text",
        "more_members",
        "type_obs",
        "no_type",
        "nulls",
        "partitions",
        "unknown",
        "state",
    ],
)
def test_details_in_another_dress_are_no_drift(run: Run, emulator: Emulator, reported: dict[str, Any]) -> None:
    emulator.fault("status", operation="show_transfer_task", status=200, body=reported)
    result = run.complete_task(on_drift="fail", retry_duration=1800, deliver_time_interval=300, file_prefix="").ok()
    assert (result.changed, result.unverified, result.task["retry_duration"]) == (False, [], 1800)
    assert result.task["destination_type"] == "DLI"


@pytest.mark.quick
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"task_name": "other"}, "describes task_name 'other'"),
        ({"stream_name": "other"}, "describes stream_name 'other'"),
        ({"block": {"agency_name": ["dis_admin_agency"]}}, "agency_name is a list"),
        ({"block": {"deliver_time_interval": {"seconds": 300}}}, "deliver_time_interval is an object"),
        ({"block": {"file_prefix": 7}}, "file_prefix is a number"),
    ],
    ids=str,
)
@pytest.mark.parametrize("state", ["present", "absent"])
def test_details_of_something_else_are_not_believed(
    run: Run, emulator: Emulator, tasks: Seeded, changes: dict[str, Any], words: str, state: str
) -> None:
    tasks()
    before = tasks.one
    emulator.fault("status", operation="show_transfer_task", status=200, body=answer(**changes), times=2)
    for check in (True, False):
        result = run.complete_task(check=check, state=state, deliver_time_interval=120, file_prefix="a").bad()
        assert (result.error["kind"], result.changed, result.done, result.writes) == (
            "unexpected_response",
            False,
            [],
            [],
        )
        assert words in result.msg
    assert tasks.one == before


def test_details_without_a_block_are_unverified(run: Run, emulator: Emulator) -> None:
    reported = answer()
    del reported["dli_destination_description"]
    emulator.fault("status", operation="show_transfer_task", status=200, body=reported)
    result = run.complete_task().ok()
    assert result.changed is False
    assert set(result.unverified) == {"agency_name", "dli_database_name", "dli_table_name", "obs_bucket_path"}


@pytest.mark.quick
def test_unknown_settings_are_sent_back_and_their_loss_is_reported(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks(deliver_time_interval=600)
    members = {"compression_format": "obviously-fake-gzip", "deliver_time_interval": 600}
    altered = {"operation": "show_transfer_task", "members": members, "block": True, "add": True}
    emulator.fault("altered_body", times=1, **altered)
    result = run(deliver_time_interval=120, diff=True).ok()
    (update,) = result.writes
    assert update["body"]["dli_destination_descriptor"]["compression_format"] == "obviously-fake-gzip"
    (warning,) = result.warnings  # the emulator keeps no member that it does not know
    assert "lost settings" in warning
    assert "compression_format" in warning
    assert "obviously-fake-gzip" not in result.everything
    emulator.fault("altered_body", times=2, **altered)
    for check in (True, False):
        result = run.complete_task(check=check, on_drift="recreate", deliver_time_interval=60).ok()
        assert "does not support: compression_format" in " ".join(result.warnings)


def test_update_that_is_refused_names_the_unknown_settings(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks()
    emulator.fault("altered_body", operation="show_transfer_task", members={"new": 1}, block=True, add=True)
    emulator.fault("status", operation="update_transfer_task", status=400, code="DIS.4300")
    assert "does not support: new" in run(deliver_time_interval=120).bad().error["hint"]


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_update_answer_may_be_any_success(run: Run, emulator: Emulator, tasks: Seeded, status: int) -> None:
    """The status of a successful update is documented nowhere."""
    tasks(deliver_time_interval=600)
    emulator.fault("status", operation="update_transfer_task", status=status, body="")
    emulator.fault("rival_update", operation="update_transfer_task", settings={"deliver_time_interval": 120})
    result = run(deliver_time_interval=120).ok()
    assert result.actions == ["update"]
    assert result.task["deliver_time_interval"] == 120


def test_action_answer_may_be_a_plain_string(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    """The newest vendor SDK models the answer to start and stop as one text."""
    tasks()
    emulator.fault("wrong_json", operation="act_on_transfer_tasks", body="success")
    result = run(state="stopped").ok()
    assert result.actions == ["stop"]
    assert tasks.one["state"] == "PAUSED"
