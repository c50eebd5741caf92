# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulator on the loopback interface, and an environment in which nothing else can be reached by accident."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "emulator"))

from otc_emulator.runner import Emulator, running


@pytest.fixture(scope="session")
def process() -> Iterator[Emulator]:
    with running() as started:
        yield started


@pytest.fixture
def emulator(process: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Emulator:
    process.reset()
    for name in os.environ:
        if name.startswith(("OS_", "HUAWEICLOUD_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name, value in process.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OS_IDENTITY_API_VERSION", "3")
    monkeypatch.setenv("OS_PROJECT_DOMAIN_NAME", process.environ["OS_USER_DOMAIN_NAME"])
    return process
