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
  - Says of every transfer task (dump task) of some or all streams whether it works, has failed, or lets data wait.
  - The module only tells; it does not fail because a task does. The role P(otc.dis.transfer_health#role) does that, and
    writes a report.
  - A task is V(failed) if the service calls it V(ABNORMAL) or V(ERROR).
  - A running task is V(stale) if records wait in a partition, be it a single one, and its metrics show that the oldest
    of them came longer ago than O(stale_after). Records wait if their sequence numbers are not below
    C(last_transfer_offset) of the task, which is the number of the next record to transfer. For each partition with
    records that wait, one request asks for metrics.
  - Sequence numbers tell that records wait, but not since when, so metrics are needed. The records that wait are the
    last ones that came. If metrics count less than half of them, the metrics are taken to be incomplete, and the task
    is V(unknown). All of them are not required, because metrics do not go back as far as records may, and a task that
    stopped many days ago would be V(unknown) instead of V(stale).
  - The time of the last work cycle is no evidence, because a task has work cycles without transferring anything.
  - A task that was created less than O(stale_after) ago is not V(stale).
  - Where one of these things is not told, the task is V(unknown), never V(stale). A stream without new records is
    healthy.
  - Metrics do not say which record they count. If they lag behind, records that have just come can be taken for older
    ones until they are counted.
  - Times are compared with the clock of the machine that runs the module.
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes.info_module
  - otc.dis.auth
options:
  streams:
    description:
      - Names of streams, and shell patterns of names such as V(meters-*). All streams if this is left out.
      - A stream that is named and is not there is a problem. A pattern may match nothing.
    type: list
    elements: str
  task_pattern:
    description:
      - Only look at tasks whose name matches this shell pattern.
    type: str
  stale_after:
    description:
      - How long data may wait, such as V(15m), V(1h30m) or a number of seconds, at least 60 seconds. It should be well
        above the C(deliver_time_interval) of the tasks.
    type: str
    default: 1h
  history:
    description:
      - How far the history of each stream goes back, written in the same way. V(0) for none, which saves one request
        for each stream.
    type: str
    default: 6h
seealso:
  - module: otc.dis.transfer_task_info
  - module: otc.dis.stream_metrics_info
"""

EXAMPLES = r"""
- name: See how the tasks of the meters are
  otc.dis.transfer_health_info:
    cloud: my-otc
    streams: [meters, meters-*]
    stale_after: 30m
  register: seen

- name: Tell it
  ansible.builtin.debug:
    msg: "{{ seen.table + seen.problems }}"
"""

RETURN = r"""
generated_at:
  description: When the module looked, by the clock of the machine that runs it.
  returned: success
  type: str
  sample: 2024-04-01 21:37:20 UTC
healthy:
  description: Whether no task is V(failed) or V(stale), and no stream that was named is missing.
  returned: success
  type: bool
  sample: false
problems:
  description: What is wrong, one sentence or two for each, beginning with stream and task.
  returned: success
  type: list
  elements: str
  sample: [meters/meters-to-dli is failed. The service says that the task is ABNORMAL.]
unknown:
  description: What could not be told, in the same form.
  returned: success
  type: list
  elements: str
  sample: []
table:
  description: All of it as lines of a table.
  returned: success
  type: list
  elements: str
  sample: ["STREAM  TASK           TO   STATE    HEALTH  LAST CYCLE               WAITING"]
streams:
  description: The streams in the order of their names.
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
      description: The worst health of its tasks, V(failed), V(stale), V(unknown) or V(ok), in this order.
      type: str
      returned: always
      sample: ok
    tasks:
      description: Its transfer tasks.
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
          description: Where the data goes.
          type: str
          returned: always
          sample: DLI
        state:
          description: What the service says of the task.
          type: str
          returned: always
          sample: RUNNING
        health:
          description: V(ok), V(failed), V(stale) or V(unknown).
          type: str
          returned: always
          sample: ok
        reason:
          description: Why; V(null) if there is nothing to say.
          type: str
          returned: always
          sample: The service says that the task is ABNORMAL.
        last_transfer_timestamp:
          description: Time of the last work cycle, in milliseconds since 1970. It need not have transferred anything.
          type: int
          returned: always
          sample: 1712000240000
        last_transfer:
          description: The same for people.
          type: str
          returned: always
          sample: 2024-04-01 19:37:20 UTC
        waiting_records:
          description: How many records wait; V(null) if that is not known or was not asked for.
          type: int
          returned: always
          sample: 0
        waiting_since:
          description: When the oldest of the records that make the task V(stale) had come at the latest.
          type: str
          returned: always
          sample: 2024-04-01 20:01:00 UTC
    history:
      description: Records that came into the stream; V(null) if that was not asked for, is not told
        or did not come in time; of the last there is a warning.
      type: list
      elements: dict
      returned: always
      contains:
        start:
          description: Begin of a stretch of time, in seconds since 1970.
          type: int
          returned: always
          sample: 1712000400
        records:
          description: Records that came in it.
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
      sample: DIS.4116
    request_id:
      description: Request ID to quote to support. V(null) if the response has none.
      type: str
      returned: always
      sample: 4d1f0a2b8c3e4f60
    hint:
      description: Suggested next step, also part of C(msg). V(null) without a suggestion.
      type: str
      returned: always
      sample: Use the id of the project to which the token is scoped.
"""

from ..module_utils._queries.health import HealthQuery
from ..module_utils._run import run_info_module

QUERY = HealthQuery()


def main() -> None:
    """Run the module."""
    run_info_module(QUERY)


if __name__ == "__main__":
    main()
