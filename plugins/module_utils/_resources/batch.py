# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing many transfer tasks to their desired state, several streams at a time. Private to otc.dis.

Each task has a run of its own, the same as in the module of its destination. What is added here: one list per stream
instead of a question for each task that is not there, an order within a stream, and going on when one of them fails.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, Callable, Collection, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple, TypeVar

from .._core.cancellation import TICK, Cancellation, Interrupted
from .._core.errors import ApiError, DisError, InvalidOptions, catch_unexpected, join_names
from .._core.paging import total_number
from .._core.plan import Context, Spec, Wait, WaitError, WaitStatus, failure_of, wait_from
from .._core.reconcile import Reconciler
from .._core.retry import share_retry_budget
from .._core.schema import dictionaries
from .base import STREAM_NAME, STREAMS
from .batch_entries import (
    ENTRY_DEFAULTS,
    MAX_CONNECTIONS,
    MAX_LISTED,
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
"""The list of a stream without transfer tasks."""
RERUN = "Fix the failed entries and run again; completed entries are unchanged."
PROGRESS_INTERVAL = 10.0
"""Seconds between two lines on the progress."""


class BatchFailed(DisError):
    """Not everything came about; the result holds each entry with its own failure."""

    kind = "timeout"


class BatchOptions(NamedTuple):
    """How a fleet is brought about.

    :ivar connections: requests at a time
    :ivar continue_on_error: whether a failure leaves the other entries alone
    :ivar purge: whether tasks that nobody describes are deleted
    :ivar streams: further streams to purge
    :ivar assumed: streams that are taken to be new and empty, when nothing is really done
    :ivar max_deletes: how many tasks the run may delete; None without a limit
    """

    connections: int
    continue_on_error: bool
    purge: bool
    streams: Tuple[str, ...]
    assumed: Collection[str]
    max_deletes: Optional[DeleteLimit] = None


class TaskRun:
    """One entry and what becomes of it.

    :ivar planned: verbs of the first plan
    :ivar error: why it failed
    :ivar observed: the task as it was seen last, or as it is to be
    """

    def __init__(self, entry: Entry, reconciler: Reconciler[TransferTask]) -> None:
        self.entry, self.reconciler, self.run = entry, reconciler, reconciler.run
        self.planned: Tuple[str, ...] = ()
        self.error: Optional[DisError] = None
        self.observed: Optional[TransferTask] = None
        self.started = self.ready = False

    def step(self, step: Callable[[], Any]) -> None:
        """Go one step, unless one failed."""
        if self.error is None:
            try:
                with catch_unexpected():
                    step()
            except DisError as err:
                self.error = err

    @property
    def pending(self) -> bool:
        """Whether there is something to do, or to wait for."""
        return self.error is None and not self.ready

    def result(self, applied: bool) -> Dict[str, Any]:
        """What the module returns of it.

        :param applied: whether plans were carried out
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
            failure.pop("exception", None)  # that of the first stands in the result of the call
            return {**head, "actions": failure.pop("done"), **failure}
        if self.pending:
            return {**head, "actions": [], "changed": False, "msg": "Not begun: the call ended before its turn came."}
        result = self.reconciler.result(tuple(self.run.done) if applied else self.run.plan.verbs, self.observed)
        names = ("changed", "actions", "unverified", "transfer_task")
        return {**head, **{name: result[name] for name in names}}

    @property
    def has_diff(self) -> bool:
        """Whether a diff says something true: it was changed, or it would be; how far a failed one came, none tells."""
        return self.error is None and (bool(self.run.done) or (bool(self.planned) and not self.pending))


class Batch:
    """One run for many transfer tasks."""

    def __init__(
        self,
        api: TransferTaskClient,
        entries: Sequence[Entry],
        manner: BatchOptions,
        waiting: Wait,
        cancellation: Cancellation,
    ) -> None:
        self.api, self.options, self.wait, self.cancellation = api, manner, waiting, cancellation
        self.runs = [self.add(entry) for entry in entries]
        described = by_stream(entries)
        self.streams: Dict[str, List[TaskRun]] = {name: [] for name in (*described, *manner.streams)}
        for member in self.runs:
            self.streams[member.entry.desired.stream_name].append(member)
        self.existing: Dict[str, int] = {}
        self.report: Callable[[str], None] = lambda line: None

    def add(self, entry: Entry) -> TaskRun:
        """An entry with its run."""
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
        """Verbs of the writes that were carried out, or may have been, in any entry."""
        return sorted({verb for member in self.runs for verb in member.run.executed})

    @property
    def failed(self) -> bool:
        """Whether any entry has failed."""
        return any(member.error is not None for member in self.runs)

    # --- looking and planning ---

    def read(self) -> None:
        """Look at everything and plan; a stream that would hold too much gets nothing new."""
        run_parallel(
            self.options.connections,
            list(self.streams),
            self.read_stream,
            self.progress("looked at"),
            PROGRESS_INTERVAL,
            self.cancellation,
        )
        listed = {id(member) for member in self.runs}
        self.runs += [member for members in self.streams.values() for member in members if id(member) not in listed]

    def read_stream(self, stream: str) -> None:
        """Plan for one stream, or note for all of its entries why that cannot be done."""
        members = self.streams[stream]
        try:
            with catch_unexpected():
                self.plan_for(stream, members)
        except DisError as err:
            if not members:  # only there to be purged
                members.append(self.add(Entry(placeholder(stream), purged=True)))
            for member in members:
                member.error = member.error or err

    def plan_for(self, stream: str, members: List[TaskRun]) -> None:
        """List the tasks of one stream, ask for the details of those that matter, and plan.

        :param runs: its entries; those of tasks that nobody describes are added
        :raises DisError: the stream cannot be looked at, or it is to be purged and its list stays incomplete
        """
        response = self.list_stream(stream, members)
        present = read_transfer_tasks(stream, response)
        if self.options.purge:
            members += [self.add(one) for one in unmanaged(stream, present, [member.entry for member in members])]
        names = {task.task_name for task in present} if proves_not_found(response) else None
        for member in members:
            member.step(lambda member=member: self.make_plan(member, names))  # type: ignore[misc]
        plans = [member.run.plan for member in members if member.error is None]
        counted = total_number(response) or 0 if is_incomplete(response) else len(present)
        self.existing[stream] = counted
        refusal = quota_exceeded(stream, counted, plans, quota_of(response))
        for member in members if refusal else ():
            if member.error is None and phase(member.run.plan) == 2:
                member.error = refusal

    def list_stream(self, stream: str, members: Sequence[TaskRun]) -> Mapping[str, Any]:
        """The list of a stream; an empty one if it is to be new, or is not there and nothing is wanted in it.

        :raises DisError: it cannot be had, or it stays incomplete and tells what is to be purged
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
        """Plan for one entry.

        :param names: the tasks that its stream has; None where the list does not tell all of them
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
            listed = [f"{stream}/{task}" for stream, task in names[:MAX_LISTED]]
            more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
            raise DestructionPrevented(
                f"{len(names)} of {existing} transfer tasks would be deleted, and max_deletes is {limit.number}{unit}:"
                f" {', '.join(listed)}{more}. Nothing was changed.",
                "Check the entries. If the deletions are intended, raise max_deletes.",
            )

    # --- acting ---

    def predict(self) -> None:
        """Tell what would be done."""
        if self.failed and not self.options.continue_on_error:
            return
        for member in self.runs:
            member.step(member.reconciler.predict)
            if member.error is None:
                member.reconciler.target.note_plan()
            member.observed, member.ready = member.run.plan.after, True

    def apply(self) -> None:
        """Do it, and wait for what it leads to."""
        if self.failed and not self.options.continue_on_error:
            return
        busy = [name for name, members in self.streams.items() if any(member.pending for member in members)]
        run_parallel(
            self.options.connections,
            busy,
            self.apply_stream,
            self.progress("done"),
            PROGRESS_INTERVAL,
            self.cancellation,
        )
        begun = [member for member in self.runs if member.pending and member.started]
        since = self.wait.clock()
        for member in begun:
            member.run.wait = self.wait._replace(since=since)
        run_parallel(
            self.options.connections,
            begun,
            self.wait_for,
            self.progress("settled"),
            PROGRESS_INTERVAL,
            self.cancellation,
        )

    def apply_stream(self, stream: str) -> None:
        """Carry out the plans of one stream, in an order in which none takes the room of another."""
        members = sorted((one for one in self.streams[stream] if one.pending), key=lambda one: phase(one.run.plan))
        coming = [member for member in members if phase(member.run.plan) == 2]
        for member in members:
            if self.cancellation.requested or (self.failed and not self.options.continue_on_error):
                return
            if coming and member is coming[0]:
                self.wait_for_quota(stream, members, coming)
            member.started = True
            member.step(member.reconciler.apply)

    def wait_for_quota(self, stream: str, members: Sequence[TaskRun], coming: Sequence[TaskRun]) -> None:
        """Wait until the stream no longer counts the tasks that were just deleted; if it still does, none may come.

        That is so whatever the options say of waiting: a new task may need their room.
        """
        gone = {member.entry.desired.task_name: member for member in members if member.run.done == ["delete"]}

        def still_there() -> List[str]:
            response = self.api.list_transfer_tasks(stream, partial=True)
            if not proves_not_found(response):
                return [name for name in gone if self.api.counts_transfer_task(stream, name)]
            entries = dictionaries(response.get("tasks"))
            return [str(one["task_name"]) for one in entries if one.get("task_name") in gone]

        def not_gone(names: List[str], elapsed: float) -> DisError:
            return WaitError(
                f'Stream "{stream}" still counts transfer tasks that were deleted ({join_names(names)}) after'
                f" {elapsed:.0f} seconds.",
                "Run again.",
            )

        if not gone:
            return
        try:
            with catch_unexpected():
                self.wait._replace(wait=True).until(
                    still_there, lambda names: WaitStatus.PENDING if names else WaitStatus.READY, not_gone
                )
        except DisError as err:
            for member in coming:
                member.error = err
            return
        for member in gone.values():
            self.wait_for(member)

    def wait_for(self, member: TaskRun) -> None:
        """Wait for one entry, as far as that is wanted; an update is read back in any case."""

        def step() -> None:
            run = member.run
            looks = self.wait.wait or "update" in run.done
            member.observed = member.reconciler.wait_until_ready() if looks else run.plan.after
            member.ready = True

        if not member.ready:
            member.step(step)

    # --- telling ---

    def progress(self, doing: str) -> Callable[[], None]:
        """Says, now and then, how far it is."""

        def tell() -> None:
            changed = sum(bool(member.run.done) for member in self.runs)
            failed = sum(member.error is not None for member in self.runs)
            left = sum(member.pending for member in self.runs)
            settled = len(self.runs) - left - failed
            self.report(f"Transfer tasks {doing}: {settled} of {len(self.runs)}, {changed} changed, {failed} failed,"
                      f" {left} left")  # fmt: skip

        return tell

    def result(self, applied: bool) -> Dict[str, Any]:
        """What the module returns.

        :param applied: whether plans were carried out
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
            "changed": any(one["changed"] for one in results),
            "actions": list(totals["actions"]),
            "transfer_tasks": results,
            "summary": totals,
            "diff": diffs,
            "warnings": [warning for one in results for warning in one["warnings"]],
        }

    def failure(self) -> Optional[BatchFailed]:
        """The failure of the whole, which names the first entries that failed."""
        failed_runs = [member for member in self.runs if member.error is not None]
        skipped = [member for member in self.runs if member.pending]
        if not failed_runs and not skipped:
            return None
        failures = [(member.entry.desired, member.error) for member in failed_runs if member.error is not None]
        causes, hints = by_cause(failures)
        left = f" {len(skipped)} others were not begun." if skipped else ""
        text = (
            f"{len(failed_runs)} of {len(self.runs)} transfer tasks failed. {' '.join(causes)}" if failed_runs else ""
        )
        if self.cancellation.requested:
            text = f"{self.cancellation.error()} {text}".rstrip()
        error = BatchFailed(f"{text}{left}", " ".join([*hints, RERUN]))
        first = failed_runs[0].error if failed_runs else Interrupted("")
        if first is not None:
            error.kind, error.status, error.code = first.kind, first.status, first.code
            error.request_id, error.more = first.request_id, first.more
        return error


def placeholder(stream: str) -> DesiredTask:
    """A desired state of no task in particular, to carry the failure of a stream that is only to be purged."""
    return DesiredTask(Destination("", ()), stream, "", {}, "absent")


Item = TypeVar("Item")


def run_parallel(
    width: int,
    items: Sequence[Item],
    work: Callable[[Item], None],
    tell: Callable[[], None],
    every: float,
    cancellation: Cancellation,
) -> None:
    """Do something with each of several items, some of them at a time.

    A thread that does not come back from a run that is to end is left behind: all it can still do is to find out that
    it must not send anything.

    :param width: how many at a time
    :param work: raises nothing but what is a mistake in this program
    :param report: called now and then while it takes its time
    :param every: seconds between two such calls
    """
    if not items:
        return
    pool = ThreadPoolExecutor(min(width, len(items)))
    futures: List[Any] = [pool.submit(work, item) for item in items]
    try:
        left, reported_at = set(futures), cancellation.clock()
        while left and not cancellation.next_deadline():
            left = wait(left, min(every, TICK)).not_done
            if left and cancellation.clock() - reported_at >= every:
                reported_at = cancellation.clock()
                tell()
        for future in futures:
            if future.done():
                future.result()
    finally:  # whatever ends this early, nothing more is begun
        for future in futures:
            future.cancel()
        pool.shutdown(wait=not cancellation.next_deadline())


def batch_options(params: Mapping[str, Any]) -> BatchOptions:
    """How to go about it.

    :raises InvalidOptions: options break a rule or contradict each other
    """
    if not 1 <= params["connections"] <= MAX_CONNECTIONS:
        raise InvalidOptions(f"connections is {params['connections']}, but must be a whole number from 1 to 32.")
    if params["streams"] and not params["purge"]:
        raise InvalidOptions(
            "streams are given, but purge is false: nothing would be done with them. Nothing was sent."
        )
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
    """Many transfer tasks."""

    spec = Spec(OPTIONS, plain_names={"transfer_tasks": NON_SECRET_KEYS})

    def prepare(self, params: Mapping[str, Any], files: Any) -> BatchJob:
        """A run for all entries.

        :raises InvalidOptions: an entry or an option breaks a rule
        """
        defaults = {name: params[name] for name in ENTRY_DEFAULTS}
        entries = read_entries(params["transfer_tasks"], defaults)
        return BatchJob(entries, batch_options(params), wait_from(params))


class BatchJob:
    """One run for many transfer tasks."""

    def __init__(self, entries: Sequence[Entry], manner: BatchOptions, wait: Wait) -> None:
        self.entries, self.options, self.wait = entries, manner, wait
        self.batch: Optional[Batch] = None

    def execute(self, context: Context) -> Dict[str, Any]:
        """Bring all of them to their desired state, or predict in check mode what that would return."""
        applied = not context.check_mode
        manner = self.options._replace(assumed=frozenset()) if applied else self.options
        api = context.connect(TransferTaskClient, manner.connections)
        share_retry_budget(api.api, context.cancellation)
        fleet = self.batch = Batch(api, self.entries, manner, self.wait, context.cancellation)
        fleet.report = context.report_progress
        fleet.read()
        fleet.check_deletes()
        if applied:
            fleet.apply()
        else:
            fleet.predict()
        result, failure = fleet.result(applied), fleet.failure()
        if failure is None:
            return result
        return {**result, "done": result.pop("actions"), **failure.as_result(), "failed": True}

    def failure(self, err: DisError) -> Dict[str, Any]:
        """What the module returns for a failure of the whole."""
        return failure_of(err, self.batch.has_executed if self.batch else ())
