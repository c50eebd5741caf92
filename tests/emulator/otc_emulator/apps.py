# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apps: create, list, show, delete, and how far they have read."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import StringConstraints

from otc_emulator.consumers import LAST_READ, App
from otc_emulator.http_types import Call, Response, dis_refusal
from otc_emulator.shared import (
    Body,
    body_as,
    number_in_query,
    page_size,
    partition_number,
    project_of,
    stream_named,
    stream_of,
)
from otc_emulator.state import new_id


class AppBody(Body):
    """Body of the create call."""

    app_name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,200}$")]


def app_named(call: Call, name: str) -> App:
    """The app with this name. Raises DIS.4332 if it does not exist."""
    app = project_of(call).apps.get(name)
    if app is None:
        raise dis_refusal(4332, "The app does not exist.", name)
    return app


def checkpoint_type_of(value: Any, needed: bool = True) -> None:
    """Raises DIS.4200 for anything but the only type there is."""
    if value != LAST_READ and (needed or value):
        raise dis_refusal(4200, "Invalid request.", f"Invalid checkpoint_type {value}.")


def create_app(call: Call) -> Response:
    """POST apps."""
    name = body_as(call, AppBody).app_name
    apps, quota = project_of(call).apps, call.core.settings.app_quota
    if name in apps:
        raise dis_refusal(4330, "The app already exists.", name)
    if quota and len(apps) >= quota:
        raise dis_refusal(4329, "The quota of apps is used up.", str(quota))
    apps[name] = App(name, new_id(), int(call.core.now * 1000))
    return Response(201)


def _details(app: App) -> dict[str, Any]:
    body: dict[str, Any] = {"app_id": app.app_id, "app_name": app.app_name, "create_time": app.create_time}
    if app.checkpoints:
        body["commit_checkpoint_stream_names"] = sorted(app.checkpoints)
    return body


def list_apps(call: Call) -> Response:
    """GET apps, all or those with a checkpoint in a stream."""
    apps = sorted(project_of(call).apps.values(), key=lambda one: one.app_name)
    stream_name = call.query.get("stream_name")
    if stream_name:
        stream_named(call, stream_name)
        apps = [one for one in apps if stream_name in one.checkpoints]
    limit = page_size(call, 10)
    after = call.query.get("start_app_name", "")
    rest = [one for one in apps if one.app_name > after]
    page = rest[:limit]
    body = {"total_number": len(apps), "has_more_app": len(rest) > len(page), "apps": [_details(one) for one in page]}
    return Response(200, body)


def show_app(call: Call) -> Response:
    """GET apps/NAME."""
    return Response(200, _details(app_named(call, call.params["app_name"])))


def delete_app(call: Call) -> Response:
    """DELETE apps/NAME, refused while it has checkpoints."""
    app = app_named(call, call.params["app_name"])
    if app.checkpoints and call.core.settings.app_in_use_refused:
        raise dis_refusal(4331, "The app is in use.", app.app_name)
    del project_of(call).apps[app.app_name]
    return Response(204)


def show_consumption(call: Call) -> Response:
    """GET apps/NAME/streams/STREAM: position and lag in each partition."""
    app, stream = app_named(call, call.params["app_name"]), stream_of(call)
    checkpoint_type_of(call.query.get("checkpoint_type"))
    limit = number_in_query(call, "limit", 100, 1000)
    start = call.query.get("start_partition_id")
    after = partition_number(start) if start else -1
    rest = [one for one in stream.partitions.all if one.number > after]
    states = []
    for one in rest[:limit]:
        checkpoint = app.checkpoint(stream.stream_name, one.number)
        position = -1 if checkpoint is None else checkpoint.sequence_number
        numbers = call.core.settings.numbers_in_consumption
        states.append(
            {
                "partition_id": one.number if numbers else one.name,
                "sequence_number": position if numbers else str(position),
                "latest_offset": one.next,
                "earliest_offset": one.earliest,
                "checkpoint_type": LAST_READ,
                "status": one.status,
            }
        )
    body = {
        "has_more": len(rest) > limit,
        "stream_name": stream.stream_name,
        "app_name": app.app_name,
        "partition_consuming_states": states,
    }
    return Response(200, body)
