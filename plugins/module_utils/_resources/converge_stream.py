# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing one stream to what is wished. Private to otc.dis."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Optional, Tuple

from .._core.errors import (
    STREAM_EXISTS,
    STREAM_NOT_RUNNING,
    TAGGED_STREAM_MISSING,
    ApiError,
    DisError,
    plain,
    told_apart,
)
from .._core.memory import STREAMS
from .._core.plan import Plan, Verdict, WaitError, Waiting
from .._core.reconcile import Converge, NotApplied
from .client_streams import StreamClient
from .stream import (
    CREATING,
    FROZEN,
    PARTITION_COUNT,
    PRICE,
    RUNNING,
    TERMINATED,
    UPDATED,
    Stream,
    Wish,
    compared,
    differing,
    plan,
    shown,
    untold,
)

SCALE = "update_partition_count"
TAGGING = frozenset({"tag", "untag"})
UPDATING = frozenset({"update", "update_auto_scaling"})


class ConvergeStream(Converge[Stream]):
    """One run for one stream."""

    key = "stream"

    def __init__(self, api: StreamClient, wish: Wish, on_drift: str, waiting: Waiting) -> None:
        super().__init__(api, waiting)
        self.api: StreamClient = api
        self.wish, self.asked, self.on_drift = wish, wish, on_drift

    def __str__(self) -> str:
        return str(self.wish)

    def look(self) -> Optional[Stream]:
        try:
            stream = self.api.describe_stream(self.wish.stream_name)
        except ApiError as err:
            if err.means_stream_absent or err.is_bare_404:
                return None
            raise
        if stream.status == TERMINATED or self.would_be_deleted():
            return None
        if self.wish.tags is not None and stream.tags is None and not stream.dying:
            return replace(stream, tags=self.api.list_stream_tags(stream.stream_name, stream.stream_id))
        return stream

    def would_be_deleted(self) -> bool:
        """Whether the stream is to be there, but an earlier task of a run in check mode would have deleted it.

        Where it is to be absent, what the service lists counts: the role dli_transfer previews its own deletions.
        """
        return self.wish.state == "present" and self.api.memory.planned(STREAMS).get(self.wish.stream_name) is False

    def remember(self) -> None:
        self.api.memory.plan(STREAMS, self.wish.stream_name, self.will_exist)

    def decide(self, observed: Optional[Stream]) -> Plan[Stream]:
        return plan(self.wish, observed, self.on_drift)

    def prepare(self, action: Any) -> None:
        """Keep the settings of a stream that makes room for another one, and let its name become free."""
        old = self.plan.before
        if old is None or self.plan.after is None:
            return
        if action.verb == "delete":
            self.wish = self.wish.over(old)
        if action.verb == "create":
            self.until_replaceable(old)

    def until_replaceable(self, old: Stream) -> None:
        """Wait until an old stream is gone, whatever the options say of waiting: only then can a new one have its name.

        :raises DisError: it is not gone in time
        """

        def judge(seen: Optional[Stream]) -> Verdict:
            return Verdict.REACHED if seen is None or seen.stream_id != old.stream_id else Verdict.NOT_YET

        def still_there(seen: Optional[Stream], elapsed: float) -> DisError:
            return WaitError(
                f"The {self.wish} is being deleted, but is still there ({seen.status if seen else 'gone'}) after"
                f" {elapsed:.0f} seconds; the new one was not created.",
                "Raise wait_timeout, and run again.",
            )

        self.waiting._replace(wait=True).until(self.look, judge, still_there)

    def may_look_again(self, verb: str, err: DisError) -> bool:
        if verb == "create" and err.code == STREAM_EXISTS:
            return True
        if not isinstance(err, ApiError) or verb == "create":
            return False
        if err.means_stream_absent or err.code == TAGGED_STREAM_MISSING:
            return True
        if verb == "delete" and err.is_bare_404:
            return True
        if verb == SCALE and verb in self.lost and err.code != STREAM_NOT_RUNNING and err.blames_the_request:
            return self.scaling_is_under_way()
        return self.stream_gets_ready(err)

    def scaling_is_under_way(self) -> bool:
        """Whether a change whose answer was lost comes about: while it does, the service refuses another one.

        :raises DisError: it did not come about in time
        """
        self.doubtful = SCALE
        seen = self.waiting.until(self.look, self.judge_scaling, self.not_reached)
        return self.judge_scaling(seen) is Verdict.REACHED

    def stream_gets_ready(self, err: ApiError) -> bool:
        """Whether a refusal is due to a stream that is still being created; waits for it.

        :raises DisError: it did not get ready in time
        """
        if err.code != STREAM_NOT_RUNNING:
            return False
        seen = self.look()
        status = seen.status if seen else "gone"
        if status != CREATING or not self.waiting.wait:
            err.hint = f"The {self.wish} is {status}. {err.hint}"
            return seen is None or seen.dying

        def judge(seen: Optional[Stream]) -> Verdict:
            return Verdict.NOT_YET if seen is not None and seen.status == CREATING else Verdict.REACHED

        self.waiting.until(self.look, judge, self.not_reached, seen)
        return True

    def waits_without_acting(self, observed: Stream) -> bool:
        if self.wish.state == "absent":
            return observed.dying
        wished = self.wish.given.get(PARTITION_COUNT)
        return observed.status == CREATING or (observed.scales_now and observed.settings[PARTITION_COUNT] == wished)

    def judge(self, seen: Optional[Stream]) -> Verdict:
        after = self.plan.after
        if after is None:
            return Verdict.REACHED if seen is None else Verdict.NOT_YET
        if seen is None:
            return Verdict.SUSPECT
        if seen.dying:
            return Verdict.LOST
        if after.status == RUNNING and seen.status != RUNNING:
            return Verdict.LOST if seen.status == FROZEN else Verdict.NOT_YET
        before = self.plan.before
        if SCALE in self.done or (not self.done and before is not None and before.scales_now):
            verdict = self.judge_scaling(seen)
            if verdict is not Verdict.REACHED:
                return verdict
        return Verdict.SUSPECT if self.not_applied(seen) else Verdict.REACHED

    def judge_scaling(self, seen: Optional[Stream]) -> Verdict:
        """Whether the stream has as many partitions as planned, or will not get them."""
        target = self.plan.after.settings.get(PARTITION_COUNT) if self.plan.after else None
        if seen is None or target is None or seen.writable == target:
            return Verdict.REACHED
        return Verdict.LOST if self.failed_scaling(seen) else Verdict.NOT_YET

    def failed_scaling(self, seen: Stream) -> Optional[Dict[str, Any]]:
        """The record of a change of the partition count that failed in this run, if that is the newest one."""
        known = self.plan.before.facts.get("update_partition_counts") if self.plan.before else None
        fresh = [one for one in seen.facts.get("update_partition_counts") or () if one not in (known or ())]
        newest: Dict[str, Any] = max(fresh, key=lambda one: one["create_timestamp"] or 0, default={})
        target = self.plan.after.settings.get(PARTITION_COUNT) if self.plan.after else None
        failed = newest.get("result_code") == 0 and newest.get("target_partition_count") in (None, target)
        return newest if failed else None

    def not_applied(self, seen: Stream) -> List[str]:
        """What was written in this run and is not there, each with both values."""
        after = self.plan.after
        if after is None:
            return []
        names = []
        if UPDATING.intersection(self.done):
            names = [name for name in differing(after.settings, seen.settings) if name in UPDATED]
        told = told_apart(names, after.settings, seen.settings)
        return told + (self.tags_told_apart(seen) if TAGGING.intersection(self.done) else [])

    def tags_told_apart(self, seen: Stream) -> List[str]:
        """The tags with both values, if they are not as wished."""
        wished = self.wish.tags_over(seen)
        if seen.tags is None or wished == seen.tags:
            return []
        return [f"tags is {dict(seen.tags)!r} and should be {dict(wished or {})!r}"]

    def read_back(self, seen: Stream) -> None:
        after = self.plan.after
        if UPDATING.intersection(self.done) and self.not_applied(seen):
            raise self.not_reached(seen, 0.0)
        if after is None or "create" not in self.done:
            return
        told = told_apart(differing(after.settings, seen.settings), after.settings, seen.settings)
        told += self.tags_told_apart(seen)
        if told and (seen.status == RUNNING or self.waiting.wait):
            self.warnings.append(
                f"The {self.wish} was created, but the service reports other settings than it was sent:"
                f" {', '.join(told)}."
            )

    def not_reached(self, seen: Optional[Stream], elapsed: float) -> DisError:
        after = self.plan.after
        if seen is None:
            accepted = f"The service accepted the {' and '.join(self.happened)}, but " if self.happened else ""
            return WaitError(
                f"{accepted}{elapsed:.0f} seconds later the {self.wish} is not there.",
                "Somebody else may have deleted it; run again.",
            )
        if after is None:
            return WaitError(
                f"The {self.wish} is being deleted, but is still there ({seen.status}) after {elapsed:.0f} seconds.",
                "Raise wait_timeout, or run again; somebody else may have created it anew.",
            )
        failed = self.failed_scaling(seen)
        if failed and self.judge_scaling(seen) is Verdict.LOST:
            reason = f"; the reason it gives is: {plain(failed['result_msg'])}" if failed["result_msg"] else ""
            return NotApplied(
                f"The service could not change the partition count of the {self.wish} from {seen.writable} to"
                f" {after.settings[PARTITION_COUNT]}{reason.rstrip('.')}.",
                "Look at the quota of partitions, and at the scaling log of the stream on the console.",
            )
        if after.status == RUNNING and seen.status != RUNNING:
            return WaitError(
                f"The {self.wish} is {seen.status} after {elapsed:.0f} seconds, not {RUNNING}.",
                "Raise wait_timeout, or look at the stream on the console of DIS.",
            )
        told = self.not_applied(seen)
        if told:
            return NotApplied(
                f"The service accepted the change of the {self.wish}, but still reports other settings:"
                f" {', '.join(told)}.",
                "If it stays so, this region does not apply such changes; on_drift: recreate would delete the stream"
                f" and create it anew. {PRICE}",
            )
        return WaitError(
            f"The {self.wish} takes records in {seen.writable} partitions after {elapsed:.0f} seconds, not in"
            f" {after.settings.get(PARTITION_COUNT)}.",
            "Raise wait_timeout, or run again.",
        )

    def shown(self, resource: Optional[Stream]) -> Any:
        return shown(resource)

    def compared(self, resource: Optional[Stream]) -> Optional[Dict[str, Any]]:
        return compared(resource)

    def unverified(self, seen: Stream) -> Tuple[str, ...]:
        return untold(self.asked, seen)
