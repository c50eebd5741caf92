# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking at apps and at how far they have read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Result, Run

    from otc_emulator.runner import Emulator


@pytest.fixture
def info(run: Run) -> Run:
    """Runs app_info."""
    return run.of("app_info", "apps")


@pytest.fixture
def world(emulator: Emulator) -> None:
    """A stream with three partitions, an app that has read two of them, and one that has read nothing."""
    positions = [{"stream": "meters", "partition": number, "sequence_number": 40 + number} for number in (0, 2)]
    emulator.reset(
        streams=[{"name": "meters", "partition_count": 3, "earliest_offset": 10, "latest_offset": 100}],
        apps=[{"name": "idle"}, {"name": "reader", "checkpoints": positions}],
    )


def names(result: Result) -> list[str]:
    return [one["app_name"] for one in result.ok().data["apps"]]


def test_one_app_is_shown_as_its_module_shows_it(run: Run, info: Run, world: None) -> None:
    app = run.of("app", "app", app_name="reader")().ok().data["app"]
    assert info(app_name="reader").ok().data["apps"] == [{**app, "consumption": None}]
    assert app["commit_checkpoint_stream_names"] == ["meters"]


def test_all_apps_are_found_on_all_pages(info: Run, emulator: Emulator) -> None:
    emulator.reset(apps=[f"app-{number:03}" for number in range(205)], app_quota=0)
    result = info()
    assert names(result) == [f"app-{number:03}" for number in range(205)]
    assert [one["query"].get("start_app_name") for one in result.requests("dis")] == [None, "app-099", "app-199"]
    assert names(info(name_pattern="app-1?0")) == [f"app-1{number}0" for number in range(10)]


@pytest.mark.parametrize("flag", ["has_more_app", "hasMoreApp"])
def test_flag_that_lies_does_not_hold_us(info: Run, emulator: Emulator, world: None, flag: str) -> None:
    body = {"total_number": 1, flag: True, "apps": [{"app_id": "x", "app_name": "reader"}]}
    emulator.fault("wrong_json", operation="list_apps", body=body, times=0)
    result = info()
    assert names(result) == ["reader"]
    assert len(result.requests("dis")) == 2  # the count may be that of the page, so the next page is requested


@pytest.mark.quick
@pytest.mark.parametrize("numbers", [True, False])
def test_consumption_returns_position_and_lag(info: Run, emulator: Emulator, world: None, numbers: bool) -> None:
    emulator.configure(numbers_in_consumption=numbers)
    (app,) = info(app_name="reader", stream_name="meters").ok().data["apps"]
    reported = app["consumption"]
    assert (reported["stream_name"], reported["lag"]) == ("meters", 60 + 58)
    assert reported["partitions"] == [
        {
            "partition_id": f"shardId-000000000{number}",
            "status": "ACTIVE",
            "checkpoint_type": "LAST_READ",
            "sequence_number": position,
            "earliest_offset": 10,
            "latest_offset": 100,
            "lag": lag,
        }
        for number, position, lag in [(0, "40", 60), (1, None, None), (2, "42", 58)]
    ]


def test_app_that_never_committed_has_no_lag(info: Run, world: None) -> None:
    (app,) = info(app_name="idle", stream_name="meters").ok().data["apps"]
    assert app["consumption"]["lag"] is None
    assert len(app["consumption"]["partitions"]) == 3


def test_apps_of_a_stream_are_those_with_checkpoints(info: Run, world: None) -> None:
    assert names(info(stream_name="meters")) == ["reader"]


@pytest.mark.parametrize("numbers", [True, False])
def test_partitions_are_found_on_all_pages(info: Run, emulator: Emulator, numbers: bool) -> None:
    emulator.reset(streams=[{"name": "wide", "partition_count": 230}], apps=["reader"], numbers_in_consumption=numbers)
    result = info(app_name="reader", stream_name="wide").ok()
    partitions = result.data["apps"][0]["consumption"]["partitions"]
    assert [one["partition_id"] for one in partitions] == [f"shardId-{number:010d}" for number in range(230)]
    assert len(result.requests("dis")) == 4


@pytest.mark.parametrize(
    "options",
    [
        {"app_name": "none"},
        {"app_name": "none", "stream_name": "meters"},
        {"stream_name": "none"},
        {"app_name": "reader", "stream_name": "none"},
        {"name_pattern": "none-*"},
    ],
    ids=str,
)
@pytest.mark.parametrize("status", [400, 404])
def test_missing_resource_is_an_empty_list(
    info: Run, emulator: Emulator, world: None, options: dict[str, Any], status: int
) -> None:
    emulator.configure(missing_status=status)
    assert names(info(**options)) == []


def test_app_deleted_during_the_run_is_not_listed(info: Run, emulator: Emulator, world: None) -> None:
    emulator.fault("rival_delete_app", operation="show_consumption")
    assert names(info(stream_name="meters")) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [({"app_name": "a b"}, "app_name is 'a b'"), ({"stream_name": "a/b"}, "stream_name is 'a/b'")],
    ids=str,
)
def test_name_that_breaks_its_rule_is_refused(info: Run, options: dict[str, Any], words: str) -> None:
    result = info(**options).bad()
    assert words in result.msg
    assert result.log == []


def test_options_that_do_not_go_together_are_refused(info: Run) -> None:
    result = info(app_name="a", name_pattern="*")
    assert result.failed
    assert result.log == []


@pytest.mark.parametrize("operation", ["list_apps", "show_consumption"])
def test_refusal_of_the_service_is_a_failure(info: Run, emulator: Emulator, world: None, operation: str) -> None:
    emulator.fault("status", operation=operation, status=403, code="DIS.4116")
    assert info(stream_name="meters").bad().error["code"] == "DIS.4116"


def test_check_mode_returns_the_same(info: Run, world: None) -> None:
    assert info(check=True, stream_name="meters").ok().data["apps"] == info(stream_name="meters").ok().data["apps"]
