# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of the property tests (no deadline on a busy machine), and a server with scripted responses."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def whole_request(connection: socket.socket) -> bytes:
    """A request with its body."""
    reported = b""
    while True:
        head, end, body = reported.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\nContent-Length: *([0-9]+)", head)
        if end and len(body) >= (int(length.group(1)) if length else 0):
            return reported
        part = connection.recv(65536)
        if not part:
            return reported
        reported += part


class Wire:
    """A server that reads a request, sends given bytes and hangs up.

    :ivar content: what it sends
    :ivar requests: what it has read
    """

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.content, self.requests = b"", []  # type: bytes, list[bytes]
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/v2/p/streams"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                connection, _one = self.listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                self.requests.append(whole_request(connection))
                connection.sendall(self.content)


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    made = Wire()
    yield made
    made.listener.close()
