# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way of a transfer task, judged by what the services told. Private to otc.dis.

Pure. Source: sheet of prerequisites; a create request checks the same things by itself (its section 6).
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional

from .._core.errors import NOT_OFFERED, ApiError, DisError, InvalidOptions, UnexpectedResponse, sanitize
from .._core.hints import HINTS, bare_code
from .._core.plan import Spec
from .._core.schema import dictionaries, has_name, is_loopback, raise_if_errors, service_url, validate
from .._resources.base import STREAM_NAME
from .._resources.destinations import DESTINATIONS, TASK_NAME
from .._resources.transfer_task import quota_of
from .._resources.transfer_tasks import TransferTaskClient

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


class Reply(NamedTuple):
    """What came of a question.

    :ivar request: method and address, without a query
    :ivar data: the answer
    :ivar error: why there is none
    """

    request: Optional[str]
    data: Any = None
    error: Optional[DisError] = None


class CheckResult(NamedTuple):
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


def ready(findings: Iterable[CheckResult]) -> Optional[bool]:
    """Whether nothing stands in the way; None if that is not known."""
    found = {one.status for one in findings}
    if found & {MISSING, MISMATCH}:
        return False
    return True if found <= {OK} else None


def to_result(finding: CheckResult) -> Dict[str, Any]:
    """A finding as the module returns it."""
    return {name: value or None for name, value in finding._asdict().items()}


def skipped(check: str, subject: Optional[str], why: str, fix: str = "") -> CheckResult:
    """A check that was not made."""
    return CheckResult(check, subject, SKIPPED, why, fix)


def missing_service(check: str, subject: str, name: str, fix: str) -> CheckResult:
    """A check for which there is nobody to ask."""
    return CheckResult(check, subject, UNAVAILABLE, f"The catalogue of this login does not name {name}.", fix)


def failed(check: str, subject: Optional[str], reply: Reply) -> CheckResult:
    """A question that was refused, or got no answer: that says nothing about the thing itself."""
    err = reply.error or UnexpectedResponse("There was no answer.")
    refused = err.status in (401, 403, 441) or bare_code(err.code) in REFUSALS
    fix = RIGHTS[check] if refused and check in RIGHTS else err.hint
    if refused and err.status in (401, 441) and err.hint not in fix:
        fix = f"{fix} {err.hint}"
    if bare_code(err.code) == NOT_OFFERED:
        fix = "Look on the console: this region does not offer the call (any more)."
    return CheckResult(
        check,
        subject,
        FORBIDDEN if refused else UNAVAILABLE,
        sanitize(err),
        fix,
        reply.request,
        err.code,
        err.request_id,
    )


def check_stream_response(name: str, kind: str, reply: Reply) -> CheckResult:
    """Whether the stream is there and RUNNING, with data that the destination takes."""
    err = reply.error
    if isinstance(err, ApiError) and (err.means_stream_absent or err.is_bare_404):
        return CheckResult(
            "stream", name, MISSING, sanitize(err), HINTS["DIS.4301"], reply.request, err.code, err.request_id
        )
    if err is not None:
        return failed("stream", name, reply)
    status = sanitize(reply.data.get("status"))
    if status == "RUNNING":
        data_type, destination = reply.data.get("data_type"), DESTINATIONS.get(kind)
        if destination and isinstance(data_type, str) and data_type not in destination.stream_data_types:
            detail = (
                f"The stream has data_type {sanitize(data_type)}, and a transfer task to {kind} needs"
                f" {' or '.join(destination.stream_data_types)}."
            )
            return CheckResult("stream", name, MISMATCH, detail, HINTS["DIS.4358"], reply.request)
        return CheckResult("stream", name, OK, "The stream is RUNNING.", request=reply.request)
    fix = "Wait until it is RUNNING." if status == "CREATING" else HINTS["DIS.4205"]
    return CheckResult("stream", name, MISMATCH, f"The stream is {status}, not RUNNING.", fix, reply.request)


def check_quota_response(stream: str, task: str, kind: str, reply: Reply) -> CheckResult:
    """Whether the stream has room for the task, or has it already."""
    if reply.error is not None:
        return failed("quota", task, reply)
    tasks = list({str(one.get("task_name")): one for one in dictionaries(reply.data.get("tasks"))}.values())
    same = next((one for one in tasks if one.get("task_name") == task), None)
    if same is not None:
        there = sanitize(same.get("destination_type") or kind)
        if there == kind:
            return CheckResult("quota", task, OK, "The task is there already.", request=reply.request)
        fix = "Choose another task_name, or delete that task."
        return CheckResult("quota", task, MISMATCH, f"A task of this name goes to {there}.", fix, reply.request)
    most = quota_of(reply.data)
    if len(tasks) >= most:
        detail = f'Stream "{stream}" holds {len(tasks)} transfer tasks, and {most} are the most.'
        return CheckResult("quota", task, MISMATCH, detail, HINTS["DIS.4357"], reply.request)
    detail = f"The stream holds {len(tasks)} of at most {most} transfer tasks."
    return CheckResult("quota", task, OK, detail, request=reply.request)


def agency_named(name: str, entries: Iterable[Mapping[str, Any]]) -> Optional[Mapping[str, Any]]:
    """The agency of exactly that name."""
    return next((one for one in entries if one.get("name") == name), None)


def check_agency_response(name: str, reply: Reply) -> List[CheckResult]:
    """Whether the agency is there for good, and trusts DIS."""
    if reply.error is not None:
        return [failed("agency", name, reply)]
    agency = agency_named(name, reply.data)
    if agency is None:
        return [
            CheckResult("agency", name, MISSING, "The account has no such agency.", HINTS["DIS.4335"], reply.request)
        ]
    found = CheckResult("agency", name, OK, "The agency is there, without an end.", request=reply.request)
    if agency.get("expire_time"):
        detail = f"The agency is not valid without limit: it ends at {sanitize(agency['expire_time'])}."
        found = CheckResult("agency", name, MISMATCH, detail, "Make it valid without limit.", reply.request)
    trusts = sanitize(agency.get("trust_domain_name") or "an account that IAM does not name")
    if DIS_ACCOUNT.match(trusts):
        return [found, CheckResult("agency_trust", name, OK, f"The agency trusts {trusts}.", request=reply.request)]
    detail = f"The agency trusts {trusts}. Whether that is the account of DIS in this region is not known."
    fix = "See on the console that it is of type cloud service, for DIS."
    return [found, CheckResult("agency_trust", name, SKIPPED, detail, fix, reply.request)]


def check_role_response(name: str, reply: List[Reply]) -> CheckResult:
    """Whether the agency is seen to be Tenant Administrator; other roles may do, so that nothing says that it fails.

    :param reply: the lists of its roles that were asked for
    """
    for one in reply:
        if one.error is None and any(ADMINISTRATOR in (e.get("name"), e.get("display_name")) for e in one.data):
            return CheckResult("agency_role", name, OK, "The agency is Tenant Administrator.", request=one.request)
    for one in reply:
        if one.error is not None:
            return failed("agency_role", name, one)
    detail = (
        "Tenant Administrator is granted neither on the account nor on all projects. It may be granted on the OBS"
        " project MOS alone, or other roles may do."
    )
    fix = "See on the console that it has Tenant Administrator on the OBS project."
    return CheckResult("agency_role", name, SKIPPED, detail, fix, reply[-1].request if reply else None)


def invalid_dli_name(check: str, name: str) -> Optional[CheckResult]:
    """What is wrong with a name, which becomes part of an address; None if nothing is."""
    if DLI_NAME.match(name):
        return None
    detail = "DLI has no such names: they are letters, digits and _, in tables also $."
    return CheckResult(check, name, MISMATCH, detail, f"Correct {check}_name.")


def check_database_response(name: str, reply: Reply) -> CheckResult:
    """Whether DLI shows the database; capitals do not count."""
    if reply.error is not None:
        return failed("dli_database", name, reply)
    if any(has_name(one, "database_name", name) for one in reply.data):
        return CheckResult("dli_database", name, OK, "The database is there.", request=reply.request)
    detail = "The database was not found, or the user may not see it."
    return CheckResult("dli_database", name, MISSING, detail, HINTS["DIS.4337"], reply.request)


def check_table_response(name: str, reply: Reply) -> CheckResult:
    """Whether DLI shows the table, and keeps its data itself."""
    err = reply.error
    if isinstance(err, ApiError) and err.code in DLI_ABSENT:
        detail = "The database of the table was not found."
        return CheckResult(
            "dli_table", name, MISSING, detail, HINTS["DIS.4337"], reply.request, err.code, err.request_id
        )
    if err is not None:
        return failed("dli_table", name, reply)
    table = next((one for one in reply.data if has_name(one, "table_name", name)), None)
    if table is None:
        detail = "The table was not found, or the user may not see it."
        return CheckResult("dli_table", name, MISSING, detail, HINTS["DIS.4338"], reply.request)
    if not table.get("table_type"):
        detail = "The table is there, but DLI does not tell its type."
        fix = "Make sure that it is a managed table of DLI."
        return CheckResult("dli_table", name, SKIPPED, detail, fix, reply.request)
    kind, place = sanitize(table["table_type"]), sanitize(table.get("data_location") or "unknown")
    if kind.upper() != "MANAGED" or place.upper() not in ("DLI", "UNKNOWN"):
        detail = f"The table is of type {kind} with its data in {place}, and not a managed table of DLI."
        return CheckResult("dli_table", name, MISMATCH, detail, HINTS["DIS.4338"], reply.request)
    return CheckResult("dli_table", name, OK, "The table is a managed one of DLI.", request=reply.request)


def invalid_bucket_name(name: str) -> Optional[CheckResult]:
    """What is wrong with a name, which becomes part of the name of a host; None if nothing is."""
    if BUCKET.match(name):
        return None
    detail = "No bucket can have this name: 3 to 63 small letters, digits, - and dots."
    return CheckResult(
        "obs_bucket", name, MISMATCH, detail, "Give the name of a bucket, without a path and without obs://."
    )


def check_bucket_response(name: str, reply: Reply, region: Optional[str]) -> CheckResult:
    """Whether the bucket is there, and in the region of the stream."""
    err = reply.error
    if err is None:
        there = sanitize(reply.data.get("x-obs-bucket-location") or "")
        detail = "The bucket is there."
        if there and region and there != region:
            detail += f" It lies in {there}, and the stream in {region}."
        return CheckResult("obs_bucket", name, OK, detail, request=reply.request)
    facts = {"request": reply.request, "code": err.code, "request_id": err.request_id}
    if err.status == 404 and bare_code(err.code) != NOT_OFFERED:
        return CheckResult("obs_bucket", name, MISSING, "There is no such bucket.", HINTS["DIS.4306"], **facts)
    if err.status in (301, 307):
        detail = "The bucket lies in another region, or is just being made."
        return CheckResult("obs_bucket", name, MISMATCH, detail, "Use a bucket in the region of the stream.", **facts)
    if isinstance(err, InvalidOptions):
        return CheckResult("obs_bucket", name, UNAVAILABLE, sanitize(err), err.hint, **facts)
    return failed("obs_bucket", name, reply)


FULLY_CHECKED = ("DLI", "OBS")
"""Destinations of which all is looked at that they need."""
UNCHECKED = {
    "MRS": "the MRS cluster and the path in its HDFS",
    "DWS": "the DWS cluster, its table and the KMS key",
    "CLOUDTABLE": "the CloudTable cluster and its table",
}
"""What others need that is not looked at."""


class Plan(NamedTuple):
    """The transfer task that somebody means to create; what is None was not given.

    :ivar check_bucket: name of the bucket
    :ivar bucket_option: name of the option that holds it
    :ivar temporary_keys: whether keys may be made to look at the bucket
    :ivar assume_stream: whether a stream that is missing will be made before the task
    """

    stream: str
    task: str
    kind: str
    agency: Optional[str]
    database: Optional[str]
    table: Optional[str]
    bucket: Optional[str]
    bucket_option: str
    temporary_keys: bool
    assume_stream: bool
    dli_endpoint: Optional[str]
    obs_endpoint: Optional[str]


def plan_of(options: Mapping[str, Any]) -> Plan:
    """What the options ask for.

    :raises InvalidOptions: a name or an address breaks its rule
    """
    raise_if_errors(validate((STREAM_NAME, TASK_NAME), options))

    def text_option(name: str) -> Optional[str]:
        value = options[name]
        return value if value is not None and value.strip() else None

    def address(name: str) -> Optional[str]:
        value = text_option(name)
        return None if value is None else service_url(value, name)

    kind = options["destination_type"]
    bucket_option = "obs_backup_bucket_path" if kind == "CLOUDTABLE" else "obs_bucket_path"
    return Plan(
        stream=options["stream_name"],
        task=options["task_name"],
        kind=kind,
        agency=text_option("agency_name"),
        database=text_option("dli_database_name"),
        table=text_option("dli_table_name"),
        bucket=text_option(bucket_option),
        bucket_option=bucket_option,
        temporary_keys=options["temporary_keys"],
        assume_stream=options["assume_stream"],
        dli_endpoint=address("dli_endpoint_override"),
        obs_endpoint=address("obs_endpoint_override"),
    )


class PreflightCalls(TransferTaskClient):
    """DIS, and the services around it."""

    full_catalog = True

    def __init__(self, api: Any) -> None:
        super().__init__(api)
        self.endpoint, self.project_id = api.endpoint, api.project_id
        self.services = api.other_services()


def fetch(request: str, send: Callable[[], Any]) -> Reply:
    """What came of a question.

    :param request: method and address
    """
    try:
        return Reply(request.partition("?")[0], send())
    except DisError as err:
        return Reply(request.partition("?")[0], error=err)


def preflight(api: PreflightCalls, plan: Plan) -> Dict[str, Any]:
    """What the module returns. After the login nothing that goes wrong is a failure, but a finding."""
    findings = [
        *check_stream_and_quota(api, plan),
        *check_agency(api, plan),
        *check_dli(api, plan),
        check_bucket(api, plan),
    ]
    if plan.kind not in FULLY_CHECKED:
        unchecked, fix = UNCHECKED.get(plan.kind, "what else the destination needs"), "See to it on the console."
        findings.append(skipped("destination", plan.kind, f"The module cannot look at {unchecked}.", fix))
    return {"ready": ready(findings), "checks": [to_result(one) for one in findings]}


def check_stream_and_quota(api: PreflightCalls, plan: Plan) -> List[CheckResult]:
    """Stream and quota."""
    base = f"GET {api.endpoint}/v2/{api.project_id}/streams/{plan.stream}"
    stream = check_stream_response(plan.stream, plan.kind, fetch(base, lambda: api.show_stream(plan.stream)))
    if stream.status == "missing":
        if plan.assume_stream:
            stream = skipped("stream", plan.stream, "The stream is not there yet, and is assumed to be made before.")
        return [stream, skipped("quota", plan.task, "There is no stream to hold the task.")]
    reply = fetch(f"{base}/transfer-tasks", lambda: api.list_transfer_tasks(plan.stream))
    return [stream, check_quota_response(plan.stream, plan.task, plan.kind, reply)]


def check_agency(api: PreflightCalls, plan: Plan) -> List[CheckResult]:
    """The agency, whom it trusts, and its role."""
    name, auth_url = plan.agency, api.services.auth_url
    if name is None:
        return [skipped("agency", None, "agency_name was not given.", "Give it to create a task.")]
    if auth_url is None:
        return [skipped("agency", name, "Without auth_url nobody tells the account.", "Give auth.auth_url.")]
    account_reply = fetch(f"GET {auth_url}/auth/domains", api.services.find_account)
    if account_reply.error is not None:
        return [failed("agency", name, account_reply)]
    if account_reply.data is None:
        return [skipped("agency", name, "The login does not tell the account.", RIGHTS["agency"])]
    account = str(account_reply.data)
    client = api.services.agencies({"X-Domain-Id": account})
    request = f"GET {client.host}/v3.0/OS-AGENCY/agencies"
    reply = fetch(request, lambda: client.list_agencies(account, name))
    if reply.error is not None and reply.error.status in (401, 403) and api.services.keys is None:
        # IAM tells about the account to a token of the account, which takes a login of its own.
        login = fetch(f"POST {auth_url}/auth/tokens", lambda: api.services.authenticate_for_account(account))
        if isinstance(login.error, InvalidOptions):
            fix = f"IAM may tell it to a login for the account. {login.error} {RIGHTS['agency']}"
            return [failed("agency", name, reply)._replace(fix=fix)]
        if login.error is not None:
            return [failed("agency", name, login)]
        client.auth = login.data
        reply = fetch(request, lambda: client.list_agencies(account, name))
    findings = check_agency_response(name, reply)
    entry = agency_named(name, reply.data) if reply.error is None else None
    if entry is not None:
        findings.append(check_role_response(name, roles(client, account, str(entry.get("id")))))
    return findings


def roles(client: Any, account: str, agency_id: str) -> List[Reply]:
    """The roles of an agency, as far as it takes to see the one that counts."""
    where = f"domains/{account}/agencies/{agency_id}/roles"
    inherited = f"GET {client.host}/v3.0/OS-INHERIT/{where}/inherited_to_projects"
    reply = [fetch(inherited, lambda: client.list_inherited_roles(account, agency_id))]
    if check_role_response("", reply).status != "ok":
        request = f"GET {client.host}/v3.0/OS-AGENCY/{where}"
        reply.append(fetch(request, lambda: client.list_domain_roles(account, agency_id)))
    return reply


def check_dli(api: PreflightCalls, plan: Plan) -> List[CheckResult]:
    """Database and table of DLI."""
    database, table = plan.database, plan.table
    if plan.kind != "DLI":
        return []
    if database is None:
        fix = "Give it to create a task."
        no_table = skipped("dli_table", table, "dli_database_name was not given.", fix)
        return [skipped("dli_database", None, "dli_database_name was not given.", fix), no_table]
    wrong = invalid_dli_name("dli_database", database)
    if wrong is not None:
        return [wrong, skipped("dli_table", table, "There is no database to look into.")]
    try:
        place = api.services.place(plan.dli_endpoint, ("dli",), "DLI")
    except InvalidOptions as err:
        return [
            failed(check, name, Reply(None, error=err))
            for check, name in (("dli_database", database), ("dli_table", table))
        ]
    if place is None:
        fix = f"If DLI is there all the same, give dli_endpoint_override, such as {api.services.example('dli')}."
        return [
            missing_service("dli_database", database, "DLI", fix),
            missing_service("dli_table", table or "", "DLI", fix),
        ]
    client = api.services.dli(place, api.project_id)
    seen = check_database_response(
        database, fetch(f"GET {client.base}/databases", lambda: client.list_databases(database))
    )
    if table is None:
        return [seen, skipped("dli_table", None, "dli_table_name was not given.", "Give it to create a task.")]
    wrong = invalid_dli_name("dli_table", table)
    if wrong is not None:
        return [seen, wrong]
    if seen.status == "missing":
        return [seen, skipped("dli_table", table, "There is no database to look into.")]
    request = f"GET {client.base}/databases/{database}/tables"
    return [seen, check_table_response(table, fetch(request, lambda: client.list_tables(database, table)))]


def check_bucket(api: PreflightCalls, plan: Plan) -> CheckResult:
    """The bucket in which data is parked, or to which it goes."""
    name, auth_url = plan.bucket, api.services.auth_url
    if name is None:
        optional = plan.kind == "CLOUDTABLE"
        fix = "" if optional else "Give it to create a task."
        return skipped("obs_bucket", None, f"{plan.bucket_option} was not given.", fix)
    wrong = invalid_bucket_name(name)
    if wrong is not None:
        return wrong
    if api.services.keys is None and not plan.temporary_keys:
        fix = "Set temporary_keys to true, and IAM makes keys that end after 15 minutes."
        return skipped("obs_bucket", name, "OBS takes no token, but a signature with keys.", fix)
    if api.services.keys is None and auth_url is None:
        return skipped("obs_bucket", name, "Without auth_url nobody makes temporary keys.", "Give auth.auth_url.")
    try:
        place = api.services.place(plan.obs_endpoint, ("obs", "object"), "OBS")
    except InvalidOptions as err:
        return failed("obs_bucket", name, Reply(None, error=err))
    if place is None:
        fix = f"If OBS is there all the same, give obs_endpoint_override, such as {api.services.example('obs')}."
        return missing_service("obs_bucket", name, "OBS", fix)
    if "." in name and not is_loopback(place):
        detail = "No certificate fits the host of a bucket with dots in its name."
        return skipped("obs_bucket", name, detail, "Look at it on the console.")
    keys = Reply(None, api.services.keys) if api.services.keys is not None else temporary_keys(api)
    if keys.error is not None:
        return failed("obs_bucket", name, keys)
    client = api.services.buckets(keys.data, place)
    reply = fetch(f"HEAD {client.url(name)}", lambda: client.head_bucket(name))
    return check_bucket_response(name, reply, api.services.region_name)


def temporary_keys(api: PreflightCalls) -> Reply:
    """Keys for somebody who has a token."""
    iam = api.services.agencies({})
    return fetch(f"POST {iam.host}/v3.0/OS-CREDENTIAL/securitytokens", iam.create_temporary_keys)


class PreflightQuery:
    """The prerequisites of a transfer task."""

    spec = Spec(
        {
            "stream_name": {"type": "str", "required": True},
            "task_name": {"type": "str", "required": True, "aliases": ["name"]},
            "destination_type": {"type": "str", "choices": list(DESTINATIONS), "default": "DLI"},
            "agency_name": {"type": "str"},
            "dli_database_name": {"type": "str"},
            "dli_table_name": {"type": "str"},
            "obs_bucket_path": {"type": "str"},
            "obs_backup_bucket_path": {"type": "str"},
            "temporary_keys": {"type": "bool", "default": False, "no_log": False},
            "assume_stream": {"type": "bool", "default": False},
            "dli_endpoint_override": {"type": "str"},
            "obs_endpoint_override": {"type": "str"},
        }
    )
    calls = PreflightCalls

    def prepare(self, params: Mapping[str, Any]) -> Plan:
        """What the options ask for.

        :raises InvalidOptions: a rule is broken
        """
        return plan_of(params)

    def run_query(self, api: PreflightCalls, query: Plan) -> Dict[str, Any]:
        """What the module returns.

        :raises DisError: a request failed
        """
        return preflight(api, query)
