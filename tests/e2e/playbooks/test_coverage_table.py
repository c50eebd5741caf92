# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the guide that says which test proves which way in on which surface."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from collections import Counter

import pytest
from ansible_cli import ROOT

GUIDE = ROOT / "docs/docsite/rst/proof_guide.rst"
ROW = re.compile(r"^   \* - (?P<way>.+)\n     - (?P<surface>.+)\n     - ``(?P<test>\S+)``\n", re.MULTILINE)
# Each case of these belongs into the table.
WHOLE = (
    "tests/e2e/playbooks/test_login_methods.py::test_a_way_in_leads_",
    "tests/e2e/awx/test_jobs.py::test_a_job_logs_in[",
)


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, str, str]]:
    """Way in, surface and test."""
    text = GUIDE.read_text("utf-8")
    found = [(row["way"], row["surface"], row["test"]) for row in ROW.finditer(text)]
    assert len(found) == text.count("   * - ") - 1, "a row is not of the form: way in, surface, ``test``"
    return found


def test_there_is_one_row_for_each_way_in_on_each_surface(rows: list[tuple[str, str, str]]) -> None:
    pairs = Counter((way, surface) for way, surface, test in rows)
    ways, surfaces = {way for way, surface, test in rows}, {surface for way, surface, test in rows}
    assert pairs == Counter(itertools.product(ways, surfaces))
    assert len(ways) > 3
    assert len(surfaces) > 3


def test_every_test_in_the_table_exists_and_stands_for_one_row(rows: list[tuple[str, str, str]]) -> None:
    named = [test for way, surface, test in rows]
    files = sorted({test.split("::")[0] for test in named})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *files]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert listed.returncode == 0, listed.stdout + listed.stderr
    there = [line for line in listed.stdout.splitlines() if "::" in line]
    assert set(named) <= set(there)
    assert len(set(named)) == len(named)
    assert {test for test in there if test.startswith(WHOLE)} <= set(named), "a case that the table does not name"
