# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of the guides, drawn from the code: ``python tests/docs/pictures.py`` writes them anew.

The state table comes out of a dry run of the real thing over everything that can be there and everything that can be
wished. The layers are told here, and a test holds them against the files that there are.
"""

from __future__ import annotations

import fnmatch
import sys
from collections.abc import Iterable, Iterator
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
    from ansible_collections.otc.dis.plugins.module_utils._converge_transfer_task import ConvergeTransferTask
    from ansible_collections.otc.dis.plugins.module_utils._destinations import DLI
    from ansible_collections.otc.dis.plugins.module_utils._errors import ApiError, DisError
    from ansible_collections.otc.dis.plugins.module_utils._memory import RunMemory
    from ansible_collections.otc.dis.plugins.module_utils._transfer_task import TransferTask, Wish
    from ansible_collections.otc.dis.plugins.module_utils._wait import Verdict, Waiting

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
    run = ConvergeTransferTask(world, wish, row.on_drift, Waiting(True, 300, 2))
    try:
        run.predict()
    except DisError:
        return Cell(("fail",))
    notes = []
    if run.plan.before is not None and run.plan.after is not None and not run.plan.actions and state == "started":
        verdict = run.judge(run.plan.before)
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


# --- the layers ---


class Layer(NamedTuple):
    """Files that know the same things.

    :ivar files: names in ``plugins/module_utils``, with stars, or paths below the root
    """

    name: str
    told: str
    files: tuple[str, ...]
    tone: str = "change"


MEETS_ANSIBLE = Layer(
    "Meets Ansible",
    "options, check mode, diff, exit and fail",
    ("_argspec.py", "_blanks.py", "_runner.py", "_run_*.py", "_role_options.py", "_export.py", "_inventory.py"),
)
CARRIES_OUT = Layer(
    "Carries out",
    "plans, looks again when an answer is lost, waits, lists",
    (
        *("_converge.py", "_converge_*.py", "_wait.py", "_parallel.py"),
        *("_find_*.py", "_put_records.py", "_get_records.py"),
    ),
)
DECIDES = Layer(
    "Decides",
    "pure: neither Ansible nor HTTP",
    (
        *("_plan.py", "_destinations.py", "_fields.py", "_rules.py", "_times.py", "_responses.py"),
        *("_transfer_task.py", "_stream.py", "_app.py", "_checkpoint.py"),
        *("_fleet.py", "_records.py", "_metrics.py", "_health.py", "_preflight.py"),
    ),
    "pure",
)
TALKS = Layer(
    "Talks",
    "one method per operation of the API",
    ("_client.py", "_client_*.py", "_paging.py", "_http.py", "_memory.py", "_cancellation.py", "_deadline.py"),
    "good",
)
LOGS_IN = Layer(
    "Logs in",
    "the only place that sees secrets",
    ("_auth.py", "_settings.py", "_clouds.py", "_files.py", "_yaml.py", "_signing.py", "_token_cache.py"),
    "pause",
)
NAMES = Layer("Names what went wrong", "codes, hints, masking; known to all", ("_errors.py", "_redaction.py"), "quiet")
LAYERS = (MEETS_ANSIBLE, CARRIES_OUT, DECIDES, TALKS, LOGS_IN, NAMES)


def layers_of(name: str) -> list[Layer]:
    """The layers that a file of ``plugins/module_utils`` belongs to; one, if the picture is right."""
    return [layer for layer in LAYERS if any(fnmatch.fnmatch(name, one) for one in layer.files)]


def there(layer: Layer) -> Iterator[str]:
    """The entries of a layer that stand for a file that there is."""
    names = {path.name for path in (ROOT / "plugins/module_utils").glob("_*.py")}
    for pattern in layer.files:
        if any(fnmatch.fnmatch(name, pattern) for name in names):
            yield pattern


def wrapped(words: Iterable[str], width: float, size: float) -> list[str]:
    """Names in lines that fit; a letter of code is 0.61 of its size wide."""
    lines = [""]
    for word in words:
        longer = f"{lines[-1]}, {word}" if lines[-1] else word
        if lines[-1] and len(longer) * size * 0.61 > width:
            lines[-1] += ","
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def architecture() -> str:
    """The layers and the way of a call through them, drawn."""
    told = (
        "From top to bottom. A playbook, an ad hoc call or a role starts a module file, which is documentation and one"
        " call. "
        + " ".join(f"{layer.name} ({layer.told}): {', '.join(there(layer))}." for layer in LAYERS)
        + " What carries out asks what decides for a plan and has what talks send its actions. What talks gets its"
        " token from what logs in, and reaches IAM and DIS. Settings go down, answers come up, and a failure comes up"
        " as one exception."
    )
    width, left, inner = 900, 24, 852
    picture = svg.Picture(width, "How the collection is built", told)

    def draw(layer: Layer, x: float, y: float, wide: float, lines_at_least: int = 0) -> float:
        """A layer's box; the height it takes."""
        lines = wrapped(there(layer), wide - 28, 12)
        height = 58 + 18 * max(len(lines), lines_at_least)
        picture.box(x, y, wide, height, layer.tone)
        picture.text(x + 14, y + 24, layer.name, layer.tone, 15, "bold")
        beside = x + 14 + len(layer.name) * 9.2 + 14
        if beside + len(layer.told) * 6.6 < x + wide:
            picture.text(beside, y + 24, layer.told, layer.tone, 13)
            first = y + 48
        else:
            picture.text(x + 14, y + 43, layer.told, layer.tone, 12.5)
            first, height = y + 64, height + 16
        for number, line in enumerate(lines):
            picture.text(x + 14, first + 18 * number, line, layer.tone, 12, "code")
        return height

    y = 22.0
    picture.text(width / 2, y + 12, "a playbook, an ad hoc call, a role", size=15, style="bold", anchor="middle")
    y += 26
    picture.arrow(410, y, 410, y + 24)
    picture.text(398, y + 17, "options", "quiet", 12.5, anchor="end")
    picture.arrow(490, y + 24, 490, y)
    picture.text(502, y + 17, "result, or msg and error", "quiet", 12.5)
    y += 28
    picture.box(left, y, inner, 50, "page")
    picture.text(left + 14, y + 30, "plugins/modules/*.py", size=14, style="code bold")
    picture.text(left + 220, y + 30, "documentation, the options that are in no table, and one call", size=13)
    y += 50
    picture.arrow(410, y + 2, 410, y + 22)
    picture.arrow(490, y + 22, 490, y + 2)
    y += 24
    y += draw(MEETS_ANSIBLE, left, y, inner)
    picture.arrow(410, y + 2, 410, y + 22)
    picture.arrow(490, y + 22, 490, y + 2)
    picture.text(398, y + 17, "a wish", "quiet", 12.5, anchor="end")
    picture.text(502, y + 17, "what is there now, what was done", "quiet", 12.5)
    y += 24
    y += draw(CARRIES_OUT, left, y, inner)
    third = (inner - 2 * 24) / 3
    columns = [left + number * (third + 24) for number in range(3)]
    middle = [x + third / 2 for x in columns]
    for x, down, up in ((middle[0], "wish, observed", "plan"), (middle[1], "an operation", "values")):
        picture.arrow(x - 20, y + 2, x - 20, y + 34)
        picture.arrow(x + 20, y + 34, x + 20, y + 2)
        picture.text(x - 28, y + 23, down, "quiet", 12.5, anchor="end")
        picture.text(x + 28, y + 23, up, "quiet", 12.5)
    y += 36
    most = max(len(wrapped(there(layer), third - 28, 12)) for layer in (DECIDES, TALKS, LOGS_IN))
    height = max(draw(layer, x, y, third, most) for layer, x in zip((DECIDES, TALKS, LOGS_IN), columns, strict=True))
    beside = y + height / 2
    picture.arrow(columns[2] - 1, beside, columns[1] + third + 3, beside)
    picture.text(columns[2] - 12, beside - 8, "token", "quiet", 11, anchor="middle")
    y += height
    picture.arrow(middle[1] - 20, y + 2, middle[1] - 20, y + 34)
    picture.arrow(middle[1] + 20, y + 34, middle[1] + 20, y + 2)
    picture.text(middle[1] - 28, y + 23, "requests", "quiet", 12.5, anchor="end")
    picture.text(middle[1] + 28, y + 23, "answers", "quiet", 12.5)
    y += 36
    picture.box(columns[0], y, third, 68, NAMES.tone)
    picture.text(columns[0] + 14, y + 22, NAMES.name, NAMES.tone, 14, "bold")
    picture.text(columns[0] + 14, y + 41, NAMES.told, NAMES.tone, 12.5)
    picture.text(columns[0] + 14, y + 59, ", ".join(there(NAMES)), NAMES.tone, 12, "code")
    picture.box(columns[1], y, third * 2 + 24, 68, "page")
    picture.text(columns[1] + 14, y + 30, "IAM and DIS", size=15, style="bold")
    picture.text(columns[1] + 14, y + 51, "the cloud, or the emulator of the tests", size=13)
    return picture.svg(y + 68 + 22)


PICTURES = {"state_table.svg": state_table, "architecture.svg": architecture}


def main() -> int:
    for name, draw in PICTURES.items():
        (GUIDES / name).write_text(draw(), "utf-8")
        print(f"drew {(GUIDES / name).relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    import stage

    stage.stage(ROOT / ".build")
    sys.exit(main())
