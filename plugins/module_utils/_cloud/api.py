# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to one project's DIS. Private to otc.dis.

The calls themselves belong to the resources: one method for each operation of the API reference.
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
"""What may follow the version in an address: no segment that is hidden, empty, or means another place."""


class Api:
    """An authenticated connection to one project's DIS. Every request raises :class:`DisError` when it fails.

    Names go into paths as they are; a path that is no plain one is not requested.

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
        """The time that is left for repeating requests."""
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
        """The token that the requests carry; None if keys sign them."""
        return (self.auth.login.token or "") if isinstance(self.auth, TokenAuth) else None

    def other_services(self) -> Any:
        """The other services of the cloud, as far as the service catalog lists them."""
        from .services import Services

        return Services(self.http, self.auth, self.login)

    def redact(self, text: Any) -> str:
        """Text of a response for a message: one line, without secrets."""
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
        """A JSON object.

        :param call: what is asked, in words, to follow "Cannot"
        :param path: below the project or, if not in_project, the version, with a slash in front
        :param query: parameters; those that are None are left out
        :param body: of a query that is sent with POST
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
        """A request that writes; the JSON document of the answer, None if it has none."""
        return self.http.send(call, method, self.url(path, query, version), self.auth, body).data

    def url(self, path: str, query: Optional[Mapping[str, Any]], version: str, in_project: bool = True) -> str:
        """The address of a call.

        :raises UnexpectedResponse: a name that the service gave does not fit into a path
        """
        path = f"/{self.project_id}{path}" if in_project else path
        if ".." in path or not PATH.match(path):
            raise UnexpectedResponse("The service names something that cannot be asked for. Nothing was sent.")
        pairs = [f"{name}={quote(str(value), safe='')}" for name, value in (query or {}).items() if value is not None]
        return f"{self.endpoint}/{version}{path}" + ("?" + "&".join(pairs) if pairs else "")


def connect(settings: Settings, secrets: Secrets, connections: int = 1, full_catalog: bool = False) -> Api:
    """An API that is logged in.

    :param connections: how many it may open to one host
    :param full_catalog: whether to request the full service catalog and the account
    :raises DisError: the login failed, or the cloud does not offer DIS
    """
    return Api(*log_in(settings, secrets, connections, full_catalog))


def log_in(
    settings: Settings, secrets: Secrets, connections: int = 1, full_catalog: bool = False
) -> Tuple[Http, Identity]:
    """A session, and who its user is.

    :param connections: how many may be open to one host
    :param full_catalog: whether to request the full service catalog and the account
    :raises DisError: the login failed, or the cloud does not offer DIS
    """
    http = Http(settings.verify, settings.cert, settings.timeout, secrets, RetryBudget(settings.timeout), connections)
    return http, Authenticator(settings, http).authenticate(full_catalog)
