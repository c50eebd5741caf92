# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of destinations: validation, request bodies and parsing of responses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._core.errors import InvalidOptions, UnexpectedResponse
from ansible_collections.otc.dis.plugins.module_utils._core.schema import Field, int_or_none
from ansible_collections.otc.dis.plugins.module_utils._resources.base import STREAM_NAME
from ansible_collections.otc.dis.plugins.module_utils._resources.destinations import (
    DESTINATIONS,
    DLI,
    TASK_NAME,
    always_updated,
    option_errors,
    raise_if_invalid,
)
from ansible_collections.otc.dis.plugins.module_utils._resources.transfer_task import (
    find_task_id,
    read_partitions,
    read_transfer_task,
    to_result,
)

FIELDS = {field.name: field for field in (STREAM_NAME, TASK_NAME, *DLI)}
ALLOWED = [
    ("stream_name", "a"),
    ("stream_name", "A-_9" * 16),
    ("task_name", "x" * 64),
    ("agency_name", "a" * 64),
    ("agency_name", " padded "),
    ("deliver_time_interval", 30),
    ("deliver_time_interval", 900),
    ("consumer_strategy", "TRIM_HORIZON"),
    ("dli_database_name", "ü"),
    ("file_prefix", ""),
    ("file_prefix", "a/b_C/9" + "x" * 43),
    ("retry_duration", 0),
    ("retry_duration", 7200),
]
INVALID = [
    ("stream_name", ""),
    ("stream_name", "a" * 65),
    ("stream_name", "a b"),
    ("stream_name", "a/b"),
    ("stream_name", "straße"),
    ("stream_name", "meters\n"),
    ("stream_name", ".."),
    ("task_name", ""),
    ("task_name", "x" * 65),
    ("task_name", "a%2Fb"),
    ("task_name", "a.b"),
    ("agency_name", ""),
    ("agency_name", "   "),
    ("agency_name", "a" * 65),
    ("deliver_time_interval", 29),
    ("deliver_time_interval", 901),
    ("deliver_time_interval", 0),
    ("deliver_time_interval", -30),
    ("dli_database_name", ""),
    ("dli_database_name", " \t"),
    ("dli_table_name", ""),
    ("obs_bucket_path", "  "),
    ("file_prefix", "/a"),
    ("file_prefix", "/"),
    ("file_prefix", "a" * 51),
    ("file_prefix", "a-b"),
    ("file_prefix", "a b"),
    ("file_prefix", "a\n"),
    ("retry_duration", -1),
    ("retry_duration", 7201),
]


@pytest.mark.parametrize(("name", "value"), ALLOWED)
def test_valid_value_is_accepted(name: str, value: Any) -> None:
    assert FIELDS[name].allows(value)
    raise_if_invalid(DLI, {name: value})


@pytest.mark.parametrize(("name", "value"), INVALID)
def test_message_contains_option_value_and_rule(name: str, value: Any) -> None:
    with pytest.raises(InvalidOptions) as caught:
        raise_if_invalid(DLI, {name: value})
    text = str(caught.value)
    assert f"{name} is {value!r}" in text
    assert FIELDS[name].rule in text
    assert "Nothing was sent" in text


def test_message_contains_all_invalid_options() -> None:
    with pytest.raises(InvalidOptions) as caught:
        raise_if_invalid(DLI, {"task_name": "", "retry_duration": 9999, "file_prefix": "ok"})
    assert "task_name" in str(caught.value)
    assert "retry_duration" in str(caught.value)
    assert "file_prefix" not in str(caught.value)


def test_request_matches_the_api_reference() -> None:
    settings = {
        "agency_name": "dis_admin_agency",
        "deliver_time_interval": 120,
        "consumer_strategy": "TRIM_HORIZON",
        "dli_database_name": "telemetry",
        "dli_table_name": "meter_raw",
        "obs_bucket_path": "telemetry-staging",
        "file_prefix": "dis/meters",
        "retry_duration": 900,
    }
    assert DLI.request("meters-to-dli", settings, blanks=False) == {
        "destination_type": "DLI",
        "dli_destination_descriptor": {**settings, "task_name": "meters-to-dli", "retry_duration": "900"},
    }


@pytest.mark.parametrize(("blanks", "sent"), [(True, True), (False, False)])
def test_request_contains_an_empty_prefix_only_in_updates(blanks: bool, sent: bool) -> None:
    body = DLI.request("t", {"file_prefix": "", "agency_name": "a"}, blanks)
    assert ("file_prefix" in body["dli_destination_descriptor"]) is sent


RESPONSE = {
    "streamId": "m4PzT8wQa1RkU6jY0fD",
    "task_id": "q7Vn0ZcL3tXy9HbK2sE",
    "destination_type": "DLI",
    "state": "RUNNING",
    "create_time": 1712000000000,
    "last_transfer_timestamp": "1712000240000",
    "dli_destination_description": {"agency_name": "a", "deliver_time_interval": 120, "retry_duration": 900},
    "partitions": [{"partitionId": "shardId-0000000000", "state": "RUNNING", "discard": 0}],
}


@pytest.mark.parametrize(
    "key", ["dli_destination_description", "dli_destination_descripton", "dli_destination_descriptor"]
)
def test_response_is_read_with_every_known_key(key: str) -> None:
    response = {name: value for name, value in RESPONSE.items() if not name.startswith("dli_")}
    task = read_transfer_task("s", "t", {**response, key: RESPONSE["dli_destination_description"]})
    assert task is not None
    assert task.kind == "DLI"
    assert task.settings == {
        "agency_name": "a",
        "deliver_time_interval": 120,
        "retry_duration": 900,
        "file_prefix": "",
    }
    assert task.facts["stream_id"] == "m4PzT8wQa1RkU6jY0fD"
    assert task.facts["last_transfer_timestamp"] == 1712000240000


def test_block_takes_precedence_over_the_destination_type() -> None:
    task = read_transfer_task("s", "t", {**RESPONSE, "destination_type": "OBS"})
    assert task is not None
    assert task.kind == "DLI"


def test_response_without_a_block_has_a_type_and_no_settings() -> None:
    task = read_transfer_task("s", "t", {"destination_type": "MRS", "state": "RUNNING"})
    assert task is not None
    assert (task.kind, task.settings) == ("MRS", {})


@pytest.mark.parametrize("response", [{}, {"state": "RUNNING"}, {"destination_type": " "}])
def test_response_without_a_task_is_rejected(response: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedResponse, match="does not describe a transfer task"):
        read_transfer_task("s", "t", response)


def test_deleted_task_does_not_exist() -> None:
    assert read_transfer_task("s", "t", {**RESPONSE, "state": "DELETE"}) is None


def test_partitions_are_normalized() -> None:
    real = {"partitionId": "shardId-0000000000", "state": "RUNNING", "discard": 2, "new": 1}
    table = {"partition_id": "shardId-0000000001", "status": "ACTIVE", "hash_range": "[0 : 9]"}
    assert read_partitions([real, table, "junk"]) == [
        {"partition_id": "shardId-0000000000", "state": "RUNNING", "discard": 2, "new": 1},
        {"partition_id": "shardId-0000000001", "state": "ACTIVE", "hash_range": "[0 : 9]"},
    ]


@pytest.mark.parametrize(
    ("response", "found"),
    [
        ({"tasks": [{"task_name": "t", "task_id": "i"}]}, "i"),
        ({"tasks": [{"task_name": "T", "task_id": "i"}]}, None),
        ({"tasks": [{"task_name": "t"}]}, None),
        ({"tasks": [{"task_name": "t", "task_id": 7}, None]}, None),
        ({"tasks": "t"}, None),
        ({}, None),
    ],
)
def test_task_id_is_found_in_a_list_or_not(response: dict[str, Any], found: str | None) -> None:
    assert find_task_id(response, "t") == found


@pytest.mark.parametrize(
    ("value", "number"),
    [(5, 5), ("5", 5), (" 5 ", 5), ("-1", -1), (True, None), (5.5, None), ("5.5", None), ("x", None), (None, None)],
)
def test_int_or_none_accepts_numbers_and_decimal_strings(value: Any, number: int | None) -> None:
    assert int_or_none(value) == number


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*RESPONSE, "tasks", "x"]), inner),
    max_leaves=12,
)
NAMES = st.sampled_from([*RESPONSE, *FIELDS, "tasks", "dli_destination_descripton"])


@given(st.dictionaries(NAMES, JSON | st.dictionaries(NAMES, JSON, max_size=5), max_size=6))
def test_any_response_is_read_or_rejected(response: dict[str, Any]) -> None:
    find_task_id(response, "t")
    try:
        task = read_transfer_task("s", "t", response)
    except UnexpectedResponse:
        return
    result = to_result(task)
    if result is not None:
        assert result["stream_name"] == "s"
        assert isinstance(result["partitions"], list)
        for field in DLI:
            value = result.get(field.name)
            assert value is None or isinstance(value, int if field.type == "int" else str)


@given(st.text(), st.text())
def test_strings_are_compared_with_or_without_case(one: str, other: str) -> None:
    assert Field("x").equal(one, other) == (one == other)
    assert Field("x", ignores_case=True).equal(one, other) == (one.lower() == other.lower())


# --- the table, compared with the API reference ---


def outline(fields: Any) -> dict[str, Any]:
    """Names of fields with their choices, bounds or members."""
    return {
        field.name: outline(field.members) if field.members else field.choices or (field.minimum, field.maximum)
        for field in fields
    }


ANY = (None, None)
TYPES = ("Bigint", "Double", "Boolean", "Timestamp", "String", "Decimal")
FORMATS = tuple(
    f"{date} HH:mm:ss" for date in ("yyyy/MM/dd", "MM/dd/yyyy", "dd/MM/yyyy", "yyyy-MM-dd", "MM-dd-yyyy", "dd-MM-yyyy")
)
COMMON = {
    "agency_name": ANY,
    "deliver_time_interval": (30, 900),
    "consumer_strategy": ("LATEST", "TRIM_HORIZON"),
}
FILES = {"obs_bucket_path": ANY, "file_prefix": ANY}
RETRY = {"retry_duration": (0, 7200)}
OUTLINES: dict[str, dict[str, Any]] = {
    "DLI": {**COMMON, "dli_database_name": ANY, "dli_table_name": ANY, **FILES, **RETRY},
    "OBS": {
        **COMMON,
        **FILES,
        "partition_format": ("", "yyyy", "yyyy/MM", "yyyy/MM/dd", "yyyy/MM/dd/HH", "yyyy/MM/dd/HH/mm"),
        "destination_file_type": ("text", "parquet", "carbon"),
        "processing_schema": {
            "timestamp_name": ANY,
            "timestamp_type": ("String", "Timestamp"),
            "timestamp_format": FORMATS,
        },
        "record_delimiter": (",", ";", "|", "\n", ""),
    },
    "MRS": {
        **COMMON,
        "mrs_cluster_name": ANY,
        "mrs_cluster_id": ANY,
        "mrs_hdfs_path": ANY,
        "hdfs_prefix_folder": ANY,
        **FILES,
        **RETRY,
    },
    "DWS": {
        **COMMON,
        **dict.fromkeys(
            ("dws_cluster_name", "dws_cluster_id", "dws_database_name", "dws_schema", "dws_table_name"), ANY
        ),
        "dws_delimiter": (",", ";", "|"),
        **dict.fromkeys(("user_name", "user_password", "kms_user_key_name", "kms_user_key_id"), ANY),
        **FILES,
        **RETRY,
        "dws_table_columns": ANY,
        "options": dict.fromkeys(
            (
                *("fill_missing_fields", "ignore_extra_data", "compatible_illegal_chars"),
                *("reject_limit", "error_table_name"),
            ),
            ANY,
        ),
    },
    "CLOUDTABLE": {
        **COMMON,
        **dict.fromkeys(("cloudtable_cluster_name", "cloudtable_cluster_id", "cloudtable_table_name"), ANY),
        "cloudtable_schema": {
            "row_key": {"value": ANY, "type": TYPES},
            "columns": {"column_family_name": ANY, "column_name": ANY, "value": ANY, "type": TYPES},
        },
        "opentsdb_schema": {
            "metric": {"type": ("Constant", "String"), "value": ANY},
            "timestamp": {"type": ("Timestamp", "String"), "value": ANY, "format": FORMATS},
            "value": {"type": TYPES, "value": ANY},
            "tags": {"name": ANY, "type": TYPES, "value": ANY},
        },
        "cloudtable_row_key_delimiter": (",", ".", "|", ";", "\\", "-", "_", "~"),
        "obs_backup_bucket_path": ANY,
        "backup_file_prefix": ANY,
        **RETRY,
    },
}


@pytest.mark.parametrize("kind", OUTLINES)
def test_table_has_the_members_and_choices_of_the_service(kind: str) -> None:
    assert outline(DESTINATIONS[kind]) == OUTLINES[kind]
    assert DESTINATIONS[kind].kind == kind


OBS_EMPTY = {"partition_format": "", "file_prefix": "", "processing_schema": {}}


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("DLI", {"file_prefix": ""}),
        ("OBS", OBS_EMPTY),
        ("MRS", {"file_prefix": "", "hdfs_prefix_folder": ""}),
        ("DWS", {"file_prefix": "", "dws_table_columns": "", "options": {}}),
        ("CLOUDTABLE", {"obs_backup_bucket_path": "", "backup_file_prefix": ""}),
    ],
)
def test_missing_members_have_their_empty_value(kind: str, settings: dict[str, Any]) -> None:
    assert DESTINATIONS[kind].read({}) == settings


COMMON_DEFAULTS = {"deliver_time_interval": 300, "consumer_strategy": "LATEST"}


@pytest.mark.parametrize(
    ("kind", "defaults", "required"),
    [
        ("DLI", {"file_prefix": "", "retry_duration": 1800},
         ["dli_database_name", "dli_table_name", "obs_bucket_path"]),
        ("OBS", {**OBS_EMPTY, "destination_file_type": "text"}, ["obs_bucket_path"]),
        ("MRS", {"file_prefix": "", "hdfs_prefix_folder": "", "retry_duration": 1800},
         ["mrs_cluster_name", "mrs_cluster_id", "mrs_hdfs_path", "obs_bucket_path"]),
        ("DWS", {"file_prefix": "", "dws_table_columns": "", "options": {}, "retry_duration": 1800},
         ["dws_cluster_name", "dws_cluster_id", "dws_database_name", "dws_schema", "dws_table_name", "dws_delimiter",
          "user_name", "user_password", "kms_user_key_name", "kms_user_key_id", "obs_bucket_path"]),
        ("CLOUDTABLE", {"cloudtable_row_key_delimiter": ".", "obs_backup_bucket_path": "", "backup_file_prefix": "",
                        "retry_duration": 1800},
         ["cloudtable_cluster_name", "cloudtable_cluster_id", "cloudtable_schema or opentsdb_schema"]),
    ],
)  # fmt: skip
def test_new_task_gets_the_documented_defaults_and_requires_the_rest(
    kind: str, defaults: dict[str, Any], required: list[str]
) -> None:
    common = dict(COMMON_DEFAULTS)
    if kind == "CLOUDTABLE":
        del common["deliver_time_interval"]
    assert DESTINATIONS[kind].defaults({}) == {**common, **defaults}
    assert DESTINATIONS[kind].missing({}) == required


ROW, COLUMN = (
    {"value": "v", "type": "String"},
    {"column_family_name": "f", "column_name": "c", "value": "v", "type": "String"},
)
TSDB = {
    "metric": [{"type": "Constant", "value": "a.b"}],
    "timestamp": {"type": "Timestamp", "value": "t"},
    "value": {"type": "Double", "value": "v"},
    "tags": [{"name": "n", "type": "String", "value": "v"}],
}


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"cloudtable_schema": {"row_key": [ROW] * 64, "columns": [COLUMN]}}, None),
        (
            {"cloudtable_schema": {"row_key": [ROW] * 65, "columns": [COLUMN]}},
            "row_key has 65 entries, but must have 1 to 64",
        ),
        ({"cloudtable_schema": {"row_key": [], "columns": [COLUMN]}}, "row_key has 0 entries"),
        ({"cloudtable_schema": {"row_key": [ROW], "columns": [COLUMN] * 4096}}, None),
        (
            {"cloudtable_schema": {"row_key": [ROW], "columns": [COLUMN] * 4097}},
            "columns has 4097 entries, but must have 1 to 4096",
        ),
        ({"cloudtable_schema": {"row_key": [ROW], "columns": []}}, "columns has 0 entries"),
        ({"cloudtable_schema": {"columns": [COLUMN]}}, "cloudtable_schema lacks row_key"),
        ({"cloudtable_schema": {"row_key": [ROW]}}, "cloudtable_schema lacks columns"),
        ({"opentsdb_schema": [TSDB]}, None),
        ({"opentsdb_schema": []}, "opentsdb_schema has 0 entries, but must have 1 or more"),
        *(
            ({"opentsdb_schema": [{key: value for key, value in TSDB.items() if key != name}]}, f"lacks {name}")
            for name in TSDB
        ),
        *(
            ({"opentsdb_schema": [{**TSDB, name: []}]}, f"{name} has 0 entries, but must have 1 or more")
            for name in ("metric", "tags")
        ),
        ({"opentsdb_schema": [{**TSDB, "timestamp": {"type": "String", "value": "t"}}]}, "timestamp lacks format"),
        (
            {"opentsdb_schema": [{**TSDB, "metric": [{"type": "Constant", "value": "a" * 33}]}]},
            "1 to 32 letters, digits or dots",
        ),
        ({"opentsdb_schema": [{**TSDB, "value": {"type": "Double", "value": "a.b"}}]}, "1 to 32 letters, digits or _"),
        (
            {"cloudtable_schema": {"row_key": [ROW], "columns": [{**COLUMN, "column_name": "a-b"}]}},
            "1 to 32 letters, digits or _",
        ),
        ({"cloudtable_schema": {"row_key": [{"type": "String"}], "columns": [COLUMN]}}, "lacks value"),
        ({"backup_file_prefix": "/a"}, "at most 50 letters"),
        ({"backup_file_prefix": "a" * 51}, "at most 50 letters"),
        ({"backup_file_prefix": "a/" * 25}, None),
    ],
)
def test_rules_of_nested_options(options: dict[str, Any], rule: str | None) -> None:
    broken = option_errors(DESTINATIONS["CLOUDTABLE"], options)
    if rule is None:
        assert broken == []
    else:
        assert rule in "; ".join(broken)


def test_aliases_of_the_service() -> None:
    obs = DESTINATIONS["OBS"]
    assert obs.read({"destination_file_type": "CarbonData", "record_delimiter": "\\n"}) == {
        **OBS_EMPTY,
        "destination_file_type": "carbon",
        "record_delimiter": "\n",
    }
    assert obs.read({"record_delimiter": ""})["record_delimiter"] == ""


def test_secret_is_always_updated_only_if_specified() -> None:
    dws = DESTINATIONS["DWS"]
    options = {"update_password": "always", "on_drift": "update", "user_password": "fake-password"}
    assert always_updated(dws, options) == ("user_password",)
    assert always_updated(dws, {**options, "user_password": None}) == ()
    assert always_updated(dws, {**options, "update_password": "on_create"}) == ()
    assert always_updated(DLI, options) == ()
    with pytest.raises(InvalidOptions, match="update_password: always cannot be used with on_drift: fail"):
        always_updated(dws, {**options, "on_drift": "fail"})


@pytest.mark.parametrize(
    ("kind", "options", "rule"),
    [
        ("OBS", {"processing_schema": {"timestamp_name": "t", "timestamp_type": "Timestamp"}}, None),
        ("OBS", {"processing_schema": {"timestamp_name": "t"}}, "processing_schema lacks timestamp_type"),
        (
            "OBS",
            {"processing_schema": {"timestamp_name": "t", "timestamp_type": "String"}},
            "processing_schema lacks timestamp_format",
        ),
        ("MRS", {"hdfs_prefix_folder": "a" * 50}, None),
        ("MRS", {"hdfs_prefix_folder": "a" * 51}, "at most 50 characters"),
        ("DWS", {"options": {"reject_limit": "12"}}, None),
        ("DWS", {"options": {"reject_limit": "unlimited"}}, None),
        ("DWS", {"options": {"reject_limit": "many"}}, "an integer or unlimited"),
        ("CLOUDTABLE", {"cloudtable_table_name": " "}, "a string, not blank"),
        ("CLOUDTABLE", {"cloudtable_schema": {}, "opentsdb_schema": [TSDB]}, "are mutually exclusive"),
    ],
)
def test_rules_of_single_destinations(kind: str, options: dict[str, Any], rule: str | None) -> None:
    broken = "; ".join(option_errors(DESTINATIONS[kind], options))
    assert broken == "" if rule is None else rule in broken


def test_booleans_of_dws_options_are_strings() -> None:
    names = ("fill_missing_fields", "ignore_extra_data", "compatible_illegal_chars")
    settings = {"options": {**dict.fromkeys(names, True), "reject_limit": "0"}}
    sent = DESTINATIONS["DWS"].request("t", settings, blanks=False)["dws_destination_descriptor"]["options"]
    assert sent == {**dict.fromkeys(names, "true"), "reject_limit": "0"}
    assert DESTINATIONS["DWS"].read({"options": sent})["options"] == {**settings["options"], "error_table_name": ""}


def test_table_name_is_required_for_cloudtable_schema_only() -> None:
    cloudtable = DESTINATIONS["CLOUDTABLE"]
    rows = {"cloudtable_schema": {"row_key": [ROW], "columns": [COLUMN]}}
    assert "cloudtable_table_name" in cloudtable.missing(rows)
    assert "cloudtable_table_name" not in cloudtable.missing({"opentsdb_schema": [TSDB]})
    assert "cloudtable_table_name" not in cloudtable.unknown_required({})
    assert "cloudtable_cluster_name" in cloudtable.unknown_required({})


def test_schemas_replace_each_other() -> None:
    cloudtable = DESTINATIONS["CLOUDTABLE"]
    rows, series = {"cloudtable_schema": {"row_key": [ROW], "columns": [COLUMN]}}, {"opentsdb_schema": [TSDB]}
    others = {"agency_name": "a", "backup_file_prefix": "b"}
    assert cloudtable.differing(series, {**rows, **others}) == ["opentsdb_schema"]
    assert cloudtable.differing(series, others) == []  # neither schema is known
    assert cloudtable.differing({**series, "obs_backup_bucket_path": "c"}, {**rows, **others}) == ["opentsdb_schema"]
    assert cloudtable.merged_with(series, {**rows, **others}) == {**series, **others}
    assert cloudtable.merged_with({"agency_name": "z"}, {**rows, **others}) == {**rows, **others, "agency_name": "z"}


def test_module_name_of_a_destination() -> None:
    assert [destination.module_name for destination in DESTINATIONS.values()] == [
        f"{kind.lower()}_transfer_task" for kind in OUTLINES
    ]


def test_errors_of_a_destination_are_one_message() -> None:
    with pytest.raises(InvalidOptions) as caught:
        raise_if_invalid(DLI, {"task_name": "", "retry_duration": -1})
    first, second = str(caught.value).removesuffix(". Nothing was sent.").split("; ")
    assert first.startswith("task_name is ''")
    assert second.startswith("retry_duration is -1")
