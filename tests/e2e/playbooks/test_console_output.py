# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person sees: check mode, differences, failures."""

from __future__ import annotations

import pytest
from workspace import MODULE, Workspace, good, task


@pytest.mark.quick
def test_check_and_diff_predict_each_change_and_write_nothing(workspace: Workspace) -> None:
    """The same playbook dry and for good, through a life: the same words on the screen."""
    life = [
        (task(), ["create"], ["create_transfer_task"], ['+    "agency_name": "dis_admin_agency"']),
        (
            task(deliver_time_interval=60, state="stopped"),
            ["update", "stop"],
            ["update_transfer_task", "act_on_transfer_tasks"],
            ['-    "deliver_time_interval": 300', '+    "deliver_time_interval": 60', '-    "state": "RUNNING"'],
        ),
        (task(state="absent"), ["delete"], ["delete_transfer_task"], ['-    "agency_name": "dis_admin_agency"']),
    ]
    for desired, actions, writes, lines in life:
        dry = good(workspace.play([desired], "--check", "--diff"))
        assert workspace.writes() == []
        real = good(workspace.play([desired], "--diff"))
        assert workspace.writes() == writes
        assert dry.of(MODULE)[0].result["actions"] == real.of(MODULE)[0].result["actions"] == actions
        assert dry.stdout == real.stdout
        for line in lines:
            assert line in real.stdout.replace(",\n", "\n"), str(real)
        assert "changed=1" in real.stdout

    again = good(workspace.play([life[-1][0]], "--diff"))
    assert "changed=0" in again.stdout
    assert "+++" not in again.stdout
    assert workspace.writes() == []


def test_failure_is_one_readable_message(workspace: Workspace) -> None:
    done = workspace.play([task(stream_name="unknown")])
    assert done.code == 2
    message = done.of(MODULE)[0].result["msg"]
    assert message in done.output.replace('\\"', '"')
    assert "DIS.4301" in message
    assert "Traceback" not in done.output
    assert "changed=0" in done.stdout


def test_conditions_can_use_code_and_executed_actions(workspace: Workspace) -> None:
    workspace.cloud.configure(update_enabled=False)
    tasks = [
        task(),
        {**task(deliver_time_interval=60), "ignore_errors": True},
        {"ansible.builtin.assert": {"that": ["transfer.error.status == 404", "transfer.done == []"], "quiet": True}},
        {**task(deliver_time_interval=60, on_drift="recreate"), "when": "transfer is failed"},
        {"ansible.builtin.assert": {"that": ["transfer.actions == ['delete', 'create']"], "quiet": True}},
    ]
    done = workspace.play(tasks)
    assert done.code == 0, str(done)
    assert "causes a gap" in done.output


def test_unknown_option_is_refused_with_its_name(workspace: Workspace) -> None:
    done = workspace.play([task(deliver_interval=60)])
    assert done.code == 2
    assert "deliver_interval" in done.output
    assert workspace.cloud.log() == []
