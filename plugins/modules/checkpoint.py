#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: checkpoint
short_description: Keep the checkpoints of an app in a DIS stream as described
version_added: 1.0.0
description:
  - Commits, moves and deletes checkpoints, which say how far an app has read a partition of a stream of the Data
    Ingestion Service (DIS).
  - Stop the consumers of the app first. Those that run commit by themselves, and may at once undo what this module did.
  - The stream and the app must exist.
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
  partition_id:
    description:
      - Id of one partition, as V(0) or as V(shardId-0000000000).
      - Without it, this is about all partitions that can be read from. With O(state=present) each of them gets
        the same position.
      - A blank value, null or an empty text, is refused, since it would extend the change to all partitions. Use
        C(omit) to leave the option out.
    type: str
  sequence_number:
    description:
      - Number of the record that the app is to read next, a whole number from 0 to 9223372036854775807. The partition
        must still keep it, or it is the one that the next record will get.
      - Needed with O(state=present).
    type: str
  metadata:
    description:
      - Any text to note with the checkpoint, at most 1000 characters. An empty text removes what was noted.
      - If this is left out, what is noted stays.
    type: str
  checkpoint_type:
    description:
      - Type of the checkpoint. The service knows one; the option is there because the request has it.
    type: str
    choices: [LAST_READ]
    default: LAST_READ
  state:
    description:
      - V(present) makes sure that the checkpoint is there with this position. One that is elsewhere is moved, be it
        forward, so that records are left out, or back, so that they are read again.
      - V(absent) makes sure that there is no checkpoint. The app then begins where its consumers see fit.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: otc.dis.checkpoint_info
  - module: otc.dis.app
  - name: API reference of DIS
    description: The operations that this module uses, under "Checkpoint Management".
    link: https://docs.otc.t-systems.com/data-ingestion-service/api-ref/
"""

EXAMPLES = r"""
- name: Let the app read partition 0 from record 640 on
  otc.dis.checkpoint:
    cloud: my-otc
    stream_name: meters
    app_name: billing-reader
    partition_id: "0"
    sequence_number: "640"
    metadata: set by the migration of June

- name: Forget how far it has read partition 0
  otc.dis.checkpoint:
    cloud: my-otc
    stream_name: meters
    app_name: billing-reader
    partition_id: shardId-0000000000
    state: absent

- name: Forget how far it has read the whole stream
  otc.dis.checkpoint:
    cloud: my-otc
    stream_name: meters
    app_name: billing-reader
    state: absent
"""

RETURN = r"""
checkpoints:
  description:
    - The checkpoints that this is about; in check mode, as they would be. Without O(partition_id) those of all
      partitions.
    - Empty if there are none (any more).
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
  description: Options that were given and that the service does not tell back. There are none; the member is there
    because all modules of the collection have it.
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
      sample: DIS.4224
    request_id:
      description: Request ID to quote to support. V(null) if the response has none.
      type: str
      returned: always
      sample: 4d1f0a2b8c3e4f60
    hint:
      description: Suggested next step, also part of C(msg). V(null) without a suggestion.
      type: str
      returned: always
      sample: Give a sequence number that the partition still keeps.
"""

from ..module_utils._resources.checkpoint import AppCheckpoints
from ..module_utils._run import run_module

RESOURCE = AppCheckpoints()


def main() -> None:
    """Run the module."""
    run_module(RESOURCE)


if __name__ == "__main__":
    main()
