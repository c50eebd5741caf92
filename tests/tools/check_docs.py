# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Render the documentation of everything in an installed copy of the collection; a warning is a failure."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

FOLDERS = {
    "module": "plugins/modules",
    "inventory": "plugins/inventory",
    "filter": "plugins/filter",
    "lookup": "plugins/lookup",
    "role": "roles",
}


def ansible_doc(*args: str) -> str:
    done = subprocess.run(["ansible-doc", *args], capture_output=True, text=True, check=False)
    # ansible-core warns of a part of itself when it lists roles.
    warnings = [text for text in done.stderr.split("[WARNING]:") if text.strip() and "_protomatter" not in text]
    if done.returncode or warnings:
        raise SystemExit(f"ansible-doc {' '.join(args)}:\n{done.stderr or done.stdout}")
    return done.stdout


def expected(folder: Path) -> set[str]:
    """The names that stand in *folder*, as users write them."""
    if not folder.is_dir():
        return set()
    return {f"otc.dis.{one.stem}" for one in folder.iterdir() if one.name[0] not in "._"}


def main(path: str) -> int:
    home = Path(path) / "ansible_collections/otc/dis"
    for kind, folder in FOLDERS.items():
        names = expected(home / folder)
        listed = set(json.loads(ansible_doc("-t", kind, "--list", "--json", "otc.dis"))) if names else set()
        if listed != names:
            raise SystemExit(f"{kind}: ansible-doc lists {sorted(listed)}, but there are {sorted(names)}")
        if names:
            ansible_doc("-t", kind, *sorted(names))
            print(f"{kind}: {', '.join(sorted(names))}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
