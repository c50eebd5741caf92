# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reconciliation of one resource with its desired state. Private to otc.dis.

The reconciler executes a plan. If the observed state may be outdated (a lost response, a concurrent writer), it reads
and plans again. It is independent of Ansible, HTTP and the kind of resource, which a :class:`Target` implements.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Callable, Dict, Generic, List, Optional, Set, Tuple, TypeVar

from . import cancellation as _cancellation
from .errors import DisError, ResponseLost
from .plan import Context, Plan, Wait, WaitStatus, diff, failure_of

RERUN = "Rerun when the service is available: the modules read the state and perform the remaining actions."
MAX_REPLANS = 8
"""Maximum number of plans of a run whose observed state keeps changing."""

Resource = TypeVar("Resource")


class NotApplied(DisError):
    """The service accepted a change but did not apply it."""

    kind = "not_applied"


class Progress(Generic[Resource]):
    """Observations, plan and executed actions of one run; remains readable after a failure.

    :ivar done: names of the writes that were performed, or whose effect was observed after their response was lost
    :ivar unconfirmed: name of a write whose outcome is unknown and has not been checked yet
    :ivar sending: name of the write in flight
    :ivar lost: names of all writes whose response was lost
    :ivar warnings: warnings for the user
    :ivar before: the resource as first observed
    """

    def __init__(self, wait: Wait) -> None:
        self.wait = wait
        self.done: List[str] = []
        self.unconfirmed: Optional[str] = None
        self.sending: Optional[str] = None
        self.lost: Set[str] = set()
        self.warnings: List[str] = []
        self.plan: Plan[Resource] = Plan((), None, None)
        self.before: Optional[Resource] = None

    @property
    def executed(self) -> List[str]:
        """Names of the writes that were, or may have been, performed."""
        return self.done + ([self.unconfirmed or self.sending or ""] if self.unconfirmed or self.sending else [])

    @property
    def will_exist(self) -> Optional[bool]:
        """Whether the resource exists after the plan; None if the plan does not change that."""
        if "create" in self.plan.verbs:
            return True
        return False if "delete" in self.plan.verbs else None


class Target(ABC, Generic[Resource]):
    """One resource and its desired state, for the reconciler. ``str()`` names it in messages."""

    @abstractmethod
    def read(self) -> Optional[Resource]:
        """Return the current resource; None if it does not exist."""

    @abstractmethod
    def plan(self, observed: Optional[Resource]) -> Plan[Resource]:
        """Return the plan for the observed state.

        :raises DisError: the desired state cannot be reached
        """

    @abstractmethod
    def is_conflict(self, verb: str, err: DisError) -> bool:
        """Whether a rejected write means that the observed state is outdated, so that a new plan may succeed."""

    def pause_before_resend(self, verb: str, err: DisError) -> bool:
        """Whether to send a rejected write again, because the service may accept it later; pauses before."""
        return False

    @abstractmethod
    def status(self, observed: Optional[Resource]) -> WaitStatus:
        """Return the status of the observed state with regard to the plan."""

    @abstractmethod
    def timeout_error(self, observed: Optional[Resource], elapsed: float) -> DisError:
        """Return the error for a resource that did not reach the planned state.

        :param observed: last observed state; None if the resource does not exist
        :param elapsed: seconds of the wait
        """

    @abstractmethod
    def to_result(self, resource: Optional[Resource]) -> Any:
        """Return the resource for the module's result."""

    @abstractmethod
    def to_diff(self, resource: Optional[Resource]) -> Optional[Dict[str, Any]]:
        """Return the resource for a diff: the manageable settings without secrets."""

    def needs_wait(self, observed: Resource) -> bool:
        """Whether a resource that needs no action may not be ready yet."""
        return False

    def unverified(self, observed: Resource) -> Tuple[str, ...]:
        """Return the specified options whose value the service does not return."""
        return ()

    def more_results(self) -> Dict[str, Any]:
        """Return further values of the module's result about the plan."""
        return {}

    def check_plan(self) -> None:
        """Called in check mode: check by reading whether the service would accept the plan.

        :raises DisError: the service would reject it
        """

    def note_plan(self) -> None:
        """Called before the plan is executed, and in check mode instead: record it for later tasks of the same run."""

    def before_action(self, action: Any) -> None:
        """Called before each action: save state that the action destroys."""

    def verify(self, observed: Resource) -> None:
        """Called after the wait with the last observed state.

        :raises DisError: it differs from the plan
        """


class Reconciler(Generic[Resource]):
    """Reads one resource, plans, and executes the plan or predicts its result.

    :param key: key of the resource in the module's result
    :param calls: class of the API calls of the resource
    :param make_target: makes the target from these calls and the progress of the run
    """

    def __init__(
        self, key: str, calls: Any, make_target: Callable[[Any, Progress[Resource]], Target[Resource]], wait: Wait
    ) -> None:
        self.key, self.calls, self.make_target = key, calls, make_target
        self.run: Progress[Resource] = Progress(wait)

    def start(self, api: Any) -> None:
        """Make the target for an authenticated API client."""
        self.api = api
        self.target = self.make_target(api, self.run)

    def execute(self, context: Context) -> Dict[str, Any]:
        """Bring the resource to its desired state; in check mode, predict the result.

        :raises DisError: the run failed; :attr:`run` contains the executed actions
        """
        self.start(context.connect(self.calls))
        self.make_plan(self.target.read())
        if context.check_mode:
            self.target.check_plan()
            result = self.predict()
            self.target.note_plan()
            return result
        self.apply()
        return self.result(tuple(self.run.done), self.wait_until_ready())

    def predict(self) -> Dict[str, Any]:
        """Predict the result of executing the plan.

        :raises DisError: the plan has no action, and the resource has failed
        """
        observed = self.run.plan.before
        waits = not self.run.plan.actions and self.must_wait(observed)
        if waits and self.target.status(observed) is WaitStatus.FAILED:
            raise self.target.timeout_error(observed, 0.0)
        return self.result(self.run.plan.verbs, self.run.plan.after)

    def make_plan(self, observed: Optional[Resource]) -> None:
        """Plan for the state that was just observed."""
        run = self.run
        if not run.done and not run.lost:
            run.before = observed
        run.plan = self.target.plan(observed)
        run.warnings += [warning for warning in run.plan.warnings if warning not in run.warnings]

    # --- apply ---

    def apply(self) -> None:
        """Execute the plan, and replan while the observed state turns out to be outdated.

        :raises DisError: the run failed; :attr:`run` contains the executed actions
        """
        self.target.note_plan()
        try:
            self.apply_until_done()
        finally:
            _cancellation.active().end_replacement()

    def apply_until_done(self) -> None:
        """As :meth:`apply`, but a started replacement remains open."""
        run = self.run
        for attempt in range(1, MAX_REPLANS + 1):
            conflict = self.execute_actions()
            if conflict is None:
                break
            observed = self.reread(conflict)
            try:
                self.make_plan(observed)
            except DisError as err:
                self.drop_no_change_claim(err)
                raise
            unconfirmed = run.unconfirmed
            confirmed = unconfirmed is not None and unconfirmed not in run.plan.verbs
            if unconfirmed is not None and confirmed:
                run.done.append(unconfirmed)  # the effect was observed, and this write may have caused it
                run.unconfirmed = None
            may_continue = attempt < MAX_REPLANS and (confirmed or self.api.retry_budget.allows(attempt))
            if run.plan.actions and not may_continue:
                if conflict.outcome_unknown and not confirmed:
                    conflict.add(
                        f"A read afterwards showed no effect of the {unconfirmed}, but it may still happen.", RERUN
                    )
                else:
                    run.unconfirmed = None
                raise conflict
            run.unconfirmed = None

    def execute_actions(self) -> Optional[DisError]:
        """Send the actions of the plan; return the error that requires another read, None after the last action.

        :raises DisError: a rejection that another read cannot resolve
        """
        run = self.run
        for action in run.plan.actions:
            self.target.before_action(action)
            if action.verb == "delete" and run.plan.after is not None:
                _cancellation.active().begin_replacement()
            run.sending = action.verb
            try:
                self.send(action)
            except DisError as err:
                if err.outcome_unknown:
                    run.lost.add(action.verb)
                elif not self.target.is_conflict(action.verb, err):
                    raise
                if action.verb in run.lost:
                    run.unconfirmed = action.verb
                return err
            except BaseException:  # also exceptions of foreign signal handlers
                run.unconfirmed = action.verb
                raise
            finally:
                run.sending = None
            run.done.append(action.verb)
        return None

    def send(self, action: Any) -> None:
        """Send an action, again while the target expects that the service will accept it.

        :raises DisError: the last rejection, or another failure
        """
        while True:
            try:
                action.send(self.api)
                return
            except DisError as err:
                if err.outcome_unknown or not self.target.pause_before_resend(action.verb, err):
                    raise

    def reread(self, conflict: DisError) -> Optional[Resource]:
        """Return the resource after a write whose outcome is unknown.

        :raises DisError: it cannot be read; the message names the unconfirmed write
        """
        try:
            return self.target.read()
        except DisError as err:
            if not conflict.outcome_unknown:
                raise
            raise ResponseLost(
                f"{conflict} The outcome of the {self.run.unconfirmed} is unknown, because the {self.target} could not"
                f" be read afterwards: {err}",
                RERUN,
            ) from None

    def drop_no_change_claim(self, err: DisError) -> None:
        """Correct the error of a plan that fails after a write, and name an unconfirmed write."""
        if self.run.executed:
            err.drop_no_change_claim()
        if self.run.unconfirmed:
            err.add(f"The outcome of the {self.run.unconfirmed} is unknown: its response was lost.", err.hint)

    # --- wait ---

    def must_wait(self, observed: Optional[Resource]) -> bool:
        """Whether to wait for a resource that needs no action."""
        return observed is not None and self.run.wait.wait and self.target.needs_wait(observed)

    def wait_until_ready(self) -> Optional[Resource]:
        """Wait for the planned state, and return the current resource.

        :raises DisError: the resource did not reach the planned state
        """
        run, target = self.run, self.target
        observed = run.plan.before
        if run.plan.after is None:
            if (run.done and run.wait.wait) or self.must_wait(observed):
                gone = {True: WaitStatus.READY, False: WaitStatus.PENDING}
                run.wait.until(target.read, lambda observed: gone[observed is None], target.timeout_error)
            return None
        if not run.done and not self.must_wait(observed):
            return observed
        if "create" in run.done and "update" not in run.done and not run.wait.wait:
            return run.plan.after  # without a wait, the predicted state saves a read
        observed = run.wait.until(target.read, target.status, target.timeout_error, None if run.done else observed)
        if observed is None:
            raise target.timeout_error(observed, 0.0)
        target.verify(observed)
        return observed

    # --- report ---

    def result(self, verbs: Tuple[str, ...], observed: Optional[Resource]) -> Dict[str, Any]:
        """Return the module's result of a successful run."""
        run = self.run
        unverified = self.target.unverified(observed) if run.done and observed is not None else run.plan.unverified
        return {
            "changed": bool(verbs),
            "actions": list(verbs),
            "unverified": list(unverified),
            self.key: self.target.to_result(observed),
            "diff": self.diff(),
            "warnings": run.warnings,
            **self.target.more_results(),
        }

    def diff(self) -> Dict[str, Any]:
        """Return the diff between the first observed and the planned state."""
        run = self.run
        sides = diff(self.target.to_diff(run.before), self.target.to_diff(run.plan.after))
        if {"delete", "create"} <= {*run.done, *run.plan.verbs}:
            sides.update(before_header=f"{self.target} (deleted)", after_header=f"{self.target} (created in its place)")
        return sides

    def failure(self, err: DisError) -> Dict[str, Any]:
        """Return the module's result of a failed run, with the executed actions."""
        run = self.run
        result = {**failure_of(err, run.executed), "warnings": list(run.warnings)}
        if run.done:
            result["msg"] += f" Done before: {', '.join(run.done)}."
        replacement = self.lost_replacement()
        if replacement is not None:
            deleted = "was" if "delete" in run.done else "may have been"
            result["msg"] += f" The {self.target} {deleted} deleted; replacement contains the settings to recreate it."
            result["replacement"] = replacement
        return result

    def lost_replacement(self) -> Optional[Dict[str, Any]]:
        """Return the settings of a replacement that was not created although the old resource may be deleted."""
        run = self.run
        half_done = "delete" in run.executed and "create" not in run.done and run.plan.after is not None
        return self.target.to_diff(run.plan.after) if half_done else None
