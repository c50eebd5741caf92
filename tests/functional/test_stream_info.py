# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stream information: one, all over several pages, selected ones; nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Run

    from otc_emulator.runner import Emulator

DETAILS_ALONE = {
    "last_modified_time",
    "readable_partition_count",
    "partitions",
    "update_partition_counts",
    "csv_properties",
    "compression_format",
}


@pytest.fixture
def some(emulator: Emulator) -> None:
    """Three streams in a project of their own making."""
    emulator.reset(
        streams=[
            {"name": "orders-eu", "partition_count": 3, "tags": {"team": "billing", "stage": "test"}},
            {"name": "orders-us", "status": "FROZEN", "tags": {"team": "billing"}, "retention_period": 48},
            {"name": "Clicks", "tags": {"team": "web"}},
        ]
    )


def reported(run_stream_info: Run, **options: Any) -> list[str]:
    """The names that come out."""
    result = run_stream_info(**options).ok()
    assert result.writes == []
    return [one["stream_name"] for one in result.streams]


@pytest.mark.quick
def test_one_stream_comes_as_the_module_of_streams_returns_it(
    run_stream: Run, run_stream_info: Run, emulator: Emulator
) -> None:
    made = run_stream(partition_count=2, data_type="CSV", csv_properties={"delimiter": ";"}, tags={"a": "b"}).ok()
    for check in (True, False):
        result = run_stream_info(check=check, name="orders").ok()
        assert result.streams == [made.stream]
        assert (result.changed, result.operations) == (False, ["show_stream"])


def test_missing_stream_is_no_failure(run_stream_info: Run, emulator: Emulator) -> None:
    assert reported(run_stream_info, stream_name="nobody") == []
    emulator.configure(missing_status=404)
    assert reported(run_stream_info, stream_name="nobody") == []


@pytest.mark.usefixtures("some")
def test_list_is_one_request_and_details_one_more_for_each(run_stream_info: Run) -> None:
    short = run_stream_info().ok()
    assert short.operations == ["list_streams"]
    assert [one["stream_name"] for one in short.streams] == ["Clicks", "orders-eu", "orders-us"]
    long = run_stream_info(details=True).ok()
    assert long.operations == ["list_streams"] + ["show_stream"] * 3
    for brief, full in zip(short.streams, long.streams, strict=True):
        assert set(brief) == set(full)
        assert {name for name in brief if brief[name] != full[name]} <= DETAILS_ALONE | {"data_schema"}
        assert {name for name in DETAILS_ALONE if brief[name] is not None} == set()
        assert len(full["partitions"]) == full["partition_count"]


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"name_pattern": "orders-*"}, ["orders-eu", "orders-us"]),
        ({"name_pattern": "orders-?u"}, ["orders-eu"]),
        ({"name_pattern": "clicks"}, []),
        ({"name_pattern": "[CX]licks"}, ["Clicks"]),
        ({"status": "FROZEN"}, ["orders-us"]),
        ({"status": ["RUNNING", "FROZEN"]}, ["Clicks", "orders-eu", "orders-us"]),
        ({"tags": {"team": "billing"}}, ["orders-eu", "orders-us"]),
        ({"tags": {"team": "billing", "stage": None}}, ["orders-eu"]),
        ({"tags": {"stage": "production"}}, []),
        ({"name_pattern": "*", "status": "RUNNING", "tags": {"team": "web"}}, ["Clicks"]),
        ({"stream_name": "orders-us", "status": "FROZEN"}, ["orders-us"]),
        ({"stream_name": "orders-us", "status": "RUNNING"}, []),
        ({"stream_name": "orders-us", "tags": {"team": "web"}}, []),
    ],
    ids=str,
)
def test_streams_are_chosen(run_stream_info: Run, options: dict[str, Any], names: list[str]) -> None:
    assert reported(run_stream_info, **options) == names
    if "stream_name" not in options:
        assert reported(run_stream_info, details=True, **options) == names


@pytest.mark.usefixtures("some")
def test_pattern_spares_the_details_of_the_others(run_stream_info: Run) -> None:
    result = run_stream_info(name_pattern="orders-*", details=True).ok()
    assert result.operations == ["list_streams", "show_stream", "show_stream"]


QUOTAS = [
    {"type": "common_partition", "limit": 50, "used": 5},
    {"type": "advanced_partition", "limit": 10, "used": 0},
    {"type": "app", "limit": 100, "used": 0},
]


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize("check", [True, False])
def test_quotas_take_one_request(run_stream_info: Run, emulator: Emulator, check: bool) -> None:
    assert "quotas" not in run_stream_info().ok().data
    result = run_stream_info(check=check, quotas=True).ok()
    assert (result.data["quotas"], result.operations) == (QUOTAS, ["list_streams", "show_quotas"])
    emulator.fault("status", operation="show_quotas", status=200, body={"quotas": {"resource": {"type": "app"}}})
    assert run_stream_info(quotas=True).ok().data["quotas"] == [{"type": "app", "limit": None, "used": None}]
    emulator.configure(quotas_enabled=False)
    assert run_stream_info(quotas=True).ok().data["quotas"] is None


def test_scaling_history_takes_one_request_per_stream(
    run_stream: Run, run_stream_info: Run, emulator: Emulator
) -> None:
    run_stream(partition_count=1).ok()
    run_stream(partition_count=3).ok()
    result = run_stream_info(scaling_history=True).ok()
    assert result.operations == ["list_streams", "list_scalings", "list_scalings"]
    histories = {one["stream_name"]: one["scaling_history"] for one in result.streams}
    (entry,) = histories["orders"]
    assert (entry["src_partition_count"], entry["target_partition_count"], entry["result_code"]) == (1, 3, 1)
    assert histories["meters"] == []
    (one,) = run_stream_info(stream_name="orders", scaling_history=True).ok().streams
    assert one["scaling_history"] == one["update_partition_counts"] == [entry]
    assert "scaling_history" not in run_stream_info().ok().streams[0]


@pytest.mark.usefixtures("some")
def test_region_without_scaling_history_is_queried_once(run_stream_info: Run, emulator: Emulator) -> None:
    emulator.configure(scaling_log_enabled=False)
    result = run_stream_info(scaling_history=True).ok()
    assert [one["scaling_history"] for one in result.streams] == [None] * 3
    assert result.operations == ["list_streams", "list_scalings"]


@pytest.mark.usefixtures("some")
def test_stream_that_vanishes_has_no_scaling_history(run_stream_info: Run, emulator: Emulator) -> None:
    emulator.fault("status", operation="list_scalings", status=400, code="DIS.4301")
    result = run_stream_info(scaling_history=True).ok()
    assert [one["scaling_history"] for one in result.streams] == [None, [], []]
    emulator.fault("status", operation="list_scalings", status=403, code="DIS.4116")
    assert run_stream_info(scaling_history=True).bad().error["kind"] == "forbidden"


def test_all_pages_are_read(run_stream_info: Run, emulator: Emulator) -> None:
    names = [f"s{number:03}" for number in range(250)]
    emulator.reset(streams=names)
    result = run_stream_info().ok()
    assert [one["stream_name"] for one in result.streams] == names
    queries = [entry["query"] for entry in result.requests("dis")]
    assert queries == [
        {"limit": "100"},
        {"limit": "100", "start_stream_name": "s099"},
        {"limit": "100", "start_stream_name": "s199"},
    ]


def test_full_last_page_is_the_last(run_stream_info: Run, emulator: Emulator) -> None:
    emulator.reset(streams=[f"s{number:03}" for number in range(200)])
    assert run_stream_info().ok().operations == ["list_streams"] * 2
    emulator.reset(streams=[])
    assert run_stream_info().ok().streams == []


def test_endless_list_ends(run_stream_info: Run, emulator: Emulator) -> None:
    entry = {"stream_name": "a", "stream_id": "s1", "status": "RUNNING"}
    body = {"stream_info_list": [entry], "has_more_streams": True}
    emulator.fault("status", operation="list_streams", status=200, body=body, times=0)
    result = run_stream_info().ok()
    assert (len(result.streams), result.operations) == (1, ["list_streams"] * 2)


def test_list_without_tags_requests_the_necessary_details(run_stream_info: Run, emulator: Emulator) -> None:
    emulator.reset(streams=[{"name": "a", "tags": {"team": "web"}}, "b"])
    entries = [{"stream_name": name, "stream_id": f"id-{name}", "status": "RUNNING"} for name in ("a", "b", "gone")]
    body = {"stream_info_list": entries, "has_more_streams": False}
    emulator.fault("status", operation="list_streams", status=200, body=body, times=0)
    result = run_stream_info(tags={"team": "web"}).ok()
    assert [one["stream_name"] for one in result.streams] == ["a"]
    assert result.operations == ["list_streams"] + ["show_stream"] * 3
    assert run_stream_info().ok().streams[0]["tags"] is None


def test_name_that_is_no_name_never_gets_into_a_path(run_stream_info: Run, emulator: Emulator) -> None:
    entries = [{"stream_name": "../apps", "stream_id": "s1", "status": "RUNNING"}]
    emulator.fault("status", operation="list_streams", status=200, body={"stream_info_list": entries})
    result = run_stream_info(details=True, scaling_history=True).ok()
    assert ([one["stream_name"] for one in result.streams], result.operations) == (["../apps"], ["list_streams"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"stream_name": "a/b"}, "1 to 64 letters, digits, _ or -"),
        ({"stream_name": " "}, "1 to 64 letters, digits, _ or -"),
        ({"stream_name": "a", "name_pattern": "b"}, "mutually exclusive"),
        ({"details": "perhaps"}, "bool"),
        ({"partition_count": 1}, "Unsupported parameters"),
    ],
    ids=str,
)
def test_rule_broken_is_refused_before_any_request(run_stream_info: Run, options: dict[str, Any], words: str) -> None:
    result = run_stream_info(**options)
    assert result.failed
    assert words in result.msg
    assert result.log == []


@pytest.mark.parametrize("operation", ["list_streams", "show_stream"])
def test_refusal_is_passed_on_with_a_hint(run_stream_info: Run, emulator: Emulator, operation: str) -> None:
    emulator.fault("status", operation=operation, status=403, code="DIS.4116")
    result = run_stream_info(**({"stream_name": "meters"} if operation == "show_stream" else {})).bad()
    assert (result.error["status"], result.error["code"]) == (403, "DIS.4116")
    assert "role" in result.error["hint"]


@pytest.mark.parametrize("body", [{}, {"hello": "world"}, {"stream_info_list": None}], ids=str)
def test_answer_without_a_list_is_not_an_empty_list(run_stream_info: Run, emulator: Emulator, body: Any) -> None:
    emulator.fault("wrong_json", operation="list_streams", status=200, body=body)
    assert "contains no list" in run_stream_info().bad().msg


def test_failed_reads_are_repeated(run_stream_info: Run, emulator: Emulator) -> None:
    emulator.fault("lost_after", operation="list_streams")
    emulator.fault("status", operation="list_streams", status=503)
    assert reported(run_stream_info) == ["meters"]
