# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each login method is tested on each surface."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys

from ansible_cli import ROOT

METHODS = ("password", "token", "clouds_yaml", "environment", "access_key", "agency", "passcode")
LOGINS, JOBS = "tests/e2e/playbooks/test_login_methods.py", "tests/e2e/awx/test_jobs.py"
CASES = {
    *(
        f"{LOGINS}::test_login_method_authenticates[{'-'.join(pair)}]"
        for pair in itertools.product(METHODS, ("playbook", "role", "ad_hoc"))
    ),
    *(f"{LOGINS}::test_login_method_lists_the_streams[{method}]" for method in METHODS),
    # AWX has a built-in credential type for clouds.yaml.
    *(f"{JOBS}::test_a_job_logs_in[{'openstack' if method == 'clouds_yaml' else method}]" for method in METHODS),
}


def test_every_login_method_is_tested_on_every_surface() -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", LOGINS, JOBS]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert listed.returncode == 0, listed.stdout + listed.stderr
    collected = {
        line for line in listed.stdout.splitlines() if re.search(r"::test_(login_method_|a_job_logs_in)", line)
    }
    assert collected == CASES


def test_the_contributor_guide_lists_the_login_methods() -> None:
    section = (ROOT / "docs/docsite/rst/contributor_guide.rst").read_text("utf-8").partition("\nLogin tests\n")[2]
    listed = re.sub(r"[` ]", "", section[section.index("(") + 1 : section.index(")")].replace("\n", " ")).split(",")
    assert listed == [{"clouds_yaml": "clouds.yaml"}.get(method, method.replace("_", "")) for method in METHODS]
