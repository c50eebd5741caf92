# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who logs in where: the ways in which people and controllers say it."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable

import pytest
from desk import MODULE, WISH, Desk, good, task

from otc_emulator.identity import passcode

WORDS = " ".join(f"{name}={value}" for name, value in WISH.items())


def test_module_defaults_of_the_action_group_serve_every_task(desk: Desk) -> None:
    desk.forget_cloud()
    shared = {"auth": desk.auth, "region_name": "eu-de"}
    done = good(desk.play([task(), task(task_name="second")], module_defaults={"group/otc.dis.dis": shared}))
    assert [event.changed for event in done.of(MODULE)] == [True, True]


@pytest.mark.quick
def test_blank_variables_of_a_credential_count_as_not_given(desk: Desk) -> None:
    """A controller sets every variable of a credential type, whatever the user left out."""
    blank = (
        *("AUTH_URL", "USERNAME", "USER_ID", "PASSWORD", "USER_DOMAIN_NAME", "USER_DOMAIN_ID", "PROJECT_NAME"),
        *("PROJECT_ID", "PROJECT_DOMAIN_NAME", "PROJECT_DOMAIN_ID", "DOMAIN_NAME", "DOMAIN_ID", "TOKEN", "AUTH_TYPE"),
        *("CLOUD", "CLIENT_CONFIG_FILE", "REGION_NAME", "INTERFACE", "INSECURE", "CACERT", "CERT", "KEY"),
        *("TENANT_NAME", "TENANT_ID", "IDENTITY_API_VERSION", "DIS_ENDPOINT_OVERRIDE", "DISV2_ENDPOINT_OVERRIDE"),
    )
    desk.environ.update({f"OS_{name}": "" for name in blank})
    unanswered = {"cloud": "", "region_name": "", "endpoint_override": "", "auth_type": ""}
    auth = {**desk.auth, "token": "", "project_id": "", "user_id": ""}
    done = good(desk.play([task(auth=auth, **unanswered)]))
    assert done.of(MODULE)[0].result["actions"] == ["create"]


def test_a_controllers_clouds_file_with_one_entry_is_enough(desk: Desk) -> None:
    """What AWX makes of its built-in OpenStack credential: a file, a variable that names it, and nothing else."""
    desk.forget_cloud()
    entry = {"auth": desk.auth, "verify": True, "private": True}
    desk.environ["OS_CLIENT_CONFIG_FILE"] = str(desk.write("tmp_credential", {"clouds": {"devstack": entry}}))
    done = good(desk.play([task()]))
    assert done.of(MODULE)[0].result["actions"] == ["create"]


@pytest.mark.quick
def test_ad_hoc_needs_no_nested_values(desk: Desk) -> None:
    made = good(desk.ad_hoc(WORDS))
    assert "CHANGED" in made.stdout
    assert made.events[0].result["transfer_task"]["state"] == "RUNNING"
    desk.writes()

    dry = good(desk.ad_hoc(f"{WORDS} deliver_time_interval=60", "--check", "--diff"))
    assert '-    "deliver_time_interval": 300' in dry.stdout
    assert '+    "deliver_time_interval": 60' in dry.stdout
    assert desk.writes() == []

    assert "SUCCESS" in good(desk.ad_hoc(WORDS)).stdout


def test_ad_hoc_failure_says_what_to_do(desk: Desk) -> None:
    done = desk.ad_hoc(WORDS.replace("meter_raw", "missing"))
    assert done.code == 2
    result = done.events[0].result
    assert result["error"]["code"] == "DIS.4338"
    assert result["msg"].endswith(result["error"]["hint"])
    assert "Traceback" not in done.output


# --- every way in, on every surface ---

Way = Callable[[Desk], dict[str, str]]
"""Prepares the cloud and gives what stands in the environment; a controller's credential does the same."""


def by_password(desk: Desk) -> dict[str, str]:
    return desk.cloud.environ


def by_password_and_cache(desk: Desk) -> dict[str, str]:
    return {**desk.cloud.environ, "OTC_DIS_TOKEN_CACHE": str(desk.folder / "cache/tokens.json")}


def by_token(desk: Desk) -> dict[str, str]:
    return {
        "OS_TOKEN": desk.cloud.mint_token(),
        "OS_PROJECT_ID": desk.cloud.project_id,
        "OS_DIS_ENDPOINT_OVERRIDE": desk.cloud.url,
    }


def by_keys(desk: Desk) -> dict[str, str]:
    login = desk.cloud.login
    return {
        "OS_ACCESS_KEY": login["access_key"],
        "OS_SECRET_KEY": login["secret_key"],
        "OS_SECURITY_TOKEN": "",
        "OS_PROJECT_NAME": "eu-de",
        "OS_AUTH_URL": desk.cloud.auth_url,
    }


def by_temporary_keys(desk: Desk) -> dict[str, str]:
    pair = {"access": "TEMPORARYKEY0001", "secret": "fake-temporary-secret", "security_token": "fake-security-token"}
    desk.cloud.seed(users=[{"name": "emulator-user", "access_keys": [pair]}])
    told = {"ACCESS_KEY": pair["access"], "SECRET_KEY": pair["secret"], "SECURITY_TOKEN": pair["security_token"]}
    return {**by_keys(desk), **{f"OS_{name}": value for name, value in told.items()}}


def by_passcode_and_cache(desk: Desk) -> dict[str, str]:
    secret = "FAKEFAKEFAKEFAKE"
    desk.cloud.seed(users=[{"name": "careful", "password": "fake-careful-password", "totp_secret": secret}])
    who = {"OS_USERNAME": "careful", "OS_PASSWORD": "fake-careful-password"}
    return {**by_password_and_cache(desk), **who, "OS_PASSCODE": passcode(secret, time.time())}


def by_agency(desk: Desk) -> dict[str, str]:
    around = {"agencies": ["dis_admin_agency"], "buckets": ["telemetry-staging"], "dli_tables": ["telemetry.meter_raw"]}
    desk.cloud.seed(
        users=[{"name": "delegate", "password": "fake-delegate-password", "roles": ["te_agency"]}],
        delegations=[{"name": "dis_operators", "domain": "parent-domain", "trusted": "emulator-domain"}],
        projects=[{"name": "eu-de_parent", "domain": "parent-domain", "streams": ["meters"], **around}],
    )
    who = {"OS_USERNAME": "delegate", "OS_PASSWORD": "fake-delegate-password", "OS_PROJECT_NAME": "eu-de_parent"}
    return {**desk.cloud.environ, **who, "OS_AGENCY_NAME": "dis_operators", "OS_AGENCY_DOMAIN_NAME": "parent-domain"}


# Options instead of variables go through every pair in test_ways_in.py.
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
def test_variables_lead_in_and_no_output_shows_them(desk: Desk, way: Way, surface: str) -> None:
    desk.forget_cloud()
    desk.environ.update(way(desk))
    if surface == "playbook":
        done = good(desk.play([task()], "-vvv"))
        assert done.of(MODULE)[0].result["actions"] == ["create"]
    elif surface == "ad hoc":
        done = good(desk.ad_hoc(WORDS, "-vvv"))
        assert done.events[0].result["actions"] == ["create"]
    else:
        role = {"name": "otc.dis.dli_transfer"}
        transfers = [{**WISH}]
        done = good(
            desk.play([{"ansible.builtin.include_role": role, "vars": {"dli_transfer_tasks": transfers}}], "-vvv")
        )
    assert desk.writes() == ["create_transfer_task"]
    for name in ("PASSWORD", "PASSCODE", "TOKEN", "ACCESS_KEY", "SECRET_KEY", "SECURITY_TOKEN"):
        secret = desk.environ.get(f"OS_{name}")
        assert not secret or secret not in done.output, name


@pytest.mark.parametrize("way", [by_keys, by_temporary_keys, by_agency], ids=["keys", "temporary_keys", "agency"])
def test_every_way_in_works_as_module_defaults_and_in_clouds_yaml(desk: Desk, way: Way) -> None:
    desk.forget_cloud()
    auth = {name[len("OS_") :].lower(): value for name, value in way(desk).items() if name != "OS_REGION_NAME"}
    done = good(desk.play([task()], module_defaults={"group/otc.dis.dis": {"auth": auth, "region_name": "eu-de"}}))
    assert done.of(MODULE)[0].result["actions"] == ["create"]
    desk.clouds({"mine": {"auth": auth}})
    done = good(desk.play([task()], module_defaults={"group/otc.dis.dis": {"cloud": "mine"}}))
    assert done.of(MODULE)[0].result["actions"] == []


def logins(desk: Desk) -> int:
    """How often somebody logged in since the last question."""
    count = len(desk.cloud.log("iam", "login"))
    desk.cloud.clear_log()
    return count


@pytest.mark.quick
def test_one_login_serves_a_play(desk: Desk) -> None:
    """The token gets from task to task, and into no output."""
    log_in = {"name": "Log in", "otc.dis.iam_token": {}, "register": "login", "no_log": True}
    auth = {"token": "{{ login.token }}", "project_id": "{{ login.project_id }}"}
    shared = {"auth": auth, "endpoint_override": "{{ login.endpoint }}"}
    many = {**task(task_name="{{ item }}", **shared), "loop": ["one", "two", "three"]}
    desk.environ["ANSIBLE_LOG_PATH"] = str(desk.folder / "ansible.log")
    done = good(desk.play([log_in, many], "-vvv"))
    assert [one["changed"] for one in done.of(MODULE)[0].items] == [True] * 3
    assert logins(desk) == 1
    for text in (done.output, (desk.folder / "ansible.log").read_text("utf-8"), str(done.events)):
        assert not re.search(r"EMU[A-Za-z0-9_-]{20,}", text)
    refused = good(desk.play([log_in, many], "--check", "-vvv"))
    assert logins(desk) == 1
    assert not refused.of("otc.dis.iam_token")[0].changed


def test_token_without_no_log_is_warned_about(desk: Desk) -> None:
    done = desk.play([{"name": "Log in", "otc.dis.iam_token": {}}])
    assert done.code == 0
    assert "no_log: true" in done.output


@pytest.mark.quick
def test_token_cache_makes_one_login_for_a_loop_and_for_many_hosts(desk: Desk) -> None:
    """Ten items, and five hosts at once, each a process of its own."""
    desk.environ["OTC_DIS_TOKEN_CACHE"] = str(desk.folder / "cache/tokens.json")
    absent = {"name": "Transfer task", MODULE: {"stream_name": "meters", "task_name": "{{ item }}", "state": "absent"}}
    names = [f"t{number}" for number in range(10)]
    good(desk.play([{**absent, "loop": names}]))
    assert logins(desk) == 1
    (desk.folder / "cache/tokens.json").unlink()
    hosts = {"all": {"hosts": {f"h{number}": {"ansible_connection": "local"} for number in range(5)}}}
    inventory = desk.write("hosts.yml", hosts)
    play = {"hosts": "all", "gather_facts": False, "tasks": [{**absent, "loop": ["one"]}]}
    python = ["-e", f"ansible_python_interpreter={sys.executable}"]
    good(desk.playbook("-i", str(inventory), "--forks", "5", *python, str(desk.write("many.yml", [play]))))
    assert logins(desk) == 1


def test_wrong_password_in_a_loop_is_tried_once_with_a_cache(desk: Desk) -> None:
    desk.environ["OTC_DIS_TOKEN_CACHE"] = str(desk.folder / "cache/tokens.json")
    desk.environ["OS_PASSWORD"] = "fake-wrong-password"
    done = desk.play([{**task(task_name="{{ item }}"), "loop": list("abcdef")}])
    assert done.code == 2
    assert desk.cloud.state()["logins"]["failures"] == 1
    assert "OS_PASSWORD in the environment" in str(done.of(MODULE)[0].items[0]["msg"])
    assert "fake-wrong-password" not in done.output
