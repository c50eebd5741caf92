# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules of all destinations: what they send, that they rest, and what differs between them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Run

    from otc_emulator.runner import Emulator

AGENCY = {"agency_name": "dis_admin_agency"}
STAGING = {"obs_bucket_path": "telemetry-staging"}
PASSWORD = "fake-database-password"
HBASE = {
    "row_key": [{"value": "meter", "type": "String"}, {"value": "at", "type": "Timestamp"}],
    "columns": [{"column_family_name": "cf", "column_name": "reading", "value": "reading", "type": "Double"}],
}
OPENTSDB = [
    {
        "metric": [{"type": "Constant", "value": "meter.reading"}],
        "timestamp": {"type": "String", "value": "at", "format": "yyyy-MM-dd HH:mm:ss"},
        "value": {"type": "Double", "value": "reading"},
        "tags": [{"name": "meter", "type": "String", "value": "meter"}],
    }
]


@dataclasses.dataclass(frozen=True)
class Case:
    """A destination by example.

    :ivar required: options without which no task is created
    :ivar more: options beside them
    :ivar sent: the descriptor that a create with all of them sends, beside their own values
    :ivar changes: options that differ from them, each alone
    """

    required: dict[str, Any]
    more: dict[str, Any]
    sent: dict[str, Any]
    changes: dict[str, Any]


CASES = {
    "obs": Case(
        {**AGENCY, **STAGING},
        {
            "partition_format": "yyyy/MM/dd",
            "destination_file_type": "parquet",
            "record_delimiter": "\\n",
            "processing_schema": {
                "timestamp_name": "at",
                "timestamp_type": "String",
                "timestamp_format": "yyyy-MM-dd HH:mm:ss",
            },
        },
        {"deliver_time_interval": 300, "consumer_strategy": "LATEST", "record_delimiter": "\n"},
        {
            "partition_format": "",
            "record_delimiter": ";",
            "processing_schema": {"timestamp_name": "other", "timestamp_type": "Timestamp"},
            "file_prefix": "a/b",
        },
    ),
    "mrs": Case(
        {
            **AGENCY,
            **STAGING,
            "mrs_cluster_name": "analytics",
            "mrs_cluster_id": "3f1c0b52-77aa-4c55-9f0e-0a1b2c3d4e5f",
            "mrs_hdfs_path": "/warehouse",
        },
        {"hdfs_prefix_folder": "meters", "retry_duration": 0},
        {"deliver_time_interval": 300, "consumer_strategy": "LATEST", "retry_duration": "0"},
        {"hdfs_prefix_folder": "", "mrs_hdfs_path": "/other", "retry_duration": 7200},
    ),
    "dws": Case(
        {
            **AGENCY,
            **STAGING,
            "dws_cluster_name": "warehouse",
            "dws_cluster_id": "8c0f2d6e-5b1a-4d3f-a1b2-c3d4e5f60718",
            "dws_database_name": "telemetry",
            "dws_schema": "public",
            "dws_table_name": "meter_raw",
            "dws_delimiter": ";",
            "user_name": "loader",
            "user_password": PASSWORD,
            "kms_user_key_name": "dis",
            "kms_user_key_id": "0d9c8b7a-6f5e-4d3c-b2a1-908f7e6d5c4b",
        },
        {
            "dws_table_columns": "a,b",
            "options": {"fill_missing_fields": True, "ignore_extra_data": False, "reject_limit": "unlimited"},
        },
        {
            "deliver_time_interval": 300,
            "consumer_strategy": "LATEST",
            "retry_duration": "1800",
            "options": {"fill_missing_fields": "true", "ignore_extra_data": "false", "reject_limit": "unlimited"},
        },
        {
            "dws_table_columns": "",
            "dws_delimiter": "|",
            "options": {"fill_missing_fields": False},
            "deliver_time_interval": 60,
        },
    ),
    "cloudtable": Case(
        {
            **AGENCY,
            "cloudtable_cluster_name": "timeseries",
            "cloudtable_cluster_id": "5e4d3c2b-1a09-4f8e-9d7c-6b5a49382716",
            "cloudtable_table_name": "meter_raw",
            "cloudtable_schema": HBASE,
        },
        {"cloudtable_row_key_delimiter": "|", "obs_backup_bucket_path": "telemetry-staging"},
        {"consumer_strategy": "LATEST", "retry_duration": "1800"},
        {
            "cloudtable_row_key_delimiter": "~",
            "backup_file_prefix": "failed",
            "cloudtable_schema": {**HBASE, "row_key": HBASE["row_key"][:1]},
            "opentsdb_schema": OPENTSDB,
        },
    ),
}
CHANGES = [pytest.param(kind, name, id=f"{kind}-{name}") for kind, case in CASES.items() for name in case.changes]


def runner(run: Run, kind: str) -> Run:
    return run.of(f"{kind}_transfer_task")


def complete(kind: str, **changes: Any) -> dict[str, Any]:
    return {**CASES[kind].required, **CASES[kind].more, **changes}


def descriptor(result: Any, kind: str, operation: str) -> Any:
    (entry,) = (one for one in result.log if one["operation"] == operation)
    assert set(entry["body"]) == {"destination_type", f"{kind}_destination_descriptor"}
    assert entry["body"]["destination_type"] == kind.upper()
    return entry["body"][f"{kind}_destination_descriptor"]


@pytest.mark.quick
def test_no_delimiter_is_sent_by_its_word_and_the_second_run_is_quiet(run: Run) -> None:
    options = {**CASES["obs"].required, "record_delimiter": ""}
    module = run.of("obs_transfer_task")
    (create,) = module(**options).ok().writes
    assert create["body"]["obs_destination_descriptor"]["record_delimiter"] == "none"
    assert module(**options).ok().changed is False
    assert module(**{**options, "record_delimiter": "\n"}).ok().actions == ["update"]
    (update,) = module(**options).ok().writes
    assert update["body"]["obs_destination_descriptor"]["record_delimiter"] == "none"
    assert module(**{**options, "record_delimiter": "none"}).ok().changed is False


@pytest.mark.quick
@pytest.mark.parametrize("kind", CASES)
def test_present_missing_task_is_created_as_the_api_page_has_it(run: Run, emulator: Emulator, kind: str) -> None:
    dry = runner(run, kind)(check=True, diff=True, **complete(kind)).ok()
    assert (dry.changed, dry.actions, dry.writes) == (True, ["create"], [])
    real = runner(run, kind)(diff=True, **complete(kind)).ok()
    assert (real.changed, real.actions, real.diff) == (True, ["create"], dry.diff)
    sent = descriptor(real, kind, "create_transfer_task")
    assert {**sent, "user_password": ""} == {
        "task_name": "meters-to-dli",
        **complete(kind),
        **CASES[kind].sent,
        "user_password": "",
    }
    again = runner(run, kind)(diff=True, **complete(kind)).ok()
    assert (again.changed, again.dis) == (False, ["show"])
    assert set(again.unverified) <= {"user_password"}


@pytest.mark.parametrize(("kind", "name"), CHANGES)
def test_present_other_setting_is_updated_in_place(run: Run, emulator: Emulator, kind: str, name: str) -> None:
    runner(run, kind)(**complete(kind)).ok()
    change = {name: CASES[kind].changes[name]}
    if kind == "dws":
        change["user_password"] = PASSWORD
    dry = runner(run, kind)(check=True, diff=True, **change).ok()
    assert (dry.actions, dry.writes) == (["update"], [])
    real = runner(run, kind)(diff=True, **change).ok()
    assert (real.actions, real.diff) == (["update"], dry.diff)
    sent = descriptor(real, kind, "update_transfer_task")
    assert set(CASES[kind].required) - set(sent) <= {"cloudtable_schema"}
    assert runner(run, kind)(**change).ok().changed is False


@pytest.mark.quick
@pytest.mark.parametrize("kind", CASES)
def test_run_states_and_absence_work_by_name_alone(run: Run, emulator: Emulator, kind: str) -> None:
    task = runner(run, kind)
    task(**complete(kind)).ok()
    for state, actions in (("stopped", ["stop"]), ("stopped", []), ("started", ["start"]), ("absent", ["delete"])):
        assert task(state=state).ok().actions == actions
    assert task(state="absent").ok().changed is False
    assert emulator.tasks("meters") == {}


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("on_drift", ["fail", "recreate"])
def test_drift_is_refused_or_replaced(run: Run, emulator: Emulator, kind: str, on_drift: str) -> None:
    runner(run, kind)(**complete(kind)).ok()
    name, value = next(iter(CASES[kind].changes.items()))
    result = runner(run, kind)(on_drift=on_drift, **complete(kind, **{name: value}))
    if on_drift == "fail":
        assert name in result.bad().msg
        assert result.writes == []
    else:
        assert result.ok().actions == ["delete", "create"]
        assert runner(run, kind)(**complete(kind, **{name: value})).ok().changed is False


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        pytest.param(kind, name, id=f"{kind}-{name}")
        for kind in CASES
        for name in CASES[kind].required
        if name != "agency_name"
    ],
)
def test_create_without_a_needed_option_is_refused_by_name(run: Run, kind: str, name: str) -> None:
    result = runner(run, kind)(**complete(kind, **{name: None})).bad()
    assert name in result.msg
    assert result.writes == []


@pytest.mark.parametrize(
    "shape", [{}, {"misspelt_blocks": "descripton"}, {"omit_empty": True}, {"empty_as_blank": True}]
)
@pytest.mark.parametrize("kind", CASES)
def test_answer_in_any_shape_is_no_drift(run: Run, emulator: Emulator, kind: str, shape: dict[str, Any]) -> None:
    emulator.configure(**shape)
    runner(run, kind)(**complete(kind)).ok()
    assert runner(run, kind)(**complete(kind)).ok().changed is False


# --- rules ---

BROKEN = [
    ("obs", {"partition_format": "dd"}, "partition_format"),
    ("obs", {"destination_file_type": "csv"}, "destination_file_type is 'csv'"),
    ("obs", {"record_delimiter": "::"}, "record_delimiter is '::'"),
    ("obs", {"processing_schema": {"timestamp_name": "at", "timestamp_type": "String"}}, "lacks timestamp_format"),
    (
        "obs",
        {"processing_schema": {"timestamp_name": " ", "timestamp_type": "Timestamp"}},
        "processing_schema.timestamp_name",
    ),
    ("obs", {"processing_schema": {"timestamp_type": "Timestamp"}}, "timestamp_name"),
    ("mrs", {"hdfs_prefix_folder": "x" * 51}, "hdfs_prefix_folder"),
    ("mrs", {"mrs_cluster_name": " "}, "mrs_cluster_name is ' '"),
    ("dws", {"dws_delimiter": ":"}, "dws_delimiter"),
    ("dws", {"options": {"reject_limit": "many"}}, "options.reject_limit is 'many'"),
    ("dws", {"user_password": " "}, "user_password"),
    ("dws", {"update_password": "always", "on_drift": "fail"}, "update_password: always"),
    ("cloudtable", {"opentsdb_schema": OPENTSDB}, "are mutually exclusive"),
    ("cloudtable", {"cloudtable_schema": {**HBASE, "row_key": []}}, "cloudtable_schema.row_key has 0 entries"),
    ("cloudtable", {"cloudtable_schema": {**HBASE, "row_key": HBASE["row_key"] * 33}}, "has 66 entries"),
    (
        "cloudtable",
        {"cloudtable_schema": {**HBASE, "columns": [{**HBASE["columns"][0], "column_name": "a-b"}]}},
        "cloudtable_schema.columns[0].column_name is 'a-b'",
    ),
    ("cloudtable", {"cloudtable_row_key_delimiter": "/"}, "cloudtable_row_key_delimiter"),
    ("cloudtable", {"backup_file_prefix": "/a"}, "backup_file_prefix is '/a'"),
]


@pytest.mark.parametrize(("kind", "change", "says"), BROKEN)
def test_broken_rule_is_named_before_any_request(run: Run, kind: str, change: dict[str, Any], says: str) -> None:
    result = runner(run, kind)(**complete(kind, **change))
    assert result.failed
    assert says in result.msg
    assert result.log == []
    assert PASSWORD not in result.everything


def test_format_of_a_text_time_is_needed_deep_inside(run: Run) -> None:
    entry = {**OPENTSDB[0], "timestamp": {"type": "String", "value": "at"}}
    change = {"cloudtable_schema": None, "cloudtable_table_name": None, "opentsdb_schema": [entry]}
    result = runner(run, "cloudtable")(**complete("cloudtable", **change)).bad()
    assert "opentsdb_schema[0].timestamp lacks format" in result.msg


def test_opentsdb_alone_is_created_and_rests(run: Run) -> None:
    change = {"cloudtable_schema": None, "cloudtable_table_name": None, "opentsdb_schema": OPENTSDB}
    assert runner(run, "cloudtable")(**complete("cloudtable", **change)).ok().actions == ["create"]
    assert runner(run, "cloudtable")(**complete("cloudtable", **change)).ok().changed is False


def test_cloudtable_without_any_schema_is_refused(run: Run) -> None:
    result = runner(run, "cloudtable")(**complete("cloudtable", cloudtable_schema=None)).bad()
    assert "cloudtable_schema or opentsdb_schema" in result.msg


# --- the password of the data warehouse ---


@pytest.mark.parametrize("reported", [False, True])
def test_password_is_never_shown_nor_compared(run: Run, emulator: Emulator, reported: bool) -> None:
    emulator.configure(return_password=reported)
    made = runner(run, "dws")(diff=True, **complete("dws")).ok()
    other = runner(run, "dws")(diff=True, **complete("dws", user_password="fake-other-password")).ok()
    assert (other.changed, other.unverified) == (False, ["user_password"])
    for result in (made, other):
        assert "user_password" not in result.task
        assert PASSWORD not in result.everything
        assert "fake-other-password" not in result.everything


def test_password_is_applied_to_an_existing_task_if_requested(run: Run, emulator: Emulator) -> None:
    runner(run, "dws")(**complete("dws")).ok()
    change = {"user_password": "fake-other-password", "update_password": "always"}
    for _turn in range(2):
        assert runner(run, "dws")(check=True, **change).ok().actions == ["update"]
        result = runner(run, "dws")(**change).ok()
        assert (result.actions, result.unverified) == (["update"], [])
        assert "fake-other-password" not in result.everything


def test_change_without_the_password_is_refused(run: Run, emulator: Emulator) -> None:
    runner(run, "dws")(**complete("dws")).ok()
    result = runner(run, "dws")(deliver_time_interval=60).bad()
    assert "user_password" in result.error["hint"]
    assert result.writes == []


# --- between destinations ---


@pytest.mark.parametrize("kind", [kind for kind in CASES if kind != "obs"])
def test_name_of_another_destination_is_not_touched(run: Run, emulator: Emulator, kind: str) -> None:
    runner(run, "obs")(**complete("obs")).ok()
    before = emulator.tasks("meters")
    for state in ("present", "absent"):
        assert "OBS" in runner(run, kind)(**complete(kind, state=state)).bad().msg
    assert emulator.tasks("meters") == before
    assert runner(run, kind)(**complete(kind, on_drift="recreate")).ok().actions == ["delete", "create"]


@pytest.mark.parametrize(
    ("kind", "external_services", "code"),
    [
        ("obs", {"buckets": []}, "DIS.4306"),
        ("mrs", {"mrs_clusters": ["other"]}, "DIS.4208"),
        ("mrs", {"hdfs_paths": ["/other"]}, "DIS.4336"),
        ("dws", {"dws_clusters": ["other"]}, "DIS.4350"),
        ("dws", {"kms_keys": ["other"]}, "DIS.4351"),
        ("cloudtable", {"cloudtable_clusters": ["other"]}, "DIS.4341"),
        ("cloudtable", {"cloudtable_tables": [{"table": "other"}]}, "DIS.4342"),
        ("cloudtable", {"cloudtable_tables": [{"table": "meter_raw", "families": ["x"]}]}, "DIS.4343"),
    ],
)
def test_rejection_by_the_service_contains_a_hint(
    run: Run, emulator: Emulator, kind: str, external_services: dict[str, Any], code: str
) -> None:
    emulator.reset(**external_services)
    result = runner(run, kind)(**complete(kind)).bad()
    assert result.error["code"] == code
    assert result.error["hint"]
    assert (result.changed, emulator.tasks("meters")) == (False, {})
