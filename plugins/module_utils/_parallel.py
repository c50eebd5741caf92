# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many requests at once: one pace, one end. Private to otc.dis."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, Callable, List, Optional, Sequence, TypeVar

from ansible_collections.otc.dis.plugins.module_utils import _deadline
from ansible_collections.otc.dis.plugins.module_utils._cancellation import TICK, Cancellation
from ansible_collections.otc.dis.plugins.module_utils._errors import ApiError, DisError, Unreachable
from ansible_collections.otc.dis.plugins.module_utils._http import Patience, Policy

Item = TypeVar("Item")
LEAST_PATIENCE = 60.0
"""Seconds without any good answer before a call for many things stops trying."""


class SharedPatience(Patience):
    """Patience of many threads: when the service turns one away, all of them hold back.

    The time does not run while anything gets through: a slow service slows the call down and does not fail it. Nor does
    it run while nobody asks, as between two looks at what is waited for.

    :param limit: seconds of failed attempts, without any good answer, after which none is repeated
    """

    def __init__(
        self,
        limit: float,
        cancellation: Cancellation,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        super().__init__(limit, cancellation.sleep, clock, jitter)
        self.cancellation = cancellation
        self.lock = threading.Lock()
        self.resume_at = clock()
        self.failing_since: Optional[float] = None

    def admit(self) -> None:
        """Wait while the service wants a rest.

        :raises Interrupted: the call is to end
        """
        self.cancellation.check()
        while True:
            pause = self.resume_at - self.clock()
            if pause <= 0 or _deadline.forbids(0.0):
                return
            left = _deadline.seconds_left()
            self.sleep(pause if left is None else min(pause, left))

    def heard(self) -> None:
        """The service does its work."""
        self.failing_since = None

    def charge(self, seconds: float) -> None:
        """Time is not added up here, for several threads lose it at once: it runs from the first failed attempt."""
        with self.lock:
            if self.failing_since is None:
                self.failing_since = self.clock() - seconds

    def enough(self, policy: Policy, failures: int, err: DisError) -> bool:
        """What was not carried out is repeated as long as there is time."""
        turned_away = isinstance(err, Unreachable) or (isinstance(err, ApiError) and err.throttled)
        return not turned_away and failures >= policy.attempts

    def allows(self, failures: int, asked: Optional[float] = None) -> bool:
        """Hold everybody back for a while, or say that the time is over."""
        pause = self.pause(failures, asked)
        with self.lock:
            now = self.clock()
            since = self.failing_since
            if now + pause - (now if since is None else since) > self.limit:
                return False
            self.resume_at = max(self.resume_at, now + pause)
        if _deadline.forbids(pause):
            return False
        self.admit()
        return True


def share(api: Any, cancellation: Cancellation) -> None:
    """Make the pace of a client one for several threads.

    :param api: a :class:`DisClient`
    """
    api.patience = api.http.patience = SharedPatience(max(api.patience.limit, LEAST_PATIENCE), cancellation)


def each(
    width: int,
    items: Sequence[Item],
    work: Callable[[Item], None],
    tell: Callable[[], None],
    every: float,
    cancellation: Cancellation,
) -> None:
    """Do something with each of several items, some of them at a time.

    A thread that does not come back from a run that is to end is left behind: all it can still do is to find out that
    it must not send anything.

    :param width: how many at a time
    :param work: raises nothing but what is a mistake in this program
    :param tell: called now and then while it takes its time
    :param every: seconds between two such calls
    """
    if not items:
        return
    pool = ThreadPoolExecutor(min(width, len(items)))
    futures: List[Any] = [pool.submit(work, item) for item in items]
    try:
        left, told = set(futures), cancellation.clock()
        while left and not cancellation.overdue():
            left = wait(left, min(every, TICK)).not_done
            if left and cancellation.clock() - told >= every:
                told = cancellation.clock()
                tell()
        for future in futures:
            if future.done():
                future.result()
    finally:  # whatever ends this early, nothing more is begun
        for future in futures:
            future.cancel()
        pool.shutdown(wait=not cancellation.overdue())
