# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Streams as hosts of an inventory: which ones, with which variables, in which groups. Private to otc.dis."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.otc.dis.plugins.module_utils._rules import STREAM_NAME
from ansible_collections.otc.dis.plugins.module_utils._settings import AUTH_KEYS, SECRET, TOP_KEYS, Source, pick

SUFFIXES = (".dis.yml", ".dis.yaml")
"""How the name of an inventory file ends; without its dot, it is a name, too."""
CACHE_FORMAT = 1
"""To be raised with each change of what is cached, so that nobody reads what an older release wrote."""
NO_VARIABLE = re.compile(r"\W", re.ASCII)


class Query(NamedTuple):
    """Which streams are to be hosts; what is empty or None lets all of them be.

    :ivar name_pattern: shell pattern of names of streams
    :ivar status: words of the service
    :ivar kinds: destination types; a stream needs a transfer task with one of them
    :ivar details: whether each stream and each task is asked for by itself
    """

    name_pattern: Optional[str] = None
    status: Tuple[str, ...] = ()
    kinds: Tuple[str, ...] = ()
    details: bool = False

    def wants(self, tasks: Iterable[Mapping[str, Any]]) -> bool:
        """Whether a stream with these transfer tasks is asked for."""
        return not self.kinds or any(task["destination_type"] in self.kinds for task in tasks)


def query_of(options: Mapping[str, Any]) -> Query:
    """What the options, which must have been checked, ask for."""
    kinds = tuple(options["destination_type"] or ())
    return Query(options["name_pattern"], tuple(options["status"] or ()), kinds, options["details"])


def is_inventory_file(path: str) -> bool:
    """Whether the name of a file says that it is an inventory of ours."""
    return path.endswith(SUFFIXES) or path.replace("\\", "/").rpartition("/")[2] in [one[1:] for one in SUFFIXES]


def cache_suffix(sources: List[Source], query: Query) -> str:
    """What keeps the answers to different questions apart in a cache: project, address and query, as a digest.

    Secrets take no part in it: a digest in the name of a file would let others try passwords.
    """
    asked = {key: pick(sources, key) for key in AUTH_KEYS + TOP_KEYS if key not in SECRET}
    text = json.dumps([CACHE_FORMAT, asked, query], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def is_host_name(name: str) -> bool:
    """Whether a stream can be a host: one whose name breaks the rule of DIS can be asked for nothing."""
    return STREAM_NAME.allows(name)


def groups_of(stream: Mapping[str, Any], tasks: Iterable[Mapping[str, Any]]) -> List[str]:
    """Names of the groups that a stream belongs to, each once and sorted.

    :param stream: as ``stream_info`` returns it
    :param tasks: as ``transfer_task_info`` returns them
    """
    words = [("status", stream["status"]), ("type", stream["stream_type"])]
    words += [("destination", task["destination_type"]) for task in tasks]
    names = {f"dis_{kind}_{word.lower()}" for kind, word in words if word}
    for key, value in (stream["tags"] or {}).items():
        names.add("_".join(part for part in ("dis_tag", key, value) if part))
    return sorted(NO_VARIABLE.sub("_", name) for name in names)


def variables_of(stream: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]]) -> Dict[str, Any]:
    """What a host knows of its stream."""
    return {"dis_stream_name": stream["stream_name"], "dis_stream": stream, "dis_transfer_tasks": tasks}
