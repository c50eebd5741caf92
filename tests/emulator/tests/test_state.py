# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state machine with a clock of our own."""

from __future__ import annotations

from otc_emulator.fixtures import Seed, default_seed, plant
from otc_emulator.identity import Domain, Identity, User
from otc_emulator.state import Phase, World, phase_after


class Clock:
    """Clock that tests advance explicitly."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_phase_changes_once_when_it_is_due() -> None:
    phase = phase_after("STARTING", "RUNNING", 5, now=10)
    assert [phase.at(when) for when in (10, 14.9, 15, 10)] == ["STARTING", "STARTING", "RUNNING", "RUNNING"]
    assert phase_after("STARTING", "RUNNING", 0, now=10) == Phase("RUNNING")


def test_a_task_ships_only_from_the_moment_it_runs() -> None:
    clock = Clock()
    world = World(clock)
    plant(Seed.model_validate(default_seed()), world)
    stream = world.default_project.streams["meters"]
    stream.move(latest=10)
    settings = {"consumer_strategy": "LATEST"}
    task = stream.put_task("t", "DLI", settings, phase_after("STARTING", "RUNNING", 5, clock.now), clock.now)
    stream.move(latest=20)
    stream.advance(clock.now)
    assert (task.positions, task.last_transfer_timestamp) == ([10], None)
    clock.now += 5
    stream.advance(clock.now)
    assert (task.positions, task.last_transfer_timestamp) == ([20], 1_005_000)


def test_a_task_has_cycles_without_records_and_reports_the_next_number_after_a_transfer() -> None:
    clock = Clock()
    world = World(clock)
    plant(Seed.model_validate(default_seed()), world)
    stream = world.default_project.streams["meters"]
    stream.move(latest=10)
    settings = {"consumer_strategy": "LATEST", "deliver_time_interval": 60}
    task = stream.put_task("t", "DLI", settings, phase_after("RUNNING", "RUNNING", 0, clock.now), clock.now)
    times = []
    for _cycle in range(4):
        stream.advance(clock.now)
        times.append(task.last_transfer_timestamp)
        assert task.offset(0) == 0
        clock.now += 30
    assert [one and one // 1000 for one in times] == [None, 1030, 1030, 1090]
    stream.move(latest=11)
    stream.advance(clock.now)
    assert task.offset(0) == 11


def test_a_deleted_stream_is_gone_when_its_time_is_over() -> None:
    clock = Clock()
    world = World(clock)
    plant(Seed.model_validate(default_seed()), world)
    project = world.default_project
    project.streams["meters"].phase = phase_after("TERMINATING", "GONE", 5, clock.now)
    assert project.stream("meters", clock.now) is not None
    assert project.stream("meters", clock.now + 5) is None
    assert project.live_streams(clock.now) == []


def test_failures_outside_the_window_do_not_lock() -> None:
    user = User("u", "n", "p", Domain("d", "d"), [])
    for when in (0, 100, 200, 300, 1000):
        user.note_failure(when, allowed=5, window=900, lock=900)
    assert user.locked_until == 0
    for when in (1001, 1002):
        user.note_failure(when, allowed=5, window=900, lock=900)
    assert user.locked_until == 1902


def test_tokens_end_and_old_ones_are_forgotten(monkeypatch) -> None:
    monkeypatch.setattr("otc_emulator.identity.TOKENS_KEPT", 3)
    clock = Clock()
    people = Identity(clock)
    user = User("u", "n", "p", Domain("d", "d"), [])
    tokens = [people.issue(user, None, ["password"], 60, 100).value for _turn in range(4)]
    assert [people.valid_token(one) is not None for one in tokens] == [False, True, True, True]
    clock.now += 60
    assert people.valid_token(tokens[-1]) is None


def test_seeding_twice_keeps_existing_resources() -> None:
    world = World(Clock())
    for _turn in range(2):
        plant(Seed.model_validate(default_seed()), world)
    first = world.default_project.streams["meters"].stream_id
    plant(Seed.model_validate({"streams": [{"name": "meters", "tasks": ["t"]}]}), world)
    assert world.default_project.streams["meters"].stream_id == first
    assert list(world.default_project.streams["meters"].tasks) == ["t"]
    assert len(world.projects) == len(world.identity.users) == len(world.identity.domains) == 1
