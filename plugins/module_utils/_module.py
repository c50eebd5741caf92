# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options as Ansible hands them over, and the module process. Private to otc.dis."""

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
"""Names under which somebody may put a secret, right or misspelt."""
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
"""Names in ``auth`` under which nobody puts one."""
TIME_LIMIT = "_ansible_otc_dis_time_limit"
"""Under which name the action plugin hands over how many seconds a module process has."""
FOLDERS = "_ansible_otc_dis_folders"
"""Under which name the action plugin hands over folders: where relative paths begin first (where the user started
Ansible) and second (the playbook's), and the temporary folder of the run."""
LOGGED = ("msg", "changed", "done", "actions", "replacement")
"""What the system log gets of the result of a cancelled run."""
USER_INFO = re.compile(r"//([^/@\s]*)@")
ADDRESS_NAME = re.compile(r"url|endpoint|address|proxy|host")
"""Names of what holds an address."""
ADDRESS_USER = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(.+)@", re.DOTALL)
ANY_USER = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.-]*:[\\/]*(?=.*:)|[\\/]*)(.+)@", re.DOTALL)
"""What stands before the last ``@`` of an address, also of one that is not well-formed."""


USER_DATA = frozenset({"records"})
"""Options whose texts belong to the user: they are not searched for masks and addresses."""
remove_secrets = remove_values
"""Ansible's own masking of a result."""


def argument_spec(spec: Spec) -> Dict[str, Dict[str, Any]]:
    """The options of a module together with those of the login."""
    return {**spec.options, **AUTH}


class Inputs:
    """The options of one call, before and after Ansible has validated them.

    Ansible masks what an argument spec marks. ``cloud`` may be a plain name, which must stay readable, or a dictionary
    with a password; so its secrets are found by hand, before Ansible validates, logs or reports anything. The same is
    done for unknown options, for addresses, and for options that hold whole entries.

    :ivar params: the options
    :ivar secrets: texts in them that must not be shown
    :ivar files: reads files that the user names
    :ivar run_folder: temporary folder of the Ansible run on this machine; None where there is none
    :ivar no_log: whether the user hides the result
    :ivar warnings: what the validation has to say beside errors; a module process hands it to Ansible itself
    """

    def __init__(self, spec: Spec, params: Dict[str, Any], no_log: bool = False) -> None:
        self.spec, self.options = spec, argument_spec(spec)
        self.no_log = no_log
        self.warnings: List[str] = []
        self.files, self.run_folder = Files(), None
        self.secrets: Set[str] = set()
        self.params = self.load(dict(params))

    def load(self, params: Dict[str, Any]) -> Dict[str, Any]:
        """The options in the shape that Ansible validates; collects secrets, and what is wrong with values."""
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
        known = {*self.options, *(alias for one in self.options.values() for alias in one.get("aliases", ()))}
        unknown = {name: params[name] for name in {*params} - known if not name.startswith("_ansible")}
        self.secrets.update(secret_values(unknown))
        self.secrets.update(address_secrets({name: value for name, value in params.items() if name not in USER_DATA}))
        for name, plain_names in self.spec.plain_names.items():
            self.secrets.update(secrets_of_entries(params.get(name), plain_names))
        self.not_texts = list(not_texts(self.options, params))
        self.refused_blanks = [one for one in self.spec.never_blank if one in params and is_blank(params[one])]
        params = without_blanks(self.options, params, self.spec.may_be_empty)
        self.type_errors = list(type_errors_of_options(self.options, params))
        params.update(coerce_for_validation({"options": self.options}, params))
        return params

    def validated(self, params: Dict[str, Any], secrets: Set[str]) -> None:
        """Take what Ansible made of the options.

        :param secrets: values of options that the argument spec marks as secret, and those that were known before
        """
        self.params = params
        self.secrets = {value for value in secrets if value.strip()}

    def error(self) -> Optional[InvalidOptions]:
        """The first reason why these options cannot be used.

        Nothing has been sent then, so no response can repeat a secret that is too short to be masked: it is taken out
        of the options, which Ansible shows, and texts stay as they are.
        """
        short = {value for value in self.secrets if len(value) < MIN_SECRET_LENGTH}
        error = text_error(self.not_texts, self.params.get("cloud"))
        if short or error:
            names = sorted(secret_names(self.params, short))
            self.params = masked(self.params, short)
            self.secrets -= short
            return error or short_secret_error(join_names(names) or "A password or token", "the options")
        # A longer secret may contain the characters of a mask.
        options = {name: value for name, value in self.params.items() if name not in USER_DATA}
        found = sorted(set(masked_paths(options, ignored=self.secrets - set(MASKS))))
        if found:
            return InvalidOptions(
                f"{join_names(found)} {'holds' if len(found) == 1 else 'hold'} the mask that is shown in place of a"
                " secret, not a value. Nothing was sent.",
                "Results mask names that contain a password or token. Use a password that is part of no name, and"
                " read the names again.",
            )
        if self.type_errors:
            return InvalidOptions("; ".join(self.type_errors) + ". Nothing was sent.")
        if self.refused_blanks:
            return InvalidOptions(
                f"{join_names(self.refused_blanks)} is blank, and without it more would be changed or deleted."
                " Nothing was sent.",
                "Give a value. If all is meant, leave the option out, or set it to omit.",
            )
        return None


class DisModule(AnsibleModule):
    """A module process: Ansible validates the options, and writes the result."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.time_limit: Any = None
        super().__init__(argument_spec=argument_spec(spec), supports_check_mode=True, **spec.rules)
        self.inputs.no_log = self.no_log
        self.inputs.validated(self.params, self.no_log_values)
        # From now on, a signal ends the run early, and so does the end of the time that the task has.
        _cancellation.begin()
        if self.time_limit:
            signal.setitimer(signal.ITIMER_REAL, float(self.time_limit))
        if REQUESTS_IMPORT_ERROR is not None:
            self.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)

    @property
    def name(self) -> str:
        """The name of the module."""
        return str(self._name)

    @property
    def show_diff(self) -> bool:
        """Whether the user wants a diff."""
        return bool(self._diff)

    def _load_params(self) -> None:
        super()._load_params()
        self.time_limit = self.params.pop(TIME_LIMIT, None)
        folders = self.params.pop(FOLDERS, None)
        if folders:
            with contextlib.suppress(OSError):  # another user's folder may be closed to this process
                os.chdir(folders[0])
        self.inputs = Inputs(self.spec, self.params)
        if folders:
            self.inputs.files, self.inputs.run_folder = Files(folders[1]), folders[2]
        self.params = self.inputs.params
        self.no_log_values.update(self.inputs.secrets)

    def leave(self, result: Dict[str, Any], secrets: Set[str]) -> NoReturn:
        """Write the result and end the process.

        :param secrets: texts that Ansible must mask in it
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
        """Write to the system log of the host: whoever waited for the result may be gone."""
        if _cancellation.active().requested:
            self.log(" ".join(f"{name}={result[name]}" for name in LOGGED if name in result))


def text_error(names: Sequence[str], cloud: Any) -> Optional[InvalidOptions]:
    """The error if a secret or a name in the options is not a text.

    :param names: the options that :func:`not_texts` found
    :param cloud: the option of this name
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
    """What may be a secret in something that holds credentials, however deep.

    :param is_secret: whether a plain value here is one
    :param in_auth: whether names that nobody knows may be misspelt ones of secrets
    """
    if isinstance(value, dict):
        for name, inner in value.items():
            strange = SECRET_NAME_RE.search(str(name)) or (in_auth and name not in NON_SECRET_KEYS)
            holds_text = name == "auth" and not isinstance(inner, dict)
            yield from secret_values(inner, is_secret or holds_text or bool(strange), in_auth or name == "auth")
    elif isinstance(value, list):
        for inner in value:
            yield from secret_values(inner, is_secret, in_auth)
    elif is_secret and is_set(value) and isinstance(value, (str, int, float)) and not isinstance(value, bool):
        yield str(value)
    elif contains_pem(value) and "PRIVATE KEY" in value:
        yield value
    elif isinstance(value, str):
        yield from (found for found in USER_INFO.findall(value) if found)


def address_secrets(value: Any, name: str = "") -> Iterator[str]:
    """User and password in front of a host name in any address, and the password alone.

    :param name: the name of the option; one that holds addresses is searched even if the text is no proper URL
    """
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from address_secrets(inner, str(key))
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from address_secrets(inner, name)
    elif isinstance(value, str):
        found = (ANY_USER if ADDRESS_NAME.search(name) else ADDRESS_USER).match(value)
        if found:
            user_info = found.group(1)
            yield user_info if len(user_info) >= MIN_SECRET_LENGTH else value
            password = user_info.partition(":")[2]
            spellings = dict.fromkeys((password, unquote(password)))
            yield from (one for one in spellings if len(one) >= MIN_SECRET_LENGTH)


def secrets_of_entries(value: Any, harmless: Container[str]) -> Iterator[str]:
    """What may be a secret in a list of dictionaries, or in what somebody gave instead.

    :param harmless: names under which nobody puts one
    """
    entries = value.split(",") if isinstance(value, str) else value  # as Ansible makes a list of a text
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
    """The error for a secret that could not be masked."""
    return InvalidOptions(
        f"{what} from {where} has fewer than {MIN_SECRET_LENGTH} characters, so it could not be kept out of messages."
        " Nothing was sent.",
        "Take a longer one.",
    )


def secret_names(value: Any, secrets: Set[str]) -> Set[str]:
    """Names under which some secrets are."""
    if isinstance(value, list):
        return {name for inner in value for name in secret_names(inner, secrets)}
    if not isinstance(value, dict):
        return set()
    below = {name for inner in value.values() for name in secret_names(inner, secrets)}
    return below | {
        str(name) for name, inner in value.items() if str(inner) in secrets and SECRET_NAME_RE.search(str(name))
    }


def masked(value: Any, secrets: Set[str]) -> Any:
    """The same with some secrets masked."""
    if isinstance(value, dict):
        return {name: masked(inner, secrets) for name, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner, secrets) for inner in value]
    return MASK if not isinstance(value, bool) and str(value) in secrets else value
