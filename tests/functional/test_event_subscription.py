# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event subscriptions: lifecycle, targets, streams, the forms of the API, quota, and concurrent writers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.otc.dis.plugins.module_utils._resources import events as resource

if TYPE_CHECKING:
    from conftest import Result, Run

    from otc_emulator.runner import Emulator

URN = "urn:smn:eu-de:0123456789abcdef0123456789abcdef:alarms"
TOPIC = {"topic_name": "alarms", "topic_urn": URN}
NEW = {"events": ["task_abnormal", "task_restored"], **TOPIC}
EXISTING = {"name": "alarm", "event_ids": ["dis_event.001", "dis_event.000"]}


@pytest.fixture
def subscription(run: Run) -> Run:
    """Runs event_subscription for the subscription ``alarm``."""
    return run.of("event_subscription", "actions", "unverified", "event_subscription", subscription_name="alarm")


@pytest.fixture
def info(run: Run) -> Run:
    """Runs event_subscription_info."""
    return run.of("event_subscription_info", "offered", "event_subscriptions", "quota", "event_types")


def stored(emulator: Emulator) -> dict[str, Any]:
    """The subscriptions of the emulator by name."""
    found: dict[str, Any] = emulator.state()["projects"][emulator.project_id]["event_subscriptions"]
    return found


def writes(result: Result) -> list[dict[str, Any]]:
    """The requests that write."""
    return [one for one in result.requests("dis") if one["method"] != "GET"]


@pytest.mark.quick
def test_lifecycle(subscription: Run, emulator: Emulator) -> None:
    dry = subscription(check=True, diff=True, **NEW).ok()
    assert stored(emulator) == {}
    real = subscription(diff=True, **NEW).ok()
    assert (dry.actions, dry.diff) == (real.actions, real.diff) == (["create"], real.diff)
    assert real.diff["after"] == {
        "subscription_name": "alarm",
        "enabled": True,
        "events": ["task_restored", "task_abnormal"],
        "streams": [],
        **TOPIC,
    }
    (request,) = writes(real)
    assert request["path"].startswith("/v1/")
    assert request["body"] == {
        "name": "alarm",
        "enable": True,
        "event_ids": ["dis_event.000", "dis_event.001"],
        "event_streamids": [],
        "topic_type": 0,
        **TOPIC,
    }
    assert real.data["event_subscription"]["subscription_id"] == stored(emulator)["alarm"]["id"]
    again = subscription(**NEW).ok()
    assert (again.changed, writes(again)) == (False, [])

    change = {"enabled": False, "events": ["throttled"]}
    dry = subscription(check=True, diff=True, **change).ok()
    real = subscription(diff=True, **change).ok()
    assert (dry.actions, dry.diff) == (real.actions, real.diff) == (["update"], real.diff)
    assert real.data["event_subscription"]["topic_urn"] == URN
    assert (stored(emulator)["alarm"]["enable"], stored(emulator)["alarm"]["event_ids"]) == (False, ["dis_event.003"])
    assert stored(emulator)["alarm"]["stream_ids"] == [], "a subscription to all streams remains one"
    assert subscription(**change).ok().changed is False

    dry = subscription(check=True, diff=True, state="absent").ok()
    real = subscription(diff=True, state="absent").ok()
    assert (dry.actions, dry.diff) == (real.actions, real.diff) == (["delete"], real.diff)
    assert (real.data["event_subscription"], stored(emulator)) == (None, {})
    assert subscription(state="absent").ok().changed is False


def test_streams_are_named(subscription: Run, emulator: Emulator) -> None:
    emulator.seed(streams=["more", "other"])
    real = subscription(**NEW, streams=["more", "meters"]).ok()
    ids = {name: emulator.stream(name)["stream_id"] for name in ("meters", "more")}
    assert writes(real)[0]["body"]["event_streamids"] == sorted(ids.values())
    assert real.data["event_subscription"]["streams"] == ["meters", "more"]
    assert subscription(streams=["meters", "more"]).ok().changed is False
    assert subscription(enabled=True).ok().changed is False
    assert subscription(enabled=False).ok().data["event_subscription"]["streams"] == ["meters", "more"]
    assert subscription(streams=[]).ok().actions == ["update"]
    assert stored(emulator)["alarm"]["stream_ids"] == []
    assert subscription(streams=[]).ok().changed is False


def test_streams_that_do_not_exist_are_reported(subscription: Run, emulator: Emulator) -> None:
    result = subscription(**NEW, streams=["meters", "x", "y"]).bad()
    assert (result.error["kind"], writes(result)) == ("not_found", [])
    assert "do not exist: x and y" in result.msg


def test_target_is_changed_to_a_stream_and_back(subscription: Run, emulator: Emulator) -> None:
    emulator.seed(event_subscriptions=[EXISTING])
    result = subscription(target_stream="meters").ok()
    assert writes(result)[0]["body"] == {
        "name": "alarm",
        "enable": True,
        "event_ids": ["dis_event.000", "dis_event.001"],
        "event_streamids": [],
        "topic_type": 1,
        "topic_name": "meters",
    }
    shown = result.data["event_subscription"]
    assert (shown["target_stream"], shown["topic_name"], shown["topic_urn"]) == ("meters", None, None)
    assert subscription(target_stream="meters").ok().changed is False
    assert subscription(**TOPIC).ok().actions == ["update"]
    assert stored(emulator)["alarm"]["topic_urn"] == URN
    assert subscription(target_stream="none").bad().error["code"] == "DIS.4301"


@pytest.mark.parametrize("missing", ["events", "topic_name"])
def test_create_requires_events_and_a_target(subscription: Run, missing: str) -> None:
    options = {"events": NEW["events"]} if missing == "topic_name" else TOPIC
    result = subscription(**options).bad()
    assert (result.error["kind"], writes(result)) == ("invalid_options", [])
    assert missing in result.msg


@pytest.mark.parametrize(
    "options",
    [
        {"subscription_name": "a b"},
        {"events": ["other"]},
        {"events": []},
        {"streams": ["a/b"]},
        {"topic_name": "alarms"},
        {"topic_urn": URN},
        {"target_stream": "meters", **TOPIC},
        {"target_stream": ".."},
    ],
    ids=str,
)
def test_invalid_options_are_rejected_before_any_request(subscription: Run, options: dict[str, Any]) -> None:
    result = subscription(**options)
    assert result.failed
    assert result.log == []


@pytest.mark.parametrize("as_text", [True, False])
def test_both_forms_of_stream_ids_are_read(subscription: Run, emulator: Emulator, as_text: bool) -> None:
    emulator.configure(event_streamids_as_text=as_text)
    emulator.seed(streams=["more"], event_subscriptions=[{**EXISTING, "streams": ["meters"]}])
    assert subscription(streams=["meters"], events=NEW["events"]).ok().changed is False


@pytest.mark.parametrize("ids", ["dis_event.000\ndis_event.001", "dis_event.001, dis_event.000", ["dis_event.000"]])
def test_event_ids_in_the_spelling_of_the_example_are_read(info: Run, emulator: Emulator, ids: Any) -> None:
    entry = {"id": "x1", "name": "alarm", "events_ids": ids}
    emulator.fault("wrong_json", "list_event_subscriptions", status=200, body={"eventSubscriptions": [entry]})
    (found,) = info().ok().data["event_subscriptions"]
    assert set(found["events"]) <= {"task_restored", "task_abnormal"}
    assert len(found["events"]) == (1 if isinstance(ids, list) else 2)
    assert (found["enabled"], found["streams"], found["target_stream"]) == (None, None, None)


def test_events_that_a_create_request_lost_are_reported_and_updated(
    subscription: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "AT_ONCE", resource.AT_ONCE._replace(timeout=0.6))
    emulator.configure(created_event_ids="events_ids")
    result = subscription(**NEW).bad()
    assert (result.error["kind"], result.done) == ("not_applied", ["create"])
    assert "events is [] and should be ['task_restored', 'task_abnormal']" in result.msg
    assert "Rerun the task" in result.error["hint"]
    assert subscription(**NEW).ok().actions == ["update"]
    assert subscription(**NEW).ok().changed is False


def test_streams_that_an_update_lost_are_named(
    subscription: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "AT_ONCE", resource.AT_ONCE._replace(timeout=0.6))
    emulator.seed(streams=["more"], event_subscriptions=[{**EXISTING, "streams": ["more"]}])
    entry = {"id": stored(emulator)["alarm"]["id"], "name": "alarm", "event_streamids": "x9"}
    body = {"quota": 10, "used": 1, "eventSubscriptions": [entry]}
    emulator.fault("wrong_json", "list_event_subscriptions", status=200, body=body, skip=1, times=0)
    result = subscription(streams=["meters"]).bad()
    assert (result.error["kind"], result.done) == ("not_applied", ["update"])
    assert "streams is ['x9'] and should be ['meters']" in result.msg
    body["eventSubscriptions"] = [{**entry, "event_streamids": ""}]
    emulator.clear_faults()
    emulator.fault("wrong_json", "list_event_subscriptions", status=200, body=body, skip=1, times=0)
    assert "streams is [] and should be ['more']" in subscription(streams=["more"]).bad().msg


def test_quota_is_checked_before_the_request(subscription: Run, emulator: Emulator) -> None:
    emulator.seed(event_subscriptions=[f"s{number}" for number in range(10)])
    for check in (True, False):
        result = subscription(check=check, **NEW).bad()
        assert (result.error["kind"], writes(result)) == ("invalid_options", [])
        assert "maximum number of event subscriptions" in result.msg
    assert subscription(subscription_name="s9", enabled=False).ok().actions == ["update"]
    assert subscription(subscription_name="s9", state="absent").ok().actions == ["delete"]
    assert subscription(**NEW).ok().actions == ["create"]


def test_region_without_subscriptions(subscription: Run, info: Run, emulator: Emulator) -> None:
    emulator.configure(events_enabled=False)
    for options in (NEW, {"state": "absent"}):
        result = subscription(**options).bad()
        assert (result.error["kind"], result.error["code"]) == ("unsupported", "APIG.0101")
        assert "does not offer this operation" in result.error["hint"]
    found = info(event_types=True).ok().data
    assert (found["offered"], found["event_subscriptions"], found["event_types"]) == (False, [], None)


def test_hidden_settings_are_unverified_and_never_guessed(subscription: Run, emulator: Emulator) -> None:
    entry = {"id": "x1", "name": "alarm", "event_ids": ["dis_event.001"], "topic_type": 0, "topic_name": "alarms"}
    body = {"quota": 10, "used": 1, "eventSubscriptions": [entry]}
    emulator.fault("wrong_json", "list_event_subscriptions", status=200, body=body, times=0)
    result = subscription(**TOPIC, enabled=True).ok()
    assert (result.changed, sorted(result.data["unverified"])) == (False, ["enabled", "topic_urn"])
    result = subscription(events=["throttled"]).bad()
    assert (result.error["kind"], writes(result)) == ("drift", [])
    assert "does not report its enabled" in result.msg


@pytest.mark.parametrize("verb", ["create", "update", "delete"])
@pytest.mark.parametrize("fault", ["lost_before", "lost_after"])
def test_lost_response_is_resolved_by_reading(subscription: Run, emulator: Emulator, verb: str, fault: str) -> None:
    emulator.seed(event_subscriptions=[] if verb == "create" else [EXISTING])
    emulator.fault(fault, operation=f"{verb}_event_subscription")
    options = {"create": NEW, "update": {"enabled": False}, "delete": {"state": "absent"}}[verb]
    assert subscription(**options).ok().actions == [verb]
    assert subscription(**options).ok().changed is False
    assert len(stored(emulator)) == (verb != "delete")


@pytest.mark.parametrize("verb", ["create", "update", "delete"])
def test_concurrent_writer_is_no_failure(subscription: Run, emulator: Emulator, verb: str) -> None:
    """The first list is outdated, so the service rejects the request."""
    emulator.seed(event_subscriptions=[EXISTING] if verb == "create" else [])
    entry = {"id": "gone1", "name": "alarm", "enable": True, "topic_type": 0, **TOPIC, "event_ids": ["dis_event.001"]}
    body = {
        "quota": 10,
        "used": 0 if verb == "create" else 1,
        "eventSubscriptions": [] if verb == "create" else [entry],
    }
    emulator.fault("wrong_json", "list_event_subscriptions", status=200, body=body)
    options = {"create": NEW, "update": {**NEW, "enabled": False}, "delete": {"state": "absent"}}[verb]
    result = subscription(**options).ok()
    assert result.actions == (["create"] if verb == "update" else [])
    assert sorted(stored(emulator)) == ([] if verb == "delete" else ["alarm"])


def test_rejection_is_reported(subscription: Run, emulator: Emulator) -> None:
    emulator.fault("status", "create_event_subscription", status=400, code="DIS.4200", message="Own words.", times=0)
    result = subscription(**NEW).bad()
    assert (result.error["code"], result.changed) == ("DIS.4200", False)
    assert "Own words" in result.msg


def test_same_name_twice_is_refused(subscription: Run, emulator: Emulator) -> None:
    entries = [{"id": "x1", "name": "alarm"}, {"id": "x2", "name": "alarm"}]
    emulator.fault("wrong_json", "list_event_subscriptions", status=200, body={"eventSubscriptions": entries})
    assert "lists 2 event subscriptions with the name alarm" in subscription(state="absent").bad().msg


@pytest.mark.quick
def test_info(info: Run, emulator: Emulator) -> None:
    emulator.seed(streams=["more"], event_subscriptions=[{**EXISTING, "streams": ["more"]}, "billing"])
    found = info(event_types=True).ok().data
    assert [one["subscription_name"] for one in found["event_subscriptions"]] == ["alarm", "billing"]
    assert [one["streams"] for one in found["event_subscriptions"]] == [["more"], ["meters", "more"]]
    assert (found["quota"], len(found["event_types"])) == (10, 9)
    assert found["event_types"][1] == {
        "event": "task_abnormal",
        "type_id": "dis_event.001",
        "type_name": "Dump task abnormal",
        "severity": "warning",
        "category": "task",
    }
    assert [one["subscription_name"] for one in info(name="alarm").ok().data["event_subscriptions"]] == ["alarm"]
    assert [one["subscription_name"] for one in info(name_pattern="b*").ok().data["event_subscriptions"]] == ["billing"]
    assert info(name="other").ok().data["event_subscriptions"] == []
    assert info(name="other").operations == ["list_event_subscriptions"]


def test_info_shows_what_the_module_returns(subscription: Run, info: Run, emulator: Emulator) -> None:
    emulator.seed(streams=["more"])
    created = subscription(**NEW, streams=["more"]).ok().data["event_subscription"]
    assert info().ok().data["event_subscriptions"] == [created]


def test_region_without_the_list_of_types(info: Run, emulator: Emulator) -> None:
    emulator.fault("status", "list_event_types", status=404, code="APIG.0101", times=0)
    assert info(event_types=True).ok().data["event_types"] is None
