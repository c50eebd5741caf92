# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lists of DLI: databases and tables. Private to otc.dis.

Source: sheet of prerequisites, section 3.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List
from urllib.parse import quote

from .._cloud.http import Http
from .._core.errors import ApiError, BadAnswer
from .._core.retry import ONCE_MORE
from .._core.schema import dictionaries, whole

PAGE_SIZE = 100
MOST_PAGES = 20
"""So many pages are read of one list: a name is found by a part of it, which others may share."""


class DliClient:
    """One project's DLI. Every method raises :class:`DisError`.

    :param auth: who asks
    :param endpoint: base address without version and project
    """

    def __init__(self, http: Http, auth: Any, endpoint: str, project_id: str) -> None:
        self.http, self.auth, self.base = http, auth, f"{endpoint}/v1.0/{project_id}"

    def list_databases(self, keyword: str) -> List[Dict[str, Any]]:
        """``GET /v1.0/{project_id}/databases``: those whose name holds a text, as far as the caller may see them."""

        def page(number: int) -> str:
            return f"databases?keyword={quote(keyword, safe='')}&offset={number * PAGE_SIZE}&limit={PAGE_SIZE}"

        return self.every("list databases of DLI", page, "databases", "database_count")

    def list_tables(self, database: str, keyword: str) -> List[Dict[str, Any]]:
        """``GET /v1.0/{project_id}/databases/{database_name}/tables``: as of databases."""

        def page(number: int) -> str:
            query = f"keyword={quote(keyword, safe='')}&page-size={PAGE_SIZE}&current-page={number + 1}"
            return f"databases/{quote(database, safe='')}/tables?{query}"

        return self.every(f'list tables of DLI database "{database}"', page, "tables", "table_count")

    def every(self, call: str, page: Callable[[int], str], member: str, count: str) -> List[Dict[str, Any]]:
        """All entries of a list that comes in pages.

        :param page: path and query of a page, by its number from 0
        :param member: what holds the entries
        :param count: what tells how many there are
        """
        found: List[Dict[str, Any]] = []
        for number in range(MOST_PAGES):
            url = f"{self.base}/{page(number)}"
            answer = self.http.send(call, "GET", url, self.auth, policy=ONCE_MORE, wants_body=True)
            data = answer.data
            if data.get("is_success") is False:
                raise ApiError(call, answer.status, None, self.http.cleaned(data.get("message") or "no reason given"))
            entries = data.get(member)
            if not isinstance(entries, list):
                raise BadAnswer(f"Cannot {call}: the answer holds no list of {member}.")
            found += dictionaries(entries)
            if len(entries) < PAGE_SIZE or len(found) >= (whole(data.get(count)) or len(found) + 1):
                return found
        raise BadAnswer(f"Cannot {call}: there are more than {PAGE_SIZE * MOST_PAGES} whose names are alike.")
