# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the collection at work: ``python tests/demo``, or ``make demo``, or on a cloud: ``make demo CLOUD=name``.

In the first act a playbook takes one transfer task through its whole life, and an ad hoc call follows. In the second
another playbook makes a stream with all that belongs to it, uses it and removes it. The third, against the emulator
alone, makes a hundred transfer tasks in one call. Each line is printed only after the
step was checked twice, by the playbook itself and here, and against the emulator also by what it really received.
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
PATIENCE = 3600
"""Seconds for one act: a cloud may take minutes for each step."""
FLEET = [f"plant-{number:03}" for number in range(100)]
"""Streams of the third act."""
Result = Mapping[str, Any]


def state_of(result: Result) -> str:
    return f"the task is {result['transfer_task']['state']}"


def interval_of(result: Result, tense: str) -> str:
    before, after = (result["diff"][side]["deliver_time_interval"] for side in ("before", "after"))
    return f"deliver_time_interval {tense} {before} -> {after}"


def stream_of(result: Result) -> str:
    stream = result["stream"]
    tags = ", ".join(f"{key}={value}" for key, value in stream["tags"].items())
    facts = f"{stream['writable_partition_count']} partitions, {stream['data_type']} records, tag {tags}"
    return f"a stream of its own is {stream['status']}: {facts}"


def app_of(result: Result) -> str:
    return "an app is there, under which a consumer can note how far it has read"


def shares_of(result: Result) -> str:
    shares = Counter(number_of(one["partition_id"]) for one in result["records"])
    places = " and ".join(f"{count} into partition {number}" for number, count in sorted(shares.items()))
    return f"{len(result['records'])} records went in, {places}"


def number_of(partition_id: str) -> int:
    return int(partition_id.rpartition("-")[2])


def position_of(result: Result) -> str:
    noted = result["checkpoints"][0]
    place = f"record {noted['sequence_number']} of partition {number_of(noted['partition_id'])}"
    return f"the app notes that it reads on at {place}"


def lag_of(result: Result) -> str:
    return f"the app has {result['apps'][0]['consumption']['lag']} records still to read there"


def sum_of(result: Result, unit: str) -> int:
    return sum(point["value"] for one in result["metrics"] if one["unit"] == unit for point in one["data_points"])


def counts_of(result: Result) -> str:
    records = sum_of(result, "records")
    if not records:
        return "the service counts records some minutes later, and tells none so far"
    return f"the service has counted {records} records in, {sum_of(result, 'bytes')} bytes"


@dataclass(frozen=True)
class Step:
    """What one task of a playbook must do, or several, and what to say then.

    :ivar name: name of the task; of several, what their names have before a colon
    :ivar actions: verbs that the modules must return, of all tasks together
    :ivar writes: operations of DIS that change something and must have been called, if the emulator can be asked
    :ivar tasks: how many there are
    :ivar proof: tells what else is wrong
    :ivar advice: what to do if the service refuses the step
    :ivar timed: whether to tell how long it took
    """

    name: str
    actions: list[str]
    says: Callable[[Result], str]
    writes: list[str] = field(default_factory=list)
    tasks: int = 1
    proof: Callable[[Demo, Result], list[str]] = lambda demo, result: []
    advice: str = ""
    timed: bool = False


def all_came_back(demo: Demo, result: Result) -> list[str]:
    """What was read against what was sent and, if the emulator can be asked, what it holds and has shipped."""
    with Path(__file__).with_name("whole.yml").open(encoding="utf-8") as playbook:
        sent = [one["data"] for one in yaml.safe_load(playbook)[0]["vars"]["demo_records"]]
    got = [json.loads(one["data"]) for one in result["records"]]
    wrong = [] if in_order(got) == in_order(sent) else [f"{got} was read instead of {sent}"]
    if demo.emulator is not None:
        stream = demo.results["Stream"]["stream"]["stream_name"]
        held = [json.loads(base64.b64decode(one["data"])) for one in demo.emulator.records(stream)]
        if in_order(held) != in_order(sent):
            wrong.append(f"the stream holds {held}")
        shipped = {name: task["transferred_records"] for name, task in demo.emulator.tasks(stream).items()}
        if [*shipped.values()] != [len(sent)] * 2:
            wrong.append(f"the tasks have shipped {shipped}")
    return wrong


def in_order(records: list[Any]) -> list[str]:
    return sorted(json.dumps(one, sort_keys=True) for one in records)


def all_counted(demo: Demo, result: Result) -> list[str]:
    """On a cloud the figures come later than anybody would watch."""
    counted, sent = sum_of(result, "records"), len(demo.results["Send"]["records"])
    return [f"{counted} records are counted"] if demo.emulator is not None and counted != sent else []


LIFE = [
    Step("Create", ["create"], state_of, ["create_transfer_task"]),
    Step("Same again", [], lambda result: "everything is as described: one look, no change"),
    Step("Dry run", ["update"], lambda result: interval_of(result, "would go") + ", nothing was written"),
    Step("Update", ["update"], lambda result: interval_of(result, "went") + ", read back", ["update_transfer_task"]),
    Step("Stop", ["stop"], state_of, ["act_on_transfer_tasks"]),
    Step("Start", ["start"], state_of, ["act_on_transfer_tasks"]),
    Step("Delete", ["delete"], lambda result: "the task is gone", ["delete_transfer_task"]),
    Step("Delete again", [], lambda result: "it is still gone: one look, no change"),
]
AD_HOC = Step("Ad hoc", ["create"], lambda result: "ansible localhost --check: would create it, nothing was written")
REMOVAL = ["delete", "delete", "delete_checkpoints", "delete", "delete"]
WHOLE = [
    Step(
        "Stream",
        ["create"],
        stream_of,
        ["create_stream"],
        advice="If the region only takes BLOB streams, add demo_data_type=BLOB to DEMO_VARS.",
    ),
    Step("App", ["create"], app_of, ["create_app"]),
    Step(
        "To DLI",
        ["create"],
        lambda result: f"a task that transfers to DLI is {result['transfer_task']['state']}",
        ["create_transfer_task"],
        advice="Not every region offers every destination, and DEMO_VARS must name what is there.",
    ),
    Step(
        "To OBS",
        ["create"],
        lambda result: f"another one that transfers to OBS is {result['transfer_task']['state']}",
        ["create_transfer_task"],
        advice="Not every region offers every destination, and DEMO_VARS must name what is there.",
    ),
    Step("Send", ["put"], shares_of, ["put_records"]),
    Step(
        "Read back",
        [],
        lambda result: f"{len(result['records'])} records came out, the very ones that were sent",
        proof=all_came_back,
    ),
    Step("Checkpoint", ["commit"], position_of, ["commit_checkpoint"]),
    Step("Lag", [], lag_of),
    Step("Metrics", [], counts_of, proof=all_counted),
    Step(
        "All again",
        [],
        lambda result: "stream, app, both tasks and the checkpoint are as described: no change",
        tasks=5,
    ),
    Step(
        "Dry removal",
        REMOVAL,
        lambda result: "tasks, app and stream would go, in this order; nothing was written",
        tasks=4,
    ),
    Step(
        "Remove",
        REMOVAL,
        lambda result: "both tasks, the app with its checkpoint and the stream are gone",
        ["delete_transfer_task", "delete_transfer_task", "delete_checkpoint", "delete_app", "delete_stream"],
        tasks=4,
    ),
    Step("Remove again", [], lambda result: "all of it is still gone: no change", tasks=4),
]


MANY = [
    Step(
        "Fleet",
        ["create"],
        lambda result: f"{result['summary']['changed']} transfer tasks in as many streams were made in one call",
        ["create_transfer_task"] * len(FLEET),
        timed=True,
    ),
    Step(
        "Fleet again",
        [],
        lambda result: f"all {result['summary']['ok']} were looked at, and none needed a change",
        timed=True,
    ),
    Step(
        "Fleet removal",
        ["delete"],
        lambda result: f"all {result['summary']['changed']} are gone",
        ["delete_transfer_task"] * len(FLEET),
        timed=True,
    ),
]


@dataclass(frozen=True)
class Act:
    """A playbook with its steps.

    :ivar clean_up: the call that removes what an interrupted run has left, from the variables
    :ivar ad_hoc: the call that follows and its step
    """

    title: str
    playbook: str
    steps: list[Step]
    clean_up: Callable[[list[str]], list[str]]
    ad_hoc: Callable[[list[str]], list[str]] | None = None

    def run(self, given: list[str]) -> list[str]:
        return ["ansible-playbook", str(Path(__file__).with_name(self.playbook)), *given]


def ad_hoc(given: list[str], desired: str) -> list[str]:
    names = "stream_name={{ demo_stream | default('meters') }} task_name={{ demo_task }}"
    return ["ansible", "localhost", "-m", MODULE, "-a", f"{names} {desired}", *given]


def create_ad_hoc(given: list[str]) -> list[str]:
    desired = (
        "agency_name={{ demo_agency | default('dis_admin_agency') }}"
        " obs_bucket_path={{ demo_bucket | default('telemetry-staging') }}"
        " dli_database_name={{ demo_database | default('telemetry') }}"
        " dli_table_name={{ demo_table | default('meter_raw') }}"
    )
    return [*ad_hoc(given, desired), "--check"]


ACTS = [
    Act(
        "The life of a transfer task",
        "playbook.yml",
        LIFE,
        lambda given: ad_hoc(given, "state=absent"),
        create_ad_hoc,
    ),
    Act(
        "A stream with all that belongs to it",
        "whole.yml",
        WHOLE,
        lambda given: [*ACTS[1].run(given), "--tags", "clean_up"],
    ),
]
FLEET_ACT = Act(
    "A fleet of transfer tasks in one call",
    "fleet.yml",
    MANY,
    lambda given: ["ansible", "localhost", "-m", "otc.dis.transfer_tasks", "-a", PURGE, *given],
)
PURGE = "transfer_tasks=[] purge=true streams={{ demo_streams }}"


def tell(step: str, how: str, what: str) -> None:
    print(f"{step} {how:8} {what}", flush=True)


class Demo:
    """Watches the results come in, compares them with what must be, and tells."""

    def __init__(self, emulator: Emulator | None) -> None:
        self.emulator = emulator
        self.wrong: list[str] = []
        self.told = 0
        self.done: Counter[tuple[str, str]] = Counter()
        self.seen = 0
        self.todo: list[Step] = []
        self.events: list[ansible_cli.Event] = []
        self.results: dict[str, Result] = {}
        self.line: tuple[str, str, str] | None = None
        self.there = self.contents()
        self.clock = time.time()

    def watch(self, event: ansible_cli.Event) -> None:
        """One result of a playbook."""
        seconds, self.clock = event.time - self.clock, event.time
        if event.action.endswith(".assert") and self.line:
            line, self.line = self.line, None
            if event.status == "failed":
                what = f"{event.task}: {event.result.get('assertion', event.result.get('msg'))}"
                self.wrong.append(f"the playbook itself says no. {what}")
                tell(line[0], "WRONG", f"the playbook itself says no. {what}")
            else:
                tell(*line)
        elif event.task.startswith(CLEAN_UP):
            self.count(event)
            if event.status in ("failed", "ignored"):
                self.wrong.append(f"{event.task}: {event.result.get('msg')}")
        elif event.action.startswith("otc.dis.") and self.todo:
            self.events.append(event)
            if len(self.events) == self.todo[0].tasks or event.status != "ok":
                step, events, self.events = self.todo.pop(0), self.events, []
                try:
                    self.step(step, events, seconds)
                except (EmulatorError, ValueError, LookupError, TypeError, AttributeError) as err:
                    self.wrong.append(f"{step.name}: the result is not what it should be ({err!r}): {event.result}")

    def step(self, step: Step, events: list[ansible_cli.Event], seconds: float = 0) -> None:
        """Hold the results of its tasks against a step; if all is well, the playbook has the last word."""
        if self.line:
            self.wrong.append(f"the playbook has no check before {step.name.lower()}")
        self.told += 1
        line = f"{self.told:2}. {step.name[0].lower() + step.name[1:]:13}"
        event, wrote = events[-1], self.writes_since()
        result = self.results[step.name] = event.result
        if step.name == "Update" and event.status == "ok" and "error" in result:
            tell(line, "refused", "this region does not let tasks be changed, and the module said so")
            return
        if step.name not in ("Dry run", "Ad hoc", "Dry removal"):
            for one in events:
                self.count(one)
        if event.status != "ok":
            refused = (result.get("error") or {}).get("status") is not None
            told = " ".join([str(result.get("msg", event.status)), *([step.advice] if refused and step.advice else [])])
            self.wrong.append(f"{step.name}: {told}")
            tell(line, "FAILED", told)
            return
        changed = [bool(step.actions)] * len(events)
        verbs = [action.partition(" ")[0] for one in events for action in one.result.get("actions", [])]
        names = {step.name if step is AD_HOC else one.task.partition(":")[0] for one in events}
        wrong = [
            f"{what} is {seen!r} instead of {expected!r}"
            for what, seen, expected in (
                ("the task", names, {step.name}),
                ("changed", [one.changed for one in events], changed),
                ("actions", verbs, step.actions),
                ("what the service was told to do", wrote, step.writes if wrote is not None else None),
            )
            if seen != expected
        ]
        wrong = wrong or step.proof(self, result)
        if wrong:
            self.wrong += [f"{step.name}: {one}" for one in wrong]
            tell(line, "WRONG", "; ".join(wrong))
        else:
            took = f", in {seconds:.1f} s" if step.timed else ""
            self.line = (line, "changed" if event.changed else "ok", step.says(result) + took)

    def count(self, event: ansible_cli.Event) -> None:
        """Keep account of what was created and removed."""
        kind = event.action.rpartition(".")[2].rpartition("_transfer_")[2]
        actions = event.result.get("actions", event.result.get("done", []))
        if kind == "transfer_tasks":
            self.done.update({("task", verb): count for verb, count in event.result["summary"]["actions"].items()})
            return
        self.done.update((kind, verb) for verb in actions)
        if kind == "stream" and "delete" in actions:  # and with it its tasks
            self.done["task", "delete"] = self.done["task", "create"]

    def writes_since(self) -> list[str] | None:
        """The writes that the emulator got since the last question; None without an emulator."""
        if self.emulator is None:
            return None
        entries = self.emulator.log("dis", since=self.seen)
        self.seen = max([self.seen, *(entry["number"] for entry in entries)])
        return [entry["operation"] for entry in entries if entry["method"] != "GET"]

    def contents(self) -> set[str]:
        """What there is in the emulator."""
        if self.emulator is None:
            return set()
        found = set()
        for project in self.emulator.state()["projects"].values():
            found |= {f"app {name}" for name in project["apps"]}
            for name, stream in project["streams"].items():
                found |= {f"stream {name}", *(f"task {name}/{task}" for task in stream["tasks"])}
        return found


def extra_vars(options: argparse.Namespace) -> list[str]:
    """Further variables for the playbooks, as ``-e`` takes them."""
    return [*filter(None, [os.environ.get("DEMO_VARS")]), *options.extra_vars]


def arguments() -> argparse.Namespace:
    words = argparse.ArgumentParser(
        prog="make demo",
        description="Show otc.dis at work, against an emulator on this machine or on a cloud.",
        epilog="Variables of the playbooks: demo_stream, demo_agency, demo_bucket, demo_database, demo_table name what"
        " there must be; demo_task and demo_name what the demo makes (unique unless given); demo_data_type is JSON."
        " For example: make demo CLOUD=my-otc DEMO_VARS='demo_stream=s demo_bucket=b demo_database=d demo_table=t'",
    )
    words.add_argument("--cloud", metavar="NAME", help="run on this entry of your clouds.yaml instead of the emulator")
    words.add_argument(
        "-e",
        "--extra-vars",
        metavar="VARS",
        action="append",
        default=[],
        help="variables, as ansible-playbook takes them; also read from DEMO_VARS",
    )
    words.add_argument("--act", type=int, choices=[1, 2, 3], help="only one of the acts; the third needs the emulator")
    words.add_argument("--no-update", action="store_true", help="as in a region that does not let tasks be changed")
    return words.parse_args()


def main() -> int:
    options = arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # clean up then, too
    start = time.monotonic()
    if "ANSIBLE_COLLECTIONS_PATH" not in os.environ:
        stage.stage(ROOT / ".build")
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="otc-dis-demo-")))
        env = ansible_cli.environ(work, TMPDIR=str(work))  # what an interrupted module leaves goes, too
        emulator = None
        if options.cloud:
            env = with_own_cloud(env, options.cloud)
            print(f'On cloud "{options.cloud}":\n', flush=True)
        else:
            emulator = stack.enter_context(running(*(["--no-update"] if options.no_update else [])))
            env.update(emulator.environ)
            emulator.configure(partition_quota=0)  # the streams of the third act are not to use up that of the second
            emulator.seed(streams=FLEET)
            print("Against the emulator, which stands in for IAM and DIS on this machine:\n", flush=True)
        every = [*ACTS, FLEET_ACT] if emulator else ACTS
        if options.act is not None and options.act > len(every):
            sys.exit("The third act needs the emulator: on a cloud, so many streams would cost money.")
        acts = [every[options.act - 1]] if options.act else every
        code = show(Demo(emulator), acts, [*extra_vars(options), json.dumps({"demo_streams": FLEET})], env, work)
    print(f"{'Done' if code == 0 else 'FAILED'} in {time.monotonic() - start:.0f} s.", flush=True)
    return code


def with_own_cloud(env: Mapping[str, str], cloud: str) -> dict[str, str]:
    """Where the user's clouds.yaml is found, and whatever variables complete it."""
    own = {name: value for name, value in os.environ.items() if name == "HOME" or name.startswith(("OS_", "XDG_"))}
    here = next((path for path in (Path("clouds.yaml"), Path("clouds.yml")) if path.is_file()), None)
    if here and not own.get("OS_CLIENT_CONFIG_FILE"):
        own["OS_CLIENT_CONFIG_FILE"] = str(here.resolve())  # the playbooks run elsewhere
    return {**{name: value for name, value in env.items() if name != "XDG_CONFIG_DIRS"}, **own, "OS_CLOUD": cloud}


def show(demo: Demo, acts: list[Act], variables: list[str], env: dict[str, str], work: Path) -> int:
    """One act after the other, and the account of all."""
    name = f"otc-dis-demo-{secrets.token_hex(3)}"
    given = [word for one in [f"demo_task={name} demo_name={name}", *variables] for word in ("-e", one)]
    cwd = work if demo.emulator else Path.cwd()
    runs: list[ansible_cli.Run] = []
    for act in acts:
        if demo.wrong:
            print(f"\n{act.title}: not begun, for something went wrong before", flush=True)
            break
        if act is not acts[0]:
            print(f"\n{act.title}:\n", flush=True)
        try:
            runs = play(demo, act, given, env, cwd)
        except KeyboardInterrupt:
            print("\nInterrupted: cleaning up", flush=True)
            cleaned = ansible_cli.run(act.clean_up(given), env, cwd, timeout=PATIENCE)
            if cleaned.code:
                print(f"\nSomething may be left. What Ansible said:\n\n{cleaned}", flush=True)
            return 130
    print()
    account(demo)
    if demo.wrong:
        print("\nWhat Ansible said:\n\n" + "\n\n".join(str(one) for one in runs))
        print("\nWhat went wrong:\n  " + "\n  ".join(demo.wrong))
    return 1 if demo.wrong else 0


def play(demo: Demo, act: Act, given: list[str], env: dict[str, str], cwd: Path) -> list[ansible_cli.Run]:
    """One act: a playbook and perhaps an ad hoc call."""
    demo.todo, demo.events, demo.line = [*act.steps], [], None
    runs = [ansible_cli.run(act.run(given), env, cwd, demo.watch, PATIENCE)]
    if act.ad_hoc and runs[0].code == 0 and not demo.todo:
        runs.append(ansible_cli.run(act.ad_hoc(given), env, cwd))
        for event in runs[-1].events:
            demo.step(AD_HOC, [event])
        if demo.line:
            tell(*demo.line)
            demo.line = None
    if demo.todo:
        demo.wrong.append(f"not reached: {', '.join(step.name.lower() for step in demo.todo)}")
    demo.wrong += [f"exit code {one.code}" for one in runs if one.code]
    return runs


def account(demo: Demo) -> None:
    """What it took, and that nothing is left."""
    if demo.emulator is not None:
        entries = demo.emulator.log()
        asked = Counter(entry["service"] for entry in entries)
        writes = sum(entry["service"] == "dis" and entry["method"] != "GET" for entry in entries)
        print(f"API requests: {asked['dis']} to DIS, {writes} of them writing; {asked['iam']} to IAM")
        demo.wrong += [f"{one} was left behind" for one in sorted(demo.contents() - demo.there)]
    else:
        print("API requests: not counted on a cloud")
    totals = {}
    for verb, word in (("create", "Created"), ("delete", "Removed")):
        numbers = {kind: demo.done[kind, verb] for kind in ("task", "stream", "app")}
        totals[word] = ", ".join(
            f"{count} {words}{'' if count == 1 else 's'}"
            for count, words in zip(numbers.values(), ("transfer task", "stream", "app"), strict=True)
        )
        print(f"{word}: {totals[word]}")
    if totals["Created"] != totals["Removed"]:
        demo.wrong.append(f"created: {totals['Created']}, but removed: {totals['Removed']}")


if __name__ == "__main__":
    sys.exit(main())
