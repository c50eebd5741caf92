# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run will do, as a value. Private to otc.dis."""

from __future__ import annotations

import time
from enum import Enum
from typing import (
    Any,
    Callable,
    Collection,
    Dict,
    Generic,
    Mapping,
    NamedTuple,
    Optional,
    Protocol,
    Sequence,
    Tuple,
    TypeVar,
)

from . import cancellation as _cancellation
from . import deadline as _deadline
from .errors import DisError, InvalidOptions
from .retry import READ, is_retryable

Resource = TypeVar("Resource")


class Plan(Generic[Resource]):
    """The calls that turn the observed state into the desired one, and the state after them.

    :ivar actions: typed actions in the order in which they are sent; each has a ``verb``
    :ivar before: the resource as observed; None is "absent"
    :ivar after: the resource as it will be; None is "absent"
    :ivar unverified: options that were given and that the service does not tell back
    :ivar warnings: what the user should know before, or beside, the actions
    """

    def __init__(
        self,
        actions: Tuple[Any, ...],
        before: Optional[Resource],
        after: Optional[Resource],
        unverified: Tuple[str, ...] = (),
        warnings: Tuple[str, ...] = (),
    ) -> None:
        self.actions, self.before, self.after = actions, before, after
        self.unverified, self.warnings = unverified, warnings

    @property
    def verbs(self) -> Tuple[str, ...]:
        """The names of the actions."""
        return tuple(action.verb for action in self.actions)


def diff(before: Optional[Dict[str, Any]], after: Optional[Dict[str, Any]]) -> Dict[str, Any]:
    """The two sides as Ansible shows them; the absent side is empty."""
    return {"before": before or {}, "after": after or {}}


Observed = TypeVar("Observed")

LAST_READ = 2.0
"""Seconds that a read gets at least, for the one at the end of the wait."""
GRACE = 60.0
"""Seconds for which a task may be ABNORMAL before that counts as a failure: the service knows "restored", too."""


class WaitStatus(Enum):
    """What a look says about the goal."""

    READY = 1
    PENDING = 2
    DEGRADED = 3
    LOST = 4


class WaitError(DisError):
    """The goal was not reached."""

    kind = "timeout"


class ReadTooLate(WaitError):
    """A read that did not return before the wait was over.

    :ivar cause: how its last attempt failed
    """

    def __init__(self, cause: DisError) -> None:
        self.cause = cause
        super().__init__(f"{cause} The wait is over, and no state was seen.", "Raise wait_timeout, or run again.")


class Wait(NamedTuple):
    """How to wait.

    :ivar wait: False looks once
    :ivar timeout: seconds in all
    :ivar interval: seconds between two looks
    :ivar since: when the waiting began, by the clock, if that was before now
    :ivar limits_reads: whether a read that does not return, and its retries, end with the wait
    """

    wait: bool = True
    timeout: float = 300.0
    interval: float = 2.0
    sleep: Callable[[float], None] = _cancellation.sleep
    clock: Callable[[], float] = time.monotonic
    since: Optional[float] = None
    limits_reads: bool = True

    def until(
        self,
        read: Callable[[], Observed],
        evaluate: Callable[[Observed], WaitStatus],
        failed: Callable[[Observed, float], DisError],
        observed: Optional[Any] = None,
    ) -> Observed:
        """Read until the verdict is REACHED.

        :param failed: the error for what was seen last, and after how many seconds
        :param observed: a look that was taken just now, to start with
        :raises DisError: the verdict is LOST, or SUSPECT for too long, or the time is over
        """
        started = self.clock() if self.since is None else self.since
        suspect_since: Optional[float] = None
        if observed is None:
            observed = self.read_in_time(read, started)
        while True:
            verdict = evaluate(observed)
            now = self.clock()
            if verdict is WaitStatus.READY or not self.wait:
                return observed
            suspect_since = (
                None if verdict is not WaitStatus.DEGRADED else now if suspect_since is None else suspect_since
            )
            too_long = suspect_since is not None and now - suspect_since >= GRACE
            if verdict is WaitStatus.LOST or too_long or now - started >= self.timeout:
                raise failed(observed, now - started)
            self.sleep(min(self.interval, max(0.0, started + self.timeout - now)))
            try:
                observed = self.read_in_time(read, started)
            except ReadTooLate as err:
                failure = failed(observed, self.clock() - started)
                failure.add(f"The last read did not return in time: {err.cause}", failure.hint)
                raise failure from None

    def read_in_time(self, read: Callable[[], Observed], started: float) -> Observed:
        """Read, with all retries, before the wait is over.

        :param started: when the waiting began, by the clock
        :raises ReadTooLate: no response until then
        :raises DisError: another failure
        """
        if not (self.wait and self.limits_reads):
            return read()
        left = started + self.timeout - self.clock()
        with _deadline.within(max(left, LAST_READ)) as deadline:
            try:
                return read()
            except DisError as err:
                if deadline.hit and is_retryable(READ, err):
                    raise ReadTooLate(err) from None
                raise


AT_ONCE = Wait(timeout=10.0, interval=0.5, limits_reads=False)
"""For what the service has done when it answers; the seconds are for one whose parts learn of it one by one."""


WAIT: Dict[str, Dict[str, Any]] = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 300},
    "wait_interval": {"type": "float", "default": 2},
}


def wait_from(params: Mapping[str, Any]) -> Wait:
    """How to wait.

    :raises InvalidOptions: a time is not positive
    """
    for name in ("wait_timeout", "wait_interval"):
        if not 0 < params[name] <= 86400:
            raise InvalidOptions(
                f"{name} is {params[name]:g}, but must be a number of seconds above 0 and up to 86400."
            )
    return Wait(params["wait"], params["wait_timeout"], params["wait_interval"])


class Spec(NamedTuple):
    """The options of a module, without those of the login.

    :ivar options: argument spec, as Ansible defines it
    :ivar rules: what relates options to each other, by Ansible's names, such as ``required_if``
    :ivar may_be_empty: options for which an empty string is a value; for others it counts as left out
    :ivar never_blank: optional options that must not be blank, since a call without them affects more
    :ivar exposed: the member of the result that is a secret and is returned nevertheless; empty if there is none
    :ivar plain_names: for each option that holds entries, the names in them under which nobody puts a secret
    """

    options: Dict[str, Dict[str, Any]]
    rules: Mapping[str, Any] = {}
    may_be_empty: Collection[str] = ()
    never_blank: Sequence[str] = ()
    plain_names: Mapping[str, Collection[str]] = {}
    exposed: str = ""


class Context(Protocol):
    """What a module run offers to what it executes."""

    check_mode: bool
    cancellation: Any

    def connect(self, calls: Any, connections: int = 1) -> Any:
        """Log in.

        :param calls: class of the calls that are needed
        :param connections: how many may be open to one host
        :raises DisError: settings are missing or wrong, or the login failed
        """

    def report_progress(self, text: str) -> None:
        """Show how far a long run is."""


class Job(Protocol):
    """One run of a module whose options have been checked."""

    def execute(self, context: Context) -> Dict[str, Any]:
        """Do it, or predict in check mode what that would return.

        :raises DisError: it failed
        """

    def failure(self, err: DisError) -> Dict[str, Any]:
        """What the module returns for a failure: what was done before, and may have been."""


class Managed(Protocol):
    """What a module manages."""

    spec: Spec

    def prepare(self, params: Mapping[str, Any], files: Any) -> Job:
        """Check the options.

        :param files: reads files that the user names
        :raises InvalidOptions: an option breaks a rule
        """


class Query(Protocol):
    """What a module that ends in ``_info`` asks.

    :ivar calls: class of the calls that it needs
    """

    spec: Spec
    calls: Any

    def prepare(self, params: Mapping[str, Any]) -> Any:
        """Check the options; what comes of them is for :meth:`run_query`.

        :raises InvalidOptions: an option breaks a rule
        """

    def run_query(self, api: Any, query: Any) -> Dict[str, Any]:
        """What the module returns.

        :raises DisError: a request failed
        """


def failure_of(err: DisError, executed: Sequence[str] = ()) -> Dict[str, Any]:
    """What a module returns for a failure.

    :param executed: names of the writes that were carried out, or may have been
    """
    return {"changed": bool(executed), "done": list(executed), **err.as_result()}
