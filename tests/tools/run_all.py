# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run nox sessions, the next one also after a failure, and say at the end what is known.

Sessions that spread over all processors by themselves run one after the other. Beside them run those that keep only one
processor busy: tests wait a lot.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / ".build/results"
NARROW = ("faults", "lint", "unit", "conformance", "keystone", "awx", "sanity", "docs", "package")
"""Sessions that keep about one processor busy. Two that differ in the release alone share files: they take turns."""
LAST = "coverage"  # it sums up what others left

Verdict = tuple[str, float]


def main(sessions: list[str]) -> int:
    RESULTS.mkdir(parents=True, exist_ok=True)
    if LAST in sessions:
        shutil.rmtree(ROOT / ".build/coverage", ignore_errors=True)
        os.environ["OTC_DIS_COVERAGE"] = "yes"
    start = time.monotonic()
    verdicts = side_by_side([name for name in sessions if name != LAST], os.cpu_count() or 1)
    verdicts |= {name: run(name) for name in sessions if name == LAST}
    print("\n".join(summary({name: verdicts[name] for name in sessions}, time.monotonic() - start)), flush=True)
    verdict_of_all = {verdict for verdict, took in verdicts.values()}
    return 0 if "passed" in verdict_of_all and "FAILED" not in verdict_of_all else 1


def lane(session: str) -> str:
    """Sessions with the same of these must not run at the same time."""
    kind = session.partition("-")[0]
    return kind if kind in NARROW else "all processors"


def side_by_side(sessions: Iterable[str], width: int) -> dict[str, Verdict]:
    """Run sessions, *width* at a time, the wide ones first; what each prints comes in one piece when it has ended."""
    waiting = sorted(sessions, key=lambda name: lane(name) in NARROW)
    busy, verdicts = set[str](), dict[str, Verdict]()
    change = threading.Condition()

    def choose() -> str | None:
        with change:
            while waiting:
                name = next((one for one in waiting if lane(one) not in busy), None)
                if name is not None:
                    waiting.remove(name)
                    busy.add(lane(name))
                    print(f"running {name}", flush=True)
                    return name
                change.wait()
        return None

    def work() -> None:
        while name := choose():
            log = RESULTS / f"{name}.log"
            verdict: Verdict = ("FAILED", 0.0)
            try:
                with open(log, "w", encoding="utf-8") as out:
                    verdict = run(name, out)
            finally:  # whatever happened, nobody waits for it
                with change:
                    verdicts[name] = verdict
                    busy.discard(lane(name))
                    print(log.read_text("utf-8", "replace"), end="", flush=True)
                    change.notify_all()

    with ThreadPoolExecutor(width) as pool:
        try:
            for future in [pool.submit(work) for _worker in range(width)]:
                future.result()
        finally:  # an interrupted run begins nothing more
            with change:
                waiting.clear()
                change.notify_all()
    return verdicts


def run(name: str, out: IO[str] | None = None) -> Verdict:
    """The verdict on one session, and how long it took."""
    for ending in ("json", "used", "missing"):
        (RESULTS / f"{name}.{ending}").unlink(missing_ok=True)
    for path in reports_of_tests(name):
        path.unlink()
    report = RESULTS / f"{name}.json"
    start = time.monotonic()
    nox = [str(Path(sys.executable).parent / "nox"), "--non-interactive", "--report", str(report), "-s", name]
    code = subprocess.run(nox, cwd=ROOT, check=False, stdout=out, stderr=out and subprocess.STDOUT).returncode
    results = json.loads(report.read_text("utf-8"))["sessions"] if report.is_file() else []
    skipped = bool(results) and all(one["result"] == "skipped" for one in results)
    verdict = "FAILED" if code or not results else "skipped" if skipped else "passed"
    return verdict, time.monotonic() - start


def told(name: str, what: str) -> str:
    """What the session left word of."""
    word = RESULTS / f"{name}.{what}"
    return word.read_text("utf-8") if word.is_file() else ""


def reports_of_tests(name: str) -> list[Path]:
    """What pytest wrote down in a session, which may have run it several times."""
    return [path for path in (RESULTS / f"{name}.xml", *RESULTS.glob(f"{name}.*.xml")) if path.is_file()]


def counted(name: str) -> tuple[int, int, int]:
    """Tests that passed, failed and were skipped, as pytest wrote them down."""
    suites = [suite for path in reports_of_tests(name) for suite in ET.parse(path).getroot().iter("testsuite")]
    total, bad, left_out = (
        sum(int(suite.get(what, 0)) for suite in suites for what in names)
        for names in (("tests",), ("failures", "errors"), ("skipped",))
    )
    return total - bad - left_out, bad, left_out


def summary(verdicts: dict[str, Verdict], seconds: float) -> list[str]:
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
