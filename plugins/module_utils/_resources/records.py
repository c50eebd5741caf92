# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records: validation, batching, parsing and API client. Private to otc.dis."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._core.errors import THROTTLED, UnexpectedResponse, sanitize
from .._core.schema import NOT_BLANK, TIME_RULE, Field, int_or_none, raise_if_errors, read_time, validate
from .base import PARTITION_ID, STREAM_ID, STREAM_NAME, Calls, canonical_partition_id, digits_field

MAX_RECORD_BYTES = 1024 * 1024
"""Maximum size of a record, in bytes."""
MAX_BATCH_BYTES, MAX_BATCH_RECORDS = 1024 * 1024, 500
"""Maximum bytes and records of one upload request."""
MAX_FETCH_BYTES = 2 * 1024 * 1024
"""Bytes requested per read; a record that is larger than the limit of a request is never returned."""
TEXT, BASE64 = "text", "base64"
ENCODING_NAMES = {TEXT: "UTF-8", BASE64: "base64"}

PARTITION_KEY = Field("partition_key", pattern=NOT_BLANK, rule="a string, not blank")
PARTITION_CURSOR = Field(
    "partition_cursor",
    pattern=r"[\x21-\x7e]{1,2048}",
    rule="a cursor from the service: 1 to 2048 characters, no whitespace",
)
PLACE = (PARTITION_ID, digits_field("explicit_hash_key"), PARTITION_KEY)
LIMITS = (
    Field("max_records", type="int", minimum=1, maximum=100000, rule="an integer from 1 to 100000"),
    Field("max_bytes", type="int", minimum=1, maximum=64 * 1024 * 1024, rule="an integer from 1 to 67108864"),
)

AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER = "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"
TRIM_HORIZON, LATEST, AT_TIMESTAMP = "TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"
CURSOR_TYPES = (AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER, TRIM_HORIZON, LATEST, AT_TIMESTAMP)
PUT, GET, CURSOR = "put", "get", "cursor"
ACTIONS = (PUT, GET, CURSOR)
PUT_OPTIONS = ("records", "src", "partition_key", "explicit_hash_key")
CURSOR_OPTIONS = ("cursor_type", "starting_sequence_number", "timestamp")
OPTIONS_OF_OTHER_ACTIONS: Mapping[str, Tuple[str, ...]] = {PUT: CURSOR_OPTIONS, GET: PUT_OPTIONS, CURSOR: PUT_OPTIONS}
"""Options that cannot be used with an action."""


def misplaced_options(options: Mapping[str, Any]) -> List[str]:
    """Return an error for each specified option that belongs to another action."""
    action = options["action"]
    return [
        f"{name} cannot be used with action {action}"
        for name in OPTIONS_OF_OTHER_ACTIONS[action]
        if options.get(name) is not None
    ]


# --- writing ---


class Record(NamedTuple):
    """A record to put.

    :ivar place: request members that determine its partition
    :ivar name: name for messages, such as ``records[2]`` or ``line 3 of src``
    """

    data: bytes
    place: Mapping[str, str]
    name: str = ""

    @property
    def size(self) -> int:
        """Bytes that count towards the limit of a batch."""
        return len(self.data) + sum(len(value) for value in self.place.values())

    def serialize(self) -> Dict[str, str]:
        """Return the record as an entry of a request body."""
        return {"data": base64.b64encode(self.data).decode("ascii"), **self.place}


def parse_records(options: Mapping[str, Any], lines: Optional[Iterable[bytes]] = None) -> List[Record]:
    """Return the records from the options.

    :param lines: lines of a file to use instead of the option ``records``; empty lines are skipped
    :raises InvalidOptions: if an option is invalid; the message never contains the data
    """
    reasons = validate((STREAM_NAME, STREAM_ID, *PLACE), options) + misplaced_options(options)
    sources: List[Tuple[str, Any, Mapping[str, Any]]]
    if lines is None:
        sources = [(f"records[{number}]", entry["data"], entry) for number, entry in enumerate(options["records"])]
    else:
        numbered = enumerate((line.rstrip(b"\r\n") for line in lines), 1)
        sources = [(f"line {number} of src", line, {}) for number, line in numbered if line]
    records = []
    for name, data, entry in sources:
        reasons += validate(PLACE, entry, f"{name}.")
        content, reason = encode(data, options["encoding"])
        if reason:
            reasons.append(f"{name} {reason}")
        elif not 1 <= len(content) <= MAX_RECORD_BYTES:
            reasons.append(f"{name} has {len(content)} bytes, but must have 1 to {MAX_RECORD_BYTES}")
        else:
            records.append(Record(content, target_of(entry, options), name))
        if len(reasons) >= 20:
            break
    raise_if_errors(reasons)
    return records


def encode(data: Any, encoding: str) -> Tuple[bytes, str]:
    """Return the bytes of a record and an error message, one of them empty; values other than strings become JSON."""
    if data is None:
        return b"", ""
    try:
        text = data if isinstance(data, (bytes, str)) else json.dumps(data, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return b"", "contains NaN or an infinite number, which JSON does not support"
    try:
        content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
        if encoding == BASE64:
            return base64.b64decode(content, validate=True), ""
        content.decode("utf-8")
    except (binascii.Error, ValueError):
        return b"", f"is not valid {ENCODING_NAMES[encoding]} (encoding: {encoding})"
    return content, ""


def target_of(entry: Mapping[str, Any], options: Mapping[str, Any]) -> Dict[str, str]:
    """Return the place of a record: its own options, or else those of the module."""
    names = [field.name for field in PLACE]
    source = entry if any(entry.get(name) is not None for name in names) else options
    place = {name: source[name] for name in names if source.get(name) is not None}
    if "partition_id" in place:
        place["partition_id"] = canonical_partition_id(place["partition_id"])
    return place


def batches(records: Sequence[Record]) -> Iterator[List[int]]:
    """Return the indexes of the records of each upload, in order; each batch is as large as the limits allow."""
    batch: List[int] = []
    size = 0
    for number, record in enumerate(records):
        if batch and (len(batch) >= MAX_BATCH_RECORDS or size + record.size > MAX_BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(number)
        size += record.size
    if batch:
        yield batch


def is_retryable_record(code: Optional[str]) -> bool:
    """Whether a rejected record can be retried: it was throttled, or the service failed."""
    return code is not None and (code in THROTTLED or re.match(r"DIS\.5[0-9]{3}\Z", code) is not None)


# --- reading ---


class Start(NamedTuple):
    """Start position of a read.

    :ivar cursor_type: one of :data:`CURSOR_TYPES`
    :ivar number: sequence number, for ``AT_SEQUENCE_NUMBER`` and ``AFTER_SEQUENCE_NUMBER``
    :ivar timestamp: milliseconds since 1970, for ``AT_TIMESTAMP``
    """

    cursor_type: str
    number: Optional[str] = None
    timestamp: Optional[int] = None

    def query(self) -> Dict[str, Any]:
        """Return the query parameters of a cursor request."""
        return {
            "cursor-type": self.cursor_type,
            "starting-sequence-number": self.number,
            "timestamp": self.timestamp,
        }


class Reading(NamedTuple):
    """Options of a read.

    :ivar stream_name: None if the stream ID or a cursor identifies the stream
    :ivar partition_id: None for all partitions
    :ivar max_bytes: maximum size of the data, in bytes
    :ivar max_seconds: maximum duration of the read, in seconds
    :ivar follow: whether to wait for new records
    :ivar stream_id: ID of the stream, which another account may own
    :ivar partition_cursor: specified cursor, which replaces stream, partition and start position
    """

    stream_name: Optional[str]
    partition_id: Optional[str]
    start: Start
    encoding: str = TEXT
    max_records: int = 1000
    max_bytes: int = 1024 * 1024
    max_seconds: float = 30.0
    follow: bool = False
    stream_id: Optional[str] = None
    partition_cursor: Optional[str] = None


def reading_from(options: Mapping[str, Any], now: float) -> Reading:
    """Return the options of a read from module options.

    :param now: seconds since 1970
    :raises InvalidOptions: if an option is invalid
    """
    number, time = options["starting_sequence_number"], options["timestamp"]
    reasons = validate((STREAM_NAME, STREAM_ID, PARTITION_ID, PARTITION_CURSOR, *LIMITS), options)
    reasons += validate((digits_field("starting_sequence_number"),), options) + misplaced_options(options)
    if options["stream_id"] is not None and options["partition_id"] is None:
        reasons.append("stream_id requires partition_id: the partitions of another account's stream cannot be listed")
    kind = options["cursor_type"] or (
        AT_SEQUENCE_NUMBER if number is not None else AT_TIMESTAMP if time is not None else TRIM_HORIZON
    )
    by_number, by_time = kind in (AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER), kind == AT_TIMESTAMP
    for name, value, needed in (("starting_sequence_number", number, by_number), ("timestamp", time, by_time)):
        if (value is not None) != needed:
            reasons.append(f"cursor_type {kind} {'requires' if needed else 'cannot be used with'} {name}")
    moment = None if time is None else read_time(time, now)
    if time is not None and moment is None:
        reasons.append(f"timestamp is {time!r}, but must be {TIME_RULE}")
    if moment is not None and moment < 0:
        reasons.append(f"timestamp is {time!r}, which is before 1970")
    if not 0 < options["max_seconds"] <= 86400:
        reasons.append(f"max_seconds is {options['max_seconds']:g}, but must be greater than 0 and at most 86400")
    raise_if_errors(reasons)
    return Reading(
        options["stream_name"],
        None if options["partition_id"] is None else canonical_partition_id(options["partition_id"]),
        Start(kind, None if number is None else str(int(number)), None if moment is None else round(moment * 1000)),
        options["encoding"],
        options["max_records"],
        options["max_bytes"],
        options["max_seconds"],
        options["follow"],
        options["stream_id"],
        options["partition_cursor"],
    )


def read_data(entry: Mapping[str, Any]) -> bytes:
    """Decode the data of a record in a response.

    :raises UnexpectedResponse: if the data is not base64
    """
    try:
        return base64.b64decode(entry.get("data") or "", validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise UnexpectedResponse(
            f"The data of record {sanitize(entry.get('sequence_number'))} is not base64."
        ) from None


def read_record(partition_id: Optional[str], entry: Mapping[str, Any], data: bytes, encoding: str) -> Dict[str, Any]:
    """Return a record as the module result contains it.

    :raises UnexpectedResponse: if the requested encoding is text and the data is not UTF-8
    """
    if encoding == TEXT:
        try:
            content = data.decode("utf-8")
        except UnicodeDecodeError:
            where = f" of partition {partition_id}" if partition_id else ""
            raise UnexpectedResponse(
                f"Record {sanitize(entry.get('sequence_number'))}{where} is not UTF-8 text.", "Set encoding: base64."
            ) from None
    else:
        content = base64.b64encode(data).decode("ascii")
    return {
        "partition_id": partition_id,
        "sequence_number": str(entry.get("sequence_number")),
        "data": content,
        "partition_key": entry.get("partition_key"),
        "timestamp": int_or_none(entry.get("timestamp")),
        "timestamp_type": entry.get("timestamp_type"),
    }


class RecordClient(Calls):
    """Client for records, cursors and metrics."""

    def put_records(
        self, stream: Optional[str], records: List[Dict[str, str]], stream_id: Optional[str] = None
    ) -> Dict[str, Any]:
        """``POST /records``; individual records may fail although the request succeeds.

        :param stream: name of the stream; None if only the ID identifies it
        :param stream_id: ID of the stream, which another account may own; the service uses it if the name is not found
        """
        call = f"put {len(records)} records into {describe(stream, stream_id)}"
        names = {"stream_name": stream, "stream_id": stream_id}
        body = {**{name: value for name, value in names.items() if value is not None}, "records": records}
        response = self.send(call, "POST", "/records", body)
        entries = response.get("records") if isinstance(response, dict) else None
        if not isinstance(response, dict) or not isinstance(entries, list) or len(entries) != len(records):
            raise UnexpectedResponse(
                f"Cannot {call}: the response does not report the result of each record.", outcome_unknown=True
            )
        return response

    def show_cursor(
        self, stream: Optional[str], partition_id: str, place: Mapping[str, Any], stream_id: Optional[str] = None
    ) -> str:
        """``GET /cursors``, whose parameter names have hyphens; names and IDs as in :meth:`put_records`."""
        call = f"get a cursor for partition {partition_id} of {describe(stream, stream_id)}"
        query = {"stream-name": stream, "stream-id": stream_id, "partition-id": partition_id, **place}
        response = self.read(call, "/cursors", query)
        cursor = response.get("partition_cursor")
        if not isinstance(cursor, str) or not cursor:
            raise UnexpectedResponse(f"Cannot {call}: the response contains no cursor.")
        return cursor

    def get_records(
        self, stream: Optional[str], cursor: str, max_bytes: int, stream_id: Optional[str] = None
    ) -> Dict[str, Any]:
        """``GET /records`` from a cursor; an empty list does not mean the end of the partition."""
        query = {"partition-cursor": cursor, "max_fetch_bytes": max_bytes}
        return self.read(f"get records of {describe(stream, stream_id)}", "/records", query)

    def show_metrics(
        self, stream: str, partition_id: Optional[str], labels: Sequence[str], start: int, end: int
    ) -> Dict[str, Any]:
        """``GET /streams/{stream_name}/metrics``, or the metrics of a partition; times in seconds since 1970."""
        where = "" if partition_id is None else f"/partitions/{partition_id}"
        label = {"label": labels[0]} if len(labels) == 1 else {"label_list": ",".join(labels)}
        query = {**label, "start_time": start, "end_time": end}
        target = f'stream "{stream}"' if partition_id is None else f'partition {partition_id} of stream "{stream}"'
        return self.read(f"show metrics of {target}", f"/streams/{stream}{where}/metrics", query)


def describe(stream: Optional[str], stream_id: Optional[str]) -> str:
    """Describe a stream for messages."""
    if stream is None:
        return "the stream of the cursor" if stream_id is None else f"the stream with the ID {stream_id}"
    return f'stream "{stream}"'
