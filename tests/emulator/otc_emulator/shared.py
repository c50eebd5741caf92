# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operations of DIS share: the things a request names, its body, and refusals for wrong ones."""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from otc_emulator.http_types import Call, Refusal, dis_refusal
from otc_emulator.state import Project, Stream

# All other errors of pydantic are values out of range, which have a separate code.
_WRONG_STRUCTURE = ("missing", "string_type", "int_type", "bool_type", "list_type", "model_type", "dict_type")
_PARTITION_ID = re.compile(r"(?:shardId-)?([0-9]{1,10})")

StreamName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Body(BaseModel):
    """A request body or a part of one. Unknown members are let through, types are not converted."""

    model_config = ConfigDict(extra="ignore", strict=True)


_AnyBody = TypeVar("_AnyBody", bound=BaseModel)


def project_of(call: Call) -> Project:
    """The project in the path; the caller's right to it has been checked."""
    return call.core.world.projects[call.params["project_id"]]


def stream_named(call: Call, name: str) -> Stream:
    """The stream with this name. Raises DIS.4301 if it does not exist."""
    stream = project_of(call).stream(name, call.core.now)
    if stream is None:
        raise dis_refusal(4301, "The stream does not exist.", name, call.params["project_id"])
    return stream


def stream_of(call: Call) -> Stream:
    """The stream in the path. Raises DIS.4301 if it does not exist."""
    return stream_named(call, call.params["stream_name"])


def must_run(call: Call, stream: Stream) -> Stream:
    """The stream itself. Raises DIS.4205 if it is not running."""
    state = stream.phase.at(call.core.now)
    if state != "RUNNING":
        raise dis_refusal(4205, "The stream is not in the running state.", stream.stream_name, state)
    return stream


def running_stream_of(call: Call) -> Stream:
    """As ``stream_of``, for calls that need it to be running."""
    return must_run(call, stream_of(call))


def object_of(call: Call) -> dict[str, Any]:
    """The body as a JSON object. Raises DIS.4202 if it is empty, DIS.4300 if it is anything else."""
    if not call.body.strip():
        raise dis_refusal(4202, "The request body is empty.")
    data = call.json_or_none()
    if not isinstance(data, dict):
        raise dis_refusal(4300, "The request body is not a JSON object.")
    return data


def without_nulls(data: dict[str, Any]) -> dict[str, Any]:
    """A member that is null counts as not sent."""
    return {name: value for name, value in data.items() if value is not None}


def read(model: type[_AnyBody], data: Any, where: str = "", only_body: bool = False) -> _AnyBody:
    """*data* as a *model*. Raises the refusal that fits what is wrong with it."""
    try:
        return model.model_validate(data)
    except ValidationError as err:
        raise refusal_for(err, where, only_body) from None


def body_as(call: Call, model: type[_AnyBody]) -> _AnyBody:
    """The body of a request as a *model*; members that are null count as not sent."""
    return read(model, without_nulls(object_of(call)))


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


def invalid(name: str, value: Any) -> Refusal:
    """DIS.4200 in the words of the service."""
    return dis_refusal(4200, "Invalid request.", f"Invalid {name} {'null' if value is None else value}.")


def number_in_query(call: Call, name: str, default: int, highest: int, lowest: int = 1) -> int:
    """A query parameter that is a number within limits."""
    text = call.query.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 20 and lowest <= int(text) <= highest):
        raise invalid(name, text)
    return int(text)


def page_size(call: Call, default: int) -> int:
    """The query parameter ``limit`` of most lists."""
    return number_in_query(call, "limit", default, 100)


def needed_in_query(call: Call, name: str) -> str:
    """A query parameter that must be there."""
    value = call.query.get(name)
    if not value:
        raise invalid(name, None)
    return value


def partition_number(text: str) -> int:
    """The number in a partition id, which comes as ``shardId-0000000000`` or ``0``. Raises DIS.4201."""
    found = _PARTITION_ID.fullmatch(text)
    if found is None:
        raise dis_refusal(4201, "The partition id is invalid.", text)
    return int(found[1])
