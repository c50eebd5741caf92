# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Event subscriptions: properties of the plan, and parsing of IDs and of list entries."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._core.errors import DisError, UnexpectedResponse
from ansible_collections.otc.dis.plugins.module_utils._queries.events import EventFilter, select
from ansible_collections.otc.dis.plugins.module_utils._resources.events import (
    EVENTS,
    SETTINGS,
    DesiredSubscription,
    Event,
    Subscription,
    plan,
    read_ids,
    read_subscription,
    to_body,
    to_diff,
    to_result,
)

STREAMS = {"a": "id-a", "b": "id-b", "c": "id-c"}
IDS = st.sets(st.sampled_from([*EVENTS.values(), "dis_event.099"])).map(lambda ids: tuple(sorted(ids)))
STREAM_IDS = st.sets(st.sampled_from([*STREAMS.values(), "id-gone"])).map(lambda ids: tuple(sorted(ids)))
OBSERVED = st.builds(
    Subscription,
    st.just("s"),
    st.just("x1"),
    st.none() | st.booleans(),
    st.none() | IDS,
    st.none() | STREAM_IDS,
    st.sampled_from([None, 0, 1]),
    st.sampled_from([None, "a", "alarms"]),
    st.sampled_from([None, "urn:alarms"]),
)
TARGETS = st.sampled_from([(None, None, None), ("a", None, None), (None, "alarms", "urn:alarms"), (None, "x", "urn:x")])
DESIRED = st.builds(
    lambda enabled, events, streams, target: DesiredSubscription("s", "present", enabled, events, streams, *target),
    st.none() | st.booleans(),
    st.none() | st.sets(st.sampled_from(sorted(EVENTS)), min_size=1).map(lambda names: tuple(sorted(names))),
    st.none() | st.sets(st.sampled_from(sorted(STREAMS))).map(lambda names: tuple(sorted(names))),
    TARGETS,
)


@given(DESIRED, st.none() | OBSERVED)
def test_planning_again_for_the_predicted_state_results_in_no_actions(
    desired: DesiredSubscription, observed: Subscription | None
) -> None:
    try:
        made = plan(desired, observed, STREAMS)
    except DisError:
        return
    again = plan(desired, made.after, STREAMS)
    assert again.actions == ()
    if made.actions:
        assert to_diff(made.before, STREAMS) != to_diff(made.after, STREAMS)
        assert None not in to_body(made.after or Subscription("s")).values()


@given(DESIRED, OBSERVED)
def test_unknown_and_unmanaged_settings_cause_no_action(desired: DesiredSubscription, observed: Subscription) -> None:
    unknown = Subscription("s", "x1")
    assert plan(desired, unknown, STREAMS).actions == ()
    assert plan(DesiredSubscription("s"), observed, STREAMS).actions == ()


@given(DESIRED, OBSERVED)
def test_unmanaged_settings_are_kept(desired: DesiredSubscription, observed: Subscription) -> None:
    try:
        after = plan(desired, observed, STREAMS).after
    except DisError:
        return
    assert after is not None
    assert desired.enabled is not None or after.enabled == observed.enabled
    assert desired.events is not None or after.event_ids == observed.event_ids
    if (
        desired.streams is None
        and observed.stream_ids is not None
        and not set(observed.stream_ids) >= {*STREAMS.values()}
    ):
        assert after.stream_ids == observed.stream_ids


@pytest.mark.parametrize(("room", "verbs"), [(None, ("create",)), (1, ("create",)), (0, None), (-1, None)])
def test_quota(room: int | None, verbs: tuple[str, ...] | None) -> None:
    desired = DesiredSubscription("s", events=("throttled",), target_stream="a")
    if verbs is None:
        with pytest.raises(DisError, match="maximum number"):
            plan(desired, None, STREAMS, room)
    else:
        assert plan(desired, None, STREAMS, room).verbs == verbs


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        (None, None),
        ("", ()),
        ([], ()),
        (["b", " a ", "b"], ("a", "b")),
        ("b,a", ("a", "b")),
        ("b\na\r\n", ("a", "b")),
        ("b, a", ("a", "b")),
    ],
)
def test_ids_are_read_in_any_form(value: Any, ids: tuple[str, ...] | None) -> None:
    assert read_ids(value) == ids


@pytest.mark.parametrize(
    ("enable", "enabled"), [(True, True), (False, False), ("true", True), (None, None), ("", None)]
)
def test_enable_is_read(enable: Any, enabled: bool | None) -> None:
    assert read_subscription({"id": "x", "name": "s", "enable": enable}).enabled is enabled


@pytest.mark.parametrize("member", [{"enable": 2}, {"event_ids": [1]}, {"event_streamids": {}}, {"topic_type": "SMN"}])
def test_member_of_an_invalid_type_is_refused(member: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedResponse):
        read_subscription({"id": "x", "name": "s", **member})


@given(OBSERVED)
def test_result_has_the_same_members_for_every_subscription(observed: Subscription) -> None:
    result = to_result(observed, STREAMS) or {}
    assert set(result) == set(to_result(Subscription("s"), {}) or {})
    assert result["target_stream"] is None or result["topic_name"] is None
    assert set(SETTINGS) <= set(observed._fields)


def test_events_are_selected_by_all_filters() -> None:
    events = [
        Event(str(number), "throttled", None, severity, "stream", time, None, None, None)
        for number, (severity, time) in enumerate(
            [("normal", 1000), ("warning", 3000), ("warning", None), (None, 5000)]
        )
    ]
    assert [one.event_id for one in select(events, EventFilter())] == ["3", "1", "0", "2"]
    assert [one.event_id for one in select(events, EventFilter(since=2.0))] == ["3", "1", "2"], "unknown is not old"
    assert [one.event_id for one in select(events, EventFilter(severity="warning"))] == ["1", "2"]
    assert select(events, EventFilter(types=("task_abnormal",))) == []
