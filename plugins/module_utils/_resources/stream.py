# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One stream: its shape, its wire names, its plan. Private to otc.dis."""

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
from .base import STREAM_NAME, canonical_partition_id, validate_response

CREATING, RUNNING, TERMINATING, TERMINATED, FROZEN = "CREATING", "RUNNING", "TERMINATING", "TERMINATED", "FROZEN"
MAX_TAGS = 10
CLOUD_TAG = "_sys_"
"""How the keys of tags begin that belong to the cloud; nobody else sets or removes them."""
ENTERPRISE_PROJECT = "_sys_enterprise_project_id"
OWNER, DEFAULT_OWNER = "enterprise_project_id", "0"

RECREATE_WARNING = (
    "Replacing a stream loses all records that it keeps, its transfer tasks, and the checkpoints of all apps in it."
)
LONG_RETENTION = "If all values are right: many regions keep records for 72 hours at the most."
BLOB_ONLY = "If all values are right: some regions only take data_type BLOB."


# --- the table of options ---


class JsonText(Field):
    """A JSON document that travels as a text."""

    def validate(self, value: Any, path: str) -> Iterator[str]:
        """What is wrong with a text, in words."""
        if parsed(value) is None:
            yield f"{path} is {sanitize(repr(value))}, but must be {self.rule}"

    def equal(self, one: Any, other: Any) -> bool:
        """Whether two texts hold the same data; blanks, line breaks and the order of members do not count."""
        mine, theirs = parsed(one), parsed(other)
        return one == other or (mine is not None and mine == theirs)

    def read(self, value: Any) -> Any:
        """The text; an answer that holds the data itself is made one."""
        if isinstance(value, (dict, list)):
            return json.dumps(value)
        return value if isinstance(value, str) and value.strip() else self.default_when_missing


class Separator(Field):
    """A text in which blanks count."""

    def read(self, value: Any) -> Any:
        """The text, be it a tab."""
        return value if isinstance(value, str) and value else None


def parsed(document: Any) -> Optional[str]:
    """JSON in a form in which the same data is the same text; None for what is none."""
    try:
        return json.dumps(json.loads(document), sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return None


def partition_field(name: str) -> Field:
    """A bound of automatic scaling."""
    needed_if = ("auto_scale_enabled", True)
    return Field(name, type="int", required_if=needed_if, minimum=1, rule="a whole number, 1 or more")


PARTITION_COUNT, AUTO_SCALE = "partition_count", "auto_scale_enabled"
BOUNDS = ("auto_scale_min_partition_count", "auto_scale_max_partition_count")
FIELDS = (
    Field(PARTITION_COUNT, type="int", required=True, minimum=1, rule="a whole number, 1 or more"),
    choice("stream_type", "COMMON", "ADVANCED", default="COMMON"),
    choice("data_type", "BLOB", "JSON", "CSV", default="BLOB"),
    Field(
        "data_duration",
        type="int",
        default=24,
        minimum=24,
        maximum=168,
        rule="a whole number of hours from 24 to 168",
    ),
    JsonText("data_schema", type="json", rule="a JSON document", default_when_missing=""),
    Field(
        "csv_properties",
        type="dict",
        default_when_missing={},
        members=(Separator("delimiter", required=True, pattern=r"(?s:.+)", rule="a text, not empty"),),
    ),
    choice("compression_format", "", "snappy", "gzip", "zip", default_when_missing=""),
    Field(AUTO_SCALE, type="bool", default=False),
    partition_field(BOUNDS[0]),
    partition_field(BOUNDS[1]),
    Field(
        "enterprise_project_id",
        pattern=r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|0",
        rule="a UUID, or 0 for the default one",
        ignores_case=True,
    ),
)
"""What a stream is made of, by the names of the create request (API reference, "Creating Streams"); tags aside."""
BY_NAME: Mapping[str, Field] = {one.name: one for one in FIELDS}
FIXED = ("stream_type", "csv_properties", "compression_format", "enterprise_project_id")
"""What no operation changes."""
AUTO_SCALING = (AUTO_SCALE,) + BOUNDS
"""What the update of automatic scaling changes (API reference, "Updating Automatic Scaling")."""
UPDATED = ("data_type", "data_duration", "data_schema") + AUTO_SCALING
"""What update operations change, where a region has them."""
RESPONSE_NAMES = {"data_duration": "retention_period"}
"""Members that answers call otherwise than requests."""


def raise_if_invalid(options: Mapping[str, Any]) -> None:
    """Hold options against the rules.

    :raises InvalidOptions: naming each option that breaks its rule, with its value and the rule
    """
    errors = [
        reason
        for one in (STREAM_NAME, *FIELDS)
        if options.get(one.name) is not None
        for reason in one.validate(options[one.name], one.name)
    ]
    low, high = (options.get(name) for name in BOUNDS)
    if low is not None and high is not None and low > high:
        errors.append(f"{BOUNDS[0]} is {low}, but must not be above {BOUNDS[1]}, which is {high}")
    errors += broken_tags(options.get("tags") or {})
    if errors:
        raise InvalidOptions("; ".join(errors) + ". Nothing was sent.")


def broken_tags(tags: Mapping[Any, Any]) -> List[str]:
    """What is wrong with tags, in words. Which letters may occur is told in different ways; the service decides."""
    errors = [f"tags has {len(tags)} entries, but must have {MAX_TAGS} at the most"] if len(tags) > MAX_TAGS else []
    for key, value in tags.items():
        if not 1 <= len(str(key)) <= 36 or str(key).startswith(CLOUD_TAG):
            errors.append(f"the key {key!r} in tags must have 1 to 36 characters, and not {CLOUD_TAG} in front")
        if isinstance(value, bool) or not isinstance(value, (str, int, float)) or len(str(value)) > 43:
            errors.append(f"tags.{key} is {sanitize(repr(value))}, but must be a text of at most 43 characters")
    return errors


# --- observed and desired streams ---


@dataclass(frozen=True)
class Stream:
    """A stream as the service has it, or will have it.

    :ivar settings: what the table above names, as far as it is known; an empty text or dictionary is a known "none".
        ``partition_count`` includes partitions that are being created
    :ivar tags: None where the answer does not tell them
    :ivar status: the service's word
    :ivar facts: what else the service tells: ids, times (milliseconds since 1970), partitions, former scaling
    """

    stream_name: str
    settings: Mapping[str, Any]
    tags: Optional[Mapping[str, str]] = None
    status: Optional[str] = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_deleting(self) -> bool:
        """Whether it is there only until the service has cleared it away."""
        return self.status in (TERMINATING, TERMINATED)

    @property
    def stream_id(self) -> Optional[str]:
        """What its tags are addressed by."""
        return self.facts.get("stream_id")

    @property
    def writable(self) -> Optional[int]:
        """How many partitions take records."""
        return self.facts.get("writable_partition_count")

    @property
    def is_scaling(self) -> bool:
        """Whether partitions are being created."""
        return self.writable is not None and self.writable != self.settings.get(PARTITION_COUNT)


@dataclass(frozen=True)
class DesiredStream:
    """What the user asks for.

    :ivar specified: the settings that the user gave; what was left out is not managed
    :ivar state: ``present`` or ``absent``
    :ivar tags: None leaves them alone
    :ivar purge_tags: whether tags that were not given go
    """

    stream_name: str
    specified: Mapping[str, Any]
    state: str = "present"
    tags: Optional[Mapping[str, str]] = None
    purge_tags: bool = True

    def __str__(self) -> str:
        return f'stream "{self.stream_name}"'

    def merged_with(self, stream: Stream) -> DesiredStream:
        """This desired state, completed by the settings of the stream."""
        settings = {
            one.name: one.merged_with(self.specified[one.name], {}) for one in FIELDS if one.name in self.specified
        }
        filled = without_unused_bounds({**stream.settings, **settings})
        return replace(self, specified=filled, tags=self.merge_tags(stream), purge_tags=True)

    def merge_tags(self, stream: Stream) -> Optional[Mapping[str, str]]:
        """The tags that the stream is to have; None where that is not known."""
        if self.tags is None or stream.tags is None:
            return stream.tags if self.tags is None else self.tags
        return dict(self.tags) if self.purge_tags else {**stream.tags, **self.tags}


def desired_from(options: Mapping[str, Any]) -> DesiredStream:
    """The desired state in a module's options, which must have been validated."""
    tags = options["tags"]
    return DesiredStream(
        options["stream_name"],
        normalize(FIELDS, options),
        options["state"],
        None if tags is None else {str(key): str(value) for key, value in tags.items()},
        options["purge_tags"],
    )


def without_unused_bounds(settings: Mapping[str, Any]) -> Dict[str, Any]:
    """Settings without bounds that bind nothing: while automatic scaling is off, the service does not keep them."""
    off = settings.get(AUTO_SCALE) is False
    return {name: value for name, value in settings.items() if not (off and name in BOUNDS)}


# --- reading answers (API reference, "Querying Stream Details" and "Querying Streams") ---


TAGS = (Scalar("key"), Scalar("value"))
MEMBERS = (
    *(one._replace(name=RESPONSE_NAMES.get(one.name, one.name)) for one in FIELDS),
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
    Field(
        "update_partition_counts",
        type="list",
        members=(
            *numbers("create_timestamp", "src_partition_count", "target_partition_count", "result_code"),
            *(Scalar("result_msg"), Field("auto_scale", type="bool")),
        ),
    ),
)
"""Members of a details answer, or of an entry of a list, and the types that they can have."""


def read_stream(stream_name: str, response: Mapping[str, Any], complete: bool = True) -> Stream:
    """The stream that an answer describes, in one spelling.

    :param complete: whether the answer tells all there is, so that what it leaves out is not there; an entry of a
        list does not
    :raises UnexpectedResponse: it describes no stream at all, or another one, or has a member of an impossible type
    """
    validate_response(f'show stream "{stream_name}"', response, {"stream_name": stream_name}, MEMBERS)
    status, stream_id = text_or_none(response.get("status")), text_or_none(response.get("stream_id"))
    if status is None and stream_id is None:
        raise UnexpectedResponse(
            f'Cannot show stream "{stream_name}": the answer describes none.',
            "Check endpoint_override, and proxies on the way.",
        )
    partitions = read_partitions(response["partitions"]) if "partitions" in response else None
    known = {}
    for one in FIELDS:
        name = RESPONSE_NAMES.get(one.name, one.name)
        if response.get(name) is not None or (complete and one.type != "bool"):
            known[one.name] = one.read(response.get(name))
    known["enterprise_project_id"] = read_tags(response.get("sys_tags")).get(ENTERPRISE_PROJECT)
    counted = [one["status"] for one in partitions or ()]
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
    """Milliseconds since 1970; the reference prints one as a text with a comma in it."""
    return int_or_none(value.replace(",", "")) if isinstance(value, str) else int_or_none(value)


def read_tags(response: Any) -> Dict[str, str]:
    """Tags by key."""
    return {str(one["key"]): str(one.get("value") or "") for one in dictionaries(response) if one.get("key")}


def read_partitions(response: Any) -> List[Dict[str, Any]]:
    """Partitions with the same keys in each."""
    names = ("status", "hash_range", "sequence_number_range", "parent_partitions")
    return [
        {
            "partition_id": canonical_partition_id(one.get("partition_id")),
            **{name: text_or_none(one.get(name)) for name in names},
        }
        for one in dictionaries(response)
    ]


def read_scalings(response: Any) -> List[Dict[str, Any]]:
    """Former changes of the partition count."""
    numbers = ("create_timestamp", "src_partition_count", "target_partition_count", "result_code")
    return [
        {
            **{name: int_or_none(one.get(name)) for name in numbers},
            "result_msg": str(one.get("result_msg") or ""),
            "auto_scale": bool(one.get("auto_scale")),
        }
        for one in dictionaries(response)
    ]


# --- showing ---


def to_result(stream: Optional[Stream]) -> Optional[Dict[str, Any]]:
    """The stream as a module returns it: the same keys whatever is known, None for what is not."""
    if stream is None:
        return None
    facts = ("stream_id", "create_time", "last_modified_time", "writable_partition_count", "readable_partition_count")
    return {
        "stream_name": stream.stream_name,
        "status": stream.status,
        **{name: stream.facts.get(name) for name in facts},
        **{one.name: stream.settings.get(one.name) for one in FIELDS},
        "tags": None if stream.tags is None else dict(stream.tags),
        "partitions": stream.facts.get("partitions"),
        "update_partition_counts": stream.facts.get("update_partition_counts"),
    }


def to_diff(stream: Optional[Stream]) -> Optional[Dict[str, Any]]:
    """The stream as a diff shows it: settings and tags, nothing that moves by itself. One being deleted counts as gone.

    The default enterprise project is left out, so that creation and deletion show the same members.
    """
    if stream is None or stream.is_deleting:
        return None
    settings = dict(stream.settings)
    if settings.get(OWNER) == DEFAULT_OWNER:
        del settings[OWNER]  # nobody knows before a stream is created whether it will have another one
    return {**settings, **({} if stream.tags is None else {"tags": dict(stream.tags)})}


# --- actions ---


@dataclass(frozen=True)
class Create:
    """POST the stream with all its settings."""

    stream: Stream
    verb: ClassVar[str] = "create"

    def send(self, api: Any) -> None:
        """Send it through a :class:`StreamClient`."""
        settings = self.stream.settings
        try:
            api.create_stream(self.stream.stream_name, self.body())
        except ApiError as err:
            if err.is_request_error:
                err.hint = " ".join(part for part in (err.hint, *region_limit_hints(settings)) if part)
            raise

    def body(self) -> Dict[str, Any]:
        """Body of the request."""
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
    """PUT settings to the third version of the API, where a region has it.

    :ivar stream: as it is to be
    :ivar names: what is to change
    :ivar differences: the same with both values, in words
    """

    stream: Stream
    names: Tuple[str, ...]
    differences: str
    verb: ClassVar[str] = "update"

    def send(self, api: Any) -> None:
        """Send it through a :class:`StreamClient`."""
        try:
            api.update_stream(self.stream.stream_name, self.body())
        except ApiError as err:
            self.add_hint(err)
            raise

    def add_hint(self, err: ApiError) -> None:
        """Explain a refusal: which settings were to change, and what a recreation would cost."""
        way_out = f"change {join_names(self.names)} of a stream in place ({self.differences}). on_drift: recreate would"
        if is_not_offered(err):
            err.hint = (
                f"This region does not offer to {way_out} delete the stream and create it anew. {RECREATE_WARNING}"
            )
        elif err.is_request_error:
            more = " ".join(region_limit_hints({name: self.stream.settings.get(name) for name in self.names}))
            may_be = f"If the values are right, this region does not {way_out} replace the stream. {RECREATE_WARNING}"
            err.hint = " ".join(part for part in (err.hint, more, may_be) if part)

    def body(self) -> Dict[str, Any]:
        """Body of the request. Without ``data_duration`` it might go back to its default, so it is always there."""
        settings = self.stream.settings
        sent = {name: settings.get(name) for name in ("data_duration",) + self.names}
        if settings.get(AUTO_SCALE) and set(self.names) & {AUTO_SCALE, *BOUNDS}:
            sent.update({name: settings.get(name) for name in (AUTO_SCALE,) + BOUNDS})
        return {"stream_name": self.stream.stream_name, **serialize(FIELDS, sent, blanks=True)}


@dataclass(frozen=True)
class UpdateAutoScaling(Update):
    """PUT automatic scaling; a region without that operation may still take it in the general update."""

    verb: ClassVar[str] = "update_auto_scaling"

    def send(self, api: Any) -> None:
        """Send it through a :class:`StreamClient`."""
        try:
            api.update_auto_scaling(self.stream.stream_name, self.auto_scaling_body())
        except ApiError as err:
            if not is_not_offered(err) or "data_duration" not in self.stream.settings:
                self.add_hint(err)
                raise
            super().send(api)

    def auto_scaling_body(self) -> Dict[str, Any]:
        """Body of the request for automatic scaling alone."""
        sent = {name: self.stream.settings.get(name) for name in AUTO_SCALING}
        return {"update_type": "AUTO_SCALE", **serialize(FIELDS, sent, blanks=True)}


def is_not_offered(err: ApiError) -> bool:
    """Whether a refusal means that the region lacks the operation."""
    return err.status in (404, 405) and not err.means_stream_absent


@dataclass(frozen=True)
class UpdatePartitionCount:
    """PUT another number of partitions."""

    stream_name: str
    target: int
    verb: ClassVar[str] = "update_partition_count"

    def send(self, api: Any) -> None:
        """Send it through a :class:`StreamClient`."""
        api.change_partition_count(self.stream_name, self.target)


@dataclass(frozen=True)
class Tag:
    """Set tags, those that exist with another value included."""

    stream: Stream
    tags: Mapping[str, str]
    verb: ClassVar[str] = "tag"

    def send(self, api: Any) -> None:
        """Send it through a :class:`StreamClient`."""
        api.act_on_stream_tags(self.stream.stream_name, self.stream.stream_id, "create", tag_list(self.tags))


@dataclass(frozen=True)
class Untag:
    """Remove tags."""

    stream: Stream
    tags: Mapping[str, str]
    verb: ClassVar[str] = "untag"

    def send(self, api: Any) -> None:
        """Send it through a :class:`StreamClient`."""
        api.act_on_stream_tags(self.stream.stream_name, self.stream.stream_id, "delete", tag_list(self.tags))


@dataclass(frozen=True)
class Delete:
    """DELETE the stream by name."""

    stream: Stream
    verb: ClassVar[str] = "delete"

    def send(self, api: Any) -> None:
        """Send it through a :class:`StreamClient`."""
        api.delete_stream(self.stream.stream_name)


def tag_list(tags: Mapping[str, str]) -> List[Dict[str, str]]:
    """Tags as requests carry them."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def region_limit_hints(settings: Mapping[str, Any]) -> List[str]:
    """What may be the reason why a region refuses settings."""
    long = [LONG_RETENTION] if (settings.get("data_duration") or 0) > 72 else []
    return long + ([BLOB_ONLY] if settings.get("data_type") not in ("BLOB", None) else [])


# --- the plan ---


def plan(desired: DesiredStream, observed: Optional[Stream], on_drift: str = "update") -> Plan[Stream]:
    """Plan the calls that turn the observed state into the desired one, in order.

    :param observed: None is "absent"
    :param on_drift: ``update``, ``recreate`` or ``fail``
    :raises InvalidOptions: an option is missing without which the stream cannot be created or changed
    :raises Drift: with ``on_drift=fail``, naming each option with both values
    :raises ImmutableSettingError: with ``on_drift=update``, naming what only another stream could have
    :raises UnknownSettingError: the update would need a value that nobody tells
    """
    gone = observed is None or observed.is_deleting
    if desired.state == "absent":
        return Plan(() if gone or observed is None else (Delete(observed),), observed, None)
    if observed is None or gone:
        return plan_create(desired, observed)
    names = differing(desired.specified, observed.settings)
    tags = desired.merge_tags(observed)
    drift = describe_differences(names, desired.specified, observed.settings)
    if tags != observed.tags and observed.tags is not None:
        drift += [f"tags is {dict(observed.tags)!r} and should be {dict(tags or {})!r}"]
    if drift and on_drift == "fail":
        raise Drift(f"The {desired} differs, and on_drift is fail: {', '.join(drift)}. Nothing was changed.")
    if on_drift == "recreate" and set(names) - {PARTITION_COUNT}:
        return plan_create(desired, observed)
    stuck = [name for name in names if name in FIXED]
    if stuck:
        raise ImmutableSettingError(
            f"The {desired} cannot be changed as desired:"
            f" {', '.join(describe_differences(stuck, desired.specified, observed.settings))}. Nothing was changed.",
            f"No operation changes {join_names(stuck)}. on_drift: recreate would delete the stream and create it anew."
            f" {RECREATE_WARNING}",
        )
    return plan_change(desired, observed, names)


def differing(expected: Mapping[str, Any], known: Mapping[str, Any]) -> List[str]:
    """Names of settings that are known and not as desired.

    While the service scales by itself, every number of partitions within the bounds is as desired. Bounds of what is
    switched off count for nothing; switched on, they come with it.
    """
    goal = {**known, **expected}
    names = []
    for one in FIELDS:
        name = one.name
        if name in BOUNDS and goal.get(AUTO_SCALE) is False:
            continue
        if name == PARTITION_COUNT and name in known and within_bounds(known[name], goal):
            continue
        switched_on = name in BOUNDS and expected.get(AUTO_SCALE) is True and known.get(AUTO_SCALE) is False
        if name in expected and (switched_on or (name in known and not one.equal(expected[name], known[name]))):
            names.append(name)
    return names


def within_bounds(count: int, goal: Mapping[str, Any]) -> bool:
    """Whether the service is left to choose this number of partitions."""
    low, high = (goal.get(name) for name in BOUNDS)
    return goal.get(AUTO_SCALE) is True and (low is None or low <= count) and (high is None or count <= high)


def plan_create(desired: DesiredStream, old: Optional[Stream]) -> Plan[Stream]:
    """Create the stream, after deleting the old one if there is one that does not go by itself."""
    fresh = old is None or old.is_deleting
    full = desired if old is None or fresh else desired.merged_with(old)
    lacking = missing_required(FIELDS, full.specified)
    if lacking:
        raise InvalidOptions(
            f"The {desired} does not exist, and to create it {join_names(lacking)} must be given. Nothing was sent."
            if fresh
            else f"To replace the {desired}, {join_names(lacking)} must be given. Nothing was changed."
        )
    values = {one.name: one.default_when_missing if one.default is None else one.default for one in FIELDS}
    defaults = {name: value for name, value in values.items() if value is not None}
    settings = without_unused_bounds({**defaults, **full.specified})
    facts: Dict[str, Any] = {"writable_partition_count": settings[PARTITION_COUNT], "partitions": []}
    newborn = Stream(desired.stream_name, settings, dict(full.tags or {}), RUNNING, facts)
    unverified = tuple(name for name in desired.specified if name not in settings)
    if old is None or fresh:
        return Plan((Create(newborn),), old, newborn, unverified)
    warnings = (f"The {desired} is replaced. {RECREATE_WARNING}",)
    return Plan((Delete(old), Create(newborn)), old, newborn, unverified, warnings)


def plan_change(desired: DesiredStream, observed: Stream, names: List[str]) -> Plan[Stream]:
    """Change in place what can be.

    Settings come first, for only they can meet an operation that a region does not have; the number of partitions comes
    last, for it changes long after the answer, and until then a look cannot always tell that it does.
    """
    settings = without_unused_bounds({**observed.settings, **{name: desired.specified[name] for name in names}})
    updated = tuple(name for name in names if name in UPDATED)
    lacking = missing_required(FIELDS, {PARTITION_COUNT: 1, **settings})
    if AUTO_SCALE in updated and lacking:
        raise InvalidOptions(
            f"To switch on automatic scaling of the {desired}, {join_names(lacking)} must be given. Nothing was sent."
        )
    lasting = settings.get("data_duration", desired.specified.get("data_duration"))
    scaling = tuple(name for name in updated if name in AUTO_SCALING)
    general = tuple(name for name in updated if name not in AUTO_SCALING)
    if general and lasting is None:
        differences = ", ".join(describe_differences(general, desired.specified, observed.settings))
        raise UnknownSettingError(
            f"The {desired} is to be changed ({differences}), but the service does not tell its"
            " data_duration, and a guess could lose records. Nothing was changed.",
            "Give data_duration, too.",
        )
    tags = desired.merge_tags(observed) if observed.tags is not None else None
    facts = observed.facts
    if PARTITION_COUNT in names:
        facts = {**facts, "writable_partition_count": settings[PARTITION_COUNT]}
    status = RUNNING if observed.status == CREATING else observed.status
    goal = replace(observed, settings=settings, tags=tags, status=status, facts=facts)
    actions: Tuple[Any, ...] = ()
    sent = goal if lasting is None else replace(goal, settings={**settings, "data_duration": lasting})
    for kind, names_of_kind in ((Update, general), (UpdateAutoScaling, scaling)):
        if names_of_kind:
            differences = ", ".join(describe_differences(names_of_kind, desired.specified, observed.settings))
            actions += (kind(sent, names_of_kind, differences),)
    if tags is not None and observed.tags is not None:
        surplus = {key: value for key, value in observed.tags.items() if key not in tags}
        fresh = {key: value for key, value in tags.items() if observed.tags.get(key) != value}
        actions += ((Untag(observed, surplus),) if surplus else ()) + ((Tag(observed, fresh),) if fresh else ())
    if PARTITION_COUNT in names:
        actions += (UpdatePartitionCount(desired.stream_name, settings[PARTITION_COUNT]),)
    warnings: Tuple[str, ...] = ()
    if observed.status not in (RUNNING, CREATING):
        status = observed.status or "in a state that the service does not tell"
        warnings = (f"The {desired} is {status}: it may take no changes and no records.",)
    return Plan(actions, observed, goal, unreported(desired, goal), warnings)


def unreported(desired: DesiredStream, stream: Stream) -> Tuple[str, ...]:
    """Given options that the service does not tell of this stream."""
    names = tuple(name for name in desired.specified if name not in stream.settings)
    return names + (("tags",) if desired.tags is not None and stream.tags is None else ())
