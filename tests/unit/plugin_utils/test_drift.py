# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drift report, from results of modules."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.plugin_utils._drift import (
    DRIFTED,
    STATUSES,
    Difference,
    Resource,
    differences,
    existing,
    line,
    report,
    status_of,
    transfer_tasks,
    unmanaged,
)

SETTINGS = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 2))


@given(SETTINGS, SETTINGS)
def test_differences_are_the_settings_whose_values_differ(before: dict[str, int], after: dict[str, int]) -> None:
    found = differences(before, after)
    for one in found:
        assert (one.observed, one.desired) == (before.get(one.setting), after.get(one.setting))
        assert one.observed != one.desired
    assert {**before, **{one.setting: one.desired for one in found if one.desired is not None}}.items() >= {
        name: value for name, value in after.items() if before.get(name) == value
    }.items()
    assert not differences(before, before)


@pytest.mark.parametrize(
    ("result", "before", "after", "status"),
    [
        ({"actions": []}, {"a": 1}, {"a": 1}, "in_sync"),
        ({"actions": ["update"]}, {"a": 1}, {"a": 2}, "drift"),
        ({"actions": ["create"]}, {}, {"a": 1}, "missing"),
        ({"actions": ["delete"]}, {"a": 1}, {}, "unexpected"),
        ({"failed": True, "error": {"kind": "drift"}}, {}, {}, "drift"),
        ({"failed": True, "error": {"kind": "unreachable"}}, {}, {}, "error"),
        ({"failed": True}, {}, {}, "error"),
    ],
)
def test_status(result: dict[str, Any], before: dict[str, int], after: dict[str, int], status: str) -> None:
    assert status_of(result, before, after) == status


def test_diffs_belong_to_the_task_that_their_header_names() -> None:
    tasks = [
        {"stream_name": "s", "task_name": name, "actions": ["update"], "changed": True, "unverified": []}
        for name in "ab"
    ]
    diff = [
        {"before_header": f'transfer task "{name}" of stream "s"', "before": {"x": 1}, "after": {"x": value}}
        for name, value in (("b", 3), ("a", 2))
    ]
    found = transfer_tasks({"transfer_tasks": tasks, "diff": diff})
    assert [one.differences for one in found] == [(Difference("x", 1, 2),), (Difference("x", 1, 3),)]


def test_unmanaged_depends_on_the_scope() -> None:
    found = [Resource("transfer_task", "s", "a", "in_sync")]
    tasks = [{"stream_name": "s", "task_name": "a"}, {"stream_name": "s", "task_name": "b"}]
    tasks.append({"stream_name": "t", "task_name": "c"})
    names = ["s", "t"]
    assert [one.task_name for one in unmanaged(found, tasks, names, False)] == ["b"]
    assert [one.task_name for one in unmanaged(found, tasks, names, True)] == ["b", "c", None]


def test_list_that_failed_is_an_error_of_its_stream() -> None:
    lists = [
        {"one": "s", "failed": False, "transfer_tasks": [{"stream_name": "s", "task_name": "a"}]},
        {"one": "t", "failed": True, "msg": "Not allowed."},
    ]
    tasks, (error,) = existing(lists, "one")
    assert tasks == [{"stream_name": "s", "task_name": "a"}]
    assert line(error) == "t: error. Unmanaged transfer tasks are unknown: Not allowed."
    assert report([error])["summary"]["error"] == 1


RESOURCES = st.builds(
    lambda stream, status: Resource("stream", stream, None, status), st.sampled_from("st"), st.sampled_from(STATUSES)
)


@given(st.lists(RESOURCES))
def test_report_counts_everything_once(resources: list[Resource]) -> None:
    found = report(resources)
    assert sum(found["summary"].values()) == len(found["resources"]) == len(resources)
    assert found["drift"] == any(one.status in DRIFTED for one in resources)
    assert len(found["lines"]) == sum(one.status != "in_sync" for one in resources)


def test_line_names_both_values_and_the_actions() -> None:
    one = Resource("transfer_task", "s", "a", "drift", ("update",), (Difference("x", 1, "y"),))
    assert line(one) == "s/a: drift (x is 1, desired 'y'), needs: update"
