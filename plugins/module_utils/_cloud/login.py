# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Login at IAM, and what follows from it. Private to otc.dis; nothing else sees secrets.

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
    "A wrong password, user, domain or project, a missing role in the project and a locked user all look alike"
    " here. The"
    " login is not repeated: several failures lock the user for a quarter of an hour."
)
PASSCODE_REFUSED = (
    "A wrong passcode, or one that was used before, looks like that, too: a passcode is good for one login, so log in"
    " once with otc.dis.iam_token, or set token_cache."
)
AGENCY_REFUSED = (
    "There may be no such agency, it may be in another account, or the caller lacks the right to use it (role Agent"
    " Operator): IAM tells none of them apart."
)
NO_IAM = "Check auth_url, firewalls and proxies."
STALE = "It has expired, was revoked, or belongs to another cloud: take a new one."


class NoAuth(AuthBase):
    """Sends nothing, and keeps a ``.netrc`` file from sending something."""

    def __call__(self, request: Any) -> Any:
        return request

    def renew(self) -> bool:
        """There is nothing to renew."""
        return False

    def add_hint(self, err: ApiError) -> None:
        """There is nothing to say."""


class TokenAuth(AuthBase):
    """Sends the token of a login, and takes a new one when the service refuses it, once in a run."""

    def __init__(self, login: Authenticator) -> None:
        self.login = login
        self.renewed = False
        self.lock, self.sent = threading.Lock(), threading.local()

    def __call__(self, request: Any) -> Any:
        self.sent.token = request.headers["X-Auth-Token"] = self.login.token
        return request

    def renew(self) -> bool:
        """Log in again, if that is possible and has not been done; of several threads, one does it for all.

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
        """Say where a refused token comes from, and why there is no new one."""
        settings = self.login.settings
        if not err.means_token_refused:
            return
        if settings.agency is None and settings.token is not None and self.login.token == settings.token:
            err.hint = f"{err.hint} It came from {settings.places['token']}."
        elif settings.password is not None and settings.password.passcode is not None:
            err.hint = (
                "The token is no longer accepted, and a login with a passcode cannot be renewed, since a passcode is"
                f" good for one login: give a new one ({settings.places['passcode']}) and run again."
            )


class Identity(NamedTuple):
    """What a client needs to know.

    :ivar auth: signs or brings a token
    :ivar endpoint: base address of DIS without version and project
    :ivar login: tells what DIS does without
    :ivar expires_at: when the token ends; None if there is none, or IAM was not asked
    """

    auth: Any
    project_id: str
    endpoint: str
    login: Authenticator
    expires_at: Optional[str] = None


class Authenticator:
    """A token, or keys, and how to come by what else is needed.

    :ivar full_catalog: whether to ask for what DIS does without, too: the account and the addresses of other services
    :ivar facts: what IAM told of the token; nothing if it was not asked
    :ivar refused: the refusal of the login that should have brought a new token; None as long as there was none
    :ivar delegator: what sends the token, or signs, with which an agency is used; None while it has not been
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

    def authenticate(self, whole: bool = False) -> Identity:
        """Log in with one request, or with none if nothing has to be asked.

        :param full_catalog: request the full service catalog and the account too; one more request with a given token
        :raises DisError: the login failed, or there is no DIS for it
        """
        settings = self.settings
        self.full_catalog = whole
        if settings.keys is not None and settings.agency is None:
            return self.by_signature()
        auth = TokenAuth(self)
        if settings.token is not None and settings.agency is None:
            asks = whole and settings.auth_url is not None
            if settings.project_id is not None and settings.endpoint is not None and not asks:
                return Identity(auth, settings.project_id, settings.endpoint, self)
            issued = self.parse_token(settings.token, self.introspect(auth))
        elif settings.token_cache is not None:
            issued = self.cache(settings.token_cache).get_token(self.fetch_token)
            self.store(issued)
            if whole and not self.facts:
                self.introspect(auth)
        else:
            issued = self.fetch_token()
        return Identity(auth, issued.project_id, issued.endpoint, self, issued.expires_at)

    def authenticate_for_account(self, account_id: str) -> Any:
        """What sends a token of the same user for the account instead of the project; takes one more login.

        :raises InvalidOptions: there is nothing to log in with a second time
        :raises DisError: the login failed
        """
        settings, wanted = self.settings, {"domain": {"id": account_id}}
        if settings.agency is not None and self.delegator is not None:
            answer = self.by_agency(settings.agency, wanted, self.delegator, False)
        elif settings.agency is None and settings.password is not None and settings.password.passcode is None:
            answer = self.by_password(wanted, False)
        elif settings.password is not None and settings.password.passcode is not None:
            raise InvalidOptions("A passcode is good for one login, which was that to the project.")
        else:
            raise InvalidOptions("A token alone is not enough for that.")
        return BearerAuth(self.token_in(answer))

    @property
    def needs_catalog(self) -> bool:
        """Whether IAM has to tell addresses."""
        return self.full_catalog or self.settings.endpoint is None

    # --- tokens ---

    @property
    def can_renew(self) -> bool:
        """Whether a second login can work: a passcode is good for one, a token alone is all that there is."""
        if self.settings.password is not None:
            return self.settings.password.passcode is None
        return self.settings.agency is not None

    def renew(self) -> bool:
        """Take a new token instead of one that was refused; False if there is no way to one.

        :raises DisError: the login failed
        """
        try:
            return self.fetch_new_token()
        except ApiError as err:
            if err.status == 401:
                self.refused = err
            raise

    def fetch_new_token(self) -> bool:
        """See :meth:`renew`."""
        if self.settings.token_cache is not None:
            refused = self.token or ""
            issued = self.cache(self.settings.token_cache).renew(refused, self.fetch_token if self.can_renew else None)
            if issued is None:
                return False
            self.store(issued)
            return True
        if self.can_renew:
            self.fetch_token()
            return True
        return False

    def cache(self, path: str) -> Any:
        """The file in which tokens are kept."""
        from . import token_cache as _token_cache

        return _token_cache.TokenCache(path, self.settings)

    def store(self, issued: IssuedToken) -> None:
        """Use a token from now on, and never show it."""
        self.token = issued.token
        self.http.secrets.add(issued.token)

    def fetch_token(self) -> IssuedToken:
        """Take a token for the project."""
        settings = self.settings
        scope: Mapping[str, Any] = settings.scope or {}
        wanted = {"project": {"id": scope["id"]} if "id" in scope else scope}
        agency = settings.agency
        if agency is None:
            answer = self.by_password(wanted, self.needs_catalog)
        else:
            self.delegator = self.delegator_for(agency)
            answer = self.by_agency(agency, wanted, self.delegator, self.needs_catalog)
        token = self.token_in(answer)
        self.facts = token_facts(answer.data)
        issued = self.parse_token(token, self.facts, answer.headers.get("Date"))
        self.store(issued)
        return issued

    def delegator_for(self, agency: Agency) -> Any:
        """What shows who uses an agency."""
        if self.settings.keys is not None:
            return self.signature("iam", {"X-Domain-Id": self.account_of_keys((agency.own or {}).get("domain", {}))})
        user = self.settings.token
        if user is None:
            user = self.token_in(self.by_password(agency.own or {}, False))
        return BearerAuth(user)

    def token_in(self, answer: Response) -> str:
        """The token in the headers of IAM's answer."""
        token = one_line(answer.headers.get("X-Subject-Token", ""), "IAM")
        self.http.secrets.add(token)
        return token

    def by_password(self, scope: Mapping[str, Any], catalog: bool) -> Response:
        """Log in as a user (IAM sheet, 1.2).

        :param catalog: whether the catalogue is needed
        """
        password = self.settings.password
        if password is None:
            raise InvalidOptions("There is no password to log in with.")
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
        """Log in with the rights that an agency gives (IAM sheet, 1.5).

        :param catalog: whether the catalogue is needed
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
        """Which places the parts of a refused login come from."""
        settings = self.settings
        used = ["token"] if settings.token is not None and settings.agency is not None else []
        if settings.keys is not None:
            used = ["access_key", "secret_key", "security_token"]
        elif settings.password is not None and (settings.token is None or not used):
            used = ["username", "user_id", "password", "passcode"]
        if settings.agency is not None:
            used += ["agency_name"]
        places = join_names(settings.places[one] for one in used if one in settings.places)
        return f"The login was put together from {places}."

    def ask_for_token(
        self, call: str, identity: Mapping[str, Any], scope: Mapping[str, Any], auth: Any, catalog: bool
    ) -> Response:
        """``POST /v3/auth/tokens``."""
        body = {"auth": {"identity": identity, "scope": scope}}
        url = f"{self.settings.auth_url}/auth/tokens" + ("" if catalog else "?nocatalog=true")
        return self.run_query(call, "POST", url, auth, body)

    def run_query(self, call: str, method: str, url: str, auth: Any, body: Optional[Dict[str, Any]] = None) -> Response:
        """Ask IAM."""
        try:
            return self.http.send(call, method, url, auth, body, LOGIN if body else READ, wants_body=True)
        except Unreachable as err:
            err.hint = NO_IAM if err.hint in (NO_ROUTE, NO_NAME) else err.hint
            raise

    def introspect(self, auth: TokenAuth) -> Mapping[str, Any]:
        """``GET /v3/auth/tokens``: what a token that was given, or kept, is good for."""
        query = "" if self.needs_catalog else "?nocatalog=true"
        try:
            answer = self.run_query(
                "look up the token", "GET", f"{self.settings.auth_url}/auth/tokens{query}", SubjectAuth(auth)
            )
        except ApiError as err:
            if err.status == 404 and auth.renew():  # so Keystone may speak of a token that was revoked
                return self.introspect(auth)
            if err.status in (401, 404, 441):
                err.kind = "authentication"
                given = self.settings.token is not None and self.settings.agency is None
                place = self.settings.places["token"] if given else self.settings.token_cache
                err.hint = f"The token from {place} was refused. {STALE}"
            raise
        self.facts = token_facts(answer.data)
        return self.facts

    def parse_token(self, token: str, facts: Mapping[str, Any], date: Optional[str] = None) -> IssuedToken:
        """A token with what IAM says of it."""
        project_id, ends = self.project_id(facts), facts.get("expires_at")
        endpoint = dis_endpoint(self.settings, facts.get("catalog"))
        return IssuedToken(token, project_id, endpoint, ends if isinstance(ends, str) else None, date)

    def project_id(self, facts: Mapping[str, Any]) -> str:
        """The project of the token, which must be the one that was asked for."""
        project = facts.get("project")
        found = project if isinstance(project, dict) else {}
        if not isinstance(found.get("id"), str) or not PROJECT_ID.match(found["id"]):
            raise InvalidOptions(
                "The token is not scoped to a project, and DIS needs one that is.",
                "Give auth.project_name or auth.project_id.",
            )
        for word in ("id", "name"):
            expected = (self.settings.scope or {}).get(word)
            if expected is not None and expected != found.get(word):
                raise InvalidOptions(
                    f"The token belongs to project {found.get('name')} ({found['id']}), but project_{word} is"
                    f" {expected}.",
                    "Take a token for the right project, or correct the option.",
                )
        return str(found["id"])

    # --- keys ---

    def by_signature(self) -> Identity:
        """What follows from keys: only what is not given, and no name of the cloud tells, is asked for."""
        settings = self.settings
        project_id = settings.project_id or self.find_project()
        reads = self.full_catalog and settings.auth_url is not None
        endpoint = settings.endpoint
        if endpoint is None and not reads:
            endpoint = endpoint_by_name(settings.auth_url, settings.region_name)
        if endpoint is None or reads:
            auth = self.signature("iam", {"X-Project-Id": project_id})
            answer = self.run_query("read the catalogue", "GET", f"{settings.auth_url}/auth/catalog", auth)
            self.facts = {"catalog": answer.data.get("catalog")}
            endpoint = endpoint or dis_endpoint(settings, self.facts["catalog"])
        return Identity(self.signature("dis", {"X-Project-Id": project_id}), project_id, endpoint, self)

    def signature(self, service: str, headers: Mapping[str, str]) -> Any:
        """What signs requests to a service."""
        from . import signing as _signing

        settings = self.settings
        if settings.keys is None:
            raise InvalidOptions("There are no keys to sign with.")
        scope = _signing.scope_of(settings.signature_form, settings.region_name, service)
        names = ("access_key", "secret_key", "security_token")
        places = join_names(settings.places[name] for name in names if name in settings.places)
        advice = (
            f"The keys come from {places}. The signature_form was {settings.signature_form}: a cloud may want another."
        )
        if settings.keys.security_token is None:
            advice += " Temporary keys need auth.security_token, too."
        return _signing.SignatureAuth(settings.keys, scope, headers, self.http.secrets, advice)

    def account_of_keys(self, domain: Mapping[str, str]) -> str:
        """The id of the account whose keys these are; ``GET /v3/auth/domains`` where it was not given.

        :param domain: the account as IAM names it, as far as it is known
        """
        if "id" in domain:
            return domain["id"]
        answer = self.run_query(
            "look up the account", "GET", f"{self.settings.auth_url}/auth/domains", self.signature("iam", {})
        )
        offers = dictionaries(answer.data.get("domains"))
        name = domain.get("name") or (offers[0].get("name") if len(offers) == 1 else "(none given)")
        return single_match(offers, name, "account", "auth.user_domain_name")

    def find_project(self) -> str:
        """``GET /v3/auth/projects``: the id of the project that was named (IAM sheet, section 2)."""
        scope = self.settings.scope or {}
        domain: Mapping[str, str] = scope.get("domain", {})
        headers = {"X-Domain-Id": domain["id"]} if "id" in domain else {}
        url = f"{self.settings.auth_url}/auth/projects"
        answer = self.run_query("look up the project", "GET", url, self.signature("iam", headers))
        projects = [
            one
            for one in dictionaries(answer.data.get("projects"))
            if one.get("enabled") is not False and domain.get("id") in (None, one.get("domain_id"))
        ]
        return single_match(
            projects, scope.get("name"), "project", "auth.project_name and the region, or give auth.project_id"
        )


class BearerAuth(NoAuth):
    """Sends a token that is needed for one request."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: Any) -> Any:
        request.headers["X-Auth-Token"] = self.token
        return request


class SubjectAuth(AuthBase):
    """Sends a token as the caller's and as the one that is asked about."""

    def __init__(self, auth: TokenAuth) -> None:
        self.auth = auth

    def __call__(self, request: Any) -> Any:
        request.headers["X-Subject-Token"] = self.auth.login.token
        return self.auth(request)

    def renew(self) -> bool:
        """As the token's own."""
        return self.auth.renew()

    def add_hint(self, err: ApiError) -> None:
        """Whoever asks about a token knows better what to say."""


def single_match(offers: Any, name: Any, what: str, option: str) -> str:
    """The id of the one that has a name.

    :raises InvalidOptions: there is none, or more than one
    """
    named = [one.get("id") for one in offers if one.get("name") == name]
    found = [one for one in named if isinstance(one, str) and PROJECT_ID.match(one)]
    if len(found) != 1:
        amount = "no" if not found else "more than one"
        raise InvalidOptions(f"The keys open {amount} {what} with the name {name}.", f"Correct {option}.")
    return found[0]


class NonRenewingAuth(AuthBase):
    """Sends what another one would, and never logs in anew: the refusal of one service says nothing to the others."""

    def __init__(self, auth: Any) -> None:
        self.auth = auth

    def __call__(self, request: Any) -> Any:
        return self.auth(request)

    def renew(self) -> bool:
        """A refusal stays one."""
        return False

    def add_hint(self, err: ApiError) -> None:
        """As the other one."""
        self.auth.add_hint(err)


def token_facts(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The ``token`` member of IAM's answer."""
    facts = data.get("token")
    if not isinstance(facts, dict):
        raise UnexpectedResponse(
            "Cannot log in: the answer holds no token.", "Check auth_url: it should be the address of IAM."
        )
    return facts
