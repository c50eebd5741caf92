# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that look harmless: words for yes and no, secrets in other spellings, hosts that are none, half characters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import pytest

if TYPE_CHECKING:
    from conftest import Run, Seeded, Tls

    from otc_emulator.runner import Emulator

PASSWORD = 'fake/pass"word\\with %odd &chars+é ü'


def clouds(run: Run, entry: dict[str, Any]) -> None:
    (run.home / "clouds.yaml").write_text(json.dumps({"clouds": {"mine": entry}}))


# --- words that switch checks off, or do not ---


@pytest.mark.parametrize("word", ["enabled", "disabled", "none", "never", "2", "truee", "no, no"])
@pytest.mark.parametrize("name", ["verify", "insecure"])
def test_value_that_is_no_boolean_disables_nothing(
    run_tls: Run, tls: Tls, auth: dict[str, str], name: str, word: str
) -> None:
    entry = {"auth": {**auth, "auth_url": tls.emulator.auth_url}, name: word}
    clouds(run_tls, entry)
    for cloud, place in (("mine", 'in cloud "mine" in '), (entry, "in option cloud ")):
        result = run_tls(auth=None, cloud=cloud).bad()
        assert f"{name} {place}" in result.msg
        assert "must be a boolean" in result.msg
        assert (result.error["kind"], result.accepted) == ("invalid_options", 0)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("verify", "names a file that does not exist: /nowhere/ca.pem"),
        ("cacert", "names a file that does not exist: /nowhere/ca.pem"),
        ("cert", "names a file that does not exist: /nowhere/ca.pem"),
        ("insecure", "must be a boolean"),
    ],
)
def test_path_that_leads_nowhere_switches_nothing_off(
    run_tls: Run, tls: Tls, auth: dict[str, str], name: str, says: str
) -> None:
    entry = {"auth": {**auth, "auth_url": tls.emulator.auth_url}, name: "/nowhere/ca.pem"}
    clouds(run_tls, entry)
    for cloud, place in (("mine", 'in cloud "mine" in '), (entry, "in option cloud ")):
        result = run_tls(auth=None, cloud=cloud).bad()
        assert f"{name} {place}" in result.msg
        assert says in result.msg
        assert (result.error["kind"], result.accepted) == ("invalid_options", 0)


@pytest.mark.parametrize("word", ["true", "True", "YES", "on", "1", "y", "t", True])
@pytest.mark.parametrize("name", ["verify", "insecure"])
def test_words_for_yes_and_no_are_understood(run_tls: Run, tls: Tls, name: str, word: Any) -> None:
    opposite = {"true": "false", "True": "False", "YES": "NO", "on": "off", "1": "0", "y": "n", "t": "f", True: False}
    login = tls.emulator.login
    auth = {
        "auth_url": tls.emulator.auth_url,
        "username": login["user"],
        "password": login["password"],
        "user_domain_name": login["domain"],
        "project_name": login["project"],
    }
    off, on = (word, opposite[word]) if name == "insecure" else (opposite[word], word)
    clouds(run_tls, {"auth": auth, name: off})
    assert "not verified" in run_tls(auth=None, cloud="mine", state="absent").ok().warnings[0]
    clouds(run_tls, {"auth": auth, name: on})
    refused = run_tls(auth=None, cloud="mine").bad()
    assert (refused.error["kind"], refused.log) == ("unreachable", [])


def test_variable_that_is_no_boolean_disables_nothing(run: Run, auth: dict[str, str]) -> None:
    result = run(env={"OS_INSECURE": "enabled"}).bad()
    assert "OS_INSECURE in the environment must be a boolean" in result.msg
    assert result.log == []


# --- secrets in the spellings in which servers send them back ---

SPELLINGS = {
    "plain": PASSWORD,
    "quoted": quote(PASSWORD, safe=""),
    "quoted but slashes": quote(PASSWORD),
    "form": quote_plus(PASSWORD),
    "json": json.dumps(PASSWORD)[1:-1],
    "json without escapes": json.dumps(PASSWORD, ensure_ascii=False)[1:-1],
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("operation", ["login", "show_transfer_task", "create_transfer_task"])
def test_secret_is_hidden_in_every_spelling(
    run: Run, emulator: Emulator, auth: dict[str, str], operation: str, spelling: str
) -> None:
    emulator.seed(users=[{"name": "odd", "password": PASSWORD}])
    reported = f"see before:{SPELLINGS[spelling]}:after"
    body = {"errorCode": "DIS.4300", "message": reported}
    emulator.fault("status", operation=operation, status=400, body=body, times=0)
    start = run.process if spelling == "json" else run
    result = start(**{**run_needed(), "auth": {**auth, "username": "odd", "password": PASSWORD}}).bad()
    assert "before:********:after" in result.msg
    for one in SPELLINGS.values():
        assert one not in result.everything
        assert json.dumps(one)[1:-1] not in result.everything


def run_needed() -> dict[str, Any]:
    return {
        "agency_name": "dis_admin_agency",
        "dli_database_name": "telemetry",
        "dli_table_name": "meter_raw",
        "obs_bucket_path": "telemetry-staging",
    }


@pytest.mark.parametrize("secret", ["a", "e", "ab", "abc", "é"])
@pytest.mark.parametrize("place", ["auth", "cloud", "file", "environment"])
def test_secret_too_short_to_be_masked_is_rejected(run: Run, auth: dict[str, str], place: str, secret: str) -> None:
    login = {**auth, "password": secret}
    options: dict[str, Any] = {"auth": login} if place == "auth" else {"auth": None}
    env = {f"OS_{name.upper()}": value for name, value in login.items()} if place == "environment" else {}
    if place == "cloud":
        options["cloud"] = {"auth": login}
    elif place == "file":
        clouds(run, {"auth": login})
        options["cloud"] = "mine"
    result = run(env=env, **options).bad()
    assert result.log == []
    assert result.error["kind"] == "invalid_options"
    assert "password from" in result.msg
    assert "has fewer than 4 characters, so it cannot be masked in messages" in result.msg
    reported = result.data["invocation"]["module_args"]
    for holder in (reported["auth"], reported["cloud"]):
        assert not isinstance(holder, dict) or (holder.get("auth") or holder)["password"] == "********"


def test_blank_secret_is_none_and_masks_nothing(run: Run, auth: dict[str, str]) -> None:
    result = run(auth={**auth, "password": " ", "token": " "}).bad()
    assert "********" not in result.msg
    assert result.error["kind"] == "invalid_options"
    assert result.log == []


@pytest.mark.parametrize("length", [4, 5])
def test_secret_just_long_enough_is_masked(run: Run, emulator: Emulator, auth: dict[str, str], length: int) -> None:
    secret = "zq9x7"[:length]
    emulator.seed(users=[{"name": "brief", "password": secret}])
    emulator.fault("echo_secrets", times=0)
    result = run(auth={**auth, "username": "brief", "password": secret}).bad()
    assert secret not in result.everything
    assert "Invalid request" in result.msg


# --- what becomes of a resource that could not be replaced ---


@pytest.mark.parametrize("kind", ["status", "lost_before"])
def test_task_that_could_not_be_replaced_is_handed_back(run: Run, emulator: Emulator, tasks: Seeded, kind: str) -> None:
    tasks(deliver_time_interval=600, file_prefix="kept")
    refusal = {"status": 400, "code": "DIS.4335"} if kind == "status" else {}
    emulator.fault(kind, operation="create_transfer_task", times=0, **refusal)
    result = run(on_drift="recreate", deliver_time_interval=120, api_timeout=1).bad()
    assert "replacement contains the settings" in result.msg
    replacement = result.data["replacement"]
    assert (replacement["deliver_time_interval"], replacement["file_prefix"]) == (120, "kept")
    assert replacement["destination_type"] == "DLI"
    assert tasks.all == {}
    emulator.clear_faults()
    settings = {name: value for name, value in replacement.items() if name not in ("destination_type", "state")}
    assert run(**settings).ok().actions == ["create"]


def test_replacement_holds_no_password(run: Run, emulator: Emulator) -> None:
    secret = "fake-database-password"
    options = {
        "agency_name": "dis_admin_agency",
        "obs_bucket_path": "telemetry-staging",
        "dws_cluster_name": "c",
        "dws_cluster_id": "i",
        "dws_database_name": "d",
        "dws_schema": "s",
        "dws_table_name": "t",
        "dws_delimiter": ";",
        "user_name": "u",
        "user_password": secret,
        "kms_user_key_name": "k",
        "kms_user_key_id": "i",
    }
    dws = run.of("dws_transfer_task")
    dws(**options).ok()
    emulator.fault("status", operation="create_transfer_task", status=400, code="DIS.4350", times=0)
    result = dws(**options, dws_table_columns="a", on_drift="recreate").bad()
    assert result.data["replacement"]["dws_table_columns"] == "a"
    assert "user_password" not in result.data["replacement"]
    assert secret not in result.everything


def test_stream_that_could_not_be_replaced_is_handed_back(run_stream: Run, emulator: Emulator) -> None:
    run_stream(partition_count=2, tags={"team": "billing"}).ok()
    emulator.fault("status", operation="create_stream", status=400, code="DIS.4308", times=0)
    result = run_stream(compression_format="zip", on_drift="recreate").bad()
    replacement = result.data["replacement"]
    assert (replacement["partition_count"], replacement["compression_format"]) == (2, "zip")
    assert replacement["tags"] == {"team": "billing"}


def test_nothing_is_handed_back_where_nothing_is_gone(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks(deliver_time_interval=600)
    emulator.fault("status", operation="delete_transfer_task", status=403, code="DIS.4116", times=0)
    assert "replacement" not in run(on_drift="recreate", deliver_time_interval=120).bad().data


# --- the option cloud in other shapes ---


@pytest.mark.parametrize("cloud", [["mine"], [{"auth": {"password": "fake-list-secret"}}], 7, True], ids=str)
def test_cloud_that_is_neither_name_nor_dictionary_is_refused(run: Run, cloud: Any) -> None:
    result = run(auth=None, cloud=cloud)
    assert result.failed
    assert "fake-list-secret" not in result.everything
    assert result.log == []


@pytest.mark.parametrize("auth", ["text", ["list"], 7], ids=str)
def test_cloud_whose_auth_is_no_dictionary_is_refused(run: Run, auth: Any) -> None:
    result = run(auth=None, cloud={"auth": auth})
    assert result.failed
    assert result.log == []


@pytest.mark.parametrize("value", [5, 1.5, False, [None], [1, {"password": "obviously-fake-password"}]], ids=str)
def test_auth_that_is_no_dictionary_is_refused_in_words(run: Run, value: Any) -> None:
    for start in (run, run.process):
        result = start(auth=value)
        assert (result.failed, "dict" in result.msg, result.log) == (True, True, []), result.msg
        assert "bug" not in result.msg
        assert "obviously-fake-password" not in result.everything


@pytest.mark.parametrize(
    ("module", "option", "value"),
    [
        ("dli_transfer_task", "retry_duration", float("inf")),
        ("dli_transfer_task", "retry_duration", "inf"),
        ("dli_transfer_task", "deliver_time_interval", float("nan")),
        ("cloudtable_transfer_task", "cloudtable_schema", 7),
        ("cloudtable_transfer_task", "cloudtable_schema", {"row_key": [None]}),
        ("cloudtable_transfer_task", "cloudtable_schema", {"row_key": 7}),
        ("dws_transfer_task", "options", [None]),
        ("stream", "csv_properties", True),
    ],
)
def test_value_over_which_checks_would_stumble_is_refused_in_words(
    run: Run, module: str, option: str, value: Any
) -> None:
    names = {"stream_name": "meters", **({} if module == "stream" else {"task_name": "t"})}
    result = run.of(module, "actions", **names)(**{option: value})
    assert (result.failed, result.log) == (True, [])
    assert option in result.msg or "dict" in result.msg
    assert "bug" not in result.msg


def test_cloud_dictionary_may_have_a_profile(run: Run, auth: dict[str, str]) -> None:
    auth_url = auth.pop("auth_url")
    house = {"public-clouds": {"house": {"auth": {"auth_url": auth_url}}}}
    (run.home / "clouds-public.yaml").write_text(json.dumps(house))
    assert run(auth=None, state="absent", cloud={"profile": "house", "auth": auth}).ok().iam == ["login"]
    refused = run(auth=None, cloud={"profile": "mansion", "auth": auth}).bad()
    assert "mansion" in refused.msg
    assert refused.log == []


def test_cloud_dictionary_may_have_regions(run: Run, auth: dict[str, str]) -> None:
    cloud = {"auth": auth, "regions": ["eu-de", "eu-nl"]}
    assert run(auth=None, cloud=cloud, state="absent").ok().dis == ["show"]
    assert "eu-nl" in run(auth=None, cloud=cloud, region_name="eu-nl").bad().msg


# --- hosts that are none ---


@pytest.mark.parametrize(
    "host",
    [
        *("", ":443", ".", "..", "a..b", "*", "a b", "a\tb", "a%00b", "x" * 64 + ".example", "xn--\u00df.example"),
        *("[::1", "[nothing]", "example.com:0", "example.com:99999", "example.com:port", "user@", "\u2603" * 70),
    ],
)
@pytest.mark.parametrize("option", ["endpoint_override", "auth_url"])
def test_host_that_is_none_is_refused_in_words(run: Run, auth: dict[str, str], option: str, host: str) -> None:
    url = f"https://{host}/v3"
    options = {"auth": {**auth, "auth_url": url}} if option == "auth_url" else {"endpoint_override": url}
    result = run(**options, api_timeout=2).bad()
    assert result.error["kind"] in ("invalid_options", "unreachable")
    assert [one for one in result.log if one["service"] == "dis"] == []
    assert result.changed is False


# --- half characters ---

HALVES = ['"\\ud800"', '"\\udcff"', '"a\\udfffb"', '"\\ud800\\u0041"', '["\\ud800"]', '{"\\ud800": 1}']


@pytest.mark.parametrize("half", HALVES)
def test_half_characters_in_details_are_no_answer(run: Run, emulator: Emulator, half: str) -> None:
    body = f'{{"state": "RUNNING", "destination_type": "DLI", "dli_destination_description": {{}}, "task_id": {half}}}'
    emulator.fault("status", operation="show_transfer_task", status=200, body=body, times=0)
    result = (run.process if half == HALVES[0] else run)().bad()
    assert result.error["kind"] == "unexpected_response"
    assert "no JSON object" in result.msg


@pytest.mark.parametrize("half", HALVES[:4])
@pytest.mark.parametrize("operation", ["login", "show_transfer_task", "create_transfer_task"])
def test_half_characters_in_a_refusal_are_survived(run: Run, emulator: Emulator, operation: str, half: str) -> None:
    body = f'{{"errorCode": "DIS.4116", "message": {half}}}'
    emulator.fault("status", operation=operation, status=403, body=body, times=0)
    result = (run.process if half == HALVES[0] else run)(**run_needed()).bad()
    assert result.error["status"] == 403
    assert result.changed is False


def test_characters_outside_of_the_basic_plane_are_kept(run: Run, emulator: Emulator, tasks: Seeded) -> None:
    tasks(agency_name="\U0001f600")
    assert run.process().ok().task["agency_name"] == "\U0001f600"
