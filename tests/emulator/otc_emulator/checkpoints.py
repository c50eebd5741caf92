# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checkpoints: commit, show, delete."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import StringConstraints

from otc_emulator.apps import app_named, checkpoint_type_of
from otc_emulator.consumers import Checkpoint
from otc_emulator.http_types import Call, Response, dis_refusal
from otc_emulator.partitions import HASH_END, Partition
from otc_emulator.shared import Body, body_as, must_run, needed_in_query, partition_number, stream_named
from otc_emulator.state import Stream


class CheckpointBody(Body):
    """Body of the commit call."""

    app_name: str
    stream_name: str
    partition_id: str
    sequence_number: str
    checkpoint_type: str
    metadata: Annotated[str, StringConstraints(max_length=1000)] | None = None


def partition_in(stream: Stream, text: str) -> Partition:
    """The partition with this id. Raises DIS.4201 if it is malformed, DIS.4302 if it does not exist."""
    partition = stream.partitions.find(partition_number(text))
    if partition is None:
        raise dis_refusal(4302, "The partition does not exist.", text, stream.stream_name)
    return partition


def sequence_in(partition: Partition, text: str) -> int:
    """A sequence number inside the range of the partition. Raises DIS.4216 or DIS.4224."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= HASH_END):
        raise dis_refusal(4216, "The sequence number is invalid.", text)
    number = int(text)
    if not partition.earliest <= number <= partition.next:
        raise dis_refusal(
            4224, "The sequence number is out of range.", text, str(partition.earliest), str(partition.next)
        )
    return number


def commit_checkpoint(call: Call) -> Response:
    """POST checkpoints; a later one replaces an earlier one."""
    body = body_as(call, CheckpointBody)
    checkpoint_type_of(body.checkpoint_type)
    stream = must_run(call, stream_named(call, body.stream_name))
    app = app_named(call, body.app_name)
    partition = partition_in(stream, body.partition_id)
    number = sequence_in(partition, body.sequence_number)
    app.commit(stream.stream_name, partition.number, Checkpoint(number, body.metadata))
    return Response(201)


def show_checkpoint(call: Call) -> Response:
    """GET checkpoints; what a missing one looks like is a setting."""
    stream_name, partition_id = needed_in_query(call, "stream_name"), needed_in_query(call, "partition_id")
    app_name = needed_in_query(call, "app_name")
    checkpoint_type_of(call.query.get("checkpoint_type"))
    stream = stream_named(call, stream_name)
    app = app_named(call, app_name)
    checkpoint = app.checkpoint(stream.stream_name, partition_in(stream, partition_id).number)
    if checkpoint is None:
        return _missing(call, app_name)
    body: dict[str, Any] = {"sequence_number": str(checkpoint.sequence_number)}
    if checkpoint.metadata is not None:
        body["metadata"] = checkpoint.metadata
    return Response(200, body)


def _missing(call: Call, app_name: str) -> Response:
    style = call.core.settings.missing_checkpoint
    if style == "error":
        raise dis_refusal(4375, "The app has no checkpoint in the stream.", app_name)
    if style == "no_content":
        return Response(204)
    return Response(200, {"sequence_number": "" if style == "empty" else "-1"})


def delete_checkpoint(call: Call) -> Response:
    """DELETE checkpoints of an app in a stream, in one partition or in all; repeatable."""
    stream_name, app_name = needed_in_query(call, "stream_name"), needed_in_query(call, "app_name")
    checkpoint_type_of(call.query.get("checkpoint_type"), needed=False)
    stream = stream_named(call, stream_name)
    app = app_named(call, app_name)
    partition_id = call.query.get("partition_id")
    app.forget(stream.stream_name, partition_in(stream, partition_id).number if partition_id else None)
    return Response(204)
