# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ending a run early without losing track of what it has done. Private to otc.dis.

A signal handler that raises can strike between a request and the note that it was sent. So the handlers here only
record the signal; the run looks at the record before each request and during each pause. A request in flight gets a
short grace to return; then its connection is shut down, which the run sees as a lost response.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Optional, Set

from .errors import DisError

RESPONSE_GRACE = 2.0
"""Seconds after a signal for which requests in flight may still return."""
COMPLETION_GRACE = 20.0
"""Seconds after a signal for which a replacement that has begun (delete, create) may go on."""
BACKSTOP = 8.0
"""Seconds after those, behind which a run that still hangs is left to the handlers that were there before."""
FORCE_AFTER = 1.0
"""Seconds after a signal from which on another one of its kind is meant: Ansible itself sends them twice."""
TICK = 0.5
"""Seconds between two looks of a run that is to end."""
SLICE = 0.1
"""Seconds that nobody sleeps without looking whether the run is to end."""
SIGNALS = tuple(getattr(signal, name) for name in ("SIGALRM", "SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Signals that end a run; the first one comes from the keyword ``timeout`` of a task."""
NAMES = {"SIGALRM": "SIGALRM (task timeout)"}


class Interrupted(DisError):
    """The run was ended from outside before this was finished."""

    kind = "timeout"


class Cancellation:
    """Cancels a run early, and keeps track of what must not be left half done.

    :ivar reason: who ended the run, to follow "by"
    :ivar signals: the signals that have come, in their order
    :ivar report: what a module would return if the run failed now; None before it has begun
    :ivar before_end: called before a signal ends the process, which then returns no result
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.reason = ""
        self.requested_at: Optional[float] = None
        self.signals: List[int] = []
        self.report: Optional[Callable[[DisError], Dict[str, Any]]] = None
        self.before_end: Optional[Callable[[], None]] = None
        self._before: Dict[int, Any] = {}
        self._completing: Set[int] = set()
        self._connecting: Set[int] = set()
        self._in_flight: Dict[int, Any] = {}

    # --- asking for the end ---

    @property
    def requested(self) -> bool:
        """Whether the run is to end."""
        return self.requested_at is not None

    def request(self, reason: str) -> None:
        """End the run.

        :param reason: who wants that, to follow "by"
        """
        if self.requested_at is None:  # another signal may come in the middle of this
            self.reason = reason
            self.requested_at = self.clock()
            if self._before:  # replaces the alarm of a task, if there is one: it has nothing more to say
                signal.setitimer(signal.ITIMER_REAL, RESPONSE_GRACE, TICK)

    def error(self) -> Interrupted:
        """The failure of a run that was ended."""
        return Interrupted(f"The run was cancelled by {self.reason}.", "Run again: it picks up what is left.")

    def check(self) -> None:
        """Go on, or not; a thread that is completing a replacement goes on until its grace is over.

        :raises Interrupted: the run is to end
        """
        if self.requested and self.clock() >= self._limit(threading.get_ident(), 0.0):
            raise self.error()

    def sleep(self, seconds: float) -> None:
        """Sleep.

        :raises Interrupted: the run is to end
        """
        until = self.clock() + seconds
        self.check()
        while True:
            left = until - self.clock()
            if left <= 0:
                return
            time.sleep(min(left, SLICE))
            self.check()

    def _limit(self, thread: int, otherwise: float) -> float:
        """Until when a thread may go on.

        :param otherwise: seconds after the request for a thread that completes nothing
        """
        return (self.requested_at or 0.0) + (COMPLETION_GRACE if thread in self._completing else otherwise)

    # --- what must not be left half done ---

    def begin_replacement(self) -> None:
        """This thread is about to delete what it will create again.

        :raises Interrupted: the run is to end
        """
        self.check()
        self._completing.add(threading.get_ident())

    def end_replacement(self) -> None:
        """This thread has completed a replacement, or has failed to."""
        self._completing.discard(threading.get_ident())

    # --- requests in flight ---

    @contextmanager
    def connecting(self) -> Iterator[None]:
        """A block that opens a connection; nothing has been sent on it.

        :raises Interrupted: the run is to end
        """
        thread = threading.get_ident()
        self._connecting.add(thread)
        try:
            yield
        finally:
            self._connecting.discard(thread)
        self.check()

    def sending(self, connection: Any) -> None:
        """This thread is about to send a request on a connection."""
        self._in_flight[threading.get_ident()] = connection

    def aborted(self) -> bool:
        """Whether responses to this thread are no longer waited for."""
        return self.requested and self.clock() >= self._limit(threading.get_ident(), RESPONSE_GRACE)

    def next_deadline(self) -> bool:
        """Whether the threads of the run should have ended by now."""
        if not self.requested:
            return False
        return self.clock() >= (self.requested_at or 0.0) + self._longest + 2 * TICK

    @property
    def _longest(self) -> float:
        """Seconds after the request for which any thread may go on."""
        return COMPLETION_GRACE if self._completing else RESPONSE_GRACE

    def _tick(self) -> None:
        """Give up requests whose grace is over.

        :raises Interrupted: in a main thread that waits for a connection
        """
        now = self.clock()
        for thread, connection in list(self._in_flight.items()):
            if now >= self._limit(thread, RESPONSE_GRACE):
                shut_down(connection)
        main = threading.get_ident()
        if now >= (self.requested_at or 0.0) + self._longest + BACKSTOP:
            self._hand_over(signal.SIGALRM)
        elif main in self._connecting and now >= self._limit(main, RESPONSE_GRACE):
            raise self.error()

    # --- signals ---

    @property
    def handles_signals(self) -> bool:
        """Whether the signal handlers are in place."""
        return bool(self._before)

    def take_signals(self) -> None:
        """Install the signal handlers; only the main thread may. An ignored signal stays ignored."""
        if not is_main_thread():
            return
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN or number == signal.SIGALRM:
                self._before[number] = signal.signal(number, self._on_signal)

    def release_signals(self) -> None:
        """Restore the handlers that were there before."""
        if self._before and self.requested:
            signal.setitimer(signal.ITIMER_REAL, 0)
        while self._before:
            number, handler = self._before.popitem()
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _on_signal(self, number: int, frame: Any) -> None:
        if number == signal.SIGALRM and self.requested:
            self._tick()
        elif number in self.signals:
            if self.clock() >= (self.requested_at or 0.0) + FORCE_AFTER:
                self._hand_over(number)
        else:
            self.signals.append(number)
            name = signal.Signals(number).name
            self.request(NAMES.get(name, name))

    def _hand_over(self, number: int) -> None:
        """Leave a signal to the handler that was there before."""
        if number in self._before:
            handler = self._before[number]
            before_end, self.before_end = self.before_end, None
            if before_end is not None:
                before_end()
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
            os.kill(os.getpid(), number)


def is_main_thread() -> bool:
    """Whether this thread may handle signals."""
    return threading.current_thread() is threading.main_thread()


def shut_down(connection: Any) -> None:
    """End a connection that another thread may be using: whoever reads from it finds its end.

    :param connection: with a ``sock``, or with the one that it had when a response took it over
    """
    sock = connection.sock or connection.opened
    try:
        if sock is not None:
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # that of TLS would drop what the other thread works with
    except (OSError, TypeError):
        pass  # it has ended already, or is no plain socket


@contextmanager
def watch_parent() -> Iterator[None]:
    """A block in which this process gets SIGTERM when the one that started it is gone; by itself that sends none."""
    parent, ended = os.getppid(), threading.Event()

    def watch() -> None:
        while not ended.wait(TICK):
            if os.getppid() != parent:
                os.kill(os.getpid(), signal.SIGTERM)
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


_active = Cancellation()


def active() -> Cancellation:
    """The cancellation of the run that this process is at."""
    return _active


def begin() -> Cancellation:
    """Begin a run: from now on, signals only end it in good order."""
    global _active  # noqa: PLW0603
    _active = Cancellation()
    _active.take_signals()
    return _active


def end() -> None:
    """End a run: signals mean again what they meant before."""
    global _active  # noqa: PLW0603
    _active.release_signals()
    _active = Cancellation()


def check() -> None:
    """Go on, or not.

    :raises Interrupted: the run is to end
    """
    _active.check()


def sleep(seconds: float) -> None:
    """Sleep.

    :raises Interrupted: the run is to end
    """
    _active.sleep(seconds)
