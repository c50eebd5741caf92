# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs all modules of this collection inside the controller, unless the task needs a process of its own.

Most of the time of a module process goes into Python loading Ansible's utilities from an archive, for each item of a
loop. Here the options are validated by Ansible's validator for argument specs, and the module is executed in this
process. ``meta/runtime.yml`` routes all modules here; the file is named after one of them, as every action plugin has
to be.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

from ansible import constants
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action.normal import ActionModule as ModuleProcess
from ansible.utils import display
from ansible.utils.display import Display

from ..module_utils._cloud.api import Api, log_in
from ..module_utils._cloud.files import Files
from ..module_utils._cloud.login import Identity, TokenAuth
from ..module_utils._cloud.settings import Settings
from ..module_utils._cloud.transport import REQUESTS_IMPORT_ERROR, Http
from ..module_utils._core import cancellation as _cancellation
from ..module_utils._core.errors import ApiError, InternalError, catch_unexpected
from ..module_utils._core.plan import Managed, failure_of
from ..module_utils._core.retry import RetryBudget
from ..module_utils._core.secrets import Secrets
from ..module_utils._module import FOLDERS, TIME_LIMIT, Inputs
from ..module_utils._run import Outcome, ReadOnly, execute
from ..plugin_utils._ansible_values import decrypter, plain_values

MODULES = "ansible_collections.otc.dis.plugins.modules."
SESSIONS: dict[int, list[tuple[Settings, int, Http, Identity]]] = {}
"""Sessions of earlier calls, by process: a worker lives as long as one task of one host, with all items of its loop."""
MAX_SESSIONS = 8
REFUSED: dict[int, list[tuple[Settings, ApiError]]] = {}
"""Logins that were refused with 401, by process: several failures lock a user, so no item of a loop repeats one."""
PROCESS_GRACE = _cancellation.COMPLETION_GRACE + 5.0
"""Seconds after its time limit for which the end of a module process is waited for: it ends by itself."""


def open_session(settings: Settings, secrets: Secrets, connections: int, full_catalog: bool) -> Api:
    """Go on with the session and the token of an earlier call, or log in; nothing is kept of a login that failed.

    :raises DisError: the login failed, now or for an earlier item
    """
    sessions = SESSIONS.setdefault(os.getpid(), [])
    refused = REFUSED.setdefault(os.getpid(), [])
    sent = login_only(settings)
    for known, err in refused:
        if known == sent:
            raise earlier_refusal(err)
    for known, number, http, identity in sessions:
        if identity.login.refused is not None and login_only(known) == sent:
            raise earlier_refusal(identity.login.refused)
        if (known, number) == (settings, connections) and (identity.login.full_catalog or not full_catalog):
            http.secrets.values.update(secrets.values)
            secrets.values = http.secrets.values  # one set: what any item learns is masked in all that follow
            http.retry_budget = RetryBudget(settings.timeout)
            if isinstance(identity.auth, TokenAuth):
                identity = identity._replace(auth=TokenAuth(identity.auth.login))  # may renew it once, as any call
            return Api(http, identity)
    try:
        http, identity = log_in(settings, secrets, connections, full_catalog)
    except ApiError as err:
        if err.status == 401:
            refused.append((sent, err))
        raise
    sessions[:] = [*sessions[1 - MAX_SESSIONS :], (settings, connections, http, identity)]
    return Api(http, identity)


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
    for pid, sessions in SESSIONS.items():
        SESSIONS[pid] = [one for one in sessions if one[3].login.refused is None]


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

        def announce_state() -> None:
            error = cancellation.error()
            self.announce(cancellation.report(error) if cancellation.report else error.as_result())

        cancellation.before_end = announce_state
        try:
            self.screen = screen()
            if self._task.until or self._task.retries:
                forget_refusals()  # somebody asks for repeats
            module = self._shared_loader_obj.module_loader.find_plugin_with_context(
                self._task.action, collection_list=self._task.collections
            )
            name = module.resolved_fqcn.rpartition(".")[2]
            with _cancellation.watch_parent():
                result = self.execute(managed_by(name))
            if self._task.timeout:
                signal.setitimer(signal.ITIMER_REAL, 0)  # too late to discard the result
        finally:
            if cancellation.requested and result is None and cancellation.before_end is not None:
                announce_state()
            _cancellation.end()
        if signal.SIGALRM in cancellation.signals:
            self.mark_timeout(result)
        ending = [number for number in cancellation.signals if number != signal.SIGALRM]
        if ending:
            self.announce({"msg": str(cancellation.error()), **result})
            os.kill(os.getpid(), ending[0])
        close(self.screen)
        return result

    def execute(self, managed: Managed) -> dict[str, Any]:
        """Validate the options and execute a module; an interrupted session is not used again."""
        session_ok = False
        params: dict[str, Any] = {}
        try:
            with catch_unexpected(self._task.action):
                inputs = Inputs(managed.spec, plain_values(self._task.args), self._task.no_log)
                inputs.files = Files(self._loader.get_basedir(), decrypter(self._loader))
                inputs.run_folder = constants.DEFAULT_LOCAL_TMP  # type: ignore[attr-defined]
                outcome = self.validate(managed, inputs) or execute(
                    self._task.action,
                    managed,
                    inputs,
                    self._task.check_mode,
                    self._task.diff,
                    open_session,
                    Display().display,
                )
                params = inputs.params
            session_ok = outcome.result.get("error", {}).get("kind") != InternalError.kind
        except InternalError as err:  # the options may hold a secret that was not found yet, so they are not shown
            outcome = Outcome({"failed": True, **failure_of(err)}, set())
        finally:
            if not session_ok:
                SESSIONS.clear()
        result = outcome.result
        result.setdefault("invocation", {"module_args": params})
        exposed = {name: result.pop(name) for name in (managed.spec.exposed,) if name in result}
        masked: dict[str, Any] = remove_values(result, outcome.secrets)
        return {**masked, **exposed}

    def validate(self, managed: Managed, inputs: Inputs) -> Outcome | None:
        """Have Ansible validate and convert the options; the failure, if it refuses them."""
        validated = ArgumentSpecValidator(inputs.options, **managed.spec.rules).validate(inputs.params)
        inputs.validated(validated.validated_parameters, validated._no_log_values | inputs.secrets)
        inputs.warnings = [
            f"Both option {one['option']} and its alias {one['alias']} are set." for one in validated._warnings
        ]
        if validated.error_messages:
            return Outcome({"failed": True, "msg": self.refusal(validated)}, inputs.secrets)
        return None

    def refusal(self, validated: Any) -> str:
        """Why Ansible refuses the options, in the words of a module process."""
        unsupported = isinstance(validated.errors[0], UnsupportedError)
        start = f"Unsupported parameters for ({self._task.action}) module: " if unsupported else ""
        return f"{start}{validated.errors.msg}"

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
            for one in _cancellation.SIGNALS if _cancellation.is_main_thread() else ():
                before[one] = signal.signal(one, on_signal)
            with _cancellation.watch_parent():
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


def managed_by(name: str) -> Managed:
    """What a module of this collection manages or asks."""
    module = importlib.import_module(MODULES + name)
    return module.RESOURCE if hasattr(module, "RESOURCE") else ReadOnly(module.QUERY)
