# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between the destination types: one descriptor model and one table entry each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from otc_emulator.exchange import dis_refusal
from otc_emulator.state import Project


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    return value


def _number_or_digits(value: Any) -> Any:
    """The service takes a count of seconds as text or as number."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


TaskName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Text = Annotated[str, AfterValidator(_not_blank)]
ShortText = Annotated[str, StringConstraints(max_length=64), AfterValidator(_not_blank)]
Prefix = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9_][A-Za-z0-9_/]{0,49})?$")]
Seconds = Annotated[int, BeforeValidator(_number_or_digits), Field(ge=0, le=7200)]


class Descriptor(BaseModel):
    """Members that the descriptors of all destination types share. Unknown members are let through."""

    model_config = ConfigDict(extra="ignore", strict=True)

    task_name: TaskName
    agency_name: ShortText
    deliver_time_interval: Annotated[int, Field(ge=30, le=900)]
    consumer_strategy: Literal["LATEST", "TRIM_HORIZON"] = "LATEST"


class DliDescriptor(Descriptor):
    """Load into a table that DLI stores itself."""

    dli_database_name: Text
    dli_table_name: Text
    obs_bucket_path: Text
    file_prefix: Prefix | None = None
    retry_duration: Seconds = 1800


class ProcessingSchema(BaseModel):
    """Time directories of an OBS task taken from a field of the data."""

    model_config = ConfigDict(extra="ignore", strict=True)

    timestamp_name: Text
    timestamp_type: Literal["String", "Timestamp"]
    timestamp_format: str | None = None


def _schema_or_nothing(value: Any) -> Any:
    """Some clients always send an empty object, which the service takes as not given."""
    return None if value == {} else value


class ObsDescriptor(Descriptor):
    """Store files in a bucket."""

    obs_bucket_path: Text
    file_prefix: Prefix | None = None
    partition_format: Literal["", "yyyy", "yyyy/MM", "yyyy/MM/dd", "yyyy/MM/dd/HH", "yyyy/MM/dd/HH/mm"] | None = None
    destination_file_type: Literal["text", "parquet", "carbon"] = "text"
    processing_schema: Annotated[ProcessingSchema | None, BeforeValidator(_schema_or_nothing)] = None
    record_delimiter: str | None = None


def agency_exists(project: Project, settings: dict[str, Any]) -> None:
    """DIS must be able to act through the agency."""
    name = settings["agency_name"]
    if name not in project.agencies:
        raise dis_refusal(4335, "The agency is invalid.", name)


def bucket_exists(project: Project, settings: dict[str, Any]) -> None:
    """The bucket must be there, and DIS must get in."""
    name = settings["obs_bucket_path"]
    if name not in project.buckets:
        raise dis_refusal(4306, "The OBS bucket does not exist.", name)
    if not project.buckets[name]:
        raise dis_refusal(4310, "The OBS bucket cannot be accessed.", name)


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


@dataclass(frozen=True)
class Destination:
    """One destination type. ``checks`` run in this order; ``sample`` fills up tasks made by seeds and rivals."""

    kind: str
    descriptor: type[Descriptor]
    checks: tuple[Callable[[Project, dict[str, Any]], None], ...]
    sample: dict[str, Any]
    names: tuple[str, ...] = ()
    always_shown: tuple[tuple[str, Any], ...] = ()

    @property
    def request_key(self) -> str:
        """Name of the settings block in requests."""
        return f"{self.kind.lower()}_destination_descriptor"

    def block_key(self, spelling: str) -> str:
        """Name of the settings block in details; *spelling* is the setting ``misspelt_blocks``."""
        ending = "description" if spelling == "off" else spelling
        return f"{self.kind.lower()}_destination_{ending}"

    def optional_texts(self) -> list[str]:
        """Optional members that the service may show as an empty text."""
        return [name for name, one in self.descriptor.model_fields.items() if one.default is None]

    def complete(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Settings of a task: *changes* over the sample, with the defaults of the descriptor. Raises ValueError."""
        strange = sorted(set(changes) - set(self.descriptor.model_fields))
        if strange:
            raise ValueError(f"no member of a {self.kind} task: {', '.join(strange)}")
        whole = self.descriptor.model_validate({"task_name": "sample", **self.sample, **changes})
        return whole.model_dump(exclude={"task_name"}, exclude_none=True)


_SAMPLE = {"agency_name": "dis_admin_agency", "deliver_time_interval": 300, "obs_bucket_path": "telemetry-staging"}

DESTINATIONS: dict[str, Destination] = {
    one.kind: one
    for one in (
        Destination(
            kind="DLI",
            descriptor=DliDescriptor,
            checks=(agency_exists, bucket_exists, dli_table_exists),
            sample={**_SAMPLE, "dli_database_name": "telemetry", "dli_table_name": "meter_raw"},
            names=("dli_database_name", "dli_table_name"),
        ),
        Destination(
            kind="OBS",
            descriptor=ObsDescriptor,
            checks=(agency_exists, bucket_exists),
            sample=_SAMPLE,
            always_shown=(("retry_duration", 0),),
        ),
    )
}
