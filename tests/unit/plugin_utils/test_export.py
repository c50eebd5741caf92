# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Export as role variables: the file contains the reported settings and causes no changes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.filter.role_variables import FilterModule, role_variables
from ansible_collections.otc.dis.plugins.module_utils._core.schema import normalize
from ansible_collections.otc.dis.plugins.module_utils._core.secrets import is_masked
from ansible_collections.otc.dis.plugins.module_utils._resources import stream as _stream
from ansible_collections.otc.dis.plugins.module_utils._resources.destinations import DESTINATIONS, DLI, DWS
from ansible_collections.otc.dis.plugins.module_utils._resources.transfer_task import (
    DesiredTask,
    TransferTask,
    plan,
    to_result,
)
from ansible_collections.otc.dis.plugins.plugin_utils._export import (
    NEVER_RETURNED,
    NOT_REPORTED,
    Entry,
    stream_entries,
    stream_entry,
    task_entries,
    task_entry,
)

TASK = {
    "agency_name": "a",
    "deliver_time_interval": 60,
    "consumer_strategy": "LATEST",
    "dli_database_name": "d",
    "dli_table_name": "t",
    "obs_bucket_path": "b",
    "file_prefix": "",
    "retry_duration": 0,
}


class Loader(yaml.SafeLoader):
    """Reads texts that are marked as no templates."""


class Unsafe(str):
    """One of those."""

    __slots__ = ()


Loader.add_constructor("!unsafe", lambda loader, node: Unsafe(node.value))


def stream(name: str = "s", **reported: Any) -> dict[str, Any]:
    settings = {name: value for name, value in reported.items() if name not in ("tags", "status")}
    complete = _stream.Stream(
        name, {"partition_count": 1, **settings}, reported.get("tags", {}), reported.get("status", "RUNNING")
    )
    return _stream.to_result(complete) or {}


def task(
    stream_name: str = "s", task_name: str = "t", kind: str = "DLI", state: str | None = "RUNNING", **settings: Any
) -> dict[str, Any]:
    return to_result(TransferTask(stream_name, task_name, kind, settings or TASK, state)) or {}


def document(streams: list[dict[str, Any]], tasks: list[dict[str, Any]]) -> str:
    return role_variables({"streams": streams, "project_id": "p", "endpoint": "https://e"}, {"transfer_tasks": tasks})


def test_order_does_not_depend_on_the_input() -> None:
    streams, tasks = [stream("b"), stream("a")], [task("b", "x"), task("a", "z"), task("a", "y")]
    assert document(streams, tasks) == document(streams[::-1], tasks[::-1])
    assert [one.options["stream_name"] for one in stream_entries(streams) if one.options] == ["a", "b"]
    assert [one.options["task_name"] for one in task_entries(tasks, streams) if one.options] == ["y", "z", "x"]


REPORTED = {"stream_name": "s", "status": "RUNNING", "partition_count": 2, "tags": {}}
OPTIONS = {"stream_name": "s", "partition_count": 2}

STREAMS = {
    "nothing to note": ({}, ["RUNNING."], OPTIONS),
    "unknown status": ({"status": None}, ["Unknown status."], OPTIONS),
    "frozen": ({"status": "FROZEN"}, ["FROZEN."], OPTIONS),
    "tags": ({"tags": {"b": "2", "a": ""}}, ["RUNNING."], {**OPTIONS, "tags": {"a": "", "b": "2"}}),
    "unknown partition count": (
        {"partition_count": None},
        ["RUNNING.", NOT_REPORTED.format("partition_count", "stream")],
        {"stream_name": "s"},
    ),
    "unknown tags": ({"tags": None}, ["RUNNING.", NOT_REPORTED.format("tags", "stream")], OPTIONS),
    "nothing known": (
        {"partition_count": None, "tags": None},
        ["RUNNING.", NOT_REPORTED.format("partition_count and tags", "stream")],
        {"stream_name": "s"},
    ),
    "invalid tags": (
        {"tags": {"k": "v", "_sys_a": "1", "long": 44 * "x"}},
        [
            "RUNNING.",
            (
                "Not managed: the key '_sys_a' in tags must have 1 to 36 characters and must not start with _sys_;"
                f" tags.long is '{44 * 'x'}', but must be a string of at most 43 characters."
            ),
        ],
        OPTIONS,
    ),
    "invalid settings": (
        {"data_duration": 169, "data_type": "AVRO", "stream_type": "ADVANCED"},
        [
            "RUNNING.",
            "Not managed: data_type is 'AVRO', but must be BLOB or JSON or CSV.",
            "Not managed: data_duration is 169, but must be an integer from 24 to 168 (hours).",
        ],
        {**OPTIONS, "stream_type": "ADVANCED"},
    ),
    "being deleted": (
        {"status": "TERMINATING"},
        ["Skipped stream s: status TERMINATING."],
        None,
    ),
    "deleted, and with an invalid name": (
        {"stream_name": "a b", "status": "TERMINATED"},
        [("Skipped stream a b: stream_name is 'a b', but must be 1 to 64 letters, digits, _ or -; status TERMINATED.")],
        None,
    ),
}


@pytest.mark.parametrize(("reported", "notes", "options"), STREAMS.values(), ids=STREAMS)
def test_stream(reported: dict[str, Any], notes: list[str], options: dict[str, Any] | None) -> None:
    entry = stream_entry({**REPORTED, **reported})
    assert entry == Entry(tuple(notes), options)
    if options and "tags" in options:
        assert list((entry.options or {})["tags"]) == list(options["tags"])


BASE = {"agency_name": "a", "deliver_time_interval": 60, "consumer_strategy": "LATEST"}
BUCKET = {"obs_bucket_path": "b", "file_prefix": "p", "retry_duration": 0}
OBS_TASK = {
    **BASE,
    "obs_bucket_path": "b",
    "file_prefix": "p",
    "partition_format": "yyyy",
    "destination_file_type": "text",
    "processing_schema": {"timestamp_name": "at", "timestamp_type": "Timestamp"},
    "record_delimiter": "|",
}
DWS_NAMES = ("cluster_name", "cluster_id", "database_name", "schema", "table_name", "table_columns")
DWS_TASK = {
    **BASE,
    **BUCKET,
    **{f"dws_{name}": "x" for name in DWS_NAMES},
    "dws_delimiter": ";",
    **dict.fromkeys(("user_name", "kms_user_key_name", "kms_user_key_id"), "x"),
    "options": {"reject_limit": "unlimited"},
}
POINT = {"value": "v", "type": "String"}
OPENTSDB = {
    "metric": [POINT],
    "timestamp": {"value": "v", "type": "Timestamp"},
    "value": POINT,
    "tags": [{"name": "n", **POINT}],
}
CLOUDTABLE_TASK = {
    **BASE,
    "cloudtable_cluster_name": "n",
    "cloudtable_cluster_id": "i",
    "opentsdb_schema": [OPENTSDB],
    "cloudtable_row_key_delimiter": ".",
    "obs_backup_bucket_path": "b",
    "backup_file_prefix": "p",
    "retry_duration": 0,
}
HIDDEN_PASSWORD = NEVER_RETURNED.format("user_password")

TASKS: dict[str, tuple[str, dict[str, Any], dict[str, Any], list[str]]] = {
    "all of DLI": ("DLI", TASK, {}, []),
    "all of OBS": ("OBS", OBS_TASK, {}, []),
    "all of DWS": ("DWS", DWS_TASK, {}, [HIDDEN_PASSWORD]),
    "one schema of CloudTable, without optional members": ("CLOUDTABLE", CLOUDTABLE_TASK, {}, []),
    "no schema of CloudTable": (
        "CLOUDTABLE",
        CLOUDTABLE_TASK,
        {"opentsdb_schema": None, "deliver_time_interval": None},
        [NOT_REPORTED.format("cloudtable_schema or opentsdb_schema", "task")],
    ),
    "an invalid schema": (
        "CLOUDTABLE",
        CLOUDTABLE_TASK,
        {"opentsdb_schema": [{**OPENTSDB, "metric": []}]},
        [
            "Not managed: opentsdb_schema[0].metric has 0 entries, but must have 1 or more.",
            NOT_REPORTED.format("cloudtable_schema or opentsdb_schema", "task"),
        ],
    ),
    "some of DLI": (
        "DLI",
        TASK,
        {"agency_name": None, "dli_table_name": None, "retry_duration": None},
        [NOT_REPORTED.format("agency_name, dli_table_name and retry_duration", "task")],
    ),
    "some of DWS": (
        "DWS",
        DWS_TASK,
        {"dws_schema": None},
        [HIDDEN_PASSWORD, NOT_REPORTED.format("dws_schema", "task")],
    ),
    "invalid settings": (
        "OBS",
        OBS_TASK,
        {"deliver_time_interval": 29, "processing_schema": {"timestamp_name": " "}},
        [
            "Not managed: deliver_time_interval is 29, but must be an integer from 30 to 900 (seconds).",
            (
                "Not managed: processing_schema lacks timestamp_type;"
                " processing_schema.timestamp_name is ' ', but must be a string, not blank."
            ),
        ],
    ),
}


@pytest.mark.parametrize(("kind", "settings", "instead", "notes"), TASKS.values(), ids=TASKS)
def test_task(kind: str, settings: dict[str, Any], instead: dict[str, Any], notes: list[str]) -> None:
    """The options have all reported values except empty and invalid ones."""
    reported = {**settings, **instead}
    head = {"stream_name": "s", "task_name": "t", **({} if kind == "DLI" else {"destination_type": kind})}
    invalid = set(instead) if any(note.startswith("Not managed") for note in notes) else set()
    options = {name: value for name, value in reported.items() if value not in (None, "") and name not in invalid}
    assert task_entry(task(kind=kind, **reported)) == Entry((f"{kind}, RUNNING.", *notes), {**head, **options})


@pytest.mark.parametrize(
    ("state", "note"),
    [("PAUSED", "DLI, PAUSED."), (None, "DLI, unknown state."), ("A\nB", "DLI, A B.")],
)
def test_state_of_a_task_is_noted(state: str | None, note: str) -> None:
    assert task_entry(task(state=state)).notes == (note,)


@pytest.mark.parametrize(
    ("names", "note"),
    [
        (
            {"task_name": "t t"},
            ("Skipped transfer task t t of stream s: task_name is 't t', but must be 1 to 64 letters, digits, _ or -."),
        ),
        (
            {"stream_name": 65 * "s", "kind": "KAFKA"},
            (
                f"Skipped transfer task t of stream {65 * 's'}: stream_name is '{65 * 's'}', but must be 1 to 64"
                " letters, digits, _ or -; destination_type KAFKA is not supported."
            ),
        ),
    ],
)
def test_unsupported_task_is_skipped(names: dict[str, Any], note: str) -> None:
    assert task_entry(task(**names)) == Entry((note,), None)


def test_tasks_of_skipped_streams_are_skipped() -> None:
    """A task of an unlisted stream is kept."""
    tasks = [task("there", "x"), task("going", "y"), task("unheard", "z")]
    found = task_entries(tasks, [stream("going", status="TERMINATING"), stream("there")])
    assert [(one.options or {})["task_name"] for one in found] == ["x", "z"]


def test_zero_and_false_are_exported_and_empty_values_are_not() -> None:
    entry = stream_entry(stream(auto_scale_enabled=False, data_schema="", csv_properties={}, compression_format=""))
    assert entry.options == {"stream_name": "s", "partition_count": 1, "auto_scale_enabled": False}
    options = task_entry(task()).options or {}
    assert options["retry_duration"] == 0
    assert "file_prefix" not in options


@pytest.mark.parametrize(
    ("state", "expected"), [("RUNNING", None), ("PAUSED", "stopped"), ("ABNORMAL", None), ("STARTING", None)]
)
def test_state_is_exported_for_stopped_tasks_only(state: str, expected: str | None) -> None:
    assert (task_entry(task(state=state)).options or {}).get("state") == expected


def test_destination_is_exported_unless_it_is_the_default() -> None:
    assert "destination_type" not in (task_entry(task()).options or {})
    assert (task_entry(task(kind="OBS")).options or {})["destination_type"] == "OBS"
    unknown = task_entry(task(kind="KAFKA"))
    assert unknown.options is None
    assert "KAFKA" in unknown.notes[0]


def test_secrets_are_named_and_never_exported() -> None:
    known = {**to_result(TransferTask("s", "t", "DWS", {}, "RUNNING")), "user_password": "not-a-real-password"}  # type: ignore[dict-item]
    entry = task_entry(known)
    assert "user_password" not in (entry.options or {})
    assert any("user_password is a secret" in note for note in entry.notes)
    assert "not-a-real-password" not in str(entry)


def test_comments_stay_in_their_lines() -> None:
    text = document([stream("a\nevil: true\u2028more")], [task(state="RUN\nevil: true")])
    assert set(yaml.load(text, Loader)) == {"dli_transfer_streams", "dli_transfer_tasks"}


@pytest.mark.parametrize("kind", DESTINATIONS)
def test_exported_variables_cause_no_actions(kind: str) -> None:
    """With the minimum and the maximum of settings that the service may return."""
    destination = DESTINATIONS[kind]
    defaults = {one.name: one.default for one in destination if one.default is not None}
    for settings in ({}, defaults):
        observed = TransferTask("s", "t", kind, settings, "PAUSED")
        options = task_entry(to_result(observed) or {}).options or {}
        desired = DesiredTask(destination, "s", "t", normalize(destination, options), options["state"])
        assert plan(desired, observed).actions == ()


texts = st.text(max_size=43).filter(lambda text: not is_masked(text))
keys = st.text(min_size=1, max_size=36).filter(lambda key: not key.startswith("_sys_") and not is_masked(key))


@given(st.dictionaries(keys, texts, max_size=10))
def test_tags_are_preserved_and_never_templates(tags: dict[str, str]) -> None:
    found = yaml.load(document([stream(tags=tags)], []), Loader)["dli_transfer_streams"]
    assert found[0].get("tags", {}) == tags
    for value in found[0].get("tags", {}).values():
        assert isinstance(value, Unsafe) == any(mark in value for mark in ("{{", "{%", "{#"))


@given(st.builds(lambda a, b, c: a + b + c, texts, st.sampled_from(["{{", "{%", "{#"]), texts))
def test_templates_are_marked(value: str) -> None:
    found = yaml.load(document([], [task(**{**TASK, "dli_table_name": "x" + value})]), Loader)
    assert isinstance(found["dli_transfer_tasks"][0]["dli_table_name"], Unsafe)
    assert found["dli_transfer_tasks"][0]["dli_table_name"] == "x" + value


def test_filter_rejects_other_input() -> None:
    assert FilterModule().filters() == {"role_variables": role_variables}
    with pytest.raises(AnsibleFilterError, match="project_id"):
        role_variables({"streams": []}, {"transfer_tasks": []})
    with pytest.raises(AnsibleFilterError, match="transfer_tasks"):
        role_variables({"streams": [], "project_id": "p", "endpoint": "e"}, {})


def test_empty_input_is_exported_as_empty_lists() -> None:
    assert yaml.load(document([], []), Loader) == {"dli_transfer_streams": [], "dli_transfer_tasks": []}


def test_all_settings_are_exported() -> None:
    """A task with all settings exports all of them except secrets."""
    assert set(task_entry(task()).options or {}) >= {one.name for one in DLI} - {"file_prefix"}
    full = {one.name: one.choices[0] if one.choices else "x" for one in DWS if one.type == "str"}
    options = task_entry(task(kind="DWS", **full)).options or {}
    assert set(options) >= set(full) - {"user_password"}


@pytest.mark.parametrize("mask", ["VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "********", "eu-********-1"])
@pytest.mark.parametrize("path", ["streams.stream_name", "streams.tags.owner", "transfer_tasks.agency_name"])
def test_mask_is_refused(path: str, mask: str) -> None:
    streams = [stream("a", tags={"owner": mask if "tags" in path else "me"})]
    if path == "streams.stream_name":
        streams[0]["stream_name"] = mask
    tasks = [{"stream_name": "a", "task_name": "t", "agency_name": mask if "agency" in path else "x"}]
    with pytest.raises(AnsibleFilterError, match=path):
        role_variables(
            {"project_id": "p", "endpoint": "e", "streams": streams},
            {"transfer_tasks": tasks},
        )
