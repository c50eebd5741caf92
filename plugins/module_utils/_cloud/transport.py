# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP transport: retries, deadlines, size limits, and conversion of responses to errors. Private to otc.dis."""

from __future__ import annotations

import http.client
import io
import json
import re
import socket
import ssl
import threading
import time
import traceback
import warnings
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from threading import Lock
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple, Union
from urllib.parse import urlsplit

from .._core import cancellation as _cancellation
from .._core import deadline as _deadline
from .._core.deadline import innermost, seconds_left
from .._core.errors import (
    MAX_FOREIGN_TEXT,
    ApiError,
    DisError,
    InvalidOptions,
    ResponseLost,
    UnexpectedResponse,
    Unreachable,
    sanitize,
)
from .._core.retry import READ, WRITE, RetryBudget, RetryPolicy, is_retryable
from .._core.schema import host_of, is_loopback
from .._core.secrets import Secrets

try:
    import requests
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.exceptions import (
        ConnectTimeoutError,
        HTTPError,
        InsecureRequestWarning,
        LocationParseError,
        NewConnectionError,
        ReadTimeoutError,
    )
    from urllib3.util.connection import allowed_gai_family
    from urllib3.util.ssl_ import create_urllib3_context

    AuthBase = requests.auth.AuthBase
    HTTPAdapter = requests.adapters.HTTPAdapter
    REQUESTS_IMPORT_ERROR: Optional[str] = None
except ImportError:
    requests = None  # type: ignore[assignment]
    AuthBase = object  # type: ignore[assignment,misc]
    HTTPAdapter = HTTPConnectionPool = HTTPSConnectionPool = object  # type: ignore[assignment,misc]
    REQUESTS_IMPORT_ERROR = traceback.format_exc()

MAX_RESPONSE_SIZE = 16 * 1024 * 1024
"""Maximum bytes of a response."""
MAX_DEPTH = 64
"""Maximum depth of a JSON document; those of DIS and IAM have fewer than ten levels."""
REQUEST_ID_HEADERS = ("X-Request-Id", "X-IAM-Trace-Id", "x-obs-request-id")
HTTP_STATUS = re.compile(r"[0-9]{3}\Z")
NUMBER = re.compile(r"[0-9]{1,15}\Z")


CONNECT_TIMEOUT = 10.0
"""Seconds for a connection to one address of a host."""

SEND_SIZE = 16384
"""Bytes sent at a time: the maximum of a TLS record."""


def set_timeout(sock: Any, most: Optional[float] = None) -> None:
    """Set the timeout of a socket to the time until the earliest deadline.

    :param most: maximum seconds
    :raises TimeoutError: the deadline has passed
    """
    limits = [one for one in (seconds_left(), most) if one is not None]
    if limits and min(limits) <= 0:
        raise socket.timeout("the deadline has passed")
    if limits:
        sock.settimeout(min(limits))


class DeadlineReader(io.RawIOBase):
    """Reads from a socket; each read ends with the earliest deadline."""

    def __init__(self, raw: Any, sock: Any) -> None:
        super().__init__()
        self.raw, self.sock = raw, sock

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> Optional[int]:
        """Read available bytes into a buffer.

        :raises TimeoutError: the deadline has passed
        """
        set_timeout(self.sock)
        count: Optional[int] = self.raw.readinto(buffer)
        return count

    def close(self) -> None:
        """Close the socket."""
        self.raw.close()
        super().close()


class DeadlineResponse(http.client.HTTPResponse):
    """A response whose status line, headers, chunks and trailers are read within the deadline."""

    def __init__(self, sock: Any, *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self.fp: Any = io.BufferedReader(DeadlineReader(self.fp.detach(), sock))


class DeadlineConnection:
    """Mixin for connections of urllib3 1.26 and 2: each step ends with the earliest deadline."""

    response_class = DeadlineResponse
    sock: Any
    port: Any
    auto_open: Any
    socket_options: Any
    opening = False

    def _new_conn(self) -> Any:
        host = self._dns_host.strip("[]")  # type: ignore[attr-defined]
        try:
            host.encode("idna")
        except UnicodeError:
            raise LocationParseError(f"'{host}', label empty or too long") from None
        problem: OSError = OSError("the name has no address")
        try:
            for family, kind, protocol, _name, address in addresses(host, self.port):
                sock = socket.socket(family, kind, protocol)
                try:
                    for option in self.socket_options or ():
                        sock.setsockopt(*option)
                    set_timeout(sock, CONNECT_TIMEOUT)
                    sock.connect(address)
                    set_timeout(sock)  # for the TLS handshake, which reads and writes directly
                    return sock
                except OSError as err:
                    sock.close()
                    problem = err
                except BaseException:
                    sock.close()
                    raise
        except OSError as err:
            problem = err
        if isinstance(problem, socket.timeout):
            raise ConnectTimeoutError(self, f"Connection to {host} timed out.") from problem
        raise NewConnectionError(self, f"Failed to establish a new connection: {problem}") from problem  # type: ignore[arg-type]

    def connect(self) -> None:
        self.opening = True
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self.opening = False

    def _connect_tls_proxy(self, *args: Any) -> Any:
        """Limit each read of the TLS handshake through a proxy, which has no limit on their number."""
        sock = super()._connect_tls_proxy(*args)  # type: ignore[misc]
        receive = sock.recv

        def receive_in_time(*size: Any) -> Any:
            set_timeout(sock)
            return receive(*size)

        sock.recv = receive_in_time
        return sock

    def _tunnel(self) -> None:
        super()._tunnel()  # type: ignore[misc]
        set_timeout(self.sock)

    def send(self, data: Any) -> None:
        if self.sock is None and self.auto_open:
            self.connect()
        deadline = innermost()
        for start in range(0, len(data), SEND_SIZE):
            if self.sock is not None:
                set_timeout(self.sock)
            if deadline is not None and not self.opening:
                deadline.sent = True
            super().send(data[start : start + SEND_SIZE])  # type: ignore[misc]


def addresses(host: str, port: int) -> List[Any]:
    """Resolve a host in a thread, because the system call has no timeout.

    :raises OSError: the host has no address, or is not resolved before the deadline
    """
    found: List[Any] = []

    def look_up() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, allowed_gai_family(), socket.SOCK_STREAM))
        except Exception as err:  # noqa: BLE001
            found.append(err)

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(seconds_left())
    if not found:
        raise socket.timeout("no name server responds in time")
    if isinstance(found[0], Exception):
        raise found[0]
    return list(found[0])


def read_xml_error(content: bytes) -> Any:
    """Parse an error of OBS; None if the body contains none."""
    text = content[:MAX_FOREIGN_TEXT].decode("utf-8", "replace")
    code, message = re.search(r"<Code>([^<]*)</Code>", text), re.search(r"<Message>([^<]*)</Message>", text)
    return {"code": code[1], "message": message[1] if message else ""} if "<Error>" in text and code else None


class Response(NamedTuple):
    """A successful response.

    :ivar data: the JSON document, or the text of an XML document; None if there was no body
    """

    status: int
    data: Any
    headers: Mapping[str, str] = {}


class Interruptible:
    """Mixin for connections that a cancelled run can shut down while it waits for a response."""

    sock: Any
    opened: Any = None

    def _new_conn(self) -> Any:
        with _cancellation.active().connecting():
            return super()._new_conn()  # type: ignore[misc]

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self.opened = self.sock

    def putrequest(self, *args: Any, **more: Any) -> Any:
        _cancellation.active().sending(self)
        return super().putrequest(*args, **more)  # type: ignore[misc]


POOLS = {
    scheme: type(
        f"Interruptible{pool.__name__}",
        (pool,),
        {
            "ConnectionCls": type(
                pool.ConnectionCls.__name__, (Interruptible, DeadlineConnection, pool.ConnectionCls), {}
            )
        },
    )
    for scheme, pool in (("http", HTTPConnectionPool), ("https", HTTPSConnectionPool))
    if requests is not None
}


class Adapter(HTTPAdapter):
    """Connection pool with a shared TLS context, because requests would load the CA bundle for each connection.

    :param connections: maximum number of connections to one host; further requests wait
    :param verify: whether certificates are verified
    """

    def __init__(self, connections: int, verify: bool) -> None:
        self.verify, self.trusts = verify, False
        self.lock = Lock()
        super().__init__(pool_maxsize=connections, pool_block=True)

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        """Set the TLS context, as the documentation of requests recommends."""
        self.context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if self.verify else ssl.CERT_NONE)
        super().init_poolmanager(*args, ssl_context=self.context, **more)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        """Set the TLS context for a proxy, whose own certificate is verified with the same CA bundle."""
        manager = super().proxy_manager_for(proxy, ssl_context=self.context, proxy_ssl_context=self.context, **more)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Load the CA bundle into the context once, instead of passing it to each connection.

        :raises OSError: a file cannot be read
        """
        super().cert_verify(conn, url, verify, cert)
        if not url.lower().startswith("https"):
            return
        with self.lock:
            if verify and not self.trusts:
                self.context.load_verify_locations(cafile=conn.ca_certs, capath=conn.ca_cert_dir)
                self.trusts = True
        conn.ca_certs = conn.ca_cert_dir = None


class Http:
    """HTTP session with the timeout, retry and size-limit policy of this collection.

    :param verify: True, False or the path of a CA bundle
    :param cert: client certificate, as path or as (certificate, key)
    :param timeout: seconds for one attempt of a request
    :param connections: maximum number of connections to one host
    """

    def __init__(
        self,
        verify: Union[bool, str],
        cert: Union[str, Tuple[str, str], None],
        timeout: float,
        secrets: Secrets,
        retry_budget: RetryBudget,
        connections: int = 1,
    ) -> None:
        self.verify, self.cert, self.timeout = verify, cert, timeout
        self.secrets, self.retry_budget = secrets, retry_budget
        self.request_settings_by_host: Dict[Tuple[str, ...], Dict[str, Any]] = {}
        self.session = requests.Session()
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, Adapter(connections, verify is not False))
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))  # no cookies
        if verify is False:  # the run adds a warning
            warnings.simplefilter("ignore", InsecureRequestWarning)
        # even without following a redirect, requests reads its body and parses its target
        self.session.get_redirect_target = lambda resp: None  # type: ignore[method-assign]

    def send(
        self,
        call: str,
        method: str,
        url: str,
        auth: Any,
        body: Optional[Dict[str, Any]] = None,
        policy: Optional[RetryPolicy] = None,
        headers: Optional[Mapping[str, str]] = None,
        wants_body: bool = False,
        xml: bool = False,
    ) -> Response:
        """Send a request, with the retries that are safe.

        :param call: description of the operation, to follow "Cannot"
        :param auth: ``requests`` auth object with ``renew()``, which may renew the token, and ``add_hint()``
        :param body: JSON body
        :param wants_body: whether the response must be a JSON object
        :param xml: whether the response is XML, which is returned as text
        :raises DisError: the last failure, after all retries
        """
        policy = policy or (READ if method in ("GET", "HEAD") else WRITE)
        failures = 0
        while True:
            self.retry_budget.wait_for_slot()
            started = self.retry_budget.clock()
            try:
                with _deadline.within(self.timeout):
                    response = self.send_once(call, method, url, auth, body, headers, wants_body, xml)
                self.retry_budget.record_success()
                return response
            except DisError as err:
                if isinstance(err, ApiError):
                    if err.means_token_refused and auth.renew():
                        continue
                    auth.add_hint(err)
                if policy.lost:
                    _cancellation.check()
                failures += 1
                too_late = _deadline.would_exceed(0.0)
                self.retry_budget.record_failure(self.retry_budget.clock() - started)
                if not is_retryable(policy, err):
                    if (err.status or 500) < 500:
                        self.retry_budget.record_success()
                    raise
                if too_late or self.retry_budget.exhausted(policy, failures, err):
                    raise
                if not self.retry_budget.allows(failures, getattr(err, "retry_after", None)):
                    raise

    def send_once(
        self,
        call: str,
        method: str,
        url: str,
        auth: Any,
        body: Optional[Dict[str, Any]],
        headers: Optional[Mapping[str, str]],
        wants_body: bool,
        xml: bool,
    ) -> Response:
        """Send a request once, and read its response within the time and size limits."""
        host = urlsplit(url).netloc
        try:
            data = None if body is None else json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8")
        except ValueError:
            raise InvalidOptions(f"Cannot {call}: a value cannot be encoded as JSON. Nothing was sent.") from None
        started = self.retry_budget.clock()
        try:
            request = requests.Request(
                method,
                url,
                data=data,
                auth=auth,
                headers={
                    "Content-Type": "application/json",
                    "Accept": "application/json",
                    "Accept-Encoding": "identity",
                    **(headers or {}),
                },
            )
            with self.session.send(
                self.session.prepare_request(request),
                timeout=(min(CONNECT_TIMEOUT, self.timeout), self.timeout),
                allow_redirects=False,
                **self.request_settings(url),
            ) as response:
                content = self.read(response, call, started)
        except requests.RequestException as err:
            raise self.translate_exception(err, call, host) from None
        except (HTTPError, UnicodeError) as err:
            if "Proxy" in type(err).__name__:
                raise InvalidOptions(f"Cannot {call}: the proxy URL is invalid.", PROXY) from None
            raise InvalidOptions(
                f"Cannot {call}: {host} is not a valid host name.", "Correct auth_url or endpoint_override."
            ) from None
        except OSError as err:
            reason = self.redact(err.strerror or err)
            raise InvalidOptions(
                f"Cannot {call}: a file of the connection settings cannot be used ({reason}).",
                "Check ca_cert, client_cert and client_key.",
            ) from None
        return self.parse_response(call, method, response, content, wants_body, xml)

    def request_settings(self, url: str) -> Dict[str, Any]:
        """Return proxies and certificates for a host, from options and environment, determined once per host."""
        host = urlsplit(url)[:2]
        if host not in self.request_settings_by_host:
            proxies: Dict[str, Any] = dict(NO_PROXY) if is_loopback(url) else {}
            self.request_settings_by_host[host] = dict(
                self.session.merge_environment_settings(url, proxies, True, self.verify, self.cert)
            )
        return self.request_settings_by_host[host]

    def read(self, response: Any, call: str, started: float) -> bytes:
        """Return the body.

        :raises UnexpectedResponse: the body is too large
        :raises ResponseLost: the body is incomplete or too slow
        """
        parts: List[bytes] = []
        size = 0
        take = getattr(response.raw, "read1", response.raw.read)
        try:
            while True:
                part = take(65536)
                if not part:
                    break
                parts.append(part)
                size += len(part)
                _deadline.count(len(part))
                if size > MAX_RESPONSE_SIZE:
                    raise UnexpectedResponse(
                        f"Cannot {call}: the response is larger than {MAX_RESPONSE_SIZE // 2**20} MiB.",
                        "Check endpoint_override and auth_url: DIS and IAM do not send such responses.",
                        response.status_code,
                        outcome_unknown=response.status_code < 300,
                    )
                if self.retry_budget.clock() - started > self.timeout:
                    raise self.timed_out(call, urlsplit(response.url).netloc)
        except ReadTimeoutError:
            raise self.timed_out(call, urlsplit(response.url).netloc) from None
        except HTTPError:  # requests translates these in iter_content() alone
            raise self.lost(call, urlsplit(response.url).netloc) from None
        announced = response.headers.get("Content-Length", "")
        if NUMBER.match(announced) and size < int(announced) and response.request.method != "HEAD":
            raise self.lost(call, urlsplit(response.url).netloc)
        return b"".join(parts)

    def translate_exception(self, err: Any, call: str, host: str) -> DisError:
        """Convert an exception of requests; its own text may contain a secret and is not used."""
        causes = {type(cause).__name__ for cause in exception_chain(err)}
        texts = " ".join(str(cause) for cause in exception_chain(err))
        reason = re.search(r"certificate verify failed: ([^()\[\]]+)|(hostname '[^']+' doesn't match)", texts)
        by_proxy = isinstance(err, requests.exceptions.ProxyError)
        if isinstance(err, requests.exceptions.SSLError) or (by_proxy and reason):
            return Unreachable(
                f"Cannot {call}: no secure connection to {'the proxy on the way to ' if by_proxy else ''}{host}"
                f" ({self.redact((reason.group(1) or reason.group(2)).strip()) if reason else 'TLS failed'}).",
                "Specify the CA bundle that verifies the certificate with ca_cert, or correct the URL."
                if reason
                else TLS,
                transient=False,
            )
        if isinstance(err, requests.exceptions.InvalidSchema) and "SOCKS" in str(err):
            return InvalidOptions(
                f"Cannot {call}: the proxy is a SOCKS proxy, which requires PySocks.",
                "Install PySocks (pip install 'requests[socks]') for the Python that runs the module, or set"
                " HTTPS_PROXY to an HTTP proxy.",
            )
        if isinstance(err, requests.exceptions.InvalidURL) and re.search("proxy (url|scheme)", str(err), re.IGNORECASE):
            return InvalidOptions(f"Cannot {call}: the proxy URL is invalid.", PROXY)
        if by_proxy:
            return Unreachable(
                f"Cannot {call}: the proxy rejects connections to {host}.",
                "Check HTTPS_PROXY and NO_PROXY.",
                transient=False,
            )
        if isinstance(err, requests.exceptions.ConnectTimeout):
            return Unreachable(f"Cannot {call}: {host} does not accept connections (timed out).", NO_ROUTE)
        if "NameResolutionError" in causes or "gaierror" in causes:
            return Unreachable(f"Cannot {call}: the host name {host} cannot be resolved.", NO_NAME, transient=False)
        if "NewConnectionError" in causes or "ConnectionRefusedError" in causes:
            return Unreachable(f"Cannot {call}: {host} does not accept connections.", NO_ROUTE)
        if isinstance(err, requests.exceptions.Timeout) or any(
            isinstance(cause, socket.timeout) for cause in exception_chain(err)
        ):
            return self.timed_out(call, host)
        if isinstance(err, (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            return self.lost(call, host)
        if isinstance(err, requests.exceptions.InvalidURL):
            return InvalidOptions(
                f"Cannot {call}: {host} is not a valid host name.", "Correct auth_url or endpoint_override."
            )
        return UnexpectedResponse(f"Cannot {call}: the request to {host} could not be made ({type(err).__name__}).")

    def timed_out(self, call: str, host: str) -> DisError:
        """Return the error for an incomplete response at the deadline, or for a connection that was not opened."""
        if _cancellation.active().aborted():
            return self.interrupted(call, host)
        attempt = _deadline.innermost()
        if attempt is not None and not attempt.sent:
            return Unreachable(f"Cannot {call}: {host} does not accept connections (timed out).", NO_ROUTE)
        if _deadline.earliest() is not attempt:
            return ResponseLost(f"Cannot {call}: {host} did not respond in the time that was left.", NO_TIME)
        return ResponseLost(f"Cannot {call}: {host} did not respond within {self.timeout:g} seconds.", SLOW)

    def lost(self, call: str, host: str) -> ResponseLost:
        """Return the error for a connection that was closed before the response was complete."""
        if _cancellation.active().aborted():
            return self.interrupted(call, host)
        return ResponseLost(f"Cannot {call}: {host} closed the connection before the response was complete.", "Rerun.")

    def interrupted(self, call: str, host: str) -> ResponseLost:
        """Return the error for a run that was cancelled before the response was complete."""
        return ResponseLost(
            f"Cannot {call}: the run was cancelled by {_cancellation.active().reason}, and {host} had not answered"
            f" {_cancellation.RESPONSE_GRACE:g} seconds later.",
            "Rerun: the modules read the state and perform the remaining actions.",
        )

    def parse_response(
        self, call: str, method: str, response: Any, content: bytes, wants_body: bool, xml: bool
    ) -> Response:
        """Return a successful response, or raise the error that it contains.

        :raises ApiError: the status is 400 or higher
        :raises UnexpectedResponse: a redirect, or a body of the wrong type
        """
        status = response.status_code
        host = urlsplit(response.url).netloc
        if 300 <= status < 400:
            there = host_of(response.headers.get("Location", "")) or "another path"
            raise UnexpectedResponse(
                f"Cannot {call}: {host} redirects to {self.redact(there)} (HTTP {status}), and redirects are"
                " never followed, to protect the token.",
                "Specify the final URL with endpoint_override or auth_url.",
                status,
            )
        data = read_xml_error(content) if xml else parse_json(content)
        if status >= 400:
            code, text = error_facts(data)
            is_page = not text and b"<" in content
            if not text:
                text = "the response is a web page" if is_page else content.decode("utf-8", "replace")
            raise ApiError(
                call,
                status,
                self.redact(code) if code else None,
                self.redact(text) or "no reason given",
                self.redact(get_request_id(data, response.headers))[:64] or None,
                retry_after(response.headers.get("Retry-After"), response.headers.get("Date")),
                is_page,
            )
        if xml and content.lstrip().startswith(b"<?xml"):
            return Response(status, content.decode("utf-8", "replace"), response.headers)
        good = isinstance(data, dict) if wants_body else (data is not None or not content.strip())
        if not good:
            kind = "a web page" if b"<" in content[:4096] else "no JSON object" if content else "nothing"
            raise UnexpectedResponse(
                f"Cannot {call}: {host} returned {kind} (HTTP {status}) instead of a response of DIS or IAM.",
                "Check endpoint_override, auth_url and proxies.",
                status,
                outcome_unknown=method not in ("GET", "HEAD"),
            )
        return Response(status, data, response.headers)

    def redact(self, text: Any) -> str:
        """Return an external text for a message, without secrets."""
        return sanitize(self.secrets.mask(str(text), MAX_FOREIGN_TEXT))


NO_PROXY: Dict[str, Any] = {"http": None, "https": None, "all": None}
PROXY = "Correct HTTPS_PROXY: it must be like http://proxy.example.com:8080."
NO_ROUTE = "Check the endpoint URL, firewalls and proxies; this region may not offer DIS."
NO_NAME = "Check region_name and endpoint_override: this region may not offer DIS."
TLS = (
    "Check client_cert and client_key: the server may require a client certificate, or the key may not match it. Also"
    " check ca_cert and the endpoint URL."
)
SLOW = "Rerun, or increase api_timeout."
NO_TIME = "Rerun, or increase the time for all requests together (wait_timeout)."


def exception_chain(err: Optional[BaseException]) -> List[BaseException]:
    """Return an exception and all exceptions that it wraps."""
    found: List[BaseException] = []
    todo: List[Any] = [err]
    while todo:
        one = todo.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            todo += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return found


def parse_json(content: bytes) -> Any:
    """Parse a JSON body; None if it is invalid or exceeds the limits."""
    try:
        data = json.loads(content.decode("utf-8"))
        if exceeds_limits(data):
            return None
        if b"\\ud" in content.lower():
            json.dumps(data, ensure_ascii=False).encode("utf-8")  # rejects lone surrogates
        return data
    except (ValueError, RecursionError):
        return None


def exceeds_limits(document: Any, most: int = MAX_RESPONSE_SIZE) -> bool:
    """Whether a document has too many levels or containers, or refers to itself, which would break recursive functions.

    :param most: maximum number of containers
    """
    level, count = [document] if isinstance(document, (dict, list)) else [], 0
    for _one in range(MAX_DEPTH):
        inside = (one.values() if isinstance(one, dict) else one for one in level)
        level = [one for members in inside for one in members if isinstance(one, (dict, list))]
        count += len(level)
        if not level or count > most:
            break
    return bool(level)


def error_facts(data: Any) -> Tuple[Optional[str], str]:
    """Return code and text of an error body of DIS, IAM or the gateway (IAM sheet, 1.8)."""
    if not isinstance(data, dict):
        return None, ""
    for body in [data] + [member for member in data.values() if isinstance(member, dict)]:
        code = first_value(body, ("errorCode", "error_code", "code"))
        text = first_value(body, ("message", "error_msg", "errorMsg", "errorMessage", "error_message"))
        if code or text:
            return (None if HTTP_STATUS.match(code) else code or None), text
    return None, ""


def first_value(body: Mapping[str, Any], names: Tuple[str, ...]) -> str:
    """Return the first nonblank member as a string; an empty string without one."""
    for name in names:
        value = body.get(name)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
            return str(value)
    return ""


def get_request_id(data: Any, headers: Mapping[str, str]) -> str:
    """Return the request ID to quote to support; empty if the response has none."""
    found = data.get("request_id") if isinstance(data, dict) else None
    for name in REQUEST_ID_HEADERS:
        found = found or headers.get(name)
    return found if isinstance(found, str) else ""


def retry_after(value: Optional[str], date: Optional[str]) -> Optional[float]:
    """Return the seconds of a ``Retry-After`` header; None if it is missing or invalid."""
    if not value:
        return None
    if NUMBER.match(value.strip()):
        return float(value.strip())
    try:
        until = parsedate_to_datetime(value).timestamp()
        now = parsedate_to_datetime(date).timestamp() if date else time.time()
        return max(0.0, until - now)
    except (TypeError, ValueError, OverflowError):
        return None
