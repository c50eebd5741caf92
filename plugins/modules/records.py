#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: records
short_description: Put records into a DIS stream, or get records or cursors
version_added: 1.0.0
description:
  - Puts records from a list or from the lines of a file into a stream of the Data Ingestion Service (DIS), gets records
    from one or all partitions of a stream, or gets cursors for other programs.
  - O(action) and O(stream_name) are required. O(action=put) also requires O(records) or O(src).
  - Suitable for tests, small amounts of data and a look into a stream, since all records are kept in memory.
  - Authenticate with O(cloud), with C(OS_*) environment variables or with O(auth).
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes
  - otc.dis.auth
attributes:
  check_mode:
    description: Reports the changes that a run would make, without making them.
    support: full
    details:
      - With O(action=put), the records are validated and no request is sent. Other actions are read-only.
  diff_mode:
    description: Returns the differences that a run makes, or would make in check mode.
    support: none
    details:
      - Records are not shown as a difference.
  idempotent:
    description: A second run with the same options makes no changes.
    support: partial
    details:
      - With O(action=put), every run puts all records again, since a stream does not detect duplicates. Other actions
        are read-only.
options:
  action:
    description:
      - V(put) puts O(records) or the lines of O(src) into the stream.
      - V(get) returns records without removing them.
      - V(cursor) returns cursors, which are positions in partitions to read from. A cursor expires after five minutes
        without use.
    type: str
    choices: [put, get, cursor]
    required: true
  stream_name:
    description:
      - Name of the stream, 1 to 64 letters, digits, V(_) or V(-). Required, unless O(stream_id) or O(partition_cursor)
        is set.
    type: str
  stream_id:
    description:
      - ID of the stream, 1 to 64 letters, digits, V(_) or V(-), from
        RV(otc.dis.stream_info#module:streams[].stream_id). It gives access to a stream that another account shares.
      - O(stream_name) takes precedence and refers to the streams of the project, so omit it if the project may have a
        stream of this name. O(action=get) and O(action=cursor) also require O(partition_id).
    type: str
  records:
    description:
      - Records for O(action=put). A record without O(records[].partition_id), O(records[].explicit_hash_key) and
        O(records[].partition_key) uses those of the module. If several are set, the first in this order selects the
        partition. Without any, the service distributes the records.
      - Records are sent in batches of at most 500 records and 1 MiB. Throttled records are sent again, and then follow
        the accepted ones. If a record of a batch is rejected for another reason, later batches are not sent.
    type: list
    elements: dict
    suboptions:
      data:
        description:
          - Content of the record, 1 byte to 1 MiB. Values other than strings, such as dictionaries, are sent as JSON.
          - Before ansible-core 2.19, templates turn strings such as V([1.10]) or V(True) into other types, whose JSON
            differs, for example V([1.1]). Use C({{ reading | string }}) or O(src) to preserve the string.
        type: raw
        required: true
      partition_id:
        description:
          - ID of the partition, as V(0) or V(shardId-0000000000).
        type: str
      explicit_hash_key:
        description:
          - Hash key of the record, from 0 to 9223372036854775807, which selects the partition by its range.
        type: str
      partition_key:
        description:
          - Any string. Records with the same key are put into the same partition.
        type: str
  src:
    description:
      - Path of a file with the records for O(action=put), one per line, on the host that runs the module. Empty lines
        and line ends are removed, templates are not evaluated.
      - A relative path is resolved against the directory in which Ansible was started, then against the playbook
        directory.
    type: path
  encoding:
    description:
      - V(text) for records in UTF-8.
      - V(base64) for binary records, which are specified and returned in base64.
    type: str
    choices: [text, base64]
    default: text
  partition_id:
    description:
      - With O(action=put), the partition of all records, as V(0) or V(shardId-0000000000).
      - With O(action=get) and O(action=cursor), the partition to read from, by default all readable partitions.
    type: str
  explicit_hash_key:
    description:
      - Hash key of all records for O(action=put).
    type: str
  partition_key:
    description:
      - Partition key of all records for O(action=put).
    type: str
  cursor_type:
    description:
      - Start position for O(action=get) and O(action=cursor). V(TRIM_HORIZON) is the oldest retained record, V(LATEST)
        is after the newest record, V(AT_SEQUENCE_NUMBER) and V(AFTER_SEQUENCE_NUMBER) are at and after
        O(starting_sequence_number), V(AT_TIMESTAMP) is the first record that is not older than O(timestamp).
      - Derived from O(starting_sequence_number) or O(timestamp) by default, otherwise V(TRIM_HORIZON).
    type: str
    choices: [AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER, TRIM_HORIZON, LATEST, AT_TIMESTAMP]
  starting_sequence_number:
    description:
      - Sequence number for O(action=get) and O(action=cursor), from 0 to 9223372036854775807. Each partition has its
        own sequence.
    type: str
  timestamp:
    description:
      - Time for O(action=get) and O(action=cursor), which is V(now), a time before now such as V(-1h30m) with the units
        V(w), V(d), V(h), V(m) and V(s), an ISO 8601 time such as V(2026-01-31T10:00:00+01:00) (UTC without a time
        zone), or seconds or milliseconds since 1970.
    type: str
  partition_cursor:
    description:
      - Cursor to start from for O(action=get), from O(action=cursor), RV(positions[].partition_cursor) or another
        program. Since a cursor includes stream, partition and position, it cannot be combined with options for these.
      - The module fails with RV(error.code=DIS.4225) if the cursor has expired.
    type: str
  max_records:
    description:
      - Maximum number of records for O(action=get), from 1 to 100000.
    type: int
    default: 1000
  max_bytes:
    description:
      - Maximum amount of data for O(action=get) in bytes, from 1 to 67108864.
    type: int
    default: 1048576
  max_seconds:
    description:
      - Maximum duration of O(action=get) in seconds, up to 86400. The module waits for a pending request, but does not
        retry it.
    type: float
    default: 30
  follow:
    description:
      - Whether O(action=get) waits for further records until one of the limits is reached, instead of returning the
        records that existed when the module started.
      - Required to get any records with O(cursor_type=LATEST).
    type: bool
    default: false
seealso:
  - module: otc.dis.stream
  - module: otc.dis.checkpoint
  - name: API reference of DIS
    description: Operations that this module uses, in section "Data Management".
    link: https://docs.otc.t-systems.com/data-ingestion-service/api-ref/
"""

EXAMPLES = r"""
- name: Put two records, with one order per meter
  otc.dis.records:
    cloud: my-otc
    action: put
    stream_name: meters
    records:
      - data: {meter: m-17, value: 3.4}
        partition_key: m-17
      - data: {meter: m-18, value: 1.2}
        partition_key: m-18

- name: Put a string unchanged with any release of Ansible
  otc.dis.records:
    cloud: my-otc
    action: put
    stream_name: meters
    records:
      - data: "{{ reading | string }}"
  vars:
    reading: '{"meter": "m-19", "value": 1.10}'

- name: Put the lines of a file
  otc.dis.records:
    cloud: my-otc
    action: put
    stream_name: meters
    src: /var/spool/meters/readings.jsonl

- name: Get the ten oldest retained records
  otc.dis.records:
    cloud: my-otc
    action: get
    stream_name: meters
    max_records: 10
  register: oldest

- name: Get the records of the last 15 minutes from partition 0
  otc.dis.records:
    cloud: my-otc
    action: get
    stream_name: meters
    partition_id: "0"
    timestamp: -15m

- name: Wait up to a minute for the next record
  otc.dis.records:
    cloud: my-otc
    action: get
    stream_name: meters
    cursor_type: LATEST
    follow: true
    max_records: 1
    max_seconds: 60

- name: Get a cursor after the newest record of partition 0
  otc.dis.records:
    cloud: my-otc
    action: cursor
    stream_name: meters
    partition_id: "0"
    cursor_type: LATEST
  register: latest

- name: Get the records that have arrived since then
  otc.dis.records:
    cloud: my-otc
    action: get
    partition_cursor: "{{ latest.cursors[0].partition_cursor }}"
"""

RETURN = r"""
records:
  description:
    - With O(action=put), the outcome of each record, in the order of the input, even if the module fails.
    - With O(action=get), the records, ordered by partition and sequence number.
  returned: success, and failure of O(action=put) once records were sent
  type: list
  elements: dict
  contains:
    partition_id:
      description: ID of the partition in its long form. V(null) if unknown, and with O(partition_cursor).
      type: str
      returned: always
      sample: shardId-0000000000
    sequence_number:
      description: Sequence number of the record in its partition, as a string. V(null) if unknown.
      type: str
      returned: always
      sample: "978"
    state:
      description: Outcome for the record. V(put), V(refused) with the reason in RV(records[].error), V(unknown) if the
        response was lost, or V(not_sent), which includes check mode.
      type: str
      returned: with O(action=put)
      sample: put
    error:
      description: Reason of a refusal, with C(code) and C(text).
      type: dict
      returned: with O(action=put)
      sample: {code: DIS.4302, text: The partition does not exist.}
    data:
      description: Content of the record in the format of O(encoding).
      type: str
      returned: with O(action=get)
      sample: '{"meter": "m-17", "value": 3.4}'
    partition_key:
      description: Partition key of the record. V(null) without a key.
      type: str
      returned: with O(action=get)
      sample: m-17
    timestamp:
      description: Time at which the record was put, in milliseconds since 1970.
      type: int
      returned: with O(action=get)
      sample: 1717409999000
    timestamp_type:
      description: Type of the timestamp.
      type: str
      returned: with O(action=get)
      sample: CreateTime
cursors:
  description: Cursor for each selected partition.
  returned: success with O(action=cursor)
  type: list
  elements: dict
  contains:
    partition_id:
      description: ID of the partition in its long form.
      type: str
      returned: always
      sample: shardId-0000000000
    partition_cursor:
      description: Cursor for O(partition_cursor).
      type: str
      returned: always
      sample: eyJnZXRJdGVyYXRvclBhcmFtIjp7InN0cmVhbS1uYW1lIjoibWV0ZXJzIn19
positions:
  description: Progress in each partition.
  returned: success with O(action=get)
  type: list
  elements: dict
  contains:
    partition_id:
      description: ID of the partition in its long form. V(null) with O(partition_cursor).
      type: str
      returned: always
      sample: shardId-0000000000
    sequence_number:
      description: Sequence number of the next record to read, for O(starting_sequence_number), as a string. V(null) if
        unknown.
      type: str
      returned: always
      sample: "979"
    partition_cursor:
      description: Cursor at the next record to read, for O(partition_cursor), valid for five minutes. V(null) if no
        request was sent, or if O(max_records) or O(max_bytes) was reached within a response; use
        RV(positions[].sequence_number) instead.
      type: str
      returned: always
      sample: eyJpdGVyR2VuVGltZSI6MTcxNzQwOTk5OTAwMCwiU3RyZWFtTmFtZSI6Im1ldGVycyJ9
    at_end:
      description: Whether all records that existed when the module started have been read.
      type: bool
      returned: always
      sample: true
actions:
  description: V(put) if records were put, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [put]
done:
  description: V(put) if records were put, or may have been, before the failure.
  returned: failure
  type: list
  elements: str
  sample: [put]
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

from ..module_utils._resources.records_io import Records
from ..module_utils._run import run_module

RESOURCE = Records()


def main() -> None:
    """Run the module."""
    run_module(RESOURCE)


if __name__ == "__main__":
    main()
