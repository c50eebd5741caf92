# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One login for many tasks. That the token is in one place of the result alone is looked at in every run."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Result, Run, Seeded

    from otc_emulator.runner import Emulator


@pytest.fixture
def log_in(run: Run) -> Run:
    """Runs the module that logs in."""
    return run.of("iam_token", "token", "project_id", "endpoint", "expires_at")


def options_of(result: Result) -> dict[str, Any]:
    """What other tasks are given."""
    reported = result.data
    return {
        "auth": {"token": reported["token"], "project_id": reported["project_id"]},
        "endpoint_override": reported["endpoint"],
    }


@pytest.mark.quick
@pytest.mark.parametrize("how", ["in this process", "process"])
def test_token_serves_other_tasks_without_another_login(run: Run, log_in: Run, tasks: Seeded, how: str) -> None:
    tasks()
    result = (log_in.process if how == "process" else log_in)().ok()
    assert (result.iam, result.dis, result.changed) == (["login"], [], False)
    assert result.data["project_id"] == run.emulator.project_id
    assert result.data["endpoint"] == run.emulator.url
    served = run(**options_of(result)).ok()
    assert (served.iam, served.dis) == ([], ["show"])


def test_check_mode_logs_in_too(run: Run, log_in: Run, tasks: Seeded) -> None:
    tasks()
    result = log_in(check=True).ok()
    assert (result.iam, result.changed) == (["login"], False)
    assert run(check=True, **options_of(result)).ok().iam == []


def test_token_expiry_is_returned(log_in: Run, emulator: Emulator) -> None:
    emulator.configure(token_life=3600)
    ends = dt.datetime.strptime(log_in().ok().data["expires_at"], "%Y-%m-%dT%H:%M:%S.%f%z")
    left = ends - dt.datetime.now(dt.timezone.utc)
    assert 3500 < left.total_seconds() <= 3600


def test_token_that_was_given_is_looked_up_and_handed_on(log_in: Run, emulator: Emulator, run: Run) -> None:
    """Ansible masks what an option holds; here it must come out again, in the result and nowhere else."""
    token = emulator.mint_token()
    result = log_in.process(auth={"token": token, "auth_url": emulator.auth_url}).ok()
    assert result.data["token"] == token
    assert result.iam == ["check_token"]
    assert result.data["expires_at"].endswith("Z")
    assert result.data["invocation"]["module_args"]["auth"]["token"] != token


def test_token_with_all_settings_is_not_validated(log_in: Run, by_token: dict[str, Any]) -> None:
    result = log_in(**by_token).ok()
    assert (result.log, result.data["expires_at"]) == ([], None)
    assert result.data["token"] == by_token["auth"]["token"]


def test_secret_that_happens_to_be_part_of_the_token_makes_no_hole_in_it(
    log_in: Run, emulator: Emulator, auth: dict[str, str]
) -> None:
    token = emulator.mint_token()
    part = token[100:108]
    result = log_in.process(auth={**auth, "token": token, "password": part}).ok()
    assert result.data["token"] == token
    assert result.data["invocation"]["module_args"]["auth"]["password"] != part


def test_task_without_no_log_is_warned(log_in: Run) -> None:
    assert any("no_log: true" in one for one in log_in().ok().warnings)


def test_keys_have_no_token_to_share(log_in: Run, emulator: Emulator) -> None:
    login = emulator.login
    keys = {"access_key": login["access_key"], "secret_key": login["secret_key"], "project_id": emulator.project_id}
    result = log_in(auth=keys, endpoint_override=emulator.url, region_name="eu-de").bad()
    assert "No token is available" in result.msg
    assert result.log == []


def test_login_that_is_refused_is_tried_once_and_names_its_places(
    log_in: Run, emulator: Emulator, auth: dict[str, str]
) -> None:
    env = {"OS_PASSWORD": "fake-wrong-password", "OS_USERNAME": "emulator-user"}
    del auth["password"], auth["username"]
    result = log_in(auth=auth, env=env).bad()
    assert result.iam == ["login"]
    assert "OS_USERNAME in the environment and OS_PASSWORD in the environment" in result.error["hint"]
    assert "fake-wrong-password" not in result.everything
    assert emulator.state()["logins"]["failures"] == 1
