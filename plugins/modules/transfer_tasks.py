#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: transfer_tasks
short_description: Manage many transfer tasks of many DIS streams
version_added: 1.0.0
description:
  - Creates, updates, starts, stops and deletes any number of transfer tasks (dump tasks) to any destinations in one
    call, with one login and parallel requests. A thousand tasks take seconds instead of minutes.
  - O(transfer_tasks) is the only required option. Each entry has the options of the module of its destination, such as
    M(otc.dis.dli_transfer_task), and the same effect as that module.
  - The module validates all entries before the first request, and plans all changes before the first change. If a
    stream would have more than five tasks, no task is created in it.
  - Within a stream, tasks are deleted first and created last, so that deleted tasks free quota for new ones. The module
    waits until they are gone, even with O(wait=false). Tasks that are only started, or only stopped, share a request.
  - If an entry fails, the others are still processed, and the module fails at the end. RV(transfer_tasks) contains the
    outcome of each entry. After the cause is fixed, run the module again to complete the failed entries.
  - If the service throttles requests, the whole call slows down. The module fails if no request succeeds for a minute.
  - On C(SIGTERM) or C(SIGINT), the module starts no further changes, waits for pending responses and returns the
    outcome of each entry.
  - Authenticate with O(cloud), with C(OS_*) environment variables or with O(auth).
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes
  - otc.dis.wait
  - otc.dis.auth
options:
  transfer_tasks:
    description:
      - List of tasks. An entry has the options of the module of its destination, with the same names, defaults and
        rules, such as C(stream_name), C(task_name), C(state), C(on_drift) and C(agency_name). Options for
        authentication, connection and waiting apply to the whole call.
      - C(destination_type) selects the module, V(DLI) (the default), V(OBS), V(MRS), V(DWS) or V(CLOUDTABLE). See
        M(otc.dis.dli_transfer_task), M(otc.dis.obs_transfer_task), M(otc.dis.mrs_transfer_task),
        M(otc.dis.dws_transfer_task) and M(otc.dis.cloudtable_transfer_task).
      - An entry also accepts C(prevent_destroy). With V(true), the run fails before its first change if it would delete
        the task, also to create it again because of C(on_drift).
      - Values that are V(null), and empty strings unless the option accepts them, are treated as omitted. Unknown
        options are rejected.
    type: list
    elements: dict
    required: true
  state:
    description:
      - Desired state of entries without a C(state). See O(otc.dis.dli_transfer_task#module:state).
    type: str
    choices: [present, started, stopped, absent]
    default: present
  on_drift:
    description:
      - Action for entries without an C(on_drift) whose task exists with different settings. See
        O(otc.dis.dli_transfer_task#module:on_drift).
    type: str
    choices: [update, recreate, fail]
    default: update
  purge:
    description:
      - Whether to delete all transfer tasks without an entry, of any destination type, from the streams in
        O(transfer_tasks) and O(streams). Other streams are not affected.
    type: bool
    default: false
  streams:
    description:
      - Names of further streams for O(purge=true), which need no entries in O(transfer_tasks).
    type: list
    elements: str
    default: []
  on_error:
    description:
      - V(continue) processes the other entries after a failure.
      - V(stop) starts no further changes after a failure, and makes no changes at all if an entry fails during
        planning.
    type: str
    choices: [continue, stop]
    default: continue
  connections:
    description:
      - Maximum number of parallel requests, from 1 to 32.
    type: int
    default: 8
  max_deletes:
    description:
      - Maximum number of transfer tasks that the run may delete, such as V(3), or their percentage of the existing
        tasks of all streams in the call, such as V(10%), rounded down. Deletions by C(state=absent), O(purge) and
        C(on_drift=recreate) count. A run that would delete more fails before its first change, also in check mode.
      - Unlimited by default.
    type: str
  wait_for_agency:
    description:
      - Seconds, from 0 to 600, for which a request that creates or updates a task is sent again while the service
        rejects the agency (C(DIS.4335)). A new agency takes about a minute to become usable. The time between two
        requests starts at O(wait_interval) and doubles up to 15 seconds.
      - By default, the request is not sent again, because a wrong agency causes the same error.
    type: float
    default: 0
  assumed_streams:
    description:
      - Names of streams that check mode treats as existing and empty. Ignored in a real run.
      - Not needed if an earlier task of the same check mode run would create the stream and both tasks run on the
        control node.
    type: list
    elements: str
    default: []
seealso:
  - module: otc.dis.dli_transfer_task
  - module: otc.dis.transfer_task_info
  - module: otc.dis.transfer_task_log_info
"""

EXAMPLES = r"""
- name: Manage all transfer tasks of a stream, and delete others
  otc.dis.transfer_tasks:
    cloud: my-otc
    purge: true
    transfer_tasks:
      - stream_name: meters
        task_name: meters-to-dli
        agency_name: dis_admin_agency
        dli_database_name: telemetry
        dli_table_name: meter_raw
        obs_bucket_path: telemetry-staging
        state: started
      - stream_name: meters
        task_name: meters-to-obs
        destination_type: OBS
        agency_name: dis_admin_agency
        obs_bucket_path: telemetry-staging
        file_prefix: archive

- name: Create the same transfer task in many streams
  otc.dis.transfer_tasks:
    cloud: my-otc
    connections: 16
    wait: false
    transfer_tasks: >-
      {{ dict(streams | product(['to-archive'])) | dict2items(key_name='stream_name', value_name='task_name')
      | map('combine', settings) }}
  vars:
    streams: [meters]
    settings:
      destination_type: OBS
      agency_name: dis_admin_agency
      obs_bucket_path: telemetry-staging

- name: Pause several transfer tasks
  otc.dis.transfer_tasks:
    cloud: my-otc
    transfer_tasks:
      - {stream_name: meters, task_name: meters-to-dli, state: stopped}
      - {stream_name: meters, task_name: meters-to-obs, destination_type: OBS, state: stopped}
  register: paused

- name: Show the tasks that were paused
  ansible.builtin.debug:
    msg: "{{ paused.transfer_tasks | selectattr('changed') | map(attribute='task_name') }}"

- name: Delete all transfer tasks of a stream
  otc.dis.transfer_tasks:
    cloud: my-otc
    transfer_tasks: []
    purge: true
    streams: [meters]
"""

RETURN = r"""
transfer_tasks:
  description: Outcome of each entry, in the order of the entries, followed by tasks that O(purge) found.
  returned: if the options are valid
  type: list
  elements: dict
  contains:
    stream_name:
      description: Name of the stream.
      type: str
      returned: always
      sample: meters
    task_name:
      description: Name of the task.
      type: str
      returned: always
      sample: meters-to-dli
    destination_type:
      description: Destination type of the task.
      type: str
      returned: always
      sample: DLI
    purged:
      description: Whether the task has no entry and was selected for deletion by O(purge).
      type: bool
      returned: always
      sample: false
    planned:
      description: Actions of the initial plan, in order.
      type: list
      elements: str
      returned: always
      sample: [create]
    actions:
      description: Actions that were performed, or would be in check mode, in order. If the entry failed, actions that
        were performed, or may have been, before the failure.
      type: list
      elements: str
      returned: always
      sample: [create]
    changed:
      description: Whether the task was changed, may have been changed, or would be in check mode.
      type: bool
      returned: always
      sample: true
    failed:
      description: Whether the entry failed.
      type: bool
      returned: always
      sample: false
    skipped:
      description: Whether the entry was not processed, because another entry failed or the call was interrupted.
      type: bool
      returned: always
      sample: false
    warnings:
      description: Warnings about the task.
      type: list
      elements: str
      returned: always
      sample: []
    msg:
      description: Reason why the entry failed or was not processed.
      type: str
      returned: if the entry failed or was skipped
      sample: >-
        Cannot create transfer task "meters-to-dli" of stream "meters": Table does not exist (HTTP 400, DIS.4338).
    error:
      description: Details of the failure, in the format of RV(error).
      type: dict
      returned: if the entry failed
      sample: {}
    replacement:
      description: Settings of the task that could not be created again.
      type: dict
      returned: if O(on_drift=recreate) deleted, or may have deleted, the task and could not create it again
      sample: {}
    unverified:
      description: Specified options whose current value the service does not return, so that drift cannot be detected.
      type: list
      elements: str
      returned: if the entry neither failed nor was skipped
      sample: []
    cost:
      description: Effect of the replacement on the records of the stream, as RV(otc.dis.dli_transfer_task#module:cost).
      type: dict
      returned: if the task is replaced, or would be in check mode
      sample: {}
    running_time:
      description:
        - Time in which the task may have transferred records before it was stopped, as
          RV(otc.dis.dli_transfer_task#module:running_time).
      type: dict
      returned: if the task was created and stopped, and O(wait)
      sample: {}
    transfer_task:
      description:
        - The task, in the format of the module of its destination. V(null) if the task does not exist.
        - With O(wait=false), the task is returned as planned, without the values that only the service sets, such as
          the ID. Only updates are read back.
      type: dict
      returned: if the entry neither failed nor was skipped
      sample: {"stream_name": "meters", "task_name": "meters-to-dli", "state": "RUNNING"}
summary:
  description: Number of entries by outcome.
  returned: if the options are valid
  type: dict
  contains:
    total:
      description: Number of entries, including purged tasks.
      type: int
      returned: always
      sample: 1000
    ok:
      description: Number of entries already in the desired state.
      type: int
      returned: always
      sample: 990
    changed:
      description: Number of entries that were changed, may have been changed, or would be in check mode.
      type: int
      returned: always
      sample: 10
    failed:
      description: Number of failed entries.
      type: int
      returned: always
      sample: 0
    skipped:
      description: Number of entries that were not processed.
      type: int
      returned: always
      sample: 0
    actions:
      description: Number of times that each action was performed, or would be in check mode.
      type: dict
      returned: always
      sample: {"create": 8, "update": 2}
actions:
  description: Distinct actions that were performed, or would be in check mode. RV(summary.actions) contains the number
    of each.
  returned: success
  type: list
  elements: str
  sample: [create, update]
done:
  description: Distinct actions that were performed, or may have been, before the failure.
  returned: failure
  type: list
  elements: str
  sample: [create]
error:
  description: Details of the failure, for use in conditions. If entries failed, those of the first failed entry.
  returned: failure
  type: dict
  contains:
    kind:
      description:
        - Kind of the failure. One of V(invalid_options), V(drift), V(not_found), V(authentication), V(forbidden),
          V(unsupported), V(throttled), V(rejected), V(service_error), V(unreachable), V(response_lost),
          V(unexpected_response), V(not_applied), V(timeout) or V(internal_error).
      type: str
      returned: always
      sample: not_found
    status:
      description: HTTP status of the response. V(null) without a response.
      type: int
      returned: always
      sample: 400
    code:
      description: Error code of DIS, IAM or the API gateway. V(null) without a code.
      type: str
      returned: always
      sample: DIS.4301
    request_id:
      description: Request ID to quote to support. V(null) if the response has none.
      type: str
      returned: always
      sample: 4d1f0a2b8c3e4f60
    hint:
      description: Suggested next step, also part of C(msg). V(null) without a suggestion.
      type: str
      returned: always
      sample: Check the name of the stream, the region and the project.
"""

from ..module_utils._resources.batch import TransferTaskBatch
from ..module_utils._run import run_module

RESOURCE = TransferTaskBatch()


def main() -> None:
    """Run the module."""
    run_module(RESOURCE)


if __name__ == "__main__":
    main()
