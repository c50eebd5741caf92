# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checklist: each module breaks each rule once and meets each refusal once, and nothing is written.

Rules come from the tables of options, so none can be forgotten; whether a rule is the right one, the tests of each
module contain. Rejections come from the API reference: by operation, each error code that it may return.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.otc.dis.plugins.module_utils._core.schema import Field
from ansible_collections.otc.dis.plugins.module_utils._resources.app import APP_NAME
from ansible_collections.otc.dis.plugins.module_utils._resources.base import (
    PARTITION_ID,
    SEQUENCE_NUMBER,
    STREAM_ID,
    STREAM_NAME,
    digits_field,
)
from ansible_collections.otc.dis.plugins.module_utils._resources.checkpoint import METADATA
from ansible_collections.otc.dis.plugins.module_utils._resources.destinations import DESTINATIONS, TASK_NAME
from ansible_collections.otc.dis.plugins.module_utils._resources.events import (
    SUBSCRIPTION_NAME,
    TARGET_STREAM,
)
from ansible_collections.otc.dis.plugins.module_utils._resources.records import LIMITS, PARTITION_CURSOR, PLACE
from ansible_collections.otc.dis.plugins.module_utils._resources.stream import FIELDS as STREAM_FIELDS
from ansible_collections.otc.dis.plugins.module_utils._resources.stream_policy import PRINCIPAL_NAME

if TYPE_CHECKING:
    from conftest import Result, Run

    from otc_emulator.runner import Emulator

READS = ("show", "list", "login", "get")
TASK = {"stream_name": "meters", "task_name": "meters-to-dli"}
AT = {"app_name": "reader", "stream_name": "meters", "partition_id": "0"}
ACCESS = {"stream_name": "meters", "principal_name": "acme.*", "action_type": ["putRecords"]}
GET = {"action": "get", "stream_name": "meters", "max_seconds": 2}
PUT = {"action": "put", "stream_name": "meters", "records": [{"data": "x"}]}


def nothing_written(result: Result, *refused: str) -> None:
    """The only write request is the rejected one, and the result reports it."""
    writes = [one for one in result.log if not one["operation"].startswith(READS)]
    assert [one["operation"] for one in writes if one["status"] < 400] == []
    assert {one["operation"] for one in writes} <= set(refused)
    assert not result.data.get("changed")
    assert not result.data.get("done")


# --- rules ---

TEXTS = ("a", "1", ";", "yyyy", "5f2b8c1e-0000-4000-8000-000000000000", "{}", "/", "a b", "a" * 2000, " ", "x" * 65, "")
RULES: dict[str, tuple[dict[str, Any], tuple[Field, ...]]] = {
    **{
        one.module_name: (TASK, (STREAM_NAME, TASK_NAME, *one.fields)) for one in DESTINATIONS.values()
    },
    "transfer_task_info": ({}, (STREAM_NAME, TASK_NAME)),
    "transfer_task_log_info": (TASK, (STREAM_NAME, TASK_NAME)),
    "event_subscription": ({"subscription_name": "s"}, (SUBSCRIPTION_NAME, TARGET_STREAM)),
    "event_subscription_info": ({}, (SUBSCRIPTION_NAME,)),
    "stream_policy": (ACCESS, (STREAM_NAME, PRINCIPAL_NAME)),
    "stream_policy_info": ({"stream_name": "meters"}, (STREAM_NAME, PRINCIPAL_NAME)),
    "stream": ({"stream_name": "orders"}, (STREAM_NAME, *STREAM_FIELDS)),
    "stream_info": ({}, (STREAM_NAME,)),
    "app": ({}, (APP_NAME,)),
    "app_info": ({}, (APP_NAME, STREAM_NAME)),
    "checkpoint": (
        {**AT, "sequence_number": "1"}, (STREAM_NAME, APP_NAME, PARTITION_ID, SEQUENCE_NUMBER, METADATA)
    ),
    "checkpoint_info": (AT, (STREAM_NAME, APP_NAME, PARTITION_ID)),
    "records": (PUT, (STREAM_NAME, STREAM_ID, *PLACE)),
    "stream_metrics_info": ({"stream_name": "meters"}, (STREAM_NAME, PARTITION_ID)),
}  # fmt: skip
READING = (STREAM_NAME, STREAM_ID, PARTITION_ID, PARTITION_CURSOR, digits_field("starting_sequence_number"), *LIMITS)


def good(field: Field) -> Any:
    """A value that obeys the rule of a field."""
    if field.type == "dict":
        return {one.name: good(one) for one in field.members if one.required or one.required_if}
    if field.type == "list":
        return [good(field._replace(type="dict"))] * (field.minimum or 1)
    if field.choices:
        return field.choices[0]
    if field.type in ("int", "bool"):
        return field.minimum if field.type == "int" else True
    return next(text for text in TEXTS if field.allows(text))


def bad(field: Field, path: str = "") -> Iterator[tuple[str, Any]]:
    """Where a rule can be broken, with a value that breaks it there."""
    path += field.name
    if field.members:
        options: Any = good(field)
        for member in field.members:
            place = f"{path}[0]." if field.type == "list" else f"{path}."
            for inner, value in bad(member, place):
                entry = {**(options[0] if field.type == "list" else options), member.name: value}
                yield inner, [entry, *options[1:]] if field.type == "list" else entry
        counts = ((field.minimum - 1) if field.minimum else None, field.maximum + 1 if field.maximum else None)
        if field.type == "list":
            yield from ((path, options[:1] * count) for count in counts if count is not None)
    elif field.type == "int":
        yield from ((path, bound) for bound in (
            None if field.minimum is None else field.minimum - 1, None if field.maximum is None else field.maximum + 1
        ) if bound is not None)  # fmt: skip
    elif field.type == "bool":
        yield path, "perhaps"
    elif field.choices:
        yield path, "none-of-them"
    else:
        yield from ((path, text) for text in [one for one in TEXTS if not field.allows(one)][:1])


BROKEN = [
    *((name, {**given, field.name: value}, path)
      for name, (given, fields) in RULES.items() for field in fields for path, value in bad(field)),
    *(("records", {**(GET if field is not PARTITION_CURSOR else {"action": "get"}), field.name: value}, path)
      for field in READING for path, value in bad(field)),
]  # fmt: skip


def fields_below(fields: tuple[Field, ...]) -> list[Field]:
    return [one for field in fields for one in (field, *fields_below(field.members))]


def test_every_rule_of_every_table_is_on_the_list() -> None:
    for name, (_given, fields) in RULES.items():
        for field in fields_below(fields):
            has_rule = bool(field.pattern or field.choices or (field.minimum, field.maximum) != (None, None))
            on_list = any(
                name == one and path.rpartition(".")[2].partition("[")[0] == field.name
                for one, _options, path in BROKEN
            )
            assert on_list or not has_rule, f"{name}: nothing breaks the rule of {field.name}"
    assert len(BROKEN) > 120


@pytest.mark.parametrize(
    ("name", "options", "path"), BROKEN, ids=[f"{one[0]}-{one[2]}-{n}" for n, one in enumerate(BROKEN)]
)
def test_rule_broken_is_named_and_nothing_is_sent(run: Run, name: str, options: dict[str, Any], path: str) -> None:
    result = run.of(name, "changed", **options)()
    assert result.failed
    assert path.rpartition(".")[2].partition("[")[0] in result.msg
    assert result.log == []
    assert (
        result.data.get("error", {"kind": "invalid_options"})["kind"] == "invalid_options"
    )  # what Ansible finds has no error
    nothing_written(result)


# --- refusals ---

ANY = ("DIS.4116", "DIS.4117", "DIS.4200", "DIS.4300", "DIS.4309", "APIG.0101", "APIG.0302")
"""What every call may be answered with."""
BODY = (*ANY, "DIS.4202")
NEEDED: dict[str, dict[str, Any]] = {
    "dli": {"dli_database_name": "telemetry", "dli_table_name": "meter_raw"},
    "obs": {},
    "mrs": {"mrs_cluster_name": "c", "mrs_cluster_id": "i", "mrs_hdfs_path": "/w"},
    "dws": {
        "dws_cluster_name": "c",
        "dws_cluster_id": "i",
        "dws_database_name": "d",
        "dws_schema": "public",
        "dws_table_name": "t",
        "dws_delimiter": ";",
        "user_name": "u",
        "user_password": "fake-database-password",
        "kms_user_key_name": "k",
        "kms_user_key_id": "i",
    },
    "cloudtable": {
        "cloudtable_cluster_name": "c",
        "cloudtable_cluster_id": "i",
        "cloudtable_table_name": "t",
        "cloudtable_schema": {
            "row_key": [{"value": "meter", "type": "String"}],
            "columns": [{"column_family_name": "cf", "column_name": "r", "value": "r", "type": "Double"}],
        },
    },
}
OWN = {
    "dli": ("DIS.4306", "DIS.4310", "DIS.4337", "DIS.4338"),
    "obs": ("DIS.4306", "DIS.4310"),
    "mrs": ("DIS.4306", "DIS.4310", "DIS.4208", "DIS.4336"),
    "dws": ("DIS.4306", "DIS.4310", "DIS.4350", "DIS.4351"),
    "cloudtable": ("DIS.4341", "DIS.4342", "DIS.4343", "DIS.4345", "DIS.4348"),
}


def task_options(kind: str) -> dict[str, Any]:
    staging = {} if kind == "cloudtable" else {"obs_bucket_path": "telemetry-staging"}
    return {**TASK, "agency_name": "dis_admin_agency", **staging, **NEEDED[kind]}


def task_refusals() -> Iterator[tuple[str, str, str, dict[str, Any], dict[str, Any]]]:
    """By destination and operation: module, operation, code, existing resource, options."""
    for kind, own in OWN.items():
        name, options = f"{kind}_transfer_task", task_options(kind)
        for code in (*BODY, "DIS.4335", "DIS.4357", "DIS.4358", *own):
            yield name, "create_transfer_task", code, {}, options
        for code in (*(one for one in BODY if one != "APIG.0101"), "DIS.4335", *own):
            yield name, "update_transfer_task", code, options, {**options, "consumer_strategy": "TRIM_HORIZON"}
        for code in ANY:
            yield name, "show_transfer_task", code, {}, options
            yield name, "delete_transfer_task", code, options, {**TASK, "state": "absent"}
        for code in BODY:
            yield name, "act_on_transfer_tasks", code, options, {**TASK, "state": "stopped"}


ORDERS = {"stream_name": "orders", "partition_count": 1}
COMMIT = {**AT, "sequence_number": "640"}
ALARM = {"subscription_name": "s", "events": ["throttled"], "target_stream": "meters"}
REFUSALS: list[tuple[str, str, tuple[str, ...], dict[str, Any], dict[str, Any]]] = [
    ("stream", "show_stream", ANY, {}, ORDERS),
    ("stream", "create_stream", (*BODY, "DIS.4308", "DIS.4360", "DIS.4601"), {}, ORDERS),
    ("stream", "change_partition_count", (*BODY, "DIS.4308"), ORDERS, {**ORDERS, "partition_count": 2}),
    ("stream", "update_stream", (*BODY, "DIS.4360"), ORDERS, {**ORDERS, "data_duration": 48}),
    (
        *("stream", "act_on_stream_tags", (*BODY, "DIS.4601", "DIS.4602", "DIS.4604", "DIS.4605")),
        *(ORDERS, {**ORDERS, "tags": {"a": "b"}}),
    ),
    (
        *("stream", "derive_schema", tuple(code for code in BODY if code != "DIS.4301"), {}),
        {**ORDERS, "data_schema": {"id": 1}, "data_schema_from": "sample"},
    ),
    ("stream", "delete_stream", ANY, ORDERS, {"stream_name": "orders", "state": "absent"}),
    ("stream_info", "list_streams", ANY, {}, {}),
    ("stream_info", "show_stream", ANY, {}, {"stream_name": "meters"}),
    ("stream_info", "show_quotas", tuple(code for code in ANY if code != "APIG.0101"), {}, {"quotas": True}),
    ("stream_info", "list_scalings", tuple(code for code in ANY if code != "APIG.0101"), {}, {"scaling_history": True}),
    ("transfer_task_info", "list_streams", ANY, {}, {}),
    ("transfer_task_info", "list_transfer_tasks", ANY, {}, {"stream_name": "meters"}),
    ("transfer_task_info", "show_transfer_task", ANY, {}, TASK),
    ("transfer_task_log_info", "show_transfer_task", ANY, {}, TASK),
    ("event_info", "list_events", (*(code for code in ANY if code != "APIG.0101"),), {}, {}),
    ("event_subscription", "list_event_subscriptions", ANY, {}, ALARM),
    ("event_subscription", "create_event_subscription", BODY, {}, ALARM),
    ("event_subscription", "update_event_subscription", BODY, ALARM, {**ALARM, "enabled": False}),
    ("event_subscription", "delete_event_subscription", ANY, ALARM, {"subscription_name": "s", "state": "absent"}),
    ("stream_policy", "list_policies", ANY, {}, ACCESS),
    ("stream_policy", "add_policy", (*BODY, "DIS.4301"), {}, ACCESS),
    ("stream_policy", "delete_policy", (*BODY, "DIS.4301"), ACCESS, {**ACCESS, "action_type": ["getRecords"]}),
    (
        "stream_policy_info",
        "list_policies",
        (*(code for code in ANY if code != "APIG.0101"),),
        {},
        {"stream_name": "meters"},
    ),
    ("app", "show_app", ANY, {}, {"app_name": "new"}),
    ("app", "create_app", (*BODY, "DIS.4329"), {}, {"app_name": "new"}),
    ("app", "delete_app", (*ANY, "DIS.4331"), {"app_name": "new"}, {"app_name": "new", "state": "absent"}),
    ("app_info", "list_apps", ANY, {}, {}),
    ("app_info", "show_app", ANY, {}, {"app_name": "reader"}),
    ("app_info", "show_consumption", ANY, {}, {"app_name": "reader", "stream_name": "meters"}),
    ("checkpoint", "show_checkpoint", (*ANY, "DIS.4201"), {}, COMMIT),
    (
        *("checkpoint", "commit_checkpoint"),
        *((*BODY, "DIS.4201", "DIS.4216", "DIS.4224", "DIS.4301", "DIS.4302", "DIS.4332"), {}, COMMIT),
    ),
    ("checkpoint", "delete_checkpoint", (*ANY, "DIS.4201"), COMMIT, {**AT, "state": "absent"}),
    ("checkpoint_info", "show_checkpoint", (*ANY, "DIS.4201"), {}, AT),
    ("checkpoint_info", "show_consumption", ANY, {}, {"app_name": "reader", "stream_name": "meters"}),
    ("records", "put_records", (*BODY, "DIS.4205", "DIS.4301"), {}, PUT),
    ("records", "show_stream", (*ANY, "DIS.4301"), {}, GET),
    (
        *("records", "show_cursor"),
        *((*ANY, "DIS.4201", "DIS.4215", "DIS.4216", "DIS.4224", "DIS.4301", "DIS.4302", "DIS.4319"), PUT, GET),
    ),
    ("records", "show_cursor", (*ANY, "DIS.4215"), {}, {**GET, "action": "cursor", "max_seconds": 30}),
    ("records", "get_records", (*ANY, "DIS.4217", "DIS.4225", "DIS.4226", "DIS.4319"), PUT, GET),
    (
        "stream_metrics_info",
        "show_stream_metrics",
        (*ANY, "DIS.4203", "DIS.4204", "DIS.4209"),
        {},
        {"stream_name": "meters"},
    ),
    (
        *("stream_metrics_info", "show_partition_metrics", (*ANY, "DIS.4201", "DIS.4203", "DIS.4209")),
        *({}, {"stream_name": "meters", "partition_id": "0"}),
    ),
]
MET = [
    *task_refusals(),
    *((name, operation, code, before, asked) for name, operation, codes, before, asked in REFUSALS for code in codes),
]


@pytest.mark.parametrize(
    ("name", "operation", "code", "before", "asked"),
    MET,
    ids=[f"{one[0]}-{one[1]}-{one[2]}-{number}" for number, one in enumerate(MET)],
)
def test_refusal_is_explained_and_nothing_is_written(
    run: Run, emulator: Emulator, name: str, operation: str, code: str, before: dict[str, Any], asked: dict[str, Any]
) -> None:
    emulator.patch_stream("meters", latest_offset=1000)
    emulator.seed(apps=["reader"])
    module = run.of(name, "changed", wait_interval=0.05, wait_timeout=2)
    if "wait_timeout" not in module.module.DOCUMENTATION and "otc.dis.wait" not in module.module.DOCUMENTATION:
        module = run.of(name, "changed")
    if before:
        module(**before).ok()
    status = 404 if code == "APIG.0101" else 403 if code in ("APIG.0302", "DIS.4116") else 400
    emulator.fault("status", operation=operation, status=status, code=code, message="Own words.", times=0)
    result = module(**asked).bad()
    assert (result.error["status"], result.error["code"]) == (status, code)
    assert result.error["hint"], "error without a hint"
    assert result.error["request_id"]
    assert "Own words" in result.msg
    nothing_written(result, operation)
