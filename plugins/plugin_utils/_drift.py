# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drift of streams and transfer tasks, from the results of modules in check mode. Private to otc.dis.

Pure functions; a status is one of :data:`STATUSES`.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from ..module_utils._resources.transfer_tasks import describe

IN_SYNC, DRIFT, MISSING, UNEXPECTED = "in_sync", "drift", "missing", "unexpected"
UNMANAGED, ERROR = "unmanaged", "error"
STATUSES = (ERROR, DRIFT, MISSING, UNEXPECTED, UNMANAGED, IN_SYNC)
"""Statuses in the order of a report."""
DRIFTED = (DRIFT, MISSING, UNEXPECTED)


class Difference(NamedTuple):
    """Setting with its observed and desired value; None if a side does not have it."""

    setting: str
    observed: Any
    desired: Any


class Resource(NamedTuple):
    """Stream or transfer task in the report.

    :ivar task_name: None for a stream, and for the list of its transfer tasks
    :ivar actions: actions of the module that would bring it to its desired state
    :ivar unverified: specified options that the service does not return
    :ivar reason: message of the module if it would fail, or the note on an unmanaged resource
    """

    resource: str
    stream_name: str
    task_name: Optional[str]
    status: str
    actions: Tuple[str, ...] = ()
    differences: Tuple[Difference, ...] = ()
    unverified: Tuple[str, ...] = ()
    reason: Optional[str] = None

    def to_result(self) -> Dict[str, Any]:
        """Return the resource as JSON types."""
        lists = {name: list(getattr(self, name)) for name in ("actions", "unverified")}
        return {**self._asdict(), **lists, "differences": [difference._asdict() for difference in self.differences]}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Tuple[Difference, ...]:
    """Return the settings that differ between the two sides of a diff, sorted by name.

    A setting that only the observed side has is not managed, unless the resource is to be deleted.
    """
    names = sorted({*before, *after} if after else before)
    return tuple(
        Difference(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    )


def status_of(result: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return the status of a managed resource.

    :param result: result of the module in check mode
    :param before: observed side of the diff
    :param after: desired side of the diff
    """
    if result.get("failed"):
        return DRIFT if (result.get("error") or {}).get("kind") == "drift" else ERROR
    if not result.get("actions"):
        return IN_SYNC
    return MISSING if not before else UNEXPECTED if not after else DRIFT


def managed(
    kind: str, result: Mapping[str, Any], diff: Mapping[str, Any], stream: str, task: Optional[str]
) -> Resource:
    """Return a managed resource.

    :param diff: ``before`` and ``after`` of the module
    """
    before, after = ({} if not diff.get(side) else diff[side] for side in ("before", "after"))
    status = status_of(result, before, after)
    return Resource(
        kind,
        stream,
        task,
        status,
        tuple(() if result.get("failed") else result.get("actions") or ()),
        differences(before, after) if status in DRIFTED else (),
        tuple(result.get("unverified") or ()),
        result.get("msg") if result.get("failed") else None,
    )


def streams(results: Iterable[Mapping[str, Any]], loop_variable: str) -> List[Resource]:
    """Return the streams of a loop over the module ``stream``.

    :param loop_variable: name of the loop variable with the entry of a stream
    """
    return [
        managed(
            "stream", result, result.get("diff") or {}, str((result.get(loop_variable) or {}).get("stream_name")), None
        )
        for result in results
        if not result.get("skipped")
    ]


def transfer_tasks(result: Mapping[str, Any]) -> List[Resource]:
    """Return the transfer tasks of a result of ``transfer_tasks``; empty if the module failed before its first read."""
    diffs = {str(diff.get("before_header")): diff for diff in result.get("diff") or ()}
    return [
        managed(
            "transfer_task",
            task,
            diffs.get(describe(task["stream_name"], task["task_name"]), {}),
            task["stream_name"],
            task["task_name"],
        )
        for task in result.get("transfer_tasks") or ()
    ]


def existing(
    results: Iterable[Mapping[str, Any]], loop_variable: str
) -> Tuple[List[Mapping[str, Any]], List[Resource]]:
    """Return the existing transfer tasks, and an error for each stream whose transfer tasks could not be listed.

    :param results: results of a loop over the module ``transfer_task_info``
    :param loop_variable: name of the loop variable with the name of a stream
    """
    tasks: List[Mapping[str, Any]] = []
    errors: List[Resource] = []
    for result in results:
        if result.get("failed"):
            reason = f"Unmanaged transfer tasks are unknown: {result.get('msg')}"
            errors.append(Resource("transfer_task", str(result.get(loop_variable)), None, ERROR, reason=reason))
        else:
            tasks += result["transfer_tasks"]
    return tasks, errors


def unmanaged(
    found: Sequence[Resource], tasks: Iterable[Mapping[str, Any]], stream_names: Iterable[str], whole_project: bool
) -> List[Resource]:
    """Return existing resources without an entry.

    :param tasks: existing transfer tasks
    :param stream_names: existing streams
    :param whole_project: whether to return streams without an entry and their transfer tasks, too
    """
    managed_names = {(resource.stream_name, resource.task_name) for resource in found}
    managed_streams: Set[str] = {resource.stream_name for resource in found}
    note = "The resource exists, but has no entry."
    extra = [
        Resource("transfer_task", task["stream_name"], task["task_name"], UNMANAGED, reason=note)
        for task in tasks
        if (task["stream_name"], task["task_name"]) not in managed_names
        and (whole_project or task["stream_name"] in managed_streams)
    ]
    if whole_project:
        extra += [
            Resource("stream", name, None, UNMANAGED, reason=note)
            for name in stream_names
            if name not in managed_streams
        ]
    return extra


def line(resource: Resource) -> str:
    """Return a resource of the report as one line."""
    name = f"{resource.stream_name}/{resource.task_name}" if resource.task_name else resource.stream_name
    text = f"{name}: {resource.status.replace('_', ' ')}"
    if resource.reason:
        return f"{text}. {resource.reason}"
    values = "; ".join(f"{d.setting} is {d.observed!r}, desired {d.desired!r}" for d in resource.differences)
    details = "" if resource.status in (MISSING, UNEXPECTED) or not values else f" ({values})"
    return f"{text}{details}" + (f", needs: {', '.join(resource.actions)}" if resource.actions else "")


def report(resources: Iterable[Resource]) -> Dict[str, Any]:
    """Return the report: drift, counts by status, all resources, and a line for each resource that is not in sync."""
    ordered = sorted(resources, key=lambda one: (STATUSES.index(one.status), one.stream_name, one.task_name or ""))
    return {
        "drift": any(resource.status in DRIFTED for resource in ordered),
        "summary": {status: sum(resource.status == status for resource in ordered) for status in STATUSES},
        "resources": [resource.to_result() for resource in ordered],
        "lines": [line(resource) for resource in ordered if resource.status != IN_SYNC],
    }
