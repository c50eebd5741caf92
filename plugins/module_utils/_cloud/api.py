# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to DIS in one project. Private to otc.dis.

The API calls are methods of the clients in ``_resources``: one method for each operation of the API reference.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Mapping, Optional, Tuple
from urllib.parse import quote

from .._core.errors import UnexpectedResponse
from .._core.retry import READ, RetryBudget
from .._core.secrets import Secrets
from .files import RunMemory
from .login import Authenticator, Identity, TokenAuth
from .settings import Settings
from .transport import Http

PATH = re.compile(r"(?:/(?!\.)[A-Za-z0-9_.:-]+)+\Z")
"""URL path after the version: no empty segment, and none that starts with a dot."""


class Api:
    """An authenticated client for DIS in one project. Every request raises :class:`DisError` if it fails.

    Names are inserted into paths unchanged; a path with unsafe characters is rejected.

    :ivar memory: notes for later tasks of the same Ansible run
    """

    def __init__(self, http: Http, identity: Identity) -> None:
        self.http = http
        self.memory = RunMemory()
        self.auth: Any = identity.auth
        self.login = identity.login
        self.endpoint, self.project_id = identity.endpoint, identity.project_id
        self.expires_at = identity.expires_at

    @property
    def retry_budget(self) -> RetryBudget:
        """Retry budget of the requests."""
        return self.http.retry_budget

    @retry_budget.setter
    def retry_budget(self, value: RetryBudget) -> None:
        self.http.retry_budget = value

    @property
    def timeout(self) -> float:
        """Seconds for one attempt of a request."""
        return self.http.timeout

    @property
    def token(self) -> Optional[str]:
        """Token of the requests; None if they are signed with access keys."""
        return (self.auth.login.token or "") if isinstance(self.auth, TokenAuth) else None

    def other_services(self) -> Any:
        """Return clients for the other services in the service catalog."""
        from .services import Services

        return Services(self.http, self.auth, self.login)

    def redact(self, text: Any) -> str:
        """Return a text of a response for a message: one line, without secrets."""
        return self.http.redact(text)

    def read(
        self,
        call: str,
        path: str,
        query: Optional[Mapping[str, Any]] = None,
        version: str = "v2",
        body: Optional[Dict[str, Any]] = None,
        in_project: bool = True,
    ) -> Dict[str, Any]:
        """Send a request that reads, and return the JSON object of the response.

        :param call: description of the operation, to follow "Cannot"
        :param path: path below the project or, if not in_project, below the version, with a leading slash
        :param query: query parameters; None values are omitted
        :param body: body of a query that is sent with POST
        :param in_project: whether the path contains the project
        """
        method, url = "GET" if body is None else "POST", self.url(path, query, version, in_project)
        data: Dict[str, Any] = self.http.send(call, method, url, self.auth, body, READ, wants_body=True).data
        return data

    def send(
        self,
        call: str,
        method: str,
        path: str,
        body: Optional[Dict[str, Any]] = None,
        query: Optional[Mapping[str, Any]] = None,
        version: str = "v2",
    ) -> Any:
        """Send a write, and return the JSON document of the response; None if it has no body."""
        return self.http.send(call, method, self.url(path, query, version), self.auth, body).data

    def url(self, path: str, query: Optional[Mapping[str, Any]], version: str, in_project: bool = True) -> str:
        """Return the URL of a request.

        :raises UnexpectedResponse: a name from a response contains characters that are unsafe in a path
        """
        path = f"/{self.project_id}{path}" if in_project else path
        if ".." in path or not PATH.match(path):
            raise UnexpectedResponse("The service returned a name that cannot be used in a request. Nothing was sent.")
        pairs = [f"{name}={quote(str(value), safe='')}" for name, value in (query or {}).items() if value is not None]
        return f"{self.endpoint}/{version}{path}" + ("?" + "&".join(pairs) if pairs else "")


def connect(settings: Settings, secrets: Secrets, connections: int = 1, full_catalog: bool = False) -> Api:
    """Authenticate, and return an API client.

    :param connections: maximum number of connections to one host
    :param full_catalog: whether to request the full service catalog and the account
    :raises DisError: authentication failed, or the cloud does not offer DIS
    """
    return Api(*log_in(settings, secrets, connections, full_catalog))


def log_in(
    settings: Settings, secrets: Secrets, connections: int = 1, full_catalog: bool = False
) -> Tuple[Http, Identity]:
    """Authenticate, and return the HTTP session with the identity.

    :param connections: maximum number of connections to one host
    :param full_catalog: whether to request the full service catalog and the account
    :raises DisError: authentication failed, or the cloud does not offer DIS
    """
    http = Http(settings.verify, settings.cert, settings.timeout, secrets, RetryBudget(settings.timeout), connections)
    return http, Authenticator(settings, http).authenticate(full_catalog)
