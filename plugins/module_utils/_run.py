# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Execution of a module: from validated options to the result without secrets. Private to otc.dis."""

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
"""Maximum length of strings that are searched for encoded secrets; in longer strings, Ansible masks plain secrets."""
USER_DATA = frozenset({"records"})
"""Result keys with data of the user, in which only Ansible masks secrets."""
TEXT_KEYS = frozenset({"msg", "hint", "detail", "fix", "reason", "text", "table", "problems", "unknown", "diff"})
"""Result keys with sentences or lines for a terminal."""

EXPOSED_WARNING = "The result contains the {} in plain text. Set no_log: true on the task to keep it out of all output."
INSECURE_WARNING = "TLS certificates are not verified (validate_certs is false). The token can be intercepted."

OpenSession = Callable[[Settings, Secrets, int, bool], Api]
"""Function that logs in, such as :func:`connect`."""


class Outcome(NamedTuple):
    """Outcome of a run.

    :ivar result: result of the module, including ``failed`` and ``warnings``
    :ivar secrets: strings to mask anywhere in the result
    """

    result: Dict[str, Any]
    secrets: Set[str]


class Run:
    """Context of one run. Redacts every result.

    :ivar secrets: secrets to mask in all texts of this run
    :ivar origins: origin of each secret, for messages
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

    # --- services for jobs ---

    def connect(self, calls: Any, connections: int = 1) -> Any:
        """Log in with the settings of the options, ``clouds.yaml`` and the environment.

        :param calls: client class to instantiate
        :param connections: maximum number of connections to a host
        :raises DisError: if settings are missing or invalid, or the login failed
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
            self.warnings.append(INSECURE_WARNING)
        api = self.open_session(settings, self.secrets, connections, calls.full_catalog)
        api.memory = RunMemory(self.inputs.run_folder, f"{api.endpoint} {api.project_id}", self.check_mode)
        return calls(api)

    def report_progress(self, text: str) -> None:
        """Show the progress of a long run."""
        self.show(printable(self.secrets.mask(text)))

    # --- results ---

    def outcome(self, result: Mapping[str, Any], failed: bool, exposed: str = "") -> Outcome:
        """Return the result with secrets masked.

        :param exposed: key of the secret that the module returns on purpose
        """
        result = dict(result)
        diff, warnings = result.pop("diff", None), result.pop("warnings", ())
        if self.show_diff and diff is not None:
            result["diff"] = diff
        masked: Dict[str, str] = {}
        shown = {name: self.redacted(value, name, name, masked) for name, value in result.items() if name != exposed}
        if exposed and not failed and not self.inputs.no_log:
            self.warnings.append(EXPOSED_WARNING.format(exposed))
        texts = [
            printable(self.secrets.mask(text)) for text in (*self.warnings, *warnings, *self.masked_warning(masked))
        ]
        if texts:
            shown["warnings"] = list(dict.fromkeys(texts))
        if failed:
            shown["failed"] = True
        secrets = {*self.inputs.secrets, *self.secrets.values}
        if exposed and not failed:
            # Ansible would mask the token, or the parts of it that equal another secret.
            shown = remove_secrets({**shown, "invocation": {"module_args": self.inputs.params}}, secrets)
            shown[exposed] = result[exposed]
            secrets = {secret for secret in secrets if secret not in result[exposed]}
        return Outcome(shown, secrets)

    def redacted(self, value: Any, path: str, name: str, masked: Dict[str, str]) -> Any:
        """Return part of a result with secrets masked, and with unprintable characters replaced in texts for people.

        :param masked: receives the path and the original of each value that contains a secret
        """
        if isinstance(value, dict):
            redacted = {
                key: self.redacted(inner, f"{path}.{key}", name if name in TEXT_KEYS else str(key), masked)
                for key, inner in value.items()
                if key not in USER_DATA
            }
            if name == "tags":
                redacted = {self.secrets.mask(str(key)): inner for key, inner in redacted.items()}
            return {**redacted, **{key: inner for key, inner in value.items() if key in USER_DATA}}
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
        """Return a warning about values that are masked because they contain a secret."""
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
            f"Masked in the result: {join_names(sorted(masked))}. The value contains a secret ({join_names(names)})."
            " Use a secret that is not part of a name."
        )
        return [warning]


class QueryJob:
    """Run of a read-only module."""

    def __init__(self, query: Query, request: Any) -> None:
        self.query, self.request = query, request

    def execute(self, context: Any) -> Dict[str, Any]:
        """Run the query and return the result."""
        calls = getattr(self.request, "calls", self.query.calls)
        return {"changed": False, **self.query.run_query(context.connect(calls), self.request)}

    def failure(self, err: DisError) -> Dict[str, Any]:
        """Return the result for a failure; read-only modules never change anything."""
        return failure_of(err)


class ReadOnly:
    """Adapter from :class:`Query` to :class:`Managed`."""

    def __init__(self, query: Query) -> None:
        self.query, self.spec = query, query.spec

    def prepare(self, params: Mapping[str, Any], files: Files) -> Job:
        """Validate the options."""
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
    """Run a module with options that Ansible has validated.

    :param name: name of the module, for internal errors
    :param open_session: function that logs in or returns an existing session
    :param show: function that displays a line
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
    """Run a module that manages a resource in its own process."""
    spec: Spec = managed.spec
    module = DisModule(spec)
    outcome = execute(module.name, managed, module.inputs, module.check_mode, module.show_diff)
    module.leave(outcome.result, outcome.secrets)


def run_info_module(query: Query) -> None:
    """Run a read-only module in its own process."""
    run_module(ReadOnly(query))
