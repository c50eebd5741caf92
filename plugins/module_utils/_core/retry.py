# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Retry policies, backoff and the retry budget of a run. Private to otc.dis."""

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
"""Seconds of exponential backoff: upper bound of the first and of the longest pause."""


class RetryPolicy(NamedTuple):
    """Failures to retry, in addition to throttling and transient connection failures, which are always retried.

    :ivar lost: retry after a lost response
    :ivar failed: retry after a 5xx
    :ivar attempts: maximum number of attempts
    """

    lost: bool
    failed: bool
    attempts: int = 7


READ = RetryPolicy(lost=True, failed=True)

WRITE = RetryPolicy(lost=False, failed=False)

LOGIN = RetryPolicy(lost=False, failed=True, attempts=4)

BEST_EFFORT = RetryPolicy(lost=False, failed=False, attempts=2)
"""For optional requests, without which the run can continue."""


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
    """Time that a module run may spend on failed attempts and on the pauses between them.

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
        """Called before each attempt; a shared budget may delay it.

        :raises Interrupted: the run is cancelled
        """
        _cancellation.check()

    def record_success(self) -> None:
        """Called after each response that needs no retry."""

    def record_failure(self, seconds: float) -> None:
        """Add the seconds of a failed attempt."""
        self.lost += seconds

    def exhausted(self, policy: RetryPolicy, failures: int, err: DisError) -> bool:
        """Whether a request has reached its maximum number of attempts."""
        return failures >= policy.attempts

    def pause(self, failures: int, retry_after: Optional[float]) -> float:
        """Return the seconds before the next attempt: ``Retry-After``, else exponential backoff with full jitter."""
        longest = min(MAX_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, 16))
        return self.jitter(0, longest) if retry_after is None else retry_after

    def allows(self, failures: int, retry_after: Optional[float] = None) -> bool:
        """Pause before the next attempt, or return False if the budget or the deadline does not allow one.

        :param failures: number of failed attempts
        :param retry_after: seconds from the ``Retry-After`` header
        """
        pause = self.pause(failures, retry_after)
        if self.lost + pause > self.limit or _deadline.would_exceed(pause):
            return False
        self.sleep(pause)
        self.lost += pause
        return True


MIN_SHARED_BUDGET = 60.0
"""Minimum seconds of a shared budget."""


class SharedRetryBudget(RetryBudget):
    """Retry budget of several threads: if the service throttles one of them, all of them back off.

    The time is measured from the first failure after the last success, so a slow service does not exhaust the budget,
    and neither do the pauses between the reads of a wait.

    :param limit: seconds since that first failure after which no request is retried
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
        """Wait until the backoff of all threads is over.

        :raises Interrupted: the run is cancelled
        """
        self.cancellation.check()
        while True:
            pause = self.resume_at - self.clock()
            if pause <= 0 or _deadline.would_exceed(0.0):
                return
            left = _deadline.seconds_left()
            self.sleep(pause if left is None else min(pause, left))

    def record_success(self) -> None:
        """Reset the time of the first failure."""
        self.failing_since = None

    def record_failure(self, seconds: float) -> None:
        """Record the time of the first failure; seconds are not added up, because threads fail concurrently."""
        with self.lock:
            if self.failing_since is None:
                self.failing_since = self.clock() - seconds

    def exhausted(self, policy: RetryPolicy, failures: int, err: DisError) -> bool:
        """As in the base class, but requests that were not performed are retried without a maximum number."""
        not_performed = isinstance(err, Unreachable) or (isinstance(err, ApiError) and err.throttled)
        return not not_performed and failures >= policy.attempts

    def allows(self, failures: int, retry_after: Optional[float] = None) -> bool:
        """Let all threads back off, or return False if the budget or the deadline does not allow another attempt."""
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
    """Replace the retry budget of a client with one that several threads share.

    :param api: authenticated client
    """
    api.retry_budget = SharedRetryBudget(max(api.retry_budget.limit, MIN_SHARED_BUDGET), cancellation)
