# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams: validation, parsing, and the plan by example and by property."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._core.errors import (
    ApiError,
    DisError,
    InvalidOptions,
    UnexpectedResponse,
)
from ansible_collections.otc.dis.plugins.module_utils._core.paging import paginate
from ansible_collections.otc.dis.plugins.module_utils._resources import stream as _stream
from ansible_collections.otc.dis.plugins.module_utils._resources.stream import (
    BOUNDS,
    BY_NAME,
    FIELDS,
    FIXED,
    UPDATED,
    Create,
    DesiredStream,
    Drift,
    ImmutableSettingError,
    Stream,
    UnknownSettingError,
    Update,
    UpdateAutoScaling,
    differing,
    plan,
    raise_if_invalid,
    read_stream,
    to_diff,
    to_result,
    without_unused_bounds,
)

FULL: dict[str, Any] = {
    "partition_count": 2,
    "stream_type": "COMMON",
    "data_type": "JSON",
    "data_duration": 48,
    "data_schema": '{"type": "string"}',
    "csv_properties": {},
    "compression_format": "gzip",
    "auto_scale_enabled": False,
    "enterprise_project_id": "0",
}
SCALING = {"auto_scale_enabled": True, BOUNDS[0]: 1, BOUNDS[1]: 6}
TAGS = {"team": "billing", "stage": "test"}


def desired(
    state: str = "present", tags: dict[str, str] | None = None, purge: bool = True, **specified: Any
) -> DesiredStream:
    return DesiredStream("orders", specified, state, tags, purge)


def existing(status: str | None = "RUNNING", tags: dict[str, str] | None = None, **changes: Any) -> Stream:
    settings = {name: value for name, value in {**FULL, **changes}.items() if value is not None}
    facts = {"stream_id": "s1", "writable_partition_count": settings.get("partition_count")}
    return Stream("orders", settings, TAGS if tags is None else tags, status, facts)


TABLE = {  # observed -> verbs for present, absent
    "missing": (None, ["create"], []),
    "RUNNING": (existing(), [], ["delete"]),
    "CREATING": (existing("CREATING"), [], ["delete"]),
    "TERMINATING": (existing("TERMINATING"), ["create"], []),
    "TERMINATED": (existing("TERMINATED"), ["create"], []),
    "FROZEN": (existing("FROZEN"), [], ["delete"]),
    "undocumented": (existing("UPGRADING"), [], ["delete"]),
    "not reported": (existing(None), [], ["delete"]),
}


@pytest.mark.parametrize("on_drift", ["update", "recreate", "fail"])
@pytest.mark.parametrize(
    ("observed", "state", "verbs"),
    [
        pytest.param(row[0], state, verbs, id=f"{name}-{state}")
        for name, row in TABLE.items()
        for state, verbs in zip(("present", "absent"), row[1:], strict=True)
    ],
)
def test_plan_of_every_case_is_idempotent(observed: Stream | None, state: str, verbs: list[str], on_drift: str) -> None:
    made = plan(desired(state, TAGS, **FULL), observed, on_drift)
    assert list(made.verbs) == verbs
    assert made.before == observed
    assert plan(desired(state, TAGS, **FULL), made.after, on_drift).actions == ()


UPDATE, SCALE, REPLACE = ["update"], ["update_partition_count"], ["delete", "create"]
DRIFT = [  # desired, verbs with update (None: rejected), verbs with recreate
    ({"partition_count": 4}, SCALE, SCALE),
    ({"partition_count": 1}, SCALE, SCALE),
    ({"data_duration": 72}, UPDATE, REPLACE),
    ({"data_type": "CSV"}, UPDATE, REPLACE),
    ({"data_schema": '{"type": "int"}'}, UPDATE, REPLACE),
    (SCALING, ["update_auto_scaling"], REPLACE),
    ({"stream_type": "ADVANCED"}, None, REPLACE),
    ({"csv_properties": {"delimiter": ";"}}, None, REPLACE),
    ({"compression_format": ""}, None, REPLACE),
    ({"enterprise_project_id": "5d2f7f8e-0c1b-4a57-9d0e-6a1f2b3c4d5e"}, None, REPLACE),
    ({"tags": {}}, ["untag"], ["untag"]),
    ({"tags": {"team": "web"}}, ["untag", "tag"], ["untag", "tag"]),
    ({"tags": {"team": "web"}, "purge": False}, ["tag"], ["tag"]),
    ({"tags": {"stage": "test"}, "purge": False}, [], []),
    ({"partition_count": 4, "data_duration": 72, "tags": {"a": "b"}}, ["update", "untag", "tag", *SCALE], REPLACE),
    ({"partition_count": 4, "stream_type": "ADVANCED"}, None, REPLACE),
]


@pytest.mark.parametrize(("options", "updated", "recreated"), DRIFT, ids=str)
def test_plan_of_drift_is_idempotent(options: dict[str, Any], updated: list[str] | None, recreated: list[str]) -> None:
    for on_drift, verbs in (("update", updated), ("recreate", recreated)):
        if verbs is None:
            with pytest.raises(ImmutableSettingError, match="Nothing was changed"):
                plan(desired(**options), existing(), on_drift)
            continue
        made = plan(desired(**options), existing(), on_drift)
        assert list(made.verbs) == verbs
        assert plan(desired(**options), made.after, on_drift).actions == ()
        assert ("deletes its records" in " ".join(made.warnings)) == (verbs == REPLACE)
    if updated != []:
        with pytest.raises(Drift, match="on_drift is fail"):
            plan(desired(**options), existing(), "fail")


def test_drift_fail_names_each_option_with_both_values() -> None:
    with pytest.raises(Drift) as caught:
        plan(desired(partition_count=3, data_duration=24, tags={"team": "x"}), existing(), "fail")
    for difference in (
        "partition_count is 2 and should be 3",
        "data_duration is 48 and should be 24",
        "tags is {'team': 'billing', 'stage': 'test'} and should be {'team': 'x'}",
    ):
        assert difference in str(caught.value)


def test_immutable_settings_are_reported_with_both_values_and_the_effects_of_recreating() -> None:
    with pytest.raises(ImmutableSettingError) as caught:
        plan(desired(stream_type="ADVANCED", compression_format="zip", partition_count=9), existing())
    message = str(caught.value)
    assert "stream_type is 'COMMON' and should be 'ADVANCED'" in message
    assert "compression_format is 'gzip' and should be 'zip'" in message
    assert "partition_count" not in message
    assert "The API cannot change stream_type and compression_format" in caught.value.hint
    assert "on_drift: recreate" in caught.value.hint
    assert "deletes its records" in caught.value.hint


def test_recreate_keeps_unmanaged_settings() -> None:
    made = plan(desired(stream_type="ADVANCED", tags={"team": "web"}, purge=False), existing(), "recreate")
    assert made.after is not None
    assert made.after.settings == {**FULL, "stream_type": "ADVANCED"}
    assert made.after.tags == {"team": "web", "stage": "test"}


def test_create_sends_the_documented_defaults_and_no_empty_strings() -> None:
    (create,) = plan(desired(partition_count=1, compression_format="", tags={}), None).actions
    assert create.body() == {
        "stream_name": "orders",
        "partition_count": 1,
        "stream_type": "COMMON",
        "data_type": "BLOB",
        "data_duration": 24,
        "auto_scale_enabled": False,
    }


def test_create_sends_tags_and_the_enterprise_project() -> None:
    (create,) = plan(desired(tags={"a": "b"}, **{**FULL, **SCALING}), None).actions
    body = create.body()
    assert body["tags"] == [{"key": "a", "value": "b"}]
    assert body["sys_tags"] == [{"key": "_sys_enterprise_project_id", "value": "0"}]
    assert (body[BOUNDS[0]], body[BOUNDS[1]]) == (1, 6)
    assert not {"enterprise_project_id", "csv_properties"} & set(body)


@pytest.mark.parametrize("on_drift", ["update", "recreate"])
def test_create_without_partition_count_is_rejected_by_name(on_drift: str) -> None:
    with pytest.raises(InvalidOptions, match="to create it, specify partition_count"):
        plan(desired(data_duration=24), None, on_drift)
    with pytest.raises(InvalidOptions, match="to create it, specify partition_count"):
        plan(desired(data_duration=24), existing("TERMINATING"), on_drift)
    if on_drift == "recreate":
        with pytest.raises(InvalidOptions, match=r"To replace the stream .*, specify partition_count"):
            plan(desired(data_duration=24), existing(partition_count=None), on_drift)


def test_update_always_sends_the_retention() -> None:
    (update,) = plan(desired(data_type="CSV"), existing()).actions
    assert update.body() == {"stream_name": "orders", "data_duration": 48, "data_type": "CSV"}


def test_update_with_an_unreported_retention_requires_it() -> None:
    with pytest.raises(UnknownSettingError, match="data_duration"):
        plan(desired(data_type="CSV"), existing(data_duration=None))
    made = plan(desired(data_type="CSV", data_duration=24), existing(data_duration=None))
    assert made.actions[0].body()["data_duration"] == 24
    assert made.unverified == ("data_duration",)


def test_schemas_are_compared_as_data() -> None:
    observed = existing(data_schema='{"type":"record","name":"R","fields":[]}')
    same = '{\n "name": "R", "fields": [ ], "type": "record" }'
    assert plan(desired(data_schema=same), observed).actions == ()
    assert plan(desired(data_schema='{"type":"record","name":"S","fields":[]}'), observed).verbs == ("update",)
    assert plan(desired(data_schema='{"default": 1}'), existing(data_schema='{"default": true}')).verbs == ("update",)
    assert plan(desired(data_schema="{}"), existing(data_schema="not JSON")).verbs == ("update",)
    assert BY_NAME["data_schema"].read({"type": "string"}) == '{"type": "string"}'


def test_case_of_the_enterprise_project_is_no_drift() -> None:
    owner = "5d2f7f8e-0c1b-4a57-9d0e-6a1f2b3c4d5e"
    assert plan(desired(enterprise_project_id=owner.upper()), existing(enterprise_project_id=owner)).actions == ()


# --- automatic scaling ---


def test_partition_count_within_the_bounds_is_no_drift() -> None:
    assert plan(desired(partition_count=2), existing(partition_count=5, **SCALING)).actions == ()
    assert plan(desired(partition_count=2), existing(partition_count=7, **SCALING)).verbs == ("update_partition_count",)
    made = plan(desired(partition_count=4, auto_scale_enabled=False), existing(partition_count=5, **SCALING))
    assert made.verbs == ("update_auto_scaling", "update_partition_count")
    assert made.after is not None
    assert not set(BOUNDS) & set(made.after.settings)


def test_enabling_automatic_scaling_sends_and_requires_the_bounds() -> None:
    (update,) = plan(desired(**SCALING), existing()).actions
    assert update.auto_scaling_body() == {"update_type": "AUTO_SCALE", **SCALING}
    assert update.body() == {"stream_name": "orders", "data_duration": 48, **SCALING}
    with pytest.raises(InvalidOptions, match="auto_scale_min_partition_count and auto_scale_max_partition_count"):
        plan(desired(auto_scale_enabled=True), existing())
    with pytest.raises(InvalidOptions, match="specify auto_scale_max_partition_count"):
        plan(desired(partition_count=1, auto_scale_enabled=True, auto_scale_min_partition_count=1), None)


def test_another_bound_is_sent_with_the_rest() -> None:
    (update,) = plan(desired(auto_scale_enabled=True, auto_scale_max_partition_count=8), existing(**SCALING)).actions
    assert update.auto_scaling_body() == {"update_type": "AUTO_SCALE", **SCALING, BOUNDS[1]: 8}
    assert update.body() == {"stream_name": "orders", "data_duration": 48, **SCALING, BOUNDS[1]: 8}


def test_settings_and_automatic_scaling_are_two_updates() -> None:
    general, scaling = plan(desired(data_duration=72, **SCALING), existing()).actions
    assert general.body() == {"stream_name": "orders", "data_duration": 72}
    assert scaling.auto_scaling_body() == {"update_type": "AUTO_SCALE", **SCALING}


def test_bounds_of_disabled_scaling_are_unverified_and_not_sent() -> None:
    options = {**SCALING, "auto_scale_enabled": False}
    made = plan(desired(**options), existing())
    assert (made.actions, made.unverified) == ((), BOUNDS)
    created = plan(desired(partition_count=1, **options), None)
    assert created.unverified == BOUNDS
    assert not set(BOUNDS) & set(created.actions[0].body())
    assert plan(desired(**options), existing(**SCALING)).actions[0].body() == {
        "stream_name": "orders",
        "data_duration": 48,
        "auto_scale_enabled": False,
    }


# --- reading ---


RESPONSE: dict[str, Any] = {
    "stream_id": "s1",
    "stream_name": "orders",
    "create_time": 1717406400123,
    "last_modified_time": "1,717,406,400,984",
    "retention_period": 48,
    "status": "RUNNING",
    "stream_type": "COMMON",
    "data_type": "JSON",
    "data_schema": "{}",
    "compression_format": "gzip",
    "csv_properties": {"delimiter": "\t"},
    "writable_partition_count": 1,
    "readable_partition_count": 2,
    "partitions": [
        {"status": "ACTIVE", "partition_id": "shardId-0000000000", "hash_range": "[0 : 9]"},
        {"status": "DELETED", "partition_id": 1, "sequence_number_range": None},
    ],
    "update_partition_counts": [{"create_timestamp": 5, "src_partition_count": 2, "result_code": 0, "result_msg": 7}],
    "tags": [{"key": "team", "value": "billing"}, {"key": "empty"}, {"key": "_sys_x", "value": "y"}],
    "sys_tags": [{"key": "_sys_enterprise_project_id", "value": "0"}],
    "auto_scale_enabled": False,
    "auto_scale_min_partition_count": 0,
    "auto_scale_max_partition_count": 0,
}


def test_details_are_normalized() -> None:
    assert to_result(read_stream("orders", RESPONSE)) == {
        "stream_name": "orders",
        "status": "RUNNING",
        "stream_id": "s1",
        "create_time": 1717406400123,
        "last_modified_time": 1717406400984,
        "writable_partition_count": 1,
        "readable_partition_count": 2,
        "partition_count": 1,
        "stream_type": "COMMON",
        "data_type": "JSON",
        "data_duration": 48,
        "data_schema": "{}",
        "csv_properties": {"delimiter": "\t"},
        "compression_format": "gzip",
        "auto_scale_enabled": False,
        "auto_scale_min_partition_count": None,
        "auto_scale_max_partition_count": None,
        "enterprise_project_id": "0",
        "tags": {"team": "billing", "empty": ""},
        "partitions": [
            {
                "partition_id": "shardId-0000000000",
                "status": "ACTIVE",
                "hash_range": "[0 : 9]",
                "sequence_number_range": None,
                "parent_partitions": None,
            },
            {
                "partition_id": "shardId-0000000001",
                "status": "DELETED",
                "hash_range": None,
                "sequence_number_range": None,
                "parent_partitions": None,
            },
        ],
        "update_partition_counts": [
            {
                "create_timestamp": 5,
                "src_partition_count": 2,
                "target_partition_count": None,
                "result_code": 0,
                "result_msg": "7",
                "auto_scale": False,
            }
        ],
    }


def test_missing_members_are_empty_in_details_and_unknown_in_lists() -> None:
    bare = {"status": "RUNNING", "partition_count": 3, "retention_period": 24, "auto_scale_enabled": True}
    details, entry = (read_stream("orders", bare, complete=complete) for complete in (True, False))
    none = {"data_schema": "", "csv_properties": {}, "compression_format": ""}
    assert details.settings == {"partition_count": 3, "data_duration": 24, "auto_scale_enabled": True, **none}
    assert entry.settings == {"partition_count": 3, "data_duration": 24, "auto_scale_enabled": True}
    assert (details.tags, details.facts["partitions"], details.facts["update_partition_counts"]) == (None, None, [])
    assert (entry.tags, entry.facts["partitions"], entry.facts["update_partition_counts"]) == (None, None, None)


@pytest.mark.parametrize(
    ("members", "count", "writable"),
    [
        ({"writable_partition_count": 2}, 2, 2),
        ({"writable_partition_count": 2, "partitions": "ACTIVE ACTIVE DELETED EXPIRED"}, 2, 2),
        ({"writable_partition_count": 2, "partitions": "ACTIVE ACTIVE CREATING"}, 3, 2),
        ({"writable_partition_count": 3, "partitions": "ACTIVE ACTIVE CREATING"}, 3, 3),
        ({"partitions": "ACTIVE CREATING DELETED"}, 2, 1),
        ({"partition_count": 4}, 4, 4),
        ({"writable_partition_count": 0, "partitions": "CREATING CREATING"}, 2, 0),
        ({"writable_partition_count": 0, "partitions": ""}, None, 0),
        ({}, None, None),
    ],
    ids=str,
)
def test_deleted_and_expired_partitions_do_not_count(
    members: dict[str, Any], count: int | None, writable: int | None
) -> None:
    if "partitions" in members:
        partitions = enumerate(members["partitions"].split())
        members = {**members, "partitions": [{"partition_id": str(n), "status": status} for n, status in partitions]}
    stream = read_stream("orders", {"status": "RUNNING", **members})
    assert (stream.settings.get("partition_count"), stream.writable) == (count, writable)


def test_response_without_a_stream_is_rejected() -> None:
    with pytest.raises(UnexpectedResponse, match="does not describe a stream"):
        read_stream("orders", {"hello": "world"})


def test_paging_ends_without_new_entries() -> None:
    starts: list[str | None] = []

    def page(start: str | None) -> dict[str, Any]:
        starts.append(start)
        return {"items": [{"name": "a"}, {"name": "b"}] if start in (None, "b") else [], "more": True}

    assert [entry["name"] for entry in paginate(page, "items", "name", ("more",))] == ["a", "b"]
    assert starts == [None, "b"]


# --- rules ---


OPTIONS: dict[str, Any] = {"stream_name": "orders"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"stream_name": "a" * 65}, "1 to 64 letters"),
        ({"partition_count": 0}, "at least 1"),
        ({"data_duration": 23}, "24 to 168"),
        ({"data_duration": 169}, "24 to 168"),
        ({"data_schema": "{"}, "must be a JSON document"),
        ({"data_schema": ""}, "must be a JSON document"),
        ({"csv_properties": {"delimiter": ""}}, "csv_properties.delimiter is ''"),
        ({BOUNDS[0]: 0}, "at least 1"),
        ({BOUNDS[0]: 3, BOUNDS[1]: 2}, "must not exceed"),
        ({"enterprise_project_id": "mine"}, "a UUID"),
        ({"tags": {"": "x"}}, "1 to 36 characters"),
        ({"tags": {"k" * 37: "x"}}, "1 to 36 characters"),
        ({"tags": {"_sys_x": "x"}}, "_sys_"),
        ({"tags": {"k": "v" * 44}}, "at most 43 characters"),
        ({"tags": {"k": None}}, "tags.k is None"),
        ({"tags": {"k": True}}, "tags.k is True"),
        ({"tags": {"k": ["v"]}}, "must be a string"),
        ({"tags": dict.fromkeys("abcdefghijk", "")}, "at most 10"),
    ],
    ids=str,
)
def test_invalid_option_is_reported(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidOptions) as caught:
        raise_if_invalid({**OPTIONS, **options})
    assert words in str(caught.value)
    assert "Nothing was sent" in str(caught.value)


def test_limit_values_are_valid() -> None:
    raise_if_invalid(
        {"stream_name": "aZ9_-" + "x" * 59, "partition_count": 1, "data_duration": 168, "data_schema": '"string"'}
    )
    raise_if_invalid(
        {**OPTIONS, "data_duration": 24, "tags": {"k" * 36: "v" * 43, "n": 5, "e": ""}, BOUNDS[0]: 2, BOUNDS[1]: 2}
    )
    raise_if_invalid(
        {**OPTIONS, "csv_properties": {"delimiter": "\t"}, "compression_format": "", "enterprise_project_id": "0"}
    )


# --- properties ---

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "partition_count": st.integers(1, 8),
    "stream_type": st.sampled_from(BY_NAME["stream_type"].choices),
    "data_type": st.sampled_from(BY_NAME["data_type"].choices),
    "data_duration": st.sampled_from([24, 48, 168]),
    "data_schema": st.sampled_from(['{"a": 1, "b": 2}', '{"b":2,"a":1}', "[]"]),
    "csv_properties": st.sampled_from([{"delimiter": ","}, {"delimiter": "\t"}]),
    "compression_format": st.sampled_from(BY_NAME["compression_format"].choices),
    "auto_scale_enabled": st.booleans(),
    BOUNDS[0]: st.integers(1, 3),
    BOUNDS[1]: st.integers(4, 6),
    "enterprise_project_id": st.sampled_from(["0", "5d2f7f8e-0c1b-4a57-9d0e-6a1f2b3c4d5e"]),
}
SOME = st.fixed_dictionaries({}, optional=VALUES)
SOME_TAGS = st.none() | st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy"))
STATUS = st.sampled_from(["RUNNING", "CREATING", "TERMINATING", "TERMINATED", "FROZEN", "UPGRADING", None])


@st.composite
def worlds(draw: Any) -> Stream | None:
    """Streams that responses can describe: disabled scaling has no bounds."""
    if draw(st.booleans()) and draw(st.booleans()):
        return None
    reported = without_unused_bounds(
        {**draw(SOME), **draw(st.sampled_from([{}, {"csv_properties": {}, "data_schema": ""}]))}
    )
    facts = {"stream_id": "s1", "writable_partition_count": reported.get("partition_count")}
    return Stream("orders", reported, draw(SOME_TAGS), draw(STATUS), facts)


@settings(max_examples=200)
@given(specified=SOME.filter(lambda settings: "partition_count" in settings), data=st.data())
def test_every_specified_value_of_a_new_stream_is_sent(specified: dict[str, Any], data: st.DataObject) -> None:
    """The service may choose values of members that a request omits, unless a missing member means "none"."""
    desired_state = DesiredStream("orders", specified)
    try:
        (create,) = plan(desired_state, None).actions
    except DisError:
        return
    sent = create.body()
    means_none = ("data_schema", "csv_properties", "compression_format", *BOUNDS)
    own = {name: data.draw(strategy) for name, strategy in VALUES.items() if name not in (*sent, *means_none)}
    response = {"status": "RUNNING", "auto_scale_enabled": False, **own, **sent, "tags": []}
    response["retention_period"] = response.pop("data_duration")
    made = read_stream("orders", {**response, "writable_partition_count": sent["partition_count"]})
    assert plan(desired_state, made).actions == (), "the second run changes nothing"


def test_properties_cover_every_field() -> None:
    assert set(VALUES) == {field.name for field in FIELDS} == {"partition_count", *FIXED, *UPDATED}


@settings(max_examples=2000)
@given(
    desired_state=st.builds(
        DesiredStream,
        st.just("orders"),
        SOME,
        st.sampled_from(["present", "absent"]),
        SOME_TAGS,
        purge_tags=st.booleans(),
    ),
    observed=worlds(),
    on_drift=st.sampled_from(["update", "recreate", "fail"]),
)
def test_properties_of_the_plan(desired_state: DesiredStream, observed: Stream | None, on_drift: str) -> None:
    try:
        made = plan(desired_state, observed, on_drift)
    except DisError:
        return
    again = plan(desired_state, made.after, on_drift)
    assert again.actions == (), "the second run changes nothing"
    assert bool(made.actions) == (to_diff(made.before) != to_diff(made.after)), "changed must equal a diff"
    assert desired_state.state == "present" or made.after is None
    assert made.before is observed
    names = set(made.unverified)
    assert names <= {*desired_state.specified, "tags"}
    if made.after is None:
        return
    assert not names & set(made.after.settings), "reported settings are verified"
    assert differing(desired_state.specified, made.after.settings) == [], "specified, reported settings are applied"
    if desired_state.tags is not None and made.after.tags is not None:
        assert desired_state.tags.items() <= made.after.tags.items()
    verbs = made.verbs
    if "create" not in verbs and observed is not None:
        for name in set(observed.settings) - set(desired_state.specified) - set(BOUNDS):
            assert made.after.settings[name] == observed.settings[name], "unspecified settings are not managed"
        if desired_state.tags is None:
            assert made.after.tags == observed.tags
    if "delete" in verbs:
        assert on_drift == "recreate", "a stream is deleted only with recreate"
        assert made.warnings
    for action in made.actions:
        if isinstance(action, Create):
            assert action.body()["partition_count"] >= 1
            assert json.loads(json.dumps(action.body())) == action.body()
        if isinstance(action, Update):
            if not isinstance(action, UpdateAutoScaling):
                assert action.body()["data_duration"], "a general update always contains the retention"
            assert set(action.names) <= set(UPDATED)
            assert "names" not in action.body()


def test_bounds_are_kept_if_scaling_is_not_reported() -> None:
    unreported = replace(existing(), settings={"partition_count": 1, BOUNDS[0]: 1})
    assert plan(desired(auto_scale_enabled=True, auto_scale_min_partition_count=1), unreported).unverified == (
        "auto_scale_enabled",
    )


# --- requests and hints of errors ---


class Api:
    """Records the calls, and raises an error if one is configured."""

    def __init__(self, err: ApiError | None = None) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.err = err

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any) -> None:
            self.calls.append((name, *args))
            if self.err:
                raise self.err

        return call


OBSERVED = _stream.Stream(
    "s",
    {"partition_count": 2, "data_type": "JSON", "data_duration": 168, "auto_scale_enabled": False, "data_schema": ""},
    {"a": "b"},
    "RUNNING",
    {"stream_id": "fakeid", "writable_partition_count": 1},
)


def test_each_action_on_a_stream_is_one_call() -> None:
    api = Api()
    for action in (
        _stream.Create(OBSERVED),
        _stream.Update(OBSERVED, ("data_schema",), "differences"),
        _stream.UpdatePartitionCount("s", 3),
        _stream.Tag(OBSERVED, {"c": "d"}),
        _stream.Untag(OBSERVED, {"a": "b"}),
        _stream.Delete(OBSERVED),
    ):
        action.send(api)
    assert api.calls == [
        (
            "create_stream",
            "s",
            {
                "stream_name": "s",
                "partition_count": 2,
                "data_type": "JSON",
                "data_duration": 168,
                "auto_scale_enabled": False,
                "tags": [{"key": "a", "value": "b"}],
            },
        ),
        ("update_stream", "s", {"stream_name": "s", "data_duration": 168, "data_schema": ""}),
        ("change_partition_count", "s", 3),
        ("act_on_stream_tags", "s", "fakeid", "create", [{"key": "c", "value": "d"}]),
        ("act_on_stream_tags", "s", "fakeid", "delete", [{"key": "a", "value": "b"}]),
        ("delete_stream", "s"),
    ]


def rejected(action: Any, status: int, code: str | None) -> str:
    with pytest.raises(ApiError) as caught:
        action.send(Api(ApiError("do it", status, code, "no")))
    return caught.value.hint


def test_create_rejected_without_a_reason_has_the_region_hints() -> None:
    assert rejected(_stream.Create(OBSERVED), 400, None) == f"{_stream.LONG_RETENTION} {_stream.BLOB_ONLY}"
    assert _stream.BLOB_ONLY not in rejected(_stream.Create(OBSERVED), 400, "DIS.4307")
    assert (
        _stream.region_limit_hints({"data_duration": 72, "data_type": "BLOB"}) == _stream.region_limit_hints({}) == []
    )
    assert _stream.region_limit_hints({"data_duration": 73}) == [_stream.LONG_RETENTION]


def test_rejected_update_has_a_hint_about_recreating() -> None:
    update = _stream.Update(OBSERVED, ("data_type",), "differences")
    for status in (404, 405):
        hint = rejected(update, status, None)
        assert hint.startswith("This region does not support updating data_type of a stream (differences).")
        assert hint.endswith(_stream.RECREATE_WARNING)
    hint = rejected(update, 400, None)
    assert hint.startswith(
        f"{_stream.BLOB_ONLY} If the values are correct, this region does not support updating data_type"
    )
    assert _stream.LONG_RETENTION not in hint
    assert _stream.RECREATE_WARNING not in rejected(update, 404, "DIS.4301")
    assert _stream.RECREATE_WARNING not in rejected(update, 400, "DIS.4307")


def test_derived_properties_of_a_stream() -> None:
    assert (OBSERVED.stream_id, OBSERVED.writable, OBSERVED.is_scaling, OBSERVED.is_deleting) == (
        "fakeid",
        1,
        True,
        False,
    )
    bare = _stream.Stream("s", {"partition_count": 2})
    assert (bare.stream_id, bare.writable, bare.is_scaling, bare.tags) == (None, None, False, None)
    same = _stream.Stream("s", {"partition_count": 2}, facts={"writable_partition_count": 2})
    assert not same.is_scaling
    assert [
        _stream.Stream("s", {}, status=word).is_deleting for word in ("TERMINATING", "TERMINATED", "FROZEN", None)
    ] == [
        True,
        True,
        False,
        False,
    ]


def test_desired_tags() -> None:
    desired = _stream.DesiredStream("s", {})
    assert (desired.state, desired.tags, desired.purge_tags, str(desired)) == ("present", None, True, 'stream "s"')
    assert desired.merge_tags(OBSERVED) == {"a": "b"}
    other = _stream.DesiredStream("s", {}, tags={"c": "d"})
    assert other.merge_tags(OBSERVED) == {"c": "d"}
    assert _stream.DesiredStream("s", {}, tags={"c": "d"}, purge_tags=False).merge_tags(OBSERVED) == {
        "a": "b",
        "c": "d",
    }
    assert other.merge_tags(_stream.Stream("s", {})) == {"c": "d"}
    options = {
        **dict.fromkeys(_stream.BY_NAME),
        "data_schema_from": "schema",
        "stream_name": "s",
        "tags": {1: 2},
        "state": "absent",
        "purge_tags": False,
    }
    assert _stream.desired_from(options) == _stream.DesiredStream("s", {}, "absent", {"1": "2"}, False)


@pytest.mark.parametrize(
    ("status", "warned"),
    [
        ("RUNNING", None),
        ("CREATING", None),
        ("FROZEN", "is FROZEN"),
        (None, "in an unreported status"),
    ],
)
def test_stream_that_may_reject_changes_has_a_warning(status: str | None, warned: str | None) -> None:
    made = _stream.plan(_stream.DesiredStream("s", {}), dataclasses.replace(OBSERVED, status=status))
    assert made.after is not None
    assert made.after.status == ("RUNNING" if status == "CREATING" else status)
    assert (len(made.warnings) == 0) if warned is None else (warned in made.warnings[0])


def test_new_stream_has_the_defaults_of_the_service() -> None:
    made = _stream.plan(_stream.DesiredStream("s", {"partition_count": 3}), None)
    assert made.after == _stream.Stream(
        "s",
        {
            "partition_count": 3,
            "stream_type": "COMMON",
            "data_type": "BLOB",
            "data_duration": 24,
            "data_schema": "",
            "csv_properties": {},
            "compression_format": "",
            "auto_scale_enabled": False,
        },
        {},
        "RUNNING",
        {"writable_partition_count": 3, "partitions": []},
    )


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("stream_type", ("COMMON", "ADVANCED")),
        ("data_type", ("BLOB", "JSON", "CSV")),
        ("compression_format", ("", "snappy", "gzip", "zip")),
    ],
)
def test_choices_of_the_service(name: str, choices: tuple[str, ...]) -> None:
    assert _stream.BY_NAME[name].choices == choices


def test_delimiter_that_is_not_a_string_is_none() -> None:
    delimiter = _stream.BY_NAME["csv_properties"].members[0]
    assert [delimiter.read(value) for value in ("\t", "", 7, None)] == ["\t", None, None, None]


def test_stream_being_deleted_is_absent_in_a_diff() -> None:
    assert to_diff(None) is None
    assert to_diff(existing("TERMINATING")) is None
    shown = {name: value for name, value in FULL.items() if name != "enterprise_project_id"}
    assert to_diff(existing()) == {**shown, "tags": TAGS}
    owner = {"enterprise_project_id": "5d2f7f8e-0c1b-4a57-9d0e-6a1f2b3c4d5e"}
    assert to_diff(existing(**owner)) == {**shown, **owner, "tags": TAGS}
    assert to_diff(Stream("orders", {"partition_count": 2})) == {"partition_count": 2}


def test_bounds_are_inclusive() -> None:
    for count, names in ((1, []), (6, []), (7, ["partition_count"])):
        assert differing({"partition_count": 3}, {**SCALING, "partition_count": count}) == names


def test_planned_stream_has_the_desired_tags_and_partitions() -> None:
    made = plan(desired(partition_count=4, tags={"team": "web"}), existing())
    assert made.after is not None
    assert made.after.tags == {"team": "web"}
    assert made.after.facts["writable_partition_count"] == 4
    assert made.after.facts["stream_id"] == "s1"
    other = plan(desired(data_duration=72), existing())
    assert other.after is not None
    assert (other.after.tags, other.after.facts) == (TAGS, existing().facts)


def test_unreported_tags_are_neither_changed_nor_verified() -> None:
    unreported = Stream("orders", dict(FULL), None, "RUNNING")
    made = plan(desired(tags={"team": "web"}), unreported)
    assert (made.verbs, made.unverified) == ((), ("tags",))
    assert plan(desired(), unreported).unverified == ()
    assert plan(desired(tags=TAGS), existing()).unverified == ()


def test_update_of_other_settings_does_not_send_bounds() -> None:
    (update,) = plan(desired(data_duration=72), existing(**SCALING, partition_count=3)).actions
    assert set(update.body()) == {"stream_name", "data_duration"}


def test_hints_of_region_limits() -> None:
    assert _stream.region_limit_hints({"data_duration": 72, "data_type": "BLOB"}) == []
    assert _stream.region_limit_hints({"data_duration": 73}) == [_stream.LONG_RETENTION]
    assert _stream.region_limit_hints({}) == []
    assert _stream.region_limit_hints({"data_type": "CSV"}) == [_stream.BLOB_ONLY]


def test_bounds_of_disabled_scaling_are_no_drift() -> None:
    known = {"auto_scale_enabled": False, BOUNDS[0]: 1, "partition_count": 2}
    assert differing({BOUNDS[0]: 3, "data_duration": 72}, {**known, "data_duration": 24}) == ["data_duration"]
    assert differing({BOUNDS[0]: 3}, {**known, "auto_scale_enabled": True}) == [BOUNDS[0]]


def test_tags_and_scaling_history_are_parsed() -> None:
    assert _stream.read_tags([{"key": "a", "value": None}, {"value": "b"}, {"key": "c", "value": 1}]) == {
        "a": "",
        "c": "1",
    }
    entry = {"create_timestamp": 1, "src_partition_count": 1, "target_partition_count": "2", "result_code": 0}
    (read,) = _stream.read_scalings([{**entry, "result_msg": None, "auto_scale": True}])
    assert read == {**entry, "target_partition_count": 2, "result_msg": "", "auto_scale": True}


# --- schemas from samples ---


def options_with(sample: str, **options: Any) -> dict[str, Any]:
    """Return options with a sample."""
    more = {"stream_name": "s", "state": "present", "tags": None, "purge_tags": True, "data_schema_from": "sample"}
    return {**dict.fromkeys(_stream.BY_NAME), **more, "data_schema": sample, **options}


def test_sample_is_not_compared_until_its_schema_is_known() -> None:
    wanted = _stream.desired_from(options_with('{"id": 1}', data_type="JSON"))
    assert (wanted.sample, wanted.specified) == ('{"id": 1}', {"data_type": "JSON"})
    known = wanted.with_schema('{"type":   "string"}')
    assert (known.sample, known.specified["data_schema"]) == (None, '{"type":   "string"}')
    assert plan(replace(known, stream_name="orders"), existing()).verbs == ()
    assert plan(replace(known.with_schema('"int"'), stream_name="orders"), existing()).verbs == ("update",)


@pytest.mark.parametrize(("length", "valid"), [(_stream.MAX_SAMPLE_BYTES, True), (_stream.MAX_SAMPLE_BYTES + 1, False)])
@pytest.mark.parametrize("character", ["x", "\u00e4"])
def test_size_of_a_sample_is_limited_in_bytes(length: int, valid: bool, character: str) -> None:
    size = len(character.encode())
    text = character * ((length - 2) // size)
    sample = json.dumps(text + "x" * (length - 2 - len(text) * size), ensure_ascii=False)
    assert len(sample.encode()) == length
    if valid:
        raise_if_invalid(options_with(sample))
    else:
        with pytest.raises(InvalidOptions, match=f"data_schema has {length} bytes"):
            raise_if_invalid(options_with(sample))
    raise_if_invalid(options_with(sample, data_schema_from="schema"))


@pytest.mark.parametrize("schema", ['{"type": "string"}', {"type": "string"}])
def test_schema_is_parsed_as_text_or_as_data(schema: Any) -> None:
    assert json.loads(_stream.read_schema({"schema": schema})) == {"type": "string"}


@pytest.mark.parametrize(
    "response", [{}, *({"schema": one} for one in (None, "", " ", "{", 5, True, [], "[]", "5"))], ids=str
)
def test_response_without_a_schema_is_rejected(response: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedResponse, match="contains no schema"):
        _stream.read_schema(response)


@pytest.mark.parametrize("response", [{}, {"update_partition_counts": None}, {"stream_name": "other"}], ids=str)
def test_response_without_a_scaling_history_is_rejected(response: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedResponse, match='Cannot list the partition count changes of stream "s"'):
        _stream.read_scaling_history("s", response)
    assert _stream.read_scaling_history("s", {"update_partition_counts": []}) == []
