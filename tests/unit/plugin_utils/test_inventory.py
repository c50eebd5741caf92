# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams as inventory hosts: names, groups, variables and cache."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.inventory.streams import as_template, inert
from ansible_collections.otc.dis.plugins.module_utils._cloud.settings import Source
from ansible_collections.otc.dis.plugins.plugin_utils._inventory import (
    Query,
    cache_suffix,
    could_be_template,
    groups_of,
    is_inventory_file,
    is_stream_name,
    name_conflict,
    query_of,
    skipped_groups_warning,
    skipped_warning,
    variables_of,
)

ANY_STREAM = Query()
STREAM = {"stream_name": "s", "status": "RUNNING", "stream_type": "COMMON", "tags": None}


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        ("/a/x.dis.yml", True),
        ("x.dis.yaml", True),
        ("/a/dis.yml", True),
        ("/a/mydis.yml", False),
        ("/a/x.dis.yml/hosts", False),
        ("x.dis.json", False),
    ],
)
def test_file_names(path: str, ours: bool) -> None:
    assert is_inventory_file(path) is ours


def test_groups_of_a_stream() -> None:
    tasks = [{"destination_type": "DLI"}, {"destination_type": "OBS"}, {"destination_type": "DLI"}]
    assert groups_of(STREAM, tasks) == [
        "dis_destination_dli",
        "dis_destination_obs",
        "dis_status_running",
        "dis_type_common",
    ]
    tagged = {**STREAM, "status": None, "stream_type": None, "tags": {"team": "a-b", "Émile": "", "x": "{{ y }}"}}
    assert groups_of(tagged, []) == ["dis_tag__mile", "dis_tag_team_a_b", "dis_tag_x____y___"]


@given(st.dictionaries(st.text(min_size=1), st.text()), st.text())
def test_every_group_has_a_valid_name(tags: dict[str, str], status: str) -> None:
    for name in groups_of({**STREAM, "tags": tags, "status": status}, []):
        assert re.fullmatch(r"dis_[A-Za-z0-9_]*", name)


def test_variables() -> None:
    tasks = [{"task_name": "t"}]
    assert variables_of(STREAM, tasks, "c") == {
        "dis_cloud": "c",
        "dis_stream_name": "s",
        "dis_stream": STREAM,
        "dis_transfer_tasks": tasks,
    }


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("free", None),
        ("a.b-c_1", None),
        ("-x", None),
        ("db1", "another host"),
        ("meters", "a group"),
        ("all", "a group"),
        ("ungrouped", "a group"),
        ("localhost", "reserved"),
        ("127.0.0.1", "reserved"),
        ("dis_status_running", "this source creates"),
        ("", "must be"),
        ("..", "must be"),
        ("a/b", "must be"),
        ("a:b", "must be"),
        ("{{ x }}", "must be"),
        ("x" * 254, "must be"),
        ("a\n", "must be"),
    ],
)
def test_name_conflicts(name: str, reason: str | None) -> None:
    found = name_conflict(name, {"db1"}, {"meters"}, {"dis_status_running"})
    assert (found is None) if reason is None else (found is not None and reason in found)


@given(st.text(), st.sets(st.text()), st.sets(st.text()))
def test_a_free_name_is_valid_and_unused(name: str, hosts: set[str], groups: set[str]) -> None:
    if name_conflict(name, hosts, groups, ()) is None:
        assert name not in hosts | groups
        assert re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,252}", name)


def test_warnings_list_some_names_and_count_the_rest() -> None:
    text = skipped_warning([(f"p-{number}", f"{number}", "why") for number in range(25)])
    assert "'p-0' (stream '0'): why; " in text
    assert "'p-19'" in text
    assert "'p-20'" not in text
    assert "; 5 more." in text
    assert "names: a and b." in skipped_groups_warning({"b", "a"})


@pytest.mark.parametrize(
    ("name", "usable"), [("a-b_1", True), ("", False), ("a.b", False), ("x" * 65, False), ("a\n", False)]
)
def test_stream_names(name: str, usable: bool) -> None:
    assert is_stream_name(name) is usable


def test_queries() -> None:
    unset = {"name_pattern": None, "status": None, "destination_type": None, "details": False}
    assert query_of(unset) == Query()
    query = query_of({**unset, "destination_type": ["OBS", "DWS"]})
    assert query.matches([{"destination_type": "DLI"}, {"destination_type": "DWS"}])
    assert not query.matches([{"destination_type": "DLI"}])
    assert not query.matches([])
    assert Query().matches([])


def test_cache_depends_on_project_endpoint_and_query_only() -> None:
    def suffix(query: Query = ANY_STREAM, **values: Any) -> str:
        return cache_suffix([Source("options", values), Source("environment", {"project_name": "eu-de"})], query)

    assert suffix() == suffix(project_name="eu-de") == suffix(password="p") == suffix(token="t")
    others = [
        suffix(project_name="eu-de_x"),
        suffix(project_id="1"),
        suffix(username="u"),
        suffix(endpoint_override="https://dis.example"),
        suffix(Query(details=True)),
        suffix(Query("o*")),
    ]
    assert len({suffix(), *others}) == len(others) + 1


@given(st.text(alphabet="{}[]%#:'ajinja2 \n"))
@example("#jinja2: variable_start_string:'[[', variable_end_string:']]'\n[[ 6 * 7 ]]")
@example("{{ 6 * 7 }}")
@example("{% raw %}")
def test_texts_are_never_evaluated_and_marked_only_if_they_could_be(text: str) -> None:
    templar = Templar(loader=DataLoader())
    assert templar.template(inert(text)) == text
    assert inert({"tags": [text]}) == {"tags": [text]}
    if not could_be_template(text):
        assert templar.template(as_template(text)) == text


@pytest.mark.parametrize("value", [None, 7, 1.5, True, [], {}])
def test_values_that_are_no_texts_stay(value: Any) -> None:
    assert inert(value) is value or inert(value) == value
