# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the API of AWX, as far as the modules of awx.awx go that make things: it keeps what it is given."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PREFIX = "/api/v2/"
TOKEN = "not-a-real-controller-token"


class Awx:
    """What there is, by kind and name."""

    def __init__(self) -> None:
        self.url = ""
        self.things: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.surveys: dict[str, Any] = {}
        self.writes: list[str] = []
        self.make("organizations", {"name": "Default"})

    def named(self, kind: str, name: str) -> dict[str, Any]:
        """The only thing of that kind and name."""
        (found,) = [thing for thing in self.things[kind] if thing["name"] == name]
        return found

    def make(self, kind: str, fields: dict[str, Any]) -> dict[str, Any]:
        number = len(self.things[kind]) + 1
        url = f"{PREFIX}{kind}/{number}/"
        more = {"id": number, "type": kind, "url": url, "scm_revision": "", "summary_fields": {}}
        self.things[kind].append({**fields, **more, "related": {"survey_spec": f"{url}survey_spec/"}})
        return self.things[kind][-1]

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[HTTPStatus, Any]:
        """What the API says to a request."""
        kind, *more = path.removeprefix(PREFIX).strip("/").split("/")
        if method != "GET":
            self.writes.append(f"{method} {path}")
        if more[1:] == ["survey_spec"]:
            self.surveys[path] = body if method == "POST" else self.surveys.get(path, {})
            return HTTPStatus.OK, self.surveys[path]
        if more:
            thing = self.things[kind][int(more[0]) - 1]
            thing.update(body or {})
            return HTTPStatus.OK, thing
        if method == "POST":
            return HTTPStatus.CREATED, self.make(kind, body)
        found = [one for one in self.things[kind] if all(str(one.get(key)) == value for key, value in query.items())]
        return HTTPStatus.OK, {"count": len(found), "results": found}


@contextmanager
def running() -> Iterator[Awx]:
    """An AWX without anything but an organization, on the loopback interface, for the length of the block."""
    awx = Awx()

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            target = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            if self.headers.get("Authorization") == f"Bearer {TOKEN}":
                status, answer = awx.answer(self.command, target.path, dict(parse_qsl(target.query)), body)
            else:
                status, answer = HTTPStatus.UNAUTHORIZED, {"detail": "not logged in"}
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = handle_one  # noqa: N815 (the names are those of the server class)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    awx.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield awx
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
