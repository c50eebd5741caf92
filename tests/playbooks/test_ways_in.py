# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way in on every surface. The guide to what is proven names each case: docs/docsite/rst/proof_guide.rst."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import ansible_cli
import pytest
from desk import WISH, Desk, good, task

from otc_emulator import identity

pytestmark = pytest.mark.newest
Way = Callable[[Desk], dict[str, Any]]


# --- the ways: each gives the options that it needs, and puts everything else in its place


def password(desk: Desk) -> dict[str, Any]:
    return {"auth": desk.auth}


def token(desk: Desk) -> dict[str, Any]:
    return {"auth": {"auth_url": desk.cloud.auth_url, "token": desk.cloud.mint_token()}}


def clouds_yaml(desk: Desk) -> dict[str, Any]:
    desk.clouds({"other": {"region_name": "eu-nl"}, "emulated": {"auth": desk.auth}})
    return {"cloud": "emulated"}


def environment(desk: Desk) -> dict[str, Any]:
    desk.environ.update(desk.cloud.environ)
    return {}


def access_key(desk: Desk) -> dict[str, Any]:
    login = desk.cloud.login
    keys = {name: login[name] for name in ("access_key", "secret_key")}
    return {"auth": {**keys, "auth_url": desk.cloud.auth_url, "project_name": login["project"]}}


def agency(desk: Desk) -> dict[str, Any]:
    there = {
        "streams": ["meters"],
        "agencies": ["dis_admin_agency"],
        "buckets": ["telemetry-staging"],
        "dli_tables": ["telemetry.meter_raw"],
    }
    desk.cloud.seed(
        users=[{"name": "delegate", "password": "fake-delegate-password", "roles": ["te_agency"]}],
        delegations=[{"name": "dis_operators", "domain": "parent-domain", "trusted": "emulator-domain"}],
        projects=[{"name": "eu-de_parent", "domain": "parent-domain", **there}],
    )
    user = {"username": "delegate", "password": "fake-delegate-password"}
    more = {"agency_name": "dis_operators", "agency_domain_name": "parent-domain", "project_name": "eu-de_parent"}
    return {"auth": {**desk.auth, **user, **more}}


def passcode(desk: Desk) -> dict[str, Any]:
    device = "FAKEFAKEFAKEFAKE"
    desk.cloud.seed(users=[{"name": "careful", "password": "fake-careful-password", "totp_secret": device}])
    code = identity.passcode(device, time.time())
    return {"auth": {**desk.auth, "username": "careful", "password": "fake-careful-password", "passcode": code}}


# How many logins each takes: an agency needs one of the user and one of its own.
WAYS: dict[Way, int] = {
    password: 1,
    token: 0,
    clouds_yaml: 1,
    environment: 1,
    access_key: 0,
    agency: 2,
    passcode: 1,
}


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


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_way_in_leads_to_the_streams(desk: Desk, way: Way) -> None:
    desk.forget_cloud()
    path = desk.write("streams.dis.yml", {"plugin": "otc.dis.streams", **way(desk)})
    done = ansible_cli.run(["ansible-inventory", "-i", str(path), "--list"], desk.environ, desk.folder)
    assert list(json.loads(good(done).stdout)["_meta"]["hostvars"]) == ["meters"]
    assert len(desk.cloud.log("iam", "login")) == WAYS[way]
