# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a controller does for a job, without the controller: its own injectors, its layout, the program it runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from awx_api import RECORDED

ROOT = Path(__file__).resolve().parents[3]
FILES = ROOT / "extensions/awx"
FETCHED = ROOT / ".build/awx-awx"  # where the session puts the collection awx.awx
GUIDE = ROOT / "docs/docsite/rst/awx_guide.rst"
STREAM = Path(__file__).with_name("stream.py")
TOKEN = re.compile(r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))EMU[A-Za-z0-9_-]{20,}")
BUILT_IN = "openstack"
CONTAINER = "/runner"  # where the private data directory is inside an execution environment
BLOCK = re.compile(r"\.\. code-block:: (?P<language>\w+)\n\n(?P<text>(?:[ ]*\n|[ ]+[^\n]*\n)+)")
NAMED = re.compile(r"``(?P<name>[\w./]+\.yml)``\)?:$")
OF_RUNNER = ("RUNNER_", "AWX_ISOLATED_DATA_DIR", "AWX_PRIVATE_DATA_DIR", "ANSIBLE_STDOUT_CALLBACK", "ANSIBLE_CALLBACK_")
"""Variables of a recorded job that ansible-runner sets itself."""


def guide_blocks(page: Path = GUIDE) -> list[tuple[str, str, str]]:
    """The code blocks of a page: the paragraph before each, its language and its text."""
    text = page.read_text("utf-8")
    return [
        (
            " ".join(text[: found.start()].rstrip().split("\n\n")[-1].split()),
            found["language"],
            textwrap.dedent(found["text"]).strip() + "\n",
        )
        for found in BLOCK.finditer(text)
    ]


def from_guide(name: str) -> str:
    """The text of the guide's code block with this name; the paragraph before it ends with the name."""
    named = [(NAMED.search(before), text) for before, language, text in guide_blocks() if language == "yaml"]
    found = [text for match, text in named if match and match["name"] == name]
    assert len(found) == 1, f"{name} is {len(found)} times in the guide"
    return found[0]


def console(word: str) -> list[str]:
    """The lines of the guide's block of commands that contains *word*."""
    (found,) = [text for before, language, text in guide_blocks() if language == "console" and word in text]
    return found.splitlines()


def recorded_environment(name: str, runner: Path) -> dict[str, str]:
    """What a real AWX 24.6.1 put into the environment of a job, but for the variables of its credential.

    :param name: the job in ``recorded.json``
    :param runner: the folder that replaces ``/runner``
    """
    recorded = RECORDED[name]["job_env"]
    kept = {key: value for key, value in recorded.items() if not key.startswith((*OF_RUNNER, "OS_"))}
    return {key: in_container(value, runner) for key, value in kept.items()}


def in_container(text: str, runner: Path) -> str:
    """A text with the folder that replaces ``/runner``, as there is no container."""
    return re.sub(rf"(?<![\w/]){CONTAINER}(?=/)", str(runner), text)


def shipped(name: str) -> Any:
    """A definition that users import."""
    return yaml.load((FILES / name).read_text("utf-8"), Definitions)


class Definitions(yaml.SafeLoader):
    """Reads texts that are marked as unsafe, too."""


Definitions.add_constructor("!unsafe", Definitions.construct_yaml_str)


@dataclass(frozen=True)
class Injected:
    """What a credential adds to a job.

    :ivar env: variables of the job
    :ivar shown: the same, as the controller shows them to people who look at the job
    :ivar args: words added to the command line
    """

    env: Mapping[str, str]
    shown: Mapping[str, str]
    args: Sequence[str]


def inject(kind: str, inputs: Mapping[str, Any], private: Path) -> Injected:
    """Have the controller's own code render a credential.

    :param kind: ``openstack`` for the type that is built in, else the first part of a name in ``extensions/awx``
    """
    from awx_plugins.credentials.plugins import openstack
    from awx_plugins.interfaces._temporary_private_api import ManagedCredentialType
    from awx_plugins.interfaces._temporary_private_credential_api import Credential
    from awx_plugins.interfaces._temporary_private_inject_api import inject_credential

    if kind == BUILT_IN:
        kind_of = openstack
    else:
        definition = {part: shipped(f"{kind}.{part}.yml") for part in ("inputs", "injectors")}
        kind_of = ManagedCredentialType(namespace=kind, name=kind, kind="cloud", **definition)
    (private / "env").mkdir(parents=True, exist_ok=True)
    env: dict[str, str] = {}
    shown: dict[str, str] = {}
    args: list[str] = []
    inject_credential(kind_of, Credential(dict(inputs)), env, shown, args, str(private))
    return Injected(env, shown, args)


@dataclass(frozen=True)
class Job:
    """A job that has ended."""

    code: int
    output: str
    artifacts: Path

    @property
    def events(self) -> list[dict[str, Any]]:
        files = sorted(self.artifacts.glob("job_events/*.json"), key=lambda path: int(path.name.split("-")[0]))
        return [json.loads(path.read_text("utf-8")) for path in files]

    @property
    def recap(self) -> dict[str, Any]:
        """The data of the last event of a playbook."""
        (recap,) = [event["event_data"] for event in self.events if event["event"] == "playbook_on_stats"]
        return recap

    @property
    def changed(self) -> int:
        """The number of changed tasks in the recap."""
        return sum(self.recap["changed"].values())

    @property
    def stats(self) -> dict[str, Any]:
        """What AWX shows as the artifacts of the job: the statistics that a playbook has set."""
        return self.recap["artifact_data"]

    def result(self, task: str) -> dict[str, Any]:
        """The result of the only task of this name."""
        ends = ("runner_on_ok", "runner_on_failed")
        (event,) = [one for one in self.events if one["event"] in ends and one["event_data"]["task"] == task]
        return event["event_data"]["res"]

    def shown(self) -> dict[str, str]:
        """All that the controller keeps of the job, by name of the file.

        ``command`` holds the environment of the job. A controller does not keep it as it is: see ``Injected.shown``.
        """
        files = [path for path in self.artifacts.rglob("*") if path.is_file() and path.name != "command"]
        kept = {str(path.relative_to(self.artifacts)): path.read_text("utf-8", "replace") for path in files}
        return {**kept, "output": self.output}

    def leaks(self, *secrets: str) -> list[str]:
        """Places that contain a secret, or a token issued by the emulator."""
        return [
            f"{name}: {what}"
            for name, text in self.shown().items()
            for what in [*(one for one in secrets if one in text), *TOKEN.findall(text)]
        ]

    def __str__(self) -> str:
        return f"{self.output}[exit code {self.code}]"


class Controller:
    """A private data directory as a controller lays it out, and the jobs that are run in it.

    :ivar runner: the folder that replaces ``/runner`` in the container
    :ivar home: the home of the user in the container
    :ivar project_collections: whether the update of the project has installed collections
    :ivar env: variables from credentials and settings
    """

    def __init__(self, folder: Path, collections: Path) -> None:
        self.private, self.runner, self.home = (folder / name for name in ("private", "runner", "home"))
        self.collections, self.project_collections = collections, True
        self.env: dict[str, str] = {}
        for name in ("project", "inventory", "env"):
            (self.private / name).mkdir(parents=True)
        (self.private / "project/transfers.yml").write_text(from_guide("transfers.yml"), "utf-8")
        host = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        self.hosts({"all": {"hosts": ["localhost"]}, "_meta": {"hostvars": {"localhost": host}}})

    def hosts(self, inventory: Mapping[str, Any]) -> None:
        """Give an inventory to the jobs to come, as a script that prints it."""
        script = self.private / "inventory/hosts"
        script.write_text(f"#! /usr/bin/env python3\nprint({json.dumps(inventory)!r})\n", "utf-8")
        script.chmod(0o700)

    def put(self, name: str) -> str:
        """Save the guide's block of this name in the project."""
        (self.private / "project" / name).write_text(from_guide(name), "utf-8")
        return name

    def attach(self, kind: str, inputs: Mapping[str, Any]) -> Injected:
        """Attach a credential to the jobs to come."""
        injected = inject(kind, inputs, self.private)
        self.env.update({name: in_container(value, self.runner) for name, value in injected.env.items()})
        return injected

    def answer(self, answers: Mapping[str, Any], template: Mapping[str, Any]) -> None:
        """Write the variables of a job: those of the job template may hold templates, answers to a survey may not."""
        parts = [yaml.safe_dump({name: value}) for name, value in template.items()]
        parts += [yaml.dump({name: value}, Dumper=Untrusted) for name, value in answers.items()]
        (self.private / "env/extravars").write_text("".join(parts), "utf-8")

    def run(self, playbook: str = "transfers.yml", *words: str) -> Job:
        """Run a job."""
        recorded = recorded_environment("job.22", self.runner)
        return self.execute(recorded, {"playbook": playbook, "cmdline": " ".join(["-u root", *words])})

    def update_inventory(self, source: str, **variables: str) -> Job:
        """Run an inventory update.

        :param source: name of the file in the project
        :param variables: environment variables of the source
        """
        recorded = RECORDED["inventory_update"]["job_args"]
        words = recorded[recorded.index("ansible-inventory") :]
        swapped = {"/runner/project/any.dis.yml": f"/runner/project/{source}", "-vvv": "-v"}
        text = " ".join(swapped.get(word, word).replace("/117/", f"/{self.ident}/") for word in words)
        (self.private / "args").write_text(in_container(text, self.runner), "utf-8")
        environment = {**recorded_environment("inventory_update", self.runner), **variables}
        try:
            return self.execute({name: in_container(value, self.runner) for name, value in environment.items()}, {})
        finally:
            (self.private / "args").unlink()

    def ad_hoc(self, module: str, arguments: str) -> Job:
        """Run an ad hoc command. The collections of projects are not there: see the ad hoc part of the guide."""
        paths = "ANSIBLE_COLLECTIONS_PATH"
        recorded = recorded_environment("job.22", self.runner)
        recorded = {name: value for name, value in recorded.items() if not name.startswith(paths)}
        settings = {"module": module, "module_args": arguments, "host_pattern": "localhost"}
        return self.execute(recorded, settings)

    @property
    def ident(self) -> str:
        """The number of the next job."""
        return str(len(list(self.private.glob("artifacts/*"))) + 1)

    def execute(self, environment: Mapping[str, str], settings: Mapping[str, Any]) -> Job:
        """Run a job through the three steps of ansible-runner: transmit, worker, process."""
        ident = self.ident
        for name in ("envvars", "cmdline"):  # written by ansible-runner for the job before
            (self.private / "env" / name).unlink(missing_ok=True)
        shutil.rmtree(self.runner, ignore_errors=True)
        self.runner.mkdir()
        if self.project_collections:  # what a project update makes of collections/requirements.yml
            (self.runner / "requirements_collections").symlink_to(self.collections)
        settings = {**settings, "ident": ident, "envvars": {**environment, **self.env}}
        done = subprocess.run(
            [sys.executable, str(STREAM), str(self.private), str(self.runner)],
            env=container(self.home),
            cwd=self.runner,
            input=json.dumps(settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return Job(done.returncode, done.stdout, self.private / "artifacts" / ident)


class Untrusted(yaml.SafeDumper):
    """Marks every text as one in which nothing may be expanded."""

    def represent_data(self, data: Any) -> yaml.Node:
        return self.represent_scalar("!unsafe", data) if isinstance(data, str) else super().represent_data(data)


def container(home: Path) -> dict[str, str]:
    """The environment inside a container: no clouds, and no settings of Ansible."""
    ours = ("ANSIBLE_", "OS_", "XDG_", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    home.mkdir(parents=True, exist_ok=True)
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
    return {**kept, "PATH": path, "HOME": str(home), "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}


def isolated_environ(home: Path) -> dict[str, str]:
    """The environment of a program outside of jobs, with no settings of Ansible but an empty file of them."""
    config = home / "empty.cfg"
    environment = container(home)
    config.touch()
    more = {"ANSIBLE_CONFIG": str(config), "ANSIBLE_HOME": str(home / "ansible"), "ANSIBLE_NOCOLOR": "1"}
    return {**environment, **more, "ANSIBLE_REMOTE_TEMP": str(home / "ansible/remote")}
