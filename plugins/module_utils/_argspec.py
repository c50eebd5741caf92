# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that the modules share, and those that follow from the table of destinations. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict

from ansible_collections.otc.dis.plugins.module_utils._fields import Field

TEXT = {"type": "str"}

AUTH: Dict[str, Dict[str, Any]] = {
    "cloud": {"type": "raw"},
    "auth": {
        "type": "dict",
        "options": {
            "auth_url": TEXT,
            "username": TEXT,
            "user_id": TEXT,
            "password": {"type": "str", "no_log": True},
            "user_domain_name": TEXT,
            "user_domain_id": TEXT,
            "project_name": TEXT,
            "project_id": TEXT,
            "project_domain_name": TEXT,
            "project_domain_id": TEXT,
            "domain_name": TEXT,
            "domain_id": TEXT,
            "passcode": {"type": "str", "no_log": True},
            "token": {"type": "str", "no_log": True},
            "access_key": {"type": "str", "no_log": True},
            "secret_key": {"type": "str", "no_log": True},
            "security_token": {"type": "str", "no_log": True},
            "agency_name": TEXT,
            "agency_domain_name": TEXT,
            "agency_domain_id": TEXT,
        },
    },
    "auth_type": TEXT,
    "region_name": TEXT,
    "interface": {"type": "str", "aliases": ["endpoint_type"]},
    "validate_certs": {"type": "bool", "aliases": ["verify"]},
    "ca_cert": {"type": "path", "aliases": ["cacert"]},
    "client_cert": {"type": "path", "aliases": ["cert"]},
    "client_key": {"type": "path", "aliases": ["key"], "no_log": False},
    "api_timeout": {"type": "float"},
    "endpoint_override": TEXT,
    "signature_form": TEXT,
    "token_cache": {"type": "path", "no_log": False},
}

WAIT: Dict[str, Dict[str, Any]] = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 300},
    "wait_interval": {"type": "float", "default": 2},
}


def option(field: Field) -> Dict[str, Any]:
    """The argument spec of one field; what a new task needs is told by the plan, which knows whether there is one."""
    told: Dict[str, Any] = {"type": field.type}
    if field.type == "list":
        told["elements"] = "dict"
    if field.members:
        told["options"] = {member.name: {**option(member), "required": member.needed} for member in field.members}
    elif field.choices and not field.spellings:
        told["choices"] = list(field.choices)
    if field.secret or "key" in field.name:  # Ansible takes every name with "key" for that of a secret
        told["no_log"] = field.secret
    return told
