# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give ansible-test the pip it wants from the package index. Run it with the Python that has ansible-core installed.

ansible-test downloads a script that installs pip unless its cache has one. The stand-in written here does the same with
the pip that comes with Python, following this machine's pip configuration. A script that is already there is kept.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

STAND_IN = """\
import ensurepip, os, subprocess, sys
env = dict(os.environ)  # ensurepip switches pip's configuration off in this process
ensurepip.bootstrap()
wanted = [arg for arg in sys.argv[1:] if arg not in ("--no-setuptools", "--no-wheel")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", "--quiet", *wanted], env=env))
"""


def main() -> None:
    spec = importlib.util.find_spec("ansible_test")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("this Python has no ansible-test: install ansible-core first")
    package = Path(next(iter(spec.submodule_search_locations)))
    cache = Path.home() / ".ansible/test/cache"
    cache.mkdir(parents=True, exist_ok=True)
    versions = re.findall(r"\bpip='([\d.]+)'", (package / "_internal/python_requirements.py").read_text("utf-8"))
    for version in sorted(set(versions)):
        script = cache / f"get_pip_{version.replace('.', '_')}.py"
        if not script.exists():
            script.write_text(STAND_IN, "utf-8")


if __name__ == "__main__":
    main()
