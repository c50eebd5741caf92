#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: stream_policy_info
short_description: Get information about the access of other accounts to a DIS stream
version_added: 1.0.0
description:
  - Returns the policies of a stream of the Data Ingestion Service (DIS), which give other accounts access.
  - If no policy matches or the stream does not exist, the list is empty; the module does not fail. If the region does
    not offer policies of streams, RV(offered) is also false.
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
  principal_name:
    description:
      - Return only the policies of this principal, V(account.*) or V(account.user). V(account) is the same as
        V(account.*). A policy for an account is not returned for its users.
    type: str
notes:
  - The module uses an operation that the API reference of Huawei Cloud documents (ListPolicies). No real response was
    available for verification.
seealso:
  - module: otc.dis.stream_policy
  - module: otc.dis.stream_info
"""

EXAMPLES = r"""
- name: Get the policies of a stream
  otc.dis.stream_policy_info:
    cloud: my-otc
    stream_name: meters
  register: found

- name: Show who can read records
  ansible.builtin.debug:
    msg: "{{ item.principal_name }}"
  loop: "{{ found.stream_policies }}"
  loop_control:
    label: "{{ item.principal_name }}"
  when: "'getRecords' in item.action_type"
"""

RETURN = r"""
offered:
  description: Whether the region offers policies of streams.
  returned: success
  type: bool
  sample: true
stream_policies:
  description: Matching policies, one for each principal and effect.
  returned: success
  type: list
  elements: dict
  contains:
    stream_name:
      description: Name of the stream.
      type: str
      returned: always
      sample: meters
    principal_name:
      description: The principal, as C(account.*) or C(account.user). Several are separated by commas.
      type: str
      returned: always
      sample: partner.*
    principal:
      description: ID of the principal. V(null) if the service does not return it.
      type: str
      returned: always
      sample: 9a1c5e0b7d2f4a6c8e0f1a2b3c4d5e6f.*
    action_type:
      description: Permitted actions.
      type: list
      elements: str
      returned: always
      sample: [putRecords]
    effect:
      description: The effect. Only V(accept) gives access. V(null) if the service does not return it.
      type: str
      returned: always
      sample: accept
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

from ..module_utils._queries.streams import PolicyQuery
from ..module_utils._run import run_info_module

QUERY = PolicyQuery()


def main() -> None:
    """Run the module."""
    run_info_module(QUERY)


if __name__ == "__main__":
    main()
