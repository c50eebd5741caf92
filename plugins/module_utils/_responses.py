# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks that a response is about what was asked for, and that its members have possible types. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, Mapping, Tuple

from ansible_collections.otc.dis.plugins.module_utils._errors import BadAnswer, plain
from ansible_collections.otc.dis.plugins.module_utils._fields import Field, kind_of, misfits
from ansible_collections.otc.dis.plugins.module_utils._rules import long_id

HINT = "Check endpoint_override, and proxies on the way."


class Scalar(Field):
    """A text that some regions send as a number."""

    __slots__ = ()

    def misfits(self, value: Any, path: str) -> Iterator[str]:
        """Why a value cannot be one, in words."""
        if isinstance(value, bool) or not isinstance(value, (str, int, float, type(None))):
            yield f"{path} is {kind_of(value)}, but must be a text or a number"


class Moment(Field):
    """Milliseconds since 1970; the reference prints one as a text with a comma in it."""

    __slots__ = ()

    def misfits(self, value: Any, path: str) -> Iterator[str]:
        """Why a value cannot be one, in words."""
        yield from super().misfits(value.replace(",", "") if isinstance(value, str) else value, path)


class Names(Field):
    """A list of texts."""

    __slots__ = ()

    def misfits(self, value: Any, path: str) -> Iterator[str]:
        """Why a value cannot be one, in words."""
        if value not in (None, "") and not isinstance(value, list):
            yield f"{path} is {kind_of(value)}, but must be a list of texts"
        for number, one in enumerate(value if isinstance(value, list) else ()):
            if one is not None and not isinstance(one, str):
                yield f"{path}[{number}] is {kind_of(one)}, but must be a text"


def numbers(*names: str) -> Tuple[Field, ...]:
    """Members that are whole numbers, or texts of digits."""
    return tuple(Field(name, type="int") for name in names)


def texts(*names: str) -> Tuple[Field, ...]:
    """Members that are texts."""
    return tuple(Field(name) for name in names)


def check_response(call: str, answer: Mapping[str, Any], asked: Mapping[str, str], members: Iterable[Field]) -> None:
    """Hold a response against what was asked for.

    What a response leaves out, or tells as null or as an empty text, breaks no rule.

    :param call: what was asked, in words, to follow "Cannot"
    :param asked: names that the response must repeat where it has them
    :param members: its members, as far as their types are known
    :raises BadAnswer: it is about something else, or has a member of an impossible type
    """
    for name, wanted in asked.items():
        told = answer.get(name)
        if told not in (None, "") and not same_name(name, told, wanted):
            raise BadAnswer(f"Cannot {call}: the response is about {name} {plain(repr(told))}.", HINT)
    reasons = list(misfits(members, answer))
    if reasons:
        raise BadAnswer(f"Cannot {call}: in the response {'; '.join(reasons)}.", HINT)


def same_name(name: str, told: Any, wanted: str) -> bool:
    """Whether a name is the one that was asked for; partitions have two spellings."""
    if name == "partition_id" and not isinstance(told, bool):
        return long_id(told) == long_id(wanted)
    return bool(told == wanted)
