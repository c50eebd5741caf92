# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hints by error code of DIS, IAM and the API gateway. Private to otc.dis."""

from __future__ import annotations

import re
from typing import Mapping, Optional

SIGNATURE_REFUSED = "The signature was rejected: check the keys, the region and the system clock."

_KEY = "The access key is blocked, inactive, expired or without a user: check it in the console, or use another key."

_ACCESS = "Access denied: check the user's permissions, the state of the project and source address rules."

_GATEWAY = "The API gateway failed: retry later; if it persists, quote the request ID to support."

SERVICE_FAILED = "The service, or a gateway or proxy in front of it, failed: retry later."

HINTS: Mapping[str, str] = {
    "DIS.4113": "The request had no token: specify auth.token, or a user with a password.",
    "DIS.4114": "The token is invalid, expired or for another project: request a new one, scoped to the project of the"
    " stream.",
    "DIS.4116": "Grant the user the role DIS Administrator (or the required actions), and check that the account is not"
    " in arrears.",
    "DIS.4117": "Use the ID of the project to which the token is scoped.",
    "DIS.4200": "The service rejected a value: compare the options with the module documentation.",
    "DIS.4202": "The request arrived without a body: check for a proxy that removes it.",
    "DIS.4203": "Specify a start_time before end_time, neither in the future.",
    "DIS.4204": "Request seven days at most.",
    "DIS.4201": "Specify the partition as 0 or as shardId-0000000000.",
    "DIS.4205": "The stream is not RUNNING: check its status, wait until it is created, or resolve why it is frozen.",
    "DIS.4208": "Check the name, ID and state of the MRS cluster.",
    "DIS.4209": "One of the metrics is not supported in this region: remove it from labels.",
    "DIS.4215": "The cursor_type is not supported in this region: use another one.",
    "DIS.4216": "Specify the sequence number as an integer.",
    "DIS.4217": "The service rejected its own cursor: rerun the task.",
    "DIS.4224": "Specify a sequence number in the range of the partition: app_info returns the first and the next one.",
    "DIS.4225": "The cursor was unused for five minutes: rerun the task.",
    "DIS.4226": "The records have expired: rerun from the oldest available record.",
    "DIS.4300": "The service rejected the request: correct the value that the text in brackets names.",
    "DIS.4301": "Check the name of the stream, the region and the project.",
    "DIS.4302": "Check the partition: the stream has none with this ID.",
    "DIS.4303": "Request rate exceeded: make fewer changes at once, or retry later.",
    "DIS.4305": "Too many concurrent requests: use fewer forks, or retry later.",
    "DIS.4306": "Create the bucket, or correct obs_bucket_path (a bucket name without a path).",
    "DIS.4307": "The name is in use: choose another stream_name, or specify the settings of that stream; a stream that"
    " is being deleted keeps its name for a while.",
    "DIS.4308": "Stream or partition quota exceeded: delete unused streams, request fewer partitions, or have the quota"
    " increased.",
    "DIS.4309": "The source address is blocked after many failed requests: correct the credentials, then wait about"
    " half an hour.",
    "DIS.4310": "DIS cannot access the bucket: grant the agency the role Tenant Administrator for the OBS project, and"
    " check the user's OBS permissions.",
    "DIS.4319": "The partition was removed by scaling and its records have expired: use another one.",
    "DIS.4329": "App quota of the project exceeded: delete an unused app.",
    "DIS.4330": "The name is in use: choose another app_name, or use that app.",
    "DIS.4331": "The app is in use: stop its consumers and delete its checkpoints; force: true deletes them.",
    "DIS.4332": "Check the name of the app, the region and the project; another client may have deleted the app.",
    "DIS.4335": "The agency must exist, be of type cloud service for DIS, have an unlimited validity period, and hold"
    " Tenant Administrator for the OBS project; a new agency takes about a minute to become usable.",
    "DIS.4336": "Create the HDFS path, or correct mrs_hdfs_path.",
    "DIS.4337": "Create the DLI database, or correct dli_database_name.",
    "DIS.4338": "Create the table in DLI as a managed table (data location DLI, not OBS), or correct dli_table_name;"
    " user and agency need permission to insert into it.",
    "DIS.4339": "The app has the maximum number of consumers: stop an unused one.",
    "DIS.4341": "Check the name, ID and state of the CloudTable cluster.",
    "DIS.4342": "Create the CloudTable table, or correct its name.",
    "DIS.4343": "Create the column family, or correct its name.",
    "DIS.4345": "Correct the HBase schema according to the error text.",
    "DIS.4348": "Correct the OpenTSDB schema according to the error text.",
    "DIS.4350": "Check the name, ID and state of the DWS cluster.",
    "DIS.4351": "Check the name and ID of the KMS key.",
    "DIS.4354": "Check the name of the transfer task; another client may have deleted it.",
    "DIS.4355": "The name is in use in this stream: choose another task_name, or specify the settings of that task.",
    "DIS.4357": "A stream can have five transfer tasks at most: delete an unused one.",
    "DIS.4358": "The data_type of the stream does not fit: DLI, DWS and CloudTable need a stream of type JSON or CSV;"
    " OBS and MRS also accept BLOB. Use another stream, or recreate it with another data_type.",
    "DIS.4360": "Correct data_schema: it must be an Avro schema.",
    "DIS.4375": "The app has no checkpoint in this stream: commit one first.",
    "DIS.4601": "A stream can have ten tags at most: remove unused tags, for example with purge_tags.",
    "DIS.4602": "The tag API of this region differs from its documentation: omit tags, and report the region.",
    "DIS.4604": "Another client may have removed the tag: rerun the task.",
    "DIS.4605": "The tag API of this region differs from its documentation: omit tags, and report the region.",
    "DIS.4603": "Another client may have deleted the stream: rerun the task.",
    "IAM.0061": "The user is locked after failed logins: correct the password, then wait 15 minutes.",
    "IAM.0081": "The user has console access only: enable programmatic access.",
    "IAM.1061": "The passcode is wrong, expired or already used: specify a new one.",
    "IAM.1104": _KEY,
    "IAM.1105": _KEY,
    "IAM.1106": _KEY,
    "IAM.1107": _KEY,
    "IAM.1108": "The temporary keys have expired: request new ones, with their security_token.",
    "IAM.1109": "Check the name of the project and the region.",
    "0101": "The endpoint does not offer this operation: check the region and endpoint_override. Some regions have"
    " withdrawn single operations, destinations or DIS as a whole.",
    "0201": "The gateway cannot process the request: check endpoint_override and proxies.",
    "0301": "Token or signature rejected: check the credentials and their project; after several consecutive failures,"
    " wait five minutes.",
    "0303": "Token or signature rejected: check the credentials and the system clock.",
    "0305": "Token or signature rejected: check the credentials.",
    "0307": "The token must be renewed: request a new one.",
    "0308": "The gateway throttles the requests: make fewer changes at once, or retry later.",
    "0602": "The gateway rejected the request as malformed: check endpoint_override and proxies.",
    "0613": "IAM is unavailable: retry later.",
}
"""Hints by service code; gateway codes without prefix."""

TOKEN_HINTS = tuple(HINTS[code] for code in ("DIS.4113", "DIS.4114", "0307"))
"""Hints about tokens only, which do not apply to a rejected signature."""

HINT_RANGES = (
    (re.compile(r"DIS\.41(0\d|1[0-2])$"), SIGNATURE_REFUSED),
    (
        re.compile(r"DIS\.5\d{3}$"),
        "Internal error of the service: retry later; if it persists, quote the request ID to support.",
    ),
    (re.compile(r"0(302|304|306|310|402|802)$"), _ACCESS),
    (re.compile(r"0(10[3-7]|202|203|601|605|606|608|610)$"), _GATEWAY),
)


def bare_code(code: Optional[str]) -> str:
    """Remove the prefix of a gateway code (``APIG.0101``, ``APIGW.0101`` -> ``0101``); other codes are unchanged."""
    return re.sub(r"^APIGW?\.", "", code or "")


def hint_for(code: Optional[str], status: Optional[int] = None) -> str:
    """Return the hint for a service code, else for a status; an empty string if there is no certain advice."""
    bare = bare_code(code)
    if bare in HINTS:
        return HINTS[bare]
    for pattern, hint in HINT_RANGES:
        if pattern.match(bare):
            return hint
    if status in (401, 441):
        return HINTS["DIS.4114"]
    return SERVICE_FAILED if status is not None and status >= 500 else ""
