#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: transfer_health_info
short_description: Check whether DIS transfer tasks deliver data
version_added: 1.0.0
description:
  - Reports for each transfer task (dump task) of some or all streams whether it works, has failed, or leaves records
    waiting.
  - The module succeeds even if tasks are unhealthy. To fail in that case and to write a report, use the role
    P(otc.dis.transfer_health#role).
  - A task is V(failed) if its state is V(ABNORMAL) or V(ERROR). A running task is V(stale) if records have been waiting
    for longer than O(stale_after) in at least one partition, and V(unknown) if the service does not return enough
    information. Other tasks are V(ok), including paused tasks and tasks of streams without new records.
  - Authenticate with O(cloud), with C(OS_*) environment variables or with O(auth).
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes.info_module
  - otc.dis.auth
options:
  streams:
    description:
      - Names of streams, and shell patterns of names such as V(meters-*). All streams by default. A named stream that
        does not exist is a problem, a pattern without matches is not.
    type: list
    elements: str
  task_pattern:
    description:
      - Shell pattern that the task names must match. All tasks by default.
    type: str
  stale_after:
    description:
      - Maximum waiting time of records, such as V(15m), V(1h30m) or a number of seconds, from 60 seconds to 6.5 days.
        Use a value well above the C(deliver_time_interval) of the tasks.
    type: str
    default: 1h
  history:
    description:
      - Length of the history of each stream, in the format of O(stale_after), up to 6.5 days. V(0) returns no history,
        which saves one request per stream.
    type: str
    default: 6h
  dead_letters:
    description:
      - Whether to count the objects with records that DLI did not load within C(retry_duration). DIS stores them in the
        bucket of the transfer task, in the directory C(dli_error) below C(file_prefix). Each such task is a problem.
      - At most 10000 objects per task are counted, with one request per 1000 objects. The requests require an access
        key (O(auth.access_key) or O(temporary_keys)) and the permission to list the bucket; otherwise, the number is
        unknown.
    type: bool
    default: false
  temporary_keys:
    description:
      - Whether O(dead_letters) may create a temporary access key, valid for 15 minutes. OBS does not accept tokens.
    type: bool
    default: false
  obs_endpoint_override:
    description:
      - Endpoint URL of OBS for O(dead_letters), without a bucket, such as V(https://obs.eu-de.otc.t-systems.com).
        Defaults to the endpoint in the service catalog.
    type: str
notes:
  - Waiting records have a sequence number equal to or greater than the C(last_transfer_offset) of the task. The metrics
    of the partition, which take one request, show when the oldest of them arrived. Metrics that cover less than half of
    the waiting records are regarded as incomplete, and the task is V(unknown). Full coverage is not required, since the
    service may retain records longer than metrics.
  - The time of the last work cycle is not used, since tasks have work cycles without transferring anything.
  - A task that was created less than O(stale_after) ago is never V(stale).
  - Delayed metrics can make recent records look older until they are counted. Times are compared with the clock of the
    host that runs the module.
seealso:
  - module: otc.dis.transfer_task_info
  - module: otc.dis.transfer_task_log_info
  - module: otc.dis.stream_metrics_info
  - module: otc.dis.event_subscription
"""

EXAMPLES = r"""
- name: Check the transfer tasks of some streams
  otc.dis.transfer_health_info:
    cloud: my-otc
    streams: [meters, meters-*]
    stale_after: 30m
  register: checked

- name: Show the table and the problems
  ansible.builtin.debug:
    msg: "{{ checked.table + checked.problems }}"
"""

RETURN = r"""
generated_at:
  description: Time of the check, by the clock of the host that runs the module.
  returned: success
  type: str
  sample: 2024-04-01 21:37:20 UTC
healthy:
  description: Whether no task is V(failed) or V(stale), and no named stream is missing.
  returned: success
  type: bool
  sample: false
problems:
  description: Problems in one or two sentences each, starting with stream and task.
  returned: success
  type: list
  elements: str
  sample: ["meters/meters-to-dli is failed: The state of the task is ABNORMAL."]
unknown:
  description: Tasks whose health or number of dead letters is unknown, in the format of RV(problems).
  returned: success
  type: list
  elements: str
  sample: []
table:
  description: Summary table, one string per line.
  returned: success
  type: list
  elements: str
  sample: ["STREAM  TASK           TO   STATE    HEALTH  LAST CYCLE               WAITING"]
streams:
  description: Streams, sorted by name.
  returned: success
  type: list
  elements: dict
  contains:
    stream_name:
      description: Name of the stream.
      type: str
      returned: always
      sample: meters
    health:
      description: Worst health of the tasks, in the order V(failed), V(stale), V(unknown), V(ok).
      type: str
      returned: always
      sample: ok
    tasks:
      description: Transfer tasks of the stream.
      type: list
      elements: dict
      returned: always
      contains:
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
          description: State as reported by the service.
          type: str
          returned: always
          sample: RUNNING
        health:
          description: V(ok), V(failed), V(stale) or V(unknown).
          type: str
          returned: always
          sample: ok
        reason:
          description: Reason for the health. V(null) without a reason.
          type: str
          returned: always
          sample: The state of the task is ABNORMAL.
        last_transfer_timestamp:
          description: Time of the last work cycle in milliseconds since 1970, whether or not records were transferred.
          type: int
          returned: always
          sample: 1712000240000
        last_transfer:
          description: Time of the last work cycle as readable text.
          type: str
          returned: always
          sample: 2024-04-01 19:37:20 UTC
        waiting_records:
          description: Number of waiting records. V(null) if unknown or not queried.
          type: int
          returned: always
          sample: 0
        waiting_since:
          description: Time before which the oldest waiting record arrived. V(null) unless the task is V(stale).
          type: str
          returned: always
          sample: 2024-04-01 20:01:00 UTC
        dead_letters:
          description: Objects with records that DLI did not load. V(null) without O(dead_letters), and for other
            destinations.
          type: dict
          returned: always
          contains:
            objects:
              description: Number of objects, V(null) if unknown.
              type: int
              returned: always
              sample: 2
            bytes:
              description: Total size of these objects, V(null) if unknown.
              type: int
              returned: always
              sample: 4096
            truncated:
              description: Whether there are more objects than were counted.
              type: bool
              returned: always
              sample: false
            path:
              description: Bucket and directory of the objects, V(null) if the service does not return them.
              type: str
              returned: always
              sample: telemetry-staging/dis/meters/dli_error/
            reason:
              description: Reason why the number is unknown, else V(null).
              type: str
              returned: always
              sample: null
    history:
      description: Number of records that arrived per interval. V(null) if the history was not requested, not returned
        by the service, or not received in time (with a warning).
      type: list
      elements: dict
      returned: always
      contains:
        start:
          description: Start of the interval in seconds since 1970.
          type: int
          returned: always
          sample: 1712000400
        records:
          description: Number of records that arrived in the interval.
          type: int
          returned: always
          sample: 17
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

from ..module_utils._queries.health import HealthQuery
from ..module_utils._run import run_info_module

QUERY = HealthQuery()


def main() -> None:
    """Run the module."""
    run_info_module(QUERY)


if __name__ == "__main__":
    main()
