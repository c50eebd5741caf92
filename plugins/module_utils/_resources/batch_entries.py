# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The entries of many transfer tasks: reading, validation and summary. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Sequence, Tuple

from ansible.module_utils.common.validation import check_type_bool, check_type_int, check_type_str

from .._core.errors import DisError, InvalidOptions, join_names
from .._core.plan import WAIT
from .._core.schema import Field, normalize, quote_if_needed, suggest_name
from .destinations import (
    DESTINATIONS,
    Destination,
    always_updated,
    broken_rules,
)
from .transfer_task import QUOTA, DesiredTask, TransferTask

MAX_LISTED = 20
"""Complaints that one message carries."""


MAX_CAUSES, MAX_NAMES = 5, 5
"""Causes of failures that one message carries, and names in each list of it."""


class Entry(NamedTuple):
    """One of the tasks that are asked for.

    :ivar on_drift: ``update``, ``recreate`` or ``fail``
    :ivar purged: nobody asked for it; it is there and not described
    """

    desired: DesiredTask
    on_drift: str = "update"
    purged: bool = False

    @property
    def name(self) -> Tuple[str, str]:
        """What it is known by."""
        return self.desired.stream_name, self.desired.task_name


def check_entries(entries: Sequence[Entry]) -> None:
    """Hold all entries together.

    :raises InvalidOptions: a task is described twice, or more than a stream may hold are to be there
    """
    places: Dict[Tuple[str, str], List[int]] = {}
    wanted: Dict[str, int] = {}
    for number, entry in enumerate(entries, 1):
        places.setdefault(entry.name, []).append(number)
        if entry.desired.state != "absent":
            wanted[entry.desired.stream_name] = wanted.get(entry.desired.stream_name, 0) + 1
    twice = [
        f'transfer task "{task}" of stream "{stream}" is described by entries {join_names(map(str, numbers))}'
        for (stream, task), numbers in places.items()
        if len(numbers) > 1
    ]
    many = [
        f'{number} transfer tasks are described for stream "{stream}", which holds {QUOTA} at most'
        for stream, number in wanted.items()
        if number > QUOTA
    ]
    raise_if_errors(twice or many)


def raise_if_errors(reasons: Sequence[str]) -> None:
    """Refuse the whole call if there is any reason to.

    :raises InvalidOptions: with as many reasons as a message carries
    """
    if reasons:
        more = len(reasons) - MAX_LISTED
        listed = "; ".join(reasons[:MAX_LISTED]) + (f"; and {more} more" if more > 0 else "")
        raise InvalidOptions(f"{listed}. Nothing was sent.")


def by_stream(entries: Sequence[Entry]) -> Dict[str, List[Entry]]:
    """The entries of each stream, both in the order in which they were given."""
    found: Dict[str, List[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.desired.stream_name, []).append(entry)
    return found


def unmanaged(stream: str, present: Sequence[TransferTask], described: Sequence[Entry]) -> List[Entry]:
    """Entries that remove the tasks of a stream that nobody describes."""
    names = {entry.desired.task_name for entry in described}
    return [
        Entry(
            DesiredTask(
                DESTINATIONS.get(task.kind) or Destination(task.kind, ()), stream, task.task_name, {}, "absent"
            ),
            on_drift="recreate",  # a list may tell another destination than the task itself
            purged=True,
        )
        for task in present
        if task.task_name not in names
    ]


def by_cause(failures: Sequence[Tuple[DesiredTask, DisError]]) -> Tuple[List[str], List[str]]:
    """Failures for a message: each cause once, with the tasks of each stream that it concerns; and the hints.

    Failures have the same cause if their texts differ in nothing but the name of the task and the request ID.
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
    """How many entries came to what, and how often each action was (or would be) done."""
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
    **WAIT,
}
COMMON = (
    Field("stream_name"),
    Field("task_name"),
    Field("destination_type"),
    *(Field(name, choices=tuple(OPTIONS[name]["choices"])) for name in ("state", "on_drift")),
)
NON_SECRET_KEYS = frozenset(
    {
        *(one.name for one in COMMON),
        *(one.name for kind in DESTINATIONS.values() for one in kind if not one.secret),
        *("name", "update_password"),
    }
)
"""Names in an entry under which nobody puts a secret."""
UPDATE_PASSWORD = Field("update_password", choices=("on_create", "always"))
MAX_CONNECTIONS = 32


def read_entries(raw: Sequence[Mapping[str, Any]], defaults: Mapping[str, Any]) -> List[Entry]:
    """The entries as desired states, validated against the same table as the options of the single modules.

    :param defaults: what an entry means that does not say it itself
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
    """An entry in words."""
    task, stream = options.get("task_name", options.get("name")), options.get("stream_name")
    return f'transfer task "{task}" of stream "{stream}"'


def read_entry(options: Mapping[str, Any], defaults: Mapping[str, Any]) -> Entry:
    """One entry as a desired state.

    :param defaults: what it means if it does not say it itself
    :raises InvalidOptions: with all that is wrong about it
    """
    kind = options.get("destination_type") or "DLI"
    if not isinstance(kind, str) or kind not in DESTINATIONS:
        raise InvalidOptions(f"destination_type is {kind!r}, but must be one of {', '.join(DESTINATIONS)}")
    destination = DESTINATIONS[kind]
    given, errors = typed(destination, options)
    for name in ("stream_name", "task_name"):
        if given.get(name) is None:
            errors.append(f"{name} is missing")
    errors += [] if errors else broken_rules(destination, given)
    given = {**defaults, **given}
    if not errors and given.get("update_password") == "always" and not any(map(given.get, destination.secrets())):
        errors.append("update_password is always, but no password is given")
    if errors:
        raise InvalidOptions("; ".join(errors))
    desired = DesiredTask(
        destination,
        given["stream_name"],
        given["task_name"],
        normalize(destination, given),
        given["state"],
        always_updated(destination, given),
    )
    return Entry(desired, given["on_drift"])


def typed(destination: Destination, options: Mapping[str, Any]) -> Tuple[Dict[str, Any], List[str]]:
    """The options of an entry in their types, without those that say nothing; and what is wrong with the others."""
    fields = COMMON + destination.fields + ((UPDATE_PASSWORD,) if destination.secrets() else ())
    name, task_name = options.get("name"), options.get("task_name")
    options = {key: value for key, value in options.items() if key != "name"}
    if task_name in (None, ""):
        options["task_name"] = name
    found, errors = typed_members(fields, options, f"an option of {destination.module_name}", "")
    if task_name not in (None, "") and name not in (None, "", task_name):
        errors.append("task_name and name are the same option, and both are given")
    return found, errors


def typed_members(
    fields: Sequence[Field], options: Mapping[str, Any], what: str, path: str
) -> Tuple[Dict[str, Any], List[str]]:
    """Members of a dictionary in their types; and what is wrong with the others.

    :param what: what an unknown name is not
    :param path: what to put before a name
    """
    known = {one.name: one for one in fields}
    found: Dict[str, Any] = {}
    errors: List[str] = []
    for name, value in options.items():
        if name not in known:
            hint = suggest_name(name, known).rstrip(".")
            errors.append(f"{path}{quote_if_needed(name)} is not {what}{'. ' * bool(hint)}{hint}")
        elif says_something(known[name], value):
            try:
                found[name] = typed_value(known[name], value, f"{path}{name}", errors)
            except (TypeError, ValueError, OverflowError):
                shown = "what is given" if known[name].secret else repr(value)
                errors.append(f"{path}{name} is {shown}, but must be {WORDS[known[name].type]}")
            else:
                if known[name] in (*COMMON, UPDATE_PASSWORD) and not known[name].allows(found[name]):
                    errors.append(f"{name} is {value!r}, but must be one of {', '.join(known[name].choices)}")
    return found, errors


def says_something(field: Field, value: Any) -> bool:
    """Whether a member of an entry counts: null never does, an empty text only where it means something."""
    return value is not None and (value != "" or field.allows_empty())


WORDS = {
    "str": "a text",
    "int": "a whole number",
    "bool": "yes or no",
    "dict": "a dictionary",
    "list": "a list of dictionaries",
}


def typed_value(field: Field, value: Any, path: str, errors: List[str]) -> Any:
    """One value in its type, as Ansible converts options.

    :param validate: gets what is wrong inside it
    :raises TypeError: it is of another type
    :raises ValueError: the same
    """
    if isinstance(value, (dict, list)) != (field.type in ("dict", "list")):
        raise TypeError
    if field.type == "int":
        if isinstance(value, bool):
            raise TypeError
        return check_type_int(value)
    if field.type == "bool":
        return check_type_bool(value)
    if field.secret and not isinstance(value, str):
        errors.append(f"{path} is not a text, so YAML may have changed it: quote it")
        return None
    if field.type == "str":
        return check_type_str(value)
    if not isinstance(value, dict if field.type == "dict" else list):
        raise TypeError
    entries = [(path, value)] if field.type == "dict" else [(f"{path}[{n}]", one) for n, one in enumerate(value)]
    made = []
    for place, entry in entries:
        if not isinstance(entry, dict):
            raise TypeError
        found, wrong = typed_members(field.members, entry, f"a member of {place}", f"{place}.")
        errors += wrong
        made.append(found)
    return made[0] if field.type == "dict" else made
