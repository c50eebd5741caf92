# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing one transfer task to what is wished, truthfully. Private to otc.dis.

The plan decides; this carries it out, and whenever the world turns out to be another one (an answer was lost, somebody
else was faster), looks and plans again instead of guessing. Knows neither Ansible nor HTTP.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Optional, Set, Tuple

from ansible_collections.otc.dis.plugins.module_utils._client import DisClient
from ansible_collections.otc.dis.plugins.module_utils._errors import (
    STREAM_NOT_RUNNING,
    TASK_EXISTS,
    ApiError,
    DisError,
)
from ansible_collections.otc.dis.plugins.module_utils._plan import Plan, diff
from ansible_collections.otc.dis.plugins.module_utils._transfer_task import (
    ABNORMAL,
    ACTIVE,
    ERROR,
    PAUSED,
    RUNNING,
    TransferTask,
    Wish,
    compared,
    plan,
    shown,
    told_apart,
    trouble_hint,
)
from ansible_collections.otc.dis.plugins.module_utils._wait import Verdict, WaitError, Waiting

AGAIN = "Run again as soon as the service answers: a second run finds out and does what is left."
MOST_ROUNDS = 8
"""How often a run plans at the most before it gives up on a world that does not hold still."""


class NotApplied(DisError):
    """The service accepted a change and did not make it."""


class Converge:
    """One run for one task; what has happened so far stays readable when it fails.

    :ivar done: verbs of the writes that were carried out, or whose effect is there after their answer was lost
    :ivar doubtful: verb of a write whose outcome is not known and has not been looked up yet
    :ivar lost: verbs of all writes whose answer was lost in this run
    :ivar warnings: what the user should know
    """

    def __init__(self, api: DisClient, wish: Wish, on_drift: str, waiting: Waiting) -> None:
        self.api, self.wish, self.on_drift, self.waiting = api, wish, on_drift, waiting
        self.done: List[str] = []
        self.doubtful: Optional[str] = None
        self.lost: Set[str] = set()
        self.warnings: List[str] = []
        self.plan: Plan[TransferTask] = Plan((), None, None)
        self.before: Optional[TransferTask] = None

    def predict(self) -> Dict[str, Any]:
        """Look and plan: what :meth:`carry_out` would do and return.

        :raises DisError: as :meth:`carry_out` would, as far as that can be known by looking
        """
        self.make_plan(self.look())
        observed = self.plan.before
        waits = self.wish.state == "started" and self.waiting.wait
        if observed is not None and waits and not self.plan.actions and self.judge(observed) is Verdict.LOST:
            raise self.not_reached(observed, 0.0)
        return self.result(self.plan.verbs, self.plan.after)

    def carry_out(self) -> Dict[str, Any]:
        """Look, plan, act and read back.

        :raises DisError: with what was done until then in :attr:`done`
        """
        self.make_plan(self.look())
        for turn in range(1, MOST_ROUNDS + 1):
            surprise = self.act()
            if surprise is None:
                break
            observed = self.look_again(surprise)
            doubtful, self.doubtful = self.doubtful, None
            self.make_plan(observed)
            if doubtful is not None and doubtful not in self.plan.verbs:
                self.done.append(doubtful)  # it is as wished, and that may well be our doing
            if self.plan.actions and (turn == MOST_ROUNDS or not self.api.patience.allows(turn)):
                if surprise.outcome_unknown:
                    self.doubtful = doubtful
                    surprise.add(
                        f"A look afterwards did not find the {doubtful} done, but it may still come about.", AGAIN
                    )
                raise surprise
        return self.result(tuple(self.done), self.settle())

    # --- looking and planning ---

    def look(self) -> Optional[TransferTask]:
        """The task as it is; None if it is absent."""
        try:
            return self.api.show_transfer_task(self.wish.stream_name, self.wish.task_name)
        except ApiError as err:
            if err.means_task_absent or (err.means_stream_absent and self.wish.state == "absent"):
                return None
            raise

    def look_again(self, surprise: DisError) -> Optional[TransferTask]:
        """The task after a write whose outcome is not clear.

        :raises DisError: it cannot be read; the message says what is not known
        """
        try:
            return self.look()
        except DisError as err:
            if not surprise.outcome_unknown:
                raise
            raise DisError(
                f"{surprise} Whether the {self.doubtful} was carried out is not known, for the {self.wish} could not be"
                f" read afterwards: {err}",
                AGAIN,
            ) from None

    def make_plan(self, observed: Optional[TransferTask]) -> None:
        """Plan for what was just observed."""
        if not self.done and not self.lost:
            self.before = observed
        self.plan = plan(self.wish, observed, self.on_drift)
        self.warnings += [warning for warning in self.plan.warnings if warning not in self.warnings]

    # --- acting ---

    def act(self) -> Optional[DisError]:
        """Send the actions of the plan; what makes another look necessary is returned.

        :raises DisError: a refusal that no look can mend
        """
        for action in self.plan.actions:
            old = self.plan.before
            replaces = action.verb == "delete" and self.plan.after is not None
            if replaces and old is not None and old.kind == self.wish.destination.kind:
                self.wish = self.wish.over(old)  # from here on the old settings live in the wish alone
            try:
                action.send(self.api)
            except DisError as err:
                if err.outcome_unknown:
                    self.lost.add(action.verb)
                elif not self.world_has_changed(action.verb, err) and not self.stream_gets_ready(err):
                    raise
                if action.verb in self.lost:
                    self.doubtful = action.verb
                return err
            self.done.append(action.verb)
        return None

    @property
    def happened(self) -> List[str]:
        """Verbs of the writes that were carried out, or may have been."""
        return self.done + ([self.doubtful] if self.doubtful else [])

    @staticmethod
    def world_has_changed(verb: str, err: DisError) -> bool:
        """Whether a refusal says that somebody else was faster."""
        if verb == "create":
            return err.code == TASK_EXISTS
        return isinstance(err, ApiError) and (err.means_task_absent or err.means_stream_absent)

    def stream_gets_ready(self, err: DisError) -> bool:
        """Whether a refusal is due to a stream that is still being created; waits for it.

        :raises DisError: it did not get ready in time
        """
        if err.code != STREAM_NOT_RUNNING or not self.waiting.wait:
            return False

        def not_ready(stream: Dict[str, Any], elapsed: float) -> DisError:
            return WaitError(f'Stream "{self.wish.stream_name}" is {stream.get("status")} after {elapsed:.0f} seconds.')

        def judge(stream: Dict[str, Any]) -> Verdict:
            return {"RUNNING": Verdict.REACHED, "CREATING": Verdict.NOT_YET}.get(
                str(stream.get("status")), Verdict.LOST
            )

        stream = self.api.show_stream(self.wish.stream_name)
        if stream.get("status") != "CREATING":
            err.hint = f'Stream "{self.wish.stream_name}" is {stream.get("status")}. {err.hint}'
            return False
        self.waiting.until(lambda: self.api.show_stream(self.wish.stream_name), judge, not_ready, stream)
        return True

    # --- reading back ---

    def settle(self) -> Optional[TransferTask]:
        """The task as it is now, after waiting for what was planned.

        :raises DisError: what was planned did not come about
        """
        after = self.plan.after
        if after is None:
            if self.done and self.waiting.wait:
                self.waiting.until(self.look, lambda seen: Verdict.NOT_YET if seen else Verdict.REACHED, self.not_gone)
            return None
        observed = self.plan.before
        if not self.done and (self.wish.state in ("present", "stopped") or not self.waiting.wait):
            return observed
        seen = self.waiting.until(self.look, self.judge, self.not_reached, None if self.done else observed)
        if seen is None or ("update" in self.done and self.differing(seen)):
            raise self.not_reached(seen, 0.0)
        differing = self.differing(seen)
        if differing:
            self.warnings.append(
                f"The {self.wish} was created, but the service reports other settings than it was sent:"
                f" {told_apart(differing, replace(self.wish, given=after.settings), seen)}."
            )
        return seen

    def differing(self, seen: TransferTask) -> List[str]:
        """Settings that are not as planned, if this run wrote any."""
        after = self.plan.after
        wrote = "create" in self.done or "update" in self.done
        return self.wish.destination.differing(after.settings, seen.settings) if after and wrote else []

    def judge(self, seen: Optional[TransferTask]) -> Verdict:
        """How a look compares with what was planned."""
        after = self.plan.after
        if seen is None or after is None:
            return Verdict.SUSPECT
        if "update" in self.done and self.differing(seen):
            return Verdict.SUSPECT
        goal = RUNNING if after.state in ACTIVE or self.wish.state == "started" else after.state
        if goal not in (RUNNING, PAUSED) or seen.state == goal:
            return Verdict.REACHED
        if goal == RUNNING and seen.state == ERROR:
            return Verdict.LOST
        return Verdict.SUSPECT if goal == RUNNING and seen.state == ABNORMAL else Verdict.NOT_YET

    def not_reached(self, seen: Optional[TransferTask], elapsed: float) -> DisError:
        """The error for a goal that was missed."""
        after = self.plan.after
        if seen is None:
            return WaitError(
                f"The service accepted the {' and '.join(self.done)}, but {elapsed:.0f} seconds later the"
                f" {self.wish} is not"
                " there.",
                "Somebody else may have deleted it; run again.",
            )
        differing = self.differing(seen) if "update" in self.done else []
        if differing and after is not None:
            told = told_apart(differing, replace(self.wish, given=after.settings), seen)
            return NotApplied(
                f"The service accepted the update of the {self.wish}, but still reports other settings: {told}.",
                "If it stays so, this region does not apply updates: use on_drift: recreate, at the price that its"
                " documentation names.",
            )
        goal = PAUSED if after is not None and after.state == PAUSED else RUNNING
        return WaitError(
            f"The {self.wish} is {seen.state}"
            + (f" after {elapsed:.0f} seconds" if elapsed else "")
            + f", not {goal}.",
            trouble_hint(seen.state) or "Raise wait_timeout, or look at the task on the console of DIS.",
        )

    def not_gone(self, seen: Optional[TransferTask], elapsed: float) -> DisError:
        """The error for a task that stays."""
        return WaitError(
            f"The {self.wish} was deleted, but is still there ({seen.state if seen else None}) after"
            f" {elapsed:.0f} seconds.",
            "Run again; it may have been created anew by somebody else.",
        )

    # --- reporting ---

    def result(self, verbs: Tuple[str, ...], task: Optional[TransferTask]) -> Dict[str, Any]:
        """What a module returns when all went well."""
        unverified = self.plan.unverified
        if self.done and task is not None:
            unverified = tuple(name for name in self.wish.given if name not in task.settings)
        return {
            "changed": bool(verbs),
            "actions": list(verbs),
            "unverified": list(unverified),
            "transfer_task": shown(task),
            "diff": diff(compared(self.before), compared(self.plan.after)),
            "warnings": self.warnings,
        }
