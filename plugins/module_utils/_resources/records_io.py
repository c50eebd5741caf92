# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing and reading records; a write with an unknown outcome is never repeated. Private to otc.dis."""

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
    hint_for,
    join_names,
    sanitize,
)
from .._core.plan import Context, Spec, failure_of
from .._core.schema import dictionaries
from .app import long_int_or_none
from .base import UNREADABLE, canonical_partition_id, read_range
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
    read_record,
    reading_from,
)

UNKNOWN_OUTCOME_HINT = "Use action: get to check which of them were written, then put the others."
NOT_SENT, PUT, REFUSED, UNKNOWN = "not_sent", "put", "refused", "unknown"


class RecordsRejected(DisError):
    """The service rejected individual records.

    :param code: error code of the first rejected record
    """

    kind = "rejected"

    def __init__(self, message: str, code: Optional[str]) -> None:
        self.code = code
        super().__init__(message, hint_for(code))


def load_records(options: Mapping[str, Any], files: Any) -> List[Record]:
    """Return the records from the options or from the file in the option ``src``.

    :param files: locates and opens the file
    :raises InvalidOptions: if an option is invalid or the file cannot be read
    """
    if options["src"] is None:
        return parse_records(options)
    with files.open(options["src"], "src") as file:
        return parse_records(options, file)


class RecordWriter:
    """Writes records in batches.

    :ivar results: result of each record
    """

    def __init__(
        self, api: RecordClient, stream: Optional[str], records: Sequence[Record], stream_id: Optional[str] = None
    ) -> None:
        self.api, self.stream, self.stream_id, self.records = api, stream, stream_id, records
        self.results = not_sent(records)

    def run(self) -> Dict[str, Any]:
        """Put all records batch by batch; the batches after a failed batch are not sent.

        :raises DisError: with the result of each record in :attr:`DisError.more`
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
        """Return the number of records in each state as text."""
        words = {PUT: "put", REFUSED: "rejected", UNKNOWN: "possibly put", NOT_SENT: "not sent"}
        counts = {state: sum(record["state"] == state for record in self.results) for state in words}
        return join_names(
            f"{count} {'was' if count == 1 else 'were'} {words[state]}" for state, count in counts.items() if count
        )

    @property
    def has_executed(self) -> List[str]:
        """Verbs of the writes that succeeded or may have succeeded."""
        return ["put"] if any(record["state"] in (PUT, UNKNOWN) for record in self.results) else []

    def failure(self, err: DisError) -> Dict[str, Any]:
        """Return the module result of a failed run."""
        return {"changed": bool(self.has_executed), "done": self.has_executed, **err.as_result()}

    def put(self, batch: List[int]) -> None:
        """Put one batch, and retry its records that the service throttled.

        :raises DisError: if records were rejected or their outcome is unknown
        """
        failures = 0
        while True:
            self.send(batch)
            rejected = [number for number in batch if self.results[number]["state"] == REFUSED]
            retryable = [number for number in rejected if is_retryable_record(self.results[number]["error"]["code"])]
            failures += 1
            if not retryable or not self.api.retry_budget.allows(failures):
                break
            batch = retryable
        rejected = [number for number, record in enumerate(self.results) if record["state"] == REFUSED]
        if rejected:
            error = self.results[rejected[0]]["error"]
            raise RecordsRejected(
                f"The service rejected {len(rejected)} of {len(self.records)} records, starting with"
                f" {self.records[rejected[0]].name}: {error['text'].rstrip('.')} ({error['code'] or 'no code'}).",
                error["code"],
            )
        unknown = [number for number, record in enumerate(self.results) if record["state"] == UNKNOWN]
        if unknown:
            raise UnexpectedResponse(
                f"The response does not report the result of {len(unknown)} records, starting with"
                f" {self.records[unknown[0]].name}.",
                UNKNOWN_OUTCOME_HINT,
                outcome_unknown=True,
            )

    def send(self, batch: List[int]) -> None:
        """Send records once and store the result of each.

        :raises DisError: if the request fails
        """
        try:
            entries = [self.records[number].serialize() for number in batch]
            with catch_unexpected():
                response = self.api.put_records(self.stream, entries, self.stream_id)
        except DisError as err:
            if err.outcome_unknown:
                for number in batch:
                    self.results[number]["state"] = UNKNOWN
                err.add(
                    f"It is unknown whether {len(batch)} records, starting with {self.records[batch[0]].name}, were"
                    " put. They were not sent again, to avoid duplicates.",
                    UNKNOWN_OUTCOME_HINT,
                )
            raise
        for number, entry in zip(batch, response["records"]):
            self.results[number].update(record_outcome(entry if isinstance(entry, dict) else {}, self.api))


def record_outcome(entry: Mapping[str, Any], api: RecordClient) -> Dict[str, Any]:
    """Return the result of one record from its response entry."""
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
    """Return the results of records that have not been sent."""
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
    """Return the module result of ``put``."""
    actions = ["put"] if results else []
    return {"changed": bool(actions), "actions": actions, "records": results}


EMPTY_RESPONSES_AT_END = 3
"""Consecutive empty responses that mean the end of a partition if its end is unknown."""
MIN_PAUSE, MAX_PAUSE = 0.1, 1.0
"""Minimum and maximum pause between reads that return no records, in seconds."""


class Reader:
    """Read progress in one partition.

    :ivar position: sequence number of the next record to read; None if unknown
    :ivar end: sequence number of the next new record at the start of the run; None if not reported
    :ivar cursor: cursor of the next read; None if a new one is needed
    :ivar last_cursor: cursor of the last read
    :ivar started: whether the reader has had a cursor
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
        self.cursor, self.last_cursor, self.specified = cursor, cursor, cursor is not None
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
        """Return the start position of a new cursor."""
        if not self.started or self.position is None:
            return self.start
        return Start(AT_SEQUENCE_NUMBER, str(self.position))

    @property
    def has_more(self) -> bool:
        """Whether the reader has a cursor or can request one."""
        return self.cursor is not None or not self.specified

    @property
    def at_end(self) -> bool:
        """Whether all records that existed at the start of the run have been read, as far as known."""
        if self.position is None or self.end is None:
            return self.empty >= EMPTY_RESPONSES_AT_END
        return self.position >= self.end if self.started else self.position == self.end

    def already_read(self, entry: Mapping[str, Any]) -> bool:
        """Whether a record precedes the position: it was read or not requested."""
        number = long_int_or_none(entry.get("sequence_number"))
        return number is not None and self.position is not None and 0 <= number < self.position

    def skip_lost(self) -> None:
        """Continue with the oldest record, because earlier records have expired."""
        self.cursor, self.position, self.started = None, None, False
        self.start = Start(TRIM_HORIZON)


class RecordReader:
    """Reads records from one or all partitions of a stream."""

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
        self.deadline, self.retry_limit = 0.0, api.retry_budget.limit
        self.warnings: List[str] = []

    def run(self) -> Dict[str, Any]:
        """Read the partitions in turn until the end, a limit or the deadline is reached.

        :raises DisError: if a request fails or a record cannot be decoded
        """
        self.deadline = self.clock() + self.reading.max_seconds
        self.limit_retry_budget()
        readers = self.readers()
        try:
            self.read(readers)
        except ApiError as err:
            if not (err.throttled and self.responded):
                raise
            self.warnings.append("The service throttled the reads until the deadline; there may be more records.")
        return self.result(readers)

    def read(self, readers: List[Reader]) -> None:
        """Read the partitions in turn.

        :raises DisError: if a request fails
        """
        pause = MIN_PAUSE
        while not self.full:
            active = [reader for reader in readers if reader.has_more and (self.reading.follow or not reader.at_end)]
            if not active or self.clock() >= self.deadline:
                break
            before = len(self.records)
            for reader in active:
                if not self.full and self.clock() < self.deadline:
                    self.limit_retry_budget()
                    self.take(reader)
            if len(self.records) > before:
                pause = MIN_PAUSE
            elif not self.full:
                self.sleep(max(0.0, min(pause, self.deadline - self.clock())))
                pause = min(MAX_PAUSE, pause * 2)

    def limit_retry_budget(self) -> None:
        """Limit retries to the time before the deadline."""
        retry_budget = self.api.retry_budget
        retry_budget.limit = min(self.retry_limit, retry_budget.lost + max(0.0, self.deadline - self.clock()))

    def cursors(self) -> Dict[str, Any]:
        """Return a new cursor for each partition, without reading records.

        :raises DisError: if a request fails
        """
        cursors = [
            {"partition_id": reader.partition_id, "partition_cursor": self.new_cursor(reader)}
            for reader in self.readers()
        ]
        return {"actions": [], "cursors": cursors}

    def new_cursor(self, reader: Reader) -> str:
        """Request a cursor for the position of a reader."""
        reading, place = self.reading, reader.describe_position().query()
        return self.api.show_cursor(reading.stream_name, str(reader.partition_id), place, reading.stream_id)

    def readers(self) -> List[Reader]:
        """Return a reader for each partition to read."""
        reading, readers = self.reading, []
        if reading.partition_cursor is not None:
            return [Reader(None, reading.start, cursor=reading.partition_cursor)]
        if (
            reading.stream_name is None or reading.stream_id is not None
        ):  # partitions of other accounts cannot be listed
            return [Reader(reading.partition_id, reading.start)]
        partitions = {
            canonical_partition_id(entry.get("partition_id")): entry
            for entry in self.api.list_partitions(reading.stream_name)
        }
        for partition_id, entry in partitions.items():
            if partition_id == reading.partition_id or (
                reading.partition_id is None and entry.get("status") not in UNREADABLE
            ):
                readable = entry.get("status") not in UNREADABLE  # otherwise the service reports the error
                first, end = read_range(entry.get("sequence_number_range")) if readable else (None, None)
                readers.append(Reader(partition_id, reading.start, first, end))
        if reading.partition_id is not None and not readers:
            readers.append(Reader(reading.partition_id, reading.start))
        return readers

    def take(self, reader: Reader) -> None:
        """Read one page from a partition."""
        entries = self.fetch(reader)
        fresh = [entry for entry in entries if not reader.already_read(entry)]
        if entries and not fresh and not reader.specified:
            reader.cursor = None  # it returned only records before the position: request a cursor at the position
        reader.empty = 0 if fresh else reader.empty + 1
        for left, entry in zip(range(len(fresh), 0, -1), fresh):
            if reader.already_read(entry):
                continue
            data = read_data(entry)
            if self.size + len(data) > self.reading.max_bytes:
                self.full = True
                reader.cursor = reader.last_cursor if left == len(entries) else None
                if not self.records:
                    self.warnings.append(
                        f"The first record has {len(data)} bytes, which exceeds max_bytes: nothing was read."
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
                    reader.cursor = None  # it points after records of this page that are not returned
                return

    def fetch(self, reader: Reader) -> List[Dict[str, Any]]:
        """Read the next records of a partition; an expired or invalid cursor is renewed once per error code."""
        reading = self.reading
        renewed: Set[str] = set()
        while True:
            try:
                if reader.cursor is None:
                    reader.cursor = self.new_cursor(reader)
                    reader.started = True
                reader.last_cursor = reader.cursor
                response = self.api.get_records(
                    reading.stream_name, reader.last_cursor, MAX_FETCH_BYTES, reading.stream_id
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
                raise UnexpectedResponse("Cannot get records: the response contains no list of records.")
            return dictionaries(response["records"])

    def can_renew_cursor(self, reader: Reader, err: ApiError) -> bool:
        """Whether a new cursor can resolve an error; if so, drop the old cursor."""
        if reader.specified:
            return False
        if err.code in (CURSOR_EXPIRED, CURSOR_UNREADABLE):
            reader.cursor = None
            return True
        if err.code == POSITION_EXPIRED or (err.code == NUMBER_NOT_KEPT and reader.started):
            self.warnings.append(
                f"Records of partition {reader.partition_id} expired before they were read; reading continued with the"
                " oldest available record."
            )
            reader.skip_lost()
            return True
        return False

    def result(self, readers: List[Reader]) -> Dict[str, Any]:
        """Return the module result: records by partition, in the order of each partition."""
        return {
            "actions": [],
            "records": sorted(self.records, key=lambda record: str(record["partition_id"])),
            "positions": [
                {
                    "partition_id": reader.partition_id,
                    "sequence_number": None if reader.position is None else str(reader.position),
                    "partition_cursor": reader.cursor,
                    "at_end": reader.at_end,
                }
                for reader in readers
            ],
            "warnings": self.warnings,
        }


PLACE_OPTIONS: Dict[str, Dict[str, Any]] = {
    "partition_id": {"type": "str"},
    "explicit_hash_key": {"type": "str", "no_log": False},
    "partition_key": {"type": "str", "no_log": False},
}
IN_CURSOR = ("stream_name", "stream_id", "partition_id", "cursor_type", "starting_sequence_number", "timestamp")
"""Options that a cursor replaces."""


class Records:
    """The resource of the module ``records``."""

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
        """Return the job that puts records, gets records or gets cursors.

        :raises InvalidOptions: if an option is invalid or the file in ``src`` cannot be read
        """
        if params["action"] == "put":
            return PutJob(params["stream_name"], params["stream_id"], load_records(params, files))
        return GetJob(reading_from(params, time.time()), cursors_only=params["action"] == "cursor")


class PutJob:
    """Job of ``action=put``."""

    def __init__(self, stream_name: Optional[str], stream_id: Optional[str], records: List[Record]) -> None:
        self.stream_name, self.stream_id, self.records = stream_name, stream_id, records
        self.run: Optional[RecordWriter] = None

    def execute(self, context: Context) -> Dict[str, Any]:
        """Put the records; send nothing in check mode or without records."""
        if context.check_mode or not self.records:
            return result(not_sent(self.records))
        self.run = RecordWriter(context.connect(RecordClient), self.stream_name, self.records, self.stream_id)
        return self.run.run()

    def failure(self, err: DisError) -> Dict[str, Any]:
        """Return the module result of a failed run."""
        return failure_of(err, self.run.has_executed if self.run else ())


class GetJob:
    """Job of ``action=get`` and ``action=cursor``."""

    def __init__(self, reading: Reading, cursors_only: bool) -> None:
        self.reading, self.cursors_only = reading, cursors_only

    def execute(self, context: Context) -> Dict[str, Any]:
        """Read the records or cursors, also in check mode."""
        run = RecordReader(context.connect(RecordClient), self.reading)
        return {"changed": False, **(run.cursors() if self.cursors_only else run.run())}

    def failure(self, err: DisError) -> Dict[str, Any]:
        """Return the module result of a failed run."""
        return failure_of(err)
