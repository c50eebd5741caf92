# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder to work in and a cloud to work on, as the tests use them."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path
from typing import Any

import ansible_cli
import yaml

from otc_emulator.runner import Emulator

TARGET = os.environ.get("OTC_DIS_TARGET_PYTHON", "")
MODULE = "otc.dis.dli_transfer_task"
DESIRED = {
    "stream_name": "meters",
    "task_name": "meters-to-dli",
    "agency_name": "dis_admin_agency",
    "dli_database_name": "telemetry",
    "dli_table_name": "meter_raw",
    "obs_bucket_path": "telemetry-staging",
}
WRITES = {"create_transfer_task", "update_transfer_task", "act_on_transfer_tasks", "delete_transfer_task"}


class Workspace:
    """A working directory, with a cloud in the environment unless a test overrides it."""

    def __init__(self, folder: Path, cloud: Emulator) -> None:
        self.folder, self.cloud = folder, cloud
        self.environ = {**ansible_cli.environ(folder), **cloud.environ}
        # Ansible runs modules on localhost with its own Python unless a variable overrides it.
        self.always = ["-e", f"ansible_python_interpreter={TARGET}"] if TARGET else []

    @property
    def auth(self) -> dict[str, str]:
        """The login, as the option takes it."""
        login = self.cloud.login
        return {
            "auth_url": self.cloud.auth_url,
            "username": login["user"],
            "password": login["password"],
            "user_domain_name": login["domain"],
            "project_name": login["project"],
        }

    def forget_cloud(self) -> None:
        """Take the cloud out of the environment."""
        self.environ = {name: value for name, value in self.environ.items() if not name.startswith("OS_")}

    def write(self, name: str, data: Any) -> Path:
        """A file with text, or with data as YAML."""
        path = self.folder / name
        path.write_text(data if isinstance(data, str) else yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
        return path

    def clouds(self, entries: dict[str, Any], at_home: bool = False) -> Path:
        """A clouds file where users have one: in the current folder, or in the home folder."""
        folder = Path("home/.config/openstack") if at_home else Path()
        (self.folder / folder).mkdir(parents=True, exist_ok=True)
        return self.write(str(folder / "clouds.yaml"), {"clouds": entries})

    def playbook(self, *words: str) -> ansible_cli.Run:
        """Run ``ansible-playbook``."""
        return ansible_cli.run(["ansible-playbook", *words, *self.always], self.environ, self.folder)

    def play(self, tasks: list[Any], *words: str, **play: Any) -> ansible_cli.Run:
        """Run tasks in a play on localhost."""
        site = self.write("site.yml", [{"hosts": "localhost", "gather_facts": False, **play, "tasks": tasks}])
        return self.playbook(str(site), *words)

    def interrupted(
        self, number: int, operation: str, tasks: list[Any], whole_group: bool, times: int = 1
    ) -> ansible_cli.Run:
        """Run tasks, and send a signal when the service gets a request.

        :param whole_group: whether all processes get it, as of Ctrl-C, or the first one alone
        :param times: how often it is sent, more than a second apart
        """
        site = self.write("site.yml", [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}])
        threads = []

        def send(pid: int) -> None:
            deadline = time.monotonic() + 60
            while not self.cloud.log(operation=operation) and time.monotonic() < deadline:
                time.sleep(0.05)
            for _number in range(times):
                with contextlib.suppress(ProcessLookupError):
                    (os.killpg if whole_group else os.kill)(pid, number)
                time.sleep(1.3 if times > 1 else 0)

        def started(pid: int) -> None:
            threads.append(threading.Thread(target=send, args=(pid,)))
            threads[0].start()

        try:
            return ansible_cli.run(
                ["ansible-playbook", str(site), *self.always], self.environ, self.folder, started=started
            )
        finally:
            threads[0].join()

    def ad_hoc(self, arguments: str, *words: str) -> ansible_cli.Run:
        """Run ``ansible localhost -m otc.dis.dli_transfer_task``."""
        command = ["ansible", "localhost", "-m", MODULE, "-a", arguments, *words, *self.always]
        return ansible_cli.run(command, self.environ, self.folder)

    def writes(self) -> list[str]:
        """Write requests to the service since the last call."""
        reported = [entry["operation"] for entry in self.cloud.log("dis") if entry["operation"] in WRITES]
        self.cloud.clear_log()
        return reported


def good(run: ansible_cli.Run, warning: str = "") -> ansible_cli.Run:
    """Return a run that succeeded, and displayed no warning but the expected one."""
    assert run.code == 0, str(run)
    assert run.output.count("[WARNING]") == bool(warning), str(run)
    assert warning in " ".join(run.output.split()), str(run)
    assert "[DEPRECATION" not in run.output, str(run)
    return run


def task(**options: Any) -> dict[str, Any]:
    """A task of this collection, with the default desired state unless options override it."""
    return {"name": "Transfer task", MODULE: {**DESIRED, **options}, "register": "transfer"}
