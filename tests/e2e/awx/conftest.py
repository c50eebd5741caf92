# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulated cloud, the collection as a project sync installs it, and a controller's folder for each test."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))

from controller import ROOT, Controller, from_guide, isolated_environ

from otc_emulator.runner import Emulator, running

STAGED = ROOT / ".build/ansible_collections/otc/dis"


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with running() as one:
        yield one


@pytest.fixture
def cloud(emulator: Emulator) -> Emulator:
    """The emulator as new: stream meters and all that a first transfer task needs."""
    emulator.clear_faults()
    emulator.reset()
    return emulator


@pytest.fixture(scope="session")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result of a project sync with ``collections/requirements.yml``; the tarball replaces the repository in it."""
    work = tmp_path_factory.mktemp("sync")
    env = isolated_environ(work / "home")

    def galaxy(*words: str) -> None:
        command = [sys.executable, "-m", "ansible", "galaxy", "collection", *words]
        subprocess.run(command, env=env, cwd=work, check=True, capture_output=True)

    galaxy("build", "--output-path", str(work), str(STAGED))
    wanted = yaml.safe_load(from_guide("collections/requirements.yml"))
    assert [one["type"] for one in wanted["collections"]] == ["git"]
    tarball = next(work.glob("otc-dis-*.tar.gz"))
    requirements = work / "project/collections/requirements.yml"
    requirements.parent.mkdir(parents=True)
    requirements.write_text(yaml.safe_dump({"collections": [{"name": str(tarball), "type": "file"}]}), "utf-8")
    installed = work / "requirements_collections"
    galaxy("install", "--offline", "-r", str(requirements), "-p", str(installed))
    return installed


@pytest.fixture
def controller(tmp_path: Path, collections: Path) -> Controller:
    return Controller(tmp_path, collections)
