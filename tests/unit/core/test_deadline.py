# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One deadline for each attempt, with slow servers over plain HTTP, TLS and a proxy."""

from __future__ import annotations

import contextlib
import itertools
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import trustme

from ansible_collections.otc.dis.plugins.module_utils._cloud import transport as http_module
from ansible_collections.otc.dis.plugins.module_utils._cloud.login import NoAuth
from ansible_collections.otc.dis.plugins.module_utils._cloud.transport import Http
from ansible_collections.otc.dis.plugins.module_utils._core import deadline as _deadline
from ansible_collections.otc.dis.plugins.module_utils._core.errors import DisError, ResponseLost, Unreachable
from ansible_collections.otc.dis.plugins.module_utils._core.retry import RetryBudget, RetryPolicy
from ansible_collections.otc.dis.plugins.module_utils._core.secrets import Secrets

ONCE = RetryPolicy(lost=False, failed=False, attempts=1)
LIMIT, PAUSE = 0.4, 0.05
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
FOREVER = 200


def drip(start: bytes, part: bytes) -> Iterator[bytes]:
    return itertools.chain([start], itertools.repeat(part, FOREVER))


KINDS: dict[str, tuple[bytes, bytes]] = {
    "status line": (b"HTTP/1.1 200 ", b"O"),
    "first byte": (b"", b"H"),
    "headers": (HEAD, b"X-More: 1\r\n"),
    "one header": (HEAD + b"X-More: ", b"x"),
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": (HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
    "body without a length": (HEAD + b"Connection: close\r\n\r\n", b" "),
    "chunks": (CHUNKED, b"1\r\n \r\n"),
    "chunk size": (CHUNKED, b"0"),
    "chunk extension": (CHUNKED + b"2;", b"x"),
    "trailers": (CHUNKED + b"2\r\n{}\r\n0\r\n", b"X-More: 1\r\n"),
}


class Hostile:
    """A server that sends its content slowly.

    :ivar content: the parts that it sends after each request
    :ivar accepted: how many connections it took
    """

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.context, self.accepted = context, 0
        self.content: Iterable[bytes] = ()
        self.hurried = False
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _one = self.listener.accept()
                self.accepted += 1
                threading.Thread(target=self.serve, args=(connection, self.content), daemon=True).start()

    def serve(self, connection: socket.socket, content: Iterable[bytes]) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.callback(connection.close)
            if self.context is not None:
                connection = stack.enter_context(self.context.wrap_socket(connection, server_side=True))
            connection.recv(65536)
            for part in content:
                connection.sendall(part)
                if not self.hurried:
                    time.sleep(PAUSE)


@pytest.fixture(scope="module")
def authority() -> Any:
    return trustme.CA()


@pytest.fixture(scope="module", params=["http", "https"])
def hostile(request: pytest.FixtureRequest, authority: Any) -> Iterator[tuple[str, Hostile]]:
    context = None
    if request.param == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
    made = Hostile(context)
    yield request.param, made
    made.listener.close()


@pytest.fixture
def http(authority: Any, tmp_path: Any) -> Http:
    bundle = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(bundle))
    return Http(str(bundle), None, LIMIT, Secrets(), RetryBudget(0.0))


def failure(http: Http, url: str, method: str = "PUT", body: Any = None) -> tuple[DisError, float]:
    started = time.monotonic()
    with pytest.raises(DisError) as caught:
        http.send("try it", method, url, NoAuth(), body, policy=ONCE)
    return caught.value, time.monotonic() - started


@pytest.mark.parametrize("kind", KINDS)
def test_dripped_response_is_lost_at_the_deadline(http: Http, hostile: tuple[str, Hostile], kind: str) -> None:
    scheme, server = hostile
    server.content = drip(*KINDS[kind])
    err, seconds = failure(http, f"{scheme}://127.0.0.1:{server.port}/")
    assert isinstance(err, ResponseLost)
    assert err.outcome_unknown
    assert "did not respond within 0.4 seconds" in str(err)
    assert "api_timeout" in err.hint
    assert LIMIT <= seconds < LIMIT + 1.5


@pytest.mark.parametrize("kind", ["100 Continue", "trailers"])
def test_flood_without_end_is_lost_at_the_deadline(http: Http, hostile: tuple[str, Hostile], kind: str) -> None:
    scheme, server = hostile
    start, part = KINDS[kind]
    server.content, server.hurried = itertools.chain([start], itertools.repeat(part * 500)), True
    try:
        err, seconds = failure(http, f"{scheme}://127.0.0.1:{server.port}/")
    finally:
        server.hurried = False
    assert isinstance(err, ResponseLost)
    assert LIMIT <= seconds < LIMIT + 1.5


def test_response_that_drips_within_its_time_is_taken_on_a_connection_that_is_kept(
    http: Http, hostile: tuple[str, Hostile]
) -> None:
    scheme, server = hostile
    server.accepted = 0
    chunks = [HEAD, b"Content-Len", b"gth: 2\r\n\r\n{", b"}"]
    server.content = chunks
    assert http.send("try it", "GET", f"{scheme}://127.0.0.1:{server.port}/", NoAuth(), policy=ONCE).data == {}
    assert _deadline.seconds_left() is None


def test_request_that_the_server_does_not_read_is_aborted(http: Http, authority: Any) -> None:
    """A server that reads nothing: its buffers fill, and sending would take as long as it likes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        err, seconds = failure(http, url, body={"a": "x" * 8_000_000})
    assert isinstance(err, ResponseLost)
    assert "did not respond within" in str(err)
    assert seconds < LIMIT + 1.5


@pytest.mark.parametrize("drips", [True, False])
def test_handshake_of_tls_without_end_sends_nothing(http: Http, drips: bool) -> None:
    server = Hostile(None)
    try:
        server.content = drip(b"\x16\x03\x03\x40\x00", b"\x00") if drips else itertools.repeat(b"", FOREVER)
        err, seconds = failure(http, f"https://127.0.0.1:{server.port}/")
    finally:
        server.listener.close()
    assert isinstance(err, Unreachable)
    assert not err.outcome_unknown
    assert "does not accept connections (timed out)" in str(err)
    assert seconds < LIMIT + 1.5


@pytest.mark.parametrize("kind", ["first byte", "headers", "100 Continue"])
def test_tunnel_of_a_proxy_without_end_sends_nothing(http: Http, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Hostile(None)
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{server.port}")
    try:
        server.content = drip(*KINDS[kind])
        err, seconds = failure(http, "https://dis.example.com/")
    finally:
        server.listener.close()
    assert isinstance(err, Unreachable)
    assert seconds < LIMIT + 1.5


def test_name_resolution_without_response_is_aborted(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: release.wait(30))
    err, seconds = failure(http, "https://dis.example.com/")
    release.set()
    assert isinstance(err, Unreachable)
    assert "timed out" in str(err)
    assert seconds < LIMIT + 1.5


def test_next_address_is_tried_within_the_same_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Any] = []

    class Deaf:
        def __init__(self, *_args: Any) -> None:
            pass

        def setsockopt(self, *_args: Any) -> None:
            pass

        def settimeout(self, seconds: float) -> None:
            self.seconds = seconds

        def connect(self, address: Any) -> None:
            tried.append((address, self.seconds))
            time.sleep(self.seconds)
            raise TimeoutError

        def close(self) -> None:
            pass

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: [(2, 1, 6, "", one) for one in range(5)])
    monkeypatch.setattr(socket, "socket", Deaf)
    monkeypatch.setattr(http_module, "CONNECT_TIMEOUT", 0.15)
    err, seconds = failure(Http(False, None, LIMIT, Secrets(), RetryBudget(0.0)), "http://dis.example.com/")
    assert isinstance(err, Unreachable)
    assert [address for address, _seconds in tried] == [0, 1, 2]
    assert tried[-1][1] < 0.15
    assert seconds < LIMIT + 1.5


def test_outer_deadline_ends_repeats_and_is_named(http: Http, hostile: tuple[str, Hostile]) -> None:
    scheme, server = hostile
    server.content = drip(*KINDS["headers"])
    http.retry_budget = RetryBudget(30.0)
    started = time.monotonic()
    with _deadline.within(0.6) as outer, pytest.raises(DisError) as caught:
        http.send("try it", "GET", f"{scheme}://127.0.0.1:{server.port}/", NoAuth())
    assert outer.hit
    assert time.monotonic() - started < 2.1
    assert isinstance(caught.value, (ResponseLost, Unreachable))  # depends on how far the last attempt came


def test_earliest_deadline_applies_in_its_thread_only() -> None:
    with _deadline.within(5.0) as outer, _deadline.within(50.0) as inner:
        assert (_deadline.earliest(), _deadline.innermost()) == (outer, inner)
        assert not _deadline.would_exceed(1.0)
        assert not outer.hit
        assert _deadline.would_exceed(6.0)
        assert (outer.hit, inner.hit) == (True, False)
        elsewhere: list[Any] = []
        thread = threading.Thread(target=lambda: elsewhere.append(_deadline.earliest()))
        thread.start()
        thread.join()
        assert elsewhere == [None]
    assert (_deadline.earliest(), _deadline.would_exceed(1e9)) == (None, False)
