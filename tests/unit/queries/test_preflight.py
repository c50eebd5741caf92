# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prerequisites of a transfer task: evaluation of responses, and the signature of OBS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._cloud.services import ObsAuth, bucket_url
from ansible_collections.otc.dis.plugins.module_utils._cloud.settings import Keys
from ansible_collections.otc.dis.plugins.module_utils._core.errors import (
    HINTS,
    ApiError,
    DisError,
    InvalidOptions,
    UnexpectedResponse,
    Unreachable,
)
from ansible_collections.otc.dis.plugins.module_utils._queries.preflight import (
    RIGHTS,
    CheckResult,
    Reply,
    agency_named,
    check_agency_response,
    check_bucket_response,
    check_database_response,
    check_partition_quota,
    check_quota_response,
    check_role_response,
    check_stream_response,
    check_table_response,
    failed,
    invalid_bucket_name,
    invalid_dli_name,
    missing_service,
    ready,
    skipped,
    to_result,
)
from ansible_collections.otc.dis.plugins.module_utils._resources.base import Quota
from ansible_collections.otc.dis.plugins.module_utils._resources.destinations import DESTINATIONS

WORDS = ("ok", "missing", "mismatch", "forbidden", "unavailable", "skipped")
NOW = 1768465800
"""2026-01-15T08:30:00Z"""


def facts(finding: CheckResult) -> tuple[Any, ...]:
    """Return a result without its detail, whose wording may change."""
    assert finding.detail
    return tuple(finding._replace(detail="..."))


def error(status: int, code: str | None, is_page: bool = False) -> ApiError:
    """Return an error of the service."""
    return ApiError("ask", status, code, "no", "request-1", is_page=is_page)


@pytest.mark.parametrize(
    ("token", "signature"),
    [(None, "l74p+U3EUGZHRVWSryz4kKVL4Wg="), ("exampleSecurityToken/NotReal+0001==", "ImjqNh3VHrAl47nVf+upvd7+D8o=")],
)
def test_signature_equals_that_of_other_clients(token: str | None, signature: str) -> None:
    keys = Keys("EXAMPLEAK00000000001", "exampleSecretKeyNotReal0000000000000001", token)
    url = bucket_url("https://obs.eu-de.otc.t-systems.com", "staging-bucket")
    assert url == "https://staging-bucket.obs.eu-de.otc.t-systems.com/"
    signed = requests.Request("HEAD", url, auth=ObsAuth(keys, "staging-bucket", lambda: NOW)).prepare()
    assert signed.headers["x-obs-date"] == "Thu, 15 Jan 2026 08:30:00 GMT"
    assert signed.headers["Authorization"] == f"OBS EXAMPLEAK00000000001:{signature}"
    assert signed.headers.get("x-obs-security-token") == token
    assert "NotReal" not in repr(keys)


@pytest.mark.parametrize("name", ["abc", "a.b-c9", "1" * 63, "telemetry-staging", "1.2.3", "10.0.0.1.x"])
def test_valid_bucket_names(name: str) -> None:
    assert invalid_bucket_name(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "a" * 64,
        "Abc",
        "a_b",
        "-ab",
        "ab-",
        ".ab",
        "a..b",
        "a.-b",
        "a-.b",
        "10.0.0.1",
        "a/b",
        "a@b.c",
        "abc\n",
        "ä" * 4,
    ],
)
def test_invalid_bucket_names_are_rejected(name: str) -> None:
    found = invalid_bucket_name(name)
    assert found is not None
    fix = "Specify the name of a bucket, without a path and without obs://."
    assert facts(found) == ("obs_bucket", name, "mismatch", "...", fix, None, None, None)


@given(st.text())
def test_name_of_a_bucket_never_changes_the_host(name: str) -> None:
    if invalid_bucket_name(name) is None:
        assert bucket_url("https://obs.example", name) == f"https://{name}.obs.example/"


@given(st.lists(st.sampled_from(WORDS)))
def test_ready_is_true_only_if_all_checks_are_ok(words: list[str]) -> None:
    verdict = ready(CheckResult("c", "s", word, "") for word in words)
    assert (verdict is False) == ("missing" in words or "mismatch" in words)
    assert (verdict is True) == (set(words) <= {"ok"})


ERRORS = [
    (ApiError("x", 403, "DIS.4116", "no"), "forbidden"),
    (ApiError("x", 400, "DIS.4117", "no"), "forbidden"),
    (ApiError("x", 401, "APIG.0301", "no"), "forbidden"),
    (ApiError("x", 441, "DIS.4114", "no"), "forbidden"),
    (ApiError("x", 400, "DLI.0003", "no"), "forbidden"),
    (ApiError("x", 400, "DLI.0016", "no"), "forbidden"),
    (ApiError("x", 404, "APIG.0101", "no"), "unavailable"),
    (ApiError("x", 429, "APIG.0308", "no"), "unavailable"),
    (ApiError("x", 400, "DLI.0999", "no"), "unavailable"),
    (ApiError("x", 500, None, "no"), "unavailable"),
    (Unreachable("no way"), "unavailable"),
    (UnexpectedResponse("a page", status=200), "unavailable"),
]


@pytest.mark.parametrize(("err", "status"), ERRORS, ids=str)
def test_failed_request_does_not_imply_a_missing_resource(err: DisError, status: str) -> None:
    reply = Reply("GET x", error=err)
    found = [
        check_stream_response("s", "DLI", reply),
        check_quota_response("s", "t", "DLI", reply),
        *check_agency_response("a", reply),
        check_role_response("a", [reply]),
        check_database_response("d", reply),
        check_table_response("t", reply),
        check_bucket_response("b", reply, None),
    ]
    assert [one.status for one in found] == [status] * 7
    assert all(one.request == "GET x" and one.code == err.code for one in found)
    assert status != "forbidden" or all(one.fix for one in found)


def test_missing_requires_the_code_of_the_service() -> None:
    stream = check_stream_response("s", "DLI", Reply("GET x", error=ApiError("x", 400, "DIS.4301", "none")))
    table = check_table_response("t", Reply("GET x", error=ApiError("x", 400, "DLI.0002", "none")))
    bucket = check_bucket_response("b", Reply("HEAD x", error=ApiError("x", 404, None, "none")), None)
    assert [one.status for one in (stream, table, bucket)] == ["missing"] * 3


@pytest.mark.parametrize("status", [301, 307])
def test_redirected_bucket_is_a_mismatch(status: int) -> None:
    assert (
        check_bucket_response("b", Reply("HEAD x", error=UnexpectedResponse("moved", "", status)), None).status
        == "mismatch"
    )


def test_other_region_of_a_bucket_is_reported_but_ok() -> None:
    found = check_bucket_response("b", Reply("HEAD x", {"x-obs-bucket-location": "eu-nl"}), "eu-de")
    assert (found.status, "eu-nl" in found.detail) == ("ok", True)


def test_unlisted_role_is_inconclusive() -> None:
    roles = [Reply("GET x", [{"name": "readonly"}]), Reply("GET y", [])]
    assert check_role_response("a", roles).status == "skipped"
    assert check_role_response("a", [*roles, Reply("GET z", [{"display_name": "te_admin"}])]).status == "ok"


CHECKS: list[tuple[str, str, str, Callable[[Reply], CheckResult]]] = [
    ("stream", "s", "dis:streams:get", lambda reply: check_stream_response("s", "DLI", reply)),
    ("quota", "t", "dis:transferTasks:list", lambda reply: check_quota_response("s", "t", "DLI", reply)),
    ("agency", "a", "iam:agencies:listAgencies", lambda reply: check_agency_response("a", reply)[0]),
    ("agency_role", "a", "Security Administrator", lambda reply: check_role_response("a", [Reply("GET y", []), reply])),
    ("dli_database", "d", "dli:database:displayAllDatabases", lambda reply: check_database_response("d", reply)),
    ("dli_table", "t", "dli:database:displayAllTables", lambda reply: check_table_response("t", reply)),
    ("obs_bucket", "b", "obs:bucket:HeadBucket", lambda reply: check_bucket_response("b", reply, "eu-de")),
]
"""Each check with its subject, and the permission that its request requires according to the API sheet."""


@pytest.mark.parametrize(("check", "subject", "right", "judge"), CHECKS, ids=[one[0] for one in CHECKS])
def test_forbidden_request_names_the_required_permission(
    check: str, subject: str, right: str, judge: Callable[[Reply], CheckResult]
) -> None:
    err = error(403, "APIG.0302")
    found = judge(Reply("GET x", error=err))
    assert found == CheckResult(check, subject, "forbidden", str(err), RIGHTS[check], "GET x", "APIG.0302", "request-1")
    assert right in found.fix


@pytest.mark.parametrize(("check", "subject", "right", "judge"), CHECKS, ids=[one[0] for one in CHECKS])
def test_unavailable_service_does_not_name_a_permission(
    check: str, subject: str, right: str, judge: Callable[[Reply], CheckResult]
) -> None:
    err = error(503, "APIG.0308")
    found = judge(Reply("GET x", error=err))
    assert found == CheckResult(
        check, subject, "unavailable", str(err), HINTS["0308"], "GET x", "APIG.0308", "request-1"
    )
    assert right not in found.fix


@pytest.mark.parametrize(
    ("check", "err", "status", "fix"),
    [
        ("stream", error(401, "APIG.0301"), "forbidden", f"{RIGHTS['stream']} {HINTS['0301']}"),
        ("stream", error(441, "DIS.4114"), "forbidden", f"{RIGHTS['stream']} {HINTS['DIS.4114']}"),
        ("stream", error(403, "DIS.4116"), "forbidden", RIGHTS["stream"]),
        ("keys", error(401, "APIG.0301"), "forbidden", HINTS["0301"]),
        ("keys", error(403, "DIS.4116"), "forbidden", HINTS["DIS.4116"]),
        ("keys", error(500, "DIS.5000"), "unavailable", error(500, "DIS.5000").hint),
        ("stream", error(400, "DIS.4200"), "unavailable", HINTS["DIS.4200"]),
        ("stream", Unreachable("no way", "Look at the proxy."), "unavailable", "Look at the proxy."),
        ("stream", UnexpectedResponse("a page", "Look at the proxy.", 200), "unavailable", "Look at the proxy."),
        (
            "dli_table",
            error(404, "APIG.0101"),
            "unavailable",
            "This region does not support the request. Check the resource in the console.",
        ),
    ],
)
def test_fix_depends_on_the_error(check: str, err: DisError, status: str, fix: str) -> None:
    found = failed(check, "s", Reply("GET x", error=err))
    assert found == CheckResult(check, "s", status, str(err), fix, "GET x", err.code, err.request_id)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        *((code, "forbidden") for code in ("DIS.4116", "DIS.4117", "DLI.0003", "DLI.0013", "DLI.0014", "DLI.0015")),
        *((code, "unavailable") for code in ("DLI.0001", "DLI.0002", "DLI.0005", "DLI.0999", "DIS.4200")),
        ("DLI.0016", "forbidden"),
    ],
)
def test_code_means_forbidden_if_the_status_does_not(code: str, status: str) -> None:
    assert failed("quota", "t", Reply("GET x", error=error(400, code))).status == status


def test_missing_response_is_unavailable() -> None:
    assert facts(failed("stream", "s", Reply("GET x"))) == (
        "stream",
        "s",
        "unavailable",
        "...",
        "",
        "GET x",
        None,
        None,
    )


def test_skipped_check_has_no_request() -> None:
    assert tuple(skipped("quota", "t", "Why.")) == ("quota", "t", "skipped", "Why.", "", None, None, None)
    found = missing_service("dli_table", "t", "DLI", "Fix.")
    assert facts(found) == ("dli_table", "t", "unavailable", "...", "Fix.", None, None, None)
    assert "DLI" in found.detail


def test_blank_members_are_null() -> None:
    assert to_result(CheckResult("quota", None, "ok", "Room.", "", "GET x")) == {
        "check": "quota",
        "subject": None,
        "status": "ok",
        "detail": "Room.",
        "fix": None,
        "request": "GET x",
        "code": None,
        "request_id": None,
    }


@pytest.mark.parametrize(
    ("state", "status", "fix"),
    [
        ("RUNNING", "ok", ""),
        ("CREATING", "mismatch", "Wait until it is RUNNING."),
        ("TERMINATING", "mismatch", HINTS["DIS.4205"]),
        ("TERMINATED", "mismatch", HINTS["DIS.4205"]),
        ("FROZEN", "mismatch", HINTS["DIS.4205"]),
        ("running", "mismatch", HINTS["DIS.4205"]),
    ],
)
def test_stream_must_be_running(state: str, status: str, fix: str) -> None:
    found = check_stream_response("s", "OBS", Reply("GET x", {"status": state, "data_type": "JSON"}))
    assert facts(found) == ("stream", "s", status, "...", fix, "GET x", None, None)
    assert state in found.detail


@pytest.mark.parametrize("kind", DESTINATIONS)
@pytest.mark.parametrize("data_type", ["BLOB", "JSON", "CSV", None])
def test_destination_must_support_the_data_type_of_the_stream(kind: str, data_type: str | None) -> None:
    found = check_stream_response("s", kind, Reply("GET x", {"status": "RUNNING", "data_type": data_type}))
    if data_type == "BLOB" and kind not in ("OBS", "MRS"):
        assert (found.status, found.fix) == ("mismatch", HINTS["DIS.4358"])
        assert f"has data_type BLOB, but a transfer task to {kind} requires JSON or CSV" in found.detail
    else:
        assert (found.status, found.fix) == ("ok", "")


@pytest.mark.parametrize(
    ("err", "status", "fix"),
    [
        (error(400, "DIS.4301"), "missing", HINTS["DIS.4301"]),
        (error(404, None), "missing", HINTS["DIS.4301"]),
        (error(404, None, is_page=True), "unavailable", ""),
    ],
)
def test_web_page_of_a_proxy_does_not_mean_a_missing_stream(err: ApiError, status: str, fix: str) -> None:
    found = check_stream_response("s", "DLI", Reply("GET x", error=err))
    assert found == CheckResult("stream", "s", status, str(err), fix, "GET x", err.code, "request-1")


OTHERS = [{"task_name": f"other-{number}", "destination_type": "OBS"} for number in range(6)]
MINE = {"task_name": "mine", "destination_type": "DLI"}


@pytest.mark.parametrize(
    ("tasks", "status", "text", "fix"),
    [
        ([], "ok", "0 of at most 5", ""),
        (OTHERS[:4], "ok", "4 of at most 5", ""),
        (OTHERS[:5], "mismatch", '"s" has 5', HINTS["DIS.4357"]),
        (OTHERS, "mismatch", '"s" has 6', HINTS["DIS.4357"]),
        ([*OTHERS[:4], MINE], "ok", "already exists", ""),
        ([{"task_name": "mine"}], "ok", "already exists", ""),
        ([{"task_name": "Mine", "destination_type": "OBS"}], "ok", "1 of at most 5", ""),
        (
            [OTHERS[0], {**MINE, "destination_type": "OBS"}],
            "mismatch",
            "OBS",
            "Choose another task_name, or delete the existing task.",
        ),
    ],
)
def test_quota_and_existing_tasks(tasks: list[dict[str, str]], status: str, text: str, fix: str) -> None:
    found = check_quota_response("s", "mine", "DLI", Reply("GET x", {"total_number": len(tasks), "tasks": tasks}))
    assert facts(found) == ("quota", "mine", status, "...", fix, "GET x", None, None)
    assert text in found.detail


AGENCY = {"id": "0f1e", "name": "dis_admin_agency", "trust_domain_name": "op_svc_dis", "expire_time": None}
ENDING = {**AGENCY, "expire_time": "2026-12-31T00:00:00.000000"}


def agency_facts(entries: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [facts(one) for one in check_agency_response("dis_admin_agency", Reply("GET x", entries))]


@pytest.mark.parametrize("entries", [[], [{**AGENCY, "name": "DIS_admin_agency"}], [{**AGENCY, "name": "dis_admin"}]])
def test_agency_name_must_match_exactly(entries: list[dict[str, Any]]) -> None:
    missing = ("agency", "dis_admin_agency", "missing", "...", HINTS["DIS.4335"], "GET x", None, None)
    assert agency_facts(entries) == [missing]
    assert agency_named("dis_admin_agency", entries) is None
    assert agency_named("dis_admin_agency", [*entries, AGENCY]) == AGENCY


def test_agency_must_have_unlimited_validity() -> None:
    trust = ("agency_trust", "dis_admin_agency", "ok", "...", "", "GET x", None, None)
    unlimited = ("agency", "dis_admin_agency", "ok", "...", "", "GET x", None, None)
    fix = "Set its validity to unlimited."
    assert agency_facts([{**ENDING, "name": "other"}, AGENCY]) == [unlimited, trust]
    assert agency_facts([ENDING]) == [
        ("agency", "dis_admin_agency", "mismatch", "...", fix, "GET x", None, None),
        trust,
    ]
    assert "2026-12-31" in check_agency_response("dis_admin_agency", Reply("GET x", [ENDING]))[0].detail


@pytest.mark.parametrize(
    ("account", "status"),
    [
        ("op_svc_dis", "ok"),
        ("OP_SVC_DIS", "ok"),
        ("op_svc_dis_swiss", "ok"),
        ("op_svc_obs", "skipped"),
        ("op_svc_discovery", "skipped"),
        ("OTC-EU-DE-0000-paradis", "skipped"),
        (None, "skipped"),
    ],
)
def test_unknown_trusted_account_is_inconclusive(account: str | None, status: str) -> None:
    entry = {**AGENCY, "trust_domain_name": account}
    agency, trust = check_agency_response("dis_admin_agency", Reply("GET x", [entry]))
    fix = "" if status == "ok" else "Check in the console that its type is cloud service, for DIS."
    assert agency.status == "ok"
    assert facts(trust) == ("agency_trust", "dis_admin_agency", status, "...", fix, "GET x", None, None)
    assert (account or "an unnamed account") in trust.detail


ADMIN, READER = {"name": "te_admin"}, {"name": "readonly", "display_name": "Guest"}
SEE = "Check in the console that it has Tenant Administrator on the OBS project."


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ([Reply("GET x", [READER, ADMIN]), Reply("GET y", [])], ("ok", "", "GET x", None)),
        ([Reply("GET x", []), Reply("GET y", [{"name": "r1", "display_name": "te_admin"}])], ("ok", "", "GET y", None)),
        ([Reply("GET x", error=error(403, "1")), Reply("GET y", [ADMIN])], ("ok", "", "GET y", None)),
        (
            [Reply("GET x", [READER]), Reply("GET y", error=error(403, "1"))],
            ("forbidden", RIGHTS["agency_role"], "GET y", "1"),
        ),
        ([Reply("GET x", []), Reply("GET y", [READER])], ("skipped", SEE, "GET y", None)),
        ([], ("skipped", SEE, None, None)),
    ],
)
def test_role_is_searched_in_all_lists(replies: list[Reply], expected: tuple[str | None, ...]) -> None:
    found = check_role_response("a", replies)
    assert (found.check, found.subject) == ("agency_role", "a")
    assert (found.status, found.fix, found.request, found.code) == expected


@pytest.mark.parametrize("name", ["sales", "Sales_2026", "a$b", "x" * 128])
def test_valid_dli_names(name: str) -> None:
    assert invalid_dli_name("dli_table", name) is None


@pytest.mark.parametrize("name", ["", "x" * 129, "a-b", "a/b", "../a", "a b", "a%2e", "ä", "a\n"])
@pytest.mark.parametrize("check", ["dli_database", "dli_table"])
def test_invalid_dli_names_are_rejected(check: str, name: str) -> None:
    found = invalid_dli_name(check, name)
    assert found is not None
    assert facts(found) == (check, name, "mismatch", "...", f"Correct {check}_name.", None, None, None)


@pytest.mark.parametrize(
    ("there", "status", "fix"),
    [
        (["sales"], "ok", ""),
        (["sales_old", "SALES"], "ok", ""),
        (["sales_old", "presales"], "missing", HINTS["DIS.4337"]),
        ([], "missing", HINTS["DIS.4337"]),
    ],
)
def test_database_name_is_case_insensitive(there: list[str], status: str, fix: str) -> None:
    found = check_database_response(
        "Sales", Reply("GET x", [{"database_name": name, "owner": "Sales"} for name in there])
    )
    assert facts(found) == ("dli_database", "Sales", status, "...", fix, "GET x", None, None)


@pytest.mark.parametrize(
    ("kind", "place", "status", "text"),
    [
        ("MANAGED", "DLI", "ok", "managed"),
        ("managed", "dli", "ok", "managed"),
        ("MANAGED", None, "ok", "managed"),
        ("MANAGED", "OBS", "mismatch", "of type MANAGED with its data in OBS"),
        ("EXTERNAL", "OBS", "mismatch", "of type EXTERNAL with its data in OBS"),
        ("EXTERNAL", "DLI", "mismatch", "of type EXTERNAL with its data in DLI"),
        ("VIEW", "VIEW", "mismatch", "of type VIEW with its data in VIEW"),
        (None, "DLI", "skipped", "DLI did not return its type"),
    ],
)
def test_table_must_be_managed_by_dli(kind: str | None, place: str | None, status: str, text: str) -> None:
    entries = [
        {"table_name": "orders_old", "table_type": "OTHER", "data_location": "OTHER"},
        {"table_name": "ORDERS", "table_type": kind, "data_location": place},
    ]
    found = check_table_response("orders", Reply("GET x", entries))
    fix = {"ok": "", "mismatch": HINTS["DIS.4338"], "skipped": "Check that it is a managed table of DLI."}[status]
    assert facts(found) == ("dli_table", "orders", status, "...", fix, "GET x", None, None)
    assert text in found.detail


@pytest.mark.parametrize("names", [[], ["orders_old", "preorders"]])
def test_table_that_is_not_listed_is_missing(names: list[str]) -> None:
    entries = [{"table_name": name, "table_type": "MANAGED", "data_location": "DLI"} for name in names]
    found = check_table_response("orders", Reply("GET x", entries))
    assert facts(found) == ("dli_table", "orders", "missing", "...", HINTS["DIS.4338"], "GET x", None, None)


@pytest.mark.parametrize(("status", "code"), [(400, "DLI.0002"), (404, "DLI.0023")])
def test_tables_of_a_database_that_is_missing(status: int, code: str) -> None:
    found = check_table_response("t", Reply("GET x", error=error(status, code)))
    assert facts(found) == ("dli_table", "t", "missing", "...", HINTS["DIS.4337"], "GET x", code, "request-1")


@pytest.mark.parametrize(
    ("location", "region", "reported"),
    [
        ("eu-nl", "eu-de", True),
        ("eu-de", "eu-de", False),
        ("eu-de", None, False),
        (None, "eu-de", False),
        (None, None, False),
    ],
)
def test_region_of_a_bucket_is_reported_if_it_differs(location: str | None, region: str | None, reported: bool) -> None:
    found = check_bucket_response("b", Reply("HEAD x", {"x-obs-bucket-location": location} if location else {}), region)
    assert facts(found) == ("obs_bucket", "b", "ok", "...", "", "HEAD x", None, None)
    assert ("Its region is" in found.detail) == reported


@pytest.mark.parametrize(
    ("err", "status", "fix"),
    [
        (error(404, None), "missing", HINTS["DIS.4306"]),
        (error(404, "NoSuchBucket"), "missing", HINTS["DIS.4306"]),
        (
            error(404, "APIG.0101"),
            "unavailable",
            "This region does not support the request. Check the resource in the console.",
        ),
        (error(301, "PermanentRedirect"), "mismatch", "Use a bucket in the region of the stream."),
        (error(307, "TemporaryRedirect"), "mismatch", "Use a bucket in the region of the stream."),
        (error(403, "AccessDenied"), "forbidden", RIGHTS["obs_bucket"]),
        (InvalidOptions("That is no host.", "Correct it."), "unavailable", "Correct it."),
    ],
    ids=str,
)
def test_errors_of_the_bucket_request(err: DisError, status: str, fix: str) -> None:
    found = check_bucket_response("b", Reply("HEAD x", error=err), "eu-de")
    assert facts(found) == ("obs_bucket", "b", status, "...", fix, "HEAD x", err.code, err.request_id)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "table_name", "tasks", "status", "expire_time", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), junk), st.lists(st.dictionaries(st.text(max_size=5), junk), max_size=3))
def test_any_response_has_a_result(data: dict[str, Any], entries: list[dict[str, Any]]) -> None:
    found = [
        check_stream_response("s", "DLI", Reply("GET x", data)),
        check_quota_response("s", "t", "DLI", Reply("GET x", data)),
        *check_agency_response("a", Reply("GET x", entries)),
        check_role_response("a", [Reply("GET x", entries)]),
        check_database_response("d", Reply("GET x", entries)),
        check_table_response("t", Reply("GET x", entries)),
    ]
    assert all(one.status in WORDS for one in found)


@pytest.mark.parametrize(
    ("quota", "there", "status"),
    [(None, 4, "ok"), (None, 5, "mismatch"), (3, 3, "mismatch"), (10, 5, "ok"), (0, 4, "ok")],
)
def test_quota_from_the_list_counts(quota: int | None, there: int, status: str) -> None:
    reply = Reply("GET x", {"quota": quota, "tasks": [{"task_name": f"t{number}"} for number in range(there)]})
    assert check_quota_response("meters", "new", "DLI", reply).status == status


@pytest.mark.parametrize(
    ("common", "advanced", "status", "fix"),
    [
        *(((50, 49), (10, 10), "ok", ""), ((-1, 99), (10, 10), "ok", ""), ((50, 0), None, "ok", "")),
        ((50, 50), (10, 10), "mismatch", HINTS["DIS.4308"]),
        *(((50, 50), one, "skipped", "stream_type ADVANCED") for one in ((10, 9), (-1, 0), (None, 1), None)),
        *((one, (10, 10), "skipped", "in the console") for one in ((50, None), (None, 1), None)),
    ],
)
def test_partition_quota_of_a_new_stream(
    common: tuple[int | None, int | None] | None,
    advanced: tuple[int | None, int | None] | None,
    status: str,
    fix: str,
) -> None:
    entries = {"common_partition": common, "advanced_partition": advanced, "app": (100, 100)}
    quotas = [Quota(name, *entry) for name, entry in entries.items() if entry is not None]
    found = check_partition_quota("meters", Reply("GET x", quotas))
    assert facts(found._replace(fix="")) == ("partition_quota", "meters", status, "...", "", "GET x", None, None)
    assert fix in found.fix
    assert bool(fix) == bool(found.fix)


def test_partition_quota_reports_used_partitions() -> None:
    quotas = [Quota("common_partition", 50, 10), Quota("advanced_partition", -1, None)]
    assert check_partition_quota("meters", Reply("GET x", quotas)).detail == (
        "Partitions of type COMMON: 10 of 50 used. Partitions of type ADVANCED: an unknown number used, no limit."
    )


@pytest.mark.parametrize(
    ("err", "status"),
    [
        *((error(404, "APIG.0101"), "skipped"), (error(405, None), "skipped"), (error(403, "DIS.4116"), "forbidden")),
        *((error(403, None), "forbidden"), (error(500, None), "unavailable")),
    ],
    ids=str,
)
def test_errors_of_the_quota_request(err: DisError, status: str) -> None:
    found = check_partition_quota("meters", Reply("GET x", error=err))
    assert (found.status, bool(found.fix)) == (status, True)
