# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chapters "Stream Management" and "Tag Management" of the API reference. Private to otc.dis."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, Optional

from .._cloud.api import DisClient, partition_total
from .._core.errors import BadAnswer
from .._core.paging import PAGE_SIZE, every
from .base import long_id
from .stream import Stream, read_stream, read_tags

PARTITIONS = 1000
"""Partitions of a page: the most that can be asked for."""


class StreamClient(DisClient):
    """Streams and their tags."""

    def create_stream(self, stream: str, body: Dict[str, Any]) -> None:
        """``POST /streams``; nothing comes back."""
        self.send(f"create {named(stream)}", "POST", "/streams", body)

    def list_streams(self, start: Optional[str] = None) -> Dict[str, Any]:
        """``GET /streams``: one page, with the names behind *start*."""
        answer = self.read("list streams", "/streams", {"limit": PAGE_SIZE, "start_stream_name": start})
        if not isinstance(answer.get("stream_info_list"), list):
            raise BadAnswer(
                "Cannot list streams: the answer holds no list of them.",
                "Check endpoint_override, and proxies on the way.",
            )
        return answer

    def delete_stream(self, stream: str) -> None:
        """``DELETE /streams/{stream_name}``."""
        self.send(f"delete {named(stream)}", "DELETE", f"/streams/{stream}")

    def change_partition_count(self, stream: str, target: int) -> None:
        """``PUT /streams/{stream_name}``; what comes back may still be the old number."""
        body = {"stream_name": stream, "target_partition_count": target}
        self.send(f"change the partition count of {named(stream)} to {target}", "PUT", f"/streams/{stream}", body)

    def update_stream(self, stream: str, body: Dict[str, Any]) -> None:
        """``PUT /v3/{project_id}/streams/{stream_name}``."""
        self.send(f"update {named(stream)}", "PUT", f"/streams/{stream}", body, version="v3")

    def update_auto_scaling(self, stream: str, body: Dict[str, Any]) -> None:
        """``PUT /streams/{stream_name}/update``, with ``update_type`` in the body."""
        self.send(f"update automatic scaling of {named(stream)}", "PUT", f"/streams/{stream}/update", body)

    def list_stream_tags(self, stream: str, stream_id: Optional[str]) -> Dict[str, str]:
        """``GET /stream/{stream_id}/tags``; the path has no plural and wants the id."""
        path = tag_path(stream, stream_id)
        return read_tags(self.read(f"list the tags of {named(stream)}", path).get("tags"))

    def act_on_stream_tags(
        self, stream: str, stream_id: Optional[str], action: str, tags: List[Dict[str, str]]
    ) -> None:
        """``POST /stream/{stream_id}/tags/action``: *action* is ``create`` or ``delete``; twice is harmless."""
        path = f"{tag_path(stream, stream_id)}/action"
        self.send(f"{action} tags of {named(stream)}", "POST", path, {"action": action, "tags": tags})

    # --- what takes more than one request ---

    def describe_stream(self, stream: str) -> Stream:
        """A stream with all its partitions, however many pages they take."""
        first: Dict[str, Any] = {}

        def page(start: Optional[str]) -> Mapping[str, Any]:
            answer = self.show_stream(stream, None if start is None else long_id(start), PARTITIONS)
            first.update(first or answer)
            return answer

        flags, again = ("has_more_partitions",), self.patience.allows
        seconds = self.http.timeout
        partitions = every(
            page,
            "partitions",
            "partition_id",
            flags,
            None,
            True,
            api_timeout=seconds,
            again=again,
            total=partition_total,
        )
        told = {"partitions": partitions} if "partitions" in first else {}
        return read_stream(stream, {**first, **told})

    def every_stream(self) -> List[Stream]:
        """All streams of the project, as far as lists tell of them."""
        flags, again = ("has_more_streams",), self.patience.allows
        items, seconds = "stream_info_list", self.http.timeout
        entries = every(self.list_streams, items, "stream_name", flags, api_timeout=seconds, again=again)
        return [read_stream(str(entry["stream_name"]), entry, whole_answer=False) for entry in entries]


def named(stream: str) -> str:
    """A stream in words."""
    return f'stream "{stream}"'


def tag_path(stream: str, stream_id: Optional[str]) -> str:
    """Where the tags of a stream are.

    :raises BadAnswer: the service did not tell an id that can be used
    """
    if stream_id is None or not re.match(r"[A-Za-z0-9_-]{1,64}\Z", stream_id):
        raise BadAnswer(f"The service does not tell the id of {named(stream)}, and calls about tags need it.")
    return f"/stream/{stream_id}/tags"
