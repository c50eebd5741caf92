# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rulebooks through a real ansible-rulebook, from a failing task to the task that it restarted."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from job_templates import controller
from sources import ROOT

from ansible_collections.otc.dis.plugins.plugin_utils._event_records import RecordSource
from ansible_collections.otc.dis.plugins.plugin_utils._event_tasks import TaskSource
from ansible_collections.otc.dis.plugins.plugin_utils._transitions import Record, State, dump
from otc_emulator.runner import Emulator

BIN = Path(sys.executable).parent
if shutil.which("java") is None:
    pytest.skip("ansible-rulebook needs Java 17, which is missing", allow_module_level=True)

from ansible_rulebook.rules_parser import parse_rule_sets
from ansible_rulebook.util import substitute_variables
from ansible_rulebook.validators import Validate


@contextmanager
def rulebook(emulator: Emulator, folder: Path, name: str, *options: str, **variables: Any) -> Iterator[Path]:
    """A running ansible-rulebook; its output is in a file."""
    inventory, output = folder / "hosts.yml", folder / "output.txt"
    inventory.write_text("all: {hosts: {meters: {ansible_connection: local}, other: {ansible_connection: local}}}\n")
    extra = folder / "variables.yml"
    extra.write_text("".join(f"{key}: {value}\n" for key, value in variables.items()))
    env = {**os.environ, **emulator.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    command = [
        sys.executable,
        "-m",
        "ansible_rulebook",
        "-r",
        name,
        "-i",
        str(inventory),
        "-e",
        str(extra),
        "-v",
        *options,
    ]
    with output.open("w") as file:
        process = subprocess.Popen(command, env=env, cwd=folder, stdout=file, stderr=subprocess.STDOUT)
        try:
            yield output
            assert process.poll() is None, output.read_text()
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait(output: Path, done: Any, seconds: float = 60) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not done():
        text = output.read_text()
        assert "Terminating" not in text, text
        assert time.monotonic() < end, text
        time.sleep(0.1)


def test_failed_task_is_restarted(emulator: Emulator, tmp_path: Path) -> None:
    variables = {"dis_interval": "1s", "dis_state_file": tmp_path / "state.json"}
    with rulebook(emulator, tmp_path, "otc.dis.restart_failed_tasks", **variables) as output:
        wait(output, lambda: emulator.log(operation="list_transfer_tasks"))
        emulator.patch_task("meters", "to-obs", state="ABNORMAL")
        wait(output, lambda: emulator.tasks("meters")["to-obs"]["state"] == "RUNNING")
        wait(output, lambda: "failed=0" in output.read_text())
        wait(output, lambda: '"condition": "running"' in (tmp_path / "state.json").read_text())
    assert [one["status"] for one in emulator.log(operation="act_on_transfer_tasks")] == [200, 200]


def test_restarts_are_limited(emulator: Emulator, tmp_path: Path) -> None:
    """A task that has been restarted three times and is still failed is left alone."""
    emulator.patch_task("meters", "to-obs", state="ERROR")
    state = tmp_path / "state.json"
    task_id = emulator.tasks("meters")["to-obs"]["task_id"]
    old = Record("OBS", task_id, "ERROR", "failed", 1.0, 1.0, {}, failures=3)
    state.write_text(dump(State({("meters", "to-obs"): old})))
    variables = {"dis_interval": "1s", "dis_state_file": state}
    with rulebook(emulator, tmp_path, "otc.dis.restart_failed_tasks", **variables) as output:
        wait(output, lambda: "meters/to-obs failed again: The state of the task is ERROR." in output.read_text())
    assert emulator.log(operation="act_on_transfer_tasks") == []
    assert '"failures": 4' in state.read_text()


def test_failed_task_launches_a_job(emulator: Emulator, tmp_path: Path) -> None:
    with controller() as (url, launches):
        options = ("--controller-url", url, "--controller-token", "not-a-real-token")
        with rulebook(emulator, tmp_path, "otc.dis.notify_awx", *options, dis_interval="1s") as output:
            wait(output, lambda: len(emulator.log(operation="list_transfer_tasks")) > 1)
            emulator.patch_task("meters", "to-obs", state="ABNORMAL")
            wait(output, lambda: launches)
    (launch,) = launches
    assert launch["limit"] == "meters"
    reported = launch["extra_vars"]["dis_event"]
    assert (reported["event"], reported["stream_name"], reported["task_name"]) == ("failed", "meters", "to-obs")


@pytest.mark.parametrize(("failures", "seconds"), [(1, None), (3, 2), (9, 3)])
def test_playbook_waits_longer_each_time(
    emulator: Emulator, tmp_path: Path, failures: int, seconds: int | None
) -> None:
    emulator.patch_task("meters", "to-obs", state="ERROR")
    task = {"stream_name": "meters", "task_name": "to-obs", "destination_type": "OBS", "failures": failures}
    variables = {"ansible_eda": {"event": {"dis": task}}, "first_pause": 1, "longest_pause": 3}
    command = [
        sys.executable,
        "-m",
        "ansible",
        "playbook",
        "otc.dis.restart_transfer_task",
        "-i",
        "meters,",
        "-c",
        "local",
    ]
    done = subprocess.run(
        [*command, "-e", json.dumps(variables)], env={**os.environ, **emulator.environ}, cwd=tmp_path,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ("Pausing for" in done.stdout) == (seconds is not None)
    assert seconds is None or f"Pausing for {seconds} seconds" in done.stdout
    assert emulator.tasks("meters")["to-obs"]["state"] == "RUNNING"


OWN = sorted((ROOT / "extensions/eda/rulebooks").glob("*.yml"))
GUIDE = (ROOT / "docs/docsite/rst/eda_guide.rst").read_text("utf-8")
EXAMPLES = [
    textwrap.dedent(block) for block in re.findall(r"code-block:: yaml\n((?:\n| +.*\n)+)", GUIDE) if "sources:" in block
]


@pytest.mark.parametrize("text", [*(path.read_text("utf-8") for path in OWN), *EXAMPLES])
def test_rulebook_is_valid(emulator: Emulator, login: dict[str, Any], text: str) -> None:
    data = yaml.safe_load(text)
    Validate.rulebook(data)
    (ruleset,) = parse_rule_sets(data, {})
    for source in ruleset.sources:
        args = {name: substitute_variables(value, {}) for name, value in source.source_args.items()}
        args.pop("cloud")
        args.pop("state_file", None)
        kind = {"otc.dis.transfer_tasks": TaskSource, "otc.dis.records": RecordSource}[source.source_name]
        assert kind({**login, **args}).interval >= 1
