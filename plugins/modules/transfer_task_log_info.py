#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: transfer_task_log_info
short_description: Get the log of a DIS transfer task
version_added: 1.0.0
description:
  - Returns the latest batches of a transfer task (dump task) with their state, size and error, newest first.
  - If there is no such task or stream, or if the region does not offer the log, the list is empty; the module does not
    fail.
  - Authenticate with O(cloud), with C(OS_*) environment variables or with O(auth).
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes.info_module
  - otc.dis.auth
options:
  stream_name:
    description:
      - Name of the stream, 1 to 64 letters, digits, V(_) or V(-).
    type: str
    required: true
  task_name:
    description:
      - Name of the task, 1 to 64 letters, digits, V(_) or V(-).
    type: str
    required: true
    aliases: [name]
  limit:
    description:
      - Maximum number of batches, from 1 to 100.
    type: int
    default: 10
notes:
  - The module uses an operation that the API reference of Huawei Cloud documents (Showtransfertasklog). It does not
    document how a batch contains its error. The module reads the usual names of error codes and messages.
  - The modules that manage transfer tasks and M(otc.dis.transfer_health_info) include the last error in their messages
    about tasks in state V(ABNORMAL) or V(ERROR), if the service returns it within two seconds.
seealso:
  - module: otc.dis.transfer_task_info
  - module: otc.dis.transfer_health_info
"""

EXAMPLES = r"""
- name: Get the latest batches of a task
  otc.dis.transfer_task_log_info:
    cloud: my-otc
    stream_name: meters
    task_name: meters-to-dli
  register: log

- name: Show the last error
  ansible.builtin.debug:
    msg: "{{ log.last_error }}"
  when: log.last_error is not none
"""

RETURN = r"""
offered:
  description: Whether the region offers the log.
  returned: success
  type: bool
  sample: true
last_error:
  description: Error of the newest batch that has one. V(null) without an error.
  returned: success
  type: str
  sample: The table does not exist (DIS.4338)
batches:
  description: Latest batches, newest first. Values that the service does not return are V(null).
  returned: success
  type: list
  elements: dict
  contains:
    state:
      description: State as reported by the service.
      type: str
      returned: always
      sample: ERROR
    create_time:
      description: Creation time as returned by the service.
      type: str
      returned: always
      sample: "2024-04-01 19:37:20"
    start_time:
      description: Start time as returned by the service.
      type: str
      returned: always
      sample: "1712000240000"
    end_time:
      description: End time as returned by the service.
      type: str
      returned: always
      sample: "1712000245000"
    records:
      description: Number of records.
      type: int
      returned: always
      sample: 0
    read_records:
      description: Number of records that were read from the stream.
      type: int
      returned: always
      sample: 120
    data_size:
      description: Number of bytes.
      type: int
      returned: always
      sample: 0
    error:
      description: Error message and code. V(null) without an error.
      type: str
      returned: always
      sample: The table does not exist (DIS.4338)
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

from ..module_utils._queries.transfer_tasks import TransferTaskLogQuery
from ..module_utils._run import run_info_module

QUERY = TransferTaskLogQuery()


def main() -> None:
    """Run the module."""
    run_info_module(QUERY)


if __name__ == "__main__":
    main()
