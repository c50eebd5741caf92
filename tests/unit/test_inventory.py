# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams as hosts: names, groups, cache, and one login for several threads."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._inventory import (
    Query,
    cache_suffix,
    groups_of,
    is_host_name,
    is_inventory_file,
    query_of,
    variables_of,
)
from ansible_collections.otc.dis.plugins.module_utils._settings import Source

WHATEVER = Query()
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
def test_names_of_files(path: str, ours: bool) -> None:
    assert is_inventory_file(path) is ours


def test_groups_by_what_is_told() -> None:
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
def test_every_group_has_a_name_that_ansible_takes(tags: dict[str, str], status: str) -> None:
    for name in groups_of({**STREAM, "tags": tags, "status": status}, []):
        assert re.fullmatch(r"dis_[A-Za-z0-9_]*", name)


def test_variables() -> None:
    tasks = [{"task_name": "t"}]
    assert variables_of(STREAM, tasks) == {"dis_stream_name": "s", "dis_stream": STREAM, "dis_transfer_tasks": tasks}


@pytest.mark.parametrize(
    ("name", "usable"), [("a-b_1", True), ("", False), ("a.b", False), ("x" * 65, False), ("a\n", False)]
)
def test_names_of_hosts(name: str, usable: bool) -> None:
    assert is_host_name(name) is usable


def test_queries() -> None:
    left_out = {"name_pattern": None, "status": None, "destination_type": None, "details": False}
    assert query_of(left_out) == Query()
    query = query_of({**left_out, "destination_type": ["OBS", "DWS"]})
    assert query.wants([{"destination_type": "DLI"}, {"destination_type": "DWS"}])
    assert not query.wants([{"destination_type": "DLI"}])
    assert not query.wants([])
    assert Query().wants([])


def test_caches_differ_by_project_address_and_query_alone() -> None:
    def suffix(query: Query = WHATEVER, **values: Any) -> str:
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
