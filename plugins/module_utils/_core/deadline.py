# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deadlines of the requests that a thread sends. Private to otc.dis.

Deadlines nest: an attempt has one, and so have a list of many pages and a wait. The earliest one holds.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import Iterator, List, Optional


class Deadline:
    """A limit on all requests that one thread sends inside a block.

    :ivar at: when it ends, by ``time.monotonic()``
    :ivar hit: whether it ended a request, or kept one from being sent again
    :ivar size: bytes of the response bodies that were read inside the block
    :ivar sent: whether any part of a request was sent
    """

    def __init__(self, at: float) -> None:
        self.at, self.hit, self.size, self.sent = at, False, 0, False


class _Stack(threading.local):
    def __init__(self) -> None:
        self.deadlines: List[Deadline] = []


_stack = _Stack()


@contextmanager
def within(seconds: float) -> Iterator[Deadline]:
    """A block whose requests end within some seconds, or when an outer block ends.

    :param seconds: of this thread, on the monotonic clock
    """
    deadline = Deadline(time.monotonic() + seconds)
    _stack.deadlines.append(deadline)
    try:
        yield deadline
    finally:
        _stack.deadlines.remove(deadline)


def earliest() -> Optional[Deadline]:
    """The deadline that ends first; None outside of any block."""
    return min(_stack.deadlines, key=lambda one: one.at, default=None)


def seconds_left() -> Optional[float]:
    """Seconds until the earliest deadline, below zero when it has passed; None outside of any block."""
    first = earliest()
    return None if first is None else first.at - time.monotonic()


def innermost() -> Optional[Deadline]:
    """The deadline of the innermost block; None outside of any block."""
    return _stack.deadlines[-1] if _stack.deadlines else None


def would_exceed(seconds: float) -> bool:
    """Whether a pause would last until the earliest deadline; that one is marked as hit then."""
    first, left = earliest(), seconds_left()
    if first is None or left is None or seconds < left:
        return False
    first.hit = True
    return True


def count(size: int) -> None:
    """Add the bytes of a response body to every block around it."""
    for deadline in _stack.deadlines:
        deadline.size += size
