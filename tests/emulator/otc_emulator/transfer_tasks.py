# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seven operations on the transfer tasks of a stream."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from otc_emulator.destinations import DESTINATIONS, Destination
from otc_emulator.exchange import Answer, Call, Refusal, dis_refusal, no_such_url
from otc_emulator.shapes import task_details, task_summary
from otc_emulator.state import GONE, Phase, Project, Stream, TransferTask, phase_after

# Everything else that pydantic complains about is a value out of its range, which has a code of its own.
_WRONG_STRUCTURE = ("missing", "string_type", "int_type", "bool_type", "list_type", "model_type", "dict_type")


class TaskReference(BaseModel):
    """One member of ``tasks`` in a start or stop call."""

    model_config = ConfigDict(extra="ignore", strict=True)

    id: str


class ActionBody(BaseModel):
    """Body of a start or stop call."""

    model_config = ConfigDict(extra="ignore", strict=True)

    action: Literal["start", "stop"]
    tasks: list[TaskReference] = Field(min_length=1)


def project_of(call: Call) -> Project:
    """The project in the path; the token has been checked against it."""
    return call.core.world.projects[call.params["project_id"]]


def stream_of(call: Call) -> Stream:
    """The stream in the path. Raises DIS.4301 if there is none."""
    name = call.params["stream_name"]
    stream = project_of(call).stream(name, call.core.now)
    if stream is None:
        raise dis_refusal(4301, "The stream does not exist.", name, call.params["project_id"])
    return stream


def running_stream_of(call: Call) -> Stream:
    """As ``stream_of``, for calls that need it to be running."""
    stream = stream_of(call)
    state = stream.phase.at(call.core.now)
    if state != "RUNNING":
        raise dis_refusal(4205, "The stream is not in the running state.", stream.stream_name, state)
    return stream


def object_of(call: Call) -> dict[str, Any]:
    """The body as a JSON object. Raises DIS.4202 if it is empty, DIS.4300 if it is anything else."""
    if not call.body.strip():
        raise dis_refusal(4202, "The request body is empty.")
    data = call.json_or_none()
    if not isinstance(data, dict):
        raise dis_refusal(4300, "The request body is not a JSON object.")
    return data


def refusal_for(err: ValidationError, where: str, only_body: bool = False) -> Refusal:
    """A missing or mistyped member is a wrong body, DIS.4300; a value out of its range DIS.4200.

    With *only_body* all of it is DIS.4300.
    """
    errors = err.errors(include_url=False, include_input=False)
    worst = next((one for one in errors if one["type"] in _WRONG_STRUCTURE), errors[0])
    wrong_body = only_body or worst["type"] in _WRONG_STRUCTURE
    code, text = (4300, "The request body is wrong.") if wrong_body else (4200, "Invalid request.")
    member = ".".join([where, *(str(step) for step in worst["loc"])]).strip(".")
    return dis_refusal(code, text, f"Invalid {member}: {worst['msg']}.")


def _descriptor_of(call: Call) -> tuple[Destination, str, dict[str, Any]]:
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
        read = destination.descriptor.model_validate(block)
    except ValidationError as err:
        raise refusal_for(err, destination.request_key) from None
    return destination, read.task_name, read.model_dump(exclude={"task_name"}, exclude_none=True)


def _check_surroundings(call: Call, destination: Destination, settings: dict[str, Any]) -> None:
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
    """The phase of a task that has just been told to run."""
    settings = call.core.settings
    return phase_after("STARTING", settings.start_result, settings.start_delay, call.core.now)


def create_transfer_task(call: Call) -> Answer:
    """POST transfer-tasks."""
    stream = running_stream_of(call)
    destination, name, settings = _descriptor_of(call)
    if len(stream.tasks) >= call.core.settings.task_quota:
        raise dis_refusal(4357, "The number of transfer tasks of the stream has reached its limit.", stream.stream_name)
    if name in stream.tasks:
        raise dis_refusal(4355, "The transfer task already exists.", name)
    _check_surroundings(call, destination, settings)
    stream.put_task(name, destination.kind, settings, starting(call), call.core.now)
    return Answer(201)


def update_transfer_task(call: Call) -> Answer:
    """PUT transfer-tasks, with the complete descriptor. Members left out return to their defaults."""
    if not call.core.settings.update_enabled:
        raise no_such_url()
    stream = running_stream_of(call)
    destination, name, settings = _descriptor_of(call)
    task = _living_task_of(call, stream, name)
    if task.destination_type != destination.kind:
        raise dis_refusal(4300, "The request body is wrong.", f"{name} is a task of type {task.destination_type}.")
    _check_surroundings(call, destination, settings)
    task.settings = settings
    task.updates += 1
    return Answer(200)


def list_transfer_tasks(call: Call) -> Answer:
    """GET transfer-tasks."""
    stream = stream_of(call)
    now, settings = call.core.now, call.core.settings
    limit = page_size(call.query.get("limit"), len(stream.tasks))
    after = call.query.get("start_task_name", "")
    names = [name for name in sorted(stream.tasks) if name > after][:limit]
    body: dict[str, Any] = {
        "total_number": len(stream.tasks),
        "tasks": [task_summary(stream.tasks[name], settings, now) for name in names],
    }
    if settings.quota_in_list:
        body["quota"] = settings.task_quota
    return Answer(200, body)


def page_size(text: str | None, default: int) -> int:
    """The query parameter ``limit``."""
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 100):
        raise dis_refusal(4200, "Invalid request.", f"Invalid limit {text}.")
    return int(text)


def show_transfer_task(call: Call) -> Answer:
    """GET transfer-tasks/NAME."""
    stream = stream_of(call)
    task = _task_of(stream, call.params["task_name"])
    return Answer(200, task_details(stream, task, call.core.settings, call.core.now))


def delete_transfer_task(call: Call) -> Answer:
    """DELETE transfer-tasks/NAME, whatever the task is doing."""
    stream = stream_of(call)
    task = _living_task_of(call, stream, call.params["task_name"])
    now = call.core.now
    task.phase = phase_after("DELETE", GONE, call.core.settings.delete_delay, now)
    stream.advance(now)
    return Answer(204)


def act_on_transfer_tasks(call: Call) -> Answer:
    """POST transfer-tasks/action: start or stop, all of the named tasks or none."""
    stream = running_stream_of(call)
    body = object_of(call)
    try:
        order = ActionBody.model_validate(body)
    except ValidationError as err:
        raise refusal_for(err, "", only_body=True) from None
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
    return Answer(200)
