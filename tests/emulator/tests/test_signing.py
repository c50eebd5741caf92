# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests signed with an access key."""

from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from contract import Api, code
from multidict import CIMultiDict

from otc_emulator.runner import Emulator
from otc_emulator.signing import (
    BadSignature,
    Signature,
    SignedRequest,
    canonical_request,
    check_signature,
    expected_signature,
    read_authorization,
    signing_key,
    string_to_sign,
)

VECTORS = json.loads((Path(__file__).parent / "data" / "aksk-vectors.json").read_text(encoding="utf-8"))["vectors"]
# Not to be imitated: a query without equals signs, and a path with dot segments resolved before signing.
OURS = [
    one
    for one in VECTORS
    if one["form"] in ("access", "credential") and one["id"] not in ("credential-09", "credential-11")
]


def request_of(vector: dict[str, Any]) -> SignedRequest:
    given, expected = vector["input"], vector["expected"]
    path, _mark, query = expected["request_target"].partition("?")
    headers = CIMultiDict({"host": given["host"], **expected["request_headers"]})
    return SignedRequest(given["method"], path, query, headers, (given["body_utf8"] or "").encode())


@pytest.mark.parametrize("vector", OURS, ids=lambda one: one["id"])
def test_signatures_of_other_signers_verify(vector: dict[str, Any]) -> None:
    expected, request = vector["expected"], request_of(vector)
    signature = read_authorization(expected["authorization"])
    assert canonical_request(request, signature) == expected["canonical_request"]
    assert string_to_sign(request, signature) == expected["string_to_sign"]
    if "signing_key_hex" in expected:
        assert signing_key(vector["input"]["secret_key"], signature).hex() == expected["signing_key_hex"]
    check_signature(vector["input"]["secret_key"], request, signature)
    with pytest.raises(BadSignature, match="does not verify"):
        check_signature("another", request, signature)
    with pytest.raises(BadSignature):
        check_signature(vector["input"]["secret_key"], dataclasses.replace(request, method="PATCH"), signature)


@pytest.mark.parametrize("vector", [one for one in VECTORS if one["form"].startswith("v11")], ids=lambda one: one["id"])
def test_derived_keys_are_recognised_and_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(BadSignature, match="V11-HMAC-SHA256") as caught:
        read_authorization(vector["expected"]["authorization"])
    assert caught.value.code == 4112


class Signer(requests.auth.AuthBase):
    """Sign like a client; headers in ``odd`` override the others."""

    def __init__(self, emulator: Emulator, form: str, service: str = "dis", **odd: Any) -> None:
        self.login, self.form, self.service, self.odd = emulator.login, form, service, odd

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        when = time.gmtime(time.time() + self.odd.get("ahead", 0))
        request.headers["X-Sdk-Date"] = self.odd.get("date", time.strftime("%Y%m%dT%H%M%SZ", when))
        if self.odd.get("project", self.login["project_id"]):
            request.headers["X-Project-Id"] = self.odd.get("project", self.login["project_id"])
        if "security_token" in self.odd:
            request.headers["X-Security-Token"] = self.odd["security_token"]
        request.headers["Host"] = request.url.split("/")[2]
        key = self.odd.get("key", self.login["access_key"])
        names = ("content-type", "host", "x-project-id", "x-sdk-date")
        names = tuple(one for one in names if one in request.headers)
        region = "" if self.form == "credential_empty" else self.odd.get("region", self.login["region"])
        service = "" if self.form == "credential_empty" else self.service
        day = self.odd.get("day", time.strftime("%Y%m%d", when))
        signature = Signature(self.form, key, names, "", day, region, service)
        path, _mark, query = request.path_url.partition("?")
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        signed = SignedRequest(request.method, path, query, request.headers, body)
        value = expected_signature(self.odd.get("secret", self.login["secret_key"]), signed, signature)
        who = f"Access={key}" if self.form == "access" else f"Credential={key}/{signature.scope}"
        text = f"SDK-HMAC-SHA256 {who}, SignedHeaders={';'.join(names)}, Signature={value}"
        request.headers["Authorization"] = self.odd.get("authorization", text)
        return request


FORMS = ["access", "credential", "credential_empty"]


@pytest.fixture
def signed(emulator: Emulator, api: Api) -> Api:
    del api.session.headers["X-Auth-Token"]
    return api


@pytest.mark.parametrize("form", FORMS)
def test_signed_requests_are_let_in(emulator: Emulator, signed: Api, form: str) -> None:
    signed.session.auth = Signer(emulator, form)
    assert signed.create().status_code == 201
    assert signed.tasks("GET", params={"limit": 3, "start_task_name": "a b+c/d"}).status_code == 200
    assert signed.tasks("GET", "/%6Fne/").status_code == 200
    assert signed.dis("GET", "/streams", params={"empty": "", "b": "2", "a": "1"}).status_code == 200
    assert signed.tasks("DELETE", "/one").status_code == 204
    assert all(one["headers"]["Authorization"].startswith("sha256:") for one in emulator.log(service="dis"))


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "empty": ({"authorization": " "}, "DIS.4101"),
    "odd": ({"authorization": "Basic abc"}, "DIS.4102"),
    "garbled": ({"authorization": "SDK-HMAC-SHA256 Access"}, "DIS.4102"),
    "other algorithm": ({"authorization": "SDK-HMAC-SM3 Access=a"}, "DIS.4112"),
    "nobody": ({"authorization": "SDK-HMAC-SHA256 SignedHeaders=host, Signature=a"}, "DIS.4109"),
    "scope": (
        {"authorization": "SDK-HMAC-SHA256 Credential=a/b, SignedHeaders=host;x-sdk-date, Signature=a"},
        "DIS.4109",
    ),
    "no headers": ({"authorization": "SDK-HMAC-SHA256 Access=a, Signature=a"}, "DIS.4110"),
    "host not signed": (
        {"authorization": "SDK-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date, Signature=a"},
        "DIS.4110",
    ),
    "no signature": ({"authorization": "SDK-HMAC-SHA256 Access=a, SignedHeaders=host;x-sdk-date"}, "DIS.4110"),
    "no key": ({"key": ""}, "DIS.4106"),
    "unknown key": ({"key": "UNKNOWN"}, "DIS.4107"),
    "no date": ({"date": ""}, "DIS.4103"),
    "odd date": ({"date": "yesterday"}, "DIS.4104"),
    "early": ({"ahead": -1000}, "DIS.4105"),
    "late": ({"ahead": 1000}, "DIS.4105"),
    "secret": ({"secret": "wrong"}, "DIS.4100"),
    "surplus security token": ({"security_token": "x"}, "DIS.4107"),
    "no project": ({"project": ""}, "DIS.4117"),
    "other project": ({"project": "0" * 32}, "DIS.4117"),
}
ONLY_CREDENTIAL = {
    "service": ({"service": "iam"}, "DIS.4108"),
    "no service": ({"service": ""}, "DIS.4108"),
    "region": ({"region": "eu-nl"}, "DIS.4111"),
    "day": ({"day": "20200101"}, "DIS.4100"),
}


@pytest.mark.parametrize(("odd", "expected"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("form", FORMS)
def test_wrong_signatures_are_refused(emulator: Emulator, signed: Api, form: str, odd: dict, expected: str) -> None:
    answer = signed.dis("GET", "/streams", auth=Signer(emulator, form, **odd))
    assert (answer.status_code, code(answer)) == (400 if expected == "DIS.4117" else 441, expected)


@pytest.mark.parametrize(("odd", "expected"), ONLY_CREDENTIAL.values(), ids=ONLY_CREDENTIAL)
def test_wrong_scopes_are_refused(emulator: Emulator, signed: Api, odd: dict, expected: str) -> None:
    assert code(signed.dis("GET", "/streams", auth=Signer(emulator, "credential", **odd))) == expected


def test_a_changed_body_does_not_verify(emulator: Emulator, signed: Api) -> None:
    class Late(Signer):
        def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
            super().__call__(request)
            request.body = request.body.replace(b"fresh", b"other")
            return request

    body = {"stream_name": "fresh", "partition_count": 1}
    assert code(signed.dis("POST", "/streams", json=body, auth=Late(emulator, "access"))) == "DIS.4100"


def test_keys_can_be_temporary_blocked_or_without_rights(emulator: Emulator, signed: Api) -> None:
    emulator.seed(
        users=[
            {
                "name": "emulator-user",
                "access_keys": [
                    {"access": "TEMPORARY", "secret": "s", "security_token": "fake-security-token", "life": 600},
                    {"access": "BLOCKED", "secret": "s", "active": False},
                ],
            },
            {"name": "guest", "roles": [], "access_keys": [{"access": "GUEST", "secret": "s"}]},
            {"name": "elsewhere", "projects": [], "access_keys": [{"access": "ELSEWHERE", "secret": "s"}]},
        ]
    )

    def ask(key: str, **odd: Any) -> requests.Response:
        return signed.dis("GET", "/streams", auth=Signer(emulator, "access", key=key, secret="s", **odd))

    assert code(ask("BLOCKED")) == code(ask("TEMPORARY")) == "DIS.4107"
    assert ask("TEMPORARY", security_token="fake-security-token").status_code == 200
    assert "fake-security-token" not in str(emulator.log())
    assert (ask("GUEST").status_code, code(ask("GUEST"))) == (403, "DIS.4116")
    assert code(ask("ELSEWHERE")) == "DIS.4117"
    emulator.advance_clock(700)
    token = {"security_token": "fake-security-token", "ahead": 700}
    assert code(ask("TEMPORARY", **token)) == "DIS.4107"


def test_forms_and_the_project_header_can_be_switched(emulator: Emulator, signed: Api) -> None:
    emulator.configure(signature_forms=["access"], signature_needs_project=False)
    assert signed.dis("GET", "/streams", auth=Signer(emulator, "access", project="")).status_code == 200
    assert code(signed.dis("GET", "/streams", auth=Signer(emulator, "credential"))) == "DIS.4112"
    wrong = Signer(emulator, "access", project="0" * 32)
    assert code(signed.dis("GET", "/streams", auth=wrong)) == "DIS.4117"


def test_a_token_wins_over_a_signature(emulator: Emulator, signed: Api) -> None:
    wrong = Signer(emulator, "access", secret="wrong")
    headers = {"X-Auth-Token": emulator.mint_token()}
    assert signed.dis("GET", "/streams", auth=wrong, headers=headers).status_code == 200


# --- looking up the project


@pytest.mark.parametrize("path", ["/v3/projects", "/v3/auth/projects"])
def test_projects_are_found_by_token_and_by_signature(emulator: Emulator, signed: Api, path: str) -> None:
    emulator.seed(projects=[{"name": "eu-de_other"}], users=[{"name": "second", "projects": ["eu-de_other"]}])
    for auth in (Signer(emulator, "access", project=""), Signer(emulator, "credential", "iam", project="")):
        answer = signed.send("GET", path, params={"name": "eu-de"}, auth=auth)
        (found,) = answer.json()["projects"]
        assert (found["id"], found["name"], found["enabled"]) == (emulator.project_id, "eu-de", True)
    headers = {"X-Auth-Token": emulator.mint_token(user="second")}
    found = signed.send("GET", path, headers=headers).json()["projects"]
    assert [one["name"] for one in found] == ["eu-de_other"]
    assert signed.send("GET", path).status_code == 401
    refused = signed.send("GET", path, auth=Signer(emulator, "access", secret="wrong"))
    assert (refused.status_code, refused.json()["error_code"]) == (401, "APIG.0301")


def test_catalog_and_account_are_returned_to_a_signature(emulator: Emulator, signed: Api) -> None:
    for form in FORMS:
        answer = signed.send("GET", "/v3/auth/catalog", auth=Signer(emulator, form, "iam"))
        urls = {one["type"]: one["endpoints"][0]["url"] for one in answer.json()["catalog"]}
        assert urls["disv2"] == f"{emulator.url}/v2/{emulator.project_id}"
    unscoped = signed.send("GET", "/v3/auth/catalog", auth=Signer(emulator, "access", project=""))
    assert [one["type"] for one in unscoped.json()["catalog"]] == ["identity"]
    (domain,) = signed.send("GET", "/v3/auth/domains", auth=Signer(emulator, "access")).json()["domains"]
    assert domain["name"] == emulator.login["domain"]
    assert signed.send("GET", "/v3/auth/domains").status_code == 401


def test_catalog_of_another_project_is_not_returned(emulator: Emulator, signed: Api) -> None:
    emulator.seed(
        users=[{"name": "elsewhere", "projects": [], "access_keys": [{"access": "ELSEWHERE", "secret": "s"}]}]
    )
    auth = Signer(emulator, "access", key="ELSEWHERE", secret="s")
    assert signed.send("GET", "/v3/auth/catalog", auth=auth).status_code == 401


def test_compared_values_of_a_signature_can_be_quoted(emulator: Emulator, signed: Api) -> None:
    emulator.fault("echo_secrets", signature=True)
    answer = signed.dis("GET", "/streams", auth=Signer(emulator, "access"))
    assert "\nhost;x-project-id;x-sdk-date\n" in answer.json()["message"]
