# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in the way of a transfer task: judging answers, and the signature of OBS."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._client_obs import ObsAuth, bucket_url
from ansible_collections.otc.dis.plugins.module_utils._errors import ApiError, BadAnswer, DisError, Unreachable
from ansible_collections.otc.dis.plugins.module_utils._preflight import (
    Finding,
    Told,
    judge_agency,
    judge_bucket,
    judge_database,
    judge_quota,
    judge_role,
    judge_stream,
    judge_table,
    no_bucket_name,
    ready,
)
from ansible_collections.otc.dis.plugins.module_utils._settings import Keys

WORDS = ("ok", "missing", "mismatch", "forbidden", "unavailable", "skipped")
NOW = 1768465800
"""2026-01-15T08:30:00Z"""


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
    assert no_bucket_name(name) is None


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
    found = no_bucket_name(name)
    assert found is not None
    assert (found.status, found.request) == ("mismatch", None)


@given(st.text())
def test_name_of_a_bucket_never_changes_the_host(name: str) -> None:
    if no_bucket_name(name) is None:
        assert bucket_url("https://obs.example", name) == f"https://{name}.obs.example/"


@given(st.lists(st.sampled_from(WORDS)))
def test_ready_is_true_only_if_all_is_known_to_be_well(words: list[str]) -> None:
    verdict = ready(Finding("c", "s", word, "") for word in words)
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
    (BadAnswer("a page", status=200), "unavailable"),
]


@pytest.mark.parametrize(("err", "status"), ERRORS, ids=str)
def test_refusal_says_nothing_about_the_thing_itself(err: DisError, status: str) -> None:
    told = Told("GET x", error=err)
    found = [
        judge_stream("s", "DLI", told),
        judge_quota("s", "t", "DLI", told),
        *judge_agency("a", told),
        judge_role("a", [told]),
        judge_database("d", told),
        judge_table("t", told),
        judge_bucket("b", told, None),
    ]
    assert [one.status for one in found] == [status] * 7
    assert all(one.request == "GET x" and one.code == err.code for one in found)
    assert status != "forbidden" or all(one.fix for one in found)


def test_missing_is_said_only_where_the_service_says_so() -> None:
    stream = judge_stream("s", "DLI", Told("GET x", error=ApiError("x", 400, "DIS.4301", "none")))
    table = judge_table("t", Told("GET x", error=ApiError("x", 400, "DLI.0002", "none")))
    bucket = judge_bucket("b", Told("HEAD x", error=ApiError("x", 404, None, "none")), None)
    assert [one.status for one in (stream, table, bucket)] == ["missing"] * 3


@pytest.mark.parametrize("status", [301, 307])
def test_bucket_of_another_region_does_not_fit(status: int) -> None:
    assert judge_bucket("b", Told("HEAD x", error=BadAnswer("moved", "", status)), None).status == "mismatch"


def test_bucket_elsewhere_is_told_but_no_obstacle() -> None:
    found = judge_bucket("b", Told("HEAD x", {"x-obs-bucket-location": "eu-nl"}), "eu-de")
    assert (found.status, "eu-nl" in found.detail) == ("ok", True)


def test_role_that_is_not_seen_is_not_said_to_be_missing() -> None:
    roles = [Told("GET x", [{"name": "readonly"}]), Told("GET y", [])]
    assert judge_role("a", roles).status == "skipped"
    assert judge_role("a", [*roles, Told("GET z", [{"display_name": "te_admin"}])]).status == "ok"


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
        judge_stream("s", "DLI", Told("GET x", data)),
        judge_quota("s", "t", "DLI", Told("GET x", data)),
        *judge_agency("a", Told("GET x", entries)),
        judge_role("a", [Told("GET x", entries)]),
        judge_database("d", Told("GET x", entries)),
        judge_table("t", Told("GET x", entries)),
    ]
    assert all(one.status in WORDS for one in found)
