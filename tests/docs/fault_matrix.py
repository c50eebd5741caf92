# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data and tables of the results that tests/functional/faults measured."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests/docs/fault_matrix.yml"
PAGE = ROOT / "tests/docs/faults.rst"
HEADER = """\
---
# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Measured results of modules with injected faults: for each operation and fault, the result if the fault affects the
# first request, and if it affects the second (empty: not measured). Generated: make test-faults ARGS=--measure

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
    entries = [
        {
            **column._asdict(),
            "faults": {
                fault: list(pair) for (group, name, fault), pair in cells.items() if (group, name) == column[:2]
            },
        }
        for column in columns
    ]
    return HEADER + yaml.dump(entries, sort_keys=False, width=200, default_flow_style=None, allow_unicode=True)


def read(path: Path = DATA) -> tuple[list[Column], dict[tuple[str, str, str], tuple[str, str]]]:
    """What was measured."""
    entries: list[dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))
    cells = {
        (one["group"], one["name"], fault): (pair[0], pair[1])
        for one in entries
        for fault, pair in one["faults"].items()
    }
    return [Column(*(one[name] for name in Column._fields)) for one in entries], cells


def rendered(columns: list[Column], cells: Mapping[tuple[str, str, str], tuple[str, str]]) -> str:
    """One section with one table for each group of operations; faults with the same results share a row."""
    faults = list(dict.fromkeys(fault for _group, _name, fault in cells))
    parts = []
    for group in dict.fromkeys(one.group for one in columns):
        chosen = [one for one in columns if one.group == group]
        lines = [group, "~" * len(group), "", ".. list-table::", "   :header-rows: 2", "   :stub-columns: 1", ""]
        lines += row(["Fault", *(one.name for one in chosen)])
        lines += row(["", *(f"``{one.request}``, {'1st / 2nd' if one.twice else '1st / both'}" for one in chosen)])
        alike: dict[tuple[str, ...], list[str]] = {}
        for fault in faults:
            results = [cells.get((group, one.name, fault)) for one in chosen]
            if any(results):
                words = (" / ".join(dict.fromkeys(filter(None, pair or ["\\-"]))) for pair in results)
                alike.setdefault(tuple(words), []).append(fault)
        for results_of_all, names in alike.items():
            lines += row(["; ".join(names), *results_of_all])
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def row(texts: list[str]) -> list[str]:
    """A row of a table."""
    return [f"   {'*' if not number else ' '} - {text}".rstrip() for number, text in enumerate(texts)]


def write(columns: list[Column], cells: Mapping[tuple[str, str, str], tuple[str, str]]) -> None:
    """Write the data."""
    DATA.write_text(dumped(columns, cells), "utf-8")


if __name__ == "__main__":  # write the page of the site
    Path(sys.argv[1]).write_text(f"{PAGE.read_text('utf-8')}\n{rendered(*read())}", "utf-8")
