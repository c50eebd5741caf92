# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Event sources as ansible-rulebook loads them, with queues that are lists."""

from __future__ import annotations

import asyncio
import runpy
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
STAGED = ROOT / ".build/ansible_collections/otc/dis"
SOURCES = STAGED / "extensions/eda/plugins/event_source"


class ListQueue:
    """Takes events up to a limit; a further one waits as in a full queue."""

    def __init__(self, room: int = 1000) -> None:
        self.events: list[dict[str, Any]] = []
        self.room = room

    async def put(self, event: dict[str, Any]) -> None:
        if len(self.events) >= self.room:
            await asyncio.Future()
        self.events.append(event)

    @property
    def names(self) -> list[str]:
        return [event["dis"]["event"] for event in self.events]


class Running:
    """A source that runs in the event loop of a test."""

    def __init__(self, source: str, args: dict[str, Any], room: int = 1000) -> None:
        self.queue = ListQueue(room)
        main = runpy.run_path(str(SOURCES / f"{source}.py"))["main"]
        self.task = asyncio.create_task(main(self.queue, args))

    async def until(self, done: Callable[[], Any], seconds: float = 20) -> None:
        """Wait for a condition while the source runs."""
        end = time.monotonic() + seconds
        while not done():
            assert not self.task.done(), self.task
            assert time.monotonic() < end, self.queue.events
            await asyncio.sleep(0.02)

    async def stop(self) -> list[dict[str, Any]]:
        """Cancel the source, as ansible-rulebook does, and return the events."""
        self.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.task
        return self.queue.events
