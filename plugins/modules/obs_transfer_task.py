#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: obs_transfer_task
short_description: Manage a DIS transfer task to Object Storage Service (OBS)
version_added: 1.0.0
description:
  - Creates, updates, starts, stops and deletes a transfer task (dump task) that writes the records of a Data Ingestion
    Service (DIS) stream to files in Object Storage Service (OBS).
  - O(stream_name) and O(task_name) identify the task and are always required. To create a task, specify
    O(obs_bucket_path) (the target bucket) and, in most regions, O(agency_name) (the IAM agency that grants DIS access).
    These resources and the stream must exist.
  - O(state) is the desired state, V(present) (the default), V(started), V(stopped) or V(absent). The module waits until
    the task is running, paused or deleted, unless O(wait=false).
  - Optional settings are O(deliver_time_interval) (seconds, V(300) by default), O(consumer_strategy) (V(LATEST) by
    default, or V(TRIM_HORIZON)), O(file_prefix) and O(partition_format) (no directories by default),
    O(destination_file_type) (V(text) by default), O(record_delimiter) and O(processing_schema).
  - Omitted settings are not managed. A new task gets the defaults, an existing task keeps its values. If a specified
    setting differs, the task is updated in place by default, see O(on_drift).
  - Authenticate with O(cloud), with C(OS_*) environment variables or with O(auth).
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
      - Always V(OBS). Accepted so that API request bodies can be reused unchanged.
    type: str
    choices: [OBS]
    default: OBS
  obs_bucket_path:
    description:
      - Name of the OBS bucket, without a path, to which the files are written. Required to create a task.
    type: str
  file_prefix:
    description:
      - Directory in the bucket, at most 50 letters, digits, V(_) or V(/), without a leading V(/), such as
        V(dis/meters). A new task gets an empty string by default, which means no directory.
    type: str
  partition_format:
    description:
      - Structure of the time directories below O(file_prefix), from the time at which a file is written. A new task
        gets an empty string by default, which means no time directories.
    type: str
    choices: ["", yyyy, yyyy/MM, yyyy/MM/dd, yyyy/MM/dd/HH, yyyy/MM/dd/HH/mm]
  destination_file_type:
    description:
      - Format of the files, V(text), V(parquet) or V(carbon). The latter two require a stream with data type JSON and
        are not available in every region. A new task gets V(text) by default.
    type: str
  record_delimiter:
    description:
      - Delimiter between records, which is a comma, a semicolon, a vertical bar, a newline or an empty string. The API
        calls the latter V(none). The service chooses a default for a new task.
      - V(\\n) as two characters is accepted as a newline, for compatibility with other tools.
    type: str
  processing_schema:
    description:
      - Derives the time directories from a field of the records instead of the time of writing. A new task gets an
        empty dictionary by default, which means the time of writing.
    type: dict
    suboptions:
      timestamp_name:
        description:
          - Name of the field with the time.
        type: str
        required: true
      timestamp_type:
        description:
          - Type of the field. V(String) is a formatted time, V(Timestamp) a number of 13 digits, in milliseconds since
            1970.
        type: str
        choices: [String, Timestamp]
        required: true
      timestamp_format:
        description:
          - Format of the time. Required with O(processing_schema.timestamp_type=String).
        type: str
        choices:
          - yyyy/MM/dd HH:mm:ss
          - MM/dd/yyyy HH:mm:ss
          - dd/MM/yyyy HH:mm:ss
          - yyyy-MM-dd HH:mm:ss
          - MM-dd-yyyy HH:mm:ss
          - dd-MM-yyyy HH:mm:ss
seealso:
  - name: Semantics guide
    description: Results, drift and waiting in detail.
    link: https://github.com/otc-dis/otc.dis/blob/main/docs/docsite/rst/semantics_guide.rst
  - module: otc.dis.transfer_tasks
  - module: otc.dis.transfer_task_info
  - module: otc.dis.transfer_task_log_info
  - module: otc.dis.transfer_task_preflight_info
  - module: otc.dis.dli_transfer_task
  - module: otc.dis.mrs_transfer_task
  - module: otc.dis.dws_transfer_task
  - module: otc.dis.cloudtable_transfer_task
  - name: API reference of DIS
    description: The options are named like the request parameters in section "Dump Task Management".
    link: https://docs.otc.t-systems.com/data-ingestion-service/api-ref/
"""

EXAMPLES = r"""
- name: Write the records of stream "meters" to files, one directory per day
  otc.dis.obs_transfer_task:
    cloud: my-otc
    stream_name: meters
    task_name: meters-to-obs
    agency_name: dis_admin_agency
    obs_bucket_path: telemetry-staging
    file_prefix: meters
    partition_format: yyyy/MM/dd
    record_delimiter: "\n"
    deliver_time_interval: 300

- name: Derive the directories from the time in the records
  otc.dis.obs_transfer_task:
    cloud: my-otc
    stream_name: meters
    task_name: meters-to-obs
    processing_schema:
      timestamp_name: measured_at
      timestamp_type: String
      timestamp_format: yyyy-MM-dd HH:mm:ss

- name: Delete the transfer task, but not the files
  otc.dis.obs_transfer_task:
    cloud: my-otc
    stream_name: meters
    task_name: meters-to-obs
    state: absent
"""

RETURN = r"""
transfer_task:
  description:
    - The transfer task, normalized across regions. In check mode, the task as it would be after a run.
    - With O(wait=false), a new task is returned as planned, and a changed task as it is right after the change.
    - Values that the service does not return are V(null). The whole value is V(null) if the task does not exist.
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
      sample: meters-to-obs
    destination_type:
      description: Destination type of the task.
      type: str
      returned: always
      sample: OBS
    state:
      description: State as reported by the service, such as V(STARTING), V(RUNNING), V(PAUSED), V(ABNORMAL) or
        V(ERROR).
      type: str
      returned: always
      sample: RUNNING
    task_id:
      description: ID of the task.
      type: str
      returned: always
      sample: q7Vn0ZcL3tXy9HbK2sE
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
    last_transfer_timestamp:
      description: Time of the last work cycle in milliseconds since 1970, whether or not records were transferred.
      type: int
      returned: always
      sample: 1712000240000
    exception_strategy:
      description: Handling of records that cannot be loaded.
      type: str
      returned: always
      sample: ignoreAndBackup
    partitions:
      description: Partitions of the stream, with the progress of the task.
      type: list
      elements: dict
      returned: always
      contains:
        partition_id:
          description: ID of the partition.
          type: str
          returned: always
          sample: shardId-0000000000
        state:
          description: State of the partition as reported by the service.
          type: str
          returned: always
          sample: RUNNING
        last_transfer_timestamp:
          description: Time of the last work cycle in milliseconds since 1970.
          type: int
          returned: if the service returns it
          sample: 1712000240000
        last_transfer_offset:
          description: Sequence number of the next record to transfer. V(0) before the first transfer.
          type: int
          returned: if the service returns it
          sample: 4711
        discard:
          description: Number of discarded records.
          type: int
          returned: if the service returns it
          sample: 0
    agency_name:
      description: Name of the IAM agency.
      type: str
      returned: always
      sample: dis_admin_agency
    deliver_time_interval:
      description: Delivery interval in seconds.
      type: int
      returned: always
      sample: 120
    consumer_strategy:
      description: Position at which the task started to read.
      type: str
      returned: always
      sample: LATEST
    obs_bucket_path:
      description: Name of the OBS bucket.
      type: str
      returned: always
      sample: telemetry-staging
    file_prefix:
      description: Directory in the bucket.
      type: str
      returned: always
      sample: dis/meters
    partition_format:
      description: Structure of the time directories.
      type: str
      returned: always
      sample: yyyy/MM/dd
    destination_file_type:
      description: Format of the files.
      type: str
      returned: always
      sample: text
    processing_schema:
      description: Field of the records from which the time directories are derived.
      type: dict
      returned: always
      sample: {"timestamp_name": "measured_at", "timestamp_type": "Timestamp"}
    record_delimiter:
      description: Delimiter between records.
      type: str
      returned: always
      sample: "\n"
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
cost:
  description:
    - Effect of the replacement on the records of the stream, counted before the change.
    - With C(consumer_strategy) V(LATEST), the records that wait are skipped; more may arrive until the new task
      starts. With V(TRIM_HORIZON), the stored records before the position of the old task are transferred again.
  returned: if the task is replaced, or would be in check mode
  type: dict
  contains:
    effect:
      description: Effect on the records, V(skipped) or V(repeated).
      type: str
      returned: always
      sample: skipped
    records:
      description: Number of records, for V(repeated) at most. V(null) if it is unknown for a partition.
      type: int
      returned: always
      sample: 42
    partitions:
      description: Number of records in each partition.
      type: list
      elements: dict
      returned: always
      contains:
        partition_id:
          description: ID of the partition.
          type: str
          returned: always
          sample: shardId-0000000000
        records:
          description: Number of records, V(null) if unknown.
          type: int
          returned: always
          sample: 42
    basis:
      description: Source of the numbers.
      type: str
      returned: always
      sample: offsets of the task and sequence number ranges of the partitions, read before the change
running_time:
  description: Time in which a task that was created with O(state=stopped) may have transferred records, by the clock
    of the host on which the module ran.
  returned: if the task was created and stopped, and O(wait)
  type: dict
  contains:
    start:
      description: Time before the request that created the task, in UTC.
      type: str
      returned: always
      sample: "2026-11-28T09:30:00Z"
    end:
      description: Time after the task was first observed to be paused, in UTC.
      type: str
      returned: always
      sample: "2026-11-28T09:30:07Z"
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

from ..module_utils._resources.destinations import OBS
from ..module_utils._resources.transfer_tasks import TransferTasks
from ..module_utils._run import run_module

RESOURCE = TransferTasks(OBS)


def main() -> None:
    """Run the module."""
    run_module(RESOURCE)


if __name__ == "__main__":
    main()
