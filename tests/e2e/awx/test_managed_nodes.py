# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes that a platform counts: each query on the results of the module that it belongs to."""

from __future__ import annotations

import ast
from typing import Any

import jq
import yaml
from controller import ROOT, Controller, Job
from test_jobs import openstack

from otc_emulator.runner import Emulator

QUERIES = yaml.safe_load((ROOT / "extensions/audit/event_query.yml").read_text("utf-8"))
MANAGING = sorted(QUERIES, key=lambda name: (name.endswith("_tasks"), name))  # all at once comes last
TYPES = {str, int, float, bool}  # a node with anything else in canonical_facts is not counted


def first_example(module: str) -> dict[str, Any]:
    """The first example of a module, without the name of its cloud."""
    tree = ast.parse((ROOT / f"plugins/modules/{module.split('.')[-1]}.py").read_text("utf-8"))
    (text,) = [
        node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and getattr(node.targets[0], "id", "") == "EXAMPLES"
        and isinstance(node.value, ast.Constant)
    ]
    task: dict[str, Any] = yaml.safe_load(str(text))[0]
    task[module].pop("cloud", None)
    return task


def nodes(job: Job) -> list[tuple[str, dict[str, Any]]]:
    """What a platform counts of a job: the task and the result of the query, for each node."""
    found = []
    for event in job.events:
        data = event.get("event_data", {})  # lines that belong to no task have none
        query = QUERIES.get(data.get("resolved_action"), {}).get("query")
        if query and "res" in data:
            found += [(data["task"], node) for node in jq.compile(query).input_value(data["res"]).all()]
    return found


def test_each_module_that_manages_a_stream_or_task_has_a_query() -> None:
    modules = {path.stem for path in (ROOT / "plugins/modules").glob("*.py")}
    managing = {name for name in modules if name == "stream" or name.endswith(("_transfer_task", "transfer_tasks"))}
    assert set(QUERIES) == {f"otc.dis.{name}" for name in managing}
    assert all(set(one) == {"query"} for one in QUERIES.values())


def test_managed_streams_and_tasks_are_counted(controller: Controller, cloud: Emulator) -> None:
    openstack(controller, cloud)
    tasks = [{**first_example(module), "name": module} for module in MANAGING]
    gone = {"otc.dis.dli_transfer_task": {"stream_name": "meters", "task_name": "meters-to-dli", "state": "absent"}}
    planned = {"otc.dis.stream": {"stream_name": "planned", "partition_count": 1}, "check_mode": True}
    reads = [{f"otc.dis.{name}": {}, "name": f"otc.dis.{name}"} for name in ("stream_info", "transfer_task_info")]
    play = {"hosts": "localhost", "gather_facts": False, "vars": {"dws_password": "not-a-real-password"}}
    text = yaml.safe_dump([{**play, "tasks": [*tasks, *reads, gone, planned]}])
    (controller.private / "project/all.yml").write_text(text, "utf-8")
    job = controller.run("all.yml")
    assert job.code == 0, str(job)
    counted = nodes(job)
    assert {module for module, node in counted} == set(QUERIES), "reading counts nothing"
    for _module, node in counted:
        assert set(node) == {"name", "canonical_facts", "facts"}
        assert {type(value) for value in node["canonical_facts"].values()} <= TYPES
        assert all(node["canonical_facts"].values())
    names = [node["name"] for module, node in counted]
    assert "planned" not in names
    assert names.count("meters/meters-to-dli") == 2, "once by its module and once with others, not when it is deleted"
    same = [node["canonical_facts"] for module, node in counted if node["name"] == "meters/meters-to-dli"]
    assert same[0] == same[1], "one node, whichever module manages it"
