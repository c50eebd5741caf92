# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP behaviour that needs no server: retries, error messages and valid URLs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._cloud.transport import error_facts, get_request_id, retry_after
from ansible_collections.otc.dis.plugins.module_utils._core.errors import (
    MAX_LISTED,
    ApiError,
    DisError,
    InvalidOptions,
    ResponseLost,
    UnexpectedResponse,
    Unreachable,
    bare_code,
    hint_for,
    join_names,
    list_names,
    sanitize,
)
from ansible_collections.otc.dis.plugins.module_utils._core.retry import (
    LOGIN,
    READ,
    WRITE,
    RetryBudget,
    RetryPolicy,
    is_retryable,
)
from ansible_collections.otc.dis.plugins.module_utils._core.schema import is_loopback, parse_url
from ansible_collections.otc.dis.plugins.module_utils._core.secrets import Secrets


def api(status: int, code: str | None = None) -> ApiError:
    return ApiError("do it", status, code, "text")


@pytest.mark.parametrize(
    ("err", "read", "write", "login"),
    [
        (api(429), True, True, True),
        (api(400, "DIS.4303"), True, True, True),
        (api(400, "DIS.4305"), True, True, True),
        (api(429, "APIG.0308"), True, True, True),
        (api(500, "APIGW.0308"), True, True, True),
        (api(500, "DIS.5000"), True, False, True),
        (api(502), True, False, True),
        (api(503, "APIG.0613"), True, False, True),
        (api(504), True, False, True),
        (api(400, "DIS.4301"), False, False, False),
        (api(400, "DIS.4309"), False, False, False),
        (api(401), False, False, False),
        (api(403), False, False, False),
        (api(404), False, False, False),
        (api(441, "DIS.4114"), False, False, False),
        (ResponseLost("x"), True, False, False),
        (Unreachable("x"), True, True, True),
        (Unreachable("x", transient=False), False, False, False),
        (UnexpectedResponse("x"), False, False, False),
        (InvalidOptions("x"), False, False, False),
    ],
)
def test_retryable_responses(err: DisError, read: bool, write: bool, login: bool) -> None:
    assert [is_retryable(policy, err) for policy in (READ, WRITE, LOGIN)] == [read, write, login]


@pytest.mark.parametrize(
    ("err", "unknown"),
    [
        (api(500), True),
        (api(504, "APIG.0201"), True),
        (api(500, "APIG.0308"), False),
        (api(429), False),
        (api(400), False),
        (ResponseLost("x"), True),
        (UnexpectedResponse("x"), False),
        (UnexpectedResponse("x", outcome_unknown=True), True),
        (Unreachable("x"), False),
    ],
)
def test_errors_with_an_unknown_outcome(err: DisError, unknown: bool) -> None:
    assert err.outcome_unknown is unknown


@pytest.mark.parametrize(
    ("err", "helps"),
    [
        (api(401), True),
        (api(441), True),
        (api(441, "DIS.4114"), True),
        (api(401, "APIG.0301"), True),
        (api(401, "APIGW.0307"), True),
        (api(401, "APIG.0303"), False),
        (api(401, "APIG.0305"), False),
        (api(441, "DIS.4100"), False),
        (api(441, "DIS.4112"), False),
        (api(401, "IAM.0061"), False),
        (api(403, "DIS.4116"), False),
        (api(400, "DIS.4114"), False),
    ],
)
def test_when_a_new_token_may_help(err: ApiError, helps: bool) -> None:
    assert err.means_token_refused is helps


@pytest.mark.parametrize(
    ("err", "absent"),
    [
        (api(400, "DIS.4354"), True),
        (api(404), True),
        (api(404, "APIG.0101"), False),
        (ApiError("do it", 404, None, "text", is_page=True), False),
        (api(400, "DIS.4301"), False),
        (api(400), False),
    ],
)
def test_when_a_task_is_absent(err: ApiError, absent: bool) -> None:
    assert err.means_task_absent is absent


@pytest.mark.parametrize(
    ("err", "offered"),
    [(api(404, "APIG.0101"), False), (api(404, "APIGW.0101"), False), (api(405), False), (api(404), True)],
)
def test_when_an_operation_is_not_offered(err: ApiError, offered: bool) -> None:
    assert err.means_not_offered is not offered


class Clock:
    """Clock that advances only on sleep."""

    def __init__(self) -> None:
        self.now, self.pauses = 0.0, []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def retry_budget(self, limit: float) -> RetryBudget:
        return RetryBudget(limit, self.sleep, lambda: self.now, lambda low, high: high)


def test_pauses_double_up_to_a_limit() -> None:
    clock = Clock()
    retry_budget = clock.retry_budget(1000)
    assert all(retry_budget.allows(failures) for failures in range(1, 9))
    assert clock.pauses == [0.25, 0.5, 1, 2, 4, 8, 8, 8]


def test_time_lost_ends_all_repeats_of_a_run() -> None:
    clock = Clock()
    retry_budget = clock.retry_budget(1.0)
    assert retry_budget.allows(1)
    retry_budget.lost += 0.6
    assert not retry_budget.allows(1)
    assert clock.now == 0.25


def test_retry_after_is_respected_or_too_long() -> None:
    clock = Clock()
    retry_budget = clock.retry_budget(10)
    assert retry_budget.allows(1, 7.0)
    assert retry_budget.allows(1, 4.0) is False
    assert clock.pauses == [7.0]


@given(st.integers(1, 50), st.floats(0, 100))
def test_no_pause_is_longer_than_the_time_that_is_left(failures: int, limit: float) -> None:
    clock = Clock()
    retry_budget = clock.retry_budget(limit)
    while retry_budget.allows(failures):
        assert retry_budget.lost <= limit
        failures += 1
        if len(clock.pauses) > 200:
            break
    assert clock.now <= limit


def test_policies_end_by_themselves() -> None:
    assert (READ.attempts, LOGIN.attempts) == (7, 4)
    assert RetryPolicy(True, True).attempts < 10


NOW = "Mon, 23 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("0\x1f", 0.0),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        (None, None),
        ("-5", None),
        ("¹", None),
        ("٣", None),
    ],
)
def test_retry_after_in_both_forms(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


@given(st.text(), st.none() | st.text())
def test_any_retry_after_is_read(value: str, date: str | None) -> None:
    found = retry_after(value, date)
    assert found is None or found >= 0


@pytest.mark.parametrize(
    ("data", "code", "text"),
    [
        ({"errorCode": "DIS.4301", "message": "m"}, "DIS.4301", "m"),
        ({"error_code": "DIS.4301", "error_msg": "m"}, "DIS.4301", "m"),
        ({"error_code": "APIG.0301", "error_msg": "m", "request_id": "r"}, "APIG.0301", "m"),
        ({"errorCode": "DIS.1", "errorMsg": "m"}, "DIS.1", "m"),
        ({"code": "X.1", "message": "m"}, "X.1", "m"),
        ({"code": "X.1", "errorMessage": "m"}, "X.1", "m"),
        ({"code": "X.1", "error_message": "m"}, "X.1", "m"),
        ({"error": {"code": 401, "message": "m", "title": "t"}}, None, "m"),
        ({"error": {"code": "401", "message": "m"}}, None, "m"),
        ({"error": {"code": "111401001", "message": "m"}}, "111401001", "m"),
        ({"badRequest": {"code": "X", "message": "m"}}, "X", "m"),
        ({"is_success": False, "message": "m"}, None, "m"),
        ({"encoded_authorization_message": "opaque"}, None, ""),
        ({}, None, ""),
        ([], None, ""),
        (None, None, ""),
        ("text", None, ""),
    ],
)
def test_errors_are_read_in_every_shape(data: Any, code: str | None, text: str) -> None:
    assert error_facts(data) == (code, text)


@pytest.mark.parametrize(
    "url",
    [
        "https://iam.example/v3",
        "https://iam.example:443",
        "http://127.0.0.1:5000",
        "http://localhost/v3",
        "http://[::1]:1",
    ],
)
def test_usable_addresses(url: str) -> None:
    assert parse_url(url + "/", "it") == url


@pytest.mark.parametrize(
    "url",
    [
        "http://iam.example",
        "http://127.0.0.1.example",
        "http://localhost.example",
        "ftp://127.0.0.1",
        "https://",
        "https://user@iam.example",
        "https://user:pw@iam.example",
        "https://iam.example?x",
        "https://iam.example#x",
        "https://iam example",
        "https://iam.example\n",
        "https://iam.example:x",
        "https://iam.example:99999",
        "iam.example",
        "",
        "https://[::1",
    ],
)
def test_unusable_addresses(url: str) -> None:
    with pytest.raises(InvalidOptions, match="it is") as caught:
        parse_url(url, "it")
    assert "pw" not in str(caught.value)


@given(st.text())
def test_any_text_is_an_address_or_refused(url: str) -> None:
    try:
        checked = parse_url(url, "it")
    except InvalidOptions:
        return
    assert checked.startswith("https://") or is_loopback(checked)


# --- words ---

CODES = [
    *(f"DIS.{number}" for number in (*range(4100, 4118), 4200, 4202, 4205, 4208, 4300, 4301, 4303, 4305, 4306, 4309)),
    *(f"DIS.{number}" for number in (4310, 4335, 4336, 4337, 4338, 4341, 4342, 4343, 4345, 4348, 4350, 4351, 4354)),
    *(f"DIS.{number}" for number in (4355, 4357, 4358, 5000, 5250)),
    *(f"APIG.{number}" for number in ("0101", "0103", "0107", "0201", "0202", "0203", "0301", "0302", "0303", "0305")),
    *(f"APIGW.{number}" for number in ("0307", "0308", "0310", "0402", "0601", "0602", "0608", "0610", "0613", "0802")),
]


@pytest.mark.parametrize("code", [code for code in CODES if code not in ("DIS.4115",)])
def test_every_code_of_a_transfer_task_call_has_a_hint(code: str) -> None:
    assert len(hint_for(code)) > 20


@pytest.mark.parametrize("code", ["DIS.9999", "IAM.9999", None, ""])
def test_no_hint_is_better_than_a_guess(code: str | None) -> None:
    assert hint_for(code) == ""


def test_gateway_codes_lose_their_prefix() -> None:
    assert [bare_code(code) for code in ("APIG.0101", "APIGW.0101", "DIS.4301", None)] == [
        "0101",
        "0101",
        "DIS.4301",
        "",
    ]


def test_error_contains_cause_resource_and_hint() -> None:
    err = ApiError('create transfer task "t"', 400, "DIS.4338", "no such table.", "r-1")
    result = err.as_result()
    assert result["msg"].startswith(
        'Cannot create transfer task "t": no such table (HTTP 400, DIS.4338, request ID r-1).'
    )
    assert result["msg"].endswith(result["error"]["hint"])
    assert result["error"]["status"] == 400
    assert result["error"]["code"] == "DIS.4338"
    assert result["error"]["request_id"] == "r-1"


def test_error_without_an_answer_has_the_same_shape() -> None:
    assert ResponseLost("gone").as_result() == {
        "msg": "gone",
        "error": {"kind": "response_lost", "status": None, "code": None, "request_id": None, "hint": None},
    }


@given(st.text())
def test_foreign_texts_become_one_short_printable_line(text: str) -> None:
    line = sanitize(text)
    assert len(line) <= 303
    assert line.isprintable()


@given(st.lists(st.text(), max_size=60))
def test_list_of_foreign_names_is_short_and_printable(names: list[str]) -> None:
    line = list_names(names)
    assert line.isprintable()
    assert len(line) <= MAX_LISTED * (303 + len(", ")) + len(" and 99 more")


def test_list_of_foreign_names_counts_the_rest() -> None:
    assert list_names(["a"]) == "a"
    assert list_names(["a", "b\n", "c"]) == "a, b and c"
    assert list_names(range(23)).endswith("18, 19 and 3 more")


@given(st.text(min_size=1).filter(str.strip), st.text(), st.text())  # blanks alone are no secret
def test_secrets_are_cut_out_in_every_spelling(secret: str, before: str, after: str) -> None:
    secrets = Secrets()
    secrets.add(secret, None, "")
    assert secret not in secrets.mask(before + secret + after) or secret in "********"


def test_secrets_are_cut_out_as_json_and_urls_carry_them() -> None:
    secrets = Secrets()
    secrets.add('p"w\\ä/x y')
    text = secrets.mask('{"password": "p\\"w\\\\ä/x y"} /p%22w%5C%C3%A4/x%20y p%22w%5C%C3%A4%2Fx%20y')
    assert text == '{"password": "********"} /******** ********'


@pytest.mark.parametrize(
    ("names", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_names_in_a_sentence(names: list[str], text: str) -> None:
    assert join_names(names) == text


@pytest.mark.parametrize("name", ["X-Request-Id", "X-IAM-Trace-Id", "x-obs-request-id"])
def test_request_id_is_in_one_of_these(name: str) -> None:
    assert get_request_id({"request_id": "body"}, {name: "head"}) == "body"
    assert get_request_id(None, {name: "head"}) == "head"
    assert get_request_id({"request_id": 7}, {}) == ""


def test_path_of_an_address_keeps_its_last_letters() -> None:
    assert parse_url("https://dis.example/X//", "it") == "https://dis.example/X"
