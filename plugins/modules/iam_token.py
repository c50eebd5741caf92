#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_token
short_description: Get an IAM token to share between tasks
version_added: 1.0.0
description:
  - Logs in to IAM and returns a token, the ID of its project and the endpoint URL of the Data Ingestion Service (DIS).
    Other tasks that use all three do not log in.
  - The token grants all permissions of the user in the project, and the result contains it in plain text. Set C(no_log)
    to V(true) on the task, and do not print the registered variable.
  - Check mode logs in, too. The module never reports a change.
  - Authenticate with O(cloud), with C(OS_*) environment variables or with O(auth).
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes.info_module
  - otc.dis.auth
options: {}
seealso:
  - name: Authentication guide
    description: All methods of authentication.
    link: https://github.com/otc-dis/otc.dis/blob/main/docs/docsite/rst/authentication_guide.rst
"""

EXAMPLES = r"""
- name: Log in once
  otc.dis.iam_token:
    cloud: my-otc
  register: login
  no_log: true

- name: Delete transfer tasks with the shared token
  otc.dis.dli_transfer_task:
    auth:
      token: "{{ login.token }}"
      project_id: "{{ login.project_id }}"
    endpoint_override: "{{ login.endpoint }}"
    stream_name: meters
    task_name: "{{ item }}"
    state: absent
  loop: [retired, forgotten]

- name: Show when the token expires
  ansible.builtin.debug:
    msg: "The token expires at {{ login.expires_at }}."
"""

RETURN = r"""
token:
  description: Token for O(auth.token) of other tasks, in plain text.
  returned: success
  type: str
project_id:
  description: ID of the project of the token, for O(auth.project_id) of other tasks.
  returned: success
  type: str
  sample: 0123456789abcdef0123456789abcdef
endpoint:
  description: Endpoint URL of DIS, for O(endpoint_override) of other tasks.
  returned: success
  type: str
  sample: https://dis.eu-de.otc.t-systems.com
expires_at:
  description:
    - Expiration time of the token in UTC. V(null) if token, project and endpoint were all specified, since no request
      is sent to IAM then.
  returned: success
  type: str
  sample: "2026-01-31T10:00:00.000000Z"
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
      sample: authentication
    status:
      description: HTTP status of the response. V(null) without a response.
      type: int
      returned: always
      sample: 401
    code:
      description: Error code of DIS, IAM or the API gateway. V(null) without a code.
      type: str
      returned: always
      sample: IAM.0061
    request_id:
      description: Request ID to quote to support. V(null) if the response has none.
      type: str
      returned: always
      sample: 4d1f0a2b8c3e4f60
    hint:
      description: Suggested next step, also part of C(msg). V(null) without a suggestion.
      type: str
      returned: always
      sample: "The user is locked after failed logins: correct the password, then wait 15 minutes."
"""

from ..module_utils._resources.base import TokenQuery
from ..module_utils._run import run_info_module

QUERY = TokenQuery()


def main() -> None:
    """Run the module."""
    run_info_module(QUERY)


if __name__ == "__main__":
    main()
