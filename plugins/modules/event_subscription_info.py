#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: event_subscription_info
short_description: Get information about subscriptions to DIS events
version_added: 1.0.0
description:
  - Returns one subscription to events of the Data Ingestion Service (DIS) or all subscriptions of the project.
  - If no subscription matches, the list is empty; the module does not fail. If the region does not offer subscriptions,
    RV(offered) is also false.
  - Authenticate with O(cloud), with C(OS_*) environment variables or with O(auth).
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes.info_module
  - otc.dis.auth
options:
  subscription_name:
    description:
      - Name of the subscription, 1 to 64 letters, digits, V(_) or V(-). All subscriptions are returned by default.
    type: str
    aliases: [name]
  name_pattern:
    description:
      - Shell pattern that the names must match, such as V(task-*), case-sensitive.
    type: str
  event_types:
    description:
      - Whether to return the types of events that the region offers. This takes one more request.
    type: bool
    default: false
notes:
  - The module uses operations that the API reference of Huawei Cloud documents (ListEventsubs, GetEventList). No real
    response was available for verification. It accepts IDs as a list or as a string with commas or line breaks.
seealso:
  - module: otc.dis.event_subscription
  - module: otc.dis.event_info
"""

EXAMPLES = r"""
- name: Get all event subscriptions
  otc.dis.event_subscription_info:
    cloud: my-otc
    event_types: true
  register: found

- name: Show the names of the enabled subscriptions
  ansible.builtin.debug:
    msg: "{{ found.event_subscriptions | selectattr('enabled') | map(attribute='subscription_name') }}"
"""

RETURN = r"""
offered:
  description: Whether the region offers event subscriptions.
  returned: success
  type: bool
  sample: true
event_subscriptions:
  description: Matching subscriptions. Values that the service does not return are V(null).
  returned: success
  type: list
  elements: dict
  contains:
    subscription_name:
      description: Name of the subscription.
      type: str
      returned: always
      sample: task-alarms
    subscription_id:
      description: ID of the subscription.
      type: str
      returned: always
      sample: Tm4kPz81QbXw6yRs0Vc
    enabled:
      description: Whether notifications are sent.
      type: bool
      returned: always
      sample: true
    events:
      description: Types of the events, as in O(otc.dis.event_subscription#module:events). The IDs of unknown types.
      type: list
      elements: str
      returned: always
      sample: [task_restored, task_abnormal]
    event_ids:
      description: IDs of the types of events.
      type: list
      elements: str
      returned: always
      sample: [dis_event.000, dis_event.001]
    streams:
      description: Names of the streams, or the IDs of streams that no longer exist. Empty for all streams. The service
        may also list each stream of the project for a subscription to all streams.
      type: list
      elements: str
      returned: always
      sample: [meters]
    stream_ids:
      description: IDs of the streams as returned by the service.
      type: list
      elements: str
      returned: always
      sample: [Zk3vTq81LmWb0cXy7Rd]
    target_stream:
      description: Name of the stream that receives the notifications. V(null) for an SMN topic.
      type: str
      returned: always
      sample: null
    topic_name:
      description: Name of the SMN topic. V(null) for a stream.
      type: str
      returned: always
      sample: alarms
    topic_urn:
      description: URN of the SMN topic. V(null) for a stream.
      type: str
      returned: always
      sample: urn:smn:eu-de:0123456789abcdef0123456789abcdef:alarms
quota:
  description: Maximum number of subscriptions in the project. V(null) if the service does not return it.
  returned: success
  type: int
  sample: 10
event_types:
  description: Types of events that the region offers. V(null) without O(event_types), or if the region does not offer
    this list.
  returned: success
  type: list
  elements: dict
  contains:
    event:
      description: Type of the event, as in O(otc.dis.event_subscription#module:events). The ID of an unknown type.
      type: str
      returned: always
      sample: task_abnormal
    type_id:
      description: ID of the type.
      type: str
      returned: always
      sample: dis_event.001
    type_name:
      description: Name of the type as returned by the service.
      type: str
      returned: always
      sample: Dump task abnormal
    severity:
      description: Severity, V(normal) or V(warning).
      type: str
      returned: always
      sample: warning
    category:
      description: Category, V(tenant), V(stream) or V(task).
      type: str
      returned: always
      sample: task
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

from ..module_utils._queries.events import SubscriptionQuery
from ..module_utils._run import run_info_module

QUERY = SubscriptionQuery()


def main() -> None:
    """Run the module."""
    run_info_module(QUERY)


if __name__ == "__main__":
    main()
