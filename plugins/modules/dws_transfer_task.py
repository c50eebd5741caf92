#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dws_transfer_task
short_description: Keep a transfer task from a DIS stream to Data Warehouse Service as described
version_added: 1.0.0
description:
  - Creates, changes, starts, stops and deletes a transfer task (dump task) that loads the records of a Data
    Ingestion Service (DIS) stream into a table of Data Warehouse Service (DWS), and does nothing where the task is
    already as described.
  - The options carry the names of the request parameters of the API.
  - The stream (of data type JSON or CSV), the agency, the cluster, the database, the table, the key and the bucket
    must exist.
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes
  - otc.dis.transfer_task
  - otc.dis.wait
  - otc.dis.auth
attributes:
  idempotent:
    support: partial
    details:
      - With O(update_password=always), every run sends the password and reports a change.
options:
  destination_type:
    description:
      - Where the task sends its data. This module knows one answer; the option is there because the request has it.
    type: str
    choices: [DWS]
    default: DWS
  dws_cluster_name:
    description:
      - Name of the DWS cluster.
      - Needed to create a task.
    type: str
  dws_cluster_id:
    description:
      - Id of the same cluster.
      - Needed to create a task.
    type: str
  dws_database_name:
    description:
      - Name of the database.
      - Needed to create a task.
    type: str
  dws_schema:
    description:
      - Name of the schema in the database.
      - Needed to create a task.
    type: str
  dws_table_name:
    description:
      - Name of the table in the schema.
      - Needed to create a task.
    type: str
  dws_delimiter:
    description:
      - What separates the columns of a record.
      - Needed to create a task.
    type: str
    choices: [",", ;, "|"]
  user_name:
    description:
      - User of the database.
      - Needed to create a task.
    type: str
  user_password:
    description:
      - Password of that user.
      - Needed to create a task.
      - It is needed for every change of an existing task, too, as a change must be sent as a whole. The service
        does not tell it back, so it is never compared.
    type: str
  update_password:
    description:
      - Whether an existing task gets the O(user_password).
      - V(on_create) sends it only with a new task, or along with another change.
      - V(always) sends it in every run, which therefore always reports a change. It does not go together with
        O(on_drift=fail).
    type: str
    choices: [on_create, always]
    default: on_create
  kms_user_key_name:
    description:
      - Name of the key of Key Management Service that encrypts the stored password.
      - Needed to create a task.
    type: str
  kms_user_key_id:
    description:
      - Id of the same key.
      - Needed to create a task.
    type: str
  obs_bucket_path:
    description:
      - Name of the OBS bucket, without a path, in which DIS parks the data before it is loaded.
      - Needed to create a task.
    type: str
  file_prefix:
    description:
      - Folder in that bucket, levels separated by V(/), at most 50 letters, digits, V(_) or V(/), not beginning with
        V(/).
      - An empty text asks for no folder, which is also what a new task gets if this is left out.
    type: str
  retry_duration:
    description:
      - Seconds for which a failed load is tried again, from 0 (not at all) to 7200. What fails for longer is put into
        the folder C(dws_error) below the O(file_prefix).
      - A new task gets V(1800) if this is left out.
    type: int
  dws_table_columns:
    description:
      - Columns to fill, separated by commas.
      - An empty text means all columns, which is also what a new task gets if this is left out.
    type: str
  options:
    description:
      - What to tolerate while rows are loaded. Of an existing task, only the members that are given are managed.
    type: dict
    suboptions:
      fill_missing_fields:
        description:
          - Whether a missing last field becomes null.
        type: bool
      ignore_extra_data:
        description:
          - Whether surplus fields are dropped.
        type: bool
      compatible_illegal_chars:
        description:
          - Whether characters that the database does not allow are replaced.
        type: bool
      reject_limit:
        description:
          - How many rows may fail before the load does, a whole number or V(unlimited).
        type: str
      error_table_name:
        description:
          - Table that collects the rows that failed. An empty text asks for none.
        type: str
seealso:
  - module: otc.dis.dli_transfer_task
  - module: otc.dis.obs_transfer_task
  - module: otc.dis.mrs_transfer_task
  - module: otc.dis.cloudtable_transfer_task
  - name: API reference of DIS
    description: The operations that this module mirrors, under "Dump Task Management".
    link: https://docs.otc.t-systems.com/data-ingestion-service/api-ref/
"""

EXAMPLES = r"""
- name: Load the records of stream "meters" into a table of the data warehouse
  otc.dis.dws_transfer_task:
    cloud: my-otc
    stream_name: meters
    task_name: meters-to-dws
    agency_name: dis_admin_agency
    dws_cluster_name: warehouse
    dws_cluster_id: 8c0f2d6e-5b1a-4d3f-a1b2-c3d4e5f60718
    dws_database_name: telemetry
    dws_schema: public
    dws_table_name: meter_raw
    dws_delimiter: ";"
    user_name: loader
    user_password: "{{ dws_password }}"
    kms_user_key_name: dis
    kms_user_key_id: 0d9c8b7a-6f5e-4d3c-b2a1-908f7e6d5c4b
    obs_bucket_path: telemetry-staging
    options:
      fill_missing_fields: true
      reject_limit: unlimited

- name: Give the task a new password
  otc.dis.dws_transfer_task:
    cloud: my-otc
    stream_name: meters
    task_name: meters-to-dws
    user_password: "{{ dws_password }}"
    update_password: always

- name: Remove the transfer; the table stays
  otc.dis.dws_transfer_task:
    cloud: my-otc
    stream_name: meters
    task_name: meters-to-dws
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
      sample: meters-to-dws
    destination_type:
      description: Where the data goes.
      type: str
      returned: always
      sample: DWS
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
    dws_cluster_name:
      description: Name of the cluster.
      type: str
      returned: always
      sample: warehouse
    dws_cluster_id:
      description: Id of the cluster.
      type: str
      returned: always
      sample: 8c0f2d6e-5b1a-4d3f-a1b2-c3d4e5f60718
    dws_database_name:
      description: Name of the database.
      type: str
      returned: always
      sample: telemetry
    dws_schema:
      description: Name of the schema.
      type: str
      returned: always
      sample: public
    dws_table_name:
      description: Name of the table.
      type: str
      returned: always
      sample: meter_raw
    dws_delimiter:
      description: What separates columns.
      type: str
      returned: always
      sample: ";"
    user_name:
      description: User of the database.
      type: str
      returned: always
      sample: loader
    kms_user_key_name:
      description: Name of the key.
      type: str
      returned: always
      sample: dis
    kms_user_key_id:
      description: Id of the key.
      type: str
      returned: always
      sample: 0d9c8b7a-6f5e-4d3c-b2a1-908f7e6d5c4b
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
    retry_duration:
      description: Seconds for which a failed load is tried again.
      type: int
      returned: always
      sample: 900
    dws_table_columns:
      description: Columns that are filled; empty for all.
      type: str
      returned: always
      sample: ""
    options:
      description: What is tolerated while rows are loaded.
      type: dict
      returned: always
      sample: {"fill_missing_fields": true, "reject_limit": "unlimited"}
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

from ..module_utils._resources.destinations import DWS
from ..module_utils._resources.transfer_tasks import TransferTasks
from ..module_utils._run import run_module

RESOURCE = TransferTasks(DWS)


def main() -> None:
    """Run the module."""
    run_module(RESOURCE)


if __name__ == "__main__":
    main()
