# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the roles as users give them: in loops, as texts, blank, misspelt, and not at all."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from workspace import DESIRED, Workspace, good

from ansible_collections.otc.dis.plugins.plugin_utils._role_options import ROLES
from otc_emulator.runner import Emulator, running

OBS = {"task_name": "archive", "destination_type": "OBS", "agency_name": "dis_admin_agency"}


@pytest.fixture(scope="module")
def second_emulator() -> Iterator[Emulator]:
    with running() as one:
        yield one


@pytest.fixture
def other_cloud(second_emulator: Emulator) -> Emulator:
    """The account of the shell, which no playbook names."""
    second_emulator.reset()
    return second_emulator


@pytest.fixture
def sites(workspace: Workspace, other_cloud: Emulator) -> Workspace:
    """A clouds file with the entry "site" beside an environment that leads to another account."""
    workspace.clouds({"site": {"auth": workspace.auth}})
    workspace.environ.update(other_cloud.environ)
    return workspace


def each(role: str, variables: dict[str, Any], items: list[dict[str, Any]]) -> dict[str, Any]:
    """A task that uses a role once for each item of a loop."""
    return {"name": "Each", "ansible.builtin.include_role": {"name": role}, "vars": variables, "loop": items}


def test_role_in_a_loop_works_in_the_cloud_of_each_item(sites: Workspace, other_cloud: Emulator) -> None:
    stream = {"stream_name": "orders", "partition_count": 1}
    task = {"stream_name": "orders", **OBS, "obs_bucket_path": "telemetry-staging"}
    items = [
        {"cloud": "site", "streams": [stream], "tasks": [task], "probe": "x", "wait": "false"},
        {"cloud": "site", "streams": [], "tasks": [DESIRED], "probe": "", "wait": ""},
    ]
    names = ("cloud", "streams", "tasks", "probe", "wait")
    variables = {f"dli_transfer_{name}": f"{{{{ item.{name} }}}}" for name in names}
    variables["dli_transfer_preflight"] = "always"
    health = {"transfer_health_cloud": "{{ item.cloud }}", "transfer_health_streams": "{{ item.names }}"}
    export = {"export_cloud": "{{ item.cloud }}", "export_file": "{{ item.file }}"}
    other_cloud.clear_log()
    done = good(
        sites.play(
            [
                each("otc.dis.dli_transfer", variables, items),
                each("otc.dis.transfer_health", health, [{"cloud": "site", "names": ["orders", "meters"]}]),
                each("otc.dis.export", export, [{"cloud": "site", "file": str(sites.folder / "all.yml")}]),
            ]
        )
    )
    assert list(sites.cloud.tasks("orders")) == ["archive"]
    assert list(sites.cloud.tasks("meters")) == ["meters-to-dli"]
    assert "stream_name: orders" in (sites.folder / "all.yml").read_text("utf-8")
    assert other_cloud.log() == [], str(done)


@pytest.mark.parametrize(
    "role", [name for name, role in ROLES.items() if "cloud" in [one.name for one in role.options]]
)
def test_cloud_that_cannot_be_resolved_is_never_another_one(sites: Workspace, other_cloud: Emulator, role: str) -> None:
    other_cloud.clear_log()
    prefix = ROLES[role].prefix
    needed = {"dli_transfer_tasks": [DESIRED], "export_file": str(sites.folder / "all.yml")}
    for cloud in ("{{ nowhere.cloud }}", {"name": "site"}, True):
        values = {prefix + "cloud": cloud, **{name: one for name, one in needed.items() if name.startswith(prefix)}}
        done = sites.play([each("otc.dis." + role, values, [{}])])
        assert done.code == 2, str(done)
        assert "'nowhere' is undefined" in done.output or f"{prefix}cloud is " in done.output, str(done)
    # Without Ansible's own validation, which templates all variables at once, the role names the variable.
    values = {prefix + "cloud": "{{ nowhere.cloud }}"}
    use = {"name": "otc.dis." + role, "rolespec_validate": False}
    done = sites.play([{"name": "Use", "ansible.builtin.include_role": use, "vars": values}])
    assert done.code == 2, str(done)
    assert f"{prefix}cloud cannot be resolved: " in done.output, str(done)
    assert "'nowhere' is undefined" in done.output, str(done)
    assert other_cloud.log() == []


def test_texts_of_the_command_line_are_as_typed_values(workspace: Workspace) -> None:
    workspace.cloud.reset(streams=[{"name": "meters", "tasks": ["kept", {"task_name": "broken", "state": "ABNORMAL"}]}])
    stream = {"stream_name": "orders", "partition_count": 1, "tags": {"size": "007", "part": "1.10"}}
    words = {
        "tasks": json.dumps([DESIRED]),
        "streams": json.dumps([stream]),
        "purge": "false",
        "verify": "no",
        "wait": "off",
        "connections": "4",
        "wait_timeout": "60",
        "preflight": "always",
        "preflight_strict": "False",
        "preflight_temporary_keys": "0",
        "on_error": "stop",
    }
    arguments = [word for name, value in words.items() for word in ("-e", f"dli_transfer_{name}='{value}'")]
    done = good(workspace.playbook("otc.dis.dli_transfer", *arguments))
    assert sorted(workspace.cloud.tasks("meters")) == ["broken", "kept", "meters-to-dli"], str(done)
    assert workspace.cloud.stream("orders")["tags"] == stream["tags"]

    workspace.cloud.clear_log()
    wrong = ("tasks=meters", "purge=perhaps", "task=x", "connections=four", "probe_timeout=")
    arguments = [word for one in wrong for word in ("-e", f"dli_transfer_{one}")]
    done = workspace.playbook("otc.dis.dli_transfer", *arguments)
    assert done.code == 2
    message = done.named("Check the variables of the role").result["msg"]
    for name in ("tasks is not a list", "purge is 'perhaps'", "task is not a variable", "connections is 'four'"):
        assert f"dli_transfer_{name}" in message
    assert "dli_transfer_tasks?" in message
    assert workspace.cloud.log() == []


def test_text_of_a_record_reaches_the_stream_as_it_is(workspace: Workspace) -> None:
    """As the documentation of the module advises, and as the probe of the role does it."""
    texts = ['{"v": 1.10, "w": 1e3}', "{'a': 'b'}", "[1.0]", "True", "1.10"]
    workspace.write("lines.txt", "\n".join(texts))
    put = {"stream_name": "meters", "action": "put"}
    workspace.write("vars.yml", {"texts": texts, "dli_transfer_tasks": [DESIRED], "dli_transfer_probe": texts[0]})
    good(
        workspace.play(
            [
                {"otc.dis.records": {**put, "records": [{"data": "{{ item | string }}"}]}, "loop": "{{ texts }}"},
                {"otc.dis.records": {**put, "src": str(workspace.folder / "lines.txt")}},
                {"ansible.builtin.include_role": {"name": "otc.dis.dli_transfer"}},
            ],
            "-e",
            f"@{workspace.folder / 'vars.yml'}",
        )
    )
    sent = [base64.b64decode(record["data"]).decode() for record in workspace.cloud.records("meters")]
    assert sent == [*texts, *texts, texts[0]]


def test_entries_keep_their_secrets_in_every_output(workspace: Workspace) -> None:
    dws = {"stream_name": "meters", "task_name": "rows", "destination_type": "DWS", "user_password": "fake-password-7"}
    entry = {"stream_name": "meters", "user_password": "fake-password-8"}
    values = workspace.write("vars.yml", {"dli_transfer_tasks": [dws], "dli_transfer_streams": [entry]})
    done = workspace.playbook("otc.dis.dli_transfer", "-e", f"@{values}", "-vvv")
    assert done.code == 2
    assert "user_password" in done.named("Check the variables of the role").result["msg"]
    assert "fake-password" not in done.output.replace(values.read_text("utf-8"), "")


@pytest.mark.parametrize(
    ("playbook", "prefix", "needed"),
    [
        ("otc.dis.dli_transfer", "dli_transfer_", {}),
        ("otc.dis.health", "transfer_health_", {"transfer_health_streams": "nothing-*"}),
        ("otc.dis.export", "export_", {"export_file": "all.yml", "export_name_pattern": "nothing-*"}),
    ],
)
def test_nothing_to_do_is_a_failure_unless_it_is_allowed(
    workspace: Workspace, playbook: str, prefix: str, needed: dict[str, Any]
) -> None:
    arguments = [word for name, value in needed.items() for word in ("-e", f"{name}={value}")]
    done = workspace.playbook(playbook, *arguments)
    assert (done.code, f"Set {prefix}allow_empty to" in done.output) == (2, True), str(done)
    assert not (workspace.folder / "all.yml").exists()
    good(workspace.playbook(playbook, *arguments, "-e", f"{prefix}allow_empty=true"))
