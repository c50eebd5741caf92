# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run Ansible from the command line, in an environment without the developer's own settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
CALLBACKS = Path(__file__).resolve().parent / "callback"
KEPT = ("ANSIBLE_COLLECTIONS_PATH",)


@dataclass(frozen=True)
class Event:
    """The result of one task, as a callback sees it.

    :ivar status: ok, failed, ignored, skipped or unreachable
    """

    time: float
    task: str
    action: str
    status: str
    result: Mapping[str, Any]

    @property
    def changed(self) -> bool:
        return bool(self.result.get("changed"))

    @property
    def items(self) -> list[dict[str, Any]]:
        """The results of a loop; a task without one counts as one."""
        return list(self.result["results"]) if "results" in self.result else [dict(self.result)]


@dataclass
class Run:
    """A finished run of Ansible."""

    command: list[str]
    code: int
    stdout: str
    stderr: str
    events: list[Event] = field(default_factory=list)

    @property
    def output(self) -> str:
        return self.stdout + self.stderr

    def of(self, action: str) -> list[Event]:
        """The results of the tasks that used a module."""
        return [event for event in self.events if event.action == action]

    def named(self, task: str) -> Event:
        """The result of the task of that name."""
        found = [event for event in self.events if event.task.rpartition(" : ")[2] == task]
        assert len(found) == 1, f"{len(found)} results of task {task!r} in\n{self}"
        return found[0]

    def __str__(self) -> str:
        return f"$ {' '.join(self.command)}\n{self.stdout}{self.stderr}[exit code {self.code}]"


def environ(work: Path, **more: str) -> dict[str, str]:
    """The environment for a run with all files below *work*: no user configuration of clouds or Ansible."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT or not name.startswith(("ANSIBLE_", "OS_", "XDG_", "PYTHONPATH"))
    }
    home, config = work / "home", work / "empty.cfg"
    home.mkdir(parents=True, exist_ok=True)
    config.touch()
    return {
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".build"),
        **kept,
        "HOME": str(home),
        "XDG_CONFIG_DIRS": str(home),
        "LC_ALL": "C.UTF-8",
        "PYTHONUTF8": "1",
        "ANSIBLE_CONFIG": str(config),
        "ANSIBLE_HOME": str(home / "ansible"),
        "ANSIBLE_LOCAL_TEMP": str(home / "ansible/tmp"),
        "ANSIBLE_REMOTE_TEMP": str(home / "ansible/remote"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
        "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
        "ANSIBLE_CALLBACKS_ENABLED": "results",
        "ANSIBLE_LOAD_CALLBACK_PLUGINS": "True",  # for ad hoc calls, too
        **more,
    }


def start_process(
    words: Sequence[str], env: Mapping[str, str], cwd: Path, session: bool, stdout: int, stderr: int, results: int
) -> subprocess.Popen[bytes]:
    """Start Ansible as a process."""
    return subprocess.Popen(
        [sys.executable, "-m", "ansible", *words],
        env={**env, "TEST_RESULTS_FILE": f"/dev/fd/{results}"},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        pass_fds=[results],
        start_new_session=session,
    )


start: Any = start_process
"""How commands are started; tests use a fork server instead."""


def run(
    words: Sequence[str],
    env: Mapping[str, str],
    cwd: Path,
    tell: Callable[[Event], None] = lambda event: None,
    timeout: float = 300,
    started: Callable[[int], None] | None = None,
) -> Run:
    """Run ``ansible`` or ``ansible-playbook`` of this Python.

    :param words: ``["ansible-playbook", "site.yml"]``
    :param tell: called with each result as it arrives
    :param started: called with the process id; the run then has its own process group, as in a shell
    """
    program, *args = words
    command = ["adhoc" if program == "ansible" else program.removeprefix("ansible-"), *args]
    (out, stdout), (err, stderr), (reading, writing) = os.pipe(), os.pipe(), os.pipe()
    process = start(command, env, cwd, started is not None, stdout, stderr, writing)
    for file in (stdout, stderr, writing):
        os.close(file)
    if started is not None:
        started(process.pid)
    events: list[Event] = []
    texts = {out: "", err: ""}

    def read_text(file: int) -> None:
        with open(file, encoding="utf-8") as stream:
            texts[file] = stream.read()

    def read_events() -> None:
        with open(reading, encoding="utf-8") as lines:
            for line in lines:
                event = Event(**json.loads(line))
                events.append(event)
                tell(event)

    # The pipes end with the last process of the command, also if that is not the first one.
    readers = [threading.Thread(target=read_text, args=[file]) for file in texts]
    readers.append(threading.Thread(target=read_events))
    for reader in readers:
        reader.start()
    try:
        code = process.wait(timeout)
    except BaseException:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
        raise
    finally:
        for reader in readers:
            reader.join(timeout)
    return Run(list(words), code, texts[out], texts[err], events)
