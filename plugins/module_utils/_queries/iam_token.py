# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Query the IAM token of the session. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from .._core.errors import InvalidOptions
from .._core.plan import Spec
from .._resources.base import Calls


class TokenQuery:
    """IAM token for other tools and tasks."""

    spec = Spec({}, exposed="token")
    calls = Calls

    def prepare(self, params: Mapping[str, Any]) -> None:
        """The module has no options to validate."""

    def run_query(self, api: Calls, query: None) -> Dict[str, Any]:
        """Return the result of the module.

        :raises InvalidOptions: if requests are signed with AK/SK
        """
        session = api.api
        if session.token is None:
            raise InvalidOptions(
                "No token is available, since requests are signed with AK/SK.",
                "Pass the keys to the other modules, or set auth.agency_name to obtain a token.",
            )
        facts = {"project_id": session.project_id, "endpoint": session.endpoint, "expires_at": session.expires_at}
        return {**facts, "token": session.token}
