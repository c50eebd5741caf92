# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that come in pages. Private to otc.dis."""

from __future__ import annotations

import re
import time
from typing import Any, Callable, Dict, List, Mapping, Optional, Pattern, Tuple

from . import deadline as _deadline
from .errors import ResponseLost, UnexpectedResponse
from .schema import NAME, int_or_none

PAGE_SIZE = 100
"""Entries of a page: the most that every edition of the API reference allows for streams and apps."""
MAX_PAGES = 1000
MAX_LIST_SIZE = 64 * 1024 * 1024
"""Bytes of all pages of a list."""
LIST_FACTOR = 10
"""How many times the seconds of one request all pages of a list may take."""
MAX_READS = 3
"""How often a list is read that lacks entries."""
PLAIN_NAME = re.compile(NAME + r"{1,200}\Z")
"""Names of streams, apps and tasks."""
_HINT = "Check endpoint_override, and proxies on the way."


def total_number(answer: Mapping[str, Any]) -> Optional[int]:
    """How many entries there are in all, as an answer tells; None where it does not."""
    return int_or_none(answer.get("total_number"))


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
    """All entries of a list, each once, in the order in which they come.

    Ends also where an answer says that there is more and there is not: at an empty page, and at a page without anything
    new. A list with fewer entries than the service counts is read again, and not believed if that does not help.

    :param fetch: asks for the page behind a name; None asks for the first page
    :param items: member of an answer that holds the entries
    :param name: member of an entry by which it is known, and behind which the next page begins
    :param more: members of an answer that tell whether there is another page, in all their spellings
    :param pattern: what names must match to be texts that can be asked for
    :param may_lack: whether the first answer may come without the list
    :param api_timeout: seconds for one request; all pages together may take ten times as long
    :param again: pauses, and says whether to read the list again; takes how often it was incomplete
    :param total: how many entries there are in all, or on this page, as an answer tells
    :raises UnexpectedResponse: an answer has no list, or one that cannot be read, or there is no end to them, or
        entries are missing
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
    """What asks for a page, as long as the list stays within its limits.

    :param seconds: the limit on time, for the message
    """
    pages = 0

    def page(start: Optional[str]) -> Mapping[str, Any]:
        nonlocal pages
        if time.monotonic() >= deadline.at:
            raise too_long()
        pages += 1
        try:
            answer = fetch(start)
        except ResponseLost:
            if deadline.hit:
                raise too_long() from None
            raise
        if deadline.size > MAX_LIST_SIZE:
            raise UnexpectedResponse(
                f"The list of {items} is larger than {MAX_LIST_SIZE // 2**20} MiB: {pages} pages were read.", _HINT
            )
        return answer

    def too_long() -> UnexpectedResponse:
        return UnexpectedResponse(
            f"The list of {items} did not end within {seconds:g} seconds, ten times api_timeout: {pages} pages were"
            " requested.",
            f"{_HINT} If the list really is that long, raise api_timeout.",
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
    """The entries of a list by name, and how many there are at least; None where no answer tells that.

    Whether a count is that of the list or of its page is not documented: where there is more, it ends nothing.

    :raises UnexpectedResponse: as :func:`paginate`, but for missing entries
    """
    found: Dict[str, Dict[str, Any]] = {}
    start: Optional[str] = None
    counted: Optional[int] = None
    for number in range(MAX_PAGES):
        answer = fetch(start)
        lacks = may_lack and number == 0 and answer.get(items) is None
        entries = [] if lacks else named_entries(answer, items, name, pattern)
        fresh = {str(entry[name]): entry for entry in entries if str(entry[name]) not in found}
        found.update(fresh)
        here = None if lacks else total(answer)
        if here is not None:
            counted = max(here, counted or 0)
        told = [answer[flag] for flag in more if flag in answer]
        goes_on = any(told) if told else here is not None and len(found) < here
        if not fresh or not goes_on:
            return found, counted
        last = str(entries[-1][name])
        if last == start:
            break
        start = last
    raise UnexpectedResponse(f"The list of {items} has no end: its pages do not advance, or there are too many.", _HINT)


def incomplete(what: str, counted: Optional[int], arrived: int) -> UnexpectedResponse:
    """The error for a list that lacks entries."""
    return UnexpectedResponse(
        f"The {what} is incomplete: the service counts {counted} entries, but {arrived} arrived, however often it was"
        " read. What is missing from it is not known, so nothing is concluded from it.",
        "Run again; if it stays so, give support the request ID.",
    )


def named_entries(
    answer: Mapping[str, Any], items: str, name: str, pattern: Optional[Pattern[str]] = None
) -> List[Dict[str, Any]]:
    """The entries of a list in an answer.

    :param pattern: what names must match; without one they may also be numbers
    :raises UnexpectedResponse: there is no list, or an entry has no name of this kind
    """
    entries = answer.get(items)
    if not isinstance(entries, list):
        raise UnexpectedResponse(f"The answer of the service holds no list of {items}.", _HINT)
    for entry in entries:
        told = entry.get(name) if isinstance(entry, dict) else None
        if isinstance(told, bool) or not isinstance(told, str if pattern else (str, int)):
            raise UnexpectedResponse(f"The list of {items} holds an entry without a {name}.", _HINT)
        if pattern and not pattern.match(str(told)):
            raise UnexpectedResponse(f"The list of {items} holds a {name} that cannot be asked for.", _HINT)
    return entries
