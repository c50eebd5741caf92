# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transfer tasks: data model, parsing, actions and plan. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._core.errors import (
    ApiError,
    DisError,
    Drift,
    InvalidOptions,
    UnexpectedResponse,
    UnknownSettingError,
    describe_differences,
    join_names,
    sanitize,
)
from .._core.plan import Plan
from .._core.schema import Field, Scalar, dictionaries, int_or_none, numbers, text_or_none, texts
from .base import ENDPOINT_HINT, Range, canonical_partition_id, validate_response
from .destinations import DESTINATIONS, OPTIONS_OF_ERROR_CODE, Destination

RUNNING, STARTING, PAUSED, ABNORMAL, ERROR = "RUNNING", "STARTING", "PAUSED", "ABNORMAL", "ERROR"
DELETED = "DELETE"
ACTIVE = frozenset({RUNNING, STARTING})
QUOTA = 5
"""Default quota of transfer tasks per stream (API reference, "Adding Dump Tasks": DIS.4357 if exceeded).

No source documents a higher quota, so more tasks per stream are rejected before any request. A quota in the list
response of a stream takes precedence.
"""

GAP_WARNING = (
    "Replacing a task with consumer_strategy LATEST causes a gap: records that arrive between the last transfer of the"
    " old task and the start of the new task are never transferred."
)
DUPLICATES_WARNING = (
    "Replacing a task with consumer_strategy TRIM_HORIZON causes duplicates: all records in the stream are transferred"
    " again."
)
STRATEGY_CHANGED = (
    "The consumer_strategy of the {0} changes. It defines where a new task starts to read; whether an existing task"
    " moves its position is not documented."
)
LONG_STREAM_NAME = (
    'The name of stream "{0}" has {1} characters. The API reference documents at most {2} for the stream of a transfer'
    " task, so a region may reject the task."
)
MAX_DOCUMENTED_STREAM_NAME = 60
"""Characters; streams, and later pages of the API reference about transfer tasks, allow 64."""
AGENCY_INVALID = "DIS.4335"
AGENCY_MISSING = "agency_name is not set; this region may require it."
UPDATE_TASK = "update_transfer_task"
OBS_ONLY = "If all values are correct: some regions support transfer tasks to OBS only."
UNKNOWN_SENT = (
    "The request includes settings that this version of the collection does not support: {0}. If the service rejects"
    " them, change the task in the DIS console."
)
UNKNOWN_DROPPED = (
    "The {0} has settings that this version of the collection does not support: {1}. They are lost, because {2} cannot"
    " include them."
)
UNKNOWN_LOST = "The update of the {0} lost settings that this version of the collection does not support: {1}."
NO_UPDATE = "This region does not support updating transfer tasks. on_drift: recreate deletes and recreates the task."
RECREATE_WARNINGS = {"LATEST": GAP_WARNING, "TRIM_HORIZON": DUPLICATES_WARNING}


REPLACED = "The {} is replaced."
STARTS_AT_ONCE = {
    "LATEST": "The {} starts when it is created: until it is stopped, it transfers the records that arrive.",
    "TRIM_HORIZON": "The {} starts when it is created: until it is stopped, it transfers records, from the oldest"
    " available record on.",
}
"""Warnings about a task to be created with ``state: stopped``, by ``consumer_strategy``."""
COST_BASIS = "offsets of the task and sequence number ranges of the partitions, read before the change"


class TransferTask(NamedTuple):
    """A transfer task, observed or planned.

    :ivar kind: the ``destination_type``
    :ivar settings: known members of the descriptor
    :ivar state: state as reported by the service; None if not reported
    :ivar facts: other reported values: IDs, times (milliseconds since 1970), partitions
    :ivar unknown: members of the descriptor that this version does not support; never returned
    """

    stream_name: str
    task_name: str
    kind: str
    settings: Mapping[str, Any]
    state: Optional[str] = None
    facts: Mapping[str, Any] = {}
    unknown: Mapping[str, Any] = {}

    @property
    def task_id(self) -> Optional[str]:
        """ID of the task, which start and stop require; None if not reported."""
        return self.facts.get("task_id")

    def __str__(self) -> str:
        return f'transfer task "{self.task_name}" of stream "{self.stream_name}"'


class DesiredTask(NamedTuple):
    """Desired state of a transfer task.

    :ivar specified: settings specified by the user; other settings are not managed
    :ivar state: ``present``, ``started``, ``stopped`` or ``absent``
    :ivar always_update: names of specified secrets to send in every run, because the API does not return them
    """

    destination: Destination
    stream_name: str
    task_name: str
    specified: Mapping[str, Any]
    state: str = "present"
    always_update: Tuple[str, ...] = ()

    def __str__(self) -> str:
        return f'transfer task "{self.task_name}" of stream "{self.stream_name}"'

    def merged_with(self, task: TransferTask) -> DesiredTask:
        """Return this desired state, completed with the settings and the run state of a task."""
        state = "stopped" if self.state == "present" and task.state == PAUSED else self.state
        return self._replace(specified=self.destination.merged_with(self.specified, task.settings), state=state)


# --- parsing (API reference, "Querying Dump Task Details") ---

LISTED = (
    *texts("task_name", "task_id", "destination_type", "state"),
    *numbers("create_time", "last_transfer_timestamp"),
)
"""Members of a list entry."""
MEMBERS = (
    *LISTED,
    *texts("stream_name", "stream_id", "streamId", "exception_strategy"),
    Field(
        "partitions",
        type="list",
        members=(
            *(Scalar("partitionId"), Scalar("partition_id"), *texts("state", "status")),
            *numbers("last_transfer_timestamp", "last_transfer_offset", "discard"),
        ),
    ),
    *(Field(key, type="dict") for destination in DESTINATIONS.values() for key in destination.response_keys),
)
"""Members of a details response; the members of the descriptors are in the table of destinations."""


def read_transfer_task(stream_name: str, task_name: str, response: Mapping[str, Any]) -> Optional[TransferTask]:
    """Parse a details response, normalized across regions; None if the state of the task is ``DELETE``.

    The descriptor determines the destination type and takes precedence over ``destination_type``, because known
    responses are inconsistent.

    :raises UnexpectedResponse: if it describes no task or another task, or a member has an invalid type
    """
    call = f'show transfer task "{task_name}" of stream "{stream_name}"'
    validate_response(call, response, {"task_name": task_name, "stream_name": stream_name}, MEMBERS)
    state = text_or_none(response.get("state"))
    if state == DELETED:
        return None
    blocks = [
        (destination, response[key])
        for destination in DESTINATIONS.values()
        for key in destination.response_keys
        if isinstance(response.get(key), dict)
    ]
    kind = text_or_none(response.get("destination_type")) or ""
    if len({destination.kind for destination, block in blocks}) == 1:
        kind = blocks[0][0].kind
    if not kind:
        raise UnexpectedResponse(f"Cannot {call}: the response does not describe a transfer task.", ENDPOINT_HINT)
    settings: Dict[str, Any] = {}
    unknown: Dict[str, Any] = {}
    for destination, block in blocks:
        if destination.kind == kind:
            validate_response(call, block, {"task_name": task_name}, destination.fields)
            settings = settings or destination.read(block)
            unknown = unknown or destination.unknown(block)
    facts = {
        "task_id": text_or_none(response.get("task_id")),
        "stream_id": text_or_none(response.get("stream_id")) or text_or_none(response.get("streamId")),
        "exception_strategy": text_or_none(response.get("exception_strategy")),
        "create_time": int_or_none(response.get("create_time")),
        "last_transfer_timestamp": int_or_none(response.get("last_transfer_timestamp")),
        "partitions": read_partitions(response.get("partitions")),
    }
    return TransferTask(stream_name, task_name, kind, settings, state, facts, unknown)


def read_partitions(response: Any) -> List[Dict[str, Any]]:
    """Return the partitions with normalized keys from either of the two known formats."""
    return [
        {
            **{key: value for key, value in entry.items() if key not in ("partitionId", "status")},
            "partition_id": entry.get("partition_id", entry.get("partitionId")),
            "state": entry.get("state", entry.get("status")),
        }
        for entry in dictionaries(response)
    ]


def find_task_id(response: Mapping[str, Any], task_name: str) -> Optional[str]:
    """Return the ID of a task from a list response; None if not reported."""
    for entry in dictionaries(response.get("tasks")):
        if entry.get("task_name") == task_name:
            return text_or_none(entry.get("task_id"))
    return None


def is_incomplete(response: Mapping[str, Any]) -> bool:
    """Whether a list response reports more tasks than it contains."""
    return (int_or_none(response.get("total_number")) or 0) > len(dictionaries(response.get("tasks")))


def proves_not_found(response: Mapping[str, Any]) -> bool:
    """Whether a task missing from a list response does not exist: the list contains as many names as it reports."""
    names = {entry.get("task_name") for entry in dictionaries(response.get("tasks"))}
    total = int_or_none(response.get("total_number"))
    return total is not None and total <= len(names)


def quota_of(response: Mapping[str, Any]) -> int:
    """Return the quota of a stream from its list response, or else the documented quota."""
    return int_or_none(response.get("quota")) or QUOTA


def read_transfer_tasks(stream_name: str, response: Mapping[str, Any]) -> List[TransferTask]:
    """Parse a list response, which contains no settings; duplicates and deleted tasks are skipped.

    :raises UnexpectedResponse: if a member has an invalid type
    """
    call = f'list the transfer tasks of stream "{stream_name}"'
    validate_response(
        call, response, {}, (Field("tasks", type="list", members=LISTED), *numbers("total_number", "quota"))
    )
    entries: Dict[str, Dict[str, Any]] = {}
    for entry in dictionaries(response.get("tasks")):
        name = text_or_none(entry.get("task_name"))
        if name is not None and entry.get("state") != DELETED:
            entries.setdefault(name, entry)
    return [
        TransferTask(
            stream_name,
            name,
            text_or_none(entry.get("destination_type")) or "",
            {},
            text_or_none(entry.get("state")),
            {
                "task_id": text_or_none(entry.get("task_id")),
                "create_time": int_or_none(entry.get("create_time")),
                "last_transfer_timestamp": int_or_none(entry.get("last_transfer_timestamp")),
            },
        )
        for name, entry in entries.items()
    ]


# --- module results ---


def to_result(task: Optional[TransferTask]) -> Optional[Dict[str, Any]]:
    """Return the task as the module result contains it; unknown values are None."""
    if task is None:
        return None
    names = [field.name for field in DESTINATIONS[task.kind] if not field.secret] if task.kind in DESTINATIONS else []
    facts = ("task_id", "stream_id", "create_time", "last_transfer_timestamp", "exception_strategy")
    return {
        "stream_name": task.stream_name,
        "task_name": task.task_name,
        "destination_type": task.kind,
        "state": task.state,
        **{name: task.facts.get(name) for name in facts},
        "partitions": task.facts.get("partitions", []),
        **{name: task.settings.get(name) for name in names},
    }


def to_diff(task: Optional[TransferTask]) -> Optional[Dict[str, Any]]:
    """Return the task as the diff contains it: settings and run state, without secrets."""
    if task is None:
        return None
    state = RUNNING if task.state in ACTIVE else task.state
    secrets = DESTINATIONS[task.kind].secrets() if task.kind in DESTINATIONS else ()
    return {
        "destination_type": task.kind,
        "state": state,
        **{name: value for name, value in task.settings.items() if name not in secrets},
    }


# --- actions ---


class PartitionProgress(NamedTuple):
    """PartitionProgress of a task in one partition.

    :ivar offset: number of the next record that the task will transfer; 0 before it has transferred anything
    :ivar earliest: number of the earliest record in the partition
    :ivar next: number of the next record that the partition will receive
    :ivar created: creation time of the task, in seconds since the epoch
    :ivar from_start: whether the task started with the earliest record, so that an offset of 0 is a position
    """

    partition_id: str
    offset: Optional[int]
    earliest: Optional[int]
    next: Optional[int]
    created: Optional[float] = None
    from_start: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether the partition is known to contain no records."""
        return self.next is not None and self.next <= (self.earliest or 0)

    @property
    def start_unknown(self) -> bool:
        """Whether the task has transferred nothing and its start position is unknown."""
        return self.offset == 0 and not self.from_start and self.next is not None and not self.is_empty

    @property
    def waiting(self) -> Optional[int]:
        """Number of records that wait in the partition; None if unknown."""
        if self.is_empty:
            return 0
        if self.offset is None or self.next is None or self.start_unknown:
            return None
        return max(0, self.next - max(self.offset, self.earliest or 0))

    @property
    def transferred(self) -> Optional[int]:
        """Maximum number of stored records that the task has transferred; None if unknown."""
        if self.is_empty:
            return 0
        if self.offset is None or self.next is None or self.earliest is None:
            return None
        return max(0, min(self.offset, self.next) - self.earliest)


def progress(task: TransferTask, ranges: Mapping[str, Range]) -> List[PartitionProgress]:
    """Return the progress of a task in each partition.

    :param ranges: sequence number ranges of the readable partitions
    """
    created = task.facts.get("create_time")
    from_start = task.settings.get("consumer_strategy") == "TRIM_HORIZON"
    found = []
    entries = {canonical_partition_id(entry.get("partition_id")): entry for entry in task.facts.get("partitions", ())}
    for partition_id, (earliest, after) in ranges.items():
        offset = int_or_none(entries.get(partition_id, {}).get("last_transfer_offset"))
        since = None if created is None else created / 1000
        found.append(PartitionProgress(partition_id, offset, earliest, after, since, from_start))
    return found


class RecreateCost(NamedTuple):
    """Effect on the records of the stream if a task is replaced, at the time of the plan.

    :ivar effect: ``skipped`` or ``repeated``
    :ivar partitions: ID and number of records of each partition; None if the number is unknown
    """

    effect: str
    partitions: Tuple[Tuple[str, Optional[int]], ...]

    @property
    def records(self) -> Optional[int]:
        """Number of records in all partitions; None if it is unknown for one, or without any partition."""
        numbers = [number for _partition, number in self.partitions if number is not None]
        return sum(numbers) if numbers and len(numbers) == len(self.partitions) else None

    def to_result(self) -> Dict[str, Any]:
        """Return the cost for the module's result."""
        partitions = [{"partition_id": name, "records": number} for name, number in self.partitions]
        return {"effect": self.effect, "records": self.records, "partitions": partitions, "basis": COST_BASIS}

    def __str__(self) -> str:
        if self.records is None:
            return "The number of these records is unknown."
        partitions = "; ".join(f"partition {name}: {number}" for name, number in self.partitions if number)
        details = f" ({partitions})" if partitions else ""
        if self.effect == "skipped":
            return f"At the time of the plan, {self.records} records wait and would be skipped{details}."
        return f"At the time of the plan, up to {self.records} records would be transferred again{details}."


def recreate_cost(old: TransferTask, consumer_strategy: str, ranges: Mapping[str, Range]) -> RecreateCost:
    """Count the records that are skipped or transferred again if a task is replaced.

    A new task that starts at ``LATEST`` skips the records that wait. One that starts at ``TRIM_HORIZON`` transfers all
    records before the position of the old task again.

    :param consumer_strategy: that of the new task
    :param ranges: sequence number ranges of the readable partitions; empty if unknown
    """
    found = progress(old, ranges)
    if consumer_strategy == "TRIM_HORIZON":
        return RecreateCost("repeated", tuple((one.partition_id, one.transferred) for one in found))
    return RecreateCost("skipped", tuple((one.partition_id, one.waiting) for one in found))


class Action:
    """Base class of the write requests.

    :ivar task: the task to send, or the observed task
    """

    verb: str

    def __init__(self, task: TransferTask) -> None:
        self.task = task

    def add_sent_options(self, err: ApiError) -> None:
        """Add the options that an error code refers to, with the values sent, to the message."""
        settings = self.task.settings
        sent = [
            f"{name} {sanitize(repr(settings[name]))}"
            for name in OPTIONS_OF_ERROR_CODE.get(err.code or "", ())
            if settings.get(name)
        ]
        if sent:
            err.add(f"The request had {join_names(sent)}.", err.hint)


class Create(Action):
    """POST the task with all its settings."""

    verb = "create"

    def send(self, api: Any) -> None:
        """Send the request through a :class:`TransferTaskClient`."""
        body = DESTINATIONS[self.task.kind].request(self.task.task_name, self.task.settings, blanks=False)
        try:
            api.create_transfer_task(self.task.stream_name, self.task.task_name, body)
        except ApiError as err:
            self.add_sent_options(err)
            if not self.task.settings.get("agency_name") and (err.is_request_error or err.code == AGENCY_INVALID):
                err.hint = f"{err.hint} {AGENCY_MISSING}".strip()
            if self.task.kind != "OBS" and err.is_request_error:
                err.hint = f"{err.hint} {OBS_ONLY}".strip()
            raise


class Update(Action):
    """PUT the complete descriptor.

    :ivar differences: options to change, with both values, for messages
    """

    verb = "update"

    def __init__(self, task: TransferTask, differences: str = "") -> None:
        super().__init__(task)
        self.differences = differences

    def send(self, api: Any) -> None:
        """Send the request through a :class:`TransferTaskClient`."""
        destination = DESTINATIONS[self.task.kind]
        body = destination.request(self.task.task_name, self.task.settings, blanks=True, unknown=self.task.unknown)
        try:
            api.update_transfer_task(self.task.stream_name, self.task.task_name, body)
        except ApiError as err:
            if self.task.unknown and err.is_request_error:
                names = join_names(destination.unknown_names(self.task.unknown))
                err.hint = f"{err.hint} {UNKNOWN_SENT.format(names)}".strip()
            self.add_sent_options(err)
            if self.differences:
                err.add(f"Requested changes: {self.differences}.", err.hint)
            if err.means_not_offered:
                api.memory.note_unsupported(UPDATE_TASK)
                warning = RECREATE_WARNINGS.get(self.task.settings.get("consumer_strategy", ""), GAP_WARNING)
                err.hint = f"{NO_UPDATE} {warning}"
            raise


class Delete(Action):
    """DELETE the task by name."""

    verb = "delete"

    def send(self, api: Any) -> None:
        """Send the request through a :class:`TransferTaskClient`."""
        api.delete_transfer_task(self.task.stream_name, self.task.task_name)


class Start(Action):
    """Start a paused task."""

    verb = "start"

    def send(self, api: Any) -> None:
        """Send the request through a :class:`TransferTaskClient`."""
        api.act_on_transfer_task(self.task.stream_name, self.task.task_name, self.task.task_id, self.verb)


class Stop(Start):
    """Pause a task; it keeps its settings and its position."""

    verb = "stop"


# --- the plan ---


class DestinationTypeConflict(DisError):
    """A task of another destination type has the same name."""

    kind = "drift"


def plan(desired: DesiredTask, observed: Optional[TransferTask], on_drift: str = "update") -> Plan[TransferTask]:
    """Plan the ordered actions from the observed to the desired state.

    :param observed: None if the task does not exist
    :param on_drift: ``update``, ``recreate`` or ``fail``
    :raises InvalidOptions: if an option is missing that is required to create the task
    :raises Drift: if ``on_drift`` is ``fail``, with both values of each differing option
    :raises DestinationTypeConflict: if the task has another destination type and may not be replaced
    :raises UnknownSettingError: if a required setting of the update is neither specified nor reported
    """
    if observed is None:
        return Plan((), None, None) if desired.state == "absent" else plan_create(desired, None)
    if observed.kind != desired.destination.kind:
        return plan_type_conflict(desired, observed, on_drift)
    if desired.state == "absent":
        return Plan((Delete(observed),), observed, None)
    differing = desired.destination.differing(desired.specified, observed.settings)
    unverified = tuple(name for name in desired.specified if name not in {*observed.settings, *differing})
    if not differing and not desired.always_update:
        return plan_run_state(desired, observed, observed, (), unverified)
    differences = ", ".join(describe_differences(differing, desired.specified, observed.settings))
    if differing and on_drift == "fail":
        raise Drift(f"The {desired} differs and on_drift is fail: {differences}. Nothing was changed.")
    full = desired.merged_with(observed)
    unreported = desired.destination.unknown_required(full.specified)
    if unreported:
        raise UnknownSettingError(
            f"Cannot update the {desired} ({differences or join_names(desired.always_update)}): the service does not"
            f" report its {join_names(unreported)}, which the request requires. Nothing was changed.",
            f"Specify {join_names(unreported)} too.",
        )
    if on_drift == "recreate" and differing:
        return plan_create(full, observed)
    known = {name: value for name, value in full.specified.items() if name in {*observed.settings, *differing}}
    unknown = unknown_to_send(desired.destination, observed.unknown, full.specified, differing)
    goal = observed._replace(settings=known, unknown=unknown)
    update = Update(
        observed._replace(settings=full.specified, unknown=unknown),
        differences or f"{join_names(desired.always_update)} is sent again",
    )
    warnings: Tuple[str, ...] = ()
    if "consumer_strategy" in differing:
        warnings = (STRATEGY_CHANGED.format(desired),)
    dropped = {name: value for name, value in observed.unknown.items() if name not in unknown}
    if dropped:
        names = join_names(desired.destination.unknown_names(dropped))
        warnings += (UNKNOWN_DROPPED.format(desired, names, "the update"),)
    return plan_run_state(desired, observed, goal, (update,), unverified, warnings)


def unknown_to_send(
    destination: Destination, unknown: Mapping[str, Any], settings: Mapping[str, Any], differing: Sequence[str]
) -> Dict[str, Any]:
    """Return the unsupported settings that an update can include.

    Settings within a list that changes are dropped: their position in the new list is unknown.
    """
    fields = {field.name: field for field in destination}

    def is_sendable(name: str) -> bool:
        field = fields.get(name)
        if field is None or name not in settings:
            return field is None
        return name not in differing or "list" not in [field.type, *(member.type for member in field.members)]

    return {name: value for name, value in unknown.items() if is_sendable(name)}


def plan_create(desired: DesiredTask, old: Optional[TransferTask]) -> Plan[TransferTask]:
    """Plan to create the task, after deleting an existing one."""
    missing = desired.destination.missing(desired.specified)
    if missing:
        raise InvalidOptions(
            f"The {desired} does not exist; to create it, specify {join_names(missing)}. Nothing was changed."
            if old is None
            else f"To replace the {desired}, specify {join_names(missing)}. Nothing was changed."
        )
    settings = {**desired.destination.defaults(desired.specified), **desired.specified}
    new_task = TransferTask(desired.stream_name, desired.task_name, desired.destination.kind, settings, RUNNING)
    actions: Tuple[Any, ...] = (Create(new_task),)
    warnings: Tuple[str, ...] = ()
    length = len(desired.stream_name)
    if length > MAX_DOCUMENTED_STREAM_NAME:
        warnings = (LONG_STREAM_NAME.format(desired.stream_name, length, MAX_DOCUMENTED_STREAM_NAME),)
    if old is not None:
        actions = (Delete(old),) + actions
        warning = RECREATE_WARNINGS.get(settings["consumer_strategy"], GAP_WARNING)
        warnings += (f"{REPLACED.format(desired)} {warning}",)
        if old.unknown and old.kind in DESTINATIONS:
            names = join_names(DESTINATIONS[old.kind].unknown_names(old.unknown))
            warnings += (UNKNOWN_DROPPED.format(desired, names, "the new task"),)
    if desired.state == "stopped":
        warnings += (STARTS_AT_ONCE[settings["consumer_strategy"]].format(desired),)
        return Plan(actions + (Stop(new_task),), old, new_task._replace(state=PAUSED), warnings=warnings)
    return Plan(actions, old, new_task, warnings=warnings)


def plan_type_conflict(desired: DesiredTask, observed: TransferTask, on_drift: str) -> Plan[TransferTask]:
    """Plan for a task of another destination type with the same name.

    It is deleted or replaced only with ``on_drift=recreate`` and ``state`` ``present`` or ``absent``; a run state alone
    never replaces a task.

    :raises DestinationTypeConflict: otherwise
    """
    if on_drift != "recreate" or desired.state in ("started", "stopped"):
        raise DestinationTypeConflict(
            f"The {desired} exists with destination_type {sanitize(observed.kind)}, not {desired.destination.kind}."
            " Nothing was changed.",
            "Choose another task_name, or set on_drift: recreate with state: present or absent to replace or delete the"
            " existing task.",
        )
    if desired.state == "absent":
        return Plan((Delete(observed),), observed, None)
    return plan_create(desired, observed)


def plan_run_state(
    desired: DesiredTask,
    observed: TransferTask,
    goal: TransferTask,
    actions: Tuple[Any, ...],
    unverified: Tuple[str, ...],
    warnings: Tuple[str, ...] = (),
) -> Plan[TransferTask]:
    """Add the actions for the run state; a task in state ABNORMAL, ERROR or unknown is only reported."""
    state = observed.state
    if desired.state == "stopped" and state != PAUSED:
        return Plan(actions + (Stop(observed),), observed, goal._replace(state=PAUSED), unverified, warnings)
    if desired.state == "started" and state == PAUSED:
        return Plan(actions + (Start(observed),), observed, goal._replace(state=RUNNING), unverified, warnings)
    if state not in (RUNNING, STARTING, PAUSED):
        warnings += (trouble_warning(desired, state),)
    return Plan(actions, observed, goal, unverified, warnings)


def trouble_warning(desired: DesiredTask, state: Optional[str], error: str = "") -> str:
    """Return the warning about a task in a state other than RUNNING, STARTING and PAUSED.

    :param error: its last error, as a sentence to append
    """
    return f"The {desired} is in state {sanitize(state)}.{error} {trouble_hint(state)}".rstrip()


def trouble_hint(state: Optional[str]) -> str:
    """Return the hint for a task in state ABNORMAL or ERROR, else an empty string."""
    if state in (ABNORMAL, ERROR):
        return (
            "Check the dump log of the task in the DIS console. Common causes are missing agency permissions, a deleted"
            " table or bucket, and records that do not match the table."
        )
    return ""


# --- the quota of a stream ---


class QuotaExceeded(DisError):
    """A stream would exceed its quota of transfer tasks."""

    kind = "invalid_options"


def phase(plan: Plan[TransferTask]) -> int:
    """Return the order of a plan within its stream: 0 deletes, 2 creates, 1 others; deletes free quota for creates."""
    verbs = plan.verbs
    return 2 if "create" in verbs and "delete" not in verbs else 0 if verbs == ("delete",) else 1


def quota_exceeded(
    stream: str, present: int, plans: Sequence[Plan[TransferTask]], quota: int
) -> Optional[QuotaExceeded]:
    """Return the error for all creates in a stream if they would exceed its quota, else None.

    :param present: number of existing tasks
    """
    created = sum(phase(plan) == 2 for plan in plans)
    deleted = sum(phase(plan) == 0 for plan in plans)
    if not created or present - deleted + created <= quota:
        return None
    to_delete = f" ({deleted} to be deleted)" if deleted else ""
    return QuotaExceeded(
        f'Stream "{stream}" would exceed its quota of {quota} transfer tasks: {present} exist{to_delete}, {created} to'
        " create. None of them was created.",
        "Specify fewer tasks or delete others; purge: true of transfer_tasks deletes all that are not specified.",
    )
