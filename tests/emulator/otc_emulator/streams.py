# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams, as far as transfer tasks need them: create, list, show, delete."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from otc_emulator.common import object_of, page_size, project_of, refusal_for, stream_of
from otc_emulator.exchange import Answer, Call, dis_refusal
from otc_emulator.state import GONE, Project, Stream, new_id, partition_name, phase_after


class StreamBody(BaseModel):
    """Body of the create call. Unknown members are let through."""

    model_config = ConfigDict(extra="ignore", strict=True)

    stream_name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    partition_count: Annotated[int, Field(ge=1, le=50)]
    stream_type: Literal["COMMON", "ADVANCED"] = "COMMON"
    data_type: Literal["BLOB", "JSON", "CSV"] = "BLOB"
    data_duration: Annotated[int, Field(ge=24, le=168)] = 24
    data_schema: str | None = None
    csv_properties: dict[str, Any] | None = None
    compression_format: Literal["snappy", "gzip", "zip"] | None = None
    auto_scale_enabled: bool = False
    auto_scale_min_partition_count: int | None = None
    auto_scale_max_partition_count: int | None = None
    tags: list[dict[str, str]] = Field(default_factory=list)
    sys_tags: list[dict[str, str]] = Field(default_factory=list)


_SHOWN_AS_SENT = (
    "data_schema",
    "csv_properties",
    "compression_format",
    "auto_scale_enabled",
    "auto_scale_min_partition_count",
    "auto_scale_max_partition_count",
    "tags",
    "sys_tags",
)


def _check_quota(call: Call, project: Project, body: StreamBody) -> None:
    settings = call.core.settings
    quota = settings.partition_quota if body.stream_type == "COMMON" else settings.advanced_partition_quota
    others = (one for one in project.live_streams(call.core.now) if one.stream_type == body.stream_type)
    if quota and sum(one.partition_count for one in others) + body.partition_count > quota:
        raise dis_refusal(4308, "The quota of streams or partitions is used up.", str(quota))


def create_stream(call: Call) -> Answer:
    """POST streams."""
    data = object_of(call)
    try:
        body = StreamBody.model_validate(data)
    except ValidationError as err:
        raise refusal_for(err, "") from None
    if len(body.tags) > 10:
        raise dis_refusal(4601, "A stream cannot have more than 10 tags.")
    if body.data_schema:
        try:
            json.loads(body.data_schema)
        except ValueError:
            raise dis_refusal(4360, "The data schema is invalid.") from None
    project, now = project_of(call), call.core.now
    if project.stream(body.stream_name, now) is not None:
        raise dis_refusal(4307, "The stream already exists.", body.stream_name)
    _check_quota(call, project, body)
    project.streams[body.stream_name] = Stream(
        stream_name=body.stream_name,
        stream_id=new_id(),
        create_time=int(now * 1000),
        phase=phase_after("CREATING", "RUNNING", call.core.settings.stream_create_delay, now),
        partition_count=body.partition_count,
        stream_type=body.stream_type,
        data_type=body.data_type,
        retention_period=body.data_duration,
        extras=body.model_dump(include=set(_SHOWN_AS_SENT), exclude_none=True),
    )
    return Answer(201)


def _common(stream: Stream, now: float) -> dict[str, Any]:
    """Members that list and show have in common."""
    return {
        "stream_id": stream.stream_id,
        "stream_name": stream.stream_name,
        "create_time": stream.create_time,
        "retention_period": stream.retention_period,
        "status": stream.phase.at(now),
        "stream_type": stream.stream_type,
        "data_type": stream.data_type,
        "tags": [],
        "auto_scale_enabled": False,
        **stream.extras,
    }


def list_streams(call: Call) -> Answer:
    """GET streams."""
    now = call.core.now
    streams = project_of(call).live_streams(now)
    limit = page_size(call, 10)
    after = call.query.get("start_stream_name", "")
    rest = [one for one in streams if one.stream_name > after]
    page = rest[:limit]
    infos = [{**_common(one, now), "partition_count": one.partition_count, "private": False} for one in page]
    body = {
        "total_number": len(streams),
        "stream_names": [one.stream_name for one in page],
        "has_more_streams": len(rest) > len(page),
        "stream_info_list": infos,
    }
    return Answer(200, body)


def show_stream(call: Call) -> Answer:
    """GET streams/NAME."""
    stream = stream_of(call)
    partitions = [
        {
            "status": "ACTIVE",
            "partition_id": partition_name(number),
            "hash_range": stream.hash_range(number),
            "sequence_number_range": stream.sequence_number_range(),
        }
        for number in range(stream.partition_count)
    ]
    after = call.query.get("start_partitionId", "")
    rest = [one for one in partitions if one["partition_id"] > after]
    text = call.query.get("limit_partitions") or "100"
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 1000):
        raise dis_refusal(4200, "Invalid request.", f"Invalid limit_partitions {text}.")
    page = rest[: int(text)]
    body = {
        **_common(stream, call.core.now),
        "last_modified_time": stream.create_time,
        "writable_partition_count": stream.partition_count,
        "readable_partition_count": stream.partition_count,
        "partitions": page,
        "has_more_partitions": len(rest) > len(page),
    }
    return Answer(200, body)


def delete_stream(call: Call) -> Answer:
    """DELETE streams/NAME; its transfer tasks go with it."""
    stream = stream_of(call)
    now = call.core.now
    if stream.phase.at(now) != "TERMINATING":
        stream.tasks.clear()
        stream.phase = phase_after("TERMINATING", GONE, call.core.settings.stream_delete_delay, now)
        project_of(call).stream(stream.stream_name, now)
    return Answer(204)
