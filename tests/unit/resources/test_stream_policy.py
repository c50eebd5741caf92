# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies of streams: properties of the plan, and parsing of the list."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._core.errors import UnexpectedResponse
from ansible_collections.otc.dis.plugins.module_utils._resources.stream_policy import (
    ACTION_TYPES,
    PRINCIPAL_NAME,
    Add,
    DesiredPolicy,
    Rule,
    UnmanagedRule,
    full_name,
    plan,
    policies_of,
    read_listing,
    to_result,
)

NAMES = ("acme.*", "acme", "acme.bob", "other.*", "acme.*,other.*")
RULES = st.lists(
    st.builds(
        Rule,
        st.sampled_from(NAMES),
        st.sampled_from([*ACTION_TYPES, "unknownAction"]),
        st.sampled_from(["accept", "accept", "accept", "Accept", "deny", None]),
        st.sampled_from([None, "x1"]),
    ),
    max_size=6,
).map(tuple)
ACTIONS = st.sets(st.sampled_from(ACTION_TYPES), min_size=1).map(lambda names: tuple(sorted(names)))
DESIRED = st.builds(
    lambda name, absent, actions: DesiredPolicy("s", name, "absent" if absent else "present", actions),
    st.sampled_from(["acme.*", "acme.bob"]),
    st.booleans(),
    ACTIONS,
) | st.builds(lambda name: DesiredPolicy("s", name, "absent"), st.sampled_from(["acme.*", "acme.bob"]))


def applied(rules: tuple[Rule, ...], action: Any) -> tuple[Rule, ...]:
    """The rules of the service after one request."""
    if isinstance(action, Add):
        return (*rules, action.rule)
    key = action.rule.principal_name, action.rule.action_type, action.rule.effect
    return tuple(rule for rule in rules if (rule.principal_name, rule.action_type, rule.effect) != key)


def access(rules: tuple[Rule, ...]) -> set[tuple[str, str]]:
    """The permitted actions of each principal."""
    return {(name, rule.action_type) for rule in rules if rule.gives_access for name in rule.principals}


@given(DESIRED, RULES)
def test_plan(desired: DesiredPolicy, rules: tuple[Rule, ...]) -> None:
    """A plan gives the desired access, never more in between, and never changes other principals."""
    try:
        made = plan(desired, rules, "id")
    except UnmanagedRule:
        return
    name = desired.principal_name
    before = access(rules)
    states = [rules]
    for action in made.actions:
        states.append(applied(states[-1], action))
    after = access(states[-1])
    assert {one for one in before if one[0] != name} == {one for one in after if one[0] != name}
    assert all(access(state) <= before or access(state) <= after for state in states)
    assert all(access(state) >= before & after for state in states)
    permitted = {action for one, action in after if one == name}
    if desired.state == "present":
        assert permitted == set(desired.action_types or ())
    else:
        assert not permitted & set(desired.action_types or permitted)
    assert permitted == set(made.after.action_types if made.after else ())
    assert bool(made.actions) == (before != after)


@given(DESIRED, RULES)
def test_planning_again_for_the_predicted_state_results_in_no_actions(
    desired: DesiredPolicy, rules: tuple[Rule, ...]
) -> None:
    try:
        made = plan(desired, rules, "id")
    except UnmanagedRule:
        return
    others = tuple(rule for rule in rules if desired.principal_name not in rule.principals)
    again = plan(desired, (*others, *(made.after.rules if made.after else ())), "id")
    assert (again.actions, to_result(again.after)) == ((), to_result(made.after))


@given(DESIRED, RULES)
def test_rules_that_do_not_give_access_are_never_deleted(desired: DesiredPolicy, rules: tuple[Rule, ...]) -> None:
    own = [rule for rule in rules if desired.principal_name in rule.principals]
    unmanaged = any(not rule.gives_access or len(rule.principals) > 1 for rule in own)
    try:
        plan(desired, rules, "id")
    except UnmanagedRule:
        assert unmanaged
    else:
        assert not unmanaged


@given(RULES)
def test_every_rule_is_in_one_policy(rules: tuple[Rule, ...]) -> None:
    policies = policies_of("s", rules)
    assert sorted(map(str, (rule for policy in policies for rule in policy.rules))) == sorted(map(str, rules))
    assert len({(one.principal_name, one.rules[0].effect) for one in policies}) == len(policies)


@pytest.mark.parametrize(
    ("name", "full"),
    [("acme", "acme.*"), ("acme.*", "acme.*"), ("acme.bob", "acme.bob"), ("OTC-1.bob builder", "OTC-1.bob builder")],
)
def test_valid_principals(name: str, full: str) -> None:
    assert PRINCIPAL_NAME.allows(name)
    assert full_name(name) == full


@pytest.mark.parametrize("name", ["", " ", "*", ".*", ".bob", "acme.", "a,b", "acme.* ", " a", "a.b*", "a\n", "a\x00"])
def test_invalid_principals(name: str) -> None:
    assert not PRINCIPAL_NAME.allows(name)


@pytest.mark.parametrize(
    "response",
    [
        {},
        {"rules": None},
        {"stream_id": "x", "rules": {}},
        {"stream_id": "x", "rules": [1]},
        {"rules": [{"action_type": "putRecords"}]},
        {"rules": [{"principal_name": "acme.*", "action_type": ""}]},
        {"rules": [{"principal_name": "acme.*", "action_type": 1}]},
        {"rules": [], "streamId": []},
    ],
    ids=str,
)
def test_unexpected_list_is_refused(response: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedResponse):
        read_listing("s", response)


@pytest.mark.parametrize("response", [{"stream_id": "x"}, {"streamId": "x", "rules": None}, {"rules": []}], ids=str)
def test_list_without_rules(response: dict[str, Any]) -> None:
    assert read_listing("s", response) == (None if "rules" in response and len(response) == 1 else "x", ())
