# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chapter "Dump Task Management" of the API reference, operation by operation. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict, Optional

from .._cloud.api import DisClient
from .._core.errors import ApiError, BadAnswer
from .._core.paging import (
    MOST_READS,
    PAGE_SIZE,
    PLAIN_NAME,
    incomplete,
    named_entries,
    total_number,
)
from .transfer_task import (
    TransferTask,
    find_task_id,
    is_incomplete,
    read_transfer_task,
)


class TransferTaskClient(DisClient):
    """Transfer tasks, and what they need to know of their streams."""

    def list_streams(self, start: Optional[str] = None) -> Dict[str, Any]:
        """``GET /streams``: one page, with the names behind *start*."""
        answer = self.read("list streams", "/streams", {"limit": PAGE_SIZE, "start_stream_name": start})
        if not any(isinstance(answer.get(name), list) for name in ("stream_names", "stream_info_list")):
            raise BadAnswer(
                "Cannot list streams: the answer holds no list of them.",
                "Check endpoint_override, and proxies on the way.",
            )
        return answer

    def create_transfer_task(self, stream: str, task: str, body: Dict[str, Any]) -> None:
        """``POST /streams/{stream_name}/transfer-tasks``; nothing comes back."""
        self.send(f"create {named(stream, task)}", "POST", f"/streams/{stream}/transfer-tasks", body)

    def list_transfer_tasks(self, stream: str, partial: bool = False) -> Dict[str, Any]:
        """``GET /streams/{stream_name}/transfer-tasks``; with five tasks at the most there is one page.

        A list with fewer tasks than the service counts is read again.

        :param partial: whether one that stays incomplete will do
        :raises BadAnswer: it stays incomplete
        """
        what = f'list of the transfer tasks of stream "{stream}"'
        for reads in range(1, MOST_READS + 1):
            answer = self.read(f'list the transfer tasks of stream "{stream}"', f"/streams/{stream}/transfer-tasks")
            arrived = len(named_entries(answer, "tasks", "task_name", PLAIN_NAME))
            if not is_incomplete(answer):
                return answer
            if reads == MOST_READS or not self.patience.allows(reads):
                break
        if not partial:
            raise incomplete(what, total_number(answer), arrived)
        return answer

    def show_transfer_task(self, stream: str, task: str) -> Optional[TransferTask]:
        """``GET /streams/{stream_name}/transfer-tasks/{task_name}``; None if the answer says that it is deleted."""
        answer = self.read(f"show {named(stream, task)}", f"/streams/{stream}/transfer-tasks/{task}")
        return read_transfer_task(stream, task, answer)

    def counts_transfer_task(self, stream: str, task: str) -> bool:
        """Whether the service still has a task, one that it is deleting included: that takes room until it is gone."""
        try:
            self.read(f"show {named(stream, task)}", f"/streams/{stream}/transfer-tasks/{task}")
        except ApiError as err:
            if err.means_task_absent or err.means_stream_absent:
                return False
            raise
        return True

    def update_transfer_task(self, stream: str, task: str, body: Dict[str, Any]) -> None:
        """``PUT /streams/{stream_name}/transfer-tasks``; the body names the task."""
        self.send(f"update {named(stream, task)}", "PUT", f"/streams/{stream}/transfer-tasks", body)

    def act_on_transfer_task(self, stream: str, task: str, task_id: Optional[str], action: str) -> None:
        """``POST /streams/{stream_name}/transfer-tasks/action`` for one task; an id that is not known is looked up."""
        body = {"action": action, "tasks": [{"id": task_id or self.transfer_task_id(stream, task)}]}
        self.send(f"{action} {named(stream, task)}", "POST", f"/streams/{stream}/transfer-tasks/action", body)

    def delete_transfer_task(self, stream: str, task: str) -> None:
        """``DELETE /streams/{stream_name}/transfer-tasks/{task_name}``."""
        self.send(f"delete {named(stream, task)}", "DELETE", f"/streams/{stream}/transfer-tasks/{task}")

    def transfer_task_id(self, stream: str, task: str) -> str:
        """The id of a task, from the list or else from the details: not every region tells it in both."""
        found = find_task_id(self.list_transfer_tasks(stream, partial=True), task)
        if found is None:
            shown = self.show_transfer_task(stream, task)
            found = shown.task_id if shown else None
        if found is None:
            raise BadAnswer(
                f"The service does not tell the id of {named(stream, task)}, and start and stop need it.",
                "Start or stop the task on the console.",
            )
        return found


def named(stream: str, task: str) -> str:
    """A transfer task in words."""
    return f'transfer task "{task}" of stream "{stream}"'
