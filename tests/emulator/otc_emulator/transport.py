# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing an answer to the client over a real connection, or failing to in all the ways a network can."""

from __future__ import annotations

import asyncio
import socket
import struct

from aiohttp import web

from otc_emulator.http_types import Delivery, Response

_FILLER = b'{"padding": "the whole of this never arrives ....................."}'
_MEGABYTE = 1024 * 1024
_DRIP_INTERVAL = 0.05
_DRIPS = {
    "continue": b"HTTP/1.1 100 Continue\r\n\r\n",
    "status_line": b"K",
    "headers": b"x",
    "body": b"1\r\n \r\n",
    "trailers": b"x",
}
"""What is sent every :data:`_DRIP_INTERVAL` seconds, by the part of the response that drips."""


async def deliver(request: web.BaseRequest, answer: Response) -> web.StreamResponse:
    """Send *answer* by its own delivery settings."""
    how = answer.delivery
    if how is Delivery.SEND:
        return _whole(answer)
    if how is Delivery.DRIBBLE:
        return await _dribbled(request, answer)
    if how is Delivery.DRIP:
        return await _dripped(request, answer)
    if how is Delivery.CUT:
        return await _cut(request, answer)
    if how is Delivery.FLOOD:
        return await _flood(request, answer)
    if how is Delivery.HANG:
        await _wait_for_leaving(request, answer.amount)
    hang_up(request, reset=how is Delivery.RESET)
    return web.Response(status=500)


def _whole(answer: Response) -> web.Response:
    body = answer.payload()
    headers = answer.headers
    if body and "Content-Type" not in headers:
        headers["Content-Type"] = "application/json"
    return web.Response(status=answer.status, reason=reason_of(answer.status), body=body or None, headers=headers)


def reason_of(status: int) -> str | None:
    """A reason phrase for the one status that HTTP does not know."""
    return "Authentication Failed" if status == 441 else None


def hang_up(request: web.BaseRequest, reset: bool = False) -> None:
    """Close the connection at once; with *reset* the peer sees a reset instead of an end."""
    transport = request.transport
    if transport is None:
        return
    if reset:
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _wait_for_leaving(request: web.BaseRequest, seconds: float) -> None:
    """Until the client has closed the connection, at most *seconds*."""
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        if request.transport is None or request.transport.is_closing():
            return
        await asyncio.sleep(0.02)


async def _begun(request: web.BaseRequest, answer: Response, length: int) -> web.StreamResponse:
    """A response whose headers are out and whose body is to come."""
    headers = {"Content-Type": "application/json", **answer.headers, "Content-Length": str(length)}
    response = web.StreamResponse(status=answer.status, reason=reason_of(answer.status), headers=headers)
    await response.prepare(request)
    return response


async def _dribbled(request: web.BaseRequest, answer: Response) -> web.StreamResponse:
    body = answer.payload() or b" "
    if answer.status == 204:
        answer.status = 200
    response = await _begun(request, answer, len(body))
    size = -(-len(body) // 20)
    starts = range(0, len(body), size)
    for start in starts:
        await asyncio.sleep(answer.amount / len(starts))
        await response.write(body[start : start + size])
    return response


def _wire_parts(answer: Response, has_body: bool) -> list[tuple[str, bytes, bytes]]:
    """The chunked response as sent over the wire: name of each part, its bytes before the drips and after them."""
    headers = {"Content-Type": "application/json", **answer.headers, "Connection": "close"}
    if has_body:
        headers["Transfer-Encoding"] = "chunked"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    status = 200 if answer.status == 204 else answer.status
    parts = [
        ("continue", b"", b""),
        ("status_line", f"HTTP/1.1 {status} O".encode(), b"K\r\n"),
        ("headers", f"{lines}X-Drips: ".encode("utf-8", "replace"), b"\r\n\r\n"),
    ]
    if has_body:
        body = answer.payload() or b" "
        parts += [
            ("body", b"", b"%x\r\n%b\r\n" % (len(body), body)),
            ("trailers", b"0\r\nX-Drips: ", b"\r\n\r\n"),
        ]
    return parts


async def _dripped(request: web.BaseRequest, answer: Response) -> web.StreamResponse:
    """Written by hand: aiohttp sends status line and headers as one piece."""
    count = max(1, round(answer.amount / _DRIP_INTERVAL))
    for part, before, after in _wire_parts(answer, request.method != "HEAD"):
        pieces = [before, *([_DRIPS[part]] * count if part == answer.part else []), after]
        for piece in pieces:
            transport = request.transport
            if transport is None or transport.is_closing():
                return web.Response(status=500)
            if piece:
                transport.write(piece)
            if piece == _DRIPS[part]:
                await asyncio.sleep(answer.amount / count)
    if request.transport is not None:
        request.transport.close()
    return web.Response(status=500)


async def _cut(request: web.BaseRequest, answer: Response) -> web.StreamResponse:
    body = answer.payload() or _FILLER
    if answer.status == 204:
        answer.status = 200
    response = await _begun(request, answer, len(body))
    await response.write(body[: int(len(body) * answer.amount)])
    if request.transport is not None:
        request.transport.close()
    return response


async def _flood(request: web.BaseRequest, answer: Response) -> web.StreamResponse:
    head, tail = b'{"tasks": ["', b'"]}'
    size = int(answer.amount) * _MEGABYTE
    response = await _begun(request, answer, len(head) + size + len(tail))
    chunk = b"x" * (_MEGABYTE // 4)
    await response.write(head)
    for _turn in range(size // len(chunk)):
        await response.write(chunk)
    await response.write(tail)
    return response
