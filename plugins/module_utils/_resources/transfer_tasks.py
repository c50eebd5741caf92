# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transfer tasks: API client, log, reconciliation target and module resource. Private to otc.dis.

Source of the log: API reference of Huawei Cloud, "Querying the Log of the Dump Task in the Current Stream". It
documents the names by which a log can be sorted, which are the members of its entries, but not the members that hold an
error.
"""

from __future__ import annotations

import time
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._core import deadline as _deadline
from .._core.errors import (
    STREAM_NOT_RUNNING,
    TASK_EXISTS,
    TASKS_FULL,
    ApiError,
    DisError,
    UnexpectedResponse,
    describe_differences,
    join_names,
    sanitize,
)
from .._core.paging import (
    MAX_READS,
    PAGE_SIZE,
    PLAIN_NAME,
    incomplete,
    named_entries,
    total_number,
)
from .._core.plan import WAIT, WAIT_FOR_AGENCY, Plan, Spec, WaitError, WaitStatus, wait_from
from .._core.reconcile import NotApplied, Progress, Reconciler, Target
from .._core.schema import (
    Field,
    dictionaries,
    int_or_none,
    names_allowing_empty,
    normalize,
    numbers,
    option,
    text_or_none,
)
from .base import ENDPOINT_HINT, STREAMS, Calls, Range, planned_tasks_key, read_ranges, validate_response
from .destinations import Destination, always_updated, raise_if_invalid
from .transfer_task import (
    ABNORMAL,
    ACTIVE,
    AGENCY_INVALID,
    ERROR,
    PAUSED,
    REPLACED,
    RUNNING,
    UNKNOWN_LOST,
    UPDATE_TASK,
    DesiredTask,
    RecreateCost,
    TransferTask,
    find_task_id,
    is_incomplete,
    phase,
    plan,
    quota_exceeded,
    quota_of,
    read_transfer_task,
    read_transfer_tasks,
    recreate_cost,
    to_diff,
    to_result,
    trouble_hint,
    trouble_warning,
)

DEFAULT_LIMIT = 10
"""Entries that the service returns without ``pageInfo``."""
SECONDS = 2.0
"""Time limit for reading the last error, which is optional."""
LOG = "transfer_task_log"
CODES = ("errorCode", "error_code")
TEXTS = ("message", "errorMessage", "errorMsg", "error_message", "error_msg")


class Batch(NamedTuple):
    """A batch of a transfer task; values that the service did not return are None.

    :ivar records: number of records transferred
    :ivar read_records: number of records read from the stream
    :ivar data_size: bytes transferred
    """

    state: Optional[str]
    create_time: Optional[str]
    start_time: Optional[str]
    end_time: Optional[str]
    records: Optional[int]
    read_records: Optional[int]
    data_size: Optional[int]
    error: Optional[str]


def request_body(limit: int, page: int) -> Dict[str, Any]:
    """Return the body of a request for the newest entries."""
    body: Dict[str, Any] = {"order": "desc", "sortBy": "createTimeStr"}
    if limit > DEFAULT_LIMIT:
        body["pageInfo"] = {"pageIndex": page, "pageTotal": limit}
    return body


def error_of(members: Mapping[str, Any]) -> Optional[str]:
    """Return the error text and code of a response or entry; None if it contains neither."""
    code = next((str(members[name]) for name in CODES if text_or_none(str(members.get(name) or ""))), None)
    text = next((sanitize(members[name]) for name in TEXTS if text_or_none(members.get(name))), None)
    if code is None or text is None:
        return text or (sanitize(code) if code else None)
    return f"{text.rstrip('.')} ({sanitize(code)})"


def time_of(value: Any) -> Optional[str]:
    """Return a time as the service reports it: a string, or milliseconds."""
    return text_or_none(value) or (None if int_or_none(value) is None else str(value))


def read_batches(call: str, response: Mapping[str, Any]) -> List[Batch]:
    """Parse the batches of a response.

    :raises UnexpectedResponse: if a member has an invalid type
    """
    entries = Field("transferTaskLogList", type="list", members=numbers("records", "readRecords", "dataSize"))
    validate_response(call, response, {}, (entries, *numbers("totalNum")))
    return [
        Batch(
            text_or_none(entry.get("state")),
            time_of(entry.get("createTimeStr")),
            time_of(entry.get("startTime")),
            time_of(entry.get("endTime")),
            int_or_none(entry.get("records")),
            int_or_none(entry.get("readRecords")),
            int_or_none(entry.get("dataSize")),
            error_of(entry),
        )
        for entry in dictionaries(response.get("transferTaskLogList"))
    ]


def is_empty_page(response: Mapping[str, Any]) -> bool:
    """Whether a response reports a total but contains no entries: page numbers may start at 0 or 1."""
    return not response.get("transferTaskLogList") and (int_or_none(response.get("totalNum")) or 0) > 0


def last_error(batches: List[Batch]) -> Optional[str]:
    """Return the error of the newest batch with an error; None without one."""
    return next((batch.error for batch in batches if batch.error), None)


def describe_error(error: Optional[str]) -> str:
    """Return the last error as a sentence to append; an empty string without an error."""
    return f" Last error in its log: {error.rstrip('.')}." if error else ""


class TransferTaskClient(Calls):
    """Client for transfer tasks and their streams.

    :ivar log_unavailable: whether to skip the last error: the log is unsupported, or it could not be read
    """

    log_unavailable = False

    def list_streams(self, start: Optional[str] = None) -> Dict[str, Any]:
        """``GET /streams``: one page, starting after the name *start*."""
        response = self.read("list streams", "/streams", {"limit": PAGE_SIZE, "start_stream_name": start})
        if not any(isinstance(response.get(name), list) for name in ("stream_names", "stream_info_list")):
            raise UnexpectedResponse("Cannot list streams: the response contains no list of streams.", ENDPOINT_HINT)
        return response

    def create_transfer_task(self, stream: str, task: str, body: Dict[str, Any]) -> None:
        """``POST /streams/{stream_name}/transfer-tasks``; the response has no body."""
        self.send(f"create {describe(stream, task)}", "POST", f"/streams/{stream}/transfer-tasks", body)

    def list_transfer_tasks(self, stream: str, partial: bool = False) -> Dict[str, Any]:
        """``GET /streams/{stream_name}/transfer-tasks``; a single page, because the quota is small.

        A list with fewer tasks than its total is read again.

        :param partial: whether to accept an incomplete list
        :raises UnexpectedResponse: if the list remains incomplete
        """
        subject = f'list of the transfer tasks of stream "{stream}"'
        for reads in range(1, MAX_READS + 1):
            response = self.read(f'list the transfer tasks of stream "{stream}"', f"/streams/{stream}/transfer-tasks")
            received = len(named_entries(response, "tasks", "task_name", PLAIN_NAME))
            if not is_incomplete(response):
                return response
            if reads == MAX_READS or not self.retry_budget.allows(reads):
                break
        if not partial:
            raise incomplete(subject, total_number(response), received)
        return response

    def show_transfer_task(self, stream: str, task: str) -> Optional[TransferTask]:
        """``GET /streams/{stream_name}/transfer-tasks/{task_name}``; None if its state is ``DELETE``."""
        response = self.read(f"show {describe(stream, task)}", f"/streams/{stream}/transfer-tasks/{task}")
        return read_transfer_task(stream, task, response)

    def counts_transfer_task(self, stream: str, task: str) -> bool:
        """Whether the service still returns a task; a task that is being deleted counts towards the quota."""
        try:
            self.read(f"show {describe(stream, task)}", f"/streams/{stream}/transfer-tasks/{task}")
        except ApiError as err:
            if err.means_task_absent or err.means_stream_absent:
                return False
            raise
        return True

    def update_transfer_task(self, stream: str, task: str, body: Dict[str, Any]) -> None:
        """``PUT /streams/{stream_name}/transfer-tasks``; the body contains the name of the task."""
        self.send(f"update {describe(stream, task)}", "PUT", f"/streams/{stream}/transfer-tasks", body)

    def act_on_transfer_task(self, stream: str, task: str, task_id: Optional[str], action: str) -> None:
        """``POST /streams/{stream_name}/transfer-tasks/action`` for one task; an unknown ID is looked up."""
        body = {"action": action, "tasks": [{"id": task_id or self.transfer_task_id(stream, task)}]}
        self.send(f"{action} {describe(stream, task)}", "POST", f"/streams/{stream}/transfer-tasks/action", body)

    def act_on_transfer_tasks(self, stream: str, task_ids: Sequence[str], action: str) -> None:
        """``POST /streams/{stream_name}/transfer-tasks/action`` for several tasks."""
        body = {"action": action, "tasks": [{"id": task_id} for task_id in task_ids]}
        call = f'{action} {len(task_ids)} transfer tasks of stream "{stream}"'
        self.send(call, "POST", f"/streams/{stream}/transfer-tasks/action", body)

    def delete_transfer_task(self, stream: str, task: str) -> None:
        """``DELETE /streams/{stream_name}/transfer-tasks/{task_name}``."""
        self.send(f"delete {describe(stream, task)}", "DELETE", f"/streams/{stream}/transfer-tasks/{task}")

    def transfer_task_id(self, stream: str, task: str) -> str:
        """Return the ID of a task from the list, or else from the details: some regions report it in one of them only.

        :raises UnexpectedResponse: if neither contains the ID
        """
        found = find_task_id(self.list_transfer_tasks(stream, partial=True), task)
        if found is None:
            shown = self.show_transfer_task(stream, task)
            found = shown.task_id if shown else None
        if found is None:
            raise UnexpectedResponse(
                f"The service does not report the ID of {describe(stream, task)}, which start and stop require.",
                "Start or stop the task in the DIS console.",
            )
        return found

    def list_batches(self, stream: str, task: str, task_id: Optional[str], limit: int) -> List[Batch]:
        """``POST /v1/transfertasklog/{task_id}``: the newest batches; an unknown ID is looked up.

        :raises ApiError: also if the response reports a failure with HTTP status 200
        """
        call = f"read the log of {describe(stream, task)}"
        path = f"/transfertasklog/{task_id or self.transfer_task_id(stream, task)}"
        response: Dict[str, Any] = {}
        for page in (1, 0):
            body = request_body(limit, page)
            response = self.read(call, path, version="v1", body=body, in_project=False)
            if not is_empty_page(response):
                break
        if text_or_none(str(response.get("errorCode") or "")) and not response.get("transferTaskLogList"):
            code, text = self.api.redact(response["errorCode"]), self.api.redact(response.get("message") or "")
            raise ApiError(call, 200, code, text or "no reason given")
        return read_batches(call, response)[:limit]

    def last_error(self, task: TransferTask) -> Optional[str]:
        """Return the last error in the log of a task; None without an error, or if the log cannot be read in time."""
        if self.log_unavailable or self.memory.is_unsupported(LOG):
            return None
        try:
            with _deadline.within(SECONDS):
                return last_error(self.list_batches(task.stream_name, task.task_name, task.task_id, DEFAULT_LIMIT))
        except ApiError as err:
            if err.means_not_offered:
                self.memory.note_unsupported(LOG)
            self.log_unavailable = err.means_not_offered
        except DisError:
            self.log_unavailable = True
        return None


def describe(stream: str, task: str) -> str:
    """Describe a transfer task for messages."""
    return f'transfer task "{task}" of stream "{stream}"'


RECREATE_HINT = "Use on_drift: recreate; see its documentation for gaps and duplicates."
CHECK_MODE_HINT = (
    "In check mode, a stream counts as existing if an earlier task of the same run would create it and both tasks run"
    " on the controller."
)


MAX_AGENCY_PAUSE = 15.0
"""Maximum seconds between two requests with an agency that the service rejects."""


class DestructionPrevented(DisError):
    """A plan deletes a task, and the user or a limit does not allow that."""

    kind = "drift"


def utc(seconds: float) -> str:
    """Format a time, in seconds since 1970, as ISO 8601 in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class TransferTaskTarget(Target[TransferTask]):
    """Reconciliation of one transfer task."""

    def __init__(
        self,
        api: TransferTaskClient,
        desired: DesiredTask,
        on_drift: str,
        run: Progress[TransferTask],
        prevent_destroy: bool = False,
    ) -> None:
        self.api, self.run = api, run
        self.desired, self.on_drift, self.prevent_destroy = desired, on_drift, prevent_destroy
        self.troubles: Dict[str, str] = {}
        self.cost: Optional[RecreateCost] = None
        self.created_at = self.stopped_at = 0.0
        self.agency_rejected_at: Optional[float] = None
        self.agency_pause = 0.0

    def __str__(self) -> str:
        return str(self.desired)

    def read(self) -> Optional[TransferTask]:
        try:
            return self.api.show_transfer_task(self.desired.stream_name, self.desired.task_name)
        except ApiError as err:
            if err.means_task_absent or (err.means_stream_absent and (self.desired.state == "absent" or self.assumed)):
                return None
            if err.means_stream_absent and self.api.memory.check_mode:
                err.hint = f"{err.hint} {CHECK_MODE_HINT}"
            raise

    @property
    def assumed(self) -> bool:
        """Whether an earlier task of this run in check mode would have created the stream."""
        return self.api.memory.planned(STREAMS).get(self.desired.stream_name) is True

    def check_plan(self) -> None:
        """Check a create against the quota of the stream.

        :raises QuotaExceeded: if the stream has no quota left
        """
        if phase(self.run.plan) != 2:
            return
        response: Mapping[str, Any] = {}
        if not self.assumed:
            try:
                response = self.api.list_transfer_tasks(self.desired.stream_name)
            except DisError:
                return  # number of tasks unknown: the service checks the quota
        present = {task.task_name for task in read_transfer_tasks(self.desired.stream_name, response)}
        for name, exists in self.api.memory.planned(planned_tasks_key(self.desired.stream_name)).items():
            present = present | {name} if exists else present - {name}
        error = quota_exceeded(self.desired.stream_name, len(present), [self.run.plan], quota_of(response))
        if error is not None:
            raise error

    def note_plan(self) -> None:
        desired, memory = self.desired, self.api.memory
        if memory.check_mode and "update" in self.run.plan.verbs and memory.is_unsupported(UPDATE_TASK):
            self.run.warnings.append(
                f"The {desired} would not be changed: in an earlier task of this run, this region did not support"
                f" updates. {RECREATE_HINT}"
            )
        memory.plan(planned_tasks_key(desired.stream_name), desired.task_name, self.run.will_exist)

    def plan(self, observed: Optional[TransferTask]) -> Plan[TransferTask]:
        planned = plan(self.desired, observed, self.on_drift)
        if self.prevent_destroy and "delete" in planned.verbs:
            raise DestructionPrevented(
                f"The {self.desired} would be deleted ({', '.join(planned.verbs)}), but its entry has prevent_destroy.",
                "Remove prevent_destroy from the entry if the task is to be deleted.",
            )
        self.cost = None
        if observed is None:
            return planned
        if {"delete", "create"} <= set(planned.verbs):
            self.cost = self.recreate_cost(observed, planned)
            start = REPLACED.format(self.desired)
            planned.warnings = tuple(
                f"{text} {self.cost}" if text.startswith(start) else text for text in planned.warnings
            )
        warning = trouble_warning(self.desired, observed.state)
        if warning not in planned.warnings:
            return planned
        complete = trouble_warning(self.desired, observed.state, self.error_detail(observed))
        planned.warnings = tuple(complete if text == warning else text for text in planned.warnings)
        return planned

    def recreate_cost(self, observed: TransferTask, planned: Plan[TransferTask]) -> RecreateCost:
        """Count the records that a replacement skips or repeats; unknown if the partitions cannot be read in time."""
        ranges: Mapping[str, Range] = {}
        try:
            with _deadline.within(SECONDS):
                ranges = read_ranges(self.api, observed.stream_name)
        except DisError:
            pass
        strategy = planned.after.settings.get("consumer_strategy", "LATEST") if planned.after else "LATEST"
        return recreate_cost(observed, strategy, ranges)

    def more_results(self) -> Dict[str, Any]:
        results: Dict[str, Any] = {} if self.cost is None else {"cost": self.cost.to_result()}
        if self.created_at and self.stopped_at:
            results["running_time"] = {"start": utc(self.created_at), "end": utc(self.stopped_at)}
        return results

    def error_detail(self, observed: TransferTask) -> str:
        """Return the last error of a task in state ABNORMAL or ERROR, as a sentence to append to a message.

        It is requested once per state.
        """
        if observed.state not in (ABNORMAL, ERROR):
            return ""
        if observed.state not in self.troubles:
            self.troubles[observed.state] = describe_error(self.api.last_error(observed))
        return self.troubles[observed.state]

    def before_action(self, action: Any) -> None:
        """Before deleting a task to recreate it, copy its settings: nothing else holds them afterwards."""
        if action.verb == "create":
            self.created_at = time.time()
        old = self.run.plan.before
        replaces = action.verb == "delete" and self.run.plan.after is not None
        if replaces and old is not None and old.kind == self.desired.destination.kind:
            self.desired = self.desired.merged_with(old)

    def is_conflict(self, verb: str, err: DisError) -> bool:
        if verb == "create" and err.code == TASK_EXISTS:
            return True
        if verb == "create" and err.code == TASKS_FULL and "delete" in self.run.done:
            return True  # the service may still count the deleted task
        if not isinstance(err, ApiError):
            return False
        absent = verb != "create" and (err.means_task_absent or err.means_stream_absent)
        return absent or self.wait_for_stream(err)

    def pause_before_resend(self, verb: str, err: DisError) -> bool:
        """Pause if a write was rejected because of the agency, and ``wait_for_agency`` is not over."""
        wait = self.run.wait
        if err.code != AGENCY_INVALID or verb not in ("create", "update") or not wait.agency:
            return False
        now = wait.clock()
        if self.agency_rejected_at is None:
            self.agency_rejected_at, self.agency_pause = now, wait.interval
        elapsed = now - self.agency_rejected_at
        if elapsed >= wait.agency:
            err.add(f"The agency was rejected for {elapsed:.0f} seconds (wait_for_agency).", err.hint)
            return False
        wait.sleep(min(self.agency_pause, MAX_AGENCY_PAUSE, wait.agency - elapsed))
        self.agency_pause *= 2
        return True

    def wait_for_stream(self, err: ApiError) -> bool:
        """If an error was caused by a stream in status CREATING, wait for the stream and return True.

        :raises DisError: if the stream is not ready in time
        """
        if err.code != STREAM_NOT_RUNNING or not self.run.wait.wait:
            return False

        def not_ready(stream: Dict[str, Any], elapsed: float) -> DisError:
            return WaitError(
                f'Stream "{self.desired.stream_name}" is {sanitize(stream.get("status"))} after {elapsed:.0f} seconds.'
            )

        def evaluate(stream: Dict[str, Any]) -> WaitStatus:
            return {"RUNNING": WaitStatus.READY, "CREATING": WaitStatus.PENDING}.get(
                str(stream.get("status")), WaitStatus.FAILED
            )

        stream = self.api.show_stream(self.desired.stream_name)
        if stream.get("status") == "RUNNING":
            return True  # since the rejection
        if stream.get("status") != "CREATING":
            err.hint = f'Stream "{self.desired.stream_name}" is {sanitize(stream.get("status"))}. {err.hint}'
            return False
        self.run.wait.until(lambda: self.api.show_stream(self.desired.stream_name), evaluate, not_ready, stream)
        return True

    def needs_wait(self, observed: TransferTask) -> bool:
        return self.desired.state == "started"

    def differing(self, observed: TransferTask) -> List[str]:
        """Return the names of the settings that differ from the plan, if this run wrote settings."""
        after = self.run.plan.after
        wrote = "create" in self.run.done or "update" in self.run.done
        return self.desired.destination.differing(after.settings, observed.settings) if after and wrote else []

    def status(self, observed: Optional[TransferTask]) -> WaitStatus:
        after = self.run.plan.after
        if observed is None or after is None or ("update" in self.run.done and self.differing(observed)):
            return WaitStatus.DEGRADED
        goal = RUNNING if after.state in ACTIVE or self.desired.state == "started" else after.state
        if goal not in (RUNNING, PAUSED) or observed.state == goal:
            return WaitStatus.READY
        if goal == RUNNING and observed.state == ERROR:
            return WaitStatus.FAILED
        return WaitStatus.DEGRADED if goal == RUNNING and observed.state == ABNORMAL else WaitStatus.PENDING

    def verify(self, observed: TransferTask) -> None:
        if {"create", "stop"} <= {*self.run.done}:
            self.stopped_at = time.time()
        differing = self.differing(observed)
        if differing and "update" in self.run.done:
            raise self.timeout_error(observed, 0.0)
        after, names = self.run.plan.after, self.desired.destination.unknown_names
        if after is not None and "update" in self.run.done:
            lost = [name for name in names(after.unknown) if name not in names(observed.unknown)]
            if lost:
                self.run.warnings.append(UNKNOWN_LOST.format(self.desired, join_names(lost)))
        if differing and self.run.plan.after is not None:
            differences = ", ".join(describe_differences(differing, self.run.plan.after.settings, observed.settings))
            self.run.warnings.append(
                f"The {self.desired} was created, but the service reports settings that differ from the request:"
                f" {differences}."
            )

    def timeout_error(self, observed: Optional[TransferTask], elapsed: float) -> DisError:
        after = self.run.plan.after
        if observed is None:
            return WaitError(
                f"The service accepted the {' and '.join(self.run.done)}, but after {elapsed:.0f} seconds the"
                f" {self.desired} does not exist.",
                "Another client may have deleted it; rerun the task.",
            )
        if after is None:
            return WaitError(
                f"The {self.desired} was deleted, but still exists ({sanitize(observed.state)}) after {elapsed:.0f}"
                " seconds.",
                "Another client may have recreated it; rerun the task.",
            )
        differing = self.differing(observed) if "update" in self.run.done else []
        if differing:
            differences = ", ".join(describe_differences(differing, after.settings, observed.settings))
            return NotApplied(
                f"The service accepted the update of the {self.desired}, but still reports other settings:"
                f" {differences}.",
                f"If this persists, this region does not apply updates. {RECREATE_HINT}",
            )
        goal = PAUSED if after.state == PAUSED else RUNNING
        return WaitError(
            f"The {self.desired} is {sanitize(observed.state)}"
            + (f" after {elapsed:.0f} seconds" if elapsed else "")
            + f", not {goal}.{self.error_detail(observed)}",
            trouble_hint(observed.state) or "Increase wait_timeout, or check the task in the DIS console.",
        )

    def to_result(self, resource: Optional[TransferTask]) -> Any:
        return to_result(resource)

    def to_diff(self, resource: Optional[TransferTask]) -> Optional[Dict[str, Any]]:
        return to_diff(resource)

    def unverified(self, observed: TransferTask) -> Tuple[str, ...]:
        return tuple(
            name for name in self.desired.specified if name not in {*observed.settings, *self.desired.always_update}
        )


def transfer_task_options(destination: Destination) -> Dict[str, Dict[str, Any]]:
    """Return the argument spec of the module for a destination."""
    spec: Dict[str, Dict[str, Any]] = {
        "stream_name": {"type": "str", "required": True},
        "task_name": {"type": "str", "required": True, "aliases": ["name"]},
        "destination_type": {"type": "str", "choices": [destination.kind], "default": destination.kind},
        "state": {"type": "str", "choices": ["present", "started", "stopped", "absent"], "default": "present"},
        "on_drift": {"type": "str", "choices": ["update", "recreate", "fail"], "default": "update"},
    }
    if destination.secrets():
        spec["update_password"] = {
            "type": "str",
            "choices": ["on_create", "always"],
            "default": "on_create",
            "no_log": False,
        }
    return {**spec, **{field.name: option(field) for field in destination}, **WAIT, **WAIT_FOR_AGENCY}


def desired_from(destination: Destination, params: Mapping[str, Any]) -> DesiredTask:
    """Return the desired state from module options.

    :raises InvalidOptions: if an option is invalid
    """
    raise_if_invalid(destination, params)
    return DesiredTask(
        destination,
        params["stream_name"],
        params["task_name"],
        normalize(destination, params),
        params["state"],
        always_updated(destination, params),
    )


class TransferTasks:
    """The resource of the transfer task module of a destination."""

    def __init__(self, destination: Destination) -> None:
        self.destination = destination
        secrets = destination.secrets()
        self.spec = Spec(
            transfer_task_options(destination),
            {"required_if": [("update_password", "always", secrets)]} if secrets else {},
            may_be_empty=names_allowing_empty(destination),
        )

    def prepare(self, params: Mapping[str, Any], files: Any) -> Reconciler[TransferTask]:
        """Return the reconciler of one transfer task.

        :raises InvalidOptions: if an option is invalid
        """
        desired, on_drift = desired_from(self.destination, params), params["on_drift"]
        return Reconciler(
            "transfer_task",
            TransferTaskClient,
            lambda api, run: TransferTaskTarget(api, desired, on_drift, run),
            wait_from(params),
        )
