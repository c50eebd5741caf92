# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of transfer tasks, by example and by property."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._core.errors import DisError, InvalidOptions
from ansible_collections.otc.dis.plugins.module_utils._core.schema import Field
from ansible_collections.otc.dis.plugins.module_utils._resources.batch_entries import unmanaged
from ansible_collections.otc.dis.plugins.module_utils._resources.destinations import (
    CLOUDTABLE,
    DESTINATIONS,
    DLI,
    DWS,
    OBS,
    Destination,
)
from ansible_collections.otc.dis.plugins.module_utils._resources.transfer_task import (
    DesiredTask,
    DestinationTypeConflict,
    Drift,
    TransferTask,
    UnknownSettingError,
    plan,
    to_diff,
    to_result,
)

FULL = {
    "agency_name": "dis_admin_agency",
    "deliver_time_interval": 120,
    "consumer_strategy": "LATEST",
    "dli_database_name": "telemetry",
    "dli_table_name": "meter_raw",
    "obs_bucket_path": "staging",
    "file_prefix": "",
    "retry_duration": 900,
}
REQUIRED = {name: FULL[name] for name in ("agency_name", *DLI.missing({}))}
UNREPORTED = {name: value for name, value in FULL.items() if not name.startswith("dli_")}


def make_desired(state: str = "present", **specified: object) -> DesiredTask:
    return DesiredTask(DLI, "meters", "meters-to-dli", specified, state)


def existing(state: str | None = "RUNNING", kind: str = "DLI", **changes: object) -> TransferTask:
    settings = {**FULL, **changes} if kind == "DLI" else {}
    return TransferTask("meters", "meters-to-dli", kind, settings, state, {"task_id": "t1"})


STATES = ("present", "started", "stopped", "absent")
TABLE = {  # the state table: observed -> verbs for present, started, stopped, absent
    "missing": (None, ["create"], ["create"], ["create", "stop"], []),
    "RUNNING": (existing("RUNNING"), [], [], ["stop"], ["delete"]),
    "STARTING": (existing("STARTING"), [], [], ["stop"], ["delete"]),
    "PAUSED": (existing("PAUSED"), [], ["start"], [], ["delete"]),
    "ABNORMAL": (existing("ABNORMAL"), [], [], ["stop"], ["delete"]),
    "ERROR": (existing("ERROR"), [], [], ["stop"], ["delete"]),
    "undocumented": (existing("UPGRADING"), [], [], ["stop"], ["delete"]),
    "not reported": (existing(None), [], [], ["stop"], ["delete"]),
}
CELLS = [
    pytest.param(row[0], state, verbs, id=f"{name}-{state}")
    for name, row in TABLE.items()
    for state, verbs in zip(STATES, row[1:], strict=True)
]


@pytest.mark.parametrize(("observed", "state", "verbs"), CELLS)
def test_plan_of_every_case_is_idempotent(observed: TransferTask | None, state: str, verbs: list[str]) -> None:
    made = plan(make_desired(state, **FULL), observed)
    assert list(made.verbs) == verbs
    assert made.before == observed
    assert plan(make_desired(state, **FULL), made.after).actions == ()


@pytest.mark.parametrize(
    ("on_drift", "observed_state", "state", "verbs"),
    [
        ("update", "RUNNING", "present", ["update"]),
        ("update", "RUNNING", "started", ["update"]),
        ("update", "PAUSED", "present", ["update"]),
        ("update", "PAUSED", "started", ["update", "start"]),
        ("update", "RUNNING", "stopped", ["update", "stop"]),
        ("update", "PAUSED", "stopped", ["update"]),
        ("update", "ERROR", "present", ["update"]),
        ("recreate", "RUNNING", "present", ["delete", "create"]),
        ("recreate", "PAUSED", "present", ["delete", "create", "stop"]),
        ("recreate", "PAUSED", "started", ["delete", "create"]),
        ("recreate", "RUNNING", "stopped", ["delete", "create", "stop"]),
        ("recreate", "ABNORMAL", "present", ["delete", "create"]),
        ("update", "RUNNING", "absent", ["delete"]),
        ("recreate", "RUNNING", "absent", ["delete"]),
        ("fail", "RUNNING", "absent", ["delete"]),
    ],
)
def test_plan_of_drift_is_idempotent(on_drift: str, observed_state: str, state: str, verbs: list[str]) -> None:
    desired = make_desired(state, deliver_time_interval=60)
    made = plan(desired, existing(observed_state), on_drift)
    assert list(made.verbs) == verbs
    assert plan(desired, made.after, on_drift).actions == ()


def test_present_paused_task_that_is_recreated_stays_paused() -> None:
    made = plan(make_desired(deliver_time_interval=60), existing("PAUSED"), "recreate")
    assert made.after is not None
    assert made.after.state == "PAUSED"


@pytest.mark.parametrize(("length", "warned"), [(60, False), (61, True), (64, True)])
def test_create_warns_above_the_documented_length_of_a_stream_name(length: int, warned: bool) -> None:
    desired = make_desired(**REQUIRED)._replace(stream_name="s" * length)
    assert any(f"has {length} characters" in warning for warning in plan(desired, None).warnings) is warned
    observed = existing()._replace(stream_name="s" * length)
    assert plan(desired, observed).warnings == ()


def test_recreate_keeps_unmanaged_settings() -> None:
    made = plan(make_desired(deliver_time_interval=60), existing(retry_duration=77, file_prefix="a/b"), "recreate")
    assert made.after is not None
    assert made.after.settings == {**FULL, "deliver_time_interval": 60, "retry_duration": 77, "file_prefix": "a/b"}


@pytest.mark.parametrize(("strategy", "warning"), [("LATEST", "gap"), ("TRIM_HORIZON", "duplicates"), ("ODD", "gap")])
def test_recreate_warns_about_gap_or_duplicates(strategy: str, warning: str) -> None:
    made = plan(make_desired(deliver_time_interval=60), existing(consumer_strategy=strategy), "recreate")
    assert warning in " ".join(made.warnings)


def test_update_of_the_strategy_warns_about_the_position() -> None:
    assert "position" in " ".join(plan(make_desired(consumer_strategy="TRIM_HORIZON"), existing()).warnings)


@pytest.mark.parametrize("state", ["ABNORMAL", "ERROR", "UPGRADING", None])
def test_present_failed_task_is_unchanged_with_a_warning(state: str | None) -> None:
    made = plan(make_desired(), existing(state))
    assert made.actions == ()
    assert str(state) in " ".join(made.warnings)


def test_drift_fail_names_each_option_with_both_values() -> None:
    with pytest.raises(Drift) as caught:
        plan(make_desired(deliver_time_interval=60, retry_duration=0), existing(), "fail")
    text = str(caught.value)
    assert "deliver_time_interval is 120 and should be 60" in text
    assert "retry_duration is 900 and should be 0" in text
    assert "Nothing was changed" in text


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("on_drift", ["update", "fail"])
def test_task_of_another_type_is_never_changed(state: str, on_drift: str) -> None:
    with pytest.raises(DestinationTypeConflict, match="OBS"):
        plan(make_desired(state, **FULL), existing(kind="OBS"), on_drift)


@pytest.mark.parametrize("listed_type", ["", "NOWHERE", "OBS", "DLI"])
def test_unmanaged_task_is_deleted_with_any_listed_type(listed_type: str) -> None:
    present = [TransferTask("meters", "meters-to-dli", listed_type, {})]
    (entry,) = unmanaged("meters", present, [])
    assert plan(entry.desired, TransferTask("meters", "meters-to-dli", "DLI", FULL), entry.on_drift).verbs == (
        "delete",
    )


@pytest.mark.parametrize(
    ("state", "verbs"),
    [
        ("present", ["delete", "create"]),
        ("absent", ["delete"]),
    ],
)
def test_task_of_another_type_is_replaced_only_with_recreate(state: str, verbs: list[str]) -> None:
    made = plan(make_desired(state, **FULL), existing(kind="OBS"), "recreate")
    assert list(made.verbs) == verbs
    assert plan(make_desired(state, **FULL), made.after, "recreate").actions == ()


@pytest.mark.parametrize("state", ["started", "stopped"])
def test_task_of_another_type_is_not_replaced_for_a_run_state(state: str) -> None:
    with pytest.raises(DestinationTypeConflict, match="OBS"):
        plan(make_desired(state, **FULL), existing(kind="OBS"), "recreate")


def test_task_of_another_type_is_not_deleted_if_options_are_missing() -> None:
    with pytest.raises(InvalidOptions, match="dli_table_name"):
        plan(make_desired(agency_name="a"), existing(kind="OBS"), "recreate")


@pytest.mark.parametrize("name", DLI.missing({}))
def test_create_without_a_required_option_is_rejected_by_name(name: str) -> None:
    options = {key: value for key, value in REQUIRED.items() if key != name}
    with pytest.raises(InvalidOptions, match=name):
        plan(make_desired(**options), None)


def test_update_of_a_task_without_an_agency_sends_none() -> None:
    (update,) = plan(make_desired(deliver_time_interval=60), existing(agency_name="")).actions
    body = DLI.request("t", update.task.settings, blanks=False)
    assert "agency_name" not in body["dli_destination_descriptor"]


def test_create_fills_in_the_documented_defaults() -> None:
    made = plan(make_desired(**REQUIRED), None)
    assert made.after is not None
    assert made.after.settings == {
        **REQUIRED,
        "deliver_time_interval": 300,
        "consumer_strategy": "LATEST",
        "file_prefix": "",
        "retry_duration": 1800,
    }


def test_unreported_settings_are_unverified_and_no_drift() -> None:
    made = plan(make_desired(**FULL), TransferTask("meters", "t", "DLI", UNREPORTED, "RUNNING"))
    assert made.actions == ()
    assert made.unverified == ("dli_database_name", "dli_table_name")
    assert to_diff(made.before) == to_diff(made.after)


@pytest.mark.parametrize("on_drift", ["update", "recreate"])
def test_unreported_settings_that_are_not_specified_prevent_an_update(on_drift: str) -> None:
    with pytest.raises(UnknownSettingError, match="dli_database_name and dli_table_name"):
        plan(
            make_desired(deliver_time_interval=60), TransferTask("meters", "t", "DLI", UNREPORTED, "RUNNING"), on_drift
        )


def test_unreported_settings_that_are_specified_complete_the_update() -> None:
    observed = TransferTask("meters", "t", "DLI", UNREPORTED, "RUNNING")
    made = plan(make_desired(**{**FULL, "deliver_time_interval": 60}), observed)
    (update,) = made.actions
    assert update.task.settings == {**FULL, "deliver_time_interval": 60}
    assert made.after is not None
    assert "dli_table_name" not in made.after.settings


def test_names_that_differ_in_case_only_are_no_drift() -> None:
    assert plan(make_desired(dli_database_name="TeleMetry", dli_table_name="METER_RAW"), existing()).actions == ()
    assert plan(make_desired(agency_name="DIS_ADMIN_AGENCY"), existing()).verbs == ("update",)


def test_secret_is_sent_but_never_returned_or_compared() -> None:
    task = {**dict.fromkeys(DWS.missing({}), "x"), "dws_delimiter": ";", "user_password": "not-real"}
    made = plan(DesiredTask(DWS, "s", "t", task), None)
    assert made.actions[0].task.settings["user_password"] == "not-real"
    assert "not-real" not in repr((to_diff(made.after), to_result(made.after)))
    existing = made.after._replace(settings={name: value for name, value in task.items() if name != "user_password"})
    again = plan(DesiredTask(DWS, "s", "t", task), existing)
    assert (again.actions, again.unverified) == ((), ("user_password",))


@pytest.mark.parametrize(("on_drift", "verbs"), [("update", ("update",)), ("recreate", ("update",))])
def test_secret_with_always_is_sent_to_an_existing_task(on_drift: str, verbs: tuple[str, ...]) -> None:
    task = {**dict.fromkeys(DWS.missing({}), "x"), "agency_name": "x", "dws_delimiter": ";"}
    existing = TransferTask("s", "t", "DWS", {**DWS.defaults({}), **task, "options": {}}, "RUNNING")
    existing.settings.pop("user_password")
    made = plan(
        DesiredTask(DWS, "s", "t", {"user_password": "not-real"}, always_update=("user_password",)), existing, on_drift
    )
    assert made.verbs == verbs
    assert made.actions[-1].task.settings["user_password"] == "not-real"


def test_one_schema_replaces_the_other() -> None:
    old = {"row_key": [{"value": "id", "type": "String"}], "columns": []}
    new = [{"metric": [], "timestamp": {}, "value": {}, "tags": []}]
    required = dict.fromkeys(CLOUDTABLE.missing({})[:-1], "x")
    blank = {"agency_name": "", "obs_backup_bucket_path": "", "cloudtable_table_name": "x"}
    settings = {**CLOUDTABLE.defaults({}), **required, **blank, "cloudtable_schema": old}
    made = plan(
        DesiredTask(CLOUDTABLE, "s", "t", {"opentsdb_schema": new}), TransferTask("s", "t", "CLOUDTABLE", settings)
    )
    assert made.verbs == ("update",)
    assert made.after is not None
    assert "cloudtable_schema" not in made.after.settings
    assert made.after.settings["opentsdb_schema"] == new


# --- settings that this version does not support ---

UNKNOWN = {"compression_format": "gzip", "carbon_properties": {"a": "b"}}


def test_unknown_settings_are_sent_by_an_update_and_not_returned() -> None:
    observed = existing()._replace(unknown=UNKNOWN)
    made = plan(make_desired(deliver_time_interval=60), observed)
    assert (made.verbs, made.warnings) == (("update",), ())
    body = DLI.request("t", made.actions[0].task.settings, True, made.actions[0].task.unknown)
    assert body["dli_destination_descriptor"].items() >= {**UNKNOWN, "deliver_time_interval": 60}.items()
    assert made.after is not None
    assert made.after.unknown == UNKNOWN
    assert not set(to_diff(made.after) or {}) & set(UNKNOWN)
    assert not set(to_result(made.after) or {}) & set(UNKNOWN)


def test_recreate_names_the_unknown_settings_that_are_lost() -> None:
    made = plan(make_desired(deliver_time_interval=60), existing()._replace(unknown=UNKNOWN), "recreate")
    warnings = " ".join(made.warnings)
    assert (
        "does not support: compression_format and carbon_properties. They are lost, because the new task cannot"
        in warnings
    )
    assert "gzip" not in warnings
    replaced = plan(
        make_desired(**FULL), TransferTask("meters", "meters-to-dli", "OBS", {}, "RUNNING", {}, UNKNOWN), "recreate"
    )
    assert "compression_format" in " ".join(replaced.warnings)


def test_empty_and_known_members_are_no_unknown_settings() -> None:
    block = {**FULL, "task_name": "t", "new": "", "old": None, "more": [], "rest": {}, 'file_prefix"': "a"}
    assert DLI.unknown(block) == {}
    assert DLI.unknown({**block, "new": 0, "old": False}) == {"new": 0, "old": False}
    assert OBS.unknown({"retry_duration": 0}) == {}
    assert DWS.unknown({"user_password": "not-real", "options": {"new": "1", "reject_limit": "5"}}) == {
        "options": {"new": "1"}
    }


def columns(name: str) -> dict[str, Any]:
    return {
        "row_key": [{"value": "id", "type": "String"}],
        "columns": [{"column_family_name": "cf", "column_name": name, "value": "v", "type": "String"}],
    }


def test_unknown_nested_members_are_sent_unless_their_list_changes() -> None:
    reported = columns("a")
    reported["columns"][0]["new"] = 5
    reported["more"] = {"x": 1}
    required = dict.fromkeys(CLOUDTABLE.missing({})[:-1], "x")
    more = {"agency_name": "a", "cloudtable_table_name": "x", "cloudtable_schema": reported}
    block = {**CLOUDTABLE.defaults({}), **required, **more}
    observed = TransferTask("s", "t", "CLOUDTABLE", CLOUDTABLE.read(block), "RUNNING", {}, CLOUDTABLE.unknown(block))
    names = ["cloudtable_schema.columns[0].new", "cloudtable_schema.more"]
    assert sorted(CLOUDTABLE.unknown_names(observed.unknown)) == names
    made = plan(DesiredTask(CLOUDTABLE, "s", "t", {"cloudtable_cluster_name": "other"}), observed)
    task = made.actions[0].task
    assert made.warnings == ()
    sent = CLOUDTABLE.request("t", task.settings, True, task.unknown)["cloudtable_destination_descriptor"]
    assert sent["cloudtable_schema"] == reported
    changed = plan(DesiredTask(CLOUDTABLE, "s", "t", {"cloudtable_schema": columns("b")}), observed)
    assert changed.actions[0].task.unknown == {}
    assert all(name in " ".join(changed.warnings) for name in names)
    assert "the update cannot include them" in " ".join(changed.warnings)


# --- properties ---


def values(field: Field) -> st.SearchStrategy[Any]:
    """Valid values of a field."""
    if field.type == "dict":
        return st.fixed_dictionaries(
            {member.name: values(member) for member in field.members if member.required},
            optional={member.name: values(member) for member in field.members if not member.required},
        )
    if field.type == "list":
        return st.lists(values(field._replace(type="dict")), min_size=1, max_size=2)
    if field.choices:
        return st.sampled_from(field.choices)
    if field.type == "int":
        return st.integers(field.minimum or 0, field.maximum or 9)
    if field.type == "bool":
        return st.booleans()
    return st.sampled_from(["one", "ONE", "two"] + [""] * (field.default_when_missing == ""))


def some(destination: Destination) -> st.SearchStrategy[dict[str, Any]]:
    """Some settings of a destination, none of them mutually exclusive."""

    def without_conflicts(settings: dict[str, Any]) -> dict[str, Any]:
        excluded = [name for name in destination.one_of if name in settings][1:]
        return {name: value for name, value in settings.items() if name not in excluded}

    return st.fixed_dictionaries({}, optional={field.name: values(field) for field in destination}).map(
        without_conflicts
    )


def stored(fields: Iterable[Field], sent: dict[str, Any], draw: Any) -> dict[str, Any]:
    """The descriptor that a service returns after a request, with values that it chose for omitted members.

    A member whose absence has a documented meaning is missing or empty.
    """
    reported: dict[str, Any] = {}
    for field in fields:
        if field.name in sent and field.type == "dict":
            reported[field.name] = stored(field.members, sent[field.name], draw)
        elif field.name in sent:
            reported[field.name] = sent[field.name]
        elif field.default_when_missing is None and field.type != "bool":
            reported[field.name] = draw(values(field))
        elif field.default_when_missing == "" and draw(st.booleans()):
            reported[field.name] = ""
    return reported


@pytest.mark.parametrize("kind", DESTINATIONS)
@settings(max_examples=200)
@given(data=st.data())
def test_every_specified_value_of_a_new_task_is_sent(kind: str, data: st.DataObject) -> None:
    destination = DESTINATIONS[kind]
    required = {field.name: values(field) for field in destination if field.required}
    specified = {**data.draw(st.fixed_dictionaries(required)), **data.draw(some(destination))}
    if destination.one_of and not set(specified) & set(destination.one_of):
        specified[destination.one_of[0]] = data.draw(values(destination.fields[6]))
    specified = {"cloudtable_table_name": "x", **specified} if kind == "CLOUDTABLE" else specified
    desired = DesiredTask(destination, "meters", "t", specified)
    made = plan(desired, None)
    for blanks in (False, True):  # as in a create, and as in an update
        sent = destination.request("t", made.actions[0].task.settings, blanks)[destination.request_key]
        excluded = [name for name in destination.one_of if name not in sent]
        fields = [field for field in destination if field.name not in excluded]
        existing = TransferTask("meters", "t", kind, destination.read(stored(fields, sent, data.draw)), "RUNNING")
        again = plan(desired, existing)
        assert again.actions == (), "the second run changes nothing"
        assert set(again.unverified) <= set(destination.secrets())


@pytest.mark.parametrize("reported", ["a/b", "a/b/", '"a/b"', "'a/b/'", '"a/b/"'])
@pytest.mark.parametrize("expected", ["a/b", "a/b/"])
@pytest.mark.parametrize(("destination", "name"), [(DLI, "file_prefix"), (CLOUDTABLE, "backup_file_prefix")])
def test_quotes_and_trailing_slashes_of_a_folder_are_ignored(
    destination: Destination, name: str, expected: str, reported: str
) -> None:
    for member in (name, name + '"'):
        known = destination.read({member: reported})
        assert '"' not in known[name]
        assert destination.differing({name: expected}, known) == []
        assert destination.differing({name: "a/c"}, known) == [name]


OBSERVABLE = ("RUNNING", "STARTING", "PAUSED", "ABNORMAL", "ERROR", "UPGRADING", None)
RUN_STATES = st.sampled_from(OBSERVABLE)
WORLDS = st.sampled_from([None, "same", "same", "same", *DESTINATIONS, "NOWHERE"])


def reported_settings(destination: Destination) -> st.SearchStrategy[dict[str, Any]]:
    """Some settings of a destination, without secrets, which the API never returns."""
    secrets = destination.secrets()
    return some(destination).map(lambda values: {name: values[name] for name in values if name not in secrets})


@pytest.mark.parametrize("kind", DESTINATIONS)
@settings(max_examples=300)
@given(
    data=st.data(), state=st.sampled_from(STATES), on_drift=st.sampled_from(["update", "recreate", "fail"]),
    always=st.booleans(),
)  # fmt: skip
def test_properties_of_the_plan(kind: str, data: st.DataObject, state: str, on_drift: str, always: bool) -> None:
    destination = DESTINATIONS[kind]
    expected = data.draw(some(destination))
    always_updated = tuple(name for name in destination.secrets() if always and name in expected)
    desired = DesiredTask(destination, "meters", "t", expected, state, always_updated)
    world = data.draw(WORLDS)
    observed = None
    if world is not None:
        there = kind if world == "same" else world
        values = data.draw(reported_settings(DESTINATIONS.get(there, destination)))
        observed = TransferTask("meters", "t", there, values, data.draw(RUN_STATES))
    try:
        made = plan(desired, observed, on_drift)
    except DisError:
        return
    unforced = desired._replace(always_update=())  # these secrets are sent in every run
    assert plan(unforced, made.after, on_drift).actions == (), "the second run changes nothing"
    if not always_updated:
        assert bool(made.actions) == (to_diff(made.before) != to_diff(made.after)), "changed must equal a diff"
    if on_drift == "update" and state != "absent":
        assert "delete" not in made.verbs, "nothing is deleted without state absent or recreate"
    if on_drift == "fail" and observed is not None and not always_updated:
        assert not {"update", "create"} & set(made.verbs), "only the run state changes"
    if observed is not None and observed.kind != kind:
        assert not {"update", "start"} & set(made.verbs), "a task of another type is replaced or unchanged"
    assert made.verbs.count("create") <= 1
    assert made.verbs.count("delete") <= 1
    assert (made.after is None) == (desired.state == "absent")
    assert set(made.unverified) <= set(desired.specified)
    if observed is not None and made.after is not None and "create" not in made.verbs:
        excluded = destination.one_of if any(name in desired.specified for name in destination.one_of) else ()
        for name in set(observed.settings) - set(desired.specified) - set(excluded):
            assert made.after.settings[name] == observed.settings[name], "unspecified settings are not managed"
        assert not set(made.unverified) & set(made.after.settings), "no action is planned for unverified settings"
    if made.after is not None:
        known = {name: value for name, value in desired.specified.items() if name not in made.unverified}
        assert destination.differing(known, made.after.settings) == [], "specified, reported settings are applied"
        wanted = {"started": ("PAUSED",), "stopped": ("RUNNING", "STARTING")}.get(desired.state, ())
        assert made.after.state not in wanted
    for action in made.actions:
        if action.verb == "create":
            assert destination.missing(action.task.settings) == [], "every create has all required settings"
        if action.verb == "update":
            assert destination.unknown_required(action.task.settings) == [], "every update is complete"


# --- each setting of each destination separately ---


def two(field: Field) -> tuple[Any, Any]:
    """Two different values of a field."""
    if field.type in ("dict", "list"):
        one = {member.name: two(member)[0] for member in field.members}
        other = {**one, field.members[0].name: two(field.members[0])[1]}
        return (one, other) if field.type == "dict" else ([one], [other])
    if field.choices:
        return field.choices[0], field.choices[-1] if len(field.choices) > 1 else "another"
    if field.type == "int":
        return field.minimum or 0, (field.minimum or 0) + 1
    return (True, False) if field.type == "bool" else ("one", "two")


def all_of(destination: Destination) -> dict[str, Any]:
    """A task with all settings, and one of the mutually exclusive settings."""
    return {field.name: two(field)[0] for field in destination if field.name not in destination.one_of[1:]}


def verbs_for_drift(state: str, on_drift: str, run_state: str | None) -> list[str]:
    """The verbs for one differing setting."""
    if state == "absent":
        return ["delete"]
    paused = run_state == "PAUSED"
    if on_drift == "recreate":
        return ["delete", "create"] + ["stop"] * (state == "stopped" or (state == "present" and paused))
    return ["update"] + ["stop"] * (state == "stopped" and not paused) + ["start"] * (state == "started" and paused)


@pytest.mark.parametrize("on_drift", ["update", "recreate", "fail"])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    ("kind", "field"),
    [pytest.param(kind, field, id=f"{kind}-{field.name}") for kind, fields in DESTINATIONS.items() for field in fields],
)
def test_each_setting_is_drift_in_every_state(kind: str, field: Field, state: str, on_drift: str) -> None:
    destination = DESTINATIONS[kind]
    settings_ = all_of(destination)
    reported = {name: value for name, value in settings_.items() if name not in destination.secrets()}
    excluded = set(destination.one_of) - {field.name} if field.name in destination.one_of else ()
    specified = {name: value for name, value in settings_.items() if name not in excluded}
    desired = DesiredTask(destination, "meters", "t", {**specified, field.name: two(field)[1]}, state)
    for run_state in OBSERVABLE:
        observed = TransferTask("meters", "t", kind, reported, run_state)
        if field.secret and state != "absent":  # drift cannot be detected
            made = plan(desired, observed, on_drift)
            assert field.name in made.unverified
            assert not {"update", "create", "delete"} & set(made.verbs)
        elif on_drift == "fail" and state != "absent":
            with pytest.raises(Drift, match=field.name):
                plan(desired, observed, on_drift)
        else:
            made = plan(desired, observed, on_drift)
            assert list(made.verbs) == verbs_for_drift(state, on_drift, run_state)
            assert (made.after is None) == (state == "absent")
            if made.after is not None:
                assert field.equal(made.after.settings[field.name], two(field)[1])
