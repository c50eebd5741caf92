# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests as they leave and answers as they come, byte by byte, from a server on this machine."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import warnings
from typing import Any

import pytest
import requests
import urllib3

from ansible_collections.otc.dis.plugins.module_utils._cloud import transport as _http
from ansible_collections.otc.dis.plugins.module_utils._cloud.login import NoAuth
from ansible_collections.otc.dis.plugins.module_utils._cloud.transport import Adapter, Http, exceeds_limits
from ansible_collections.otc.dis.plugins.module_utils._core.errors import (
    ApiError,
    DisError,
    InvalidOptions,
    ResponseLost,
    UnexpectedResponse,
    Unreachable,
)
from ansible_collections.otc.dis.plugins.module_utils._core.retry import READ, WRITE, RetryBudget, RetryPolicy
from ansible_collections.otc.dis.plugins.module_utils._core.secrets import Secrets

ONCE = RetryPolicy(lost=False, failed=False, attempts=1)


class Clock:
    """Clock that advances only on sleep."""

    def __init__(self) -> None:
        self.now, self.pauses = 0.0, []  # type: float, list[float]

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


class Auth(NoAuth):
    """Offers a new token as often as it is to."""

    def __init__(self, renewals: int = 0) -> None:
        self.renewals, self.translate_exception = renewals, []  # type: int, list[ApiError]

    def renew(self) -> bool:
        self.renewals -= 1
        return self.renewals >= 0

    def add_hint(self, err: ApiError) -> None:
        self.translate_exception.append(err)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def http(clock: Clock) -> Http:
    secrets = Secrets()
    secrets.add("fake-secret")
    return Http(True, None, 30.0, secrets, RetryBudget(30.0, clock.sleep, clock, lambda _low, high: high))


def answer(status: str, body: bytes | Any = b"", *lines: str) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", "Connection: close", *lines]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + content


def ask(http: Http, wire: Any, content: bytes, method: str = "GET", **more: Any) -> Any:
    wire.content = content
    wire.requests.clear()
    more.setdefault("policy", ONCE)
    return http.send("try it", method, wire.url, more.pop("auth", NoAuth()), more.pop("body", None), **more)


def test_request_is_json_and_requests_no_compression(http: Http, wire: Any) -> None:
    ask(http, wire, answer("200 OK", {}), "PUT", body={"a": "ä"}, headers={"X-More": "1"})
    head, _one, body = wire.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0].startswith("PUT /v2/p/streams ")
    assert {"Content-Type: application/json", "Accept: application/json", "X-More: 1"} <= set(lines)
    assert "Accept-Encoding: identity" in lines
    assert body == b'{"a": "\xc3\xa4"}'


def test_response_has_status_document_and_headers(http: Http, wire: Any) -> None:
    reported = ask(http, wire, answer("201 Created", {"a": 1}, "X-Subject-Token: fake"))
    assert (reported.status, reported.data, reported.headers["X-Subject-Token"]) == (201, {"a": 1}, "fake")
    assert ask(http, wire, answer("204 No Content")).data is None
    assert ask(http, wire, answer("200 OK", b" \n")).data is None
    assert ask(http, wire, answer("200 OK", [1])).data == [1]


@pytest.mark.parametrize(
    ("body", "wants_body", "kind"),
    [
        (b"", True, "nothing"),
        (b"[1]", True, "no JSON object"),
        (b"x", False, "no JSON object"),
        (b"<html>", False, "a web page"),
        (b"\xff", False, "no JSON object"),
        (b'{"a": "\\ud800"}', True, "no JSON object"),
    ],
)
@pytest.mark.parametrize(("method", "unknown"), [("GET", False), ("HEAD", False), ("PUT", True)])
def test_good_answer_with_the_wrong_body_is_refused(
    http: Http, wire: Any, body: bytes, wants_body: bool, kind: str, method: str, unknown: bool
) -> None:
    if method == "HEAD":
        body, wants_body, kind = b"", True, "nothing"
    with pytest.raises(
        UnexpectedResponse, match=rf"^Cannot try it: 127\.0\.0\.1:\d+ returned {kind} \(HTTP 200\)"
    ) as caught:
        ask(http, wire, answer("200 OK", body), method, wants_body=wants_body)
    assert caught.value.outcome_unknown is unknown
    assert caught.value.status == 200
    assert caught.value.hint == "Check endpoint_override, auth_url and proxies."


@pytest.mark.parametrize(
    ("location", "there"),
    [
        ("https://robot:fake@other.example:1/x", "other.example:1"),
        ("/login", "another path"),
        ("http://[::1", "another path"),
        ("https://fake-secret.example/", "********.example"),
    ],
)
def test_redirect_is_reported_and_not_followed(http: Http, wire: Any, location: str, there: str) -> None:
    with pytest.raises(UnexpectedResponse) as caught:
        ask(http, wire, answer("302 Found", b"", f"Location: {location}"))
    assert f" redirects to {there} (HTTP 302)" in str(caught.value)
    assert "fake@" not in str(caught.value)
    assert caught.value.status == 302
    assert len(wire.requests) == 1


def test_refusal_carries_code_text_and_request_id(http: Http, wire: Any) -> None:
    body = {"errorCode": "DIS.4338", "message": "no table fake-secret."}
    with pytest.raises(ApiError) as caught:
        ask(http, wire, answer("400 Bad", body, "X-Request-Id: r1", "Retry-After: 7"))
    err = caught.value
    assert (err.status, err.code, err.request_id, err.retry_after, err.is_page) == (400, "DIS.4338", "r1", 7.0, False)
    assert str(err) == "Cannot try it: no table ******** (HTTP 400, DIS.4338, request ID r1)."


@pytest.mark.parametrize(
    ("body", "lines", "text", "request_id", "page"),
    [
        (b"", [], "no reason given", None, False),
        (b"broken", ["X-IAM-Trace-Id: t1"], "broken", "t1", False),
        (b"<html>no</html>", [], "the response is a web page", None, True),
        (b'{"message": "<b>"}', [], "<b>", None, False),
        (b'{"message": "m", "request_id": "r2"}', ["X-Request-Id: r1"], "m", "r2", False),
        (b'{"message": "m", "request_id": 7}', ["X-Request-Id: r1"], "m", None, False),
        (b'{"message": "m"}', [f"X-Request-Id: {'r' * 99}"], "m", "r" * 64, False),
    ],
)
def test_refusal_in_other_forms(
    http: Http, wire: Any, body: bytes, lines: list[str], text: str, request_id: str | None, page: bool
) -> None:
    with pytest.raises(ApiError) as caught:
        ask(http, wire, answer("400 Bad", body, *lines))
    assert (caught.value.text, caught.value.request_id, caught.value.is_page) == (text, request_id, page)


def test_answer_that_ends_too_early_is_lost(http: Http, wire: Any) -> None:
    for content in (
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
        b"",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{}",
    ):
        with pytest.raises(ResponseLost, match="closed the connection before the response was complete"):
            ask(http, wire, content)
    reported = ask(http, wire, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD")
    assert reported.data is None


def test_answer_that_is_too_large_is_refused(http: Http, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _http.MAX_RESPONSE_SIZE == 16 * 2**20
    monkeypatch.setattr(_http, "MAX_RESPONSE_SIZE", 1000)
    body = b'"' + b"x" * 998 + b'"'
    assert ask(http, wire, answer("200 OK", body)).data == "x" * 998
    for status, unknown in (("200 OK", True), ("400 Bad", False)):
        with pytest.raises(UnexpectedResponse, match="larger than") as caught:
            ask(http, wire, answer(status, body + b" "))
        assert caught.value.outcome_unknown is unknown
        assert caught.value.status == int(status[:3])


def test_answer_that_comes_too_slowly_is_lost(http: Http, wire: Any, clock: Clock) -> None:
    http.timeout = 1.0
    ticks = iter([0.0, 0.0, 5.0, 5.0, 5.0])
    http.retry_budget.clock = lambda: next(ticks)
    with pytest.raises(ResponseLost, match="did not respond within 1 seconds") as caught:
        ask(http, wire, answer("200 OK", {}))
    assert caught.value.hint == _http.SLOW


def test_silent_server_is_given_up(http: Http) -> None:
    http.timeout = 0.2
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(ResponseLost, match=r"within 0\.2 seconds"):
        http.send("try it", "GET", f"http://127.0.0.1:{listener.getsockname()[1]}/", NoAuth(), policy=ONCE)


def test_refused_connection_is_reported_and_retryable(http: Http) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable, match="does not accept connections") as caught:
        http.send("try it", "GET", f"http://127.0.0.1:{port}/", NoAuth(), policy=ONCE)
    assert caught.value.transient
    assert caught.value.hint == _http.NO_ROUTE


@pytest.mark.parametrize(
    ("err", "kind", "says", "transient"),
    [
        (requests.exceptions.SSLError("fake"), Unreachable, "(TLS failed)", False),
        (requests.exceptions.SSLError("certificate verify failed: expired (x)"), Unreachable, "(expired)", False),
        (
            requests.exceptions.SSLError("hostname 'a' doesn't match 'b'"),
            Unreachable,
            "(hostname 'a' doesn't match)",
            False,
        ),
        (requests.exceptions.ProxyError("x"), Unreachable, "the proxy rejects connections to host", False),
        (requests.exceptions.ConnectTimeout("x"), Unreachable, "does not accept connections (timed out)", True),
        (requests.exceptions.ReadTimeout("x"), ResponseLost, "did not respond within 30 seconds", None),
        (
            requests.exceptions.ConnectionError(socket.gaierror("x")),
            Unreachable,
            "the host name host cannot be resolved",
            False,
        ),
        (
            requests.exceptions.ConnectionError(ConnectionRefusedError()),
            Unreachable,
            "does not accept connections.",
            True,
        ),
        (requests.exceptions.ConnectionError("x"), ResponseLost, "closed the connection", None),
        (requests.exceptions.ChunkedEncodingError("x"), ResponseLost, "closed the connection", None),
        (requests.exceptions.InvalidURL("x"), InvalidOptions, "host is not a valid host name", None),
        (requests.exceptions.InvalidHeader("x"), UnexpectedResponse, "could not be made (InvalidHeader)", None),
    ],
)
def test_failures_below_http_in_words(http: Http, err: Any, kind: Any, says: str, transient: bool | None) -> None:
    reported = http.translate_exception(err, "try it", "host")
    assert reported.__class__ is kind
    assert str(reported).startswith("Cannot try it: ")
    assert says in str(reported)
    assert getattr(reported, "transient", None) is transient
    if "certificate" in str(err):
        assert reported.hint.startswith("Specify the CA bundle")
    elif isinstance(err, requests.exceptions.SSLError) and "hostname" not in str(err):
        assert reported.hint == _http.TLS


def test_body_that_no_request_can_carry_is_refused(http: Http, wire: Any) -> None:
    for body in ({"a": float("nan")}, {"a": "\ud800"}):
        with pytest.raises(InvalidOptions, match="a value cannot be encoded as JSON"):
            ask(http, wire, b"", "PUT", body=body)
    assert wire.requests == []


def test_missing_file_of_the_connection_is_named(wire: Any, clock: Clock) -> None:
    http = Http("/nowhere/ca.pem", None, 5.0, Secrets(), RetryBudget(0.0))
    with pytest.raises(InvalidOptions) as caught:
        http.send("try it", "GET", wire.url.replace("http:", "https:"), NoAuth())
    assert "a file of the connection settings cannot be used" in str(caught.value)


# --- repeats ---


def busy(code: str | None = None) -> bytes:
    return answer("503 Down", {"errorCode": code, "message": "later"})


def test_read_is_retried_until_the_retry_budget_is_exhausted(http: Http, wire: Any, clock: Clock) -> None:
    with pytest.raises(ApiError):
        ask(http, wire, busy(), policy=None)
    assert len(wire.requests) == READ.attempts == 7
    assert clock.pauses == [0.25, 0.5, 1, 2, 4, 8]
    assert http.retry_budget.lost == sum(clock.pauses)


def test_write_is_not_repeated_unless_it_was_turned_away(http: Http, wire: Any, clock: Clock) -> None:
    with pytest.raises(ApiError):
        ask(http, wire, busy(), "PUT", policy=None)
    assert len(wire.requests) == 1
    with pytest.raises(ApiError):
        ask(http, wire, answer("429 Slow", {}, "Retry-After: 5"), "POST", policy=None)
    assert len(wire.requests) == WRITE.attempts
    assert clock.pauses == [5.0] * 6


def test_time_that_attempts_take_counts(http: Http, wire: Any) -> None:
    ticks = iter(range(0, 1000, 2))
    http.retry_budget.clock = lambda: float(next(ticks))
    http.timeout = 1000.0
    with pytest.raises(ApiError):
        ask(http, wire, busy(), policy=None)
    assert 1 < len(wire.requests) < READ.attempts
    assert 20 < http.retry_budget.lost <= 40


def test_new_token_is_tried_without_being_counted(http: Http, wire: Any, clock: Clock) -> None:
    auth = Auth(2)
    with pytest.raises(ApiError) as caught:
        ask(http, wire, answer("401 No", {}), auth=auth)
    assert len(wire.requests) == 3
    assert clock.pauses == []
    assert auth.translate_exception == [caught.value]


def test_retry_budget_records_responses_without_retry(http: Http, wire: Any) -> None:
    heard: list[int] = []
    http.retry_budget.record_success = lambda: heard.append(1)  # type: ignore[method-assign]
    ask(http, wire, answer("200 OK", {}))
    assert len(heard) == 1
    for content, more in ((answer("400 Bad", {}), 1), (busy(), 0), (b"", 0)):
        heard.clear()
        with pytest.raises(DisError):
            ask(http, wire, content, "PUT", policy=None)
        assert len(heard) == more


# --- what is left of the manners ---


class Bearer(NoAuth):
    """Brings a token."""

    def __call__(self, request: Any) -> Any:
        request.headers["X-Auth-Token"] = "fake-token"
        return request


def test_request_contains_the_token(http: Http, wire: Any) -> None:
    ask(http, wire, answer("200 OK", {}), auth=Bearer())
    assert b"\r\nX-Auth-Token: fake-token\r\n" in wire.requests[0]


def test_missing_client_certificate_is_named(wire: Any) -> None:
    http = Http(False, "/nowhere/client.pem", 5.0, Secrets(), RetryBudget(0.0))
    with pytest.raises(InvalidOptions, match="a file of the connection settings cannot be used") as caught:
        http.send("try it", "GET", wire.url.replace("http:", "https:"), NoAuth())
    assert "Check ca_cert" in caught.value.hint


@pytest.mark.parametrize("status", [300, 399])
def test_every_status_between_is_a_redirect(http: Http, wire: Any, status: int) -> None:
    with pytest.raises(UnexpectedResponse, match=rf"redirects to another path \(HTTP {status}\)"):
        ask(http, wire, answer(f"{status} There"))


def test_moment_to_come_again_is_reckoned_by_the_clock_of_the_service(http: Http, wire: Any) -> None:
    lines = ("Date: Mon, 23 Nov 2026 12:00:00 GMT", "Retry-After: Mon, 23 Nov 2026 12:00:30 GMT")
    with pytest.raises(ApiError) as caught:
        ask(http, wire, answer("429 Slow", {}, *lines))
    assert caught.value.retry_after == 30.0


def test_body_that_stops_is_given_up(http: Http) -> None:
    http.timeout = 0.3
    with socket.create_server(("127.0.0.1", 0)) as listener:
        started: list[socket.socket] = []

        def half() -> None:
            connection, _one = listener.accept()
            started.append(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")

        thread = threading.Thread(target=half)
        thread.start()
        with pytest.raises(ResponseLost, match=r"did not respond within 0\.3 seconds"):
            http.send("try it", "GET", f"http://127.0.0.1:{listener.getsockname()[1]}/", NoAuth(), policy=ONCE)
        thread.join()
        started[0].close()


def test_pauses_are_drawn_from_nothing_on() -> None:
    drawn: list[tuple[float, float]] = []
    retry_budget = RetryBudget(9.0, jitter=lambda low, high: drawn.append((low, high)) or 0.0)
    assert retry_budget.pause(3, None) == 0.0
    assert drawn == [(0, 1.0)]


def test_connection_that_could_not_be_made_is_no_lost_answer(http: Http) -> None:
    cause = urllib3.exceptions.NewConnectionError(None, "x")  # type: ignore[arg-type]
    err = http.translate_exception(requests.exceptions.ConnectionError(cause), "try it", "host")
    assert isinstance(err, Unreachable)


def test_documents_have_an_end() -> None:
    assert not exceeds_limits({"a": [{}] * 3}, 4)
    assert exceeds_limits({"a": [{}] * 4}, 4)
    assert not exceeds_limits("text", 0)
    endless: list[Any] = []
    endless.append(endless)
    assert exceeds_limits(endless)
    assert not exceeds_limits([["x"] * 100000], 1)


@pytest.mark.parametrize(
    ("url", "verify", "trusts"), [("https://x", True, True), ("HTTPS://x", False, False), ("http://x", True, False)]
)
def test_authorities_are_loaded_once_into_one_context(url: str, verify: bool, trusts: bool) -> None:
    adapter = Adapter(3, verify)
    conn = urllib3.HTTPSConnectionPool("127.0.0.1")
    adapter.cert_verify(conn, url, verify, None)
    assert adapter.trusts is trusts
    assert bool(adapter.context.cert_store_stats()["x509_ca"]) is trusts
    assert conn.ca_certs is None
    assert adapter.poolmanager.connection_pool_kw["maxsize"] == 3
    assert adapter.poolmanager.connection_pool_kw["block"] is True


# --- one session for a run ---


def test_cookies_are_not_kept(http: Http, wire: Any) -> None:
    ask(http, wire, answer("200 OK", {}, "Set-Cookie: a=b; Path=/"))
    ask(http, wire, answer("200 OK", {}))
    assert b"cookie" not in wire.requests[0].lower()


@pytest.mark.parametrize("proxy", ["http_proxy", "https_proxy", "all_proxy"])
def test_localhost_is_reached_without_a_proxy(
    http: Http, wire: Any, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv(proxy, "http://127.0.0.1:9")
    assert ask(http, wire, answer("200 OK", {})).data == {}
    secure = {**http.request_settings("https://127.0.0.1:9/v2")["proxies"]}
    assert not secure.get("https")
    assert not secure.get("all")


def test_proxy_of_a_host_is_determined_once(http: Http, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = wire.url.partition("/v2")[0]
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    wire.content = answer("200 OK", {})
    wire.requests.clear()
    url = "http://dis.example.com/v2/p/streams"
    assert http.send("try it", "GET", url, NoAuth()).data == {}
    assert wire.requests[0].startswith(b"GET http://dis.example.com/v2/p/streams HTTP/1.1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert http.send("try it", "GET", url, NoAuth()).data == {}


@pytest.mark.parametrize(("verify", "warned"), [(True, True), (False, False)])
def test_a_choice_against_certificates_is_not_warned_of_twice(verify: bool, warned: bool, clock: Clock) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        http = Http(verify, None, 1.0, Secrets(), RetryBudget(1.0, clock.sleep, clock))
        warnings.warn("fake", urllib3.exceptions.InsecureRequestWarning, stacklevel=1)
    assert any(one.category is urllib3.exceptions.InsecureRequestWarning for one in caught) is warned
    for scheme in ("https", "http"):
        adapter = http.session.get_adapter(f"{scheme}://dis.example.com")
        assert isinstance(adapter, Adapter)
        assert (adapter.verify, adapter.context.verify_mode) == (verify, ssl.CERT_REQUIRED if verify else ssl.CERT_NONE)
        pool = adapter.poolmanager.connection_from_url(f"{scheme}://dis.example.com")
        assert (pool.pool.maxsize, pool.block) == (1, True)
        manager = adapter.proxy_manager_for("http://127.0.0.1:9")
        assert manager.connection_pool_kw["ssl_context"] is adapter.context
        assert adapter.poolmanager.connection_pool_kw["ssl_context"] is adapter.context


def test_looking_for_a_body_alone_is_repeated_like_reading(http: Http, wire: Any, clock: Clock) -> None:
    with pytest.raises(ApiError):
        ask(http, wire, answer("502 Bad Gateway"), "HEAD", policy=None)
    assert len(clock.pauses) == READ.attempts - 1


def test_every_attempt_is_admitted_and_a_failure_of_the_service_is_no_good_sign(http: Http, wire: Any) -> None:
    reported: list[str] = []
    http.retry_budget.wait_for_slot = lambda: reported.append("admit")  # type: ignore[method-assign]
    http.retry_budget.record_success = lambda: reported.append("heard")  # type: ignore[method-assign]
    for status in ("500 Error", "499 Refused"):
        with pytest.raises(ApiError):
            ask(http, wire, answer(status), "PUT", body={})
    assert reported == ["admit", "admit", "heard"]


def test_refusal_that_is_no_text_is_shown_as_far_as_it_is_one(http: Http, wire: Any) -> None:
    with pytest.raises(ApiError, match="no\ufffdthing"):
        ask(http, wire, answer("400 Bad", b"no\xffthing"))


def test_redirect_without_a_location_is_reported(http: Http, wire: Any) -> None:
    with pytest.raises(UnexpectedResponse, match="redirects to another path"):
        ask(http, wire, answer("302 Found"))
    assert _http.host_of("http://[") == ""
