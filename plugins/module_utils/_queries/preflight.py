# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the prerequisites of a transfer task. Private to otc.dis.

Source: sheet of prerequisites. A create request checks the same prerequisites (section 6).
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional

from .._core.errors import (
    HINTS,
    NOT_OFFERED,
    ApiError,
    DisError,
    InvalidOptions,
    UnexpectedResponse,
    bare_code,
    sanitize,
)
from .._core.plan import Spec
from .._core.schema import dictionaries, has_name, is_loopback, raise_if_errors, service_url, validate
from .._resources.base import STREAM_NAME, Quota
from .._resources.destinations import DESTINATIONS, TASK_NAME
from .._resources.transfer_task import quota_of
from .._resources.transfer_tasks import TransferTaskClient

OK, MISSING, MISMATCH = "ok", "missing", "mismatch"
FORBIDDEN, UNAVAILABLE, SKIPPED = "forbidden", "unavailable", "skipped"
ADMINISTRATOR = "te_admin"
"""The role Tenant Administrator."""
FORBIDDEN_CODES = frozenset({"DIS.4116", "DIS.4117", "DLI.0003", "DLI.0013", "DLI.0014", "DLI.0015", "DLI.0016"})
DLI_ABSENT = frozenset({"DLI.0002", "DLI.0023"})
DLI_NAME = re.compile(r"[A-Za-z0-9_$]{1,128}\Z")
BUCKET = re.compile(r"(?!.*(\.\.|-\.|\.-))(?!\d+(\.\d+){3}\Z)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")
DIS_ACCOUNT = re.compile(r"(.*_)?dis(_.*)?\Z", re.IGNORECASE)
RIGHTS = {
    "stream": "Grant the user the role DIS User, or the action dis:streams:get.",
    "partition_quota": "Use a user with access to the quotas of DIS, or check the partition quota in the console.",
    "quota": "Grant the user the role DIS User, or the action dis:transferTasks:list.",
    "agency": "Run the check as a Security Administrator, or as a user with the action iam:agencies:listAgencies.",
    "agency_role": "Run the check as a Security Administrator.",
    "dli_database": "Grant the user a permission on the database, or the action dli:database:displayAllDatabases.",
    "dli_table": "Grant the user a permission on the table, or the action dli:database:displayAllTables.",
    "obs_bucket": "Grant the user the action obs:bucket:HeadBucket. The bucket may also belong to another account.",
}
"""Permissions for the requests of each check; creating a task requires none of them."""
QUOTA_FIX = "Check the partition quota in the console."


class Reply(NamedTuple):
    """Response or error of a request.

    :ivar request: method and URL, without the query
    :ivar data: content of the response
    :ivar error: error of the request
    """

    request: Optional[str]
    data: Any = None
    error: Optional[DisError] = None


class CheckResult(NamedTuple):
    """Result of one check.

    :ivar check: name of the check
    :ivar subject: name of the checked resource
    :ivar status: one of ``ok``, ``missing``, ``mismatch``, ``forbidden``, ``unavailable`` and ``skipped``
    :ivar fix: suggested fix; empty without one
    """

    check: str
    subject: Optional[str]
    status: str
    detail: str
    fix: str = ""
    request: Optional[str] = None
    code: Optional[str] = None
    request_id: Optional[str] = None


def ready(results: Iterable[CheckResult]) -> Optional[bool]:
    """Whether all prerequisites are met; None if unknown."""
    statuses = {result.status for result in results}
    if statuses & {MISSING, MISMATCH}:
        return False
    return True if statuses <= {OK} else None


def to_result(result: CheckResult) -> Dict[str, Any]:
    """Return the result of a check as the module returns it."""
    return {name: value or None for name, value in result._asdict().items()}


def skipped(check: str, subject: Optional[str], detail: str, fix: str = "") -> CheckResult:
    """Return the result of a check that was not made or is inconclusive."""
    return CheckResult(check, subject, SKIPPED, detail, fix)


def missing_service(check: str, subject: str, name: str, fix: str) -> CheckResult:
    """Return the result of a check whose service has no known endpoint."""
    return CheckResult(check, subject, UNAVAILABLE, f"The service catalog of this login does not contain {name}.", fix)


def failed(check: str, subject: Optional[str], reply: Reply) -> CheckResult:
    """Return the result of a check whose request failed; it does not imply anything about the resource."""
    err = reply.error or UnexpectedResponse("There was no response.")
    forbidden = err.status in (401, 403, 441) or bare_code(err.code) in FORBIDDEN_CODES
    fix = RIGHTS[check] if forbidden and check in RIGHTS else err.hint
    if forbidden and err.status in (401, 441) and err.hint not in fix:
        fix = f"{fix} {err.hint}"
    if bare_code(err.code) == NOT_OFFERED:
        fix = "This region does not support the request. Check the resource in the console."
    return CheckResult(
        check,
        subject,
        FORBIDDEN if forbidden else UNAVAILABLE,
        sanitize(err),
        fix,
        reply.request,
        err.code,
        err.request_id,
    )


def check_stream_response(name: str, kind: str, reply: Reply) -> CheckResult:
    """Check that the stream exists, is RUNNING, and has a data type that the destination supports."""
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
                f"The stream has data_type {sanitize(data_type)}, but a transfer task to {kind} requires"
                f" {' or '.join(destination.stream_data_types)}."
            )
            return CheckResult("stream", name, MISMATCH, detail, HINTS["DIS.4358"], reply.request)
        return CheckResult("stream", name, OK, "The stream is RUNNING.", request=reply.request)
    fix = "Wait until it is RUNNING." if status == "CREATING" else HINTS["DIS.4205"]
    return CheckResult("stream", name, MISMATCH, f"The stream is {status}, not RUNNING.", fix, reply.request)


def check_quota_response(stream: str, task: str, kind: str, reply: Reply) -> CheckResult:
    """Check that the stream can have another task, or has the task already."""
    if reply.error is not None:
        return failed("quota", task, reply)
    tasks = list({str(entry.get("task_name")): entry for entry in dictionaries(reply.data.get("tasks"))}.values())
    same = next((entry for entry in tasks if entry.get("task_name") == task), None)
    if same is not None:
        same_kind = sanitize(same.get("destination_type") or kind)
        if same_kind == kind:
            return CheckResult("quota", task, OK, "The task already exists.", request=reply.request)
        fix = "Choose another task_name, or delete the existing task."
        detail = f"The existing task of this name has the destination type {same_kind}."
        return CheckResult("quota", task, MISMATCH, detail, fix, reply.request)
    quota = quota_of(reply.data)
    if len(tasks) >= quota:
        detail = f'Stream "{stream}" has {len(tasks)} transfer tasks, and the quota is {quota}.'
        return CheckResult("quota", task, MISMATCH, detail, HINTS["DIS.4357"], reply.request)
    detail = f"The stream has {len(tasks)} of at most {quota} transfer tasks."
    return CheckResult("quota", task, OK, detail, request=reply.request)


def check_partition_quota(stream: str, reply: Reply) -> CheckResult:
    """Check that the stream, which does not exist yet, can be created; its type is unknown, and COMMON by default."""
    check, err = "partition_quota", reply.error
    if isinstance(err, ApiError) and err.means_not_offered:
        return skipped(check, stream, "This region does not return quotas.", QUOTA_FIX)
    if err is not None:
        return failed(check, stream, reply)
    quotas = {quota.type: quota for quota in reply.data}
    types = {name: quotas.get(f"{name.lower()}_partition", Quota("", None, None)) for name in ("COMMON", "ADVANCED")}
    detail = " ".join(f"Partitions of type {name}: {describe_quota(quota)}." for name, quota in types.items())
    common, advanced = (quota.is_exhausted for quota in types.values())
    if common is None:
        return CheckResult(check, stream, SKIPPED, detail, QUOTA_FIX, reply.request)
    if common and advanced:
        return CheckResult(check, stream, MISMATCH, detail, HINTS["DIS.4308"], reply.request)
    if common:
        fix = "Create the stream with stream_type ADVANCED, or delete unused partitions of type COMMON."
        return CheckResult(check, stream, SKIPPED, detail, fix, reply.request)
    return CheckResult(check, stream, OK, detail, request=reply.request)


def describe_quota(quota: Quota) -> str:
    """Describe the usage of a quota."""
    used = "an unknown number" if quota.used is None else quota.used
    if quota.limit is None:
        return f"{used} used, limit unknown"
    return f"{used} used, no limit" if quota.limit < 0 else f"{used} of {quota.limit} used"


def agency_named(name: str, entries: Iterable[Mapping[str, Any]]) -> Optional[Mapping[str, Any]]:
    """Return the agency with exactly this name."""
    return next((entry for entry in entries if entry.get("name") == name), None)


def check_agency_response(name: str, reply: Reply) -> List[CheckResult]:
    """Check that the agency exists, has unlimited validity, and trusts DIS."""
    if reply.error is not None:
        return [failed("agency", name, reply)]
    agency = agency_named(name, reply.data)
    if agency is None:
        return [
            CheckResult("agency", name, MISSING, "The account has no such agency.", HINTS["DIS.4335"], reply.request)
        ]
    found = CheckResult("agency", name, OK, "The agency exists and has unlimited validity.", request=reply.request)
    if agency.get("expire_time"):
        detail = f"The agency expires at {sanitize(agency['expire_time'])}."
        found = CheckResult("agency", name, MISMATCH, detail, "Set its validity to unlimited.", reply.request)
    trusted = sanitize(agency.get("trust_domain_name") or "an unnamed account")
    if DIS_ACCOUNT.match(trusted):
        return [found, CheckResult("agency_trust", name, OK, f"The agency trusts {trusted}.", request=reply.request)]
    detail = f"The agency trusts {trusted}. It is unknown whether this is the account of DIS in this region."
    fix = "Check in the console that its type is cloud service, for DIS."
    return [found, CheckResult("agency_trust", name, SKIPPED, detail, fix, reply.request)]


def check_role_response(name: str, replies: List[Reply]) -> CheckResult:
    """Check that the agency has the role Tenant Administrator. Without it, the result is inconclusive.

    :param replies: responses with the roles of the agency
    """
    for reply in replies:
        if reply.error is None and any(
            ADMINISTRATOR in (role.get("name"), role.get("display_name")) for role in reply.data
        ):
            return CheckResult("agency_role", name, OK, "The agency is Tenant Administrator.", request=reply.request)
    for reply in replies:
        if reply.error is not None:
            return failed("agency_role", name, reply)
    detail = (
        "Tenant Administrator is granted neither on the account nor on all projects. A grant on the OBS project MOS or"
        " other roles may be sufficient."
    )
    fix = "Check in the console that it has Tenant Administrator on the OBS project."
    return CheckResult("agency_role", name, SKIPPED, detail, fix, replies[-1].request if replies else None)


def invalid_dli_name(check: str, name: str) -> Optional[CheckResult]:
    """Validate a name, which becomes part of a URL; None if it is valid."""
    if DLI_NAME.match(name):
        return None
    detail = "Invalid name: DLI allows letters, digits and _, in table names also $."
    return CheckResult(check, name, MISMATCH, detail, f"Correct {check}_name.")


def check_database_response(name: str, reply: Reply) -> CheckResult:
    """Check that DLI lists the database; names are case-insensitive."""
    if reply.error is not None:
        return failed("dli_database", name, reply)
    if any(has_name(entry, "database_name", name) for entry in reply.data):
        return CheckResult("dli_database", name, OK, "The database exists.", request=reply.request)
    detail = "The database was not found, or is not visible to the user."
    return CheckResult("dli_database", name, MISSING, detail, HINTS["DIS.4337"], reply.request)


def check_table_response(name: str, reply: Reply) -> CheckResult:
    """Check that DLI lists the table and stores its data."""
    err = reply.error
    if isinstance(err, ApiError) and err.code in DLI_ABSENT:
        detail = "The database of the table was not found."
        return CheckResult(
            "dli_table", name, MISSING, detail, HINTS["DIS.4337"], reply.request, err.code, err.request_id
        )
    if err is not None:
        return failed("dli_table", name, reply)
    table = next((entry for entry in reply.data if has_name(entry, "table_name", name)), None)
    if table is None:
        detail = "The table was not found, or is not visible to the user."
        return CheckResult("dli_table", name, MISSING, detail, HINTS["DIS.4338"], reply.request)
    if not table.get("table_type"):
        detail = "The table exists, but DLI did not return its type."
        fix = "Check that it is a managed table of DLI."
        return CheckResult("dli_table", name, SKIPPED, detail, fix, reply.request)
    kind, location = sanitize(table["table_type"]), sanitize(table.get("data_location") or "unknown")
    if kind.upper() != "MANAGED" or location.upper() not in ("DLI", "UNKNOWN"):
        detail = f"The table is of type {kind} with its data in {location}, but must be a managed table of DLI."
        return CheckResult("dli_table", name, MISMATCH, detail, HINTS["DIS.4338"], reply.request)
    return CheckResult("dli_table", name, OK, "The table is a managed table of DLI.", request=reply.request)


def invalid_bucket_name(name: str) -> Optional[CheckResult]:
    """Validate a name, which becomes part of a host name; None if it is valid."""
    if BUCKET.match(name):
        return None
    detail = "Invalid bucket name: OBS allows 3 to 63 lowercase letters, digits, - and dots."
    return CheckResult(
        "obs_bucket", name, MISMATCH, detail, "Specify the name of a bucket, without a path and without obs://."
    )


def check_bucket_response(name: str, reply: Reply, region: Optional[str]) -> CheckResult:
    """Check that the bucket exists. A region other than that of the stream is reported."""
    err = reply.error
    if err is None:
        location = sanitize(reply.data.get("x-obs-bucket-location") or "")
        detail = "The bucket exists."
        if location and region and location != region:
            detail += f" Its region is {location}, but that of the stream is {region}."
        return CheckResult("obs_bucket", name, OK, detail, request=reply.request)
    facts = {"request": reply.request, "code": err.code, "request_id": err.request_id}
    if err.status == 404 and bare_code(err.code) != NOT_OFFERED:
        return CheckResult("obs_bucket", name, MISSING, "The bucket does not exist.", HINTS["DIS.4306"], **facts)
    if err.status in (301, 307):
        detail = "The bucket is in another region, or is being created."
        return CheckResult("obs_bucket", name, MISMATCH, detail, "Use a bucket in the region of the stream.", **facts)
    if isinstance(err, InvalidOptions):
        return CheckResult("obs_bucket", name, UNAVAILABLE, sanitize(err), err.hint, **facts)
    return failed("obs_bucket", name, reply)


REQUIRED_FIX = "Set it; a new task requires it."
NO_DATABASE = "The database was not found."
FULLY_CHECKED = ("DLI", "OBS")
"""Destination types of which all prerequisites are checked."""
UNCHECKED = {
    "MRS": "the MRS cluster and the path in its HDFS",
    "DWS": "the DWS cluster, its table and the KMS key",
    "CLOUDTABLE": "the CloudTable cluster and its table",
}
"""Prerequisites of the other destination types, which are not checked."""


class Plan(NamedTuple):
    """Transfer task to check. Values that are not specified are None.

    :ivar bucket: name of the bucket
    :ivar bucket_option: name of the option with the bucket
    :ivar temporary_keys: whether temporary keys may be created to check the bucket
    :ivar assume_stream: whether a missing stream will be created before the task
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
    """Return the transfer task that the options specify.

    :raises InvalidOptions: if a name or URL is invalid
    """
    raise_if_errors(validate((STREAM_NAME, TASK_NAME), options))

    def text_option(name: str) -> Optional[str]:
        value = options[name]
        return value if value is not None and value.strip() else None

    def url_option(name: str) -> Optional[str]:
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
        dli_endpoint=url_option("dli_endpoint_override"),
        obs_endpoint=url_option("obs_endpoint_override"),
    )


class PreflightCalls(TransferTaskClient):
    """Requests to DIS, IAM, DLI and OBS."""

    full_catalog = True

    def __init__(self, api: Any) -> None:
        super().__init__(api)
        self.endpoint, self.project_id = api.endpoint, api.project_id
        self.services = api.other_services()


def fetch(request: str, send: Callable[[], Any]) -> Reply:
    """Send a request and return its response or error.

    :param request: method and URL
    """
    try:
        return Reply(request.partition("?")[0], send())
    except DisError as err:
        return Reply(request.partition("?")[0], error=err)


def preflight(api: PreflightCalls, plan: Plan) -> Dict[str, Any]:
    """Return the result of the module. Errors after the login are results of checks instead of failures."""
    results = [
        *check_stream_and_quota(api, plan),
        *check_agency(api, plan),
        *check_dli(api, plan),
        check_bucket(api, plan),
    ]
    if plan.kind not in FULLY_CHECKED:
        unchecked = UNCHECKED.get(plan.kind, "other prerequisites of the destination")
        detail = f"The module does not check {unchecked}."
        results.append(skipped("destination", plan.kind, detail, "Check them in the console."))
    return {"ready": ready(results), "checks": [to_result(result) for result in results]}


def check_stream_and_quota(api: PreflightCalls, plan: Plan) -> List[CheckResult]:
    """Check the stream, or the partition quota if it is to be created, and the quota of its transfer tasks."""
    base = f"GET {api.endpoint}/v2/{api.project_id}/streams/{plan.stream}"
    stream = check_stream_response(plan.stream, plan.kind, fetch(base, lambda: api.show_stream(plan.stream)))
    if stream.status == "missing":
        quota = skipped("quota", plan.task, "The stream does not exist.")
        if not plan.assume_stream:
            return [stream, quota]
        request = f"GET {api.endpoint}/v1/{api.project_id}/quotas"
        partition_quota = check_partition_quota(plan.stream, fetch(request, api.list_quotas))
        stream = skipped("stream", plan.stream, "The stream does not exist yet (assume_stream is true).")
        return [stream, partition_quota, quota]
    reply = fetch(f"{base}/transfer-tasks", lambda: api.list_transfer_tasks(plan.stream))
    return [stream, check_quota_response(plan.stream, plan.task, plan.kind, reply)]


def check_agency(api: PreflightCalls, plan: Plan) -> List[CheckResult]:
    """Check the agency, its trusted account, and its role."""
    name, auth_url = plan.agency, api.services.auth_url
    if name is None:
        return [skipped("agency", None, "agency_name is not set.", REQUIRED_FIX)]
    if auth_url is None:
        return [skipped("agency", name, "The account is unknown without auth_url.", "Set auth.auth_url.")]
    account_reply = fetch(f"GET {auth_url}/auth/domains", api.services.find_account)
    if account_reply.error is not None:
        return [failed("agency", name, account_reply)]
    if account_reply.data is None:
        return [skipped("agency", name, "The login did not return the account.", RIGHTS["agency"])]
    account = str(account_reply.data)
    client = api.services.agencies({"X-Domain-Id": account})
    request = f"GET {client.host}/v3.0/OS-AGENCY/agencies"
    reply = fetch(request, lambda: client.list_agencies(account, name))
    if reply.error is not None and reply.error.status in (401, 403) and api.services.keys is None:
        # IAM lists agencies for tokens with domain scope, which require a separate login.
        login = fetch(f"POST {auth_url}/auth/tokens", lambda: api.services.authenticate_for_account(account))
        if isinstance(login.error, InvalidOptions):
            fix = f"A login to the account may be permitted to list agencies. {login.error} {RIGHTS['agency']}"
            return [failed("agency", name, reply)._replace(fix=fix)]
        if login.error is not None:
            return [failed("agency", name, login)]
        client.auth = login.data
        reply = fetch(request, lambda: client.list_agencies(account, name))
    results = check_agency_response(name, reply)
    entry = agency_named(name, reply.data) if reply.error is None else None
    if entry is not None:
        results.append(check_role_response(name, roles(client, account, str(entry.get("id")))))
    return results


def roles(client: Any, account: str, agency_id: str) -> List[Reply]:
    """Request the roles of an agency on all projects and, if the required role is not among them, on the account."""
    path = f"domains/{account}/agencies/{agency_id}/roles"
    inherited = f"GET {client.host}/v3.0/OS-INHERIT/{path}/inherited_to_projects"
    replies = [fetch(inherited, lambda: client.list_inherited_roles(account, agency_id))]
    if check_role_response("", replies).status != "ok":
        request = f"GET {client.host}/v3.0/OS-AGENCY/{path}"
        replies.append(fetch(request, lambda: client.list_domain_roles(account, agency_id)))
    return replies


def check_dli(api: PreflightCalls, plan: Plan) -> List[CheckResult]:
    """Check the database and table in DLI."""
    database, table = plan.database, plan.table
    if plan.kind != "DLI":
        return []
    if database is None:
        unset = "dli_database_name is not set."
        return [
            skipped(check, name, unset, REQUIRED_FIX) for check, name in (("dli_database", None), ("dli_table", table))
        ]
    invalid = invalid_dli_name("dli_database", database)
    if invalid is not None:
        return [invalid, skipped("dli_table", table, NO_DATABASE)]
    try:
        endpoint = api.services.endpoint_of(plan.dli_endpoint, ("dli",), "DLI")
    except InvalidOptions as err:
        return [
            failed(check, name, Reply(None, error=err))
            for check, name in (("dli_database", database), ("dli_table", table))
        ]
    if endpoint is None:
        fix = f"If DLI is available, set dli_endpoint_override, such as {api.services.example('dli')}."
        return [
            missing_service("dli_database", database, "DLI", fix),
            missing_service("dli_table", table or "", "DLI", fix),
        ]
    client = api.services.dli(endpoint, api.project_id)
    database_result = check_database_response(
        database, fetch(f"GET {client.base}/databases", lambda: client.list_databases(database))
    )
    if table is None:
        return [database_result, skipped("dli_table", None, "dli_table_name is not set.", REQUIRED_FIX)]
    invalid = invalid_dli_name("dli_table", table)
    if invalid is not None:
        return [database_result, invalid]
    if database_result.status == "missing":
        return [database_result, skipped("dli_table", table, NO_DATABASE)]
    request = f"GET {client.base}/databases/{database}/tables"
    return [database_result, check_table_response(table, fetch(request, lambda: client.list_tables(database, table)))]


def check_bucket(api: PreflightCalls, plan: Plan) -> CheckResult:
    """Check the bucket that stages or receives the data."""
    name = plan.bucket
    if name is None:
        optional = plan.kind == "CLOUDTABLE"
        fix = "" if optional else REQUIRED_FIX
        return skipped("obs_bucket", None, f"{plan.bucket_option} is not set.", fix)
    client = open_bucket(api.services, name, plan.obs_endpoint, plan.temporary_keys)
    if isinstance(client, CheckResult):
        return client
    reply = fetch(f"HEAD {client.url(name)}", lambda: client.head_bucket(name))
    return check_bucket_response(name, reply, api.services.region_name)


def open_bucket(services: Any, name: str, specified_endpoint: Optional[str], may_create_keys: bool) -> Any:
    """Return a client for a bucket, or a :class:`CheckResult` with the reason why it cannot be accessed.

    :param services: clients for the services of the cloud
    :param specified_endpoint: URL of OBS; None uses the service catalog
    :param may_create_keys: whether temporary keys may be created
    """
    invalid = invalid_bucket_name(name)
    if invalid is not None:
        return invalid
    if services.keys is None and not may_create_keys:
        fix = "Set temporary_keys to true to create an access key that is valid for 15 minutes."
        return skipped("obs_bucket", name, "OBS requires an access key and does not accept tokens.", fix)
    if services.keys is None and services.auth_url is None:
        detail = "Temporary keys cannot be created without auth_url."
        return skipped("obs_bucket", name, detail, "Set auth.auth_url.")
    try:
        endpoint = services.endpoint_of(specified_endpoint, ("obs", "object"), "OBS")
    except InvalidOptions as err:
        return failed("obs_bucket", name, Reply(None, error=err))
    if endpoint is None:
        fix = f"If OBS is available, set obs_endpoint_override, such as {services.example('obs')}."
        return missing_service("obs_bucket", name, "OBS", fix)
    if "." in name and not is_loopback(endpoint):
        detail = "TLS certificates do not match the host name of a bucket with dots in its name."
        return skipped("obs_bucket", name, detail, "Check it in the console.")
    keys = services.keys or services.created_keys
    if keys is None:
        reply = temporary_keys(services)
        if reply.error is not None:
            return failed("obs_bucket", name, reply)
        keys = services.created_keys = reply.data
    return services.buckets(keys, endpoint)


def temporary_keys(services: Any) -> Reply:
    """Request temporary access keys with the token."""
    iam = services.agencies({})
    return fetch(f"POST {iam.host}/v3.0/OS-CREDENTIAL/securitytokens", iam.create_temporary_keys)


class PreflightQuery:
    """Prerequisites of a transfer task."""

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
        """Return the transfer task that the options specify.

        :raises InvalidOptions: if an option is invalid
        """
        return plan_of(params)

    def run_query(self, api: PreflightCalls, query: Plan) -> Dict[str, Any]:
        """Return the result of the module.

        :raises DisError: if a request failed
        """
        return preflight(api, query)
