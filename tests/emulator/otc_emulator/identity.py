# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Domains, users and tokens: logins and the scope of tokens. Pure Python."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

TOKENS_KEPT = 20_000
PASSCODE_SECONDS = 30


def passcode(secret: str, moment: float) -> str:
    """What a virtual MFA device shows at a time (RFC 6238 with its defaults); the secret is in base 32."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8), casefold=True)
    digest = hmac.new(key, struct.pack(">Q", int(moment) // PASSCODE_SECONDS), hashlib.sha1).digest()
    offset = digest[-1] & 15
    (number,) = struct.unpack(">I", digest[offset : offset + 4])
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06d}"


@dataclass
class Domain:
    """An account."""

    id: str
    name: str


@dataclass
class User:
    """A user, with the record of failed logins.

    ``totp_secret`` is that of a virtual MFA device, without whose passcode the user is not let in.
    """

    id: str
    name: str
    password: str
    domain: Domain
    roles: list[str]
    projects: list[str] | None = None
    totp_secret: str | None = None
    used_passcodes: set[str] = field(default_factory=set)
    failures: list[float] = field(default_factory=list)
    locked_until: float = 0.0

    def note_failure(self, now: float, allowed: int, window: float, lock: float) -> None:
        """Record a failed login; too many within the window lock the user. After a lock the count restarts."""
        if self.locked_until:
            self.failures, self.locked_until = [], 0.0
        self.failures = [*(one for one in self.failures if one > now - window), now]
        if len(self.failures) >= allowed:
            self.locked_until = max(self.locked_until, now + lock)

    def accepts_passcode(self, value: str, now: float) -> bool:
        """Whether a passcode is that of now, or of the half minute before, and is used for the first time."""
        if self.totp_secret is None or value in self.used_passcodes:
            return False
        good = value in {passcode(self.totp_secret, now - ago) for ago in (0, PASSCODE_SECONDS)}
        if good:
            self.used_passcodes.add(value)
        return good

    def may_use(self, project_name: str) -> bool:
        """Whether the user has a role in a project of the own domain."""
        return self.projects is None or project_name in self.projects


@dataclass
class Agency:
    """What an account lets the users of another account do."""

    id: str
    name: str
    domain: Domain
    trusted: Domain
    roles: list[str]
    projects: list[str] | None = None

    def as_user(self) -> User:
        """The principal that acts for the agency."""
        return User(self.id, f"{self.domain.name}/{self.name}", "", self.domain, self.roles, self.projects)


@dataclass
class AccessKey:
    """A key pair of a user. Temporary ones go with a security token, and end."""

    access: str
    secret: str
    user: User
    security_token: str | None = None
    expires_at: float | None = None
    active: bool = True

    def is_valid(self, now: float) -> bool:
        """Whether a service would still accept it."""
        return self.active and (self.expires_at is None or now < self.expires_at)


@dataclass
class Token:
    """An issued token. ``project_id`` is None for a domain-level one, ``assumed_by`` who is behind an agency."""

    value: str
    user: User
    methods: list[str]
    issued_at: float
    expires_at: float
    project_id: str | None
    revoked: bool = False
    assumed_by: User | None = None

    def is_valid(self, now: float) -> bool:
        """Whether a service would still accept it."""
        return not self.revoked and now < self.expires_at


class Identity:
    """All domains, users and tokens of one emulated cloud."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.domains: dict[str, Domain] = {}
        self.users: dict[str, User] = {}
        self.tokens: dict[str, Token] = {}
        self.access_keys: dict[str, AccessKey] = {}
        self.agencies: list[Agency] = []
        self.logins = {"attempts": 0, "successes": 0, "failures": 0, "refused_locked": 0}
        self.tokens_issued = 0

    def domain(self, *, name: str | None = None, id: str | None = None) -> Domain | None:
        """The domain of that id, else of that name."""
        if id is not None:
            return self.domains.get(id)
        return next((one for one in self.domains.values() if one.name == name), None)

    def user(self, name: str, domain: Domain) -> User | None:
        """The user of that name in a domain."""
        return next((one for one in self.users.values() if one.name == name and one.domain is domain), None)

    def issue(
        self,
        user: User,
        project_id: str | None,
        methods: list[str],
        life: float,
        length: int,
        issued: float | None = None,
        assumed_by: User | None = None,
    ) -> Token:
        """Make a token and remember it; the oldest ones are forgotten when there are very many."""
        now = self.clock() if issued is None else issued
        value = ("EMU" + secrets.token_urlsafe(length))[:length]
        token = Token(value, user, methods, now, now + life, project_id, assumed_by=assumed_by)
        while len(self.tokens) >= TOKENS_KEPT:
            del self.tokens[next(iter(self.tokens))]
        self.tokens[value] = token
        self.tokens_issued += 1
        return token

    def lend(self, user: User, ends: float) -> AccessKey:
        """A temporary key pair."""
        access = "EMULATORTEMP" + secrets.token_hex(4).upper()
        key = AccessKey(access, secrets.token_hex(20), user, "EMUKEY" + secrets.token_urlsafe(60), ends)
        self.access_keys[access] = key
        return key

    def valid_token(self, value: str | None) -> Token | None:
        """The token of that text, unless unknown, expired or revoked."""
        token = self.tokens.get(value or "")
        return token if token is not None and token.is_valid(self.clock()) else None

    def revoke_all(self) -> int:
        """Revoke all tokens; return the number of those that were valid."""
        now = self.clock()
        good = [one for one in self.tokens.values() if one.is_valid(now)]
        for token in good:
            token.revoked = True
        return len(good)
