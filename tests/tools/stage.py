# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lay out a copy of the working tree where ansible-core looks for it: ansible_collections/otc/dis below a folder.

Only what git would keep is copied, and a file that is already there with the same content stays untouched: several test
runs may share one copy.
"""

from __future__ import annotations

import fcntl
import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {".ansible", ".build", ".git", ".hypothesis", ".nox", ".venv", "__pycache__"}
MADE_BY_TOOLS = {".git", ".ansible", "__pycache__", "output"}


def files() -> list[Path]:
    """The files of the working tree that are not ignored, relative to the root."""
    try:
        command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listed = subprocess.run(command, check=True, capture_output=True).stdout
        top = subprocess.run(
            ["git", "-C", str(ROOT), "rev-parse", "--show-toplevel"], check=True, capture_output=True, text=True
        ).stdout
        if Path(top.strip()).resolve() != ROOT:
            raise OSError("inside somebody else's repository")
        names = [os.fsdecode(name) for name in listed.split(b"\0") if name]
    except (OSError, subprocess.CalledProcessError):  # a downloaded archive, or no git here
        names = []
        for folder, folders, inside in os.walk(ROOT):
            folders[:] = [name for name in folders if name not in NOT_OURS]
            names += [os.path.relpath(os.path.join(folder, name), ROOT) for name in inside if not name.endswith(".pyc")]
    return sorted(Path(name) for name in set(names) if (ROOT / name).is_file())


def stage(build: Path) -> Path:
    """Bring the copy below *build* up to date and return its folder."""
    target = build / "ansible_collections/otc/dis"
    target.mkdir(parents=True, exist_ok=True)
    with open(build / "stage.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = files()
        remove_others(target, {target / name for name in wanted})
        for name in wanted:
            copy_if_changed(ROOT / name, target / name)
        if not (target / ".git").exists() and shutil.which("git"):
            # ansible-test lists the files with git, otherwise it tests its own output as well.
            subprocess.run(["git", "init", "--quiet", str(target)], check=True)
    return target


def copy_if_changed(source: Path, target: Path) -> None:
    if target.is_file() and filecmp.cmp(source, target) and os.access(source, os.X_OK) == os.access(target, os.X_OK):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.new")
    shutil.copy2(source, fresh)
    os.replace(fresh, target)  # whoever reads it meets the old file or the new one, never half of it


def remove_others(target: Path, wanted: set[Path]) -> None:
    for folder, folders, names in os.walk(target):
        folders[:] = [name for name in folders if name not in MADE_BY_TOOLS]
        for name in names:
            if Path(folder, name) not in wanted:
                Path(folder, name).unlink(missing_ok=True)
    for folder, folders, names in os.walk(target, topdown=False):
        empty = not names and not any(Path(folder, name).exists() for name in folders if name != "__pycache__")
        if empty and not MADE_BY_TOOLS & set(Path(folder).relative_to(target).parts):
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    print(stage(Path(sys.argv[1]).resolve() if sys.argv[1:] else ROOT / ".build"))
