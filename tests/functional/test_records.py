# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Putting records in and getting them out."""

from __future__ import annotations

import base64
import dataclasses
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Result, Run

    from otc_emulator.runner import Emulator

P0, P1 = "shardId-0000000000", "shardId-0000000001"


@pytest.fixture
def world(emulator: Emulator) -> None:
    """A stream with two partitions."""
    emulator.reset(streams=[{"name": "meters", "partition_count": 2}])


@pytest.fixture
def put(run: Run, world: None) -> Run:
    """Puts records."""
    return run.of("records", "actions", "records", action="put", stream_name="meters")


@pytest.fixture
def get(run: Run, world: None) -> Run:
    """Gets records."""
    return run.of("records", "actions", "records", "positions", action="get", stream_name="meters", max_seconds=3)


def entries(*texts: str, **place: str) -> list[dict[str, str]]:
    return [{"data": text, **place} for text in texts]


def stored(emulator: Emulator) -> list[tuple[str, str]]:
    """Partition and text of all records."""
    return [(one["partition_id"], one["text"]) for one in emulator.records("meters")]


def uploads(result: Result) -> list[dict[str, Any]]:
    return [one for one in result.log if one["operation"] == "put_records"]


def texts(result: Result) -> list[str]:
    return [one["data"] for one in result.ok().data["records"]]


# --- put ---


@pytest.mark.quick
def test_records_are_put_once(put: Run, emulator: Emulator) -> None:
    result = put(records=entries("a", "b", partition_id="1")).ok()
    assert (result.changed, result.actions) == (True, ["put"])
    assert result.data["records"] == [
        {"state": "put", "partition_id": P1, "sequence_number": str(number), "error": None} for number in range(2)
    ]
    assert stored(emulator) == [(P1, "a"), (P1, "b")]
    assert len(uploads(result)) == 1


def test_check_mode_promises_and_sends_nothing(put: Run, emulator: Emulator) -> None:
    result = put(check=True, records=entries("a", partition_id="1")).ok()
    assert (result.changed, result.actions, result.log) == (True, ["put"], [])
    assert result.data["records"] == [{"state": "not_sent", "partition_id": P1, "sequence_number": None, "error": None}]
    assert stored(emulator) == []


def test_putting_is_not_idempotent(put: Run, emulator: Emulator) -> None:
    for _time in range(2):
        assert put(records=entries("a")).ok().changed is True
    assert len(stored(emulator)) == 2


def test_nothing_to_put_is_no_change(put: Run) -> None:
    result = put(records=[]).ok()
    assert (result.changed, result.log) == (False, [])


def test_key_and_hash_key_decide_on_the_partition(put: Run, emulator: Emulator) -> None:
    put(records=[*entries("low", explicit_hash_key="0"), *entries("high", explicit_hash_key=str(2**63 - 1))]).ok()
    put(records=entries("x", "y", "z"), partition_key="same").ok()
    places = {text: partition for partition, text in stored(emulator)}
    assert (places["low"], places["high"]) == (P0, P1)
    assert len({places[text] for text in "xyz"}) == 1
    assert {one["partition_key"] for one in emulator.records("meters") if one["text"] in "xyz"} == {"same"}


def test_dictionary_is_put_as_json(put: Run, emulator: Emulator) -> None:
    put(records=[{"data": {"meter": "m-17", "value": 3.4}}]).ok()
    assert stored(emulator)[0][1] == '{"meter": "m-17", "value": 3.4}'


def test_many_records_go_in_batches_in_order(put: Run, emulator: Emulator) -> None:
    numbers = [str(number) for number in range(1203)]
    result = put(records=entries(*numbers), partition_id="0").ok()
    assert [text for _partition, text in stored(emulator)] == numbers
    assert [int(one["sequence_number"]) for one in result.data["records"]] == list(range(1203))
    assert len(uploads(result)) == 3


def test_large_records_go_in_batches_of_a_megabyte(put: Run, emulator: Emulator) -> None:
    assert len(uploads(put(records=entries(*["x" * 400_000] * 5)).ok())) == 3
    assert len(stored(emulator)) == 5


def test_lines_of_a_file_are_records(put: Run, emulator: Emulator, tmp_path: Path) -> None:
    file = tmp_path / "lines"
    file.write_bytes("eins\n\nzwei ä\r\ndrei".encode())
    assert put(src=str(file), partition_id="0").ok().changed is True
    assert [text for _partition, text in stored(emulator)] == ["eins", "zwei ä", "drei"]


def test_bytes_go_in_and_come_out(put: Run, get: Run) -> None:
    content = base64.b64encode(bytes(range(256))).decode()
    put(records=entries(content), encoding="base64").ok()
    assert texts(get(encoding="base64")) == [content]
    result = get().bad()
    assert "not UTF-8 text" in result.msg
    assert "encoding: base64" in result.error["hint"]


@pytest.mark.parametrize("code", ["DIS.4303", "DIS.5250"])
def test_record_that_came_too_fast_is_put_again(put: Run, emulator: Emulator, code: str) -> None:
    emulator.fault("fail_records", operation="put_records", indices=[0, 2], code=code)
    result = put(records=entries("a", "b", "c", "d"), partition_id="0").ok()
    assert [text for _partition, text in stored(emulator)] == ["b", "d", "a", "c"]
    assert [one["sequence_number"] for one in result.data["records"]] == ["2", "0", "3", "1"]
    assert {one["state"] for one in result.data["records"]} == {"put"}
    assert len(uploads(result)) == 2


def test_record_that_is_always_too_fast_is_reported_in_time(put: Run, emulator: Emulator) -> None:
    emulator.fault("fail_records", operation="put_records", indices=[0], times=0)
    result = put(records=entries("a", "b"), api_timeout=1).bad()
    assert "rejected 1 of 2 records, starting with records[0]: " in result.msg
    assert (result.error["code"], result.changed, result.done) == ("DIS.4303", True, ["put"])
    assert [one["state"] for one in result.data["records"]] == ["refused", "put"]
    assert result.seconds < 5


def test_record_that_is_refused_for_good_stops_the_rest(put: Run, emulator: Emulator) -> None:
    records = [*entries("a"), *entries("b", partition_id="7"), *entries(*["c"] * 600)]
    result = put(records=records).bad()
    assert (result.error["code"], result.done) == ("DIS.4302", ["put"])
    states = [one["state"] for one in result.data["records"]]
    assert (states[1], states.count("put"), states.count("not_sent")) == ("refused", 499, 102)
    assert result.data["records"][1]["error"]["code"] == "DIS.4302"
    assert len(uploads(result)) == 1


def test_nothing_put_is_no_change(put: Run) -> None:
    result = put(records=entries("b", partition_id="7")).bad()
    assert (result.changed, result.done) == (False, [])


@pytest.mark.parametrize("kind", ["lost_after", "lost_before", "error_after", "html_after", "cut_body", "wrong_json"])
def test_lost_answer_is_never_sent_again(put: Run, emulator: Emulator, kind: str) -> None:
    emulator.fault(kind, operation="put_records", skip=1)
    result = put(records=entries(*["x"] * 1100)).bad()
    assert len(uploads(result)) == 2
    assert "unknown whether 500 records, starting with records[500], were put" in result.msg
    assert (result.changed, result.done) == (True, ["put"])
    states = [one["state"] for one in result.data["records"]]
    assert states == ["put"] * 500 + ["unknown"] * 500 + ["not_sent"] * 100
    assert "action: get" in result.error["hint"]


def test_request_that_is_turned_away_is_sent_again(put: Run, emulator: Emulator) -> None:
    emulator.fault("throttle_dis", operation="put_records")
    assert put(records=entries("a")).ok().changed is True
    assert len(stored(emulator)) == 1


@pytest.mark.parametrize(
    ("prepare", "code"), [({"stream_name": "none"}, "DIS.4301"), ({}, "DIS.4116"), ({}, "DIS.4205")], ids=str
)
def test_request_that_is_refused_is_a_failure(put: Run, emulator: Emulator, prepare: dict[str, str], code: str) -> None:
    if not prepare:
        emulator.fault("status", operation="put_records", status=400, code=code)
    result = put(records=entries("a"), **prepare).bad()
    assert (result.error["code"], result.changed, bool(result.error["hint"])) == (code, False, True)
    assert result.data["records"][0]["state"] == "not_sent"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"records": [{"data": ""}]}, "records[0] has 0 bytes, but must have 1 to 1048576"),
        ({"records": [{"data": "x" * 1048577}]}, "records[0] has 1048577 bytes"),
        ({"records": [{"data": "?"}], "encoding": "base64"}, "records[0] is not valid base64"),
        ({"records": [{"data": "x", "partition_id": "p"}]}, "records[0].partition_id is 'p'"),
        ({"records": [{"data": "x"}], "explicit_hash_key": "-1"}, "explicit_hash_key is '-1'"),
        ({"records": [{"data": "x"}], "timestamp": "now"}, "timestamp cannot be used with action put"),
        ({"records": [{"data": "x"}], "stream_name": "a/b"}, "stream_name is 'a/b'"),
        ({"src": "/nowhere/lines"}, "src names a file that does not exist: /nowhere/lines"),
    ],
    ids=range(8),
)
@pytest.mark.parametrize("check", [True, False])
def test_rule_broken_is_refused_before_any_request(put: Run, options: dict[str, Any], words: str, check: bool) -> None:
    result = put(check=check, **options).bad()
    assert words in result.msg
    assert (result.changed, result.log) == (False, [])


@pytest.mark.parametrize(
    "options",
    [{}, {"records": [], "src": "x"}, {"action": "move"}, {"records": [{"partition_id": "0"}]}, {"encoding": "hex"}],
    ids=str,
)
def test_options_that_do_not_go_together_are_refused(put: Run, options: dict[str, Any]) -> None:
    result = put(**options)
    assert result.failed
    assert result.log == []


# --- get ---


@pytest.fixture
def filled(emulator: Emulator, world: None) -> None:
    """Ten records, half of them in either partition."""
    emulator.put_records("meters", [{"data": f"r{number}", "partition": number % 2} for number in range(10)])


def test_all_partitions_are_read_from_the_oldest_record(get: Run, filled: None) -> None:
    result = get().ok()
    assert result.changed is False
    assert texts(result) == ["r0", "r2", "r4", "r6", "r8", "r1", "r3", "r5", "r7", "r9"]
    for position, partition in zip(result.data["positions"], (P0, P1), strict=True):
        assert position.pop("partition_cursor")
        assert position == {"partition_id": partition, "sequence_number": "5", "at_end": True}
    first = result.data["records"][0]
    assert abs(first.pop("timestamp") - time.time() * 1000) < 60_000
    assert first == {
        "partition_id": P0,
        "sequence_number": "0",
        "data": "r0",
        "partition_key": None,
        "timestamp_type": "CreateTime",
    }


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"partition_id": "1"}, ["r1", "r3", "r5", "r7", "r9"]),
        ({"partition_id": P0, "starting_sequence_number": "3"}, ["r6", "r8"]),
        (
            {"partition_id": "0", "starting_sequence_number": "3", "cursor_type": "AFTER_SEQUENCE_NUMBER"},
            ["r8"],
        ),
        ({"cursor_type": "LATEST"}, []),
        ({"timestamp": "-1h"}, ["r0", "r2", "r4", "r6", "r8", "r1", "r3", "r5", "r7", "r9"]),
        ({"partition_id": "0", "starting_sequence_number": "5"}, []),
        ({"partition_id": "0", "max_records": 2}, ["r0", "r2"]),
        ({"partition_id": "0", "max_bytes": 5}, ["r0", "r2"]),
    ],
    ids=str,
)
def test_start_and_limits(get: Run, filled: None, options: dict[str, Any], found: list[str]) -> None:
    assert texts(get(**options)) == found


def test_time_later_than_all_records_gives_none(get: Run, filled: None) -> None:
    result = get(timestamp=str(int(time.time()) + 600))
    assert texts(result) == []
    assert result.seconds < 3


def test_position_lets_the_next_run_go_on(get: Run, filled: None) -> None:
    first = get(partition_id="0", max_records=2).ok()
    (position,) = first.data["positions"]
    assert (position["sequence_number"], position["at_end"]) == ("2", False)
    second = get(partition_id="0", starting_sequence_number=position["sequence_number"])
    assert texts(first) + texts(second) == ["r0", "r2", "r4", "r6", "r8"]


def test_follow_waits_for_new_records(get: Run, emulator: Emulator, filled: None) -> None:
    emulator.fault("wrong_json", operation="get_records", body={"records": [], "next_partition_cursor": None}, times=3)
    result = get(partition_id="0", follow=True, max_records=5)
    assert texts(result) == ["r0", "r2", "r4", "r6", "r8"]
    result = get(partition_id="0", cursor_type="LATEST", follow=True, max_seconds=0.5)
    assert texts(result) == []
    assert 0.4 < result.seconds < 3


def test_cursor_that_has_expired_is_renewed(get: Run, emulator: Emulator, filled: None) -> None:
    emulator.fault("status", operation="get_records", status=400, code="DIS.4225")
    assert texts(get(partition_id="0")) == ["r0", "r2", "r4", "r6", "r8"]


def test_cursors_that_always_expire_are_a_failure(get: Run, emulator: Emulator, filled: None) -> None:
    emulator.configure(cursor_life=0)
    assert get().bad().error["code"] == "DIS.4225"


def test_expired_records_are_reported(get: Run, emulator: Emulator, filled: None) -> None:
    emulator.fault("status", operation="get_records", status=400, code="DIS.4226")
    result = get(partition_id="0").ok()
    assert "expired" in result.warnings[0]


def test_partition_that_was_scaled_away_is_read_and_an_expired_one_is_not(
    get: Run, emulator: Emulator, filled: None
) -> None:
    emulator.patch_stream("meters", partition_count=1)
    assert len(texts(get())) == 10
    emulator.advance_clock(25 * 3600)
    result = get().ok()
    assert [one["partition_id"] for one in result.data["positions"]] == [P0]
    assert get(partition_id="1").bad().error["code"] == "DIS.4319"


def test_partitions_are_found_on_all_pages(get: Run, emulator: Emulator) -> None:
    emulator.reset(streams=[{"name": "meters", "partition_count": 1100}])
    emulator.put_records("meters", [{"data": "last", "partition": 1099}])
    result = get()
    assert texts(result) == ["last"]
    assert len(result.data["positions"]) == 1100


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"stream_name": "none"}, "DIS.4301"),
        ({"partition_id": "7"}, "DIS.4302"),
        ({"partition_id": "0", "starting_sequence_number": "99"}, "DIS.4224"),
        ({"timestamp": "-30d"}, "DIS.4300"),
    ],
    ids=str,
)
def test_refusal_of_the_service_is_a_failure(get: Run, filled: None, options: dict[str, Any], code: str) -> None:
    result = get(**options).bad()
    assert (result.error["code"], result.changed, bool(result.error["hint"])) == (code, False, True)


@pytest.mark.parametrize("operation", ["show_cursor", "get_records", "show_stream"])
def test_read_that_fails_is_repeated(get: Run, emulator: Emulator, filled: None, operation: str) -> None:
    emulator.fault("lost_before", operation=operation)
    emulator.fault("throttle_dis", operation=operation)
    assert len(texts(get())) == 10


def test_answer_without_a_cursor_is_refused(get: Run, emulator: Emulator, filled: None) -> None:
    emulator.fault("wrong_json", operation="show_cursor", body={})
    assert "the response contains no cursor" in get().bad().msg


def test_oversized_first_record_is_reported(get: Run, filled: None) -> None:
    result = get(max_bytes=1).ok()
    assert texts(result) == []
    assert "exceeds max_bytes" in result.warnings[0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"starting_sequence_number": "x"}, "starting_sequence_number is 'x'"),
        ({"timestamp": "soon"}, "timestamp is 'soon'"),
        ({"cursor_type": "LATEST", "timestamp": "now"}, "cannot be used with timestamp"),
        ({"max_records": 0}, "max_records is 0"),
        ({"max_bytes": 0}, "max_bytes is 0"),
        ({"max_seconds": 0}, "max_seconds is 0"),
        ({"partition_id": "p"}, "partition_id is 'p'"),
        ({"records": [{"data": "x"}]}, "records cannot be used with action get"),
        ({"stream_id": "t/t", "partition_id": "0"}, "stream_id is 't/t', but must be 1 to 64 letters"),
        (
            {"partition_cursor": "a b", "stream_name": None},
            "partition_cursor is 'a b', but must be a cursor from the service",
        ),
        ({"action": "cursor", "src": "x"}, "src cannot be used with action cursor"),
        ({"action": "cursor", "timestamp": "soon"}, "timestamp is 'soon'"),
    ],
    ids=str,
)
def test_reading_that_makes_no_sense_is_refused(get: Run, options: dict[str, Any], words: str) -> None:
    result = get(**options).bad()
    assert words in result.msg
    assert result.log == []


@pytest.mark.parametrize(
    "options", [{"cursor_type": "AT_TIMESTAMP"}, {"cursor_type": "AT_SEQUENCE_NUMBER"}, {"cursor_type": "x"}], ids=str
)
def test_cursor_type_that_lacks_something_is_refused(get: Run, options: dict[str, Any]) -> None:
    result = get(**options)
    assert result.failed
    assert result.log == []


def test_check_mode_reads_the_same(get: Run, filled: None) -> None:
    assert texts(get(check=True)) == texts(get())


# --- cursors, and streams of others ---


def cursor_of(get: Run, **options: Any) -> str:
    result = dataclasses.replace(get, promised=("actions", "cursors"))(action="cursor", **options).ok()
    (reported,) = result.data["cursors"]
    return str(reported["partition_cursor"])


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, ["a", "b", "c"]),
        ({"cursor_type": "TRIM_HORIZON"}, ["a", "b", "c"]),
        ({"cursor_type": "AT_SEQUENCE_NUMBER", "starting_sequence_number": "1"}, ["b", "c"]),
        ({"starting_sequence_number": "1"}, ["b", "c"]),
        ({"cursor_type": "AFTER_SEQUENCE_NUMBER", "starting_sequence_number": "1"}, ["c"]),
        ({"timestamp": "-1h"}, ["a", "b", "c"]),
        ({"cursor_type": "LATEST"}, []),
    ],
    ids=str,
)
def test_cursor_can_be_handed_on(
    get: Run, emulator: Emulator, world: None, options: dict[str, Any], found: list[str]
) -> None:
    emulator.put_records("meters", [{"data": one, "partition": 0} for one in "abc"])
    cursor = cursor_of(get, partition_id="0", **options)
    assert texts(get(stream_name=None, partition_cursor=cursor)) == found


def test_cursors_of_all_partitions_are_returned_and_nothing_is_read(get: Run, filled: None) -> None:
    for check in (True, False):
        result = dataclasses.replace(get, promised=("actions", "cursors"))(check, action="cursor").ok()
        assert [one["partition_id"] for one in result.data["cursors"]] == [P0, P1]
        assert result.operations == ["show_stream", "show_cursor", "show_cursor"]
        assert not result.changed


@pytest.mark.quick
def test_next_cursor_lets_the_next_run_go_on(get: Run, emulator: Emulator, world: None) -> None:
    emulator.put_records("meters", [{"data": "a", "partition": 0}])
    first = get(partition_id="0").ok()
    (position,) = first.data["positions"]
    emulator.put_records("meters", [{"data": "b", "partition": 0}])
    rest = get(stream_name=None, partition_cursor=position["partition_cursor"]).ok()
    assert texts(rest) == ["b"]
    assert set(rest.operations) == {"get_records"}
    assert rest.data["records"][0]["partition_id"] is None


@pytest.mark.parametrize(("cursor", "code"), [("rubbish", "DIS.4217"), (None, "DIS.4225")])
def test_cursor_that_is_of_no_use_is_a_failure(
    get: Run, emulator: Emulator, world: None, cursor: str | None, code: str
) -> None:
    old = cursor_of(get, partition_id="0")
    emulator.expire_cursors()
    result = get(stream_name=None, partition_cursor=cursor or old).bad()
    assert (result.error["code"], result.operations) == (code, ["get_records"])


@pytest.fixture
def theirs(emulator: Emulator, world: None) -> str:
    """The id of a stream that another account shares."""
    emulator.configure(policies_enabled=True)
    rules = [{"principal_name": "emulator-domain.*", "action_type": action} for action in ("putRecords", "getRecords")]
    stream = {"name": "theirs", "id": "t" * 19, "policies": rules}
    emulator.seed(projects=[{"name": "eu-de_theirs", "domain": "other-domain", "streams": [stream]}])
    return "t" * 19


@pytest.mark.parametrize("name", [None, "theirs"])
def test_stream_of_another_account_is_reached_by_its_id(put: Run, get: Run, theirs: str, name: str | None) -> None:
    result = put(stream_name=name, stream_id=theirs, records=entries("a", "b")).ok()
    assert [one["sequence_number"] for one in result.data["records"]] == ["0", "1"]
    got = get(stream_name=name, stream_id=theirs, partition_id="0").ok()
    assert texts(got) == ["a", "b"]
    assert set(got.operations) == {"show_cursor", "get_records"}
    cursor = cursor_of(get, stream_name=name, stream_id=theirs, partition_id="0", starting_sequence_number="1")
    assert texts(get(stream_name=None, partition_cursor=cursor)) == ["b"]


def test_stream_of_another_account_has_no_list_of_partitions(get: Run, theirs: str) -> None:
    for action in ("get", "cursor"):
        result = get(action=action, stream_name=None, stream_id=theirs).bad()
        assert "stream_id requires partition_id" in result.msg
        assert (result.error["kind"], result.log) == ("invalid_options", [])


def test_stream_that_is_not_shared_is_absent(put: Run, get: Run, emulator: Emulator, theirs: str) -> None:
    emulator.configure(policies_enabled=False)
    for result in (
        put(stream_name=None, stream_id=theirs, records=entries("a")).bad(),
        get(stream_name=None, stream_id=theirs, partition_id="0").bad(),
    ):
        assert (result.error["code"], result.error["kind"]) == ("DIS.4301", "not_found")
        assert f"the stream with the ID {theirs}" in result.msg


def test_own_stream_is_reached_by_its_id(put: Run, get: Run, emulator: Emulator) -> None:
    stream_id = emulator.stream("meters")["stream_id"]
    put(stream_name=None, stream_id=stream_id, records=entries("a", partition_id="1")).ok()
    assert stored(emulator) == [(P1, "a")]


@pytest.mark.parametrize(
    "options",
    [
        {"stream_name": None},
        {"action": "cursor", "stream_name": None},
        {"action": "put", "records": [{"data": "a"}], "stream_name": None},
        {"partition_cursor": "x"},
        {"partition_cursor": "x", "stream_name": None, "stream_id": "y"},
        {"partition_cursor": "x", "stream_name": None, "partition_id": "0"},
        {"partition_cursor": "x", "stream_name": None, "cursor_type": "LATEST"},
        {"partition_cursor": "x", "stream_name": None, "timestamp": "now"},
        {"partition_cursor": "x", "stream_name": None, "starting_sequence_number": "1"},
    ],
    ids=str,
)
def test_stream_is_named_once(get: Run, options: dict[str, Any]) -> None:
    result = get(**options)
    assert result.failed
    assert result.log == []


def test_time_limit_holds_when_throttled(get: Run, emulator: Emulator, filled: None) -> None:
    emulator.fault("throttle_dis", operation="get_records", skip=1, times=0)
    result = get(partition_id="0", max_seconds=1, api_timeout=30, max_records=100, follow=True).ok()
    assert texts(result) == ["r0", "r2", "r4", "r6", "r8"]
    assert "throttled the reads" in result.warnings[0]
    assert result.seconds < 5


def test_permanently_throttled_stream_fails_in_time(get: Run, emulator: Emulator, filled: None) -> None:
    emulator.fault("throttle_dis", operation="get_records", times=0)
    result = get(partition_id="0", max_seconds=1, api_timeout=30).bad()
    assert result.error["kind"] == "throttled"
    assert result.seconds < 5
