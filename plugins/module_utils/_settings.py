# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the cloud is and who we are, from options, a clouds file and the environment. Private to otc.dis.

Pure: files are read by ``_clouds.py``. Source: IAM sheet, sections 3 and 4; words and places are those of openstacksdk.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple, Union
from urllib.parse import urlsplit

from ansible_collections.otc.dis.plugins.module_utils._errors import BadInput, listed
from ansible_collections.otc.dis.plugins.module_utils._fields import dictionaries
from ansible_collections.otc.dis.plugins.module_utils._http import checked_url

DEFAULT_TIMEOUT = 30

IDENTITY = ("username", "user_id", "user_domain_name", "user_domain_id")
PROJECT = ("project_id", "project_name", "project_domain_id", "project_domain_name")
SECRET = ("password", "token")
AUTH_KEYS = ("auth_url",) + IDENTITY + PROJECT + SECRET + ("domain_id", "domain_name")
CREDENTIALS = (
    ("username", "user_id"),
    ("user_domain_id", "user_domain_name"),
    ("password",),
    ("token",),
    ("auth_type",),
)
"""What makes up a login; the members of a group are taken from one place."""

SYNONYMS = {
    "user_name": "username",
    "tenant_name": "project_name",
    "tenant_id": "project_id",
    "auth_token": "token",
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
)
ENDPOINT_KEYS = ("disv2_endpoint_override", "dis_endpoint_override")
AUTH_TYPES = {"password": "password", "v3password": "password", "token": "token", "v3token": "token"}
YES, NO = ("1", "true", "yes", "on", "y", "t"), ("0", "false", "no", "off", "n", "f")
REGION = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
PROJECT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
INTERFACES = ("public", "internal", "admin")


class Source(NamedTuple):
    """Settings from one place.

    :ivar name: the place, for messages
    :ivar values: flat, without what is empty
    """

    name: str
    values: Mapping[str, Any]


class Password(NamedTuple):
    """A login by user and password; ``user`` is the JSON object of IAM without the password."""

    user: Mapping[str, Any]
    password: str

    def __repr__(self) -> str:
        return "Password(not shown)"


class Settings(NamedTuple):
    """All that a run needs to know to reach DIS.

    :ivar auth_url: base of IAM, ending in its version; None if nothing there is needed
    :ivar scope: the ``project`` object of IAM's scope; None with a token that brings its own
    :ivar verify: True, False or the path of a CA bundle
    :ivar timeout: seconds
    """

    auth_url: Optional[str]
    password: Optional[Password]
    token: Optional[str]
    token_source: str
    scope: Optional[Mapping[str, Any]]
    region_name: Optional[str]
    interface: str
    endpoint: Optional[str]
    verify: Union[bool, str]
    cert: Union[str, Tuple[str, str], None]
    timeout: float

    def __repr__(self) -> str:
        return "Settings(not shown)"

    @property
    def project_id(self) -> Optional[str]:
        """The id of the project, if it was given."""
        return (self.scope or {}).get("id")


def given(value: Any) -> bool:
    """Whether a value says anything: empty texts come from blank fields of surveys and credentials."""
    return value is not None and not (isinstance(value, str) and not value.strip())


def flat(name: str, values: Mapping[str, Any]) -> Source:
    """The settings of an option set or of a clouds file's entry, flat and in one spelling."""
    auth = values.get("auth")
    found: Dict[str, Any] = {}
    for level in (values, auth if isinstance(auth, Mapping) else {}):
        for key, value in level.items():
            if key != "auth" and given(value):
                found[key] = value
    for other, word in SYNONYMS.items():
        if other in found:
            value = found.pop(other)
            found.setdefault(word, value)
    for key in ENDPOINT_KEYS:
        if key in found:
            found.setdefault("endpoint_override", found[key])
    known = AUTH_KEYS + TOP_KEYS
    return Source(name, {key: found[key] for key in known if key in found})


def from_environ(environ: Mapping[str, str]) -> Source:
    """The ``OS_*`` variables that say anything; ``OS_VERIFY`` is none that other clients heed."""
    told = {key[3:].lower(): value for key, value in environ.items() if key.startswith("OS_") and key != "OS_VERIFY"}
    return flat("the environment", told)


def resolve(sources: List[Source]) -> Settings:
    """One set of settings from several places, the most important first.

    A password never goes to a user of a more important place than its own, and a project is taken whole from one place.

    :raises BadInput: something is missing, contradicts itself or cannot be used; names the place, never a secret
    """
    password, token, token_source = credentials(sources)
    project_source = holder(sources, "project_id", "project_name")
    auth_url = pick(sources, "auth_url")
    region_name = pick(sources, "region_name")
    endpoint = pick(sources, "endpoint_override")
    if region_name is not None and not REGION.match(str(region_name)):
        raise BadInput(f"region_name is {region_name!r}, but must be letters, digits, _ or -.")
    if auth_url is not None:
        auth_url = iam_url(str(auth_url), f"auth_url from {named_source(sources, 'auth_url')}", region_name)
    if endpoint is not None:
        endpoint = service_url(str(endpoint), f"endpoint_override from {named_source(sources, 'endpoint_override')}")
    scope = project_scope(project_source, password) if project_source else None
    if password is None and token is None:
        raise BadInput(
            "No credentials were found in the options, in a clouds file or in the environment.",
            "Give auth (auth_url, username, user_domain_name, password, project_name), or cloud with a name in"
            " clouds.yaml,"
            " or set OS_AUTH_URL, OS_USERNAME and so on.",
        )
    if password is not None and scope is None:
        raise BadInput("No project was given, and DIS needs one.", "Give auth.project_name, such as eu-de_myproject.")
    project_id = (scope or {}).get("id")
    if project_id is not None and not PROJECT_ID.match(project_id):
        raise BadInput(f"project_id is {project_id!r}, but must be 1 to 64 letters, digits, _ or -.")
    if auth_url is None and (token is None or project_id is None or endpoint is None):
        raise BadInput(
            "auth_url is missing: the address of IAM, such as https://iam.eu-de.otc.t-systems.com/v3.",
            "Give auth.auth_url. Only a token together with auth.project_id and endpoint_override does without.",
        )
    interface = str(pick(sources, "interface") or "public")
    interface = interface[: -len("URL")] if interface.endswith("URL") else interface
    if interface not in INTERFACES:
        raise BadInput(f"interface is {interface!r}, but must be public, internal or admin.")
    return Settings(
        auth_url=auth_url,
        password=password,
        token=token,
        token_source=token_source,
        scope=scope,
        region_name=region_name or region_of_project(scope),
        interface=interface,
        endpoint=endpoint,
        verify=verification(sources),
        cert=client_certificate(sources),
        timeout=seconds(pick(sources, "api_timeout"), named_source(sources, "api_timeout")),
    )


def pick(sources: List[Source], key: str) -> Any:
    """The most important value of a setting."""
    source = holder(sources, key)
    return source.values[key] if source else None


def holder(sources: List[Source], *keys: str) -> Optional[Source]:
    """The most important place that gives one of some settings."""
    for source in sources:
        if any(key in source.values for key in keys):
            return source
    return None


def named_source(sources: List[Source], key: str) -> str:
    """Where a setting comes from, for a message."""
    source = holder(sources, key)
    return source.name if source else "nowhere"


def credentials(sources: List[Source]) -> Tuple[Optional[Password], Optional[str], str]:
    """Password login, token and the token's place.

    Looks no further than to the first place that names a user or a token: what lies behind belongs to somebody else.
    """
    found: Dict[str, Any] = {}
    places: Dict[str, str] = {}
    for source in sources:
        values = dict(source.values)
        if "username" in values and not any(key in values for key in ("user_domain_id", "user_domain_name")):
            values.update({f"user_{key}": values[key] for key in ("domain_id", "domain_name") if key in values})
        for group in CREDENTIALS:
            if not any(key in found for key in group):
                found.update({key: values[key] for key in group if key in values})
                places.update({key: source.name for key in group if key in values})
        if any(key in values for key in ("username", "user_id", "token")):
            break
    chosen = found.get("auth_type")
    if chosen is not None and chosen not in AUTH_TYPES:
        raise BadInput(
            f"auth_type is {chosen!r} (from {places['auth_type']}), but must be one of {', '.join(sorted(AUTH_TYPES))}."
        )
    chosen = AUTH_TYPES.get(str(chosen))
    if chosen == "password":
        found.pop("token", None)
    token = one_line(found["token"], places["token"]) if "token" in found else None
    if chosen == "token" and token is None:
        raise BadInput(f"auth_type is token (from {places['auth_type']}), but no token was given.", "Give auth.token.")
    user = None if chosen == "token" else user_of(found, places)
    if user is None or (token is not None and "password" not in found):
        return None, token, places.get("token", "")
    if "password" not in found:
        place = places.get("username") or places["user_id"]
        raise BadInput(
            f"A user was given by {place}, but no password.", "Give auth.password, or password in the same place."
        )
    return Password(user, str(found["password"])), token, places.get("token", "")


def user_of(found: Mapping[str, Any], places: Mapping[str, str]) -> Optional[Dict[str, Any]]:
    """The user as IAM names it (IAM sheet, 1.2)."""
    if "user_id" in found:
        return {"id": str(found["user_id"])}
    if "username" not in found:
        if "password" in found and "token" not in found:
            raise BadInput(
                f"A password was given by {places['password']}, but no user.", "Give auth.username or auth.user_id."
            )
        return None
    user: Dict[str, Any] = {"name": str(found["username"])}
    if "user_domain_id" in found:
        user["domain"] = {"id": str(found["user_domain_id"])}
    elif "user_domain_name" in found:
        user["domain"] = {"name": str(found["user_domain_name"])}
    elif "token" not in found:
        raise BadInput(
            f"The user from {places['username']} has no domain.",
            "Give auth.user_domain_name (OTC-EU-DE-... on the console), auth.user_domain_id or, instead, auth.user_id.",
        )
    return user


def project_scope(source: Source, password: Optional[Password]) -> Dict[str, Any]:
    """The project as IAM names it; its domain is the user's where nothing else is said (IAM sheet, 1.3)."""
    values = source.values
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
    if password is not None and "domain" in password.user:
        scope["domain"] = password.user["domain"]
    return scope


def region_of_project(scope: Optional[Mapping[str, Any]]) -> Optional[str]:
    """The region in the name of a project: ``eu-de`` of ``eu-de_myproject``."""
    name = str((scope or {}).get("name", ""))
    return name.partition("_")[0] if re.match(r"[a-z]{2,}-[a-z0-9-]+(_|\Z)", name) else None


def one_line(token: Any, source: str) -> str:
    """A token fit for a header.

    :raises BadInput: it holds what no header can carry; the text itself is not shown
    """
    text = str(token).strip()
    if not re.match(r"[\x21-\x7e]+\Z", text):
        raise BadInput(
            f"The token from {source} holds blanks or characters that no token has.", "Give it without line breaks."
        )
    return text


def verification(sources: List[Source]) -> Union[bool, str]:
    """What ``requests`` takes as ``verify``.

    :raises BadInput: a place says neither yes nor no
    """
    for source in sources:
        if "verify" in source.values or "insecure" in source.values:
            insecure = truth(source, "insecure", False) or not truth(source, "verify", True)
            if insecure:
                return False
            break
    authority = pick(sources, "cacert")
    return str(authority) if authority is not None else True


def truth(source: Source, key: str, default: bool) -> bool:
    """A boolean as files and variables spell it; anything else could switch off a check by mistake."""
    value = source.values.get(key, default)
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in YES + NO:
        raise BadInput(
            f"{key} from {source.name} says neither yes nor no.", "Give true or false; a CA file goes to ca_cert."
        )
    return word in YES


def client_certificate(sources: List[Source]) -> Union[str, Tuple[str, str], None]:
    """What ``requests`` takes as ``cert``."""
    cert, key = pick(sources, "cert"), pick(sources, "key")
    if key is not None and cert is None:
        raise BadInput(
            "client_key was given without client_cert.", "Give both, or one file that holds both as client_cert."
        )
    return None if cert is None else str(cert) if key is None else (str(cert), str(key))


def seconds(value: Any, source: str) -> float:
    """The time limit of one answer."""
    if value is None:
        return float(DEFAULT_TIMEOUT)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = 0.0
    if not 1 <= number <= 3600:
        raise BadInput(f"api_timeout is {value!r} (from {source}), but must be a number of seconds from 1 to 3600.")
    return number


# --- addresses ---


def iam_url(url: str, what: str, region_name: Optional[str]) -> str:
    """Base address of IAM: ``/v3`` is added where no path is given, ``{region_name}`` is filled in."""
    if "{region_name}" in url:
        if not region_name:
            raise BadInput(f"{what} needs a region.", "Give region_name, such as eu-de.")
        url = url.replace("{region_name}", str(region_name))
    url = checked_url(url, what)
    return url if urlsplit(url).path else f"{url}/v3"


def service_url(url: str, what: str) -> str:
    """Base address of a service without version and project, which are cut off where somebody wrote them."""
    return re.sub(r"/v[123](\.0)?(/.*)?\Z", "", checked_url(re.sub(r"[$%]\((tenant|project)_id\)s", "x", url), what))


HOSTS = (
    (r"iam\.(?P<region>[a-z0-9-]+)\.otc\.t-systems\.com", "dis.{region}.otc.t-systems.com"),
    (r"iam-pub\.(?P<region>[a-z0-9-]+)\.sc\.otc\.t-systems\.com", "dis.{region}.sc.otc.t-systems.com"),
    (r"iam(\.(?P<region>[a-z0-9-]+))?\.myhuaweicloud\.com", "dis.{region}.myhuaweicloud.com"),
)
"""How the host of DIS follows from the host of IAM (IAM sheet, 3.1)."""


def offered(settings: Settings, catalog: Any, kinds: Tuple[str, ...]) -> List[Tuple[str, str]]:
    """Region and address of each offer of a service in a catalogue, those of the first kind first.

    :param kinds: types under which catalogues have the service
    """
    return [
        (str(endpoint.get("region") or endpoint.get("region_id") or "*"), str(endpoint.get("url", "")))
        for kind in kinds
        for service in dictionaries(catalog)
        if service.get("type") == kind
        for endpoint in dictionaries(service.get("endpoints"))
        if endpoint.get("interface") == settings.interface
    ]


def other_endpoint(settings: Settings, catalog: Any, kinds: Tuple[str, ...], name: str) -> Optional[str]:
    """Where another service than DIS answers, if the catalogue says so; no address is ever made up.

    :param name: how to call the service in a message
    :raises BadInput: the catalogue holds an address that cannot be used
    """
    offers = offered(settings, catalog, kinds)
    regions = {region for region, url in offers}
    wanted = settings.region_name or (regions.pop() if len(regions) == 1 else None)
    for region, url in offers:
        if region in (wanted, "*"):
            return service_url(url, f"The address of {name} in the catalogue")
    return None


def dis_endpoint(settings: Settings, catalog: Any) -> str:
    """Where DIS answers: as given, else from the catalogue of the token, else from the region (IAM sheet, 3.4).

    :param catalog: the ``catalog`` member of a token; anything else counts as empty
    :raises BadInput: there is no DIS in the region, or the region is not known
    """
    if settings.endpoint is not None:
        return settings.endpoint
    offers = offered(settings, catalog, ("disv2", "dis"))
    regions = sorted({region for region, url in offers})
    wanted_region = settings.region_name or (regions[0] if len(regions) == 1 else None)
    for region, url in offers:
        if region in (wanted_region, "*"):
            return service_url(url, "The address of DIS in the catalogue")
    if offers and wanted_region is None:
        raise BadInput(f"DIS is offered in several regions: {listed(regions)}.", "Choose one with region_name.")
    if offers:
        raise BadInput(
            f"There is no DIS in region {wanted_region}: the catalogue offers it in {listed(regions)}.",
            "Correct region_name.",
        )
    host = urlsplit(settings.auth_url or "").hostname or ""
    for pattern, there in HOSTS:
        match = re.match(pattern + r"\Z", host)
        host_region = match.group("region") if match else None
        if match and (wanted_region or host_region):
            return "https://" + there.format(region=wanted_region or host_region)
    raise BadInput(
        f"There is no DIS in region {wanted_region or '(none given)'}: the catalogue of this project does not list it.",
        "Some regions have withdrawn DIS. If it is there all the same, give its address with endpoint_override.",
    )
