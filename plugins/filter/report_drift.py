# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: report_drift
short_description: Convert results of check mode to a drift report
version_added: 1.0.0
author:
  - otc.dis contributors (@otc-dis)
description:
  - Converts the result of M(otc.dis.transfer_tasks) in check mode, with C(diff=true), to a report with one entry per
    stream and transfer task.
  - The role P(otc.dis.drift#role) uses it. The report contains no secrets.
positional: streams, task_lists, existing_streams
options:
  _input:
    description: Result of M(otc.dis.transfer_tasks).
    type: dict
    required: true
  streams:
    description: Results of a loop over M(otc.dis.stream) with the loop variable C(__dli_transfer_stream).
    type: list
    elements: dict
    default: []
  task_lists:
    description:
      - Results of a loop over M(otc.dis.transfer_task_info) with the loop variable C(__drift_stream), which is the name
        of a stream. A failed result is reported as an error.
    type: list
    elements: dict
    default: []
  existing_streams:
    description:
      - Names of all streams of the project. If set, streams without an entry, and their transfer tasks, are reported as
        unmanaged. Otherwise only tasks of the streams in the report are.
    type: list
    elements: str
seealso:
  - plugin: otc.dis.drift
    plugin_type: role
"""

EXAMPLES = r"""
- name: Compare a transfer task with its desired state
  otc.dis.transfer_tasks:
    cloud: my-otc
    transfer_tasks:
      - stream_name: meters
        task_name: meters-to-dli
        agency_name: dis_admin_agency
        dli_database_name: telemetry
        dli_table_name: meter_raw
        obs_bucket_path: telemetry-staging
  check_mode: true
  diff: true
  register: compared

- name: Show the differences
  ansible.builtin.debug:
    msg: "{{ (compared | otc.dis.report_drift).lines }}"
"""

RETURN = r"""
_value:
  description:
    - Dictionary with C(drift) (whether a resource differs, is missing or should not exist), C(summary) (number of
      resources by status), C(resources) and C(lines) (one sentence per resource that is not in sync).
    - A resource has C(resource) (V(stream) or V(transfer_task)), C(stream_name), C(task_name), C(status) (V(in_sync),
      V(drift), V(missing), V(unexpected), V(unmanaged) or V(error)), C(actions), C(differences) (C(setting),
      C(observed), C(desired)), C(unverified) and C(reason).
  type: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..plugin_utils import _drift

STREAM_VARIABLE = "__dli_transfer_stream"
"""Loop variable of the results of streams."""
LIST_VARIABLE = "__drift_stream"
"""Loop variable of the lists of transfer tasks."""


def report_drift(
    result: Mapping[str, Any],
    streams: Iterable[Mapping[str, Any]] = (),
    task_lists: Iterable[Mapping[str, Any]] = (),
    existing_streams: Iterable[str] | None = None,
) -> dict[str, Any]:
    """Return the drift report of modules in check mode; see DOCUMENTATION."""
    found = _drift.streams(streams, STREAM_VARIABLE) + _drift.transfer_tasks(result)
    existing_tasks, failed = _drift.existing(task_lists, LIST_VARIABLE)
    extra = _drift.unmanaged(found, existing_tasks, existing_streams or (), existing_streams is not None)
    return _drift.report(found + failed + extra)


class FilterModule:
    """Filters of this plugin."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"report_drift": report_drift}
