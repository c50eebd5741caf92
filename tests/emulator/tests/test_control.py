# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reset, seed, settings, log and state."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from contract import Api, code, dli

from otc_emulator.request_log import Entry, Journal
from otc_emulator.runner import Emulator, EmulatorError


def test_the_entry_page_names_everything(emulator: Emulator) -> None:
    about = emulator.control("GET", "")
    assert "POST reset" in about["calls"]
    assert "create_transfer_task" in about["operations"]
    assert "lost_after" in about["fault_kinds"]
    assert all(about["settings"].values())


def test_environ_is_enough_to_log_in(emulator: Emulator) -> None:
    env = emulator.environ
    assert set(env) == {
        "OS_AUTH_URL", "OS_USERNAME", "OS_PASSWORD", "OS_USER_DOMAIN_NAME", "OS_PROJECT_NAME", "OS_REGION_NAME"
    }  # fmt: skip
    user = {
        "name": env["OS_USERNAME"],
        "password": env["OS_PASSWORD"],
        "domain": {"name": env["OS_USER_DOMAIN_NAME"]},
    }
    scope = {"project": {"name": env["OS_PROJECT_NAME"]}}
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
    assert requests.post(env["OS_AUTH_URL"] + "/auth/tokens", json=body, timeout=10).status_code == 201


def test_reset_replaces_specified_settings_and_restores_the_others(emulator: Emulator, api: Api) -> None:
    emulator.seed(streams=["more"], agencies=["another"])
    emulator.configure(latency_ms=1, task_quota=1)
    emulator.fault("status", status=500)
    api.create()
    emulator.reset(streams=["a", {"name": "b", "status": "FROZEN"}], task_quota=2)
    state = emulator.state()
    project = state["projects"][emulator.project_id]
    assert {name: one["status"] for name, one in project["streams"].items()} == {"a": "RUNNING", "b": "FROZEN"}
    assert project["agencies"] == ["dis_admin_agency"]
    assert (emulator.log(), emulator.faults()) == ([], [])
    assert state["requests"]["total"] == state["logins"]["attempts"] == state["tokens"]["issued"] == 0
    settings = emulator.control("GET", "settings")
    assert (settings["latency_ms"], settings["task_quota"]) == (0, 2)
    assert code(api.tasks("GET", stream="a")) == "DIS.4114"


def test_seeded_tasks_are_complete(emulator: Emulator, api: Api) -> None:
    tasks = [
        "plain",
        {"task_name": "stopped", "state": "PAUSED", "settings": {"retry_duration": "5"}},
        {"task_name": "files", "destination_type": "OBS"},
    ]
    emulator.seed(streams=[{"name": "full", "latest_offset": 9, "tasks": tasks}])
    assert api.show("plain", "full")["dli_destination_description"]["dli_table_name"] == "meter_raw"
    assert api.show("stopped", "full")["state"] == "PAUSED"
    assert api.show("stopped", "full")["dli_destination_description"]["retry_duration"] == 5
    assert api.show("files", "full")["destination_type"] == "OBS"
    assert emulator.tasks("full")["plain"]["last_transfer_offsets"] == [9]


@pytest.mark.parametrize(
    "nonsense",
    [
        {"streams": [{"name": "x", "status": "ASLEEP"}]},
        {"streams": [{"name": "x", "tasks": [{"task_name": "y", "settings": {"interval": 3}}]}]},
        {"streams": [{"name": "x", "tasks": [{"task_name": "y", "settings": {"deliver_time_interval": 3}}]}]},
        {"dli_tables": ["a.b:SOMEWHERE"]},
        {"dli_tables": ["nodot"]},
        {"rivers": []},
        {"task_quota": "many"},
        {"omit_empty": True, "empty_as_blank": True},
        {"projects": []},
    ],
)
def test_nonsense_is_refused_and_changes_nothing(emulator: Emulator, api: Api, nonsense: dict) -> None:
    with pytest.raises(EmulatorError, match="400"):
        emulator.reset(**nonsense)
    assert api.tasks("GET").status_code == 200


def test_control_calls_that_do_not_exist(emulator: Emulator) -> None:
    for method, path in (("GET", "nothing"), ("PUT", "settings"), ("POST", "tokens/x"), ("GET", "streams/nix/meters")):
        with pytest.raises(EmulatorError, match="error"):
            emulator.control(method, path, {} if method != "GET" else None)
    with pytest.raises(EmulatorError, match="no stream"):
        emulator.stream("nix")
    with pytest.raises(EmulatorError, match="no task"):
        emulator.patch_task("meters", "nix", state="PAUSED")
    with pytest.raises(EmulatorError, match="400"):
        emulator.control("GET", "log?since=x")
    for path in ("settings", f"tasks/{emulator.project_id}/meters/one"):
        with pytest.raises(EmulatorError, match="JSON object"):
            emulator.control("PATCH", path, [1])


def test_patches_are_checked(emulator: Emulator, api: Api) -> None:
    api.create()
    with pytest.raises(EmulatorError, match="deliver_time_interval"):
        emulator.patch_task("meters", "one", deliver_time_interval=1)
    with pytest.raises(EmulatorError, match="no member"):
        emulator.patch_task("meters", "one", colour="red")
    with pytest.raises(EmulatorError, match="a state is one of"):
        emulator.patch_task("meters", "one", state="TIRED")
    with pytest.raises(EmulatorError, match="status is one of"):
        emulator.patch_stream("meters", status="TIRED")
    changed = emulator.patch_task("meters", "one", deliver_time_interval=60, file_prefix="a", state="PAUSED")
    assert changed["settings"]["deliver_time_interval"] == 60
    assert api.show()["dli_destination_description"]["file_prefix"] == "a"
    assert api.state_of() == "PAUSED"


def test_the_log_contains_requests_but_no_secrets(emulator: Emulator, api: Api) -> None:
    api.create(dli_table_name="METER_RAW")
    api.tasks("GET", params={"limit": "3"})
    first, second = emulator.log(service="dis")
    assert (first["method"], first["operation"], first["status"]) == ("POST", "create_transfer_task", 201)
    assert first["path"] == f"/v2/{emulator.project_id}/streams/meters/transfer-tasks"
    assert first["body"] == dli(dli_table_name="METER_RAW")
    assert second["query"] == {"limit": "3"}
    assert second["number"] == first["number"] + 1
    assert first["headers"]["X-Auth-Token"] == second["headers"]["X-Auth-Token"]
    assert first["headers"]["X-Auth-Token"].startswith("sha256:")
    user = {"name": "x", "password": "fake-secret-2", "domain": {"name": "y"}}
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}}
    requests.post(emulator.auth_url + "/auth/tokens", json=body, timeout=10)
    body = {"auth": {"identity": {"methods": ["token"], "token": {"id": "fake-secret-3"}}}}
    requests.post(emulator.auth_url + "/auth/tokens", json=body, timeout=10)
    logins = emulator.log(operation="login")
    assert len(logins) == 2
    assert "fake-secret" not in str(logins)
    assert [one["operation"] for one in emulator.log(since=first["number"])] == [
        "list_transfer_tasks",
        "login",
        "login",
    ]
    emulator.clear_log()
    assert emulator.log() == []


def test_the_log_does_not_keep_every_large_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("otc_emulator.request_log.BODIES_KEPT", 25_000)
    journal = Journal()
    for number in range(4):
        body = b'{"number": 0}' if number == 3 else b'"' + b"x" * 9_998 + b'"'
        journal.add(Entry(number, "", "dis", "put_records", "POST", "/", {}, {}, body))
    bodies = [one["body"] for one in journal.view(None, None, -1)]
    assert bodies == [{"omitted_bytes": 10_000}, "x" * 9_998, "x" * 9_998, {"number": 0}]
    journal.clear()
    assert journal.view(None, None, -1) == []


def test_the_manual_names_every_switch_operation_and_fault(emulator: Emulator) -> None:
    manual = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    about = emulator.control("GET", "")
    for name in [*about["settings"], *about["operations"], *about["fault_kinds"]]:
        assert f"`{name}`" in manual, name


def test_latency_and_counters(emulator: Emulator, api: Api) -> None:
    emulator.configure(latency_ms=200)

    def ask(_turn: int) -> None:
        requests.get(emulator.auth_url, timeout=10).raise_for_status()

    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    assert 0.2 <= time.monotonic() - began < 1.5
    state = emulator.state()
    assert 2 <= state["requests"]["max_concurrent"] <= 8
    assert state["requests"]["total"] == 8
    assert 2 <= state["connections"]["max_open"] <= 9
    assert state["connections"]["accepted"] == 8


def test_connections_are_kept_alive(emulator: Emulator, api: Api) -> None:
    for _turn in range(5):
        api.tasks("GET")
    assert emulator.state()["connections"] == {"open": 1, "accepted": 1, "max_open": 1}


def test_bodies_above_the_gateways_limit_are_refused(emulator: Emulator, api: Api) -> None:
    answer = api.tasks("POST", data=b" " * (12 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["error_code"]) == (413, "APIG.0201")
