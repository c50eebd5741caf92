# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait, with a simulated clock."""

from __future__ import annotations

from itertools import chain, repeat

import pytest

from ansible_collections.otc.dis.plugins.module_utils._core import deadline as _deadline
from ansible_collections.otc.dis.plugins.module_utils._core.errors import ApiError, DisError, ResponseLost, Unreachable
from ansible_collections.otc.dis.plugins.module_utils._core.plan import AT_ONCE, GRACE, Wait, WaitError, WaitStatus

READY, PENDING, DEGRADED, FAILED = WaitStatus.READY, WaitStatus.PENDING, WaitStatus.DEGRADED, WaitStatus.FAILED


class Service:
    """Returns one status after another and repeats the last one; time passes only in ``sleep``."""

    def __init__(self, *statuses: WaitStatus) -> None:
        self.now, self.reads = 0.0, 0
        self.statuses = chain(statuses, repeat(statuses[-1]))

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def read(self) -> WaitStatus:
        self.reads += 1
        return next(self.statuses)

    def until(
        self, timeout: float = 300, interval: float = 2, wait: bool = True, observed: WaitStatus | None = None
    ) -> WaitStatus:
        waiting = Wait(wait, timeout, interval, self.sleep, lambda: self.now)
        return waiting.until(
            self.read, lambda status: status, lambda v, after: WaitError(f"{v.name} {after:g}"), observed
        )


def test_ready_at_once_reads_once() -> None:
    service = Service(READY)
    assert service.until() is READY
    assert (service.reads, service.now) == (1, 0.0)


def test_given_observation_saves_the_first_read() -> None:
    service = Service(READY)
    service.until(observed=READY)
    assert service.reads == 0


def test_reads_are_an_interval_apart() -> None:
    service = Service(PENDING, PENDING, READY)
    service.until(interval=5)
    assert (service.reads, service.now) == (3, 10.0)


def test_without_wait_the_current_state_is_returned() -> None:
    service = Service(FAILED)
    assert service.until(wait=False) is FAILED
    assert (service.reads, service.now) == (1, 0.0)


def test_failed_status_fails_at_once() -> None:
    service = Service(PENDING, FAILED)
    with pytest.raises(WaitError, match="FAILED 2"):
        service.until()


def test_timeout_is_exact_and_reports_the_last_state() -> None:
    service = Service(PENDING)
    with pytest.raises(WaitError, match="PENDING 7"):
        service.until(timeout=7, interval=2)
    assert service.now == 7


def test_degraded_is_tolerated_for_the_grace_period() -> None:
    service = Service(DEGRADED)
    with pytest.raises(WaitError, match=f"DEGRADED {GRACE:g}"):
        service.until()


def test_degraded_that_recovers_restarts_the_grace_period() -> None:
    service = Service(*[DEGRADED] * 25, PENDING, *[DEGRADED] * 25, READY)
    assert service.until() is READY


def test_degraded_for_longer_than_the_timeout_fails_by_the_timeout() -> None:
    service = Service(DEGRADED)
    with pytest.raises(WaitError, match="DEGRADED 3"):
        service.until(timeout=3)


def late(_service: Service, observed: list[WaitStatus], cause: DisError) -> WaitStatus:
    """A read that succeeds once, then fails at the deadline as a request does."""
    if observed:
        return observed.pop()
    assert _deadline.would_exceed(1e9)
    raise cause


@pytest.mark.parametrize(
    "cause", [ResponseLost("It hangs."), Unreachable("It is gone."), ApiError("x", 503, None, "no")]
)
def test_read_that_hangs_until_the_end_fails_with_the_last_state(cause: DisError) -> None:
    service, observed = Service(PENDING), [PENDING]
    waiting = Wait(True, 5.0, 1.0, service.sleep, lambda: service.now)
    with pytest.raises(WaitError, match="PENDING 1 The last read did not return in time: ") as caught:
        waiting.until(
            lambda: late(service, observed, cause), lambda v: v, lambda v, t: WaitError(f"{v.name} {t:g}", "Hint.")
        )
    assert str(cause) in str(caught.value)
    assert caught.value.hint == "Hint."
    with pytest.raises(WaitError, match="ended without any response"):
        waiting.until(lambda: late(service, [], cause), lambda v: v, lambda v, t: WaitError(f"{v.name} {t:g}"))


def test_rejection_at_the_end_of_a_wait_is_reported() -> None:
    service, refusal = Service(PENDING), ApiError("x", 403, "DIS.4117", "no")
    waiting = Wait(True, 5.0, 1.0, service.sleep, lambda: service.now)
    with pytest.raises(ApiError):
        waiting.until(lambda: late(service, [], refusal), lambda v: v, lambda v, t: WaitError("never"))


@pytest.mark.parametrize(
    ("waiting", "least", "most"),
    [
        (Wait(timeout=50.0), 49.0, 50.0),
        (Wait(timeout=0.1), 1.9, 2.0),
        (Wait(wait=False), None, None),
        (AT_ONCE, None, None),
    ],
)
def test_reads_get_the_remaining_time(waiting: Wait, least: float | None, most: float | None) -> None:
    left = waiting.until(_deadline.seconds_left, lambda _seen: READY, lambda _seen, _t: WaitError("never"))
    if least is None or most is None:
        assert left is None
    else:
        assert left is not None
        assert least < left <= most
