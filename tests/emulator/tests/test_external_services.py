# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client can look up beside DIS before it creates a transfer task: agencies, DLI tables, buckets."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import Any

import pytest
import requests
from contract import Api, code, dli

from otc_emulator.runner import Emulator
from otc_emulator.signing import Signature, SignedRequest, expected_signature

READER = {"name": "emulator-user", "roles": ["te_admin", "dis_adm", "secu_admin"]}


@pytest.fixture
def reader(emulator: Emulator) -> dict[str, str]:
    """Headers of a user who may list agencies."""
    emulator.reset(
        users=[READER],
        agencies=["dis_admin_agency", {"name": "foreign", "trusts": "op_svc_ecs"}, {"name": "brief", "life": 60}],
    )
    return {"X-Auth-Token": emulator.mint_token(scoped=False)}


def account(emulator: Emulator) -> str:
    body = {
        "auth": {
            "identity": {
                "methods": ["password"],
                "password": {
                    "user": {
                        "name": emulator.login["user"],
                        "password": emulator.login["password"],
                        "domain": {"name": emulator.login["domain"]},
                    }
                },
            },
            "scope": {"project": {"name": emulator.login["project"]}},
        }
    }
    answer = requests.post(f"{emulator.auth_url}/auth/tokens", json=body, timeout=10).json()
    return str(answer["token"]["project"]["domain"]["id"])


def agencies(api: Api, **more: Any) -> requests.Response:
    query = {"domain_id": account(api.emulator), **more.pop("query", {})}
    return api.send("GET", "/v3.0/OS-AGENCY/agencies", params=query, **more)


def test_agencies_are_listed_for_the_account(api: Api, reader: dict[str, str]) -> None:
    found = agencies(api, headers=reader).json()["agencies"]
    assert [(one["name"], one["trust_domain_name"]) for one in found] == [
        ("brief", "op_svc_dis"),
        ("dis_admin_agency", "op_svc_dis"),
        ("foreign", "op_svc_ecs"),
    ]
    assert [one["expire_time"] is None for one in found] == [False, True, True]
    (one,) = agencies(api, headers=reader, query={"name": "foreign"}).json()["agencies"]
    assert one["name"] == "foreign"
    assert agencies(api, headers=reader, query={"name": "none"}).json() == {"agencies": []}


def test_agencies_are_for_security_administrators_with_a_token_of_the_account(
    api: Api, emulator: Emulator, reader: dict[str, str]
) -> None:
    api.session.headers["X-Auth-Token"] = emulator.mint_token()
    refused = agencies(api)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, 403)
    assert refused.json()["error"]["message"].endswith("identity:list_agencies")
    emulator.configure(project_token_lists_agencies=True)
    assert agencies(api).status_code == 200
    assert agencies(api, headers=reader, query={"domain_id": "another"}).status_code == 403
    emulator.reset()
    assert agencies(api, headers={"X-Auth-Token": emulator.mint_token(scoped=False)}).status_code == 403
    assert agencies(api, headers={"X-Auth-Token": "no"}).status_code == 401


def test_roles_of_an_agency_are_listed(api: Api, emulator: Emulator, reader: dict[str, str]) -> None:
    (one,) = agencies(api, headers=reader, query={"name": "dis_admin_agency"}).json()["agencies"]
    tail = f"domains/{one['domain_id']}/agencies/{one['id']}/roles"
    granted = api.send("GET", f"/v3.0/OS-INHERIT/{tail}/inherited_to_projects", headers=reader).json()
    assert [role["name"] for role in granted["roles"]] == ["te_admin"]
    assert api.send("GET", f"/v3.0/OS-AGENCY/{tail}", headers=reader).json() == {"roles": []}


@pytest.mark.parametrize(
    "agency", [{"trusts": "op_svc_ecs"}, {"roles": ["obs_viewer"]}, {"life": 60}], ids=["trust", "role", "life"]
)
def test_agency_that_does_not_serve_dis_is_refused(api: Api, emulator: Emulator, agency: dict[str, Any]) -> None:
    emulator.reset(agencies=[{"name": "dis_admin_agency", **agency}])
    api.session.headers["X-Auth-Token"] = emulator.mint_token()
    assert code(api.tasks("POST", json=dli())) == "DIS.4335"


def databases(api: Api, tail: str = "", **query: Any) -> requests.Response:
    return api.send("GET", f"/v1.0/{api.emulator.project_id}/databases{tail}", params=query)


def test_databases_and_tables_are_found_by_a_part_of_the_name(api: Api, emulator: Emulator) -> None:
    emulator.seed(dli_tables=["Telemetry.meter_raw_old:EXTERNAL", "sales.orders"], dli_databases=["empty"])
    found = databases(api, keyword="E").json()
    assert [one["database_name"] for one in found["databases"]] == ["empty", "sales", "telemetry"]
    assert found["database_count"] == 3
    assert [one["database_name"] for one in databases(api, offset=1, limit=1).json()["databases"]] == ["sales"]
    assert databases(api, "/TELEMETRY/tables", keyword="meter").json()["tables"] == [
        {"table_name": "meter_raw", "table_type": "MANAGED", "data_location": "DLI"},
        {"table_name": "meter_raw_old", "table_type": "EXTERNAL", "data_location": "OBS"},
    ]
    page = databases(api, "/telemetry/tables", **{"page-size": 1, "current-page": 2}).json()
    assert ([one["table_name"] for one in page["tables"]], page["table_count"]) == (["meter_raw_old"], 2)
    assert databases(api, "/empty/tables").json()["tables"] == []


def test_refusals_of_dli(api: Api, emulator: Emulator) -> None:
    assert databases(api, "/none/tables").json()["error_code"] == "DLI.0002"
    assert databases(api, "/telemetry/tables", **{"page-size": 101}).json()["error_code"] == "DLI.0001"
    emulator.fault("status", service="dli", status=403, code="DLI.0003")
    refused = databases(api)
    assert (refused.status_code, refused.json()["error_code"]) == (403, "DLI.0003")
    emulator.configure(dli_enabled=False)
    gone = databases(api)
    assert (gone.status_code, gone.json()["error_code"]) == (404, "APIG.0101")
    emulator.reset(users=[{"name": "emulator-user", "roles": ["dis_adm"]}])
    api.session.headers["X-Auth-Token"] = emulator.mint_token()
    assert databases(api).json()["error_code"] == "DLI.0003"
    api.session.headers["X-Auth-Token"] = "no"
    assert (databases(api).status_code, databases(api).json()["error_code"]) == (401, "DLI.0013")


class Signer(requests.auth.AuthBase):
    """Sign with a permanent key, for a service; ``named`` headers are included."""

    def __init__(self, emulator: Emulator, service: str, secret: str | None = None, **named: str) -> None:
        self.login, self.service, self.named = emulator.login, service, named
        self.secret = secret or self.login["secret_key"]

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        date = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        request.headers.update({"Host": request.url.split("/")[2], "X-Sdk-Date": date, **self.named})
        names = tuple(sorted(("host", "x-sdk-date", *(name.lower() for name in self.named))))
        region = self.login["region"]
        signature = Signature("credential", self.login["access_key"], names, "", date[:8], region, self.service)
        path, _mark, query = request.path_url.partition("?")
        covered = SignedRequest(request.method, path, query, request.headers, b"")
        value = expected_signature(self.secret, covered, signature)
        who = f"Credential={self.login['access_key']}/{signature.scope}"
        request.headers["Authorization"] = f"SDK-HMAC-SHA256 {who}, SignedHeaders={';'.join(names)}, Signature={value}"
        return request


def test_signed_requests_name_the_project_to_dli(api: Api, emulator: Emulator) -> None:
    del api.session.headers["X-Auth-Token"]
    path, named = f"/v1.0/{emulator.project_id}/databases", {"X-Project-Id": emulator.project_id}
    found = api.send("GET", path, auth=Signer(emulator, "dli", **named), params={"keyword": "telem"})
    assert [one["database_name"] for one in found.json()["databases"]] == ["telemetry"]
    nameless = api.send("GET", path, auth=Signer(emulator, "dli"))
    assert (nameless.status_code, nameless.json()["error_code"]) == (400, "DLI.0016")
    for wrong in (Signer(emulator, "dis", **named), Signer(emulator, "dli", "fake-other-secret", **named)):
        refused = api.send("GET", path, auth=wrong)
        assert (refused.status_code, refused.json()["error_code"]) == (401, "APIG.0301")
    assert api.send("GET", path).json()["error_code"] == "DLI.0013"


def test_signed_requests_name_the_account_to_iam(api: Api, emulator: Emulator) -> None:
    emulator.reset()
    emulator.seed(users=[{"name": "guard", "roles": ["secu_admin"], "access_keys": [{"access": "GUARDKEY"}]}])
    del api.session.headers["X-Auth-Token"]
    mine, path = account(emulator), "/v3.0/OS-AGENCY/agencies"
    guard = Signer(emulator, "iam", **{"X-Domain-Id": mine})
    guard.login = {**guard.login, "access_key": "GUARDKEY"}
    found = api.send("GET", path, auth=guard, params={"domain_id": mine}).json()["agencies"]
    assert [one["name"] for one in found] == ["dis_admin_agency"]
    guard.named = {}
    assert api.send("GET", path, auth=guard, params={"domain_id": mine}).status_code == 403
    other = Signer(emulator, "iam", **{"X-Domain-Id": mine})
    assert api.send("GET", path, auth=other, params={"domain_id": mine}).status_code == 403
    assert api.send("GET", path, params={"domain_id": mine}).status_code == 401


def head(
    emulator: Emulator, bucket: str, keys: dict[str, str], method: str = "HEAD", query: str = "", **changes: str
) -> requests.Response:
    """A request with a signature of the first kind, which does not cover the query."""
    own = {"x-obs-date": format_datetime(datetime.now(timezone.utc), usegmt=True)}
    if "securitytoken" in keys:
        own["x-obs-security-token"] = keys["securitytoken"]
    text = "\n".join([method, "", "", "", *(f"{name}:{own[name]}" for name in sorted(own)), f"/{bucket}/"])
    signature = base64.b64encode(hmac.new(keys["secret"].encode(), text.encode(), hashlib.sha1).digest()).decode()
    headers = {**own, "Authorization": f"OBS {keys['access']}:{signature}", **changes}
    url = f"{emulator.url}/{bucket}{query}"
    return requests.request(method, url, headers=headers, timeout=10, allow_redirects=False)


def lent(api: Api, **more: Any) -> requests.Response:
    body = {"auth": {"identity": {"methods": ["token"], "token": {"duration_seconds": 900, **more}}}}
    return api.send("POST", "/v3.0/OS-CREDENTIAL/securitytokens", json=body)


def test_buckets_are_visible_with_permanent_and_temporary_keys(api: Api, emulator: Emulator) -> None:
    emulator.seed(buckets=[{"name": "closed", "accessible": False}, {"name": "far-away", "region": "eu-nl"}])
    login = emulator.login
    answer = lent(api)
    assert answer.status_code == 201
    for keys in ({"access": login["access_key"], "secret": login["secret_key"]}, answer.json()["credential"]):
        observed = head(emulator, "telemetry-staging", keys)
        assert (observed.status_code, observed.headers["x-obs-bucket-location"]) == (200, "eu-de")
        assert [head(emulator, name, keys).status_code for name in ("none", "closed", "far-away")] == [404, 403, 301]


def test_objects_are_listed_by_page(api: Api, emulator: Emulator) -> None:
    objects = {"x/a&b": 5, "x/c": 6, "x/d": 7, "y": 8}
    emulator.seed(buckets=[{"name": "with-objects", "objects": objects}, {"name": "closed", "accessible": False}])
    keys = {"access": emulator.login["access_key"], "secret": emulator.login["secret_key"]}
    first = head(emulator, "with-objects", keys, "GET", "?prefix=x/&max-keys=2")
    assert (first.status_code, first.headers["Content-Type"]) == (200, "application/xml")
    assert "<Key>x/a&amp;b</Key><Size>5</Size>" in first.text
    assert "<IsTruncated>true</IsTruncated><NextMarker>x/c</NextMarker>" in first.text
    second = head(emulator, "with-objects", keys, "GET", "?prefix=x/&max-keys=2&marker=x/c")
    assert second.text.count("<Contents>") == 1
    assert "<IsTruncated>false</IsTruncated><Contents><Key>x/d</Key>" in second.text
    closed = head(emulator, "closed", keys, "GET")
    assert (closed.status_code, "<Code>AccessDenied</Code>" in closed.text) == (403, True)
    assert head(emulator, "none", keys, "GET").status_code == 404


def test_wrong_signatures_are_refused(api: Api, emulator: Emulator) -> None:
    keys = lent(api).json()["credential"]
    for changes, fault in (
        ({"x-obs-date": "Thu, 15 Jan 2026 08:30:00 GMT"}, "RequestTimeTooSkewed"),
        ({"x-obs-acl": "private"}, "SignatureDoesNotMatch"),
        ({"Authorization": "OBS someone:else"}, "InvalidAccessKeyId"),
        ({"Authorization": "none"}, "AccessDenied"),
    ):
        refused = head(emulator, "telemetry-staging", keys, **changes)
        assert (refused.status_code, refused.headers["x-obs-error-code"]) == (403, fault)
    assert lent(api, duration_seconds=60).status_code == 400


def test_services_can_be_missing_in_the_catalogue(api: Api, emulator: Emulator) -> None:
    emulator.configure(other_services=["obs"])
    found = api.send("GET", "/v3/auth/catalog").json()["catalog"]
    assert [one["type"] for one in found] == ["identity", "dis", "disv2", "obs"]
