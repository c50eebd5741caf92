# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams: fields, pages, partitions and how their number changes, updates, quotas, policies."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
import requests
from contract import Api, code

from otc_emulator.runner import Emulator

AVRO = json.dumps({"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}]})
END = 9223372036854775807


def create(api: Api, name: str = "fresh", **members: Any) -> requests.Response:
    body = {"stream_name": name, "partition_count": 1, **members}
    return api.dis("POST", "/streams", json=body)


def show(api: Api, name: str = "fresh", **query: Any) -> dict[str, Any]:
    answer = api.dis("GET", f"/streams/{name}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def scale(api: Api, target: object, name: str = "fresh") -> requests.Response:
    body = {"stream_name": name, "target_partition_count": target}
    return api.dis("PUT", f"/streams/{name}", json=body)


def update(api: Api, name: str = "fresh", **members: Any) -> requests.Response:
    path = f"/v3/{api.emulator.project_id}/streams/{name}"
    return api.send("PUT", path, json={"stream_name": name, **members})


def states(api: Api, name: str = "fresh") -> list[str]:
    return [one["status"] for one in show(api, name)["partitions"]]


# --- fields


def test_all_fields_come_back(api: Api) -> None:
    tags = [{"key": "team", "value": "billing"}]
    sys_tags = [{"key": "_sys_enterprise_project_id", "value": "5d2f7f8e-0c1b-4a57-9d0e-6a1f2b3c4d5e"}]
    answer = create(
        api,
        partition_count=2,
        stream_type="ADVANCED",
        data_type="CSV",
        data_duration=48,
        data_schema=AVRO,
        csv_properties={"delimiter": ";"},
        compression_format="gzip",
        auto_scale_enabled=True,
        auto_scale_min_partition_count=1,
        auto_scale_max_partition_count=6,
        tags=tags,
        sys_tags=sys_tags,
    )
    assert (answer.status_code, answer.content) == (201, b"")
    shown = show(api)
    listed = api.dis("GET", "/streams").json()["stream_info_list"][0]
    for observed in (shown, listed):
        assert re.fullmatch(r"[A-Za-z0-9]{19}", observed["stream_id"])
        assert observed["data_schema"] == AVRO
        assert (observed["retention_period"], observed["stream_type"], observed["data_type"]) == (48, "ADVANCED", "CSV")
        assert (observed["tags"], observed["sys_tags"]) == (tags, sys_tags)
        assert observed["csv_properties"] == {"delimiter": ";"}
        assert observed["compression_format"] == "gzip"
        assert (observed["auto_scale_enabled"], observed["auto_scale_max_partition_count"]) == (True, 6)
    assert "partition_count" not in shown
    assert "writable_partition_count" not in listed
    assert (listed["partition_count"], listed["private"]) == (2, False)
    assert shown["last_modified_time"] == shown["create_time"]


def test_fields_that_are_not_set_are_missing(api: Api) -> None:
    """As the clients of other tools create streams: empty objects, bounds without automatic scaling, nulls."""
    create(
        api,
        csv_properties={},
        data_schema="",
        auto_scale_enabled=False,
        auto_scale_min_partition_count=1,
        auto_scale_max_partition_count=1,
        compression_format=None,
        tags=None,
        workSpaceId="x",
    )
    shown = show(api)
    assert not {"csv_properties", "data_schema", "compression_format", "update_partition_counts"} & set(shown)
    assert (shown["auto_scale_min_partition_count"], shown["auto_scale_max_partition_count"]) == (0, 0)
    assert shown["sys_tags"] == [{"key": "_sys_enterprise_project_id", "value": "0"}]
    assert (shown["stream_type"], shown["data_type"], shown["retention_period"]) == ("COMMON", "BLOB", 24)


def tag(key: object, value: object = "x") -> dict[str, object]:
    return {"key": key, "value": value}


WRONG = {
    "name of 65": ({"stream_name": "x" * 65}, "DIS.4200"),
    "name a number": ({"stream_name": 7}, "DIS.4300"),
    "count missing": ({"partition_count": None}, "DIS.4300"),
    "count a fraction": ({"partition_count": 1.5}, "DIS.4300"),
    "count true": ({"partition_count": True}, "DIS.4300"),
    "retention 73": ({"data_duration": 73}, "DIS.4200"),
    "retention as text": ({"data_duration": "24"}, "DIS.4300"),
    "data type": ({"data_type": "BLOG"}, "DIS.4200"),
    "compression": ({"compression_format": "GZIP"}, "DIS.4200"),
    "delimiter": ({"csv_properties": {"delimiter": ""}}, "DIS.4200"),
    "csv no object": ({"csv_properties": ";"}, "DIS.4300"),
    "bounds crossed": ({"auto_scale_min_partition_count": 3, "auto_scale_max_partition_count": 2}, "DIS.4200"),
    "bound negative": ({"auto_scale_min_partition_count": -1}, "DIS.4200"),
    "tag key empty": ({"tags": [tag("")]}, "DIS.4200"),
    "tag key of 37": ({"tags": [tag("x" * 37)]}, "DIS.4200"),
    "tag key with dot": ({"tags": [tag("a.b")]}, "DIS.4200"),
    "tag value of 44": ({"tags": [tag("a", "x" * 44)]}, "DIS.4200"),
    "tag twice": ({"tags": [tag("a"), tag("a")]}, "DIS.4200"),
    "sys tag": ({"sys_tags": [tag("other")]}, "DIS.4200"),
    "sys tag value": ({"sys_tags": [tag("_sys_enterprise_project_id", "mine")]}, "DIS.4200"),
}


@pytest.mark.parametrize(("members", "expected"), WRONG.values(), ids=WRONG)
def test_wrong_fields_are_refused(api: Api, members: dict, expected: str) -> None:
    answer = create(api, **members)
    assert code(answer) == expected
    assert api.dis("GET", "/streams").json()["stream_names"] == ["meters"]


@pytest.mark.parametrize(
    "schema",
    [
        "{",
        "no json",
        "7",
        "[]",
        "{}",
        '"order"',
        '{"type": "record"}',
        '{"type": "record", "name": "x", "fields": {}}',
        '{"type": "record", "name": "x", "fields": [{"name": "a"}]}',
        '{"type": "array"}',
        '{"type": ["null", {"type": "map"}]}',
        "[" * 100_000,
        '{"type":' * 60 + '"int"' + "}" * 60,
    ],
)
def test_schemas_that_are_not_avro(api: Api, schema: str) -> None:
    assert code(create(api, data_type="JSON", data_schema=schema)) == "DIS.4360"


@pytest.mark.parametrize(
    "schema",
    [
        AVRO,
        '"string"',
        '["null", "long"]',
        '{"type": "map", "values": {"type": "enum", "name": "e", "symbols": ["A"]}}',
        '{"type": "array", "items": "com.example.Other"}',
        '{"type": "fixed", "name": "f", "size": 4}',
        '{"type": "string", "logicalType": "uuid"}',
    ],
)
def test_schemas_that_are_avro(api: Api, schema: str) -> None:
    assert create(api, data_schema=schema).status_code == 201
    assert show(api)["data_schema"] == schema


def test_switches_for_other_regions(emulator: Emulator, api: Api) -> None:
    emulator.configure(long_retention=True, offered_data_types=["BLOB"], missing_status=404)
    assert create(api, data_duration=168).status_code == 201
    assert code(create(api, "other", data_type="JSON")) == "DIS.4200"
    missing = api.dis("GET", "/streams/nix")
    assert (missing.status_code, code(missing)) == (404, "DIS.4301")
    for result in ("FROZEN", "TERMINATED"):
        emulator.configure(stream_create_result=result)
        create(api, result.lower())
        assert show(api, result.lower())["status"] == result


def test_a_frozen_stream_can_be_looked_at_and_deleted_only(emulator: Emulator, api: Api) -> None:
    emulator.patch_stream("meters", status="FROZEN")
    assert show(api, "meters")["status"] == "FROZEN"
    assert code(scale(api, 2, "meters")) == "DIS.4205"
    assert code(update(api, "meters", data_duration=48)) == "DIS.4205"
    assert api.dis("DELETE", "/streams/meters").status_code == 204


# --- pages


def test_streams_come_in_pages(emulator: Emulator, api: Api) -> None:
    names = sorted(f"s{number:02}" for number in range(24))
    emulator.seed(streams=names)
    stream_names = ["meters", *names]
    observed: list[str] = []
    more = True
    while more:
        page = api.dis("GET", "/streams", params={"start_stream_name": observed[-1] if observed else ""}).json()
        assert page["total_number"] == 25
        assert [one["stream_name"] for one in page["stream_info_list"]] == page["stream_names"]
        assert len(page["stream_names"]) <= 10
        observed += page["stream_names"]
        more = page["has_more_streams"]
    assert observed == stream_names
    assert len(api.dis("GET", "/streams", params={"limit": 100}).json()["stream_names"]) == 25
    for limit in ("0", "101", "-1", "x", "\u0663"):
        assert code(api.dis("GET", "/streams", params={"limit": limit})) == "DIS.4200"


def test_partitions_come_in_pages(emulator: Emulator, api: Api) -> None:
    emulator.seed(streams=[{"name": "wide", "partition_count": 120}])
    first = show(api, "wide")
    assert (len(first["partitions"]), first["has_more_partitions"]) == (100, True)
    last = first["partitions"][-1]["partition_id"]
    assert last == "shardId-0000000099"
    rest = show(api, "wide", start_partitionId=last)
    assert (len(rest["partitions"]), rest["has_more_partitions"]) == (20, False)
    assert show(api, "wide", start_partitionId="99", limit_partitions=3)["partitions"] == rest["partitions"][:3]
    assert len(show(api, "wide", limit_partitions=1000)["partitions"]) == 120
    for query in ({"limit_partitions": 1001}, {"limit_partitions": "x"}):
        assert code(api.dis("GET", "/streams/wide", params=query)) == "DIS.4200"
    assert code(api.dis("GET", "/streams/wide", params={"start_partitionId": "shard"})) == "DIS.4201"


# --- partition count


def test_scaling_up_splits_the_hash_keys_anew(api: Api) -> None:
    create(api)
    assert [one["hash_range"] for one in show(api)["partitions"]] == [f"[0 : {END}]"]
    answer = scale(api, 2)
    assert answer.status_code == 200
    assert answer.json() == {"stream_name": "fresh", "current_partition_count": 1, "target_partition_count": 2}
    shown = show(api)
    assert [one["hash_range"] for one in shown["partitions"]] == [
        "[0 : 4611686018427387902]",
        f"[4611686018427387903 : {END}]",
    ]
    assert (shown["writable_partition_count"], shown["readable_partition_count"]) == (2, 2)
    assert shown["last_modified_time"] >= shown["create_time"]
    (change,) = shown["update_partition_counts"]
    assert {key: change[key] for key in change if key != "create_timestamp"} == {
        "src_partition_count": 1,
        "target_partition_count": 2,
        "result_code": 1,
        "result_msg": 0,
        "auto_scale": False,
    }
    assert abs(change["create_timestamp"] / 1000 - time.time()) < 60
    assert api.dis("GET", "/streams/fresh/update_partition_counts").json() == {"update_partition_counts": [change]}
    api.emulator.configure(result_msg="text")
    assert show(api)["update_partition_counts"] == [{**change, "result_msg": ""}]


def test_scaling_down_retires_the_highest_and_scaling_up_revives_them(api: Api) -> None:
    create(api, partition_count=3)
    assert scale(api, 1).status_code == 200
    shown = show(api)
    assert [one["status"] for one in shown["partitions"]] == ["ACTIVE", "DELETED", "DELETED"]
    assert [one["hash_range"] for one in shown["partitions"]] == [f"[0 : {END}]", "[-1 : -1]", "[-1 : -1]"]
    assert (shown["writable_partition_count"], shown["readable_partition_count"]) == (1, 3)
    assert api.dis("GET", "/streams").json()["stream_info_list"][0]["partition_count"] == 1
    scale(api, 2)
    assert states(api) == ["ACTIVE", "ACTIVE", "DELETED"]
    scale(api, 5)
    assert states(api) == ["ACTIVE"] * 5
    assert len(show(api)["update_partition_counts"]) == 3


def test_scaling_is_delayed_if_configured(emulator: Emulator, api: Api) -> None:
    emulator.configure(scaling_delay=0.5)
    create(api)
    scale(api, 3)
    assert states(api) == ["ACTIVE", "CREATING", "CREATING"]
    assert show(api)["writable_partition_count"] == 1
    assert "update_partition_counts" not in show(api)
    assert code(scale(api, 2)) == "DIS.4200"
    time.sleep(0.6)
    assert states(api) == ["ACTIVE"] * 3
    scale(api, 1)
    assert states(api) == ["ACTIVE"] * 3
    time.sleep(0.6)
    assert states(api) == ["ACTIVE", "DELETED", "DELETED"]


def test_scaling_can_fail(emulator: Emulator, api: Api) -> None:
    emulator.configure(scaling_result="failure")
    create(api, data_type="JSON")
    assert api.tasks("GET", stream="fresh").status_code == 200
    api.create(stream="fresh")
    assert scale(api, 3).status_code == 200
    shown = show(api)
    assert (shown["writable_partition_count"], len(shown["partitions"])) == (1, 1)
    assert shown["update_partition_counts"][0]["result_code"] == 0
    assert len(api.show(stream="fresh")["partitions"]) == 1


@pytest.mark.parametrize("target", [None, 0, -1, "2", 1.5, True, 1])
def test_wrong_targets_are_refused(api: Api, target: object) -> None:
    create(api)
    assert code(scale(api, target)) == "DIS.4200"


def test_the_partition_call_knows_nothing_else(api: Api) -> None:
    create(api)
    answer = api.dis("PUT", "/streams/fresh", json={"stream_name": "fresh", "data_duration": 48})
    assert answer.status_code == 400
    assert answer.json() == {
        "errorCode": "DIS.4200",
        "message": "Invalid request. [Invalid target_partition_count null.]",
    }
    other = {"stream_name": "other", "target_partition_count": 2}
    assert code(api.dis("PUT", "/streams/fresh", json=other)) == "DIS.4200"
    assert code(scale(api, 2, "nix")) == "DIS.4301"


def test_quotas_count_partitions_of_both_types(emulator: Emulator, api: Api) -> None:
    emulator.configure(partition_quota=4, advanced_partition_quota=2, scaling_delay=60)
    emulator.seed(apps=["reader"])
    create(api, partition_count=2)
    create(api, "fast", partition_count=1, stream_type="ADVANCED")
    assert code(scale(api, 4)) == "DIS.4308"
    assert scale(api, 3).status_code == 200
    assert code(create(api, "more")) == "DIS.4308"
    resources = api.send("GET", f"/v1/{emulator.project_id}/quotas").json()["quotas"]["resources"]
    assert resources == [
        {"type": "common_partition", "quota": 4, "used": 4},
        {"type": "advanced_partition", "quota": 2, "used": 1},
        {"type": "app", "quota": 100, "used": 1},
    ]
    emulator.configure(partition_quota=0)
    assert create(api, "more").status_code == 201
    assert api.send("GET", f"/v1/{emulator.project_id}/quotas").json()["quotas"]["resources"][0]["quota"] == -1


def test_scaling_can_be_limited_per_hour(emulator: Emulator, api: Api) -> None:
    emulator.configure(scalings_per_hour=1)
    create(api)
    assert scale(api, 2).status_code == 200
    assert code(scale(api, 3)) == "DIS.4200"
    emulator.advance_clock(3601)
    assert scale(api, 3).status_code == 200


def test_automatic_scaling_can_be_played(emulator: Emulator, api: Api) -> None:
    emulator.patch_stream("meters", partition_count=4)
    shown = show(api, "meters")
    assert (shown["writable_partition_count"], shown["update_partition_counts"][0]["auto_scale"]) == (4, True)


def test_deleted_partitions_expire_with_their_data(emulator: Emulator, api: Api) -> None:
    create(api, partition_count=2)
    scale(api, 1)
    emulator.advance_clock(24 * 3600 + 1)
    api.session.headers["X-Auth-Token"] = emulator.mint_token()
    assert states(api) == ["ACTIVE", "EXPIRED"]
    assert show(api)["readable_partition_count"] == 1
    scale(api, 2)
    assert states(api) == ["ACTIVE", "ACTIVE"]


# --- update


def test_update_changes_only_sent_members(api: Api) -> None:
    create(api, data_duration=48, tags=[tag("a")])
    changes = {"data_type": "JSON", "data_schema": AVRO, "auto_scale_enabled": True}
    bounds = {"auto_scale_min_partition_count": 1, "auto_scale_max_partition_count": 6}
    answer = update(api, **changes, **bounds)
    assert (answer.status_code, answer.content) == (204, b"")
    shown = show(api)
    assert {key: shown[key] for key in {**changes, **bounds}} == {**changes, **bounds}
    assert (shown["retention_period"], shown["tags"]) == (48, [tag("a")])
    assert update(api, data_duration=72).status_code == 204
    assert (show(api)["retention_period"], show(api)["data_type"]) == (72, "JSON")


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"stream_name": "other"}, "DIS.4200"),
        ({"stream_name": None}, "DIS.4300"),
        ({"data_duration": 12}, "DIS.4200"),
        ({"data_type": "FILE"}, "DIS.4200"),
        ({"data_schema": "{"}, "DIS.4360"),
        ({"auto_scale_min_partition_count": 3, "auto_scale_max_partition_count": 2}, "DIS.4200"),
    ],
)
def test_wrong_updates_are_refused(api: Api, members: dict, expected: str) -> None:
    create(api)
    before = show(api)
    path = f"/v3/{api.emulator.project_id}/streams/fresh"
    assert code(api.send("PUT", path, json={"stream_name": "fresh", **members})) == expected
    assert show(api) == before
    assert code(update(api, "nix")) == "DIS.4301"


def test_automatic_scaling_has_a_separate_update(api: Api) -> None:
    create(api)
    bounds = {"auto_scale_min_partition_count": 1, "auto_scale_max_partition_count": 4}
    members = {"update_type": "AUTO_SCALE", "auto_scale_enabled": True, **bounds}
    assert api.dis("PUT", "/streams/fresh/update", json=members).status_code == 200
    assert {name: show(api)[name] for name in ("auto_scale_enabled", *bounds)} == {"auto_scale_enabled": True, **bounds}
    refused = {
        "DIS.4200": ({**members, "update_type": "DATA"}, {**members, "auto_scale_min_partition_count": 5}),
        "DIS.4300": ({**members, "auto_scale_max_partition_count": "4"}, bounds),
    }
    for expected, bodies in refused.items():
        for body in bodies:
            assert code(api.dis("PUT", "/streams/fresh/update", json=body)) == expected
    assert code(api.dis("PUT", "/streams/nix/update", json=members)) == "DIS.4301"


def test_a_region_can_lack_what_is_newer(emulator: Emulator, api: Api) -> None:
    emulator.configure(
        stream_update_enabled=False,
        auto_scaling_update_enabled=False,
        scaling_log_enabled=False,
        quotas_enabled=False,
        schema_derivation_enabled=False,
        policies_enabled=False,
    )
    project = emulator.project_id
    for answer in (
        api.dis("PUT", "/streams/meters/update", json={"update_type": "AUTO_SCALE", "auto_scale_enabled": False}),
        update(api, "meters", data_duration=48),
        api.dis("GET", "/streams/meters/update_partition_counts"),
        api.send("GET", f"/v1/{project}/quotas"),
        api.send("POST", f"/v1/{project}/schema", json={"source_data_sample": "{}"}),
        api.dis("GET", "/streams/meters/policies"),
        api.dis("POST", "/streams/meters/policies", json={}),
        api.send("POST", f"/v3/{project}/streams/meters/policies", json={}),
        api.dis("DELETE", "/streams/meters/policies", json={}),
    ):
        assert (answer.status_code, answer.json()["error_code"]) == (404, "APIG.0101")


def test_an_update_without_retention_can_reset_it(emulator: Emulator, api: Api) -> None:
    emulator.configure(absent_duration_resets=True)
    create(api, data_duration=48)
    update(api, data_type="JSON")
    assert show(api)["retention_period"] == 24


# --- policies


def test_policies(emulator: Emulator, api: Api) -> None:
    emulator.seed(users=[{"name": "writer", "domain": "acme", "id": "w1"}], domains=[{"name": "acme", "id": "a1"}])
    stream_id = show(api, "meters")["stream_id"]
    path = "/streams/meters/policies"
    rule = {"stream_id": stream_id, "principal_name": "acme.*,acme.writer", "action_type": "putRecords"}
    for _turn in range(2):
        assert api.dis("POST", path, json={**rule, "effect": "accept"}).status_code == 201
    assert api.dis("POST", path, json={**rule, "principal_name": "nobody"}).status_code == 201
    by_id = {"stream_id": stream_id, "principal_id": "xyz.*", "action_type": "getStreamInfo", "effect": "accept"}
    assert api.send("POST", f"/v3/{emulator.project_id}{path}", json=by_id).status_code == 201
    listed = api.dis("GET", path).json()
    assert listed["stream_id"] == listed["streamId"] == stream_id
    assert [(one["principal"], one["principal_name"], one["action_type"]) for one in listed["rules"]] == [
        ("a1.*", "acme.*", "putRecords"),
        ("a1.w1", "acme.writer", "putRecords"),
        ("nobody", "nobody", "putRecords"),
        ("xyz.*", "xyz.*", "getStreamInfo"),
    ]
    assert api.dis("DELETE", path, json=rule).status_code == 200
    assert [one["principal"] for one in api.dis("GET", path).json()["rules"]] == ["nobody", "xyz.*"]
    for wrong in ({"stream_id": "x"}, {"action_type": "deleteRecords"}, {"effect": "refuse"}, {"principal_name": ""}):
        assert code(api.dis("POST", path, json={**rule, **wrong})) == "DIS.4200"


SAMPLE = {
    "id": "o-1",
    "amount": 3,
    "at": 1717406412000,
    "price": 2.5,
    "paid": True,
    "lines": [{"sku": "a"}],
    "note": None,
}


def test_a_sample_becomes_a_schema_that_a_stream_accepts(emulator: Emulator, api: Api) -> None:
    path = f"/v1/{emulator.project_id}/schema"
    answer = api.send("POST", path, json={"source_data_sample": json.dumps(SAMPLE)})
    assert answer.status_code == 200
    schema = json.loads(answer.json()["schema"])
    lines = {
        "type": "record",
        "name": "lines",
        "fields": [{"name": "sku", "type": "string", "doc": """Type inferred from '"a"'"""}],
    }
    assert (schema["type"], schema["name"]) == ("record", "RecordName")
    assert {one["name"]: one["type"] for one in schema["fields"]} == {
        "id": "string", "amount": "int", "at": "long", "price": "double", "paid": "boolean",
        "lines": {"type": "array", "items": lines}, "note": "null",
    }  # fmt: skip
    assert create(api, data_type="JSON", data_schema=answer.json()["schema"]).status_code == 201
    assert api.send("POST", path, json={"source_data_sample": json.dumps(SAMPLE)}).json() == answer.json()


@pytest.mark.parametrize("sample", ["no JSON", "{}", '{"a b": 1}', "[" * 60 + "]" * 60, "", None, 5])
def test_a_sample_without_a_schema_is_refused(emulator: Emulator, api: Api, sample: Any) -> None:
    answer = api.send("POST", f"/v1/{emulator.project_id}/schema", json={"source_data_sample": sample})
    assert code(answer) in ("DIS.4200", "DIS.4300")
