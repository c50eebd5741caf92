# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Descriptors, checks and answers of the five destination types."""

from __future__ import annotations

from typing import Any

import pytest
from contract import SAMPLES, Api, code, order

from otc_emulator.runner import Emulator, EmulatorError

TSDB = {
    "metric": [{"type": "Constant", "value": "meter.reading"}],
    "timestamp": {"type": "String", "value": "at", "format": "yyyy-MM-dd HH:mm:ss"},
    "value": {"type": "Double", "value": "reading"},
    "tags": [{"name": "meter", "type": "String", "value": "id"}],
}
HBASE: dict[str, Any] = SAMPLES["CLOUDTABLE"]["cloudtable_schema"]
NO_HBASE = {"cloudtable_schema": None, "cloudtable_table_name": None}


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_task_of_every_type_lives(api: Api, kind: str) -> None:
    assert api.tasks("POST", json=order(kind)).status_code == 201
    shown = api.show()
    assert (shown["destination_type"], shown["state"]) == (kind, "RUNNING")
    assert api.tasks("PUT", json=order(kind, deliver_time_interval=60)).status_code == 200
    ending = "descripton" if kind in ("DWS", "CLOUDTABLE") else "description"
    assert api.show()[f"{kind.lower()}_destination_{ending}"]["deliver_time_interval"] == 60
    assert api.act("stop", shown["task_id"]).status_code == 200
    assert api.tasks("DELETE", "/one").status_code == 204


@pytest.mark.parametrize("kind", SAMPLES)
def test_all_members_that_were_sent_come_back(api: Api, kind: str) -> None:
    api.tasks("POST", json=order(kind))
    block = next(value for key, value in api.show().items() if "_destination_desc" in key)
    sent = {key: value for key, value in SAMPLES[kind].items() if key != "user_password"}
    assert {key: block[key] for key in sent} == sent
    assert "task_name" not in block
    assert block["consumer_strategy"] == "LATEST"
    assert block["retry_duration"] == (0 if kind == "OBS" else 1800)


REQUIRED = [
    (kind, member)
    for kind, sample in SAMPLES.items()
    for member in sample
    if member not in ("cloudtable_table_name", "cloudtable_schema")
]


@pytest.mark.parametrize(("kind", "member"), REQUIRED)
def test_required_members(api: Api, kind: str, member: str) -> None:
    assert code(api.tasks("POST", json=order(kind, **{member: None}))) == "DIS.4300"
    assert code(api.tasks("POST", json=order(kind, **{member: 7}))) in ("DIS.4300", "DIS.4200")


@pytest.mark.parametrize(("value", "key"), [("off", "description"), ("descriptor", "descriptor")])
@pytest.mark.parametrize("kind", SAMPLES)
def test_the_spelling_of_the_block_can_be_chosen(emulator: Emulator, api: Api, kind: str, value: str, key: str) -> None:
    api.tasks("POST", json=order(kind))
    emulator.configure(misspelt_blocks=value)
    assert f"{kind.lower()}_destination_{key}" in api.show()


REFUSED = {
    "obs format": (order("OBS", partition_format="yyyy-MM"), "DIS.4200"),
    "obs type": (order("OBS", destination_file_type="CarbonData"), "DIS.4200"),
    "obs delimiter": (order("OBS", record_delimiter="#"), "DIS.4200"),
    "obs schema without name": (order("OBS", processing_schema={"timestamp_type": "Timestamp"}), "DIS.4300"),
    "obs schema type": (
        order("OBS", processing_schema={"timestamp_name": "at", "timestamp_type": "Date"}),
        "DIS.4200",
    ),
    "obs schema needs format": (
        order("OBS", processing_schema={"timestamp_name": "at", "timestamp_type": "String"}),
        "DIS.4200",
    ),
    "obs schema format": (
        order("OBS", processing_schema={"timestamp_name": "a", "timestamp_type": "String", "timestamp_format": "ISO"}),
        "DIS.4200",
    ),
    "mrs folder": (order("MRS", hdfs_prefix_folder="x" * 51), "DIS.4200"),
    "dws delimiter": (order("DWS", dws_delimiter="#"), "DIS.4200"),
    "dws option": (order("DWS", options={"fill_missing_fields": "yes"}), "DIS.4200"),
    "dws option no text": (order("DWS", options={"fill_missing_fields": True}), "DIS.4200"),
    "dws limit": (order("DWS", options={"reject_limit": "many"}), "DIS.4200"),
    "dws limit no text": (order("DWS", options={"reject_limit": 3}), "DIS.4300"),
    "cloudtable both": (order("CLOUDTABLE", opentsdb_schema=[TSDB]), "DIS.4300"),
    "cloudtable neither": (order("CLOUDTABLE", cloudtable_schema=None), "DIS.4300"),
    "cloudtable no table": (order("CLOUDTABLE", cloudtable_table_name=None), "DIS.4300"),
    "cloudtable key delimiter": (order("CLOUDTABLE", cloudtable_row_key_delimiter="#"), "DIS.4200"),
    "cloudtable no keys": (order("CLOUDTABLE", cloudtable_schema={**HBASE, "row_key": []}), "DIS.4345"),
    "cloudtable 65 keys": (
        order("CLOUDTABLE", cloudtable_schema={**HBASE, "row_key": HBASE["row_key"] * 65}),
        "DIS.4345",
    ),
    "cloudtable no columns": (order("CLOUDTABLE", cloudtable_schema={"row_key": HBASE["row_key"]}), "DIS.4345"),
    "cloudtable column": (
        order("CLOUDTABLE", cloudtable_schema={**HBASE, "columns": [{**HBASE["columns"][0], "column_name": "a-b"}]}),
        "DIS.4345",
    ),
    "cloudtable schema and interval": (
        order("CLOUDTABLE", deliver_time_interval=1, cloudtable_schema={**HBASE, "row_key": []}),
        "DIS.4200",
    ),
    "opentsdb as object": (order("CLOUDTABLE", **NO_HBASE, opentsdb_schema=TSDB), "DIS.4348"),
    "opentsdb metric": (
        order("CLOUDTABLE", **NO_HBASE, opentsdb_schema=[{**TSDB, "metric": [{"type": "Double", "value": "x"}]}]),
        "DIS.4348",
    ),
    "opentsdb format": (
        order("CLOUDTABLE", **NO_HBASE, opentsdb_schema=[{**TSDB, "timestamp": {"type": "String", "value": "at"}}]),
        "DIS.4348",
    ),
}


@pytest.mark.parametrize(("body", "expected"), REFUSED.values(), ids=REFUSED)
def test_wrong_descriptors_are_refused(api: Api, body: dict, expected: str) -> None:
    assert code(api.tasks("POST", json=body)) == expected


ACCEPTED = {
    "obs all": order(
        "OBS",
        file_prefix="a/b",
        partition_format="yyyy/MM/dd",
        destination_file_type="parquet",
        record_delimiter=";",
        processing_schema={
            "timestamp_name": "at",
            "timestamp_type": "String",
            "timestamp_format": "dd-MM-yyyy HH:mm:ss",
        },
    ),
    "obs carbon": order("OBS", destination_file_type="carbon"),
    "mrs all": order("MRS", hdfs_prefix_folder="", file_prefix="", retry_duration="0"),
    "dws all": order(
        "DWS",
        dws_table_columns="a,b",
        options={
            "fill_missing_fields": "true/on",
            "ignore_extra_data": "false",
            "compatible_illegal_chars": "on",
            "reject_limit": "unlimited",
            "error_table_name": "errors",
        },
    ),
    "dws empty delimiter": order("DWS", dws_delimiter="", options={}),
    "opentsdb": order(
        "CLOUDTABLE", **NO_HBASE, opentsdb_schema=[TSDB], obs_backup_bucket_path="telemetry-staging"
    ),
    "cloudtable as go does": order("CLOUDTABLE", opentsdb_schema=[], backup_file_prefix="a/b"),
}  # fmt: skip


@pytest.mark.parametrize("body", ACCEPTED.values(), ids=ACCEPTED)
def test_full_descriptors_are_accepted(api: Api, body: dict) -> None:
    answer = api.tasks("POST", json=body)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("sent", "shown"), [(None, "\n"), ("\\n", "\n"), ("\n", "\n"), (",", ","), ("none", "none"), ("", "")]
)
def test_record_delimiter_is_a_true_newline(api: Api, sent: str | None, shown: str) -> None:
    assert api.tasks("POST", json=order("OBS", record_delimiter=sent)).status_code == 201
    assert api.show()["obs_destination_description"]["record_delimiter"] == shown


def test_structured_files_have_no_default_delimiter(api: Api) -> None:
    api.tasks("POST", json=order("OBS", destination_file_type="parquet"))
    assert "record_delimiter" not in api.show()["obs_destination_description"]


def test_the_type_of_the_stream_decides(emulator: Emulator, api: Api) -> None:
    emulator.seed(streams=[{"name": "blobs", "data_type": "BLOB"}, {"name": "rows", "data_type": "CSV"}])
    for stream in ("blobs", "rows"):
        refused = api.tasks("POST", stream=stream, json=order("OBS", destination_file_type="parquet"))
        assert code(refused) == "DIS.4300"
        assert api.tasks("POST", stream=stream, json=order("OBS")).status_code == 201
    for kind in ("DLI", "DWS", "CLOUDTABLE"):
        assert code(api.tasks("POST", stream="blobs", json=order(kind, kind))) == "DIS.4358"
        assert api.tasks("POST", stream="rows", json=order(kind, kind)).status_code == 201
    assert api.tasks("POST", stream="blobs", json=order("MRS", "two")).status_code == 201


def test_the_database_password_is_shown_only_on_demand(emulator: Emulator, api: Api) -> None:
    api.tasks("POST", json=order("DWS"))
    assert "user_password" not in api.show()["dws_destination_descripton"]
    assert "fake-database-password" not in str(emulator.log())
    emulator.configure(return_password=True)
    assert api.show()["dws_destination_descripton"]["user_password"] == "fake-database-password"


REFERENCES = {
    "agency": ({}, order("MRS", agency_name="nobody"), "DIS.4335"),
    "mrs bucket": ({}, order("MRS", obs_bucket_path="nothing"), "DIS.4306"),
    "backup bucket": ({}, order("CLOUDTABLE", obs_backup_bucket_path="nothing"), "DIS.4306"),
    "mrs cluster": ({"mrs_clusters": []}, order("MRS"), "DIS.4208"),
    "mrs id": ({"mrs_clusters": [{"name": "hadoop", "id": "other"}]}, order("MRS"), "DIS.4208"),
    "hdfs": ({"mrs_clusters": ["hadoop"], "hdfs_paths": ["/elsewhere"]}, order("MRS"), "DIS.4336"),
    "dws cluster": ({"dws_clusters": ["other"]}, order("DWS"), "DIS.4350"),
    "key": ({"kms_keys": [{"name": "key", "id": "other"}]}, order("DWS"), "DIS.4351"),
    "cloudtable": ({"cloudtable_clusters": []}, order("CLOUDTABLE"), "DIS.4341"),
    "table": ({"cloudtable_tables": ["other"]}, order("CLOUDTABLE"), "DIS.4342"),
    "table elsewhere": (
        {"cloudtable_tables": [{"table": "meter_raw", "cluster": "other"}]},
        order("CLOUDTABLE"),
        "DIS.4342",
    ),
    "family": ({"cloudtable_tables": ["meter_raw:a,b"]}, order("CLOUDTABLE"), "DIS.4343"),
}


@pytest.mark.parametrize(("seed", "body", "expected"), REFERENCES.values(), ids=REFERENCES)
def test_seeded_external_services_are_strict(
    emulator: Emulator, api: Api, seed: dict, body: dict, expected: str
) -> None:
    emulator.seed(**seed)
    assert code(api.tasks("POST", json=body)) == expected


def test_seeded_resources_are_found(emulator: Emulator, api: Api) -> None:
    emulator.seed(
        mrs_clusters=[{"name": "hadoop", "id": "c1"}],
        hdfs_paths=["/landing/"],
        dws_clusters=["house"],
        kms_keys=["key"],
        cloudtable_clusters=["tables"],
        cloudtable_tables=["meter_raw:cf"],
    )
    for kind in SAMPLES:
        assert api.tasks("POST", json=order(kind, kind)).status_code == 201
    project = emulator.state()["projects"][emulator.project_id]
    assert project["hdfs_paths"] == ["/landing"]
    assert project["kms_keys"] == [{"name": "key", "id": None}]


def test_tasks_of_every_type_can_be_seeded(emulator: Emulator, api: Api) -> None:
    tasks = [{"task_name": kind, "destination_type": kind} for kind in SAMPLES]
    tasks[-1]["settings"] = {"opentsdb_schema": [TSDB]}
    emulator.reset(streams=[{"name": "full", "tasks": tasks}])
    api.session.headers["X-Auth-Token"] = emulator.mint_token()
    assert [api.show(kind, "full")["destination_type"] for kind in SAMPLES] == list(SAMPLES)
    assert "cloudtable_schema" not in api.show("CLOUDTABLE", "full")["cloudtable_destination_descripton"]
    with pytest.raises(EmulatorError, match="destination_type"):
        emulator.seed(streams=[{"name": "x", "tasks": [{"task_name": "y", "destination_type": "JUPITER"}]}])
