# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options as data: what a field holds, its rule, how it travels and how it compares. Private to otc.dis."""

from __future__ import annotations

import difflib
import re
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Container, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Set, Tuple
from urllib.parse import urlsplit

from .errors import (
    InvalidOptions,
)

NOT_BLANK = r"(?s:.*\S.*)"
NAME = r"[A-Za-z0-9_-]"
INVISIBLE = "\ufeff\u200b\u200e\u200f\u2060\xa0"
"""Characters at the ends of a text that nobody sees: the byte order mark of a file first of all."""


class Field(NamedTuple):
    """One member of a destination descriptor, which is one option of the destination's module.

    :ivar name: name of the option and of the JSON member
    :ivar type: type of the option: ``str``, ``int``, ``bool``, ``dict``, or ``list`` for a list of dictionaries
    :ivar members: what a dictionary, or each dictionary of a list, holds
    :ivar required: a task cannot be created without it, and it has no default
    :ivar required_if: name of another field, and the value with which that one makes this one needed; None is any value
    :ivar default: what a new task gets when the option is left out
    :ivar choices: the only values allowed
    :ivar minimum: smallest number allowed, or fewest entries
    :ivar maximum: largest number allowed, or most entries
    :ivar pattern: what the whole text must match
    :ivar rule: the rule in words, for the message that names a violation
    :ivar secret: never shown, never compared, never told back
    :ivar as_str: a number or a boolean that travels as a text
    :ivar ignores_case: values that differ in case only are the same
    :ivar aliases: other ways to say a value, each with the value
    :ivar default_when_missing: what an answer means that does not tell the member; None means that it is not known
    :ivar optional_in_request: a complete request may do without it
    :ivar empty_value: what a request says instead of an empty text, where leaving it out would mean something else
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
        """What is wrong with a value, in words.

        :param path: how to call the field
        """
        if self.members:
            yield from self.validate_suboptions(value, path)
        elif not self.allows(value):
            shown = "not shown here" if self.secret else repr(value)
            yield f"{path} is {shown}, but must be {self.rule}{self.whitespace_hint(value)}"

    def whitespace_hint(self, value: Any) -> str:
        """What to add about a text that would be right without the invisible characters at its ends."""
        bare = strip_invisible(value) if isinstance(value, str) and not self.choices else value
        return f". {describe_edges(value)} the text" if bare != value and bare and self.allows(bare) else ""

    def validate_suboptions(self, value: Any, path: str) -> Iterator[str]:
        """What is wrong within a dictionary, or within the dictionaries of a list."""
        entries = [(path, value)] if self.type == "dict" else [(f"{path}[{n}]", one) for n, one in enumerate(value)]
        if self.type == "list" and not (self.minimum or 0) <= len(entries) <= (self.maximum or len(entries)):
            yield f"{path} has {len(entries)} entries, but must have {self.rule}"
        for place, entry in entries:
            for name in missing_required(self.members, entry):
                yield f"{place} lacks {name}"
            for member in self.members:
                if entry.get(member.name) is not None:
                    yield from member.validate(entry[member.name], f"{place}.{member.name}")

    def allows(self, value: Any) -> bool:
        """Whether a value obeys the rule of this field."""
        value = self.aliases.get(value, value) if self.aliases else value
        if self.choices:
            return value in self.choices
        if self.type == "int":
            return (self.minimum is None or value >= self.minimum) and (self.maximum is None or value <= self.maximum)
        return not self.pattern or re.match(rf"(?:{self.pattern})\Z", value) is not None

    def allows_empty(self) -> bool:
        """Whether an empty text is a value of its own, instead of counting as left out.

        It is one where the rule allows it, and where the service means it by a member that it leaves out.
        """
        return self.type == "str" and (self.default_when_missing == "" or bool(self.rule)) and self.allows("")

    def equal(self, one: Any, other: Any) -> bool:
        """Whether two values mean the same to the service; of a dictionary, only what the first one says counts."""
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
        """The value as the request carries it."""
        if self.type == "dict":
            return serialize(self.members, value, blanks)
        if self.type == "list":
            return [serialize(self.members, entry, blanks) for entry in value]
        if value == "":
            return self.empty_value
        return str(value).lower() if self.as_str else value

    def normalize(self, value: Any) -> Any:
        """An option's value without what was left out, in the spelling of the service."""
        if self.type == "dict":
            return normalize(self.members, value)
        if self.type == "list":
            return [normalize(self.members, entry) for entry in value]
        return self.aliases.get(value, value) if self.aliases else value

    def merged_with(self, value: Any, known: Any) -> Any:
        """The value, filled up with what is known where it is a dictionary."""
        return {**known, **value} if self.type == "dict" and isinstance(known, dict) else value

    def type_errors(self, value: Any, path: str) -> Iterator[str]:
        """Why a value of a response cannot be one of this field, in words; a value that is not told can.

        :param path: how to call the member
        """
        if self.secret or value is None or value == "":
            return
        if self.type == "dict" and isinstance(value, dict):
            yield from type_errors(self.members, value, f"{path}.")
        elif self.type == "list" and isinstance(value, list):
            for number, one in enumerate(value):
                if isinstance(one, dict):
                    yield from type_errors(self.members, one, f"{path}[{number}].")
                else:
                    yield f"{path}[{number}] is {json_type_name(one)}, but must be an object"
        elif not TYPES[self.type](value):
            yield f"{path} is {json_type_name(value)}, but must be {TYPE_WORDS[self.type]}"

    def read(self, value: Any) -> Any:
        """The value as an answer carries it; None where the answer does not tell it."""
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
"""What values of responses can be, by the type of their field."""
TYPE_WORDS = {
    "str": "a text",
    "json": "a text",
    "int": "a whole number",
    "bool": "true or false",
    "dict": "an object",
    "list": "a list of objects",
}


def json_type_name(value: Any) -> str:
    """The type of a JSON value in words."""
    if isinstance(value, bool):
        return "true or false"
    kinds = {str: "a text", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return kinds.get(type(value), "null")


def type_errors(fields: Iterable[Field], block: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Members of a response whose type is impossible, each in words.

    :param path: what comes before the names of the members
    """
    for one in fields:
        yield from one.type_errors(get_member(block, one.name), path + one.name)


def int_or_none(value: Any) -> Optional[int]:
    """An integer from a JSON number or a decimal text; None from anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    if isinstance(value, int):
        return value
    return int(value.strip()) if re.match(r"-?[0-9]{1,18}\Z", value.strip()) else None


def names_allowing_empty(fields: Iterable[Field]) -> Set[str]:
    """The names of fields, at any depth, for which an empty text is a value of its own."""
    found: Set[str] = set()
    for field in fields:
        found |= names_allowing_empty(field.members)
        if field.allows_empty():
            found.add(field.name)
    return found


def is_blank(value: Any) -> bool:
    """Whether a value is null or an empty text, as surveys and CSV files have it for what was left out."""
    return value is None or (isinstance(value, str) and not value.strip())


def suggest_name(name: Any, known: Iterable[str], prefix: str = "", cutoff: float = 0.6) -> str:
    """What may be meant by a name that is not known, in a sentence; empty if there is no likely one.

    :param prefix: what stands before a known name in the sentence
    :param cutoff: how similar names must be, from 0 to 1
    """
    known = sorted(known)
    text = str(name)
    bare = strip_invisible(text)
    if bare != text and bare in known:
        return f"{describe_edges(text)} {prefix}{bare}."
    near = difflib.get_close_matches(bare, known, 1, cutoff)
    return f"Did you mean {prefix}{near[0]}?" if near else ""


def strip_invisible(text: str) -> str:
    """A text without blanks and invisible characters at its ends."""
    return text.strip(INVISIBLE + " \t\r\n")


def quote_if_needed(name: Any) -> str:
    """A name for a message; in quotes, with escapes, unless it consists of ordinary letters."""
    return str(name) if re.match(r"[A-Za-z0-9_.-]+\Z", str(name)) else ascii(name)


def describe_edges(text: str) -> str:
    """What cannot be seen at the ends of a text, in words up to the text itself; empty if there is nothing."""
    if any(letter in text[:2] + text[-2:] for letter in INVISIBLE):
        return "A byte order mark or another invisible character is beside"
    return "Blanks are beside" if text != text.strip() else ""


def text_or_none(value: Any) -> Optional[str]:
    """A text that came from outside and says something, else None."""
    return value if isinstance(value, str) and value.strip() else None


def has_name(entry: Mapping[str, Any], key: str, name: str) -> bool:
    """Whether a member of an entry of a list is this name; capitals do not count."""
    found = entry.get(key)
    return isinstance(found, str) and found.lower() == name.lower()


def dictionaries(value: Any) -> List[Dict[str, Any]]:
    """The dictionaries in a list that came from outside."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def read(fields: Iterable[Field], block: Mapping[str, Any]) -> Dict[str, Any]:
    """What a block of an answer tells."""
    told = {one.name: one.read(get_member(block, one.name)) for one in fields}
    return {name: value for name, value in told.items() if value is not None}


def get_member(block: Mapping[str, Any], name: str) -> Any:
    """A member of an answer; the API reference also prints one with a quote at the end of its name."""
    return block.get(name, block.get(name + '"'))


def unknown_keys(fields: Iterable[Field], block: Mapping[str, Any], ignored: Tuple[str, ...] = ()) -> Dict[str, Any]:
    """What a block of an answer tells beside its fields, also within them; entries of a list go by their number.

    :param ignored: names of members that are not settings
    """
    names = {one.name: one for one in fields}
    found: Dict[str, Any] = {}
    for name, value in block.items():
        field = names.get(name.rstrip('"'))
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
    """A block of a request with what :func:`unknown_keys` found, where it has a place in it."""
    names = {one.name: one for one in fields}
    block = dict(sent)
    for name, value in unknown.items():
        field, there = names.get(name), sent.get(name)
        if field is None:
            block.setdefault(name, value)
        elif field.type == "dict" and isinstance(there, dict):
            block[name] = with_unknown(field.members, there, value)
        elif field.type == "list" and isinstance(there, list):
            entries = enumerate(there)
            block[name] = [with_unknown(field.members, one, value.get(str(number), {})) for number, one in entries]
    return block


def unknown_names(fields: Iterable[Field], unknown: Mapping[str, Any], path: str = "") -> List[str]:
    """The names of unknown members, each with the way to it."""
    names = {one.name: one for one in fields}
    found: List[str] = []
    for name, value in unknown.items():
        field = names.get(name)
        if field is None:
            found.append(path + name)
        elif field.type == "dict":
            found += unknown_names(field.members, value, f"{path}{name}.")
        else:
            for number, entry in value.items():
                found += unknown_names(field.members, entry, f"{path}{name}[{number}].")
    return found


def serialize(fields: Iterable[Field], settings: Mapping[str, Any], blanks: bool) -> Dict[str, Any]:
    """Settings as a request carries them.

    :param blanks: whether empty texts are sent
    """
    return {
        one.name: one.serialize(settings[one.name], blanks)
        for one in fields
        if settings.get(one.name) is not None and (blanks or one.empty_value or settings[one.name] not in ("", {}))
    }


def normalize(fields: Iterable[Field], options: Mapping[str, Any]) -> Dict[str, Any]:
    """The options that were given, in the spelling of the service."""
    return {one.name: one.normalize(options[one.name]) for one in fields if options.get(one.name) is not None}


def missing_required(fields: Iterable[Field], settings: Mapping[str, Any]) -> List[str]:
    """Names of the fields that are needed and not there."""
    names = []
    for one in fields:
        cause, value = one.required_if or ("", None)
        caused = settings.get(cause) is not None and value in (None, settings[cause])
        if (one.required or caused) and settings.get(one.name) is None:
            names.append(one.name)
    return names


def text(name: str, rule: str = "a text, not blank", pattern: str = NOT_BLANK, **more: Any) -> Field:
    """A text that a task cannot be created without."""
    return Field(name, required=True, pattern=pattern, rule=rule, **more)


def choice(name: str, *values: str, **more: Any) -> Field:
    """One of a few words."""
    return Field(
        name,
        choices=values,
        rule=" or ".join(value or "empty" for value in values),
        **more,
    )


def validate(fields: Iterable[Field], options: Mapping[str, Any], path: str = "") -> List[str]:
    """Each option that breaks its rule, with its value and the rule.

    :param path: what comes before the names of the options
    """
    return [
        reason
        for one in fields
        if options.get(one.name) is not None
        for reason in one.validate(options[one.name], path + one.name)
    ]


def raise_if_errors(reasons: Iterable[str]) -> None:
    """Break off if there is a reason to.

    :raises InvalidOptions: naming all of them
    """
    told = "; ".join(reasons)
    if told:
        raise InvalidOptions(f"{told}. Nothing was sent.")


class Scalar(Field):
    """A text that some regions send as a number."""

    __slots__ = ()

    def type_errors(self, value: Any, path: str) -> Iterator[str]:
        """Why a value cannot be one, in words."""
        if isinstance(value, bool) or not isinstance(value, (str, int, float, type(None))):
            yield f"{path} is {json_type_name(value)}, but must be a text or a number"


class Moment(Field):
    """Milliseconds since 1970; the reference prints one as a text with a comma in it."""

    __slots__ = ()

    def type_errors(self, value: Any, path: str) -> Iterator[str]:
        """Why a value cannot be one, in words."""
        yield from super().type_errors(value.replace(",", "") if isinstance(value, str) else value, path)


class Names(Field):
    """A list of texts."""

    __slots__ = ()

    def type_errors(self, value: Any, path: str) -> Iterator[str]:
        """Why a value cannot be one, in words."""
        if value not in (None, "") and not isinstance(value, list):
            yield f"{path} is {json_type_name(value)}, but must be a list of texts"
        for number, one in enumerate(value if isinstance(value, list) else ()):
            if one is not None and not isinstance(one, str):
                yield f"{path}[{number}] is {json_type_name(one)}, but must be a text"


def numbers(*names: str) -> Tuple[Field, ...]:
    """Members that are whole numbers, or texts of digits."""
    return tuple(Field(name, type="int") for name in names)


def texts(*names: str) -> Tuple[Field, ...]:
    """Members that are texts."""
    return tuple(Field(name) for name in names)


def option(field: Field) -> Dict[str, Any]:
    """The argument spec of one field; what a new task needs is told by the plan, which knows whether there is one."""
    told: Dict[str, Any] = {"type": field.type}
    if field.type == "list":
        told["elements"] = "dict"
    if field.members:
        told["options"] = {member.name: {**option(member), "required": member.required} for member in field.members}
    elif field.choices and not field.aliases:
        told["choices"] = list(field.choices)
    if field.secret or "key" in field.name:  # Ansible takes every name with "key" for that of a secret
        told["no_log"] = field.secret
    return told


Spec = Mapping[str, Mapping[str, Any]]
NUMBERS = {"int": "a whole number", "float": "a number"}


def names_and_aliases(spec: Spec) -> Dict[str, Mapping[str, Any]]:
    """The options of an argument spec by their names and aliases."""
    return {called: one for name, one in spec.items() for called in (name, *one.get("aliases", ()))}


def without_blanks(spec: Spec, options: Mapping[str, Any], may_be_empty: Container[str]) -> Dict[str, Any]:
    """Options without those that are blank, at any depth, so that they count as left out and take their defaults.

    A required option stays as it is, for the failure that names it. Elements of a list that are blank go, and so does a
    list that holds no others.

    :param allows_empty: names of options for which an empty text is a value
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
    """Whether the value of an option is null, or a text that is no value: blanks are one where any text is."""
    if may_be_empty or "" in option.get("choices", ()):
        return value is None
    if option.get("type") in ("str", "raw", "json") and "choices" not in option:
        return value is None or value == ""
    return is_blank(value)


def without_blank_elements(option: Mapping[str, Any], value: Any, may_be_empty: Container[str]) -> Any:
    """The value of an option without what is blank inside it; None if nothing else was in it."""
    below = option.get("options")
    if below is not None and isinstance(value, dict):
        return without_blanks(below, value, may_be_empty)
    if option.get("type") != "list" or is_blank(value):
        return value
    elements = value.split(",") if isinstance(value, str) else value
    if not isinstance(elements, list):
        return value
    if below is None and option.get("elements") != "dict":
        rest = [one for one in elements if not is_blank(one)]
        return rest if rest or not elements else None
    return [without_blanks(below, one, may_be_empty) if below and isinstance(one, dict) else one for one in elements]


def type_errors_of_options(spec: Spec, options: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Values that Ansible would convert although they cannot be meant, each with the rule.

    Ansible takes booleans for 0 and 1 (YAML reads ``yes`` as one), and writes a list or a dictionary as a text.

    :param path: the option that holds these, with a dot
    """
    known = names_and_aliases(spec)
    for name, value in options.items():
        option = known.get(name, {})
        kind = option.get("type", "")
        entries = value if isinstance(value, list) and kind == "list" else [value]
        for number, one in enumerate(entries):
            place = f"{path}{name}[{number}]" if entries is value else f"{path}{name}"
            expected = option.get("elements", "") if kind == "list" else kind
            if isinstance(one, bool) and expected in NUMBERS:
                yield f"{place} is {one}, but must be {NUMBERS[expected]}"
            if isinstance(one, (list, dict)) and expected == "str":
                yield f"{place} is {json_type_name(one)}, but must be a text"
            if isinstance(one, dict) and option.get("options"):
                yield from type_errors_of_options(option["options"], one, f"{place}.")


NON_FINITE = re.compile(r"[-+]?(inf|infinity|nan)\Z", re.IGNORECASE)


def not_texts(spec: Mapping[str, Any], values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Options with a secret or a name of the login that were given as something else than a text.

    Ansible makes texts of numbers and booleans before a module sees them, so these are the options as they arrive.

    :param prefix: the option that holds these, with a dot
    """
    for name, option in spec.items():
        for called in (name, *option.get("aliases", ())):
            value = values.get(called)
            if isinstance(value, dict) and "options" in option:
                yield from not_texts(option["options"], value, f"{prefix}{called}.")
            elif value is None or isinstance(value, str) or option.get("type") != "str":
                continue
            elif option.get("no_log") or prefix == "auth." or name == "region_name":
                yield f"{prefix}{called}"


def coerce_for_validation(option: Mapping[str, Any], value: Any) -> Any:
    """The value of an option, as a text where Ansible's own checks would stumble over it instead of refusing it.

    :param option: its spec
    """
    if "options" not in option:
        endless = option.get("type") == "int" and NON_FINITE.match(str(value).strip())
        return f'"{value}"' if endless else value
    if isinstance(value, dict):
        specs = {called: one for name, one in option["options"].items() for called in (name, *one.get("aliases", ()))}
        return {name: coerce_for_validation(specs.get(name, {}), inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [str(one) if one is None else coerce_for_validation(option, one) for one in value]
    return value if value is None or isinstance(value, str) else str(value)


TIME_RULE = (
    "now, a time before it such as -1h30m (w, d, h, m, s), a date and time such as 2026-01-31T10:00:00Z (UTC if no zone"
    " is given), or seconds or milliseconds since 1970"
)
DURATION_RULE = "a time such as 15m or 1h30m (w, d, h, m, s), or a number of seconds"
SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
BEFORE = re.compile(r"(?:now)?\s*-\s*((?:[0-9]{1,9}[wdhms])+)\Z", re.ASCII)
ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?\s*([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?\Z",
    re.ASCII,
)
FIRST_MILLISECONDS = 10**11
"""A number from here on counts milliseconds: as seconds it would lie beyond the year 5000."""


def read_time(text: str, now: float) -> Optional[float]:
    """Seconds since 1970; None for a text that is no time.

    :param now: the time that the others are told from, in seconds since 1970
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
    told = ISO.match(text)
    return None if told is None else read_iso(told)


def read_duration(text: str) -> Optional[float]:
    """Seconds that a text such as ``15m``, ``1h30m`` or ``900`` stands for; None for a text that is none."""
    text = text.strip().lower()
    if re.match(r"[0-9]{1,9}(\.[0-9]{1,9})?\Z", text, re.ASCII):
        return float(text)
    if not re.match(r"([0-9]{1,9}[wdhms])+\Z", text, re.ASCII):
        return None
    return float(sum(int(part[:-1]) * SECONDS[part[-1]] for part in re.findall(r"[0-9]+[wdhms]", text)))


def read_iso(told: re.Match[str]) -> Optional[float]:
    """Seconds since 1970 of a date that has the right form; None if there is no such date."""
    year, month, day, hour, minute, second, fraction, zone = told.groups()
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
    """Whether a URL leads to this machine."""
    return LOOPBACK.match(urlsplit(url).hostname or "") is not None


def host_of(url: str) -> str:
    """Host and port of a URL that anybody may have made up; a user and a password in it are left out."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def parse_url(url: str, what: str) -> str:
    """A base URL without closing slashes, if it may be used.

    :param what: where it comes from, for the message
    :raises InvalidOptions: unless it is https, or http to this machine, and carries nothing but host, port and path
    """
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or "@" in parts.netloc or parts.query or parts.fragment or not url.isprintable() or " " in url:
        raise InvalidOptions(
            f"{what} is not a usable address: give https://host[:port][/path] without user, query and blanks."
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(url)):
        raise InvalidOptions(
            f"{what} is {parts.scheme}://{parts.netloc}, but must be https (http is only allowed to this machine)."
        )
    return url.rstrip("/")


def service_url(url: str, what: str) -> str:
    """Base address of a service without version and project, which are cut off where somebody wrote them."""
    return re.sub(r"/v[123](\.0)?(/.*)?\Z", "", parse_url(re.sub(r"[$%]\((tenant|project)_id\)s", "x", url), what))
