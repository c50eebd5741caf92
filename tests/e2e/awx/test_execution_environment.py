# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image of the jobs, as far as it can be tested without a container engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml
from controller import ROOT, isolated_environ

DEFINITION = ROOT / "extensions/ee/execution-environment.yml"


def builder(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "ansible_builder", *words]
    env = isolated_environ(folder / "home")
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_image_with_the_collection_contains_only_its_requirements(collections: Path, tmp_path: Path) -> None:
    found = yaml.safe_load(builder(tmp_path, "introspect", str(collections)))
    assert found == {"python": ["requests>=2.25.1  # from collection otc.dis"], "system": []}


def test_the_definition_makes_a_build_context(tmp_path: Path) -> None:
    context = tmp_path / "context"
    builder(
        tmp_path, "create", "--file", str(DEFINITION), "--context", str(context), "--output-filename", "Containerfile"
    )
    wanted = yaml.safe_load((context / "_build/requirements.yml").read_text("utf-8"))
    assert [one["name"] for one in wanted["collections"]] == ["https://github.com/otc-dis/otc.dis"]
    steps = (context / "Containerfile").read_text("utf-8")
    assert 'ARG EE_BASE_IMAGE="almalinux:9"' in steps
    assert 'ARG PYPKG="python3.12"' in steps
    git = steps.index("RUN $PKGMGR install -y git-core")
    assert steps.index("AS galaxy") < git < steps.index("ansible-galaxy collection install"), "git comes first"
