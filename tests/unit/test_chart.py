# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chart of the benchmark."""

from __future__ import annotations

import importlib.util
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

BENCH = Path(__file__).resolve().parents[1] / "bench"
SVG = "{http://www.w3.org/2000/svg}"
FIGURES = [
    {"name": "uri loop", "tasks": 1000, "connections": 1, "seconds": 800.0, "estimated": True},
    {"name": "transfer_tasks", "tasks": 1000, "connections": 8, "seconds": 4.25, "estimated": False},
    {"name": "transfer_tasks", "tasks": 5, "connections": 8, "seconds": 0.9, "estimated": False},
]


def load(path: Path) -> ModuleType:
    """A file of the tools as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


chart = load(BENCH / "chart.py")


def texts(drawn: str) -> list[str]:
    return [str(one.text) for one in ET.fromstring(drawn).iter(f"{SVG}text")]


def bars(drawn: str) -> list[float]:
    return [
        float(one.attrib["width"])
        for one in ET.fromstring(drawn).iter(f"{SVG}rect")
        if one.attrib["class"] in ("good", "change")
    ]


def test_every_figure_is_a_bar_with_its_name_and_its_time() -> None:
    shown = texts(chart.draw(FIGURES))
    for words in (
        "uri loop",
        "about 800 s",
        "transfer_tasks, 8 connections",
        "4.25 s",
        "0.9 s",
        "1 000 tasks",
        "5 tasks",
    ):
        assert words in shown


def test_groups_are_in_order_and_the_slowest_is_first() -> None:
    shown = texts(chart.draw(FIGURES))
    order = [shown.index(words) for words in ("5 tasks", "0.9 s", "1 000 tasks", "about 800 s", "4.25 s")]
    assert order == sorted(order)


def test_estimates_look_different() -> None:
    drawn = chart.draw(FIGURES)
    assert drawn.count("stroke-dasharray") == 1
    assert "estimated" in " ".join(texts(drawn))
    assert "estimated" not in " ".join(texts(chart.draw(FIGURES[1:])))


def test_our_own_figures_stand_out() -> None:
    assert 'class="good"' not in chart.draw(FIGURES)
    assert chart.draw([{**FIGURES[1], "ours": True}, FIGURES[0]]).count('class="good"') == 1


def test_chart_is_told_in_words_and_needs_nothing_from_elsewhere() -> None:
    drawn = chart.draw(FIGURES)
    root = ET.fromstring(drawn)
    assert root.attrib["role"] == "img"
    assert root.find(f"{SVG}title") is not None
    told = root.find(f"{SVG}desc")
    assert told is not None
    assert "uri loop about 800 s; transfer_tasks, 8 connections 4.25 s." in str(told.text)
    assert "href" not in drawn
    assert drawn.count("http") == 1  # the name of the language
    assert "prefers-color-scheme:dark" in drawn


def test_names_cannot_break_the_picture() -> None:
    name = 'a <b> & "c"'
    assert name in texts(chart.draw([{**FIGURES[0], "name": name}]))


@given(st.lists(st.floats(1e-4, 1e6), min_size=1, max_size=12))
def test_longer_times_have_longer_bars_within_the_picture(times: list[float]) -> None:
    drawn = chart.draw({"name": "n", "tasks": 7, "connections": 1, "seconds": one, "estimated": False} for one in times)
    widths = bars(drawn)
    assert len(widths) == len(times)
    assert widths == sorted(widths, reverse=True)
    assert all(0 < width <= chart.WIDTH - chart.LABELS - chart.RIGHT + 0.01 for width in widths)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_time_without_a_place_is_refused(seconds: Any) -> None:
    with pytest.raises(ValueError, match="no time to draw"):
        chart.draw([{**FIGURES[0], "seconds": seconds}])


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="no figures"):
        chart.draw([])
