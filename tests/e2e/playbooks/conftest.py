# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulated cloud for each worker, and a folder for each test."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import ansible_cli
import fork_server
from workspace import TARGET, Workspace

from otc_emulator.runner import Emulator, running

# One run is about modules on an old Python elsewhere, the other about everything else.
collect_ignore_glob = ["test_[!o]*.py"] if TARGET else ["test_oldest_python.py"]


@pytest.fixture(scope="session", autouse=True)
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Start Ansible by a fork server."""
    with (
        tempfile.TemporaryDirectory() as folder,
        fork_server.running(Path(folder), ansible_cli.environ(tmp_path_factory.mktemp("server"))) as server,
        mock.patch.object(ansible_cli, "start", server.start),
    ):
        yield


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


@pytest.fixture
def workspace(tmp_path: Path, cloud: Emulator) -> Workspace:
    return Workspace(tmp_path, cloud)
