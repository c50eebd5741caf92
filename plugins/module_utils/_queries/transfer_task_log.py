# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The log of one transfer task. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict, Mapping, NamedTuple

from .._core.errors import ApiError
from .._core.plan import Spec
from .._core.schema import raise_if_errors, validate
from .._resources.base import STREAM_NAME
from .._resources.destinations import TASK_NAME
from .._resources.transfer_task_log import DEFAULT_LIMIT, last_error
from .._resources.transfer_tasks import TransferTaskClient
from .transfer_tasks import details

MAX_LIMIT = 100


class Query(NamedTuple):
    """The requested log.

    :ivar limit: maximum number of batches
    """

    stream_name: str
    task_name: str
    limit: int


def find_batches(api: TransferTaskClient, query: Query) -> Dict[str, Any]:
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

    def prepare(self, params: Mapping[str, Any]) -> Query:
        """The query that the options describe.

        :raises InvalidOptions: a rule is broken
        """
        reasons = validate((STREAM_NAME, TASK_NAME), params)
        limit = params["limit"]
        if not 1 <= limit <= MAX_LIMIT:
            reasons.append(f"limit is {limit}, but must be an integer from 1 to {MAX_LIMIT}")
        raise_if_errors(reasons)
        return Query(params["stream_name"], params["task_name"], limit)

    def run_query(self, api: TransferTaskClient, query: Query) -> Dict[str, Any]:
        """The result of the module.

        :raises DisError: a request failed
        """
        return find_batches(api, query)
