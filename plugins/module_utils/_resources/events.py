# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Events, their types and event subscriptions: data model, parsing, plan and API client. Private to otc.dis.

Source: API reference of Huawei Cloud, section "Event Management". No response of these operations was captured. The
example of the create request contains ``events_ids``, a string with line breaks; the update request and the list
document ``event_ids``, a list, which is sent here.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Set, Tuple

from .._core.errors import (
    ApiError,
    DisError,
    InvalidOptions,
    UnexpectedResponse,
    UnknownSettingError,
    describe_differences,
    join_names,
    sanitize,
)
from .._core.paging import PLAIN_NAME, paginate
from .._core.plan import AT_ONCE, Plan, Spec, WaitStatus
from .._core.reconcile import NotApplied, Progress, Reconciler, Target
from .._core.schema import (
    NAME,
    Field,
    Scalar,
    dictionaries,
    int_or_none,
    json_type_name,
    numbers,
    raise_if_errors,
    text_or_none,
    texts,
    validate,
)
from .base import ENDPOINT_HINT, STREAM_NAME, STREAMS, validate_response
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


SUBSCRIPTION_NAME = Field("subscription_name", pattern=NAME + "{1,64}", rule="1 to 64 letters, digits, _ or -")
TARGET_STREAM = STREAM_NAME._replace(name="target_stream")
TOPIC_TYPES = {"SMN": 0, "DIS": 1}
"""Kinds of targets: value of the API."""


class Subscription(NamedTuple):
    """An event subscription, observed or planned. None is a value that the service did not return.

    :ivar event_ids: sorted IDs
    :ivar stream_ids: sorted IDs; empty for all streams
    :ivar topic_type: one of :data:`TOPIC_TYPES`
    :ivar topic_name: name of an SMN topic or of a stream
    """

    subscription_name: str
    subscription_id: Optional[str] = None
    enabled: Optional[bool] = None
    event_ids: Optional[Tuple[str, ...]] = None
    stream_ids: Optional[Tuple[str, ...]] = None
    topic_type: Optional[int] = None
    topic_name: Optional[str] = None
    topic_urn: Optional[str] = None

    def __str__(self) -> str:
        return f'event subscription "{self.subscription_name}"'


SETTINGS = ("enabled", "event_ids", "stream_ids", "topic_type", "topic_name", "topic_urn")
"""Members of a subscription that can be changed."""
REQUIRED = ("enabled", "event_ids", "topic_type", "topic_name")
"""Members that each request contains."""


class DesiredSubscription(NamedTuple):
    """Desired state of an event subscription; None is not managed.

    :ivar state: ``present`` or ``absent``
    :ivar streams: names; empty for all streams
    """

    subscription_name: str
    state: str = "present"
    enabled: Optional[bool] = None
    events: Optional[Tuple[str, ...]] = None
    streams: Optional[Tuple[str, ...]] = None
    target_stream: Optional[str] = None
    topic_name: Optional[str] = None
    topic_urn: Optional[str] = None

    def __str__(self) -> str:
        return f'event subscription "{self.subscription_name}"'


def desired_from(options: Mapping[str, Any]) -> DesiredSubscription:
    """Return the desired state from module options.

    :raises InvalidOptions: if an option is invalid
    """
    reasons = validate((SUBSCRIPTION_NAME, TARGET_STREAM), options)
    streams = options["streams"]
    for number, name in enumerate(streams or ()):
        reasons += STREAM_NAME.validate(name, f"streams[{number}]")
    if options["events"] == []:
        reasons.append("events is empty, but must contain at least one type of event; enabled: false pauses it")
    raise_if_errors(reasons)
    return DesiredSubscription(
        options["subscription_name"],
        options["state"],
        options["enabled"],
        None if options["events"] is None else tuple(sorted(set(options["events"]))),
        None if streams is None else tuple(sorted(set(streams))),
        *(options[name] for name in ("target_stream", "topic_name", "topic_urn")),
    )


# --- parsing ---


MEMBERS = (
    *(Field("enable", type="bool"), IdList("event_ids"), IdList("events_ids"), IdList("event_streamids")),
    *(Scalar("id"), *texts("name", "topic_name", "topic_urn"), *numbers("topic_type")),
)
"""Members of a list entry, with their types; event IDs in both spellings."""


def read_subscription(entry: Mapping[str, Any]) -> Subscription:
    """Parse a list entry.

    :raises UnexpectedResponse: if a member has an invalid type
    """
    name = str(entry["name"])
    validate_response(f'list event subscription "{name}"', entry, {}, MEMBERS)
    enable, event_ids = entry.get("enable"), read_ids(entry.get("event_ids"))
    return Subscription(
        name,
        str(entry["id"]),
        None if enable in (None, "") else bool(MEMBERS[0].read(enable)),
        read_ids(entry.get("events_ids")) if event_ids is None else event_ids,
        read_ids(entry.get("event_streamids")),
        int_or_none(entry.get("topic_type")),
        text_or_none(entry.get("topic_name")),
        text_or_none(entry.get("topic_urn")),
    )


def to_body(subscription: Subscription) -> Dict[str, Any]:
    """Return a subscription for a request."""
    body = {
        "name": subscription.subscription_name,
        "enable": subscription.enabled,
        "event_ids": list(subscription.event_ids or ()),
        "event_streamids": None if subscription.stream_ids is None else list(subscription.stream_ids),
        "topic_type": subscription.topic_type,
        "topic_name": subscription.topic_name,
        "topic_urn": subscription.topic_urn,
    }
    return {name: value for name, value in body.items() if value is not None}


# --- module results ---


def to_result(subscription: Optional[Subscription], streams: Mapping[str, str]) -> Optional[Dict[str, Any]]:
    """Return the subscription as the module result contains it.

    :param streams: IDs of the streams of the project by name
    """
    if subscription is None:
        return None
    is_stream = subscription.topic_type == TOPIC_TYPES["DIS"]
    return {
        "subscription_name": subscription.subscription_name,
        "subscription_id": subscription.subscription_id,
        "enabled": subscription.enabled,
        "events": names_of_events(subscription),
        "event_ids": None if subscription.event_ids is None else list(subscription.event_ids),
        "streams": names_of_streams(subscription, streams),
        "stream_ids": None if subscription.stream_ids is None else list(subscription.stream_ids),
        "target_stream": subscription.topic_name if is_stream else None,
        "topic_name": None if is_stream else subscription.topic_name,
        "topic_urn": None if is_stream else subscription.topic_urn,
    }


def to_diff(subscription: Optional[Subscription], streams: Mapping[str, str]) -> Optional[Dict[str, Any]]:
    """Return the settings of the subscription as the diff contains them."""
    result = to_result(subscription, streams)
    if result is None:
        return None
    hidden = ("subscription_id", "event_ids", "stream_ids")
    return {name: value for name, value in result.items() if name not in hidden and value is not None}


def names_of_events(subscription: Subscription) -> Optional[List[str]]:
    """Return the names of the types of events; the IDs of unknown types."""
    return None if subscription.event_ids is None else [event_name(one) for one in subscription.event_ids]


def names_of_streams(subscription: Subscription, streams: Mapping[str, str]) -> Optional[List[str]]:
    """Return the names of the streams; the IDs of streams that do not exist. Empty for all streams."""
    if subscription.stream_ids is None:
        return None
    by_id = {stream_id: name for name, stream_id in streams.items()}
    return sorted(by_id.get(one, one) for one in subscription.stream_ids)


# --- actions ---


class Action:
    """Base class of the write requests."""

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription


class Create(Action):
    """POST the subscription."""

    verb = "create"

    def send(self, api: Any) -> None:
        """Send the request through a :class:`SubscriptionClient`."""
        api.create_event_subscription(self.subscription)


class Update(Action):
    """PUT the subscription with all its settings."""

    verb = "update"

    def send(self, api: Any) -> None:
        """Send the request through a :class:`SubscriptionClient`."""
        api.update_event_subscription(self.subscription)


class Delete(Action):
    """DELETE the subscription."""

    verb = "delete"

    def send(self, api: Any) -> None:
        """Send the request through a :class:`SubscriptionClient`."""
        api.delete_event_subscription(self.subscription)


# --- the plan ---


class StreamNotFound(DisError):
    """A stream of the subscription does not exist."""

    kind = "not_found"


class SubscriptionQuotaExceeded(DisError):
    """The project has the maximum number of event subscriptions."""

    kind = "invalid_options"


def stream_ids_of(desired: DesiredSubscription, streams: Mapping[str, str]) -> Optional[Tuple[str, ...]]:
    """Return the sorted IDs of the desired streams; None if they are not managed.

    :raises StreamNotFound: if a stream does not exist
    """
    if desired.streams is None:
        return None
    missing = [name for name in desired.streams if name not in streams]
    if missing:
        raise StreamNotFound(
            f"The {desired} refers to streams that do not exist: {join_names(missing)}. Nothing was sent.",
            "Check the names of the streams, the region and the project.",
        )
    return tuple(sorted(streams[name] for name in desired.streams))


def specified(desired: DesiredSubscription, streams: Mapping[str, str]) -> Dict[str, Any]:
    """Return the managed settings.

    :raises StreamNotFound: if a stream does not exist
    """
    settings: Dict[str, Any] = {
        "enabled": desired.enabled,
        "event_ids": None if desired.events is None else tuple(sorted(EVENTS[name] for name in desired.events)),
        "stream_ids": stream_ids_of(desired, streams),
    }
    if desired.target_stream is not None:
        settings.update(topic_type=TOPIC_TYPES["DIS"], topic_name=desired.target_stream)
    elif desired.topic_name is not None:
        settings.update(topic_type=TOPIC_TYPES["SMN"], topic_name=desired.topic_name, topic_urn=desired.topic_urn)
    return {name: value for name, value in settings.items() if value is not None}


OPTIONS = {"event_ids": "events", "stream_ids": "streams"}
"""Options with another name than the setting."""


def option_names(desired: DesiredSubscription, names: List[str]) -> List[str]:
    """Return the options that specify settings."""
    target = "target_stream" if desired.target_stream is not None else "topic_name"
    options = {**OPTIONS, "topic_type": target, "topic_name": target}
    return list(dict.fromkeys(options.get(name, name) for name in names))


def equal(name: str, one: Any, other: Any, all_ids: Set[str]) -> bool:
    """Whether two values of a setting are equal.

    The list of subscriptions contains all stream IDs if a subscription is for all streams.
    """
    if name != "stream_ids":
        return bool(one == other)
    return set(one) == set(other) or (covers_all(one, all_ids) and covers_all(other, all_ids))


def covers_all(stream_ids: Tuple[str, ...], all_ids: Set[str]) -> bool:
    """Whether stream IDs mean all streams."""
    return not stream_ids or set(stream_ids) >= all_ids


def differing(settings: Mapping[str, Any], observed: Subscription, all_ids: Set[str]) -> List[str]:
    """Return the names of the settings whose value the service returns and that differ."""
    known = {name: getattr(observed, name) for name in settings}
    return [
        name
        for name, value in settings.items()
        if known[name] is not None and not equal(name, value, known[name], all_ids)
    ]


def plan(
    desired: DesiredSubscription,
    observed: Optional[Subscription],
    streams: Mapping[str, str],
    room: Optional[int] = None,
) -> Plan[Subscription]:
    """Plan the ordered actions from the observed to the desired state.

    :param observed: None if the subscription does not exist
    :param streams: IDs of the streams of the project by name
    :param room: number of subscriptions that can be created; None if the service does not report it
    :raises InvalidOptions: if an option is missing that is required to create the subscription
    :raises UnknownSettingError: if an update requires a setting that the service does not return
    :raises SubscriptionQuotaExceeded: if no subscription can be created
    :raises StreamNotFound: if a stream does not exist
    """
    if desired.state == "absent":
        return Plan((), None, None) if observed is None else Plan((Delete(observed),), observed, None)
    settings = specified(desired, streams)
    if observed is None:
        return plan_create(desired, settings, room)
    all_ids = set(streams.values())
    unverified = option_names(desired, [name for name in settings if getattr(observed, name) is None])
    changed = differing(settings, observed, all_ids)
    if not changed:
        return Plan((), observed, observed, tuple(unverified))
    goal = merged(settings, observed, all_ids)
    unknown = [name for name in REQUIRED if getattr(goal, name) is None]
    if unknown:
        missing = join_names("topic_name or target_stream" if name.startswith("topic") else name for name in unknown)
        raise UnknownSettingError(
            f"Cannot update the {desired}: the service does not report its {missing}, which the request requires."
            " Nothing was changed.",
            f"Specify {missing} too.",
        )
    return Plan((Update(goal),), observed, goal, tuple(unverified))


def plan_create(desired: DesiredSubscription, settings: Mapping[str, Any], room: Optional[int]) -> Plan[Subscription]:
    """Plan to create the subscription."""
    missing = ["events"] if "event_ids" not in settings else []
    missing += ["topic_name or target_stream"] if "topic_type" not in settings else []
    if missing:
        raise InvalidOptions(f"{join_names(missing)} is required to create the {desired}. Nothing was sent.")
    if room is not None and room <= 0:
        raise SubscriptionQuotaExceeded(
            f"Cannot create the {desired}: the project has the maximum number of event subscriptions. Nothing was"
            " sent.",
            "Delete an unused subscription; event_subscription_info lists them.",
        )
    created = Subscription(desired.subscription_name, **{"enabled": True, "stream_ids": (), **settings})
    return Plan((Create(created),), None, created)


def merged(settings: Mapping[str, Any], observed: Subscription, all_ids: Set[str]) -> Subscription:
    """Return the observed subscription with other settings, for a complete request.

    The URN of another target is dropped. A subscription that covers all streams remains one for all streams.
    """
    goal = observed
    target = settings.get("topic_type"), settings.get("topic_name")
    if target not in ((None, None), (observed.topic_type, observed.topic_name)):
        goal = goal._replace(topic_urn=None)
    if observed.stream_ids is not None and covers_all(observed.stream_ids, all_ids):
        goal = goal._replace(stream_ids=())
    return goal._replace(**settings)


class Listing(NamedTuple):
    """All event subscriptions of a project.

    :ivar quota: maximum number; None if the service does not return it
    """

    subscriptions: Tuple[Subscription, ...]
    quota: Optional[int]

    @property
    def room(self) -> Optional[int]:
        """Number of subscriptions that can be created; None if the service does not report a quota."""
        return None if self.quota is None else self.quota - len(self.subscriptions)


class SubscriptionClient(EventClient):
    """Client for event subscriptions."""

    def list_event_subscriptions(self) -> Listing:
        """``GET /v1/{project_id}/event-subs``."""
        quotas: List[Optional[int]] = []

        def page(start: Optional[str]) -> Dict[str, Any]:
            response = self.read("list event subscriptions", "/event-subs", None, "v1")
            validate_response("list event subscriptions", response, {}, numbers("quota", "used"))
            quotas.append(int_or_none(response.get("quota")))
            return response

        entries = paginate(
            page,
            "eventSubscriptions",
            "id",
            (),
            PLAIN_NAME,
            api_timeout=self.timeout,
            again=self.retry_budget.allows,
            total=lambda response: int_or_none(response.get("used")),
        )
        unnamed = [entry for entry in entries if not text_or_none(entry.get("name"))]
        if unnamed:
            raise UnexpectedResponse("The list of event subscriptions has an entry without a name.")
        return Listing(tuple(read_subscription(entry) for entry in entries), quotas[-1])

    def create_event_subscription(self, subscription: Subscription) -> None:
        """``POST /v1/{project_id}/event-subs``."""
        self.send(f"create {subscription}", "POST", "/event-subs", to_body(subscription), version="v1")

    def update_event_subscription(self, subscription: Subscription) -> None:
        """``PUT /v1/{project_id}/event-subs/{subscription_id}``."""
        path = f"/event-subs/{subscription.subscription_id}"
        self.send(f"update {subscription}", "PUT", path, to_body(subscription), version="v1")

    def delete_event_subscription(self, subscription: Subscription) -> None:
        """``DELETE /v1/{project_id}/event-subs/{subscription_id}``."""
        path = f"/event-subs/{subscription.subscription_id}"
        self.send(f"delete {subscription}", "DELETE", path, version="v1")

    def stream_ids(self) -> Dict[str, str]:
        """Return the IDs of the streams of the project by name, as far as lists contain them."""
        return {one.stream_name: one.stream_id for one in self.list_all_streams() if one.stream_id is not None}


class SubscriptionTarget(Target[Subscription]):
    """Reconciliation of one event subscription."""

    def __init__(self, api: SubscriptionClient, desired: DesiredSubscription, run: Progress[Subscription]) -> None:
        self.api, self.run = api, run
        self.desired = desired
        self.listing = Listing((), None)
        self.known_streams: Optional[Dict[str, str]] = None

    def __str__(self) -> str:
        return str(self.desired)

    @property
    def streams(self) -> Dict[str, str]:
        """IDs of the streams by name; in check mode also those that earlier tasks would create, by their name."""
        if self.known_streams is None:
            planned = self.api.memory.planned(STREAMS)
            assumed = {name: name for name, exists in planned.items() if exists}
            found = {name: one for name, one in self.api.stream_ids().items() if planned.get(name) is not False}
            self.known_streams = {**assumed, **found}
        return self.known_streams

    def read(self) -> Optional[Subscription]:
        self.listing = self.api.list_event_subscriptions()
        name = self.desired.subscription_name
        found = [one for one in self.listing.subscriptions if one.subscription_name == name]
        if len(found) > 1:
            raise UnexpectedResponse(
                f"The service lists {len(found)} event subscriptions with the name {name}.",
                "Delete all but one of them in the console.",
            )
        return found[0] if found else None

    def plan(self, observed: Optional[Subscription]) -> Plan[Subscription]:
        needs_streams = self.desired.streams is not None or (observed is not None and observed.stream_ids)
        return plan(self.desired, observed, self.streams if needs_streams else {}, self.listing.room)

    def streams_of(self, subscription: Subscription) -> Dict[str, str]:
        """Return the IDs of the streams by name, requested only if the subscription refers to streams."""
        return self.streams if subscription.stream_ids else {}

    def is_conflict(self, verb: str, err: DisError) -> bool:
        """The codes for a name in use and an unknown ID are not documented: a read decides."""
        if not isinstance(err, ApiError) or not (err.is_bare_404 or err.is_request_error):
            return False
        observed = self.read()
        before = self.run.plan.before
        return (observed and observed.subscription_id) != (before and before.subscription_id)

    def status(self, observed: Optional[Subscription]) -> WaitStatus:
        return WaitStatus.PENDING if observed is None or self.not_applied(observed) else WaitStatus.READY

    def not_applied(self, observed: Subscription) -> List[str]:
        """Return the settings that were written and differ, each with both values."""
        after = self.run.plan.after
        if after is None:
            return []
        settings = {name: getattr(after, name) for name in SETTINGS if getattr(after, name) is not None}
        streams = {**self.streams_of(after), **self.streams_of(observed)}
        names = differing(settings, observed, set(streams.values()))
        results = [to_result(one, streams) or {} for one in (after, observed)]
        return describe_differences(option_names(self.desired, names), results[0], results[1])

    def timeout_error(self, observed: Optional[Subscription], elapsed: float) -> DisError:
        accepted = f"The service accepted the {' and '.join(self.run.done)}, but after {elapsed:.0f} seconds"
        if observed is None or self.run.plan.after is None:
            finding = "does not exist" if observed is None else "still exists"
            return NotApplied(f"{accepted} the {self.desired} {finding}.", "Rerun the task.")
        return NotApplied(
            f"{accepted} it returns other settings of the {self.desired}: {', '.join(self.not_applied(observed))}.",
            "Rerun the task, which updates the subscription; if it persists, the region does not apply these settings.",
        )

    def to_result(self, resource: Optional[Subscription]) -> Any:
        return None if resource is None else to_result(resource, self.streams_of(resource))

    def to_diff(self, resource: Optional[Subscription]) -> Optional[Dict[str, Any]]:
        return None if resource is None else to_diff(resource, self.streams_of(resource))

    def unverified(self, observed: Subscription) -> Tuple[str, ...]:
        streams = self.streams if self.desired.streams is not None else {}
        missing = [name for name in specified(self.desired, streams) if getattr(observed, name) is None]
        return tuple(option_names(self.desired, missing))


class Subscriptions:
    """The resource of the module ``event_subscription``."""

    spec = Spec(
        {
            "subscription_name": {"type": "str", "required": True, "aliases": ["name"]},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "enabled": {"type": "bool"},
            "events": {"type": "list", "elements": "str", "choices": list(EVENTS)},
            "streams": {"type": "list", "elements": "str"},
            "topic_name": {"type": "str"},
            "topic_urn": {"type": "str"},
            "target_stream": {"type": "str"},
        },
        {
            "required_together": [("topic_name", "topic_urn")],
            "mutually_exclusive": [("topic_name", "target_stream"), ("topic_urn", "target_stream")],
        },
    )

    def prepare(self, params: Mapping[str, Any], files: Any) -> Reconciler[Subscription]:
        """Return the reconciler of one event subscription.

        :raises InvalidOptions: if an option is invalid
        """
        desired = desired_from(params)
        return Reconciler(
            "event_subscription", SubscriptionClient, lambda api, run: SubscriptionTarget(api, desired, run), AT_ONCE
        )
