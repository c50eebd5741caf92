# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to one project's DIS. Private to otc.dis.

The operations themselves are in ``_client_*.py``, one class for each chapter of the API reference, so that a module
loads the ones that it needs. They make no decisions.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Mapping, Optional, Tuple, Type, TypeVar
from urllib.parse import quote

from .._core.errors import BadAnswer
from .._core.memory import RunMemory
from .._core.retry import Patience
from .._core.schema import texts, whole
from .._core.secrets import Secrets
from .._resources.base import check_response
from .http import Http
from .login import Identity, Login
from .settings import Settings

Client = TypeVar("Client", bound="DisClient")
PATH = re.compile(r"(?:/(?!\.)[A-Za-z0-9_.:-]+)+\Z")
"""What may follow the version in an address: no segment that is hidden, empty, or means another place."""


class DisClient:
    """One project's DIS. Every method that asks it something raises :class:`DisError` when that fails.

    Names go into paths as they are; a path that is no plain one is not asked for.

    :cvar whole: whether the login is to tell the account and the addresses of other services, too
    """

    whole = False

    def __init__(self, http: Http, identity: Identity) -> None:
        self.http, self.patience = http, http.patience
        self.memory = RunMemory()
        self.auth: Any = identity.auth
        self.endpoint, self.project_id = identity.endpoint, identity.project_id
        self.expires_at = identity.expires_at

    def read(
        self, call: str, path: str, query: Optional[Mapping[str, Any]] = None, version: str = "v2"
    ) -> Dict[str, Any]:
        """A JSON object.

        :param call: what is asked, in words, to follow "Cannot"
        :param path: below the project, with a slash in front
        :param query: parameters; those that are None are left out
        """
        data: Dict[str, Any] = self.http.send(
            call, "GET", self.url(path, query, version), self.auth, wants_body=True
        ).data
        return data

    def show_stream(self, stream: str, start: Optional[str] = None, most: int = 1) -> Dict[str, Any]:
        """``GET /streams/{stream_name}``, which every chapter needs: a stream with a page of its partitions.

        :param start: id, in its long form, of the partition behind which the page begins
        :param most: partitions on the page, 1 to 1000
        """
        query = {"limit_partitions": most, "start_partitionId": start}
        call = f'show stream "{stream}"'
        answer = self.read(call, f"/streams/{stream}", query)
        check_response(call, answer, {"stream_name": stream}, texts("stream_name", "status"))
        return answer

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

    def url(self, path: str, query: Optional[Mapping[str, Any]], version: str) -> str:
        """The address of a call.

        :raises BadAnswer: a name that the service gave does not fit into a path
        """
        path = f"/{self.project_id}{path}"
        if ".." in path or not PATH.match(path):
            raise BadAnswer("The service names something that cannot be asked for. Nothing was sent.")
        pairs = [f"{name}={quote(str(value), safe='')}" for name, value in (query or {}).items() if value is not None]
        return f"{self.endpoint}/{version}{path}" + ("?" + "&".join(pairs) if pairs else "")


def partition_total(answer: Mapping[str, Any]) -> Optional[int]:
    """How many partitions a stream has at least: those that can be read from, those that take records among them."""
    told = [whole(answer.get(f"{kind}_partition_count")) for kind in ("readable", "writable")]
    return max((one for one in told if one is not None), default=None)


def connect(kind: Type[Client], settings: Settings, secrets: Secrets, connections: int = 1) -> Client:
    """A client that is logged in.

    :param kind: the class with the operations that are needed
    :param connections: how many it may open to one host
    :raises DisError: the login failed, or there is no DIS
    """
    return kind(*log_in(settings, secrets, connections, kind.whole))


def log_in(settings: Settings, secrets: Secrets, connections: int = 1, whole: bool = False) -> Tuple[Http, Identity]:
    """Connections, and who we are on them.

    :param connections: how many may be open to one host
    :param whole: whether the login is to tell what DIS does without, too
    :raises DisError: the login failed, or there is no DIS
    """
    http = Http(settings.verify, settings.cert, settings.timeout, secrets, Patience(settings.timeout), connections)
    return http, Login(settings, http).identify(whole)
