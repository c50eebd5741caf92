# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Behaviour of the action plugin alone: the items of a loop share only a connection.

With ``OTC_DIS_EXECUTION=in_process`` the other functional tests run through the plugin, too: ``make test-in-process``.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.otc.dis.plugins.action import stream as action
from ansible_collections.otc.dis.plugins.module_utils._resources.transfer_tasks import TransferTaskClient

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run, Seeded

    from otc_emulator.runner import Emulator

ITEMS: list[dict[str, Any]] = [{"task_name": name, "state": "absent"} for name in ("one", "two", "three")]


def loop(run: Run, *items: dict[str, Any]) -> Any:
    """The last result of a loop."""
    return run.task(False, False, None, *items)


def kept() -> list[Any]:
    """The connections that a next item would find."""
    return [http for _settings, _connections, http, _identity in action.SESSIONS[os.getpid()]]


def test_items_share_one_login_and_one_connection(run: Run) -> None:
    result = loop(run, *ITEMS).ok()
    assert result.iam == ["login"]
    assert result.dis == ["show"] * 3
    assert result.accepted == 1


def test_check_mode_and_writes_share_the_login(run: Run, tasks: Seeded) -> None:
    tasks()
    result = loop(run, {"state": "stopped"}, {"state": "started"}, {"state": "absent"}).ok()
    assert result.iam == ["login"]
    assert result.actions == ["delete"]
    assert tasks.all == {}


def test_a_given_token_is_looked_up_once(run: Run, emulator: Emulator) -> None:
    by_token = {"auth": {"auth_url": emulator.auth_url, "token": emulator.mint_token()}}
    assert len(loop(run, *({**item, **by_token} for item in ITEMS)).ok().requests("iam")) == 1


def test_a_token_that_expires_is_renewed_in_each_item(run: Run, emulator: Emulator) -> None:
    emulator.fault("expire_token", operation="show_transfer_task")
    emulator.fault("expire_token", operation="show_transfer_task", skip=2)
    result = loop(run, *ITEMS).ok()
    assert result.iam == ["login"] * 3
    assert result.dis == ["show"] * 5


def test_time_lost_in_one_item_is_not_taken_from_the_next(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks()
    emulator.fault("throttle_429", operation="show_transfer_task", times=2)
    loop(run, {}).ok()
    assert kept()[0].retry_budget.lost > 0
    emulator.fault("throttle_429", operation="show_transfer_task", times=2)
    loop(run, {}, {}).ok()
    assert kept()[0].retry_budget.lost == 0


def test_the_token_of_an_earlier_item_stays_hidden(run: Run, emulator: Emulator) -> None:
    emulator.fault("echo_secrets", operation="show_transfer_task", skip=2)
    result = loop(run, *ITEMS).bad()
    assert "********" in result.everything
    assert result.iam == ["login"]


def test_signatures_of_a_later_item_stay_hidden(run: Run, emulator: Emulator) -> None:
    login = emulator.login
    auth = {"access_key": login["access_key"], "secret_key": login["secret_key"], "project_id": emulator.project_id}
    signed = {"auth": auth, "endpoint_override": emulator.url, "region_name": "eu-de"}
    emulator.fault("echo_secrets", operation="show_transfer_task", skip=2, signature=True)
    result = loop(run, *({**item, **signed} for item in ITEMS)).bad()
    assert "********" in result.everything
    assert not re.search("[0-9a-f]{64}", result.everything)


def test_a_login_that_failed_is_not_kept(run: Run, auth: dict[str, str]) -> None:
    wrong = {"auth": {**auth, "password": "fake-wrong-password"}}
    assert loop(run, {**ITEMS[0], **wrong}, ITEMS[1]).ok().iam == ["login"] * 2
    assert loop(run, ITEMS[0], {**ITEMS[1], **wrong}).bad().iam == ["login"] * 2


def test_a_refused_login_is_sent_once_in_a_loop(run: Run, auth: dict[str, str]) -> None:
    wrong = {"auth": {**auth, "password": "fake-wrong-password"}}
    first = loop(run, {**ITEMS[0], **wrong}).bad()
    result = loop(run, *({**item, **wrong, "api_timeout": 20 + n} for n, item in enumerate(ITEMS))).bad()
    assert result.iam == ["login"]
    assert (result.error["kind"], result.error["status"]) == (first.error["kind"], 401)
    assert "Cannot log in: The username or password is wrong (HTTP 401, no code" in result.msg
    assert "The login was rejected for an earlier item of this task and was not retried." in result.msg
    assert "use another task, or set retries on this one" in result.error["hint"]
    assert "fake-wrong-password" not in result.everything
    other = {"auth": {**wrong["auth"], "password": "fake-other-wrong-password"}}
    assert loop(run, {**ITEMS[0], **wrong}, {**ITEMS[1], **other}, {**ITEMS[1], **wrong}).bad().iam == ["login"] * 2


def test_a_refused_renewal_is_not_repeated_in_a_loop(run: Run, emulator: Emulator) -> None:
    emulator.fault("expire_token", operation="show_transfer_task", times=0)
    emulator.fault("status", operation="login", status=401, skip=1, times=0)
    result = loop(run, *ITEMS).bad()
    assert result.iam == ["login"] * 2
    assert "was not retried" in result.msg
    action.forget_rejected_logins()
    assert kept() == []


def test_other_settings_are_another_connection(run: Run, emulator: Emulator, auth: dict[str, str]) -> None:
    emulator.reset(
        users=[
            {"name": "emulator-user", "password": auth["password"]},
            {"name": "other-user", "password": "fake-other-password"},
        ]
    )
    other = {"auth": {**auth, "username": "other-user", "password": "fake-other-password"}}
    result = loop(run, ITEMS[0], {**ITEMS[0], **other}, ITEMS[1], {**ITEMS[1], **other}).ok()
    assert result.iam == ["login"] * 2
    by = [entry["body"]["auth"]["identity"]["password"]["user"]["name"] for entry in result.requests("iam")]
    assert by == ["emulator-user", "other-user"]
    used = [entry.get("user") or entry["headers"].get("X-Auth-Token") for entry in result.requests("dis")]
    assert used[0] == used[2] != used[1] == used[3]


def test_many_tasks_and_single_ones_do_not_share_connections(run: Run, emulator: Emulator) -> None:
    """Calls with different numbers of connections use separate logins."""
    fleet = run.of("transfer_tasks", "actions", "transfer_tasks", "summary")
    wide = {"transfer_tasks": [{**ITEMS[0], "stream_name": "meters"}], "connections": 4}
    result = loop(fleet, wide, {**wide, "connections": 2}, wide).ok()
    assert result.iam == ["login"] * 2
    assert result.dis == ["list"] * 3


class Lasting(dict[int, list[Any]]):
    """Logins that outlive a task, as if all items were of one."""

    def clear(self) -> None:
        """Keep them."""


def test_login_without_full_catalog_is_not_reused_if_it_is_needed(
    run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A login with a specified endpoint has no catalog, so the endpoint of DLI is unknown."""
    monkeypatch.setattr(action, "SESSIONS", Lasting())
    given = {"endpoint_override": emulator.url}
    preflight = run.of("transfer_task_preflight_info", "ready", "checks", stream_name="meters", task_name="t", **given)
    dli = {"dli_database_name": "telemetry", "dli_table_name": "meter_raw"}
    assert loop(run, {**ITEMS[0], **given}).ok().iam == ["login"]
    result = loop(preflight, dli, dli).ok()
    assert {one["check"]: one["status"] for one in result.data["checks"]}["dli_table"] == "ok"
    assert result.iam == ["login"]
    assert loop(run, {**ITEMS[0], **given}).ok().iam == []


def test_only_so_many_connections_are_kept(run: Run, emulator: Emulator) -> None:
    many = [{**ITEMS[0], "api_timeout": 5 + number} for number in range(action.MAX_SESSIONS + 3)]
    assert len(loop(run, *many).ok().iam) == len(many)
    assert [http.timeout for http in kept()] == [one["api_timeout"] for one in many[3:]]


def test_another_process_uses_none_of_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    pids = itertools.count(10**7)
    monkeypatch.setattr(os, "getpid", lambda: next(pids))
    assert loop(run, *ITEMS).ok().iam == ["login"] * 3


def test_internal_error_is_reported_without_secrets(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets: list[str] = []

    def explode(api: TransferTaskClient, *_names: str) -> Any:
        secrets.extend([api.api.login.settings.password.password, api.api.token])  # type: ignore[union-attr,list-item]
        raise KeyError(*secrets)

    monkeypatch.setattr(TransferTaskClient, "show_transfer_task", explode)
    reported = loop(run, {}).bad().data
    assert (reported["error"]["kind"], reported["done"]) == ("internal_error", [])
    assert "bug in otc.dis.dli_transfer_task: KeyError at test_in_process.py" in reported["msg"]
    assert "reconcile.py" in reported["exception"]
    assert len(secrets) == 2
    assert not any(secret in str(reported) for secret in secrets)
    assert not action.SESSIONS
    monkeypatch.undo()
    assert loop(run, ITEMS[0]).ok().iam == ["login"]


def test_executed_actions_replace_the_prediction_of_a_check(run: Run, emulator: Emulator, tmp_path: Path) -> None:
    """In one run: tasks with and without check mode."""
    emulator.reset(streams=[])
    task = dataclasses.replace(run, run_folder=tmp_path)
    orders = task.of("stream", "stream", stream_name="orders")
    assert orders(check=True, partition_count=1).ok().changed
    assert task.complete_task(check=True, stream_name="orders").ok().actions == ["create"]
    assert orders(partition_count=1).ok().actions == ["create"]
    assert orders(state="absent").ok().actions == ["delete"]
    assert "DIS.4301" in task.complete_task(check=True, stream_name="orders").bad().msg
    assert orders(check=True, state="absent").ok().actions == []


class Interrupted(BaseException):
    """As Ansible's own for a task that takes too long."""


def test_a_bug_in_front_of_the_module_looks_like_one_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(inputs: Any, params: dict[str, Any]) -> Any:
        raise KeyError(params["auth"]["password"])

    monkeypatch.setattr(action.Inputs, "load", explode)
    result = loop(run, {}).bad()
    assert (result.error["kind"], result.done) == ("internal_error", [])
    assert run.emulator.login["password"] not in result.everything
    assert not result.log


def test_option_beside_its_alias_is_warned_of(run: Run) -> None:
    result = loop(run, {"task_name": "meters-to-dli", "name": "meters-to-dli", "state": "absent"}).ok()
    assert result.warnings == ["Both option task_name and its alias name are set."]


def test_an_interruption_leaves_nothing_behind(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_any: Any) -> Any:
        assert os.getcwd() == str(run.home)
        raise Interrupted

    monkeypatch.setattr(TransferTaskClient, "show_transfer_task", interrupt)
    before = os.getcwd()
    with pytest.raises(Interrupted):
        loop(run, {})
    assert os.getcwd() == before
    assert not action.SESSIONS


def test_same_python_under_another_name_needs_no_subprocess(run: Run, tmp_path: Path, monkeypatch: Any) -> None:
    """Names in one folder that lead to one file; a virtual environment's python is not the one that it was made of."""
    base, venv = tmp_path / "base", tmp_path / "venv"
    for folder in (base, venv):
        folder.mkdir()
    (base / "python3.13").touch()
    (base / "python2").touch()
    (base / "python3").symlink_to("python3.13")
    (venv / "python").symlink_to(base / "python3.13")
    (venv / "python3").symlink_to("python")
    handler = run.handler({}, False, False)

    def reason(python: Path | str, executable: Path) -> str:
        monkeypatch.setattr(sys, "executable", str(executable))
        return handler.reason_for_process({"ansible_python_interpreter": str(python)})

    assert reason(venv / "python3", venv / "python") == ""
    assert reason(venv / "../venv/python3", venv / "python") == ""
    assert reason(base / "python3", base / "python3.13") == ""
    for other in (base / "python3.13", base / "python3", "python3", venv / "python4"):
        assert reason(other, venv / "python") == f"Python interpreter {other}"
    assert reason(venv / "python", base / "python3.13") == f"Python interpreter {venv / 'python'}"
    assert reason(base / "python2", base / "python3") == f"Python interpreter {base / 'python2'}"


def test_progress_is_shown_by_the_controller_alone(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def tell(_job: Any, context: Any) -> dict[str, Any]:
        context.secrets.add("fake-secret-on-the-way")
        context.report_progress("half of it is done with fake-secret-on-the-way")
        return {"changed": False, "actions": [], "unverified": [], "transfer_task": None}

    monkeypatch.setattr("ansible_collections.otc.dis.plugins.module_utils._core.reconcile.Reconciler.execute", tell)
    shown: list[str] = []
    monkeypatch.setattr(action.Display(), "display", lambda text, **_more: shown.append(text))
    loop(run, ITEMS[0]).ok()
    assert [text for text in shown if " runs inside " not in text] == ["half of it is done with ********"]


def test_missing_requests_library_is_reported(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = run.handler({}, False, False)
    assert not handler.reason_for_process({})
    monkeypatch.setattr(action, "REQUESTS_IMPORT_ERROR", "no requests")
    assert handler.reason_for_process({}) == "requests is missing in Ansible's Python"


def test_a_signature_that_is_refused_in_a_later_item_stays_hidden(run: Run, emulator: Emulator) -> None:
    login = emulator.login
    keys = {name: login[name] for name in ("access_key", "secret_key")}
    auth = {"auth": {**keys, "auth_url": emulator.auth_url, "project_name": login["project"]}}
    emulator.fault("echo_secrets", operation="show_transfer_task", skip=2, signature=True)
    result = loop(run, *({**item, **auth} for item in ITEMS)).bad()
    assert "[******** ********]" in result.msg
    assert not re.search(r"Signature=[0-9a-f]{16}", result.everything)
