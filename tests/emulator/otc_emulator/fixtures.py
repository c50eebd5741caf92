# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initial state: the model shared by seed files, command line options and the control API."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from otc_emulator.consumers import App, Checkpoint
from otc_emulator.destinations import DESTINATIONS
from otc_emulator.external_services import DIS_ACCOUNT, Bucket, CloudtableTable, Cluster, DliTable, ServiceAgency
from otc_emulator.identity import AccessKey, Agency, Domain, User
from otc_emulator.partitions import HASH_END, Partition, Partitions, Record
from otc_emulator.state import (
    EVENT_TYPES,
    AutoScaling,
    EventSubscription,
    Phase,
    Policy,
    Project,
    Stream,
    World,
    new_id,
)

PASSWORD = "emulator-password-not-real"
ACCESS_KEY = "EMULATORACCESSKEY001"
SECRET_KEY = "emulator-secret-key-not-real-00000000001"


def stable_id(*parts: str) -> str:
    """An id of 32 hex digits that is the same in every run."""
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:32]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Named(_Model):
    """Anything that may be written as its name alone."""

    name: str = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value


class DomainSeed(_Named):
    """An account."""

    id: str | None = None


class AccessKeySeed(_Model):
    """A key pair; with ``security_token`` a temporary one."""

    access: str = Field(min_length=1)
    secret: str = SECRET_KEY
    security_token: str | None = None
    life: float | None = Field(None, description="seconds")
    active: bool = True


class UserSeed(_Named):
    """A user. Without ``projects`` the user may access all projects of the domain."""

    password: str = PASSWORD
    domain: str | None = None
    id: str | None = None
    projects: list[str] | None = None
    totp_secret: str | None = Field(None, pattern=r"^[A-Z2-7]{16,}$", description="of a virtual MFA device, in base 32")
    access_keys: list[AccessKeySeed] = Field(default_factory=list)
    roles: list[str] = Field(default_factory=lambda: ["te_admin", "dis_adm"])


class DelegationSeed(_Named):
    """An agency for users of another account: ``domain`` has it, ``trusted`` may use it."""

    domain: str
    trusted: str
    projects: list[str] | None = None
    roles: list[str] = Field(default_factory=lambda: ["te_admin", "dis_adm"])


class TaskSeed(_Model):
    """A transfer task. Omitted ``settings`` are taken from a sample that fits the default seed."""

    task_name: str
    destination_type: Literal["DLI", "OBS", "MRS", "DWS", "CLOUDTABLE"] = "DLI"
    state: Literal["ERROR", "STARTING", "PAUSED", "RUNNING", "ABNORMAL"] = "RUNNING"
    settings: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"task_name": value} if isinstance(value, str) else value


class RecordSeed(_Model):
    """A record; written as a text alone, that is its data (not base64)."""

    data: str
    partition_key: str | None = None
    partition: int | None = Field(None, ge=0)
    hash_key: int | None = Field(None, ge=0, le=HASH_END)
    timestamp: int | None = Field(None, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"data": value} if isinstance(value, str) else value


class CheckpointSeed(_Model):
    """How far an app has come in a partition."""

    stream: str
    partition: int = Field(0, ge=0)
    sequence_number: int = Field(0, ge=0)
    metadata: str | None = None


class AppSeed(_Named):
    """A consumer."""

    id: str | None = None
    checkpoints: list[CheckpointSeed] = Field(default_factory=list)


class EventSeed(_Model):
    """An event, with the severity, category and name of its type unless they are set."""

    type_id: str = Field(pattern=r"^dis_event\.[0-9]{3}$")
    occur_time: int | None = Field(None, description="milliseconds since 1970; null = now")
    description: str = ""
    source_name: str = ""
    source_id: str = ""
    severity: Literal[0, 1] | None = None
    category: Literal[0, 1, 2] | None = None


class EventSubscriptionSeed(_Named):
    """A subscription to events; ``streams`` are names, an empty list means all streams."""

    enable: bool = True
    event_ids: list[str] = Field(default_factory=lambda: ["dis_event.001"])
    streams: list[str] = Field(default_factory=list)
    topic_type: Literal[0, 1] = 0
    topic_name: str = "alarms"
    topic_urn: str | None = "urn:smn:eu-de:0123456789abcdef0123456789abcdef:alarms"


class PolicySeed(_Model):
    """A rule for the account ``account.*`` or the user ``account.user``."""

    principal_name: str = Field(min_length=1)
    action_type: str = "putRecords"
    effect: str | None = "accept"


class StreamSeed(_Named):
    """A stream."""

    status: Literal["CREATING", "RUNNING", "TERMINATING", "FROZEN"] = "RUNNING"
    id: str | None = None
    partition_count: int = Field(1, ge=1, le=10_000)
    stream_type: Literal["COMMON", "ADVANCED"] = "COMMON"
    data_type: Literal["BLOB", "JSON", "CSV"] = "JSON"
    retention_period: int = Field(24, ge=1)
    data_schema: str | None = None
    delimiter: str | None = None
    compression_format: Literal["snappy", "gzip", "zip"] | None = None
    auto_scaling: AutoScaling = Field(default_factory=AutoScaling)
    tags: dict[str, str] = Field(default_factory=dict)
    sys_tags: dict[str, str] = Field(default_factory=dict)
    earliest_offset: int = Field(0, ge=0)
    latest_offset: int = Field(0, ge=0)
    transferable_offset: int | None = Field(None, ge=0)
    records: list[RecordSeed] = Field(default_factory=list)
    tasks: list[TaskSeed] = Field(default_factory=list)
    policies: list[PolicySeed] = Field(default_factory=list)


class AgencySeed(_Named):
    """An agency; if it trusts another account, has another role or has expired, DIS.4335 is returned."""

    trusts: str = DIS_ACCOUNT
    roles: list[str] = Field(default_factory=lambda: ["te_admin"])
    life: float | None = Field(None, description="seconds; null = for ever")


class BucketSeed(_Named):
    """A bucket; one that is not accessible is refused with DIS.4310."""

    accessible: bool = True
    region: str | None = None
    objects: dict[str, int] = Field(default_factory=dict, description="bytes by name")


class DliTableSeed(_Model):
    """A DLI table, also written ``DATABASE.TABLE`` or ``DATABASE.TABLE:EXTERNAL``."""

    database: str = Field(min_length=1)
    table: str = Field(min_length=1)
    managed: bool = True

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        names, _colon, kind = value.partition(":")
        database, _dot, table = names.partition(".")
        if kind not in ("", "MANAGED", "EXTERNAL"):
            raise ValueError("a DLI table is MANAGED or EXTERNAL")
        return {"database": database, "table": table, "managed": kind != "EXTERNAL"}


class ClusterSeed(_Named):
    """A cluster or a key; specified by name alone, it matches any id."""

    id: str | None = None


class CloudtableTableSeed(_Model):
    """An HBase table, also written ``TABLE`` or ``TABLE:FAMILY,FAMILY``."""

    table: str = Field(min_length=1)
    cluster: str | None = None
    families: list[str] | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        table, colon, families = value.partition(":")
        return {"table": table, "families": families.split(",") if colon else None}


class Contents(_Model):
    """What a project holds. Lists that may be null: without one, nothing of the kind is refused as missing."""

    streams: list[StreamSeed] = Field(default_factory=list)
    apps: list[AppSeed] = Field(default_factory=list)
    events: list[EventSeed] = Field(default_factory=list)
    event_subscriptions: list[EventSubscriptionSeed] = Field(default_factory=list)
    agencies: list[AgencySeed] = Field(default_factory=list)
    buckets: list[BucketSeed] = Field(default_factory=list)
    dli_databases: list[str] = Field(default_factory=list)
    dli_tables: list[DliTableSeed] = Field(default_factory=list)
    mrs_clusters: list[ClusterSeed] | None = None
    hdfs_paths: list[str] | None = None
    dws_clusters: list[ClusterSeed] | None = None
    kms_keys: list[ClusterSeed] | None = None
    cloudtable_clusters: list[ClusterSeed] | None = None
    cloudtable_tables: list[CloudtableTableSeed] | None = None


class ProjectSeed(Contents, _Named):
    """A project of a domain (the first one, unless named) with its contents."""

    id: str | None = None
    domain: str | None = None


class Seed(Contents):
    """All of it. Contents at this level belong to the first project."""

    domains: list[DomainSeed] = Field(default_factory=list)
    users: list[UserSeed] = Field(default_factory=list)
    projects: list[ProjectSeed] = Field(default_factory=list)
    delegations: list[DelegationSeed] = Field(default_factory=list)


def default_seed() -> dict[str, Any]:
    """Enough for a first transfer task, as plain data."""
    return {
        **empty_seed(),
        "streams": ["meters"],
        "agencies": ["dis_admin_agency"],
        "buckets": ["telemetry-staging"],
        "dli_tables": ["telemetry.meter_raw"],
    }


def empty_seed() -> dict[str, Any]:
    """A user and an empty project, as plain data."""
    user = {"name": "emulator-user", "access_keys": [{"access": ACCESS_KEY}]}
    return {"domains": ["emulator-domain"], "users": [user], "projects": ["eu-de"]}


def plant(seed: Seed, world: World) -> None:
    """Add a seed to a world. What is already there stays; a stream of the same name gets the further tasks."""
    for domain in seed.domains:
        _add_domain(world, domain.name, domain.id)
    for user in seed.users:
        _add_user(world, user)
    for one in seed.delegations:
        owner, trusted = _add_domain(world, one.domain), _add_domain(world, one.trusted)
        agency_id = stable_id("agency", owner.name, one.name)
        world.identity.agencies.append(Agency(agency_id, one.name, owner, trusted, one.roles, one.projects))
    for project in seed.projects:
        domain_of = _domain(world, project.domain)
        home = world.project_by_name(project.name, domain_of)
        if home is None:
            home_id = project.id or stable_id("project", domain_of.name, project.name)
            home = Project(home_id, project.name, domain_of, pace=world.pace)
            world.projects[home.id] = home
        _fill(home, project, world.clock)
    fields = Contents.model_fields.items()
    if any(getattr(seed, name) != one.get_default(call_default_factory=True) for name, one in fields):
        if not world.projects:
            raise ValueError("there is no project to put the streams and other contents into")
        _fill(world.default_project, seed, world.clock)


def _add_domain(world: World, name: str, domain_id: str | None = None) -> Domain:
    known = world.identity.domain(name=name)
    if known is None:
        known = Domain(domain_id or stable_id("domain", name), name)
        world.identity.domains[known.id] = known
    return known


def _domain(world: World, name: str | None) -> Domain:
    """The domain of that name, made if need be; without a name the first one."""
    if name is not None:
        return _add_domain(world, name)
    if not world.identity.domains:
        raise ValueError("there is no domain to put the user or project into")
    return next(iter(world.identity.domains.values()))


def _add_user(world: World, seed: UserSeed) -> None:
    domain = _domain(world, seed.domain)
    user = world.identity.user(seed.name, domain)
    if user is None:
        user_id = seed.id or stable_id("user", domain.name, seed.name)
        user = User(user_id, seed.name, seed.password, domain, seed.roles, seed.projects, seed.totp_secret)
        world.identity.users[user_id] = user
    for one in seed.access_keys:
        ends = None if one.life is None else world.clock() + one.life
        key = AccessKey(one.access, one.secret, user, one.security_token, ends, one.active)
        world.identity.access_keys[one.access] = key


def _fill(project: Project, contents: Contents, clock: Callable[[], float]) -> None:
    for agency in contents.agencies:
        ends = None if agency.life is None else clock() + agency.life
        agency_id = stable_id("agency", project.domain.name, agency.name)
        project.agencies[agency.name] = ServiceAgency(agency.name, agency_id, agency.trusts, agency.roles, ends)
    project.buckets.update(
        {one.name: Bucket(one.name, one.accessible, one.region, one.objects) for one in contents.buckets}
    )
    project.dli_databases.update({name.lower(): name for name in contents.dli_databases})
    for table in contents.dli_tables:
        project.add_dli_table(DliTable(table.database, table.table, table.managed))
    _fill_external_services(project, contents)
    now = clock()
    for seed in contents.streams:
        stream = project.stream(seed.name, now)
        if stream is None:
            stream = project.streams[seed.name] = stream_from(seed, project, now)
        for task in seed.tasks:
            settings = DESTINATIONS[task.destination_type].complete(task.settings)
            stream.put_task(task.task_name, task.destination_type, settings, Phase(task.state), now)
    for app_seed in contents.apps:
        app = project.apps.setdefault(app_seed.name, App(app_seed.name, app_seed.id or new_id(), int(now * 1000)))
        for one in app_seed.checkpoints:
            app.commit(one.stream, one.partition, Checkpoint(one.sequence_number, one.metadata))
    project.events += [_event_from(one, now) for one in contents.events]
    for subscription in contents.event_subscriptions:
        _put_subscription(project, subscription)


def _event_from(seed: EventSeed, now: float) -> dict[str, Any]:
    given = seed.model_dump(exclude_none=True)
    return {"id": new_id(), "occur_time": int(now * 1000), **EVENT_TYPES.get(seed.type_id, {}), **given}


def _put_subscription(project: Project, seed: EventSubscriptionSeed) -> None:
    """Add a subscription, or replace the one of that name. Raises ValueError if there is no such stream."""
    missing = [name for name in seed.streams if name not in project.streams]
    if missing:
        raise ValueError(f"there is no stream {missing[0]}")
    old = next((one.id for one in project.event_subscriptions.values() if one.name == seed.name), new_id())
    stream_ids = [project.streams[name].stream_id for name in seed.streams]
    target = seed.topic_type, seed.topic_name, seed.topic_urn
    project.event_subscriptions[old] = EventSubscription(
        old, seed.name, seed.enable, seed.event_ids, stream_ids, *target
    )


def _fill_external_services(project: Project, contents: Contents) -> None:
    around = project.around
    for kind in ("mrs_clusters", "dws_clusters", "kms_keys", "cloudtable_clusters"):
        given: list[ClusterSeed] | None = getattr(contents, kind)
        if given is not None:
            setattr(around, kind, [*(getattr(around, kind) or ()), *(Cluster(one.name, one.id) for one in given)])
    if contents.hdfs_paths is not None:
        around.hdfs_paths = {*(around.hdfs_paths or ()), *(one.rstrip("/") or "/" for one in contents.hdfs_paths)}
    if contents.cloudtable_tables is not None:
        further = [CloudtableTable(one.table, one.cluster, one.families) for one in contents.cloudtable_tables]
        around.cloudtable_tables = [*(around.cloudtable_tables or ()), *further]


def stream_from(seed: StreamSeed, project: Project, now: float) -> Stream:
    """A stream as a seed describes it, without its tasks."""
    stream = Stream(
        stream_name=seed.name,
        stream_id=seed.id or new_id(),
        create_time=int(now * 1000),
        phase=Phase(seed.status),
        partitions=Partitions(seed.partition_count, seed.earliest_offset, seed.latest_offset),
        stream_type=seed.stream_type,
        data_type=seed.data_type,
        retention_period=seed.retention_period,
        data_schema=seed.data_schema,
        delimiter=seed.delimiter,
        compression_format=seed.compression_format,
        auto_scaling=seed.auto_scaling,
        tags=dict(seed.tags),
        sys_tags=dict(seed.sys_tags),
        transferable_offset=seed.transferable_offset,
        policies=[Policy(one.principal_name, one.principal_name, one.action_type, one.effect) for one in seed.policies],
        pace=project.pace,
    )
    for record in seed.records:
        put_record(stream, record, now)
    return stream


def put_record(stream: Stream, seed: RecordSeed, now: float) -> tuple[Partition, Record]:
    """Store a record as if it had been uploaded. Raises ValueError if it fits nowhere."""
    if seed.partition is not None:
        partition = stream.partitions.find(seed.partition)
        if partition is None or not partition.is_writable:
            raise ValueError(f"stream {stream.stream_name} has no partition {seed.partition} that takes records")
    elif seed.hash_key is not None:
        partition = stream.partitions.at_hash(seed.hash_key)
    else:
        partition = stream.partitions.for_key(seed.partition_key)
    data = seed.data.encode()
    timestamp = int(now * 1000) if seed.timestamp is None else seed.timestamp
    text = base64.b64encode(data).decode()
    return partition, stream.append(partition, text, len(data), seed.partition_key, timestamp, now)
