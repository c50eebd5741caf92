# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What IAM tells of agencies, and temporary keys. Private to otc.dis.

Source: sheet of prerequisites, section 2; IAM sheet, 1.7.
"""

from __future__ import annotations

from typing import Any, Dict, List
from urllib.parse import quote, urlsplit

from .._cloud.http import Http
from .._cloud.settings import Keys
from .._core.errors import BadAnswer
from .._core.retry import ONCE_MORE
from .._core.schema import dictionaries

SHORTEST_LIFE = 900
"""Seconds for which temporary keys are good at the least."""


class AgencyClient:
    """IAM below ``/v3.0``, which hangs on the host and not on its version. Every method raises :class:`DisError`.

    :param auth: who asks
    :param auth_url: base address of IAM with its version
    """

    def __init__(self, http: Http, auth: Any, auth_url: str) -> None:
        parts = urlsplit(auth_url)
        self.http, self.auth, self.host = http, auth, f"{parts.scheme}://{parts.netloc}"

    def list_agencies(self, account_id: str, name: str) -> List[Dict[str, Any]]:
        """``GET /v3.0/OS-AGENCY/agencies``, those of a name."""
        query = f"domain_id={quote(account_id, safe='')}&name={quote(name, safe='')}"
        return self.read("list agencies", f"/v3.0/OS-AGENCY/agencies?{query}", "agencies")

    def list_domain_roles(self, account_id: str, agency_id: str) -> List[Dict[str, Any]]:
        """``GET /v3.0/OS-AGENCY/domains/{domain_id}/agencies/{agency_id}/roles``."""
        where = f"domains/{quote(account_id, safe='')}/agencies/{quote(agency_id, safe='')}"
        return self.read("list roles of the agency", f"/v3.0/OS-AGENCY/{where}/roles", "roles")

    def list_inherited_roles(self, account_id: str, agency_id: str) -> List[Dict[str, Any]]:
        """``GET /v3.0/OS-INHERIT/domains/{domain_id}/agencies/{agency_id}/roles/inherited_to_projects``."""
        where = f"domains/{quote(account_id, safe='')}/agencies/{quote(agency_id, safe='')}"
        path = f"/v3.0/OS-INHERIT/{where}/roles/inherited_to_projects"
        return self.read("list roles of the agency", path, "roles")

    def create_temporary_keys(self) -> Keys:
        """``POST /v3.0/OS-CREDENTIAL/securitytokens``: keys for the caller, for a quarter of an hour."""
        call = "take temporary keys"
        body = {"auth": {"identity": {"methods": ["token"], "token": {"duration_seconds": SHORTEST_LIFE}}}}
        url = f"{self.host}/v3.0/OS-CREDENTIAL/securitytokens"
        told = self.http.send(call, "POST", url, self.auth, body, ONCE_MORE, wants_body=True).data.get("credential")
        told = told if isinstance(told, dict) else {}
        access, secret, token = (str(told.get(name) or "") for name in ("access", "secret", "securitytoken"))
        if not all(one and one.isascii() and one.isprintable() for one in (access, secret, token)):
            raise BadAnswer(f"Cannot {call}: the answer holds none.")
        self.http.secrets.add(access, secret, token)
        return Keys(access, secret, token)

    def read(self, call: str, path: str, member: str) -> List[Dict[str, Any]]:
        """The entries of a list."""
        data = self.http.send(call, "GET", self.host + path, self.auth, policy=ONCE_MORE, wants_body=True).data
        if not isinstance(data.get(member), list):
            raise BadAnswer(f"Cannot {call}: the answer holds no list of {member}.")
        return dictionaries(data[member])
