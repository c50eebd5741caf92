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

from ansible_collections.otc.dis.plugins.module_utils._resources.events import Event
from ansible_collections.otc.dis.plugins.plugin_utils._transitions import (
    EVENTS,
    LATE,
    Key,
    Notice,
    Observed,
    Policy,
    Record,
    State,
    assign,
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

    def go(
        self, *tasks: Observed | None, every: float = 10.0, notices: list[Notice] | None = None
    ) -> list[dict[str, Any]]:
        events = []
        for task in tasks:
            self.now += every
            there = {} if task is None else {KEY: task}
            steps = list(transitions(self.records, there, self.now, self.policy, {KEY: notices or []}))
            for step in steps:
                if step.record is None:
                    del self.records[step.key]
                else:
                    self.records[step.key] = step.record
                events += [step.event] if step.event else []
            self.records = load(dump(State(self.records))).records
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
    assert "secret-value" not in dump(State(walk.records)) + str(event)


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


# --- events of the service ---

ABNORMAL, RESTORED = Notice("failed", 11.0, "Bucket is gone."), Notice("recovered", 13.0, None)


def test_failure_between_two_polls_is_reported_with_time_and_reason_of_the_service() -> None:
    walk = Walk()
    walk.go(OK)
    failed, recovered = (one["dis"] for one in walk.go(OK, notices=[ABNORMAL, RESTORED]))
    assert (failed["event"], failed["since"], failed["reason"]) == (
        "failed", "1970-01-01T00:00:11+00:00", "Bucket is gone.",
    )  # fmt: skip
    assert (failed["state"], failed["failures"]) == ("ABNORMAL", 1)
    assert (recovered["event"], recovered["since"]) == ("recovered", "1970-01-01T00:00:13+00:00")


@pytest.mark.parametrize(
    ("before", "task", "notices", "events"),
    [
        (OK, FAILED, [ABNORMAL], ["failed"]),
        (OK, FAILED, [ABNORMAL, RESTORED, ABNORMAL], ["failed", "recovered", "failed"]),
        (FAILED, FAILED, [ABNORMAL], []),
        (FAILED, OK, [RESTORED], ["recovered"]),
        (FAILED, OK, [ABNORMAL, RESTORED], ["recovered"]),
        (FAILED, FAILED, [RESTORED, ABNORMAL], ["recovered", "failed"]),
        (STOPPED, STOPPED, [ABNORMAL, RESTORED], []),
        (OK, OK, [RESTORED], []),
        (OK, None, [ABNORMAL], ["gone"]),
        (OK, observed(identity="2"), [ABNORMAL], ["gone", "created"]),
    ],
)
def test_events_and_polls_agree(
    before: Observed, task: Observed | None, notices: list[Notice], events: list[str]
) -> None:
    walk = Walk()
    walk.go(OK, before)
    assert names(walk.go(task, notices=notices)) == events


def test_event_that_is_listed_after_the_poll_is_not_reported_again() -> None:
    walk = Walk()
    walk.go(OK)
    assert names(walk.go(FAILED)) == ["failed"]
    assert names(walk.go(OK)) == ["recovered"]
    assert walk.go(OK, notices=[ABNORMAL, RESTORED]) == []
    assert names(walk.go(OK, notices=[ABNORMAL, RESTORED])) == ["failed", "recovered"], "another failure"
    walk.go(FAILED, OK)
    walk.go(OK, every=LATE)
    assert names(walk.go(OK, notices=[ABNORMAL, RESTORED])) == ["failed", "recovered"], "too late for the first one"


def service_event(kind: str, when: int, name: str = "", identity: str = "") -> Event:
    return Event(None, kind, None, None, "task", when, "Why.", name or None, identity or None)


def test_events_are_assigned_by_id_or_unique_name() -> None:
    tasks = {
        ("s", "a"): observed(identity="1"),
        ("t", "a"): observed(identity="2"),
        ("s", "b"): observed(identity=None),
    }
    events = [
        service_event("task_restored", 3000, "b"),
        service_event("task_abnormal", 2000, "b"),
        service_event("task_abnormal", 1000, "a", "2"),
        service_event("task_abnormal", 1000, "a"),
        service_event("throttled", 1000, "b"),
        service_event("task_abnormal", 1000, "other", "9"),
    ]
    assert assign(events, tasks, 9.0) == {
        ("t", "a"): [Notice("failed", 1.0, "Why.", "task_abnormal 2 1000")],
        ("s", "b"): [
            Notice("failed", 2.0, "Why.", "task_abnormal b 2000"),
            Notice("recovered", 3.0, "Why.", "task_restored b 3000"),
        ],
    }


@given(
    gaps=st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), max_size=8),
    polls=st.lists(st.integers(1, 40), min_size=1, max_size=20),
    lag=st.sampled_from([0, 0, 7, 60]),
)
def test_no_failure_is_doubled_and_none_that_a_poll_sees_is_lost(
    gaps: list[tuple[int, int]], polls: list[int], lag: int
) -> None:
    failures, end = [], 0
    for works, lasts in gaps:
        failures.append((end + works, end + works + lasts))
        end += works + lasts
    times = [*itertools.accumulate(polls), max(end, sum(polls)) + lag + 1]
    walk, listed, reported, seen_by_polls = Walk(), set[tuple[int, str]](), list[str](), 0
    walk.go(OK, every=0)
    for now in times:
        notices = []
        for start, stop in failures:
            for when, kind in ((start, "failed"), (stop, "recovered")):
                if when + lag <= now and (when, kind) not in listed:
                    listed.add((when, kind))
                    notices.append(Notice(kind, float(when), None))
        broken = any(start <= now < stop for start, stop in failures)
        found = names(walk.go(FAILED if broken else OK, every=now - walk.now, notices=notices))
        reported += found
        seen_by_polls += broken
    assert reported[::2] == ["failed"] * len(reported[::2])
    assert reported[1::2] == ["recovered"] * len(reported[1::2])
    assert len(reported[::2]) <= len(failures)
    if lag == 0:
        assert len(reported) == 2 * len(failures)
    assert bool(reported) >= bool(seen_by_polls)
