# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way of a transfer task, judged by what the services told. Private to otc.dis.

Pure. Source: sheet of prerequisites; a create request checks the same things by itself (its section 6).
"""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional

from .._core.errors import NOT_OFFERED, ApiError, BadAnswer, BadInput, DisError, plain
from .._core.hints import HINTS, bare_code
from .._core.schema import dictionaries
from .._resources.destinations import DESTINATIONS
from .._resources.transfer_task import quota_of

OK, MISSING, MISMATCH = "ok", "missing", "mismatch"
FORBIDDEN, UNAVAILABLE, SKIPPED = "forbidden", "unavailable", "skipped"
ADMINISTRATOR = "te_admin"
"""The role Tenant Administrator."""
REFUSALS = frozenset({"DIS.4116", "DIS.4117", "DLI.0003", "DLI.0013", "DLI.0014", "DLI.0015", "DLI.0016"})
DLI_ABSENT = frozenset({"DLI.0002", "DLI.0023"})
DLI_NAME = re.compile(r"[A-Za-z0-9_$]{1,128}\Z")
BUCKET = re.compile(r"(?!.*(\.\.|-\.|\.-))(?!\d+(\.\d+){3}\Z)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")
DIS_ACCOUNT = re.compile(r"(.*_)?dis(_.*)?\Z", re.IGNORECASE)
RIGHTS = {
    "stream": "Give the user the role DIS User, or the action dis:streams:get.",
    "quota": "Give the user the role DIS User, or the action dis:transferTasks:list.",
    "agency": "Have it checked by a Security Administrator, or by a user with the action iam:agencies:listAgencies.",
    "agency_role": "Have it checked by a Security Administrator.",
    "dli_database": "Give the user a right on the database, or the action dli:database:displayAllDatabases.",
    "dli_table": "Give the user a right on the table, or the action dli:database:displayAllTables.",
    "obs_bucket": "Give the user the action obs:bucket:HeadBucket; a bucket of this name may also be somebody else's.",
}
"""What lets a user see the answer; none of it is needed to create a task."""


class Told(NamedTuple):
    """What came of a question.

    :ivar request: method and address, without a query
    :ivar data: the answer
    :ivar error: why there is none
    """

    request: Optional[str]
    data: Any = None
    error: Optional[DisError] = None


class Finding(NamedTuple):
    """The outcome of one check.

    :ivar check: what was checked
    :ivar subject: the name of the thing
    :ivar status: one of the six words
    :ivar fix: what to do; empty where there is nothing
    """

    check: str
    subject: Optional[str]
    status: str
    detail: str
    fix: str = ""
    request: Optional[str] = None
    code: Optional[str] = None
    request_id: Optional[str] = None


def ready(findings: Iterable[Finding]) -> Optional[bool]:
    """Whether nothing stands in the way; None if that is not known."""
    found = {one.status for one in findings}
    if found & {MISSING, MISMATCH}:
        return False
    return True if found <= {OK} else None


def shown(finding: Finding) -> Dict[str, Any]:
    """A finding as the module returns it."""
    return {name: value or None for name, value in finding._asdict().items()}


def skipped(check: str, subject: Optional[str], why: str, fix: str = "") -> Finding:
    """A check that was not made."""
    return Finding(check, subject, SKIPPED, why, fix)


def absent_service(check: str, subject: str, name: str, fix: str) -> Finding:
    """A check for which there is nobody to ask."""
    return Finding(check, subject, UNAVAILABLE, f"The catalogue of this login does not name {name}.", fix)


def failed(check: str, subject: Optional[str], told: Told) -> Finding:
    """A question that was refused, or got no answer: that says nothing about the thing itself."""
    err = told.error or BadAnswer("There was no answer.")
    refused = err.status in (401, 403, 441) or bare_code(err.code) in REFUSALS
    fix = RIGHTS[check] if refused and check in RIGHTS else err.hint
    if refused and err.status in (401, 441) and err.hint not in fix:
        fix = f"{fix} {err.hint}"
    if bare_code(err.code) == NOT_OFFERED:
        fix = "Look on the console: this region does not offer the call (any more)."
    return Finding(
        check, subject, FORBIDDEN if refused else UNAVAILABLE, plain(err), fix, told.request, err.code, err.request_id
    )


def judge_stream(name: str, kind: str, told: Told) -> Finding:
    """Whether the stream is there and RUNNING, with data that the destination takes."""
    err = told.error
    if isinstance(err, ApiError) and (err.means_stream_absent or err.is_bare_404):
        return Finding("stream", name, MISSING, plain(err), HINTS["DIS.4301"], told.request, err.code, err.request_id)
    if err is not None:
        return failed("stream", name, told)
    status = plain(told.data.get("status"))
    if status == "RUNNING":
        data_type, destination = told.data.get("data_type"), DESTINATIONS.get(kind)
        if destination and isinstance(data_type, str) and data_type not in destination.stream_data_types:
            detail = (
                f"The stream has data_type {plain(data_type)}, and a transfer task to {kind} needs"
                f" {' or '.join(destination.stream_data_types)}."
            )
            return Finding("stream", name, MISMATCH, detail, HINTS["DIS.4358"], told.request)
        return Finding("stream", name, OK, "The stream is RUNNING.", request=told.request)
    fix = "Wait until it is RUNNING." if status == "CREATING" else HINTS["DIS.4205"]
    return Finding("stream", name, MISMATCH, f"The stream is {status}, not RUNNING.", fix, told.request)


def judge_quota(stream: str, task: str, kind: str, told: Told) -> Finding:
    """Whether the stream has room for the task, or has it already."""
    if told.error is not None:
        return failed("quota", task, told)
    tasks = list({str(one.get("task_name")): one for one in dictionaries(told.data.get("tasks"))}.values())
    same = next((one for one in tasks if one.get("task_name") == task), None)
    if same is not None:
        there = plain(same.get("destination_type") or kind)
        if there == kind:
            return Finding("quota", task, OK, "The task is there already.", request=told.request)
        fix = "Choose another task_name, or delete that task."
        return Finding("quota", task, MISMATCH, f"A task of this name goes to {there}.", fix, told.request)
    most = quota_of(told.data)
    if len(tasks) >= most:
        detail = f'Stream "{stream}" holds {len(tasks)} transfer tasks, and {most} are the most.'
        return Finding("quota", task, MISMATCH, detail, HINTS["DIS.4357"], told.request)
    detail = f"The stream holds {len(tasks)} of at most {most} transfer tasks."
    return Finding("quota", task, OK, detail, request=told.request)


def agency_named(name: str, entries: Iterable[Mapping[str, Any]]) -> Optional[Mapping[str, Any]]:
    """The agency of exactly that name."""
    return next((one for one in entries if one.get("name") == name), None)


def judge_agency(name: str, told: Told) -> List[Finding]:
    """Whether the agency is there for good, and trusts DIS."""
    if told.error is not None:
        return [failed("agency", name, told)]
    agency = agency_named(name, told.data)
    if agency is None:
        return [Finding("agency", name, MISSING, "The account has no such agency.", HINTS["DIS.4335"], told.request)]
    found = Finding("agency", name, OK, "The agency is there, without an end.", request=told.request)
    if agency.get("expire_time"):
        detail = f"The agency is not valid without limit: it ends at {plain(agency['expire_time'])}."
        found = Finding("agency", name, MISMATCH, detail, "Make it valid without limit.", told.request)
    trusts = plain(agency.get("trust_domain_name") or "an account that IAM does not name")
    if DIS_ACCOUNT.match(trusts):
        return [found, Finding("agency_trust", name, OK, f"The agency trusts {trusts}.", request=told.request)]
    detail = f"The agency trusts {trusts}. Whether that is the account of DIS in this region is not known."
    fix = "See on the console that it is of type cloud service, for DIS."
    return [found, Finding("agency_trust", name, SKIPPED, detail, fix, told.request)]


def judge_role(name: str, told: List[Told]) -> Finding:
    """Whether the agency is seen to be Tenant Administrator; other roles may do, so that nothing says that it fails.

    :param told: the lists of its roles that were asked for
    """
    for one in told:
        if one.error is None and any(ADMINISTRATOR in (e.get("name"), e.get("display_name")) for e in one.data):
            return Finding("agency_role", name, OK, "The agency is Tenant Administrator.", request=one.request)
    for one in told:
        if one.error is not None:
            return failed("agency_role", name, one)
    detail = (
        "Tenant Administrator is granted neither on the account nor on all projects. It may be granted on the OBS"
        " project MOS alone, or other roles may do."
    )
    fix = "See on the console that it has Tenant Administrator on the OBS project."
    return Finding("agency_role", name, SKIPPED, detail, fix, told[-1].request if told else None)


def no_dli_name(check: str, name: str) -> Optional[Finding]:
    """What is wrong with a name, which becomes part of an address; None if nothing is."""
    if DLI_NAME.match(name):
        return None
    detail = "DLI has no such names: they are letters, digits and _, in tables also $."
    return Finding(check, name, MISMATCH, detail, f"Correct {check}_name.")


def is_named(entry: Mapping[str, Any], key: str, name: str) -> bool:
    """Whether an entry of a list of DLI has this name; capitals do not count."""
    told = entry.get(key)
    return isinstance(told, str) and told.lower() == name.lower()


def judge_database(name: str, told: Told) -> Finding:
    """Whether DLI shows the database; capitals do not count."""
    if told.error is not None:
        return failed("dli_database", name, told)
    if any(is_named(one, "database_name", name) for one in told.data):
        return Finding("dli_database", name, OK, "The database is there.", request=told.request)
    detail = "The database was not found, or the user may not see it."
    return Finding("dli_database", name, MISSING, detail, HINTS["DIS.4337"], told.request)


def judge_table(name: str, told: Told) -> Finding:
    """Whether DLI shows the table, and keeps its data itself."""
    err = told.error
    if isinstance(err, ApiError) and err.code in DLI_ABSENT:
        detail = "The database of the table was not found."
        return Finding("dli_table", name, MISSING, detail, HINTS["DIS.4337"], told.request, err.code, err.request_id)
    if err is not None:
        return failed("dli_table", name, told)
    table = next((one for one in told.data if is_named(one, "table_name", name)), None)
    if table is None:
        detail = "The table was not found, or the user may not see it."
        return Finding("dli_table", name, MISSING, detail, HINTS["DIS.4338"], told.request)
    if not table.get("table_type"):
        detail = "The table is there, but DLI does not tell its type."
        fix = "Make sure that it is a managed table of DLI."
        return Finding("dli_table", name, SKIPPED, detail, fix, told.request)
    kind, place = plain(table["table_type"]), plain(table.get("data_location") or "unknown")
    if kind.upper() != "MANAGED" or place.upper() not in ("DLI", "UNKNOWN"):
        detail = f"The table is of type {kind} with its data in {place}, and not a managed table of DLI."
        return Finding("dli_table", name, MISMATCH, detail, HINTS["DIS.4338"], told.request)
    return Finding("dli_table", name, OK, "The table is a managed one of DLI.", request=told.request)


def no_bucket_name(name: str) -> Optional[Finding]:
    """What is wrong with a name, which becomes part of the name of a host; None if nothing is."""
    if BUCKET.match(name):
        return None
    detail = "No bucket can have this name: 3 to 63 small letters, digits, - and dots."
    return Finding(
        "obs_bucket", name, MISMATCH, detail, "Give the name of a bucket, without a path and without obs://."
    )


def judge_bucket(name: str, told: Told, region: Optional[str]) -> Finding:
    """Whether the bucket is there, and in the region of the stream."""
    err = told.error
    if err is None:
        there = plain(told.data.get("x-obs-bucket-location") or "")
        detail = "The bucket is there."
        if there and region and there != region:
            detail += f" It lies in {there}, and the stream in {region}."
        return Finding("obs_bucket", name, OK, detail, request=told.request)
    facts = {"request": told.request, "code": err.code, "request_id": err.request_id}
    if err.status == 404 and bare_code(err.code) != NOT_OFFERED:
        return Finding("obs_bucket", name, MISSING, "There is no such bucket.", HINTS["DIS.4306"], **facts)
    if err.status in (301, 307):
        detail = "The bucket lies in another region, or is just being made."
        return Finding("obs_bucket", name, MISMATCH, detail, "Use a bucket in the region of the stream.", **facts)
    if isinstance(err, BadInput):
        return Finding("obs_bucket", name, UNAVAILABLE, plain(err), err.hint, **facts)
    return failed("obs_bucket", name, told)
