# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of the benchmark as a chart: bars on a logarithmic scale, grouped by the number of tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def draw(figures: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write an SVG of what was measured, the slowest of each group first.

    :param figures: for each bar ``name``, ``tasks``, ``connections``, ``seconds``, ``estimated`` (from a smaller run
        instead of measured), and ``ours``, which is drawn in another colour
    """
    from matplotlib import pyplot as plt
    from matplotlib import rcParams

    rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "otc.dis"})  # the same figures are the same file
    rows = sorted(figures, key=lambda row: (row["tasks"], -row["seconds"]))
    labels = []
    figure, axes = plt.subplots(figsize=(10, 0.4 * len(rows) + 1), layout="constrained")
    for number, row in enumerate(rows):
        several = f", {row['connections']} connections" if (row["connections"] or 1) > 1 else ""
        labels.append(f"{row['tasks']:,} tasks: {row['name']}{several}")
        colour, hatch = ("tab:green" if row["ours"] else "tab:blue"), ("//" if row["estimated"] else "")
        drawn = axes.barh(number, row["seconds"], color=colour, hatch=hatch, edgecolor="white")
        axes.bar_label(drawn, [f"{'about ' if row['estimated'] else ''}{row['seconds']:.3g} s"], padding=4)
    axes.set(xscale="log", xlabel="seconds; hatched: estimated from a smaller run", yticks=range(len(rows)))
    axes.set_yticklabels(labels)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
