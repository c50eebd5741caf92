# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of a module: options in, result out. Private to otc.dis."""

from __future__ import annotations

import os
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Set

from ._cloud.api import Api, connect
from ._cloud.clouds_yaml import collect_sources, with_full_paths
from ._cloud.files import Files, RunMemory
from ._cloud.settings import SECRET, Settings, resolve
from ._core import cancellation as _cancellation
from ._core.errors import DisError, catch_unexpected, join_names
from ._core.plan import Job, Managed, Query, Spec, failure_of
from ._core.secrets import MIN_SECRET_LENGTH, Secrets, needles, printable, spans
from ._module import DisModule, Inputs, remove_secrets, secret_names, short_secret_error

MAX_SEARCHED = 65536
"""Characters of a text in a result that are searched for encoded secrets; in longer ones Ansible masks plain ones."""
USER_DATA = frozenset({"records"})
"""Members whose texts belong to the user: they are neither searched for masks nor redacted beyond what Ansible does."""
TEXT_KEYS = frozenset({"msg", "hint", "detail", "fix", "reason", "text", "table", "problems", "unknown", "diff"})
"""Members of results that hold sentences or lines for a terminal."""

EXPOSED_KEYS = "The result holds the {} in clear: write no_log: true on the task, so that no output or log shows it."

OpenSession = Callable[[Settings, Secrets, int, bool], Api]
"""Logs in, as :func:`connect` does."""


class Outcome(NamedTuple):
    """What came of a run.

    :ivar result: what the module returns, with ``failed`` and ``warnings`` as Ansible knows them
    :ivar secrets: texts that must be masked wherever they stand in the result
    """

    result: Dict[str, Any]
    secrets: Set[str]


class Run:
    """The context of one run, and the one place where a result leaves.

    :ivar secrets: what this run keeps out of every text
    :ivar origins: for each secret where it comes from, in words
    """

    def __init__(
        self, inputs: Inputs, check_mode: bool, diff: bool, open_session: OpenSession, show: Callable[[str], None]
    ) -> None:
        self.inputs, self.check_mode, self.show_diff = inputs, check_mode, diff
        self.open_session, self.show = open_session, show
        self.cancellation = _cancellation.active()
        self.secrets = Secrets()
        self.origins: Dict[str, str] = {}
        self.warnings: List[str] = list(inputs.warnings)
        for value in inputs.secrets:
            if len(value) >= MIN_SECRET_LENGTH and value.strip():
                self.secrets.add(value)
                self.origins[value] = join_names(sorted(secret_names(inputs.params, {value}))) or "a secret option"

    # --- what a job needs ---

    def connect(self, calls: Any, connections: int = 1) -> Any:
        """Log in with the settings of the options, the clouds files and the environment.

        :param calls: class of the calls that are needed
        :param connections: how many may be open to one host
        :raises DisError: settings are missing or wrong, or the login failed
        """
        files = self.inputs.files
        sources = collect_sources(self.inputs.params, os.environ, files)
        for source in sources:
            for name in SECRET:
                value = str(source.values.get(name, ""))
                if 0 < len(value.strip()) < MIN_SECRET_LENGTH:
                    raise short_secret_error(name, source.name)
                self.secrets.add(value)
                self.origins[value] = f"{name} from {source.name}"
        settings = with_full_paths(resolve(sources), files)
        if settings.verify is False:
            self.warnings.append(
                "Certificates are not checked (validate_certs is false): anybody on the way can read the token."
            )
        api = self.open_session(settings, self.secrets, connections, calls.full_catalog)
        api.memory = RunMemory(self.inputs.run_folder, f"{api.endpoint} {api.project_id}", self.check_mode)
        return calls(api)

    def report_progress(self, text: str) -> None:
        """Show how far a long run is."""
        self.show(printable(self.secrets.mask(text)))

    # --- what leaves ---

    def outcome(self, result: Mapping[str, Any], failed: bool, exposed: str = "") -> Outcome:
        """A result without secrets.

        :param exposed: the member that is a secret and is returned nevertheless
        """
        result = dict(result)
        difference, warnings = result.pop("diff", None), result.pop("warnings", ())
        if self.show_diff and difference is not None:
            result["diff"] = difference
        masked: Dict[str, str] = {}
        shown = {name: self.redacted(value, name, name, masked) for name, value in result.items() if name != exposed}
        if exposed and not failed and not self.inputs.no_log:
            self.warnings.append(EXPOSED_KEYS.format(exposed))
        texts = [
            printable(self.secrets.mask(text)) for text in (*self.warnings, *warnings, *self.masked_warning(masked))
        ]
        if texts:
            shown["warnings"] = list(dict.fromkeys(texts))
        if failed:
            shown["failed"] = True
        secrets = {*self.inputs.secrets, *self.secrets.values}
        if exposed and not failed:
            # Ansible would mask the token, or punch holes into it where it happens to hold another secret.
            shown = remove_secrets({**shown, "invocation": {"module_args": self.inputs.params}}, secrets)
            shown[exposed] = result[exposed]
            secrets = {one for one in secrets if one not in result[exposed]}
        return Outcome(shown, secrets)

    def redacted(self, value: Any, path: str, name: str, masked: Dict[str, str]) -> Any:
        """Part of a result without secrets; what people read is printable, too.

        :param masked: gets the path and the text of each value in which a secret was found
        """
        if isinstance(value, dict):
            inside = {
                key: self.redacted(inner, f"{path}.{key}", name if name in TEXT_KEYS else str(key), masked)
                for key, inner in value.items()
                if key not in USER_DATA
            }
            if name == "tags":
                inside = {self.secrets.mask(str(key)): inner for key, inner in inside.items()}
            return {**inside, **{key: inner for key, inner in value.items() if key in USER_DATA}}
        if isinstance(value, (list, tuple)):
            return [self.redacted(inner, path, name, masked) for inner in value]
        if not isinstance(value, str) or name in USER_DATA:
            return value
        text = self.secrets.mask(value) if len(value) <= MAX_SEARCHED else value
        if name in TEXT_KEYS:
            return printable(text)
        if text != value and name != "exception":
            masked[path] = value
        return text

    def masked_warning(self, masked: Mapping[str, str]) -> List[str]:
        """A warning for what the result does not show, because it contains a secret."""
        if not masked:
            return []
        names = sorted(
            {
                self.origins.get(value, "a secret")
                for value in self.secrets.values
                for text in masked.values()
                if spans(text, needles(value))
            }
        )
        warning = (
            f"This result masks {join_names(sorted(masked))}, because the text there contains the secret given as"
            f" {join_names(names)}. Do not use it as a name: choose a secret that is part of no name."
        )
        return [warning]


class QueryJob:
    """One run of a read-only module."""

    def __init__(self, query: Query, request: Any) -> None:
        self.query, self.request = query, request

    def execute(self, context: Any) -> Dict[str, Any]:
        """Ask."""
        return {"changed": False, **self.query.run_query(context.connect(self.query.calls), self.request)}

    def failure(self, err: DisError) -> Dict[str, Any]:
        """What the module returns for a failure; nothing was changed."""
        return failure_of(err)


class ReadOnly:
    """A query in the shape of what a module manages."""

    def __init__(self, query: Query) -> None:
        self.query, self.spec = query, query.spec

    def prepare(self, params: Mapping[str, Any], files: Files) -> Job:
        """Check the options."""
        return QueryJob(self.query, self.query.prepare(params))


def execute(
    name: str,
    managed: Managed,
    inputs: Inputs,
    check_mode: bool = False,
    diff: bool = False,
    open_session: OpenSession = connect,
    show: Callable[[str], None] = lambda text: None,
) -> Outcome:
    """Run a module whose options Ansible has validated.

    :param name: of the module, for the message about an internal error
    :param open_session: logs in, or goes on with a session that is there
    :param show: shows a line on the screen
    """
    error = inputs.error()
    run = Run(inputs, check_mode, diff, open_session, show)
    job: Optional[Job] = None
    try:
        with catch_unexpected(name):
            if error is not None:
                raise error
            job = managed.prepare(inputs.params, inputs.files)
            run.cancellation.report = job.failure
            result = job.execute(run)
    except DisError as err:
        return run.outcome(job.failure(err) if job else failure_of(err), failed=True)
    return run.outcome(result, bool(result.pop("failed", False)), managed.spec.exposed)


def run_module(managed: Managed) -> None:
    """The whole of a module that manages something, as a process of its own."""
    spec: Spec = managed.spec
    module = DisModule(spec)
    outcome = execute(module.name, managed, module.inputs, module.check_mode, module.show_diff)
    module.leave(outcome.result, outcome.secrets)


def run_info_module(query: Query) -> None:
    """The whole of a module that reads."""
    run_module(ReadOnly(query))
