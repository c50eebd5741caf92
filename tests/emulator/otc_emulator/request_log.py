# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request log: a ring of entries that are serialized only when they are read."""

from __future__ import annotations

import hashlib
import json
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

RING = 50_000
BODIES_KEPT = 64 * 1024 * 1024
_LARGE = 4096
_BODY_KEPT = 64 * 1024
_HEADERS_KEPT = (
    "Host", "User-Agent", "Accept", "Content-Type", "Connection", "X-Project-Id", "X-Sdk-Date", "Cookie", "Referer"
)  # fmt: skip
_HEADERS_HASHED = ("X-Auth-Token", "X-Subject-Token", "Authorization", "X-Security-Token", "x-obs-security-token")
_MEMBERS_HASHED = ("password", "user_password", "passcode", "secret")


def digest(secret: str) -> str:
    """A short digest that lets a test compare secrets that the log does not store."""
    return "sha256:" + hashlib.sha256(secret.encode()).hexdigest()[:16]


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers worth remembering, secrets as digests."""
    kept = {name: headers[name] for name in _HEADERS_KEPT if name in headers}
    kept.update({name: digest(headers[name]) for name in _HEADERS_HASHED if name in headers})
    return kept


def without_secrets(data: Any, parent: str = "") -> Any:
    """JSON data with passwords and token ids replaced by their digests."""
    if isinstance(data, list):
        return [without_secrets(one, parent) for one in data]
    if not isinstance(data, dict):
        return data
    return {
        name: digest(value)
        if isinstance(value, str) and (name in _MEMBERS_HASHED or (parent == "token" and name == "id"))
        else without_secrets(value, name)
        for name, value in data.items()
    }


@dataclass(slots=True)
class Entry:
    """One request. ``status`` stays None until an answer has gone out, for ever if the connection was dropped.

    ``outcome`` is the status of the execution, regardless of a fault in the response.
    """

    number: int
    request_id: str
    service: str
    operation: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: dict[str, str]
    body: bytes
    time: float = field(default_factory=time.time)
    status: int | None = None
    carried_out: bool = False
    outcome: int | None = None
    faults: list[str] = field(default_factory=list)
    seconds: float | None = None
    omitted: int = 0

    def view(self) -> dict[str, Any]:
        """The entry as JSON data, secrets replaced."""
        return {
            "number": self.number,
            "time": self.time,
            "seconds": self.seconds,
            "request_id": self.request_id,
            "service": self.service,
            "operation": self.operation,
            "method": self.method,
            "path": self.path,
            "query": dict(self.query),
            "status": self.status,
            "carried_out": self.carried_out,
            "outcome": self.outcome,
            "fault": ",".join(self.faults) or None,
            "body": self._body(),
            "headers": self.headers,
        }

    def _body(self) -> Any:
        if self.omitted:
            return {"omitted_bytes": self.omitted}
        if not self.body:
            return None
        try:
            return without_secrets(json.loads(self.body))
        except ValueError:
            return self.body[:_BODY_KEPT].decode("utf-8", "replace")


class Journal:
    """The newest requests, oldest first. Of large bodies, uploads mostly, only the newest are kept."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=RING)
        self._large: deque[Entry] = deque()
        self._bytes = 0

    def add(self, entry: Entry) -> Entry:
        """Remember a request that has just come in."""
        self.entries.append(entry)
        if len(entry.body) > _LARGE:
            self._large.append(entry)
            self._bytes += len(entry.body)
            while self._bytes > BODIES_KEPT:
                oldest = self._large.popleft()
                self._bytes -= len(oldest.body)
                oldest.omitted, oldest.body = len(oldest.body), b""
        return entry

    def clear(self) -> None:
        """Forget all of them."""
        self.entries.clear()
        self._large.clear()
        self._bytes = 0

    def view(self, service: str | None, operation: str | None, since: int = 0) -> list[dict[str, Any]]:
        """Entries of a service and operation with a number above *since*."""
        return [
            one.view()
            for one in self.entries
            if one.number > since and service in (None, one.service) and operation in (None, one.operation)
        ]
