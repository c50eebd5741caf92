# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM: the agencies of an account and what they may do. Only security administrators see them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from otc_emulator.external_services import ServiceAgency
from otc_emulator.http_types import Call, Refusal, Response
from otc_emulator.iam import caller
from otc_emulator.identity import Domain

_READERS = {"secu_admin"}


def _account(call: Call, domain_id: str | None) -> Domain:
    """The account whose agencies the caller may see. Raises a refusal."""
    user, token = caller(call), call.core.world.identity.valid_token(call.headers.get("X-Auth-Token"))
    if not domain_id:
        raise Refusal(400, "IAM.0011", "The parameter domain_id is missing.", "iam")
    if token is None:
        wrong_scope = call.headers.get("X-Domain-Id") != domain_id
    else:
        wrong_scope = token.project_id is not None and not call.core.settings.project_token_lists_agencies
    if wrong_scope or user.domain.id != domain_id or not _READERS.intersection(user.roles):
        text = "You are not authorized to perform the requested action: identity:list_agencies"
        raise Refusal(403, "IAM.0003", text, "iam")
    return user.domain


def _agencies(call: Call, domain: Domain) -> list[ServiceAgency]:
    projects = [one for one in call.core.world.projects.values() if one.domain is domain]
    found = {agency.name: agency for project in projects for agency in project.agencies.values()}
    return [found[name] for name in sorted(found)]


def _moment(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")


def list_agencies(call: Call) -> Response:
    """GET /v3.0/OS-AGENCY/agencies."""
    domain, name = _account(call, call.query.get("domain_id")), call.query.get("name")
    shown: list[dict[str, Any]] = [
        {
            "id": one.id,
            "name": one.name,
            "domain_id": domain.id,
            "trust_domain_id": f"id-of-{one.trusts}",
            "trust_domain_name": one.trusts,
            "description": "",
            "duration": None if one.ends is None else "ONEDAY",
            "create_time": "2026-01-15T08:30:00.000000",
            "expire_time": _moment(one.ends),
        }
        for one in _agencies(call, domain)
        if name in (None, "", one.name)
    ]
    return Response(200, {"agencies": shown})


def _roles(call: Call, inherited: bool) -> Response:
    """The emulator grants all roles of an agency on all projects."""
    domain = _account(call, call.params["domain_id"])
    agency = next((one for one in _agencies(call, domain) if one.id == call.params["agency_id"]), None)
    if agency is None:
        raise Refusal(404, "IAM.0004", "Could not find the agency.", "iam")
    names = agency.roles if inherited else []
    return Response(200, {"roles": [{"id": f"id-of-{name}", "name": name, "display_name": name} for name in names]})


def list_domain_roles(call: Call) -> Response:
    """GET .../domains/ID/agencies/ID/roles."""
    return _roles(call, inherited=False)


def list_inherited_roles(call: Call) -> Response:
    """GET .../domains/ID/agencies/ID/roles/inherited_to_projects."""
    return _roles(call, inherited=True)
