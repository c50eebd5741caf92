# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking for everything that an inventory tells. Private to otc.dis; runs on the control node only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, List

from ..module_utils._core import cancellation as _cancellation
from ..module_utils._core.retry import share_retry_budget
from ..module_utils._queries import transfer_tasks as _find_transfer_tasks
from ..module_utils._queries.streams import describe_stream, find_streams
from ..module_utils._resources.stream import to_result as shown_stream
from ..module_utils._resources.streams import StreamClient
from ..module_utils._resources.transfer_task import to_result as shown_task
from ..module_utils._resources.transfer_tasks import TransferTaskClient
from ._inventory import Query, is_host_name

CONNECTIONS = 8
"""How many requests are under way at once at the most."""


class InventoryClient(StreamClient, TransferTaskClient):
    """Streams and their transfer tasks."""


def streams_with_tasks(api: InventoryClient, query: Query) -> List[Dict[str, Any]]:
    """All streams that are asked for, in the order of the service, each with its transfer tasks.

    What goes away while we ask is left out. A stream whose name breaks the rule is listed, but nothing else is asked
    of it.

    :return: dictionaries with ``stream`` and ``transfer_tasks``, both as the modules return them
    :raises DisError: a request failed
    """
    wanted = {"stream_name": None, "name_pattern": query.name_pattern, "status": query.status}
    streams = list(find_streams(api, {**wanted, "tags": None, "details": False}))
    share_retry_budget(api.api, _cancellation.active())
    about_tasks = _find_transfer_tasks.Query(details=query.details)

    def entry(stream: Any) -> List[Dict[str, Any]]:
        name = stream.stream_name
        if not is_host_name(name):
            return [{"stream": shown_stream(stream), "transfer_tasks": []}]
        whole = describe_stream(api, name) if query.details else stream
        tasks = [shown_task(task) for task in _find_transfer_tasks.tasks_of_stream(api, about_tasks, name)]
        found_one = whole is not None and query.matches(tasks)  # type: ignore[arg-type]
        return [{"stream": shown_stream(whole), "transfer_tasks": tasks}] if found_one else []

    pool = ThreadPoolExecutor(CONNECTIONS)
    try:
        return [one for entries in pool.map(entry, streams) for one in entries]
    finally:
        pool.shutdown(cancel_futures=True)
