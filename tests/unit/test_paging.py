# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists in pages: everything is found once, and no answer makes us ask for ever."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._paging import every


def ask(answers: list[dict[str, Any]]) -> tuple[list[str], list[str | None]]:
    """Names found, and starts asked for."""
    starts: list[str | None] = []

    def fetch(start: str | None) -> dict[str, Any]:
        starts.append(start)
        return answers[min(len(starts), len(answers)) - 1]

    return [entry["n"] for entry in every(fetch, "apps", "n", ("has_more_app", "hasMoreApp"))], starts


def page(*names: str, **more: Any) -> dict[str, Any]:
    return {"apps": [{"n": name} for name in names], **more}


@pytest.mark.parametrize(
    ("answers", "names", "starts"),
    [
        ([page("a", "b", has_more_app=True), page("c", has_more_app=False)], ["a", "b", "c"], [None, "b"]),
        ([page("a", hasMoreApp=True), page("b", hasMoreApp=False)], ["a", "b"], [None, "a"]),
        ([page("a", has_more_app=True, total_number=1)], ["a"], [None]),
        ([page("a", has_more_app=True), page(has_more_app=True)], ["a"], [None, "a"]),
        ([page("a", "b", has_more_app=True)], ["a", "b"], [None, "b"]),
        ([page("a", total_number=2), page("b", total_number=2)], ["a", "b"], [None, "a"]),
        ([page("a")], ["a"], [None]),
        ([page(has_more_app=True)], [], [None]),
        ([{"apps": None}], [], [None]),
        ([{"apps": [{"m": 1}, "x", None]}], [], [None]),
        ([page("a", has_more_app=True), page("a", "b", has_more_app=False)], ["a", "b"], [None, "a"]),
    ],
    ids=[
        *("two", "old-flag", "total-reached", "empty-page", "no-advance", "no-flag", "nothing-told", "empty"),
        *("null", "odd", "inclusive-start"),
    ],
)
def test_pages_end(answers: list[dict[str, Any]], names: list[str], starts: list[str | None]) -> None:
    assert ask(answers) == (names, starts)


@given(st.sets(st.text("abc", min_size=1, max_size=4)), st.integers(1, 5), st.booleans(), st.booleans())
def test_all_is_found_whatever_the_page_size(names: set[str], size: int, inclusive: bool, told: bool) -> None:
    ordered = sorted(names)

    def fetch(start: str | None) -> dict[str, Any]:
        rest = [name for name in ordered if start is None or name > start or (inclusive and name == start)]
        some = rest[: size + 1 if inclusive else size]
        answer = page(*some, has_more_app=len(rest) > len(some))
        return {**answer, "total_number": len(ordered)} if told else answer

    assert [entry["n"] for entry in every(fetch, "apps", "n", ("has_more_app",))] == ordered
