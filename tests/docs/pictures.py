# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of the guides, drawn from the code: ``python tests/docs/pictures.py`` writes them anew.

The state table comes out of a dry run of the real thing over everything that can be there and everything that can be
wished. The layers are told here, and a test holds them against the files that there are.
"""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
GUIDES = ROOT / "docs/docsite/rst"
sys.path[:0] = [str(ROOT / "tests/tools"), str(ROOT / ".build")]

import svg

# --- the state table ---

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
    Row("as described, RUNNING"),
    Row("as described, STARTING", state="STARTING"),
    Row("as described, PAUSED", state="PAUSED"),
    Row("as described, ABNORMAL", state="ABNORMAL"),
    Row("as described, ERROR", state="ERROR"),
    Row("differs, RUNNING, on_drift: update", differs=True),
    Row("differs, PAUSED, on_drift: update", differs=True, state="PAUSED"),
    Row("differs, RUNNING, on_drift: recreate", differs=True, on_drift="recreate"),
    Row("differs, PAUSED, on_drift: recreate", differs=True, state="PAUSED", on_drift="recreate"),
    Row("differs, on_drift: fail", differs=True, on_drift="fail"),
    Row("another destination type", kind="OBS"),
    Row("another type, on_drift: recreate", kind="OBS", on_drift="recreate"),
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
    """What a dry run says, for a task that is found like that and wished to be in a state."""
    from ansible_collections.otc.dis.plugins.module_utils._cloud.files import RunMemory
    from ansible_collections.otc.dis.plugins.module_utils._core.errors import ApiError, DisError
    from ansible_collections.otc.dis.plugins.module_utils._core.plan import Verdict, Waiting
    from ansible_collections.otc.dis.plugins.module_utils._core.reconcile import Reconciler
    from ansible_collections.otc.dis.plugins.module_utils._resources.destinations import DLI
    from ansible_collections.otc.dis.plugins.module_utils._resources.transfer_task import TransferTask, Wish
    from ansible_collections.otc.dis.plugins.module_utils._resources.transfer_tasks import TransferTaskTarget

    class World:
        """Answers the questions that a dry run asks, of a service with which no earlier task dealt."""

        memory = RunMemory()

        def show_transfer_task(self, stream: str, task: str) -> TransferTask:
            if row.kind is None:
                raise ApiError("look", 400, "DIS.4354" if row.stream else "DIS.4301", "", "")
            settings = SETTINGS if row.kind == "DLI" else {}
            return TransferTask(stream, task, row.kind, settings, row.state, {"task_id": "t"})

        def list_transfer_tasks(self, stream: str) -> dict[str, Any]:
            return {"total_number": 0, "tasks": []}

    given = {**SETTINGS, "deliver_time_interval": 60} if row.differs else SETTINGS
    world: Any = World()
    wish = Wish(DLI, "meters", "meters-to-dli", given, state)
    reconciler = Reconciler(
        "", None, lambda api, run: TransferTaskTarget(api, wish, row.on_drift, run), Waiting(True, 300, 2)
    )
    try:
        reconciler.execute(types.SimpleNamespace(connect=lambda calls: world, check_mode=True))  # type: ignore[arg-type]
    except DisError:
        return Cell(("fail",))
    run, target = reconciler.run, reconciler.target
    notes = []
    if run.plan.before is not None and run.plan.after is not None and not run.plan.actions and state == "started":
        verdict = target.status(run.plan.before)
        notes += {Verdict.NOT_YET: ["wait"], Verdict.SUSPECT: ["wait a minute, then fail"]}.get(verdict, [])
    elif run.plan.warnings:
        notes.append("warn")
    return Cell(tuple(run.plan.verbs), ", ".join(notes))


def state_table() -> str:
    """The state table of a transfer task, drawn."""
    label, column, height, top = 278, 152, 34, 74
    width = label + 4 * column + 20
    table = [(row, [cell(row, state) for state in STATES]) for row in ROWS]
    told = " ".join(
        f"{row.found}: {'; '.join(f'{state} {one}' for state, one in zip(STATES, cells, strict=True))}."
        for row, cells in table
    )
    picture = svg.Picture(width, "What a module does, by what it finds and by the state that is wished", told)
    picture.text(16, 28, "found", "quiet", 13)
    picture.text(label, 28, "what a module does for the wished state", "quiet", 13)
    for number, state in enumerate(STATES):
        picture.text(label + number * column + (column - 8) / 2, 56, state, size=14, style="code bold", anchor="middle")
    y = top
    for number, (row, cells) in enumerate(table):
        if number in (1, 6, 11, 13):
            picture.line(16, y + 1, width - 16, y + 1)
            y += 8
        picture.text(16, y + 20, row.found, size=13)
        for place, one in enumerate(cells):
            x = label + place * column
            picture.box(x, y + 1, column - 8, height - 5, tone(one), radius=5)
            main, middle = " → ".join(one.verbs) or "nothing", x + (column - 8) / 2
            words = main if one.verbs else one.note or main
            small = 11.5 if len(words) > 20 else 13
            picture.text(middle, y + 20, words, tone(one), small, anchor="middle")
        y += height
    picture.text(16, y + 20, "Where a task is deleted to be created anew, a warning says what that costs.", "quiet", 13)
    return picture.svg(y + 36)


def tone(one: Cell) -> str:
    """The colour of a cell: by what it costs, not by what it is called."""
    if "fail" in one.verbs or "fail" in one.note:
        return "loss"
    if "delete" in one.verbs:
        return "pause"
    if one.verbs:
        return "change" if "update" in one.verbs else "good"
    return "quiet"


PICTURES = {"state_table.svg": state_table}


def main() -> int:
    for name, draw in PICTURES.items():
        (GUIDES / name).write_text(draw(), "utf-8")
        print(f"drew {(GUIDES / name).relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    import stage

    stage.stage(ROOT / ".build")
    sys.exit(main())
