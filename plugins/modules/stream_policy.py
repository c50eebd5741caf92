#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: stream_policy
short_description: Manage the access of other accounts to a DIS stream
version_added: 1.0.0
description:
  - Grants an account or a user of another account access to a stream of the Data Ingestion Service (DIS), or removes
    this access.
  - Fails with RV(error.kind=unsupported) if the region does not offer policies of streams.
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
  principal_name:
    description:
      - The account or user that gets access. V(account.*) is all users of an account, V(account.user) is one user.
        V(account) is the same as V(account.*).
      - The API accepts several names with commas between them, the module one name. Use a loop for several.
    type: str
    required: true
  action_type:
    description:
      - "Permitted actions: V(putRecords) writes records, V(getRecords) reads records, V(getStreamInfo) reads the
        details of the stream."
      - Required with O(state=present), where the list is complete. Other actions of the principal are removed.
      - With O(state=absent), the actions to remove. All actions are removed by default.
      - Some regions do not offer V(getStreamInfo).
    type: list
    elements: str
    choices: [putRecords, getRecords, getStreamInfo]
  state:
    description:
      - V(present) ensures that the principal has access for O(action_type) only, V(absent) that it has no such access.
    type: str
    choices: [present, absent]
    default: present
notes:
  - The API cannot update a policy. A change first deletes rules and then adds others, so that the principal never has
    more access than before or after the run. Rules that remain are not touched. If the run fails in between, the
    principal has less access than specified; rerun the task.
  - Policies of other principals are not changed. A user keeps the access that a policy for the account gives; the
    module then warns.
  - The module sends the effect C(accept). It fails with RV(error.kind=drift), without changes, if a rule for the
    principal has another effect, such as C(deny), or is shared with other principals. To delete such a rule could give
    more access, or take it from others.
  - The module uses operations that the API reference of Huawei Cloud documents (CreatePolicies, ListPolicies,
    DeletePolicies). No real request or response was available for verification. Open Telekom Cloud documented the
    first two until 2023.
seealso:
  - module: otc.dis.stream_policy_info
  - module: otc.dis.stream
"""

EXAMPLES = r"""
- name: Let all users of an account write records
  otc.dis.stream_policy:
    cloud: my-otc
    stream_name: meters
    principal_name: partner.*
    action_type: [putRecords]

- name: Let one user read records and the details of the stream
  otc.dis.stream_policy:
    cloud: my-otc
    stream_name: meters
    principal_name: partner.analyst
    action_type: [getRecords, getStreamInfo]

- name: Remove all access of the account
  otc.dis.stream_policy:
    cloud: my-otc
    stream_name: meters
    principal_name: partner.*
    state: absent
"""

RETURN = r"""
stream_policy:
  description: The policy. In check mode, the policy as it would be after a run. V(null) if the principal has no access.
  returned: success
  type: dict
  contains:
    stream_name:
      description: Name of the stream.
      type: str
      returned: always
      sample: meters
    principal_name:
      description: The principal, as C(account.*) or C(account.user).
      type: str
      returned: always
      sample: partner.*
    principal:
      description: ID of the principal. V(null) if the service does not return it, or for a planned policy.
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
      description: The effect, V(accept).
      type: str
      returned: always
      sample: accept
actions:
  description: Actions that were performed, or would be in check mode, in order. Empty if there was nothing to
    change.
  returned: success
  type: list
  elements: str
  sample: [add putRecords]
unverified:
  description: Specified options whose current value the service does not return, so that drift cannot be detected.
  returned: success
  type: list
  elements: str
  sample: []
done:
  description: Actions that were performed, or may have been, before the failure.
  returned: failure
  type: list
  elements: str
  sample: [delete getRecords]
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

from ..module_utils._resources.stream_policy import StreamPolicies
from ..module_utils._run import run_module

RESOURCE = StreamPolicies()


def main() -> None:
    """Run the module."""
    run_module(RESOURCE)


if __name__ == "__main__":
    main()
