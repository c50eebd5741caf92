# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans, waiting, and the protocols between modules and resources. Private to otc.dis."""

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
    """The actions that change the observed state into the desired state, and the predicted state.

    :ivar actions: typed actions in the order of execution; each has a ``verb``
    :ivar before: observed resource; None if it does not exist
    :ivar after: resource after the actions; None if it will not exist
    :ivar unverified: specified options whose value the service does not return
    :ivar warnings: warnings for the user about the actions
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
    """Return a diff for Ansible; the side of a resource that does not exist is empty."""
    return {"before": before or {}, "after": after or {}}


Observed = TypeVar("Observed")

LAST_READ = 2.0
"""Minimum seconds for a read, also at the end of a wait."""
GRACE = 60.0
"""Seconds in which a transfer task may be ABNORMAL before that counts as a failure: the service may restore it."""


class WaitStatus(Enum):
    """Status of the observed state with regard to the desired state."""

    READY = 1
    PENDING = 2
    DEGRADED = 3
    FAILED = 4


class WaitError(DisError):
    """The resource did not reach the desired state."""

    kind = "timeout"


class ReadTooLate(WaitError):
    """A read that did not return before the end of the wait.

    :ivar cause: error of its last attempt
    """

    def __init__(self, cause: DisError) -> None:
        self.cause = cause
        super().__init__(f"{cause} The wait ended without any response.", "Increase wait_timeout, or rerun.")


class Wait(NamedTuple):
    """Settings of a wait.

    :ivar wait: False reads once
    :ivar timeout: total seconds
    :ivar interval: seconds between two reads
    :ivar since: start of the wait by the clock; None starts it now
    :ivar limits_reads: whether the end of the wait also ends a read and its retries
    :ivar agency: seconds for which a write is sent again while the service rejects a new agency
    """

    wait: bool = True
    timeout: float = 300.0
    interval: float = 2.0
    sleep: Callable[[float], None] = _cancellation.sleep
    clock: Callable[[], float] = time.monotonic
    since: Optional[float] = None
    limits_reads: bool = True
    agency: float = 0.0

    def until(
        self,
        read: Callable[[], Observed],
        evaluate: Callable[[Observed], WaitStatus],
        failed: Callable[[Observed, float], DisError],
        observed: Optional[Any] = None,
    ) -> Observed:
        """Read until the status is READY, and return the resource.

        :param failed: makes the error from the last observed state and the elapsed seconds
        :param observed: current state, which saves the first read
        :raises DisError: the status is FAILED, or DEGRADED for :data:`GRACE` seconds, or the time is over
        """
        started = self.clock() if self.since is None else self.since
        degraded_since: Optional[float] = None
        if observed is None:
            observed = self.read_in_time(read, started)
        while True:
            status = evaluate(observed)
            now = self.clock()
            if status is WaitStatus.READY or not self.wait:
                return observed
            degraded_since = (
                None if status is not WaitStatus.DEGRADED else now if degraded_since is None else degraded_since
            )
            too_long = degraded_since is not None and now - degraded_since >= GRACE
            if status is WaitStatus.FAILED or too_long or now - started >= self.timeout:
                raise failed(observed, now - started)
            self.sleep(min(self.interval, max(0.0, started + self.timeout - now)))
            try:
                observed = self.read_in_time(read, started)
            except ReadTooLate as err:
                failure = failed(observed, self.clock() - started)
                failure.add(f"The last read did not return in time: {err.cause}", failure.hint)
                raise failure from None

    def read_in_time(self, read: Callable[[], Observed], started: float) -> Observed:
        """Read, and end the read and its retries with the wait.

        :param started: start of the wait by the clock
        :raises ReadTooLate: no response before the end of the wait
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
"""For operations that are complete with their response; the seconds allow for eventual consistency."""


WAIT: Dict[str, Dict[str, Any]] = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 300},
    "wait_interval": {"type": "float", "default": 2},
}


WAIT_FOR_AGENCY: Dict[str, Dict[str, Any]] = {"wait_for_agency": {"type": "float", "default": 0}}
MAX_WAIT_FOR_AGENCY = 600


def wait_from(params: Mapping[str, Any]) -> Wait:
    """Return the wait settings of the module options.

    :raises InvalidOptions: a time is out of range
    """
    agency = params.get("wait_for_agency", 0)
    if not 0 <= agency <= MAX_WAIT_FOR_AGENCY:
        raise InvalidOptions(
            f"wait_for_agency is {agency:g}, but must be a number of seconds from 0 to {MAX_WAIT_FOR_AGENCY}."
        )
    for name in ("wait_timeout", "wait_interval"):
        if not 0 < params[name] <= 86400:
            raise InvalidOptions(
                f"{name} is {params[name]:g}, but must be a number of seconds above 0 and up to 86400."
            )
    return Wait(params["wait"], params["wait_timeout"], params["wait_interval"], agency=agency)


class Spec(NamedTuple):
    """The options of a module, without the authentication options.

    :ivar options: Ansible argument spec
    :ivar rules: dependencies between options, by Ansible's names, such as ``required_if``
    :ivar may_be_empty: options for which an empty string is a value; for others it counts as omitted
    :ivar never_blank: optional options that must not be blank, because the call would affect more without them
    :ivar exposed: member of the result that is a secret and is returned unmasked; empty if the module has none
    :ivar plain_names: for each option with entries, the keys in them whose values are not secrets
    """

    options: Dict[str, Dict[str, Any]]
    rules: Mapping[str, Any] = {}
    may_be_empty: Collection[str] = ()
    never_blank: Sequence[str] = ()
    plain_names: Mapping[str, Collection[str]] = {}
    exposed: str = ""


class Context(Protocol):
    """Services of a module run for the job that it executes."""

    check_mode: bool
    cancellation: Any

    def connect(self, calls: Any, connections: int = 1) -> Any:
        """Return an authenticated API client.

        :param calls: class of the required API calls
        :param connections: maximum number of connections to one host
        :raises DisError: settings are missing or invalid, or authentication failed
        """

    def report_progress(self, text: str) -> None:
        """Show the progress of a long run."""


class Job(Protocol):
    """One run of a module with validated options."""

    def execute(self, context: Context) -> Dict[str, Any]:
        """Execute the job, or predict its result in check mode.

        :raises DisError: the job failed
        """

    def failure(self, err: DisError) -> Dict[str, Any]:
        """Return the module's result for a failure, with the actions that were, or may have been, performed."""


class Managed(Protocol):
    """A kind of resource that a module manages."""

    spec: Spec

    def prepare(self, params: Mapping[str, Any], files: Any) -> Job:
        """Validate the options.

        :param files: reads files that the options name
        :raises InvalidOptions: an option is invalid
        """


class Query(Protocol):
    """The query of an ``_info`` module.

    :ivar calls: class of the required API calls; a prepared query with this attribute requires others
    """

    spec: Spec
    calls: Any

    def prepare(self, params: Mapping[str, Any]) -> Any:
        """Validate the options and return the query for :meth:`run_query`.

        :raises InvalidOptions: an option is invalid
        """

    def run_query(self, api: Any, query: Any) -> Dict[str, Any]:
        """Return the module's result.

        :raises DisError: a request failed
        """


def failure_of(err: DisError, executed: Sequence[str] = ()) -> Dict[str, Any]:
    """Return the module's result for a failure.

    :param executed: names of the writes that were, or may have been, performed
    """
    return {"changed": bool(executed), "done": list(executed), **err.as_result()}
