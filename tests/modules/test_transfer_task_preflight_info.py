# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Seeing beforehand what stands in the way of a transfer task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Result, Run, Trap

    from otc_emulator.launch import Emulator

PLAN = {
    "stream_name": "meters",
    "task_name": "meters-to-dli",
    "agency_name": "dis_admin_agency",
    "dli_database_name": "telemetry",
    "dli_table_name": "meter_raw",
    "obs_bucket_path": "telemetry-staging",
    "temporary_keys": True,
}
READER = {"name": "emulator-user", "roles": ["te_admin", "dis_adm", "secu_admin"]}


@pytest.fixture
def preflight(run: Run, emulator: Emulator) -> Run:
    """Runs the module with all options, by a user who may see everything, unless a test says otherwise."""
    emulator.reset(users=[READER])
    return run.of("transfer_task_preflight_info", "ready", "checks", **PLAN)


def statuses(result: Result) -> dict[str, str]:
    return {one["check"]: one["status"] for one in result.ok().data["checks"]}


def finding(result: Result, check: str) -> dict[str, Any]:
    (found,) = [one for one in result.ok().data["checks"] if one["check"] == check]
    return dict(found)


ALL = ("stream", "quota", "agency", "agency_trust", "agency_role", "dli_database", "dli_table", "obs_bucket")


@pytest.mark.parametrize("check", [False, True])
def test_all_is_ready(preflight: Run, emulator: Emulator, check: bool) -> None:
    result = preflight(check=check).ok()
    assert statuses(result) == dict.fromkeys(ALL, "ok")
    assert (result.data["ready"], result.changed) == (True, False)
    assert [one["operation"] for one in result.log] == [
        *("login", "show_stream", "list_transfer_tasks"),
        *("list_agencies", "login", "list_agencies", "list_agency_roles"),
        *("list_databases", "list_tables", "create_temporary_keys", "head_bucket"),
    ]
    assert finding(result, "dli_table")["request"] == (
        f"GET {emulator.url}/v1.0/{emulator.project_id}/databases/telemetry/tables"
    )


def test_region_that_lists_agencies_by_the_projects_token_takes_one_login(preflight: Run, emulator: Emulator) -> None:
    emulator.configure(project_token_lists_agencies=True)
    result = preflight()
    assert statuses(result)["agency"] == "ok"
    assert result.iam.count("login") == 1


@pytest.mark.parametrize(
    ("there", "options", "check", "status", "words"),
    [
        ({}, {"stream_name": "none"}, "stream", "missing", "none"),
        ({"streams": [{"name": "meters", "status": "CREATING"}]}, {}, "stream", "mismatch", "Wait until"),
        ({"streams": [{"name": "meters", "status": "FROZEN"}]}, {}, "stream", "mismatch", "FROZEN"),
        ({"streams": [{"name": "meters", "data_type": "BLOB"}]}, {}, "stream", "ok", "BLOB"),
        ({"streams": [{"name": "meters", "tasks": list("abcde")}]}, {}, "quota", "mismatch", "delete one"),
        ({"streams": [{"name": "meters", "tasks": [*"abcd", "meters-to-dli"]}]}, {}, "quota", "ok", "already"),
        (
            {"streams": [{"name": "meters", "tasks": [{"task_name": "meters-to-dli", "destination_type": "OBS"}]}]},
            {},
            *("quota", "mismatch", "goes to OBS"),
        ),
        ({}, {"agency_name": "none"}, "agency", "missing", "cloud service for DIS"),
        ({"agencies": [{"name": "dis_admin_agency", "life": 60}]}, {}, "agency", "mismatch", "without limit"),
        (
            {"agencies": [{"name": "dis_admin_agency", "trusts": "op_svc_ecs"}]},
            {},
            *("agency_trust", "skipped", "op_svc_ecs"),
        ),
        ({"agencies": [{"name": "dis_admin_agency", "roles": ["readonly"]}]}, {}, "agency_role", "skipped", "MOS"),
        ({}, {"agency_name": None}, "agency", "skipped", "agency_name"),
        ({}, {"agency_name": " "}, "agency", "skipped", "agency_name"),
        ({}, {"dli_database_name": "TELEMETRY"}, "dli_database", "ok", ""),
        ({}, {"dli_database_name": "telemetr"}, "dli_database", "missing", "may not see"),
        ({}, {"dli_database_name": "../etc"}, "dli_database", "mismatch", "letters, digits"),
        ({}, {"dli_database_name": None}, "dli_database", "skipped", "not given"),
        ({}, {"dli_table_name": "Meter_Raw"}, "dli_table", "ok", ""),
        ({}, {"dli_table_name": "meter"}, "dli_table", "missing", "managed table"),
        ({}, {"dli_table_name": "meter-raw"}, "dli_table", "mismatch", "letters, digits"),
        ({"dli_tables": ["telemetry.meter_raw:EXTERNAL"]}, {}, "dli_table", "mismatch", "EXTERNAL"),
        ({}, {"obs_bucket_path": "elsewhere"}, "obs_bucket", "missing", "Create the bucket"),
        ({}, {"obs_bucket_path": "obs://telemetry-staging"}, "obs_bucket", "mismatch", "without a path"),
        ({}, {"obs_bucket_path": "evil.example/"}, "obs_bucket", "mismatch", "without a path"),
        (
            {"buckets": [{"name": "telemetry-staging", "region": "eu-nl"}]},
            {},
            *("obs_bucket", "mismatch", "another region"),
        ),
        (
            {"buckets": [{"name": "telemetry-staging", "accessible": False}]},
            {},
            *("obs_bucket", "forbidden", "HeadBucket"),
        ),
        ({}, {"temporary_keys": False}, "obs_bucket", "skipped", "temporary_keys"),
    ],
)
def test_finding(
    preflight: Run,
    emulator: Emulator,
    there: dict[str, Any],
    options: dict[str, Any],
    check: str,
    status: str,
    words: str,
) -> None:
    emulator.reset(users=[READER], **there)
    result = preflight(**options)
    found = finding(result, check)
    assert found["status"] == status, found
    assert words in f"{found['detail']} {found['fix'] or ''}"
    assert status == "ok" or found["fix"]
    known = {"missing": False, "mismatch": False, "ok": True}
    assert result.data["ready"] is known.get(status)
    others = {name: one for name, one in statuses(result).items() if name != check and one != "ok"}
    after = {"stream": {"quota"}, "agency": set(), "dli_database": {"dli_table"}}.get(check, set())
    assert set(others) <= after, "one finding spoils others"


def test_user_without_rights_gets_an_answer_for_the_rest(preflight: Run, emulator: Emulator) -> None:
    emulator.reset(users=[{"name": "emulator-user", "roles": ["dis_adm"]}])
    result = preflight()
    assert statuses(result) == {
        "stream": "ok",
        "quota": "ok",
        "agency": "forbidden",
        "obs_bucket": "ok",
        "dli_database": "forbidden",
        "dli_table": "forbidden",
    }
    assert result.data["ready"] is None
    assert "Security Administrator" in finding(result, "agency")["fix"]
    assert finding(result, "dli_database")["code"] == "DLI.0003"


FAULTS = {
    "403": {"kind": "status", "status": 403},
    "500": {"kind": "status", "status": 500},
    "cut": {"kind": "lost_before"},
    "html": {"kind": "html"},
    "redirect": {"kind": "redirect"},
    "not json": {"kind": "not_json"},
    "wrong json": {"kind": "wrong_json", "body": {"tasks": 1, "agencies": {}, "databases": None, "roles": ""}},
    "throttled": {"kind": "throttle_429", "retry_after": 0},
}
PLACES = {
    "show_stream": {"stream"},
    "list_transfer_tasks": {"quota"},
    "list_agencies": {"agency"},
    "list_agency_roles": {"agency_role"},
    "list_databases": {"dli_database"},
    "list_tables": {"dli_table"},
    "create_temporary_keys": {"obs_bucket"},
    "head_bucket": {"obs_bucket"},
}


@pytest.mark.parametrize("operation", PLACES)
@pytest.mark.parametrize("fault", FAULTS)
def test_trouble_of_one_service_is_told_of_it_alone(
    preflight: Run, emulator: Emulator, operation: str, fault: str
) -> None:
    rule = dict(FAULTS[fault])
    emulator.fault(rule.pop("kind"), operation=operation, times=0, **rule)
    result = preflight(api_timeout=1).ok()
    wrong = {name: status for name, status in statuses(result).items() if status != "ok"}
    if operation == "head_bucket" and fault in ("not json", "wrong json"):
        assert wrong == {}, "what has no body is judged by its status"
        return
    if operation == "show_stream" and fault == "wrong json":
        assert wrong == {"stream": "mismatch"}
        return
    assert set(wrong) == PLACES[operation]
    assert set(wrong.values()) == {"forbidden" if fault == "403" else "unavailable"}
    assert result.data["ready"] is None
    found = finding(result, next(iter(PLACES[operation])))
    assert found["request"].startswith(("GET ", "POST ", "HEAD "))
    assert len(result.log) < 30


@pytest.mark.parametrize(
    ("services", "wrong"),
    [
        (["obs"], {"dli_database", "dli_table"}),
        (["dli"], {"obs_bucket"}),
        ([], {"dli_database", "dli_table", "obs_bucket"}),
    ],
)
def test_service_that_the_catalogue_does_not_name_is_not_asked(
    preflight: Run, emulator: Emulator, services: list[str], wrong: set[str]
) -> None:
    emulator.configure(other_services=services)
    result = preflight()
    assert {name for name, status in statuses(result).items() if status == "unavailable"} == wrong
    assert set(statuses(result).values()) == {"ok", "unavailable"}
    assert all("endpoint_override" in finding(result, name)["fix"] for name in wrong)
    assert {one["service"] for one in result.log} == {"iam", "dis", *services}


def test_address_that_is_given_goes_before_the_catalogue(preflight: Run, emulator: Emulator) -> None:
    emulator.configure(other_services=[])
    result = preflight(dli_endpoint_override=f"{emulator.url}/v1.0/x", obs_endpoint_override=emulator.url)
    assert statuses(result) == dict.fromkeys(ALL, "ok")


def test_region_that_has_withdrawn_dli_says_nothing_of_the_table(preflight: Run, emulator: Emulator) -> None:
    emulator.configure(dli_enabled=False)
    found = statuses(preflight())
    assert (found["dli_database"], found["dli_table"]) == ("unavailable", "unavailable")


def test_region_without_dis_still_tells_the_rest(preflight: Run, emulator: Emulator) -> None:
    emulator.fault("status", service="dis", status=404, code="APIG.0101", times=0)
    found = statuses(preflight())
    assert (found["stream"], found["quota"], found["dli_table"]) == ("unavailable", "unavailable", "ok")


def test_token_is_sent_nowhere_that_nobody_named(preflight: Run, emulator: Emulator, trap: Trap) -> None:
    for operation in ("list_agencies", "list_databases", "list_tables", "head_bucket"):
        emulator.fault("redirect", operation=operation, status=307, location=trap.url, times=0)
    result = preflight()
    assert {"agency", "dli_database", "dli_table"} <= {n for n, one in statuses(result).items() if one == "unavailable"}
    assert trap.visits == []


@pytest.mark.parametrize("url", ["http://dli.example", "https://user@dli.example", "ftp://127.0.0.1"])
@pytest.mark.parametrize("option", ["dli_endpoint_override", "obs_endpoint_override"])
def test_address_that_is_not_safe_is_refused_before_any_request(preflight: Run, option: str, url: str) -> None:
    result = preflight(**{option: url}).bad()
    assert option in result.msg
    assert result.log == []


def test_given_token_looks_up_the_account_and_does_not_log_in(preflight: Run, emulator: Emulator, auth: Any) -> None:
    token = emulator.mint_token()
    result = preflight(auth={"auth_url": auth["auth_url"], "token": token}, endpoint_override=emulator.url)
    assert statuses(result)["agency"] == "forbidden"
    assert statuses(result)["obs_bucket"] == "ok"
    assert (result.iam.count("login"), result.iam.count("check_token")) == (0, 1)


def test_token_without_iam_leaves_out_what_needs_it(preflight: Run, by_token: dict[str, Any]) -> None:
    result = preflight(**by_token)
    assert statuses(result) == {
        "stream": "ok",
        "quota": "ok",
        "agency": "skipped",
        "obs_bucket": "skipped",
        "dli_database": "unavailable",
        "dli_table": "unavailable",
    }
    assert {one["service"] for one in result.log} == {"dis"}


def test_failed_login_is_a_failure(preflight: Run, emulator: Emulator) -> None:
    emulator.fault("status", operation="login", status=401)
    result = preflight()
    assert result.failed
    assert result.error["status"] == 401


@pytest.mark.parametrize("options", [{"stream_name": "a/b"}, {"task_name": "x" * 65}], ids=str)
def test_name_that_breaks_its_rule_is_refused_before_any_request(preflight: Run, options: dict[str, Any]) -> None:
    result = preflight(**options).bad()
    assert result.log == []


@pytest.mark.parametrize("kind", ["OBS", "MRS", "DWS", "CLOUDTABLE"])
def test_other_destinations_are_checked_as_far_as_they_can_be(preflight: Run, kind: str) -> None:
    result = preflight(destination_type=kind, obs_backup_bucket_path="telemetry-staging")
    found = statuses(result)
    assert "dli_table" not in found
    assert found["obs_bucket"] == "ok"
    assert found.get("destination") == (None if kind == "OBS" else "skipped")
    assert result.data["ready"] is (True if kind == "OBS" else None)


def test_dli_lists_are_read_to_the_end(preflight: Run, emulator: Emulator) -> None:
    emulator.seed(dli_tables=[f"telemetry.a{number:03}_meter_raw" for number in range(230)])
    result = preflight()
    assert statuses(result)["dli_table"] == "ok"
    assert len([one for one in result.log if one["operation"] == "list_tables"]) == 3


def test_keys_are_never_shown(preflight: Run, emulator: Emulator) -> None:
    emulator.fault("echo_secrets", operation="head_bucket", times=0)
    result = preflight.process()
    assert "EMUKEY" not in result.everything
    assert "EMULATORTEMP" not in result.everything
