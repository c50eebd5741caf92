# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Getting records: from one partition or all, within limits, whatever happens to the cursors. Private to otc.dis."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, List, Mapping, Optional, Set

from .._core import cancellation as _cancellation
from .._core.errors import (
    CURSOR_EXPIRED,
    CURSOR_UNREADABLE,
    NUMBER_NOT_KEPT,
    POSITION_EXPIRED,
    ApiError,
    BadAnswer,
)
from .._core.schema import dictionaries
from .app import whole_number
from .base import long_id
from .client_records import RecordClient
from .records import (
    AFTER_SEQUENCE_NUMBER,
    AT_SEQUENCE_NUMBER,
    LARGEST_FETCH,
    LATEST,
    TRIM_HORIZON,
    Reading,
    Start,
    read_data,
    read_range,
    read_record,
)

UNREADABLE = ("EXPIRED", "CREATING")
EMPTY_ENOUGH = 3
"""Empty answers in a row that stand for the end where it is not known: a single one does not."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
"""Seconds between which the pauses grow while nothing comes."""


class Reader:
    """The progress in one partition.

    :ivar position: number of the record to read next; None where that is not known
    :ivar end: number that the next record had when the run began; None where the service did not tell
    :ivar cursor: where the service reads on; None where a new one must be had
    :ivar used: the cursor with which the last answer was had
    :ivar begun: whether a cursor was had
    """

    def __init__(
        self,
        partition_id: Optional[str],
        start: Start,
        first: Optional[int] = None,
        end: Optional[int] = None,
        cursor: Optional[str] = None,
    ) -> None:
        self.partition_id, self.start, self.end = partition_id, start, end
        self.cursor, self.used, self.given = cursor, cursor, cursor is not None
        self.begun = self.given
        self.empty = 0
        self.position: Optional[int] = None
        if self.given:
            return
        if start.cursor_type == TRIM_HORIZON:
            self.position = first
        elif start.cursor_type == LATEST:
            self.position = end
        elif start.number is not None:
            self.position = int(start.number) + (start.cursor_type == AFTER_SEQUENCE_NUMBER)

    def place(self) -> Start:
        """Where a new cursor must point."""
        if not self.begun or self.position is None:
            return self.start
        return Start(AT_SEQUENCE_NUMBER, str(self.position))

    @property
    def may_go_on(self) -> bool:
        """Whether there is a cursor, or one can be had."""
        return self.cursor is not None or not self.given

    @property
    def at_end(self) -> bool:
        """Whether all that was there when the run began has been read, as far as one can know."""
        if self.position is None or self.end is None:
            return self.empty >= EMPTY_ENOUGH
        return self.position >= self.end if self.begun else self.position == self.end

    def knows(self, entry: Mapping[str, Any]) -> bool:
        """Whether a record lies before the position, so that it was read, or was not asked for."""
        number = whole_number(entry.get("sequence_number"))
        return number is not None and self.position is not None and 0 <= number < self.position

    def skip_lost(self) -> None:
        """Go on with the oldest record, where those before it have aged out."""
        self.cursor, self.position, self.begun = None, None, False
        self.start = Start(TRIM_HORIZON)


class Getting:
    """One run that gets records.

    :ivar warnings: what the user should know
    """

    def __init__(
        self,
        api: RecordClient,
        reading: Reading,
        sleep: Callable[[float], None] = _cancellation.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.api, self.reading = api, reading
        self.sleep, self.clock = sleep, clock
        self.records: List[Dict[str, Any]] = []
        self.size = 0
        self.full = False
        self.got_an_answer = False
        self.deadline, self.usual = 0.0, api.patience.limit
        self.warnings: List[str] = []

    def carry_out(self) -> Dict[str, Any]:
        """Read the partitions in turn until all is read, a limit is reached or the time is over.

        :raises DisError: a request failed, or a record is not what it should be
        """
        self.deadline = self.clock() + self.reading.max_seconds
        self.hurry()
        readers = self.readers()
        try:
            self.read(readers)
        except ApiError as err:
            if not (err.throttled and self.got_an_answer):
                raise
            self.warnings.append("The service asked to slow down until the time was over: there may be more to get.")
        return self.result(readers)

    def read(self, readers: List[Reader]) -> None:
        """Go round the partitions.

        :raises DisError: a request failed
        """
        pause = FIRST_PAUSE
        while not self.full:
            active = [one for one in readers if one.may_go_on and (self.reading.follow or not one.at_end)]
            if not active or self.clock() >= self.deadline:
                break
            before = len(self.records)
            for reader in active:
                if not self.full and self.clock() < self.deadline:
                    self.hurry()
                    self.take(reader)
            if len(self.records) > before:
                pause = FIRST_PAUSE
            elif not self.full:
                self.sleep(max(0.0, min(pause, self.deadline - self.clock())))
                pause = min(LONGEST_PAUSE, pause * 2)

    def hurry(self) -> None:
        """Leave no time for repeating requests beyond the end of the run."""
        patience = self.api.patience
        patience.limit = min(self.usual, patience.lost + max(0.0, self.deadline - self.clock()))

    def cursors(self) -> Dict[str, Any]:
        """A new cursor for each partition, and nothing read.

        :raises DisError: a request failed
        """
        told = [{"partition_id": one.partition_id, "partition_cursor": self.new_cursor(one)} for one in self.readers()]
        return {"actions": [], "cursors": told}

    def new_cursor(self, reader: Reader) -> str:
        """A cursor for the place that a reader has reached."""
        reading, place = self.reading, reader.place().query()
        return self.api.show_cursor(reading.stream_name, str(reader.partition_id), place, reading.stream_id)

    def readers(self) -> List[Reader]:
        """The partitions to read from."""
        reading, readers = self.reading, []
        if reading.partition_cursor is not None:
            return [Reader(None, reading.start, cursor=reading.partition_cursor)]
        if reading.stream_name is None or reading.stream_id is not None:  # only those of one's own can be listed
            return [Reader(reading.partition_id, reading.start)]
        known = {long_id(one.get("partition_id")): one for one in self.api.list_partitions(reading.stream_name)}
        for partition_id, entry in known.items():
            if partition_id == reading.partition_id or (
                reading.partition_id is None and entry.get("status") not in UNREADABLE
            ):
                readable = entry.get("status") not in UNREADABLE  # of another one, let the service say what is wrong
                first, end = read_range(entry.get("sequence_number_range")) if readable else (None, None)
                readers.append(Reader(partition_id, reading.start, first, end))
        if reading.partition_id is not None and not readers:
            readers.append(Reader(reading.partition_id, reading.start))
        return readers

    def take(self, reader: Reader) -> None:
        """Read once from a partition."""
        entries = self.fetch(reader)
        fresh = [entry for entry in entries if not reader.knows(entry)]
        if entries and not fresh and not reader.given:
            reader.cursor = None  # it leads back; the position tells better where to go on
        reader.empty = 0 if fresh else reader.empty + 1
        for left, entry in zip(range(len(fresh), 0, -1), fresh):
            if reader.knows(entry):
                continue
            data = read_data(entry)
            if self.size + len(data) > self.reading.max_bytes:
                self.full = True
                reader.cursor = reader.used if left == len(entries) else None
                if not self.records:
                    self.warnings.append(
                        f"The first record has {len(data)} bytes, more than max_bytes: nothing was read."
                    )
                return
            record = read_record(reader.partition_id, entry, data, self.reading.encoding)
            self.records.append(record)
            self.size += len(data)
            number = whole_number(entry.get("sequence_number"))
            reader.position = number + 1 if number is not None and number >= 0 else None
            if len(self.records) >= self.reading.max_records:
                self.full = True
                if left > 1:
                    reader.cursor = None  # it leads behind what came and was not taken
                return

    def fetch(self, reader: Reader) -> List[Dict[str, Any]]:
        """The next records of a partition; a cursor that is too old, or not understood, is renewed once."""
        reading = self.reading
        renewed: Set[str] = set()
        while True:
            try:
                if reader.cursor is None:
                    reader.cursor = self.new_cursor(reader)
                    reader.begun = True
                reader.used = reader.cursor
                answer = self.api.get_records(reading.stream_name, reader.used, LARGEST_FETCH, reading.stream_id)
            except ApiError as err:
                if not self.may_renew(reader, err) or err.code in renewed:
                    raise
                renewed.add(err.code or "")
                continue
            self.got_an_answer = True
            following = answer.get("next_partition_cursor")
            reader.cursor = following if isinstance(following, str) and following else None
            if not isinstance(answer.get("records"), list):
                raise BadAnswer("Cannot get records: the answer holds no list of them.")
            return dictionaries(answer["records"])

    def may_renew(self, reader: Reader, err: ApiError) -> bool:
        """Whether a new cursor helps; drops the old one."""
        if reader.given:
            return False
        if err.code in (CURSOR_EXPIRED, CURSOR_UNREADABLE):
            reader.cursor = None
            return True
        if err.code == POSITION_EXPIRED or (err.code == NUMBER_NOT_KEPT and reader.begun):
            self.warnings.append(
                f"Records of partition {reader.partition_id} aged out before they were read; the run goes on with the"
                " oldest one that is left."
            )
            reader.skip_lost()
            return True
        return False

    def result(self, readers: List[Reader]) -> Dict[str, Any]:
        """What the module returns: records by partition, each in its order."""
        return {
            "actions": [],
            "records": sorted(self.records, key=lambda one: str(one["partition_id"])),
            "positions": [
                {
                    "partition_id": one.partition_id,
                    "sequence_number": None if one.position is None else str(one.position),
                    "partition_cursor": one.cursor,
                    "at_end": one.at_end,
                }
                for one in readers
            ],
            "warnings": self.warnings,
        }
