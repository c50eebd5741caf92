# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Login at IAM, and what follows from it. Private to otc.dis; nothing else sees secrets.

Source: IAM sheet, sections 1 and 7.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping, NamedTuple, Optional

from ansible_collections.otc.dis.plugins.module_utils._errors import ApiError, BadAnswer, BadInput, Unreachable
from ansible_collections.otc.dis.plugins.module_utils._http import LOGIN, NO_NAME, NO_ROUTE, AuthBase, Http
from ansible_collections.otc.dis.plugins.module_utils._settings import PROJECT_ID, Settings, dis_endpoint, one_line

LOGIN_REFUSED = (
    "A wrong password, user, domain or project, a missing role in the project and a locked user all look alike"
    " here. The"
    " login is not repeated: several failures lock the user for a quarter of an hour."
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


class TokenAuth(AuthBase):
    """Sends the token of a login, and takes a new one when the service refuses it, once in a run."""

    def __init__(self, login: Login) -> None:
        self.login = login
        self.renewed = False

    def __call__(self, request: Any) -> Any:
        request.headers["X-Auth-Token"] = self.login.token
        return request

    def renew(self) -> bool:
        """Log in again, if that is possible and has not been done.

        :raises DisError: the login failed
        """
        if self.renewed or self.login.settings.password is None:
            return False
        self.renewed = True
        self.login.by_password(catalog=False)
        return True


class Identity(NamedTuple):
    """What a client needs to know.

    :ivar endpoint: base address of DIS without version and project
    :ivar facts: what IAM told of the token; nothing if it was not asked
    """

    auth: TokenAuth
    project_id: str
    endpoint: str
    facts: Mapping[str, Any] = {}


class Login:
    """A token and how to come by it."""

    def __init__(self, settings: Settings, http: Http) -> None:
        self.settings, self.http = settings, http
        self.token: Optional[str] = settings.token
        http.secrets.add(settings.token, settings.password.password if settings.password else None)

    def identify(self, whole: bool = False) -> Identity:
        """Log in with one request, or with none if nothing has to be asked.

        :param whole: also ask for what DIS does without, the account and the addresses of other services
        :raises DisError: the login failed, or there is no DIS for it
        """
        settings = self.settings
        auth = TokenAuth(self)
        if settings.token is None:
            facts = self.by_password(catalog=whole or settings.endpoint is None)
        elif settings.project_id is None or settings.endpoint is None or (whole and settings.auth_url is not None):
            facts = self.look_up(auth, catalog=whole or settings.endpoint is None)
        else:
            return Identity(auth, settings.project_id, settings.endpoint)
        return Identity(auth, self.project_id(facts), dis_endpoint(settings, facts.get("catalog")), facts)

    def for_account(self, account_id: str) -> Login:
        """Another login of the same user, for the account instead of the project: IAM tells about it to no other.

        :raises DisError: there is no password, or the login failed
        """
        other = Login(self.settings._replace(scope={"domain": {"id": account_id}}, token=None), self.http)
        other.by_password(catalog=False)
        return other

    def by_password(self, catalog: bool) -> Mapping[str, Any]:
        """``POST /v3/auth/tokens``: take a token; the answer's ``token`` member.

        :param catalog: whether the catalogue is needed
        """
        password, scope = self.settings.password, self.settings.scope or {}
        if password is None:
            raise BadInput("There is no password to log in with.")
        body: Dict[str, Any] = {
            "auth": {
                "identity": {
                    "methods": ["password"],
                    "password": {"user": {**password.user, "password": password.password}},
                },
                "scope": scope if set(scope) == {"domain"} else {"project": named_by_id(scope)},
            }
        }
        url = f"{self.settings.auth_url}/auth/tokens" + ("" if catalog else "?nocatalog=true")
        try:
            answer = self.http.send("log in", "POST", url, NoAuth(), body, LOGIN, wants_body=True)
        except Unreachable as err:
            err.hint = NO_IAM if err.hint in (NO_ROUTE, NO_NAME) else err.hint
            raise
        except ApiError as err:
            if err.status in (400, 401, 403, 404):
                err.hint = " ".join(part for part in (err.hint if err.code else "", LOGIN_REFUSED) if part)
            raise
        self.token = one_line(answer.headers.get("X-Subject-Token", ""), "IAM")
        self.http.secrets.add(self.token)
        return token_facts(answer.data)

    def look_up(self, auth: TokenAuth, catalog: bool) -> Mapping[str, Any]:
        """``GET /v3/auth/tokens``: what a token that was given is good for.

        :param catalog: whether the catalogue is needed
        """
        query = "" if catalog else "?nocatalog=true"
        url = f"{self.settings.auth_url}/auth/tokens{query}"
        try:
            answer = self.http.send("look up the token", "GET", url, SubjectAuth(auth), wants_body=True)
        except Unreachable as err:
            err.hint = NO_IAM if err.hint in (NO_ROUTE, NO_NAME) else err.hint
            raise
        except ApiError as err:
            if err.status == 404 and auth.renew():  # so Keystone may speak of a token that was revoked
                return self.look_up(auth, catalog)
            if err.status in (401, 404, 441):
                err.hint = f"The token from {self.settings.token_source} was refused. {STALE}"
            raise
        return token_facts(answer.data)

    def project_id(self, facts: Mapping[str, Any]) -> str:
        """The project of the token, which must be the one that was asked for."""
        project = facts.get("project")
        found = project if isinstance(project, dict) else {}
        if not isinstance(found.get("id"), str) or not PROJECT_ID.match(found["id"]):
            raise BadInput(
                "The token is not scoped to a project, and DIS needs one that is.",
                "Give auth.project_name or auth.project_id.",
            )
        for word in ("id", "name"):
            wished = (self.settings.scope or {}).get(word)
            if wished is not None and wished != found.get(word):
                raise BadInput(
                    f"The token belongs to project {found.get('name')} ({found['id']}), but project_{word} is"
                    f" {wished}.",
                    "Take a token for the right project, or correct the option.",
                )
        return str(found["id"])


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


class Unrenewed(AuthBase):
    """Sends what another one would, and never logs in anew: the refusal of one service says nothing to the others."""

    def __init__(self, auth: AuthBase) -> None:
        self.auth = auth

    def __call__(self, request: Any) -> Any:
        return self.auth(request)

    def renew(self) -> bool:
        """A refusal stays one."""
        return False


def named_by_id(scope: Mapping[str, Any]) -> Mapping[str, Any]:
    """A project for IAM, which takes the id alone where there is one."""
    return {"id": scope["id"]} if "id" in scope else scope


def token_facts(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The ``token`` member of IAM's answer."""
    facts = data.get("token")
    if not isinstance(facts, dict):
        raise BadAnswer("Cannot log in: the answer holds no token.", "Check auth_url: it should be the address of IAM.")
    return facts
