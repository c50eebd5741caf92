# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blank values and wrong types for every option of every module, and CSV columns with invisible characters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.otc.dis.plugins.action.stream import managed_by
from ansible_collections.otc.dis.plugins.module_utils._cloud.settings import AUTH
from ansible_collections.otc.dis.plugins.module_utils._core.errors import InvalidOptions
from ansible_collections.otc.dis.plugins.module_utils._core.schema import suggest_name
from ansible_collections.otc.dis.plugins.module_utils._module import Inputs, argument_spec
from ansible_collections.otc.dis.plugins.module_utils._resources.batch_entries import read_entries
from ansible_collections.otc.dis.plugins.module_utils._resources.stream import FIELDS
from ansible_collections.otc.dis.plugins.module_utils._run import execute

MODULES = sorted(path.stem for path in (Path(__file__).resolve().parents[2] / "plugins/modules").glob("*.py"))
EMPTY_TEXT_COUNTS = {
    *("file_prefix", "hdfs_prefix_folder", "backup_file_prefix", "partition_format", "record_delimiter"),
    *("dws_table_columns", "error_table_name", "obs_backup_bucket_path", "compression_format", "metadata"),
}
BLANK_TEXT_COUNTS = {"str", "raw", "json"}
BESIDE: dict[str, dict[str, Any]] = {
    "checkpoint": {"sequence_number": "5"},
    "records": {"stream_name": "a"},
    "stream": {"auto_scale_enabled": True},
    "stream_policy": {"action_type": ["putRecords"]},
}
"""Options that a module, or some of its options, require in addition."""
NOT_LEFT_OUT = {
    *(("checkpoint", "sequence_number"), ("checkpoint", "partition_id"), ("records", "stream_name")),
    ("stream_policy", "action_type"),
}
"""Options that are required here, or rejected if they are blank."""
REQUIRED: dict[str, Any] = {"transfer_tasks": [], "action": "get"}


class Seen:
    """Validated options of a module with their spec."""

    def __init__(self, params: dict[str, Any], spec: dict[str, Any]) -> None:
        self.params, self.spec = params, spec


def validated(name: str, options: dict[str, Any]) -> Inputs:
    """Validate options like a module."""
    managed = managed_by(name)
    inputs = Inputs(managed.spec, options)
    result = ArgumentSpecValidator(inputs.options, **managed.spec.rules).validate(inputs.params)
    assert not result.error_messages
    inputs.validated(result.validated_parameters, result._no_log_values | inputs.secrets)
    return inputs


def observed(name: str, options: dict[str, Any]) -> Seen:
    return Seen(validated(name, options).params, spec_of(name))


def refused(name: str, options: dict[str, Any]) -> str:
    """Return the message of a module that rejects its options."""
    result = execute(name, managed_by(name), validated(name, options), check_mode=True).result
    assert result["failed"]
    return str(result["msg"])


def needed(spec: dict[str, Any]) -> dict[str, Any]:
    """Return valid values for the required options of a spec, including suboptions."""
    return {name: fitting(name, one) for name, one in spec.items() if one.get("required")}


def fitting(name: str, option: dict[str, Any]) -> Any:
    """Return a valid value for an option."""
    below = needed(option["options"]) if option.get("options") else {"a": "b"}
    elements = below if option.get("elements") == "dict" else option.get("choices", ["x"])[0]
    kinds = {"list": [elements], "dict": below, "bool": True, "int": 3, "float": 3.5}
    choice = next((one for one in option.get("choices", ()) if one), "x")
    return REQUIRED.get(name, kinds.get(option["type"], choice))


def spec_of(name: str) -> dict[str, Any]:
    """Return the argument spec of a module."""
    return argument_spec(managed_by(name).spec)


SPECS = {name: spec_of(name) for name in MODULES}
OPTIONS = [(name, option) for name in MODULES for option in SPECS[name] if name == "stream" or option not in AUTH]
every_option = pytest.mark.parametrize(("name", "option"), OPTIONS, ids=[f"{name}-{one}" for name, one in OPTIONS])


def suboptions(spec: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Yield all options of a spec at any depth, by path."""
    for name, option in spec.items():
        yield (*path, name), option
        yield from suboptions(option.get("options") or {}, (*path, name))


def nested(spec: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Return options with a value at a path, including the options that it requires."""
    option = spec[path[0]]
    if len(path) > 1:
        value = {**needed(option["options"]), **nested(option["options"], path[1:], value)}
        value = [value] if option["type"] == "list" else value
    return {path[0]: value}


@every_option
def test_blank_counts_as_omitted(name: str, option: str) -> None:
    spec = SPECS[name]
    base = {**needed(spec), **BESIDE.get(name, {})}
    plain = observed(name, base).params
    for path, one in suboptions({option: spec[option]}):
        blanks = [None] if path[-1] in EMPTY_TEXT_COUNTS else [None, ""]
        blanks += [] if one["type"] in BLANK_TEXT_COUNTS and "choices" not in one else [" \n"] * (len(blanks) > 1)
        blanks += [[""], [None, ""]] if one["type"] == "list" and one.get("elements") == "str" else []
        if one.get("required") or (name, option) in NOT_LEFT_OUT:
            continue
        without = {**base, **nested(spec, path, None)}
        wanted = observed(name, without).params
        assert wanted == plain or len(path) > 1 or option in BESIDE[name]
        for blank in blanks:
            assert observed(name, {**base, **nested(spec, path, blank)}).params == wanted, (path, blank)


@pytest.mark.parametrize("blank", [None, "", " \n"])
@pytest.mark.parametrize("desired", [{"state": "absent"}, {"state": "present", "sequence_number": "5"}])
def test_blank_that_would_extend_a_change_is_rejected(blank: str | None, desired: dict[str, str]) -> None:
    options = {"stream_name": "meters", "app_name": "reader", **desired}
    message = refused("checkpoint", {**options, "partition_id": blank})
    assert message.startswith(
        "partition_id is blank. Without a value, more would be changed or deleted. Nothing was sent."
    )
    assert "omit" in message
    assert observed("checkpoint", options).params["partition_id"] is None


def test_empty_string_is_a_value_for_the_documented_options() -> None:
    counted = set()
    for name, spec in SPECS.items():
        for path, _option in suboptions(spec) if name != "transfer_task_preflight_info" else ():  # no bucket to look at
            if path[-1] in EMPTY_TEXT_COUNTS:
                found: Any = observed(name, {**needed(spec), **BESIDE.get(name, {}), **nested(spec, path, "")}).params
                for part in path:
                    found = found[part]
                assert found == "", (name, path)
                counted.add(path[-1])
    assert counted == EMPTY_TEXT_COUNTS
    assert {one.name for one in FIELDS if one.allows_empty()} == {"compression_format"}
    assert observed("stream", {"stream_name": "a", "tags": {}}).params["tags"] == {}
    assert observed("transfer_health_info", {"streams": []}).params["streams"] == []


def test_blank_elements_are_dropped() -> None:
    for value in (["a", "", None], "a,", ["a"]):
        assert observed("transfer_health_info", {"streams": value}).params["streams"] == ["a"]


@every_option
def test_boolean_is_rejected_as_a_number(name: str, option: str) -> None:
    spec = SPECS[name]
    for path, one in suboptions({option: spec[option]}):
        if one["type"] in ("int", "float"):
            for value in (True, False):
                message = refused(name, {**needed(spec), **BESIDE.get(name, {}), **nested(spec, path, value)})
                kind = "an integer" if one["type"] == "int" else "a number"
                assert message == f"{'.'.join(path)} is {value}, but must be {kind}. Nothing was sent."


@every_option
def test_list_or_dictionary_is_no_text(name: str, option: str) -> None:
    spec = SPECS[name][option]
    if spec["type"] == "str" and not spec.get("no_log") and "choices" not in spec and option != "region_name":
        for value, kind in (["a"], "a list"), ({"a": "b"}, "an object"):
            beside = {"stream_name": "a"} if option == "task_name" else BESIDE.get(name, {})
            beside = {} if option == "partition_cursor" else beside  # which needs no stream name
            beside = {"topic_name": "a", "topic_urn": "a"} if option.startswith("topic_") else beside
            options = {**needed(SPECS[name]), **beside, option: value}
            assert refused(name, options) == f"{option} is {kind}, but must be a string. Nothing was sent."


def test_number_options_exist() -> None:
    numbers = [one for name, one in OPTIONS if SPECS[name][one]["type"] in ("int", "float")]
    assert len(numbers) > 20


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("\ufeffstream_name", "Remove the byte order mark or other invisible character around stream_name."),
        ("stream_name ", "Remove the whitespace around stream_name."),
        ("\xa0stream_name", "Remove the byte order mark or other invisible character around stream_name."),
        ("stream_nam", "Did you mean stream_name?"),
        ("zzz", ""),
    ],
)
def test_csv_column_names_with_invisible_characters(name: str, hint: str) -> None:
    assert suggest_name(name, ["task_name", "stream_name"]) == hint


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            {"\ufeffstream_name": "a"},
            r"'\ufeffstream_name' is not an option of dli_transfer_task. Remove the byte order mark or",
        ),
        (
            {" agency_name": "a"},
            "' agency_name' is not an option of dli_transfer_task. Remove the whitespace around agency_name",
        ),
        ({"agency": "a"}, "agency is not an option of dli_transfer_task. Did you mean agency_name?"),
        (
            {"stream_name": " a"},
            "stream_name is ' a', but must be 1 to 64 letters, digits, _ or -. Remove the whitespace around the",
        ),
        (
            {"stream_name": "\ufeffa"},
            "or -. Remove the byte order mark or other invisible character around the value",
        ),
    ],
)
def test_entries_from_csv_files_are_rejected_with_the_cause(entry: dict[str, Any], message: str) -> None:
    base = {"stream_name": "s", "task_name": "t"} if "\ufeffstream_name" not in entry else {"task_name": "t"}
    with pytest.raises(InvalidOptions) as error:
        read_entries([{**base, **entry}], {"state": "present", "on_drift": "update"})
    assert message in str(error.value)
