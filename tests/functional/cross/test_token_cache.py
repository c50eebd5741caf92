# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens that are kept from one run to the next: who logs in is counted by IAM."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from otc_emulator.identity import passcode

if TYPE_CHECKING:
    from conftest import Run, Seeded

    from otc_emulator.runner import Emulator


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where tokens are kept."""
    return tmp_path / "cache" / "tokens.json"


@pytest.fixture
def cached(run: Run, path: Path) -> Run:
    """Runs the module with a cache."""
    return run.of(run.module, *run.promised, **run.defaults, state="absent", token_cache=str(path))


@pytest.mark.quick
def test_second_run_needs_no_login_and_no_catalogue(cached: Run, path: Path) -> None:
    first, second = cached.process().ok(), cached.process().ok()
    assert (first.iam, second.iam) == (["login"], [])
    assert (first.dis, second.dis) == (["show"], ["show"])
    assert path.stat().st_mode & 0o777 == 0o600
    assert cached.emulator.login["password"] not in path.read_text()


def test_nothing_is_cached_by_default(run: Run) -> None:
    assert run(state="absent").ok().iam == ["login"]
    assert run(state="absent", env={"OTC_DIS_TOKEN_CACHE": ""}).ok().iam == ["login"]
    assert run(state="absent", token_cache="").ok().iam == ["login"]
    assert list(run.home.iterdir()) == []


def test_cache_of_the_environment(run: Run) -> None:
    env = {"OTC_DIS_TOKEN_CACHE": "~/.cache/otc-dis/tokens.json"}
    assert [run(state="absent", env=env).ok().iam for _one in range(2)] == [["login"], []]
    assert (run.home / ".cache/otc-dis/tokens.json").is_file()


def test_check_mode_uses_the_cache_too(cached: Run) -> None:
    assert cached(check=True).ok().iam == ["login"]
    assert cached().ok().iam == []


def test_relative_path_begins_in_the_start_folder(cached: Run) -> None:
    (cached.home / "private").mkdir(mode=0o700)
    assert cached(token_cache="private/tokens.json").ok().iam == ["login"]
    assert (cached.home / "private/tokens.json").is_file()
    assert cached(token_cache="private/tokens.json").ok().iam == []


def test_file_that_others_can_read_is_refused_before_a_login(cached: Run, path: Path) -> None:
    cached().ok()
    path.chmod(0o644)
    result = cached().bad()
    assert "other users may read or write" in result.msg
    assert str(path) in result.msg
    assert result.log == []


@pytest.mark.parametrize(("style", "status"), [("dis", 441), ("gateway", 401)])
def test_token_that_is_refused_is_dropped_and_renewed_once(
    cached: Run, emulator: Emulator, style: str, status: int
) -> None:
    cached().ok()
    emulator.fault("expire_token", style=style, service="dis")
    result = cached().ok()
    assert (result.iam, result.dis) == (["login"], ["show", "show"])
    assert next(one["status"] for one in result.requests("dis")) == status
    assert cached().ok().iam == []


def test_token_that_is_refused_again_is_not_renewed_again(cached: Run, emulator: Emulator) -> None:
    cached().ok()
    emulator.fault("expire_token", service="dis", times=6)
    result = cached().bad()
    assert (result.iam, result.dis) == (["login"], ["show", "show"])


def test_token_revoked_elsewhere_is_found_out(cached: Run, emulator: Emulator) -> None:
    cached().ok()
    emulator.expire_tokens()
    assert cached().ok().iam == ["login"]
    assert cached().ok().iam == []


def test_token_near_its_end_is_not_used(cached: Run, emulator: Emulator) -> None:
    emulator.configure(token_life=299)
    assert [cached().ok().iam for _one in range(2)] == [["login"], ["login"]]
    emulator.configure(token_life=310)
    assert [cached().ok().iam for _one in range(2)] == [["login"], []]


def test_other_user_is_never_served(cached: Run, emulator: Emulator, auth: dict[str, str]) -> None:
    cached().ok()
    wrong = cached(auth={**auth, "password": "fake-wrong-password"}).bad()
    assert wrong.iam == ["login"]
    assert wrong.dis == []
    emulator.seed(users=[{"name": "second", "password": emulator.login["password"]}])
    assert cached(auth={**auth, "username": "second"}).ok().iam == ["login"]
    assert cached().ok().iam == []


def test_login_that_is_refused_is_not_tried_by_the_next_items(
    cached: Run, emulator: Emulator, auth: dict[str, str]
) -> None:
    """Five of these would lock the user."""
    wrong = {**auth, "password": "fake-wrong-password"}
    results = [cached.process(auth=wrong).bad() for _one in range(3)]
    assert [one.iam for one in results] == [["login"], [], []]
    assert emulator.state()["logins"]["failures"] == 1
    for one in results:
        assert one.error["status"] == 401
        assert "auth.password in the options" in one.error["hint"]
        assert "fake-wrong-password" not in one.everything
    assert "cached response from" in results[2].msg
    assert cached().ok().iam == ["login"]


def test_one_passcode_serves_many_runs(cached: Run, emulator: Emulator, auth: dict[str, str]) -> None:
    secret = "FAKEFAKEFAKEFAKE"
    emulator.seed(users=[{"name": "careful", "password": "fake-careful-password", "totp_secret": secret}])
    code = passcode(secret, time.time())
    auth = {**auth, "username": "careful", "password": "fake-careful-password", "passcode": code}
    assert [cached(auth=auth).ok().iam for _one in range(2)] == [["login"], []]
    emulator.expire_tokens()
    refused = cached(auth=auth).bad()
    assert (refused.iam, refused.dis) == ([], ["show"])
    assert "cannot be renewed" in refused.error["hint"]
    spent = cached(auth=auth).bad()
    assert (spent.iam, spent.error["code"]) == (["login"], "IAM.1061")


def test_token_of_an_agency_is_kept(cached: Run, emulator: Emulator, auth: dict[str, str]) -> None:
    emulator.seed(
        users=[{"name": "delegate", "password": "fake-delegate-password", "roles": ["te_agency"]}],
        delegations=[{"name": "dis_operators", "domain": "parent-domain", "trusted": "emulator-domain"}],
        projects=[{"name": "eu-de_parent", "domain": "parent-domain", "streams": ["meters"]}],
    )
    more = {"agency_name": "dis_operators", "agency_domain_name": "parent-domain", "project_name": "eu-de_parent"}
    auth = {**auth, "username": "delegate", "password": "fake-delegate-password", **more}
    assert [cached(auth=auth).ok().iam for _one in range(2)] == [["login", "login"], []]
    emulator.expire_tokens()
    assert cached(auth=auth).ok().iam == ["login", "login"]


def test_stale_token_with_a_password_is_renewed_once_for_many_runs(
    cached: Run, emulator: Emulator, auth: dict[str, str]
) -> None:
    stale = {**auth, "token": emulator.mint_token(life=0), "project_id": emulator.project_id}
    results = [cached(auth=stale, endpoint_override=emulator.url).ok() for _one in range(3)]
    assert [one.iam for one in results] == [["login"], [], []]


def test_keys_keep_nothing(cached: Run, emulator: Emulator, path: Path) -> None:
    login = emulator.login
    keys = {"access_key": login["access_key"], "secret_key": login["secret_key"], "project_id": emulator.project_id}
    assert cached(auth=keys, endpoint_override=emulator.url, region_name="eu-de").ok().iam == []
    assert not path.exists()


def test_iam_token_returns_the_cached_token(cached: Run) -> None:
    log_in = cached.of("iam_token", "token", "expires_at", token_cache=cached.defaults["token_cache"])
    first, second = log_in().ok(), log_in().ok()
    assert (first.iam, second.iam) == (["login"], [])
    assert first.data["token"] == second.data["token"]
    assert first.data["expires_at"] == second.data["expires_at"]
    assert cached().ok().iam == []


def start(cached: Run, **options: Any) -> subprocess.Popen[bytes]:
    """A module process that runs beside others."""
    process = subprocess.Popen(
        [sys.executable, "-m", cached.module.__name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cached.home,
        env={**cached.isolated_environ(), "PYTHONPATH": str(cached.collections)},
    )
    assert process.stdin is not None
    process.stdin.write(cached.arguments(options, {}))
    process.stdin.close()
    process.stdin = None
    return process


def outcomes(processes: list[subprocess.Popen[bytes]]) -> list[dict[str, Any]]:
    """The results of them all."""
    return [json.loads(process.communicate(timeout=120)[0]) for process in processes]


@pytest.mark.newest
@pytest.mark.processes
def test_twenty_processes_make_one_login(cached: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks()
    with cached.watched() as observed:
        results = []
        for _one in range(4):  # five at once, as Ansible's forks are
            results += outcomes([start(cached, state="present") for _one in range(5)])
    assert [one.get("msg") for one in results if one.get("failed")] == []
    assert len(results) == 20
    assert [one["operation"] for one in observed["log"] if one["service"] == "iam"] == ["login"]
    assert [one["operation"] for one in observed["log"] if one["service"] == "dis"] == ["show_transfer_task"] * 20


@pytest.mark.processes
def test_forks_with_a_wrong_password_do_not_lock_the_user(
    cached: Run, emulator: Emulator, auth: dict[str, str]
) -> None:
    wrong = {**auth, "password": "fake-wrong-password"}
    results = outcomes([start(cached, auth=wrong) for _one in range(8)])
    assert all(one["failed"] and one["error"]["status"] == 401 for one in results)
    assert emulator.state()["logins"] | {"successes": 0} == {
        "attempts": 1, "failures": 1, "refused_locked": 0, "successes": 0,
    }  # fmt: skip
    assert "fake-wrong-password" not in str(results)


@pytest.mark.processes
def test_forks_whose_token_is_refused_make_one_new_login(cached: Run, emulator: Emulator) -> None:
    cached().ok()
    emulator.expire_tokens()
    with cached.watched() as observed:
        results = outcomes([start(cached) for _one in range(6)])
    assert not any(one.get("failed") for one in results), results
    assert [one["operation"] for one in observed["log"] if one["service"] == "iam"] == ["login"]


def test_file_that_is_cut_off_in_the_middle_is_a_miss(cached: Run, path: Path) -> None:
    cached().ok()
    os.truncate(path, path.stat().st_size // 2)
    assert [cached().ok().iam for _one in range(2)] == [["login"], []]
