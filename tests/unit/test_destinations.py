# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of destinations: rules, requests and the reading of answers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._destinations import DLI, STREAM_OF_TASK, TASK_NAME, check
from ansible_collections.otc.dis.plugins.module_utils._errors import BadAnswer, BadInput
from ansible_collections.otc.dis.plugins.module_utils._fields import Field, whole
from ansible_collections.otc.dis.plugins.module_utils._transfer_task import (
    find_task_id,
    read_partitions,
    read_transfer_task,
    shown,
)

FIELDS = {field.name: field for field in (STREAM_OF_TASK, TASK_NAME, *DLI)}
ALLOWED = [
    ("stream_name", "a"),
    ("stream_name", "A-_9" * 15),
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
REFUSED = [
    ("stream_name", ""),
    ("stream_name", "a" * 61),
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
def test_check_takes_what_the_rule_allows(name: str, value: Any) -> None:
    assert FIELDS[name].allows(value)
    check(DLI, {name: value})


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_check_names_option_value_and_rule(name: str, value: Any) -> None:
    with pytest.raises(BadInput) as caught:
        check(DLI, {name: value})
    text = str(caught.value)
    assert f"{name} is {value!r}" in text
    assert FIELDS[name].rule in text
    assert "Nothing was sent" in text


def test_check_names_all_broken_rules_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        check(DLI, {"task_name": "", "retry_duration": 9999, "file_prefix": "ok"})
    assert "task_name" in str(caught.value)
    assert "retry_duration" in str(caught.value)
    assert "file_prefix" not in str(caught.value)


def test_request_is_as_the_api_page_has_it() -> None:
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


@pytest.mark.parametrize(("blanks", "there"), [(True, True), (False, False)])
def test_request_sends_an_empty_prefix_only_where_it_says_something(blanks: bool, there: bool) -> None:
    body = DLI.request("t", {"file_prefix": "", "agency_name": "a"}, blanks)
    assert ("file_prefix" in body["dli_destination_descriptor"]) is there


ANSWER = {
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
def test_answer_is_read_in_every_spelling(key: str) -> None:
    answer = {name: value for name, value in ANSWER.items() if not name.startswith("dli_")}
    task = read_transfer_task("s", "t", {**answer, key: ANSWER["dli_destination_description"]})
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


def test_answer_that_contradicts_itself_is_what_its_block_says() -> None:
    task = read_transfer_task("s", "t", {**ANSWER, "destination_type": "OBS"})
    assert task is not None
    assert task.kind == "DLI"


def test_answer_without_a_block_has_the_type_it_names_and_tells_nothing() -> None:
    task = read_transfer_task("s", "t", {"destination_type": "MRS", "state": "RUNNING"})
    assert task is not None
    assert (task.kind, task.settings) == ("MRS", {})


@pytest.mark.parametrize("answer", [{}, {"state": "RUNNING"}, {"destination_type": " "}])
def test_answer_that_describes_no_task_is_refused(answer: dict[str, Any]) -> None:
    with pytest.raises(BadAnswer, match="describes none"):
        read_transfer_task("s", "t", answer)


def test_answer_of_a_deleted_task_is_absence() -> None:
    assert read_transfer_task("s", "t", {**ANSWER, "state": "DELETE"}) is None


def test_partitions_come_out_in_one_spelling() -> None:
    real = {"partitionId": "shardId-0000000000", "state": "RUNNING", "discard": 2, "new": 1}
    table = {"partition_id": "shardId-0000000001", "status": "ACTIVE", "hash_range": "[0 : 9]"}
    assert read_partitions([real, table, "junk"]) == [
        {"partition_id": "shardId-0000000000", "state": "RUNNING", "discard": 2, "new": 1},
        {"partition_id": "shardId-0000000001", "state": "ACTIVE", "hash_range": "[0 : 9]"},
    ]


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"tasks": [{"task_name": "t", "task_id": "i"}]}, "i"),
        ({"tasks": [{"task_name": "T", "task_id": "i"}]}, None),
        ({"tasks": [{"task_name": "t"}]}, None),
        ({"tasks": [{"task_name": "t", "task_id": 7}, None]}, None),
        ({"tasks": "t"}, None),
        ({}, None),
    ],
)
def test_task_id_is_found_in_a_list_or_not(answer: dict[str, Any], found: str | None) -> None:
    assert find_task_id(answer, "t") == found


@pytest.mark.parametrize(
    ("value", "number"),
    [(5, 5), ("5", 5), (" 5 ", 5), ("-1", -1), (True, None), (5.5, None), ("5.5", None), ("x", None), (None, None)],
)
def test_whole_reads_numbers_and_decimal_texts_only(value: Any, number: int | None) -> None:
    assert whole(value) == number


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*ANSWER, "tasks", "x"]), inner),
    max_leaves=12,
)
NAMES = st.sampled_from([*ANSWER, *FIELDS, "tasks", "dli_destination_descripton"])


@given(st.dictionaries(NAMES, JSON | st.dictionaries(NAMES, JSON, max_size=5), max_size=6))
def test_any_answer_is_read_without_a_crash_and_shown_in_one_shape(answer: dict[str, Any]) -> None:
    find_task_id(answer, "t")
    try:
        task = read_transfer_task("s", "t", answer)
    except BadAnswer:
        return
    result = shown(task)
    if result is not None:
        assert result["stream_name"] == "s"
        assert isinstance(result["partitions"], list)
        for field in DLI:
            value = result.get(field.name)
            assert value is None or isinstance(value, int if field.type == "int" else str)


@given(st.text(), st.text())
def test_texts_are_compared_with_or_without_case(one: str, other: str) -> None:
    assert Field("x").same(one, other) == (one == other)
    assert Field("x", ignores_case=True).same(one, other) == (one.lower() == other.lower())
