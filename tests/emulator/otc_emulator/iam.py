# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM v3: log in, look at a token, revoke it."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from otc_emulator.access import signer_of
from otc_emulator.http_types import Call, Refusal, Response
from otc_emulator.identity import Domain, Token, User
from otc_emulator.signing import BadSignature
from otc_emulator.state import Project

_MAX_BODY = 32 * 1024
_AGENT_OPERATOR = "te_agency"


def _malformed(text: str, code: str = "IAM.0007") -> Refusal:
    return Refusal(400, code, text, "reference")


def _unauthorized(text: str) -> Refusal:
    return Refusal(401, "IAM.0001", text, "iam")


def _wrong_login() -> Refusal:
    """One text for every cause, so that user names cannot be enumerated."""
    return _unauthorized("The username or password is wrong.")


def _object(parent: dict[str, Any], name: str) -> dict[str, Any]:
    value = parent.get(name)
    if not isinstance(value, dict):
        raise _malformed(f"Request parameters error, {name} is missing or is not an object.")
    return value


def _text(parent: dict[str, Any], name: str) -> str | None:
    value = parent.get(name)
    if value is not None and not isinstance(value, str):
        raise _malformed(f"Request parameters error, {name} must be a string.", "IAM.0072")
    return value


def version_document(call: Call) -> Response:
    """GET /v3."""
    version = {
        "id": "v3.6",
        "status": "stable",
        "updated": "2016-04-04T00:00:00Z",
        "links": [{"rel": "self", "href": f"{call.base_url}/v3/"}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    }
    return Response(200, {"version": version})


def log_in(call: Call) -> Response:
    """POST /v3/auth/tokens."""
    auth = _login_body(call)
    identity = _object(auth, "identity")
    methods = identity.get("methods")
    acting: User | None = None
    if methods in (["password"], ["password", "totp"], ["totp", "password"]):
        totp = _object(_object(identity, "totp"), "user") if "totp" in methods else None
        user = _user_by_password(call, _object(_object(identity, "password"), "user"), totp)
    elif methods == ["assume_role"]:
        acting = caller(call)
        user = _user_by_agency(call, acting, _object(identity, "assume_role"))
    elif methods == ["token"]:
        user = _user_by_token(call, _text(_object(identity, "token"), "id"))
    else:
        raise _malformed("Request parameters error, the value of methods is not supported.", "IAM.0073")
    project = _project_in_scope(call, auth.get("scope"), user)
    settings, people = call.core.settings, call.core.world.identity
    project_id = project.id if project else None
    token = people.issue(user, project_id, methods, settings.token_life, settings.token_length, assumed_by=acting)
    people.logins["successes"] += 1
    return _token_answer(call, token, 201)


def _login_body(call: Call) -> dict[str, Any]:
    if not call.body or len(call.body) > _MAX_BODY:
        raise _malformed("The request body is empty or too large.", "IAM.1101")
    body = call.json_or_none()
    if not isinstance(body, dict):
        raise _malformed("Request body is invalid.", "IAM.0011")
    return _object(body, "auth")


def _claimed_user(call: Call, claim: dict[str, Any]) -> User | None:
    """The user of an id, or of a name in a domain."""
    people = call.core.world.identity
    user_id, name = _text(claim, "id"), _text(claim, "name")
    if user_id is not None:
        return people.users.get(user_id)
    if name is None:
        raise _malformed("Request parameters error, id or name of the user is missing.")
    where = _object(claim, "domain")
    domain = people.domain(id=_text(where, "id"), name=_text(where, "name"))
    return people.user(name, domain) if domain else None


def _user_by_password(call: Call, claim: dict[str, Any], totp: dict[str, Any] | None) -> User:
    core = call.core
    people, settings, now = core.world.identity, core.settings, core.now
    password = _text(claim, "password")
    if password is None:
        raise _malformed("Request parameters error, password is missing.")
    if _text(claim, "id") is None and _text(claim, "name") is None:
        raise _malformed("Request parameters error, id or name of the user is missing.")
    people.logins["attempts"] += 1
    user = _claimed_user(call, claim)
    if user is not None and now < user.locked_until:
        people.logins["refused_locked"] += 1
        raise _unauthorized("The account is locked because of too many failed logins. Try again later.")
    if user is None or user.password != password:
        people.logins["failures"] += 1
        if user is not None:
            user.note_failure(now, settings.login_failures, settings.login_window, settings.lock_seconds)
        raise _wrong_login()
    _check_passcode(call, user, totp)
    user.failures = []
    return user


def _check_passcode(call: Call, user: User, totp: dict[str, Any] | None) -> None:
    """A user with a virtual MFA device needs a new passcode of it; other users cannot have a passcode."""
    if totp is None and user.totp_secret is None:
        return
    value = _text(totp, "passcode") if totp is not None else None
    same = totp is not None and _claimed_user(call, totp) is user
    if value is None or not same or not user.accepts_passcode(value, call.core.now):
        settings = call.core.settings
        call.core.world.identity.logins["failures"] += 1
        user.note_failure(call.core.now, settings.login_failures, settings.login_window, settings.lock_seconds)
        if totp is None:
            raise _wrong_login()
        raise Refusal(400, "IAM.1061", "The TOTP passcode is invalid.", "reference")


def _user_by_agency(call: Call, caller: User, claim: dict[str, Any]) -> User:
    """Who a caller becomes; no agency, another account's and a missing right are all the same to the outside."""
    people, member = call.core.world.identity, call.core.settings.agency_member
    people.logins["attempts"] += 1
    names = [_text(claim, one) for one in ("xrole_name", "agency_name") if member in (None, one)]
    name = next((one for one in names if one is not None), None)
    if name is None:
        raise _malformed("Request parameters error, the name of the agency is missing.")
    domain = people.domain(id=_text(claim, "domain_id"), name=_text(claim, "domain_name"))
    for agency in people.agencies:
        fits = agency.name == name and agency.domain is domain and agency.trusted is caller.domain
        if fits and _AGENT_OPERATOR in caller.roles:
            return agency.as_user()
    people.logins["failures"] += 1
    raise Refusal(403, "IAM.0003", "Policy does not allow the action, or there is no such agency.", "reference")


def _user_by_token(call: Call, value: str | None) -> User:
    call.core.world.identity.logins["attempts"] += 1
    token = call.core.world.identity.valid_token(value)
    if token is None:
        call.core.world.identity.logins["failures"] += 1
        raise _unauthorized("The token is invalid or has expired.")
    return token.user


def _project_in_scope(call: Call, scope: Any, user: User) -> Project | None:
    """The requested project; None means a domain-level token."""
    if scope is None or scope == {}:
        return None
    if not isinstance(scope, dict):
        raise _malformed("Request parameters error, scope is not an object.", "IAM.0072")
    if "project" in scope:
        return _project(call, _object(scope, "project"), user)
    if "domain" in scope:
        asked = _object(scope, "domain")
        domain = call.core.world.identity.domain(id=_text(asked, "id"), name=_text(asked, "name"))
        if domain is not user.domain:
            raise _unauthorized("The domain does not exist, or the user has no access to it.")
    return None


def _project(call: Call, asked: dict[str, Any], user: User) -> Project:
    world = call.core.world
    project_id, name = _text(asked, "id"), _text(asked, "name")
    if project_id is not None:
        project = world.projects.get(project_id)
    elif name is not None:
        domain: Domain | None = user.domain
        if "domain" in asked:
            where = _object(asked, "domain")
            domain = world.identity.domain(id=_text(where, "id"), name=_text(where, "name"))
        project = world.project_by_name(name, domain) if domain else None
    else:
        raise _malformed("Request parameters error, id or name of the project is missing.")
    if project is None or project.domain is not user.domain or not user.may_use(project.name):
        raise _unauthorized("The project does not exist, or the user has no access to it.")
    return project


def _subject_of(call: Call) -> Token:
    """The token that a call validates; the caller's own token must be valid too."""
    people = call.core.world.identity
    if people.valid_token(call.headers.get("X-Auth-Token")) is None:
        raise _unauthorized("The request you have made requires authentication.")
    subject = people.valid_token(call.headers.get("X-Subject-Token"))
    if subject is None:
        raise Refusal(404, "IAM.0004", "Could not find the token.", "iam")
    return subject


def check_token(call: Call) -> Response:
    """GET or HEAD /v3/auth/tokens."""
    return _token_answer(call, _subject_of(call), 200)


def revoke_token(call: Call) -> Response:
    """DELETE /v3/auth/tokens."""
    _subject_of(call).revoked = True
    return Response(204)


def create_temporary_keys(call: Call) -> Response:
    """POST /v3.0/OS-CREDENTIAL/securitytokens, for a token in the body or in the header."""
    identity = _object(_login_body(call), "identity")
    if identity.get("methods") != ["token"]:
        raise _malformed("Request parameters error, the value of methods is not supported.", "IAM.0073")
    asked = identity.get("token") or {}
    life = asked.get("duration_seconds", 900)
    if not isinstance(life, int) or not 900 <= life <= 86_400:
        raise _malformed("Request parameters error, duration_seconds is out of range.", "IAM.0073")
    people = call.core.world.identity
    token = people.valid_token(asked.get("id") or call.headers.get("X-Auth-Token"))
    if token is None:
        raise _unauthorized("The token is invalid or has expired.")
    key = people.lend(token.user, call.core.now + life)
    credential = {
        "access": key.access,
        "secret": key.secret,
        "securitytoken": key.security_token,
        "expires_at": _moment(call.core.now + life),
    }
    return Response(201, {"credential": credential})


def caller(call: Call) -> User:
    """The principal of a request, by token or signature."""
    token = call.core.world.identity.valid_token(call.headers.get("X-Auth-Token"))
    if token is not None:
        return token.user
    if "Authorization" in call.headers:
        try:
            return signer_of(call, "iam")
        except BadSignature as bad:
            text = f"Incorrect IAM authentication information: {bad.text}"
            raise Refusal(401, "APIG.0301", text, "gateway") from None
    raise _unauthorized("The request you have made requires authentication.")


def list_projects(call: Call) -> Response:
    """GET /v3/projects and /v3/auth/projects: those the caller may use, by name if one is given."""
    user, name = caller(call), call.query.get("name")
    found = [
        {
            "id": one.id,
            "name": one.name,
            "domain_id": one.domain.id,
            "parent_id": one.domain.id,
            "enabled": True,
            "is_domain": False,
            "description": "",
            "links": {"self": f"{call.base_url}/v3/projects/{one.id}"},
        }
        for one in call.core.world.projects.values()
        if one.domain is user.domain and user.may_use(one.name) and name in (None, one.name)
    ]
    return Response(
        200, {"projects": found, "links": {"self": call.base_url + call.path, "previous": None, "next": None}}
    )


def list_domains(call: Call) -> Response:
    """GET /v3/auth/domains: the caller's own."""
    domain = caller(call).domain
    found = {"id": domain.id, "name": domain.name, "enabled": True, "description": ""}
    links = {"self": f"{call.base_url}/v3/auth/domains", "previous": None, "next": None}
    return Response(200, {"domains": [found], "links": links})


def show_catalogue(call: Call) -> Response:
    """GET /v3/auth/catalog, for the project of the token or, with a signature, of the header ``X-Project-Id``."""
    user = caller(call)
    token = call.core.world.identity.valid_token(call.headers.get("X-Auth-Token"))
    project_id = token.project_id if token is not None else call.headers.get("X-Project-Id")
    project = call.core.world.projects.get(project_id or "")
    if token is None and project is not None and (project.domain is not user.domain or not user.may_use(project.name)):
        raise _unauthorized("The project does not exist, or the user has no access to it.")
    links = {"self": f"{call.base_url}/v3/auth/catalog", "previous": None, "next": None}
    return Response(200, {"catalog": _catalogue(call, project.id if project else None), "links": links})


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _token_answer(call: Call, token: Token, status: int) -> Response:
    user, domain = token.user, token.user.domain
    where = {"id": domain.id, "name": domain.name}
    body: dict[str, Any] = {
        "expires_at": _moment(token.expires_at),
        "issued_at": _moment(token.issued_at),
        "methods": token.methods,
        "user": {"id": user.id, "name": user.name, "password_expires_at": "", "domain": where},
        "roles": [{"id": "0", "name": name} for name in user.roles],
    }
    if token.assumed_by is not None:
        behind = token.assumed_by
        home = {"id": behind.domain.id, "name": behind.domain.name}
        body["assumed_by"] = {"user": {"id": behind.id, "name": behind.name, "domain": home}}
    if token.project_id is None:
        body["domain"] = where
    else:
        project = call.core.world.projects[token.project_id]
        body["project"] = {"id": project.id, "name": project.name, "domain": where}
    if not call.query.get("nocatalog"):
        body["catalog"] = _catalogue(call, token.project_id)
    return Response(status, {"token": body}, {"X-Subject-Token": token.value})


def _catalogue(call: Call, project_id: str | None) -> list[dict[str, Any]]:
    """Services with their endpoint URLs. The setting ``catalogue`` controls DIS, which appears only for projects."""
    settings, base = call.core.settings, call.base_url
    entries = [_service("identity", "iam", "*", f"{base}/v3")]
    if project_id is None:
        return entries
    paths = {"dli": f"/v1.0/{project_id}", "obs": ""}
    others = [_service(kind, kind, settings.region, base + paths[kind]) for kind in settings.other_services]
    if settings.catalogue == "none":
        return entries + others
    region = "eu-elsewhere" if settings.catalogue == "other_region" else settings.region
    if settings.catalogue != "disv2":
        entries.append(_service("dis", "Data Ingestion Service", region, base))
    if settings.catalogue != "dis":
        entries.append(_service("disv2", "disv2", region, f"{base}/v2/{project_id}"))
    return entries + others


def _service(kind: str, name: str, region: str, url: str) -> dict[str, Any]:
    endpoint = {"id": f"{kind}-endpoint", "interface": "public", "region": region, "region_id": region, "url": url}
    return {"type": kind, "name": name, "id": f"{kind}-service", "endpoints": [endpoint]}
