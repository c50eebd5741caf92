# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Streams as hosts of an inventory: which ones, with which variables, in which groups. Private to otc.dis."""

from __future__ import annotations

import hashlib
import json
import re
from typing import AbstractSet, Any, Container, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..module_utils._cloud.settings import AUTH_KEYS, SECRET, TOP_KEYS, Source, lookup
from ..module_utils._core.errors import InvalidOptions, sanitize
from ..module_utils._resources.base import STREAM_NAME

SUFFIXES = (".dis.yml", ".dis.yaml")
"""How the name of an inventory file ends; without its dot, it is a name, too."""
CACHE_FORMAT = 1
"""To be raised with each change of what is cached, so that nobody reads what an older release wrote."""
NO_VARIABLE = re.compile(r"\W", re.ASCII)
HOST_NAME = re.compile(r"(?!\.)[A-Za-z0-9_.-]{1,253}")
"""What is safe as the name of a host: no host pattern, no template, no way out of the folder ``host_vars``."""
HOST_NAME_RULE = "1 to 253 letters, digits, _, - or ., and must not begin with ."
HOST_PREFIX = re.compile(r"(?!\.)[A-Za-z0-9_.-]{0,100}")
RESERVED = ("localhost", "127.0.0.1", "::1")
"""What Ansible takes for the control node, whether or not an inventory lists it."""
MAX_NAMED = 20
"""How many names a warning lists."""


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

    def matches(self, tasks: Iterable[Mapping[str, Any]]) -> bool:
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
    asked = {key: lookup(sources, key) for key in AUTH_KEYS + TOP_KEYS if key not in SECRET}
    text = json.dumps([CACHE_FORMAT, asked, query], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def is_host_name(name: str) -> bool:
    """Whether a stream can be a host: one whose name breaks the rule of DIS can be asked for nothing."""
    return STREAM_NAME.allows(name)


def name_conflict(
    name: str, hosts: Container[str], groups: Container[str], own_groups: Container[str]
) -> Optional[str]:
    """Why a stream must not become a host of this name; None if it may.

    :param hosts: hosts that exist, of other sources or of this one
    :param groups: groups that exist
    :param own_groups: groups that this source makes
    """
    if not HOST_NAME.fullmatch(name):
        return f"the name of a host must be {HOST_NAME_RULE}"
    if name in RESERVED:
        return "the name is reserved for the control node"
    if name in groups or name in ("all", "ungrouped"):
        return "a group has this name"
    if name in hosts:
        return "another host has this name"
    if name in own_groups:
        return "this source makes a group of this name"
    return None


def skipped_warning(skipped: Sequence[Tuple[str, str, str]]) -> str:
    """The warning about streams that are not added.

    :param skipped: for each, the name of the host, the name of the stream, and the reason
    """
    parts = []
    for host, stream, reason in skipped[:MAX_NAMED]:
        origin = "" if host == stream else f" (stream {stream!r})"
        parts.append(f"{sanitize(repr(host) + origin)}: {reason}")
    if len(skipped) > MAX_NAMED:
        parts.append(f"{len(skipped) - MAX_NAMED} more")
    return (
        f"Streams that are not added to the inventory: {'; '.join(parts)}. "
        "Hosts and groups of other sources stay as they are. Set host_prefix or hostnames to give other names."
    )


def skipped_groups_warning(names: AbstractSet[str]) -> str:
    """The warning about groups that are not made, because hosts have their names."""
    listing = ", ".join(sorted(names)[:MAX_NAMED]) + (" and more" if len(names) > MAX_NAMED else "")
    return (
        f"Groups that are not added to the inventory, because hosts have their names: {listing}. "
        "Set host_prefix, or another prefix in keyed_groups."
    )


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


def variables_of(
    stream: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]], cloud: Optional[str] = None
) -> Dict[str, Any]:
    """The variables of a host.

    :param cloud: name of the cloud that was asked, if the source names one
    """
    return {
        "dis_cloud": cloud,
        "dis_stream_name": stream["stream_name"],
        "dis_stream": stream,
        "dis_transfer_tasks": tasks,
    }


def clouds_of(options: Mapping[str, Any]) -> Tuple[Any, ...]:
    """The clouds to ask, each as the option ``cloud`` of a module takes it.

    :raises InvalidOptions: the option ``clouds`` holds something else than names, or stands beside another login
    """
    clouds = options["clouds"]
    if not clouds:
        return (options["cloud"],)
    if not all(isinstance(one, str) and one.strip() for one in clouds):
        raise InvalidOptions("clouds must be a list of names of entries in clouds.yaml.")
    for other in ("cloud", "auth"):
        if options[other]:
            raise InvalidOptions(f"clouds and {other} cannot be set together.", f"Remove {other} or clouds.")
    return tuple(dict.fromkeys(one.strip() for one in clouds))


def check_host_prefix(prefix: Optional[str]) -> None:
    """Refuse a prefix that would make names that are no names of hosts.

    :raises InvalidOptions: it would
    """
    if not HOST_PREFIX.fullmatch(prefix or ""):
        raise InvalidOptions(f"host_prefix is {prefix!r}, but must be at most 100 letters, digits, _, - or .")
