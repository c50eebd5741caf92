# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An emulated cloud per test session, and two ways to run a module against it: in this process and as a process.

With ``OTC_DIS_EXECUTION=in_process`` the action plugin runs the module instead, regardless of the requested mode.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
import trustme
from ansible.module_utils import basic
from ansible.module_utils.common import parameters
from ansible.module_utils.common import warnings as ansible_warnings

ACTION = os.environ.get("OTC_DIS_EXECUTION") == "in_process"
"""Whether modules run as the controller runs them in its own process."""
if ACTION:  # only then: with these Ansible takes itself for a controller, and its modules behave otherwise
    from ansible import constants
    from ansible.parsing.dataloader import DataLoader
    from ansible.playbook.play_context import PlayContext
    from ansible.playbook.task import Task
    from ansible.plugins import loader as plugin_loader
    from ansible.plugins.action import ActionBase
    from ansible.template import Templar
    from ansible.utils.display import Display

    # before the collection is imported, since the controller has its own import rules
    plugin_loader.init_plugin_loader([str(Path(__file__).resolve().parents[2] / ".build")])
collect_ignore_glob = [] if ACTION else ["cross/test_in_process.py"]

from ansible_collections.otc.dis.plugins.module_utils._core.errors import KINDS
from ansible_collections.otc.dis.plugins.modules import dli_transfer_task, stream, stream_info
from otc_emulator.runner import Emulator, running

NAMES = {"stream_name": "meters", "task_name": "meters-to-dli"}
NEEDED = {
    "agency_name": "dis_admin_agency",
    "dli_database_name": "telemetry",
    "dli_table_name": "meter_raw",
    "obs_bucket_path": "telemetry-staging",
}
MANNERS = {"wait_interval": 0.05, "api_timeout": 5}
"""Options with which no test waits for long."""
WRITES = {
    *("create_transfer_task", "update_transfer_task", "act_on_transfer_tasks", "delete_transfer_task"),
    *("create_stream", "update_stream", "update_auto_scaling", "change_partition_count", "act_on_stream_tags"),
    "delete_stream",
}
EMULATED_TOKEN = re.compile(r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))EMU[A-Za-z0-9_-]{20,}")
"""Not in the middle of a cursor, which is random as well."""
MAX_PROCESS_SECONDS = 60.0


# --- results ---


@dataclasses.dataclass(frozen=True)
class Result:
    """What came of a run, and what the emulator saw of it.

    :ivar data: the JSON that the module wrote
    :ivar log: the emulator's requests during the run, oldest first
    :ivar accepted: connections that the emulator accepted during the run
    :ivar promised: the module's result beside ``changed`` on success
    """

    code: int
    data: dict[str, Any]
    stdout: str = dataclasses.field(repr=False)
    stderr: str = dataclasses.field(repr=False)
    seconds: float
    log: list[dict[str, Any]] = dataclasses.field(repr=False)
    accepted: int
    promised: tuple[str, ...]

    @property
    def failed(self) -> bool:
        """Whether the module reported a change."""
        return bool(self.data.get("failed"))

    def ok(self) -> Result:
        """This result, which must be a success."""
        assert not self.failed, self.data.get("msg")
        assert self.code == 0
        assert set(self.data) >= {"changed", *self.promised}
        assert self.data["changed"] == bool(self.data.get("actions"))
        return self

    def bad(self) -> Result:
        """This result, which must be a failure that the module explains."""
        assert self.failed, self.data
        assert self.code == 1
        assert set(self.data.get("error", ())) == {"kind", "status", "code", "request_id", "hint"}, self.data
        assert self.error["kind"] in KINDS
        assert self.data["changed"] == bool(self.data["done"]), self.data
        if self.error["hint"]:
            assert self.error["hint"] in self.msg
        return self

    @property
    def changed(self) -> bool:
        """The module's verdict."""
        return bool(self.data["changed"])

    @property
    def actions(self) -> list[str]:
        """What was or would be done."""
        return list(self.data["actions"])

    @property
    def done(self) -> list[str]:
        """What had been done before a failure."""
        return list(self.data["done"])

    @property
    def msg(self) -> str:
        """The message of a failure."""
        return str(self.data["msg"])

    @property
    def error(self) -> dict[str, Any]:
        """The parts of a failure."""
        return dict(self.data["error"])

    @property
    def task(self) -> Any:
        """The task as returned."""
        return self.data["transfer_task"]

    @property
    def stream(self) -> Any:
        """The stream as returned."""
        return self.data["stream"]

    @property
    def streams(self) -> list[dict[str, Any]]:
        """The streams as returned."""
        return list(self.data["streams"])

    @property
    def unverified(self) -> list[str]:
        """Options that the service does not return."""
        return list(self.data["unverified"])

    @property
    def diff(self) -> dict[str, Any]:
        """The diff; exists only in diff mode."""
        return dict(self.data["diff"])

    @property
    def warnings(self) -> list[str]:
        """Warnings as texts: newer releases of ansible-core may wrap them."""
        return [one if isinstance(one, str) else json.dumps(one) for one in self.data.get("warnings", [])]

    @property
    def everything(self) -> str:
        """All that was written."""
        return self.stdout + self.stderr

    def requests(self, service: str) -> list[dict[str, Any]]:
        """The requests to ``iam`` or ``dis``."""
        return [entry for entry in self.log if entry["service"] == service]

    @property
    def dis(self) -> list[str]:
        """The operations of DIS, in short: ``show``, ``create``, ``update``, ``delete``, ``act``, ``list``."""
        short = {"act_on_transfer_tasks": "act", "list_transfer_tasks": "list", "show_stream": "show_stream"}
        return [short.get(one["operation"], one["operation"].split("_")[0]) for one in self.requests("dis")]

    @property
    def operations(self) -> list[str]:
        """The operations of DIS by their full names."""
        return [one["operation"] for one in self.requests("dis")]

    @property
    def iam(self) -> list[str]:
        """The operations of IAM."""
        return [one["operation"] for one in self.requests("iam")]

    @property
    def writes(self) -> list[dict[str, Any]]:
        """The requests that may change something in DIS."""
        return [entry for entry in self.log if entry["operation"] in WRITES]


# --- servers ---


@pytest.fixture(scope="session")
def emulator_process() -> Iterator[Emulator]:
    """One emulator for the session; with xdist, one for each worker."""
    with running() as emulator:
        yield emulator


@pytest.fixture
def emulator(emulator_process: Emulator) -> Emulator:
    """The emulator as it is at the start."""
    emulator_process.reset()
    return emulator_process


@dataclasses.dataclass(frozen=True)
class Tls:
    """An emulator behind https.

    :ivar trusted: file with the authority that signed its certificate
    :ivar stranger: file with another authority
    """

    emulator: Emulator
    trusted: str
    stranger: str


@pytest.fixture(scope="session")
def tls_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tls]:
    """One emulator with a certificate for 127.0.0.1, and for that name alone."""
    folder = tmp_path_factory.mktemp("tls")
    authority, stranger = trustme.CA(), trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    stranger.cert_pem.write_to_path(str(folder / "stranger.pem"))
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(str(folder / "cert.pem"), append=True)
    with running("--tls-cert", str(folder / "cert.pem"), "--tls-key", str(folder / "key.pem")) as emulator:
        yield Tls(emulator, str(folder / "ca.pem"), str(folder / "stranger.pem"))


@pytest.fixture
def tls(tls_process: Tls) -> Tls:
    """The https emulator as it is at the start."""
    tls_process.emulator.reset()
    return tls_process


@dataclasses.dataclass(frozen=True)
class Trap:
    """A server that must receive no request.

    :ivar visits: method and path of each request
    """

    url: str
    visits: list[str]


@pytest.fixture
def trap() -> Iterator[Trap]:
    """A web server that notes every request, and would answer it."""
    visits: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            visits.append(f"{self.command} {self.path}")
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.send_header("X-Subject-Token", "fake-token-of-the-trap")
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any  # noqa: N815

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield Trap(f"http://127.0.0.1:{server.server_address[1]}", visits)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def closed_port() -> int:
    """A local port without a listener."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- runs ---


def auth_of(emulator: Emulator) -> dict[str, str]:
    """``auth`` as most people write it."""
    return {
        "auth_url": emulator.auth_url,
        "username": emulator.login["user"],
        "password": emulator.login["password"],
        "user_domain_name": emulator.login["domain"],
        "project_name": emulator.login["project"],
    }


@dataclasses.dataclass(frozen=True)
class Run:
    """Runs a module against an emulator, in an environment without settings of the developer's own cloud.

    Options default to a login at the emulator and what is in ``defaults``; None takes one away.

    :ivar home: home and working directory
    :ivar module: the module to run
    :ivar promised: the module's result beside ``changed`` on success
    :ivar run_folder: temporary folder of the Ansible run that the action plugin is part of; None for a run per call
    :ivar same_worker: whether the action plugin reuses the worker of the previous call, like the next loop item
    """

    emulator: Emulator
    home: Path
    collections: Path
    module: ModuleType = dli_transfer_task
    defaults: Mapping[str, Any] = dataclasses.field(default_factory=lambda: {**NAMES, **MANNERS})
    promised: tuple[str, ...] = ("actions", "unverified", "transfer_task")
    run_folder: Path | None = None
    same_worker: bool = False

    def of(self, module: ModuleType | str, *promised: str, **defaults: Any) -> Run:
        """The same for another module; one that returns something else gets nothing but its own defaults."""
        if isinstance(module, str):
            module = importlib.import_module(f"ansible_collections.otc.dis.plugins.modules.{module}")
        if promised:
            return dataclasses.replace(self, module=module, promised=promised, defaults={"api_timeout": 5, **defaults})
        return dataclasses.replace(self, module=module)

    def __call__(
        self, check: bool = False, diff: bool = False, env: Mapping[str, str] | None = None, **options: Any
    ) -> Result:
        """Run it in this process."""
        if ACTION:
            return self.task(check, diff, env, options)
        given = self.arguments(options, {"_ansible_check_mode": check, "_ansible_diff": diff})
        out, err = io.StringIO(), io.StringIO()
        code: Any = None
        with (
            self.watched() as watched,
            self.as_if_alone(given, env),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                self.module.main()
            except SystemExit as end:
                code = end.code
        return self.result(code or 0, out.getvalue(), err.getvalue(), watched)

    def task(
        self, check: bool, diff: bool, env: Mapping[str, str] | None, *items: Mapping[str, Any], sure: bool = True
    ) -> Result:
        """Run it in this process as one task of a playbook, without a loop or with one; the last result.

        :param sure: whether a module process in its place is a failure of the test
        """
        out, err = io.StringIO(), io.StringIO()
        plugin = importlib.import_module("ansible_collections.otc.dis.plugins.action.stream")
        if not self.same_worker:
            plugin.SESSIONS.clear()
            plugin.REJECTED_LOGINS.clear()
        data: dict[str, Any] = {}
        with (
            self.watched() as watched,
            self.as_if_alone(b"", env),
            tempfile.TemporaryDirectory() as folder,
            mock.patch.object(constants, "DEFAULT_LOCAL_TMP", str(self.run_folder or folder)),
            mock.patch.object(Display(), "verbosity", 4),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.MonkeyPatch.context() as patch,
        ):
            if sure:
                patch.delattr(ActionBase, "_execute_module")
            for options in items:
                with deferred_warnings() as warnings:
                    handler = self.handler(json.loads(self.arguments(options, {}))["ANSIBLE_MODULE_ARGS"], check, diff)
                    data = handler.run(task_vars={"ansible_inject_invocation": True})
                if warnings:
                    data["warnings"] = [*data.get("warnings", ()), *warnings]
        reported = json.dumps(data, default=str)
        return self.result(int(bool(data.get("failed"))), reported, out.getvalue() + err.getvalue(), watched)

    def handler(self, options: Mapping[str, Any], check: bool, diff: bool) -> ActionBase:
        """The action plugin with a task, as Ansible makes it for a local connection."""
        name = f"otc.dis.{self.module.__name__.rpartition('.')[2]}"
        loader, context = DataLoader(), PlayContext()
        loader.set_basedir(str(self.home))
        task = Task.load({"action": name}, loader=loader)
        task.args = {option: value for option, value in options.items() if not option.startswith("_ansible")}
        task.check_mode, task.diff = check, diff
        connection = plugin_loader.connection_loader.get("local", context, None)
        connection.set_options(var_options={})
        connection._shell.set_options(var_options={})
        found = plugin_loader.module_loader.find_plugin_with_context(name)
        return plugin_loader.action_loader.get(
            found.action_plugin,
            task=task,
            connection=connection,
            play_context=context,
            loader=loader,
            templar=Templar(loader=loader, variables={}),
            shared_loader_obj=plugin_loader,
        )

    def complete_task(self, **options: Any) -> Result:
        """As a call, with all settings that a new task needs; the others have their defaults."""
        return self(**{**NEEDED, **options})

    def process(
        self,
        check: bool = False,
        diff: bool = False,
        env: Mapping[str, str] | None = None,
        started: Callable[[int], None] = lambda pid: None,
        **options: Any,
    ) -> Result:
        """Run it as on a managed node: in a separate, verbose process; the action plugin needs none.

        :param started: called with the id of the process, before the process reads its options
        """
        if ACTION:
            return self.task(check, diff, env, options)
        internals = {"_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_debug": True}
        with self.watched() as watched:
            process = subprocess.Popen(
                [sys.executable, "-m", self.module.__name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=self.home,
                env={**self.isolated_environ(), "PYTHONPATH": str(self.collections), **(env or {})},
            )
            try:
                started(process.pid)
                out, err = process.communicate(self.arguments(options, internals), MAX_PROCESS_SECONDS)
            finally:
                process.kill()
        return self.result(process.returncode, out.decode(), err.decode(), watched)

    def arguments(self, options: Mapping[str, Any], internals: Mapping[str, Any]) -> bytes:
        """What Ansible hands to a module."""
        defaults = {**self.defaults, "auth": auth_of(self.emulator)}
        merged = {name: value for name, value in {**defaults, **options}.items() if value is not None}
        # The older releases always echo the options.
        echo = {"_ansible_inject_invocation": True} if "inject_invocation" in parameters.PASS_VARS else {}
        name = f"otc.dis.{self.module.__name__.rpartition('.')[2]}"
        talkative = {"_ansible_verbosity": 4, "_ansible_module_name": name, **internals, **echo}
        return json.dumps({"ANSIBLE_MODULE_ARGS": {**merged, **talkative}}).encode()

    def isolated_environ(self) -> dict[str, str]:
        """An environment with nothing about clouds and proxies in it."""
        kept = {
            name: os.environ[name]
            for name in ("PATH", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
            if name in os.environ
        }
        return {**kept, "HOME": str(self.home), "XDG_CONFIG_DIRS": str(self.home / "none"), "LC_ALL": "C.UTF-8"}

    @contextlib.contextmanager
    def as_if_alone(self, given: bytes, env: Mapping[str, str] | None) -> Iterator[None]:
        """Ansible's global state as in a new process."""
        before = os.getcwd()
        profile = {"_ANSIBLE_PROFILE": "legacy"} if hasattr(basic, "_ANSIBLE_PROFILE") else {}
        environ = {**self.isolated_environ(), **(env or {})}
        with (
            mock.patch.multiple(basic, _ANSIBLE_ARGS=given, **profile),
            mock.patch.dict(os.environ, environ, clear=True),
        ):
            os.chdir(self.home)
            forget_warnings()
            try:
                yield
            finally:
                forget_warnings()
                os.chdir(before)

    @contextlib.contextmanager
    def watched(self) -> Iterator[dict[str, Any]]:
        """What the emulator sees meanwhile."""
        self.emulator.clear_log()
        connections = self.emulator.state()["connections"]["accepted"]
        started = time.monotonic()
        observed: dict[str, Any] = {}
        yield observed
        observed["seconds"] = time.monotonic() - started
        observed["log"] = self.emulator.log()
        observed["accepted"] = self.emulator.state()["connections"]["accepted"] - connections

    def result(self, code: int, stdout: str, stderr: str, watched: Mapping[str, Any]) -> Result:
        """The result of a run, which never holds a secret of the emulator."""
        try:
            data = json.loads(stdout)
        except ValueError:
            pytest.fail(f"the module wrote no result:\n{stdout[-4000:]}\n{stderr[-4000:]}")
        everything = stdout + stderr
        everything.encode()  # half a character would end a process in the middle of its result
        if self.module.__name__.endswith(".iam_token") and "token" in data:
            assert everything.count(data["token"]) == 1, "the token is shown in more than the one place"
            everything = everything.replace(data["token"], "")
        assert self.emulator.login["password"] not in everything, "the password is shown"
        assert not EMULATED_TOKEN.search(everything), "a token is shown"
        assert "Traceback" not in everything, everything
        return Result(
            int(code), data, stdout, stderr, watched["seconds"], watched["log"], watched["accepted"], self.promised
        )


@contextlib.contextmanager
def deferred_warnings() -> Iterator[list[str]]:
    """Warnings that Ansible, in its newer releases, takes out of the controller's hands and puts into the result."""
    reported: list[str] = []
    try:
        from ansible._internal._display_utils import DeferredWarningContext
    except ImportError:
        yield reported
        return
    with DeferredWarningContext(variables={}) as context:
        yield reported
        reported += [one.event.msg for one in context.get_warnings()]


def forget_warnings() -> None:
    """Drop the warnings of earlier runs in this process."""
    for name in ("_global_warnings", "_global_deprecations"):
        kept = getattr(ansible_warnings, name, None)
        if kept is not None:
            kept.clear()


@pytest.fixture(scope="session")
def collections() -> Path:
    """Where the staged copy of the collection is."""
    return Path(dli_transfer_task.__file__).resolve().parents[5]


@pytest.fixture
def run(emulator: Emulator, tmp_path: Path, collections: Path) -> Run:
    """Runs the module against the emulator."""
    home = tmp_path / "home"
    home.mkdir()
    return Run(emulator, home, collections)


class TaskTimeout(BaseException):
    """As Ansible's own for a task that takes too long."""


@contextlib.contextmanager
def handlers_of_a_worker(*names: str) -> Iterator[list[int]]:
    """Handlers as in a worker of Ansible; the signals that reach them, after ours have been taken away."""
    reached: list[int] = []

    def on_signal(number: int, frame: Any) -> None:
        reached.append(number)
        if number == signal.SIGALRM:
            raise TaskTimeout

    before = {number: signal.signal(number, on_signal) for number in (getattr(signal, name) for name in names)}
    try:
        yield reached
        assert all(signal.getsignal(number) is on_signal for number in before), "the handlers were not restored"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.fixture(scope="session")
def handlers() -> Any:
    """Gives handlers as in a worker of Ansible, for the signals named."""
    return handlers_of_a_worker


@pytest.fixture
def change_after_reads(emulator: Emulator) -> Iterator[Callable[..., None]]:
    """Lets the task of ``NAMES`` change, for example its state, once it has been read some times."""
    threads: list[threading.Thread] = []

    def change(reads: int, **members: Any) -> None:
        deadline = time.monotonic() + MAX_PROCESS_SECONDS
        while len(emulator.log(operation="show_transfer_task")) < reads and time.monotonic() < deadline:
            time.sleep(0.02)
        emulator.patch_task(*NAMES.values(), **members)

    def start(reads: int, **members: Any) -> None:
        emulator.clear_log()
        threads.append(threading.Thread(target=change, args=(reads,), kwargs=members))
        threads[-1].start()

    yield start
    for thread in threads:
        thread.join()


@pytest.fixture
def run_stream(run: Run) -> Run:
    """Runs the module of streams; the stream is named ``orders`` and does not exist at first."""
    defaults = {"stream_name": "orders", **MANNERS}
    return dataclasses.replace(run, module=stream, defaults=defaults, promised=("actions", "unverified", "stream"))


@pytest.fixture
def run_stream_info(run: Run) -> Run:
    """Runs the info module of streams; without options, it returns all streams."""
    return dataclasses.replace(run, module=stream_info, defaults={"api_timeout": 5}, promised=("streams",))


@pytest.fixture
def run_tls(tls: Tls, tmp_path: Path, collections: Path) -> Run:
    """Runs the module against the emulator behind https."""
    home = tmp_path / "home-tls"
    home.mkdir()
    return Run(tls.emulator, home, collections)


@pytest.fixture
def auth(emulator: Emulator) -> dict[str, str]:
    """``auth`` as most people write it."""
    return auth_of(emulator)


@pytest.fixture
def by_token(emulator: Emulator) -> dict[str, Any]:
    """Options that need no request to IAM."""
    return {
        "auth": {"token": emulator.mint_token(), "project_id": emulator.project_id},
        "endpoint_override": emulator.url,
    }


@dataclasses.dataclass(frozen=True)
class Seeded:
    """Puts tasks into the stream ``meters`` behind the module's back, and looks at them."""

    emulator: Emulator

    def __call__(self, state: str = "RUNNING", kind: str = "DLI", name: str = "meters-to-dli", **settings: Any) -> None:
        """Put a task; omitted settings are those of ``Run.complete_task``."""
        task = {"task_name": name, "state": state, "destination_type": kind, "settings": settings}
        self.emulator.seed(streams=[{"name": "meters", "tasks": [task]}])

    @property
    def all(self) -> dict[str, dict[str, Any]]:
        """All tasks of the stream."""
        return self.emulator.tasks("meters")

    @property
    def one(self) -> dict[str, Any]:
        """The only task of the stream."""
        tasks = self.all
        assert list(tasks) == ["meters-to-dli"], tasks
        return tasks["meters-to-dli"]


@pytest.fixture
def tasks(emulator: Emulator) -> Seeded:
    """The tasks of the stream ``meters``."""
    return Seeded(emulator)
