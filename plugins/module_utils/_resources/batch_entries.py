# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The entries of many transfer tasks: reading, validation and summary. Private to otc.dis."""

from __future__ import annotations

import functools
import re
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError

from .._core.errors import MAX_LISTED, DisError, InvalidOptions, join_names
from .._core.plan import WAIT, WAIT_FOR_AGENCY
from .._core.schema import (
    coerce_for_validation,
    is_blank,
    not_texts,
    quote_if_needed,
    suggest_name,
    type_errors_of_options,
    without_blanks,
)
from .destinations import DESTINATIONS, Destination, option_errors
from .transfer_task import QUOTA, DesiredTask, TransferTask
from .transfer_tasks import TransferTasks, desired_from

MAX_CAUSES, MAX_NAMES = 5, 5
"""Maximum number of causes in the message of a failure, and of names in each of its lists."""


class Entry(NamedTuple):
    """One of the requested tasks.

    :ivar on_drift: ``update``, ``recreate`` or ``fail``
    :ivar purged: whether no entry describes the task, and it is to be deleted
    :ivar prevent_destroy: whether the run fails if the task would be deleted, also to recreate it
    """

    desired: DesiredTask
    on_drift: str = "update"
    purged: bool = False
    prevent_destroy: bool = False

    @property
    def name(self) -> Tuple[str, str]:
        """Stream name and task name, which identify the task."""
        return self.desired.stream_name, self.desired.task_name


def check_entries(entries: Sequence[Entry]) -> None:
    """Check the entries against each other.

    :raises InvalidOptions: two entries describe the same task, or a stream would exceed its quota
    """
    places: Dict[Tuple[str, str], List[int]] = {}
    counts: Dict[str, int] = {}
    for number, entry in enumerate(entries, 1):
        places.setdefault(entry.name, []).append(number)
        if entry.desired.state != "absent":
            counts[entry.desired.stream_name] = counts.get(entry.desired.stream_name, 0) + 1
    twice = [
        f'transfer task "{task}" of stream "{stream}" is described by entries {join_names(map(str, numbers))}'
        for (stream, task), numbers in places.items()
        if len(numbers) > 1
    ]
    many = [
        f'{number} entries describe transfer tasks of stream "{stream}", but the maximum is {QUOTA}'
        for stream, number in counts.items()
        if number > QUOTA
    ]
    raise_if_errors(twice or many)


def raise_if_errors(reasons: Sequence[str]) -> None:
    """Reject the call if there is an error.

    :raises InvalidOptions: with at most :data:`MAX_LISTED` of the errors
    """
    if reasons:
        more = len(reasons) - MAX_LISTED
        listed = "; ".join(reasons[:MAX_LISTED]) + (f"; and {more} more" if more > 0 else "")
        raise InvalidOptions(f"{listed}. Nothing was sent.")


def by_stream(entries: Sequence[Entry]) -> Dict[str, List[Entry]]:
    """Group the entries by stream; the order of the streams and of their entries is kept."""
    found: Dict[str, List[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.desired.stream_name, []).append(entry)
    return found


def unmanaged(stream: str, present: Sequence[TransferTask], described: Sequence[Entry]) -> List[Entry]:
    """Return entries that delete the existing tasks of a stream that no entry describes."""
    names = {entry.desired.task_name for entry in described}
    return [
        Entry(
            DesiredTask(
                DESTINATIONS.get(task.kind) or Destination(task.kind, ()), stream, task.task_name, {}, "absent"
            ),
            on_drift="recreate",  # a list may contain another destination type than the task itself
            purged=True,
        )
        for task in present
        if task.task_name not in names
    ]


def by_cause(failures: Sequence[Tuple[DesiredTask, DisError]]) -> Tuple[List[str], List[str]]:
    """Return the causes of failures, each once with the affected tasks, and their hints.

    Failures have the same cause if their texts only differ in the name of the task and the request ID.
    """
    groups: Dict[Tuple[str, str], List[Tuple[DesiredTask, DisError]]] = {}
    for desired, error in failures:
        text = str(error).replace(str(desired), "").replace(str(error.request_id), "")
        groups.setdefault((error.kind, text), []).append((desired, error))
    texts, hints = [], []
    for group in list(groups.values())[:MAX_CAUSES]:
        streams: Dict[str, List[str]] = {}
        for desired, _error in group:
            streams.setdefault(desired.stream_name, []).append(desired.task_name)
        places = [
            f'stream "{stream}": {", ".join(names[:MAX_NAMES])}'
            + (f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else "")
            for stream, names in list(streams.items())[:MAX_NAMES]
        ]
        places += [f"and {len(streams) - MAX_NAMES} more streams"] if len(streams) > MAX_NAMES else []
        error = group[0][1]
        texts.append(f"{str(error).rstrip('.')} ({len(group)} failed; {'; '.join(places)}).")
        if error.hint and error.hint not in hints:
            hints.append(error.hint)
    if len(groups) > MAX_CAUSES:
        texts.append(f"There are {len(groups) - MAX_CAUSES} more causes; each entry of transfer_tasks has its own.")
    return texts, hints


def summary(results: Sequence[Mapping[str, Any]]) -> Dict[str, Any]:
    """Count the entries by outcome, and the actions that were performed or planned."""
    actions: Dict[str, int] = {}
    for one in results:
        for verb in one["actions"]:
            actions[verb] = actions.get(verb, 0) + 1
    failed, skipped = (sum(one[word] for one in results) for word in ("failed", "skipped"))
    changed = sum(one["changed"] for one in results)
    unchanged = sum(not (one["changed"] or one["failed"] or one["skipped"]) for one in results)
    return {
        "total": len(results),
        "ok": unchanged,
        "changed": changed,
        "failed": failed,
        "skipped": skipped,
        "actions": actions,
    }


OPTIONS: Dict[str, Dict[str, Any]] = {
    "transfer_tasks": {"type": "list", "elements": "dict", "required": True},
    "state": {"type": "str", "choices": ["present", "started", "stopped", "absent"], "default": "present"},
    "on_drift": {"type": "str", "choices": ["update", "recreate", "fail"], "default": "update"},
    "purge": {"type": "bool", "default": False},
    "streams": {"type": "list", "elements": "str", "default": []},
    "assumed_streams": {"type": "list", "elements": "str", "default": []},
    "on_error": {"type": "str", "choices": ["continue", "stop"], "default": "continue"},
    "connections": {"type": "int", "default": 8},
    "max_deletes": {"type": "str"},
    **WAIT,
    **WAIT_FOR_AGENCY,
}
ENTRY_DEFAULTS = ("state", "on_drift")
"""Options of the module that apply to each entry that lacks them."""


@functools.lru_cache(maxsize=None)
def module_of(kind: str) -> TransferTasks:
    """Return the resource of a destination type, whose options an entry has."""
    return TransferTasks(DESTINATIONS[kind])


OWN_OPTIONS = {"prevent_destroy": {"type": "bool", "default": False}}
"""Options of an entry that the module of its destination does not have."""
NON_SECRET_KEYS = frozenset(
    {"name", *OWN_OPTIONS}.union(
        *(
            {name for name, option in module_of(kind).spec.options.items() if not option.get("no_log")}
            for kind in DESTINATIONS
        )
    )
)
"""Keys of an entry whose values are never secrets."""
MAX_CONNECTIONS = 32


class DeleteLimit(NamedTuple):
    """Maximum number of transfer tasks that one run may delete.

    :ivar number: tasks, or a percentage of the tasks that exist
    """

    number: int
    is_percentage: bool = False

    def allows(self, deletes: int, existing: int) -> bool:
        """Whether a run may delete this many of the tasks that exist in its streams."""
        return deletes <= (existing * self.number // 100 if self.is_percentage else self.number)


def delete_limit(text: Optional[str]) -> Optional[DeleteLimit]:
    """Return the limit in the option ``max_deletes``; None if there is no limit.

    :raises InvalidOptions: it is neither a number nor a percentage
    """
    if is_blank(text):
        return None
    match = re.match(r"\s*([0-9]{1,9})\s*(%?)\s*\Z", str(text))
    if match is None or (match.group(2) and int(match.group(1)) > 100):
        raise InvalidOptions(
            f"max_deletes is {text!r}, but must be an integer, or a percentage from 0% to 100%. Nothing was sent."
        )
    return DeleteLimit(int(match.group(1)), bool(match.group(2)))


def read_entries(raw: Sequence[Mapping[str, Any]], defaults: Mapping[str, Any]) -> List[Entry]:
    """Return the desired states of all entries.

    :param defaults: values for options that an entry omits
    :raises InvalidOptions: naming each entry that breaks a rule by its stream and task, and what is wrong
    """
    entries: List[Entry] = []
    errors: List[str] = []
    for number, options in enumerate(raw, 1):
        try:
            entries.append(read_entry(options, defaults))
        except InvalidOptions as err:
            errors.append(f"entry {number} ({describe(options)}): {err}")
    raise_if_errors(errors)
    check_entries(entries)
    return entries


def describe(options: Mapping[str, Any]) -> str:
    """Name an entry for a message."""
    task, stream = options.get("task_name", options.get("name")), options.get("stream_name")
    return f'transfer task "{task}" of stream "{stream}"'


def read_entry(options: Mapping[str, Any], defaults: Mapping[str, Any]) -> Entry:
    """Return the desired state of one entry. Ansible validates it with the argument spec of its destination's module.

    :param defaults: values of the options in :data:`ENTRY_DEFAULTS` for an entry that lacks them
    :raises InvalidOptions: with all that is wrong about it
    """
    kind = options.get("destination_type") or "DLI"
    if not isinstance(kind, str) or kind not in DESTINATIONS:
        raise InvalidOptions(f"destination_type is {kind!r}, but must be one of {', '.join(DESTINATIONS)}")
    module = module_of(kind)
    spec = {
        **{name: one for name, one in module.spec.options.items() if name not in {**WAIT, **WAIT_FOR_AGENCY}},
        **OWN_OPTIONS,
    }
    values = {**defaults, **without_blanks(spec, options, module.spec.may_be_empty)}
    errors = [f"{name} is not a string, so YAML may have changed it: quote it" for name in not_texts(spec, options)]
    if not is_blank(options.get("name")):
        if options["name"] != options.get("task_name", options["name"]) and not is_blank(options["task_name"]):
            errors.append("task_name and name are the same option, and both are given")
        values["task_name"] = values.pop("name")
    errors += type_errors_of_options(spec, values)
    result = ArgumentSpecValidator(spec, **module.spec.rules).validate(coerce_for_validation({"options": spec}, values))
    errors += [unknown_option(module.destination, spec, path) for path in result.unsupported_parameters]
    errors += [error.msg for error in result.errors if not isinstance(error, UnsupportedError)]
    errors = sorted(errors) or option_errors(module.destination, result.validated_parameters)
    if errors:
        raise InvalidOptions("; ".join(errors))
    values = result.validated_parameters
    desired = desired_from(module.destination, values)
    return Entry(desired, values["on_drift"], prevent_destroy=values["prevent_destroy"])


def unknown_option(destination: Destination, spec: Mapping[str, Any], path: Any) -> str:
    """Return the error for an option that an entry does not have.

    :param path: the name of the option, or a tuple with the names of the options that hold it before that
    """
    *parents, name = path if isinstance(path, tuple) else (path,)
    for parent in parents:
        spec = spec[parent]["options"]
    place = f"a member of {'.'.join(map(str, parents))}" if parents else f"an option of {destination.module_name}"
    hint = suggest_name(name, spec).rstrip(".")
    return f"{'.'.join([*map(str, parents), quote_if_needed(name)])} is not {place}{'. ' * bool(hint)}{hint}"
