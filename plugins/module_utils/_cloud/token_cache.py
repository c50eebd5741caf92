# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""File cache of tokens, shared by runs and processes. Private to otc.dis; imported only if ``token_cache`` is set.

The file is replaced atomically, so readers never see a partial one. A lock file ensures that only one of several
processes logs in. Source: IAM sheet, 6.5 and 7.
"""

from __future__ import annotations

import calendar
import errno
import fcntl
import hashlib
import json
import os
import re
import stat
import time
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any, Callable, Dict, Iterator, Mapping, Optional

from .._core import cancellation as _cancellation
from .._core.errors import ApiError, InvalidOptions
from .._core.schema import parse_url
from .settings import IssuedToken, Settings

MARGIN = 300.0
"""Seconds before its expiry in which a token is no longer used."""
MAX_LIFETIME = 86400.0
REFUSED_FOR = 60.0
"""Seconds in which no process retries a rejected login."""
REFUSALS = (400, 401, 403)
MAX_FILE_SIZE = 4 * 1024 * 1024
MAX_ENTRIES = 200
ROUNDS = 2500
"""Iterations of the digest: a few milliseconds for each run, and for each guess of a password."""
PAUSE = 0.02
TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z\Z")

Entries = Dict[str, Dict[str, Any]]


# --- entries: pure ---


def key_of(settings: Settings, salt: bytes, passcode: bool = False) -> str:
    """Return the key of an entry: a digest of the authentication settings.

    The digest is slow and salted per file, so that a stolen file does not help to guess a password.

    :param passcode: whether to include the passcode; not for a token, which is valid for longer than the passcode
    """
    password, keys, agency = settings.password, settings.keys, settings.agency
    identity = [
        settings.auth_url,
        None if password is None else [password.user, password.password, password.passcode is not None],
        settings.token,
        keys,
        None if agency is None else [agency.name, agency.domain, agency.own],
        settings.scope,
        settings.region_name,
        ",".join(settings.interfaces),
        settings.endpoint,
    ]
    if passcode:
        identity.append(password and password.passcode)
    text = json.dumps(identity, sort_keys=True).encode("utf-8")
    return hashlib.pbkdf2_hmac("sha256", text, salt, ROUNDS).hex()


def seconds_of(expires_at: Optional[str]) -> Optional[float]:
    """Parse a time of IAM to seconds since 1970; None if it is invalid."""
    match = TIME.match(expires_at or "")
    try:
        return float(calendar.timegm(time.strptime(match.group(1), "%Y-%m-%dT%H:%M:%S"))) if match else None
    except ValueError:
        return None


def expiry(issued: IssuedToken, now: float) -> Optional[float]:
    """Return the expiry of a token by the system clock, which may differ from that of IAM.

    :param now: time of the response, in seconds since 1970
    """
    ends = seconds_of(issued.expires_at)
    if ends is None:
        return None
    try:
        there = parsedate_to_datetime(issued.date or "").timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        there = now
    return now + min(ends - there, MAX_LIFETIME)


def to_entry(issued: IssuedToken, now: float) -> Dict[str, Any]:
    """Return the entry for a token."""
    return {
        "token": issued.token,
        "project_id": issued.project_id,
        "endpoint": issued.endpoint,
        "expires_at": issued.expires_at,
        "since": now,
        "ends": expiry(issued, now),
    }


def from_entry(entry: Optional[Mapping[str, Any]], now: float) -> Optional[IssuedToken]:
    """Return the token of an entry, unless it expires soon or was stored in the future by the system clock."""
    if not entry or not is_number(entry.get("ends")) or not is_number(entry.get("since")):
        return None
    if not entry["since"] - MARGIN <= now < entry["ends"] - MARGIN:
        return None
    texts = [entry.get(name) for name in ("token", "project_id", "endpoint", "expires_at")]
    good = [text for text in texts if isinstance(text, str) and text]
    if len(good) != len(texts) or not re.match(r"[\x21-\x7e]+\Z", good[0]) or not usable(good[2]):
        return None
    return IssuedToken(*good)


def cached_refusal(entry: Optional[Mapping[str, Any]], now: float) -> Optional[ApiError]:
    """Return the rejection of an entry, if it is recent."""
    if not entry or not is_number(entry.get("refused")) or not 0 <= now - entry["refused"] < REFUSED_FOR:
        return None
    ago = int(now - entry["refused"])
    texts = {
        name: entry.get(name) if isinstance(entry.get(name), str) else None for name in ("call", "code", "request_id")
    }
    err = ApiError(
        texts["call"] or "log in",
        entry["status"] if isinstance(entry.get("status"), int) else 401,
        texts["code"],
        f"{entry.get('text')}; cached response from {ago} seconds ago",
        texts["request_id"],
    )
    err.kind = "authentication"
    err.hint = f"{entry.get('hint')} The same login is not retried for {REFUSED_FOR:g} seconds."
    return err


def refusal_entry(err: ApiError, now: float) -> Dict[str, Any]:
    """Return the entry for a rejection, whose texts contain no secrets."""
    identity = {"call": err.call, "status": err.status, "code": err.code, "text": err.text, "hint": err.hint}
    return {**identity, "request_id": err.request_id, "refused": now}


def is_cacheable(entry: Any, now: float) -> bool:
    """Whether an entry contains a valid token or a recent rejection."""
    return isinstance(entry, dict) and (from_entry(entry, now) is not None or cached_refusal(entry, now) is not None)


def is_number(value: Any) -> bool:
    """Whether a value is a plausible time: a number, not a boolean, within limits."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15


def usable(endpoint: str) -> bool:
    """Whether an endpoint is a valid URL."""
    try:
        return parse_url(endpoint, "endpoint") == endpoint
    except InvalidOptions:
        return False


# --- the file ---


class TokenCache:
    """The cache file, for one set of settings.

    :param path: absolute path
    """

    def __init__(self, path: str, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self.path, self.settings, self.clock = path, settings, clock
        self.salt, self.entries = b"", {}  # type: bytes, Entries

    def get_token(self, log_in: Callable[[], IssuedToken]) -> IssuedToken:
        """Return the cached token, else log in.

        :raises InvalidOptions: the file or its directory is not safe to use
        :raises DisError: the login failed, or was rejected recently
        """
        check_folder(os.path.dirname(self.path))
        found = self.cached()
        if found is None:
            with self.locked():
                found = self.cached() or self.acquire(log_in)
        return found

    def renew(self, token: str, log_in: Optional[Callable[[], IssuedToken]]) -> Optional[IssuedToken]:
        """Remove a rejected token, and return another one; None if no login is possible.

        :param log_in: None if the credentials do not allow another login
        """
        check_folder(os.path.dirname(self.path))
        with self.locked():
            found = self.cached()
            if found is not None and found.token != token:
                return found
            if found is not None:
                self.entries.pop(self.key(), None)
                self.write()
            return None if log_in is None else self.acquire(log_in)

    def key(self) -> str:
        """Return the key of the entry."""
        return key_of(self.settings, self.salt)

    def cached(self) -> Optional[IssuedToken]:
        """Return the cached token; None if the cache has no valid token.

        :raises ApiError: the same login was rejected recently
        """
        self.read()
        if not self.entries:
            return None
        now = self.clock()
        found = from_entry(self.entries.get(self.key()), now)
        if found is None:
            err = cached_refusal(self.entries.get(key_of(self.settings, self.salt, passcode=True)), now)
            if err is not None:
                raise err
        return found

    def acquire(self, log_in: Callable[[], IssuedToken]) -> IssuedToken:
        """Log in, and cache the token or the rejection.

        :raises DisError: the login failed
        """
        try:
            issued = log_in()
        except ApiError as err:
            if err.status in REFUSALS and not err.throttled:
                self.store(refusal_entry(err, self.clock()), passcode=True)
            raise
        self.store(to_entry(issued, self.clock()))
        return issued

    def store(self, entry: Dict[str, Any], passcode: bool = False) -> None:
        """Add an entry to the file."""
        if not self.salt:
            self.salt = os.urandom(32)
        self.entries[key_of(self.settings, self.salt, passcode)] = entry
        self.write()

    def read(self) -> None:
        """Read the file; invalid content counts as empty.

        :raises InvalidOptions: other users can read or write the file
        """
        self.salt, self.entries = b"", {}
        content = contents(self.path)
        try:
            document = json.loads(content.decode("utf-8"))
            salt, entries = bytes.fromhex(document["salt"]), document["entries"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return
        if len(salt) >= 16 and isinstance(entries, dict):
            now = self.clock()
            self.salt = salt
            self.entries = {key: entry for key, entry in entries.items() if is_cacheable(entry, now)}

    def write(self) -> None:
        """Replace the file atomically.

        :raises InvalidOptions: the file cannot be written
        """
        newest = sorted(
            self.entries.items(), key=lambda item: float(item[1].get("since") or item[1].get("refused") or 0)
        )
        document = {"salt": self.salt.hex(), "entries": dict(newest[-MAX_ENTRIES:])}
        beside = f"{self.path}.{os.getpid()}.{os.urandom(6).hex()}"
        try:
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                with os.fdopen(handle, "wb") as stream:
                    stream.write(json.dumps(document).encode("utf-8"))
                os.replace(beside, self.path)
            except BaseException:
                os.unlink(beside)
                raise
        except OSError as err:
            raise unusable(self.path, err) from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock during the block, so that no other process logs in.

        :raises InvalidOptions: another process holds the lock for too long
        """
        path = self.path + ".lock"
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
        except OSError as err:
            raise unusable(path, err) from None
        try:
            check_file(path, os.fstat(handle))
            until = time.monotonic() + max(60.0, 3 * self.settings.timeout)
            while not try_lock(handle):
                if time.monotonic() > until:
                    raise InvalidOptions(
                        f"Another run has held the lock {path} for too long.",
                        "End that run, or use another token_cache.",
                    )
                _cancellation.sleep(PAUSE)
            yield
        finally:
            os.close(handle)


def try_lock(handle: int) -> bool:
    """Try to lock a file; return whether the lock was acquired."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as err:
        if err.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        return False
    return True


def contents(path: str) -> bytes:
    """Return the content of the file; empty if it does not exist.

    :raises InvalidOptions: other users can read or write the file
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return b""
    except OSError as err:
        raise unusable(path, err) from None
    try:
        check_file(path, os.fstat(handle))
        with os.fdopen(handle, "rb", closefd=False) as stream:
            return stream.read(MAX_FILE_SIZE)
    finally:
        os.close(handle)


def check_file(path: str, facts: os.stat_result) -> None:
    """Check that only the current user can access a file.

    :raises InvalidOptions: other users can, or it is not a regular file
    """
    if not stat.S_ISREG(facts.st_mode):
        raise InvalidOptions(f"token_cache cannot be used: {path} is not a regular file.", REMEDY)
    if facts.st_uid != os.geteuid():
        raise InvalidOptions(f"token_cache cannot be used: {path} belongs to another user.", REMEDY)
    if facts.st_mode & 0o077:
        mode = stat.S_IMODE(facts.st_mode)
        raise InvalidOptions(
            f"token_cache cannot be used: other users may read or write {path} (mode {mode:04o}).", REMEDY
        )


def check_folder(path: str) -> None:
    """Create the directory if it does not exist, and check that other users cannot replace files in it.

    :raises InvalidOptions: other users can
    """
    try:
        os.makedirs(path, 0o700, exist_ok=True)
        facts = os.stat(path)
    except OSError as err:
        raise unusable(path, err) from None
    if facts.st_uid not in (0, os.geteuid()):
        raise InvalidOptions(f"token_cache cannot be used: the directory {path} belongs to another user.", REMEDY)
    if facts.st_mode & 0o022 and not facts.st_mode & stat.S_ISVTX:
        mode = stat.S_IMODE(facts.st_mode)
        raise InvalidOptions(f"token_cache cannot be used: other users may write to {path} (mode {mode:04o}).", REMEDY)


REMEDY = "Remove it if it is not needed, or specify a file in a directory of your own, such as ~/.cache/otc-dis/."


def unusable(path: str, err: OSError) -> InvalidOptions:
    """Return the error for a path that the system rejects."""
    if err.errno == errno.ELOOP:
        return InvalidOptions(f"token_cache cannot be used: {path} is a symbolic link.", REMEDY)
    return InvalidOptions(f"token_cache cannot be used: {path}: {err.strerror}.", REMEDY)
