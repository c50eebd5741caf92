# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event source of records: read for an app, queue, and commit checkpoints. Private to otc.dis."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any

from ..module_utils._core.errors import DisError, InvalidOptions
from ..module_utils._core.plan import Spec
from ..module_utils._core.schema import raise_if_errors, validate
from ..module_utils._resources.base import APP_NAME, STREAM_NAME, UNREADABLE, canonical_partition_id, read_range
from ..module_utils._resources.checkpoint import Checkpoint, CheckpointCalls, find_checkpoints
from ..module_utils._resources.records import (
    AT_SEQUENCE_NUMBER,
    BASE64,
    LATEST,
    TEXT,
    TRIM_HORIZON,
    Reading,
    RecordClient,
    Start,
)
from ..module_utils._resources.records_io import Reader, RecordReader
from ._event_session import Session, logger, pause_after, seconds
from ._inventory import check_host_prefix
from ._transitions import RECOVERED, UNREACHABLE, Policy, event_of

SPEC = Spec(
    {
        "stream_name": {"type": "str", "required": True},
        "app_name": {"type": "str", "required": True},
        "start": {"type": "str", "choices": [LATEST, TRIM_HORIZON], "default": LATEST},
        "encoding": {"type": "str", "choices": [TEXT, BASE64], "default": TEXT},
        "interval": {"type": "str", "default": "5"},
        "batch_size": {"type": "int", "default": 100},
        "host_prefix": {"type": "str", "default": ""},
    }
)


class Client(CheckpointCalls, RecordClient):
    """Records and checkpoints."""


class Batch(RecordReader):
    """Reader of the new records in all partitions.

    :ivar starts: where to begin in each partition
    """

    def __init__(self, api: Client, reading: Reading, starts: Mapping[str, Start]) -> None:
        super().__init__(api, reading)
        self.starts = starts

    def readers(self) -> list[Reader]:
        """Return a reader for each readable partition."""
        found = []
        for entry in self.api.list_partitions(str(self.reading.stream_name)):
            if entry.get("status") not in UNREADABLE:
                name = canonical_partition_id(entry.get("partition_id"))
                first, end = read_range(entry.get("sequence_number_range"))
                start = self.starts.get(name, self.reading.start)
                if start.number is not None and first is not None and int(start.number) < first:
                    logger.warning("Records of %s expired before they were read.", name)
                    start = Start(TRIM_HORIZON)
                found.append(Reader(name, start, first, end))
        return found


class RecordSource:
    """Reader of the records of a stream, starting at the checkpoints of an app.

    :ivar starts: where to go on in each partition
    :ivar uncommitted: positions that follow queued records
    """

    def __init__(self, args: Mapping[str, Any]) -> None:
        """Read the options.

        :raises InvalidOptions: one is invalid
        """
        self.session = Session("otc.dis.records", SPEC, args)
        params = self.session.params
        reasons = validate((STREAM_NAME, APP_NAME), params)
        if not 1 <= params["batch_size"] <= 10000:
            reasons.append(f"batch_size is {params['batch_size']}, but must be an integer from 1 to 10000")
        raise_if_errors(reasons)
        check_host_prefix(params["host_prefix"])
        self.interval = self.pause = seconds(params, "interval", 0.1, 86400)
        self.starts: dict[str, Start] = {}
        self.uncommitted: dict[str, str] = {}
        self.outage = self.reached = False

    def poll(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, str]]:
        """Return events about the service, new records, and the positions after them.

        :raises InvalidOptions: an option is invalid, before the first successful poll
        """
        self.pause = self.interval
        try:
            with self.session.client(Client) as api:
                self.commit(api)
                result = self.read(api)
        except DisError as err:
            if isinstance(err, InvalidOptions) and not self.reached:
                raise
            self.pause = pause_after(err, self.interval)
            events = [] if self.outage else [self.about_service(UNREACHABLE, self.session.describe(err))]
            self.outage = True
            return events, [], {}
        events = [self.about_service(RECOVERED, None)] if self.outage else []
        self.outage, self.reached = False, True
        return events, result["records"], self.positions(result)

    def read(self, api: Client) -> dict[str, Any]:
        """Return the new records.

        :raises DisError: a request failed
        """
        params = self.session.params
        if not self.reached:
            found = find_checkpoints(api, params["stream_name"], params["app_name"], None, details=False).found
            for name, checkpoint in found.items():
                self.starts.setdefault(name, Start(AT_SEQUENCE_NUMBER, checkpoint.sequence_number))
        reading = Reading(params["stream_name"], None, Start(params["start"]), params["encoding"])
        return Batch(api, reading._replace(max_records=params["batch_size"]), self.starts).run()

    def positions(self, result: Mapping[str, Any]) -> dict[str, str]:
        """Return the next position in each partition after a read."""
        return {
            one["partition_id"]: one["sequence_number"]
            for one in result["positions"]
            if one["sequence_number"] is not None
        }

    def accept(self, positions: Mapping[str, str], queued: Mapping[str, Any]) -> None:
        """Continue after the queued records."""
        for name, number in positions.items():
            self.starts[name] = Start(AT_SEQUENCE_NUMBER, number)
            if name in queued:
                self.uncommitted[name] = number

    def commit(self, api: Client) -> None:
        """Commit the positions after the queued records.

        :raises DisError: a request failed
        """
        params = self.session.params
        for name in list(self.uncommitted):
            api.commit_checkpoint(params["stream_name"], params["app_name"], Checkpoint(name, self.uncommitted[name]))
            del self.uncommitted[name]

    def try_commit(self) -> None:
        """Commit positions; failed commits are retried before the next read."""
        try:
            with self.session.client(Client) as api:
                self.commit(api)
        except DisError as err:
            logger.warning("%s", self.session.describe(err))

    def event(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return a record as an event."""
        params = self.session.params
        stream = params["stream_name"]
        place = [stream, record["partition_id"], record["sequence_number"]]
        names = ("partition_id", "sequence_number", "partition_key", "timestamp", "data")
        return {
            "dis": {
                "event": "record",
                "stream_name": stream,
                **{name: record[name] for name in names},
                "json": parsed(record["data"]) if params["encoding"] == TEXT else None,
                "id": hashlib.sha256(json.dumps(place).encode()).hexdigest()[:32],
            },
            "meta": {"hosts": params["host_prefix"] + stream},
        }

    def about_service(self, name: str, reason: str | None) -> dict[str, Any]:
        """Return an event about the service."""
        policy = Policy(host_prefix=self.session.params["host_prefix"])
        return event_of(name, None, None, None, time.time(), policy, reason=reason)


def parsed(text: str) -> Any:
    """Parse a JSON document; None if it is invalid."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


async def run_records(queue: Any, args: Mapping[str, Any]) -> None:
    """Queue the records of a stream until cancelled.

    :raises InvalidOptions: an option is invalid
    """
    source = RecordSource(args)
    while True:
        events, records, positions = await asyncio.to_thread(source.poll)
        for event in events:
            await queue.put(event)
        for record in records:
            await queue.put(source.event(record))
        source.accept(positions, dict.fromkeys(record["partition_id"] for record in records))
        if records:
            await asyncio.to_thread(source.try_commit)
        await asyncio.sleep(0 if len(records) >= source.session.params["batch_size"] else source.pause)
