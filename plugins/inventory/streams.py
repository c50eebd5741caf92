# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: streams
short_description: DIS streams as inventory hosts
version_added: 1.0.0
author:
  - otc.dis contributors (@otc-dis)
description:
  - Creates an inventory host for each stream of the Data Ingestion Service (DIS), with the stream and its transfer
    tasks as variables. A play with C(hosts) set to C(all) then runs once per stream, and strategies, limits and job
    slicing distribute the work.
  - The configuration file must be named C(dis.yml) or C(dis.yaml), or end in C(.dis.yml) or C(.dis.yaml). O(plugin) is
    the only required option.
  - Authenticate with O(cloud), with C(OS_*) environment variables or with O(auth). Credentials are not passed to the
    hosts; modules in a play authenticate on their own.
  - Tasks run on the control node. Each host has C(ansible_connection) set to V(local), and
    C(ansible_python_interpreter) set to the Python interpreter that runs Ansible.
  - Host variables are C(dis_stream_name), C(dis_cloud) (the name in O(cloud) or O(clouds), if any), C(dis_stream) with
    the members of RV(otc.dis.stream_info#module:streams), and C(dis_transfer_tasks) with the members of
    RV(otc.dis.transfer_task_info#module:transfer_tasks) for all tasks. Values that the service does not return are
    V(null). Values are never evaluated as templates.
  - Groups are C(dis_status_running), C(dis_type_common), C(dis_destination_dli) and so on, by status, type and
    destination types of the transfer tasks, and C(dis_tag_team_billing) for a tag V(team) with the value V(billing), or
    C(dis_tag_team) without a value. Characters other than ASCII letters, digits and C(_) are replaced with C(_), so
    V(a-b) and V(a.b) are in the same group. Use O(keyed_groups) for other groups.
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
  - otc.dis.auth
options:
  plugin:
    description:
      - Must be V(otc.dis.streams).
    type: str
    required: true
    choices: [otc.dis.streams]
  name_pattern:
    description:
      - Shell pattern that the stream names must match, with V(*), V(?) and V([ab]), case-sensitive.
    type: str
  status:
    description:
      - Only include streams with one of these statuses, such as V(RUNNING).
    type: list
    elements: str
  destination_type:
    description:
      - Only include streams that have a transfer task with one of these destination types. C(dis_transfer_tasks)
        contains all of their tasks.
    type: list
    elements: str
    choices: [DLI, OBS, MRS, DWS, CLOUDTABLE]
  details:
    description:
      - Whether to query each stream and each transfer task separately to get partitions, settings and progress. This
        takes one more request for each.
      - With V(false), the plugin sends one request per 100 streams and one per stream for its transfer tasks. Values
        that the lists do not contain are V(null).
      - At most eight requests are sent in parallel.
    type: bool
    default: false
  clouds:
    description:
      - Names of several entries in C(clouds.yaml), which are queried one after the other. If one of them fails, the
        whole source fails.
      - Mutually exclusive with O(cloud) and O(auth). Other options apply to all entries.
      - Hosts are named by cloud and stream, such as V(my-otc-meters), unless O(hostnames) is set.
    type: list
    elements: raw
  host_prefix:
    description:
      - Prefix of all host names, such as V(dis-), of letters, digits, C(_), C(-) and C(.). Not part of
        C(dis_stream_name).
    type: str
    default: ""
  hostnames:
    description:
      - Jinja2 expressions for the host name in order of preference, such as V(dis_cloud ~ '-' ~ dis_stream_name). The
        first one with a non-empty result is used, after O(host_prefix). All host variables are available. With
        O(strict), an expression that fails stops the inventory.
      - Defaults to V(dis_stream_name) or, with O(clouds), to V(dis_cloud ~ '-' ~ dis_stream_name).
    type: list
    elements: str
notes:
  - If an inventory source fails, Ansible only warns and continues without its hosts. Set
    C(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) to V(true) to stop instead.
  - The plugin only sets variables on hosts that it has created. A stream is skipped with a warning if its host name is
    the name of a host or group of an earlier source or of a group of this source, is V(all), V(ungrouped) or
    V(localhost), or is not a safe host name.
  - Hosts that a later source or M(ansible.builtin.add_host) adds cannot be detected. Ansible merges a host of the same
    name with the stream, including C(ansible_connection). List sources with servers first (files in an inventory
    directory are read in alphabetical order), or set a unique O(host_prefix). A controller such as AWX reads each
    source separately and merges hosts by name, so set O(host_prefix) there, or use a separate inventory for streams.
  - Streams of the same name in two clouds or projects need O(clouds), or one file each with its own O(host_prefix).
    Otherwise, the second stream is skipped with a warning.
  - Streams can join a group that another source has created. A group with the name of a host, or V(localhost), is not
    created, and a warning names it.
  - Options for authentication can be templates, such as lookups, or vaulted. Empty options and empty list elements are
    ignored. An empty name in O(clouds) is rejected, since it could refer to any cloud.
  - The cache contains the host variables and no secrets. It is separate for each project, endpoint and combination of
    filters. When using a token with a cache, set O(auth.project_id), too, since a token alone does not identify its
    project.
seealso:
  - ref: ansible_collections.otc.dis.docsite.fleet_inventory_guide
    description: Playbooks that run once per stream.
  - module: otc.dis.stream_info
  - module: otc.dis.transfer_task_info
"""

EXAMPLES = r"""
# dli.dis.yml: running streams with transfer tasks to DLI, grouped by team, cached for an hour.
# To include all streams of the project, the first line is enough.
plugin: otc.dis.streams
cloud: my-otc
name_pattern: "*"
status: [RUNNING]
destination_type: [DLI]
details: true
strict: true
compose:
  dis_partitions: dis_stream.partition_count
groups:
  paused: dis_transfer_tasks | selectattr('state', 'equalto', 'PAUSED') | length > 0
keyed_groups:
  - key: dis_stream.tags.team | default('unassigned')
    prefix: team
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/otc-dis
cache_timeout: 3600
"""

import os
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Set, Tuple

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

try:
    from ansible.template import trust_as_template as as_template

    def as_text(value: str) -> str:
        """Return the string, which is not a template since it is not trusted."""
        return value

except ImportError:  # before 2.19, every string is a template unless it is marked as unsafe
    from ansible.utils.unsafe_proxy import wrap_var as as_text

    def as_template(value: str) -> str:  # type: ignore[misc]
        """Return the string, which is a template already."""
        return value


from ..module_utils._cloud import transport as _http
from ..module_utils._cloud.api import connect
from ..module_utils._cloud.clouds_yaml import collect_sources, with_full_paths
from ..module_utils._cloud.files import Files
from ..module_utils._cloud.settings import AUTH, SECRET, Settings, Source, is_set, resolve
from ..module_utils._core.errors import DisError, InvalidOptions, catch_unexpected, join_names
from ..module_utils._core.schema import coerce_for_validation, names_and_aliases, not_texts, without_blank_elements
from ..module_utils._core.secrets import Secrets, printable
from ..module_utils._module import secret_values, text_error
from ..module_utils._resources.destinations import DESTINATIONS
from ..module_utils._run import INSECURE_WARNING
from ..plugin_utils._ansible_values import decrypter
from ..plugin_utils._inventory import (
    RESERVED,
    Query,
    cache_suffix,
    check_host_prefix,
    clouds_of,
    could_be_template,
    groups_of,
    is_inventory_file,
    is_stream_name,
    name_conflict,
    query_of,
    skipped_groups_warning,
    skipped_warning,
    variables_of,
)
from ..plugin_utils._run_inventory import (
    CONNECTIONS,
    InventoryClient,
    streams_with_tasks,
)

INTERPRETER = "{{ ansible_playbook_python }}"
SPEC: Dict[str, Dict[str, Any]] = {
    "name_pattern": {"type": "str"},
    "status": {"type": "list", "elements": "str"},
    "destination_type": {"type": "list", "elements": "str", "choices": list(DESTINATIONS)},
    "details": {"type": "bool", "default": False},
    "clouds": {"type": "list", "elements": "raw"},
    "host_prefix": {"type": "str", "default": ""},
    **AUTH,
}
"""Argument spec of the options that this plugin validates; the others are options of Ansible's inventory fragments."""


class Candidate(NamedTuple):
    """A host to add: its name, its stream, variables and groups."""

    name: str
    stream_name: str
    variables: Dict[str, Any]
    groups: List[str]


class OwnInventory(InventoryData):
    """Hosts and groups of this source, kept separate from other sources. Groups with the name of a host are refused.

    Ansible resolves a name as a group first, so a group with the name of a host would receive the host's variables.

    :ivar refused_groups: names of groups that were not created
    """

    def __init__(self, host_names: Set[str], source: Optional[str]) -> None:
        self.host_names = host_names
        self.refused_groups: Set[str] = set()
        super().__init__()
        self.current_source = source

    def add_group(self, group: str) -> str:
        """Add a group unless a host has its name. Return the name in either case."""
        if group in self.host_names:
            self.refused_groups.add(str(group))
            return group
        return str(super().add_group(group))

    def add_host(self, host: str, group: Optional[str] = None, port: Any = None) -> str:
        """Add a host, also to a group unless the group was refused."""
        return str(super().add_host(host, None if group in self.refused_groups else group, port))

    def add_child(self, group: str, child: str) -> bool:
        """Add a host or group to a group unless either group was refused."""
        if group in self.refused_groups or (child in self.refused_groups and child not in self.hosts):
            return False
        return bool(super().add_child(group, child))


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Streams as hosts."""

    NAME = "otc.dis.streams"

    def __init__(self) -> None:
        super().__init__()
        self.secrets = Secrets()
        self.options: Dict[str, Any] = {}
        self.files = Files()

    def verify_file(self, path: str) -> bool:
        """Whether the file is an inventory source of this plugin, judging by its name."""
        return bool(super().verify_file(path)) and is_inventory_file(path)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Add the streams to the inventory.

        :param cache: whether cached entries may be used; false with ``--flush-cache``
        :raises AnsibleParserError: if the file is invalid or a request failed
        """
        super().parse(inventory, loader, path, cache)
        self.files = Files(os.path.dirname(os.path.abspath(path)), decrypter(loader))
        if _http.REQUESTS_IMPORT_ERROR is not None:
            raise AnsibleParserError(missing_required_lib("requests"))
        try:
            self._read_config_data(path)
            check_host_prefix(self.options["host_prefix"])
            entries = [
                (cloud, entry)
                for cloud in clouds_of(self.options)
                for entry in self.entries_of({**self.options, "cloud": cloud}, self.get_cache_key(path), cache)
            ]
        except DisError as err:
            raise AnsibleParserError(printable(self.secrets.mask(err.as_result()["msg"]))) from None
        except AnsibleError as err:
            raise AnsibleParserError(self.secrets.mask(str(err))) from None
        self.add_streams(entries)

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        """Set the options of the file that are not blank.

        Options of :data:`SPEC` are validated like those of the modules. The others are passed to Ansible.

        :raises InvalidOptions: if an option is invalid or unsupported
        """
        options = {name: value for name, value in (direct or {}).items() if is_set(value)}
        self.add_secrets(options)
        supported = names_of(self.option_definitions)
        unsupported = [str(name) for name in options if name not in supported]
        if unsupported:
            raise InvalidOptions(
                f"Unsupported options: {join_names(unsupported)}.",
                f"Supported options are {join_names(sorted(supported))}.",
            )
        own_names = names_of(SPEC)
        self.options = self.validated({name: value for name, value in options.items() if name in own_names})
        others = {name: value for name, value in options.items() if name not in own_names}
        if isinstance(others.get("hostnames"), list):
            others["hostnames"] = [expression for expression in others["hostnames"] if is_set(expression)]
        super().set_options(task_keys=task_keys, var_options=var_options, direct=others)

    def add_secrets(self, options: Mapping[str, Any]) -> None:
        """Register possible secrets for masking, before a message can contain them."""
        supported = names_of(self.option_definitions)
        self.secrets.add(*secret_values({name: value for name, value in options.items() if name not in supported}))
        clouds = options.get("clouds")
        values = [(name, options.get(name)) for name in ("auth", "cloud")]
        values += [("cloud", cloud) for cloud in (clouds if isinstance(clouds, list) else [clouds])]
        for name, value in values:
            is_secret = isinstance(value, str) and (name == "auth" or any(mark in value for mark in "{=:"))
            self.secrets.add(*secret_values(value, is_secret, in_auth=name == "auth"))

    def entries_of(self, options: Mapping[str, Any], cache_key: str, may_read_cache: bool) -> List[Dict[str, Any]]:
        """Return the streams of one cloud with their transfer tasks, from the cache or from the service.

        :raises DisError: if an option is invalid or a request failed
        """
        query = query_of(options)
        sources = collect_sources(options, os.environ, self.files)
        for source in sources:
            self.secrets.add(*(str(source.values[name]) for name in SECRET if name in source.values))
        if not self.get_option("cache"):
            return self.run_query(sources, query)
        key = f"{cache_key}_{cache_suffix(sources, query)}"
        if may_read_cache:
            try:
                return list(self._cache[key])
            except KeyError:  # not cached or expired
                pass
        self._cache[key] = self.run_query(sources, query)
        return list(self._cache[key])

    def validated(self, options: Mapping[str, Any]) -> Dict[str, Any]:
        """Render templates and validate the options like those of a module.

        :raises InvalidOptions: if an option is invalid
        """
        rendered = {name: decrypted(self.templar.template(value)) for name, value in options.items()}
        self.add_secrets(rendered)
        error = text_error(list(not_texts(SPEC, rendered)), rendered.get("cloud"))
        if error is not None:
            raise error
        # Blank elements of "clouds" are rejected instead of dropped, since they could refer to any cloud.
        specs = {**names_and_aliases(SPEC), "clouds": {}}
        rendered = {name: without_blank_elements(specs.get(name, {}), value, ()) for name, value in rendered.items()}
        options = coerce_for_validation(
            {"options": SPEC}, {name: value for name, value in rendered.items() if is_set(value)}
        )
        result = ArgumentSpecValidator(SPEC).validate(options)
        if result.error_messages:
            raise InvalidOptions(f"Invalid options: {'; '.join(result.error_messages)}.")
        return dict(result.validated_parameters)

    def run_query(self, sources: List[Source], query: Query) -> List[Dict[str, Any]]:
        """Return the streams of one cloud with their transfer tasks from the service.

        :raises DisError: if settings are missing or invalid, or a request failed
        """
        with catch_unexpected("otc.dis.streams"):
            return self.query_service(with_full_paths(resolve(sources), self.files), query)

    def query_service(self, settings: Settings, query: Query) -> List[Dict[str, Any]]:
        """Return the streams of one cloud with their transfer tasks from the service.

        :raises DisError: if a request failed
        """
        if settings.verify is False:
            self.display.warning(INSECURE_WARNING)
        return streams_with_tasks(InventoryClient(connect(settings, self.secrets, CONNECTIONS)), query)

    def add_streams(self, entries: List[Tuple[Any, Dict[str, Any]]]) -> None:
        """Add streams to the inventory without changing existing hosts and groups.

        :param entries: for each stream, the cloud and the entry from :meth:`entries_of`
        """
        inventory: Any = self.inventory
        candidates, skipped = [], []
        for cloud, entry in entries:
            name = entry["stream"]["stream_name"]
            if is_stream_name(name):
                candidates.append(self.candidate(cloud, entry["stream"], entry["transfer_tasks"]))
            else:
                skipped.append((name, name, "invalid stream name"))
        own_groups = {group for candidate in candidates for group in candidate.groups}
        accepted: Dict[str, Candidate] = {}
        for candidate in candidates:
            reason = name_conflict(candidate.name, {*inventory.hosts, *accepted}, inventory.groups, own_groups)
            if reason is None:
                accepted[candidate.name] = candidate
            else:
                skipped.append((candidate.name, candidate.stream_name, reason))
        own = OwnInventory({*inventory.hosts, *accepted, *RESERVED}, inventory.current_source)
        self.inventory = own
        try:
            for candidate in accepted.values():
                self.add_candidate(own, candidate)
        finally:
            self.inventory = inventory
        merge(own, inventory)
        if skipped:
            self.display.warning(printable(self.secrets.mask(skipped_warning(skipped))))
        if own.refused_groups:
            self.display.warning(printable(self.secrets.mask(skipped_groups_warning(own.refused_groups))))

    def candidate(self, cloud: Any, stream: Dict[str, Any], tasks: List[Dict[str, Any]]) -> Candidate:
        """Return the host of a stream.

        :raises AnsibleParserError: if an expression of ``hostnames`` failed and ``strict`` is set
        """
        cloud_name = cloud if isinstance(cloud, str) else None
        variables = {name: inert(value) for name, value in variables_of(stream, tasks, cloud_name).items()}
        name = str(self.options["host_prefix"] or "") + self.host_name(variables)
        # Before 2.19, str() keeps the "unsafe" marker of a string, and ansible-inventory would export it for each host.
        return Candidate(str.__str__(name), stream["stream_name"], variables, groups_of(stream, tasks))

    def host_name(self, variables: Dict[str, Any]) -> str:
        """Return the host name of a stream, without the prefix.

        :raises AnsibleParserError: if an expression of ``hostnames`` failed and ``strict`` is set
        """
        stream_name = str(variables["dis_stream_name"])
        for expression in self.get_option("hostnames") or ():
            try:
                name = self._compose(expression, variables)
            except Exception as err:  # noqa: BLE001 (as Ansible does for its own expressions)
                if self.get_option("strict"):
                    raise AnsibleParserError(f"Cannot evaluate hostnames for stream {stream_name}: {err}") from None
                continue
            if isinstance(name, str) and name.strip():
                return str(name.strip())
        return f"{variables['dis_cloud']}-{stream_name}" if self.options["clouds"] else stream_name

    def add_candidate(self, own: OwnInventory, candidate: Candidate) -> None:
        """Add a stream to the inventory of this source, with its variables and groups."""
        host = own.add_host(candidate.name)
        own.set_variable(host, "ansible_connection", as_template("local"))
        own.set_variable(host, "ansible_python_interpreter", as_template(INTERPRETER))
        for variable, value in candidate.variables.items():
            own.set_variable(host, variable, value)
        for group in candidate.groups:
            own.add_host(host, group=own.add_group(group))
        strict = self.get_option("strict")
        variables = own.hosts[host].get_vars()
        self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), {}, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), {}, host, strict=strict)


def inert(value: Any) -> Any:
    """Return a value whose strings are never evaluated as templates.

    Only strings that could be templates are marked as unsafe: exports wrap a marked string, and AWX compares an
    *Enabled Variable* with the wrapped value. Any other string is equal to its result as a template.
    """
    if isinstance(value, dict):
        return {name: inert(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [inert(one) for one in value]
    if not isinstance(value, str):
        return value
    return as_text(value) if could_be_template(value) else as_template(value)


def merge(own: OwnInventory, inventory: Any) -> None:
    """Add the hosts and groups of this source to the inventory of the run, which has no hosts with these names."""
    for host in own.hosts.values():
        inventory.add_host(host.name)
        for name, value in host.vars.items():
            inventory.set_variable(host.name, name, value)
    groups = [group for group in own.groups.values() if group.name not in ("all", "ungrouped")]
    for group in groups:
        inventory.add_group(group.name)
        for host in group.hosts:
            inventory.add_host(host.name, group=group.name)
    for group in groups:
        for child in group.child_groups:
            if child.name not in ("all", "ungrouped"):
                inventory.add_child(group.name, child.name)


def names_of(options: Mapping[str, Mapping[str, Any]]) -> Set[str]:
    """Return the names and aliases of options."""
    return {name for option, spec in options.items() for name in (option, *spec.get("aliases", ()))}


def decrypted(value: Any) -> Any:
    """Return a value with all vaulted strings in it decrypted."""
    if isinstance(value, Mapping):
        return {str(name): decrypted(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [decrypted(inner) for inner in value]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)
