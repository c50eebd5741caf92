# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions side by side: which ones may meet, and that none is waited for in vain."""

from __future__ import annotations

import importlib.util
import threading
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).parents[1] / "tools/run_all.py"
SESSIONS = ["lint", "sanity-2.16", "unit-2.16", "unit-newest", "sanity-newest", "emulator", "modules-2.16", "faces"]


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    spec = importlib.util.spec_from_file_location("run_all", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "RESULTS", tmp_path)
    return module


@pytest.mark.parametrize("width", [1, 2, 4])
def test_every_session_runs_once_and_never_beside_one_of_its_lane(
    tool: Any, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, busy, met, done = threading.Lock(), [], [], []  # type: Any, list[str], list[list[str]], list[str]

    def run(name: str, out: Any) -> tuple[str, float]:
        with lock:
            busy.append(tool.lane(name))
            met.append(sorted(busy))
        out.write(f"{name} speaks\n")
        threading.Event().wait(0.01)
        with lock:
            busy.remove(tool.lane(name))
            done.append(name)
        return "passed", 1.0

    monkeypatch.setattr(tool, "run", run)
    assert tool.side_by_side(SESSIONS, width) == dict.fromkeys(SESSIONS, ("passed", 1.0))
    assert sorted(done) == sorted(SESSIONS)
    assert all(len(set(lanes)) == len(lanes) <= width for lanes in met)


def test_session_that_breaks_down_holds_nobody_up(tool: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []

    def run(name: str, out: Any) -> tuple[str, float]:
        begun.append(name)
        raise OSError(name)

    monkeypatch.setattr(tool, "run", run)
    with pytest.raises(OSError, match=r"emulator|lint"):
        tool.side_by_side(SESSIONS, 2)
    assert len(begun) == len(set(begun))
