# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Through a gate that wants to see a client's certificate, and through a proxy, to hosts that have names."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import select
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import trustme

if TYPE_CHECKING:
    from conftest import Run

    from otc_emulator.runner import Emulator

NAMES = ("127.0.0.1", "iam.cloud.example", "dis.cloud.example")
PROXY_PASSWORD = "fake-proxy-password"


class Server(socketserver.ThreadingTCPServer):
    """A server on a free port of this machine that handles each connection in a thread."""

    daemon_threads = True
    allow_reuse_address = True


@contextlib.contextmanager
def serving(handle: Any) -> Iterator[int]:
    """Let a function handle the connections to a port; gives the port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                handle(self.request)

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def pump(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until one side ends."""
    other_way = {one: other, other: one}
    while True:
        waiting = [side for side in other_way if isinstance(side, ssl.SSLSocket) and side.pending()]
        for side in waiting or select.select([one, other], [], [], 30)[0] or [None]:
            data = side.recv(65536) if side is not None else b""
            if not data:
                return
            other_way[side].sendall(data)


@dataclasses.dataclass(frozen=True)
class Gate:
    """TLS in front of the emulator, for those with a certificate.

    :ivar ca: file with the authority of the gate
    :ivar cert: certificate of a client that is let in, :ivar key: its key, :ivar both: the two in one file
    :ivar stranger: certificate and key of a client that is not
    """

    url: str
    port: int
    ca: str
    cert: str
    key: str
    both: str
    stranger: str


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, dict[str, str]]:
    """A context that wants to see a client's certificate, and the files of all who are involved."""
    folder = tmp_path_factory.mktemp("papers")
    server_ca, client_ca, other_ca = trustme.CA(), trustme.CA(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_ca.issue_cert(*NAMES).configure_cert(context)
    client_ca.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    client, stranger = client_ca.issue_cert("client.example"), other_ca.issue_cert("client.example")
    blobs = {
        "ca": server_ca.cert_pem.bytes(),
        "cert": b"".join(one.bytes() for one in client.cert_chain_pems),
        "key": client.private_key_pem.bytes(),
        "both": client.private_key_and_cert_chain_pem.bytes(),
        "stranger": stranger.private_key_and_cert_chain_pem.bytes(),
    }
    for name, blob in blobs.items():
        (folder / f"{name}.pem").write_bytes(blob)
    return context, {name: str(folder / f"{name}.pem") for name in blobs}


@pytest.fixture
def gate(emulator: Emulator, papers: tuple[ssl.SSLContext, dict[str, str]]) -> Iterator[Gate]:
    """A gate that is open for this test."""
    context, files = papers
    behind = ("127.0.0.1", urlsplit(emulator.url).port or 80)

    def handle(raw: socket.socket) -> None:
        with context.wrap_socket(raw, server_side=True) as outer, socket.create_connection(behind, 5) as inner:
            pump(outer, inner)

    with serving(handle) as port:
        yield Gate(f"https://127.0.0.1:{port}", port, **files)


@dataclasses.dataclass
class Proxy:
    """Requests to a proxy.

    :ivar asked: host and port of each connection
    :ivar login: credentials of the last connection
    """

    port: int
    asked: list[str]
    login: list[str]
    refuse: bool = False


@pytest.fixture
def proxy(gate: Gate) -> Iterator[Proxy]:
    """A proxy that connects every host name to the gate."""
    observed = Proxy(0, [], [])

    def handle(client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        lines = head.decode("latin-1").split("\r\n")
        observed.asked.append(lines[0].split(" ")[1])
        observed.login += [line.partition(": ")[2] for line in lines if line.lower().startswith("proxy-authorization:")]
        if observed.refuse:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", gate.port), 5) as inner:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            pump(client, inner)

    with serving(handle) as port:
        observed.port = port
        yield observed


def through(gate: Gate, auth: dict[str, str], **options: Any) -> dict[str, Any]:
    """Options that lead through the gate."""
    reported = {"auth": {**auth, "auth_url": f"{gate.url}/v3"}, "endpoint_override": gate.url, "ca_cert": gate.ca}
    return {**reported, "state": "absent", **options}


# --- client certificates ---


@pytest.mark.quick
def test_client_certificate_opens_the_gate(run: Run, gate: Gate, auth: dict[str, str]) -> None:
    for pair in ({"client_cert": gate.cert, "client_key": gate.key}, {"cert": gate.both}):
        result = run.process(**through(gate, auth, **pair)).ok()
        assert (result.iam, result.dis) == (["login"], ["show"])


def test_client_certificate_of_the_environment_and_of_a_clouds_file(run: Run, gate: Gate, auth: dict[str, str]) -> None:
    env = {"OS_CERT": gate.cert, "OS_KEY": gate.key, "OS_CACERT": gate.ca}
    assert run(env=env, **through(gate, auth, ca_cert=None)).ok().iam == ["login"]
    cloud = {**through(gate, auth), "cert": gate.cert, "key": gate.key, "cacert": gate.ca}
    del cloud["state"], cloud["ca_cert"]
    assert run(auth=None, cloud=cloud, state="absent").ok().iam == ["login"]


def test_client_certificate_is_sent_with_keys(run: Run, emulator: Emulator, gate: Gate) -> None:
    login = emulator.login
    keys = {"access_key": login["access_key"], "secret_key": login["secret_key"], "project_name": "eu-de"}
    result = run.process(**through(gate, keys, client_cert=gate.both)).ok()
    assert (result.iam, result.dis) == (["list_projects"], ["show"])


@pytest.mark.parametrize("which", ["none", "stranger"])
def test_gate_stays_closed_without_the_right_certificate(
    run: Run, gate: Gate, auth: dict[str, str], which: str
) -> None:
    pair = {"client_cert": gate.stranger} if which == "stranger" else {}
    result = run(**through(gate, auth, **pair)).bad()
    assert result.log == []
    assert "127.0.0.1" in result.msg
    assert "client_cert" in result.error["hint"]


def test_key_that_does_not_fit_the_certificate_is_named(
    run: Run, gate: Gate, auth: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "other.pem").write_bytes(trustme.CA().issue_cert("x.example").private_key_pem.bytes())
    result = run(**through(gate, auth, client_cert=gate.cert, client_key=str(tmp_path / "other.pem"))).bad()
    assert result.log == []
    assert "client_key" in result.error["hint"] or "client_cert" in result.error["hint"]


# --- proxies ---


def beyond(gate: Gate, auth: dict[str, str]) -> dict[str, Any]:
    """Options with host names that only the proxy resolves."""
    named = {"auth": {**auth, "auth_url": "https://iam.cloud.example/v3"}}
    there = {**named, "endpoint_override": "https://dis.cloud.example"}
    return {**through(gate, auth, client_cert=gate.both), **there}


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_proxy_of_the_environment_is_used(
    run: Run, gate: Gate, proxy: Proxy, auth: dict[str, str], variable: str
) -> None:
    env = {variable: f"http://127.0.0.1:{proxy.port}"}
    result = run.process(env=env, **beyond(gate, auth)).ok()
    assert (result.iam, result.dis) == (["login"], ["show"])
    assert proxy.asked == ["iam.cloud.example:443", "dis.cloud.example:443"]


@pytest.fixture
def tls_proxy(gate: Gate, proxy: Proxy, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The proxy behind TLS: its address, and a file with the authorities of proxy and gate."""
    authority, context, bundle = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), tmp_path / "both.pem"
    authority.issue_cert("127.0.0.1").configure_cert(context)
    bundle.write_bytes(Path(gate.ca).read_bytes() + authority.cert_pem.bytes())

    def handle(raw: socket.socket) -> None:
        with (
            context.wrap_socket(raw, server_side=True) as outer,
            socket.create_connection(("127.0.0.1", proxy.port), 5) as inner,
        ):
            pump(outer, inner)

    with serving(handle) as port:
        yield f"https://127.0.0.1:{port}", str(bundle)


def test_certificate_of_a_proxy_is_checked_by_the_same_authorities(
    run: Run, gate: Gate, proxy: Proxy, tls_proxy: tuple[str, str], auth: dict[str, str]
) -> None:
    address, bundle = tls_proxy
    run.process(env={"HTTPS_PROXY": address}, **{**beyond(gate, auth), "ca_cert": bundle}).ok()
    assert proxy.asked == ["iam.cloud.example:443", "dis.cloud.example:443"]
    refused = run.process(env={"HTTPS_PROXY": address}, **beyond(gate, auth)).bad()
    assert "no secure connection to" in refused.msg  # old libraries do not distinguish the proxy from the host
    assert "ca_cert" in refused.msg
    assert len(proxy.asked) == 2


def test_signature_fits_behind_a_proxy(run: Run, emulator: Emulator, gate: Gate, proxy: Proxy) -> None:
    """The signed host is the requested host, not the proxy."""
    login = emulator.login
    keys = {"access_key": login["access_key"], "secret_key": login["secret_key"], "project_id": emulator.project_id}
    env = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}
    assert run.process(env=env, region_name="eu-de", **beyond(gate, keys)).ok().dis == ["show"]
    assert proxy.asked == ["dis.cloud.example:443"]


def test_password_of_a_proxy_is_sent_and_not_shown(run: Run, gate: Gate, proxy: Proxy, auth: dict[str, str]) -> None:
    env = {"HTTPS_PROXY": f"http://robot:{PROXY_PASSWORD}@127.0.0.1:{proxy.port}"}
    assert PROXY_PASSWORD not in run.process(env=env, **beyond(gate, auth)).ok().everything
    assert base64.b64decode(proxy.login[0].split(" ")[1]).decode() == f"robot:{PROXY_PASSWORD}"
    proxy.refuse = True
    refused = run.process(env=env, **beyond(gate, auth)).bad()
    assert "proxy" in refused.msg.lower()
    assert PROXY_PASSWORD not in refused.everything


def test_no_proxy_is_honoured(run: Run, gate: Gate, proxy: Proxy, auth: dict[str, str]) -> None:
    env = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}", "NO_PROXY": "cloud.example"}
    result = run(env=env, **beyond(gate, auth)).bad()
    assert (proxy.asked, result.log) == ([], [])
    assert "iam.cloud.example" in result.msg


def test_localhost_is_never_requested_from_a_proxy(run: Run, gate: Gate, proxy: Proxy, auth: dict[str, str]) -> None:
    env = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"), f"http://127.0.0.1:{proxy.port}")
    run(env=env, **through(gate, auth, client_cert=gate.both)).ok()
    assert proxy.asked == []


def test_unreachable_proxy_is_reported(run: Run, gate: Gate, auth: dict[str, str], closed_port: int) -> None:
    result = run(env={"HTTPS_PROXY": f"http://127.0.0.1:{closed_port}"}, **beyond(gate, auth)).bad()
    assert "proxy" in result.msg.lower()
    assert "HTTPS_PROXY" in result.error["hint"] or "proxies" in result.error["hint"]
