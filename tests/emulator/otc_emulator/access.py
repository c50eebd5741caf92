# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authentication by token or signature, and authorization of the request."""

from __future__ import annotations

from otc_emulator.http_types import Call, dis_refusal
from otc_emulator.identity import User
from otc_emulator.signing import BadSignature, SignedRequest, check_date, check_signature, read_authorization

_DIS_ROLES = {"te_admin", "dis_adm"}


def signer_of(call: Call, service: str) -> User:
    """The user whose access key has signed the request for *service*. Raises BadSignature."""
    settings, now = call.core.settings, call.core.now
    signature = read_authorization(call.headers.get("Authorization", ""))
    if signature.form not in settings.signature_forms:
        raise BadSignature(4112, f"The form {signature.form} of the signature is not supported.")
    check_date(call.headers.get("X-Sdk-Date", ""), now, settings.signature_window)
    if signature.form == "credential":
        if signature.service != service:
            raise BadSignature(4108, f"The service name in the Authorization header must be {service}.")
        if service == "dis" and signature.region != settings.region:
            raise BadSignature(4111, "The region in the Authorization header is invalid.")
    key = call.core.world.identity.access_keys.get(signature.access_key)
    if key is None or not key.is_valid(now):
        raise BadSignature(4107, f"The access key {signature.access_key} is invalid.")
    request = SignedRequest(call.method, call.path, call.raw_query, call.headers, call.body)
    check_signature(key.secret, request, signature)
    if (key.security_token or "") != call.headers.get("X-Security-Token", ""):
        raise BadSignature(4107, f"The security token of the access key {signature.access_key} is invalid.")
    return key.user


def admit(call: Call) -> None:
    """Token or signature, then project, then right."""
    project_id = call.params.setdefault("project_id", call.headers.get("X-Project-Id", ""))
    if "X-Auth-Token" not in call.headers and "Authorization" in call.headers:
        try:
            user = signer_of(call, "dis")
        except BadSignature as bad:
            raise dis_refusal(bad.code, bad.text, status=441) from None
        fits = may_use(call, user, project_id)
    else:
        value = call.headers.get("X-Auth-Token")
        if not value:
            raise dis_refusal(4113, "The X-Auth-Token header is empty.", status=441)
        call.token = call.core.world.identity.valid_token(value)
        if call.token is None:
            raise dis_refusal(4114, "The token is invalid or has expired.", status=441)
        if not project_id:  # a path without the project: that of the login
            project_id = call.params["project_id"] = call.token.project_id or ""
        user, fits = call.token.user, call.token.project_id == project_id
    call.caller = user
    if not fits:
        raise dis_refusal(4117, "The project id is invalid or is not the one of the login.", project_id)
    if not _DIS_ROLES.intersection(user.roles):
        raise dis_refusal(4116, "The operation is not allowed. Check permissions and account.", status=403)


def may_use(call: Call, user: User, project_id: str) -> bool:
    """Whether a signed request may go to this project; it has to name it in a header, too."""
    named = call.headers.get("X-Project-Id")
    if named != project_id and (named or call.core.settings.signature_needs_project):
        return False
    project = call.core.world.projects.get(project_id)
    return project is not None and project.domain is user.domain and user.may_use(project.name)
