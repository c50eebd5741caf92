# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking for metrics. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict, List

from .._core.errors import ApiError
from .._resources.client_records import RecordClient
from .metrics import Query, read_metrics, shown


def find_metrics(api: RecordClient, query: Query) -> Dict[str, Any]:
    """What the module returns; no metrics if there is no such stream or partition.

    :raises DisError: a request failed
    """
    window = {"start_time": query.start, "end_time": query.end}
    try:
        return {**window, "metrics": shown(query, ask(api, query))}
    except ApiError as err:
        if err.means_stream_absent or err.means_partition_absent:
            return {**window, "metrics": []}
        raise


def ask(api: RecordClient, query: Query) -> Dict[str, List[Dict[str, Any]]]:
    """The points of all labels: together and, where a region only answers for one at a time, one by one."""
    answer = api.show_metrics(query.stream_name, query.partition_id, query.labels, query.start, query.end)
    found = read_metrics(answer)
    if len(query.labels) > 1 and "metrics_list" not in answer:
        for label in query.labels:
            if label not in found:
                single = api.show_metrics(query.stream_name, query.partition_id, (label,), query.start, query.end)
                found.update(read_metrics(single))
    return found
