# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shared retry budget: which time counts against it, and which cancellation is reported."""

from __future__ import annotations

import pytest

from ansible_collections.otc.dis.plugins.module_utils._core.cancellation import Cancellation, Interrupted
from ansible_collections.otc.dis.plugins.module_utils._core.retry import SharedRetryBudget


class Clock:
    """A clock that advances only in ``sleep``."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.cancellation = Cancellation()
        self.cancellation.sleep = self.sleep  # type: ignore[method-assign]

    def sleep(self, seconds: float) -> None:
        """Advance the clock."""
        self.now += seconds

    def retry_budget(self, limit: float = 60.0) -> SharedRetryBudget:
        """Return a shared retry budget with this clock and maximum pauses."""
        return SharedRetryBudget(limit, self.cancellation, lambda: self.now, lambda low, high: high)


def failed(clock: Clock, retry_budget: SharedRetryBudget, seconds: float, failures: int = 1) -> bool:
    """Simulate a request that fails after some seconds, and return whether it is retried."""
    retry_budget.wait_for_slot()
    clock.sleep(seconds)
    retry_budget.record_failure(seconds)
    return retry_budget.allows(failures)


def test_idle_time_does_not_count() -> None:
    clock = Clock()
    retry_budget = clock.retry_budget()
    retry_budget.record_success()
    clock.sleep(3600)
    assert failed(clock, retry_budget, 1)


def test_time_runs_from_the_first_failure_until_a_success() -> None:
    clock = Clock()
    retry_budget = clock.retry_budget()
    began = clock.now
    failures = 1
    while failed(clock, retry_budget, 1, failures):
        failures += 1
    assert 50 <= clock.now - began <= 60
    retry_budget.record_success()
    assert failed(clock, retry_budget, 1)


def test_first_cancellation_is_reported() -> None:
    cancellation = Cancellation()
    cancellation.request("SIGINT")
    cancellation.request("SIGTERM")
    with pytest.raises(Interrupted, match="SIGINT"):
        cancellation.check()
