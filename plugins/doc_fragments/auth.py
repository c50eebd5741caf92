# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of authentication and of the connection to the cloud."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of authentication, in the terms of openstacksdk."""

    DOCUMENTATION = r"""
options:
  cloud:
    description:
      - Name of an entry in C(clouds.yaml), or a dictionary with the contents of an entry.
      - Defaults to the entry named by E(OS_CLOUD). If neither E(OS_CLOUD) nor O(auth.auth_url) is set, the only entry
        of the file is used.
    type: raw
  auth:
    description:
      - Credentials and project. Not needed if O(cloud) or environment variables contain them. Each suboption has an
        environment variable, E(OS_AUTH_URL) for O(auth.auth_url), E(OS_USERNAME) for O(auth.username), and so on.
      - Module options take precedence over O(cloud), and O(cloud) over environment variables. Empty strings are
        ignored. Sources after the first one with a user, a token or an access key are not searched for credentials. All
        settings of the project are taken from one source.
    type: dict
    suboptions:
      auth_url:
        description:
          - URL of the identity service (IAM), such as V(https://iam.eu-de.otc.t-systems.com/v3). HTTPS is required,
            except for the loopback interface.
        type: str
      username:
        description:
          - Name of the user. Requires a user domain.
        type: str
      user_id:
        description:
          - ID of the user, instead of name and domain.
        type: str
      password:
        description:
          - Password of the user. Quote it, since YAML does not read unquoted values such as V(0123456), V(yes) or
            V(12:30:45) as strings; other types are rejected. Trailing line breaks are removed; leading or trailing
            spaces are rejected.
        type: str
      passcode:
        description:
          - Passcode of the user's virtual MFA device, sent with the password. A passcode is valid for one login. Use
            M(otc.dis.iam_token) or O(token_cache) if several tasks need it.
        type: str
      user_domain_name:
        description:
          - Name of the user's domain (account), such as V(OTC-EU-DE-00000000001000000001).
        type: str
      user_domain_id:
        description:
          - ID of the user's domain, instead of its name.
        type: str
      project_name:
        description:
          - Name of the project, such as V(eu-de) or V(eu-de_myproject).
        type: str
      project_id:
        description:
          - ID of the project, instead of its name.
        type: str
      project_domain_name:
        description:
          - Name of the project's domain. Defaults to the user's domain.
        type: str
      project_domain_id:
        description:
          - ID of the project's domain, instead of its name.
        type: str
      domain_name:
        description:
          - Name of the domain of both user and project.
        type: str
      domain_id:
        description:
          - ID of the domain of both user and project, instead of its name.
        type: str
      token:
        description:
          - IAM token of an earlier login. A rejected token is renewed once if a user and a password are also set. With
            O(auth.project_id) and O(endpoint_override), no request is sent to IAM.
        type: str
      access_key:
        description:
          - Access key (AK) to sign requests with, instead of a login. With O(auth.project_id) and O(endpoint_override)
            (or the O(auth.auth_url) of a known cloud), no request is sent to IAM. Alternative environment variable
            E(OS_AK).
        type: str
      secret_key:
        description:
          - Secret key (SK) of the access key. Alternative environment variable E(OS_SK).
        type: str
      security_token:
        description:
          - Security token of a temporary access key.
        type: str
      agency_name:
        description:
          - Name of an agency in another account, whose permissions are used after the login. The project is a project
            of that account. Alternative environment variable E(OS_TARGET_AGENCY_NAME).
        type: str
      agency_domain_name:
        description:
          - Name of the account that created the agency. Alternative environment variable E(OS_TARGET_DOMAIN_NAME).
        type: str
      agency_domain_id:
        description:
          - ID of the account that created the agency, instead of its name. Alternative environment variable
            E(OS_TARGET_DOMAIN_ID).
        type: str
  auth_type:
    description:
      - Authentication method, V(password), V(token), V(aksk), or V(agency) to require an agency. V(v3password),
        V(v3multifactor) and V(v3token) are accepted, too. Environment variable E(OS_AUTH_TYPE).
      - Defaults to the method that fits the credentials. A token takes precedence over a user, a user over access keys.
    type: str
  region_name:
    description:
      - Region, such as V(eu-de). Environment variable E(OS_REGION_NAME).
      - Defaults to the region at the start of the project name, otherwise to the only region with a DIS endpoint in the
        service catalog.
    type: str
  interface:
    description:
      - Type of the endpoint in the service catalog, V(public), V(internal) or V(admin). C(clouds.yaml) may contain a
        list in order of preference. Defaults to V(public). Environment variable E(OS_INTERFACE).
    type: str
    aliases: [endpoint_type]
  validate_certs:
    description:
      - Whether to verify TLS certificates. Defaults to V(true). Environment variable E(OS_INSECURE), with the opposite
        meaning.
    type: bool
    aliases: [verify]
  ca_cert:
    description:
      - Path of a CA bundle to verify TLS certificates with. Environment variable E(OS_CACERT).
    type: path
    aliases: [cacert]
  client_cert:
    description:
      - Path of a TLS client certificate. Environment variable E(OS_CERT).
    type: path
    aliases: [cert]
  client_key:
    description:
      - Path of the private key of O(client_cert), unless the same file contains both. The key itself is rejected.
        Environment variable E(OS_KEY).
    type: path
    aliases: [key]
  api_timeout:
    description:
      - Timeout of one attempt of a request in seconds, from 1 to 3600. It covers the whole attempt, including name
        resolution, connection and the complete response. Defaults to V(30).
      - Retries end when failed attempts have taken this time in total. Reading all pages of a list may take up to ten
        times as long.
    type: float
  endpoint_override:
    description:
      - Endpoint URL of DIS, with or without version and project. Defaults to the endpoint in the service catalog.
        Environment variable E(OS_DISV2_ENDPOINT_OVERRIDE) or E(OS_DIS_ENDPOINT_OVERRIDE).
    type: str
  signature_form:
    description:
      - Form of the signature with O(auth.access_key). V(credential) includes region and service, V(credential_empty)
        leaves both empty like the Go and Terraform clients, V(access) signs with the secret key itself like current
        Huawei Cloud SDKs. Defaults to V(credential). Environment variable E(OTC_DIS_SIGNATURE_FORM).
    type: str
  token_cache:
    description:
      - File in which tokens are cached, so that loops, forks and later runs log in once. Tokens are not cached by
        default. Environment variable E(OTC_DIS_TOKEN_CACHE).
      - A missing file is created with mode 0600. A file that other users can read, that another user owns, or that is a
        symbolic link is rejected. The cache is used in check mode, too, but not for access keys without an agency.
    type: path
requirements:
  - python >= 3.8
  - requests >= 2.25.1
notes:
  - Availability depends on the cloud. Open Telekom Cloud has ended DIS; its service catalog has not listed DIS since
    March 2026. Huawei Cloud documents DIS with transfer tasks to OBS. Transfer tasks to DLI were documented by Open
    Telekom Cloud until 2023.
  - Credentials, environment variables and files are read on the host that runs the module. To run it on the control
    node, target C(localhost) or use C(delegate_to). Inventory plugins always run on the control node.
  - Relative paths of O(ca_cert), O(client_cert) and O(client_key) are resolved against the directory in which Ansible
    was started, then against the playbook directory; O(token_cache) against the former only.
"""
