# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checkpoints of an app in a stream: their shape, their wire names, their plan. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .._core.errors import CHECKPOINT_MISSING, ApiError, DisError, UnexpectedResponse, join_names
from .._core.plan import AT_ONCE, Plan, Spec, WaitError, WaitStatus
from .._core.reconcile import NotApplied, Progress, Reconciler, Target
from .._core.schema import Field, numbers, raise_if_errors, texts, validate
from .app import LAST_READ, AppClient, checkpoint_path, describe, non_negative_int, read_position
from .base import APP_NAME, PARTITION_ID, SEQUENCE_NUMBER, STREAM_NAME, canonical_partition_id, validate_response

METADATA = Field("metadata", pattern=r"(?s:.{0,1000})", rule="at most 1000 characters")
UNREADABLE = ("EXPIRED", "CREATING")
"""States of partitions that nobody can read from."""


class Checkpoint(NamedTuple):
    """A position in one partition.

    :ivar sequence_number: number of the record to read next, as text
    :ivar metadata: what the app noted; None where it noted nothing, or where it was not asked for
    """

    partition_id: str
    sequence_number: str
    metadata: Optional[str] = None


class Checkpoints(NamedTuple):
    """The checkpoints of an app in a stream, or the one in a single partition.

    :ivar partitions: ids of the partitions that this is about
    :ivar found: the checkpoints that there are, by partition
    """

    stream_name: str
    app_name: str
    partitions: Tuple[str, ...]
    found: Mapping[str, Checkpoint]


class DesiredCheckpoints(NamedTuple):
    """What the user asks for.

    :ivar partition_id: None is all of them
    :ivar sequence_number: None if the checkpoints are to go away
    :ivar metadata: None is not managed
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

    def merged_with(self, partition_id: str, known: Optional[Checkpoint]) -> Checkpoint:
        """The checkpoint as it should be; metadata that is not given stays as it is."""
        if self.sequence_number is None:
            raise ValueError("a checkpoint that is to go away has no goal")
        metadata = self.metadata
        if metadata is None and known is not None:
            metadata = known.metadata
        return Checkpoint(partition_id, self.sequence_number, metadata)


def desired_from(options: Mapping[str, Any]) -> DesiredCheckpoints:
    """What the options ask for; without a state and a position they only name checkpoints.

    :raises InvalidOptions: one of them breaks its rule
    """
    raise_if_errors(validate((STREAM_NAME, APP_NAME, PARTITION_ID, SEQUENCE_NUMBER, METADATA), options))
    partition_id = None if options["partition_id"] is None else canonical_partition_id(options["partition_id"])
    if options.get("state", "absent") == "absent":
        return DesiredCheckpoints(options["stream_name"], options["app_name"], partition_id)
    number = str(int(options["sequence_number"]))
    return DesiredCheckpoints(options["stream_name"], options["app_name"], partition_id, number, options["metadata"])


def equal_checkpoints(one: Optional[Checkpoint], other: Optional[Checkpoint]) -> bool:
    """Whether two checkpoints mean the same; no metadata and empty metadata do."""
    if one is None or other is None:
        return one is other
    return int(one.sequence_number) == int(other.sequence_number) and (one.metadata or "") == (other.metadata or "")


# --- reading answers (API reference, "Querying Checkpoints") ---


def read_checkpoint(partition_id: str, response: Any) -> Optional[Checkpoint]:
    """The checkpoint that an answer describes; None if it says nothing, an empty text or a negative number.

    :raises UnexpectedResponse: it says something else
    """
    entry = response if isinstance(response, dict) else {"sequence_number": response}
    position = read_planned(partition_id, entry.get("sequence_number"))
    if position is None:
        return None
    metadata = entry.get("metadata")
    return Checkpoint(partition_id, position, metadata if isinstance(metadata, str) and metadata else None)


def read_planned(partition_id: str, value: Any) -> Optional[str]:
    """The position that is told for a partition; None if none is.

    :raises UnexpectedResponse: what is told is no whole number
    """
    if value not in (None, "") and non_negative_int(value) is None:
        raise UnexpectedResponse(
            f"The service tells a checkpoint in partition {partition_id} that is no whole number.",
            "Check endpoint_override, and proxies on the way.",
        )
    return read_position(value)


def read_checkpoints(entries: List[Dict[str, Any]]) -> Tuple[Tuple[str, ...], Dict[str, Checkpoint]]:
    """Which partitions can be read from, and the checkpoints of all, from the consumption state of an app.

    :raises UnexpectedResponse: a position is no whole number
    """
    partitions, found = [], {}
    for entry in entries:
        partition_id = canonical_partition_id(entry.get("partition_id"))
        position = read_planned(partition_id, entry.get("sequence_number"))
        metadata = entry.get("metadata")
        if position is not None and partition_id not in found:
            noted = metadata if isinstance(metadata, str) and metadata else None
            found[partition_id] = Checkpoint(partition_id, position, noted)
        if entry.get("status") not in UNREADABLE and partition_id not in partitions:
            partitions.append(partition_id)
    return tuple(sorted(partitions)), found


# --- showing ---


def to_result(checkpoints: Optional[Checkpoints]) -> List[Dict[str, Any]]:
    """The checkpoints as a module returns them."""
    if checkpoints is None:
        return []
    return [
        {
            "stream_name": checkpoints.stream_name,
            "app_name": checkpoints.app_name,
            "partition_id": partition_id,
            "checkpoint_type": LAST_READ,
            "sequence_number": one.sequence_number,
            "metadata": one.metadata,
        }
        for partition_id, one in sorted(checkpoints.found.items())
    ]


def to_diff(checkpoints: Optional[Checkpoints]) -> Optional[Dict[str, Any]]:
    """The checkpoints as a diff shows them."""
    if checkpoints is None:
        return None
    return {
        partition_id: {
            "sequence_number": one.sequence_number,
            **({"metadata": one.metadata} if one.metadata else {}),
        }
        for partition_id, one in sorted(checkpoints.found.items())
    }


# --- actions ---


class Commit:
    """POST a checkpoint where there is none."""

    word = "commit"

    def __init__(self, checkpoints: Checkpoints, checkpoint: Checkpoint) -> None:
        self.checkpoints, self.checkpoint = checkpoints, checkpoint
        self.verb = f"{self.word} {checkpoint.partition_id}"

    def send(self, api: Any) -> None:
        """Send it through an :class:`AppClient`."""
        api.commit_checkpoint(self.checkpoints.stream_name, self.checkpoints.app_name, self.checkpoint)


class Move(Commit):
    """POST another position, or other metadata, in place of what is there."""

    word = "move"


class Delete:
    """DELETE the checkpoint in one partition, or in all."""

    def __init__(self, checkpoints: Checkpoints, partition_id: Optional[str]) -> None:
        self.checkpoints, self.partition_id = checkpoints, partition_id
        self.verb = f"delete {partition_id or 'all'}"

    def send(self, api: Any) -> None:
        """Send it through an :class:`AppClient`."""
        api.delete_checkpoint(self.checkpoints.stream_name, self.checkpoints.app_name, self.partition_id)


# --- the plan ---


def plan(desired: DesiredCheckpoints, observed: Optional[Checkpoints]) -> Plan[Checkpoints]:
    """Plan the calls that turn the observed state into the desired one, in order.

    :param observed: None is "nothing is there, and nothing has to be"
    """
    if desired.state == "absent" or observed is None:
        if observed is None or not observed.found:
            return Plan((), None, None)
        return Plan((Delete(observed, desired.partition_id),), observed, None)
    actions: List[Any] = []
    found = dict(observed.found)
    for partition_id in observed.partitions:
        known = observed.found.get(partition_id)
        goal = desired.merged_with(partition_id, known)
        if not equal_checkpoints(goal, known):
            actions.append((Commit if known is None else Move)(observed, goal))
            found[partition_id] = goal
    return Plan(tuple(actions), observed, observed._replace(found=found))


class CheckpointCalls(AppClient):
    """Checkpoints, and how far apps have read."""

    def commit_checkpoint(self, stream: str, app: str, checkpoint: Checkpoint) -> None:
        """``POST /checkpoints``, which also moves a checkpoint that is there."""
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
        """``GET /checkpoints``; None if the answer says that there is none, of which there are several ways."""
        call = f"show {describe(stream, app, partition_id)}"
        response = self.send(call, "GET", "/checkpoints", query=checkpoint_path(stream, app, partition_id))
        if isinstance(response, dict):
            expected = {"stream_name": stream, "app_name": app, "partition_id": partition_id}
            validate_response(call, response, expected, (*texts("metadata"), *numbers("sequence_number")))
        return read_checkpoint(partition_id, response)


def find_checkpoints(
    api: CheckpointCalls, stream: str, app: str, partition_id: Optional[str], details: bool = True
) -> Checkpoints:
    """The checkpoint in one partition, or those in all.

    :param details: whether metadata is asked for, too, which takes one request for each checkpoint
    :raises DisError: a request failed, also because there is no such app, stream or partition
    """
    if partition_id is not None:
        one = read_one(api, stream, app, partition_id)
        return Checkpoints(stream, app, (partition_id,), {} if one is None else {partition_id: one})
    partitions, found = read_checkpoints(api.show_consumption(app, stream))
    if details:
        looked_at = {name: read_one(api, stream, app, name) for name in sorted(found)}
        found = {name: one for name, one in looked_at.items() if one is not None}
    return Checkpoints(stream, app, partitions, found)


def read_one(api: CheckpointCalls, stream: str, app: str, partition_id: str) -> Optional[Checkpoint]:
    """The checkpoint in one partition; None if there is none."""
    try:
        return api.show_checkpoint(stream, app, partition_id)
    except ApiError as err:
        if err.code == CHECKPOINT_MISSING:
            return None
        raise


def find_current(api: CheckpointCalls, desired: DesiredCheckpoints) -> Optional[Checkpoints]:
    """The checkpoints that are asked for, with all that is known of them; None if nothing is there that could have any.

    :raises DisError: a request failed
    """
    try:
        return find_checkpoints(api, desired.stream_name, desired.app_name, desired.partition_id)
    except ApiError as err:
        if err.means_checkpoint_absent:
            return None
        raise


class CheckpointTarget(Target[Checkpoints]):
    """One run for the checkpoints of one app in one stream."""

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
        """Ids of the partitions whose checkpoint is not as planned."""
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
                f"The service accepted the {' and '.join(self.run.done)}, but after {elapsed:.0f} seconds there are"
                f" still {self.desired}.",
                "A consumer may have committed meanwhile: stop it, and run again.",
            )
        differences = [
            observed.found[name].sequence_number if observed and name in observed.found else "none"
            for name in self.differing(observed)
        ]
        return NotApplied(
            f"The service accepted the {' and '.join(self.run.done)}, but {elapsed:.0f} seconds later it reports"
            f" {join_names(differences)} for the {self.desired}.",
            "A consumer may have committed meanwhile: stop it, and run again.",
        )

    def to_result(self, resource: Optional[Checkpoints]) -> Any:
        return to_result(resource)

    def to_diff(self, resource: Optional[Checkpoints]) -> Optional[Dict[str, Any]]:
        return to_diff(resource)


class AppCheckpoints:
    """Checkpoints of one app in one stream."""

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
        """A run for the checkpoints of one app in one stream.

        :raises InvalidOptions: a rule is broken
        """
        desired = desired_from(params)
        return Reconciler("checkpoints", CheckpointCalls, lambda api, run: CheckpointTarget(api, desired, run), AT_ONCE)


class CheckpointQuery:
    """The checkpoints of one app in one stream."""

    spec = Spec(
        {
            "stream_name": {"type": "str", "required": True},
            "app_name": {"type": "str", "required": True},
            "partition_id": {"type": "str"},
        }
    )
    calls = CheckpointCalls

    def prepare(self, params: Mapping[str, Any]) -> DesiredCheckpoints:
        """Which checkpoints are asked for.

        :raises InvalidOptions: a rule is broken
        """
        return desired_from(params)

    def run_query(self, api: CheckpointCalls, query: DesiredCheckpoints) -> Dict[str, Any]:
        """What the module returns.

        :raises DisError: a request failed
        """
        return {"checkpoints": to_result(find_current(api, query))}
