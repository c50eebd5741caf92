# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of streams."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from contract import Api, code

from otc_emulator.runner import Emulator

ID = "a" * 19


@pytest.fixture(autouse=True)
def streams(emulator: Emulator) -> None:
    emulator.reset(
        streams=[
            {"name": "one", "id": ID, "tags": {"team": "billing", "env": "prod"}},
            {"name": "three", "id": "c" * 19},
            {"name": "two", "id": "b" * 19, "tags": {"team": "web"}},
        ]
    )


@pytest.fixture
def api(streams: None, emulator: Emulator) -> Api:
    return Api(emulator)


def tags(api: Api, method: str, tail: str = "", stream_id: str = ID, **more: Any) -> requests.Response:
    return api.dis(method, f"/stream/{stream_id}/tags{tail}", **more)


def now(api: Api) -> dict[str, str]:
    return {one["key"]: one["value"] for one in tags(api, "GET").json()["tags"]}


def batch(api: Api, action: object, *given: dict) -> requests.Response:
    return tags(api, "POST", "/action", json={"action": action, "tags": list(given)})


def test_tags_are_listed_per_stream_and_over_all(api: Api) -> None:
    assert tags(api, "GET").json() == {
        "tags": [{"key": "team", "value": "billing"}, {"key": "env", "value": "prod"}],
    }
    assert api.dis("GET", "/stream/tags").json() == {
        "tags": [{"key": "env", "values": ["prod"]}, {"key": "team", "values": ["billing", "web"]}]
    }
    assert api.dis("GET", "/streams/one").json()["tags"] == tags(api, "GET").json()["tags"]


def test_one_tag_is_added_and_removed(api: Api) -> None:
    answer = tags(api, "POST", json={"tag": {"key": "new", "value": "a.b"}})
    assert (answer.status_code, answer.content) == (204, b"")
    assert tags(api, "POST", json={"tag": {"key": "team", "value": "\u540d"}}).status_code == 204
    assert now(api) == {"team": "\u540d", "env": "prod", "new": "a.b"}
    assert tags(api, "DELETE", "/new").status_code == 204
    assert code(tags(api, "DELETE", "/new")) == "DIS.4604"


def test_batches_are_repeatable(api: Api) -> None:
    for _turn in range(2):
        answer = batch(api, "create", {"key": "team", "value": "web"}, {"key": "new", "value": ""})
        assert (answer.status_code, answer.content) == (204, b"")
    assert now(api) == {"team": "web", "env": "prod", "new": ""}
    for _turn in range(2):
        assert batch(api, "delete", {"key": "new"}, {"key": "not/there", "value": "x"}).status_code == 204
    assert now(api) == {"team": "web", "env": "prod"}


def test_ten_tags_are_the_limit(api: Api) -> None:
    assert batch(api, "create", *({"key": f"k{one}", "value": ""} for one in range(8))).status_code == 204
    assert code(batch(api, "create", {"key": "more", "value": ""})) == "DIS.4601"
    assert code(tags(api, "POST", json={"tag": {"key": "more", "value": ""}})) == "DIS.4601"
    assert batch(api, "create", {"key": "k1", "value": "changed"}).status_code == 204
    assert now(api)["k1"] == "changed"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"action": "purge", "tags": []}, "DIS.4605"),
        ({"tags": []}, "DIS.4605"),
        ({"action": "create"}, "DIS.4300"),
        ({"action": "create", "tags": []}, "DIS.4200"),
        ({"action": "create", "tags": [{"key": "a", "value": ""}, {"key": "a", "value": ""}]}, "DIS.4200"),
        ({"action": "create", "tags": [{"key": "a/b", "value": ""}]}, "DIS.4200"),
        ({"action": "delete"}, "DIS.4300"),
        ({"action": "delete", "tags": [{"key": ""}]}, "DIS.4200"),
    ],
)
def test_wrong_batches_are_refused(api: Api, body: dict, expected: str) -> None:
    assert code(tags(api, "POST", "/action", json=body)) == expected
    assert now(api) == {"team": "billing", "env": "prod"}


def test_missing_streams_and_wrong_path_words(api: Api) -> None:
    calls = [("GET", ""), ("POST", ""), ("POST", "/action"), ("DELETE", "/team")]
    for method, tail in calls:
        assert code(tags(api, method, tail, "one", json={})) == "DIS.4603"
        assert code(api.dis(method, f"/streams/{ID}/tags{tail}", json={})) == "DIS.4602"
    assert code(tags(api, "POST", json={})) == "DIS.4300"
    assert code(tags(api, "POST", json={"tag": {"key": "a b"}})) == "DIS.4200"
    assert code(api.dis("GET", "/bucket/tags")) == "DIS.4602"


def find(api: Api, **body: Any) -> requests.Response:
    return api.dis("POST", "/stream/resource_instances/action", json={"action": "filter", **body})


def key(name: str, *values: str) -> dict[str, Any]:
    return {"key": name, "values": list(values)}


FOUND: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["one", "three", "two"]),
    ({"tags": [key("team")]}, ["one", "two"]),
    ({"tags": [key("team", "web", "billing")]}, ["one", "two"]),
    ({"tags": [key("team", "web")]}, ["two"]),
    ({"tags": [key("team"), key("env")]}, ["one"]),
    ({"tags_any": [key("team", "web"), key("env")]}, ["one", "two"]),
    ({"not_tags": [key("team"), key("env")]}, ["three", "two"]),
    ({"not_tags_any": [key("team", "web"), key("env")]}, ["three"]),
    ({"matches": [{"key": "resource_name", "value": "two"}]}, ["two"]),
    ({"matches": [{"key": "resource_name", "value": "*o"}]}, ["one", "two"]),
    ({"matches": []}, ["one", "three", "two"]),
    ({"matches": None, "limit": "2"}, ["one", "three"]),
    ({"limit": 2, "offset": "2"}, ["two"]),
]


@pytest.mark.parametrize(("body", "names"), FOUND)
def test_streams_are_found_by_tag(api: Api, body: dict, names: list[str]) -> None:
    found = find(api, **body).json()
    assert [one["resource_name"] for one in found["resources"]] == names
    pages = "limit" in body or "offset" in body
    assert found["total_count"] == (3 if pages else len(names))
    if not pages:
        assert api.dis("POST", "/stream/resource_instances/action", json={**body, "action": "count"}).json() == {
            "total_count": len(names)
        }


def test_found_streams_are_described(api: Api) -> None:
    assert find(api, tags=[key("env")]).json()["resources"] == [
        {
            "resource_id": ID,
            "resource_name": "one",
            "resource_detail": None,
            "tags": [{"key": "team", "value": "billing"}, {"key": "env", "value": "prod"}],
        }
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"action": "remove"}, "DIS.4605"),
        ({"action": "count", "limit": "1"}, "DIS.4200"),
        ({"action": "count", "offset": "1"}, "DIS.4200"),
        ({"limit": "0"}, "DIS.4200"),
        ({"limit": "1001"}, "DIS.4200"),
        ({"offset": "-1"}, "DIS.4200"),
        ({"offset": True}, "DIS.4300"),
        ({"tags": [key(f"k{one}") for one in range(11)]}, "DIS.4200"),
        ({"tags": [key("k", *"abcdefghijk")]}, "DIS.4200"),
        ({"matches": [{"key": "resource_id", "value": "x"}]}, "DIS.4200"),
        ({"matches": "one"}, "DIS.4300"),
    ],
)
def test_wrong_searches_are_refused(api: Api, body: dict, expected: str) -> None:
    assert code(find(api, **body)) == expected
