# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DIS operations of the emulator against the written contract."""

from __future__ import annotations

import re
import time

import pytest
from contract import Api, code, dli, obs

from otc_emulator.runner import Emulator

# --- create


def test_create_answers_201_with_an_empty_body(api: Api) -> None:
    answer = api.create()
    assert (answer.status_code, answer.content) == (201, b"")
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-Id"])


def test_created_task_has_an_id_of_19_characters_and_the_documented_defaults(api: Api) -> None:
    api.create()
    shown = api.show()
    assert re.fullmatch(r"[A-Za-z0-9]{19}", shown["task_id"])
    assert shown["dli_destination_description"] == {
        "agency_name": "dis_admin_agency",
        "deliver_time_interval": 300,
        "consumer_strategy": "LATEST",
        "dli_database_name": "telemetry",
        "dli_table_name": "meter_raw",
        "obs_bucket_path": "telemetry-staging",
        "retry_duration": 1800,
    }


@pytest.mark.parametrize("sent", ["900", 900])
def test_retry_duration_is_read_as_text_or_number_and_shown_as_number(api: Api, sent: object) -> None:
    assert api.create(retry_duration=sent).status_code == 201
    assert api.show()["dli_destination_description"]["retry_duration"] == 900


def test_unknown_members_are_let_through(api: Api) -> None:
    body = {**dli(invented="x"), "stream_name": "meters"}
    assert api.tasks("POST", json=body).status_code == 201


def test_names_of_dli_do_not_depend_on_case(api: Api) -> None:
    assert api.create(dli_database_name="Telemetry", dli_table_name="METER_RAW").status_code == 201
    assert api.show()["dli_destination_description"]["dli_table_name"] == "METER_RAW"


WRONG_BODIES = {
    "no type": ({"dli_destination_descriptor": dli()["dli_destination_descriptor"]}, "DIS.4300"),
    "odd type": ({**dli(), "destination_type": "NOWHERE"}, "DIS.4300"),
    "type is no text": ({**dli(), "destination_type": ["DLI"]}, "DIS.4300"),
    "no descriptor": ({"destination_type": "DLI"}, "DIS.4300"),
    "descriptor of another type": ({**obs(), "destination_type": "DLI"}, "DIS.4300"),
    "two descriptors": ({**obs(), **dli()}, "DIS.4300"),
    "descriptor is no object": ({"destination_type": "DLI", "dli_destination_descriptor": []}, "DIS.4300"),
    "misspelt descriptor": ({"destination_type": "DLI", "dli_destination_description": {}}, "DIS.4300"),
    "interval as text": (dli(deliver_time_interval="300"), "DIS.4300"),
    "interval as fraction": (dli(deliver_time_interval=300.5), "DIS.4300"),
    "number as name": (dli(dli_table_name=7), "DIS.4300"),
    "retry as word": (dli(retry_duration="soon"), "DIS.4300"),
    "interval 29": (dli(deliver_time_interval=29), "DIS.4200"),
    "interval 901": (dli(deliver_time_interval=901), "DIS.4200"),
    "retry 7201": (dli(retry_duration="7201"), "DIS.4200"),
    "strategy": (dli(consumer_strategy="EARLIEST"), "DIS.4200"),
    "task name empty": (dli(""), "DIS.4200"),
    "task name of 65": (dli("x" * 65), "DIS.4200"),
    "task name with dot": (dli("a.b"), "DIS.4200"),
    "task name with line end": (dli("ab\n"), "DIS.4200"),
    "agency blank": (dli(agency_name=" "), "DIS.4200"),
    "agency of 65": (dli(agency_name="x" * 65), "DIS.4200"),
    "table blank": (dli(dli_table_name=""), "DIS.4200"),
    "prefix with leading slash": (dli(file_prefix="/a"), "DIS.4200"),
    "prefix of 51": (dli(file_prefix="x" * 51), "DIS.4200"),
    "prefix with hyphen": (dli(file_prefix="a-b"), "DIS.4200"),
    **{
        f"no {member}": (dli(**{member: None}), "DIS.4300")
        for member in ("agency_name", "deliver_time_interval", "dli_database_name", "dli_table_name", "obs_bucket_path")
    },
    "no task_name": (
        {"destination_type": "DLI", "dli_destination_descriptor": {"agency_name": "dis_admin_agency"}},
        "DIS.4300",
    ),
}


@pytest.mark.parametrize(("body", "expected"), WRONG_BODIES.values(), ids=WRONG_BODIES)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_wrong_bodies_are_refused(api: Api, method: str, body: object, expected: str) -> None:
    answer = api.tasks(method, json=body)
    assert (answer.status_code, code(answer)) == (400, expected)


@pytest.mark.parametrize("tail", ["", "/action"])
def test_bodies_that_are_no_object(api: Api, tail: str) -> None:
    assert code(api.tasks("POST", tail)) == "DIS.4202"
    assert code(api.tasks("POST", tail, data=b"{")) == "DIS.4300"
    assert code(api.tasks("POST", tail, json=[1])) == "DIS.4300"
    assert code(api.tasks("POST", tail, data=b"[" * 200_000)) == "DIS.4300"
    assert code(api.tasks("POST", tail, data=b'{"destination_type": "\\ud800", "action": "\\ud800"}')) == "DIS.4300"


@pytest.mark.parametrize("interval", [30, 900])
@pytest.mark.parametrize("retry", ["0", "7200"])
def test_ends_of_ranges_are_accepted(api: Api, interval: int, retry: str) -> None:
    changes = {"file_prefix": "a_B/9" * 10, "consumer_strategy": "TRIM_HORIZON", "deliver_time_interval": interval}
    assert api.create("x" * 64, retry_duration=retry, **changes).status_code == 201


REFERENCES = {
    "agency": ({"agency_name": "nobody"}, "DIS.4335"),
    "bucket": ({"obs_bucket_path": "nothing"}, "DIS.4306"),
    "bucket access": ({"obs_bucket_path": "closed"}, "DIS.4310"),
    "database": ({"dli_database_name": "nothing"}, "DIS.4337"),
    "table": ({"dli_table_name": "nothing"}, "DIS.4338"),
    "table outside DLI": ({"dli_table_name": "outside"}, "DIS.4338"),
}


@pytest.mark.parametrize(("changes", "expected"), REFERENCES.values(), ids=REFERENCES)
def test_references_of_a_task_must_exist(emulator: Emulator, api: Api, changes: dict, expected: str) -> None:
    emulator.seed(buckets=[{"name": "closed", "accessible": False}], dli_tables=["telemetry.outside:EXTERNAL"])
    assert code(api.create(**changes)) == expected
    assert api.create().status_code == 201
    assert code(api.tasks("PUT", json=dli(**changes))) == expected
    assert emulator.tasks("meters")["one"]["updates"] == 0


def test_five_tasks_of_all_types_are_the_limit(api: Api) -> None:
    for number in range(4):
        assert api.create(f"t{number}").status_code == 201
    assert api.tasks("POST", json=obs("t4")).status_code == 201
    assert code(api.create("t5")) == "DIS.4357"
    assert api.tasks("DELETE", "/t0").status_code == 204
    assert api.create("t5").status_code == 201


def test_a_name_can_be_used_once_per_stream_over_all_types(emulator: Emulator, api: Api) -> None:
    emulator.seed(streams=["other"])
    assert api.tasks("POST", json=obs()).status_code == 201
    assert code(api.create()) == "DIS.4355"
    assert api.create("ONE").status_code == 201
    assert api.create(stream="other").status_code == 201


def test_checks_come_in_the_documented_order(emulator: Emulator, api: Api) -> None:
    """Everything is wrong at first; each step repairs what the answer named."""
    emulator.configure(task_quota=1)
    emulator.seed(streams=[{"name": "busy", "status": "CREATING", "tasks": ["one"]}])
    path = "/streams/busy/transfer-tasks"
    token, project = api.session.headers["X-Auth-Token"], emulator.project_id
    bad = {"deliver_time_interval": 1, "agency_name": "a", "obs_bucket_path": "b", "dli_database_name": "d"}

    def ask(where: str, body: object, **headers: str) -> str:
        return code(api.send("POST", where, json=body, headers=headers))

    wrong = {"destination_type": "DLI"}
    assert ask("/v2/strange/streams/nix/transfer-tasks", wrong, **{"X-Auth-Token": ""}) == "DIS.4113"
    assert ask("/v2/strange/streams/nix/transfer-tasks", wrong, **{"X-Auth-Token": "bad"}) == "DIS.4114"
    assert ask("/v2/strange/streams/nix/transfer-tasks", wrong, **{"X-Auth-Token": str(token)}) == "DIS.4117"
    assert ask(f"/v2/{project}/streams/nix/transfer-tasks", wrong) == "DIS.4301"
    assert ask(f"/v2/{project}{path}", wrong) == "DIS.4205"
    emulator.patch_stream("busy", status="RUNNING")
    assert ask(f"/v2/{project}{path}", wrong) == "DIS.4300"
    assert ask(f"/v2/{project}{path}", dli(**bad)) == "DIS.4200"
    bad["deliver_time_interval"] = 60
    assert ask(f"/v2/{project}{path}", dli(**bad)) == "DIS.4357"
    emulator.configure(task_quota=5)
    assert ask(f"/v2/{project}{path}", dli(**bad)) == "DIS.4355"
    for member, expected in (
        ("agency_name", "DIS.4335"),
        ("obs_bucket_path", "DIS.4306"),
        ("dli_database_name", "DIS.4337"),
    ):
        assert ask(f"/v2/{project}{path}", dli("two", dli_table_name="t", **bad)) == expected
        del bad[member]
    assert ask(f"/v2/{project}{path}", dli("two", dli_table_name="t", **bad)) == "DIS.4338"
    assert api.create("two", stream="busy").status_code == 201


def test_tokens_are_refused_with_441_and_a_missing_role_with_403(emulator: Emulator, api: Api) -> None:
    emulator.seed(users=[{"name": "guest", "roles": ["readonly"]}])
    for token, status in (("", 441), ("bad", 441), (emulator.mint_token(user="guest"), 403)):
        answer = api.tasks("GET", headers={"X-Auth-Token": token})
        assert answer.status_code == status
    assert code(answer) == "DIS.4116"
    domain_token = emulator.mint_token(scoped=False)
    assert code(api.tasks("GET", headers={"X-Auth-Token": domain_token})) == "DIS.4117"


def test_a_region_can_refuse_a_destination_type(emulator: Emulator, api: Api) -> None:
    emulator.configure(offered_destinations=["OBS"])
    assert code(api.create()) == "DIS.4300"
    assert api.tasks("POST", json=obs()).status_code == 201


# --- list and show


def test_list_shows_every_task_in_the_order_of_names(emulator: Emulator, api: Api) -> None:
    assert api.tasks("GET").json() == {"total_number": 0, "tasks": []}
    for name in ("b", "a"):
        api.create(name)
    body = api.tasks("GET").json()
    assert body["total_number"] == 2
    assert [task["task_name"] for task in body["tasks"]] == ["a", "b"]
    assert set(body["tasks"][0]) == {"task_id", "task_name", "destination_type", "state", "create_time"}
    emulator.configure(quota_in_list=True)
    assert api.tasks("GET").json()["quota"] == 5


def test_list_can_be_read_in_pages(api: Api) -> None:
    for name in "abc":
        api.create(name)
    first = api.tasks("GET", params={"limit": "2"}).json()
    rest = api.tasks("GET", params={"limit": "2", "start_task_name": "b"}).json()
    assert [[task["task_name"] for task in page["tasks"]] for page in (first, rest)] == [["a", "b"], ["c"]]
    assert first["total_number"] == rest["total_number"] == 3
    assert code(api.tasks("GET", params={"limit": "0"})) == "DIS.4200"
    assert code(api.tasks("GET", params={"limit": "x"})) == "DIS.4200"


def test_details_have_the_members_of_real_answers(api: Api) -> None:
    api.create()
    shown = api.show()
    assert set(shown) == {
        "stream_id",
        "streamId",
        "stream_name",
        "task_name",
        "task_id",
        "destination_type",
        "state",
        "exception_strategy",
        "create_time",
        "dli_destination_description",
        "partitions",
    }
    assert shown["stream_id"] == shown["streamId"]
    assert shown["partitions"] == [
        {"partitionId": "shardId-0000000000", "state": "RUNNING", "discard": 0, "last_transfer_offset": 0}
    ]
    assert abs(shown["create_time"] / 1000 - time.time()) < 60


def test_details_of_another_type_have_another_block(api: Api) -> None:
    api.tasks("POST", json=obs(partition_format="yyyy/MM", record_delimiter="\n", processing_schema={}))
    block = api.show()["obs_destination_description"]
    assert block["retry_duration"] == 0
    assert block["record_delimiter"] == "\n"
    assert "processing_schema" not in block
    assert "dli_table_name" not in block


def test_show_of_an_unknown_task_is_400_with_its_own_code(api: Api) -> None:
    answer = api.tasks("GET", "/nix")
    assert (answer.status_code, code(answer)) == (400, "DIS.4354")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_reading_and_deleting_do_not_need_a_running_stream(emulator: Emulator, api: Api, method: str) -> None:
    emulator.seed(streams=[{"name": "frozen", "status": "FROZEN", "tasks": ["one"]}])
    assert api.tasks(method, "/one", "frozen").status_code in (200, 204)
    assert code(api.act("stop", "x", stream="frozen")) == "DIS.4205"
    assert code(api.tasks("PUT", stream="frozen", json=dli())) == "DIS.4205"


@pytest.mark.parametrize(
    ("method", "tail"),
    [("GET", ""), ("GET", "/one"), ("POST", ""), ("PUT", ""), ("DELETE", "/one"), ("POST", "/action")],
)
def test_every_operation_knows_a_missing_stream_and_trailing_slashes(api: Api, method: str, tail: str) -> None:
    for slash in ("", "/"):
        assert code(api.tasks(method, tail + slash, "nix", json={})) == "DIS.4301"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2"),
        ("PATCH", "/v2/p/streams"),
        ("POST", "/v2/p/streams/s/transfer-tasks/one"),
        ("GET", "/v9/x"),
        ("GET", "/"),
    ],
)
def test_unknown_urls_are_refused_by_the_gateway(api: Api, method: str, path: str) -> None:
    answer = api.send(method, path)
    assert answer.status_code == 404
    assert answer.json()["error_code"] == "APIG.0101"
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]


def test_names_are_decoded_before_they_are_looked_up(api: Api) -> None:
    api.create()
    assert api.tasks("GET", "/%6Fne").status_code == 200
    assert code(api.tasks("GET", "/..%2Fone")) == "DIS.4354"


# --- states


def test_a_task_starts_automatically_after_the_delay(emulator: Emulator, api: Api) -> None:
    emulator.configure(start_delay=0.4)
    api.create()
    assert api.state_of() == "STARTING"
    assert api.show()["partitions"][0]["state"] == "STARTING"
    time.sleep(0.5)
    assert api.state_of() == "RUNNING"


def test_stop_and_start_by_id(emulator: Emulator, api: Api) -> None:
    api.create()
    task_id = api.show()["task_id"]
    for action, state in (("stop", "PAUSED"), ("stop", "PAUSED"), ("start", "RUNNING"), ("start", "RUNNING")):
        answer = api.act(action, task_id)
        assert (answer.status_code, answer.content) == (200, b"")
        assert api.state_of() == state
    emulator.configure(start_delay=60, stop_delay=60)
    api.act("stop", task_id)
    assert api.state_of() == "RUNNING"
    api.act("start", task_id)
    assert api.state_of() == "STARTING"


def test_an_action_on_an_unknown_id_changes_nothing(api: Api) -> None:
    api.create()
    assert code(api.act("stop", api.show()["task_id"], "x" * 19)) == "DIS.4354"
    assert code(api.act("stop", api.show()["task_id"].swapcase())) == "DIS.4354"
    assert api.state_of() == "RUNNING"


@pytest.mark.parametrize(
    "body",
    [
        {"action": "pause", "tasks": [{"id": "x"}]},
        {"action": "stop"},
        {"action": "stop", "tasks": []},
        {"action": "stop", "tasks": [{"task_id": "x"}]},
        {"action": "stop", "tasks": [{"id": 7}]},
    ],
)
def test_wrong_actions_are_refused(api: Api, body: object) -> None:
    assert code(api.tasks("POST", "/action", json=body)) == "DIS.4300"


@pytest.mark.parametrize("state", ["ABNORMAL", "ERROR", "STARTING", "PAUSED"])
def test_states_can_be_injected_and_left_again(emulator: Emulator, api: Api, state: str) -> None:
    api.create()
    emulator.patch_task("meters", "one", state=state)
    assert api.state_of() == state
    task_id = api.show()["task_id"]
    api.act("stop", task_id)
    api.act("start", task_id)
    assert api.state_of() == "RUNNING"
    emulator.patch_task("meters", "one", state=state, then_state="RUNNING", then_after=0.3)
    assert api.state_of() == state
    time.sleep(0.4)
    assert api.state_of() == "RUNNING"


@pytest.mark.parametrize("result", ["STARTING", "ABNORMAL", "ERROR"])
def test_starts_can_be_made_to_fail(emulator: Emulator, api: Api, result: str) -> None:
    emulator.configure(start_result=result)
    api.create()
    assert api.state_of() == result


def test_delete_is_immediate_unless_a_delay_is_set(emulator: Emulator, api: Api) -> None:
    api.create()
    answer = api.tasks("DELETE", "/one")
    assert (answer.status_code, answer.content) == (204, b"")
    assert code(api.tasks("DELETE", "/one")) == "DIS.4354"
    emulator.configure(delete_delay=0.4)
    api.create()
    task_id = api.show()["task_id"]
    assert api.tasks("DELETE", "/one").status_code == 204
    assert api.state_of() == "DELETE"
    assert code(api.tasks("DELETE", "/one")) == "DIS.4354"
    assert code(api.tasks("PUT", json=dli())) == "DIS.4354"
    assert code(api.act("start", task_id)) == "DIS.4354"
    time.sleep(0.5)
    assert code(api.tasks("GET", "/one")) == "DIS.4354"


# --- update


def test_update_replaces_all_settings_and_nothing_else(api: Api) -> None:
    api.create(retry_duration="60", file_prefix="a")
    before = api.show()
    answer = api.tasks("PUT", json=dli(deliver_time_interval=60))
    assert (answer.status_code, answer.content) == (200, b"")
    after = api.show()
    block = after.pop("dli_destination_description")
    del before["dli_destination_description"]
    assert after == before
    assert (block["deliver_time_interval"], block["retry_duration"], "file_prefix" in block) == (60, 1800, False)


def test_update_of_an_unknown_task_or_with_another_type_is_refused(api: Api) -> None:
    assert code(api.tasks("PUT", json=dli())) == "DIS.4354"
    api.create()
    assert code(api.tasks("PUT", json=obs())) == "DIS.4300"


def test_a_region_can_lack_the_update_operation(emulator: Emulator, api: Api) -> None:
    emulator.configure(update_enabled=False)
    api.create()
    answer = api.tasks("PUT", json=dli(deliver_time_interval=60))
    assert (answer.status_code, answer.json()["error_code"]) == (404, "APIG.0101")


# --- what is shipped


def test_deleting_and_creating_with_latest_leaves_a_gap(emulator: Emulator, api: Api) -> None:
    emulator.patch_stream("meters", latest_offset=100)
    api.create()
    emulator.patch_stream("meters", latest_offset=200, transferable_offset=150)
    assert api.show()["partitions"][0]["last_transfer_offset"] == 150
    api.tasks("DELETE", "/one")
    api.create()
    emulator.patch_stream("meters", latest_offset=300, transferable_offset=None)
    assert api.show()["partitions"][0]["last_transfer_offset"] == 300
    assert [(one["first"], one["end"]) for one in emulator.stream("meters")["shipments"]] == [(100, 150), (200, 300)]


def test_deleting_and_creating_with_trim_horizon_ships_twice(emulator: Emulator, api: Api) -> None:
    emulator.patch_stream("meters", earliest_offset=40, latest_offset=100)
    for _turn in range(2):
        api.create(consumer_strategy="TRIM_HORIZON")
        assert api.show()["partitions"][0]["last_transfer_offset"] == 100
        api.tasks("DELETE", "/one")
    assert [(one["first"], one["end"]) for one in emulator.stream("meters")["shipments"]] == [(40, 100), (40, 100)]


def test_a_pause_and_an_update_keep_the_position(emulator: Emulator, api: Api) -> None:
    api.create()
    task_id = api.show()["task_id"]
    api.act("stop", task_id)
    emulator.patch_stream("meters", latest_offset=50)
    assert api.show()["partitions"][0]["last_transfer_offset"] == 0
    api.tasks("PUT", json=dli(consumer_strategy="TRIM_HORIZON"))
    api.act("start", task_id)
    shown = api.show()
    assert shown["partitions"][0]["last_transfer_offset"] == 50
    assert abs(shown["last_transfer_timestamp"] / 1000 - time.time()) < 60
    assert [(one["first"], one["end"]) for one in emulator.stream("meters")["shipments"]] == [(0, 50)]


# --- shapes of answers


def test_switch_hides_names_ids_and_retries(emulator: Emulator, api: Api) -> None:
    api.create()
    emulator.configure(
        hide_dli_names=True,
        no_task_id_in_list=True,
        no_task_id_in_details=True,
        omit_retry_duration=True,
        hidden_members=["agency_name"],
    )
    assert "task_id" not in api.tasks("GET").json()["tasks"][0]
    shown = api.show()
    assert "task_id" not in shown
    assert set(shown["dli_destination_description"]) == {
        "deliver_time_interval",
        "consumer_strategy",
        "obs_bucket_path",
    }


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (True, "dli_destination_descripton"),
        ("descripton", "dli_destination_descripton"),
        ("descriptor", "dli_destination_descriptor"),
        (False, "dli_destination_description"),
    ],
)
def test_switch_spells_the_block_differently(emulator: Emulator, api: Api, value: object, key: str) -> None:
    api.create()
    emulator.configure(misspelt_blocks=value)
    assert [name for name in api.show() if "destination_desc" in name] == [key]


def test_switch_chooses_how_empty_members_look(emulator: Emulator, api: Api) -> None:
    api.create("blank", file_prefix="")
    api.create("unset")

    def prefixes() -> list[object]:
        return [api.show(name)["dli_destination_description"].get("file_prefix") for name in ("blank", "unset")]

    assert prefixes() == ["", None]
    emulator.configure(omit_empty=True)
    assert prefixes() == [None, None]
    emulator.configure(omit_empty=False, empty_as_blank=True)
    assert prefixes() == ["", ""]


def test_switch_shows_partitions_as_in_the_schema_tables(emulator: Emulator, api: Api) -> None:
    emulator.seed(streams=[{"name": "wide", "partition_count": 2}])
    api.create(stream="wide")
    emulator.configure(partition_shape="table")
    first, second = api.show(stream="wide")["partitions"]
    assert set(first) == {"partition_id", "status", "hash_range", "sequence_number_range", "parent_partitions"}
    assert second["hash_range"] == "[4611686018427387903 : 9223372036854775807]"


@pytest.mark.parametrize(
    ("shape", "members"),
    [
        ("dis", {"errorCode", "message"}),
        ("reference", {"error_code", "error_msg"}),
        ("gateway", {"error_code", "error_msg", "request_id"}),
        ("nested", {"error"}),
    ],
)
def test_switch_chooses_the_shape_of_errors(emulator: Emulator, api: Api, shape: str, members: set[str]) -> None:
    emulator.configure(error_shape=shape)
    answer = api.tasks("GET", "/nix")
    assert (answer.status_code, set(answer.json())) == (400, members)
    assert "DIS.4354" in answer.text


# --- streams


def test_streams_are_created_listed_shown_and_deleted(api: Api) -> None:
    body = {"stream_name": "fresh", "partition_count": 2, "data_type": "JSON", "csv_properties": {}}
    answer = api.dis("POST", "/streams", json=body)
    assert (answer.status_code, answer.content) == (201, b"")
    assert code(api.dis("POST", "/streams", json=body)) == "DIS.4307"
    shown = api.dis("GET", "/streams/fresh").json()
    assert (shown["status"], shown["writable_partition_count"], len(shown["partitions"])) == ("RUNNING", 2, 2)
    assert shown["retention_period"] == 24
    listed = api.dis("GET", "/streams").json()
    assert (listed["total_number"], listed["stream_names"]) == (2, ["fresh", "meters"])
    assert listed["stream_info_list"][0]["partition_count"] == 2
    page = api.dis("GET", "/streams", params={"limit": 1}).json()
    assert (page["stream_names"], page["has_more_streams"]) == (["fresh"], True)
    page = api.dis("GET", "/streams", params={"limit": 1, "start_stream_name": "fresh"}).json()
    assert (page["stream_names"], page["has_more_streams"]) == (["meters"], False)
    paged = api.dis("GET", "/streams/fresh", params={"limit_partitions": 1}).json()
    assert (len(paged["partitions"]), paged["has_more_partitions"]) == (1, True)
    assert api.dis("DELETE", "/streams/fresh").status_code == 204
    assert code(api.dis("GET", "/streams/fresh")) == "DIS.4301"
    assert code(api.dis("DELETE", "/streams/fresh")) == "DIS.4301"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"stream_name": "a.b"}, "DIS.4200"),
        ({"stream_name": None}, "DIS.4300"),
        ({"partition_count": 0}, "DIS.4200"),
        ({"partition_count": "1"}, "DIS.4300"),
        ({"stream_type": "BIG"}, "DIS.4200"),
        ({"data_duration": 12}, "DIS.4200"),
        ({"tags": [{"key": str(number), "value": "x"} for number in range(11)]}, "DIS.4601"),
        ({"data_schema": "{"}, "DIS.4360"),
        ({"partition_count": 50}, "DIS.4308"),
        ({"stream_type": "ADVANCED", "partition_count": 11}, "DIS.4308"),
    ],
)
def test_wrong_streams_are_refused(api: Api, changes: dict, expected: str) -> None:
    body = {"stream_name": "fresh", "partition_count": 1, **changes}
    answer = api.dis("POST", "/streams", json={key: value for key, value in body.items() if value is not None})
    assert (answer.status_code, code(answer)) == (400, expected)


def test_streams_are_delayed_if_configured(emulator: Emulator, api: Api) -> None:
    emulator.configure(stream_create_delay=0.4, stream_delete_delay=0.4)
    api.dis("POST", "/streams", json={"stream_name": "fresh", "partition_count": 1, "data_type": "JSON"})
    assert api.dis("GET", "/streams/fresh").json()["status"] == "CREATING"
    assert code(api.create(stream="fresh")) == "DIS.4205"
    time.sleep(0.5)
    assert api.create(stream="fresh").status_code == 201
    api.dis("DELETE", "/streams/fresh")
    assert api.dis("GET", "/streams/fresh").json()["status"] == "TERMINATING"
    assert api.tasks("GET", stream="fresh").json()["total_number"] == 0
    time.sleep(0.5)
    assert code(api.dis("GET", "/streams/fresh")) == "DIS.4301"


def test_projects_do_not_see_each_other(emulator: Emulator, api: Api) -> None:
    emulator.seed(projects=[{"name": "eu-de_other", "streams": ["meters"]}])
    token = emulator.mint_token(project="eu-de_other")
    other = next(one for one in emulator.state()["projects"].values() if one["name"] == "eu-de_other")
    api.create()
    path = f"/v2/{other['id']}/streams/meters/transfer-tasks"
    assert api.send("GET", path, headers={"X-Auth-Token": token}).json()["total_number"] == 0
    assert code(api.send("GET", path)) == "DIS.4117"
    assert code(api.tasks("GET", headers={"X-Auth-Token": token})) == "DIS.4117"
    assert code(api.send("POST", path, json=dli(), headers={"X-Auth-Token": token})) == "DIS.4335"


def test_log_of_a_task_is_paged_and_sorted(emulator: Emulator, api: Api) -> None:
    api.create()
    task_id, path = api.show()["task_id"], "/v1/transfertasklog/"
    entries = [{"createTimeStr": one, "records": 1} for one in "abc"]
    emulator.patch_task("meters", "one", log=entries)
    everything = api.send("POST", path + task_id, json={}).json()
    assert everything == {
        "totalNum": 3,
        "message": None,
        "errorCode": None,
        "transferTaskLogList": entries[::-1],
    }
    page = {"order": "asc", "pageInfo": {"pageIndex": 2, "pageTotal": 2}}
    assert api.send("POST", path + task_id, json=page).json()["transferTaskLogList"] == entries[2:]
    assert code(api.send("POST", path + "other", json={})) == "DIS.4354"
    assert code(api.send("POST", path + task_id, json={"pageInfo": {"pageIndex": 0, "pageTotal": 2}})) == "DIS.4200"
    emulator.configure(task_log_enabled=False)
    assert api.send("POST", path + task_id, json={}).json()["error_code"] == "APIG.0101"
