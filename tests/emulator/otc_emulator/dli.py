# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of DLI that shows whether a table can be filled: its lists of databases and tables."""

from __future__ import annotations

from typing import Any

from otc_emulator.access import may_use, signer_of
from otc_emulator.http_types import Call, Refusal, Response, no_such_url
from otc_emulator.signing import BadSignature
from otc_emulator.state import Project

_READERS = {"te_admin", "dli_adm"}
_LARGEST_PAGE = 100


def _refused(status: int, code: str, text: str) -> Refusal:
    return Refusal(status, f"DLI.{code}", text, "reference")


def _project(call: Call) -> Project:
    """The project in the path, if the caller may look into it."""
    if not call.core.settings.dli_enabled:
        raise no_such_url()
    token = call.core.world.identity.valid_token(call.headers.get("X-Auth-Token"))
    project = call.core.world.projects.get(call.params["project_id"])
    if token is not None:
        user, fits = token.user, project is not None and token.project_id == project.id
    elif "Authorization" in call.headers:
        try:
            user = signer_of(call, "dli")
        except BadSignature as bad:
            text = f"Incorrect IAM authentication information: {bad.text}"
            raise Refusal(401, "APIG.0301", text, "gateway") from None
        fits = may_use(call, user, call.params["project_id"])
    else:
        raise _refused(401, "0013", "The token is invalid or has expired.")
    if project is None or not fits:
        raise _refused(400, "0016", "The project is not the one of the login.")
    if not _READERS.intersection(user.roles):
        raise _refused(400, "0003", "Permission denied.")
    return project


def _number(call: Call, name: str, default: int, lowest: int, highest: int) -> int:
    text = call.query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and lowest <= int(text) <= highest):
        raise _refused(400, "0001", f"The parameter {name} is invalid.")
    return int(text)


def _fits(call: Call, name: str) -> bool:
    return call.query.get("keyword", "").lower() in name.lower()


def list_databases(call: Call) -> Response:
    """GET /v1.0/PROJECT/databases."""
    project = _project(call)
    found = [name for _key, name in sorted(project.dli_databases.items()) if _fits(call, name)]
    first, most = _number(call, "offset", 0, 0, 10**9), _number(call, "limit", len(found) or 1, 1, 10**9)
    shown = [{"database_name": name, "owner": "emulator", "description": ""} for name in found[first : first + most]]
    return Response(200, {"is_success": True, "message": "", "database_count": len(found), "databases": shown})


def list_tables(call: Call) -> Response:
    """GET /v1.0/PROJECT/databases/NAME/tables."""
    project, database = _project(call), call.params["database_name"].lower()
    if database not in project.dli_databases:
        raise _refused(400, "0002", "There is no such database.")
    found = [one for key, one in sorted(project.dli_tables.items()) if key[0] == database and _fits(call, one.table)]
    size, page = _number(call, "page-size", _LARGEST_PAGE, 1, _LARGEST_PAGE), _number(call, "current-page", 1, 1, 10**9)
    shown: list[dict[str, Any]] = [
        {
            "table_name": one.table,
            "table_type": "MANAGED" if one.managed else "EXTERNAL",
            "data_location": "DLI" if one.managed else "OBS",
        }
        for one in found[(page - 1) * size : page * size]
    ]
    return Response(200, {"is_success": True, "message": "", "table_count": len(found), "tables": shown})
