# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the cloud is and who is calling."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the login, in the words of openstacksdk."""

    DOCUMENTATION = r"""
options:
  cloud:
    description:
      - Name of an entry in C(clouds.yaml), or a dictionary that holds what such an entry would.
      - Without it, E(OS_CLOUD) names the entry. If neither it nor an address of IAM is given anywhere, the only entry
        of the file is taken.
    type: raw
  auth:
    description:
      - Credentials, and what they are good for.
      - Each setting comes from the first of these places that has it, the options, the O(cloud), the C(OS_*)
        environment. A text without content counts as not given. A password is never sent for a user that a less
        important place names with its own, and a project is taken from one place as a whole.
    type: dict
    suboptions:
      auth_url:
        description:
          - Address of IAM, such as V(https://iam.eu-de.otc.t-systems.com/v3). Only https, or http to this machine.
          - Environment variable E(OS_AUTH_URL).
        type: str
      username:
        description:
          - Name of the user. It needs a domain, too.
          - Environment variable E(OS_USERNAME).
        type: str
      user_id:
        description:
          - Id of the user, instead of name and domain.
          - Environment variable E(OS_USER_ID).
        type: str
      password:
        description:
          - Password of the user. Quote it, as YAML reads V(0123456), V(yes) or V(12:30:45) as something else; a value
            that is not a text is refused. Line breaks at its end are dropped; blanks around it are refused.
          - Environment variable E(OS_PASSWORD).
        type: str
      passcode:
        description:
          - Passcode of the user's virtual MFA device, sent with the password. It is good for one login, so a run that
            needs a second one fails; take a token with M(otc.dis.iam_token), or set O(token_cache), to log in once.
          - Environment variable E(OS_PASSCODE).
        type: str
      user_domain_name:
        description:
          - Name of the account, such as V(OTC-EU-DE-00000000001000000001).
          - Environment variable E(OS_USER_DOMAIN_NAME).
        type: str
      user_domain_id:
        description:
          - Id of the account, instead of its name.
          - Environment variable E(OS_USER_DOMAIN_ID).
        type: str
      project_name:
        description:
          - Name of the project, such as V(eu-de) or V(eu-de_myproject).
          - Environment variable E(OS_PROJECT_NAME).
        type: str
      project_id:
        description:
          - Id of the project, instead of its name.
          - Environment variable E(OS_PROJECT_ID).
        type: str
      project_domain_name:
        description:
          - Name of the account that has the project. The account of the user if this is left out.
          - Environment variable E(OS_PROJECT_DOMAIN_NAME).
        type: str
      project_domain_id:
        description:
          - Id of the account that has the project.
          - Environment variable E(OS_PROJECT_DOMAIN_ID).
        type: str
      domain_name:
        description:
          - Name of the account, for user and project alike.
          - Environment variable E(OS_DOMAIN_NAME).
        type: str
      domain_id:
        description:
          - Id of the account, for user and project alike.
          - Environment variable E(OS_DOMAIN_ID).
        type: str
      token:
        description:
          - A token that was taken before. With the user's password beside it, a token that is refused is renewed once.
          - With O(auth.project_id) and O(endpoint_override) beside it, IAM is not asked at all.
          - Environment variable E(OS_TOKEN).
        type: str
      access_key:
        description:
          - Access key (AK) with which requests are signed, instead of a login.
          - With O(auth.project_id), and O(endpoint_override) or an O(auth.auth_url) of a known cloud, IAM is not asked
            at all.
          - Environment variable E(OS_ACCESS_KEY), also E(OS_AK).
        type: str
      secret_key:
        description:
          - The secret key (SK) of that access key.
          - Environment variable E(OS_SECRET_KEY), also E(OS_SK).
        type: str
      security_token:
        description:
          - What goes with temporary keys.
          - Environment variable E(OS_SECURITY_TOKEN).
        type: str
      agency_name:
        description:
          - Agency of another account whose rights are used, after a login of one's own. The project is one of that
            account.
          - Environment variable E(OS_AGENCY_NAME), also E(OS_TARGET_AGENCY_NAME).
        type: str
      agency_domain_name:
        description:
          - Name of the account that made the agency.
          - Environment variable E(OS_AGENCY_DOMAIN_NAME), also E(OS_TARGET_DOMAIN_NAME).
        type: str
      agency_domain_id:
        description:
          - Id of that account, instead of its name.
          - Environment variable E(OS_AGENCY_DOMAIN_ID), also E(OS_TARGET_DOMAIN_ID).
        type: str
  auth_type:
    description:
      - How to log in, V(password), V(token) or V(aksk), also in the spellings V(v3password), V(v3multifactor) and
        V(v3token). V(agency) insists on an agency. Follows from what is given if it is left out; a token goes before a
        user, and a user before keys.
      - Environment variable E(OS_AUTH_TYPE).
    type: str
  region_name:
    description:
      - Region, such as V(eu-de). If it is left out, the region that begins the name of the project, else the only
        region in which the catalogue lists DIS.
      - Environment variable E(OS_REGION_NAME).
    type: str
  interface:
    description:
      - Which addresses of the catalogue to use, V(public) if this is left out, else V(internal) or V(admin). A clouds
        file may have a list in order of preference.
      - Environment variable E(OS_INTERFACE).
    type: str
    aliases: [endpoint_type]
  validate_certs:
    description:
      - Whether to check certificates, which is done if this is left out.
      - Environment variable E(OS_INSECURE), with the opposite meaning.
    type: bool
    aliases: [verify]
  ca_cert:
    description:
      - File with the authorities whose certificates are trusted.
      - A relative path begins in the folder in which Ansible was started, else in that of the playbook.
      - Environment variable E(OS_CACERT).
    type: path
    aliases: [cacert]
  client_cert:
    description:
      - File with the certificate of the client.
      - A relative path begins in the folder in which Ansible was started, else in that of the playbook.
      - Environment variable E(OS_CERT).
    type: path
    aliases: [cert]
  client_key:
    description:
      - File with the key to that certificate, unless O(client_cert) holds it, too.
      - The path is shown in messages. The key itself is refused here.
      - A relative path begins in the folder in which Ansible was started, else in that of the playbook.
      - Environment variable E(OS_KEY).
    type: path
    aliases: [key]
  api_timeout:
    description:
      - Seconds for one attempt of a request, from 1 to 3600, V(30) if this is left out. They cover the name lookup, the
        connection, a proxy, the TLS handshake, sending the request and receiving the whole response. Retries of failed
        requests end when a run has lost as much time on them in all.
      - All pages of a list together may take ten times as long.
    type: float
  endpoint_override:
    description:
      - Address of DIS, with or without version and project, instead of the one in the catalogue.
      - Environment variables E(OS_DISV2_ENDPOINT_OVERRIDE) and E(OS_DIS_ENDPOINT_OVERRIDE).
    type: str
  signature_form:
    description:
      - How requests are signed with O(auth.access_key). V(credential), which is used if this is left out, binds the
        signature to region and service, V(credential_empty) leaves both out as the Go and Terraform clients do, and
        V(access) signs with the secret key itself as the current Huawei Cloud SDKs do.
      - Environment variable E(OTC_DIS_SIGNATURE_FORM).
    type: str
  token_cache:
    description:
      - File that keeps tokens from one run to the next, so that a loop or many forks log in once. Without it nothing is
        kept. It is made with mode 0600 if it is not there; a file that others can read, that belongs to somebody else
        or that is a symbolic link is refused. A relative path begins in the folder in which Ansible was started.
      - It is used in check mode, too. Keys without an agency need no token, so nothing is kept for them.
      - Environment variable E(OTC_DIS_TOKEN_CACHE).
    type: path
requirements:
  - python >= 3.8
  - requests >= 2.25.1
notes:
  - Any cloud that offers the DIS v2 API will do. Open Telekom Cloud has ended DIS, and its catalogue does not list it
    since March 2026. Huawei Cloud documents transfer tasks to OBS, created and updated; those to DLI were documented by
    Open Telekom Cloud until 2023. M(otc.dis.transfer_task_preflight_info) finds out what a region offers.
  - Files and environment variables are read where the module runs. Run it on the control node, with C(hosts) set to
    C(localhost) or with C(delegate_to), unless they are elsewhere. An inventory is always read there.
"""
