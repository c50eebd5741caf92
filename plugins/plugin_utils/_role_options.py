# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Types, defaults and validation of the role variables. Private to otc.dis.

Variables come from playbooks, the command line, surveys and inventories, so any of them may be a string or blank.
``meta/argument_specs.yml`` only documents the types, since Ansible's role argument validation rejects blank values.
They are validated here instead.
"""

from __future__ import annotations

import math
import re
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from ..module_utils._core.schema import is_blank, suggest_name
from ..module_utils._core.secrets import MASKS, masked_paths
from ..module_utils._resources.stream import BY_NAME
from ._restarts import read_policy

STATES = ("present", "absent")
ON_DRIFT = ("update", "recreate", "fail")
STREAM_MEMBERS = (
    *("stream_name", "state", "on_drift", *BY_NAME, "data_schema_from", "tags", "purge_tags", "prevent_destroy"),
)
"""Keys of an entry of dli_transfer_streams: options of the module ``stream`` without authentication and
waiting, and ``prevent_destroy``."""
CHOICES = {
    "state": STATES,
    "on_drift": ON_DRIFT,
    "data_schema_from": ("schema", "sample"),
    **{name: field.choices for name, field in BY_NAME.items()},
}
MAX_SHOWN = 60
"""Maximum length of an invalid value in a message."""
TRUE = frozenset(("yes", "on", "1", "true", "t", "y"))
FALSE = frozenset(("no", "off", "0", "false", "f", "n"))


class RoleOption(NamedTuple):
    """Variable of a role.

    :ivar name: name without the prefix of the role
    :ivar type: ``str``, ``bool``, ``int``, ``float``, ``list`` (of strings) or ``dicts`` (a list of dictionaries)
    :ivar default: value if the variable is undefined or blank
    :ivar choices: allowed values; for a list, of each element
    :ivar required: whether the variable is required
    """

    name: str
    type: str = "str"
    default: Any = ""
    choices: Tuple[str, ...] = ()
    required: bool = False


class Role(NamedTuple):
    """Variables of a role.

    :ivar prefix: prefix of the variable names
    :ivar options: variables
    :ivar results: variables that the role registers, without the prefix
    :ivar owns_prefix: whether all other variables with the prefix are rejected; if the prefix is a common word, only
        names similar to a variable of the role are rejected
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
            RoleOption("max_deletes"),
            RoleOption("on_error", choices=("continue", "stop"), default="continue"),
            RoleOption("connections", "int", 8),
            RoleOption("wait", "bool", True),
            RoleOption("wait_timeout", "float", 300),
            RoleOption("wait_for_agency", "float", 0),
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
            RoleOption("dead_letters", "bool", False),
            RoleOption("temporary_keys", "bool", False),
            RoleOption("obs_endpoint_override"),
            RoleOption("fail_on_unknown", "bool", False),
            RoleOption("report"),
            RoleOption("title", default="DIS transfer tasks"),
            RoleOption("json"),
            RoleOption("junit"),
            RoleOption("prometheus"),
            RoleOption("restart", "bool", False),
            RoleOption("restart_state"),
            RoleOption("max_restarts", "int", 3),
            RoleOption("restart_backoff", default="5m"),
            RoleOption("restart_reset", default="1h"),
            RoleOption("allow_empty", "bool", False),
            RoleOption("cloud"),
        ),
        ("result", "restarts"),
    ),
}


def resolve(
    role: Role,
    names: Iterable[str],
    found: Mapping[str, Any],
    parse: Callable[[str], Any],
    unresolved: Optional[Mapping[str, str]] = None,
) -> Tuple[Dict[str, Any], List[str]]:
    """Return the converted variables of a role by name without the prefix, and the errors as sentences.

    :param names: names of all defined variables
    :param found: values of the defined variables of the role, by full name
    :param parse: function that parses YAML or JSON and raises ValueError
    :param unresolved: errors of variables whose templates failed, by full name
    """
    unresolved = unresolved or {}
    errors = [f"{name} cannot be resolved: {reason}" for name, reason in unresolved.items()]
    errors += unknown_variables(role, names)
    values: Dict[str, Any] = {}
    for option in role.options:
        name = role.prefix + option.name
        value = found.get(name)
        if name in unresolved:
            continue
        if is_blank(value):
            if option.required:
                errors.append(f"{name} is required, but is undefined or blank.")
            values[option.name] = option.default
            continue
        try:
            converted = convert(option, plain_data(value), parse)
        except ValueError as err:
            errors.append(f"{name} {err}.")
            continue
        values[option.name] = converted
        errors += masked_variables(name, converted)
    errors += blank_tasks(role, values, found)
    errors += restart_errors(role, values)
    if "stream_state" in values and "streams" in values:
        values["streams"], stream_errors = stream_entries(values["streams"], values["stream_state"])
        errors += stream_errors
    return values, errors


def blank_tasks(role: Role, values: Mapping[str, Any], found: Mapping[str, Any]) -> List[str]:
    """Return an error if the transfer tasks are defined but blank, so that a purge would delete all of them.

    :param values: converted variables
    :param found: values of the defined variables, by full name
    """
    name = role.prefix + "tasks"
    if not values.get("purge") or values.get("tasks") != [] or name not in found:
        return []
    if found[name] == [] or str(found[name]).replace(" ", "") == "[]":
        return []
    reason = f"{name} is blank, so {role.prefix}purge would delete all transfer tasks of the streams."
    return [f"{reason} Set the transfer tasks, or set {name} to [] if this is intended."]


def restart_errors(role: Role, values: Mapping[str, Any]) -> List[str]:
    """Return the errors in the variables that control restarts, whether or not restarts are enabled.

    :param values: converted variables
    """
    names = ("max_restarts", "restart_backoff", "restart_reset")
    if not all(name in values for name in names):
        return []
    errors = [f"{role.prefix}{error}." for error in read_policy(*(values[name] for name in names))[1]]
    if values.get("restart") and not values.get("restart_state", "x").strip():
        errors.append(f"{role.prefix}restart_state is required if {role.prefix}restart is true.")
    return errors


def masked_variables(name: str, value: Any) -> List[str]:
    """Return an error for each member of a variable that contains the mask of a secret instead of a name.

    Passwords are ignored, since they may contain the characters of a mask.
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
        f"{path} contains the mask of a secret instead of a value: results mask names that contain a password or token."
        " Use a password that is not part of a name, and query the names again."
        for path in sorted(set(masked_paths(value, name, passwords)))
    ]


def unknown_variables(role: Role, names: Iterable[str]) -> List[str]:
    """Return an error for each variable with the prefix of the role that is not a variable of the role."""
    options = [option.name for option in role.options]
    known = {*options, *role.results}
    errors = []
    for name in sorted(names):
        rest = name[len(role.prefix) :]
        if not name.startswith(role.prefix) or rest in known:
            continue
        suggestion = suggest_name(rest, options, role.prefix, 0.6 if role.owns_prefix else 0.7)
        if suggestion or role.owns_prefix:
            hint = suggestion or f"The prefix {role.prefix} is reserved for the role: rename your own variable."
            errors.append(f"{name} is not a variable of the role. {hint}")
    return errors


def convert(option: RoleOption, value: Any, parse: Callable[[str], Any]) -> Any:
    """Convert a value that is not blank to the type of its variable.

    :raises ValueError: if the value is invalid; the message follows the name of the variable
    """
    if option.type in ("dicts", "list"):
        converted: Any = convert_list(option, value, parse)
    elif isinstance(value, (dict, list)):
        raise ValueError(
            f"is a {'dictionary' if isinstance(value, dict) else 'list'}, but must be {TYPE_NAMES[option.type]}"
        )
    else:
        converted = SCALARS[option.type](value)
        if converted is None:
            raise ValueError(f"is {shorten(value)}, but must be {TYPE_NAMES[option.type]}")
    for element in converted if option.type == "list" else [converted]:
        if option.choices and element not in option.choices:
            raise ValueError(f"is {shorten(element)}, but must be one of {', '.join(option.choices)}")
    return converted


def convert_list(option: RoleOption, value: Any, parse: Callable[[str], Any]) -> List[Any]:
    """Convert a list or a string to a list. A list of strings may be separated by commas.

    :raises ValueError: if the value is not a list, or an element has the wrong type
    """
    if isinstance(value, str) and (option.type == "dicts" or value.lstrip().startswith("[")):
        try:
            value = plain_data(parse(value))
        except ValueError:
            raise ValueError(f"is a string, but must be {TYPE_NAMES[option.type]}, or its JSON or YAML") from None
    elif option.type == "list" and not isinstance(value, (list, dict)):
        value = str(value).split(",")
    if not isinstance(value, list):
        raise ValueError(f"is not a list, but must be {TYPE_NAMES[option.type]}")
    kind = dict if option.type == "dicts" else (str, int, float)
    elements = [element for element in value if not is_blank(element)]
    for number, element in enumerate(elements, 1):
        if not isinstance(element, kind) or isinstance(element, bool):
            raise ValueError(f"must be {TYPE_NAMES[option.type]}, but entry {number} has another type")
    return elements if option.type == "dicts" else [str(element).strip() for element in elements]


def stream_entries(entries: List[Dict[str, Any]], state: str) -> Tuple[List[Dict[str, Any]], List[str]]:
    """Return the entries of dli_transfer_streams without blank members and with a state, and the errors in them.

    An empty string is kept if the option may be empty.

    :param state: state of entries that do not set one
    """
    found, errors = [], []
    for number, entry in enumerate(entries, 1):
        place = f'dli_transfer_streams: entry {number} (stream "{entry.get("stream_name")}")'
        for name in entry:
            if name not in STREAM_MEMBERS:
                hint = suggest_name(name, STREAM_MEMBERS)
                errors.append(f"{place}: {shorten(name)} is not an option of otc.dis.stream. {hint}".rstrip())
        accepted = {
            name: value
            for name, value in entry.items()
            if value is not None and (not is_blank(value) or (name in BY_NAME and BY_NAME[name].allows_empty()))
        }
        accepted.setdefault("state", state)
        if "prevent_destroy" in accepted:
            value = to_bool(accepted["prevent_destroy"])
            if value is None:
                errors.append(
                    f"{place}: prevent_destroy is {shorten(accepted['prevent_destroy'])}, but must be true or false."
                )
            accepted["prevent_destroy"] = bool(value)
        if isinstance(accepted.get("stream_name", 0), (dict, list, bool)) or "stream_name" not in accepted:
            errors.append(f"{place}: stream_name is missing or not a string.")
        for name, value in accepted.items():
            choices = CHOICES.get(name, ())
            if choices and value not in choices:
                errors.append(
                    f"{place}: {name} is {shorten(value)}, but must be one of {', '.join(filter(None, choices))}."
                )
        found.append({**accepted, "stream_name": str(accepted.get("stream_name"))})
    return found, errors


def to_str(value: Any) -> Optional[str]:
    """Convert a string or a number to a string; None for a boolean."""
    return None if isinstance(value, bool) else str(value)


def to_bool(value: Any) -> Optional[bool]:
    """Convert a boolean or one of Ansible's words for booleans; None for any other value."""
    word = str(value).strip().lower()
    return True if word in TRUE else False if word in FALSE else None


def to_int(value: Any) -> Optional[int]:
    """Convert an integer or its string; None for any other value."""
    number = to_float(value)
    if number is None or number != int(number):
        return None
    return int(number)


def to_float(value: Any) -> Optional[float]:
    """Convert a finite number or its string; None for any other value."""
    if isinstance(value, bool) or not re.match(r"[-+]?[0-9.]{1,30}(e[-+]?[0-9]{1,3})?\Z", str(value).strip(), re.I):
        return None
    try:
        number = float(str(value).strip())
    except ValueError:
        return None
    return number if math.isfinite(number) else None


SCALARS: Mapping[str, Callable[[Any], Any]] = {"str": to_str, "bool": to_bool, "int": to_int, "float": to_float}
TYPE_NAMES = {
    "str": "a string",
    "bool": "true or false",
    "int": "an integer",
    "float": "a number",
    "list": "a list of strings",
    "dicts": "a list of dictionaries",
}


def shorten(value: Any) -> str:
    """Return an invalid value for a message, truncated; the content of lists and dictionaries is not shown."""
    if isinstance(value, (dict, list)):
        return f"a {'dictionary' if isinstance(value, dict) else 'list'}"
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."


def plain_data(value: Any) -> Any:
    """Convert a value to JSON types: Ansible's own classes, dates and infinite numbers become strings."""
    if isinstance(value, Mapping):
        return {key if isinstance(key, (int, float)) else str(key): plain_data(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_data(element) for element in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    return str(value)
