# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault at least once, and the bookkeeping of rules."""

from __future__ import annotations

import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime

import pytest
import requests
from contract import Api, code, dli

from otc_emulator.runner import Emulator, EmulatorError

LOST = requests.exceptions.ConnectionError


def exists(emulator: Emulator) -> bool:
    return "one" in emulator.tasks("meters")


# --- statuses and throttling


def test_status_answers_without_carrying_out_once(emulator: Emulator, api: Api) -> None:
    emulator.fault("status", "create_transfer_task", status=503, retry_after=7, headers={"X-Odd": "yes"})
    answer = api.create()
    assert (answer.status_code, code(answer)) == (503, "DIS.5000")
    assert (answer.headers["Retry-After"], answer.headers["X-Odd"]) == ("7", "yes")
    assert not exists(emulator)
    assert api.create().status_code == 201


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"status": 400, "code": "DIS.4309", "message": "blocked"}, '{"errorCode":"DIS.4309","message":"blocked"}'),
        ({"status": 500, "body": ""}, ""),
        ({"status": 500, "body": "plain words"}, "plain words"),
        ({"status": 500, "body": {"code": "X", "message": "y"}}, '{"code":"X","message":"y"}'),
    ],
)
def test_status_with_a_body_of_ones_own(emulator: Emulator, api: Api, params: dict, text: str) -> None:
    emulator.fault("status", **params)
    assert api.tasks("GET").text == text


def test_each_third_request_behind_those_let_pass_is_hit(emulator: Emulator, api: Api) -> None:
    emulator.fault("status", "list_transfer_tasks", status=503, skip=1, every=3, times=2)
    statuses = [api.tasks("GET").status_code for _turn in range(11)]
    assert [number for number, status in enumerate(statuses) if status == 503] == [3, 6]
    assert (emulator.faults()[0]["hits"], emulator.faults()[0]["every"]) == (2, 3)


def test_status_of_the_gateway_and_of_iam_have_their_shapes(emulator: Emulator, api: Api) -> None:
    emulator.fault("status", status=401)
    assert api.tasks("GET").json()["error_code"] == "APIG.0301"
    emulator.fault("status", "login", status=500, message="later")
    body = requests.post(emulator.auth_url + "/auth/tokens", json={}, timeout=10).json()
    assert body["error"] == {"message": "later", "code": 500, "title": "Error"}


def test_throttling_by_the_gateway(emulator: Emulator, api: Api) -> None:
    emulator.fault("throttle_429", retry_after=3)
    emulator.fault("throttle_429", retry_after=60, as_date=True)
    emulator.fault("throttle_429", retry_after=None)
    first, second, third = (api.tasks("GET") for _turn in range(3))
    assert (first.status_code, first.headers["Retry-After"]) == (429, "3")
    assert first.json()["error_code"] == "APIG.0308"
    assert 50 < parsedate_to_datetime(second.headers["Retry-After"]).timestamp() - time.time() < 70
    assert "Retry-After" not in third.headers


@pytest.mark.parametrize("which", ["DIS.4303", "DIS.4305"])
def test_throttling_by_dis(emulator: Emulator, api: Api, which: str) -> None:
    emulator.fault("throttle_dis", code=which)
    answer = api.tasks("GET")
    assert (answer.status_code, code(answer)) == (400, which)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_error_after_has_carried_out(emulator: Emulator, api: Api, status: int) -> None:
    emulator.fault("error_after", "create_transfer_task", status=status)
    assert api.create().status_code == status
    assert exists(emulator)


# --- broken connections


@pytest.mark.parametrize(("kind", "done"), [("lost_before", False), ("reset", False), ("lost_after", True)])
def test_lost_answers(emulator: Emulator, api: Api, kind: str, done: bool) -> None:
    emulator.fault(kind, "create_transfer_task")
    with pytest.raises(LOST):
        api.create()
    assert exists(emulator) is done
    entry = emulator.log(operation="create_transfer_task")[0]
    assert (entry["status"], entry["carried_out"], entry["fault"]) == (None, done, kind)
    assert api.tasks("GET").status_code == 200


def test_a_reset_is_detected(emulator: Emulator) -> None:
    emulator.fault("reset")
    host, port = emulator.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as sock:
        sock.sendall(b"GET /v3 HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            sock.recv(100)


@pytest.mark.parametrize("commit", [True, False])
def test_hang_never_answers(emulator: Emulator, api: Api, commit: bool) -> None:
    emulator.fault("hang", "create_transfer_task", commit=commit)
    with pytest.raises(requests.exceptions.ReadTimeout):
        api.tasks("POST", json=dli(), timeout=0.3)
    assert exists(emulator) is commit
    api.session.close()
    deadline = time.time() + 5
    while emulator.state()["requests"]["in_progress"] and time.time() < deadline:
        time.sleep(0.02)
    assert emulator.state()["requests"]["in_progress"] == 0


def test_hang_is_bounded(emulator: Emulator, api: Api) -> None:
    emulator.fault("hang", seconds=0.2)
    with pytest.raises(LOST):
        api.tasks("GET")


def test_slow_carries_out_later_even_if_the_client_has_left(emulator: Emulator, api: Api) -> None:
    emulator.fault("slow", "create_transfer_task", seconds=0.5)
    with pytest.raises(requests.exceptions.ReadTimeout):
        api.tasks("POST", json=dli(), timeout=0.2)
    assert not exists(emulator)
    time.sleep(0.5)
    assert exists(emulator)


def test_slow_body_comes_in_pieces(emulator: Emulator, api: Api) -> None:
    emulator.fault("slow_body", seconds=0.4)
    began = time.monotonic()
    assert api.tasks("GET").json() == {"total_number": 0, "tasks": []}
    assert time.monotonic() - began >= 0.35


@pytest.mark.parametrize("part", ["continue", "status_line", "headers", "body", "trailers"])
def test_each_part_of_a_response_can_drip(emulator: Emulator, api: Api, part: str) -> None:
    emulator.fault("drip", part=part, seconds=0.3)
    began = time.monotonic()
    answer = api.create()
    assert time.monotonic() - began >= 0.25
    assert (answer.status_code, answer.text.strip()) == (201, "")
    assert exists(emulator)
    emulator.fault("drip", part=part, seconds=0.3)
    assert api.tasks("GET").json()["total_number"] == 1


def test_drip_reaches_a_client_piece_by_piece(emulator: Emulator, api: Api) -> None:
    """Each piece comes within the timeout of one read, so that only a deadline ends it."""
    emulator.fault("drip", part="headers", seconds=0.6)
    assert api.tasks("GET", timeout=0.3).status_code == 200


def test_drip_ends_when_the_client_leaves(emulator: Emulator) -> None:
    emulator.fault("drip", part="body", seconds=60)
    with socket.create_connection(("127.0.0.1", int(emulator.url.rpartition(":")[2])), 5) as client:
        client.sendall(b"GET /v3 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 ")
    until = time.monotonic() + 5
    while emulator.log()[-1]["seconds"] is None and time.monotonic() < until:
        time.sleep(0.05)
    assert emulator.log()[-1]["seconds"] < 5


@pytest.mark.parametrize("operation", ["list_transfer_tasks", "create_transfer_task"])
def test_cut_body_announces_more_than_it_sends(emulator: Emulator, api: Api, operation: str) -> None:
    emulator.fault("cut_body", operation)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        api.tasks("GET") if operation.startswith("list") else api.create()
    assert exists(emulator) is operation.startswith("create")


# --- odd bodies


def test_html_before_and_after(emulator: Emulator, api: Api) -> None:
    emulator.fault("html", "create_transfer_task", status=502)
    answer = api.create()
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")
    assert not exists(emulator)
    emulator.fault("html_after", "create_transfer_task", status=200)
    assert api.create().text.startswith("<!DOCTYPE html>")
    assert exists(emulator)


def test_huge_body(emulator: Emulator, api: Api) -> None:
    emulator.fault("huge_body", megabytes=20)
    with api.tasks("GET") as answer:
        assert answer.status_code == 200
        assert len(answer.content) == int(answer.headers["Content-Length"]) > 20 * 1024 * 1024


def test_a_client_may_leave_in_the_middle_of_a_huge_body(emulator: Emulator, api: Api) -> None:
    emulator.fault("huge_body", megabytes=64)
    answer = requests.get(emulator.auth_url, stream=True, timeout=10)
    answer.raw.read(1000)
    answer.close()
    assert api.tasks("GET").status_code == 200


def test_not_json_and_wrong_json(emulator: Emulator, api: Api) -> None:
    emulator.fault("not_json", "create_transfer_task")
    answer = api.create()
    assert answer.status_code == 201
    assert exists(emulator)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()
    emulator.fault("wrong_json")
    emulator.fault("wrong_json", body=None)
    emulator.fault("wrong_json", body=7, status=500)
    assert [api.tasks("GET").json() for _turn in range(3)] == [[], None, 7]


def test_short_list_keeps_its_count(emulator: Emulator, api: Api) -> None:
    api.create()
    emulator.fault("short_list", "list_transfer_tasks")
    emulator.fault("short_list", "list_transfer_tasks", keep=1, copies=2)
    reported = [api.tasks("GET").json() for _turn in range(3)]
    assert [len(one["tasks"]) for one in reported] == [0, 2, 1]
    assert {one["total_number"] for one in reported} == {1}


def test_altered_body_has_other_members(emulator: Emulator, api: Api) -> None:
    api.create()
    true = api.show()
    emulator.fault("altered_body", "show_transfer_task", members={"task_name": "other", "app_name": "other"})
    emulator.fault("altered_body", "show_transfer_task", members={"file_prefix": 7, "new": 1}, block=True, add=True)
    assert api.show() == {**true, "task_name": "other"}
    block = "dli_destination_description"
    assert api.show() == {**true, block: {**true[block], "file_prefix": 7, "new": 1}}
    assert api.show() == true


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_leave_a_trace_if_followed(emulator: Emulator, api: Api, status: int) -> None:
    emulator.fault("redirect", "create_transfer_task", status=status)
    answer = api.create()
    assert (answer.status_code, answer.headers["Location"]) == (status, "/redirected")
    assert not exists(emulator)
    api.tasks("GET", allow_redirects=True)
    assert [one["path"] for one in emulator.log() if one["path"] == "/redirected"] == []
    emulator.fault("redirect", location=emulator.url + "/elsewhere")
    api.tasks("GET", allow_redirects=True)
    assert emulator.log()[-1]["path"] == "/elsewhere"


def test_echo_secrets_quotes_the_request(emulator: Emulator, api: Api) -> None:
    emulator.fault("echo_secrets", times=2)
    answer = api.create()
    assert (answer.status_code, code(answer)) == (400, "DIS.4200")
    assert str(api.session.headers["X-Auth-Token"]) in answer.text
    assert "meter_raw" in answer.text
    login = {"auth": {"identity": {"methods": ["password"], "password": {"user": {"password": "fake-secret-1"}}}}}
    answer = requests.post(emulator.auth_url + "/auth/tokens", json=login, timeout=10)
    assert "fake-secret-1" in answer.json()["error"]["message"]


def test_append_text_changes_text_members(emulator: Emulator, api: Api) -> None:
    api.create()
    true = api.show()
    emulator.fault("append_text", "show_transfer_task", text="\x1b\ud800")
    assert api.show()["task_name"] == true["task_name"] + "\x1b\ud800"
    emulator.fault("append_text", "show_transfer_task", text="!", number=0)
    changed = {name: value for name, value in api.show().items() if value != true[name]}
    first = next(name for name in true if isinstance(true[name], str))
    assert changed == {first: true[first] + "!"}
    assert api.show() == true


# --- tokens and concurrent writers


@pytest.mark.parametrize(("style", "status"), [("dis", 441), ("gateway", 401)])
def test_expire_token(emulator: Emulator, api: Api, style: str, status: int) -> None:
    emulator.fault("expire_token", "create_transfer_task", style=style)
    assert api.create().status_code == status
    assert not exists(emulator)
    assert code(api.create()) == "DIS.4114"
    assert api.tasks("POST", json=dli(), headers={"X-Auth-Token": emulator.mint_token()}).status_code == 201


def test_rival_creates_the_same_task(emulator: Emulator, api: Api) -> None:
    emulator.fault("rival_create", "create_transfer_task")
    assert code(api.create(deliver_time_interval=77, retry_duration="5")) == "DIS.4355"
    block = api.show()["dli_destination_description"]
    assert (block["deliver_time_interval"], block["retry_duration"]) == (77, 5)


def test_rival_creates_another_task_after_a_look(emulator: Emulator, api: Api) -> None:
    emulator.fault("rival_create", "show_transfer_task", when="after", settings={"dli_table_name": "other"})
    assert code(api.tasks("GET", "/one")) == "DIS.4354"
    assert api.show()["dli_destination_description"]["dli_table_name"] == "other"
    emulator.fault("rival_create", task="two", destination_type="OBS")
    assert api.show("two")["destination_type"] == "OBS"


def test_rival_deletes(emulator: Emulator, api: Api) -> None:
    api.create()
    emulator.fault("rival_delete", "delete_transfer_task")
    assert code(api.tasks("DELETE", "/one")) == "DIS.4354"
    emulator.fault("rival_delete", "create_transfer_task", when="after")
    assert api.create().status_code == 201
    assert not exists(emulator)


def test_rival_updates_and_changes_states(emulator: Emulator, api: Api) -> None:
    api.create()
    emulator.fault("rival_update", settings={"deliver_time_interval": 60})
    emulator.fault("set_state", state="ABNORMAL")
    shown = api.show()
    assert (shown["dli_destination_description"]["deliver_time_interval"], shown["state"]) == (60, "ABNORMAL")
    emulator.fault("set_state", "act_on_transfer_tasks", state="ERROR", when="after")
    api.act("start", shown["task_id"])
    assert api.state_of() == "ERROR"
    emulator.fault("set_state", "list_transfer_tasks", state="PAUSED", task="one")
    assert api.tasks("GET").json()["tasks"][0]["state"] == "PAUSED"


def test_a_rival_and_a_lost_answer_together(emulator: Emulator, api: Api) -> None:
    emulator.fault("lost_before", "create_transfer_task")
    emulator.fault("rival_create", "create_transfer_task", settings={"deliver_time_interval": 31})
    with pytest.raises(LOST):
        api.create()
    assert emulator.tasks("meters")["one"]["settings"]["deliver_time_interval"] == 31
    assert emulator.log()[-1]["fault"] == "rival_create,lost_before"


# --- rules


def test_rules_are_taken_one_after_the_other(emulator: Emulator, api: Api) -> None:
    emulator.fault("status", status=500, skip=1, times=2)
    emulator.fault("status", status=502)
    emulator.fault("status", status=503, times=0)
    assert [api.tasks("GET").status_code for _turn in range(5)] == [502, 500, 500, 503, 503]
    assert [rule["hits"] for rule in emulator.faults()] == [2, 1, 2]
    emulator.clear_faults()
    assert api.tasks("GET").status_code == 200


def test_rules_match_by_service_method_and_path(emulator: Emulator, api: Api) -> None:
    emulator.fault("status", status=500, service="iam", times=0)
    emulator.fault("status", status=501, method="DELETE", times=0)
    emulator.fault("status", status=502, path="/streams/o[^/]+/transfer-tasks$", times=0)
    emulator.seed(streams=["other"])
    assert api.tasks("GET").status_code == 200
    assert api.send("GET", "/v3").status_code == 500
    assert api.tasks("DELETE", "/one").status_code == 501
    assert api.tasks("GET", stream="other").status_code == 502


@pytest.mark.parametrize(
    ("kind", "operation", "params"),
    [
        ("status", None, {}),
        ("status", None, {"status": 99}),
        ("status", "no_such_operation", {"status": 500}),
        ("no_such_kind", None, {}),
        ("slow", None, {"seconds": 1e9}),
        ("slow", None, {"second": 1}),
        ("status", None, {"status": 500, "path": "("}),
        ("huge_body", None, {"megabytes": 100_000}),
    ],
)
def test_nonsense_rules_are_refused(emulator: Emulator, kind: str, operation: str | None, params: dict) -> None:
    with pytest.raises(EmulatorError, match="400"):
        emulator.fault(kind, operation, **params)
    assert emulator.faults() == []


def test_faults_hold_under_parallel_requests(emulator: Emulator, api: Api) -> None:
    emulator.fault("throttle_429", "show_stream", times=20)
    emulator.fault("lost_before", "show_stream", times=20, skip=5)

    def ask(_turn: int) -> str:
        try:
            return str(api.dis("GET", "/streams/meters").status_code)
        except LOST:
            return "lost"

    with ThreadPoolExecutor(8) as pool:
        observed = list(pool.map(ask, range(60)))
    # urllib3 retries automatically if a kept-alive connection turns out to be closed
    assert observed.count("429") == 20
    assert observed.count("lost") <= 20


def test_rivals_meddle_with_streams_and_apps(emulator: Emulator, api: Api) -> None:
    body = {"stream_name": "fresh", "partition_count": 1}
    emulator.fault("rival_create_stream", "create_stream", members={"partition_count": 3})
    assert code(api.dis("POST", "/streams", json=body)) == "DIS.4307"
    assert emulator.stream("fresh")["partition_count"] == 3
    emulator.fault("rival_create_stream", "show_stream", stream="fresh")
    emulator.fault("rival_delete_stream", "delete_stream")
    assert code(api.dis("DELETE", "/streams/fresh")) == "DIS.4301"
    emulator.fault("rival_delete_stream", "list_streams", stream="nix")
    assert api.dis("GET", "/streams").status_code == 200
    emulator.fault("set_stream_status", "show_stream", status="TERMINATED", when="after")
    assert [api.dis("GET", "/streams/meters").json()["status"] for _turn in range(2)] == ["RUNNING", "TERMINATED"]
    emulator.fault("rival_create_app", "create_app")
    assert code(api.dis("POST", "/apps", json={"app_name": "reader"})) == "DIS.4330"
    emulator.fault("rival_delete_app", "show_app")
    assert code(api.dis("GET", "/apps/reader")) == "DIS.4332"
    emulator.fault("rival_create_app", "list_apps")
    assert api.dis("GET", "/apps").json()["total_number"] == 0


# --- signals


@pytest.mark.parametrize("when", ["before", "after"])
def test_signal_comes_and_the_request_is_answered(emulator: Emulator, api: Api, when: str) -> None:
    received: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _frame: received.append(number))
    try:
        emulator.fault("signal", "create_transfer_task", pid=os.getpid(), number="SIGALRM", when=when)
        assert api.create().status_code == 201
    finally:
        signal.signal(signal.SIGALRM, before)
    assert received == [signal.SIGALRM]
    assert exists(emulator)


@pytest.mark.parametrize("pid", [0, 1, -1])
def test_signal_is_sent_to_no_other_process(emulator: Emulator, pid: int) -> None:
    with pytest.raises(EmulatorError):
        emulator.fault("signal", pid=pid)
