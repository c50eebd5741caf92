# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing one resource to its desired state. Private to otc.dis.

The plan decides; the reconciler carries it out. Whenever the observed state turns out to be another one (a response was
lost, a concurrent writer was faster), it reads and plans again instead of guessing. Knows neither Ansible nor HTTP, nor
any single resource: that is what a :class:`Target` is for.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Callable, Dict, Generic, List, Optional, Set, Tuple, TypeVar

from . import cancellation as _cancellation
from .errors import DisError, ResponseLost
from .plan import Context, Plan, Wait, WaitStatus, diff, failure_of

AGAIN = "Run again as soon as the service answers: a second run finds out and does what is left."
MAX_REPLANS = 8
"""How often a run plans at the most before it gives up on a state that keeps changing."""

Resource = TypeVar("Resource")


class NotApplied(DisError):
    """The service accepted a change and did not make it."""

    kind = "not_applied"


class Progress(Generic[Resource]):
    """What one run has observed, planned and done so far; it stays readable when the run fails.

    :ivar done: names of the writes that were carried out, or whose effect is there after their response was lost
    :ivar unconfirmed: name of a write whose outcome is not known and has not been looked up yet
    :ivar sending: name of the write that is under way
    :ivar lost: names of all writes whose response was lost in this run
    :ivar warnings: what the user should know
    :ivar before: the resource as observed first
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
        """Names of the writes that were carried out, or may have been."""
        return self.done + ([self.unconfirmed or self.sending or ""] if self.unconfirmed or self.sending else [])

    @property
    def will_exist(self) -> Optional[bool]:
        """Whether the resource exists once the plan has been carried out; None if the plan does not change that."""
        if "create" in self.plan.verbs:
            return True
        return False if "delete" in self.plan.verbs else None


class Target(ABC, Generic[Resource]):
    """One resource and its desired state: what the reconciler has to know of it. ``str()`` names it in messages."""

    @abstractmethod
    def read(self) -> Optional[Resource]:
        """The resource as it is; None if it does not exist."""

    @abstractmethod
    def plan(self, observed: Optional[Resource]) -> Plan[Resource]:
        """The plan for the observed state.

        :raises DisError: the desired state cannot be reached from there
        """

    @abstractmethod
    def is_conflict(self, verb: str, err: DisError) -> bool:
        """Whether a refused write means that the observed state is outdated, so that planning again may help."""

    @abstractmethod
    def status(self, observed: Optional[Resource]) -> WaitStatus:
        """How the observed state compares with the plan."""

    @abstractmethod
    def timeout_error(self, observed: Optional[Resource], elapsed: float) -> DisError:
        """The error for a plan that did not come true; None was observed if the resource does not exist."""

    @abstractmethod
    def to_result(self, resource: Optional[Resource]) -> Any:
        """The resource as a module returns it."""

    @abstractmethod
    def to_diff(self, resource: Optional[Resource]) -> Optional[Dict[str, Any]]:
        """The resource as a diff shows it: the manageable settings without secrets."""

    def needs_wait(self, observed: Resource) -> bool:
        """Whether a resource that needs no action may still have to become ready."""
        return False

    def unverified(self, observed: Resource) -> Tuple[str, ...]:
        """Specified options whose value the service does not return."""
        return ()

    def check_plan(self) -> None:
        """Called in check mode: check what carrying out the plan would run into, as far as reading tells.

        :raises DisError: the service would refuse it
        """

    def note_plan(self) -> None:
        """Called before the plan is carried out, and in check mode in its place: note it for later tasks of the run."""

    def before_action(self, action: Any) -> None:
        """Called before each action: save state that the action destroys."""

    def verify(self, observed: Resource) -> None:
        """Called after the wait with what was observed last.

        :raises DisError: it is not what was planned
        """


class Reconciler(Generic[Resource]):
    """Reads one resource, plans, and carries the plan out or predicts what that would return.

    :param key: the name under which a module returns the resource
    :param calls: what makes the API calls of the resource
    :param make_target: makes the target out of these calls and the progress of the run
    """

    def __init__(
        self, key: str, calls: Any, make_target: Callable[[Any, Progress[Resource]], Target[Resource]], wait: Wait
    ) -> None:
        self.key, self.calls, self.make_target = key, calls, make_target
        self.run: Progress[Resource] = Progress(wait)

    def start(self, api: Any) -> None:
        """Go on with an API that is logged in."""
        self.api = api
        self.target = self.make_target(api, self.run)

    def execute(self, context: Context) -> Dict[str, Any]:
        """Bring the resource to its desired state; in check mode, return what that would return.

        :raises DisError: what was done until then is in :attr:`run`
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
        """What carrying out the plan would return.

        :raises DisError: the plan does not change a state that will not become ready by itself
        """
        observed = self.run.plan.before
        waits = not self.run.plan.actions and self.must_wait(observed)
        if waits and self.target.status(observed) is WaitStatus.LOST:
            raise self.target.timeout_error(observed, 0.0)
        return self.result(self.run.plan.verbs, self.run.plan.after)

    def make_plan(self, observed: Optional[Resource]) -> None:
        """Plan for what was just observed."""
        run = self.run
        if not run.done and not run.lost:
            run.before = observed
        run.plan = self.target.plan(observed)
        run.warnings += [warning for warning in run.plan.warnings if warning not in run.warnings]

    # --- apply ---

    def apply(self) -> None:
        """Execute the plan, and a new one as often as the observed state turns out to be outdated.

        :raises DisError: what was done until then is in :attr:`run`
        """
        self.target.note_plan()
        try:
            self.apply_until_done()
        finally:
            _cancellation.active().end_replacement()

    def apply_until_done(self) -> None:
        """The same; a replacement that has begun may go on after its end."""
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
            came_true = unconfirmed is not None and unconfirmed not in run.plan.verbs
            if unconfirmed is not None and came_true:
                run.done.append(unconfirmed)  # the observed state is the desired one, and that may be our doing
                run.unconfirmed = None
            may_go_on = attempt < MAX_REPLANS and (came_true or self.api.retry_budget.allows(attempt))
            if run.plan.actions and not may_go_on:
                if conflict.outcome_unknown and not came_true:
                    conflict.add(
                        f"A look afterwards did not find the {unconfirmed} done, but it may still come about.", AGAIN
                    )
                else:
                    run.unconfirmed = None
                raise conflict
            run.unconfirmed = None

    def execute_actions(self) -> Optional[DisError]:
        """Send the actions of the plan; an error that makes reading again necessary is returned.

        :raises DisError: a refusal that reading again cannot help
        """
        run = self.run
        for action in run.plan.actions:
            self.target.before_action(action)
            if action.verb == "delete" and run.plan.after is not None:
                _cancellation.active().begin_replacement()
            run.sending = action.verb
            try:
                action.send(self.api)
            except DisError as err:
                if err.outcome_unknown:
                    run.lost.add(action.verb)
                elif not self.target.is_conflict(action.verb, err):
                    raise
                if action.verb in run.lost:
                    run.unconfirmed = action.verb
                return err
            except BaseException:  # also what a signal handler raises that is not ours
                run.unconfirmed = action.verb
                raise
            finally:
                run.sending = None
            run.done.append(action.verb)
        return None

    def reread(self, conflict: DisError) -> Optional[Resource]:
        """The resource after a write whose outcome is not clear.

        :raises DisError: it cannot be read; the message says what is not known
        """
        try:
            return self.target.read()
        except DisError as err:
            if not conflict.outcome_unknown:
                raise
            raise ResponseLost(
                f"{conflict} Whether the {self.run.unconfirmed} was carried out is not known, for the {self.target}"
                f" could not be read afterwards: {err}",
                AGAIN,
            ) from None

    def drop_no_change_claim(self, err: DisError) -> None:
        """Keep a plan that is refused after a write from saying that there was none."""
        if self.run.executed:
            err.drop_no_change_claim()
        if self.run.unconfirmed:
            err.add(f"Whether the {self.run.unconfirmed} was carried out is not known: its answer was lost.", err.hint)

    # --- wait ---

    def must_wait(self, observed: Optional[Resource]) -> bool:
        """Whether a resource that needs no action is still waited for."""
        return observed is not None and self.run.wait.wait and self.target.needs_wait(observed)

    def wait_until_ready(self) -> Optional[Resource]:
        """The resource as it is now, after waiting for what was planned.

        :raises DisError: what was planned did not come about
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
            return run.plan.after  # what the service makes of it is for those who wait
        observed = run.wait.until(target.read, target.status, target.timeout_error, None if run.done else observed)
        if observed is None:
            raise target.timeout_error(observed, 0.0)
        target.verify(observed)
        return observed

    # --- report ---

    def result(self, verbs: Tuple[str, ...], observed: Optional[Resource]) -> Dict[str, Any]:
        """What a module returns when all went well."""
        run = self.run
        unverified = self.target.unverified(observed) if run.done and observed is not None else run.plan.unverified
        return {
            "changed": bool(verbs),
            "actions": list(verbs),
            "unverified": list(unverified),
            self.key: self.target.to_result(observed),
            "diff": self.diff(),
            "warnings": run.warnings,
        }

    def diff(self) -> Dict[str, Any]:
        """What the run found and what it planned, as Ansible shows a diff."""
        run = self.run
        sides = diff(self.target.to_diff(run.before), self.target.to_diff(run.plan.after))
        if {"delete", "create"} <= {*run.done, *run.plan.verbs}:
            sides.update(before_header=f"{self.target} (deleted)", after_header=f"{self.target} (created in its place)")
        return sides

    def failure(self, err: DisError) -> Dict[str, Any]:
        """What a module returns when the run failed, with what had happened before."""
        run = self.run
        result = {**failure_of(err, run.executed), "warnings": list(run.warnings)}
        if run.done:
            result["msg"] += f" Done before: {', '.join(run.done)}."
        replacement = self.lost_replacement()
        if replacement is not None:
            gone = "is" if "delete" in run.done else "may be"
            result["msg"] += f" The old one {gone} gone; replacement holds the settings that the new one was to have."
            result["replacement"] = replacement
        return result

    def lost_replacement(self) -> Optional[Dict[str, Any]]:
        """The settings of a new resource that is not there, if the old one was, or may have been, deleted for it."""
        run = self.run
        half_done = "delete" in run.executed and "create" not in run.done and run.plan.after is not None
        return self.target.to_diff(run.plan.after) if half_done else None
