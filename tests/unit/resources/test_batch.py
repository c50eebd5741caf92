# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The batch of transfer tasks: contradictions, quota, order, summary and failures."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._core.errors import HINTS, ApiError, InvalidOptions
from ansible_collections.otc.dis.plugins.module_utils._core.plan import Plan
from ansible_collections.otc.dis.plugins.module_utils._resources.batch import group_run_state_changes
from ansible_collections.otc.dis.plugins.module_utils._resources.batch_entries import (
    MAX_LISTED,
    DeleteLimit,
    Entry,
    by_cause,
    by_stream,
    check_entries,
    delete_limit,
    raise_if_errors,
    summary,
    unmanaged,
)
from ansible_collections.otc.dis.plugins.module_utils._resources.destinations import DLI, OBS
from ansible_collections.otc.dis.plugins.module_utils._resources.transfer_task import (
    QUOTA,
    Create,
    Delete,
    DesiredTask,
    Start,
    Stop,
    TransferTask,
    Update,
    phase,
    quota_exceeded,
)


def entry(stream: str, task: str, state: str = "present") -> Entry:
    return Entry(DesiredTask(DLI, stream, task, {}, state))


def test_defaults_and_name_of_an_entry() -> None:
    one = entry("s", "t")
    assert (one.on_drift, one.purged, one.name) == ("update", False, ("s", "t"))


def test_duplicate_task_is_reported_with_its_entries() -> None:
    entries = [entry("s", "a"), entry("s", "b"), entry("s", "a"), entry("other", "a"), entry("s", "a", "absent")]
    with pytest.raises(InvalidOptions) as caught:
        check_entries(entries)
    assert str(caught.value) == (
        'transfer task "a" of stream "s" is described by entries 1, 3 and 5. Nothing was sent.'
    )
    with pytest.raises(InvalidOptions, match="is described by entries 1 and 3"):
        check_entries(entries[:3])
    check_entries(entries[:2])


def test_stream_has_a_quota_of_five_present_tasks() -> None:
    assert QUOTA == 5
    full = [entry("s", f"t{number}") for number in range(5)]
    check_entries([*full, entry("other", "t"), entry("s", "gone", "absent")])
    with pytest.raises(InvalidOptions) as caught:
        check_entries([*full, entry("s", "more", "stopped")])
    assert str(caught.value) == (
        '6 entries describe transfer tasks of stream "s", but the maximum is 5. Nothing was sent.'
    )


def test_number_of_errors_in_a_message_is_limited() -> None:
    assert MAX_LISTED == 20
    raise_if_errors([])
    with pytest.raises(InvalidOptions) as caught:
        raise_if_errors([f"r{number}" for number in range(20)])
    assert str(caught.value).endswith("r18; r19. Nothing was sent.")
    with pytest.raises(InvalidOptions, match="r18; r19; and 1 more"):
        raise_if_errors([f"r{number}" for number in range(21)])
    with pytest.raises(InvalidOptions) as caught:
        raise_if_errors([f"r{number}" for number in range(22)])
    assert str(caught.value).endswith("r18; r19; and 2 more. Nothing was sent.")
    assert caught.value.kind == "invalid_options"


def test_entries_stay_in_order_within_their_streams() -> None:
    one, two, three = entry("b", "2"), entry("a", "1"), entry("b", "1")
    found = by_stream([one, two, three])
    assert list(found.items()) == [("b", [one, three]), ("a", [two])]


def test_tasks_without_an_entry_are_deleted() -> None:
    present = [
        TransferTask("s", "kept", "DLI", {}),
        TransferTask("s", "x", "OBS", {}),
        TransferTask("s", "y", "NEW", {}),
    ]
    known, unknown = unmanaged("s", present, [entry("s", "kept"), entry("s", "new")])
    assert known == Entry(DesiredTask(OBS, "s", "x", {}, "absent"), "recreate", True)
    assert unknown.desired.destination.kind == "NEW"
    assert (unknown.name, unknown.desired.state, unknown.purged) == (("s", "y"), "absent", True)


TASK = TransferTask("s", "t", "DLI", {})


def made(*actions: Any) -> Plan[TransferTask]:
    return Plan(tuple(action(TASK) for action in actions), None, None)


CREATE, DELETE, RECREATE = made(Create), made(Delete), made(Delete, Create)


@pytest.mark.parametrize(
    ("plan", "turn"),
    [(DELETE, 0), (made(), 1), (made(Update, Start), 1), (RECREATE, 1), (CREATE, 2), (made(Create, Start), 2)],
)
def test_deletes_come_first_and_creates_last(plan: Plan[TransferTask], turn: int) -> None:
    assert phase(plan) == turn


@pytest.mark.parametrize(
    ("present", "plans", "fits"),
    [
        (4, [CREATE], True),
        (5, [CREATE], False),
        (5, [CREATE, DELETE], True),
        (5, [CREATE, CREATE, DELETE], False),
        (5, [RECREATE], True),
        (7, [DELETE], True),
        (7, [], True),
        (0, [CREATE] * 5, True),
        (0, [CREATE] * 6, False),
    ],
)
def test_quota_of_a_stream(present: int, plans: list[Plan[TransferTask]], fits: bool) -> None:
    assert (quota_exceeded("s", present, plans, 5) is None) is fits


def test_quota_error_contains_the_numbers() -> None:
    err = quota_exceeded("s", 5, [CREATE, CREATE, DELETE], 5)
    assert err is not None
    assert err.kind == "invalid_options"
    assert str(err) == (
        'Stream "s" would exceed its quota of 5 transfer tasks: 5 exist (1 to be deleted), 2 to create.'
        " None of them was created."
    )
    assert "5 exist, 1 to create" in str(quota_exceeded("s", 5, [CREATE], 5))
    assert "purge" in err.hint


def result(*actions: str, changed: bool = False, failed: bool = False, skipped: bool = False) -> dict[str, Any]:
    return {"actions": list(actions), "changed": changed, "failed": failed, "skipped": skipped}


def test_summary_counts_entries_and_actions() -> None:
    results = [
        result("delete", "create", changed=True),
        result("create", changed=True, failed=True),
        result(failed=True),
        result(skipped=True),
        result(),
        result(),
        result(),
    ]
    assert summary(results) == {
        "total": 7, "ok": 3, "changed": 2, "failed": 2, "skipped": 1, "actions": {"delete": 1, "create": 2},
    }  # fmt: skip


def refused(desired: DesiredTask, text: str, request: str) -> tuple[DesiredTask, ApiError]:
    return desired, ApiError(f"create {desired}", 400, "DIS.4335", text, request)


def test_failures_are_grouped_by_cause_and_stream() -> None:
    tasks = [DesiredTask(DLI, stream, f"t{n}", {}) for stream in ("a", "b") for n in range(7)]
    failures = [refused(desired, "The agency is invalid.", f"request{n}") for n, desired in enumerate(tasks)]
    failures.append(refused(tasks[0], "Something else.", "last"))
    texts, hints = by_cause(failures)
    assert len(texts) == 2
    assert texts[0].startswith(
        'Cannot create transfer task "t0" of stream "a": The agency is invalid (HTTP 400, DIS.4335'
    )
    assert texts[0].endswith(
        '(14 failed; stream "a": t0, t1, t2, t3, t4 and 2 more; stream "b": t0, t1, t2, t3, t4 and 2 more).'
    )
    assert texts[1].endswith('(1 failed; stream "a": t0).')
    assert hints == [HINTS["DIS.4335"]]


def test_message_does_not_grow_with_the_number_of_causes() -> None:
    failures = [refused(DesiredTask(DLI, f"s{n}", "t", {}), f"Reason {n}.", "x") for n in range(9)]
    texts, _hints = by_cause(failures)
    assert len(texts) == 6
    assert texts[-1] == "There are 4 more causes; each entry of transfer_tasks has its own."
    texts, _hints = by_cause([refused(DesiredTask(DLI, f"s{n}", "t", {}), "Same.", "x") for n in range(9)])
    assert "and 4 more streams" in texts[0]


@given(st.integers(0, 100), st.integers(0, 2000), st.integers(0, 2000))
def test_percentage_of_deletes_is_rounded_down(percent: int, deletes: int, existing: int) -> None:
    limit = delete_limit(f"{percent}%")
    assert limit is not None
    assert limit.allows(deletes, existing) == (deletes * 100 <= existing * percent)
    assert DeleteLimit(deletes).allows(deletes, existing)
    assert not DeleteLimit(deletes).allows(deletes + 1, existing)


# --- requests for several tasks ---

PLANS = st.tuples(
    st.sampled_from([(), (Start,), (Stop,), (Update,), (Update, Stop), (Create, Stop), (Delete,)]),
    st.sampled_from([None, "id"]),
)


@given(st.lists(PLANS, max_size=8))
def test_only_single_starts_or_stops_of_known_tasks_share_a_request(cases: list[Any]) -> None:
    plans = []
    for number, (kinds, task_id) in enumerate(cases):
        task = TransferTask("s", f"t{number}", "DLI", {}, "RUNNING", {"task_id": task_id})
        plans.append(Plan(tuple(kind(task) for kind in kinds), task, task))
    groups = group_run_state_changes(plans)
    assert sorted(position for group in groups for position in group) == list(range(len(plans)))
    assert [group[0] for group in groups] == sorted(group[0] for group in groups)
    for group in groups:
        assert group == sorted(group)
        if len(group) > 1:
            assert {cases[position] for position in group} in ({((Start,), "id")}, {((Stop,), "id")})
    for kind in (Start, Stop):
        assert sum(cases[group[0]] == ((kind,), "id") for group in groups) <= 1
