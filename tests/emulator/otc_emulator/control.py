# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API under ``/_emulator/``: how a test looks into the emulator and turns its switches."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from otc_emulator.destinations import DESTINATIONS
from otc_emulator.faults import FAULT_KINDS
from otc_emulator.fixtures import RecordSeed, put_record
from otc_emulator.http_types import Response
from otc_emulator.routes import OPERATIONS, segments_of
from otc_emulator.server import Core, split_seed_and_settings
from otc_emulator.settings import Settings
from otc_emulator.state import STREAM_STATES, TASK_STATES, Phase, Project, Stream

PREFIX = "_emulator"
_ABOUT = {
    "GET settings": "all settings",
    "PATCH settings": "change some of them",
    "POST reset": "back to the start; members replace those of the start seed and the start settings",
    "POST seed": "add streams, tables, users and so on",
    "GET, POST, DELETE faults": "show, add (one rule or a list), clear fault rules",
    "GET log": "requests so far, ?service=iam|dis|dli|obs, ?operation=NAME, ?since=NUMBER",
    "DELETE log": "forget them",
    "GET state": "everything there is, login counters, connections",
    "GET, PATCH streams/PROJECT_ID/STREAM": "one stream; status, offsets",
    "PATCH tasks/PROJECT_ID/STREAM/TASK": "state (then_state after then_after seconds), settings, log",
    "GET, POST records/PROJECT_ID/STREAM": 'what is stored; put {"records": [text or {data, partition_key, ...}]}',
    "POST cursors/expire": "make every cursor too old",
    "POST clock": "advance: seconds that the time of the cloud jumps forward",
    "POST tokens": "mint a token: user, project, life",
    "POST tokens/expire": "make every token invalid",
}


class TaskPatch(BaseModel):
    """Changes to a task; members that are none of these are settings."""

    model_config = ConfigDict(extra="forbid")

    state: str | None = None
    then_state: str | None = None
    then_after: float = Field(0, ge=0)
    settings: dict[str, Any] = Field(default_factory=dict)
    log: list[dict[str, Any]] | None = Field(None, description="entries of its log, oldest first")


class StreamPatch(BaseModel):
    """Changes to a stream."""

    model_config = ConfigDict(extra="forbid")

    status: str | None = None
    earliest_offset: int = Field(0, ge=0)
    latest_offset: int = Field(0, ge=0)
    transferable_offset: int | None = Field(None, ge=0)
    partition_count: int | None = Field(None, ge=1, le=10_000, description="scale by itself, at once")


class TokenOrder(BaseModel):
    """Whose token to mint."""

    model_config = ConfigDict(extra="forbid")

    user: str | None = None
    project: str | None = Field(None, description="name or id; left out, the first project")
    scoped: bool = True
    life: float | None = None


class RecordsOrder(BaseModel):
    """Records to be stored."""

    model_config = ConfigDict(extra="forbid")

    records: list[RecordSeed]


class ClockOrder(BaseModel):
    """How far the clock jumps; a negative number takes it back, so that what comes then lies in the past."""

    model_config = ConfigDict(extra="forbid")

    advance: float = Field(ge=-7 * 86_400, le=366 * 86_400)


class Mistake(Exception):
    """The control call makes no sense."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


class Control:
    """Answers control calls. They need no token, and no fault touches them."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self._table: dict[tuple[str, str], Callable[..., Any]] = {
            ("GET", ""): self._about,
            ("GET", "settings"): self._settings,
            ("PATCH", "settings"): self._configure,
            ("POST", "reset"): self._reset,
            ("POST", "seed"): self._seed,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "log"): self._log,
            ("DELETE", "log"): self._clear_log,
            ("GET", "state"): self.core.state,
            ("GET", "streams"): self._show_stream,
            ("PATCH", "streams"): self._patch_stream,
            ("PATCH", "tasks"): self._patch_task,
            ("POST", "clock"): self._clock,
            ("POST", "cursors"): self._cursors,
            ("GET", "records"): self._records,
            ("POST", "records"): self._put_records,
            ("POST", "tokens"): self._tokens,
        }

    def answer(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Response:
        """Carry out one control call."""
        _first, *rest = segments_of(path)
        name, *args = rest or [""]
        try:
            handler = self._table.get((method, name))
            if handler is None:
                raise Mistake(f"{method} {path} is no control call; GET /{PREFIX}/ lists them", 404)
            if (method, name) == ("GET", "log"):
                return Response(200, self._log(query))
            if method in ("GET", "DELETE"):
                return Response(200, handler(*args))
            data = json.loads(body) if body.strip() else {}
            if not isinstance(data, (dict, list) if name == "faults" else dict):
                raise Mistake("the body must be a JSON object")
            return Response(200, handler(*args, data))
        except ValidationError as err:
            return Response(400, {"error": [f"{_place(one['loc'])}: {one['msg']}" for one in err.errors()]})
        except Mistake as err:
            return Response(err.status, {"error": [str(err)]})
        except (TypeError, ValueError) as err:
            return Response(400, {"error": [str(err)]})

    def _about(self) -> dict[str, Any]:
        core = self.core
        project = core.world.default_project
        user = next(iter(core.world.identity.users.values()))
        key = next((one for one in core.world.identity.access_keys.values() if one.user is user), None)
        return {
            "about": "IAM v3 and DIS of Open Telekom Cloud, emulated for tests",
            "calls": _ABOUT,
            "operations": OPERATIONS,
            "fault_kinds": FAULT_KINDS,
            "settings": {name: one.description for name, one in Settings.model_fields.items()},
            "login": {
                "user": user.name,
                "password": user.password,
                "access_key": key.access if key else None,
                "secret_key": key.secret if key else None,
                "domain": user.domain.name,
                "project": project.name,
                "project_id": project.id,
                "region": core.settings.region,
            },
        }

    def _settings(self) -> dict[str, Any]:
        return self.core.settings.model_dump()

    def _configure(self, changes: dict[str, Any]) -> dict[str, Any]:
        self.core.settings = self.core.settings.changed(changes)
        return self._settings()

    def _reset(self, data: dict[str, Any]) -> dict[str, Any]:
        self.core.reset(*split_seed_and_settings(data))
        return {}

    def _seed(self, data: dict[str, Any]) -> dict[str, Any]:
        self.core.add(data)
        return {}

    def _faults(self) -> list[dict[str, Any]]:
        return [rule.view() for rule in self.core.rules.rules]

    def _add_faults(self, data: Any) -> list[dict[str, Any]]:
        for one in data if isinstance(data, list) else [data]:
            if isinstance(one, dict) and one.get("operation") not in (None, "unknown", *OPERATIONS):
                raise Mistake(f"there is no operation {one['operation']}; there are {', '.join(OPERATIONS)}")
            self.core.rules.add(one)
        return self._faults()

    def _clear_faults(self) -> dict[str, Any]:
        self.core.rules.rules.clear()
        return {}

    def _log(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        return self.core.journal.view(query.get("service"), query.get("operation"), int(query.get("since", "0")))

    def _clear_log(self) -> dict[str, Any]:
        self.core.journal.clear()
        return {}

    def _project(self, name_or_id: str | None) -> Project:
        projects = self.core.world.projects
        if name_or_id is None:
            return self.core.world.default_project
        for one in projects.values():
            if name_or_id in (one.id, one.name):
                return one
        raise Mistake(f"there is no project {name_or_id}", 404)

    def _stream(self, project_id: str, name: str) -> Stream:
        stream = self._project(project_id).stream(name, self.core.now)
        if stream is None:
            raise Mistake(f"there is no stream {name}", 404)
        return stream

    def _show_stream(self, project_id: str, name: str) -> dict[str, Any]:
        return self._stream(project_id, name).view(self.core.now)

    def _patch_stream(self, project_id: str, name: str, data: dict[str, Any]) -> dict[str, Any]:
        patch, stream = StreamPatch.model_validate(data), self._stream(project_id, name)
        if patch.status is not None:
            if patch.status not in STREAM_STATES:
                raise Mistake(f"status is one of {', '.join(STREAM_STATES)}")
            stream.phase = Phase(patch.status)
        given = patch.model_dump(include=patch.model_fields_set)
        stream.move(given.get("earliest_offset"), given.get("latest_offset"))
        stream.transferable_offset = given.get("transferable_offset", stream.transferable_offset)
        if patch.partition_count is not None:
            stream.scale(patch.partition_count, self.core.now, 0, automatic=True)
        return stream.view(self.core.now)

    def _patch_task(self, project_id: str, stream_name: str, name: str, data: dict[str, Any]) -> dict[str, Any]:
        own = {key: value for key, value in data.items() if key in TaskPatch.model_fields}
        patch, stream = TaskPatch.model_validate(own), self._stream(project_id, stream_name)
        task = stream.tasks.get(name)
        if task is None:
            raise Mistake(f"there is no task {name}", 404)
        destination = DESTINATIONS[task.destination_type]
        changes = {**patch.settings, **{key: value for key, value in data.items() if key not in own}}
        for state in (patch.state, patch.then_state):
            if state not in (None, *TASK_STATES):
                raise Mistake(f"a state is one of {', '.join(TASK_STATES)}")
        if changes:
            task.settings = destination.complete({**task.settings, **changes})
        if patch.log is not None:
            task.log = patch.log
        now = self.core.now
        if patch.state is not None or patch.then_state is not None:
            task.phase = Phase(patch.state or task.phase.at(now), patch.then_state, now + patch.then_after)
        stream.advance(now)
        return task.view(now)

    def _clock(self, data: dict[str, Any]) -> dict[str, Any]:
        self.core.clock.ahead += ClockOrder.model_validate(data).advance
        return {"time": self.core.now, "ahead": self.core.clock.ahead}

    def _cursors(self, word: str, data: dict[str, Any]) -> dict[str, Any]:
        if word != "expire":
            raise Mistake("only cursors/expire is a control call", 404)
        self.core.world.cursor_epoch += 1
        return {}

    def _records(self, project_id: str, name: str) -> list[dict[str, Any]]:
        stream = self._stream(project_id, name)
        return [
            {
                **record.view(),
                "partition_id": partition.name,
                "text": base64.b64decode(record.data).decode("utf-8", "replace"),
            }
            for partition in stream.partitions.all
            for record in partition.records
        ]

    def _put_records(self, project_id: str, name: str, data: dict[str, Any]) -> list[dict[str, Any]]:
        stream, now = self._stream(project_id, name), self.core.now
        stored = [put_record(stream, one, now) for one in RecordsOrder.model_validate(data).records]
        stream.advance(now)
        return [{"partition_id": where.name, "sequence_number": str(what.sequence)} for where, what in stored]

    def _tokens(self, *args: Any) -> dict[str, Any]:
        *words, data = args
        if words == ["expire"]:
            return {"expired": self.core.world.identity.revoke_all()}
        if words:
            raise Mistake("only tokens and tokens/expire are control calls", 404)
        order, people, settings = TokenOrder.model_validate(data), self.core.world.identity, self.core.settings
        user = next((one for one in people.users.values() if order.user in (None, one.name, one.id)), None)
        if user is None:
            raise Mistake(f"there is no user {order.user}", 404)
        project = self._project(order.project) if order.scoped else None
        life = settings.token_life if order.life is None else order.life
        token = people.issue(user, project.id if project else None, ["password"], life, settings.token_length)
        return {"token": token.value, "project_id": token.project_id, "expires_at": token.expires_at}


def _place(location: tuple[Any, ...]) -> str:
    return ".".join(str(step) for step in location) or "body"
