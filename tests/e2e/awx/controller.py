# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a controller does for a job, without the controller: its own injectors, its layout, the program it runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
FILES = ROOT / "extensions/awx"
FETCHED = ROOT / ".build/awx-awx"  # where the session puts the collection awx.awx
GUIDE = ROOT / "docs/docsite/rst/awx_guide.rst"
TOKEN = re.compile(r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))EMU[A-Za-z0-9_-]{20,}")
BUILT_IN = "openstack"
CONTAINER = "/runner"  # where the private data directory is inside an execution environment


def from_guide(name: str) -> str:
    """The text of the guide's code block that is to be saved as *name*."""
    pattern = rf"[Ss]ave (?:it )?as ``{re.escape(name)}``:\n\n\.\. code-block:: yaml\n\n((?: *\n| +[^\n]*\n)+)"
    found = re.findall(pattern, GUIDE.read_text("utf-8"))
    assert len(found) == 1, f"{name} is {len(found)} times in the guide"
    return textwrap.dedent(found[0]).strip() + "\n"


def shipped(name: str) -> Any:
    """A definition that users import."""
    return yaml.safe_load((FILES / name).read_text("utf-8"))


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
    def changed(self) -> int:
        """How many tasks changed something, as the recap says."""
        recap = [event for event in self.events if event["event"] == "playbook_on_stats"]
        assert len(recap) == 1, self
        return sum(recap[0]["event_data"]["changed"].values())

    def shown(self) -> dict[str, str]:
        """All that the controller keeps of the job, by name of the file.

        ``command`` holds the environment of the job. A controller does not keep it as it is: see ``Injected.shown``.
        """
        files = [path for path in self.artifacts.rglob("*") if path.is_file() and path.name != "command"]
        kept = {str(path.relative_to(self.artifacts)): path.read_text("utf-8", "replace") for path in files}
        return {**kept, "output": self.output}

    def leaks(self, *secrets: str) -> list[str]:
        """Where a secret, or a token that the emulator gave out, is to be seen."""
        return [
            f"{name}: {what}"
            for name, text in self.shown().items()
            for what in [*(one for one in secrets if one in text), *TOKEN.findall(text)]
        ]

    def __str__(self) -> str:
        return f"{self.output}[exit code {self.code}]"


class Controller:
    """A private data directory as a controller lays it out, and the jobs that are run in it."""

    def __init__(self, private: Path, collections: Path) -> None:
        self.private = private
        self.collections = collections
        self.env: dict[str, str] = {}
        for folder in ("project", "inventory", "env", "home"):
            (private / folder).mkdir(parents=True, exist_ok=True)
        (private / "project/transfers.yml").write_text(from_guide("transfers.yml"), "utf-8")
        host = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        hosts = {"all": {"hosts": ["localhost"]}, "_meta": {"hostvars": {"localhost": host}}}
        inventory = private / "inventory/hosts"
        inventory.write_text(f"#! /usr/bin/env python3\nprint({json.dumps(hosts)!r})\n", "utf-8")
        inventory.chmod(0o700)

    def attach(self, kind: str, inputs: Mapping[str, Any]) -> Injected:
        """Attach a credential to the jobs to come."""
        injected = inject(kind, inputs, self.private)
        # There is no container here, so its path becomes the real one.
        self.env.update(
            {name: re.sub(rf"^{CONTAINER}(?=/)", str(self.private), value) for name, value in injected.env.items()}
        )
        return injected

    def answer(self, answers: Mapping[str, Any], template: Mapping[str, Any]) -> None:
        """Write the variables of a job: those of the job template may hold templates, answers to a survey may not."""
        parts = [yaml.safe_dump({name: value}) for name, value in template.items()]
        parts += [yaml.dump({name: value}, Dumper=Untrusted) for name, value in answers.items()]
        (self.private / "env/extravars").write_text("".join(parts), "utf-8")

    def run(self, playbook: str = "transfers.yml", *words: str) -> Job:
        """Run a job."""
        (self.private / "env/envvars").write_text(yaml.safe_dump(self.env), "utf-8")
        (self.private / "env/cmdline").write_text(" ".join(words), "utf-8")
        ident = str(len(list(self.private.glob("artifacts/*"))) + 1)
        done = subprocess.run(
            [sys.executable, "-m", "ansible_runner", "run", str(self.private), "-p", playbook, "--ident", ident],
            env=surroundings(self.private / "home", self.collections),
            cwd=self.private,
            stdin=subprocess.DEVNULL,
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


def surroundings(home: Path, collections: Path) -> dict[str, str]:
    """The environment inside a container: nobody's clouds, nobody's Ansible settings."""
    ours = ("ANSIBLE_", "OS_", "XDG_", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    home.mkdir(parents=True, exist_ok=True)
    config = home / "empty.cfg"
    config.touch()
    return {
        **kept,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)]),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "PYTHONUTF8": "1",
        "ANSIBLE_CONFIG": str(config),
        "ANSIBLE_HOME": str(home / "ansible"),
        "ANSIBLE_REMOTE_TEMP": str(home / "ansible/remote"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
    }
