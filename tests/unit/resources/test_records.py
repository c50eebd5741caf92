# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records: rules, batches, cursors and the shapes of answers."""

from __future__ import annotations

import base64
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._core.errors import (
    ApiError,
    DisError,
    InvalidOptions,
    UnexpectedResponse,
)
from ansible_collections.otc.dis.plugins.module_utils._core.retry import RetryBudget
from ansible_collections.otc.dis.plugins.module_utils._resources.base import MAX_NUMBER
from ansible_collections.otc.dis.plugins.module_utils._resources.records import (
    MAX_BATCH_BYTES,
    MAX_BATCH_RECORDS,
    MAX_RECORD_BYTES,
    Reading,
    Record,
    Start,
    batches,
    is_retryable_record,
    parse_records,
    read_data,
    read_range,
    read_record,
    reading_from,
)
from ansible_collections.otc.dis.plugins.module_utils._resources.records_io import Reader, RecordReader, RecordWriter

PUT: dict[str, Any] = {"action": "put", "stream_name": "meters", "encoding": "text", "records": None}
ELSEWHERE: dict[str, Any] = {"stream_id": None, "partition_cursor": None}
GET: dict[str, Any] = {
    "action": "get", "stream_name": "meters", "encoding": "text", "partition_id": None, "cursor_type": None,
    "starting_sequence_number": None, "timestamp": None, "max_records": 10, "max_bytes": 100, "max_seconds": 5.0,
    "follow": False, **ELSEWHERE,
}  # fmt: skip
NOW = 1_767_225_600.0


def put(*entries: Any, **options: Any) -> list[Record]:
    records = [entry if isinstance(entry, dict) else {"data": entry} for entry in entries]
    return parse_records({**PUT, "records": records, **options})


def test_record_is_sent_in_base64_with_its_place() -> None:
    (record,) = put({"data": "ä", "partition_id": "1", "partition_key": "k"})
    assert record.serialize() == {"data": "w6Q=", "partition_id": "shardId-0000000001", "partition_key": "k"}
    assert record.size == 2 + 18 + 1


def test_place_for_all_is_for_those_without_their_own() -> None:
    records = put("a", {"data": "b", "explicit_hash_key": "7"}, partition_key="all")
    assert [dict(one.place) for one in records] == [{"partition_key": "all"}, {"explicit_hash_key": "7"}]


def test_bytes_are_given_in_base64() -> None:
    assert put("AP8=", encoding="base64")[0].data == b"\x00\xff"


@pytest.mark.parametrize(
    ("data", "content"),
    [({"b": "ä", "a": [1, None]}, '{"b": "ä", "a": [1, null]}'), ([], "[]"), (7, "7"), (True, "true"), ("7", "7")],
)
def test_anything_but_a_text_is_json(data: Any, content: str) -> None:
    assert put({"data": data})[0].data == content.encode()


def test_lines_are_records_without_their_ends() -> None:
    records = parse_records(PUT, [b"one\n", b"\n", b"two\r\n"])
    assert [one.data for one in records] == [b"one", b"two"]
    assert [one.data for one in parse_records(PUT, [b"X\n", b"aX"])] == [b"X", b"aX"]


@pytest.mark.parametrize(
    ("entry", "options", "words"),
    [
        ("", {}, r"records\[0\] has 0 bytes"),
        ({"data": None}, {}, r"records\[0\] has 0 bytes"),
        ("x" * (MAX_RECORD_BYTES + 1), {}, "but must have 1 to 1048576"),
        ("not base64", {"encoding": "base64"}, r"records\[0\] is not base64"),
        ("\ud800", {}, r"records\[0\] is not text in UTF-8"),
        ({"data": {"value": float("nan")}}, {}, r"records\[0\] holds NaN"),
        ({"data": "x", "partition_id": "p"}, {}, r"records\[0\].partition_id is 'p'"),
        ({"data": "x", "explicit_hash_key": str(MAX_NUMBER + 1)}, {}, r"records\[0\].explicit_hash_key"),
        ({"data": "x", "partition_key": " "}, {}, r"records\[0\].partition_key is ' ', but must be a text, not blank"),
        ("x", {"partition_id": "p"}, "partition_id is 'p'"),
        ("x", {"stream_name": "a b"}, "stream_name is 'a b'"),
        ("x", {"cursor_type": "LATEST"}, "cursor_type does not go with action put"),
        ("x", {"starting_sequence_number": "1"}, "starting_sequence_number does not go with action put"),
        ("x", {"timestamp": "now"}, "timestamp does not go with action put"),
    ],
    ids=range(14),
)
def test_rule_broken_is_refused_without_quoting_data(entry: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidOptions, match=words) as caught:
        put(entry, **options)
    assert 'not base64"' not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_file_is_refused_by_line() -> None:
    with pytest.raises(InvalidOptions, match="line 2 of src is not base64"):
        parse_records({**PUT, "encoding": "base64"}, [b"AA==\n", b"?\n"])
    with pytest.raises(InvalidOptions, match="line 2 of src is not text in UTF-8"):
        parse_records(PUT, [b"a\n", b"\xff\n"])


def test_refusal_does_not_list_thousands_of_records() -> None:
    with pytest.raises(InvalidOptions) as caught:
        put(*[""] * 5000)
    assert str(caught.value).count("has 0 bytes") == 20


SIZES = st.lists(st.sampled_from([1, 1000, MAX_BATCH_BYTES // 3, MAX_BATCH_BYTES // 2, MAX_RECORD_BYTES]), max_size=40)


@given(st.one_of(SIZES, st.integers(0, 3 * MAX_BATCH_RECORDS).map(lambda count: [1] * count)))
def test_laws_of_batches(sizes: list[int]) -> None:
    records = [Record(b"x" * size, {}) for size in sizes]
    made = list(batches(records))
    assert [number for batch in made for number in batch] == list(range(len(records))), "each once, in order"
    for batch in made:
        assert 1 <= len(batch) <= MAX_BATCH_RECORDS
        assert len(batch) == 1 or sum(sizes[number] for number in batch) <= MAX_BATCH_BYTES
    for one, following in pairwise(made):
        total = sum(sizes[number] for number in one) + sizes[following[0]]
        assert len(one) == MAX_BATCH_RECORDS or total > MAX_BATCH_BYTES, "no batch is smaller than it could be"


def test_record_with_a_long_key_still_goes_alone() -> None:
    assert list(batches([Record(b"x" * MAX_RECORD_BYTES, {"partition_key": "k" * 100}), Record(b"x", {})])) == [
        [0],
        [1],
    ]


@pytest.mark.parametrize(
    ("code", "again"),
    [("DIS.4303", True), ("DIS.4305", True), ("DIS.5250", True), ("DIS.5000", True), ("DIS.4302", False),
     ("DIS.50000", False), ("", False), (None, False)],
)  # fmt: skip
def test_only_what_came_too_fast_or_failed_inside_comes_again(code: str | None, again: bool) -> None:
    assert is_retryable_record(code) == again


# --- out ---


@pytest.mark.parametrize(
    ("options", "start"),
    [
        ({}, Start("TRIM_HORIZON")),
        ({"cursor_type": "LATEST"}, Start("LATEST")),
        ({"starting_sequence_number": "007"}, Start("AT_SEQUENCE_NUMBER", "7")),
        (
            {"starting_sequence_number": "7", "cursor_type": "AFTER_SEQUENCE_NUMBER"},
            Start("AFTER_SEQUENCE_NUMBER", "7"),
        ),
        ({"timestamp": "-1h"}, Start("AT_TIMESTAMP", None, 1_767_222_000_000)),
        ({"timestamp": "1767222000123"}, Start("AT_TIMESTAMP", None, 1_767_222_000_123)),
        ({"max_records": 1, "max_bytes": 1, "partition_cursor": "a" * 2048}, Start("TRIM_HORIZON")),
        ({"max_records": 100_000, "max_bytes": 64 * 1024 * 1024}, Start("TRIM_HORIZON")),
        ({"stream_id": "fake", "partition_id": "0"}, Start("TRIM_HORIZON")),
    ],
    ids=str,
)
def test_start_follows_from_what_is_given(options: dict[str, Any], start: Start) -> None:
    assert reading_from({**GET, **options}, NOW).start == start


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cursor_type": "AT_SEQUENCE_NUMBER"}, "cursor_type AT_SEQUENCE_NUMBER needs starting_sequence_number"),
        ({"cursor_type": "AT_TIMESTAMP"}, "cursor_type AT_TIMESTAMP needs timestamp"),
        ({"cursor_type": "LATEST", "timestamp": "now"}, "cursor_type LATEST does not go with timestamp"),
        ({"starting_sequence_number": "1", "timestamp": "now"}, "does not go with timestamp"),
        ({"starting_sequence_number": "x"}, "starting_sequence_number is 'x'"),
        ({"timestamp": "soon"}, "timestamp is 'soon', but must be now"),
        ({"timestamp": "1969-12-31T23:00:00Z"}, "lies before 1970"),
        ({"max_records": 0}, "max_records is 0"),
        ({"max_bytes": 0}, "max_bytes is 0"),
        ({"max_seconds": 0.0}, "max_seconds is 0"),
        ({"max_seconds": float("nan")}, "max_seconds is nan"),
        ({"partition_id": "p"}, "partition_id is 'p'"),
        ({"max_records": 100_001}, "max_records is 100001"),
        ({"max_bytes": 64 * 1024 * 1024 + 1}, "max_bytes is 67108865"),
        ({"records": []}, "records does not go with action get"),
        ({"partition_key": "k"}, "partition_key does not go with action get"),
        ({"src": "file"}, "src does not go with action get"),
        ({"explicit_hash_key": "1"}, "explicit_hash_key does not go with action get"),
        ({"action": "cursor", "src": "file"}, "src does not go with action cursor"),
        ({"stream_id": "fake"}, "stream_id needs partition_id"),
        ({"partition_cursor": "a b"}, "partition_cursor is 'a b'"),
        ({"partition_cursor": "a" * 2049}, "what the service gave: 1 to 2048 characters"),
        ({"cursor_type": "TRIM_HORIZON", "starting_sequence_number": "1"}, "does not go with starting_sequence_number"),
    ],
    ids=str,
)
def test_reading_that_makes_no_sense_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidOptions, match=words):
        reading_from({**GET, **options}, NOW)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("[310 : 977]", (310, 977)), ("[0:0]", (0, 0)), (f"[0 : {MAX_NUMBER}]", (0, MAX_NUMBER)), (None, (None, None)),
        ("", (None, None)), ("[null : null]", (None, None)), ("310 : 977", (None, None)), (7, (None, None)),
        ("[-1 : -1]", (None, None)),
    ],
)  # fmt: skip
def test_range_is_read(value: Any, told: tuple[int | None, int | None]) -> None:
    assert read_range(value) == told


@given(st.binary())
def test_bytes_come_back_as_they_were(data: bytes) -> None:
    entry = {**Record(data, {}).serialize(), "sequence_number": 5}
    told = read_record("p", entry, read_data(entry), "base64")
    assert base64.b64decode(told["data"]) == data
    try:
        text = data.decode()
    except UnicodeDecodeError:
        with pytest.raises(UnexpectedResponse, match="Record 5 of partition p is not a text"):
            read_record("p", entry, read_data(entry), "text")
    else:
        assert read_record("p", entry, read_data(entry), "text")["data"] == text


@pytest.mark.parametrize("data", ["?", 7, "a"])
def test_data_that_is_not_base64_is_refused(data: Any) -> None:
    with pytest.raises(UnexpectedResponse, match="not base64"):
        read_data({"data": data})


# --- the loop that reads, against a partition in memory ---


class Partition:
    """Stands in for the client: one partition, and whatever goes wrong."""

    def __init__(self, first: int, end: int, told: bool = True, page: int = 3, gaps: int = 0) -> None:
        self.first, self.end, self.told, self.page, self.gaps = first, end, told, page, gaps
        self.errors: list[str] = []
        self.cursors: list[dict[str, Any]] = []
        self.fetches = 0
        self.retry_budget = RetryBudget(30.0)

    def list_partitions(self, stream: str) -> list[dict[str, Any]]:
        entry = {"partition_id": 0, "status": "ACTIVE"}
        return [{**entry, "sequence_number_range": f"[{self.first} : {self.end}]"} if self.told else entry]

    def show_cursor(self, stream: str, partition_id: str, place: dict[str, Any], stream_id: str | None) -> str:
        self.cursors.append({name: value for name, value in place.items() if value is not None})
        kind, number = place["cursor-type"], place["starting-sequence-number"]
        if number is not None and not self.first <= int(number) <= self.end:
            raise ApiError("get a cursor", 400, "DIS.4224", "out of range")
        return str({"TRIM_HORIZON": self.first, "LATEST": self.end}.get(kind, int(number or 0)))

    def get_records(self, stream: str, cursor: str, most_bytes: int, stream_id: str | None) -> dict[str, Any]:
        self.fetches += 1
        if self.errors:
            code = self.errors.pop(0)
            if code:
                raise ApiError("get records", 400, code, "no")
        if self.gaps and self.fetches % (self.gaps + 1):
            return {"records": [], "next_partition_cursor": cursor}
        position = int(cursor)
        numbers = range(position, min(self.end, position + self.page))
        records = [{"sequence_number": str(number), "data": "eHg="} for number in numbers]
        return {"records": records, "next_partition_cursor": str(position + len(records))}


def getting(partition: Partition, start: Start | None = None, **limits: Any) -> tuple[list[int], dict[str, Any]]:
    """Numbers read, and the whole result; time is what pauses add up to."""
    clock = [0.0]

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    def tick() -> float:
        clock[0] += 0.001
        return clock[0]

    reading = Reading("meters", None, start or Start("TRIM_HORIZON"), **limits)
    result = RecordReader(partition, reading, sleep, tick).run()  # type: ignore[arg-type]
    return [int(one["sequence_number"]) for one in result["records"]], result


@given(st.integers(0, 5), st.integers(0, 20), st.booleans(), st.integers(1, 7), st.integers(0, 2))
def test_everything_is_read_once(first: int, count: int, told: bool, page: int, gaps: int) -> None:
    partition = Partition(first, first + count, told, page, gaps)
    numbers, result = getting(partition)
    assert numbers == list(range(first, first + count))
    assert result["positions"][0]["at_end"]
    assert partition.fetches <= (count + 4) * (gaps + 1) + 1


@given(st.integers(1, 25), st.integers(1, 60))
def test_limits_are_kept_and_the_position_goes_on(most: int, most_bytes: int) -> None:
    partition = Partition(0, 20)
    numbers, result = getting(partition, max_records=most, max_bytes=most_bytes)
    assert numbers == list(range(min(20, most, most_bytes // 2)))
    (position,) = result["positions"]
    assert position["sequence_number"] == str(len(numbers))
    assert position["at_end"] == (len(numbers) == 20)
    rest, _result = getting(partition, Start("AT_SEQUENCE_NUMBER", position["sequence_number"]))
    assert numbers + rest == list(range(20))
    assert bool(result["warnings"]) == (not numbers)


@given(st.lists(st.sampled_from(["", "DIS.4225", "DIS.4217"]), max_size=8))
def test_cursor_is_renewed_where_it_was(errors: list[str]) -> None:
    partition = Partition(3, 30)
    partition.errors = [code for pair in zip(errors, [""] * len(errors), strict=True) for code in pair]
    assert getting(partition)[0] == list(range(3, 30))


@pytest.mark.parametrize("code", ["DIS.4225", "DIS.4217", "DIS.4226"])
def test_cursor_that_is_never_good_enough_is_a_failure(code: str) -> None:
    partition = Partition(3, 30)
    partition.errors = [code] * 9
    with pytest.raises(ApiError, match=code):
        getting(partition)
    assert partition.fetches == 2


def test_latest_cursor_is_renewed_without_a_gap() -> None:
    partition = Partition(0, 5)
    partition.errors = ["DIS.4225"]
    getting(partition, Start("LATEST"), follow=True, max_seconds=1)
    assert partition.cursors == [
        {"cursor-type": "LATEST"},
        {"cursor-type": "AT_SEQUENCE_NUMBER", "starting-sequence-number": "5"},
    ]


def test_records_that_aged_out_are_told() -> None:
    partition = Partition(0, 10)
    partition.errors = ["", "DIS.4226"]
    _numbers, result = getting(partition)
    assert "aged out" in result["warnings"][0]
    assert partition.cursors[-1] == {"cursor-type": "TRIM_HORIZON"}


def test_number_that_aged_out_between_two_cursors_is_told() -> None:
    partition = Partition(0, 10)
    real = partition.get_records

    def get(*args: Any) -> dict[str, Any]:
        if partition.fetches == 1:
            partition.first = 8
            partition.errors = ["DIS.4225"]
        return real(*args)

    partition.get_records = get  # type: ignore[method-assign]
    numbers, result = getting(partition)
    assert numbers == [0, 1, 2, 8, 9]
    assert "aged out" in result["warnings"][0]


def test_number_that_was_never_there_is_a_failure() -> None:
    with pytest.raises(ApiError, match=r"DIS\.4224"):
        getting(Partition(5, 10), Start("AT_SEQUENCE_NUMBER", "4"))
    with pytest.raises(ApiError, match=r"DIS\.4224"):
        getting(Partition(5, 10), Start("AT_SEQUENCE_NUMBER", "11"))


@pytest.mark.parametrize(
    "start", [Start("LATEST"), Start("AT_SEQUENCE_NUMBER", "10"), Start("AFTER_SEQUENCE_NUMBER", "9")]
)
def test_nothing_is_asked_for_where_nothing_can_be(start: Start) -> None:
    partition = Partition(5, 10)
    numbers, result = getting(partition, start)
    assert (numbers, partition.fetches, result["positions"][0]["sequence_number"]) == ([], 0, "10")


def test_following_ends_when_the_time_is_over() -> None:
    partition = Partition(0, 4)
    numbers, result = getting(partition, follow=True, max_seconds=5)
    assert numbers == [0, 1, 2, 3]
    assert 5 < partition.fetches < 20
    assert result["positions"][0]["at_end"]


def test_cursor_that_does_not_follow_is_made_anew() -> None:
    partition = Partition(0, 10)
    real = partition.get_records
    partition.get_records = lambda *args: {"records": real(*args)["records"]}  # type: ignore[method-assign]
    assert getting(partition)[0] == list(range(10))


@pytest.mark.parametrize(("number", "kind"), [("7", "AT_SEQUENCE_NUMBER"), ("6", "AFTER_SEQUENCE_NUMBER")])
def test_reader_knows_its_position_from_the_start(number: str, kind: str) -> None:
    assert Reader("p", Start(kind, number), 0, 9).position == 7


def test_known_end_is_not_given_up_after_a_few_empty_answers() -> None:
    numbers, result = getting(Partition(0, 5, gaps=7))
    assert (numbers, result["positions"][0]["at_end"]) == (list(range(5)), True)
    numbers, result = getting(Partition(0, 5, gaps=100), max_seconds=3)
    assert (numbers, result["positions"][0]["at_end"]) == ([], False)


def test_time_is_kept_with_many_partitions() -> None:
    partition = Partition(0, 5)
    partition.list_partitions = lambda stream: [  # type: ignore[method-assign]
        {"partition_id": number, "status": "ACTIVE", "sequence_number_range": "[0 : 5]"} for number in range(1000)
    ]
    getting(partition, max_seconds=0.1, max_records=100_000)
    assert partition.fetches <= 100


def test_records_that_come_again_are_dropped() -> None:
    partition = Partition(0, 10)
    real = partition.get_records

    def get(*args: Any) -> dict[str, Any]:
        response = real(*args)
        return {**response, "next_partition_cursor": str(max(0, int(response["next_partition_cursor"]) - 3))}

    partition.get_records = get  # type: ignore[method-assign]
    assert getting(partition)[0] == list(range(10))


def test_answer_without_records_is_refused_and_a_huge_number_is_survived() -> None:
    partition = Partition(0, 1, told=False)
    partition.get_records = lambda *_args: {}  # type: ignore[method-assign]
    with pytest.raises(UnexpectedResponse, match="no list"):
        getting(partition)
    huge = [{"sequence_number": "9" * 5000, "data": "eHg="}]
    partition.get_records = lambda *_args: {"records": huge}  # type: ignore[method-assign]
    reading = Reading("meters", None, Start("TRIM_HORIZON"), max_records=1)
    assert RecordReader(partition, reading).run()["positions"][0]["sequence_number"] is None  # type: ignore[arg-type]


# --- by a cursor, and in a hurry ---


def by_cursor(partition: Partition, **limits: Any) -> tuple[list[int], dict[str, Any]]:
    """Numbers read from the second record on, and the position."""
    reading = Reading(None, None, Start("TRIM_HORIZON"), partition_cursor="1", **limits)
    result = RecordReader(partition, reading, lambda _seconds: None).run()  # type: ignore[arg-type]
    (position,) = result["positions"]
    return [int(one["sequence_number"]) for one in result["records"]], position


def test_cursor_that_was_given_leads_to_the_end_and_to_the_next_one() -> None:
    numbers, position = by_cursor(Partition(0, 7))
    assert numbers == [1, 2, 3, 4, 5, 6]
    assert position == {"partition_id": None, "sequence_number": "7", "partition_cursor": "7", "at_end": True}


@pytest.mark.parametrize(
    ("limits", "count", "cursor"),
    [
        ({"max_records": 3}, 3, "4"),
        ({"max_records": 2}, 2, None),
        ({"max_bytes": 4}, 2, None),
        ({"max_bytes": 7}, 3, "4"),
        ({"max_bytes": 1}, 0, "1"),
    ],
)
def test_cursor_never_leads_behind_a_record_that_was_not_taken(
    limits: dict[str, int], count: int, cursor: str | None
) -> None:
    numbers, position = by_cursor(Partition(0, 20), **limits)
    assert len(numbers) == count
    assert position["sequence_number"] == (str(count + 1) if count else None)
    assert position["partition_cursor"] == cursor


@pytest.mark.parametrize("code", ["DIS.4225", "DIS.4217", "DIS.4226", "DIS.4224"])
def test_cursor_that_was_given_is_not_replaced_by_another(code: str) -> None:
    partition = Partition(0, 7)
    partition.errors = [code]
    with pytest.raises(ApiError, match=code):
        by_cursor(partition)
    assert (partition.fetches, partition.cursors) == (1, [])


def test_given_cursor_without_a_next_one_is_read_once() -> None:
    partition = Partition(0, 7)
    real = partition.get_records
    partition.get_records = lambda *args: {"records": real(*args)["records"]}  # type: ignore[method-assign]
    numbers, position = by_cursor(partition)
    assert (numbers, position["partition_cursor"], position["at_end"]) == ([1, 2, 3], None, False)


def test_stream_that_others_own_is_read_without_listing_its_partitions() -> None:
    partition = Partition(0, 7)
    partition.list_partitions = None  # type: ignore[assignment, method-assign]
    reading = Reading(None, "shardId-0000000000", Start("TRIM_HORIZON"), stream_id="t" * 19)
    result = RecordReader(partition, reading, lambda _seconds: None).run()  # type: ignore[arg-type]
    assert (len(result["records"]), result["positions"][0]["at_end"]) == (7, True)


@given(st.floats(0.1, 60), st.floats(0.1, 60), st.floats(0, 20))
def test_nothing_is_repeated_beyond_the_end_of_the_run(usual: float, seconds: float, lost: float) -> None:
    partition = Partition(0, 7)
    partition.retry_budget = RetryBudget(usual)
    partition.retry_budget.lost = lost
    left: list[float] = []
    real = partition.get_records

    def get(*args: Any) -> dict[str, Any]:
        left.append(partition.retry_budget.limit - lost)
        return real(*args)

    partition.get_records = get  # type: ignore[method-assign]
    getting(partition, max_seconds=seconds)
    assert all(one <= seconds and one <= usual for one in left)
    assert left == sorted(left, reverse=True)


def test_service_that_asks_to_slow_down_ends_the_run_with_what_was_read() -> None:
    partition = Partition(0, 7)
    partition.errors = ["", "DIS.4303"]
    numbers, result = getting(partition)
    assert (numbers, result["positions"][0]["at_end"]) == ([0, 1, 2], False)
    assert "slow down" in result["warnings"][0]


def test_service_that_asks_to_slow_down_from_the_start_is_a_failure() -> None:
    partition = Partition(0, 7)
    partition.errors = ["DIS.4303"]
    with pytest.raises(ApiError, match=r"DIS\.4303"):
        getting(partition)


class Upload:
    """Stands in for the client: says of each record what it is told to."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.sent = list(answers), 0
        self.retry_budget = self.http = self

    def allows(self, failures: int) -> bool:
        return failures < 3

    def redact(self, text: str) -> str:
        return text

    def put_records(self, stream: str, records: list[Any], stream_id: str | None) -> dict[str, Any]:
        self.sent += 1
        response = self.answers.pop(0)
        if isinstance(response, Exception):
            raise response
        return {"records": [response] * len(records)}


DONE = {"sequence_number": 7, "partition_id": "1"}


@pytest.mark.parametrize("entry", [{}, None, {"partition_id": "0"}, {"sequence_number": ""}], ids=str)
def test_record_of_which_nothing_is_said_is_unknown(entry: Any) -> None:
    api = Upload(entry)
    run = RecordWriter(api, "meters", [Record(b"x", {})])  # type: ignore[arg-type]
    with pytest.raises(UnexpectedResponse, match="does not say what became of 1 records") as caught:
        run.run()
    assert caught.value.outcome_unknown
    assert ([one["state"] for one in run.results], run.has_executed, api.sent) == (["unknown"], ["put"], 1)


def test_partition_that_took_a_record_is_told_in_the_long_form() -> None:
    run = RecordWriter(Upload(DONE), "meters", [Record(b"x", {})])  # type: ignore[arg-type]
    assert run.run()["records"][0]["partition_id"] == "shardId-0000000001"


def test_failure_says_how_many_went_before() -> None:
    run = RecordWriter(Upload(DONE, ApiError("put", 400, "DIS.4116", "no")), "meters", [Record(b"x", {})] * 1100)  # type: ignore[arg-type]
    with pytest.raises(DisError, match="Of 1100 records, 500 were put and 600 were not put"):
        run.run()


def test_record_is_returned_with_all_that_is_told_of_it() -> None:
    entry = {"sequence_number": 5, "partition_key": "k", "timestamp": 1_767_225_600_000, "timestamp_type": "CreateTime"}
    told = read_record("0", entry, b"a", "text")
    assert told == {**entry, "partition_id": "0", "sequence_number": "5", "data": "a"}
    with pytest.raises(UnexpectedResponse, match=r"^Record 5 is not a text"):
        read_record(None, entry, b"\xff", "text")
    with pytest.raises(UnexpectedResponse, match=r"^Record 5 came with data"):
        read_data({"sequence_number": 5, "data": "?"})
