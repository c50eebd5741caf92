# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Projects, streams and transfer tasks: the state machine. Pure Python; the clock comes in from outside.

Nothing runs in the background. A state that changes automatically is stored with the time of the change, and every
access first lets the past happen (``Stream.advance``).
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from otc_emulator.consumers import App
from otc_emulator.external_services import Bucket, DliTable, ExternalServices, ServiceAgency
from otc_emulator.identity import Domain, Identity
from otc_emulator.metrics_store import Series
from otc_emulator.partitions import Partition, Partitions, Record, Scaling

GONE = "GONE"
RUNNING = "RUNNING"
TASK_STATES = ("ERROR", "STARTING", "PAUSED", "RUNNING", "DELETE", "ABNORMAL")
STREAM_STATES = ("CREATING", "RUNNING", "TERMINATING", "TERMINATED", "FROZEN")
SHIPMENTS_KEPT = 10_000
EVENT_TYPES: dict[str, dict[str, Any]] = {
    f"dis_event.{number:03}": {"severity": severity, "category": category, "type_name": name}
    for number, (severity, category, name) in enumerate(
        (
            (0, 2, "Dump task restored"),
            (1, 2, "Dump task abnormal"),
            (1, 0, "Insufficient quota"),
            (1, 1, "Flow control limited"),
            (0, 1, "Automatic stream scaling succeeded"),
            (1, 1, "Automatic stream scaling failed"),
            (1, 1, "Stream traffic abnormal"),
            (0, 1, "Stream traffic restored"),
            (1, 1, "Manual stream scaling failed"),
        )
    )
}
"""Types of events; severity 0 is normal, 1 warning; category 0 tenant, 1 stream, 2 task. Which of them each type has is
not documented."""
_ALPHABET = string.ascii_letters + string.digits


def new_id() -> str:
    """An id as DIS makes them: 19 letters and digits."""
    return "".join(random.choices(_ALPHABET, k=19))


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


FIRST_CYCLE = 10
"""Seconds from the creation of a task to its first work cycle, unless there is something to transfer before."""


def phase_after(value: str, then: str, delay: float, now: float) -> Phase:
    """*value* for *delay* seconds, then *then*; without a delay at once."""
    return Phase(value, then, now + delay) if delay > 0 else Phase(then)


@dataclass
class TransferTask:
    """A transfer task: its settings, and its position in each partition."""

    task_id: str
    task_name: str
    destination_type: str
    settings: dict[str, Any]
    create_time: int
    phase: Phase
    positions: list[int]
    last_transfer_timestamp: int | None = None
    updates: int = 0
    transferred_records: int = 0
    transferred_bytes: int = 0
    missed_records: int = 0
    started_partitions: set[int] = field(default_factory=set)
    log: list[dict[str, Any]] = field(default_factory=list)

    def offset(self, number: int) -> int:
        """The reported offset of a partition: the number of the next record, 0 before the first transfer."""
        return self.positions[number] if number in self.started_partitions else 0

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
            "transferred_records": self.transferred_records,
            "transferred_bytes": self.transferred_bytes,
            "missed_records": self.missed_records,
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
class Pace:
    """Duration of automatic state changes of streams, in seconds; shared by all streams."""

    transfer_delay: float = 0.0


@dataclass
class Policy:
    """A permission of another account on a stream."""

    principal: str
    principal_name: str
    action_type: str
    effect: str | None


@dataclass
class AutoScaling:
    """Whether and between which counts a stream scales automatically. The emulator only stores it."""

    enabled: bool = False
    lowest: int = 0
    highest: int = 0


@dataclass
class Stream:
    """A stream, its transfer tasks, and what they have shipped.

    Tasks ship as far as ``transferable_offset`` (None: up to the newest record), which represents full intervals.
    """

    stream_name: str
    stream_id: str
    create_time: int
    phase: Phase
    partitions: Partitions = field(default_factory=lambda: Partitions(1))
    stream_type: str = "COMMON"
    data_type: str = "BLOB"
    retention_period: int = 24
    data_schema: str | None = None
    delimiter: str | None = None
    compression_format: str | None = None
    auto_scaling: AutoScaling = field(default_factory=AutoScaling)
    tags: dict[str, str] = field(default_factory=dict)
    sys_tags: dict[str, str] = field(default_factory=dict)
    policies: list[Policy] = field(default_factory=list)
    last_modified_time: int = 0
    transferable_offset: int | None = None
    tasks: dict[str, TransferTask] = field(default_factory=dict)
    shipments: list[Shipment] = field(default_factory=list)
    series: Series = field(default_factory=Series)
    uploads: int = 0
    pace: Pace = field(default_factory=Pace)

    def __post_init__(self) -> None:
        self.last_modified_time = self.last_modified_time or self.create_time

    @property
    def partition_count(self) -> int:
        """How many partitions take records."""
        return self.partitions.writable

    @property
    def earliest_offset(self) -> int:
        """Number of the oldest record kept in any partition."""
        return min(one.earliest for one in self.partitions.all)

    @property
    def latest_offset(self) -> int:
        """Number that the next record will have in the partition that has most."""
        return max(one.next for one in self.partitions.all)

    def move(self, earliest: int | None = None, latest: int | None = None) -> None:
        """Set the ends of all partitions, as if records had come or aged out."""
        for one in self.partitions.all:
            one.move(earliest, latest)

    def advance(self, now: float) -> None:
        """Let everything happen that is due: scaling ends, records age out, deleted tasks vanish, running ones ship."""
        self.partitions.advance(now, self.retention_period * 3600)
        for task in list(self.tasks.values()):
            state = task.phase.at(now)
            if state == GONE:
                del self.tasks[task.task_name]
                continue
            del task.positions[len(self.partitions) :]
            for one in self.partitions.all[len(task.positions) :]:
                task.positions.append(one.earliest)
            if state == RUNNING:
                self._cycle(task, now)
                for one in self.partitions.all:
                    self._ship(task, one, now)

    @staticmethod
    def _cycle(task: TransferTask, now: float) -> None:
        """Begin a work cycle if one is due. It has a time whether or not there is anything to transfer."""
        last = task.last_transfer_timestamp
        interval = FIRST_CYCLE if last is None else float(task.settings.get("deliver_time_interval") or 300)
        if now * 1000 - (task.create_time if last is None else last) >= interval * 1000:
            task.last_transfer_timestamp = int(now * 1000)

    def _ship(self, task: TransferTask, partition: Partition, now: float) -> None:
        """Transfer the records that are ready. The task loses records that have expired."""
        delay = self.pace.transfer_delay
        end = partition.arrived_until(now - delay) if delay else partition.next
        if self.transferable_offset is not None:
            end = min(end, self.transferable_offset)
        position = task.positions[partition.number]
        first = max(position, partition.earliest)
        if end <= first:
            return
        task.missed_records += first - position
        task.positions[partition.number] = end
        task.started_partitions.add(partition.number)
        task.last_transfer_timestamp = int(now * 1000)
        task.transferred_records += end - first
        task.transferred_bytes += partition.bytes_between(first, end)
        last = self.shipments[-1] if self.shipments else None
        if last is not None and (last.task_id, last.partition, last.end) == (task.task_id, partition.number, first):
            last.end = end
        else:
            self.shipments.append(Shipment(task.task_id, task.task_name, partition.number, first, end))
            del self.shipments[:-SHIPMENTS_KEPT]

    def append(self, partition: Partition, data: str, size: int, key: str | None, timestamp: int, now: float) -> Record:
        """Store a record and count it. *data* is base64 text, *size* its decoded size."""
        for series, per in ((self.series, "stream"), (partition.series, "partition")):
            series.add(f"total_put_bytes_per_{per}", size, now)
            series.add(f"total_put_records_per_{per}", 1, now)
        return partition.append(data, size, key, timestamp, now)

    def put_task(self, name: str, kind: str, settings: dict[str, Any], phase: Phase, now: float) -> TransferTask:
        """Add a task (or replace the task of that name), without validation."""
        oldest = settings.get("consumer_strategy") == "TRIM_HORIZON"
        positions = [one.earliest if oldest else one.next for one in self.partitions.all]
        task = TransferTask(new_id(), name, kind, dict(settings), int(now * 1000), phase, positions)
        self.tasks[name] = task
        return task

    def scale(self, target: int, now: float, delay: float, succeeds: bool = True, automatic: bool = False) -> None:
        """Change the number of partitions, at once or after a delay."""
        scaling = Scaling(now, self.partition_count, target, automatic, succeeds, now + delay)
        self.partitions.begin_scaling(scaling)
        self.last_modified_time = int(now * 1000)
        self.advance(now)

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
            **self.partitions.view(),
            "stream_type": self.stream_type,
            "data_type": self.data_type,
            "retention_period": self.retention_period,
            "tags": dict(self.tags),
            "policies": [vars(one) for one in self.policies],
            "earliest_offset": self.earliest_offset,
            "latest_offset": self.latest_offset,
            "transferable_offset": self.transferable_offset,
            "tasks": {name: task.view(now) for name, task in self.tasks.items()},
            "shipments": [vars(one) for one in self.shipments],
        }


@dataclass
class EventSubscription:
    """A subscription to events; without streams, to those of all streams."""

    id: str
    name: str
    enable: bool
    event_ids: list[str]
    stream_ids: list[str]
    topic_type: int
    topic_name: str
    topic_urn: str | None


@dataclass
class Project:
    """A project with the things that transfer tasks of its streams refer to."""

    id: str
    name: str
    domain: Domain
    pace: Pace = field(default_factory=Pace)
    streams: dict[str, Stream] = field(default_factory=dict)
    apps: dict[str, App] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    event_subscriptions: dict[str, EventSubscription] = field(default_factory=dict)
    agencies: dict[str, ServiceAgency] = field(default_factory=dict)
    buckets: dict[str, Bucket] = field(default_factory=dict)
    dli_databases: dict[str, str] = field(default_factory=dict)
    dli_tables: dict[tuple[str, str], DliTable] = field(default_factory=dict)
    around: ExternalServices = field(default_factory=ExternalServices)

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

    def stream_by_id(self, stream_id: str, now: float) -> Stream | None:
        """The stream of that id."""
        name = next((one.stream_name for one in self.streams.values() if one.stream_id == stream_id), None)
        return None if name is None else self.stream(name, now)

    def forget_checkpoints(self, stream_name: str) -> None:
        """The stream is being deleted."""
        for app in self.apps.values():
            app.forget(stream_name)

    def add_dli_table(self, table: DliTable) -> None:
        """DLI is case-insensitive."""
        self.dli_databases.setdefault(table.database.lower(), table.database)
        self.dli_tables[table.database.lower(), table.table.lower()] = table

    def view(self, now: float) -> dict[str, Any]:
        """Everything, for the control API."""
        return {
            "id": self.id,
            "name": self.name,
            "domain": self.domain.name,
            "streams": {one.stream_name: one.view(now) for one in self.live_streams(now)},
            "apps": {one.app_name: one.view() for one in self.apps.values()},
            "event_subscriptions": {one.name: dict(vars(one)) for one in self.event_subscriptions.values()},
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
        self.pace = Pace()
        self.cursor_epoch = 0

    def project_by_name(self, name: str, domain: Domain) -> Project | None:
        """The project of that name in a domain."""
        return next((one for one in self.projects.values() if one.name == name and one.domain is domain), None)

    @property
    def default_project(self) -> Project:
        """The project that was seeded first."""
        return next(iter(self.projects.values()))
