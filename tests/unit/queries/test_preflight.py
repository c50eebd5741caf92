# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in the way of a transfer task: judging answers, and the signature of OBS."""

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
    ApiError,
    DisError,
    InvalidOptions,
    UnexpectedResponse,
    Unreachable,
)
from ansible_collections.otc.dis.plugins.module_utils._core.hints import HINTS
from ansible_collections.otc.dis.plugins.module_utils._queries.preflight import (
    RIGHTS,
    CheckResult,
    Reply,
    agency_named,
    check_agency_response,
    check_bucket_response,
    check_database_response,
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
from ansible_collections.otc.dis.plugins.module_utils._resources.destinations import DESTINATIONS

WORDS = ("ok", "missing", "mismatch", "forbidden", "unavailable", "skipped")
NOW = 1768465800
"""2026-01-15T08:30:00Z"""


def facts(finding: CheckResult) -> tuple[Any, ...]:
    """A whole finding but for the sentence, whose wording is free."""
    assert finding.detail
    return tuple(finding._replace(detail="..."))


def no(status: int, code: str | None, is_page: bool = False) -> ApiError:
    """A service that says no."""
    return ApiError("ask", status, code, "no", "request-1", is_page=is_page)


@pytest.mark.parametrize(
    ("token", "signature"),
    [(None, "l74p+U3EUGZHRVWSryz4kKVL4Wg="), ("exampleSecurityToken/NotReal+0001==", "ImjqNh3VHrAl47nVf+upvd7+D8o=")],
)
def test_signature_is_the_one_that_other_clients_make(token: str | None, signature: str) -> None:
    keys = Keys("EXAMPLEAK00000000001", "exampleSecretKeyNotReal0000000000000001", token)
    url = bucket_url("https://obs.eu-de.otc.t-systems.com", "staging-bucket")
    assert url == "https://staging-bucket.obs.eu-de.otc.t-systems.com/"
    signed = requests.Request("HEAD", url, auth=ObsAuth(keys, "staging-bucket", lambda: NOW)).prepare()
    assert signed.headers["x-obs-date"] == "Thu, 15 Jan 2026 08:30:00 GMT"
    assert signed.headers["Authorization"] == f"OBS EXAMPLEAK00000000001:{signature}"
    assert signed.headers.get("x-obs-security-token") == token
    assert "NotReal" not in repr(keys)


@pytest.mark.parametrize("name", ["abc", "a.b-c9", "1" * 63, "telemetry-staging", "1.2.3", "10.0.0.1.x"])
def test_name_that_a_bucket_may_have(name: str) -> None:
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
def test_name_that_no_bucket_has_gets_into_no_address(name: str) -> None:
    found = invalid_bucket_name(name)
    assert found is not None
    fix = "Give the name of a bucket, without a path and without obs://."
    assert facts(found) == ("obs_bucket", name, "mismatch", "...", fix, None, None, None)


@given(st.text())
def test_name_of_a_bucket_never_changes_the_host(name: str) -> None:
    if invalid_bucket_name(name) is None:
        assert bucket_url("https://obs.example", name) == f"https://{name}.obs.example/"


@given(st.lists(st.sampled_from(WORDS)))
def test_ready_is_true_only_if_all_is_known_to_be_well(words: list[str]) -> None:
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
def test_refusal_says_nothing_about_the_thing_itself(err: DisError, status: str) -> None:
    told = Reply("GET x", error=err)
    found = [
        check_stream_response("s", "DLI", told),
        check_quota_response("s", "t", "DLI", told),
        *check_agency_response("a", told),
        check_role_response("a", [told]),
        check_database_response("d", told),
        check_table_response("t", told),
        check_bucket_response("b", told, None),
    ]
    assert [one.status for one in found] == [status] * 7
    assert all(one.request == "GET x" and one.code == err.code for one in found)
    assert status != "forbidden" or all(one.fix for one in found)


def test_missing_is_said_only_where_the_service_says_so() -> None:
    stream = check_stream_response("s", "DLI", Reply("GET x", error=ApiError("x", 400, "DIS.4301", "none")))
    table = check_table_response("t", Reply("GET x", error=ApiError("x", 400, "DLI.0002", "none")))
    bucket = check_bucket_response("b", Reply("HEAD x", error=ApiError("x", 404, None, "none")), None)
    assert [one.status for one in (stream, table, bucket)] == ["missing"] * 3


@pytest.mark.parametrize("status", [301, 307])
def test_bucket_of_another_region_does_not_fit(status: int) -> None:
    assert (
        check_bucket_response("b", Reply("HEAD x", error=UnexpectedResponse("moved", "", status)), None).status
        == "mismatch"
    )


def test_bucket_elsewhere_is_told_but_no_obstacle() -> None:
    found = check_bucket_response("b", Reply("HEAD x", {"x-obs-bucket-location": "eu-nl"}), "eu-de")
    assert (found.status, "eu-nl" in found.detail) == ("ok", True)


def test_role_that_is_not_seen_is_not_said_to_be_missing() -> None:
    roles = [Reply("GET x", [{"name": "readonly"}]), Reply("GET y", [])]
    assert check_role_response("a", roles).status == "skipped"
    assert check_role_response("a", [*roles, Reply("GET z", [{"display_name": "te_admin"}])]).status == "ok"


CHECKS: list[tuple[str, str, str, Callable[[Reply], CheckResult]]] = [
    ("stream", "s", "dis:streams:get", lambda told: check_stream_response("s", "DLI", told)),
    ("quota", "t", "dis:transferTasks:list", lambda told: check_quota_response("s", "t", "DLI", told)),
    ("agency", "a", "iam:agencies:listAgencies", lambda told: check_agency_response("a", told)[0]),
    ("agency_role", "a", "Security Administrator", lambda told: check_role_response("a", [Reply("GET y", []), told])),
    ("dli_database", "d", "dli:database:displayAllDatabases", lambda told: check_database_response("d", told)),
    ("dli_table", "t", "dli:database:displayAllTables", lambda told: check_table_response("t", told)),
    ("obs_bucket", "b", "obs:bucket:HeadBucket", lambda told: check_bucket_response("b", told, "eu-de")),
]
"""Each check with its subject, and the right of the caller of which the sheet says that the question needs it."""


@pytest.mark.parametrize(("check", "subject", "right", "judge"), CHECKS, ids=[one[0] for one in CHECKS])
def test_refusal_names_the_right_that_the_question_needs(
    check: str, subject: str, right: str, judge: Callable[[Reply], CheckResult]
) -> None:
    err = no(403, "APIG.0302")
    found = judge(Reply("GET x", error=err))
    assert found == CheckResult(check, subject, "forbidden", str(err), RIGHTS[check], "GET x", "APIG.0302", "request-1")
    assert right in found.fix


@pytest.mark.parametrize(("check", "subject", "right", "judge"), CHECKS, ids=[one[0] for one in CHECKS])
def test_service_in_trouble_is_not_blamed_on_rights(
    check: str, subject: str, right: str, judge: Callable[[Reply], CheckResult]
) -> None:
    err = no(503, "APIG.0308")
    found = judge(Reply("GET x", error=err))
    assert found == CheckResult(
        check, subject, "unavailable", str(err), HINTS["0308"], "GET x", "APIG.0308", "request-1"
    )
    assert right not in found.fix


@pytest.mark.parametrize(
    ("check", "err", "status", "fix"),
    [
        ("stream", no(401, "APIG.0301"), "forbidden", f"{RIGHTS['stream']} {HINTS['0301']}"),
        ("stream", no(441, "DIS.4114"), "forbidden", f"{RIGHTS['stream']} {HINTS['DIS.4114']}"),
        ("stream", no(403, "DIS.4116"), "forbidden", RIGHTS["stream"]),
        ("keys", no(401, "APIG.0301"), "forbidden", HINTS["0301"]),
        ("keys", no(403, "DIS.4116"), "forbidden", HINTS["DIS.4116"]),
        ("keys", no(500, "DIS.5000"), "unavailable", no(500, "DIS.5000").hint),
        ("stream", no(400, "DIS.4200"), "unavailable", HINTS["DIS.4200"]),
        ("stream", Unreachable("no way", "Look at the proxy."), "unavailable", "Look at the proxy."),
        ("stream", UnexpectedResponse("a page", "Look at the proxy.", 200), "unavailable", "Look at the proxy."),
        (
            "dli_table",
            no(404, "APIG.0101"),
            "unavailable",
            "Look on the console: this region does not offer the call (any more).",
        ),
    ],
)
def test_advice_fits_the_refusal(check: str, err: DisError, status: str, fix: str) -> None:
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
def test_code_tells_a_refusal_where_the_status_does_not(code: str, status: str) -> None:
    assert failed("quota", "t", Reply("GET x", error=no(400, code))).status == status


def test_no_answer_is_no_verdict() -> None:
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


def test_check_that_was_not_made_asked_nobody() -> None:
    assert tuple(skipped("quota", "t", "Why.")) == ("quota", "t", "skipped", "Why.", "", None, None, None)
    found = missing_service("dli_table", "t", "DLI", "Fix.")
    assert facts(found) == ("dli_table", "t", "unavailable", "...", "Fix.", None, None, None)
    assert "DLI" in found.detail


def test_blanks_are_not_shown() -> None:
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
def test_only_a_running_stream_takes_a_task(state: str, status: str, fix: str) -> None:
    found = check_stream_response("s", "OBS", Reply("GET x", {"status": state, "data_type": "JSON"}))
    assert facts(found) == ("stream", "s", status, "...", fix, "GET x", None, None)
    assert state in found.detail


@pytest.mark.parametrize("kind", DESTINATIONS)
@pytest.mark.parametrize("data_type", ["BLOB", "JSON", "CSV", None])
def test_a_stream_needs_a_data_type_that_the_destination_takes(kind: str, data_type: str | None) -> None:
    found = check_stream_response("s", kind, Reply("GET x", {"status": "RUNNING", "data_type": data_type}))
    if data_type == "BLOB" and kind not in ("OBS", "MRS"):
        assert (found.status, found.fix) == ("mismatch", HINTS["DIS.4358"])
        assert f"has data_type BLOB, and a transfer task to {kind} needs JSON or CSV" in found.detail
    else:
        assert (found.status, found.fix) == ("ok", "")


@pytest.mark.parametrize(
    ("err", "status", "fix"),
    [
        (no(400, "DIS.4301"), "missing", HINTS["DIS.4301"]),
        (no(404, None), "missing", HINTS["DIS.4301"]),
        (no(404, None, is_page=True), "unavailable", ""),
    ],
)
def test_stream_is_missing_where_dis_says_so_and_not_where_a_proxy_does(err: ApiError, status: str, fix: str) -> None:
    found = check_stream_response("s", "DLI", Reply("GET x", error=err))
    assert found == CheckResult("stream", "s", status, str(err), fix, "GET x", err.code, "request-1")


OTHERS = [{"task_name": f"other-{number}", "destination_type": "OBS"} for number in range(6)]
MINE = {"task_name": "mine", "destination_type": "DLI"}


@pytest.mark.parametrize(
    ("tasks", "status", "says", "fix"),
    [
        ([], "ok", "0 of at most 5", ""),
        (OTHERS[:4], "ok", "4 of at most 5", ""),
        (OTHERS[:5], "mismatch", '"s" holds 5', HINTS["DIS.4357"]),
        (OTHERS, "mismatch", '"s" holds 6', HINTS["DIS.4357"]),
        ([*OTHERS[:4], MINE], "ok", "there already", ""),
        ([{"task_name": "mine"}], "ok", "there already", ""),
        ([{"task_name": "Mine", "destination_type": "OBS"}], "ok", "1 of at most 5", ""),
        (
            [OTHERS[0], {**MINE, "destination_type": "OBS"}],
            "mismatch",
            "OBS",
            "Choose another task_name, or delete that task.",
        ),
    ],
)
def test_task_needs_a_free_name_and_room_or_is_there_already(
    tasks: list[dict[str, str]], status: str, says: str, fix: str
) -> None:
    found = check_quota_response("s", "mine", "DLI", Reply("GET x", {"total_number": len(tasks), "tasks": tasks}))
    assert facts(found) == ("quota", "mine", status, "...", fix, "GET x", None, None)
    assert says in found.detail


AGENCY = {"id": "0f1e", "name": "dis_admin_agency", "trust_domain_name": "op_svc_dis", "expire_time": None}
ENDING = {**AGENCY, "expire_time": "2026-12-31T00:00:00.000000"}


def agency_facts(entries: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [facts(one) for one in check_agency_response("dis_admin_agency", Reply("GET x", entries))]


@pytest.mark.parametrize("entries", [[], [{**AGENCY, "name": "DIS_admin_agency"}], [{**AGENCY, "name": "dis_admin"}]])
def test_agency_is_the_one_of_exactly_that_name(entries: list[dict[str, Any]]) -> None:
    missing = ("agency", "dis_admin_agency", "missing", "...", HINTS["DIS.4335"], "GET x", None, None)
    assert agency_facts(entries) == [missing]
    assert agency_named("dis_admin_agency", entries) is None
    assert agency_named("dis_admin_agency", [*entries, AGENCY]) == AGENCY


def test_agency_must_not_end() -> None:
    trust = ("agency_trust", "dis_admin_agency", "ok", "...", "", "GET x", None, None)
    for_ever = ("agency", "dis_admin_agency", "ok", "...", "", "GET x", None, None)
    fix = "Make it valid without limit."
    assert agency_facts([{**ENDING, "name": "other"}, AGENCY]) == [for_ever, trust]
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
def test_account_that_is_not_known_to_be_of_dis_is_a_hint_and_no_error(account: str | None, status: str) -> None:
    entry = {**AGENCY, "trust_domain_name": account}
    agency, trust = check_agency_response("dis_admin_agency", Reply("GET x", [entry]))
    fix = "" if status == "ok" else "See on the console that it is of type cloud service, for DIS."
    assert agency.status == "ok"
    assert facts(trust) == ("agency_trust", "dis_admin_agency", status, "...", fix, "GET x", None, None)
    assert (account or "an account that IAM does not name") in trust.detail


ADMIN, READER = {"name": "te_admin"}, {"name": "readonly", "display_name": "Guest"}
SEE = "See on the console that it has Tenant Administrator on the OBS project."


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([Reply("GET x", [READER, ADMIN]), Reply("GET y", [])], ("ok", "", "GET x", None)),
        ([Reply("GET x", []), Reply("GET y", [{"name": "r1", "display_name": "te_admin"}])], ("ok", "", "GET y", None)),
        ([Reply("GET x", error=no(403, "1")), Reply("GET y", [ADMIN])], ("ok", "", "GET y", None)),
        (
            [Reply("GET x", [READER]), Reply("GET y", error=no(403, "1"))],
            ("forbidden", RIGHTS["agency_role"], "GET y", "1"),
        ),
        ([Reply("GET x", []), Reply("GET y", [READER])], ("skipped", SEE, "GET y", None)),
        ([], ("skipped", SEE, None, None)),
    ],
)
def test_role_is_looked_for_in_every_list(told: list[Reply], expected: tuple[str | None, ...]) -> None:
    found = check_role_response("a", told)
    assert (found.check, found.subject) == ("agency_role", "a")
    assert (found.status, found.fix, found.request, found.code) == expected


@pytest.mark.parametrize("name", ["sales", "Sales_2026", "a$b", "x" * 128])
def test_name_that_a_thing_of_dli_may_have(name: str) -> None:
    assert invalid_dli_name("dli_table", name) is None


@pytest.mark.parametrize("name", ["", "x" * 129, "a-b", "a/b", "../a", "a b", "a%2e", "ä", "a\n"])
@pytest.mark.parametrize("check", ["dli_database", "dli_table"])
def test_name_that_nothing_of_dli_has_gets_into_no_address(check: str, name: str) -> None:
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
def test_database_is_the_one_of_that_name_in_any_capitals(there: list[str], status: str, fix: str) -> None:
    found = check_database_response(
        "Sales", Reply("GET x", [{"database_name": name, "owner": "Sales"} for name in there])
    )
    assert facts(found) == ("dli_database", "Sales", status, "...", fix, "GET x", None, None)


@pytest.mark.parametrize(
    ("kind", "place", "status", "says"),
    [
        ("MANAGED", "DLI", "ok", "managed"),
        ("managed", "dli", "ok", "managed"),
        ("MANAGED", None, "ok", "managed"),
        ("MANAGED", "OBS", "mismatch", "of type MANAGED with its data in OBS"),
        ("EXTERNAL", "OBS", "mismatch", "of type EXTERNAL with its data in OBS"),
        ("EXTERNAL", "DLI", "mismatch", "of type EXTERNAL with its data in DLI"),
        ("VIEW", "VIEW", "mismatch", "of type VIEW with its data in VIEW"),
        (None, "DLI", "skipped", "DLI does not tell its type"),
    ],
)
def test_table_must_be_managed_by_dli(kind: str | None, place: str | None, status: str, says: str) -> None:
    entries = [
        {"table_name": "orders_old", "table_type": "OTHER", "data_location": "OTHER"},
        {"table_name": "ORDERS", "table_type": kind, "data_location": place},
    ]
    found = check_table_response("orders", Reply("GET x", entries))
    fix = {"ok": "", "mismatch": HINTS["DIS.4338"], "skipped": "Make sure that it is a managed table of DLI."}[status]
    assert facts(found) == ("dli_table", "orders", status, "...", fix, "GET x", None, None)
    assert says in found.detail


@pytest.mark.parametrize("names", [[], ["orders_old", "preorders"]])
def test_table_that_is_not_listed_is_missing(names: list[str]) -> None:
    entries = [{"table_name": name, "table_type": "MANAGED", "data_location": "DLI"} for name in names]
    found = check_table_response("orders", Reply("GET x", entries))
    assert facts(found) == ("dli_table", "orders", "missing", "...", HINTS["DIS.4338"], "GET x", None, None)


@pytest.mark.parametrize(("status", "code"), [(400, "DLI.0002"), (404, "DLI.0023")])
def test_tables_of_a_database_that_is_missing(status: int, code: str) -> None:
    found = check_table_response("t", Reply("GET x", error=no(status, code)))
    assert facts(found) == ("dli_table", "t", "missing", "...", HINTS["DIS.4337"], "GET x", code, "request-1")


@pytest.mark.parametrize(
    ("there", "region", "told"),
    [
        ("eu-nl", "eu-de", True),
        ("eu-de", "eu-de", False),
        ("eu-de", None, False),
        (None, "eu-de", False),
        (None, None, False),
    ],
)
def test_place_of_a_bucket_is_told_where_it_differs(there: str | None, region: str | None, told: bool) -> None:
    found = check_bucket_response("b", Reply("HEAD x", {"x-obs-bucket-location": there} if there else {}), region)
    assert facts(found) == ("obs_bucket", "b", "ok", "...", "", "HEAD x", None, None)
    assert ("It lies in" in found.detail) == told


@pytest.mark.parametrize(
    ("err", "status", "fix"),
    [
        (no(404, None), "missing", HINTS["DIS.4306"]),
        (no(404, "NoSuchBucket"), "missing", HINTS["DIS.4306"]),
        (
            no(404, "APIG.0101"),
            "unavailable",
            "Look on the console: this region does not offer the call (any more).",
        ),
        (no(301, "PermanentRedirect"), "mismatch", "Use a bucket in the region of the stream."),
        (no(307, "TemporaryRedirect"), "mismatch", "Use a bucket in the region of the stream."),
        (no(403, "AccessDenied"), "forbidden", RIGHTS["obs_bucket"]),
        (InvalidOptions("That is no host.", "Correct it."), "unavailable", "Correct it."),
    ],
    ids=str,
)
def test_bucket_that_is_not_shown(err: DisError, status: str, fix: str) -> None:
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
def test_whatever_comes_back_is_judged(data: dict[str, Any], entries: list[dict[str, Any]]) -> None:
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
def test_quota_that_the_list_tells_counts(quota: int | None, there: int, status: str) -> None:
    told = Reply("GET x", {"quota": quota, "tasks": [{"task_name": f"t{number}"} for number in range(there)]})
    assert check_quota_response("meters", "new", "DLI", told).status == status
