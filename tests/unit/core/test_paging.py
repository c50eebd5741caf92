# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pagination: every entry is returned once, and no response causes endless requests."""

from __future__ import annotations

import time
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._cloud.api import Api
from ansible_collections.otc.dis.plugins.module_utils._core import deadline as _deadline
from ansible_collections.otc.dis.plugins.module_utils._core.errors import ResponseLost, UnexpectedResponse
from ansible_collections.otc.dis.plugins.module_utils._core.paging import (
    MAX_PAGES,
    MAX_READS,
    PLAIN_NAME,
    paginate,
)
from ansible_collections.otc.dis.plugins.module_utils._core.retry import RetryBudget
from ansible_collections.otc.dis.plugins.module_utils._queries.transfer_tasks import Query, stream_names
from ansible_collections.otc.dis.plugins.module_utils._resources.base import partition_total
from ansible_collections.otc.dis.plugins.module_utils._resources.records import RecordClient
from ansible_collections.otc.dis.plugins.module_utils._resources.streams import StreamClient
from ansible_collections.otc.dis.plugins.module_utils._resources.transfer_task import is_incomplete, proves_not_found
from ansible_collections.otc.dis.plugins.module_utils._resources.transfer_tasks import TransferTaskClient


def ask(answers: list[dict[str, Any]]) -> tuple[list[str], list[str | None]]:
    """Return the names found and the requested markers."""
    starts: list[str | None] = []

    def fetch(start: str | None) -> dict[str, Any]:
        starts.append(start)
        return answers[min(len(starts), len(answers)) - 1]

    return [entry["n"] for entry in paginate(fetch, "apps", "n", ("has_more_app", "hasMoreApp"))], starts


def page(*names: str, **more: Any) -> dict[str, Any]:
    return {"apps": [{"n": name} for name in names], **more}


@pytest.mark.parametrize(
    ("answers", "names", "starts"),
    [
        ([page("a", "b", has_more_app=True), page("c", has_more_app=False)], ["a", "b", "c"], [None, "b"]),
        ([page("a", hasMoreApp=True), page("b", hasMoreApp=False)], ["a", "b"], [None, "a"]),
        ([page("a", has_more_app=True, total_number=1)], ["a"], [None, "a"]),
        ([page("a", has_more_app=True, total_number=1), page("b", total_number=1)], ["a", "b"], [None, "a"]),
        ([page("a", has_more_app=True), page(has_more_app=True)], ["a"], [None, "a"]),
        ([page("a", "b", has_more_app=True)], ["a", "b"], [None, "b"]),
        ([page("a", total_number=2), page("b", total_number=2)], ["a", "b"], [None, "a"]),
        ([page("a")], ["a"], [None]),
        ([page(has_more_app=True)], [], [None]),
        ([page("a", has_more_app=True), page("a", "b", has_more_app=False)], ["a", "b"], [None, "a"]),
    ],
    ids=[
        *(
            "two",
            "old-flag",
            "total-reached",
            "total-of-the-page",
            "empty-page",
            "no-advance",
            "no-flag",
            "no-flag-no-total",
            "empty",
        ),
        "inclusive-start",
    ],
)
def test_pages_end(answers: list[dict[str, Any]], names: list[str], starts: list[str | None]) -> None:
    assert ask(answers) == (names, starts)


@given(st.sets(st.text("abc", min_size=1, max_size=4)), st.integers(1, 5), st.booleans(), st.booleans())
def test_all_entries_are_found_with_any_page_size(names: set[str], size: int, inclusive: bool, reported: bool) -> None:
    ordered = sorted(names)

    def fetch(start: str | None) -> dict[str, Any]:
        rest = [name for name in ordered if start is None or name > start or (inclusive and name == start)]
        some = rest[: size + 1 if inclusive else size]
        answer = page(*some, has_more_app=len(rest) > len(some))
        return {**answer, "total_number": len(ordered)} if reported else answer

    assert [entry["n"] for entry in paginate(fetch, "apps", "n", ("has_more_app",))] == ordered


@pytest.mark.parametrize(
    "answer",
    [{}, {"apps": None}, {"apps": {}}, {"apps": [{"m": 1}]}, {"apps": ["x"]}, {"apps": [{"n": True}]}],
    ids=str,
)
def test_answer_without_its_list_is_not_an_empty_one(answer: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedResponse, match="list of apps"):
        ask([answer])
    with pytest.raises(UnexpectedResponse, match="list of apps"):
        ask([page("a", has_more_app=True), answer])


def test_list_that_may_lack_lacks_on_the_first_page_only() -> None:
    assert paginate(lambda start: {}, "apps", "n", (), may_lack=True) == []
    with pytest.raises(UnexpectedResponse, match="no list of apps"):
        paginate(lambda start: {} if start else page("a", more=True), "apps", "n", ("more",), may_lack=True)


@pytest.mark.parametrize("name", ["", "a/b", "..", "a?b", "a b", "a\n", "ä", "x" * 201, 7])
def test_name_that_cannot_be_requested_is_an_error(name: Any) -> None:
    with pytest.raises(UnexpectedResponse):
        paginate(lambda start: page(name), "apps", "n", (), PLAIN_NAME)


def test_pages_without_end_are_broken_off() -> None:
    numbers = count()
    with pytest.raises(UnexpectedResponse, match="has no end"):
        paginate(lambda start: page(f"a{next(numbers)}", more=True), "apps", "n", ("more",))
    assert next(numbers) == MAX_PAGES
    with pytest.raises(UnexpectedResponse, match="has no end"):
        paginate(lambda start: page(f"a{next(numbers)}", "last", more=True), "apps", "n", ("more",))
    assert next(numbers) == MAX_PAGES + 3


def test_pages_end_with_the_time_of_a_list() -> None:
    numbers = count()

    def slow(start: str | None) -> dict[str, Any]:
        time.sleep(0.02)
        return page(f"a{next(numbers)}", more=True)

    started = time.monotonic()
    with pytest.raises(UnexpectedResponse, match=r"did not end within 0\.2 seconds, ten times api_timeout") as caught:
        paginate(slow, "apps", "n", ("more",), api_timeout=0.02)
    assert time.monotonic() - started < 2
    assert "increase api_timeout" in caught.value.hint
    assert next(numbers) <= 10


def test_pages_end_with_the_size_of_a_list() -> None:
    numbers = count()

    def large(start: str | None) -> dict[str, Any]:
        _deadline.count(16 * 2**20)
        return page(f"a{next(numbers)}", more=True)

    with pytest.raises(UnexpectedResponse, match="larger than 64 MiB: 5 pages"):
        paginate(large, "apps", "n", ("more",))


@pytest.mark.parametrize("hit", [True, False])
def test_lost_response_of_a_page_is_blamed_on_the_list_only_at_its_end(hit: bool) -> None:
    def fetch(start: str | None) -> dict[str, Any]:
        deadline = _deadline.earliest()
        assert deadline is not None
        deadline.hit = hit
        raise ResponseLost("It did not arrive.")

    with pytest.raises(UnexpectedResponse if hit else ResponseLost, match="did not"):
        paginate(fetch, "apps", "n", ("more",))
    assert _deadline.earliest() is None


# --- incomplete lists ---


def read_again(answers: list[dict[str, Any]], retry_budget: int = 9) -> tuple[list[str], list[int]]:
    """Return the names found and the pauses before further reads."""
    pauses: list[int] = []
    left = list(answers)

    def again(failures: int) -> bool:
        pauses.append(failures)
        return failures <= retry_budget

    found = paginate(lambda start: left.pop(0), "apps", "n", ("has_more_app",), again=again)
    assert left == []
    return [entry["n"] for entry in found], pauses


SHORT = [page("a", total_number=2, has_more_app=False)]
EMPTY = [page(total_number=4)]
WHOLE = [page("a", "b", total_number=2, has_more_app=False)]


def test_list_that_lacks_entries_is_read_again() -> None:
    assert read_again(WHOLE) == (["a", "b"], [])
    assert read_again(SHORT + WHOLE) == (["a", "b"], [1])
    assert read_again(EMPTY + SHORT + WHOLE) == (["a", "b"], [1, 2])
    assert read_again([page("a", total_number=2), page(total_number=2), *WHOLE]) == (["a", "b"], [1])


@pytest.mark.parametrize(("answers", "retry_budget"), [(SHORT * 3, 9), (EMPTY * 3, 9), (SHORT * 2, 1), (SHORT, 0)])
def test_list_that_stays_incomplete_is_an_error(answers: list[dict[str, Any]], retry_budget: int) -> None:
    with pytest.raises(UnexpectedResponse, match=r"incomplete: the service counts [24] entries, but returned [01]"):
        read_again(answers, retry_budget)


@given(st.integers(0, 6), st.integers(0, 6), st.integers(1, 3), st.booleans(), st.booleans())
def test_no_list_is_shorter_than_it_counts(there: int, reported: int, size: int, flag: bool, per_page: bool) -> None:
    names = [str(number) for number in range(there)]

    def fetch(start: str | None) -> dict[str, Any]:
        rest = [name for name in names if start is None or name > start]
        some = rest[:size]
        more = {"has_more_app": len(rest) > len(some)} if flag or per_page else {}
        return page(*some, **more, total_number=len(some) if per_page else reported)

    if per_page or reported <= there:
        found = paginate(fetch, "apps", "n", ("has_more_app",))
        if flag or per_page or reported == there:
            assert [entry["n"] for entry in found] == names
    else:
        with pytest.raises(UnexpectedResponse, match="incomplete"):
            paginate(fetch, "apps", "n", ("has_more_app",))


@pytest.mark.parametrize(
    ("answer", "total"),
    [
        ({}, None),
        ({"writable_partition_count": 2}, 2),
        ({"writable_partition_count": 1, "readable_partition_count": "3"}, 3),
        ({"writable_partition_count": None, "readable_partition_count": "x"}, None),
    ],
    ids=str,
)
def test_partitions_are_counted_by_what_they_can_do(answer: dict[str, Any], total: int | None) -> None:
    assert partition_total(answer) == total


def test_partitions_that_are_missing_are_noticed() -> None:
    answer = {
        "stream_name": "s",
        "status": "RUNNING",
        "partitions": [{"partition_id": 0}],
        "readable_partition_count": 2,
        "has_more_partitions": False,
    }
    for kind, ask in ((StreamClient, "describe_stream"), (RecordClient, "list_partitions")):
        made = client(kind)
        reads: list[Any] = []
        made.read = lambda *args, reads=reads, **_more: reads.append(args) or answer
        with pytest.raises(UnexpectedResponse, match="list of partitions is incomplete: the service counts 2"):
            getattr(made, ask)("s")
        assert len(reads) == MAX_READS


TASKS = {"tasks": [{"task_name": "a"}], "total_number": 2}


def test_incomplete_list_of_tasks_is_read_again_and_will_do_where_names_are_looked_up() -> None:
    made = client(TransferTaskClient)
    answers = [TASKS, {**TASKS, "tasks": [{"task_name": "a"}, {"task_name": "b"}]}]
    made.read = lambda *_args: answers.pop(0)
    assert len(made.list_transfer_tasks("s")["tasks"]) == 2
    made.read = lambda *_args: TASKS
    assert made.list_transfer_tasks("s", partial=True) == TASKS
    with pytest.raises(UnexpectedResponse, match='list of the transfer tasks of stream "s" is incomplete'):
        made.list_transfer_tasks("s")


@pytest.mark.parametrize(
    ("names", "total", "incomplete", "proof"),
    [
        ([], 0, False, True),
        (["a"], 1, False, True),
        (["a"], 2, True, False),
        ([], 2, True, False),
        (["a"], None, False, False),
        (["a", "a"], 1, False, True),
        (["a", "a"], 2, False, False),
        (["a", "b"], 1, False, True),
    ],
)
def test_incomplete_list_proves_nothing_about_missing_names(
    names: list[str], total: int | None, incomplete: bool, proof: bool
) -> None:
    answer = {"tasks": [{"task_name": name} for name in names], "total_number": total}
    assert (is_incomplete(answer), proves_not_found(answer)) == (incomplete, proof)


# --- paths ---


def api() -> Any:
    made = Api.__new__(Api)
    made.endpoint, made.project_id = "https://dis", "p"
    made.http = SimpleNamespace(timeout=30.0, retry_budget=RetryBudget(1, sleep=lambda seconds: None))  # type: ignore[assignment]
    return made


def client(kind: Any) -> Any:
    return kind(api())


@pytest.mark.parametrize("name", ["..", ".", "", "a..b", "a?b", "a#b", "a%2fb", "a\\b", "a\n", "a b", "ä", "a//b"])
def test_unsafe_path_is_not_requested(name: str) -> None:
    with pytest.raises(UnexpectedResponse, match="cannot be used in a request"):
        api().url(f"/streams/{name}", None, "v2")


def test_plain_path_is_requested() -> None:
    url = api().url("/streams/a_B-1/partitions/shardId-0000000000/metrics", {"a": "b c"}, "v2")
    assert url == "https://dis/v2/p/streams/a_B-1/partitions/shardId-0000000000/metrics?a=b%20c"


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"stream_names": None},
        {"stream_names": ["a", None]},
        {"stream_names": ["../a"]},
        {"stream_info_list": [{}]},
    ],
    ids=str,
)
def test_streams_are_not_skipped_in_silence(answer: dict[str, Any]) -> None:
    api = client(TransferTaskClient)
    api.read = lambda *_args, **_more: answer
    with pytest.raises(UnexpectedResponse):
        stream_names(api, Query())


@pytest.mark.parametrize("answer", [{}, {"tasks": {}}, {"tasks": [{"task_name": "../a"}]}, {"tasks": [{}]}], ids=str)
def test_tasks_are_not_skipped_in_silence(answer: dict[str, Any]) -> None:
    api = client(TransferTaskClient)
    api.read = lambda *_args, **_more: answer
    with pytest.raises(UnexpectedResponse, match="list of tasks"):
        api.list_transfer_tasks("meters")


def test_plain_names_pass() -> None:
    assert PLAIN_NAME.match("A-z_09" + "x" * 194)
    assert not PLAIN_NAME.match("x" * 201)
