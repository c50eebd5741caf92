# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logging in at the emulator."""

from __future__ import annotations

import base64
import time
from datetime import datetime
from typing import Any

import pytest
import requests
from contract import Api, code

from otc_emulator.identity import passcode
from otc_emulator.runner import Emulator


def password(emulator: Emulator, **user: Any) -> dict[str, Any]:
    """An identity block; members of *user* replace those of the default login."""
    members = {
        "name": emulator.login["user"],
        "password": emulator.login["password"],
        "domain": {"name": emulator.login["domain"]},
        **user,
    }
    claim = {name: value for name, value in members.items() if value is not None}
    return {"methods": ["password"], "password": {"user": claim}}


def log_in(emulator: Emulator, identity: Any, scope: Any = "eu-de", query: str = "") -> requests.Response:
    """Log in to a scope, or to a project by its name; None leaves the scope out."""
    scope = {"project": {"name": scope}} if isinstance(scope, str) else scope
    body = {"auth": {"identity": identity, **({} if scope is None else {"scope": scope})}}
    return requests.post(f"{emulator.auth_url}/auth/tokens{query}", json=body, timeout=10)


def ids(emulator: Emulator) -> tuple[str, str]:
    """Ids of the default user and domain."""
    token = log_in(emulator, password(emulator)).json()["token"]
    return token["user"]["id"], token["user"]["domain"]["id"]


def test_a_login_gives_a_token_for_dis(emulator: Emulator, api: Api) -> None:
    answer = log_in(emulator, password(emulator))
    assert answer.status_code == 201
    token = answer.json()["token"]
    assert set(token) == {"expires_at", "issued_at", "methods", "user", "project", "roles", "catalog"}
    assert token["project"]["id"] == emulator.project_id
    lived = [datetime.strptime(token[name], "%Y-%m-%dT%H:%M:%S.%fZ") for name in ("issued_at", "expires_at")]
    assert (lived[1] - lived[0]).total_seconds() == 86400
    value = answer.headers["X-Subject-Token"]
    assert len(value) == 480
    assert value not in answer.text
    assert api.tasks("GET", headers={"X-Auth-Token": value}).status_code == 200


def test_every_way_to_name_user_and_project(emulator: Emulator) -> None:
    user_id, domain_id = ids(emulator)
    for identity in (
        password(emulator, domain={"id": domain_id}),
        password(emulator, name=None, domain=None, id=user_id),
    ):
        for scope in (
            {"project": {"id": emulator.project_id}},
            {"project": {"name": "eu-de", "domain": {"name": "emulator-domain"}}},
            {"project": {"name": "eu-de", "domain": {"id": domain_id}}},
        ):
            assert log_in(emulator, identity, scope).json()["token"]["project"]["id"] == emulator.project_id


@pytest.mark.parametrize("scope", [{"domain": {"name": "emulator-domain"}}, None, {}])
def test_without_a_project_the_token_is_one_of_the_domain(emulator: Emulator, api: Api, scope: Any) -> None:
    answer = log_in(emulator, password(emulator), scope)
    token = answer.json()["token"]
    assert "project" not in token
    assert token["domain"]["name"] == "emulator-domain"
    refused = api.tasks("GET", headers={"X-Auth-Token": answer.headers["X-Subject-Token"]})
    assert code(refused) == "DIS.4117"


def test_a_token_can_be_scoped_anew(emulator: Emulator) -> None:
    first = log_in(emulator, password(emulator), None).headers["X-Subject-Token"]
    answer = log_in(emulator, {"methods": ["token"], "token": {"id": first}})
    assert answer.json()["token"]["project"]["id"] == emulator.project_id
    assert log_in(emulator, {"methods": ["token"], "token": {"id": "nonsense"}}).status_code == 401


@pytest.mark.parametrize(("query", "there"), [("?nocatalog=true", False), ("?nocatalog", True), ("", True)])
def test_the_catalog_can_be_omitted(emulator: Emulator, query: str, there: bool) -> None:
    assert ("catalog" in log_in(emulator, password(emulator), query=query).json()["token"]) is there


@pytest.mark.parametrize(
    ("form", "types"),
    [
        ("both", ["dis", "disv2"]),
        ("dis", ["dis"]),
        ("disv2", ["disv2"]),
        ("none", []),
        ("other_region", ["dis", "disv2"]),
    ],
)
def test_forms_of_the_catalogue(emulator: Emulator, form: str, types: list[str]) -> None:
    emulator.configure(catalogue=form)
    catalogue = {
        one["type"]: one["endpoints"][0] for one in log_in(emulator, password(emulator)).json()["token"]["catalog"]
    }
    assert list(catalogue) == ["identity", *types, "dli", "obs"]
    assert catalogue["identity"]["url"] == emulator.auth_url
    for kind, tail in (("dis", ""), ("disv2", f"/v2/{emulator.project_id}")):
        if kind in types:
            assert catalogue[kind]["url"] == emulator.url + tail
            assert (catalogue[kind]["region"] == "eu-de") is (form != "other_region")


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"name": "nobody"}, {"domain": {"name": "nowhere"}}])
def test_every_wrong_login_looks_the_same(emulator: Emulator, wrong: dict) -> None:
    answer = log_in(emulator, password(emulator, **wrong))
    assert answer.status_code == 401
    error = answer.json()["error"]
    assert (error["code"], error["title"]) == (401, "Unauthorized")
    assert error["message"] == "The username or password is wrong."


def test_five_failures_lock_only_this_user(emulator: Emulator) -> None:
    emulator.seed(users=["second-user"])
    for _turn in range(5):
        answer = log_in(emulator, password(emulator, password="wrong"))
        assert "locked" not in answer.text
    answer = log_in(emulator, password(emulator))
    assert answer.status_code == 401
    assert "locked" in answer.json()["error"]["message"]
    assert log_in(emulator, password(emulator, name="second-user")).status_code == 201
    state = emulator.state()
    assert state["logins"] == {"attempts": 7, "successes": 1, "failures": 5, "refused_locked": 1}
    assert state["users"][0]["locked"] is True


def test_a_good_login_forgets_failures_and_a_lock_ends(emulator: Emulator) -> None:
    emulator.configure(login_failures=2, lock_seconds=0.4)

    def statuses(*secrets: str) -> list[int]:
        return [log_in(emulator, password(emulator, password=one)).status_code for one in secrets]

    good = emulator.login["password"]
    assert statuses("wrong", good, "wrong", good) == [401, 201, 401, 201]
    assert statuses("wrong", "wrong", good) == [401, 401, 401]
    time.sleep(0.5)
    assert statuses("wrong", good) == [401, 201]
    assert emulator.state()["users"][0]["failures"] == 0


@pytest.mark.parametrize(
    "scope",
    [
        {"project": {"name": "nowhere"}},
        {"project": {"id": "0" * 32}},
        {"project": {"name": "eu-de_private"}},
        {"project": {"name": "eu-de", "domain": {"name": "other-domain"}}},
        {"domain": {"name": "other-domain"}},
    ],
)
def test_scopes_without_access_are_refused(emulator: Emulator, scope: dict) -> None:
    emulator.seed(
        domains=["other-domain"],
        users=[{"name": "narrow", "projects": ["eu-de"]}],
        projects=[{"name": "eu-de_private"}, {"name": "eu-de", "domain": "other-domain"}],
    )
    answer = log_in(emulator, password(emulator, name="narrow"), scope)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 401)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "IAM.1101"),
        (b" " * 33000, "IAM.1101"),
        (b"{", "IAM.0011"),
        (b"[]", "IAM.0011"),
        (b"{}", "IAM.0007"),
        (b'{"auth": {"identity": {}}}', "IAM.0073"),
        (b'{"auth": {"identity": {"methods": ["password"]}}}', "IAM.0007"),
        (b'{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "x"}}}}}', "IAM.0007"),
        (b'{"auth": {"identity": {"methods": ["password"], "password": {"user": {"password": "x"}}}}}', "IAM.0007"),
        (b'{"auth": {"identity": {"methods": ["password"], "password": {"user": {"password": 7}}}}}', "IAM.0072"),
    ],
)
def test_malformed_logins_are_400(emulator: Emulator, body: bytes, expected: str) -> None:
    answer = requests.post(f"{emulator.auth_url}/auth/tokens", data=body, timeout=10)
    assert (answer.status_code, answer.json()["error_code"]) == (400, expected)


def test_malformed_scopes_are_400(emulator: Emulator) -> None:
    for scope in (["eu-de"], {"project": {}}, {"project": "eu-de"}):
        assert log_in(emulator, password(emulator), scope).status_code == 400


def test_a_token_can_be_looked_at_and_revoked(emulator: Emulator, api: Api) -> None:
    token = emulator.mint_token()
    headers = {"X-Auth-Token": token, "X-Subject-Token": token}
    looked = api.send("GET", "/v3/auth/tokens", headers=headers)
    assert looked.status_code == 200
    assert looked.json()["token"]["project"]["id"] == emulator.project_id
    head = api.send("HEAD", "/v3/auth/tokens", headers=headers)
    assert (head.status_code, head.content) == (200, b"")
    assert api.send("GET", "/v3/auth/tokens", headers={**headers, "X-Subject-Token": "x"}).status_code == 404
    assert api.send("GET", "/v3/auth/tokens", headers={**headers, "X-Auth-Token": "x"}).status_code == 401
    assert [one["type"] for one in api.send("GET", "/v3/auth/catalog").json()["catalog"]] == [
        "identity",
        "dis",
        "disv2",
        "dli",
        "obs",
    ]
    assert api.send("GET", "/v3/auth/catalog", headers={"X-Auth-Token": "x"}).status_code == 401
    assert api.send("DELETE", "/v3/auth/tokens", headers=headers).status_code == 204
    assert code(api.tasks("GET", headers=headers)) == "DIS.4114"


def test_the_version_document(emulator: Emulator) -> None:
    version = requests.get(emulator.auth_url, timeout=10).json()["version"]
    assert (version["id"], version["status"]) == ("v3.6", "stable")


def test_tokens_end_by_age_and_by_order(emulator: Emulator, api: Api) -> None:
    assert code(api.tasks("GET", headers={"X-Auth-Token": emulator.mint_token(life=0)})) == "DIS.4114"
    emulator.configure(token_life=0)
    answer = log_in(emulator, password(emulator))
    assert code(api.tasks("GET", headers={"X-Auth-Token": answer.headers["X-Subject-Token"]})) == "DIS.4114"
    assert emulator.expire_tokens() == 1
    refused = api.tasks("GET")
    assert (refused.status_code, code(refused)) == (441, "DIS.4114")


def test_very_long_tokens_work(emulator: Emulator, api: Api) -> None:
    emulator.configure(token_length=16_000)
    token = log_in(emulator, password(emulator)).headers["X-Subject-Token"]
    assert len(token) == 16_000
    assert api.tasks("GET", headers={"X-Auth-Token": token}).status_code == 200


# --- passcodes


TOTP_SECRET = "FAKEFAKEFAKEFAKE"


def test_passcodes_are_those_of_the_standard() -> None:
    """The vectors of RFC 6238, cut to six digits."""
    secret = base64.b32encode(b"12345678901234567890").decode()
    for moment, shown in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
        assert passcode(secret, moment) == shown


def with_passcode(emulator: Emulator, code: str, **user: Any) -> dict[str, Any]:
    identity = password(emulator, name="careful", **user)
    claim = {**identity["password"]["user"], "passcode": code}
    claim.pop("password")
    return {"methods": ["password", "totp"], "password": identity["password"], "totp": {"user": claim}}


def test_a_passcode_lets_in_once(emulator: Emulator) -> None:
    emulator.seed(users=[{"name": "careful", "totp_secret": TOTP_SECRET}])
    code_now = passcode(TOTP_SECRET, time.time())
    answer = log_in(emulator, with_passcode(emulator, code_now))
    assert (answer.status_code, answer.json()["token"]["methods"]) == (201, ["password", "totp"])
    again = log_in(emulator, with_passcode(emulator, code_now))
    assert (again.status_code, again.json()["error_code"]) == (400, "IAM.1061")
    emulator.advance_clock(60)
    assert log_in(emulator, with_passcode(emulator, passcode(TOTP_SECRET, time.time() + 60))).status_code == 201
    assert code_now not in str(emulator.log())


def test_a_wrong_or_missing_passcode_does_not_let_in_and_counts(emulator: Emulator) -> None:
    emulator.seed(users=[{"name": "careful", "totp_secret": TOTP_SECRET}])
    assert log_in(emulator, password(emulator, name="careful")).status_code == 401
    assert log_in(emulator, with_passcode(emulator, "000000")).status_code == 400
    assert log_in(emulator, with_passcode(emulator, "000000", password="wrong")).status_code == 401
    other = with_passcode(emulator, passcode(TOTP_SECRET, time.time()))
    other["totp"]["user"]["name"] = emulator.login["user"]
    assert log_in(emulator, other).status_code == 400
    assert emulator.state()["logins"]["failures"] == 4


def test_user_without_a_device_has_no_passcode(emulator: Emulator) -> None:
    identity = with_passcode(emulator, passcode(TOTP_SECRET, time.time()))
    for block in ("password", "totp"):
        identity[block]["user"]["name"] = emulator.login["user"]
    assert log_in(emulator, identity).status_code == 400


# --- agencies


@pytest.fixture
def delegated(emulator: Emulator) -> Emulator:
    """A cloud in which a second account lets the users of the first one work in its project."""
    emulator.seed(
        users=[{"name": "delegate", "roles": ["te_agency"], "access_keys": [{"access": "DELEGATE", "secret": "s"}]}],
        delegations=[{"name": "operators", "domain": "parent-domain", "trusted": "emulator-domain"}],
        projects=[{"name": "eu-de_parent", "domain": "parent-domain", "streams": ["theirs"]}],
    )
    return emulator


def assume(emulator: Emulator, token: str = "", scope: Any = "eu-de_parent", **claim: Any) -> requests.Response:
    claim = claim or {"xrole_name": "operators", "domain_name": "parent-domain"}
    body = {
        "identity": {"methods": ["assume_role"], "assume_role": claim},
        "scope": {"project": {"name": scope, "domain": {"name": "parent-domain"}}},
    }
    headers = {"X-Auth-Token": token or emulator.mint_token(user="delegate", scoped=False)}
    return requests.post(f"{emulator.auth_url}/auth/tokens", json={"auth": body}, headers=headers, timeout=10)


def test_an_agency_gives_a_token_for_the_other_account(delegated: Emulator, api: Api) -> None:
    answer = assume(delegated)
    token = answer.json()["token"]
    assert (answer.status_code, token["methods"], token["project"]["name"]) == (201, ["assume_role"], "eu-de_parent")
    assert token["user"]["name"] == "parent-domain/operators"
    assert token["user"]["domain"] == token["project"]["domain"]
    assert token["assumed_by"]["user"]["name"] == "delegate"
    headers = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
    listed = api.send("GET", f"/v2/{token['project']['id']}/streams", headers=headers)
    assert listed.json()["stream_names"] == ["theirs"]


def test_an_agency_is_named_as_the_cloud_wants_it(delegated: Emulator) -> None:
    domain_id = assume(delegated).json()["token"]["project"]["domain"]["id"]
    assert assume(delegated, agency_name="operators", domain_id=domain_id).status_code == 201
    delegated.configure(agency_member="agency_name")
    assert assume(delegated).status_code == 400
    assert assume(delegated, agency_name="operators", domain_id=domain_id).status_code == 201


@pytest.mark.parametrize(
    "claim",
    [
        {"xrole_name": "nobody", "domain_name": "parent-domain"},
        {"xrole_name": "operators", "domain_name": "emulator-domain"},
        {"xrole_name": "operators"},
    ],
)
def test_a_wrong_agency_and_a_missing_right_look_the_same(delegated: Emulator, claim: dict) -> None:
    refused = assume(delegated, **claim)
    without_right = assume(delegated, delegated.mint_token(scoped=False))
    assert (refused.status_code, refused.json()["error_code"]) == (403, "IAM.0003")
    assert without_right.json()["error_msg"] == refused.json()["error_msg"]


def test_an_agency_needs_a_caller(delegated: Emulator) -> None:
    assert assume(delegated, "nonsense").status_code == 401
