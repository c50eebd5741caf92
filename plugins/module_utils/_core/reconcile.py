# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing one resource to what is wished, truthfully. Private to otc.dis.

The plan decides; this carries it out, and whenever the world turns out to be another one (an answer was lost, somebody
else was faster), looks and plans again instead of guessing. Knows neither Ansible nor HTTP, nor any single resource.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Dict, Generic, List, Optional, Set, Tuple, TypeVar

from .._cloud.api import DisClient
from . import cancellation as _cancellation
from .errors import DisError, LostAnswer
from .plan import Plan, Verdict, Waiting, diff

AGAIN = "Run again as soon as the service answers: a second run finds out and does what is left."
MOST_ROUNDS = 8
"""How often a run plans at the most before it gives up on a world that does not hold still."""

Resource = TypeVar("Resource")


class NotApplied(DisError):
    """The service accepted a change and did not make it."""

    kind = "not_applied"


class Converge(ABC, Generic[Resource]):
    """One run for one resource; what has happened so far stays readable when it fails.

    :ivar done: verbs of the writes that were carried out, or whose effect is there after their answer was lost
    :ivar doubtful: verb of a write whose outcome is not known and has not been looked up yet
    :ivar lost: verbs of all writes whose answer was lost in this run
    :ivar warnings: what the user should know
    """

    key = ""
    """Under which name a module returns the resource."""

    def __init__(self, api: DisClient, waiting: Waiting) -> None:
        self.api, self.waiting = api, waiting
        self.done: List[str] = []
        self.doubtful: Optional[str] = None
        self.lost: Set[str] = set()
        self.warnings: List[str] = []
        self.plan: Plan[Resource] = Plan((), None, None)
        self.before: Optional[Resource] = None

    # --- what every resource says of itself ---

    @abstractmethod
    def __str__(self) -> str:
        """The resource in words."""

    @abstractmethod
    def look(self) -> Optional[Resource]:
        """The resource as it is; None if it is absent."""

    @abstractmethod
    def decide(self, observed: Optional[Resource]) -> Plan[Resource]:
        """The plan for what was observed."""

    @abstractmethod
    def may_look_again(self, verb: str, err: DisError) -> bool:
        """Whether a refusal says that the world is not as observed (any more)."""

    @abstractmethod
    def judge(self, seen: Optional[Resource]) -> Verdict:
        """How a look compares with what was planned."""

    @abstractmethod
    def not_reached(self, seen: Optional[Resource], elapsed: float) -> DisError:
        """The error for a goal that was missed; None was seen if the resource is absent."""

    @abstractmethod
    def shown(self, resource: Optional[Resource]) -> Any:
        """The resource as a module returns it."""

    @abstractmethod
    def compared(self, resource: Optional[Resource]) -> Optional[Dict[str, Any]]:
        """The resource as a diff shows it: what can be wished, nothing that moves by itself, no secrets."""

    def prepare(self, action: Any) -> None:
        """A chance to keep what an action destroys."""

    def waits_without_acting(self, observed: Resource) -> bool:
        """Whether a resource that needs no action may still have to reach its goal."""
        return False

    def unverified(self, seen: Resource) -> Tuple[str, ...]:
        """Given options that a look does not tell."""
        return ()

    def read_back(self, seen: Resource) -> None:
        """Check, after the wait, what was seen last.

        :raises DisError: it is not what was planned
        """

    # --- what they have in common ---

    def predict(self) -> Dict[str, Any]:
        """Look and plan: what :meth:`carry_out` would do and return.

        :raises DisError: as :meth:`carry_out` would, as far as that can be known by looking
        """
        self.make_plan(self.look())
        self.check_prediction()
        result = self.foresee()
        self.remember()
        return result

    def check_prediction(self) -> None:
        """Check what carrying out the plan would run into, as far as it can be known by reading.

        :raises DisError: the service would refuse it
        """

    def remember(self) -> None:
        """Note for later tasks of the run what this one would have made, or that it is no prediction any more."""

    @property
    def will_exist(self) -> Optional[bool]:
        """Whether the resource exists once the plan has been carried out; None if the plan does not change that."""
        if "create" in self.plan.verbs:
            return True
        return False if "delete" in self.plan.verbs else None

    def foresee(self) -> Dict[str, Any]:
        """What carrying out the plan would return.

        :raises DisError: the plan leaves alone what will not become as wished by itself
        """
        observed = self.plan.before
        if not self.plan.actions and self.must_wait(observed) and self.judge(observed) is Verdict.LOST:
            raise self.not_reached(observed, 0.0)
        return self.result(self.plan.verbs, self.plan.after)

    def carry_out(self) -> Dict[str, Any]:
        """Look, plan, act and read back.

        :raises DisError: with what was done until then in :attr:`done`
        """
        self.make_plan(self.look())
        self.apply()
        return self.result(tuple(self.done), self.settle())

    def apply(self) -> None:
        """Act on the plan, and on a new one as often as the world turns out to be another.

        :raises DisError: with what was done until then in :attr:`done`
        """
        self.remember()
        try:
            self.act_until_done()
        finally:
            _cancellation.active().end_replacement()

    def act_until_done(self) -> None:
        """The same; a replacement that has begun may go on after its end."""
        for turn in range(1, MOST_ROUNDS + 1):
            surprise = self.act()
            if surprise is None:
                break
            observed = self.look_again(surprise)
            try:
                self.make_plan(observed)
            except DisError as err:
                self.correct(err)
                raise
            doubtful = self.doubtful
            came_true = doubtful is not None and doubtful not in self.plan.verbs
            if doubtful is not None and came_true:
                self.done.append(doubtful)  # it is as wished, and that may well be our doing
                self.doubtful = None
            if self.plan.actions and (turn == MOST_ROUNDS or not (came_true or self.api.patience.allows(turn))):
                if surprise.outcome_unknown and not came_true:
                    surprise.add(
                        f"A look afterwards did not find the {doubtful} done, but it may still come about.", AGAIN
                    )
                else:
                    self.doubtful = None
                raise surprise
            self.doubtful = None

    def correct(self, err: DisError) -> None:
        """Keep a plan that is refused after a write from saying that there was none."""
        if self.happened:
            err.retract()
        if self.doubtful:
            err.add(f"Whether the {self.doubtful} was carried out is not known: its answer was lost.", err.hint)

    @property
    def happened(self) -> List[str]:
        """Verbs of the writes that were carried out, or may have been."""
        return self.done + ([self.doubtful] if self.doubtful else [])

    def failure(self, err: DisError) -> Dict[str, Any]:
        """What a module returns when the run failed, with what had happened before."""
        result = {"changed": bool(self.happened), "done": self.happened, **err.as_result()}
        if self.done:
            result["msg"] += f" Done before: {', '.join(self.done)}."
        orphaned = self.orphaned()
        if orphaned is not None:
            gone = "is" if "delete" in self.done else "may be"
            result["msg"] += f" The old one {gone} gone; replacement holds the settings that the new one was to have."
            result["replacement"] = orphaned
        return result

    def orphaned(self) -> Optional[Dict[str, Any]]:
        """The settings of a new resource that is not there, if the old one was, or may have been, deleted for it."""
        half_done = "delete" in self.happened and "create" not in self.done and self.plan.after is not None
        return self.compared(self.plan.after) if half_done else None

    def look_again(self, surprise: DisError) -> Optional[Resource]:
        """The resource after a write whose outcome is not clear.

        :raises DisError: it cannot be read; the message says what is not known
        """
        try:
            return self.look()
        except DisError as err:
            if not surprise.outcome_unknown:
                raise
            raise LostAnswer(
                f"{surprise} Whether the {self.doubtful} was carried out is not known, for the {self} could not be read"
                f" afterwards: {err}",
                AGAIN,
            ) from None

    def make_plan(self, observed: Optional[Resource]) -> None:
        """Plan for what was just observed."""
        if not self.done and not self.lost:
            self.before = observed
        self.plan = self.decide(observed)
        self.warnings += [warning for warning in self.plan.warnings if warning not in self.warnings]

    def act(self) -> Optional[DisError]:
        """Send the actions of the plan; what makes another look necessary is returned.

        :raises DisError: a refusal that no look can mend
        """
        for action in self.plan.actions:
            self.prepare(action)
            if action.verb == "delete" and self.plan.after is not None:
                _cancellation.active().begin_replacement()
            try:
                action.send(self.api)
            except DisError as err:
                if err.outcome_unknown:
                    self.lost.add(action.verb)
                elif not self.may_look_again(action.verb, err):
                    raise
                if action.verb in self.lost:
                    self.doubtful = action.verb
                return err
            except BaseException:  # also what a handler raises that is not ours
                self.doubtful = action.verb
                raise
            self.done.append(action.verb)
        return None

    def must_wait(self, observed: Optional[Resource]) -> bool:
        """Whether a resource that needs no action is still waited for."""
        return observed is not None and self.waiting.wait and self.waits_without_acting(observed)

    def settle(self) -> Optional[Resource]:
        """The resource as it is now, after waiting for what was planned.

        :raises DisError: what was planned did not come about
        """
        observed = self.plan.before
        if self.plan.after is None:
            if (self.done and self.waiting.wait) or self.must_wait(observed):
                gone = {True: Verdict.REACHED, False: Verdict.NOT_YET}
                self.waiting.until(self.look, lambda seen: gone[seen is None], self.not_reached)
            return None
        if not self.done and not self.must_wait(observed):
            return observed
        seen = self.waiting.until(self.look, self.judge, self.not_reached, None if self.done else observed)
        if seen is None and "create" in self.done and not self.waiting.wait:
            self.warnings.append(f"The {self} was created, but the service does not show it yet.")
            return self.plan.after
        if seen is None:
            raise self.not_reached(seen, 0.0)
        self.read_back(seen)
        return seen

    def result(self, verbs: Tuple[str, ...], seen: Optional[Resource]) -> Dict[str, Any]:
        """What a module returns when all went well."""
        unverified = self.unverified(seen) if self.done and seen is not None else self.plan.unverified
        return {
            "changed": bool(verbs),
            "actions": list(verbs),
            "unverified": list(unverified),
            self.key: self.shown(seen),
            "diff": self.difference(),
            "warnings": self.warnings,
        }

    def difference(self) -> Dict[str, Any]:
        """What the run found and what it planned, as Ansible shows a diff."""
        shown = diff(self.compared(self.before), self.compared(self.plan.after))
        if {"delete", "create"} <= {*self.done, *self.plan.verbs}:
            shown.update(before_header=f"{self} (deleted)", after_header=f"{self} (created in its place)")
        return shown
