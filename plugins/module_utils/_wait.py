# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading again until something holds. Private to otc.dis."""

from __future__ import annotations

import time
from enum import Enum
from typing import Any, Callable, NamedTuple, Optional, TypeVar

from ansible_collections.otc.dis.plugins.module_utils import _cancellation
from ansible_collections.otc.dis.plugins.module_utils._errors import DisError

Seen = TypeVar("Seen")

GRACE = 60.0
"""Seconds for which a task may be ABNORMAL before that counts as a failure: the service knows "restored", too."""


class Verdict(Enum):
    """What a look says about the goal."""

    REACHED = 1
    NOT_YET = 2
    SUSPECT = 3
    LOST = 4


class WaitError(DisError):
    """The goal was not reached."""

    kind = "not_reached"


class Waiting(NamedTuple):
    """How to wait.

    :ivar wait: False looks once
    :ivar timeout: seconds in all
    :ivar interval: seconds between two looks
    :ivar since: when the waiting began, by the clock, if that was before now
    """

    wait: bool = True
    timeout: float = 300.0
    interval: float = 2.0
    sleep: Callable[[float], None] = _cancellation.sleep
    clock: Callable[[], float] = time.monotonic
    since: Optional[float] = None

    def until(
        self,
        read: Callable[[], Seen],
        judge: Callable[[Seen], Verdict],
        failed: Callable[[Seen, float], DisError],
        seen: Optional[Any] = None,
    ) -> Seen:
        """Read until the verdict is REACHED.

        :param failed: the error for what was seen last, and after how many seconds
        :param seen: a look that was taken just now, to start with
        :raises DisError: the verdict is LOST, or SUSPECT for too long, or the time is over
        """
        started = self.clock() if self.since is None else self.since
        suspect_since: Optional[float] = None
        if seen is None:
            seen = read()
        while True:
            verdict = judge(seen)
            now = self.clock()
            if verdict is Verdict.REACHED or not self.wait:
                return seen
            suspect_since = None if verdict is not Verdict.SUSPECT else now if suspect_since is None else suspect_since
            too_long = suspect_since is not None and now - suspect_since >= GRACE
            if verdict is Verdict.LOST or too_long or now - started >= self.timeout:
                raise failed(seen, now - started)
            self.sleep(min(self.interval, max(0.0, started + self.timeout - now)))
            seen = read()


AT_ONCE = Waiting(timeout=10.0, interval=0.5)
"""For what the service has done when it answers; the seconds are for one whose parts learn of it one by one."""
