# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Streams: data model, validation, parsing, actions and plan. Private to otc.dis."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Dict, Iterator, List, Mapping, Optional, Tuple

from .._core.errors import (
    ApiError,
    Drift,
    ImmutableSettingError,
    InvalidOptions,
    UnexpectedResponse,
    UnknownSettingError,
    describe_differences,
    join_names,
    sanitize,
)
from .._core.plan import Plan
from .._core.schema import (
    Field,
    Moment,
    Scalar,
    choice,
    dictionaries,
    int_or_none,
    missing_required,
    normalize,
    numbers,
    serialize,
    text_or_none,
    texts,
)
from .base import ENDPOINT_HINT, STREAM_NAME, canonical_partition_id, validate_response

CREATING, RUNNING, TERMINATING, TERMINATED, FROZEN = "CREATING", "RUNNING", "TERMINATING", "TERMINATED", "FROZEN"
MAX_TAGS = 10
CLOUD_TAG = "_sys_"
"""Prefix of the tag keys that are reserved for the cloud; modules never set or remove them."""
ENTERPRISE_PROJECT = "_sys_enterprise_project_id"
OWNER, DEFAULT_OWNER = "enterprise_project_id", "0"

RECREATE_WARNING = "Replacing a stream deletes its records, its transfer tasks, and the checkpoints of all apps in it."
LONG_RETENTION = "If all values are correct: many regions support a data_duration of at most 72 hours."
BLOB_ONLY = "If all values are correct: some regions support data_type BLOB only."
MAX_SAMPLE_BYTES = 1024 * 1024
"""Maximum size of a sample: that of a record."""
SAMPLE_UNSUPPORTED = (
    "This region does not derive schemas from samples: set data_schema to an Avro schema and omit data_schema_from."
)
SAMPLE_REJECTED = "Correct data_schema: with data_schema_from: sample, it must be a record of the stream as JSON."


# --- the table of options ---


class JsonText(Field):
    """A JSON document that the API transfers as a string."""

    def validate(self, value: Any, path: str) -> Iterator[str]:
        """Yield an error if a string is not valid JSON."""
        if canonical_json(value) is None:
            yield f"{path} is {sanitize(repr(value))}, but must be {self.rule}"

    def equal(self, one: Any, other: Any) -> bool:
        """Whether two documents contain the same data, ignoring whitespace and the order of members."""
        data = canonical_json(one)
        return one == other or (data is not None and data == canonical_json(other))

    def read(self, value: Any) -> Any:
        """Return the document as a string; a response may contain the data itself."""
        if isinstance(value, (dict, list)):
            return json.dumps(value)
        return value if isinstance(value, str) and value.strip() else self.default_when_missing


class Separator(Field):
    """A string in which whitespace is significant."""

    def read(self, value: Any) -> Any:
        """Return the string, which may be a tab; None if empty."""
        return value if isinstance(value, str) and value else None


def canonical_json(document: Any) -> Optional[str]:
    """Return JSON in canonical form; None if the document is not valid JSON."""
    try:
        return json.dumps(json.loads(document), sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return None


def partition_field(name: str) -> Field:
    """Return the field of a bound of automatic scaling."""
    required_if = ("auto_scale_enabled", True)
    return Field(name, type="int", required_if=required_if, minimum=1, rule="an integer of at least 1")


PARTITION_COUNT, AUTO_SCALE = "partition_count", "auto_scale_enabled"
BOUNDS = ("auto_scale_min_partition_count", "auto_scale_max_partition_count")
FIELDS = (
    Field(PARTITION_COUNT, type="int", required=True, minimum=1, rule="an integer of at least 1"),
    choice("stream_type", "COMMON", "ADVANCED", default="COMMON"),
    choice("data_type", "BLOB", "JSON", "CSV", default="BLOB"),
    Field(
        "data_duration",
        type="int",
        default=24,
        minimum=24,
        maximum=168,
        rule="an integer from 24 to 168 (hours)",
    ),
    JsonText("data_schema", type="json", rule="a JSON document", default_when_missing=""),
    Field(
        "csv_properties",
        type="dict",
        default_when_missing={},
        members=(Separator("delimiter", required=True, pattern=r"(?s:.+)", rule="a string, not empty"),),
    ),
    choice("compression_format", "", "snappy", "gzip", "zip", default_when_missing=""),
    Field(AUTO_SCALE, type="bool", default=False),
    partition_field(BOUNDS[0]),
    partition_field(BOUNDS[1]),
    Field(
        "enterprise_project_id",
        pattern=r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|0",
        rule="a UUID, or 0 for the default enterprise project",
        ignores_case=True,
    ),
)
"""Settings of a stream except tags, named as in the create request (API reference, "Creating Streams")."""
BY_NAME: Mapping[str, Field] = {member.name: member for member in FIELDS}
FIXED = ("stream_type", "csv_properties", "compression_format", "enterprise_project_id")
"""Settings that no operation changes."""
AUTO_SCALING = (AUTO_SCALE,) + BOUNDS
"""Settings that the auto scaling update changes (API reference, "Updating Automatic Scaling")."""
UPDATED = ("data_type", "data_duration", "data_schema") + AUTO_SCALING
"""Settings that update operations change in regions that support them."""
RESPONSE_NAMES = {"data_duration": "retention_period"}
"""Names of settings in responses that differ from requests."""


def raise_if_invalid(options: Mapping[str, Any]) -> None:
    """Validate options.

    :raises InvalidOptions: with the value and the rule of each invalid option
    """
    errors = [
        reason
        for member in (STREAM_NAME, *FIELDS)
        if options.get(member.name) is not None
        for reason in member.validate(options[member.name], member.name)
    ]
    low, high = (options.get(name) for name in BOUNDS)
    if low is not None and high is not None and low > high:
        errors.append(f"{BOUNDS[0]} is {low}, but must not exceed {BOUNDS[1]}, which is {high}")
    if options.get("data_schema_from") == "sample":
        errors += sample_errors(options["data_schema"])
    errors += tag_errors(options.get("tags") or {})
    if errors:
        raise InvalidOptions("; ".join(errors) + ". Nothing was sent.")


def sample_errors(sample: str) -> List[str]:
    """Validate the size of a sample and return the errors."""
    size = len(sample.encode("utf-8", "surrogatepass"))
    if size <= MAX_SAMPLE_BYTES:
        return []
    return [f"data_schema has {size} bytes, but a sample must have at most {MAX_SAMPLE_BYTES}"]


def tag_errors(tags: Mapping[Any, Any]) -> List[str]:
    """Validate tags and return the errors; the characters are left to the service, as documents differ about them."""
    errors = [f"tags has {len(tags)} entries, but must have at most {MAX_TAGS}"] if len(tags) > MAX_TAGS else []
    for key, value in tags.items():
        if not 1 <= len(str(key)) <= 36 or str(key).startswith(CLOUD_TAG):
            errors.append(f"the key {key!r} in tags must have 1 to 36 characters and must not start with {CLOUD_TAG}")
        if isinstance(value, bool) or not isinstance(value, (str, int, float)) or len(str(value)) > 43:
            errors.append(f"tags.{key} is {sanitize(repr(value))}, but must be a string of at most 43 characters")
    return errors


# --- observed and desired streams ---


@dataclass(frozen=True)
class Stream:
    """A stream, observed or planned.

    :ivar settings: known settings of :data:`FIELDS`; an empty string or dictionary means "none".
        ``partition_count`` includes partitions that are being created
    :ivar tags: None if not reported
    :ivar status: status as reported by the service
    :ivar facts: other reported values: IDs, times (milliseconds since 1970), partitions, scaling history
    """

    stream_name: str
    settings: Mapping[str, Any]
    tags: Optional[Mapping[str, str]] = None
    status: Optional[str] = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_deleting(self) -> bool:
        """Whether the service is deleting the stream."""
        return self.status in (TERMINATING, TERMINATED)

    @property
    def stream_id(self) -> Optional[str]:
        """ID of the stream, which requests about tags require."""
        return self.facts.get("stream_id")

    @property
    def writable(self) -> Optional[int]:
        """Number of writable partitions."""
        return self.facts.get("writable_partition_count")

    @property
    def is_scaling(self) -> bool:
        """Whether partitions are being created."""
        return self.writable is not None and self.writable != self.settings.get(PARTITION_COUNT)


@dataclass(frozen=True)
class DesiredStream:
    """Desired state of a stream.

    :ivar specified: settings specified by the user; other settings are not managed
    :ivar state: ``present`` or ``absent``
    :ivar tags: None if not managed
    :ivar purge_tags: whether to remove tags that are not specified
    :ivar sample: JSON record from which the service derives the ``data_schema``, which is not in *specified* yet; None
        without one
    """

    stream_name: str
    specified: Mapping[str, Any]
    state: str = "present"
    tags: Optional[Mapping[str, str]] = None
    purge_tags: bool = True
    sample: Optional[str] = None

    def __str__(self) -> str:
        return f'stream "{self.stream_name}"'

    def merged_with(self, stream: Stream) -> DesiredStream:
        """Return this desired state, completed with the settings of a stream."""
        settings = {
            member.name: member.merged_with(self.specified[member.name], {})
            for member in FIELDS
            if member.name in self.specified
        }
        merged = without_unused_bounds({**stream.settings, **settings})
        return replace(self, specified=merged, tags=self.merge_tags(stream), purge_tags=True)

    def with_schema(self, schema: str) -> DesiredStream:
        """Return this desired state with the schema of its sample."""
        return replace(self, specified={**self.specified, "data_schema": schema}, sample=None)

    def merge_tags(self, stream: Stream) -> Optional[Mapping[str, str]]:
        """Return the desired tags of a stream; None if unknown."""
        if self.tags is None or stream.tags is None:
            return stream.tags if self.tags is None else self.tags
        return dict(self.tags) if self.purge_tags else {**stream.tags, **self.tags}


def desired_from(options: Mapping[str, Any]) -> DesiredStream:
    """Return the desired state from validated module options."""
    tags, specified = options["tags"], normalize(FIELDS, options)
    sample = specified.pop("data_schema") if options["data_schema_from"] == "sample" else None
    return DesiredStream(
        options["stream_name"],
        specified,
        options["state"],
        None if tags is None else {str(key): str(value) for key, value in tags.items()},
        options["purge_tags"],
        sample,
    )


def without_unused_bounds(settings: Mapping[str, Any]) -> Dict[str, Any]:
    """Return settings without the bounds of disabled automatic scaling, which the service does not store."""
    off = settings.get(AUTO_SCALE) is False
    return {name: value for name, value in settings.items() if not (off and name in BOUNDS)}


# --- parsing (API reference, "Querying Stream Details" and "Querying Streams") ---


TAGS = (Scalar("key"), Scalar("value"))
SCALINGS = Field(
    "update_partition_counts",
    type="list",
    members=(
        *numbers("create_timestamp", "src_partition_count", "target_partition_count", "result_code"),
        *(Scalar("result_msg"), Field("auto_scale", type="bool")),
    ),
)
MEMBERS = (
    *(member._replace(name=RESPONSE_NAMES.get(member.name, member.name)) for member in FIELDS),
    *texts("stream_name", "stream_id", "status"),
    *(Moment("create_time", type="int"), Moment("last_modified_time", type="int")),
    *numbers("writable_partition_count", "readable_partition_count"),
    Field("tags", type="list", members=TAGS),
    Field("sys_tags", type="list", members=TAGS),
    Field(
        "partitions",
        type="list",
        members=(
            Scalar("partition_id"),
            *texts("status", "hash_range", "sequence_number_range", "parent_partitions"),
        ),
    ),
    SCALINGS,
)
"""Members of a details response, or of a list entry, with their types."""


def read_stream(stream_name: str, response: Mapping[str, Any], complete: bool = True) -> Stream:
    """Parse a details response or a list entry, normalized across regions.

    :param complete: whether missing members have their empty value, as in details; otherwise they are unknown
    :raises UnexpectedResponse: if it describes no stream or another stream, or a member has an invalid type
    """
    validate_response(f'show stream "{stream_name}"', response, {"stream_name": stream_name}, MEMBERS)
    status, stream_id = text_or_none(response.get("status")), text_or_none(response.get("stream_id"))
    if status is None and stream_id is None:
        raise UnexpectedResponse(
            f'Cannot show stream "{stream_name}": the response does not describe a stream.', ENDPOINT_HINT
        )
    partitions = read_partitions(response["partitions"]) if "partitions" in response else None
    known = {}
    for member in FIELDS:
        name = RESPONSE_NAMES.get(member.name, member.name)
        if response.get(name) is not None or (complete and member.type != "bool"):
            known[member.name] = member.read(response.get(name))
    known["enterprise_project_id"] = read_tags(response.get("sys_tags")).get(ENTERPRISE_PROJECT)
    counted = [partition["status"] for partition in partitions or ()]
    writable = int_or_none(response.get("writable_partition_count"))
    if writable is None:
        writable = counted.count("ACTIVE") if partitions else int_or_none(response.get(PARTITION_COUNT))
    known[PARTITION_COUNT] = max(writable or 0, counted.count("ACTIVE") + counted.count("CREATING")) or None
    for name in BOUNDS:
        known[name] = known.get(name) or None
    tags = response.get("tags")
    own = {key: value for key, value in read_tags(tags).items() if not key.startswith(CLOUD_TAG)}
    facts = {
        "stream_id": stream_id,
        "create_time": timestamp(response.get("create_time")),
        "last_modified_time": timestamp(response.get("last_modified_time")),
        "writable_partition_count": writable,
        "readable_partition_count": int_or_none(response.get("readable_partition_count")),
        "partitions": partitions,
        "update_partition_counts": read_scalings(response.get("update_partition_counts")) if complete else None,
    }
    settings = {name: value for name, value in known.items() if value is not None}
    return Stream(stream_name, without_unused_bounds(settings), own if isinstance(tags, list) else None, status, facts)


def timestamp(value: Any) -> Optional[int]:
    """Parse milliseconds since 1970; an example of the API reference is a string with commas."""
    return int_or_none(value.replace(",", "")) if isinstance(value, str) else int_or_none(value)


def read_tags(response: Any) -> Dict[str, str]:
    """Parse tags into a dictionary by key."""
    return {str(tag["key"]): str(tag.get("value") or "") for tag in dictionaries(response) if tag.get("key")}


def read_partitions(response: Any) -> List[Dict[str, Any]]:
    """Parse partitions into dictionaries with the same keys."""
    names = ("status", "hash_range", "sequence_number_range", "parent_partitions")
    return [
        {
            "partition_id": canonical_partition_id(entry.get("partition_id")),
            **{name: text_or_none(entry.get(name)) for name in names},
        }
        for entry in dictionaries(response)
    ]


def read_scalings(response: Any) -> List[Dict[str, Any]]:
    """Parse the history of partition count changes."""
    numbers = ("create_timestamp", "src_partition_count", "target_partition_count", "result_code")
    return [
        {
            **{name: int_or_none(entry.get(name)) for name in numbers},
            "result_msg": str(entry.get("result_msg") or ""),
            "auto_scale": bool(entry.get("auto_scale")),
        }
        for entry in dictionaries(response)
    ]


def read_schema(response: Mapping[str, Any]) -> str:
    """Parse the schema that the service derived from a sample.

    :raises UnexpectedResponse: if the response contains no JSON object or string, as an Avro type is
    """
    schema = BY_NAME["data_schema"].read(response.get("schema"))
    if not (canonical_json(schema) or "").startswith(("{", '"')):
        raise UnexpectedResponse(
            "Cannot derive a schema from the sample in data_schema: the response contains no schema.", ENDPOINT_HINT
        )
    return str(schema)


def read_scaling_history(stream_name: str, response: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """Parse a response with the history of partition count changes.

    :raises UnexpectedResponse: if it contains no history, or a member has an invalid type
    """
    call = f'list the partition count changes of stream "{stream_name}"'
    validate_response(call, response, {"stream_name": stream_name}, (SCALINGS,))
    if not isinstance(response.get(SCALINGS.name), list):
        raise UnexpectedResponse(f"Cannot {call}: the response contains no list of changes.", ENDPOINT_HINT)
    return read_scalings(response[SCALINGS.name])


# --- module results ---


def to_result(stream: Optional[Stream]) -> Optional[Dict[str, Any]]:
    """Return the stream as the module result contains it; unknown values are None."""
    if stream is None:
        return None
    facts = ("stream_id", "create_time", "last_modified_time", "writable_partition_count", "readable_partition_count")
    return {
        "stream_name": stream.stream_name,
        "status": stream.status,
        **{name: stream.facts.get(name) for name in facts},
        **{member.name: stream.settings.get(member.name) for member in FIELDS},
        "tags": None if stream.tags is None else dict(stream.tags),
        "partitions": stream.facts.get("partitions"),
        "update_partition_counts": stream.facts.get("update_partition_counts"),
    }


def to_diff(stream: Optional[Stream]) -> Optional[Dict[str, Any]]:
    """Return the settings and tags of a stream for the diff; None if the service is deleting it.

    The default enterprise project is omitted, so that create and delete contain the same members.
    """
    if stream is None or stream.is_deleting:
        return None
    settings = dict(stream.settings)
    if settings.get(OWNER) == DEFAULT_OWNER:
        del settings[OWNER]  # unknown before a stream is created
    return {**settings, **({} if stream.tags is None else {"tags": dict(stream.tags)})}


# --- actions ---


@dataclass(frozen=True)
class Create:
    """POST the stream with all its settings."""

    stream: Stream
    verb: ClassVar[str] = "create"

    def send(self, api: Any) -> None:
        """Send the request through a :class:`StreamClient`."""
        settings = self.stream.settings
        try:
            api.create_stream(self.stream.stream_name, self.body())
        except ApiError as err:
            if err.is_request_error:
                err.hint = " ".join(part for part in (err.hint, *region_limit_hints(settings)) if part)
            raise

    def body(self) -> Dict[str, Any]:
        """Return the request body."""
        settings = dict(self.stream.settings)
        owner = settings.pop("enterprise_project_id", None)
        members = {"stream_name": self.stream.stream_name, **serialize(FIELDS, settings, blanks=False)}
        if self.stream.tags:
            members["tags"] = tag_list(self.stream.tags)
        if owner is not None:
            members["sys_tags"] = tag_list({ENTERPRISE_PROJECT: owner})
        return members


@dataclass(frozen=True)
class Update:
    """PUT settings to version 3 of the API, which some regions support.

    :ivar stream: the planned stream
    :ivar names: names of the settings to change
    :ivar differences: the settings to change, with both values, for messages
    """

    stream: Stream
    names: Tuple[str, ...]
    differences: str
    verb: ClassVar[str] = "update"

    def send(self, api: Any) -> None:
        """Send the request through a :class:`StreamClient`."""
        try:
            api.update_stream(self.stream.stream_name, self.body())
        except ApiError as err:
            self.add_hint(err)
            raise

    def add_hint(self, err: ApiError) -> None:
        """Add the settings to change, and the effects of recreating the stream, to the hint of an error."""
        unsupported = (
            f"region does not support updating {join_names(self.names)} of a stream ({self.differences})."
            f" on_drift: recreate would delete and recreate the stream. {RECREATE_WARNING}"
        )
        if is_not_offered(err):
            err.hint = f"This {unsupported}"
        elif err.is_request_error:
            limits = " ".join(region_limit_hints({name: self.stream.settings.get(name) for name in self.names}))
            if_correct = f"If the values are correct, this {unsupported}"
            err.hint = " ".join(part for part in (err.hint, limits, if_correct) if part)

    def body(self) -> Dict[str, Any]:
        """Return the request body, always with ``data_duration``, which may otherwise be reset to its default."""
        settings = self.stream.settings
        sent = {name: settings.get(name) for name in ("data_duration",) + self.names}
        if settings.get(AUTO_SCALE) and set(self.names) & {AUTO_SCALE, *BOUNDS}:
            sent.update({name: settings.get(name) for name in (AUTO_SCALE,) + BOUNDS})
        return {"stream_name": self.stream.stream_name, **serialize(FIELDS, sent, blanks=True)}


@dataclass(frozen=True)
class UpdateAutoScaling(Update):
    """PUT automatic scaling, or else use the general update in regions without that operation."""

    verb: ClassVar[str] = "update_auto_scaling"

    def send(self, api: Any) -> None:
        """Send the request through a :class:`StreamClient`."""
        try:
            api.update_auto_scaling(self.stream.stream_name, self.auto_scaling_body())
        except ApiError as err:
            if not is_not_offered(err) or "data_duration" not in self.stream.settings:
                self.add_hint(err)
                raise
            super().send(api)

    def auto_scaling_body(self) -> Dict[str, Any]:
        """Return the body of an auto scaling update."""
        sent = {name: self.stream.settings.get(name) for name in AUTO_SCALING}
        return {"update_type": "AUTO_SCALE", **serialize(FIELDS, sent, blanks=True)}


def is_not_offered(err: ApiError) -> bool:
    """Whether an error means that the region does not support the operation."""
    return err.status in (404, 405) and not err.means_stream_absent


@dataclass(frozen=True)
class UpdatePartitionCount:
    """PUT another partition count."""

    stream_name: str
    target: int
    verb: ClassVar[str] = "update_partition_count"

    def send(self, api: Any) -> None:
        """Send the request through a :class:`StreamClient`."""
        api.change_partition_count(self.stream_name, self.target)


@dataclass(frozen=True)
class Tag:
    """Set tags, existing tags included."""

    stream: Stream
    tags: Mapping[str, str]
    verb: ClassVar[str] = "tag"

    def send(self, api: Any) -> None:
        """Send the request through a :class:`StreamClient`."""
        api.act_on_stream_tags(self.stream.stream_name, self.stream.stream_id, "create", tag_list(self.tags))


@dataclass(frozen=True)
class Untag:
    """Remove tags."""

    stream: Stream
    tags: Mapping[str, str]
    verb: ClassVar[str] = "untag"

    def send(self, api: Any) -> None:
        """Send the request through a :class:`StreamClient`."""
        api.act_on_stream_tags(self.stream.stream_name, self.stream.stream_id, "delete", tag_list(self.tags))


@dataclass(frozen=True)
class Delete:
    """DELETE the stream by name."""

    stream: Stream
    verb: ClassVar[str] = "delete"

    def send(self, api: Any) -> None:
        """Send the request through a :class:`StreamClient`."""
        api.delete_stream(self.stream.stream_name)


def tag_list(tags: Mapping[str, str]) -> List[Dict[str, str]]:
    """Return tags as requests contain them."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def region_limit_hints(settings: Mapping[str, Any]) -> List[str]:
    """Return hints about limits of some regions that the settings exceed."""
    hints = [LONG_RETENTION] if (settings.get("data_duration") or 0) > 72 else []
    return hints + ([BLOB_ONLY] if settings.get("data_type") not in ("BLOB", None) else [])


# --- the plan ---


def plan(desired: DesiredStream, observed: Optional[Stream], on_drift: str = "update") -> Plan[Stream]:
    """Plan the ordered actions from the observed to the desired state.

    :param observed: None if the stream does not exist
    :param on_drift: ``update``, ``recreate`` or ``fail``
    :raises InvalidOptions: if an option is missing that is required to create or update the stream
    :raises Drift: if ``on_drift`` is ``fail``, with both values of each differing option
    :raises ImmutableSettingError: if ``on_drift`` is ``update`` and a differing setting cannot be updated
    :raises UnknownSettingError: if a required setting of the update is neither specified nor reported
    """
    absent = observed is None or observed.is_deleting
    if desired.state == "absent":
        return Plan(() if absent or observed is None else (Delete(observed),), observed, None)
    if observed is None or absent:
        return plan_create(desired, observed)
    names = differing(desired.specified, observed.settings)
    tags = desired.merge_tags(observed)
    drift = describe_differences(names, desired.specified, observed.settings)
    if tags != observed.tags and observed.tags is not None:
        drift += describe_differences(("tags",), {"tags": dict(tags or {})}, {"tags": dict(observed.tags)})
    if drift and on_drift == "fail":
        raise Drift(f"The {desired} differs and on_drift is fail: {', '.join(drift)}. Nothing was changed.")
    if on_drift == "recreate" and set(names) - {PARTITION_COUNT}:
        return plan_create(desired, observed)
    immutable = [name for name in names if name in FIXED]
    if immutable:
        differences = ", ".join(describe_differences(immutable, desired.specified, observed.settings))
        raise ImmutableSettingError(
            f"Cannot update the {desired}: {differences}. Nothing was changed.",
            f"The API cannot change {join_names(immutable)}. on_drift: recreate would delete and recreate the stream."
            f" {RECREATE_WARNING}",
        )
    return plan_change(desired, observed, names)


def differing(expected: Mapping[str, Any], observed: Mapping[str, Any]) -> List[str]:
    """Return the names of the settings whose observed value differs.

    With automatic scaling, every partition count within the bounds is equal. The bounds are ignored if automatic
    scaling is disabled, and differ if it is to be enabled.
    """
    goal = {**observed, **expected}
    names = []
    for member in FIELDS:
        name = member.name
        if name in BOUNDS and goal.get(AUTO_SCALE) is False:
            continue
        if name == PARTITION_COUNT and name in observed and within_bounds(observed[name], goal):
            continue
        enabling = name in BOUNDS and expected.get(AUTO_SCALE) is True and observed.get(AUTO_SCALE) is False
        if name in expected and (enabling or (name in observed and not member.equal(expected[name], observed[name]))):
            names.append(name)
    return names


def within_bounds(count: int, goal: Mapping[str, Any]) -> bool:
    """Whether automatic scaling may choose a partition count."""
    low, high = (goal.get(name) for name in BOUNDS)
    return goal.get(AUTO_SCALE) is True and (low is None or low <= count) and (high is None or count <= high)


def plan_create(desired: DesiredStream, old: Optional[Stream]) -> Plan[Stream]:
    """Plan to create the stream, after deleting an existing one that the service is not already deleting."""
    absent = old is None or old.is_deleting
    full = desired if old is None or absent else desired.merged_with(old)
    missing = missing_required(FIELDS, full.specified)
    if missing:
        raise InvalidOptions(
            f"The {desired} does not exist; to create it, specify {join_names(missing)}. Nothing was sent."
            if absent
            else f"To replace the {desired}, specify {join_names(missing)}. Nothing was changed."
        )
    values = {
        member.name: member.default_when_missing if member.default is None else member.default for member in FIELDS
    }
    defaults = {name: value for name, value in values.items() if value is not None}
    settings = without_unused_bounds({**defaults, **full.specified})
    facts: Dict[str, Any] = {"writable_partition_count": settings[PARTITION_COUNT], "partitions": []}
    new_stream = Stream(desired.stream_name, settings, dict(full.tags or {}), RUNNING, facts)
    unverified = tuple(name for name in desired.specified if name not in settings)
    if old is None or absent:
        return Plan((Create(new_stream),), old, new_stream, unverified)
    warnings = (f"The {desired} is replaced. {RECREATE_WARNING}",)
    return Plan((Delete(old), Create(new_stream)), old, new_stream, unverified, warnings)


def plan_change(desired: DesiredStream, observed: Stream, names: List[str]) -> Plan[Stream]:
    """Plan the in-place updates.

    Settings come first, because only their operations may be unsupported. The partition count comes last, because it
    changes some time after the response and a read in between may not show the change.

    :raises InvalidOptions: if automatic scaling is enabled without bounds
    :raises UnknownSettingError: if the update requires the ``data_duration``, which is unknown
    """
    settings = without_unused_bounds({**observed.settings, **{name: desired.specified[name] for name in names}})
    updated = tuple(name for name in names if name in UPDATED)
    missing = missing_required(FIELDS, {PARTITION_COUNT: 1, **settings})
    if AUTO_SCALE in updated and missing:
        raise InvalidOptions(
            f"To enable automatic scaling of the {desired}, specify {join_names(missing)}. Nothing was sent."
        )
    duration = settings.get("data_duration", desired.specified.get("data_duration"))
    scaling = tuple(name for name in updated if name in AUTO_SCALING)
    general = tuple(name for name in updated if name not in AUTO_SCALING)
    if general and duration is None:
        differences = ", ".join(describe_differences(general, desired.specified, observed.settings))
        raise UnknownSettingError(
            f"Cannot update the {desired} ({differences}): the service does not report its data_duration, and a wrong"
            " value could delete records. Nothing was changed.",
            "Specify data_duration too.",
        )
    tags = desired.merge_tags(observed) if observed.tags is not None else None
    facts = observed.facts
    if PARTITION_COUNT in names:
        facts = {**facts, "writable_partition_count": settings[PARTITION_COUNT]}
    status = RUNNING if observed.status == CREATING else observed.status
    goal = replace(observed, settings=settings, tags=tags, status=status, facts=facts)
    actions: Tuple[Any, ...] = ()
    sent = goal if duration is None else replace(goal, settings={**settings, "data_duration": duration})
    for kind, names_of_kind in ((Update, general), (UpdateAutoScaling, scaling)):
        if names_of_kind:
            differences = ", ".join(describe_differences(names_of_kind, desired.specified, observed.settings))
            actions += (kind(sent, names_of_kind, differences),)
    if tags is not None and observed.tags is not None:
        removed = {key: value for key, value in observed.tags.items() if key not in tags}
        changed = {key: value for key, value in tags.items() if observed.tags.get(key) != value}
        actions += ((Untag(observed, removed),) if removed else ()) + ((Tag(observed, changed),) if changed else ())
    if PARTITION_COUNT in names:
        actions += (UpdatePartitionCount(desired.stream_name, settings[PARTITION_COUNT]),)
    warnings: Tuple[str, ...] = ()
    if observed.status not in (RUNNING, CREATING):
        status = sanitize(observed.status or "in an unreported status")
        warnings = (f"The {desired} is {status} and may reject changes and records.",)
    return Plan(actions, observed, goal, unreported(desired, goal), warnings)


def unreported(desired: DesiredStream, stream: Stream) -> Tuple[str, ...]:
    """Return the names of the specified options whose value the service does not report."""
    names = tuple(name for name in desired.specified if name not in stream.settings)
    return names + (("tags",) if desired.tags is not None and stream.tags is None else ())
