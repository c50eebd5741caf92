# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request and its answer, free of any HTTP library: what the service modules read and return."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otc_emulator.identity import Token, User
    from otc_emulator.server import Core

NO_ROUTE = "unknown"


class Delivery(Enum):
    """How an answer travels, or does not."""

    SEND = "send"
    DROP = "drop"
    RESET = "reset"
    HANG = "hang"
    DRIBBLE = "dribble"
    DRIP = "drip"
    CUT = "cut"
    FLOOD = "flood"


@dataclass
class Response:
    """A response to the client. ``body`` is JSON data, ready bytes, or None for an empty body.

    :ivar amount: of what the delivery needs: seconds, megabytes or a fraction
    :ivar part: of the response that drips
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delivery: Delivery = Delivery.SEND
    amount: float = 0.0
    part: str = ""

    @property
    def sends_status(self) -> bool:
        """Whether the client gets to see a status at all."""
        return self.delivery not in (Delivery.DROP, Delivery.RESET, Delivery.HANG)

    def payload(self) -> bytes:
        """The body as sent over the wire."""
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


class Refusal(Exception):
    """An error response of the service. ``style`` None selects the error format of the settings."""

    def __init__(self, status: int, code: str, text: str, style: str | None = None) -> None:
        super().__init__(text)
        self.status, self.code, self.text, self.style = status, code, text, style


def dis_refusal(code: int, text: str, *details: str, status: int = 400) -> Refusal:
    """A DIS error; details follow the text in square brackets, as the service writes them."""
    return Refusal(status, f"DIS.{code}", text + "".join(f" [{one}]" for one in details))


def no_such_url() -> Refusal:
    """What the API gateway answers when a URL or method does not exist in the region."""
    return Refusal(404, "APIG.0101", "The API does not exist or has not been published in the environment.", "gateway")


@dataclass
class RecordFailure:
    """Which records of an upload a fault lets fail, and how. Without ``indices`` all of them."""

    code: str
    message: str
    indices: list[int] | None

    def hits(self, index: int) -> bool:
        """Whether the record at this place fails."""
        return self.indices is None or index in self.indices


@dataclass
class Call:
    """One request on its way through the emulator."""

    core: Core
    number: int
    request_id: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    service: str
    raw_query: str = ""
    operation: str = NO_ROUTE
    params: dict[str, str] = field(default_factory=dict)
    token: Token | None = None
    caller: User | None = None
    record_failure: RecordFailure | None = None

    def json_or_none(self) -> Any:
        """The body as JSON data, or None without a body."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None
