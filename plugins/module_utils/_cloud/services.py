# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients for IAM agencies, DLI and OBS, for the preflight checks. Private to otc.dis.

Sources: API sheets on prerequisites, sections 2 to 4, and on IAM, section 1.7.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from email.utils import formatdate
from functools import partial
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple
from urllib.parse import quote, urlencode, urlsplit
from xml.sax.saxutils import unescape

from .._core import deadline as _deadline
from .._core.errors import ApiError, UnexpectedResponse
from .._core.paging import LIST_FACTOR, incomplete, limited
from .._core.retry import BEST_EFFORT
from .._core.schema import dictionaries, has_name, int_or_none, is_loopback
from .login import Authenticator, NoAuth, NonRenewingAuth
from .settings import Keys, other_endpoint
from .transport import Http

MIN_LIFETIME = 900
"""Minimum lifetime of temporary keys in seconds."""


class AgencyClient:
    """Client for the IAM API below ``/v3.0``, next to ``/v3``. Every method raises :class:`DisError`.

    :param auth: ``requests`` auth of the user
    :param auth_url: base URL of IAM with its version
    """

    def __init__(self, http: Http, auth: Any, auth_url: str) -> None:
        parts = urlsplit(auth_url)
        self.http, self.auth, self.host = http, auth, f"{parts.scheme}://{parts.netloc}"

    def list_agencies(self, account_id: str, name: str) -> List[Dict[str, Any]]:
        """Return the agencies with a name: ``GET /v3.0/OS-AGENCY/agencies``."""
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
        """Create temporary keys of the user for 15 minutes: ``POST /v3.0/OS-CREDENTIAL/securitytokens``."""
        call = "create temporary keys"
        body = {"auth": {"identity": {"methods": ["token"], "token": {"duration_seconds": MIN_LIFETIME}}}}
        url = f"{self.host}/v3.0/OS-CREDENTIAL/securitytokens"
        keys = self.http.send(call, "POST", url, self.auth, body, BEST_EFFORT, wants_body=True).data.get("credential")
        keys = keys if isinstance(keys, dict) else {}
        access, secret, token = (str(keys.get(name) or "") for name in ("access", "secret", "securitytoken"))
        if not all(value and value.isascii() and value.isprintable() for value in (access, secret, token)):
            raise UnexpectedResponse(f"Cannot {call}: the response has no valid keys.")
        self.http.secrets.add(access, secret, token)
        return Keys(access, secret, token)

    def read(self, call: str, path: str, member: str) -> List[Dict[str, Any]]:
        """Return the entries of a list.

        :raises UnexpectedResponse: the response has no list
        """
        data = self.http.send(call, "GET", self.host + path, self.auth, policy=BEST_EFFORT, wants_body=True).data
        if not isinstance(data.get(member), list):
            raise UnexpectedResponse(f"Cannot {call}: the response has no list of {member}.")
        return dictionaries(data[member])


PAGE_SIZE = 100
MAX_PAGES = 20
"""Maximum number of pages of a list: the service searches by substring, which other names may contain."""


class DliClient:
    """Client for DLI in one project. Every method raises :class:`DisError`.

    :param auth: ``requests`` auth of the user
    :param endpoint: base URL without version and project
    """

    def __init__(self, http: Http, auth: Any, endpoint: str, project_id: str) -> None:
        self.http, self.auth, self.base = http, auth, f"{endpoint}/v1.0/{project_id}"

    def list_databases(self, name: str) -> List[Dict[str, Any]]:
        """Return the databases whose name contains a string, as far as the user may see them.

        ``GET /v1.0/{project_id}/databases``
        """

        def path(keyword: str, number: int) -> str:
            return f"databases?{keyword}offset={number * PAGE_SIZE}&limit={PAGE_SIZE}"

        return self.find(name, "list databases of DLI", path, "databases", "database_name", "database_count")

    def list_tables(self, database: str, name: str) -> List[Dict[str, Any]]:
        """Return the tables of a database whose name contains a string, as far as the user may see them.

        ``GET /v1.0/{project_id}/databases/{database_name}/tables``
        """

        def path(keyword: str, number: int) -> str:
            query = f"{keyword}page-size={PAGE_SIZE}&current-page={number + 1}"
            return f"databases/{quote(database, safe='')}/tables?{query}"

        call = f'list tables of DLI database "{database}"'
        return self.find(name, call, path, "tables", "table_name", "table_count")

    def find(
        self, wanted: str, call: str, path: Callable[[str, int], str], items: str, name: str, count: str
    ) -> List[Dict[str, Any]]:
        """Return entries that include the wanted one, if it exists and the user may see it.

        The API does not document whether a count is that of the full list or of the entries that match the keyword. If
        there are fewer matching entries than the count, and the wanted one is not among them, the full list is read.

        :param path: returns path and query of a page from the keyword part of the query and the page number from 0
        :param items: member of a response that contains the entries
        :param name: member of an entry that contains its name
        :param count: member of a response that counts the entries
        :raises UnexpectedResponse: the list exceeds its limits, or entries are missing
        """
        seconds = LIST_FACTOR * self.http.timeout
        with _deadline.within(seconds) as deadline:

            def fetch(path_and_query: Optional[str]) -> Mapping[str, Any]:
                url = f"{self.base}/{path_and_query}"
                response = self.http.send(call, "GET", url, self.auth, policy=BEST_EFFORT, wants_body=True)
                data: Mapping[str, Any] = response.data
                if data.get("is_success") is False:
                    reason = self.http.redact(data.get("message") or "no error text")
                    raise ApiError(call, response.status, None, reason)
                return data

            fetch_limited = limited(fetch, items, deadline, seconds)
            for keyword in (f"keyword={quote(wanted, safe='')}&", ""):
                found, counted = self.read_pages(call, fetch_limited, partial(path, keyword), items, count)
                if len(found) >= counted or any(has_name(entry, name, wanted) for entry in found):
                    return found
        raise incomplete(f"list of {items}", counted, len(found))

    def read_pages(
        self,
        call: str,
        fetch: Callable[[Optional[str]], Mapping[str, Any]],
        path: Callable[[int], str],
        items: str,
        count: str,
    ) -> Tuple[List[Dict[str, Any]], int]:
        """Return all entries of a paginated list and the count of the service, 0 if it returns none."""
        found: List[Dict[str, Any]] = []
        counted = 0
        for number in range(MAX_PAGES):
            data = fetch(path(number))
            entries = data.get(items)
            if not isinstance(entries, list):
                raise UnexpectedResponse(f"Cannot {call}: the response has no list of {items}.")
            found += dictionaries(entries)
            total = int_or_none(data.get(count))
            counted = max(counted, total or 0)
            if len(entries) < PAGE_SIZE or (total is not None and len(found) >= total):
                return found, counted
        raise UnexpectedResponse(f"Cannot {call}: the list has more than {PAGE_SIZE * MAX_PAGES} entries.")


class ObsAuth(NoAuth):
    """Signs requests to OBS, each attempt separately; the preflight checks add hints to its errors.

    :param clock: returns seconds since 1970
    """

    def __init__(self, keys: Keys, bucket: str, clock: Callable[[], float] = time.time) -> None:
        self.keys, self.bucket, self.clock = keys, bucket, clock

    def __call__(self, request: Any) -> Any:
        request.headers["x-obs-date"] = formatdate(self.clock(), usegmt=True)
        if self.keys.security_token:
            request.headers["x-obs-security-token"] = self.keys.security_token
        text = string_to_sign(request.method, request.headers, self.bucket)
        digest = hmac.new(self.keys.secret_key.encode("utf-8"), text.encode("utf-8"), hashlib.sha1).digest()
        signature = base64.b64encode(digest).decode("ascii")
        request.headers["Authorization"] = f"OBS {self.keys.access_key}:{signature}"
        return request


def string_to_sign(method: str, headers: Mapping[str, str], bucket: str) -> str:
    """Return the string to sign for OBS; the line of ``Date`` is empty because ``x-obs-date`` is sent."""
    own = sorted((name.lower(), value) for name, value in headers.items() if name.lower().startswith("x-obs-"))
    lines = [method, headers.get("Content-MD5", ""), headers.get("Content-Type", ""), ""]
    return "\n".join([*lines, *(f"{name}:{value}" for name, value in own), f"/{bucket}/"])


OBJECTS_PER_PAGE = 1000
CHECK_OBS = "Check obs_endpoint_override and any intermediate proxies."


class ObjectPage(NamedTuple):
    """One page of the objects of a bucket.

    :ivar sizes: bytes of each object; directories are omitted
    :ivar marker: marker of the next page; None for the last page
    """

    sizes: Tuple[int, ...]
    marker: Optional[str]


def read_object_page(text: str, prefix: str = "") -> ObjectPage:
    """Parse a page of objects from XML. Objects without a valid name and size, or without the prefix, are omitted."""
    objects = []
    for part in text.split("<Contents>")[1:]:
        entry = part.partition("</Contents>")[0]
        name, size = re.search(r"<Key>([^<]*)</Key>", entry), re.search(r"<Size>(\d{1,19})</Size>", entry)
        if name and size:
            objects.append((unescape(name[1]), int(size[1])))
    marker = re.search(r"<NextMarker>([^<]+)</NextMarker>", text)
    following = unescape(marker[1]) if marker else objects[-1][0] if objects else None
    is_truncated = re.search(r"<IsTruncated>\s*true\s*</IsTruncated>", text) is not None
    sizes = tuple(size for name, size in objects if name.startswith(prefix) and (size or not name.endswith("/")))
    return ObjectPage(sizes, following if is_truncated else None)


def bucket_url(endpoint: str, bucket: str) -> str:
    """Return the URL of a bucket: virtual-hosted style, or path style for loopback addresses.

    :param bucket: validated name, which becomes part of the host name
    """
    parts = urlsplit(endpoint)
    if is_loopback(endpoint):
        return f"{endpoint}/{bucket}"
    return f"{parts.scheme}://{bucket}.{parts.netloc}/"


class BucketClient:
    """Client for OBS buckets. Every method raises :class:`DisError`.

    :param endpoint: URL of OBS without a bucket
    """

    def __init__(self, http: Http, keys: Keys, endpoint: str) -> None:
        self.http, self.keys, self.endpoint = http, keys, endpoint

    def url(self, bucket: str) -> str:
        """Return the URL of a bucket."""
        return bucket_url(self.endpoint, bucket)

    def head_bucket(self, bucket: str) -> Mapping[str, str]:
        """Return the response headers of a ``HEAD`` request for a bucket."""
        url, auth = self.url(bucket), ObsAuth(self.keys, bucket)
        return self.http.send(f'check bucket "{bucket}"', "HEAD", url, auth, policy=BEST_EFFORT).headers

    def list_objects(self, bucket: str, prefix: str, marker: str) -> ObjectPage:
        """``GET /``: one page of the objects of a bucket.

        Source: API reference of OBS, "Listing Objects in a Bucket". The response is XML.

        :param prefix: start of the names
        :param marker: name after which the page starts; empty for the first page
        """
        call = f'list the objects of bucket "{bucket}"'
        query = urlencode({"prefix": prefix, "marker": marker, "max-keys": OBJECTS_PER_PAGE})
        url, auth = f"{self.url(bucket)}?{query}", ObsAuth(self.keys, bucket)
        text = self.http.send(call, "GET", url, auth, policy=BEST_EFFORT, xml=True).data
        if not isinstance(text, str) or "<ListBucketResult" not in text:
            raise UnexpectedResponse(f"Cannot {call}: the response contains no list of objects.", CHECK_OBS)
        page = read_object_page(text, prefix)
        if page.marker is not None and page.marker <= marker:
            raise UnexpectedResponse(f"Cannot {call}: the list of objects does not advance.", CHECK_OBS)
        return page


class Services:
    """Clients for the services of the cloud other than DIS, with the credentials of the session.

    A rejection by one of them does not affect the session at DIS.

    :ivar keys: keys of the user, if they sign requests; None with a token
    :ivar created_keys: temporary keys of the user that this run has created for OBS
    :ivar auth_url: base URL of IAM; None if it is not specified
    """

    def __init__(self, http: Http, auth: Any, login: Authenticator) -> None:
        self.http, self.auth, self.login = http, auth, login
        settings = login.settings
        self.keys: Optional[Keys] = settings.keys if settings.agency is None else None
        self.created_keys: Optional[Keys] = None
        self.auth_url, self.region_name = settings.auth_url, settings.region_name

    def auth_for(self, service: str, headers: Mapping[str, str]) -> Any:
        """Return an auth for another service, with the token or a signature.

        :param headers: headers that a signature requires: the project or the account
        """
        return NonRenewingAuth(self.auth) if self.keys is None else self.login.signature(service, headers)

    def find_account(self) -> Optional[str]:
        """Return the account ID of the project; None if it is unknown. For keys, this requires a request.

        :raises DisError: the request failed
        """
        if self.keys is not None:
            return str(self.login.account_of_keys((self.login.settings.scope or {}).get("domain", {})))
        for holder in (self.login.facts.get("project"), self.login.facts.get("user")):
            domain = holder.get("domain") if isinstance(holder, dict) else None
            if isinstance(domain, dict) and isinstance(domain.get("id"), str):
                return str(domain["id"])
        return None

    def authenticate_for_account(self, account_id: str) -> Any:
        """Return an auth with a token for an account, which requires another login.

        :raises DisError: the login failed
        """
        return self.login.authenticate_for_account(account_id)

    def endpoint_of(self, specified: Optional[str], kinds: Tuple[str, ...], name: str) -> Optional[str]:
        """Return the endpoint of a service, as specified or as in the service catalog.

        :raises InvalidOptions: the endpoint in the service catalog is not a valid URL
        """
        return specified or other_endpoint(self.login.settings, self.login.facts.get("catalog"), kinds, name)

    def example(self, host: str) -> str:
        """Return an example endpoint for a message."""
        return f"https://{host}.{self.region_name or 'eu-de'}.otc.t-systems.com"

    def agencies(self, headers: Mapping[str, str]) -> AgencyClient:
        """Return a client for IAM below ``/v3.0``."""
        return AgencyClient(self.http, self.auth_for("iam", headers), str(self.auth_url))

    def dli(self, endpoint: str, project_id: str) -> DliClient:
        """Return a client for DLI in one project."""
        return DliClient(self.http, self.auth_for("dli", {"X-Project-Id": project_id}), endpoint, project_id)

    def buckets(self, keys: Keys, endpoint: str) -> BucketClient:
        """Return a client for OBS."""
        return BucketClient(self.http, keys, endpoint)
