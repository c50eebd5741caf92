# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between the destinations of transfer tasks, as data. Private to otc.dis.

Argument specs, validation, request bodies, the reading of answers and the comparison all follow from this table.
Source: API reference, "Adding ... Dump Tasks", one page per destination.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from ansible_collections.otc.dis.plugins.module_utils._errors import BadInput


@dataclass(frozen=True)
class Field:
    """One member of a destination descriptor, which is one option of the destination's module.

    :ivar name: name of the option and of the JSON member
    :ivar type: type of the option: ``str`` or ``int``
    :ivar needed: a task cannot be created without it, and it has no default
    :ivar default: what a new task gets when the option is left out
    :ivar choices: the only values allowed
    :ivar least: smallest number allowed
    :ivar most: largest number allowed
    :ivar pattern: what the whole text must match
    :ivar rule: the rule in words, for the message that names a violation
    :ivar sent_as_text: a number that travels as a decimal string
    :ivar ignores_case: values that differ in case only are the same
    :ivar blank_if_unsaid: an answer without the member means an empty text
    """

    name: str
    type: str = "str"
    needed: bool = False
    default: Any = None
    choices: Tuple[str, ...] = ()
    least: Optional[int] = None
    most: Optional[int] = None
    pattern: str = ""
    rule: str = ""
    sent_as_text: bool = False
    ignores_case: bool = False
    blank_if_unsaid: bool = False

    def allows(self, value: Any) -> bool:
        """Whether a value obeys the rule of this field."""
        if self.choices and value not in self.choices:
            return False
        if self.type == "int":
            return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)
        return not self.pattern or re.match(rf"(?:{self.pattern})\Z", value) is not None

    def same(self, one: Any, other: Any) -> bool:
        """Whether two values mean the same to the service."""
        return bool(one.lower() == other.lower() if self.ignores_case else one == other)

    def wire(self, value: Any) -> Any:
        """The value as the request carries it."""
        return str(value) if self.sent_as_text else value

    def read(self, value: Any) -> Any:
        """The value as an answer carries it; None where the answer does not tell it."""
        if self.type == "int":
            return whole(value)
        if isinstance(value, str) and value.strip():
            return value
        return "" if self.blank_if_unsaid else None


def whole(value: Any) -> Optional[int]:
    """An integer from a JSON number or a decimal text; None from anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    if isinstance(value, int):
        return value
    return int(value) if re.match(r"-?[0-9]{1,18}\Z", value.strip()) else None


def dictionaries(value: Any) -> List[Dict[str, Any]]:
    """The dictionaries in a list that came from outside."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


@dataclass(frozen=True)
class Destination:
    """One destination type of transfer tasks.

    :ivar kind: value of ``destination_type``
    :ivar stem: what the JSON keys of requests and answers begin with
    :ivar fields: the members of the descriptor beside ``task_name``
    """

    kind: str
    stem: str
    fields: Tuple[Field, ...]

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    @property
    def request_key(self) -> str:
        """JSON key of the descriptor in a request."""
        return f"{self.stem}_destination_descriptor"

    @property
    def answer_keys(self) -> Tuple[str, ...]:
        """JSON keys under which answers are known to describe the destination."""
        return (
            f"{self.stem}_destination_description",
            f"{self.stem}_destination_descripton",
            f"{self.stem}_destination_descriptor",
        )

    def defaults(self) -> Dict[str, Any]:
        """What a new task gets where nothing is said."""
        return {field.name: field.default for field in self.fields if field.default is not None}

    def missing(self, settings: Mapping[str, Any]) -> List[str]:
        """Names of the fields without which no task can be created."""
        return [field.name for field in self.fields if field.needed and settings.get(field.name) is None]

    def hidden(self, settings: Mapping[str, Any]) -> List[str]:
        """Names of the fields whose value is not known."""
        return [field.name for field in self.fields if settings.get(field.name) is None]

    def differing(self, wished: Mapping[str, Any], known: Mapping[str, Any]) -> List[str]:
        """Names of the fields that are known and not as wished."""
        return [
            field.name
            for field in self.fields
            if field.name in wished and field.name in known and not field.same(wished[field.name], known[field.name])
        ]

    def request(self, task_name: str, settings: Mapping[str, Any], blanks: bool) -> Dict[str, Any]:
        """Body of a create or update request (API reference, table 3 of the destination's page).

        :param blanks: whether empty texts are sent; a new task has them empty anyway
        """
        members: Dict[str, Any] = {"task_name": task_name}
        for field in self.fields:
            value = settings.get(field.name)
            if value is not None and (blanks or value != ""):
                members[field.name] = field.wire(value)
        return {"destination_type": self.kind, self.request_key: members}


NOT_BLANK = r"(?s:.*\S.*)"
NAME = r"[A-Za-z0-9_-]"

STREAM_NAME = Field("stream_name", pattern=NAME + "{1,60}", rule="1 to 60 letters, digits, _ or -")
TASK_NAME = Field("task_name", pattern=NAME + "{1,64}", rule="1 to 64 letters, digits, _ or -")

AGENCY_NAME = Field("agency_name", needed=True, pattern=r"(?=.{0,63}\S).{1,64}", rule="1 to 64 characters, not blank")
DELIVER_TIME_INTERVAL = Field(
    "deliver_time_interval",
    type="int",
    default=300,
    least=30,
    most=900,
    rule="a whole number of seconds from 30 to 900",
)
CONSUMER_STRATEGY = Field(
    "consumer_strategy", default="LATEST", choices=("LATEST", "TRIM_HORIZON"), rule="LATEST or TRIM_HORIZON"
)
OBS_BUCKET_PATH = Field("obs_bucket_path", needed=True, pattern=NOT_BLANK, rule="the name of a bucket, not blank")
FILE_PREFIX = Field(
    "file_prefix",
    default="",
    pattern=r"(?!/)[A-Za-z0-9_/]{0,50}",
    rule="at most 50 letters, digits, _ or /, and no / at the start",
    blank_if_unsaid=True,
)
RETRY_DURATION = Field(
    "retry_duration",
    type="int",
    default=1800,
    least=0,
    most=7200,
    rule="a whole number of seconds from 0 to 7200",
    sent_as_text=True,
)

DLI = Destination(
    kind="DLI",
    stem="dli",
    fields=(
        AGENCY_NAME,
        DELIVER_TIME_INTERVAL,
        CONSUMER_STRATEGY,
        Field("dli_database_name", needed=True, pattern=NOT_BLANK, rule="a text, not blank", ignores_case=True),
        Field("dli_table_name", needed=True, pattern=NOT_BLANK, rule="a text, not blank", ignores_case=True),
        OBS_BUCKET_PATH,
        FILE_PREFIX,
        RETRY_DURATION,
    ),
)

DESTINATIONS: Mapping[str, Destination] = {destination.kind: destination for destination in (DLI,)}
"""Every destination that the collection manages, by ``destination_type``."""


def check(destination: Destination, options: Mapping[str, Any]) -> None:
    """Hold options against the rules of a destination.

    :raises BadInput: naming each option that breaks its rule, with its value and the rule
    """
    broken = [
        f"{field.name} is {options[field.name]!r}, but must be {field.rule}"
        for field in (STREAM_NAME, TASK_NAME) + destination.fields
        if options.get(field.name) is not None and not field.allows(options[field.name])
    ]
    if broken:
        raise BadInput("; ".join(broken) + ". Nothing was sent.")
