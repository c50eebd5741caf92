# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking at transfer tasks: one, those of a stream, those of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Result, Run, Seeded

    from otc_emulator.runner import Emulator


@pytest.fixture
def info(run: Run) -> Run:
    """Runs transfer_task_info."""
    return run.of("transfer_task_info", "transfer_tasks")


def names(result: Result) -> list[tuple[str, str]]:
    """Stream and task of all that was found."""
    return [(one["stream_name"], one["task_name"]) for one in result.ok().data["transfer_tasks"]]


@pytest.fixture
def fleet(emulator: Emulator) -> None:
    """Three streams with tasks of all kinds, and one without."""
    emulator.reset(
        streams=[
            {"name": "empty"},
            {
                "name": "meters",
                "partition_count": 2,
                "latest_offset": 100,
                "tasks": [
                    {"task_name": "to-dli"},
                    {"task_name": "to-obs", "destination_type": "OBS", "state": "PAUSED"},
                ],
            },
            {"name": "orders-1", "tasks": [{"task_name": "to-mrs", "destination_type": "MRS", "state": "ABNORMAL"}]},
            {"name": "orders-2", "tasks": [{"task_name": "to-dws", "destination_type": "DWS"}]},
        ]
    )


@pytest.mark.quick
def test_one_task_is_shown_as_its_module_shows_it(run: Run, info: Run, tasks: Seeded) -> None:
    tasks()
    (found,) = info(stream_name="meters", task_name="meters-to-dli").ok().data["transfer_tasks"]
    assert found == run().ok().task
    assert found["partitions"][0]["partition_id"] == "shardId-0000000000"


def test_one_task_takes_one_request(info: Run, tasks: Seeded) -> None:
    tasks()
    for details in (True, False):
        assert info(stream_name="meters", name="meters-to-dli", details=details).ok().dis == ["show"]


def test_partitions_contain_offset_and_time(info: Run, emulator: Emulator, fleet: None) -> None:
    emulator.patch_stream("meters", latest_offset=150)
    (found,) = info(stream_name="meters", task_name="to-dli").ok().data["transfer_tasks"]
    assert [one["last_transfer_offset"] for one in found["partitions"]] == [150, 150]
    assert all(one["last_transfer_timestamp"] > 1_600_000_000_000 for one in found["partitions"])


@pytest.mark.parametrize("options", [{"stream_name": "meters", "task_name": "none"}, {"stream_name": "none"}], ids=str)
@pytest.mark.parametrize("missing_status", [400, 404])
def test_missing_resource_is_an_empty_list(
    info: Run, emulator: Emulator, options: dict[str, Any], missing_status: int
) -> None:
    emulator.configure(missing_status=missing_status)
    assert info(**options).ok().data["transfer_tasks"] == []


def test_stream_is_listed_with_details_of_each_task(info: Run, fleet: None) -> None:
    result = info(stream_name="meters")
    assert names(result) == [("meters", "to-dli"), ("meters", "to-obs")]
    assert result.dis == ["list", "show", "show"]
    assert all(one["agency_name"] for one in result.data["transfer_tasks"])


def test_project_is_listed_without_details_by_one_request_for_each_stream(info: Run, fleet: None) -> None:
    result = info(details=False)
    assert names(result) == [
        *[("meters", "to-dli"), ("meters", "to-obs")],
        *[("orders-1", "to-mrs"), ("orders-2", "to-dws")],
    ]
    assert result.dis == ["list"] * 5
    first = result.data["transfer_tasks"][0]
    assert first["state"] == "RUNNING"
    assert first["task_id"]
    assert (first["agency_name"], first["partitions"]) == (None, [])


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"destination_type": "OBS"}, ["to-obs"]),
        ({"destination_type": ["OBS", "DWS"]}, ["to-obs", "to-dws"]),
        ({"task_state": ["PAUSED", "ABNORMAL"]}, ["to-obs", "to-mrs"]),
        ({"name_pattern": "*-d*"}, ["to-dli", "to-dws"]),
        ({"name_pattern": "TO-*"}, []),
        ({"stream_pattern": "orders-[12]"}, ["to-mrs", "to-dws"]),
        ({"stream_pattern": "orders-*", "task_state": "RUNNING"}, ["to-dws"]),
        ({"stream_name": "meters", "name_pattern": "to-?li"}, ["to-dli"]),
        ({"stream_name": "meters", "task_name": "to-dli", "destination_type": "OBS"}, []),
        ({"destination_type": []}, ["to-dli", "to-obs", "to-mrs", "to-dws"]),
    ],
    ids=str,
)
@pytest.mark.parametrize("details", [True, False])
def test_filters(info: Run, fleet: None, options: dict[str, Any], found: list[str], details: bool) -> None:
    assert [name for _stream, name in names(info(details=details, **options))] == found


def test_details_of_filtered_tasks_are_not_requested(info: Run, fleet: None) -> None:
    assert info(stream_pattern="orders-*", destination_type="DWS").ok().dis == ["list", "list", "list", "show"]


def test_password_of_a_task_is_not_shown(info: Run, emulator: Emulator, fleet: None) -> None:
    emulator.configure(return_password=True)
    (found,) = info(stream_name="orders-2").ok().data["transfer_tasks"]
    assert "user_password" not in found


def test_streams_are_found_on_all_pages(info: Run, emulator: Emulator) -> None:
    emulator.reset(streams=[{"name": f"s{number:03}", "tasks": ["t"]} for number in range(120)])
    result = info(details=False, stream_pattern="s*[05]")
    assert [stream for stream, _task in names(result)] == [f"s{number:03}" for number in range(0, 120, 5)]
    lists = [one for one in result.log if one["operation"] == "list_streams"]
    assert [one["query"] for one in lists] == [{"limit": "100"}, {"limit": "100", "start_stream_name": "s099"}]


def test_lists_with_names_alone_or_infos_alone_are_read(info: Run, emulator: Emulator, fleet: None) -> None:
    emulator.fault("wrong_json", operation="list_streams", body={"stream_names": ["meters"], "has_more_streams": True})
    emulator.fault("wrong_json", operation="list_streams", body={"stream_names": ["meters"], "has_more_streams": True})
    assert len(names(info())) == 2
    emulator.clear_faults()
    emulator.fault("wrong_json", operation="list_streams", body={"stream_info_list": [{"stream_name": "orders-2"}]})
    assert names(info()) == [("orders-2", "to-dws")]


def test_resource_deleted_during_the_run_is_not_listed(info: Run, emulator: Emulator, fleet: None) -> None:
    emulator.fault("rival_delete", operation="show_transfer_task")
    emulator.fault("rival_delete_stream", operation="list_transfer_tasks", stream="orders-1", skip=1)
    assert names(info()) == [("meters", "to-obs"), ("orders-2", "to-dws")]


@pytest.mark.parametrize("shape", ["real", "table"])
def test_spellings_of_a_region_come_out_as_one(info: Run, emulator: Emulator, fleet: None, shape: str) -> None:
    emulator.configure(partition_shape=shape, misspelt_blocks="descripton")
    (found,) = info(stream_name="meters", task_name="to-dli").ok().data["transfer_tasks"]
    assert set(found["partitions"][0]) >= {"partition_id", "state"}
    assert found["dli_table_name"] == "meter_raw"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"stream_name": "a b"}, "stream_name is 'a b', but must be 1 to 64"),
        ({"stream_name": " "}, "stream_name is ' '"),
        ({"stream_name": "s", "task_name": "a/b"}, "task_name is 'a/b', but must be 1 to 64"),
    ],
    ids=str,
)
def test_name_that_breaks_its_rule_is_refused(info: Run, options: dict[str, Any], words: str) -> None:
    result = info(**options).bad()
    assert words in result.msg
    assert result.log == []


@pytest.mark.parametrize(
    "options",
    [
        {"task_name": "t"},
        {"stream_name": "s", "stream_pattern": "*"},
        {"stream_name": "s", "task_name": "t", "name_pattern": "*"},
        {"destination_type": "NOWHERE"},
        {"task_state": "running"},
    ],
    ids=str,
)
def test_options_that_do_not_go_together_are_refused(info: Run, options: dict[str, Any]) -> None:
    result = info(**options)
    assert result.failed
    assert result.log == []


@pytest.mark.parametrize("operation", ["list_streams", "list_transfer_tasks", "show_transfer_task"])
def test_refusal_of_the_service_is_a_failure(info: Run, emulator: Emulator, fleet: None, operation: str) -> None:
    emulator.fault("status", operation=operation, status=403, code="DIS.4116")
    result = info().bad()
    assert result.error["code"] == "DIS.4116"
    assert (result.changed, result.done) == (False, [])


def test_check_mode_returns_the_same(info: Run, fleet: None) -> None:
    dry, real = info(check=True, diff=True).ok(), info(diff=True).ok()
    assert dry.data["transfer_tasks"] == real.data["transfer_tasks"]
    assert "diff" not in real.data
