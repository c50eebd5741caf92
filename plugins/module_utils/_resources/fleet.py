# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many transfer tasks as one wish: what is asked for, and what would be too much of it. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Sequence, Tuple

from .._core.errors import BadInput, DisError, listed
from .destinations import DESTINATIONS, Destination
from .transfer_task import QUOTA, TransferTask, Wish

MOST_TOLD = 20
"""Complaints that one message carries."""


MAX_CAUSES, MAX_NAMES = 5, 5
"""Causes of failures that one message carries, and names in each list of it."""


class Entry(NamedTuple):
    """One of the tasks that are asked for.

    :ivar on_drift: ``update``, ``recreate`` or ``fail``
    :ivar purged: nobody asked for it; it is there and not described
    """

    wish: Wish
    on_drift: str = "update"
    purged: bool = False

    @property
    def name(self) -> Tuple[str, str]:
        """What it is known by."""
        return self.wish.stream_name, self.wish.task_name


def check_entries(entries: Sequence[Entry]) -> None:
    """Hold all entries together.

    :raises BadInput: a task is described twice, or more than a stream may hold are to be there
    """
    places: Dict[Tuple[str, str], List[int]] = {}
    wanted: Dict[str, int] = {}
    for number, entry in enumerate(entries, 1):
        places.setdefault(entry.name, []).append(number)
        if entry.wish.state != "absent":
            wanted[entry.wish.stream_name] = wanted.get(entry.wish.stream_name, 0) + 1
    twice = [
        f'transfer task "{task}" of stream "{stream}" is described by entries {listed(map(str, numbers))}'
        for (stream, task), numbers in places.items()
        if len(numbers) > 1
    ]
    many = [
        f'{number} transfer tasks are described for stream "{stream}", which holds {QUOTA} at most'
        for stream, number in wanted.items()
        if number > QUOTA
    ]
    complain(twice or many)


def complain(reasons: Sequence[str]) -> None:
    """Refuse the whole call if there is any reason to.

    :raises BadInput: with as many reasons as a message carries
    """
    if reasons:
        more = len(reasons) - MOST_TOLD
        told = "; ".join(reasons[:MOST_TOLD]) + (f"; and {more} more" if more > 0 else "")
        raise BadInput(f"{told}. Nothing was sent.")


def by_stream(entries: Sequence[Entry]) -> Dict[str, List[Entry]]:
    """The entries of each stream, both in the order in which they were given."""
    found: Dict[str, List[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.wish.stream_name, []).append(entry)
    return found


def surplus(stream: str, present: Sequence[TransferTask], described: Sequence[Entry]) -> List[Entry]:
    """Entries that remove the tasks of a stream that nobody describes."""
    names = {entry.wish.task_name for entry in described}
    return [
        Entry(
            Wish(DESTINATIONS.get(task.kind) or Destination(task.kind, ()), stream, task.task_name, {}, "absent"),
            on_drift="recreate",  # a list may tell another destination than the task itself
            purged=True,
        )
        for task in present
        if task.task_name not in names
    ]


def by_cause(failures: Sequence[Tuple[Wish, DisError]]) -> Tuple[List[str], List[str]]:
    """Failures for a message: each cause once, with the tasks of each stream that it concerns; and the hints.

    Failures have the same cause if their texts differ in nothing but the name of the task and the request ID.
    """
    groups: Dict[Tuple[str, str], List[Tuple[Wish, DisError]]] = {}
    for wish, error in failures:
        text = str(error).replace(str(wish), "").replace(str(error.request_id), "")
        groups.setdefault((error.kind, text), []).append((wish, error))
    texts, hints = [], []
    for group in list(groups.values())[:MAX_CAUSES]:
        streams: Dict[str, List[str]] = {}
        for wish, _error in group:
            streams.setdefault(wish.stream_name, []).append(wish.task_name)
        places = [
            f'stream "{stream}": {", ".join(names[:MAX_NAMES])}'
            + (f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else "")
            for stream, names in list(streams.items())[:MAX_NAMES]
        ]
        places += [f"and {len(streams) - MAX_NAMES} more streams"] if len(streams) > MAX_NAMES else []
        error = group[0][1]
        texts.append(f"{str(error).rstrip('.')} ({len(group)} failed; {'; '.join(places)}).")
        if error.hint and error.hint not in hints:
            hints.append(error.hint)
    if len(groups) > MAX_CAUSES:
        texts.append(f"There are {len(groups) - MAX_CAUSES} more causes; each entry of transfer_tasks has its own.")
    return texts, hints


def summary(results: Sequence[Mapping[str, Any]]) -> Dict[str, Any]:
    """How many entries came to what, and how often each action was (or would be) done."""
    actions: Dict[str, int] = {}
    for one in results:
        for verb in one["actions"]:
            actions[verb] = actions.get(verb, 0) + 1
    failed, skipped = (sum(one[word] for one in results) for word in ("failed", "skipped"))
    changed = sum(one["changed"] for one in results)
    unchanged = sum(not (one["changed"] or one["failed"] or one["skipped"]) for one in results)
    return {
        "total": len(results),
        "ok": unchanged,
        "changed": changed,
        "failed": failed,
        "skipped": skipped,
        "actions": actions,
    }
