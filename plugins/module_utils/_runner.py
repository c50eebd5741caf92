# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only lines that meet Ansible. Private to otc.dis."""

from __future__ import annotations

import os
import re
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Type, TypeVar

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.validation import check_type_dict

from ansible_collections.otc.dis.plugins.module_utils import _http
from ansible_collections.otc.dis.plugins.module_utils._argspec import AUTH
from ansible_collections.otc.dis.plugins.module_utils._client import Client, connect
from ansible_collections.otc.dis.plugins.module_utils._converge import Converge
from ansible_collections.otc.dis.plugins.module_utils._errors import BadInput, DisError, Secrets
from ansible_collections.otc.dis.plugins.module_utils._settings import (
    AUTH_KEYS,
    SECRET,
    Source,
    flat,
    from_environ,
    given,
    holder,
    pick,
    resolve,
)
from ansible_collections.otc.dis.plugins.module_utils._wait import AT_ONCE, Waiting

Made = TypeVar("Made")

SECRETIVE = re.compile(r"pass|secret|token|key|code|(^|_)[as]k$")
"""Names under which a cloud's entry may hold a secret."""


class DisModule(AnsibleModule):
    """An Ansible module that also knows the secrets inside ``cloud`` and under misspelt names in ``auth``.

    Ansible masks what an argument spec marks. ``cloud`` may be a plain name, which must stay readable, or a dictionary
    with a password; so its secrets are marked by hand, before Ansible validates, logs or reports anything.
    """

    def _load_params(self) -> None:
        super()._load_params()
        for name in ("cloud", "auth"):
            value = self.params.get(name)
            if isinstance(value, str) and ("{" in value or "=" in value):
                self.no_log_values.add(value)
                try:
                    self.params[name] = check_type_dict(value)
                except (TypeError, ValueError):
                    continue
        cloud = self.params.get("cloud")
        for auth in (self.params.get("auth"), cloud.get("auth") if isinstance(cloud, dict) else None):
            self.no_log_values.update(secret_values(auth, lambda name: name not in AUTH_KEYS or name in SECRET))
        self.no_log_values.update(secret_values(cloud, lambda name: SECRETIVE.search(name) is not None))


def secret_values(holding: Any, is_secret: Callable[[str], bool]) -> List[str]:
    """What a dictionary of credentials holds under names that may be those of secrets."""
    if not isinstance(holding, dict):
        return []
    return [
        str(value)
        for name, value in holding.items()
        if is_secret(str(name)) and given(value) and isinstance(value, (str, int)) and not isinstance(value, bool)
    ]


def gather(params: Mapping[str, Any], environ: Mapping[str, str]) -> List[Source]:
    """The places that settings come from, the most important first: options, cloud, environment.

    :raises BadInput: a cloud was named and cannot be found
    """
    options = flat("the options", {name: params[name] for name in AUTH if name != "cloud"})
    environment = from_environ(environ)
    cloud = params["cloud"]
    if isinstance(cloud, dict):
        return [options, flat("option cloud", cloud), environment]
    name, wanted_by = (cloud, "cloud") if given(cloud) else (None, "")
    if name is None:
        if holder([options], "auth_url", "endpoint_override") and holder([options], "username", "user_id", "token"):
            return [options, environment]
        if given(environ.get("OS_CLOUD")):
            name, wanted_by = environ["OS_CLOUD"].strip(), "OS_CLOUD"
        elif holder([options, environment], "auth_url"):
            return [options, environment]
    from ansible_collections.otc.dis.plugins.module_utils import _clouds

    found = _clouds.entry(name, pick([options, environment], "region_name"), environ, parse_yaml, wanted_by)
    return [options, environment] if found is None else [options, flat(*found), environment]


def parse_yaml(document: str) -> Any:
    """A YAML document, by the parser that Ansible brings.

    :raises BadInput: the machine has no PyYAML
    :raises ValueError: it is not YAML
    """
    from ansible.module_utils.common.yaml import HAS_YAML, yaml_load

    if not HAS_YAML:
        raise BadInput(missing_required_lib("PyYAML", reason="to read clouds.yaml"))
    try:
        return yaml_load(document)
    except Exception as err:
        if not type(err).__module__.startswith("yaml."):
            raise
        raise ValueError("not YAML") from None


class Runner:
    """One module run: from options to a result, the failure included."""

    def __init__(self, spec: Dict[str, Dict[str, Any]], **rules: Any) -> None:
        self.module = DisModule(argument_spec=spec, supports_check_mode=True, **rules)
        self.secrets = Secrets()
        if _http.REQUESTS_IMPORT_ERROR is not None:
            self.module.fail_json(msg=missing_required_lib("requests"), exception=_http.REQUESTS_IMPORT_ERROR)

    def connect(self, kind: Type[Client]) -> Client:
        """A client by the options of the module.

        :param kind: the class with the operations that are needed
        :raises DisError: settings are missing or wrong, or the login failed
        """
        sources = gather(self.module.params, os.environ)
        for source in sources:
            self.secrets.add(*(str(source.values[name]) for name in SECRET if name in source.values))
        settings = resolve(sources)
        if settings.verify is False:
            self.module.warn(
                "Certificates are not checked (validate_certs is false): anybody on the way can read the token."
            )
        return connect(kind, settings, self.secrets)

    def checked(self, make: Callable[[], Made]) -> Made:
        """What is made of the options; leaves with an error if they break a rule."""
        try:
            return make()
        except DisError as err:
            self.fail(err)
            raise

    def succeed(self, result: Dict[str, Any]) -> None:
        """Leave with a result; its warnings and its diff, if it has any, go where Ansible wants them."""
        difference = result.pop("diff", None)
        if self.module._diff and difference is not None:
            result["diff"] = difference
        self.leave(result.pop("warnings", ()))
        self.module.exit_json(**result)

    def fail(self, err: DisError, done: Sequence[str] = (), warnings: Sequence[str] = ()) -> None:
        """Leave with an error, saying what had been done."""
        self.leave(warnings)
        result = err.as_result()
        if done and not err.outcome_unknown:
            result["msg"] += f" Done before: {', '.join(done)}."
        self.module.fail_json(changed=bool(done), done=list(done), **result)

    def leave(self, warnings: Sequence[str]) -> None:
        """What comes before any end."""
        self.module.no_log_values.update(self.secrets.values)
        for warning in warnings:
            self.module.warn(self.secrets.mask(warning))


def waiting(params: Mapping[str, Any]) -> Waiting:
    """How to wait.

    :raises BadInput: a time is not positive
    """
    for name in ("wait_timeout", "wait_interval"):
        if not 0 < params[name] <= 86400:
            raise BadInput(f"{name} is {params[name]:g}, but must be a number of seconds above 0 and up to 86400.")
    return Waiting(params["wait"], params["wait_timeout"], params["wait_interval"])


def converge(runner: Runner, kind: Type[Client], run_for: Callable[[Client, Waiting], Converge[Any]]) -> None:
    """Bring a resource to what is wished, or tell what would be done, and leave.

    A module without options of waiting is one for which the service is done as soon as it answers.

    :param kind: the client that the run needs
    :param run_for: the run; called after all options have been checked
    """
    run: Optional[Converge[Any]] = None
    try:
        how = waiting(runner.module.params) if "wait" in runner.module.params else AT_ONCE
        run = run_for(runner.connect(kind), how)
        result = run.predict() if runner.module.check_mode else run.carry_out()
    except DisError as err:
        runner.fail(err, run.happened if run else (), run.warnings if run else ())
    else:
        runner.succeed(result)


def inform(runner: Runner, kind: Type[Client], ask: Callable[[Client], Dict[str, Any]]) -> None:
    """Ask and leave; nothing is ever changed.

    :param kind: the client that the question needs
    :param ask: what the module returns
    """
    try:
        result = ask(runner.connect(kind))
    except DisError as err:
        runner.fail(err)
    else:
        runner.succeed({"changed": False, **result})
