# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deadlines for the requests of a thread. Private to otc.dis.

Deadlines nest: each attempt, each paginated list and each wait has one. The earliest deadline applies.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import Iterator, List, Optional


class Deadline:
    """A time limit for all requests that a thread sends inside a block.

    :ivar at: end, by ``time.monotonic()``
    :ivar hit: whether it ended a request or prevented a retry
    :ivar size: bytes of the response bodies read inside the block
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
    """Limit the requests of this thread inside a block, in addition to the deadlines of outer blocks.

    :param seconds: from now, by the monotonic clock
    """
    deadline = Deadline(time.monotonic() + seconds)
    _stack.deadlines.append(deadline)
    try:
        yield deadline
    finally:
        _stack.deadlines.remove(deadline)


def earliest() -> Optional[Deadline]:
    """Return the earliest deadline; None outside of any block."""
    return min(_stack.deadlines, key=lambda deadline: deadline.at, default=None)


def seconds_left() -> Optional[float]:
    """Return the seconds until the earliest deadline, negative if it has passed; None outside of any block."""
    first = earliest()
    return None if first is None else first.at - time.monotonic()


def innermost() -> Optional[Deadline]:
    """Return the deadline of the innermost block; None outside of any block."""
    return _stack.deadlines[-1] if _stack.deadlines else None


def would_exceed(seconds: float) -> bool:
    """Whether a pause would last until the earliest deadline, which is then marked as hit."""
    first, left = earliest(), seconds_left()
    if first is None or left is None or seconds < left:
        return False
    first.hit = True
    return True


def count(size: int) -> None:
    """Add the bytes of a response body to all enclosing blocks."""
    for deadline in _stack.deadlines:
        deadline.size += size
