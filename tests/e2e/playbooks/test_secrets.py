# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets from any source appear in no output, even with the highest verbosity."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret
from workspace import Workspace, task

PASSWORD = "not-a-real-password-5d1c"
WRONG = "not-the-real-password-8b2e"

Way = Callable[[Workspace, str], dict[str, Any]]


def as_option(workspace: Workspace, password: str) -> dict[str, Any]:
    return {"auth": {**workspace.auth, "password": password}}


def as_token(workspace: Workspace, password: str) -> dict[str, Any]:
    token = workspace.cloud.mint_token() if password == PASSWORD else WRONG
    return {"auth": {"token": token, "auth_url": workspace.cloud.auth_url}}


def as_cloud(workspace: Workspace, password: str) -> dict[str, Any]:
    return {"cloud": {"auth": {**workspace.auth, "password": password}}}


def as_variable(workspace: Workspace, password: str) -> dict[str, Any]:
    workspace.environ.update({**workspace.cloud.environ, "OS_PASSWORD": password})
    return {}


def as_file(workspace: Workspace, password: str) -> dict[str, Any]:
    entry = {"auth": {**workspace.auth, "password": password}}
    workspace.clouds({"emulated": entry})
    return {"cloud": "emulated"}


def as_vaulted(workspace: Workspace, password: str) -> dict[str, Any]:
    workspace.write("vault_password", "opens-the-vault")
    workspace.environ["ANSIBLE_VAULT_PASSWORD_FILE"] = str(workspace.folder / "vault_password")
    vault = VaultLib([("default", VaultSecret(b"opens-the-vault"))])
    text = f"vaulted_password: {password}\n"
    workspace.write("secret.yml", vault.encrypt(text).decode())
    return {"auth": {**workspace.auth, "password": "{{ vaulted_password }}"}}


@pytest.mark.parametrize("way", [as_option, as_token, as_cloud, as_variable, as_file, as_vaulted])
def test_no_secret_is_shown(workspace: Workspace, way: Way, tmp_path: Path) -> None:
    """Runs that go well, that are refused at the login and by a service that repeats the request, with -vvv."""
    workspace.cloud.reset(users=[{"name": "emulator-user", "password": PASSWORD}])
    workspace.forget_cloud()
    workspace.environ["ANSIBLE_LOG_PATH"] = str(tmp_path / "ansible.log")
    options = way(workspace, PASSWORD)
    secrets = {PASSWORD, WRONG, *(value for value in [options.get("auth", {}).get("token")] if value)}
    words = ["-vvv", "--diff", *(["-e", f"@{tmp_path / 'secret.yml'}"] if way is as_vaulted else [])]

    workspace.cloud.fault("echo_secrets", "create_transfer_task")
    tasks = [{**task(**options), "ignore_errors": True}, task(**options)]
    done = workspace.play(tasks, *words)
    assert [event.status for event in done.events] == ["ignored", "ok"], str(done)
    assert "********" in done.output, "the service repeated the token, and nothing was masked"

    workspace.cloud.fault("echo_secrets", service="iam")
    refused = workspace.play([task(**way(workspace, WRONG))], *words)
    assert refused.code == 2

    log = (tmp_path / "ansible.log").read_text("utf-8")
    shown = {
        "first run": done.output,
        "second run": refused.output,
        "log": log,
        "results": str([done.events, refused.events]),
    }
    for where, text in shown.items():
        assert len(text) > 100, where
        leaks = [line for line in text.replace("\\n", "\n").splitlines() if any(one in line for one in secrets)]
        assert leaks == [], where


@pytest.mark.parametrize("place", ["options", "environment"])
def test_no_part_of_temporary_keys_is_shown(workspace: Workspace, place: str, tmp_path: Path) -> None:
    """A service that quotes the request and what it compared, canonical request and signatures, with -vvv."""
    secrets = {"access_key": "HIDDENACCESSKEY01", "secret_key": PASSWORD, "security_token": "not-a-real-token-77aa"}
    pair = {"access": secrets["access_key"], "secret": PASSWORD, "security_token": secrets["security_token"]}
    workspace.cloud.seed(users=[{"name": "emulator-user", "access_keys": [pair]}])
    workspace.forget_cloud()
    workspace.environ["ANSIBLE_LOG_PATH"] = str(tmp_path / "ansible.log")
    where = {"endpoint_override": workspace.cloud.url, "region_name": "eu-de"}
    auth: dict[str, Any] = {"project_id": workspace.cloud.project_id}
    if place == "options":
        auth.update(secrets)
    else:
        workspace.environ.update({f"OS_{name.upper()}": value for name, value in secrets.items()})

    workspace.cloud.fault("echo_secrets", "create_transfer_task", signature=True)
    tasks = [{**task(auth=auth, **where), "ignore_errors": True}, task(auth=auth, **where)]
    done = workspace.play(tasks, "-vvv", "--diff")
    assert [event.status for event in done.events] == ["ignored", "ok"], str(done)
    assert "[******** ********]" in done.output, "the service quoted the signatures, and they were not masked"
    for text in (done.output, (tmp_path / "ansible.log").read_text("utf-8"), str(done.events)):
        assert not any(secret in text for secret in secrets.values())


def test_the_search_finds_what_is_shown(workspace: Workspace) -> None:
    """The same environment with a task that shows the secret: the tests above would detect it."""
    done = workspace.play([{"ansible.builtin.debug": {"msg": PASSWORD}}], "-vvv")
    assert PASSWORD in done.output
    assert PASSWORD in str(done.events)
