# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module of many transfer tasks: from entries to wishes, and one call. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible.module_utils.common.validation import check_type_bool, check_type_int, check_type_str

from .._cloud.settings import AUTH
from .._core.errors import BadInput, DisError
from .._core.plan import WAIT
from .._core.retry import share
from .._core.schema import Field, clean, quoted_if_odd, unknown_name
from .._module import Runner, waiting
from .base import STREAM_NAME
from .converge_fleet import Fleet, Manner
from .destinations import (
    DESTINATIONS,
    Destination,
    broken_rules,
    forced,
)
from .fleet import Entry, check_entries, complain
from .transfer_task import Wish
from .transfer_task_calls import TransferTaskClient

SPEC: Dict[str, Dict[str, Any]] = {
    "transfer_tasks": {"type": "list", "elements": "dict", "required": True},
    "state": {"type": "str", "choices": ["present", "started", "stopped", "absent"], "default": "present"},
    "on_drift": {"type": "str", "choices": ["update", "recreate", "fail"], "default": "update"},
    "purge": {"type": "bool", "default": False},
    "streams": {"type": "list", "elements": "str", "default": []},
    "assumed_streams": {"type": "list", "elements": "str", "default": []},
    "on_error": {"type": "str", "choices": ["continue", "stop"], "default": "continue"},
    "connections": {"type": "int", "default": 8},
    **WAIT,
    **AUTH,
}
COMMON = (
    Field("stream_name"),
    Field("task_name"),
    Field("destination_type"),
    *(Field(name, choices=tuple(SPEC[name]["choices"])) for name in ("state", "on_drift")),
)
HARMLESS = frozenset(
    {
        *(one.name for one in COMMON),
        *(one.name for kind in DESTINATIONS.values() for one in kind if not one.secret),
        *("name", "update_password"),
    }
)
"""Names in an entry under which nobody puts a secret."""
UPDATE_PASSWORD = Field("update_password", choices=("on_create", "always"))
MOST_CONNECTIONS = 32


def read_entries(raw: Sequence[Mapping[str, Any]], defaults: Mapping[str, Any]) -> List[Entry]:
    """The entries as wishes, held against the same table as the options of the single modules.

    :param defaults: what an entry means that does not say it itself
    :raises BadInput: naming each entry that breaks a rule by its stream and task, and what is wrong
    """
    entries: List[Entry] = []
    broken: List[str] = []
    for number, options in enumerate(raw, 1):
        try:
            entries.append(read_entry(options, defaults))
        except BadInput as err:
            broken.append(f"entry {number} ({called(options)}): {err}")
    complain(broken)
    check_entries(entries)
    return entries


def called(options: Mapping[str, Any]) -> str:
    """An entry in words."""
    task, stream = options.get("task_name", options.get("name")), options.get("stream_name")
    return f'transfer task "{task}" of stream "{stream}"'


def read_entry(options: Mapping[str, Any], defaults: Mapping[str, Any]) -> Entry:
    """One entry as a wish.

    :param defaults: what it means if it does not say it itself
    :raises BadInput: with all that is wrong about it
    """
    kind = options.get("destination_type") or "DLI"
    if not isinstance(kind, str) or kind not in DESTINATIONS:
        raise BadInput(f"destination_type is {kind!r}, but must be one of {', '.join(DESTINATIONS)}")
    destination = DESTINATIONS[kind]
    given, broken = typed(destination, options)
    for name in ("stream_name", "task_name"):
        if given.get(name) is None:
            broken.append(f"{name} is missing")
    broken += [] if broken else broken_rules(destination, given)
    given = {**defaults, **given}
    if not broken and given.get("update_password") == "always" and not any(map(given.get, destination.secrets())):
        broken.append("update_password is always, but no password is given")
    if broken:
        raise BadInput("; ".join(broken))
    wish = Wish(
        destination,
        given["stream_name"],
        given["task_name"],
        clean(destination, given),
        given["state"],
        forced(destination, given),
    )
    return Entry(wish, given["on_drift"])


def typed(destination: Destination, options: Mapping[str, Any]) -> Tuple[Dict[str, Any], List[str]]:
    """The options of an entry in their types, without those that say nothing; and what is wrong with the others."""
    fields = COMMON + destination.fields + ((UPDATE_PASSWORD,) if destination.secrets() else ())
    name, task_name = options.get("name"), options.get("task_name")
    options = {key: value for key, value in options.items() if key != "name"}
    if task_name in (None, ""):
        options["task_name"] = name
    found, broken = typed_members(fields, options, f"an option of {destination.module_name}", "")
    if task_name not in (None, "") and name not in (None, "", task_name):
        broken.append("task_name and name are the same option, and both are given")
    return found, broken


def typed_members(
    fields: Sequence[Field], options: Mapping[str, Any], what: str, path: str
) -> Tuple[Dict[str, Any], List[str]]:
    """Members of a dictionary in their types; and what is wrong with the others.

    :param what: what an unknown name is not
    :param path: what to put before a name
    """
    known = {one.name: one for one in fields}
    found: Dict[str, Any] = {}
    broken: List[str] = []
    for name, value in options.items():
        if name not in known:
            hint = unknown_name(name, known).rstrip(".")
            broken.append(f"{path}{quoted_if_odd(name)} is not {what}{'. ' * bool(hint)}{hint}")
        elif says_something(known[name], value):
            try:
                found[name] = typed_value(known[name], value, f"{path}{name}", broken)
            except (TypeError, ValueError, OverflowError):
                shown = "what is given" if known[name].secret else repr(value)
                broken.append(f"{path}{name} is {shown}, but must be {WORDS[known[name].type]}")
            else:
                if known[name] in (*COMMON, UPDATE_PASSWORD) and not known[name].allows(found[name]):
                    broken.append(f"{name} is {value!r}, but must be one of {', '.join(known[name].choices)}")
    return found, broken


def says_something(field: Field, value: Any) -> bool:
    """Whether a member of an entry counts: null never does, an empty text only where it means something."""
    return value is not None and (value != "" or field.may_be_empty())


WORDS = {
    "str": "a text",
    "int": "a whole number",
    "bool": "yes or no",
    "dict": "a dictionary",
    "list": "a list of dictionaries",
}


def typed_value(field: Field, value: Any, path: str, broken: List[str]) -> Any:
    """One value in its type, as Ansible converts options.

    :param broken: gets what is wrong inside it
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
        broken.append(f"{path} is not a text, so YAML may have changed it: quote it")
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
        broken += wrong
        made.append(found)
    return made[0] if field.type == "dict" else made


def manner_of(params: Mapping[str, Any]) -> Manner:
    """How to go about it.

    :raises BadInput: options break a rule or contradict each other
    """
    if not 1 <= params["connections"] <= MOST_CONNECTIONS:
        raise BadInput(f"connections is {params['connections']}, but must be a whole number from 1 to 32.")
    if params["streams"] and not params["purge"]:
        raise BadInput("streams are given, but purge is false: nothing would be done with them. Nothing was sent.")
    complain(
        [
            reason
            for option in ("streams", "assumed_streams")
            for name in params[option]
            for reason in STREAM_NAME.broken(name, f"a name in {option}")
        ]
    )
    return Manner(
        params["connections"],
        params["on_error"] == "continue",
        params["purge"],
        tuple(params["streams"]),
        frozenset(params["assumed_streams"]),
    )


def run_transfer_tasks() -> None:
    """The whole of the module."""
    runner = Runner(SPEC, {"transfer_tasks": HARMLESS})
    params = runner.module.params
    really = not runner.module.check_mode
    defaults = {name: params[name] for name in ("state", "on_drift")}
    entries = runner.checked(lambda: read_entries(params["transfer_tasks"], defaults))
    manner = runner.checked(lambda: manner_of(params))
    how = runner.checked(lambda: waiting(params))
    if really:
        manner = manner._replace(assumed=frozenset())
    fleet: Optional[Fleet] = None
    try:
        with runner.watched():
            fleet = Fleet(connected(runner, manner), entries, manner, how, runner.cancellation)
            runner.cancellation.report = reporter(fleet)
            fleet.tell = runner.progress
            fleet.look()
            if really:
                fleet.carry_out()
            else:
                fleet.predict()
            result, failure = fleet.result(really), fleet.failure()
    except DisError as err:
        runner.fail(err, happened=fleet.happened if fleet else ())
        return
    if failure is None:
        runner.succeed(result)
    else:
        result["done"] = result.pop("actions")
        runner.fail_with(failure, result)


def reporter(fleet: Fleet) -> Callable[[DisError], Dict[str, Any]]:
    """Tells what has been done so far."""
    return lambda err: {"changed": bool(fleet.happened), "done": fleet.happened, **err.as_result()}


def connected(runner: Runner, manner: Manner) -> TransferTaskClient:
    """A client for several threads.

    :raises DisError: settings are missing or wrong, or the login failed
    """
    api = runner.connect(TransferTaskClient, manner.connections)
    share(api, runner.cancellation)
    return api
