# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random walks: desired states, concurrent writers, faults and unusual regions in any order, against a small model.

The model maps desired states to tasks and contains no requests. Without a fault the modules must do exactly what
it predicts; with a fault the results must be accurate, all other tasks unchanged, and a rerun must converge.

A walk is the same each time; half of the walks run as modules, half through the action plugin.
``make test-faults ARGS="--steps 50000 -k walks"`` makes all of them together that long.
"""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ansible_collections.otc.dis.plugins.module_utils._core.retry import RetryBudget

if TYPE_CHECKING:
    from conftest import Result, Run

SEEDS = range(8)
"""Each walks a part of the steps, in a separate process."""
MAX_WALK_LENGTH = 50
"""Steps from one fresh world to the next."""
Name = tuple[str, str]
NAMES: list[Name] = [("meters", "one"), ("meters", "two"), ("more", "one")]
KINDS = ("dli", "obs")
MANNERS = {"wait_interval": 0.02, "wait_timeout": 0.3, "api_timeout": 5}
HASTY = {**MANNERS, "api_timeout": 0.7}
"""For responses without end."""
FAULTS: list[dict[str, Any]] = [
    {"kind": "lost_before"},
    {"kind": "reset"},
    {"kind": "lost_after"},
    {"kind": "error_after"},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 403},
    {"kind": "html", "status": 200},
    {"kind": "html_after", "status": 502},
    {"kind": "cut_body"},
    {"kind": "not_json"},
    {"kind": "wrong_json"},
    {"kind": "throttle_429", "retry_after": 0},
    {"kind": "throttle_dis"},
    {"kind": "expire_token"},
    {"kind": "rival_create"},
    {"kind": "rival_delete"},
    {"kind": "rival_delete", "when": "after"},
    {"kind": "rival_update", "settings": {"deliver_time_interval": 120}},
    {"kind": "rival_update", "settings": {"deliver_time_interval": 120}, "when": "after"},
    {"kind": "set_state", "state": "PAUSED"},
    {"kind": "short_list"},
    {"kind": "short_list", "keep": 0},
    {"kind": "altered_body", "members": {"new_setting": "on"}, "block": True, "add": True},
    {"kind": "altered_body", "members": {"task_name": "other", "stream_name": "other"}},
    {"kind": "altered_body", "members": {"state": [], "create_time": "soon"}},
    {"kind": "drip", "part": "headers"},
    {"kind": "drip", "part": "trailers"},
]
REQUESTS = [
    *("show_transfer_task", "create_transfer_task", "update_transfer_task", "delete_transfer_task"),
    *("act_on_transfer_tasks", "list_transfer_tasks", "login"),
]


class Task(NamedTuple):
    """A task in the model.

    :ivar settings: the two that the walks change
    """

    kind: str
    running: bool
    settings: dict[str, int]


class Desired(NamedTuple):
    """The desired state of one task.

    :ivar complete: whether all options that a new task needs are specified
    :ivar settings: those of the two that are given
    """

    kind: str
    state: str
    on_drift: str
    complete: bool
    settings: dict[str, int]


class Expected(NamedTuple):
    """The prediction of the model.

    :ivar verbs: None for a refusal before anything was done
    """

    verbs: tuple[str, ...] | None
    task: Task | None


DEFAULTS = {"deliver_time_interval": 300, "retry_duration": 1800}


def members(kind: str) -> list[str]:
    """Which of the two settings a destination has."""
    return ["deliver_time_interval", "retry_duration"] if kind == "dli" else ["deliver_time_interval"]


def born(desired: Desired, over: dict[str, int], stopped: bool) -> tuple[tuple[str, ...], Task]:
    """A new task."""
    settings = {name: DEFAULTS[name] for name in members(desired.kind)}
    verbs = ("create", "stop") if stopped else ("create",)
    return verbs, Task(desired.kind, not stopped, {**settings, **over, **desired.settings})


def expect(there: Task | None, desired: Desired, updates: bool, returns_names: bool) -> Expected:
    """The expected result of a desired state.

    :param updates: whether the region changes tasks
    :param returns_names: whether the region returns the DLI names of a task
    """
    refusal = Expected(None, there)
    if there is None:
        if desired.state == "absent":
            return Expected((), None)
        return Expected(*born(desired, {}, desired.state == "stopped")) if desired.complete else refusal
    if there.kind != desired.kind:
        if desired.on_drift != "recreate" or desired.state in ("started", "stopped"):
            return refusal
        if desired.state == "absent":
            return Expected(("delete",), None)
        verbs, task = born(desired, {}, False)
        return Expected(("delete", *verbs), task) if desired.complete else refusal
    if desired.state == "absent":
        return Expected(("delete",), None)
    differs = any(there.settings[name] != value for name, value in desired.settings.items())
    verbs, settings = (), there.settings
    if differs:
        if desired.on_drift == "fail" or (there.kind == "dli" and not returns_names and not desired.complete):
            return refusal
        if desired.on_drift == "recreate":
            stopped = desired.state == "stopped" or (desired.state == "present" and not there.running)
            verbs, task = born(desired, there.settings, stopped)
            return Expected(("delete", *verbs), task)
        if not updates:
            return refusal
        verbs, settings = ("update",), {**there.settings, **desired.settings}
    running = {"started": True, "stopped": False}.get(desired.state, there.running)
    if running != there.running:
        verbs = (*verbs, "start" if running else "stop")
    return Expected(verbs, Task(there.kind, running, settings))


DESIRED = st.builds(
    Desired,
    st.sampled_from(KINDS + ("dli", "dli")),
    st.sampled_from(["present", "present", "started", "stopped", "absent"]),
    st.sampled_from(["update", "update", "recreate", "fail"]),
    st.sampled_from([True, True, True, False]),
    st.fixed_dictionaries(
        {}, optional={"deliver_time_interval": st.sampled_from([60, 300]), "retry_duration": st.sampled_from([0, 1800])}
    ),
).map(
    lambda one: one._replace(settings={name: one.settings[name] for name in members(one.kind) if name in one.settings})
)
FAULT = st.fixed_dictionaries(
    {"what": st.sampled_from(FAULTS), "operation": st.sampled_from(REQUESTS), "skip": st.integers(0, 2)}
)


class Walk(RuleBasedStateMachine):
    """One walk through one world."""

    steps = 0
    """Steps of all walks in this process."""

    def __init__(self, run: Run, desired_tasks: dict[str, dict[str, Any]], report_for: Any) -> None:
        super().__init__()
        self.run, self.emulator, self.desired_tasks, self.report_for = run, run.emulator, desired_tasks, report_for
        self.updates = self.returns_names = True
        self.model: dict[Name, Task] = {}

    @initialize()
    def begin(self) -> None:
        """An empty world."""
        self.emulator.reset(streams=["meters", "more"])
        self.token = self.emulator.mint_token()
        type(self).steps -= 1  # this is none

    # --- helpers ---

    def options(self, desired: Desired) -> dict[str, Any]:
        """The options of one task."""
        needed = self.desired_tasks[desired.kind] if desired.complete else {}
        given = {name: value for name, value in needed.items() if name != "deliver_time_interval"}
        return {**given, **desired.settings, "state": desired.state, "on_drift": desired.on_drift}

    def single(self, name: Name, desired: Desired, check: bool = False, manners: Any = None) -> Result:
        """Call the module of the desired destination."""
        stream, task = name
        module = self.run.of(f"{desired.kind}_transfer_task", "changed")
        return module(check=check, stream_name=stream, task_name=task, **self.options(desired), **(manners or MANNERS))

    def many(self, wanted: dict[Name, Desired], purge: bool, manners: Any = None) -> Result:
        """Call the module of many transfer tasks."""
        entries = [
            {
                "stream_name": stream,
                "task_name": task,
                "destination_type": desired.kind.upper(),
                **self.options(desired),
            }
            for (stream, task), desired in wanted.items()
        ]
        module = self.run.of("transfer_tasks", "changed")
        return module(transfer_tasks=entries, purge=purge, connections=2, **(manners or MANNERS))

    def there(self) -> dict[Name, Task]:
        """What the emulator has, in the terms of the model."""
        streams = self.emulator.state()["projects"][self.emulator.project_id]["streams"]
        found = {}
        for stream in ("meters", "more"):
            for task, one in streams[stream]["tasks"].items():
                kind = one["destination_type"].lower()
                settings = {name: int(one["settings"].get(name, DEFAULTS[name])) for name in members(kind)}
                found[stream, task] = Task(kind, one["state"] == "RUNNING", settings)
        return found

    def expected(self, name: Name, desired: Desired) -> Expected:
        """The model's prediction for a desired state."""
        return expect(self.model.get(name), desired, self.updates, self.returns_names)

    def put(self, name: Name, task: Task | None) -> None:
        """Change the model."""
        if task is None:
            self.model.pop(name, None)
        else:
            self.model[name] = task

    def disturb(self, fault: dict[str, Any]) -> dict[str, Any]:
        """Switch on a fault; the manners that fit it."""
        self.emulator.fault(operation=fault["operation"], skip=fault["skip"], **fault["what"])
        return HASTY if fault["what"]["kind"] == "drip" else MANNERS

    def go_on_from(self, result: Result, module: str, touched: set[Name]) -> None:
        """After a fault: the result is accurate, nothing else was changed, and the model adopts the current state."""
        self.emulator.clear_faults()
        (result.bad if result.failed else result.ok)()
        assert self.report_for(result, module).complaints(result.failed) == []
        there = self.there()
        for name in {*there, *self.model} - touched:
            assert there.get(name) == self.model.get(name), "another task was changed"
        self.model = there

    # --- what may happen ---

    @rule(name=st.sampled_from(NAMES), desired=DESIRED)
    def apply_one(self, name: Name, desired: Desired) -> None:
        """Success: dry run and run match the model, and a rerun is idempotent."""
        says = self.expected(name, desired)
        dry = self.single(name, desired, check=True)
        assert not [one for one in dry.log if one["method"] in ("PUT", "DELETE")]
        result = self.single(name, desired)
        if says.verbs is None:
            assert result.bad().done == []
            return
        assert tuple(result.ok().actions) == tuple(dry.ok().actions) == says.verbs
        self.put(name, says.task)
        assert self.single(name, desired).ok().actions == []

    @rule(wanted=st.dictionaries(st.sampled_from(NAMES), DESIRED, min_size=1), purge=st.booleans())
    def apply_many(self, wanted: dict[Name, Desired], purge: bool) -> None:
        """Some entries succeed, and rejected entries do not block the others."""
        streams = {stream for stream, _task in wanted}
        says = {name: self.expected(name, desired) for name, desired in wanted.items()}
        if purge:
            left = [name for name in self.model if name[0] in streams and name not in wanted]
            says.update({name: Expected(("delete",), None) for name in left})
        result = self.many(wanted, purge)
        assert result.failed == any(one.verbs is None for one in says.values())
        (result.bad if result.failed else result.ok)()
        reported = {(one["stream_name"], one["task_name"]): one for one in result.data["transfer_tasks"]}
        assert set(reported) == set(says)
        for name, one in says.items():
            assert tuple(reported[name]["actions"]) == (one.verbs or ())
            assert reported[name]["failed"] == (one.verbs is None)
            self.put(name, one.task)

    @rule(name=st.sampled_from(NAMES), desired=DESIRED, fault=FAULT)
    def apply_one_with_a_fault(self, name: Name, desired: Desired, fault: dict[str, Any]) -> None:
        """A fault occurs during the run."""
        manners = self.disturb(fault)
        self.go_on_from(self.single(name, desired, manners=manners), f"{desired.kind}_transfer_task", {name})

    @rule(wanted=st.dictionaries(st.sampled_from(NAMES), DESIRED, min_size=1), purge=st.booleans(), fault=FAULT)
    def apply_many_with_a_fault(self, wanted: dict[Name, Desired], purge: bool, fault: dict[str, Any]) -> None:
        """A fault occurs during the run."""
        manners = self.disturb(fault)
        streams = {stream for stream, _task in wanted}
        touched = {*wanted, *(name for name in self.model if purge and name[0] in streams)}
        self.go_on_from(self.many(wanted, purge, manners), "transfer_tasks", touched)

    @rule(name=st.sampled_from(NAMES), running=st.booleans(), interval=st.sampled_from([60, 120, 300]))
    def rival_changes(self, name: Name, running: bool, interval: int) -> None:
        """Another client changes or creates a task."""
        state = "RUNNING" if running else "PAUSED"
        if name in self.model:
            self.emulator.patch_task(*name, state=state, deliver_time_interval=interval)
            settings = {**self.model[name].settings, "deliver_time_interval": interval}
            self.model[name] = Task(self.model[name].kind, running, settings)
            return
        task = {"task_name": name[1], "state": state, "settings": {"deliver_time_interval": interval}}
        self.emulator.seed(streams=[{"name": name[0], "tasks": [task]}])
        self.model[name] = Task("dli", running, {**DEFAULTS, "deliver_time_interval": interval})

    @rule(name=st.sampled_from(NAMES))
    def rival_deletes(self, name: Name) -> None:
        """Another client deletes a task."""
        if name not in self.model:
            return
        path = f"/v2/{self.emulator.project_id}/streams/{name[0]}/transfer-tasks/{name[1]}"
        request = urllib.request.Request(
            self.emulator.url + path, headers={"X-Auth-Token": self.token}, method="DELETE"
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10):
            del self.model[name]

    @rule(
        updates=st.sampled_from([True, True, False]),
        returns_names=st.booleans(),
        ids=st.booleans(),
        missing=st.sampled_from([400, 404]),
        shape=st.sampled_from(["dis", "reference", "gateway", "nested"]),
        blank=st.booleans(),
    )
    def region_is_another(
        self, updates: bool, returns_names: bool, ids: bool, missing: int, shape: str, blank: bool
    ) -> None:
        """The region does not update, hides names, or answers in other shapes."""
        self.updates, self.returns_names = updates, returns_names
        self.emulator.configure(
            update_enabled=updates, hide_dli_names=not returns_names, no_task_id_in_list=not ids,
            missing_status=missing, error_shape=shape, omit_empty=blank,
        )  # fmt: skip

    @invariant()
    def world_matches_the_model(self) -> None:
        """After every step."""
        type(self).steps += 1
        if hasattr(self, "token"):
            assert self.there() == self.model


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_walks(run: Run, steps: int, desired_tasks: Any, report_for: Any, seed: int, record_property: Any) -> None:
    share = -(-steps // len(SEEDS))
    profile = hypothesis.settings(
        stateful_step_count=MAX_WALK_LENGTH,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )

    def walk() -> Walk:
        return Walk(run, desired_tasks, report_for)

    Walk.steps = 0
    # what counts here is what happens, not how long it takes
    with mock.patch.object(RetryBudget, "pause", lambda self, failures, asked: asked or 0.0):
        while Walk.steps < share:
            walks = min(20, (share - Walk.steps) // MAX_WALK_LENGTH + 1)
            hypothesis.seed(seed)(walk)
            run_state_machine_as_test(walk, settings=hypothesis.settings(profile, max_examples=walks))
            seed += len(SEEDS)
    record_property("steps", Walk.steps)
