# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contributor guide describes how to add a destination. These tests follow its steps in a copy."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = [pytest.mark.newest, pytest.mark.processes]

CODE = re.compile(r"^   \.\. code-block:: \w+\n((?:\n|      .*\n)+)", re.MULTILINE)
HELD_TO_IT = (
    "tests/unit/test_contract.py",
    "tests/unit/resources/test_transfer_task_plan.py",
    "tests/functional/test_destinations.py",
)


def blocks(guide: Path) -> list[str]:
    """The code of the chapter, block by block."""
    chapter = guide.read_text("utf-8").split("Add a destination\n---")[1].split("\nLogin tests\n---")[0]
    return [textwrap.dedent(code).strip("\n") + "\n" for code in CODE.findall(chapter)]


def put_before(path: Path, mark: str, text: str) -> None:
    """Insert a text before the only occurrence of the mark."""
    content = path.read_text("utf-8")
    assert content.count(mark) == 1, f"{path.name} has {content.count(mark)} times {mark!r}"
    path.write_text(content.replace(mark, text + mark), "utf-8")


def put_between(text: str, first: str, last: str, fresh: str) -> str:
    """Replace the text between two marks."""
    start = text.index(first)
    end = text.index(last, start)
    return text[:start] + fresh + text[end:]


def follow(copy: Path) -> None:
    """Execute the steps."""
    entry, options, returned, example, descriptor, emulated, case = blocks(
        copy / "docs/docsite/rst/contributor_guide.rst"
    )
    # 1
    table = copy / "plugins/module_utils/_resources/destinations.py"
    put_before(table, "DESTINATIONS: Mapping", entry + "\n")
    table.write_text(table.read_text("utf-8").replace("DWS, CLOUDTABLE)", "DWS, CLOUDTABLE, KAFKA)"), "utf-8")
    # 2
    module = (copy / "plugins/modules/mrs_transfer_task.py").read_text("utf-8")
    module = module.replace("MRS", "KAFKA").replace("mrs", "kafka")
    module = put_between(module, "  kafka_cluster_name:", "seealso:", textwrap.indent(options, "  "))
    module = put_between(module, "    kafka_cluster_name:\n      desc", "actions:", textwrap.indent(returned, "    "))
    module = put_between(module, "- name: Write the records", "- name: Pause", example + "\n")
    (copy / "plugins/modules/kafka_transfer_task.py").write_text(module, "utf-8")
    # 3
    put_before(copy / "meta/runtime.yml", "    - mrs_transfer_task\n", "    - kafka_transfer_task\n")
    route = "    {}_transfer_task:\n      action_plugin: otc.dis.stream\n"
    put_before(copy / "meta/runtime.yml", route.format("mrs"), route.format("kafka"))
    for name in ("transfer_task_info", "transfer_task_preflight_info"):
        info = copy / f"plugins/modules/{name}.py"
        info.write_text(info.read_text("utf-8").replace("DWS, CLOUDTABLE]", "DWS, CLOUDTABLE, KAFKA]"), "utf-8")
    # 4
    emulator = copy / "tests/emulator/otc_emulator/destinations.py"
    put_before(emulator, "@dataclass(frozen=True)\nclass Destination:", descriptor + "\n\n")
    text = emulator.read_text("utf-8")
    assert text.endswith("    )\n}\n")
    emulator.write_text(text.removesuffix("    )\n}\n") + textwrap.indent(emulated, " " * 8) + "    )\n}\n", "utf-8")
    # 5
    put_before(copy / "tests/functional/test_destinations.py", "CHANGES = [", case)


def in_a_copy(collections: Path, folder: Path) -> Path:
    """A copy of the repository in which the steps were followed."""
    copy = folder / "ansible_collections/otc/dis"
    left_out = shutil.ignore_patterns(".git", "__pycache__", "output")
    shutil.copytree(collections / "ansible_collections/otc/dis", copy, ignore=left_out)
    follow(copy)
    return copy


def outcome(copy: Path, *files: str) -> subprocess.CompletedProcess[str]:
    """The result of the tests of a copy."""
    folder = str(copy.parents[2])
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE_", "PYTEST_"))},
        "PYTHONPATH": os.pathsep.join([folder, str(copy / "tests/emulator")]),
        "ANSIBLE_COLLECTIONS_PATH": folder,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", *files]
    return subprocess.run(command, cwd=copy, env=environ, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
def test_guide_adds_a_sixth_destination(collections: Path, tmp_path: Path) -> None:
    copy = in_a_copy(collections, tmp_path)
    done = outcome(copy, *HELD_TO_IT, "-k", "kafka or KAFKA or every or all")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed.group(1)) > 30


@pytest.mark.slow
def test_missing_documentation_is_reported(collections: Path, tmp_path: Path) -> None:
    copy = in_a_copy(collections, tmp_path)
    module = copy / "plugins/modules/kafka_transfer_task.py"
    module.write_text(module.read_text("utf-8").replace("V(none) by default", "a default"), "utf-8")
    done = outcome(copy, HELD_TO_IT[0], "-k", "kafka")
    assert done.returncode == 1
    assert "kafka_compression does not tell its default" in done.stdout
