# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the cloud is and who we are, from options, a clouds file and the environment. Private to otc.dis.

Pure: files are read by ``_clouds.py``. Source: IAM sheet, sections 3 and 4; words and places are those of openstacksdk.
"""

from __future__ import annotations

import os
import re
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union
from urllib.parse import urlsplit

from .._core.errors import InvalidOptions, join_names, sanitize
from .._core.schema import dictionaries, parse_url, service_url

DEFAULT_TIMEOUT = 30

USER_KEYS = ("username", "user_id", "user_domain_name", "user_domain_id")
PROJECT = ("project_id", "project_name", "project_domain_id", "project_domain_name")
SECRET = ("password", "passcode", "token", "access_key", "secret_key", "security_token")
"""What is never shown. An access key is no secret by itself, but nothing that readers of a log need."""
AGENCY = ("agency_name", "agency_domain_id", "agency_domain_name")
AUTH_KEYS = ("auth_url",) + USER_KEYS + PROJECT + SECRET + AGENCY + ("domain_id", "domain_name")
TARGET_PROJECT_KEYS = ("target_project_id", "target_project_name")
"""The project beyond an agency, where ``PROJECT`` is the user's own; for files and variables of other clients."""
CREDENTIALS = (
    ("username", "user_id"),
    ("user_domain_id", "user_domain_name"),
    ("password",),
    ("passcode",),
    ("token",),
    ("access_key",),
    ("secret_key",),
    ("security_token",),
    ("agency_name",),
    ("agency_domain_id", "agency_domain_name"),
    ("auth_type",),
)
"""What makes up a login; the members of a group are taken from one place."""
PRINCIPAL_KEYS = ("username", "user_id", "token", "access_key")
"""What says who somebody is: behind the first place with one of these, everything belongs to somebody else."""

DEFAULT_DOMAIN = ("default_domain_id", "default_domain_name")
"""The domain of user and project where nothing else is said, not even ``domain_id`` or ``domain_name``."""
OUTSIDE_AUTH = ("token", "passcode", "user_domain_id", "user_domain_name", "domain_id", "domain_name") + PROJECT
"""Settings that openstacksdk prefers beside ``auth`` where they are given there, too."""
SYNONYMS = {
    "auth_plugin": "auth_type",
    "user_name": "username",
    "tenant_name": "project_name",
    "tenant_id": "project_id",
    "auth_token": "token",
    "ak": "access_key",
    "sk": "secret_key",
    "access_key_id": "access_key",
    "access_key_secret": "secret_key",
    "aksk_security_token": "security_token",
    "target_agency_name": "agency_name",
    "target_domain_id": "agency_domain_id",
    "target_domain_name": "agency_domain_name",
    "delegated_project": "target_project_name",
    "endpoint_type": "interface",
    "ca_cert": "cacert",
    "client_cert": "cert",
    "client_key": "key",
    "validate_certs": "verify",
}
"""Other words for a setting, which the word itself outweighs."""
TOP_KEYS = (
    "auth_type",
    "region_name",
    "interface",
    "verify",
    "insecure",
    "cacert",
    "cert",
    "key",
    "api_timeout",
    "endpoint_override",
    "signature_form",
    "token_cache",
)
TEXT_KEYS = AUTH_KEYS + TARGET_PROJECT_KEYS + ("auth_type", "region_name", "endpoint_override")
"""Settings that must be texts: YAML may have changed anything else on the way."""
OTC_DIS_ONLY_KEYS = ("signature_form", "token_cache")
"""Settings that no other client knows, whose variables therefore do not begin with ``OS_``."""
ENDPOINT_KEYS = ("disv2_endpoint_override", "dis_endpoint_override")
AUTH_TYPES = {
    "password": "password",
    "v3password": "password",
    "v3multifactor": "password",
    "token": "token",
    "v3token": "token",
    "aksk": "aksk",
    "agency": "agency",
}
SIGNATURE_FORMS = ("credential", "credential_empty", "access")
"""Forms of signatures (IAM sheet, 5.2: b, b' and a)."""
YES, NO = ("1", "true", "yes", "on", "y", "t"), ("0", "false", "no", "off", "n", "f")
REGION = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
PROJECT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
ACCESS_KEY = re.compile(r"[A-Za-z0-9_-]{1,128}\Z")
INTERFACES = ("public", "internal", "admin")


class Source(NamedTuple):
    """Settings from one place.

    :ivar name: the place, for messages
    :ivar values: flat, without what is empty
    :ivar places: where exactly a setting comes from, as far as the name of the place does not say it
    :ivar empty: settings that are present but empty, with where exactly
    """

    name: str
    values: Mapping[str, Any]
    places: Mapping[str, str] = {}
    empty: Mapping[str, str] = {}

    def origin_of(self, key: str) -> str:
        """Where exactly a setting comes from, for messages."""
        return self.places.get(key, f"{key} in {self.name}")


class Password(NamedTuple):
    """A login by user and password; ``user`` is the JSON object of IAM without the password.

    :ivar passcode: of a virtual MFA device; good for one login
    """

    user: Mapping[str, Any]
    password: str
    passcode: Optional[str] = None

    def __repr__(self) -> str:
        return "Password(not shown)"


class Keys(NamedTuple):
    """A pair of keys to sign requests with; temporary ones come with a security token."""

    access_key: str
    secret_key: str
    security_token: Optional[str]

    def __repr__(self) -> str:
        return "Keys(not shown)"


class Agency(NamedTuple):
    """What another account lets a user do (IAM sheet, 1.5).

    :ivar domain: the account that has the agency, as IAM names it
    :ivar member: how IAM calls the name in a request
    :ivar own: the scope of the user's own login; None if there is none
    """

    name: str
    domain: Mapping[str, str]
    member: str
    own: Optional[Mapping[str, Any]]


class IssuedToken(NamedTuple):
    """A token, and what it is good for.

    :ivar endpoint: base address of DIS
    :ivar expires_at: in UTC, as IAM writes it
    :ivar date: the clock of IAM when it answered, as HTTP writes it
    """

    token: str
    project_id: str
    endpoint: str
    expires_at: Optional[str]
    date: Optional[str] = None

    def __repr__(self) -> str:
        return "Grant(not shown)"


class Settings(NamedTuple):
    """All that a run needs to know to reach DIS.

    :ivar auth_url: base of IAM, ending in its version; None if nothing there is needed
    :ivar keys: None where a password or a token is used
    :ivar places: where each part of the login, and each file of certificates, comes from
    :ivar scope: the ``project`` object of IAM's scope; None with a token that brings its own
    :ivar interfaces: which addresses of the catalogue to use, in order of preference
    :ivar verify: True,, False or the path of a CA bundle
    :ivar timeout: seconds
    :ivar signature_form: one of ``FORMS``
    :ivar token_cache: path of the file; None without one
    """

    auth_url: Optional[str]
    password: Optional[Password]
    token: Optional[str]
    keys: Optional[Keys]
    agency: Optional[Agency]
    places: Mapping[str, str]
    scope: Optional[Mapping[str, Any]]
    region_name: Optional[str]
    interfaces: Tuple[str, ...]
    endpoint: Optional[str]
    verify: Union[bool, str]
    cert: Union[str, Tuple[str, str], None]
    timeout: float
    signature_form: str = SIGNATURE_FORMS[0]
    token_cache: Optional[str] = None

    def __repr__(self) -> str:
        return "Settings(not shown)"

    @property
    def project_id(self) -> Optional[str]:
        """The id of the project, if it was given."""
        return (self.scope or {}).get("id")


def is_set(value: Any) -> bool:
    """Whether a value says anything: empty texts come from blank fields of surveys and credentials."""
    return value is not None and not (isinstance(value, str) and not value.strip())


CHANGED_BY_YAML = {
    "numbers or dates": ("0123456", "12:30:45", "1.0e+3", "2026-01-31"),
    "booleans": ("yes", "no"),
    "a list": ("[a, b]",),
}
"""Texts without quotes that PyYAML reads as something else. It reads ``1e3`` as a text."""


def not_text_error(places: Sequence[str]) -> InvalidOptions:
    """The error for secrets and names that are not texts.

    :param places: the settings, with the place that each comes from
    """
    examples = "; ".join(f"{join_names(texts)} as {kind}" for kind, texts in CHANGED_BY_YAML.items())
    return InvalidOptions(
        f"{join_names(places)} {'is not a text' if len(places) == 1 else 'are not texts'}, so what was written may have"
        f" been changed: YAML reads {examples}. Nothing was sent.",
        'Quote it, as in password: "0123456".' if len(places) == 1 else 'Quote each, as in password: "0123456".',
    )


def normalized(key: str, value: str, place: str) -> str:
    """A text of the login without what surrounds it by accident.

    Blanks and line breaks around a name are dropped, for no name of IAM has any; so are line breaks at the end of a
    password, which come from a file or a block of YAML.

    :param place: where it comes from, for the message
    :raises InvalidOptions: a password begins or ends with blanks, which may or may not belong to it
    """
    if key == "password":
        value = value.rstrip("\r\n")
        if value != value.strip():
            raise InvalidOptions(
                f"{place} begins or ends with blanks. Nothing was sent, since failed logins lock the user.",
                "Remove the blanks. A password that really has some there must be changed.",
            )
        return value
    return value if key in SECRET else value.strip()


def flatten(name: str, values: Mapping[str, Any], words: Optional[Mapping[str, str]] = None) -> Source:
    """The settings of an option set or of a clouds file's entry, flat and in one spelling.

    :param words: how the settings are called there, if not by their keys
    :raises InvalidOptions: a secret or a name is not a text, or a password begins or ends with blanks
    """
    auth = values.get("auth")
    found: Dict[str, Any] = {}
    origins: Dict[str, str] = {}
    empty: Dict[str, str] = {}
    for level, prefix in ((values, ""), (auth if isinstance(auth, Mapping) else {}, "auth.")):
        for key, value in level.items():
            word = str(key).replace("-", "_")
            place = f"{(words or {}).get(key, f'{prefix}{key}')} in {name}"
            if value == "":
                empty[word] = place
            if word == "auth" or not is_set(value) or (word in found and SYNONYMS.get(word, word) in OUTSIDE_AUTH):
                continue
            found[word] = value
            origins[word] = place
    for other, word in SYNONYMS.items():
        if other in found:
            value, called = found.pop(other), origins.pop(other)
            found.setdefault(word, value)
            origins.setdefault(word, called)
    for key in DEFAULT_DOMAIN:
        if key in found and "domain_id" not in found and "domain_name" not in found:
            found[key[len("default_") :]], origins[key[len("default_") :]] = found[key], origins[key]
    for key in ENDPOINT_KEYS:
        if key in found:
            found.setdefault("endpoint_override", found[key])
            origins.setdefault("endpoint_override", origins[key])
    known = [key for key in AUTH_KEYS + TARGET_PROJECT_KEYS + TOP_KEYS if key in found]
    changed = [origins[key] for key in known if key in TEXT_KEYS and not isinstance(found[key], str)]
    if changed:
        raise not_text_error(changed)
    found.update({key: normalized(key, found[key], origins[key]) for key in known if key in TEXT_KEYS})
    return Source(name, {key: found[key] for key in known}, {key: origins[key] for key in known}, empty)


def from_environ(environ: Mapping[str, str]) -> Source:
    """The variables that say anything; ``OS_VERIFY`` is none that other clients heed."""
    names = {
        key[len("OS_") :].lower(): key
        for key in environ
        if key.startswith("OS_") and key != "OS_VERIFY" and key[len("OS_") :].lower() not in OTC_DIS_ONLY_KEYS
    }
    names.update({key: f"OTC_DIS_{key.upper()}" for key in OTC_DIS_ONLY_KEYS if f"OTC_DIS_{key.upper()}" in environ})
    return flatten("the environment", {key: environ[name] for key, name in names.items()}, names)


EMPTY_IN_AWX = (
    " In a job of AWX, fill in this field of the credential: AWX applies its default in the form, but not to"
    " credentials that are created through the API."
)


def resolve(sources: List[Source]) -> Settings:
    """One set of settings from several places, the most important first.

    A password never goes to a user of a more important place than its own, and a project is taken whole from one place.

    :raises InvalidOptions: something is missing, contradicts itself or cannot be used; names the place, never a secret
    """
    password, token, keys, found, places = credentials(sources)
    region_name = lookup(sources, "region_name")
    auth_url, endpoint = lookup(sources, "auth_url"), lookup(sources, "endpoint_override")
    if region_name is not None and not REGION.match(str(region_name)):
        raise InvalidOptions(f"region_name is {region_name!r}, but must be letters, digits, _ or -.")
    if auth_url is not None:
        auth_url = iam_url(str(auth_url), f"auth_url from {named_source(sources, 'auth_url')}", region_name)
    if endpoint is not None:
        endpoint = service_url(str(endpoint), f"endpoint_override from {named_source(sources, 'endpoint_override')}")
    if password is None and token is None and keys is None:
        raise InvalidOptions(
            "No credentials were found in the options, in a clouds file or in the environment.",
            "Give auth (auth_url, username, user_domain_name, password, project_name), or cloud with a name in"
            " clouds.yaml,"
            " or set OS_AUTH_URL, OS_USERNAME and so on.",
        )
    scope, agency = projects(sources, password, token, found, places, auth_url)
    if scope is None and (password is not None or keys is not None or agency is not None):
        raise InvalidOptions(
            "No project was given, and DIS needs one.", "Give auth.project_name, such as eu-de_myproject."
        )
    project_id = (scope or {}).get("id")
    if project_id is not None and not PROJECT_ID.match(project_id):
        raise InvalidOptions(f"project_id is {project_id!r}, but must be 1 to 64 letters, digits, _ or -.")
    asks_iam = project_id is None or endpoint is None or agency is not None or (token is None and keys is None)
    if auth_url is None and asks_iam:
        empty = next((source.empty["auth_url"] for source in sources if "auth_url" in source.empty), "")
        raise InvalidOptions(
            f"auth_url is missing{f' ({empty} is empty)' if empty else ''}: the address of IAM, such as"
            " https://iam.eu-de.otc.t-systems.com/v3.",
            "Give auth.auth_url. Only a token, or keys, together with auth.project_id and endpoint_override do"
            f" without.{EMPTY_IN_AWX if empty.startswith('OS_') else ''}",
        )
    region = region_name or region_of_project(scope)
    if keys is not None:
        region = region or region_of_host(endpoint) or region_of_host(auth_url)
    return Settings(
        auth_url=auth_url,
        password=password,
        token=token,
        keys=keys,
        agency=agency,
        places={**places, **certificate_places(sources)},
        scope=scope,
        region_name=region,
        interfaces=interfaces(lookup(sources, "interface")),
        endpoint=endpoint,
        verify=verification(sources),
        cert=client_certificate(sources),
        timeout=seconds(lookup(sources, "api_timeout"), named_source(sources, "api_timeout")),
        signature_form=signature_form(sources, keys, region),
        token_cache=token_cache(sources),
    )


def interfaces(value: Any) -> Tuple[str, ...]:
    """Which addresses of the catalogue to use, from a name or a list of names in order of preference.

    :raises InvalidOptions: there is no such kind of address
    """
    found = tuple(str(one)[:-3] if str(one).endswith("URL") else str(one) for one in as_list(value) or ["public"])
    for one in found:
        if one not in INTERFACES:
            raise InvalidOptions(f"interface is {one!r}, but must be public, internal or admin.")
    return found


def as_list(value: Any) -> List[Any]:
    """A list as it is, a single value as a list, nothing as an empty one."""
    return list(value) if isinstance(value, (list, tuple)) else [value] if is_set(value) else []


def lookup(sources: List[Source], key: str) -> Any:
    """The most important value of a setting."""
    source = first_source_with(sources, key)
    return source.values[key] if source else None


def first_source_with(sources: List[Source], *keys: str) -> Optional[Source]:
    """The most important place that gives one of some settings."""
    for source in sources:
        if any(key in source.values for key in keys):
            return source
    return None


def named_source(sources: List[Source], key: str) -> str:
    """Where a setting comes from, for a message."""
    source = first_source_with(sources, key)
    return source.origin_of(key) if source else "nowhere"


class Credentials(NamedTuple):
    """The parts of a login; of password, token and keys, those that are not used are None.

    :ivar values: all parts, by the names of the settings
    :ivar places: where each of them comes from
    """

    password: Optional[Password]
    token: Optional[str]
    keys: Optional[Keys]
    values: Mapping[str, Any]
    places: Mapping[str, str]


def credentials(sources: List[Source]) -> Credentials:
    """What to log in with: a token goes before a user, a user before keys, unless ``auth_type`` says otherwise.

    Looks no further than to the first place that says who somebody is: what lies behind belongs to somebody else.
    """
    found: Dict[str, Any] = {}
    places: Dict[str, str] = {}
    for source in sources:
        values = dict(source.values)
        has_user = any(key in values for key in ("username", "user_id", "access_key"))
        if has_user and not any(key in values for key in ("user_domain_id", "user_domain_name")):
            values.update({f"user_{key}": values[key] for key in ("domain_id", "domain_name") if key in values})
        for group in CREDENTIALS:
            if not any(key in found for key in group):
                found.update({key: values[key] for key in group if key in values})
                places.update({key: source.origin_of(key) for key in group if key in values})
        if any(key in values for key in PRINCIPAL_KEYS):
            break
    chosen = found.get("auth_type")
    if chosen is not None and str(chosen) not in AUTH_TYPES:
        raise InvalidOptions(
            f"auth_type is {chosen!r} (from {places['auth_type']}), but must be one of {', '.join(sorted(AUTH_TYPES))}."
        )
    chosen = AUTH_TYPES.get(str(chosen))
    if chosen in ("password", "aksk"):
        found.pop("token", None)
    if chosen in ("token", "aksk"):
        found = {key: value for key, value in found.items() if key not in ("username", "user_id", "password")}
    token = one_line(found["token"], places["token"]) if "token" in found else None
    if chosen == "token" and token is None:
        raise InvalidOptions(
            f"auth_type is token (from {places['auth_type']}), but no token was given.", "Give auth.token."
        )
    if chosen == "aksk" and "access_key" not in found and "secret_key" not in found:
        raise InvalidOptions(
            f"auth_type is aksk (from {places['auth_type']}), but no keys were given.",
            "Give auth.access_key and auth.secret_key.",
        )
    keys = find_keys(found, places) if chosen not in ("password", "token") else None
    name = next((key for key in ("username", "user_id") if key in found), None)
    if keys is not None and token is None and name is not None and "password" not in found:
        raise InvalidOptions(
            f"A user was given by {places[name]} beside the keys by {places['access_key']}, but no password.",
            "To sign with the keys, set auth_type to aksk (OS_AUTH_TYPE); to log in as the user, give the password.",
        )
    user = find_user(found, places)
    if token is not None or user is not None:
        keys = None
    if user is None or (token is not None and "password" not in found):
        return Credentials(None, token, keys, found, places)
    if "password" not in found:
        place = places.get("username") or places["user_id"]
        raise InvalidOptions(
            f"A user was given by {place}, but no password.", "Give auth.password, or password in the same place."
        )
    passcode = one_line(found["passcode"], places["passcode"], "passcode") if "passcode" in found else None
    return Credentials(Password(user, str(found["password"]), passcode), token, keys, found, places)


def find_keys(found: Mapping[str, Any], places: Mapping[str, str]) -> Optional[Keys]:
    """The pair of keys, if there is one.

    :raises InvalidOptions: there is half of one, or something that is none
    """
    words = {"access_key": "An access key", "secret_key": "A secret key"}
    for there, missing in (("access_key", "secret_key"), ("secret_key", "access_key")):
        if there in found and missing not in found:
            raise InvalidOptions(
                f"{words[there]} was given by {places[there]}, but no {missing.replace('_', ' ')}.",
                f"Give auth.{missing}, or {missing} in the same place.",
            )
    if "access_key" not in found:
        return None
    access_key = str(found["access_key"]).strip()
    if not ACCESS_KEY.match(access_key):
        raise InvalidOptions(
            f"The access key from {places['access_key']} is none: it must be 1 to 128 letters, digits, _ or -.",
            "Take it from the file that the console offers once, when a key is made.",
        )
    security_token = found.get("security_token")
    if security_token is not None:
        security_token = one_line(security_token, places["security_token"], "security token")
    return Keys(access_key, one_line(found["secret_key"], places["secret_key"], "secret key"), security_token)


def find_user(found: Mapping[str, Any], places: Mapping[str, str]) -> Optional[Dict[str, Any]]:
    """The user as IAM names it (IAM sheet, 1.2)."""
    if "user_id" in found:
        return {"id": str(found["user_id"])}
    if "username" not in found:
        if "password" in found and "token" not in found and "access_key" not in found:
            raise InvalidOptions(
                f"A password was given by {places['password']}, but no user.", "Give auth.username or auth.user_id."
            )
        return None
    user: Dict[str, Any] = {"name": str(found["username"])}
    if "user_domain_id" in found:
        user["domain"] = {"id": str(found["user_domain_id"])}
    elif "user_domain_name" in found:
        user["domain"] = {"name": str(found["user_domain_name"])}
    elif "token" not in found:
        raise InvalidOptions(
            f"The user from {places['username']} has no domain.",
            "Give auth.user_domain_name (OTC-EU-DE-... on the console), auth.user_domain_id or, instead, auth.user_id.",
        )
    return user


def projects(
    sources: List[Source],
    password: Optional[Password],
    token: Optional[str],
    found: Mapping[str, Any],
    places: Mapping[str, str],
    auth_url: Optional[str],
) -> Tuple[Optional[Dict[str, Any]], Optional[Agency]]:
    """The project with the streams, and the agency that leads there, if one does."""
    own = first_source_with(sources, "project_id", "project_name")
    name = found.get("agency_name")
    domain, user_domain = find_domain(found, "agency_"), find_domain(found, "user_")
    if name is None:
        if domain or found.get("auth_type") == "agency":
            place = next(places[key] for key in (*AGENCY[1:], "auth_type") if key in places)
            raise InvalidOptions(
                f"An agency was announced by {place}, but no name of one was given.", "Give auth.agency_name."
            )
        return (project_scope(own.values, user_domain) if own else None), None
    if not domain:
        raise InvalidOptions(
            f"The agency from {places['agency_name']} has no domain.",
            "Give auth.agency_domain_name: the account that made the agency, OTC-EU-DE-... on its console.",
        )
    target = first_source_with(sources, *TARGET_PROJECT_KEYS)
    if target is not None:
        there: Mapping[str, Any] = {
            key[len("target_") :]: target.values[key] for key in TARGET_PROJECT_KEYS if key in target.values
        }
    else:
        there = own.values if own else {}
    scope = project_scope(there, domain) if there else None
    if token is not None:
        start: Optional[Mapping[str, Any]] = None
    elif user_domain:
        start = {"domain": user_domain}
    elif target is not None and own is not None and password is not None:
        start = {"project": project_scope(own.values, {})}
    else:
        raise InvalidOptions(
            "The way to an agency begins in the caller's own account, and none was given.",
            "Give auth.user_domain_name or auth.user_domain_id.",
        )
    member = "agency_name" if (urlsplit(auth_url or "").hostname or "").endswith(".myhuaweicloud.com") else "xrole_name"
    return scope, Agency(str(name), domain, member, start)


def find_domain(found: Mapping[str, Any], prefix: str) -> Dict[str, str]:
    """A domain as IAM names it; empty if there is none."""
    for word in ("id", "name"):
        if f"{prefix}domain_{word}" in found:
            return {word: str(found[f"{prefix}domain_{word}"])}
    return {}


def project_scope(values: Mapping[str, Any], home: Mapping[str, str]) -> Dict[str, Any]:
    """The project as IAM names it (IAM sheet, 1.3).

    :param home: its domain where nothing else is said: the user's, or that of an agency
    """
    if "project_id" in values:
        return {
            "id": str(values["project_id"]),
            **({"name": str(values["project_name"])} if "project_name" in values else {}),
        }
    scope: Dict[str, Any] = {"name": str(values["project_name"])}
    for key, word in (
        ("project_domain_id", "id"),
        ("project_domain_name", "name"),
        ("domain_id", "id"),
        ("domain_name", "name"),
    ):
        if key in values:
            return {**scope, "domain": {word: str(values[key])}}
    if home:
        scope["domain"] = dict(home)
    return scope


def region_of_project(scope: Optional[Mapping[str, Any]]) -> Optional[str]:
    """The region in the name of a project: ``eu-de`` of ``eu-de_myproject``."""
    name = str((scope or {}).get("name", ""))
    return name.partition("_")[0] if re.match(r"[a-z]{2,}-[a-z0-9-]+(_|\Z)", name) else None


def region_of_host(url: Optional[str]) -> Optional[str]:
    """The region in the name of a host: ``eu-de`` of ``dis.eu-de.otc.t-systems.com``."""
    match = re.match(r"(?:iam|iam-pub|dis)\.([a-z]{2,}-[a-z0-9-]+)\.", urlsplit(url or "").hostname or "")
    return match.group(1) if match else None


def signature_form(sources: List[Source], keys: Optional[Keys], region: Optional[str]) -> str:
    """How requests are signed.

    :raises InvalidOptions: the form is unknown, or needs a region that is not known
    """
    form = str(lookup(sources, "signature_form") or SIGNATURE_FORMS[0])
    if form not in SIGNATURE_FORMS:
        place = named_source(sources, "signature_form")
        raise InvalidOptions(
            f"signature_form is {form!r} (from {place}), but must be one of {', '.join(SIGNATURE_FORMS)}."
        )
    if keys is not None and form == "credential" and region is None:
        raise InvalidOptions(
            "The region is not known, and a signature names it.",
            "Give region_name, such as eu-de, or another signature_form, such as access.",
        )
    return form


def token_cache(sources: List[Source]) -> Optional[str]:
    """The full path of the token cache; a relative one begins in the working folder.

    :raises InvalidOptions: it is not a path
    """
    path = lookup(sources, "token_cache")
    if path is None:
        return None
    if not isinstance(path, str) or "\0" in path:
        raise InvalidOptions(
            f"token_cache is {path!r} (from {named_source(sources, 'token_cache')}), but must be a path.",
            "Give one such as ~/.cache/otc-dis/tokens.json.",
        )
    return os.path.abspath(os.path.expanduser(path))


def one_line(text: Any, source: str, what: str = "token") -> str:
    """A secret fit for a header.

    :raises InvalidOptions: it holds what no header can carry; the text itself is not shown
    """
    line = str(text).strip()
    if not re.match(r"[\x21-\x7e]+\Z", line):
        raise InvalidOptions(
            f"The {what} from {source} holds blanks or characters that no {what} has.", "Give it without line breaks."
        )
    return line


PATH_LIKE = re.compile(r"[/\\.~]")
"""What tells the path of a CA file from a misspelt yes or no."""


def verification(sources: List[Source]) -> Union[bool, str]:
    """What ``requests`` takes as ``verify``.

    :raises InvalidOptions: a place says neither yes nor no
    """
    for source in sources:
        if "verify" in source.values or "insecure" in source.values:
            path = source.values.get("verify")
            is_path = isinstance(path, str) and PATH_LIKE.search(path) is not None
            if boolean(source, "insecure", False) or not (is_path or boolean(source, "verify", True)):
                return False
            if is_path and first_source_with(sources, "cacert") is None:
                return os.path.expanduser(str(path))
            break
    authority = lookup(sources, "cacert")
    return os.path.expanduser(str(authority)) if authority is not None else True


def boolean(source: Source, key: str, default: bool) -> bool:
    """A boolean as files and variables spell it; anything else could switch off a check by mistake."""
    value = source.values.get(key, default)
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in YES + NO:
        raise InvalidOptions(
            f"{source.origin_of(key)} says neither yes nor no.", "Give true or false; a CA file goes to ca_cert."
        )
    return word in YES


def client_certificate(sources: List[Source]) -> Union[str, Tuple[str, str], None]:
    """What ``requests`` takes as ``cert``.

    :raises InvalidOptions: a key without a certificate, or the content of a file in place of its path
    """
    cert, key = lookup(sources, "cert"), lookup(sources, "key")
    for name, value in (("cert", cert), ("key", key)):
        if contains_pem(value):
            raise InvalidOptions(
                f"{named_source(sources, name)} holds a key or a certificate, but must be the path of a file.",
                "Write it to a file that others cannot read, and give its path.",
            )
    if key is not None and cert is None:
        raise InvalidOptions(
            "client_key was given without client_cert.", "Give both, or one file that holds both as client_cert."
        )
    if cert is None:
        return None
    cert = os.path.expanduser(str(cert))
    return cert if key is None else (cert, os.path.expanduser(str(key)))


def contains_pem(value: Any) -> bool:
    """Whether a value is the content of a key or a certificate rather than the path of its file."""
    return isinstance(value, str) and ("-----BEGIN " in value or "\n" in value.strip())


def certificate_places(sources: List[Source]) -> Dict[str, str]:
    """Where the files of ``verification`` and ``client_certificate`` come from."""
    authority = "verify" if first_source_with(sources, "cacert") is None else "cacert"
    return {
        "verify": named_source(sources, authority),
        "cert": named_source(sources, "cert"),
        "key": named_source(sources, "key"),
    }


def seconds(value: Any, source: str) -> float:
    """The time limit of one answer."""
    if value is None:
        return float(DEFAULT_TIMEOUT)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = 0.0
    if not 1 <= number <= 3600:
        raise InvalidOptions(
            f"api_timeout is {value!r} (from {source}), but must be a number of seconds from 1 to 3600."
        )
    return number


# --- addresses ---


def iam_url(url: str, what: str, region_name: Optional[str]) -> str:
    """Base address of IAM: ``/v3`` is added where no path is given, ``{region_name}`` is filled in.

    :raises InvalidOptions: it cannot be used, or ends in another version or in the path of a call
    """
    if "{region_name}" in url:
        if not region_name:
            raise InvalidOptions(f"{what} needs a region.", "Give region_name, such as eu-de.")
        url = url.replace("{region_name}", str(region_name))
    url = parse_url(url, what)
    path = urlsplit(url).path
    if path and not path.endswith("/v3"):
        base = url[: len(url) - len(path)] + re.sub(r"(/v\d[^/]*)?(/auth(/.*)?)?\Z", "", path)
        raise InvalidOptions(f"auth_url must end in /v3, but {what} is {url}.", f"Give {base}/v3.")
    return url if path else f"{url}/v3"


HOSTS = (
    (r"iam\.(?P<region>[a-z0-9-]+)\.otc\.t-systems\.com", "dis.{region}.otc.t-systems.com"),
    (r"iam-pub\.(?P<region>[a-z0-9-]+)\.sc\.otc\.t-systems\.com", "dis.{region}.sc.otc.t-systems.com"),
    (r"iam(\.(?P<region>[a-z0-9-]+))?\.myhuaweicloud\.com", "dis.{region}.myhuaweicloud.com"),
)
"""How the host of DIS follows from the host of IAM (IAM sheet, 3.1)."""


DIS_TYPES = ("disv2", "dis")
"""Types under which catalogues list DIS, the preferred one first."""
NO_DIS = (
    "Open Telekom Cloud has ended DIS, and other regions have withdrawn it. Choose another region (region_name) or"
    " another cloud that offers the DIS v2 API. If DIS answers at an address that the catalogue does not list, give"
    " that address with endpoint_override."
)


def catalog_endpoint(settings: Settings, catalog: Any, kinds: Tuple[str, ...]) -> List[Tuple[str, str]]:
    """Region and address of each offer of a service in a catalogue, those of the first kind first.

    :param kinds: types under which catalogues have the service
    """
    return [
        (str(endpoint.get("region") or endpoint.get("region_id") or "*"), str(endpoint.get("url", "")))
        for interface in settings.interfaces
        for kind in kinds
        for service in dictionaries(catalog)
        if service.get("type") == kind
        for endpoint in dictionaries(service.get("endpoints"))
        if endpoint.get("interface") == interface
    ]


def other_endpoint(settings: Settings, catalog: Any, kinds: Tuple[str, ...], name: str) -> Optional[str]:
    """Where another service than DIS answers, if the catalogue says so; no address is ever made up.

    :param name: how to call the service in a message
    :raises InvalidOptions: the catalogue holds an address that cannot be used
    """
    offers = catalog_endpoint(settings, catalog, kinds)
    regions = {region for region, url in offers}
    wanted = settings.region_name or (regions.pop() if len(regions) == 1 else None)
    for region, url in offers:
        if region in (wanted, "*"):
            return service_url(url, f"The address of {name} in the catalogue")
    return None


def dis_endpoint(settings: Settings, catalog: Any) -> str:
    """Where DIS answers: as given, else from the catalogue of the token, else from the region (IAM sheet, 3.4).

    :param catalog: the ``catalog`` member of a token; anything else counts as empty
    :raises InvalidOptions: there is no DIS in the region, or the region is not known
    """
    if settings.endpoint is not None:
        return settings.endpoint
    offers = catalog_endpoint(settings, catalog, DIS_TYPES)
    regions = sorted({region for region, url in offers})
    wanted_region = settings.region_name or (regions[0] if len(regions) == 1 else None)
    for region, url in offers:
        if region in (wanted_region, "*"):
            return service_url(url, "The address of DIS in the catalogue")
    if offers and wanted_region is None:
        raise InvalidOptions(
            f"DIS is offered in several regions: {join_names(regions)}.", "Choose one with region_name."
        )
    if offers:
        raise InvalidOptions(
            f"There is no DIS in region {wanted_region}: the catalogue offers it in {join_names(regions)}.",
            "Correct region_name.",
        )
    region = f"There is no DIS in region {wanted_region or '(none given)'}"
    others = sorted({service["type"] for service in dictionaries(catalog) if isinstance(service.get("type"), str)})
    elsewhere = sorted(
        one for one in INTERFACES if catalog_endpoint(settings._replace(interfaces=(one,)), catalog, DIS_TYPES)
    )
    if elsewhere:
        raise InvalidOptions(
            f"{region} for the interface {join_names(settings.interfaces)}: the catalogue of this login lists it for"
            f" {join_names(elsewhere)} only.",
            "Correct interface.",
        )
    if others:
        raise InvalidOptions(
            f"{region}: the login succeeded, and the catalogue of this project lists no DIS, only"
            f" {join_names(sanitize(one[:64]) for one in others[:20])}.",
            NO_DIS,
        )
    by_name = endpoint_by_name(settings.auth_url, wanted_region)
    if by_name is not None:
        return by_name
    raise InvalidOptions(f"{region}: the catalogue of this project is empty, and no address is known.", NO_DIS)


def endpoint_by_name(auth_url: Optional[str], region: Optional[str]) -> Optional[str]:
    """Where DIS is to be expected beside an IAM with a known name; None beside any other."""
    host = urlsplit(auth_url or "").hostname or ""
    for pattern, there in HOSTS:
        match = re.match(pattern + r"\Z", host)
        host_region = match.group("region") if match else None
        if match and (region or host_region):
            return "https://" + there.format(region=region or host_region)
    return None


TEXT = {"type": "str"}

AUTH: Dict[str, Dict[str, Any]] = {
    "cloud": {"type": "raw"},
    "auth": {
        "type": "dict",
        "options": {
            "auth_url": TEXT,
            "username": TEXT,
            "user_id": TEXT,
            "password": {"type": "str", "no_log": True},
            "user_domain_name": TEXT,
            "user_domain_id": TEXT,
            "project_name": TEXT,
            "project_id": TEXT,
            "project_domain_name": TEXT,
            "project_domain_id": TEXT,
            "domain_name": TEXT,
            "domain_id": TEXT,
            "passcode": {"type": "str", "no_log": True},
            "token": {"type": "str", "no_log": True},
            "access_key": {"type": "str", "no_log": True},
            "secret_key": {"type": "str", "no_log": True},
            "security_token": {"type": "str", "no_log": True},
            "agency_name": TEXT,
            "agency_domain_name": TEXT,
            "agency_domain_id": TEXT,
        },
    },
    "auth_type": TEXT,
    "region_name": TEXT,
    "interface": {"type": "str", "aliases": ["endpoint_type"]},
    "validate_certs": {"type": "bool", "aliases": ["verify"]},
    "ca_cert": {"type": "path", "aliases": ["cacert"]},
    "client_cert": {"type": "path", "aliases": ["cert"]},
    "client_key": {"type": "path", "aliases": ["key"], "no_log": False},
    "api_timeout": {"type": "float"},
    "endpoint_override": TEXT,
    "signature_form": TEXT,
    "token_cache": {"type": "path", "no_log": False},
}
