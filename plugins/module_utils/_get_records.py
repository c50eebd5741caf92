# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Getting records: from one partition or all, within limits, whatever happens to the cursors. Private to otc.dis."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, List, Mapping, Optional, Set

from ansible_collections.otc.dis.plugins.module_utils._app import whole_number
from ansible_collections.otc.dis.plugins.module_utils._client_records import RecordClient
from ansible_collections.otc.dis.plugins.module_utils._errors import (
    CURSOR_EXPIRED,
    CURSOR_UNREADABLE,
    NUMBER_NOT_KEPT,
    POSITION_EXPIRED,
    ApiError,
    BadAnswer,
)
from ansible_collections.otc.dis.plugins.module_utils._fields import dictionaries
from ansible_collections.otc.dis.plugins.module_utils._records import (
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
from ansible_collections.otc.dis.plugins.module_utils._rules import long_id

UNREADABLE = ("EXPIRED", "CREATING")
EMPTY_ENOUGH = 3
"""Empty answers in a row that stand for the end where it is not known: a single one does not."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
"""Seconds between which the pauses grow while nothing comes."""


class Reader:
    """The progress in one partition.

    :ivar position: number of the record to read next; None where that is not known
    :ivar end: number that the next record had when the run began; None where the service did not tell
    :ivar begun: whether a cursor was had
    """

    def __init__(self, partition_id: str, start: Start, first: Optional[int], end: Optional[int]) -> None:
        self.partition_id, self.start, self.end = partition_id, start, end
        self.cursor: Optional[str] = None
        self.begun = False
        self.empty = 0
        self.position: Optional[int] = None
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
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.api, self.reading = api, reading
        self.sleep, self.clock = sleep, clock
        self.records: List[Dict[str, Any]] = []
        self.size = 0
        self.full = False
        self.warnings: List[str] = []

    def carry_out(self) -> Dict[str, Any]:
        """Read the partitions in turn until all is read, a limit is reached or the time is over.

        :raises DisError: a request failed, or a record is not what it should be
        """
        deadline = self.clock() + self.reading.max_seconds
        readers = self.readers()
        pause = FIRST_PAUSE
        while not self.full:
            active = [one for one in readers if self.reading.follow or not one.at_end]
            if not active or self.clock() >= deadline:
                break
            before = len(self.records)
            for reader in active:
                if not self.full and self.clock() < deadline:
                    self.take(reader)
            if len(self.records) > before:
                pause = FIRST_PAUSE
            elif not self.full:
                self.sleep(max(0.0, min(pause, deadline - self.clock())))
                pause = min(LONGEST_PAUSE, pause * 2)
        return self.result(readers)

    def readers(self) -> List[Reader]:
        """The partitions to read from."""
        reading, readers = self.reading, []
        known = {long_id(one.get("partition_id")): one for one in self.api.list_partitions(reading.stream_name)}
        for partition_id, entry in known.items():
            if partition_id == reading.partition_id or (
                reading.partition_id is None and entry.get("status") not in UNREADABLE
            ):
                readable = entry.get("status") not in UNREADABLE  # of another one, let the service say what is wrong
                first, end = read_range(entry.get("sequence_number_range")) if readable else (None, None)
                readers.append(Reader(partition_id, reading.start, first, end))
        if reading.partition_id is not None and not readers:
            readers.append(Reader(reading.partition_id, reading.start, None, None))
        return readers

    def take(self, reader: Reader) -> None:
        """Read once from a partition."""
        entries = self.fetch(reader)
        fresh = [entry for entry in entries if not reader.knows(entry)]
        if entries and not fresh:
            reader.cursor = None  # it leads back; the position tells better where to go on
        reader.empty = 0 if fresh else reader.empty + 1
        for entry in fresh:
            if reader.knows(entry):
                continue
            data = read_data(entry)
            if self.size + len(data) > self.reading.max_bytes:
                self.full = True
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
                return

    def fetch(self, reader: Reader) -> List[Dict[str, Any]]:
        """The next records of a partition; a cursor that is too old, or not understood, is renewed once."""
        renewed: Set[str] = set()
        while True:
            try:
                if reader.cursor is None:
                    place = reader.place().query()
                    reader.cursor = self.api.show_cursor(self.reading.stream_name, reader.partition_id, place)
                    reader.begun = True
                answer = self.api.get_records(self.reading.stream_name, reader.cursor, LARGEST_FETCH)
            except ApiError as err:
                if not self.may_renew(reader, err) or err.code in renewed:
                    raise
                renewed.add(err.code or "")
                continue
            following = answer.get("next_partition_cursor")
            reader.cursor = following if isinstance(following, str) and following else None
            if not isinstance(answer.get("records"), list):
                raise BadAnswer("Cannot get records: the answer holds no list of them.")
            return dictionaries(answer["records"])

    def may_renew(self, reader: Reader, err: ApiError) -> bool:
        """Whether a new cursor helps; drops the old one."""
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
                    "at_end": one.at_end,
                }
                for one in readers
            ],
            "warnings": self.warnings,
        }
