# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events and subscriptions to them, as the API reference documents them."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from contract import Api

from otc_emulator.runner import Emulator

BODY = {"enable": True, "name": "one", "event_ids": ["dis_event.001"], "topic_type": 0, "topic_name": "alarms"}


def v1(api: Api, method: str, path: str, **more: Any) -> requests.Response:
    return api.send(method, f"/v1/{api.emulator.project_id}{path}", **more)


def subscriptions(api: Api) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = v1(api, "GET", "/event-subs").json()["eventSubscriptions"]
    return found


def test_subscription_is_created_changed_and_deleted(emulator: Emulator, api: Api) -> None:
    created = v1(api, "POST", "/event-subs", json=BODY)
    assert (created.status_code, created.content) == (200, b"")
    body = v1(api, "GET", "/event-subs").json()
    assert (body["quota"], body["used"]) == (10, 1)
    (found,) = body["eventSubscriptions"]
    assert found.pop("event_streamids") == emulator.stream("meters")["stream_id"], "that is, all streams"
    path = f"/event-subs/{found.pop('id')}"
    assert found == {**BODY, "topic_urn": None}
    assert v1(api, "PUT", path, json={**BODY, "name": "two", "enable": False}).status_code == 204
    assert [(one["name"], one["enable"]) for one in subscriptions(api)] == [("two", False)]
    assert v1(api, "DELETE", path).status_code == 204
    assert subscriptions(api) == []
    for method in ("PUT", "DELETE"):
        assert v1(api, method, path, json=BODY).json()["errorCode"] == "DIS.4200"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"topic_type": 2}, "DIS.4200"),
        ({"topic_type": None}, "DIS.4300"),
        ({"topic_name": None}, "DIS.4300"),
        ({"event_ids": ["dis_event.009"]}, "DIS.4200"),
        ({"event_streamids": ["none"]}, "DIS.4200"),
        ({"topic_type": 1, "topic_name": "none"}, "DIS.4301"),
        ({"name": "a b"}, "DIS.4200"),
        ({"name": "old"}, "DIS.4200"),
    ],
    ids=str,
)
def test_invalid_subscription_is_rejected(emulator: Emulator, api: Api, change: dict[str, Any], code: str) -> None:
    emulator.seed(event_subscriptions=["old"])
    assert v1(api, "POST", "/event-subs", json={**BODY, **change}).json()["errorCode"] == code
    assert len(subscriptions(api)) == 1


def test_defaults_of_a_subscription(emulator: Emulator, api: Api) -> None:
    assert v1(api, "POST", "/event-subs", json={"topic_type": 1, "topic_name": "meters"}).status_code == 200
    (found,) = subscriptions(api)
    assert found["name"].startswith("dis-")
    assert (found["enable"], found["event_ids"]) == (False, [])


def test_quota_and_spelling_of_the_example(emulator: Emulator, api: Api) -> None:
    emulator.configure(event_subscription_quota=1, created_event_ids="events_ids", event_streamids_as_text=False)
    lines = {**BODY, "events_ids": "dis_event.000\ndis_event.001"}
    assert v1(api, "POST", "/event-subs", json=lines).status_code == 200
    (found,) = subscriptions(api)
    assert found["event_ids"] == ["dis_event.000", "dis_event.001"]
    assert found["event_streamids"] == [emulator.stream("meters")["stream_id"]]
    assert v1(api, "POST", "/event-subs", json={**lines, "name": "two"}).json()["errorCode"] == "DIS.4200"


def test_events_are_kept_for_15_days(emulator: Emulator, api: Api) -> None:
    emulator.seed(events=[{"type_id": "dis_event.001"}, {"type_id": "dis_event.077", "severity": 0}])
    body = v1(api, "GET", "/events").json()
    assert (body["count"], len(body["events"])) == (2, 2)
    assert {one["type_id"]: one["severity"] for one in body["events"]} == {"dis_event.001": 1, "dis_event.077": 0}
    emulator.advance_clock(16 * 86_400)
    api.session.headers["X-Auth-Token"] = emulator.mint_token()
    assert v1(api, "GET", "/events").json() == {"count": 0, "events": []}


def test_single_event_as_object_and_types(emulator: Emulator, api: Api) -> None:
    types = v1(api, "GET", "/event-list").json()
    assert (types["count"], len({one["type_id"] for one in types["events"]})) == (9, 9)
    emulator.configure(single_event_as_object=True)
    emulator.seed(events=[{"type_id": "dis_event.001"}])
    assert v1(api, "GET", "/events").json()["events"]["type_name"] == "Dump task abnormal"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/events"),
        ("GET", "/event-list"),
        ("GET", "/event-subs"),
        ("POST", "/event-subs"),
        ("PUT", "/event-subs/x"),
        ("DELETE", "/event-subs/x"),
    ],
)
def test_region_without_events(emulator: Emulator, api: Api, method: str, path: str) -> None:
    emulator.configure(events_enabled=False)
    answer = v1(api, method, path, json=BODY)
    assert (answer.status_code, answer.json()["error_code"]) == (404, "APIG.0101")
