# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Putting records: each once, and truthfully told where that cannot be known. Private to otc.dis."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Set, Union

from .._core import cancellation as _cancellation
from .._core.errors import (
    CURSOR_EXPIRED,
    CURSOR_UNREADABLE,
    NUMBER_NOT_KEPT,
    POSITION_EXPIRED,
    ApiError,
    DisError,
    UnexpectedResponse,
    catch_unexpected,
    join_names,
    sanitize,
)
from .._core.hints import hint_for
from .._core.plan import Context, Spec, failure_of
from .._core.schema import dictionaries
from .app import long_int_or_none
from .base import canonical_partition_id
from .records import (
    ACTIONS,
    AFTER_SEQUENCE_NUMBER,
    AT_SEQUENCE_NUMBER,
    AT_TIMESTAMP,
    BASE64,
    CURSOR_TYPES,
    LATEST,
    MAX_FETCH_BYTES,
    TEXT,
    TRIM_HORIZON,
    Reading,
    Record,
    RecordClient,
    Start,
    batches,
    is_retryable_record,
    parse_records,
    read_data,
    read_range,
    read_record,
    reading_from,
)

POLL_INTERVAL = "Look with action: get which of them are there, and put the others."
NOT_SENT, PUT, REFUSED, UNKNOWN = "not_sent", "put", "refused", "unknown"


class RecordsRejected(DisError):
    """Records that the service refused one by one.

    :param code: of the first of them
    """

    kind = "rejected"

    def __init__(self, message: str, code: Optional[str]) -> None:
        self.code = code
        super().__init__(message, hint_for(code))


def load_records(options: Mapping[str, Any], files: Any) -> List[Record]:
    """The records that the options hold, or the file that they name.

    :param files: finds and opens that file
    :raises InvalidOptions: a rule is broken, or the file cannot be read
    """
    if options["src"] is None:
        return parse_records(options)
    with files.open(options["src"], "src") as file:
        return parse_records(options, file)


class RecordWriter:
    """One run that puts records.

    :ivar results: what became of each
    """

    def __init__(
        self, api: RecordClient, stream: Optional[str], records: Sequence[Record], stream_id: Optional[str] = None
    ) -> None:
        self.api, self.stream, self.stream_id, self.records = api, stream, stream_id, records
        self.results = not_sent(records)

    def run(self) -> Dict[str, Any]:
        """Put all of them, batch by batch; what comes behind a batch that did not go through is not sent.

        :raises DisError: with what became of each record in :attr:`DisError.more`
        """
        try:
            for batch in batches(self.records):
                self.put(batch)
        except DisError as err:
            err.more = {**err.more, "records": self.results}
            if len(self.records) > 1:
                err.add(f"Of {len(self.records)} records, {self.results_so_far()}.", err.hint)
            raise
        return result(self.results)

    def results_so_far(self) -> str:
        """How many records are in which state, in words."""
        words = {PUT: "put", REFUSED: "refused", UNKNOWN: "perhaps put", NOT_SENT: "not put"}
        counts = {state: sum(one["state"] == state for one in self.results) for state in words}
        return join_names(
            f"{count} {'was' if count == 1 else 'were'} {words[state]}" for state, count in counts.items() if count
        )

    @property
    def has_executed(self) -> List[str]:
        """What was done, or may have been."""
        return ["put"] if any(one["state"] in (PUT, UNKNOWN) for one in self.results) else []

    def failure(self, err: DisError) -> Dict[str, Any]:
        """What a module returns when the run failed."""
        return {"changed": bool(self.has_executed), "done": self.has_executed, **err.as_result()}

    def put(self, batch: List[int]) -> None:
        """Put one batch, and again those of its records that only came too fast.

        :raises DisError: not all of it was put
        """
        failures = 0
        while True:
            self.send(batch)
            refused = [number for number in batch if self.results[number]["state"] == REFUSED]
            again = [number for number in refused if is_retryable_record(self.results[number]["error"]["code"])]
            failures += 1
            if not again or not self.api.retry_budget.allows(failures):
                break
            batch = again
        left = [number for number, one in enumerate(self.results) if one["state"] == REFUSED]
        if left:
            error = self.results[left[0]]["error"]
            raise RecordsRejected(
                f"{len(left)} of {len(self.records)} records were refused, the first of them number {left[0]}:"
                f" {error['text'].rstrip('.')} ({error['code'] or 'no code'}).",
                error["code"],
            )
        silent = [number for number, one in enumerate(self.results) if one["state"] == UNKNOWN]
        if silent:
            raise UnexpectedResponse(
                f"The answer does not say what became of {len(silent)} records, the first of them number {silent[0]}.",
                POLL_INTERVAL,
                outcome_unknown=True,
            )

    def send(self, batch: List[int]) -> None:
        """Send records once and note what became of each.

        :raises DisError: the request failed as a whole
        """
        try:
            wire = [self.records[number].serialize() for number in batch]
            with catch_unexpected():
                response = self.api.put_records(self.stream, wire, self.stream_id)
        except DisError as err:
            if err.outcome_unknown:
                for number in batch:
                    self.results[number]["state"] = UNKNOWN
                err.add(
                    f"Whether {len(batch)} records, from number {batch[0]} on, were put is not known. They were not"
                    " sent again, for they might then be there twice.",
                    POLL_INTERVAL,
                )
            raise
        for number, entry in zip(batch, response["records"]):
            self.results[number].update(record_outcome(entry if isinstance(entry, dict) else {}, self.api))


def record_outcome(entry: Mapping[str, Any], api: RecordClient) -> Dict[str, Any]:
    """What became of one record."""
    number, code = entry.get("sequence_number"), entry.get("error_code")
    if not code and number in (None, "") and not entry.get("error_message"):
        return {"state": UNKNOWN, "error": None}
    if code or number in (None, ""):
        text = api.api.redact(entry.get("error_message") or "no reason given")
        return {"state": REFUSED, "error": {"code": sanitize(code) if code else None, "text": text}}
    return {
        "state": PUT,
        "partition_id": None if entry.get("partition_id") is None else canonical_partition_id(entry["partition_id"]),
        "sequence_number": str(number),
        "error": None,
    }


def not_sent(records: Sequence[Record]) -> List[Dict[str, Any]]:
    """What is known of records that have not been sent."""
    return [
        {
            "state": NOT_SENT,
            "partition_id": record.place.get("partition_id"),
            "sequence_number": None,
            "error": None,
        }
        for record in records
    ]


def result(results: List[Dict[str, Any]]) -> Dict[str, Any]:
    """What the module returns."""
    actions = ["put"] if results else []
    return {"changed": bool(actions), "actions": actions, "records": results}


UNREADABLE = ("EXPIRED", "CREATING")
EMPTY_ENOUGH = 3
"""Empty answers in a row that stand for the end where it is not known: a single one does not."""
FIRST_PAUSE, MAX_PAUSE = 0.1, 1.0
"""Seconds between which the pauses grow while nothing comes."""


class Reader:
    """The progress in one partition.

    :ivar position: number of the record to read next; None where that is not known
    :ivar end: number that the next record had when the run began; None where the service did not tell
    :ivar cursor: where the service reads on; None where a new one must be had
    :ivar used_cursors: the cursor with which the last answer was had
    :ivar started: whether a cursor was had
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
        self.cursor, self.used_cursors, self.specified = cursor, cursor, cursor is not None
        self.started = self.specified
        self.empty = 0
        self.position: Optional[int] = None
        if self.specified:
            return
        if start.cursor_type == TRIM_HORIZON:
            self.position = first
        elif start.cursor_type == LATEST:
            self.position = end
        elif start.number is not None:
            self.position = int(start.number) + (start.cursor_type == AFTER_SEQUENCE_NUMBER)

    def describe_position(self) -> Start:
        """Where a new cursor must point."""
        if not self.started or self.position is None:
            return self.start
        return Start(AT_SEQUENCE_NUMBER, str(self.position))

    @property
    def has_more(self) -> bool:
        """Whether there is a cursor, or one can be had."""
        return self.cursor is not None or not self.specified

    @property
    def at_end(self) -> bool:
        """Whether all that was there when the run began has been read, as far as one can know."""
        if self.position is None or self.end is None:
            return self.empty >= EMPTY_ENOUGH
        return self.position >= self.end if self.started else self.position == self.end

    def already_read(self, entry: Mapping[str, Any]) -> bool:
        """Whether a record lies before the position, so that it was read, or was not asked for."""
        number = long_int_or_none(entry.get("sequence_number"))
        return number is not None and self.position is not None and 0 <= number < self.position

    def skip_lost(self) -> None:
        """Go on with the oldest record, where those before it have aged out."""
        self.cursor, self.position, self.started = None, None, False
        self.start = Start(TRIM_HORIZON)


class RecordReader:
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
        self.responded = False
        self.deadline, self.usual = 0.0, api.retry_budget.limit
        self.warnings: List[str] = []

    def run(self) -> Dict[str, Any]:
        """Read the partitions in turn until all is read, a limit is reached or the time is over.

        :raises DisError: a request failed, or a record is not what it should be
        """
        self.deadline = self.clock() + self.reading.max_seconds
        self.limit_retry_budget()
        readers = self.readers()
        try:
            self.read(readers)
        except ApiError as err:
            if not (err.throttled and self.responded):
                raise
            self.warnings.append("The service asked to slow down until the time was over: there may be more to get.")
        return self.result(readers)

    def read(self, readers: List[Reader]) -> None:
        """Go round the partitions.

        :raises DisError: a request failed
        """
        pause = FIRST_PAUSE
        while not self.full:
            active = [one for one in readers if one.has_more and (self.reading.follow or not one.at_end)]
            if not active or self.clock() >= self.deadline:
                break
            before = len(self.records)
            for reader in active:
                if not self.full and self.clock() < self.deadline:
                    self.limit_retry_budget()
                    self.take(reader)
            if len(self.records) > before:
                pause = FIRST_PAUSE
            elif not self.full:
                self.sleep(max(0.0, min(pause, self.deadline - self.clock())))
                pause = min(MAX_PAUSE, pause * 2)

    def limit_retry_budget(self) -> None:
        """Leave no time for repeating requests beyond the end of the run."""
        retry_budget = self.api.retry_budget
        retry_budget.limit = min(self.usual, retry_budget.lost + max(0.0, self.deadline - self.clock()))

    def cursors(self) -> Dict[str, Any]:
        """A new cursor for each partition, and nothing read.

        :raises DisError: a request failed
        """
        told = [{"partition_id": one.partition_id, "partition_cursor": self.new_cursor(one)} for one in self.readers()]
        return {"actions": [], "cursors": told}

    def new_cursor(self, reader: Reader) -> str:
        """A cursor for the place that a reader has reached."""
        reading, place = self.reading, reader.describe_position().query()
        return self.api.show_cursor(reading.stream_name, str(reader.partition_id), place, reading.stream_id)

    def readers(self) -> List[Reader]:
        """The partitions to read from."""
        reading, readers = self.reading, []
        if reading.partition_cursor is not None:
            return [Reader(None, reading.start, cursor=reading.partition_cursor)]
        if reading.stream_name is None or reading.stream_id is not None:  # only those of one's own can be listed
            return [Reader(reading.partition_id, reading.start)]
        known = {
            canonical_partition_id(one.get("partition_id")): one
            for one in self.api.list_partitions(reading.stream_name)
        }
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
        fresh = [entry for entry in entries if not reader.already_read(entry)]
        if entries and not fresh and not reader.specified:
            reader.cursor = None  # it leads back; the position tells better where to go on
        reader.empty = 0 if fresh else reader.empty + 1
        for left, entry in zip(range(len(fresh), 0, -1), fresh):
            if reader.already_read(entry):
                continue
            data = read_data(entry)
            if self.size + len(data) > self.reading.max_bytes:
                self.full = True
                reader.cursor = reader.used_cursors if left == len(entries) else None
                if not self.records:
                    self.warnings.append(
                        f"The first record has {len(data)} bytes, more than max_bytes: nothing was read."
                    )
                return
            record = read_record(reader.partition_id, entry, data, self.reading.encoding)
            self.records.append(record)
            self.size += len(data)
            number = long_int_or_none(entry.get("sequence_number"))
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
                    reader.started = True
                reader.used_cursors = reader.cursor
                response = self.api.get_records(
                    reading.stream_name, reader.used_cursors, MAX_FETCH_BYTES, reading.stream_id
                )
            except ApiError as err:
                if not self.can_renew_cursor(reader, err) or err.code in renewed:
                    raise
                renewed.add(err.code or "")
                continue
            self.responded = True
            following = response.get("next_partition_cursor")
            reader.cursor = following if isinstance(following, str) and following else None
            if not isinstance(response.get("records"), list):
                raise UnexpectedResponse("Cannot get records: the answer holds no list of them.")
            return dictionaries(response["records"])

    def can_renew_cursor(self, reader: Reader, err: ApiError) -> bool:
        """Whether a new cursor helps; drops the old one."""
        if reader.specified:
            return False
        if err.code in (CURSOR_EXPIRED, CURSOR_UNREADABLE):
            reader.cursor = None
            return True
        if err.code == POSITION_EXPIRED or (err.code == NUMBER_NOT_KEPT and reader.started):
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


PLACE_OPTIONS: Dict[str, Dict[str, Any]] = {
    "partition_id": {"type": "str"},
    "explicit_hash_key": {"type": "str", "no_log": False},
    "partition_key": {"type": "str", "no_log": False},
}
IN_CURSOR = ("stream_name", "stream_id", "partition_id", "cursor_type", "starting_sequence_number", "timestamp")
"""What a cursor holds."""


class Records:
    """Records of a stream."""

    spec = Spec(
        {
            "action": {"type": "str", "choices": list(ACTIONS), "required": True},
            "stream_name": {"type": "str"},
            "stream_id": {"type": "str"},
            "encoding": {"type": "str", "choices": [TEXT, BASE64], "default": TEXT},
            "records": {
                "type": "list",
                "elements": "dict",
                "options": {"data": {"type": "raw", "required": True}, **PLACE_OPTIONS},
            },
            "src": {"type": "path"},
            **PLACE_OPTIONS,
            "partition_cursor": {"type": "str"},
            "cursor_type": {"type": "str", "choices": list(CURSOR_TYPES)},
            "starting_sequence_number": {"type": "str"},
            "timestamp": {"type": "str"},
            "max_records": {"type": "int", "default": 1000},
            "max_bytes": {"type": "int", "default": 1048576},
            "max_seconds": {"type": "float", "default": 30},
            "follow": {"type": "bool", "default": False},
        },
        {
            "mutually_exclusive": [("records", "src"), *(("partition_cursor", name) for name in IN_CURSOR)],
            "required_if": [
                ("action", "put", ["records", "src"], True),
                ("action", "put", ["stream_name", "stream_id"], True),
                ("action", "cursor", ["stream_name", "stream_id"], True),
                ("action", "get", ["stream_name", "stream_id", "partition_cursor"], True),
                ("cursor_type", AT_SEQUENCE_NUMBER, ["starting_sequence_number"]),
                ("cursor_type", AFTER_SEQUENCE_NUMBER, ["starting_sequence_number"]),
                ("cursor_type", AT_TIMESTAMP, ["timestamp"]),
            ],
        },
    )

    def prepare(self, params: Mapping[str, Any], files: Any) -> Union[PutJob, GetJob]:
        """A run that puts records, gets them, or gets cursors.

        :raises InvalidOptions: a rule is broken, or the file with the records cannot be read
        """
        if params["action"] == "put":
            return PutJob(params["stream_name"], params["stream_id"], load_records(params, files))
        return GetJob(reading_from(params, time.time()), cursors_only=params["action"] == "cursor")


class PutJob:
    """One run that puts records."""

    def __init__(self, stream_name: Optional[str], stream_id: Optional[str], records: List[Record]) -> None:
        self.stream_name, self.stream_id, self.records = stream_name, stream_id, records
        self.run: Optional[RecordWriter] = None

    def execute(self, context: Context) -> Dict[str, Any]:
        """Put the records; nothing is sent in check mode, or if there are none."""
        if context.check_mode or not self.records:
            return result(not_sent(self.records))
        self.run = RecordWriter(context.connect(RecordClient), self.stream_name, self.records, self.stream_id)
        return self.run.run()

    def failure(self, err: DisError) -> Dict[str, Any]:
        """What the module returns for a failure."""
        return failure_of(err, self.run.has_executed if self.run else ())


class GetJob:
    """One run that gets records or cursors."""

    def __init__(self, reading: Reading, cursors_only: bool) -> None:
        self.reading, self.cursors_only = reading, cursors_only

    def execute(self, context: Context) -> Dict[str, Any]:
        """Get them, also in check mode."""
        run = RecordReader(context.connect(RecordClient), self.reading)
        return {"changed": False, **(run.cursors() if self.cursors_only else run.run())}

    def failure(self, err: DisError) -> Dict[str, Any]:
        """What the module returns for a failure."""
        return failure_of(err)
