#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: records
short_description: Put records into a DIS stream, get records or cursors from it
version_added: 1.0.0
description:
  - Puts records from a list or from the lines of a file into a stream of the Data Ingestion Service (DIS), or gets
    records from one partition or from all partitions of a stream.
  - Also gets cursors, for programs that read by them, and reads by a cursor that came from elsewhere.
  - This is meant for tests, for a few records of configuration and for a look into a stream. Everything is held in
    memory.
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes
  - otc.dis.auth
attributes:
  check_mode:
    description: Tells what would be done, without doing it.
    support: full
    details:
      - With O(action=put) the records are checked and said to be put; nothing is sent, not even a login.
      - With O(action=get) and O(action=cursor) the module only reads, in check mode as otherwise.
  diff_mode:
    description: Shows what was, or would be, changed.
    support: none
    details:
      - Records are not shown as a difference.
  idempotent:
    description: A second run with the same options changes nothing.
    support: partial
    details:
      - With O(action=put) every run puts all records once more. A stream does not tell equal records apart.
      - With O(action=get) and O(action=cursor) nothing is changed.
options:
  action:
    description:
      - V(put) puts O(records), or the lines of O(src), into the stream.
      - V(get) returns records from the stream. They stay there.
      - V(cursor) returns cursors, each of which is a place in a partition from which records can be got. One that is
        not used for five minutes expires.
    type: str
    choices: [put, get, cursor]
    required: true
  stream_name:
    description:
      - Name of the stream, 1 to 64 letters, digits, V(_) or V(-). Needed, unless O(stream_id) or O(partition_cursor) is
        given.
    type: str
  stream_id:
    description:
      - Id of the stream, 1 to 64 letters, digits, V(_) or V(-), as RV(otc.dis.stream_info#module:streams[].stream_id)
        tells it to the owner. By its id a stream is reached that another account shares.
      - The service looks for O(stream_name) first, if that is given, and among the streams of the project. So do not
        give it if a stream of one's own may have the same name.
      - With O(action=get) and O(action=cursor), O(partition_id) is needed, too.
    type: str
  encoding:
    description:
      - V(text) for records that are texts in UTF-8.
      - V(base64) for any bytes. What is put must then be given in base64, and what is got is returned in it.
    type: str
    choices: [text, base64]
    default: text
  records:
    description:
      - With O(action=put), the records. A record that names none of O(records[].partition_id),
        O(records[].explicit_hash_key) and O(records[].partition_key) takes those that are given for all.
      - If several of them are given, the first one in this order decides on the partition. Without any, the service
        spreads the records.
      - They are put in batches of at most 500 records and 1 MiB. Records that only came too fast are put again, and are
        then behind those that were not refused. If any other record is refused, those behind its batch are not sent.
    type: list
    elements: dict
    suboptions:
      data:
        description:
          - Content of the record, 1 byte to 1 MiB. Anything but a text, such as a dictionary, is put as JSON.
          - With ansible-core before 2.19, a template that gives a text such as V([1.10]) or V(True) hands on a
            dictionary, a list or a boolean instead, and the JSON that is put differs, V([1.1]) for example.
            Write C({{ reading | string }}) to keep the text as it is, or use O(src).
        type: raw
        required: true
      partition_id:
        description:
          - Partition that gets the record, as V(0) or as V(shardId-0000000000).
        type: str
      explicit_hash_key:
        description:
          - Hash key of the record, from 0 to 9223372036854775807. The partition in whose range it lies gets the record.
        type: str
      partition_key:
        description:
          - Any text. Records with the same text go to the same partition.
        type: str
  src:
    description:
      - With O(action=put), a file where the module runs, whose content no template changes. Each line that is not
        empty is a record, without its line end.
      - A relative path begins in the folder in which Ansible was started, else in that of the playbook.
    type: path
  partition_id:
    description:
      - With O(action=put), the partition that gets the records.
      - With O(action=get) and O(action=cursor), the partition to read from. Without it, all partitions are read that
        can be.
    type: str
  explicit_hash_key:
    description:
      - With O(action=put), the hash key of the records.
    type: str
  partition_key:
    description:
      - With O(action=put), the key of the records.
    type: str
  partition_cursor:
    description:
      - With O(action=get), the cursor to begin at, which O(action=cursor), RV(positions[].partition_cursor) or another
        program gave. It holds stream, partition and place, so no option that says one of these goes with it.
      - Once it has expired, the module fails with RV(error.code=DIS.4225).
    type: str
  cursor_type:
    description:
      - With O(action=get) and O(action=cursor), where to begin. V(TRIM_HORIZON) begins at the oldest record that is
        still kept, V(LATEST) behind the newest one, V(AT_SEQUENCE_NUMBER) and V(AFTER_SEQUENCE_NUMBER) at or behind
        O(starting_sequence_number), V(AT_TIMESTAMP) at the first record that is as young as O(timestamp).
      - If it is left out, it follows from O(starting_sequence_number) or O(timestamp); without them it is
        V(TRIM_HORIZON).
    type: str
    choices: [AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER, TRIM_HORIZON, LATEST, AT_TIMESTAMP]
  starting_sequence_number:
    description:
      - With O(action=get) and O(action=cursor), number of a record, from 0 to 9223372036854775807. Each partition
        counts for itself.
    type: str
  timestamp:
    description:
      - With O(action=get) and O(action=cursor), a time. V(now), a time before it such as V(-1h30m) with the units V(w),
        V(d), V(h), V(m) and V(s), a date and time such as V(2026-01-31T10:00:00+01:00) which is in UTC if no zone is
        given, or seconds or milliseconds since 1970.
    type: str
  max_records:
    description:
      - With O(action=get), how many records to return at the most, from 1 to 100000.
    type: int
    default: 1000
  max_bytes:
    description:
      - With O(action=get), how many bytes of data to return at the most, from 1 to 67108864.
    type: int
    default: 1048576
  max_seconds:
    description:
      - With O(action=get), after how many seconds to return what has been read so far, up to 86400. A request that is
        under way then is waited for, but not repeated.
    type: float
    default: 30
  follow:
    description:
      - With O(action=get), whether to wait for further records until one of the limits is reached. Otherwise the module
        returns as soon as it has read what was there when it began.
      - With O(cursor_type=LATEST) nothing is returned without this.
    type: bool
    default: false
seealso:
  - module: otc.dis.stream
  - module: otc.dis.checkpoint
  - name: API reference of DIS
    description: The operations that this module uses, under "Data Management".
    link: https://docs.otc.t-systems.com/data-ingestion-service/api-ref/
"""

EXAMPLES = r"""
- name: Put two records; those of one meter stay in order
  otc.dis.records:
    cloud: my-otc
    action: put
    stream_name: meters
    records:
      - data: {meter: m-17, value: 3.4}
        partition_key: m-17
      - data: {meter: m-18, value: 1.2}
        partition_key: m-18

- name: Put a text as it is, which older releases of Ansible would change
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

- name: Get the ten oldest records that the stream still keeps
  otc.dis.records:
    cloud: my-otc
    action: get
    stream_name: meters
    max_records: 10
  register: oldest

- name: Get what came into partition 0 within the last quarter of an hour
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

- name: Get a cursor behind the newest record of partition 0
  otc.dis.records:
    cloud: my-otc
    action: cursor
    stream_name: meters
    partition_id: "0"
    cursor_type: LATEST
  register: latest

- name: Get what has come since then
  otc.dis.records:
    cloud: my-otc
    action: get
    partition_cursor: "{{ latest.cursors[0].partition_cursor }}"
"""

RETURN = r"""
records:
  description:
    - With O(action=put) what became of each record, in the order in which they were given, also where the module fails.
    - With O(action=get) the records, by partition and in their order.
  returned: success, and failure of O(action=put) once records were sent
  type: list
  elements: dict
  contains:
    partition_id:
      description: Id of the partition, in its long form; V(null) where it is not known (yet), and with
        O(partition_cursor).
      type: str
      returned: always
      sample: shardId-0000000000
    sequence_number:
      description: Number of the record in its partition, as text; V(null) where it is not known.
      type: str
      returned: always
      sample: "978"
    state:
      description: What became of the record. V(put); V(refused), for the reason in RV(records[].error); V(unknown) if
        the answer was lost; V(not_sent), also in check mode.
      type: str
      returned: with O(action=put)
      sample: put
    error:
      description: Why the record was refused, as C(code) and C(text).
      type: dict
      returned: with O(action=put)
      sample: {code: DIS.4302, text: The partition does not exist.}
    data:
      description: Content of the record, as O(encoding) says.
      type: str
      returned: with O(action=get)
      sample: '{"meter": "m-17", "value": 3.4}'
    partition_key:
      description: Key with which the record was put; V(null) if there was none.
      type: str
      returned: with O(action=get)
      sample: m-17
    timestamp:
      description: When the record was put, in milliseconds since 1970.
      type: int
      returned: with O(action=get)
      sample: 1717409999000
    timestamp_type:
      description: What this time is.
      type: str
      returned: with O(action=get)
      sample: CreateTime
cursors:
  description: A cursor for each partition that was asked for.
  returned: success with O(action=cursor)
  type: list
  elements: dict
  contains:
    partition_id:
      description: Id of the partition, in its long form.
      type: str
      returned: always
      sample: shardId-0000000000
    partition_cursor:
      description: The cursor, which can be given as O(partition_cursor).
      type: str
      returned: always
      sample: eyJnZXRJdGVyYXRvclBhcmFtIjp7InN0cmVhbS1uYW1lIjoibWV0ZXJzIn19
positions:
  description: How far each partition was read.
  returned: success with O(action=get)
  type: list
  elements: dict
  contains:
    partition_id:
      description: Id of the partition, in its long form; V(null) with O(partition_cursor).
      type: str
      returned: always
      sample: shardId-0000000000
    sequence_number:
      description: Number of the record to read next, as text, which can be given as O(starting_sequence_number).
        V(null) if it is not known.
      type: str
      returned: always
      sample: "979"
    partition_cursor:
      description: Cursor at the record to read next, which can be given as O(partition_cursor) within five minutes.
        V(null) if nothing was asked for, or if O(max_records) or O(max_bytes) ended the run among the records of one
        answer; RV(positions[].sequence_number) tells where to go on.
      type: str
      returned: always
      sample: eyJpdGVyR2VuVGltZSI6MTcxNzQwOTk5OTAwMCwiU3RyZWFtTmFtZSI6Im1ldGVycyJ9
    at_end:
      description: Whether everything was read that was there when the module began.
      type: bool
      returned: always
      sample: true
actions:
  description: V(put) if records were put or, in check mode, would be.
  returned: success
  type: list
  elements: str
  sample: [put]
done:
  description: V(put) if records had been put, or may have been, before the failure.
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
