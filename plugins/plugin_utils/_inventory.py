# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Streams as inventory hosts: filters, variables, groups and name conflicts. Private to otc.dis."""

from __future__ import annotations

import hashlib
import json
import re
from typing import AbstractSet, Any, Container, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..module_utils._cloud.settings import AUTH_KEYS, SECRET, TOP_KEYS, Source, lookup
from ..module_utils._core.errors import InvalidOptions, list_names, sanitize
from ..module_utils._resources.base import STREAM_NAME

SUFFIXES = (".dis.yml", ".dis.yaml")
"""Suffixes of inventory files; a suffix without its leading dot is a valid file name, too."""
CACHE_FORMAT = 1
"""Version of the cached data. Increase it with each change, so that entries of older releases are not used."""
NON_WORD_CHARACTER = re.compile(r"\W", re.ASCII)
HOST_NAME = re.compile(r"(?!\.)[A-Za-z0-9_.-]{1,253}")
"""Safe host names: no host patterns, no templates, no path traversal out of ``host_vars``."""
HOST_NAME_RULE = "1 to 253 letters, digits, _, - or ., and must not begin with ."
HOST_PREFIX = re.compile(r"(?!\.)[A-Za-z0-9_.-]{0,100}")
RESERVED = ("localhost", "127.0.0.1", "::1")
"""Names that Ansible resolves to the control node, whether or not an inventory lists them."""
MAX_NAMED = 20
"""Maximum number of names in a warning."""


class Query(NamedTuple):
    """Filters for streams. An empty filter or None matches every stream.

    :ivar name_pattern: shell pattern of stream names
    :ivar status: statuses as the service returns them
    :ivar kinds: destination types; the stream must have a transfer task with one of them
    :ivar details: whether each stream and each task is queried separately
    """

    name_pattern: Optional[str] = None
    status: Tuple[str, ...] = ()
    kinds: Tuple[str, ...] = ()
    details: bool = False

    def matches(self, tasks: Iterable[Mapping[str, Any]]) -> bool:
        """Whether the filter ``kinds`` matches a stream with these transfer tasks."""
        return not self.kinds or any(task["destination_type"] in self.kinds for task in tasks)


def query_of(options: Mapping[str, Any]) -> Query:
    """Return the query that the options specify; they must be valid."""
    kinds = tuple(options["destination_type"] or ())
    return Query(options["name_pattern"], tuple(options["status"] or ()), kinds, options["details"])


def is_inventory_file(path: str) -> bool:
    """Whether a file is an inventory source of this plugin, judging by its name."""
    return path.endswith(SUFFIXES) or path.replace("\\", "/").rpartition("/")[2] in [name[1:] for name in SUFFIXES]


def cache_suffix(sources: List[Source], query: Query) -> str:
    """Return a digest of project, endpoint and query, which separates their entries in a cache.

    Secrets are excluded: the digest is part of a file name and would allow guessing passwords offline.
    """
    settings = {key: lookup(sources, key) for key in AUTH_KEYS + TOP_KEYS if key not in SECRET}
    text = json.dumps([CACHE_FORMAT, settings, query], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def is_stream_name(name: str) -> bool:
    """Whether a name is a valid stream name; the service rejects requests for any other."""
    return STREAM_NAME.allows(name)


def could_be_template(text: str) -> bool:
    """Return whether Jinja could evaluate a string: expressions begin with ``{``, and ``#jinja2:`` sets delimiters.

    A string that begins with ``#`` counts, since it could be the first part of such a line when strings are joined.
    """
    return "{" in text or text.startswith("#")


def name_conflict(
    name: str, hosts: Container[str], groups: Container[str], own_groups: Container[str]
) -> Optional[str]:
    """Return the reason why a stream must not become a host of this name; None without a conflict.

    :param hosts: existing hosts, of other sources or of this one
    :param groups: existing groups
    :param own_groups: groups that this source creates
    """
    if not HOST_NAME.fullmatch(name):
        return f"a host name must be {HOST_NAME_RULE}"
    if name in RESERVED:
        return "the name is reserved for the control node"
    if name in groups or name in ("all", "ungrouped"):
        return "a group has this name"
    if name in hosts:
        return "another host has this name"
    if name in own_groups:
        return "this source creates a group with this name"
    return None


def skipped_warning(skipped: Sequence[Tuple[str, str, str]]) -> str:
    """Return the warning about skipped streams.

    :param skipped: host name, stream name and reason of each stream
    """
    parts = []
    for host, stream, reason in skipped[:MAX_NAMED]:
        origin = "" if host == stream else f" (stream {stream!r})"
        parts.append(f"{sanitize(repr(host) + origin)}: {reason}")
    if len(skipped) > MAX_NAMED:
        parts.append(f"{len(skipped) - MAX_NAMED} more")
    return (
        f"Streams not added to the inventory: {'; '.join(parts)}. "
        "Hosts and groups of other sources are unchanged. To use other names, set host_prefix or hostnames."
    )


def skipped_groups_warning(names: AbstractSet[str]) -> str:
    """Return the warning about groups that were not created because hosts have their names."""
    return (
        f"Groups not added to the inventory, since hosts have their names: {list_names(sorted(names))}. "
        "Set host_prefix, or another prefix in keyed_groups."
    )


def groups_of(stream: Mapping[str, Any], tasks: Iterable[Mapping[str, Any]]) -> List[str]:
    """Return the names of the groups of a stream, sorted and without duplicates.

    :param stream: as returned by ``stream_info``
    :param tasks: as returned by ``transfer_task_info``
    """
    words = [("status", stream["status"]), ("type", stream["stream_type"])]
    words += [("destination", task["destination_type"]) for task in tasks]
    names = {f"dis_{kind}_{word.lower()}" for kind, word in words if word}
    for key, value in (stream["tags"] or {}).items():
        names.add("_".join(part for part in ("dis_tag", key, value) if part))
    return sorted(NON_WORD_CHARACTER.sub("_", name) for name in names)


def variables_of(
    stream: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]], cloud: Optional[str] = None
) -> Dict[str, Any]:
    """Return the variables of a host.

    :param cloud: name of the cloud, if the source specifies one
    """
    return {
        "dis_cloud": cloud,
        "dis_stream_name": stream["stream_name"],
        "dis_stream": stream,
        "dis_transfer_tasks": tasks,
    }


def clouds_of(options: Mapping[str, Any]) -> Tuple[Any, ...]:
    """Return the clouds to query, each as a value for the option ``cloud`` of a module.

    :raises InvalidOptions: if ``clouds`` contains anything but names, or is combined with ``cloud`` or ``auth``
    """
    clouds = options["clouds"]
    if not clouds:
        return (options["cloud"],)
    if not all(isinstance(name, str) and name.strip() for name in clouds):
        raise InvalidOptions("clouds must be a list of names of entries in clouds.yaml.")
    for other in ("cloud", "auth"):
        if options[other]:
            raise InvalidOptions(f"clouds and {other} are mutually exclusive.", f"Remove {other} or clouds.")
    return tuple(dict.fromkeys(name.strip() for name in clouds))


def check_host_prefix(prefix: Optional[str]) -> None:
    """Check the prefix of host names.

    :raises InvalidOptions: if host names with this prefix would be invalid
    """
    if not HOST_PREFIX.fullmatch(prefix or ""):
        raise InvalidOptions(f"host_prefix is {prefix!r}, but must be at most 100 letters, digits, _, - or .")
