# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a version into galaxy.yml, and nothing else: ``set_version.py galaxy.yml 1.0.0``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)\Z")
LINE = re.compile(r"^version: .*$", re.MULTILINE)


def main(path: Path, version: str) -> None:
    if not SEMANTIC.match(version):
        sys.exit(f"{version} is no semantic version, such as 1.0.0")
    text, times = LINE.subn(f"version: {version}", path.read_text("utf-8"))
    if times != 1:
        sys.exit(f"{path} holds {times} versions")
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
