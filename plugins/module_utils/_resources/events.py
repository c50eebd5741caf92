# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Events and their types: names, parsing and API client. Private to otc.dis.

Source: API reference of Huawei Cloud, section "Event Management". No response of these operations was captured.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from .._core.errors import UnexpectedResponse, sanitize
from .._core.schema import Field, Scalar, dictionaries, int_or_none, json_type_name, numbers, text_or_none, texts
from .base import ENDPOINT_HINT, validate_response
from .streams import StreamClient

EVENTS: Mapping[str, str] = {
    "task_restored": "dis_event.000",
    "task_abnormal": "dis_event.001",
    "quota_insufficient": "dis_event.002",
    "throttled": "dis_event.003",
    "auto_scaling_succeeded": "dis_event.004",
    "auto_scaling_failed": "dis_event.005",
    "traffic_abnormal": "dis_event.006",
    "traffic_restored": "dis_event.007",
    "manual_scaling_failed": "dis_event.008",
}
"""Types of events that can be subscribed to: option value and ID of the API."""
EVENT_NAMES = {type_id: name for name, type_id in EVENTS.items()}
SEVERITIES = ("normal", "warning")
"""Severities, in the order of their numbers in the API."""
CATEGORIES = ("tenant", "stream", "task")
"""Categories, in the order of their numbers in the API."""
MAX_EVENTS = 1000
"""Maximum number of events in a response."""


class IdList(Field):
    """IDs as a list of strings, or as one string with commas or line breaks between them."""

    __slots__ = ()

    def type_errors(self, value: Any, path: str) -> Iterator[str]:
        """Return the type errors of a value in a response."""
        if value is None or isinstance(value, str):
            return
        if not isinstance(value, list):
            yield f"{path} is {json_type_name(value)}, but must be a list of strings"
        elif not all(isinstance(item, str) for item in value):
            yield f"{path} must contain only strings"


def read_ids(value: Any) -> Optional[Tuple[str, ...]]:
    """Parse a list of IDs in any documented form, sorted without duplicates; None if the member is missing."""
    if value is None:
        return None
    items = value if isinstance(value, list) else re.split(r"[,\s]+", value)
    return tuple(sorted({item.strip() for item in items if item.strip()}))


def event_name(type_id: str) -> str:
    """Return the name of a type of event; the ID if it is unknown."""
    return EVENT_NAMES.get(type_id, type_id)


class Event(NamedTuple):
    """An event. None is a value that the service did not return.

    :ivar event: name of its type, or the ID of an unknown type
    :ivar occur_time: milliseconds since 1970
    """

    event_id: Optional[str]
    event: Optional[str]
    type_name: Optional[str]
    severity: Optional[str]
    category: Optional[str]
    occur_time: Optional[int]
    description: Optional[str]
    source_name: Optional[str]
    source_id: Optional[str]


class EventType(NamedTuple):
    """A type of event that the region offers. None is a value that the service did not return."""

    event: Optional[str]
    type_id: Optional[str]
    type_name: Optional[str]
    severity: Optional[str]
    category: Optional[str]


TYPE_MEMBERS = (Scalar("severity"), Scalar("category"), *texts("type_id", "type_name"))
EVENT_MEMBERS = (
    *(*TYPE_MEMBERS, Scalar("id"), Scalar("source_id")),
    *(*texts("description", "source_name"), *numbers("occur_time")),
)


def named(names: Tuple[str, ...], value: Any) -> Optional[str]:
    """Return the name of a number in a response, the number as a string if it is unknown, None if it is missing."""
    number = int_or_none(value)
    if number is None:
        return None
    return names[number] if 0 <= number < len(names) else str(number)


def entries_of(call: str, response: Mapping[str, Any], members: Tuple[Field, ...]) -> List[Dict[str, Any]]:
    """Return the entries of a response; the examples of the API reference show a single entry without a list.

    :raises UnexpectedResponse: if it has no entries, or a member has an invalid type
    """
    value = response.get("events")
    entries = [value] if isinstance(value, dict) else value
    validate_response(call, {"events": entries}, {}, (Field("events", type="list", members=members),))
    if not isinstance(entries, list):
        raise UnexpectedResponse(f"Cannot {call}: the response contains no list of events.", ENDPOINT_HINT)
    return dictionaries(entries)


def read_event(entry: Mapping[str, Any]) -> Event:
    """Parse an event."""
    type_id = text_or_none(entry.get("type_id"))
    identity, source_id = entry.get("id"), entry.get("source_id")
    description = text_or_none(entry.get("description"))
    return Event(
        str(identity) if identity else None,
        event_name(type_id) if type_id else None,
        text_or_none(entry.get("type_name")),
        named(SEVERITIES, entry.get("severity")),
        named(CATEGORIES, entry.get("category")),
        int_or_none(entry.get("occur_time")),
        sanitize(description) if description else None,
        text_or_none(entry.get("source_name")),
        str(source_id) if source_id else None,
    )


def read_event_type(entry: Mapping[str, Any]) -> EventType:
    """Parse a type of event."""
    type_id = text_or_none(entry.get("type_id"))
    return EventType(
        event_name(type_id) if type_id else None,
        type_id,
        text_or_none(entry.get("type_name")),
        named(SEVERITIES, entry.get("severity")),
        named(CATEGORIES, entry.get("category")),
    )


class EventClient(StreamClient):
    """Client for events and their types."""

    def list_events(self) -> Tuple[List[Event], bool]:
        """``GET /v1/{project_id}/events``: events of the last 15 days, and whether others may exist."""
        call = "list events"
        response = self.read(call, "/events", None, "v1")
        events = [read_event(entry) for entry in entries_of(call, response, EVENT_MEMBERS)]
        counted = int_or_none(response.get("count")) or 0
        return events, len(events) >= MAX_EVENTS or counted > len(events)

    def list_event_types(self) -> List[EventType]:
        """``GET /v1/{project_id}/event-list``."""
        call = "list the types of events"
        response = self.read(call, "/event-list", None, "v1")
        return [read_event_type(entry) for entry in entries_of(call, response, TYPE_MEMBERS)]
