# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apps and checkpoints: plans by example and by property, and parsing of their response variants."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._core.errors import InvalidOptions, UnexpectedResponse
from ansible_collections.otc.dis.plugins.module_utils._resources import app as _app
from ansible_collections.otc.dis.plugins.module_utils._resources import checkpoint as _checkpoint
from ansible_collections.otc.dis.plugins.module_utils._resources.app import (
    App,
    read_app,
    read_consumption,
    read_position,
)
from ansible_collections.otc.dis.plugins.module_utils._resources.base import (
    MAX_NUMBER,
    PARTITION_ID,
    SEQUENCE_NUMBER,
    canonical_partition_id,
)
from ansible_collections.otc.dis.plugins.module_utils._resources.checkpoint import (
    Checkpoint,
    Checkpoints,
    read_checkpoint,
    read_checkpoints,
)

READER = App("reader", "id", 1, ("meters", "orders"))


@pytest.mark.parametrize(
    ("state", "force", "observed", "verbs"),
    [
        ("present", False, None, ["create"]),
        ("present", True, READER, []),
        ("absent", False, None, []),
        ("absent", False, App("reader"), ["delete"]),
        ("absent", True, App("reader"), ["delete"]),
        ("absent", False, READER, ["delete"]),
        ("absent", True, READER, ["delete_checkpoints meters", "delete_checkpoints orders", "delete"]),
    ],
)
def test_plan_of_an_app_is_idempotent(state: str, force: bool, observed: App | None, verbs: list[str]) -> None:
    desired = _app.DesiredApp("reader", state, force)
    made = _app.plan(desired, observed)
    assert list(made.verbs) == verbs
    assert bool(made.actions) == (_app.to_diff(made.before) != _app.to_diff(made.after))
    assert _app.plan(desired, made.after).actions == ()


def test_app_with_checkpoints_is_not_deleted_without_a_warning() -> None:
    assert "force: true" in _app.plan(_app.DesiredApp("reader", "absent"), READER).warnings[0]
    assert _app.plan(_app.DesiredApp("reader", "absent", True), READER).warnings == ()


def test_streams_without_checkpoints_are_skipped() -> None:
    made = _app.plan(_app.DesiredApp("reader", "absent", True, ("meters",)), READER)
    assert made.verbs == ("delete_checkpoints orders", "delete")


@pytest.mark.parametrize("response", [{}, {"apps": []}, {"app_name": "", "app_id": None}])
def test_response_without_an_app_is_rejected(response: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedResponse, match="does not describe an app"):
        read_app("reader", response)


def test_app_is_read_with_missing_members() -> None:
    assert read_app("reader", {"app_id": 7}) == App("reader", "7")
    entry = {"app_name": "reader", "create_time": "5", "commit_checkpoint_stream_names": ["b", None, "a"]}
    assert read_app("reader", entry) == App("reader", None, 5, ("a", "b"))


# --- consumption ---


@pytest.mark.parametrize(
    ("value", "position"),
    [
        (640, "640"), ("640", "640"), ("0640", "640"), (0, "0"), ("0", "0"), (MAX_NUMBER, str(MAX_NUMBER)),
        (str(MAX_NUMBER), str(MAX_NUMBER)), (-1, None), ("-1", None), ("", None), (None, None), (True, None),
        ("x", None),
        (1.5, None), ([], None),
    ],
)  # fmt: skip
def test_position_is_read(value: Any, position: str | None) -> None:
    assert read_position(value) == position


def test_consumption_is_normalized_and_has_a_lag() -> None:
    numbers = [
        {"partition_id": 1, "sequence_number": -1, "latest_offset": 50, "earliest_offset": 10, "status": "ACTIVE"},
        {"partition_id": 0, "sequence_number": 640, "latest_offset": 977, "earliest_offset": 310, "status": "ACTIVE"},
        {"partition_id": "shardId-0000000000", "sequence_number": 1},
        {"partition_id": 2, "sequence_number": 9, "latest_offset": 7},
    ]
    texts = [{name: str(value) for name, value in entry.items()} for entry in numbers]
    for entries in (numbers, texts):
        status = read_consumption("meters", entries)
        partitions = status["partitions"]
        assert [entry["partition_id"] for entry in partitions] == [f"shardId-000000000{number}" for number in "012"]
        assert [entry["sequence_number"] for entry in partitions] == ["640", None, "9"]
        assert [entry["lag"] for entry in partitions] == [337, None, 0]
        assert status["lag"] == 337


def test_consumption_of_an_app_that_never_committed_has_no_lag() -> None:
    assert read_consumption("meters", [{"partition_id": 0, "sequence_number": "-1", "latest_offset": 5}])["lag"] is None
    assert read_consumption("meters", []) == {"stream_name": "meters", "lag": None, "partitions": []}


@given(st.integers(max_value=-1) | st.integers(max_value=-1).map(str) | st.sampled_from([None, "", "x", 1.5]))
def test_offset_that_is_negative_or_not_a_number_is_unknown(value: Any) -> None:
    entry = {"partition_id": 0, "sequence_number": 3, "latest_offset": value, "earliest_offset": value}
    status = read_consumption("meters", [entry])
    (partition,) = status["partitions"]
    assert (partition["earliest_offset"], partition["latest_offset"], partition["lag"]) == (None, None, None)
    assert (partition["sequence_number"], status["lag"]) == ("3", None)


@given(st.integers(0, MAX_NUMBER), st.integers(0, MAX_NUMBER))
def test_lag_is_never_negative(position: int, newest: int) -> None:
    status = read_consumption("s", [{"partition_id": 0, "sequence_number": str(position), "latest_offset": newest}])
    assert status["lag"] == max(0, newest - position)


@given(st.integers(0, 9_999_999_999))
def test_partition_id_has_one_long_form(number: int) -> None:
    spellings: list[Any] = [number, str(number), f"shardId-{number:010d}", f"shardId-{number}"]
    assert {canonical_partition_id(one) for one in spellings} == {f"shardId-{number:010d}"}
    assert all(PARTITION_ID.allows(str(one)) for one in spellings)


@pytest.mark.parametrize("value", ["shard-0", "", "-1", "12345678901", "shardId-", "0\n", "٣"])
def test_invalid_partition_id_is_rejected_and_unchanged(value: str) -> None:
    assert not PARTITION_ID.allows(value)
    assert canonical_partition_id(value) == value


@pytest.mark.parametrize(
    ("value", "good"),
    [("0", True), (str(MAX_NUMBER), True), (str(MAX_NUMBER + 1), False), ("-1", False), ("", False), ("1e3", False),
     ("007", True), ("٣", False), ("1_0", False), (" 1", False), ("1\n", False)],
)  # fmt: skip
def test_sequence_number_is_an_integer_up_to_the_maximum(value: str, good: bool) -> None:
    assert SEQUENCE_NUMBER.allows(value) == good


# --- checkpoints ---

P0, P1, P2 = (f"shardId-000000000{number}" for number in range(3))


@pytest.mark.parametrize(
    "response",
    [None, {}, {"sequence_number": ""}, {"sequence_number": "-1"}, {"sequence_number": -1}, {"metadata": "x"}],
)
def test_no_checkpoint_has_many_forms(response: Any) -> None:
    assert read_checkpoint(P0, response) is None


@pytest.mark.parametrize(
    "response", [[], "x", *({"sequence_number": one} for one in ("x", 1.5, True, [], {}, "9" * 5000))], ids=range(8)
)
def test_checkpoint_that_cannot_be_read_is_not_none(response: Any) -> None:
    with pytest.raises(UnexpectedResponse, match="is not an integer"):
        read_checkpoint(P0, response)
    if isinstance(response, dict):
        with pytest.raises(UnexpectedResponse, match="is not an integer"):
            read_checkpoints([{"partition_id": 0, **response}])


def test_checkpoint_is_read() -> None:
    assert read_checkpoint(P0, {"sequence_number": 640, "metadata": ""}) == Checkpoint(P0, "640")
    assert read_checkpoint(P0, {"sequence_number": "640", "metadata": "h"}) == Checkpoint(P0, "640", "h")


def test_checkpoints_are_read_from_the_consumption() -> None:
    entries = [
        {"partition_id": 2, "sequence_number": 5, "status": "EXPIRED"},
        {"partition_id": 1, "sequence_number": "-1", "status": "DELETED"},
        {"partition_id": "0", "sequence_number": "7", "status": "ACTIVE", "metadata": "m"},
        {"partition_id": 0, "sequence_number": "8"},
        {"partition_id": 3, "sequence_number": "-1", "status": "CREATING"},
    ]
    partitions, found = read_checkpoints(entries)
    assert partitions == (P0, P1)
    assert found == {P0: Checkpoint(P0, "7", "m"), P2: Checkpoint(P2, "5")}


def observe(*found: Checkpoint, partitions: tuple[str, ...] = (P0,)) -> Checkpoints:
    return Checkpoints("meters", "reader", partitions, {one.partition_id: one for one in found})


def desire(
    number: str | None = None, partition: str | None = P0, metadata: str | None = None
) -> _checkpoint.DesiredCheckpoints:
    return _checkpoint.DesiredCheckpoints("meters", "reader", partition, number, metadata)


@pytest.mark.parametrize(
    ("desired", "observed", "verbs"),
    [
        (desire("640"), observe(), [f"commit {P0}"]),
        (desire("640"), observe(Checkpoint(P0, "640")), []),
        (desire("640"), observe(Checkpoint(P0, "0640", "kept")), []),
        (desire("640"), observe(Checkpoint(P0, "641", "kept")), [f"move {P0}"]),
        (desire("640", metadata="new"), observe(Checkpoint(P0, "640", "old")), [f"move {P0}"]),
        (desire("640", metadata=""), observe(Checkpoint(P0, "640", "old")), [f"move {P0}"]),
        (desire("640", metadata=""), observe(Checkpoint(P0, "640")), []),
        (desire("9", None), observe(Checkpoint(P0, "9"), partitions=(P0, P1)), [f"commit {P1}"]),
        (desire(), None, []),
        (desire(), observe(), []),
        (desire(), observe(Checkpoint(P0, "9")), [f"delete {P0}"]),
        (desire(partition=None), observe(Checkpoint(P0, "9"), Checkpoint(P2, "1")), ["delete all"]),
    ],
)
def test_plan_of_checkpoints_is_idempotent(
    desired: _checkpoint.DesiredCheckpoints, observed: Checkpoints | None, verbs: list[str]
) -> None:
    made = _checkpoint.plan(desired, observed)
    assert list(made.verbs) == verbs
    assert _checkpoint.plan(desired, made.after).actions == ()


def test_unspecified_metadata_is_kept() -> None:
    made = _checkpoint.plan(desire("640"), observe(Checkpoint(P0, "641", "kept")))
    assert made.actions[0].checkpoint == Checkpoint(P0, "640", "kept")


NUMBERS = st.integers(0, 3).map(str)
NOTES = st.sampled_from([None, "", "a", "b"])


@given(
    st.lists(st.tuples(st.sampled_from([P0, P1, P2]), NUMBERS, NOTES), max_size=3),
    st.sets(st.sampled_from([P0, P1, P2])),
    st.one_of(st.none(), NUMBERS),
    NOTES,
)
def test_properties_of_the_plan_of_checkpoints(
    found: list[tuple[str, str, str | None]], partitions: set[str], number: str | None, metadata: str | None
) -> None:
    observed = observe(*(Checkpoint(*entry) for entry in found), partitions=tuple(sorted(partitions)))
    desired = desire(number, None, metadata)
    made = _checkpoint.plan(desired, observed)
    assert _checkpoint.plan(desired, made.after).actions == ()
    assert bool(made.actions) == ((_checkpoint.to_diff(made.before) or {}) != (_checkpoint.to_diff(made.after) or {}))
    if number is not None:
        assert made.after is not None
        assert all(made.after.found[name].sequence_number == number for name in partitions)
        assert all(made.after.found[name] == one for name, one in observed.found.items() if name not in partitions)


def test_state_absent_has_no_desired_checkpoint() -> None:
    with pytest.raises(ValueError, match="state absent"):
        desire().merged_with(P0, None)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sequence_number": "-1"}, "sequence_number is '-1', but must be an integer from 0 to"),
        ({"partition_id": "first"}, "partition_id is 'first'"),
        ({"metadata": "x" * 1001}, "at most 1000 characters"),
        ({"app_name": "a" * 201}, "1 to 200"),
        ({"stream_name": "a" * 65}, "1 to 64"),
    ],
    ids=["number", "partition", "metadata", "app", "stream"],
)
def test_rules_of_checkpoints(options: dict[str, Any], words: str) -> None:
    good = {
        "stream_name": "s",
        "app_name": "a",
        "partition_id": "0",
        "sequence_number": "1",
        "metadata": "m" * 1000,
        "state": "present",
    }
    assert _checkpoint.desired_from(good).partition_id == P0
    with pytest.raises(InvalidOptions, match=words):
        _checkpoint.desired_from({**good, **options})
