#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: transfer_tasks
short_description: Manage many transfer tasks of many DIS streams in one call
version_added: 1.0.0
description:
  - Creates, changes, starts, stops and deletes transfer tasks (dump tasks) of any number of streams and to any
    destination in one call, with one login and several requests at a time.
  - Each entry is planned and carried out as the module of its destination does it, such as
    M(otc.dis.dli_transfer_task). What differs is the speed, a thousand tasks take seconds instead of minutes.
  - All entries are checked before the first request, and everything is looked at and planned before the first one that
    writes. The tasks that a stream would then have are counted; if there would be more than five, nothing is created
    in it.
  - Within a stream, deletions come first and creations last, so that a task that goes makes room for one that comes.
    Until it is gone, the others wait, whatever O(wait) says.
  - A failure of one entry leaves the others alone, and the module fails at the end. The result tells for each entry
    what was planned, what was done, and what went wrong. A second run picks up what is left.
  - When the service asks to slow down, the whole call does so. It gives up when nothing got through for a minute.
  - If it is ended by C(SIGTERM) or C(SIGINT), it waits for the answers of requests that are under way, begins nothing
    new, and tells how far it came.
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes
  - otc.dis.wait
  - otc.dis.auth
options:
  transfer_tasks:
    description:
      - The tasks, each described once. An entry takes the options of the module of its destination,
        with the same names, defaults and rules, such as C(stream_name), C(task_name), C(state), C(on_drift) and
        C(agency_name). Options of the login and of waiting belong to the whole call.
      - C(destination_type) of an entry is V(DLI), V(OBS), V(MRS), V(DWS) or V(CLOUDTABLE); V(DLI) if it is left out.
        The modules are M(otc.dis.dli_transfer_task), M(otc.dis.obs_transfer_task), M(otc.dis.mrs_transfer_task),
        M(otc.dis.dws_transfer_task) and M(otc.dis.cloudtable_transfer_task).
      - A member that is V(null) counts as left out, and so does an empty text, as blank fields of surveys come, unless
        the option may be empty. A name that the destination does not know is refused.
    type: list
    elements: dict
    required: true
  state:
    description:
      - What is wanted for each task that does not say it itself. See O(otc.dis.dli_transfer_task#module:state).
    type: str
    choices: [present, started, stopped, absent]
    default: present
  on_drift:
    description:
      - What to do with each task that differs and does not say it itself. See
        O(otc.dis.dli_transfer_task#module:on_drift) for the price of V(recreate).
    type: str
    choices: [update, recreate, fail]
    default: update
  purge:
    description:
      - Whether to delete the transfer tasks, whatever their destination, that no entry describes, in the streams that
        entries or O(streams) name. Other streams are never touched.
    type: bool
    default: false
  streams:
    description:
      - Names of further streams that O(purge=true) covers, although no entry has them, to remove all of their tasks.
    type: list
    elements: str
    default: []
  assumed_streams:
    description:
      - Names of streams that are taken to exist and to be empty in check mode. A real run ignores this option.
      - Streams that an earlier task of the same run would create are known without it, if the modules run on the
        controller.
    type: list
    elements: str
    default: []
  on_error:
    description:
      - Whether the other entries are still carried out after one has failed.
      - With V(stop), nothing new is begun once an entry has failed. If one fails while everything is planned, nothing
        is changed at all.
    type: str
    choices: [continue, stop]
    default: continue
  connections:
    description:
      - How many requests are made at a time, 1 to 32.
    type: int
    default: 8
seealso:
  - module: otc.dis.dli_transfer_task
  - module: otc.dis.transfer_task_info
notes:
  - With O(wait=false), a task that was created is not looked at again, so its RV(transfer_tasks[].transfer_task) holds
    what was sent, without an id. An update is always read back.
"""

EXAMPLES = r"""
- name: Keep the transfer tasks of two streams, and nothing else in them
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

- name: The same transfer task in each of many streams
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

- name: Pause all of them, and go on if one cannot be paused
  otc.dis.transfer_tasks:
    cloud: my-otc
    transfer_tasks:
      - {stream_name: meters, task_name: meters-to-dli, state: stopped}
      - {stream_name: meters, task_name: meters-to-obs, destination_type: OBS, state: stopped}
  register: paused

- name: Tell which were paused
  ansible.builtin.debug:
    msg: "{{ paused.transfer_tasks | selectattr('changed') | map(attribute='task_name') }}"

- name: Remove all transfer tasks of a stream
  otc.dis.transfer_tasks:
    cloud: my-otc
    transfer_tasks: []
    purge: true
    streams: [meters]
"""

RETURN = r"""
transfer_tasks:
  description: One for each entry, in their order, and behind them one for each task that O(purge) found.
  returned: when the options were in order
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
      description: Where the data goes.
      type: str
      returned: always
      sample: DLI
    purged:
      description: Whether nobody described it, so that it was to be deleted.
      type: bool
      returned: always
      sample: false
    planned:
      description: What the first look showed to be missing, in order.
      type: list
      elements: str
      returned: always
      sample: [create]
    actions:
      description: What was done, in order; in check mode, what would be done. If the entry failed, what had been done,
        or may have been, before.
      type: list
      elements: str
      returned: always
      sample: [create]
    changed:
      description: Whether it was, would be or may have been changed.
      type: bool
      returned: always
      sample: true
    failed:
      description: Whether it failed.
      type: bool
      returned: always
      sample: false
    skipped:
      description: Whether its turn did not come, as another one had failed or the call was ended.
      type: bool
      returned: always
      sample: false
    warnings:
      description: What one should know of it.
      type: list
      elements: str
      returned: always
      sample: []
    msg:
      description: Why it failed or was skipped.
      type: str
      returned: when it failed or was skipped
      sample: Cannot create it.
    error:
      description: The failure in parts, as RV(error).
      type: dict
      returned: when it failed
      sample: {}
    replacement:
      description: The settings that a new task was to have whose old one has been, or may have been, deleted for it.
      type: dict
      returned: when that is so
      sample: {}
    unverified:
      description: Options that were given and that the service does not tell back.
      type: list
      elements: str
      returned: when it did not fail and was not skipped
      sample: []
    transfer_task:
      description:
        - The task, as the module of its destination returns it; V(null) if it is absent.
        - With O(wait=false), what was written is not looked at again, but for an update. The task is as planned then,
          its state included, and what only the service can tell of a new one is V(null).
      type: dict
      returned: when it did not fail and was not skipped
      sample: {"stream_name": "meters", "task_name": "meters-to-dli", "state": "RUNNING"}
summary:
  description: How many came to what.
  returned: when the options were in order
  type: dict
  contains:
    total:
      description: Number of entries, with those of O(purge).
      type: int
      returned: always
      sample: 1000
    ok:
      description: Those that were as described.
      type: int
      returned: always
      sample: 990
    changed:
      description: Those that were, would be or may have been changed.
      type: int
      returned: always
      sample: 10
    failed:
      description: Those that failed.
      type: int
      returned: always
      sample: 0
    skipped:
      description: Those whose turn did not come.
      type: int
      returned: always
      sample: 0
    actions:
      description: How often each action was, or would be, done.
      type: dict
      returned: always
      sample: {"create": 8, "update": 2}
actions:
  description: The kinds of action that were, or would be, done. How often is in RV(summary.actions).
  returned: success
  type: list
  elements: str
  sample: [create, update]
done:
  description: The kinds of action that had been done, or may have been, before the end.
  returned: failure
  type: list
  elements: str
  sample: [create]
error:
  description: The failure in parts, for conditions in playbooks. If entries failed, that of the first of them.
  returned: failure
  type: dict
  contains:
    kind:
      description:
        - What sort of failure it is. V(invalid_options), V(drift), V(not_found), V(authentication), V(forbidden),
          V(unsupported), V(throttled), V(rejected), V(service_error), V(unreachable), V(response_lost),
          V(unexpected_response), V(not_applied), V(timeout) or V(internal_error); the guide to errors says what each of
          these words means.
      type: str
      returned: always
      sample: rejected
    status:
      description: HTTP status of the answer; V(null) if there was none.
      type: int
      returned: always
      sample: 400
    code:
      description: The code of DIS, IAM or the gateway; V(null) if there was none.
      type: str
      returned: always
      sample: DIS.4301
    request_id:
      description: What support asks for; V(null) if the answer told none.
      type: str
      returned: always
      sample: 4d1f0a2b8c3e4f60
    hint:
      description: What to do next, where that is more than what C(msg) says; V(null) otherwise.
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
