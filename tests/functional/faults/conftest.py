# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shared by the tests of faults: desired states for all destinations, and the state of the emulator.

With ``--measure`` the results of the cells are not compared with the file, but written to it. Each cell and each walk
is run in one of the two execution modes: the session runs the tests of this folder twice, once with
``OTC_DIS_EXECUTION=in_process``. With ``--both-modes`` all cells are run in each mode.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import zlib
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from conftest import Result

    from otc_emulator.runner import Emulator

ACTION = os.environ.get("OTC_DIS_EXECUTION") == "in_process"
"""Whether modules run through the action plugin."""
ROOT = Path(__file__).resolve().parents[3]
STEPS = 2000
"""Default number of steps of the random walks."""
PASSWORD = "fake-database-password"
STAGING = {"agency_name": "dis_admin_agency", "obs_bucket_path": "telemetry-staging"}
DESIRED: dict[str, dict[str, Any]] = {
    "dli": {**STAGING, "dli_database_name": "telemetry", "dli_table_name": "meter_raw", "deliver_time_interval": 300},
    "obs": {**STAGING, "deliver_time_interval": 300},
    "mrs": {
        **STAGING,
        "mrs_cluster_name": "analytics",
        "mrs_cluster_id": "3f1c0b52-77aa-4c55-9f0e-0a1b2c3d4e5f",
        "mrs_hdfs_path": "/warehouse",
        "deliver_time_interval": 300,
    },
    "dws": {
        **STAGING,
        "dws_cluster_name": "warehouse",
        "dws_cluster_id": "8c0f2d6e-5b1a-4d3f-a1b2-c3d4e5f60718",
        "dws_database_name": "telemetry",
        "dws_schema": "public",
        "dws_table_name": "meter_raw",
        "dws_delimiter": ";",
        "user_name": "loader",
        "user_password": PASSWORD,
        "kms_user_key_name": "dis",
        "kms_user_key_id": "0d9c8b7a-6f5e-4d3c-b2a1-908f7e6d5c4b",
        "deliver_time_interval": 300,
    },
    "cloudtable": {
        "agency_name": "dis_admin_agency",
        "cloudtable_cluster_name": "timeseries",
        "cloudtable_cluster_id": "5e4d3c2b-1a09-4f8e-9d7c-6b5a49382716",
        "cloudtable_table_name": "meter_raw",
        "cloudtable_schema": {
            "row_key": [{"value": "meter", "type": "String"}],
            "columns": [{"column_family_name": "cf", "column_name": "at", "value": "at", "type": "Timestamp"}],
        },
        "backup_file_prefix": "failed",
    },
}
"""A complete task for each destination, as options of its module."""
ACTION_WORDS = {"create": "tag", "delete": "untag"}
VERBS = {
    "create_transfer_task": "create",
    "update_transfer_task": "update",
    "delete_transfer_task": "delete",
    "create_stream": "create",
    "update_stream": "update",
    "update_auto_scaling": "update_auto_scaling",
    "change_partition_count": "update_partition_count",
    "delete_stream": "delete",
    "create_app": "create",
    "delete_app": "delete",
    "create_event_subscription": "create",
    "update_event_subscription": "update",
    "delete_event_subscription": "delete",
    "commit_checkpoint": "commit",
    "delete_checkpoint": "delete checkpoint",
    "put_records": "put",
}
"""The module's name of a write request; requests on run states and tags contain the action in their body."""


@pytest.fixture(scope="session")
def desired_tasks() -> dict[str, dict[str, Any]]:
    """A complete task for each destination, as options of its module."""
    return DESIRED


class Report(NamedTuple):
    """Executed actions of a run by the emulator's log, and the actions that it reported.

    :ivar committed: verbs that the emulator carried out with success, and how often
    :ivar unclear: verbs of requests whose response does not show whether they were
    :ivar reported: verbs that the module reports
    """

    committed: Counter[str]
    unclear: set[str]
    reported: Counter[str]

    def complaints(self, failed: bool) -> list[str]:
        """Inaccurate parts of the result; after success no action may be unconfirmed."""
        wrong = []
        for verb in {*self.committed, *self.reported}:
            done, reported = self.committed[verb], self.reported[verb]
            if verb == "put":
                done, reported = min(done, 1), min(reported, 1)
            if reported < done:
                wrong.append(f"{verb}: done {done} times, reported {reported} times")
            if reported > done and not (failed and verb in self.unclear):
                wrong.append(f"{verb}: reported {reported} times, done {done} times")
        return wrong


def verb_of(entry: dict[str, Any]) -> str | None:
    """The verb of a request that writes; None for any other."""
    if entry["operation"] == "act_on_transfer_tasks":
        return str(entry["body"]["action"])
    if entry["operation"] == "act_on_stream_tags":
        return ACTION_WORDS[entry["body"]["action"]]
    if entry["operation"] in ("add_policy", "delete_policy"):
        return f"{entry['operation'].partition('_')[0]} {entry['body']['action_type']}"
    return VERBS.get(entry["operation"])


def verb_reported(verb: str, module: str) -> str:
    """A verb of a module as :data:`VERBS` has it."""
    word = verb.partition(" ")[0]
    if word in ("commit", "move"):
        return "commit"
    return "delete checkpoint" if word == "delete_checkpoints" or (word, module) == ("delete", "checkpoint") else verb


def report_of(result: Result, module: str) -> Report:
    """Log and report of a run, side by side."""
    writes = [(verb, entry) for entry in result.log if (verb := verb_of(entry)) is not None]
    committed = Counter(verb for verb, entry in writes if entry["carried_out"] and entry["outcome"] < 300)
    unclear = {verb for verb, entry in writes if entry["status"] is None or entry["fault"]}
    complete = result.data.get("transfer_tasks") if module == "transfer_tasks" else None
    verbs = [verb for one in complete for verb in one["actions"]] if complete else result.data.get("actions")
    return Report(
        committed, unclear, Counter(verb_reported(one, module) for one in verbs or result.data.get("done") or ())
    )


@pytest.fixture(scope="session")
def report_for() -> Any:
    """Puts log and report of a run side by side."""
    return report_of


def snapshot_of(emulator: Emulator) -> dict[str, Any]:
    """The current state, without ids and values that change automatically."""
    project = emulator.state()["projects"][emulator.project_id]
    streams = {
        name: {
            **{key: one[key] for key in ("status", "partition_count", "retention_period", "tags", "policies")},
            "records": sum(part["records"] for part in one["partitions"]),
            "tasks": {
                task: {key: reported[key] for key in ("destination_type", "state", "settings")}
                for task, reported in one["tasks"].items()
            },
        }
        for name, one in project["streams"].items()
    }
    subscriptions = {
        name: {key: value for key, value in one.items() if key not in ("id", "stream_ids")}
        for name, one in project["event_subscriptions"].items()
    }
    apps = {name: one["checkpoints"] for name, one in project["apps"].items()}
    return {"streams": streams, "apps": apps, "event_subscriptions": subscriptions}


@pytest.fixture(scope="session")
def snapshot() -> Any:
    """Return the current state, without ids and values that change automatically."""
    return snapshot_of


# --- measuring ---


def site_tool(name: str) -> ModuleType:
    """A file of the site's tools as a module."""
    spec = importlib.util.spec_from_file_location(f"site_{name}", ROOT / "tests/docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def matrix() -> ModuleType:
    """What makes tables of what was measured."""
    return site_tool("fault_matrix")


class Measured:
    """Gathers the cells in the process that started the others, and writes them down at the end."""

    def __init__(self) -> None:
        self.cells: list[tuple[list[int], bool, dict[str, Any]]] = []
        self.failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Each worker's reports come here, too."""
        self.failed = self.failed or report.failed
        reported = dict(report.user_properties).get("cell") if report.when == "call" else None
        if reported is not None:
            self.cells.append(json.loads(reported))

    def pytest_sessionfinish(self) -> None:
        """Write down what was measured, if all of it was in order."""
        if self.failed or not self.cells or ACTION:
            return
        matrix = site_tool("fault_matrix")
        columns, cells = {}, {}
        for _where, second, reported in sorted(self.cells, key=lambda cell: cell[:2]):
            columns[tuple(reported["column"])] = matrix.Column(*reported["column"])
            cells.setdefault((*reported["column"][:2], reported["fault"]), ["", ""])[second] = reported["words"]
        matrix.write(list(columns.values()), cells)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Taken if this folder is named on the command line, as its session does."""
    parser.addoption("--measure", action="store_true", help="write the table of faults anew")
    parser.addoption("--both-modes", action="store_true", help="run all cells in each execution mode")
    parser.addoption(
        "--one-request", action="store_true", help="affect the first or the second request, not each of them"
    )
    parser.addoption("--steps", type=int, default=STEPS, help=f"steps of the random walks in all ({STEPS})")


def pytest_configure(config: pytest.Config) -> None:
    """Gather, if that is wanted."""
    if config.getoption("measure", False) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Measured(), "measured")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave to the other execution mode what is not for this one. While the table is measured, nothing else is run."""
    measure = config.getoption("measure", False)
    every = measure or config.getoption("both_modes", False)
    chosen = [item for item in items if for_this_mode(item, every) and (not measure or is_cell(item))]
    if config.getoption("one_request", False):
        chosen = [item for item in chosen if not is_cell(item) or is_drawn(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


def is_cell(item: pytest.Item) -> bool:
    """Whether a test is a cell of the matrix."""
    return item.name.startswith("test_cell[")


def for_this_mode(item: pytest.Item, every: bool) -> bool:
    """Whether a test runs in this execution mode: half of the cells and walks do, always the same.

    :param every: whether all cells do
    """
    if item.name.startswith("test_walks["):
        return bool(item.callspec.params["seed"] % 2) == ACTION  # type: ignore[attr-defined]
    return every or not is_cell(item) or bool(zlib.crc32(item.name.encode()) % 2) == ACTION


def is_drawn(item: pytest.Item) -> bool:
    """Whether a cell is the one of its fault and operation that runs with ``--one-request``: always the same."""
    cell = item.callspec.params["cell"]  # type: ignore[attr-defined]
    name = item.name.rpartition("-")[0]
    return cell.fault.once or cell.second == bool(zlib.crc32(name.encode()) // 2 % 2)


@pytest.fixture(scope="session")
def steps(pytestconfig: pytest.Config) -> int:
    """How far all random walks go together."""
    return int(pytestconfig.getoption("steps", STEPS))
