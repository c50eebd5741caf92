# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The partitions of a stream: the records in them, how records find them, and how their number changes. Pure Python."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import Any

from otc_emulator.metrics_store import Series

CREATING, ACTIVE, DELETED, EXPIRED = "CREATING", "ACTIVE", "DELETED", "EXPIRED"
HASH_END = 9223372036854775807
BYTES_KEPT = 64 * 1024 * 1024
_OVERHEAD = 256


def partition_name(number: int) -> str:
    """The long form of a partition id."""
    return f"shardId-{number:010d}"


def even_ranges(count: int) -> list[tuple[int, int]]:
    """The hash keys split evenly; the last share takes the rest."""
    step = HASH_END // count
    return [(one * step, HASH_END if one == count - 1 else (one + 1) * step - 1) for one in range(count)]


def hash_of(key: str) -> int:
    """Where a partition key falls: the first eight bytes of its MD5, without the sign."""
    digest = hashlib.md5(key.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big") & HASH_END


@dataclass(slots=True)
class Record:
    """A stored record. ``data`` is the received base64 text, ``size`` its decoded size."""

    sequence: int
    data: str
    size: int
    key: str | None
    timestamp: int
    arrival: float

    def view(self) -> dict[str, Any]:
        """As a download shows it."""
        shown: dict[str, Any] = {} if self.key is None else {"partition_key": self.key}
        shown.update(
            sequence_number=str(self.sequence),
            data=self.data,
            timestamp=self.timestamp,
            timestamp_type="CreateTime",
        )
        return shown


@dataclass
class Partition:
    """One partition. Records have the numbers from ``earliest`` to ``next`` (not included).

    A test may set the two numbers without putting records; reads skip what is not really there.
    """

    number: int
    status: str = ACTIVE
    low: int = -1
    high: int = -1
    earliest: int = 0
    next: int = 0
    deleted_at: float = 0.0
    records: list[Record] = field(default_factory=list)
    stored: int = 0
    series: Series = field(default_factory=Series)
    second: int = 0
    second_bytes: int = 0
    second_records: int = 0

    @property
    def name(self) -> str:
        """The partition id in its long form."""
        return partition_name(self.number)

    @property
    def is_writable(self) -> bool:
        """Whether it takes records."""
        return self.status == ACTIVE

    def hash_range(self) -> str:
        """As answers show it."""
        return f"[{self.low} : {self.high}]"

    def sequence_number_range(self) -> str:
        """Oldest record kept and next record to come."""
        return f"[{self.earliest} : {self.next}]"

    def append(self, data: str, size: int, key: str | None, timestamp: int, now: float) -> Record:
        """Store a record; the oldest ones give way when they take too much memory."""
        record = Record(self.next, data, size, key, timestamp, now)
        self.records.append(record)
        self.next += 1
        self.stored += size + _OVERHEAD
        if self.stored > BYTES_KEPT:
            count, left = 0, self.stored
            while left > BYTES_KEPT * 3 // 4:
                left -= self.records[count].size + _OVERHEAD
                count += 1
            self._drop(count)
        return record

    def _drop(self, count: int) -> None:
        if count:
            self.earliest = max(self.earliest, self.records[count - 1].sequence + 1)
            self.stored -= sum(one.size + _OVERHEAD for one in self.records[:count])
            del self.records[:count]

    def forget(self, before: float) -> None:
        """Drop records that came earlier."""
        if self.records and self.records[0].arrival < before:
            self._drop(bisect_left(self.records, before, key=lambda one: one.arrival))

    def move(self, earliest: int | None, latest: int | None) -> None:
        """Set the ends of the range, as if records had come or aged out."""
        if latest is not None:
            self.records = [one for one in self.records if one.sequence < latest]
            self.next = latest
        if earliest is not None:
            self.records = [one for one in self.records if one.sequence >= earliest]
            self.earliest = earliest
        self.stored = sum(one.size + _OVERHEAD for one in self.records)

    def index(self, sequence: int) -> int:
        """Place of the first stored record with at least that number."""
        return bisect_left(self.records, sequence, key=lambda one: one.sequence)

    def bytes_between(self, first: int, end: int) -> int:
        """Size of the stored records ``[first, end)``."""
        return sum(one.size for one in self.records[self.index(first) : self.index(end)])

    def arrived_until(self, when: float) -> int:
        """Number behind the last record that had come by then. What a test only counted has always been there."""
        if not self.records or self.records[-1].arrival <= when:
            return self.next
        return self.records[bisect_right(self.records, when, key=lambda one: one.arrival)].sequence

    def first_since(self, timestamp: int) -> int:
        """Number of the first record with at least that timestamp, else of the next record to come."""
        return next((one.sequence for one in self.records if one.timestamp >= timestamp), self.next)

    def read(self, position: int, most_bytes: int, most_records: int) -> tuple[list[Record], int]:
        """Records from *position* on, and where to go on."""
        start = self.index(position)
        if start == len(self.records):
            return [], max(position, self.next)
        found, room = [], most_bytes
        for record in self.records[start : start + most_records]:
            room -= record.size
            if room < 0:
                break
            found.append(record)
        return found, found[-1].sequence + 1 if found else position

    def takes(self, size: int, most_bytes: int, most_records: int, now: float) -> bool:
        """Whether one more record fits into the throughput of this second; counts it if so."""
        if int(now) != self.second:
            self.second, self.second_bytes, self.second_records = int(now), 0, 0
        if self.second_bytes + size > most_bytes or self.second_records + 1 > most_records:
            return False
        self.second_bytes += size
        self.second_records += 1
        return True

    def view(self) -> dict[str, Any]:
        """Everything but the records, for the control API."""
        return {
            "partition_id": self.name,
            "status": self.status,
            "hash_range": self.hash_range(),
            "earliest_offset": self.earliest,
            "latest_offset": self.next,
            "records": len(self.records),
        }


@dataclass
class Scaling:
    """A change of the number of partitions, under way or done."""

    began: float
    source: int
    target: int
    automatic: bool = False
    succeeds: bool = True
    due: float = 0.0

    def view(self) -> dict[str, Any]:
        """As answers show it."""
        return {
            "create_timestamp": int(self.began * 1000),
            "src_partition_count": self.source,
            "target_partition_count": self.target,
            "result_code": int(self.succeeds),
            "result_msg": 0 if self.succeeds else 1,
            "auto_scale": self.automatic,
        }


class Partitions:
    """All partitions a stream ever had. Their numbers are never given to others."""

    def __init__(self, count: int, earliest: int = 0, latest: int = 0) -> None:
        self.all = [Partition(number, earliest=earliest, next=latest) for number in range(count)]
        self.scaling: Scaling | None = None
        self.done: list[Scaling] = []
        self._turn = 0
        self._lows: list[int] = []
        self._active: list[Partition] = []
        self._split()

    def __len__(self) -> int:
        return len(self.all)

    def __getitem__(self, number: int) -> Partition:
        return self.all[number]

    @property
    def writable(self) -> int:
        """How many take records; that is the partition count of the stream."""
        return len(self._active)

    @property
    def readable(self) -> int:
        """How many still give records."""
        return sum(one.status in (ACTIVE, DELETED) for one in self.all)

    def find(self, number: int) -> Partition | None:
        """The partition of that number."""
        return self.all[number] if number < len(self.all) else None

    def _split(self) -> None:
        """Redistribute the hash keys."""
        self._active = [one for one in self.all if one.status == ACTIVE]
        for one in self.all:
            one.low = one.high = -1
        for one, (low, high) in zip(self._active, even_ranges(len(self._active)), strict=True):
            one.low, one.high = low, high
        self._lows = [one.low for one in self._active]

    def at_hash(self, key: int) -> Partition:
        """The partition that a hash key falls to."""
        return self._active[bisect_right(self._lows, key) - 1]

    def for_key(self, key: str | None) -> Partition:
        """The partition of a key; records without one go to all in turn."""
        if key:
            return self.at_hash(hash_of(key))
        self._turn += 1
        return self._active[self._turn % len(self._active)]

    def begin_scaling(self, scaling: Scaling) -> None:
        """Start to change the count; it is done when ``due`` has come."""
        self.scaling = scaling
        missing = scaling.target - len(self.all)
        for _turn in range(missing):
            self.all.append(Partition(len(self.all), CREATING))

    def advance(self, now: float, retention: float) -> None:
        """Let everything happen that is due: scaling ends, records and deleted partitions age out."""
        if self.scaling is not None and now >= self.scaling.due:
            self._end_scaling(self.scaling)
        for one in self.all:
            one.forget(now - retention)
            if one.status == DELETED and now >= one.deleted_at + retention:
                one.status = EXPIRED

    def _end_scaling(self, scaling: Scaling) -> None:
        self.scaling = None
        self.done.append(scaling)
        if not scaling.succeeds:
            self.all = [one for one in self.all if one.status != CREATING]
            return
        active = list(self._active)
        for one in reversed(active[scaling.target :]):
            one.status, one.deleted_at = DELETED, scaling.due
        idle = [one for one in self.all if one.status in (DELETED, EXPIRED)]
        fresh = [one for one in self.all if one.status == CREATING]
        for one in (idle + fresh)[: max(0, scaling.target - len(active))]:
            one.status = ACTIVE
        self._split()

    def view(self) -> dict[str, Any]:
        """Everything, for the control API."""
        return {
            "partition_count": self.writable,
            "partitions": [one.view() for one in self.all],
            "scaling": None if self.scaling is None else self.scaling.view(),
            "scalings": [one.view() for one in self.done],
        }
