# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One transfer task: its shape, its wire names, its plan. Private to otc.dis."""

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
from .base import validate_response
from .destinations import DESTINATIONS, OPTIONS_OF_ERROR_CODE, Destination

RUNNING, STARTING, PAUSED, ABNORMAL, ERROR = "RUNNING", "STARTING", "PAUSED", "ABNORMAL", "ERROR"
DELETED = "DELETE"
ACTIVE = frozenset({RUNNING, STARTING})
QUOTA = 5
"""Transfer tasks of a stream (API reference, "Adding Dump Tasks": DIS.4357 beyond).

Nobody has been granted more, as far as any source tells; so more than this is refused before any request. The list of a
stream may tell a quota of its own, which then counts.
"""

GAP_WARNING = (
    "Replacing a task whose consumer_strategy is LATEST leaves a gap: records that arrive between the last"
    " transfer of the"
    " old task and the start of the new one are never transferred."
)
DUPLICATES_WARNING = (
    "Replacing a task whose consumer_strategy is TRIM_HORIZON makes duplicates: all records that the stream"
    " still keeps are"
    " transferred again."
)
STRATEGY_CHANGED = (
    "The {0} gets another consumer_strategy. It says where a new task begins to read; whether a task that exists moves"
    " its position, the service does not tell."
)
LONG_STREAM_NAME = (
    'The name of stream "{0}" has {1} characters. The API reference documents at most {2} for the stream of a transfer'
    " task, so a region may refuse to create one."
)
MAX_DOCUMENTED_STREAM_NAME = 60
"""Characters; streams themselves, and later pages about transfer tasks, have up to 64."""
AGENCY_INVALID = "DIS.4335"
AGENCY_LEFT_OUT = "No agency_name was given, and this region may need one."
UPDATE_TASK = "update_transfer_task"
OBS_ONLY = "If all values are right: some regions only offer transfer tasks to OBS."
CARRIED = (
    "The request carried over settings that this version of the collection does not know: {0}. If the service refuses"
    " these, change the task on the console."
)
NOT_CARRIED = (
    "The {0} has settings that this version of the collection does not know: {1}. They are lost: {2} cannot carry them"
    " over."
)
LOST = "The update of the {0} lost settings that this version of the collection does not know: {1}."
NO_UPDATE = (
    "This region does not offer to change a transfer task in place. on_drift: recreate deletes it and creates it anew."
)
RECREATE_WARNINGS = {"LATEST": GAP_WARNING, "TRIM_HORIZON": DUPLICATES_WARNING}


class TransferTask(NamedTuple):
    """A transfer task as the service has it, or will have it.

    :ivar kind: the ``destination_type``
    :ivar settings: the descriptor's members as far as they are known
    :ivar state: the service's word; None where the answer has none
    :ivar facts: what else the service tells: ids, times (milliseconds since 1970), partitions
    :ivar unknown: members of the descriptor that this version does not know; never shown
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
        """What start and stop are addressed by; None where the answer did not tell it."""
        return self.facts.get("task_id")

    def __str__(self) -> str:
        return f'transfer task "{self.task_name}" of stream "{self.stream_name}"'


class DesiredTask(NamedTuple):
    """What the user asks for.

    :ivar specified: the settings that the user gave; what was left out is not managed
    :ivar state: ``present``, ``started``, ``stopped`` or ``absent``
    :ivar always_update: names of specified secrets that an existing task gets in every run, as its own cannot be read
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
        """This desired state, completed by the settings and the run state of the task."""
        state = "stopped" if self.state == "present" and task.state == PAUSED else self.state
        return self._replace(specified=self.destination.merged_with(self.specified, task.settings), state=state)


# --- reading answers (API reference, "Querying Dump Task Details") ---

LISTED = (
    *texts("task_name", "task_id", "destination_type", "state"),
    *numbers("create_time", "last_transfer_timestamp"),
)
"""Members of an entry of a list."""
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
"""Members of a details answer; what is in the blocks is in the table of their destination."""


def read_transfer_task(stream_name: str, task_name: str, response: Mapping[str, Any]) -> Optional[TransferTask]:
    """The task that a details answer describes; None if it says that the task is deleted.

    One spelling comes out, whichever went in. The destination is told by the block that is there, then by
    ``destination_type``: answers are known that contradict themselves.

    :raises UnexpectedResponse: it describes no task at all, or another one, or has a member of an impossible type
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
        raise UnexpectedResponse(
            f"Cannot {call}: the answer describes none.",
            "Check endpoint_override, and proxies on the way.",
        )
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
    """Partitions with one spelling per key, whichever of the two known shapes came."""
    return [
        {
            **{key: value for key, value in entry.items() if key not in ("partitionId", "status")},
            "partition_id": entry.get("partition_id", entry.get("partitionId")),
            "state": entry.get("state", entry.get("status")),
        }
        for entry in dictionaries(response)
    ]


def find_task_id(response: Mapping[str, Any], task_name: str) -> Optional[str]:
    """The id of a task in a list answer; None where the list does not tell it."""
    for entry in dictionaries(response.get("tasks")):
        if entry.get("task_name") == task_name:
            return text_or_none(entry.get("task_id"))
    return None


def is_incomplete(response: Mapping[str, Any]) -> bool:
    """Whether a list answer counts more tasks than it has entries."""
    return (int_or_none(response.get("total_number")) or 0) > len(dictionaries(response.get("tasks")))


def proves_not_found(response: Mapping[str, Any]) -> bool:
    """Whether a task that a list answer does not have is not there: it has as many different ones as it counts."""
    names = {entry.get("task_name") for entry in dictionaries(response.get("tasks"))}
    total = int_or_none(response.get("total_number"))
    return total is not None and total <= len(names)


def quota_of(response: Mapping[str, Any]) -> int:
    """How many tasks a stream may hold, as its list tells or else as documented."""
    return int_or_none(response.get("quota")) or QUOTA


def read_transfer_tasks(stream_name: str, response: Mapping[str, Any]) -> List[TransferTask]:
    """The tasks in a list answer, which tells no settings; each once, and deleted ones are left out.

    :raises UnexpectedResponse: an entry has a member of an impossible type
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


# --- showing ---


def to_result(task: Optional[TransferTask]) -> Optional[Dict[str, Any]]:
    """The task as a module returns it: the same keys whatever is known, None for what is not."""
    if task is None:
        return None
    names = [one.name for one in DESTINATIONS[task.kind] if not one.secret] if task.kind in DESTINATIONS else []
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
    """The task as a diff shows it: what can be set, nothing that changes by itself."""
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


class Action:
    """One request that writes.

    :ivar task: the task as it is to be sent, or as it was observed
    """

    verb: str

    def __init__(self, task: TransferTask) -> None:
        self.task = task

    def name_refused_options(self, err: ApiError) -> None:
        """Add the options that a refusal is about, with the values that were sent."""
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
        """Send it through a :class:`TransferTaskClient`."""
        body = DESTINATIONS[self.task.kind].request(self.task.task_name, self.task.settings, blanks=False)
        try:
            api.create_transfer_task(self.task.stream_name, self.task.task_name, body)
        except ApiError as err:
            self.name_refused_options(err)
            if not self.task.settings.get("agency_name") and (err.is_request_error or err.code == AGENCY_INVALID):
                err.hint = f"{err.hint} {AGENCY_LEFT_OUT}".strip()
            if self.task.kind != "OBS" and err.is_request_error:
                err.hint = f"{err.hint} {OBS_ONLY}".strip()
            raise


class Update(Action):
    """PUT the complete descriptor.

    :ivar differences: each option that is to change, with both values
    """

    verb = "update"

    def __init__(self, task: TransferTask, differences: str = "") -> None:
        super().__init__(task)
        self.differences = differences

    def send(self, api: Any) -> None:
        """Send it through a :class:`TransferTaskClient`."""
        destination = DESTINATIONS[self.task.kind]
        body = destination.request(self.task.task_name, self.task.settings, blanks=True, unknown=self.task.unknown)
        try:
            api.update_transfer_task(self.task.stream_name, self.task.task_name, body)
        except ApiError as err:
            if self.task.unknown and err.is_request_error:
                names = join_names(destination.unknown_names(self.task.unknown))
                err.hint = f"{err.hint} {CARRIED.format(names)}".strip()
            self.name_refused_options(err)
            if self.differences:
                err.add(f"To be changed: {self.differences}.", err.hint)
            if err.means_not_offered:
                api.memory.note_unsupported(UPDATE_TASK)
                price = RECREATE_WARNINGS.get(self.task.settings.get("consumer_strategy", ""), GAP_WARNING)
                err.hint = f"{NO_UPDATE} {price}"
            raise


class Delete(Action):
    """DELETE the task by name."""

    verb = "delete"

    def send(self, api: Any) -> None:
        """Send it through a :class:`TransferTaskClient`."""
        api.delete_transfer_task(self.task.stream_name, self.task.task_name)


class Start(Action):
    """Let a paused task run."""

    verb = "start"

    def send(self, api: Any) -> None:
        """Send it through a :class:`TransferTaskClient`."""
        api.act_on_transfer_task(self.task.stream_name, self.task.task_name, self.task.task_id, self.verb)


class Stop(Start):
    """Pause a task; it keeps its settings and its position."""

    verb = "stop"


# --- the plan ---


class DestinationTypeConflict(DisError):
    """A task of another destination type has the name."""

    kind = "drift"


def plan(desired: DesiredTask, observed: Optional[TransferTask], on_drift: str = "update") -> Plan[TransferTask]:
    """Plan the calls that turn the observed state into the desired one, in order.

    :param observed: None is "absent"
    :param on_drift: ``update``, ``recreate`` or ``fail``
    :raises InvalidOptions: an option is missing without which the task cannot be created
    :raises Drift: with ``on_drift=fail``, naming each option with both values
    :raises ForeignTask: the name belongs to another destination type, and ``on_drift`` is not ``recreate``
    :raises UnknownSettingError: a complete request cannot be built from what is known
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
        raise Drift(f"The {desired} differs, and on_drift is fail: {differences}. Nothing was changed.")
    full = desired.merged_with(observed)
    hidden = desired.destination.unknown_required(full.specified)
    if hidden:
        raise UnknownSettingError(
            f"The {desired} is to be changed ({differences or join_names(desired.always_update)}), but the"
            f" service does not tell its {join_names(hidden)}, and a guess could send the data elsewhere. Nothing was"
            " changed.",
            f"Give {join_names(hidden)}, too.",
        )
    if on_drift == "recreate" and differing:
        return plan_create(full, observed)
    known = {name: value for name, value in full.specified.items() if name in {*observed.settings, *differing}}
    carried = with_unknown_settings(desired.destination, observed.unknown, full.specified, differing)
    goal = observed._replace(settings=known, unknown=carried)
    update = Update(
        observed._replace(settings=full.specified, unknown=carried),
        differences or f"{join_names(desired.always_update)} is sent again",
    )
    warnings: Tuple[str, ...] = ()
    if "consumer_strategy" in differing:
        warnings = (STRATEGY_CHANGED.format(desired),)
    left = {name: value for name, value in observed.unknown.items() if name not in carried}
    if left:
        warnings += (NOT_CARRIED.format(desired, join_names(desired.destination.unknown_names(left)), "the update"),)
    return plan_run_state(desired, observed, goal, (update,), unverified, warnings)


def with_unknown_settings(
    destination: Destination, unknown: Mapping[str, Any], settings: Mapping[str, Any], differing: Sequence[str]
) -> Dict[str, Any]:
    """The unknown settings that have a place in a request; within a list that changes nobody knows where it is."""
    fields = {one.name: one for one in destination}

    def fits(name: str) -> bool:
        field = fields.get(name)
        if field is None or name not in settings:
            return field is None
        return name not in differing or "list" not in [field.type, *(member.type for member in field.members)]

    return {name: value for name, value in unknown.items() if fits(name)}


def plan_create(desired: DesiredTask, old: Optional[TransferTask]) -> Plan[TransferTask]:
    """Create the task, after deleting the old one if there is one."""
    missing = desired.destination.missing(desired.specified)
    if missing:
        raise InvalidOptions(
            f"The {desired} does not exist, and to create it {join_names(missing)} must be given. Nothing was changed."
            if old is None
            else f"To replace the {desired}, {join_names(missing)} must be given. Nothing was changed."
        )
    settings = {**desired.destination.defaults(desired.specified), **desired.specified}
    newborn = TransferTask(desired.stream_name, desired.task_name, desired.destination.kind, settings, RUNNING)
    actions: Tuple[Any, ...] = (Create(newborn),)
    warnings: Tuple[str, ...] = ()
    length = len(desired.stream_name)
    if length > MAX_DOCUMENTED_STREAM_NAME:
        warnings = (LONG_STREAM_NAME.format(desired.stream_name, length, MAX_DOCUMENTED_STREAM_NAME),)
    if old is not None:
        actions = (Delete(old),) + actions
        warnings += (f"The {desired} is replaced. {RECREATE_WARNINGS.get(settings['consumer_strategy'], GAP_WARNING)}",)
        if old.unknown and old.kind in DESTINATIONS:
            names = join_names(DESTINATIONS[old.kind].unknown_names(old.unknown))
            warnings += (NOT_CARRIED.format(desired, names, "the new task"),)
    if desired.state == "stopped":
        return Plan(actions + (Stop(newborn),), old, newborn._replace(state=PAUSED), warnings=warnings)
    return Plan(actions, old, newborn, warnings=warnings)


def plan_type_conflict(desired: DesiredTask, observed: TransferTask, on_drift: str) -> Plan[TransferTask]:
    """A task of another destination type has the name: never touch what nobody described, unless asked to.

    Nobody replaces a task by asking for another run state: that takes ``present`` or ``absent``, and ``recreate``.
    """
    if on_drift != "recreate" or desired.state in ("started", "stopped"):
        raise DestinationTypeConflict(
            f"The {desired} exists with destination_type {observed.kind}, not {desired.destination.kind}."
            " Nothing was changed.",
            "Choose another task_name, or have the other task deleted or replaced with on_drift: recreate and state:"
            " absent or present.",
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
    """Add what brings the run state about; what is broken or unknown is reported, not touched."""
    state = observed.state
    if desired.state == "stopped" and state != PAUSED:
        return Plan(actions + (Stop(observed),), observed, goal._replace(state=PAUSED), unverified, warnings)
    if desired.state == "started" and state == PAUSED:
        return Plan(actions + (Start(observed),), observed, goal._replace(state=RUNNING), unverified, warnings)
    if state not in (RUNNING, STARTING, PAUSED):
        warnings += (trouble_warning(desired, state),)
    return Plan(actions, observed, goal, unverified, warnings)


def trouble_warning(desired: DesiredTask, state: Optional[str], error: str = "") -> str:
    """The warning about a task that neither runs nor is stopped.

    :param error: its last error as a sentence that follows another one
    """
    return f"The {desired} is in state {state}.{error} {trouble_hint(state)}".rstrip()


def trouble_hint(state: Optional[str]) -> str:
    """What to do about a task that does not run as it should."""
    if state in (ABNORMAL, ERROR):
        return (
            "Look at the dump log of the task on the console of DIS; usual causes are rights of the agency, a"
            " table or bucket"
            " that is gone, and records that do not fit the table."
        )
    return ""


# --- the room of a stream ---


class QuotaExceeded(DisError):
    """A stream would hold more transfer tasks than it may."""

    kind = "invalid_options"


def phase(plan: Plan[TransferTask]) -> int:
    """When a plan's turn comes within its stream: first what makes room, last what needs it."""
    verbs = plan.verbs
    return 2 if "create" in verbs and "delete" not in verbs else 0 if verbs == ("delete",) else 1


def quota_exceeded(
    stream: str, present: int, plans: Sequence[Plan[TransferTask]], quota: int
) -> Optional[QuotaExceeded]:
    """The refusal of all that is to be created in a stream, if it would then hold more than it may.

    :param present: how many tasks it has
    """
    born = sum(phase(plan) == 2 for plan in plans)
    gone = sum(phase(plan) == 0 for plan in plans)
    if not born or present - gone + born <= quota:
        return None
    leaving = f", {gone} of which are to be deleted," if gone else ""
    return QuotaExceeded(
        f'Stream "{stream}" has {present} transfer tasks{leaving} and is to get {born} more, but holds {quota} at most.'
        " None of them was created.",
        "Describe fewer, or have others deleted: purge does so with all that are not described.",
    )
