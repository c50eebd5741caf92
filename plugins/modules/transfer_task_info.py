#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: transfer_task_info
short_description: Look at transfer tasks of DIS streams
version_added: 1.0.0
description:
  - Tells the transfer tasks (dump tasks) of one stream or of all streams of the project, whatever their destination,
    as the modules that manage them return them.
  - What does not exist is not listed. If there is no such task or no such stream, the list is empty; that is no
    failure.
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes.info_module
  - otc.dis.auth
options:
  stream_name:
    description:
      - Name of the stream, 1 to 64 letters, digits, V(_) or V(-).
      - Without it, the tasks of every stream of the project are listed.
    type: str
  stream_pattern:
    description:
      - Only list tasks of streams whose name matches this shell pattern, such as V(meters-*). Capitals count.
    type: str
  task_name:
    description:
      - Name of one task of the stream, 1 to 64 letters, digits, V(_) or V(-).
    type: str
    aliases: [name]
  name_pattern:
    description:
      - Only list tasks whose name matches this shell pattern, such as V(*-to-dli). Capitals count.
    type: str
  destination_type:
    description:
      - Only list tasks with one of these destinations.
    type: list
    elements: str
    choices: [DLI, OBS, MRS, DWS, CLOUDTABLE]
  task_state:
    description:
      - Only list tasks in one of these states.
    type: list
    elements: str
    choices: [STARTING, RUNNING, PAUSED, ABNORMAL, ERROR]
  details:
    description:
      - Whether to ask for the settings of the tasks and for the progress in each partition, which takes one request for
        each task.
      - With V(false) there is one request for each stream. What the list of a stream does not tell is then V(null), and
        RV(transfer_tasks[].partitions) is empty.
      - For a single task (O(task_name)) the details are always asked for.
    type: bool
    default: true
seealso:
  - module: otc.dis.dli_transfer_task
  - module: otc.dis.obs_transfer_task
  - name: API reference of DIS
    description: The operations that this module uses, under "Dump Task Management".
    link: https://docs.otc.t-systems.com/data-ingestion-service/api-ref/
"""

EXAMPLES = r"""
- name: Look at one task
  otc.dis.transfer_task_info:
    cloud: my-otc
    stream_name: meters
    task_name: meters-to-dli
  register: found

- name: Fail if its last work cycle began more than an hour ago
  ansible.builtin.assert:
    that: found.transfer_tasks[0].last_transfer_timestamp | default(0, true) > (now().timestamp() - 3600) * 1000
  when: found.transfer_tasks | length > 0

- name: Look at all tasks of a stream, with the offset that each has reached in each partition
  otc.dis.transfer_task_info:
    cloud: my-otc
    stream_name: meters

- name: Find the tasks to DLI that do not work, in all streams, without asking for details
  otc.dis.transfer_task_info:
    cloud: my-otc
    destination_type: [DLI]
    task_state: [ABNORMAL, ERROR]
    details: false
  register: broken

- name: Name them
  ansible.builtin.debug:
    msg: "{{ item.task_name }} of stream {{ item.stream_name }} is {{ item.state }}"
  loop: "{{ broken.transfer_tasks }}"
"""

RETURN = r"""
transfer_tasks:
  description:
    - The transfer tasks, in one spelling whatever the region answers.
    - Beside the members below, each has the settings of its destination, under the names of the options of the module
      that manages it, such as M(otc.dis.dli_transfer_task). Secrets are left out.
    - Members that are not known are V(null).
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
      description: Where the data goes.
      type: str
      returned: always
      sample: DLI
    state:
      description: What the service says of the task, such as V(STARTING), V(RUNNING), V(PAUSED), V(ABNORMAL) or
        V(ERROR).
      type: str
      returned: always
      sample: RUNNING
    task_id:
      description: Id of the task.
      type: str
      returned: always
      sample: q7Vn0ZcL3tXy9HbK2sE
    stream_id:
      description: Id of the stream.
      type: str
      returned: always
      sample: m4PzT8wQa1RkU6jY0fD
    create_time:
      description: When the task was created, in milliseconds since 1970.
      type: int
      returned: always
      sample: 1712000000000
    last_transfer_timestamp:
      description: Time of the last work cycle, in milliseconds since 1970. It need not have transferred anything.
      type: int
      returned: always
      sample: 1712000240000
    exception_strategy:
      description: What the service does with records that cannot be loaded.
      type: str
      returned: always
      sample: ignoreAndBackup
    partitions:
      description: The partitions of the stream with their progress.
      type: list
      elements: dict
      returned: always
      contains:
        partition_id:
          description: Id of the partition.
          type: str
          returned: always
          sample: shardId-0000000000
        state:
          description: What the service says of the partition.
          type: str
          returned: always
          sample: RUNNING
        last_transfer_timestamp:
          description: Time of the last work cycle, in milliseconds since 1970.
          type: int
          returned: if the service tells it
          sample: 1712000240000
        last_transfer_offset:
          description: Sequence number of the next record to transfer; 0 before anything was transferred.
          type: int
          returned: if the service tells it
          sample: 4711
        discard:
          description: Number of records that could not be used.
          type: int
          returned: if the service tells it
          sample: 0
error:
  description: The failure in parts, for conditions in playbooks.
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
      sample: 403
    code:
      description: The code of DIS, IAM or the gateway; V(null) if there was none.
      type: str
      returned: always
      sample: DIS.4116
    request_id:
      description: What support asks for; V(null) if the answer told none.
      type: str
      returned: always
      sample: 4d1f0a2b8c3e4f60
    hint:
      description: What to do next, where that is more than what C(msg) says; V(null) otherwise.
      type: str
      returned: always
      sample: Use the id of the project to which the token is scoped.
"""

from ..module_utils._queries.transfer_tasks import TransferTaskQuery
from ..module_utils._run import run_info_module

QUERY = TransferTaskQuery()


def main() -> None:
    """Run the module."""
    run_info_module(QUERY)


if __name__ == "__main__":
    main()
