#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_token
short_description: Log in once and share the token
version_added: 1.0.0
description:
  - Logs in at IAM and returns the token, with the project and the address of the Data Ingestion Service (DIS) for which
    it is good. Tasks that are given all three do not log in themselves.
  - Nothing is changed in DIS, so the module always reports that nothing changed. It logs in in check mode, too, since
    the tasks that follow need the token.
  - The token opens everything that the user may do in the project, and the result of the task holds it in clear. Write
    C(no_log) with the value V(true) on the task, as the examples do, and never show the registered variable.
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes.info_module
  - otc.dis.auth
options: {}
seealso:
  - module: otc.dis.transfer_task_info
  - name: Authentication
    description: All ways to log in.
    link: https://github.com/otc-dis/otc.dis/blob/main/docs/docsite/rst/authentication_guide.rst
"""

EXAMPLES = r"""
- name: Log in once
  otc.dis.iam_token:
    cloud: my-otc
  register: login
  no_log: true

- name: Make sure of some transfer tasks without logging in for each of them
  otc.dis.dli_transfer_task:
    auth:
      token: "{{ login.token }}"
      project_id: "{{ login.project_id }}"
    endpoint_override: "{{ login.endpoint }}"
    stream_name: meters
    task_name: "{{ item }}"
    state: absent
  loop: [retired, forgotten]

- name: Show until when that works
  ansible.builtin.debug:
    msg: "The token is good until {{ login.expires_at }}."
"""

RETURN = r"""
token:
  description: The token, for O(auth.token) of other tasks. Not masked, so the task needs C(no_log).
  returned: success
  type: str
project_id:
  description: Project for which the token is good, for O(auth.project_id) of other tasks.
  returned: success
  type: str
  sample: 0123456789abcdef0123456789abcdef
endpoint:
  description: Address of DIS, for O(endpoint_override) of other tasks.
  returned: success
  type: str
  sample: https://dis.eu-de.otc.t-systems.com
expires_at:
  description:
    - When the token ends, in UTC.
    - V(null) if token, project and endpoint were all given, since IAM is not asked then.
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
      sample: rejected
    status:
      description: HTTP status of the response. V(null) without a response.
      type: int
      returned: always
      sample: 401
    code:
      description: Error code of DIS, IAM or the API gateway. V(null) without a code.
      type: str
      returned: always
      sample: IAM.0001
    request_id:
      description: Request ID to quote to support. V(null) if the response has none.
      type: str
      returned: always
      sample: 4d1f0a2b8c3e4f60
    hint:
      description: Suggested next step, also part of C(msg). V(null) without a suggestion.
      type: str
      returned: always
      sample: Check auth_url, firewalls and proxies.
"""

from ..module_utils._queries.iam_token import TokenQuery
from ..module_utils._run import run_info_module

QUERY = TokenQuery()


def main() -> None:
    """Run the module."""
    run_info_module(QUERY)


if __name__ == "__main__":
    main()
