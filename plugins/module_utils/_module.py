# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only lines that meet Ansible. Private to otc.dis."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from typing import (
    Any,
    Callable,
    Container,
    ContextManager,
    Dict,
    Iterator,
    List,
    Mapping,
    NoReturn,
    Optional,
    Sequence,
    Set,
    Type,
    TypeVar,
)
from urllib.parse import unquote

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.validation import check_type_dict

from ._cloud import http as _http
from ._cloud.api import Client, connect
from ._cloud.files import Files
from ._cloud.settings import (
    AUTH,
    AUTH_KEYS,
    SECRET,
    SYNONYMS,
    TARGET,
    WHO,
    Settings,
    Source,
    flat,
    from_environ,
    given,
    holder,
    holds_pem,
    not_text_error,
    pick,
    resolve,
)
from ._core import cancellation as _cancellation
from ._core.blanks import booleans_as_numbers, without_blanks
from ._core.errors import BadInput, DisError, bugs_told, listed
from ._core.memory import RunMemory
from ._core.plan import AT_ONCE, Waiting
from ._core.reconcile import Converge
from ._core.schema import is_blank
from ._core.secrets import (
    MASK,
    MASKS,
    SHORTEST_SECRET,
    Secrets,
    masked_paths,
    needles,
    printable,
    spans,
)

Made = TypeVar("Made")

SECRETIVE = re.compile(r"pas|psw|pwd|word|secret|tok|key|code|credential|(^|_)[as]k$")
"""Names under which somebody may put a secret, right or misspelt."""
HARMLESS = frozenset(
    {*AUTH_KEYS, *TARGET, *SYNONYMS, "default_domain", "default_domain_id", "default_domain_name", "system_scope"}
)
"""Names in ``auth`` under which nobody puts one."""
ENDLESS = re.compile(r"[-+]?(inf|infinity|nan)\Z", re.IGNORECASE)
TIME_LIMIT = "_ansible_otc_dis_time_limit"
"""Under which name the action plugin hands over how many seconds a module process has."""
FOLDERS = "_ansible_otc_dis_folders"
"""Under which name the action plugin hands over folders: where relative paths begin first (where the user started
Ansible) and second (the playbook's), and the temporary folder of the run."""
CLOUD_NAMED_BY = "OTC_DIS_CLOUD_NAMED_BY"
"""Variable that says what the user set where OS_CLOUD is set on the user's behalf; for messages."""
LOGGED = ("msg", "changed", "done", "actions", "replacement")
"""What the system log gets of the result of a cancelled run."""
USER_INFO = re.compile(r"//([^/@\s]*)@")
ADDRESS_NAME = re.compile(r"url|endpoint|address|proxy|host")
"""Names of what holds an address."""
ADDRESS_USER = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(.+)@", re.DOTALL)
ANY_USER = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.-]*:[\\/]*(?=.*:)|[\\/]*)(.+)@", re.DOTALL)
"""What stands before the last ``@`` of an address, also of one that is not well-formed."""
LONGEST_SEARCHED = 65536
"""Characters of a text in a result that are searched for encoded secrets; in longer ones Ansible masks plain ones."""
USER_DATA = frozenset({"records"})
"""Members whose texts belong to the user: they are neither searched for masks nor redacted beyond what Ansible does."""
FOR_PEOPLE = frozenset({"msg", "hint", "detail", "fix", "reason", "text", "table", "problems", "unknown", "diff"})
"""Members of results that hold sentences or lines for a terminal."""


class DisModule(AnsibleModule):
    """An Ansible module that also knows the secrets inside ``cloud`` and under misspelt names.

    Ansible masks what an argument spec marks. ``cloud`` may be a plain name, which must stay readable, or a dictionary
    with a password; so its secrets are marked by hand, before Ansible validates, logs or reports anything. The same is
    done for options that hold whole entries.

    :param harmless: for each option that holds entries, the names in them under which nobody puts a secret
    :param may_be_empty: names of options for which an empty text is a value; for others it counts as left out
    :param never_blank: names of optional options that must not be blank, since a call without them affects more
    :ivar misplaced_booleans: what is wrong with numbers that are booleans, in words
    """

    def __init__(
        self,
        harmless: Mapping[str, Container[str]],
        may_be_empty: Container[str] = (),
        never_blank: Sequence[str] = (),
        **more: Any,
    ) -> None:
        self.harmless = harmless
        self.may_be_empty, self.never_blank = may_be_empty, never_blank
        self.refused_blanks: List[str] = []
        self.misplaced_booleans: List[str] = []
        self.time_limit: Any = None
        self.not_texts: List[str] = []
        super().__init__(**more)
        self.begin()

    def begin(self) -> None:
        """From now on, a signal ends the run in good order, and so does the end of the time that the task has."""
        _cancellation.begin()
        if self.time_limit:
            signal.setitimer(signal.ITIMER_REAL, float(self.time_limit))

    def end(self) -> None:
        """The result has been written: a signal means again what it did."""
        _cancellation.end()

    def log_if_cancelled(self, result: Mapping[str, Any]) -> None:
        """Leave word in the system log, for whoever waited for the result may be gone."""
        if _cancellation.active().requested:
            self.log(" ".join(f"{name}={result[name]}" for name in LOGGED if name in result))

    def exit_json(self, **result: Any) -> NoReturn:
        """Write the result and leave."""
        self.log_if_cancelled(result)
        try:
            super().exit_json(**result)
        finally:
            self.end()

    def fail_json(self, msg: str, **more: Any) -> NoReturn:
        """Write the failure and leave."""
        self.log_if_cancelled({"msg": msg, **more})
        try:
            super().fail_json(msg, **more)
        finally:
            self.end()

    def _load_params(self) -> None:
        super()._load_params()
        self.time_limit = self.params.pop(TIME_LIMIT, None)
        self.enter(self.params.pop(FOLDERS, None))
        for name in ("cloud", "auth"):
            value = self.params.get(name)
            if isinstance(value, str) and (name == "auth" or any(mark in value for mark in "{=:")):
                self.no_log_values.add(value)
                try:
                    self.params[name] = check_type_dict(value)
                except (TypeError, ValueError):
                    continue
            if value:
                self.no_log_values.update(secret_values(self.params[name], isinstance(value, list), name == "auth"))
        files = (self.params.get(name) for name in ("client_key", "key", "client_cert", "cert"))
        self.no_log_values.update(value for value in files if holds_pem(value))
        known = {
            *self.argument_spec,
            *(alias for one in self.argument_spec.values() for alias in one.get("aliases", ())),
        }
        unknown = {name: self.params[name] for name in {*self.params} - known if not name.startswith("_ansible")}
        self.no_log_values.update(secret_values(unknown))
        self.no_log_values.update(
            address_secrets({name: value for name, value in self.params.items() if name not in USER_DATA})
        )
        for name, harmless in self.harmless.items():
            self.no_log_values.update(secrets_of_entries(self.params.get(name), harmless))
        self.not_texts = list(not_texts(self.argument_spec, self.params))
        self.refused_blanks = [one for one in self.never_blank if one in self.params and is_blank(self.params[one])]
        self.params = without_blanks(self.argument_spec, self.params, self.may_be_empty)
        self.misplaced_booleans = list(booleans_as_numbers(self.argument_spec, self.params))
        self.params.update(refusable({"options": self.argument_spec}, self.params))

    def enter(self, folders: Any) -> None:
        """Begin relative paths where the user started Ansible, if that is on this machine."""
        self.files, self.run_folder = Files(), None
        if folders:
            start, playbook, self.run_folder = folders
            with contextlib.suppress(OSError):  # another user's folder may be closed to this process
                os.chdir(start)
            self.files = Files(playbook)

    def client(self, kind: Type[Client], settings: Settings, secrets: Secrets, connections: int) -> Client:
        """A client that is logged in.

        :raises DisError: the login failed, or there is no DIS
        """
        return connect(kind, settings, secrets, connections)

    def progress(self, text: str) -> None:
        """Tell whoever watches how far the call is; nobody hears a module before it ends."""


def not_texts(spec: Mapping[str, Any], values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Options with a secret or a name of the login that were given as something else than a text.

    Ansible makes texts of numbers and booleans before a module sees them, so these are the options as they arrive.

    :param prefix: the option that holds these, with a dot
    """
    for name, option in spec.items():
        for called in (name, *option.get("aliases", ())):
            value = values.get(called)
            if isinstance(value, dict) and "options" in option:
                yield from not_texts(option["options"], value, f"{prefix}{called}.")
            elif value is None or isinstance(value, str) or option.get("type") != "str":
                continue
            elif option.get("no_log") or prefix == "auth." or name == "region_name":
                yield f"{prefix}{called}"


def text_error(names: Sequence[str], cloud: Any) -> Optional[BadInput]:
    """The error if a secret or a name in the options is not a text.

    :param names: the options that :func:`not_texts` found
    :param cloud: the option of this name
    """
    if names:
        return not_text_error([f"{name} in the options" for name in names])
    if isinstance(cloud, dict):
        try:
            flat("option cloud", cloud)
        except BadInput as err:
            return err
    return None


def refusable(option: Mapping[str, Any], value: Any) -> Any:
    """The value of an option, as a text where Ansible's own checks would stumble over it instead of refusing it.

    :param option: its spec
    """
    if "options" not in option:
        endless = option.get("type") == "int" and ENDLESS.match(str(value).strip())
        return f'"{value}"' if endless else value
    if isinstance(value, dict):
        specs = {called: one for name, one in option["options"].items() for called in (name, *one.get("aliases", ()))}
        return {name: refusable(specs.get(name, {}), inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [str(one) if one is None else refusable(option, one) for one in value]
    return value if value is None or isinstance(value, str) else str(value)


def secret_values(value: Any, is_secret: bool = False, in_auth: bool = False) -> Iterator[str]:
    """What may be a secret in something that holds credentials, however deep.

    :param is_secret: whether a plain value here is one
    :param in_auth: whether names that nobody knows may be misspelt ones of secrets
    """
    if isinstance(value, dict):
        for name, inner in value.items():
            strange = SECRETIVE.search(str(name)) or (in_auth and name not in HARMLESS)
            holds_text = name == "auth" and not isinstance(inner, dict)
            yield from secret_values(inner, is_secret or holds_text or bool(strange), in_auth or name == "auth")
    elif isinstance(value, list):
        for inner in value:
            yield from secret_values(inner, is_secret, in_auth)
    elif is_secret and given(value) and isinstance(value, (str, int, float)) and not isinstance(value, bool):
        yield str(value)
    elif holds_pem(value) and "PRIVATE KEY" in value:
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
            yield user_info if len(user_info) >= SHORTEST_SECRET else value
            password = user_info.partition(":")[2]
            spellings = dict.fromkeys((password, unquote(password)))
            yield from (one for one in spellings if len(one) >= SHORTEST_SECRET)


def secrets_of_entries(value: Any, harmless: Container[str]) -> Iterator[str]:
    """What may be a secret in a list of dictionaries, or in what somebody gave instead.

    :param harmless: names under which nobody puts one
    """
    entries = value.split(",") if isinstance(value, str) else value  # as Ansible makes a list of a text
    in_text = isinstance(value, str) and SECRETIVE.search(value)
    for entry in entries if isinstance(entries, list) else [entries]:
        if isinstance(entry, str):
            entry = entry.strip()
            if len(entry) >= SHORTEST_SECRET and (in_text or SECRETIVE.search(entry)):
                yield entry
            try:
                entry = check_type_dict(entry)
            except (TypeError, ValueError):
                continue
        if isinstance(entry, dict):
            yield from secret_values({name: inner for name, inner in entry.items() if name not in harmless})


def too_short(what: str, where: str) -> BadInput:
    """The error for a secret that could not be masked."""
    return BadInput(
        f"{what} from {where} has fewer than {SHORTEST_SECRET} characters, so it could not be kept out of messages."
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
    return below | {str(name) for name, inner in value.items() if str(inner) in secrets and SECRETIVE.search(str(name))}


def without(value: Any, secrets: Set[str]) -> Any:
    """The same with some secrets masked."""
    if isinstance(value, dict):
        return {name: without(inner, secrets) for name, inner in value.items()}
    if isinstance(value, list):
        return [without(inner, secrets) for inner in value]
    return MASK if not isinstance(value, bool) and str(value) in secrets else value


def gather(params: Mapping[str, Any], environ: Mapping[str, str], files: Files) -> List[Source]:
    """The places that settings come from, the most important first: options, cloud, environment.

    :param files: finds and decrypts clouds files

    :raises BadInput: a cloud was named and cannot be found
    """
    options = flat("the options", {name: params[name] for name in AUTH if name != "cloud"})
    environment = from_environ(environ)
    cloud = params["cloud"]
    if isinstance(cloud, dict):
        return [options, flat("option cloud", whole_entry(cloud, options, environ, files)), environment]
    if cloud is not None and not isinstance(cloud, str):
        raise BadInput("cloud must be a name in clouds.yaml, or a dictionary that holds what an entry there would.")
    name, wanted_by = (cloud, "cloud") if given(cloud) else (None, "")
    if name is None:
        if holder([options], "auth_url", "endpoint_override") and holder([options], *WHO):
            return [options, environment]
        if given(environ.get("OS_CLOUD")):
            name, wanted_by = environ["OS_CLOUD"].strip(), environ.get(CLOUD_NAMED_BY) or "OS_CLOUD"
        elif holder([options, environment], "auth_url"):
            return [options, environment]
    from ._cloud import clouds_yaml as _clouds

    must_choose = holder([options, environment], *WHO) is None
    region_name = pick([options, environment], "region_name")
    found = _clouds.entry(name, region_name, environ, files, wanted_by, must_choose)
    if found is None:
        return [options, environment]
    place, values, secure = found
    secrets = flat(*secure) if secure is not None else None  # first, for it knows best where its own come from
    source = flat(place, values)
    if secrets is not None:
        source = source._replace(places={**source.places, **secrets.places})
    return [options, source, environment]


def whole_entry(
    cloud: Mapping[str, Any], options: Source, environ: Mapping[str, str], files: Files
) -> Mapping[str, Any]:
    """A dictionary of the option ``cloud``, read as an entry of a clouds file."""
    if not isinstance(cloud.get("auth", {}), dict):
        raise BadInput("auth in cloud must be a dictionary.")
    if not any(given(cloud.get(word)) for word in ("profile", "cloud", "regions")):
        return cloud
    from ._cloud import clouds_yaml as _clouds

    found = _clouds.with_profile(dict(cloud), "option cloud", environ, files)
    return _clouds.in_region(found, pick([options], "region_name"), "option cloud")


class Runner:
    """One module run: from options to a result, the failure included.

    :cvar face: what stands between the run and Ansible; inside the controller, ``plugins/action`` puts another one here
    """

    face: Type[DisModule] = DisModule

    def __init__(
        self,
        spec: Dict[str, Dict[str, Any]],
        harmless: Optional[Mapping[str, Container[str]]] = None,
        may_be_empty: Container[str] = (),
        never_blank: Sequence[str] = (),
        **rules: Any,
    ) -> None:
        self.module = self.face(
            harmless or {}, may_be_empty, never_blank, argument_spec=spec, supports_check_mode=True, **rules
        )
        self.secrets, self.cancellation = Secrets(), _cancellation.active()
        self.module.no_log_values -= {value for value in self.module.no_log_values if not value.strip()}
        self.origins: Dict[str, str] = {}
        for value in self.module.no_log_values:
            if len(value) >= SHORTEST_SECRET:
                self.secrets.add(value)
                self.origins[value] = listed(sorted(secret_names(self.module.params, {value}))) or "a secret option"
        if _http.REQUESTS_IMPORT_ERROR is not None:
            self.module.fail_json(msg=missing_required_lib("requests"), exception=_http.REQUESTS_IMPORT_ERROR)

        self.refuse_unusable_secrets()
        self.refuse_masks()
        if self.module.misplaced_booleans:
            self.fail(BadInput("; ".join(self.module.misplaced_booleans) + ". Nothing was sent."))
        if self.module.refused_blanks:
            self.fail(
                BadInput(
                    f"{listed(self.module.refused_blanks)} is blank, and without it more would be changed or deleted."
                    " Nothing was sent.",
                    "Give a value. If all is meant, leave the option out, or set it to omit.",
                )
            )

    def refuse_unusable_secrets(self) -> None:
        """Leave if an option holds a secret that is not a text, or that is too short to be masked.

        Nothing has been sent then, so no answer can repeat it: it is taken out of the options, which Ansible shows, and
        the texts stay as they are.
        """
        short = {value for value in self.module.no_log_values if len(value) < SHORTEST_SECRET}
        error = text_error(self.module.not_texts, self.module.params.get("cloud"))
        if short or error:
            names = sorted(name for name in secret_names(self.module.params, short))
            self.module.params = without(self.module.params, short)
            self.module.no_log_values -= short
            self.fail(error or too_short(listed(names) or "A password or token", "the options"))

    def refuse_masks(self) -> None:
        """Leave if an option holds what a result shows in place of a secret; it would be taken for a name or a value.

        A longer secret may contain the characters of a mask.
        """
        secrets = self.module.no_log_values - set(MASKS)
        given_options = {name: value for name, value in self.module.params.items() if name not in USER_DATA}
        found = sorted(set(masked_paths(given_options, ignored=secrets)))
        if found:
            self.fail(
                BadInput(
                    f"{listed(found)} {'holds' if len(found) == 1 else 'hold'} the mask that is shown in place of a"
                    " secret, not a value. Nothing was sent.",
                    "Results mask names that contain a password or token. Use a password that is part of no name, and"
                    " read the names again.",
                )
            )

    def connect(self, kind: Type[Client], connections: int = 1) -> Client:
        """A client by the options of the module.

        :param kind: the class with the operations that are needed
        :param connections: how many it may open to one host
        :raises DisError: settings are missing or wrong, or the login failed
        """
        files = self.module.files
        sources = gather(self.module.params, os.environ, files)
        for source in sources:
            for name in SECRET:
                value = str(source.values.get(name, ""))
                if 0 < len(value.strip()) < SHORTEST_SECRET:
                    raise too_short(name, source.name)
                self.secrets.add(value)
                self.origins[value] = f"{name} from {source.name}"
        settings = with_full_paths(resolve(sources), files)
        if settings.verify is False:
            self.module.warn(
                "Certificates are not checked (validate_certs is false): anybody on the way can read the token."
            )
        api = self.module.client(kind, settings, self.secrets, connections)
        api.memory = RunMemory(self.module.run_folder, f"{api.endpoint} {api.project_id}", self.module.check_mode)
        return api

    def progress(self, text: str) -> None:
        """Tell whoever watches how far a long call is."""
        self.module.progress(printable(self.secrets.mask(text)))

    def watched(self) -> ContextManager[None]:
        """A block in which what nobody expected becomes a failure of the module.

        :raises Bug: for that
        """
        return bugs_told(self.module._name)

    def checked(self, make: Callable[[], Made]) -> Made:
        """What is made of the options; leaves with an error if they break a rule."""
        try:
            with self.watched():
                return make()
        except DisError as err:
            self.fail(err)
            raise

    def succeed(self, result: Dict[str, Any]) -> None:
        """Leave with a result; its warnings and its diff, if it has any, go where Ansible wants them."""
        self.module.exit_json(**self.shown(result))

    def fail(self, err: DisError, run: Optional[Converge[Any]] = None, happened: Sequence[str] = ()) -> None:
        """Leave with an error, saying what had been done.

        :param happened: verbs of what was done, or may have been, where there is no run to ask
        """
        told = {"changed": bool(happened), "done": list(happened), **err.as_result()}
        result = run.failure(err) if run else told
        self.module.fail_json(**self.shown({**result, "warnings": run.warnings if run else ()}))

    def fail_with(self, err: DisError, result: Dict[str, Any]) -> None:
        """Leave with an error that concerns a part, and with the result for all parts."""
        self.module.fail_json(**self.shown({**result, **err.as_result()}))

    def shown(self, result: Mapping[str, Any]) -> Dict[str, Any]:
        """A result as Ansible may show it, with its warnings handed over."""
        result = dict(result)
        difference, warnings = result.pop("diff", None), result.pop("warnings", ())
        if self.module._diff and difference is not None:
            result["diff"] = difference
        masked: Dict[str, str] = {}
        redacted = {name: self.redacted(value, name, name, masked) for name, value in result.items()}
        self.leave([*warnings, *self.about_masked(masked)])
        return redacted

    def redacted(self, value: Any, path: str, name: str, masked: Dict[str, str]) -> Any:
        """Part of a result without secrets; what people read is printable, too.

        :param masked: gets the path and the text of each value in which a secret was found
        """
        if isinstance(value, dict):
            inside = {
                key: self.redacted(inner, f"{path}.{key}", name if name in FOR_PEOPLE else str(key), masked)
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
        text = self.secrets.mask(value) if len(value) <= LONGEST_SEARCHED else value
        if name in FOR_PEOPLE:
            return printable(text)
        if text != value and name != "exception":
            masked[path] = value
        return text

    def about_masked(self, masked: Mapping[str, str]) -> List[str]:
        """A warning for what the result does not tell, because it contains a secret."""
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
        told = (
            f"This result masks {listed(sorted(masked))}, because the text there contains the secret given as"
            f" {listed(names)}. Do not use it as a name: choose a secret that is part of no name."
        )
        return [told]

    def leave(self, warnings: Sequence[str]) -> None:
        """What comes before any end."""
        self.module.no_log_values.update(self.secrets.values)
        for warning in warnings:
            self.module.warn(printable(self.secrets.mask(warning)))


def with_full_paths(settings: Settings, files: Files) -> Settings:
    """Settings whose certificate files have been found.

    :raises BadInput: one of them is not there, or could block
    """
    verify, cert = settings.verify, settings.cert
    if isinstance(verify, str):
        verify = files.find(verify, settings.places["verify"], folders=True)
    if isinstance(cert, str):
        cert = files.find(cert, settings.places["cert"])
    elif cert is not None:
        cert = files.find(cert[0], settings.places["cert"]), files.find(cert[1], settings.places["key"])
    return settings._replace(verify=verify, cert=cert)


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
        with runner.watched():
            how = waiting(runner.module.params) if "wait" in runner.module.params else AT_ONCE
            run = run_for(runner.connect(kind), how)
            runner.cancellation.report = run.failure
            result = run.predict() if runner.module.check_mode else run.carry_out()
    except DisError as err:
        runner.fail(err, run)
    else:
        runner.succeed(result)


def inform(runner: Runner, kind: Type[Client], ask: Callable[[Client], Dict[str, Any]]) -> None:
    """Ask and leave; nothing is ever changed.

    :param kind: the client that the question needs
    :param ask: what the module returns
    """
    try:
        with runner.watched():
            result = ask(runner.connect(kind))
    except DisError as err:
        runner.fail(err)
    else:
        runner.succeed({"changed": False, **result})
