#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: app_info
short_description: Get information about DIS apps and their progress
version_added: 1.0.0
description:
  - Returns one app of the Data Ingestion Service (DIS) or all apps of the project and, for a stream, the position and
    lag of each app per partition.
  - If no app or stream matches, the list is empty; the module does not fail.
  - Authenticate with O(cloud), with C(OS_*) environment variables or with O(auth).
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes.info_module
  - otc.dis.auth
options:
  app_name:
    description:
      - Name of the app, 1 to 200 letters, digits, V(_) or V(-). All apps are returned by default.
    type: str
    aliases: [name]
  name_pattern:
    description:
      - Shell pattern that the app names must match, such as V(billing-*), case-sensitive.
    type: str
  stream_name:
    description:
      - Name of a stream, 1 to 64 letters, digits, V(_) or V(-), whose consumption is returned. This takes one more
        request per app.
      - Without O(app_name), only apps with a checkpoint in this stream are returned.
    type: str
seealso:
  - module: otc.dis.app
  - module: otc.dis.checkpoint_info
  - name: API reference of DIS
    description: Operations that this module uses, in section "App Management".
    link: https://docs.otc.t-systems.com/data-ingestion-service/api-ref/
"""

EXAMPLES = r"""
- name: Get all apps
  otc.dis.app_info:
    cloud: my-otc
  register: all_apps

- name: Get the progress of an app in stream "meters"
  otc.dis.app_info:
    cloud: my-otc
    app_name: billing-reader
    stream_name: meters
  register: reader

- name: Fail if the app lags behind
  ansible.builtin.assert:
    that: reader.apps[0].consumption.lag | default(0, true) < 10000
    fail_msg: "The app is {{ reader.apps[0].consumption.lag }} records behind."
  when: reader.apps | length > 0
"""

RETURN = r"""
apps:
  description: Matching apps.
  returned: success
  type: list
  elements: dict
  contains:
    app_name:
      description: Name of the app.
      type: str
      returned: always
      sample: billing-reader
    app_id:
      description: ID of the app.
      type: str
      returned: always
      sample: Qp5sNf20HaJt6uEw9Gx
    create_time:
      description: Creation time in milliseconds since 1970.
      type: int
      returned: always
      sample: 1717406412000
    commit_checkpoint_stream_names:
      description: Names of the streams in which the app has checkpoints.
      type: list
      elements: str
      returned: always
      sample: [meters]
    consumption:
      description: Progress of the app in the stream. V(null) without O(stream_name).
      type: dict
      returned: always
      contains:
        stream_name:
          description: Name of the stream.
          type: str
          returned: always
          sample: meters
        lag:
          description: Number of records left to read in all partitions with a checkpoint. V(null) without a checkpoint.
          type: int
          returned: always
          sample: 337
        partitions:
          description: Partitions of the stream.
          type: list
          elements: dict
          returned: always
          contains:
            partition_id:
              description: ID of the partition in its long form.
              type: str
              returned: always
              sample: shardId-0000000000
            status:
              description: Status of the partition as reported by the service.
              type: str
              returned: always
              sample: ACTIVE
            checkpoint_type:
              description: Type of the checkpoint.
              type: str
              returned: always
              sample: LAST_READ
            sequence_number:
              description: Sequence number of the checkpoint, as a string. V(null) without a checkpoint.
              type: str
              returned: always
              sample: "640"
            earliest_offset:
              description: Sequence number of the oldest retained record. V(null) if unknown.
              type: int
              returned: always
              sample: 310
            latest_offset:
              description: Sequence number of the next record to arrive. V(null) if unknown.
              type: int
              returned: always
              sample: 977
            lag:
              description: Number of records between the checkpoint and
                RV(apps[].consumption.partitions[].latest_offset). V(null) without a checkpoint or offset.
              type: int
              returned: always
              sample: 337
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

from ..module_utils._queries.apps import AppQuery
from ..module_utils._run import run_info_module

QUERY = AppQuery()


def main() -> None:
    """Run the module."""
    run_info_module(QUERY)


if __name__ == "__main__":
    main()
