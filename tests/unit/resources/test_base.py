# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Responses that describe another resource or have members of invalid types are rejected, for every member."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._core.errors import UnexpectedResponse
from ansible_collections.otc.dis.plugins.module_utils._core.retry import RetryBudget
from ansible_collections.otc.dis.plugins.module_utils._core.schema import Field
from ansible_collections.otc.dis.plugins.module_utils._resources import app as _app
from ansible_collections.otc.dis.plugins.module_utils._resources import stream as _stream
from ansible_collections.otc.dis.plugins.module_utils._resources import transfer_task as _transfer_task
from ansible_collections.otc.dis.plugins.module_utils._resources.app import AppClient
from ansible_collections.otc.dis.plugins.module_utils._resources.base import Calls, Quota, read_quotas
from ansible_collections.otc.dis.plugins.module_utils._resources.checkpoint import CheckpointCalls
from ansible_collections.otc.dis.plugins.module_utils._resources.destinations import DESTINATIONS

INVALID: dict[str, tuple[Any, ...]] = {
    "str": (7, 1.5, True, [], ["x"], {}, {"a": 1}),
    "int": (True, 1.5, "x", "1e3", [], [1], {}, {"a": 1}),
    "bool": (7, 1.5, "maybe", [], {}),
    "dict": (7, True, "x", [], [{}]),
    "list": (7, True, "x", {}, ["x"], [[]]),
    "json": (7, True),
}
"""JSON values that no member of a type can have."""
SCALARS = ((True, [], {}), (None, "", "text", "7", 7, 1.5))


def examples(fields: Iterable[Field]) -> dict[str, Any]:
    """A block that contains every member."""
    return {field.name: example(field) for field in fields if not field.secret}


def example(field: Field) -> Any:
    """A value that a member can have."""
    if field.type == "dict":
        return examples(field.members)
    if field.type == "list":
        return [examples(field.members)]
    if isinstance(field, _app.Names):
        return ["one"]
    return {"int": 300, "bool": True}.get(field.type, field.choices[0] if field.choices else "5")


def members(fields: Iterable[Field], path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Field]]:
    """Each member, nested members included, with its path."""
    for field in fields:
        if field.secret:
            continue
        yield (*path, field.name), field
        nested = (*path, field.name) if field.type == "dict" else (*path, field.name, 0)
        yield from members(field.members, nested)


def changed(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of a document with another value at a path."""
    document = copy.deepcopy(document)
    parent = document
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value
    return document


def wrong_for(field: Field) -> tuple[Any, ...]:
    """Values that a member cannot have."""
    if isinstance(field, _transfer_task.Scalar):
        return SCALARS[0]
    if isinstance(field, _app.Names):
        return (7, "x", {}, [7], [[]])
    return INVALID[field.type]


def task_response(kind: str) -> tuple[dict[str, Any], str]:
    key = DESTINATIONS[kind].response_keys[0]
    fields = [field for field in _transfer_task.MEMBERS if field.type != "dict"]
    names = {"task_name": "t", "stream_name": "meters", "destination_type": kind}
    return {**examples(fields), **names, key: examples(DESTINATIONS[kind])}, key


def read_task(response: Any) -> Any:
    return _transfer_task.read_transfer_task("meters", "t", response)


def read_stream(response: Any) -> Any:
    return _stream.read_stream("meters", response)


def read_app(response: Any) -> Any:
    return _app.read_app("reader", response)


TASK = task_response("DLI")[0]
STREAM = {**examples(_stream.MEMBERS), "stream_name": "meters", "data_schema": "{}"}
APP = {**examples(_app.MEMBERS), "app_name": "reader"}
RESOURCES: dict[str, tuple[Callable[[Any], Any], dict[str, Any], list[tuple[tuple[Any, ...], Field]]]] = {
    "task": (read_task, TASK, list(members(field for field in _transfer_task.MEMBERS if field.name in TASK))),
    "stream": (read_stream, STREAM, list(members(_stream.MEMBERS))),
    "app": (read_app, APP, list(members(_app.MEMBERS))),
    **{
        kind: (read_task, task_response(kind)[0], list(members(DESTINATIONS[kind], (task_response(kind)[1],))))
        for kind in DESTINATIONS
    },
}


@pytest.mark.parametrize("name", RESOURCES)
def test_complete_response_and_empty_members_are_valid(name: str) -> None:
    read, response, found = RESOURCES[name]
    read(response)
    names = ("destination_type", "state", "status", "stream_id", "app_id", "app_name")
    for path, _field in found:
        for empty in (None, ""):
            if path[0] not in names:
                read(changed(response, path, empty))


@pytest.mark.parametrize("name", RESOURCES)
@given(data=st.data())
def test_member_of_an_invalid_type_is_rejected_by_name(name: str, data: st.DataObject) -> None:
    read, response, found = RESOURCES[name]
    path, field = data.draw(st.sampled_from(found))
    value = data.draw(st.sampled_from(wrong_for(field)))
    with pytest.raises(UnexpectedResponse) as caught:
        read(changed(response, path, value))
    assert field.name in str(caught.value)
    assert caught.value.kind == "unexpected_response"


@pytest.mark.parametrize(
    ("name", "member"),
    [("task", "task_name"), ("task", "stream_name"), ("stream", "stream_name"), ("app", "app_name")],
)
@pytest.mark.parametrize("other", ["other", "METERS", "T", "READER", 7, ["t"], True])
def test_response_that_describes_another_resource_is_rejected(name: str, member: str, other: Any) -> None:
    read, response, _found = RESOURCES[name]
    with pytest.raises(UnexpectedResponse, match=f"describes {member}"):
        read({**response, member: other})
    if name == "task":
        with pytest.raises(UnexpectedResponse, match=f"describes {member}"):
            read({**response, member: other, "state": "DELETE"})


def test_block_that_describes_another_task_is_rejected() -> None:
    response, key = task_response("DLI")
    with pytest.raises(UnexpectedResponse, match="describes task_name 'other'"):
        read_task(changed(response, (key, "task_name"), "other"))
    assert read_task(changed(response, (key, "task_name"), "t")).task_name == "t"


@pytest.mark.parametrize("value", [7, "x", [], [{}]])
def test_block_that_is_no_object_is_rejected(value: Any) -> None:
    response, key = task_response("DLI")
    with pytest.raises(UnexpectedResponse, match=key):
        read_task({**response, key: value})


def test_settings_are_those_of_the_reported_destination() -> None:
    response, _key = task_response("OBS")
    both = {"dli_destination_description": {"agency_name": "other"}, **response}
    assert read_task(both).settings["agency_name"] == "5"


@pytest.mark.parametrize("value", SCALARS[1])
def test_scalar_may_be_a_string_or_a_number(value: Any) -> None:
    read_stream(changed(STREAM, ("tags", 0, "value"), value))


# --- through the clients ---


def client(kind: Any, response: Any) -> Any:
    def reply(*_args: Any, **_more: Any) -> Any:
        return response

    return kind(
        SimpleNamespace(read=reply, send=reply, retry_budget=RetryBudget(1, sleep=lambda seconds: None), timeout=30.0)
    )


@pytest.mark.parametrize("response", [{"stream_name": "other"}, {"stream_name": 7}, {"status": []}])
def test_response_with_another_stream_name_is_rejected(response: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedResponse, match='Cannot show stream "meters"'):
        client(Calls, response).show_stream("meters")


STATE = {"partition_id": 0, "sequence_number": -1, "latest_offset": "977", "earliest_offset": 310, "status": "ACTIVE"}


@pytest.mark.parametrize(
    "changes",
    [
        *({"stream_name": "other"}, {"app_name": "other"}, {"app_name": 5}),
        *({"partition_consuming_states": [{**STATE, name: []}]} for name in STATE),
        *({"partition_consuming_states": [{**STATE, name: "x"}]} for name in ("sequence_number", "latest_offset")),
        *({"partition_consuming_states": [{**STATE, "metadata": {}}]}, {"partition_consuming_states": ["x"]}),
    ],
    ids=str,
)
def test_consumption_of_another_resource_or_of_invalid_types_is_rejected(changes: dict[str, Any]) -> None:
    response = {"stream_name": "meters", "app_name": "reader", "partition_consuming_states": [STATE]}
    assert client(AppClient, response).show_consumption("reader", "meters") == [STATE]
    with pytest.raises(UnexpectedResponse):
        client(AppClient, {**response, **changes}).show_consumption("reader", "meters")


@pytest.mark.parametrize(
    "changes",
    [
        *({"stream_name": "other"}, {"app_name": "other"}, {"partition_id": "shardId-0000000001"}, {"partition_id": 1}),
        *({"metadata": []}, {"metadata": 7}, {"sequence_number": {}}, {"sequence_number": True}),
    ],
    ids=str,
)
def test_checkpoint_of_another_resource_or_of_invalid_types_is_rejected(changes: dict[str, Any]) -> None:
    place = ("meters", "reader", "shardId-0000000000")
    for partition_id in ("shardId-0000000000", "0", 0):
        response = {"sequence_number": "5", "metadata": "m", "partition_id": partition_id}
        assert client(CheckpointCalls, response).show_checkpoint(*place).sequence_number == "5"
    with pytest.raises(UnexpectedResponse):
        client(CheckpointCalls, {"sequence_number": "5", **changes}).show_checkpoint(*place)


COMMON, APPS = {"type": "common_partition", "quota": 50, "used": 10}, {"type": "app", "quota": "100", "used": None}
QUOTAS = [Quota("common_partition", 50, 10), Quota("app", 100, None)]


@pytest.mark.parametrize(
    "response",
    [
        {"quotas": {"resources": [COMMON, APPS]}},
        {"quotas": {"resource": [COMMON, APPS]}},
        {"quotas": [COMMON, APPS]},
        {"quotas": [{"resource": COMMON}, {"resource": APPS}]},
        {"quota": [{"resources": [], "items": COMMON}, {"items": APPS}]},
        {"quota": [{"resources": [{"items": COMMON}, {"items": APPS}]}]},
    ],
)
def test_quotas_are_parsed_in_each_response_variant(response: dict[str, Any]) -> None:
    assert read_quotas(response) == QUOTAS
    assert read_quotas({"quotas": {"resource": COMMON}}) == QUOTAS[:1]


@pytest.mark.parametrize(
    "response",
    [
        *({}, {"quotas": None}, {"quotas": []}, {"quotas": {"resources": "x"}}, {"quotas": {"resource": {"quota": 5}}}),
        *({"quotas": [{"type": 5}]}, {"quotas": [{**COMMON, "used": "many"}]}, {"quotas": [{**COMMON, "quota": {}}]}),
    ],
    ids=str,
)
def test_response_without_valid_quotas_is_rejected(response: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedResponse, match="Cannot list quotas"):
        read_quotas(response)


@pytest.mark.parametrize(
    ("limit", "used", "exhausted"),
    [
        *((50, 49, False), (50, 50, True), (50, 51, True), (0, 0, True), (0, None, True), (50, 0, False)),
        *((-1, 99, False), (-1, None, False), (None, 1, None), (50, None, None), (None, None, None)),
    ],
)
def test_quota_is_exhausted(limit: int | None, used: int | None, exhausted: bool | None) -> None:
    assert Quota("app", limit, used).is_exhausted is exhausted
