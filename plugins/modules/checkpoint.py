#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: checkpoint
short_description: Manage the checkpoints of an app in a DIS stream
version_added: 1.0.0
description:
  - Commits, moves and deletes checkpoints of the Data Ingestion Service (DIS). A checkpoint is the position up to which
    an app has read a partition of a stream.
  - O(stream_name) and O(app_name) are required and must exist. O(sequence_number) is required to set a checkpoint.
  - Stop the consumers of the app first. Running consumers commit checkpoints themselves and may overwrite the change.
  - Authenticate with O(cloud), with C(OS_*) environment variables or with O(auth).
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes
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
  sequence_number:
    description:
      - Sequence number of the next record to read, from 0 to 9223372036854775807. It must be that of a retained record
        or of the next record to arrive. Required with O(state=present).
    type: str
  partition_id:
    description:
      - ID of one partition, as V(0) or V(shardId-0000000000). All readable partitions by default; with
        O(state=present), all of them get the same position.
      - V(null) and empty strings are rejected, since they would extend the change to all partitions. Use C(omit) to
        omit the option.
    type: str
  state:
    description:
      - V(present) ensures that the checkpoint has this position. Moving it forward skips records, moving it back
        repeats records.
      - V(absent) ensures that there is no checkpoint. The consumers of the app then choose where to start.
    type: str
    choices: [present, absent]
    default: present
  metadata:
    description:
      - Text to store with the checkpoint, at most 1000 characters. An empty string removes it. The text of an existing
        checkpoint is not changed by default.
    type: str
  checkpoint_type:
    description:
      - Always V(LAST_READ), the only type of the service. Accepted so that API request bodies can be reused unchanged.
    type: str
    choices: [LAST_READ]
    default: LAST_READ
seealso:
  - module: otc.dis.checkpoint_info
  - module: otc.dis.app
  - name: API reference of DIS
    description: Operations that this module uses, in section "Checkpoint Management".
    link: https://docs.otc.t-systems.com/data-ingestion-service/api-ref/
"""

EXAMPLES = r"""
- name: Set the checkpoint of partition 0 to record 640
  otc.dis.checkpoint:
    cloud: my-otc
    stream_name: meters
    app_name: billing-reader
    partition_id: "0"
    sequence_number: "640"
    metadata: set by the migration of June

- name: Delete the checkpoint of partition 0
  otc.dis.checkpoint:
    cloud: my-otc
    stream_name: meters
    app_name: billing-reader
    partition_id: shardId-0000000000
    state: absent

- name: Delete all checkpoints of the app in the stream
  otc.dis.checkpoint:
    cloud: my-otc
    stream_name: meters
    app_name: billing-reader
    state: absent
"""

RETURN = r"""
checkpoints:
  description:
    - Checkpoints of the selected partition, or of all partitions without O(partition_id). In check mode, the
      checkpoints as they would be after a run. Empty without checkpoints.
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
actions:
  description: Actions that were performed, or would be in check mode, in order. Empty if there was nothing to
    change.
  returned: success
  type: list
  elements: str
  sample: [move shardId-0000000000]
unverified:
  description: Always empty. Returned for consistency with the other modules.
  returned: success
  type: list
  elements: str
  sample: []
done:
  description: Actions that were performed, or may have been, before the failure.
  returned: failure
  type: list
  elements: str
  sample: [commit shardId-0000000000]
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
      sample: DIS.4302
    request_id:
      description: Request ID to quote to support. V(null) if the response has none.
      type: str
      returned: always
      sample: 4d1f0a2b8c3e4f60
    hint:
      description: Suggested next step, also part of C(msg). V(null) without a suggestion.
      type: str
      returned: always
      sample: "Check the partition: the stream has none with this ID."
"""

from ..module_utils._resources.checkpoint import AppCheckpoints
from ..module_utils._run import run_module

RESOURCE = AppCheckpoints()


def main() -> None:
    """Run the module."""
    run_module(RESOURCE)


if __name__ == "__main__":
    main()
