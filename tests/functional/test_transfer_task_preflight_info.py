# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Preflight checks of a transfer task."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.otc.dis.plugins.module_utils._cloud import services
from otc_emulator.identity import passcode

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Result, Run, Trap

    from otc_emulator.runner import Emulator

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
    """Runs the module with all options, by a user with all read permissions unless a test overrides it."""
    emulator.reset(users=[READER])
    return run.of("transfer_task_preflight_info", "ready", "checks", **PLAN)


def statuses(result: Result) -> dict[str, str]:
    return {one["check"]: one["status"] for one in result.ok().data["checks"]}


def finding(result: Result, check: str) -> dict[str, Any]:
    (found,) = [one for one in result.ok().data["checks"] if one["check"] == check]
    return dict(found)


ALL = ("stream", "quota", "agency", "agency_trust", "agency_role", "dli_database", "dli_table", "obs_bucket")


@pytest.mark.quick
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
        ({"streams": [{"name": "meters", "data_type": "BLOB"}]}, {}, "stream", "mismatch", "JSON or CSV"),
        ({"streams": [{"name": "meters", "tasks": list("abcde")}]}, {}, "quota", "mismatch", "delete an unused one"),
        ({"streams": [{"name": "meters", "tasks": [*"abcd", "meters-to-dli"]}]}, {}, "quota", "ok", "already"),
        (
            {"streams": [{"name": "meters", "tasks": [{"task_name": "meters-to-dli", "destination_type": "OBS"}]}]},
            {},
            *("quota", "mismatch", "destination type OBS"),
        ),
        ({}, {"agency_name": "none"}, "agency", "missing", "cloud service for DIS"),
        ({"agencies": [{"name": "dis_admin_agency", "life": 60}]}, {}, "agency", "mismatch", "unlimited"),
        (
            {"agencies": [{"name": "dis_admin_agency", "trusts": "op_svc_ecs"}]},
            {},
            *("agency_trust", "skipped", "op_svc_ecs"),
        ),
        ({"agencies": [{"name": "dis_admin_agency", "roles": ["readonly"]}]}, {}, "agency_role", "skipped", "MOS"),
        ({}, {"agency_name": None}, "agency", "skipped", "agency_name"),
        ({}, {"agency_name": " "}, "agency", "skipped", "agency_name"),
        ({}, {"dli_database_name": "TELEMETRY"}, "dli_database", "ok", ""),
        ({}, {"dli_database_name": "telemetr"}, "dli_database", "missing", "not visible"),
        ({}, {"dli_database_name": "../etc"}, "dli_database", "mismatch", "letters, digits"),
        ({}, {"dli_database_name": None}, "dli_database", "skipped", "not set"),
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


def test_stream_to_be_created_needs_partitions(preflight: Run, emulator: Emulator) -> None:
    options = {"stream_name": "fresh", "assume_stream": True}
    assert finding(preflight(**options), "partition_quota")["status"] == "ok"
    assert "show_quotas" not in preflight().operations + preflight(stream_name="fresh").operations
    emulator.configure(partition_quota=1)
    assert finding(preflight(**options), "partition_quota")["status"] == "skipped"
    emulator.configure(advanced_partition_quota=1)
    emulator.seed(streams=[{"name": "fast", "stream_type": "ADVANCED", "partition_count": 1}])
    result = preflight(**options)
    found = finding(result, "partition_quota")
    assert (found["status"], result.data["ready"]) == ("mismatch", False)
    assert found["request"] == f"GET {emulator.url}/v1/{emulator.project_id}/quotas"
    assert "COMMON: 1 of 1 used" in found["detail"]
    emulator.configure(quotas_enabled=False)
    assert finding(preflight(**options), "partition_quota")["status"] == "skipped"


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
def test_failure_of_one_service_is_reported_only_there(
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
def test_service_that_the_catalog_does_not_contain_is_not_queried(
    preflight: Run, emulator: Emulator, services: list[str], wrong: set[str]
) -> None:
    emulator.configure(other_services=services)
    result = preflight()
    assert {name for name, status in statuses(result).items() if status == "unavailable"} == wrong
    assert set(statuses(result).values()) == {"ok", "unavailable"}
    assert all("endpoint_override" in finding(result, name)["fix"] for name in wrong)
    assert {one["service"] for one in result.log} == {"iam", "dis", *services}


def test_endpoint_option_takes_precedence_over_the_catalog(preflight: Run, emulator: Emulator) -> None:
    emulator.configure(other_services=[])
    result = preflight(dli_endpoint_override=f"{emulator.url}/v1.0/x", obs_endpoint_override=emulator.url)
    assert statuses(result) == dict.fromkeys(ALL, "ok")


def test_region_without_dli_reports_no_table(preflight: Run, emulator: Emulator) -> None:
    emulator.configure(dli_enabled=False)
    found = statuses(preflight())
    assert (found["dli_database"], found["dli_table"]) == ("unavailable", "unavailable")


def test_region_without_dis_returns_the_other_results(preflight: Run, emulator: Emulator) -> None:
    emulator.fault("status", service="dis", status=404, code="APIG.0101", times=0)
    found = statuses(preflight())
    assert (found["stream"], found["quota"], found["dli_table"]) == ("unavailable", "unavailable", "ok")


def test_token_is_sent_only_to_configured_endpoints(preflight: Run, emulator: Emulator, trap: Trap) -> None:
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


def test_token_without_iam_omits_checks_that_need_it(preflight: Run, by_token: dict[str, Any]) -> None:
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


# --- lists of DLI ---


@pytest.mark.parametrize(("operation", "place"), [("list_databases", "dli_database"), ("list_tables", "dli_table")])
def test_list_of_dli_that_lacks_entries_proves_no_absence(
    preflight: Run, emulator: Emulator, operation: str, place: str
) -> None:
    emulator.fault("short_list", operation=operation, keep=0, times=0)
    found = finding(preflight(), place)
    assert found["status"] == "unavailable"
    assert "is incomplete: the service counts 1 entries, but returned 0" in found["detail"]


@pytest.mark.parametrize(("operation", "place"), [("list_databases", "dli_database"), ("list_tables", "dli_table")])
def test_complete_list_of_dli_decides_where_a_selected_one_lacks_entries(
    preflight: Run, emulator: Emulator, operation: str, place: str
) -> None:
    """A region whose count includes all entries, regardless of the keyword."""
    emulator.seed(dli_databases=["another"], dli_tables=["telemetry.another"])
    emulator.fault("short_list", operation=operation, keep=0)
    result = preflight()
    assert statuses(result)[place] == "ok"
    keywords = [one["query"].get("keyword") for one in result.log if one["operation"] == operation]
    assert len(keywords) == 2
    assert keywords[0]
    assert keywords[1] is None


@pytest.mark.parametrize("operation", ["list_databases", "list_tables"])
def test_list_of_dli_has_a_limit_on_time(
    preflight: Run, emulator: Emulator, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "LIST_FACTOR", 1)  # not to wait for ten times as long
    entries = [{"database_name": f"x{number}", "table_name": f"x{number}"} for number in range(100)]
    body = {"databases": entries, "tables": entries}
    emulator.fault("status", operation=operation, status=200, body=body, times=0)
    emulator.fault("slow", operation=operation, seconds=0.3, times=0)
    result = preflight(api_timeout=1)
    place = {"list_databases": "dli_database", "list_tables": "dli_table"}[operation]
    assert finding(result, place)["status"] == "unavailable"
    assert "did not end within 1 seconds" in finding(result, place)["detail"]


# --- every way in ---


def forbidden_agency(result: Result) -> str:
    """What to do about the agency, all else being as it must be."""
    found = statuses(result)
    assert found == {**dict.fromkeys(found, "ok"), "agency": "forbidden"}
    assert {"stream", "quota", "agency", "dli_database", "dli_table", "obs_bucket"} == set(found)
    assert result.data["ready"] is None
    return str(finding(result, "agency")["fix"])


def test_token_cannot_log_in_to_the_account_and_that_is_said(preflight: Run, emulator: Emulator, auth: Any) -> None:
    token = {"auth_url": auth["auth_url"], "token": emulator.mint_token(), "project_id": emulator.project_id}
    result = preflight(auth=token, endpoint_override=emulator.url)
    assert "A token without a password does not allow another login" in forbidden_agency(result)
    assert result.iam == ["check_token", "list_agencies", "create_temporary_keys"]


def test_token_beside_a_password_can(preflight: Run, emulator: Emulator, auth: Any) -> None:
    both = {**auth, "token": emulator.mint_token()}
    result = preflight(auth=both)
    assert statuses(result) == dict.fromkeys(ALL, "ok")
    assert result.iam[:4] == ["check_token", "list_agencies", "login", "list_agencies"]


def test_token_of_the_cache_is_looked_up_and_the_account_logged_in_to(preflight: Run, tmp_path: Path) -> None:
    cache = {"token_cache": str(tmp_path / "tokens.json")}
    first, second = preflight(**cache), preflight(**cache)
    assert statuses(first) == statuses(second) == dict.fromkeys(ALL, "ok")
    assert first.iam[:4] == ["login", "list_agencies", "login", "list_agencies"]
    assert second.iam[:4] == ["check_token", "list_agencies", "login", "list_agencies"]
    assert second.data["checks"] == first.data["checks"]


@pytest.mark.parametrize("endpoint", [False, True], ids=["of-the-catalogue", "given"])
def test_token_of_the_cache_that_was_revoked_is_renewed(
    preflight: Run, emulator: Emulator, tmp_path: Path, endpoint: bool
) -> None:
    options = {"token_cache": str(tmp_path / "tokens.json"), "endpoint_override": emulator.url if endpoint else None}
    preflight(**options)
    emulator.expire_tokens()
    result = preflight(**options)
    assert statuses(result) == dict.fromkeys(ALL, "ok")
    assert result.iam[:3] == ["check_token", "login", "check_token"]
    assert result.iam.count("login") == 2


def test_token_of_the_cache_that_another_module_has_kept(preflight: Run, run: Run, tmp_path: Path) -> None:
    """It was requested without a catalog, since no call needed a catalog."""
    options = {"token_cache": str(tmp_path / "tokens.json"), "endpoint_override": preflight.emulator.url}
    run(state="absent", **options).ok()
    assert statuses(preflight(**options)) == dict.fromkeys(ALL, "ok")


@pytest.fixture
def careful(preflight: Run, emulator: Emulator, auth: dict[str, str]) -> dict[str, str]:
    """``auth`` of a user with a virtual MFA device who may see everything."""
    secret = "FAKEFAKEFAKEFAKE"
    name = {"name": "careful", "password": "fake-careful-password"}
    emulator.seed(users=[{**name, "totp_secret": secret, "roles": READER["roles"]}])
    code = passcode(secret, time.time())
    return {**auth, "username": "careful", "password": "fake-careful-password", "passcode": code}


@pytest.mark.parametrize("cached", [False, True])
def test_passcode_is_used_once(
    preflight: Run, emulator: Emulator, tmp_path: Path, careful: dict[str, str], cached: bool
) -> None:
    cache = {"token_cache": str(tmp_path / "tokens.json")} if cached else {}
    result = preflight(auth=careful, **cache)
    assert "passcode is valid for one login" in forbidden_agency(result)
    assert result.iam == ["login", "list_agencies", "create_temporary_keys"]
    assert emulator.state()["logins"]["failures"] == 0
    if cached:
        again = preflight(auth=careful, **cache)
        assert "passcode is valid for one login" in forbidden_agency(again)
        assert again.iam == ["check_token", "list_agencies", "create_temporary_keys"]


def test_token_of_a_passcode_that_was_revoked_is_a_failure_that_names_the_cache(
    preflight: Run, emulator: Emulator, tmp_path: Path, careful: dict[str, str]
) -> None:
    options = {"auth": careful, "token_cache": str(tmp_path / "tokens.json")}
    preflight(**options)
    emulator.expire_tokens()
    result = preflight(**options).bad()
    assert (result.iam, result.error["kind"]) == (["check_token"], "authentication")
    assert f"The token from {tmp_path}/tokens.json was rejected" in result.error["hint"]


@pytest.fixture
def keys(preflight: Run, emulator: Emulator) -> dict[str, str]:
    """``auth`` with permanent keys of the user who may see everything."""
    pair = {"access": "READERKEY00000000001", "secret": "fake-reader-secret-key"}
    emulator.seed(users=[{"name": "emulator-user", "access_keys": [pair]}])
    return {"access_key": pair["access"], "secret_key": pair["secret"], "auth_url": emulator.auth_url}


@pytest.mark.parametrize("form", ["credential", "access"])
@pytest.mark.parametrize("named", [False, True], ids=["project-id", "project-name"])
def test_keys_sign_everything_and_log_in_nowhere(
    preflight: Run, emulator: Emulator, keys: dict[str, str], form: str, named: bool
) -> None:
    emulator.configure(signature_forms=[form])
    project = {"project_name": "eu-de"} if named else {"project_id": emulator.project_id}
    options = {"auth": {**keys, **project}, "region_name": "eu-de", "signature_form": form, "temporary_keys": False}
    result = preflight.process(**options)
    assert statuses(result) == dict.fromkeys(ALL, "ok")
    assert result.data["ready"] is True
    assert result.iam == [
        *(["list_projects"] if named else []),
        *("show_catalogue", "list_domains", "list_agencies", "list_agency_roles"),
    ]
    assert all("X-Auth-Token" not in one["headers"] for one in result.log)
    assert keys["secret_key"] not in result.everything


def test_temporary_keys_sign_for_obs_with_their_token(preflight: Run, emulator: Emulator, keys: dict[str, str]) -> None:
    pair = {
        "access": "TEMPORARYKEY00000001",
        "secret": "fake-temporary-secret",
        "security_token": "fake-security-token",
    }
    emulator.seed(users=[{"name": "emulator-user", "access_keys": [{**pair, "life": 900}]}])
    auth = {"access_key": pair["access"], "secret_key": pair["secret"], "security_token": pair["security_token"]}
    result = preflight(auth={**keys, **auth, "project_id": emulator.project_id}, region_name="eu-de")
    assert statuses(result) == dict.fromkeys(ALL, "ok")


def test_keys_without_iam_omit_checks_that_need_it(preflight: Run, emulator: Emulator, keys: dict[str, str]) -> None:
    del keys["auth_url"]
    auth = {**keys, "project_id": emulator.project_id}
    places = {"endpoint_override": emulator.url, "obs_endpoint_override": emulator.url}
    result = preflight(auth=auth, region_name="eu-de", **places)
    assert statuses(result) == {
        "stream": "ok",
        "quota": "ok",
        "agency": "skipped",
        "obs_bucket": "ok",
        "dli_database": "unavailable",
        "dli_table": "unavailable",
    }
    assert {one["service"] for one in result.log} == {"dis", "obs"}


@pytest.mark.parametrize("operation", ["list_domains", "list_agencies", "list_databases"])
def test_signature_rejected_by_one_service_is_reported_only_there(
    preflight: Run, emulator: Emulator, keys: dict[str, str], operation: str
) -> None:
    emulator.fault("status", operation=operation, status=401, code="APIG.0301", times=0)
    result = preflight(auth={**keys, "project_id": emulator.project_id}, region_name="eu-de")
    place = {"list_domains": "agency", "list_agencies": "agency", "list_databases": "dli_database"}[operation]
    assert [name for name, status in statuses(result).items() if status != "ok"] == [place]
    assert finding(result, place)["status"] == "forbidden"
    assert "The keys are from auth.access_key in the options" in finding(result, place)["fix"]
    assert len(result.log) < 15


@pytest.fixture
def agency(preflight: Run, emulator: Emulator, auth: dict[str, str]) -> dict[str, str]:
    """``auth`` of a user who may use an agency of another account, where everything is."""
    emulator.seed(
        users=[{"name": "delegate", "password": "fake-delegate-password", "roles": ["te_agency"],
                "access_keys": [{"access": "DELEGATEKEY0001", "secret": "fake-delegate-secret"}]}],
        delegations=[{"name": "dis_operators", "domain": "parent-domain", "trusted": "emulator-domain",
                      "roles": READER["roles"]}],
        projects=[{"name": "eu-de_parent", "domain": "parent-domain", "streams": ["meters"],
                   "agencies": ["dis_admin_agency"], "dli_tables": ["telemetry.meter_raw"]}],
    )  # fmt: skip
    more = {"agency_name": "dis_operators", "agency_domain_name": "parent-domain", "project_name": "eu-de_parent"}
    return {**auth, "username": "delegate", "password": "fake-delegate-password", **more}


def test_agency_leads_to_the_account_beyond_it_with_one_more_login(preflight: Run, agency: dict[str, str]) -> None:
    result = preflight(auth=agency)
    assert statuses(result) == dict.fromkeys(ALL, "ok")
    assert result.iam[:5] == ["login", "login", "list_agencies", "login", "list_agencies"]
    assert result.iam.count("login") == 3


def test_keys_lead_to_the_account_beyond_an_agency(preflight: Run, emulator: Emulator, agency: dict[str, str]) -> None:
    pair = {"access_key": "DELEGATEKEY0001", "secret_key": "fake-delegate-secret"}
    auth = {name: value for name, value in agency.items() if name not in ("username", "password")}
    result = preflight(auth={**auth, **pair}, region_name="eu-de")
    assert statuses(result) == dict.fromkeys(ALL, "ok")
    assert result.iam[:5] == ["list_domains", "login", "list_agencies", "login", "list_agencies"]
    assert result.iam.count("login") == 2


def test_token_of_an_agency_that_was_kept_leads_to_no_account(
    preflight: Run, tmp_path: Path, agency: dict[str, str]
) -> None:
    options = {"auth": agency, "token_cache": str(tmp_path / "tokens.json")}
    assert statuses(preflight(**options)) == dict.fromkeys(ALL, "ok")
    result = preflight(**options)
    assert "A token without a password does not allow another login" in forbidden_agency(result)
    assert result.iam == ["check_token", "list_agencies", "create_temporary_keys"]


def test_stream_that_is_to_be_made_is_not_missing(preflight: Run) -> None:
    result = preflight(stream_name="soon", assume_stream=True)
    found = {"stream": "skipped", "partition_quota": "ok", "quota": "skipped"}
    assert statuses(result) == {**dict.fromkeys(ALL, "ok"), **found}
    assert result.data["ready"] is None
    assert statuses(preflight(assume_stream=True)) == dict.fromkeys(ALL, "ok")


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
