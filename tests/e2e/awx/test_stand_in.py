# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulation of the AWX API rejects the same requests as a real AWX 24.6.1, with the same bodies."""

from __future__ import annotations

from typing import Any

import awx_api
import pytest
from awx_api import CLOUD, MACHINE, ORGANIZATION_ADMIN, PREFIX, RECORDED, TOKEN, Awx, Refused

LAUNCHES = [name for name in RECORDED if name.startswith("launch.refused.")]
ANSWERS = {"dli_transfer_state": "present", "transfer_stream_name": "meters", "transfer_task_name": "meters-to-dli"}


def post(awx: Awx, path: str, body: Any, token: str = TOKEN) -> list[Any]:
    """Status and body of the response."""
    try:
        status, answer = awx.respond(token, "POST", f"{PREFIX}{path}", {}, body)
    except Refused as refused:
        status, answer = refused.status, refused.body
    return [int(status), answer]


@pytest.fixture
def awx() -> Awx:
    """An AWX with the job template and the survey of the recorded one."""
    awx = Awx()
    awx.make("projects", {"name": "DIS"})["playbooks"] = ["transfers.yml"]
    template = awx.make("job_templates", {"name": "DIS transfer to DLI", "project": 1, "playbook": "transfers.yml"})
    awx.surveys[template["related"]["survey_spec"]] = RECORDED["job_template.survey_spec"]
    return awx


@pytest.mark.parametrize("name", LAUNCHES)
def test_answers_that_were_refused_are_refused(awx: Awx, name: str) -> None:
    assert post(awx, "job_templates/1/launch/", {"extra_vars": RECORDED[name]["sent"]}) == RECORDED[name]["answer"]


def test_the_recording_holds_each_kind_of_refused_answer() -> None:
    assert len(LAUNCHES) == 6
    assert RECORDED["job_template.launch.get"]["variables_needed_to_start"] == list(ANSWERS)


def test_a_schedule_without_answers_is_refused(awx: Awx) -> None:
    schedule = {"name": "nightly", "unified_job_template": 1}
    assert post(awx, "schedules/", schedule) == RECORDED["schedule.refused"]
    assert post(awx, "schedules/", {**schedule, "extra_data": ANSWERS})[0] == 201


def test_good_answers_are_taken_and_completed(awx: Awx) -> None:
    assert post(awx, "job_templates/1/launch/", {"extra_vars": ANSWERS})[0] == 201
    variables = awx.launch("DIS transfer to DLI", ANSWERS)
    assert variables["transfer_agency_name"] == ""
    assert len(variables) == len(RECORDED["job_template.survey_spec"]["spec"])


def test_a_playbook_that_the_project_does_not_contain_is_refused(awx: Awx) -> None:
    template = {"name": "other", "project": 1, "playbook": "missing.yml"}
    assert post(awx, "job_templates/", template) == RECORDED["job_template.bad_playbook"]


@pytest.mark.parametrize("kind", [None, CLOUD])
def test_an_ad_hoc_command_needs_the_credential_of_a_machine(awx: Awx, kind: str | None) -> None:
    command = {"module_name": "otc.dis.stream_info", "inventory": 1}
    if kind is not None:
        command["credential"] = awx.make("credentials", {"name": "cloud", "kind": kind})["id"]
    assert post(awx, "ad_hoc_commands/", command) == RECORDED["ad_hoc.refused"]
    machine = awx.make("credentials", {"name": "machine", "kind": MACHINE})["id"]
    assert post(awx, "ad_hoc_commands/", {**command, "credential": machine})[0] == 201


def test_credential_types_belong_to_system_administrators(awx: Awx) -> None:
    kind = {"name": "OTC", "kind": CLOUD, "inputs": {"fields": []}}
    refused = post(awx, "credential_types/", kind, ORGANIZATION_ADMIN)
    assert refused == RECORDED["credential_type.post_as_org_admin"]
    assert post(awx, "credential_types/", kind)[0] == 201


def test_inputs_of_a_credential_type_in_use_cannot_be_changed(awx: Awx) -> None:
    post(awx, "credential_types/", {"name": "OTC", "kind": CLOUD, "inputs": {"fields": []}})
    changed = {"inputs": {"fields": [{"id": "region_name", "label": "Region", "type": "string"}]}}
    url = f"{PREFIX}credential_types/1/"
    assert awx.respond(TOKEN, "PATCH", url, {}, changed)[0] == 200
    credential = awx.use("OTC", region_name="")
    assert credential["inputs"] == {"region_name": ""}
    assert awx.respond(TOKEN, "PATCH", url, {}, changed)[0] == 200
    with pytest.raises(Refused) as caught:
        awx.respond(TOKEN, "PATCH", url, {}, {"inputs": {"fields": []}})
    assert caught.value.status == 403


def test_messages_that_cannot_be_rendered_are_refused(awx: Awx) -> None:
    message = {"error": {"message": "{{ job.artifacts.dis_failed }}"}}
    assert post(awx, "notification_templates/", {"name": "chat", "messages": message})[0] == 400
    message["error"]["message"] = "{{ job.artifacts.dis_failed | default([]) | join(', ') }} {{ job.artifacts }}"
    assert post(awx, "notification_templates/", {"name": "chat", "messages": message})[0] == 201


def test_a_wrong_token_is_refused(awx: Awx) -> None:
    assert post(awx, "projects/", {"name": "other"}, "not-the-token")[0] == 401


def test_names_and_ids_select_objects(awx: Awx) -> None:
    for organization in (1, 2):
        awx.make("inventories", {"name": "DIS", "organization": organization})
    url = f"{PREFIX}inventories/"
    queries = [{"name": "DIS"}, {"name": "DIS", "organization": "2"}, {"or__id": "2", "or__name": "2"}]
    assert [awx.respond(TOKEN, "GET", url, query, None)[1]["count"] for query in queries] == [2, 1, 1]
    assert awx_api.matches({"id": 7, "name": "x"}, {"or__id": "7", "or__name": "7"})
