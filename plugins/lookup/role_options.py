# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: role_options
short_description: Get the typed variables of a role of this collection
version_added: 1.0.0
author:
  - otc.dis contributors (@otc-dis)
description:
  - Reads the variables of a role once, and converts strings, as they come from the command line, surveys and CSV files,
    to the types of the variables. Blank values are replaced with the defaults.
  - Used by the roles of this collection in their first task. Not intended for other purposes.
options:
  _terms:
    description: Names of roles without the prefix C(otc.dis).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show the variables of the role
  ansible.builtin.debug:
    msg: "{{ lookup('otc.dis.role_options', 'export') }}"
  vars:
    export_file: transfers.yml
    export_destination_type: DLI,OBS
"""

RETURN = r"""
_raw:
  description:
    - Variables of each role by name, without the prefix of the role, and C(errors) with the list of validation errors.
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any

import yaml
from ansible.errors import AnsibleError, AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ..plugin_utils._role_options import ROLES, Role, resolve

try:
    from ansible.errors import AnsibleValueOmittedError

    OMITTED: tuple[type[Exception], ...] = (AnsibleValueOmittedError,)
except ImportError:  # ansible-core before 2.19
    OMITTED = ()


def parse(text: str) -> Any:
    """Parse a YAML or JSON document.

    :raises ValueError: if it is neither
    """
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise ValueError("not YAML") from None


def without_omitted(value: Any, omitted: Any) -> Any:
    """Remove omitted entries; before 2.19, Ansible represents the value ``omit`` as a placeholder string.

    :param omitted: placeholder; None without one
    """
    if omitted is None:
        return value
    if isinstance(value, Mapping):
        return {key: without_omitted(inner, omitted) for key, inner in value.items() if inner != omitted}
    if isinstance(value, list):
        return [without_omitted(element, omitted) for element in value if element != omitted]
    return None if value == omitted else value


class LookupModule(LookupBase):
    """Lookup of the validated variables of a role."""

    def run(self, terms: list[str], variables: Mapping[str, Any] | None = None, **_more: Any) -> list[dict[str, Any]]:
        """Return the options of each role.

        :raises AnsibleLookupError: if a role is unknown
        """
        unknown = [term for term in terms if term not in ROLES]
        if unknown:
            raise AnsibleLookupError(f"Unknown role {unknown[0]}. otc.dis.role_options supports {', '.join(ROLES)}.")
        return [self.options_of(ROLES[term], variables or {}) for term in terms]

    def options_of(self, role: Role, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return the converted variables of a role, and their errors."""
        templar: Any = self._templar
        found: dict[str, Any] = {}
        unresolved: dict[str, str] = {}
        for name in [role.prefix + option.name for option in role.options]:
            if name in variables:
                try:
                    value = templar.template(variables[name])
                    if value is None or value != variables.get("omit"):
                        found[name] = without_omitted(value, variables.get("omit"))
                except OMITTED:
                    continue
                except AnsibleError as err:
                    unresolved[name] = str(getattr(err, "message", None) or err)
        values, errors = resolve(role, variables, found, parse, unresolved)
        return {**values, "errors": errors}
