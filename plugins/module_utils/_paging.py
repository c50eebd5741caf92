# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that come in pages. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from ansible_collections.otc.dis.plugins.module_utils._fields import dictionaries, whole

PAGE_SIZE = 100
"""Entries of a page: the most that every edition of the API reference allows for streams and apps."""


def every(
    fetch: Callable[[Optional[str]], Mapping[str, Any]], items: str, name: str, more: Tuple[str, ...]
) -> List[Dict[str, Any]]:
    """All entries of a list, each once, in the order in which they come.

    Ends also where an answer says that there is more and there is not: at an empty page, at a page without anything
    new, and when as many entries were seen as there are.

    :param fetch: asks for the page behind a name; None asks for the first page
    :param items: member of an answer that holds the entries
    :param name: member of an entry by which it is known, and behind which the next page begins
    :param more: members of an answer that tell whether there is another page, in all their spellings
    """
    found: Dict[str, Dict[str, Any]] = {}
    start: Optional[str] = None
    while True:
        answer = fetch(start)
        entries = [entry for entry in dictionaries(answer.get(items)) if entry.get(name) is not None]
        fresh = {str(entry[name]): entry for entry in entries if str(entry[name]) not in found}
        found.update(fresh)
        total = whole(answer.get("total_number"))
        told = [answer[flag] for flag in more if flag in answer]
        goes_on = any(told) if told else total is not None
        if not fresh or not goes_on or (total is not None and len(found) >= total):
            return list(found.values())
        start = str(entries[-1][name])
