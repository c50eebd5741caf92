# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields with members, and the rules and spellings of all kinds of fields."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.otc.dis.plugins.module_utils._core.errors import InvalidOptions
from ansible_collections.otc.dis.plugins.module_utils._core.schema import (
    NAME,
    Field,
    choice,
    dictionaries,
    int_or_none,
    missing_required,
    normalize,
    raise_if_errors,
    read,
    serialize,
    text,
    text_or_none,
    validate,
)
from ansible_collections.otc.dis.plugins.module_utils._resources.base import (
    APP_NAME,
    MAX_NUMBER,
    PARTITION_ID,
    SEQUENCE_NUMBER,
    STREAM_ID,
    STREAM_NAME,
    canonical_partition_id,
)

MEMBERS = (
    text("name"),
    Field("count", type="int", minimum=1, maximum=3, rule="1 to 3", as_str=True),
    Field("kind", choices=("a", "b"), aliases={"A": "a"}, rule="a or b"),
    Field("on", type="bool", as_str=True),
)
DICT = Field("d", type="dict", members=MEMBERS, default_when_missing={})
LIST = Field("l", type="list", members=MEMBERS, minimum=1, maximum=2, rule="1 or 2")
FREE = Field("l", type="list", members=MEMBERS)


@pytest.mark.parametrize(
    ("field", "value", "reasons"),
    [
        (DICT, {"name": "x", "count": 3, "kind": "A"}, []),
        (DICT, {"name": "x", "count": None}, []),
        (DICT, {"count": 4}, ["d lacks name", "d.count is 4, but must be 1 to 3"]),
        (
            DICT,
            {"name": " ", "count": 0},
            ["d.name is ' ', but must be a string, not blank", "d.count is 0, but must be 1 to 3"],
        ),
        (LIST, [], ["l has 0 entries, but must have 1 or 2"]),
        (LIST, [{"name": "x"}], []),
        (LIST, [{"name": "x"}] * 2, []),
        (LIST, [{"name": "x"}] * 3, ["l has 3 entries, but must have 1 or 2"]),
        (LIST, [{"name": "x"}, {"kind": "c"}], ["l[1] lacks name", "l[1].kind is 'c', but must be a or b"]),
        (FREE, [], []),
        (FREE, [{"name": "x"}] * 9, []),
    ],
)
def test_rules_reach_into_members(field: Field, value: Any, reasons: list[str]) -> None:
    assert list(field.validate(value, field.name)) == reasons


def test_secret_is_not_quoted() -> None:
    assert list(text("pin", "four digits", "[0-9]{4}", secret=True).validate("fake", "pin")) == [
        "pin is not shown here, but must be four digits"
    ]


@pytest.mark.parametrize(
    ("field", "one", "other", "same"),
    [
        (DICT, {"name": "x"}, {"name": "x", "count": 1}, True),
        (DICT, {"name": "x"}, {"name": "y"}, False),
        (DICT, {"name": "x", "count": 1}, {"name": "x"}, False),
        (DICT, {}, {"name": "x"}, True),
        (LIST, [{"name": "x"}], [{"name": "x"}], True),
        (LIST, [{"name": "x"}], [{"name": "x", "count": 1}], True),
        (LIST, [{"name": "x"}], [{"name": "x"}, {"name": "x"}], False),
        (LIST, [{"name": "x"}], [{"name": "y"}], False),
        (LIST, [{"name": "x"}, {"name": "y"}], [{"name": "x"}, {"name": "z"}], False),
        (Field("f"), "a", "A", False),
        (Field("f", ignores_case=True), "a", "A", True),
        (Field("f", ignores_case=True), "a", "b", False),
    ],
)
def test_values_are_compared_by_the_first_value(field: Field, one: Any, other: Any, same: bool) -> None:
    assert field.equal(one, other) is same


FULL = {"name": "x", "count": 2, "kind": "A", "on": True, "more": 1}


def test_members_travel_as_the_service_wants_them() -> None:
    sent = {"name": "x", "count": "2", "kind": "A", "on": "true"}
    assert DICT.serialize(FULL, blanks=True) == sent
    assert LIST.serialize([FULL, {"name": "y", "count": None}], blanks=True) == [sent, {"name": "y"}]
    assert serialize((DICT, LIST), {"d": {}, "l": None}, blanks=False) == {}
    assert serialize((DICT, Field("t")), {"d": {}, "t": ""}, blanks=True) == {"d": {}, "t": ""}
    assert serialize((Field("t"),), {"t": ""}, blanks=False) == {}
    assert Field("n", type="int").serialize(7, blanks=True) == 7


def test_omitted_options_are_removed() -> None:
    options = {"name": "x", "count": None, "kind": "A"}
    assert DICT.normalize(options) == {"name": "x", "kind": "a"}
    assert LIST.normalize([options]) == [{"name": "x", "kind": "a"}]
    assert normalize((DICT, LIST), {"d": options, "l": None}) == {"d": {"name": "x", "kind": "a"}}
    assert Field("f").normalize("A") == "A"


def test_dictionary_is_merged_with_observed_values() -> None:
    assert DICT.merged_with({"name": "x"}, {"name": "y", "count": 1}) == {"name": "x", "count": 1}
    assert DICT.merged_with({"name": "x"}, None) == {"name": "x"}
    assert LIST.merged_with([{"name": "x"}], [{"name": "y"}]) == [{"name": "x"}]
    assert Field("f").merged_with("a", {"b": 1}) == "a"


@pytest.mark.parametrize(
    ("field", "value", "reported"),
    [
        (DICT, {"name": "x", "count": "2", "on": "on", "odd": 1}, {"name": "x", "count": 2, "on": True}),
        (DICT, {"kind": "A"}, {"kind": "a", "on": False}),
        (DICT, {}, {}),
        (DICT, "x", {}),
        (LIST, [{"name": "x"}, "odd", {"name": " "}], [{"name": "x", "on": False}, {"on": False}]),
        (LIST, [], None),
        (LIST, {"name": "x"}, None),
        (Field("f"), "a", "a"),
        (Field("f"), " ", None),
        (Field("f", default_when_missing=""), " ", ""),
        (Field("f", choices=(" ",)), " ", " "),
        (Field("f"), 7, None),
        (Field("f", secret=True), "fake", None),
        (Field("f", type="bool"), "true/on", True),
        (Field("f", type="bool"), "TRUE", True),
        (Field("f", type="bool"), True, True),
        (Field("f", type="bool"), "false", False),
        (Field("f", type="bool"), None, False),
        (Field("f", type="int"), " 7 ", 7),
    ],
)  # fmt: skip
def test_answers_are_read_by_the_table(field: Field, value: Any, reported: Any) -> None:
    if field is DICT and value == {"name": "x"}:
        reported = {**reported, "on": False}
    assert field.read(value) == reported


@pytest.mark.parametrize(
    ("value", "number"),
    [(7, 7), ("7", 7), ("-7", -7), ("1" * 18, int("1" * 18)), ("1" * 19, None), (True, None), (1.0, None), ("", None),
     ("٣", None), (None, None), ("7\n", 7), ("7\x1f", 7), ("7x", None)],
)  # fmt: skip
def test_integers(value: Any, number: int | None) -> None:
    assert int_or_none(value) == number


def test_blank_values() -> None:
    assert [text_or_none(value) for value in ("a", " ", "", None, 7)] == ["a", None, None, None, None]
    assert dictionaries([{"a": 1}, 2, None]) == [{"a": 1}]
    assert dictionaries({"a": 1}) == []
    assert read((Field("a"), Field("b", default_when_missing="")), {"c": 1}) == {"b": ""}


def test_required_option_may_depend_on_another() -> None:
    fields = (
        Field("always", required=True),
        Field("with_value", required_if=("cause", "x")),
        Field("with_any", required_if=("cause", None)),
    )
    assert missing_required(fields, {}) == ["always"]
    assert missing_required(fields, {"cause": "x"}) == ["always", "with_value", "with_any"]
    assert missing_required(fields, {"cause": "y", "always": 1}) == ["with_any"]
    assert missing_required(fields, {"cause": "x", "always": 0, "with_value": "", "with_any": False}) == []


def test_short_forms_of_fields() -> None:
    assert text("t") == Field("t", required=True, pattern=r"(?s:.*\S.*)", rule="a string, not blank")
    assert text("t", "one letter", "[a-z]", secret=True) == Field(
        "t", required=True, pattern="[a-z]", rule="one letter", secret=True
    )
    assert text("t").allows("a\nb")
    assert not text("t").allows("  ")
    assert choice("c", "", "x") == Field("c", choices=("", "x"), rule="empty or x")
    assert Field("t").rule == Field("t").pattern == ""


# --- names and numbers ---


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        (STREAM_NAME, ["a", "A-_9" * 16], ["", "a" * 65, "a b", "a.b", "a\n", "ä"]),
        (STREAM_ID, ["a", "A-_9" * 16], ["", "a" * 65, "a/b", "a\n"]),
        (APP_NAME, ["a" * 200], ["a" * 201, ""]),
        (PARTITION_ID, ["0", "shardId-0000000000", "9" * 10], ["", "9" * 11, "shardId-", "-1", "0\n"]),
        (
            SEQUENCE_NUMBER,
            ["0", str(MAX_NUMBER), "0" * 20 + "7"],
            ["", "-1", str(MAX_NUMBER + 1), "1.0", "1\n", "0" * 41],
        ),
    ],
)
def test_names_and_numbers_by_their_rules(field: Field, good: list[str], bad: list[str]) -> None:
    for value in good:
        assert not list(field.validate(value, field.name)), value
    for value in bad:
        hint = ". Remove the whitespace around the value" if value.endswith("\n") else ""
        assert list(field.validate(value, field.name)) == [f"{field.name} is {value!r}, but must be {field.rule}{hint}"]


def test_rules_match_the_service() -> None:
    assert MAX_NUMBER == 2**63 - 1
    assert SEQUENCE_NUMBER.rule == f"an integer from 0 to {2**63 - 1}"
    names = [one.name for one in (STREAM_NAME, STREAM_ID, APP_NAME, PARTITION_ID, SEQUENCE_NUMBER)]
    assert names == ["stream_name", "stream_id", "app_name", "partition_id", "sequence_number"]
    assert NAME == "[A-Za-z0-9_-]"


def test_all_reasons_are_reported_at_once() -> None:
    options = {"stream_name": "a b", "app_name": "", "stream_id": None}
    reasons = validate((STREAM_NAME, STREAM_ID, APP_NAME), options)
    assert [one.partition(" ")[0] for one in reasons] == ["stream_name", "app_name"]
    assert validate((STREAM_NAME,), options, "records[0].")[0].startswith("records[0].stream_name is 'a b'")
    with pytest.raises(InvalidOptions) as caught:
        raise_if_errors(["one", "two"])
    assert str(caught.value) == "one; two. Nothing was sent."
    raise_if_errors([])


def test_partition_ids_have_one_form() -> None:
    assert [canonical_partition_id(value) for value in (0, "0", "shardId-0000000000", "x", None)] == [
        *["shardId-0000000000"] * 3,
        "x",
        "None",
    ]
