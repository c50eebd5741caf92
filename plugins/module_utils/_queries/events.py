# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Queries of events, of their types and of event subscriptions. Private to otc.dis."""

from __future__ import annotations

import time
from fnmatch import fnmatchcase
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .._core.errors import ApiError
from .._core.plan import Spec
from .._core.schema import TIME_RULE, raise_if_errors, read_time, validate
from .._resources.events import (
    CATEGORIES,
    EVENTS,
    SEVERITIES,
    SUBSCRIPTION_NAME,
    Event,
    EventClient,
    Subscription,
    SubscriptionClient,
    to_result,
)


class EventFilter(NamedTuple):
    """Filters of events; None event_matches all.

    :ivar since: seconds since 1970
    """

    since: Optional[float] = None
    severity: Optional[str] = None
    category: Optional[str] = None
    types: Optional[Tuple[str, ...]] = None


def event_filter(options: Mapping[str, Any], now: float) -> EventFilter:
    """Return the query of module options.

    :param now: seconds since 1970
    :raises InvalidOptions: if an option is invalid
    """
    since = None if options["since"] is None else read_time(options["since"], now)
    if options["since"] is not None and since is None:
        raise_if_errors([f"since is {options['since']!r}, but must be {TIME_RULE}"])
    types = options["events"]
    return EventFilter(since, options["severity"], options["category"], tuple(types) if types else None)


def event_matches(event: Event, query: EventFilter) -> bool:
    """Whether an event event_matches the filters; an event without a time event_matches every time."""
    old = query.since is not None and event.occur_time is not None and event.occur_time < query.since * 1000
    return (
        not old
        and query.severity in (None, event.severity)
        and query.category in (None, event.category)
        and (query.types is None or event.event in query.types)
    )


def select(events: List[Event], query: EventFilter) -> List[Event]:
    """Return the matching events, newest first."""
    found = [event for event in events if event_matches(event, query)]
    return sorted(found, key=lambda event: event.occur_time or 0, reverse=True)


def find_events(api: EventClient, query: EventFilter) -> Dict[str, Any]:
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

    def prepare(self, params: Mapping[str, Any]) -> EventFilter:
        """Return the query of the options.

        :raises InvalidOptions: if an option is invalid
        """
        return event_filter(params, time.time())

    def run_query(self, api: EventClient, query: EventFilter) -> Dict[str, Any]:
        """Return the module's result.

        :raises DisError: a request failed
        """
        return find_events(api, query)


class SubscriptionFilter(NamedTuple):
    """The requested subscriptions; None requests all.

    :ivar name_pattern: shell pattern of names
    :ivar event_types: whether the types of events are requested too
    """

    subscription_name: Optional[str] = None
    name_pattern: Optional[str] = None
    event_types: bool = False


def subscription_matches(subscription: Subscription, query: SubscriptionFilter) -> bool:
    """Whether a subscription was requested."""
    name = subscription.subscription_name
    return query.subscription_name in (None, name) and (
        query.name_pattern is None or fnmatchcase(name, query.name_pattern)
    )


def find_subscriptions(api: SubscriptionClient, query: SubscriptionFilter) -> Dict[str, Any]:
    """Return the module's result; without subscriptions if the region does not offer them.

    :raises DisError: a request failed
    """
    try:
        listing = api.list_event_subscriptions()
    except ApiError as err:
        if err.means_not_offered:
            return {"offered": False, "event_subscriptions": [], "quota": None, "event_types": None}
        raise
    found = [one for one in listing.subscriptions if subscription_matches(one, query)]
    streams = api.stream_ids() if any(one.stream_ids for one in found) else {}
    return {
        "offered": True,
        "event_subscriptions": [to_result(one, streams) for one in found],
        "quota": listing.quota,
        "event_types": find_types(api) if query.event_types else None,
    }


def find_types(api: SubscriptionClient) -> Optional[List[Dict[str, Any]]]:
    """Return the types of events; None if the region does not offer the list.

    :raises DisError: the request failed
    """
    try:
        return [one._asdict() for one in api.list_event_types()]
    except ApiError as err:
        if err.means_not_offered:
            return None
        raise


class SubscriptionQuery:
    """The query of the module ``event_subscription_info``."""

    spec = Spec(
        {
            "subscription_name": {"type": "str", "aliases": ["name"]},
            "name_pattern": {"type": "str"},
            "event_types": {"type": "bool", "default": False},
        },
        {"mutually_exclusive": [("subscription_name", "name_pattern")]},
    )
    calls = SubscriptionClient

    def prepare(self, params: Mapping[str, Any]) -> SubscriptionFilter:
        """Return the query of the options.

        :raises InvalidOptions: if an option is invalid
        """
        raise_if_errors(validate((SUBSCRIPTION_NAME,), params))
        return SubscriptionFilter(params["subscription_name"], params["name_pattern"], params["event_types"])

    def run_query(self, api: SubscriptionClient, query: SubscriptionFilter) -> Dict[str, Any]:
        """Return the module's result.

        :raises DisError: a request failed
        """
        return find_subscriptions(api, query)
