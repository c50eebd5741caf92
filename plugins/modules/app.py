#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: app
short_description: Manage a DIS app
version_added: 1.0.0
description:
  - Creates and deletes an app of the Data Ingestion Service (DIS). An app is the name under which consumers of streams
    store their checkpoints. It has no other settings.
  - Authenticate with O(cloud), with C(OS_*) environment variables or with O(auth).
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes
  - otc.dis.auth
options:
  app_name:
    description:
      - Name of the app, 1 to 200 letters, digits, V(_) or V(-), case-sensitive. Some API operations are documented for
        at most 50 characters.
    type: str
    required: true
    aliases: [name]
  state:
    description:
      - V(present) ensures that the app exists, V(absent) that it does not exist.
    type: str
    choices: [present, absent]
    default: present
  force:
    description:
      - Whether O(state=absent) first deletes the checkpoints of the app in all streams. Otherwise, the service rejects
        the deletion of an app that is in use (C(DIS.4331)).
      - Running consumers are not stopped and may commit new checkpoints.
    type: bool
    default: false
seealso:
  - module: otc.dis.app_info
  - module: otc.dis.checkpoint
  - name: API reference of DIS
    description: Operations that this module uses, in section "App Management".
    link: https://docs.otc.t-systems.com/data-ingestion-service/api-ref/
"""

EXAMPLES = r"""
- name: Create an app for the consumers of stream "meters"
  otc.dis.app:
    cloud: my-otc
    app_name: billing-reader

- name: Delete the app unless it is in use
  otc.dis.app:
    cloud: my-otc
    app_name: billing-reader
    state: absent

- name: Delete the app with its checkpoints
  otc.dis.app:
    cloud: my-otc
    app_name: billing-reader
    state: absent
    force: true
"""

RETURN = r"""
app:
  description: The app. In check mode, the app as it would be after a run. V(null) if it does not exist.
  returned: success
  type: dict
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
actions:
  description: Actions that were performed, or would be in check mode, in order. Empty if there was nothing to
    change.
  returned: success
  type: list
  elements: str
  sample: [create]
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
  sample: [delete_checkpoints meters]
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
      sample: DIS.4331
    request_id:
      description: Request ID to quote to support. V(null) if the response has none.
      type: str
      returned: always
      sample: 4d1f0a2b8c3e4f60
    hint:
      description: Suggested next step, also part of C(msg). V(null) without a suggestion.
      type: str
      returned: always
      sample: "The app is in use: stop its consumers and delete its checkpoints; force: true deletes them."
"""

from ..module_utils._resources.app import Apps
from ..module_utils._run import run_module

RESOURCE = Apps()


def main() -> None:
    """Run the module."""
    run_module(RESOURCE)


if __name__ == "__main__":
    main()
