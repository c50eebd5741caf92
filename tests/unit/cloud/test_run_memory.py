# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notes that tasks of one run leave for later tasks."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.otc.dis.plugins.module_utils._cloud.files import RunMemory
from ansible_collections.otc.dis.plugins.module_utils._resources.base import STREAMS, planned_tasks_key


def test_planned_changes_are_known_in_check_mode_alone(tmp_path: Path) -> None:
    memory = RunMemory(str(tmp_path), "here", check_mode=True)
    memory.plan(STREAMS, "orders", True)
    memory.plan(STREAMS, "meters", True)
    memory.plan(STREAMS, "meters", False)
    memory.plan(planned_tasks_key("orders"), "to-dli", True)
    later = RunMemory(str(tmp_path), "here", check_mode=True)
    assert later.planned(STREAMS) == {"orders": True, "meters": False}
    assert later.planned(planned_tasks_key("orders")) == {"to-dli": True}
    assert later.planned(planned_tasks_key("meters")) == {}
    assert RunMemory(str(tmp_path), "here").planned(STREAMS) == {}
    assert RunMemory(str(tmp_path), "elsewhere", check_mode=True).planned(STREAMS) == {}


def test_real_run_discards_the_prediction(tmp_path: Path) -> None:
    check, real = (RunMemory(str(tmp_path), "here", check_mode=mode) for mode in (True, False))
    for name in ("orders", "meters", "others"):
        check.plan(STREAMS, name, name == "orders")
    check.plan(STREAMS, "orders", None)
    assert check.planned(STREAMS) == {"orders": True, "meters": False, "others": False}
    real.plan(STREAMS, "orders", True)
    real.plan(STREAMS, "meters", None)
    assert check.planned(STREAMS) == {"others": False}


def test_real_run_notes_nothing_but_missing_operations(tmp_path: Path) -> None:
    memory = RunMemory(str(tmp_path), "here")
    memory.plan(STREAMS, "orders", True)
    assert list(tmp_path.iterdir()) == []
    assert memory.is_unsupported("update") is False
    memory.note_unsupported("update")
    assert RunMemory(str(tmp_path), "here", check_mode=True).is_unsupported("update") is True
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600]


def test_without_a_usable_folder_there_are_no_notes(tmp_path: Path) -> None:
    for folder in (None, str(tmp_path / "gone")):
        memory = RunMemory(folder, "here", check_mode=True)
        memory.plan(STREAMS, "orders", True)
        assert memory.planned(STREAMS) == {}
    memory = RunMemory(str(tmp_path), "here", check_mode=True)
    Path(memory.path(STREAMS)).write_text("not JSON")
    assert memory.planned(STREAMS) == {}
