# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Events: filters, order, documented forms of the response, and regions that do not offer them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Run

    from otc_emulator.runner import Emulator

HOUR = 3_600_000


@pytest.fixture
def info(run: Run) -> Run:
    """Runs event_info."""
    return run.of("event_info", "offered", "events", "truncated")


@pytest.fixture
def now(emulator: Emulator) -> int:
    """The time of the emulator in milliseconds, with three events before it."""
    now = int(emulator.advance_clock(0) * 1000)
    emulator.seed(
        events=[
            {"type_id": "dis_event.000", "occur_time": now - 3 * HOUR, "source_name": "one"},
            {"type_id": "dis_event.001", "occur_time": now - HOUR, "source_name": "two", "description": "No table."},
            {"type_id": "dis_event.003", "occur_time": now - 2 * HOUR, "source_name": "meters", "source_id": "x7"},
        ]
    )
    return now


@pytest.mark.quick
def test_events_are_returned_newest_first(info: Run, now: int) -> None:
    result = info().ok()
    assert (result.data["offered"], result.data["truncated"]) == (True, False)
    newest, middle, oldest = result.data["events"]
    assert newest.pop("event_id")
    assert newest == {
        "event": "task_abnormal",
        "type_name": "Dump task abnormal",
        "severity": "warning",
        "category": "task",
        "occur_time": now - HOUR,
        "description": "No table.",
        "source_name": "two",
        "source_id": None,
    }
    assert (middle["event"], middle["category"], middle["source_id"]) == ("throttled", "stream", "x7")
    assert (oldest["event"], oldest["severity"]) == ("task_restored", "normal")
    (request,) = result.requests("dis")
    assert request["path"].startswith("/v1/")


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"since": "-90m"}, ["two"]),
        ({"since": "-150m"}, ["two", "meters"]),
        ({"severity": "normal"}, ["one"]),
        ({"category": "task"}, ["two", "one"]),
        ({"category": "tenant"}, []),
        ({"events": ["throttled", "task_restored"]}, ["meters", "one"]),
        ({"severity": "warning", "category": "task", "since": "-1w"}, ["two"]),
    ],
    ids=str,
)
def test_filters_are_combined(info: Run, now: int, options: dict[str, Any], found: list[str]) -> None:
    assert [one["source_name"] for one in info(**options).ok().data["events"]] == found


@pytest.mark.parametrize("options", [{"since": "yesterday"}, {"severity": "fatal"}, {"events": ["other"]}], ids=str)
def test_invalid_filter_is_rejected_before_any_request(info: Run, options: dict[str, Any]) -> None:
    result = info(**options)
    assert result.failed
    assert result.log == []


def test_single_event_may_be_an_object(info: Run, emulator: Emulator) -> None:
    emulator.configure(single_event_as_object=True)
    emulator.seed(events=[{"type_id": "dis_event.008"}])
    assert [one["event"] for one in info().ok().data["events"]] == ["manual_scaling_failed"]


def test_unknown_types_and_numbers_are_returned_as_they_are(info: Run, emulator: Emulator) -> None:
    event = {"type_id": "dis_event.077", "severity": 5, "category": "9", "id": 12}
    emulator.fault("wrong_json", operation="list_events", status=200, body={"count": 1, "events": [event]})
    (found,) = info().ok().data["events"]
    assert (found["event"], found["severity"], found["category"]) == ("dis_event.077", "5", "9")
    assert (found["event_id"], found["occur_time"]) == ("12", None)


@pytest.mark.parametrize(("count", "events"), [(2, 1), (1000, 1000)])
def test_events_that_the_service_omitted_are_reported(info: Run, emulator: Emulator, count: int, events: int) -> None:
    body = {"count": count, "events": [{"id": str(number)} for number in range(events)]}
    emulator.fault("wrong_json", operation="list_events", status=200, body=body)
    assert info().ok().data["truncated"] is True


def test_region_without_events_is_no_failure(info: Run, emulator: Emulator) -> None:
    emulator.configure(events_enabled=False)
    assert {**info().ok().data, "invocation": None} == {
        "changed": False,
        "offered": False,
        "events": [],
        "truncated": False,
        "invocation": None,
    }


@pytest.mark.parametrize("body", [{}, {"events": None}, {"events": "x"}, {"events": [1]}, {"events": [{"id": {}}]}])
def test_response_without_events_is_refused(info: Run, emulator: Emulator, body: dict[str, Any]) -> None:
    emulator.fault("wrong_json", operation="list_events", status=200, body=body)
    assert info().bad().error["kind"] == "unexpected_response"
