# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lay out a copy of the working tree where ansible-core looks for it: ansible_collections/otc/dis below a folder."""

from __future__ import annotations

import fcntl
import filecmp
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MADE_BY_TOOLS = {".ansible", ".build", ".git", ".hypothesis", ".nox", ".venv", "__pycache__", "output"}


def files() -> set[Path]:
    """The files of the working tree that git would keep, relative to the root."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listed = subprocess.run(command, check=True, capture_output=True).stdout
        return {
            Path(os.fsdecode(name)) for name in listed.split(b"\0") if name and (ROOT / os.fsdecode(name)).is_file()
        }
    return found_below(ROOT)  # a downloaded archive


def found_below(top: Path) -> set[Path]:
    """All files below a folder but those that tools leave there, relative to it."""
    found = set()
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if name not in MADE_BY_TOOLS]
        found |= {Path(folder, name).relative_to(top) for name in names}
    return found


def stage(build: Path) -> Path:
    """Bring the copy below *build* up to date and return its folder; several test runs may share it."""
    target = build / "ansible_collections/otc/dis"
    target.mkdir(parents=True, exist_ok=True)
    with open(build / "stage.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = files()
        for name in found_below(target) - wanted:
            (target / name).unlink()
            if {path.name for path in (target / name).parent.iterdir()} <= {"__pycache__"}:
                shutil.rmtree((target / name).parent)
        for name in wanted:
            source, copy = ROOT / name, target / name
            if not copy.is_file() or not filecmp.cmp(source, copy) or source.stat().st_mode != copy.stat().st_mode:
                copy.parent.mkdir(parents=True, exist_ok=True)
                fresh = copy.with_name(f".{copy.name}.new")
                shutil.copy2(source, fresh)
                os.replace(fresh, copy)  # a reader gets the old file or the new one, never a part
    return target
