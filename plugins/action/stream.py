# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the modules of this collection, all of them, inside the controller where nothing asks for a process of its own.

Most of the time of a module call goes into Python loading Ansible's utilities from an archive, for each item of a loop.
Here the same module code runs with the same base class of Ansible's, so that options, checks, masking and results are
the same by construction; what differs is who hands the options in and where the result goes. ``meta/runtime.yml`` sends
all modules here; the file is named after one of them, because every action plugin has to be.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

from ansible import constants
from ansible.errors import AnsibleError
from ansible.module_utils import basic
from ansible.module_utils.common import warnings as sayings
from ansible.plugins.action.normal import ActionModule as ModuleProcess
from ansible.utils import display
from ansible.utils.display import Display

from ..module_utils._cloud.api import Client, log_in
from ..module_utils._cloud.http import REQUESTS_IMPORT_ERROR, Http
from ..module_utils._cloud.login import Identity, TokenAuth
from ..module_utils._cloud.settings import Settings
from ..module_utils._core import cancellation as _cancellation
from ..module_utils._core.errors import ApiError, Bug
from ..module_utils._core.retry import Patience
from ..module_utils._core.secrets import Secrets
from ..module_utils._module import FOLDERS, TIME_LIMIT, DisModule, Runner
from ..plugin_utils._vault import decrypter

try:  # as Ansible itself encodes the options of a module, which may be vaulted or tagged
    from ansible.module_utils.common.json import Direction, get_module_encoder

    ENCODING: dict[str, Any] = {"cls": get_module_encoder("legacy", Direction.CONTROLLER_TO_MODULE)}
    PROFILE = {"_ANSIBLE_PROFILE": "legacy"}
except ImportError:  # ansible-core before 2.19
    from ansible.parsing.ajson import AnsibleJSONEncoder  # type: ignore[attr-defined]

    ENCODING = {"cls": AnsibleJSONEncoder, "vault_to_text": True}
    PROFILE = {}

MODULES = "ansible_collections.otc.dis.plugins.modules."
KEPT: dict[int, list[tuple[Settings, int, Http, Identity]]] = {}
"""Logins of earlier calls, by process: a worker lives as long as one task of one host, with all items of its loop."""
MOST_KEPT = 8
REFUSED: dict[int, list[tuple[Settings, ApiError]]] = {}
"""Logins that were refused with 401, by process: several failures lock a user, so no item of a loop repeats one."""
PROCESS_GRACE = _cancellation.COMPLETION_GRACE + 5.0
"""Seconds after its time limit for which the end of a module process is waited for: it ends by itself, see _runner."""


class LocalModule(DisModule):
    """A module inside the controller: it goes on with the session and the token of an earlier call."""

    def client(self, kind: type[Client], settings: Settings, secrets: Secrets, connections: int) -> Client:
        """A client that is logged in; nothing is kept of a login that failed."""
        kept = KEPT.setdefault(os.getpid(), [])
        refused = REFUSED.setdefault(os.getpid(), [])
        sent = login_only(settings)
        for known, err in refused:
            if known == sent:
                raise earlier_refusal(err)
        for known, number, http, identity in kept:
            if identity.login.refused is not None and login_only(known) == sent:
                raise earlier_refusal(identity.login.refused)
            if (known, number) == (settings, connections) and (identity.login.whole or not kind.whole):
                http.secrets.values.update(secrets.values)
                secrets.values = http.secrets.values  # one set: what any item learns, all that follow keep quiet about
                http.patience = Patience(settings.timeout)
                if isinstance(identity.auth, TokenAuth):
                    identity = identity._replace(auth=TokenAuth(identity.auth.login))  # may renew it once, as any call
                return kind(http, identity)
        try:
            http, identity = log_in(settings, secrets, connections, kind.whole)
        except ApiError as err:
            if err.status == 401:
                refused.append((sent, err))
            raise
        kept[:] = [*kept[1 - MOST_KEPT :], (settings, connections, http, identity)]
        return kind(http, identity)

    decrypt: Callable[[bytes], bytes] | None = None
    """Decrypts vaulted data with the secrets of the run."""

    def enter(self, folders: Any) -> None:
        """As in a module process; and vaulted files can be read."""
        super().enter(folders)
        self.files = self.files._replace(decrypt=self.decrypt)

    def begin(self) -> None:
        """The action plugin handles signals, also before and after the module."""

    def end(self) -> None:
        """See :meth:`begin`."""

    def fail_json(self, msg: str, **more: Any) -> NoReturn:
        """The calls that led to a bug are told in any case; Ansible tells them only to those who ask for it."""
        if isinstance(more.get("exception"), str):
            self.exit_json(failed=True, msg=msg, **more)
        super().fail_json(msg, **more)

    def progress(self, text: str) -> None:
        """A line on the screen."""
        Display().display(text)


def login_only(settings: Settings) -> Settings:
    """The settings that make up a login: two that are equal send the same one."""
    return settings._replace(endpoint=None, interfaces=(), timeout=0.0, places={}, token_cache=None)


def earlier_refusal(err: ApiError) -> ApiError:
    """The refusal of a login as the error of a later item that does not send the login again."""
    again = ApiError(err.call, err.status or 401, err.code, err.text, err.request_id)
    again.kind = err.kind
    again.add(
        "An earlier item of this task was refused so; the login was not sent again.",
        f"{err.hint} To send the same login again, use another task, or give this one retries.",
    )
    return again


def forget_refusals() -> None:
    """Let refused logins be sent again."""
    REFUSED.clear()
    for pid, kept in KEPT.items():
        KEPT[pid] = [one for one in kept if one[3].login.refused is None]


class ActionModule(ModuleProcess):
    """Runs the module that the task names, here or as Ansible would.

    :ivar host: the host of the task
    :ivar limit: seconds that a module process has; 0 for one without a limit
    :ivar screen: where a warning goes when the controller takes no more messages from its workers
    """

    screen: int | None = None

    host: Any = None
    limit = 0.0

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The result of the module."""
        task_vars = task_vars or {}
        reason = self.reason_for_process(task_vars)
        where = (
            f"as a process of its own ({reason})" if reason else "inside the Ansible process (nothing asks for more)"
        )
        self.host = task_vars.get("inventory_hostname")
        Display().vv(f"{self._task.action} runs {where}.", host=self.host)
        return self.run_process(tmp, task_vars) if reason else self.run_module(task_vars)

    # --- inside the controller ---

    def run_module(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run the module in this process; a signal ends it in good order, and is handed on afterwards."""
        cancellation = _cancellation.begin()
        result: dict[str, Any] | None = None
        try:
            self.screen = screen()
            if self._task.until or self._task.retries:
                forget_refusals()  # somebody asks for repeats
            args = dict(self._task.args)
            self._update_module_args(self._task.action, args, task_vars)
            given = json.dumps({"ANSIBLE_MODULE_ARGS": args}, **ENCODING).encode()
            module = self._shared_loader_obj.module_loader.find_plugin_with_context(
                self._task.action, collection_list=self._task.collections
            )
            with _cancellation.parent_watched():
                result = run_here(module.resolved_fqcn.rpartition(".")[2], given, decrypter(self._loader))
            if self._task.timeout:
                signal.setitimer(signal.ITIMER_REAL, 0)  # too late to discard the result
        finally:
            if cancellation.requested and result is None:
                error = cancellation.error()
                self.announce(cancellation.report(error) if cancellation.report else error.as_result())
            _cancellation.end()
        if signal.SIGALRM in cancellation.signals:
            self.mark_timeout(result)
        ending = [number for number in cancellation.signals if number != signal.SIGALRM]
        if ending:
            self.announce({"msg": str(cancellation.error()), **result})
            os.kill(os.getpid(), ending[0])
        close(self.screen)
        return result

    def mark_timeout(self, result: dict[str, Any]) -> None:
        """Say of a failure that the time limit is the reason, as newer releases of Ansible do."""
        if result.get("failed"):
            result["timedout"] = {"period": self._task.timeout}

    def announce(self, result: Mapping[str, Any]) -> None:
        """Say on the screen and in the log of Ansible what a run had done whose result nobody will see."""
        text = f"{self._task.action} on {self.host}: "
        if self._task.no_log:
            text += "The run was cancelled, and no_log hides the details."
        else:
            text += str(result.get("msg", "The run was cancelled."))
        done = result.get("done", result.get("actions")) or []
        text += f" Done or perhaps done: {', '.join(done)}." if done else " Nothing was changed."
        if "replacement" in result and not self._task.no_log:
            text += f" Replacement: {json.dumps(result['replacement'], default=str)}."
        warn_directly(self.screen, text)

    # --- as a process ---

    def run_process(self, tmp: str | None, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run the module as Ansible would; it is told how much time it has, and ends by itself."""
        signals: list[int] = []
        before: dict[int, Any] = {}

        def leave(number: int) -> None:
            if signals[:-1] in ([], [signal.SIGALRM]):  # Ansible sends several
                self.announce_unknown(signal.Signals(number).name)
            signal.signal(number, before[number])
            os.kill(os.getpid(), number)

        def on_signal(number: int, frame: Any) -> None:
            signals.append(number)
            if number == signal.SIGALRM and signals.count(number) == 1:
                signal.setitimer(signal.ITIMER_REAL, PROCESS_GRACE)
            else:
                leave(number)

        self.limit = 0.0 if self._task.async_val else signal.getitimer(signal.ITIMER_REAL)[0]
        try:
            self.screen = screen()
            for one in _cancellation.SIGNALS if _cancellation.in_main_thread() else ():
                before[one] = signal.signal(one, on_signal)
            with _cancellation.parent_watched():
                result: dict[str, Any] = super().run(tmp, task_vars)
            if self._task.timeout:
                signal.setitimer(signal.ITIMER_REAL, 0)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            close(self.screen)
        if signal.SIGALRM in signals:
            self.mark_timeout(result)
        return result

    def _update_module_args(self, module_name: str, module_args: dict[str, Any], *more: Any, **named: Any) -> None:
        """As Ansible does, with the time limit, and with the folders in which relative paths begin on this machine."""
        super()._update_module_args(module_name, module_args, *more, **named)
        if self._connection.transport == "local":
            module_args[FOLDERS] = [os.getcwd(), self._loader.get_basedir(), constants.DEFAULT_LOCAL_TMP]  # type: ignore[attr-defined]
        if self.limit:
            module_args[TIME_LIMIT] = self.limit

    def announce_unknown(self, name: str) -> None:
        """Say on the screen and in the log of Ansible that nobody will see what the process does."""
        warn_directly(
            self.screen,
            f"{self._task.action} on {self.host}: cancelled by {name}. The module process ends what it has begun; what"
            " it did is in the system log of its host. Run again: a second run finds out and does what is left.",
        )

    # --- which of the two ---

    def reason_for_process(self, task_vars: Mapping[str, Any]) -> str:
        """What asks for a target, another user, other surroundings or files to look at; empty if nothing does."""
        reasons = {
            f"connection {self._connection.transport}": self._connection.transport != "local",
            "become": self._connection.become,
            "async": self._task.async_val,
            "environment": any(self._task.environment or ()),
            "ANSIBLE_KEEP_REMOTE_FILES": constants.config.get_config_value("DEFAULT_KEEP_REMOTE_FILES"),
            "requests is missing in Ansible's Python": REQUESTS_IMPORT_ERROR is not None,
        }
        return next((reason for reason, asked in reasons.items() if asked), None) or self.other_python(task_vars)

    def other_python(self, task_vars: Mapping[str, Any]) -> str:
        """The Python that somebody chose, if it is not the one that runs Ansible."""
        if self._task.delegate_to:
            task_vars = task_vars["ansible_delegated_vars"][self._task.delegate_to]
        try:
            python = self._templar.template(
                constants.config.get_config_value("INTERPRETER_PYTHON", variables=task_vars)
            )
        except AnsibleError:
            return "its Python interpreter cannot be known"
        python = str(python or "auto")
        return "" if python.startswith("auto") or same_python(python) else f"Python interpreter {python}"


def same_python(path: str) -> bool:
    """Whether a path is another name, in the same folder, of the Python that runs this.

    A link in another folder is not: that may be the Python of a virtual environment, with libraries of its own.
    """
    same_folder = os.path.dirname(os.path.normpath(path)) == os.path.dirname(os.path.normpath(sys.executable))
    return path == sys.executable or (same_folder and os.path.realpath(path) == os.path.realpath(sys.executable))


def screen() -> int | None:
    """Standard error of the controller; None where it cannot be had.

    The workers of newer releases of Ansible have none, so it is borrowed from their parent, on Linux.
    """
    with contextlib.suppress(OSError):
        if not os.path.samestat(os.fstat(2), os.stat(os.devnull)):
            return os.dup(2)
        return os.open(f"/proc/{os.getppid()}/fd/2", os.O_WRONLY | os.O_APPEND | os.O_NOCTTY | os.O_NONBLOCK)
    return None


def close(handle: int | None) -> None:
    """Close a file, if there is one."""
    if handle is not None:
        os.close(handle)


def warn_directly(handle: int | None, text: str) -> None:
    """A warning for the screen and the log of Ansible, also where the controller takes no more messages."""
    with contextlib.suppress(Exception):
        if display.logger is not None:
            display.logger.warning(text)
        if handle is not None:
            os.write(handle, f"\n[WARNING]: {text}\n".encode())


def run_here(name: str, given: bytes, decrypt: Callable[[bytes], bytes]) -> dict[str, Any]:
    """Run a module in this process.

    :param given: the options, as a module process gets them
    :param decrypt: decrypts vaulted data with the secrets of the run
    """
    earlier = {"warnings": sayings.get_warning_messages(), "deprecations": sayings.get_deprecation_messages()}
    out, here, lasting = io.StringIO(), os.getcwd(), False
    module = importlib.import_module(MODULES + name)
    try:
        with (
            replaced(basic, _ANSIBLE_ARGS=given, **PROFILE),
            replaced(Runner, face=LocalModule),
            replaced(LocalModule, decrypt=staticmethod(decrypt)),
            contextlib.redirect_stdout(out),
        ):
            module.main()
    except SystemExit:
        lasting = True
    except Exception as err:  # noqa: BLE001
        return a_bug(name, err)
    finally:
        os.chdir(here)
        if not lasting:  # an interrupted session may be in the middle of an answer
            KEPT.clear()
    result: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    if result.get("error", {}).get("kind") == Bug.kind:
        KEPT.clear()
    for key, said in earlier.items():
        told = result.pop(key, [])[len(said) :]
        result.update({key: told} if told else {})
    return result


def a_bug(name: str, err: Exception) -> dict[str, Any]:
    """The failure for what nobody expected; its own text is left out, for it may hold a secret."""
    bug = Bug(err, f"otc.dis.{name}")
    bug.add("What had been done before is not known.", bug.hint)
    return {"failed": True, **bug.as_result()}


@contextlib.contextmanager
def replaced(owner: Any, **values: Any) -> Iterator[None]:
    """Give attributes other values for a while."""
    before = {name: getattr(owner, name) for name in values}
    try:
        for name, value in values.items():
            setattr(owner, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(owner, name, value)
