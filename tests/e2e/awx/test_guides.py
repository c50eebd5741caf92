# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide to AWX: each block runs in a test of this folder, and nothing names a cloud."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from awx_api import RECORDED
from controller import GUIDE, NAMED, ROOT, Controller, guide_blocks, in_container
from test_jobs import good

from otc_emulator.runner import Emulator

ADHOC = ROOT / "docs/docsite/rst/adhoc_guide.rst"
CLOUD = re.compile(r"^\s*(\w+_)?clouds?:|OS_CLOUD=|cloud=", re.MULTILINE)
TESTS = [path.read_text("utf-8") for path in Path(__file__).parent.glob("*.py") if path != Path(__file__)]


def test_every_block_of_yaml_runs_in_a_test() -> None:
    names = [NAMED.search(before) for before, language, text in guide_blocks() if language == "yaml"]
    assert len(names) > 7
    for name in names:
        assert name is not None, "the paragraph before a block of YAML ends with its name"
        used = (f'from_guide("{name["name"]}")', f'put("{name["name"]}")')
        assert any(use in text for use in used for text in TESTS), f"{name['name']} runs in no test"


def test_every_command_runs_in_a_test() -> None:
    """Omit steps that need a network or a container engine: an image, a collection from Galaxy."""
    lines = [line for before, language, text in guide_blocks() if language == "console" for line in text.splitlines()]
    assert [shlex.split(line)[:2] for line in lines] == [
        ["ansible-builder", "build"],  # test_execution_environment.py, up to the build context
        ["export", "CONTROLLER_HOST=https://awx.example.com"],
        ["ansible-galaxy", "collection"],
        ["ansible-playbook", "setup_awx.yml"],  # test_setup.py
    ]


def test_no_block_names_a_cloud() -> None:
    """In a job, the only entry of clouds.yaml is called ``devstack``."""
    assert not [text for before, language, text in guide_blocks() if CLOUD.search(text)]
    assert CLOUD.search("  transfer_health_cloud: my-otc\n")


def test_messages_in_the_guide_are_those_of_awx_and_of_the_modules() -> None:
    guide = " ".join(GUIDE.read_text("utf-8").split())
    (ad_hoc,) = RECORDED["ad_hoc.refused"][1]["credential"]
    (null,) = RECORDED["launch.refused.null optional"]["answer"][1]["variables_needed_to_start"]
    for message in (ad_hoc, null):
        assert message in guide


def test_the_error_of_a_job_without_collections_is_the_one_in_the_guide(controller: Controller) -> None:
    """As in an organization without a Galaxy credential."""
    controller.project_collections = False
    job = controller.run()
    assert job.code != 0
    output = " ".join(re.sub(r"\x1b\[[\d;]*m", "", job.output).split())
    (message,) = [text.strip() for before, language, text in guide_blocks() if text.startswith("Could not find")]
    assert in_container(message, controller.runner) in output, output


def commands() -> list[tuple[str, str]]:
    """Module and arguments of the commands of the guide to ad hoc commands, as they are typed into the form of AWX."""
    lines = [
        line for before, language, text in guide_blocks(ADHOC) for line in text.splitlines() if "--check" not in line
    ]
    words = [shlex.split(line) for line in lines if line.startswith("ansible localhost ")]
    found = []
    for line in words:
        arguments = line[line.index("-a") + 1]
        arguments = re.sub(r"^cloud=my-otc ?", "", arguments).replace('"cloud": "my-otc", ', "")
        found.append((line[line.index("-m") + 1], arguments))
    return found


def test_ad_hoc_commands_run_with_the_collection_in_the_image_and_the_login_in_the_environment(
    controller: Controller, cloud: Emulator
) -> None:
    controller.env.update(cloud.environ)
    assert controller.ad_hoc("otc.dis.stream_info", "").code != 0, "the collections of a project are not there"
    image = controller.home / ".ansible/collections"
    image.parent.mkdir(parents=True, exist_ok=True)
    image.symlink_to(controller.collections)
    (put, *_reads) = [arguments for module, arguments in commands() if module == "otc.dis.records"]
    good(controller.ad_hoc("otc.dis.records", put), cloud.login["password"])
    assert len(cloud.records("meters")) == 1
