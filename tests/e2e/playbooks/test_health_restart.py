# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The health role restarts failed transfer tasks."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_cli import Run
from workspace import Workspace, good

PLAYBOOK = "otc.dis.health"


def run(workspace: Workspace, *words: str, **variables: Any) -> Run:
    """Run the playbook with restarts, and with reports."""
    values = {
        "restart": "true",
        "restart_state": "state.json",
        "json": "h.json",
        "prometheus": "h.prom",
        "report": "h.html",
    }
    values = {f"transfer_health_{name}": value for name, value in values.items()}
    return workspace.playbook(PLAYBOOK, "-e", f"@{workspace.write('vars.yml', {**values, **variables})}", *words)


def seed(workspace: Workspace, **states: str) -> None:
    tasks = [{"task_name": name, "state": state} for name, state in states.items()]
    workspace.cloud.reset(streams=[{"name": "meters", "tasks": tasks}])


def records(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """Return the records in the state file."""
    found: dict[str, dict[str, Any]] = json.loads((workspace.folder / "state.json").read_text("utf-8"))["tasks"]
    return found


def report(workspace: Workspace) -> dict[str, list[str]]:
    """Return the restarts in the JSON report."""
    found: dict[str, list[str]] = json.loads((workspace.folder / "h.json").read_text("utf-8"))["restarts"]
    return found


def actions(workspace: Workspace) -> list[tuple[str, int]]:
    """Return the start and stop requests since the last call, with their numbers of tasks."""
    log = workspace.cloud.log(operation="act_on_transfer_tasks")
    workspace.cloud.clear_log()
    bodies = [json.loads(one["body"]) if isinstance(one["body"], str) else one["body"] for one in log]
    return [(body["action"], len(body["tasks"])) for body in bodies]


def test_failed_task_is_restarted_and_waits_for_its_backoff_if_it_fails_again(workspace: Workspace) -> None:
    seed(workspace, bad="ERROR", off="PAUSED", fine="RUNNING")
    predicted = run(workspace, "--check")
    assert predicted.code == 2
    assert "meters/bad is failed" in predicted.output
    assert "meters/bad was restarted (1 of 3)" not in predicted.output
    assert "meters/bad would be restarted (1 of 3)" in predicted.output
    assert actions(workspace) == []
    assert not list(workspace.folder.glob("state.json"))

    done = good(run(workspace))
    assert "meters/bad was restarted (1 of 3)." in done.output
    assert actions(workspace) == [("stop", 1), ("start", 1)]
    assert report(workspace)["restarted"] == ["meters/bad was restarted (1 of 3)."]
    assert 'otc_dis_transfer_task_restarts{stream="meters",task="bad",destination="DLI"} 1' in (
        workspace.folder / "h.prom"
    ).read_text("utf-8")
    assert "meters/bad was restarted (1 of 3)." in (workspace.folder / "h.html").read_text("utf-8")
    assert records(workspace)["meters/bad"] == {**records(workspace)["meters/bad"], "restarts": 1, "stopped": False}

    workspace.cloud.patch_task("meters", "bad", state="ABNORMAL")
    waiting = run(workspace)
    assert waiting.code == 2
    assert "meters/bad is failed" in waiting.output
    assert "meters/bad is not restarted before 20" in waiting.output
    given_up = run(workspace, transfer_health_max_restarts=1)
    assert given_up.code == 2
    assert "meters/bad is not restarted: it was restarted once without being healthy" in given_up.output
    assert actions(workspace) == []


def test_task_that_cannot_be_started_fails_the_role_and_is_started_in_the_next_run(workspace: Workspace) -> None:
    seed(workspace, bad="ERROR", worse="ABNORMAL")
    text = "Quota {{ 7 * 191 }}"
    for skip in (1, 2):  # the request for both tasks, and then the separate one for the second task
        workspace.cloud.fault(
            "status", operation="act_on_transfer_tasks", status=400, code="DIS.4999", message=text, skip=skip
        )
    done = run(workspace)
    assert done.code == 2, str(done)
    assert len(report(workspace)["restarted"]) == 1
    (failed,) = report(workspace)["failed"]
    assert "was not restarted: Cannot start" in failed
    assert "1337" not in done.output + (workspace.folder / "h.html").read_text("utf-8")
    assert sorted(one["stopped"] for one in records(workspace).values()) == [False, True]
    workspace.cloud.clear_log()
    good(run(workspace))
    assert actions(workspace) == [("start", 1)]
    assert [(one["restarts"], one["stopped"]) for one in records(workspace).values()] == [(1, False), (1, False)]


def test_two_runs_with_one_state_file_count_each_restart(workspace: Workspace) -> None:
    seed(workspace, bad="ERROR", worse="ABNORMAL")
    with ThreadPoolExecutor() as pool:
        codes = [future.result().code for future in [pool.submit(run, workspace) for _number in range(2)]]
    assert 0 in codes
    stopped = sum(number for action, number in actions(workspace) if action == "stop")
    assert stopped == 2
    assert [(one["restarts"], one["stopped"]) for one in records(workspace).values()] == [(1, False), (1, False)]
    assert not (workspace.folder / "state.json.lock").exists()


def test_locked_state_is_a_failure_and_restarts_nothing(workspace: Workspace) -> None:
    seed(workspace, bad="ERROR")
    (workspace.folder / "state.json.lock").mkdir()
    done = run(workspace, __transfer_health_lock_attempts=1)
    assert done.code == 2
    assert "state.json.lock" in done.output
    assert "If no other run uses it, delete" in " ".join(done.output.split())
    assert actions(workspace) == []
    assert [path.name for path in workspace.folder.glob("state.json*")] == ["state.json.lock"]


@pytest.mark.parametrize("content", ["{", None], ids=["damaged", "folder"])
def test_unreadable_state_is_a_failure_and_restarts_nothing(workspace: Workspace, content: str | None) -> None:
    seed(workspace, bad="ERROR")
    if content is None:
        (workspace.folder / "state.json").mkdir()
    else:
        workspace.write("state.json", content)
    done = run(workspace)
    assert done.code == 2
    if content is not None:
        assert "state.json is damaged: it is not JSON. Correct or delete it." in " ".join(done.output.split())
        assert (workspace.folder / "state.json").read_text("utf-8") == content
        assert report(workspace)["restarted"] == []
    assert actions(workspace) == []


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({"transfer_health_restart_state": ""}, "transfer_health_restart_state is required"),
        ({"transfer_health_restart_backoff": "2h"}, "transfer_health_restart_backoff is '2h'"),
    ],
)
def test_invalid_variables_are_rejected_before_any_request(
    workspace: Workspace, variables: dict[str, str], text: str
) -> None:
    done = run(workspace, **variables)
    assert done.code == 2
    assert text in done.output
    assert workspace.cloud.log() == []
