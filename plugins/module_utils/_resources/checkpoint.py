# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checkpoints of an app in a stream: data model, parsing, plan, API client and target. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .._core.errors import CHECKPOINT_MISSING, ApiError, DisError, UnexpectedResponse, join_names
from .._core.plan import AT_ONCE, Plan, Spec, WaitError, WaitStatus
from .._core.reconcile import NotApplied, Progress, Reconciler, Target
from .._core.schema import Field, numbers, raise_if_errors, texts, validate
from .app import LAST_READ, AppClient, checkpoint_query, describe, long_int_or_none, read_position
from .base import (
    APP_NAME,
    ENDPOINT_HINT,
    PARTITION_ID,
    SEQUENCE_NUMBER,
    STREAM_NAME,
    UNREADABLE,
    canonical_partition_id,
    validate_response,
)

METADATA = Field("metadata", pattern=r"(?s:.{0,1000})", rule="at most 1000 characters")
CONSUMER_HINT = "A consumer may have committed meanwhile: stop it and rerun the task."


class Checkpoint(NamedTuple):
    """A position in one partition.

    :ivar sequence_number: sequence number of the next record to read, as a decimal string
    :ivar metadata: metadata committed with the checkpoint; None if empty or not requested
    """

    partition_id: str
    sequence_number: str
    metadata: Optional[str] = None


class Checkpoints(NamedTuple):
    """The checkpoints of an app in all partitions of a stream, or in one.

    :ivar partitions: IDs of the managed partitions
    :ivar found: existing checkpoints by partition ID
    """

    stream_name: str
    app_name: str
    partitions: Tuple[str, ...]
    found: Mapping[str, Checkpoint]


class DesiredCheckpoints(NamedTuple):
    """Desired state of checkpoints.

    :ivar partition_id: None for all partitions
    :ivar sequence_number: None for state ``absent``
    :ivar metadata: None if not managed
    """

    stream_name: str
    app_name: str
    partition_id: Optional[str] = None
    sequence_number: Optional[str] = None
    metadata: Optional[str] = None

    @property
    def state(self) -> str:
        """``present`` or ``absent``."""
        return "absent" if self.sequence_number is None else "present"

    def __str__(self) -> str:
        where = f"partition {self.partition_id}" if self.partition_id else "all partitions"
        what = "checkpoint" if self.partition_id else "checkpoints"
        return f'{what} of app "{self.app_name}" in {where} of stream "{self.stream_name}"'

    def merged_with(self, partition_id: str, observed: Optional[Checkpoint]) -> Checkpoint:
        """Return the desired checkpoint of a partition; unspecified metadata is kept."""
        if self.sequence_number is None:
            raise ValueError("state absent has no desired checkpoint")
        metadata = self.metadata
        if metadata is None and observed is not None:
            metadata = observed.metadata
        return Checkpoint(partition_id, self.sequence_number, metadata)


def desired_from(options: Mapping[str, Any]) -> DesiredCheckpoints:
    """Return the desired state from module options; without ``state``, the options only identify checkpoints.

    :raises InvalidOptions: if an option is invalid
    """
    raise_if_errors(validate((STREAM_NAME, APP_NAME, PARTITION_ID, SEQUENCE_NUMBER, METADATA), options))
    partition_id = None if options["partition_id"] is None else canonical_partition_id(options["partition_id"])
    if options.get("state", "absent") == "absent":
        return DesiredCheckpoints(options["stream_name"], options["app_name"], partition_id)
    number = str(int(options["sequence_number"]))
    return DesiredCheckpoints(options["stream_name"], options["app_name"], partition_id, number, options["metadata"])


def equal_checkpoints(one: Optional[Checkpoint], other: Optional[Checkpoint]) -> bool:
    """Whether two checkpoints are equal; missing and empty metadata are equal."""
    if one is None or other is None:
        return one is other
    return int(one.sequence_number) == int(other.sequence_number) and (one.metadata or "") == (other.metadata or "")


# --- parsing (API reference, "Querying Checkpoints") ---


def read_checkpoint(partition_id: str, response: Any) -> Optional[Checkpoint]:
    """Parse a checkpoint response; None if the sequence number is missing, empty or negative.

    :raises UnexpectedResponse: if the sequence number is not an integer
    """
    entry = response if isinstance(response, dict) else {"sequence_number": response}
    position = parse_position(partition_id, entry.get("sequence_number"))
    if position is None:
        return None
    metadata = entry.get("metadata")
    return Checkpoint(partition_id, position, metadata if isinstance(metadata, str) and metadata else None)


def parse_position(partition_id: str, value: Any) -> Optional[str]:
    """Return the reported position in a partition; None if there is no checkpoint.

    :raises UnexpectedResponse: if the position is not an integer
    """
    if value not in (None, "") and long_int_or_none(value) is None:
        raise UnexpectedResponse(
            f"The checkpoint that the service reports for partition {partition_id} is not an integer.", ENDPOINT_HINT
        )
    return read_position(value)


def read_checkpoints(entries: List[Dict[str, Any]]) -> Tuple[Tuple[str, ...], Dict[str, Checkpoint]]:
    """Return the readable partitions, and the checkpoints of all partitions, from the consumption status of an app.

    :raises UnexpectedResponse: if a position is not an integer
    """
    partitions, found = [], {}
    for entry in entries:
        partition_id = canonical_partition_id(entry.get("partition_id"))
        position = parse_position(partition_id, entry.get("sequence_number"))
        metadata = entry.get("metadata")
        if position is not None and partition_id not in found:
            metadata = metadata if isinstance(metadata, str) and metadata else None
            found[partition_id] = Checkpoint(partition_id, position, metadata)
        if entry.get("status") not in UNREADABLE and partition_id not in partitions:
            partitions.append(partition_id)
    return tuple(sorted(partitions)), found


# --- module results ---


def to_result(checkpoints: Optional[Checkpoints]) -> List[Dict[str, Any]]:
    """Return the checkpoints as the module result contains them."""
    if checkpoints is None:
        return []
    return [
        {
            "stream_name": checkpoints.stream_name,
            "app_name": checkpoints.app_name,
            "partition_id": partition_id,
            "checkpoint_type": LAST_READ,
            "sequence_number": checkpoint.sequence_number,
            "metadata": checkpoint.metadata,
        }
        for partition_id, checkpoint in sorted(checkpoints.found.items())
    ]


def to_diff(checkpoints: Optional[Checkpoints]) -> Optional[Dict[str, Any]]:
    """Return the checkpoints as the diff contains them."""
    if checkpoints is None:
        return None
    return {
        partition_id: {
            "sequence_number": checkpoint.sequence_number,
            **({"metadata": checkpoint.metadata} if checkpoint.metadata else {}),
        }
        for partition_id, checkpoint in sorted(checkpoints.found.items())
    }


# --- actions ---


class Commit:
    """POST a checkpoint in a partition that has none."""

    word = "commit"

    def __init__(self, checkpoints: Checkpoints, checkpoint: Checkpoint) -> None:
        self.checkpoints, self.checkpoint = checkpoints, checkpoint
        self.verb = f"{self.word} {checkpoint.partition_id}"

    def send(self, api: Any) -> None:
        """Send the request through a :class:`CheckpointCalls`."""
        api.commit_checkpoint(self.checkpoints.stream_name, self.checkpoints.app_name, self.checkpoint)


class Move(Commit):
    """POST a checkpoint with another position or other metadata."""

    word = "move"


class Delete:
    """DELETE the checkpoints in one partition, or in all."""

    def __init__(self, checkpoints: Checkpoints, partition_id: Optional[str]) -> None:
        self.checkpoints, self.partition_id = checkpoints, partition_id
        self.verb = f"delete {partition_id or 'all'}"

    def send(self, api: Any) -> None:
        """Send the request through a :class:`CheckpointCalls`."""
        api.delete_checkpoint(self.checkpoints.stream_name, self.checkpoints.app_name, self.partition_id)


# --- the plan ---


def plan(desired: DesiredCheckpoints, observed: Optional[Checkpoints]) -> Plan[Checkpoints]:
    """Plan the ordered actions from the observed to the desired state.

    :param observed: None if there are no checkpoints and the desired state is ``absent``
    """
    if desired.state == "absent" or observed is None:
        if observed is None or not observed.found:
            return Plan((), None, None)
        return Plan((Delete(observed, desired.partition_id),), observed, None)
    actions: List[Any] = []
    found = dict(observed.found)
    for partition_id in observed.partitions:
        current = observed.found.get(partition_id)
        goal = desired.merged_with(partition_id, current)
        if not equal_checkpoints(goal, current):
            actions.append((Commit if current is None else Move)(observed, goal))
            found[partition_id] = goal
    return Plan(tuple(actions), observed, observed._replace(found=found))


class CheckpointCalls(AppClient):
    """Client for checkpoints and the consumption status of apps."""

    def commit_checkpoint(self, stream: str, app: str, checkpoint: Checkpoint) -> None:
        """``POST /checkpoints``, which also moves an existing checkpoint."""
        body = {
            "app_name": app,
            "stream_name": stream,
            "partition_id": checkpoint.partition_id,
            "sequence_number": checkpoint.sequence_number,
            "checkpoint_type": LAST_READ,
        }
        if checkpoint.metadata is not None:
            body["metadata"] = checkpoint.metadata
        self.send(f"commit {describe(stream, app, checkpoint.partition_id)}", "POST", "/checkpoints", body)

    def show_checkpoint(self, stream: str, app: str, partition_id: str) -> Optional[Checkpoint]:
        """``GET /checkpoints``; None if the response contains no checkpoint (see :func:`read_checkpoint`)."""
        call = f"show {describe(stream, app, partition_id)}"
        response = self.send(call, "GET", "/checkpoints", query=checkpoint_query(stream, app, partition_id))
        if isinstance(response, dict):
            expected = {"stream_name": stream, "app_name": app, "partition_id": partition_id}
            validate_response(call, response, expected, (*texts("metadata"), *numbers("sequence_number")))
        return read_checkpoint(partition_id, response)


def find_checkpoints(
    api: CheckpointCalls, stream: str, app: str, partition_id: Optional[str], details: bool = True
) -> Checkpoints:
    """Read the checkpoint in one partition, or the checkpoints in all.

    :param details: whether to request the metadata too, which takes one request per checkpoint
    :raises DisError: if a request fails, or the app, stream or partition does not exist
    """
    if partition_id is not None:
        checkpoint = find_checkpoint(api, stream, app, partition_id)
        return Checkpoints(stream, app, (partition_id,), {} if checkpoint is None else {partition_id: checkpoint})
    partitions, found = read_checkpoints(api.show_consumption(app, stream))
    if details:
        current = {name: find_checkpoint(api, stream, app, name) for name in sorted(found)}
        found = {name: checkpoint for name, checkpoint in current.items() if checkpoint is not None}
    return Checkpoints(stream, app, partitions, found)


def find_checkpoint(api: CheckpointCalls, stream: str, app: str, partition_id: str) -> Optional[Checkpoint]:
    """Read the checkpoint in one partition; None if it does not exist."""
    try:
        return api.show_checkpoint(stream, app, partition_id)
    except ApiError as err:
        if err.code == CHECKPOINT_MISSING:
            return None
        raise


def find_current(api: CheckpointCalls, desired: DesiredCheckpoints) -> Optional[Checkpoints]:
    """Read the requested checkpoints with metadata; None if they, the app, stream or partition do not exist.

    :raises DisError: if a request fails
    """
    try:
        return find_checkpoints(api, desired.stream_name, desired.app_name, desired.partition_id)
    except ApiError as err:
        if err.means_checkpoint_absent:
            return None
        raise


class CheckpointTarget(Target[Checkpoints]):
    """Reconciliation of the checkpoints of one app in one stream."""

    def __init__(self, api: CheckpointCalls, desired: DesiredCheckpoints, run: Progress[Checkpoints]) -> None:
        self.api, self.run = api, run
        self.desired = desired

    def __str__(self) -> str:
        return str(self.desired)

    def read(self) -> Optional[Checkpoints]:
        desired, absent = self.desired, self.desired.state == "absent"
        try:
            observed = find_checkpoints(
                self.api, desired.stream_name, desired.app_name, desired.partition_id, not absent
            )
        except ApiError as err:
            if absent and err.means_checkpoint_absent:
                return None
            raise
        return None if absent and not observed.found else observed

    def plan(self, observed: Optional[Checkpoints]) -> Plan[Checkpoints]:
        return plan(self.desired, observed)

    def is_conflict(self, verb: str, err: DisError) -> bool:
        return isinstance(err, ApiError) and self.desired.state == "absent" and err.means_checkpoint_absent

    def differing(self, observed: Optional[Checkpoints]) -> List[str]:
        """Return the IDs of the partitions whose checkpoint differs from the plan."""
        after = self.run.plan.after
        if observed is None or after is None:
            return []
        return [
            name for name in after.partitions if not equal_checkpoints(after.found.get(name), observed.found.get(name))
        ]

    def status(self, observed: Optional[Checkpoints]) -> WaitStatus:
        return WaitStatus.PENDING if self.differing(observed) else WaitStatus.READY

    def timeout_error(self, observed: Optional[Checkpoints], elapsed: float) -> DisError:
        if self.run.plan.after is None:
            return WaitError(
                f"The service accepted the {' and '.join(self.run.done)}, but after {elapsed:.0f} seconds it still"
                f" reports the {self.desired}.",
                CONSUMER_HINT,
            )
        differences = [
            observed.found[name].sequence_number if observed and name in observed.found else "none"
            for name in self.differing(observed)
        ]
        return NotApplied(
            f"The service accepted the {' and '.join(self.run.done)}, but after {elapsed:.0f} seconds it reports"
            f" {join_names(differences)} for the {self.desired}.",
            CONSUMER_HINT,
        )

    def to_result(self, resource: Optional[Checkpoints]) -> Any:
        return to_result(resource)

    def to_diff(self, resource: Optional[Checkpoints]) -> Optional[Dict[str, Any]]:
        return to_diff(resource)


class AppCheckpoints:
    """The resource of the module ``checkpoint``."""

    spec = Spec(
        {
            "stream_name": {"type": "str", "required": True},
            "app_name": {"type": "str", "required": True},
            "partition_id": {"type": "str"},
            "sequence_number": {"type": "str"},
            "metadata": {"type": "str"},
            "checkpoint_type": {"type": "str", "choices": [LAST_READ], "default": LAST_READ},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        {"required_if": [("state", "present", ["sequence_number"])]},
        may_be_empty=("metadata",),
        never_blank=("partition_id",),
    )

    def prepare(self, params: Mapping[str, Any], files: Any) -> Reconciler[Checkpoints]:
        """Return the reconciler of the checkpoints of one app in one stream.

        :raises InvalidOptions: if an option is invalid
        """
        desired = desired_from(params)
        return Reconciler("checkpoints", CheckpointCalls, lambda api, run: CheckpointTarget(api, desired, run), AT_ONCE)


class CheckpointQuery:
    """The query of the module ``checkpoint_info``."""

    spec = Spec(
        {
            "stream_name": {"type": "str", "required": True},
            "app_name": {"type": "str", "required": True},
            "partition_id": {"type": "str"},
        }
    )
    calls = CheckpointCalls

    def prepare(self, params: Mapping[str, Any]) -> DesiredCheckpoints:
        """Return the requested checkpoints.

        :raises InvalidOptions: if an option is invalid
        """
        return desired_from(params)

    def run_query(self, api: CheckpointCalls, query: DesiredCheckpoints) -> Dict[str, Any]:
        """Return the module result.

        :raises DisError: if a request fails
        """
        return {"checkpoints": to_result(find_current(api, query))}
