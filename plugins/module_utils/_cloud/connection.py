# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections of urllib3 of which each step ends with the deadline of the request. Private to otc.dis."""

from __future__ import annotations

import http.client
import io
import socket
import threading
from typing import Any, List, Optional

from .._core.deadline import innermost, seconds_left

try:
    from urllib3.exceptions import ConnectTimeoutError, LocationParseError, NewConnectionError
    from urllib3.util.connection import allowed_gai_family
except ImportError:
    pass  # the HTTP session reports that requests is missing

CONNECT_TIMEOUT = 10.0
"""Seconds for a connection to one address of a host."""

SEND_SIZE = 16384
"""Bytes that are sent at a time: as many as TLS puts into one record."""


def set_timeout(sock: Any, most: Optional[float] = None) -> None:
    """Let the next step of a socket end with the earliest deadline.

    :param most: seconds, if it should end sooner
    :raises TimeoutError: the deadline has passed
    """
    limits = [one for one in (seconds_left(), most) if one is not None]
    if limits and min(limits) <= 0:
        raise socket.timeout("the deadline has passed")
    if limits:
        sock.settimeout(min(limits))


class DeadlineReader(io.RawIOBase):
    """Reads from a socket; each read gets no more than the time that is left."""

    def __init__(self, raw: Any, sock: Any) -> None:
        super().__init__()
        self.raw, self.sock = raw, sock

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> Optional[int]:
        """Read what there is.

        :raises TimeoutError: the deadline has passed
        """
        set_timeout(self.sock)
        count: Optional[int] = self.raw.readinto(buffer)
        return count

    def close(self) -> None:
        """Close."""
        self.raw.close()
        super().close()


class DeadlineResponse(http.client.HTTPResponse):
    """A response of which every part arrives in time: status lines, headers, chunks and trailers."""

    def __init__(self, sock: Any, *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self.fp: Any = io.BufferedReader(DeadlineReader(self.fp.detach(), sock))


class DeadlineConnection:
    """Mixin for connections of urllib3, of which 1.26 and 2 call the same methods: each step ends with the deadline."""

    response_class = DeadlineResponse
    sock: Any
    port: Any
    auto_open: Any
    socket_options: Any
    opening = False

    def _new_conn(self) -> Any:
        host = self._dns_host.strip("[]")  # type: ignore[attr-defined]
        try:
            host.encode("idna")
        except UnicodeError:
            raise LocationParseError(f"'{host}', label empty or too long") from None
        problem: OSError = OSError("the name has no address")
        try:
            for family, kind, protocol, _name, address in addresses(host, self.port):
                sock = socket.socket(family, kind, protocol)
                try:
                    for option in self.socket_options or ():
                        sock.setsockopt(*option)
                    set_timeout(sock, CONNECT_TIMEOUT)
                    sock.connect(address)
                    set_timeout(sock)  # for the handshake of TLS, which reads and writes by itself
                    return sock
                except OSError as err:
                    sock.close()
                    problem = err
                except BaseException:
                    sock.close()
                    raise
        except OSError as err:
            problem = err
        if isinstance(problem, socket.timeout):
            raise ConnectTimeoutError(self, f"Connection to {host} timed out.") from problem
        raise NewConnectionError(self, f"Failed to establish a new connection: {problem}") from problem  # type: ignore[arg-type]

    def connect(self) -> None:
        self.opening = True
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self.opening = False

    def _tunnel(self) -> None:
        super()._tunnel()  # type: ignore[misc]
        set_timeout(self.sock)

    def send(self, data: Any) -> None:
        if self.sock is None and self.auto_open:
            self.connect()
        deadline = innermost()
        for start in range(0, len(data), SEND_SIZE):
            if self.sock is not None:
                set_timeout(self.sock)
            if deadline is not None and not self.opening:
                deadline.sent = True
            super().send(data[start : start + SEND_SIZE])  # type: ignore[misc]


def addresses(host: str, port: int) -> List[Any]:
    """The addresses of a host. The system may look for them for as long as it likes; it is waited for in time only.

    :raises OSError: there are none, or they do not come in time
    """
    found: List[Any] = []

    def look_up() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, allowed_gai_family(), socket.SOCK_STREAM))
        except Exception as err:  # noqa: BLE001
            found.append(err)

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(seconds_left())
    if not found:
        raise socket.timeout("no name server answers in time")
    if isinstance(found[0], Exception):
        raise found[0]
    return list(found[0])
