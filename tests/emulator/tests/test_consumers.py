# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apps, checkpoints and how far apps have read."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests
from contract import Api, code

from otc_emulator.runner import Emulator


def create(api: Api, name: str = "reader") -> requests.Response:
    return api.dis("POST", "/apps", json={"app_name": name})


def commit(api: Api, **members: Any) -> requests.Response:
    body = {
        "app_name": "reader",
        "stream_name": "meters",
        "partition_id": "shardId-0000000000",
        "sequence_number": "0",
        "checkpoint_type": "LAST_READ",
        **members,
    }
    return api.dis("POST", "/checkpoints", json=body)


def asked(**query: Any) -> dict[str, Any]:
    members = {
        "stream_name": "meters",
        "partition_id": "0",
        "app_name": "reader",
        "checkpoint_type": "LAST_READ",
        **query,
    }
    return {key: value for key, value in members.items() if value is not None}


def show(api: Api, **query: Any) -> requests.Response:
    return api.dis("GET", "/checkpoints", params=asked(**query))


def delete(api: Api, **query: Any) -> requests.Response:
    return api.dis("DELETE", "/checkpoints", params=asked(**query))


def consumption(api: Api, stream: str = "meters", **query: Any) -> requests.Response:
    params = {"checkpoint_type": "LAST_READ", **query}
    return api.dis("GET", f"/apps/reader/streams/{stream}", params=params)


# --- apps


def test_apps_are_created_shown_listed_and_deleted(api: Api) -> None:
    answer = create(api)
    assert (answer.status_code, answer.content) == (201, b"")
    shown = api.dis("GET", "/apps/reader").json()
    assert set(shown) == {"app_id", "app_name", "create_time"}
    assert re.fullmatch(r"[A-Za-z0-9]{19}", shown["app_id"])
    assert api.dis("GET", "/apps").json() == {"total_number": 1, "has_more_app": False, "apps": [shown]}
    assert code(create(api)) == "DIS.4330"
    answer = api.dis("DELETE", "/apps/reader")
    assert (answer.status_code, answer.content) == (204, b"")
    for method in ("GET", "DELETE"):
        answer = api.dis(method, "/apps/reader")
        assert (answer.status_code, code(answer)) == (400, "DIS.4332")


@pytest.mark.parametrize(
    ("name", "expected"), [("", "DIS.4200"), ("a.b", "DIS.4200"), (None, "DIS.4300"), (7, "DIS.4300")]
)
def test_wrong_app_names(api: Api, name: Any, expected: str) -> None:
    assert code(create(api, name)) == expected
    assert code(create(api, "x" * 201)) == "DIS.4200"
    assert create(api, "x" * 200).status_code == 201


def test_apps_come_in_pages_and_by_stream(emulator: Emulator, api: Api) -> None:
    emulator.seed(
        apps=[*(f"a{number:02}" for number in range(14)), {"name": "reader", "checkpoints": [{"stream": "meters"}]}]
    )
    first = api.dis("GET", "/apps").json()
    assert (len(first["apps"]), first["has_more_app"], first["total_number"]) == (10, True, 15)
    rest = api.dis("GET", "/apps", params={"start_app_name": first["apps"][-1]["app_name"]}).json()
    assert [one["app_name"] for one in rest["apps"]] == ["a10", "a11", "a12", "a13", "reader"]
    assert rest["has_more_app"] is False
    assert len(api.dis("GET", "/apps", params={"limit": 100}).json()["apps"]) == 15
    assert code(api.dis("GET", "/apps", params={"limit": 101})) == "DIS.4200"
    by_stream = api.dis("GET", "/apps", params={"stream_name": "meters"}).json()
    assert [one["commit_checkpoint_stream_names"] for one in by_stream["apps"]] == [["meters"]]
    assert code(api.dis("GET", "/apps", params={"stream_name": "nix"})) == "DIS.4301"


def test_quota_of_apps(emulator: Emulator, api: Api) -> None:
    emulator.configure(app_quota=1)
    assert create(api).status_code == 201
    assert code(create(api, "second")) == "DIS.4329"


def test_an_app_with_checkpoints_is_in_use(emulator: Emulator, api: Api) -> None:
    create(api)
    commit(api)
    assert api.dis("GET", "/apps/reader").json()["commit_checkpoint_stream_names"] == ["meters"]
    assert code(api.dis("DELETE", "/apps/reader")) == "DIS.4331"
    emulator.configure(app_in_use_refused=False)
    assert api.dis("DELETE", "/apps/reader").status_code == 204


# --- checkpoints


def test_checkpoints_are_committed_moved_shown_and_deleted(emulator: Emulator, api: Api) -> None:
    create(api)
    emulator.put_records("meters", ["a", "b", "c"])
    answer = commit(api, sequence_number="1", metadata="host-17")
    assert (answer.status_code, answer.content) == (201, b"")
    assert show(api).json() == {"sequence_number": "1", "metadata": "host-17"}
    assert show(api, partition_id="shardId-0000000000").json()["sequence_number"] == "1"
    assert commit(api, partition_id="0", sequence_number="3").status_code == 201
    assert show(api).json() == {"sequence_number": "3"}
    assert emulator.apps()["reader"]["checkpoints"]["meters"]["0"]["sequence_number"] == 3
    for _turn in range(2):
        answer = delete(api)
        assert (answer.status_code, answer.content) == (204, b"")
    assert show(api).json() == {"sequence_number": "-1"}
    assert "commit_checkpoint_stream_names" not in api.dis("GET", "/apps/reader").json()


WRONG_COMMITS = {
    "type": ({"checkpoint_type": "NEXT"}, "DIS.4200"),
    "no type": ({"checkpoint_type": None}, "DIS.4300"),
    "number as number": ({"sequence_number": 1}, "DIS.4300"),
    "number no number": ({"sequence_number": "one"}, "DIS.4216"),
    "number negative": ({"sequence_number": "-1"}, "DIS.4216"),
    "number too large": ({"sequence_number": str(2**63)}, "DIS.4216"),
    "number ahead": ({"sequence_number": "1"}, "DIS.4224"),
    "partition malformed": ({"partition_id": "first"}, "DIS.4201"),
    "partition missing": ({"partition_id": "1"}, "DIS.4302"),
    "metadata": ({"metadata": "x" * 1001}, "DIS.4200"),
    "stream": ({"stream_name": "nix"}, "DIS.4301"),
    "app": ({"app_name": "nix"}, "DIS.4332"),
}


@pytest.mark.parametrize(("members", "expected"), WRONG_COMMITS.values(), ids=WRONG_COMMITS)
def test_wrong_commits_are_refused(api: Api, members: dict, expected: str) -> None:
    create(api)
    assert code(commit(api, **members)) == expected
    assert commit(api, metadata="x" * 1000).status_code == 201


def test_a_commit_needs_a_running_stream_and_a_number_that_is_kept(emulator: Emulator, api: Api) -> None:
    create(api)
    emulator.patch_stream("meters", earliest_offset=310, latest_offset=977)
    refused = commit(api, sequence_number="300")
    assert refused.json()["message"].endswith("[300] [310] [977]")
    emulator.patch_stream("meters", status="FROZEN")
    assert code(commit(api, sequence_number="640")) == "DIS.4205"
    assert show(api).status_code == 200


@pytest.mark.parametrize("missing", ["stream_name", "partition_id", "app_name", "checkpoint_type"])
def test_all_of_the_query_is_needed_to_show(api: Api, missing: str) -> None:
    create(api)
    assert code(show(api, **{missing: None})) == "DIS.4200"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"stream_name": "nix"}, "DIS.4301"),
        ({"app_name": "nix"}, "DIS.4332"),
        ({"partition_id": "x"}, "DIS.4201"),
        ({"partition_id": "7"}, "DIS.4302"),
        ({"checkpoint_type": "NEXT"}, "DIS.4200"),
    ],
)
def test_wrong_queries(api: Api, query: dict, expected: str) -> None:
    create(api)
    assert code(show(api, **query)) == expected
    assert code(delete(api, **query)) == expected


@pytest.mark.parametrize(
    ("style", "status", "body"),
    [("minus_one", 200, {"sequence_number": "-1"}), ("empty", 200, {"sequence_number": ""}), ("no_content", 204, None)],
)
def test_a_missing_checkpoint_can_look_different(
    emulator: Emulator, api: Api, style: str, status: int, body: object
) -> None:
    create(api)
    emulator.configure(missing_checkpoint=style)
    answer = show(api)
    assert (answer.status_code, answer.json() if answer.content else None) == (status, body)
    emulator.configure(missing_checkpoint="error")
    assert code(show(api)) == "DIS.4375"


def test_deleting_without_a_partition_deletes_all_of_the_stream(emulator: Emulator, api: Api) -> None:
    emulator.seed(streams=[{"name": "wide", "partition_count": 3}])
    create(api)
    for number in range(3):
        commit(api, stream_name="wide", partition_id=str(number))
    commit(api)
    assert delete(api, stream_name="wide", partition_id="1").status_code == 204
    assert sorted(emulator.apps()["reader"]["checkpoints"]["wide"]) == ["0", "2"]
    assert delete(api, stream_name="wide", partition_id=None, checkpoint_type=None).status_code == 204
    assert list(emulator.apps()["reader"]["checkpoints"]) == ["meters"]


def test_checkpoints_go_with_their_stream(api: Api) -> None:
    create(api)
    commit(api)
    api.dis("DELETE", "/streams/meters")
    assert "commit_checkpoint_stream_names" not in api.dis("GET", "/apps/reader").json()
    assert api.dis("DELETE", "/apps/reader").status_code == 204


# --- consumption


def test_consumption_shows_position_and_lag(emulator: Emulator, api: Api) -> None:
    emulator.seed(streams=[{"name": "wide", "partition_count": 2, "earliest_offset": 310, "latest_offset": 977}])
    create(api)
    commit(api, stream_name="wide", partition_id="1", sequence_number="640")
    body = consumption(api, "wide").json()
    assert (body["has_more"], body["stream_name"], body["app_name"]) == (False, "wide", "reader")
    assert body["partition_consuming_states"] == [
        {
            "partition_id": f"shardId-000000000{number}",
            "sequence_number": position,
            "latest_offset": 977,
            "earliest_offset": 310,
            "checkpoint_type": "LAST_READ",
            "status": "ACTIVE",
        }
        for number, position in ((0, "-1"), (1, "640"))
    ]
    emulator.configure(numbers_in_consumption=True)
    states = consumption(api, "wide").json()["partition_consuming_states"]
    assert [(one["partition_id"], one["sequence_number"]) for one in states] == [(0, -1), (1, 640)]


def test_consumption_comes_in_pages(emulator: Emulator, api: Api) -> None:
    emulator.seed(streams=[{"name": "wide", "partition_count": 5}])
    create(api)
    page = consumption(api, "wide", limit=2).json()
    assert page["has_more"] is True
    last = page["partition_consuming_states"][-1]["partition_id"]
    rest = consumption(api, "wide", start_partition_id=last).json()
    assert [one["partition_id"][-1] for one in rest["partition_consuming_states"]] == ["2", "3", "4"]
    assert rest["has_more"] is False


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"checkpoint_type": ""}, "DIS.4200"),
        ({"limit": 1001}, "DIS.4200"),
        ({"start_partition_id": "x"}, "DIS.4201"),
        ({"stream": "nix"}, "DIS.4301"),
    ],
)
def test_wrong_questions_for_consumption(api: Api, query: dict, expected: str) -> None:
    assert code(consumption(api)) == "DIS.4332"
    create(api)
    assert code(consumption(api, **query)) == expected
