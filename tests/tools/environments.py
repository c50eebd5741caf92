# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual environments of the tests: made once, shared by the sessions, made anew when what they hold changes."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pythons

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"


class SetUpFailed(Exception):
    """An environment could not be made; the text says where to look."""


@dataclass(frozen=True)
class Core:
    """A release of ansible-core to test with, and the Pythons it runs on, the most telling first.

    :ivar libraries: releases of other packages to test with; the newest ones if there are none
    """

    name: str
    requirement: str
    runs_on: tuple[tuple[int, int], ...]
    libraries: tuple[str, ...] = ()

    def interpreter(self) -> pythons.Python | None:
        found = pythons.discover()
        return next((pythons.Python(version, found[version]) for version in self.runs_on if version in found), None)

    @property
    def needs(self) -> str:
        return "Python " + " or ".join("{}.{}".format(*version) for version in sorted(self.runs_on))


# The oldest release on its oldest Python with the oldest requests, the newest on its newest: what lies between is
# easier on a collection. With "newest", pip picks the newest release that the interpreter allows, no pre-release.
OLDEST_LIBRARIES = ("requests==2.25.1", "urllib3==1.26.0")
OLDEST = Core("2.16", "ansible-core~=2.16.0", ((3, 10), (3, 11), (3, 12)), OLDEST_LIBRARIES)
NEWEST = Core("newest", "ansible-core", ((3, 14), (3, 13), (3, 12), (3, 11), (3, 10), (3, 15)))
BETWEEN = (
    Core("2.18", "ansible-core~=2.18.0", ((3, 11), (3, 12), (3, 13))),
    Core("2.20", "ansible-core~=2.20.0", ((3, 12), (3, 13), (3, 14))),
)


@dataclass(frozen=True)
class Environment:
    home: Path
    python: str

    @property
    def bin(self) -> Path:
        return self.home / "bin"

    def version_of(self, package: str) -> str:
        code = f"import importlib.metadata as m; print(m.version({package!r}))"
        return subprocess.run(
            [self.bin / "python", "-c", code], check=True, capture_output=True, text=True
        ).stdout.strip()


def environment(
    name: str,
    python: pythons.Python,
    requirements: Sequence[str] = (),
    files: Sequence[Path] = (),
    tell: Callable[[str], None] = print,
) -> Environment:
    """The environment *name*, with *requirements* and the requirement *files* that exist installed."""
    home = ROOT / ".nox" / name
    home.parent.mkdir(exist_ok=True)
    files = [file for file in files if file.is_file()]
    wish = json.dumps([python.path, *requirements, *(file.read_text("utf-8") for file in files)])
    mark = hashlib.sha256(wish.encode()).hexdigest()
    stamp = home / ".installed"
    with open(home.parent / f"{name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (stamp.is_file() and stamp.read_text("utf-8") == mark and os.access(home / "bin/python", os.X_OK)):
            start = time.monotonic()
            tell(f"setting up {name} ({', '.join(requirements) or files[0].name}, {python})")
            shutil.rmtree(home, ignore_errors=True)
            log = BUILD / "log" / f"set-up-{name}.log"
            log.parent.mkdir(parents=True, exist_ok=True)
            with open(log, "w", encoding="utf-8") as out:
                run([python.path, "-m", "venv", str(home)], out)
                wanted = [*requirements, *(arg for file in files for arg in ("-r", str(file)))]
                pip = [str(home / "bin/python"), "-m", "pip", "install", "--disable-pip-version-check"]
                run([*pip, "--prefer-binary", *wanted], out)
            stamp.write_text(mark, "utf-8")
            tell(f"set up {name} in {time.monotonic() - start:.0f} s")
    return Environment(home, str(home / "bin/python"))


def run(command: list[str], out: IO[str]) -> None:
    done = subprocess.run(command, check=False, stdout=out, stderr=subprocess.STDOUT, cwd=ROOT, env=outer_environ())
    if done.returncode:
        log = Path(out.name)
        last = "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:])
        raise SetUpFailed(f"{' '.join(command[:4])} … failed, see {log.relative_to(ROOT)}:\n{last}")


def outer_environ() -> dict[str, str]:
    """Everything but what would make one Python act as another."""
    meddling = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    return {name: value for name, value in os.environ.items() if name not in meddling}


def clean_environ(keep_cloud: bool = False) -> dict[str, str]:
    """The environment for a run: a developer's clouds and Ansible settings must not reach a test."""
    ours = ("ANSIBLE_", "OTC_DIS_") if keep_cloud else ("ANSIBLE_", "OTC_DIS_", "OS_")
    single = set() if keep_cloud else {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
    environ = {
        name: value for name, value in outer_environ().items() if not name.startswith(ours) and name not in single
    }
    local = "127.0.0.1,localhost,::1"
    for name in ("NO_PROXY", "no_proxy"):
        environ[name] = ",".join(filter(None, [environ.get(name), local]))
    home, empty = BUILD / "ansible-home", BUILD / "ansible.cfg"
    home.mkdir(parents=True, exist_ok=True)
    empty.touch()
    environ.update(
        ANSIBLE_COLLECTIONS_PATH=str(BUILD),
        ANSIBLE_HOME=str(home),
        ANSIBLE_REMOTE_TEMP=str(home / "tmp"),
        ANSIBLE_NOCOLOR="1",
        ANSIBLE_CONFIG=str(empty),  # instead of the user's
        ANSIBLE_LOCALHOST_WARNING="False",
        ANSIBLE_INVENTORY_UNPARSED_WARNING="False",
        HYPOTHESIS_STORAGE_DIRECTORY=str(BUILD / "hypothesis"),
        LC_ALL="C.UTF-8",
        PYTHONPATH=os.pathsep.join([str(BUILD), str(ROOT / "tests/emulator")]),
        PYTHONUTF8="1",
    )
    return environ


def path_with(environment_: Environment) -> str:
    return os.pathsep.join([str(environment_.bin), os.environ.get("PATH", os.defpath)])


def path_for_ansible_test(environment_: Environment) -> str:
    """PATH on which every pythonX.Y runs: ansible-test tries each of them and stops at one that does not."""
    folder = BUILD / "pythons"
    folder.mkdir(parents=True, exist_ok=True)
    for version, target in pythons.discover().items():
        link = folder / "python{}.{}".format(*version)
        if not (link.is_symlink() and os.readlink(link) == target):
            link.unlink(missing_ok=True)
            link.symlink_to(target)
    return os.pathsep.join([str(environment_.bin), str(folder), pythons.usable_path()])
