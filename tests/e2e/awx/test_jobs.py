# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as AWX runs them: credential, survey, project and inventory of a controller, run by ansible-runner."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml
from awx_api import Awx
from controller import BUILT_IN, Controller, Job, from_guide, shipped

from otc_emulator import identity
from otc_emulator.runner import Emulator

PLAYBOOK = "otc.dis.dli_transfer"
TEMPLATE = "DIS transfer to DLI"
# AWX sets this variable beside the one with a better name; ansible-core before 2.19 warns of it.
FAULT_OF_AWX = "[DEPRECATION WARNING]: ANSIBLE_COLLECTIONS_PATHS option, does not fit"
WRITES = {"create_transfer_task", "update_transfer_task", "act_on_transfer_tasks", "delete_transfer_task"}
ANSWERS = {
    "dli_transfer_state": "present",
    "transfer_stream_name": "meters",
    "transfer_task_name": "meters-to-dli",
    "transfer_dli_database_name": "telemetry",
    "transfer_dli_table_name": "meter_raw",
    "transfer_obs_bucket_path": "telemetry-staging",
    "transfer_agency_name": "dis_admin_agency",
    "transfer_deliver_time_interval": "60",
}
WHICH = {name: ANSWERS[name] for name in ("transfer_stream_name", "transfer_task_name")}
OPTIONAL = ("dli_database_name", "dli_table_name", "obs_bucket_path", "agency_name", "deliver_time_interval")
Way = Callable[[Controller, Emulator], list[str]]


# --- the ways in: each attaches a credential and names its secrets


def openstack(controller: Controller, cloud: Emulator) -> list[str]:
    """The credential type that AWX has built in, with the fields of its form."""
    login = cloud.login
    inputs = {
        "host": cloud.auth_url,
        "username": login["user"],
        "password": login["password"],
        "project": login["project"],
        "domain": login["domain"],
        "project_domain_name": "",
        "region": login["region"],
        "verify_ssl": True,
    }
    controller.attach(BUILT_IN, inputs)
    return [login["password"]]


def password(controller: Controller, cloud: Emulator) -> list[str]:
    """Our credential type for user and password."""
    login = cloud.login
    inputs = {
        "auth_url": cloud.auth_url,
        "user_domain_name": login["domain"],
        "username": login["user"],
        "password": login["password"],
        "project_name": login["project"],
        "region_name": "",
        "endpoint_override": "",
    }
    controller.attach("password", inputs)
    return [login["password"]]


def environment(controller: Controller, cloud: Emulator) -> list[str]:
    """No credential: variables that the settings of the controller give to each job."""
    controller.env.update(cloud.environ)
    return [cloud.login["password"]]


def token(controller: Controller, cloud: Emulator) -> list[str]:
    """The same with a token that was taken before."""
    minted = cloud.mint_token()
    controller.env.update(OS_AUTH_URL=cloud.auth_url, OS_TOKEN=minted)
    return [minted]


def access_key(controller: Controller, cloud: Emulator) -> list[str]:
    """Our credential type for an access key."""
    login = cloud.login
    inputs = {
        "access_key": login["access_key"],
        "secret_key": login["secret_key"],
        "security_token": "",
        "auth_url": cloud.auth_url,
        "project_name": login["project"],
        "project_id": "",
        "region_name": "",
        "endpoint_override": "",
    }
    controller.attach("access_key", inputs)
    return [login["access_key"], login["secret_key"]]


def agency(controller: Controller, cloud: Emulator) -> list[str]:
    """Our credential type for user and password, and the agency from the environment of the job."""
    there = {
        "streams": ["meters"],
        "agencies": ["dis_admin_agency"],
        "buckets": ["telemetry-staging"],
        "dli_tables": ["telemetry.meter_raw"],
    }
    cloud.seed(
        users=[{"name": "delegate", "password": "fake-delegate-password", "roles": ["te_agency"]}],
        delegations=[{"name": "dis_operators", "domain": "parent-domain", "trusted": "emulator-domain"}],
        projects=[{"name": "eu-de_parent", "domain": "parent-domain", **there}],
    )
    inputs = {
        "auth_url": cloud.auth_url,
        "user_domain_name": cloud.login["domain"],
        "username": "delegate",
        "password": "fake-delegate-password",
        "project_name": "eu-de_parent",
    }
    controller.attach("password", inputs)
    controller.env.update(OS_AGENCY_NAME="dis_operators", OS_AGENCY_DOMAIN_NAME="parent-domain")
    return ["fake-delegate-password"]


def passcode(controller: Controller, cloud: Emulator) -> list[str]:
    """The environment of the job, with a passcode that is good for this one."""
    device = "FAKEFAKEFAKEFAKE"
    if "OS_PASSCODE" not in controller.env:
        cloud.seed(users=[{"name": "careful", "password": "fake-careful-password", "totp_secret": device}])
    code = identity.passcode(device, cloud.advance_clock(60))
    user = {"OS_USERNAME": "careful", "OS_PASSWORD": "fake-careful-password", "OS_PASSCODE": code}
    controller.env.update({**cloud.environ, **user})
    return ["fake-careful-password"]


WAYS = [openstack, password, environment, token, access_key, agency, passcode]


@pytest.fixture
def template() -> Mapping[str, Any]:
    """The variables of the job template."""
    return shipped("extra_vars.yml")


def good(job: Job, *secrets: str) -> Job:
    """The job, which must have gone well, without a warning and with no secret anywhere."""
    assert job.code == 0, str(job)
    assert "[WARNING]" not in job.output, str(job)
    plain = " ".join(re.sub(r"\x1b\[[\d;]*m", "", job.output).split())
    assert "[DEPRECATION" not in plain.replace(FAULT_OF_AWX, ""), str(job)
    assert len(job.shown()) > 5
    assert job.leaks(*secrets) == []
    return job


def writes(cloud: Emulator) -> list[str]:
    """Write requests to the service since the last call."""
    reported = [entry["operation"] for entry in cloud.log("dis") if entry["operation"] in WRITES]
    cloud.clear_log()
    return reported


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_job_logs_in(controller: Controller, cloud: Emulator, template: Mapping[str, Any], way: Way) -> None:
    """Each login method, from the credential to the transfer task."""
    secrets = way(controller, cloud)
    controller.answer(ANSWERS, template)
    assert good(controller.run(), *secrets).changed == 1
    (created,) = cloud.log("dis", "create_transfer_task")
    assert created["body"]["dli_destination_descriptor"]["deliver_time_interval"] == 60
    assert writes(cloud) == ["create_transfer_task"]


def test_a_check_job_changes_nothing(controller: Controller, cloud: Emulator, template: Mapping[str, Any]) -> None:
    """Job type *check* with *Show Changes*."""
    secrets = openstack(controller, cloud)
    controller.answer(ANSWERS, template)
    job = good(controller.run("transfers.yml", "--check", "--diff"), *secrets)
    assert job.changed == 1
    assert "+++ after" in job.output
    assert writes(cloud) == []


@pytest.fixture
def launch(template: Mapping[str, Any]) -> Callable[..., dict[str, Any]]:
    """What AWX makes of the answers to our survey."""
    awx = Awx()
    made = awx.make("job_templates", {"name": TEMPLATE})
    awx.surveys[made["related"]["survey_spec"]] = shipped("survey.yml")
    return lambda **answers: awx.launch(TEMPLATE, answers)


def test_questions_that_are_not_answered_change_nothing(
    controller: Controller,
    cloud: Emulator,
    template: Mapping[str, Any],
    launch: Callable[..., dict[str, Any]],
) -> None:
    """Only the two required answers, as an API launch sends them; AWX adds empty strings and the default state.

    The form can send an empty string for the state, too, as that question is optional.
    """
    settings = {"deliver_time_interval": 120}
    cloud.reset(streams=[{"name": "meters", "tasks": [{"task_name": "meters-to-dli", "settings": settings}]}])
    secrets = password(controller, cloud)
    variables = launch(transfer_stream_name="meters", transfer_task_name="meters-to-dli")
    assert variables["dli_transfer_state"] == "present"
    assert {variables[f"transfer_{name}"] for name in OPTIONAL} == {""}
    controller.answer({**variables, "dli_transfer_state": ""}, template)
    assert good(controller.run(), *secrets).changed == 0
    assert writes(cloud) == []


def test_answers_are_never_expanded(controller: Controller, cloud: Emulator, template: Mapping[str, Any]) -> None:
    """A user may start the job, but not read its environment through it."""
    secrets = password(controller, cloud)
    controller.answer({**ANSWERS, "transfer_task_name": "{{ lookup('env', 'OS_PASSWORD') }}"}, template)
    job = controller.run()
    assert job.code == 2, str(job)
    assert "task_name" in job.output
    assert job.leaks(*secrets) == []
    assert writes(cloud) == []


def test_the_playbook_runs_by_its_full_name(controller: Controller, cloud: Emulator) -> None:
    """As ansible-runner and ansible-navigator can, without a playbook in the project; the variables are the guide's."""
    secrets = openstack(controller, cloud)
    controller.answer({}, yaml.safe_load(from_guide("variables.yml")))
    job = good(controller.run(PLAYBOOK), *secrets)
    assert job.changed == 1
    changed = {"dis_changed": ["meters/meters-to-dli"], "dis_failed": [], "dis_not_working": []}
    assert job.stats == {**changed, "dis_ok": 0, "dis_total": 1}
    assert writes(cloud) == ["create_transfer_task"]


def test_the_health_check_names_the_tasks_in_its_artifacts(controller: Controller, cloud: Emulator) -> None:
    tasks = ["fine", {"task_name": "broken", "state": "ABNORMAL"}]
    cloud.reset(streams=[{"name": "meters", "tasks": tasks}])
    secrets = openstack(controller, cloud)
    job = controller.run(controller.put("health.yml"))
    assert job.code == 2, str(job)
    assert job.leaks(*secrets) == []
    stats = job.stats
    (problem,) = stats.pop("dis_not_working")
    assert problem.startswith("meters/broken is failed"), problem
    assert stats == {"dis_ok": 1, "dis_total": 2}


def test_artifacts_name_the_error_and_are_never_expanded(
    controller: Controller, cloud: Emulator, template: Mapping[str, Any]
) -> None:
    secrets = openstack(controller, cloud)
    # AWX writes the password into a file for this credential, so the environment gets a copy to look for.
    controller.env["OS_COPY"] = secrets[0]
    cloud.fault("status", "create_transfer_task", status=403, message="{{ lookup('env', 'OS_COPY') }}")
    controller.answer(ANSWERS, template)
    job = controller.run()
    assert job.code == 2, str(job)
    assert job.leaks(*secrets) == []
    (failed,) = job.stats["dis_failed"]
    assert failed.startswith("meters/meters-to-dli: "), failed
    assert "lookup('env', 'OS_COPY')" in failed
    assert job.stats["dis_total"] == 1


def test_named_cloud_is_distinguished_from_the_entry_of_awx(controller: Controller, cloud: Emulator) -> None:
    secrets = openstack(controller, cloud)
    controller.answer({}, {**yaml.safe_load(from_guide("variables.yml")), "dli_transfer_cloud": "my-otc"})
    job = controller.run()
    assert job.code == 2, str(job)
    message = job.result("Manage the transfer tasks")["msg"]
    assert 'dli_transfer_cloud is "my-otc", but ' in message
    assert 'contains only "devstack"' in message
    assert "Remove dli_transfer_cloud" in message
    assert job.leaks(*secrets) == []


@pytest.mark.parametrize("refused", ["login", "create"])
def test_a_failed_job_shows_no_secret_at_the_highest_verbosity(
    controller: Controller, cloud: Emulator, template: Mapping[str, Any], refused: str
) -> None:
    """The service repeats what it was sent."""
    secrets = password(controller, cloud)
    if refused == "login":
        cloud.fault("echo_secrets", service="iam")
    else:
        cloud.fault("echo_secrets", "create_transfer_task")
    controller.answer(ANSWERS, template)
    job = controller.run("transfers.yml", "-vvvvv", "--diff")
    assert job.code == 2, str(job)
    assert "********" in job.output, str(job)
    assert job.leaks(*secrets) == []


def test_the_search_finds_what_is_shown(controller: Controller, cloud: Emulator) -> None:
    """A job that does show its secrets: the tests above would notice."""
    (secret,) = password(controller, cloud)
    minted = cloud.mint_token()
    shown = {"ansible.builtin.debug": {"msg": f"{{{{ lookup('env', 'OS_PASSWORD') }}}} {minted}"}}
    play = [{"hosts": "all", "gather_facts": False, "tasks": [shown]}]
    (controller.private / "project/talkative.yml").write_text(yaml.safe_dump(play), "utf-8")
    leaks = controller.run("talkative.yml").leaks(secret)
    assert {where.split(":")[1] for where in leaks} == {f" {secret}", f" {minted}"}
    assert {where.split("/")[0].split(":")[0] for where in leaks} >= {"job_events", "stdout", "output"}


def test_survey_contains_the_variables_of_the_job_template(template: Mapping[str, Any]) -> None:
    survey = shipped("survey.yml")
    assert set(survey) == {"name", "description", "spec"}
    asked = {question["variable"]: question for question in survey["spec"]}
    assert set(asked) == set(ANSWERS)
    assert {name for name, question in asked.items() if question["required"]} == set(WHICH)
    for name, question in asked.items():
        assert set(question) >= {"question_name", "question_description", "variable", "type", "default", "required"}
        assert question["type"] in ("text", "multiplechoice"), name
        assert (question["type"] == "multiplechoice") == ("choices" in question), name
        # A question with a minimum length that is not required would send nothing when left open.
        assert question["type"] != "text" or question["min"] == int(question["required"]), name
    roles = yaml.safe_load(from_guide("transfers.yml"))
    assert roles[0]["ansible.builtin.import_playbook"] == PLAYBOOK
    used = yaml.safe_dump(dict(template))
    assert all(name in used for name in asked if name.startswith("transfer_"))
