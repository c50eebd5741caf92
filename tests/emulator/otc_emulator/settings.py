# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every switch of the emulator: one validated model, changed through the control API while it runs."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class Settings(BaseModel):
    """How the emulated region behaves and how its answers look."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: str = Field("eu-de", description="region name in the catalogue")
    latency_ms: float = Field(0, ge=0, le=60_000, description="pause before every IAM and DIS request")

    start_delay: float = Field(0, ge=0, le=3600, description="seconds from STARTING to the start result")
    start_result: Literal["RUNNING", "STARTING", "ABNORMAL", "ERROR"] = Field(
        "RUNNING", description="state a created or started task arrives at"
    )
    stop_delay: float = Field(0, ge=0, le=3600, description="seconds from a stop call to PAUSED")
    delete_delay: float = Field(0, ge=0, le=3600, description="seconds a deleted task is still shown as DELETE")
    stream_create_delay: float = Field(0, ge=0, le=3600, description="seconds a new stream stays CREATING")
    stream_delete_delay: float = Field(0, ge=0, le=3600, description="seconds a deleted stream stays TERMINATING")

    stream_create_result: Literal["RUNNING", "CREATING", "TERMINATED", "FROZEN"] = Field(
        "RUNNING", description="status a created stream arrives at"
    )
    long_retention: bool = Field(False, description="retention up to 168 hours instead of 72")
    offered_data_types: list[Literal["BLOB", "JSON", "CSV"]] | None = Field(
        None, description="data types of streams the region accepts; null = all"
    )
    scaling_delay: float = Field(0, ge=0, le=3600, description="seconds until a change of the partition count is done")
    scaling_result: Literal["success", "failure"] = Field("success", description="how such a change ends")
    result_msg: Literal["number", "text"] = Field("number", description="type of result_msg of such a change")
    scalings_per_hour: int = Field(0, ge=0, description="changes per stream and hour, 0 = no limit")
    stream_update_enabled: bool = Field(True, description="whether the region offers the update of streams (PUT /v3)")
    auto_scaling_update_enabled: bool = Field(
        True, description="whether the region offers the update of automatic scaling (PUT /v2/.../update)"
    )
    absent_duration_resets: bool = Field(False, description="an update without data_duration resets it to 24")
    scaling_log_enabled: bool = Field(True, description="whether the region offers update_partition_counts")
    quotas_enabled: bool = Field(True, description="whether the region offers the quotas call")
    schema_derivation_enabled: bool = Field(True, description="whether the region derives schemas from samples")
    policies_enabled: bool = Field(True, description="whether the region offers policies of streams")
    events_enabled: bool = Field(True, description="whether the region offers events and subscriptions to them")
    event_subscription_quota: int = Field(10, ge=0, description="event subscriptions per project, 0 = no limit")
    event_streamids_as_text: bool = Field(
        True, description="subscriptions are listed with stream IDs joined by commas, as documented; false: with a list"
    )
    single_event_as_object: bool = Field(False, description="a list with one event is an object, as in the examples")
    created_event_ids: Literal["event_ids", "events_ids"] = Field(
        "event_ids", description="member from which a create request is read: a list, or lines as in the example"
    )
    transfer_delay: float = Field(0, ge=0, le=3600, description="seconds until running tasks carry a new record")

    app_quota: int = Field(100, ge=0, description="apps per project, 0 = no limit")
    app_in_use_refused: bool = Field(True, description="an app with checkpoints cannot be deleted")
    numbers_in_consumption: bool = Field(False, description="consumption shows partition ids and positions as numbers")
    missing_checkpoint: Literal["minus_one", "empty", "error", "no_content"] = Field(
        "minus_one", description="what the details of a checkpoint that is not there look like"
    )
    cursor_life: float = Field(300, ge=0, description="seconds a cursor can be used")
    throttle_every: int = Field(
        0, ge=0, description="every n-th uploaded record of a stream fails with DIS.4303; 0 = none"
    )
    enforce_throughput: bool = Field(
        False, description="uploads beyond the throughput of a partition fail with DIS.4303"
    )

    agency_optional: bool = Field(False, description="transfer tasks may do without an agency")
    task_quota: int = Field(5, ge=0, description="transfer tasks per stream, over all destination types")
    partition_quota: int = Field(50, ge=0, description="partitions per project, type COMMON; 0 = no limit")
    advanced_partition_quota: int = Field(10, ge=0, description="partitions per project, type ADVANCED; 0 = no limit")
    update_enabled: bool = Field(True, description="whether the region offers the update operation (PUT)")
    task_log_enabled: bool = Field(True, description="whether the region offers the log of transfer tasks")
    offered_destinations: list[str] | None = Field(
        None, description="destination types the region accepts at create and update; null = all that are emulated"
    )

    signature_forms: list[Literal["access", "credential", "credential_empty"]] = Field(
        ["access", "credential", "credential_empty"],
        description="forms of signatures with access keys that are accepted",
    )
    signature_window: float = Field(900, ge=0, description="seconds that X-Sdk-Date may be off")
    signature_needs_project: bool = Field(True, description="signed requests to DIS must carry X-Project-Id")

    token_life: float = Field(86_400, ge=0, description="seconds a new token is valid")
    token_length: int = Field(480, ge=32, le=60_000, description="characters of a new token")
    login_failures: int = Field(5, ge=1, description="failed logins within the window that lock a user")
    login_window: float = Field(900, gt=0, description="seconds in which failures are counted")
    lock_seconds: float = Field(900, gt=0, description="seconds a user stays locked")
    agency_member: Literal["xrole_name", "agency_name"] | None = Field(
        None, description="how a login with an agency must call its name; null = either way"
    )
    catalogue: Literal["both", "dis", "disv2", "none", "other_region"] = Field(
        "both", description="DIS entries in the catalogue of a token"
    )

    other_services: list[Literal["dli", "obs"]] = Field(
        ["dli", "obs"], description="services beside DIS in the catalogue of a token for a project"
    )
    dli_enabled: bool = Field(True, description="whether the gateway still knows the calls of DLI")
    project_token_lists_agencies: bool = Field(False, description="IAM lists agencies also by the token of a project")

    hide_dli_names: bool = Field(False, description="details leave out dli_database_name and dli_table_name")
    hidden_members: list[str] = Field(default_factory=list, description="block members that details leave out")
    no_task_id_in_list: bool = Field(False, description="list items have no task_id")
    no_task_id_in_details: bool = Field(False, description="details have no task_id")
    quota_in_list: bool = Field(False, description="the list answer carries the member quota")
    misspelt_blocks: Literal["documented", "off", "descripton", "descriptor"] = Field(
        "documented",
        description="name of the settings block in details; documented: descripton for DWS and CLOUDTABLE only; "
        "true means descripton, false off",
    )
    return_password: bool = Field(False, description="details of DWS tasks show user_password")
    omit_empty: bool = Field(False, description="details leave out empty members, also those sent as empty")
    empty_as_blank: bool = Field(False, description='details show unset text members as ""')
    omit_retry_duration: bool = Field(False, description="details leave out retry_duration")
    missing_status: Literal[400, 404, 410] = Field(
        400, description="HTTP status of errors that say something is missing"
    )
    error_shape: Literal["dis", "reference", "gateway", "nested"] = Field("dis", description="body of DIS errors")
    partition_shape: Literal["real", "table"] = Field("real", description="members of partitions[] in details")

    @field_validator("misspelt_blocks", mode="before")
    @classmethod
    def _switch_as_word(cls, value: Any) -> Any:
        """A plain true or false is the common way to set this."""
        return {True: "descripton", False: "off"}[value] if isinstance(value, bool) else value

    @model_validator(mode="after")
    def _one_way_of_empty(self) -> Settings:
        if self.omit_empty and self.empty_as_blank:
            raise ValueError("omit_empty and empty_as_blank exclude each other")
        return self

    def changed(self, changes: dict[str, Any]) -> Settings:
        """These settings with some of them replaced; the result is validated."""
        return Settings.model_validate({**self.model_dump(), **changes})
