# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Query transfer tasks, and the log of one. Private to otc.dis."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from .._core.errors import ApiError
from .._core.paging import PLAIN_NAME, named_entries, paginate
from .._core.plan import Spec
from .._core.schema import raise_if_errors, validate
from .._resources.base import STREAM_NAME
from .._resources.destinations import DESTINATIONS, TASK_NAME
from .._resources.transfer_task import (
    ABNORMAL,
    ERROR,
    PAUSED,
    RUNNING,
    STARTING,
    TransferTask,
    read_transfer_tasks,
    to_result,
)
from .._resources.transfer_tasks import DEFAULT_LIMIT, TransferTaskClient, last_error


class Query(NamedTuple):
    """Filters for transfer tasks. An empty filter or None matches every task.

    :ivar stream_pattern: shell pattern of stream names
    :ivar name_pattern: shell pattern of task names
    :ivar kinds: destination types
    :ivar states: states of tasks
    :ivar details: whether to query settings and partitions of each task
    """

    stream_name: Optional[str] = None
    task_name: Optional[str] = None
    stream_pattern: Optional[str] = None
    name_pattern: Optional[str] = None
    kinds: Tuple[str, ...] = ()
    states: Tuple[str, ...] = ()
    details: bool = True

    def matches_stream(self, name: str) -> bool:
        """Whether the stream matches."""
        return self.stream_pattern is None or fnmatchcase(name, self.stream_pattern)

    def matches(self, task: TransferTask) -> bool:
        """Whether the task matches."""
        return (
            (self.name_pattern is None or fnmatchcase(task.task_name, self.name_pattern))
            and (not self.kinds or task.kind in self.kinds)
            and (not self.states or task.state in self.states)
        )


def query_of(options: Mapping[str, Any]) -> Query:
    """Return the query that the options specify.

    :raises InvalidOptions: if a name is invalid
    """
    raise_if_errors(validate((STREAM_NAME, TASK_NAME), options))
    return Query(
        options["stream_name"],
        options["task_name"],
        options["stream_pattern"],
        options["name_pattern"],
        tuple(options["destination_type"] or ()),
        tuple(options["task_state"] or ()),
        options["details"],
    )


def find_transfer_tasks(api: TransferTaskClient, query: Query) -> Dict[str, Any]:
    """Return the result of the module. Tasks that do not exist, or are deleted in the meantime, are omitted.

    :raises DisError: if a request failed
    """
    return {
        "transfer_tasks": [
            to_result(task) for name in stream_names(api, query) for task in tasks_of_stream(api, query, name)
        ]
    }


def stream_names(api: TransferTaskClient, query: Query) -> List[str]:
    """Return the names of the streams that match the query."""
    if query.stream_name is not None:
        return [query.stream_name]

    def page(start: Optional[str]) -> Dict[str, Any]:
        response = api.list_streams(start)
        names = response.get("stream_names")
        if not isinstance(names, list):
            names = [entry["stream_name"] for entry in named_entries(response, "stream_info_list", "stream_name")]
        return {**response, "streams": [{"name": name} for name in names]}

    flags, again = ("has_more_streams",), api.retry_budget.allows
    entries = paginate(page, "streams", "name", flags, PLAIN_NAME, api_timeout=api.timeout, again=again)
    names = [str(entry["name"]) for entry in entries]
    return [name for name in names if query.matches_stream(name)]


def tasks_of_stream(api: TransferTaskClient, query: Query, stream: str) -> Iterator[TransferTask]:
    """Yield the tasks of a stream that match the query."""
    if query.task_name is not None:
        names = [query.task_name]
    else:
        tasks = listed_tasks(api, query, stream)
        if not query.details:
            yield from tasks
            return
        names = [task.task_name for task in tasks]
    for name in names:
        task = details(api, stream, name)
        if task is not None and query.matches(task):
            yield task


def listed_tasks(api: TransferTaskClient, query: Query, stream: str) -> List[TransferTask]:
    """Return the tasks of a stream that match the query, without details."""
    try:
        response = api.list_transfer_tasks(stream)
    except ApiError as err:
        if err.means_stream_absent:
            return []
        raise
    return [task for task in read_transfer_tasks(stream, response) if query.matches(task)]


def details(api: TransferTaskClient, stream: str, name: str) -> Optional[TransferTask]:
    """Return a task with its details; None if it does not exist."""
    try:
        return api.show_transfer_task(stream, name)
    except ApiError as err:
        if err.means_task_absent or err.means_stream_absent:
            return None
        raise


class TransferTaskQuery:
    """Transfer tasks."""

    spec = Spec(
        {
            "stream_name": {"type": "str"},
            "stream_pattern": {"type": "str"},
            "task_name": {"type": "str", "aliases": ["name"]},
            "name_pattern": {"type": "str"},
            "destination_type": {"type": "list", "elements": "str", "choices": list(DESTINATIONS)},
            "task_state": {"type": "list", "elements": "str", "choices": [STARTING, RUNNING, PAUSED, ABNORMAL, ERROR]},
            "details": {"type": "bool", "default": True},
        },
        {
            "mutually_exclusive": [("stream_name", "stream_pattern"), ("task_name", "name_pattern")],
            "required_by": {"task_name": ["stream_name"]},
        },
    )
    calls = TransferTaskClient

    def prepare(self, params: Mapping[str, Any]) -> Query:
        """Return the query that the options specify.

        :raises InvalidOptions: if an option is invalid
        """
        return query_of(params)

    def run_query(self, api: TransferTaskClient, query: Query) -> Dict[str, Any]:
        """Return the result of the module.

        :raises DisError: if a request failed
        """
        return find_transfer_tasks(api, query)


MAX_LIMIT = 100


class LogFilter(NamedTuple):
    """The requested log.

    :ivar limit: maximum number of batches
    """

    stream_name: str
    task_name: str
    limit: int


def find_batches(api: TransferTaskClient, query: LogFilter) -> Dict[str, Any]:
    """The result of the module; no batches if there is no such task or the region does not offer the log.

    :raises DisError: a request failed
    """
    result: Dict[str, Any] = {"offered": True, "batches": [], "last_error": None}
    task = details(api, query.stream_name, query.task_name)
    if task is None:
        return result
    try:
        batches = api.list_batches(query.stream_name, query.task_name, task.task_id, query.limit)
    except ApiError as err:
        if err.means_task_absent:
            return result
        if err.means_not_offered:
            return {**result, "offered": False}
        raise
    return {**result, "batches": [batch._asdict() for batch in batches], "last_error": last_error(batches)}


class TransferTaskLogQuery:
    """The log of one transfer task."""

    spec = Spec(
        {
            "stream_name": {"type": "str", "required": True},
            "task_name": {"type": "str", "required": True, "aliases": ["name"]},
            "limit": {"type": "int", "default": DEFAULT_LIMIT},
        }
    )
    calls = TransferTaskClient

    def prepare(self, params: Mapping[str, Any]) -> LogFilter:
        """The query that the options describe.

        :raises InvalidOptions: a rule is broken
        """
        reasons = validate((STREAM_NAME, TASK_NAME), params)
        limit = params["limit"]
        if not 1 <= limit <= MAX_LIMIT:
            reasons.append(f"limit is {limit}, but must be an integer from 1 to {MAX_LIMIT}")
        raise_if_errors(reasons)
        return LogFilter(params["stream_name"], params["task_name"], limit)

    def run_query(self, api: TransferTaskClient, query: LogFilter) -> Dict[str, Any]:
        """The result of the module.

        :raises DisError: a request failed
        """
        return find_batches(api, query)
