# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The step of the role that looks at what transfer tasks need."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_cli import Run
from workspace import DESIRED, Workspace, good

MODULE = "otc.dis.transfer_task_preflight_info"
TELL = "Show failed and inconclusive checks"


def run(workspace: Workspace, tasks: list[dict[str, Any]], *words: str, **variables: Any) -> Run:
    """The step alone, with these transfer tasks."""
    role = {"name": "otc.dis.dli_transfer", "tasks_from": "preflight.yml"}
    values = {"dli_transfer_tasks": tasks, **variables}
    return workspace.play([{"name": "Step", "ansible.builtin.include_role": role, "vars": values}], *words)


def reported(done: Run) -> list[str]:
    """The lines of what is not ok."""
    return [one["msg"] for one in done.named(TELL).items if "msg" in one]


@pytest.mark.quick
def test_failures_are_reported_in_one_line_each(workspace: Workspace) -> None:
    two = [
        DESIRED,
        {**DESIRED, "task_name": "second", "dli_table_name": "none"},
        {**DESIRED, "task_name": "x", "state": "absent"},
    ]
    done = good(run(workspace, two, dli_transfer_preflight="always"))
    lines = reported(done)
    assert [line.split(" is ")[0] for line in lines] == [
        *("meters/meters-to-dli: agency dis_admin_agency", "meters/meters-to-dli: obs_bucket telemetry-staging"),
        *("meters/second: agency dis_admin_agency", "meters/second: dli_table none"),
        "meters/second: obs_bucket telemetry-staging",
    ]
    assert "is missing. The table was not found" in lines[3]
    assert workspace.writes() == []


def test_strict_fails_on_known_errors_and_names_them(workspace: Workspace) -> None:
    two = [DESIRED, {**DESIRED, "stream_name": "none"}]
    done = run(workspace, two, dli_transfer_preflight="always", dli_transfer_preflight_strict=True)
    assert done.code == 2, str(done)
    assert "Prerequisites are not met (see above): none/meters-to-dli." in done.output
    good(run(workspace, [DESIRED], dli_transfer_preflight="always", dli_transfer_preflight_strict=True))


@pytest.mark.parametrize(
    ("when", "words", "asks"),
    [("never", ["--check"], False), ("check_mode", ["--check"], True), ("check_mode", [], False), (None, [], False)],
)
def test_it_runs_when_it_is_wanted(workspace: Workspace, when: str | None, words: list[str], asks: bool) -> None:
    wanted = {} if when is None else {"dli_transfer_preflight": when}
    good(run(workspace, [DESIRED], *words, **wanted))
    assert bool(workspace.cloud.log()) == asks


def test_bucket_is_looked_at_if_keys_may_be_made(workspace: Workspace) -> None:
    keys = {"dli_transfer_preflight": "always", "dli_transfer_preflight_temporary_keys": True}
    done = good(run(workspace, [DESIRED], **keys))
    assert [line.split(" is ")[1].split(".")[0] for line in reported(done)] == ["forbidden"]


def test_entries_of_all_destinations_are_looked_at(workspace: Workspace) -> None:
    here = {"stream_name": "meters", "agency_name": "dis_admin_agency"}
    entries = [
        {**here, "task_name": "a", "destination_type": "OBS", "obs_bucket_path": "telemetry-staging"},
        {**here, "task_name": "b", "destination_type": "CLOUDTABLE", "obs_backup_bucket_path": "Not a bucket"},
        {**here, "task_name": "c", "destination_type": "MRS", "state": None, "obs_bucket_path": ""},
    ]
    done = good(run(workspace, entries, dli_transfer_preflight="always"))
    assert [line.split(". ")[0] for line in reported(done) if ": agency " not in line] == [
        "meters/a: obs_bucket telemetry-staging is skipped",
        "meters/b: obs_bucket Not a bucket is mismatch",
        "meters/b: destination CLOUDTABLE is skipped",
        "meters/c: obs_bucket  is skipped",
        "meters/c: destination MRS is skipped",
    ]


def test_playbook_looks_before_it_writes(workspace: Workspace) -> None:
    """What the same run is to make is not missing; what is wrong ends the run before anything is made."""
    values = {
        "dli_transfer_preflight": "always",
        "dli_transfer_preflight_strict": True,
        "dli_transfer_streams": [{"stream_name": "orders", "partition_count": 1}],
        "dli_transfer_tasks": [
            {**DESIRED, "stream_name": "orders"},
            {**DESIRED, "task_name": "gone", "state": "absent"},
        ],
    }
    path = workspace.write("vars.yml", values)
    dry = good(workspace.playbook("otc.dis.dli_transfer", "-e", f"@{path}", "--check"))
    (line,) = [one for one in reported(dry) if ": stream " in one]
    assert line.startswith("orders/meters-to-dli: stream orders is skipped. The stream does not exist yet")
    assert workspace.cloud.tasks("meters") == {}
    values["dli_transfer_tasks"] = [{**DESIRED, "stream_name": "orders", "dli_table_name": "none"}]
    stopped = workspace.playbook("otc.dis.dli_transfer", "-e", f"@{workspace.write('vars.yml', values)}")
    assert stopped.code == 2, str(stopped)
    assert "Prerequisites are not met (see above): orders/meters-to-dli." in stopped.output
    assert not [one for one in workspace.cloud.log("dis") if one["method"] != "GET"]
    values["dli_transfer_tasks"] = [{**DESIRED, "stream_name": "orders"}]
    good(workspace.playbook("otc.dis.dli_transfer", "-e", f"@{workspace.write('vars.yml', values)}"))
    assert list(workspace.cloud.tasks("orders")) == ["meters-to-dli"]


def test_login_that_fails_is_a_failure(workspace: Workspace) -> None:
    workspace.environ["OS_PASSWORD"] = "not-the-password"
    done = run(workspace, [DESIRED], dli_transfer_preflight="always")
    assert done.code == 2
    assert "Cannot log in" in done.output
