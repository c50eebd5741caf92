# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each error code of DIS, IAM and the API gateway means, and what to do about it. Private to otc.dis."""

from __future__ import annotations

import re
from typing import Mapping, Optional

SIGNATURE_REFUSED = "The signature was refused: check the keys, the region and the clock of this machine."

_KEY = "The access key is blocked, inactive, expired or without a user: look at it on the console, or use another one."

_ACCESS = "Access was refused: check the rights of the user, the state of the project and rules on source addresses."

_GATEWAY = "The gateway in front of the service is at fault: run again later; if it stays, give support the request id."

TROUBLE = "The service, or a gateway or proxy in front of it, is in trouble: run again later."

HINTS: Mapping[str, str] = {
    "DIS.4113": "No token reached the service: give auth.token or a user with a password.",
    "DIS.4114": "The token is not valid (any more) for this project: take a new one, scoped to the project of"
    " the stream.",
    "DIS.4116": "Grant the user the role DIS Administrator (or the single actions that it needs), and check"
    " that the account is not in arrears.",
    "DIS.4117": "Use the id of the project to which the token is scoped.",
    "DIS.4200": "The service refuses a value: compare the options with the module's documentation.",
    "DIS.4202": "The request arrived empty: look for a proxy that drops bodies.",
    "DIS.4203": "Let start_time lie before end_time, and neither in the future.",
    "DIS.4204": "Ask for seven days at the most.",
    "DIS.4201": "Write the partition as 0 or as shardId-0000000000.",
    "DIS.4205": "The stream is not RUNNING: look at its status, wait until it is created, or settle what froze it.",
    "DIS.4208": "Check the name, the id and the state of the MRS cluster.",
    "DIS.4209": "This region does not know one of the metrics: leave it out of labels.",
    "DIS.4215": "This region does not know the cursor_type: use another one.",
    "DIS.4216": "Give the sequence number as a whole number.",
    "DIS.4217": "Run again: the service does not understand the position that it gave itself.",
    "DIS.4224": "Give a sequence number that the partition still keeps: app_info tells the first and the next one.",
    "DIS.4225": "Run again: the position in the stream was not used for five minutes.",
    "DIS.4226": "Run again from the oldest record that is still kept: what was to be read has aged out.",
    "DIS.4300": "The service refuses the request: the text in brackets names the value to correct.",
    "DIS.4301": "Check the name of the stream, the region and the project.",
    "DIS.4302": "Check the partition: the stream has none with this id.",
    "DIS.4303": "The service asks to slow down: run fewer changes at once, or again later.",
    "DIS.4305": "Too many requests at once: lower the number of forks, or run again later.",
    "DIS.4306": "Create the bucket, or correct obs_bucket_path (the name of a bucket, without a path).",
    "DIS.4307": "The name is taken: choose another stream_name, or describe that stream; one that is being deleted"
    " keeps its name for a while.",
    "DIS.4308": "The quota of streams or partitions is used up: delete what is not needed, ask for fewer partitions, or"
    " have the quota raised.",
    "DIS.4309": "This machine's address is blocked after many failed requests: correct the credentials, then wait about"
    " half an hour before the next try.",
    "DIS.4310": "DIS cannot reach the bucket: give the agency (and the user) rights on OBS, role Tenant"
    " Administrator for"
    " the OBS project.",
    "DIS.4319": "The partition was scaled away and its data has aged out: use another one.",
    "DIS.4329": "The project holds as many apps as it may: delete one that is not needed.",
    "DIS.4330": "Another app has this name: choose another app_name, or use that app.",
    "DIS.4331": "The app is in use: stop its consumers, and delete its checkpoints, which force: true does.",
    "DIS.4332": "Check the name of the app, the region and the project; somebody else may just have deleted it.",
    "DIS.4335": "The agency must exist, be of type cloud service for DIS, be valid without limit and hold Tenant"
    " Administrator on the OBS project; one made a moment ago needs a minute.",
    "DIS.4336": "Create the HDFS path, or correct it.",
    "DIS.4337": "Create the DLI database, or correct dli_database_name.",
    "DIS.4338": "Create the table in DLI as a managed table (data location DLI, not OBS), or correct"
    " dli_table_name; user"
    " and agency must be allowed to insert into it.",
    "DIS.4339": "The app has as many consumers as it may: stop one that is not needed.",
    "DIS.4341": "Check the name, the id and the state of the CloudTable cluster.",
    "DIS.4342": "Create the CloudTable table, or correct its name.",
    "DIS.4343": "Create the column family, or correct its name.",
    "DIS.4345": "Correct the HBase schema as the text says.",
    "DIS.4348": "Correct the OpenTSDB schema as the text says.",
    "DIS.4350": "Check the name, the id and the state of the DWS cluster.",
    "DIS.4351": "Check the name and the id of the KMS key.",
    "DIS.4354": "Check the name of the transfer task; it may just have been deleted by somebody else.",
    "DIS.4355": "Another task has this name in the stream: choose another task_name, or describe that task.",
    "DIS.4357": "A stream holds at most five transfer tasks: delete one that is not needed.",
    "DIS.4358": "The data_type of the stream does not fit: DLI, DWS and CloudTable need a stream of type JSON or CSV;"
    " OBS and MRS also take BLOB. Use another stream, or create it anew with another data_type.",
    "DIS.4360": "Correct data_schema: it must be an Avro schema.",
    "DIS.4375": "The app has no checkpoint in this stream: commit one first.",
    "DIS.4601": "A stream holds at most ten tags: remove one that is not needed, or let purge_tags do so.",
    "DIS.4602": "This region takes calls about tags otherwise than documented: leave tags out, and report it.",
    "DIS.4604": "Somebody else may just have removed the tag: run again.",
    "DIS.4605": "This region takes calls about tags otherwise than documented: leave tags out, and report it.",
    "DIS.4603": "The stream may just have been deleted by somebody else: run again.",
    "IAM.0061": "The user is locked after failed logins: wait a quarter of an hour and correct the password first.",
    "IAM.0081": "The user may only use the console: enable programmatic access.",
    "IAM.1061": "The passcode is wrong, too old, or was used before: give a new one.",
    "IAM.1104": _KEY,
    "IAM.1105": _KEY,
    "IAM.1106": _KEY,
    "IAM.1107": _KEY,
    "IAM.1108": "The temporary keys have ended: take new ones, with their security_token.",
    "IAM.1109": "Check the name of the project and the region.",
    "0101": "The address answers, but does not know this call: check the region and endpoint_override. Some"
    " regions have"
    " withdrawn single operations, destinations or DIS as a whole.",
    "0201": "The gateway cannot handle the request: check endpoint_override and proxies.",
    "0301": "Token or signature were refused: check the credentials and their project; after several failures in"
    " a row wait"
    " five minutes.",
    "0303": "Token or signature were refused: check the credentials and the clock of this machine.",
    "0305": "Token or signature were refused: check the credentials.",
    "0307": "The token must be renewed: take a new one.",
    "0308": "The gateway asks to slow down: run fewer changes at once, or again later.",
    "0602": "The gateway calls the request malformed: check endpoint_override and proxies.",
    "0613": "IAM is not available: run again later.",
}
"""One sentence on what to do next, by service code; gateway codes by their number alone."""

TOKEN_HINTS = tuple(HINTS[code] for code in ("DIS.4113", "DIS.4114", "0307"))
"""Hints that concern tokens only, and must not follow a refused signature."""

HINT_RANGES = (
    (re.compile(r"DIS\.41(0\d|1[0-2])$"), SIGNATURE_REFUSED),
    (
        re.compile(r"DIS\.5\d{3}$"),
        "The service failed inside: run again later; if it stays, give support the request id.",
    ),
    (re.compile(r"0(302|304|306|310|402|802)$"), _ACCESS),
    (re.compile(r"0(10[3-7]|202|203|601|605|606|608|610)$"), _GATEWAY),
)


def bare_code(code: Optional[str]) -> str:
    """A gateway code without its prefix (``APIG.0101``, ``APIGW.0101`` -> ``0101``), any other code as it is."""
    return re.sub(r"^APIGW?\.", "", code or "")


def hint_for(code: Optional[str], status: Optional[int] = None) -> str:
    """What to do about a service code; an empty text where nothing certain is known."""
    bare = bare_code(code)
    if bare in HINTS:
        return HINTS[bare]
    for pattern, hint in HINT_RANGES:
        if pattern.match(bare):
            return hint
    if status in (401, 441):
        return HINTS["DIS.4114"]
    return TROUBLE if status is not None and status >= 500 else ""
