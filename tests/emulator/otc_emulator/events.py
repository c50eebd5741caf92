# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events, their types, and subscriptions to them.

The API reference documents no error codes for these operations: invalid requests are rejected with DIS.4200.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from otc_emulator.http_types import Call, Response, no_such_url
from otc_emulator.shared import Body, body_as, invalid, project_of, stream_named
from otc_emulator.state import EVENT_TYPES, EventSubscription, Project, new_id

MAX_EVENTS = 1000
RETENTION = 15 * 86_400
"""Seconds for which events are returned."""

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class SubscriptionBody(Body):
    """Body of a create or update request; ``events_ids`` is the spelling of the example of the create request."""

    enable: bool = False
    name: Name | None = None
    event_ids: list[str] = Field(default_factory=list)
    events_ids: str = ""
    event_streamids: list[str] = Field(default_factory=list)
    topic_type: Literal[0, 1]
    topic_name: Annotated[str, StringConstraints(min_length=1)]
    topic_urn: str | None = None


def _project_of(call: Call) -> Project:
    if not call.core.settings.events_enabled:
        raise no_such_url()
    return project_of(call)


def list_events(call: Call) -> Response:
    """GET events: the latest ones, newest first."""
    first = (call.core.now - RETENTION) * 1000
    events = sorted(_project_of(call).events, key=lambda one: int(one["occur_time"]), reverse=True)
    return Response(200, _listed(call, [one for one in events if one["occur_time"] >= first][:MAX_EVENTS]))


def list_event_types(call: Call) -> Response:
    """GET event-list: the types of events that can be subscribed to."""
    _project_of(call)
    types = [{"type_id": type_id, **members} for type_id, members in EVENT_TYPES.items()]
    return Response(200, _listed(call, types))


def _listed(call: Call, entries: list[dict[str, Any]]) -> dict[str, Any]:
    alone = call.core.settings.single_event_as_object and len(entries) == 1
    return {"count": len(entries), "events": entries[0] if alone else entries}


def _details(call: Call, subscription: EventSubscription) -> dict[str, Any]:
    project = project_of(call)
    stream_ids = subscription.stream_ids or [one.stream_id for one in project.live_streams(call.core.now)]
    as_text = call.core.settings.event_streamids_as_text
    return {
        **{name: value for name, value in vars(subscription).items() if name != "stream_ids"},
        "event_streamids": ",".join(stream_ids) if as_text else stream_ids,
    }


def list_event_subscriptions(call: Call) -> Response:
    """GET event-subs; a subscription without streams shows all streams."""
    subscriptions = _project_of(call).event_subscriptions
    body = {
        "quota": call.core.settings.event_subscription_quota,
        "used": len(subscriptions),
        "eventSubscriptions": [_details(call, one) for one in subscriptions.values()],
    }
    return Response(200, body)


def _checked(call: Call, body: SubscriptionBody, own: EventSubscription | None = None) -> None:
    """Raise the rejection of values that refer to something that does not exist, or of a name in use."""
    project = project_of(call)
    for one in body.event_ids:
        if one not in EVENT_TYPES:
            raise invalid("event_ids", one)
    for one in body.event_streamids:
        if project.stream_by_id(one, call.core.now) is None:
            raise invalid("event_streamids", one)
    if body.topic_type == 1:
        stream_named(call, body.topic_name)
    if any(one.name == body.name and one is not own for one in project.event_subscriptions.values()):
        raise invalid("name", body.name)


def create_event_subscription(call: Call) -> Response:
    """POST event-subs."""
    project, settings = _project_of(call), call.core.settings
    body = body_as(call, SubscriptionBody)
    if settings.created_event_ids == "events_ids":
        body = body.model_copy(update={"event_ids": body.events_ids.split()})
    _checked(call, body)
    if len(project.event_subscriptions) >= settings.event_subscription_quota > 0:
        raise invalid("number of subscriptions", settings.event_subscription_quota)
    identity = new_id()
    project.event_subscriptions[identity] = EventSubscription(
        identity,
        body.name or f"dis-{identity[:4]}",
        body.enable,
        body.event_ids,
        body.event_streamids,
        body.topic_type,
        body.topic_name,
        body.topic_urn,
    )
    return Response(200)


def _subscription_of(call: Call) -> EventSubscription:
    subscription_id = call.params["subscription_id"]
    subscription = _project_of(call).event_subscriptions.get(subscription_id)
    if subscription is None:
        raise invalid("subscription_id", subscription_id)
    return subscription


def update_event_subscription(call: Call) -> Response:
    """PUT event-subs/ID."""
    subscription = _subscription_of(call)
    body = body_as(call, SubscriptionBody)
    _checked(call, body, subscription)
    subscription.name = body.name or subscription.name
    subscription.enable, subscription.event_ids = body.enable, body.event_ids
    subscription.stream_ids = body.event_streamids
    subscription.topic_type, subscription.topic_name, subscription.topic_urn = (
        body.topic_type,
        body.topic_name,
        body.topic_urn,
    )
    return Response(204)


def delete_event_subscription(call: Call) -> Response:
    """DELETE event-subs/ID."""
    subscription = _subscription_of(call)
    del project_of(call).event_subscriptions[subscription.id]
    return Response(204)
