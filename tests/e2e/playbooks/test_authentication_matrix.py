# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All login methods, configured by users and by controllers."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable

import pytest
from workspace import DESIRED, MODULE, Workspace, good, task

from otc_emulator.identity import passcode

WORDS = " ".join(f"{name}={value}" for name, value in DESIRED.items())


def test_module_defaults_of_the_action_group_serve_every_task(workspace: Workspace) -> None:
    workspace.forget_cloud()
    shared = {"auth": workspace.auth, "region_name": "eu-de"}
    done = good(workspace.play([task(), task(task_name="second")], module_defaults={"group/otc.dis.dis": shared}))
    assert [event.changed for event in done.of(MODULE)] == [True, True]


@pytest.mark.quick
def test_blank_variables_of_a_credential_count_as_not_given(workspace: Workspace) -> None:
    """A controller sets every variable of a credential type, also those omitted by the user."""
    blank = (
        *("AUTH_URL", "USERNAME", "USER_ID", "PASSWORD", "USER_DOMAIN_NAME", "USER_DOMAIN_ID", "PROJECT_NAME"),
        *("PROJECT_ID", "PROJECT_DOMAIN_NAME", "PROJECT_DOMAIN_ID", "DOMAIN_NAME", "DOMAIN_ID", "TOKEN", "AUTH_TYPE"),
        *("CLOUD", "CLIENT_CONFIG_FILE", "REGION_NAME", "INTERFACE", "INSECURE", "CACERT", "CERT", "KEY"),
        *("TENANT_NAME", "TENANT_ID", "IDENTITY_API_VERSION", "DIS_ENDPOINT_OVERRIDE", "DISV2_ENDPOINT_OVERRIDE"),
    )
    workspace.environ.update({f"OS_{name}": "" for name in blank})
    unanswered = {"cloud": "", "region_name": "", "endpoint_override": "", "auth_type": ""}
    auth = {**workspace.auth, "token": "", "project_id": "", "user_id": ""}
    done = good(workspace.play([task(auth=auth, **unanswered)]))
    assert done.of(MODULE)[0].result["actions"] == ["create"]


def test_a_controllers_clouds_file_with_one_entry_is_enough(workspace: Workspace) -> None:
    """What AWX makes of its built-in OpenStack credential: a file, a variable that names it, and nothing else."""
    workspace.forget_cloud()
    entry = {"auth": workspace.auth, "verify": True, "private": True}
    workspace.environ["OS_CLIENT_CONFIG_FILE"] = str(workspace.write("tmp_credential", {"clouds": {"devstack": entry}}))
    done = good(workspace.play([task()]))
    assert done.of(MODULE)[0].result["actions"] == ["create"]


@pytest.mark.quick
def test_ad_hoc_needs_no_nested_values(workspace: Workspace) -> None:
    made = good(workspace.ad_hoc(WORDS))
    assert "CHANGED" in made.stdout
    assert made.events[0].result["transfer_task"]["state"] == "RUNNING"
    workspace.writes()

    dry = good(workspace.ad_hoc(f"{WORDS} deliver_time_interval=60", "--check", "--diff"))
    assert '-    "deliver_time_interval": 300' in dry.stdout
    assert '+    "deliver_time_interval": 60' in dry.stdout
    assert workspace.writes() == []

    assert "SUCCESS" in good(workspace.ad_hoc(WORDS)).stdout


def test_ad_hoc_failure_contains_a_hint(workspace: Workspace) -> None:
    done = workspace.ad_hoc(WORDS.replace("meter_raw", "missing"))
    assert done.code == 2
    result = done.events[0].result
    assert result["error"]["code"] == "DIS.4338"
    assert result["msg"].endswith(result["error"]["hint"])
    assert "Traceback" not in done.output


# --- every way in, on every surface ---

Way = Callable[[Workspace], dict[str, str]]
"""Prepare the cloud and return the environment variables; a controller's credential sets the same."""


def by_password(workspace: Workspace) -> dict[str, str]:
    return workspace.cloud.environ


def by_password_and_cache(workspace: Workspace) -> dict[str, str]:
    return {**workspace.cloud.environ, "OTC_DIS_TOKEN_CACHE": str(workspace.folder / "cache/tokens.json")}


def by_token(workspace: Workspace) -> dict[str, str]:
    return {
        "OS_TOKEN": workspace.cloud.mint_token(),
        "OS_PROJECT_ID": workspace.cloud.project_id,
        "OS_DIS_ENDPOINT_OVERRIDE": workspace.cloud.url,
    }


def by_keys(workspace: Workspace) -> dict[str, str]:
    login = workspace.cloud.login
    return {
        "OS_ACCESS_KEY": login["access_key"],
        "OS_SECRET_KEY": login["secret_key"],
        "OS_SECURITY_TOKEN": "",
        "OS_PROJECT_NAME": "eu-de",
        "OS_AUTH_URL": workspace.cloud.auth_url,
    }


def by_temporary_keys(workspace: Workspace) -> dict[str, str]:
    pair = {"access": "TEMPORARYKEY0001", "secret": "fake-temporary-secret", "security_token": "fake-security-token"}
    workspace.cloud.seed(users=[{"name": "emulator-user", "access_keys": [pair]}])
    reported = {"ACCESS_KEY": pair["access"], "SECRET_KEY": pair["secret"], "SECURITY_TOKEN": pair["security_token"]}
    return {**by_keys(workspace), **{f"OS_{name}": value for name, value in reported.items()}}


def by_passcode_and_cache(workspace: Workspace) -> dict[str, str]:
    secret = "FAKEFAKEFAKEFAKE"
    workspace.cloud.seed(users=[{"name": "careful", "password": "fake-careful-password", "totp_secret": secret}])
    who = {"OS_USERNAME": "careful", "OS_PASSWORD": "fake-careful-password"}
    return {**by_password_and_cache(workspace), **who, "OS_PASSCODE": passcode(secret, time.time())}


def by_agency(workspace: Workspace) -> dict[str, str]:
    around = {"agencies": ["dis_admin_agency"], "buckets": ["telemetry-staging"], "dli_tables": ["telemetry.meter_raw"]}
    workspace.cloud.seed(
        users=[{"name": "delegate", "password": "fake-delegate-password", "roles": ["te_agency"]}],
        delegations=[{"name": "dis_operators", "domain": "parent-domain", "trusted": "emulator-domain"}],
        projects=[{"name": "eu-de_parent", "domain": "parent-domain", "streams": ["meters"], **around}],
    )
    who = {"OS_USERNAME": "delegate", "OS_PASSWORD": "fake-delegate-password", "OS_PROJECT_NAME": "eu-de_parent"}
    return {
        **workspace.cloud.environ,
        **who,
        "OS_AGENCY_NAME": "dis_operators",
        "OS_AGENCY_DOMAIN_NAME": "parent-domain",
    }


# Options instead of variables go through every pair in test_login_methods.py.
PAIRS = [
    (by_password_and_cache, "role"),
    (by_token, "ad hoc"),
    (by_keys, "playbook"),
    *((by_temporary_keys, surface) for surface in ("playbook", "role", "ad hoc")),
    (by_passcode_and_cache, "playbook"),
    (by_agency, "role"),
]


@pytest.mark.newest
@pytest.mark.parametrize(("way", "surface"), PAIRS, ids=lambda one: one if isinstance(one, str) else one.__name__[3:])
def test_variables_lead_in_and_no_output_shows_them(workspace: Workspace, way: Way, surface: str) -> None:
    workspace.forget_cloud()
    workspace.environ.update(way(workspace))
    if surface == "playbook":
        done = good(workspace.play([task()], "-vvv"))
        assert done.of(MODULE)[0].result["actions"] == ["create"]
    elif surface == "ad hoc":
        done = good(workspace.ad_hoc(WORDS, "-vvv"))
        assert done.events[0].result["actions"] == ["create"]
    else:
        role = {"name": "otc.dis.dli_transfer"}
        transfers = [{**DESIRED}]
        done = good(
            workspace.play([{"ansible.builtin.include_role": role, "vars": {"dli_transfer_tasks": transfers}}], "-vvv")
        )
    assert workspace.writes() == ["create_transfer_task"]
    for name in ("PASSWORD", "PASSCODE", "TOKEN", "ACCESS_KEY", "SECRET_KEY", "SECURITY_TOKEN"):
        secret = workspace.environ.get(f"OS_{name}")
        assert not secret or secret not in done.output, name


@pytest.mark.parametrize("way", [by_keys, by_temporary_keys, by_agency], ids=["keys", "temporary_keys", "agency"])
def test_every_login_method_works_in_module_defaults_and_clouds_yaml(workspace: Workspace, way: Way) -> None:
    workspace.forget_cloud()
    auth = {name[len("OS_") :].lower(): value for name, value in way(workspace).items() if name != "OS_REGION_NAME"}
    done = good(workspace.play([task()], module_defaults={"group/otc.dis.dis": {"auth": auth, "region_name": "eu-de"}}))
    assert done.of(MODULE)[0].result["actions"] == ["create"]
    workspace.clouds({"mine": {"auth": auth}})
    done = good(workspace.play([task()], module_defaults={"group/otc.dis.dis": {"cloud": "mine"}}))
    assert done.of(MODULE)[0].result["actions"] == []


def logins(workspace: Workspace) -> int:
    """The number of logins since the last call."""
    count = len(workspace.cloud.log("iam", "login"))
    workspace.cloud.clear_log()
    return count


@pytest.mark.quick
def test_one_login_serves_a_play(workspace: Workspace) -> None:
    """The token gets from task to task, and into no output."""
    log_in = {"name": "Log in", "otc.dis.iam_token": {}, "register": "login", "no_log": True}
    auth = {"token": "{{ login.token }}", "project_id": "{{ login.project_id }}"}
    shared = {"auth": auth, "endpoint_override": "{{ login.endpoint }}"}
    many = {**task(task_name="{{ item }}", **shared), "loop": ["one", "two", "three"]}
    workspace.environ["ANSIBLE_LOG_PATH"] = str(workspace.folder / "ansible.log")
    done = good(workspace.play([log_in, many], "-vvv"))
    assert [one["changed"] for one in done.of(MODULE)[0].items] == [True] * 3
    assert logins(workspace) == 1
    for text in (done.output, (workspace.folder / "ansible.log").read_text("utf-8"), str(done.events)):
        assert not re.search(r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))EMU[A-Za-z0-9_-]{20,}", text)
    refused = good(workspace.play([log_in, many], "--check", "-vvv"))
    assert logins(workspace) == 1
    assert not refused.of("otc.dis.iam_token")[0].changed


def test_token_without_no_log_is_warned_about(workspace: Workspace) -> None:
    done = workspace.play([{"name": "Log in", "otc.dis.iam_token": {}}])
    assert done.code == 0
    assert "no_log: true" in done.output


@pytest.mark.quick
def test_token_cache_makes_one_login_for_a_loop_and_for_many_hosts(workspace: Workspace) -> None:
    """Ten items, and five hosts at once, each in a separate process."""
    workspace.environ["OTC_DIS_TOKEN_CACHE"] = str(workspace.folder / "cache/tokens.json")
    absent = {"name": "Transfer task", MODULE: {"stream_name": "meters", "task_name": "{{ item }}", "state": "absent"}}
    names = [f"t{number}" for number in range(10)]
    good(workspace.play([{**absent, "loop": names}]))
    assert logins(workspace) == 1
    (workspace.folder / "cache/tokens.json").unlink()
    hosts = {"all": {"hosts": {f"h{number}": {"ansible_connection": "local"} for number in range(5)}}}
    inventory = workspace.write("hosts.yml", hosts)
    play = {"hosts": "all", "gather_facts": False, "tasks": [{**absent, "loop": ["one"]}]}
    python = ["-e", f"ansible_python_interpreter={sys.executable}"]
    good(workspace.playbook("-i", str(inventory), "--forks", "5", *python, str(workspace.write("many.yml", [play]))))
    assert logins(workspace) == 1


def test_wrong_password_in_a_loop_is_tried_once_with_a_cache(workspace: Workspace) -> None:
    workspace.environ["OTC_DIS_TOKEN_CACHE"] = str(workspace.folder / "cache/tokens.json")
    workspace.environ["OS_PASSWORD"] = "fake-wrong-password"
    done = workspace.play([{**task(task_name="{{ item }}"), "loop": list("abcdef")}])
    assert done.code == 2
    assert workspace.cloud.state()["logins"]["failures"] == 1
    assert "OS_PASSWORD in the environment" in str(done.of(MODULE)[0].items[0]["msg"])
    assert "fake-wrong-password" not in done.output
