# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the collection at work: ``python tests/demo``, or ``make demo``, or on a cloud: ``make demo CLOUD=name``.

A playbook takes one transfer task through its whole life, and an ad hoc call follows. Each line is printed only after
the step was checked twice, by the playbook itself and here, and against the emulator also by what it really received.
"""

from __future__ import annotations

import argparse
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
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/playbooks", "tests/emulator", "tests/tools")]

import ansible_cli
import stage

from otc_emulator.launch import Emulator, running

PLAYBOOK = Path(__file__).with_name("playbook.yml")
MODULE = "otc.dis.dli_transfer_task"
Result = Mapping[str, Any]


def state_of(result: Result) -> str:
    return f"the task is {result['transfer_task']['state']}"


def interval_of(result: Result, tense: str) -> str:
    before, after = (result["diff"][side]["deliver_time_interval"] for side in ("before", "after"))
    return f"deliver_time_interval {tense} {before} -> {after}"


@dataclass(frozen=True)
class Step:
    """What one task of the playbook must do, and what to say then.

    :ivar writes: operations of DIS that change something and must have been called, if the emulator can be asked
    """

    name: str
    actions: list[str]
    says: Callable[[Result], str]
    writes: list[str] = field(default_factory=list)


STEPS = [
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


class Demo:
    """Watches the results come in, compares them with what must be, and tells."""

    def __init__(self, emulator: Emulator | None) -> None:
        self.emulator = emulator
        self.wrong: list[str] = []
        self.told = 0
        self.done: Counter[str] = Counter()
        self.seen = 0
        self.todo = [*STEPS]

    def watch(self, event: ansible_cli.Event) -> None:
        """One result of the playbook."""
        if event.action == MODULE and event.task != "Clean up" and self.todo:
            self.step(self.todo.pop(0), event)
        elif event.task == "Clean up" and event.status == "ok":
            self.done.update(event.result.get("actions", []))

    def step(self, step: Step, event: ansible_cli.Event) -> None:
        """Hold one result against its step."""
        self.told += 1
        line = f"{self.told:2}. {step.name.lower():13}"
        result, wrote = event.result, self.writes_since()
        if step.name == "Update" and event.status == "ok" and "error" in result:
            print(f"{line} refused  this region does not let tasks be changed, and the module said so", flush=True)
            return
        if step.name not in ("Dry run", "Ad hoc"):
            self.done.update(result.get("actions", result.get("done", [])))
        if event.status != "ok":
            self.wrong.append(f"{step.name}: {result.get('msg', event.status)}")
            print(f"{line} FAILED   {result.get('msg', event.status)}", flush=True)
            return
        wrong = [
            f"{what} is {seen!r} instead of {wished!r}"
            for what, seen, wished in (
                ("the task", event.task, step.name if step is not AD_HOC else event.task),
                ("changed", event.changed, bool(step.actions)),
                ("actions", result.get("actions"), step.actions),
                ("what the service was told to do", wrote, step.writes if wrote is not None else None),
            )
            if seen != wished
        ]
        if wrong:
            self.wrong += [f"{step.name}: {one}" for one in wrong]
            print(f"{line} WRONG    {'; '.join(wrong)}", flush=True)
        else:
            print(f"{line} {'changed' if event.changed else 'ok':8} {step.says(result)}", flush=True)

    def writes_since(self) -> list[str] | None:
        """The writes that the emulator got since the last question; None without an emulator."""
        if self.emulator is None:
            return None
        entries = self.emulator.log("dis", since=self.seen)
        self.seen = max([self.seen, *(entry["number"] for entry in entries)])
        return [entry["operation"] for entry in entries if entry["method"] != "GET"]


def extra_vars(options: argparse.Namespace) -> list[str]:
    """Further variables for the playbook, as ``-e`` takes them."""
    return [*filter(None, [os.environ.get("DEMO_VARS")]), *options.extra_vars]


def arguments() -> argparse.Namespace:
    words = argparse.ArgumentParser(
        prog="make demo",
        description="Show otc.dis at work, against an emulator on this machine or on a cloud.",
        epilog="Variables of the playbook: demo_stream, demo_agency, demo_bucket, demo_database, demo_table, demo_task."
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
            print("Against the emulator, which stands in for IAM and DIS on this machine:\n", flush=True)
        code = show(Demo(emulator), extra_vars(options), env, work)
    print(f"{'Done' if code == 0 else 'FAILED'} in {time.monotonic() - start:.0f} s.", flush=True)
    return code


def with_own_cloud(env: Mapping[str, str], cloud: str) -> dict[str, str]:
    """Where the user's clouds.yaml is found, and whatever variables complete it."""
    own = {name: value for name, value in os.environ.items() if name == "HOME" or name.startswith(("OS_", "XDG_"))}
    here = next((path for path in (Path("clouds.yaml"), Path("clouds.yml")) if path.is_file()), None)
    if here and not own.get("OS_CLIENT_CONFIG_FILE"):
        own["OS_CLIENT_CONFIG_FILE"] = str(here.resolve())  # the playbook runs elsewhere
    return {**{name: value for name, value in env.items() if name != "XDG_CONFIG_DIRS"}, **own, "OS_CLOUD": cloud}


def show(demo: Demo, variables: list[str], env: dict[str, str], work: Path) -> int:
    """Playbook, ad hoc call, and the account of both."""
    task = f"otc-dis-demo-{secrets.token_hex(3)}"
    given = [word for one in [f"demo_task={task}", *variables] for word in ("-e", one)]
    cwd = work if demo.emulator else Path.cwd()
    runs = []
    try:
        runs.append(ansible_cli.run(["ansible-playbook", str(PLAYBOOK), *given], env, cwd, demo.watch))
    except KeyboardInterrupt:
        print("\nInterrupted: removing the task", flush=True)
        runs.append(ansible_cli.run(ad_hoc(given, "state=absent"), env, cwd))
        return 130
    if runs[0].code == 0 and not demo.todo:
        wish = (
            "agency_name={{ demo_agency | default('dis_admin_agency') }}"
            " obs_bucket_path={{ demo_bucket | default('telemetry-staging') }}"
            " dli_database_name={{ demo_database | default('telemetry') }}"
            " dli_table_name={{ demo_table | default('meter_raw') }}"
        )
        runs.append(ansible_cli.run([*ad_hoc(given, wish), "--check"], env, cwd))
        for event in runs[-1].events:
            demo.step(AD_HOC, event)
    if demo.todo:
        demo.wrong.append(f"not reached: {', '.join(step.name.lower() for step in demo.todo)}")
    demo.wrong += [f"exit code {one.code}" for one in runs if one.code]
    print()
    account(demo)
    if demo.wrong:
        print("\nWhat Ansible said:\n\n" + "\n\n".join(str(one) for one in runs))
        print("\nWhat went wrong:\n  " + "\n  ".join(demo.wrong))
    return 1 if demo.wrong else 0


def ad_hoc(given: list[str], wish: str) -> list[str]:
    names = "stream_name={{ demo_stream | default('meters') }} task_name={{ demo_task }}"
    return ["ansible", "localhost", "-m", MODULE, "-a", f"{names} {wish}", *given]


def account(demo: Demo) -> None:
    """What it took, and that nothing is left."""
    if demo.emulator is not None:
        entries = demo.emulator.log()
        asked = Counter(entry["service"] for entry in entries)
        writes = sum(entry["service"] == "dis" and entry["method"] != "GET" for entry in entries)
        print(f"API requests: {asked['dis']} to DIS, {writes} of them writing; {asked['iam']} to IAM")
        left = [
            f"{stream}/{task}"
            for project in demo.emulator.state()["projects"].values()
            for stream, inside in project["streams"].items()
            for task in inside["tasks"]
        ]
        demo.wrong += [f"{one} was left behind" for one in left]
    else:
        print("API requests: not counted on a cloud")
    made, removed = demo.done["create"], demo.done["delete"]
    print(f"Transfer tasks: {made} created, {removed} removed")
    if made != removed:
        demo.wrong.append(f"{made} created, but {removed} removed")


if __name__ == "__main__":
    sys.exit(main())
