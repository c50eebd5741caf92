# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between the destination types: one descriptor model and one table entry each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from otc_emulator.external_services import Cluster
from otc_emulator.http_types import Refusal, dis_refusal
from otc_emulator.state import Project, Stream


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    return value


def _number_or_digits(value: Any) -> Any:
    """The service takes a count of seconds as text or as number."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _true_newline(value: Any) -> Any:
    """Some clients write a newline as backslash and n."""
    return "\n" if value == "\\n" else value


TaskName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Text = Annotated[str, AfterValidator(_not_blank)]
ShortText = Annotated[str, StringConstraints(max_length=64), AfterValidator(_not_blank)]
Prefix = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9_][A-Za-z0-9_/]{0,49})?$")]
Seconds = Annotated[int, BeforeValidator(_number_or_digits), Field(ge=0, le=7200)]
Interval = Annotated[int, Field(ge=30, le=900)]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,32}$")]
TimeFormat = Literal[
    "yyyy/MM/dd HH:mm:ss",
    "MM/dd/yyyy HH:mm:ss",
    "dd/MM/yyyy HH:mm:ss",
    "yyyy-MM-dd HH:mm:ss",
    "MM-dd-yyyy HH:mm:ss",
    "dd-MM-yyyy HH:mm:ss",
]
ColumnType = Literal["Bigint", "Double", "Boolean", "Timestamp", "String", "Decimal"]


class Part(BaseModel):
    """A descriptor or a part of one. Unknown members are let through."""

    model_config = ConfigDict(extra="ignore", strict=True)


class Descriptor(Part):
    """Members that the descriptors of all destination types share."""

    task_name: TaskName
    agency_name: ShortText | None = None
    deliver_time_interval: Interval
    consumer_strategy: Literal["LATEST", "TRIM_HORIZON"] = "LATEST"


class DliDescriptor(Descriptor):
    """Load into a table that DLI stores itself."""

    dli_database_name: Text
    dli_table_name: Text
    obs_bucket_path: Text
    file_prefix: Prefix | None = None
    retry_duration: Seconds = 1800


class ProcessingSchema(Part):
    """Time directories of an OBS task taken from a field of the data."""

    timestamp_name: Text
    timestamp_type: Literal["String", "Timestamp"]
    timestamp_format: TimeFormat | Literal[""] | None = None

    @model_validator(mode="after")
    def _text_needs_a_format(self) -> ProcessingSchema:
        if self.timestamp_type == "String" and not self.timestamp_format:
            raise ValueError("timestamp_format is needed for a timestamp of type String")
        return self


def _schema_or_nothing(value: Any) -> Any:
    """Some clients always send an empty object, which the service takes as not given."""
    return None if value in ({}, []) else value


class ObsDescriptor(Descriptor):
    """Store files in a bucket."""

    obs_bucket_path: Text
    file_prefix: Prefix | None = None
    partition_format: Literal["", "yyyy", "yyyy/MM", "yyyy/MM/dd", "yyyy/MM/dd/HH", "yyyy/MM/dd/HH/mm"] | None = None
    destination_file_type: Literal["text", "parquet", "carbon"] = "text"
    processing_schema: Annotated[ProcessingSchema | None, BeforeValidator(_schema_or_nothing)] = None
    record_delimiter: Annotated[Literal["", ",", ";", "|", "\n", "none"] | None, BeforeValidator(_true_newline)] = None


class MrsDescriptor(Descriptor):
    """Store files in the HDFS of an MRS cluster."""

    mrs_cluster_name: Text
    mrs_cluster_id: Text
    mrs_hdfs_path: Text
    hdfs_prefix_folder: Annotated[str, StringConstraints(max_length=50)] | None = None
    obs_bucket_path: Text
    file_prefix: Prefix | None = None
    retry_duration: Seconds = 1800


OnOff = Literal["true/on", "false/off", "true", "false", "on", "off"]


class DwsOptions(Part):
    """What a load into DWS tolerates; all of it text."""

    fill_missing_fields: OnOff | None = None
    ignore_extra_data: OnOff | None = None
    compatible_illegal_chars: OnOff | None = None
    reject_limit: Annotated[str, StringConstraints(pattern=r"^([0-9]+|unlimited)$")] | None = None
    error_table_name: str | None = None


class DwsDescriptor(Descriptor):
    """Load into a table of a DWS cluster."""

    dws_cluster_name: Text
    dws_cluster_id: Text
    dws_database_name: Text
    dws_schema: Text
    dws_table_name: Text
    dws_delimiter: Literal["", ",", ";", "|"]
    user_name: Text
    user_password: Text
    kms_user_key_name: Text
    kms_user_key_id: Text
    obs_bucket_path: Text
    file_prefix: Prefix | None = None
    retry_duration: Seconds = 1800
    dws_table_columns: str | None = None
    options: Annotated[DwsOptions | None, BeforeValidator(_schema_or_nothing)] = None


class RowKeyPart(Part):
    """One member of ``row_key``."""

    value: Text
    type: ColumnType


class Column(Part):
    """One member of ``columns``."""

    column_family_name: Text
    column_name: Word
    value: Text
    type: ColumnType


class HbaseSchema(Part):
    """From JSON to an HBase table."""

    row_key: list[RowKeyPart] = Field(min_length=1, max_length=64)
    columns: list[Column] = Field(min_length=1, max_length=4096)


class Metric(Part):
    """A part of the name of an OpenTSDB metric."""

    type: Literal["Constant", "String"]
    value: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.]{1,32}$")]


class TsdbTimestamp(Part):
    """The time of an OpenTSDB point."""

    type: Literal["Timestamp", "String"]
    value: Word
    format: TimeFormat | Literal[""] | None = None

    @model_validator(mode="after")
    def _text_needs_a_format(self) -> TsdbTimestamp:
        if self.type == "String" and not self.format:
            raise ValueError("format is needed for a timestamp of type String")
        return self


class TsdbValue(Part):
    """The value of an OpenTSDB point."""

    type: ColumnType
    value: Word


class TsdbTag(Part):
    """A tag of an OpenTSDB point."""

    name: Word
    type: ColumnType
    value: Word


class TsdbSchema(Part):
    """From JSON to an OpenTSDB point."""

    metric: list[Metric] = Field(min_length=1)
    timestamp: TsdbTimestamp
    value: TsdbValue
    tags: list[TsdbTag] = Field(min_length=1)


class CloudtableDescriptor(Descriptor):
    """Write into HBase or OpenTSDB of a CloudTable cluster."""

    deliver_time_interval: Interval | None = None  # type: ignore[assignment]  # examples do without
    cloudtable_cluster_name: Text
    cloudtable_cluster_id: Text
    cloudtable_table_name: Text | None = None
    cloudtable_schema: Annotated[HbaseSchema | None, BeforeValidator(_schema_or_nothing)] = None
    opentsdb_schema: Annotated[list[TsdbSchema] | None, BeforeValidator(_schema_or_nothing)] = None
    cloudtable_row_key_delimiter: Literal[",", ".", "|", ";", "\\", "-", "_", "~"] = "."
    obs_backup_bucket_path: str | None = None
    backup_file_prefix: Prefix | None = None
    retry_duration: Seconds = 1800


def file_type_fits(stream: Stream, settings: dict[str, Any]) -> None:
    """Only structured data makes structured files."""
    kind = settings["destination_file_type"]
    if kind != "text" and stream.data_type != "JSON":
        raise _wrong_body(f"Files of type {kind} need a stream of type JSON, not {stream.data_type}.")


def data_has_columns(stream: Stream, settings: dict[str, Any]) -> None:
    """All but OBS and MRS take only data that splits into columns."""
    if stream.data_type not in ("JSON", "CSV"):
        raise dis_refusal(4358, "The data type of the stream does not allow such a transfer task.", stream.data_type)


def hbase_or_opentsdb(stream: Stream, settings: dict[str, Any]) -> None:
    """One of the two schemas, and a table for the first."""
    if ("cloudtable_schema" in settings) == ("opentsdb_schema" in settings):
        raise _wrong_body("Exactly one of cloudtable_schema and opentsdb_schema is expected.")
    if "cloudtable_schema" in settings and "cloudtable_table_name" not in settings:
        raise _wrong_body("Invalid cloudtable_table_name null.")


def _wrong_body(detail: str) -> Refusal:
    return dis_refusal(4300, "The request body is wrong.", detail)


def agency_exists(project: Project, settings: dict[str, Any]) -> None:
    """DIS must be able to act through the agency."""
    name = settings.get("agency_name")
    if name is None:  # a region may do without
        return
    if name not in project.agencies or not project.agencies[name].serves_dis:
        raise dis_refusal(4335, "The agency is invalid.", name)


def _bucket_is_fine(project: Project, name: str) -> None:
    if name not in project.buckets:
        raise dis_refusal(4306, "The OBS bucket does not exist.", name)
    if not project.buckets[name].accessible:
        raise dis_refusal(4310, "The OBS bucket cannot be accessed.", name)


def bucket_exists(project: Project, settings: dict[str, Any]) -> None:
    """The bucket must be there, and DIS must get in."""
    _bucket_is_fine(project, settings["obs_bucket_path"])


def backup_bucket_exists(project: Project, settings: dict[str, Any]) -> None:
    """As ``bucket_exists``, for a bucket that need not be given."""
    name = settings.get("obs_backup_bucket_path")
    if name:
        _bucket_is_fine(project, name)


def dli_table_exists(project: Project, settings: dict[str, Any]) -> None:
    """Database and table must be there, in either case of letters, and the table must be stored in DLI."""
    database, table = settings["dli_database_name"], settings["dli_table_name"]
    if database.lower() not in project.dli_databases:
        raise dis_refusal(4337, "The DLI database does not exist.", database)
    found = project.dli_tables.get((database.lower(), table.lower()))
    if found is None:
        raise dis_refusal(4338, "The DLI table does not exist.", table)
    if not found.managed:
        raise dis_refusal(4338, "The DLI table does not exist as a table whose data is stored in DLI.", table)


def _known(clusters: list[Cluster] | None, name: str, cluster_id: str) -> bool:
    """Whether a cluster exists; without a seeded list each cluster exists."""
    return clusters is None or any(one.is_named(name, cluster_id) for one in clusters)


def mrs_cluster_exists(project: Project, settings: dict[str, Any]) -> None:
    """The cluster must be there, and the path in its HDFS."""
    name, path = settings["mrs_cluster_name"], settings["mrs_hdfs_path"]
    if not _known(project.around.mrs_clusters, name, settings["mrs_cluster_id"]):
        raise dis_refusal(4208, "The MRS cluster is invalid.", name)
    if project.around.hdfs_paths is not None and (path.rstrip("/") or "/") not in project.around.hdfs_paths:
        raise dis_refusal(4336, "The HDFS path is invalid.", path)


def dws_cluster_exists(project: Project, settings: dict[str, Any]) -> None:
    """The cluster must be there, and the key that encrypts the password."""
    name, key = settings["dws_cluster_name"], settings["kms_user_key_name"]
    if not _known(project.around.dws_clusters, name, settings["dws_cluster_id"]):
        raise dis_refusal(4350, "The DWS cluster is invalid.", name)
    if not _known(project.around.kms_keys, key, settings["kms_user_key_id"]):
        raise dis_refusal(4351, "The KMS key is invalid.", key)


def cloudtable_exists(project: Project, settings: dict[str, Any]) -> None:
    """The cluster must be there, and for HBase the table with its column families."""
    name, table = settings["cloudtable_cluster_name"], settings.get("cloudtable_table_name")
    if not _known(project.around.cloudtable_clusters, name, settings["cloudtable_cluster_id"]):
        raise dis_refusal(4341, "The CloudTable cluster does not exist.", name)
    tables = project.around.cloudtable_tables
    if tables is None or "cloudtable_schema" not in settings:
        return
    found = next((one for one in tables if one.cluster in (None, name) and one.table == table), None)
    if found is None:
        raise dis_refusal(4342, "The CloudTable table does not exist.", str(table))
    for column in settings["cloudtable_schema"]["columns"]:
        family = column["column_family_name"]
        if found.families is not None and family not in found.families:
            raise dis_refusal(4343, "The CloudTable column family does not exist.", family)


def _nothing(settings: dict[str, Any]) -> dict[str, Any]:
    return {}


def _obs_shows(settings: dict[str, Any]) -> dict[str, Any]:
    """What the service adds to the settings of an OBS task."""
    text = settings.get("destination_file_type", "text") == "text"
    return {"retry_duration": 0, **({"record_delimiter": "\n"} if text else {})}


@dataclass(frozen=True)
class Destination:
    """One destination type.

    ``rules`` relate the members to each other and to the stream, ``checks`` query external services, in this order.
    ``sample`` completes tasks of seeds and concurrent writers. ``blanks`` are texts that may be returned empty.
    ``schema_codes`` are the codes of members that have one of their own.
    """

    kind: str
    descriptor: type[Descriptor]
    checks: tuple[Callable[[Project, dict[str, Any]], None], ...]
    sample: dict[str, Any]
    rules: tuple[Callable[[Stream, dict[str, Any]], None], ...] = ()
    blanks: tuple[str, ...] = ("file_prefix",)
    names: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    added: Callable[[dict[str, Any]], dict[str, Any]] = _nothing
    documented_ending: str = "description"
    schema_codes: tuple[tuple[str, int, str], ...] = ()

    @property
    def request_key(self) -> str:
        """Name of the settings block in requests."""
        return f"{self.kind.lower()}_destination_descriptor"

    def block_key(self, spelling: str) -> str:
        """Name of the settings block in details; *spelling* is the setting ``misspelt_blocks``."""
        ending = {"documented": self.documented_ending, "off": "description"}.get(spelling, spelling)
        return f"{self.kind.lower()}_destination_{ending}"

    def complete(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Settings of a task: *changes* over the sample, with the defaults of the descriptor. Raises ValueError."""
        strange = sorted(set(changes) - set(self.descriptor.model_fields))
        if strange:
            raise ValueError(f"no member of a {self.kind} task: {', '.join(strange)}")
        sample = {
            name: value
            for name, value in self.sample.items()
            if not ("opentsdb_schema" in changes and name in ("cloudtable_schema", "cloudtable_table_name"))
        }
        descriptor = self.descriptor.model_validate({"task_name": "sample", **sample, **changes})
        return descriptor.model_dump(exclude={"task_name"}, exclude_none=True)


_COMMON = {"agency_name": "dis_admin_agency", "deliver_time_interval": 300}
_SAMPLE = {**_COMMON, "obs_bucket_path": "telemetry-staging"}

DESTINATIONS: dict[str, Destination] = {
    one.kind: one
    for one in (
        Destination(
            kind="DLI",
            descriptor=DliDescriptor,
            rules=(data_has_columns,),
            checks=(agency_exists, bucket_exists, dli_table_exists),
            sample={**_SAMPLE, "dli_database_name": "telemetry", "dli_table_name": "meter_raw"},
            names=("dli_database_name", "dli_table_name"),
        ),
        Destination(
            kind="OBS",
            descriptor=ObsDescriptor,
            rules=(file_type_fits,),
            checks=(agency_exists, bucket_exists),
            sample=_SAMPLE,
            blanks=("file_prefix", "partition_format"),
            added=_obs_shows,
        ),
        Destination(
            kind="MRS",
            descriptor=MrsDescriptor,
            checks=(agency_exists, bucket_exists, mrs_cluster_exists),
            sample={
                **_SAMPLE,
                "mrs_cluster_name": "telemetry-mrs",
                "mrs_cluster_id": "fe69a732-c7d9-4b0f-8cda-0b7e3d9b1c52",
                "mrs_hdfs_path": "/user",
            },
            blanks=("hdfs_prefix_folder", "file_prefix"),
        ),
        Destination(
            kind="DWS",
            descriptor=DwsDescriptor,
            rules=(data_has_columns,),
            checks=(agency_exists, bucket_exists, dws_cluster_exists),
            sample={
                **_SAMPLE,
                "dws_cluster_name": "telemetry-dws",
                "dws_cluster_id": "92f0f0ad-70d5-4e93-8c3b-7f1b2f4d9a10",
                "dws_database_name": "telemetry",
                "dws_schema": "public",
                "dws_table_name": "meter_raw",
                "dws_delimiter": "|",
                "user_name": "loader",
                "user_password": "emulator-dws-password-not-real",
                "kms_user_key_name": "dws-key",
                "kms_user_key_id": "0a1b2c3d-4e5f-4607-8192-a3b4c5d6e7f8",
            },
            blanks=("file_prefix", "dws_table_columns"),
            secrets=("user_password",),
            documented_ending="descripton",
        ),
        Destination(
            kind="CLOUDTABLE",
            descriptor=CloudtableDescriptor,
            rules=(data_has_columns, hbase_or_opentsdb),
            checks=(agency_exists, backup_bucket_exists, cloudtable_exists),
            sample={
                **_COMMON,
                "cloudtable_cluster_name": "telemetry-cloudtable",
                "cloudtable_cluster_id": "5d3b8a1e-2f47-4c6d-9b0a-1c2d3e4f5a6b",
                "cloudtable_table_name": "meter_raw",
                "cloudtable_schema": {
                    "row_key": [{"value": "id", "type": "String"}],
                    "columns": [{"column_family_name": "cf", "column_name": "v", "value": "reading", "type": "Double"}],
                },
            },
            blanks=("obs_backup_bucket_path", "backup_file_prefix"),
            documented_ending="descripton",
            schema_codes=(
                ("cloudtable_schema", 4345, "The HBase schema is invalid."),
                ("opentsdb_schema", 4348, "The OpenTSDB schema is invalid."),
            ),
        ),
    )
}
