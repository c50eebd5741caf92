# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apps: existing or not, with and without checkpoints, with concurrent writers and lost responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.otc.dis.plugins.module_utils._resources import app as resource

if TYPE_CHECKING:
    from conftest import Run

    from otc_emulator.runner import Emulator

COMMITTED = {"name": "reader", "checkpoints": [{"stream": "meters"}]}


@pytest.fixture
def app(run: Run) -> Run:
    """Runs app for the app ``reader``."""
    return run.of("app", "actions", "unverified", "app", app_name="reader")


def operations(run: Any) -> list[str]:
    return [one["operation"] for one in run.requests("dis")]


@pytest.mark.quick
def test_app_is_created_and_deleted(app: Run, emulator: Emulator) -> None:
    dry = app(check=True, diff=True).ok()
    assert emulator.apps() == {}
    real = app(diff=True).ok()
    assert (dry.actions, dry.diff) == (real.actions, real.diff) == (["create"], real.diff)
    assert real.diff == {"before": {}, "after": {"app_name": "reader"}}
    assert (dry.data["app"]["app_name"], dry.data["app"]["app_id"]) == ("reader", None)
    reported = emulator.apps()["reader"]
    assert real.data["app"] == {
        "app_name": "reader",
        "app_id": reported["app_id"],
        "create_time": reported["create_time"],
        "commit_checkpoint_stream_names": [],
    }
    again = app().ok()
    assert (again.changed, operations(again), again.data["app"]) == (False, ["show_app"], real.data["app"])
    dry = app(check=True, diff=True, state="absent").ok()
    assert list(emulator.apps()) == ["reader"]
    real = app(diff=True, state="absent").ok()
    assert (dry.actions, dry.diff, dry.data["app"]) == (real.actions, real.diff, real.data["app"])
    assert (real.actions, real.data["app"], emulator.apps()) == (["delete"], None, {})
    assert operations(real) == ["show_app", "delete_app", "show_app"]
    again = app(state="absent").ok()
    assert (again.changed, operations(again)) == (False, ["show_app"])


@pytest.mark.parametrize("status", [400, 404, 410])
def test_missing_app_is_recognized_by_its_code(app: Run, emulator: Emulator, status: int) -> None:
    emulator.configure(missing_status=status)
    assert app(state="absent").ok().changed is False
    assert app().ok().actions == ["create"]


def test_address_that_is_not_known_is_no_missing_app(app: Run, emulator: Emulator) -> None:
    emulator.fault("status", operation="show_app", status=404, code="APIG.0101")
    assert app(state="absent").bad().error["code"] == "APIG.0101"


def test_app_in_use_is_not_deleted(app: Run, emulator: Emulator) -> None:
    emulator.seed(apps=[COMMITTED])
    dry = app(check=True, state="absent").ok()
    assert "has checkpoints in meters" in dry.warnings[0]
    result = app(state="absent").bad()
    assert (result.error["code"], result.changed) == ("DIS.4331", False)
    assert "force: true" in result.error["hint"]
    assert list(emulator.apps()) == ["reader"]


def test_app_in_use_is_deleted_with_its_checkpoints_if_that_is_allowed(app: Run, emulator: Emulator) -> None:
    emulator.seed(
        streams=["orders"], apps=[{"name": "reader", "checkpoints": [{"stream": "orders"}, {"stream": "meters"}]}]
    )
    dry = app(check=True, diff=True, state="absent", force=True).ok()
    real = app(diff=True, state="absent", force=True).ok()
    assert dry.actions == real.actions == ["delete_checkpoints meters", "delete_checkpoints orders", "delete"]
    assert dry.diff == real.diff
    assert emulator.apps() == {}
    assert app(state="absent", force=True).ok().changed is False


def test_force_without_checkpoints_deletes_the_app_alone(app: Run, emulator: Emulator) -> None:
    emulator.seed(apps=["reader"])
    assert app(state="absent", force=True).ok().actions == ["delete"]


def test_consumer_that_commits_meanwhile_is_overtaken_or_reported(app: Run, emulator: Emulator) -> None:
    emulator.seed(apps=["reader"])
    emulator.fault("status", operation="delete_app", status=400, code="DIS.4331", times=0)
    result = app(state="absent", force=True).bad()
    assert (result.error["code"], operations(result)) == ("DIS.4331", ["show_app", "delete_app", "show_app"])
    emulator.clear_faults()
    body = {"app_id": "x", "app_name": "reader"}
    emulator.seed(apps=[COMMITTED])
    emulator.fault("status", operation="show_app", status=200, body=body)
    result = app(state="absent", force=True).ok()
    assert result.actions == ["delete_checkpoints meters", "delete"]


def test_deleted_stream_is_omitted(app: Run, emulator: Emulator) -> None:
    emulator.seed(apps=[{"name": "reader", "checkpoints": [{"stream": "gone"}]}])
    emulator.configure(app_in_use_refused=False)
    result = app(state="absent", force=True).ok()
    assert (result.actions, emulator.apps()) == (["delete"], {})


def test_names_at_the_border_are_accepted(app: Run, emulator: Emulator) -> None:
    for name in ("a", "aB3_-" * 40):
        assert app(app_name=None, name=name).ok().actions == ["create"]
    assert len(emulator.apps()) == 2


@pytest.mark.parametrize("name", ["", " ", "a" * 201, "a b", "a/b", "..", "ä", "a\n"])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_name_that_breaks_its_rule_is_refused(app: Run, name: str, state: str) -> None:
    result = app(app_name=name, state=state).bad()
    assert f"app_name is {name!r}, but must be 1 to 200 letters, digits, _ or -" in result.msg
    assert (result.changed, result.log) == (False, [])


@pytest.mark.parametrize("options", [{"app_name": None}, {"state": "started"}, {"force": "perhaps"}], ids=str)
def test_value_of_a_wrong_kind_is_refused(app: Run, options: dict[str, Any]) -> None:
    result = app(**options)
    assert result.failed
    assert result.log == []


def test_quota_used_up_is_explained(app: Run, emulator: Emulator) -> None:
    emulator.configure(app_quota=1)
    emulator.seed(apps=["other"])
    result = app().bad()
    assert (result.error["code"], result.done) == ("DIS.4329", [])
    assert "delete an unused app" in result.error["hint"]


# --- lost responses, concurrent writers ---

VERBS = {"create": ("create_app", "present"), "delete": ("delete_app", "absent")}


def put(emulator: Emulator, verb: str) -> None:
    emulator.seed(apps=["reader"] if verb == "delete" else [])


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("fault", ["lost_after", "error_after", "cut_body", "html_after"])
def test_answer_lost_after_the_commit_is_success_and_changed(
    app: Run, emulator: Emulator, verb: str, fault: str
) -> None:
    operation, state = VERBS[verb]
    put(emulator, verb)
    emulator.fault(fault, operation=operation)
    result = app(state=state).ok()
    assert result.actions == [verb]
    assert bool(emulator.apps()) == (verb == "create")


@pytest.mark.parametrize("verb", VERBS)
def test_answer_lost_before_the_commit_is_repeated_after_a_look(app: Run, emulator: Emulator, verb: str) -> None:
    operation, state = VERBS[verb]
    put(emulator, verb)
    emulator.fault("lost_before", operation=operation)
    result = app(state=state).ok()
    assert result.actions == [verb]
    assert operations(result)[:4] == ["show_app", operation, "show_app", operation]
    assert bool(emulator.apps()) == (verb == "create")


@pytest.mark.parametrize("verb", VERBS)
def test_lost_response_and_unreadable_app_report_unconfirmed_actions(app: Run, emulator: Emulator, verb: str) -> None:
    operation, state = VERBS[verb]
    put(emulator, verb)
    emulator.fault("lost_after", operation=operation)
    emulator.fault("status", operation="show_app", status=503, skip=1, times=0)
    result = app(state=state, api_timeout=1).bad()
    assert (result.changed, result.done) == (True, [verb])
    assert f"The outcome of the {verb} is unknown" in result.msg


def test_lost_delete_of_checkpoints_is_made_up_for(app: Run, emulator: Emulator) -> None:
    emulator.seed(apps=[COMMITTED])
    emulator.fault("lost_after", operation="delete_checkpoint")
    assert app(state="absent", force=True).ok().actions == ["delete_checkpoints meters", "delete"]


def test_concurrent_create_of_the_app_is_no_change(app: Run, emulator: Emulator) -> None:
    emulator.fault("rival_create_app", operation="create_app")
    result = app().ok()
    assert (result.changed, operations(result)) == (False, ["show_app", "create_app", "show_app"])
    assert result.data["app"]["app_id"] == emulator.apps()["reader"]["app_id"]


def test_concurrent_delete_of_the_app_is_no_change(app: Run, emulator: Emulator) -> None:
    emulator.seed(apps=["reader"])
    emulator.fault("rival_delete_app", operation="delete_app")
    result = app(state="absent").ok()
    assert (result.changed, emulator.apps()) == (False, {})


def test_app_that_does_not_appear_is_reported(app: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a shorter time limit than outside of tests."""
    emulator.fault("rival_delete_app", operation="show_app", times=0)
    monkeypatch.setattr(resource, "AT_ONCE", resource.AT_ONCE._replace(timeout=1.0))
    result = app().bad()
    assert "does not exist" in result.msg
    assert result.done == ["create"]


@pytest.mark.parametrize("operation", ["show_app", "create_app"])
def test_refusal_is_passed_on(app: Run, emulator: Emulator, operation: str) -> None:
    emulator.fault("status", operation=operation, status=403, code="DIS.4116")
    result = app().bad()
    assert (result.error["code"], result.changed) == ("DIS.4116", False)


def test_answer_that_describes_no_app_is_refused(app: Run, emulator: Emulator) -> None:
    emulator.fault("wrong_json", operation="show_app", body={}, status=200)
    assert "does not describe an app" in app().bad().msg
