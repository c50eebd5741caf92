# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulated cloud with one transfer task, and a login at it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from otc_emulator.runner import Emulator, running


@pytest.fixture(scope="session")
def server() -> Iterator[Emulator]:
    with running() as one:
        yield one


@pytest.fixture
def emulator(server: Emulator) -> Emulator:
    """The emulator with one stream that has one task."""
    server.clear_faults()
    server.reset(streams=[{"name": "meters", "tasks": [{"task_name": "to-obs", "destination_type": "OBS"}]}])
    return server


@pytest.fixture
def login(emulator: Emulator) -> dict[str, Any]:
    """The options of a login."""
    names = {"OS_AUTH_URL": "auth_url", "OS_USERNAME": "username", "OS_PASSWORD": "password"}
    names |= {"OS_USER_DOMAIN_NAME": "user_domain_name", "OS_PROJECT_NAME": "project_name"}
    auth = {name: emulator.environ[variable] for variable, name in names.items()}
    return {"auth": auth, "region_name": emulator.environ["OS_REGION_NAME"], "api_timeout": 1}
