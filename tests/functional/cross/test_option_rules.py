# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that break a rule are refused before anything is sent; values at the border are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Run, Seeded

    from otc_emulator.runner import Emulator

NAME = "letters, digits, _ or -"
INTEGER = "an integer"
BROKEN = [
    *[("stream_name", value, f"1 to 64 {NAME}") for value in ("", " ", "a" * 65, "a b", "a/b", "..", "ä", "a\n", "%")],
    *[("task_name", value, f"1 to 64 {NAME}") for value in ("", " ", "a" * 65, "a b", "a/b", "a.b", "ä", "a\n", "a?b")],
    *[("agency_name", value, "1 to 64 characters, not blank") for value in (" ", "\t\n", "a" * 65)],
    *[("dli_database_name", value, "not blank") for value in (" ", "\n")],
    *[("dli_table_name", value, "not blank") for value in (" ", "\t")],
    *[("obs_bucket_path", value, "not blank") for value in ("  ",)],
    *[("deliver_time_interval", value, f"{INTEGER} from 30 to 900 (seconds)") for value in (29, 901, 0, -30)],
    *[("retry_duration", value, f"{INTEGER} from 0 to 7200 (seconds)") for value in (-1, 7201)],
    *[
        ("file_prefix", value, "at most 50 letters, digits, _ or /, without a leading /")
        for value in ("/a", "a" * 51, "a-b", "a b", "a.b", "é", "a\n", " ")
    ],
]  # fmt: skip


@pytest.mark.parametrize(("option", "value", "rule"), BROKEN)
def test_rule_broken_is_refused_before_any_request(run: Run, option: str, value: Any, rule: str) -> None:
    result = run.complete_task(**{option: value}).bad()
    assert f"{option} is {value!r}" in result.msg
    assert rule in result.msg
    assert (result.changed, result.done, result.log) == (False, [], [])


@pytest.mark.parametrize("state", ["present", "started", "stopped", "absent"])
@pytest.mark.parametrize("check", [True, False], ids=["dry", "real"])
def test_rule_violation_is_rejected_in_every_state(run: Run, tasks: Seeded, state: str, check: bool) -> None:
    tasks()
    result = run.complete_task(check=check, state=state, deliver_time_interval=29).bad()
    assert "deliver_time_interval is 29" in result.msg
    assert result.log == []
    assert tasks.one["state"] == "RUNNING"


def test_rules_broken_are_all_named_at_once(run: Run) -> None:
    result = run.complete_task(deliver_time_interval=29, retry_duration=7201, file_prefix="/a", task_name="a b").bad()
    for option in (
        "deliver_time_interval is 29",
        "retry_duration is 7201",
        "file_prefix is '/a'",
        "task_name is 'a b'",
    ):
        assert option in result.msg
    assert result.log == []


@pytest.mark.parametrize(
    ("option", "value", "rule"),
    [
        ("wait_timeout", 0, "above 0"),
        ("wait_timeout", -1, "above 0"),
        ("wait_timeout", 86401, "86400"),
        ("wait_timeout", "nan", "number of seconds"),
        ("wait_interval", 0, "above 0"),
        ("wait_interval", -0.5, "above 0"),
        ("wait_interval", "inf", "86400"),
        ("api_timeout", 0, "from 1 to 3600"),
        ("api_timeout", 0.5, "from 1 to 3600"),
        ("api_timeout", 3601, "from 1 to 3600"),
        ("api_timeout", "nan", "from 1 to 3600"),
        ("interface", "secret-door", "public, internal or admin"),
        ("auth_type", "v3kerberos", "must be one of"),
    ],
)
def test_manner_that_makes_no_sense_is_refused(run: Run, option: str, value: Any, rule: str) -> None:
    result = run.complete_task(**{option: value}).bad()
    assert option in result.msg
    assert rule in result.msg
    assert (result.changed, result.log) == (False, [])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"state": "running"}, ["state", "present, started, stopped, absent", "running"]),
        ({"on_drift": "replace"}, ["on_drift", "update, recreate, fail", "replace"]),
        ({"consumer_strategy": "latest"}, ["consumer_strategy", "LATEST, TRIM_HORIZON", "latest"]),
        ({"consumer_strategy": "NEVER"}, ["consumer_strategy", "LATEST, TRIM_HORIZON"]),
        ({"destination_type": "OBS"}, ["destination_type", "DLI", "OBS"]),
        ({"stream_name": None}, ["missing required arguments", "stream_name"]),
        ({"task_name": None}, ["missing required arguments", "task_name"]),
        ({"deliver_time_interval": "often"}, ["deliver_time_interval", "int"]),
        ({"deliver_time_interval": 60.5}, ["deliver_time_interval", "int"]),
        ({"deliver_time_interval": [60]}, ["deliver_time_interval", "int"]),
        ({"retry_duration": "soon"}, ["retry_duration", "int"]),
        ({"wait_timeout": "long"}, ["wait_timeout", "float"]),
        ({"validate_certs": "perhaps"}, ["validate_certs", "bool"]),
        ({"auth": "just text"}, ["dictionary"]),
        ({"partition_format": "yyyy"}, ["Unsupported parameters", "partition_format"]),
        ({"auth": {"passwort": "fake-misspelt-secret"}}, ["Unsupported parameters", "auth.passwort"]),
    ],
    ids=str,
)
def test_value_of_a_wrong_kind_is_refused(run: Run, options: dict[str, Any], words: list[str]) -> None:
    result = run.complete_task(**options)
    assert result.failed
    for word in words:
        assert word in result.msg
    assert result.log == []
    assert not result.data.get("changed")


LONG = "aB3_-" * 20


@pytest.mark.parametrize(
    ("option", "value", "seed"),
    [
        ("task_name", "a", {}),
        ("task_name", LONG[:64], {}),
        ("stream_name", "s", {"streams": ["s"]}),
        ("stream_name", LONG[:64], {"streams": [LONG[:64]]}),
        ("agency_name", "a", {"agencies": ["a"]}),
        ("agency_name", "ä" * 64, {"agencies": ["ä" * 64]}),
        ("agency_name", "with blank", {"agencies": ["with blank"]}),
        ("obs_bucket_path", "my.bucket", {"buckets": ["my.bucket"]}),
        ("dli_table_name", "t" * 128, {"dli_tables": ["telemetry." + "t" * 128]}),
        ("deliver_time_interval", 30, {}),
        ("deliver_time_interval", 900, {}),
        ("deliver_time_interval", "60", {}),
        ("retry_duration", 0, {}),
        ("retry_duration", 7200, {}),
        ("consumer_strategy", "TRIM_HORIZON", {}),
        ("file_prefix", "a" * 50, {}),
        ("file_prefix", "a/b_c/9/", {}),
        ("file_prefix", "", {}),
    ],
)
def test_value_at_the_border_is_accepted(
    run: Run, emulator: Emulator, option: str, value: Any, seed: dict[str, Any]
) -> None:
    emulator.seed(**seed)
    first = run.complete_task(**{option: value}).ok()
    assert first.actions == ["create"]
    stream = value if option == "stream_name" else "meters"
    (task,) = emulator.tasks(stream).values()
    reported = task["task_name"] if option == "task_name" else task["settings"].get(option, "")
    assert option == "stream_name" or str(reported) == str(value)
    second = run.complete_task(**{option: value}).ok()
    assert (second.changed, second.unverified) == (False, [])


@pytest.mark.parametrize(("option", "value"), [("api_timeout", 1), ("api_timeout", 3600), ("wait_timeout", 86400)])
def test_time_at_the_border_is_accepted(run: Run, option: str, value: int) -> None:
    assert run.complete_task(**{option: value}).ok().actions == ["create"]
