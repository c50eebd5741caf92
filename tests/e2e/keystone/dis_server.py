# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Just enough of DIS to see with which token a module comes: only Keystone can make a token that is let in here.

Each token is shown to Keystone before anything else happens, and the project in the path must be the token's own.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keystone_server import Keystone

PATH = re.compile(r"/v2/(?P<project>\w+)/streams/(?P<stream>[\w-]+)/transfer-tasks(?:/(?P<task>[\w-]+))?")


@dataclasses.dataclass(frozen=True)
class Call:
    """One request: who sent it according to Keystone, and how it was answered."""

    method: str
    path: str
    user: str
    status: int


class Refusal(Exception):
    """The answer is no."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status, self.body = status, body
        super().__init__(status)


def dis_error(status: int, code: str, text: str) -> Refusal:
    """The error shape of DIS."""
    return Refusal(status, {"errorCode": code, "message": text})


def gateway_error(status: int, code: str, text: str) -> Refusal:
    """The error shape of the gateway in front of DIS."""
    return Refusal(status, {"error_code": code, "error_msg": text, "request_id": "5c1e0d0a"})


@dataclasses.dataclass
class Dis:
    """A running server and what a test may look at or switch.

    :ivar is_deleting: ordinals of the requests whose token is revoked on arrival
    :ivar gateway: let the gateway refuse tokens (401), not DIS itself (441)
    """

    url: str = ""
    keystone: Keystone | None = dataclasses.field(default=None, repr=False)
    calls: list[Call] = dataclasses.field(default_factory=list)
    tasks: dict[tuple[str, str, str], dict[str, Any]] = dataclasses.field(default_factory=dict)
    is_deleting: range | tuple[int, ...] = ()
    gateway: bool = False
    arrivals: int = 0
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock, repr=False)

    def reset(self) -> None:
        """As on the first day."""
        with self.lock:
            self.calls, self.tasks, self.is_deleting, self.gateway, self.arrivals = [], {}, (), False, 0

    def visitor(self, token: str | None) -> dict[str, Any]:
        """The response of Keystone for this token."""
        assert self.keystone is not None
        self.arrivals += 1
        if not token:
            raise dis_error(441, "DIS.4113", "X-Auth-Token is empty.")
        if self.arrivals in self.is_deleting:
            self.keystone.revoke(token)
        facts = self.keystone.facts_about(token)
        if facts is None:
            # The service quotes the token, as a gateway quotes an access key: the module must not pass it on.
            if self.gateway:
                raise gateway_error(401, "APIG.0301", f"Incorrect IAM information: token {token} expired")
            raise dis_error(441, "DIS.4114", f"The token {token} is invalid or expired.")
        return facts

    def answer(self, method: str, path: str, facts: dict[str, Any], body: bytes) -> tuple[int, Any]:
        """Status and JSON for a client that Keystone authenticated."""
        match = PATH.fullmatch(path)
        if match is None:
            raise gateway_error(404, "APIG.0101", "The API does not exist or has not been published.")
        if match["project"] != facts.get("project", {}).get("id"):
            raise dis_error(400, "DIS.4117", "The project id is not that of the token.")
        project, stream, name = match["project"], match["stream"], match["task"]
        if method == "POST" and name is None:
            desired = json.loads(body)
            descriptor = dict(desired["dli_destination_descriptor"])
            name = descriptor.pop("task_name")
            if (project, stream, name) in self.tasks:
                raise dis_error(400, "DIS.4355", f"The transfer task {name} exists.")
            self.tasks[project, stream, name] = {
                "stream_name": stream,
                "task_name": name,
                "task_id": "q7Vn0ZcL3tXy9HbK2sE",
                "destination_type": desired["destination_type"],
                "state": "RUNNING",
                "create_time": 1712000000000,
                "dli_destination_description": descriptor,
                "partitions": [],
            }
            return 201, None
        if method not in ("GET", "DELETE") or name is None:
            raise gateway_error(404, "APIG.0101", "The API does not exist or has not been published.")
        if (project, stream, name) not in self.tasks:
            raise dis_error(400, "DIS.4354", f"The transfer task {name} does not exist.")
        if method == "DELETE":
            del self.tasks[project, stream, name]
            return 204, None
        return 200, self.tasks[project, stream, name]


@contextlib.contextmanager
def running_dis() -> Iterator[Dis]:
    """A server on a free port of the loopback interface."""
    dis = Dis()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with dis.lock:
                facts: dict[str, Any] = {}
                try:
                    facts = dis.visitor(self.headers.get("X-Auth-Token"))
                    status, data = dis.answer(self.command, self.path, facts, body)
                except Refusal as no:
                    status, data = no.status, no.body
                user = facts.get("user", {}).get("name", "")
                dis.calls.append(Call(self.command, self.path, user, status))
            content = b"" if data is None else json.dumps(data).encode()
            self.send_response(status, {441: "Authentication Failed"}.get(status))
            if content:
                self.send_header("Content-Type", "application/json")
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - names that http.server looks for

        def log_message(self, format: str, *args: Any) -> None:
            """Write nothing to the console."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    dis.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield dis
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
