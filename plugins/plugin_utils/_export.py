# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What there is, as variables that describe it to the role dli_transfer. Private to otc.dis."""

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

NEVER_RETURNED = "{0} is a secret that the service does not tell: to create the task anew, give it from a vault."
NOT_REPORTED = "The service does not tell {0}: not managed; to create the {1} anew, look at what it needs."
NOTHING: Tuple[Any, ...] = (None, "", {}, [])


class Entry(NamedTuple):
    """One stream or transfer task in the file.

    :ivar notes: comments, one line each
    :ivar options: options of its module; None if it cannot be described
    """

    notes: Tuple[str, ...]
    options: Optional[Dict[str, Any]] = None


def stream_entries(streams: Iterable[Mapping[str, Any]]) -> List[Entry]:
    """Streams by name.

    :param streams: as ``stream_info`` returns them, with their details
    """
    return [stream_entry(stream) for stream in sorted(streams, key=lambda stream: str(stream["stream_name"]))]


def stream_entry(stream: Mapping[str, Any]) -> Entry:
    """One stream."""
    name, status = stream["stream_name"], stream["status"]
    reasons = list(STREAM_NAME.validate(name, "stream_name"))
    if status in (_stream.TERMINATING, _stream.TERMINATED):
        reasons.append(f"it is {status}, which counts as gone")
    if reasons:
        return skipped_note(f"Stream {name}", reasons)
    options, notes = to_options(_stream.FIELDS, stream)
    hidden = [one.name for one in _stream.FIELDS if one.required and stream.get(one.name) is None]
    tags = stream.get("tags")
    broken = _stream.broken_tags(tags or {})
    if tags is None:
        hidden.append("tags")
    elif broken:
        notes.append(f"Not managed: {'; '.join(broken)}.")
    elif tags:
        options["tags"] = dict(sorted(tags.items()))
    if hidden:
        notes.append(NOT_REPORTED.format(join_names(hidden), "stream"))
    return Entry(comments([f"{status or 'Status not told'}.", *notes]), {"stream_name": name, **options})


def task_entries(tasks: Iterable[Mapping[str, Any]], streams: Iterable[Mapping[str, Any]]) -> List[Entry]:
    """Transfer tasks by stream and name, without those of streams that are left out.

    :param tasks: as ``transfer_task_info`` returns them, with their details
    :param streams: as ``stream_info`` returns them
    """
    gone = {stream["stream_name"] for stream in streams if stream_entry(stream).options is None}
    names = ("stream_name", "task_name")
    return [
        task_entry(task)
        for task in sorted(tasks, key=lambda task: tuple(str(task[name]) for name in names))
        if task["stream_name"] not in gone
    ]


def task_entry(task: Mapping[str, Any]) -> Entry:
    """One transfer task."""
    kind = task["destination_type"]
    reasons = [reason for one in (STREAM_NAME, TASK_NAME) for reason in one.validate(task[one.name], one.name)]
    if kind not in DESTINATIONS:
        reasons.append(f"nothing is known of destination_type {kind}")
    if reasons:
        return skipped_note(f"Transfer task {task['task_name']} of stream {task['stream_name']}", reasons)
    destination = DESTINATIONS[kind]
    options, notes = to_options(destination, task)
    for name in destination.secrets():
        notes.append(NEVER_RETURNED.format(name))
    hidden = [
        one.name for one in destination if task.get(one.name) is None and not one.optional_in_request and not one.secret
    ]
    if destination.one_of and not any(name in options for name in destination.one_of):
        hidden.append(" or ".join(destination.one_of))
    if hidden:
        notes.append(NOT_REPORTED.format(join_names(hidden), "task"))
    head = {"stream_name": task["stream_name"], "task_name": task["task_name"]}
    if kind != DLI.kind:
        head["destination_type"] = kind
    if task["state"] == PAUSED:
        head["state"] = "stopped"
    return Entry(comments([f"{kind}, {task['state'] or 'state not told'}.", *notes]), {**head, **options})


def to_options(fields: Iterable[Field], known: Mapping[str, Any]) -> Tuple[Dict[str, Any], List[str]]:
    """The options that say what is known, and notes on those that no module would take."""
    options: Dict[str, Any] = {}
    notes = []
    for one in fields:
        value = known.get(one.name)
        if one.secret or value in NOTHING:
            continue
        broken = list(one.validate(value, one.name))
        if broken:
            notes.append(f"Not managed: {'; '.join(broken)}.")
        else:
            options[one.name] = value
    return options, notes


def skipped_note(what: str, reasons: Iterable[str]) -> Entry:
    """An entry that only says why there is none."""
    return Entry(comments([f"{what} is left out: {'; '.join(reasons)}."]))


def comments(notes: Iterable[str]) -> Tuple[str, ...]:
    """Notes that stay within their line, whatever the service put into them."""
    return tuple(sanitize(note) for note in notes)
