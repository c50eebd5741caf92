# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that are not the service's, servers that are not there, certificates, and redirects."""

from __future__ import annotations

import socket
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Run, Seeded, Tls, Trap

    from otc_emulator.runner import Emulator

# --- answers ---


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "html", "status": 200}, ["web page", "HTTP 200"]),
        ({"kind": "not_json"}, ["instead of a response of DIS or IAM"]),
        ({"kind": "wrong_json", "body": []}, ["no JSON object"]),
        ({"kind": "wrong_json", "body": "text"}, ["no JSON object"]),
        ({"kind": "wrong_json", "body": 5}, ["no JSON object"]),
        ({"kind": "wrong_json", "body": None}, ["no JSON object"]),
        ({"kind": "status", "status": 200, "body": ""}, ["nothing"]),
    ],
    ids=str,
)
@pytest.mark.parametrize("operation", ["show_transfer_task", "login"])
def test_answer_that_is_no_json_object_fails_clearly(
    run: Run, emulator: Emulator, tasks: Seeded, operation: str, fault: dict[str, Any], words: list[str]
) -> None:
    tasks()
    emulator.fault(operation=operation, times=0, **fault)
    result = run(state="absent").bad()
    for word in words:
        assert word in result.msg
    assert len(result.log) == (1 if operation == "login" else 2)
    assert (result.changed, result.done, len(tasks.all)) == (False, [], 1)
    assert "<" not in result.msg


@pytest.mark.parametrize("operation", ["show_transfer_task", "login"])
@pytest.mark.parametrize("status", [200, 400, 503])
def test_answer_that_is_huge_is_cut_off(run: Run, emulator: Emulator, operation: str, status: int) -> None:
    emulator.fault("huge_body", operation=operation, megabytes=64, status=status, times=0)
    tracemalloc.start()
    try:
        result = run(api_timeout=30).bad()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "larger than 16 MiB" in result.msg
    assert peak < 48 * 2**20
    assert result.seconds < 10
    assert len(result.log) == (1 if operation == "login" else 2)


@pytest.mark.parametrize("kind", ["slow_body", "hang", "slow"])
@pytest.mark.parametrize("operation", ["show_transfer_task", "login"])
def test_answer_that_is_too_slow_fails_within_the_time_limit(
    run: Run, emulator: Emulator, operation: str, kind: str
) -> None:
    emulator.fault(kind, operation=operation, seconds=4, times=0)
    result = run(api_timeout=1).bad()
    assert "did not respond within 1 seconds" in result.msg
    assert "api_timeout" in result.error["hint"]
    assert result.seconds < 3.5
    assert result.writes == []


def test_answer_that_comes_slowly_but_in_time_is_taken(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks()
    emulator.fault("slow_body", operation="show_transfer_task", seconds=0.4)
    assert run().ok().task["agency_name"] == "dis_admin_agency"


# --- servers that are not there ---


@pytest.mark.parametrize("which", ["auth_url", "endpoint_override"])
def test_port_closed_fails_clearly_and_in_time(
    run: Run, auth: dict[str, str], by_token: dict[str, Any], closed_port: int, which: str
) -> None:
    url = f"http://127.0.0.1:{closed_port}"
    options = {"auth": {**auth, "auth_url": url}} if which == "auth_url" else {**by_token, "endpoint_override": url}
    result = run(**options, api_timeout=1).bad()
    assert f"127.0.0.1:{closed_port} does not accept connections" in result.msg
    assert "firewalls" in result.error["hint"]
    assert (result.seconds < 4, result.log, result.changed) == (True, [], False)


@pytest.mark.parametrize("which", ["auth_url", "endpoint_override"])
def test_name_unknown_fails_clearly_and_at_once(
    run: Run, auth: dict[str, str], by_token: dict[str, Any], monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    genuine = socket.getaddrinfo

    def unknown(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host == "dis.example.com":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return genuine(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    url = "https://dis.example.com"
    options = {"auth": {**auth, "auth_url": url}} if which == "auth_url" else {**by_token, "endpoint_override": url}
    result = run(**options).bad()
    assert "the host name dis.example.com cannot be resolved" in result.msg
    assert {"auth_url": "Check auth_url", "endpoint_override": "may not offer DIS"}[which] in result.error["hint"]
    assert (result.seconds < 2, result.log, result.changed) == (True, [], False)


def test_proxy_of_the_environment_is_not_used_for_localhost(run: Run, tasks: Seeded, trap: Trap) -> None:
    tasks()
    env = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"), trap.url)
    assert run(env=env).ok().dis == ["show"]
    assert trap.visits == []


def test_netrc_does_not_add_credentials(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks()
    netrc = run.home / ".netrc"
    netrc.write_text("machine 127.0.0.1 login fake-netrc-user password fake-netrc-password\n")
    netrc.chmod(0o600)
    result = run(env={"NETRC": str(netrc)}).ok()
    for entry in result.log:
        assert "Authorization" not in entry["headers"]


# --- certificates ---


@pytest.mark.quick
def test_certificate_of_an_unknown_authority_fails_clearly(run_tls: Run) -> None:
    result = run_tls().bad()
    assert "no secure connection to 127.0.0.1" in result.msg
    assert "certificate" in result.msg
    assert "ca_cert" in result.error["hint"]
    assert (result.log, result.changed) == ([], False)
    assert result.seconds < 3


def test_certificate_of_another_authority_fails(run_tls: Run, tls: Tls) -> None:
    assert run_tls(ca_cert=tls.stranger).bad().log == []


@pytest.mark.parametrize("word", ["ca_cert", "cacert"])
def test_certificate_with_its_authority_is_accepted(run_tls: Run, tls: Tls, word: str) -> None:
    result = run_tls.complete_task(**{word: tls.trusted}).ok()
    assert (result.actions, result.warnings) == (["create"], [])
    assert result.accepted == 1


def test_certificate_with_its_authority_in_the_environment(run_tls: Run, tls: Tls) -> None:
    assert run_tls.complete_task(env={"OS_CACERT": tls.trusted}).ok().actions == ["create"]


def test_certificate_authority_of_the_option_outweighs_that_of_requests(run_tls: Run, tls: Tls) -> None:
    assert run_tls.complete_task(ca_cert=tls.trusted, env={"REQUESTS_CA_BUNDLE": tls.stranger}).ok().actions == [
        "create"
    ]
    assert run_tls.complete_task(ca_cert=tls.stranger, env={"REQUESTS_CA_BUNDLE": tls.trusted}).bad().log == []


@pytest.mark.parametrize("word", ["validate_certs", "verify"])
@pytest.mark.parametrize("env", [{}, {"REQUESTS_CA_BUNDLE": ""}], ids=["plain", "bundle"])
def test_certificate_unchecked_works_and_warns(run_tls: Run, tls: Tls, word: str, env: dict[str, str]) -> None:
    env = dict.fromkeys(env, tls.stranger)
    result = run_tls.complete_task(**{word: False}, env=env).ok()
    assert result.actions == ["create"]
    assert len(result.warnings) == 1
    assert "TLS certificates are not verified" in result.warnings[0]


def test_certificate_unchecked_in_a_process_warns_once(run_tls: Run) -> None:
    result = run_tls.process(validate_certs=False, state="absent").ok()
    assert len(result.warnings) == 1
    assert "TLS certificates are not verified" in result.warnings[0]


def test_certificate_for_another_name_fails(run_tls: Run, tls: Tls) -> None:
    port = tls.emulator.url.rsplit(":", 1)[1]
    login = tls.emulator.login
    auth = {
        "auth_url": f"https://localhost:{port}/v3",
        "username": login["user"],
        "password": login["password"],
        "user_domain_name": login["domain"],
        "project_name": login["project"],
    }
    result = run_tls(auth=auth, ca_cert=tls.trusted).bad()
    assert "localhost" in result.msg
    assert "certificate" in result.msg.lower() or "hostname" in result.msg.lower()
    assert result.log == []


@pytest.mark.parametrize("option", ["ca_cert", "client_cert"])
def test_missing_certificate_file_is_named(run_tls: Run, tls: Tls, option: str) -> None:
    options = {"ca_cert": tls.trusted, option: "/nonexistent/file.pem"}
    result = run_tls(**options).bad()
    assert option in result.msg
    assert result.log == []


def test_client_key_without_a_certificate_is_refused(run: Run) -> None:
    result = run(client_key="/nonexistent/fake-key.pem").bad()
    assert "client_cert" in result.msg
    assert result.log == []


def test_plain_http_to_a_tls_port_fails_clearly(run_tls: Run, tls: Tls) -> None:
    url = tls.emulator.url.replace("https:", "http:")
    result = run_tls(auth={"token": "fake-token", "project_id": "a" * 32}, endpoint_override=url, api_timeout=1).bad()
    assert "show transfer task" in result.msg
    assert result.seconds < 5


# --- redirects ---

REDIRECTED = [
    ("login", {}),
    ("show_transfer_task", {}),
    ("create_transfer_task", {"task_name": "new"}),
    ("update_transfer_task", {"deliver_time_interval": 120}),
    ("delete_transfer_task", {"state": "absent"}),
    ("act_on_transfer_tasks", {"state": "stopped"}),
]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(("operation", "options"), REDIRECTED, ids=[one[0] for one in REDIRECTED])
def test_redirect_is_never_followed(
    run: Run, emulator: Emulator, tasks: Seeded, trap: Trap, operation: str, options: dict[str, Any], status: int
) -> None:
    tasks()
    before = tasks.all
    emulator.fault("redirect", operation=operation, status=status, location=f"{trap.url}/elsewhere", times=0)
    result = run.complete_task(wait_timeout=0.3, **options)
    assert trap.visits == []
    result.bad()
    assert trap.url.split("//")[1] in result.msg
    assert f"HTTP {status}" in result.msg
    assert "never followed" in result.msg
    assert len([entry for entry in result.log if entry["operation"] == operation]) == 1
    assert (result.changed, result.done) == (False, [])
    assert tasks.all == before


@pytest.mark.parametrize(
    "location", ["/v3/other", "http://fake-user:fake-redirect-password@127.0.0.1/", "", "::::", "http://["]
)
def test_redirect_to_anywhere_fails_clearly(run: Run, emulator: Emulator, location: str) -> None:
    emulator.fault("redirect", operation="login", location=location, times=0)
    result = run().bad()
    assert "redirects to" in result.msg
    assert "fake-redirect-password" not in result.everything
    assert result.iam == ["login"]


def test_cookies_are_not_kept(run: Run, emulator: Emulator) -> None:
    emulator.fault("status", "show_transfer_task", status=503, headers={"Set-Cookie": "fake=1; Path=/"})
    result = run.complete_task(state="absent").ok()
    assert [one["status"] for one in result.requests("dis")] == [503, 400]
    assert "Cookie" not in result.requests("dis")[-1]["headers"]
