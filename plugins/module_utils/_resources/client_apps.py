# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chapters "App Management" and "Checkpoint Management" of the API reference. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from .._cloud.api import DisClient
from .._core.paging import PAGE_SIZE, PLAIN_NAME, every, total_number
from .._core.schema import numbers, texts
from .app import CONSUMPTION, LAST_READ, App, read_app
from .base import check_response
from .checkpoint import Checkpoint, read_checkpoint


class AppClient(DisClient):
    """Apps, how far they have read, and their checkpoints."""

    def create_app(self, app: str) -> None:
        """``POST /apps``; nothing comes back."""
        self.send(f'create app "{app}"', "POST", "/apps", {"app_name": app})

    def list_apps(self, stream: Optional[str] = None) -> List[App]:
        """``GET /apps``, page by page; only those with checkpoints in a stream if one is named."""

        def page(start: Optional[str]) -> Dict[str, Any]:
            query = {"limit": PAGE_SIZE, "start_app_name": start, "stream_name": stream}
            return self.read("list apps", "/apps", query)

        flags, again = ("has_more_app", "hasMoreApp"), self.patience.allows
        total = total_number if stream is None else lambda answer: None  # which apps it counts is not documented
        seconds = self.http.timeout
        entries = every(page, "apps", "app_name", flags, PLAIN_NAME, api_timeout=seconds, again=again, total=total)
        return [read_app(str(entry["app_name"]), entry) for entry in entries]

    def show_app(self, app: str) -> App:
        """``GET /apps/{app_name}``."""
        return read_app(app, self.read(f'show app "{app}"', f"/apps/{app}"))

    def delete_app(self, app: str) -> None:
        """``DELETE /apps/{app_name}``."""
        self.send(f'delete app "{app}"', "DELETE", f"/apps/{app}")

    def show_consumption(self, app: str, stream: str) -> List[Dict[str, Any]]:
        """``GET /apps/{app_name}/streams/{stream_name}``, page by page; one entry for each partition."""
        call = f'show how far app "{app}" has read stream "{stream}"'

        def page(start: Optional[str]) -> Dict[str, Any]:
            query = {"checkpoint_type": LAST_READ, "limit": PAGE_SIZE, "start_partition_id": start}
            answer = self.read(call, f"/apps/{app}/streams/{stream}", query)
            check_response(call, answer, {"stream_name": stream, "app_name": app}, (CONSUMPTION,))
            return answer

        flags, again = ("has_more",), self.patience.allows
        name, seconds = "partition_id", self.http.timeout
        return every(page, "partition_consuming_states", name, flags, api_timeout=seconds, again=again)

    def commit_checkpoint(self, stream: str, app: str, checkpoint: Checkpoint) -> None:
        """``POST /checkpoints``, which also moves a checkpoint that is there."""
        body = {
            "app_name": app,
            "stream_name": stream,
            "partition_id": checkpoint.partition_id,
            "sequence_number": checkpoint.sequence_number,
            "checkpoint_type": LAST_READ,
        }
        if checkpoint.metadata is not None:
            body["metadata"] = checkpoint.metadata
        self.send(f"commit {named(stream, app, checkpoint.partition_id)}", "POST", "/checkpoints", body)

    def show_checkpoint(self, stream: str, app: str, partition_id: str) -> Optional[Checkpoint]:
        """``GET /checkpoints``; None if the answer says that there is none, of which there are several ways."""
        call = f"show {named(stream, app, partition_id)}"
        answer = self.send(call, "GET", "/checkpoints", query=place(stream, app, partition_id))
        if isinstance(answer, dict):
            asked = {"stream_name": stream, "app_name": app, "partition_id": partition_id}
            check_response(call, answer, asked, (*texts("metadata"), *numbers("sequence_number")))
        return read_checkpoint(partition_id, answer)

    def delete_checkpoint(self, stream: str, app: str, partition_id: Optional[str]) -> None:
        """``DELETE /checkpoints``; without a partition those in all of them."""
        call = f"delete {named(stream, app, partition_id)}"
        self.send(call, "DELETE", "/checkpoints", query=place(stream, app, partition_id))


def place(stream: str, app: str, partition_id: Optional[str]) -> Dict[str, Any]:
    """What names a checkpoint in a query."""
    return {"stream_name": stream, "app_name": app, "checkpoint_type": LAST_READ, "partition_id": partition_id}


def named(stream: str, app: str, partition_id: Optional[str]) -> str:
    """A checkpoint in words, or all of them."""
    where = f'partition {partition_id} of stream "{stream}"' if partition_id else f'all partitions of stream "{stream}"'
    return f'{"the checkpoint" if partition_id else "the checkpoints"} of app "{app}" in {where}'
