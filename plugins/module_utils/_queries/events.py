# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Queries of events. Private to otc.dis."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .._core.errors import ApiError
from .._core.plan import Spec
from .._core.schema import TIME_RULE, raise_if_errors, read_time
from .._resources.events import CATEGORIES, EVENTS, SEVERITIES, Event, EventClient


class Query(NamedTuple):
    """Filters of events; None matches all.

    :ivar since: seconds since 1970
    """

    since: Optional[float] = None
    severity: Optional[str] = None
    category: Optional[str] = None
    types: Optional[Tuple[str, ...]] = None


def query_from(options: Mapping[str, Any], now: float) -> Query:
    """Return the query of module options.

    :param now: seconds since 1970
    :raises InvalidOptions: if an option is invalid
    """
    since = None if options["since"] is None else read_time(options["since"], now)
    if options["since"] is not None and since is None:
        raise_if_errors([f"since is {options['since']!r}, but must be {TIME_RULE}"])
    types = options["events"]
    return Query(since, options["severity"], options["category"], tuple(types) if types else None)


def matches(event: Event, query: Query) -> bool:
    """Whether an event matches the filters; an event without a time matches every time."""
    old = query.since is not None and event.occur_time is not None and event.occur_time < query.since * 1000
    return (
        not old
        and query.severity in (None, event.severity)
        and query.category in (None, event.category)
        and (query.types is None or event.event in query.types)
    )


def select(events: List[Event], query: Query) -> List[Event]:
    """Return the matching events, newest first."""
    found = [event for event in events if matches(event, query)]
    return sorted(found, key=lambda event: event.occur_time or 0, reverse=True)


def find_events(api: EventClient, query: Query) -> Dict[str, Any]:
    """Return the module's result; without events if the region does not offer them.

    :raises DisError: a request failed
    """
    try:
        events, truncated = api.list_events()
    except ApiError as err:
        if err.means_not_offered:
            return {"offered": False, "events": [], "truncated": False}
        raise
    found = [event._asdict() for event in select(events, query)]
    return {"offered": True, "events": found, "truncated": truncated}


class EventQuery:
    """The query of the module ``event_info``."""

    spec = Spec(
        {
            "since": {"type": "str"},
            "severity": {"type": "str", "choices": list(SEVERITIES)},
            "category": {"type": "str", "choices": list(CATEGORIES)},
            "events": {"type": "list", "elements": "str", "choices": list(EVENTS)},
        }
    )
    calls = EventClient

    def prepare(self, params: Mapping[str, Any]) -> Query:
        """Return the query of the options.

        :raises InvalidOptions: if an option is invalid
        """
        return query_from(params, time.time())

    def run_query(self, api: EventClient, query: Query) -> Dict[str, Any]:
        """Return the module's result.

        :raises DisError: a request failed
        """
        return find_events(api, query)
