#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: obs_transfer_task
short_description: Keep a transfer task from a DIS stream to Object Storage as described
version_added: 1.0.0
description:
  - Creates, changes, starts, stops and deletes a transfer task (dump task) that writes the records of a Data
    Ingestion Service (DIS) stream into files of Object Storage Service (OBS), and does nothing where the task is
    already as described.
  - The options carry the names of the request parameters of the API.
  - The stream, the agency and the bucket must exist.
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
    choices: [OBS]
    default: OBS
  obs_bucket_path:
    description:
      - Name of the OBS bucket, without a path, that gets the files.
      - Needed to create a task.
    type: str
  file_prefix:
    description:
      - Folder in that bucket, levels separated by V(/), at most 50 letters, digits, V(_) or V(/), not beginning
        with V(/).
      - An empty text asks for no folder, which is also what a new task gets if this is left out.
    type: str
  partition_format:
    description:
      - Time folders below the O(file_prefix), by the time at which a file is written.
      - An empty text asks for none, which is also what a new task gets if this is left out.
    type: str
    choices: ["", yyyy, yyyy/MM, yyyy/MM/dd, yyyy/MM/dd/HH, yyyy/MM/dd/HH/mm]
  destination_file_type:
    description:
      - Format of the files, V(text), V(parquet) or V(carbon); the latter two only for streams of data type JSON,
        and not in every region.
      - A new task gets V(text) if this is left out.
    type: str
  processing_schema:
    description:
      - Takes the time folders from a field of the records instead of the clock. An empty dictionary asks for
        none.
    type: dict
    suboptions:
      timestamp_name:
        description:
          - Name of the field that holds the time.
        type: str
        required: true
      timestamp_type:
        description:
          - Whether that field is a text, or a number of milliseconds since 1970 with 13 digits.
        type: str
        choices: [String, Timestamp]
        required: true
      timestamp_format:
        description:
          - How a text is written. Needed with O(processing_schema.timestamp_type=String).
        type: str
        choices:
          - yyyy/MM/dd HH:mm:ss
          - MM/dd/yyyy HH:mm:ss
          - dd/MM/yyyy HH:mm:ss
          - yyyy-MM-dd HH:mm:ss
          - MM-dd-yyyy HH:mm:ss
          - dd-MM-yyyy HH:mm:ss
  record_delimiter:
    description:
      - What stands between two records, a comma, a semicolon, a vertical bar, a newline, or an empty text for
        nothing, which the request spells V(none).
      - The service decides for a new task if this is left out. V(\\n) in two characters is taken as a newline, as
        other tools write it.
    type: str
seealso:
  - module: otc.dis.dli_transfer_task
  - module: otc.dis.mrs_transfer_task
  - module: otc.dis.dws_transfer_task
  - module: otc.dis.cloudtable_transfer_task
  - name: API reference of DIS
    description: The operations that this module mirrors, under "Dump Task Management".
    link: https://docs.otc.t-systems.com/data-ingestion-service/api-ref/
"""

EXAMPLES = r"""
- name: Write the records of stream "meters" into files, a folder for each day
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

- name: Sort them by the time in the records instead
  otc.dis.obs_transfer_task:
    cloud: my-otc
    stream_name: meters
    task_name: meters-to-obs
    processing_schema:
      timestamp_name: measured_at
      timestamp_type: String
      timestamp_format: yyyy-MM-dd HH:mm:ss

- name: Remove the transfer; the files stay
  otc.dis.obs_transfer_task:
    cloud: my-otc
    stream_name: meters
    task_name: meters-to-obs
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
      sample: meters-to-obs
    destination_type:
      description: Where the data goes.
      type: str
      returned: always
      sample: OBS
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
    obs_bucket_path:
      description: Name of the bucket.
      type: str
      returned: always
      sample: telemetry-staging
    file_prefix:
      description: Folder in the bucket.
      type: str
      returned: always
      sample: dis/meters
    partition_format:
      description: Time folders below the prefix.
      type: str
      returned: always
      sample: yyyy/MM/dd
    destination_file_type:
      description: Format of the files.
      type: str
      returned: always
      sample: text
    processing_schema:
      description: Where the time folders come from, if not from the clock.
      type: dict
      returned: always
      sample: {"timestamp_name": "measured_at", "timestamp_type": "Timestamp"}
    record_delimiter:
      description: What stands between two records.
      type: str
      returned: always
      sample: "\n"
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

from ..module_utils._resources.destinations import OBS
from ..module_utils._resources.transfer_tasks import TransferTasks
from ..module_utils._run import run_module

RESOURCE = TransferTasks(OBS)


def main() -> None:
    """Run the module."""
    run_module(RESOURCE)


if __name__ == "__main__":
    main()
