# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drift of streams and transfer tasks, from the results of modules in check mode. Private to otc.dis.

Pure functions; a status is one of :data:`STATUSES`.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

IN_SYNC, DRIFT, MISSING, UNEXPECTED = "in_sync", "drift", "missing", "unexpected"
UNMANAGED, ERROR = "unmanaged", "error"
STATUSES = (ERROR, DRIFT, MISSING, UNEXPECTED, UNMANAGED, IN_SYNC)
"""In the order of a report."""
DRIFTED = (DRIFT, MISSING, UNEXPECTED)


class Difference(NamedTuple):
    """A setting with both values; None where a side does not have it."""

    setting: str
    observed: Any
    desired: Any


class Resource(NamedTuple):
    """A stream or a transfer task in the report.

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
        """The resource as JSON."""
        lists = {name: list(getattr(self, name)) for name in ("actions", "unverified")}
        return {**self._asdict(), **lists, "differences": [one._asdict() for one in self.differences]}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Tuple[Difference, ...]:
    """The settings that differ between the two sides of a diff, sorted by name.

    A setting that only the observed side has is not managed, unless the whole resource is to be deleted.
    """
    names = sorted({*before, *after} if after else before)
    return tuple(
        Difference(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    )


def status_of(result: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The status of a managed resource.

    :param result: what a module returned for it in check mode
    :param before: the observed side of its diff
    :param after: the desired side
    """
    if result.get("failed"):
        return DRIFT if (result.get("error") or {}).get("kind") == "drift" else ERROR
    if not result.get("actions"):
        return IN_SYNC
    return MISSING if not before else UNEXPECTED if not after else DRIFT


def managed(
    kind: str, result: Mapping[str, Any], diff: Mapping[str, Any], stream: str, task: Optional[str]
) -> Resource:
    """A resource that is described.

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
    """The streams of a loop over the module ``stream``.

    :param loop_variable: name of the loop variable, which holds the entry of a stream
    """
    return [
        managed("stream", one, one.get("diff") or {}, str((one.get(loop_variable) or {}).get("stream_name")), None)
        for one in results
        if not one.get("skipped")
    ]


def transfer_tasks(result: Mapping[str, Any]) -> List[Resource]:
    """The transfer tasks of one call of the module ``transfer_tasks``; empty if it failed before its first read."""
    diffs = {str(one.get("before_header")): one for one in result.get("diff") or ()}
    return [
        managed(
            "transfer_task",
            one,
            diffs.get(f'transfer task "{one["task_name"]}" of stream "{one["stream_name"]}"', {}),
            one["stream_name"],
            one["task_name"],
        )
        for one in result.get("transfer_tasks") or ()
    ]


def unmanaged(
    found: Sequence[Resource], tasks: Iterable[Mapping[str, Any]], stream_names: Iterable[str], whole_project: bool
) -> List[Resource]:
    """What exists without a description.

    :param tasks: transfer tasks that exist
    :param stream_names: streams that exist
    :param whole_project: also report streams, and tasks of streams, that nothing describes
    """
    known = {(one.stream_name, one.task_name) for one in found}
    described: Set[str] = {one.stream_name for one in found}
    note = "It exists, and no entry describes it."
    extra = [
        Resource("transfer_task", task["stream_name"], task["task_name"], UNMANAGED, reason=note)
        for task in tasks
        if (task["stream_name"], task["task_name"]) not in known and (whole_project or task["stream_name"] in described)
    ]
    if whole_project:
        extra += [
            Resource("stream", name, None, UNMANAGED, reason=note) for name in stream_names if name not in described
        ]
    return extra


def line(one: Resource) -> str:
    """A resource of the report in one line."""
    name = f"{one.stream_name}/{one.task_name}" if one.task_name else one.stream_name
    text = f"{name}: {one.status.replace('_', ' ')}"
    if one.reason:
        return f"{text}. {one.reason}"
    values = "; ".join(f"{d.setting} is {d.observed!r}, desired {d.desired!r}" for d in one.differences)
    details = "" if one.status in (MISSING, UNEXPECTED) or not values else f" ({values})"
    return f"{text}{details}" + (f", needs: {', '.join(one.actions)}" if one.actions else "")


def report(resources: Iterable[Resource]) -> Dict[str, Any]:
    """The report: whether there is drift, counts by status, all resources, and a line for each that needs attention."""
    ordered = sorted(resources, key=lambda one: (STATUSES.index(one.status), one.stream_name, one.task_name or ""))
    return {
        "drift": any(one.status in DRIFTED for one in ordered),
        "summary": {status: sum(one.status == status for one in ordered) for status in STATUSES},
        "resources": [one.to_result() for one in ordered],
        "lines": [line(one) for one in ordered if one.status != IN_SYNC],
    }
