# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How answers look: the shapes the service is known for, chosen by the settings."""

from __future__ import annotations

from typing import Any

from otc_emulator.destinations import DESTINATIONS
from otc_emulator.http_types import Refusal, Response
from otc_emulator.partitions import partition_name
from otc_emulator.settings import Settings
from otc_emulator.state import Stream, TransferTask

_TITLES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}


STYLES = {"iam": "iam", "dli": "reference"}
"""The error bodies of the services beside DIS."""
_MISSING = ("DIS.4301", "DIS.4302", "DIS.4332", "DIS.4354", "DIS.4603", "DIS.4604")


def error_answer(refusal: Refusal, settings: Settings, request_id: str) -> Response:
    """A refusal in the shape of its sender."""
    if refusal.code in _MISSING:
        refusal.status = settings.missing_status
    code, text = refusal.code, refusal.text
    style = refusal.style or settings.error_shape
    body: dict[str, Any]
    if style == "iam":
        title = _TITLES.get(refusal.status, "Error")
        body = {"error": {"message": text, "code": refusal.status, "title": title}}
    elif style == "gateway":
        body = {"error_code": code, "error_msg": text, "request_id": request_id}
    elif style == "reference":
        body = {"error_code": code, "error_msg": text}
    elif style == "nested":
        body = {"error": {"code": code, "message": text}}
    else:
        body = {"errorCode": code, "message": text}
    return Response(refusal.status, body)


def task_summary(task: TransferTask, settings: Settings, now: float) -> dict[str, Any]:
    """One element of the list."""
    return _summary(task, not settings.no_task_id_in_list, now)


def _summary(task: TransferTask, with_id: bool, now: float) -> dict[str, Any]:
    item: dict[str, Any] = {"task_id": task.task_id} if with_id else {}
    item["task_name"] = task.task_name
    item["destination_type"] = task.destination_type
    item["state"] = task.phase.at(now)
    item["create_time"] = task.create_time
    if task.last_transfer_timestamp is not None:
        item["last_transfer_timestamp"] = task.last_transfer_timestamp
    return item


def task_details(stream: Stream, task: TransferTask, settings: Settings, now: float) -> dict[str, Any]:
    """The answer to a details call."""
    destination = DESTINATIONS[task.destination_type]
    body: dict[str, Any] = {
        "stream_id": stream.stream_id,
        "streamId": stream.stream_id,
        "stream_name": stream.stream_name,
        **_summary(task, not settings.no_task_id_in_details, now),
        "exception_strategy": "ignoreAndBackup",
        destination.block_key(settings.misspelt_blocks): _block(task, settings),
        "partitions": [_partition(stream, task, number, settings, now) for number in range(len(task.positions))],
    }
    return body


def _block(task: TransferTask, settings: Settings) -> dict[str, Any]:
    """The settings of a task as details show them."""
    destination = DESTINATIONS[task.destination_type]
    block = {**destination.added(task.settings), **task.settings}
    if settings.empty_as_blank:
        block = {**dict.fromkeys(destination.blanks, ""), **block}
    if settings.omit_empty:
        block = {name: value for name, value in block.items() if value not in ("", None)}
    hidden = {*settings.hidden_members, *(("retry_duration",) if settings.omit_retry_duration else ())}
    if not settings.return_password:
        hidden.update(destination.secrets)
    if settings.hide_dli_names and destination.kind == "DLI":
        hidden.update(destination.names)
    return {name: value for name, value in block.items() if name not in hidden}


def _partition(stream: Stream, task: TransferTask, number: int, settings: Settings, now: float) -> dict[str, Any]:
    if settings.partition_shape == "table":
        one = stream.partitions[number]
        return {
            "partition_id": one.name,
            "status": one.status,
            "hash_range": one.hash_range(),
            "sequence_number_range": one.sequence_number_range(),
            "parent_partitions": "",
        }
    partition: dict[str, Any] = {
        "partitionId": partition_name(number),
        "state": task.phase.at(now),
        "discard": 0,
        "last_transfer_offset": task.offset(number),
    }
    if task.last_transfer_timestamp is not None:
        partition["last_transfer_timestamp"] = task.last_transfer_timestamp
    return partition
