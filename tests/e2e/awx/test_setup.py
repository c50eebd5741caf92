# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWX prepared by the guide's playbook and the tasks that it includes, with the modules of awx.awx."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import awx_api
import pytest
import yaml
from awx_api import CLOUD, ORGANIZATION_ADMIN, Awx, render_message
from controller import FETCHED, console, from_guide, isolated_environ, shipped

TYPES = {"password": "OTC DIS (password, v2)", "access_key": "OTC DIS (access key, v2)"}
WEBHOOK = {"url": "https://hooks.example.com/dis", "headers": {}, "http_method": "POST"}
TEMPLATE = "DIS transfer to DLI"


@pytest.fixture
def awx() -> Iterator[Awx]:
    with awx_api.running() as one:
        yield one


class Setup:
    """The guide's playbook, run as the guide describes."""

    def __init__(self, awx: Awx, collections: Path, folder: Path) -> None:
        assert (FETCHED / "ansible_collections/awx").is_dir(), "the session awx fetches the collection awx.awx"
        self.folder = folder
        (folder / "setup_awx.yml").write_text(from_guide("setup_awx.yml"), "utf-8")
        self.files = collections / "ansible_collections/otc/dis/extensions/awx"
        self.environ = isolated_environ(folder / "home")
        self.environ["ANSIBLE_COLLECTIONS_PATH"] = os.pathsep.join([str(collections), str(FETCHED)])
        self.environ.update(CONTROLLER_HOST=awx.url, ANSIBLE_PIPELINING="1")  # for speed

    def run(self, token: str = awx_api.TOKEN, **variables: Any) -> subprocess.CompletedProcess[str]:
        (line,) = [one for one in console("setup_awx.yml") if one.startswith("ansible-playbook ")]
        words = ["-e", json.dumps({"dis_files": str(self.files), **variables})]
        done = subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", *shlex.split(line)[1:], *words],
            env={**self.environ, "CONTROLLER_OAUTH_TOKEN": token},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert token not in done.stdout + done.stderr
        return done

    def good(self, **variables: Any) -> str:
        done = self.run(**variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def setup(awx: Awx, collections: Path, tmp_path: Path) -> Setup:
    return Setup(awx, collections, tmp_path)


def test_objects_are_created_once_and_as_in_the_files(awx: Awx, setup: Setup) -> None:
    """First and second run, in an organization without Galaxy credential beside another one with the same names."""
    for kind in ("inventories", "projects", "job_templates", "notification_templates"):
        awx.make(kind, {"name": "DIS", "organization": 1})
    other = awx.make("organizations", {"name": "Other"})
    chosen = {
        "awx_organization": "Other",
        "awx_notification_type": "webhook",
        "awx_notification_configuration": WEBHOOK,
    }
    refused = setup.run(**chosen)
    assert refused.returncode != 0
    assert "has no Galaxy credential" in refused.stdout
    assert awx.writes == []

    setup.good(**chosen, awx_galaxy_credentials=["Ansible Galaxy"])
    assert awx.associations[f"{other['url']}galaxy_credentials/"] == [1]
    for kind, name in TYPES.items():
        made = awx.named("credential_types", name)
        assert made["inputs"] == shipped(f"{kind}.inputs.yml")
        assert made["injectors"] == shipped(f"{kind}.injectors.yml")
        assert made["kind"] == CLOUD
    template = awx.named("job_templates", TEMPLATE, organization=other["id"])
    assert json.loads(template["extra_vars"]) == shipped("extra_vars.yml")
    assert awx.surveys[template["related"]["survey_spec"]] == shipped("survey.yml")
    assert template["playbook"] == "transfers.yml"
    assert {name for name in template if name.endswith("_on_launch") and template[name]} == {
        "ask_credential_on_launch",
        "ask_diff_mode_on_launch",
        "ask_job_type_on_launch",
    }
    assert template["survey_enabled"] is True
    project = awx.named("projects", "DIS", organization=other["id"])
    assert project["scm_url"] == "https://git.example.com/dis-transfers.git"
    assert template["project"] == project["id"]
    assert template["inventory"] == awx.named("inventories", "DIS", organization=other["id"])["id"]
    host = awx.named("hosts", "localhost")
    assert host["inventory"] == template["inventory"]
    assert json.loads(host["variables"]) == {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    }
    notification = awx.named("notification_templates", "DIS", organization=other["id"])
    assert notification["messages"] == shipped("messages.webhook.yml")
    assert awx.associations[f"{template['url']}notification_templates_error/"] == [notification["id"]]

    for name in TYPES.values():
        awx.use(name, region_name="")
    awx.writes.clear()
    assert "changed=0" in setup.good(**chosen)
    assert awx.writes == []


def test_rejection_by_awx_is_shown(awx: Awx, setup: Setup) -> None:
    """An administrator of an organization cannot create types; inputs of a type in use cannot be changed.

    Both in the default organization, so both get past the check of its Galaxy credential.
    """
    refused = setup.run(ORGANIZATION_ADMIN)
    assert refused.returncode != 0
    assert "don't have permission to POST" in refused.stdout
    awx.make("credential_types", {"name": TYPES["password"], "kind": CLOUD, "inputs": {"fields": []}})
    awx.use(TYPES["password"])
    refused = setup.run()
    assert refused.returncode != 0
    assert "don't have permission to PATCH" in refused.stdout


FAILED = {"dis_failed": ["meters/one: 403 DIS.4xx"], "dis_not_working": ["orders/two is failed."], "dis_total": 2}


@pytest.mark.parametrize("artifacts", [FAILED, {}], ids=["artifacts", "none"])
def test_messages_name_the_transfer_tasks(awx: Awx, artifacts: dict[str, Any]) -> None:
    job = {"id": 7, "name": TEMPLATE, "status": "failed", "artifacts": artifacts}
    context = {"job": job, "job_friendly_name": "Job", "url": "https://awx.example.com/#/jobs/playbook/7"}
    for name in ("messages.yml", "messages.webhook.yml"):
        awx.check_notification_template({"messages": shipped(name)})
    chat = render_message(shipped("messages.yml")["error"]["message"], context)
    body = render_message(shipped("messages.yml")["error"]["body"], context)
    for line in artifacts.get("dis_failed", []) + artifacts.get("dis_not_working", []):
        assert line in chat
        assert f"\n{line}\n" in body
    assert ("see its output." in chat) == (not artifacts)
    assert chat.endswith(context["url"])
    assert json.loads(render_message(shipped("messages.webhook.yml")["error"]["body"], context)) == {
        **job,
        "url": context["url"],
    }
    guide = yaml.safe_load(from_guide("messages.yml"))
    assert render_message(guide["error"]["message"], context).endswith(str(artifacts))
