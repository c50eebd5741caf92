# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The credential types that users import, rendered by AWX's own injectors."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from controller import CONTAINER, FILES, inject, shipped

KINDS = ["password", "access_key"]
SHARED = {
    "auth_url": "https://iam.example.com/v3",
    "project_name": "eu-de_project",
    "region_name": "eu-de",
    "endpoint_override": "https://dis.example.com",
}
INPUTS = {
    "password": {
        **SHARED,
        "username": "someone",
        "password": "not-a-real-password",
        "user_domain_name": "account",
    },
    "access_key": {
        **SHARED,
        "access_key": "NOTAREALACCESSKEY",
        "secret_key": "not-a-real-secret-key",
        "security_token": "not-a-real-security-token",
        "project_id": "0123456789abcdef0123456789abcdef",
    },
}
SECRETS = {"password": {"password"}, "access_key": {"access_key", "secret_key", "security_token"}}

# AWX refuses to change the inputs of a type that is in use, even a label. If a set of inputs has to change, give its
# type a new name in setup.yml and in the guide, and replace the digest here.
FROZEN = {
    "OTC DIS (password, v2)": "9ad7ee35c6cd7b857231c547157115f16de06cc1f8eda125a9cb0d8409348f69",
    "OTC DIS (access key, v2)": "8dc87fe638817cad114fea4fef10bb21a1039a1c1efbea8fd1634c480a3ae4f1",
}

# What AWX takes: anything else is refused when the type is imported.
NAME = "^[a-zA-Z_][a-zA-Z0-9_]*$"
FIELD = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "label", "type"],
    "properties": {
        "id": {"type": "string", "pattern": NAME, "not": {"const": "tower"}},
        "label": {"type": "string"},
        "type": {"enum": ["string", "boolean"]},
        "help_text": {"type": "string"},
        "secret": {"type": "boolean"},
        "default": {"type": ["string", "boolean"]},
    },
}
INPUTS_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "fields": {"type": "array", "minItems": 1, "items": FIELD},
        "required": {"type": "array", "items": {"type": "string"}},
    },
}
INJECTORS_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "env": {
            "type": "object",
            "propertyNames": {"pattern": NAME, "not": {"pattern": "^ANSIBLE_"}},
            "additionalProperties": {"type": "string"},
        }
    },
}


def test_every_credential_type_has_both_files() -> None:
    for part in ("inputs", "injectors"):
        assert {path.name.split(".")[0] for path in FILES.glob(f"*.{part}.yml")} == set(KINDS)


def test_inputs_are_frozen_under_their_name() -> None:
    types = [task["awx.awx.credential_type"] for task in shipped("setup.yml") if "awx.awx.credential_type" in task]
    digests = {}
    for one in types:
        (file,) = re.findall(r"'(\w+\.inputs\.yml)'", one["inputs"])
        text = json.dumps(shipped(file), sort_keys=True)
        digests[one["name"]] = hashlib.sha256(text.encode()).hexdigest()
    assert digests == FROZEN


@pytest.mark.parametrize("kind", KINDS)
def test_definition_is_one_that_awx_takes(kind: str) -> None:
    inputs, injectors = shipped(f"{kind}.inputs.yml"), shipped(f"{kind}.injectors.yml")
    jsonschema.validate(inputs, INPUTS_SCHEMA)
    jsonschema.validate(injectors, INJECTORS_SCHEMA)
    fields = [field["id"] for field in inputs["fields"]]
    assert len(set(fields)) == len(fields)
    assert set(inputs["required"]) < set(fields)
    used = [re.fullmatch(r"\{\{ (\w+) \}\}", template) for template in injectors["env"].values()]
    assert sorted(one[1] for one in used if one) == sorted(fields), "each input makes one variable"
    assert set(fields) == set(INPUTS[kind])
    assert {field["id"] for field in inputs["fields"] if field.get("secret")} == SECRETS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_all_fields_become_variables_and_secrets_are_not_shown(kind: str, tmp_path: Path) -> None:
    injected = inject(kind, INPUTS[kind], tmp_path)
    variable = {"endpoint_override": "OS_DIS_ENDPOINT_OVERRIDE"}
    assert injected.env == {variable.get(name, f"OS_{name.upper()}"): value for name, value in INPUTS[kind].items()}
    assert injected.shown.keys() == injected.env.keys()
    for name, value in INPUTS[kind].items():
        assert (value in injected.shown.values()) == (name not in SECRETS[kind]), name
    assert injected.args == []


@pytest.mark.parametrize(
    "blank", [{}, dict.fromkeys(INPUTS["password"] | INPUTS["access_key"], "")], ids=["unset", "empty"]
)
@pytest.mark.parametrize("kind", KINDS)
def test_fields_left_blank_make_empty_variables(kind: str, blank: dict[str, Any], tmp_path: Path) -> None:
    """Which modules and inventory take as not given: see tests/e2e/playbooks/test_authentication_matrix.py."""
    inputs = {name: value for name, value in blank.items() if name in INPUTS[kind]}
    injected = inject(kind, inputs, tmp_path)
    assert set(injected.env.values()) == {""}
    assert len(injected.env) == len(INPUTS[kind])


def test_the_built_in_openstack_type_names_a_file_inside_the_container(tmp_path: Path) -> None:
    inputs = {"host": SHARED["auth_url"], "username": "someone", "password": "not-a-real-password", "project": "eu-de"}
    injected = inject("openstack", inputs, tmp_path)
    assert list(injected.env) == ["OS_CLIENT_CONFIG_FILE"]
    assert injected.env["OS_CLIENT_CONFIG_FILE"].startswith(f"{CONTAINER}/env/")
    assert injected.shown == injected.env
