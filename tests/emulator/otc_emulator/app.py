# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP server: each request passes log, latency, faults, the service and delivery."""

from __future__ import annotations

import asyncio
import secrets
import ssl
import sys
import time
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from otc_emulator.control import Control
from otc_emulator.http_types import Call, Refusal, Response
from otc_emulator.request_log import Entry, kept_headers
from otc_emulator.response_variants import error_answer
from otc_emulator.server import Core
from otc_emulator.transport import deliver

_LINE_LIMIT = 64 * 1024
_HEADER_LIMIT = 128 * 1024
_BODY_LIMIT = 12 * 1024 * 1024
_NO_QUERY: Mapping[str, str] = {}


class _Server(web.Server):
    """Detect that the connection of a client's request was closed."""

    def __init__(self, app: App, **options: Any) -> None:
        super().__init__(app.handle, **options)
        self._app = app

    def connection_lost(self, handler: Any, exc: BaseException | None = None) -> None:
        """Called by the protocol of each connection."""
        super().connection_lost(handler, exc)
        self._app.forget_connection(handler)


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    """As the server makes requests, with the gateway's limit for bodies."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=_BODY_LIMIT)


class App:
    """Connects a core with the network."""

    def __init__(self, core: Core, quiet: bool = True) -> None:
        self.core = core
        self.control = Control(core)
        self.quiet = quiet
        self._numbers = 0
        self._connections: set[Any] = set()

    def server(self) -> web.Server:
        """A server for ``web.ServerRunner``."""
        return _Server(
            self,
            request_factory=_request,
            access_log=None,
            max_line_size=_LINE_LIMIT,
            max_field_size=_HEADER_LIMIT,
            keepalive_timeout=75.0,
        )

    def forget_connection(self, connection: Any) -> None:
        """The connection has ended."""
        if connection in self._connections:
            self._connections.discard(connection)
            self.core.meters.open -= 1

    def _note_connection(self, request: web.BaseRequest) -> None:
        if request.protocol not in self._connections:
            self._connections.add(request.protocol)
            self.core.meters.connected()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request, from the first byte to the last."""
        request_id = secrets.token_hex(16)
        try:
            body = await request.read() if request.can_read_body else b""
        except web.HTTPRequestEntityTooLarge:
            refusal = Refusal(413, "APIG.0201", "The request body is too large.", "gateway")
            return await self._deliver(request, error_answer(refusal, self.core.settings, request_id), request_id)
        raw_path, _mark, raw_query = request.raw_path.partition("?")
        query = request.query if raw_query else _NO_QUERY
        if raw_path.startswith("/_emulator"):
            answer = self.control.answer(request.method, raw_path, query, body)
            return await self._deliver(request, answer, request_id)
        self._note_connection(request)
        self._numbers += 1
        call = Call(
            core=self.core,
            number=self._numbers,
            request_id=request_id,
            method=request.method,
            path=raw_path,
            query=query,
            headers=request.headers,
            body=body,
            base_url=f"{request.scheme}://{request.host}",
            raw_query=raw_query,
            service="iam" if raw_path.startswith("/v3") else "dis",
        )
        meters = self.core.meters
        meters.begin()
        try:
            return await self._serve(request, call)
        finally:
            meters.in_progress -= 1

    @staticmethod
    async def _deliver(request: web.BaseRequest, answer: Response, request_id: str) -> web.StreamResponse:
        answer.headers["X-Request-Id"] = request_id
        return await deliver(request, answer)

    async def _serve(self, request: web.BaseRequest, call: Call) -> web.StreamResponse:
        core = self.core
        began = time.perf_counter()
        route = core.find_route(call)
        entry = core.journal.add(
            Entry(
                call.number,
                call.request_id,
                call.service,
                call.operation,
                call.method,
                call.path,
                call.query,
                kept_headers(call.headers),
                call.body,
            )
        )
        if core.settings.latency_ms:
            await asyncio.sleep(core.settings.latency_ms / 1000)
        rules = core.rules.taken_by(call)
        answer: Response | None = None
        for rule in rules:
            entry.faults.append(rule.kind)
            if rule.pause():
                await asyncio.sleep(rule.pause())
            answer = answer or rule.before(call)
        if answer is None:
            answer = core.carry_out(call, route)
            entry.carried_out, entry.outcome = True, answer.status
            for rule in rules:
                answer = rule.after(call, answer)
        if answer.sends_status:
            entry.status = answer.status
        try:
            return await self._deliver(request, answer, call.request_id)
        finally:
            entry.seconds = time.perf_counter() - began
            if not self.quiet:
                _tell(entry)


def _tell(entry: Entry) -> None:
    fault = f" ({', '.join(entry.faults)})" if entry.faults else ""
    print(f"{entry.method} {entry.path} {entry.status or '-'} {entry.operation}{fault}", file=sys.stderr, flush=True)


async def listen(app: App, host: str, port: int, tls: ssl.SSLContext | None) -> tuple[web.ServerRunner, int]:
    """Start serving; gives the runner to clean up and the port in use."""
    runner = web.ServerRunner(app.server(), handle_signals=False, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, host, port, ssl_context=tls, backlog=512)
    await site.start()
    return runner, runner.addresses[0][1]
