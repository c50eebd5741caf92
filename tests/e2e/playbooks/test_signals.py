# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keyword ``timeout``, Ctrl-C and SIGTERM, as handled by Ansible: executed actions are always reported."""

from __future__ import annotations

import signal
import time
from typing import Any

import pytest
from workspace import DESIRED, MODULE, Workspace, task

FLEET = "otc.dis.transfer_tasks"
SETTINGS = {name: value for name, value in DESIRED.items() if name not in ("stream_name", "task_name")}
RECREATE = {"deliver_time_interval": 60, "on_drift": "recreate"}


def seeded(workspace: Workspace, *names: str) -> None:
    """Tasks that differ from what the playbook describes."""
    tasks = [{"task_name": name, "destination_type": "DLI", "settings": SETTINGS} for name in names]
    workspace.cloud.seed(streams=[{"name": "meters", "tasks": tasks}])


def intervals(workspace: Workspace) -> dict[str, Any]:
    """The tasks of the stream, each with the setting that is to change."""
    return {name: one["settings"]["deliver_time_interval"] for name, one in workspace.cloud.tasks("meters").items()}


def fleet(**options: Any) -> dict[str, Any]:
    """A task of ours for two transfer tasks in two streams."""
    entries = [{"stream_name": stream, "task_name": "many", **SETTINGS} for stream in ("meters", "more")]
    return {"name": "Fleet", FLEET: {"transfer_tasks": entries, **options}}


def test_time_limit_of_a_task(workspace: Workspace) -> None:
    """In both execution modes."""
    seeded(workspace, "here", "process")
    workspace.cloud.seed(streams=[{"name": "more"}])
    workspace.cloud.fault("slow", operation="delete_transfer_task", times=1, seconds=1.6)
    workspace.cloud.fault("slow", operation="delete_transfer_task", times=1, seconds=5)
    workspace.cloud.fault("hang", operation="create_transfer_task", times=0, skip=2, commit=True)
    rest = {"ignore_errors": True}
    tasks = [
        {**task(task_name="here", **RECREATE), "name": "Here", "timeout": 1, **rest},
        {**task(task_name="process", **RECREATE), "name": "Process", "timeout": 4, "environment": {"A": "b"}, **rest},
        {**fleet(), "timeout": 1, **rest},
    ]
    done = workspace.play(tasks, "-vv")
    assert [event.status for event in done.events] == ["ignored"] * 3, str(done)
    for name, limit in (("Here", 1), ("Process", 4)):
        result = done.named(name).result
        assert (result["done"], result["changed"]) == (["delete", "create"], True), str(done)
        assert "task timeout" in result["msg"]
        assert result["timedout"] == {"period": limit}
    assert intervals(workspace) == {"here": 60, "process": 60, "many": 300}
    result = done.named("Fleet").result
    assert (result["done"], result["changed"]) == (["create"], True), str(done)
    assert [one["actions"] for one in result["transfer_tasks"]] == [["create"], ["create"]]
    assert done.named("Fleet").time - done.named("Process").time < 4.5
    lines = done.stdout.splitlines()
    assert sum("runs inside the Ansible process" in line for line in lines) == 2, str(done)
    assert sum("runs in a separate process (environment)" in line for line in lines) == 1


@pytest.mark.parametrize(("number", "whole_group"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_replacement_is_completed_and_reported(workspace: Workspace, number: signal.Signals, whole_group: bool) -> None:
    """Ctrl-C reaches all processes; SIGTERM the first one alone."""
    log = workspace.folder / "ansible.log"
    workspace.environ["ANSIBLE_LOG_PATH"] = str(log)
    seeded(workspace, "here")
    workspace.cloud.fault("slow", operation="delete_transfer_task", seconds=1)
    done = workspace.interrupted(
        number, "delete_transfer_task", [task(task_name="here", **RECREATE), fleet()], whole_group
    )
    assert done.code != 0
    assert intervals(workspace) == {"here": 60}, str(done)
    for text in (" ".join(done.stderr.split()), " ".join(log.read_text().split())):
        assert f"{MODULE} on localhost: The run was cancelled by" in text, str(done)
        assert "Completed or unconfirmed actions: delete, create." in text
    assert not done.events


def test_second_interruption_returns_the_planned_replacement(workspace: Workspace) -> None:
    seeded(workspace, "here")
    workspace.cloud.fault("hang", operation="delete_transfer_task", commit=True)
    wanted = task(task_name="here", api_timeout=30, **RECREATE)
    done = workspace.interrupted(signal.SIGINT, "delete_transfer_task", [wanted], True, times=2)
    assert done.code != 0
    assert intervals(workspace) == {}, str(done)
    text = " ".join(done.stderr.split())
    # The grace period of the request may end before the second signal, which changes the sentence alone.
    assert text.count(f"{MODULE} on localhost: ") == 1, str(done)
    assert "run was cancelled by SIGINT" in text
    assert "Completed or unconfirmed actions: delete." in text
    assert '"deliver_time_interval": 60' in text


def test_replacement_is_completed_by_a_process(workspace: Workspace) -> None:
    """Its result is lost, of which a warning speaks."""
    seeded(workspace, "process")
    workspace.cloud.fault("slow", operation="delete_transfer_task", seconds=1)
    wanted = {**task(task_name="process", **RECREATE), "environment": {"A": "b"}}
    done = workspace.interrupted(signal.SIGINT, "delete_transfer_task", [wanted, fleet()], True)
    assert done.stderr.count("The module process completes its current action") == 1, str(done)
    assert f"{MODULE} on localhost: The run was cancelled by SIGINT." in done.stderr
    deadline = time.time() + 20
    while intervals(workspace) != {"process": 60} and time.time() < deadline:
        time.sleep(0.1)
    assert intervals(workspace) == {"process": 60}, str(done)


@pytest.mark.parametrize(("number", "whole_group"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_many_tasks_end_within_two_seconds(workspace: Workspace, number: signal.Signals, whole_group: bool) -> None:
    """No process is left behind: each holds the pipes of the run, which end with the last one."""
    workspace.cloud.seed(streams=[{"name": "meters"}, {"name": "more"}])
    workspace.cloud.fault("hang", operation="create_transfer_task", times=0, commit=True)
    done = workspace.interrupted(number, "create_transfer_task", [fleet(api_timeout=60)], whole_group)
    ended = time.time()
    assert done.code != 0
    assert ended - workspace.cloud.log(operation="create_transfer_task")[0]["time"] < 4.5
    assert f"{FLEET} on localhost:" in done.stderr, str(done)
    assert "Completed or unconfirmed actions: create." in done.stderr
