# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Projects, streams and transfer tasks: the state machine. Pure Python; the clock comes in from outside.

Nothing runs in the background. A state that changes by itself is stored with the time of the change, and every
access first lets the past happen (``Stream.advance``).
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from otc_emulator.identity import Domain, Identity
from otc_emulator.surroundings import DliTable, Surroundings

GONE = "GONE"
RUNNING = "RUNNING"
TASK_STATES = ("ERROR", "STARTING", "PAUSED", "RUNNING", "DELETE", "ABNORMAL")
STREAM_STATES = ("CREATING", "RUNNING", "TERMINATING", "TERMINATED", "FROZEN")
HASH_END = 9223372036854775807
_ALPHABET = string.ascii_letters + string.digits


def new_id() -> str:
    """An id as DIS makes them: 19 letters and digits."""
    return "".join(random.choices(_ALPHABET, k=19))


def partition_name(number: int) -> str:
    """The long form of a partition id."""
    return f"shardId-{number:010d}"


@dataclass
class Phase:
    """A state that may turn into another one at a known time."""

    value: str
    then: str | None = None
    due: float = 0.0

    def at(self, now: float) -> str:
        """The state now; a change that is due becomes final."""
        if self.then is not None and now >= self.due:
            self.value, self.then = self.then, None
        return self.value


def phase_after(value: str, then: str, delay: float, now: float) -> Phase:
    """*value* for *delay* seconds, then *then*; without a delay at once."""
    return Phase(value, then, now + delay) if delay > 0 else Phase(then)


@dataclass
class TransferTask:
    """A transfer task: what it is set to, and how far it has come in each partition."""

    task_id: str
    task_name: str
    destination_type: str
    settings: dict[str, Any]
    create_time: int
    phase: Phase
    positions: list[int]
    last_transfer_timestamp: int | None = None
    updates: int = 0

    def view(self, now: float) -> dict[str, Any]:
        """Everything, for the control API."""
        return {
            "task_id": self.task_id,
            "task_name": self.task_name,
            "destination_type": self.destination_type,
            "state": self.phase.at(now),
            "settings": dict(self.settings),
            "create_time": self.create_time,
            "last_transfer_timestamp": self.last_transfer_timestamp,
            "last_transfer_offsets": list(self.positions),
            "updates": self.updates,
        }


@dataclass
class Shipment:
    """Records ``[first, end)`` of a partition that a task has carried to its destination."""

    task_id: str
    task_name: str
    partition: int
    first: int
    end: int


@dataclass
class Stream:
    """A stream, its transfer tasks, and what they have shipped.

    ``latest_offset`` is where the next record of each partition will go, ``earliest_offset`` the oldest one kept.
    Tasks ship as far as ``transferable_offset`` (None: up to the newest record), which stands for full intervals.
    """

    stream_name: str
    stream_id: str
    create_time: int
    phase: Phase
    partition_count: int = 1
    stream_type: str = "COMMON"
    data_type: str = "BLOB"
    retention_period: int = 24
    extras: dict[str, Any] = field(default_factory=dict)
    earliest_offset: int = 0
    latest_offset: int = 0
    transferable_offset: int | None = None
    tasks: dict[str, TransferTask] = field(default_factory=dict)
    shipments: list[Shipment] = field(default_factory=list)

    def advance(self, now: float) -> None:
        """Let everything happen that is due: deleted tasks vanish, running ones ship."""
        end = self.latest_offset
        if self.transferable_offset is not None:
            end = min(end, self.transferable_offset)
        for task in list(self.tasks.values()):
            state = task.phase.at(now)
            if state == GONE:
                del self.tasks[task.task_name]
            elif state == RUNNING:
                for partition, position in enumerate(task.positions):
                    if end > position:
                        self._ship(task, partition, position, end, now)

    def _ship(self, task: TransferTask, partition: int, first: int, end: int, now: float) -> None:
        task.positions[partition] = end
        task.last_transfer_timestamp = int(now * 1000)
        self.shipments.append(Shipment(task.task_id, task.task_name, partition, first, end))

    def first_offset(self, consumer_strategy: str) -> int:
        """Where a task that is created now begins to read."""
        return self.earliest_offset if consumer_strategy == "TRIM_HORIZON" else self.latest_offset

    def put_task(self, name: str, kind: str, settings: dict[str, Any], phase: Phase, now: float) -> TransferTask:
        """Add a task (in place of one of that name), without asking whether the service would."""
        start = self.first_offset(settings.get("consumer_strategy", "LATEST"))
        task = TransferTask(
            new_id(), name, kind, dict(settings), int(now * 1000), phase, [start] * self.partition_count
        )
        self.tasks[name] = task
        return task

    def hash_range(self, number: int) -> str:
        """The share of the hash keys that falls to a partition, when all are evenly split."""
        step = HASH_END // self.partition_count
        last = HASH_END if number == self.partition_count - 1 else (number + 1) * step - 1
        return f"[{number * step} : {last}]"

    def sequence_number_range(self) -> str:
        """Oldest record kept and next record to come, the same in every partition."""
        return f"[{self.earliest_offset} : {self.latest_offset}]"

    def task_by_id(self, task_id: str) -> TransferTask | None:
        """The task of that id."""
        return next((one for one in self.tasks.values() if one.task_id == task_id), None)

    def view(self, now: float) -> dict[str, Any]:
        """Everything, for the control API."""
        self.advance(now)
        return {
            "stream_name": self.stream_name,
            "stream_id": self.stream_id,
            "status": self.phase.at(now),
            "partition_count": self.partition_count,
            "stream_type": self.stream_type,
            "data_type": self.data_type,
            "retention_period": self.retention_period,
            "earliest_offset": self.earliest_offset,
            "latest_offset": self.latest_offset,
            "transferable_offset": self.transferable_offset,
            "tasks": {name: task.view(now) for name, task in self.tasks.items()},
            "shipments": [vars(one) for one in self.shipments],
        }


@dataclass
class Project:
    """A project with the things that transfer tasks of its streams refer to."""

    id: str
    name: str
    domain: Domain
    streams: dict[str, Stream] = field(default_factory=dict)
    agencies: set[str] = field(default_factory=set)
    buckets: dict[str, bool] = field(default_factory=dict)
    dli_databases: set[str] = field(default_factory=set)
    dli_tables: dict[tuple[str, str], DliTable] = field(default_factory=dict)
    around: Surroundings = field(default_factory=Surroundings)

    def stream(self, name: str, now: float) -> Stream | None:
        """The stream of that name, up to date; one whose deletion is over no longer exists."""
        stream = self.streams.get(name)
        if stream is None:
            return None
        if stream.phase.at(now) == GONE:
            del self.streams[name]
            return None
        stream.advance(now)
        return stream

    def live_streams(self, now: float) -> list[Stream]:
        """All streams in the order of their names."""
        found = (self.stream(name, now) for name in sorted(self.streams))
        return [one for one in found if one is not None]

    def add_dli_table(self, table: DliTable) -> None:
        """DLI does not tell upper from lower case."""
        self.dli_databases.add(table.database.lower())
        self.dli_tables[table.database.lower(), table.table.lower()] = table

    def view(self, now: float) -> dict[str, Any]:
        """Everything, for the control API."""
        return {
            "id": self.id,
            "name": self.name,
            "domain": self.domain.name,
            "streams": {one.stream_name: one.view(now) for one in self.live_streams(now)},
            "agencies": sorted(self.agencies),
            "buckets": sorted(self.buckets),
            "dli_tables": [vars(one) for one in self.dli_tables.values()],
            **self.around.view(),
        }


class World:
    """One emulated cloud: who there is, and what they have."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.identity = Identity(clock)
        self.projects: dict[str, Project] = {}

    def project_by_name(self, name: str, domain: Domain) -> Project | None:
        """The project of that name in a domain."""
        return next((one for one in self.projects.values() if one.name == name and one.domain is domain), None)

    @property
    def default_project(self) -> Project:
        """The project that was seeded first."""
        return next(iter(self.projects.values()))
