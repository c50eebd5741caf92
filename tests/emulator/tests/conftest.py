# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One emulator process for all tests of a worker, reset before each of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from contract import Api

from otc_emulator.runner import Emulator, running


@pytest.fixture(scope="session")
def process() -> Iterator[Emulator]:
    with running() as started:
        yield started


@pytest.fixture
def emulator(process: Emulator) -> Emulator:
    process.reset()
    return process


@pytest.fixture
def api(emulator: Emulator) -> Iterator[Api]:
    made = Api(emulator)
    yield made
    made.session.close()
