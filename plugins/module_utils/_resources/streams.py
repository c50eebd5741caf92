# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Streams: API client, reconciliation target and module resource. Private to otc.dis."""

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
from .base import ENDPOINT_HINT, STREAMS, Calls, canonical_partition_id, partition_total
from .stream import (
    AUTO_SCALE,
    BOUNDS,
    CREATING,
    FIELDS,
    FROZEN,
    PARTITION_COUNT,
    RECREATE_WARNING,
    RUNNING,
    SAMPLE_REJECTED,
    SAMPLE_UNSUPPORTED,
    TERMINATED,
    UPDATED,
    DesiredStream,
    Stream,
    desired_from,
    differing,
    plan,
    raise_if_invalid,
    read_scaling_history,
    read_schema,
    read_stream,
    read_tags,
    to_diff,
    to_result,
    unreported,
)

ALIASES = {"data_duration": ["retention_period"]}


PARTITIONS = 1000
"""Maximum number of partitions per page."""


class StreamClient(Calls):
    """Client for streams and their tags."""

    def create_stream(self, stream: str, body: Dict[str, Any]) -> None:
        """``POST /streams``; the response has no body."""
        self.send(f"create {describe(stream)}", "POST", "/streams", body)

    def list_streams(self, start: Optional[str] = None) -> Dict[str, Any]:
        """``GET /streams``: one page, starting after the name *start*."""
        response = self.read("list streams", "/streams", {"limit": PAGE_SIZE, "start_stream_name": start})
        if not isinstance(response.get("stream_info_list"), list):
            raise UnexpectedResponse("Cannot list streams: the response contains no list of streams.", ENDPOINT_HINT)
        return response

    def delete_stream(self, stream: str) -> None:
        """``DELETE /streams/{stream_name}``."""
        self.send(f"delete {describe(stream)}", "DELETE", f"/streams/{stream}")

    def change_partition_count(self, stream: str, target: int) -> None:
        """``PUT /streams/{stream_name}``; the response may contain the previous count."""
        body = {"stream_name": stream, "target_partition_count": target}
        self.send(f"change the partition count of {describe(stream)} to {target}", "PUT", f"/streams/{stream}", body)

    def update_stream(self, stream: str, body: Dict[str, Any]) -> None:
        """``PUT /v3/{project_id}/streams/{stream_name}``."""
        self.send(f"update {describe(stream)}", "PUT", f"/streams/{stream}", body, version="v3")

    def update_auto_scaling(self, stream: str, body: Dict[str, Any]) -> None:
        """``PUT /streams/{stream_name}/update``, with ``update_type`` in the body."""
        self.send(f"update automatic scaling of {describe(stream)}", "PUT", f"/streams/{stream}/update", body)

    def derive_schema(self, sample: str) -> str:
        """``POST /v1/{project_id}/schema``: the Avro schema of a JSON record. No other effect is documented.

        Source: API reference of Huawei Cloud, "CreateSourcedataSchema". No response was captured.
        """
        call, body = "derive a schema from the sample in data_schema", {"source_data_sample": sample}
        try:
            return read_schema(self.read(call, "/schema", version="v1", body=body))
        except ApiError as err:
            if err.means_not_offered or err.is_bare_404:
                err.hint = SAMPLE_UNSUPPORTED
            elif err.kind == "rejected":
                err.hint = SAMPLE_REJECTED
            raise

    def list_scalings(self, stream: str) -> List[Dict[str, Any]]:
        """``GET /streams/{stream_name}/update_partition_counts``.

        Source: API reference of Huawei Cloud, "QueryUpdatePartitionCountlog", which documents the members of an entry,
        but not the response. It is expected to contain the same list as the details of a stream.
        """
        call = f"list the partition count changes of {describe(stream)}"
        return read_scaling_history(stream, self.read(call, f"/streams/{stream}/update_partition_counts"))

    def list_stream_tags(self, stream: str, stream_id: Optional[str]) -> Dict[str, str]:
        """``GET /stream/{stream_id}/tags``; the path contains ``stream`` in the singular and the ID."""
        path = tag_path(stream, stream_id)
        return read_tags(self.read(f"list the tags of {describe(stream)}", path).get("tags"))

    def act_on_stream_tags(
        self, stream: str, stream_id: Optional[str], action: str, tags: List[Dict[str, str]]
    ) -> None:
        """``POST /stream/{stream_id}/tags/action``, which is idempotent; *action* is ``create`` or ``delete``."""
        path = f"{tag_path(stream, stream_id)}/action"
        self.send(f"{action} tags of {describe(stream)}", "POST", path, {"action": action, "tags": tags})

    # --- methods with several requests ---

    def describe_stream(self, stream: str) -> Stream:
        """Read a stream with all pages of its partitions."""
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

    def list_all_streams(self) -> List[Stream]:
        """Read all streams of the project, with the settings that lists contain."""
        flags, again = ("has_more_streams",), self.retry_budget.allows
        items, seconds = "stream_info_list", self.timeout
        entries = paginate(self.list_streams, items, "stream_name", flags, api_timeout=seconds, again=again)
        return [read_stream(str(entry["stream_name"]), entry, complete=False) for entry in entries]


def describe(stream: str) -> str:
    """Describe a stream for messages."""
    return f'stream "{stream}"'


def tag_path(stream: str, stream_id: Optional[str]) -> str:
    """Return the path of the tags of a stream.

    :raises UnexpectedResponse: if the service did not report a valid ID
    """
    if stream_id is None or not re.match(r"[A-Za-z0-9_-]{1,64}\Z", stream_id):
        raise UnexpectedResponse(
            f"The service does not report the ID of {describe(stream)}, which requests about tags require."
        )
    return f"/stream/{stream_id}/tags"


SCALE = "update_partition_count"
TAGGING = frozenset({"tag", "untag"})
UPDATING = frozenset({"update", "update_auto_scaling"})


class StreamTarget(Target[Stream]):
    """Reconciliation of one stream."""

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
        """Whether an earlier task of a run in check mode would have deleted a stream that should be present.

        With ``state=absent``, only the service counts: the role ``dli_transfer`` previews its own deletions.
        """
        return (
            self.desired.state == "present" and self.api.memory.planned(STREAMS).get(self.desired.stream_name) is False
        )

    def note_plan(self) -> None:
        self.api.memory.plan(STREAMS, self.desired.stream_name, self.run.will_exist)

    def plan(self, observed: Optional[Stream]) -> Plan[Stream]:
        if self.desired.sample is not None and self.desired.state == "present":
            self.desired = self.requested = self.desired.with_schema(self.api.derive_schema(self.desired.sample))
        return plan(self.desired, observed, self.on_drift)

    def before_action(self, action: Any) -> None:
        """Before replacing a stream, copy its settings; before creating its replacement, wait until it is deleted."""
        old = self.run.plan.before
        if old is None or self.run.plan.after is None:
            return
        if action.verb == "delete":
            self.desired = self.desired.merged_with(old)
        if action.verb == "create":
            self.wait_until_replaceable(old)

    def wait_until_replaceable(self, old: Stream) -> None:
        """Wait until an old stream is deleted, also with ``wait=false``: its name is not available before.

        :raises DisError: if it still exists at the timeout
        """

        def evaluate(observed: Optional[Stream]) -> WaitStatus:
            return WaitStatus.READY if observed is None or observed.stream_id != old.stream_id else WaitStatus.PENDING

        def still_there(observed: Optional[Stream], elapsed: float) -> DisError:
            return WaitError(
                f"The {self.desired} is being deleted, but still exists"
                f" ({sanitize(observed.status) if observed else 'deleted'}) after"
                f" {elapsed:.0f} seconds; the new one was not created.",
                "Increase wait_timeout and rerun the task.",
            )

        self.run.wait._replace(wait=True).until(self.read, evaluate, still_there)

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
        """Whether a scaling whose response was lost is applied; until then, the service rejects another one.

        :raises DisError: if it is not applied in time
        """
        self.run.unconfirmed = SCALE
        observed = self.run.wait.until(self.read, self.scaling_status, self.timeout_error)
        return self.scaling_status(observed) is WaitStatus.READY

    def wait_for_stream(self, err: ApiError) -> bool:
        """Whether an error is resolved by reading the stream again; wait for a stream in status CREATING.

        :raises DisError: if the stream is not ready in time
        """
        if err.code != STREAM_NOT_RUNNING:
            return False
        observed = self.read()
        status = observed.status if observed else "deleted"
        if status != CREATING or not self.run.wait.wait:
            err.hint = f"The {self.desired} is {sanitize(status)}. {err.hint}"
            return observed is None or observed.is_deleting or status == RUNNING

        def evaluate(observed: Optional[Stream]) -> WaitStatus:
            return WaitStatus.PENDING if observed is not None and observed.status == CREATING else WaitStatus.READY

        self.run.wait.until(self.read, evaluate, self.timeout_error, observed)
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
            status = self.scaling_status(observed)
            if status is not WaitStatus.READY:
                return status
        return WaitStatus.DEGRADED if self.not_applied(observed) else WaitStatus.READY

    def scaling_status(self, observed: Optional[Stream]) -> WaitStatus:
        """Return whether the partition count is as planned, pending or failed."""
        target = self.run.plan.after.settings.get(PARTITION_COUNT) if self.run.plan.after else None
        if observed is None or target is None or observed.writable == target:
            return WaitStatus.READY
        return WaitStatus.FAILED if self.failed_scaling(observed) else WaitStatus.PENDING

    def failed_scaling(self, observed: Stream) -> Optional[Dict[str, Any]]:
        """Return the newest entry of the scaling history if it is a failure of this run."""
        earlier = self.run.plan.before.facts.get("update_partition_counts") if self.run.plan.before else None
        added = [entry for entry in observed.facts.get("update_partition_counts") or () if entry not in (earlier or ())]
        newest: Dict[str, Any] = max(added, key=lambda entry: entry["create_timestamp"] or 0, default={})
        target = self.run.plan.after.settings.get(PARTITION_COUNT) if self.run.plan.after else None
        failed = newest.get("result_code") == 0 and newest.get("target_partition_count") in (None, target)
        return newest if failed else None

    def not_applied(self, observed: Stream) -> List[str]:
        """Return the differences, with both values, of settings and tags that this run wrote."""
        after = self.run.plan.after
        if after is None:
            return []
        names = []
        if UPDATING.intersection(self.run.done):
            names = [name for name in differing(after.settings, observed.settings) if name in UPDATED]
        differences = describe_differences(names, after.settings, observed.settings)
        return differences + (self.describe_tag_differences(observed) if TAGGING.intersection(self.run.done) else [])

    def describe_tag_differences(self, observed: Stream) -> List[str]:
        """Return the difference of the tags with both values, if they differ."""
        expected = self.desired.merge_tags(observed)
        if observed.tags is None or expected == observed.tags:
            return []
        return describe_differences(("tags",), {"tags": dict(expected or {})}, {"tags": dict(observed.tags)})

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
                f"The {self.desired} was created, but the service reports settings that differ from the request:"
                f" {', '.join(differences)}."
            )

    def timeout_error(self, observed: Optional[Stream], elapsed: float) -> DisError:
        after = self.run.plan.after
        if observed is None:
            executed = " and ".join(self.run.executed)
            subject = f"The service accepted the {executed}, but the" if executed else "The"
            return WaitError(
                f"{subject} {self.desired} does not exist after {elapsed:.0f} seconds.",
                "Another client may have deleted it; rerun the task.",
            )
        if after is None:
            return WaitError(
                f"The {self.desired} is being deleted, but still exists ({sanitize(observed.status)}) after"
                f" {elapsed:.0f} seconds.",
                "Increase wait_timeout or rerun the task; another client may have recreated it.",
            )
        failed = self.failed_scaling(observed)
        if failed and self.scaling_status(observed) is WaitStatus.FAILED:
            reason = f": {sanitize(failed['result_msg'])}" if failed["result_msg"] else ""
            return NotApplied(
                f"The service could not change the partition count of the {self.desired} from {observed.writable} to"
                f" {after.settings[PARTITION_COUNT]}{reason.rstrip('.')}.",
                "Check the partition quota and the scaling log of the stream in the DIS console.",
            )
        if after.status == RUNNING and observed.status != RUNNING:
            return WaitError(
                f"The {self.desired} is {sanitize(observed.status)} after {elapsed:.0f} seconds, not {RUNNING}.",
                "Increase wait_timeout, or check the stream in the DIS console.",
            )
        differences = self.not_applied(observed)
        if differences:
            return NotApplied(
                f"The service accepted the update of the {self.desired}, but still reports other settings:"
                f" {', '.join(differences)}.",
                "If this persists, this region does not apply such updates; on_drift: recreate would delete and"
                f" recreate the stream. {RECREATE_WARNING}",
            )
        return WaitError(
            f"The {self.desired} has {observed.writable} writable partitions after {elapsed:.0f} seconds, not"
            f" {after.settings.get(PARTITION_COUNT)}.",
            "Increase wait_timeout or rerun the task.",
        )

    def to_result(self, resource: Optional[Stream]) -> Any:
        return to_result(resource)

    def to_diff(self, resource: Optional[Stream]) -> Optional[Dict[str, Any]]:
        return to_diff(resource)

    def unverified(self, observed: Stream) -> Tuple[str, ...]:
        return unreported(self.requested, observed)


def stream_options() -> Dict[str, Dict[str, Any]]:
    """Return the argument spec of the module ``stream``."""
    fields = {field.name: option(field) for field in FIELDS}
    for name, aliases in ALIASES.items():
        fields[name]["aliases"] = aliases
    return {
        "stream_name": {"type": "str", "required": True, "aliases": ["name"]},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "on_drift": {"type": "str", "choices": ["update", "recreate", "fail"], "default": "update"},
        **fields,
        "data_schema_from": {"type": "str", "choices": ["schema", "sample"], "default": "schema"},
        "tags": {"type": "dict"},
        "purge_tags": {"type": "bool", "default": True},
        **WAIT,
    }


class Streams:
    """The resource of the module ``stream``."""

    def __init__(self) -> None:
        rules = {
            "required_by": {name: [AUTO_SCALE] for name in BOUNDS},
            "required_if": [("data_schema_from", "sample", ("data_schema",))],
        }
        self.spec = Spec(stream_options(), rules)

    def prepare(self, params: Mapping[str, Any], files: Any) -> Reconciler[Stream]:
        """Return the reconciler of one stream.

        :raises InvalidOptions: if an option is invalid
        """
        raise_if_invalid(params)
        desired, on_drift = desired_from(params), params["on_drift"]
        return Reconciler(
            "stream", StreamClient, lambda api, run: StreamTarget(api, desired, on_drift, run), wait_from(params)
        )
