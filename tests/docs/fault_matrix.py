# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of the guide to faults, made of what tests/functional/faults measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests/docs/fault_matrix.yml"
GUIDE = ROOT / "docs/docsite/rst/fault_matrix_guide.rst"
BEGIN, END = ".. The tables from here on are measured.\n", ".. The tables end here.\n"
HEADER = """\
---
# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What modules report when something goes wrong, as measured: for each operation and fault, what is reported if the
# first request is hit, and if the second is (empty: not measured). Do not edit: "make test-faults ARGS=--measure"
# writes it and the guide anew.

"""


class Column(NamedTuple):
    """An operation.

    :ivar twice: whether it sends the request twice when all goes well
    """

    group: str
    name: str
    module: str
    request: str
    twice: bool


def dumped(columns: Iterable[Column], cells: Mapping[tuple[str, str, str], tuple[str, str]]) -> str:
    """The file of what was measured.

    :param cells: by group, operation and fault
    """
    told = [
        {
            **column._asdict(),
            "faults": {
                fault: list(pair) for (group, name, fault), pair in cells.items() if (group, name) == column[:2]
            },
        }
        for column in columns
    ]
    return HEADER + yaml.dump(told, sort_keys=False, width=200, default_flow_style=None, allow_unicode=True)


def read(path: Path = DATA) -> tuple[list[Column], dict[tuple[str, str, str], tuple[str, str]]]:
    """What was measured."""
    told: list[dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))
    cells = {
        (one["group"], one["name"], fault): (pair[0], pair[1]) for one in told for fault, pair in one["faults"].items()
    }
    return [Column(*(one[name] for name in Column._fields)) for one in told], cells


def rendered(columns: list[Column], cells: Mapping[tuple[str, str, str], tuple[str, str]]) -> str:
    """One section with one table for each group of operations."""
    faults = list(dict.fromkeys(fault for _group, _name, fault in cells))
    parts = []
    for group in dict.fromkeys(one.group for one in columns):
        chosen = [one for one in columns if one.group == group]
        lines = [group, "~" * len(group), "", ".. list-table::", "   :header-rows: 2", "   :stub-columns: 1"]
        lines += ["   :class: faults", ""]
        lines += row(["What happens", *(one.name for one in chosen)])
        lines += row(["", *(f"``{one.request}``, {'1st / 2nd' if one.twice else '1st / both'}" for one in chosen)])
        for fault in faults:
            told = [cells.get((group, one.name, fault)) for one in chosen]
            if any(told):
                lines += row([fault, *(" / ".join(dict.fromkeys(filter(None, pair or ["\\-"]))) for pair in told)])
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def row(texts: list[str]) -> list[str]:
    """A row of a table."""
    return [f"   {'*' if not number else ' '} - {text}".rstrip() for number, text in enumerate(texts)]


def parts_of(guide: str) -> tuple[str, str, str]:
    """The guide before its tables, the tables, and the rest."""
    head, _mark, rest = guide.partition(BEGIN)
    tables, _mark, tail = rest.partition(END)
    return head, tables.strip("\n") + "\n", tail


def write(columns: list[Column], cells: Mapping[tuple[str, str, str], tuple[str, str]]) -> None:
    """Write data and guide."""
    DATA.write_text(dumped(columns, cells), "utf-8")
    head, _tables, tail = parts_of(GUIDE.read_text("utf-8"))
    GUIDE.write_text(f"{head}{BEGIN}\n{rendered(columns, cells)}\n{END}{tail}", "utf-8")
