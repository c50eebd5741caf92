# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records: upload, cursors, download."""

from __future__ import annotations

import base64
import binascii
import json
import time
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from otc_emulator.checkpoints import partition_in, sequence_in
from otc_emulator.http_types import Call, Refusal, Response, dis_refusal
from otc_emulator.partitions import CREATING, EXPIRED, HASH_END, Partition, Record
from otc_emulator.policies import shared_stream
from otc_emulator.shared import Body, body_as, invalid, must_run, needed_in_query, number_in_query, project_of
from otc_emulator.state import Stream

MAX_BYTES = 5 * 1024 * 1024
MAX_BYTES_OF_RECORD = 1024 * 1024
MAX_RECORDS_READ = 10_000
_MOST_BYTES_READ = 10 * 1024 * 1024
_MOST_BYTES_ASKED = 2**31 - 1
# Bytes and records per second and partition.
_THROUGHPUT = {"COMMON": (1024 * 1024, 1000), "ADVANCED": (5 * 1024 * 1024, 2000)}


class RecordBody(Body):
    """A record to be stored. Empty texts count as not given."""

    data: Annotated[str, StringConstraints(min_length=1)]
    partition_id: str | None = None
    partition_key: str | None = None
    explicit_hash_key: str | None = None
    timestamp: Annotated[int, Field(ge=0)] | None = None


class UploadBody(Body):
    """Body of the upload call."""

    stream_name: str = ""
    stream_id: str = ""
    records: list[RecordBody] = Field(min_length=1)


def _stream(call: Call, name: str, stream_id: str, action: str) -> Stream:
    """The stream with this name, else with this id, which may belong to another account that grants access."""
    project, now = project_of(call), call.core.now
    stream = project.stream(name, now) if name else None
    if stream is None and stream_id:
        stream = project.stream_by_id(stream_id, now) or shared_stream(call, stream_id, action)
    if stream is None:
        raise dis_refusal(4301, "The stream does not exist.", name or stream_id, project.id)
    return must_run(call, stream)


def _size(data: str, index: int) -> int:
    try:
        return len(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        raise dis_refusal(4300, "The request body is wrong.", f"records.{index}.data is not base64.") from None


def put_records(call: Call) -> Response:
    """POST records. Single records may fail; the status stays 200."""
    began = time.perf_counter()
    body = body_as(call, UploadBody)
    if not body.stream_name and not body.stream_id:
        raise dis_refusal(4300, "The request body is wrong.", "Invalid stream_name null.")
    stream = _stream(call, body.stream_name, body.stream_id, "putRecords")
    sizes = [_size(one.data, index) for index, one in enumerate(body.records)]
    if sum(sizes) > MAX_BYTES:
        raise dis_refusal(4200, "The records are too large together.", str(MAX_BYTES), status=413)
    entries: list[dict[str, str]] = []
    failed = 0
    for index, (one, size) in enumerate(zip(body.records, sizes, strict=True)):
        try:
            partition, record = _put(call, stream, index, one, size)
            entries.append({"partition_id": partition.name, "sequence_number": str(record.sequence)})
        except Refusal as refusal:
            failed += 1
            entries.append({"error_code": refusal.code, "error_message": refusal.text})
            if refusal.code == "DIS.4303":
                stream.series.add("traffic_control_put", 1, call.core.now)
    _count_request(stream, "put", began, call.core.now)
    return Response(200, {"failed_record_count": failed, "records": entries})


def _put(call: Call, stream: Stream, index: int, one: RecordBody, size: int) -> tuple[Partition, Record]:
    """Store one record. Raises the refusal of this record alone."""
    settings, now = call.core.settings, call.core.now
    failure = call.record_failure
    if failure is not None and failure.hits(index):
        raise Refusal(200, failure.code, failure.message)
    if size > MAX_BYTES_OF_RECORD:
        raise dis_refusal(4200, "The record is too large.", str(MAX_BYTES_OF_RECORD))
    partition = _partition_for(stream, one)
    stream.uploads += 1
    most_bytes, most_records = _THROUGHPUT[stream.stream_type]
    throttled = settings.throttle_every and stream.uploads % settings.throttle_every == 0
    if throttled or (settings.enforce_throughput and not partition.takes(size, most_bytes, most_records, now)):
        raise dis_refusal(4303, "The traffic limit is exceeded.", partition.name)
    timestamp = int(now * 1000) if one.timestamp is None else one.timestamp
    return partition, stream.append(partition, one.data, size, one.partition_key or None, timestamp, now)


def _partition_for(stream: Stream, one: RecordBody) -> Partition:
    if one.partition_id:
        partition = partition_in(stream, one.partition_id)
        if not partition.is_writable:
            raise dis_refusal(4302, "The partition takes no records.", one.partition_id)
        return partition
    if one.explicit_hash_key:
        text = one.explicit_hash_key
        if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= HASH_END):
            raise invalid("explicit_hash_key", text)
        return stream.partitions.at_hash(int(text))
    return stream.partitions.for_key(one.partition_key)


def _count_request(stream: Stream, verb: str, began: float, now: float) -> None:
    milliseconds = max(1, round((time.perf_counter() - began) * 1000))
    stream.series.add(f"total_{verb}_req_latency", milliseconds, now)
    stream.series.add(f"total_{verb}_req_suc_per_stream", 1, now)


@dataclass
class Cursor:
    """A place in a partition, and when it was handed out."""

    stream_name: str
    stream_id: str
    partition: int
    kind: str
    position: int
    made: int
    epoch: int

    def encode(self, following: bool = False) -> str:
        """As an opaque text. The cursor that a download hands out looks different inside, as in the cloud."""
        if following:
            inside: dict[str, Any] = {
                "iterGenTime": self.made,
                "StreamName": self.stream_name,
                "ShardId": str(self.partition),
                "ShardIteratorType": "AT_SEQUENCE_NUMBER",
                "StartingSequenceNumber": str(self.position),
                "TimeStamp": 0,
            }
        else:
            inside = {
                "getIteratorParam": {
                    "stream-name": self.stream_name,
                    "partition-id": str(self.partition),
                    "cursor-type": self.kind,
                    "starting-sequence-number": str(self.position),
                },
                "generateTimestamp": self.made,
            }
        inside.update(streamId=self.stream_id, epoch=self.epoch)
        return base64.b64encode(json.dumps(inside, separators=(",", ":")).encode()).decode()

    @classmethod
    def decode(cls, text: str) -> Cursor:
        """The cursor in a text. Raises DIS.4217."""
        try:
            inside = json.loads(base64.b64decode(text, validate=True))
            first = inside.get("getIteratorParam")
            if first is not None:
                name, number = first["stream-name"], first["partition-id"]
                kind, position, made = (
                    first["cursor-type"],
                    first["starting-sequence-number"],
                    inside["generateTimestamp"],
                )
            else:
                name, number, kind = inside["StreamName"], inside["ShardId"], inside["ShardIteratorType"]
                position, made = inside["StartingSequenceNumber"], inside["iterGenTime"]
            return cls(
                str(name),
                str(inside["streamId"]),
                int(number),
                str(kind),
                int(position),
                int(made),
                int(inside["epoch"]),
            )
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise dis_refusal(4217, "The partition cursor is invalid.") from None


def _readable(stream: Stream, text: str) -> Partition:
    partition = partition_in(stream, text)
    if partition.status == CREATING:
        raise dis_refusal(4302, "The partition does not exist.", text, stream.stream_name)
    if partition.status == EXPIRED:
        raise dis_refusal(4319, "The partition has expired.", text)
    return partition


def show_cursor(call: Call) -> Response:
    """GET cursors. Its query is written with hyphens."""
    stream_name, stream_id = call.query.get("stream-name", ""), call.query.get("stream-id", "")
    partition_id = needed_in_query(call, "partition-id")
    if not stream_name and not stream_id:
        raise invalid("stream-name", None)
    stream = _stream(call, stream_name, stream_id, "getRecords")
    partition = _readable(stream, partition_id)
    kind = call.query.get("cursor-type") or "AT_SEQUENCE_NUMBER"
    position = _position(call, stream, partition, kind)
    now = int(call.core.now * 1000)
    epoch = call.core.world.cursor_epoch
    cursor = Cursor(stream.stream_name, stream.stream_id, partition.number, kind, position, now, epoch)
    return Response(200, {"partition_cursor": cursor.encode()})


def _position(call: Call, stream: Stream, partition: Partition, kind: str) -> int:
    """Number of the first record that the cursor will give."""
    if kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        text = call.query.get("starting-sequence-number")
        if not text:
            return partition.earliest
        number = sequence_in(partition, text)
        return number if kind == "AT_SEQUENCE_NUMBER" else min(number + 1, partition.next)
    if kind == "TRIM_HORIZON":
        return partition.earliest
    if kind == "LATEST":
        return partition.next
    if kind == "AT_TIMESTAMP":
        text = call.query.get("timestamp", "")
        oldest = int((call.core.now - stream.retention_period * 3600) * 1000)
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            raise dis_refusal(4300, "The request is wrong.", f"Invalid timestamp {text or 'null'}.")
        if int(text) < oldest:
            raise dis_refusal(4300, "The request is wrong.", f"The smallest timestamp is {oldest}.")
        return partition.first_since(int(text))
    raise dis_refusal(4215, "The cursor type is invalid.", kind)


def get_records(call: Call) -> Response:
    """GET records from a cursor on. An empty list is normal; the next cursor is always there."""
    began = time.perf_counter()
    cursor = Cursor.decode(needed_in_query(call, "partition-cursor"))
    most_bytes = number_in_query(call, "max_fetch_bytes", _MOST_BYTES_READ, _MOST_BYTES_ASKED)
    most_records = number_in_query(call, "limit", MAX_RECORDS_READ, MAX_RECORDS_READ)
    now, settings, epoch = call.core.now, call.core.settings, call.core.world.cursor_epoch
    if cursor.epoch != epoch or now - cursor.made / 1000 > settings.cursor_life:
        raise dis_refusal(4225, "The partition cursor has expired.")
    stream = _stream(call, "", cursor.stream_id, "getRecords")
    partition = _readable(stream, str(cursor.partition))
    if cursor.position < partition.earliest:
        raise dis_refusal(4226, "The records at the partition cursor have expired.", str(partition.earliest))
    records, position = partition.read(cursor.position, most_bytes, most_records)
    following = Cursor(
        stream.stream_name, stream.stream_id, partition.number, cursor.kind, position, int(now * 1000), epoch
    )
    size = sum(one.size for one in records)
    for series, per in ((stream.series, "stream"), (partition.series, "partition")):
        series.add(f"total_get_bytes_per_{per}", size, now)
        series.add(f"total_get_records_per_{per}", len(records), now)
    _count_request(stream, "get", began, now)
    body = {"records": [one.view() for one in records], "next_partition_cursor": following.encode(following=True)}
    return Response(200, body)
