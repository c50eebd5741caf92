# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the resources of DIS have in common: rules for names, and calls. Private to otc.dis."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterable, Mapping, Optional

from .._core.errors import UnexpectedResponse, sanitize
from .._core.schema import NAME, Field, int_or_none, texts, type_errors

MAX_NUMBER = 9223372036854775807
"""The largest sequence number and hash key."""


class Digits(Field):
    """A whole number that travels as a text."""

    __slots__ = ()

    def allows(self, value: Any) -> bool:
        """Whether it is one, and not too large."""
        return re.match(r"[0-9]{1,40}\Z", value) is not None and int(value) <= MAX_NUMBER


def digits_field(name: str) -> Field:
    """A sequence number or a hash key."""
    return Digits(name, rule=f"a whole number from 0 to {MAX_NUMBER}")


STREAM_NAME = Field("stream_name", pattern=NAME + "{1,64}", rule="1 to 64 letters, digits, _ or -")

STREAM_ID = Field("stream_id", pattern=NAME + "{1,64}", rule="1 to 64 letters, digits, _ or -")

APP_NAME = Field("app_name", pattern=NAME + "{1,200}", rule="1 to 200 letters, digits, _ or -")

PARTITION_ID = Field(
    "partition_id",
    pattern=r"(shardId-)?[0-9]{1,10}",
    rule="a number of at most ten digits, with or without shardId- in front",
)

SEQUENCE_NUMBER = digits_field("sequence_number")


def canonical_partition_id(value: Any) -> str:
    """A partition id in its long form, whether it comes as ``shardId-0000000000``, ``"0"`` or ``0``."""
    match = re.match(r"(?:shardId-)?([0-9]{1,10})\Z", str(value))
    return f"shardId-{int(match.group(1)):010d}" if match else str(value)


HINT = "Check endpoint_override, and proxies on the way."


def validate_response(
    call: str, response: Mapping[str, Any], expected: Mapping[str, str], members: Iterable[Field]
) -> None:
    """Hold a response against what was asked for.

    What a response leaves out, or tells as null or as an empty text, breaks no rule.

    :param call: what was asked, in words, to follow "Cannot"
    :param expected: names that the response must repeat where it has them
    :param members: its members, as far as their types are known
    :raises UnexpectedResponse: it is about something else, or has a member of an impossible type
    """
    for name, wanted in expected.items():
        value = response.get(name)
        if value not in (None, "") and not names_match(name, value, wanted):
            raise UnexpectedResponse(f"Cannot {call}: the response is about {name} {sanitize(repr(value))}.", HINT)
    reasons = list(type_errors(members, response))
    if reasons:
        raise UnexpectedResponse(f"Cannot {call}: in the response {'; '.join(reasons)}.", HINT)


def names_match(name: str, value: Any, wanted: str) -> bool:
    """Whether a name is the one that was asked for; partitions have two spellings."""
    if name == "partition_id" and not isinstance(value, bool):
        return canonical_partition_id(value) == canonical_partition_id(wanted)
    return bool(value == wanted)


class Calls:
    """Calls of one chapter of the API reference: one method for each operation, without decisions.

    Every method raises :class:`DisError` when the call fails.

    :cvar full_catalog: whether they need the account and the addresses of other services
    :param api: what sends the requests
    """

    full_catalog = False

    def __init__(self, api: Any) -> None:
        self.api = api
        self.read: Callable[..., Dict[str, Any]] = api.read
        self.send: Callable[..., Any] = api.send

    @property
    def memory(self) -> Any:
        """Notes for later tasks of the same Ansible run."""
        return self.api.memory

    @property
    def retry_budget(self) -> Any:
        """The time that is left for repeating requests."""
        return self.api.retry_budget

    @property
    def timeout(self) -> float:
        """Seconds for one attempt of a request."""
        return float(self.api.timeout)

    def show_stream(self, stream: str, start: Optional[str] = None, most: int = 1) -> Dict[str, Any]:
        """``GET /streams/{stream_name}``, which every chapter needs: a stream with a page of its partitions.

        :param start: id, in its long form, of the partition behind which the page begins
        :param maximum: partitions on the page, 1 to 1000
        """
        query = {"limit_partitions": most, "start_partitionId": start}
        call = f'show stream "{stream}"'
        response: Dict[str, Any] = self.read(call, f"/streams/{stream}", query)
        validate_response(call, response, {"stream_name": stream}, texts("stream_name", "status"))
        return response


def partition_total(response: Mapping[str, Any]) -> Optional[int]:
    """How many partitions a stream has at least: those that can be read from, those that take records among them."""
    counts = [int_or_none(response.get(f"{kind}_partition_count")) for kind in ("readable", "writable")]
    return max((one for one in counts if one is not None), default=None)


STREAMS = "streams"


def planned_tasks_key(stream: str) -> str:
    """The kind of notes about the transfer tasks of a stream."""
    return f"transfer tasks of {stream}"
