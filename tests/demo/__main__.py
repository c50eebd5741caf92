# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Demonstrate the collection: ``python tests/demo`` or ``make demo``; on a cloud: ``make demo CLOUD=name``.

Act 1 is a playbook with the life cycle of one transfer task, and an ad hoc command. Act 2 is a playbook that creates a
stream with an app and transfer tasks, uses and deletes them. Act 3 creates 100 transfer tasks in one call. Act 4 runs
the event source and the playbook of the rulebook ``otc.dis.restart_failed_tasks`` on a task that fails. Acts 3 and 4
require the emulator. A line is printed after the playbook and this script have checked the step; on the emulator, the
requests are checked, too.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import runpy
import secrets
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/e2e/playbooks", "tests/emulator", "tests/tools")]

import ansible_cli
import stage
import yaml

from otc_emulator.runner import Emulator, EmulatorError, running

MODULE = "otc.dis.dli_transfer_task"
CLEAN_UP = "Clean up"
ACT_TIMEOUT = 3600
"""Timeout of one act in seconds: in a cloud, each step may take minutes."""
FLEET = [f"plant-{number:03}" for number in range(100)]
"""Streams of act 3."""
FAILING = {"stream_name": "meters-north", "task_name": "meters-north-to-dli"}
"""Transfer task of act 4."""
FAILED_BATCH = {"state": "ERROR", "errorCode": "DIS.4338", "message": "The DLI table was not found."}
"""Entry of the log of the failed task."""
EVENT_TIMEOUT = 30
"""Maximum time in seconds until the event source queues an event."""
Result = Mapping[str, Any]


def state_of(result: Result) -> str:
    return f"the transfer task is {result['transfer_task']['state']}"


def interval_of(result: Result) -> str:
    before, after = (result["diff"][side]["deliver_time_interval"] for side in ("before", "after"))
    return f"deliver_time_interval: {before} -> {after}"


def stream_of(result: Result) -> str:
    stream = result["stream"]
    tags = ", ".join(f"{key}={value}" for key, value in stream["tags"].items())
    facts = f"{stream['writable_partition_count']} partitions, {stream['data_type']} records, tag {tags}"
    return f"the stream is {stream['status']}: {facts}"


def app_of(result: Result) -> str:
    return "the app for the checkpoints of a consumer exists"


def shares_of(result: Result) -> str:
    shares = Counter(number_of(record["partition_id"]) for record in result["records"])
    places = " and ".join(f"{count} in partition {number}" for number, count in sorted(shares.items()))
    return f"{len(result['records'])} records sent, {places}"


def number_of(partition_id: str) -> int:
    return int(partition_id.rpartition("-")[2])


def position_of(result: Result) -> str:
    checkpoint = result["checkpoints"][0]
    place = f"record {checkpoint['sequence_number']} of partition {number_of(checkpoint['partition_id'])}"
    return f"the checkpoint of the app is {place}"


def lag_of(result: Result) -> str:
    return f"the lag of the app is {result['apps'][0]['consumption']['lag']} records"


def sum_of(result: Result, unit: str) -> int:
    return sum(
        point["value"] for metric in result["metrics"] if metric["unit"] == unit for point in metric["data_points"]
    )


def counts_of(result: Result) -> str:
    records = sum_of(result, "records")
    if not records:
        return "no metrics yet; they are delayed by some minutes"
    return f"the metrics count {records} records, {sum_of(result, 'bytes')} bytes"


def drift_of(result: Result) -> str:
    found = {one["status"]: one for one in result["drift_result"]["resources"]}
    drifted, unmanaged = (kind_of(found[status]["task_name"]) for status in ("drift", "unmanaged"))
    (difference,) = found["drift"]["differences"]
    values = f"{difference['setting']} is {difference['observed']}, desired {difference['desired']}"
    return f"drift report: the task to {drifted} has drifted ({values}), the task to {unmanaged} is unmanaged"


def kind_of(task: str) -> str:
    return task.rpartition("-")[2].upper()


def cost_of(result: Result) -> str:
    cost = result["cost"]
    shares = ", ".join(f"{number_of(one['partition_id'])}: {one['records']}" for one in cost["partitions"])
    if cost["records"] is None:
        return "check mode: the number of records that would be transferred again is unknown"
    return f"check mode: a new task would transfer {cost['records']} records again (by partition: {shares})"


@dataclass(frozen=True)
class Step:
    """Expected result of one or several tasks of a playbook, and the line to print.

    :ivar name: name of the task; for several tasks, the part of their names before a colon
    :ivar actions: expected actions of all tasks
    :ivar text: function that returns the text of the line
    :ivar writes: expected operations of DIS that write, checked on the emulator
    :ivar tasks: number of tasks
    :ivar check: function that returns further errors
    :ivar advice: advice if the service rejects the step
    :ivar timed: whether to print the duration
    """

    name: str
    actions: list[str]
    text: Callable[[Result], str]
    writes: list[str] = field(default_factory=list)
    tasks: int = 1
    check: Callable[[Demo, Result], list[str]] = lambda demo, result: []
    advice: str = ""
    timed: bool = False


def check_records(demo: Demo, result: Result) -> list[str]:
    """Compare the read records with the sent ones and, on the emulator, with the stored and transferred ones."""
    with Path(__file__).with_name("whole.yml").open(encoding="utf-8") as playbook:
        sent = [record["data"] for record in yaml.safe_load(playbook)[0]["vars"]["demo_records"]]
    read = [json.loads(record["data"]) for record in result["records"]]
    errors = [] if in_order(read) == in_order(sent) else [f"{read} was read instead of {sent}"]
    if demo.emulator is not None:
        stream = demo.results["Stream"]["stream"]["stream_name"]
        stored = [json.loads(base64.b64decode(record["data"])) for record in demo.emulator.records(stream)]
        if in_order(stored) != in_order(sent):
            errors.append(f"the stream contains {stored}")
        transferred = {name: task["transferred_records"] for name, task in demo.emulator.tasks(stream).items()}
        if [*transferred.values()] != [len(sent)] * 2:
            errors.append(f"the tasks have transferred {transferred}")
    return errors


def in_order(records: list[Any]) -> list[str]:
    return sorted(json.dumps(record, sort_keys=True) for record in records)


def check_reports(demo: Demo, result: Result) -> list[str]:
    """Compare the JSON report with the result, and check that the other reports name the transfer task."""
    if demo.reports is None:
        return []
    texts = {kind: (demo.reports / f"drift.{kind}").read_text("utf-8") for kind in ("json", "xml", "html")}
    report, expected = json.loads(texts["json"]), result["drift_result"]
    task = f"{demo.results['Stream']['stream']['stream_name']}-to-dli"
    errors = [f"drift.{kind} does not contain {task}" for kind, text in texts.items() if task not in text]
    return [*errors, *(f"{key} of drift.json differs" for key in expected if report.get(key) != expected[key])]


def check_cost(demo: Demo, result: Result) -> list[str]:
    """Compare the cost with the sent records on the emulator; in a cloud, other positions are possible."""
    counted, sent = result["cost"]["records"], len(demo.results["Send"]["records"])
    return [f"{counted} records are counted"] if demo.emulator is not None and counted != sent else []


def check_metrics(demo: Demo, result: Result) -> list[str]:
    """Compare the metrics with the sent records on the emulator; on a cloud, metrics are delayed."""
    counted, sent = sum_of(result, "records"), len(demo.results["Send"]["records"])
    return [f"{counted} records are counted"] if demo.emulator is not None and counted != sent else []


LIFE = [
    Step("Create", ["create"], state_of, ["create_transfer_task"]),
    Step("Same again", [], lambda result: "in the desired state: one read, no change"),
    Step("Dry run", ["update"], lambda result: f"check mode: {interval_of(result)}, nothing written"),
    Step("Update", ["update"], lambda result: f"{interval_of(result)}, verified", ["update_transfer_task"]),
    Step("Stop", ["stop"], state_of, ["act_on_transfer_tasks"]),
    Step("Start", ["start"], state_of, ["act_on_transfer_tasks"]),
    Step("Delete", ["delete"], lambda result: "the transfer task is deleted", ["delete_transfer_task"]),
    Step("Delete again", [], lambda result: "already absent: one read, no change"),
]
AD_HOC = Step("Ad hoc", ["create"], lambda result: "ansible localhost --check: would be created, nothing written")
DESTINATION_ADVICE = "Check that the region offers the destination and that the resources in DEMO_VARS exist."
REMOVAL = ["delete", "delete", "delete_checkpoints", "delete", "delete"]
WHOLE = [
    Step(
        "Stream",
        ["create"],
        stream_of,
        ["create_stream"],
        advice="If the region only supports BLOB streams, add demo_data_type=BLOB to DEMO_VARS.",
    ),
    Step("App", ["create"], app_of, ["create_app"]),
    Step(
        "To DLI",
        ["create"],
        lambda result: f"the transfer task to DLI is {result['transfer_task']['state']}",
        ["create_transfer_task"],
        advice=DESTINATION_ADVICE,
    ),
    Step(
        "To OBS",
        ["create"],
        lambda result: f"the transfer task to OBS is {result['transfer_task']['state']}",
        ["create_transfer_task"],
        advice=DESTINATION_ADVICE,
    ),
    Step("Send", ["put"], shares_of, ["put_records"]),
    Step(
        "Read back",
        [],
        lambda result: f"{len(result['records'])} records read, equal to those sent",
        check=check_records,
    ),
    Step("Checkpoint", ["commit"], position_of, ["commit_checkpoint"]),
    Step("Lag", [], lag_of),
    Step("Metrics", [], counts_of, check=check_metrics),
    Step(
        "All again",
        [],
        lambda result: "stream, app, transfer tasks and checkpoint are in the desired state: no change",
        tasks=5,
    ),
    Step("Drift", [], drift_of, check=check_reports),
    Step("Recreate", ["delete", "create"], cost_of, check=check_cost),
    Step(
        "Dry removal",
        REMOVAL,
        lambda result: "check mode: transfer tasks, app and stream would be deleted, nothing written",
        tasks=4,
    ),
    Step(
        "Remove",
        REMOVAL,
        lambda result: "transfer tasks, app, checkpoint and stream are deleted",
        ["delete_transfer_task", "delete_transfer_task", "delete_checkpoint", "delete_app", "delete_stream"],
        tasks=4,
    ),
    Step("Remove again", [], lambda result: "all are already absent: no change", tasks=4),
]


MANY = [
    Step(
        "Fleet",
        ["create"],
        lambda result: f"{result['summary']['changed']} transfer tasks of as many streams created in one call",
        ["create_transfer_task"] * len(FLEET),
        timed=True,
    ),
    Step(
        "Fleet again",
        [],
        lambda result: f"all {result['summary']['ok']} are in the desired state: no change",
        timed=True,
    ),
    Step(
        "Fleet removal",
        ["delete"],
        lambda result: f"all {result['summary']['changed']} are deleted",
        ["delete_transfer_task"] * len(FLEET),
        timed=True,
    ),
]


@dataclass(frozen=True)
class Act:
    """Playbook with its steps.

    :ivar clean_up: command that deletes the resources of an interrupted run; None if the end of the emulator suffices
    :ivar ad_hoc: ad hoc command after the playbook
    """

    title: str
    playbook: str
    steps: list[Step]
    clean_up: Callable[[list[str]], list[str]] | None = None
    ad_hoc: Callable[[list[str]], list[str]] | None = None

    def play(self, demo: Demo, variables: list[str], env: dict[str, str], cwd: Path) -> list[ansible_cli.Run]:
        """Run the playbook and the ad hoc command, if any."""
        demo.todo, demo.events, demo.line = [*self.steps], [], None
        runs = [ansible_cli.run(self.run(variables), env, cwd, demo.watch, ACT_TIMEOUT)]
        if self.ad_hoc and runs[0].code == 0 and not demo.todo:
            runs.append(ansible_cli.run(self.ad_hoc(variables), env, cwd))
            for event in runs[-1].events:
                demo.step(AD_HOC, [event])
            if demo.line:
                print_line(*demo.line)
                demo.line = None
        if demo.todo:
            demo.errors.append(f"not reached: {', '.join(step.name.lower() for step in demo.todo)}")
        demo.errors += [f"exit code {run.code}" for run in runs if run.code]
        return runs

    def run(self, variables: list[str]) -> list[str]:
        return ["ansible-playbook", str(Path(__file__).with_name(self.playbook)), *variables]


def ad_hoc(variables: list[str], desired: str) -> list[str]:
    names = "stream_name={{ demo_stream | default('meters') }} task_name={{ demo_task }}"
    return ["ansible", "localhost", "-m", MODULE, "-a", f"{names} {desired}", *variables]


def create_ad_hoc(variables: list[str]) -> list[str]:
    desired = (
        "agency_name={{ demo_agency | default('dis_admin_agency') }}"
        " obs_bucket_path={{ demo_bucket | default('telemetry-staging') }}"
        " dli_database_name={{ demo_database | default('telemetry') }}"
        " dli_table_name={{ demo_table | default('meter_raw') }}"
    )
    return [*ad_hoc(variables, desired), "--check"]


ACTS = [
    Act(
        "Life cycle of a transfer task",
        "playbook.yml",
        LIFE,
        lambda variables: ad_hoc(variables, "state=absent"),
        create_ad_hoc,
    ),
    Act(
        "A stream with app, transfer tasks and records",
        "whole.yml",
        WHOLE,
        lambda variables: [*ACTS[1].run(variables), "--tags", "clean_up"],
    ),
]


class RestartAct(Act):
    """Failure of a transfer task, its event, and the playbook of the rulebook ``restart_failed_tasks``."""

    def play(self, demo: Demo, variables: list[str], env: dict[str, str], cwd: Path) -> list[ansible_cli.Run]:
        """Let the task fail, wait for the event, and run the playbook."""
        emulator = demo.emulator
        assert emulator is not None
        stream, task = FAILING["stream_name"], FAILING["task_name"]
        collections = Path(env["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)[0])
        try:
            event = asyncio.run(event_of_failure(emulator, collections))
        except EmulatorError as err:
            demo.errors.append(str(err))
            return []
        failed = emulator.tasks(stream)[task]["state"]
        demo.report("Failure", "ok", f"the transfer task {task} is {failed}", failed == "ABNORMAL")
        found = {key: event["dis"].get(key) for key in ("event", *FAILING)}
        text = f'the event source queued "{found["event"]}": {event["dis"]["reason"]}'
        demo.report("Event", "ok", text, found == {"event": "failed", **FAILING})
        demo.writes_since()
        facts = json.dumps({"ansible_eda": {"event": event}})
        host = event["meta"]["hosts"]
        run = ansible_cli.run(
            ["ansible-playbook", self.playbook, "-i", f"{host},", "-c", "local", "-e", facts], env, cwd
        )
        state, writes = emulator.tasks(stream)[task]["state"], demo.writes_since()
        restarted = (run.code, state, writes) == (0, "RUNNING", ["act_on_transfer_tasks"] * 2)
        demo.report("Restart", "changed", f"{self.playbook}: stopped and started, the task is {state}", restarted)
        print(f"\nIn production, ansible-rulebook receives the event and runs the playbook:\n{RULEBOOK}", flush=True)
        return [run]


def wait_for_poll(emulator: Emulator, since: int) -> None:
    """Wait until the event source has requested the transfer task, so that it reports the failure as a transition."""
    end = time.monotonic() + EVENT_TIMEOUT
    while not emulator.log("dis", "show_transfer_task", since) and time.monotonic() < end:
        time.sleep(0.05)


async def event_of_failure(emulator: Emulator, collections: Path) -> dict[str, Any]:
    """Run the event source as ansible-rulebook does, let the transfer task fail, and return the event.

    :raises EmulatorError: the source ended, or queued no event in time
    """
    source = collections / "ansible_collections/otc/dis/extensions/eda/plugins/event_source/transfer_tasks.py"
    queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    options = {"streams": [FAILING["stream_name"]], "events": ["failed"], "initial": True, "interval": 1}
    start = max((entry["number"] for entry in emulator.log()), default=0)
    watching = asyncio.create_task(runpy.run_path(str(source))["main"](queue, options))
    await asyncio.to_thread(wait_for_poll, emulator, start)
    emulator.patch_task(*FAILING.values(), state="ABNORMAL", log=[FAILED_BATCH])
    event = asyncio.create_task(queue.get())
    await asyncio.wait({watching, event}, timeout=EVENT_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
    for task in (watching, event):
        task.cancel()
    ended, queued = await asyncio.gather(watching, event, return_exceptions=True)
    if isinstance(queued, BaseException):
        raise EmulatorError(f"the event source queued no event within {EVENT_TIMEOUT} s; it ended with {ended!r}")
    return queued


RULEBOOK = "ansible-rulebook -r otc.dis.restart_failed_tasks -i streams.dis.yml -E OS_CLOUD"
RESTART_ACT = RestartAct("Restart of a failed transfer task by an event", "otc.dis.restart_transfer_task", [])
FLEET_ACT = Act(
    "100 transfer tasks in one call",
    "fleet.yml",
    MANY,
    lambda variables: ["ansible", "localhost", "-m", "otc.dis.transfer_tasks", "-a", PURGE, *variables],
)
EMULATOR_ACTS = [FLEET_ACT, RESTART_ACT]
NO_CLOUD = {3: "100 streams would be expensive", 4: "a transfer task cannot be made to fail"}
"""Reason for which an act does not run in a cloud."""
PURGE = "transfer_tasks=[] purge=true streams={{ demo_streams }}"


def print_line(step: str, status: str, text: str) -> None:
    print(f"{step} {status:8} {text}", flush=True)


class Demo:
    """Compares the results of the playbooks with the steps and prints a line for each step."""

    def __init__(self, emulator: Emulator | None, reports: Path | None = None) -> None:
        self.emulator = emulator
        self.reports = reports
        self.errors: list[str] = []
        self.number = 0
        self.done: Counter[tuple[str, str]] = Counter()
        self.last_request = 0
        self.todo: list[Step] = []
        self.events: list[ansible_cli.Event] = []
        self.results: dict[str, Result] = {}
        self.line: tuple[str, str, str] | None = None
        self.initial = self.contents()
        self.clock = time.time()

    def watch(self, event: ansible_cli.Event) -> None:
        """Process one result of a playbook."""
        seconds, self.clock = event.time - self.clock, event.time
        if event.action.endswith(".assert") and self.line:
            line, self.line = self.line, None
            if event.status == "failed":
                error = f"{event.task}: {event.result.get('assertion', event.result.get('msg'))}"
                self.errors.append(f"a check of the playbook failed. {error}")
                print_line(line[0], "WRONG", f"a check of the playbook failed. {error}")
            else:
                print_line(*line)
        elif event.task.startswith(CLEAN_UP):
            self.count(event)
            if event.status in ("failed", "ignored"):
                self.errors.append(f"{event.task}: {event.result.get('msg')}")
        elif self.todo and (event.action.startswith("otc.dis.") or event.task == self.todo[0].name):
            if " : " in event.task:  # of a role; the playbook shows its result
                return
            self.events.append(event)
            if len(self.events) == self.todo[0].tasks or event.status != "ok":
                step, events, self.events = self.todo.pop(0), self.events, []
                try:
                    self.step(step, events, seconds)
                except (EmulatorError, ValueError, LookupError, TypeError, AttributeError) as err:
                    self.errors.append(f"{step.name}: unexpected result ({err!r}): {event.result}")

    def step(self, step: Step, events: list[ansible_cli.Event], seconds: float = 0) -> None:
        """Compare the results of the tasks with a step. The line is printed after the check in the playbook."""
        if self.line:
            self.errors.append(f"the playbook has no check before {step.name.lower()}")
        line = self.label(step.name)
        event, writes = events[-1], self.writes_since()
        result = self.results[step.name] = event.result
        if step.name == "Update" and event.status == "ok" and "error" in result:
            print_line(line, "refused", "this region does not support updates, as the module reported")
            return
        if step.name not in ("Dry run", "Ad hoc", "Recreate", "Dry removal"):
            for one in events:
                self.count(one)
        if event.status != "ok":
            rejected = (result.get("error") or {}).get("status") is not None
            text = " ".join(
                [str(result.get("msg", event.status)), *([step.advice] if rejected and step.advice else [])]
            )
            self.errors.append(f"{step.name}: {text}")
            print_line(line, "FAILED", text)
            return
        changed = [bool(step.actions)] * len(events)
        actions = [action.partition(" ")[0] for one in events for action in one.result.get("actions", [])]
        names = {step.name if step is AD_HOC else one.task.partition(":")[0] for one in events}
        errors = [
            f"{name} is {observed!r} instead of {expected!r}"
            for name, observed, expected in (
                ("the task", names, {step.name}),
                ("changed", [one.changed for one in events], changed),
                ("actions", actions, step.actions),
                ("the list of write requests", writes, step.writes if writes is not None else None),
            )
            if observed != expected
        ]
        errors = errors or step.check(self, result)
        if errors:
            self.errors += [f"{step.name}: {error}" for error in errors]
            print_line(line, "WRONG", "; ".join(errors))
        else:
            duration = f", in {seconds:.1f} s" if step.timed else ""
            self.line = (line, "changed" if event.changed else "ok", step.text(result) + duration)

    def label(self, name: str) -> str:
        """Return the number and the name of the next step."""
        self.number += 1
        return f"{self.number:2}. {name[0].lower() + name[1:]:13}"

    def report(self, name: str, status: str, text: str, correct: bool) -> None:
        """Print the line of a step that has been checked."""
        if not correct:
            self.errors.append(f"{name}: unexpected result: {text}")
        print_line(self.label(name), status if correct else "WRONG", text)

    def count(self, event: ansible_cli.Event) -> None:
        """Count created and deleted resources."""
        kind = event.action.rpartition(".")[2].rpartition("_transfer_")[2]
        actions = event.result.get("actions", event.result.get("done", []))
        if kind == "transfer_tasks":
            self.done.update({("task", verb): count for verb, count in event.result["summary"]["actions"].items()})
            return
        self.done.update((kind, verb) for verb in actions)
        if kind == "stream" and "delete" in actions:  # and with it its tasks
            self.done["task", "delete"] = self.done["task", "create"]

    def writes_since(self) -> list[str] | None:
        """Return the write operations since the last call; None without an emulator."""
        if self.emulator is None:
            return None
        entries = self.emulator.log("dis", since=self.last_request)
        self.last_request = max([self.last_request, *(entry["number"] for entry in entries)])
        return [entry["operation"] for entry in entries if entry["method"] != "GET"]

    def contents(self) -> set[str]:
        """Return the resources in the emulator."""
        if self.emulator is None:
            return set()
        found = set()
        for project in self.emulator.state()["projects"].values():
            found |= {f"app {name}" for name in project["apps"]}
            for name, stream in project["streams"].items():
                found |= {f"stream {name}", *(f"task {name}/{task}" for task in stream["tasks"])}
        return found


def extra_vars(options: argparse.Namespace) -> list[str]:
    """Return further variables for the playbooks, in the format of ``-e``."""
    return [*filter(None, [os.environ.get("DEMO_VARS")]), *options.extra_vars]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make demo",
        description="Demonstrate otc.dis on an emulator on this machine or in a cloud.",
        epilog="Variables of the playbooks: demo_stream, demo_agency, demo_bucket, demo_database and demo_table are the"
        " names of existing resources; demo_task and demo_name those of the resources that the demo creates (unique by"
        " default); demo_data_type defaults to JSON. Example: make demo CLOUD=my-otc DEMO_VARS='demo_stream=s"
        " demo_bucket=b demo_database=d demo_table=t'",
    )
    parser.add_argument("--cloud", metavar="NAME", help="run in this cloud of your clouds.yaml instead of the emulator")
    parser.add_argument(
        "-e",
        "--extra-vars",
        metavar="VARS",
        action="append",
        default=[],
        help="variables, in the format of ansible-playbook; also read from DEMO_VARS",
    )
    parser.add_argument(
        "--act", type=int, choices=[1, 2, 3, 4], help="run one act only; acts 3 and 4 require the emulator"
    )
    parser.add_argument("--no-update", action="store_true", help="emulate a region without updates of transfer tasks")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # SIGTERM cleans up like Ctrl-C
    start = time.monotonic()
    if "ANSIBLE_COLLECTIONS_PATH" not in os.environ:
        stage.stage(ROOT / ".build")
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="otc-dis-demo-")))
        env = ansible_cli.environ(work, TMPDIR=str(work))  # temporary files of interrupted modules are deleted, too
        emulator = None
        if options.cloud:
            env = with_own_cloud(env, options.cloud)
            print(f'In cloud "{options.cloud}":\n', flush=True)
        else:
            emulator = stack.enter_context(running(*(["--no-update"] if options.no_update else [])))
            env.update(emulator.environ)
            emulator.configure(partition_quota=0)  # the streams of act 3 would use up the quota for act 2
            emulator.seed(streams=[*FLEET, {"name": FAILING["stream_name"], "tasks": [FAILING["task_name"]]}])
            with_emulator(emulator)
            print("On the emulator of IAM and DIS on this machine:\n", flush=True)
        all_acts = [*ACTS, *EMULATOR_ACTS] if emulator else ACTS
        if options.act is not None and options.act > len(all_acts):
            sys.exit(f"Act {options.act} requires the emulator: in a cloud, {NO_CLOUD[options.act]}.")
        acts = [all_acts[options.act - 1]] if options.act else all_acts
        reports = work / "reports"
        reports.mkdir()
        own = json.dumps({"demo_streams": FLEET, "demo_reports": str(reports)})
        code = show(Demo(emulator, reports), acts, [*extra_vars(options), own], env, work)
        if emulator is None and options.act is None:
            print("\n".join(f"Act {act} was skipped: in a cloud, {reason}." for act, reason in NO_CLOUD.items()))
    print(f"{'Done' if code == 0 else 'FAILED'} in {time.monotonic() - start:.0f} s.", flush=True)
    return code


def with_emulator(emulator: Emulator) -> None:
    """Set the variables of this process for the event source, which act 4 runs in it."""
    for name in [name for name in os.environ if name.startswith("OS_")]:
        del os.environ[name]
    os.environ.update(emulator.environ)


def with_own_cloud(env: Mapping[str, str], cloud: str) -> dict[str, str]:
    """Return the environment with the user's variables for clouds.yaml and authentication."""
    own = {name: value for name, value in os.environ.items() if name == "HOME" or name.startswith(("OS_", "XDG_"))}
    local = next((path for path in (Path("clouds.yaml"), Path("clouds.yml")) if path.is_file()), None)
    if local and not own.get("OS_CLIENT_CONFIG_FILE"):
        own["OS_CLIENT_CONFIG_FILE"] = str(local.resolve())  # the playbooks run in another directory
    return {**{name: value for name, value in env.items() if name != "XDG_CONFIG_DIRS"}, **own, "OS_CLOUD": cloud}


def show(demo: Demo, acts: list[Act], variables: list[str], env: dict[str, str], work: Path) -> int:
    """Run the acts and print the totals; return the exit code."""
    name = f"otc-dis-demo-{secrets.token_hex(3)}"
    extra = [word for value in [f"demo_task={name} demo_name={name}", *variables] for word in ("-e", value)]
    cwd = work if demo.emulator else Path.cwd()
    runs: list[ansible_cli.Run] = []
    for act in acts:
        if demo.errors:
            print(f"\n{act.title}: not started because of an earlier error", flush=True)
            break
        if act is not acts[0]:
            print(f"\n{act.title}:\n", flush=True)
        try:
            runs = act.play(demo, extra, env, cwd)
        except KeyboardInterrupt:
            if act.clean_up is None:
                print("\nInterrupted", flush=True)
                return 130
            print("\nInterrupted: cleaning up", flush=True)
            cleaned = ansible_cli.run(act.clean_up(extra), env, cwd, timeout=ACT_TIMEOUT)
            if cleaned.code:
                print(f"\nResources may be left over. Output of Ansible:\n\n{cleaned}", flush=True)
            return 130
    print()
    print_totals(demo)
    if demo.errors:
        print("\nOutput of Ansible:\n\n" + "\n\n".join(str(run) for run in runs))
        print("\nErrors:\n  " + "\n  ".join(demo.errors))
    return 1 if demo.errors else 0


def print_totals(demo: Demo) -> None:
    """Print the numbers of requests and resources, and check that no resource is left over."""
    if demo.emulator is not None:
        entries = demo.emulator.log()
        requests = Counter(entry["service"] for entry in entries)
        writes = sum(entry["service"] == "dis" and entry["method"] != "GET" for entry in entries)
        print(f"API requests: {requests['dis']} to DIS ({writes} writes), {requests['iam']} to IAM")
        demo.errors += [f"{resource} was left over" for resource in sorted(demo.contents() - demo.initial)]
    else:
        print("API requests: not counted in a cloud")
    totals = {}
    for verb, word in (("create", "Created"), ("delete", "Removed")):
        numbers = {kind: demo.done[kind, verb] for kind in ("task", "stream", "app")}
        totals[word] = ", ".join(
            f"{count} {words}{'' if count == 1 else 's'}"
            for count, words in zip(numbers.values(), ("transfer task", "stream", "app"), strict=True)
        )
        print(f"{word}: {totals[word]}")
    if totals["Created"] != totals["Removed"]:
        demo.errors.append(f"created: {totals['Created']}, but removed: {totals['Removed']}")


if __name__ == "__main__":
    sys.exit(main())
