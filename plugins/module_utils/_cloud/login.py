# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Authentication with IAM: tokens, agencies, project and endpoint. Private to otc.dis.

Source: IAM sheet, sections 1, 2 and 7.
"""

from __future__ import annotations

import threading
from typing import Any, Dict, Mapping, NamedTuple, Optional

from .._core.errors import (
    ApiError,
    InvalidOptions,
    UnexpectedResponse,
    Unreachable,
    join_names,
    sanitize,
)
from .._core.retry import LOGIN, READ
from .._core.schema import dictionaries
from .settings import (
    PROJECT_ID,
    Agency,
    IssuedToken,
    Settings,
    dis_endpoint,
    endpoint_by_name,
    one_line,
)
from .transport import NO_NAME, NO_ROUTE, AuthBase, Http, Response

LOGIN_REFUSED = (
    "IAM returns the same error for a wrong password, user, domain or project, a missing role in the project and a"
    " locked user. The login is not retried, because several failures lock the user for 15 minutes."
)
PASSCODE_REFUSED = (
    "The passcode may also be wrong or already used: it is valid for one login, so log in once with otc.dis.iam_token,"
    " or set token_cache."
)
AGENCY_REFUSED = (
    "IAM returns the same error if the agency does not exist, is in another account, or may not be used by the user"
    " (role Agent Operator)."
)
NO_IAM = "Check auth_url, firewalls and proxies."
EXPIRED = "It has expired, was revoked, or is from another cloud: request a new one."


class NoAuth(AuthBase):
    """Sends no credentials, not even those of a ``.netrc`` file."""

    def __call__(self, request: Any) -> Any:
        return request

    def renew(self) -> bool:
        """Return False: there is no token to renew."""
        return False

    def add_hint(self, err: ApiError) -> None:
        """Do nothing: there are no credentials to describe."""


class TokenAuth(AuthBase):
    """Sends the token of a login, and renews it once per run if the service rejects it."""

    def __init__(self, login: Authenticator) -> None:
        self.login = login
        self.renewed = False
        self.lock, self.sent = threading.Lock(), threading.local()

    def __call__(self, request: Any) -> Any:
        self.sent.token = request.headers["X-Auth-Token"] = self.login.token
        return request

    def renew(self) -> bool:
        """Renew the token once; one of several threads does it for all. Return whether there is a new token.

        :raises DisError: the login failed
        """
        with self.lock:
            if getattr(self.sent, "token", self.login.token) != self.login.token:
                return True
            if self.renewed:
                return False
            self.renewed = True
            return self.login.renew()

    def add_hint(self, err: ApiError) -> None:
        """Add the origin of a rejected token to the hint, and the reason why it was not renewed."""
        settings = self.login.settings
        if not err.means_token_refused:
            return
        if settings.agency is None and settings.token is not None and self.login.token == settings.token:
            err.hint = f"{err.hint} The token is from {settings.places['token']}."
        elif settings.password is not None and settings.password.passcode is not None:
            err.hint = (
                "The token is no longer valid, and cannot be renewed, because a passcode is valid for one login:"
                f" specify a new passcode ({settings.places['passcode']}) and rerun."
            )


class Identity(NamedTuple):
    """Result of the authentication for an API client.

    :ivar auth: ``requests`` auth that sends a token or a signature
    :ivar endpoint: base URL of DIS without version and project
    :ivar login: authenticator, for other services
    :ivar expires_at: expiry of the token; None without a token, or if IAM was not requested
    """

    auth: Any
    project_id: str
    endpoint: str
    login: Authenticator
    expires_at: Optional[str] = None


class Authenticator:
    """Authenticates with IAM, and determines project and endpoint.

    :ivar full_catalog: whether to request the full service catalog and the account, which DIS does not need
    :ivar facts: the ``token`` object of IAM; empty if IAM was not requested
    :ivar refused: error of a failed renewal of the token; None otherwise
    :ivar delegator: auth of the user who assumes an agency; None if it has not been used
    """

    def __init__(self, settings: Settings, http: Http) -> None:
        self.settings, self.http = settings, http
        self.full_catalog, self.delegator = False, None  # type: bool, Any
        self.refused: Optional[ApiError] = None
        self.facts: Mapping[str, Any] = {}
        self.token: Optional[str] = settings.token
        http.secrets.add(settings.token)
        if settings.password is not None:
            http.secrets.add(settings.password.password, settings.password.passcode)
        if settings.keys is not None:
            http.secrets.add(*settings.keys)

    def authenticate(self, full_catalog: bool = False) -> Identity:
        """Log in with one request, or with none if all settings are specified.

        :param full_catalog: whether to request the full service catalog and the account, with one more request for a
            specified token
        :raises DisError: the login failed, or the cloud does not offer DIS
        """
        settings = self.settings
        self.full_catalog = full_catalog
        if settings.keys is not None and settings.agency is None:
            return self.by_signature()
        auth = TokenAuth(self)
        if settings.token is not None and settings.agency is None:
            introspects = full_catalog and settings.auth_url is not None
            if settings.project_id is not None and settings.endpoint is not None and not introspects:
                return Identity(auth, settings.project_id, settings.endpoint, self)
            issued = self.parse_token(settings.token, self.introspect(auth))
        elif settings.token_cache is not None:
            issued = self.cache(settings.token_cache).get_token(self.fetch_token)
            self.store(issued)
            if full_catalog and not self.facts:
                self.introspect(auth)
        else:
            issued = self.fetch_token()
        return Identity(auth, issued.project_id, issued.endpoint, self, issued.expires_at)

    def authenticate_for_account(self, account_id: str) -> Any:
        """Return an auth with a token of the same user for the account, which requires another login.

        :raises InvalidOptions: the credentials do not allow another login
        :raises DisError: the login failed
        """
        settings, scope = self.settings, {"domain": {"id": account_id}}
        if settings.agency is not None and self.delegator is not None:
            response = self.by_agency(settings.agency, scope, self.delegator, False)
        elif settings.agency is None and settings.password is not None and settings.password.passcode is None:
            response = self.by_password(scope, False)
        elif settings.password is not None and settings.password.passcode is not None:
            raise InvalidOptions("The passcode is valid for one login, and was used for the project.")
        else:
            raise InvalidOptions("A token without a password does not allow another login.")
        return BearerAuth(self.token_in(response))

    @property
    def needs_catalog(self) -> bool:
        """Whether IAM must return the service catalog."""
        return self.full_catalog or self.settings.endpoint is None

    # --- tokens ---

    @property
    def can_renew(self) -> bool:
        """Whether another login is possible: not with a passcode, which is valid for one login, nor a token alone."""
        if self.settings.password is not None:
            return self.settings.password.passcode is None
        return self.settings.agency is not None

    def renew(self) -> bool:
        """Replace a rejected token; return False if the credentials do not allow that.

        :raises DisError: the login failed
        """
        try:
            return self.fetch_new_token()
        except ApiError as err:
            if err.status == 401:
                self.refused = err
            raise

    def fetch_new_token(self) -> bool:
        """As :meth:`renew`, without recording a failure."""
        if self.settings.token_cache is not None:
            rejected = self.token or ""
            issued = self.cache(self.settings.token_cache).renew(rejected, self.fetch_token if self.can_renew else None)
            if issued is None:
                return False
            self.store(issued)
            return True
        if self.can_renew:
            self.fetch_token()
            return True
        return False

    def cache(self, path: str) -> Any:
        """Return the token cache."""
        from . import token_cache as _token_cache

        return _token_cache.TokenCache(path, self.settings)

    def store(self, issued: IssuedToken) -> None:
        """Use a token for the following requests, and redact it in messages."""
        self.token = issued.token
        self.http.secrets.add(issued.token)

    def fetch_token(self) -> IssuedToken:
        """Request a token for the project."""
        settings = self.settings
        project: Mapping[str, Any] = settings.scope or {}
        scope = {"project": {"id": project["id"]} if "id" in project else project}
        agency = settings.agency
        if agency is None:
            response = self.by_password(scope, self.needs_catalog)
        else:
            self.delegator = self.delegator_for(agency)
            response = self.by_agency(agency, scope, self.delegator, self.needs_catalog)
        token = self.token_in(response)
        self.facts = token_facts(response.data)
        issued = self.parse_token(token, self.facts, response.headers.get("Date"))
        self.store(issued)
        return issued

    def delegator_for(self, agency: Agency) -> Any:
        """Return the auth of the user who assumes an agency."""
        if self.settings.keys is not None:
            return self.signature("iam", {"X-Domain-Id": self.account_of_keys((agency.own or {}).get("domain", {}))})
        user = self.settings.token
        if user is None:
            user = self.token_in(self.by_password(agency.own or {}, False))
        return BearerAuth(user)

    def token_in(self, response: Response) -> str:
        """Return the token in the headers of IAM's response."""
        token = one_line(response.headers.get("X-Subject-Token", ""), "IAM")
        self.http.secrets.add(token)
        return token

    def by_password(self, scope: Mapping[str, Any], catalog: bool) -> Response:
        """Log in with user and password (IAM sheet, 1.2).

        :param catalog: whether to request the service catalog
        """
        password = self.settings.password
        if password is None:
            raise InvalidOptions("No password is specified.")
        identity: Dict[str, Any] = {
            "methods": ["password"],
            "password": {"user": {**password.user, "password": password.password}},
        }
        if password.passcode is not None:
            identity["methods"].append("totp")
            identity["totp"] = {"user": {**password.user, "passcode": password.passcode}}
        try:
            return self.ask_for_token("log in", identity, scope, NoAuth(), catalog)
        except ApiError as err:
            if err.status in (400, 401, 403, 404):
                err.kind = "authentication"
                parts = [err.hint if err.code else "", LOGIN_REFUSED, self.describe_credentials()]
                parts.insert(2, PASSCODE_REFUSED if password.passcode is not None else "")
                err.hint = " ".join(part for part in parts if part)
            raise

    def by_agency(self, agency: Agency, scope: Mapping[str, Any], auth: Any, catalog: bool) -> Response:
        """Assume an agency (IAM sheet, 1.5).

        :param catalog: whether to request the service catalog
        """
        domain = {f"domain_{key}": value for key, value in agency.domain.items()}
        identity = {"methods": ["assume_role"], "assume_role": {**domain, agency.member: agency.name}}
        try:
            return self.ask_for_token("use the agency", identity, scope, auth, catalog)
        except ApiError as err:
            if err.status in (400, 401, 403, 404):
                err.kind = "authentication"
                parts = (err.hint if err.code else "", AGENCY_REFUSED, self.describe_credentials())
                err.hint = " ".join(part for part in parts if part)
            raise

    def describe_credentials(self) -> str:
        """Return the origins of the credentials of a rejected login."""
        settings = self.settings
        used = ["token"] if settings.token is not None and settings.agency is not None else []
        if settings.keys is not None:
            used = ["access_key", "secret_key", "security_token"]
        elif settings.password is not None and (settings.token is None or not used):
            used = ["username", "user_id", "password", "passcode"]
        if settings.agency is not None:
            used += ["agency_name"]
        places = join_names(settings.places[key] for key in used if key in settings.places)
        return f"The credentials are from {places}."

    def ask_for_token(
        self, call: str, identity: Mapping[str, Any], scope: Mapping[str, Any], auth: Any, catalog: bool
    ) -> Response:
        """Request a token: ``POST /v3/auth/tokens``."""
        body = {"auth": {"identity": identity, "scope": scope}}
        url = f"{self.settings.auth_url}/auth/tokens" + ("" if catalog else "?nocatalog=true")
        return self.run_query(call, "POST", url, auth, body)

    def run_query(self, call: str, method: str, url: str, auth: Any, body: Optional[Dict[str, Any]] = None) -> Response:
        """Send a request to IAM."""
        try:
            return self.http.send(call, method, url, auth, body, LOGIN if body else READ, wants_body=True)
        except Unreachable as err:
            err.hint = NO_IAM if err.hint in (NO_ROUTE, NO_NAME) else err.hint
            raise

    def introspect(self, auth: TokenAuth) -> Mapping[str, Any]:
        """Request the properties of a specified or cached token: ``GET /v3/auth/tokens``."""
        query = "" if self.needs_catalog else "?nocatalog=true"
        try:
            response = self.run_query(
                "look up the token", "GET", f"{self.settings.auth_url}/auth/tokens{query}", SubjectAuth(auth)
            )
        except ApiError as err:
            if err.status == 404 and auth.renew():  # Keystone may return 404 for a revoked token
                return self.introspect(auth)
            if err.status in (401, 404, 441):
                err.kind = "authentication"
                specified = self.settings.token is not None and self.settings.agency is None
                place = self.settings.places["token"] if specified else self.settings.token_cache
                err.hint = f"The token from {place} was rejected. {EXPIRED}"
            raise
        self.facts = token_facts(response.data)
        return self.facts

    def parse_token(self, token: str, facts: Mapping[str, Any], date: Optional[str] = None) -> IssuedToken:
        """Return a token with its project, endpoint and expiry.

        :raises InvalidOptions: the token has another project or none, or the region does not offer DIS
        """
        project_id, expires_at = self.project_id(facts), facts.get("expires_at")
        endpoint = dis_endpoint(self.settings, facts.get("catalog"))
        return IssuedToken(token, project_id, endpoint, expires_at if isinstance(expires_at, str) else None, date)

    def project_id(self, facts: Mapping[str, Any]) -> str:
        """Return the project ID of the token.

        :raises InvalidOptions: the token has no project, or another one than specified
        """
        project = facts.get("project")
        found = project if isinstance(project, dict) else {}
        if not isinstance(found.get("id"), str) or not PROJECT_ID.match(found["id"]):
            raise InvalidOptions(
                "The token is not scoped to a project, but DIS requires that.",
                "Specify auth.project_name or auth.project_id.",
            )
        for word in ("id", "name"):
            expected = (self.settings.scope or {}).get(word)
            if expected is not None and expected != found.get(word):
                raise InvalidOptions(
                    f"The token is scoped to project {sanitize(found.get('name'))} ({sanitize(found['id'])}), but"
                    f" project_{word} is {expected}.",
                    f"Request a token for the other project, or correct project_{word}.",
                )
        return str(found["id"])

    # --- keys ---

    def by_signature(self) -> Identity:
        """Return the identity for access keys; only project and endpoint that are not known are requested."""
        settings = self.settings
        project_id = settings.project_id or self.find_project()
        reads = self.full_catalog and settings.auth_url is not None
        endpoint = settings.endpoint
        if endpoint is None and not reads:
            endpoint = endpoint_by_name(settings.auth_url, settings.region_name)
        if endpoint is None or reads:
            auth = self.signature("iam", {"X-Project-Id": project_id})
            response = self.run_query("read the service catalog", "GET", f"{settings.auth_url}/auth/catalog", auth)
            self.facts = {"catalog": response.data.get("catalog")}
            endpoint = endpoint or dis_endpoint(settings, self.facts["catalog"])
        return Identity(self.signature("dis", {"X-Project-Id": project_id}), project_id, endpoint, self)

    def signature(self, service: str, headers: Mapping[str, str]) -> Any:
        """Return an auth that signs requests to a service."""
        from . import signing as _signing

        settings = self.settings
        if settings.keys is None:
            raise InvalidOptions("No access key is specified.")
        scope = _signing.scope_of(settings.signature_form, settings.region_name, service)
        names = ("access_key", "secret_key", "security_token")
        places = join_names(settings.places[name] for name in names if name in settings.places)
        advice = (
            f"The keys are from {places}. The signature_form is {settings.signature_form}; a cloud may need another."
        )
        if settings.keys.security_token is None:
            advice += " Temporary keys also need auth.security_token."
        return _signing.SignatureAuth(settings.keys, scope, headers, self.http.secrets, advice)

    def account_of_keys(self, domain: Mapping[str, str]) -> str:
        """Return the account ID of the keys, by ``GET /v3/auth/domains`` if it is not specified.

        :param domain: account as in an IAM request, as far as specified
        """
        if "id" in domain:
            return domain["id"]
        response = self.run_query(
            "look up the account", "GET", f"{self.settings.auth_url}/auth/domains", self.signature("iam", {})
        )
        accounts = dictionaries(response.data.get("domains"))
        name = domain.get("name") or (accounts[0].get("name") if len(accounts) == 1 else "(none specified)")
        return single_match(accounts, name, "account", "auth.user_domain_name")

    def find_project(self) -> str:
        """Return the project ID for the specified name, by ``GET /v3/auth/projects`` (IAM sheet, section 2)."""
        scope = self.settings.scope or {}
        domain: Mapping[str, str] = scope.get("domain", {})
        headers = {"X-Domain-Id": domain["id"]} if "id" in domain else {}
        url = f"{self.settings.auth_url}/auth/projects"
        response = self.run_query("look up the project", "GET", url, self.signature("iam", headers))
        projects = [
            project
            for project in dictionaries(response.data.get("projects"))
            if project.get("enabled") is not False and domain.get("id") in (None, project.get("domain_id"))
        ]
        return single_match(
            projects, scope.get("name"), "project", "auth.project_name and the region, or specify auth.project_id"
        )


class BearerAuth(NoAuth):
    """Sends a token for a single request, without renewal."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: Any) -> Any:
        request.headers["X-Auth-Token"] = self.token
        return request


class SubjectAuth(AuthBase):
    """Sends a token for authentication and as the subject of the request."""

    def __init__(self, auth: TokenAuth) -> None:
        self.auth = auth

    def __call__(self, request: Any) -> Any:
        request.headers["X-Subject-Token"] = self.auth.login.token
        return self.auth(request)

    def renew(self) -> bool:
        """Renew the token of the wrapped auth."""
        return self.auth.renew()

    def add_hint(self, err: ApiError) -> None:
        """Do nothing: :meth:`Authenticator.introspect` sets the hint."""


def single_match(entries: Any, name: Any, what: str, option: str) -> str:
    """Return the ID of the only entry with a name.

    :raises InvalidOptions: no entry has the name, or more than one
    """
    ids = [entry.get("id") for entry in entries if entry.get("name") == name]
    found = [entry_id for entry_id in ids if isinstance(entry_id, str) and PROJECT_ID.match(entry_id)]
    if len(found) != 1:
        amount = "no" if not found else "more than one"
        raise InvalidOptions(f"The keys have access to {amount} {what} named {name}.", f"Correct {option}.")
    return found[0]


class NonRenewingAuth(AuthBase):
    """Wraps another auth without renewing its token: a rejection by one service must not end the session of others."""

    def __init__(self, auth: Any) -> None:
        self.auth = auth

    def __call__(self, request: Any) -> Any:
        return self.auth(request)

    def renew(self) -> bool:
        """Return False: the token is not renewed."""
        return False

    def add_hint(self, err: ApiError) -> None:
        """Add the hint of the wrapped auth."""
        self.auth.add_hint(err)


def token_facts(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the ``token`` object of IAM's response.

    :raises UnexpectedResponse: the response has none
    """
    facts = data.get("token")
    if not isinstance(facts, dict):
        raise UnexpectedResponse(
            "Cannot log in: the response has no token object.", "Check auth_url: it must be the URL of IAM."
        )
    return facts
