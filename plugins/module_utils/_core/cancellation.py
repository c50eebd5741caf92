# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cancellation of a run by a signal, with an accurate record of the writes that it sent. Private to otc.dis.

A signal handler that raises could interrupt the run between sending a request and recording it. Therefore the handlers
only record the signal; the run checks it before each request and during each pause. A request in flight gets a grace
period; then its connection is shut down, which the run handles as a lost response.
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
"""Seconds after a signal in which requests in flight may still get their response."""
COMPLETION_GRACE = 20.0
"""Seconds after a signal in which a started replacement (delete, create) may continue."""
BACKSTOP = 8.0
"""Seconds after those, after which the previous signal handlers end a run that still hangs."""
FORCE_AFTER = 1.0
"""Seconds after a signal in which a second one of the same kind is ignored: Ansible sends each signal twice."""
TICK = 0.5
"""Seconds between two checks of a cancelled run."""
SLICE = 0.1
"""Maximum seconds of a sleep between two checks for cancellation."""
SIGNALS = tuple(getattr(signal, name) for name in ("SIGALRM", "SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Signals that cancel a run; the task keyword ``timeout`` sends SIGALRM."""
NAMES = {"SIGALRM": "SIGALRM (task timeout)"}


class Interrupted(DisError):
    """The run was cancelled before it was complete."""

    kind = "timeout"


class Cancellation:
    """Cancellation of one run, with the replacements and requests that must be completed first.

    :ivar reason: source of the cancellation, to follow "by"
    :ivar signals: received signals, in order
    :ivar report: returns the module's result for a failure at this moment; None before the run has started
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

    # --- cancelling ---

    @property
    def requested(self) -> bool:
        """Whether the run is cancelled."""
        return self.requested_at is not None

    def request(self, reason: str) -> None:
        """Cancel the run.

        :param reason: source of the cancellation, to follow "by"
        """
        if self.requested_at is None:  # another signal may interrupt this method
            self.reason = reason
            self.requested_at = self.clock()
            if self._before:  # replaces the alarm of the task timeout, which is no longer needed
                signal.setitimer(signal.ITIMER_REAL, RESPONSE_GRACE, TICK)

    def error(self) -> Interrupted:
        """Return the error of a cancelled run."""
        return Interrupted(f"The run was cancelled by {self.reason}.", "Rerun to complete the remaining actions.")

    def check(self) -> None:
        """Check for cancellation; a thread that completes a replacement may continue for its grace period.

        :raises Interrupted: the run is cancelled
        """
        if self.requested and self.clock() >= self._limit(threading.get_ident(), 0.0):
            raise self.error()

    def sleep(self, seconds: float) -> None:
        """Sleep.

        :raises Interrupted: the run is cancelled
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
        """Return the time until which a thread may continue.

        :param otherwise: seconds after the cancellation for a thread without a started replacement
        """
        return (self.requested_at or 0.0) + (COMPLETION_GRACE if thread in self._completing else otherwise)

    # --- replacements ---

    def begin_replacement(self) -> None:
        """Record that this thread starts to delete and recreate a resource.

        :raises Interrupted: the run is cancelled
        """
        self.check()
        self._completing.add(threading.get_ident())

    def end_replacement(self) -> None:
        """Record that this thread has completed its replacement, or has failed to."""
        self._completing.discard(threading.get_ident())

    # --- requests in flight ---

    @contextmanager
    def connecting(self) -> Iterator[None]:
        """Mark a block that opens a connection, in which no request has been sent.

        :raises Interrupted: the run is cancelled
        """
        thread = threading.get_ident()
        self._connecting.add(thread)
        try:
            yield
        finally:
            self._connecting.discard(thread)
        self.check()

    def sending(self, connection: Any) -> None:
        """Record that this thread sends a request on a connection."""
        self._in_flight[threading.get_ident()] = connection

    def aborted(self) -> bool:
        """Whether this thread no longer waits for responses."""
        return self.requested and self.clock() >= self._limit(threading.get_ident(), RESPONSE_GRACE)

    def next_deadline(self) -> bool:
        """Whether all grace periods of the run are over."""
        if not self.requested:
            return False
        return self.clock() >= (self.requested_at or 0.0) + self._longest + 2 * TICK

    @property
    def _longest(self) -> float:
        """Seconds after the cancellation in which any thread may continue."""
        return COMPLETION_GRACE if self._completing else RESPONSE_GRACE

    def _tick(self) -> None:
        """Abort requests whose grace period is over.

        :raises Interrupted: the main thread waits for a connection
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
        """Install the signal handlers, which Python allows in the main thread only. Ignored signals stay ignored."""
        if not is_main_thread():
            return
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN or number == signal.SIGALRM:
                self._before[number] = signal.signal(number, self._on_signal)

    def release_signals(self) -> None:
        """Restore the previous signal handlers."""
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
        """Restore the previous handler of a signal and send the signal again."""
        if number in self._before:
            handler = self._before[number]
            before_end, self.before_end = self.before_end, None
            if before_end is not None:
                before_end()
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
            os.kill(os.getpid(), number)


def is_main_thread() -> bool:
    """Whether this is the main thread, the only one that may install signal handlers."""
    return threading.current_thread() is threading.main_thread()


def shut_down(connection: Any) -> None:
    """Shut down a connection that another thread may be using; its reads then return the end of the stream.

    :param connection: its ``sock`` is None once the response owns the socket; ``opened`` still refers to it
    """
    sock = connection.sock or connection.opened
    try:
        if sock is not None:
            socket.socket.shutdown(
                sock, socket.SHUT_RDWR
            )  # SSLSocket.shutdown() would drop the TLS state in use by the thread
    except (OSError, TypeError):
        pass  # already closed, or not a plain socket


@contextmanager
def watch_parent() -> Iterator[None]:
    """Send SIGTERM to this process if its parent process ends during the block; the system sends no signal then."""
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
    """Return the cancellation of the current run."""
    return _active


def begin() -> Cancellation:
    """Start a run: install the signal handlers."""
    global _active  # noqa: PLW0603
    _active = Cancellation()
    _active.take_signals()
    return _active


def end() -> None:
    """End a run: restore the previous signal handlers."""
    global _active  # noqa: PLW0603
    _active.release_signals()
    _active = Cancellation()


def check() -> None:
    """Check the current run for cancellation.

    :raises Interrupted: the run is cancelled
    """
    _active.check()


def sleep(seconds: float) -> None:
    """Sleep.

    :raises Interrupted: the run is cancelled
    """
    _active.sleep(seconds)
