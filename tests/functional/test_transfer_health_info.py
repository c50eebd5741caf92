# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Seeing whether transfer tasks do their work."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from otc_emulator.identity import passcode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Result, Run

    from otc_emulator.runner import Emulator

HOUR = 3600


@pytest.fixture
def health(run: Run) -> Run:
    """Runs the module; data may wait half an hour."""
    promised = ("generated_at", "healthy", "problems", "unknown", "streams", "table")
    return run.of("transfer_health_info", *promised, stale_after="30m")


def tasks(result: Result) -> dict[str, dict[str, Any]]:
    return {
        f"{stream['stream_name']}/{task['task_name']}": task
        for stream in result.ok().data["streams"]
        for task in stream["tasks"]
    }


def one(result: Result) -> dict[str, Any]:
    (found,) = tasks(result).values()
    return found


def hang(emulator: Emulator, ago: float, came: float, records: int = 5, before: int = 1) -> None:
    """Let a task have carried its last records *ago* seconds ago; then, *came* seconds ago, more records came."""
    emulator.reset(streams=[])
    emulator.advance_clock(-ago)
    emulator.seed(streams=[{"name": "meters", "tasks": ["meters-to-dli"]}])
    emulator.put_records("meters", ["x"] * before)
    emulator.patch_stream("meters", transferable_offset=before)
    emulator.advance_clock(ago - came)
    emulator.put_records("meters", ["x"] * records)
    emulator.advance_clock(came)


@pytest.mark.quick
def test_working_task_is_ok(health: Run, emulator: Emulator) -> None:
    emulator.reset(streams=[{"name": "meters", "tasks": ["meters-to-dli"]}])
    emulator.put_records("meters", ["x", "y"])
    result = health()
    assert (result.data["healthy"], one(result)["health"], one(result)["waiting_records"]) == (True, "ok", 0)
    assert one(result)["last_transfer"].endswith(" UTC")
    history = result.data["streams"][0]["history"]
    assert (len(history), sum(entry["records"] for entry in history)) == (36, 2)
    assert result.operations == [
        *("list_streams", "list_transfer_tasks", "show_stream", "show_transfer_task", "show_stream_metrics")
    ]
    assert result.iam == ["login"]


@pytest.mark.parametrize("state", ["ABNORMAL", "ERROR"])
def test_abnormal_task_has_failed(health: Run, emulator: Emulator, state: str) -> None:
    emulator.reset(streams=[{"name": "meters", "tasks": [{"task_name": "meters-to-dli", "state": state}, "fine"]}])
    result = health(history="0")
    assert {name: task["health"] for name, task in tasks(result).items()} == {
        "meters/meters-to-dli": "failed",
        "meters/fine": "ok",
    }
    assert result.data["healthy"] is False
    assert result.data["problems"] == [f"meters/meters-to-dli is failed: The state of the task is {state}."]


@pytest.mark.parametrize("state", ["PAUSED", "STARTING"])
def test_stopped_or_starting_task_is_ok(health: Run, emulator: Emulator, state: str) -> None:
    emulator.reset(streams=[{"name": "meters", "tasks": [{"task_name": "meters-to-dli", "state": state}]}])
    emulator.patch_stream("meters", latest_offset=1000)
    assert (one(health())["health"], health().data["healthy"]) == ("ok", True)


def test_records_that_wait_too_long_make_a_task_stale(health: Run, emulator: Emulator) -> None:
    hang(emulator, ago=3 * HOUR, came=2 * HOUR)
    result = health()
    found = one(result)
    assert (found["health"], found["waiting_records"], result.data["healthy"]) == ("stale", 5, False)
    assert "shardId-0000000000" in found["reason"]
    assert found["waiting_since"] < found["last_transfer"], "the task still has work cycles, and transfers nothing"
    assert result.data["generated_at"] >= found["last_transfer"]
    assert result.data["streams"][0]["health"] == "stale"
    assert result.operations.count("show_partition_metrics") == 1


@pytest.mark.parametrize(
    ("ago", "came", "records", "health_", "why"),
    [
        (3 * HOUR, 600, 5, "ok", "it came a moment ago"),
        (600, 300, 5, "ok", "the task is new"),
        (3 * HOUR, 600, 1, "ok", "one record came a moment ago"),
        (3 * HOUR, 2 * HOUR, 1, "stale", ""),
        (3 * HOUR, 2 * HOUR, 0, "ok", "there is nothing newer"),
        (3 * HOUR, 2 * HOUR, 2, "stale", ""),
    ],
)
def test_old_transfer_alone_is_no_evidence(
    health: Run, emulator: Emulator, ago: float, came: float, records: int, health_: str, why: str
) -> None:
    hang(emulator, ago=ago, came=came, records=records)
    result = health()
    assert one(result)["health"] == health_, why
    assert result.data["unknown"] == []


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"partition_shape": "table"}, {}),
        ({}, {"kind": "status", "operation": "show_partition_metrics", "status": 404, "code": "APIG.0101"}),
        ({}, {"kind": "status", "operation": "show_partition_metrics", "status": 400, "code": "DIS.4209"}),
        ({}, {"kind": "wrong_json", "operation": "show_partition_metrics", "body": {}}),
        ({}, {"kind": "wrong_json", "operation": "show_partition_metrics", "body": {"metrics": []}}),
    ],
    ids=["no offsets", "no metrics", "no such metric", "no answer", "no points"],
)
def test_unreported_values_are_unknown_and_no_problem(
    health: Run, emulator: Emulator, settings: dict[str, str], fault: dict[str, Any]
) -> None:
    hang(emulator, ago=3 * HOUR, came=2 * HOUR)
    emulator.configure(**settings)
    if fault:
        emulator.fault(fault.pop("kind"), times=0, **fault)
    result = health()
    assert (one(result)["health"], result.data["healthy"]) == ("unknown", True)
    assert len(result.data["unknown"]) == 1


def test_waiting_records_without_metrics_are_unknown(health: Run, emulator: Emulator) -> None:
    hang(emulator, ago=3 * HOUR, came=2 * HOUR, records=0)
    emulator.patch_stream("meters", latest_offset=500)
    result = health()
    assert one(result)["health"] == "unknown"
    assert "do not show for how long" in one(result)["reason"]


def test_one_stale_partition_makes_a_task_stale(health: Run, emulator: Emulator) -> None:
    emulator.reset(streams=[])
    emulator.advance_clock(-3 * HOUR)
    emulator.seed(streams=[{"name": "meters", "partition_count": 2, "tasks": ["meters-to-dli"]}])
    emulator.put_records("meters", [{"data": "x", "partition": number} for number in (0, 1)])
    emulator.patch_stream("meters", transferable_offset=1)
    emulator.advance_clock(HOUR)
    emulator.put_records("meters", [{"data": "x", "partition": 1}] * 3)
    emulator.advance_clock(2 * HOUR)
    found = one(health())
    assert (found["health"], "shardId-0000000001" in found["reason"]) == ("stale", True)


FLEET = ["meters-1", "meters-2", "orders"]


@pytest.mark.parametrize(
    ("streams", "found"),
    [
        (None, FLEET),
        ([], FLEET),
        (["meters-*"], FLEET[:2]),
        (["orders"], ["orders"]),
        (["orders", "*-1", "orders"], ["meters-1", "orders"]),
        (["none-*"], []),
        ("meters-1,orders", ["meters-1", "orders"]),
    ],
)
def test_streams_are_selected_by_name_or_pattern(
    health: Run, emulator: Emulator, streams: Any, found: list[str]
) -> None:
    emulator.reset(streams=[{"name": name, "tasks": ["t"]} for name in FLEET])
    result = health(streams=streams).ok()
    assert [stream["stream_name"] for stream in result.data["streams"]] == found
    assert result.data["healthy"] is True
    by_name = all("*" not in one for one in streams or "*")
    assert ("list_streams" in result.operations) is not by_name


def test_missing_named_stream_is_a_problem(health: Run) -> None:
    result = health(streams=["gone", "meters"]).ok()
    assert result.data["problems"] == ["gone is missing: The stream does not exist."]
    assert result.data["table"][1:] == ["meters  (no transfer task)"]


def test_tasks_are_selected_by_pattern(health: Run, emulator: Emulator) -> None:
    broken = {"task_name": "old", "state": "ERROR"}
    emulator.reset(streams=[{"name": "meters", "tasks": ["new-1", broken]}])
    assert list(tasks(health(task_pattern="new-*"))) == ["meters/new-1"]


def test_region_without_metrics_has_no_history(health: Run, emulator: Emulator) -> None:
    emulator.fault("status", operation="show_stream_metrics", status=404, code="APIG.0101")
    assert health().ok().data["streams"][0]["history"] is None


def test_lost_metrics_are_requested_once_and_affect_nothing_else(health: Run, emulator: Emulator) -> None:
    emulator.reset(streams=[{"name": name, "tasks": ["t"]} for name in ("a", "b", "c")])
    emulator.fault("hang", operation="show_stream_metrics", times=0)
    result = health(api_timeout=1).ok()
    assert [one["history"] for one in result.data["streams"]] == [None] * 3
    assert {name: one["health"] for name, one in tasks(result).items()} == {"a/t": "ok", "b/t": "ok", "c/t": "ok"}
    assert result.operations.count("show_stream_metrics") == 1
    assert "did not respond within 1 seconds" in result.warnings[0]
    assert "No further requests for total_put_records_per_stream were sent" in result.warnings[0]


def test_lost_history_hides_no_stale_task(health: Run, emulator: Emulator) -> None:
    hang(emulator, ago=3 * HOUR, came=2 * HOUR)
    emulator.seed(streams=[{"name": "a-first", "tasks": ["t"]}])
    emulator.fault("hang", operation="show_stream_metrics", times=0)
    result = health(api_timeout=1).ok()
    assert {name: one["health"] for name, one in tasks(result).items() if "a-first" not in name} == {
        "meters/meters-to-dli": "stale"
    }


def test_task_of_which_metrics_never_come_is_unknown(health: Run, emulator: Emulator) -> None:
    hang(emulator, ago=3 * HOUR, came=2 * HOUR)
    emulator.fault("hang", operation="show_partition_metrics", times=0)
    result = health(api_timeout=1, history="0").ok()
    assert (one(result)["health"], result.data["problems"]) == ("unknown", [])


@pytest.mark.parametrize(
    "options", [{"stale_after": "59s"}, {"stale_after": "soon"}, {"history": "8d"}, {"history": "-1h"}]
)
def test_time_that_breaks_its_rule_is_refused_before_any_request(health: Run, options: dict[str, str]) -> None:
    result = health(**options).bad()
    assert next(iter(options)) in result.msg
    assert result.log == []


def test_unreachable_service_is_a_failure(health: Run, emulator: Emulator) -> None:
    emulator.fault("status", operation="list_transfer_tasks", status=403, code="DIS.4116")
    assert health().bad().error["code"] == "DIS.4116"


def test_unusual_messages_of_the_service_are_reported_in_one_line(health: Run, emulator: Emulator) -> None:
    entry = {"task_name": "t", "destination_type": "DLI", "state": "<b>\n{{ 7 * 7 }}"}
    emulator.fault("wrong_json", operation="list_transfer_tasks", body={"total_number": 1, "tasks": [entry]})
    result = health()
    assert one(result)["health"] == "unknown"
    assert all("\n" not in line for line in result.data["table"] + result.data["unknown"])


def test_check_mode_returns_the_same(health: Run, emulator: Emulator) -> None:
    hang(emulator, ago=3 * HOUR, came=2 * HOUR)
    assert health(check=True).data["problems"] == health().data["problems"]


WAYS = ("password", "token", "cache", "passcode", "keys", "agency")


@pytest.mark.parametrize("way", WAYS)
def test_every_login_method(health: Run, emulator: Emulator, auth: dict[str, str], tmp_path: Path, way: str) -> None:
    secret = "FAKEFAKEFAKEFAKE"
    emulator.reset(
        streams=[{"name": "meters", "tasks": ["meters-to-dli"]}],
        users=[
            {"name": "emulator-user", "access_keys": [{"access": "READERKEY00000000001", "secret": "fake-reader-key"}]},
            {"name": "careful", "password": "fake-careful-password", "totp_secret": secret},
            {"name": "delegate", "password": "fake-delegate-password", "roles": ["te_agency"]},
        ],
        delegations=[{"name": "dis_operators", "domain": "parent-domain", "trusted": "emulator-domain"}],
    )
    emulator.seed(
        projects=[{"name": "eu-de_parent", "domain": "parent-domain",
                   "streams": [{"name": "meters", "tasks": ["meters-to-dli"]}]}],
    )  # fmt: skip
    place = {"auth_url": auth["auth_url"], "project_name": auth["project_name"]}
    ways: dict[str, dict[str, Any]] = {
        "password": {},
        "token": {"auth": {"auth_url": auth["auth_url"], "token": emulator.mint_token()}},
        "cache": {"token_cache": str(tmp_path / "tokens.json")},
        "passcode": {
            "auth": {**auth, "username": "careful", "password": "fake-careful-password",
                     "passcode": passcode(secret, time.time())},
        },
        "keys": {
            "auth": {**place, "access_key": "READERKEY00000000001", "secret_key": "fake-reader-key"},
            "region_name": "eu-de",
        },
        "agency": {
            "auth": {**auth, "username": "delegate", "password": "fake-delegate-password",
                     "agency_name": "dis_operators", "agency_domain_name": "parent-domain",
                     "project_name": "eu-de_parent"},
        },
    }  # fmt: skip
    asked = {
        "password": ["login"],
        "token": ["check_token"],
        "cache": ["login"],
        "passcode": ["login"],
        "keys": ["list_projects", "show_catalogue"],
        "agency": ["login", "login"],
    }
    result = health(**ways[way])
    assert (result.ok().data["healthy"], list(tasks(result))) == (True, ["meters/meters-to-dli"])
    assert result.iam == asked[way]
    if way == "cache":
        again = health(**ways[way])
        assert (again.ok().data["healthy"], again.iam) == (True, [])


# --- objects with records that were not loaded ---

FOLDER = "dis/orders/dli_error/"


@pytest.fixture
def bucket(emulator: Emulator) -> Callable[..., None]:
    """Put objects into the bucket of a task."""

    def fill(objects: dict[str, int], prefix: str = "dis/orders", **bucket: Any) -> None:
        task = {"task_name": "meters-to-dli", "settings": {"file_prefix": prefix}}
        buckets = [{"name": "telemetry-staging", "objects": objects, **bucket}]
        emulator.reset(streams=[{"name": "meters", "tasks": [task]}], buckets=buckets)

    return fill


def test_dead_letters_are_counted_and_are_a_problem(health: Run, bucket: Callable[..., None]) -> None:
    bucket(
        {
            FOLDER: 0,
            f"{FOLDER}a&b.json": 40,
            f"{FOLDER}deep/c.json": 2,
            "dis/orders/2026/good.json": 7,
            "dli_error/x": 1,
        }
    )
    result = health(dead_letters=True, temporary_keys=True).ok()
    expected = {"objects": 2, "bytes": 42, "truncated": False, "path": f"telemetry-staging/{FOLDER}", "reason": None}
    assert one(result)["dead_letters"] == expected
    (problem,) = result.data["problems"]
    assert problem == (
        f"meters/meters-to-dli has dead letters: 2 objects with 42 bytes below telemetry-staging/{FOLDER}. Correct the"
        " cause, load or delete these objects."
    )
    assert (result.data["healthy"], one(result)["health"]) == (False, "ok")
    assert one(health().ok())["dead_letters"] is None


def test_no_dead_letters_are_no_problem(health: Run, bucket: Callable[..., None]) -> None:
    bucket({"dli_error/": 0, "dis/dli_error/a": 1}, prefix="")
    result = health(dead_letters=True, temporary_keys=True).ok()
    assert one(result)["dead_letters"]["path"] == "telemetry-staging/dli_error/"
    assert (one(result)["dead_letters"]["objects"], result.data["healthy"]) == (0, True)


def test_dead_letters_are_counted_over_pages_up_to_a_limit(
    health: Run, emulator: Emulator, bucket: Callable[..., None]
) -> None:
    bucket({f"{FOLDER}{number:05}": 1 for number in range(2500)})
    result = health(dead_letters=True, temporary_keys=True).ok()
    assert (one(result)["dead_letters"]["objects"], result.operations.count("list_objects")) == (2500, 0)
    assert [entry["operation"] for entry in result.log].count("list_objects") == 3
    bucket({f"{FOLDER}{number:05}": 1 for number in range(10001)})
    result = health(dead_letters=True, temporary_keys=True).ok()
    assert one(result)["dead_letters"] == {
        **one(result)["dead_letters"], "objects": 10000, "bytes": 10000, "truncated": True,
    }  # fmt: skip
    assert "at least 10000 objects" in result.data["problems"][0]


def test_dead_letters_without_keys_are_unknown(health: Run, bucket: Callable[..., None]) -> None:
    bucket({f"{FOLDER}a": 1})
    result = health(dead_letters=True).ok()
    found = one(result)["dead_letters"]
    assert (found["objects"], found["bytes"]) == (None, None)
    assert found["reason"].startswith("OBS requires an access key and does not accept tokens. Set temporary_keys")
    assert result.data["unknown"] == [f"meters/meters-to-dli has an unknown number of dead letters: {found['reason']}"]
    assert result.data["healthy"] is True


@pytest.mark.parametrize(
    ("bucket_options", "fault", "text"),
    [
        ({"accessible": False}, None, "AccessDenied"),
        ({}, {"kind": "html"}, "no list of objects|web page"),
        ({}, {"kind": "lost_after"}, "closed the connection"),
        ({}, {"kind": "status", "status": 503}, "503"),
    ],
    ids=["forbidden", "web page", "lost", "unavailable"],
)
def test_bucket_that_cannot_be_listed_is_unknown_and_nothing_else(
    health: Run, emulator: Emulator, bucket: Callable[..., None], bucket_options: Any, fault: Any, text: str
) -> None:
    bucket({f"{FOLDER}a": 1}, **bucket_options)
    if fault:
        emulator.fault(operation="list_objects", times=0, **fault)
    result = health(dead_letters=True, temporary_keys=True).ok()
    found = one(result)["dead_letters"]
    assert found["objects"] is None
    assert re.search(text, found["reason"]), found
    assert one(result)["health"] == "ok"


@pytest.mark.parametrize(
    ("objects", "found"),
    [
        ("<IsTruncated>true</IsTruncated><Contents><Key>dis/orders/dli_error/a</Key><Size>1</Size></Contents>", None),
        ("<Contents><Key>elsewhere</Key><Size>1</Size></Contents>", 0),
        ("<Contents><Key>dis/orders/dli_error/a</Key></Contents>", 0),
    ],
    ids=["no progress", "prefix ignored", "no size"],
)
def test_odd_list_of_objects_is_not_counted(
    health: Run, emulator: Emulator, bucket: Callable[..., None], objects: str, found: int | None
) -> None:
    bucket({})
    body = f"<?xml version='1.0'?><ListBucketResult>{objects}</ListBucketResult>"
    emulator.fault("status", operation="list_objects", status=200, body=body, times=0)
    result = health(dead_letters=True, temporary_keys=True).ok()
    letters = one(result)["dead_letters"]
    assert letters["objects"] == found
    assert ("does not advance" in (letters["reason"] or "")) == (found is None)


def test_temporary_keys_are_created_once(health: Run, emulator: Emulator) -> None:
    tasks = [{"task_name": f"t{number}", "settings": {"obs_bucket_path": f"bucket-{number}"}} for number in range(3)]
    emulator.reset(streams=[{"name": "meters", "tasks": tasks}], buckets=[f"bucket-{number}" for number in range(3)])
    result = health(dead_letters=True, temporary_keys=True).ok()
    operations = [entry["operation"] for entry in result.log]
    assert (operations.count("create_temporary_keys"), operations.count("list_objects")) == (1, 3)
