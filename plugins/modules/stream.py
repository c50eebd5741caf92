#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: stream
short_description: Keep a DIS stream as described
version_added: 1.0.0
description:
  - Creates, changes, scales, tags and deletes a stream of the Data Ingestion Service (DIS), and does nothing where the
    stream is already as described.
  - The options carry the names of the request parameters of the API.
  - An option that is left out is not managed. A new stream gets the documented default for it, an existing stream keeps
    what it has.
  - A stream that the service is still deleting counts as gone. With O(state=present) its name is waited for, and a new
    stream is created.
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes
  - otc.dis.wait
  - otc.dis.auth
options:
  stream_name:
    description:
      - Name of the stream, 1 to 64 letters, digits, V(_) or V(-). Names are case-sensitive.
      - For streams with transfer tasks, the API reference documents at most 60 characters.
      - A stream cannot be renamed.
    type: str
    required: true
    aliases: [name]
  state:
    description:
      - V(present) makes sure that the stream exists with the given settings.
      - V(absent) makes sure that there is no such stream. With the stream go all its records, its transfer tasks and
        the checkpoints of all apps in it. The settings are checked against their rules, but not otherwise used.
    type: str
    choices: [present, absent]
    default: present
  on_drift:
    description:
      - What to do if the stream exists and one of the given settings is not as it should be.
      - V(update) changes it in place. Every region can change O(partition_count) and O(tags). O(data_type),
        O(data_duration) and O(data_schema) need one operation, O(auto_scale_enabled) and its bounds another one, and
        not every region has them; the module reads back whether the change took effect. Nothing changes
        O(stream_type), O(csv_properties),
        O(compression_format) and O(enterprise_project_id); if one of them differs, the module fails before it changes
        anything.
      - V(recreate) still changes O(partition_count) and O(tags) in place. For everything else it deletes the stream,
        waits until it is gone, and creates it anew; settings and tags that are left out are carried over. This loses
        all records that the stream keeps, its transfer tasks, and the checkpoints of all apps in it. That the old
        stream is gone is waited for with O(wait=false), too.
      - V(fail) changes nothing and fails, naming each difference.
    type: str
    choices: [update, recreate, fail]
    default: update
  partition_count:
    description:
      - Number of partitions that take records, V(1) or more. The quota of the project is the upper limit; if nobody had
        it raised, that is 50 for all streams of type V(COMMON) and 10 for all of type V(ADVANCED).
      - Needed to create a stream.
      - Changing it takes the service some time, which the module waits for. Services limit how often an hour this can
        be done. Fewer partitions cost nothing but throughput. Records in partitions that go can be read as long as they
        are kept.
      - While the service scales by itself (O(auto_scale_enabled=true)), any number within the bounds is left alone.
    type: int
  stream_type:
    description:
      - Throughput of each partition. V(COMMON) takes 1 MB or 1000 records and gives 2 MB a second, V(ADVANCED) takes
        5 MB or 2000 records and gives 10 MB.
      - A new stream gets V(COMMON) if this is left out.
    type: str
    choices: [COMMON, ADVANCED]
  data_type:
    description:
      - Kind of the records. Some regions only take V(BLOB).
      - Transfer tasks to DLI, DWS and CloudTable need V(JSON) or V(CSV); those to OBS and MRS take any type.
      - A new stream gets V(BLOB) if this is left out.
    type: str
    choices: [BLOB, JSON, CSV]
  data_duration:
    description:
      - Hours for which records are kept, from 24 to 168. The API reference of Open Telekom Cloud has 72 as the most;
        other clouds go further, so the module leaves it to the service to refuse more than that.
      - A new stream gets V(24) if this is left out.
    type: int
    aliases: [retention_period]
  data_schema:
    description:
      - Avro schema of JSON or CSV records, as a JSON text or as the same in YAML.
      - It is compared as data. Blanks and the order of members do not count, the order of lists does.
      - Transfer tasks that write Parquet or CarbonData files need it.
    type: json
  csv_properties:
    description:
      - How CSV records are read.
    type: dict
    suboptions:
      delimiter:
        description:
          - What separates the columns.
        type: str
        required: true
  compression_format:
    description:
      - How producers compress what they send. An empty text is for not at all, which is also what a new stream gets if
        this is left out.
    type: str
    choices: ["", snappy, gzip, zip]
  auto_scale_enabled:
    description:
      - Whether the service changes the number of partitions by itself, as the load demands.
      - V(true) needs O(auto_scale_min_partition_count) and O(auto_scale_max_partition_count) where the stream does not
        have them yet.
      - A new stream gets V(false) if this is left out.
    type: bool
  auto_scale_min_partition_count:
    description:
      - Fewest partitions that the service goes down to, V(1) or more. Give O(auto_scale_enabled), too.
      - While automatic scaling is off, the service keeps no bounds; this is then listed in RV(unverified).
    type: int
  auto_scale_max_partition_count:
    description:
      - Most partitions that the service goes up to, V(1) or more. Give O(auto_scale_enabled), too.
      - While automatic scaling is off, the service keeps no bounds; this is then listed in RV(unverified).
    type: int
  enterprise_project_id:
    description:
      - Id of the enterprise project that the stream belongs to, a UUID, or V(0) for the default one.
      - The service chooses one if this is left out.
    type: str
  tags:
    description:
      - Tags of the stream, values by key. At most 10, keys of 1 to 36 characters, values of at most 43; numbers become
        texts. Which characters may occur, the service decides.
      - Only what differs is changed. An empty dictionary removes all tags, unless O(purge_tags=false). Tags whose keys
        begin with V(_sys_) belong to the cloud and are neither shown nor touched.
    type: dict
  purge_tags:
    description:
      - Whether tags that are not in O(tags) are removed. Without O(tags) this does nothing.
    type: bool
    default: true
notes:
  - A RV(stream.status) of V(FROZEN) or another one in which the service takes no changes is reported with a warning;
    changes are tried, and the refusal is reported.
seealso:
  - module: otc.dis.stream_info
  - module: otc.dis.dli_transfer_task
  - name: API reference of DIS
    description: The operations that this module mirrors, under "Stream Management" and "Tag Management".
    link: https://docs.otc.t-systems.com/data-ingestion-service/api-ref/
"""

EXAMPLES = r"""
- name: A stream with two partitions that keeps records for two days
  otc.dis.stream:
    cloud: my-otc
    stream_name: orders
    partition_count: 2
    data_type: JSON
    data_duration: 48
    tags:
      team: billing
      stage: production

- name: Scale it; other settings stay as they are
  otc.dis.stream:
    cloud: my-otc
    stream_name: orders
    partition_count: 4

- name: Add a tag and leave the others alone
  otc.dis.stream:
    cloud: my-otc
    stream_name: orders
    tags:
      cost-centre: "4711"
    purge_tags: false

- name: A stream that scales by itself and has a schema
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

- name: Remove a stream with all that is in it, and wait until its name is free
  otc.dis.stream:
    cloud: my-otc
    stream_name: orders
    state: absent
"""

RETURN = r"""
stream:
  description:
    - The stream, in one spelling whatever the region answers. In check mode, as it would be.
    - With O(wait=false) a new one is returned as planned, and a changed one as it is right after the change.
    - Members that the service does not tell are V(null). The whole is V(null) if there is no stream (any more).
  returned: success
  type: dict
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
      description: When the stream was last changed, in milliseconds since 1970.
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
        - Number of partitions that give records, which those that were scaled away do for a while.
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
      description: How CSV records are read. Empty if nothing was said.
      type: dict
      returned: always
      contains:
        delimiter:
          description: What separates the columns.
          type: str
          returned: if there is one
          sample: ;
    compression_format:
      description: How producers compress. Empty if they do not.
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
      description: All partitions, also those that were scaled away.
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
      description: Former changes of the number of partitions.
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
actions:
  description: What was done, in order; in check mode, what would be done. Empty if nothing had to be. The words are
    V(create), V(update), V(update_auto_scaling), V(untag), V(tag), V(update_partition_count) and V(delete).
  returned: success
  type: list
  elements: str
  sample: [tag, update_partition_count]
unverified:
  description: Options that were given and that the service does not tell back, so that nobody can know whether they
    differ.
  returned: success
  type: list
  elements: str
  sample: []
done:
  description: What had been done, or may have been, before the failure.
  returned: failure
  type: list
  elements: str
  sample: [delete]
replacement:
  description:
    - The settings that the new one was to have, those that would have been carried over included, without secrets.
      They exist nowhere else any more, so give them in the next run.
  returned: if the old one was, or may have been, deleted with O(on_drift=recreate) and the new one could not be
    created
  type: dict
  sample: {}
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
      sample: 400
    code:
      description: The code of DIS, IAM or the gateway; V(null) if there was none.
      type: str
      returned: always
      sample: DIS.4308
    request_id:
      description: What support asks for; V(null) if the answer told none.
      type: str
      returned: always
      sample: 4d1f0a2b8c3e4f60
    hint:
      description: What to do next, where that is more than what C(msg) says; V(null) otherwise.
      type: str
      returned: always
      sample: Delete streams that are not needed, or have the quota raised.
"""

from ..module_utils._resources.streams import Streams
from ..module_utils._run import run_module

RESOURCE = Streams()


def main() -> None:
    """Run the module."""
    run_module(RESOURCE)


if __name__ == "__main__":
    main()
