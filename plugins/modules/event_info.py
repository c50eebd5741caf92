#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: event_info
short_description: Get DIS events
version_added: 1.0.0
description:
  - Returns the events of the Data Ingestion Service (DIS) in the project, such as a transfer task that became abnormal
    or a throttled stream, newest first.
  - The service returns at most 1000 events of the last 15 days.
  - If the region does not offer events, the list is empty and RV(offered) is false; the module does not fail.
  - Authenticate with O(cloud), with C(OS_*) environment variables or with O(auth).
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes.info_module
  - otc.dis.auth
options:
  since:
    description:
      - Time of the oldest event to return, which is a time before now such as V(-1h30m) with the units V(w), V(d),
        V(h), V(m) and V(s), an ISO 8601 time such as V(2026-01-31T10:00:00+01:00) (UTC without a time zone), or seconds
        or milliseconds since 1970. All events are returned by default.
    type: str
  severity:
    description:
      - Severity of the events to return.
    type: str
    choices: [normal, warning]
  category:
    description:
      - Category of the events to return, which is the kind of resource that they are about.
    type: str
    choices: [tenant, stream, task]
  events:
    description:
      - Types of the events to return. For the IDs of the API, see O(otc.dis.event_subscription#module:events).
    type: list
    elements: str
    choices:
      - task_restored
      - task_abnormal
      - quota_insufficient
      - throttled
      - auto_scaling_succeeded
      - auto_scaling_failed
      - traffic_abnormal
      - traffic_restored
      - manual_scaling_failed
notes:
  - The module uses an operation that the API reference of Huawei Cloud documents (ListEvent). Its table describes a
    list of events, its example a single object; the module accepts both. No real response was available for
    verification.
seealso:
  - module: otc.dis.event_subscription
  - module: otc.dis.event_subscription_info
  - module: otc.dis.transfer_health_info
  - module: otc.dis.transfer_task_log_info
"""

EXAMPLES = r"""
- name: Get the warnings of the last day
  otc.dis.event_info:
    cloud: my-otc
    since: -1d
    severity: warning
  register: warnings

- name: Show the transfer tasks that became abnormal
  ansible.builtin.debug:
    msg: "{{ warnings.events | selectattr('event', 'eq', 'task_abnormal') | map(attribute='source_name') | unique }}"
"""

RETURN = r"""
offered:
  description: Whether the region offers events.
  returned: success
  type: bool
  sample: true
truncated:
  description: Whether the service returned 1000 events, so that older events may be missing.
  returned: success
  type: bool
  sample: false
events:
  description: Matching events, newest first. Values that the service does not return are V(null).
  returned: success
  type: list
  elements: dict
  contains:
    event_id:
      description: ID of the event.
      type: str
      returned: always
      sample: Hq7sTb20PmXw5nRc8Zk
    event:
      description: Type of the event, as in O(events). The ID of an unknown type.
      type: str
      returned: always
      sample: task_abnormal
    type_name:
      description: Name of the type as returned by the service.
      type: str
      returned: always
      sample: Dump task abnormal
    severity:
      description: Severity of the event.
      type: str
      returned: always
      sample: warning
    category:
      description: Category of the event.
      type: str
      returned: always
      sample: task
    occur_time:
      description: Time of the event in milliseconds since 1970.
      type: int
      returned: always
      sample: 1717406412000
    description:
      description: Description of the event.
      type: str
      returned: always
      sample: The dump task is abnormal.
    source_name:
      description: Name of the resource that the event is about.
      type: str
      returned: always
      sample: meters-to-dli
    source_id:
      description: ID of the resource that the event is about.
      type: str
      returned: always
      sample: Xa1cVe45LkQw9oPy2Mn
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

from ..module_utils._queries.events import EventQuery
from ..module_utils._run import run_info_module

QUERY = EventQuery()


def main() -> None:
    """Run the module."""
    run_info_module(QUERY)


if __name__ == "__main__":
    main()
