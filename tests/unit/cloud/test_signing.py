# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures: those of other signers, and what ``requests`` is made to send."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._cloud.settings import Keys
from ansible_collections.otc.dis.plugins.module_utils._cloud.signing import (
    Request,
    Scope,
    SignatureAuth,
    authority,
    authorization,
    canonical_request,
    scope_of,
    signing_key,
    string_to_sign,
)
from ansible_collections.otc.dis.plugins.module_utils._core.errors import ApiError
from ansible_collections.otc.dis.plugins.module_utils._core.secrets import Secrets

FILE = Path(__file__).parents[2] / "emulator/tests/data/aksk-vectors.json"
VECTORS = json.loads(FILE.read_text("utf-8"))["vectors"]
PORTABLE = [one for one in VECTORS if one["form"] in ("access", "credential") and one["portable"]]
KEYS = Keys("FAKEACCESSKEY0000001", "fake-secret-key-0000000001", None)
URL = "https://dis.example.com/v2/p/streams/meters"


def test_all_portable_vectors_are_here() -> None:
    assert len(PORTABLE) == 26


@pytest.mark.parametrize("vector", PORTABLE, ids=lambda one: one["id"])
def test_portable_vectors_are_reproduced(vector: dict[str, Any]) -> None:
    reported, expected = vector["input"], vector["expected"]
    path, _mark, query = expected["request_target"].partition("?")
    names = expected["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    sent = {"host": reported["host"], **expected["request_headers"], **reported["headers"]}
    headers = {name: value for name, value in sent.items() if name.lower() in names or "_" in name}
    request = Request(reported["method"], path, query, headers, (reported["body_utf8"] or "").encode())
    scope = Scope(reported["region"], reported["service"]) if vector["form"] == "credential" else None
    date = reported["x_sdk_date"]
    assert canonical_request(request, scope) == expected["canonical_request"]
    assert string_to_sign(request, scope, date) == expected["string_to_sign"]
    if "signing_key_hex" in expected:
        assert signing_key(reported["secret_key"], scope, date).hex() == expected["signing_key_hex"]
    assert (
        authorization(request, reported["access_key"], reported["secret_key"], scope, date) == expected["authorization"]
    )


@pytest.mark.parametrize(
    ("form", "scope"),
    [("access", None), ("credential", Scope("eu-de", "dis")), ("credential_empty", Scope("", ""))],
)
def test_form_decides_what_a_key_is_bound_to(form: str, scope: Scope | None) -> None:
    assert scope_of(form, "eu-de", "dis") == scope


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://dis.example.com/x", "dis.example.com"),
        ("https://DIS.example.com:443/x", "dis.example.com"),
        ("https://dis.example.com:8443/x", "dis.example.com:8443"),
        ("http://127.0.0.1:80/x", "127.0.0.1"),
        ("http://[::1]:8080/x", "[::1]:8080"),
        ("http://[::1]:80/x", "[::1]"),
    ],
)
def test_host_is_signed_as_it_is_sent(url: str, host: str) -> None:
    assert authority(url) == host


def prepared(auth: SignatureAuth, **more: Any) -> requests.PreparedRequest:
    request = requests.Request("POST", URL, headers={"Content-Type": "application/json"}, auth=auth, **more)
    return requests.Session().prepare_request(request)


def auth_of(keys: Keys = KEYS, **more: Any) -> SignatureAuth:
    return SignatureAuth(
        keys, Scope("eu-de", "dis"), {"X-Project-Id": "p"}, Secrets(), "They are those of the test.", **more
    )


def test_request_carries_what_was_signed() -> None:
    auth = auth_of(KEYS._replace(security_token="fake-security-token"), clock=lambda: 1768465800.0)
    sent = prepared(auth, data=b"{}")
    assert sent.headers["X-Sdk-Date"] == "20260115T083000Z"
    assert sent.headers["X-Security-Token"] == "fake-security-token"
    names = "content-type;host;x-project-id;x-sdk-date;x-security-token"
    assert f"SignedHeaders={names}," in sent.headers["Authorization"]
    headers = {name: sent.headers[name] for name in names.split(";")}
    request = Request("POST", "/v2/p/streams/meters", "", headers, b"{}")
    again = authorization(request, KEYS.access_key, KEYS.secret_key, auth.scope, "20260115T083000Z")
    assert sent.headers["Authorization"] == again


def test_every_request_is_signed_anew() -> None:
    times = iter([1768465800.0, 1768465801.0])
    auth = auth_of(clock=lambda: next(times))
    first, second = prepared(auth), prepared(auth)
    assert first.headers["X-Sdk-Date"] < second.headers["X-Sdk-Date"]
    assert first.headers["Authorization"] != second.headers["Authorization"]


@given(st.text(max_size=20), st.text(max_size=20))
def test_query_that_a_client_escapes_is_signed_as_its_meaning(name: str, value: str) -> None:
    query = f"{quote(name, safe='')}={quote(value, safe='')}"
    plus = query.replace("%20", "+")
    wanted = f"{quote(name, safe='-._~')}={quote(value, safe='-._~')}"
    for written in (query, plus):
        assert canonical_request(Request("GET", "/", written, {}, b""), None).split("\n")[2] == wanted


def test_order_of_the_query_does_not_matter() -> None:
    one, two = (Request("GET", "/", query, {}, b"") for query in ("b=2&a=1&a=0", "a=0&a=1&b=2"))
    for scope in (None, Scope("r", "s")):
        assert canonical_request(one, scope) == canonical_request(two, scope)


@pytest.mark.parametrize(("ahead", "says"), [(600, "600 seconds ahead of"), (-600, "600 seconds behind")])
def test_clock_skew_is_reported(ahead: float, says: str) -> None:
    auth = auth_of(clock=lambda: 1768465800.0 + ahead)
    answer = requests.Response()
    answer.status_code, answer.request = 441, prepared(auth)
    answer.headers["Date"] = "Thu, 15 Jan 2026 08:30:00 GMT"
    auth.note(answer)
    err = ApiError("ask", 441, "DIS.4105", "outside the window")
    auth.add_hint(err)
    assert says in err.hint
    assert "They are those of the test." in err.hint


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 99 Jan 2026 08:30:00 GMT"])
def test_invalid_date_reports_no_clock_skew(date: str) -> None:
    auth = auth_of()
    answer = requests.Response()
    answer.status_code, answer.request = 441, prepared(auth)
    answer.headers["Date"] = date
    auth.note(answer)
    err = ApiError("ask", 441, "DIS.4100", "no")
    auth.add_hint(err)
    assert "system clock is" not in err.hint


def test_refused_signature_is_kept_out_of_messages_and_a_good_one_is_not_remembered() -> None:
    auth = auth_of()
    answer = requests.Response()
    answer.status_code, answer.request = 200, prepared(auth)
    auth.note(answer)
    assert auth.secrets.values == set()
    answer.status_code = 441
    auth.note(answer)
    signature = answer.request.headers["Authorization"].rpartition("=")[2]
    assert signature in auth.secrets.values


def test_other_refusals_are_not_blamed_on_the_keys() -> None:
    err = ApiError("ask", 403, "DIS.4116", "no")
    before = err.hint
    auth_of().add_hint(err)
    assert err.hint == before
    assert auth_of().renew() is False


def signed(keys: Keys = KEYS, body: bytes | None = None, **headers: str) -> Any:
    request = requests.Request("POST" if body else "GET", URL, data=body).prepare()
    return SignatureAuth(keys, None, headers, Secrets(), "advice", lambda: 0.0)(request)


def test_empty_body_is_signed_as_empty() -> None:
    sent = signed().headers
    reported = Request("GET", "/v2/p/streams/meters", "", {"host": sent["Host"], "x-sdk-date": sent["X-Sdk-Date"]}, b"")
    assert sent["X-Sdk-Date"] == "19700101T000000Z"
    assert sent["Authorization"] == authorization(reported, KEYS.access_key, KEYS.secret_key, None, sent["X-Sdk-Date"])
    assert signed(body=b"x").headers["Authorization"] != sent["Authorization"]


@pytest.mark.parametrize("name", ["X-Domain-Id", "X-Project-Id", "Content-Type"])
def test_headers_of_ours_are_signed(name: str) -> None:
    sent = signed(**{name: "fake"}).headers
    assert sent[name] == "fake"
    assert f"{name.lower()};" in sent["Authorization"].partition("SignedHeaders=")[2]


def test_temporary_keys_send_and_sign_their_token() -> None:
    sent = signed(KEYS._replace(security_token="fake-temporary")).headers
    assert sent["X-Security-Token"] == "fake-temporary"
    assert ";x-security-token," in sent["Authorization"]


@pytest.mark.parametrize(("status", "date", "skew"), [(399, "Thu, 01 Jan 1970 00:10:00 GMT", 0.0),
                                                      (400, "Thu, 01 Jan 1970 00:10:00 GMT", -600.0),
                                                      (401, None, 0.0), (401, "soon", 0.0)])  # fmt: skip
def test_only_a_rejection_with_a_date_reports_clock_skew(status: int, date: str | None, skew: float) -> None:
    auth = SignatureAuth(KEYS, None, {}, Secrets(), "advice", lambda: 0.0)
    assert auth.skew == 0.0
    response = requests.Response()
    response.status_code = status
    response.request = auth(requests.Request("GET", URL).prepare())
    if date:
        response.headers["Date"] = date
    auth.note(response)
    assert auth.skew == skew


@pytest.mark.parametrize(("skew", "words"), [(60.0, ""), (61.0, "61 seconds ahead of"), (-61.0, "61 seconds behind")])
def test_clocks_may_differ_a_little(skew: float, words: str) -> None:
    auth = SignatureAuth(KEYS, None, {}, Secrets(), "advice")
    auth.skew = skew
    err = ApiError("do it", 401, None, "no")
    auth.add_hint(err)
    assert err.hint.endswith(f"{words} that of the service." if words else "advice")
    assert auth.renew() is False


@pytest.mark.parametrize("code", [None, "DIS.4113", "DIS.4114", "APIG.0307"])
def test_refused_signature_never_advises_a_new_token(code: str | None) -> None:
    err = ApiError("do it", 401, code, "no")
    SignatureAuth(KEYS, None, {}, Secrets(), "advice").add_hint(err)
    assert "token" not in err.hint
    assert (err.hint[:26], err.hint[-6:]) == ("The signature was rejected", "advice")


def test_plain_characters_are_not_escaped() -> None:
    request = Request("GET", "/aZ09-._~/x y", "a=-._~&b=*", {"Host": " h "}, b"")
    lines = canonical_request(request, None).split("\n")
    assert lines[1:4] == ["/aZ09-._~/x%20y/", "a=-._~&b=%2A", "host:h"]


def test_answers_to_signed_requests_are_looked_at() -> None:
    auth = auth_of()
    assert auth.note in prepared(auth).hooks["response"]
    assert prepared(auth, data=None).body is None


def test_question_mark_in_a_query_is_part_of_it() -> None:
    auth = auth_of(clock=lambda: 1768465800.0)
    sent = auth(requests.Request("GET", f"{URL}?a=b?c").prepare())
    names = {name: sent.headers[name] for name in ("host", "x-sdk-date", "x-project-id")}
    request = Request("GET", "/v2/p/streams/meters", "a=b?c", names, b"")
    again = authorization(request, KEYS.access_key, KEYS.secret_key, auth.scope, "20260115T083000Z")
    assert sent.headers["Authorization"] == again
