# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo, as `make demo` runs it."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_cli import ROOT
from workspace import Workspace

DEMO = ROOT / "tests/demo"


@pytest.fixture
def temp() -> Iterator[Path]:
    """A folder for temporary files with a short name: Ansible puts sockets there."""
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        yield Path(folder)


def demo(workspace: Workspace, temp: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {**workspace.environ, "TMPDIR": str(temp)}
    command = [sys.executable, str(DEMO), *words]
    return subprocess.run(command, env=environ, cwd=workspace.folder, check=False, capture_output=True, text=True)


@pytest.mark.slow
def test_demo_runs_all_acts_and_deletes_its_resources(workspace: Workspace, temp: Path) -> None:
    workspace.forget_cloud()
    before = set(workspace.folder.iterdir())
    done = demo(workspace, temp)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    steps = re.findall(r"^ ?(\d+)\. (.{13}) (changed|ok) +\S", done.stdout, re.MULTILINE)
    assert [int(number) for number, *rest in steps] == list(range(1, 31)), done.stdout
    assert [steps[index][1].strip() for index in (0, 8, 9, 23, 29)] == [
        "create",
        "ad hoc",
        "stream",
        "remove again",
        "restart",
    ]
    fleet = re.findall(
        r"(\d+) (?:transfer tasks of|are in the desired state|are deleted).*, in [0-9.]+ s$", done.stdout, re.MULTILINE
    )
    assert fleet == ["100", "100", "100"], done.stdout
    assert "Created: 103 transfer tasks, 1 stream, 1 app\nRemoved: 103 transfer tasks, 1 stream, 1 app\n" in done.stdout
    assert "has drifted (deliver_time_interval is 300, desired 60), the task to OBS is unmanaged\n" in done.stdout
    assert "would transfer 6 records again (by partition: 0: 2, 1: 4)\n" in done.stdout
    assert re.search(r'queued "failed": .*ABNORMAL.*DIS.4338', done.stdout), done.stdout
    assert "stopped and started, the task is RUNNING\n" in done.stdout
    assert "ansible-rulebook -r otc.dis.restart_failed_tasks " in done.stdout
    assert len(done.stdout.splitlines()) < 52
    assert set(workspace.folder.iterdir()) == before
    assert list(temp.iterdir()) == []


@pytest.mark.slow
def test_failure_on_a_cloud_shows_the_output_of_ansible(workspace: Workspace, temp: Path) -> None:
    workspace.forget_cloud()
    workspace.write("clouds.yaml", {"clouds": {"mine": {"auth": workspace.auth}}})
    done = demo(workspace, temp, "--cloud", "mine", "-e", "demo_table=missing")
    assert done.returncode == 1
    assert "1. create        FAILED   Cannot create" in done.stdout
    assert "DIS.4338" in done.stdout
    assert "not started because of an earlier error" in done.stdout
    assert "PLAY RECAP" in done.stdout, "a failure shows the output of Ansible"
    assert re.findall(r"^Act (\d) was skipped: in a cloud, \S", done.stdout, re.MULTILINE) == ["3", "4"]
    assert workspace.cloud.tasks("meters") == {}


@pytest.mark.slow
def test_second_act_on_a_cloud_cleans_up_after_a_rejected_request(workspace: Workspace, temp: Path) -> None:
    workspace.forget_cloud()
    workspace.write("clouds.yaml", {"clouds": {"mine": {"auth": workspace.auth}}})
    workspace.cloud.configure(offered_destinations=["DLI"])
    done = demo(workspace, temp, "--cloud", "mine", "--act", "2", "-e", "demo_name=my-own")
    assert done.returncode == 1
    assert "3. to DLI        changed  " in done.stdout
    assert re.search(r"4\. to OBS        FAILED   Cannot create .*DIS\.4300.*Check that the region offers", done.stdout)
    assert "Removed: 1 transfer task, 1 stream, 1 app" in done.stdout
    assert [entry["operation"] for entry in workspace.cloud.log("dis", "create_stream")] == ["create_stream"]
    state = workspace.cloud.state()["projects"][workspace.cloud.project_id]
    assert (list(state["streams"]), state["apps"]) == (["meters"], {})
