# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure speed, side by side in one run: ``python tests/bench``, or ``make bench``.

Seconds depend on the machine, ratios hardly do: the budgets are ratios. Each figure is the median over rounds that take
turns, for the whole of ``ansible-playbook``; the figures for one item leave out what an empty playbook takes.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), *(str(ROOT / folder) for folder in ("tests/e2e/playbooks", "tests/emulator", "tests/tools"))]

import ansible_cli
import chart
import fleet
import stage

from otc_emulator.runner import Emulator, running

MODULE = "dli_transfer_task"
OURS = "ansible_collections/otc/dis/"
TASKS_PER_STREAM = 5  # the quota of DIS
SCENARIOS = (
    # figure, playbook, whether the tasks are there already
    ("base", "base", False),
    ("empty module", "noop", False),
    ("create, module", "module", False),
    ("unchanged, module", "module", True),
    ("create, module process", "process", False),
    ("unchanged, module process", "process", True),
    ("create, uri", "uri", False),
    ("unchanged, uri", "uri", True),
)


@dataclass(frozen=True)
class Budget:
    """A promise of the design, section 9."""

    what: str
    value: float
    maximum: float
    unit: str = ""
    processor: float | None = None  # the same ratio of processor time, which a busy machine hardly changes
    minimum: bool = False  # more is better

    @property
    def held(self) -> bool:
        return self.value >= self.maximum if self.minimum else self.value <= self.maximum

    def __str__(self) -> str:
        verdict, bound = "PASS" if self.held else "MISS", "at least" if self.minimum else "at most"
        beside = "" if self.processor is None else f"; {self.processor:.2f} of processor time"
        return f"{verdict}  {self.what:58} {self.value:7.2f}{self.unit} ({bound} {self.maximum:g}{self.unit}{beside})"


class Bench:
    """One emulator, one folder, and the runs in it."""

    def __init__(self, emulator: Emulator, work: Path, items: int, latency: float) -> None:
        self.emulator, self.work, self.latency = emulator, work, latency
        self.env = ansible_cli.environ(
            work, ANSIBLE_LIBRARY=str(HERE / "library"), ANSIBLE_PIPELINING="False", TMPDIR=str(work)
        )
        del self.env["ANSIBLE_CALLBACKS_ENABLED"]
        self.items = [
            {"stream": f"s{number // TASKS_PER_STREAM}", "task": f"t{number % TASKS_PER_STREAM}"}
            for number in range(items)
        ]

    def fresh(self) -> None:
        """A cloud with the streams and without a task."""
        streams = list(dict.fromkeys(item["stream"] for item in self.items))
        self.emulator.reset(streams=streams, latency_ms=self.latency)

    def measure(self, playbook: str) -> tuple[float, float, dict[str, int]]:
        """Seconds of one run, seconds of processor time, and the requests it made."""
        variables = self.work / "vars.json"
        text = json.dumps(
            {
                "bench_items": self.items,
                "bench_url": self.emulator.url,
                "bench_project": self.emulator.project_id,
                "bench_token": self.emulator.mint_token(),
                # what makes a process of our module, as on hosts with another connection
                "bench_environment": {"ANY": "thing"} if playbook == "process" else {},
            }
        )
        variables.write_text(text, encoding="utf-8")
        self.emulator.clear_log()
        start, busy = time.perf_counter(), processor_time()
        name = "module" if playbook == "process" else playbook
        command = ["ansible-playbook", str(HERE / f"{name}.yml"), "-e", f"@{variables}"]
        done = ansible_cli.run(command, self.env, self.work)
        seconds, busy = time.perf_counter() - start, processor_time() - busy
        if done.code:
            sys.exit(f"{done}\n{playbook}.yml failed")
        asked = Counter(entry["service"] for entry in self.emulator.log())
        made = sum(len(inside["tasks"]) for inside in self.streams().values())
        if playbook in ("module", "process", "uri") and made != len(self.items):
            sys.exit(f"{playbook}.yml left {made} tasks instead of {len(self.items)}")
        return seconds, busy, {"dis": asked["dis"], "iam": asked["iam"]}

    def streams(self) -> Mapping[str, Any]:
        """The streams of the project."""
        streams: Mapping[str, Any] = self.emulator.state()["projects"][self.emulator.project_id]["streams"]
        return streams

    def rounds(self, number: int) -> dict[str, dict[str, Any]]:
        """Every scenario in turn, several times."""
        found: dict[str, dict[str, Any]] = {name: {"seconds": [], "processor": []} for name, *_rest in SCENARIOS}
        for turn in range(1, number + 1):
            for name, playbook, repeated in SCENARIOS:
                if not repeated:
                    self.fresh()
                seconds, busy, requests = self.measure(playbook)
                found[name]["seconds"].append(seconds)
                found[name]["processor"].append(busy)
                found[name]["requests"] = requests
                print(f"\rround {turn} of {number}: {name:25} {seconds:6.1f} s   ", end="", file=sys.stderr, flush=True)
        print("\r" + " " * 60 + "\r", end="", file=sys.stderr)
        return found


def processor_time() -> float:
    """Seconds that processes which have ended took of a processor; the emulator still runs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# --- one call of the module, taken apart


def kept_module(bench: Bench) -> Path:
    """The file that Ansible makes of a module call, kept, for a task that is there as described."""
    bench.fresh()
    bench.items = bench.items[:1]
    bench.measure("module")
    env = {**bench.env, "ANSIBLE_KEEP_REMOTE_FILES": "1"}
    command = ["ansible-playbook", str(HERE / "module.yml"), "-e", f"@{bench.work / 'vars.json'}"]
    ansible_cli.run(command, env, bench.work)
    return next(bench.work.rglob(f"AnsiballZ_{MODULE}.py"))


def payload(module: Path) -> dict[str, int]:
    """Bytes of source in the archive inside it: ours and Ansible's; and what all of it is packed."""
    text = module.read_text(encoding="utf-8")
    packed = max(re.findall(r"[A-Za-z0-9+/]{1000,}={0,2}", text.replace("\\n", "").replace("\n", "")), key=len)
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(packed))) as archive:
        entries = archive.infolist()
    ours = [entry for entry in entries if entry.filename.startswith(OURS)]
    return {
        "ours": sum(entry.file_size for entry in ours),
        "ours_packed": sum(entry.compress_size for entry in ours),
        "ours_files": len([entry for entry in ours if entry.file_size]),
        "all": sum(entry.file_size for entry in entries),
        "all_packed": len(packed) * 3 // 4,
    }


def anatomy(module: Path, env: Mapping[str, str], turns: int = 7) -> dict[str, float]:
    """Milliseconds of one module process, by what they go into."""
    found: dict[str, list[float]] = {}
    for _turn in range(turns):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], env=env, check=True)
        found.setdefault("python", []).append((time.perf_counter() - start) * 1000)
        start = time.perf_counter()
        subprocess.run([sys.executable, str(module)], env=env, check=True, capture_output=True)
        found.setdefault("whole", []).append((time.perf_counter() - start) * 1000)
        timed = subprocess.run(
            [sys.executable, "-X", "importtime", str(module)], env=env, check=True, capture_output=True, text=True
        )
        for owner, milliseconds in imports(timed.stderr).items():
            found.setdefault(owner, []).append(milliseconds)
    return {name: median(values) for name, values in found.items()}


def imports(report: str) -> dict[str, float]:
    """Milliseconds of imports by who wanted them first: requests, our own files, Ansible, or Python as it starts."""
    lines = [
        (len(indent), int(own), name)
        for own, indent, name in re.findall(r"^import time:\s+(\d+) \|\s+\d+ \| ( *)(\S+)$", report, re.MULTILINE)
    ]
    spent: Counter[str] = Counter()
    above: list[tuple[int, str]] = []
    for depth, own, name in reversed(lines):  # the report names the importer after what it imports
        while above and above[-1][0] >= depth:
            above.pop()
        owner = owner_of(name) or (above[-1][1] if above else "other")
        above.append((depth, owner))
        spent[owner] += own
    return {owner: microseconds / 1000 for owner, microseconds in spent.items()}


def owner_of(module: str) -> str | None:
    """Whose a module is; None for the standard library, which counts for whoever imports it."""
    for prefix, owner in (
        ("ansible_collections", "ours"),
        ("ansible", "ansible"),
        ("requests", "requests"),
        ("urllib3", "requests"),
    ):
        if module == prefix or module.startswith(prefix + "."):
            return owner
    return None


# --- telling


def report(found: Mapping[str, Mapping[str, Any]], items: int, size: Mapping[str, int]) -> list[Budget]:
    """The table; returns the budgets."""
    seconds = {name: median(one["seconds"]) for name, one in found.items()}
    base = seconds["base"]
    each = {name: (value - base) / items for name, value in seconds.items()}
    print(f"{'':25} {'median':>8} {'from':>8} {'to':>8} {'per item':>10} {'processor':>10}  requests to DIS, IAM")
    for name, one in found.items():
        item = "" if name == "base" else f"{each[name] * 1000:7.0f} ms"
        asked = one["requests"]
        print(
            f"{name:25} {seconds[name]:6.1f} s {min(one['seconds']):6.1f} s {max(one['seconds']):6.1f} s {item:>10}"
            f" {median(one['processor']):8.1f} s  {asked['dis']:5}, {asked['iam']}"
        )

    def ratio(what: str, one: str, other: str, most: float) -> Budget:
        # Of the whole run: what a user waits for.
        busy = median(found[one]["processor"]) / median(found[other]["processor"])
        return Budget(what, seconds[one] / seconds[other], most, processor=busy)

    dis, iam = (found["unchanged, module"]["requests"][service] for service in ("dis", "iam"))
    return [
        ratio("create: our loop / the uri loop", "create, module", "create, uri", 0.6),
        ratio("unchanged: our loop / the uri loop", "unchanged, module", "unchanged, uri", 1.0),
        ratio("unchanged: our loop / an empty module's", "unchanged, module", "empty module", 1.5),
        Budget("unchanged: requests to DIS for each task", dis / items, 1),
        Budget("unchanged: requests to IAM, with a shared token", iam, 0),
        Budget("our own source in the archive of one module, packed", size["ours_packed"] / 1024, 60, " KB"),
    ]


def tell_anatomy(parts: Mapping[str, float], size: Mapping[str, int]) -> None:
    """Where the time of one module process goes; the rest of an item's time is Ansible's, on the controller."""
    known = sum(parts.get(name, 0.0) for name in ("ansible", "requests", "ours"))
    start = parts["python"]
    rest = max(0.0, parts["whole"] - start - known)
    print(f"\nThe module's own process takes {parts['whole']:.0f} ms in an unchanged call:")
    for what, milliseconds in (
        ("Python starts", start),
        ("import of ansible.module_utils", parts.get("ansible", 0.0)),
        ("import of requests", parts.get("requests", 0.0)),
        ("import of our own files", parts.get("ours", 0.0)),
        ("unpacking, options, one request (20 ms are the emulator's)", rest),
    ):
        print(f"{milliseconds:7.0f} ms  {what}")
    print(
        f"In the archive: {size['ours'] / 1024:.0f} KB of our source in {size['ours_files']} files"
        f" ({size['ours_packed'] / 1024:.0f} KB packed), {size['all'] / 1024:.0f} KB with Ansible's"
        f" ({size['all_packed'] / 1024:.0f} KB packed)\n"
    )


def fleets(
    options: argparse.Namespace, emulator: Emulator, work: Path, found: Mapping[str, Mapping[str, Any]]
) -> tuple[list[fleet.Figure], list[Budget]]:
    """Many tasks in one call, beside the loops that were measured before."""
    bench = fleet.FleetBench(emulator, work, options.latency, options.sdk_python)
    for _turn in range(options.fleet_rounds):
        for number in options.fleet:
            bench.round(number, (8, 16))
    most = max(options.fleet)
    if options.sdk_python:
        bench.samples(most, 5)
    seconds = {name: median(one["seconds"]) for name, one in found.items()}
    loops = {f"{who} loop, {doing}": seconds[f"{doing}, {who}"]
             for who in ("module", "uri") for doing in ("create", "unchanged")}  # fmt: skip
    fleet.sampled(bench, loops, seconds["base"], options.items, tuple(options.fleet))
    requests, stopping = bench.requests(most)
    few, many = (median(bench.process(number)[0] for _turn in range(3)) for number in (most // 5, most))
    growth = (many - few) / (most - most // 5) * 1000
    memory = bench.process(5000)[1]
    print("\r" + " " * 60 + "\r", end="", file=sys.stderr)
    promises = fleet.promises(bench, most, requests, stopping, growth, memory)
    return bench.table(), [Budget(what, value, bound, minimum=word == "least") for what, value, bound, word in promises]


def draw_chart(figures: list[fleet.Figure], path: Path) -> None:
    """The chart for the guide: creating, for each number of tasks."""
    rows = [
        {
            "name": one.name.removesuffix(", create"),
            "tasks": one.tasks,
            "connections": one.connections,
            "seconds": one.median,
            "estimated": one.estimated,
            "ours": one.name.startswith(("transfer_tasks", "module")),
        }
        for one in figures
        if one.name.endswith(", create")
    ]
    chart.draw(rows, path)


def arguments() -> argparse.Namespace:
    words = argparse.ArgumentParser(prog="make bench", description="Measure speed and hold it to the budgets.")
    words.add_argument("--items", type=int, default=50, help="transfer tasks in a loop (default: %(default)s)")
    words.add_argument("--rounds", type=int, default=3, help="how often each loop runs (default: %(default)s)")
    words.add_argument("--latency", type=float, default=20, help="of the emulator in ms (default: %(default)s)")
    words.add_argument(
        "--fleet",
        type=int,
        nargs="*",
        default=[50, 200, 1000],
        help="transfer tasks in one call (default: %(default)s)",
    )
    words.add_argument("--fleet-rounds", type=int, default=3, help="how often each call runs (default: %(default)s)")
    words.add_argument("--sdk-python", metavar="FILE", help="a Python with the OTC SDK, to measure that, too")
    words.add_argument("--chart", metavar="FILE", type=Path, help="draw the figures there, as SVG")
    words.add_argument("--json", metavar="FILE", type=Path, help="write all figures there")
    words.add_argument("--strict", action="store_true", help="exit with 1 if a budget is missed")
    return words.parse_args()


def main() -> int:
    options = arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # clean up then, too
    if "ANSIBLE_COLLECTIONS_PATH" not in os.environ:
        stage.stage(ROOT / ".build")
    with tempfile.TemporaryDirectory(prefix="otc-dis-bench-") as folder, running() as emulator:
        bench = Bench(emulator, Path(folder), options.items, options.latency)
        print(f"{options.items} transfer tasks in a loop, {options.latency:g} ms latency, {options.rounds} rounds\n")
        found = bench.rounds(options.rounds)
        module = kept_module(bench)
        size, parts = payload(module), anatomy(module, bench.env)
        figures, promises = fleets(options, emulator, Path(folder), found) if options.fleet else ([], [])
    budgets = report(found, options.items, size)
    tell_anatomy(parts, size)
    fleet.tell(figures)
    budgets += promises
    print("\n" + "\n".join(map(str, budgets)))
    if options.chart and figures:
        draw_chart(figures, options.chart)
    load, processors = os.getloadavg()[0], os.cpu_count() or 1
    if load > processors:
        print(f"\nThe machine is busy (load {load:.1f} on {processors} processors): trust the processor time more.")
    if options.json:
        loops = {"items": options.items, "runs": found, "payload": size, "milliseconds": parts}
        verdicts = [{"what": one.what, "value": one.value, "most": one.maximum, "held": one.held} for one in budgets]
        options.json.write_text(
            json.dumps({**loops, "fleets": [vars(one) for one in figures], "budgets": verdicts}, indent=2) + "\n",
            encoding="utf-8",
        )
    return 1 if options.strict and not all(one.held for one in budgets) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
