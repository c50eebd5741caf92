# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every fault of the emulator at every operation of every module: results are accurate, and a rerun converges.

In each cell, the module's report is compared with the emulator's log and state. What it reports in each cell
is in ``tests/docs/fault_matrix.yml``, which ``make test-faults ARGS=--measure`` writes and the site shows as tables.

It holds in both execution modes: the session runs each cell in one of them, with ``--both-modes`` in both.
"""

from __future__ import annotations

import dataclasses
import json
import os
import zlib
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from ansible_collections.otc.dis.plugins.module_utils._core import cancellation as _cancellation
from otc_emulator.faults import FAULT_KINDS
from otc_emulator.fixtures import ACCESS_KEY, SECRET_KEY
from otc_emulator.routes import OPERATIONS as REQUESTS

if TYPE_CHECKING:
    from conftest import Result, Run

ACTION = os.environ.get("OTC_DIS_EXECUTION") == "in_process"
PASSWORD = "fake-database-password"
TASK = {"stream_name": "meters", "task_name": "meters-to-it"}
MANNERS = {"wait_interval": 0.05, "wait_timeout": 0.8}
MAX_SPAN = 12.0
"""Seconds that no cell may take, on however busy a machine."""


# --- the faults ---


@dataclasses.dataclass(frozen=True)
class Fault:
    """One kind of fault with its parameters.

    :ivar name: what happens, for the tables of the site
    :ivar about: what must be there for it to happen to: see :data:`NOT_THERE`
    :ivar api_timeout: seconds; more than any answer takes, unless it is the fault that none comes
    :ivar hang: set if the request is not answered, either; whether it is carried out
    :ivar once: whether each operation meets it but once, at the first or the second request in turn
    """

    name: str
    kind: str
    params: dict[str, Any] = dataclasses.field(default_factory=dict)
    about: str = "request"
    api_timeout: float = 3
    hang: bool | None = None
    once: bool = False


FAULTS = (
    Fault("forbidden (403)", "status", {"status": 403}),
    Fault("failure (500), not carried out", "status", {"status": 500}),
    Fault("failure (500), carried out", "error_after", {"status": 500}),
    Fault("gateway failure (502), carried out", "error_after"),
    Fault("throttled by the gateway (429)", "throttle_429", {"retry_after": 0}),
    Fault("throttled by DIS", "throttle_dis"),
    Fault("closed without a response, not carried out", "lost_before"),
    Fault("reset, not carried out", "reset"),
    Fault("closed without a response, carried out", "lost_after"),
    Fault("no response in time, not carried out", "hang", api_timeout=1),
    Fault("no response in time, carried out", "hang", {"commit": True}, api_timeout=1),
    Fault("late response", "slow", {"seconds": 0.1}),
    Fault("response in small parts", "slow_body", {"seconds": 0.1}),
    *(
        Fault(f"{name}, carried out", "drip", {"part": part}, about, api_timeout=1, once=True)
        for part, name, about in (
            ("continue", "100 Continue without end", "request"),
            ("status_line", "status line without end", "request"),
            ("headers", "headers without end", "request"),
            ("body", "body without end", "body"),
            ("trailers", "chunk trailers without end", "body"),
        )
    ),
    Fault("response cut off, carried out", "cut_body"),
    Fault("web page of a proxy (503), not carried out", "html"),
    Fault("web page of a proxy (200), not carried out", "html", {"status": 200}),
    Fault("web page of a proxy (502), carried out", "html_after", {"status": 502}),
    Fault("response of 17 MiB, carried out", "huge_body", {"megabytes": 17}),
    Fault("response that is not JSON, carried out", "not_json"),
    Fault("response with a wrong structure, carried out", "wrong_json"),
    Fault("redirect", "redirect"),
    Fault("token expired (441)", "expire_token"),
    Fault("token expired (401)", "expire_token", {"style": "gateway"}),
    Fault("rejection that repeats all secrets", "echo_secrets", {"signature": True}),
    Fault("another client creates the task", "rival_create", {"task": "meters-to-it"}, "no task"),
    Fault("another client changes the task", "rival_update", {"settings": {"agency_name": "rival"}}, "task"),
    Fault(
        "another client changes the task right after the request",
        "rival_update",
        {"settings": {"agency_name": "rival"}, "when": "after"},
        "task",
    ),
    Fault("another client deletes the task", "rival_delete", {}, "task"),
    Fault("another client deletes the task right after the request", "rival_delete", {"when": "after"}, "task"),
    Fault("the task is paused", "set_state", {"state": "PAUSED"}, "task"),
    Fault("the stream is frozen", "set_stream_status", {"status": "FROZEN", "stream": "meters"}, "stream"),
    Fault("another client creates the stream", "rival_create_stream", {"stream": "meters"}, "no stream"),
    Fault("another client deletes the stream", "rival_delete_stream", {"stream": "meters"}, "stream"),
    Fault("another client creates the app", "rival_create_app", {"app": "reader"}, "no app"),
    Fault("another client deletes the app", "rival_delete_app", {"app": "reader"}, "app"),
    Fault("a list lacks its last entry", "short_list", {}, "list"),
    Fault("a list lacks all entries", "short_list", {"keep": 0}, "list"),
    Fault("a list names each entry twice", "short_list", {"keep": 99, "copies": 2}, "list"),
    Fault(
        "unknown settings",
        "altered_body",
        {"members": {"new_setting": "on"}, "block": True, "add": True},
        "details",
    ),
    Fault(
        "response about another resource",
        "altered_body",
        {"members": {"task_name": "other", "stream_name": "other", "app_name": "other"}},
        "names",
    ),
    Fault(
        "values of impossible types",
        "altered_body",
        {"members": {"state": [], "status": {}, "create_time": "soon", "partition_consuming_states": {}}},
        "names",
    ),
    Fault("some records are rejected", "fail_records", {"indices": [0]}, "records"),
    *(
        Fault(f"{number} {name}", "signal", {"number": number, "when": when}, "write")
        for number in ("SIGALRM", "SIGINT", "SIGTERM")
        for when, name in (("before", "before it is carried out"), ("after", "after it is carried out"))
    ),
    Fault("SIGTERM and no response, not carried out", "signal", {"number": "SIGTERM"}, "write", hang=False),
    Fault("SIGTERM and no response, carried out", "signal", {"number": "SIGTERM"}, "write", hang=True),
)
NOT_THERE = {
    "task": "there is no transfer task that another client could touch",
    "no task": "the transfer task is there already, or nobody wants one",
    "stream": "there is no stream that could be touched",
    "no stream": "the stream is there already",
    "app": "there is no app that another client could touch",
    "no app": "the app is there already, or nobody wants one",
    "records": "only an upload has records that can be refused one by one",
    "token": "the request carries no token that could expire",
    "list": "the answer has no list with a count",
    "details": "the answer has no settings of a task",
    "names": "the answer does not repeat what was asked for",
    "write": "the request changes nothing",
    "body": "the response has no body",
}
"""Why a cell is empty: what the fault needs and the operation has not."""


# --- the operations ---


@dataclasses.dataclass(frozen=True)
class Operation:
    """A call of a module in a world in which it sends a certain request.

    :ivar name: for the guide
    :ivar request: what the fault hits, as the emulator calls it
    :ivar seed: resources beside those that the emulator starts with
    :ivar options: of the module; those of a task are completed with all that its destination needs
    :ivar has: resources that a fault can affect
    :ivar task: a state, if there is a task as described already
    :ivar drift: whether it differs in one setting
    :ivar again: whether a second call finds nothing to do; an upload is one more each time
    :ivar login: how to log in: by a password, a token or an access key
    """

    group: str
    name: str
    module: str
    request: str
    seed: dict[str, Any] = dataclasses.field(default_factory=dict)
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    has: tuple[str, ...] = ()
    task: str = ""
    drift: bool = False
    again: bool = True
    login: str = "password"

    @property
    def reads(self) -> bool:
        """Whether its module never changes anything."""
        return self.module.endswith("_info") or self.module == "iam_token" or self.options.get("action") == "get"


def of_task(name: str, request: str, task: str = "", drift: bool = False, **options: Any) -> Operation:
    """An operation of the five modules of transfer tasks, which take turns from cell to cell."""
    has = ("token", "stream", "task") if task else ("token", "stream", "no task")
    options = {**TASK, "state": "started", **options}
    return Operation("Transfer tasks", name, "X_transfer_task", request, {}, options, has, task, drift)


def described(*names: str, **options: Any) -> dict[str, Any]:
    """Options for tasks to DLI in two streams."""
    return {
        "transfer_tasks": [
            {"stream_name": stream, "task_name": name} for stream in ("meters", "more") for name in names
        ],
        **options,
    }


def of_many(name: str, request: str, task: str = "", **options: Any) -> Operation:
    """An operation of the module of many transfer tasks."""
    has = ("token", "stream", "task") if task else ("token", "stream", "no task")
    return Operation("Many tasks", name, "transfer_tasks", request, {}, options, has, task)


def of_stream(name: str, request: str, seed: Any = None, **options: Any) -> Operation:
    """An operation of the module of streams; without a seed, no stream exists."""
    has = ("token", "no stream") if seed is None else ("token", "stream")
    streams = [] if seed is None else [{"name": "meters", **seed}]
    return Operation(
        "Streams", name, "stream", request, {"streams": streams}, {"stream_name": "meters", **options}, has
    )


def of_policy(name: str, request: str, permitted: tuple[str, ...], **options: Any) -> Operation:
    """An operation on the policy of one principal, with the actions that it permits before."""
    policies = [{"principal_name": "acme.*", "action_type": action} for action in permitted]
    seed = {"streams": [{"name": "meters", "policies": policies}]}
    options = {"stream_name": "meters", "principal_name": "acme.*", **options}
    return Operation("Streams", name, "stream_policy", request, seed, options, ("token", "stream"))


POSITIONS = [{"stream": "meters", "partition": number, "sequence_number": 10} for number in (0, 1)]
READ = {
    "streams": [{"name": "meters", "partition_count": 2, "latest_offset": 100}],
    "apps": [{"name": "reader", "checkpoints": POSITIONS}],
}
UNREAD = {**READ, "apps": ["reader"]}
PLACE = {"stream_name": "meters", "app_name": "reader"}


def of_app(
    name: str, request: str, module: str = "app", seed: Any = None, has: str = "app", **options: Any
) -> Operation:
    """An operation on apps and their checkpoints."""
    there = ("token", "stream", has)
    return Operation("Apps and checkpoints", name, module, request, READ if seed is None else seed, options, there)


def of_records(name: str, request: str, *has: str, again: bool = True, **options: Any) -> Operation:
    """An operation on records; the stream holds some in two partitions."""
    stream = {"name": "meters", "partition_count": 2, "records": [{"data": one} for one in ("a", "b", "c", "d")]}
    module = "records" if "action" in options else "stream_metrics_info"
    given = {"stream_name": "meters", **options}
    there = ("token", "stream", *has)
    return Operation("Records and metrics", name, module, request, {"streams": [stream]}, given, there, again=again)


def of_preflight(name: str, request: str, *has: str) -> Operation:
    """An operation of the module that looks before a task is made, by a user who may see everything."""
    seed = {"users": [{"name": "emulator-user", "roles": ["te_admin", "dis_adm", "secu_admin"]}]}
    given = {
        **TASK, "agency_name": "dis_admin_agency", "dli_database_name": "telemetry", "dli_table_name": "meter_raw",
        "obs_bucket_path": "telemetry-staging", "temporary_keys": True,
    }  # fmt: skip
    return Operation("Checks", name, "transfer_task_preflight_info", request, seed, given, ("stream", *has))


def of_health(name: str, request: str, **options: Any) -> Operation:
    """An operation of the module that looks how tasks are."""
    seed = {"streams": [{"name": "meters", "tasks": ["meters-to-it"], "latest_offset": 5}]}
    return Operation(
        "Checks",
        name,
        "transfer_health_info",
        request,
        seed,
        {"stale_after": "30m", **options},
        ("token", "stream", "task"),
    )


ALARM = {"subscription_name": "alarm", "events": ["task_abnormal"], "target_stream": "meters"}
ALARMS = {"event_subscriptions": [{"name": "alarm", "topic_type": 1, "topic_name": "meters", "topic_urn": None}]}


def of_events(
    name: str, request: str, seed: Any = None, module: str = "event_subscription", **options: Any
) -> Operation:
    """An operation on events and subscriptions to them; without a seed, none exist."""
    contents = {"streams": ["meters"], "events": [{"type_id": "dis_event.001"}], **(seed or {})}
    return Operation("Events", name, module, request, contents, options, ("token", "stream"))


OPERATIONS = (
    Operation("Authentication", "authenticate", "iam_token", "login"),
    Operation("Authentication", "check a token", "iam_token", "check_token", login="token", has=("token",)),
    Operation("Authentication", "project of a key", "stream_info", "list_projects", login="key"),
    Operation("Authentication", "catalog with a key", "stream_info", "show_catalogue", login="key"),
    of_task("read", "show_transfer_task"),
    of_task("read one that differs", "show_transfer_task", "RUNNING", drift=True),
    of_task("create", "create_transfer_task"),
    of_task("update", "update_transfer_task", "RUNNING", drift=True),
    of_task("stop", "act_on_transfer_tasks", "RUNNING", state="stopped"),
    of_task("start", "act_on_transfer_tasks", "PAUSED"),
    of_task("delete", "delete_transfer_task", "RUNNING", state="absent"),
    of_task("recreate: delete", "delete_transfer_task", "RUNNING", drift=True, on_drift="recreate"),
    of_task("recreate: create", "create_transfer_task", "RUNNING", drift=True, on_drift="recreate"),
    of_many("list", "list_transfer_tasks", **described("meters-to-it", "other")),
    of_many("read one", "show_transfer_task", **described("meters-to-it", "other")),
    of_many(
        "read existing ones", "show_transfer_task", "RUNNING", **described("meters-to-it", state="started")
    ),
    of_many("create", "create_transfer_task", **described("meters-to-it", "other", state="started")),
    of_many("delete", "delete_transfer_task", "RUNNING", **described("meters-to-it", state="absent")),
    of_many("purge", "list_transfer_tasks", "RUNNING", transfer_tasks=[], purge=True, streams=["meters", "more"]),
    Operation(
        "Many tasks", "transfer_task_info", "transfer_task_info", "list_transfer_tasks", {}, {}, ("token", "stream"),
        "RUNNING",
    ),
    of_stream("read", "show_stream", partition_count=1),
    of_stream("create", "create_stream", partition_count=2, tags={"team": "billing"}),
    of_stream("update", "update_stream", {}, data_duration=48, partition_count=1),
    of_stream(
        "change automatic scaling", "update_auto_scaling", {}, partition_count=1, auto_scale_enabled=True,
        auto_scale_min_partition_count=1, auto_scale_max_partition_count=4,
    ),
    of_stream("scale", "change_partition_count", {}, partition_count=2),
    of_stream(
        "tag and untag", "act_on_stream_tags", {"tags": {"old": "1"}}, tags={"team": "billing"}, purge_tags=True,
        partition_count=1,
    ),
    of_stream("delete", "delete_stream", {}, state="absent"),
    of_stream(
        "derive a schema", "derive_schema", partition_count=1, data_schema={"id": 1}, data_schema_from="sample",
    ),
    Operation("Streams", "stream_info", "stream_info", "list_streams", {}, {}, ("token", "stream")),
    Operation(
        "Streams", "scaling history", "stream_info", "list_scalings", {}, {"scaling_history": True},
        ("token", "stream"),
    ),
    Operation("Streams", "quotas", "stream_info", "show_quotas", {}, {"quotas": True}, ("token", "stream")),
    of_app("read", "show_app", seed={"apps": []}, has="no app", app_name="reader"),
    of_app("read an existing one", "show_app", seed={"apps": ["reader"]}, app_name="reader"),
    of_app("create", "create_app", seed={"apps": []}, has="no app", app_name="reader"),
    of_app("delete", "delete_app", seed={"apps": ["reader"]}, app_name="reader", state="absent"),
    of_app("delete with checkpoints", "delete_checkpoint", app_name="reader", state="absent", force=True),
    of_app("app_info", "list_apps", "app_info"),
    of_app("read a checkpoint", "show_checkpoint", "checkpoint", UNREAD, **PLACE, partition_id=0, sequence_number=9),
    of_app("commit", "commit_checkpoint", "checkpoint", UNREAD, **PLACE, partition_id=0, sequence_number=9),
    of_app("delete a checkpoint", "delete_checkpoint", "checkpoint", **PLACE, partition_id="0", state="absent"),
    of_app("checkpoint_info", "show_consumption", "checkpoint_info", **PLACE),
    of_records("put", "put_records", "records", again=False, action="put", records=[{"data": "one"}, {"data": "two"}]),
    of_records("get: cursor", "show_cursor", action="get", max_seconds=3),
    of_records("get: read", "get_records", action="get", max_seconds=3),
    of_records("metrics of a stream", "show_stream_metrics", end_time="-0s"),
    of_records("metrics of a partition", "show_partition_metrics", end_time="-0s", partition_id="0"),
    of_events("create", "create_event_subscription", **ALARM),
    of_events("update", "update_event_subscription", ALARMS, **ALARM, enabled=False),
    of_events("delete", "delete_event_subscription", ALARMS, subscription_name="alarm", state="absent"),
    of_events("event_subscription_info", "list_event_subscriptions", ALARMS, "event_subscription_info"),
    of_events("event_info", "list_events", module="event_info"),
    of_preflight("preflight: agency", "list_agencies", "token"),
    of_preflight("its roles", "list_agency_roles", "token"),
    of_preflight("database", "list_databases", "token"),
    of_preflight("table", "list_tables", "token"),
    of_preflight("keys for the check", "create_temporary_keys", "token"),
    of_preflight("bucket", "head_bucket"),
    of_health("health: tasks", "list_transfer_tasks"),
    of_health("health: one task", "show_transfer_task"),
    of_health("health: metrics", "show_stream_metrics"),
    Operation(
        "Checks", "log of a task", "transfer_task_log_info", "list_transfer_task_log",
        {"streams": [{"name": "meters", "tasks": ["meters-to-it"]}]}, TASK, ("token", "stream", "task"),
    ),
    of_policy("add a policy", "add_policy", (), action_type=["putRecords"]),
    of_policy("change a policy: delete", "delete_policy", ("getRecords",), action_type=["putRecords"]),
    of_policy("change a policy: add", "add_policy", ("getRecords",), action_type=["putRecords"]),
    of_policy("delete a policy", "delete_policy", ("getRecords",), state="absent"),
    Operation(
        "Streams", "stream_policy_info", "stream_policy_info", "list_policies", {}, {"stream_name": "meters"},
        ("token", "stream"),
    ),
    of_health("health: dead letters", "list_objects", dead_letters=True, temporary_keys=True),
)  # fmt: skip
NEVER_SENT = {
    "version": "the address of IAM is given by auth_url",
    "revoke_token": "a token may serve other tasks",
    "list_domains": "the domain is given by name",
    "list_event_types": "sent only with event_types, which test_event_subscription.py looks at",
    "list_project_tags": "show_stream and list_streams tell tags",
    "find_streams": "list_streams tells tags",
    "list_stream_tags": "sent only where show_stream does not tell tags, which test_stream.py looks at",
    "create_stream_tag": "act_on_stream_tags takes several at once",
    "delete_stream_tag": "act_on_stream_tags takes several at once",
}
"""Operations of the emulator that no module sends here, with the reason."""


WRITES = {
    "create_transfer_task",
    *("update_transfer_task", "act_on_transfer_tasks", "delete_transfer_task", "create_stream", "update_stream"),
    *("change_partition_count", "update_auto_scaling", "act_on_stream_tags", "delete_stream", "create_app"),
    *("create_event_subscription", "update_event_subscription", "delete_event_subscription"),
    *("add_policy", "delete_policy"),
    *("delete_app", "commit_checkpoint", "delete_checkpoint", "put_records"),
}
"""Requests that change something."""


# --- one cell ---


class Cell(NamedTuple):
    """A fault at the first or second request of an operation.

    :ivar where: the places of operation and fault in their tables
    :ivar second: whether the second request is hit; where there is but one, the first is, and so is its repeat
    """

    where: tuple[int, int]
    second: bool

    @property
    def operation(self) -> Operation:
        """What the module is to do."""
        return OPERATIONS[self.where[0]]

    @property
    def fault(self) -> Fault:
        """What happens to it."""
        return FAULTS[self.where[1]]

    @property
    def destination(self) -> str:
        """Destination of a transfer task: the modules alternate, but concurrent writers support only DLI."""
        turns = ("dli", "obs", "mrs", "dws", "cloudtable")
        any_destination = self.fault.about in ("request", "body")
        return turns[(self.where[0] + self.where[1] + self.second) % 5] if any_destination else "dli"

    @property
    def name(self) -> str:
        """For the test's name."""
        number = 2 if self.second else 1
        return "-".join([self.operation.group, self.operation.name, self.fault.name, str(number)]).replace(" ", "_")


ANSWERS = {
    "list_transfer_tasks": ("list",),
    "list_streams": ("list",),
    "list_apps": ("list",),
    "list_event_subscriptions": ("list",),
    "show_stream": ("list", "names"),
    "show_transfer_task": ("details", "names"),
    "show_app": ("names",),
    "show_consumption": ("names",),
}
"""What answers hold that can be altered."""


def missing(operation: Operation, fault: Fault) -> str:
    """What a fault needs and an operation has not; an empty text if there is nothing."""
    about = "token" if fault.kind == "expire_token" else fault.about
    writes = ["write"] if operation.request in WRITES else []
    answer = ANSWERS.get(operation.request, ())
    resource = {"show_transfer_task": "task", "show_app": "app"}.get(operation.request)
    if resource and resource not in operation.has:
        answer = ()  # no error to report
    body = [] if operation.request == "head_bucket" else ["body"]
    records = ["records"] if operation.request == "put_records" else []
    there = {"request", *body, *operation.has, *writes, *answer, *records}
    return "" if about in there else about


def stable_hash(operation: Operation) -> int:
    """A number for an operation that does not change when other operations are added."""
    return zlib.crc32(f"{operation.group}/{operation.name}".encode())


CELLS = [
    Cell((row, column), second)
    for row, operation in enumerate(OPERATIONS)
    for column, fault in enumerate(FAULTS)
    for second in ([bool((stable_hash(operation) + column) % 2)] if fault.once else [False, True])
    if not missing(operation, fault)
]


class Scene:
    """A module, its options, and its environment.

    :ivar undisturbed: what the module does without a fault
    :ivar goal: what is there afterwards
    """

    def __init__(
        self, run: Run, operation: Operation, destination: str, desired_tasks: dict[str, Any], snapshot: Any
    ) -> None:
        self.operation, self.emulator, self.snapshot = operation, run.emulator, snapshot
        self.destination, self.desired = destination, desired_tasks[destination]
        self.options = dict(operation.options)
        if operation.module == "X_transfer_task":
            self.options = {**self.desired, **self.options}
        if operation.module == "transfer_tasks":
            entries = [
                {**self.desired, "destination_type": destination.upper(), **one}
                for one in self.options["transfer_tasks"]
            ]
            self.options["transfer_tasks"] = entries
        self.seed = self.world(run)
        self.restore()
        self.before = snapshot(run.emulator)
        self.undisturbed = self.call(run)
        self.goal = self.managed(snapshot(run.emulator))

    def world(self, run: Run) -> dict[str, Any]:
        """The initial state; a task is created by its own module."""
        if not self.operation.group.endswith("asks"):
            return self.operation.seed
        streams: list[dict[str, Any]] = [{"name": "meters"}, {"name": "more"}]
        if self.operation.task:
            run.emulator.reset(streams=streams)
            drift = {"agency_name": "old_agency"} if self.operation.drift else {}
            run.emulator.seed(agencies=["old_agency"])
            run.of(f"{self.destination}_transfer_task")(**{**self.desired, **TASK, **drift}).ok()
            (made,) = run.emulator.tasks("meters").values()
            kept = {name: made[name] for name in ("task_name", "destination_type", "settings")}
            streams[0]["tasks"] = [{**kept, "state": self.operation.task}]
            if self.operation.group == "Many tasks":
                streams[1]["tasks"] = [{**kept, "state": self.operation.task}]
        return {"streams": streams, "agencies": ["dis_admin_agency", "old_agency", "rival"]}

    def restore(self) -> None:
        """The world as it is at first."""
        self.emulator.reset(**self.seed)

    def managed(self, world: dict[str, Any]) -> dict[str, Any]:
        """The current state, with the specified settings of tasks."""
        for stream in world["streams"].values():
            for task in stream["tasks"].values():
                task["settings"] = {name: value for name, value in task["settings"].items() if name in self.desired}
        return world

    def mend(self, fault: Fault) -> None:
        """Repair permanent damage of the fault that no module repairs."""
        streams = self.emulator.state()["projects"][self.emulator.project_id]["streams"]
        if fault.kind == "set_stream_status" and "meters" in streams:
            self.emulator.patch_stream("meters", status="RUNNING")
        makers = {"rival_delete_stream": "stream", "rival_delete_app": "app"}
        if fault.kind in makers and self.operation.module != makers[fault.kind]:
            self.restore()
        self.emulator.clear_faults()

    def call(self, run: Run, api_timeout: float = 3, started: Any = None, serial: bool = False) -> Result:
        """Call the module.

        :param serial: whether many tasks are brought about one after the other
        :param started: called with the id of the process, if the call needs a separate process
        """
        module = self.operation.module.replace("X", self.destination)
        auth = {"auth_url": self.emulator.auth_url}
        if self.operation.login == "token":
            auth["token"] = self.emulator.mint_token()
        elif self.operation.login == "key":
            auth.update(access_key=ACCESS_KEY, secret_key=SECRET_KEY, project_name=self.emulator.login["project"])
        else:
            auth = None
        given = {**self.options, "api_timeout": api_timeout, **({} if auth is None else {"auth": auth})}
        waits = self.operation.module in ("X_transfer_task", "transfer_tasks", "stream")
        called = run.of(module, "changed")
        if serial and module == "transfer_tasks":
            given["connections"] = 1
        options = {**given, **(MANNERS if waits else {})}
        return called(**options) if started is None else called.process(started=started, **options)


@pytest.fixture(scope="module")
def scenes() -> dict[tuple[str, str, str], Scene]:
    """Scenes of earlier cells."""
    return {}


@pytest.fixture
def scene_of(run: Run, scenes: dict[Any, Scene], desired_tasks: Any, snapshot: Any) -> Any:
    """Gives the scene of an operation, at its beginning."""

    def get(cell: Cell) -> Scene:
        key = cell.where[0], cell.destination
        if key not in scenes:
            scenes[key] = Scene(run, cell.operation, cell.destination, desired_tasks, snapshot)
        scenes[key].restore()
        return scenes[key]

    return get


def lost_tasks(before: dict[str, Any], after: dict[str, Any]) -> set[tuple[str, str]]:
    """The transfer tasks that are no longer there."""
    there, left = (
        {(stream, task) for stream, one in world["streams"].items() for task in one["tasks"]}
        for world in (before, after)
    )
    return there - left


def deletes(operation: Operation) -> bool:
    """Whether tasks are to go."""
    return operation.options.get("state") == "absent" or operation.options.get("purge", False)


@pytest.fixture(scope="session")
def measured(matrix: ModuleType, pytestconfig: pytest.Config) -> Any:
    """The source of the guide; None while it is measured again."""
    return None if pytestconfig.getoption("measure", False) else matrix.read()[1]


def in_words(result: Result) -> str:
    """The module's report, as short as in the guide; a star means that an action was, or may have been, executed."""
    if result.failed:
        return result.error["kind"] + "*" * result.changed
    return "changed" if result.changed else "ok"


@pytest.mark.parametrize(
    "cell", [pytest.param(one, id=one.name, marks=pytest.mark.xdist_group(str(one.where[0]))) for one in CELLS]
)
def test_cell(
    run: Run,
    cell: Cell,
    scene_of: Any,
    report_for: Any,
    snapshot: Any,
    record_property: Any,
    measured: Any,
    handlers: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    operation, fault = cell.operation, cell.fault
    scene: Scene = scene_of(cell)
    twice = [one["operation"] for one in scene.undisturbed.ok().log].count(operation.request) >= 2
    emulator = run.emulator
    hits = {"times": 1} if not cell.second else {"skip": 1} if twice else {"times": 2}
    params = {**fault.params, "pid": os.getpid()} if fault.kind == "signal" else fault.params
    emulator.fault(fault.kind, operation.request, **hits, **params)
    if fault.hang is not None:
        emulator.fault("hang", operation.request, commit=fault.hang, **hits)
        monkeypatch.setattr(_cancellation, "RESPONSE_GRACE", 0.3)
        monkeypatch.setattr(_cancellation, "COMPLETION_GRACE", 0.6)
        monkeypatch.setattr(_cancellation, "TICK", 0.1)
    signals = [fault.params["number"]] if fault.kind == "signal" and ACTION else []
    with handlers(*signals) as reached:
        # what else was in flight when the run was cancelled would depend on the machine
        result = scene.call(run, fault.api_timeout, serial=fault.kind == "signal")
    assert len(reached) == len(set(signals) - {"SIGALRM"}), "the signal was not handed on to Ansible"
    assert emulator.faults()[0]["hits"] >= 1, "the fault has met no request"
    assert scene.desired.get("user_password", PASSWORD) == PASSWORD
    assert PASSWORD not in result.everything
    assert SECRET_KEY not in result.everything
    assert result.seconds < MAX_SPAN
    (result.bad if result.failed else result.ok)()

    # the log: exactly the executed actions are reported
    reported = report_for(result, operation.module)
    assert reported.complaints(result.failed) == []
    if operation.reads:
        assert not reported.committed

    # the state: nothing changed without a request of ours, nothing lost, nothing half made in silence
    after = snapshot(emulator)
    if fault.about in ("request", "body", "records", "write"):
        assert reported.committed or after == scene.before, "changed without a request that does so"
        lost = lost_tasks(scene.before, after)
        assert not lost or deletes(operation) or "replacement" in result.data
        if not result.failed and operation.again:
            assert scene.managed(after) == scene.goal

    # the next run converges, as does the next item of a loop, and the run after it changes nothing
    scene.mend(fault)
    run = dataclasses.replace(run, same_worker=True)
    if operation.reads:
        scene.call(run).ok()
    elif operation.again:
        mended = scene.call(run).ok()
        assert report_for(mended, operation.module).complaints(False) == []
        quiet = scene.call(run).ok()
        assert quiet.changed is False
        assert not report_for(quiet, operation.module).committed
        assert scene.managed(snapshot(emulator)) == scene.goal
    else:
        put = sum(one["state"] == "put" for one in result.data["records"])
        maybe = sum(one["state"] in ("put", "unknown") for one in result.data["records"])
        there = after["streams"]["meters"]["records"] - 4 if "meters" in after["streams"] else 0
        assert put <= there <= maybe or fault.about == "stream"

    # the guide
    words = in_words(result)
    column = [operation.group, operation.name, operation.module, operation.request, twice]
    record_property(
        "cell", json.dumps([cell.where, cell.second, {"column": column, "fault": fault.name, "words": words}])
    )
    if measured is not None:
        expected = measured[operation.group, operation.name, fault.name][cell.second]
        assert words == expected, "the guide says otherwise; if this is better: make test-faults ARGS=--measure"


WRITERS = [number for number, one in enumerate(OPERATIONS) if one.request in WRITES]


@pytest.mark.skipif(ACTION, reason="the action plugin starts no process here")
@pytest.mark.parametrize(
    "row", [pytest.param(one, id=OPERATIONS[one].name, marks=pytest.mark.xdist_group(str(one))) for one in WRITERS]
)
def test_signal_to_a_process(run: Run, row: int, scene_of: Any, report_for: Any, snapshot: Any) -> None:
    """The same in a separate process; signals and moments alternate."""
    signals = [number for number, one in enumerate(FAULTS) if one.kind == "signal" and one.hang is None]
    cell = Cell((row, signals[row % len(signals)]), False)
    scene: Scene = scene_of(cell)

    def started(pid: int) -> None:
        run.emulator.fault("signal", cell.operation.request, pid=pid, **cell.fault.params)

    result = scene.call(run, started=started)
    assert run.emulator.faults()[0]["hits"] == 1, "the signal has met no request"
    if cell.operation.request == "put_records":  # nothing was left to do
        result.ok()
    else:
        assert cell.fault.params["number"] in result.bad().msg
    assert result.changed
    assert report_for(result, cell.operation.module).complaints(result.failed) == []
    lost = lost_tasks(scene.before, snapshot(run.emulator))
    assert not lost or deletes(cell.operation) or "replacement" in result.data


# --- the tables and the guide ---


def test_every_fault_of_the_emulator_has_a_place() -> None:
    elsewhere = {"append_text"}  # tests/functional/cross/test_control_characters.py
    assert {fault.kind for fault in FAULTS} | elsewhere == set(FAULT_KINDS), "put the new kind into FAULTS"
    assert len(FAULTS) >= 24


def test_every_request_of_the_emulator_has_a_place() -> None:
    assert {one.request for one in OPERATIONS} | set(NEVER_SENT) == set(REQUESTS)
    assert not {one.request for one in OPERATIONS} & set(NEVER_SENT)


def test_every_module_has_a_place(collections: Path) -> None:
    modules = {path.stem for path in (collections / "ansible_collections/otc/dis/plugins/modules").glob("[a-z]*.py")}
    used = {one.module for one in OPERATIONS}
    turns = {f"{cell.destination}_transfer_task" for cell in CELLS if cell.operation.module == "X_transfer_task"}
    assert modules == (used - {"X_transfer_task"}) | turns


def test_names_are_distinguished() -> None:
    assert len({(one.group, one.name) for one in OPERATIONS}) == len(OPERATIONS)
    assert len({one.name for one in FAULTS}) == len(FAULTS)
    assert {missing(one, fault) for one in OPERATIONS for fault in FAULTS} == {"", *NOT_THERE}


def test_file_and_page_hold_every_measured_cell(matrix: ModuleType) -> None:
    columns, cells = matrix.read()
    assert matrix.DATA.read_text("utf-8") == matrix.dumped(columns, cells)
    assert set(cells) == {(one.operation.group, one.operation.name, one.fault.name) for one in CELLS}
    page = matrix.rendered(columns, cells)
    assert all(fault.name in page for fault in FAULTS)
    assert all(f"``{column.request}``" in page for column in columns)
