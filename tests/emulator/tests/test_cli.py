# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line, and starting from a test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
import trustme
from contract import dli

from otc_emulator.runner import HOME, EmulatorError, running


def run(*args: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(HOME)}
    return subprocess.run(
        [sys.executable, "-m", "otc_emulator", *args], env=env, capture_output=True, text=True, timeout=30, check=False
    )


def test_help_names_every_option() -> None:
    done = run("--help")
    assert done.returncode == 0
    for word in ("--seed", "--dli-table", "--start-delay", "--no-update", "--url-file", "--empty", "_emulator"):
        assert word in done.stdout


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", ""])
def test_it_listens_to_this_machine_only(host: str) -> None:
    done = run("--host", host)
    assert done.returncode == 2
    assert "loopback" in done.stderr


@pytest.mark.parametrize(("host", "shown"), [("localhost", "127.0.0.1"), ("127.0.0.2", "127.0.0.2")])
def test_other_loopback_addresses(host: str, shown: str) -> None:
    with running("--host", host) as emulator:
        assert emulator.url.startswith(f"http://{shown}:")


@pytest.mark.parametrize("arguments", [("--dli-table", "nodot"), ("--seed", "no-such-file"), ("--latency-ms", "-1")])
def test_wrong_options_are_explained(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_explained() -> None:
    with running() as emulator:
        done = run("--port", emulator.url.rsplit(":", 1)[1])
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_its_url_first_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    url_file = tmp_path / "url"
    process = subprocess.Popen(
        [sys.executable, "-m", "otc_emulator", "--url-file", str(url_file)],
        env={**os.environ, "PYTHONPATH": str(HOME)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        first = process.stdout.readline()
        url = first.removeprefix("otc_emulator listening on ").strip()
        exports = dict(process.stdout.readline().strip().removeprefix("export ").split("=", 1) for _turn in range(6))
        assert requests.get(url + "/v3", timeout=10).status_code == 200
        process.send_signal(number)
        assert process.wait(timeout=10) == 0
        assert process.stderr.read() == "GET /v3 200 version\n"
    finally:
        process.kill()
        process.communicate()
    assert url_file.read_text().strip() == url
    assert exports["OS_AUTH_URL"] == url + "/v3"
    assert exports["OS_PASSWORD"] == "emulator-password-not-real"


def test_options_add_to_the_default_contents() -> None:
    options = ["--stream", "s1", "--stream", "s2", "--agency", "a", "--bucket", "b", "--dli-table", "d.t"]
    more = ["--dli-table", "d.x:EXTERNAL", "--start-delay", "3", "--latency-ms", "1", "--no-update"]
    with running(*options, *more) as emulator:
        project = emulator.state()["projects"][emulator.project_id]
        assert sorted(project["streams"]) == ["meters", "s1", "s2"]
        assert project["agencies"] == ["a", "dis_admin_agency"]
        assert project["buckets"] == ["b", "telemetry-staging"]
        assert [one["managed"] for one in project["dli_tables"]] == [True, True, False]
        settings = emulator.control("GET", "settings")
        assert (settings["start_delay"], settings["latency_ms"], settings["update_enabled"]) == (3, 1, False)
        emulator.reset()
        assert emulator.control("GET", "settings") == settings


def test_a_seed_file_and_a_login_of_ones_own(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    contents = {
        "users": [{"name": "second", "password": "another-fake"}],
        "projects": [{"name": "eu-de_second", "streams": ["theirs"]}],
        "streams": [{"name": "ours", "tasks": ["t1"]}],
    }
    seed.write_text(json.dumps(contents))
    login = ["--user", "me", "--password", "fake-pw", "--domain", "mine", "--project", "eu-de_mine"]
    with running("--empty", "--seed", str(seed), *login) as emulator:
        assert emulator.environ["OS_USERNAME"] == "me"
        assert emulator.environ["OS_PROJECT_NAME"] == "eu-de_mine"
        projects = {one["name"]: sorted(one["streams"]) for one in emulator.state()["projects"].values()}
        assert projects == {"eu-de_mine": ["ours"], "eu-de_second": ["theirs"]}
        assert list(emulator.tasks("ours")) == ["t1"]


def test_it_speaks_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    for blob in issued.cert_chain_pems:
        blob.write_to_path(tmp_path / "cert.pem", append=True)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with running("--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem")) as emulator:
        assert emulator.url.startswith("https://")
        url = f"{emulator.url}/v2/{emulator.project_id}/streams/meters/transfer-tasks"
        headers = {"X-Auth-Token": emulator.mint_token()}
        ca = str(tmp_path / "ca.pem")
        assert requests.post(url, headers=headers, json=dli(), verify=ca, timeout=10).status_code == 201
        for kind in ("lost_after", "reset", "cut_body"):
            emulator.fault(kind)
            with pytest.raises(requests.exceptions.RequestException):
                requests.get(url, headers=headers, verify=ca, timeout=10)
        assert requests.get(url, headers=headers, verify=ca, timeout=10).status_code == 200


def test_a_failed_start_reports_the_cause() -> None:
    with pytest.raises(EmulatorError, match="loopback"), running("--host", "0.0.0.0"):
        pass


def test_it_ends_with_the_block_and_with_its_starter() -> None:
    code = """if True:
        import sys
        from otc_emulator.runner import running
        with running() as emulator:
            print(emulator.url, flush=True)
            sys.stdin.read()
    """
    starter = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(HOME)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert starter.stdout is not None
    url = starter.stdout.readline().strip()
    assert requests.get(url + "/v3", timeout=10).status_code == 200
    starter.kill()
    starter.communicate()
    for _turn in range(100):
        try:
            requests.get(url + "/v3", timeout=10)
        except requests.exceptions.ConnectionError:
            return
    pytest.fail("the emulator outlived its starter")
