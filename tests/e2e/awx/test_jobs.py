# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as AWX runs them: credential, survey, project and inventory of a controller, run by ansible-runner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml
from controller import BUILT_IN, Controller, Job, from_guide, shipped

from otc_emulator import identity
from otc_emulator.runner import Emulator

PLAYBOOK = "otc.dis.dli_transfer"
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
    assert "[DEPRECATION" not in job.output, str(job)
    assert len(job.shown()) > 5
    assert job.leaks(*secrets) == []
    return job


def writes(cloud: Emulator) -> list[str]:
    """What the service was told to do since the last question."""
    told = [entry["operation"] for entry in cloud.log("dis") if entry["operation"] in WRITES]
    cloud.clear_log()
    return told


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_job_logs_in(controller: Controller, cloud: Emulator, template: Mapping[str, Any], way: Way) -> None:
    """Each way in, from the credential to the transfer task, and a check run before."""
    secrets = way(controller, cloud)
    controller.answer(ANSWERS, template)
    assert good(controller.run("transfers.yml", "--check", "--diff"), *secrets).changed == 1
    assert writes(cloud) == []
    secrets += way(controller, cloud)  # anew: what some ways give is good for one run
    assert good(controller.run(), *secrets).changed == 1
    (created,) = cloud.log("dis", "create_transfer_task")
    assert created["body"]["dli_destination_descriptor"]["deliver_time_interval"] == 60
    assert writes(cloud) == ["create_transfer_task"]


@pytest.mark.parametrize("unanswered", ["", None], ids=["empty", "null"])
def test_questions_left_open_change_nothing(
    controller: Controller, cloud: Emulator, template: Mapping[str, Any], unanswered: str | None
) -> None:
    """AWX sends an empty text or null for a question that nobody answered."""
    settings = {"deliver_time_interval": 120}
    cloud.reset(streams=[{"name": "meters", "tasks": [{"task_name": "meters-to-dli", "settings": settings}]}])
    secrets = password(controller, cloud)
    controller.answer({**ANSWERS, **{f"transfer_{name}": unanswered for name in OPTIONAL}}, template)
    assert good(controller.run(), *secrets).changed == 0
    assert writes(cloud) == []


def test_questions_that_awx_does_not_send_change_nothing(
    controller: Controller, cloud: Emulator, template: Mapping[str, Any]
) -> None:
    cloud.reset(streams=[{"name": "meters", "tasks": [{"task_name": "meters-to-dli"}]}])
    secrets = password(controller, cloud)
    sent = {name: value for name, value in ANSWERS.items() if name.removeprefix("transfer_") not in OPTIONAL}
    controller.answer({**sent, "dli_transfer_state": "stopped"}, template)
    assert good(controller.run(), *secrets).changed == 1
    assert writes(cloud) == ["act_on_transfer_tasks"]
    assert good(controller.run(), *secrets).changed == 0


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
    """As ansible-runner and ansible-navigator can, without a playbook in the project."""
    secrets = password(controller, cloud)
    entry = {name.removeprefix("transfer_"): value for name, value in ANSWERS.items() if name.startswith("transfer_")}
    controller.answer({}, {"dli_transfer_tasks": [entry]})
    assert good(controller.run(PLAYBOOK, "--check", "--diff"), *secrets).changed == 1
    assert good(controller.run(PLAYBOOK), *secrets).changed == 1
    assert writes(cloud) == ["create_transfer_task"]


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


def test_survey_asks_for_what_the_job_template_uses(template: Mapping[str, Any]) -> None:
    survey = shipped("survey.yml")
    assert set(survey) == {"name", "description", "spec"}
    asked = {question["variable"]: question for question in survey["spec"]}
    assert set(asked) == set(ANSWERS)
    assert {name for name, question in asked.items() if not question["required"]} == {
        f"transfer_{name}" for name in OPTIONAL
    }
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
