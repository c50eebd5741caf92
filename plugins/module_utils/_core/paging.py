# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pagination of list responses. Private to otc.dis."""

from __future__ import annotations

import re
import time
from typing import Any, Callable, Dict, List, Mapping, Optional, Pattern, Tuple

from . import deadline as _deadline
from .errors import ResponseLost, UnexpectedResponse
from .schema import NAME, int_or_none

PAGE_SIZE = 100
"""Entries of a page: the maximum for streams and apps in every edition of the API reference."""
MAX_PAGES = 1000
MAX_LIST_SIZE = 64 * 1024 * 1024
"""Maximum bytes of all pages of a list."""
LIST_FACTOR = 10
"""Time limit of all pages of a list, as a multiple of the timeout of one request."""
MAX_READS = 3
"""Maximum number of reads of a list that is incomplete."""
PLAIN_NAME = re.compile(NAME + r"{1,200}\Z")
"""Names of streams, apps and tasks."""
_HINT = "Check endpoint_override and proxies."


def total_number(response: Mapping[str, Any]) -> Optional[int]:
    """Return the total number of entries from a response; None if it has none."""
    return int_or_none(response.get("total_number"))


def paginate(
    fetch: Callable[[Optional[str]], Mapping[str, Any]],
    items: str,
    name: str,
    more: Tuple[str, ...],
    pattern: Optional[Pattern[str]] = None,
    may_lack: bool = False,
    api_timeout: float = 30.0,
    again: Callable[[int], bool] = lambda failures: False,
    total: Callable[[Mapping[str, Any]], Optional[int]] = total_number,
) -> List[Dict[str, Any]]:
    """Return all entries of a list without duplicates, in the order of the service.

    Stops at an empty page and at a page without new entries, even if the response reports more. A list with fewer
    entries than the service counts is read again, and rejected if it stays incomplete.

    :param fetch: requests the page that starts after a name; None requests the first page
    :param items: member of a response that contains the entries
    :param name: member of an entry that identifies it and serves as the marker of the next page
    :param more: members of a response that report further pages, in all their spellings
    :param pattern: pattern of names that can be used in a request
    :param may_lack: whether the list may be missing in the first response
    :param api_timeout: seconds for one request; all pages together may take ten times as long
    :param again: pauses and returns whether to read the list again; its argument is the number of incomplete reads
    :param total: returns the number of entries of the list, or of the page, from a response
    :raises UnexpectedResponse: a response has no list or an invalid one, the list has no end, or entries are missing
    """
    seconds = LIST_FACTOR * api_timeout
    with _deadline.within(seconds) as deadline:
        pages = limited(fetch, items, deadline, seconds)
        for reads in range(1, MAX_READS + 1):
            found, counted = read_pages(pages, items, name, more, pattern, may_lack, total)
            if counted is None or len(found) >= counted:
                return list(found.values())
            if reads == MAX_READS or not again(reads):
                break
    raise incomplete(f"list of {items}", counted, len(found))


def limited(
    fetch: Callable[[Optional[str]], Mapping[str, Any]], items: str, deadline: _deadline.Deadline, seconds: float
) -> Callable[[Optional[str]], Mapping[str, Any]]:
    """Return a function that requests a page and enforces the limits of the list.

    :param seconds: time limit, for the message
    """
    pages = 0

    def page(start: Optional[str]) -> Mapping[str, Any]:
        nonlocal pages
        if time.monotonic() >= deadline.at:
            raise too_long()
        pages += 1
        try:
            response = fetch(start)
        except ResponseLost:
            if deadline.hit:
                raise too_long() from None
            raise
        if deadline.size > MAX_LIST_SIZE:
            raise UnexpectedResponse(
                f"The list of {items} is larger than {MAX_LIST_SIZE // 2**20} MiB: {pages} pages were read.", _HINT
            )
        return response

    def too_long() -> UnexpectedResponse:
        return UnexpectedResponse(
            f"The list of {items} did not end within {seconds:g} seconds, ten times api_timeout: {pages} pages were"
            " requested.",
            f"{_HINT} For a list of that length, increase api_timeout.",
        )

    return page


def read_pages(
    fetch: Callable[[Optional[str]], Mapping[str, Any]],
    items: str,
    name: str,
    more: Tuple[str, ...],
    pattern: Optional[Pattern[str]],
    may_lack: bool,
    total: Callable[[Mapping[str, Any]], Optional[int]],
) -> Tuple[Dict[str, Dict[str, Any]], Optional[int]]:
    """Return the entries of a list by name, and the highest count in a response; None if no response has a count.

    The API does not document whether a count is that of the list or of the page. It decides about further pages only
    if no member of *more* is returned.

    :raises UnexpectedResponse: as :func:`paginate`, except for missing entries
    """
    found: Dict[str, Dict[str, Any]] = {}
    start: Optional[str] = None
    counted: Optional[int] = None
    for number in range(MAX_PAGES):
        response = fetch(start)
        lacks = may_lack and number == 0 and response.get(items) is None
        entries = [] if lacks else named_entries(response, items, name, pattern)
        fresh = {str(entry[name]): entry for entry in entries if str(entry[name]) not in found}
        found.update(fresh)
        count = None if lacks else total(response)
        if count is not None:
            counted = max(count, counted or 0)
        flags = [response[flag] for flag in more if flag in response]
        has_more = any(flags) if flags else count is not None and len(found) < count
        if not fresh or not has_more:
            return found, counted
        last = str(entries[-1][name])
        if last == start:
            break
        start = last
    raise UnexpectedResponse(
        f"The list of {items} has no end: a page repeats, or there are more than {MAX_PAGES} pages.", _HINT
    )


def incomplete(what: str, counted: Optional[int], arrived: int) -> UnexpectedResponse:
    """Return the error for an incomplete list."""
    return UnexpectedResponse(
        f"The {what} is incomplete: the service counts {counted} entries, but returned {arrived}, also after further"
        " reads. The missing entries are unknown, so the list was not used.",
        "Rerun; if it persists, quote the request ID to support.",
    )


def named_entries(
    response: Mapping[str, Any], items: str, name: str, pattern: Optional[Pattern[str]] = None
) -> List[Dict[str, Any]]:
    """Return the entries of a list in a response.

    :param pattern: pattern of names; without one, numbers are names too
    :raises UnexpectedResponse: the response has no list, or an entry has no valid name
    """
    entries = response.get(items)
    if not isinstance(entries, list):
        raise UnexpectedResponse(f"The response of the service has no list of {items}.", _HINT)
    for entry in entries:
        value = entry.get(name) if isinstance(entry, dict) else None
        if isinstance(value, bool) or not isinstance(value, str if pattern else (str, int)):
            raise UnexpectedResponse(f"The list of {items} has an entry without a {name}.", _HINT)
        if pattern and not pattern.match(str(value)):
            raise UnexpectedResponse(f"The list of {items} has a {name} that cannot be used in a request.", _HINT)
    return entries
