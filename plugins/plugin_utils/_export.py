# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Export of streams and transfer tasks as variables of the role dli_transfer. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from ..module_utils._core.errors import join_names, sanitize
from ..module_utils._core.schema import Field
from ..module_utils._resources import stream as _stream
from ..module_utils._resources.base import STREAM_NAME
from ..module_utils._resources.destinations import (
    DESTINATIONS,
    DLI,
    TASK_NAME,
)
from ..module_utils._resources.transfer_task import PAUSED

NEVER_RETURNED = "{0} is a secret that the service does not return. To recreate the task, add it from a vault."
NOT_REPORTED = "Not returned by the service and not managed: {0}. To recreate the {1}, add the required values."
EMPTY: Tuple[Any, ...] = (None, "", {}, [])


class Entry(NamedTuple):
    """Stream or transfer task in the file.

    :ivar notes: comments, one line each
    :ivar options: options of the module; None if the entry is skipped
    """

    notes: Tuple[str, ...]
    options: Optional[Dict[str, Any]] = None


def stream_entries(streams: Iterable[Mapping[str, Any]]) -> List[Entry]:
    """Return the entries of streams, sorted by name.

    :param streams: result of ``stream_info`` with details
    """
    return [stream_entry(stream) for stream in sorted(streams, key=lambda stream: str(stream["stream_name"]))]


def stream_entry(stream: Mapping[str, Any]) -> Entry:
    """Return the entry of a stream."""
    name, status = stream["stream_name"], stream["status"]
    reasons = list(STREAM_NAME.validate(name, "stream_name"))
    if status in (_stream.TERMINATING, _stream.TERMINATED):
        reasons.append(f"status {status}")
    if reasons:
        return skipped_entry(f"stream {name}", reasons)
    options, notes = to_options(_stream.FIELDS, stream)
    unreported = [field.name for field in _stream.FIELDS if field.required and stream.get(field.name) is None]
    tags = stream.get("tags")
    tag_errors = _stream.tag_errors(tags or {})
    if tags is None:
        unreported.append("tags")
    elif tag_errors:
        notes.append(f"Not managed: {'; '.join(tag_errors)}.")
    elif tags:
        options["tags"] = dict(sorted(tags.items()))
    if unreported:
        notes.append(NOT_REPORTED.format(join_names(unreported), "stream"))
    return Entry(comments([f"{status or 'Unknown status'}.", *notes]), {"stream_name": name, **options})


def task_entries(tasks: Iterable[Mapping[str, Any]], streams: Iterable[Mapping[str, Any]]) -> List[Entry]:
    """Return the entries of transfer tasks, sorted by stream and name, without tasks of skipped streams.

    :param tasks: result of ``transfer_task_info`` with details
    :param streams: result of ``stream_info``
    """
    skipped = {stream["stream_name"] for stream in streams if stream_entry(stream).options is None}
    names = ("stream_name", "task_name")
    return [
        task_entry(task)
        for task in sorted(tasks, key=lambda task: tuple(str(task[name]) for name in names))
        if task["stream_name"] not in skipped
    ]


def task_entry(task: Mapping[str, Any]) -> Entry:
    """Return the entry of a transfer task."""
    kind = task["destination_type"]
    reasons = [reason for field in (STREAM_NAME, TASK_NAME) for reason in field.validate(task[field.name], field.name)]
    if kind not in DESTINATIONS:
        reasons.append(f"destination_type {kind} is not supported")
    if reasons:
        return skipped_entry(f"transfer task {task['task_name']} of stream {task['stream_name']}", reasons)
    destination = DESTINATIONS[kind]
    options, notes = to_options(destination, task)
    for name in destination.secrets():
        notes.append(NEVER_RETURNED.format(name))
    unreported = [
        field.name
        for field in destination
        if task.get(field.name) is None and not field.optional_in_request and not field.secret
    ]
    if destination.one_of and not any(name in options for name in destination.one_of):
        unreported.append(" or ".join(destination.one_of))
    if unreported:
        notes.append(NOT_REPORTED.format(join_names(unreported), "task"))
    head = {"stream_name": task["stream_name"], "task_name": task["task_name"]}
    if kind != DLI.kind:
        head["destination_type"] = kind
    if task["state"] == PAUSED:
        head["state"] = "stopped"
    return Entry(comments([f"{kind}, {task['state'] or 'unknown state'}.", *notes]), {**head, **options})


def to_options(fields: Iterable[Field], values: Mapping[str, Any]) -> Tuple[Dict[str, Any], List[str]]:
    """Return the options with the values of a resource, and notes on values that the modules would reject."""
    options: Dict[str, Any] = {}
    notes = []
    for field in fields:
        value = values.get(field.name)
        if field.secret or value in EMPTY:
            continue
        errors = list(field.validate(value, field.name))
        if errors:
            notes.append(f"Not managed: {'; '.join(errors)}.")
        else:
            options[field.name] = value
    return options, notes


def skipped_entry(name: str, reasons: Iterable[str]) -> Entry:
    """Return an entry with the reasons why a resource is skipped."""
    return Entry(comments([f"Skipped {name}: {'; '.join(reasons)}."]))


def comments(notes: Iterable[str]) -> Tuple[str, ...]:
    """Return notes as single lines, even if they contain line breaks from the service."""
    return tuple(sanitize(note) for note in notes)
