# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apps and how far they have read. Pure Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

LAST_READ = "LAST_READ"


@dataclass
class Checkpoint:
    """How far an app has come in a partition."""

    sequence_number: int
    metadata: str | None = None


@dataclass
class App:
    """A consumer with its checkpoints: stream, then number of the partition."""

    app_name: str
    app_id: str
    create_time: int
    checkpoints: dict[str, dict[int, Checkpoint]] = field(default_factory=dict)

    def commit(self, stream_name: str, partition: int, checkpoint: Checkpoint) -> None:
        """Set or move a checkpoint."""
        self.checkpoints.setdefault(stream_name, {})[partition] = checkpoint

    def checkpoint(self, stream_name: str, partition: int) -> Checkpoint | None:
        """The checkpoint in a partition."""
        return self.checkpoints.get(stream_name, {}).get(partition)

    def forget(self, stream_name: str, partition: int | None = None) -> None:
        """Drop the checkpoint in a partition, or all in the stream."""
        if partition is not None:
            self.checkpoints.get(stream_name, {}).pop(partition, None)
        if partition is None or not self.checkpoints.get(stream_name):
            self.checkpoints.pop(stream_name, None)

    def view(self) -> dict[str, Any]:
        """Everything, for the control API."""
        return {
            "app_name": self.app_name,
            "app_id": self.app_id,
            "create_time": self.create_time,
            "checkpoints": {
                stream: {str(number): vars(one) for number, one in partitions.items()}
                for stream, partitions in self.checkpoints.items()
            },
        }
