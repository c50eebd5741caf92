# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Transfer tasks: parsing, module results and requests."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._cloud.files import RunMemory
from ansible_collections.otc.dis.plugins.module_utils._core.errors import ApiError, Drift, InvalidOptions
from ansible_collections.otc.dis.plugins.module_utils._core.plan import Plan, diff
from ansible_collections.otc.dis.plugins.module_utils._resources.destinations import DLI
from ansible_collections.otc.dis.plugins.module_utils._resources.transfer_task import (
    DUPLICATES_WARNING,
    GAP_WARNING,
    NO_UPDATE,
    OBS_ONLY,
    Create,
    Delete,
    DesiredTask,
    DestinationTypeConflict,
    Start,
    Stop,
    TransferTask,
    Update,
    find_task_id,
    plan,
    read_transfer_task,
    read_transfer_tasks,
    recreate_cost,
    to_diff,
    to_result,
    trouble_hint,
)

SETTINGS = {
    "agency_name": "agency",
    "deliver_time_interval": 300,
    "consumer_strategy": "LATEST",
    "dli_database_name": "d",
    "dli_table_name": "t",
    "obs_bucket_path": "b",
    "file_prefix": "",
    "retry_duration": 1800,
}
RESPONSE = {
    "stream_id": "fakestream",
    "task_id": "faketask",
    "task_name": "t",
    "state": "ABNORMAL",
    "destination_type": "DLI",
    "exception_strategy": "retry",
    "create_time": 11,
    "last_transfer_timestamp": "12",
    "partitions": [{"partitionId": "p", "status": "s", "discard": 1}, {"partition_id": "q", "state": "r"}],
    "dli_destination_descripton": {**SETTINGS, "deliver_time_interval": "300", "retry_duration": "1800"},
}
SHOWN = {
    "stream_name": "meters",
    "task_name": "t",
    "destination_type": "DLI",
    "state": "ABNORMAL",
    "task_id": "faketask",
    "stream_id": "fakestream",
    "exception_strategy": "retry",
    "create_time": 11,
    "last_transfer_timestamp": 12,
    "partitions": [
        {"partition_id": "p", "state": "s", "discard": 1},
        {"partition_id": "q", "state": "r"},
    ],
    **SETTINGS,
}


def read(**changes: Any) -> TransferTask:
    task = read_transfer_task("meters", "t", {**RESPONSE, **changes})
    assert task is not None
    return task


def test_details_are_read_and_normalized() -> None:
    assert to_result(read()) == SHOWN
    assert to_result(read(stream_id=None, streamId="other")) == {**SHOWN, "stream_id": "other"}
    assert read().task_id == "faketask"
    assert str(read()) == 'transfer task "t" of stream "meters"'


def test_deleted_task_is_none() -> None:
    assert read_transfer_task("meters", "t", {**RESPONSE, "state": "DELETE"}) is None
    assert to_result(None) is None
    assert to_diff(None) is None


def test_block_determines_the_destination_unless_there_are_two() -> None:
    assert read(destination_type="OBS").kind == "DLI"
    assert read(destination_type=None).kind == "DLI"
    other = {"obs_destination_descriptor": {"agency_name": "other"}}
    assert read(destination_type="OBS", **other).kind == "OBS"
    twice = {"dli_destination_descriptor": RESPONSE["dli_destination_descripton"]}
    assert read(destination_type="OBS", **twice).kind == "DLI"


def test_unknown_destination_is_returned_with_known_values() -> None:
    task = read_transfer_task("meters", "t", {"destination_type": "NEW", "state": "RUNNING"})
    assert task is not None
    assert task.settings == {}
    result = to_result(task)
    assert result is not None
    assert result["destination_type"] == "NEW"
    assert result["partitions"] == []
    assert to_diff(task) == {"destination_type": "NEW", "state": "RUNNING"}


@pytest.mark.parametrize(("state", "shown"), [("STARTING", "RUNNING"), ("RUNNING", "RUNNING"), ("PAUSED", "PAUSED")])
def test_diff_contains_settings_and_run_state(state: str, shown: str) -> None:
    assert to_diff(read(state=state)) == {"destination_type": "DLI", "state": shown, **SETTINGS}


def test_diff_has_an_empty_side_if_absent() -> None:
    assert diff(None, {"a": 1}) == {"before": {}, "after": {"a": 1}}
    assert diff({"a": 1}, None) == {"before": {"a": 1}, "after": {}}


def test_plan_names_its_actions() -> None:
    made: Plan[Any] = Plan((Delete(read()), Create(read())), read(), read())
    assert made.verbs == ("delete", "create")
    assert (made.unverified, made.warnings) == ((), ())


LISTED = [
    {"task_name": "gone", "task_id": "x", "state": "DELETE"},
    {"task_name": " "},
    {"task_name": "a", "task_id": "fake1", "state": "PAUSED", "destination_type": "OBS", "create_time": 1,
     "last_transfer_timestamp": 2},
    {"task_name": "b"},
]  # fmt: skip


def test_list_is_read_without_deleted_tasks() -> None:
    facts = {"task_id": "fake1", "create_time": 1, "last_transfer_timestamp": 2}
    assert read_transfer_tasks("meters", {"tasks": LISTED}) == [
        TransferTask("meters", "a", "OBS", {}, "PAUSED", facts),
        TransferTask("meters", "b", "", {}, None, dict.fromkeys(facts)),
    ]


def test_id_is_found_by_name() -> None:
    assert find_task_id({"tasks": LISTED}, "a") == "fake1"
    assert find_task_id({"tasks": LISTED}, "b") is None
    assert find_task_id({"tasks": LISTED}, "c") is None


class Api:
    """Records the calls, and raises an error if one is configured."""

    def __init__(self, err: ApiError | None = None) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.err = err
        self.memory = RunMemory()

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any) -> None:
            self.calls.append((name, *args))
            if self.err:
                raise self.err

        return call


def test_each_action_is_one_call() -> None:
    api, task = Api(), read()
    for action in (Create(task), Update(task), Delete(task), Start(task), Stop(task)):
        action.send(api)
    create, update, *others = api.calls
    descriptor = {**SETTINGS, "task_name": "t", "retry_duration": "1800"}
    assert update == (
        "update_transfer_task",
        "meters",
        "t",
        {"destination_type": "DLI", "dli_destination_descriptor": descriptor},
    )
    del descriptor["file_prefix"]
    assert create[3] == {"destination_type": "DLI", "dli_destination_descriptor": descriptor}
    assert create[:3] == ("create_transfer_task", "meters", "t")
    assert others == [
        ("delete_transfer_task", "meters", "t"),
        ("act_on_transfer_task", "meters", "t", "faketask", "start"),
        ("act_on_transfer_task", "meters", "t", "faketask", "stop"),
    ]


def rejected(action: Any, status: int, code: str | None) -> str:
    with pytest.raises(ApiError) as caught:
        action.send(Api(ApiError("do it", status, code, "no")))
    return caught.value.hint


@pytest.mark.parametrize(
    ("strategy", "warning"), [("LATEST", GAP_WARNING), ("TRIM_HORIZON", DUPLICATES_WARNING), (None, GAP_WARNING)]
)
def test_unsupported_update_warns_about_recreating(strategy: Any, warning: str) -> None:
    settings = {name: value for name, value in SETTINGS.items() if name != "consumer_strategy"}
    if strategy:
        settings["consumer_strategy"] = strategy
    update = Update(read()._replace(settings=settings))
    assert rejected(update, 405, None) == f"{NO_UPDATE} {warning}"
    assert "recreate" not in rejected(update, 400, "DIS.4338")


def test_create_rejected_without_a_reason_has_the_region_hint() -> None:
    assert rejected(Create(read()), 400, "DIS.4200").endswith(OBS_ONLY)
    assert rejected(Create(read()), 400, "DIS.9999") == OBS_ONLY
    assert OBS_ONLY not in rejected(Create(read()), 400, "DIS.4338")
    assert OBS_ONLY not in rejected(Create(TransferTask("s", "t", "OBS", {})), 400, "DIS.4200")


@pytest.mark.parametrize(
    ("state", "text"), [("ABNORMAL", "dump log"), ("ERROR", "dump log"), ("UPGRADING", None), (None, None)]
)
def test_hint_of_a_failed_state(state: str | None, text: str | None) -> None:
    hint = trouble_hint(state)
    assert hint == "" if text is None else text in hint


def test_desired_task_is_present_by_default_and_keeps_a_task_paused() -> None:
    desired = DesiredTask(DLI, "meters", "t", {"deliver_time_interval": 60})
    assert str(desired) == 'transfer task "t" of stream "meters"'
    assert (desired.state, desired.always_update) == ("present", ())
    merged = desired.merged_with(read(state="PAUSED"))
    assert merged.state == "stopped"
    assert merged.specified == {**SETTINGS, "deliver_time_interval": 60}
    assert desired.merged_with(read()).state == "present"
    assert desired._replace(state="started").merged_with(read(state="PAUSED")).state == "started"


def test_other_destination_type_is_drift() -> None:
    with pytest.raises(DestinationTypeConflict, match="exists with destination_type OBS, not DLI") as caught:
        plan(DesiredTask(DLI, "meters", "t", {}), TransferTask("meters", "t", "OBS", {}))
    assert caught.value.kind == "drift"
    assert "on_drift: recreate" in caught.value.hint


def test_every_difference_is_reported() -> None:
    desired = DesiredTask(DLI, "meters", "t", {"deliver_time_interval": 60, "file_prefix": "x"})
    with pytest.raises(Drift) as caught:
        plan(desired, read(), "fail")
    assert "deliver_time_interval is 300 and should be 60, file_prefix is '' and should be 'x'" in str(caught.value)


def test_options_missing_for_a_new_task_are_reported_with_the_reason() -> None:
    desired = DesiredTask(DLI, "meters", "t", {name: SETTINGS[name] for name in ("agency_name", "dli_table_name")})
    required = "specify dli_database_name and obs_bucket_path"
    with pytest.raises(InvalidOptions, match=f"does not exist; to create it, {required}"):
        plan(desired, None)
    with pytest.raises(InvalidOptions, match=f'^To replace the transfer task "t" .*, {required}'):
        plan(desired, TransferTask("meters", "t", "OBS", {}), "recreate")


PARTITION = st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20)).map(sorted)


@given(st.lists(PARTITION, min_size=1, max_size=3), st.booleans())
def test_cost_of_a_replacement_counts_records_as_the_service_would(partitions: list[list[int]], latest: bool) -> None:
    """A partition holds the records from the oldest to the next sequence number; the task is somewhere between."""
    names = [f"shardId-{number:010d}" for number in range(len(partitions))]
    facts = {
        "partitions": [
            {"partition_id": name, "last_transfer_offset": offset}
            for name, (_first, offset, _end) in zip(names, partitions, strict=True)
        ]
    }
    old = TransferTask("s", "t", "DLI", {"consumer_strategy": "TRIM_HORIZON"}, "RUNNING", facts)
    ranges = {name: (first, end) for name, (first, _offset, end) in zip(names, partitions, strict=True)}
    cost = recreate_cost(old, "LATEST" if latest else "TRIM_HORIZON", ranges)
    records = [set(range(first, end)) for first, _offset, end in partitions]
    waiting = [
        {one for one in held if one >= offset} for held, (_f, offset, _e) in zip(records, partitions, strict=True)
    ]
    counted = waiting if latest else [held - left for held, left in zip(records, waiting, strict=True)]
    assert cost.effect == ("skipped" if latest else "repeated")
    assert [number for _name, number in cost.partitions] == [len(one) for one in counted]
    assert cost.to_result()["records"] == sum(map(len, counted))
    assert str(sum(map(len, counted))) in str(cost)


@pytest.mark.parametrize("strategy", ["LATEST", "TRIM_HORIZON"])
@pytest.mark.parametrize("ranges", [{}, {"shardId-0000000000": (None, None)}, {"shardId-0000000001": (0, 5)}])
def test_cost_of_a_replacement_stays_unknown(strategy: str, ranges: dict[str, Any]) -> None:
    facts = {"partitions": [{"partition_id": "shardId-0000000000", "last_transfer_offset": 3}]}
    cost = recreate_cost(TransferTask("s", "t", "DLI", {}, "RUNNING", facts), strategy, ranges)
    assert cost.records is None
    assert str(cost) == "The number of these records is unknown."


def test_records_of_a_task_with_an_unknown_start_are_not_guessed() -> None:
    facts = {"partitions": [{"partition_id": "0", "last_transfer_offset": 0}]}
    old = TransferTask("s", "t", "DLI", {"consumer_strategy": "LATEST"}, "RUNNING", facts)
    assert recreate_cost(old, "LATEST", {"shardId-0000000000": (0, 5)}).records is None
    assert recreate_cost(old, "TRIM_HORIZON", {"shardId-0000000000": (0, 5)}).records == 0
