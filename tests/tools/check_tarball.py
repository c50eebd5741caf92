# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuse a tarball that holds anything but what users need, or lacks it."""

from __future__ import annotations

import fnmatch
import sys
import tarfile

ALLOWED = (
    "CHANGELOG.md",
    "CHANGELOG.rst",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "COPYING",
    "FILES.json",
    "LICENSES/*.txt",
    "MAINTAINERS",
    "MANIFEST.json",
    "README.md",
    "changelogs/changelog.yaml",
    "changelogs/config.yaml",
    "docs/docsite/*.yml",
    "docs/docsite/rst/*.rst",
    "extensions/awx/*.yml",
    "extensions/ee/execution-environment.yml",
    "docs/docsite/rst/*.svg",
    "meta/ee-requirements.txt",
    "meta/execution-environment.yml",
    "meta/runtime.yml",
    "playbooks/*.yml",
    "plugins/action/*.py",
    "plugins/doc_fragments/*.py",
    "plugins/filter/*",
    "plugins/lookup/*.py",
    "plugins/inventory/*.py",
    "plugins/module_utils/_*.py",
    "plugins/module_utils/_*/*.py",
    "plugins/modules/*.py",
    "plugins/plugin_utils/*.py",
    "roles/*/README.md",
    "roles/*/*/*.yml",
    "roles/*/templates/*.j2",
    "tests/config.yml",
)
# The named requirements must be there, or each image that is built with this collection lacks them.
REQUIRED = (
    "CODE_OF_CONDUCT.md",
    "LICENSES/GPL-3.0-or-later.txt",
    "README.md",
    "changelogs/changelog.yaml",
    "extensions/awx/setup.yml",
    "meta/ee-requirements.txt",
    "meta/execution-environment.yml",
    "meta/runtime.yml",
    "playbooks/export.yml",
    "plugins/doc_fragments/*.py",
    "plugins/filter/role_variables.py",
    "plugins/inventory/streams.py",
    "plugins/lookup/role_options.py",
    "plugins/module_utils/_*.py",
    "plugins/module_utils/_*/*.py",
    "plugins/modules/dli_transfer_task.py",
    "plugins/plugin_utils/_vault.py",
    "tests/config.yml",
)
LIMIT = 2_000_000  # bytes, unpacked; Galaxy takes 20 MB


def complaints(names: list[str], size: int) -> list[str]:
    """What is wrong with a tarball of these files."""

    def fits(name: str, patterns: tuple[str, ...]) -> bool:
        # A star stays within one folder.
        return any(fnmatch.fnmatch(name, one) and name.count("/") == one.count("/") for one in patterns)

    found = [
        f"{name}: not for users; add it to build_ignore in galaxy.yml" for name in names if not fits(name, ALLOWED)
    ]
    found += [f"{one}: missing" for one in REQUIRED if not any(fits(name, (one,)) for name in names)]
    if size > LIMIT:
        found.append(f"{size} bytes unpacked, more than {LIMIT}")
    return found


def main(path: str) -> int:
    with tarfile.open(path) as tarball:
        members = tarball.getmembers()
    files = [member.name for member in members if not member.isdir()]
    folders = {member.name for member in members if member.isdir()}
    found = complaints(files, sum(member.size for member in members))
    found += [
        f"{name}/: an empty folder" for name in sorted(folders) if not any(f.startswith(f"{name}/") for f in files)
    ]
    found += [f"{member.name}: a link" for member in members if not (member.isfile() or member.isdir())]
    print("\n".join(found) or f"{len(files)} files, all of them for users")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
