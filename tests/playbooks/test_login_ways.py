# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who logs in where: the ways in which people and controllers say it."""

from __future__ import annotations

import pytest
from desk import MODULE, WISH, Desk, good, task

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
