# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logging in: who, for which project, and what happens if IAM or DIS do not agree."""

from __future__ import annotations

import importlib.util
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.otc.dis.plugins.module_utils._cloud.api import connect
from ansible_collections.otc.dis.plugins.module_utils._cloud.settings import flatten, resolve
from ansible_collections.otc.dis.plugins.module_utils._core.errors import ApiError
from ansible_collections.otc.dis.plugins.module_utils._core.secrets import Secrets

if TYPE_CHECKING:
    from conftest import Run, Seeded

    from otc_emulator.runner import Emulator


def user_id(emulator: Emulator) -> str:
    """The id of the user of these tests."""
    return str(emulator.state()["users"][0]["id"])


def domain_id(emulator: Emulator, run: Run) -> str:
    """The id of the user's domain, which only IAM returns."""
    import json
    import urllib.request

    token = emulator.mint_token()
    request = urllib.request.Request(emulator.auth_url + "/auth/tokens")
    request.add_header("X-Auth-Token", token)
    request.add_header("X-Subject-Token", token)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        return str(json.loads(answer.read())["token"]["user"]["domain"]["id"])


def identity(result: Any) -> dict[str, Any]:
    """Who logged in, without the password."""
    (login,) = result.requests("iam")
    user = dict(login["body"]["auth"]["identity"]["password"]["user"])
    user.pop("password")
    return user


def scope(result: Any) -> dict[str, Any]:
    """For which project."""
    (login,) = result.requests("iam")
    return dict(login["body"]["auth"]["scope"]["project"])


# --- who and what for ---


@pytest.mark.quick
def test_password_by_name_and_domain_name(run: Run, tasks: Seeded) -> None:
    tasks()
    assert identity(run().ok()) == {"name": "emulator-user", "domain": {"name": "emulator-domain"}}


def test_password_by_name_and_domain_id(run: Run, tasks: Seeded, auth: dict[str, str]) -> None:
    tasks()
    del auth["user_domain_name"]
    auth["user_domain_id"] = domain_id(run.emulator, run)
    assert identity(run(auth=auth).ok()) == {"name": "emulator-user", "domain": {"id": auth["user_domain_id"]}}


@pytest.mark.parametrize("key", ["domain_name", "domain_id"])
def test_password_by_name_and_common_domain(run: Run, tasks: Seeded, auth: dict[str, str], key: str) -> None:
    tasks()
    del auth["user_domain_name"]
    auth[key] = "emulator-domain" if key == "domain_name" else domain_id(run.emulator, run)
    word = key.split("_")[1]
    assert identity(run(auth=auth).ok())["domain"] == {word: auth[key]}


def test_password_by_user_id(run: Run, tasks: Seeded, auth: dict[str, str]) -> None:
    tasks()
    del auth["username"], auth["user_domain_name"]
    auth["user_id"] = user_id(run.emulator)
    assert identity(run(auth=auth).ok()) == {"id": auth["user_id"]}


def test_project_name_uses_the_domain_of_the_user(run: Run, tasks: Seeded) -> None:
    tasks()
    assert scope(run().ok()) == {"name": "eu-de", "domain": {"name": "emulator-domain"}}


def test_project_by_id(run: Run, tasks: Seeded, auth: dict[str, str]) -> None:
    tasks()
    del auth["project_name"]
    auth["project_id"] = run.emulator.project_id
    assert scope(run(auth=auth).ok()) == {"id": run.emulator.project_id}


def test_project_of_another_name_is_its_own_world(run: Run, emulator: Emulator, auth: dict[str, str]) -> None:
    emulator.seed(
        projects=[
            {
                "name": "eu-de_other",
                "streams": ["meters"],
                "agencies": ["dis_admin_agency"],
                "buckets": ["telemetry-staging"],
                "dli_tables": ["telemetry.meter_raw"],
            }
        ]
    )
    run.complete_task(auth={**auth, "project_name": "eu-de_other"}).ok()
    there = {one["name"]: one["streams"]["meters"]["tasks"] for one in emulator.state()["projects"].values()}
    assert list(there["eu-de_other"]) == ["meters-to-dli"]
    assert there["eu-de"] == {}


def test_token_alone_is_looked_up_once(run: Run, tasks: Seeded) -> None:
    tasks()
    result = run(auth={"auth_url": run.emulator.auth_url, "token": run.emulator.mint_token()}).ok()
    assert (result.iam, result.dis) == (["check_token"], ["show"])


def test_token_and_endpoint_need_no_catalog(run: Run, tasks: Seeded) -> None:
    tasks()
    emulator = run.emulator
    auth = {"auth_url": emulator.auth_url, "token": emulator.mint_token()}
    result = run(auth=auth, endpoint_override=emulator.url).ok()
    assert result.log[0]["query"] == {"nocatalog": "true"}


@pytest.mark.parametrize("extra", [{}, {"auth_type": "token"}, {"auth_type": "v3token"}])
def test_token_takes_precedence_over_a_password(
    run: Run, tasks: Seeded, auth: dict[str, str], extra: dict[str, str]
) -> None:
    tasks()
    result = run(auth={**auth, "token": run.emulator.mint_token()}, **extra).ok()
    assert result.iam == ["check_token"]


@pytest.mark.parametrize("auth_type", ["password", "v3password"])
def test_auth_type_password_leaves_the_token_alone(
    run: Run, tasks: Seeded, auth: dict[str, str], auth_type: str
) -> None:
    tasks()
    result = run(auth={**auth, "token": "fake-stale-token"}, auth_type=auth_type).ok()
    assert result.iam == ["login"]


def test_auth_type_token_without_a_token_is_refused(run: Run) -> None:
    result = run(auth_type="token").bad()
    assert "no token is specified" in result.msg
    assert result.log == []


@pytest.mark.parametrize(
    ("left_out", "words"),
    [
        (["password"], ["no password"]),
        (["username"], ["no user"]),
        (["user_domain_name"], ["no domain", "auth.user_domain_name"]),
        (["project_name"], ["No project", "auth.project_name"]),
        (["auth_url"], ["auth_url is missing"]),
        (["username", "password"], ["No credentials", "OS_AUTH_URL"]),
    ],
)
def test_credentials_incomplete_are_refused_before_a_login(
    run: Run, auth: dict[str, str], left_out: list[str], words: list[str]
) -> None:
    for key in left_out:
        del auth[key]
    result = run(auth=auth).bad()
    for word in words:
        assert word in result.msg
    assert result.log == []


def test_message_without_settings_names_the_required_settings(run: Run) -> None:
    result = run(auth=None).bad()
    assert "No credentials were found" in result.msg
    assert "clouds.yaml" in result.error["hint"]


@pytest.mark.parametrize("blank", ["", "  "])
@pytest.mark.parametrize("key", ["password", "username", "auth_url", "project_name"])
def test_blank_member_of_auth_counts_as_not_given(run: Run, auth: dict[str, str], key: str, blank: str) -> None:
    assert run(auth={**auth, key: blank}).bad().log == []


# --- rejections by IAM ---


def test_wrong_password_is_tried_once(run: Run, emulator: Emulator, auth: dict[str, str]) -> None:
    result = run(auth={**auth, "password": "fake-wrong-password"}).bad()
    assert result.iam == ["login"]
    assert result.dis == []
    assert emulator.state()["logins"]["failures"] == 1
    assert result.error["status"] == 401
    assert "wrong password" in result.error["hint"]
    assert "locked" in result.error["hint"]
    assert "fake-wrong-password" not in result.everything


@pytest.mark.parametrize(
    "change",
    [
        {"project_name": "eu-de_nowhere"},
        {"project_id": "0" * 32},
        {"username": "nobody"},
        {"user_domain_name": "nobody"},
    ],
    ids=["project", "project_id", "user", "domain"],
)
def test_unknown_name_is_tried_once(run: Run, auth: dict[str, str], change: dict[str, str]) -> None:
    result = run(auth={**auth, **change}).bad()
    assert (result.iam, result.dis, result.error["status"]) == (["login"], [], 401)
    assert "project" in result.error["hint"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_login_refused_is_not_repeated(run: Run, emulator: Emulator, status: int) -> None:
    emulator.fault("status", operation="login", status=status, times=0)
    result = run().bad()
    assert (result.iam, result.dis, result.error["status"]) == (["login"], [], status)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_login_failing_inside_iam_is_repeated(run: Run, emulator: Emulator, tasks: Seeded, status: int) -> None:
    tasks()
    emulator.fault("status", operation="login", status=status)
    assert run().ok().iam == ["login", "login"]


def test_login_failing_for_good_ends_after_few_tries(run: Run, emulator: Emulator) -> None:
    emulator.fault("status", operation="login", status=503, times=0)
    result = run().bad()
    assert 2 <= len(result.iam) <= 4
    assert result.error["status"] == 503


def test_throttled_login_is_retried_after_the_requested_delay(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks()
    emulator.fault("throttle_429", operation="login", retry_after=1)
    result = run().ok()
    assert result.iam == ["login", "login"]
    assert result.seconds >= 1


def test_login_whose_answer_is_lost_is_not_repeated(run: Run, emulator: Emulator) -> None:
    emulator.fault("lost_after", operation="login")
    result = run().bad()
    assert result.iam == ["login"]
    assert "closed the connection" in result.msg


@pytest.mark.parametrize("body", [{}, [], {"token": None}, {"token": "text"}])
def test_login_answered_by_something_else_fails_clearly(run: Run, emulator: Emulator, body: Any) -> None:
    emulator.fault("status", operation="login", status=201, body=body, headers={"X-Subject-Token": "fake-token"})
    result = run().bad()
    assert "log in" in result.msg
    assert "auth_url" in result.error["hint"]
    assert result.dis == []


def test_login_without_a_token_in_the_answer_fails_clearly(run: Run, emulator: Emulator) -> None:
    emulator.fault("status", operation="login", status=201, body={"token": {"project": {"id": "a" * 32}}})
    result = run().bad()
    assert "token" in result.msg
    assert result.dis == []


def test_domain_token_is_rejected_before_a_request_to_dis(run: Run, emulator: Emulator) -> None:
    result = run(auth={"auth_url": emulator.auth_url, "token": emulator.mint_token(scoped=False)}).bad()
    assert "not scoped to a project" in result.msg
    assert result.dis == []


@pytest.mark.parametrize("key", ["project_name", "project_id"])
def test_token_of_another_project_fails_early(run: Run, emulator: Emulator, auth: dict[str, str], key: str) -> None:
    emulator.seed(projects=["eu-de_other"])
    expected = "eu-de" if key == "project_name" else emulator.project_id
    token = emulator.mint_token(project="eu-de_other")
    result = run(auth={"auth_url": emulator.auth_url, "token": token, key: expected}).bad()
    assert "eu-de_other" in result.msg
    assert expected in result.msg
    assert result.dis == []


def test_token_of_another_project_is_refused_by_the_service(run: Run, emulator: Emulator) -> None:
    emulator.seed(projects=["eu-de_other"])
    auth = {"token": emulator.mint_token(project="eu-de_other"), "project_id": emulator.project_id}
    result = run(auth=auth, endpoint_override=emulator.url).bad()
    assert result.error["code"] == "DIS.4117"
    assert "project" in result.error["hint"]


def test_missing_role_is_named(run: Run, emulator: Emulator, auth: dict[str, str]) -> None:
    emulator.seed(users=[{"name": "guest", "password": "fake-guest-password", "roles": ["readonly"]}])
    result = run(auth={**auth, "username": "guest", "password": "fake-guest-password"}).bad()
    assert (result.error["status"], result.error["code"]) == (403, "DIS.4116")
    assert "DIS Administrator" in result.error["hint"]
    assert result.dis == ["show"]


# --- tokens that end ---


@pytest.mark.parametrize(("style", "status"), [("dis", 441), ("gateway", 401)])
@pytest.mark.parametrize("operation", ["show_transfer_task", "create_transfer_task"])
def test_token_expired_is_renewed_once(
    run: Run, emulator: Emulator, tasks: Seeded, style: str, status: int, operation: str
) -> None:
    emulator.fault("expire_token", operation=operation, style=style)
    result = run.complete_task().ok()
    assert result.iam == ["login", "login"]
    refused = [entry for entry in result.requests("dis") if entry["status"] == status]
    assert [entry["operation"] for entry in refused] == [operation]
    tokens = [entry["headers"]["X-Auth-Token"] for entry in result.requests("dis")]
    assert len(set(tokens)) == 2
    assert result.actions == ["create"]
    assert tasks.one["state"] == "RUNNING"


@pytest.mark.parametrize("style", ["dis", "gateway"])
def test_token_expiring_again_is_not_renewed_again(run: Run, emulator: Emulator, style: str) -> None:
    emulator.fault("expire_token", style=style, service="dis", times=6)  # more would make a faulty client loop
    result = run.complete_task().bad()
    assert result.iam == ["login", "login"]
    assert result.dis == ["show", "show"]
    assert result.error["status"] in (401, 441)
    assert (result.changed, result.writes) == (False, [])


@pytest.mark.parametrize("style", ["dis", "gateway"])
def test_token_expired_without_a_password_fails_clearly(
    run: Run, emulator: Emulator, by_token: dict[str, Any], style: str
) -> None:
    emulator.fault("expire_token", style=style)
    result = run.complete_task(**by_token).bad()
    assert (result.iam, result.dis) == ([], ["show"])
    assert "token" in result.error["hint"].lower()


def test_revoked_token_is_renewed_though_iam_reports_not_found(
    run: Run, emulator: Emulator, auth: dict[str, str]
) -> None:
    token = emulator.mint_token()
    emulator.fault("status", operation="check_token", status=404, body={"error": {"message": "gone", "code": 404}})
    result = run.complete_task(auth={**auth, "token": token}).ok()
    assert result.iam == ["check_token", "login", "check_token"]
    assert result.changed is True


def test_token_given_and_expired_is_renewed_with_the_password(
    run: Run, emulator: Emulator, tasks: Seeded, auth: dict[str, str]
) -> None:
    tasks()
    stale = {**auth, "token": emulator.mint_token(life=0), "project_id": emulator.project_id}
    result = run(auth=stale, endpoint_override=emulator.url).ok()
    assert (result.iam, result.dis) == (["login"], ["show", "show"])


def test_token_given_and_unknown_to_iam_fails_clearly(run: Run, emulator: Emulator) -> None:
    result = run(auth={"auth_url": emulator.auth_url, "token": "fake-stale-token"}).bad()
    assert result.iam == ["check_token"]
    assert "rejected" in result.error["hint"]
    assert "fake-stale-token" not in result.everything


def test_wrong_password_at_a_renewal_is_tried_once(run: Run, emulator: Emulator, auth: dict[str, str]) -> None:
    stale = {
        **auth,
        "token": emulator.mint_token(life=0),
        "project_id": emulator.project_id,
        "password": "fake-wrong-password",
    }
    result = run(auth=stale, endpoint_override=emulator.url).bad()
    assert result.iam == ["login"]
    assert emulator.state()["logins"]["failures"] == 1


# --- where DIS is ---


@pytest.mark.parametrize("catalogue", ["both", "dis", "disv2"])
def test_catalog_contains_the_dis_endpoint(run: Run, emulator: Emulator, tasks: Seeded, catalogue: str) -> None:
    tasks()
    emulator.configure(catalogue=catalogue)
    result = run().ok()
    assert result.requests("dis")[0]["path"].startswith(f"/v2/{emulator.project_id}/streams/")


@pytest.mark.parametrize("catalogue", ["none", "other_region"])
def test_no_dis_in_this_region_is_said_so(run: Run, emulator: Emulator, catalogue: str) -> None:
    emulator.configure(catalogue=catalogue)
    result = run(region_name="eu-de").bad()
    assert "There is no DIS in region eu-de" in result.msg
    assert (result.iam, result.dis) == (["login"], [])
    if catalogue == "other_region":
        assert "eu-elsewhere" in result.msg
    else:
        assert "service catalog of the project lists only dli, identity and obs" in result.msg
        assert "endpoint_override" in result.error["hint"]


def test_no_dis_in_this_region_by_the_name_of_the_project(run: Run, emulator: Emulator) -> None:
    emulator.configure(catalogue="other_region")
    assert "There is no DIS in region eu-de" in run().bad().msg


def test_endpoint_override_takes_precedence_over_the_catalog(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks()
    emulator.configure(catalogue="none")
    assert run(endpoint_override=emulator.url).ok().dis == ["show"]


@pytest.mark.parametrize("tail", ["", "/", "/v2", "/v2/", "/v2/{project}", "/v2/$(project_id)s", "/v2/%(tenant_id)s"])
def test_endpoint_override_may_have_a_tail(run: Run, emulator: Emulator, tasks: Seeded, tail: str) -> None:
    tasks()
    override = emulator.url + tail.replace("{project}", emulator.project_id)
    result = run(endpoint_override=override).ok()
    assert result.requests("dis")[0]["path"].startswith(f"/v2/{emulator.project_id}/streams/")


@pytest.mark.parametrize("tail", ["", "/", "/v3", "/v3/"])
def test_auth_url_may_lack_the_version(
    run: Run, emulator: Emulator, tasks: Seeded, auth: dict[str, str], tail: str
) -> None:
    tasks()
    assert run(auth={**auth, "auth_url": emulator.url + tail}).ok().iam == ["login"]


def test_interface_without_an_entry_is_no_dis(run: Run) -> None:
    result = run(interface="internal").bad()
    assert "There is no DIS" in result.msg
    assert result.dis == []


@pytest.mark.parametrize("interface", ["public", "publicURL"])
def test_interface_in_both_spellings(run: Run, tasks: Seeded, interface: str) -> None:
    tasks()
    assert run(interface=interface).ok().dis == ["show"]
    assert run(endpoint_type=interface).ok().dis == ["show"]


@pytest.mark.parametrize(
    "url",
    [
        "http://dis.example.com",
        "ftp://127.0.0.1",
        "https://user:fake-url-password@dis.example.com",
        "https://dis.example.com?fake=1",
        "https://dis.example.com#part",
        "https://dis.exa mple.com",
        "https://",
        "dis.example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "https://dis.example.com:99999",
    ],
)
@pytest.mark.parametrize("option", ["auth_url", "endpoint_override"])
def test_address_that_is_not_safe_is_refused(run: Run, auth: dict[str, str], option: str, url: str) -> None:
    result = run(auth={**auth, "auth_url": url}) if option == "auth_url" else run(endpoint_override=url)
    assert option in result.bad().msg
    assert result.log == []
    assert "fake-url-password" not in result.msg


def test_address_in_the_catalogue_that_is_not_safe_is_refused(run: Run, emulator: Emulator) -> None:
    endpoint = {"interface": "public", "region": "eu-de", "url": "http://dis.example.com"}
    body = {"token": {"project": {"id": emulator.project_id, "name": "eu-de"}}}
    body["token"]["catalog"] = [{"type": "disv2", "endpoints": [endpoint]}]
    emulator.fault("status", operation="login", status=201, body=body, headers={"X-Subject-Token": "fake-token"})
    result = run().bad()
    assert "service catalog" in result.msg
    assert "https" in result.msg
    assert result.dis == []


def test_threads_whose_token_is_refused_make_one_new_login(emulator: Emulator, auth: dict[str, str]) -> None:
    api = connect(resolve([flatten("the options", {"auth": auth})]), Secrets())
    emulator.expire_tokens()
    emulator.clear_log()
    together = threading.Barrier(8)

    def ask(_number: int) -> list[str]:
        together.wait()
        return list(api.read("list the streams", "/streams")["stream_names"])

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert answers == [["meters"]] * 8
    assert len(emulator.log("iam", "login")) == 1
    emulator.expire_tokens()
    with pytest.raises(ApiError) as caught:
        api.read("list the streams", "/streams")
    assert caught.value.status == 441
    assert len(emulator.log("iam", "login")) == 1


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "socks5h://127.0.0.1:9", "socks4://127.0.0.1:9"])
def test_socks_proxy_without_its_library_reports_the_requirement(run: Run, auth: dict[str, str], proxy: str) -> None:
    assert importlib.util.find_spec("socks") is None
    result = run(auth={**auth, "auth_url": "https://iam.example.com/v3"}, env={"HTTPS_PROXY": proxy}).bad()
    assert "SOCKS proxy" in result.msg
    assert "requests[socks]" in result.error["hint"]


def test_proxy_with_an_unusable_address_is_named(run: Run, auth: dict[str, str]) -> None:
    for proxy in ("http://", "gopher://127.0.0.1:9"):
        result = run(auth={**auth, "auth_url": "https://iam.example.com/v3"}, env={"HTTPS_PROXY": proxy}).bad()
        assert "the proxy URL is invalid" in result.msg
        assert "HTTPS_PROXY" in result.error["hint"]
