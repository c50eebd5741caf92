# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which method and path is which operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from otc_emulator import (
    agencies,
    apps,
    buckets,
    checkpoints,
    dli,
    events,
    iam,
    metrics,
    policies,
    records,
    streams,
    tags,
    transfer_tasks,
)
from otc_emulator.http_types import Call, Response

_STREAM = "/v2/{project_id}/streams/{stream_name}"
_TASKS = f"{_STREAM}/transfer-tasks"
_APP = "/v2/{project_id}/apps/{app_name}"
_KIND = "/v2/{project_id}/{resource_type}"
_TAGS = f"{_KIND}/{{stream_id}}/tags"
_SUBSCRIPTION = "/v1/{project_id}/event-subs/{subscription_id}"
_DOMAIN_ROLES = "/v3.0/OS-AGENCY/domains/{domain_id}/agencies/{agency_id}/roles"
_INHERITED_ROLES = "/v3.0/OS-INHERIT/domains/{domain_id}/agencies/{agency_id}/roles/inherited_to_projects"


@dataclass(frozen=True)
class Route:
    """One operation: its name in logs and fault rules, and the function that carries it out."""

    service: str
    operation: str
    method: str
    template: str
    handler: Callable[[Call], Response]


ROUTES = (
    Route("iam", "version", "GET", "/v3", iam.version_document),
    Route("iam", "login", "POST", "/v3/auth/tokens", iam.log_in),
    Route("iam", "check_token", "GET", "/v3/auth/tokens", iam.check_token),
    Route("iam", "check_token", "HEAD", "/v3/auth/tokens", iam.check_token),
    Route("iam", "revoke_token", "DELETE", "/v3/auth/tokens", iam.revoke_token),
    Route("iam", "show_catalogue", "GET", "/v3/auth/catalog", iam.show_catalogue),
    Route("iam", "list_domains", "GET", "/v3/auth/domains", iam.list_domains),
    Route("iam", "list_projects", "GET", "/v3/projects", iam.list_projects),
    Route("iam", "list_projects", "GET", "/v3/auth/projects", iam.list_projects),
    Route("iam", "list_agencies", "GET", "/v3.0/OS-AGENCY/agencies", agencies.list_agencies),
    Route("iam", "list_agency_roles", "GET", _DOMAIN_ROLES, agencies.list_domain_roles),
    Route("iam", "list_agency_roles", "GET", _INHERITED_ROLES, agencies.list_inherited_roles),
    Route("iam", "create_temporary_keys", "POST", "/v3.0/OS-CREDENTIAL/securitytokens", iam.create_temporary_keys),
    Route("dli", "list_databases", "GET", "/v1.0/{project_id}/databases", dli.list_databases),
    Route("dli", "list_tables", "GET", "/v1.0/{project_id}/databases/{database_name}/tables", dli.list_tables),
    Route("obs", "head_bucket", "HEAD", "/{bucket_name}", buckets.head_bucket),
    Route("obs", "list_objects", "GET", "/{bucket_name}", buckets.list_objects),
    Route("dis", "create_stream", "POST", "/v2/{project_id}/streams", streams.create_stream),
    Route("dis", "list_streams", "GET", "/v2/{project_id}/streams", streams.list_streams),
    Route("dis", "show_stream", "GET", _STREAM, streams.show_stream),
    Route("dis", "delete_stream", "DELETE", _STREAM, streams.delete_stream),
    Route("dis", "change_partition_count", "PUT", _STREAM, streams.change_partition_count),
    Route("dis", "update_stream", "PUT", "/v3/{project_id}/streams/{stream_name}", streams.update_stream),
    Route("dis", "update_auto_scaling", "PUT", f"{_STREAM}/update", streams.update_auto_scaling),
    Route("dis", "list_scalings", "GET", f"{_STREAM}/update_partition_counts", streams.list_scalings),
    Route("dis", "show_quotas", "GET", "/v1/{project_id}/quotas", streams.show_quotas),
    Route("dis", "derive_schema", "POST", "/v1/{project_id}/schema", streams.derive_schema),
    Route("dis", "add_policy", "POST", f"{_STREAM}/policies", policies.add_policy),
    Route("dis", "add_policy", "POST", "/v3/{project_id}/streams/{stream_name}/policies", policies.add_policy_by_id),
    Route("dis", "list_policies", "GET", f"{_STREAM}/policies", policies.list_policies),
    Route("dis", "delete_policy", "DELETE", f"{_STREAM}/policies", policies.delete_policy),
    Route("dis", "create_transfer_task", "POST", _TASKS, transfer_tasks.create_transfer_task),
    Route("dis", "list_transfer_tasks", "GET", _TASKS, transfer_tasks.list_transfer_tasks),
    Route("dis", "update_transfer_task", "PUT", _TASKS, transfer_tasks.update_transfer_task),
    Route("dis", "act_on_transfer_tasks", "POST", f"{_TASKS}/action", transfer_tasks.act_on_transfer_tasks),
    Route("dis", "show_transfer_task", "GET", f"{_TASKS}/{{task_name}}", transfer_tasks.show_transfer_task),
    Route("dis", "delete_transfer_task", "DELETE", f"{_TASKS}/{{task_name}}", transfer_tasks.delete_transfer_task),
    Route("dis", "list_transfer_task_log", "POST", "/v1/transfertasklog/{task_id}", transfer_tasks.list_log),
    Route("dis", "list_events", "GET", "/v1/{project_id}/events", events.list_events),
    Route("dis", "list_event_types", "GET", "/v1/{project_id}/event-list", events.list_event_types),
    Route("dis", "list_event_subscriptions", "GET", "/v1/{project_id}/event-subs", events.list_event_subscriptions),
    Route("dis", "create_event_subscription", "POST", "/v1/{project_id}/event-subs", events.create_event_subscription),
    Route("dis", "update_event_subscription", "PUT", _SUBSCRIPTION, events.update_event_subscription),
    Route("dis", "delete_event_subscription", "DELETE", _SUBSCRIPTION, events.delete_event_subscription),
    Route("dis", "create_app", "POST", "/v2/{project_id}/apps", apps.create_app),
    Route("dis", "list_apps", "GET", "/v2/{project_id}/apps", apps.list_apps),
    Route("dis", "show_app", "GET", _APP, apps.show_app),
    Route("dis", "delete_app", "DELETE", _APP, apps.delete_app),
    Route("dis", "show_consumption", "GET", f"{_APP}/streams/{{stream_name}}", apps.show_consumption),
    Route("dis", "commit_checkpoint", "POST", "/v2/{project_id}/checkpoints", checkpoints.commit_checkpoint),
    Route("dis", "show_checkpoint", "GET", "/v2/{project_id}/checkpoints", checkpoints.show_checkpoint),
    Route("dis", "delete_checkpoint", "DELETE", "/v2/{project_id}/checkpoints", checkpoints.delete_checkpoint),
    Route("dis", "show_cursor", "GET", "/v2/{project_id}/cursors", records.show_cursor),
    Route("dis", "put_records", "POST", "/v2/{project_id}/records", records.put_records),
    Route("dis", "get_records", "GET", "/v2/{project_id}/records", records.get_records),
    Route("dis", "show_stream_metrics", "GET", f"{_STREAM}/metrics", metrics.show_stream_metrics),
    Route(
        "dis",
        "show_partition_metrics",
        "GET",
        f"{_STREAM}/partitions/{{partition_id}}/metrics",
        metrics.show_partition_metrics,
    ),
    Route("dis", "list_project_tags", "GET", f"{_KIND}/tags", tags.list_project_tags),
    Route("dis", "find_streams", "POST", f"{_KIND}/resource_instances/action", tags.find_streams),
    Route("dis", "list_stream_tags", "GET", _TAGS, tags.list_stream_tags),
    Route("dis", "create_stream_tag", "POST", _TAGS, tags.create_stream_tag),
    Route("dis", "act_on_stream_tags", "POST", f"{_TAGS}/action", tags.act_on_stream_tags),
    Route("dis", "delete_stream_tag", "DELETE", f"{_TAGS}/{{key}}", tags.delete_stream_tag),
)
OPERATIONS = tuple(dict.fromkeys(route.operation for route in ROUTES))


def segments_of(path: str) -> list[str]:
    """The decoded parts of a path; a trailing slash does not count."""
    return [unquote(part) if "%" in part else part for part in path.removesuffix("/").split("/")[1:]]


class Router:
    """Finds the route of a request. Fixed parts win over placeholders, as the table is in that order."""

    def __init__(self, routes: tuple[Route, ...]) -> None:
        self._table: dict[tuple[str, int], list[tuple[Route, list[str]]]] = {}
        for route in routes:
            parts = segments_of(route.template)
            self._table.setdefault((route.method, len(parts)), []).append((route, parts))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route and the values of its placeholders."""
        given = segments_of(path)
        for route, parts in self._table.get((method, len(given)), ()):
            params = {}
            for part, value in zip(parts, given, strict=True):
                if part.startswith("{"):
                    if not value:
                        break
                    params[part[1:-1]] = value
                elif part != value:
                    break
            else:
                return route, params
        return None
