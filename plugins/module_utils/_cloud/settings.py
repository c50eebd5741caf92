# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Endpoints and credentials from options, a clouds file and the environment. Private to otc.dis.

Pure: ``clouds_yaml`` reads the files. Source: IAM sheet, sections 3 and 4; names and locations as in openstacksdk.
"""

from __future__ import annotations

import os
import re
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union
from urllib.parse import urlsplit

from .._core.errors import InvalidOptions, join_names, list_names
from .._core.schema import dictionaries, parse_url, service_url

DEFAULT_TIMEOUT = 30

USER_KEYS = ("username", "user_id", "user_domain_name", "user_domain_id")
PROJECT = ("project_id", "project_name", "project_domain_id", "project_domain_name")
SECRET = ("password", "passcode", "token", "access_key", "secret_key", "security_token")
"""Settings that are never shown. An access key is not a secret, but is not needed in logs either."""
AGENCY = ("agency_name", "agency_domain_id", "agency_domain_name")
AUTH_KEYS = ("auth_url",) + USER_KEYS + PROJECT + SECRET + AGENCY + ("domain_id", "domain_name")
TARGET_PROJECT_KEYS = ("target_project_id", "target_project_name")
"""The delegated project of an agency, if ``PROJECT`` is the user's own; for files and variables of other clients."""
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
"""Groups of authentication settings; the settings of a group are taken from the same source."""
PRINCIPAL_KEYS = ("username", "user_id", "token", "access_key")
"""Settings that identify a principal; sources after the first one with such a setting belong to another identity."""

DEFAULT_DOMAIN = ("default_domain_id", "default_domain_name")
"""Domain of user and project if no other domain is specified, not even ``domain_id`` or ``domain_name``."""
OUTSIDE_AUTH = ("token", "passcode", "user_domain_id", "user_domain_name", "domain_id", "domain_name") + PROJECT
"""Settings for which openstacksdk prefers the value outside ``auth`` to the one inside."""
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
"""Alternative names of settings; the main name takes precedence."""
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
"""Settings that must be strings: YAML may have changed the value of any other type."""
OTC_DIS_ONLY_KEYS = ("signature_form", "token_cache")
"""Settings of this collection only; their variables start with ``OTC_DIS_`` instead of ``OS_``."""
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
    """Settings from one source.

    :ivar name: name of the source, for messages
    :ivar values: settings by key, without empty ones
    :ivar places: exact origin by key, if it differs from the key and the name of the source
    :ivar empty: exact origin by key of settings that are present but empty
    """

    name: str
    values: Mapping[str, Any]
    places: Mapping[str, str] = {}
    empty: Mapping[str, str] = {}

    def origin_of(self, key: str) -> str:
        """Return the exact origin of a setting, for messages."""
        return self.places.get(key, f"{key} in {self.name}")


class Password(NamedTuple):
    """Password authentication; ``user`` is IAM's JSON object without the password.

    :ivar passcode: of a virtual MFA device; valid for one authentication
    """

    user: Mapping[str, Any]
    password: str
    passcode: Optional[str] = None

    def __repr__(self) -> str:
        return "Password(not shown)"


class Keys(NamedTuple):
    """Access key and secret key that sign requests; temporary keys have a security token."""

    access_key: str
    secret_key: str
    security_token: Optional[str]

    def __repr__(self) -> str:
        return "Keys(not shown)"


class Agency(NamedTuple):
    """An agency of another account, whose permissions the user assumes (IAM sheet, 1.5).

    :ivar domain: delegating account, as in IAM requests
    :ivar member: JSON member of the agency name in the request
    :ivar own: scope of the user's own authentication; None if a token is specified
    """

    name: str
    domain: Mapping[str, str]
    member: str
    own: Optional[Mapping[str, Any]]


class IssuedToken(NamedTuple):
    """A token with its project and endpoint.

    :ivar endpoint: base URL of DIS
    :ivar expires_at: expiry in UTC, in the format of IAM
    :ivar date: ``Date`` header of IAM's response
    """

    token: str
    project_id: str
    endpoint: str
    expires_at: Optional[str]
    date: Optional[str] = None

    def __repr__(self) -> str:
        return "IssuedToken(not shown)"


class Settings(NamedTuple):
    """Connection and authentication settings of a run.

    :ivar auth_url: base URL of IAM with its version; None if IAM is not needed
    :ivar keys: None if a password or a token is used
    :ivar places: origin of each authentication setting and certificate file
    :ivar scope: the ``project`` object of IAM's scope; None for a token with its own scope
    :ivar interfaces: interfaces of the service catalog, in order of preference
    :ivar verify: True, False or the path of a CA bundle
    :ivar timeout: seconds of one request
    :ivar signature_form: one of :data:`SIGNATURE_FORMS`
    :ivar token_cache: path of the cache file; None without a cache
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
        """The specified project ID; None if it is not specified."""
        return (self.scope or {}).get("id")


def is_set(value: Any) -> bool:
    """Whether a value is neither null nor blank; blank fields of surveys and credentials are empty strings."""
    return value is not None and not (isinstance(value, str) and not value.strip())


CHANGED_BY_YAML = {
    "numbers or dates": ("0123456", "12:30:45", "1.0e+3", "2026-01-31"),
    "booleans": ("yes", "no"),
    "a list": ("[a, b]",),
}
"""Unquoted strings that PyYAML parses as other types. It parses ``1e3`` as a string."""


def not_text_error(places: Sequence[str]) -> InvalidOptions:
    """Return the error for secrets and names that are not strings.

    :param places: origins of the settings
    """
    examples = "; ".join(f"{join_names(texts)} as {kind}" for kind, texts in CHANGED_BY_YAML.items())
    return InvalidOptions(
        f"{join_names(places)} {'is not a string' if len(places) == 1 else 'are not strings'}, so YAML may have changed"
        f" the value: it parses {examples}. Nothing was sent.",
        'Quote it, as in password: "0123456".' if len(places) == 1 else 'Quote each, as in password: "0123456".',
    )


def normalized(key: str, value: str, place: str) -> str:
    """Return an authentication setting without accidental whitespace.

    Names in IAM have no surrounding whitespace, so it is removed. Line breaks at the end of a password, which come from
    a file or a YAML block, are removed too.

    :param place: origin of the setting, for the message
    :raises InvalidOptions: a password starts or ends with other whitespace, which may or may not belong to it
    """
    if key == "password":
        value = value.rstrip("\r\n")
        if value != value.strip():
            raise InvalidOptions(
                f"{place} starts or ends with whitespace. Nothing was sent, because failed logins lock the user.",
                "Remove the whitespace. If it is part of the password, change the password.",
            )
        return value
    return value if key in SECRET else value.strip()


def flatten(name: str, values: Mapping[str, Any], words: Optional[Mapping[str, str]] = None) -> Source:
    """Return the settings of module options or of an entry of a clouds file, flattened and with standard names.

    :param words: names of the settings in the source, if they differ from the keys
    :raises InvalidOptions: a secret or name is not a string, or a password starts or ends with whitespace
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
            value, origin = found.pop(other), origins.pop(other)
            found.setdefault(word, value)
            origins.setdefault(word, origin)
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
    """Return the settings of the environment. ``OS_VERIFY`` is ignored, as in other clients."""
    names = {
        key[len("OS_") :].lower(): key
        for key in environ
        if key.startswith("OS_") and key != "OS_VERIFY" and key[len("OS_") :].lower() not in OTC_DIS_ONLY_KEYS
    }
    names.update({key: f"OTC_DIS_{key.upper()}" for key in OTC_DIS_ONLY_KEYS if f"OTC_DIS_{key.upper()}" in environ})
    return flatten("the environment", {key: environ[name] for key, name in names.items()}, names)


EMPTY_IN_AWX = (
    " In an AWX job, fill in this field of the credential: AWX applies the default of the field in the form, but not to"
    " credentials that are created through the API."
)


def resolve(sources: List[Source]) -> Settings:
    """Return the settings from several sources, in order of precedence.

    A password is never combined with a user from a source of higher precedence, and all project settings are taken from
    the same source.

    :raises InvalidOptions: settings are missing, contradictory or invalid; the message names the source, never a secret
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
            "Specify auth (auth_url, username, user_domain_name, password, project_name), or cloud with a name in"
            " clouds.yaml, or set OS_AUTH_URL, OS_USERNAME and so on.",
        )
    scope, agency = projects(sources, password, token, found, places, auth_url)
    if scope is None and (password is not None or keys is not None or agency is not None):
        raise InvalidOptions(
            "No project is specified, but DIS requires one.", "Specify auth.project_name, such as eu-de_myproject."
        )
    project_id = (scope or {}).get("id")
    if project_id is not None and not PROJECT_ID.match(project_id):
        raise InvalidOptions(f"project_id is {project_id!r}, but must be 1 to 64 letters, digits, _ or -.")
    needs_iam = project_id is None or endpoint is None or agency is not None or (token is None and keys is None)
    if auth_url is None and needs_iam:
        empty = next((source.empty["auth_url"] for source in sources if "auth_url" in source.empty), "")
        raise InvalidOptions(
            f"auth_url is missing{f' ({empty} is empty)' if empty else ''}: the URL of IAM, such as"
            " https://iam.eu-de.otc.t-systems.com/v3.",
            "Specify auth.auth_url. It is optional only for a token or keys with auth.project_id and"
            f" endpoint_override.{EMPTY_IN_AWX if empty.startswith('OS_') else ''}",
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
    """Return the interfaces of the service catalog from a name or a list of names in order of preference.

    :raises InvalidOptions: an interface is unknown
    """
    found = tuple(str(name)[:-3] if str(name).endswith("URL") else str(name) for name in as_list(value) or ["public"])
    for name in found:
        if name not in INTERFACES:
            raise InvalidOptions(f"interface is {name!r}, but must be public, internal or admin.")
    return found


def as_list(value: Any) -> List[Any]:
    """Return a list unchanged, a single value as a list, and an empty value as an empty list."""
    return list(value) if isinstance(value, (list, tuple)) else [value] if is_set(value) else []


def lookup(sources: List[Source], key: str) -> Any:
    """Return the value of a setting from the first source that has it."""
    source = first_source_with(sources, key)
    return source.values[key] if source else None


def first_source_with(sources: List[Source], *keys: str) -> Optional[Source]:
    """Return the first source that has one of some settings."""
    for source in sources:
        if any(key in source.values for key in keys):
            return source
    return None


def named_source(sources: List[Source], key: str) -> str:
    """Return the origin of a setting, for messages."""
    source = first_source_with(sources, key)
    return source.origin_of(key) if source else "nowhere"


class Credentials(NamedTuple):
    """The selected credentials; None for those of password, token and keys that are not used.

    :ivar values: authentication settings by name
    :ivar places: origin of each of them
    """

    password: Optional[Password]
    token: Optional[str]
    keys: Optional[Keys]
    values: Mapping[str, Any]
    places: Mapping[str, str]


def credentials(sources: List[Source]) -> Credentials:
    """Select the credentials: a token takes precedence over a user, a user over keys, unless ``auth_type`` is set.

    Stops at the first source that identifies a principal; later sources belong to another identity.

    :raises InvalidOptions: credentials are incomplete or contradictory
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
    auth_type = found.get("auth_type")
    if auth_type is not None and str(auth_type) not in AUTH_TYPES:
        raise InvalidOptions(
            f"auth_type is {auth_type!r} (from {places['auth_type']}), but must be one of"
            f" {', '.join(sorted(AUTH_TYPES))}."
        )
    auth_type = AUTH_TYPES.get(str(auth_type))
    if auth_type in ("password", "aksk"):
        found.pop("token", None)
    if auth_type in ("token", "aksk"):
        found = {key: value for key, value in found.items() if key not in ("username", "user_id", "password")}
    token = one_line(found["token"], places["token"]) if "token" in found else None
    if auth_type == "token" and token is None:
        raise InvalidOptions(
            f"auth_type is token (from {places['auth_type']}), but no token is specified.", "Specify auth.token."
        )
    if auth_type == "aksk" and "access_key" not in found and "secret_key" not in found:
        raise InvalidOptions(
            f"auth_type is aksk (from {places['auth_type']}), but no keys are specified.",
            "Specify auth.access_key and auth.secret_key.",
        )
    keys = find_keys(found, places) if auth_type not in ("password", "token") else None
    name = next((key for key in ("username", "user_id") if key in found), None)
    if keys is not None and token is None and name is not None and "password" not in found:
        raise InvalidOptions(
            f"A user (from {places[name]}) and keys (from {places['access_key']}) are specified, but no password.",
            "To use the keys, set auth_type (OS_AUTH_TYPE) to aksk; to log in as the user, specify the password.",
        )
    user = find_user(found, places)
    if token is not None or user is not None:
        keys = None
    if user is None or (token is not None and "password" not in found):
        return Credentials(None, token, keys, found, places)
    if "password" not in found:
        place = places.get("username") or places["user_id"]
        raise InvalidOptions(
            f"A user is specified (from {place}), but no password.",
            "Specify auth.password, or the password in the same source.",
        )
    passcode = one_line(found["passcode"], places["passcode"], "passcode") if "passcode" in found else None
    return Credentials(Password(user, str(found["password"]), passcode), token, keys, found, places)


def find_keys(found: Mapping[str, Any], places: Mapping[str, str]) -> Optional[Keys]:
    """Return access key and secret key, if they are specified.

    :raises InvalidOptions: one of them is missing or invalid
    """
    words = {"access_key": "An access key", "secret_key": "A secret key"}
    for there, missing in (("access_key", "secret_key"), ("secret_key", "access_key")):
        if there in found and missing not in found:
            raise InvalidOptions(
                f"{words[there]} is specified (from {places[there]}), but no {missing.replace('_', ' ')}.",
                f"Specify auth.{missing}, or {missing} in the same source.",
            )
    if "access_key" not in found:
        return None
    access_key = str(found["access_key"]).strip()
    if not ACCESS_KEY.match(access_key):
        raise InvalidOptions(
            f"The access key (from {places['access_key']}) is invalid: it must be 1 to 128 letters, digits, _ or -.",
            "Copy it from the file that the console offers for download when it creates a key.",
        )
    security_token = found.get("security_token")
    if security_token is not None:
        security_token = one_line(security_token, places["security_token"], "security token")
    return Keys(access_key, one_line(found["secret_key"], places["secret_key"], "secret key"), security_token)


def find_user(found: Mapping[str, Any], places: Mapping[str, str]) -> Optional[Dict[str, Any]]:
    """Return the user for an IAM request (IAM sheet, 1.2); None if no user is specified.

    :raises InvalidOptions: user or domain is missing
    """
    if "user_id" in found:
        return {"id": str(found["user_id"])}
    if "username" not in found:
        if "password" in found and "token" not in found and "access_key" not in found:
            raise InvalidOptions(
                f"A password is specified (from {places['password']}), but no user.",
                "Specify auth.username or auth.user_id.",
            )
        return None
    user: Dict[str, Any] = {"name": str(found["username"])}
    if "user_domain_id" in found:
        user["domain"] = {"id": str(found["user_domain_id"])}
    elif "user_domain_name" in found:
        user["domain"] = {"name": str(found["user_domain_name"])}
    elif "token" not in found:
        raise InvalidOptions(
            f"The user (from {places['username']}) has no domain.",
            "Specify auth.user_domain_name (OTC-EU-DE-... in the console) or auth.user_domain_id, or use auth.user_id.",
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
    """Return the scope of the project with the streams, and the agency that gives access to it, if any.

    :raises InvalidOptions: settings of the agency are missing
    """
    own = first_source_with(sources, "project_id", "project_name")
    name = found.get("agency_name")
    domain, user_domain = find_domain(found, "agency_"), find_domain(found, "user_")
    if name is None:
        if domain or found.get("auth_type") == "agency":
            place = next(places[key] for key in (*AGENCY[1:], "auth_type") if key in places)
            raise InvalidOptions(
                f"{place} requires an agency, but no agency is specified.", "Specify auth.agency_name."
            )
        return (project_scope(own.values, user_domain) if own else None), None
    if not domain:
        raise InvalidOptions(
            f"The agency (from {places['agency_name']}) has no domain.",
            "Specify auth.agency_domain_name: the account that created the agency, OTC-EU-DE-... in its console.",
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
            "An agency requires the domain of the user, but none is specified.",
            "Specify auth.user_domain_name or auth.user_domain_id.",
        )
    member = "agency_name" if (urlsplit(auth_url or "").hostname or "").endswith(".myhuaweicloud.com") else "xrole_name"
    return scope, Agency(str(name), domain, member, start)


def find_domain(found: Mapping[str, Any], prefix: str) -> Dict[str, str]:
    """Return a domain for an IAM request; empty if none is specified."""
    for word in ("id", "name"):
        if f"{prefix}domain_{word}" in found:
            return {word: str(found[f"{prefix}domain_{word}"])}
    return {}


def project_scope(values: Mapping[str, Any], home: Mapping[str, str]) -> Dict[str, Any]:
    """Return the project for an IAM request (IAM sheet, 1.3).

    :param home: default domain: that of the user, or of the agency
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
    """Return the region in a project name: ``eu-de`` of ``eu-de_myproject``."""
    name = str((scope or {}).get("name", ""))
    return name.partition("_")[0] if re.match(r"[a-z]{2,}-[a-z0-9-]+(_|\Z)", name) else None


def region_of_host(url: Optional[str]) -> Optional[str]:
    """Return the region in a host name: ``eu-de`` of ``dis.eu-de.otc.t-systems.com``."""
    match = re.match(r"(?:iam|iam-pub|dis)\.([a-z]{2,}-[a-z0-9-]+)\.", urlsplit(url or "").hostname or "")
    return match.group(1) if match else None


def signature_form(sources: List[Source], keys: Optional[Keys], region: Optional[str]) -> str:
    """Return the form of signatures.

    :raises InvalidOptions: the form is unknown, or requires a region that is not specified
    """
    form = str(lookup(sources, "signature_form") or SIGNATURE_FORMS[0])
    if form not in SIGNATURE_FORMS:
        place = named_source(sources, "signature_form")
        raise InvalidOptions(
            f"signature_form is {form!r} (from {place}), but must be one of {', '.join(SIGNATURE_FORMS)}."
        )
    if keys is not None and form == "credential" and region is None:
        raise InvalidOptions(
            "The region is unknown, but the signature contains it.",
            "Specify region_name, such as eu-de, or another signature_form, such as access.",
        )
    return form


def token_cache(sources: List[Source]) -> Optional[str]:
    """Return the full path of the token cache; a relative path starts in the working directory.

    :raises InvalidOptions: the value is not a path
    """
    path = lookup(sources, "token_cache")
    if path is None:
        return None
    if not isinstance(path, str) or "\0" in path:
        raise InvalidOptions(
            f"token_cache is {path!r} (from {named_source(sources, 'token_cache')}), but must be a path.",
            "Specify a path such as ~/.cache/otc-dis/tokens.json.",
        )
    return os.path.abspath(os.path.expanduser(path))


def one_line(text: Any, source: str, what: str = "token") -> str:
    """Return a secret for an HTTP header, without surrounding whitespace.

    :raises InvalidOptions: it contains characters that a header cannot contain; the value is not shown
    """
    line = str(text).strip()
    if not re.match(r"[\x21-\x7e]+\Z", line):
        raise InvalidOptions(
            f"The {what} from {source} contains whitespace or invalid characters.",
            "Specify it without line breaks.",
        )
    return line


PATH_LIKE = re.compile(r"[/\\.~]")
"""Characters that distinguish the path of a CA bundle from a misspelled boolean."""


def verification(sources: List[Source]) -> Union[bool, str]:
    """Return ``verify`` for ``requests``.

    :raises InvalidOptions: a value is neither a boolean nor a path
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
    """Return a boolean of a file or variable; other values are rejected, because they could disable a check by mistake.

    :raises InvalidOptions: the value is not a boolean
    """
    value = source.values.get(key, default)
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in YES + NO:
        raise InvalidOptions(
            f"{source.origin_of(key)} must be a boolean.", "Specify true or false; use ca_cert for a CA bundle."
        )
    return word in YES


def client_certificate(sources: List[Source]) -> Union[str, Tuple[str, str], None]:
    """Return ``cert`` for ``requests``.

    :raises InvalidOptions: a key without a certificate, or the content of a file instead of its path
    """
    cert, key = lookup(sources, "cert"), lookup(sources, "key")
    for name, value in (("cert", cert), ("key", key)):
        if contains_pem(value):
            raise InvalidOptions(
                f"{named_source(sources, name)} must be the path of a file, but contains a key or certificate.",
                "Write it to a file that other users cannot read, and specify its path.",
            )
    if key is not None and cert is None:
        raise InvalidOptions(
            "client_key is specified without client_cert.",
            "Specify both, or a file that contains both as client_cert.",
        )
    if cert is None:
        return None
    cert = os.path.expanduser(str(cert))
    return cert if key is None else (cert, os.path.expanduser(str(key)))


def contains_pem(value: Any) -> bool:
    """Whether a value is the content of a key or certificate instead of the path of its file."""
    return isinstance(value, str) and ("-----BEGIN " in value or "\n" in value.strip())


def certificate_places(sources: List[Source]) -> Dict[str, str]:
    """Return the origins of the files of :func:`verification` and :func:`client_certificate`."""
    authority = "verify" if first_source_with(sources, "cacert") is None else "cacert"
    return {
        "verify": named_source(sources, authority),
        "cert": named_source(sources, "cert"),
        "key": named_source(sources, "key"),
    }


def seconds(value: Any, source: str) -> float:
    """Return the timeout of a request.

    :raises InvalidOptions: it is out of range
    """
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


# --- endpoints ---


def iam_url(url: str, what: str, region_name: Optional[str]) -> str:
    """Return the base URL of IAM: with ``/v3`` if it has no path, and with the region for ``{region_name}``.

    :raises InvalidOptions: it is invalid, or has another version or the path of an operation
    """
    if "{region_name}" in url:
        if not region_name:
            raise InvalidOptions(f"{what} requires a region.", "Specify region_name, such as eu-de.")
        url = url.replace("{region_name}", str(region_name))
    url = parse_url(url, what)
    path = urlsplit(url).path
    if path and not path.endswith("/v3"):
        base = url[: len(url) - len(path)] + re.sub(r"(/v\d[^/]*)?(/auth(/.*)?)?\Z", "", path)
        raise InvalidOptions(f"auth_url must end in /v3, but {what} is {url}.", f"Specify {base}/v3.")
    return url if path else f"{url}/v3"


HOSTS = (
    (r"iam\.(?P<region>[a-z0-9-]+)\.otc\.t-systems\.com", "dis.{region}.otc.t-systems.com"),
    (r"iam-pub\.(?P<region>[a-z0-9-]+)\.sc\.otc\.t-systems\.com", "dis.{region}.sc.otc.t-systems.com"),
    (r"iam(\.(?P<region>[a-z0-9-]+))?\.myhuaweicloud\.com", "dis.{region}.myhuaweicloud.com"),
)
"""Host of DIS by host of IAM (IAM sheet, 3.1)."""


DIS_TYPES = ("disv2", "dis")
"""Service types of DIS in service catalogs, in order of preference."""
NO_DIS = (
    "Open Telekom Cloud has ended DIS, and other regions have withdrawn it. Select another region (region_name) or"
    " another cloud that offers the DIS v2 API. If the endpoint is not in the service catalog, specify"
    " endpoint_override."
)


def catalog_endpoint(settings: Settings, catalog: Any, kinds: Tuple[str, ...]) -> List[Tuple[str, str]]:
    """Return region and endpoint URL of each entry of a service in a service catalog, in order of preference.

    :param kinds: service types, in order of preference
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
    """Return the endpoint of a service other than DIS from the service catalog; None if it has none.

    :param name: name of the service in messages
    :raises InvalidOptions: the endpoint is not a valid URL
    """
    offers = catalog_endpoint(settings, catalog, kinds)
    regions = {region for region, url in offers}
    wanted_region = settings.region_name or (regions.pop() if len(regions) == 1 else None)
    for region, url in offers:
        if region in (wanted_region, "*"):
            return service_url(url, f"The endpoint of {name} in the service catalog")
    return None


def dis_endpoint(settings: Settings, catalog: Any) -> str:
    """Return the endpoint of DIS: as specified, else from the service catalog, else from the region (IAM sheet, 3.4).

    :param catalog: ``catalog`` member of a token; other types count as empty
    :raises InvalidOptions: the region does not offer DIS, or is not specified
    """
    if settings.endpoint is not None:
        return settings.endpoint
    offers = catalog_endpoint(settings, catalog, DIS_TYPES)
    regions = sorted({region for region, url in offers})
    wanted_region = settings.region_name or (regions[0] if len(regions) == 1 else None)
    for region, url in offers:
        if region in (wanted_region, "*"):
            return service_url(url, "The endpoint of DIS in the service catalog")
    if offers and wanted_region is None:
        raise InvalidOptions(
            f"DIS is offered in several regions: {list_names(regions)}.", "Select one with region_name."
        )
    if offers:
        raise InvalidOptions(
            f"There is no DIS in region {wanted_region}: the service catalog lists it in {list_names(regions)}.",
            "Correct region_name.",
        )
    region = f"There is no DIS in region {wanted_region or '(none specified)'}"
    others = sorted({service["type"] for service in dictionaries(catalog) if isinstance(service.get("type"), str)})
    elsewhere = sorted(
        name for name in INTERFACES if catalog_endpoint(settings._replace(interfaces=(name,)), catalog, DIS_TYPES)
    )
    if elsewhere:
        raise InvalidOptions(
            f"{region} for the interface {join_names(settings.interfaces)}: the service catalog lists it for"
            f" {join_names(elsewhere)} only.",
            "Correct interface.",
        )
    if others:
        raise InvalidOptions(
            f"{region}: the login succeeded, but the service catalog of the project lists only {list_names(others)}.",
            NO_DIS,
        )
    by_name = endpoint_by_name(settings.auth_url, wanted_region)
    if by_name is not None:
        return by_name
    raise InvalidOptions(f"{region}: the service catalog of the project is empty, and no endpoint is known.", NO_DIS)


def endpoint_by_name(auth_url: Optional[str], region: Optional[str]) -> Optional[str]:
    """Return the endpoint of DIS for a known host of IAM; None for other hosts."""
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
