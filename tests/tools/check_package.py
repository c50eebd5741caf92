# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check a tarball: its files, and the report of Galaxy's importer."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import stage

# In a pattern as in the name of a file, "/" is a folder.
ALLOWED = re.compile(
    r"(CHANGELOG|CODE_OF_CONDUCT|CONTRIBUTING|README)\.(md|rst)|COPYING|MAINTAINERS|(FILES|MANIFEST)\.json"
    r"|LICENSES/[\w.-]+\.txt|changelogs/(changelog|config)\.yaml|docs/docsite/([\w-]+\.yml|rst/\w+\.(rst|svg))"
    r"|extensions/(audit|awx|ee|eda/rulebooks)/[\w.-]+\.yml|extensions/eda/plugins/event_source/\w+\.py"
    r"|meta/[\w-]+\.(yml|txt)|playbooks/\w+\.yml|plugins/(\w+/)+\w+\.(py|yml)"
    r"|roles/\w+/(README\.md|\w+/\w+\.(yml|[\w.]+\.j2)|templates/[\w.]+\.j2)|tests/config\.yml"
)
# Without the requirements, each image that is built with this collection lacks them.
REQUIRED = {
    *("CODE_OF_CONDUCT.md", "LICENSES/GPL-3.0-or-later.txt", "README.md", "changelogs/changelog.yaml"),
    *("extensions/audit/event_query.yml", "extensions/awx/setup.yml", "meta/ee-requirements.txt"),
    *("meta/execution-environment.yml", "meta/extensions.yml", "meta/runtime.yml", "playbooks/export.yml"),
    *("playbooks/restart_transfer_task.yml", "tests/config.yml"),
    *(str(path) for path in stage.files() if path.parts[0] in ("plugins", "roles") or "eda" in path.parts[:2]),
}
LIMIT = 2_000_000  # bytes, unpacked; Galaxy takes 20 MB


def check_content(tarball: Path) -> list[str]:
    """What is in the tarball and should not be, or is not and should be."""
    with tarfile.open(tarball) as opened:
        members = opened.getmembers()
    files = [one.name for one in members if one.isfile()]
    found = [
        f"{name}: not for users; add it to build_ignore in galaxy.yml" for name in files if not ALLOWED.fullmatch(name)
    ]
    found += [f"{name}: missing" for name in sorted(REQUIRED - set(files))]
    found += [f"{one.name}: a link" for one in members if not (one.isfile() or one.isdir())]
    folders = [one.name for one in members if one.isdir()]
    found += [f"{name}/: empty" for name in folders if not any(file.startswith(f"{name}/") for file in files)]
    size = sum(one.size for one in members)
    return found + ([f"{size} bytes unpacked, more than {LIMIT}"] if size > LIMIT else [])


def check_import(tarball: Path) -> list[str]:
    """Problems that Galaxy's importer reports; its exit status does not depend on them."""
    environ = {**os.environ, "GALAXY_IMPORTER_CHECK_REQUIRED_TAGS": "true"}
    command = [sys.executable, "-m", "galaxy_importer.main", str(tarball)]
    # It leaves its report in the working directory.
    done = subprocess.run(command, cwd=tarball.parent, env=environ, capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    found = [line for line in lines if line.startswith(("WARNING", "ERROR", "CRITICAL"))]
    return found or (lines if done.returncode else [])


def main(tarball: Path) -> int:
    found = check_content(tarball) + check_import(tarball)
    print("\n".join(found) or "The tarball holds what users need, and nothing else, and passes the importer.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
