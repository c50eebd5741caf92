# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of the benchmark as a picture: bars on a logarithmic scale, grouped by the number of tasks."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))

import svg

WIDTH, LABELS, RIGHT, BAR, GAP = 900, 300, 130, 24, 10
HATCHED = ' stroke-dasharray="5 4" fill-opacity="0.45"'


def draw(figures: Iterable[Mapping[str, Any]]) -> str:
    """An SVG of what was measured, the slowest of each group first.

    :param figures: for each bar ``name``, ``tasks``, ``connections`` (1 where nothing is said), ``seconds`` (above 0),
        ``estimated``: whether it was worked out from a smaller run instead of measured,
        and perhaps ``ours``: whether it is this collection, which is drawn in another colour
    :raises ValueError: there is nothing to draw, or a time that has no place on a logarithmic scale
    """
    rows = [dict(figure) for figure in figures]
    if not rows:
        raise ValueError("no figures to draw")
    for row in rows:
        if not (math.isfinite(row["seconds"]) and row["seconds"] > 0):
            raise ValueError(f"{row['name']}: {row['seconds']} is no time to draw")
    groups = {
        tasks: sorted((row for row in rows if row["tasks"] == tasks), key=lambda row: -row["seconds"])
        for tasks in sorted({row["tasks"] for row in rows})
    }
    least = math.floor(math.log10(min(row["seconds"] for row in rows)))
    most = max(math.ceil(math.log10(max(row["seconds"] for row in rows))), least + 1)
    room = WIDTH - LABELS - RIGHT

    def place(seconds: float) -> float:
        return LABELS + room * (math.log10(seconds) - least) / (most - least)

    picture = svg.Picture(WIDTH, "Seconds to bring transfer tasks to what is described", told(groups))
    top, y = 34.0, 34.0
    for tasks, group in groups.items():
        y += 26
        picture.text(16, y, f"{tasks:,} tasks".replace(",", " ") if tasks != 1 else "1 task", size=15, style="bold")
        y += 12
        for row in group:
            ours = bool(row.get("ours"))
            end = max(place(row["seconds"]), LABELS + 3)
            more = HATCHED if row.get("estimated") else ""
            picture.box(LABELS, y, end - LABELS, BAR, "good" if ours else "change", more, 3)
            picture.text(LABELS - 10, y + 17, named(row), size=13.5, anchor="end")
            picture.text(end + 8, y + 17, spent(row), size=13.5, style="bold" if ours else "")
            y += BAR + GAP
    for power in range(least, most + 1):
        x = place(10**power)
        picture.parts.insert(0, f'<path d="M{x:g} {top:g}L{x:g} {y:g}" class="l-quiet" stroke-opacity="0.7"/>')
        picture.text(x, y + 20, number(10**power) + " s", "quiet", 12.5, anchor="middle")
    picture.text(16, 24, "Seconds, on a scale where each line is ten times the one before", "quiet", 13)
    if any(row.get("estimated") for row in rows):
        picture.text(WIDTH - 16, 24, "dashed: estimated from a smaller run", "quiet", 13, anchor="end")
    return picture.svg(round(y + 34))


def named(row: Mapping[str, Any]) -> str:
    """What was measured, with its connections where there are several."""
    several = (row.get("connections") or 1) > 1
    return f"{row['name']}, {row['connections']} connections" if several else str(row["name"])


def spent(row: Mapping[str, Any]) -> str:
    """How long it took."""
    return f"{'about ' if row.get('estimated') else ''}{number(row['seconds'])} s"


def number(value: float) -> str:
    """Three digits are all that a measurement is worth."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"


def told(groups: Mapping[int, list[dict[str, Any]]]) -> str:
    """The chart in words."""
    return " ".join(
        f"{tasks} task{'' if tasks == 1 else 's'}: {'; '.join(f'{named(row)} {spent(row)}' for row in group)}."
        for tasks, group in groups.items()
    )
