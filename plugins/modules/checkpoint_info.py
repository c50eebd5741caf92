#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: checkpoint_info
short_description: Get information about the checkpoints of an app in a DIS stream
version_added: 1.0.0
description:
  - Returns the checkpoints of an app of the Data Ingestion Service (DIS) in one partition or in all partitions of a
    stream.
  - If there is no such app, stream, partition or checkpoint, the list is empty; the module does not fail.
  - Authenticate with O(cloud), with C(OS_*) environment variables or with O(auth).
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes.info_module
  - otc.dis.auth
options:
  stream_name:
    description:
      - Name of the stream, 1 to 64 letters, digits, V(_) or V(-).
    type: str
    required: true
  app_name:
    description:
      - Name of the app, 1 to 200 letters, digits, V(_) or V(-).
    type: str
    required: true
  partition_id:
    description:
      - ID of one partition, as V(0) or V(shardId-0000000000). All partitions by default, which takes one request and
        one more per checkpoint.
    type: str
seealso:
  - module: otc.dis.checkpoint
  - module: otc.dis.app_info
  - name: API reference of DIS
    description: Operations that this module uses, in section "Checkpoint Management".
    link: https://docs.otc.t-systems.com/data-ingestion-service/api-ref/
"""

EXAMPLES = r"""
- name: Get all checkpoints of the app in stream "meters"
  otc.dis.checkpoint_info:
    cloud: my-otc
    stream_name: meters
    app_name: billing-reader
  register: found

- name: Show the position in each partition
  ansible.builtin.debug:
    msg: "{{ found.checkpoints | items2dict(key_name='partition_id', value_name='sequence_number') }}"

- name: Get the checkpoint of one partition
  otc.dis.checkpoint_info:
    cloud: my-otc
    stream_name: meters
    app_name: billing-reader
    partition_id: "0"
"""

RETURN = r"""
checkpoints:
  description: Existing checkpoints, in the order of the partitions.
  returned: success
  type: list
  elements: dict
  contains:
    stream_name:
      description: Name of the stream.
      type: str
      returned: always
      sample: meters
    app_name:
      description: Name of the app.
      type: str
      returned: always
      sample: billing-reader
    partition_id:
      description: ID of the partition in its long form.
      type: str
      returned: always
      sample: shardId-0000000000
    checkpoint_type:
      description: Type of the checkpoint.
      type: str
      returned: always
      sample: LAST_READ
    sequence_number:
      description: Sequence number of the next record to read. A string, since it may have 19 digits.
      type: str
      returned: always
      sample: "640"
    metadata:
      description: Text stored with the checkpoint. V(null) without metadata.
      type: str
      returned: always
      sample: host-17
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

from ..module_utils._resources.checkpoint import CheckpointQuery
from ..module_utils._run import run_info_module

QUERY = CheckpointQuery()


def main() -> None:
    """Run the module."""
    run_info_module(QUERY)


if __name__ == "__main__":
    main()
