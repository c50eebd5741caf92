#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: event_subscription
short_description: Manage a subscription to DIS events
version_added: 1.0.0
description:
  - Creates, changes and deletes a subscription to events of the Data Ingestion Service (DIS). When an event occurs,
    such as a transfer task that becomes abnormal, the service notifies a topic of the Simple Message Notification
    service (SMN) or a stream.
  - An option that is omitted is not managed. A new subscription gets the documented default of the option.
  - A project can have ten subscriptions. Fails with RV(error.kind=unsupported) if the region does not offer
    subscriptions.
  - Authenticate with O(cloud), with C(OS_*) environment variables or with O(auth).
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes
  - otc.dis.auth
options:
  subscription_name:
    description:
      - Name of the subscription, 1 to 64 letters, digits, V(_) or V(-).
    type: str
    required: true
    aliases: [name]
  state:
    description:
      - V(present) ensures that the subscription exists with the specified settings, V(absent) that it does not exist.
    type: str
    choices: [present, absent]
    default: present
  enabled:
    description:
      - Whether notifications are sent.
      - A new subscription gets V(true) by default.
    type: bool
  events:
    description:
      - Types of events.
      - Required to create a subscription.
      - "The IDs of the API: V(task_restored) is C(dis_event.000), V(task_abnormal) C(dis_event.001),
        V(quota_insufficient) C(dis_event.002), V(throttled) C(dis_event.003), V(auto_scaling_succeeded)
        C(dis_event.004), V(auto_scaling_failed) C(dis_event.005), V(traffic_abnormal) C(dis_event.006),
        V(traffic_restored) C(dis_event.007), V(manual_scaling_failed) C(dis_event.008)."
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
  streams:
    description:
      - Names of the existing streams whose events are sent. An empty list selects all streams.
      - A new subscription is for all streams by default.
    type: list
    elements: str
  topic_name:
    description:
      - Name of the SMN topic that receives the notifications. Requires O(topic_urn).
      - To create a subscription, either O(topic_name) or O(target_stream) is required.
    type: str
  topic_urn:
    description:
      - URN of the SMN topic. Requires O(topic_name).
    type: str
  target_stream:
    description:
      - Name of the stream that receives the notifications, instead of an SMN topic.
    type: str
notes:
  - The module uses operations that the API reference of Huawei Cloud documents (CreateEventsubs, ListEventsubs,
    UpdateEventsubs, DeleteEventsubs). No real request or response was available for verification.
  - "The reference has two names for the types of events: C(event_ids), a list, in the update request and in the list of
    subscriptions, and C(events_ids), a string with line breaks, in the example of the creation request. The module
    sends C(event_ids) and reads both. It fails if the service does not return the events of a new subscription; rerun
    the task in this case, which sends them with the update request."
  - The list contains the IDs of all streams for a subscription to all streams. If a subscription lists every stream of
    the project, it is therefore treated as a subscription to all streams.
seealso:
  - module: otc.dis.event_subscription_info
  - module: otc.dis.event_info
  - module: otc.dis.transfer_health_info
"""

EXAMPLES = r"""
- name: Notify a topic about transfer tasks that fail or recover
  otc.dis.event_subscription:
    cloud: my-otc
    subscription_name: task-alarms
    events: [task_abnormal, task_restored]
    topic_name: alarms
    topic_urn: urn:smn:eu-de:0123456789abcdef0123456789abcdef:alarms

- name: Pause the notifications
  otc.dis.event_subscription:
    cloud: my-otc
    subscription_name: task-alarms
    enabled: false

- name: Write events of stream "meters" to a stream
  otc.dis.event_subscription:
    cloud: my-otc
    subscription_name: meters-events
    events: [throttled, traffic_abnormal, traffic_restored]
    streams: [meters]
    target_stream: meters

- name: Delete the subscription
  otc.dis.event_subscription:
    cloud: my-otc
    subscription_name: meters-events
    state: absent
"""

RETURN = r"""
event_subscription:
  description: The subscription. In check mode, the subscription as it would be after a run. V(null) if it does not
    exist.
  returned: success
  type: dict
  contains:
    subscription_name:
      description: Name of the subscription.
      type: str
      returned: always
      sample: task-alarms
    subscription_id:
      description: ID of the subscription. V(null) for a planned subscription.
      type: str
      returned: always
      sample: Tm4kPz81QbXw6yRs0Vc
    enabled:
      description: Whether notifications are sent.
      type: bool
      returned: always
      sample: true
    events:
      description: Types of the events, as in O(events). The IDs of unknown types.
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
actions:
  description: Actions that were performed, or would be in check mode, in order. Empty if there was nothing to
    change.
  returned: success
  type: list
  elements: str
  sample: [create]
unverified:
  description: Specified options whose current value the service does not return, so that drift cannot be detected.
  returned: success
  type: list
  elements: str
  sample: []
done:
  description: Actions that were performed, or may have been, before the failure.
  returned: failure
  type: list
  elements: str
  sample: [update]
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

from ..module_utils._resources.events import Subscriptions
from ..module_utils._run import run_module

RESOURCE = Subscriptions()


def main() -> None:
    """Run the module."""
    run_module(RESOURCE)


if __name__ == "__main__":
    main()
