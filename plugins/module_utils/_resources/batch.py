# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reconciliation of many transfer tasks, several streams in parallel. Private to otc.dis.

Each task has its own reconciler, as in the module of its destination. This module adds one list request per stream
instead of one request per missing task, an order within each stream, and error handling per entry.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, Callable, Collection, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple, TypeVar

from .._core.cancellation import TICK, Cancellation, Interrupted
from .._core.errors import ApiError, DisError, InvalidOptions, catch_unexpected, list_names
from .._core.paging import total_number
from .._core.plan import Context, Plan, Spec, Wait, WaitError, WaitStatus, failure_of, wait_from
from .._core.reconcile import Reconciler
from .._core.retry import share_retry_budget
from .._core.schema import dictionaries
from .base import STREAM_NAME, STREAMS
from .batch_entries import (
    ENTRY_DEFAULTS,
    MAX_CONNECTIONS,
    NON_SECRET_KEYS,
    OPTIONS,
    DeleteLimit,
    Entry,
    by_cause,
    by_stream,
    delete_limit,
    raise_if_errors,
    read_entries,
    summary,
    unmanaged,
)
from .destinations import (
    Destination,
)
from .transfer_task import (
    DesiredTask,
    TransferTask,
    is_incomplete,
    phase,
    proves_not_found,
    quota_exceeded,
    quota_of,
    read_transfer_tasks,
)
from .transfer_tasks import DestructionPrevented, TransferTaskClient, TransferTaskTarget

NO_TASKS: Mapping[str, Any] = {"total_number": 0, "tasks": []}
"""List response of a stream without transfer tasks."""
RERUN = "Fix the failed entries and rerun; completed entries are unchanged."
PROGRESS_INTERVAL = 10.0
"""Seconds between two progress messages."""


class BatchFailed(DisError):
    """Entries failed or were skipped; the result contains the failure of each entry."""

    kind = "timeout"


class BatchOptions(NamedTuple):
    """Options of a batch.

    :ivar connections: number of parallel requests
    :ivar continue_on_error: whether to continue with the other entries after a failure
    :ivar purge: whether to delete the tasks of the streams that have no entry
    :ivar streams: additional streams to purge
    :ivar assumed: streams that count as new and empty in check mode
    :ivar max_deletes: how many tasks the run may delete; None without a limit
    """

    connections: int
    continue_on_error: bool
    purge: bool
    streams: Tuple[str, ...]
    assumed: Collection[str]
    max_deletes: Optional[DeleteLimit] = None


class TaskRun:
    """The reconciliation of one entry.

    :ivar planned: verbs of the first plan
    :ivar error: failure of the entry
    :ivar observed: last observed task, or the planned task
    """

    def __init__(self, entry: Entry, reconciler: Reconciler[TransferTask]) -> None:
        self.entry, self.reconciler, self.run = entry, reconciler, reconciler.run
        self.planned: Tuple[str, ...] = ()
        self.error: Optional[DisError] = None
        self.observed: Optional[TransferTask] = None
        self.started = self.ready = False

    def step(self, step: Callable[[], Any]) -> None:
        """Execute a step, unless an earlier step has failed."""
        if self.error is None:
            try:
                with catch_unexpected():
                    step()
            except DisError as err:
                self.error = err

    @property
    def pending(self) -> bool:
        """Whether the entry has remaining actions or waits."""
        return self.error is None and not self.ready

    def result(self, applied: bool) -> Dict[str, Any]:
        """Return the result of the entry.

        :param applied: whether plans were executed
        """
        desired = self.entry.desired
        head: Dict[str, Any] = {
            "stream_name": desired.stream_name,
            "task_name": desired.task_name,
            "destination_type": desired.destination.kind,
            "purged": self.entry.purged,
            "planned": list(self.planned),
            "failed": self.error is not None,
            "skipped": self.pending,
            "warnings": self.run.warnings,
        }
        if self.error is not None:
            failure = self.reconciler.failure(self.error)
            failure.pop("exception", None)  # the module result contains the exception of the first failure
            return {**head, "actions": failure.pop("done"), **failure}
        if self.pending:
            return {**head, "actions": [], "changed": False, "msg": "Not started: the run ended before this entry."}
        result = self.reconciler.result(tuple(self.run.done) if applied else self.run.plan.verbs, self.observed)
        names = ("changed", "actions", "unverified", "transfer_task", "cost", "running_time")
        return {**head, **{name: result[name] for name in names if name in result}}

    @property
    def has_diff(self) -> bool:
        """Whether the entry has a meaningful diff; a failed entry has none."""
        return self.error is None and (bool(self.run.done) or (bool(self.planned) and not self.pending))


def group_run_state_changes(plans: Sequence[Plan[TransferTask]]) -> List[List[int]]:
    """Group the plans of one stream that one request can execute: those that only start, or only stop, a known task.

    :return: positions of the plans in the order of execution; a group has the place of its first plan
    """
    groups: Dict[Any, List[int]] = {}
    for position, plan in enumerate(plans):
        groupable = plan.verbs in (("start",), ("stop",)) and plan.before is not None and plan.before.task_id
        groups.setdefault(plan.verbs if groupable else position, []).append(position)
    return list(groups.values())


class SharedRequest:
    """One request that starts or stops several tasks of a stream, for the actions of their plans.

    :ivar error: failure of the request for all tasks
    :ivar rejected: whether the service rejected the request, perhaps because of one of the tasks
    """

    def __init__(self, actions: Sequence[Any]) -> None:
        self.actions = actions
        self.sent = self.rejected = False
        self.error: Optional[DisError] = None

    def send(self, api: TransferTaskClient) -> None:
        """Send the request for the first of the actions.

        :raises DisError: for each of the actions, if the request failed without a rejection
        """
        if not self.sent:
            self.sent = True
            first = self.actions[0]
            try:
                api.act_on_transfer_tasks(
                    first.task.stream_name, [action.task.task_id for action in self.actions], first.verb
                )
            except DisError as err:
                self.rejected = err.kind in ("rejected", "not_found")
                self.error = None if self.rejected else err
        if self.error is not None:
            raise self.error.copy()  # each task completes its message


class SharedAction:
    """An action that is performed by a shared request, or by a separate one if that was rejected."""

    def __init__(self, action: Any, request: SharedRequest) -> None:
        self.action, self.request = action, request
        self.task, self.verb = action.task, action.verb

    def send(self, api: TransferTaskClient) -> None:
        """Send the request.

        :raises DisError: the request failed
        """
        self.request.send(api)
        if self.request.rejected:
            self.action.send(api)


class Batch:
    """Reconciliation of many transfer tasks."""

    def __init__(
        self,
        api: TransferTaskClient,
        entries: Sequence[Entry],
        options: BatchOptions,
        waiting: Wait,
        cancellation: Cancellation,
    ) -> None:
        self.api, self.options, self.wait, self.cancellation = api, options, waiting, cancellation
        self.runs = [self.add(entry) for entry in entries]
        self.streams: Dict[str, List[TaskRun]] = {name: [] for name in (*by_stream(entries), *options.streams)}
        for member in self.runs:
            self.streams[member.entry.desired.stream_name].append(member)
        self.existing: Dict[str, int] = {}
        self.report: Callable[[str], None] = lambda line: None

    def add(self, entry: Entry) -> TaskRun:
        """Return the run of an entry."""
        reconciler: Reconciler[TransferTask] = Reconciler(
            "transfer_task",
            TransferTaskClient,
            lambda api, run: TransferTaskTarget(api, entry.desired, entry.on_drift, run, entry.prevent_destroy),
            self.wait,
        )
        reconciler.start(self.api)
        return TaskRun(entry, reconciler)

    @property
    def has_executed(self) -> List[str]:
        """Verbs of the writes that succeeded, or may have succeeded, in any entry."""
        return sorted({verb for member in self.runs for verb in member.run.executed})

    @property
    def failed(self) -> bool:
        """Whether any entry has failed."""
        return any(member.error is not None for member in self.runs)

    # --- reading and planning ---

    def read(self) -> None:
        """Read all streams and plan; creates that would exceed the quota of a stream fail."""
        run_parallel(
            self.options.connections,
            list(self.streams),
            self.read_stream,
            self.progress("read"),
            PROGRESS_INTERVAL,
            self.cancellation,
        )
        listed = {id(member) for member in self.runs}
        self.runs += [member for members in self.streams.values() for member in members if id(member) not in listed]

    def read_stream(self, stream: str) -> None:
        """Plan the entries of one stream; on failure, store the error in all of them."""
        members = self.streams[stream]
        try:
            with catch_unexpected():
                self.plan_for(stream, members)
        except DisError as err:
            if not members:  # a stream that is only purged
                members.append(self.add(Entry(placeholder(stream), purged=True)))
            for member in members:
                member.error = member.error or err

    def plan_for(self, stream: str, members: List[TaskRun]) -> None:
        """List the tasks of one stream, read the details of its entries, and plan.

        :param members: runs of its entries; entries to purge are added
        :raises DisError: if the list cannot be read, or remains incomplete with ``purge``
        """
        response = self.list_stream(stream, members)
        present = read_transfer_tasks(stream, response)
        if self.options.purge:
            members += [self.add(entry) for entry in unmanaged(stream, present, [member.entry for member in members])]
        names = {task.task_name for task in present} if proves_not_found(response) else None
        for member in members:
            member.step(lambda member=member: self.make_plan(member, names))  # type: ignore[misc]
        plans = [member.run.plan for member in members if member.error is None]
        counted = total_number(response) or 0 if is_incomplete(response) else len(present)
        self.existing[stream] = counted
        error = quota_exceeded(stream, counted, plans, quota_of(response))
        for member in members if error else ():
            if member.error is None and phase(member.run.plan) == 2:
                member.error = error

    def list_stream(self, stream: str, members: Sequence[TaskRun]) -> Mapping[str, Any]:
        """List the tasks of a stream.

        The list is empty if the stream is planned in check mode, or if it does not exist and all entries are absent.

        :raises DisError: if the list cannot be read, or remains incomplete with ``purge``
        """
        if stream in self.options.assumed:
            return NO_TASKS
        try:
            return self.api.list_transfer_tasks(stream, partial=not self.options.purge)
        except ApiError as err:
            if err.means_stream_absent and self.api.memory.planned(STREAMS).get(stream) is True:
                return NO_TASKS
            if err.means_stream_absent and all(member.entry.desired.state == "absent" for member in members):
                return NO_TASKS
            raise

    def make_plan(self, member: TaskRun, names: Optional[Collection[str]]) -> None:
        """Plan one entry.

        :param names: names of the tasks of its stream; None if the list may be incomplete
        """
        run, reconciler = member.run, member.reconciler
        reconciler.make_plan(
            reconciler.target.read() if names is None or member.entry.desired.task_name in names else None
        )
        member.planned = run.plan.verbs
        member.observed = run.plan.before
        member.ready = not run.plan.actions and not reconciler.must_wait(run.plan.before)

    def check_deletes(self) -> None:
        """Check the plans of all entries before the first write.

        :raises DestructionPrevented: a task with ``prevent_destroy`` would be deleted, or more tasks than
            ``max_deletes`` allows
        """
        for run in self.runs:
            if isinstance(run.error, DestructionPrevented):
                raise DestructionPrevented(f"{run.error} Nothing was changed.", run.error.hint)
        limit, existing = self.options.max_deletes, sum(self.existing.values())
        names = [run.entry.name for run in self.runs if run.error is None and "delete" in run.planned]
        if limit is not None and not limit.allows(len(names), existing):
            unit = "%" if limit.is_percentage else ""
            raise DestructionPrevented(
                f"{len(names)} of {existing} transfer tasks would be deleted, and max_deletes is {limit.number}{unit}:"
                f" {list_names('/'.join(name) for name in names)}. Nothing was changed.",
                "Check the entries. If the deletions are intended, raise max_deletes.",
            )

    # --- executing ---

    def predict(self) -> None:
        """Predict the results for check mode."""
        if self.failed and not self.options.continue_on_error:
            return
        for member in self.runs:
            member.step(member.reconciler.predict)
            if member.error is None:
                member.reconciler.target.note_plan()
            member.observed, member.ready = member.run.plan.after, True

    def apply(self) -> None:
        """Execute the plans and wait for the desired states."""
        if self.failed and not self.options.continue_on_error:
            return
        busy = [name for name, members in self.streams.items() if any(member.pending for member in members)]
        run_parallel(
            self.options.connections,
            busy,
            self.apply_stream,
            self.progress("applied"),
            PROGRESS_INTERVAL,
            self.cancellation,
        )
        started = [member for member in self.runs if member.pending and member.started]
        since = self.wait.clock()
        for member in started:
            member.run.wait = self.wait._replace(since=since)
        run_parallel(
            self.options.connections,
            started,
            self.wait_for,
            self.progress("ready"),
            PROGRESS_INTERVAL,
            self.cancellation,
        )

    def apply_stream(self, stream: str) -> None:
        """Execute the plans of one stream: deletes first and creates last, because of the quota."""
        pending = (member for member in self.streams[stream] if member.pending)
        members = sorted(pending, key=lambda member: phase(member.run.plan))
        creates = [member for member in members if phase(member.run.plan) == 2]
        for positions in group_run_state_changes([member.run.plan for member in members]):
            if self.must_stop():
                return
            group = [members[position] for position in positions]
            if creates and group[0] is creates[0]:
                self.wait_for_quota(stream, members, creates)
            if len(group) > 1:
                self.apply_group(group)
            else:
                self.apply_member(group[0])

    def must_stop(self) -> bool:
        """Whether no further action may be started."""
        return self.cancellation.requested or (self.failed and not self.options.continue_on_error)

    def apply_member(self, member: TaskRun) -> None:
        """Execute the plan of one entry."""
        member.started = True
        member.step(member.reconciler.apply)

    def apply_group(self, members: Sequence[TaskRun]) -> None:
        """Execute plans that only start, or only stop, a task of the same stream with one request.

        All entries then process its outcome, also in a cancelled run: the request may have been performed for each.
        """
        request = SharedRequest([member.run.plan.actions[0] for member in members])
        for member in members:
            if request.rejected and self.must_stop():
                return
            member.run.plan.actions = (SharedAction(member.run.plan.actions[0], request),)
            self.apply_member(member)

    def wait_for_quota(self, stream: str, members: Sequence[TaskRun], creates: Sequence[TaskRun]) -> None:
        """Wait until the deleted tasks no longer count towards the quota of the stream, or else fail the creates.

        It waits also with ``wait=false``, because new tasks may need the quota.
        """
        deleted = {member.entry.desired.task_name: member for member in members if member.run.done == ["delete"]}

        def still_there() -> List[str]:
            response = self.api.list_transfer_tasks(stream, partial=True)
            if not proves_not_found(response):
                return [name for name in deleted if self.api.counts_transfer_task(stream, name)]
            entries = dictionaries(response.get("tasks"))
            return [str(entry["task_name"]) for entry in entries if entry.get("task_name") in deleted]

        def timeout_error(names: List[str], elapsed: float) -> DisError:
            return WaitError(
                f'Deleted transfer tasks still count towards the quota of stream "{stream}" after'
                f" {elapsed:.0f} seconds: {list_names(names)}.",
                "Rerun the task.",
            )

        if not deleted:
            return
        try:
            with catch_unexpected():
                self.wait._replace(wait=True).until(
                    still_there, lambda names: WaitStatus.PENDING if names else WaitStatus.READY, timeout_error
                )
        except DisError as err:
            for member in creates:
                member.error = err
            return
        for member in deleted.values():
            self.wait_for(member)

    def wait_for(self, member: TaskRun) -> None:
        """Wait for one entry if ``wait`` is true; an update is always verified."""

        def step() -> None:
            run = member.run
            verify = self.wait.wait or "update" in run.done
            member.observed = member.reconciler.wait_until_ready() if verify else run.plan.after
            member.ready = True

        if not member.ready:
            member.step(step)

    # --- reporting ---

    def progress(self, step: str) -> Callable[[], None]:
        """Return a function that reports the progress of a step."""

        def report() -> None:
            changed = sum(bool(member.run.done) for member in self.runs)
            failed = sum(member.error is not None for member in self.runs)
            pending = sum(member.pending for member in self.runs)
            ready = len(self.runs) - pending - failed
            self.report(f"Transfer tasks {step}: {ready} of {len(self.runs)}, {changed} changed, {failed} failed,"
                        f" {pending} pending")  # fmt: skip

        return report

    def result(self, applied: bool) -> Dict[str, Any]:
        """Return the module result.

        :param applied: whether plans were executed
        """
        results = [member.result(applied) for member in self.runs]
        diffs = [
            {
                "before_header": str(member.reconciler.target),
                "after_header": str(member.reconciler.target),
                **member.reconciler.diff(),
            }
            for member in self.runs
            if member.has_diff
        ]
        totals = summary(results)
        return {
            "changed": any(entry["changed"] for entry in results),
            "actions": list(totals["actions"]),
            "transfer_tasks": results,
            "summary": totals,
            "diff": diffs,
            "warnings": [warning for entry in results for warning in entry["warnings"]],
        }

    def failure(self) -> Optional[BatchFailed]:
        """Return the failure of the batch, with the failed entries grouped by cause; None if no entry failed."""
        failed_runs = [member for member in self.runs if member.error is not None]
        skipped = [member for member in self.runs if member.pending]
        if not failed_runs and not skipped:
            return None
        failures = [(member.entry.desired, member.error) for member in failed_runs if member.error is not None]
        causes, hints = by_cause(failures)
        not_started = f" {len(skipped)} others were not started." if skipped else ""
        text = (
            f"{len(failed_runs)} of {len(self.runs)} transfer tasks failed. {' '.join(causes)}" if failed_runs else ""
        )
        if self.cancellation.requested:
            text = f"{self.cancellation.error()} {text}".rstrip()
        error = BatchFailed(f"{text}{not_started}", " ".join([*hints, RERUN]))
        first = failed_runs[0].error if failed_runs else Interrupted("")
        if first is not None:
            error.kind, error.status, error.code = first.kind, first.status, first.code
            error.request_id, error.more = first.request_id, first.more
        return error


def placeholder(stream: str) -> DesiredTask:
    """Return a desired state without a task, for the failure of a stream that is only purged."""
    return DesiredTask(Destination("", ()), stream, "", {}, "absent")


Item = TypeVar("Item")


def run_parallel(
    width: int,
    items: Sequence[Item],
    work: Callable[[Item], None],
    report: Callable[[], None],
    interval: float,
    cancellation: Cancellation,
) -> None:
    """Process items in parallel threads.

    A cancelled run does not wait for threads that are still blocked at its deadline; they cannot send further requests.

    :param width: number of threads
    :param work: processes one item; an exception is a bug
    :param report: reports the progress
    :param interval: seconds between two reports
    """
    if not items:
        return
    pool = ThreadPoolExecutor(min(width, len(items)))
    futures: List[Any] = [pool.submit(work, item) for item in items]
    try:
        left, reported_at = set(futures), cancellation.clock()
        while left and not cancellation.next_deadline():
            left = wait(left, min(interval, TICK)).not_done
            if left and cancellation.clock() - reported_at >= interval:
                reported_at = cancellation.clock()
                report()
        for future in futures:
            if future.done():
                future.result()
    finally:  # start no further items after an exception
        for future in futures:
            future.cancel()
        pool.shutdown(wait=not cancellation.next_deadline())


def batch_options(params: Mapping[str, Any]) -> BatchOptions:
    """Return the options of a batch from module options.

    :raises InvalidOptions: if options are invalid or contradictory
    """
    if not 1 <= params["connections"] <= MAX_CONNECTIONS:
        raise InvalidOptions(
            f"connections is {params['connections']}, but must be an integer from 1 to {MAX_CONNECTIONS}."
        )
    if params["streams"] and not params["purge"]:
        raise InvalidOptions("streams requires purge: true. Nothing was sent.")
    raise_if_errors(
        [
            reason
            for option in ("streams", "assumed_streams")
            for name in params[option]
            for reason in STREAM_NAME.validate(name, f"a name in {option}")
        ]
    )
    return BatchOptions(
        params["connections"],
        params["on_error"] == "continue",
        params["purge"],
        tuple(params["streams"]),
        frozenset(params["assumed_streams"]),
        delete_limit(params["max_deletes"]),
    )


class TransferTaskBatch:
    """The resource of the module ``transfer_tasks``."""

    spec = Spec(OPTIONS, plain_names={"transfer_tasks": NON_SECRET_KEYS})

    def prepare(self, params: Mapping[str, Any], files: Any) -> BatchJob:
        """Return the job for all entries.

        :raises InvalidOptions: if an entry or an option is invalid
        """
        defaults = {name: params[name] for name in ENTRY_DEFAULTS}
        entries = read_entries(params["transfer_tasks"], defaults)
        return BatchJob(entries, batch_options(params), wait_from(params))


class BatchJob:
    """Job of the module ``transfer_tasks``."""

    def __init__(self, entries: Sequence[Entry], options: BatchOptions, wait: Wait) -> None:
        self.entries, self.options, self.wait = entries, options, wait
        self.batch: Optional[Batch] = None

    def execute(self, context: Context) -> Dict[str, Any]:
        """Reconcile all entries, or predict the result in check mode."""
        applied = not context.check_mode
        options = self.options._replace(assumed=frozenset()) if applied else self.options
        api = context.connect(TransferTaskClient, options.connections)
        share_retry_budget(api.api, context.cancellation)
        batch = self.batch = Batch(api, self.entries, options, self.wait, context.cancellation)
        batch.report = context.report_progress
        batch.read()
        batch.check_deletes()
        if applied:
            batch.apply()
        else:
            batch.predict()
        result, failure = batch.result(applied), batch.failure()
        if failure is None:
            return result
        return {**result, "done": result.pop("actions"), **failure.as_result(), "failed": True}

    def failure(self, err: DisError) -> Dict[str, Any]:
        """Return the module result of a failed run."""
        return failure_of(err, self.batch.has_executed if self.batch else ())
