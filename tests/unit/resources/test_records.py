# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records: validation, batching, cursors and response variants."""

from __future__ import annotations

import base64
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._cloud.api import Api
from ansible_collections.otc.dis.plugins.module_utils._cloud.login import Identity
from ansible_collections.otc.dis.plugins.module_utils._cloud.transport import Http
from ansible_collections.otc.dis.plugins.module_utils._core.errors import (
    ApiError,
    DisError,
    InvalidOptions,
    UnexpectedResponse,
)
from ansible_collections.otc.dis.plugins.module_utils._core.retry import RetryBudget
from ansible_collections.otc.dis.plugins.module_utils._core.secrets import Secrets
from ansible_collections.otc.dis.plugins.module_utils._resources.base import MAX_NUMBER, read_range
from ansible_collections.otc.dis.plugins.module_utils._resources.records import (
    MAX_BATCH_BYTES,
    MAX_BATCH_RECORDS,
    MAX_RECORD_BYTES,
    Reading,
    Record,
    RecordClient,
    Start,
    batches,
    is_retryable_record,
    parse_records,
    read_data,
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


def test_place_of_the_module_applies_to_records_without_a_place() -> None:
    records = put("a", {"data": "b", "explicit_hash_key": "7"}, partition_key="all")
    assert [dict(one.place) for one in records] == [{"partition_key": "all"}, {"explicit_hash_key": "7"}]


def test_base64_data_is_decoded() -> None:
    assert put("AP8=", encoding="base64")[0].data == b"\x00\xff"


@pytest.mark.parametrize(
    ("data", "content"),
    [({"b": "ä", "a": [1, None]}, '{"b": "ä", "a": [1, null]}'), ([], "[]"), (7, "7"), (True, "true"), ("7", "7")],
)
def test_data_other_than_strings_is_serialized_as_json(data: Any, content: str) -> None:
    assert put({"data": data})[0].data == content.encode()


def test_lines_are_records_without_line_endings() -> None:
    records = parse_records(PUT, [b"one\n", b"\n", b"two\r\n"])
    assert [one.data for one in records] == [b"one", b"two"]
    assert [one.data for one in parse_records(PUT, [b"X\n", b"aX"])] == [b"X", b"aX"]


@pytest.mark.parametrize(
    ("entry", "options", "words"),
    [
        ("", {}, r"records\[0\] has 0 bytes"),
        ({"data": None}, {}, r"records\[0\] has 0 bytes"),
        ("x" * (MAX_RECORD_BYTES + 1), {}, "but must have 1 to 1048576"),
        ("not base64", {"encoding": "base64"}, r"records\[0\] is not valid base64"),
        ("\ud800", {}, r"records\[0\] is not valid UTF-8"),
        ({"data": {"value": float("nan")}}, {}, r"records\[0\] contains NaN"),
        ({"data": "x", "partition_id": "p"}, {}, r"records\[0\].partition_id is 'p'"),
        ({"data": "x", "explicit_hash_key": str(MAX_NUMBER + 1)}, {}, r"records\[0\].explicit_hash_key"),
        (
            {"data": "x", "partition_key": " "},
            {},
            r"records\[0\].partition_key is ' ', but must be a string, not blank",
        ),
        ("x", {"partition_id": "p"}, "partition_id is 'p'"),
        ("x", {"stream_name": "a b"}, "stream_name is 'a b'"),
        ("x", {"cursor_type": "LATEST"}, "cursor_type cannot be used with action put"),
        ("x", {"starting_sequence_number": "1"}, "starting_sequence_number cannot be used with action put"),
        ("x", {"timestamp": "now"}, "timestamp cannot be used with action put"),
    ],
    ids=range(14),
)
def test_invalid_option_is_rejected_without_quoting_data(entry: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidOptions, match=words) as caught:
        put(entry, **options)
    assert 'not base64"' not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_invalid_file_is_rejected_with_the_line_number() -> None:
    with pytest.raises(InvalidOptions, match="line 2 of src is not valid base64"):
        parse_records({**PUT, "encoding": "base64"}, [b"AA==\n", b"?\n"])
    with pytest.raises(InvalidOptions, match="line 2 of src is not valid UTF-8"):
        parse_records(PUT, [b"a\n", b"\xff\n"])


def test_message_does_not_list_thousands_of_records() -> None:
    with pytest.raises(InvalidOptions) as caught:
        put(*[""] * 5000)
    assert str(caught.value).count("has 0 bytes") == 20


SIZES = st.lists(st.sampled_from([1, 1000, MAX_BATCH_BYTES // 3, MAX_BATCH_BYTES // 2, MAX_RECORD_BYTES]), max_size=40)


@given(st.one_of(SIZES, st.integers(0, 3 * MAX_BATCH_RECORDS).map(lambda count: [1] * count)))
def test_properties_of_batches(sizes: list[int]) -> None:
    records = [Record(b"x" * size, {}) for size in sizes]
    made = list(batches(records))
    assert [number for batch in made for number in batch] == list(range(len(records))), "each once, in order"
    for batch in made:
        assert 1 <= len(batch) <= MAX_BATCH_RECORDS
        assert len(batch) == 1 or sum(sizes[number] for number in batch) <= MAX_BATCH_BYTES
    for one, following in pairwise(made):
        total = sum(sizes[number] for number in one) + sizes[following[0]]
        assert len(one) == MAX_BATCH_RECORDS or total > MAX_BATCH_BYTES, "no batch is smaller than it could be"


def test_record_with_a_long_key_is_a_batch_of_its_own() -> None:
    assert list(batches([Record(b"x" * MAX_RECORD_BYTES, {"partition_key": "k" * 100}), Record(b"x", {})])) == [
        [0],
        [1],
    ]


@pytest.mark.parametrize(
    ("code", "again"),
    [("DIS.4303", True), ("DIS.4305", True), ("DIS.5250", True), ("DIS.5000", True), ("DIS.4302", False),
     ("DIS.50000", False), ("", False), (None, False)],
)  # fmt: skip
def test_only_throttled_records_and_service_errors_are_retried(code: str | None, again: bool) -> None:
    assert is_retryable_record(code) == again


# --- reading ---


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
def test_start_position_from_options(options: dict[str, Any], start: Start) -> None:
    assert reading_from({**GET, **options}, NOW).start == start


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cursor_type": "AT_SEQUENCE_NUMBER"}, "cursor_type AT_SEQUENCE_NUMBER requires starting_sequence_number"),
        ({"cursor_type": "AT_TIMESTAMP"}, "cursor_type AT_TIMESTAMP requires timestamp"),
        ({"cursor_type": "LATEST", "timestamp": "now"}, "cursor_type LATEST cannot be used with timestamp"),
        ({"starting_sequence_number": "1", "timestamp": "now"}, "cannot be used with timestamp"),
        ({"starting_sequence_number": "x"}, "starting_sequence_number is 'x'"),
        ({"timestamp": "soon"}, "timestamp is 'soon', but must be now"),
        ({"timestamp": "1969-12-31T23:00:00Z"}, "is before 1970"),
        ({"max_records": 0}, "max_records is 0"),
        ({"max_bytes": 0}, "max_bytes is 0"),
        ({"max_seconds": 0.0}, "max_seconds is 0"),
        ({"max_seconds": float("nan")}, "max_seconds is nan"),
        ({"partition_id": "p"}, "partition_id is 'p'"),
        ({"max_records": 100_001}, "max_records is 100001"),
        ({"max_bytes": 64 * 1024 * 1024 + 1}, "max_bytes is 67108865"),
        ({"records": []}, "records cannot be used with action get"),
        ({"partition_key": "k"}, "partition_key cannot be used with action get"),
        ({"src": "file"}, "src cannot be used with action get"),
        ({"explicit_hash_key": "1"}, "explicit_hash_key cannot be used with action get"),
        ({"action": "cursor", "src": "file"}, "src cannot be used with action cursor"),
        ({"stream_id": "fake"}, "stream_id requires partition_id"),
        ({"partition_cursor": "a b"}, "partition_cursor is 'a b'"),
        ({"partition_cursor": "a" * 2049}, "a cursor from the service: 1 to 2048 characters"),
        (
            {"cursor_type": "TRIM_HORIZON", "starting_sequence_number": "1"},
            "cannot be used with starting_sequence_number",
        ),
    ],
    ids=str,
)
def test_invalid_options_of_a_read_are_rejected(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidOptions, match=words):
        reading_from({**GET, **options}, NOW)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("[310 : 977]", (310, 977)), ("[0:0]", (0, 0)), (f"[0 : {MAX_NUMBER}]", (0, MAX_NUMBER)), (None, (None, None)),
        ("", (None, None)), ("[null : null]", (None, None)), ("310 : 977", (None, None)), (7, (None, None)),
        ("[-1 : -1]", (None, None)),
    ],
)  # fmt: skip
def test_range_is_parsed(value: Any, expected: tuple[int | None, int | None]) -> None:
    assert read_range(value) == expected


@given(st.binary())
def test_data_round_trip(data: bytes) -> None:
    entry = {**Record(data, {}).serialize(), "sequence_number": 5}
    record = read_record("p", entry, read_data(entry), "base64")
    assert base64.b64decode(record["data"]) == data
    try:
        text = data.decode()
    except UnicodeDecodeError:
        with pytest.raises(UnexpectedResponse, match="Record 5 of partition p is not UTF-8 text"):
            read_record("p", entry, read_data(entry), "text")
    else:
        assert read_record("p", entry, read_data(entry), "text")["data"] == text


@pytest.mark.parametrize("data", ["?", 7, "a"])
def test_data_that_is_not_base64_is_rejected(data: Any) -> None:
    with pytest.raises(UnexpectedResponse, match="not base64"):
        read_data({"data": data})


# --- the loop that reads, against a partition in memory ---


class Partition:
    """Fake client with one partition and configurable errors."""

    def __init__(self, first: int, end: int, reports_range: bool = True, page: int = 3, gaps: int = 0) -> None:
        self.first, self.end, self.page, self.gaps = first, end, page, gaps
        self.reports_range = reports_range
        self.errors: list[str] = []
        self.cursors: list[dict[str, Any]] = []
        self.fetches = 0
        self.retry_budget = RetryBudget(30.0)

    def list_partitions(self, stream: str) -> list[dict[str, Any]]:
        entry = {"partition_id": 0, "status": "ACTIVE"}
        return [{**entry, "sequence_number_range": f"[{self.first} : {self.end}]"} if self.reports_range else entry]

    def show_cursor(self, stream: str, partition_id: str, place: dict[str, Any], stream_id: str | None) -> str:
        self.cursors.append({name: value for name, value in place.items() if value is not None})
        kind, number = place["cursor-type"], place["starting-sequence-number"]
        if number is not None and not self.first <= int(number) <= self.end:
            raise ApiError("get a cursor", 400, "DIS.4224", "out of range")
        return str({"TRIM_HORIZON": self.first, "LATEST": self.end}.get(kind, int(number or 0)))

    def get_records(self, stream: str, cursor: str, max_bytes: int, stream_id: str | None) -> dict[str, Any]:
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
    """Sequence numbers read, and the result; the clock advances with each pause."""
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
def test_every_record_is_read_once(first: int, count: int, reports_range: bool, page: int, gaps: int) -> None:
    partition = Partition(first, first + count, reports_range, page, gaps)
    numbers, result = getting(partition)
    assert numbers == list(range(first, first + count))
    assert result["positions"][0]["at_end"]
    assert partition.fetches <= (count + 4) * (gaps + 1) + 1


@given(st.integers(1, 25), st.integers(1, 60))
def test_limits_hold_and_the_position_continues(max_records: int, max_bytes: int) -> None:
    partition = Partition(0, 20)
    numbers, result = getting(partition, max_records=max_records, max_bytes=max_bytes)
    assert numbers == list(range(min(20, max_records, max_bytes // 2)))
    (position,) = result["positions"]
    assert position["sequence_number"] == str(len(numbers))
    assert position["at_end"] == (len(numbers) == 20)
    rest, _result = getting(partition, Start("AT_SEQUENCE_NUMBER", position["sequence_number"]))
    assert numbers + rest == list(range(20))
    assert bool(result["warnings"]) == (not numbers)


@given(st.lists(st.sampled_from(["", "DIS.4225", "DIS.4217"]), max_size=8))
def test_cursor_is_renewed_at_its_position(errors: list[str]) -> None:
    partition = Partition(3, 30)
    partition.errors = [code for pair in zip(errors, [""] * len(errors), strict=True) for code in pair]
    assert getting(partition)[0] == list(range(3, 30))


@pytest.mark.parametrize("code", ["DIS.4225", "DIS.4217", "DIS.4226"])
def test_cursor_that_is_rejected_twice_is_a_failure(code: str) -> None:
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


def test_expired_records_are_reported() -> None:
    partition = Partition(0, 10)
    partition.errors = ["", "DIS.4226"]
    _numbers, result = getting(partition)
    assert "expired" in result["warnings"][0]
    assert partition.cursors[-1] == {"cursor-type": "TRIM_HORIZON"}


def test_number_that_expires_between_two_cursors_is_reported() -> None:
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
    assert "expired" in result["warnings"][0]


def test_number_that_does_not_exist_is_a_failure() -> None:
    with pytest.raises(ApiError, match=r"DIS\.4224"):
        getting(Partition(5, 10), Start("AT_SEQUENCE_NUMBER", "4"))
    with pytest.raises(ApiError, match=r"DIS\.4224"):
        getting(Partition(5, 10), Start("AT_SEQUENCE_NUMBER", "11"))


@pytest.mark.parametrize(
    "start", [Start("LATEST"), Start("AT_SEQUENCE_NUMBER", "10"), Start("AFTER_SEQUENCE_NUMBER", "9")]
)
def test_no_request_at_the_end_of_a_partition(start: Start) -> None:
    partition = Partition(5, 10)
    numbers, result = getting(partition, start)
    assert (numbers, partition.fetches, result["positions"][0]["sequence_number"]) == ([], 0, "10")


def test_following_ends_at_the_deadline() -> None:
    partition = Partition(0, 4)
    numbers, result = getting(partition, follow=True, max_seconds=5)
    assert numbers == [0, 1, 2, 3]
    assert 5 < partition.fetches < 20
    assert result["positions"][0]["at_end"]


def test_missing_next_cursor_is_requested() -> None:
    partition = Partition(0, 10)
    real = partition.get_records
    partition.get_records = lambda *args: {"records": real(*args)["records"]}  # type: ignore[method-assign]
    assert getting(partition)[0] == list(range(10))


@pytest.mark.parametrize(("number", "kind"), [("7", "AT_SEQUENCE_NUMBER"), ("6", "AFTER_SEQUENCE_NUMBER")])
def test_reader_has_a_position_at_the_start(number: str, kind: str) -> None:
    assert Reader("p", Start(kind, number), 0, 9).position == 7


def test_known_end_is_kept_after_empty_responses() -> None:
    numbers, result = getting(Partition(0, 5, gaps=7))
    assert (numbers, result["positions"][0]["at_end"]) == (list(range(5)), True)
    numbers, result = getting(Partition(0, 5, gaps=100), max_seconds=3)
    assert (numbers, result["positions"][0]["at_end"]) == ([], False)


def test_deadline_holds_with_many_partitions() -> None:
    partition = Partition(0, 5)
    partition.list_partitions = lambda stream: [  # type: ignore[method-assign]
        {"partition_id": number, "status": "ACTIVE", "sequence_number_range": "[0 : 5]"} for number in range(1000)
    ]
    getting(partition, max_seconds=0.1, max_records=100_000)
    assert partition.fetches <= 100


def test_repeated_records_are_dropped() -> None:
    partition = Partition(0, 10)
    real = partition.get_records

    def get(*args: Any) -> dict[str, Any]:
        response = real(*args)
        return {**response, "next_partition_cursor": str(max(0, int(response["next_partition_cursor"]) - 3))}

    partition.get_records = get  # type: ignore[method-assign]
    assert getting(partition)[0] == list(range(10))


def test_response_without_records_is_rejected_and_a_huge_number_is_accepted() -> None:
    partition = Partition(0, 1, reports_range=False)
    partition.get_records = lambda *_args: {}  # type: ignore[method-assign]
    with pytest.raises(UnexpectedResponse, match="no list"):
        getting(partition)
    huge = [{"sequence_number": "9" * 5000, "data": "eHg="}]
    partition.get_records = lambda *_args: {"records": huge}  # type: ignore[method-assign]
    reading = Reading("meters", None, Start("TRIM_HORIZON"), max_records=1)
    assert RecordReader(partition, reading).run()["positions"][0]["sequence_number"] is None  # type: ignore[arg-type]


# --- specified cursors and deadlines ---


def by_cursor(partition: Partition, **limits: Any) -> tuple[list[int], dict[str, Any]]:
    """Numbers read from the second record on, and the position."""
    reading = Reading(None, None, Start("TRIM_HORIZON"), partition_cursor="1", **limits)
    result = RecordReader(partition, reading, lambda _seconds: None).run()  # type: ignore[arg-type]
    (position,) = result["positions"]
    return [int(one["sequence_number"]) for one in result["records"]], position


def test_specified_cursor_reads_to_the_end_and_returns_the_next_cursor() -> None:
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
def test_returned_cursor_never_skips_a_record(limits: dict[str, int], count: int, cursor: str | None) -> None:
    numbers, position = by_cursor(Partition(0, 20), **limits)
    assert len(numbers) == count
    assert position["sequence_number"] == (str(count + 1) if count else None)
    assert position["partition_cursor"] == cursor


@pytest.mark.parametrize("code", ["DIS.4225", "DIS.4217", "DIS.4226", "DIS.4224"])
def test_specified_cursor_is_not_renewed(code: str) -> None:
    partition = Partition(0, 7)
    partition.errors = [code]
    with pytest.raises(ApiError, match=code):
        by_cursor(partition)
    assert (partition.fetches, partition.cursors) == (1, [])


def test_specified_cursor_without_a_next_cursor_is_read_once() -> None:
    partition = Partition(0, 7)
    real = partition.get_records
    partition.get_records = lambda *args: {"records": real(*args)["records"]}  # type: ignore[method-assign]
    numbers, position = by_cursor(partition)
    assert (numbers, position["partition_cursor"], position["at_end"]) == ([1, 2, 3], None, False)


def test_stream_of_another_account_is_read_without_listing_its_partitions() -> None:
    partition = Partition(0, 7)
    partition.list_partitions = None  # type: ignore[assignment, method-assign]
    reading = Reading(None, "shardId-0000000000", Start("TRIM_HORIZON"), stream_id="t" * 19)
    result = RecordReader(partition, reading, lambda _seconds: None).run()  # type: ignore[arg-type]
    assert (len(result["records"]), result["positions"][0]["at_end"]) == (7, True)


@given(st.floats(0.1, 60), st.floats(0.1, 60), st.floats(0, 20))
def test_no_retries_after_the_deadline(limit: float, seconds: float, lost: float) -> None:
    partition = Partition(0, 7)
    partition.retry_budget = RetryBudget(limit)
    partition.retry_budget.lost = lost
    left: list[float] = []
    real = partition.get_records

    def get(*args: Any) -> dict[str, Any]:
        left.append(partition.retry_budget.limit - lost)
        return real(*args)

    partition.get_records = get  # type: ignore[method-assign]
    getting(partition, max_seconds=seconds)
    assert all(time <= seconds and time <= limit for time in left)
    assert left == sorted(left, reverse=True)


def test_throttling_ends_the_run_with_the_records_read() -> None:
    partition = Partition(0, 7)
    partition.errors = ["", "DIS.4303"]
    numbers, result = getting(partition)
    assert (numbers, result["positions"][0]["at_end"]) == ([0, 1, 2], False)
    assert "throttled the reads" in result["warnings"][0]


def test_throttling_of_the_first_read_is_a_failure() -> None:
    partition = Partition(0, 7)
    partition.errors = ["DIS.4303"]
    with pytest.raises(ApiError, match=r"DIS\.4303"):
        getting(partition)


class Upload(RecordClient):
    """Client with a configured response, or result of each record, instead of each request."""

    def __init__(self, *responses: Any, secret: str = "") -> None:
        self.responses, self.sent = list(responses), 0
        secrets = Secrets()
        secrets.add(secret)
        http = Http(True, None, 30.0, secrets, RetryBudget(30.0, sleep=lambda seconds: None))
        super().__init__(Api(http, Identity(None, "p", "https://dis.example.com", None)))  # type: ignore[arg-type]
        self.send = self.respond

    def respond(self, call: str, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.sent += 1
        response = self.responses.pop(0)
        if isinstance(response, Exception):
            raise response
        return {"records": response if isinstance(response, list) else [response] * len(body["records"])}


DONE = {"sequence_number": 7, "partition_id": "1"}


@pytest.mark.parametrize("entry", [{}, None, {"partition_id": "0"}, {"sequence_number": ""}], ids=str)
def test_record_without_a_reported_result_is_unknown(entry: Any) -> None:
    api = Upload(entry)
    run = RecordWriter(api, "meters", put("x"))
    with pytest.raises(UnexpectedResponse, match=r"the result of 1 records, starting with records\[0\]\.") as caught:
        run.run()
    assert caught.value.outcome_unknown
    assert ([one["state"] for one in run.results], run.has_executed, api.sent) == (["unknown"], ["put"], 1)


def test_partition_of_a_record_is_returned_in_the_long_form() -> None:
    run = RecordWriter(Upload(DONE), "meters", put("x"))
    assert run.run()["records"][0]["partition_id"] == "shardId-0000000001"


def test_failure_reports_the_counts() -> None:
    run = RecordWriter(Upload(DONE, ApiError("put", 400, "DIS.4116", "no")), "meters", put(*["x"] * 1100))
    with pytest.raises(DisError, match="Of 1100 records, 500 were put and 600 were not sent"):
        run.run()


REJECTED = {"error_code": "DIS.4302", "error_message": "fake-secret\nis no partition"}


@pytest.mark.parametrize(
    "responses", [[[DONE, REJECTED]], [[DONE, None]], [UnexpectedResponse("Cut off.", outcome_unknown=True)]]
)
def test_record_has_the_same_name_in_all_messages(responses: list[Any]) -> None:
    entries, lines = put("a", "b"), parse_records(PUT, [b"\n", b"a\n", b"\n", b"b\n"])
    position = 0 if isinstance(responses[0], DisError) else 1
    for records, name in ((entries, f"records[{position}]"), (lines, f"line {2 + 2 * position} of src")):
        with pytest.raises(DisError) as caught:
            RecordWriter(Upload(*responses), "meters", records).run()
        assert f"starting with {name}" in str(caught.value)


def test_reason_of_the_service_is_masked_and_on_one_line() -> None:
    run = RecordWriter(Upload([DONE, REJECTED], secret="fake-secret"), "meters", put("a", "b"))
    with pytest.raises(DisError, match=r"\*{8} is no partition \(DIS\.4302\)"):
        run.run()
    assert run.results[1]["error"] == {"code": "DIS.4302", "text": "******** is no partition"}


def test_record_is_returned_with_its_data() -> None:
    entry = {"sequence_number": 5, "partition_key": "k", "timestamp": 1_767_225_600_000, "timestamp_type": "CreateTime"}
    record = read_record("0", entry, b"a", "text")
    assert record == {**entry, "partition_id": "0", "sequence_number": "5", "data": "a"}
    with pytest.raises(UnexpectedResponse, match=r"^Record 5 is not UTF-8 text"):
        read_record(None, entry, b"\xff", "text")
    with pytest.raises(UnexpectedResponse, match=r"^The data of record 5 is not base64"):
        read_data({"sequence_number": 5, "data": "?"})
