# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests signed with access key and secret key: reading a signature and computing what it should be. Pure Python.

Two forms are known. ``access`` signs with the secret key itself; ``credential`` with a key derived from it over date,
region and service, both of which may be empty in the second kind of it (``credential_empty``).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import parse_qsl, quote, unquote

SCHEME = "SDK-HMAC-SHA256"
_SCHEMES = re.compile(r"(?:SDK|V11)-[A-Z0-9-]+")
_TERMINATOR = "sdk_request"
_UNSIGNED = "UNSIGNED-PAYLOAD"
_SCOPE_PARTS = 5


class BadSignature(Exception):
    """The signature is refused; the code is the one DIS has for the cause."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


@dataclass(frozen=True)
class SignedRequest:
    """What a signature covers. Path and query are as they came over the wire."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Signature:
    """An Authorization header, taken apart."""

    form: str
    access_key: str
    signed_headers: tuple[str, ...]
    value: str
    date: str = ""
    region: str = ""
    service: str = ""

    @property
    def scope(self) -> str:
        """Date, region and service, as the string to sign repeats them."""
        return f"{self.date}/{self.region}/{self.service}/{_TERMINATOR}"


def _parts_of(text: str) -> dict[str, str]:
    parts = {}
    for piece in text.split(","):
        name, equals, value = piece.strip().partition("=")
        if not equals:
            raise BadSignature(4102, "The Authorization header cannot be read.")
        parts[name] = value
    return parts


def read_authorization(text: str) -> Signature:
    """Take an Authorization header apart. Raises BadSignature."""
    if not text.strip():
        raise BadSignature(4101, "The Authorization header is empty.")
    scheme, _blank, rest = text.strip().partition(" ")
    if scheme != SCHEME:
        if _SCHEMES.fullmatch(scheme):
            raise BadSignature(4112, f"The algorithm {scheme} is not supported.")
        raise BadSignature(4102, "The Authorization header cannot be read.")
    parts = _parts_of(rest)
    if "Access" not in parts and "Credential" not in parts:
        raise BadSignature(4109, "The Authorization header must hold Credential, SignedHeaders and Signature.")
    signed = tuple(one for one in parts.get("SignedHeaders", "").split(";") if one)
    value = parts.get("Signature", "")
    if not signed or not value or not {"host", "x-sdk-date"} <= set(signed):
        raise BadSignature(4110, "The signature or the signed headers are missing.")
    if "Access" in parts:
        return Signature("access", _given(parts["Access"]), signed, value)
    scope = parts["Credential"].split("/")
    if len(scope) != _SCOPE_PARTS or scope[-1] != _TERMINATOR:
        raise BadSignature(4109, "The credential must be access key, date, region, service and sdk_request.")
    access_key, date, region, service, _tail = scope
    form = "credential" if region or service else "credential_empty"
    return Signature(form, _given(access_key), signed, value, date, region, service)


def _given(access_key: str) -> str:
    if not access_key:
        raise BadSignature(4106, "The access key is missing.")
    return access_key


def check_date(text: str, now: float, window: float) -> None:
    """Raises BadSignature unless X-Sdk-Date exists, is valid and close to *now*."""
    if not text:
        raise BadSignature(4103, "The X-Sdk-Date header is empty.")
    try:
        when = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        raise BadSignature(4104, "The X-Sdk-Date header cannot be read.") from None
    if abs(when - now) > window:
        raise BadSignature(4105, "The X-Sdk-Date header is outside the window.")


def _escaped(text: str) -> str:
    return quote(text, safe="-._~")


def _uri(path: str) -> str:
    uri = "/".join(_escaped(part) for part in unquote(path).split("/"))
    return uri if uri.endswith("/") else uri + "/"


def _query(query: str, form: str) -> str:
    """The form ``access`` sorts before, the others after escaping."""
    pairs = parse_qsl(query, keep_blank_values=True)
    escaped = [(_escaped(name), _escaped(value)) for name, value in (sorted(pairs) if form == "access" else pairs)]
    return "&".join(f"{name}={value}" for name, value in (escaped if form == "access" else sorted(escaped)))


def canonical_request(request: SignedRequest, signature: Signature) -> str:
    """The request as signer and verifier write it down."""
    names = sorted(one.lower() for one in signature.signed_headers)
    block = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in names)
    payload = request.headers.get("x-sdk-content-sha256", "")
    body_hash = payload if payload.startswith(_UNSIGNED) else hashlib.sha256(request.body).hexdigest()
    return "\n".join(
        [request.method, _uri(request.path), _query(request.query, signature.form), block, ";".join(names), body_hash]
    )


def string_to_sign(request: SignedRequest, signature: Signature) -> str:
    """Scheme, time, scope where there is one, and the hash of the canonical request."""
    digest = hashlib.sha256(canonical_request(request, signature).encode()).hexdigest()
    scope = [] if signature.form == "access" else [signature.scope]
    return "\n".join([SCHEME, request.headers.get("x-sdk-date", ""), *scope, digest])


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signing_key(secret: str, signature: Signature) -> bytes:
    """The secret key, or what the scope makes of it."""
    if signature.form == "access":
        return secret.encode()
    key = f"SDK{secret}".encode()
    for part in (signature.date, signature.region, signature.service, _TERMINATOR):
        key = _hmac(key, part)
    return key


def expected_signature(secret: str, request: SignedRequest, signature: Signature) -> str:
    """What the signature must be."""
    return _hmac(signing_key(secret, signature), string_to_sign(request, signature)).hex()


def check_signature(secret: str, request: SignedRequest, signature: Signature) -> None:
    """Raises BadSignature unless the signature is that of the secret key."""
    date = request.headers.get("x-sdk-date", "")
    if signature.form != "access" and not date.startswith(signature.date):
        raise BadSignature(4100, "The date of the credential is not the one of X-Sdk-Date.")
    if not hmac.compare_digest(expected_signature(secret, request, signature).encode(), signature.value.encode()):
        raise BadSignature(4100, "The signature does not verify.")
