# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From states of transfer tasks to events."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.plugin_utils._transitions import (
    EVENTS,
    Key,
    Observed,
    Policy,
    Record,
    digests,
    dump,
    initial_steps,
    load,
    transitions,
)

KEY = ("meters", "a")
POLICY = Policy(repeat_after=0, reset_after=1000, host_prefix="dis-")


def observed(state: str = "RUNNING", health: str = "ok", identity: str | None = "1", **settings: Any) -> Observed:
    return Observed("OBS", identity, state, health, f"because {state}", 7, digests(settings))


OK, UNKNOWN, STALE = observed(), observed(health="unknown"), observed(health="stale")
FAILED, ERROR = observed("ABNORMAL", "failed"), observed("ERROR", "failed")
STOPPED, STARTING = observed("PAUSED"), observed("STARTING")
ODD = observed("NEW", "unknown")


class Walk:
    """Evaluate one observation after the other; reported states are stored in a state file."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.policy, self.records, self.now = policy, dict[Key, Record](), 0.0

    def go(self, *tasks: Observed | None, every: float = 10.0) -> list[dict[str, Any]]:
        events = []
        for task in tasks:
            self.now += every
            steps = list(transitions(self.records, {} if task is None else {KEY: task}, self.now, self.policy))
            for step in steps:
                if step.record is None:
                    del self.records[step.key]
                else:
                    self.records[step.key] = step.record
                events += [step.event] if step.event else []
            self.records, _outage = load(dump(self.records, None))
        return events


def names(events: list[dict[str, Any]]) -> list[str]:
    return [event["dis"]["event"] for event in events]


@pytest.mark.parametrize(
    ("tasks", "events"),
    [
        ([OK], ["created"]),
        ([FAILED], ["created", "failed"]),
        ([STALE], ["created", "stale"]),
        ([STOPPED, STOPPED], ["created"]),
        ([OK, OK, UNKNOWN, OK, ODD, OK], ["created"]),
        ([OK, FAILED, FAILED, ERROR, OK], ["created", "failed", "recovered"]),
        ([OK, FAILED, STARTING, OK], ["created", "failed", "recovered"]),
        ([OK, FAILED, ODD, FAILED, UNKNOWN], ["created", "failed", "recovered"]),
        ([OK, STALE, UNKNOWN, STALE, OK], ["created", "stale", "recovered"]),
        ([OK, STALE, FAILED, STALE], ["created", "stale", "failed", "stale"]),
        ([OK, STOPPED, STARTING, OK], ["created", "stopped", "started"]),
        ([OK, FAILED, STOPPED, STARTING, FAILED], ["created", "failed", "stopped", "failed"]),
        ([OK, None, None, OK], ["created", "gone", "created"]),
        ([OK, observed(identity="2")], ["created", "gone", "created"]),
        ([OK, observed(identity=None), OK], ["created"]),
        ([observed(identity=None), OK, observed(identity="2")], ["created", "gone", "created"]),
        ([STARTING, OK], ["created", "started"]),
        ([ODD, FAILED], ["created", "failed"]),
    ],
)
def test_each_transition_is_one_event(tasks: list[Observed | None], events: list[str]) -> None:
    assert names(Walk().go(*tasks)) == events


def test_payload() -> None:
    walk = Walk()
    walk.go(OK)
    (event,) = walk.go(FAILED)
    assert len(event["dis"].pop("id")) == 32
    assert event == {
        "dis": {
            "event": "failed",
            "stream_name": "meters",
            "task_name": "a",
            "destination_type": "OBS",
            "state": "ABNORMAL",
            "previous_state": "RUNNING",
            "since": "1970-01-01T00:00:20+00:00",
            "reason": "because ABNORMAL",
            "waiting_records": 7,
            "changed_settings": [],
            "failures": 1,
            "initial": False,
        },
        "meta": {"hosts": "dis-meters"},
    }


def test_changed_settings_are_named_without_values() -> None:
    walk = Walk()
    walk.go(observed(a=1, b="secret-value", c=3))
    (event,) = walk.go(observed(a=2, b="other-value"))
    assert (event["dis"]["event"], event["dis"]["changed_settings"]) == ("changed", ["a", "b"])
    assert walk.go(observed(a=2, b="other-value", c=3)) == [], "c was only not returned"
    assert "secret-value" not in dump(walk.records, None) + str(event)


def test_failures_are_counted_until_the_task_has_worked() -> None:
    walk = Walk(Policy(reset_after=1000))
    events = walk.go(OK, FAILED, OK, FAILED, OK, FAILED)
    assert [one["dis"]["failures"] for one in events if one["dis"]["event"] == "failed"] == [1, 2, 3]
    walk.go(OK)
    (event,) = walk.go(FAILED, every=1000)
    assert event["dis"]["failures"] == 1


def test_failure_is_repeated_as_long_as_it_lasts() -> None:
    walk = Walk(Policy(repeat_after=30))
    events = [one["dis"] for one in walk.go(OK, *[FAILED] * 7, *[STALE] * 4, *[OK] * 5)]
    found = [(one["event"], one["failures"]) for one in events[1:]]
    assert found == [("failed", 1), ("failed", 2), ("failed", 3), ("stale", 3), ("stale", 3), ("recovered", 3)]
    assert len({one["id"] for one in events}) == len(events)
    assert events[1]["since"] == events[2]["since"]


@pytest.mark.parametrize(
    ("task", "name"), [(OK, "started"), (FAILED, "failed"), (STALE, "stale"), (STOPPED, "stopped"), (STARTING, None)]
)
def test_initial_states(task: Observed, name: str | None) -> None:
    (silent,) = initial_steps({KEY: task}, 5.0, POLICY, report=False)
    (step,) = initial_steps({KEY: task}, 5.0, POLICY, report=True)
    assert (silent.event, silent.record) == (None, step.record)
    assert step.record is not None
    assert list(transitions({KEY: step.record}, {KEY: task}, 6.0, POLICY)) == []
    assert (step.event["dis"]["event"] if step.event else None) == name
    assert step.event is None or step.event["dis"]["initial"]


TASKS = st.none() | st.builds(
    observed,
    st.sampled_from(["RUNNING", "PAUSED", "STARTING", "ABNORMAL", "ERROR", "NEW", None]),
    st.sampled_from(["ok", "stale", "unknown", "failed"]),
    st.sampled_from(["1", "2", None]),
    a=st.integers(0, 2),
)


@given(st.lists(TASKS, max_size=12))
def test_observing_the_same_again_reports_nothing(tasks: list[Observed | None]) -> None:
    walk = Walk()
    for task in tasks:
        assert set(names(walk.go(task))) <= set(EVENTS)
        assert walk.go(task) == []


@given(st.lists(TASKS, max_size=12))
def test_events_of_a_task_follow_each_other(tasks: list[Observed | None]) -> None:
    """Created and gone alternate, no condition is reported twice in a row, and every event has another ID."""
    events = Walk().go(*tasks)
    lives = [name for name in names(events) if name in ("created", "gone")]
    assert lives == [("created", "gone")[number % 2] for number in range(len(lives))]
    conditions = [name for name in names(events) if name not in ("changed",)]
    assert all(one != other for one, other in itertools.pairwise(conditions))
    assert len({event["dis"]["id"] for event in events}) == len(events)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"version": 2}', '{"version": 1, "outage": null, "tasks": [1]}']
)
def test_other_texts_are_no_state_file(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        load(text)
