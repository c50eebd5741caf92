# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way in on every surface. The guide to what is proven names each case: docs/docsite/rst/proof_guide.rst."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import ansible_cli
import pytest
from desk import WISH, Desk, good, task

Way = Callable[[Desk], dict[str, Any]]


# --- the ways: each gives the options that it needs, and puts everything else in its place


def password(desk: Desk) -> dict[str, Any]:
    return {"auth": desk.auth}


def token(desk: Desk) -> dict[str, Any]:
    return {"auth": {"auth_url": desk.cloud.auth_url, "token": desk.cloud.mint_token()}}


def clouds_yaml(desk: Desk) -> dict[str, Any]:
    entries = {"other": {"region_name": "eu-nl"}, "emulated": {"auth": desk.auth}}
    desk.environ["OS_CLIENT_CONFIG_FILE"] = str(desk.write("clouds.yaml", {"clouds": entries}))
    return {"cloud": "emulated"}


def environment(desk: Desk) -> dict[str, Any]:
    desk.environ.update(desk.cloud.environ)
    return {}


# How many logins each takes.
WAYS: dict[Way, int] = {password: 1, token: 0, clouds_yaml: 1, environment: 1}


# --- the surfaces: each makes the same transfer task


def playbook(desk: Desk, options: dict[str, Any]) -> ansible_cli.Run:
    return desk.play([task(**options)])


def role(desk: Desk, options: dict[str, Any]) -> ansible_cli.Run:
    include = {"name": "Role", "ansible.builtin.include_role": {"name": "otc.dis.dli_transfer"}}
    variables = {"dli_transfer_tasks": [WISH]}
    return desk.play([{**include, "vars": variables}], module_defaults={"group/otc.dis.dis": options})


def ad_hoc(desk: Desk, options: dict[str, Any]) -> ansible_cli.Run:
    return desk.ad_hoc(json.dumps({**WISH, **options}))


SURFACES = [playbook, role, ad_hoc]


@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.__name__)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_way_in_leads_in(desk: Desk, way: Way, surface: Callable[[Desk, dict[str, Any]], ansible_cli.Run]) -> None:
    desk.forget_cloud()
    done = good(surface(desk, way(desk)))
    assert sum(event.changed for event in done.events) == 1, str(done)
    assert len(desk.cloud.log("iam", "login")) == WAYS[way]
    assert desk.writes() == ["create_transfer_task"]
