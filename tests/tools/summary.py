# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print the results of sessions: passed, failed, and not tested on this machine."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[2] / ".build/results"


def counts(name: str) -> tuple[int, int, int]:
    """Tests that passed, failed and were skipped in a session, which may have run pytest several times."""
    suites = [suite for path in RESULTS.glob(f"{name}*.xml") for suite in ET.parse(path).iter("testsuite")]
    total, failed, skipped = (
        sum(int(suite.get(kind, 0)) for suite in suites for kind in kinds)
        for kinds in (("tests",), ("failures", "errors"), ("skipped",))
    )
    return total - failed - skipped, failed, skipped


def main(names: list[str]) -> int:
    """Print a line for each session, then the verdict; 1 if one failed or none passed."""
    results: dict[str, str] = {}
    total = (0, 0, 0)
    print("=" * 78)
    for name in names:
        report = RESULTS / f"{name}.json"
        sessions = json.loads(report.read_text("utf-8"))["sessions"] if report.is_file() else []
        one = sessions[0] if sessions else {"result": "failed", "duration": 0, "reason": "ended without a report"}
        found = counts(name)
        total = tuple(map(sum, zip(total, found, strict=True)))
        words = "{} passed, {} failed, {} skipped".format(*found) if any(found) else ""
        results[name] = "not tested" if one["result"] == "skipped" else one["result"]
        details = "; ".join(filter(None, [words, one["reason"] or ""]))
        print(f"{results[name]:10} {name:22} {one['duration']:4.0f} s  {details}".rstrip())
    failed = [name for name, result in results.items() if result not in ("success", "not tested")]
    passed = list(results.values()).count("success")
    print(
        f"{passed} of {len(names)} sessions passed. " + (f"FAILED: {', '.join(failed)}" if failed else "None failed.")
    )
    print("Total: {} passed, {} failed, {} skipped".format(*total))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
