# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting, with a clock of our own."""

from __future__ import annotations

from itertools import chain, repeat

import pytest

from ansible_collections.otc.dis.plugins.module_utils._core import deadline as _deadline
from ansible_collections.otc.dis.plugins.module_utils._core.errors import ApiError, DisError, ResponseLost, Unreachable
from ansible_collections.otc.dis.plugins.module_utils._core.plan import AT_ONCE, GRACE, Wait, WaitError, WaitStatus

REACHED, PENDING, DEGRADED, LOST = WaitStatus.READY, WaitStatus.PENDING, WaitStatus.DEGRADED, WaitStatus.LOST


class World:
    """Answers verdict after verdict, the last one for ever, while time passes only in sleep."""

    def __init__(self, *verdicts: WaitStatus) -> None:
        self.now, self.reads = 0.0, 0
        self.verdicts = chain(verdicts, repeat(verdicts[-1]))

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def read(self) -> WaitStatus:
        self.reads += 1
        return next(self.verdicts)

    def until(
        self, timeout: float = 300, interval: float = 2, wait: bool = True, seen: WaitStatus | None = None
    ) -> WaitStatus:
        waiting = Wait(wait, timeout, interval, self.sleep, lambda: self.now)
        return waiting.until(
            self.read, lambda verdict: verdict, lambda v, after: WaitError(f"{v.name} {after:g}"), seen
        )


def test_reached_at_once_reads_once() -> None:
    world = World(REACHED)
    assert world.until() is REACHED
    assert (world.reads, world.now) == (1, 0.0)


def test_look_taken_before_is_not_repeated() -> None:
    world = World(REACHED)
    world.until(seen=REACHED)
    assert world.reads == 0


def test_looks_are_an_interval_apart() -> None:
    world = World(PENDING, PENDING, REACHED)
    world.until(interval=5)
    assert (world.reads, world.now) == (3, 10.0)


def test_not_waiting_returns_what_is_there() -> None:
    world = World(LOST)
    assert world.until(wait=False) is LOST
    assert (world.reads, world.now) == (1, 0.0)


def test_lost_fails_at_once() -> None:
    world = World(PENDING, LOST)
    with pytest.raises(WaitError, match="LOST 2"):
        world.until()


def test_time_out_is_kept_to_the_second_and_tells_what_was_seen_last() -> None:
    world = World(PENDING)
    with pytest.raises(WaitError, match="PENDING 7"):
        world.until(timeout=7, interval=2)
    assert world.now == 7


def test_suspect_is_tolerated_for_a_grace_time() -> None:
    world = World(DEGRADED)
    with pytest.raises(WaitError, match=f"DEGRADED {GRACE:g}"):
        world.until()


def test_suspect_that_recovers_is_forgiven() -> None:
    world = World(*[DEGRADED] * 25, PENDING, *[DEGRADED] * 25, REACHED)
    assert world.until() is REACHED


def test_suspect_for_longer_than_the_time_out_fails_by_the_time_out() -> None:
    world = World(DEGRADED)
    with pytest.raises(WaitError, match="DEGRADED 3"):
        world.until(timeout=3)


def late(_world: World, seen: list[WaitStatus], cause: DisError) -> WaitStatus:
    """A read that works once, then fails at the deadline as a request does."""
    if seen:
        return seen.pop()
    assert _deadline.would_exceed(1e9)
    raise cause


@pytest.mark.parametrize(
    "cause", [ResponseLost("It hangs."), Unreachable("It is gone."), ApiError("x", 503, None, "no")]
)
def test_read_that_hangs_until_the_end_fails_with_the_last_state(cause: DisError) -> None:
    world, seen = World(PENDING), [PENDING]
    waiting = Wait(True, 5.0, 1.0, world.sleep, lambda: world.now)
    with pytest.raises(WaitError, match="PENDING 1 The last read did not return in time: ") as caught:
        waiting.until(lambda: late(world, seen, cause), lambda v: v, lambda v, t: WaitError(f"{v.name} {t:g}", "Hint."))
    assert str(cause) in str(caught.value)
    assert caught.value.hint == "Hint."
    with pytest.raises(WaitError, match="no state was seen"):
        waiting.until(lambda: late(world, [], cause), lambda v: v, lambda v, t: WaitError(f"{v.name} {t:g}"))


def test_refusal_at_the_end_of_a_wait_stays_one() -> None:
    world, refusal = World(PENDING), ApiError("x", 403, "DIS.4117", "no")
    waiting = Wait(True, 5.0, 1.0, world.sleep, lambda: world.now)
    with pytest.raises(ApiError):
        waiting.until(lambda: late(world, [], refusal), lambda v: v, lambda v, t: WaitError("never"))


@pytest.mark.parametrize(
    ("waiting", "least", "most"),
    [
        (Wait(timeout=50.0), 49.0, 50.0),
        (Wait(timeout=0.1), 1.9, 2.0),
        (Wait(wait=False), None, None),
        (AT_ONCE, None, None),
    ],
)
def test_reads_get_the_time_that_is_left(waiting: Wait, least: float | None, most: float | None) -> None:
    left = waiting.until(_deadline.seconds_left, lambda _seen: REACHED, lambda _seen, _t: WaitError("never"))
    if least is None or most is None:
        assert left is None
    else:
        assert left is not None
        assert least < left <= most
