# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWX made ready by code: the guide's playbook and the tasks that it includes, with the modules of awx.awx."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import awx_api
from controller import FETCHED, from_guide, shipped, surroundings

TYPES = {"password": "OTC DIS (password)", "access_key": "OTC DIS (access key)"}


def test_everything_is_made_once_and_as_it_is_in_the_files(collections: Path, tmp_path: Path) -> None:
    assert (FETCHED / "ansible_collections/awx").is_dir(), "the session awx fetches the collection awx.awx"
    playbook = tmp_path / "setup_awx.yml"
    playbook.write_text(from_guide("setup_awx.yml"), "utf-8")
    files = collections / "ansible_collections/otc/dis/extensions/awx"
    words = ["-e", f"dis_files={files}", "-e", "awx_organization=Default"]
    env = surroundings(tmp_path / "home", Path(os.pathsep.join([str(collections), str(FETCHED)])))
    with awx_api.running() as awx:
        env.update(CONTROLLER_HOST=awx.url, CONTROLLER_OAUTH_TOKEN=awx_api.TOKEN)

        def run() -> str:
            command = [sys.executable, "-m", "ansible", "playbook", str(playbook), *words]
            done = subprocess.run(
                command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=180, check=False
            )
            assert done.returncode == 0, done.stdout + done.stderr
            assert awx_api.TOKEN not in done.stdout + done.stderr
            return done.stdout

        run()
        for kind, name in TYPES.items():
            made = awx.named("credential_types", name)
            assert made["inputs"] == shipped(f"{kind}.inputs.yml")
            assert made["injectors"] == shipped(f"{kind}.injectors.yml")
            assert made["kind"] == "cloud"
        template = awx.named("job_templates", "DIS transfer to DLI")
        assert json.loads(template["extra_vars"]) == shipped("extra_vars.yml")
        assert awx.surveys[template["related"]["survey_spec"]] == shipped("survey.yml")
        assert template["survey_enabled"] is True
        assert template["playbook"] == "transfers.yml"
        assert template["project"] == awx.named("projects", "DIS")["id"]
        assert template["inventory"] == awx.named("inventories", "DIS")["id"]
        variables = json.loads(awx.named("hosts", "localhost")["variables"])
        assert variables == {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        }
        assert awx.named("projects", "DIS")["scm_url"] == "https://git.example.com/dis-transfers.git"

        awx.writes.clear()
        assert "changed=0" in run()
        assert awx.writes == []
