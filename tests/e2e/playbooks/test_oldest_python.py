# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules on the oldest Python that a managed host may have, with nothing installed but requests.

The session `target` names that Python in OTC_DIS_TARGET_PYTHON; without it these tests are not collected.
"""

from __future__ import annotations

import subprocess

import pytest
from workspace import DESIRED, MODULE, TARGET, Workspace, task


def test_the_target_is_as_old_and_as_bare_as_it_should_be() -> None:
    code = (
        "import sys; print(sys.version_info[:2]); import requests\ntry: import yaml\nexcept ImportError: print('bare')"
    )
    reported = subprocess.run([TARGET, "-c", code], check=True, capture_output=True, text=True).stdout
    assert reported.split("\n")[:2] == ["(3, 8)", "bare"]


def test_full_lifecycle(workspace: Workspace) -> None:
    life = [
        task(),
        {"ansible.builtin.assert": {"that": "transfer.actions == ['create']"}},
        task(),
        {"ansible.builtin.assert": {"that": "transfer is not changed"}},
        {**task(deliver_time_interval=60), "check_mode": True, "diff": True},
        {"ansible.builtin.assert": {"that": "transfer.diff.after.deliver_time_interval == 60"}},
        task(deliver_time_interval=60, state="stopped"),
        {"ansible.builtin.assert": {"that": "transfer.transfer_task.state == 'PAUSED'"}},
        task(state="started"),
        {"ansible.builtin.assert": {"that": "transfer.actions == ['start']"}},
        task(state="absent"),
        {"ansible.builtin.assert": {"that": "transfer.actions == ['delete']"}},
    ]
    done = workspace.play(life)
    assert done.code == 0, str(done)
    assert workspace.cloud.tasks("meters") == {}


def test_the_role(workspace: Workspace) -> None:
    values = workspace.write("vars.yml", {"dli_transfer_tasks": [DESIRED]})
    done = workspace.playbook("otc.dis.dli_transfer", "-e", f"@{values}")
    assert done.code == 0, str(done)
    assert list(workspace.cloud.tasks("meters")) == ["meters-to-dli"]


@pytest.mark.parametrize("fault", ["lost_after", "html", "throttle_429"])
def test_connection_failures(workspace: Workspace, fault: str) -> None:
    """The paths on which an old Python or an old requests would differ."""
    workspace.cloud.fault(fault, "show_transfer_task" if fault == "html" else "create_transfer_task")
    done = workspace.play([task()])
    assert done.code == 0, str(done)
    assert done.of(MODULE)[0].result["actions"] == ["create"]


def test_a_refusal(workspace: Workspace) -> None:
    done = workspace.play([task(dli_table_name="missing")])
    assert done.code == 2
    result = done.of(MODULE)[0].result
    assert result["error"]["code"] == "DIS.4338"
    assert "Traceback" not in done.output


def test_clouds_file_requires_pyyaml_and_the_message_reports_it(workspace: Workspace) -> None:
    workspace.clouds({"mine": {"auth": workspace.auth}})
    done = workspace.play([task(cloud="mine")])
    assert done.code == 2
    assert "PyYAML" in done.of(MODULE)[0].result["msg"]
    assert "Traceback" not in done.of(MODULE)[0].result["msg"]


def test_keys_and_kept_tokens(workspace: Workspace) -> None:
    login = workspace.cloud.login
    keys = {
        "access_key": login["access_key"],
        "secret_key": login["secret_key"],
        "project_id": workspace.cloud.project_id,
    }
    done = workspace.play([task(auth=keys, endpoint_override=workspace.cloud.url, region_name="eu-de")])
    assert done.code == 0, str(done)
    assert workspace.cloud.log("iam") == []
    workspace.environ["OTC_DIS_TOKEN_CACHE"] = str(workspace.folder / "cache/tokens.json")
    log_in = {"name": "Log in", "otc.dis.iam_token": {}, "register": "login", "no_log": True}
    done = workspace.play([task(), log_in, task()])
    assert done.code == 0, str(done)
    assert len(workspace.cloud.log("iam", "login")) == 1
