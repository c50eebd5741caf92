# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates are checked, names included, with every supported release of urllib3; nothing is sent before that."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from ansible_collections.otc.dis.plugins.module_utils._cloud.login import NoAuth
from ansible_collections.otc.dis.plugins.module_utils._cloud.transport import Http
from ansible_collections.otc.dis.plugins.module_utils._core.errors import Unreachable
from ansible_collections.otc.dis.plugins.module_utils._core.retry import RetryBudget, RetryPolicy
from ansible_collections.otc.dis.plugins.module_utils._core.secrets import Secrets

ONCE = RetryPolicy(lost=False, failed=False, attempts=1)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
HOSTS = ("localhost", "127.0.0.1")


class Server:
    """A TLS server, optionally behind a proxy; it logs each request that it could decrypt."""

    def __init__(self, certificate: trustme.LeafCert) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(self.context)
        self.requests: list[bytes] = []
        self.tunnels: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _one = self.listener.accept()
                with connection, contextlib.suppress(OSError):
                    self.answer(connection)

    def answer(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        if connection.recv(7, socket.MSG_PEEK | socket.MSG_WAITALL) == b"CONNECT":
            self.tunnels.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with self.context.wrap_socket(connection, server_side=True) as secure:
            with secure.makefile("rb") as reported:
                head = list(iter(reported.readline, b"\r\n"))
                length = next(int(line.split(b":")[1]) for line in head if line.lower().startswith(b"content-length"))
                self.requests.append(reported.read(length))
            secure.sendall(ANSWER)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("tls") / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def right(authority: trustme.CA) -> Iterator[Server]:
    made = Server(authority.issue_cert(*HOSTS, "dis.example.com"))
    yield made
    made.listener.close()


@pytest.fixture
def wrong(authority: trustme.CA) -> Iterator[Server]:
    made = Server(authority.issue_cert("other.example.com", "127.0.0.2", "*.localhost", common_name="localhost"))
    yield made
    made.listener.close()


def send(verify: bool | str, url: str) -> Any:
    http = Http(verify, None, 10.0, Secrets(), RetryBudget(0.0))
    return http.send("log in", "POST", url, NoAuth(), {"password": "fake-password"}, policy=ONCE)


def through_proxy(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{server.port}")
    return "https://dis.example.com/"


@pytest.mark.parametrize("host", HOSTS)
def test_certificate_for_the_host_is_accepted(host: str, right: Server, bundle: str) -> None:
    assert send(bundle, f"https://{host}:{right.port}/").data == {}
    assert right.requests == [b'{"password": "fake-password"}']


@pytest.mark.parametrize("host", HOSTS)
def test_certificate_for_another_host_is_refused_before_anything_is_sent(host: str, wrong: Server, bundle: str) -> None:
    with pytest.raises(
        Unreachable, match=rf"no secure connection to {host}:\d+ \(.*(mismatch|doesn't match)"
    ) as caught:
        send(bundle, f"https://{host}:{wrong.port}/")
    assert not caught.value.transient
    assert "correct the URL" in caught.value.hint
    assert wrong.requests == []


def test_certificate_is_checked_behind_a_proxy(
    right: Server, wrong: Server, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert send(bundle, through_proxy(right, monkeypatch)).data == {}
    with pytest.raises(Unreachable, match=r"no secure connection to dis.example.com \(.*(mismatch|doesn't match)"):
        send(bundle, through_proxy(wrong, monkeypatch))
    assert (len(right.tunnels), len(wrong.tunnels)) == (1, 1)
    assert wrong.requests == []


@pytest.mark.parametrize("host", HOSTS)
def test_certificate_of_an_unknown_authority_is_refused(host: str, right: Server) -> None:
    with pytest.raises(Unreachable, match=r"no secure connection to .*certificate"):
        send(True, f"https://{host}:{right.port}/")
    assert right.requests == []


@pytest.mark.parametrize("host", HOSTS)
def test_no_certificate_is_refused_if_the_user_wants_no_check(host: str, wrong: Server) -> None:
    assert send(False, f"https://{host}:{wrong.port}/").data == {}
