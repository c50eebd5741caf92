#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: stream_info
short_description: Tell of DIS streams
version_added: 1.0.0
description:
  - Tells of one stream of the Data Ingestion Service (DIS), or of all streams of the project, in the shape in which
    M(otc.dis.stream) returns them.
  - A stream that does not exist is no failure; there is then none in RV(streams).
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes.info_module
  - otc.dis.auth
options:
  stream_name:
    description:
      - Name of the only stream to tell of, with all its details. All streams if this is left out.
      - Excludes O(name_pattern).
    type: str
    aliases: [name]
  name_pattern:
    description:
      - Only streams whose names match this shell pattern, in which V(*) stands for anything, V(?) for one character and
        V([ab]) for one of some. Capitals count.
    type: str
  status:
    description:
      - Only streams with one of these states, such as V(RUNNING).
    type: list
    elements: str
  tags:
    description:
      - Only streams that have all of these tags. A key without a value asks for the tag, whatever its value.
    type: dict
  details:
    description:
      - Whether to read each stream by itself, with all its partitions. This takes one more request for each.
      - Otherwise the list is all that is read, one request for 100 streams, and what it does not tell is V(null).
      - The one stream of O(stream_name) is always read with its details.
    type: bool
    default: false
seealso:
  - module: otc.dis.stream
  - name: API reference of DIS
    description: The operations that this module mirrors, under "Stream Management".
    link: https://docs.otc.t-systems.com/data-ingestion-service/api-ref/
"""

EXAMPLES = r"""
- name: Read one stream
  otc.dis.stream_info:
    cloud: my-otc
    stream_name: orders
  register: orders

- name: Say how many partitions take records
  ansible.builtin.debug:
    msg: "{{ orders.streams | map(attribute='writable_partition_count') | first | default(0) }}"

- name: List the streams of a team that do not run
  otc.dis.stream_info:
    cloud: my-otc
    name_pattern: orders-*
    status: [CREATING, FROZEN]
    tags:
      team: billing

- name: Read all streams with their partitions
  otc.dis.stream_info:
    cloud: my-otc
    details: true
"""

RETURN = r"""
streams:
  description:
    - The streams that were asked for, in the order of the service, which goes by name.
    - Members that the service does not tell are V(null). What only the details tell is V(null) in a list without them.
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
      description: What the service says of the stream, such as V(CREATING), V(RUNNING), V(TERMINATING) or V(FROZEN).
      type: str
      returned: always
      sample: RUNNING
    stream_id:
      description: Id of the stream.
      type: str
      returned: always
      sample: m4PzT8wQa1RkU6jY0fD
    create_time:
      description: When the stream was created, in milliseconds since 1970.
      type: int
      returned: always
      sample: 1712000000000
    last_modified_time:
      description: When the stream was last changed, in milliseconds since 1970. Only the details tell it.
      type: int
      returned: always
      sample: 1712000240000
    partition_count:
      description: Number of partitions, those that are being created included, those that were scaled away not.
      type: int
      returned: always
      sample: 2
    writable_partition_count:
      description: Number of partitions that take records.
      type: int
      returned: always
      sample: 2
    readable_partition_count:
      description:
        - Number of partitions that give records, which those that were scaled away do for a while. Only the
          details tell it.
      type: int
      returned: always
      sample: 3
    stream_type:
      description: Throughput class of the partitions.
      type: str
      returned: always
      sample: COMMON
    data_type:
      description: Kind of the records.
      type: str
      returned: always
      sample: JSON
    data_duration:
      description: Hours for which records are kept. The service calls this C(retention_period) in its answers.
      type: int
      returned: always
      sample: 48
    data_schema:
      description: The schema, as the text that the service has. Empty if there is none.
      type: str
      returned: always
      sample: '{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}]}'
    csv_properties:
      description: How CSV records are read. Empty if nothing was said. Only the details tell it.
      type: dict
      returned: always
      contains:
        delimiter:
          description: What separates the columns.
          type: str
          returned: if there is one
          sample: ;
    compression_format:
      description: How producers compress. Empty if they do not. Only the details tell it.
      type: str
      returned: always
      sample: gzip
    auto_scale_enabled:
      description: Whether the service changes the number of partitions by itself.
      type: bool
      returned: always
      sample: true
    auto_scale_min_partition_count:
      description: Fewest partitions that it goes down to. V(null) while it does not scale.
      type: int
      returned: always
      sample: 1
    auto_scale_max_partition_count:
      description: Most partitions that it goes up to. V(null) while it does not scale.
      type: int
      returned: always
      sample: 6
    enterprise_project_id:
      description: Id of the enterprise project; V(0) is the default one.
      type: str
      returned: always
      sample: "0"
    tags:
      description: The tags, values by key.
      type: dict
      returned: always
      sample: {team: billing}
    partitions:
      description: All partitions, also those that were scaled away. Only the details tell it.
      type: list
      elements: dict
      returned: always
      contains:
        partition_id:
          description: Id of the partition.
          type: str
          returned: always
          sample: shardId-0000000000
        status:
          description: V(CREATING), V(ACTIVE), V(DELETED) (scaled away, its records can still be read) or V(EXPIRED).
          type: str
          returned: always
          sample: ACTIVE
        hash_range:
          description: Hash keys that fall into the partition.
          type: str
          returned: always
          sample: "[0 : 9223372036854775807]"
        sequence_number_range:
          description: Number of the oldest record that is kept, and of the next one to come.
          type: str
          returned: always
          sample: "[310 : 977]"
        parent_partitions:
          description: Partitions that it came from; V(null) if the service does not tell any.
          type: str
          returned: always
          sample: null
    update_partition_counts:
      description: Former changes of the number of partitions. Only the details tell it.
      type: list
      elements: dict
      returned: always
      contains:
        create_timestamp:
          description: When the change was asked for, in milliseconds since 1970.
          type: int
          returned: always
          sample: 1712000240000
        src_partition_count:
          description: Number of partitions before.
          type: int
          returned: always
          sample: 1
        target_partition_count:
          description: Number of partitions asked for.
          type: int
          returned: always
          sample: 2
        result_code:
          description: V(1) for success, V(0) for failure.
          type: int
          returned: always
          sample: 1
        result_msg:
          description: Why it failed, if it did.
          type: str
          returned: always
          sample: ""
        auto_scale:
          description: Whether the service did it by itself.
          type: bool
          returned: always
          sample: false
project_id:
  description: Id of the project whose streams these are.
  returned: success
  type: str
  sample: 0ab1c2d3e4f5061728394a5b6c7d8e9f
endpoint:
  description: Address of DIS that was asked, without version and project.
  returned: success
  type: str
  sample: https://dis.eu-de.otc.t-systems.com
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

from ..module_utils._queries.streams import StreamQuery
from ..module_utils._run import run_info_module

QUERY = StreamQuery()


def main() -> None:
    """Run the module."""
    run_info_module(QUERY)


if __name__ == "__main__":
    main()
