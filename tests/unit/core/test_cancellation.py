# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cancellation: grace periods and signals."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
import types
from collections.abc import Iterator

import pytest

from ansible_collections.otc.dis.plugins.module_utils._core import cancellation as _cancellation
from ansible_collections.otc.dis.plugins.module_utils._core.cancellation import (
    BACKSTOP,
    COMPLETION_GRACE,
    FORCE_AFTER,
    RESPONSE_GRACE,
    TICK,
    Cancellation,
    Interrupted,
)


class Clock:
    """A clock that only tests advance."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def received() -> Iterator[list[int]]:
    """Return the signals that reach the previous handlers."""
    numbers: list[int] = []
    before = {one: signal.signal(one, lambda number, _frame: numbers.append(number)) for one in _cancellation.SIGNALS}
    yield numbers
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def run(clock: Clock, received: list[int]) -> Iterator[Cancellation]:
    """Return a run that handles signals, with a simulated clock."""
    one = Cancellation(clock)
    one.take_signals()
    yield one
    one.release_signals()


def send(number: int) -> None:
    """Send a signal to this process; it has been handled on return."""
    os.kill(os.getpid(), number)
    time.sleep(0)


def test_grace_periods_match_the_guide() -> None:
    assert (RESPONSE_GRACE, COMPLETION_GRACE) == (2.0, 20.0)


def test_replacement_continues_for_its_grace_period(clock: Clock) -> None:
    one = Cancellation(clock)
    one.begin_replacement()
    one.request("a test")
    clock.now += COMPLETION_GRACE - 0.1
    one.check()
    assert not one.aborted()
    assert not one.next_deadline()
    clock.now += 0.1
    assert one.aborted()
    with pytest.raises(Interrupted, match=r"^The run was cancelled by a test\.$"):
        one.check()
    clock.now += 2 * TICK
    assert one.next_deadline()


def test_other_threads_stop_and_wait_for_responses_for_the_grace_period(clock: Clock) -> None:
    one = Cancellation(clock)
    assert not one.aborted()
    assert not one.next_deadline()
    one.request("a test")
    with pytest.raises(Interrupted):
        one.check()
    with pytest.raises(Interrupted):
        one.begin_replacement()
    assert not one.aborted()
    clock.now += RESPONSE_GRACE
    assert one.aborted()
    assert not one.next_deadline()
    clock.now += 2 * TICK
    assert one.next_deadline()


def test_replacement_of_one_thread_does_not_extend_others(clock: Clock) -> None:
    one = Cancellation(clock)
    thread = threading.Thread(target=one.begin_replacement)
    thread.start()
    thread.join()
    one.request("a test")
    with pytest.raises(Interrupted):
        one.check()
    clock.now += RESPONSE_GRACE + 2 * TICK
    assert not one.next_deadline()


def test_completed_replacement_has_no_grace_period(clock: Clock) -> None:
    one = Cancellation(clock)
    one.begin_replacement()
    one.end_replacement()
    one.end_replacement()
    one.request("a test")
    with pytest.raises(Interrupted):
        one.check()


@pytest.mark.parametrize("number", _cancellation.SIGNALS)
def test_signal_is_recorded_and_handlers_are_restored(run: Cancellation, received: list[int], number: int) -> None:
    send(number)
    assert run.requested
    assert run.signals == [number]
    assert signal.Signals(number).name in run.reason
    with pytest.raises(Interrupted):
        run.sleep(60)
    run.release_signals()
    assert not run.handles_signals
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    assert received == []
    send(number)
    assert received == [number]


def test_second_signal_of_a_kind_reaches_the_handler_before(
    run: Cancellation, received: list[int], clock: Clock
) -> None:
    ends: list[str] = []
    run.before_end = lambda: ends.append("reported")
    send(signal.SIGTERM)
    send(signal.SIGINT)
    send(signal.SIGTERM)
    assert (received, ends) == ([], []), "Ansible sends them twice within milliseconds"
    clock.now += FORCE_AFTER
    send(signal.SIGTERM)
    assert (received, ends) == ([signal.SIGTERM], ["reported"])
    assert run.signals == [signal.SIGTERM, signal.SIGINT]
    assert run.reason == "SIGTERM"


def test_requests_in_flight_are_aborted_after_the_grace_period(
    run: Cancellation, received: list[int], clock: Clock
) -> None:
    ours, theirs = socket.socketpair()
    run.sending(types.SimpleNamespace(sock=None, opened=ours))  # as of a response that has taken it over
    send(signal.SIGTERM)
    send(signal.SIGALRM)
    ours.send(b"still there")
    clock.now += RESPONSE_GRACE
    send(signal.SIGALRM)
    assert theirs.recv(64) == b"still there"
    assert theirs.recv(64) == b""
    send(signal.SIGALRM)  # it is closed already
    ours.close()
    send(signal.SIGALRM)
    theirs.close()
    assert received == []


def test_connection_that_is_not_made_ends_the_main_thread(run: Cancellation, clock: Clock) -> None:
    send(signal.SIGTERM)
    clock.now += RESPONSE_GRACE

    def connect() -> None:
        with run.connecting():
            send(signal.SIGALRM)
            time.sleep(5)

    started = time.monotonic()
    with pytest.raises(Interrupted):
        connect()
    assert time.monotonic() - started < 4


def test_nothing_is_sent_on_a_connection_that_comes_too_late(clock: Clock) -> None:
    one = Cancellation(clock)
    with pytest.raises(Interrupted), one.connecting():
        one.request("a test")


def test_run_that_hangs_is_left_to_the_handler_before(run: Cancellation, received: list[int], clock: Clock) -> None:
    send(signal.SIGALRM)
    clock.now += RESPONSE_GRACE + BACKSTOP - 0.1
    send(signal.SIGALRM)
    assert received == []
    clock.now += 0.1
    send(signal.SIGALRM)
    assert received == [signal.SIGALRM]


def test_other_threads_install_no_signal_handlers(received: list[int]) -> None:
    one = Cancellation()
    thread = threading.Thread(target=one.take_signals)
    thread.start()
    thread.join()
    assert not one.handles_signals


def test_ignored_signal_stays_ignored(received: list[int]) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    one = Cancellation()
    one.take_signals()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    one.release_signals()


def test_orphaned_process_gets_a_signal(received: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    with _cancellation.watch_parent():
        monkeypatch.setattr(os, "getppid", lambda: 1)
        deadline = time.monotonic() + 10
        while not received and time.monotonic() < deadline:
            time.sleep(0.02)
    assert received == [signal.SIGTERM]


def test_module_functions_are_those_of_the_run(received: list[int]) -> None:
    run = _cancellation.begin()
    try:
        assert _cancellation.active() is run
        _cancellation.check()
        run.request("a test")
        with pytest.raises(Interrupted):
            _cancellation.check()
        with pytest.raises(Interrupted):
            _cancellation.sleep(60)
    finally:
        _cancellation.end()
    assert not _cancellation.active().requested
    _cancellation.check()
