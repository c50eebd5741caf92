# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies of streams: lifecycle, order of the requests, other rules, missing streams, and concurrent writers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.otc.dis.plugins.module_utils._resources import stream_policy as resource

if TYPE_CHECKING:
    from conftest import Result, Run

    from otc_emulator.runner import Emulator

PUT = {"principal_name": "acme.*", "action_type": "putRecords"}
GET = {"principal_name": "acme.*", "action_type": "getRecords"}
BOB = {"principal_name": "acme.bob", "action_type": "putRecords"}


@pytest.fixture
def policy(run: Run) -> Run:
    """Runs stream_policy for the account ``acme`` and the stream ``meters``."""
    names = ("actions", "unverified", "stream_policy")
    return run.of("stream_policy", *names, stream_name="meters", principal_name="acme.*")


@pytest.fixture
def info(run: Run) -> Run:
    """Runs stream_policy_info for the stream ``meters``."""
    return run.of("stream_policy_info", "offered", "stream_policies", stream_name="meters")


def seed(emulator: Emulator, *policies: dict[str, Any]) -> None:
    """Start with a stream with policies."""
    emulator.reset(streams=[{"name": "meters", "policies": list(policies)}])


def stored(emulator: Emulator) -> list[tuple[str, str]]:
    """The policies of the stream: principal and action."""
    return sorted((one["principal_name"], one["action_type"]) for one in emulator.stream("meters")["policies"])


def writes(result: Result) -> list[dict[str, Any]]:
    """The requests that write."""
    return [one for one in result.requests("dis") if one["method"] != "GET"]


@pytest.mark.quick
def test_lifecycle(policy: Run, emulator: Emulator) -> None:
    new = {"action_type": ["putRecords", "getRecords"]}
    dry = policy(check=True, diff=True, **new).ok()
    assert stored(emulator) == []
    real = policy(diff=True, **new).ok()
    assert (dry.actions, dry.diff) == (real.actions, real.diff) == (["add getRecords", "add putRecords"], real.diff)
    assert real.diff["before"] == {}
    assert real.diff["after"] == {
        "stream_name": "meters",
        "principal_name": "acme.*",
        "action_type": ["getRecords", "putRecords"],
        "effect": "accept",
    }
    assert writes(real)[1]["body"] == {
        "stream_id": emulator.stream("meters")["stream_id"],
        "principal_name": "acme.*",
        "action_type": "putRecords",
        "effect": "accept",
    }
    again = policy(**new).ok()
    assert (again.changed, again.operations) == (False, ["list_policies"])
    assert again.data["stream_policy"] == real.data["stream_policy"]

    change = {"action_type": ["getRecords", "getStreamInfo"]}
    dry = policy(check=True, diff=True, **change).ok()
    real = policy(diff=True, **change).ok()
    assert (dry.actions, dry.diff) == (real.actions, real.diff)
    assert real.actions == ["delete putRecords", "add getStreamInfo"]
    assert stored(emulator) == [("acme.*", "getRecords"), ("acme.*", "getStreamInfo")]

    some = policy(state="absent", action_type=["getRecords", "putRecords"]).ok()
    assert (some.actions, some.data["stream_policy"]["action_type"]) == (["delete getRecords"], ["getStreamInfo"])
    dry = policy(check=True, diff=True, state="absent").ok()
    real = policy(diff=True, state="absent").ok()
    assert (dry.actions, dry.diff) == (real.actions, real.diff) == (["delete getStreamInfo"], real.diff)
    assert (real.data["stream_policy"], stored(emulator)) == (None, [])
    assert policy(state="absent").ok().changed is False


def test_a_failed_change_leaves_less_access_never_more(policy: Run, emulator: Emulator) -> None:
    seed(emulator, PUT)
    emulator.fault("status", "add_policy", status=400, code="DIS.4200", message="Own words.", times=0)
    result = policy(action_type=["getRecords"]).bad()
    assert (result.done, result.changed, stored(emulator)) == (["delete putRecords"], True, [])
    assert "Own words" in result.msg
    emulator.clear_faults()
    assert policy(action_type=["getRecords"]).ok().actions == ["add getRecords"]


def test_policies_of_others_remain(policy: Run, emulator: Emulator) -> None:
    others = [{"principal_name": name} for name in ("acme.bob", "acme2.*", "Acme.*", "other.*")]
    seed(emulator, PUT, *others)
    assert policy(state="absent").ok().warnings == []
    assert stored(emulator) == sorted((one["principal_name"], "putRecords") for one in others)


@pytest.mark.parametrize("names", [("acme", "acme.*"), ("acme.*", "acme")])
def test_account_without_asterisk_is_the_account(policy: Run, info: Run, emulator: Emulator, names: Any) -> None:
    seed(emulator, {**PUT, "principal_name": names[0]})
    found = policy(principal_name=names[1], action_type=["putRecords"]).ok()
    assert (found.changed, found.data["stream_policy"]["principal_name"]) == (False, "acme.*")
    assert info(principal_name=names[1]).ok().data["stream_policies"] == [found.data["stream_policy"]]
    result = policy(principal_name=names[1], state="absent").ok()
    assert (writes(result)[0]["body"]["principal_name"], stored(emulator)) == (names[0], [])


@pytest.mark.parametrize("options", [{"action_type": ["getRecords"]}, {"state": "absent"}], ids=str)
def test_remaining_access_through_the_account_is_reported(policy: Run, emulator: Emulator, options: Any) -> None:
    seed(emulator, PUT, BOB, {**BOB, "action_type": "getRecords"})
    some = policy(principal_name="acme.bob", state="absent", action_type=["getRecords"]).ok()
    assert some.warnings == []
    result = policy(principal_name="acme.bob", **options).ok()
    (warning,) = result.warnings
    assert "still permits putRecords to" in warning
    assert ("acme.*", "putRecords") in stored(emulator)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({**GET, "effect": "deny"}, "has the effect deny"),
        ({**GET, "effect": None}, "has an unknown effect"),
        ({**GET, "principal_name": "acme.*,other.*"}, "is shared with other principals"),
    ],
)
@pytest.mark.parametrize("options", [{"action_type": ["putRecords"]}, {"state": "absent"}], ids=str)
def test_rules_that_the_module_cannot_manage_are_refused(
    policy: Run, info: Run, emulator: Emulator, rule: Any, reason: str, options: Any
) -> None:
    seed(emulator, rule)
    result = policy(**options).bad()
    assert (result.error["kind"], writes(result)) == ("drift", [])
    assert f'for principal "acme.*" has a rule for getRecords that {reason}' in result.msg
    (found,) = info().ok().data["stream_policies"]
    assert (found["principal_name"], found["effect"]) == (rule["principal_name"], rule.get("effect", "accept"))
    assert policy(principal_name="acme.bob", state="absent").ok().changed is False


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"action_type": []},
        {"action_type": ["deleteRecords"]},
        {"action_type": "", "state": "absent"},
        {"action_type": ["putRecords"], "principal_name": "acme.*,other.*"},
        {"action_type": ["putRecords"], "principal_name": "*"},
        {"action_type": ["putRecords"], "principal_name": ".bob"},
        {"action_type": ["putRecords"], "principal_name": "acme.* "},
        {"action_type": ["putRecords"], "stream_name": "a/b"},
    ],
    ids=str,
)
def test_invalid_options_are_rejected_before_any_request(policy: Run, options: dict[str, Any]) -> None:
    result = policy(**options)
    assert result.failed
    assert result.log == []


def test_missing_stream(policy: Run, info: Run) -> None:
    result = policy(stream_name="none", action_type=["putRecords"]).bad()
    assert (result.error["kind"], result.error["code"]) == ("not_found", "DIS.4301")
    assert policy(stream_name="none", state="absent").ok().changed is False
    found = info(stream_name="none").ok().data
    assert (found["offered"], found["stream_policies"]) == (True, [])


def test_region_without_policies(policy: Run, info: Run, emulator: Emulator) -> None:
    emulator.configure(policies_enabled=False)
    for options in ({"action_type": ["putRecords"]}, {"state": "absent"}):
        result = policy(**options).bad()
        assert (result.error["kind"], result.error["code"]) == ("unsupported", "APIG.0101")
        assert "does not offer this operation" in result.error["hint"]
    found = info().ok().data
    assert (found["offered"], found["stream_policies"]) == (False, [])


@pytest.mark.parametrize("member", ["stream_id", "streamId", None])
def test_stream_id_is_read_in_both_spellings_or_from_the_stream(policy: Run, emulator: Emulator, member: Any) -> None:
    identity = emulator.stream("meters")["stream_id"]
    body = {"rules": [], **({member: identity} if member else {})}
    emulator.fault("wrong_json", "list_policies", status=200, body=body)
    result = policy(action_type=["putRecords"]).ok()
    assert writes(result)[0]["body"]["stream_id"] == identity
    assert ("show_stream" in result.operations) is (member is None)


@pytest.mark.parametrize("verb", ["add", "delete"])
@pytest.mark.parametrize("fault", ["lost_before", "lost_after"])
def test_lost_response_is_resolved_by_reading(policy: Run, emulator: Emulator, verb: str, fault: str) -> None:
    seed(emulator, *([PUT] if verb == "delete" else []))
    emulator.fault(fault, operation=f"{verb}_policy")
    options = {"add": {"action_type": ["putRecords"]}, "delete": {"state": "absent"}}[verb]
    result = policy(**options).ok()
    assert result.actions == [f"{verb} putRecords"]
    assert len(writes(result)) == (2 if fault == "lost_before" else 1)
    assert len(stored(emulator)) == (verb == "add")


@pytest.mark.parametrize("verb", ["add", "delete"])
def test_concurrent_writer_is_no_failure(policy: Run, emulator: Emulator, verb: str) -> None:
    """The first list is outdated, and the service rejects the request."""
    seed(emulator, *([PUT] if verb == "add" else []))
    rules = [] if verb == "add" else [{**PUT, "effect": "accept"}]
    identity = emulator.stream("meters")["stream_id"]
    emulator.fault("wrong_json", "list_policies", status=200, body={"stream_id": identity, "rules": rules})
    emulator.fault("status", f"{verb}_policy", status=400, code="DIS.4200", message="Own words.", times=0)
    result = policy(**({"action_type": ["putRecords"]} if verb == "add" else {"state": "absent"})).ok()
    assert (result.actions, len(writes(result))) == ([], 1)


def test_stream_that_disappears_has_no_policies(policy: Run, emulator: Emulator) -> None:
    seed(emulator, PUT)
    emulator.fault("status", "delete_policy", status=400, code="DIS.4301", message="Own words.")
    emulator.fault("status", "list_policies", status=400, code="DIS.4301", message="Own words.", skip=1, times=0)
    result = policy(state="absent").ok()
    assert (result.actions, result.data["stream_policy"]) == ([], None)


def test_change_that_is_not_applied_is_reported(
    policy: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "AT_ONCE", resource.AT_ONCE._replace(timeout=0.6))
    body = {"stream_id": emulator.stream("meters")["stream_id"], "rules": []}
    emulator.fault("wrong_json", "list_policies", status=200, body=body, times=0)
    result = policy(action_type=["putRecords"]).bad()
    assert (result.error["kind"], result.done) == ("not_applied", ["add putRecords"])
    assert "permits no action instead of putRecords" in result.msg


@pytest.mark.quick
def test_info(info: Run, emulator: Emulator) -> None:
    assert info().ok().data["stream_policies"] == []
    seed(emulator, PUT, GET, BOB, {**PUT, "principal_name": "acme"}, {**PUT, "effect": "deny"})
    found = info().ok().data
    assert found["offered"] is True
    shown = [(one["principal_name"], one["effect"], one["action_type"]) for one in found["stream_policies"]]
    assert shown == [
        ("acme.*", "accept", ["getRecords", "putRecords"]),
        ("acme.*", "deny", ["putRecords"]),
        ("acme.bob", "accept", ["putRecords"]),
    ]
    (bob,) = info(principal_name="acme.bob").ok().data["stream_policies"]
    assert bob["principal"] == "acme.bob"
    assert info(principal_name="other").ok().data["stream_policies"] == []
