# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many transfer tasks in one call, beside a bare pool of connections, loops, and the vendor's SDK.

All but the loops and the SDK is measured in full; those two are measured on a sample and scaled, as a thousand tasks
would take a quarter of an hour. Everything takes turns within a round.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import ansible_cli

from otc_emulator.runner import Emulator

HERE = Path(__file__).resolve().parent
TASKS_PER_STREAM = 5  # the quota of DIS
SETTINGS = {
    "agency_name": "dis_admin_agency",
    "dli_database_name": "telemetry",
    "dli_table_name": "meter_raw",
    "obs_bucket_path": "telemetry-staging",
    "deliver_time_interval": 120,
}
ESTIMATED = ("module", "uri", "OTC SDK")
"""How figures begin that are measured on a sample and scaled."""
MODULE = "ansible_collections.otc.dis.plugins.modules.transfer_tasks"


@dataclass(frozen=True)
class Figure:
    """Seconds of one scenario in each round.

    :ivar estimated: measured on a sample and scaled
    """

    name: str
    tasks: int
    connections: int
    seconds: list[float]
    estimated: bool = False

    @property
    def median(self) -> float:
        return median(self.seconds)


class FleetBench:
    """One emulator, one folder, and the runs in it."""

    def __init__(self, emulator: Emulator, work: Path, latency: float, sdk_python: str | None) -> None:
        self.emulator, self.work, self.latency, self.sdk_python = emulator, work, latency, sdk_python
        self.env = ansible_cli.environ(work, TMPDIR=str(work))
        del self.env["ANSIBLE_CALLBACKS_ENABLED"]
        self.figures: dict[tuple[str, int, int], list[float]] = {}

    # --- one run ---

    def fresh(self, number: int) -> list[dict[str, Any]]:
        """A cloud with the streams and without a task; the tasks that are to be there."""
        tasks = [
            {"stream_name": f"s{one // TASKS_PER_STREAM}", "task_name": f"t{one % TASKS_PER_STREAM}", **SETTINGS}
            for one in range(number)
        ]
        streams = list(dict.fromkeys(str(task["stream_name"]) for task in tasks))
        self.emulator.reset(streams=streams, latency_ms=self.latency)
        return tasks

    def timed(self, name: str, tasks: int, connections: int, work: Callable[[], None], share: float = 1) -> float:
        """Note how long something takes.

        :param share: what part of the tasks it does
        """
        start = time.perf_counter()
        work()
        seconds = (time.perf_counter() - start) / share
        self.figures.setdefault((name, tasks, connections), []).append(seconds)
        print(f"\r{name:34} {tasks:5} tasks {seconds:8.1f} s   ", end="", file=sys.stderr, flush=True)
        return seconds

    def playbook(self, name: str, **variables: Any) -> None:
        """Run one of the playbooks here."""
        values = {
            "bench_url": self.emulator.url,
            "bench_project": self.emulator.project_id,
            "bench_token": self.emulator.mint_token(),
            **variables,
        }
        file = self.work / "fleet.json"
        file.write_text(json.dumps(values), encoding="utf-8")
        command = ["ansible-playbook", str(HERE / f"{name}.yml"), "-e", f"@{file}"]
        done = ansible_cli.run(command, self.env, self.work, timeout=1800)
        if done.code:
            sys.exit(f"{done}\n{name}.yml failed")

    def fleet(self, tasks: list[dict[str, Any]], connections: int, wait: bool = False, state: str = "present") -> None:
        """All of them in one call."""
        self.playbook("fleet", bench_tasks=tasks, bench_connections=connections, bench_wait=wait, bench_state=state)
        self.check(tasks)

    def bare(self, tasks: list[dict[str, Any]], connections: int, create: bool) -> None:
        """The same requests, and nothing else but an empty playbook."""
        order = {
            "url": self.emulator.url,
            "project": self.emulator.project_id,
            "token": self.emulator.mint_token(),
            "tasks": tasks,
            "connections": connections,
            "create": create,
        }
        subprocess.run(
            [sys.executable, str(HERE / "bare.py")], input=json.dumps(order), text=True, check=True, env=self.env
        )
        self.playbook("base")
        self.check(tasks)

    def sdk(self, tasks: list[dict[str, Any]]) -> None:
        """One process of the vendor's SDK for each task."""
        assert self.sdk_python is not None
        env = {**self.env, **self.emulator.environ, "OS_IDENTITY_API_VERSION": "3"}
        env["OS_PROJECT_DOMAIN_NAME"] = env["OS_USER_DOMAIN_NAME"]
        for one in tasks:
            command = [self.sdk_python, "-W", "ignore", str(HERE / "sdk_item.py"), one["stream_name"], one["task_name"]]
            subprocess.run(command, check=True, env=env, cwd=self.work)
        self.check(tasks)

    def check(self, tasks: list[dict[str, Any]]) -> None:
        """All of them are there, and nothing else is."""
        streams = self.emulator.state()["projects"][self.emulator.project_id]["streams"]
        made = sum(len(inside["tasks"]) for inside in streams.values())
        if made != len(tasks):
            sys.exit(f"there are {made} transfer tasks instead of {len(tasks)}")

    # --- all runs ---

    def round(self, number: int, widths: tuple[int, ...]) -> None:
        """Every scenario that is measured in full, for one number of tasks."""
        for width in widths:
            tasks = self.fresh(number)
            self.timed("bare pool, create", number, width, lambda w=width, t=tasks: self.bare(t, w, True))
            self.timed("bare pool, unchanged", number, width, lambda w=width, t=tasks: self.bare(t, w, False))
            tasks = self.fresh(number)
            self.timed("transfer_tasks, create", number, width, lambda w=width, t=tasks: self.fleet(t, w))
            self.timed("transfer_tasks, unchanged", number, width, lambda w=width, t=tasks: self.fleet(t, w))
        tasks = self.fresh(number)
        wide = widths[-1]
        self.timed("transfer_tasks, create and wait", number, wide, lambda: self.fleet(tasks, wide, wait=True))

    def samples(self, scale_to: int, size: int) -> None:
        """The SDK on a few tasks, as if for many."""
        tasks = self.fresh(size)
        self.timed("OTC SDK for each task, create", scale_to, 1, lambda: self.sdk(tasks), size / scale_to)

    def requests(self, number: int) -> tuple[Counter[str], Counter[str]]:
        """The requests of an unchanged run, and of one that stops all tasks."""
        tasks = self.fresh(number)
        self.fleet(tasks, 16)
        self.emulator.clear_log()
        self.fleet(tasks, 16)
        unchanged = Counter(entry["operation"] for entry in self.emulator.log())
        self.emulator.clear_log()
        self.fleet(tasks, 16, state="stopped")
        return unchanged, Counter(entry["operation"] for entry in self.emulator.log())

    def process(self, number: int, create: bool = True) -> tuple[float, float]:
        """Seconds of processor time and megabytes of memory of one module process."""
        tasks = self.fresh(number)
        options = {
            "auth": {"token": self.emulator.mint_token(), "project_id": self.emulator.project_id},
            "endpoint_override": self.emulator.url,
            "transfer_tasks": tasks,
            "connections": 16,
            "wait": False,
        }
        text = json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode()
        env = {**self.env, "PYTHONPATH": self.env["ANSIBLE_COLLECTIONS_PATH"]}
        with open(os.devnull, "wb") as sink:
            process = subprocess.Popen([sys.executable, "-m", MODULE], stdin=subprocess.PIPE, stdout=sink, env=env)
            assert process.stdin is not None
            process.stdin.write(text)
            process.stdin.close()
            _pid, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit("the module failed")
        self.check(tasks)
        return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024

    def median(self, name: str, tasks: int, connections: int = 1) -> float:
        """Seconds of one scenario."""
        return median(self.figures[name, tasks, connections])

    def table(self) -> list[Figure]:
        """All figures."""
        return [
            Figure(name, tasks, width, seconds, name.startswith(ESTIMATED))
            for (name, tasks, width), seconds in sorted(self.figures.items(), key=lambda one: (one[0][1], one[0][0]))
        ]


def sampled(bench: FleetBench, loops: Mapping[str, float], base: float, items: int, numbers: tuple[int, ...]) -> None:
    """Scale the loops over single tasks.

    :param loops: seconds of each, for as many items as given, an empty playbook included
    """
    for number in numbers:
        for name, seconds in loops.items():
            bench.figures[name, number, 1] = [base + (seconds - base) * number / items]


def tell(figures: list[Figure]) -> None:
    """The table."""
    print(f"{'':34} {'tasks':>6} {'connections':>12} {'median':>10}")
    for one in figures:
        mark = "  (a sample, scaled)" if one.estimated else ""
        print(f"{one.name:34} {one.tasks:6} {one.connections:12} {one.median:8.2f} s{mark}")


def promises(
    bench: FleetBench,
    number: int,
    requests: Mapping[str, int],
    stopping: Mapping[str, int],
    growth: float,
    memory: float,
) -> list[tuple[str, float, float, str]]:
    """What was measured, beside what the design promises: "least" or "most"."""
    found = []
    for doing, faster in (("create", {8: 120, 16: 170}), ("unchanged", {8: 80, 16: 80})):
        uri = bench.median(f"uri loop, {doing}", number)
        for width, close in ((8, 1.45), (16, 1.8)):
            fleet, bare = (bench.median(f"{who}, {doing}", number, width) for who in ("transfer_tasks", "bare pool"))
            what = f"{doing} {number}, {width} connections"
            found.append((f"{what}: times as fast as the uri loop", uri / fleet, float(faster[width]), "least"))
            found.append((f"{what}: of a bare pool's time", fleet / bare, close, "most"))
    others = sum(times for name, times in requests.items() if name not in ("list_transfer_tasks", "show_transfer_task"))
    lists = requests["list_transfer_tasks"] / (number / TASKS_PER_STREAM)
    found.append(("unchanged: lists for each stream", lists, 1.0, "most"))
    found.append(("unchanged: details for each task", requests["show_transfer_task"] / number, 1.0, "most"))
    found.append(("unchanged: other requests, with a shared token", float(others), 0.0, "most"))
    actions = stopping["act_on_transfer_tasks"] / (number / TASKS_PER_STREAM)
    found.append(("stop: requests for each stream that stop its tasks", actions, 1.0, "most"))
    found.append(("milliseconds of processor time for each further task", growth, 3.0, "most"))
    found.append(("megabytes of memory for 5000 tasks", memory, 100.0, "most"))
    return found
