# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event source of transfer tasks: poll, and queue the transitions since the last event. Private to otc.dis."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from typing import Any, Optional

from ..module_utils._core.errors import ApiError, DisError, InvalidOptions
from ..module_utils._core.plan import Spec
from ..module_utils._queries.health import HealthClient, find_health, matches
from ..module_utils._queries.health import Query as HealthQuery
from ..module_utils._queries.health import query_of as health_query_of
from ..module_utils._queries.transfer_tasks import details
from ..module_utils._resources.events import MAX_EVENTS, Event, EventClient
from ..module_utils._resources.transfer_task import TransferTask, to_result
from ._event_session import Session, logger, pause_after, seconds
from ._inventory import check_host_prefix
from ._transitions import (
    EVENTS,
    NOTICE_KINDS,
    RECOVERED,
    UNREACHABLE,
    Key,
    Observed,
    Policy,
    Record,
    State,
    Step,
    assign,
    digests,
    dump,
    event_key,
    event_of,
    initial_steps,
    load,
    transitions,
)

FACTS = frozenset({"stream_name", "task_name", "destination_type", "state", "task_id", "stream_id", "partitions"})
FACTS |= {"create_time", "last_transfer_timestamp"}
"""Members of a task that are not settings."""


class TaskClient(HealthClient):
    """Transfer tasks and their health.

    :ivar shown: details of the tasks that have been requested
    """

    def __init__(self, api: Any) -> None:
        super().__init__(api)
        self.shown: dict[Key, Optional[TransferTask]] = {}

    def show_transfer_task(self, stream: str, task: str) -> Optional[TransferTask]:
        """Request a task like the modules, but only once."""
        if (stream, task) not in self.shown:
            self.shown[stream, task] = super().show_transfer_task(stream, task)
        return self.shown[stream, task]


SPEC = Spec(
    {
        "streams": {"type": "list", "elements": "str"},
        "task_pattern": {"type": "str"},
        "interval": {"type": "str", "default": "60"},
        "stale_after": {"type": "str", "default": "1h"},
        "events": {"type": "list", "elements": "str", "choices": list(EVENTS)},
        "repeat_after": {"type": "str", "default": "0"},
        "reset_after": {"type": "str", "default": "1h"},
        "initial": {"type": "bool", "default": False},
        "state_file": {"type": "path"},
        "host_prefix": {"type": "str", "default": ""},
    }
)


def observe(api: TaskClient, query: HealthQuery, now: float) -> dict[Key, Observed]:
    """Return the current transfer tasks.

    :raises DisError: a request failed
    """
    found = {}
    for stream in find_health(api, query, now)["streams"]:
        for task in stream["tasks"]:
            key = (stream["stream_name"], task["task_name"])
            whole = details(api, *key)
            facts = to_result(whole) or {}
            identity = facts.get("task_id") or facts.get("create_time")
            found[key] = Observed(
                task["destination_type"],
                None if identity is None else str(identity),
                task["state"],
                task["health"],
                task["reason"],
                task["waiting_records"],
                digests({name: value for name, value in facts.items() if name not in FACTS and value is not None}),
            )
    return found


MIN_EVENT_INTERVAL = 5.0
"""Minimum seconds between two requests for the events of the service."""
MAX_SEEN = 10 * MAX_EVENTS
"""Maximum number of processed events that are stored."""
NOT_OFFERED_PAUSE = 3600.0
"""Seconds until events are requested again from a service that does not offer them."""


class TaskSource:
    """Poller of transfer tasks with the state of the reported events.

    :ivar records: None before the first poll
    :ivar outage: start of an outage that has been reported
    :ivar seen: events of the service that have been processed, with their times; None before the first list
    :ivar listed: all events of the last poll, in the same format
    """

    def __init__(self, args: Mapping[str, Any]) -> None:
        """Read the options and the state file.

        :raises InvalidOptions: an option is invalid, or the state file cannot be read
        """
        self.session = Session("otc.dis.transfer_tasks", SPEC, args)
        params = self.session.params
        self.interval = self.pause = seconds(params, "interval", 1, 86400)
        self.query = health_query_of({**params, "history": "0", "dead_letters": False})
        check_host_prefix(params["host_prefix"])
        repeat, reset = (seconds(params, name, 0, 30 * 86400) for name in ("repeat_after", "reset_after"))
        self.policy = Policy(repeat, reset, params["host_prefix"])
        self.state_file = params["state_file"]
        self.records: Optional[dict[Key, Record]] = None
        self.outage: Optional[float] = None
        self.seen: Optional[dict[str, int]] = None
        self.listed: Optional[dict[str, int]] = None
        self.next_listing = 0.0
        self.event_interval = max(MIN_EVENT_INTERVAL, self.interval / 4)
        self.saved = ""
        if self.state_file and os.path.exists(self.state_file):
            self.load()

    def load(self) -> None:
        """Load the state of an earlier process.

        :raises InvalidOptions: the state file cannot be read
        """
        try:
            with open(self.state_file, encoding="utf-8") as file:
                records, self.outage, self.seen = load(file.read())
        except (OSError, ValueError) as err:
            raise InvalidOptions(
                f"state_file {self.state_file} cannot be read ({type(err).__name__}).",
                "Delete the file to begin without earlier states.",
            ) from None
        self.records = {key: record for key, record in records.items() if self.selects(key)}

    def selects(self, key: Key) -> bool:
        """Whether the options select a task."""
        pattern = self.query.task_pattern
        return matches(key[0], self.query.streams) and (pattern is None or matches(key[1], (pattern,)))

    def poll(self) -> list[Step]:
        """Return the transitions since the last poll. A failed poll starts an outage.

        :raises InvalidOptions: an option is invalid, before the first successful poll
        """
        self.pause = self.interval
        try:
            with self.session.client(TaskClient) as api:
                events = self.list_events(api)
                tasks = observe(api, self.query, time.time())
        except DisError as err:
            if isinstance(err, InvalidOptions) and self.records is None:
                raise
            self.pause, self.listed = pause_after(err, self.interval), None
            return [] if self.outage is not None else [self.outage_step(UNREACHABLE, self.session.describe(err))]
        now = time.time()
        steps = [] if self.outage is None else [self.outage_step(RECOVERED, None)]
        if self.records is None:
            return steps + list(initial_steps(tasks, now, self.policy, self.session.params["initial"]))
        return steps + list(transitions(self.records, tasks, now, self.policy, assign(events, tasks, now)))

    def list_events(self, api: TaskClient) -> list[Event]:
        """Return the events of the service about transfer tasks that have not been processed.

        The first list is the baseline. A failed request is not an outage: polls find the transitions, too.
        """
        self.listed = None
        if time.monotonic() < self.next_listing:
            return []
        try:
            listed, _truncated = EventClient(api.api).list_events()
        except DisError as err:
            if isinstance(err, ApiError) and (err.means_not_offered or err.status == 403):
                self.next_listing = time.monotonic() + NOT_OFFERED_PAUSE
            return []
        events = {event_key(event): event for event in listed[:MAX_EVENTS] if event.event in NOTICE_KINDS}
        seen = self.seen or {}
        others = {name: when for name, when in seen.items() if name not in events}
        self.listed = {**others, **{name: event.occur_time or 0 for name, event in events.items()}}
        return [] if self.seen is None else [event for name, event in events.items() if name not in seen]

    def has_new_events(self) -> bool:
        """Whether the service lists events that have not been processed. A failure is left to the next poll."""
        if self.outage is not None or self.seen is None or time.monotonic() < self.next_listing:
            return False
        try:
            with self.session.client(TaskClient) as api:
                return bool(self.list_events(api))
        except DisError:
            return False

    def accept_events(self) -> None:
        """Mark the events of the last poll as processed."""
        if self.listed is not None:
            self.seen = dict(list(self.listed.items())[-MAX_SEEN:])

    def outage_step(self, name: str, reason: Optional[str]) -> Step:
        """Return the start or end of an outage."""
        now = time.time()
        states = (UNREACHABLE, "reachable") if name == UNREACHABLE else ("reachable", UNREACHABLE)
        event = event_of(
            name, None, None, None, now, self.policy, reason=reason, state=states[0], previous_state=states[1]
        )
        return Step(("", ""), None, event)

    def wants(self, step: Step) -> bool:
        """Whether the options select the event of a step."""
        wanted = self.session.params["events"]
        return step.event is not None and (not wanted or step.event["dis"]["event"] in wanted)

    def accept(self, step: Step) -> None:
        """Mark a step as reported."""
        if step.event is not None and step.event["dis"]["stream_name"] is None:
            self.outage = time.time() if step.event["dis"]["event"] == UNREACHABLE else None
            return
        if step.notice is not None and self.seen is not None:
            self.seen[step.notice.identity] = int(step.notice.since * 1000)
        records = self.records if self.records is not None else {}
        if step.record is None:
            records.pop(step.key, None)
        else:
            records[step.key] = step.record
        self.records = records

    def save(self) -> None:
        """Write the state file if the state has changed."""
        if not self.state_file or self.records is None:
            return
        text = dump(State(self.records, self.outage, self.seen))
        if text == self.saved:
            return
        try:
            with open(f"{self.state_file}.new", "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(f"{self.state_file}.new", self.state_file)
            self.saved = text
        except OSError as err:
            logger.error("state_file %s cannot be written (%s)", self.state_file, err.strerror)


async def wait(source: TaskSource) -> None:
    """Wait for the next poll, which is due at once if the service lists a new event."""
    end = time.monotonic() + source.pause
    while (left := end - time.monotonic()) > 0:
        await asyncio.sleep(min(left, source.event_interval))
        if left > source.event_interval and await asyncio.to_thread(source.has_new_events):
            return


async def run_tasks(queue: Any, args: Mapping[str, Any]) -> None:
    """Queue the transitions of transfer tasks until cancelled.

    :raises InvalidOptions: an option is invalid
    """
    source = TaskSource(args)
    try:
        while True:
            steps = await asyncio.to_thread(source.poll)
            for step in steps:
                if source.wants(step):
                    await queue.put(step.event)
                source.accept(step)
            if source.records is None and source.outage is None:
                source.records = {}  # a first poll that found no tasks
            source.accept_events()
            source.save()
            await wait(source)
    finally:
        source.save()
