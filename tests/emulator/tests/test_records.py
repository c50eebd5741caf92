# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records: upload, cursors, download, what tasks make of them, metrics."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

import pytest
import requests
from contract import Api, code, order

from otc_emulator.runner import Emulator, EmulatorError

END = 9223372036854775807


def b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def put(api: Api, *records: Any, stream: str = "meters", **members: Any) -> requests.Response:
    entries = [{"data": b64(one)} if isinstance(one, str) else one for one in records]
    return api.dis("POST", "/records", json={"stream_name": stream, "records": entries, **members})


def cursor(api: Api, kind: str | None = None, **query: Any) -> requests.Response:
    params = {"stream-name": "meters", "partition-id": "0", "cursor-type": kind, **query}
    return api.dis("GET", "/cursors", params={name.replace("_", "-"): value for name, value in params.items()})


def cursor_text(api: Api, kind: str | None = None, **query: Any) -> str:
    answer = cursor(api, kind, **query)
    assert answer.status_code == 200, answer.text
    text: str = answer.json()["partition_cursor"]
    assert 1 <= len(text) <= 512
    return text


def get(api: Api, text: str, **query: Any) -> requests.Response:
    return api.dis("GET", "/records", params={"partition-cursor": text, **query})


def texts(answer: requests.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [base64.b64decode(one["data"]).decode() for one in answer.json()["records"]]


@pytest.fixture
def wide(emulator: Emulator) -> str:
    emulator.seed(streams=[{"name": "wide", "partition_count": 4}])
    return "wide"


# --- upload


def test_records_get_numbers_per_partition(api: Api, wide: str) -> None:
    answer = put(
        api, *({"data": b64("x"), "partition_id": one} for one in ("0", "shardId-0000000001", "0")), stream=wide
    )
    assert answer.status_code == 200
    assert answer.json() == {
        "failed_record_count": 0,
        "records": [
            {"partition_id": "shardId-0000000000", "sequence_number": "0"},
            {"partition_id": "shardId-0000000001", "sequence_number": "0"},
            {"partition_id": "shardId-0000000000", "sequence_number": "1"},
        ],
    }
    partitions = api.dis("GET", "/streams/wide").json()["partitions"]
    assert [one["sequence_number_range"] for one in partitions] == ["[0 : 2]", "[0 : 1]", "[0 : 0]", "[0 : 0]"]


def test_the_hash_of_the_key_decides(api: Api, wide: str) -> None:
    step = END // 4
    for key in ("customer-7", "\u540d", "a" * 300, "0"):
        expected = int.from_bytes(hashlib.md5(key.encode()).digest()[:8], "big") & END
        (place,) = put(api, {"data": b64("x"), "partition_key": key}, stream=wide).json()["records"]
        assert place["partition_id"] == f"shardId-000000000{min(3, expected // step)}"


def test_an_explicit_hash_key_wins_and_a_partition_id_wins_over_that(api: Api, wide: str) -> None:
    step = END // 4
    places = put(
        api,
        *({"data": b64("x"), "explicit_hash_key": str(one), "partition_key": "k"} for one in (0, step - 1, step, END)),
        {"data": b64("x"), "explicit_hash_key": "0", "partition_id": "2"},
        stream=wide,
    ).json()["records"]
    assert [one["partition_id"][-1] for one in places] == ["0", "0", "1", "3", "2"]


def test_records_without_a_key_are_spread(api: Api, wide: str) -> None:
    places = put(api, *"abcdefgh", stream=wide).json()["records"]
    assert sorted(one["partition_id"][-1] for one in places) == sorted("01230123")


def test_the_stream_may_be_named_by_id(api: Api) -> None:
    stream_id = api.dis("GET", "/streams/meters").json()["stream_id"]
    assert put(api, "x", stream_id="").status_code == 200
    assert put(api, "x", stream="", stream_id=stream_id).status_code == 200
    assert put(api, "x", stream="nix", stream_id=stream_id).json()["records"][0]["sequence_number"] == "2"
    assert code(put(api, "x", stream="nix")) == "DIS.4301"
    assert code(put(api, "x", stream="", stream_id="x" * 19)) == "DIS.4301"


WRONG: dict[str, tuple[Any, str]] = {
    "no stream": ({"records": [{"data": "eA=="}]}, "DIS.4300"),
    "no records": ({"stream_name": "meters"}, "DIS.4300"),
    "empty records": ({"stream_name": "meters", "records": []}, "DIS.4200"),
    "no data": ({"stream_name": "meters", "records": [{"partition_key": "x"}]}, "DIS.4300"),
    "empty data": ({"stream_name": "meters", "records": [{"data": ""}]}, "DIS.4200"),
    "no base64": ({"stream_name": "meters", "records": [{"data": "hello"}]}, "DIS.4300"),
    "not ascii": ({"stream_name": "meters", "records": [{"data": "h\u00e9=="}]}, "DIS.4300"),
    "key a number": ({"stream_name": "meters", "records": [{"data": "eA==", "partition_key": 7}]}, "DIS.4300"),
}


@pytest.mark.parametrize(("body", "expected"), WRONG.values(), ids=WRONG)
def test_invalid_uploads_are_rejected_completely(emulator: Emulator, api: Api, body: Any, expected: str) -> None:
    assert code(api.dis("POST", "/records", json=body)) == expected
    assert emulator.records("meters") == []
    assert code(api.dis("POST", "/records")) == "DIS.4202"


def test_records_fail_one_by_one(emulator: Emulator, api: Api) -> None:
    emulator.seed(streams=[{"name": "wide", "partition_count": 2}])
    api.dis("PUT", "/streams/wide", json={"target_partition_count": 1})
    records = [
        {"data": b64("x"), "partition_id": "zero"},
        {"data": b64("x"), "partition_id": "7"},
        {"data": b64("x"), "partition_id": "1"},
        {"data": b64("x"), "explicit_hash_key": "-1"},
        {"data": b64("x"), "explicit_hash_key": str(END + 1)},
        {"data": b64(b"x" * (1024 * 1024 + 1))},
        {"data": b64("fine"), "partition_id": "", "explicit_hash_key": "", "partition_key": ""},
    ]
    body = put(api, *records, stream="wide").json()
    assert body["failed_record_count"] == 6
    assert [one.get("error_code") for one in body["records"]] == [
        "DIS.4201", "DIS.4302", "DIS.4302", "DIS.4200", "DIS.4200", "DIS.4200", None
    ]  # fmt: skip
    assert all(one.get("error_message") for one in body["records"][:6])
    assert [one["text"] for one in emulator.records("wide")] == ["fine"]
    assert "partition_key" not in emulator.records("wide")[0]


def test_uploads_of_more_than_5_mb_are_413(api: Api) -> None:
    piece = {"data": b64(b"x" * 1024 * 1024)}
    assert put(api, *[piece] * 5).json()["failed_record_count"] == 0
    answer = put(api, *[piece] * 5, "x")
    assert (answer.status_code, code(answer)) == (413, "DIS.4200")


def test_throttling_hits_single_records(emulator: Emulator, api: Api) -> None:
    emulator.configure(throttle_every=3)
    body = put(api, *"abcdefg").json()
    assert [one.get("error_code") for one in body["records"]] == [None, None, "DIS.4303", None, None, "DIS.4303", None]
    emulator.configure(throttle_every=0)
    emulator.fault("fail_records", "put_records", indices=[1], code="DIS.5250")
    body = put(api, "a", "b").json()
    assert (body["failed_record_count"], body["records"][1]["error_code"]) == (1, "DIS.5250")
    emulator.fault("fail_records", "put_records")
    assert put(api, "a", "b").json()["failed_record_count"] == 2
    assert put(api, "a", "b").json()["failed_record_count"] == 0


def test_the_throughput_of_a_partition_can_be_enforced(emulator: Emulator, api: Api) -> None:
    emulator.configure(enforce_throughput=True)
    body = put(api, *["x"] * 2500).json()
    assert 500 <= body["failed_record_count"] <= 1500
    assert {one.get("error_code") for one in body["records"]} == {None, "DIS.4303"}


def test_a_stream_that_does_not_run_takes_and_gives_nothing(emulator: Emulator, api: Api) -> None:
    text = cursor_text(api)
    emulator.patch_stream("meters", status="FROZEN")
    assert code(put(api, "x")) == code(cursor(api)) == code(get(api, text)) == "DIS.4205"


# --- cursors and download


def test_cursors_start_at_their_position(emulator: Emulator, api: Api) -> None:
    emulator.patch_stream("meters", earliest_offset=10, latest_offset=10)
    put(api, *"abcde")
    expected = {
        ("TRIM_HORIZON", None): "abcde",
        ("LATEST", None): "",
        ("AT_SEQUENCE_NUMBER", "12"): "cde",
        ("AT_SEQUENCE_NUMBER", "15"): "",
        ("AT_SEQUENCE_NUMBER", None): "abcde",
        (None, "12"): "cde",
        ("AFTER_SEQUENCE_NUMBER", "12"): "de",
        ("AFTER_SEQUENCE_NUMBER", "15"): "",
    }
    for (kind, number), found in expected.items():
        assert "".join(texts(get(api, cursor_text(api, kind, starting_sequence_number=number)))) == found, kind
    latest = cursor_text(api, "LATEST", partition_id="shardId-0000000000")
    put(api, "f")
    assert texts(get(api, latest)) == ["f"]


def test_downloaded_records_contain_their_origin(api: Api) -> None:
    put(api, {"data": b64("x"), "partition_key": "customer-7"}, {"data": b64("y"), "timestamp": 1717409999000})
    first, second = get(api, cursor_text(api)).json()["records"]
    assert abs(first.pop("timestamp") / 1000 - time.time()) < 60
    assert first == {
        "partition_key": "customer-7",
        "sequence_number": "0",
        "data": b64("x"),
        "timestamp_type": "CreateTime",
    }
    assert (second["timestamp"], "partition_key" in second) == (1717409999000, False)


def test_the_next_cursor_continues(api: Api) -> None:
    put(api, *"abcde")
    answer = get(api, cursor_text(api), limit=2)
    assert texts(answer) == ["a", "b"]
    following = answer.json()["next_partition_cursor"]
    assert 1 <= len(following) <= 512
    answer = get(api, following)
    assert texts(answer) == ["c", "d", "e"]
    end = answer.json()["next_partition_cursor"]
    assert texts(get(api, end)) == []
    put(api, "f")
    assert texts(get(api, get(api, end).json()["next_partition_cursor"])) == []
    assert texts(get(api, end)) == ["f"]


def test_a_download_has_a_size(api: Api) -> None:
    put(api, "12345", "678", "9")
    start = cursor_text(api)
    assert texts(get(api, start, max_fetch_bytes=8)) == ["12345", "678"]
    small = get(api, start, max_fetch_bytes=4)
    assert texts(small) == []
    assert texts(get(api, small.json()["next_partition_cursor"], max_fetch_bytes=4)) == []
    for query in ({"max_fetch_bytes": 0}, {"max_fetch_bytes": "x"}, {"limit": 10001}):
        assert code(get(api, start, **query)) == "DIS.4200"


def test_a_cursor_at_a_time(emulator: Emulator, api: Api) -> None:
    put(api, "a")
    between = int(emulator.advance_clock(60) * 1000)
    emulator.advance_clock(60)
    put(api, "b")
    assert texts(get(api, cursor_text(api, "AT_TIMESTAMP", timestamp=between))) == ["b"]
    assert texts(get(api, cursor_text(api, "AT_TIMESTAMP", timestamp=between + 3_600_000))) == []
    old = cursor(api, "AT_TIMESTAMP", timestamp=between - 25 * 3_600_000)
    assert code(old) == "DIS.4300"
    assert "smallest" in old.json()["message"]
    assert code(cursor(api, "AT_TIMESTAMP")) == "DIS.4300"
    assert code(cursor(api, "AT_TIMESTAMP", timestamp="now")) == "DIS.4300"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"kind": "SOMEWHERE"}, "DIS.4215"),
        ({"partition_id": "x"}, "DIS.4201"),
        ({"partition_id": "7"}, "DIS.4302"),
        ({"partition_id": ""}, "DIS.4200"),
        ({"stream_name": ""}, "DIS.4200"),
        ({"stream_name": "nix"}, "DIS.4301"),
        ({"starting_sequence_number": "one"}, "DIS.4216"),
        ({"starting_sequence_number": "1"}, "DIS.4224"),
    ],
)
def test_wrong_cursors(api: Api, query: dict, expected: str) -> None:
    params = {"stream-name": "meters", "partition-id": "0"}
    params.update({name.replace("_", "-"): value for name, value in query.items() if name != "kind"})
    if "kind" in query:
        params["cursor-type"] = query["kind"]
    assert code(api.dis("GET", "/cursors", params=params)) == expected


def test_cursors_that_cannot_be_read(emulator: Emulator, api: Api) -> None:
    for text in ("x", b64("{}"), b64("[]"), b64("7"), b64('{"getIteratorParam": 3}'), b64(b"\xff")):
        assert code(get(api, text)) == "DIS.4217"
    assert code(api.dis("GET", "/records")) == "DIS.4200"


def test_cursors_end(emulator: Emulator, api: Api) -> None:
    text = cursor_text(api)
    emulator.advance_clock(299)
    assert texts(get(api, text)) == []
    emulator.advance_clock(2)
    assert code(get(api, text)) == "DIS.4225"
    text = cursor_text(api)
    emulator.expire_cursors()
    assert code(get(api, text)) == "DIS.4225"
    assert texts(get(api, cursor_text(api))) == []
    with pytest.raises(EmulatorError):
        emulator.control("POST", "cursors/revive", {})


def test_a_cursor_belongs_to_one_stream(emulator: Emulator, api: Api) -> None:
    text = cursor_text(api)
    api.dis("DELETE", "/streams/meters")
    assert code(get(api, text)) == "DIS.4301"
    emulator.seed(streams=["meters"])
    assert code(get(api, text)) == "DIS.4301"


def test_records_age_out(emulator: Emulator, api: Api) -> None:
    emulator.configure(cursor_life=1_000_000)
    put(api, "old")
    text = cursor_text(api)
    emulator.advance_clock(3600)
    put(api, "young")
    emulator.advance_clock(24 * 3600 - 1800)
    api.session.headers["X-Auth-Token"] = emulator.mint_token()
    partition = api.dis("GET", "/streams/meters").json()["partitions"][0]
    assert partition["sequence_number_range"] == "[1 : 2]"
    assert code(get(api, text)) == "DIS.4226"
    assert texts(get(api, cursor_text(api, "TRIM_HORIZON"))) == ["young"]
    assert code(cursor(api, starting_sequence_number="0")) == "DIS.4224"


def test_retired_partitions_can_be_read_until_they_expire(emulator: Emulator, api: Api) -> None:
    emulator.seed(streams=[{"name": "wide", "partition_count": 2}])
    put(api, {"data": b64("x"), "partition_id": "1"}, stream="wide")
    where = {"stream_name": "wide", "partition_id": "1"}
    api.dis("PUT", "/streams/wide", json={"target_partition_count": 1})
    text = cursor_text(api, **where)
    assert texts(get(api, text)) == ["x"]
    emulator.configure(cursor_life=1_000_000, scaling_delay=60)
    text = cursor_text(api, **where)
    emulator.advance_clock(24 * 3600 + 1)
    api.session.headers["X-Auth-Token"] = emulator.mint_token()
    assert code(get(api, text)) == code(cursor(api, **where)) == "DIS.4319"
    api.dis("PUT", "/streams/wide", json={"target_partition_count": 3})
    assert code(cursor(api, stream_name="wide", partition_id="2")) == "DIS.4302"


def test_reads_skip_records_without_data(emulator: Emulator, api: Api) -> None:
    emulator.patch_stream("meters", latest_offset=100)
    answer = get(api, cursor_text(api))
    assert texts(answer) == []
    put(api, "x")
    assert texts(get(api, answer.json()["next_partition_cursor"])) == ["x"]
    emulator.patch_stream("meters", latest_offset=100)
    assert emulator.records("meters") == []


def test_memory_is_bounded(emulator: Emulator, api: Api) -> None:
    piece = {"data": b64(b"x" * 1024 * 1024)}
    for _turn in range(14):
        assert put(api, *[piece] * 5).json()["failed_record_count"] == 0
    observed = emulator.stream("meters")["partitions"][0]
    assert observed["latest_offset"] == 70
    assert 0 < observed["earliest_offset"] == 70 - observed["records"]
    assert observed["records"] < 65


def test_others_can_be_let_in(emulator: Emulator, api: Api) -> None:
    emulator.seed(projects=[{"name": "eu-de_other", "streams": [{"name": "theirs", "id": "t" * 19}]}])
    body = {"stream": "", "stream_id": "t" * 19}
    assert code(put(api, "x", **body)) == "DIS.4301"
    assert code(put(api, "x", **body)) == "DIS.4301"
    other = next(one for one in emulator.state()["projects"].values() if one["name"] == "eu-de_other")
    headers = {"X-Auth-Token": emulator.mint_token(project="eu-de_other")}
    rule = {"stream_id": "t" * 19, "principal_name": "emulator-domain.*", "effect": "accept"}
    path = f"/v2/{other['id']}/streams/theirs/policies"
    denied = {**rule, "action_type": "putRecords", "effect": "deny"}
    assert api.send("POST", path, json=denied, headers=headers).status_code == 201
    assert code(put(api, "x", **body)) == "DIS.4301"
    for action in ("putRecords", "getRecords"):
        assert api.send("POST", path, json={**rule, "action_type": action}, headers=headers).status_code == 201
    assert put(api, "x", **body).json()["failed_record_count"] == 0
    assert texts(get(api, cursor_text(api, stream_name="", stream_id="t" * 19))) == ["x"]


# --- from tests


def test_records_can_be_put_and_read_from_tests(emulator: Emulator, api: Api) -> None:
    emulator.seed(
        streams=[
            {
                "name": "full",
                "partition_count": 2,
                "records": ["a", {"data": "b", "partition": 1}, {"data": "c", "hash_key": 0, "timestamp": 5}],
            }
        ]
    )
    assert sorted(one["text"] for one in emulator.records("full")) == ["a", "b", "c"]
    (place,) = emulator.put_records("full", [{"data": "d", "partition_key": "k"}])
    assert place["partition_id"].startswith("shardId-")
    with pytest.raises(EmulatorError, match="no partition 7"):
        emulator.put_records("full", [{"data": "d", "partition": 7}])
    with pytest.raises(EmulatorError, match="400"):
        emulator.put_records("full", [{"text": "d"}])


# --- transfer tasks


def test_running_tasks_follow_the_records(emulator: Emulator, api: Api) -> None:
    put(api, "before")
    api.create("late")
    api.tasks("POST", json=order("OBS", "early", consumer_strategy="TRIM_HORIZON"))
    put(api, "a", "bc")
    for name, records, size in (("late", 2, 3), ("early", 3, 9)):
        assert api.show(name)["partitions"][0]["last_transfer_offset"] == 3
        observed = emulator.tasks("meters")[name]
        assert (observed["transferred_records"], observed["transferred_bytes"]) == (records, size)
    api.act("stop", api.show("late")["task_id"])
    put(api, "d")
    assert api.show("late")["partitions"][0]["last_transfer_offset"] == 3
    assert api.show("early")["partitions"][0]["last_transfer_offset"] == 4


def test_the_gap_and_the_duplicates_can_be_counted(emulator: Emulator, api: Api) -> None:
    put(api, "a", "b")
    api.create("one", consumer_strategy="TRIM_HORIZON")
    assert emulator.tasks("meters")["one"]["transferred_records"] == 2
    api.tasks("DELETE", "/one")
    put(api, "lost")
    api.create("one")
    put(api, "c")
    assert emulator.tasks("meters")["one"]["transferred_records"] == 1
    api.tasks("DELETE", "/one")
    api.create("one", consumer_strategy="TRIM_HORIZON")
    assert emulator.tasks("meters")["one"]["transferred_records"] == 4
    assert [(one["first"], one["end"]) for one in emulator.stream("meters")["shipments"]] == [(0, 2), (3, 4), (0, 4)]


def test_transfer_can_take_its_time(emulator: Emulator, api: Api) -> None:
    emulator.configure(transfer_delay=30)
    api.create()
    put(api, "a")
    assert api.show()["partitions"][0]["last_transfer_offset"] == 0
    emulator.advance_clock(20)
    put(api, "b")
    emulator.advance_clock(15)
    assert api.show()["partitions"][0]["last_transfer_offset"] == 1
    emulator.advance_clock(20)
    assert api.show()["partitions"][0]["last_transfer_offset"] == 2


def test_a_pause_longer_than_the_retention_loses_records(emulator: Emulator, api: Api) -> None:
    api.create()
    api.act("stop", api.show()["task_id"])
    put(api, "a", "b")
    emulator.advance_clock(25 * 3600)
    api.session.headers["X-Auth-Token"] = emulator.mint_token()
    put(api, "c")
    api.act("start", api.show()["task_id"])
    observed = emulator.tasks("meters")["one"]
    assert (observed["transferred_records"], observed["missed_records"]) == (1, 2)


def test_tasks_follow_new_partitions(api: Api) -> None:
    api.create()
    api.dis("PUT", "/streams/meters", json={"target_partition_count": 3})
    put(api, *({"data": b64("x"), "partition_id": one} for one in "122"))
    assert [one["last_transfer_offset"] for one in api.show()["partitions"]] == [0, 1, 2]


# --- metrics


def metrics(api: Api, emulator: Emulator, tail: str = "", **query: Any) -> requests.Response:
    now = int(emulator.state()["time"])
    params = {"start_time": now - 300, "end_time": now + 60, **query}
    return api.dis("GET", f"/streams/meters{tail}/metrics", params=params)


def test_metrics_count_executed_requests(emulator: Emulator, api: Api) -> None:
    emulator.configure(throttle_every=3)
    put(api, "abc", "de", "refused")
    get(api, cursor_text(api), limit=1)
    expected = {
        "total_put_bytes_per_stream": 5,
        "total_get_bytes_per_stream": 3,
        "total_put_records_per_stream": 2,
        "total_get_records_per_stream": 1,
        "total_put_req_suc_per_stream": 1,
        "total_get_req_suc_per_stream": 1,
        "traffic_control_put": 1,
    }
    for label, value in expected.items():
        metric = metrics(api, emulator, label=label).json()["metrics"]
        assert metric["label"] == label
        assert sum(one["value"] for one in metric["dataPoints"]) == value
        assert all(one["timestamp"] % 60 == 0 and one["timestamp"] < 10**10 for one in metric["dataPoints"])
    assert metrics(api, emulator, label="total_put_req_latency").json()["metrics"]["dataPoints"][0]["value"] >= 1
    assert metrics(api, emulator, label="traffic_control_get").json()["metrics"]["dataPoints"] == []
    for partition in ("0", "shardId-0000000000"):
        answer = metrics(api, emulator, f"/partitions/{partition}", label="total_put_bytes_per_partition").json()
        assert sum(one["value"] for one in answer["metrics"]["dataPoints"]) == 5


def test_a_list_of_labels_fills_another_member(emulator: Emulator, api: Api) -> None:
    labels = "total_put_bytes_per_stream,traffic_control_get"
    body = metrics(api, emulator, label="traffic_control_put", label_list=labels).json()
    assert list(body) == ["metrics_list"]
    assert [one["label"] for one in body["metrics_list"]] == labels.split(",")


def test_metrics_have_a_window(emulator: Emulator, api: Api) -> None:
    put(api, "a")
    began = int(emulator.state()["time"])
    emulator.advance_clock(3600)
    put(api, "bc")
    label = {"label": "total_put_bytes_per_stream"}

    def values(**window: int) -> list[int]:
        return [one["value"] for one in metrics(api, emulator, **label, **window).json()["metrics"]["dataPoints"]]

    assert values(start_time=began - 60, end_time=began + 4000) == [1, 2]
    assert values(start_time=began - 60, end_time=began + 1800) == [1]
    assert values(start_time=began + 1800) == [2]
    emulator.advance_clock(8 * 86400)
    api.session.headers["X-Auth-Token"] = emulator.mint_token()
    put(api, "def")
    assert values() == [3]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "DIS.4200"),
        ({"label": "traffic_controll_put"}, "DIS.4209"),
        ({"label": "total_put_bytes_per_partition"}, "DIS.4209"),
        ({"label_list": "traffic_control_put,"}, "DIS.4209"),
        ({"label": "traffic_control_put", "start_time": None}, "DIS.4203"),
        ({"label": "traffic_control_put", "end_time": "soon"}, "DIS.4203"),
        ({"label": "traffic_control_put", "start_time": 1717410000000}, "DIS.4203"),
        ({"label": "traffic_control_put", "end_time": 1}, "DIS.4203"),
        ({"label": "traffic_control_put", "start_time": 1717410000}, "DIS.4204"),
    ],
)
def test_wrong_questions_for_metrics(emulator: Emulator, api: Api, query: dict, expected: str) -> None:
    assert code(metrics(api, emulator, **query)) == expected


def test_metrics_of_things_that_are_not_there(emulator: Emulator, api: Api) -> None:
    label = {"label": "total_put_bytes_per_partition"}
    assert code(metrics(api, emulator, "/partitions/7", **label)) == "DIS.4302"
    assert code(metrics(api, emulator, "/partitions/x", **label)) == "DIS.4201"
    assert code(api.dis("GET", "/streams/nix/metrics")) == "DIS.4301"
