# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests on the wire, byte by byte, and their number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Run, Seeded

    from otc_emulator.runner import Emulator

ALL = {
    "agency_name": "dis_admin_agency",
    "deliver_time_interval": 120,
    "consumer_strategy": "TRIM_HORIZON",
    "dli_database_name": "telemetry",
    "dli_table_name": "meter_raw",
    "obs_bucket_path": "telemetry-staging",
    "file_prefix": "dis/meters",
    "retry_duration": 900,
}
ON_THE_WIRE = {**ALL, "task_name": "meters-to-dli", "retry_duration": "900"}


def base(emulator: Emulator) -> str:
    """The path of the stream's transfer tasks."""
    return f"/v2/{emulator.project_id}/streams/meters/transfer-tasks"


@pytest.mark.quick
def test_create_request_is_that_of_the_api_page(run: Run, emulator: Emulator) -> None:
    result = run(**ALL).ok()
    (write,) = result.writes
    assert (write["method"], write["path"], write["query"]) == ("POST", base(emulator), {})
    assert write["body"] == {"destination_type": "DLI", "dli_destination_descriptor": ON_THE_WIRE}
    descriptor = write["body"]["dli_destination_descriptor"]
    assert isinstance(descriptor["deliver_time_interval"], int)
    assert isinstance(descriptor["retry_duration"], str)
    assert write["status"] == 201


def test_create_request_with_needed_options_sends_the_defaults(run: Run) -> None:
    (write,) = run.complete_task().ok().writes
    assert write["body"] == {
        "destination_type": "DLI",
        "dli_destination_descriptor": {
            "task_name": "meters-to-dli",
            "agency_name": "dis_admin_agency",
            "deliver_time_interval": 300,
            "consumer_strategy": "LATEST",
            "dli_database_name": "telemetry",
            "dli_table_name": "meter_raw",
            "obs_bucket_path": "telemetry-staging",
            "retry_duration": "1800",
        },
    }


def test_create_request_carries_zero_as_zero(run: Run, tasks: Seeded) -> None:
    (write,) = run.complete_task(retry_duration=0).ok().writes
    assert write["body"]["dli_destination_descriptor"]["retry_duration"] == "0"
    assert tasks.one["settings"]["retry_duration"] == 0


def test_create_request_keeps_foreign_letters(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    emulator.seed(agencies=["Zählerübertragung"])
    run.complete_task(agency_name="Zählerübertragung").ok()
    assert tasks.one["settings"]["agency_name"] == "Zählerübertragung"


def test_task_name_also_answers_to_name(run: Run, tasks: Seeded) -> None:
    run.complete_task(task_name=None, name="meters-to-dli").ok()
    assert tasks.one["task_name"] == "meters-to-dli"


@pytest.mark.quick
def test_update_request_is_complete(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks(**{**ALL, "deliver_time_interval": 600})
    (write,) = run(deliver_time_interval=120).ok().writes
    assert (write["method"], write["path"], write["query"]) == ("PUT", base(emulator), {})
    assert write["body"] == {"destination_type": "DLI", "dli_destination_descriptor": ON_THE_WIRE}
    assert tasks.one["settings"] == ALL
    assert tasks.one["updates"] == 1


@pytest.mark.parametrize("option", sorted(set(ALL) - {"dli_database_name", "dli_table_name"}))
def test_update_request_changes_one_option_and_keeps_the_rest(run: Run, tasks: Seeded, option: str) -> None:
    emulator = run.emulator
    emulator.seed(agencies=["old"], buckets=["old"])
    old = {"deliver_time_interval": 600, "consumer_strategy": "LATEST", "retry_duration": 60}
    tasks(**{**ALL, option: old.get(option, "old")})
    result = run(diff=True, **{option: ALL[option]}).ok()
    assert result.actions == ["update"]
    assert tasks.one["settings"] == ALL
    assert {name for name in result.diff["after"] if result.diff["before"].get(name) != result.diff["after"][name]} == {
        option
    }


@pytest.mark.parametrize("option", ["dli_database_name", "dli_table_name"])
def test_update_request_moves_the_task_to_another_table(run: Run, tasks: Seeded, option: str) -> None:
    run.emulator.seed(dli_tables=["telemetry.old", "old.meter_raw"])
    tasks(**{**ALL, option: "old"})
    run(**{option: ALL[option]}).ok()
    assert tasks.one["settings"] == ALL


def test_update_request_sends_an_empty_prefix(run: Run, tasks: Seeded) -> None:
    tasks(file_prefix="old")
    result = run(file_prefix="").ok()
    assert result.writes[0]["body"]["dli_destination_descriptor"]["file_prefix"] == ""
    assert not tasks.one["settings"].get("file_prefix")
    assert run(file_prefix="").ok().changed is False


@pytest.mark.parametrize(("state", "action"), [("started", "start"), ("stopped", "stop")])
def test_action_request_names_the_task_by_id(
    run: Run, emulator: Emulator, tasks: Seeded, state: str, action: str
) -> None:
    tasks("PAUSED" if action == "start" else "RUNNING")
    (write,) = run(state=state).ok().writes
    assert (write["method"], write["path"], write["query"]) == ("POST", base(emulator) + "/action", {})
    assert write["body"] == {"action": action, "tasks": [{"id": tasks.one["task_id"]}]}


def test_delete_request_has_no_body(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks()
    (write,) = run(state="absent").ok().writes
    assert (write["method"], write["path"], write["body"]) == ("DELETE", base(emulator) + "/meters-to-dli", None)


def test_every_request_carries_token_and_media_type(run: Run, tasks: Seeded) -> None:
    tasks("PAUSED", deliver_time_interval=600)
    logs = [
        run.complete_task(state="started", deliver_time_interval=120).ok().log,
        run(state="stopped").ok().log,
        run(state="absent").ok().log,
    ]
    for log in logs:
        sent = [entry for entry in log if entry["service"] == "dis"]
        assert len({entry["headers"]["X-Auth-Token"] for entry in sent}) == 1
        for entry in log:
            assert entry["headers"]["Content-Type"].split(";")[0] == "application/json"
            assert not {"Cookie", "Authorization", "Referer"} & set(entry["headers"])


@pytest.mark.quick
def test_unchanged_task_costs_one_request_to_each_service(run: Run, tasks: Seeded) -> None:
    tasks()
    result = run.complete_task().ok()
    assert (result.iam, result.dis, result.changed) == (["login"], ["show"], False)


@pytest.mark.parametrize(
    ("state", "there", "requests"),
    [
        ("present", None, ["show", "create", "show"]),
        ("absent", "RUNNING", ["show", "delete", "show"]),
        ("stopped", "RUNNING", ["show", "act", "show"]),
        ("started", "PAUSED", ["show", "act", "show"]),
        ("absent", None, ["show"]),
    ],
)
def test_change_costs_no_more_than_look_write_look(
    run: Run, tasks: Seeded, state: str, there: str | None, requests: list[str]
) -> None:
    if there:
        tasks(there)
    result = run.complete_task(state=state).ok()
    assert (result.iam, result.dis) == (["login"], requests)


@pytest.mark.quick
def test_token_with_project_and_endpoint_sends_nothing_to_iam(
    run: Run, tasks: Seeded, by_token: dict[str, Any]
) -> None:
    tasks()
    result = run.complete_task(**by_token).ok()
    assert (result.iam, result.dis) == ([], ["show"])


def test_login_request_is_that_of_iam(run: Run, tasks: Seeded) -> None:
    tasks()
    (login,) = run().ok().requests("iam")
    identity = login["body"]["auth"]["identity"]
    assert (login["method"], login["path"], login["query"]) == ("POST", "/v3/auth/tokens", {})
    assert identity["methods"] == ["password"]
    user = dict(identity["password"]["user"])
    assert user.pop("password").startswith("sha256:")
    assert user == {"name": "emulator-user", "domain": {"name": "emulator-domain"}}
    assert set(identity) == {"methods", "password"}
    assert set(login["body"]) == {"auth"}
    assert login["body"]["auth"]["scope"]["project"]["name"] == "eu-de"
    assert "X-Auth-Token" not in login["headers"]


def test_login_request_leaves_the_catalogue_out_if_it_is_not_needed(
    run: Run, emulator: Emulator, tasks: Seeded
) -> None:
    tasks()
    (login,) = run(endpoint_override=emulator.url).ok().requests("iam")
    assert login["query"] == {"nocatalog": "true"}


@pytest.mark.parametrize("state", ["present", "stopped", "absent"])
def test_requests_of_a_run_share_one_connection(run: Run, tasks: Seeded, state: str) -> None:
    tasks(deliver_time_interval=600)
    result = run.complete_task(state=state, on_drift="recreate", deliver_time_interval=120).ok()
    assert len(result.log) > 3
    assert result.accepted == 1


def test_polling_uses_the_same_connection(run: Run, emulator: Emulator) -> None:
    emulator.configure(start_delay=0.3)
    result = run.complete_task().ok()
    assert result.dis.count("show") > 3
    assert result.accepted == 1


def test_refusal_of_the_service_does_not_cost_the_connection(run: Run, emulator: Emulator) -> None:
    emulator.fault("throttle_dis", operation="create_transfer_task")
    result = run.complete_task().ok()
    assert result.dis == ["show", "create", "create", "show"]
    assert result.accepted == 1
