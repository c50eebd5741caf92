# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Queries of event subscriptions and of the types of events. Private to otc.dis."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from .._core.errors import ApiError
from .._core.plan import Spec
from .._core.schema import raise_if_errors, validate
from .._resources.event_subscription import SUBSCRIPTION_NAME, Subscription, SubscriptionClient, to_result


class Query(NamedTuple):
    """The requested subscriptions; None requests all.

    :ivar name_pattern: shell pattern of names
    :ivar event_types: whether the types of events are requested too
    """

    subscription_name: Optional[str] = None
    name_pattern: Optional[str] = None
    event_types: bool = False


def matches(subscription: Subscription, query: Query) -> bool:
    """Whether a subscription was requested."""
    name = subscription.subscription_name
    return query.subscription_name in (None, name) and (
        query.name_pattern is None or fnmatchcase(name, query.name_pattern)
    )


def find_subscriptions(api: SubscriptionClient, query: Query) -> Dict[str, Any]:
    """Return the module's result; without subscriptions if the region does not offer them.

    :raises DisError: a request failed
    """
    try:
        listing = api.list_event_subscriptions()
    except ApiError as err:
        if err.means_not_offered:
            return {"offered": False, "event_subscriptions": [], "quota": None, "event_types": None}
        raise
    found = [one for one in listing.subscriptions if matches(one, query)]
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

    def prepare(self, params: Mapping[str, Any]) -> Query:
        """Return the query of the options.

        :raises InvalidOptions: if an option is invalid
        """
        raise_if_errors(validate((SUBSCRIPTION_NAME,), params))
        return Query(params["subscription_name"], params["name_pattern"], params["event_types"])

    def run_query(self, api: SubscriptionClient, query: Query) -> Dict[str, Any]:
        """Return the module's result.

        :raises DisError: a request failed
        """
        return find_subscriptions(api, query)
