#!/usr/bin/python

# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: transfer_task_preflight_info
short_description: Check the prerequisites of a DIS transfer task
version_added: 1.0.0
description:
  - Checks the stream, the quota for transfer tasks, the agency, the DLI database and table, and the OBS bucket of a
    transfer task (dump task) before it is created, using only the caller's permissions.
  - The module succeeds regardless of the results. RV(ready) is the overall result, RV(checks) has the details. The
    module only fails if the login fails or an option is invalid.
  - The result is advisory, since the service checks the prerequisites again when the task is created, with the
    permissions of the agency.
  - If the caller may not query something, that check is V(forbidden). The other checks are not affected.
  - Authenticate with O(cloud), with C(OS_*) environment variables or with O(auth).
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
      - Name of the transfer task. The quota is not relevant if the task already exists.
    type: str
    required: true
    aliases: [name]
  destination_type:
    description:
      - Destination type of the task. Clusters, tables and keys of V(MRS), V(DWS) and V(CLOUDTABLE) are not checked, so
        RV(ready) is never V(true) for them.
    type: str
    choices: [DLI, OBS, MRS, DWS, CLOUDTABLE]
    default: DLI
  agency_name:
    description:
      - Name of the IAM agency. Only security administrators may query agencies; for others, the check is V(forbidden).
    type: str
  dli_database_name:
    description:
      - Name of the DLI database.
    type: str
  dli_table_name:
    description:
      - Name of the table in the database.
    type: str
  obs_bucket_path:
    description:
      - Name of the OBS bucket, for all destination types except V(CLOUDTABLE).
    type: str
  obs_backup_bucket_path:
    description:
      - Name of the OBS bucket with O(destination_type=CLOUDTABLE).
    type: str
  temporary_keys:
    description:
      - Whether to create a temporary access key, valid for 15 minutes, to check the bucket. OBS does not accept tokens.
      - With V(false), the check of the bucket is V(skipped), unless the module authenticates with O(auth.access_key).
    type: bool
    default: false
  assume_stream:
    description:
      - Whether the stream will be created before the task. If it does not exist yet, its check is V(skipped) instead of
        V(missing), and the check V(partition_quota) is made in addition.
    type: bool
    default: false
  dli_endpoint_override:
    description:
      - Endpoint URL of DLI, such as V(https://dli.eu-de.otc.t-systems.com), to which the token is sent. Defaults to the
        endpoint in the service catalog.
    type: str
  obs_endpoint_override:
    description:
      - Endpoint URL of OBS, without a bucket, such as V(https://obs.eu-de.otc.t-systems.com). Defaults to the endpoint
        in the service catalog.
    type: str
notes:
  - Requests are only sent to endpoints from the service catalog or from options.
  - The module logs in to the project. If IAM does not return agencies to this login, the module also logs in to the
    domain. That is not possible with a token alone, with a passcode, or with the cached token of an agency. With access
    keys, requests are signed and no login takes place.
  - The checks take at most a dozen requests, unless DLI returns many similar names.
seealso:
  - module: otc.dis.dli_transfer_task
  - module: otc.dis.transfer_task_info
"""

EXAMPLES = r"""
- name: Check the prerequisites of a transfer task
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

- name: Show failed and inconclusive checks with their fixes
  ansible.builtin.debug:
    msg: "{{ item.check }} {{ item.subject }} {{ item.status }}: {{ item.detail }} {{ item.fix | default('', true) }}"
  loop: "{{ preflight.checks | rejectattr('status', 'equalto', 'ok') }}"
  loop_control:
    label: "{{ item.check }}"

- name: Stop if a prerequisite is not met
  ansible.builtin.assert:
    that: preflight.ready is none or preflight.ready
"""

RETURN = r"""
ready:
  description:
    - V(true) if all checks are V(ok), V(false) if one is V(missing) or V(mismatch), otherwise V(null).
  returned: success
  type: bool
  sample: true
checks:
  description: Results in the order of the checks.
  returned: success
  type: list
  elements: dict
  contains:
    check:
      description:
        - Name of the check, V(stream), V(partition_quota), V(quota), V(agency), V(agency_trust), V(agency_role),
          V(dli_database), V(dli_table), V(obs_bucket) or V(destination).
      type: str
      returned: always
      sample: dli_table
    subject:
      description: Name of the checked resource. V(null) if it was not specified.
      type: str
      returned: always
      sample: meter_raw
    status:
      description:
        - V(ok) if the prerequisite is met.
        - V(missing) if the resource does not exist or is not visible to the caller.
        - V(mismatch) if the resource exists, but does not meet the requirements.
        - V(forbidden) if the caller may not query the resource.
        - V(unavailable) if the service does not exist or fails.
        - V(skipped) if the check was not made or was inconclusive.
      type: str
      returned: always
      sample: mismatch
    detail:
      description: Finding in words.
      type: str
      returned: always
      sample: The table is of type EXTERNAL with its data in OBS, but must be a managed table of DLI.
    fix:
      description: Suggested fix. V(null) without a suggestion.
      type: str
      returned: always
      sample: >-
        Create the table in DLI as a managed table (data location DLI, not OBS), or correct dli_table_name; user and
        agency need permission to insert into it.
    request:
      description: Request that returned the finding, without its query. V(null) if no request was sent.
      type: str
      returned: always
      sample: GET https://dli.eu-de.otc.t-systems.com/v1.0/0123456789abcdef/databases/telemetry/tables
    code:
      description: Error code of the service, if it rejected the request.
      type: str
      returned: always
      sample: DLI.0003
    request_id:
      description: Request ID to quote to support.
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
      sample: "The user is locked after failed logins: correct the password, then wait 15 minutes."
"""

from ..module_utils._queries.preflight import PreflightQuery
from ..module_utils._run import run_info_module

QUERY = PreflightQuery()


def main() -> None:
    """Run the module."""
    run_info_module(QUERY)


if __name__ == "__main__":
    main()
