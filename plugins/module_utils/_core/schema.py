# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Schema of options and API members: validation, comparison, serialization and parsing. Private to otc.dis."""

from __future__ import annotations

import difflib
import re
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Container, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Set, Tuple
from urllib.parse import urlsplit

from .errors import InvalidOptions

NOT_BLANK = r"(?s:.*\S.*)"
NAME = r"[A-Za-z0-9_-]"
INVISIBLE = "\ufeff\u200b\u200e\u200f\u2060\xa0"
"""Invisible characters that may surround a copied string, such as the byte order mark of a file."""


class Field(NamedTuple):
    """One JSON member of the API that is also a module option.

    :ivar name: name of the option and of the JSON member
    :ivar type: type of the option: ``str``, ``int``, ``bool``, ``dict``, or ``list`` for a list of dictionaries
    :ivar members: fields of the dictionary, or of each dictionary of the list
    :ivar required: whether it must be specified to create the resource; it has no default
    :ivar required_if: name and value of another field that make this field required; None is any value
    :ivar default: value for a new resource if the option is omitted
    :ivar choices: allowed values
    :ivar minimum: minimum of a number, or of the number of entries
    :ivar maximum: maximum of a number, or of the number of entries
    :ivar pattern: regular expression that the entire string must match
    :ivar rule: description of the allowed values, for error messages
    :ivar secret: never shown or compared, and not returned by the service
    :ivar as_str: whether the API transfers a number or boolean as a string
    :ivar ignores_case: whether values that differ only in case are equal
    :ivar aliases: alternative spellings, each with the value
    :ivar default_when_missing: value if a response does not contain the member; None if that value is unknown
    :ivar optional_in_request: whether a complete request may omit it
    :ivar empty_value: value in a request for an empty string, where omitting the member has another meaning
    """

    name: str
    type: str = "str"
    members: Tuple[Field, ...] = ()
    required: bool = False
    required_if: Optional[Tuple[str, Any]] = None
    default: Any = None
    choices: Tuple[str, ...] = ()
    minimum: Optional[int] = None
    maximum: Optional[int] = None
    pattern: str = ""
    rule: str = ""
    secret: bool = False
    as_str: bool = False
    ignores_case: bool = False
    aliases: Mapping[str, str] = {}
    default_when_missing: Any = None
    optional_in_request: bool = False
    empty_value: str = ""

    def validate(self, value: Any, path: str) -> Iterator[str]:
        """Return the errors of a value.

        :param path: name of the field in the errors
        """
        if self.members:
            yield from self.validate_suboptions(value, path)
        elif not self.allows(value):
            shown = "not shown here" if self.secret else repr(value)
            yield f"{path} is {shown}, but must be {self.rule}{self.whitespace_hint(value)}"

    def whitespace_hint(self, value: Any) -> str:
        """Return a hint for a string that would be valid without the surrounding invisible characters."""
        bare = strip_invisible(value) if isinstance(value, str) and not self.choices else value
        return f". {describe_edges(value)} the value" if bare != value and bare and self.allows(bare) else ""

    def validate_suboptions(self, value: Any, path: str) -> Iterator[str]:
        """Return the errors in a dictionary, or in the dictionaries of a list."""
        entries = [(path, value)] if self.type == "dict" else [(f"{path}[{n}]", item) for n, item in enumerate(value)]
        if self.type == "list" and not (self.minimum or 0) <= len(entries) <= (self.maximum or len(entries)):
            yield f"{path} has {len(entries)} entries, but must have {self.rule}"
        for place, entry in entries:
            for name in missing_required(self.members, entry):
                yield f"{place} lacks {name}"
            for member in self.members:
                if entry.get(member.name) is not None:
                    yield from member.validate(entry[member.name], f"{place}.{member.name}")

    def allows(self, value: Any) -> bool:
        """Whether a value is valid for this field."""
        value = self.aliases.get(value, value) if self.aliases else value
        if self.choices:
            return value in self.choices
        if self.type == "int":
            return (self.minimum is None or value >= self.minimum) and (self.maximum is None or value <= self.maximum)
        return not self.pattern or re.match(rf"(?:{self.pattern})\Z", value) is not None

    def allows_empty(self) -> bool:
        """Whether an empty string is a value, instead of being treated as omitted.

        It is a value if the rule allows it, or if a missing member in a response means an empty string.
        """
        return self.type == "str" and (self.default_when_missing == "" or bool(self.rule)) and self.allows("")

    def equal(self, one: Any, other: Any) -> bool:
        """Whether two values are equal for the service; of dictionaries, only the members of the first are compared."""
        if self.type == "dict":
            return all(
                (member.name in other or member.default_when_missing is not None)
                and member.equal(one[member.name], other.get(member.name, member.default_when_missing))
                for member in self.members
                if member.name in one
            )
        if self.type == "list":
            entry = self._replace(type="dict")
            return len(one) == len(other) and all(entry.equal(mine, theirs) for mine, theirs in zip(one, other))
        return bool(one.lower() == other.lower() if self.ignores_case else one == other)

    def serialize(self, value: Any, blanks: bool) -> Any:
        """Return the value for a request.

        :param blanks: whether empty strings are sent
        """
        if self.type == "dict":
            return serialize(self.members, value, blanks)
        if self.type == "list":
            return [serialize(self.members, entry, blanks) for entry in value]
        if value == "":
            return self.empty_value
        return str(value).lower() if self.as_str else value

    def normalize(self, value: Any) -> Any:
        """Return the value of an option without omitted members, in the spelling of the API."""
        if self.type == "dict":
            return normalize(self.members, value)
        if self.type == "list":
            return [normalize(self.members, entry) for entry in value]
        return self.aliases.get(value, value) if self.aliases else value

    def merged_with(self, value: Any, known: Any) -> Any:
        """Return the value; a dictionary is completed with the known members."""
        return {**known, **value} if self.type == "dict" and isinstance(known, dict) else value

    def type_errors(self, value: Any, path: str) -> Iterator[str]:
        """Return the type errors of a value in a response; a missing value has none.

        :param path: name of the member in the errors
        """
        if self.secret or value is None or value == "":
            return
        if self.type == "dict" and isinstance(value, dict):
            yield from type_errors(self.members, value, f"{path}.")
        elif self.type == "list" and isinstance(value, list):
            for number, item in enumerate(value):
                if isinstance(item, dict):
                    yield from type_errors(self.members, item, f"{path}[{number}].")
                else:
                    yield f"{path}[{number}] is {json_type_name(item)}, but must be an object"
        elif not TYPES[self.type](value):
            yield f"{path} is {json_type_name(value)}, but must be {TYPE_NAMES[self.type]}"

    def read(self, value: Any) -> Any:
        """Parse a value of a response; None if it is missing."""
        if self.secret:
            return None
        if self.type == "int":
            return int_or_none(value)
        if self.type == "bool":
            return str(value).lower() in ("true", "true/on", "on")
        if self.type == "dict" and isinstance(value, dict) and value:
            return read(self.members, value)
        if self.type == "list" and isinstance(value, list) and value:
            return [read(self.members, entry) for entry in dictionaries(value)]
        if self.type == "str" and isinstance(value, str) and (value.strip() or value in self.choices):
            return self.aliases.get(value, value)
        return self.default_when_missing


DECIMAL = re.compile(r"\s*-?[0-9]{1,40}\s*\Z")
BOOLEAN_TEXTS = ("true", "true/on", "on", "false", "false/off", "off")
TYPES: Mapping[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str),
    "json": lambda value: isinstance(value, (str, dict, list)),
    "int": lambda value: (
        (isinstance(value, int) and not isinstance(value, bool))
        or (isinstance(value, str) and DECIMAL.match(value) is not None)
    ),
    "bool": lambda value: isinstance(value, bool) or str(value).lower() in BOOLEAN_TEXTS,
    "dict": lambda value: isinstance(value, dict),
    "list": lambda value: isinstance(value, list),
}
"""Accepted values of responses by type of field."""
TYPE_NAMES = {
    "str": "a string",
    "json": "a string",
    "int": "an integer",
    "bool": "a boolean",
    "dict": "an object",
    "list": "a list of objects",
}


def json_type_name(value: Any) -> str:
    """Return the JSON type of a value for messages."""
    if isinstance(value, bool):
        return "a boolean"
    kinds = {str: "a string", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return kinds.get(type(value), "null")


def type_errors(fields: Iterable[Field], block: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Return the type errors of the members of a response.

    :param path: prefix of the names in the errors
    """
    for field in fields:
        yield from field.type_errors(get_member(block, field.name), path + field.name)


def int_or_none(value: Any) -> Optional[int]:
    """Return an integer from a JSON number or a decimal string; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    if isinstance(value, int):
        return value
    return int(value.strip()) if re.match(r"-?[0-9]{1,18}\Z", value.strip()) else None


def names_allowing_empty(fields: Iterable[Field]) -> Set[str]:
    """Return the names of the fields, at any depth, for which an empty string is a value."""
    found: Set[str] = set()
    for field in fields:
        found |= names_allowing_empty(field.members)
        if field.allows_empty():
            found.add(field.name)
    return found


def is_blank(value: Any) -> bool:
    """Whether a value is null or a blank string, which surveys and CSV files contain for omitted values."""
    return value is None or (isinstance(value, str) and not value.strip())


def suggest_name(name: Any, known: Iterable[str], prefix: str = "", cutoff: float = 0.6) -> str:
    """Return a sentence that suggests a known name for an unknown one; empty if none is similar.

    :param prefix: text before the known name in the sentence
    :param cutoff: minimum similarity, from 0 to 1
    """
    known = sorted(known)
    text = str(name)
    bare = strip_invisible(text)
    if bare != text and bare in known:
        return f"{describe_edges(text)} {prefix}{bare}."
    near = difflib.get_close_matches(bare, known, 1, cutoff)
    return f"Did you mean {prefix}{near[0]}?" if near else ""


def strip_invisible(text: str) -> str:
    """Remove surrounding whitespace and invisible characters."""
    return text.strip(INVISIBLE + " \t\r\n")


def quote_if_needed(name: Any) -> str:
    """Return a name for a message; quoted and escaped unless it consists of ASCII letters, digits and ``_.-``."""
    return str(name) if re.match(r"[A-Za-z0-9_.-]+\Z", str(name)) else ascii(name)


def describe_edges(text: str) -> str:
    """Return the advice to remove surrounding invisible characters, to precede a name; an empty string without any."""
    if any(letter in text[:2] + text[-2:] for letter in INVISIBLE):
        return "Remove the byte order mark or other invisible character around"
    return "Remove the whitespace around" if text != text.strip() else ""


def text_or_none(value: Any) -> Optional[str]:
    """Return an external value if it is a nonblank string, else None."""
    return value if isinstance(value, str) and value.strip() else None


def has_name(entry: Mapping[str, Any], key: str, name: str) -> bool:
    """Whether a member of a list entry is a name, case-insensitively."""
    found = entry.get(key)
    return isinstance(found, str) and found.lower() == name.lower()


def dictionaries(value: Any) -> List[Dict[str, Any]]:
    """Return the dictionaries in an external list; empty if the value is not a list."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def read(fields: Iterable[Field], block: Mapping[str, Any]) -> Dict[str, Any]:
    """Parse the fields of an object in a response; missing members are omitted."""
    values = {field.name: field.read(get_member(block, field.name)) for field in fields}
    return {name: value for name, value in values.items() if value is not None}


def get_member(block: Mapping[str, Any], name: str) -> Any:
    """Return a member of a response; the API reference prints one of them with a quote at the end of its name."""
    return block.get(name, block.get(name + '"'))


def unknown_keys(fields: Iterable[Field], block: Mapping[str, Any], ignored: Tuple[str, ...] = ()) -> Dict[str, Any]:
    """Return the members of an object in a response without a field, at any depth; list entries by their index.

    :param ignored: names of members that are not settings
    """
    by_name = {field.name: field for field in fields}
    found: Dict[str, Any] = {}
    for name, value in block.items():
        field = by_name.get(name.rstrip('"'))
        below: Any = None
        if field is None:
            below = None if name in ignored or value == "" else value
        elif field.type == "dict" and isinstance(value, dict):
            below = unknown_keys(field.members, value)
        elif field.type == "list":
            entries = enumerate(dictionaries(value))
            below = {str(number): unknown_keys(field.members, entry) for number, entry in entries}
            below = {number: entry for number, entry in below.items() if entry}
        if below is not None and below != {} and below != []:
            found[name] = below
    return found


def with_unknown(fields: Iterable[Field], sent: Mapping[str, Any], unknown: Mapping[str, Any]) -> Dict[str, Any]:
    """Return an object of a request with the result of :func:`unknown_keys` merged in, where its parent exists."""
    by_name = {field.name: field for field in fields}
    block = dict(sent)
    for name, value in unknown.items():
        field, target = by_name.get(name), sent.get(name)
        if field is None:
            block.setdefault(name, value)
        elif field.type == "dict" and isinstance(target, dict):
            block[name] = with_unknown(field.members, target, value)
        elif field.type == "list" and isinstance(target, list):
            entries = enumerate(target)
            block[name] = [with_unknown(field.members, entry, value.get(str(number), {})) for number, entry in entries]
    return block


def unknown_names(fields: Iterable[Field], unknown: Mapping[str, Any], path: str = "") -> List[str]:
    """Return the paths of unknown members."""
    by_name = {field.name: field for field in fields}
    found: List[str] = []
    for name, value in unknown.items():
        field = by_name.get(name)
        if field is None:
            found.append(path + name)
        elif field.type == "dict":
            found += unknown_names(field.members, value, f"{path}{name}.")
        else:
            for number, entry in value.items():
                found += unknown_names(field.members, entry, f"{path}{name}[{number}].")
    return found


def serialize(fields: Iterable[Field], settings: Mapping[str, Any], blanks: bool) -> Dict[str, Any]:
    """Return settings for a request.

    :param blanks: whether empty strings are sent
    """
    return {
        field.name: field.serialize(settings[field.name], blanks)
        for field in fields
        if settings.get(field.name) is not None
        and (blanks or field.empty_value or settings[field.name] not in ("", {}))
    }


def normalize(fields: Iterable[Field], options: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the specified options, in the spelling of the API."""
    return {field.name: field.normalize(options[field.name]) for field in fields if options.get(field.name) is not None}


def missing_required(fields: Iterable[Field], settings: Mapping[str, Any]) -> List[str]:
    """Return the names of the missing required fields."""
    names = []
    for field in fields:
        cause, value = field.required_if or ("", None)
        caused = settings.get(cause) is not None and value in (None, settings[cause])
        if (field.required or caused) and settings.get(field.name) is None:
            names.append(field.name)
    return names


def text(name: str, rule: str = "a string, not blank", pattern: str = NOT_BLANK, **more: Any) -> Field:
    """Return a required string field."""
    return Field(name, required=True, pattern=pattern, rule=rule, **more)


def choice(name: str, *values: str, **more: Any) -> Field:
    """Return an enum field."""
    return Field(
        name,
        choices=values,
        rule=" or ".join(value or "empty" for value in values),
        **more,
    )


def validate(fields: Iterable[Field], options: Mapping[str, Any], path: str = "") -> List[str]:
    """Return an error for each invalid option, with its value and the rule.

    :param path: prefix of the names in the errors
    """
    return [
        reason
        for field in fields
        if options.get(field.name) is not None
        for reason in field.validate(options[field.name], path + field.name)
    ]


def raise_if_errors(reasons: Iterable[str]) -> None:
    """Fail if there are errors.

    :raises InvalidOptions: with all errors
    """
    errors = "; ".join(reasons)
    if errors:
        raise InvalidOptions(f"{errors}. Nothing was sent.")


class Scalar(Field):
    """A string that some regions send as a number."""

    __slots__ = ()

    def type_errors(self, value: Any, path: str) -> Iterator[str]:
        """Return the type errors of a value in a response."""
        if isinstance(value, bool) or not isinstance(value, (str, int, float, type(None))):
            yield f"{path} is {json_type_name(value)}, but must be a string or a number"


class Moment(Field):
    """A time in milliseconds since 1970; the API reference prints one as a string with a comma."""

    __slots__ = ()

    def type_errors(self, value: Any, path: str) -> Iterator[str]:
        """Return the type errors of a value in a response."""
        yield from super().type_errors(value.replace(",", "") if isinstance(value, str) else value, path)


class Names(Field):
    """A list of strings."""

    __slots__ = ()

    def type_errors(self, value: Any, path: str) -> Iterator[str]:
        """Return the type errors of a value in a response."""
        if value not in (None, "") and not isinstance(value, list):
            yield f"{path} is {json_type_name(value)}, but must be a list of strings"
        for number, item in enumerate(value if isinstance(value, list) else ()):
            if item is not None and not isinstance(item, str):
                yield f"{path}[{number}] is {json_type_name(item)}, but must be a string"


def numbers(*names: str) -> Tuple[Field, ...]:
    """Return fields of integers, which the API may send as decimal strings."""
    return tuple(Field(name, type="int") for name in names)


def texts(*names: str) -> Tuple[Field, ...]:
    """Return fields of strings."""
    return tuple(Field(name) for name in names)


def option(field: Field) -> Dict[str, Any]:
    """Return the argument spec of a field; the plan checks what a new resource requires, because only it reads."""
    spec: Dict[str, Any] = {"type": field.type}
    if field.type == "list":
        spec["elements"] = "dict"
    if field.members:
        spec["options"] = {member.name: {**option(member), "required": member.required} for member in field.members}
    elif field.choices and not field.aliases:
        spec["choices"] = list(field.choices)
    if field.secret or "key" in field.name:  # without no_log, Ansible warns about each name that contains "key"
        spec["no_log"] = field.secret
    return spec


Spec = Mapping[str, Mapping[str, Any]]
NUMBERS = {"int": "an integer", "float": "a number"}


def names_and_aliases(spec: Spec) -> Dict[str, Mapping[str, Any]]:
    """Return the options of an argument spec by name and alias."""
    return {key: option for name, option in spec.items() for key in (name, *option.get("aliases", ()))}


def without_blanks(spec: Spec, options: Mapping[str, Any], may_be_empty: Container[str]) -> Dict[str, Any]:
    """Remove blank options at any depth, so that they count as omitted and get their defaults.

    A required option is kept, for the error that names it. Blank list elements are removed, and so is a list without
    other elements.

    :param may_be_empty: names of options for which an empty string is a value
    """
    known = names_and_aliases(spec)
    kept: Dict[str, Any] = {}
    for name, value in options.items():
        option = known.get(name)
        if option is None:
            kept[name] = value
            continue
        cleaned = without_blank_elements(option, value, may_be_empty)
        if option.get("required") or not is_unset(option, cleaned, name in may_be_empty):
            kept[name] = cleaned
    return kept


def is_unset(option: Mapping[str, Any], value: Any, may_be_empty: bool) -> bool:
    """Whether the value of an option is null or counts as omitted; whitespace is a value of unrestricted strings."""
    if may_be_empty or "" in option.get("choices", ()):
        return value is None
    if option.get("type") in ("str", "raw", "json") and "choices" not in option:
        return value is None or value == ""
    return is_blank(value)


def without_blank_elements(option: Mapping[str, Any], value: Any, may_be_empty: Container[str]) -> Any:
    """Return the value of an option without its blank elements; None if a list has no others."""
    below = option.get("options")
    if below is not None and isinstance(value, dict):
        return without_blanks(below, value, may_be_empty)
    if option.get("type") != "list" or is_blank(value):
        return value
    elements = value.split(",") if isinstance(value, str) else value
    if not isinstance(elements, list):
        return value
    if below is None and option.get("elements") != "dict":
        rest = [element for element in elements if not is_blank(element)]
        return rest if rest or not elements else None
    return [
        without_blanks(below, element, may_be_empty) if below and isinstance(element, dict) else element
        for element in elements
    ]


def type_errors_of_options(spec: Spec, options: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Return errors for values that Ansible would convert silently.

    Ansible converts booleans to 0 and 1 (YAML parses ``yes`` as a boolean), and lists and dictionaries to strings.

    :param path: prefix of the names in the errors
    """
    known = names_and_aliases(spec)
    for name, value in options.items():
        option = known.get(name, {})
        kind = option.get("type", "")
        entries = value if isinstance(value, list) and kind == "list" else [value]
        for number, entry in enumerate(entries):
            place = f"{path}{name}[{number}]" if entries is value else f"{path}{name}"
            expected = option.get("elements", "") if kind == "list" else kind
            if isinstance(entry, bool) and expected in NUMBERS:
                yield f"{place} is {entry}, but must be {NUMBERS[expected]}"
            if isinstance(entry, (list, dict)) and expected == "str":
                yield f"{place} is {json_type_name(entry)}, but must be a string"
            if isinstance(entry, dict) and option.get("options"):
                yield from type_errors_of_options(option["options"], entry, f"{place}.")


NON_FINITE = re.compile(r"[-+]?(inf|infinity|nan)\Z", re.IGNORECASE)


def not_texts(spec: Mapping[str, Any], values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Return the names of secrets and authentication options whose values are not strings.

    :param values: options before validation, in which Ansible converts numbers and booleans to strings
    :param prefix: prefix of the names
    """
    for name, option in spec.items():
        for key in (name, *option.get("aliases", ())):
            value = values.get(key)
            if isinstance(value, dict) and "options" in option:
                yield from not_texts(option["options"], value, f"{prefix}{key}.")
            elif value is None or isinstance(value, str) or option.get("type") != "str":
                continue
            elif option.get("no_log") or prefix == "auth." or name == "region_name":
                yield f"{prefix}{key}"


def coerce_for_validation(option: Mapping[str, Any], value: Any) -> Any:
    """Return the value of an option, as a string where Ansible's validation would raise instead of reporting an error.

    :param option: spec of the option
    """
    if "options" not in option:
        non_finite = option.get("type") == "int" and NON_FINITE.match(str(value).strip())
        return f'"{value}"' if non_finite else value
    if isinstance(value, dict):
        specs = names_and_aliases(option["options"])
        return {name: coerce_for_validation(specs.get(name, {}), inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [str(entry) if entry is None else coerce_for_validation(option, entry) for entry in value]
    return value if value is None or isinstance(value, str) else str(value)


TIME_RULE = (
    "now, an offset before now such as -1h30m (w, d, h, m, s), a date and time such as 2026-01-31T10:00:00Z (UTC"
    " without a time zone), or seconds or milliseconds since 1970"
)
DURATION_RULE = "a duration such as 15m or 1h30m (w, d, h, m, s), or a number of seconds"
SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
BEFORE = re.compile(r"(?:now)?\s*-\s*((?:[0-9]{1,9}[wdhms])+)\Z", re.ASCII)
ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?\s*([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?\Z",
    re.ASCII,
)
FIRST_MILLISECONDS = 10**11
"""Numbers from here on are milliseconds: as seconds they would be after the year 5000."""


def read_time(text: str, now: float) -> Optional[float]:
    """Parse a time to seconds since 1970; None if it is invalid.

    :param now: base of relative times, in seconds since 1970
    """
    text = text.strip()
    if text.lower() == "now":
        return now
    before = BEFORE.match(text.lower())
    if before:
        return now - sum(int(part[:-1]) * SECONDS[part[-1]] for part in re.findall(r"[0-9]+[wdhms]", before.group(1)))
    if re.match(r"[0-9]{1,15}(\.[0-9]{1,9})?\Z", text, re.ASCII):
        number = float(text)
        return number / 1000 if number >= FIRST_MILLISECONDS else number
    match = ISO.match(text)
    return None if match is None else read_iso(match)


def read_duration(text: str) -> Optional[float]:
    """Parse a duration such as ``15m``, ``1h30m`` or ``900`` to seconds; None if it is invalid."""
    text = text.strip().lower()
    if re.match(r"[0-9]{1,9}(\.[0-9]{1,9})?\Z", text, re.ASCII):
        return float(text)
    if not re.match(r"([0-9]{1,9}[wdhms])+\Z", text, re.ASCII):
        return None
    return float(sum(int(part[:-1]) * SECONDS[part[-1]] for part in re.findall(r"[0-9]+[wdhms]", text)))


def read_iso(match: re.Match[str]) -> Optional[float]:
    """Return the seconds since 1970 of a match of :data:`ISO`; None if the date does not exist."""
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
        shift = timedelta(0)
        if zone and zone not in "Zz":
            digits = zone[1:].replace(":", "").ljust(4, "0")
            shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:])) * (-1 if zone[0] == "-" else 1)
        exact = (moment.replace(tzinfo=timezone(shift))).timestamp()
    except (ValueError, OverflowError):
        return None
    return exact + (float(f"0.{fraction}") if fraction else 0.0)


LOOPBACK = re.compile(r"(localhost|127(\.\d{1,3}){3}|::1)\Z")


def is_loopback(url: str) -> bool:
    """Whether the host of a URL is a loopback address."""
    return LOOPBACK.match(urlsplit(url).hostname or "") is not None


def host_of(url: str) -> str:
    """Return host and port of an untrusted URL, without user and password; empty if it cannot be parsed."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def parse_url(url: str, what: str) -> str:
    """Validate a base URL and remove trailing slashes.

    :param what: name of the setting, for the message
    :raises InvalidOptions: it is not https (or http to a loopback address), or has more than host, port and path
    """
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or "@" in parts.netloc or parts.query or parts.fragment or not url.isprintable() or " " in url:
        raise InvalidOptions(
            f"{what} is not a valid URL: specify https://host[:port][/path] without user, query and whitespace."
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(url)):
        raise InvalidOptions(
            f"{what} is {parts.scheme}://{parts.netloc}, but must be https (http only for loopback addresses)."
        )
    return url.rstrip("/")


def service_url(url: str, what: str) -> str:
    """Validate the base URL of a service and remove a version and project from its path."""
    return re.sub(r"/v[123](\.0)?(/.*)?\Z", "", parse_url(re.sub(r"[$%]\((tenant|project)_id\)s", "x", url), what))
