#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: stream_metrics_info
short_description: Get metrics of a DIS stream or of one of its partitions
version_added: 1.0.0
description:
  - Returns the numbers of bytes, records and requests of a stream of the Data Ingestion Service (DIS), and the latency
    and throttling of requests.
  - If there is no such stream or partition, the list is empty; the module does not fail.
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
  partition_id:
    description:
      - ID of a partition, as V(0) or V(shardId-0000000000), whose metrics are returned instead of those of the stream.
    type: str
  start_time:
    description:
      - Start of the time window, which is V(now), a time before now such as V(-1h30m) with the units V(w), V(d), V(h),
        V(m) and V(s), an ISO 8601 time such as V(2026-01-31T10:00:00+01:00) (UTC without a time zone), or seconds or
        milliseconds since 1970. The service retains metrics for seven days.
    type: str
    default: -1h
  end_time:
    description:
      - End of the time window, in the format of O(start_time), at most seven days after O(start_time).
    type: str
    default: now
  labels:
    description:
      - Names of the metrics. Names that end in V(_per_partition) require O(partition_id), the others must be used
        without it. All metrics that apply are returned by default, in one request.
    type: list
    elements: str
    choices:
      - total_put_bytes_per_stream
      - total_get_bytes_per_stream
      - total_put_records_per_stream
      - total_get_records_per_stream
      - total_put_req_latency
      - total_get_req_latency
      - total_put_req_suc_per_stream
      - total_get_req_suc_per_stream
      - traffic_control_put
      - traffic_control_get
      - total_put_bytes_per_partition
      - total_get_bytes_per_partition
      - total_put_records_per_partition
      - total_get_records_per_partition
seealso:
  - module: otc.dis.stream_info
  - module: otc.dis.app_info
  - name: API reference of DIS
    description: Operations that this module uses, in section "Monitoring Management".
    link: https://docs.otc.t-systems.com/data-ingestion-service/api-ref/
"""

EXAMPLES = r"""
- name: Get all metrics of the last hour
  otc.dis.stream_metrics_info:
    cloud: my-otc
    stream_name: meters

- name: Get the record counts of yesterday
  otc.dis.stream_metrics_info:
    cloud: my-otc
    stream_name: meters
    labels: [total_put_records_per_stream]
    start_time: "{{ '%Y-%m-%d' | strftime(now().timestamp() - 86400) }}"
    end_time: "{{ '%Y-%m-%d' | strftime(now().timestamp()) }}"
  register: yesterday

- name: Show the sum
  ansible.builtin.debug:
    msg: "{{ yesterday.metrics[0].data_points | map(attribute='value') | sum }} records"
  when: yesterday.metrics | length > 0

- name: Get the metrics of partition 0 for the last 30 minutes
  otc.dis.stream_metrics_info:
    cloud: my-otc
    stream_name: meters
    partition_id: "0"
    start_time: -30m
"""

RETURN = r"""
metrics:
  description: Requested metrics in the requested order.
  returned: success
  type: list
  elements: dict
  contains:
    label:
      description: Name of the metric.
      type: str
      returned: always
      sample: total_put_bytes_per_stream
    unit:
      description: Unit of the values, V(bytes), V(records), V(requests) or V(milliseconds).
      type: str
      returned: always
      sample: bytes
    data_points:
      description: Values in chronological order. Empty if the service returns none.
      type: list
      elements: dict
      returned: always
      contains:
        timestamp:
          description: Time of the value as returned by the service, in seconds since 1970.
          type: int
          returned: always
          sample: 1717410000
        value:
          description: Value in RV(metrics[].unit).
          type: int
          returned: always
          sample: 2048
start_time:
  description: Start of the time window in seconds since 1970.
  returned: success
  type: int
  sample: 1717406400
end_time:
  description: End of the time window in seconds since 1970.
  returned: success
  type: int
  sample: 1717410000
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
      sample: rejected
    status:
      description: HTTP status of the response. V(null) without a response.
      type: int
      returned: always
      sample: 400
    code:
      description: Error code of DIS, IAM or the API gateway. V(null) without a code.
      type: str
      returned: always
      sample: DIS.4204
    request_id:
      description: Request ID to quote to support. V(null) if the response has none.
      type: str
      returned: always
      sample: 4d1f0a2b8c3e4f60
    hint:
      description: Suggested next step, also part of C(msg). V(null) without a suggestion.
      type: str
      returned: always
      sample: Request seven days at most.
"""

from ..module_utils._queries.streams import MetricsQuery
from ..module_utils._run import run_info_module

QUERY = MetricsQuery()


def main() -> None:
    """Run the module."""
    run_info_module(QUERY)


if __name__ == "__main__":
    main()
