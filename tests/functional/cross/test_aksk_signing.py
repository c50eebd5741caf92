# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests signed with access keys, against a service that verifies every signature."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Result, Run, Seeded

    from otc_emulator.runner import Emulator

FORMS = ["credential", "credential_empty", "access"]
SECURITY_TOKEN = "fake-security-token-0123456789"
SECRET = "fake-temporary-secret-key-01"


@pytest.fixture
def keys(emulator: Emulator) -> dict[str, str]:
    """``auth`` with permanent keys and all else that is needed beside an address of DIS."""
    login = emulator.login
    return {"access_key": login["access_key"], "secret_key": login["secret_key"], "project_id": emulator.project_id}


@pytest.fixture
def signed(emulator: Emulator, keys: dict[str, str]) -> dict[str, Any]:
    """Options that need no request to IAM."""
    return {"auth": keys, "endpoint_override": emulator.url, "region_name": "eu-de"}


@pytest.fixture
def temporary(emulator: Emulator, keys: dict[str, str]) -> dict[str, str]:
    """``auth`` with temporary keys."""
    pair = {"access": "TEMPORARYKEY00000001", "secret": SECRET, "security_token": SECURITY_TOKEN, "life": 900}
    emulator.seed(users=[{"name": "emulator-user", "access_keys": [pair]}])
    return {**keys, "access_key": pair["access"], "secret_key": SECRET, "security_token": SECURITY_TOKEN}


def hidden(result: Result, *secrets: str) -> None:
    """No secret is shown, and no signature either."""
    for secret in secrets:
        assert secret not in result.everything


@pytest.mark.quick
@pytest.mark.parametrize("form", [None, *FORMS])
def test_signed_run_does_all_that_a_run_with_a_token_does(
    run: Run, emulator: Emulator, signed: dict[str, Any], form: str | None
) -> None:
    emulator.configure(signature_forms=[form or "credential"])
    signed["signature_form"] = form
    made = run.complete_task(**signed).ok()
    assert (made.actions, made.iam) == (["create"], [])
    assert all(one["headers"]["Authorization"].startswith("sha256:") for one in made.log)
    assert all("X-Auth-Token" not in one["headers"] for one in made.log)
    assert {one["headers"]["X-Project-Id"] for one in made.log} == {emulator.project_id}
    again = run.complete_task(**signed).ok()
    assert (again.changed, again.dis) == (False, ["show"])
    assert run(state="absent", **signed).ok().actions == ["delete"]
    hidden(made, signed["auth"]["secret_key"], signed["auth"]["access_key"])


def test_form_that_the_cloud_does_not_take_is_refused_with_a_hint(
    run: Run, emulator: Emulator, signed: dict[str, Any]
) -> None:
    emulator.configure(signature_forms=["access"])
    result = run(**signed).bad()
    assert (result.error["status"], result.error["code"]) == (441, "DIS.4112")
    assert "auth.access_key in the options and auth.secret_key in the options" in result.error["hint"]
    assert "signature_form" in result.error["hint"]
    assert result.dis == ["show"]


def test_temporary_keys(run: Run, emulator: Emulator, signed: dict[str, Any], temporary: dict[str, str]) -> None:
    made = run.process(**{**signed, "auth": temporary, "state": "absent"}).ok()
    assert made.dis == ["show"]
    hidden(made, SECRET, SECURITY_TOKEN)
    emulator.advance_clock(901)
    ended = run(**{**signed, "auth": temporary}).bad()
    assert ended.error["status"] == 441
    assert ended.dis == ["show"]


def test_temporary_keys_without_their_token_are_refused_once(
    run: Run, signed: dict[str, Any], temporary: dict[str, str]
) -> None:
    del temporary["security_token"]
    result = run(**{**signed, "auth": temporary}).bad()
    assert (result.error["code"], result.dis) == ("DIS.4107", ["show"])
    assert "security_token" in result.error["hint"]


def test_every_repeat_is_signed_anew(run: Run, emulator: Emulator, tasks: Seeded, signed: dict[str, Any]) -> None:
    """A second passes between the two, so the dates must differ; the service would take the old one all the same."""
    tasks()
    emulator.fault("throttle_429", operation="show_transfer_task", retry_after=1)
    result = run(**signed).ok()
    first, second = result.requests("dis")
    assert first["headers"]["X-Sdk-Date"] < second["headers"]["X-Sdk-Date"]
    assert first["headers"]["Authorization"] != second["headers"]["Authorization"]


def test_signed_bytes_are_those_that_are_sent(run: Run, emulator: Emulator, signed: dict[str, Any]) -> None:
    """A text beyond ASCII, and a query with more than one parameter."""
    stream = run.of("stream", "actions", "stream", stream_name="orders", partition_count=1, wait_interval=0.05)
    made = stream(tags={"owner": "计量"}, **signed).ok()
    assert made.actions[0] == "create"
    assert stream(tags={"owner": "计量"}, **signed).ok().changed is False
    emulator.seed(streams=[f"s-{number}" for number in range(120)])
    listed = run.of("stream_info", "streams")(**signed).ok()
    assert len(listed.streams) == 122


@pytest.mark.parametrize("form", FORMS)
def test_project_by_name_is_looked_up_once(
    run: Run, emulator: Emulator, tasks: Seeded, keys: dict[str, str], form: str
) -> None:
    tasks()
    emulator.seed(projects=["eu-de_other"])
    del keys["project_id"]
    auth = {**keys, "project_name": "eu-de", "auth_url": emulator.auth_url}
    result = run(auth=auth, endpoint_override=emulator.url, signature_form=form).ok()
    assert (result.iam, result.dis) == (["list_projects"], ["show"])


def test_address_of_dis_is_taken_from_the_catalogue(
    run: Run, emulator: Emulator, tasks: Seeded, keys: dict[str, str]
) -> None:
    tasks()
    for catalogue in ("both", "dis", "disv2"):
        emulator.configure(catalogue=catalogue)
        result = run(auth={**keys, "auth_url": emulator.auth_url}, region_name="eu-de").ok()
        assert (result.iam, result.dis) == (["show_catalogue"], ["show"])
    emulator.configure(catalogue="none")
    refused = run(auth={**keys, "auth_url": emulator.auth_url}, region_name="eu-de").bad()
    assert "There is no DIS in region eu-de" in refused.msg


@pytest.mark.parametrize("name", ["eu-de_nowhere", "EU-DE"])
def test_project_that_the_keys_do_not_open_is_named(
    run: Run, emulator: Emulator, keys: dict[str, str], name: str
) -> None:
    del keys["project_id"]
    auth = {**keys, "project_name": name, "auth_url": emulator.auth_url}
    result = run(auth=auth, endpoint_override=emulator.url, region_name="eu-de").bad()
    assert f"The keys have access to no project named {name}" in result.msg
    assert result.dis == []


def test_keys_of_another_project_are_refused_by_the_service(
    run: Run, emulator: Emulator, signed: dict[str, Any]
) -> None:
    emulator.seed(users=[{"name": "guest", "projects": [], "access_keys": [{"access": "GUESTKEY", "secret": SECRET}]}])
    auth = {**signed["auth"], "access_key": "GUESTKEY", "secret_key": SECRET}
    assert run(**{**signed, "auth": auth}).bad().error["code"] == "DIS.4117"


# --- where keys come from ---


def test_keys_of_the_environment(run: Run, emulator: Emulator, keys: dict[str, str]) -> None:
    env = {
        "OS_ACCESS_KEY": keys["access_key"],
        "OS_SECRET_KEY": keys["secret_key"],
        "OS_PROJECT_NAME": "eu-de",
        "OS_AUTH_URL": emulator.auth_url,
        "OS_SECURITY_TOKEN": "",
        "OTC_DIS_SIGNATURE_FORM": "",
    }
    assert run(auth=None, env=env, state="absent").ok().iam == ["list_projects", "show_catalogue"]
    short = {"OS_AK": keys["access_key"], "OS_SK": keys["secret_key"], "OS_PROJECT_ID": emulator.project_id}
    env = {**short, "OS_DIS_ENDPOINT_OVERRIDE": emulator.url, "OTC_DIS_SIGNATURE_FORM": "access"}
    assert run.process(auth=None, env=env, state="absent").ok().iam == []


@pytest.mark.parametrize("place", ["auth", "top"])
def test_keys_of_a_clouds_file(run: Run, emulator: Emulator, keys: dict[str, str], place: str) -> None:
    pair = {"ak": keys["access_key"], "sk": keys["secret_key"]}
    entry: dict[str, Any] = {"auth": {"auth_url": emulator.auth_url, "project_name": "eu-de"}}
    (entry["auth"] if place == "auth" else entry).update(pair)
    (run.home / "clouds.yaml").write_text(json.dumps({"clouds": {"mine": entry}}))
    result = run(auth=None, cloud="mine", state="absent").ok()
    assert result.iam == ["list_projects", "show_catalogue"]
    hidden(result, keys["secret_key"])


def test_secret_key_of_a_secure_file_is_named_by_it(run: Run, emulator: Emulator, keys: dict[str, str]) -> None:
    entry = {"auth": {"access_key": keys["access_key"], "project_id": emulator.project_id}, "region_name": "eu-de"}
    (run.home / "clouds.yaml").write_text(json.dumps({"clouds": {"mine": entry}}))
    (run.home / "secure.yaml").write_text(json.dumps({"clouds": {"mine": {"auth": {"secret_key": "fake-wrong-key"}}}}))
    result = run(auth=None, cloud="mine", endpoint_override=emulator.url).bad()
    assert f'auth.access_key in cloud "mine" in {run.home}/clouds.yaml' in result.error["hint"]
    assert f'auth.secret_key in cloud "mine" in {run.home}/secure.yaml' in result.error["hint"]
    assert (result.error["code"], result.dis) == ("DIS.4100", ["show"])
    hidden(result, "fake-wrong-key")


def test_user_takes_precedence_over_keys_of_the_same_source_by_default(
    run: Run, emulator: Emulator, auth: dict[str, str], keys: dict[str, str]
) -> None:
    """Many clouds files contain keys for OBS beside a user."""
    both = {**auth, "access_key": keys["access_key"], "secret_key": keys["secret_key"]}
    assert run(auth=both, state="absent").ok().iam == ["login"]
    signed = run(auth=both, auth_type="aksk", state="absent").ok()
    assert signed.iam == ["list_projects", "show_catalogue"]
    assert run(auth=both, auth_type="password", state="absent").ok().iam == ["login"]


def test_keys_of_a_more_important_place_go_before_the_environments_user(
    run: Run, emulator: Emulator, signed: dict[str, Any]
) -> None:
    assert run(env=emulator.environ, state="absent", **signed).ok().iam == []


def test_secret_key_is_never_used_with_the_access_key_of_another_source(
    run: Run, emulator: Emulator, signed: dict[str, Any]
) -> None:
    env = {"OS_ACCESS_KEY": "OTHERKEY", "OS_SECRET_KEY": signed["auth"].pop("secret_key")}
    result = run(env=env, **signed).bad()
    assert "no secret key" in result.msg
    assert "auth.access_key in the options" in result.msg
    assert result.log == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"secret_key": None}, ["access key is specified (from auth.access_key in the options), but no secret key"]),
        ({"access_key": None}, ["secret key is specified (from auth.secret_key in the options), but no access key"]),
        ({"access_key": "has blanks"}, ["The access key (from auth.access_key in the options) is invalid"]),
        ({"access_key": "with/slash"}, ["letters, digits"]),
        ({"secret_key": "two words"}, ["The secret key from auth.secret_key in the options contains whitespace"]),
        (
            {"security_token": "two\nlines"},
            ["The security token from auth.security_token in the options contains whitespace"],
        ),
        ({"project_id": None}, ["No project"]),
    ],
    ids=str,
)
def test_keys_that_cannot_work_are_refused_before_anything_is_sent(
    run: Run, signed: dict[str, Any], change: dict[str, Any], words: list[str]
) -> None:
    signed["auth"].update(change)
    result = run(**signed).bad()
    for word in words:
        assert word in result.msg
    assert result.log == []
    hidden(result, "has blanks", "with/slash", "two words", "two\nlines", "two\\nlines")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"signature_form": "sigv4"}, ["signature_form is 'sigv4'", "credential, credential_empty, access"]),
        ({"region_name": None}, ["region is unknown", "region_name", "signature_form"]),
        ({"auth_type": "aksk", "auth": {"token": "fake-token"}}, ["auth_type is aksk", "no keys are specified"]),
        ({"endpoint_override": None}, ["auth_url is missing"]),
    ],
    ids=str,
)
def test_settings_around_keys_are_refused_before_anything_is_sent(
    run: Run, signed: dict[str, Any], options: dict[str, Any], words: list[str]
) -> None:
    result = run(**{**signed, **options}).bad()
    for word in words:
        assert word in result.msg
    assert result.log == []


# --- rejections by the service ---


def test_clock_skew_is_reported_without_a_retry(run: Run, emulator: Emulator, signed: dict[str, Any]) -> None:
    emulator.configure(signature_window=0)
    emulator.advance_clock(5000)
    result = run(**signed).bad()
    assert (result.error["code"], result.dis) == ("DIS.4105", ["show"])


@pytest.mark.parametrize("status", [400, 401, 403, 441, 500])
@pytest.mark.parametrize("signature", [False, True], ids=["request", "canonical"])
def test_signed_request_that_the_service_quotes_shows_no_secret(
    run: Run,
    emulator: Emulator,
    signed: dict[str, Any],
    temporary: dict[str, str],
    status: int,
    signature: bool,
) -> None:
    emulator.fault("echo_secrets", service="dis", status=status, signature=signature, times=0)
    start = run.process if status == 403 else run
    result = start(**{**signed, "auth": temporary, "api_timeout": 1}).bad()
    assert "Invalid request" in result.msg
    hidden(result, SECRET, SECURITY_TOKEN, temporary["access_key"])
    assert not re.search(r"Signature=[0-9a-f]{16}", result.everything)
    if signature:
        assert "[******** ********]" in result.msg


def test_iam_that_quotes_the_access_key_does_not_make_us_show_it(
    run: Run, emulator: Emulator, keys: dict[str, str]
) -> None:
    del keys["project_id"]
    auth = {**keys, "access_key": "UNKNOWNKEY0001", "project_name": "eu-de", "auth_url": emulator.auth_url}
    result = run(auth=auth).bad()
    assert (result.error["code"], result.iam) == ("APIG.0301", ["list_projects"])
    assert "The keys are from" in result.error["hint"]
    hidden(result, "UNKNOWNKEY0001", keys["secret_key"])
