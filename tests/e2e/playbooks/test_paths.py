# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Relative paths are relative to the working directory of Ansible, in every execution mode."""

from __future__ import annotations

import os
from typing import Any

import ansible_cli
import pytest
import yaml
from workspace import Workspace


@pytest.fixture
def here(workspace: Workspace) -> Workspace:
    """A user beside a ``clouds.yaml``, with playbooks in a folder below and another account in the home folder."""
    workspace.forget_cloud()
    workspace.environ["ANSIBLE_ASYNC_DIR"] = str(workspace.folder / "async")
    for folder in ("home/.config/openstack", "playbooks"):
        (workspace.folder / folder).mkdir(parents=True, exist_ok=True)
    other = {"clouds": {"mine": {"auth": {**workspace.auth, "auth_url": "http://127.0.0.1:9/v3"}}}}
    (workspace.folder / "home/.config/openstack/clouds.yaml").write_text(yaml.safe_dump(other))
    workspace.write("clouds.yaml", {"clouds": {"mine": {"auth": workspace.auth}}})
    return workspace


def play(here: Workspace, tasks: list[dict[str, Any]], *words: str) -> ansible_cli.Run:
    """Run tasks of a playbook in the folder below."""
    here.write("playbooks/site.yml", [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}])
    return here.playbook("playbooks/site.yml", *words)


INFO = {"otc.dis.stream_info": {"cloud": "mine"}}
WAYS: list[dict[str, Any]] = [
    {"name": "Inside the controller", **INFO},
    {"name": "As a process", **INFO, "environment": {"SOMETHING": "set"}},
    {"name": "Asynchronous", **INFO, "async": 60, "poll": 1},
    {"name": "Delegated", **INFO, "delegate_to": "localhost"},
]


def test_clouds_file_in_the_working_directory_works_on_every_surface(here: Workspace) -> None:
    here.write("playbooks/imported.yml", [{"import_playbook": "otc.dis.export"}])
    here.write("streams.dis.yml", {"plugin": "otc.dis.streams", "cloud": "mine"})
    run = play(here, WAYS)
    assert run.code == 0, str(run)
    assert len(run.of("otc.dis.stream_info")) == len(WAYS)
    commands = [
        ["ansible", "localhost", "-m", "otc.dis.stream_info", "-a", "cloud=mine"],
        ["ansible-playbook", "playbooks/imported.yml", "-e", "export_cloud=mine", "-e", "export_file=all.yml"],
        [
            "ansible-playbook",
            "otc.dis.health",
            "-e",
            "transfer_health_cloud=mine",
            "-e",
            "transfer_health_report=h.html",
        ]
        + ["-e", "transfer_health_allow_empty=true"],
    ]
    for command in commands:
        run = ansible_cli.run(command, here.environ, here.folder)
        assert run.code == 0, str(run)
    assert (here.folder / "all.yml").is_file()
    assert (here.folder / "h.html").is_file()
    assert str(here.folder / "h.html") in run.stdout.replace("\n", "")
    run = ansible_cli.run(["ansible-inventory", "-i", "streams.dis.yml", "--list"], here.environ, here.folder)
    assert "meters" in run.stdout, str(run)


def test_file_beside_the_playbook_serves_when_there_is_none_where_ansible_was_started(here: Workspace) -> None:
    (here.folder / "clouds.yaml").rename(here.folder / "playbooks/clouds.yaml")
    run = play(here, WAYS[:2])
    assert run.code == 0, str(run)


def test_named_clouds_file_is_taken_or_the_run_fails(here: Workspace) -> None:
    (here.folder / "clouds.yaml").rename(here.folder / "dev.yaml")
    here.environ["OS_CLIENT_CONFIG_FILE"] = "dev.yaml"
    run = play(here, WAYS[:2])
    assert run.code == 0, str(run)
    (here.folder / "dev.yaml").unlink()
    run = play(here, [{**one, "ignore_errors": True} for one in WAYS[:2]])
    for event in run.of("otc.dis.stream_info"):
        for folder in (here.folder, here.folder / "playbooks"):
            assert str(folder / "dev.yaml") in event.result["msg"], str(run)
        assert "OS_CLIENT_CONFIG_FILE" in event.result["msg"]


def test_failure_names_the_variable_that_the_user_set_and_the_places(here: Workspace) -> None:
    (here.folder / "clouds.yaml").unlink()
    (here.folder / "home/.config/openstack/clouds.yaml").unlink()
    run = here.playbook("otc.dis.export", "-e", "export_cloud=mine", "-e", "export_file=all.yml")
    result = run.of("otc.dis.stream_info")[0].result
    assert 'export_cloud is "mine", but ' in result["msg"], str(run)
    assert str(here.folder) in result["msg"]
    assert "OS_CLOUD" not in result["msg"]


def test_records_are_read_from_where_ansible_was_started(here: Workspace) -> None:
    here.write("lines.txt", "one\ntwo\n")
    put = {"action": "put", "cloud": "mine", "stream_name": "meters", "src": "lines.txt"}
    run = play(here, [{"otc.dis.records": put}, {"otc.dis.records": put, "environment": {"SOMETHING": "set"}}])
    assert run.code == 0, str(run)


def test_vaulted_clouds_file_is_read_inside_the_controller(here: Workspace) -> None:
    here.write("vault.txt", "fake-vault-password\n")
    words = ["--vault-password-file", "vault.txt"]
    value = ansible_cli.run(
        ["ansible-vault", "encrypt_string", *words, here.auth["password"]], here.environ, here.folder
    ).stdout
    plain = yaml.safe_dump({"clouds": {"mine": {"auth": {**here.auth, "password": "PLACE"}}}})
    indented = value.rstrip().replace("\n", "\n" + " " * 8)
    for encrypt_file in (False, True):
        here.write("clouds.yaml", plain.replace("PLACE", indented))
        if encrypt_file:
            ansible_cli.run(["ansible-vault", "encrypt", *words, "clouds.yaml"], here.environ, here.folder)
        run = play(here, [WAYS[0], {**WAYS[1], "ignore_errors": True}], *words)
        assert [event.status for event in run.of("otc.dis.stream_info")] == ["ok", "ignored"], str(run)
        failure = run.of("otc.dis.stream_info")[1].result["msg"]
        assert "is encrypted with Ansible Vault" in failure
        assert "option cloud" in failure
        here.write("streams.dis.yml", {"plugin": "otc.dis.streams", "cloud": "mine"})
        command = ["ansible-inventory", "-i", "streams.dis.yml", "--list", *words]
        assert "meters" in ansible_cli.run(command, here.environ, here.folder).stdout
        without = play(here, WAYS[:1])
        assert "no vault secret of this run can decrypt it" in without.output.replace("\n", " ")
        assert here.auth["password"] not in without.output + run.output


def test_nothing_but_regular_files_is_opened(here: Workspace) -> None:
    """A pipe without a writer would block a run forever."""
    os.mkfifo(here.folder / "pipe")
    put = {"action": "put", "cloud": "mine", "stream_name": "meters", "src": "pipe"}
    options = [{"cloud": "mine", name: "pipe"} for name in ("ca_cert", "client_cert", "token_cache")]
    options.append({"cloud": "mine", "client_cert": "clouds.yaml", "client_key": "pipe"})
    tasks: list[dict[str, Any]] = [{"otc.dis.stream_info": one, "ignore_errors": True} for one in options]
    tasks.append({"otc.dis.records": put, "ignore_errors": True})
    tasks.append({**INFO, "environment": {"OS_CLIENT_CONFIG_FILE": "pipe"}, "ignore_errors": True})
    run = play(here, tasks)
    events = [*run.of("otc.dis.stream_info"), *run.of("otc.dis.records")]
    assert len(events) == len(tasks)
    for event in events:
        assert event.status == "ignored"
        assert "regular file" in event.result["msg"], str(run)


def test_certificates_and_token_cache_begin_where_ansible_was_started(here: Workspace) -> None:
    (here.folder / "private").mkdir(mode=0o700)
    here.write("ca.pem", "no certificate")
    cached = {"cloud": "mine", "token_cache": "private/tokens.json"}
    missing = {"cloud": "mine", "ca_cert": "certs/ca.pem"}
    tasks = [{"otc.dis.stream_info": one, "ignore_errors": True} for one in (cached, missing)]
    run = play(here, [*tasks, {**tasks[0], "environment": {"SOMETHING": "set"}}])
    first, second, third = run.of("otc.dis.stream_info")
    assert (first.status, second.status, third.status) == ("ok", "ignored", "ok"), str(run)
    assert (here.folder / "private/tokens.json").is_file()
    for folder in (here.folder, here.folder / "playbooks"):
        assert str(folder / "certs/ca.pem") in second.result["msg"]
