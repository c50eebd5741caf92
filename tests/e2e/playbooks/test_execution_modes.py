# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Execution modes: in the controller process, or in a subprocess if a keyword needs it; the results are the same."""

from __future__ import annotations

import getpass
import json
import re
import sys
from typing import Any

import ansible_cli
import pytest
from ansible.parsing.vault import VaultLib, VaultSecret
from workspace import DESIRED, MODULE, Workspace, good, task

LOOP = {"loop": ["one", "two", "three"]}
PROCESS: dict[str, Any] = {"environment": {"ANY": "thing"}}
"""Keywords with which a task needs a subprocess."""
MOVING = re.compile(r"[0-9a-f]{32}|[A-Za-z0-9]{19,20}|[0-9]{13}|20[0-9]{2}-[0-9-]+T[0-9:.]+Z?")
"""Ids and times, which differ from cloud to cloud."""


def looped(**more: Any) -> dict[str, Any]:
    """A task of ours for each of three items."""
    return {**task(task_name="{{ item }}", state="absent"), **LOOP, **more}


def logins(workspace: Workspace) -> int:
    """The number of logins since the last call."""
    number = len(workspace.cloud.log("iam"))
    workspace.cloud.clear_log()
    return number


@pytest.mark.quick
def test_items_of_a_loop_share_a_login(workspace: Workspace) -> None:
    done = good(workspace.play([looped()]))
    assert len(done.of(MODULE)[0].items) == 3
    assert logins(workspace) == 1


def test_empty_environment_needs_no_subprocess(workspace: Workspace) -> None:
    good(workspace.play([looped(environment="{{ nothing | default({}) }}")]))
    assert logins(workspace) == 1


@pytest.mark.parametrize(
    "words",
    [{"vars": {"ansible_python_interpreter": word}} for word in ("{{ ansible_playbook_python }}", "auto_silent")],
)
def test_interpreter_of_ansible_needs_no_subprocess(workspace: Workspace, words: dict[str, Any]) -> None:
    good(workspace.play([looped(**words)]))
    assert logins(workspace) == 1


def test_keyword_that_needs_a_subprocess_gets_one(workspace: Workspace) -> None:
    """Only processes log in for each item."""
    hosts = {
        "localhost": HERE,
        "elsewhere": {**HERE, "ansible_connection": "ssh", "ansible_ssh_executable": ssh(workspace)},
    }
    inventory = ["-i", str(workspace.write("hosts.yml", {"all": {"hosts": hosts}}))]
    asking: dict[str, dict[str, Any]] = {
        "environment": PROCESS,
        "interpreter": {"vars": {"ansible_python_interpreter": interpreter(workspace)}},
        "async": {"async": 60, "poll": 1},
        "become": {"become": True, "become_user": getpass.getuser()},
        "elsewhere": {"delegate_to": "elsewhere"},
    }
    workspace.environ["ANSIBLE_ASYNC_DIR"] = str(workspace.folder / "async")
    for what, words in asking.items():
        done = workspace.play([looped(**words)], *inventory)
        assert done.code == 0, f"{what}: {done}"
        assert logins(workspace) == 3, what
    good(workspace.play([looped()], *inventory, **PROCESS))
    assert logins(workspace) == 3
    good(workspace.play([looped(delegate_to="localhost")], *inventory, hosts="elsewhere"))
    assert logins(workspace) == 1
    workspace.environ["ANSIBLE_KEEP_REMOTE_FILES"] = "1"
    good(workspace.play([looped()]))
    assert logins(workspace) == 3
    assert list(workspace.folder.rglob("AnsiballZ_dli_transfer_task.py"))


HERE = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}


def interpreter(workspace: Workspace) -> str:
    """This Python under another name."""
    return program(workspace, "python", f'exec {sys.executable} "$@"')


def ssh(workspace: Workspace) -> str:
    """In place of ssh: runs its last word, which is the command, on this machine."""
    workspace.environ["ANSIBLE_PIPELINING"] = "True"
    return program(workspace, "ssh", 'for word in "$@"; do :; done', 'exec sh -c "$word"')


def program(workspace: Workspace, name: str, *lines: str) -> str:
    path = workspace.write(name, "\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return str(path)


def test_items_with_other_credentials_do_not_mix(workspace: Workspace) -> None:
    workspace.cloud.reset(
        users=[{"name": name, "password": f"not-a-real-password-of-{name}"} for name in ("emulator-user", "other-user")]
    )
    workspace.forget_cloud()
    auth = {**workspace.auth, "username": "{{ item.0 }}", "password": "not-a-real-password-of-{{ item.1 }}"}
    pairs = [["emulator-user"] * 2, ["other-user"] * 2, ["emulator-user", "other-user"], ["emulator-user"] * 2]
    done = workspace.play([{**task(auth=auth, state="absent"), "loop": pairs, "ignore_errors": True}])
    assert ["error" in one for one in done.of(MODULE)[0].items] == [False, False, True, False], str(done)
    assert logins(workspace) == 3


def test_a_loop_shows_no_secret(workspace: Workspace) -> None:
    """With all the talk there is, a vaulted password, and a service that repeats the token."""
    password = "not-a-real-password-5d1c"
    workspace.cloud.reset(users=[{"name": "emulator-user", "password": password}])
    workspace.forget_cloud()
    workspace.write("vault_password", "opens-the-vault")
    workspace.environ["ANSIBLE_VAULT_PASSWORD_FILE"] = str(workspace.folder / "vault_password")
    vault = VaultLib([("default", VaultSecret(b"opens-the-vault"))])
    lines = ["".join(f"  {line}\n" for line in vault.encrypt(password).decode().splitlines())]
    variables = workspace.write("vars.yml", "vaulted: !vault |\n" + "".join(lines))
    workspace.cloud.fault("echo_secrets", operation="show_transfer_task", skip=1)
    auth = {**workspace.auth, "password": "{{ vaulted }}"}
    done = workspace.play(
        [
            {
                **looped(),
                MODULE: {**DESIRED, "task_name": "{{ item }}", "state": "absent", "auth": auth},
                "ignore_errors": True,
            }
        ],
        *("-vvvv", "--diff", "-e", f"@{variables}"),
    )
    assert ["error" in one for one in done.of(MODULE)[0].items] == [False, True, False], str(done)
    (login,) = workspace.cloud.log("iam")
    assert "********" in done.output
    tokens = {entry["headers"].get("X-Auth-Token") for entry in workspace.cloud.log("dis")}
    assert not [line for line in (done.output + str(done.events)).splitlines() if password in line]
    assert tokens
    assert login


def test_a_task_that_takes_too_long_is_stopped(workspace: Workspace) -> None:
    workspace.cloud.fault("hang", operation="show_transfer_task", times=1)
    tasks = [
        {**task(state="absent"), "timeout": 1, "ignore_errors": True},
        {**task(state="absent"), "register": "after"},
    ]
    done = workspace.play(tasks)
    assert done.code == 0, str(done)
    assert [event.status for event in done.events] == ["ignored", "ok"]
    assert "Traceback" not in done.output


LIFE: list[dict[str, Any]] = [
    {"otc.dis.stream": {"stream_name": "orders", "partition_count": 2, "tags": {"team": "meters"}}},
    {"otc.dis.stream": {"name": "orders", "stream_name": "orders", "partition_count": "2"}},
    {"otc.dis.stream_info": {"stream_name": "orders"}},
    {MODULE: DESIRED},
    {MODULE: DESIRED, "check_mode": True},
    {MODULE: {**DESIRED, "deliver_time_interval": 60}, "check_mode": True},
    {MODULE: {**DESIRED, "deliver_time_interval": "60", "validate_certs": False}},
    {MODULE: {**DESIRED, "deliver_time_interval": 5}},
    {MODULE: {**DESIRED, "deliver_interval": 5}},
    {MODULE: {"stream_name": "meters"}},
    {MODULE: {**DESIRED, "state": "gone"}},
    {MODULE: {**DESIRED, "stream_name": "unknown"}},
    {"otc.dis.transfer_task_info": {"task_name": "meters-to-dli"}},
    {"otc.dis.transfer_task_info": {"stream_name": "meters"}},
    {"otc.dis.app": {"app_name": "reader"}},
    {"otc.dis.app_info": {"app_name": "reader", "name_pattern": "r*"}},
    {"otc.dis.app_info": {}},
    {"otc.dis.records": {"stream_name": "meters", "action": "put", "records": [{"data": "{{ 6 * 7 }}"}]}},
    {"otc.dis.records": {"stream_name": "meters", "action": "put", "src": "records.jsonl"}},
    {"otc.dis.checkpoint": {"stream_name": "meters", "app_name": "reader", "state": "present"}},
    {"otc.dis.checkpoint_info": {"stream_name": "meters", "app_name": "reader"}},
    {MODULE: {**DESIRED, "auth": {"pasword": "not-a-real-password-1f2e"}, "state": "absent"}},
    {MODULE: {**DESIRED, "state": "absent"}},
]
"""Tasks that succeed, warn, are refused and fail, one after the other."""


def test_both_execution_modes_return_the_same_results(workspace: Workspace) -> None:
    """Complete results, as variables see them, and the same requests."""
    workspace.environ["ANSIBLE_INJECT_INVOCATION"] = "True"
    (workspace.folder / "plays").mkdir()  # not where Ansible is started
    workspace.write("plays/records.jsonl", '{"data": "one"}\n{"data": "two"}\n')
    tasks = [{"name": f"Task {number}", "ignore_errors": True, **one} for number, one in enumerate(LIFE)]
    observed = []
    for play in ({}, PROCESS):
        workspace.cloud.reset()
        whole = {"hosts": "localhost", "gather_facts": False, "tasks": tasks, **play}
        done = workspace.playbook(str(workspace.write("plays/site.yml", [whole])), "--diff", "-vvv")
        assert len(done.events) == len(LIFE), str(done)
        asked = [(entry["service"], entry["operation"]) for entry in workspace.cloud.log()]
        observed.append([(event.action, event.status, same(event)) for event in done.events] + [asked])
    for mine, other in zip(*observed, strict=True):
        assert mine == other
    good_ones = [
        tuple(one) for one, (_action, status, _result) in zip(LIFE, observed[0][:-1], strict=True) if status == "ok"
    ]
    assert len(good_ones) == len(LIFE) - 9
    assert good_ones.count(("otc.dis.records",)) == 2


def same(event: ansible_cli.Event) -> Any:
    """A result without what differs from one cloud to the next, and without paths of code (-vvv before 2.19).

    The first work cycle, ten seconds after the creation, is visible only to the slower of two runs.
    """
    result = {name: value for name, value in event.result.items() if name != "exception"}
    return json.loads(MOVING.sub("0", json.dumps(result)), object_hook=without_cycles)


def without_cycles(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name != "last_transfer_timestamp"}


@pytest.mark.quick
def test_group_defaults_and_short_names_work_in_both_execution_modes(workspace: Workspace) -> None:
    workspace.forget_cloud()
    defaults = {"module_defaults": {"group/otc.dis.dis": {"auth": workspace.auth}}, "collections": ["otc.dis"]}
    for words in ({}, PROCESS):
        tasks = [{"dli_transfer_task": {**DESIRED, "state": "absent"}}, {"otc.dis.stream_info": {}}]
        good(workspace.play([{**one, **words} for one in tasks], **defaults))
        assert logins(workspace) == 2


def test_ad_hoc_calls_run_inside_the_controller(workspace: Workspace) -> None:
    done = workspace.ad_hoc("stream_name=meters task_name=one state=absent", "-vvvv")
    assert done.code == 0, str(done)
    assert "EXEC" not in done.output
    assert logins(workspace) == 1
