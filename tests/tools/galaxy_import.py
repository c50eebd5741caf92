# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Import a tarball as Galaxy does. The importer ends well whatever it finds, so its words decide."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def main(path: str) -> int:
    tarball = Path(path).resolve()
    environ = {**os.environ, "GALAXY_IMPORTER_CHECK_REQUIRED_TAGS": "true"}
    done = subprocess.run(
        [sys.executable, "-m", "galaxy_importer.main", str(tarball)],
        cwd=tarball.parent,  # where it leaves its report
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    findings = [line for line in done.stdout.splitlines() if line.startswith(("WARNING", "ERROR", "CRITICAL"))]
    if done.returncode or findings:
        print(done.stdout)
        print("\n".join(["The importer complains:", *findings]))
        return 1
    print("The importer has nothing to say against it.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
