# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Keystone, a DIS that trusts only this Keystone, and modules that run in separate processes."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from dis_server import Call, Dis
    from keystone_server import Keystone, Seen

HERE = Path(__file__).resolve().parent
MODULE = "otc.dis.dli_transfer_task"
TASK = {
    "stream_name": "meters",
    "task_name": "meters-to-dli",
    "agency_name": "dis_admin_agency",
    "dli_database_name": "telemetry",
    "dli_table_name": "meter_raw",
    "obs_bucket_path": "telemetry-staging",
}
MAX_RUN_SECONDS = 180.0


def sibling(name: str) -> ModuleType:
    """A file beside this one as a module: pytest's importlib mode puts no test folder on the path."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


keystone_server, dis_server = sibling("keystone_server"), sibling("dis_server")


# --- servers ---


@dataclasses.dataclass(frozen=True)
class Servers:
    """Servers that run for the entire session."""

    keystone: Keystone
    dis: Dis
    elsewhere: Dis


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Keystone, the DIS of its catalogue, and a DIS where a client arrives that picks the wrong entry."""
    with dis_server.running_dis() as dis, dis_server.running_dis() as elsewhere:
        home = tmp_path_factory.mktemp("keystone")
        with keystone_server.running_keystone(dis.url, home, elsewhere.url) as keystone:
            dis.keystone = elsewhere.keystone = keystone
            yield Servers(keystone, dis, elsewhere)


@pytest.fixture(scope="session")
def keystone(servers: Servers) -> Keystone:
    """The IAM of these tests."""
    return servers.keystone


@pytest.fixture(scope="session")
def dis(servers: Servers) -> Dis:
    """DIS in ``eu-de``, public."""
    return servers.dis


@pytest.fixture(scope="session")
def elsewhere(servers: Servers) -> Dis:
    """DIS in ``eu-nl``, and for another interface in ``eu-de``."""
    return servers.elsewhere


@pytest.fixture(autouse=True)
def fresh(servers: Servers) -> None:
    """Every test starts without tasks and without a past."""
    servers.dis.reset()
    servers.elsewhere.reset()


# --- runs ---


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a run, and what the two services saw of it.

    :ivar result: the module's result; empty where Ansible itself was run
    :ivar output: everything that was written, proven to hold no secret
    :ivar iam: requests to Keystone
    :ivar calls: requests to the DIS of ``eu-de``
    :ivar strays: requests to the other one
    """

    code: int
    result: dict[str, Any]
    output: str = dataclasses.field(repr=False)
    iam: list[Seen]
    calls: list[Call]
    strays: list[Call]

    @property
    def logins(self) -> list[int]:
        """The statuses of all logins."""
        return [one.status for one in self.iam if one.is_login]

    @property
    def msg(self) -> str:
        """What the user reads after a failure; there must have been one."""
        assert self.result.get("failed"), f"the run should have failed: {self.result}"
        return str(self.result["msg"])

    @property
    def done(self) -> list[str]:
        """The requests to DIS in short, from a run that must have succeeded."""
        assert not self.result.get("failed"), self.result.get("msg")
        return [f"{call.method} {call.status}" for call in self.calls]


@dataclasses.dataclass(frozen=True)
class Runner:
    """Runs the module, or Ansible, in an environment without settings of the developer's own cloud.

    :ivar home: home and working directory of the processes
    """

    servers: Servers
    home: Path
    collections: Path

    def __call__(self, environ: Mapping[str, str] | None = None, /, **options: Any) -> Outcome:
        """Run only the module, with the options of a valid task beside those specified."""
        arguments = {**TASK, **options, **internals()}
        module = "ansible_collections." + MODULE.replace(".dis.", ".dis.plugins.modules.")
        given = json.dumps({"ANSIBLE_MODULE_ARGS": arguments})
        outcome = self.process([sys.executable, "-m", module], environ, given)
        first_line = outcome.output.partition("\n")[0]
        try:
            return dataclasses.replace(outcome, result=json.loads(first_line))
        except ValueError:
            pytest.fail(f"the module wrote no result:\n{outcome.output[-4000:]}")

    def playbook(self, play: Mapping[str, Any], variables: Mapping[str, Any], *arguments: str) -> Outcome:
        """Run a play on this machine; the variables go in as extra variables from a file."""
        (self.home / "play.yml").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, **play}]))
        (self.home / "vars.json").write_text(json.dumps(variables))
        command = ["ansible-playbook", "-e", "@vars.json", *arguments, "play.yml"]
        return self.ansible(command)

    def ansible(self, command: list[str], environ: Mapping[str, str] | None = None) -> Outcome:
        """Run one of Ansible's programs."""
        beside = Path(sys.executable).with_name(command[0])
        program = str(beside) if beside.exists() else shutil.which(command[0])
        assert program, f"{command[0]} is not installed"
        settings = {
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "ANSIBLE_HOME": str(self.home / "ansible"),
            "ANSIBLE_REMOTE_TEMP": str(self.home / "ansible/tmp"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_NOCOLOR": "1",
        }
        interpreter = ["-e", f"ansible_python_interpreter={sys.executable}"]
        return self.process([program, *command[1:], *interpreter], {**settings, **(environ or {})}, "")

    def process(self, command: list[str], environ: Mapping[str, str] | None, given: str) -> Outcome:
        """Run a process, and let no secret pass unnoticed in what it writes."""
        keystone, dis, elsewhere = self.servers.keystone, self.servers.dis, self.servers.elsewhere
        since, calls, strays = keystone.mark(), len(dis.calls), len(elsewhere.calls)
        done = subprocess.run(
            command,
            input=given.encode(),
            capture_output=True,
            cwd=self.home,
            env={**self.isolated_environ(), **(environ or {})},
            timeout=MAX_RUN_SECONDS,
            check=False,
        )
        output = f"{done.stdout.decode().strip()}\n{done.stderr.decode()}"
        leaked = [name for name, needle in needles(keystone) if needle in output]
        if leaked:
            pytest.fail(f"the output holds secrets: {', '.join(sorted(set(leaked)))}")
        return Outcome(
            done.returncode, {}, output, keystone.observed(since), dis.calls[calls:], elsewhere.calls[strays:]
        )

    def isolated_environ(self) -> dict[str, str]:
        """The environment, without clouds, proxies and settings of the user."""
        foreign = ("OS_", "HW_", "ANSIBLE_", "XDG_", "PYTHONPATH", "REQUESTS_CA", "CURL_CA", "COLUMNS")
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(foreign) and not name.lower().endswith("_proxy")
        }
        kept.update(HOME=str(self.home), PYTHONPATH=str(self.collections), XDG_CONFIG_DIRS=str(self.home / "none"))
        kept.update(LC_ALL="C.UTF-8", PYTHONUTF8="1")
        return kept


def internals() -> dict[str, Any]:
    """The controller's request to a module to echo its options in the result, as in playbooks.

    The older releases always do so.
    """
    from ansible.module_utils.common import parameters

    return {"_ansible_inject_invocation": True} if "inject_invocation" in parameters.PASS_VARS else {}


def needles(keystone: Keystone) -> Iterator[tuple[str, str]]:
    """Texts that must not be written: the random part of passwords, however the rest is escaped, and ends of tokens."""
    for secret in keystone.secrets():
        random = re.search(r"[0-9a-f]{16,}", secret) if secret.startswith("fake") else None
        if random:
            yield "a password", random[0]
        else:
            yield "the start of a token", secret[:24]
            yield "the end of a token", secret[-24:]


@pytest.fixture(scope="session")
def collections() -> Path:
    """Where the staged copy of the collection is."""
    for place in (*sys.path, str(HERE.parents[2] / ".build")):
        if (Path(place) / "ansible_collections/otc/dis/plugins").is_dir():
            return Path(place).resolve()
    pytest.fail("there is no staged copy of the collection on PYTHONPATH: run the tests with `make test-keystone`")


@pytest.fixture
def run(servers: Servers, tmp_path: Path, collections: Path) -> Runner:
    """Runs modules and playbooks."""
    return Runner(servers, tmp_path, collections)


# --- logins ---


@pytest.fixture(scope="session")
def by_name(keystone: Keystone) -> dict[str, str]:
    """``auth`` as most people write it."""
    return {
        "auth_url": keystone.auth_url,
        "username": keystone_server.ROBOT,
        "password": keystone.users[keystone_server.ROBOT].password,
        "user_domain_name": keystone_server.DOMAIN,
        "project_name": keystone_server.DEMO,
    }


@pytest.fixture
def token(keystone: Keystone) -> str:
    """A token for the project ``eu-de_demo``."""
    return keystone.log_in(keystone.users[keystone_server.ROBOT], keystone.projects[keystone_server.DEMO])
