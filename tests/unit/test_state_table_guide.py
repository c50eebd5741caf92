# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state table in the semantics guide equals the results of dry runs over all observed and desired states."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.otc.dis.plugins.module_utils._cloud.files import RunMemory
from ansible_collections.otc.dis.plugins.module_utils._core.errors import ApiError, DisError
from ansible_collections.otc.dis.plugins.module_utils._core.plan import Wait, WaitStatus
from ansible_collections.otc.dis.plugins.module_utils._core.reconcile import Reconciler
from ansible_collections.otc.dis.plugins.module_utils._resources.destinations import DLI
from ansible_collections.otc.dis.plugins.module_utils._resources.transfer_task import DesiredTask, TransferTask
from ansible_collections.otc.dis.plugins.module_utils._resources.transfer_tasks import TransferTaskTarget

GUIDE = Path(__file__).resolve().parents[2] / "docs/docsite/rst/semantics_guide.rst"
BEGIN, END = ".. The table is generated from dry runs.\n\n", "\n.. The table ends here.\n"
STATES = ("present", "started", "stopped", "absent")
SETTINGS = {
    "agency_name": "dis_admin_agency",
    "deliver_time_interval": 120,
    "consumer_strategy": "LATEST",
    "dli_database_name": "telemetry",
    "dli_table_name": "meter_raw",
    "obs_bucket_path": "telemetry-staging",
    "file_prefix": "",
    "retry_duration": 900,
}


class Row(NamedTuple):
    """Something that can be there when a module looks.

    :ivar kind: destination type of the task; None if there is no task
    """

    found: str
    kind: str | None = "DLI"
    state: str = "RUNNING"
    differs: bool = False
    on_drift: str = "update"
    stream: bool = True


ROWS = (
    Row("no such task", kind=None),
    Row("matches, RUNNING"),
    Row("matches, STARTING", state="STARTING"),
    Row("matches, PAUSED", state="PAUSED"),
    Row("matches, ABNORMAL", state="ABNORMAL"),
    Row("matches, ERROR", state="ERROR"),
    Row("differs, RUNNING, on_drift: update", differs=True),
    Row("differs, PAUSED, on_drift: update", differs=True, state="PAUSED"),
    Row("differs, RUNNING, on_drift: recreate", differs=True, on_drift="recreate"),
    Row("differs, PAUSED, on_drift: recreate", differs=True, state="PAUSED", on_drift="recreate"),
    Row("differs, on_drift: fail", differs=True, on_drift="fail"),
    Row("other destination type", kind="OBS"),
    Row("other type, on_drift: recreate", kind="OBS", on_drift="recreate"),
    Row("no such stream", kind=None, stream=False),
)


class Cell(NamedTuple):
    """What a module does.

    :ivar verbs: the actions in order, or ``fail``
    :ivar note: what comes with them
    """

    verbs: tuple[str, ...]
    note: str = ""

    def __str__(self) -> str:
        return ", ".join(filter(None, [" → ".join(self.verbs) or "nothing", self.note]))


def cell(row: Row, state: str) -> Cell:
    """Return the result of a dry run for a task with this observed and desired state."""

    class World:
        """Answer the queries of a dry run for a service without earlier requests."""

        memory = RunMemory()

        def show_transfer_task(self, stream: str, task: str) -> TransferTask:
            if row.kind is None:
                raise ApiError("look", 400, "DIS.4354" if row.stream else "DIS.4301", "", "")
            settings = SETTINGS if row.kind == "DLI" else {}
            return TransferTask(stream, task, row.kind, settings, row.state, {"task_id": "t"})

        def list_transfer_tasks(self, stream: str) -> dict[str, Any]:
            return {"total_number": 0, "tasks": []}

        def last_error(self, task: TransferTask) -> None:
            return None

        def list_partitions(self, stream: str) -> list[dict[str, Any]]:
            return []

    given = {**SETTINGS, "deliver_time_interval": 60} if row.differs else SETTINGS
    world: Any = World()
    desired = DesiredTask(DLI, "meters", "meters-to-dli", given, state)
    reconciler = Reconciler(
        "", None, lambda api, run: TransferTaskTarget(api, desired, row.on_drift, run), Wait(True, 300, 2)
    )
    try:
        reconciler.execute(types.SimpleNamespace(connect=lambda calls: world, check_mode=True))  # type: ignore[arg-type]
    except DisError:
        return Cell(("fail",))
    run, target = reconciler.run, reconciler.target
    notes = []
    if run.plan.before is not None and run.plan.after is not None and not run.plan.actions and state == "started":
        verdict = target.status(run.plan.before)
        notes += {WaitStatus.PENDING: ["wait"], WaitStatus.DEGRADED: ["wait 60 s, then fail"]}.get(verdict, [])
    elif run.plan.warnings:
        notes.append("warn")
    return Cell(tuple(run.plan.verbs), ", ".join(notes))


def table() -> str:
    """The table as reStructuredText."""
    lines = [".. csv-table::", "   :delim: |", "   :header-rows: 1", "   :widths: 28 18 18 18 18", ""]
    rows = [["Found", *(f"``{state}``" for state in STATES)]]
    rows += [[row.found, *(str(cell(row, state)) for state in STATES)] for row in ROWS]
    lines += [f"   {' | '.join(row)}" for row in rows]
    return "\n".join(lines) + "\n"


def test_state_table_matches_the_dry_run() -> None:
    shown = GUIDE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]
    assert shown == table(), f"this belongs into the guide:\n{table()}"
