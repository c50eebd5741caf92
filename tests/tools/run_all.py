# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run nox sessions one after the other, the next one also after a failure, and say at the end what is known."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / ".build/results"


def main(sessions: list[str]) -> int:
    RESULTS.mkdir(parents=True, exist_ok=True)
    if "coverage" in sessions:
        shutil.rmtree(ROOT / ".build/coverage", ignore_errors=True)
    start = time.monotonic()
    verdicts = {name: run(name) for name in sessions}
    print("\n".join(summary(verdicts, time.monotonic() - start)), flush=True)
    verdict_of_all = {verdict for verdict, took in verdicts.values()}
    return 0 if "passed" in verdict_of_all and "FAILED" not in verdict_of_all else 1


def run(name: str) -> tuple[str, float]:
    """The verdict on one session, and how long it took."""
    for kind in ("json", "xml", "used", "missing"):
        (RESULTS / f"{name}.{kind}").unlink(missing_ok=True)
    report = RESULTS / f"{name}.json"
    start = time.monotonic()
    nox = [str(Path(sys.executable).parent / "nox"), "--non-interactive", "--report", str(report), "-s", name]
    code = subprocess.run(nox, cwd=ROOT, check=False).returncode
    results = json.loads(report.read_text("utf-8"))["sessions"] if report.is_file() else []
    skipped = bool(results) and all(one["result"] == "skipped" for one in results)
    verdict = "FAILED" if code or not results else "skipped" if skipped else "passed"
    return verdict, time.monotonic() - start


def told(name: str, kind: str) -> str:
    """What the session left word of."""
    word = RESULTS / f"{name}.{kind}"
    return word.read_text("utf-8") if word.is_file() else ""


def counted(name: str) -> tuple[int, int, int]:
    """Tests that passed, failed and were skipped, as pytest wrote them down."""
    report = RESULTS / f"{name}.xml"
    if not report.is_file():
        return 0, 0, 0
    suites = list(ET.parse(report).getroot().iter("testsuite"))
    total, bad, left_out = (
        sum(int(suite.get(what, 0)) for suite in suites for what in kind)
        for kind in (("tests",), ("failures", "errors"), ("skipped",))
    )
    return total - bad - left_out, bad, left_out


def summary(verdicts: dict[str, tuple[str, float]], seconds: float) -> list[str]:
    lines = ["", "=" * 78]
    passed = failed = skipped = 0
    for name, (verdict, took) in verdicts.items():
        counts = counted(name)
        tests = "{} passed, {} failed, {} skipped".format(*counts) if any(counts) else ""
        details = ", ".join(filter(None, [told(name, "used"), tests]))
        lines.append(f"{verdict:8} {name:17} {took:4.0f} s  {details}".rstrip())
        passed, failed, skipped = passed + counts[0], failed + counts[1], skipped + counts[2]
        # A session that counts no tests is one check; and one may fail although each of its tests passed.
        passed += verdict == "passed" and not any(counts)
        failed += verdict == "FAILED" and not counts[1]
        skipped += verdict == "skipped" and not any(counts)
    missing = {told(name, "missing") for name in verdicts} - {""}
    lines += [f"not tested here: {what}" for what in sorted(missing)]
    broken = [name for name in verdicts if verdicts[name][0] == "FAILED"]
    held = [name for name in verdicts if verdicts[name][0] == "passed"]
    lines.append(f"{len(held)} of {len(verdicts)} sessions passed in {seconds / 60:.1f} minutes")
    lines.append(f"FAILED: {', '.join(broken)}" if broken else "Everything that was tested passed.")
    lines.append(f"Total: {passed} passed, {failed} failed, {skipped} skipped")
    return lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
