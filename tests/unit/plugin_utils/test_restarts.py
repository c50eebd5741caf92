# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which failed transfer tasks are restarted, and when."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.filter.plan_restarts import FilterModule, plan_restarts
from ansible_collections.otc.dis.plugins.plugin_utils._restarts import (
    MAX_BACKOFF,
    Policy,
    Record,
    Task,
    decide,
    finish,
    read_policy,
    read_state,
    state_data,
)

POLICY = Policy(3, 300, 3600)
NOW = 1_800_000_000
MINUTE, HOUR = 60, 3600
HEALTHS = {
    "ok": "RUNNING",
    "failed": "ERROR",
    "stale": "RUNNING",
    "unknown": "RUNNING",
    "paused": "PAUSED",
    "starting": "STARTING",
}


def task(health: str, name: str = "a", kind: str = "DLI") -> Task:
    return Task("s", name, kind, HEALTHS[health], "ok" if health in ("paused", "starting") else health)


def kept(state: dict[str, Record]) -> dict[str, Record]:
    """Return the state as the next run reads it."""
    return read_state(json.dumps(state_data(state)))


@pytest.mark.parametrize("health", ["ok", "stale", "unknown", "paused", "starting"])
def test_only_failed_tasks_are_restarted(health: str) -> None:
    found = decide([task(health)], {}, NOW, POLICY)
    assert (found.restarts, found.starts, found.state) == ((), (), {})


def test_restarts_follow_the_backoff_until_the_task_is_given_up() -> None:
    state: dict[str, Record] = {}
    restarted = []
    for minute in range(4 * 60):
        found = decide([task("failed")], state, NOW + minute * MINUTE, POLICY)
        assert len(found.restarts) + len(found.waiting) + len(found.given_up) == 1
        if found.restarts:
            restarted.append(minute)
            assert found.state["s/a"].stopped
        state = kept(finish(found.state, ["s/a"]) if found.restarts else found.state)
    assert restarted == [0, 5, 15]
    assert [reason for _task, reason in found.given_up] == [
        "it was restarted 3 times without being healthy for long enough"
    ]


def test_delay_doubles_up_to_an_hour() -> None:
    policy = Policy(99, 300, 1)
    assert [policy.delay(number) for number in (1, 2, 3, 4, 5, 6, 5000)] == [300, 600, 1200, 2400, 3600, 3600, 3600]


def test_two_healthy_checks_reset_the_count_and_any_other_health_interrupts_them() -> None:
    state = {"s/a": Record(3, NOW)}
    for minutes, health, remains in [
        (30, "ok", True),
        (60, "unknown", True),
        (95, "ok", True),
        (100, "paused", True),
        (101, "starting", True),
        (160, "ok", True),
        (161, "ok", False),
    ]:
        state = kept(decide([task(health)], state, NOW + minutes * MINUTE, POLICY).state)
        assert bool(state) is remains, minutes
    assert len(decide([task("failed")], state, NOW + 162 * MINUTE, POLICY).restarts) == 1


def test_interrupted_restart_is_completed_and_not_counted() -> None:
    crashed = kept(decide([task("failed")], {}, NOW, POLICY).state)
    found = decide([task("paused")], crashed, NOW + 1, POLICY)
    assert (found.restarts, found.starts) == ((), (task("paused"),))
    assert found.state["s/a"].restarts == 1
    # A restart that did not stop the task yet, or not at all, waits for its back-off.
    still = decide([task("failed")], crashed, NOW + 1, POLICY)
    assert (len(still.waiting), still.state["s/a"].stopped) == (1, True)
    # A task that was stopped by its owner after the restart stays stopped.
    running = decide([task("starting")], crashed, NOW + 1, POLICY).state
    assert decide([task("paused")], running, NOW + 2, POLICY).starts == ()
    assert decide([task("paused")], finish(found.state, ["s/a"]), NOW + 2, POLICY).starts == ()


def test_clock_that_was_set_back_restarts_the_backoff_and_the_healthy_time() -> None:
    ahead = {"s/a": Record(1, NOW + 100 * HOUR)}
    found = decide([task("failed")], ahead, NOW, POLICY)
    assert (found.restarts, found.waiting) == ((), ((task("failed"), NOW + 300),))
    assert decide([task("failed")], found.state, NOW + 300, POLICY).restarts
    healthy = {"s/a": Record(1, NOW, NOW + HOUR)}
    assert decide([task("ok")], healthy, NOW, POLICY).state["s/a"].healthy_since == NOW


def test_unsupported_destinations_are_given_up_and_unobserved_tasks_are_kept() -> None:
    state = {"s/gone": Record(2, NOW)}
    found = decide([task("failed", kind="NEW")], state, NOW, POLICY)
    assert [reason for _task, reason in found.given_up] == ["its destination type is not supported"]
    assert (found.restarts, found.state) == ((), state)


EVENTS = st.lists(
    st.tuples(st.integers(-2 * HOUR, 2 * HOUR), st.sampled_from(sorted(HEALTHS)), st.booleans()), max_size=60
)


@given(EVENTS, st.integers(1, 4), st.sampled_from([1, 300, 3600]), st.sampled_from([60, 3600]))
def test_restarts_never_exceed_the_limit_or_the_backoff(
    events: list[tuple[int, str, bool]], limit: int, backoff: int, reset: int
) -> None:
    """Runs at any time, with a clock that jumps, and crashes after the state was written."""
    policy = Policy(limit, backoff, reset)
    state: dict[str, Record] = {}
    now, healthy_since, count, last = NOW, None, 0, None
    for step, health, crash in events:
        now += step
        found = decide([task(health)], state, now, policy)
        last = None if last is None else min(last, now)
        if health in ("ok", "starting"):
            healthy_since = now if healthy_since is None else min(healthy_since, now)
            if now - healthy_since >= reset:
                count, last = 0, None
        else:
            healthy_since = None
        assert not found.restarts or health == "failed"
        if found.restarts:
            assert last is None or now - last >= min(backoff * 2 ** (count - 1), MAX_BACKOFF)
            count, last = count + 1, now
            assert count <= limit
        state = kept(found.state if crash else finish(found.state, [one.key for one in found.restarts]))


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", "null", "{}", '{"version": 1}', '{"version": true, "tasks": {}}', '{"version": 2, "tasks": {}}',
        '{"version": 1, "tasks": []}', '{"version": 1, "tasks": {"s/a": 1}}', "[" * 100_000,
        *(
            json.dumps({"version": 1, "tasks": {key: {**Record(1, NOW)._asdict(), **change}}})
            for key, change in [
                ("s", {}), ("s/a", {"x": 1}), ("s/a", {"restarts": 0}), ("s/a", {"restarts": True}),
                ("s/a", {"last": None}), ("s/a", {"last": 1.5}), ("s/a", {"last": -1}), ("s/a", {"stopped": "no"}),
                ("s/a", {"healthy_since": "x"}), ("s/a", {"last": float("nan")}),
            ]
        ),
    ],
)  # fmt: skip
def test_damaged_state_is_an_error_and_restarts_nothing(content: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_state(content)
    found = plan_restarts(health("failed"), content)
    assert found["error"]
    assert (found["to_stop"], found["to_start"], found["state"]) == ([], [], None)


@given(st.text(max_size=50) | st.dictionaries(st.text(), st.none() | st.integers() | st.text()).map(json.dumps))
def test_any_other_content_is_rejected(content: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_state(content)


RECORDS = st.builds(Record, st.integers(1, 9), st.integers(0, 2**40), st.none() | st.integers(0, 2**40), st.booleans())


@given(st.dictionaries(st.text().map("s/".__add__), RECORDS))
def test_state_survives_its_file(state: dict[str, Record]) -> None:
    assert kept(state) == state


def health(name: str) -> dict[str, Any]:
    """Return a result of the module for one task."""
    one = {"task_name": "a", "destination_type": "DLI", "state": HEALTHS[name], "health": name}
    return {"generated_at": "2024-04-01 21:37:20 UTC", "streams": [{"stream_name": "s", "tasks": [one]}]}


def test_filter_returns_entries_and_the_outcome() -> None:
    entry = {"stream_name": "s", "task_name": "a", "destination_type": "DLI"}
    planned = FilterModule().filters()["plan_restarts"](health("failed"))
    assert (planned["to_stop"], planned["restarted"], planned["error"]) == ([entry], [], None)
    assert planned["state"]["tasks"]["s/a"] == {
        "restarts": 1, "last": 1712007440, "healthy_since": None, "stopped": True,
    }  # fmt: skip
    good = [{**entry, "failed": False, "skipped": False}]
    done = plan_restarts(health("failed"), stopped=good, started=good)
    assert done["restarted"] == ["s/a was restarted (1 of 3)."]
    assert done["state"]["tasks"]["s/a"]["stopped"] is False
    bad = [{**entry, "failed": True, "skipped": False, "msg": "No."}]
    failed = plan_restarts(health("failed"), stopped=good, started=bad)
    assert (failed["restarted"], failed["failed"]) == ([], ["s/a was not restarted: No."])
    assert failed["state"] == planned["state"]


@given(st.dictionaries(st.sampled_from(["s/a", "s/b", "t/a"]), RECORDS))
def test_filter_preserves_the_state_of_another_run(other: dict[str, Record]) -> None:
    good = [{"stream_name": "s", "task_name": "a", "destination_type": "DLI", "failed": False, "skipped": False}]
    done = plan_restarts(health("failed"), stopped=good, started=good, written=json.dumps(state_data(other)))
    expected = {key: record._replace(stopped=record.stopped and key != "s/a") for key, record in other.items()}
    assert read_state(json.dumps(done["state"])) == expected
    assert plan_restarts(health("failed"), written="{")["error"] == "it is not JSON"


@pytest.mark.parametrize(
    ("values", "name"),
    [((0, "5m", "1h"), "max_restarts"), ((1, "2h", "1h"), "restart_backoff"), ((1, "x", "1h"), "restart_backoff"),
     ((1, "0", "1h"), "restart_backoff"), ((1, "1h", "0"), "restart_reset")],
)  # fmt: skip
def test_invalid_policy_is_rejected(values: tuple[int, str, str], name: str) -> None:
    (error,) = read_policy(*values)[1]
    assert error.startswith(f"{name} is ")
    with pytest.raises(AnsibleFilterError, match=name):
        plan_restarts(health("ok"), None, *values)


def test_valid_policy() -> None:
    assert read_policy(3, "5m", 3600) == (POLICY, [])
