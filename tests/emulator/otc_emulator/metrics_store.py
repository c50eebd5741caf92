# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics: sums per minute, kept for seven days. Pure Python."""

from __future__ import annotations

PERIOD = 60
WINDOW = 7 * 24 * 3600

STREAM_LABELS = (
    "total_put_bytes_per_stream",
    "total_get_bytes_per_stream",
    "total_put_records_per_stream",
    "total_get_records_per_stream",
    "total_put_req_latency",
    "total_get_req_latency",
    "total_put_req_suc_per_stream",
    "total_get_req_suc_per_stream",
    "traffic_control_put",
    "traffic_control_get",
)
PARTITION_LABELS = (
    "total_put_bytes_per_partition",
    "total_get_bytes_per_partition",
    "total_put_records_per_partition",
    "total_get_records_per_partition",
)


class Series:
    """The metrics of a stream or of a partition: label, then minute, then sum."""

    def __init__(self) -> None:
        self._sums: dict[str, dict[int, int]] = {}

    def add(self, label: str, amount: int, now: float) -> None:
        """Count *amount* into the minute of *now*; minutes that can no longer be queried are deleted."""
        minutes = self._sums.setdefault(label, {})
        minute = int(now) // PERIOD * PERIOD
        if minute not in minutes:
            for old in [one for one in minutes if one < now - WINDOW - PERIOD]:
                del minutes[old]
            minutes[minute] = 0
        minutes[minute] += amount

    def between(self, label: str, start: int, end: int) -> list[tuple[int, int]]:
        """Minutes that lie at least partly in the window, with their sums."""
        minutes = self._sums.get(label, {})
        return sorted((when, value) for when, value in minutes.items() if when + PERIOD > start and when <= end)

    def average(self, label: str, counts: str, start: int, end: int) -> list[tuple[int, int]]:
        """As ``between``, divided by the sums of another label."""
        others = self._sums.get(counts, {})
        return [(when, value // others.get(when, 1)) for when, value in self.between(label, start, end)]
