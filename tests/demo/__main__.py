# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Demonstrate the collection: ``python tests/demo`` or ``make demo``; on a cloud: ``make demo CLOUD=name``.

Act 1 is a playbook with the life cycle of one transfer task, and an ad hoc command. Act 2 is a playbook that creates a
stream with an app and transfer tasks, uses and deletes them. Act 3, only on the emulator, creates 100 transfer tasks in
one call. A line is printed after the playbook and this script have checked the step; on the emulator, the requests are
checked, too.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
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

    :ivar clean_up: command that deletes the resources of an interrupted run
    :ivar ad_hoc: ad hoc command after the playbook
    """

    title: str
    playbook: str
    steps: list[Step]
    clean_up: Callable[[list[str]], list[str]]
    ad_hoc: Callable[[list[str]], list[str]] | None = None

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
FLEET_ACT = Act(
    "100 transfer tasks in one call",
    "fleet.yml",
    MANY,
    lambda variables: ["ansible", "localhost", "-m", "otc.dis.transfer_tasks", "-a", PURGE, *variables],
)
PURGE = "transfer_tasks=[] purge=true streams={{ demo_streams }}"


def print_line(step: str, status: str, text: str) -> None:
    print(f"{step} {status:8} {text}", flush=True)


class Demo:
    """Compares the results of the playbooks with the steps and prints a line for each step."""

    def __init__(self, emulator: Emulator | None) -> None:
        self.emulator = emulator
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
        elif event.action.startswith("otc.dis.") and self.todo:
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
        self.number += 1
        line = f"{self.number:2}. {step.name[0].lower() + step.name[1:]:13}"
        event, writes = events[-1], self.writes_since()
        result = self.results[step.name] = event.result
        if step.name == "Update" and event.status == "ok" and "error" in result:
            print_line(line, "refused", "this region does not support updates, as the module reported")
            return
        if step.name not in ("Dry run", "Ad hoc", "Dry removal"):
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
    parser.add_argument("--act", type=int, choices=[1, 2, 3], help="run one act only; act 3 requires the emulator")
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
            emulator.seed(streams=FLEET)
            print("On the emulator of IAM and DIS on this machine:\n", flush=True)
        all_acts = [*ACTS, FLEET_ACT] if emulator else ACTS
        if options.act is not None and options.act > len(all_acts):
            sys.exit("Act 3 requires the emulator: in a cloud, 100 streams would be expensive.")
        acts = [all_acts[options.act - 1]] if options.act else all_acts
        code = show(Demo(emulator), acts, [*extra_vars(options), json.dumps({"demo_streams": FLEET})], env, work)
    print(f"{'Done' if code == 0 else 'FAILED'} in {time.monotonic() - start:.0f} s.", flush=True)
    return code


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
            runs = play(demo, act, extra, env, cwd)
        except KeyboardInterrupt:
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


def play(demo: Demo, act: Act, variables: list[str], env: dict[str, str], cwd: Path) -> list[ansible_cli.Run]:
    """Run one act: a playbook and, in some acts, an ad hoc command."""
    demo.todo, demo.events, demo.line = [*act.steps], [], None
    runs = [ansible_cli.run(act.run(variables), env, cwd, demo.watch, ACT_TIMEOUT)]
    if act.ad_hoc and runs[0].code == 0 and not demo.todo:
        runs.append(ansible_cli.run(act.ad_hoc(variables), env, cwd))
        for event in runs[-1].events:
            demo.step(AD_HOC, [event])
        if demo.line:
            print_line(*demo.line)
            demo.line = None
    if demo.todo:
        demo.errors.append(f"not reached: {', '.join(step.name.lower() for step in demo.todo)}")
    demo.errors += [f"exit code {run.code}" for run in runs if run.code]
    return runs


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
