# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation as a site: ``make docs``, which runs ``python tests/docs``.

The reference comes from the plugins, the guides from docs/docsite, the front page from questions.yml. A link to
nowhere, a guide that no question leads to and any warning is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import front
import links

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
BUILD = ROOT / ".build"
WORK, SITE = BUILD / "docs", BUILD / "site"
GUIDES = ROOT / "docs/docsite/rst"
SHOWN = ROOT / "plugins/modules/dli_transfer_task.py"


def run(*command: str) -> None:
    """Run a Python program of this environment; what it says is shown if it fails."""
    environ = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(BUILD)}
    done = subprocess.run([sys.executable, *command], check=False, capture_output=True, text=True, env=environ)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nfailed: {' '.join(command[:3])} …")


def main() -> int:
    """Build, look for what is wrong, and say where to look."""
    pages = WORK / "rst"
    shutil.rmtree(WORK, ignore_errors=True)
    shutil.rmtree(SITE, ignore_errors=True)
    pages.mkdir(parents=True, mode=0o700)  # antsibull-docs writes into no folder that others may write to
    pages.chmod(0o700)
    wish = ("--fail-on-error", "--use-current", "--squash-hierarchy", "--dest-dir", str(pages), "otc.dis")
    config = ("--config-file", str(HERE / "antsibull-docs.cfg"))
    run(str(ROOT / "tests/tools/lint_docs.py"), *config, "collection", "--cleanup", "everything", *wish)

    for page in pages.rglob("*.rst"):
        page.write_text(front.dressed(page.read_text("utf-8")), "utf-8")
    overview = pages / "index.rst"
    reference = front.references(overview.read_text("utf-8"))
    overview.unlink()  # the front page leads to all that it names
    for picture in GUIDES.glob("*.svg"):
        shutil.copy(picture, pages / "docsite" / picture.name)
    guides = {page.stem: front.title(page.read_text("utf-8")) for page in (pages / "docsite").glob("*.rst")}
    order = front.order(ROOT / "docs/docsite/extra-docs.yml")
    missing = set(guides) ^ set(order)
    if missing:
        sys.exit(f"docs/docsite/extra-docs.yml and docs/docsite/rst do not agree: {', '.join(sorted(missing))}")
    questions = front.read(HERE / "questions.yml")
    overview.write_text(front.page(questions, reference, order, front.example(SHOWN)), "utf-8")

    links.inventory(WORK / "ansible.inv")
    where = ("-d", str(WORK / "doctrees"), "-c", str(HERE), str(pages), str(SITE))
    run("-m", "sphinx", "-b", "html", "-j", "auto", "-W", "--keep-going", "-q", "-E", *where)
    found = links.dead(SITE) + front.unreachable(SITE, guides)
    if found:
        sys.exit("\n".join([*found, f"{len(found)} to mend; questions.yml is what the front page asks"]))
    count = sum(len(group.questions) for group in questions)
    print(f"{len(reference)} plugins and roles, {len(guides)} guides, {count} questions, no dead link")
    print(f"open {(SITE / 'index.html').relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
