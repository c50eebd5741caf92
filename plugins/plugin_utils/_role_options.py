# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables of the roles: their types, defaults and rules, as data and pure functions. Private to otc.dis.

Variables come from playbooks, the command line, surveys and inventories, so any of them may be a text or blank.
``meta/argument_specs.yml`` documents them without checking types, because the check that Ansible makes of it refuses
blank answers; the types are enforced here.
"""

from __future__ import annotations

import math
import re
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from ..module_utils._core.schema import is_blank, suggest_name
from ..module_utils._core.secrets import MASKS, masked_paths
from ..module_utils._resources.stream import BY_NAME

STATES = ("present", "absent")
ON_DRIFT = ("update", "recreate", "fail")
STREAM_MEMBERS = ("stream_name", "state", "on_drift", *BY_NAME, "tags", "purge_tags")
"""What an entry of dli_transfer_streams may hold: the options of the module ``stream``, login and waiting left out."""
CHOICES = {"state": STATES, "on_drift": ON_DRIFT, **{name: field.choices for name, field in BY_NAME.items()}}
MAX_SHOWN = 60
"""Characters of a wrong value that a message repeats."""
TRUE = frozenset(("yes", "on", "1", "true", "t", "y"))
FALSE = frozenset(("no", "off", "0", "false", "f", "n"))


class RoleOption(NamedTuple):
    """One variable of a role.

    :ivar name: its name without the prefix of the role
    :ivar type: ``str``, ``bool``, ``int``, ``float``, ``list`` (of texts) or ``dicts`` (a list of dictionaries)
    :ivar default: the value when it is left out or blank
    :ivar choices: the only values allowed, of each element for a list
    :ivar required: whether it must be given
    """

    name: str
    type: str = "str"
    default: Any = ""
    choices: Tuple[str, ...] = ()
    required: bool = False


class Role(NamedTuple):
    """The variables of a role.

    :ivar prefix: how the names of its variables begin
    :ivar options: its variables
    :ivar results: names that the role registers itself, without the prefix
    :ivar owns_prefix: whether no other variable may begin with the prefix; where it is a common word, only names that
        are similar to one of the role are refused
    """

    prefix: str
    options: Tuple[RoleOption, ...]
    results: Tuple[str, ...]
    owns_prefix: bool = True


ROLES: Mapping[str, Role] = {
    "dli_transfer": Role(
        "dli_transfer_",
        (
            RoleOption("streams", "dicts", []),
            RoleOption("stream_state", choices=STATES, default="present"),
            RoleOption("tasks", "dicts", []),
            RoleOption("state", choices=("present", "started", "stopped", "absent"), default="present"),
            RoleOption("on_drift", choices=ON_DRIFT, default="update"),
            RoleOption("purge", "bool", False),
            RoleOption("on_error", choices=("continue", "stop"), default="continue"),
            RoleOption("connections", "int", 8),
            RoleOption("wait", "bool", True),
            RoleOption("wait_timeout", "float", 300),
            RoleOption("verify", "bool", True),
            RoleOption("probe"),
            RoleOption("probe_timeout", "int", 1200),
            RoleOption("preflight", choices=("never", "check_mode", "always"), default="never"),
            RoleOption("preflight_strict", "bool", False),
            RoleOption("preflight_temporary_keys", "bool", False),
            RoleOption("allow_empty", "bool", False),
            RoleOption("cloud"),
        ),
        ("result", "stream_result", "preflight_result", "sent", "carried"),
    ),
    "export": Role(
        "export_",
        (
            RoleOption("file", required=True),
            RoleOption("name_pattern"),
            RoleOption("destination_type", "list", [], choices=("DLI", "OBS", "MRS", "DWS", "CLOUDTABLE")),
            RoleOption("allow_empty", "bool", False),
            RoleOption("cloud"),
        ),
        ("streams", "transfer_tasks", "result"),
        owns_prefix=False,
    ),
    "drift": Role(
        "drift_",
        (
            RoleOption("scope", choices=("managed", "project"), default="managed"),
            RoleOption("fail_on_drift", "bool", True),
            RoleOption("fail_on_unmanaged", "bool", False),
            RoleOption("json"),
            RoleOption("junit"),
            RoleOption("html"),
            RoleOption("title", default="DIS drift report"),
        ),
        ("result",),
        owns_prefix=False,
    ),
    "transfer_health": Role(
        "transfer_health_",
        (
            RoleOption("streams", "list", []),
            RoleOption("task_pattern"),
            RoleOption("stale_after", default="1h"),
            RoleOption("history", default="6h"),
            RoleOption("fail_on_unknown", "bool", False),
            RoleOption("report"),
            RoleOption("title", default="DIS transfer tasks"),
            RoleOption("allow_empty", "bool", False),
            RoleOption("cloud"),
        ),
        ("result",),
    ),
}


def resolve(
    role: Role,
    names: Iterable[str],
    found: Mapping[str, Any],
    parse: Callable[[str], Any],
    unresolved: Optional[Mapping[str, str]] = None,
) -> Tuple[Dict[str, Any], List[str]]:
    """The variables of a role in their types, by name without the prefix; and what is wrong, each in a sentence.

    :param names: names of all variables that there are
    :param found: values of the variables of the role that are defined, by full name
    :param parse: reads YAML or JSON; raises ValueError
    :param unresolved: why a variable has no value although it is defined, by full name
    """
    unresolved = unresolved or {}
    wrong = [f"{name} cannot be resolved: {reason}" for name, reason in unresolved.items()]
    wrong += unknown_variables(role, names)
    values: Dict[str, Any] = {}
    for option in role.options:
        name = role.prefix + option.name
        value = found.get(name)
        if name in unresolved:
            continue
        if is_blank(value):
            if option.required:
                wrong.append(f"{name} is empty or not defined, but is required.")
            values[option.name] = option.default
            continue
        try:
            converted = convert(option, plain_data(value), parse)
        except ValueError as err:
            wrong.append(f"{name} {err}.")
            continue
        values[option.name] = converted
        wrong += masked_variables(name, converted)
    wrong += blank_tasks(role, values, found)
    if "stream_state" in values and "streams" in values:
        values["streams"], broken = stream_entries(values["streams"], values["stream_state"])
        wrong += broken
    return values, wrong


def blank_tasks(role: Role, values: Mapping[str, Any], found: Mapping[str, Any]) -> List[str]:
    """What is wrong if transfer tasks were given, but blank, so that a purge would delete all; in a sentence.

    :param values: the variables in their types
    :param found: the variables as given
    """
    name = role.prefix + "tasks"
    if not values.get("purge") or values.get("tasks") != [] or name not in found:
        return []
    if found[name] == [] or str(found[name]).replace(" ", "") == "[]":
        return []
    reason = f"{name} is blank, and with {role.prefix}purge every transfer task of the streams would be deleted."
    return [f"{reason} Give the transfer tasks, or set {name} to [] if that is intended."]


def masked_variables(name: str, value: Any) -> List[str]:
    """Members of a variable that hold the mask of a secret, which would be taken for a name; each in a sentence.

    A password may contain the characters of a mask.
    """
    entries = value if isinstance(value, list) else []
    passwords = {
        inner
        for entry in entries
        if isinstance(entry, dict)
        for key, inner in entry.items()
        if "password" in str(key) and isinstance(inner, str) and inner not in MASKS
    }
    return [
        f"{path} holds the mask that is shown in place of a secret, not a value: it comes from a result that masked a"
        " name because it contains a password or token. Use a password that is part of no name, and read the names"
        " again."
        for path in sorted(set(masked_paths(value, name, passwords)))
    ]


def unknown_variables(role: Role, names: Iterable[str]) -> List[str]:
    """Variables that begin like those of the role, and that it does not read; each in a sentence."""
    options = [option.name for option in role.options]
    known = {*options, *role.results}
    wrong = []
    for name in sorted(names):
        rest = name[len(role.prefix) :]
        if not name.startswith(role.prefix) or rest in known:
            continue
        reason = suggest_name(rest, options, role.prefix, 0.6 if role.owns_prefix else 0.7)
        if reason or role.owns_prefix:
            hint = reason or f"Rename a variable of your own: names with {role.prefix} in front belong to the role."
            wrong.append(f"{name} is not a variable of the role. {hint}")
    return wrong


def convert(option: RoleOption, value: Any, parse: Callable[[str], Any]) -> Any:
    """A value that is not blank, in the type of its variable.

    :raises ValueError: it cannot be converted; the text follows the name of the variable
    """
    if option.type in ("dicts", "list"):
        converted: Any = listed_values(option, value, parse)
    elif isinstance(value, (dict, list)):
        raise ValueError(
            f"is a {'dictionary' if isinstance(value, dict) else 'list'}, but must be {WORDS[option.type]}"
        )
    else:
        converted = SCALARS[option.type](value)
        if converted is None:
            raise ValueError(f"is {shown(value)}, but must be {WORDS[option.type]}")
    for one in converted if option.type == "list" else [converted]:
        if option.choices and one not in option.choices:
            raise ValueError(f"is {shown(one)}, but must be one of {', '.join(option.choices)}")
    return converted


def listed_values(option: RoleOption, value: Any, parse: Callable[[str], Any]) -> List[Any]:
    """A list, from a list or from a text; a list of texts may be written with commas.

    :raises ValueError: it is none, or an element has the wrong type
    """
    if isinstance(value, str) and (option.type == "dicts" or value.lstrip().startswith("[")):
        try:
            value = plain_data(parse(value))
        except ValueError:
            raise ValueError(f"is a text, but must be {WORDS[option.type]}, or that as JSON or YAML") from None
    elif option.type == "list" and not isinstance(value, (list, dict)):
        value = str(value).split(",")
    if not isinstance(value, list):
        raise ValueError(f"is no list, but must be {WORDS[option.type]}")
    kind = dict if option.type == "dicts" else (str, int, float)
    elements = [one for one in value if not is_blank(one)]
    for number, one in enumerate(elements, 1):
        if not isinstance(one, kind) or isinstance(one, bool):
            raise ValueError(f"must be {WORDS[option.type]}, but entry {number} is not")
    return elements if option.type == "dicts" else [str(one).strip() for one in elements]


def stream_entries(entries: List[Dict[str, Any]], state: str) -> Tuple[List[Dict[str, Any]], List[str]]:
    """Entries of dli_transfer_streams without members that are blank, each with its state; and what is wrong with them.

    An empty text counts where the option may be empty.

    :param state: that of entries without one
    """
    found, wrong = [], []
    for number, entry in enumerate(entries, 1):
        place = f'dli_transfer_streams: entry {number} (stream "{entry.get("stream_name")}")'
        for name in entry:
            if name not in STREAM_MEMBERS:
                hint = suggest_name(name, STREAM_MEMBERS)
                wrong.append(f"{place}: {shown(name)} is not an option of otc.dis.stream. {hint}".rstrip())
        accepted = {
            name: value
            for name, value in entry.items()
            if value is not None and (not is_blank(value) or (name in BY_NAME and BY_NAME[name].allows_empty()))
        }
        accepted.setdefault("state", state)
        if isinstance(accepted.get("stream_name", 0), (dict, list, bool)) or "stream_name" not in accepted:
            wrong.append(f"{place}: stream_name is missing or no text.")
        for name, value in accepted.items():
            choices = CHOICES.get(name, ())
            if choices and value not in choices:
                wrong.append(
                    f"{place}: {name} is {shown(value)}, but must be one of {', '.join(filter(None, choices))}."
                )
        found.append({**accepted, "stream_name": str(accepted.get("stream_name"))})
    return found, wrong


def as_text(value: Any) -> Optional[str]:
    """A text or a number as a text; None from anything else."""
    return None if isinstance(value, bool) else str(value)


def as_bool(value: Any) -> Optional[bool]:
    """A boolean, also from the words that Ansible takes for one; None from anything else."""
    word = str(value).strip().lower()
    return True if word in TRUE else False if word in FALSE else None


def as_int(value: Any) -> Optional[int]:
    """A whole number, also from a text; None from anything else."""
    number = as_float(value)
    if number is None or number != int(number):
        return None
    return int(number)


def as_float(value: Any) -> Optional[float]:
    """A finite number, also from a text; None from anything else."""
    if isinstance(value, bool) or not re.match(r"[-+]?[0-9.]{1,30}(e[-+]?[0-9]{1,3})?\Z", str(value).strip(), re.I):
        return None
    try:
        number = float(str(value).strip())
    except ValueError:
        return None
    return number if math.isfinite(number) else None


SCALARS: Mapping[str, Callable[[Any], Any]] = {"str": as_text, "bool": as_bool, "int": as_int, "float": as_float}
WORDS = {
    "str": "a text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "list": "a list of texts",
    "dicts": "a list of dictionaries",
}


def shown(value: Any) -> str:
    """A wrong value for a message; a long one is cut, and what may hold others is not shown."""
    if isinstance(value, (dict, list)):
        return "not a single value"
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."


def plain_data(value: Any) -> Any:
    """The same of the types that JSON has: Ansible's own classes, dates and infinite numbers become texts."""
    if isinstance(value, Mapping):
        return {key if isinstance(key, (int, float)) else str(key): plain_data(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_data(one) for one in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    return str(value)
