# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Table of the transfer task destinations. Private to otc.dis.

Argument specs, validation, request bodies, parsing and comparison are derived from this table.
Source: API reference, "Adding ... Dump Tasks", one page per destination.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from .._core.errors import InvalidOptions, join_names, sanitize
from .._core.schema import (
    NAME,
    NOT_BLANK,
    Field,
    choice,
    missing_required,
    read,
    serialize,
    text,
    unknown_keys,
    unknown_names,
    with_unknown,
)
from .base import STREAM_NAME

STRUCTURED = ("JSON", "CSV")
ANY_DATA_TYPE = ("BLOB", *STRUCTURED)


class Destination:
    """A destination type of transfer tasks.

    :ivar kind: value of ``destination_type``
    :ivar fields: members of the descriptor except ``task_name``
    :ivar one_of: names of fields of which exactly one is required
    :ivar stream_data_types: supported values of the stream's ``data_type``
    """

    def __init__(
        self,
        kind: str,
        fields: Tuple[Field, ...],
        one_of: Tuple[str, ...] = (),
        stream_data_types: Tuple[str, ...] = STRUCTURED,
    ) -> None:
        self.kind, self.fields, self.one_of = kind, fields, one_of
        self.stream_data_types = stream_data_types

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    @property
    def module_name(self) -> str:
        """Name of the module for this destination."""
        return f"{self.kind.lower()}_transfer_task"

    @property
    def request_key(self) -> str:
        """JSON key of the descriptor in requests."""
        return f"{self.kind.lower()}_destination_descriptor"

    @property
    def response_keys(self) -> Tuple[str, ...]:
        """Known JSON keys of the descriptor in responses."""
        stem = f"{self.kind.lower()}_destination"
        return f"{stem}_description", f"{stem}_descripton", f"{stem}_descriptor"

    def secrets(self) -> Tuple[str, ...]:
        """Return the names of the secret fields."""
        return tuple(field.name for field in self.fields if field.secret)

    def defaults(self, specified: Mapping[str, Any]) -> Dict[str, Any]:
        """Return the values of a new task's unspecified settings, empty settings included."""
        values = {
            field.name: field.default_when_missing if field.default is None else field.default for field in self.fields
        }
        return {name: value for name, value in values.items() if value is not None and name not in specified}

    def missing(self, settings: Mapping[str, Any]) -> List[str]:
        """Return the names of the missing fields that are required to create a task."""
        chosen = [name for name in self.one_of if settings.get(name)]
        return missing_required(self.fields, settings) + (
            [] if chosen or not self.one_of else [" or ".join(self.one_of)]
        )

    def unknown_required(self, settings: Mapping[str, Any]) -> List[str]:
        """Return the names of the fields that a complete request requires and whose value is unknown."""
        return [
            field.name for field in self.fields if settings.get(field.name) is None and not field.optional_in_request
        ]

    def differing(self, expected: Mapping[str, Any], observed: Mapping[str, Any]) -> List[str]:
        """Return the names of the fields whose observed value differs.

        If another of the mutually exclusive fields is observed, the expected one counts as different.
        """
        chosen = any(name in observed for name in self.one_of)
        return [
            field.name
            for field in self.fields
            if field.name in expected
            and (
                not field.equal(expected[field.name], observed[field.name])
                if field.name in observed
                else chosen and field.name in self.one_of
            )
        ]

    def merged_with(self, specified: Mapping[str, Any], observed: Mapping[str, Any]) -> Dict[str, Any]:
        """Merge specified into observed settings; drop observed settings that a specified one excludes."""
        chosen = [name for name in self.one_of if name in specified]
        retained = {name: value for name, value in observed.items() if not chosen or name not in self.one_of}
        merged = {
            field.name: field.merged_with(specified[field.name], observed.get(field.name))
            for field in self.fields
            if field.name in specified
        }
        return {**retained, **merged}

    def read(self, block: Mapping[str, Any]) -> Dict[str, Any]:
        """Parse the settings in a descriptor of a response."""
        return read(self.fields, block)

    def unknown(self, block: Mapping[str, Any]) -> Dict[str, Any]:
        """Return the settings in a descriptor of a response that this version does not support."""
        return unknown_keys(self.fields, block, NO_SETTINGS)

    def unknown_names(self, unknown: Mapping[str, Any]) -> List[str]:
        """Return the paths of unsupported settings, for messages."""
        return [sanitize(name) for name in unknown_names(self.fields, unknown)]

    def request(
        self, task_name: str, settings: Mapping[str, Any], blanks: bool, unknown: Optional[Mapping[str, Any]] = None
    ) -> Dict[str, Any]:
        """Return the body of a create or update request (API reference, table 3 of the destination's page).

        :param blanks: whether to send empty strings; they are the defaults of a new task
        :param unknown: settings that this version does not support, sent unchanged
        """
        members = {"task_name": task_name, **serialize(self.fields, settings, blanks)}
        members = with_unknown(self.fields, members, unknown or {})
        return {"destination_type": self.kind, self.request_key: members}


NO_SETTINGS = ("task_name", "retry_duration", "uquery_database_name", "uquery_table_name")
"""Descriptor members that are not settings: the name, members that the service adds, and obsolete names."""
TASK_NAME = Field("task_name", pattern=NAME + "{1,64}", rule="1 to 64 letters, digits, _ or -")


class Prefix(Field):
    """A folder in a bucket; surrounding quotes and trailing slashes are ignored."""

    __slots__ = ()

    def equal(self, one: Any, other: Any) -> bool:
        """Whether two strings denote the same folder."""
        return str(one).rstrip("/") == str(other).rstrip("/")

    def read(self, value: Any) -> Any:
        """Parse the folder without quotes, which are not valid in its name."""
        return super().read(value.strip("\"'") if isinstance(value, str) else value)


def prefix_field(name: str) -> Field:
    """Return the field of a folder in a bucket."""
    rule = "at most 50 letters, digits, _ or /, without a leading /"
    return Prefix(name, default="", pattern=r"(?!/)[A-Za-z0-9_/]{0,50}", rule=rule, default_when_missing="")


DATE_FORMATS = tuple(
    f"{date} HH:mm:ss"
    for date in (
        "yyyy/MM/dd",
        "MM/dd/yyyy",
        "dd/MM/yyyy",
        "yyyy-MM-dd",
        "MM-dd-yyyy",
        "dd-MM-yyyy",
    )
)


class AgencyName(Field):
    """The agency, which some regions do not require; an empty member in a response means no agency."""

    __slots__ = ()

    def read(self, value: Any) -> Any:
        """Parse the name; an empty string if the task has no agency, None if not reported."""
        return "" if value == "" else super().read(value)


AGENCY_NAME = AgencyName("agency_name", pattern=r"(?=.{0,63}\S).{1,64}", rule="1 to 64 characters, not blank")
DELIVER_TIME_INTERVAL = Field(
    "deliver_time_interval",
    type="int",
    default=300,
    minimum=30,
    maximum=900,
    rule="an integer from 30 to 900 (seconds)",
)
CONSUMER_STRATEGY = choice("consumer_strategy", "LATEST", "TRIM_HORIZON", default="LATEST")
COMMON = (AGENCY_NAME, DELIVER_TIME_INTERVAL, CONSUMER_STRATEGY)
OBS_BUCKET_PATH = text("obs_bucket_path", "the name of a bucket, not blank")
FILE_PREFIX = prefix_field("file_prefix")
RETRY_DURATION = Field(
    "retry_duration",
    type="int",
    default=1800,
    minimum=0,
    maximum=7200,
    rule="an integer from 0 to 7200 (seconds)",
    as_str=True,
)

DLI = Destination(
    kind="DLI",
    fields=(
        *COMMON,
        text("dli_database_name", ignores_case=True),
        text("dli_table_name", ignores_case=True),
        OBS_BUCKET_PATH,
        FILE_PREFIX,
        RETRY_DURATION,
    ),
)

OBS = Destination(
    kind="OBS",
    stream_data_types=ANY_DATA_TYPE,
    fields=(
        *COMMON,
        OBS_BUCKET_PATH,
        FILE_PREFIX,
        choice(
            "partition_format",
            *("", "yyyy", "yyyy/MM", "yyyy/MM/dd", "yyyy/MM/dd/HH", "yyyy/MM/dd/HH/mm"),
            default="",
            default_when_missing="",
        ),
        choice(
            "destination_file_type",
            "text",
            "parquet",
            "carbon",
            default="text",
            aliases={"CarbonData": "carbon"},
        ),
        Field(
            "processing_schema",
            type="dict",
            default_when_missing={},
            members=(
                text("timestamp_name"),
                choice("timestamp_type", "String", "Timestamp", required=True),
                choice("timestamp_format", *DATE_FORMATS, required_if=("timestamp_type", "String")),
            ),
        ),
        Field(
            "record_delimiter",
            choices=(",", ";", "|", "\n", ""),
            aliases={"\\n": "\n", "none": ""},
            empty_value="none",
            rule="a comma, semicolon, vertical bar or newline, or empty for no delimiter",
        ),
    ),
)

MRS = Destination(
    kind="MRS",
    stream_data_types=ANY_DATA_TYPE,
    fields=(
        *COMMON,
        text("mrs_cluster_name"),
        text("mrs_cluster_id"),
        text("mrs_hdfs_path"),
        Field(
            "hdfs_prefix_folder",
            default="",
            pattern=r".{0,50}",
            rule="at most 50 characters",
            default_when_missing="",
        ),
        OBS_BUCKET_PATH,
        FILE_PREFIX,
        RETRY_DURATION,
    ),
)


def bool_field(name: str) -> Field:
    """Return the field of a boolean that the API transfers as a string."""
    return Field(name, type="bool", as_str=True)


DWS = Destination(
    kind="DWS",
    fields=(
        *COMMON,
        text("dws_cluster_name"),
        text("dws_cluster_id"),
        text("dws_database_name"),
        text("dws_schema"),
        text("dws_table_name"),
        choice("dws_delimiter", ",", ";", "|", required=True),
        text("user_name"),
        text("user_password", secret=True),
        text("kms_user_key_name"),
        text("kms_user_key_id"),
        OBS_BUCKET_PATH,
        FILE_PREFIX,
        RETRY_DURATION,
        Field("dws_table_columns", default="", default_when_missing=""),
        Field(
            "options",
            type="dict",
            default_when_missing={},
            members=(
                bool_field("fill_missing_fields"),
                bool_field("ignore_extra_data"),
                bool_field("compatible_illegal_chars"),
                Field(
                    "reject_limit",
                    pattern=r"[0-9]{1,18}|unlimited",
                    rule="an integer or unlimited",
                    default_when_missing="0",
                ),
                Field("error_table_name", default_when_missing=""),
            ),
        ),
    ),
)

WORD = r"[A-Za-z0-9_]{1,32}"
WORD_RULE = "1 to 32 letters, digits or _"
DATA_TYPE = choice("type", "Bigint", "Double", "Boolean", "Timestamp", "String", "Decimal", required=True)
CLOUDTABLE = Destination(
    kind="CLOUDTABLE",
    one_of=("cloudtable_schema", "opentsdb_schema"),
    fields=(
        AGENCY_NAME,
        DELIVER_TIME_INTERVAL._replace(default=None, optional_in_request=True),
        CONSUMER_STRATEGY,
        text("cloudtable_cluster_name"),
        text("cloudtable_cluster_id"),
        Field(
            "cloudtable_table_name",
            pattern=NOT_BLANK,
            rule="a string, not blank",
            required_if=("cloudtable_schema", None),
            optional_in_request=True,
        ),
        Field(
            "cloudtable_schema",
            type="dict",
            optional_in_request=True,
            members=(
                Field(
                    "row_key",
                    type="list",
                    required=True,
                    minimum=1,
                    maximum=64,
                    rule="1 to 64",
                    members=(text("value"), DATA_TYPE),
                ),
                Field(
                    "columns",
                    type="list",
                    required=True,
                    minimum=1,
                    maximum=4096,
                    rule="1 to 4096",
                    members=(
                        text("column_family_name"),
                        text("column_name", WORD_RULE, WORD),
                        text("value"),
                        DATA_TYPE,
                    ),
                ),
            ),
        ),
        Field(
            "opentsdb_schema",
            type="list",
            optional_in_request=True,
            minimum=1,
            rule="1 or more",
            members=(
                Field(
                    "metric",
                    type="list",
                    required=True,
                    minimum=1,
                    rule="1 or more",
                    members=(
                        choice("type", "Constant", "String", required=True),
                        text(
                            "value",
                            "1 to 32 letters, digits or dots",
                            r"[A-Za-z0-9.]{1,32}",
                        ),
                    ),
                ),
                Field(
                    "timestamp",
                    type="dict",
                    required=True,
                    members=(
                        choice("type", "Timestamp", "String", required=True),
                        text("value", WORD_RULE, WORD),
                        choice("format", *DATE_FORMATS, required_if=("type", "String")),
                    ),
                ),
                Field(
                    "value",
                    type="dict",
                    required=True,
                    members=(DATA_TYPE, text("value", WORD_RULE, WORD)),
                ),
                Field(
                    "tags",
                    type="list",
                    required=True,
                    minimum=1,
                    rule="1 or more",
                    members=(
                        text("name", WORD_RULE, WORD),
                        DATA_TYPE,
                        text("value", WORD_RULE, WORD),
                    ),
                ),
            ),
        ),
        choice(
            "cloudtable_row_key_delimiter",
            *(",", ".", "|", ";", "\\", "-", "_", "~"),
            default=".",
        ),
        Field("obs_backup_bucket_path", default_when_missing=""),
        prefix_field("backup_file_prefix"),
        RETRY_DURATION,
    ),
)

DESTINATIONS: Mapping[str, Destination] = {
    destination.kind: destination for destination in (DLI, OBS, MRS, DWS, CLOUDTABLE)
}
"""Supported destinations by ``destination_type``."""


_BUCKETS = ("obs_bucket_path", "obs_backup_bucket_path")
OPTIONS_OF_ERROR_CODE: Mapping[str, Tuple[str, ...]] = {
    "DIS.4208": ("mrs_cluster_name", "mrs_cluster_id"),
    "DIS.4306": _BUCKETS,
    "DIS.4310": _BUCKETS,
    "DIS.4335": ("agency_name",),
    "DIS.4336": ("mrs_hdfs_path",),
    "DIS.4337": ("dli_database_name",),
    "DIS.4338": ("dli_database_name", "dli_table_name"),
    "DIS.4341": ("cloudtable_cluster_name", "cloudtable_cluster_id"),
    "DIS.4342": ("cloudtable_table_name",),
    "DIS.4350": ("dws_cluster_name", "dws_cluster_id"),
    "DIS.4351": ("kms_user_key_name", "kms_user_key_id"),
}
"""Options that an error code of the service refers to (API sheet of transfer tasks, section 5.2)."""


def option_errors(destination: Destination, options: Mapping[str, Any]) -> List[str]:
    """Validate options; return an error for each invalid option, with its value and the rule."""
    errors = [
        reason
        for field in (STREAM_NAME, TASK_NAME, *destination.fields)
        if options.get(field.name) is not None
        for reason in field.validate(options[field.name], field.name)
    ]
    both = [name for name in destination.one_of if options.get(name) is not None]
    return errors + ([f"{join_names(both)} are mutually exclusive"] if len(both) > 1 else [])


def raise_if_invalid(destination: Destination, options: Mapping[str, Any]) -> None:
    """Validate options of a destination.

    :raises InvalidOptions: with the value and the rule of each invalid option
    """
    errors = option_errors(destination, options)
    if errors:
        raise InvalidOptions("; ".join(errors) + ". Nothing was sent.")


def always_updated(destination: Destination, options: Mapping[str, Any]) -> Tuple[str, ...]:
    """Return the names of the specified secrets to update in every run.

    :raises InvalidOptions: if ``on_drift`` is ``fail``, which forbids changes
    """
    if options.get("update_password") != "always":
        return ()
    if options["on_drift"] == "fail":
        raise InvalidOptions(
            "update_password: always cannot be used with on_drift: fail, which forbids changes. Nothing was sent."
        )
    return tuple(name for name in destination.secrets() if options.get(name) is not None)
