# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between the destinations of transfer tasks, as data. Private to otc.dis.

Argument specs, validation, request bodies, the reading of answers and the comparison all follow from this table.
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
    """One destination type of transfer tasks.

    :ivar kind: value of ``destination_type``
    :ivar fields: the members of the descriptor beside ``task_name``
    :ivar one_of: names of fields of which exactly one is needed
    :ivar stream_data_types: values of a stream's ``data_type`` that it takes
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
        """Name of the module of this destination."""
        return f"{self.kind.lower()}_transfer_task"

    @property
    def request_key(self) -> str:
        """JSON key of the descriptor in a request."""
        return f"{self.kind.lower()}_destination_descriptor"

    @property
    def response_keys(self) -> Tuple[str, ...]:
        """JSON keys under which answers are known to describe the destination."""
        stem = f"{self.kind.lower()}_destination"
        return f"{stem}_description", f"{stem}_descripton", f"{stem}_descriptor"

    def secrets(self) -> Tuple[str, ...]:
        """Names of the fields that nobody may see."""
        return tuple(one.name for one in self.fields if one.secret)

    def defaults(self, given: Mapping[str, Any]) -> Dict[str, Any]:
        """What a new task gets where nothing is said, the settings that then are empty included."""
        values = {one.name: one.default_when_missing if one.default is None else one.default for one in self.fields}
        return {name: value for name, value in values.items() if value is not None and name not in given}

    def missing(self, settings: Mapping[str, Any]) -> List[str]:
        """Names of the fields without which no task can be created."""
        chosen = [name for name in self.one_of if settings.get(name)]
        return missing_required(self.fields, settings) + (
            [] if chosen or not self.one_of else [" or ".join(self.one_of)]
        )

    def unknown_required(self, settings: Mapping[str, Any]) -> List[str]:
        """Names of the fields that a complete request needs and that are not known."""
        return [one.name for one in self.fields if settings.get(one.name) is None and not one.optional_in_request]

    def differing(self, expected: Mapping[str, Any], known: Mapping[str, Any]) -> List[str]:
        """Names of the fields that are known and not as desired; of those that exclude each other, the desired one."""
        chosen = any(name in known for name in self.one_of)
        return [
            one.name
            for one in self.fields
            if one.name in expected
            and (
                not one.equal(expected[one.name], known[one.name])
                if one.name in known
                else chosen and one.name in self.one_of
            )
        ]

    def merged_with(self, given: Mapping[str, Any], known: Mapping[str, Any]) -> Dict[str, Any]:
        """Given settings, filled up with the known ones; what excludes a given one is left out."""
        chosen = [name for name in self.one_of if name in given]
        kept = {name: value for name, value in known.items() if not chosen or name not in self.one_of}
        filled = {
            one.name: one.merged_with(given[one.name], known.get(one.name)) for one in self.fields if one.name in given
        }
        return {**kept, **filled}

    def read(self, block: Mapping[str, Any]) -> Dict[str, Any]:
        """The settings that an answer tells."""
        return read(self.fields, block)

    def unknown(self, block: Mapping[str, Any]) -> Dict[str, Any]:
        """The settings in an answer that this version does not know."""
        return unknown_keys(self.fields, block, NO_SETTINGS)

    def unknown_names(self, unknown: Mapping[str, Any]) -> List[str]:
        """Their names, each with the way to it, for a message."""
        return [sanitize(name) for name in unknown_names(self.fields, unknown)]

    def request(
        self, task_name: str, settings: Mapping[str, Any], blanks: bool, unknown: Optional[Mapping[str, Any]] = None
    ) -> Dict[str, Any]:
        """Body of a create or update request (API reference, table 3 of the destination's page).

        :param blanks: whether empty texts are sent; a new task has them empty anyway
        :param unknown: settings that this version does not know, to be sent as they were read
        """
        members = {"task_name": task_name, **serialize(self.fields, settings, blanks)}
        members = with_unknown(self.fields, members, unknown or {})
        return {"destination_type": self.kind, self.request_key: members}


NO_SETTINGS = ("task_name", "retry_duration", "uquery_database_name", "uquery_table_name")
"""Members of blocks that are no settings: the name; what the service adds to tasks that have none; former names."""
TASK_NAME = Field("task_name", pattern=NAME + "{1,64}", rule="1 to 64 letters, digits, _ or -")


class Prefix(Field):
    """A folder in a bucket; quotes around it and a slash at its end make no other folder of it."""

    __slots__ = ()

    def equal(self, one: Any, other: Any) -> bool:
        """Whether two texts name the same folder."""
        return str(one).rstrip("/") == str(other).rstrip("/")

    def read(self, value: Any) -> Any:
        """The folder without quotes, which none can have in its name."""
        return super().read(value.strip("\"'") if isinstance(value, str) else value)


def prefix_field(name: str) -> Field:
    """A folder in a bucket."""
    rule = "at most 50 letters, digits, _ or /, and no / at the start"
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
    """The agency, which not every region needs. A response with the member empty says that the task has none."""

    __slots__ = ()

    def read(self, value: Any) -> Any:
        """The name; an empty text where the task has no agency, None where the response does not tell."""
        return "" if value == "" else super().read(value)


AGENCY_NAME = AgencyName("agency_name", pattern=r"(?=.{0,63}\S).{1,64}", rule="1 to 64 characters, not blank")
DELIVER_TIME_INTERVAL = Field(
    "deliver_time_interval",
    type="int",
    default=300,
    minimum=30,
    maximum=900,
    rule="a whole number of seconds from 30 to 900",
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
    rule="a whole number of seconds from 0 to 7200",
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
            rule="a comma, a semicolon, a vertical bar, a newline, or empty for none",
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
    """A boolean that travels as a text."""
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
                    rule="a whole number or unlimited",
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
            rule="a text, not blank",
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

DESTINATIONS: Mapping[str, Destination] = {one.kind: one for one in (DLI, OBS, MRS, DWS, CLOUDTABLE)}
"""Every destination that the collection manages, by ``destination_type``."""


_BUCKETS = ("obs_bucket_path", "obs_backup_bucket_path")
REFUSED_OPTIONS: Mapping[str, Tuple[str, ...]] = {
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
"""Which options a service code is about (sheet of transfer tasks, 5.2)."""


def broken_rules(destination: Destination, options: Mapping[str, Any]) -> List[str]:
    """The rules of a destination that options break: each option with its value and the rule."""
    errors = [
        reason
        for one in (STREAM_NAME, TASK_NAME, *destination.fields)
        if options.get(one.name) is not None
        for reason in one.validate(options[one.name], one.name)
    ]
    both = [name for name in destination.one_of if options.get(name) is not None]
    return errors + ([f"{join_names(both)} exclude each other"] if len(both) > 1 else [])


def raise_if_invalid(destination: Destination, options: Mapping[str, Any]) -> None:
    """Hold options against the rules of a destination.

    :raises InvalidOptions: naming each option that breaks its rule, with its value and the rule
    """
    errors = broken_rules(destination, options)
    if errors:
        raise InvalidOptions("; ".join(errors) + ". Nothing was sent.")


def always_updated(destination: Destination, options: Mapping[str, Any]) -> Tuple[str, ...]:
    """Names of the given secrets that an existing task is to get, too.

    :raises InvalidOptions: with ``on_drift=fail`` nothing may be changed
    """
    if options.get("update_password") != "always":
        return ()
    if options["on_drift"] == "fail":
        raise InvalidOptions(
            "update_password is always, but on_drift is fail: nothing may be changed. Nothing was sent."
        )
    return tuple(name for name in destination.secrets() if options.get(name) is not None)
