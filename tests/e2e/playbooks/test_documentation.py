# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example that the documentation shows is run: what is in the way of one is in the way of its readers.

A page's YAML that uses this collection runs unchanged, plays as plays and lists of tasks inside a play, and so do
the lines that begin with ``ansible`` or ``ansible-inventory``. Configurations of the inventory plugin are read, and the
plays that follow on the page use the last one. All of it happens in the order of the page and in one emulated cloud.
The page may count on the stream, agency, bucket and table of the emulator's default seed, on an app ``billing-reader``
and a stream that people send records to, on a cloud ``my-otc`` in clouds.yaml, on the ``OS_*`` environment and on a
variable ``dws_password``. A page with the role ``transfer_health`` has a transfer to watch, and a playbook that only
imports ours gets the variables of a job. An address of the real cloud becomes the emulator's, a file of records one
that is there.
"""

from __future__ import annotations

import ast
import re
import shlex
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ansible_cli
import pytest
import yaml
from ansible_cli import ROOT
from workspace import DESIRED, Workspace

from otc_emulator.runner import Emulator

OURS = re.compile(r"\botc\.dis\.(?!kafka_)\w")  # the destination that the guide for contributors imagines
OTHERS = re.compile(r"^\s*(- )?(?!otc\.dis\.|ansible\.builtin\.)\w+\.\w+\.\w+:", re.MULTILINE)
RULEBOOK = re.compile(r"^\s*sources:$", re.MULTILINE)  # tests/e2e/eda runs these
FILE = re.compile(r"/var/spool/[\w./-]+")
REAL = (
    (re.compile(r"https://iam[\w.-]*\.(com|org)(/v3)?"), "{auth_url}"),
    (re.compile(r"https://dis[\w.-]*\.(com|org)[\w/.-]*"), "{url}"),
)
INVENTORY = re.compile(r"# (?P<name>[\w.-]+\.dis\.yml)\b.*\n(#.*\n)*plugin: otc\.dis\.")
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w+)\n(?P<text>.*?)^(?P=indent)```", re.MULTILINE | re.DOTALL)
DIRECTIVE = re.compile(
    r"^(?P<indent> *)\.\. code-block:: (?P<language>\w+)\n(?P<text>(?:\n|(?P=indent) +.*\n)+)", re.MULTILINE
)
QUICK = ("dli_transfer_task", "stream", "streams")
SHELL = {"console", "shell", "bash", "sh"}
VARIABLES = ("-e", "dws_password=not-a-real-password")
JOB = {"dli_transfer_tasks": [DESIRED]}
IMPORTS = re.compile(r"import_playbook: otc\.dis\.dli_transfer$", re.MULTILINE)
WATCHES = re.compile(r"(role|name): otc\.dis\.transfer_health$", re.MULTILINE)
WATCHED = {"name": "meters-north", "tasks": ["meters-north-to-dli"]}


@dataclass(frozen=True)
class Example:
    """Something to run.

    :ivar where: file and line, for people
    """

    where: str
    language: str
    text: str


def blocks(page: Path) -> Iterator[Example]:
    """The code blocks of a page, Markdown or reStructuredText."""
    content = page.read_text("utf-8")
    pattern = FENCE if page.suffix == ".md" else DIRECTIVE
    for match in pattern.finditer(content):
        where = f"{page.relative_to(ROOT)}:{content.count(chr(10), 0, match.start()) + 1}"
        yield Example(where, match["language"], textwrap.dedent(match["text"]).strip() + "\n")


def is_playbook(text: str) -> bool:
    """Whether YAML is a playbook that uses something of ours, and nothing of others."""
    return bool(OURS.search(text)) and not OTHERS.search(text) and not RULEBOOK.search(text)


def examples(page: Path) -> list[Example]:
    """What can be run of a page."""
    if page.suffix == ".py":
        tree = ast.parse(page.read_text("utf-8"))
        texts = [
            node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            and getattr(node.targets[0], "id", "") == "EXAMPLES"
            and isinstance(node.value, ast.Constant)
        ]
        return [Example(f"{page.relative_to(ROOT)}: EXAMPLES", "yaml", str(text).lstrip()) for text in texts]
    found = []
    for block in blocks(page):
        if block.language in ("yaml", "yml") and is_playbook(block.text):
            found.append(block)
        elif block.language in SHELL:
            lines = block.text.replace("\\\n", " ").splitlines()
            calls = [line.removeprefix("$ ") for line in lines if re.match(r"(\$ )?ansible(-inventory)? ", line)]
            found += [Example(block.where, "shell", call) for call in calls]
    return found


def named_pages() -> list[Any]:
    """All pages; the guides run only with the newest release, since the modules' examples cover the same."""
    return [
        pytest.param(
            page,
            id="-".join(page.relative_to(ROOT).parts[-2:]),
            marks=[pytest.mark.newest] if page.suffix == ".rst" else [pytest.mark.quick] if page.stem in QUICK else [],
        )
        for page in pages()
    ]


def pages() -> list[Path]:
    found = [
        *(
            path
            for kind in ("modules", "inventory", "filter", "lookup")
            for path in (ROOT / "plugins" / kind).glob("*.py")
        ),
        ROOT / "README.md",
        *(ROOT / "docs/docsite/rst").glob("*.rst"),
        *(ROOT / "roles").glob("*/README.md"),
    ]
    return sorted(page for page in found if page.is_file() and examples(page))


@contextmanager
def senders(cloud: Emulator, needed: bool) -> Iterator[None]:
    """Others who send records meanwhile, if an example waits for some."""
    end = threading.Event()

    def send() -> None:
        while not end.wait(0.5):
            cloud.put_records("meters", ['{"meter": "m-19"}'])

    sender = threading.Thread(target=send)
    if needed:
        sender.start()
    try:
        yield
    finally:
        end.set()
        if needed:
            sender.join()


@pytest.mark.parametrize("page", named_pages())
def test_examples_run(workspace: Workspace, page: Path) -> None:
    entry = {"auth": workspace.auth, "region_name": "eu-de"}
    workspace.clouds({"my-otc": entry, "other-otc": entry}, at_home=True)
    workspace.environ["ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED"] = "true"
    workspace.cloud.seed(apps=["billing-reader"])
    workspace.cloud.patch_stream("meters", latest_offset=1000)
    readings = workspace.write("readings.jsonl", '{"meter": "m-17", "value": 3.4}\n' * 2)
    if any(WATCHES.search(example.text) for example in examples(page)):
        workspace.cloud.seed(streams=[WATCHED])
    inventory: list[str] = []
    for number, example in enumerate(examples(page)):
        text = FILE.sub(str(readings), example.text)
        for real, emulated in REAL:
            text = real.sub(emulated.format(auth_url=workspace.cloud.auth_url, url=workspace.cloud.url), text)
        if example.language == "shell":
            done = ansible_cli.run(shlex.split(text, comments=True), workspace.environ, workspace.folder)
        elif named := INVENTORY.match(text):
            inventory = ["-i", str(workspace.write(named["name"], text))]
            done = ansible_cli.run(["ansible-inventory", *inventory, "--list"], workspace.environ, workspace.folder)
        else:
            parsed = yaml.safe_load(text)
            assert isinstance(parsed, list), f"{example.where} is neither plays nor tasks"
            if not any("hosts" in one or "ansible.builtin.import_playbook" in one for one in parsed):
                text = "- hosts: localhost\n  gather_facts: false\n  tasks:\n" + textwrap.indent(text, "    ")
            job = ["-e", f"@{workspace.write('job.yml', JOB)}"] if IMPORTS.search(text) else []
            with senders(workspace.cloud, "follow: true" in text):
                done = workspace.playbook(
                    *inventory, str(workspace.write(f"example-{number}.yml", text)), *VARIABLES, *job
                )
        assert done.code == 0, f"{example.where} does not run\n{done}"
        is_read = done.command[0] == "ansible-inventory" and done.stdout
        assert done.events or is_read, f"{example.where} did nothing\n{done}"


def test_the_extraction_finds_all_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text(
        "```yaml\n- otc.dis.one:\n```\n"
        "```yaml\ncollections: [otc.dis]\n```\n"
        "1. In a list:\n\n   ```yaml\n   - hosts: all\n     roles: [otc.dis.two]\n   ```\n"
        "```yaml\n- awx.awx.project:\n    name: otc.dis.x\n```\n"
        "```yaml\n# x.dis.yml\nplugin: otc.dis.streams\n```\n"
        "```console\nansible-inventory -i x.dis.yml --graph\n"
        "$ ansible localhost -m otc.dis.three \\\n  -a x=y\nansible-playbook site.yml\n```\n"
    )
    assert [example.text for example in examples(page)] == [
        "- otc.dis.one:\n",
        "- hosts: all\n  roles: [otc.dis.two]\n",
        "# x.dis.yml\nplugin: otc.dis.streams\n",
        "ansible-inventory -i x.dis.yml --graph",
        "ansible localhost -m otc.dis.three    -a x=y",
    ]
    page = tmp_path / "page.rst"
    page.write_text(
        "Text::\n\n   - otc.dis.no:\n\n.. code-block:: yaml\n\n   - otc.dis.one:\n\n     # more\n\nText\n\n"
        "* Item\n\n  .. code-block:: shell\n\n     ansible localhost\n\nEnd\n"
    )
    assert [example.text for example in examples(page)] == ["- otc.dis.one:\n\n  # more\n", "ansible localhost"]
