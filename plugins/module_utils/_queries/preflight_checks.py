# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking what stands in the way of a transfer task. Private to otc.dis.

Each service is asked by itself: what one refuses says nothing about the others. Nobody is asked at an address that
neither the catalogue of the login nor an option has named.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .._cloud.http import Http, is_loopback
from .._cloud.login import Identity, Unrenewed
from .._cloud.settings import Keys, other_endpoint, service_url
from .._core.errors import BadInput, DisError
from .._core.schema import broken, refuse
from .._resources.base import STREAM_NAME
from .._resources.destinations import TASK_NAME
from .._resources.transfer_task_calls import TransferTaskClient
from .client_agencies import AgencyClient
from .client_dli import DliClient
from .client_obs import BucketClient, bucket_url
from .preflight import (
    RIGHTS,
    Finding,
    Told,
    absent_service,
    agency_named,
    failed,
    judge_agency,
    judge_bucket,
    judge_database,
    judge_quota,
    judge_role,
    judge_stream,
    judge_table,
    no_bucket_name,
    no_dli_name,
    ready,
    shown,
    skipped,
)

SEEN = ("DLI", "OBS")
"""Destinations of which all is looked at that they need."""
UNSEEN = {
    "MRS": "the MRS cluster and the path in its HDFS",
    "DWS": "the DWS cluster, its table and the KMS key",
    "CLOUDTABLE": "the CloudTable cluster and its table",
}
"""What others need that is not looked at."""


class Plan(NamedTuple):
    """The transfer task that somebody means to create; what is None was not given.

    :ivar bucket: name of the bucket
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

    :raises BadInput: a name or an address breaks its rule
    """
    refuse(broken((STREAM_NAME, TASK_NAME), options))

    def said(name: str) -> Optional[str]:
        value = options[name]
        return value if value is not None and value.strip() else None

    def address(name: str) -> Optional[str]:
        value = said(name)
        return None if value is None else service_url(value, name)

    kind = options["destination_type"]
    bucket_option = "obs_backup_bucket_path" if kind == "CLOUDTABLE" else "obs_bucket_path"
    return Plan(
        stream=options["stream_name"],
        task=options["task_name"],
        kind=kind,
        agency=said("agency_name"),
        database=said("dli_database_name"),
        table=said("dli_table_name"),
        bucket=said(bucket_option),
        bucket_option=bucket_option,
        temporary_keys=options["temporary_keys"],
        assume_stream=options["assume_stream"],
        dli_endpoint=address("dli_endpoint_override"),
        obs_endpoint=address("obs_endpoint_override"),
    )


class PreflightClient(TransferTaskClient):
    """DIS, and what the login tells of the services around it."""

    whole = True

    def __init__(self, http: Http, identity: Identity) -> None:
        super().__init__(http, identity)
        self.login = identity.login
        self.settings, self.facts = identity.login.settings, identity.login.facts

    @property
    def keys(self) -> Optional[Keys]:
        """The keys of the user, where they sign requests; None where there is a token."""
        return self.settings.keys if self.settings.agency is None else None

    def auth_for(self, service: str, headers: Mapping[str, str]) -> Any:
        """What shows another service who asks: the token, or a signature of its own.

        :param headers: what a signature has to name, the project or the account
        """
        return Unrenewed(self.auth) if self.keys is None else self.login.signature(service, headers)

    def find_account(self) -> Optional[str]:
        """The id of the account of the project; asks for it if there are keys, of which no login tells anything.

        :raises DisError: it was asked for in vain
        """
        if self.keys is not None:
            return str(self.login.account_of_keys((self.settings.scope or {}).get("domain", {})))
        for holder in (self.facts.get("project"), self.facts.get("user")):
            domain = holder.get("domain") if isinstance(holder, dict) else None
            if isinstance(domain, dict) and isinstance(domain.get("id"), str):
                return str(domain["id"])
        return None

    def place(self, given: Optional[str], kinds: Tuple[str, ...], name: str) -> Optional[str]:
        """Where a service answers, as given or as the catalogue says."""
        return given or other_endpoint(self.settings, self.facts.get("catalog"), kinds, name)

    def example(self, host: str) -> str:
        """An address to try, for a message."""
        return f"https://{host}.{self.settings.region_name or 'eu-de'}.otc.t-systems.com"


def look(request: str, ask: Callable[[], Any]) -> Told:
    """What came of a question.

    :param request: method and address
    """
    try:
        return Told(request.partition("?")[0], ask())
    except DisError as err:
        return Told(request.partition("?")[0], error=err)


def preflight(api: PreflightClient, plan: Plan) -> Dict[str, Any]:
    """What the module returns. After the login nothing that goes wrong is a failure, but a finding."""
    findings = [*in_dis(api, plan), *agency(api, plan), *tables(api, plan), bucket(api, plan)]
    if plan.kind not in SEEN:
        unseen, fix = UNSEEN.get(plan.kind, "what else the destination needs"), "See to it on the console."
        findings.append(skipped("destination", plan.kind, f"The module cannot look at {unseen}.", fix))
    return {"ready": ready(findings), "checks": [shown(one) for one in findings]}


def in_dis(api: PreflightClient, plan: Plan) -> List[Finding]:
    """Stream and quota."""
    base = f"GET {api.endpoint}/v2/{api.project_id}/streams/{plan.stream}"
    stream = judge_stream(plan.stream, plan.kind, look(base, lambda: api.show_stream(plan.stream)))
    if stream.status == "missing":
        if plan.assume_stream:
            stream = skipped("stream", plan.stream, "The stream is not there yet, and is assumed to be made before.")
        return [stream, skipped("quota", plan.task, "There is no stream to hold the task.")]
    told = look(f"{base}/transfer-tasks", lambda: api.list_transfer_tasks(plan.stream))
    return [stream, judge_quota(plan.stream, plan.task, plan.kind, told)]


def agency(api: PreflightClient, plan: Plan) -> List[Finding]:
    """The agency, whom it trusts, and its role."""
    name, auth_url = plan.agency, api.settings.auth_url
    if name is None:
        return [skipped("agency", None, "agency_name was not given.", "Give it to create a task.")]
    if auth_url is None:
        return [skipped("agency", name, "Without auth_url nobody tells the account.", "Give auth.auth_url.")]
    asked = look(f"GET {auth_url}/auth/domains", api.find_account)
    if asked.error is not None:
        return [failed("agency", name, asked)]
    if asked.data is None:
        return [skipped("agency", name, "The login does not tell the account.", RIGHTS["agency"])]
    account = str(asked.data)
    client = AgencyClient(api.http, api.auth_for("iam", {"X-Domain-Id": account}), auth_url)
    request = f"GET {client.host}/v3.0/OS-AGENCY/agencies"
    told = look(request, lambda: client.list_agencies(account, name))
    if told.error is not None and told.error.status in (401, 403) and api.keys is None:
        # IAM tells about the account to a token of the account, which takes a login of its own.
        login = look(f"POST {auth_url}/auth/tokens", lambda: api.login.for_account(account))
        if isinstance(login.error, BadInput):
            fix = f"IAM may tell it to a login for the account. {login.error} {RIGHTS['agency']}"
            return [failed("agency", name, told)._replace(fix=fix)]
        if login.error is not None:
            return [failed("agency", name, login)]
        client.auth = login.data
        told = look(request, lambda: client.list_agencies(account, name))
    findings = judge_agency(name, told)
    entry = agency_named(name, told.data) if told.error is None else None
    if entry is not None:
        findings.append(judge_role(name, roles(client, account, str(entry.get("id")))))
    return findings


def roles(client: AgencyClient, account: str, agency_id: str) -> List[Told]:
    """The roles of an agency, as far as it takes to see the one that counts."""
    where = f"domains/{account}/agencies/{agency_id}/roles"
    inherited = f"GET {client.host}/v3.0/OS-INHERIT/{where}/inherited_to_projects"
    told = [look(inherited, lambda: client.list_inherited_roles(account, agency_id))]
    if judge_role("", told).status != "ok":
        request = f"GET {client.host}/v3.0/OS-AGENCY/{where}"
        told.append(look(request, lambda: client.list_domain_roles(account, agency_id)))
    return told


def tables(api: PreflightClient, plan: Plan) -> List[Finding]:
    """Database and table of DLI."""
    database, table = plan.database, plan.table
    if plan.kind != "DLI":
        return []
    if database is None:
        fix = "Give it to create a task."
        no_table = skipped("dli_table", table, "dli_database_name was not given.", fix)
        return [skipped("dli_database", None, "dli_database_name was not given.", fix), no_table]
    wrong = no_dli_name("dli_database", database)
    if wrong is not None:
        return [wrong, skipped("dli_table", table, "There is no database to look into.")]
    try:
        place = api.place(plan.dli_endpoint, ("dli",), "DLI")
    except BadInput as err:
        return [
            failed(check, name, Told(None, error=err))
            for check, name in (("dli_database", database), ("dli_table", table))
        ]
    if place is None:
        fix = f"If DLI is there all the same, give dli_endpoint_override, such as {api.example('dli')}."
        return [
            absent_service("dli_database", database, "DLI", fix),
            absent_service("dli_table", table or "", "DLI", fix),
        ]
    client = DliClient(api.http, api.auth_for("dli", {"X-Project-Id": api.project_id}), place, api.project_id)
    seen = judge_database(database, look(f"GET {client.base}/databases", lambda: client.list_databases(database)))
    if table is None:
        return [seen, skipped("dli_table", None, "dli_table_name was not given.", "Give it to create a task.")]
    wrong = no_dli_name("dli_table", table)
    if wrong is not None:
        return [seen, wrong]
    if seen.status == "missing":
        return [seen, skipped("dli_table", table, "There is no database to look into.")]
    request = f"GET {client.base}/databases/{database}/tables"
    return [seen, judge_table(table, look(request, lambda: client.list_tables(database, table)))]


def bucket(api: PreflightClient, plan: Plan) -> Finding:
    """The bucket in which data is parked, or to which it goes."""
    name, auth_url = plan.bucket, api.settings.auth_url
    if name is None:
        optional = plan.kind == "CLOUDTABLE"
        fix = "" if optional else "Give it to create a task."
        return skipped("obs_bucket", None, f"{plan.bucket_option} was not given.", fix)
    wrong = no_bucket_name(name)
    if wrong is not None:
        return wrong
    if api.keys is None and not plan.temporary_keys:
        fix = "Set temporary_keys to true, and IAM makes keys that end after 15 minutes."
        return skipped("obs_bucket", name, "OBS takes no token, but a signature with keys.", fix)
    if api.keys is None and auth_url is None:
        return skipped("obs_bucket", name, "Without auth_url nobody makes temporary keys.", "Give auth.auth_url.")
    try:
        place = api.place(plan.obs_endpoint, ("obs", "object"), "OBS")
    except BadInput as err:
        return failed("obs_bucket", name, Told(None, error=err))
    if place is None:
        fix = f"If OBS is there all the same, give obs_endpoint_override, such as {api.example('obs')}."
        return absent_service("obs_bucket", name, "OBS", fix)
    if "." in name and not is_loopback(place):
        detail = "No certificate fits the host of a bucket with dots in its name."
        return skipped("obs_bucket", name, detail, "Look at it on the console.")
    keys = Told(None, api.keys) if api.keys is not None else temporary_keys(api, str(auth_url))
    if keys.error is not None:
        return failed("obs_bucket", name, keys)
    client = BucketClient(api.http, keys.data, place)
    told = look(f"HEAD {bucket_url(place, name)}", lambda: client.head_bucket(name))
    return judge_bucket(name, told, api.settings.region_name)


def temporary_keys(api: PreflightClient, auth_url: str) -> Told:
    """Keys for somebody who has a token."""
    iam = AgencyClient(api.http, api.auth_for("iam", {}), auth_url)
    return look(f"POST {iam.host}/v3.0/OS-CREDENTIAL/securitytokens", iam.create_temporary_keys)
