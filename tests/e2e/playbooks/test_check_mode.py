# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode over several tasks of a play: a later task sees what an earlier one would have made."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_cli import Run
from workspace import DESIRED, Workspace, good

OTHER = {"stream_name": "orders", "task_name": "orders-to-dli"}
STREAM = {"otc.dis.stream": {"stream_name": "orders", "partition_count": 1, "data_type": "JSON"}}


def actions(run: Run, action: str) -> list[Any]:
    """What each task would do."""
    return [event.result.get("actions") for event in run.of(action)]


@pytest.mark.parametrize("interpreter", [None, "/usr/bin/env python3"], ids=["in-process", "process"])
def test_stream_and_task_of_one_play(workspace: Workspace, interpreter: str | None) -> None:
    """The same in both execution modes; a run that is not in check mode is not affected by it."""
    options = {**DESIRED, **OTHER}
    fleet = {"otc.dis.transfer_tasks": {"transfer_tasks": [{**options, "task_name": f"more-{n}"} for n in range(4)]}}
    sixth = {"otc.dis.dli_transfer_task": {**options, "task_name": "sixth"}, "ignore_errors": True}
    play: dict[str, Any] = {"environment": {"UNRELATED": "1"}} if interpreter else {}
    dry = workspace.play([STREAM, {"otc.dis.dli_transfer_task": options}, fleet, sixth], "--check", **play)
    assert dry.code == 0, str(dry)
    assert actions(dry, "otc.dis.stream") == [["create"]]
    assert actions(dry, "otc.dis.dli_transfer_task")[0] == ["create"]
    assert dry.of("otc.dis.transfer_tasks")[0].result["summary"]["actions"] == {"create": 4}
    assert "would exceed its quota of 5 transfer tasks: 5 exist, 1 to create" in dry.stdout
    assert workspace.writes() == []
    again = workspace.play([{"otc.dis.dli_transfer_task": options}], "--check", **play)
    assert "DIS.4301" in again.stdout, "nothing outlasts a run"
    assert "earlier task of the same run" in again.stdout


def test_stream_that_is_deleted_and_described_again(workspace: Workspace) -> None:
    """Check mode predicts the same as a real run does, and a preview of the role predicts no creation."""
    workspace.cloud.reset(streams=[{"name": "orders"}])
    gone = {"otc.dis.stream": {"stream_name": "orders", "state": "absent"}}
    for mode in ("--check", "--diff"):
        done = good(workspace.play([gone, STREAM, gone, STREAM], mode))
        assert actions(done, "otc.dis.stream") == [["delete"], ["create"], ["delete"], ["create"]], str(done)
    role = {"ansible.builtin.import_role": {"name": "otc.dis.dli_transfer"}}
    removal = {"dli_transfer_streams": [{"stream_name": "orders"}], "dli_transfer_stream_state": "absent"}
    done = good(workspace.play([{**role, "vars": removal}, {**STREAM, "check_mode": True}], "--check"))
    assert actions(done, "otc.dis.stream")[-1] == ["create"], str(done)


def test_stream_and_event_subscription_of_one_play(workspace: Workspace) -> None:
    alarm = {"subscription_name": "alarm", "events": ["throttled"], "streams": ["orders"], "target_stream": "orders"}
    tasks = [STREAM, {"otc.dis.event_subscription": alarm}]
    runs = [good(workspace.play(tasks, "--diff", *mode)) for mode in (["--check"], [])]
    dry, real = (run.of("otc.dis.event_subscription")[0].result for run in runs)
    assert (dry["actions"], dry["diff"]) == (real["actions"], real["diff"]) == (["create"], real["diff"])
    assert dry["event_subscription"]["streams"] == real["event_subscription"]["streams"] == ["orders"]
    assert (
        "do not exist: orders"
        in workspace.play(
            [{"otc.dis.stream": {"stream_name": "orders", "state": "absent"}}, {"otc.dis.event_subscription": alarm}],
            "--check",
        ).stdout
    )


def test_stream_and_policy_of_one_play(workspace: Workspace) -> None:
    """Check mode predicts that a stream that is deleted and created again has no policies."""
    policy = {"stream_name": "orders", "principal_name": "acme.*", "action_type": ["putRecords"]}
    gone = {"otc.dis.stream": {"stream_name": "orders", "state": "absent"}}
    removed = {"otc.dis.stream_policy": {**policy, "state": "absent"}}
    tasks = [gone, removed, STREAM, {"otc.dis.stream_policy": policy}]
    workspace.cloud.reset(streams=[{"name": "orders", "policies": [{"principal_name": "acme.*"}]}])
    for mode in ("--check", "--diff"):
        done = good(workspace.play(tasks, mode))
        assert actions(done, "otc.dis.stream_policy") == [[], ["add putRecords"]], str(done)
    dry = workspace.play([gone, {"otc.dis.stream_policy": policy}], "--check")
    assert (dry.code, dry.of("otc.dis.stream_policy")[0].result["error"]["kind"]) == (2, "not_found")


def test_two_clouds_are_distinguished(workspace: Workspace) -> None:
    """A stream planned in one project is not planned in another."""
    workspace.cloud.seed(projects=[{"name": "eu-de_other", "streams": []}])
    other = {"auth": {**workspace.auth, "project_name": "eu-de_other"}}
    task = {"otc.dis.dli_transfer_task": {**DESIRED, **OTHER, **other}}
    dry = workspace.play([STREAM, task], "--check")
    assert dry.code == 2
    assert "DIS.4301" in dry.stdout


def test_region_without_updates_is_known_to_later_checks(workspace: Workspace) -> None:
    workspace.cloud.configure(update_enabled=False)
    good(workspace.play([{"otc.dis.dli_transfer_task": DESIRED}]))
    change = {"otc.dis.dli_transfer_task": {**DESIRED, "deliver_time_interval": 60}}
    run = workspace.play([{**change, "ignore_errors": True}, {**change, "check_mode": True}])
    assert "did not support updates" in " ".join(run.output.split())  # ansible-core 2.16 breaks the lines of warnings
    assert "Requested changes: deliver_time_interval is 300 and should be 60." in run.stdout
