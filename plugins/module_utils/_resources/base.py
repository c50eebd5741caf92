# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shared parts of the DIS resources: name rules, response validation, the base class of the API clients. Also the query
of the session's token.

Private to otc.dis.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from .._core.errors import InvalidOptions, UnexpectedResponse, sanitize
from .._core.paging import paginate
from .._core.plan import Spec
from .._core.schema import NAME, Field, int_or_none, numbers, texts, type_errors

MAX_NUMBER = 9223372036854775807
"""Maximum of sequence numbers and hash keys."""


class Digits(Field):
    """An integer that the API transfers as a decimal string."""

    __slots__ = ()

    def allows(self, value: Any) -> bool:
        """Whether a value is a decimal string from 0 to :data:`MAX_NUMBER`."""
        return re.match(r"[0-9]{1,40}\Z", value) is not None and int(value) <= MAX_NUMBER


def digits_field(name: str) -> Field:
    """Return the field of a sequence number or a hash key."""
    return Digits(name, rule=f"an integer from 0 to {MAX_NUMBER}")


STREAM_NAME = Field("stream_name", pattern=NAME + "{1,64}", rule="1 to 64 letters, digits, _ or -")

STREAM_ID = Field("stream_id", pattern=NAME + "{1,64}", rule="1 to 64 letters, digits, _ or -")

APP_NAME = Field("app_name", pattern=NAME + "{1,200}", rule="1 to 200 letters, digits, _ or -")

PARTITION_ID = Field(
    "partition_id",
    pattern=r"(shardId-)?[0-9]{1,10}",
    rule="a number of at most 10 digits, with or without the prefix shardId-",
)

SEQUENCE_NUMBER = digits_field("sequence_number")


def canonical_partition_id(value: Any) -> str:
    """Return the long form of a partition ID from ``shardId-0000000000``, ``"0"`` or ``0``."""
    match = re.match(r"(?:shardId-)?([0-9]{1,10})\Z", str(value))
    return f"shardId-{int(match.group(1)):010d}" if match else str(value)


ENDPOINT_HINT = "Check endpoint_override and any intermediate proxies."


def validate_response(
    call: str, response: Mapping[str, Any], expected: Mapping[str, str], members: Iterable[Field]
) -> None:
    """Check that a response describes the requested resource and that its members have valid types.

    Missing members, null and empty strings are valid.

    :param call: description of the request, to follow "Cannot"
    :param expected: names that the response must repeat if it contains them
    :param members: members of the response whose types are known
    :raises UnexpectedResponse: if the response describes another resource, or a member has an invalid type
    """
    for name, expected_name in expected.items():
        value = response.get(name)
        if value not in (None, "") and not names_match(name, value, expected_name):
            raise UnexpectedResponse(
                f"Cannot {call}: the response describes {name} {sanitize(repr(value))}.", ENDPOINT_HINT
            )
    reasons = list(type_errors(members, response))
    if reasons:
        raise UnexpectedResponse(f"Cannot {call}: in the response, {'; '.join(reasons)}.", ENDPOINT_HINT)


def names_match(name: str, value: Any, expected: str) -> bool:
    """Whether a name equals the requested name; the short and the long form of a partition ID are equal."""
    if name == "partition_id" and not isinstance(value, bool):
        return canonical_partition_id(value) == canonical_partition_id(expected)
    return bool(value == expected)


QUOTAS = Field("quotas", type="list", members=(*texts("type"), *numbers("quota", "used")))


class Quota(NamedTuple):
    """Quota of a project. None is a value that the service did not return.

    :ivar type: ``common_partition``, ``advanced_partition``, ``app`` or another type
    """

    type: str
    limit: Optional[int]
    used: Optional[int]

    @property
    def is_exhausted(self) -> Optional[bool]:
        """Whether nothing is left; None if unknown. A negative limit means that there is no limit."""
        if self.limit is None or (self.used is None and self.limit > 0):
            return None
        return 0 <= self.limit <= (self.used or 0)


def read_quotas(response: Mapping[str, Any]) -> List[Quota]:
    """Parse the quotas of a project, in any documented form.

    The response is ``quotas.resource`` in the example of the API reference of Huawei Cloud, "GetQuotas", and a list
    ``quota`` of ``items`` in its table. Other services of the same cloud return ``quotas.resources``.

    :raises UnexpectedResponse: if the response contains no quotas, or a member has an invalid type
    """
    call = "list quotas"
    entries = [entry for name in ("quotas", "quota") for entry in quota_entries(response.get(name))]
    validate_response(call, {"quotas": entries}, {}, (QUOTAS,))
    if not entries:
        raise UnexpectedResponse(f"Cannot {call}: the response contains no quotas.", ENDPOINT_HINT)
    return [Quota(entry["type"], int_or_none(entry.get("quota")), int_or_none(entry.get("used"))) for entry in entries]


def quota_entries(value: Any, depth: int = 3) -> Iterator[Dict[str, Any]]:
    """Yield the entries of a list of quotas, which may be nested.

    :param depth: maximum number of levels
    """
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, dict) and part.get("type"):
            yield part
        elif isinstance(part, dict) and depth:
            for name in ("resources", "resource", "items"):
                yield from quota_entries(part.get(name), depth - 1)


PARTITIONS = 1000
"""Partitions per page."""


class Calls:
    """Base class of the API clients: one method per API operation, without decisions.

    Every method raises :class:`DisError` if the request fails.

    :cvar full_catalog: whether the client needs the account and the full service catalog
    :param api: connection that sends the requests
    """

    full_catalog = False

    def __init__(self, api: Any) -> None:
        self.api = api
        self.read: Callable[..., Dict[str, Any]] = api.read
        self.send: Callable[..., Any] = api.send

    @property
    def memory(self) -> Any:
        """State shared with later tasks of the same Ansible run."""
        return self.api.memory

    @property
    def retry_budget(self) -> Any:
        """Time left for retries."""
        return self.api.retry_budget

    @property
    def timeout(self) -> float:
        """Timeout of one request attempt, in seconds."""
        return float(self.api.timeout)

    def show_stream(self, stream: str, start: Optional[str] = None, page_size: int = 1) -> Dict[str, Any]:
        """``GET /streams/{stream_name}``: a stream with one page of its partitions.

        :param start: long ID of the partition after which the page starts
        :param page_size: partitions per page, 1 to 1000
        """
        query = {"limit_partitions": page_size, "start_partitionId": start}
        call = f'show stream "{stream}"'
        response: Dict[str, Any] = self.read(call, f"/streams/{stream}", query)
        validate_response(call, response, {"stream_name": stream}, texts("stream_name", "status"))
        return response

    def list_quotas(self) -> List[Quota]:
        """``GET /v1/{project_id}/quotas``.

        Source: API reference of Huawei Cloud, "GetQuotas". No response was captured.
        """
        return read_quotas(self.read("list quotas", "/quotas", version="v1"))

    def list_partitions(self, stream: str) -> List[Dict[str, Any]]:
        """``GET /streams/{stream_name}``, all pages; one entry per partition."""

        def page(start: Optional[str]) -> Dict[str, Any]:
            return self.show_stream(stream, start, PARTITIONS)

        flags, again = ("has_more_partitions",), self.retry_budget.allows
        seconds = self.timeout
        return paginate(
            page, "partitions", "partition_id", flags, api_timeout=seconds, again=again, total=partition_total
        )


def read_range(value: Any) -> Tuple[Optional[int], Optional[int]]:
    """Return the sequence numbers of the oldest and the next record of a partition; None for each if not reported."""
    match = re.match(r"\s*\[\s*([0-9]{1,19})\s*:\s*([0-9]{1,19})\s*\]\s*\Z", value) if isinstance(value, str) else None
    return (int(match.group(1)), int(match.group(2))) if match else (None, None)


UNREADABLE = ("EXPIRED", "CREATING")
"""States of partitions that consumers cannot read."""
Range = Tuple[Optional[int], Optional[int]]
"""Sequence numbers of the oldest and of the next record of a partition."""


def read_ranges(api: Calls, stream: str) -> Dict[str, Range]:
    """Return the sequence number range of each readable partition."""
    return {
        canonical_partition_id(entry.get("partition_id")): read_range(entry.get("sequence_number_range"))
        for entry in api.list_partitions(stream)
        if entry.get("status") not in UNREADABLE
    }


def partition_total(response: Mapping[str, Any]) -> Optional[int]:
    """Return the minimum number of partitions of a stream; None if the response contains no partition count.

    Writable partitions are also readable.
    """
    counts = [int_or_none(response.get(f"{kind}_partition_count")) for kind in ("readable", "writable")]
    return max((count for count in counts if count is not None), default=None)


STREAMS = "streams"


def planned_tasks_key(stream: str) -> str:
    """Return the key under which the run memory stores the planned transfer tasks of a stream."""
    return f"transfer tasks of {stream}"


class TokenQuery:
    """IAM token for other tools and tasks."""

    spec = Spec({}, exposed="token")
    calls = Calls

    def prepare(self, params: Mapping[str, Any]) -> None:
        """The module has no options to validate."""

    def run_query(self, api: Calls, query: None) -> Dict[str, Any]:
        """Return the result of the module.

        :raises InvalidOptions: if requests are signed with AK/SK
        """
        session = api.api
        if session.token is None:
            raise InvalidOptions(
                "No token is available, since requests are signed with AK/SK.",
                "Pass the keys to the other modules, or set auth.agency_name to obtain a token.",
            )
        facts = {"project_id": session.project_id, "endpoint": session.endpoint, "expires_at": session.expires_at}
        return {**facts, "token": session.token}
