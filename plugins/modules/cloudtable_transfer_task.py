#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudtable_transfer_task
short_description: Keep a transfer task from a DIS stream to CloudTable as described
version_added: 1.0.0
description:
  - Creates, changes, starts, stops and deletes a transfer task (dump task) that writes the records of a Data
    Ingestion Service (DIS) stream into HBase or OpenTSDB of a CloudTable cluster, and does nothing where the task
    is already as described.
  - The options carry the names of the request parameters of the API.
  - The stream, the agency, the cluster and, for HBase, the table and its column families must exist.
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes
  - otc.dis.transfer_task
  - otc.dis.wait
  - otc.dis.auth
options:
  destination_type:
    description:
      - Where the task sends its data. This module knows one answer; the option is there because the request has it.
    type: str
    choices: [CLOUDTABLE]
    default: CLOUDTABLE
  deliver_time_interval:
    description:
      - Seconds for which data is collected before it is written, from 30 to 900.
      - The service decides for a new task if this is left out.
    type: int
  cloudtable_cluster_name:
    description:
      - Name of the CloudTable cluster.
      - Needed to create a task.
    type: str
  cloudtable_cluster_id:
    description:
      - Id of the same cluster.
      - Needed to create a task.
    type: str
  cloudtable_table_name:
    description:
      - Name of the table of HBase, which must exist. Needed with O(cloudtable_schema).
    type: str
  cloudtable_schema:
    description:
      - Puts the fields of JSON records into a table of HBase. It excludes O(opentsdb_schema), and a new task
        needs one of the two.
    type: dict
    suboptions:
      row_key:
        description:
          - The parts of the row key, 1 to 64. Their order counts.
        type: list
        elements: dict
        required: true
        suboptions:
          value:
            description:
              - Name of the field.
            type: str
            required: true
          type:
            description:
              - Type of the field.
            type: str
            choices: [Bigint, Double, Boolean, Timestamp, String, Decimal]
            required: true
      columns:
        description:
          - The columns to fill, 1 to 4096. Their order counts.
        type: list
        elements: dict
        required: true
        suboptions:
          column_family_name:
            description:
              - Name of a column family, which must exist.
            type: str
            required: true
          column_name:
            description:
              - Name of the column, 1 to 32 letters, digits or V(_).
            type: str
            required: true
          value:
            description:
              - Name of the field.
            type: str
            required: true
          type:
            description:
              - Type of the field.
            type: str
            choices: [Bigint, Double, Boolean, Timestamp, String, Decimal]
            required: true
  opentsdb_schema:
    description:
      - Puts the fields of JSON records into OpenTSDB, one entry for each kind of data point. The order of entries
        counts.
    type: list
    elements: dict
    suboptions:
      metric:
        description:
          - The parts of the name of the metric.
        type: list
        elements: dict
        required: true
        suboptions:
          type:
            description:
              - Whether O(opentsdb_schema[].metric[].value) is the text itself or the name of a field.
            type: str
            choices: [Constant, String]
            required: true
          value:
            description:
              - Text or field, 1 to 32 letters, digits or dots.
            type: str
            required: true
      timestamp:
        description:
          - The time of the data point.
        type: dict
        required: true
        suboptions:
          type:
            description:
              - Whether the field is a text, or a number of milliseconds since 1970.
            type: str
            choices: [Timestamp, String]
            required: true
          value:
            description:
              - Name of the field, 1 to 32 letters, digits or V(_).
            type: str
            required: true
          format:
            description:
              - How a text is written. Needed with V(String).
            type: str
            choices:
              - yyyy/MM/dd HH:mm:ss
              - MM/dd/yyyy HH:mm:ss
              - dd/MM/yyyy HH:mm:ss
              - yyyy-MM-dd HH:mm:ss
              - MM-dd-yyyy HH:mm:ss
              - dd-MM-yyyy HH:mm:ss
      value:
        description:
          - The value of the data point.
        type: dict
        required: true
        suboptions:
          type:
            description:
              - Type of the field.
            type: str
            choices: [Bigint, Double, Boolean, Timestamp, String, Decimal]
            required: true
          value:
            description:
              - Name of the field, 1 to 32 letters, digits or V(_).
            type: str
            required: true
      tags:
        description:
          - The tags of the data point.
        type: list
        elements: dict
        required: true
        suboptions:
          name:
            description:
              - Name of the tag, 1 to 32 letters, digits or V(_).
            type: str
            required: true
          type:
            description:
              - Type of the field.
            type: str
            choices: [Bigint, Double, Boolean, Timestamp, String, Decimal]
            required: true
          value:
            description:
              - Name of the field, 1 to 32 letters, digits or V(_).
            type: str
            required: true
  cloudtable_row_key_delimiter:
    description:
      - What joins the parts of the row key.
      - A new task gets V(.) if this is left out.
    type: str
    choices: [",", ., "|", ;, \, "-", _, "~"]
  obs_backup_bucket_path:
    description:
      - Name of the OBS bucket that gets the records that cannot be written. An empty text asks for none.
    type: str
  backup_file_prefix:
    description:
      - Folder in that bucket, at most 50 letters, digits, V(_) or V(/), not beginning with V(/).
      - An empty text asks for no folder, which is also what a new task gets if this is left out.
    type: str
  retry_duration:
    description:
      - Seconds for which a failed load is tried again, from 0 (not at all) to 7200. What fails for longer is put into
        the folder C(cloudtable_error) below the O(backup_file_prefix).
      - A new task gets V(1800) if this is left out.
    type: int
seealso:
  - module: otc.dis.dli_transfer_task
  - module: otc.dis.obs_transfer_task
  - module: otc.dis.mrs_transfer_task
  - module: otc.dis.dws_transfer_task
  - name: API reference of DIS
    description: The operations that this module mirrors, under "Dump Task Management".
    link: https://docs.otc.t-systems.com/data-ingestion-service/api-ref/
"""

EXAMPLES = r"""
- name: Write the records of stream "meters" into a table of HBase
  otc.dis.cloudtable_transfer_task:
    cloud: my-otc
    stream_name: meters
    task_name: meters-to-cloudtable
    agency_name: dis_admin_agency
    cloudtable_cluster_name: timeseries
    cloudtable_cluster_id: 5e4d3c2b-1a09-4f8e-9d7c-6b5a49382716
    cloudtable_table_name: meter_raw
    cloudtable_schema:
      row_key:
        - value: meter_id
          type: String
        - value: measured_at
          type: Timestamp
      columns:
        - column_family_name: cf
          column_name: reading
          value: reading
          type: Double

- name: Write them into OpenTSDB, too
  otc.dis.cloudtable_transfer_task:
    cloud: my-otc
    stream_name: meters
    task_name: meters-to-opentsdb
    agency_name: dis_admin_agency
    cloudtable_cluster_name: timeseries
    cloudtable_cluster_id: 5e4d3c2b-1a09-4f8e-9d7c-6b5a49382716
    opentsdb_schema:
      - metric:
          - type: Constant
            value: meter.reading
        timestamp:
          type: Timestamp
          value: measured_at
        value:
          type: Double
          value: reading
        tags:
          - name: meter
            type: String
            value: meter_id

- name: Remove one of the transfers; the table stays
  otc.dis.cloudtable_transfer_task:
    cloud: my-otc
    stream_name: meters
    task_name: meters-to-cloudtable
    state: absent
"""

RETURN = r"""
transfer_task:
  description:
    - The transfer task, in one spelling whatever the region answers. In check mode, as it would be.
    - With O(wait=false) a new one is returned as planned, and a changed one as it is right after the change.
    - Members that the service does not tell are V(null). The whole is V(null) if there is no task (any more).
  returned: success
  type: dict
  contains:
    stream_name:
      description: Name of the stream.
      type: str
      returned: always
      sample: meters
    task_name:
      description: Name of the task.
      type: str
      returned: always
      sample: meters-to-cloudtable
    destination_type:
      description: Where the data goes.
      type: str
      returned: always
      sample: CLOUDTABLE
    state:
      description: What the service says of the task, such as V(STARTING), V(RUNNING), V(PAUSED), V(ABNORMAL) or
        V(ERROR).
      type: str
      returned: always
      sample: RUNNING
    task_id:
      description: Id of the task.
      type: str
      returned: always
      sample: q7Vn0ZcL3tXy9HbK2sE
    stream_id:
      description: Id of the stream.
      type: str
      returned: always
      sample: m4PzT8wQa1RkU6jY0fD
    create_time:
      description: When the task was created, in milliseconds since 1970.
      type: int
      returned: always
      sample: 1712000000000
    last_transfer_timestamp:
      description: Time of the last work cycle, in milliseconds since 1970. It need not have transferred anything.
      type: int
      returned: always
      sample: 1712000240000
    exception_strategy:
      description: What the service does with records that cannot be loaded.
      type: str
      returned: always
      sample: ignoreAndBackup
    partitions:
      description: The partitions of the stream with their progress.
      type: list
      elements: dict
      returned: always
      contains:
        partition_id:
          description: Id of the partition.
          type: str
          returned: always
          sample: shardId-0000000000
        state:
          description: What the service says of the partition.
          type: str
          returned: always
          sample: RUNNING
        last_transfer_timestamp:
          description: Time of the last work cycle, in milliseconds since 1970.
          type: int
          returned: if the service tells it
          sample: 1712000240000
        last_transfer_offset:
          description: Sequence number of the next record to transfer; 0 before anything was transferred.
          type: int
          returned: if the service tells it
          sample: 4711
        discard:
          description: Number of records that could not be used.
          type: int
          returned: if the service tells it
          sample: 0
    agency_name:
      description: Name of the agency.
      type: str
      returned: always
      sample: dis_admin_agency
    deliver_time_interval:
      description: Seconds for which data is collected.
      type: int
      returned: always
      sample: 120
    consumer_strategy:
      description: Where the task began to read.
      type: str
      returned: always
      sample: LATEST
    cloudtable_cluster_name:
      description: Name of the cluster.
      type: str
      returned: always
      sample: timeseries
    cloudtable_cluster_id:
      description: Id of the cluster.
      type: str
      returned: always
      sample: 5e4d3c2b-1a09-4f8e-9d7c-6b5a49382716
    cloudtable_table_name:
      description: Name of the table.
      type: str
      returned: always
      sample: meter_raw
    cloudtable_schema:
      description: How records become rows of HBase.
      type: dict
      returned: always
      sample: {"row_key": [{"value": "meter_id", "type": "String"}]}
    opentsdb_schema:
      description: How records become data points.
      type: list
      elements: dict
      returned: always
      sample: []
    cloudtable_row_key_delimiter:
      description: What joins the parts of the row key.
      type: str
      returned: always
      sample: "."
    obs_backup_bucket_path:
      description: Bucket for what cannot be written.
      type: str
      returned: always
      sample: ""
    backup_file_prefix:
      description: Folder in that bucket.
      type: str
      returned: always
      sample: ""
    retry_duration:
      description: Seconds for which a failed load is tried again.
      type: int
      returned: always
      sample: 900
actions:
  description: What was done, in order; in check mode, what would be done. Empty if nothing had to be.
  returned: success
  type: list
  elements: str
  sample: [create]
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
      sample: DIS.4301
    request_id:
      description: What support asks for; V(null) if the answer told none.
      type: str
      returned: always
      sample: 4d1f0a2b8c3e4f60
    hint:
      description: What to do next, where that is more than what C(msg) says; V(null) otherwise.
      type: str
      returned: always
      sample: Check the name of the stream, the region and the project.
"""

from ..module_utils._resources.destinations import CLOUDTABLE
from ..module_utils._resources.transfer_tasks import TransferTasks
from ..module_utils._run import run_module

RESOURCE = TransferTasks(CLOUDTABLE)


def main() -> None:
    """Run the module."""
    run_module(RESOURCE)


if __name__ == "__main__":
    main()
