# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Query the streams of an inventory and their transfer tasks. Private to otc.dis; runs on the control node only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, List

from ..module_utils._core import cancellation as _cancellation
from ..module_utils._core.retry import share_retry_budget
from ..module_utils._queries import transfer_tasks as _transfer_tasks
from ..module_utils._queries.streams import describe_stream, find_streams
from ..module_utils._resources.stream import to_result as stream_result
from ..module_utils._resources.streams import StreamClient
from ..module_utils._resources.transfer_task import to_result as task_result
from ..module_utils._resources.transfer_tasks import TransferTaskClient
from ._inventory import Query, is_stream_name

CONNECTIONS = 8
"""Maximum number of parallel requests."""


class InventoryClient(StreamClient, TransferTaskClient):
    """Streams and their transfer tasks."""


def streams_with_tasks(api: InventoryClient, query: Query) -> List[Dict[str, Any]]:
    """Return the streams that match the query, in the order of the service, each with its transfer tasks.

    Streams and tasks that are deleted in the meantime are omitted. A stream with an invalid name is returned without
    further requests for it.

    :return: dictionaries with ``stream`` and ``transfer_tasks``, both as the modules return them
    :raises DisError: if a request failed
    """
    filters = {"stream_name": None, "name_pattern": query.name_pattern, "status": query.status}
    streams = list(find_streams(api, {**filters, "tags": None, "details": False}))
    share_retry_budget(api.api, _cancellation.active())
    task_query = _transfer_tasks.Query(details=query.details)

    def entries_of(stream: Any) -> List[Dict[str, Any]]:
        name = stream.stream_name
        if not is_stream_name(name):
            return [{"stream": stream_result(stream), "transfer_tasks": []}]
        detailed = describe_stream(api, name) if query.details else stream
        tasks = [task_result(task) for task in _transfer_tasks.tasks_of_stream(api, task_query, name)]
        is_match = detailed is not None and query.matches(tasks)  # type: ignore[arg-type]
        return [{"stream": stream_result(detailed), "transfer_tasks": tasks}] if is_match else []

    pool = ThreadPoolExecutor(CONNECTIONS)
    try:
        return [entry for entries in pool.map(entries_of, streams) for entry in entries]
    finally:
        pool.shutdown(cancel_futures=True)
