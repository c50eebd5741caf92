# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Request signatures with access key and secret key. Private to otc.dis.

Source: IAM sheet, section 5. All functions are pure; ``SignatureAuth`` applies them to ``requests``.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from email.utils import parsedate_to_datetime
from typing import Any, Callable, Mapping, NamedTuple, Optional
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from .._core.errors import SIGNATURE_REFUSED, TOKEN_HINTS, ApiError
from .._core.secrets import Secrets
from .settings import Keys
from .transport import AuthBase

SCHEME = "SDK-HMAC-SHA256"
END = "sdk_request"
SIGNED = ("content-type", "x-domain-id", "x-project-id", "x-security-token")
"""Signed headers in addition to host and date; headers that proxies or ``requests`` may change are not signed."""
SKEW = 60
"""Minimum clock difference in seconds that a message reports."""
DEFAULT_PORTS = {"https": 443, "http": 80}


class Request(NamedTuple):
    """The signed parts of a request.

    :ivar path: as in the request line, percent-encoded once
    :ivar query: as in the request line, without the question mark
    :ivar headers: headers to sign, including host and date
    :ivar body: bytes of the body
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class Scope(NamedTuple):
    """Credential scope of a derived key; ``region`` and ``service`` are empty in the form ``credential_empty``."""

    region: str
    service: str


def escaped(text: str) -> str:
    """Percent-encode all characters except letters, digits and ``-._~``."""
    return quote(text, safe="-._~")


def signed_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return the headers to sign: lower-case sorted names and trimmed values, without names with an underscore."""
    pairs = {name.lower(): value.strip() for name, value in headers.items() if "_" not in name}
    return {name: pairs[name] for name in sorted(pairs)}


def canonical_request(request: Request, scope: Optional[Scope]) -> str:
    """Return the canonical request (IAM sheet, 5.3, steps 1 to 7)."""
    path = "/".join(escaped(part) for part in unquote(request.path).split("/"))
    pairs = parse_qsl(request.query, keep_blank_values=True)
    if scope is None:
        query = [(escaped(name), escaped(value)) for name, value in sorted(pairs)]
    else:
        query = sorted((escaped(name), escaped(value)) for name, value in pairs)
    headers = signed_headers(request.headers)
    return "\n".join(
        [
            request.method,
            path if path.endswith("/") else path + "/",
            "&".join(f"{name}={value}" for name, value in query),
            "".join(f"{name}:{value}\n" for name, value in headers.items()),
            ";".join(headers),
            hashlib.sha256(request.body).hexdigest(),
        ]
    )


def string_to_sign(request: Request, scope: Optional[Scope], date: str) -> str:
    """Return the string to sign: scheme, time, scope if any, and hash of the canonical request (step 8)."""
    digest = hashlib.sha256(canonical_request(request, scope).encode("utf-8")).hexdigest()
    return "\n".join([SCHEME, date] + ([credential_scope(scope, date)] if scope else []) + [digest])


def credential_scope(scope: Scope, date: str) -> str:
    """Return the credential scope: day, region and service."""
    return f"{date[:8]}/{scope.region}/{scope.service}/{END}"


def signing_key(secret_key: str, scope: Optional[Scope], date: str) -> bytes:
    """Return the secret key, or the key derived for the scope (IAM sheet, 5.4)."""
    if scope is None:
        return secret_key.encode("utf-8")
    key = b"SDK" + secret_key.encode("utf-8")
    for part in (date[:8], scope.region, scope.service, END):
        key = hmac.new(key, part.encode("utf-8"), hashlib.sha256).digest()
    return key


def authorization(request: Request, access_key: str, secret_key: str, scope: Optional[Scope], date: str) -> str:
    """Return the ``Authorization`` header of a request.

    :param scope: None for the form ``access``
    :param date: value of the header ``X-Sdk-Date``
    """
    text = string_to_sign(request, scope, date)
    signature = hmac.new(signing_key(secret_key, scope, date), text.encode("utf-8"), hashlib.sha256).hexdigest()
    signer = f"Credential={access_key}/{credential_scope(scope, date)}" if scope else f"Access={access_key}"
    return f"{SCHEME} {signer}, SignedHeaders={';'.join(signed_headers(request.headers))}, Signature={signature}"


def scope_of(form: str, region: Optional[str], service: str) -> Optional[Scope]:
    """Return the credential scope of a signature form (IAM sheet, 5.2)."""
    return None if form == "access" else Scope(region or "", service) if form == "credential" else Scope("", "")


def authority(url: str) -> str:
    """Return the host of a URL, with the port unless it is the default."""
    parts = urlsplit(url)
    is_default = parts.port in (None, DEFAULT_PORTS.get(parts.scheme))
    return (parts.netloc.rpartition(":")[0] if is_default and parts.port else parts.netloc).lower()


class SignatureAuth(AuthBase):
    """Signs each attempt of a request just before it is sent: a signature is valid for 15 minutes.

    :param headers: additional headers to send and sign: the project or the domain
    :param advice: text to add to the hint of a rejection: the origin of the keys and other possible causes
    """

    def __init__(
        self,
        keys: Keys,
        scope: Optional[Scope],
        headers: Mapping[str, str],
        secrets: Secrets,
        advice: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.keys, self.scope, self.headers, self.secrets, self.advice = keys, scope, headers, secrets, advice
        self.clock = clock
        self.skew = 0.0

    def __call__(self, request: Any) -> Any:
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self.clock()))
        request.headers.update({"Host": authority(request.url), "X-Sdk-Date": date, **self.headers})
        if self.keys.security_token is not None:
            request.headers["X-Security-Token"] = self.keys.security_token
        path, _mark, query = request.path_url.partition("?")
        names = ("host", "x-sdk-date") + SIGNED
        headers = {name: request.headers[name] for name in names if name in request.headers}
        signed = Request(request.method, path, query, headers, request.body or b"")
        request.headers["Authorization"] = authorization(
            signed, self.keys.access_key, self.keys.secret_key, self.scope, date
        )
        request.register_hook("response", self.note)
        return request

    def note(self, response: Any, **_kwargs: Any) -> None:
        """Redact a rejected signature in messages, and measure the clock difference."""
        if response.status_code < 400:
            return
        self.secrets.add(response.request.headers["Authorization"].rpartition("=")[2])
        try:
            self.skew = self.clock() - parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
        except (TypeError, ValueError, IndexError, OverflowError):
            self.skew = 0.0

    def renew(self) -> bool:
        """Return False: each request has a new signature already."""
        return False

    def add_hint(self, err: ApiError) -> None:
        """Add the origin of the keys and the clock difference to the hint of a rejection."""
        if err.status not in (401, 441):
            return
        hint = SIGNATURE_REFUSED if err.hint in TOKEN_HINTS else err.hint
        err.hint = f"{hint} {self.advice}"
        if abs(self.skew) > SKEW:
            err.hint += (
                f" The system clock is {abs(self.skew):.0f} seconds"
                f" {'ahead of' if self.skew > 0 else 'behind'} that of the service."
            )
