# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing one transfer task to what is wished. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

from .._core.errors import (
    STREAM_NOT_RUNNING,
    TASK_EXISTS,
    TASKS_FULL,
    ApiError,
    DisError,
    listed,
    told_apart,
)
from .._core.memory import STREAMS, tasks_of
from .._core.plan import Plan, Verdict, WaitError, Waiting
from .._core.reconcile import Converge, NotApplied
from .transfer_task import (
    ABNORMAL,
    ACTIVE,
    ERROR,
    LOST,
    PAUSED,
    RUNNING,
    UPDATE_TASK,
    TransferTask,
    Wish,
    compared,
    plan,
    quota_of,
    rank,
    read_transfer_tasks,
    shown,
    too_many,
    trouble_hint,
)
from .transfer_task_calls import TransferTaskClient

CHECK_MODE_HINT = (
    "In check mode, a stream counts as existing if an earlier task of the same run would create it and both tasks run"
    " on the controller."
)


class ConvergeTransferTask(Converge[TransferTask]):
    """One run for one transfer task."""

    key = "transfer_task"

    def __init__(self, api: TransferTaskClient, wish: Wish, on_drift: str, waiting: Waiting) -> None:
        super().__init__(api, waiting)
        self.api: TransferTaskClient = api
        self.wish, self.on_drift = wish, on_drift

    def __str__(self) -> str:
        return str(self.wish)

    def look(self) -> Optional[TransferTask]:
        try:
            return self.api.show_transfer_task(self.wish.stream_name, self.wish.task_name)
        except ApiError as err:
            if err.means_task_absent or (err.means_stream_absent and (self.wish.state == "absent" or self.assumed)):
                return None
            if err.means_stream_absent and self.api.memory.check_mode:
                err.hint = f"{err.hint} {CHECK_MODE_HINT}"
            raise

    @property
    def assumed(self) -> bool:
        """Whether an earlier task of this run in check mode would have created the stream."""
        return self.api.memory.planned(STREAMS).get(self.wish.stream_name) is True

    def check_prediction(self) -> None:
        """Hold a creation against the number of tasks that the stream may hold.

        :raises TooMany: it holds as many already
        """
        if rank(self.plan) != 2:
            return
        answer: Mapping[str, Any] = {}
        if not self.assumed:
            try:
                answer = self.api.list_transfer_tasks(self.wish.stream_name)
            except DisError:
                return  # what is not known is left to the service
        present = {task.task_name for task in read_transfer_tasks(self.wish.stream_name, answer)}
        for name, exists in self.api.memory.planned(tasks_of(self.wish.stream_name)).items():
            present = present | {name} if exists else present - {name}
        refusal = too_many(self.wish.stream_name, len(present), [self.plan], quota_of(answer))
        if refusal is not None:
            raise refusal

    def remember(self) -> None:
        wish = self.wish
        self.api.memory.plan(tasks_of(wish.stream_name), wish.task_name, self.will_exist)

    def foresee(self) -> Dict[str, Any]:
        if "update" in self.plan.verbs and self.api.memory.is_unsupported(UPDATE_TASK):
            self.warnings.append(
                f"An earlier task of this run found that this region does not offer updates: the {self.wish} would not"
                " be changed. Use on_drift: recreate, at the price that its documentation names."
            )
        return super().foresee()

    def decide(self, observed: Optional[TransferTask]) -> Plan[TransferTask]:
        return plan(self.wish, observed, self.on_drift)

    def prepare(self, action: Any) -> None:
        """From a delete that makes room for a new task on, the settings of the old one live in the wish alone."""
        old = self.plan.before
        replaces = action.verb == "delete" and self.plan.after is not None
        if replaces and old is not None and old.kind == self.wish.destination.kind:
            self.wish = self.wish.over(old)

    def may_look_again(self, verb: str, err: DisError) -> bool:
        if verb == "create" and err.code == TASK_EXISTS:
            return True
        if verb == "create" and err.code == TASKS_FULL and "delete" in self.done:
            return True  # the service may count the old one for a while yet
        if not isinstance(err, ApiError):
            return False
        gone = verb != "create" and (err.means_task_absent or err.means_stream_absent)
        return gone or self.stream_gets_ready(err)

    def stream_gets_ready(self, err: ApiError) -> bool:
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

    def waits_without_acting(self, observed: TransferTask) -> bool:
        return self.wish.state == "started"

    def differing(self, seen: TransferTask) -> List[str]:
        """Settings that are not as planned, if this run wrote any."""
        after = self.plan.after
        wrote = "create" in self.done or "update" in self.done
        return self.wish.destination.differing(after.settings, seen.settings) if after and wrote else []

    def judge(self, seen: Optional[TransferTask]) -> Verdict:
        after = self.plan.after
        if seen is None or after is None or ("update" in self.done and self.differing(seen)):
            return Verdict.SUSPECT
        goal = RUNNING if after.state in ACTIVE or self.wish.state == "started" else after.state
        if goal not in (RUNNING, PAUSED) or seen.state == goal:
            return Verdict.REACHED
        if goal == RUNNING and seen.state == ERROR:
            return Verdict.LOST
        return Verdict.SUSPECT if goal == RUNNING and seen.state == ABNORMAL else Verdict.NOT_YET

    def read_back(self, seen: TransferTask) -> None:
        differing = self.differing(seen)
        if differing and "update" in self.done:
            raise self.not_reached(seen, 0.0)
        after, names = self.plan.after, self.wish.destination.unknown_names
        if after is not None and "update" in self.done:
            lost = [name for name in names(after.unknown) if name not in names(seen.unknown)]
            if lost:
                self.warnings.append(LOST.format(self.wish, listed(lost)))
        if differing and self.plan.after is not None:
            told = ", ".join(told_apart(differing, self.plan.after.settings, seen.settings))
            self.warnings.append(
                f"The {self.wish} was created, but the service reports other settings than it was sent: {told}."
            )

    def not_reached(self, seen: Optional[TransferTask], elapsed: float) -> DisError:
        after = self.plan.after
        if seen is None:
            return WaitError(
                f"The service accepted the {' and '.join(self.done)}, but {elapsed:.0f} seconds later the {self.wish}"
                " is not there.",
                "Somebody else may have deleted it; run again.",
            )
        if after is None:
            return WaitError(
                f"The {self.wish} was deleted, but is still there ({seen.state}) after {elapsed:.0f} seconds.",
                "Run again; it may have been created anew by somebody else.",
            )
        differing = self.differing(seen) if "update" in self.done else []
        if differing:
            told = ", ".join(told_apart(differing, after.settings, seen.settings))
            return NotApplied(
                f"The service accepted the update of the {self.wish}, but still reports other settings: {told}.",
                "If it stays so, this region does not apply updates: use on_drift: recreate, at the price that its"
                " documentation names.",
            )
        goal = PAUSED if after.state == PAUSED else RUNNING
        return WaitError(
            f"The {self.wish} is {seen.state}"
            + (f" after {elapsed:.0f} seconds" if elapsed else "")
            + f", not {goal}.",
            trouble_hint(seen.state) or "Raise wait_timeout, or look at the task on the console of DIS.",
        )

    def shown(self, resource: Optional[TransferTask]) -> Any:
        return shown(resource)

    def compared(self, resource: Optional[TransferTask]) -> Optional[Dict[str, Any]]:
        return compared(resource)

    def unverified(self, seen: TransferTask) -> Tuple[str, ...]:
        return tuple(name for name in self.wish.given if name not in {*seen.settings, *self.wish.forced})
