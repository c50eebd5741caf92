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
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from ansible import constants
from ansible.errors import AnsibleError
from ansible.module_utils import basic
from ansible.module_utils.common import warnings as sayings
from ansible.plugins.action.normal import ActionModule as ModuleProcess
from ansible.utils.display import Display

from ansible_collections.otc.dis.plugins.module_utils._auth import Identity, TokenAuth
from ansible_collections.otc.dis.plugins.module_utils._client import Client, log_in
from ansible_collections.otc.dis.plugins.module_utils._errors import Bug, Secrets
from ansible_collections.otc.dis.plugins.module_utils._http import REQUESTS_IMPORT_ERROR, Http, Patience
from ansible_collections.otc.dis.plugins.module_utils._runner import DisModule, Runner
from ansible_collections.otc.dis.plugins.module_utils._settings import Settings

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


class LocalModule(DisModule):
    """A module inside the controller: it goes on with the session and the token of an earlier call."""

    def client(self, kind: type[Client], settings: Settings, secrets: Secrets, connections: int) -> Client:
        """A client that is logged in; nothing is kept of a login that failed."""
        kept = KEPT.setdefault(os.getpid(), [])
        for known, number, http, identity in kept:
            if (known, number) == (settings, connections) and (identity.login.whole or not kind.whole):
                http.secrets.values.update(secrets.values)
                secrets.values = http.secrets.values  # one set: what any item learns, all that follow keep quiet about
                http.patience = Patience(settings.timeout)
                if isinstance(identity.auth, TokenAuth):
                    identity = identity._replace(auth=TokenAuth(identity.auth.login))  # may renew it once, as any call
                return kind(http, identity)
        http, identity = log_in(settings, secrets, connections, kind.whole)
        kept[:] = [*kept[1 - MOST_KEPT :], (settings, connections, http, identity)]
        return kind(http, identity)

    def fail_json(self, msg: str, **more: Any) -> NoReturn:
        """The calls that led to a bug are told in any case; Ansible tells them only to those who ask for it."""
        if isinstance(more.get("exception"), str):
            self.exit_json(failed=True, msg=msg, **more)
        super().fail_json(msg, **more)

    def progress(self, text: str) -> None:
        """A line on the screen."""
        Display().display(text)


class ActionModule(ModuleProcess):
    """Runs the module that the task names, here or as Ansible would."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The result of the module."""
        task_vars = task_vars or {}
        if self.asks_for_process(task_vars):
            done: dict[str, Any] = super().run(tmp, task_vars)
            return done
        args = dict(self._task.args)
        self._update_module_args(self._task.action, args, task_vars)
        given = json.dumps({"ANSIBLE_MODULE_ARGS": args}, **ENCODING).encode()
        module = self._shared_loader_obj.module_loader.find_plugin_with_context(
            self._task.action, collection_list=self._task.collections
        )
        return run_here(module.resolved_fqcn.rpartition(".")[2], given, self._loader.get_basedir())

    def asks_for_process(self, task_vars: Mapping[str, Any]) -> bool:
        """Whether anything asks for a target, another user, other surroundings or files to look at."""
        return bool(
            self._connection.transport != "local"
            or self._connection.become
            or self._task.async_val
            or any(self._task.environment or ())
            or constants.config.get_config_value("DEFAULT_KEEP_REMOTE_FILES")
            or REQUESTS_IMPORT_ERROR is not None
            or self.asks_for_python(task_vars)
        )

    def asks_for_python(self, task_vars: Mapping[str, Any]) -> bool:
        """Whether somebody chose a Python other than the one that runs Ansible."""
        if self._task.delegate_to:
            task_vars = task_vars["ansible_delegated_vars"][self._task.delegate_to]
        try:
            python = self._templar.template(
                constants.config.get_config_value("INTERPRETER_PYTHON", variables=task_vars)
            )
        except AnsibleError:
            return True
        return python != sys.executable and not str(python or "auto").startswith("auto")


def run_here(name: str, given: bytes, folder: str) -> dict[str, Any]:
    """Run a module in this process, in the folder in which Ansible would start it.

    :param given: the options, as a module process gets them
    """
    earlier = {"warnings": sayings.get_warning_messages(), "deprecations": sayings.get_deprecation_messages()}
    out, here, lasting = io.StringIO(), os.getcwd(), False
    module = importlib.import_module(MODULES + name)
    os.chdir(folder)
    try:
        with (
            replaced(basic, _ANSIBLE_ARGS=given, **PROFILE),
            replaced(Runner, face=LocalModule),
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
