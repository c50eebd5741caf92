# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for what apps, checkpoints, records and metrics are named by. Private to otc.dis."""

from __future__ import annotations

import re
from typing import Any, Iterable, List, Mapping

from ansible_collections.otc.dis.plugins.module_utils._errors import BadInput
from ansible_collections.otc.dis.plugins.module_utils._fields import NAME, Field

LARGEST = 9223372036854775807
"""The largest sequence number and hash key."""


class Digits(Field):
    """A whole number that travels as a text."""

    __slots__ = ()

    def allows(self, value: Any) -> bool:
        """Whether it is one, and not too large."""
        return re.match(r"[0-9]{1,40}\Z", value) is not None and int(value) <= LARGEST


def digits(name: str) -> Field:
    """A sequence number or a hash key."""
    return Digits(name, rule=f"a whole number from 0 to {LARGEST}")


STREAM_NAME = Field("stream_name", pattern=NAME + "{1,64}", rule="1 to 64 letters, digits, _ or -")
STREAM_ID = Field("stream_id", pattern=NAME + "{1,64}", rule="1 to 64 letters, digits, _ or -")
APP_NAME = Field("app_name", pattern=NAME + "{1,200}", rule="1 to 200 letters, digits, _ or -")
PARTITION_ID = Field(
    "partition_id",
    pattern=r"(shardId-)?[0-9]{1,10}",
    rule="a number of at most ten digits, with or without shardId- in front",
)
SEQUENCE_NUMBER = digits("sequence_number")


def broken(fields: Iterable[Field], options: Mapping[str, Any], path: str = "") -> List[str]:
    """Each option that breaks its rule, with its value and the rule.

    :param path: what comes before the names of the options
    """
    return [
        reason
        for one in fields
        if options.get(one.name) is not None
        for reason in one.broken(options[one.name], path + one.name)
    ]


def refuse(reasons: Iterable[str]) -> None:
    """Break off if there is a reason to.

    :raises BadInput: naming all of them
    """
    told = "; ".join(reasons)
    if told:
        raise BadInput(f"{told}. Nothing was sent.")


def long_id(value: Any) -> str:
    """A partition id in its long form, whether it comes as ``shardId-0000000000``, ``"0"`` or ``0``."""
    told = re.match(r"(?:shardId-)?([0-9]{1,10})\Z", str(value))
    return f"shardId-{int(told.group(1)):010d}" if told else str(value)
