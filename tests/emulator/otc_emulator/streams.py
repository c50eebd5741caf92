# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams: create, list, show, update, scale, delete; quotas."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from otc_emulator.http_types import Call, Refusal, Response, dis_refusal, no_such_url
from otc_emulator.partitions import Partition, Partitions, partition_name
from otc_emulator.settings import Settings
from otc_emulator.shared import (
    Body,
    StreamName,
    body_as,
    invalid,
    number_in_query,
    object_of,
    page_size,
    partition_number,
    project_of,
    running_stream_of,
    stream_of,
    without_nulls,
)
from otc_emulator.state import GONE, AutoScaling, Project, Stream, new_id, phase_after
from otc_emulator.tags import MAX_TAGS, Tag, tags_from

ENTERPRISE_PROJECT = "_sys_enterprise_project_id"
_NO_ENTERPRISE_PROJECT = "0"
_PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
_NEEDED_BY_TYPE = {
    "record": ("name", "fields"),
    "error": ("name", "fields"),
    "enum": ("name", "symbols"),
    "fixed": ("name", "size"),
    "array": ("items",),
    "map": ("values",),
}
_DEEPEST = 50
_AVRO_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|0")

PartitionCount = Annotated[int, Field(ge=1, le=1_000_000)]


class CsvProperties(Body):
    """How CSV data is separated."""

    delimiter: Annotated[str, StringConstraints(min_length=1)] | None = None


class SysTag(Body):
    """A tag that the cloud itself gives meaning to."""

    key: Literal["_sys_enterprise_project_id"]
    value: Annotated[str, StringConstraints(pattern=f"^({_UUID.pattern})$")]


class AutoScalingBody(Body):
    """The members about automatic scaling, which create and update have in common. Zero means not specified."""

    auto_scale_enabled: bool | None = None
    auto_scale_min_partition_count: Annotated[int, Field(ge=0)] | None = None
    auto_scale_max_partition_count: Annotated[int, Field(ge=0)] | None = None

    def merged_with(self, old: AutoScaling) -> AutoScaling:
        """*old* with what was sent. Raises DIS.4200 if the bounds cross."""
        lowest, highest = self.auto_scale_min_partition_count, self.auto_scale_max_partition_count
        new = AutoScaling(
            old.enabled if self.auto_scale_enabled is None else self.auto_scale_enabled,
            old.lowest if lowest is None else lowest,
            old.highest if highest is None else highest,
        )
        if new.lowest and new.highest and new.lowest > new.highest:
            raise invalid("auto_scale_max_partition_count", new.highest)
        return new


class StreamBody(AutoScalingBody):
    """Body of the create call."""

    stream_name: StreamName
    partition_count: PartitionCount
    stream_type: Literal["COMMON", "ADVANCED"] = "COMMON"
    data_type: Literal["BLOB", "JSON", "CSV"] = "BLOB"
    data_duration: int = 24
    data_schema: str = ""
    csv_properties: CsvProperties = Field(default_factory=CsvProperties)
    compression_format: Literal["snappy", "gzip", "zip"] | None = None
    tags: list[Tag] = Field(default_factory=list)
    sys_tags: list[SysTag] = Field(default_factory=list)


class UpdateBody(AutoScalingBody):
    """Body of the update call."""

    stream_name: StreamName
    data_duration: int | None = None
    data_type: Literal["BLOB", "JSON", "CSV"] | None = None
    data_schema: str = ""


class AutoScalingUpdateBody(AutoScalingBody):
    """Body of the update of automatic scaling."""

    update_type: Literal["AUTO_SCALE"]


def _check_duration(settings: Settings, hours: int) -> None:
    if not 24 <= hours <= (168 if settings.long_retention else 72):
        raise invalid("data_duration", hours)


def _check_data_type(settings: Settings, data_type: str) -> None:
    if settings.offered_data_types is not None and data_type not in settings.offered_data_types:
        raise invalid("data_type", data_type)


def _is_avro(schema: Any, depth: int = 0) -> bool:
    """Whether JSON data looks like an Avro schema. Names of other types are believed."""
    if depth > _DEEPEST:
        return False
    if isinstance(schema, str):
        return schema in _PRIMITIVES or (depth > 0 and _AVRO_NAME.fullmatch(schema) is not None)
    if isinstance(schema, list):
        return bool(schema) and all(_is_avro(one, depth + 1) for one in schema)
    if not isinstance(schema, dict) or "type" not in schema:
        return False
    kind = schema["type"]
    if not isinstance(kind, str) or kind not in _NEEDED_BY_TYPE:
        return _is_avro(kind, depth + 1)
    if not all(member in schema for member in _NEEDED_BY_TYPE[kind]):
        return False
    if kind in ("array", "map"):
        return _is_avro(schema[_NEEDED_BY_TYPE[kind][0]], depth + 1)
    fields = schema.get("fields", [])
    return isinstance(fields, list) and all(
        isinstance(one, dict) and isinstance(one.get("name"), str) and _is_avro(one.get("type"), depth + 1)
        for one in fields
    )


def _check_schema(text: str) -> None:
    """Raises DIS.4360 for a text that is no Avro schema."""
    try:
        fine = _is_avro(json.loads(text))
    except (ValueError, RecursionError):
        fine = False
    if not fine:
        raise dis_refusal(4360, "The data schema is invalid.")


def _quota_of(settings: Settings, stream_type: str) -> int:
    return settings.partition_quota if stream_type == "COMMON" else settings.advanced_partition_quota


def _used(project: Project, stream_type: str, now: float) -> int:
    """Partitions that count: a stream that is being scaled up already has them."""
    counts = 0
    for one in project.live_streams(now):
        if one.stream_type == stream_type:
            scaling = one.partitions.scaling
            counts += max(one.partition_count, scaling.target if scaling else 0)
    return counts


def _check_quota(call: Call, project: Project, stream_type: str, further: int) -> None:
    quota = _quota_of(call.core.settings, stream_type)
    if quota and _used(project, stream_type, call.core.now) + further > quota:
        raise dis_refusal(4308, "The quota of streams or partitions is used up.", str(quota))


def create_stream(call: Call) -> Response:
    """POST streams."""
    body = body_as(call, StreamBody)
    project, now, settings = project_of(call), call.core.now, call.core.settings
    _check_duration(settings, body.data_duration)
    _check_data_type(settings, body.data_type)
    auto_scaling = body.merged_with(AutoScaling())
    if len(body.tags) > MAX_TAGS:
        raise dis_refusal(4601, f"A stream cannot have more than {MAX_TAGS} tags.")
    tags = tags_from(body.tags)
    if body.data_schema:
        _check_schema(body.data_schema)
    if project.stream(body.stream_name, now) is not None:
        raise dis_refusal(4307, "The stream already exists.", body.stream_name)
    _check_quota(call, project, body.stream_type, body.partition_count)
    project.streams[body.stream_name] = Stream(
        stream_name=body.stream_name,
        stream_id=new_id(),
        create_time=int(now * 1000),
        phase=phase_after("CREATING", settings.stream_create_result, settings.stream_create_delay, now),
        partitions=Partitions(body.partition_count),
        stream_type=body.stream_type,
        data_type=body.data_type,
        retention_period=body.data_duration,
        data_schema=body.data_schema or None,
        delimiter=body.csv_properties.delimiter,
        compression_format=body.compression_format,
        auto_scaling=auto_scaling,
        tags=tags,
        sys_tags={one.key: one.value for one in body.sys_tags},
        pace=project.pace,
    )
    return Response(201)


def _common(stream: Stream, now: float) -> dict[str, Any]:
    """Members that list and show have in common. Unset members are omitted."""
    scaling = stream.auto_scaling
    body: dict[str, Any] = {
        "stream_id": stream.stream_id,
        "stream_name": stream.stream_name,
        "create_time": stream.create_time,
        "retention_period": stream.retention_period,
        "status": stream.phase.at(now),
        "stream_type": stream.stream_type,
        "data_type": stream.data_type,
        "tags": [{"key": key, "value": value} for key, value in stream.tags.items()],
        "sys_tags": [
            {"key": key, "value": value}
            for key, value in (stream.sys_tags or {ENTERPRISE_PROJECT: _NO_ENTERPRISE_PROJECT}).items()
        ],
        "auto_scale_enabled": scaling.enabled,
        "auto_scale_min_partition_count": scaling.lowest if scaling.enabled else 0,
        "auto_scale_max_partition_count": scaling.highest if scaling.enabled else 0,
    }
    if stream.data_schema is not None:
        body["data_schema"] = stream.data_schema
    if stream.compression_format is not None:
        body["compression_format"] = stream.compression_format
    if stream.delimiter is not None:
        body["csv_properties"] = {"delimiter": stream.delimiter}
    return body


def list_streams(call: Call) -> Response:
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
    return Response(200, body)


def _partition(one: Partition) -> dict[str, Any]:
    return {
        "status": one.status,
        "partition_id": one.name,
        "hash_range": one.hash_range(),
        "sequence_number_range": one.sequence_number_range(),
    }


def _scalings(call: Call, stream: Stream) -> list[dict[str, Any]]:
    """What has been done to the partition count. Sources disagree on whether the message is a number or a text."""
    entries = [one.view() for one in stream.partitions.done]
    if call.core.settings.result_msg == "text":
        for entry in entries:
            entry["result_msg"] = "" if entry["result_code"] else "Internal error."
    return entries


def show_stream(call: Call) -> Response:
    """GET streams/NAME."""
    stream = stream_of(call)
    start = call.query.get("start_partitionId")
    after = partition_name(partition_number(start)) if start else ""
    limit = number_in_query(call, "limit_partitions", 100, 1000)
    rest = [one for one in stream.partitions.all if one.name > after]
    page = rest[:limit]
    body = {
        **_common(stream, call.core.now),
        "last_modified_time": stream.last_modified_time,
        "writable_partition_count": stream.partitions.writable,
        "readable_partition_count": stream.partitions.readable,
        "partitions": [_partition(one) for one in page],
        "has_more_partitions": len(rest) > len(page),
    }
    if stream.partitions.done:
        body["update_partition_counts"] = _scalings(call, stream)
    return Response(200, body)


def delete_stream(call: Call) -> Response:
    """DELETE streams/NAME; its transfer tasks and checkpoints go with it."""
    stream = stream_of(call)
    now, project = call.core.now, project_of(call)
    if stream.phase.at(now) != "TERMINATING":
        stream.tasks.clear()
        project.forget_checkpoints(stream.stream_name)
        stream.phase = phase_after("TERMINATING", GONE, call.core.settings.stream_delete_delay, now)
        project.stream(stream.stream_name, now)
    return Response(204)


def change_partition_count(call: Call) -> Response:
    """PUT streams/NAME, which supports only the number of partitions."""
    stream = running_stream_of(call)
    settings, now = call.core.settings, call.core.now
    body = without_nulls(object_of(call))
    target, current = body.get("target_partition_count"), stream.partition_count
    if body.get("stream_name", stream.stream_name) != stream.stream_name:
        raise invalid("stream_name", body["stream_name"])
    if not isinstance(target, int) or isinstance(target, bool) or target < 1 or target == current:
        raise invalid("target_partition_count", target)
    if stream.partitions.scaling is not None:
        raise _not_now("The partition count is being changed already.")
    recent = sum(one.began > now - 3600 for one in stream.partitions.done)
    if settings.scalings_per_hour and recent >= settings.scalings_per_hour:
        raise _not_now("The partition count has been changed too often within an hour.")
    if target > current:
        _check_quota(call, project_of(call), stream.stream_type, target - current)
    stream.scale(target, now, settings.scaling_delay, settings.scaling_result == "success")
    answer = {
        "stream_name": stream.stream_name,
        "current_partition_count": current,
        "target_partition_count": target,
    }
    return Response(200, answer)


def _not_now(why: str) -> Refusal:
    return dis_refusal(4200, "Invalid request.", why)


def update_stream(call: Call) -> Response:
    """PUT /v3/.../streams/NAME; omitted members stay unchanged."""
    settings = call.core.settings
    if not settings.stream_update_enabled:
        raise no_such_url()
    stream = running_stream_of(call)
    body = body_as(call, UpdateBody)
    if body.stream_name != stream.stream_name:
        raise invalid("stream_name", body.stream_name)
    if body.data_duration is not None:
        _check_duration(settings, body.data_duration)
    if body.data_type is not None:
        _check_data_type(settings, body.data_type)
    auto_scaling = body.merged_with(stream.auto_scaling)
    if body.data_schema:
        _check_schema(body.data_schema)
        stream.data_schema = body.data_schema
    stream.auto_scaling = auto_scaling
    stream.data_type = body.data_type or stream.data_type
    reset = 24 if settings.absent_duration_resets else stream.retention_period
    stream.retention_period = body.data_duration or reset
    stream.last_modified_time = int(call.core.now * 1000)
    return Response(204)


def update_auto_scaling(call: Call) -> Response:
    """PUT streams/NAME/update: automatic scaling alone; omitted members stay unchanged."""
    if not call.core.settings.auto_scaling_update_enabled:
        raise no_such_url()
    stream = running_stream_of(call)
    stream.auto_scaling = body_as(call, AutoScalingUpdateBody).merged_with(stream.auto_scaling)
    stream.last_modified_time = int(call.core.now * 1000)
    return Response(200)


def list_scalings(call: Call) -> Response:
    """GET streams/NAME/update_partition_counts."""
    if not call.core.settings.scaling_log_enabled:
        raise no_such_url()
    return Response(200, {"update_partition_counts": _scalings(call, stream_of(call))})


def show_quotas(call: Call) -> Response:
    """GET /v1/.../quotas. No limit is shown as -1."""
    settings = call.core.settings
    if not settings.quotas_enabled:
        raise no_such_url()
    resources = [
        {
            "type": f"{kind.lower()}_partition",
            "quota": _quota_of(settings, kind) or -1,
            "used": _used(project_of(call), kind, call.core.now),
        }
        for kind in ("COMMON", "ADVANCED")
    ]
    resources.append({"type": "app", "quota": settings.app_quota or -1, "used": len(project_of(call).apps)})
    return Response(200, {"quotas": {"resources": resources}})


class SampleBody(Body):
    """Body of the request that derives a schema."""

    source_data_sample: Annotated[str, StringConstraints(min_length=1)]


def _schema_of(value: Any, name: str, depth: int = 0) -> Any:
    """The Avro schema of JSON data. Raises DIS.4200 for data without one."""
    if depth > _DEEPEST:
        raise invalid("source_data_sample", "nested too deeply")
    if isinstance(value, dict):
        fields = [
            {
                "name": member,
                "type": _schema_of(inner, member, depth + 1),
                "doc": f"Type inferred from '{json.dumps(inner)}'",
            }
            for member, inner in value.items()
        ]
        if not fields or not all(_AVRO_NAME.fullmatch(member) for member in value):
            raise invalid("source_data_sample", sorted(value))
        return {"type": "record", "name": name, "fields": fields}
    if isinstance(value, list):
        return {"type": "array", "items": _schema_of(value[0], name, depth + 1) if value else "null"}
    if isinstance(value, int) and not isinstance(value, bool):
        return "int" if -(2**31) <= value < 2**31 else "long"
    return {str: "string", bool: "boolean", float: "double", type(None): "null"}[type(value)]


def derive_schema(call: Call) -> Response:
    """POST /v1/.../schema; nothing is stored.

    The possible errors are not documented. Schemas of public examples show that a field documents the value it was
    inferred from.
    """
    if not call.core.settings.schema_derivation_enabled:
        raise no_such_url()
    sample = body_as(call, SampleBody).source_data_sample
    try:
        data = json.loads(sample)
    except (ValueError, RecursionError):
        raise invalid("source_data_sample", sample[:40]) from None
    return Response(200, {"schema": json.dumps(_schema_of(data, "RecordName"))})
