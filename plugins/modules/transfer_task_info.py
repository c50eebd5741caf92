#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: transfer_task_info
short_description: Get information about DIS transfer tasks
version_added: 1.0.0
description:
  - Returns the transfer tasks (dump tasks) of one stream or of all streams of the project, to any destination, in the
    format of the modules that manage them.
  - If no task or stream matches, the list is empty; the module does not fail.
  - Authenticate with O(cloud), with C(OS_*) environment variables or with O(auth).
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes.info_module
  - otc.dis.auth
options:
  stream_name:
    description:
      - Name of the stream, 1 to 64 letters, digits, V(_) or V(-). The tasks of all streams are returned by default.
    type: str
  stream_pattern:
    description:
      - Shell pattern that the stream names must match, such as V(meters-*), case-sensitive.
    type: str
  task_name:
    description:
      - Name of one task of the stream, 1 to 64 letters, digits, V(_) or V(-). All tasks are returned by default.
    type: str
    aliases: [name]
  name_pattern:
    description:
      - Shell pattern that the task names must match, such as V(*-to-dli), case-sensitive.
    type: str
  destination_type:
    description:
      - Only return tasks with one of these destination types.
    type: list
    elements: str
    choices: [DLI, OBS, MRS, DWS, CLOUDTABLE]
  task_state:
    description:
      - Only return tasks in one of these states.
    type: list
    elements: str
    choices: [STARTING, RUNNING, PAUSED, ABNORMAL, ERROR]
  details:
    description:
      - Whether to query the settings and partitions of the tasks, which takes one more request per task.
      - With V(false), only the task list of each stream is queried. Values that it does not contain are V(null), and
        RV(transfer_tasks[].partitions) is empty. Ignored with O(task_name).
    type: bool
    default: true
seealso:
  - module: otc.dis.dli_transfer_task
  - module: otc.dis.obs_transfer_task
  - module: otc.dis.transfer_health_info
  - module: otc.dis.transfer_task_log_info
  - name: API reference of DIS
    description: Operations that this module uses, in section "Dump Task Management".
    link: https://docs.otc.t-systems.com/data-ingestion-service/api-ref/
"""

EXAMPLES = r"""
- name: Get one task
  otc.dis.transfer_task_info:
    cloud: my-otc
    stream_name: meters
    task_name: meters-to-dli
  register: found

- name: Fail if the last work cycle is more than an hour old
  ansible.builtin.assert:
    that: found.transfer_tasks[0].last_transfer_timestamp | default(0, true) > (now().timestamp() - 3600) * 1000
  when: found.transfer_tasks | length > 0

- name: Get all tasks of a stream with their progress per partition
  otc.dis.transfer_task_info:
    cloud: my-otc
    stream_name: meters

- name: Find failed tasks to DLI in all streams
  otc.dis.transfer_task_info:
    cloud: my-otc
    destination_type: [DLI]
    task_state: [ABNORMAL, ERROR]
    details: false
  register: broken

- name: Show the failed tasks
  ansible.builtin.debug:
    msg: "{{ item.task_name }} of stream {{ item.stream_name }} is {{ item.state }}"
  loop: "{{ broken.transfer_tasks }}"
"""

RETURN = r"""
transfer_tasks:
  description:
    - Matching transfer tasks, normalized across regions.
    - Each task also contains the settings of its destination, named like the options of the module that manages it,
      such as M(otc.dis.dli_transfer_task), without secrets.
    - Values that the service does not return are V(null).
  returned: success
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
    state:
      description: State as reported by the service, such as V(STARTING), V(RUNNING), V(PAUSED), V(ABNORMAL) or
        V(ERROR).
      type: str
      returned: always
      sample: RUNNING
    task_id:
      description: ID of the task.
      type: str
      returned: always
      sample: q7Vn0ZcL3tXy9HbK2sE
    stream_id:
      description: ID of the stream.
      type: str
      returned: always
      sample: m4PzT8wQa1RkU6jY0fD
    create_time:
      description: Creation time in milliseconds since 1970.
      type: int
      returned: always
      sample: 1712000000000
    last_transfer_timestamp:
      description: Time of the last work cycle in milliseconds since 1970, whether or not records were transferred.
      type: int
      returned: always
      sample: 1712000240000
    exception_strategy:
      description: Handling of records that cannot be loaded.
      type: str
      returned: always
      sample: ignoreAndBackup
    partitions:
      description: Partitions of the stream, with the progress of the task.
      type: list
      elements: dict
      returned: always
      contains:
        partition_id:
          description: ID of the partition.
          type: str
          returned: always
          sample: shardId-0000000000
        state:
          description: State of the partition as reported by the service.
          type: str
          returned: always
          sample: RUNNING
        last_transfer_timestamp:
          description: Time of the last work cycle in milliseconds since 1970.
          type: int
          returned: if the service returns it
          sample: 1712000240000
        last_transfer_offset:
          description: Sequence number of the next record to transfer. V(0) before the first transfer.
          type: int
          returned: if the service returns it
          sample: 4711
        discard:
          description: Number of discarded records.
          type: int
          returned: if the service returns it
          sample: 0
error:
  description: Details of the failure, for use in conditions.
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
      sample: forbidden
    status:
      description: HTTP status of the response. V(null) without a response.
      type: int
      returned: always
      sample: 403
    code:
      description: Error code of DIS, IAM or the API gateway. V(null) without a code.
      type: str
      returned: always
      sample: DIS.4117
    request_id:
      description: Request ID to quote to support. V(null) if the response has none.
      type: str
      returned: always
      sample: 4d1f0a2b8c3e4f60
    hint:
      description: Suggested next step, also part of C(msg). V(null) without a suggestion.
      type: str
      returned: always
      sample: Use the ID of the project to which the token is scoped.
"""

from ..module_utils._queries.transfer_tasks import TransferTaskQuery
from ..module_utils._run import run_info_module

QUERY = TransferTaskQuery()


def main() -> None:
    """Run the module."""
    run_info_module(QUERY)


if __name__ == "__main__":
    main()
