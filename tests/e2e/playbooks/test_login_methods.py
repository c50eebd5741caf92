# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every login method on every surface; test_login_coverage.py checks that none is missing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import ansible_cli
import pytest
from workspace import DESIRED, Workspace, good, task

from otc_emulator import identity

pytestmark = pytest.mark.newest
Way = Callable[[Workspace], dict[str, Any]]


# --- the ways: each gives the options that it needs, and puts everything else in its place


def password(workspace: Workspace) -> dict[str, Any]:
    return {"auth": workspace.auth}


def token(workspace: Workspace) -> dict[str, Any]:
    return {"auth": {"auth_url": workspace.cloud.auth_url, "token": workspace.cloud.mint_token()}}


def clouds_yaml(workspace: Workspace) -> dict[str, Any]:
    workspace.clouds({"other": {"region_name": "eu-nl"}, "emulated": {"auth": workspace.auth}})
    return {"cloud": "emulated"}


def environment(workspace: Workspace) -> dict[str, Any]:
    workspace.environ.update(workspace.cloud.environ)
    return {}


def access_key(workspace: Workspace) -> dict[str, Any]:
    login = workspace.cloud.login
    keys = {name: login[name] for name in ("access_key", "secret_key")}
    return {"auth": {**keys, "auth_url": workspace.cloud.auth_url, "project_name": login["project"]}}


def agency(workspace: Workspace) -> dict[str, Any]:
    there = {
        "streams": ["meters"],
        "agencies": ["dis_admin_agency"],
        "buckets": ["telemetry-staging"],
        "dli_tables": ["telemetry.meter_raw"],
    }
    workspace.cloud.seed(
        users=[{"name": "delegate", "password": "fake-delegate-password", "roles": ["te_agency"]}],
        delegations=[{"name": "dis_operators", "domain": "parent-domain", "trusted": "emulator-domain"}],
        projects=[{"name": "eu-de_parent", "domain": "parent-domain", **there}],
    )
    user = {"username": "delegate", "password": "fake-delegate-password"}
    more = {"agency_name": "dis_operators", "agency_domain_name": "parent-domain", "project_name": "eu-de_parent"}
    return {"auth": {**workspace.auth, **user, **more}}


def passcode(workspace: Workspace) -> dict[str, Any]:
    device = "FAKEFAKEFAKEFAKE"
    workspace.cloud.seed(users=[{"name": "careful", "password": "fake-careful-password", "totp_secret": device}])
    code = identity.passcode(device, time.time())
    return {"auth": {**workspace.auth, "username": "careful", "password": "fake-careful-password", "passcode": code}}


# The number of logins of each: an agency needs one for the user and one for the agency.
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


def playbook(workspace: Workspace, options: dict[str, Any]) -> ansible_cli.Run:
    return workspace.play([task(**options)])


def role(workspace: Workspace, options: dict[str, Any]) -> ansible_cli.Run:
    include = {"name": "Role", "ansible.builtin.include_role": {"name": "otc.dis.dli_transfer"}}
    variables = {"dli_transfer_tasks": [DESIRED]}
    return workspace.play([{**include, "vars": variables}], module_defaults={"group/otc.dis.dis": options})


def ad_hoc(workspace: Workspace, options: dict[str, Any]) -> ansible_cli.Run:
    return workspace.ad_hoc(json.dumps({**DESIRED, **options}))


SURFACES = [playbook, role, ad_hoc]


@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.__name__)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_login_method_authenticates(
    workspace: Workspace, way: Way, surface: Callable[[Workspace, dict[str, Any]], ansible_cli.Run]
) -> None:
    workspace.forget_cloud()
    done = good(surface(workspace, way(workspace)))
    assert sum(event.changed for event in done.events) == 1, str(done)
    assert len(workspace.cloud.log("iam", "login")) == WAYS[way]
    assert workspace.writes() == ["create_transfer_task"]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_login_method_lists_the_streams(workspace: Workspace, way: Way) -> None:
    workspace.forget_cloud()
    path = workspace.write("streams.dis.yml", {"plugin": "otc.dis.streams", **way(workspace)})
    done = ansible_cli.run(["ansible-inventory", "-i", str(path), "--list"], workspace.environ, workspace.folder)
    assert list(json.loads(good(done).stdout)["_meta"]["hostvars"]) == ["meters"]
    assert len(workspace.cloud.log("iam", "login")) == WAYS[way]
