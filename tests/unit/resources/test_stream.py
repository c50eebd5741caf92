# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams: the rules of the options, the reading of answers, the plan and its laws."""

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
    state: str = "present", tags: dict[str, str] | None = None, purge: bool = True, **given: Any
) -> DesiredStream:
    return DesiredStream("orders", given, state, tags, purge)


def seen(status: str | None = "RUNNING", tags: dict[str, str] | None = None, **changes: Any) -> Stream:
    settings = {name: value for name, value in {**FULL, **changes}.items() if value is not None}
    facts = {"stream_id": "s1", "writable_partition_count": settings.get("partition_count")}
    return Stream("orders", settings, TAGS if tags is None else tags, status, facts)


TABLE = {  # observed -> verbs for present, absent
    "missing": (None, ["create"], []),
    "RUNNING": (seen(), [], ["delete"]),
    "CREATING": (seen("CREATING"), [], ["delete"]),
    "TERMINATING": (seen("TERMINATING"), ["create"], []),
    "TERMINATED": (seen("TERMINATED"), ["create"], []),
    "FROZEN": (seen("FROZEN"), [], ["delete"]),
    "unheard of": (seen("UPGRADING"), [], ["delete"]),
    "untold": (seen(None), [], ["delete"]),
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
def test_plan_of_every_cell_then_quiet(observed: Stream | None, state: str, verbs: list[str], on_drift: str) -> None:
    made = plan(desired(state, TAGS, **FULL), observed, on_drift)
    assert list(made.verbs) == verbs
    assert made.before == observed
    assert plan(desired(state, TAGS, **FULL), made.after, on_drift).actions == ()


UPDATE, SCALE, REPLACE = ["update"], ["update_partition_count"], ["delete", "create"]
DRIFT = [  # wish, verbs with update (None: refused), verbs with recreate
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


@pytest.mark.parametrize(("asked", "updated", "recreated"), DRIFT, ids=str)
def test_plan_of_drift_then_quiet(asked: dict[str, Any], updated: list[str] | None, recreated: list[str]) -> None:
    for on_drift, verbs in (("update", updated), ("recreate", recreated)):
        if verbs is None:
            with pytest.raises(ImmutableSettingError, match="Nothing was changed"):
                plan(desired(**asked), seen(), on_drift)
            continue
        made = plan(desired(**asked), seen(), on_drift)
        assert list(made.verbs) == verbs
        assert plan(desired(**asked), made.after, on_drift).actions == ()
        assert ("loses all records" in " ".join(made.warnings)) == (verbs == REPLACE)
    if updated != []:
        with pytest.raises(Drift, match="on_drift is fail"):
            plan(desired(**asked), seen(), "fail")


def test_drift_fail_names_each_option_with_both_values() -> None:
    with pytest.raises(Drift) as caught:
        plan(desired(partition_count=3, data_duration=24, tags={"team": "x"}), seen(), "fail")
    for told in (
        "partition_count is 2 and should be 3",
        "data_duration is 48 and should be 24",
        "tags is {'team': 'billing', 'stage': 'test'} and should be {'team': 'x'}",
    ):
        assert told in str(caught.value)


def test_what_cannot_be_changed_is_named_with_both_values_and_the_price_of_the_way_out() -> None:
    with pytest.raises(ImmutableSettingError) as caught:
        plan(desired(stream_type="ADVANCED", compression_format="zip", partition_count=9), seen())
    told = str(caught.value)
    assert "stream_type is 'COMMON' and should be 'ADVANCED'" in told
    assert "compression_format is 'gzip' and should be 'zip'" in told
    assert "partition_count" not in told
    assert "No operation changes stream_type and compression_format" in caught.value.hint
    assert "on_drift: recreate" in caught.value.hint
    assert "loses all records" in caught.value.hint


def test_recreate_carries_over_what_is_not_managed() -> None:
    made = plan(desired(stream_type="ADVANCED", tags={"team": "web"}, purge=False), seen(), "recreate")
    assert made.after is not None
    assert made.after.settings == {**FULL, "stream_type": "ADVANCED"}
    assert made.after.tags == {"team": "web", "stage": "test"}


def test_create_sends_the_documented_defaults_and_no_blanks() -> None:
    (create,) = plan(desired(partition_count=1, compression_format="", tags={}), None).actions
    assert create.body() == {
        "stream_name": "orders",
        "partition_count": 1,
        "stream_type": "COMMON",
        "data_type": "BLOB",
        "data_duration": 24,
        "auto_scale_enabled": False,
    }


def test_create_puts_tags_and_the_enterprise_project_where_they_belong() -> None:
    (create,) = plan(desired(tags={"a": "b"}, **{**FULL, **SCALING}), None).actions
    body = create.body()
    assert body["tags"] == [{"key": "a", "value": "b"}]
    assert body["sys_tags"] == [{"key": "_sys_enterprise_project_id", "value": "0"}]
    assert (body[BOUNDS[0]], body[BOUNDS[1]]) == (1, 6)
    assert not {"enterprise_project_id", "csv_properties"} & set(body)


@pytest.mark.parametrize("on_drift", ["update", "recreate"])
def test_create_without_partition_count_is_refused_by_name(on_drift: str) -> None:
    with pytest.raises(InvalidOptions, match="to create it partition_count must be given"):
        plan(desired(data_duration=24), None, on_drift)
    with pytest.raises(InvalidOptions, match="to create it partition_count must be given"):
        plan(desired(data_duration=24), seen("TERMINATING"), on_drift)
    if on_drift == "recreate":
        with pytest.raises(InvalidOptions, match=r"To replace the stream .*, partition_count must be given"):
            plan(desired(data_duration=24), seen(partition_count=None), on_drift)


def test_update_always_resends_the_retention() -> None:
    (update,) = plan(desired(data_type="CSV"), seen()).actions
    assert update.body() == {"stream_name": "orders", "data_duration": 48, "data_type": "CSV"}


def test_update_with_a_hidden_retention_needs_it_given() -> None:
    with pytest.raises(UnknownSettingError, match="data_duration"):
        plan(desired(data_type="CSV"), seen(data_duration=None))
    made = plan(desired(data_type="CSV", data_duration=24), seen(data_duration=None))
    assert made.actions[0].body()["data_duration"] == 24
    assert made.unverified == ("data_duration",)


def test_schemas_are_compared_as_data() -> None:
    observed = seen(data_schema='{"type":"record","name":"R","fields":[]}')
    same = '{\n "name": "R", "fields": [ ], "type": "record" }'
    assert plan(desired(data_schema=same), observed).actions == ()
    assert plan(desired(data_schema='{"type":"record","name":"S","fields":[]}'), observed).verbs == ("update",)
    assert plan(desired(data_schema='{"default": 1}'), seen(data_schema='{"default": true}')).verbs == ("update",)
    assert plan(desired(data_schema="{}"), seen(data_schema="not JSON")).verbs == ("update",)
    assert BY_NAME["data_schema"].read({"type": "string"}) == '{"type": "string"}'


def test_capitals_in_the_enterprise_project_are_no_drift() -> None:
    owner = "5d2f7f8e-0c1b-4a57-9d0e-6a1f2b3c4d5e"
    assert plan(desired(enterprise_project_id=owner.upper()), seen(enterprise_project_id=owner)).actions == ()


# --- automatic scaling ---


def test_partition_count_within_the_bounds_is_left_to_the_service() -> None:
    assert plan(desired(partition_count=2), seen(partition_count=5, **SCALING)).actions == ()
    assert plan(desired(partition_count=2), seen(partition_count=7, **SCALING)).verbs == ("update_partition_count",)
    made = plan(desired(partition_count=4, auto_scale_enabled=False), seen(partition_count=5, **SCALING))
    assert made.verbs == ("update_auto_scaling", "update_partition_count")
    assert made.after is not None
    assert not set(BOUNDS) & set(made.after.settings)


def test_switching_on_sends_the_bounds_and_needs_them() -> None:
    (update,) = plan(desired(**SCALING), seen()).actions
    assert update.auto_scaling_body() == {"update_type": "AUTO_SCALE", **SCALING}
    assert update.body() == {"stream_name": "orders", "data_duration": 48, **SCALING}
    with pytest.raises(InvalidOptions, match="auto_scale_min_partition_count and auto_scale_max_partition_count"):
        plan(desired(auto_scale_enabled=True), seen())
    with pytest.raises(InvalidOptions, match="auto_scale_max_partition_count must be given"):
        plan(desired(partition_count=1, auto_scale_enabled=True, auto_scale_min_partition_count=1), None)


def test_another_bound_is_sent_with_the_rest() -> None:
    (update,) = plan(desired(auto_scale_enabled=True, auto_scale_max_partition_count=8), seen(**SCALING)).actions
    assert update.auto_scaling_body() == {"update_type": "AUTO_SCALE", **SCALING, BOUNDS[1]: 8}
    assert update.body() == {"stream_name": "orders", "data_duration": 48, **SCALING, BOUNDS[1]: 8}


def test_settings_and_automatic_scaling_are_two_updates() -> None:
    general, scaling = plan(desired(data_duration=72, **SCALING), seen()).actions
    assert general.body() == {"stream_name": "orders", "data_duration": 72}
    assert scaling.auto_scaling_body() == {"update_type": "AUTO_SCALE", **SCALING}


def test_bounds_of_what_is_off_are_unverified_and_not_sent() -> None:
    asked = {**SCALING, "auto_scale_enabled": False}
    made = plan(desired(**asked), seen())
    assert (made.actions, made.unverified) == ((), BOUNDS)
    born = plan(desired(partition_count=1, **asked), None)
    assert born.unverified == BOUNDS
    assert not set(BOUNDS) & set(born.actions[0].body())
    assert plan(desired(**asked), seen(**SCALING)).actions[0].body() == {
        "stream_name": "orders",
        "data_duration": 48,
        "auto_scale_enabled": False,
    }


# --- reading ---


ANSWER: dict[str, Any] = {
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


def test_details_are_read_in_one_spelling() -> None:
    assert to_result(read_stream("orders", ANSWER)) == {
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


def test_what_details_leave_out_is_not_there_and_what_a_list_leaves_out_is_not_known() -> None:
    bare = {"status": "RUNNING", "partition_count": 3, "retention_period": 24, "auto_scale_enabled": True}
    details, entry = (read_stream("orders", bare, complete=whole) for whole in (True, False))
    none = {"data_schema": "", "csv_properties": {}, "compression_format": ""}
    assert details.settings == {"partition_count": 3, "data_duration": 24, "auto_scale_enabled": True, **none}
    assert entry.settings == {"partition_count": 3, "data_duration": 24, "auto_scale_enabled": True}
    assert (details.tags, details.facts["partitions"], details.facts["update_partition_counts"]) == (None, None, [])
    assert (entry.tags, entry.facts["partitions"], entry.facts["update_partition_counts"]) == (None, None, None)


@pytest.mark.parametrize(
    ("told", "count", "writable"),
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
def test_partitions_that_are_scaled_away_do_not_count(
    told: dict[str, Any], count: int | None, writable: int | None
) -> None:
    if "partitions" in told:
        told = {**told, "partitions": [{"partition_id": str(n), "status": word}
                                       for n, word in enumerate(told["partitions"].split())]}  # fmt: skip
    stream = read_stream("orders", {"status": "RUNNING", **told})
    assert (stream.settings.get("partition_count"), stream.writable) == (count, writable)


def test_answer_that_describes_no_stream_is_refused() -> None:
    with pytest.raises(UnexpectedResponse, match="describes none"):
        read_stream("orders", {"hello": "world"})


def test_pages_end_when_nothing_new_comes() -> None:
    starts: list[str | None] = []

    def page(start: str | None) -> dict[str, Any]:
        starts.append(start)
        return {"items": [{"name": "a"}, {"name": "b"}] if start in (None, "b") else [], "more": True}

    assert [one["name"] for one in paginate(page, "items", "name", ("more",))] == ["a", "b"]
    assert starts == [None, "b"]


# --- rules ---


OPTIONS: dict[str, Any] = {"stream_name": "orders"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"stream_name": "a" * 65}, "1 to 64 letters"),
        ({"partition_count": 0}, "1 or more"),
        ({"data_duration": 23}, "24 to 168"),
        ({"data_duration": 169}, "24 to 168"),
        ({"data_schema": "{"}, "must be a JSON document"),
        ({"data_schema": ""}, "must be a JSON document"),
        ({"csv_properties": {"delimiter": ""}}, "csv_properties.delimiter is ''"),
        ({BOUNDS[0]: 0}, "1 or more"),
        ({BOUNDS[0]: 3, BOUNDS[1]: 2}, "must not be above"),
        ({"enterprise_project_id": "mine"}, "a UUID"),
        ({"tags": {"": "x"}}, "1 to 36 characters"),
        ({"tags": {"k" * 37: "x"}}, "1 to 36 characters"),
        ({"tags": {"_sys_x": "x"}}, "_sys_"),
        ({"tags": {"k": "v" * 44}}, "at most 43 characters"),
        ({"tags": {"k": None}}, "tags.k is None"),
        ({"tags": {"k": True}}, "tags.k is True"),
        ({"tags": {"k": ["v"]}}, "must be a text"),
        ({"tags": dict.fromkeys("abcdefghijk", "")}, "10 at the most"),
    ],
    ids=str,
)
def test_rule_broken_is_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidOptions) as caught:
        raise_if_invalid({**OPTIONS, **options})
    assert words in str(caught.value)
    assert "Nothing was sent" in str(caught.value)


def test_values_at_the_border_are_accepted() -> None:
    raise_if_invalid(
        {"stream_name": "aZ9_-" + "x" * 59, "partition_count": 1, "data_duration": 168, "data_schema": '"string"'}
    )
    raise_if_invalid(
        {**OPTIONS, "data_duration": 24, "tags": {"k" * 36: "v" * 43, "n": 5, "e": ""}, BOUNDS[0]: 2, BOUNDS[1]: 2}
    )
    raise_if_invalid(
        {**OPTIONS, "csv_properties": {"delimiter": "\t"}, "compression_format": "", "enterprise_project_id": "0"}
    )


# --- laws ---

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
    """Streams as answers may tell them: what is switched off has no bounds."""
    if draw(st.booleans()) and draw(st.booleans()):
        return None
    told = without_unused_bounds(
        {**draw(SOME), **draw(st.sampled_from([{}, {"csv_properties": {}, "data_schema": ""}]))}
    )
    facts = {"stream_id": "s1", "writable_partition_count": told.get("partition_count")}
    return Stream("orders", told, draw(SOME_TAGS), draw(STATUS), facts)


@settings(max_examples=200)
@given(specified=SOME.filter(lambda one: "partition_count" in one), data=st.data())
def test_every_value_given_for_a_new_stream_reaches_the_service(specified: dict[str, Any], data: st.DataObject) -> None:
    """What a request leaves out, the service may fill with something of its own, unless absence means "none"."""
    asked = DesiredStream("orders", specified)
    try:
        (create,) = plan(asked, None).actions
    except DisError:
        return
    sent = create.body()
    means_none = ("data_schema", "csv_properties", "compression_format", *BOUNDS)
    own = {name: data.draw(one) for name, one in VALUES.items() if name not in (*sent, *means_none)}
    told = {"status": "RUNNING", "auto_scale_enabled": False, **own, **sent, "tags": []}
    told["retention_period"] = told.pop("data_duration")
    made = read_stream("orders", {**told, "writable_partition_count": sent["partition_count"]})
    assert plan(asked, made).actions == (), "the second run must be quiet"


def test_laws_cover_every_field() -> None:
    assert set(VALUES) == {field.name for field in FIELDS} == {"partition_count", *FIXED, *UPDATED}


@settings(max_examples=2000)
@given(
    asked=st.builds(
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
def test_laws_of_the_plan(asked: DesiredStream, observed: Stream | None, on_drift: str) -> None:
    try:
        made = plan(asked, observed, on_drift)
    except DisError:
        return
    again = plan(asked, made.after, on_drift)
    assert again.actions == (), "the second run must be quiet"
    assert bool(made.actions) == (to_diff(made.before) != to_diff(made.after)), "changed must equal a diff"
    assert asked.state == "present" or made.after is None
    assert made.before is observed
    names = set(made.unverified)
    assert names <= {*asked.specified, "tags"}
    if made.after is None:
        return
    assert not names & set(made.after.settings), "what the service tells can be verified"
    assert differing(asked.specified, made.after.settings) == [], "what is given and can be known comes about"
    if asked.tags is not None and made.after.tags is not None:
        assert asked.tags.items() <= made.after.tags.items()
    verbs = made.verbs
    if "create" not in verbs and observed is not None:
        for name in set(observed.settings) - set(asked.specified) - set(BOUNDS):
            assert made.after.settings[name] == observed.settings[name], "what is not given is not managed"
        if asked.tags is None:
            assert made.after.tags == observed.tags
    if "delete" in verbs:
        assert on_drift == "recreate", "records are never lost unasked"
        assert made.warnings
    for action in made.actions:
        if isinstance(action, Create):
            assert action.body()["partition_count"] >= 1
            assert json.loads(json.dumps(action.body())) == action.body()
        if isinstance(action, Update):
            if not isinstance(action, UpdateAutoScaling):
                assert action.body()["data_duration"], "a general update always carries the retention"
            assert set(action.names) <= set(UPDATED)
            assert "names" not in action.body()


def test_bounds_stay_where_scaling_is_not_told() -> None:
    untold = replace(seen(), settings={"partition_count": 1, BOUNDS[0]: 1})
    assert plan(desired(auto_scale_enabled=True, auto_scale_min_partition_count=1), untold).unverified == (
        "auto_scale_enabled",
    )


# --- what is sent, and what a refusal is made to say ---


class Api:
    """Writes down what it is asked, and refuses it if it is to."""

    def __init__(self, err: ApiError | None = None) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.err = err

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any) -> None:
            self.calls.append((name, *args))
            if self.err:
                raise self.err

        return call


TOLD = _stream.Stream(
    "s",
    {"partition_count": 2, "data_type": "JSON", "data_duration": 168, "auto_scale_enabled": False, "data_schema": ""},
    {"a": "b"},
    "RUNNING",
    {"stream_id": "fakeid", "writable_partition_count": 1},
)


def test_each_action_on_a_stream_is_one_call() -> None:
    api = Api()
    for action in (
        _stream.Create(TOLD),
        _stream.Update(TOLD, ("data_schema",), "told"),
        _stream.UpdatePartitionCount("s", 3),
        _stream.Tag(TOLD, {"c": "d"}),
        _stream.Untag(TOLD, {"a": "b"}),
        _stream.Delete(TOLD),
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


def refused(action: Any, status: int, code: str | None) -> str:
    with pytest.raises(ApiError) as caught:
        action.send(Api(ApiError("do it", status, code, "no")))
    return caught.value.hint


def test_creation_that_is_refused_without_reason_says_what_regions_differ_in() -> None:
    assert refused(_stream.Create(TOLD), 400, None) == f"{_stream.LONG_RETENTION} {_stream.BLOB_ONLY}"
    assert _stream.BLOB_ONLY not in refused(_stream.Create(TOLD), 400, "DIS.4307")
    assert (
        _stream.region_limit_hints({"data_duration": 72, "data_type": "BLOB"}) == _stream.region_limit_hints({}) == []
    )
    assert _stream.region_limit_hints({"data_duration": 73}) == [_stream.LONG_RETENTION]


def test_update_that_is_refused_tells_the_way_out_and_its_price() -> None:
    update = _stream.Update(TOLD, ("data_type",), "told")
    for status in (404, 405):
        hint = refused(update, status, None)
        assert hint.startswith("This region does not offer to change data_type of a stream in place (told).")
        assert hint.endswith(_stream.RECREATE_WARNING)
    doubtful = refused(update, 400, None)
    assert doubtful.startswith(f"{_stream.BLOB_ONLY} If the values are right, this region does not change data_type")
    assert _stream.LONG_RETENTION not in doubtful
    assert _stream.RECREATE_WARNING not in refused(update, 404, "DIS.4301")
    assert _stream.RECREATE_WARNING not in refused(update, 400, "DIS.4307")


def test_stream_knows_how_it_is() -> None:
    assert (TOLD.stream_id, TOLD.writable, TOLD.is_scaling, TOLD.is_deleting) == ("fakeid", 1, True, False)
    plainly = _stream.Stream("s", {"partition_count": 2})
    assert (plainly.stream_id, plainly.writable, plainly.is_scaling, plainly.tags) == (None, None, False, None)
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


def test_wish_for_tags() -> None:
    desired = _stream.DesiredStream("s", {})
    assert (desired.state, desired.tags, desired.purge_tags, str(desired)) == ("present", None, True, 'stream "s"')
    assert desired.merge_tags(TOLD) == {"a": "b"}
    other = _stream.DesiredStream("s", {}, tags={"c": "d"})
    assert other.merge_tags(TOLD) == {"c": "d"}
    assert _stream.DesiredStream("s", {}, tags={"c": "d"}, purge_tags=False).merge_tags(TOLD) == {"a": "b", "c": "d"}
    assert other.merge_tags(_stream.Stream("s", {})) == {"c": "d"}
    options = {
        **dict.fromkeys(_stream.BY_NAME),
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
        (None, "in a state that the service does not tell"),
    ],
)
def test_stream_that_takes_no_changes_is_warned_of(status: str | None, warned: str | None) -> None:
    made = _stream.plan(_stream.DesiredStream("s", {}), dataclasses.replace(TOLD, status=status))
    assert made.after is not None
    assert made.after.status == ("RUNNING" if status == "CREATING" else status)
    assert (len(made.warnings) == 0) if warned is None else (warned in made.warnings[0])


def test_newborn_stream_is_as_the_service_makes_it() -> None:
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
def test_words_of_the_service(name: str, choices: tuple[str, ...]) -> None:
    assert _stream.BY_NAME[name].choices == choices


def test_delimiter_that_is_no_text_is_none() -> None:
    delimiter = _stream.BY_NAME["csv_properties"].members[0]
    assert [delimiter.read(value) for value in ("\t", "", 7, None)] == ["\t", None, None, None]


def test_stream_that_goes_is_gone_in_a_diff() -> None:
    assert to_diff(None) is None
    assert to_diff(seen("TERMINATING")) is None
    shown = {name: value for name, value in FULL.items() if name != "enterprise_project_id"}
    assert to_diff(seen()) == {**shown, "tags": TAGS}
    owner = {"enterprise_project_id": "5d2f7f8e-0c1b-4a57-9d0e-6a1f2b3c4d5e"}
    assert to_diff(seen(**owner)) == {**shown, **owner, "tags": TAGS}
    assert to_diff(Stream("orders", {"partition_count": 2})) == {"partition_count": 2}


def test_bounds_themselves_are_within_the_bounds() -> None:
    for count, names in ((1, []), (6, []), (7, ["partition_count"])):
        assert differing({"partition_count": 3}, {**SCALING, "partition_count": count}) == names


def test_goal_of_a_change_tells_tags_and_partitions() -> None:
    made = plan(desired(partition_count=4, tags={"team": "web"}), seen())
    assert made.after is not None
    assert made.after.tags == {"team": "web"}
    assert made.after.facts["writable_partition_count"] == 4
    assert made.after.facts["stream_id"] == "s1"
    kept = plan(desired(data_duration=72), seen())
    assert kept.after is not None
    assert (kept.after.tags, kept.after.facts) == (TAGS, seen().facts)


def test_tags_that_nobody_tells_are_neither_changed_nor_verified() -> None:
    untold = Stream("orders", dict(FULL), None, "RUNNING")
    made = plan(desired(tags={"team": "web"}), untold)
    assert (made.verbs, made.unverified) == ((), ("tags",))
    assert plan(desired(), untold).unverified == ()
    assert plan(desired(tags=TAGS), seen()).unverified == ()


def test_change_of_something_else_leaves_bounds_alone() -> None:
    (update,) = plan(desired(data_duration=72), seen(**SCALING, partition_count=3)).actions
    assert set(update.body()) == {"stream_name", "data_duration"}


def test_doubts_begin_above_what_every_region_takes() -> None:
    assert _stream.region_limit_hints({"data_duration": 72, "data_type": "BLOB"}) == []
    assert _stream.region_limit_hints({"data_duration": 73}) == [_stream.LONG_RETENTION]
    assert _stream.region_limit_hints({}) == []
    assert _stream.region_limit_hints({"data_type": "CSV"}) == [_stream.BLOB_ONLY]


def test_bounds_of_scaling_that_is_off_differ_from_nothing() -> None:
    known = {"auto_scale_enabled": False, BOUNDS[0]: 1, "partition_count": 2}
    assert differing({BOUNDS[0]: 3, "data_duration": 72}, {**known, "data_duration": 24}) == ["data_duration"]
    assert differing({BOUNDS[0]: 3}, {**known, "auto_scale_enabled": True}) == [BOUNDS[0]]


def test_tags_and_former_scalings_are_read_with_all_that_is_told() -> None:
    assert _stream.read_tags([{"key": "a", "value": None}, {"value": "b"}, {"key": "c", "value": 1}]) == {
        "a": "",
        "c": "1",
    }
    told = {"create_timestamp": 1, "src_partition_count": 1, "target_partition_count": "2", "result_code": 0}
    (read,) = _stream.read_scalings([{**told, "result_msg": None, "auto_scale": True}])
    assert read == {**told, "target_partition_count": 2, "result_msg": "", "auto_scale": True}
