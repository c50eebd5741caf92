# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role variables: conversion, blanks, unknown names, and consistency with the documentation."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.lookup.role_options import parse, without_omitted
from ansible_collections.otc.dis.plugins.plugin_utils._role_options import (
    ROLES,
    STREAM_MEMBERS,
    RoleOption,
    plain_data,
    resolve,
)

FOLDER = Path(__file__).resolve().parents[3] / "roles"
DOCUMENTED_TYPES = {"str": "str", "bool": "raw", "int": "raw", "float": "raw", "list": "raw", "dicts": "raw"}
EXAMPLES: dict[str, Any] = {
    "str": "text",
    "bool": True,
    "int": 4,
    "float": 0.5,
    "list": ["DLI", "OBS"],
    "dicts": [{"stream_name": "a", "partition_count": 1}],
}
DURATIONS = ("restart_backoff", "restart_reset")
NEEDS = {"restart": {"transfer_health_restart_state": "state.json"}}
"""Variables that another variable requires, by the name of the latter."""
ALL = [(role, option) for role in ROLES for option in ROLES[role].options]
every_option = pytest.mark.parametrize(
    ("role", "option"), ALL, ids=[ROLES[role].prefix + option.name for role, option in ALL]
)


def resolved(role: str, **found: Any) -> tuple[dict[str, Any], list[str]]:
    """Resolve the variables of a role, including required ones."""
    needed = {ROLES[role].prefix + one.name: "x" for one in ROLES[role].options if one.required}
    return resolve(ROLES[role], [*needed, *found], {**needed, **found}, parse)


def example(option: RoleOption) -> Any:
    """Return a value other than the default."""
    if option.choices and option.type == "str":
        return next(one for one in option.choices if one != option.default)
    value = "20m" if option.name in DURATIONS else EXAMPLES[option.type]
    return not option.default if option.type == "bool" else value


@every_option
@pytest.mark.parametrize("blank", ["", None, " ", "\n"], ids=["empty", "null", "blank", "line"])
def test_blank_counts_as_undefined(role: str, option: RoleOption, blank: Any) -> None:
    name = ROLES[role].prefix + option.name
    values, wrong = resolved(role, **{name: blank})
    if option.required:
        assert wrong == [f"{name} is required, but is undefined or blank."]
    else:
        assert (values, wrong) == resolved(role)
        assert values[option.name] == option.default


@every_option
def test_string_equals_the_typed_value(role: str, option: RoleOption) -> None:
    name, value = ROLES[role].prefix + option.name, example(option)
    needed = NEEDS.get(option.name, {})
    typed, wrong = resolved(role, **{name: value}, **needed)
    assert (wrong, typed[option.name] != option.default) == ([], True)
    text = value if isinstance(value, str) else json.dumps(value)
    assert resolved(role, **{name: text}, **needed) == (typed, [])
    assert resolved(role, **{name: f" {text}\n"}, **needed)[1] == [] or option.choices or option.type == "str"


@every_option
@pytest.mark.parametrize("value", [{"a": "b"}, [["x"]], [True]], ids=["dictionary", "lists", "flags"])
def test_value_of_another_type_is_rejected_by_name(role: str, option: RoleOption, value: Any) -> None:
    name = ROLES[role].prefix + option.name
    _values, wrong = resolved(role, **{name: value})
    assert len(wrong) == 1
    assert wrong[0].startswith(f"{name} ")


@pytest.mark.parametrize("word", ["false", "False", "no", "off", "0", "n", 0, False])
def test_values_for_false(word: Any) -> None:
    values, wrong = resolved("dli_transfer", dli_transfer_verify=word, dli_transfer_wait=word)
    assert (values["verify"], values["wait"], wrong) == (False, False, [])


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("dli_transfer_purge", "perhaps", "is 'perhaps', but must be true or false."),
        ("dli_transfer_purge", 2, "is 2, but must be true or false."),
        ("dli_transfer_connections", "4.5", "is '4.5', but must be an integer."),
        ("dli_transfer_connections", True, "is True, but must be an integer."),
        ("dli_transfer_wait_timeout", "1e999", "is '1e999', but must be a number."),
        ("dli_transfer_wait_timeout", float("nan"), "is 'nan', but must be a number."),
        ("dli_transfer_wait_timeout", False, "is False, but must be a number."),
        ("dli_transfer_state", "running", "is 'running', but must be one of present, started, stopped, absent."),
        ("dli_transfer_cloud", True, "is True, but must be a string."),
        ("dli_transfer_cloud", {"auth": {"password": "fake"}}, "is a dictionary, but must be a string."),
        ("dli_transfer_streams", "orders", "is not a list, but must be a list of dictionaries."),
        ("dli_transfer_streams", "a: [", "is a string, but must be a list of dictionaries, or its JSON or YAML."),
        ("dli_transfer_tasks", ["a"], "must be a list of dictionaries, but entry 1 has another type."),
        ("dli_transfer_probe", "x" * 70, None),
    ],
)
def test_invalid_values_are_reported(name: str, value: Any, reason: str | None) -> None:
    wrong = resolved("dli_transfer", **{name: value})[1]
    assert wrong == ([] if reason is None else [f"{name} {reason}"])


def test_formats_of_lists_of_strings() -> None:
    for value in (["a", "b-*"], "a,b-*", " a , b-* ", '["a", "b-*"]', "[a, b-*]", ["a", "", None, "b-*"]):
        assert resolved("transfer_health", transfer_health_streams=value)[0]["streams"] == ["a", "b-*"], value
    assert resolved("transfer_health", transfer_health_streams=[""])[0]["streams"] == []
    assert resolved("transfer_health", transfer_health_streams=7)[0]["streams"] == ["7"]
    assert resolved("export", export_destination_type="OBS,XML")[1] == [
        "export_destination_type is 'XML', but must be one of DLI, OBS, MRS, DWS, CLOUDTABLE."
    ]


@pytest.mark.parametrize(
    ("role", "name", "reason"),
    [
        ("dli_transfer", "dli_transfer_task", "Did you mean dli_transfer_tasks?"),
        ("dli_transfer", "dli_transfer_stream", "Did you mean dli_transfer_streams?"),
        ("dli_transfer", "dli_transfer_clouds", "Did you mean dli_transfer_cloud?"),
        (
            "dli_transfer",
            "dli_transfer_qq",
            "The prefix dli_transfer_ is reserved for the role: rename your own variable.",
        ),
        ("transfer_health", "transfer_health_stream", "Did you mean transfer_health_streams?"),
        ("transfer_health", "transfer_health_reports", "Did you mean transfer_health_report?"),
        ("export", "export_files", "Did you mean export_file?"),
        ("export", "export_pattern", "Did you mean export_name_pattern?"),
    ],
)
def test_unknown_variable_is_rejected_with_a_suggestion(role: str, name: str, reason: str) -> None:
    wrong = resolved(role, **{name: "x"})[1]
    assert [one.startswith(f"{name} is not a variable of the role. {reason}") for one in wrong] == [True]


def test_other_variables_and_results_of_the_role_are_accepted() -> None:
    mine = {"dli_transfers": 1, "__dli_transfer_x": 1, "export_dir": 1, "export_root": 1, "transfer_healthy": 1}
    for role in ROLES:
        results = {ROLES[role].prefix + name: 1 for name in ROLES[role].results}
        assert resolved(role, **mine, **results)[1] == []


def test_results_are_those_that_the_role_registers() -> None:
    for name, role in ROLES.items():
        text = "".join(path.read_text("utf-8") for path in (FOLDER / name / "tasks").glob("*.yml"))
        registered = {one for one in re.findall(r"(?:register: |set_fact:\n +)(\w+)", text) if not one.startswith("__")}
        assert registered == {role.prefix + one for one in role.results}


def test_role_loops_do_not_override_the_loop_variable_of_the_caller() -> None:
    for path in FOLDER.glob("*/tasks/*.yml"):
        text = path.read_text("utf-8")
        assert len(re.findall(r"^ *loop: ", text, re.M)) == len(re.findall(r"^ *loop_var: __", text, re.M)), path
        assert not re.findall(r"(?<![\w.])item\b", text), path


def expressions(value: Any, key: str = "") -> Iterator[str]:
    """Yield the Jinja expressions in a file of a role, without string literals."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from expressions(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from expressions(inner, key)
    else:
        bare = key in ("when", "that", "until", "changed_when")
        for found in [str(value)] if bare else re.findall(r"\{[{%].*?[}%]\}", str(value), re.S):
            yield re.sub(r"'[^']*'", "", found)


def test_roles_read_their_variables_through_the_lookup_only() -> None:
    """Strings such as "false", blanks and lazy templates reach no condition or loop."""
    for name, role in ROLES.items():
        files = [*(FOLDER / name).glob("tasks/*.yml"), *(FOLDER / name).glob("vars/*.yml")]
        code = [one for path in files for one in expressions(yaml.safe_load(path.read_text("utf-8")))]
        assert any(f"__{name}." in one for one in code)
        used = {found for one in code for found in re.findall(rf"(?<!\w){role.prefix}\w+", one)}
        assert used <= {role.prefix + one for one in role.results}, name


def test_stream_entries_drop_blank_members_and_have_a_state() -> None:
    entry = {"stream_name": 7, "state": "", "partition_count": "2", "stream_type": "", "data_schema": "", "tags": {}}
    values, wrong = resolved(
        "dli_transfer", dli_transfer_streams=[{**entry, "compression_format": "", "on_drift": None}]
    )
    assert wrong == []
    assert values["streams"] == [
        {"stream_name": "7", "partition_count": "2", "tags": {}, "compression_format": "", "state": "present"}
    ]
    absent = resolved("dli_transfer", dli_transfer_streams=[entry], dli_transfer_stream_state="absent")[0]
    assert absent["streams"][0]["state"] == "absent"


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"stream_name": "a", "partitions": 1}, "'partitions' is not an option of otc.dis.stream."),
        ({"stream_name": "a", "partition_cout": 1}, "Did you mean partition_count?"),
        ({"stream_name": "a", "state": "gone"}, "state is 'gone', but must be one of present, absent."),
        ({"stream_name": "a", "state": ["present"]}, "state is a list, but must be"),
        ({"stream_name": "a", "on_drift": "ask"}, "on_drift is 'ask', but must be one of update, recreate, fail."),
        ({"stream_name": "a", "prevent_destroy": "maybe"}, "prevent_destroy is 'maybe', but must be true or false."),
        ({"partition_count": 1}, "stream_name is missing or not a string."),
        ({"stream_name": True}, "stream_name is missing or not a string."),
        (
            {"\ufeffstream_name": "a"},
            "Remove the byte order mark or other invisible character around stream_name.",
        ),
        (
            {"stream_name": "a", " tags": {}},
            "' tags' is not an option of otc.dis.stream. Remove the whitespace around tags.",
        ),
    ],
)
def test_invalid_stream_entries_are_reported(entry: dict[str, Any], reason: str) -> None:
    wrong = resolved("dli_transfer", dli_transfer_streams=[{"stream_name": "fine"}, entry])[1]
    assert any(reason in one and one.startswith("dli_transfer_streams: entry 2 ") for one in wrong), wrong


def test_unresolved_variables_are_reported() -> None:
    unresolved = {"export_cloud": "'item' is undefined."}
    assert resolve(ROLES["export"], ["export_file"], {"export_file": "x"}, parse, unresolved)[1] == [
        "export_cloud cannot be resolved: 'item' is undefined."
    ]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([ROLES[role].prefix + one.name for role, one in ALL]), values))
def test_any_value_is_converted_or_reported(found: dict[str, Any]) -> None:
    kinds: dict[str, Any] = {"str": str, "bool": bool, "int": int, "float": (int, float), "list": list, "dicts": list}
    for role in ROLES.values():
        options, wrong = resolve(role, found, found, parse)
        for option in role.options:
            if option.name in options:
                assert isinstance(options[option.name], kinds[option.type])
            else:
                assert any(role.prefix + option.name in one for one in wrong)


@given(values)
def test_plain_data_survives_its_own_representation(value: Any) -> None:
    """ansible-core before 2.19 passes results of templates as Python literals."""
    assert eval(repr(plain_data(value))) == plain_data(value)


def test_dates_and_infinite_numbers_become_strings() -> None:
    day = dt.date(2024, 1, 2)
    assert plain_data({"day": day, "n": [float("inf"), 1.5, (True,)]}) == {
        "day": "2024-01-02",
        "n": ["inf", 1.5, [True]],
    }


def test_omitted_members_are_left_out() -> None:
    assert without_omitted({"a": "omit", "b": ["omit", 1], "c": {"d": None}}, "omit") == {"b": [1], "c": {"d": None}}
    assert without_omitted("omit", "omit") is None
    assert without_omitted({"a": None}, None) == {"a": None}


@pytest.mark.parametrize("name", ROLES)
def test_documentation_defaults_and_table_agree(name: str) -> None:
    spec = yaml.safe_load((FOLDER / name / "meta/argument_specs.yml").read_text("utf-8"))["argument_specs"]["main"]
    documented = spec["options"]
    defaults = yaml.safe_load((FOLDER / name / "defaults/main.yml").read_text("utf-8"))
    readme = (FOLDER / name / "README.md").read_text("utf-8")
    options = {ROLES[name].prefix + one.name: one for one in ROLES[name].options}
    assert list(documented) == list(options)
    assert defaults == {variable: one.default for variable, one in options.items() if not one.required}
    for variable, option in options.items():
        assert documented[variable]["type"] == ("raw" if option.choices else DOCUMENTED_TYPES[option.type]), variable
        assert documented[variable].get("default") == (None if option.required else option.default)
        assert documented[variable].get("required", False) == option.required
        if option.type == "str" and option.choices:
            assert documented[variable]["choices"] == [*option.choices, "", None]
        assert f"| `{variable}` |" in readme


def test_entries_of_streams_are_documented() -> None:
    spec = yaml.safe_load((FOLDER / "dli_transfer/meta/argument_specs.yml").read_text("utf-8"))["argument_specs"][
        "main"
    ]
    assert set(spec["options"]["dli_transfer_streams"]["options"]) == set(STREAM_MEMBERS)
    (task,) = yaml.safe_load((FOLDER / "dli_transfer/tasks/streams.yml").read_text("utf-8"))
    assert {*task["otc.dis.stream"], "prevent_destroy"} == {*STREAM_MEMBERS, "wait", "wait_timeout"}


@pytest.mark.parametrize("mask", ["VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "********", "eu-********-1"])
@pytest.mark.parametrize(
    ("role", "variable", "path"),
    [
        ("dli_transfer", {"dli_transfer_streams": [{"stream_name": "{}"}]}, "dli_transfer_streams.stream_name"),
        ("dli_transfer", {"dli_transfer_tasks": '[{{"agency_name": "{}"}}]'}, "dli_transfer_tasks.agency_name"),
        ("dli_transfer", {"dli_transfer_cloud": "{}"}, "dli_transfer_cloud"),
        ("export", {"export_file": "/x", "export_name_pattern": "{}"}, "export_name_pattern"),
        ("transfer_health", {"transfer_health_streams": ["a", "{}"]}, "transfer_health_streams"),
    ],
)
def test_mask_is_rejected(role: str, variable: dict[str, Any], path: str, mask: str) -> None:
    name = path.partition(".")[0]
    value = variable[name]
    filled = value.format(mask) if isinstance(value, str) else json.loads(json.dumps(value).replace("{}", mask))
    found = {**variable, name: filled}
    _values, wrong = resolve(ROLES[role], found, found, parse)
    assert [f"{path} contains the mask" in one for one in wrong] == [True]


def test_password_may_contain_a_mask() -> None:
    found = {"dli_transfer_tasks": [{"stream_name": "a", "dws_password": "fake********"}]}
    assert resolve(ROLES["dli_transfer"], found, found, parse)[1] == []


@pytest.mark.parametrize("purge", [True, "yes", False])
@pytest.mark.parametrize("tasks", ["", None, " ", [""], [None], "[null]", [], "[]", "[ ]", "undefined"])
def test_blank_tasks_with_purge_are_rejected(tasks: Any, purge: Any) -> None:
    found = {"dli_transfer_purge": purge, "dli_transfer_streams": [{"stream_name": "meters"}]}
    if tasks != "undefined":
        found["dli_transfer_tasks"] = tasks
    values, wrong = resolve(ROLES["dli_transfer"], found, found, parse)
    blank = tasks in ("", None, " ", [""], [None], "[null]")
    assert values["tasks"] == []
    assert ["dli_transfer_tasks is blank" in one for one in wrong] == [True] * (blank and bool(purge))
