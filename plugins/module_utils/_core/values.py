# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times as people write them. Private to otc.dis."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Optional
from urllib.parse import urlsplit

from .errors import (
    InvalidOptions,
)

TIME_RULE = (
    "now, a time before it such as -1h30m (w, d, h, m, s), a date and time such as 2026-01-31T10:00:00Z (UTC if no zone"
    " is given), or seconds or milliseconds since 1970"
)
DURATION_RULE = "a time such as 15m or 1h30m (w, d, h, m, s), or a number of seconds"
SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
BEFORE = re.compile(r"(?:now)?\s*-\s*((?:[0-9]{1,9}[wdhms])+)\Z", re.ASCII)
ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?\s*([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?\Z",
    re.ASCII,
)
FIRST_MILLISECONDS = 10**11
"""A number from here on counts milliseconds: as seconds it would lie beyond the year 5000."""


def read_time(text: str, now: float) -> Optional[float]:
    """Seconds since 1970; None for a text that is no time.

    :param now: the time that the others are told from, in seconds since 1970
    """
    text = text.strip()
    if text.lower() == "now":
        return now
    before = BEFORE.match(text.lower())
    if before:
        return now - sum(int(part[:-1]) * SECONDS[part[-1]] for part in re.findall(r"[0-9]+[wdhms]", before.group(1)))
    if re.match(r"[0-9]{1,15}(\.[0-9]{1,9})?\Z", text, re.ASCII):
        number = float(text)
        return number / 1000 if number >= FIRST_MILLISECONDS else number
    told = ISO.match(text)
    return None if told is None else read_iso(told)


def read_duration(text: str) -> Optional[float]:
    """Seconds that a text such as ``15m``, ``1h30m`` or ``900`` stands for; None for a text that is none."""
    text = text.strip().lower()
    if re.match(r"[0-9]{1,9}(\.[0-9]{1,9})?\Z", text, re.ASCII):
        return float(text)
    if not re.match(r"([0-9]{1,9}[wdhms])+\Z", text, re.ASCII):
        return None
    return float(sum(int(part[:-1]) * SECONDS[part[-1]] for part in re.findall(r"[0-9]+[wdhms]", text)))


def read_iso(told: re.Match[str]) -> Optional[float]:
    """Seconds since 1970 of a date that has the right form; None if there is no such date."""
    year, month, day, hour, minute, second, fraction, zone = told.groups()
    try:
        moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
        shift = timedelta(0)
        if zone and zone not in "Zz":
            digits = zone[1:].replace(":", "").ljust(4, "0")
            shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:])) * (-1 if zone[0] == "-" else 1)
        exact = (moment.replace(tzinfo=timezone(shift))).timestamp()
    except (ValueError, OverflowError):
        return None
    return exact + (float(f"0.{fraction}") if fraction else 0.0)


LOOPBACK = re.compile(r"(localhost|127(\.\d{1,3}){3}|::1)\Z")


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine."""
    return LOOPBACK.match(urlsplit(url).hostname or "") is not None


def host_of(url: str) -> str:
    """Host and port of a URL that anybody may have made up; a user and a password in it are left out."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def checked_url(url: str, what: str) -> str:
    """A base URL without closing slashes, if it may be used.

    :param what: where it comes from, for the message
    :raises InvalidOptions: unless it is https, or http to this machine, and carries nothing but host, port and path
    """
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or "@" in parts.netloc or parts.query or parts.fragment or not url.isprintable() or " " in url:
        raise InvalidOptions(
            f"{what} is not a usable address: give https://host[:port][/path] without user, query and blanks."
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(url)):
        raise InvalidOptions(
            f"{what} is {parts.scheme}://{parts.netloc}, but must be https (http is only allowed to this machine)."
        )
    return url.rstrip("/")


def service_url(url: str, what: str) -> str:
    """Base address of a service without version and project, which are cut off where somebody wrote them."""
    return re.sub(r"/v[123](\.0)?(/.*)?\Z", "", checked_url(re.sub(r"[$%]\((tenant|project)_id\)s", "x", url), what))
