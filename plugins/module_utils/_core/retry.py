# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may be repeated, how often and after which pause. Private to otc.dis."""

from __future__ import annotations

import random
import threading
import time
from typing import Any, Callable, NamedTuple, Optional

from . import cancellation as _cancellation
from . import deadline as _deadline
from .cancellation import Cancellation
from .errors import ApiError, DisError, ResponseLost, Unreachable

FIRST_PAUSE, MAX_PAUSE = 0.25, 8.0
"""Seconds between which the pauses before repeats double."""


class RetryPolicy(NamedTuple):
    """What may be repeated beside what was turned away.

    :ivar lost: repeat after an answer that did not arrive
    :ivar failed: repeat after a 5xx
    :ivar attempts: how often a request is sent at the most
    """

    lost: bool
    failed: bool
    attempts: int = 7


READ = RetryPolicy(lost=True, failed=True)

WRITE = RetryPolicy(lost=False, failed=False)

LOGIN = RetryPolicy(lost=False, failed=True, attempts=4)

BEST_EFFORT = RetryPolicy(lost=False, failed=False, attempts=2)
"""How patient a question is that the run can do without."""


def is_retryable(policy: RetryPolicy, err: DisError) -> bool:
    """Whether the same request may be sent again (sheet of transfer tasks, 5.3 and 5.4; IAM sheet, 1.10)."""
    if isinstance(err, Unreachable):
        return err.transient
    if isinstance(err, ResponseLost):
        return policy.lost
    if isinstance(err, ApiError):
        return err.throttled or (policy.failed and (err.status or 0) >= 500)
    return False


class RetryBudget:
    """The time that one module run may lose on failed attempts and on the pauses between them.

    :param limit: seconds
    """

    def __init__(
        self,
        limit: float,
        sleep: Callable[[float], None] = _cancellation.sleep,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.limit, self.lost = limit, 0.0
        self.sleep, self.clock, self.jitter = sleep, clock, jitter

    def wait_for_slot(self) -> None:
        """Called before each attempt; a budget that threads share may hold it back.

        :raises Interrupted: the run is to end
        """
        _cancellation.check()

    def record_success(self) -> None:
        """Called after each answer that needs no repeat."""

    def record_failure(self, seconds: float) -> None:
        """Count the time that an attempt took and that came to nothing."""
        self.lost += seconds

    def exhausted(self, policy: RetryPolicy, failures: int, err: DisError) -> bool:
        """Whether a request has been tried often enough, whatever time is left."""
        return failures >= policy.attempts

    def pause(self, failures: int, retry_after: Optional[float]) -> float:
        """Seconds before the next attempt: as long as the service asked for, else random, below a growing bound."""
        longest = min(MAX_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, 16))
        return self.jitter(0, longest) if retry_after is None else retry_after

    def allows(self, failures: int, retry_after: Optional[float] = None) -> bool:
        """Pause before the next attempt, or say that there is none.

        :param failures: attempts that failed so far
        :param retry_after: seconds that the service asked to wait
        """
        pause = self.pause(failures, retry_after)
        if self.lost + pause > self.limit or _deadline.would_exceed(pause):
            return False
        self.sleep(pause)
        self.lost += pause
        return True


MIN_SHARED_BUDGET = 60.0
"""Seconds without any good answer before a call for many things stops trying."""


class SharedRetryBudget(RetryBudget):
    """Retry budget of many threads: when the service throttles one, all of them back off.

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

    def wait_for_slot(self) -> None:
        """Wait while the service wants a rest.

        :raises Interrupted: the call is to end
        """
        self.cancellation.check()
        while True:
            pause = self.resume_at - self.clock()
            if pause <= 0 or _deadline.would_exceed(0.0):
                return
            left = _deadline.seconds_left()
            self.sleep(pause if left is None else min(pause, left))

    def record_success(self) -> None:
        """The service does its work."""
        self.failing_since = None

    def record_failure(self, seconds: float) -> None:
        """Time is not added up here, for several threads lose it at once: it runs from the first failed attempt."""
        with self.lock:
            if self.failing_since is None:
                self.failing_since = self.clock() - seconds

    def exhausted(self, policy: RetryPolicy, failures: int, err: DisError) -> bool:
        """What was not carried out is repeated as long as there is time."""
        turned_away = isinstance(err, Unreachable) or (isinstance(err, ApiError) and err.throttled)
        return not turned_away and failures >= policy.attempts

    def allows(self, failures: int, retry_after: Optional[float] = None) -> bool:
        """Hold everybody back for a while, or say that the time is over."""
        pause = self.pause(failures, retry_after)
        with self.lock:
            now = self.clock()
            since = self.failing_since
            if now + pause - (now if since is None else since) > self.limit:
                return False
            self.resume_at = max(self.resume_at, now + pause)
        if _deadline.would_exceed(pause):
            return False
        self.wait_for_slot()
        return True


def share_retry_budget(api: Any, cancellation: Cancellation) -> None:
    """Make the pace of a client one for several threads.

    :param api: an API that is logged in
    """
    api.retry_budget = SharedRetryBudget(max(api.retry_budget.limit, MIN_SHARED_BUDGET), cancellation)


# --- connections ---
