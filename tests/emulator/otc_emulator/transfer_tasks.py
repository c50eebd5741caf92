# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seven operations on the transfer tasks of a stream."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, ValidationError

from otc_emulator.destinations import DESTINATIONS, Destination
from otc_emulator.http_types import Call, Refusal, Response, dis_refusal, no_such_url
from otc_emulator.response_variants import task_details, task_summary
from otc_emulator.shared import (
    Body,
    body_as,
    object_of,
    page_size,
    project_of,
    read,
    refusal_for,
    running_stream_of,
    stream_of,
    without_nulls,
)
from otc_emulator.state import GONE, Phase, Stream, TransferTask, phase_after


class TaskReference(Body):
    """One member of ``tasks`` in a start or stop call."""

    id: str


class PageInfo(Body):
    """Which entries of a log are wanted."""

    pageIndex: int = Field(ge=1)  # noqa: N815
    pageTotal: int = Field(ge=1)  # noqa: N815


class LogBody(Body):
    """Body of a query of the log of a task."""

    order: Literal["asc", "desc"] = "desc"
    sortBy: Literal[  # noqa: N815
        "createTimeStr", "startTime", "endTime", "state", "records", "readRecords", "dataSize"
    ] = "createTimeStr"
    pageInfo: PageInfo = PageInfo(pageIndex=1, pageTotal=10)  # noqa: N815


class ActionBody(Body):
    """Body of a start or stop call."""

    action: Literal["start", "stop"]
    tasks: list[TaskReference] = Field(min_length=1)


def _descriptor_of(call: Call, stream: Stream) -> tuple[Destination, str, dict[str, Any]]:
    """Destination, task name and settings from the body of create or update."""
    body = object_of(call)
    kind = body.get("destination_type")
    offered = call.core.settings.offered_destinations
    destination = DESTINATIONS.get(kind) if isinstance(kind, str) else None
    if destination is None or (offered is not None and kind not in offered):
        raise dis_refusal(4300, "The request body is wrong.", f"Invalid destination_type {kind}.")
    sent = [one.request_key for one in DESTINATIONS.values() if body.get(one.request_key) is not None]
    block = body.get(destination.request_key)
    if sent != [destination.request_key] or not isinstance(block, dict):
        raise dis_refusal(4300, "The request body is wrong.", f"Exactly {destination.request_key} is expected.")
    try:
        descriptor = destination.descriptor.model_validate(without_nulls(block))
    except ValidationError as err:
        raise _refusal_of_descriptor(err, destination) from None
    settings = descriptor.model_dump(exclude={"task_name"}, exclude_none=True)
    if "agency_name" not in settings and not call.core.settings.agency_optional:
        raise dis_refusal(4300, "The request body is wrong.", f"Invalid {destination.request_key}.agency_name null.")
    for rule in destination.rules:
        rule(stream, settings)
    return destination, descriptor.task_name, settings


def _refusal_of_descriptor(err: ValidationError, destination: Destination) -> Refusal:
    """Faults inside the mappings of CloudTable have codes of their own, but other faults come first."""
    refusal = refusal_for(err, destination.request_key)
    places = {str(one["loc"][0]) for one in err.errors(include_url=False, include_input=False)}
    for member, code, text in destination.schema_codes:
        if places == {member}:
            return dis_refusal(code, text, refusal.text)
    return refusal


def _check_external_services(call: Call, destination: Destination, settings: dict[str, Any]) -> None:
    for check in destination.checks:
        check(project_of(call), settings)


def _no_such_task(name: str) -> Refusal:
    return dis_refusal(4354, "The transfer task does not exist.", name)


def _task_of(stream: Stream, name: str) -> TransferTask:
    task = stream.tasks.get(name)
    if task is None:
        raise _no_such_task(name)
    return task


def _living_task_of(call: Call, stream: Stream, name: str) -> TransferTask:
    """As ``_task_of``, for calls to which a task that is being deleted no longer exists."""
    task = _task_of(stream, name)
    if task.phase.at(call.core.now) == "DELETE":
        raise _no_such_task(name)
    return task


def starting(call: Call) -> Phase:
    """The phase of a task immediately after its start."""
    settings = call.core.settings
    return phase_after("STARTING", settings.start_result, settings.start_delay, call.core.now)


def create_transfer_task(call: Call) -> Response:
    """POST transfer-tasks."""
    stream = running_stream_of(call)
    destination, name, settings = _descriptor_of(call, stream)
    if len(stream.tasks) >= call.core.settings.task_quota:
        raise dis_refusal(4357, "The number of transfer tasks of the stream has reached its limit.", stream.stream_name)
    if name in stream.tasks:
        raise dis_refusal(4355, "The transfer task already exists.", name)
    _check_external_services(call, destination, settings)
    stream.put_task(name, destination.kind, settings, starting(call), call.core.now)
    return Response(201)


def update_transfer_task(call: Call) -> Response:
    """PUT transfer-tasks, with the complete descriptor. Omitted members are reset to their defaults."""
    if not call.core.settings.update_enabled:
        raise no_such_url()
    stream = running_stream_of(call)
    destination, name, settings = _descriptor_of(call, stream)
    task = _living_task_of(call, stream, name)
    if task.destination_type != destination.kind:
        raise dis_refusal(4300, "The request body is wrong.", f"{name} is a task of type {task.destination_type}.")
    _check_external_services(call, destination, settings)
    task.settings = settings
    task.updates += 1
    return Response(200)


def list_transfer_tasks(call: Call) -> Response:
    """GET transfer-tasks."""
    stream = stream_of(call)
    now, settings = call.core.now, call.core.settings
    limit = page_size(call, len(stream.tasks))
    after = call.query.get("start_task_name", "")
    names = [name for name in sorted(stream.tasks) if name > after][:limit]
    body: dict[str, Any] = {
        "total_number": len(stream.tasks),
        "tasks": [task_summary(stream.tasks[name], settings, now) for name in names],
    }
    if settings.quota_in_list:
        body["quota"] = settings.task_quota
    return Response(200, body)


def show_transfer_task(call: Call) -> Response:
    """GET transfer-tasks/NAME."""
    stream = stream_of(call)
    task = _task_of(stream, call.params["task_name"])
    return Response(200, task_details(stream, task, call.core.settings, call.core.now))


def delete_transfer_task(call: Call) -> Response:
    """DELETE transfer-tasks/NAME, in any state of the task."""
    stream = stream_of(call)
    task = _living_task_of(call, stream, call.params["task_name"])
    now = call.core.now
    task.phase = phase_after("DELETE", GONE, call.core.settings.delete_delay, now)
    stream.advance(now)
    return Response(204)


def list_log(call: Call) -> Response:
    """POST /v1/transfertasklog/ID: a page of the log of a task; the path has no project."""
    if not call.core.settings.task_log_enabled:
        raise no_such_url()
    wanted = body_as(call, LogBody)
    project, task_id = project_of(call), call.params["task_id"]
    found = [task for stream in project.streams.values() for task in stream.tasks.values() if task.task_id == task_id]
    if not found:
        raise _no_such_task(task_id)
    log = sorted(found[0].log, key=lambda one: str(one.get(wanted.sortBy, "")), reverse=wanted.order == "desc")
    first = (wanted.pageInfo.pageIndex - 1) * wanted.pageInfo.pageTotal
    page = log[first : first + wanted.pageInfo.pageTotal]
    return Response(200, {"totalNum": len(log), "message": None, "errorCode": None, "transferTaskLogList": page})


def act_on_transfer_tasks(call: Call) -> Response:
    """POST transfer-tasks/action: start or stop, all of the named tasks or none."""
    stream = running_stream_of(call)
    order = read(ActionBody, object_of(call), only_body=True)
    now = call.core.now
    tasks = []
    for reference in order.tasks:
        task = stream.task_by_id(reference.id)
        if task is None or task.phase.at(now) == "DELETE":
            raise _no_such_task(reference.id)
        tasks.append(task)
    for task in tasks:
        state = task.phase.at(now)
        stopping = task.phase.then == "PAUSED"
        if order.action == "start" and (stopping or state not in ("RUNNING", "STARTING")):
            task.phase = starting(call)
        if order.action == "stop" and state != "PAUSED":
            task.phase = phase_after(state, "PAUSED", call.core.settings.stop_delay, now)
    stream.advance(now)
    return Response(200)
