# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the Python interpreters of this machine that really run."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

KNOWN = tuple((3, minor) for minor in range(8, 16))

# Version managers keep interpreters away from PATH; each tells by a variable where.
MANAGERS = {
    "PYENV_ROOT": "versions/*/bin",
    "UV_PYTHON_INSTALL_DIR": "*/bin",
    "ASDF_DATA_DIR": "installs/python/*/bin",
    "MISE_DATA_DIR": "installs/python/*/bin",
}

# The program behind the name, also when asked inside a virtual environment.
QUESTION = """
import importlib.util, json, os, sys
print(json.dumps({
    "version": sys.version_info[:2],
    "final": sys.version_info[3] == "final",
    "path": os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable),
    "venv": all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")),
}))
"""


@dataclass(frozen=True)
class Python:
    version: tuple[int, int]
    path: str

    def __str__(self) -> str:
        return "Python {}.{}".format(*self.version)


def probe(candidate: str) -> Python | None:
    """Ask *candidate* who it is; None if it does not run or cannot make virtual environments."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        answer = subprocess.run(
            [candidate, "-c", QUESTION], check=True, capture_output=True, timeout=30, env=environ, cwd="/"
        )
        told = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None  # a version manager's shim for a version that is not active, for example
    if not (told["final"] and told["venv"] and told["path"]):
        return None
    return Python(tuple(told["version"]), told["path"])


def candidates() -> list[str]:
    """Everything that is called like a Python we know, the most wanted first."""
    names = ["python3", *("python{}.{}".format(*version) for version in KNOWN)]
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    for variable, pattern in MANAGERS.items():
        if os.environ.get(variable):
            folders += sorted(Path(os.environ[variable]).glob(pattern), reverse=True)
    found = [sys.executable, *(str(folder / name) for folder in folders for name in names)]
    return [path for path in dict.fromkeys(found) if os.access(path, os.X_OK) and not os.path.isdir(path)]


@functools.cache
def discover() -> dict[tuple[int, int], str]:
    """The interpreters that can be used: version to absolute path."""
    with ThreadPoolExecutor(8) as pool:
        seen = [python for python in pool.map(probe, candidates()) if python]
    found: dict[tuple[int, int], str] = {}
    for python in seen:
        found.setdefault(python.version, python.path)
    return {version: found[version] for version in sorted(found) if version in KNOWN}


def usable_path() -> str:
    """PATH without folders where a Python is named but does not run, as in a version manager's shims."""
    kept = []
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        named = [Path(folder, "python{}.{}".format(*version)) for version in KNOWN]
        broken = any(os.access(name, os.X_OK) and probe(str(name)) is None for name in named)
        if folder and not (broken and not Path(folder, "sh").exists()):
            kept.append(folder)
    return os.pathsep.join(kept)


if __name__ == "__main__":
    for _version, _path in discover().items():
        print("{}.{}".format(*_version), _path)
