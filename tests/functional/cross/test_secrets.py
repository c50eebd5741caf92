# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret is written, even on errors. Every run of the other tests is checked for this, too."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Result, Run, Seeded, Trap

    from otc_emulator.runner import Emulator

PASSWORD = 'fake/pass"word\\with %odd &chars+é'
HEADER = "fake-token-0123456789abcdef"


def assert_hidden(result: Result, *secrets: str) -> None:
    """None of the secrets is shown in any spelling that a reader could undo."""
    for secret in secrets:
        spellings = {
            secret,
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
            json.dumps(json.dumps(secret)[1:-1])[1:-1],
            json.dumps(json.dumps(secret, ensure_ascii=False)[1:-1])[1:-1],
            quote(secret),
            quote(secret, safe=""),
            base64.b64encode(secret.encode()).decode(),
        }
        for spelling in spellings:
            assert spelling not in result.everything


@pytest.fixture
def odd(emulator: Emulator, auth: dict[str, str]) -> dict[str, str]:
    """A login whose password looks different in JSON, in URLs and in Python."""
    emulator.seed(users=[{"name": "odd", "password": PASSWORD}])
    return {**auth, "username": "odd", "password": PASSWORD}


@pytest.mark.quick
def test_password_of_a_good_run_is_not_shown(run: Run, odd: dict[str, str]) -> None:
    result = run.process(auth=odd, diff=True, state="absent").ok()
    assert result.data["invocation"]["module_args"]["auth"]["password"] != PASSWORD
    assert_hidden(result, PASSWORD)


@pytest.mark.parametrize("operation", ["login", "show_transfer_task"])
@pytest.mark.parametrize("status", [400, 401, 403, 441, 500])
def test_secrets_that_the_server_echoes_are_not_shown(
    run: Run, emulator: Emulator, odd: dict[str, str], operation: str, status: int
) -> None:
    emulator.fault("echo_secrets", operation=operation, status=status, times=0)
    result = run(auth=odd, api_timeout=1).bad()
    assert result.error["status"] == status
    assert "Invalid request" in result.msg
    assert_hidden(result, PASSWORD)


@pytest.mark.parametrize("operation", ["login", "show_transfer_task"])
def test_secrets_that_the_server_echoes_are_not_shown_by_a_process(
    run: Run, emulator: Emulator, odd: dict[str, str], operation: str
) -> None:
    emulator.fault("echo_secrets", operation=operation, times=0)
    result = run.process(auth=odd).bad()
    assert "Invalid request" in result.msg
    assert_hidden(result, PASSWORD)


def test_token_that_the_server_echoes_is_not_shown(run: Run, emulator: Emulator) -> None:
    emulator.fault("echo_secrets", times=0)
    result = run.process(auth={"token": HEADER, "project_id": "a" * 32}, endpoint_override=emulator.url).bad()
    assert "Invalid request" in result.msg
    assert_hidden(result, HEADER)


@pytest.mark.parametrize("member", ["message", "code", "request_id"])
def test_secret_in_any_member_of_an_error_is_not_shown(
    run: Run, emulator: Emulator, odd: dict[str, str], member: str
) -> None:
    body = {"errorCode": "DIS.4300", "message": "no", "request_id": "1"}
    body[{"message": "message", "code": "errorCode", "request_id": "request_id"}[member]] = f"x {PASSWORD} y"
    emulator.fault("status", operation="show_transfer_task", status=400, body=body, times=0)
    assert_hidden(run(auth=odd).bad(), PASSWORD)


def test_secret_in_the_request_id_header_is_not_shown(run: Run, emulator: Emulator, by_token: dict[str, Any]) -> None:
    token = by_token["auth"]["token"]
    body = {"errorCode": "DIS.4300", "message": "no", "request_id": token}
    emulator.fault("status", operation="show_transfer_task", status=400, body=body, times=0)
    result = run(**by_token).bad()
    assert token[:40] not in result.everything


@pytest.mark.parametrize("place", ["state", "task_id", "agency_name"])
def test_secret_in_a_details_answer_is_not_shown(
    run: Run, emulator: Emulator, auth: dict[str, str], place: str
) -> None:
    block = {"agency_name": "dis_admin_agency"}
    reported: dict[str, Any] = {"state": "RUNNING", "destination_type": "DLI", "dli_destination_description": block}
    (block if place == "agency_name" else reported)[place] = auth["password"]
    emulator.fault("status", operation="show_transfer_task", status=200, body=reported, times=0)
    run(auth=auth, diff=True).ok()  # the fixture looks for the password


def test_secret_in_a_redirect_is_not_shown(run: Run, emulator: Emulator, odd: dict[str, str], trap: Trap) -> None:
    there = f"http://{quote(PASSWORD, safe='')}.example.com/{quote(PASSWORD, safe='')}?p={quote(PASSWORD)}"
    emulator.fault("redirect", operation="show_transfer_task", location=there, times=0)
    assert_hidden(run(auth=odd).bad(), PASSWORD)


@pytest.mark.parametrize(
    "token", [f"{HEADER}\n{HEADER}", f"{HEADER}\r\nX-Evil: 1", f"{HEADER} {HEADER}", f"{HEADER}é", f"{HEADER}\x00"]
)
def test_token_that_fits_no_header_is_refused_and_not_shown(run: Run, emulator: Emulator, token: str) -> None:
    result = run(auth={"token": token, "project_id": "a" * 32}, endpoint_override=emulator.url).bad()
    assert "token" in result.msg
    assert "line breaks" in result.msg
    assert result.log == []
    assert_hidden(result, token, HEADER)


@pytest.mark.parametrize("space", ["\n", " ", "\r\n"])
def test_token_with_space_around_it_is_trimmed(run: Run, tasks: Seeded, by_token: dict[str, Any], space: str) -> None:
    tasks()
    by_token["auth"]["token"] = space + by_token["auth"]["token"] + space
    result = run(**by_token).ok()
    assert result.dis == ["show"]


CLOUD_SECRETS = [
    {"auth": {"password": "fake-cloud-password"}},
    {"auth": {"passwort": "fake-cloud-password"}},
    {"password": "fake-cloud-password"},
    {"auth": {"token": "fake-cloud-password"}},
    {"auth": {"passcode": "fake-cloud-password"}},
    {"sk": "fake-cloud-password"},
    {"auth": {"secret_key": "fake-cloud-password"}},
    {"security_token": "fake-cloud-password"},
]


@pytest.mark.parametrize("cloud", CLOUD_SECRETS, ids=str)
@pytest.mark.parametrize("as_text", [False, True], ids=["dict", "text"])
def test_secret_in_a_cloud_dictionary_is_not_shown(run: Run, cloud: dict[str, Any], as_text: bool) -> None:
    cloud = {**cloud, "auth": {"auth_url": run.emulator.auth_url, "username": "nobody", **cloud.get("auth", {})}}
    result = run(auth=None, cloud=json.dumps(cloud) if as_text else cloud)
    assert result.failed
    assert_hidden(result, "fake-cloud-password")


def test_cloud_dictionary_of_a_good_run_is_not_shown(run: Run, odd: dict[str, str]) -> None:
    result = run.process(auth=None, cloud={"auth": odd}, state="absent").ok()
    assert_hidden(result, PASSWORD)


@pytest.mark.parametrize("word", ["passwort", "pasword", "secret", "unknown", "access_key", "passcode"])
def test_secret_under_a_misspelt_name_in_auth_is_not_shown(run: Run, auth: dict[str, str], word: str) -> None:
    result = run(auth={**auth, word: "fake-misspelt-secret"})
    assert result.failed
    assert_hidden(result, "fake-misspelt-secret")


def test_misspelt_secrets_are_not_shown_by_a_process(run: Run, auth: dict[str, str]) -> None:
    cloud = {"auth": {**auth, "passwort": "fake-misspelt-cloud-secret"}}
    result = run.process(auth={**auth, "passwort": "fake-misspelt-secret"}, cloud=cloud)
    assert result.failed
    assert_hidden(result, "fake-misspelt-secret", "fake-misspelt-cloud-secret")


def test_odd_token_is_not_shown_by_a_process(run: Run, emulator: Emulator) -> None:
    token = f"{HEADER}\n{HEADER}"
    result = run.process(auth={"token": token, "project_id": "a" * 32}, endpoint_override=emulator.url).bad()
    assert "line breaks" in result.msg
    assert_hidden(result, token, HEADER)


def test_secret_in_auth_as_a_text_is_not_shown(run: Run, auth: dict[str, str]) -> None:
    for written in (
        json.dumps({**auth, "passwort": "fake-text-secret"}),
        "username=a passwort=fake-text-secret",
        "{fake-text-secret",
    ):
        result = run(auth=written)
        assert result.failed
        assert_hidden(result, "fake-text-secret")


@pytest.mark.parametrize("stem", ["clouds", "secure"])
def test_password_of_a_clouds_file_is_not_shown(run: Run, emulator: Emulator, odd: dict[str, str], stem: str) -> None:
    hidden = {"password": odd.pop("password")} if stem == "secure" else {}
    (run.home / "clouds.yaml").write_text(json.dumps({"clouds": {"mine": {"auth": odd}}}))
    (run.home / "secure.yaml").write_text(json.dumps({"clouds": {"mine": {"auth": hidden}}}))
    emulator.fault("echo_secrets", times=0)
    result = run.process(auth=None, cloud="mine").bad()
    assert "Invalid request" in result.msg
    assert_hidden(result, PASSWORD)


def test_password_of_the_environment_is_not_shown(run: Run, emulator: Emulator, odd: dict[str, str]) -> None:
    env = {f"OS_{name.upper()}": value for name, value in odd.items()}
    emulator.fault("echo_secrets", times=0)
    result = run.process(auth=None, env=env).bad()
    assert "Invalid request" in result.msg
    assert_hidden(result, PASSWORD)


@pytest.mark.parametrize(
    "options",
    [
        {"endpoint_override": "https://user:fake-url-secret@dis.example.com"},
        {"endpoint_override": "https://user:fake-url-secret@[broken"},
        {"endpoint_override": "https://dis.example.com/?token=fake-url-secret"},
        {"endpoint_override": "https://dis.example.com/#fake-url-secret"},
    ],
    ids=str,
)
def test_secret_in_an_address_is_not_in_the_message(run: Run, options: dict[str, Any]) -> None:
    result = run(**options).bad()
    assert "fake-url-secret" not in result.msg
    assert result.log == []


ADDRESS_SECRET = "fake-url-secret"
WITH_PASSWORD = [
    f"https://user:{ADDRESS_SECRET}@dis.example.com/",
    f"https://:{ADDRESS_SECRET}@dis.example.com/",
    f"https://{ADDRESS_SECRET}@dis.example.com/",
    f"https://user:{ADDRESS_SECRET}%2f%40@[broken",
    f"https://user:a/b?c#d@{ADDRESS_SECRET}@dis.example.com/",
    f"//user:{ADDRESS_SECRET}@dis.example.com",
    f"https:/user:{ADDRESS_SECRET}@dis.example.com",
    f"user:{ADDRESS_SECRET}@dis.example.com",
    f"  http://user:{ADDRESS_SECRET}@127.0.0.1:1/",
]


@pytest.mark.parametrize("address", WITH_PASSWORD)
@pytest.mark.parametrize("place", ["endpoint_override", "auth_url", "cloud", "endpoint in cloud", "unknown"])
def test_password_in_any_address_is_not_shown(run: Run, auth: dict[str, str], address: str, place: str) -> None:
    options: dict[str, Any] = {
        "endpoint_override": {"endpoint_override": address},
        "auth_url": {"auth": {**auth, "auth_url": address}},
        "cloud": {"auth": None, "cloud": {"auth": {**auth, "auth_url": address}}},
        "endpoint in cloud": {"auth": None, "cloud": {"auth": auth, "dis_endpoint_override": address}},
        "unknown": {"endpoint_overide": address},
    }[place]
    result = run(diff=True, **options).data if place == "unknown" else run(diff=True, **options).bad().data
    assert result["failed"]
    assert ADDRESS_SECRET not in json.dumps(result)


def test_password_in_an_address_is_not_shown_by_a_process(run: Run) -> None:
    result = run.process(endpoint_override=WITH_PASSWORD[0]).bad()
    assert "********" in result.data["invocation"]["module_args"]["endpoint_override"]
    assert_hidden(result, ADDRESS_SECRET)


MASKS = ["VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "********", "eu-********-1"]


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("option", ["stream_name", "task_name", "agency_name", "dli_table_name", "obs_bucket_path"])
def test_mask_as_an_option_is_refused(run: Run, option: str, mask: str) -> None:
    result = run.complete_task(**{option: mask}).bad()
    assert result.error["kind"] == "invalid_options"
    assert f"{option} contains the mask" in result.msg
    assert result.log == []


def test_masks_deep_inside_options_are_refused(run: Run, run_stream: Run, auth: dict[str, str]) -> None:
    fleet = run.of("transfer_tasks", "transfer_tasks", "summary")
    entries = [{"stream_name": "meters", "task_name": "a"}, {"stream_name": MASKS[0], "task_name": "b"}]
    for result, path in (
        (run_stream(tags={"owner": MASKS[1]}).bad(), "tags.owner"),
        (run_stream(tags={MASKS[1]: "x"}).bad(), "a key of tags"),
        (run_stream(auth={**auth, "password": MASKS[1]}).bad(), "auth.password"),
        (fleet(transfer_tasks=entries).bad(), "transfer_tasks.stream_name"),
    ):
        assert f"{path} contains the mask" in result.msg
        assert result.log == []


def test_password_that_contains_a_mask_is_none(run: Run, emulator: Emulator, auth: dict[str, str]) -> None:
    emulator.seed(users=[{"name": "starry", "password": "fake-********-secret"}])
    run(auth={**auth, "username": "starry", "password": "fake-********-secret"}, state="absent").ok()


def test_masked_name_in_a_result_is_reported(run: Run, run_stream_info: Run, emulator: Emulator) -> None:
    emulator.seed(users=[{"name": "meters-user", "password": "meters"}], streams=[{"name": "meters"}, {"name": "x"}])
    auth = {"auth_url": emulator.auth_url, "username": "meters-user", "password": "meters"}
    auth |= {"user_domain_name": emulator.login["domain"], "project_name": emulator.login["project"]}
    result = run_stream_info(auth=auth).ok()
    assert sorted(stream["stream_name"] for stream in result.streams) == ["********", "x"]
    (warning,) = result.warnings
    assert "Masked in the result: streams.stream_name." in warning
    assert "password" in warning
    assert_hidden(result, '"meters"')


def test_nothing_masked_warns_of_nothing(run_stream_info: Run, emulator: Emulator) -> None:
    emulator.seed(streams=[{"name": "orders"}])
    assert run_stream_info().ok().warnings == []


def test_wrong_password_is_not_shown(run: Run, auth: dict[str, str]) -> None:
    result = run.process(auth={**auth, "password": "fake-wrong-password"}).bad()
    assert result.iam == ["login"]
    assert_hidden(result, "fake-wrong-password")


def test_path_of_the_client_key_is_shown_and_a_key_is_not(run: Run, auth: dict[str, str], tmp_path: Path) -> None:
    certificate = tmp_path / "cert.pem"
    certificate.touch()
    result = run(client_cert=str(certificate), client_key="/nonexistent/fake-key.pem").bad()
    assert "client_key in the options names a file that does not exist: /nonexistent/fake-key.pem" in result.msg
    assert result.data["invocation"]["module_args"]["client_key"] == "/nonexistent/fake-key.pem"
    key = "-----BEGIN PRIVATE KEY-----\nFAKEFAKEFAKE\n-----END PRIVATE KEY-----\n"
    pairs: list[dict[str, Any]] = [{"client_cert": str(certificate), "client_key": key}, {"cert": key}]
    pairs += [{"auth": None, "cloud": {"auth": auth, **pair}} for pair in ({"cert": "/x", "key": key}, {"cert": key})]
    pairs.append({"env": {"OS_CERT": str(certificate), "OS_KEY": key}})
    for options in pairs:
        result = run(**options).bad()
        assert "must be the path of a file, but contains a key or certificate" in result.msg
        assert result.log == []
        assert_hidden(result, "FAKEFAKEFAKE")


def test_empty_secret_masks_nothing(run: Run, emulator: Emulator, auth: dict[str, str]) -> None:
    """A mask for every empty text would make the result unreadable."""
    result = run(auth={**auth, "token": "", "passcode": ""}, state="absent")
    assert "********" not in result.everything.replace("VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "")
