#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: stream
short_description: Manage a DIS stream
version_added: 1.0.0
description:
  - Creates, updates, scales, tags and deletes a stream of the Data Ingestion Service (DIS).
  - O(stream_name) identifies the stream and is always required. To create a stream, specify O(partition_count), too.
  - O(state) is the desired state, V(present) (the default) or V(absent). The module waits until the stream accepts
    records or is gone, unless O(wait=false).
  - Common settings are O(data_type) (V(BLOB) by default, V(JSON) or V(CSV)), O(data_duration) (hours, V(24) by
    default), O(stream_type) (V(COMMON) by default, or V(ADVANCED)) and O(tags).
  - Omitted settings are not managed. A new stream gets the defaults, an existing stream keeps its values. If a
    specified setting differs, the stream is changed in place by default, see O(on_drift).
  - A stream that the service is still deleting is treated as absent. With O(state=present), the module waits until the
    name is free and then creates a new stream.
  - Authenticate with O(cloud), with C(OS_*) environment variables or with O(auth).
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes
  - otc.dis.wait
  - otc.dis.auth
options:
  stream_name:
    description:
      - Name of the stream, 1 to 64 letters, digits, V(_) or V(-), case-sensitive. The documented maximum for streams
        with transfer tasks is 60 characters. A stream cannot be renamed.
    type: str
    required: true
    aliases: [name]
  state:
    description:
      - V(present) ensures that the stream exists with the specified settings.
      - V(absent) ensures that the stream does not exist. Its records, its transfer tasks and all checkpoints in it are
        deleted with it. Other settings are validated but not used.
    type: str
    choices: [present, absent]
    default: present
  partition_count:
    description:
      - Number of writable partitions, V(1) or more. Required to create a stream.
      - The quota of the project limits the total number of partitions, by default to 50 of type V(COMMON) and 10 of
        type V(ADVANCED). The service also limits how often a stream can be scaled per hour.
      - Records in partitions that are removed by scaling down stay readable for their retention period.
      - The module waits until scaling is complete. With O(auto_scale_enabled=true), the number is not changed while it
        is within the bounds.
    type: int
  data_type:
    description:
      - Type of the records. Transfer tasks to DLI, DWS and CloudTable require V(JSON) or V(CSV), those to OBS and MRS
        accept any type. Some regions only offer V(BLOB). A new stream gets V(BLOB) by default.
    type: str
    choices: [BLOB, JSON, CSV]
  data_duration:
    description:
      - Retention period of records in hours, from 24 to 168. Open Telekom Cloud documents a maximum of 72; a region
        with a lower limit rejects a longer period. A new stream gets V(24) by default.
    type: int
    aliases: [retention_period]
  stream_type:
    description:
      - Throughput per partition and second. V(COMMON) accepts 1 MB or 1000 records and returns 2 MB. V(ADVANCED)
        accepts 5 MB or 2000 records and returns 10 MB. A new stream gets V(COMMON) by default.
    type: str
    choices: [COMMON, ADVANCED]
  tags:
    description:
      - Tags as a dictionary, at most 10, with keys of 1 to 36 and values of at most 43 characters. Numbers are
        converted to strings. The service validates the characters.
      - An empty dictionary removes all tags, unless O(purge_tags=false). Tags that begin with V(_sys_) belong to the
        cloud and are ignored.
    type: dict
  purge_tags:
    description:
      - Whether to remove tags that O(tags) does not contain. Ignored if O(tags) is omitted.
    type: bool
    default: true
  on_drift:
    description:
      - Action if the stream exists and a specified setting differs.
      - V(update) changes the stream in place. O(partition_count) and O(tags) can be changed in every region. Not every
        region can change O(data_type), O(data_duration), O(data_schema) and the settings of automatic scaling; the
        module reads the stream back to verify such a change. O(stream_type), O(csv_properties), O(compression_format)
        and O(enterprise_project_id) cannot be changed; if one of them differs, the module fails before it makes any
        change.
      - V(recreate) also changes O(partition_count) and O(tags) in place. For any other difference it deletes the
        stream, waits until it is gone (even with O(wait=false)), and creates it again. Omitted settings and tags are
        carried over. All records, all transfer tasks and all checkpoints in the stream are lost.
      - V(fail) changes nothing and fails with a list of the differences.
    type: str
    choices: [update, recreate, fail]
    default: update
  data_schema:
    description:
      - Avro schema of JSON or CSV records, as a JSON string or as YAML. Required by transfer tasks that write Parquet
        or CarbonData files.
      - The comparison with the existing schema ignores whitespace and the order of keys, but not the order of lists.
    type: json
  data_schema_from:
    description:
      - Content of O(data_schema). V(schema) is an Avro schema. V(sample) is a JSON record of the stream, of at most 1
        MiB, from which the service derives the Avro schema in each run, also in check mode.
      - The schema can contain values of the sample, and another sample can result in another schema. Use a sample
        without confidential data, and keep it constant.
      - Some regions do not derive schemas from samples. The operation is documented by Huawei Cloud
        (CreateSourcedataSchema), but not by Open Telekom Cloud.
    type: str
    choices: [schema, sample]
    default: schema
  csv_properties:
    description:
      - Format of CSV records.
    type: dict
    suboptions:
      delimiter:
        description:
          - Delimiter between the columns.
        type: str
        required: true
  compression_format:
    description:
      - Compression that producers use. A new stream gets an empty string by default, which means no compression.
    type: str
    choices: ["", snappy, gzip, zip]
  auto_scale_enabled:
    description:
      - Whether the service adapts the number of partitions to the load. V(true) requires
        O(auto_scale_min_partition_count) and O(auto_scale_max_partition_count), unless the stream already has them. A
        new stream gets V(false) by default.
    type: bool
  auto_scale_min_partition_count:
    description:
      - Minimum number of partitions for automatic scaling, V(1) or more. Requires O(auto_scale_enabled).
      - While automatic scaling is disabled, the service does not store the bounds, and specified bounds are listed in
        RV(unverified).
    type: int
  auto_scale_max_partition_count:
    description:
      - Maximum number of partitions for automatic scaling, V(1) or more. See O(auto_scale_min_partition_count).
    type: int
  enterprise_project_id:
    description:
      - ID of the enterprise project, a UUID, or V(0) for the default project. If omitted, the service chooses the
        project of a new stream.
    type: str
notes:
  - If the RV(stream.status) is V(FROZEN), for example, the service may reject changes. The module issues a warning and
    attempts the changes anyway.
seealso:
  - name: Semantics guide
    description: Results, drift and waiting in detail.
    link: https://github.com/otc-dis/otc.dis/blob/main/docs/docsite/rst/semantics_guide.rst
  - module: otc.dis.stream_info
  - module: otc.dis.dli_transfer_task
  - name: API reference of DIS
    description: The options are named like the request parameters in section "Stream Management" and "Tag Management".
    link: https://docs.otc.t-systems.com/data-ingestion-service/api-ref/
"""

EXAMPLES = r"""
- name: Create a stream with two partitions that retains records for two days
  otc.dis.stream:
    cloud: my-otc
    stream_name: orders
    partition_count: 2
    data_type: JSON
    data_duration: 48
    tags:
      team: billing
      stage: production

- name: Scale the stream to four partitions
  otc.dis.stream:
    cloud: my-otc
    stream_name: orders
    partition_count: 4

- name: Add a tag without removing others
  otc.dis.stream:
    cloud: my-otc
    stream_name: orders
    tags:
      cost-centre: "4711"
    purge_tags: false

- name: Create a stream with automatic scaling and a schema
  otc.dis.stream:
    cloud: my-otc
    stream_name: clicks
    partition_count: 2
    auto_scale_enabled: true
    auto_scale_min_partition_count: 1
    auto_scale_max_partition_count: 6
    data_type: JSON
    data_schema:
      type: record
      name: Click
      fields:
        - name: page
          type: string
        - name: at
          type: long

- name: Create a stream whose schema is derived from a sample record
  otc.dis.stream:
    cloud: my-otc
    stream_name: payments
    partition_count: 1
    data_type: JSON
    data_schema_from: sample
    data_schema:
      id: p-1
      amount: 12.5
      paid: true

- name: Delete a stream with its records and transfer tasks
  otc.dis.stream:
    cloud: my-otc
    stream_name: orders
    state: absent
"""

RETURN = r"""
stream:
  description:
    - The stream, normalized across regions. In check mode, the stream as it would be after a run.
    - With O(wait=false), a new stream is returned as planned, and a changed stream as it is right after the change.
    - Values that the service does not return are V(null). The whole value is V(null) if the stream does not exist.
  returned: success
  type: dict
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
actions:
  description: Actions that were performed, or would be in check mode, in order. Empty if there was nothing to change.
    Possible values are V(create), V(update), V(update_auto_scaling), V(untag), V(tag), V(update_partition_count) and
    V(delete).
  returned: success
  type: list
  elements: str
  sample: [tag, update_partition_count]
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
  sample: [delete]
replacement:
  description:
    - Settings of the resource that could not be created again, including those carried over from the deleted one,
      without secrets. They are not stored anywhere else, so specify them in the next run.
  returned: if O(on_drift=recreate) deleted, or may have deleted, the resource and could not create it again
  type: dict
  sample: {}
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
      sample: DIS.4360
    request_id:
      description: Request ID to quote to support. V(null) if the response has none.
      type: str
      returned: always
      sample: 4d1f0a2b8c3e4f60
    hint:
      description: Suggested next step, also part of C(msg). V(null) without a suggestion.
      type: str
      returned: always
      sample: "Correct data_schema: it must be an Avro schema."
"""

from ..module_utils._resources.streams import Streams
from ..module_utils._run import run_module

RESOURCE = Streams()


def main() -> None:
    """Run the module."""
    run_module(RESOURCE)


if __name__ == "__main__":
    main()
