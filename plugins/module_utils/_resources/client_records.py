# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chapters "Data Management" and "Monitoring Management" of the API reference. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence

from .._cloud.api import DisClient, partition_total
from .._core.errors import BadAnswer
from .._core.paging import every

PARTITIONS = 1000
"""Partitions on a page."""


class RecordClient(DisClient):
    """Records, the cursors by which they are read, and metrics."""

    def list_partitions(self, stream: str) -> List[Dict[str, Any]]:
        """``GET /streams/{stream_name}``, page by page; one entry for each partition."""

        def page(start: Optional[str]) -> Dict[str, Any]:
            return self.show_stream(stream, start, PARTITIONS)

        flags, again = ("has_more_partitions",), self.patience.allows
        seconds = self.http.timeout
        return every(page, "partitions", "partition_id", flags, api_timeout=seconds, again=again, total=partition_total)

    def put_records(
        self, stream: Optional[str], records: List[Dict[str, str]], stream_id: Optional[str] = None
    ) -> Dict[str, Any]:
        """``POST /records``; single records may fail where the request as a whole does not.

        :param stream: its name; None where the id alone says which one it is
        :param stream_id: of a stream that another account may own; the service takes it where the name is not found
        """
        call = f"put {len(records)} records into {named(stream, stream_id)}"
        names = {"stream_name": stream, "stream_id": stream_id}
        body = {**{name: value for name, value in names.items() if value is not None}, "records": records}
        answer = self.send(call, "POST", "/records", body)
        entries = answer.get("records") if isinstance(answer, dict) else None
        if not isinstance(answer, dict) or not isinstance(entries, list) or len(entries) != len(records):
            raise BadAnswer(f"Cannot {call}: the answer does not say what became of each.", outcome_unknown=True)
        return answer

    def show_cursor(
        self, stream: Optional[str], partition_id: str, place: Mapping[str, Any], stream_id: Optional[str] = None
    ) -> str:
        """``GET /cursors``, the only call whose parameters have hyphens; names and ids as in :meth:`put_records`."""
        call = f"get a cursor for partition {partition_id} of {named(stream, stream_id)}"
        query = {"stream-name": stream, "stream-id": stream_id, "partition-id": partition_id, **place}
        answer = self.read(call, "/cursors", query)
        cursor = answer.get("partition_cursor")
        if not isinstance(cursor, str) or not cursor:
            raise BadAnswer(f"Cannot {call}: the answer holds none.")
        return cursor

    def get_records(
        self, stream: Optional[str], cursor: str, most_bytes: int, stream_id: Optional[str] = None
    ) -> Dict[str, Any]:
        """``GET /records`` from a cursor on; an empty list does not say that there is nothing more."""
        query = {"partition-cursor": cursor, "max_fetch_bytes": most_bytes}
        return self.read(f"get records of {named(stream, stream_id)}", "/records", query)

    def show_metrics(
        self, stream: str, partition_id: Optional[str], labels: Sequence[str], start: int, end: int
    ) -> Dict[str, Any]:
        """``GET /streams/{stream_name}/metrics``, or those of a partition; the times are in seconds."""
        where = "" if partition_id is None else f"/partitions/{partition_id}"
        what = {"label": labels[0]} if len(labels) == 1 else {"label_list": ",".join(labels)}
        query = {**what, "start_time": start, "end_time": end}
        whose = f'stream "{stream}"' if partition_id is None else f'partition {partition_id} of stream "{stream}"'
        return self.read(f"show metrics of {whose}", f"/streams/{stream}{where}/metrics", query)


def named(stream: Optional[str], stream_id: Optional[str]) -> str:
    """A stream in words."""
    if stream is None:
        return "the stream of the cursor" if stream_id is None else f"the stream with the id {stream_id}"
    return f'stream "{stream}"'
