#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: stream_info
short_description: Get information about DIS streams
version_added: 1.0.0
description:
  - Returns one stream of the Data Ingestion Service (DIS) or all streams of the project, in the format of
    M(otc.dis.stream).
  - If no stream matches, the list is empty; the module does not fail.
  - Authenticate with O(cloud), with C(OS_*) environment variables or with O(auth).
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes.info_module
  - otc.dis.auth
options:
  stream_name:
    description:
      - Name of one stream, which is returned with all details. Mutually exclusive with O(name_pattern). All streams are
        returned by default.
    type: str
    aliases: [name]
  name_pattern:
    description:
      - Shell pattern that the stream names must match, with V(*), V(?) and V([ab]), case-sensitive.
    type: str
  status:
    description:
      - Only return streams with one of these statuses, such as V(RUNNING).
    type: list
    elements: str
  tags:
    description:
      - Only return streams that have all of these tags. A tag without a value matches any value.
    type: dict
  details:
    description:
      - Whether to query each stream separately, which takes one more request per stream and returns all values.
      - With V(false), only the stream list is queried, with one request per 100 streams. Ignored with O(stream_name).
    type: bool
    default: false
  scaling_history:
    description:
      - Whether to return the changes of the partition count of each stream, which takes one more request per stream.
        Some regions do not offer it.
    type: bool
    default: false
  quotas:
    description:
      - Whether to return the quotas of the project, which takes one more request. Some regions do not offer it.
    type: bool
    default: false
seealso:
  - module: otc.dis.stream
  - name: API reference of DIS
    description: Operations that this module uses, in section "Stream Management".
    link: https://docs.otc.t-systems.com/data-ingestion-service/api-ref/
"""

EXAMPLES = r"""
- name: Get one stream
  otc.dis.stream_info:
    cloud: my-otc
    stream_name: orders
  register: orders

- name: Show the number of writable partitions
  ansible.builtin.debug:
    msg: "{{ orders.streams | map(attribute='writable_partition_count') | first | default(0) }}"

- name: List the streams of a team that are not running
  otc.dis.stream_info:
    cloud: my-otc
    name_pattern: orders-*
    status: [CREATING, FROZEN]
    tags:
      team: billing

- name: Get all streams with their partitions
  otc.dis.stream_info:
    cloud: my-otc
    details: true

- name: Get the quotas of the project and the changes of the partition counts
  otc.dis.stream_info:
    cloud: my-otc
    scaling_history: true
    quotas: true
  register: found

- name: Fail if less than two COMMON partitions are left
  ansible.builtin.assert:
    that: item.limit - item.used >= 2
  loop: "{{ found.quotas | default([], true) | selectattr('type', 'eq', 'common_partition') }}"
"""

RETURN = r"""
streams:
  description:
    - Matching streams in the order of the service, by name.
    - Values that the service does not return are V(null). Without O(details), these include C(last_modified_time),
      C(readable_partition_count), C(csv_properties), C(compression_format), C(partitions) and
      C(update_partition_counts).
  returned: success
  type: list
  elements: dict
  contains:
    stream_name:
      description: Name of the stream.
      type: str
      returned: always
      sample: orders
    status:
      description: Status as reported by the service, such as V(CREATING), V(RUNNING), V(TERMINATING) or V(FROZEN).
      type: str
      returned: always
      sample: RUNNING
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
    last_modified_time:
      description: Time of the last change in milliseconds since 1970.
      type: int
      returned: always
      sample: 1712000240000
    partition_count:
      description: Number of partitions, including those being created, without those removed by scaling.
      type: int
      returned: always
      sample: 2
    writable_partition_count:
      description: Number of partitions that accept records.
      type: int
      returned: always
      sample: 2
    readable_partition_count:
      description: Number of partitions from which records can be read, including those removed by scaling.
      type: int
      returned: always
      sample: 3
    stream_type:
      description: Throughput class of the partitions.
      type: str
      returned: always
      sample: COMMON
    data_type:
      description: Type of the records.
      type: str
      returned: always
      sample: JSON
    data_duration:
      description: Retention period of records in hours. Called C(retention_period) in API responses.
      type: int
      returned: always
      sample: 48
    data_schema:
      description: Avro schema as a JSON string. Empty string without a schema.
      type: str
      returned: always
      sample: '{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}]}'
    csv_properties:
      description: Format of CSV records. Empty dictionary without properties.
      type: dict
      returned: always
      contains:
        delimiter:
          description: Delimiter between the columns.
          type: str
          returned: if set
          sample: ;
    compression_format:
      description: Compression that producers use. Empty string without compression.
      type: str
      returned: always
      sample: gzip
    auto_scale_enabled:
      description: Whether automatic scaling is enabled.
      type: bool
      returned: always
      sample: true
    auto_scale_min_partition_count:
      description: Minimum number of partitions for automatic scaling. V(null) while it is disabled.
      type: int
      returned: always
      sample: 1
    auto_scale_max_partition_count:
      description: Maximum number of partitions for automatic scaling. V(null) while it is disabled.
      type: int
      returned: always
      sample: 6
    enterprise_project_id:
      description: ID of the enterprise project. V(0) is the default project.
      type: str
      returned: always
      sample: "0"
    tags:
      description: Tags of the stream as a dictionary.
      type: dict
      returned: always
      sample: {team: billing}
    partitions:
      description: Partitions of the stream, including those removed by scaling.
      type: list
      elements: dict
      returned: always
      contains:
        partition_id:
          description: ID of the partition.
          type: str
          returned: always
          sample: shardId-0000000000
        status:
          description: V(CREATING), V(ACTIVE), V(DELETED) (removed by scaling, still readable) or V(EXPIRED).
          type: str
          returned: always
          sample: ACTIVE
        hash_range:
          description: Range of hash keys of the partition.
          type: str
          returned: always
          sample: "[0 : 9223372036854775807]"
        sequence_number_range:
          description: Sequence numbers of the oldest retained record and of the next record to arrive.
          type: str
          returned: always
          sample: "[310 : 977]"
        parent_partitions:
          description: Partitions from which this one was created. V(null) if the service does not return any.
          type: str
          returned: always
          sample: null
    update_partition_counts:
      description: History of changes of the partition count.
      type: list
      elements: dict
      returned: always
      contains:
        create_timestamp:
          description: Time of the request in milliseconds since 1970.
          type: int
          returned: always
          sample: 1712000240000
        src_partition_count:
          description: Number of partitions before the change.
          type: int
          returned: always
          sample: 1
        target_partition_count:
          description: Requested number of partitions.
          type: int
          returned: always
          sample: 2
        result_code:
          description: V(1) for success, V(0) for failure.
          type: int
          returned: always
          sample: 1
        result_msg:
          description: Reason of a failure.
          type: str
          returned: always
          sample: ""
        auto_scale:
          description: Whether automatic scaling made the change.
          type: bool
          returned: always
          sample: false
    scaling_history:
      description:
        - Changes of the partition count, as reported by the service.
        - V(null) if the region does not offer them, or if the stream was deleted during the query.
      type: list
      elements: dict
      returned: if O(scaling_history=true)
      contains:
        create_timestamp:
          description: Time of the request in milliseconds since 1970.
          type: int
          returned: always
          sample: 1712000240000
        src_partition_count:
          description: Number of partitions before the change.
          type: int
          returned: always
          sample: 1
        target_partition_count:
          description: Requested number of partitions.
          type: int
          returned: always
          sample: 2
        result_code:
          description: V(1) for success, V(0) for failure.
          type: int
          returned: always
          sample: 1
        result_msg:
          description: Reason of a failure.
          type: str
          returned: always
          sample: ""
        auto_scale:
          description: Whether automatic scaling made the change.
          type: bool
          returned: always
          sample: false
quotas:
  description: Quotas of the project. V(null) if the region does not offer them.
  returned: if O(quotas=true)
  type: list
  elements: dict
  contains:
    type:
      description: Resource to which the quota applies, V(common_partition), V(advanced_partition) or V(app).
      type: str
      returned: always
      sample: common_partition
    limit:
      description: Maximum number of resources. V(null) if the service does not return it.
      type: int
      returned: always
      sample: 50
    used:
      description: Number of existing resources. V(null) if the service does not return it.
      type: int
      returned: always
      sample: 12
project_id:
  description: ID of the project of the streams.
  returned: success
  type: str
  sample: 0ab1c2d3e4f5061728394a5b6c7d8e9f
endpoint:
  description: Endpoint URL of DIS, without version and project.
  returned: success
  type: str
  sample: https://dis.eu-de.otc.t-systems.com
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

from ..module_utils._queries.streams import StreamQuery
from ..module_utils._run import run_info_module

QUERY = StreamQuery()


def main() -> None:
    """Run the module."""
    run_info_module(QUERY)


if __name__ == "__main__":
    main()
