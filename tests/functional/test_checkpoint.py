# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checkpoints: commit, move, delete, in one partition and in all; and looking at them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.otc.dis.plugins.module_utils._resources import checkpoint as resource

if TYPE_CHECKING:
    from conftest import Result, Run

    from otc_emulator.runner import Emulator

P0, P1, P2 = (f"shardId-000000000{number}" for number in range(3))
STYLES = ["minus_one", "empty", "error", "no_content"]


@pytest.fixture
def world(emulator: Emulator) -> None:
    """A stream with three partitions and an app that has read nothing."""
    emulator.reset(
        streams=[{"name": "meters", "partition_count": 3, "earliest_offset": 10, "latest_offset": 1000}],
        apps=["reader"],
    )


@pytest.fixture
def checkpoint(run: Run, world: None) -> Run:
    """Runs checkpoint for partition 0."""
    defaults = {"stream_name": "meters", "app_name": "reader", "partition_id": "0"}
    return run.of("checkpoint", "actions", "unverified", "checkpoints", **defaults)


@pytest.fixture
def info(run: Run, world: None) -> Run:
    """Runs checkpoint_info for all partitions."""
    return run.of("checkpoint_info", "checkpoints", stream_name="meters", app_name="reader")


def there(emulator: Emulator) -> dict[str, tuple[int, str | None]]:
    """Partition, position and metadata of what the emulator has."""
    found = emulator.apps()["reader"]["checkpoints"].get("meters", {})
    return {number: (one["sequence_number"], one["metadata"]) for number, one in found.items()}


def put(emulator: Emulator, *partitions: int, number: int = 100, metadata: str | None = None) -> None:
    """Commit behind the module's back."""
    commits = [
        {"stream": "meters", "partition": one, "sequence_number": number, "metadata": metadata} for one in partitions
    ]
    emulator.seed(apps=[{"name": "reader", "checkpoints": commits}])


def operations(result: Result) -> list[str]:
    return [one["operation"].split("_")[0] for one in result.requests("dis")]


@pytest.mark.quick
@pytest.mark.parametrize("style", STYLES)
def test_checkpoint_is_committed_moved_and_deleted(checkpoint: Run, emulator: Emulator, style: str) -> None:
    emulator.configure(missing_checkpoint=style)
    steps: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
        ({"sequence_number": "640", "metadata": "host-17"}, f"commit {P0}", {"0": (640, "host-17")}),
        ({"sequence_number": "700"}, f"move {P0}", {"0": (700, "host-17")}),
        ({"sequence_number": 700, "metadata": "host-18"}, f"move {P0}", {"0": (700, "host-18")}),
        ({"sequence_number": "10"}, f"move {P0}", {"0": (10, "host-18")}),
        ({"state": "absent"}, f"delete {P0}", {}),
    ]
    for options, verb, after in steps:
        before = there(emulator)
        dry = checkpoint(check=True, diff=True, **options).ok()
        assert there(emulator) == before
        real = checkpoint(diff=True, **options).ok()
        assert dry.actions == real.actions == [verb]
        assert (dry.diff, dry.data["checkpoints"]) == (real.diff, real.data["checkpoints"])
        assert real.diff["before"] != real.diff["after"]
        assert there(emulator) == after
        again = checkpoint(**options).ok()
        assert (again.changed, operations(again)) == (False, ["show"])
        assert again.data["checkpoints"] == real.data["checkpoints"]


def test_checkpoint_is_returned_in_one_spelling(checkpoint: Run) -> None:
    for partition_id in ("0", P0, 0, "00"):
        result = checkpoint(partition_id=partition_id, sequence_number="0640").ok()
        assert result.data["checkpoints"] == [
            {
                "stream_name": "meters",
                "app_name": "reader",
                "partition_id": P0,
                "checkpoint_type": "LAST_READ",
                "sequence_number": "640",
                "metadata": None,
            }
        ]


def test_metadata_is_kept_unless_it_is_given(checkpoint: Run, emulator: Emulator) -> None:
    put(emulator, 0, metadata="noted")
    assert checkpoint(sequence_number="100").ok().changed is False
    assert checkpoint(sequence_number="101").ok().data["checkpoints"][0]["metadata"] == "noted"
    assert checkpoint(sequence_number="101", metadata="").ok().changed is True
    assert checkpoint(sequence_number="101", metadata="").ok().changed is False
    assert checkpoint(sequence_number="101", metadata="ä" * 1000).ok().changed is True


def test_all_partitions_get_the_same_position(checkpoint: Run, emulator: Emulator) -> None:
    put(emulator, 0, number=500)
    put(emulator, 1, number=640, metadata="noted")
    dry = checkpoint(check=True, diff=True, partition_id=None, sequence_number="640").ok()
    real = checkpoint(diff=True, partition_id=None, sequence_number="640").ok()
    assert dry.actions == real.actions == [f"move {P0}", f"commit {P2}"]
    assert (dry.diff, dry.data["checkpoints"]) == (real.diff, real.data["checkpoints"])
    assert there(emulator) == {"0": (640, None), "1": (640, "noted"), "2": (640, None)}
    assert checkpoint(partition_id=None, sequence_number="640").ok().changed is False


def test_all_partitions_are_cleared_by_one_request(checkpoint: Run, emulator: Emulator) -> None:
    put(emulator, 0, 2)
    assert checkpoint(check=True, partition_id=None, state="absent").ok().actions == ["delete all"]
    result = checkpoint(partition_id=None, state="absent").ok()
    assert (result.actions, operations(result)) == (["delete all"], ["show", "delete", "show"])
    assert there(emulator) == {}
    assert checkpoint(partition_id=None, state="absent").ok().changed is False


def test_one_partition_is_cleared_and_the_others_are_not(checkpoint: Run, emulator: Emulator) -> None:
    put(emulator, 0, 2)
    assert checkpoint(state="absent").ok().actions == [f"delete {P0}"]
    assert list(there(emulator)) == ["2"]


def test_partition_that_was_scaled_away_is_still_one(checkpoint: Run, emulator: Emulator) -> None:
    emulator.patch_stream("meters", partition_count=2)
    assert len(checkpoint(partition_id=None, sequence_number="50").ok().actions) == 3


@pytest.mark.parametrize("partition_id", ["0", None])
@pytest.mark.parametrize("names", [{"app_name": "none"}, {"stream_name": "none"}], ids=str)
def test_checkpoint_of_nothing_is_absent_and_cannot_be_present(
    checkpoint: Run, names: dict[str, str], partition_id: str | None
) -> None:
    place = {**names, "partition_id": partition_id}
    assert checkpoint(state="absent", **place).ok().changed is False
    for check in (True, False):
        result = checkpoint(check=check, sequence_number="640", **place).bad()
        assert result.error["code"] in ("DIS.4301", "DIS.4332")
        assert result.error["hint"].startswith("Check the name")
        assert result.changed is False


def test_partition_that_is_not_there(checkpoint: Run) -> None:
    assert checkpoint(partition_id="7", state="absent").ok().changed is False
    assert checkpoint(partition_id="7", sequence_number="640").bad().error["code"] == "DIS.4302"


@pytest.mark.parametrize("number", ["9", "1001"])
def test_position_that_is_not_kept_is_refused_by_the_service(checkpoint: Run, number: str) -> None:
    result = checkpoint(sequence_number=number).bad()
    assert (result.error["code"], result.changed) == ("DIS.4224", False)
    assert "range of the partition" in result.error["hint"]


def test_rejection_between_actions_is_reported(checkpoint: Run, emulator: Emulator) -> None:
    emulator.fault("status", operation="commit_checkpoint", status=400, code="DIS.4224", skip=1)
    result = checkpoint(partition_id=None, sequence_number="640").bad()
    assert (result.changed, result.done) == (True, [f"commit {P0}"])


@pytest.mark.parametrize("fault", ["lost_after", "error_after", "lost_before"])
@pytest.mark.parametrize("partition_id", ["0", None])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_lost_answer_is_made_up_for(
    checkpoint: Run, emulator: Emulator, fault: str, partition_id: str | None, state: str
) -> None:
    if state == "absent":
        put(emulator, 0, 1, 2)
    emulator.fault(fault, operation="delete_checkpoint" if state == "absent" else "commit_checkpoint")
    desired = {"state": "absent"} if state == "absent" else {"sequence_number": "640"}
    dry = checkpoint(check=True, partition_id=partition_id, **desired).ok()
    result = checkpoint(partition_id=partition_id, **desired).ok()
    assert (result.changed, result.actions) == (True, dry.actions)
    left = {"0", "1", "2"} if partition_id is None else {"0"}
    assert set(there(emulator)) == (left if state == "present" else {"0", "1", "2"} - left)


def test_lost_response_without_a_read_reports_unconfirmed_actions(checkpoint: Run, emulator: Emulator) -> None:
    emulator.fault("lost_after", operation="commit_checkpoint")
    emulator.fault("status", operation="show_checkpoint", status=503, skip=1, times=0)
    result = checkpoint(sequence_number="640", api_timeout=1).bad()
    assert (result.changed, result.done) == (True, [f"commit {P0}"])
    assert "is unknown" in result.msg


def test_app_deleted_by_another_client_loses_its_checkpoints(checkpoint: Run, emulator: Emulator) -> None:
    put(emulator, 0)
    emulator.fault("rival_delete_app", operation="delete_checkpoint")
    assert checkpoint(state="absent").ok().changed is False


def test_service_without_a_checkpoint_to_delete_is_looked_at(checkpoint: Run, emulator: Emulator) -> None:
    put(emulator, 0)
    emulator.fault("status", operation="delete_checkpoint", status=400, code="DIS.4375")
    result = checkpoint(state="absent").ok()
    assert operations(result) == ["show", "delete", "show", "delete", "show"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_consumer_that_commits_at_once_is_reported(
    checkpoint: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """With a shorter time limit than outside of tests."""
    put(emulator, 0)
    body = {"sequence_number": "900"}
    emulator.fault("status", operation="show_checkpoint", status=200, body=body, skip=1, times=0)
    monkeypatch.setattr(resource, "AT_ONCE", resource.AT_ONCE._replace(timeout=1.0))
    desired = {"state": "absent"} if state == "absent" else {"sequence_number": "640"}
    result = checkpoint(**desired).bad()
    assert "A consumer may have committed" in result.msg
    assert result.changed is True


BROKEN = [
    *[("sequence_number", value, "an integer from 0") for value in ("-1", "1.5", "first", str(2**63))],
    *[("partition_id", value, "at most 10 digits") for value in ("first", "-1", "shard-0", "12345678901")],
    *[("stream_name", value, "1 to 64") for value in ("", "a" * 65, "a/b")],
    *[("app_name", value, "1 to 200") for value in ("", "a" * 201, "a/b")],
    ("metadata", "x" * 1001, "at most 1000 characters"),
]


@pytest.mark.parametrize(("option", "value", "rule"), BROKEN)
def test_rule_broken_is_refused_before_any_request(checkpoint: Run, option: str, value: str, rule: str) -> None:
    result = checkpoint(**{"sequence_number": "640", option: value}).bad()
    assert f"{option} is {value!r}" in result.msg
    assert rule in result.msg
    assert (result.changed, result.log) == (False, [])


@pytest.mark.parametrize(
    "options",
    [{}, {"checkpoint_type": "FIRST_READ", "sequence_number": "1"}, {"app_name": None, "sequence_number": "1"}],
    ids=str,
)
def test_value_that_is_missing_or_of_a_wrong_kind_is_refused(checkpoint: Run, options: dict[str, Any]) -> None:
    result = checkpoint(**options)
    assert result.failed
    assert result.log == []


# --- checkpoint_info ---


@pytest.mark.quick
@pytest.mark.parametrize("numbers", [True, False])
def test_info_returns_existing_resources(checkpoint: Run, info: Run, emulator: Emulator, numbers: bool) -> None:
    emulator.configure(numbers_in_consumption=numbers)
    put(emulator, 0, 2, metadata="noted")
    found = info().ok().data["checkpoints"]
    assert [(one["partition_id"], one["sequence_number"], one["metadata"]) for one in found] == [
        (P0, "100", "noted"),
        (P2, "100", "noted"),
    ]
    assert info(partition_id="2").ok().data["checkpoints"] == found[1:]
    assert checkpoint(sequence_number="100").ok().data["checkpoints"] == found[:1]
    assert info(check=True).ok().data["checkpoints"] == found


@pytest.mark.parametrize(
    "place",
    [{}, {"partition_id": "1"}, {"partition_id": "9"}, {"app_name": "none"}, {"stream_name": "none"}],
    ids=str,
)
@pytest.mark.parametrize("style", STYLES)
def test_info_about_a_missing_resource_is_an_empty_list(
    info: Run, emulator: Emulator, place: dict[str, str], style: str
) -> None:
    emulator.configure(missing_checkpoint=style)
    assert info(**place).ok().data["checkpoints"] == []


def test_info_refuses_broken_rules_and_passes_refusals_on(info: Run, emulator: Emulator) -> None:
    result = info(partition_id="first").bad()
    assert "partition_id is 'first'" in result.msg
    assert result.log == []
    emulator.fault("status", operation="show_consumption", status=403, code="DIS.4116")
    assert info().bad().error["code"] == "DIS.4116"
