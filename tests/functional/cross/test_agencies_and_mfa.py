# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logins with a passcode, and those by an agency of another account."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from otc_emulator.fixtures import stable_id
from otc_emulator.identity import passcode

if TYPE_CHECKING:
    from conftest import Run

    from otc_emulator.runner import Emulator

TOTP_SECRET = "FAKEFAKEFAKEFAKE"
WRONG = "000000"


@pytest.fixture
def with_device(emulator: Emulator, auth: dict[str, str]) -> dict[str, str]:
    """``auth`` of a user with a virtual MFA device, and a passcode that it shows."""
    emulator.seed(users=[{"name": "careful", "password": "fake-careful-password", "totp_secret": TOTP_SECRET}])
    code = passcode(TOTP_SECRET, time.time())
    return {**auth, "username": "careful", "password": "fake-careful-password", "passcode": code}


# --- passcodes ---


@pytest.mark.quick
def test_passcode_is_sent_with_the_password(run: Run, with_device: dict[str, str]) -> None:
    result = run.process(auth=with_device, state="absent").ok()
    assert result.iam == ["login"]
    identity = result.log[0]["body"]["auth"]["identity"]
    assert identity["methods"] == ["password", "totp"]
    assert identity["totp"]["user"]["name"] == "careful"
    assert with_device["passcode"] not in result.everything


def test_passcode_of_the_environment_and_of_a_clouds_file(
    run: Run, emulator: Emulator, with_device: dict[str, str]
) -> None:
    env = {f"OS_{name.upper()}": value for name, value in with_device.items()}
    assert run(auth=None, env={**env, "OS_AUTH_TYPE": "v3multifactor"}, state="absent").ok().iam == ["login"]
    emulator.advance_clock(60)
    fresh = {**with_device, "passcode": passcode(TOTP_SECRET, time.time() + 60)}
    (run.home / "clouds.yaml").write_text(json.dumps({"clouds": {"mine": {"auth": fresh}}}))
    assert run(auth=None, cloud="mine", state="absent").ok().iam == ["login"]


def test_passcode_is_good_for_one_login_and_that_is_said(run: Run, with_device: dict[str, str]) -> None:
    run(auth=with_device, state="absent").ok()
    result = run(auth=with_device, state="absent").bad()
    assert (result.error["code"], result.iam) == ("IAM.1061", ["login"])
    assert "valid for one login" in result.error["hint"]
    assert "auth.passcode in the options" in result.error["hint"]
    assert with_device["passcode"] not in result.everything


@pytest.mark.parametrize("wrong", [{"passcode": WRONG}, {"passcode": None}], ids=["wrong", "missing"])
def test_passcode_that_is_wrong_or_missing_is_tried_once(
    run: Run, emulator: Emulator, with_device: dict[str, str], wrong: dict[str, Any]
) -> None:
    result = run(auth={**with_device, **wrong}).bad()
    assert result.iam == ["login"]
    assert emulator.state()["logins"]["failures"] == 1
    assert WRONG not in result.everything


@pytest.mark.parametrize("style", ["dis", "gateway"])
def test_token_of_a_passcode_is_not_renewed_and_that_is_said(
    run: Run, emulator: Emulator, with_device: dict[str, str], style: str
) -> None:
    emulator.fault("expire_token", style=style, service="dis")
    result = run(auth=with_device).bad()
    assert (result.iam, result.dis) == (["login"], ["show"])
    assert "cannot be renewed" in result.error["hint"]
    assert "auth.passcode in the options" in result.error["hint"]


def test_blank_passcode_counts_as_not_given(run: Run, auth: dict[str, str]) -> None:
    result = run(auth={**auth, "passcode": " "}, state="absent").ok()
    assert result.log[0]["body"]["auth"]["identity"]["methods"] == ["password"]


# --- agencies ---


@pytest.fixture
def agency(emulator: Emulator, auth: dict[str, str]) -> dict[str, str]:
    """``auth`` of a user who may use an agency of another account, and a project there with the stream."""
    emulator.seed(
        users=[{"name": "delegate", "password": "fake-delegate-password", "roles": ["te_agency"],
                "access_keys": [{"access": "DELEGATEKEY0001", "secret": "fake-delegate-secret"}]}],
        delegations=[{"name": "dis_operators", "domain": "parent-domain", "trusted": "emulator-domain"}],
        projects=[{"name": "eu-de_parent", "domain": "parent-domain", "streams": ["meters"]}],
    )  # fmt: skip
    more = {"agency_name": "dis_operators", "agency_domain_name": "parent-domain", "project_name": "eu-de_parent"}
    return {**auth, "username": "delegate", "password": "fake-delegate-password", **more}


def scopes(result: Any) -> list[dict[str, Any]]:
    """What the logins were for."""
    return [one["body"]["auth"]["scope"] for one in result.requests("iam")]


@pytest.mark.quick
def test_agency_leads_to_the_project_of_another_account(run: Run, agency: dict[str, str]) -> None:
    result = run.process(auth=agency, state="absent").ok()
    assert (result.iam, result.dis) == (["login", "login"], ["show"])
    assert scopes(result) == [
        {"domain": {"name": "emulator-domain"}},
        {"project": {"name": "eu-de_parent", "domain": {"name": "parent-domain"}}},
    ]
    second = result.log[1]["body"]["auth"]["identity"]
    assert second == {
        "methods": ["assume_role"],
        "assume_role": {"domain_name": "parent-domain", "xrole_name": "dis_operators"},
    }
    assert "fake-delegate-password" not in result.everything


def test_agency_in_the_words_of_other_clients(run: Run, agency: dict[str, str]) -> None:
    del agency["agency_domain_name"]
    target = {
        "target_agency_name": agency.pop("agency_name"),
        "target_domain_id": stable_id("domain", "parent-domain"),
        "target_project_name": "eu-de_parent",
    }
    entry = {"auth_type": "agency", "auth": {**agency, **target, "project_name": "eu-de"}}
    (run.home / "clouds.yaml").write_text(json.dumps({"clouds": {"mine": entry}}))
    result = run(auth=None, cloud="mine", state="absent").ok()
    assert result.iam == ["login", "login"]
    assert scopes(result)[1]["project"]["name"] == "eu-de_parent"
    assert result.log[1]["body"]["auth"]["identity"]["assume_role"]["domain_id"] == target["target_domain_id"]


def test_token_of_the_user_is_enough_for_an_agency(run: Run, emulator: Emulator, agency: dict[str, str]) -> None:
    token = emulator.mint_token(user="delegate", scoped=False)
    wanted = {key: agency[key] for key in ("auth_url", "agency_name", "agency_domain_name", "project_name")}
    result = run.process(auth={**wanted, "token": token}, state="absent").ok()
    assert (result.iam, result.dis) == (["login"], ["show"])


@pytest.mark.parametrize("named", ["user_domain_name", "user_domain_id"])
@pytest.mark.parametrize("form", ["credential", "access"])
def test_keys_are_enough_for_an_agency(run: Run, agency: dict[str, str], named: str, form: str) -> None:
    auth = {key: value for key, value in agency.items() if key not in ("username", "password", "user_domain_name")}
    auth.update(access_key="DELEGATEKEY0001", secret_key="fake-delegate-secret", user_domain_name="emulator-domain")
    extra = ["list_domains"]
    if named == "user_domain_id":
        del auth["user_domain_name"]
        auth["user_domain_id"] = stable_id("domain", "emulator-domain")
        extra = []
    result = run.process(auth=auth, signature_form=form, state="absent").ok()
    assert (result.iam, result.dis) == ([*extra, "login"], ["show"])
    assert "X-Auth-Token" in result.requests("dis")[0]["headers"]
    assert "fake-delegate-secret" not in result.everything


@pytest.mark.parametrize(
    "change",
    [{"agency_name": "nobody"}, {"agency_domain_name": "emulator-domain"}, {"username": "emulator-user"}],
    ids=["agency", "domain", "right"],
)
def test_agency_that_is_refused_names_all_three_causes(
    run: Run, emulator: Emulator, agency: dict[str, str], change: dict[str, str]
) -> None:
    auth = {**agency, **change}
    auth["password"] = emulator.login["password"] if "username" in change else auth["password"]
    result = run(auth=auth).bad()
    assert (result.iam, result.error["status"]) == (["login", "login"], 403)
    for word in ("does not exist", "another account", "Agent Operator", "auth.agency_name in the options"):
        assert word in result.error["hint"]


def test_token_of_an_agency_is_renewed_by_both_steps(run: Run, emulator: Emulator, agency: dict[str, str]) -> None:
    emulator.fault("expire_token", service="dis")
    result = run(auth=agency, state="absent").ok()
    assert result.iam == ["login"] * 4
    assert [one["body"]["auth"]["identity"]["methods"][0] for one in result.requests("iam")] == [
        "password", "assume_role", "password", "assume_role",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"agency_domain_name": None}, ["The agency (from auth.agency_name in the options) has no domain"]),
        ({"agency_name": None}, ["auth.agency_domain_name in the options requires an agency"]),
        ({"project_name": None}, ["No project"]),
    ],
    ids=str,
)
def test_agency_that_is_incomplete_is_refused_before_a_login(
    run: Run, agency: dict[str, str], change: dict[str, Any], words: list[str]
) -> None:
    result = run(auth={**agency, **change}).bad()
    for word in words:
        assert word in result.msg
    assert result.log == []


def test_auth_type_agency_without_one_is_refused(run: Run) -> None:
    result = run(auth_type="agency").bad()
    assert "auth_type in the options" in result.msg
    assert result.log == []


def test_way_to_an_agency_begins_in_a_known_account(run: Run, emulator: Emulator, agency: dict[str, str]) -> None:
    del agency["username"], agency["user_domain_name"]
    users = {one["name"]: one["id"] for one in emulator.state()["users"]}
    result = run(auth={**agency, "user_id": users["delegate"]}).bad()
    assert "auth.user_domain_name" in result.msg
    assert result.log == []
