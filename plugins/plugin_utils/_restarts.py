# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which failed transfer tasks to restart. Private to otc.dis.

Pure functions. The state file contains a record of each task that was restarted and has not been healthy for long
enough since. It is written before a restart, with :attr:`Record.stopped` set, and again after the task was started, so
that a run that ends between the two neither restarts the task more often nor leaves it stopped.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from ..module_utils._core.schema import read_duration
from ..module_utils._queries.health import FAILED, OK, format_time
from ..module_utils._resources.destinations import DESTINATIONS
from ..module_utils._resources.transfer_task import PAUSED, RUNNING, STARTING

VERSION = 1
MAX_BACKOFF = 3600.0
"""Maximum back-off in seconds."""
MAX_DOUBLINGS = 20


class Policy(NamedTuple):
    """When to restart a failed task.

    :ivar max_restarts: number of restarts without a healthy time
    :ivar backoff: seconds between the first and the second restart; doubled for each further restart
    :ivar reset: seconds for which a task must be healthy before its restarts are forgotten
    """

    max_restarts: int
    backoff: float
    reset: float

    def delay(self, restarts: int) -> float:
        """Return the minimum number of seconds from the last of some restarts to the next restart."""
        return min(self.backoff * float(2 ** min(restarts - 1, MAX_DOUBLINGS)), MAX_BACKOFF)


class Record(NamedTuple):
    """Restarts of a task; times in seconds since the epoch.

    :ivar restarts: number of restarts since the last healthy time
    :ivar last: time of the last restart
    :ivar healthy_since: time of the first of the latest checks, all of which found the task healthy; None if the latest
        check did not
    :ivar stopped: whether the last restart may have stopped the task without starting it
    """

    restarts: int
    last: int
    healthy_since: Optional[int] = None
    stopped: bool = False


class Task(NamedTuple):
    """Observed health of a transfer task."""

    stream_name: str
    task_name: str
    destination_type: str
    state: Optional[str]
    health: str

    @property
    def key(self) -> str:
        """Key of the task in the state file; names of streams contain no slash."""
        return f"{self.stream_name}/{self.task_name}"


State = Dict[str, Record]


class Decision(NamedTuple):
    """Restarts to perform, and the state to write before them.

    :ivar restarts: tasks to stop and start
    :ivar starts: tasks to start, which an interrupted restart has left stopped
    :ivar waiting: tasks that are restarted after the given time at the earliest
    :ivar given_up: tasks that are not restarted, with the reason
    """

    state: State
    restarts: Tuple[Task, ...]
    starts: Tuple[Task, ...]
    waiting: Tuple[Tuple[Task, float], ...]
    given_up: Tuple[Tuple[Task, str], ...]


def read_policy(max_restarts: int, backoff: Any, reset: Any) -> Tuple[Policy, List[str]]:
    """Return the policy, and an error for each invalid value; each error begins with the name of the value."""
    errors = [] if max_restarts >= 1 else [f"max_restarts is {max_restarts}, but must be at least 1"]
    seconds = {}
    for name, value, highest in (("restart_backoff", backoff, MAX_BACKOFF), ("restart_reset", reset, float("inf"))):
        found = read_duration(str(value))
        if found is None or not 1 <= found <= highest:
            limits = "from 1 second to 1h" if highest == MAX_BACKOFF else "of at least 1 second"
            errors.append(f"{name} is {str(value)!r}, but must be a duration such as 15m, 1h30m or 900, {limits}")
        seconds[name] = found or 0.0
    return Policy(max_restarts, seconds["restart_backoff"], seconds["restart_reset"]), errors


def read_state(text: Optional[str]) -> State:
    """Parse a state file.

    :param text: content of the file; None if it does not exist, which is an empty state
    :raises ValueError: if the content is not a state, with the reason
    """
    if text is None:
        return {}
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    if not isinstance(data, dict) or not is_integer(data.get("version")) or not isinstance(data.get("tasks"), dict):
        raise ValueError("it does not contain a version and tasks")
    if data["version"] != VERSION:
        raise ValueError(f"its version is {data['version']}, but must be {VERSION}")
    return {key: read_record(key, value) for key, value in data["tasks"].items()}


def read_record(key: str, value: Any) -> Record:
    """Parse the record of a task.

    :raises ValueError: if it is not a complete record
    """
    reason = f"the record of {key} is invalid"
    if not isinstance(value, dict) or set(value) != set(Record._fields) or "/" not in key:
        raise ValueError(reason)
    record = Record(**value)
    since = record.healthy_since
    numbers = (record.restarts, record.last, 0 if since is None else since)
    if not all(is_integer(number) and number >= 0 for number in numbers):
        raise ValueError(reason)
    if record.restarts < 1 or not isinstance(record.stopped, bool):
        raise ValueError(reason)
    return record


def is_integer(value: Any) -> bool:
    """Whether a value is an integer and not a boolean."""
    return isinstance(value, int) and not isinstance(value, bool)


def state_data(state: State) -> Dict[str, Any]:
    """Return the content of the state file."""
    return {"version": VERSION, "tasks": {key: record._asdict() for key, record in sorted(state.items())}}


def read_tasks(result: Mapping[str, Any]) -> List[Task]:
    """Return the tasks in a result of the module ``transfer_health_info``."""
    return [
        Task(stream["stream_name"], one["task_name"], one["destination_type"], one["state"], one["health"])
        for stream in result["streams"]
        for one in stream["tasks"]
    ]


def read_time(text: str) -> int:
    """Parse the time of a check to seconds since the epoch."""
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=timezone.utc).timestamp())


def decide(tasks: Iterable[Task], state: State, now: int, policy: Policy) -> Decision:
    """Return the tasks to restart.

    Only a failed task is restarted, the first time at once. Records of tasks that were not observed are kept. A time in
    the future, after the clock was set back, counts as now, which lengthens the back-off and the healthy time.

    :param now: seconds since the epoch
    """
    after = dict(state)
    restarts: List[Task] = []
    starts: List[Task] = []
    waiting: List[Tuple[Task, float]] = []
    given_up: List[Tuple[Task, str]] = []
    for task in tasks:
        record = state.get(task.key)
        if record is not None:
            record = observe(record, task, now)
            if now - (now if record.healthy_since is None else record.healthy_since) >= policy.reset:
                del after[task.key]
                continue
            after[task.key] = record
            if record.stopped and task.state == PAUSED and task.destination_type in DESTINATIONS:
                starts.append(task)
        if task.health != FAILED:
            continue
        due = 0.0 if record is None else record.last + policy.delay(record.restarts)
        if task.destination_type not in DESTINATIONS:
            given_up.append((task, "its destination type is not supported"))
        elif record is not None and record.restarts >= policy.max_restarts:
            given_up.append((task, f"it was restarted {times(record.restarts)} without being healthy for long enough"))
        elif due > now:
            waiting.append((task, due))
        else:
            restarts.append(task)
            after[task.key] = Record(1 if record is None else record.restarts + 1, now, None, True)
    return Decision(after, tuple(restarts), tuple(starts), tuple(waiting), tuple(given_up))


def observe(record: Record, task: Task, now: int) -> Record:
    """Return the record after a check.

    A stopped task is not healthy, since it delivers nothing. A failed task may still be about to stop.
    """
    healthy = task.health == OK and task.state != PAUSED
    since = min(now if record.healthy_since is None else record.healthy_since, now) if healthy else None
    stopped = record.stopped and task.state not in (RUNNING, STARTING)
    return record._replace(last=min(record.last, now), healthy_since=since, stopped=stopped)


def times(count: int) -> str:
    """Return a number of times in words."""
    return "once" if count == 1 else f"{count} times"


def finish(state: State, started: Iterable[str]) -> State:
    """Return the state after the tasks with these keys were started."""
    return {**state, **{key: state[key]._replace(stopped=False) for key in started if key in state}}


def failures(results: Iterable[Mapping[str, Any]]) -> List[str]:
    """Return a sentence for each entry of the module ``transfer_tasks`` that failed or was skipped."""
    return [
        f"{entry_key(one)} was not restarted: {one.get('msg')}" for one in results if one["failed"] or one["skipped"]
    ]


def entry_key(entry: Mapping[str, Any]) -> str:
    """Return the key of an entry in the result of the module ``transfer_tasks``."""
    return f"{entry['stream_name']}/{entry['task_name']}"


def report(decision: Decision, policy: Policy, started: Iterable[str], predicted: bool = False) -> Dict[str, List[str]]:
    """Return sentences about the tasks that were started, that wait and that are given up.

    :param predicted: whether the tasks would only be started, in check mode
    """
    done = set(started)
    verb = "would be" if predicted else "was"
    hint = (
        "Fix the cause, and stop and start the task. Its restarts are forgotten after it was healthy for long enough."
    )
    return {
        "restarted": [
            f"{task.key} {verb} restarted ({decision.state[task.key].restarts} of {policy.max_restarts})."
            for task in decision.restarts + decision.starts
            if task.key in done
        ],
        "waiting": [f"{task.key} is not restarted before {format_time(due)}." for task, due in decision.waiting],
        "given_up": [f"{task.key} is not restarted: {reason}. {hint}" for task, reason in decision.given_up],
    }
