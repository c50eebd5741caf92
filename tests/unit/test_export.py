# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What there is as variables: whatever the service tells, the file says the same, and nothing that differs."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.filter.role_variables import FilterModule, role_variables
from ansible_collections.otc.dis.plugins.module_utils import _stream
from ansible_collections.otc.dis.plugins.module_utils._destinations import DESTINATIONS, DLI, DWS
from ansible_collections.otc.dis.plugins.module_utils._export import (
    stream_entries,
    stream_entry,
    task_entries,
    task_entry,
)
from ansible_collections.otc.dis.plugins.module_utils._fields import clean
from ansible_collections.otc.dis.plugins.module_utils._transfer_task import TransferTask, Wish, plan, shown

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


def stream(name: str = "s", **told: Any) -> dict[str, Any]:
    settings = {name: value for name, value in told.items() if name not in ("tags", "status")}
    whole = _stream.Stream(
        name, {"partition_count": 1, **settings}, told.get("tags", {}), told.get("status", "RUNNING")
    )
    return _stream.shown(whole) or {}


def task(
    stream_name: str = "s", task_name: str = "t", kind: str = "DLI", state: str = "RUNNING", **told: Any
) -> dict[str, Any]:
    return shown(TransferTask(stream_name, task_name, kind, told or TASK, state)) or {}


def document(streams: list[dict[str, Any]], tasks: list[dict[str, Any]]) -> str:
    return role_variables({"streams": streams, "project_id": "p", "endpoint": "https://e"}, {"transfer_tasks": tasks})


def test_order_does_not_depend_on_the_input() -> None:
    streams, tasks = [stream("b"), stream("a")], [task("b", "x"), task("a", "z"), task("a", "y")]
    assert document(streams, tasks) == document(streams[::-1], tasks[::-1])
    assert [one.options["stream_name"] for one in stream_entries(streams) if one.options] == ["a", "b"]
    assert [one.options["task_name"] for one in task_entries(tasks, streams) if one.options] == ["y", "z", "x"]


def test_zero_and_false_are_said_and_empty_is_not() -> None:
    told = stream_entry(stream(auto_scale_enabled=False, data_schema="", csv_properties={}, compression_format=""))
    assert told.options == {"stream_name": "s", "partition_count": 1, "auto_scale_enabled": False}
    options = task_entry(task()).options or {}
    assert options["retry_duration"] == 0
    assert "file_prefix" not in options


@pytest.mark.parametrize(
    ("state", "wished"), [("RUNNING", None), ("PAUSED", "stopped"), ("ABNORMAL", None), ("STARTING", None)]
)
def test_only_a_pause_is_wished(state: str, wished: str | None) -> None:
    assert (task_entry(task(state=state)).options or {}).get("state") == wished


def test_the_destination_is_said_unless_it_is_the_default() -> None:
    assert "destination_type" not in (task_entry(task()).options or {})
    assert (task_entry(task(kind="OBS")).options or {})["destination_type"] == "OBS"
    unknown = task_entry(task(kind="KAFKA"))
    assert unknown.options is None
    assert "KAFKA" in unknown.notes[0]


def test_secrets_are_named_and_never_told() -> None:
    known = {**shown(TransferTask("s", "t", "DWS", {}, "RUNNING")), "user_password": "not-a-real-password"}  # type: ignore[dict-item]
    entry = task_entry(known)
    assert "user_password" not in (entry.options or {})
    assert any("user_password is a secret" in note for note in entry.notes)
    assert "not-a-real-password" not in str(entry)


def test_comments_stay_in_their_lines() -> None:
    text = document([stream("a\nevil: true\u2028more")], [task(state="RUN\nevil: true")])
    assert set(yaml.load(text, Loader)) == {"dli_transfer_streams", "dli_transfer_tasks"}


@pytest.mark.parametrize("kind", DESTINATIONS)
def test_planning_with_what_was_exported_yields_nothing(kind: str) -> None:
    """The law behind it all, for the least and for the most that a service may tell."""
    destination = DESTINATIONS[kind]
    defaults = {one.name: one.default for one in destination if one.default is not None}
    for settings in ({}, defaults):
        observed = TransferTask("s", "t", kind, settings, "PAUSED")
        options = task_entry(shown(observed) or {}).options or {}
        wish = Wish(destination, "s", "t", clean(destination, options), options["state"])
        assert plan(wish, observed).actions == ()


texts = st.text(max_size=43)


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=36).filter(lambda key: not key.startswith("_sys_")), texts, max_size=10
    )
)
def test_whatever_tags_say_is_read_back_and_never_a_template(tags: dict[str, str]) -> None:
    found = yaml.load(document([stream(tags=tags)], []), Loader)["dli_transfer_streams"]
    assert found[0].get("tags", {}) == tags
    for value in found[0].get("tags", {}).values():
        assert isinstance(value, Unsafe) == any(mark in value for mark in ("{{", "{%", "{#"))


@given(st.builds(lambda a, b, c: a + b + c, texts, st.sampled_from(["{{", "{%", "{#"]), texts))
def test_templates_are_marked(value: str) -> None:
    found = yaml.load(document([], [task(**{**TASK, "dli_table_name": "x" + value})]), Loader)
    assert isinstance(found["dli_transfer_tasks"][0]["dli_table_name"], Unsafe)
    assert found["dli_transfer_tasks"][0]["dli_table_name"] == "x" + value


def test_the_filter_is_there_and_refuses_other_things() -> None:
    assert FilterModule().filters() == {"role_variables": role_variables}
    with pytest.raises(AnsibleFilterError, match="project_id"):
        role_variables({"streams": []}, {"transfer_tasks": []})
    with pytest.raises(AnsibleFilterError, match="transfer_tasks"):
        role_variables({"streams": [], "project_id": "p", "endpoint": "e"}, {})


def test_nothing_is_an_empty_list() -> None:
    assert yaml.load(document([], []), Loader) == {"dli_transfer_streams": [], "dli_transfer_tasks": []}


def test_tables_are_complete() -> None:
    """A task of each destination with all settings says all of them, but secrets."""
    assert set(task_entry(task()).options or {}) >= {one.name for one in DLI} - {"file_prefix"}
    full = {one.name: one.choices[0] if one.choices else "x" for one in DWS if one.type == "str"}
    options = task_entry(task(kind="DWS", **full)).options or {}
    assert set(options) >= set(full) - {"user_password"}
