# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared retry budget and parallel execution."""

from __future__ import annotations

import threading
import time
import types
from typing import Any

import pytest

from ansible_collections.otc.dis.plugins.module_utils._core.cancellation import Cancellation, Interrupted
from ansible_collections.otc.dis.plugins.module_utils._core.errors import ApiError, ResponseLost, Unreachable
from ansible_collections.otc.dis.plugins.module_utils._core.retry import (
    MIN_SHARED_BUDGET,
    READ,
    RetryBudget,
    SharedRetryBudget,
    share_retry_budget,
)
from ansible_collections.otc.dis.plugins.module_utils._resources.batch import run_parallel


class Time:
    """A clock that advances only in ``sleep``."""

    def __init__(self) -> None:
        self.now, self.slept = 100.0, []  # type: ignore[var-annotated]

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def retry_budget(self, limit: float) -> SharedRetryBudget:
        cancellation = Cancellation()
        cancellation.sleep = self.sleep  # type: ignore[method-assign]
        return SharedRetryBudget(limit, cancellation, lambda: self.now, lambda _low, high: high)


def test_cancelled_run_ends_with_a_message() -> None:
    cancellation = Cancellation()
    cancellation.check()
    cancellation.sleep(0)
    cancellation.request("the user")
    with pytest.raises(Interrupted, match=r"The run was cancelled by the user\.") as caught:
        cancellation.check()
    assert caught.value.kind == "timeout"
    assert caught.value.hint == "Rerun to complete the remaining actions."
    with pytest.raises(Interrupted):
        cancellation.sleep(600)


def test_sleep_lasts_as_long_as_requested() -> None:
    started = time.monotonic()
    Cancellation().sleep(0.05)
    assert time.monotonic() - started >= 0.04


def test_no_request_starts_after_a_cancellation() -> None:
    clock = Time()
    retry_budget = clock.retry_budget(10)
    retry_budget.wait_for_slot()
    retry_budget.cancellation.request("a signal")
    with pytest.raises(Interrupted):
        retry_budget.wait_for_slot()


def test_throttled_request_delays_all_threads() -> None:
    clock = Time()
    retry_budget = clock.retry_budget(10)
    assert retry_budget.allows(1, 3.0)
    assert clock.slept == [3.0]
    assert retry_budget.resume_at == 103.0
    retry_budget.resume_at = 105.5
    retry_budget.wait_for_slot()
    assert clock.slept == [3.0, 2.5]
    retry_budget.wait_for_slot()
    assert clock.slept == [3.0, 2.5]
    retry_budget.resume_at += 0.5
    retry_budget.wait_for_slot()
    assert clock.slept == [3.0, 2.5, 0.5]


def test_shorter_pause_does_not_cut_a_longer_one() -> None:
    clock = Time()
    retry_budget = clock.retry_budget(10)
    retry_budget.resume_at = 106.0
    assert retry_budget.allows(1, 1.0)
    assert retry_budget.resume_at == 106.0
    assert clock.now == 106.0


def test_time_runs_from_the_first_failed_attempt_and_ends_at_the_limit() -> None:
    clock = Time()
    retry_budget = clock.retry_budget(10)
    retry_budget.record_failure(2.0)
    assert retry_budget.allows(1, 8.5) is False
    assert clock.slept == []
    assert retry_budget.allows(1, 8.0)
    retry_budget.record_failure(0.0)
    assert retry_budget.allows(1, 0.5) is False
    retry_budget.record_success()
    assert retry_budget.failing_since is None
    assert retry_budget.allows(1, 10.0)


def test_time_that_attempts_take_is_not_added_up() -> None:
    retry_budget = Time().retry_budget(1)
    retry_budget.record_failure(50.0)
    assert retry_budget.lost == 0.0


@pytest.mark.parametrize(
    ("err", "ever"),
    [
        (Unreachable("x"), False),
        (ApiError("do it", 429, None, "x"), False),
        (ApiError("do it", 500, None, "x"), True),
        (ResponseLost("x"), True),
    ],
)
def test_requests_that_were_not_performed_are_retried_within_the_budget(err: Any, ever: bool) -> None:
    retry_budget = Time().retry_budget(1)
    assert retry_budget.exhausted(READ, READ.attempts, err) is ever
    assert not retry_budget.exhausted(READ, READ.attempts - 1, err)


@pytest.mark.parametrize(("limit", "shared"), [(5.0, MIN_SHARED_BUDGET), (120.0, 120.0)])
def test_client_gets_a_shared_retry_budget(limit: float, shared: float) -> None:
    api = types.SimpleNamespace(retry_budget=RetryBudget(limit))
    cancellation = Cancellation()
    share_retry_budget(api, cancellation)
    assert isinstance(api.retry_budget, SharedRetryBudget)
    assert (api.retry_budget.limit, api.retry_budget.cancellation) == (shared, cancellation)
    assert MIN_SHARED_BUDGET == 60.0


def test_items_run_in_parallel_up_to_the_limit() -> None:
    done: list[int] = []
    at_once, most, lock = 0, 0, threading.Lock()
    meeting = threading.Barrier(3)

    def work(item: int) -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        meeting.wait(10)
        with lock:
            at_once -= 1
            done.append(item)

    run_parallel(3, list(range(9)), work, lambda: None, 10, Cancellation())
    assert sorted(done) == list(range(9))
    assert most == 3
    run_parallel(3, [], work, lambda: None, 10, Cancellation())


def test_progress_is_reported_periodically_and_not_at_the_end() -> None:
    reported: list[int] = []
    enough = threading.Event()

    def tell() -> None:
        reported.append(1)
        if len(reported) == 2:
            enough.set()

    run_parallel(2, ["a"], lambda _item: enough.wait(10), tell, 0.01, Cancellation())  # type: ignore[arg-type]
    assert len(reported) >= 2
    reported.clear()
    run_parallel(2, ["a", "b"], lambda _item: None, tell, 10, Cancellation())
    assert reported == []


def test_exception_in_a_worker_is_raised() -> None:
    def work(item: int) -> None:
        if item == 1:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_parallel(2, [0, 1, 2], work, lambda: None, 10, Cancellation())
