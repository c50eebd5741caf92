# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: role_variables
short_description: Convert streams and transfer tasks to variables of the role dli_transfer
version_added: 1.0.0
author:
  - otc.dis contributors (@otc-dis)
description:
  - Converts the results of M(otc.dis.stream_info) and M(otc.dis.transfer_task_info) to a YAML document with the
    variables C(dli_transfer_streams) and C(dli_transfer_tasks) of the role P(otc.dis.dli_transfer#role). A run of the
    role with this document makes no changes.
  - Settings that the service does not return, and settings that no module supports, are omitted and named in a comment.
    Omitted options are not managed.
  - The document contains no secrets. Strings that look like templates are marked with C(!unsafe). The same input always
    results in the same document, sorted by name.
  - The filter fails if a name or setting in the input is masked because it contains a secret.
positional: transfer_tasks
options:
  _input:
    description: Result of M(otc.dis.stream_info) with O(otc.dis.stream_info#module:details=true).
    type: dict
    required: true
  transfer_tasks:
    description: Result of M(otc.dis.transfer_task_info).
    type: dict
    required: true
seealso:
  - ref: ansible_collections.otc.dis.docsite.fleet_inventory_guide
    description: The playbook otc.dis.export writes the document to a file.
"""

EXAMPLES = r"""
- name: Get all streams
  otc.dis.stream_info:
    cloud: my-otc
    details: true
  register: streams

- name: Get all transfer tasks
  otc.dis.transfer_task_info:
    cloud: my-otc
  register: transfer_tasks

- name: Show the variables of the role
  ansible.builtin.debug:
    msg: "{{ streams | otc.dis.role_variables(transfer_tasks) }}"
"""

RETURN = r"""
_value:
  description: YAML document with comments.
  type: str
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import yaml
from ansible.errors import AnsibleFilterError

from ..module_utils._core.errors import join_names
from ..module_utils._core.secrets import masked_paths
from ..plugin_utils._export import Entry, stream_entries, task_entries

HEAD = """\
---
# Streams and transfer tasks of project {project_id} at {endpoint}.
# Variables of the role otc.dis.dli_transfer, exported by otc.dis.export. A run of the role with them makes no changes.
# Omitted options are not managed. Secrets are not exported; add those that a new task needs from a vault.
"""
TEMPLATE = re.compile(r"\{[{%#]")


class Dumper(yaml.SafeDumper):
    """YAML with indented lists, without folding and anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists, too."""
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        """Write repeated values in full."""
        return True


def text_node(dumper: Dumper, value: str) -> yaml.Node:
    """Represent a string: templates with the tag ``!unsafe``, unprintable characters as escapes."""
    tag = "!unsafe" if TEMPLATE.search(value) else "tag:yaml.org,2002:str"
    return dumper.represent_scalar(tag, str(value), style=None if value.isprintable() else '"')


# Ansible passes instances of subclasses of the Python types.
for add in (Dumper.add_representer, Dumper.add_multi_representer):
    add(str, text_node)
Dumper.add_multi_representer(int, lambda dumper, value: dumper.represent_int(int(value)))
Dumper.add_multi_representer(float, lambda dumper, value: dumper.represent_float(float(value)))
Dumper.add_multi_representer(dict, lambda dumper, value: dumper.represent_dict(dict(value)))
Dumper.add_multi_representer(list, lambda dumper, value: dumper.represent_list(list(value)))


def lines_of(variable: str, entries: Iterable[Entry]) -> list[str]:
    """Return the lines of a variable with a list of entries, each below its comments."""
    lines: list[str] = []
    for entry in entries:
        lines += [f"  # {note}" for note in entry.notes]
        if entry.options is not None:
            document = {variable: [entry.options]}
            dumped = yaml.dump(document, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=float("inf"))
            lines += dumped.rstrip("\n").split("\n")[1:]
    empty = all(entry.options is None for entry in entries)
    return [f"{variable}: []" if empty else f"{variable}:", *lines]


def role_variables(streams: Mapping[str, Any], transfer_tasks: Mapping[str, Any]) -> str:
    """Return the YAML document.

    :param streams: result of ``stream_info``
    :param transfer_tasks: result of ``transfer_task_info``
    :raises AnsibleFilterError: if the input is invalid, or contains masks instead of names or settings
    """
    masked = set(masked_paths(streams.get("streams"), "streams"))
    masked.update(masked_paths(transfer_tasks.get("transfer_tasks"), "transfer_tasks"))
    if masked:
        raise AnsibleFilterError(
            f"Cannot export the streams and transfer tasks: {join_names(sorted(masked))} contain the mask of a secret,"
            " since they contain the password or token of the login. Use a password that is not part of a name, and"
            " rerun."
        )
    try:
        head = HEAD.format(project_id=streams["project_id"], endpoint=streams["endpoint"])
        stream_list = stream_entries(streams["streams"])
        task_list = task_entries(transfer_tasks["transfer_tasks"], streams["streams"])
    except (KeyError, TypeError) as err:
        raise AnsibleFilterError(
            "otc.dis.role_variables requires the results of otc.dis.stream_info and otc.dis.transfer_task_info, but"
            f" {err} is missing."
        ) from None
    lines = [*lines_of("dli_transfer_streams", stream_list), "", *lines_of("dli_transfer_tasks", task_list)]
    return head + "\n" + "\n".join(lines) + "\n"


class FilterModule:
    """Filters of this plugin."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return the filters by name."""
        return {"role_variables": role_variables}
