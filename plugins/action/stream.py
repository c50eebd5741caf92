# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the modules of this collection inside the Ansible process, unless the task needs a separate process.

A module process spends most of its time importing Ansible's utilities from an archive, for each item of a loop. This
plugin validates the options with Ansible's argument spec validator and runs the module in the current process.
``meta/runtime.yml`` redirects all modules to it. The file has the name of one of them, since an action plugin must be
named after a module.
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
"""Sessions of earlier runs by process ID. A worker process lives for one task on one host, with all items of a loop."""
MAX_SESSIONS = 8
REJECTED_LOGINS: dict[int, list[tuple[Settings, ApiError]]] = {}
"""Logins rejected with 401, by process ID. Later items do not retry them, since repeated failures lock the user."""
PROCESS_GRACE = _cancellation.COMPLETION_GRACE + 5.0
"""Seconds to wait after the time limit for a module process, which also enforces it."""


def open_session(settings: Settings, secrets: Secrets, connections: int, full_catalog: bool) -> Api:
    """Reuse the session and token of an earlier run, or log in. The session of a failed login is not kept.

    :raises DisError: if the login failed, for this item or an earlier one
    """
    sessions = SESSIONS.setdefault(os.getpid(), [])
    rejected = REJECTED_LOGINS.setdefault(os.getpid(), [])
    login = login_settings(settings)
    for rejected_login, err in rejected:
        if rejected_login == login:
            raise repeated_rejection(err)
    for earlier, number, http, identity in sessions:
        if identity.login.refused is not None and login_settings(earlier) == login:
            raise repeated_rejection(identity.login.refused)
        if (earlier, number) == (settings, connections) and (identity.login.full_catalog or not full_catalog):
            http.secrets.values.update(secrets.values)
            secrets.values = http.secrets.values  # shared set: secrets of any item are masked in all later items
            http.retry_budget = RetryBudget(settings.timeout)
            if isinstance(identity.auth, TokenAuth):
                identity = identity._replace(auth=TokenAuth(identity.auth.login))  # may renew the token once per run
            return Api(http, identity)
    try:
        http, identity = log_in(settings, secrets, connections, full_catalog)
    except ApiError as err:
        if err.status == 401:
            rejected.append((login, err))
        raise
    sessions[:] = [*sessions[1 - MAX_SESSIONS :], (settings, connections, http, identity)]
    return Api(http, identity)


def login_settings(settings: Settings) -> Settings:
    """Return the settings that determine the login request, for comparison."""
    return settings._replace(endpoint=None, interfaces=(), timeout=0.0, places={}, token_cache=None)


def repeated_rejection(err: ApiError) -> ApiError:
    """Return the error of an item whose login was rejected for an earlier item and is not retried."""
    error = ApiError(err.call, err.status or 401, err.code, err.text, err.request_id)
    error.kind = err.kind
    error.add(
        "The login was rejected for an earlier item of this task and was not retried.",
        f"{err.hint} To retry the login, use another task, or set retries on this one.",
    )
    return error


def forget_rejected_logins() -> None:
    """Allow rejected logins to be retried."""
    REJECTED_LOGINS.clear()
    for pid, sessions in SESSIONS.items():
        SESSIONS[pid] = [session for session in sessions if session[3].login.refused is None]


class ActionModule(ModuleProcess):
    """Run the module of the task, in this process or in a separate one.

    :ivar host: host of the task
    :ivar limit: time limit of a module process in seconds; 0 without a limit
    :ivar screen: file descriptor for warnings once the controller accepts no more messages from its workers
    """

    screen: int | None = None

    host: Any = None
    limit = 0.0

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the module and return its result."""
        task_vars = task_vars or {}
        reason = self.reason_for_process(task_vars)
        where = f"in a separate process ({reason})" if reason else "inside the Ansible process"
        self.host = task_vars.get("inventory_hostname")
        Display().vv(f"{self._task.action} runs {where}.", host=self.host)
        return self.run_process(tmp, task_vars) if reason else self.run_module(task_vars)

    # --- inside the Ansible process ---

    def run_module(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run the module in this process. A signal cancels the run and is raised again after the result is known."""
        cancellation = _cancellation.begin()
        result: dict[str, Any] | None = None

        def announce_state() -> None:
            error = cancellation.error()
            self.announce(cancellation.report(error) if cancellation.report else error.as_result())

        cancellation.before_end = announce_state
        try:
            self.screen = screen()
            if self._task.until or self._task.retries:
                forget_rejected_logins()  # the user requests retries
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
        signals = [number for number in cancellation.signals if number != signal.SIGALRM]
        if signals:
            self.announce({"msg": str(cancellation.error()), **result})
            os.kill(os.getpid(), signals[0])
        close(self.screen)
        return result

    def execute(self, managed: Managed) -> dict[str, Any]:
        """Validate the options and run the module. An interrupted session is not reused."""
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
        except InternalError as err:  # the options are not returned, since secrets in them may not be registered yet
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
        """Validate and convert the options with Ansible's validator; return the failure if they are invalid."""
        validated = ArgumentSpecValidator(inputs.options, **managed.spec.rules).validate(inputs.params)
        inputs.validated(validated.validated_parameters, validated._no_log_values | inputs.secrets)
        inputs.warnings = [
            f"Both option {names['option']} and its alias {names['alias']} are set." for names in validated._warnings
        ]
        if validated.error_messages:
            return Outcome({"failed": True, "msg": self.validation_message(validated)}, inputs.secrets)
        return None

    def validation_message(self, validated: Any) -> str:
        """Return the validation error with the wording of a module process."""
        unsupported = isinstance(validated.errors[0], UnsupportedError)
        start = f"Unsupported parameters for ({self._task.action}) module: " if unsupported else ""
        return f"{start}{validated.errors.msg}"

    def mark_timeout(self, result: dict[str, Any]) -> None:
        """Add ``timedout`` to a failure, as newer releases of Ansible do."""
        if result.get("failed"):
            result["timedout"] = {"period": self._task.timeout}

    def announce(self, result: Mapping[str, Any]) -> None:
        """Write the actions of a cancelled run to the screen and Ansible's log, since its result is discarded."""
        text = f"{self._task.action} on {self.host}: "
        if self._task.no_log:
            text += "The run was cancelled. Details are hidden by no_log."
        else:
            text += str(result.get("msg", "The run was cancelled."))
        done = result.get("done", result.get("actions")) or []
        text += f" Completed or unconfirmed actions: {', '.join(done)}." if done else " Nothing was changed."
        if "replacement" in result and not self._task.no_log:
            text += f" Replacement: {json.dumps(result['replacement'], default=str)}."
        warn_directly(self.screen, text)

    # --- in a separate process ---

    def run_process(self, tmp: str | None, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run the module in a separate process, which receives the time limit and enforces it."""
        signals: list[int] = []
        handlers: dict[int, Any] = {}

        def raise_again(number: int) -> None:
            if signals[:-1] in ([], [signal.SIGALRM]):  # Ansible sends several signals
                self.announce_unknown(signal.Signals(number).name)
            signal.signal(number, handlers[number])
            os.kill(os.getpid(), number)

        def on_signal(number: int, frame: Any) -> None:
            signals.append(number)
            if number == signal.SIGALRM and signals.count(number) == 1:
                signal.setitimer(signal.ITIMER_REAL, PROCESS_GRACE)
            else:
                raise_again(number)

        self.limit = 0.0 if self._task.async_val else signal.getitimer(signal.ITIMER_REAL)[0]
        try:
            self.screen = screen()
            for number in _cancellation.SIGNALS if _cancellation.is_main_thread() else ():
                handlers[number] = signal.signal(number, on_signal)
            with _cancellation.watch_parent():
                result: dict[str, Any] = super().run(tmp, task_vars)
            if self._task.timeout:
                signal.setitimer(signal.ITIMER_REAL, 0)
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            close(self.screen)
        if signal.SIGALRM in signals:
            self.mark_timeout(result)
        return result

    def _update_module_args(self, module_name: str, module_args: dict[str, Any], *more: Any, **named: Any) -> None:
        """Add the time limit, and on this machine the folders against which relative paths are resolved."""
        super()._update_module_args(module_name, module_args, *more, **named)
        if self._connection.transport == "local":
            module_args[FOLDERS] = [os.getcwd(), self._loader.get_basedir(), constants.DEFAULT_LOCAL_TMP]  # type: ignore[attr-defined]
        if self.limit:
            module_args[TIME_LIMIT] = self.limit

    def announce_unknown(self, name: str) -> None:
        """Write to the screen and Ansible's log that the result of the module process is discarded."""
        warn_directly(
            self.screen,
            f"{self._task.action} on {self.host}: The run was cancelled by {name}. The module process completes its"
            " current action and writes the result to the system log of its host. Rerun to complete the remaining"
            " actions.",
        )

    # --- selection of the process ---

    def reason_for_process(self, task_vars: Mapping[str, Any]) -> str:
        """Return the reason why the task needs a separate process; empty if it does not."""
        reasons = {
            f"connection {self._connection.transport}": self._connection.transport != "local",
            "become": self._connection.become,
            "async": self._task.async_val,
            "environment": any(self._task.environment or ()),
            "ANSIBLE_KEEP_REMOTE_FILES": constants.config.get_config_value("DEFAULT_KEEP_REMOTE_FILES"),
            "requests is missing in Ansible's Python": REQUESTS_IMPORT_ERROR is not None,
        }
        return next((reason for reason, applies in reasons.items() if applies), None) or self.other_python(task_vars)

    def other_python(self, task_vars: Mapping[str, Any]) -> str:
        """Return the configured Python interpreter, unless Ansible runs on it."""
        if self._task.delegate_to:
            task_vars = task_vars["ansible_delegated_vars"][self._task.delegate_to]
        try:
            python = self._templar.template(
                constants.config.get_config_value("INTERPRETER_PYTHON", variables=task_vars)
            )
        except AnsibleError:
            return "unknown Python interpreter"
        python = str(python or "auto")
        return "" if python.startswith("auto") or same_python(python) else f"Python interpreter {python}"


def same_python(path: str) -> bool:
    """Whether a path is the running Python interpreter, or a link to it in the same folder.

    A link in another folder does not count, since it may belong to a virtual environment with other libraries.
    """
    same_folder = os.path.dirname(os.path.normpath(path)) == os.path.dirname(os.path.normpath(sys.executable))
    return path == sys.executable or (same_folder and os.path.realpath(path) == os.path.realpath(sys.executable))


def screen() -> int | None:
    """Return a file descriptor for the controller's standard error; None if it is not available.

    Workers of newer releases of Ansible have no standard error, so on Linux that of the parent process is opened.
    """
    with contextlib.suppress(OSError):
        if not os.path.samestat(os.fstat(2), os.stat(os.devnull)):
            return os.dup(2)
        return os.open(f"/proc/{os.getppid()}/fd/2", os.O_WRONLY | os.O_APPEND | os.O_NOCTTY | os.O_NONBLOCK)
    return None


def close(handle: int | None) -> None:
    """Close a file descriptor, if any."""
    if handle is not None:
        os.close(handle)


def warn_directly(handle: int | None, text: str) -> None:
    """Write a warning to the screen and to Ansible's log, even if the controller accepts no more messages."""
    with contextlib.suppress(Exception):
        if display.logger is not None:
            display.logger.warning(text)
        if handle is not None:
            os.write(handle, f"\n[WARNING]: {text}\n".encode())


def managed_by(name: str) -> Managed:
    """Return the resource that a module manages, or its query."""
    module = importlib.import_module(MODULES + name)
    return module.RESOURCE if hasattr(module, "RESOURCE") else ReadOnly(module.QUERY)
