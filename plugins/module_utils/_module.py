# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options before and after Ansible's validation, and the module process. Private to otc.dis."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from typing import Any, Container, Dict, Iterator, List, Mapping, NoReturn, Optional, Sequence, Set
from urllib.parse import unquote

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.common.validation import check_type_dict

from ._cloud.files import Files
from ._cloud.settings import (
    AUTH,
    AUTH_KEYS,
    SYNONYMS,
    TARGET_PROJECT_KEYS,
    contains_pem,
    flatten,
    is_set,
    not_text_error,
)
from ._cloud.transport import REQUESTS_IMPORT_ERROR
from ._core import cancellation as _cancellation
from ._core.errors import InvalidOptions, join_names
from ._core.plan import Spec
from ._core.schema import coerce_for_validation, is_blank, not_texts, type_errors_of_options, without_blanks
from ._core.secrets import MASK, MASKS, MIN_SECRET_LENGTH, masked_paths

SECRET_NAME_RE = re.compile(r"pas|psw|pwd|word|secret|tok|key|code|credential|(^|_)[as]k$")
"""Names of keys that may hold a secret, also misspelt."""
NON_SECRET_KEYS = frozenset(
    {
        *AUTH_KEYS,
        *TARGET_PROJECT_KEYS,
        *SYNONYMS,
        "default_domain",
        "default_domain_id",
        "default_domain_name",
        "system_scope",
    }
)
"""Keys in ``auth`` that never hold a secret."""
TIME_LIMIT = "_ansible_otc_dis_time_limit"
"""Internal option of the action plugin: time limit of the module process in seconds."""
FOLDERS = "_ansible_otc_dis_folders"
"""Internal option of the action plugin: folders against which relative paths are resolved (the working directory of
Ansible first, the folder of the playbook second), and the temporary folder of the run."""
LOGGED_KEYS = ("msg", "changed", "done", "actions", "replacement")
"""Result keys that are written to the system log if the run is cancelled."""
USER_INFO = re.compile(r"//([^/@\s]*)@")
URL_OPTION_RE = re.compile(r"url|endpoint|address|proxy|host")
"""Names of options that hold a URL or an address."""
URL_USER_INFO = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(.+)@", re.DOTALL)
ANY_USER_INFO = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.-]*:[\\/]*(?=.*:)|[\\/]*)(.+)@", re.DOTALL)
"""User info before the last ``@`` of an address, also of a malformed one."""


USER_DATA = frozenset({"records"})
"""Options with data of the user, which are not searched for masks and addresses."""
remove_secrets = remove_values
"""Ansible's function that masks secrets in a result."""


def argument_spec(spec: Spec) -> Dict[str, Dict[str, Any]]:
    """Return the options of a module, including those for authentication."""
    return {**spec.options, **AUTH}


class Inputs:
    """Options of one run, before and after Ansible has validated them.

    Ansible masks the values of options that are marked in an argument spec. ``cloud`` may be a plain name, which must
    stay readable, or a dictionary with a password, so its secrets are collected here, before Ansible validates, logs
    or reports anything. The same applies to unsupported options, addresses, and options with whole entries.

    :ivar params: values of the options
    :ivar secrets: strings to mask in all output
    :ivar files: reader of files that the options specify
    :ivar run_folder: temporary folder of the Ansible run on this machine; None if it has none
    :ivar no_log: whether ``no_log`` is set for the task
    :ivar warnings: warnings of the validation; in a module process, Ansible reports them itself
    """

    def __init__(self, spec: Spec, params: Dict[str, Any], no_log: bool = False) -> None:
        self.spec, self.options = spec, argument_spec(spec)
        self.no_log = no_log
        self.warnings: List[str] = []
        self.files, self.run_folder = Files(), None
        self.secrets: Set[str] = set()
        self.params = self.load(dict(params))

    def load(self, params: Dict[str, Any]) -> Dict[str, Any]:
        """Return the options in the form that Ansible validates. Collect secrets and errors."""
        for name in ("cloud", "auth"):
            value = params.get(name)
            if isinstance(value, str) and (name == "auth" or any(mark in value for mark in "{=:")):
                self.secrets.add(value)
                try:
                    params[name] = check_type_dict(value)
                except (TypeError, ValueError):
                    continue
            if value:
                self.secrets.update(secret_values(params[name], isinstance(value, list), name == "auth"))
        files = (params.get(name) for name in ("client_key", "key", "client_cert", "cert"))
        self.secrets.update(str(value) for value in files if contains_pem(value))
        supported = {*self.options, *(alias for spec in self.options.values() for alias in spec.get("aliases", ()))}
        unsupported = {name: params[name] for name in {*params} - supported if not name.startswith("_ansible")}
        self.secrets.update(secret_values(unsupported))
        self.secrets.update(address_secrets({name: value for name, value in params.items() if name not in USER_DATA}))
        for name, plain_names in self.spec.plain_names.items():
            self.secrets.update(secrets_of_entries(params.get(name), plain_names))
        self.not_texts = list(not_texts(self.options, params))
        self.rejected_blanks = [name for name in self.spec.never_blank if name in params and is_blank(params[name])]
        params = without_blanks(self.options, params, self.spec.may_be_empty)
        self.type_errors = list(type_errors_of_options(self.options, params))
        params.update(coerce_for_validation({"options": self.options}, params))
        return params

    def validated(self, params: Dict[str, Any], secrets: Set[str]) -> None:
        """Set the validated options.

        :param secrets: values of options that the argument spec marks as secret, and the secrets collected before
        """
        self.params = params
        self.secrets = {value for value in secrets if value.strip()}

    def error(self) -> Optional[InvalidOptions]:
        """Return the first error of the options.

        No request has been sent at this point, so no response can contain a secret that is too short to be masked. It
        is only removed from the options, which Ansible displays.
        """
        short = {value for value in self.secrets if len(value) < MIN_SECRET_LENGTH}
        error = text_error(self.not_texts, self.params.get("cloud"))
        if short or error:
            names = sorted(secret_names(self.params, short))
            self.params = masked(self.params, short)
            self.secrets -= short
            return error or short_secret_error(join_names(names) or "A password or token", "the options")
        # Secrets are ignored, since a long secret may contain the characters of a mask.
        options = {name: value for name, value in self.params.items() if name not in USER_DATA}
        paths = sorted(set(masked_paths(options, ignored=self.secrets - set(MASKS))))
        if paths:
            return InvalidOptions(
                f"{join_names(paths)} {'contains' if len(paths) == 1 else 'contain'} the mask of a secret instead of a"
                " value. Nothing was sent.",
                "Results mask names that contain a password or token. Use a password that is not part of a name, and"
                " query the names again.",
            )
        if self.type_errors:
            return InvalidOptions("; ".join(self.type_errors) + ". Nothing was sent.")
        if self.rejected_blanks:
            return InvalidOptions(
                f"{join_names(self.rejected_blanks)} is blank. Without a value, more would be changed or deleted."
                " Nothing was sent.",
                "Set a value. To select all, leave the option out or set it to omit.",
            )
        return None


class DisModule(AnsibleModule):
    """Module process, in which Ansible validates the options and writes the result."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.time_limit: Any = None
        super().__init__(argument_spec=argument_spec(spec), supports_check_mode=True, **spec.rules)
        self.inputs.no_log = self.no_log
        self.inputs.validated(self.params, self.no_log_values)
        # From now on, signals and the time limit of the task cancel the run.
        _cancellation.begin()
        if self.time_limit:
            signal.setitimer(signal.ITIMER_REAL, float(self.time_limit))
        if REQUESTS_IMPORT_ERROR is not None:
            self.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)

    @property
    def name(self) -> str:
        """Name of the module."""
        return str(self._name)

    @property
    def show_diff(self) -> bool:
        """Whether diff mode is enabled."""
        return bool(self._diff)

    def _load_params(self) -> None:
        super()._load_params()
        self.time_limit = self.params.pop(TIME_LIMIT, None)
        folders = self.params.pop(FOLDERS, None)
        if folders:
            with contextlib.suppress(OSError):  # with become, the folder may not be accessible
                os.chdir(folders[0])
        self.inputs = Inputs(self.spec, self.params)
        if folders:
            self.inputs.files, self.inputs.run_folder = Files(folders[1]), folders[2]
        self.params = self.inputs.params
        self.no_log_values.update(self.inputs.secrets)

    def leave(self, result: Dict[str, Any], secrets: Set[str]) -> NoReturn:
        """Write the result and end the process.

        :param secrets: strings that Ansible must mask in the result
        """
        self.params, self.no_log_values = self.inputs.params, secrets
        for warning in result.pop("warnings", ()):
            self.warn(warning)
        if result.pop("failed", False):
            self.fail_json(**result)
        self.exit_json(**result)

    def exit_json(self, **result: Any) -> NoReturn:
        """Write the result and end the process."""
        self.log_if_cancelled(result)
        try:
            super().exit_json(**result)
        finally:
            _cancellation.end()

    def fail_json(self, msg: str, **more: Any) -> NoReturn:
        """Write the failure and end the process."""
        self.log_if_cancelled({"msg": msg, **more})
        try:
            super().fail_json(msg, **more)
        finally:
            _cancellation.end()

    def log_if_cancelled(self, result: Mapping[str, Any]) -> None:
        """Write the result of a cancelled run to the system log of the host, since Ansible may no longer receive it."""
        if _cancellation.active().requested:
            self.log(" ".join(f"{name}={result[name]}" for name in LOGGED_KEYS if name in result))


def text_error(names: Sequence[str], cloud: Any) -> Optional[InvalidOptions]:
    """Return the error if a secret or a name in the options is not a string.

    :param names: result of :func:`not_texts`
    :param cloud: value of the option ``cloud``
    """
    if names:
        return not_text_error([f"{name} in the options" for name in names])
    if isinstance(cloud, dict):
        try:
            flatten("option cloud", cloud)
        except InvalidOptions as err:
            return err
    return None


def secret_values(value: Any, is_secret: bool = False, in_auth: bool = False) -> Iterator[str]:
    """Return the possible secrets in a nested value with credentials.

    :param is_secret: whether a scalar value is a secret
    :param in_auth: whether unsupported keys may be misspelt names of secrets
    """
    if isinstance(value, dict):
        for name, inner in value.items():
            may_be_secret = SECRET_NAME_RE.search(str(name)) or (in_auth and name not in NON_SECRET_KEYS)
            is_scalar_auth = name == "auth" and not isinstance(inner, dict)
            yield from secret_values(
                inner, is_secret or is_scalar_auth or bool(may_be_secret), in_auth or name == "auth"
            )
    elif isinstance(value, list):
        for inner in value:
            yield from secret_values(inner, is_secret, in_auth)
    elif is_secret and is_set(value) and isinstance(value, (str, int, float)) and not isinstance(value, bool):
        yield str(value)
    elif contains_pem(value) and "PRIVATE KEY" in value:
        yield value
    elif isinstance(value, str):
        yield from (user_info for user_info in USER_INFO.findall(value) if user_info)


def address_secrets(value: Any, name: str = "") -> Iterator[str]:
    """Return the user info of the URLs in a value, and the passwords in it.

    :param name: name of the option; if it holds a URL, malformed URLs are searched, too
    """
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from address_secrets(inner, str(key))
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from address_secrets(inner, name)
    elif isinstance(value, str):
        match = (ANY_USER_INFO if URL_OPTION_RE.search(name) else URL_USER_INFO).match(value)
        if match:
            user_info = match.group(1)
            yield user_info if len(user_info) >= MIN_SECRET_LENGTH else value
            password = user_info.partition(":")[2]
            variants = dict.fromkeys((password, unquote(password)))
            yield from (variant for variant in variants if len(variant) >= MIN_SECRET_LENGTH)


def secrets_of_entries(value: Any, harmless: Container[str]) -> Iterator[str]:
    """Return the possible secrets in a list of dictionaries, or in a value of another type in its place.

    :param harmless: keys that never hold a secret
    """
    entries = value.split(",") if isinstance(value, str) else value  # as Ansible converts a string to a list
    in_text = isinstance(value, str) and SECRET_NAME_RE.search(value)
    for entry in entries if isinstance(entries, list) else [entries]:
        if isinstance(entry, str):
            entry = entry.strip()
            if len(entry) >= MIN_SECRET_LENGTH and (in_text or SECRET_NAME_RE.search(entry)):
                yield entry
            try:
                entry = check_type_dict(entry)
            except (TypeError, ValueError):
                continue
        if isinstance(entry, dict):
            yield from secret_values({name: inner for name, inner in entry.items() if name not in harmless})


def short_secret_error(what: str, where: str) -> InvalidOptions:
    """Return the error for a secret that is too short to be masked."""
    return InvalidOptions(
        f"{what} from {where} has fewer than {MIN_SECRET_LENGTH} characters, so it cannot be masked in messages."
        " Nothing was sent.",
        "Use a longer value.",
    )


def secret_names(value: Any, secrets: Set[str]) -> Set[str]:
    """Return the names of the keys that hold one of the secrets."""
    if isinstance(value, list):
        return {name for inner in value for name in secret_names(inner, secrets)}
    if not isinstance(value, dict):
        return set()
    below = {name for inner in value.values() for name in secret_names(inner, secrets)}
    return below | {
        str(name) for name, inner in value.items() if str(inner) in secrets and SECRET_NAME_RE.search(str(name))
    }


def masked(value: Any, secrets: Set[str]) -> Any:
    """Return a value with secrets masked."""
    if isinstance(value, dict):
        return {name: masked(inner, secrets) for name, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner, secrets) for inner in value]
    return MASK if not isinstance(value, bool) and str(value) in secrets else value
