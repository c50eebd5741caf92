# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource of streams: from its options to one run. Private to otc.dis."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Dict, List, Mapping, Optional, Tuple

from .._core.errors import (
    STREAM_EXISTS,
    STREAM_NOT_RUNNING,
    TAGGED_STREAM_MISSING,
    ApiError,
    DisError,
    UnexpectedResponse,
    describe_differences,
    sanitize,
)
from .._core.paging import PAGE_SIZE, paginate
from .._core.plan import WAIT, Plan, Spec, WaitError, WaitStatus, wait_from
from .._core.reconcile import NotApplied, Progress, Reconciler, Target
from .._core.schema import option
from .base import STREAMS, Calls, canonical_partition_id, partition_total
from .stream import (
    AUTO_SCALE,
    BOUNDS,
    CREATING,
    FIELDS,
    FROZEN,
    PARTITION_COUNT,
    RECREATE_WARNING,
    RUNNING,
    TERMINATED,
    UPDATED,
    DesiredStream,
    Stream,
    desired_from,
    differing,
    plan,
    raise_if_invalid,
    read_stream,
    read_tags,
    to_diff,
    to_result,
    unreported,
)

ALIASES = {"data_duration": ["retention_period"]}


PARTITIONS = 1000
"""Partitions of a page: the most that can be asked for."""


class StreamClient(Calls):
    """Streams and their tags."""

    def create_stream(self, stream: str, body: Dict[str, Any]) -> None:
        """``POST /streams``; nothing comes back."""
        self.send(f"create {describe(stream)}", "POST", "/streams", body)

    def list_streams(self, start: Optional[str] = None) -> Dict[str, Any]:
        """``GET /streams``: one page, with the names behind *start*."""
        response = self.read("list streams", "/streams", {"limit": PAGE_SIZE, "start_stream_name": start})
        if not isinstance(response.get("stream_info_list"), list):
            raise UnexpectedResponse(
                "Cannot list streams: the answer holds no list of them.",
                "Check endpoint_override, and proxies on the way.",
            )
        return response

    def delete_stream(self, stream: str) -> None:
        """``DELETE /streams/{stream_name}``."""
        self.send(f"delete {describe(stream)}", "DELETE", f"/streams/{stream}")

    def change_partition_count(self, stream: str, target: int) -> None:
        """``PUT /streams/{stream_name}``; what comes back may still be the old number."""
        body = {"stream_name": stream, "target_partition_count": target}
        self.send(f"change the partition count of {describe(stream)} to {target}", "PUT", f"/streams/{stream}", body)

    def update_stream(self, stream: str, body: Dict[str, Any]) -> None:
        """``PUT /v3/{project_id}/streams/{stream_name}``."""
        self.send(f"update {describe(stream)}", "PUT", f"/streams/{stream}", body, version="v3")

    def update_auto_scaling(self, stream: str, body: Dict[str, Any]) -> None:
        """``PUT /streams/{stream_name}/update``, with ``update_type`` in the body."""
        self.send(f"update automatic scaling of {describe(stream)}", "PUT", f"/streams/{stream}/update", body)

    def list_stream_tags(self, stream: str, stream_id: Optional[str]) -> Dict[str, str]:
        """``GET /stream/{stream_id}/tags``; the path has no plural and wants the id."""
        path = tag_path(stream, stream_id)
        return read_tags(self.read(f"list the tags of {describe(stream)}", path).get("tags"))

    def act_on_stream_tags(
        self, stream: str, stream_id: Optional[str], action: str, tags: List[Dict[str, str]]
    ) -> None:
        """``POST /stream/{stream_id}/tags/action``: *action* is ``create`` or ``delete``; twice is harmless."""
        path = f"{tag_path(stream, stream_id)}/action"
        self.send(f"{action} tags of {describe(stream)}", "POST", path, {"action": action, "tags": tags})

    # --- what takes more than one request ---

    def describe_stream(self, stream: str) -> Stream:
        """A stream with all its partitions, however many pages they take."""
        first: Dict[str, Any] = {}

        def page(start: Optional[str]) -> Mapping[str, Any]:
            response = self.show_stream(stream, None if start is None else canonical_partition_id(start), PARTITIONS)
            first.update(first or response)
            return response

        flags, again = ("has_more_partitions",), self.retry_budget.allows
        seconds = self.timeout
        partitions = paginate(
            page,
            "partitions",
            "partition_id",
            flags,
            None,
            True,
            api_timeout=seconds,
            again=again,
            total=partition_total,
        )
        differences = {"partitions": partitions} if "partitions" in first else {}
        return read_stream(stream, {**first, **differences})

    def every_stream(self) -> List[Stream]:
        """All streams of the project, as far as lists tell of them."""
        flags, again = ("has_more_streams",), self.retry_budget.allows
        items, seconds = "stream_info_list", self.timeout
        entries = paginate(self.list_streams, items, "stream_name", flags, api_timeout=seconds, again=again)
        return [read_stream(str(entry["stream_name"]), entry, complete=False) for entry in entries]


def describe(stream: str) -> str:
    """A stream in words."""
    return f'stream "{stream}"'


def tag_path(stream: str, stream_id: Optional[str]) -> str:
    """Where the tags of a stream are.

    :raises UnexpectedResponse: the service did not tell an id that can be used
    """
    if stream_id is None or not re.match(r"[A-Za-z0-9_-]{1,64}\Z", stream_id):
        raise UnexpectedResponse(
            f"The service does not tell the id of {describe(stream)}, and calls about tags need it."
        )
    return f"/stream/{stream_id}/tags"


SCALE = "update_partition_count"
TAGGING = frozenset({"tag", "untag"})
UPDATING = frozenset({"update", "update_auto_scaling"})


class StreamTarget(Target[Stream]):
    """One run for one stream."""

    def __init__(self, api: StreamClient, desired: DesiredStream, on_drift: str, run: Progress[Stream]) -> None:
        self.api, self.run = api, run
        self.desired, self.requested, self.on_drift = desired, desired, on_drift

    def __str__(self) -> str:
        return str(self.desired)

    def read(self) -> Optional[Stream]:
        try:
            stream = self.api.describe_stream(self.desired.stream_name)
        except ApiError as err:
            if err.means_stream_absent or err.is_bare_404:
                return None
            raise
        if stream.status == TERMINATED or self.is_planned_deletion():
            return None
        if self.desired.tags is not None and stream.tags is None and not stream.is_deleting:
            return replace(stream, tags=self.api.list_stream_tags(stream.stream_name, stream.stream_id))
        return stream

    def is_planned_deletion(self) -> bool:
        """Whether the stream is to be there, but an earlier task of a run in check mode would have deleted it.

        Where it is to be absent, what the service lists counts: the role dli_transfer previews its own deletions.
        """
        return (
            self.desired.state == "present" and self.api.memory.planned(STREAMS).get(self.desired.stream_name) is False
        )

    def note_plan(self) -> None:
        self.api.memory.plan(STREAMS, self.desired.stream_name, self.run.will_exist)

    def plan(self, observed: Optional[Stream]) -> Plan[Stream]:
        return plan(self.desired, observed, self.on_drift)

    def before_action(self, action: Any) -> None:
        """Keep the settings of a stream that makes room for another one, and let its name become free."""
        old = self.run.plan.before
        if old is None or self.run.plan.after is None:
            return
        if action.verb == "delete":
            self.desired = self.desired.merged_with(old)
        if action.verb == "create":
            self.wait_until_replaceable(old)

    def wait_until_replaceable(self, old: Stream) -> None:
        """Wait until an old stream is gone, whatever the options say of waiting: only then can a new one have its name.

        :raises DisError: it is not gone in time
        """

        def judge(observed: Optional[Stream]) -> WaitStatus:
            return WaitStatus.READY if observed is None or observed.stream_id != old.stream_id else WaitStatus.PENDING

        def still_there(observed: Optional[Stream], elapsed: float) -> DisError:
            return WaitError(
                f"The {self.desired} is being deleted, but still exists"
                f" ({observed.status if observed else 'gone'}) after"
                f" {elapsed:.0f} seconds; the new one was not created.",
                "Raise wait_timeout, and run again.",
            )

        self.run.wait._replace(wait=True).until(self.read, judge, still_there)

    def is_conflict(self, verb: str, err: DisError) -> bool:
        if verb == "create" and err.code == STREAM_EXISTS:
            return True
        if not isinstance(err, ApiError) or verb == "create":
            return False
        if err.means_stream_absent or err.code == TAGGED_STREAM_MISSING:
            return True
        if verb == "delete" and err.is_bare_404:
            return True
        if verb == SCALE and verb in self.run.lost and err.code != STREAM_NOT_RUNNING and err.is_request_error:
            return self.wait_for_scaling()
        return self.wait_for_stream(err)

    def wait_for_scaling(self) -> bool:
        """Whether a change whose answer was lost comes about: while it does, the service refuses another one.

        :raises DisError: it did not come about in time
        """
        self.run.unconfirmed = SCALE
        observed = self.run.wait.until(self.read, self.scaling_status, self.timeout_error)
        return self.scaling_status(observed) is WaitStatus.READY

    def wait_for_stream(self, err: ApiError) -> bool:
        """Whether a refusal is due to a stream that is still being created; waits for it.

        :raises DisError: it did not get ready in time
        """
        if err.code != STREAM_NOT_RUNNING:
            return False
        observed = self.read()
        status = observed.status if observed else "gone"
        if status != CREATING or not self.run.wait.wait:
            err.hint = f"The {self.desired} is {status}. {err.hint}"
            return observed is None or observed.is_deleting

        def judge(observed: Optional[Stream]) -> WaitStatus:
            return WaitStatus.PENDING if observed is not None and observed.status == CREATING else WaitStatus.READY

        self.run.wait.until(self.read, judge, self.timeout_error, observed)
        return True

    def needs_wait(self, observed: Stream) -> bool:
        if self.desired.state == "absent":
            return observed.is_deleting
        expected = self.desired.specified.get(PARTITION_COUNT)
        return observed.status == CREATING or (observed.is_scaling and observed.settings[PARTITION_COUNT] == expected)

    def status(self, observed: Optional[Stream]) -> WaitStatus:
        after = self.run.plan.after
        if after is None:
            return WaitStatus.READY if observed is None else WaitStatus.PENDING
        if observed is None:
            return WaitStatus.DEGRADED
        if observed.is_deleting:
            return WaitStatus.FAILED
        if after.status == RUNNING and observed.status != RUNNING:
            return WaitStatus.FAILED if observed.status == FROZEN else WaitStatus.PENDING
        before = self.run.plan.before
        if SCALE in self.run.done or (not self.run.done and before is not None and before.is_scaling):
            verdict = self.scaling_status(observed)
            if verdict is not WaitStatus.READY:
                return verdict
        return WaitStatus.DEGRADED if self.not_applied(observed) else WaitStatus.READY

    def scaling_status(self, observed: Optional[Stream]) -> WaitStatus:
        """Whether the stream has as many partitions as planned, or will not get them."""
        target = self.run.plan.after.settings.get(PARTITION_COUNT) if self.run.plan.after else None
        if observed is None or target is None or observed.writable == target:
            return WaitStatus.READY
        return WaitStatus.FAILED if self.failed_scaling(observed) else WaitStatus.PENDING

    def failed_scaling(self, observed: Stream) -> Optional[Dict[str, Any]]:
        """The record of a change of the partition count that failed in this run, if that is the newest one."""
        known = self.run.plan.before.facts.get("update_partition_counts") if self.run.plan.before else None
        fresh = [one for one in observed.facts.get("update_partition_counts") or () if one not in (known or ())]
        newest: Dict[str, Any] = max(fresh, key=lambda one: one["create_timestamp"] or 0, default={})
        target = self.run.plan.after.settings.get(PARTITION_COUNT) if self.run.plan.after else None
        failed = newest.get("result_code") == 0 and newest.get("target_partition_count") in (None, target)
        return newest if failed else None

    def not_applied(self, observed: Stream) -> List[str]:
        """What was written in this run and is not there, each with both values."""
        after = self.run.plan.after
        if after is None:
            return []
        names = []
        if UPDATING.intersection(self.run.done):
            names = [name for name in differing(after.settings, observed.settings) if name in UPDATED]
        differences = describe_differences(names, after.settings, observed.settings)
        return differences + (self.describe_tag_differences(observed) if TAGGING.intersection(self.run.done) else [])

    def describe_tag_differences(self, observed: Stream) -> List[str]:
        """The tags with both values, if they are not as desired."""
        expected = self.desired.merge_tags(observed)
        if observed.tags is None or expected == observed.tags:
            return []
        return [f"tags is {dict(observed.tags)!r} and should be {dict(expected or {})!r}"]

    def verify(self, observed: Stream) -> None:
        after = self.run.plan.after
        if UPDATING.intersection(self.run.done) and self.not_applied(observed):
            raise self.timeout_error(observed, 0.0)
        if after is None or "create" not in self.run.done:
            return
        differences = describe_differences(
            differing(after.settings, observed.settings), after.settings, observed.settings
        )
        differences += self.describe_tag_differences(observed)
        if differences and (observed.status == RUNNING or self.run.wait.wait):
            self.run.warnings.append(
                f"The {self.desired} was created, but the service reports other settings than it was sent:"
                f" {', '.join(differences)}."
            )

    def timeout_error(self, observed: Optional[Stream], elapsed: float) -> DisError:
        after = self.run.plan.after
        if observed is None:
            accepted = f"The service accepted the {' and '.join(self.run.executed)}, but " if self.run.executed else ""
            return WaitError(
                f"{accepted}{elapsed:.0f} seconds later the {self.desired} is not there.",
                "Somebody else may have deleted it; run again.",
            )
        if after is None:
            return WaitError(
                f"The {self.desired} is being deleted, but still exists ({observed.status}) after"
                f" {elapsed:.0f} seconds.",
                "Raise wait_timeout, or run again; somebody else may have created it anew.",
            )
        failed = self.failed_scaling(observed)
        if failed and self.scaling_status(observed) is WaitStatus.FAILED:
            reason = f"; the reason it gives is: {sanitize(failed['result_msg'])}" if failed["result_msg"] else ""
            return NotApplied(
                f"The service could not change the partition count of the {self.desired} from {observed.writable} to"
                f" {after.settings[PARTITION_COUNT]}{reason.rstrip('.')}.",
                "Look at the quota of partitions, and at the scaling log of the stream on the console.",
            )
        if after.status == RUNNING and observed.status != RUNNING:
            return WaitError(
                f"The {self.desired} is {observed.status} after {elapsed:.0f} seconds, not {RUNNING}.",
                "Raise wait_timeout, or look at the stream on the console of DIS.",
            )
        differences = self.not_applied(observed)
        if differences:
            return NotApplied(
                f"The service accepted the change of the {self.desired}, but still reports other settings:"
                f" {', '.join(differences)}.",
                "If it stays so, this region does not apply such changes; on_drift: recreate would delete the stream"
                f" and create it anew. {RECREATE_WARNING}",
            )
        return WaitError(
            f"The {self.desired} takes records in {observed.writable} partitions after {elapsed:.0f} seconds, not in"
            f" {after.settings.get(PARTITION_COUNT)}.",
            "Raise wait_timeout, or run again.",
        )

    def to_result(self, resource: Optional[Stream]) -> Any:
        return to_result(resource)

    def to_diff(self, resource: Optional[Stream]) -> Optional[Dict[str, Any]]:
        return to_diff(resource)

    def unverified(self, observed: Stream) -> Tuple[str, ...]:
        return unreported(self.requested, observed)


def stream_options() -> Dict[str, Dict[str, Any]]:
    """The options of the module."""
    fields = {one.name: option(one) for one in FIELDS}
    for name, aliases in ALIASES.items():
        fields[name]["aliases"] = aliases
    return {
        "stream_name": {"type": "str", "required": True, "aliases": ["name"]},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "on_drift": {"type": "str", "choices": ["update", "recreate", "fail"], "default": "update"},
        **fields,
        "tags": {"type": "dict"},
        "purge_tags": {"type": "bool", "default": True},
        **WAIT,
    }


class Streams:
    """Streams."""

    def __init__(self) -> None:
        self.spec = Spec(stream_options(), {"required_by": {name: [AUTO_SCALE] for name in BOUNDS}})

    def prepare(self, params: Mapping[str, Any], files: Any) -> Reconciler[Stream]:
        """A run for one stream.

        :raises InvalidOptions: a rule is broken
        """
        raise_if_invalid(params)
        desired, on_drift = desired_from(params), params["on_drift"]
        return Reconciler(
            "stream", StreamClient, lambda api, run: StreamTarget(api, desired, on_drift, run), wait_from(params)
        )
