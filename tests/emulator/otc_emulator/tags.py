# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of streams. Their paths contain ``stream`` in the singular and the id of the stream."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from otc_emulator.http_types import Call, Response, dis_refusal
from otc_emulator.shared import Body, body_as, invalid, object_of, project_of, read, without_nulls
from otc_emulator.state import Stream

MAX_TAGS = 10
_LETTERS = "A-Za-z0-9_\\-\u4e00-\u9fff"


class Tag(Body):
    """A tag to be set."""

    key: Annotated[str, StringConstraints(pattern=f"^[{_LETTERS}]{{1,36}}$")]
    value: Annotated[str, StringConstraints(pattern=f"^[{_LETTERS}.]{{0,43}}$")] = ""


class OneTag(Body):
    """Body of the call that adds one tag."""

    tag: Tag


class TagKey(Body):
    """A tag to be removed. Its characters do not matter."""

    key: Annotated[str, StringConstraints(min_length=1)]


class TagsToSet(Body):
    """Body of a batch that adds."""

    tags: list[Tag] = Field(min_length=1)


class TagsToRemove(Body):
    """Body of a batch that removes."""

    tags: list[TagKey] = Field(min_length=1)


class TagFilter(Body):
    """A key with alternative values; without values any will do."""

    key: Annotated[str, StringConstraints(min_length=1)]
    values: list[str] = Field(default_factory=list, max_length=10)

    def fits(self, tags: dict[str, str]) -> bool:
        """Whether a stream with these tags has it."""
        return self.key in tags and (not self.values or tags[self.key] in self.values)


class Match(Body):
    """A requested name; a leading asterisk matches any prefix and suffix."""

    key: Literal["resource_name"]
    value: str

    def fits(self, name: str) -> bool:
        """Whether the name of a stream is wanted."""
        return self.value[1:] in name if self.value.startswith("*") else self.value == name


def _as_text(value: Any) -> Any:
    """Numbers are let through where digits are expected."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Filters = Annotated[list[TagFilter], Field(default_factory=list, max_length=10)]
Digits = Annotated[str, BeforeValidator(_as_text), StringConstraints(pattern=r"^[0-9]{1,9}$")]


class Search(Body):
    """Body of the call that finds or counts streams."""

    action: Literal["filter", "count"]
    limit: Digits | None = None
    offset: Digits | None = None
    tags: Filters
    tags_any: Filters
    not_tags: Filters
    not_tags_any: Filters
    matches: list[Match] = Field(default_factory=list)

    def wants(self, stream: Stream) -> bool:
        """Whether the stream is one of those looked for."""
        tags = stream.tags
        return (
            all(one.fits(tags) for one in self.tags)
            and (not self.tags_any or any(one.fits(tags) for one in self.tags_any))
            and not (self.not_tags and all(one.fits(tags) for one in self.not_tags))
            and not any(one.fits(tags) for one in self.not_tags_any)
            and all(one.fits(stream.stream_name) for one in self.matches)
        )


def tags_from(tags: Iterable[Tag]) -> dict[str, str]:
    """Tags by key. Raises DIS.4200 for a key that comes twice."""
    found: dict[str, str] = {}
    for one in tags:
        if one.key in found:
            raise dis_refusal(4200, "Invalid request.", f"The tag key {one.key} is given twice.")
        found[one.key] = one.value
    return found


def _check_kind(call: Call) -> None:
    kind = call.params["resource_type"]
    if kind != "stream":
        raise dis_refusal(4602, "The resource type of the tag is invalid.", kind)


def _stream_of(call: Call) -> Stream:
    _check_kind(call)
    stream_id = call.params["stream_id"]
    stream = project_of(call).stream_by_id(stream_id, call.core.now)
    if stream is None:
        raise dis_refusal(4603, "The resource of the tag does not exist.", stream_id)
    return stream


def _set(call: Call, stream: Stream, tags: dict[str, str]) -> None:
    if len({**stream.tags, **tags}) > MAX_TAGS:
        raise dis_refusal(4601, f"A stream cannot have more than {MAX_TAGS} tags.")
    stream.tags.update(tags)


def list_project_tags(call: Call) -> Response:
    """GET stream/tags: every key with all its values."""
    _check_kind(call)
    values: dict[str, set[str]] = {}
    for stream in project_of(call).live_streams(call.core.now):
        for key, value in stream.tags.items():
            values.setdefault(key, set()).add(value)
    return Response(200, {"tags": [{"key": key, "values": sorted(values[key])} for key in sorted(values)]})


def list_stream_tags(call: Call) -> Response:
    """GET stream/ID/tags."""
    tags = _stream_of(call).tags
    return Response(200, {"tags": [{"key": key, "value": value} for key, value in tags.items()]})


def create_stream_tag(call: Call) -> Response:
    """POST stream/ID/tags; a tag of that key gets the new value."""
    stream = _stream_of(call)
    _set(call, stream, tags_from([body_as(call, OneTag).tag]))
    return Response(204)


def delete_stream_tag(call: Call) -> Response:
    """DELETE stream/ID/tags/KEY."""
    stream, key = _stream_of(call), call.params["key"]
    if key not in stream.tags:
        raise dis_refusal(4604, "The tag key does not exist.", key)
    del stream.tags[key]
    return Response(204)


def act_on_stream_tags(call: Call) -> Response:
    """POST stream/ID/tags/action: add or remove several, all or none."""
    stream = _stream_of(call)
    body = without_nulls(object_of(call))
    action = body.get("action")
    if action == "create":
        _set(call, stream, tags_from(read(TagsToSet, body).tags))
    elif action == "delete":
        for one in read(TagsToRemove, body).tags:
            stream.tags.pop(one.key, None)
    else:
        raise dis_refusal(4605, "The action on tags is not supported.", str(action))
    return Response(204)


def find_streams(call: Call) -> Response:
    """POST stream/resource_instances/action: find or count streams by tags and name."""
    _check_kind(call)
    body = without_nulls(object_of(call))
    if body.get("action") not in ("filter", "count"):
        raise dis_refusal(4605, "The action on tags is not supported.", str(body.get("action")))
    search = read(Search, body)
    found = [one for one in project_of(call).live_streams(call.core.now) if search.wants(one)]
    if search.action == "count":
        for name in ("limit", "offset"):
            if name in body:
                raise invalid(name, body[name])
        return Response(200, {"total_count": len(found)})
    limit, offset = int(search.limit or 1000), int(search.offset or 0)
    if not 1 <= limit <= 1000:
        raise invalid("limit", limit)
    resources = [
        {
            "resource_id": one.stream_id,
            "resource_name": one.stream_name,
            "resource_detail": None,
            "tags": [{"key": key, "value": value} for key, value in one.tags.items()],
        }
        for one in found[offset : offset + limit]
    ]
    return Response(200, {"resources": resources, "total_count": len(found)})
