# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token of the login. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from .._core.errors import InvalidOptions
from .._core.plan import Spec
from .._resources.base import Calls


class TokenQuery:
    """A token for other tools and tasks."""

    spec = Spec({}, exposed="token")
    calls = Calls

    def prepare(self, params: Mapping[str, Any]) -> None:
        """There is nothing to check."""

    def run_query(self, api: Calls, query: None) -> Dict[str, Any]:
        """What the module returns.

        :raises InvalidOptions: keys sign the requests
        """
        session = api.api
        if session.token is None:
            raise InvalidOptions(
                "Keys sign every request, so there is no token to share.",
                "Hand the keys to the other modules instead, or give auth.agency_name, which leads to a token.",
            )
        found = {"project_id": session.project_id, "endpoint": session.endpoint, "expires_at": session.expires_at}
        return {**found, "token": session.token}
