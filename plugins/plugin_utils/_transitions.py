# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transitions of transfer tasks between the reported and the observed state. Private to otc.dis."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple, Optional

from ..module_utils._resources.events import Event

FAILED, STALE, STOPPED, RUNNING, UNKNOWN = "failed", "stale", "stopped", "running", "unknown"
"""Conditions of a task."""
CREATED, GONE, CHANGED, STARTED, RECOVERED = "created", "gone", "changed", "started", "recovered"
UNREACHABLE = "unreachable"
EVENTS = (FAILED, RECOVERED, STALE, STOPPED, STARTED, CREATED, GONE, CHANGED, UNREACHABLE)

NOTICE_KINDS = {"task_abnormal": FAILED, "task_restored": RECOVERED}
"""Transitions by the type of the event of the service."""

Key = tuple[str, str]
"""Name of the stream and of the task."""


class Observed(NamedTuple):
    """Transfer task as observed by a poll.

    :ivar identity: differs between two tasks with the same name; None if unknown
    :ivar health: as transfer_health_info returns it
    :ivar settings: a digest for each setting
    """

    destination_type: str
    identity: Optional[str]
    state: Optional[str]
    health: str
    reason: Optional[str]
    waiting_records: Optional[int]
    settings: Mapping[str, str]


class Notice(NamedTuple):
    """Event of the service about a task.

    :ivar kind: FAILED or RECOVERED
    :ivar since: time of the event by the clock of the service, in seconds since the epoch
    :ivar identity: identifies the event
    """

    kind: str
    since: float
    reason: Optional[str]
    identity: str = ""


class Record(NamedTuple):
    """Reported state of a task.

    :ivar condition: the last known one
    :ivar since: time at which the condition was found, in seconds since the epoch
    :ivar repeated: time of the last event about the condition
    :ivar failures: failures since the last period in which the task worked
    :ivar recovered: end of the last failure
    :ivar expected: transitions that a poll found, each with the time until which the service may still list an event
        about it
    """

    destination_type: str
    identity: Optional[str]
    state: Optional[str]
    condition: str
    since: float
    repeated: float
    settings: Mapping[str, str]
    failures: int = 0
    recovered: Optional[float] = None
    expected: tuple[tuple[str, float], ...] = ()


MAX_AHEAD = 86_400.0
"""Seconds by which the time of an event may be ahead of the local clock; otherwise, the local time is used."""
LATE = 600.0
"""Seconds for which the service may list an event later than a poll finds the transition."""


class Policy(NamedTuple):
    """Options of the events.

    :ivar repeat_after: seconds after which an event about a failed or stale task is repeated; 0 for never
    :ivar reset_after: seconds without a failure after which failures are counted from 1 again
    :ivar host_prefix: prefix of host names, as in the inventory
    """

    repeat_after: float = 0.0
    reset_after: float = 3600.0
    host_prefix: str = ""


class Step(NamedTuple):
    """One transition.

    :ivar record: reported state after the event; None if the task is deleted
    :ivar event: None if the transition is not reported
    :ivar notice: event of the service that is processed by this step
    """

    key: Key
    record: Optional[Record]
    event: Optional[dict[str, Any]] = None
    notice: Optional[Notice] = None


def condition_of(task: Observed, known: str) -> str:
    """Return the condition of a task.

    :param known: the last known condition, which holds as long as the service returns nothing that decides
    """
    if task.health == FAILED:
        return FAILED
    if task.state == "PAUSED":
        return STOPPED
    if task.state == "RUNNING":
        if task.health == UNKNOWN:
            return STALE if known == STALE else RUNNING
        return STALE if task.health == STALE else RUNNING
    return known


def name_of(condition: str, before: str) -> str:
    """Return the event for a change of condition."""
    if condition != RUNNING:
        return condition
    return STARTED if before in (STOPPED, UNKNOWN) else RECOVERED


def first_record(task: Observed, now: float) -> Record:
    """Return the record of a task without reported events."""
    condition = condition_of(task, UNKNOWN)
    failed = condition == FAILED
    return Record(
        task.destination_type, task.identity, task.state, condition, now, now, task.settings, int(failed), None
    )


def event_of(
    name: str,
    key: Optional[Key],
    record: Optional[Record],
    task: Optional[Observed],
    now: float,
    policy: Policy,
    **more: Any,
) -> dict[str, Any]:
    """Return an event for rulebooks.

    :param key: None for an event about the service as a whole
    :param record: what had been reported before
    """
    stream, task_name = key or (None, None)
    since = more.pop("since", now)
    identity = task.identity if task else record.identity if record else None
    payload = {
        "event": name,
        "stream_name": stream,
        "task_name": task_name,
        "destination_type": task.destination_type if task else record.destination_type if record else None,
        "state": task.state if task else None,
        "previous_state": record.state if record else None,
        "since": datetime.fromtimestamp(since, timezone.utc).isoformat(timespec="seconds"),
        "reason": task.reason if task and name in (FAILED, STALE) else None,
        "waiting_records": task.waiting_records if task else None,
        "changed_settings": [],
        "failures": 0,
        "initial": False,
        **more,
    }
    text = json.dumps([name, stream, task_name, identity, since, now, payload["changed_settings"]])
    payload["id"] = hashlib.sha256(text.encode()).hexdigest()[:32]
    event: dict[str, Any] = {"dis": payload}
    if stream is not None:
        event["meta"] = {"hosts": policy.host_prefix + stream}
    return event


def next_step(
    key: Key, record: Optional[Record], task: Optional[Observed], now: float, policy: Policy
) -> Optional[Step]:
    """Return the next transition of a task; None if everything has been reported.

    :param now: seconds since the epoch
    """
    if task is None:
        return None if record is None else Step(key, None, event_of(GONE, key, record, None, now, policy))
    if record is None:
        new = first_record(task, now)
        if new.condition in (FAILED, STALE):  # reported by the next step
            new = new._replace(condition=RUNNING, failures=0)
        return Step(key, new, event_of(CREATED, key, None, task, now, policy))
    if record.identity and task.identity and record.identity != task.identity:
        return Step(key, None, event_of(GONE, key, record, None, now, policy))
    condition = condition_of(task, record.condition)
    if condition != record.condition:
        return changed_condition(key, record, task, condition, now, policy)
    names = sorted(
        name for name in record.settings if task.settings.get(name, record.settings[name]) != record.settings[name]
    )
    settings = {**record.settings, **task.settings}
    if names:
        event = event_of(CHANGED, key, record, task, now, policy, changed_settings=names)
        return Step(key, record._replace(settings=settings, state=task.state), event)
    if condition in (FAILED, STALE) and policy.repeat_after and now - record.repeated >= policy.repeat_after:
        failures = record.failures + (condition == FAILED)
        event = event_of(condition, key, record, task, now, policy, since=record.since, failures=failures)
        return Step(key, record._replace(repeated=now, failures=failures, state=task.state), event)
    unreported = record._replace(settings=settings, state=task.state, identity=record.identity or task.identity)
    return None if unreported == record else Step(key, unreported)


def changed_condition(
    key: Key,
    record: Record,
    task: Observed,
    condition: str,
    now: float,
    policy: Policy,
    notice: Optional[Notice] = None,
) -> Step:
    """Return the transition to another condition.

    :param notice: event of the service that reports it; None if a poll found it
    """
    failures, recovered = record.failures, record.recovered
    expected = [entry for entry in record.expected if entry[1] > now]
    if notice is None:
        expected += [(FAILED, now + LATE)] * (condition == FAILED)
        expected += [(RECOVERED, now + LATE)] * (record.condition == FAILED)
    since = now if notice is None else notice.since
    if record.condition == FAILED:
        recovered = now
    if condition == FAILED:
        worked = recovered is not None and now - recovered >= policy.reset_after
        failures = 1 if worked else failures + 1
    event = event_of(
        name_of(condition, record.condition), key, record, task, now, policy, since=since, failures=failures
    )
    new = record._replace(
        condition=condition,
        state=task.state,
        since=since,
        repeated=now,
        failures=failures,
        recovered=recovered,
        expected=tuple(expected),
    )
    return Step(key, new, event)


def notice_step(key: Key, record: Record, task: Observed, notice: Notice, now: float, policy: Policy) -> Optional[Step]:
    """Return the transition that an event of the service reports; None if a poll has reported it.

    :param task: the task as observed after the event was listed
    """
    expected = [entry for entry in record.expected if entry[1] > now]
    known = next((entry for entry in expected if entry[0] == notice.kind), None)
    if known is not None:
        expected.remove(known)
        return Step(key, record._replace(expected=tuple(expected)))
    if notice.kind == FAILED and record.condition in (RUNNING, STALE):
        failed = task._replace(state="ABNORMAL", health=FAILED, reason=notice.reason)
        return changed_condition(key, record, failed, FAILED, now, policy, notice)
    if notice.kind == RECOVERED and record.condition == FAILED:
        restored = task._replace(state="RUNNING", health="ok", reason=None)
        return changed_condition(key, record, restored, RUNNING, now, policy, notice)
    return None


def transitions(
    records: Mapping[Key, Record],
    tasks: Mapping[Key, Observed],
    now: float,
    policy: Policy,
    notices: Optional[Mapping[Key, Sequence[Notice]]] = None,
) -> Iterator[Step]:
    """Return all transitions from the reported to the observed state, in order.

    :param now: seconds since the epoch
    :param notices: new events of the service for each task, oldest first, listed before the tasks were observed
    """
    for key in sorted({*records, *tasks}):
        record, task = records.get(key), tasks.get(key)
        for notice in (notices or {}).get(key, ()):
            replaced = record and task and record.identity and task.identity and record.identity != task.identity
            if record is None or task is None or replaced:
                break
            step = notice_step(key, record, task, notice, now, policy)
            if step is not None:
                yield step._replace(notice=notice)
                record = step.record
        while True:
            step = next_step(key, record, tasks.get(key), now, policy)
            if step is None:
                break
            yield step
            record = step.record


def initial_steps(tasks: Mapping[Key, Observed], now: float, policy: Policy, report: bool) -> Iterator[Step]:
    """Return the steps of the first poll.

    :param report: whether they are events
    """
    for key, task in sorted(tasks.items()):
        record = first_record(task, now)
        name = name_of(record.condition, UNKNOWN)
        event = None
        if report and name in EVENTS:
            event = event_of(name, key, None, task, now, policy, initial=True, failures=record.failures)
        yield Step(key, record, event)


def assign(events: Iterable[Event], tasks: Mapping[Key, Observed], now: float) -> dict[Key, list[Notice]]:
    """Return the events about each task, oldest first; an event that no single task matches is omitted.

    An event matches a task by its ID, or else by its name, if only one of the tasks has this name.
    """
    by_id = {task.identity: key for key, task in tasks.items() if task.identity}
    by_name: dict[str, list[Key]] = {}
    for key in tasks:
        by_name.setdefault(key[1], []).append(key)
    found: dict[Key, list[Notice]] = {}
    for event in sorted(events, key=lambda one: one.occur_time or 0):
        named = by_name.get(event.source_name or "", [])
        match = by_id.get(event.source_id or "") or (named[0] if len(named) == 1 else None)
        kind = NOTICE_KINDS.get(event.event or "")
        if match is not None and kind is not None:
            when = event.occur_time
            is_valid = when is not None and 0 <= when <= (now + MAX_AHEAD) * 1000
            since = when / 1000 if when is not None and is_valid else now
            found.setdefault(match, []).append(Notice(kind, since, event.description, event_key(event)))
    return found


def event_key(event: Event) -> str:
    """Return a string that identifies an event of the service."""
    return event.event_id or f"{event.event} {event.source_id or event.source_name} {event.occur_time}"


def digests(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return a digest of each setting, for comparison."""
    return {
        name: hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]
        for name, value in settings.items()
    }


class State(NamedTuple):
    """Content of a state file.

    :ivar outage: start of an outage that has been reported
    :ivar seen: events of the service that have been processed, with their time in milliseconds; None before the first
    """

    records: dict[Key, Record]
    outage: Optional[float] = None
    seen: Optional[dict[str, int]] = None


def dump(state: State) -> str:
    """Return the content of a state file."""
    tasks = [[*key, record._asdict()] for key, record in sorted(state.records.items())]
    return json.dumps({"version": 1, "outage": state.outage, "events": state.seen, "tasks": tasks}, indent=1)


def load(text: str) -> State:
    """Parse a state file.

    :raises ValueError: it is not a state file
    """
    try:
        data = json.loads(text)
        if data["version"] != 1:
            raise ValueError("another version")
        outage, seen = data["outage"], data.get("events")
        records = {
            (stream, task): Record(**{**record, "expected": tuple(map(tuple, record.get("expected", ())))})
            for stream, task, record in data["tasks"]
        }
        seen = None if seen is None else {str(name): int(when) for name, when in seen.items()}
        return State(records, outage and float(outage), seen)
    except (AttributeError, KeyError, TypeError, RecursionError) as err:
        raise ValueError(str(err)) from None
