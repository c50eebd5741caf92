# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fuzz tests: any external input is either parsed or rejected with a DisError."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._cloud.api import Api
from ansible_collections.otc.dis.plugins.module_utils._cloud.clouds_yaml import collect_sources
from ansible_collections.otc.dis.plugins.module_utils._cloud.files import Files
from ansible_collections.otc.dis.plugins.module_utils._cloud.login import Authenticator, NoAuth
from ansible_collections.otc.dis.plugins.module_utils._cloud.services import read_object_page
from ansible_collections.otc.dis.plugins.module_utils._cloud.settings import flatten, resolve
from ansible_collections.otc.dis.plugins.module_utils._cloud.token_cache import TokenCache
from ansible_collections.otc.dis.plugins.module_utils._cloud.transport import Http, Response, read_xml_error
from ansible_collections.otc.dis.plugins.module_utils._core.errors import DisError
from ansible_collections.otc.dis.plugins.module_utils._core.retry import RetryBudget, RetryPolicy
from ansible_collections.otc.dis.plugins.module_utils._core.schema import dictionaries
from ansible_collections.otc.dis.plugins.module_utils._core.secrets import Secrets
from ansible_collections.otc.dis.plugins.module_utils._queries import streams as _streams
from ansible_collections.otc.dis.plugins.module_utils._queries.apps import Query as AppQuery
from ansible_collections.otc.dis.plugins.module_utils._queries.apps import find_apps
from ansible_collections.otc.dis.plugins.module_utils._queries.events import (
    EventFilter,
    SubscriptionFilter,
    find_events,
    find_subscriptions,
)
from ansible_collections.otc.dis.plugins.module_utils._queries.streams import find_metrics
from ansible_collections.otc.dis.plugins.module_utils._queries.transfer_tasks import Query as TaskQuery
from ansible_collections.otc.dis.plugins.module_utils._queries.transfer_tasks import find_transfer_tasks
from ansible_collections.otc.dis.plugins.module_utils._resources import stream as _stream
from ansible_collections.otc.dis.plugins.module_utils._resources import transfer_task as _transfer_task
from ansible_collections.otc.dis.plugins.module_utils._resources.app import AppClient, read_app, read_consumption
from ansible_collections.otc.dis.plugins.module_utils._resources.checkpoint import (
    CheckpointCalls,
    read_checkpoint,
    read_checkpoints,
)
from ansible_collections.otc.dis.plugins.module_utils._resources.destinations import DESTINATIONS
from ansible_collections.otc.dis.plugins.module_utils._resources.events import EventClient, SubscriptionClient
from ansible_collections.otc.dis.plugins.module_utils._resources.records import Reading, Record, RecordClient, Start
from ansible_collections.otc.dis.plugins.module_utils._resources.records_io import RecordReader, RecordWriter
from ansible_collections.otc.dis.plugins.module_utils._resources.stream_policy import PolicyClient
from ansible_collections.otc.dis.plugins.module_utils._resources.streams import StreamClient
from ansible_collections.otc.dis.plugins.module_utils._resources.transfer_tasks import TransferTaskClient
from ansible_collections.otc.dis.plugins.plugin_utils import _export, _inventory

# --- documents that are nearly right ---

HUGE = 10**400
ODD_TEXTS = [
    "",
    " ",
    "\0",
    "\x1b[31m",
    "\u202e",
    "a\nb",
    "ſhardId-0",
    "٣",
    "..",
    "DELETE",
    "-1",
    "9" * 40,
    "\ud800",
    "é" * 70,
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.sampled_from([0, -1, 2**63, HUGE, -HUGE, 1.5, 1e308, float("nan"), float("inf")])
    | st.sampled_from(ODD_TEXTS)
    | st.text(max_size=6)
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["key", "id", "type", "a"]), inner, max_size=3)
    ),
    max_leaves=5,
)


def places(document: Any, so_far: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every member and entry of a document."""
    members = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in members:
        yield (*so_far, key)
        yield from places(value, (*so_far, key))


@st.composite
def mangled(draw: st.DrawFn, *documents: Any) -> Any:
    """One of the documents with up to four of its members omitted or replaced."""
    document = copy.deepcopy(draw(st.sampled_from(documents)))
    for _one in range(draw(st.integers(1, 4))):
        paths = list(places(document))
        if not paths:
            break
        *way, last = draw(st.sampled_from(paths))
        holder = document
        for step in way:
            holder = holder[step]
        if draw(st.booleans()) or isinstance(holder, list):
            holder[last] = draw(ANYTHING)
        else:
            del holder[last]
    return document


PARTITION = {
    "partition_id": "shardId-0000000000",
    "status": "ACTIVE",
    "hash_range": "[0 : 9223372036854775807]",
    "sequence_number_range": "[0 : 7]",
    "parent_partitions": "",
}
STREAM = {
    "stream_id": "fakeid0001",
    "stream_name": "meters",
    "status": "RUNNING",
    "create_time": 1700000000000,
    "last_modified_time": "1,700,000,000,000",
    "retention_period": 24,
    "stream_type": "COMMON",
    "data_type": "CSV",
    "data_schema": '{"type": "record"}',
    "csv_properties": {"delimiter": ","},
    "compression_format": "zip",
    "writable_partition_count": 1,
    "readable_partition_count": 1,
    "partition_count": 1,
    "partitions": [PARTITION],
    "has_more_partitions": False,
    "tags": [{"key": "team", "value": "billing"}],
    "auto_scale_enabled": True,
    "sys_tags": [{"key": "_sys_enterprise_project_id", "value": "0"}],
    "auto_scale_min_partition_count": 1,
    "auto_scale_max_partition_count": 4,
    "update_partition_counts": [
        {
            "create_timestamp": 1,
            "src_partition_count": 1,
            "target_partition_count": 2,
            "result_code": 400,
            "result_msg": "no",
            "auto_scale": False,
        },
    ],
}
COLUMN = {"column_family_name": "cf", "column_name": "c", "value": "v", "type": "String"}
BLOCKS: dict[str, dict[str, Any]] = {
    "DLI": {"dli_database_name": "d", "dli_table_name": "t", "obs_bucket_path": "b", "retry_duration": "60"},
    "OBS": {
        "obs_bucket_path": "b",
        "file_prefix": "p",
        "partition_format": "yyyy/MM",
        "destination_file_type": "parquet",
        "record_delimiter": "\\n",
        "processing_schema": {
            "timestamp_name": "n",
            "timestamp_type": "String",
            "timestamp_format": "yyyy/MM/dd HH:mm:ss",
        },
    },
    "MRS": {"mrs_cluster_name": "m", "mrs_cluster_id": "i", "mrs_hdfs_path": "/p", "hdfs_prefix_folder": ""},
    "DWS": {
        "dws_cluster_name": "w",
        "dws_delimiter": "|",
        "options": {"fill_missing_fields": "true/on", "reject_limit": "5"},
    },
    "CLOUDTABLE": {
        "cloudtable_cluster_name": "c",
        "cloudtable_table_name": "t",
        "cloudtable_schema": {"row_key": [{"value": "v", "type": "String"}], "columns": [COLUMN]},
        "opentsdb_schema": [
            {"metric": [{"type": "Constant", "value": "v"}], "value": {"type": "Double", "value": "v"}}
        ],
    },
}
TASKS = [
    {
        "stream_name": "meters",
        "stream_id": "fakeid0001",
        "task_name": "t",
        "task_id": "fakeid0002",
        "state": "RUNNING",
        "destination_type": kind,
        "create_time": 1,
        "last_transfer_timestamp": 2,
        "exception_strategy": "retry",
        "partitions": [{"partitionId": "0", "state": "RUNNING", "discard": 0, "last_transfer_offset": 3}],
        f"{kind.lower()}_destination_descripton": {
            "agency_name": "a",
            "deliver_time_interval": "300",
            "consumer_strategy": "LATEST",
            **block,
        },
    }
    for kind, block in BLOCKS.items()
]
TASK_LIST = {"total_number": 5, "tasks": TASKS}
STREAM_LIST = {
    "total_number": 1,
    "has_more_streams": False,
    "stream_names": ["meters"],
    "stream_info_list": [STREAM],
}
APP = {"app_id": "x", "app_name": "reader", "create_time": 1, "commit_checkpoint_stream_names": ["meters"]}
APP_LIST = {"total_number": 1, "has_more_app": False, "apps": [APP]}
STATES = {
    "total_number": 1,
    "has_more": False,
    "partition_consuming_states": [
        {
            "partition_id": "0",
            "sequence_number": "5",
            "latest_offset": 7,
            "earliest_offset": 0,
            "status": "ACTIVE",
            "checkpoint_type": "LAST_READ",
            "metadata": "m",
        },
    ],
}
CHECKPOINT = {"sequence_number": "5", "metadata": "m"}
CURSOR = {"partition_cursor": "abc"}
RECORDS = {
    "next_partition_cursor": "abd",
    "records": [
        {"sequence_number": "0", "data": "eHg=", "partition_key": "k", "timestamp": 1, "timestamp_type": "CreateTime"},
    ],
}
PUT = {
    "failed_record_count": 1,
    "records": [
        {"partition_id": "shardId-0000000000", "sequence_number": "0"},
        {"error_code": "DIS.4303", "error_message": "no"},
    ],
}
POINTS = [{"timestamp": 1, "value": 2}, {"timestamp": 0, "value": 3}]
METRICS = {
    "metrics": {"label": "total_put_bytes_per_stream", "dataPoints": POINTS},
    "metrics_list": [{"label": "total_get_bytes_per_stream", "data_points": POINTS}],
}
TOKEN = {
    "token": {
        "expires_at": "2030-01-01T00:00:00.000000Z",
        "project": {"id": "fakeproject", "name": "eu-de"},
        "catalog": [
            {
                "type": "disv2",
                "endpoints": [
                    {"interface": "public", "region": "eu-de", "url": "https://dis.example/v2/$(tenant_id)s"},
                ],
            },
        ],
    },
}
ERROR = {"errorCode": "DIS.4300", "message": "no", "request_id": "r", "error": {"code": "X.1", "message": "m"}}


# --- pure functions that read ---


def fine(result: Any) -> None:
    """The result of a module is serialized as JSON."""
    json.dumps(result, default=str)


@given(mangled(*TASKS))
def test_any_transfer_task_is_read_shown_planned_and_exported(answer: dict[str, Any]) -> None:
    with contextlib.suppress(DisError):
        task = _transfer_task.read_transfer_task("meters", "t", answer)
        if task is None:
            return
        fine(_transfer_task.to_result(task))
        fine(_transfer_task.to_diff(task))
        for entry in _export.task_entries([_transfer_task.to_result(task)], []):
            assert all(note.isprintable() for note in entry.notes)
        for kind, state in (("DLI", "present"), ("OBS", "started"), ("CLOUDTABLE", "absent")):
            for on_drift in ("update", "recreate", "fail"):
                desired = _transfer_task.DesiredTask(DESTINATIONS[kind], "meters", "t", {"agency_name": "other"}, state)
                with contextlib.suppress(DisError):
                    fine(_transfer_task.to_diff(_transfer_task.plan(desired, task, on_drift).after))


@given(mangled(TASK_LIST))
def test_any_list_of_tasks_is_read(answer: dict[str, Any]) -> None:
    with contextlib.suppress(DisError):
        for task in _transfer_task.read_transfer_tasks("meters", answer):
            fine(_transfer_task.to_result(task))
    found = _transfer_task.find_task_id(answer, "t")
    assert found is None or isinstance(found, str)


@given(mangled(STREAM), st.booleans())
def test_any_stream_is_read_shown_planned_exported_and_made_a_host(answer: dict[str, Any], complete: bool) -> None:
    with contextlib.suppress(DisError):
        stream = _stream.read_stream("meters", answer, complete)
        shown = _stream.to_result(stream)
        fine(shown)
        fine(_stream.to_diff(stream))
        assert shown is not None
        fine(_inventory.variables_of(shown, []))
        assert all(name.isidentifier() for name in _inventory.groups_of(shown, []))
        for entry in _export.stream_entries([shown]):
            assert all(note.isprintable() for note in entry.notes)
        for given_ in (
            {"partition_count": 2},
            {"data_schema": "{}", "data_duration": 48},
            {"auto_scale_enabled": True},
        ):
            for on_drift in ("update", "recreate", "fail"):
                with contextlib.suppress(DisError):
                    desired = _stream.DesiredStream("meters", given_, tags={"a": "b"})
                    fine(_stream.to_diff(_stream.plan(desired, stream, on_drift).after))


@given(mangled(APP), mangled(STATES), mangled(CHECKPOINT) | ANYTHING)
def test_any_app_and_any_position_is_read(app: dict[str, Any], states: dict[str, Any], checkpoint: Any) -> None:
    entries = dictionaries(states.get("partition_consuming_states"))
    fine(read_consumption("meters", entries))
    for read in (
        lambda: read_app("reader", app),
        lambda: read_checkpoint("shardId-0000000000", checkpoint),
        lambda: read_checkpoints(entries),
    ):
        with contextlib.suppress(DisError):
            fine(read())


EVENT_LIST: dict[str, Any] = {
    "count": 1,
    "events": [
        {"id": "x", "type_id": "dis_event.001", "severity": 1, "category": 2, "occur_time": 1, "description": "d"},
    ],
}
SUBSCRIPTION_LIST: dict[str, Any] = {
    "quota": 10,
    "used": 1,
    "eventSubscriptions": [
        {"id": "x", "name": "s", "enable": True, "event_ids": ["dis_event.001"], "event_streamids": "fakeid0001",
         "topic_type": 0, "topic_name": "alarms", "topic_urn": "urn:smn:alarms"},
    ],
}  # fmt: skip
SCHEMA_AND_QUOTAS: dict[str, Any] = {
    "schema": '{"type": "record", "name": "RecordName", "fields": []}',
    "quotas": {"resource": {"type": "common_partition", "quota": 50, "used": 10}},
    "quota": [{"resources": [], "items": {"type": "app", "quota": 100, "used": 1}}],
    "update_partition_counts": [
        {"create_timestamp": 1, "src_partition_count": 1, "target_partition_count": 2, "result_code": 1,
         "result_msg": 0, "auto_scale": False},
    ],
}  # fmt: skip
POLICY_LIST: dict[str, Any] = {
    "streamId": "fakeid0001",
    "rules": [{"principal": "x.*", "principal_name": "acme.*", "action_type": "putRecords", "effect": "accept"}],
}
QUERY = _streams.MetricsFilter("meters", None, ("total_put_bytes_per_stream", "total_get_bytes_per_stream"), 0, 60)


@given(mangled(METRICS))
def test_any_metrics_are_read(answer: dict[str, Any]) -> None:
    with contextlib.suppress(DisError):
        fine(_streams.metrics_to_result(QUERY, _streams.read_metrics(answer)))


# --- every operation, with any answer ---


class StaticConnection:
    """Connection that always returns the same response."""

    timeout = 30.0

    def __init__(self, data: Any, headers: dict[str, str] | None = None) -> None:
        self.answer, self.retry_budget, self.secrets = (
            Response(200, data, headers or {}),
            RetryBudget(5.0, sleep=lambda _s: None),
            Secrets(),
        )
        self.calls = 0

    def send(self, *_args: Any, **_more: Any) -> Response:
        self.calls += 1
        assert self.calls < 200, "asks without end"
        return self.answer

    def redact(self, text: Any) -> str:
        return str(text)


def client(kind: Any, data: Any) -> Any:
    made = Api.__new__(Api)
    made.http, made.auth = StaticConnection(data), None  # type: ignore[assignment]
    made.endpoint, made.project_id = "https://dis.example", "p"
    return kind(made)


def getting(api: Any) -> Any:
    clock = [0.0]

    def tick() -> float:
        clock[0] += 0.05
        return clock[0]

    return RecordReader(
        api, Reading("meters", None, Start("TRIM_HORIZON"), max_seconds=2.0), lambda _s: None, tick
    ).run()


OPERATIONS: dict[str, tuple[Any, Any, Any]] = {
    "describe_stream": (StreamClient, STREAM, lambda api: _stream.to_result(api.describe_stream("meters"))),
    "list_all_streams": (
        StreamClient,
        STREAM_LIST,
        lambda api: [_stream.to_result(one) for one in api.list_all_streams()],
    ),
    "list_stream_tags": (StreamClient, STREAM, lambda api: api.list_stream_tags("meters", "fakeid0001")),
    "derive_schema": (StreamClient, SCHEMA_AND_QUOTAS, lambda api: api.derive_schema("{}")),
    "find_quotas": (StreamClient, SCHEMA_AND_QUOTAS, _streams.find_quotas),
    "list_scalings": (StreamClient, SCHEMA_AND_QUOTAS, lambda api: api.list_scalings("meters")),
    "show_transfer_task": (TransferTaskClient, TASKS[0], lambda api: api.show_transfer_task("meters", "t")),
    "transfer_task_id": (TransferTaskClient, TASK_LIST, lambda api: api.transfer_task_id("meters", "t")),
    "list_transfer_tasks": (TransferTaskClient, TASK_LIST, lambda api: api.list_transfer_tasks("meters")),
    "find_transfer_tasks": (
        TransferTaskClient,
        {**STREAM_LIST, **TASK_LIST, **TASKS[1]},
        lambda api: find_transfer_tasks(api, TaskQuery()),
    ),
    "find_apps": (
        AppClient,
        {**APP_LIST, **APP, **STATES},
        lambda api: find_apps(api, AppQuery(None, None, "meters")),
    ),
    "find_events": (EventClient, EVENT_LIST, lambda api: find_events(api, EventFilter())),
    "find_subscriptions": (
        SubscriptionClient,
        {**STREAM_LIST, **EVENT_LIST, **SUBSCRIPTION_LIST},
        lambda api: find_subscriptions(api, SubscriptionFilter(event_types=True)),
    ),
    "find_policies": (
        PolicyClient,
        POLICY_LIST,
        lambda api: _streams.find_policies(api, _streams.PolicyFilter("meters")),
    ),
    "show_checkpoint": (CheckpointCalls, CHECKPOINT, lambda api: api.show_checkpoint("meters", "reader", "0")),
    "find_metrics": (RecordClient, METRICS, lambda api: find_metrics(api, QUERY)),
    "get_records": (RecordClient, {**STREAM, **CURSOR, **RECORDS}, getting),
    "put_records": (
        RecordClient,
        PUT,
        lambda api: RecordWriter(api, "meters", [Record(b"x", {}), Record(b"y", {})]).run(),
    ),
}


@pytest.mark.parametrize("name", OPERATIONS)
@settings(max_examples=60)
@given(data=st.data())
def test_any_answer_to_any_operation_is_understood_or_refused(name: str, data: st.DataObject) -> None:
    kind, document, call = OPERATIONS[name]
    answer = data.draw(mangled(document))
    with contextlib.suppress(DisError):
        fine(call(client(kind, answer)))


# --- IAM ---

AUTH = {
    "auth_url": "https://iam.example/v3",
    "username": "robot",
    "user_domain_name": "OTC-1",
    "password": "fake-password-of-no-user",
    "project_name": "eu-de",
}
KEYS = {"auth_url": "https://iam.example/v3", "access_key": "FAKEACCESSKEY", "secret_key": "fake-secret-key-of-no-user"}
HEADER = st.sampled_from(["", "fake-token", "a b", "ä", "x" * 9000]) | st.text(max_size=9)


def identify(options: dict[str, Any], data: Any, headers: dict[str, str]) -> Any:
    return Authenticator(resolve([flatten("the options", options)]), StaticConnection(data, headers)).authenticate()  # type: ignore[arg-type]


@given(mangled(TOKEN), HEADER, HEADER)
def test_any_answer_to_a_login_is_understood_or_refused(answer: dict[str, Any], token: str, date: str) -> None:
    for auth in (AUTH, {**AUTH, "agency_name": "operators", "agency_domain_name": "parent"}):
        with contextlib.suppress(DisError):
            identity = identify(
                {"auth": auth, "region_name": "eu-de"}, answer, {"X-Subject-Token": token, "Date": date}
            )
            assert identity.endpoint.startswith("https://")
            assert token.strip().isprintable()


OFFERS = {
    "projects": [{"id": "fakeproject", "name": "eu-de", "enabled": True, "domain_id": "d"}],
    "domains": [{"id": "d"}],
    "catalog": TOKEN["token"]["catalog"],
}


@given(mangled(OFFERS))
def test_any_answer_to_keys_is_understood_or_refused(answer: dict[str, Any]) -> None:
    with contextlib.suppress(DisError):
        identify({"auth": {**KEYS, "project_name": "eu-de"}, "region_name": "eu-de"}, answer, {})


# --- files ---

CLOUD = {
    "clouds": {
        "here": {
            "profile": "otc",
            "regions": ["eu-de", {"name": "eu-nl", "values": {"interface": "public"}}],
            "region_name": "eu-de",
            "verify": True,
            "cacert": "/none",
            "cert": "/none",
            "key": "/none",
            "interface": "public",
            "auth_type": "password",
            "dis_endpoint_override": "https://dis.example",
            "auth": {"auth_url": "https://iam.{region_name}.example/v3", **AUTH, "agency_name": "operators"},
        },
    },
}
OPTIONS = dict.fromkeys(
    (
        "auth",
        "region_name",
        "interface",
        "endpoint_override",
        "api_timeout",
        "validate_certs",
        "ca_cert",
        "client_cert",
        "client_key",
        "token_cache",
        "signature_form",
        "auth_type",
        "cloud",
    )
)
TAGS = [
    "!!bool no way",
    "!!timestamp soon",
    "!!int x",
    "!!float x",
    "!!binary ä",
    "!!set [a]",
    "!!omap {a: 1}",
    "!!null x",
]
LAUGHS = "\n".join(["a0: &a0 [lol]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def resolved(folder: Path, clouds: bytes, secure: bytes) -> None:
    (folder / "clouds.yaml").write_bytes(clouds)
    (folder / "secure.yaml").write_bytes(secure)
    (folder / "vendor.yaml").write_bytes(b"{}")
    environ = {
        "OS_CLIENT_CONFIG_FILE": str(folder / "clouds.yaml"), "OS_CLIENT_SECURE_FILE": str(folder / "secure.yaml"),
        "OS_CLIENT_VENDOR_FILE": str(folder / "vendor.yaml"), "OS_CLOUD": "here",
    }  # fmt: skip
    with contextlib.suppress(DisError):
        repr(resolve(collect_sources(OPTIONS, environ, Files())))


def as_yaml(document: Any) -> bytes:
    return json.dumps(document).encode()  # JSON is YAML


@given(mangled(CLOUD), mangled({"clouds": {"here": {"auth": {"password": "fake-password-of-no-user"}}}}))
def test_any_clouds_file_is_understood_or_refused(folder: Path, clouds: Any, secure: Any) -> None:
    resolved(folder, as_yaml(clouds), as_yaml(secure))


@pytest.mark.parametrize(
    "text",
    [
        *(f"clouds: {{here: {{verify: {tag}}}}}" for tag in TAGS),
        "clouds: &a {here: {auth: *a}}",
        "clouds: {here: &a {auth: {username: *a}, regions: [*a]}}",
        f"{LAUGHS}\nclouds: {{here: {{region_name: *a8, auth: *a8, regions: *a8}}}}",
        f"{LAUGHS}\nclouds: {{here: {{auth: {{auth_url: 'https://iam.example', username: *a8, password: *a8}}}}}}",
        "{" * 3000,
        "[" * 3000 + "]" * 3000,
        "? [a]\n: b",
        "clouds: {here: =}",
        "clouds: {? {a: b} : c}",
        "\ud800",
        "- - - -\n\t- a",
        "%YAML 9.9\n---\nclouds: {}",
        "clouds: {here: {auth: {username: 2026-13-45}}}",
        "clouds: {here: {api_timeout: 1:99999999999999999999999:1, auth: {username: .nan}}}",
        "clouds: {1: {}, here: {auth: {1: 2}, 3: 4}}",
    ],
    ids=lambda text: text[:50],
)
def test_odd_clouds_file_is_understood_or_refused(folder: Path, text: str) -> None:
    content = text.encode("utf-8", "surrogatepass")
    resolved(folder, content, b"")
    resolved(folder, content, content)


@given(st.binary(max_size=60))
def test_any_bytes_in_a_clouds_file_are_understood_or_refused(folder: Path, content: bytes) -> None:
    resolved(folder, content, content)


NOW = 1_768_465_800.0
KEPT: dict[str, Any] = {
    "token": "fake-token",
    "project_id": "fakeproject",
    "endpoint": "https://dis.example",
    "expires_at": "2026-01-16T00:00:00.000000Z",
    "since": NOW,
    "ends": NOW + 80000.0,
}
REFUSED = {"call": "log in", "status": 401, "code": "c", "text": "t", "hint": "h", "request_id": "r", "refused": NOW}


@given(mangled(KEPT, REFUSED), st.sampled_from(["00" * 32, "", "zz", 7, None]))
@example({**KEPT, "ends": HUGE}, "00" * 32)
@example({**KEPT, "since": -HUGE}, "00" * 32)
@example({**REFUSED, "refused": HUGE}, "00" * 32)
@example({**KEPT, "endpoint": "https://[::1"}, "00" * 32)
@example({**KEPT, "token": "\ud800"}, "00" * 32)
def test_any_entry_of_the_token_cache_is_used_or_as_good_as_none(folder: Path, entry: Any, salt: Any) -> None:
    settings_ = resolve(
        [flatten("the options", {"auth": AUTH, "region_name": "eu-de", "token_cache": str(folder / "tokens")})]
    )
    path = folder / "tokens"
    path.unlink(missing_ok=True)
    cache = TokenCache(str(path), settings_, lambda: NOW)
    cache.salt = bytes(32)
    path.write_text(json.dumps({"salt": salt, "entries": {cache.key(): entry, "other": entry}}))
    path.chmod(0o600)
    with contextlib.suppress(DisError):
        found = TokenCache(str(path), settings_, lambda: NOW).get_token(
            lambda: (_one for _one in ()).throw(DisError("log in"))
        )
        assert client_url(found).startswith(found.endpoint)
        found.token.encode("ascii")
    with contextlib.suppress(DisError):
        TokenCache(str(path), settings_, lambda: NOW).renew("other", found_again)


def client_url(grant: Any) -> str:
    made = client(StreamClient, {}).api
    made.endpoint, made.project_id = grant.endpoint, grant.project_id
    return str(made.url("/streams", None, "v2"))


def found_again() -> Any:
    raise DisError("log in")


# --- bytes on the wire ---


LINES = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "Content-Length",
                "Transfer-Encoding",
                "Retry-After",
                "Date",
                "Location",
                "Set-Cookie",
                "X-Request-Id",
                "Content-Encoding",
                "Connection",
                "Content-Type",
                "",
                "a b",
            ]
        ),
        st.sampled_from(
            [
                "0",
                "2",
                "-1",
                "9" * 30,
                "chunked",
                "gzip",
                "soon",
                "http://[::1",
                "//\udcff",
                "a=b; expires=x",
                "Mon, 99 Foo 9999 99:99:99 GMT",
                "\x00",
                "x" * 70000,
                "٣",
                "1, 2",
            ]
        )
        | st.text(max_size=8),
    ),
    max_size=5,
)
BODIES = st.sampled_from(
    [
        b"",
        b"{}",
        b"[",
        b"null",
        b"\xff\xfe",
        b'{"a": "\\ud800"}',
        b"[" * 90000,
        b"1" * 6000,
        b"<html>",
        b"2\r\n{}\r\n0\r\n\r\n",
        b"zz\r\n{}",
        b"-5\r\n{}\r\n",
        b'{"errorCode": {"a": 1}, "message": ["no"]}',
        json.dumps(ERROR).encode(),
    ]
) | st.binary(max_size=20)
STATUS = st.sampled_from(
    ["200 OK", "204 No Content", "302 Found", "400 Bad", "401 No", "429 Slow", "503 Down", "100 Continue"]
)


def asked(wire: Any, content: bytes, method: str = "GET") -> Response:
    wire.content = content
    http = Http(True, None, 2.0, Secrets(), RetryBudget(0.0, sleep=lambda _s: None))
    try:
        return http.send("try it", method, wire.url, NoAuth(), None, RetryPolicy(False, False, 1), wants_body=True)
    finally:
        http.session.close()


@settings(max_examples=150)
@given(STATUS | st.text(max_size=5), LINES, BODIES, st.sampled_from(["GET", "PUT"]))
def test_any_answer_on_the_wire_is_understood_or_refused(
    wire: Any, status: str, lines: list[tuple[str, str]], body: bytes, method: str
) -> None:
    head = "\r\n".join([f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in lines)])
    with contextlib.suppress(DisError):
        answer = asked(wire, head.encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body, method)
        assert isinstance(answer.data, dict)


@given(st.binary(max_size=80))
def test_any_bytes_on_the_wire_are_understood_or_refused(wire: Any, content: bytes) -> None:
    with contextlib.suppress(DisError):
        asked(wire, content)


@pytest.mark.parametrize("depth", [64, 200, 900, 5000])
def test_document_that_is_nested_beyond_reason_is_refused(wire: Any, depth: int) -> None:
    for inner in (b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth):
        body = b'{"data_schema": ' + inner + b"}"
        with pytest.raises(DisError, match="no JSON object"):
            asked(wire, b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def test_document_of_some_levels_is_read(wire: Any) -> None:
    body = b'{"data_schema": ' + b"[" * 30 + b"]" * 30 + b"}"
    assert asked(wire, b"HTTP/1.1 200 OK\r\n\r\n" + body).status == 200


# --- pages of objects, which are XML ---

PIECES = ["<Contents>", "</Contents>", "<Key>a&amp;b</Key>", "<Key>", "<Size>5</Size>", "<Size>-1</Size>"]
PIECES += [
    "<NextMarker>b</NextMarker>",
    "<IsTruncated>true</IsTruncated>",
    "<ListBucketResult>",
    "<Error><Code>x</Code>",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=30).map("".join))
@example("<Contents>" * 100_000)
def test_any_page_of_objects_is_parsed(text: str) -> None:
    page = read_object_page(text)
    assert all(size >= 0 for size in page.sizes)
    assert page.marker is None or "<IsTruncated>true</IsTruncated>" in text
    assert read_xml_error(text.encode("utf-8", "replace")) is None or "<Error>" in text
