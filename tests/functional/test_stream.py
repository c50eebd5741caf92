# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Streams over real HTTP: every state with its dry run and its quiet repeat, refusals, lost answers, waiting."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.otc.dis.plugins.module_utils._core import plan as _wait

if TYPE_CHECKING:
    from conftest import Run

    from otc_emulator.runner import Emulator

EPS = "5d2f7f8e-0c1b-4a57-9d0e-6a1f2b3c4d5e"
SCHEMA = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}]}
BOUNDS = {"auto_scale_min_partition_count": 1, "auto_scale_max_partition_count": 6}
SCALING = {"auto_scale_enabled": True, **BOUNDS}
EVERYTHING: dict[str, Any] = {
    "partition_count": 2,
    "stream_type": "ADVANCED",
    "data_type": "CSV",
    "data_duration": 48,
    "data_schema": SCHEMA,
    "csv_properties": {"delimiter": "\t"},
    "compression_format": "gzip",
    **SCALING,
    "enterprise_project_id": EPS,
    "tags": {"team": "billing", "empty": ""},
}
OPERATION = {
    "create": "create_stream",
    "update": "update_stream",
    "update_auto_scaling": "update_auto_scaling",
    "update_partition_count": "change_partition_count",
    "tag": "act_on_stream_tags",
    "untag": "act_on_stream_tags",
    "delete": "delete_stream",
}


def put(emulator: Emulator, **stream: Any) -> None:
    """Put the stream behind the module's back."""
    there = {"name": "orders", "partition_count": 2, "retention_period": 48, "tags": {"team": "billing"}}
    emulator.seed(streams=[{**there, **stream}])


def names(emulator: Emulator) -> list[str]:
    """The streams that there are."""
    return sorted(one for project in emulator.state()["projects"].values() for one in project["streams"])


# --- the state table ---

ABSENT: dict[str, Any] = {"state": "absent"}
CELLS: dict[str, tuple[dict[str, Any] | None, dict[str, Any], list[str]]] = {
    # existing stream, requested options, executed actions
    "missing-present": (None, {"partition_count": 2}, ["create"]),
    "missing-everything": (None, EVERYTHING, ["create"]),
    "missing-absent": (None, ABSENT, []),
    "same-present": ({}, {"partition_count": 2, "data_duration": 48, "tags": {"team": "billing"}}, []),
    "same-name_alone": ({}, {}, []),
    "same-fail": ({}, {"partition_count": 2, "on_drift": "fail"}, []),
    "same-recreate": ({}, {"partition_count": 2, "on_drift": "recreate"}, []),
    "same-absent": ({}, ABSENT, ["delete"]),
    "up": ({}, {"partition_count": 5}, ["update_partition_count"]),
    "down": ({}, {"partition_count": 1}, ["update_partition_count"]),
    "up-recreate": ({}, {"partition_count": 3, "on_drift": "recreate"}, ["update_partition_count"]),
    "retention": ({}, {"data_duration": 72}, ["update"]),
    "data_type": ({}, {"data_type": "CSV"}, ["update"]),
    "schema": ({}, {"data_schema": SCHEMA}, ["update"]),
    "scaling_on": ({}, SCALING, ["update_auto_scaling"]),
    "scaling_off": (
        {"auto_scaling": {"enabled": True, "lowest": 1, "highest": 6}},
        {"auto_scale_enabled": False},
        ["update_auto_scaling"],
    ),
    "scaling_bound": (
        {"auto_scaling": {"enabled": True, "lowest": 1, "highest": 6}},
        {"auto_scale_enabled": True, "auto_scale_max_partition_count": 8},
        ["update_auto_scaling"],
    ),
    "tag_more": ({}, {"tags": {"team": "billing", "stage": "test"}}, ["tag"]),
    "tag_other_value": ({}, {"tags": {"team": "web"}}, ["tag"]),
    "tag_other_key": ({}, {"tags": {"stage": 5}}, ["untag", "tag"]),
    "tag_more_kept": ({}, {"tags": {"stage": "test"}, "purge_tags": False}, ["tag"]),
    "tag_none": ({}, {"tags": {}}, ["untag"]),
    "tag_none_kept": ({}, {"tags": {}, "purge_tags": False}, []),
    "all_in_place": (
        {},
        {"partition_count": 3, "data_duration": 24, "tags": {"a": "b"}},
        ["update", "untag", "tag", "update_partition_count"],
    ),
    "type-recreate": ({}, {"stream_type": "ADVANCED", "on_drift": "recreate"}, ["delete", "create"]),
    "retention-recreate": ({}, {"data_duration": 72, "on_drift": "recreate"}, ["delete", "create"]),
    "drift-absent": ({}, {**ABSENT, "stream_type": "ADVANCED", "on_drift": "fail"}, ["delete"]),
    "frozen-present": ({"status": "FROZEN"}, {"partition_count": 2}, []),
    "frozen-absent": ({"status": "FROZEN"}, ABSENT, ["delete"]),
}


@pytest.mark.quick
@pytest.mark.parametrize(("there", "asked", "actions"), CELLS.values(), ids=CELLS)
def test_cell_is_executed_as_predicted_by_the_dry_run(
    run_stream: Run, emulator: Emulator, there: dict[str, Any] | None, asked: dict[str, Any], actions: list[str]
) -> None:
    if there is not None:
        put(emulator, **there)

    dry = run_stream(check=True, diff=True, **asked).ok()
    assert dry.actions == actions
    assert dry.writes == []

    real = run_stream(diff=True, **asked).ok()
    assert real.actions == actions
    assert [entry["operation"] for entry in real.writes] == [OPERATION[verb] for verb in actions]
    assert (dry.changed, dry.diff, dry.warnings, dry.unverified) == (
        real.changed,
        real.diff,
        real.warnings,
        real.unverified,
    )
    assert (real.diff["before"] == real.diff["after"]) is not real.changed

    if asked.get("state") == "absent":
        assert (real.stream, names(emulator)) == (None, ["meters"])
    else:
        assert names(emulator) == ["meters", "orders"]
        for name in set(asked) - {"on_drift", "purge_tags", "data_schema", "tags"}:
            assert real.stream[name] == dry.stream[name] == asked[name]
        if asked.get("tags") and asked.get("purge_tags", True):
            assert real.stream["tags"] == {key: str(value) for key, value in asked["tags"].items()}
        if "data_schema" in asked:
            assert json.loads(real.stream["data_schema"]) == SCHEMA

    again = run_stream(diff=True, **asked).ok()
    assert (again.changed, again.actions, again.writes) == (False, [], [])
    assert again.diff["before"] == again.diff["after"]
    assert again.operations == ["show_stream"]


def test_create_sends_only_necessary_requests(run_stream: Run) -> None:
    result = run_stream(partition_count=1).ok()
    assert result.operations == ["show_stream", "create_stream", "show_stream"]
    assert result.writes[0]["body"] == {
        "stream_name": "orders",
        "partition_count": 1,
        "stream_type": "COMMON",
        "data_type": "BLOB",
        "data_duration": 24,
        "auto_scale_enabled": False,
    }
    assert result.stream["status"] == "RUNNING"
    assert result.stream["stream_id"]
    assert [one["partition_id"] for one in result.stream["partitions"]] == ["shardId-0000000000"]


def test_aliases_are_understood(run_stream: Run) -> None:
    result = run_stream(stream_name=None, name="orders", partition_count=1, retention_period=72).ok()
    assert result.stream["data_duration"] == 72


def test_schema_in_yaml_and_as_text_are_the_same(run_stream: Run) -> None:
    assert run_stream(partition_count=1, data_schema=SCHEMA).ok().actions == ["create"]
    assert run_stream(data_schema=json.dumps(SCHEMA, indent=2, sort_keys=True)).ok().actions == []
    assert run_stream(check=True, data_schema={**SCHEMA, "name": "Other"}).ok().actions == ["update"]


SAMPLE: dict[str, Any] = {"id": "o-1", "amount": 2.5, "lines": [{"sku": "a"}]}
FROM_SAMPLE = {"data_schema": SAMPLE, "data_schema_from": "sample"}


@pytest.mark.quick
def test_schema_is_derived_from_a_sample_and_stays(run_stream: Run, emulator: Emulator) -> None:
    options = {"partition_count": 1, "data_type": "JSON", **FROM_SAMPLE}
    dry = run_stream(check=True, diff=True, **options).ok()
    real = run_stream(diff=True, **options).ok()
    assert (dry.actions, dry.diff, dry.writes) == (["create"], real.diff, [])
    assert dry.operations == ["show_stream", "derive_schema"]
    assert real.operations == ["show_stream", "derive_schema", "create_stream", "show_stream"]
    (asked,) = (one["body"] for one in real.log if one["operation"] == "derive_schema")
    assert json.loads(asked["source_data_sample"]) == SAMPLE
    fields = json.loads(real.stream["data_schema"])["fields"]
    assert [one["name"] for one in fields] == list(SAMPLE)
    for check in (True, False):
        again = run_stream(check=check, **options).ok()
        assert (again.changed, again.operations) == (False, ["show_stream", "derive_schema"])
    assert not run_stream(data_schema=json.dumps(SAMPLE), data_schema_from="sample").ok().changed
    changed = run_stream(data_schema={"id": 5}, data_schema_from="sample", diff=True).ok()
    assert changed.actions == ["update"]
    assert [one["type"] for one in json.loads(changed.stream["data_schema"])["fields"]] == ["int"]
    assert run_stream(**ABSENT, **FROM_SAMPLE).ok().operations == ["show_stream", "delete_stream", "show_stream"]


def test_schema_of_a_sample_is_derived_once_a_run(run_stream: Run, emulator: Emulator) -> None:
    emulator.configure(stream_create_delay=0.3)
    result = run_stream(partition_count=1, **FROM_SAMPLE).ok()
    assert result.operations.count("derive_schema") == 1
    put(emulator, data_type="JSON")
    made = run_stream(**FROM_SAMPLE, on_drift="recreate", stream_type="ADVANCED").ok()
    assert (made.actions, made.operations.count("derive_schema")) == (["delete", "create"], 1)
    assert made.stream["data_schema"] == result.stream["data_schema"]


@pytest.mark.parametrize("check", [True, False], ids=["dry", "real"])
def test_region_that_derives_no_schemas_wants_one(run_stream: Run, emulator: Emulator, check: bool) -> None:
    emulator.configure(schema_derivation_enabled=False)
    result = run_stream(check=check, partition_count=1, **FROM_SAMPLE).bad()
    assert (result.error["kind"], result.error["code"], result.done) == ("unsupported", "APIG.0101", [])
    assert "set data_schema to an Avro schema" in result.error["hint"]
    assert (result.writes, names(emulator)) == ([], ["meters"])


def test_sample_that_the_service_rejects_is_reported(run_stream: Run, emulator: Emulator) -> None:
    result = run_stream(partition_count=1, data_schema={}, data_schema_from="sample").bad()
    assert result.msg.startswith("Cannot derive a schema from the sample in data_schema:")
    assert (result.error["kind"], result.writes) == ("rejected", [])
    assert "as JSON" in result.error["hint"]
    emulator.fault("status", operation="derive_schema", status=200, body={"schema": ""}, times=0)
    assert "contains no schema" in run_stream(partition_count=1, **FROM_SAMPLE).bad().msg


def test_update_resends_the_retention(run_stream: Run, emulator: Emulator) -> None:
    put(emulator)
    emulator.configure(absent_duration_resets=True)
    result = run_stream(data_type="CSV").ok()
    (write,) = result.writes
    assert write["body"] == {"stream_name": "orders", "data_duration": 48, "data_type": "CSV"}
    assert write["path"].startswith("/v3/")
    assert result.stream["data_duration"] == 48


def test_tags_are_changed_by_their_difference(run_stream: Run, emulator: Emulator) -> None:
    put(emulator, tags={"keep": "1", "change": "old", "drop": "x"})
    result = run_stream(tags={"keep": 1, "change": "new", "fresh": ""}).ok()
    untag, tag = (entry["body"] for entry in result.writes)
    assert untag == {"action": "delete", "tags": [{"key": "drop", "value": "x"}]}
    assert tag["action"] == "create"
    assert sorted(one["key"] for one in tag["tags"]) == ["change", "fresh"]
    assert emulator.stream("orders")["tags"] == {"keep": "1", "change": "new", "fresh": ""}
    assert result.stream["tags"] == {"keep": "1", "change": "new", "fresh": ""}


def test_tags_missing_in_details_are_requested(run_stream: Run, emulator: Emulator) -> None:
    put(emulator)
    stream_id = emulator.stream("orders")["stream_id"]
    body = {"stream_id": stream_id, "status": "RUNNING", "writable_partition_count": 2}
    emulator.fault("status", operation="show_stream", status=200, body=body, times=0)
    result = run_stream(tags={"team": "billing"}).ok()
    assert (result.operations, result.changed) == (["show_stream", "list_stream_tags"], False)
    assert run_stream(tags={"team": "web"}).ok().actions == ["tag"]
    assert run_stream(partition_count=2).ok().operations == ["show_stream"]


def test_recreate_keeps_unspecified_settings_and_warns_of_the_consequences(run_stream: Run, emulator: Emulator) -> None:
    put(emulator, data_type="CSV", delimiter=";", data_schema=json.dumps(SCHEMA), compression_format="zip",
        tasks=["t"])  # fmt: skip
    old = emulator.stream("orders")
    emulator.configure(stream_delete_delay=0.3, stream_create_delay=0.2)
    result = run_stream(stream_type="ADVANCED", on_drift="recreate").ok()
    assert result.actions == ["delete", "create"]
    assert result.stream["stream_id"] != old["stream_id"]
    expected = {
        "stream_type": "ADVANCED",
        "status": "RUNNING",
        "partition_count": 2,
        "data_type": "CSV",
        "data_duration": 48,
        "csv_properties": {"delimiter": ";"},
        "compression_format": "zip",
        "tags": {"team": "billing"},
    }
    assert {name: result.stream[name] for name in expected} == expected
    assert json.loads(result.stream["data_schema"]) == SCHEMA
    assert len(result.warnings) == 1
    for word in ("records", "transfer tasks", "checkpoints"):
        assert word in result.warnings[0]


def test_recreate_waits_for_the_name_even_without_wait(run_stream: Run, emulator: Emulator) -> None:
    put(emulator)
    emulator.configure(stream_delete_delay=0.3)
    result = run_stream(compression_format="zip", on_drift="recreate", wait=False).ok()
    assert result.actions == ["delete", "create"]
    assert result.stream["compression_format"] == "zip"


def test_recreate_that_times_out_reports_executed_actions(run_stream: Run, emulator: Emulator) -> None:
    put(emulator)
    emulator.configure(stream_delete_delay=60)
    result = run_stream(compression_format="zip", on_drift="recreate", wait_timeout=0.3).bad()
    assert result.done == ["delete"]
    assert "the new one was not created" in result.msg
    assert "TERMINATING" in result.msg


# --- partitions ---


def test_scaled_away_partitions_do_not_count(run_stream: Run, emulator: Emulator) -> None:
    put(emulator, partition_count=3)
    result = run_stream(partition_count=1).ok()
    assert [one["status"] for one in result.stream["partitions"]] == ["ACTIVE", "DELETED", "DELETED"]
    reported = ("partition_count", "writable_partition_count", "readable_partition_count")
    assert [result.stream[name] for name in reported] == [1, 1, 3]
    assert result.stream["update_partition_counts"][0]["target_partition_count"] == 1
    assert run_stream(partition_count=1).ok().actions == []
    assert run_stream(partition_count=2).ok().actions == ["update_partition_count"]


def test_all_pages_of_partitions_are_read(run_stream: Run, emulator: Emulator) -> None:
    put(emulator, partition_count=2005)
    result = run_stream(partition_count=2005).ok()
    assert (result.changed, result.operations) == (False, ["show_stream"] * 3)
    assert len({one["partition_id"] for one in result.stream["partitions"]}) == 2005
    starts = [entry["query"].get("start_partitionId") for entry in result.requests("dis")]
    assert starts == [None, "shardId-0000000999", "shardId-0000001999"]


@pytest.mark.parametrize("target", [4, 1])
def test_scaling_is_waited_for(run_stream: Run, emulator: Emulator, target: int) -> None:
    put(emulator)
    emulator.configure(scaling_delay=0.3)
    result = run_stream(partition_count=target).ok()
    assert (result.actions, result.stream["writable_partition_count"]) == (["update_partition_count"], target)
    assert result.seconds >= 0.25
    assert len(result.writes) == 1


def test_scaling_without_wait_returns_the_observed_state(run_stream: Run, emulator: Emulator) -> None:
    put(emulator)
    emulator.configure(scaling_delay=60)
    result = run_stream(partition_count=4, wait=False).ok()
    assert (result.stream["partition_count"], result.stream["writable_partition_count"]) == (4, 2)
    again = run_stream(partition_count=4, wait=False).ok()
    assert (again.changed, again.writes) == (False, [])
    late = run_stream(partition_count=4, wait_timeout=0.3).bad()
    assert "has 2 writable partitions" in late.msg
    assert (late.changed, late.writes) == (False, [])


def test_scaling_that_fails_fails_at_once_with_the_reason(run_stream: Run, emulator: Emulator) -> None:
    put(emulator)
    emulator.configure(scaling_result="failure")
    for _turn in range(2):  # the second time an older failure is on record, too
        emulator.configure(scaling_delay=0.2)
        result = run_stream(partition_count=4).bad()
        assert result.done == ["update_partition_count"]
        assert "could not change the partition count" in result.msg
        assert "from 2 to 4: " in result.msg
        assert 0.15 < result.seconds < 5
    emulator.configure(scaling_result="success")
    assert run_stream(partition_count=4).ok().stream["writable_partition_count"] == 4


def test_scaling_that_takes_too_long_fails_with_both_numbers(run_stream: Run, emulator: Emulator) -> None:
    put(emulator)
    emulator.configure(scaling_delay=60)
    result = run_stream(partition_count=1, wait_timeout=0.3).bad()
    assert "has 2 writable partitions" in result.msg
    assert "not 1." in result.msg
    assert result.done == ["update_partition_count"]


def test_partitions_within_the_bounds_are_left_to_the_service(run_stream: Run, emulator: Emulator) -> None:
    put(emulator, partition_count=5, auto_scaling={"enabled": True, "lowest": 1, "highest": 6})
    assert run_stream(partition_count=2, **SCALING).ok().actions == []
    emulator.patch_stream("orders", partition_count=7)
    assert run_stream(partition_count=2, **SCALING).ok().actions == ["update_partition_count"]


# --- life cycle ---


def test_create_waits_until_running(run_stream: Run, emulator: Emulator) -> None:
    emulator.configure(stream_create_delay=0.3)
    result = run_stream(partition_count=1).ok()
    assert result.stream["status"] == "RUNNING"
    assert result.seconds >= 0.25


def test_create_without_wait_takes_two_requests_and_returns_the_plan(run_stream: Run, emulator: Emulator) -> None:
    emulator.configure(stream_create_delay=0.4)
    created = run_stream(partition_count=1, wait=False).ok()
    assert (created.stream["status"], created.operations) == ("RUNNING", ["show_stream", "create_stream"])
    waited = run_stream(partition_count=1).ok()
    assert (waited.stream["status"], waited.changed) == ("RUNNING", False)


@pytest.mark.parametrize("status", ["FROZEN", "CREATING"])
def test_create_that_does_not_run_is_reported(run_stream: Run, emulator: Emulator, status: str) -> None:
    emulator.configure(stream_create_delay=0.1, stream_create_result=status)
    result = run_stream(partition_count=1, wait_timeout=0.5).bad()
    assert f"is {status} after" in result.msg
    assert result.done == ["create"]


def test_change_of_a_stream_that_is_being_created_waits_for_it(run_stream: Run, emulator: Emulator) -> None:
    emulator.configure(stream_create_delay=0.4)
    assert run_stream(partition_count=2, wait=False).ok().actions == ["create"]
    result = run_stream(partition_count=3, tags={"a": "b"}).ok()
    assert result.actions == ["tag", "update_partition_count"]
    assert (result.stream["writable_partition_count"], result.stream["tags"]) == (3, {"a": "b"})


def test_change_of_a_stream_that_is_being_created_fails_without_wait(run_stream: Run, emulator: Emulator) -> None:
    emulator.configure(stream_create_delay=60)
    assert run_stream(partition_count=2, wait=False).ok().actions == ["create"]
    result = run_stream(partition_count=3, wait=False).bad()
    assert (result.error["code"], result.done) == ("DIS.4205", [])
    assert "is CREATING" in result.error["hint"]


def test_frozen_stream_is_reported_and_its_change_refused(run_stream: Run, emulator: Emulator) -> None:
    put(emulator, status="FROZEN")
    same = run_stream(partition_count=2).ok()
    assert same.stream["status"] == "FROZEN"
    assert "FROZEN" in same.warnings[0]
    changed = run_stream(partition_count=3).bad()
    assert (changed.error["code"], changed.done) == ("DIS.4205", [])
    assert "is FROZEN" in changed.error["hint"]


def test_delete_waits_until_gone(run_stream: Run, emulator: Emulator) -> None:
    put(emulator)
    emulator.configure(stream_delete_delay=0.3)
    result = run_stream(state="absent").ok()
    assert (result.actions, result.stream) == (["delete"], None)
    assert result.seconds >= 0.25
    assert names(emulator) == ["meters"]


def test_delete_that_takes_too_long_fails(run_stream: Run, emulator: Emulator) -> None:
    put(emulator)
    emulator.configure(stream_delete_delay=60)
    result = run_stream(state="absent", wait_timeout=0.3).bad()
    assert "still exists (TERMINATING)" in result.msg
    assert result.done == ["delete"]


@pytest.mark.parametrize("wait", [True, False])
def test_stream_that_is_being_deleted_counts_as_absent(run_stream: Run, emulator: Emulator, wait: bool) -> None:
    put(emulator)
    emulator.configure(stream_delete_delay=0.4 if wait else 60)
    assert run_stream(state="absent", wait=False).ok().actions == ["delete"]
    assert run_stream(check=True, state="absent").ok().actions == []
    result = run_stream(state="absent", wait=wait, diff=True).ok()
    assert (result.changed, result.stream, result.writes) == (False, None, [])
    assert result.diff == {"before": {}, "after": {}}
    assert names(emulator) == (["meters"] if wait else ["meters", "orders"])


def test_create_waits_for_the_name_of_a_stream_that_is_being_deleted(run_stream: Run, emulator: Emulator) -> None:
    put(emulator)
    emulator.configure(stream_delete_delay=0.4)
    assert run_stream(state="absent", wait=False).ok().actions == ["delete"]
    dry = run_stream(check=True, diff=True, partition_count=1).ok()
    real = run_stream(diff=True, partition_count=1).ok()
    assert dry.actions == real.actions == ["create"]
    assert dry.diff == real.diff
    assert real.diff["before"] == {}
    assert (real.stream["status"], real.stream["partition_count"]) == ("RUNNING", 1)
    assert [entry["operation"] for entry in real.writes] == ["create_stream"]


def test_diffs_of_creation_and_deletion_show_the_same_members(run_stream: Run) -> None:
    created = run_stream(partition_count=1, diff=True).ok().diff
    deleted = run_stream(state="absent", diff=True).ok().diff
    assert (created["before"], deleted["after"]) == ({}, {})
    assert created["after"] == deleted["before"]


def test_stream_that_is_terminated_is_gone(run_stream: Run, emulator: Emulator) -> None:
    body = {"stream_id": "s1", "status": "TERMINATED"}
    emulator.fault("status", operation="show_stream", status=200, body=body)
    assert run_stream(partition_count=1).ok().actions == ["create"]


@pytest.mark.parametrize("status", [400, 404, 410])
def test_any_response_for_a_missing_stream_is_recognized(run_stream: Run, emulator: Emulator, status: int) -> None:
    emulator.configure(missing_status=status)
    assert run_stream(state="absent").ok().actions == []
    assert run_stream(partition_count=1).ok().actions == ["create"]


# --- what is refused ---


FIXED = [
    ({"stream_type": "ADVANCED"}, "stream_type is 'COMMON' and should be 'ADVANCED'"),
    ({"compression_format": "zip"}, "compression_format is '' and should be 'zip'"),
    (
        {"csv_properties": {"delimiter": ","}},
        "csv_properties is {'delimiter': ';'} and should be {'delimiter': ','}",
    ),
    ({"enterprise_project_id": EPS}, f"enterprise_project_id is '0' and should be '{EPS}'"),
]


@pytest.mark.parametrize("check", [True, False], ids=["dry", "real"])
@pytest.mark.parametrize(("asked", "reported"), FIXED, ids=[next(iter(one[0])) for one in FIXED])
def test_immutable_setting_is_rejected_without_a_write(
    run_stream: Run, emulator: Emulator, asked: dict[str, Any], reported: str, check: bool
) -> None:
    put(emulator, delimiter=";")
    result = run_stream(check=check, partition_count=5, tags={}, **asked).bad()
    assert reported in result.msg
    assert "Nothing was changed" in result.msg
    assert "on_drift: recreate" in result.error["hint"]
    assert "deletes its records" in result.error["hint"]
    assert (result.operations, result.changed) == (["show_stream"], False)


@pytest.mark.parametrize("check", [True, False], ids=["dry", "real"])
def test_drift_with_fail_names_everything_without_a_write(run_stream: Run, emulator: Emulator, check: bool) -> None:
    put(emulator)
    result = run_stream(check=check, on_drift="fail", partition_count=3, data_duration=24, tags={"team": "x"}).bad()
    for reported in (
        "partition_count is 2 and should be 3",
        "data_duration is 48 and should be 24",
        "tags is {'team': 'billing'} and should be {'team': 'x'}",
    ):
        assert reported in result.msg
    assert (result.operations, result.changed) == (["show_stream"], False)


@pytest.mark.parametrize("check", [True, False], ids=["dry", "real"])
def test_missing_stream_without_partition_count_is_refused(run_stream: Run, check: bool) -> None:
    result = run_stream(check=check, data_duration=48).bad()
    assert "to create it, specify partition_count" in result.msg
    assert result.operations == ["show_stream"]


def test_switching_on_without_bounds_is_refused(run_stream: Run, emulator: Emulator) -> None:
    put(emulator)
    result = run_stream(auto_scale_enabled=True).bad()
    assert "specify auto_scale_min_partition_count and auto_scale_max_partition_count" in result.msg
    assert result.operations == ["show_stream"]


BROKEN = [
    *[({"stream_name": value}, "1 to 64 letters, digits, _ or -") for value in ("", "a" * 65, "a/b", "..", "ä", "a\n")],
    ({"partition_count": 0}, "partition_count is 0"),
    ({"data_duration": 23}, "from 24 to 168"),
    ({"data_duration": 169}, "from 24 to 168"),
    ({"data_schema": "{not json"}, "a JSON document"),
    ({"csv_properties": {"delimiter": ""}}, "csv_properties.delimiter"),
    ({**SCALING, "auto_scale_min_partition_count": 0}, "at least 1"),
    ({**SCALING, "auto_scale_min_partition_count": 7}, "must not exceed"),
    ({"enterprise_project_id": "mine"}, "a UUID"),
    ({"tags": {"k" * 37: ""}}, "1 to 36 characters"),
    ({"tags": {"k": "v" * 44}}, "at most 43 characters"),
    ({"tags": {"k": {"nested": 1}}}, "must be a string"),
    ({"tags": {f"k{number}": "" for number in range(11)}}, "at most 10"),
    ({"wait_timeout": 0}, "wait_timeout"),
    ({"data_schema_from": "sample", "data_schema": "id;amount"}, "a JSON document"),
    ({"data_schema_from": "sample", "data_schema": json.dumps("x" * 2**20)}, "at most 1048576"),
]


@pytest.mark.parametrize(("asked", "words"), BROKEN, ids=lambda one: str(one)[:60])
def test_rule_broken_is_refused_before_any_request(run_stream: Run, asked: dict[str, Any], words: str) -> None:
    result = run_stream(**{"partition_count": 1, **asked}).bad()
    assert words in result.msg
    assert (result.changed, result.log) == (False, [])


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"stream_name": None}, "missing required arguments"),
        ({"state": "running"}, "present, absent"),
        ({"stream_type": "BIG"}, "COMMON, ADVANCED"),
        ({"data_type": "BLOG"}, "BLOB, JSON, CSV"),
        ({"compression_format": "rar"}, "snappy"),
        ({"csv_properties": {}}, "delimiter"),
        ({"auto_scale_min_partition_count": 1}, "auto_scale_enabled"),
        ({"tags": [1]}, "dict"),
        ({"data_schema_from": "csv", "data_schema": "{}"}, "schema, sample"),
        ({"data_schema_from": "sample"}, "data_schema_from is sample"),
        ({"data_schema_from": "sample", "data_schema": ""}, "data_schema_from is sample"),
    ],
    ids=str,
)
def test_value_of_a_wrong_kind_is_refused_before_any_request(
    run_stream: Run, asked: dict[str, Any], words: str
) -> None:
    result = run_stream(**{"partition_count": 1, **asked})
    assert result.failed
    assert words in result.msg
    assert result.log == []


def test_rules_broken_are_all_named_at_once(run_stream: Run) -> None:
    result = run_stream(partition_count=0, data_duration=5, tags={"": ""}).bad()
    for reported in ("partition_count is 0", "data_duration is 5", "the key ''"):
        assert reported in result.msg


REFUSALS = [
    ("create", {"partition_count": 51}, {}, "DIS.4308", "quota"),
    ("create", {"data_duration": 168}, {}, "DIS.4200", "72 hours"),
    ("create", {"data_schema": {"no": "avro"}}, {}, "DIS.4360", "Avro"),
    ("create", {"data_type": "CSV"}, {"offered_data_types": ["BLOB"]}, "DIS.4200", "support data_type BLOB only"),
    ("update", {"data_duration": 168}, {}, "DIS.4200", "72 hours"),
    ("update", {"data_schema": {"no": "avro"}}, {}, "DIS.4360", "Avro"),
    ("update_partition_count", {"partition_count": 51}, {}, "DIS.4308", "quota"),
    ("tag", {"tags": {"a b": ""}, "purge_tags": False}, {}, "DIS.4200", "rejected a value"),
    ("tag", {"tags": dict.fromkeys("abcdefghij", ""), "purge_tags": False}, {}, "DIS.4601", "purge_tags"),
]


@pytest.mark.parametrize(("verb", "asked", "region", "code", "hint"), REFUSALS, ids=str)
def test_refusal_is_passed_on_with_a_hint(
    run_stream: Run, emulator: Emulator, verb: str, asked: dict[str, Any], region: dict[str, Any], code: str, hint: str
) -> None:
    if verb != "create":
        put(emulator)
    emulator.configure(**region)
    result = run_stream(**{**({"partition_count": 1} if verb == "create" else {}), **asked}).bad()
    assert result.error["code"] == code
    assert hint in result.error["hint"]
    assert (result.changed, result.done, len(result.writes)) == (False, [], 1)


def test_long_retention_is_accepted_where_the_region_has_it(run_stream: Run, emulator: Emulator) -> None:
    emulator.configure(long_retention=True)
    assert run_stream(partition_count=1, data_duration=168).ok().stream["data_duration"] == 168


def test_scaling_too_often_is_refused_and_not_repeated(run_stream: Run, emulator: Emulator) -> None:
    put(emulator)
    emulator.configure(scalings_per_hour=1)
    assert run_stream(partition_count=3).ok().changed
    result = run_stream(partition_count=4).bad()
    assert result.error["code"] == "DIS.4200"
    assert "too often" in result.msg
    assert len(result.writes) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 404, "code": "APIG.0101"},
        {"status": 404, "body": ""},
        {"status": 405, "body": "no such method"},
        {"status": 400, "code": "DIS.4200"},
    ],
    ids=str,
)
def test_region_without_updates_reports_immutable_settings_and_consequences(
    run_stream: Run, emulator: Emulator, fault: dict[str, Any]
) -> None:
    put(emulator)
    emulator.fault("status", operation="update_stream", times=0, **fault)
    result = run_stream(data_duration=72, data_type="CSV", partition_count=4, tags={}).bad()
    for reported in ("data_duration is 48 and should be 72", "data_type is 'JSON' and should be 'CSV'", "recreate"):
        assert reported in result.error["hint"]
    for price in ("records", "transfer tasks", "checkpoints"):
        assert price in result.error["hint"]
    assert (result.changed, result.done, len(result.writes)) == (False, [], 1)


def test_auto_scaling_is_changed_by_its_own_operation(run_stream: Run, emulator: Emulator) -> None:
    put(emulator)
    emulator.configure(stream_update_enabled=False)
    result = run_stream(**SCALING).ok()
    assert result.operations == ["show_stream", "update_auto_scaling", "show_stream"]
    assert result.writes[0]["body"] == {"update_type": "AUTO_SCALE", **SCALING}
    assert run_stream(**SCALING).ok().actions == []
    assert run_stream(auto_scale_enabled=False).ok().stream["auto_scale_enabled"] is False


@pytest.mark.parametrize("general", [True, False])
def test_auto_scaling_falls_back_to_the_general_update(run_stream: Run, emulator: Emulator, general: bool) -> None:
    """An older region takes automatic scaling in the general update alone; without either, the price is named."""
    put(emulator)
    emulator.configure(auto_scaling_update_enabled=False, stream_update_enabled=general)
    result = run_stream(**SCALING)
    assert [one["operation"] for one in result.writes] == ["update_auto_scaling", "update_stream"]
    if general:
        assert result.ok().stream["auto_scale_enabled"] is True
    else:
        assert "auto_scale_enabled is False and should be True" in result.bad().error["hint"]
        assert "delete and recreate the stream" in result.error["hint"]
        assert (result.changed, result.done) == (False, [])


def test_region_without_updates_replaces_on_request(run_stream: Run, emulator: Emulator) -> None:
    put(emulator)
    emulator.configure(stream_update_enabled=False)
    assert "does not support updating" in run_stream(data_duration=72).bad().error["hint"]
    result = run_stream(data_duration=72, on_drift="recreate").ok()
    assert (result.actions, result.stream["data_duration"]) == (["delete", "create"], 72)


@pytest.mark.parametrize("wait", [True, False])
def test_update_that_is_accepted_and_not_made_is_found_out(
    run_stream: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, wait: bool
) -> None:
    monkeypatch.setattr(_wait, "GRACE", 0.2)
    put(emulator)
    emulator.fault("status", operation="update_stream", status=204, body="")
    result = run_stream(data_duration=72, wait=wait).bad()
    assert "still reports other settings: data_duration is 48 and should be 72" in result.msg
    assert result.done == ["update"]


def test_tags_that_are_accepted_and_not_set_are_found_out(
    run_stream: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_wait, "GRACE", 0.2)
    put(emulator)
    emulator.fault("status", operation="act_on_stream_tags", status=204, body="")
    result = run_stream(tags={"stage": "test"}, purge_tags=False).bad()
    assert "tags is {'team': 'billing'} and should be {'team': 'billing', 'stage': 'test'}" in result.msg
    assert result.done == ["tag"]


def test_tags_of_a_stream_without_an_id_cannot_be_changed(run_stream: Run, emulator: Emulator) -> None:
    body = {"status": "RUNNING", "writable_partition_count": 1, "tags": []}
    emulator.fault("status", operation="show_stream", status=200, body=body, times=0)
    result = run_stream(tags={"a": "b"}).bad()
    assert "does not report the ID" in result.msg
    assert result.writes == []


def test_create_that_ignores_settings_warns(run_stream: Run, emulator: Emulator) -> None:
    body = {"stream_id": "s1", "status": "RUNNING", "writable_partition_count": 1, "tags": []}
    emulator.fault("status", operation="show_stream", skip=1, status=200, body=body)
    result = run_stream(partition_count=1, compression_format="zip", tags={"a": "b"}).ok()
    assert result.actions == ["create"]
    assert "compression_format is '' and should be 'zip'" in result.warnings[0]
    assert "tags is {}" in result.warnings[0]


# --- concurrent writers and lost responses ---

GONE = {"status": 400, "code": "DIS.4301"}


def test_concurrent_create_with_the_same_settings_is_no_change(run_stream: Run, emulator: Emulator) -> None:
    put(emulator)
    emulator.fault("status", operation="show_stream", **GONE)
    result = run_stream(partition_count=2, data_duration=48).ok()
    assert (result.changed, result.operations) == (False, ["show_stream", "create_stream", "show_stream"])


def test_concurrent_create_with_other_settings_is_drift(run_stream: Run, emulator: Emulator) -> None:
    put(emulator)
    emulator.fault("status", operation="show_stream", **GONE)
    result = run_stream(partition_count=2, stream_type="ADVANCED").bad()
    assert "stream_type is 'COMMON' and should be 'ADVANCED'" in result.msg
    assert (result.changed, result.done) == (False, [])


def test_concurrent_delete_is_no_change(run_stream: Run, emulator: Emulator) -> None:
    body = {"stream_id": "s1", "status": "RUNNING", "writable_partition_count": 1}
    emulator.fault("status", operation="show_stream", status=200, body=body)
    result = run_stream(state="absent").ok()
    assert (result.changed, result.operations) == (False, ["show_stream", "delete_stream", "show_stream"])


def test_any_not_found_response_to_a_delete_is_recognized(run_stream: Run, emulator: Emulator) -> None:
    body = {"stream_id": "s1", "status": "RUNNING", "writable_partition_count": 1}
    emulator.fault("status", operation="show_stream", status=200, body=body)
    emulator.fault("status", operation="delete_stream", status=404, body="")
    assert run_stream(state="absent").ok().changed is False


def test_create_with_a_name_that_is_not_free_yet_is_repeated(run_stream: Run, emulator: Emulator) -> None:
    emulator.fault("status", operation="create_stream", status=400, code="DIS.4307", times=2)
    result = run_stream(partition_count=1).ok()
    assert (result.actions, len(result.writes)) == (["create"], 3)
    emulator.fault("status", operation="create_stream", status=400, code="DIS.4307", times=0)
    assert run_stream(state="absent").ok().changed
    refused = run_stream(partition_count=1, api_timeout=1).bad()
    assert (refused.error["code"], refused.done) == ("DIS.4307", [])
    assert "keeps its name for a while" in refused.error["hint"]


def test_stream_deleted_concurrently_during_a_change_is_created(run_stream: Run, emulator: Emulator) -> None:
    body = {"stream_id": "s1", "status": "RUNNING", "writable_partition_count": 1, "tags": []}
    for asked in ({"partition_count": 2}, {"partition_count": 1, "tags": {"a": "b"}}):
        emulator.fault("status", operation="show_stream", status=200, body=body)
        assert run_stream(**asked).ok().actions == ["create"]
        assert run_stream(state="absent").ok().actions == ["delete"]


LOST_AFTER: list[dict[str, Any]] = [
    {"kind": "lost_after"},
    {"kind": "error_after", "status": 502},
    {"kind": "hang", "commit": True},
]
LOST_BEFORE: list[dict[str, Any]] = [{"kind": "lost_before"}, {"kind": "status", "status": 503}]
DESIRED: dict[str, dict[str, Any]] = {
    "create": {"partition_count": 2},
    "update": {"data_duration": 72},
    "update_partition_count": {"partition_count": 4},
    "tag": {"tags": {"team": "web"}},
    "untag": {"tags": {}},
    "delete": {"state": "absent"},
}


def word(fault: Any) -> str:
    """A fault in a test's name."""
    return "-".join(str(value) for value in fault.values()) if isinstance(fault, dict) else str(fault)


@pytest.mark.parametrize("fault", LOST_AFTER, ids=word)
@pytest.mark.parametrize("verb", DESIRED)
def test_answer_lost_after_the_commit_is_success_and_changed(
    run_stream: Run, emulator: Emulator, verb: str, fault: dict[str, Any]
) -> None:
    if verb != "create":
        put(emulator)
    emulator.fault(operation=OPERATION[verb], **fault)
    result = run_stream(api_timeout=1, **DESIRED[verb]).ok()
    assert (result.changed, result.actions, len(result.writes)) == (True, [verb], 1)
    assert run_stream(**DESIRED[verb]).ok().changed is False


@pytest.mark.parametrize("fault", LOST_BEFORE, ids=word)
@pytest.mark.parametrize("verb", DESIRED)
def test_answer_lost_before_the_commit_is_repeated_after_a_look(
    run_stream: Run, emulator: Emulator, verb: str, fault: dict[str, Any]
) -> None:
    if verb != "create":
        put(emulator)
    emulator.fault(operation=OPERATION[verb], **fault)
    result = run_stream(api_timeout=2, **DESIRED[verb]).ok()
    assert (result.changed, result.actions, len(result.writes)) == (True, [verb], 2)
    first, second = (number for number, name in enumerate(result.operations) if name == OPERATION[verb])
    assert "show_stream" in result.operations[first:second]
    assert run_stream(**DESIRED[verb]).ok().changed is False


@pytest.mark.parametrize("verb", DESIRED)
def test_lost_response_and_unreadable_stream_report_unconfirmed_actions(
    run_stream: Run, emulator: Emulator, verb: str
) -> None:
    if verb != "create":
        put(emulator)
    emulator.fault("lost_after", operation=OPERATION[verb])
    emulator.fault("status", operation="show_stream", status=503, skip=1, times=0)
    result = run_stream(api_timeout=1, **DESIRED[verb]).bad()
    assert (result.changed, result.done) == (True, [verb])
    assert f"The outcome of the {verb} is unknown" in result.msg


@pytest.mark.parametrize("target", [4, 1])
def test_scaling_whose_answer_is_lost_is_waited_for_and_never_doubled(
    run_stream: Run, emulator: Emulator, target: int
) -> None:
    """While it scales, the service refuses a second change, and the look shows the old number where it shrinks."""
    put(emulator)
    emulator.configure(scaling_delay=0.5)
    emulator.fault("lost_after", operation="change_partition_count")
    result = run_stream(partition_count=target).ok()
    assert (result.changed, result.actions) == (True, ["update_partition_count"])
    assert result.stream["writable_partition_count"] == target
    assert len(emulator.stream("orders")["scalings"]) == 1


def test_scaling_whose_answer_is_lost_and_that_lasts_is_reported(run_stream: Run, emulator: Emulator) -> None:
    put(emulator)
    emulator.configure(scaling_delay=60)
    emulator.fault("lost_after", operation="change_partition_count")
    result = run_stream(partition_count=1, wait_timeout=0.4).bad()
    assert (result.changed, result.done) == (True, ["update_partition_count"])
    assert "has 2 writable partitions" in result.msg


def test_recreate_with_a_lost_delete_response_continues(run_stream: Run, emulator: Emulator) -> None:
    put(emulator, compression_format="gzip")
    emulator.configure(stream_delete_delay=0.2)
    emulator.fault("lost_after", operation="delete_stream")
    emulator.fault("lost_before", operation="create_stream")
    result = run_stream(compression_format="zip", on_drift="recreate").ok()
    assert result.actions == ["delete", "create"]
    assert result.stream["tags"] == {"team": "billing"}
    assert result.stream["data_duration"] == 48


def test_recreate_with_a_rejected_create_reports_the_deletion(run_stream: Run, emulator: Emulator) -> None:
    put(emulator)
    emulator.fault("status", operation="create_stream", status=400, code="DIS.4308", times=0)
    result = run_stream(compression_format="zip", on_drift="recreate").bad()
    assert (result.changed, result.done, result.error["code"]) == (True, ["delete"], "DIS.4308")
    assert "Done before: delete" in result.msg
    assert any("deletes its records" in warning for warning in result.warnings)


def test_rejection_of_the_second_action_reports_the_first(run_stream: Run, emulator: Emulator) -> None:
    put(emulator)
    emulator.fault("status", operation="change_partition_count", status=400, code="DIS.4308", times=0)
    result = run_stream(partition_count=4, data_duration=72).bad()
    assert (result.changed, result.done, result.error["code"]) == (True, ["update"], "DIS.4308")


def test_throttled_calls_are_repeated(run_stream: Run, emulator: Emulator) -> None:
    emulator.fault("throttle_dis", operation="create_stream", code="DIS.4305")
    emulator.fault("throttle_429", operation="show_stream", retry_after=0)
    assert run_stream(partition_count=1).ok().actions == ["create"]


@pytest.mark.parametrize("body", [{}, {"partitions": []}, {"stream_name": "orders"}], ids=str)
def test_answer_that_describes_no_stream_is_no_stream_to_change(
    run_stream: Run, emulator: Emulator, body: dict[str, Any]
) -> None:
    emulator.fault("wrong_json", operation="show_stream", status=200, body=body, times=0)
    put(emulator)
    result = run_stream(partition_count=1).bad()
    assert "does not describe a stream" in result.msg
    assert result.writes == []


def test_stream_that_appears_late_is_waited_for(run_stream: Run, emulator: Emulator) -> None:
    emulator.fault("status", operation="show_stream", skip=1, times=2, **GONE)
    result = run_stream(partition_count=1).ok()
    assert result.actions == ["create"]
    assert result.operations.count("show_stream") == 4


def test_stream_that_vanishes_while_it_is_waited_for_fails(run_stream: Run, emulator: Emulator) -> None:
    emulator.configure(stream_create_delay=60)

    def rival() -> None:
        while "orders" not in names(emulator):
            time.sleep(0.05)
        emulator.patch_stream("orders", status="TERMINATING")

    thread = threading.Thread(target=rival)
    thread.start()
    result = run_stream(partition_count=1, wait_timeout=20).bad()
    thread.join()
    assert "is TERMINATING" in result.msg
    assert result.done == ["create"]
    assert result.seconds < 5


def test_long_value_is_shortened(run_stream: Run) -> None:
    result = run_stream(partition_count=1, data_schema="{" + "x" * 5000).bad()
    assert len(result.msg) < 1000
