# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Error codes, and the parsing and results of apps, checkpoints, records and metrics, member by member."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.otc.dis.plugins.module_utils._core import errors as _errors
from ansible_collections.otc.dis.plugins.module_utils._core.errors import (
    HINTS,
    SERVICE_FAILED,
    ApiError,
    DisError,
    Drift,
    ImmutableSettingError,
    InternalError,
    InvalidOptions,
    ResponseLost,
    UnexpectedResponse,
    UnknownSettingError,
    Unreachable,
    catch_unexpected,
    describe_differences,
    hint_for,
    sanitize,
)
from ansible_collections.otc.dis.plugins.module_utils._core.secrets import Secrets
from ansible_collections.otc.dis.plugins.module_utils._queries import streams as _streams
from ansible_collections.otc.dis.plugins.module_utils._resources import app as _app
from ansible_collections.otc.dis.plugins.module_utils._resources import checkpoint as _checkpoint
from ansible_collections.otc.dis.plugins.module_utils._resources import records as _records

# --- codes ---


def api(status: int, code: str | None = None, **more: Any) -> ApiError:
    return ApiError("do it", status, code, "text", **more)


KNOWN = [
    *(f"DIS.{number}" for number in (4113, 4114, 4116, 4117, *range(4200, 4206), 4208, 4209, *range(4215, 4218))),
    *(f"DIS.{number}" for number in (4224, 4225, 4226, *range(4300, 4304), 4305, 4306, 4307, 4308, 4309, 4310, 4319)),
    *(f"DIS.{number}" for number in (*range(4329, 4333), *range(4335, 4340), 4341, 4342, 4343, 4345, 4348, 4350, 4351)),
    *(f"DIS.{number}" for number in (4354, 4355, 4357, 4358, 4360, 4375, *range(4601, 4606))),
    *("IAM.0061", "IAM.0081", "IAM.1061", *(f"IAM.{number}" for number in range(1104, 1110))),
    *("0101", "0201", "0301", "0303", "0305", "0307", "0308", "0602", "0613"),
]


def test_codes_match_the_api_reference() -> None:
    names = {
        "STREAM_MISSING": "DIS.4301",
        "STREAM_EXISTS": "DIS.4307",
        "TAGGED_STREAM_MISSING": "DIS.4603",
        "TASK_MISSING": "DIS.4354",
        "TASK_EXISTS": "DIS.4355",
        "TASKS_FULL": "DIS.4357",
        "STREAM_NOT_RUNNING": "DIS.4205",
        "PARTITION_MISSING": "DIS.4302",
        "APP_EXISTS": "DIS.4330",
        "APP_IN_USE": "DIS.4331",
        "APP_MISSING": "DIS.4332",
        "CHECKPOINT_MISSING": "DIS.4375",
        "CURSOR_UNREADABLE": "DIS.4217",
        "NUMBER_NOT_KEPT": "DIS.4224",
        "CURSOR_EXPIRED": "DIS.4225",
        "POSITION_EXPIRED": "DIS.4226",
        "NOT_OFFERED": "0101",
    }
    assert {name: getattr(_errors, name) for name in names} == names
    assert {"DIS.4303", "DIS.4305", "0308", "IAM.0012"} == _errors.THROTTLED
    assert set(_errors.KINDS) == {
        "invalid_options",
        "drift",
        "not_found",
        "authentication",
        "forbidden",
        "unsupported",
        "throttled",
        "rejected",
        "service_error",
        "unreachable",
        "response_lost",
        "unexpected_response",
        "not_applied",
        "timeout",
        "internal_error",
    }


def test_hints_are_for_these_codes() -> None:
    assert sorted(HINTS) == sorted({*KNOWN} - {"DIS.4206"})


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, None, "throttled"),
        *((400, code, "throttled") for code in ("DIS.4303", "DIS.4305", "APIG.0308", "IAM.0012")),
        *((400, f"DIS.{n}", "not_found") for n in (4301, 4603, 4354, 4302, 4332, 4375)),
        (404, None, "not_found"),
        (410, None, "not_found"),
        (404, "APIG.0101", "unsupported"),
        (405, None, "unsupported"),
        (400, "APIG.0101", "rejected"),
        *((400, code, "forbidden") for code in ("DIS.4116", "DIS.4117", "DIS.4309", "APIG.0302", "APIG.0802")),
        (403, None, "forbidden"),
        *((400, code, "authentication") for code in ("DIS.4100", "DIS.4115", "APIG.0301", "IAM.0061", "IAM.0001")),
        (401, None, "authentication"),
        (441, "DIS.9999", "authentication"),
        (403, "DIS.4114", "authentication"),
        (500, None, "service_error"),
        (499, None, "rejected"),
        (400, "DIS.5123", "service_error"),
        (400, "DIS.4200", "rejected"),
    ],
)
def test_kind_of_an_api_error(status: int, code: str | None, kind: str) -> None:
    assert api(status, code).kind == kind


@pytest.mark.parametrize(
    ("name", "true", "false"),
    [
        ("means_stream_absent", [(400, "DIS.4301")], [(404, None), (400, "DIS.4302")]),
        ("means_app_absent", [(400, "DIS.4332"), (404, None)], [(404, "APIG.0101"), (400, "DIS.4301")]),
        ("means_partition_absent", [(400, "DIS.4302")], [(404, None), (400, "DIS.4301")]),
        (
            "means_checkpoint_absent",
            [(400, f"DIS.{n}") for n in (4301, 4302, 4332, 4375)] + [(404, None)],
            [(400, "DIS.4354"), (400, None)],
        ),
        (
            "is_request_error",
            [(400, "DIS.4200"), (400, "DIS.4300"), (400, "DIS.9999"), (400, None)],
            [(400, "DIS.4338"), (401, "DIS.4200"), (500, None)],
        ),
        ("means_not_offered", [(405, "DIS.1"), (404, "APIG.0101")], [(400, "APIG.0101"), (404, None)]),
        ("is_bare_404", [(404, None), (410, None)], [(404, "x"), (403, None)]),
    ],
)
def test_meaning_of_an_api_error(name: str, true: list[Any], false: list[Any]) -> None:
    assert [getattr(api(*facts), name) for facts in true] == [True] * len(true)
    assert [getattr(api(*facts), name) for facts in false] == [False] * len(false)


def test_hint_by_status_if_the_code_has_none() -> None:
    assert hint_for(None, 401) == hint_for("DIS.9999", 441) == HINTS["DIS.4114"]
    assert hint_for(None, 500) == hint_for("DIS.9999", 503) == SERVICE_FAILED
    assert hint_for(None, 499) == hint_for("DIS.9999", None) == ""
    assert "signature" in hint_for("DIS.4101")
    assert "support" in hint_for("DIS.5001")
    assert "Access denied" in hint_for("APIG.0304")
    assert "gateway" in hint_for("APIG.0107")


def test_message_contains_code_and_request_id_if_known() -> None:
    assert str(api(400)) == "Cannot do it: text (HTTP 400, no code)."
    err = api(400, "X.1", request_id="r", retry_after=2.0)
    assert str(err) == "Cannot do it: text (HTTP 400, X.1, request ID r)."
    assert (err.retry_after, err.is_page, err.call, err.text) == (2.0, False, "do it", "text")


def test_errors_have_a_kind_and_state_whether_the_outcome_is_unknown() -> None:
    kinds = {
        InvalidOptions: "invalid_options",
        Drift: "drift",
        ImmutableSettingError: "drift",
        UnknownSettingError: "drift",
        Unreachable: "unreachable",
        ResponseLost: "response_lost",
        UnexpectedResponse: "unexpected_response",
    }
    for error_class, kind in kinds.items():
        err = error_class("x")
        assert (err.kind, err.outcome_unknown) == (kind, error_class is ResponseLost)
        assert (err.status, err.code, err.request_id, dict(err.more)) == (None, None, None, {})
    assert Unreachable("x").transient
    assert UnexpectedResponse("x", "h", 302).status == 302
    assert "on_drift: update" in Drift("x").hint


def test_added_text_replaces_the_hint() -> None:
    err: DisError = InvalidOptions("One.", "Do this.")
    err.add("Two.", "Do that.")
    assert str(err) == "One. Two."
    assert err.as_result()["msg"] == "One. Two. Do that."


def test_result_contains_the_additional_values_of_the_error() -> None:
    err = InvalidOptions("One.", "Do this.")
    err.more = {"records": []}
    result = err.as_result()
    assert result["records"] == []
    assert result["error"]["hint"] == "Do this."


def test_foreign_text_is_truncated_at_the_limit() -> None:
    assert sanitize("x" * 300) == "x" * 300
    assert sanitize("x" * 301) == "x" * 300 + "..."
    assert sanitize("a\x1b\n b") == "a b"


def test_differences_contain_both_values() -> None:
    assert describe_differences(["a", "b"], {"a": 1, "b": "x"}, {"a": 2}) == [
        "a is 2 and should be 1",
        "b is not set and should be 'x'",
    ]


def test_longest_secret_is_masked_first_and_empty_is_no_secret() -> None:
    secrets = Secrets()
    secrets.add("fake", "fake-longer", "a  b/c", None, "", "  ")
    assert "" not in secrets.values
    assert secrets.mask("x fake-longer fake") == "x ******** ********"
    secrets.add("secret", "a-secret")
    assert secrets.mask("a-secret secret") == "******** ********"
    secrets.add("half\ud800 a/letter")
    assert secrets.mask("half%3F%20a%2Fletter half%3F%20a/letter half%3F+a%2Fletter") == "******** ******** ********"
    assert secrets.mask("a b/c a++b%2Fc a%20%20b/c a%20%20b%2Fc") == "******** ******** ******** ********"


# --- apps and checkpoints ---


class Api:
    """Records the calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *args: self.calls.append((name, *args))


def test_app_is_parsed_and_returned() -> None:
    app = _app.read_app("reader", {"app_id": 7, "app_name": "reader", "create_time": 5,
                                   "commit_checkpoint_stream_names": ["b", "a", None]})  # fmt: skip
    assert _app.to_result(app) == {
        "app_name": "reader", "app_id": "7", "create_time": 5, "commit_checkpoint_stream_names": ["a", "b"],
    }  # fmt: skip
    assert _app.to_diff(app) == {"app_name": "reader"}
    assert (_app.to_result(None), _app.to_diff(None)) == (None, None)
    assert str(app) == 'app "reader"'
    assert _app.read_app("reader", {"app_name": "reader"}) == _app.App("reader")


def test_desired_app_is_validated() -> None:
    desired = _app.desired_from({"app_name": "reader", "state": "absent", "force": True})
    assert desired == _app.DesiredApp("reader", "absent", True)
    assert (str(desired), _app.DesiredApp("a").state, _app.DesiredApp("a").force) == ('app "reader"', "present", False)
    with pytest.raises(InvalidOptions, match="app_name is"):
        _app.desired_from({"app_name": "a b", "state": "present", "force": False})


def test_actions_on_apps_are_one_call_each() -> None:
    api_, app = Api(), _app.App("reader", streams=("s",))
    made = _app.plan(_app.DesiredApp("reader", "absent", True), app)
    assert made.verbs == ("delete_checkpoints s", "delete")
    for action in (_app.Create(app), *made.actions):
        action.send(api_)
    assert api_.calls == [
        ("create_app", "reader"),
        ("delete_checkpoint", "s", "reader", None),
        ("delete_app", "reader"),
    ]
    assert made.actions[-1].app.streams == ()


def test_consumption_is_returned_member_by_member() -> None:
    entry = {
        "partition_id": "0", "status": "ACTIVE", "checkpoint_type": "LAST_READ", "sequence_number": "5",
        "earliest_offset": "2", "latest_offset": 9,
    }  # fmt: skip
    found = _app.read_consumption("meters", [entry, {**entry, "sequence_number": "6"}, {"partition_id": "1"}])
    assert found["stream_name"] == "meters"
    assert found["lag"] == 4
    assert found["partitions"] == [
        {"partition_id": "shardId-0000000000", "status": "ACTIVE", "checkpoint_type": "LAST_READ",
         "sequence_number": "5", "earliest_offset": 2, "latest_offset": 9, "lag": 4},
        {"partition_id": "shardId-0000000001", "status": None, "checkpoint_type": None,
         "sequence_number": None, "earliest_offset": None, "latest_offset": None, "lag": None},
    ]  # fmt: skip


OPTIONS = {
    "stream_name": "meters", "app_name": "reader", "partition_id": "1", "sequence_number": "007", "metadata": "m",
    "state": "present",
}  # fmt: skip
P0, P1 = "shardId-0000000000", "shardId-0000000001"


def test_desired_checkpoints_from_options() -> None:
    desired = _checkpoint.desired_from(OPTIONS)
    assert desired == _checkpoint.DesiredCheckpoints("meters", "reader", P1, "7", "m")
    assert str(desired) == f'checkpoint of app "reader" in partition {P1} of stream "meters"'
    assert desired.state == "present"
    absent = _checkpoint.desired_from({**OPTIONS, "state": "absent", "partition_id": None})
    assert absent == _checkpoint.DesiredCheckpoints("meters", "reader")
    assert str(absent) == 'checkpoints of app "reader" in all partitions of stream "meters"'
    assert absent.state == "absent"
    named = _checkpoint.desired_from({name: value for name, value in OPTIONS.items() if name != "state"})
    assert named.state == "absent"


def test_checkpoints_are_returned_in_order() -> None:
    one, two = _checkpoint.Checkpoint(P1, "7", "m"), _checkpoint.Checkpoint(P0, "5")
    found = _checkpoint.Checkpoints("meters", "reader", (P0, P1), {P1: one, P0: two})
    common = {"stream_name": "meters", "app_name": "reader", "checkpoint_type": "LAST_READ"}
    assert _checkpoint.to_result(found) == [
        {**common, "partition_id": P0, "sequence_number": "5", "metadata": None},
        {**common, "partition_id": P1, "sequence_number": "7", "metadata": "m"},
    ]
    assert _checkpoint.to_diff(found) == {P0: {"sequence_number": "5"}, P1: {"sequence_number": "7", "metadata": "m"}}
    assert (_checkpoint.to_result(None), _checkpoint.to_diff(None)) == ([], None)


def test_actions_on_checkpoints_are_one_call_each() -> None:
    api_ = Api()
    observed = _checkpoint.Checkpoints("meters", "reader", (P0,), {P0: _checkpoint.Checkpoint(P0, "5")})
    goal = _checkpoint.Checkpoint(P0, "6")
    for action in (
        _checkpoint.Move(observed, goal),
        _checkpoint.Delete(observed, P0),
        _checkpoint.Delete(observed, None),
    ):
        action.send(api_)
    assert api_.calls == [
        ("commit_checkpoint", "meters", "reader", goal),
        ("delete_checkpoint", "meters", "reader", P0),
        ("delete_checkpoint", "meters", "reader", None),
    ]


def test_equal_checkpoints() -> None:
    one = _checkpoint.Checkpoint(P0, "5")
    assert _checkpoint.equal_checkpoints(None, None) is True
    assert _checkpoint.equal_checkpoints(one, None) is False
    assert _checkpoint.equal_checkpoints(one, one._replace(sequence_number="05", metadata=""))
    assert not _checkpoint.equal_checkpoints(one, one._replace(metadata="m"))


@pytest.mark.parametrize("metadata", [7, ["x"], "", None])
def test_metadata_that_is_not_a_string_is_none(metadata: Any) -> None:
    entry = {"partition_id": 0, "sequence_number": 5, "status": "ACTIVE", "metadata": metadata}
    assert _checkpoint.read_checkpoint(P0, entry) == _checkpoint.Checkpoint(P0, "5")
    assert _checkpoint.read_checkpoints([entry])[1] == {P0: _checkpoint.Checkpoint(P0, "5")}
    assert _checkpoint.read_checkpoint(P0, 5) == _checkpoint.Checkpoint(P0, "5")
    with pytest.raises(UnexpectedResponse, match="is not an integer"):
        _checkpoint.read_checkpoint(P0, "five")


# --- records ---


def test_limits_of_records_are_those_of_the_service() -> None:
    assert (_records.MAX_RECORD_BYTES, _records.MAX_FETCH_BYTES) == (2**20, 2 * 2**20)
    assert (_records.MAX_BATCH_BYTES, _records.MAX_BATCH_RECORDS) == (2**20, 500)
    reading = _records.Reading("s", None, _records.Start("LATEST"))
    defaults = (reading.encoding, reading.max_records, reading.max_bytes, reading.max_seconds, reading.follow)
    assert defaults == ("text", 1000, 2**20, 30.0, False)


def test_size_limits_of_a_record() -> None:
    options: dict[str, Any] = {
        "action": "put",
        "stream_name": "s",
        "encoding": "text",
        "records": [{"data": "x" * 2**20}],
    }
    (record,) = _records.parse_records(options)
    assert record.size == 2**20
    options["records"] = [{"data": "x" * (2**20 + 1)}]
    with pytest.raises(InvalidOptions, match=r"records\[0\] has 1048577 bytes, but must have 1 to 1048576"):
        _records.parse_records(options)
    with pytest.raises(InvalidOptions, match=r"records\[0\] has 0 bytes"):
        _records.parse_records({**options, "records": [{"data": None}]})


def test_record_is_returned_member_by_member() -> None:
    entry = {"sequence_number": 7, "partition_key": "k", "timestamp": "5", "timestamp_type": "CreateTime"}
    assert _records.read_record(P0, entry, b"x", "text") == {
        "partition_id": P0, "sequence_number": "7", "data": "x", "partition_key": "k", "timestamp": 5,
        "timestamp_type": "CreateTime",
    }  # fmt: skip
    assert _records.read_record(None, entry, b"\xff", "base64")["data"] == "/w=="
    with pytest.raises(UnexpectedResponse, match=f"Record 7 of partition {P0} is not UTF-8 text") as caught:
        _records.read_record(P0, entry, b"\xff", "text")
    assert "base64" in caught.value.hint


def test_query_of_a_cursor_request() -> None:
    assert _records.Start("AT_TIMESTAMP", None, 5).query() == {
        "cursor-type": "AT_TIMESTAMP", "starting-sequence-number": None, "timestamp": 5,
    }  # fmt: skip


GET: dict[str, Any] = {
    "action": "get", "stream_name": "meters", "encoding": "text", "partition_id": "1", "cursor_type": None,
    "starting_sequence_number": None, "timestamp": None, "max_records": 10, "max_bytes": 100, "max_seconds": 86400,
    "follow": True, "stream_id": None, "partition_cursor": None,
}  # fmt: skip


def test_reading_from_options() -> None:
    reading = _records.reading_from({**GET, "timestamp": "2026-01-01T00:00:00Z"}, 0.0)
    assert reading == _records.Reading(
        "meters", P1, _records.Start("AT_TIMESTAMP", None, 1767225600000), "text", 10, 100, 86400, True
    )
    assert _records.reading_from({**GET, "partition_id": None, "max_seconds": 0.5}, 0.0).partition_id is None
    assert _records.reading_from({**GET, "timestamp": "0"}, 0.0).start.timestamp == 0
    with pytest.raises(InvalidOptions, match="cursor_type LATEST cannot be used with timestamp"):
        _records.reading_from({**GET, "cursor_type": "LATEST", "timestamp": "0"}, 0.0)
    with pytest.raises(InvalidOptions, match="cursor_type AT_TIMESTAMP requires timestamp"):
        _records.reading_from({**GET, "cursor_type": "AT_TIMESTAMP"}, 0.0)
    for seconds in (0, 86401):
        with pytest.raises(InvalidOptions, match=f"max_seconds is {seconds}, but"):
            _records.reading_from({**GET, "max_seconds": seconds}, 0.0)


# --- metrics ---

UNITS = {
    "total_put_bytes_per_stream": "bytes", "total_get_bytes_per_stream": "bytes",
    "total_put_records_per_stream": "records", "total_get_records_per_stream": "records",
    "total_put_req_latency": "milliseconds", "total_get_req_latency": "milliseconds",
    "total_put_req_suc_per_stream": "requests", "total_get_req_suc_per_stream": "requests",
    "traffic_control_put": "requests", "traffic_control_get": "requests",
}  # fmt: skip
PARTITION_UNITS = {
    "total_put_bytes_per_partition": "bytes", "total_get_bytes_per_partition": "bytes",
    "total_put_records_per_partition": "records", "total_get_records_per_partition": "records",
}  # fmt: skip


def query(**options: Any) -> _streams.MetricsFilter:
    start = {"stream_name": "meters", "partition_id": None, "labels": None, "start_time": "0", "end_time": "1"}
    return _streams.query_of({**start, **options}, 1e6)


def test_metrics_have_these_names_and_units() -> None:
    assert dict(query().units) == UNITS
    assert query().labels == tuple(UNITS)
    assert dict(query(partition_id="1").units) == PARTITION_UNITS
    assert query(partition_id="1").partition_id == P1
    assert (*UNITS, *PARTITION_UNITS) == _streams.LABELS
    assert query(labels=["traffic_control_put"] * 2).labels == ("traffic_control_put",)


def test_time_range_of_metrics_is_validated() -> None:
    assert (query().start, query().end) == (0, 1)
    week = 7 * 24 * 3600
    assert query(start_time="1000", end_time=str(week + 1000)).end == week + 1000
    with pytest.raises(InvalidOptions, match=f"are {week + 1} seconds apart"):
        query(start_time="1000", end_time=str(week + 1001))
    with pytest.raises(InvalidOptions, match=r"start_time \(1\) must be before end_time \(1\)"):
        query(start_time="1")
    with pytest.raises(InvalidOptions, match="but must not be before 1970"):
        query(start_time="-9999999s")
    with pytest.raises(InvalidOptions, match="start_time is 'soon', but must be now"):
        query(start_time="soon")


def test_data_points_are_sorted_by_time() -> None:
    points = [{"timestamp": "10", "value": 1}, {"timestamp": 9, "value": 2}, {"timestamp": "1" * 20, "value": 3}]
    found = _streams.read_metrics({"metrics": {"label": "traffic_control_put", "dataPoints": points}})
    assert [point["value"] for point in found["traffic_control_put"]] == [2, 1, 3]
    metrics = _streams.metrics_to_result(query(labels=["traffic_control_put", "traffic_control_get"]), found)
    assert [(metric["label"], metric["unit"], len(metric["data_points"])) for metric in metrics] == [
        ("traffic_control_put", "requests", 3),
        ("traffic_control_get", "requests", 0),
    ]


def test_internal_error_reports_type_and_place_without_the_text() -> None:
    secret = "obviously-fake-secret"
    with pytest.raises(InternalError) as caught, catch_unexpected("otc.dis.stream"):
        raise KeyError(secret)
    result = caught.value.as_result()
    assert re.fullmatch(
        r"This is a bug in otc\.dis\.stream: KeyError at test_parsing\.py:[0-9]+\."
        r" Rerun the task, and report the bug\.",
        result["msg"],
    )
    assert (result["error"]["kind"], caught.value.outcome_unknown) == ("internal_error", True)
    assert "test_parsing.py" in result["exception"]
    assert "KeyError (without its text" in result["exception"]
    assert secret not in str(result)


def test_dis_error_is_no_internal_error() -> None:
    with pytest.raises(ImmutableSettingError), catch_unexpected():
        raise ImmutableSettingError("no")
    with pytest.raises(InternalError, match="bug in otc\\.dis: "), catch_unexpected():
        raise ValueError


@pytest.mark.parametrize("claim", ["Nothing was sent.", "Nothing was changed."])
def test_no_change_claim_is_removed(claim: str) -> None:
    err = ImmutableSettingError(f"It differs. {claim}", "Hint.")
    err.drop_no_change_claim()
    assert (str(err), err.hint) == ("It differs.", "Hint.")
