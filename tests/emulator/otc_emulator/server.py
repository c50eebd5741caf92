# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator without its HTTP server: settings, world, faults and log, and how a request is carried out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from otc_emulator.access import admit
from otc_emulator.faults import Rules
from otc_emulator.fixtures import Seed, plant
from otc_emulator.http_types import Call, Refusal, Response, no_such_url
from otc_emulator.request_log import Journal
from otc_emulator.response_variants import error_answer
from otc_emulator.routes import ROUTES, Route, Router
from otc_emulator.settings import Settings
from otc_emulator.state import World


class Meters:
    """Connections and requests of clients, control calls not counted."""

    def __init__(self) -> None:
        self.open = self.accepted = self.most_open = 0
        self.in_progress = self.requests = self.most_in_progress = 0

    def connected(self) -> None:
        """A connection has carried its first request."""
        self.open += 1
        self.accepted += 1
        self.most_open = max(self.most_open, self.open)

    def begin(self) -> None:
        """A request has come in."""
        self.requests += 1
        self.in_progress += 1
        self.most_in_progress = max(self.most_in_progress, self.in_progress)

    def restart(self) -> None:
        """Reset the counters; open connections and requests in progress stay counted."""
        self.accepted = self.most_open = self.open
        self.requests = self.most_in_progress = self.in_progress

    def view(self) -> dict[str, Any]:
        """The counters, for the control API."""
        return {
            "connections": {"open": self.open, "accepted": self.accepted, "max_open": self.most_open},
            "requests": {
                "total": self.requests,
                "in_progress": self.in_progress,
                "max_concurrent": self.most_in_progress,
            },
        }


class Clock:
    """Time that a test can move forward."""

    def __init__(self, base: Callable[[], float]) -> None:
        self._base = base
        self.ahead = 0.0

    def __call__(self) -> float:
        """Seconds since 1970, and more."""
        return self._base() + self.ahead


class Core:
    """One emulated cloud with everything that tests can turn."""

    def __init__(
        self, seed: dict[str, Any], settings: Settings | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.clock = Clock(clock)
        self.start_seed = seed
        self.start_settings = settings or Settings.model_validate({})
        self._settings = self.start_settings
        self.rules = Rules()
        self.journal = Journal()
        self.meters = Meters()
        self.router = Router(ROUTES)
        self.world = self._world(seed)

    @property
    def settings(self) -> Settings:
        """All switches."""
        return self._settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self._settings = settings
        self.world.pace.transfer_delay = settings.transfer_delay

    @property
    def now(self) -> float:
        """The time of the emulated cloud, in seconds since 1970."""
        return self.clock()

    def _world(self, seed: dict[str, Any]) -> World:
        world = World(self.clock)
        world.pace.transfer_delay = self._settings.transfer_delay
        plant(Seed.model_validate(seed), world)
        if not world.projects or not world.identity.users:
            raise ValueError("a seed needs at least one project and one user")
        return world

    def reset(self, seed: dict[str, Any], settings: dict[str, Any]) -> None:
        """Back to the start; members of *seed* and *settings* replace those given at the start."""
        changed = self.start_settings.changed(settings)
        self.world = self._world({**self.start_seed, **seed})
        self.settings = changed
        self.clock.ahead = 0.0
        self.rules = Rules()
        self.journal = Journal()
        self.meters.restart()

    def add(self, seed: dict[str, Any]) -> None:
        """Add to the existing state."""
        plant(Seed.model_validate(seed), self.world)

    def find_route(self, call: Call) -> Route | None:
        """Note operation and parameters in the call."""
        found = self.router.find(call.method, call.path)
        if found is None:
            return None
        route, call.params = found
        call.service, call.operation = route.service, route.operation
        return route

    def carry_out(self, call: Call, route: Route | None) -> Response:
        """Execute a request. A rejection by the service is a response, too."""
        try:
            if route is None:
                raise no_such_url()
            if route.service == "dis":
                admit(call)
            return route.handler(call)
        except Refusal as refusal:
            return error_answer(refusal, self.settings, call.request_id)

    def state(self) -> dict[str, Any]:
        """Everything, for the control API."""
        now, people = self.now, self.world.identity
        return {
            "time": now,
            "users": [
                {
                    "id": one.id,
                    "name": one.name,
                    "domain": one.domain.name,
                    "failures": len([when for when in one.failures if when > now - self.settings.login_window]),
                    "locked": now < one.locked_until,
                }
                for one in people.users.values()
            ],
            "projects": {one.id: one.view(now) for one in self.world.projects.values()},
            "logins": dict(people.logins),
            "tokens": {
                "issued": people.tokens_issued,
                "valid": sum(one.is_valid(now) for one in people.tokens.values()),
            },
            **self.meters.view(),
        }


def split_seed_and_settings(data: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Separate members of a seed from settings. Both may also be blocks named ``seed`` and ``settings``."""
    flat = {name: value for name, value in data.items() if name not in ("seed", "settings")}
    seed = {**(data.get("seed") or {}), **{name: flat[name] for name in flat if name in Seed.model_fields}}
    settings = {
        **(data.get("settings") or {}),
        **{name: flat[name] for name in flat if name not in Seed.model_fields},
    }
    return seed, settings


def merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Two seeds as one: the lists of both, one after the other."""
    return {name: [*(first.get(name) or ()), *(second.get(name) or ())] for name in {**first, **second}}
