#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: transfer_task_preflight_info
short_description: See beforehand what stands in the way of a DIS transfer task
version_added: 1.0.0
description:
  - Looks at everything that a transfer task (dump task) refers to and that a user can look up, the stream and its room
    for one more task, the agency, the DLI database and table, the bucket, and says of each whether it is as it must be.
  - This is advice. The service checks the same things when the task is created, with the rights of the agency where
    this module has those of the user, and later. So the module succeeds whatever it finds; RV(ready) says whether to
    go on. It fails if it cannot log in or if an option is wrong.
  - Every service is asked by itself. What the user may not see is V(forbidden) for that check alone. No more rights
    are needed than to log in.
  - The module asks no service at an address that neither the catalogue of the login nor an option names.
  - There is one login to the project. Where IAM does not list agencies by it, there is a second one to the account, if
    there is a way to it. With a token alone or with a passcode, which is good for one login, there is none, and nor is
    there if the token of an agency was in O(token_cache). The whole takes a dozen requests at the most, unless DLI
    lists very many similar names.
  - Keys sign every request, those to DLI and OBS too, so there is no login at all.
author:
  - otc.dis contributors (@otc-dis)
extends_documentation_fragment:
  - otc.dis.attributes.info_module
  - otc.dis.auth
options:
  stream_name:
    description:
      - Name of the stream to read from.
    type: str
    required: true
  task_name:
    description:
      - Name of the transfer task. If the stream has it already, there is no question of room.
    type: str
    required: true
    aliases: [name]
  destination_type:
    description:
      - Where the data is to go. Of V(MRS), V(DWS) and V(CLOUDTABLE), clusters, their tables and keys are not looked at,
        which is why RV(ready) is never V(true) for them.
    type: str
    choices: [DLI, OBS, MRS, DWS, CLOUDTABLE]
    default: DLI
  agency_name:
    description:
      - Name of the IAM agency. Only a security administrator can see agencies; for others the check is V(forbidden).
    type: str
  dli_database_name:
    description:
      - Name of the DLI database.
    type: str
  dli_table_name:
    description:
      - Name of the table in that database.
    type: str
  obs_bucket_path:
    description:
      - Name of the bucket, for every destination but V(CLOUDTABLE).
    type: str
  obs_backup_bucket_path:
    description:
      - Name of the bucket for O(destination_type=CLOUDTABLE).
    type: str
  temporary_keys:
    description:
      - Whether IAM may make a pair of keys that ends after 15 minutes, to look at the bucket with. OBS knows no tokens.
      - With V(false) the check of the bucket is V(skipped), unless the login is made with O(auth.access_key), which
        signs for OBS, too.
    type: bool
    default: false
  assume_stream:
    description:
      - Whether the stream will be made before the task, so that it is no trouble if it is not there yet. The check is
        V(skipped) then.
    type: bool
    default: false
  dli_endpoint_override:
    description:
      - Address of DLI, if the catalogue does not name it, such as V(https://dli.eu-de.otc.t-systems.com). The token is
        sent there.
    type: str
  obs_endpoint_override:
    description:
      - Address of OBS without a bucket, if the catalogue does not name it, such as
        V(https://obs.eu-de.otc.t-systems.com).
    type: str
seealso:
  - module: otc.dis.dli_transfer_task
  - module: otc.dis.transfer_task_info
"""

EXAMPLES = r"""
- name: See what stands in the way of a task
  otc.dis.transfer_task_preflight_info:
    cloud: my-otc
    stream_name: meters
    task_name: meters-to-dli
    agency_name: dis_admin_agency
    dli_database_name: telemetry
    dli_table_name: meter_raw
    obs_bucket_path: telemetry-staging
    temporary_keys: true
  register: preflight

- name: Tell what is not as it must be, and what to do
  ansible.builtin.debug:
    msg: "{{ item.check }} {{ item.subject }} {{ item.status }}: {{ item.detail }} {{ item.fix | default('', true) }}"
  loop: "{{ preflight.checks | rejectattr('status', 'equalto', 'ok') }}"
  loop_control:
    label: "{{ item.check }}"

- name: Go no further if something is known to be wrong
  ansible.builtin.assert:
    that: preflight.ready is none or preflight.ready
"""

RETURN = r"""
ready:
  description:
    - V(true) if every check is V(ok), V(false) if one is V(missing) or V(mismatch).
    - V(null) if nothing is known to be wrong, but something could not be looked at.
  returned: success
  type: bool
  sample: true
checks:
  description: What was found, in the order of the checks.
  returned: success
  type: list
  elements: dict
  contains:
    check:
      description:
        - What was looked at, V(stream), V(quota), V(agency), V(agency_trust), V(agency_role), V(dli_database),
          V(dli_table), V(obs_bucket) or V(destination).
      type: str
      returned: always
      sample: dli_table
    subject:
      description: Its name; V(null) if it was not given.
      type: str
      returned: always
      sample: meter_raw
    status:
      description:
        - V(ok) if it is as it must be.
        - V(missing) if it is not there, or nothing that the user may see.
        - V(mismatch) if it is there, but not as it must be.
        - V(forbidden) if the user may not look at it.
        - V(unavailable) if the service is not there, or in trouble.
        - V(skipped) if it was not looked at, or if a look does not tell.
      type: str
      returned: always
      sample: mismatch
    detail:
      description: What was seen.
      type: str
      returned: always
      sample: The table is of type EXTERNAL with its data in OBS, and not a managed table of DLI.
    fix:
      description: What to do; V(null) if there is nothing to do.
      type: str
      returned: always
      sample: Create the table in DLI as a managed table.
    request:
      description: The request that told it, without its query; V(null) if none was sent.
      type: str
      returned: always
      sample: GET https://dli.eu-de.otc.t-systems.com/v1.0/0123456789abcdef/databases/telemetry/tables
    code:
      description: The code of the service, if it refused.
      type: str
      returned: always
      sample: DLI.0003
    request_id:
      description: What support asks for.
      type: str
      returned: always
      sample: 4d1f0a2b8c3e4f60
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
      sample: Check auth_url, firewalls and proxies.
"""

from ..module_utils._queries.preflight import PreflightQuery
from ..module_utils._run import run_info_module

QUERY = PreflightQuery()


def main() -> None:
    """Run the module."""
    run_info_module(QUERY)


if __name__ == "__main__":
    main()
