# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin, read by ansible-inventory and used by plays, complete and in slices."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ansible_cli
import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from workspace import DESIRED, Workspace, good

TEMPLATE = "{{ 6 * 7 }} {% raw %}"
STREAMS: list[dict[str, Any]] = [
    {
        "name": "meters",
        "tags": {"team": "billing", "note": TEMPLATE, "empty": ""},
        "tasks": ["to-dli", {"task_name": "to-obs", "destination_type": "OBS", "state": "PAUSED"}],
    },
    {"name": "orders", "stream_type": "ADVANCED", "partition_count": 2, "tags": {"team": "web-shop"}},
    {"name": "old", "status": "FROZEN", "tasks": [{"task_name": "to-mrs", "destination_type": "MRS"}]},
]
PASSWORD = "not-a-real-password-1f7a"


def read(workspace: Workspace, *words: str, name: str = "streams.dis.yml", **options: Any) -> ansible_cli.Run:
    """Run ansible-inventory on a file with these options; one that cannot be read is a failure."""
    path = workspace.write(name, {"plugin": "otc.dis.streams", **options})
    strict = {**workspace.environ, "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}
    return ansible_cli.run(["ansible-inventory", "-i", str(path), *(words or ["--list"])], strict, workspace.folder)


def plain(value: Any) -> Any:
    """Exported variables without the marks that Ansible sets on texts that are no templates."""
    if isinstance(value, dict):
        return value["__ansible_unsafe"] if "__ansible_unsafe" in value else {k: plain(v) for k, v in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def reported(run: ansible_cli.Run) -> dict[str, Any]:
    """What an inventory holds: groups with the names of their hosts, and ``_meta.hostvars``."""
    found: dict[str, Any] = plain(json.loads(good(run).stdout))
    return found


def hosts(workspace: Workspace, **options: Any) -> dict[str, Any]:
    """Variables by host."""
    found: dict[str, Any] = reported(read(workspace, **options))["_meta"].get("hostvars", {})
    return found


def groups(inventory: dict[str, Any]) -> dict[str, list[str]]:
    """Hosts by group, without what Ansible adds."""
    return {name: entry["hosts"] for name, entry in inventory.items() if name[0] != "_" and "hosts" in entry}


def refused(run: ansible_cli.Run) -> str:
    """The message for an inventory that could not be read, on one line."""
    assert run.code != 0, str(run)
    assert "Traceback" not in run.output, str(run)
    return " ".join(run.output.split())


@pytest.fixture
def fleet(workspace: Workspace) -> Workspace:
    """A cloud with three streams."""
    workspace.cloud.reset(streams=STREAMS)
    return workspace


@pytest.mark.quick
def test_streams_are_hosts_in_groups_with_the_listed_values(fleet: Workspace) -> None:
    inventory = reported(read(fleet))
    assert groups(inventory) == {
        "dis_status_running": ["meters", "orders"],
        "dis_status_frozen": ["old"],
        "dis_type_common": ["meters", "old"],
        "dis_type_advanced": ["orders"],
        "dis_destination_dli": ["meters"],
        "dis_destination_obs": ["meters"],
        "dis_destination_mrs": ["old"],
        "dis_tag_team_billing": ["meters"],
        "dis_tag_team_web_shop": ["orders"],
        "dis_tag_note____6___7_______raw___": ["meters"],
        "dis_tag_empty": ["meters"],
    }
    meters = inventory["_meta"]["hostvars"]["meters"]
    assert meters["ansible_connection"] == "local"
    assert meters["ansible_python_interpreter"] == "{{ ansible_playbook_python }}"
    assert meters["dis_stream_name"] == "meters"
    assert meters["dis_stream"]["partition_count"] == 1
    assert meters["dis_stream"]["tags"] == STREAMS[0]["tags"]
    assert [(task["task_name"], task["state"]) for task in meters["dis_transfer_tasks"]] == [
        ("to-dli", "RUNNING"),
        ("to-obs", "PAUSED"),
    ]
    assert meters["dis_transfer_tasks"][0]["dli_table_name"] is None
    assert sorted(entry["operation"] for entry in fleet.cloud.log()) == [
        *["list_streams", "list_transfer_tasks", "list_transfer_tasks", "list_transfer_tasks", "login"]
    ]


def test_details_return_settings_and_partitions_for_one_request_each(fleet: Workspace) -> None:
    meters = hosts(fleet, details=True)["meters"]
    assert len(meters["dis_stream"]["partitions"]) == 1
    assert meters["dis_transfer_tasks"][0]["dli_table_name"] == "meter_raw"
    assert meters["dis_transfer_tasks"][1]["obs_bucket_path"] == "telemetry-staging"
    operations = [entry["operation"] for entry in fleet.cloud.log("dis")]
    assert {name: operations.count(name) for name in set(operations)} == {
        "list_streams": 1,
        "show_stream": 3,
        "list_transfer_tasks": 3,
        "show_transfer_task": 3,
    }


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"name_pattern": "o*"}, ["old", "orders"]),
        ({"status": ["FROZEN", "CREATING"]}, ["old"]),
        ({"status": "RUNNING,FROZEN"}, ["meters", "old", "orders"]),
        ({"destination_type": ["OBS", "MRS"]}, ["meters", "old"]),
        ({"destination_type": ["DLI"], "name_pattern": "orders"}, []),
        ({"name_pattern": "", "status": "", "destination_type": [], "details": ""}, ["meters", "old", "orders"]),
    ],
    ids=["pattern", "status", "words", "destination", "both", "blank"],
)
def test_filters(fleet: Workspace, options: dict[str, Any], names: list[str]) -> None:
    assert sorted(hosts(fleet, **options)) == names


def test_blank_options_are_treated_as_omitted(fleet: Workspace) -> None:
    """Every option of the plugin at once, in each way to be blank; a blank cloud in ``clouds`` is refused."""
    documented = ansible_cli.run(
        ["ansible-doc", "-t", "inventory", "-j", "otc.dis.streams"], fleet.environ, fleet.folder
    )
    options: dict[str, Any] = json.loads(documented.stdout)["otc.dis.streams"]["doc"]["options"]
    del options["plugin"]
    assert len(options) > 25
    paused = {
        "task_name": "to-obs",
        "destination_type": "OBS",
        "state": "PAUSED",
    }  # running tasks report each work cycle
    fleet.cloud.reset(streams=[{"name": "meters", "tasks": [paused]}, {"name": "old", "status": "FROZEN"}])
    wanted = reported(read(fleet))
    for blank in (None, "", " ", "{{ '' }}"):
        chosen: dict[str, Any] = dict.fromkeys(options, blank)
        if blank != "{{ '' }}":
            chosen["auth"] = dict.fromkeys(options["auth"]["suboptions"], blank)
        else:  # Ansible fills in templates of its own options only where it documents that
            chosen = {
                name: blank for name in options if name in ("cloud", "auth_type", "name_pattern", "status", "details")
            }
        assert reported(read(fleet, **chosen)) == wanted, blank
    lists = {name: [None, ""] for name, one in options.items() if one.get("elements") == "str"}
    assert len(lists) > 2
    assert reported(read(fleet, **lists)) == wanted
    assert list(hosts(fleet, status=["", "FROZEN"])) == ["old"]
    assert "clouds must be a list of names" in refused(read(fleet, clouds=[""]))


def test_composed_variables_and_groups(fleet: Workspace) -> None:
    inventory = reported(
        read(
            fleet,
            strict=True,
            compose={"size": "dis_stream.partition_count * 10", "note": "dis_stream.tags.note | default('')"},
            groups={"paused": "dis_transfer_tasks | selectattr('state', 'equalto', 'PAUSED') | length > 0"},
            keyed_groups=[{"key": "dis_stream.tags.team | default('none')", "prefix": "team"}],
        )
    )
    variables = inventory["_meta"]["hostvars"]
    assert {name: int(one["size"]) for name, one in variables.items()} == {"meters": 10, "old": 10, "orders": 20}
    assert variables["meters"]["note"] == TEMPLATE
    found = groups(inventory)
    assert (found["paused"], found["team_billing"], found["team_none"]) == (["meters"], ["meters"], ["old"])


def test_strict_controls_whether_an_expression_may_fail(fleet: Workspace) -> None:
    wrong = {"compose": {"owner": "dis_stream.tags.nobody_has_this.at_all"}}
    assert all("owner" not in one for one in hosts(fleet, **wrong).values())
    assert "owner" in refused(read(fleet, strict=True, **wrong))


def test_value_from_the_service_is_never_a_template(fleet: Workspace) -> None:
    """Neither from the plugin nor from what a controller keeps of it and gives to its jobs."""
    compose = {
        "note": "dis_stream.tags.note | default('')",
        "notes": "[dis_stream.tags.note] if dis_stream.tags else []",
    }
    exported = good(read(fleet, "--list", "--export", name_pattern="meters", compose=compose)).stdout
    show = {
        "name": "Show",
        "ansible.builtin.debug": {
            "msg": ["{{ dis_stream.tags.note }}", "{{ note }}", "{{ notes[0] }}", "{{ hostvars }}"]
        },
    }
    play = fleet.write("show.yml", [{"hosts": "all", "gather_facts": False, "tasks": [show]}])
    for source in (fleet.folder / "streams.dis.yml", kept(fleet, "kept", exported)):
        done = good(fleet.playbook("-i", str(source), str(play)))
        message = done.named("Show").result["msg"]
        assert message[:3] == [TEMPLATE] * 3, source
        assert message[3]["meters"]["dis_stream"]["tags"]["note"] == TEMPLATE, source


def kept(workspace: Workspace, name: str, inventory: str) -> Path:
    """An inventory as a controller gives it to a job: a script that prints it."""
    workspace.write(f"{name}.json", inventory)
    script = workspace.write(f"{name}.sh", f'#!/bin/sh\nexec cat "{workspace.folder}/{name}.json"\n')
    script.chmod(0o755)
    return script


def slice_of(inventory: dict[str, Any], number: int, count: int) -> tuple[list[str], str]:
    """Every so many-th host of an inventory, in the order of names, as controllers slice their jobs.

    :param number: from 1 to *count*
    """
    chosen = sorted(inventory["_meta"]["hostvars"])[number - 1 :: count]
    rest: dict[str, Any] = {"_meta": {"hostvars": {name: inventory["_meta"]["hostvars"][name] for name in chosen}}}
    for name, group in inventory.items():
        if name != "_meta":
            rest[name] = {**group, "hosts": [host for host in group.get("hosts", []) if host in chosen]}
    if "profile" in inventory["_meta"]:
        rest["_meta"]["profile"] = inventory["_meta"]["profile"]
    return chosen, json.dumps(rest)


def test_slices_touch_every_stream_once(workspace: Workspace) -> None:
    names = [f"fleet-{number:02d}" for number in range(11)]
    workspace.cloud.reset(streams=[{"name": name} for name in names])
    complete = json.loads(good(read(workspace, "--list", "--export")).stdout)
    task = {
        "name": "Transfer task",
        "otc.dis.dli_transfer_task": {**DESIRED, "stream_name": "{{ inventory_hostname }}", "wait": False},
    }
    play = workspace.write("fleet.yml", [{"hosts": "all", "gather_facts": False, "strategy": "free", "tasks": [task]}])
    workspace.cloud.clear_log()

    observed: list[str] = []
    for number in (1, 2, 3):
        chosen, part = slice_of(complete, number, 3)
        done = good(workspace.playbook("-i", str(kept(workspace, f"slice-{number}", part)), str(play)))
        assert [event.result["actions"] for event in done.events] == [["create"]] * len(chosen)
        assert len(chosen) in (3, 4)
        observed += chosen
    assert sorted(observed) == names
    created = [entry["path"].split("/")[-2] for entry in workspace.cloud.log("dis", "create_transfer_task")]
    assert sorted(created) == names
    assert {name: list(workspace.cloud.tasks(name)) for name in names} == {name: ["meters-to-dli"] for name in names}

    again = good(workspace.playbook("-i", str(workspace.folder / "streams.dis.yml"), str(play)))
    assert len(again.events) == len(names)
    assert not any(event.changed for event in again.events)


def test_modules_run_with_the_python_that_runs_ansible(fleet: Workspace) -> None:
    play = {"hosts": "orders", "gather_facts": True, "tasks": [{"name": "Ping", "ansible.builtin.ping": {}}]}
    read(fleet)
    site = fleet.write("ping.yml", [play])
    done = good(fleet.playbook("-i", str(fleet.folder / "streams.dis.yml"), str(site)))
    assert done.named("Gathering Facts").result["ansible_facts"].get("discovered_interpreter_python") is None


# --- cache ---


@pytest.fixture
def cached(fleet: Workspace) -> dict[str, Any]:
    return {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(fleet.folder / "cache"),
        "details": True,
    }


def test_cache_spares_all_requests_until_it_is_flushed(fleet: Workspace, cached: dict[str, Any]) -> None:
    compose = {"note": "dis_stream.tags.note | default('')"}
    first = reported(read(fleet, **cached, compose=compose))
    fleet.cloud.clear_log()
    assert reported(read(fleet, **cached, compose=compose)) == first
    assert fleet.cloud.log() == []
    assert first["_meta"]["hostvars"]["meters"]["note"] == TEMPLATE

    fleet.cloud.seed(streams=["late"])
    assert "late" not in reported(read(fleet, **cached))["_meta"]["hostvars"]
    play = fleet.write("all.yml", [{"hosts": "all", "gather_facts": False, "tasks": []}])
    flushed = good(
        fleet.playbook("-i", str(fleet.folder / "streams.dis.yml"), str(play), "--list-hosts", "--flush-cache")
    )
    assert "late" in flushed.stdout
    fleet.cloud.clear_log()
    assert "late" in reported(read(fleet, **cached))["_meta"]["hostvars"]
    assert fleet.cloud.log() == []


def test_cache_is_used_only_for_the_same_request(fleet: Workspace, cached: dict[str, Any]) -> None:
    assert len(hosts(fleet, **cached)) == 3
    assert sorted(hosts(fleet, **cached, name_pattern="o*")) == ["old", "orders"]
    assert hosts(fleet, **{**cached, "details": False})["meters"]["dis_stream"]["partitions"] is None

    project = {"name": "eu-de_other", "streams": ["elsewhere"]}
    fleet.cloud.seed(projects=[project])
    fleet.environ["OS_PROJECT_NAME"] = "eu-de_other"
    assert list(hosts(fleet, **cached)) == ["elsewhere"]


def test_cache_holds_no_secret(fleet: Workspace, cached: dict[str, Any]) -> None:
    fleet.cloud.reset(
        streams=[{"name": "meters", "tasks": [{"task_name": "to-dws", "destination_type": "DWS"}]}],
        return_password=True,
        users=[{"name": "emulator-user", "password": PASSWORD}],
    )
    fleet.environ["OS_PASSWORD"] = PASSWORD
    assert hosts(fleet, **cached)["meters"]["dis_transfer_tasks"][0]["user_name"]
    files = list((fleet.folder / "cache").iterdir())
    assert files
    text = "".join(one.name + one.read_text("utf-8") for one in files)
    assert PASSWORD not in text
    assert "user_password" not in text
    assert fleet.cloud.tasks("meters")["to-dws"]["settings"]["user_password"] not in text


# --- login ---


def test_login_by_options_by_a_named_cloud_and_by_templates(fleet: Workspace) -> None:
    auth = fleet.auth
    fleet.forget_cloud()
    assert len(hosts(fleet, auth=auth)) == 3

    entry = {"auth": auth, "region_name": "eu-de"}
    fleet.clouds({"a": {}, "mine": entry}, at_home=True)
    assert len(hosts(fleet, cloud="mine")) == 3
    assert len(hosts(fleet, cloud={"auth": auth})) == 3

    fleet.environ["FLEET_PASSWORD"] = auth["password"]
    looked_up = "{{ lookup('ansible.builtin.env', 'FLEET_PASSWORD') }}"
    assert len(hosts(fleet, auth={**auth, "password": looked_up})) == 3


def test_a_vaulted_password_is_taken_and_kept(fleet: Workspace) -> None:
    auth = fleet.auth
    fleet.forget_cloud()
    fleet.write("vault_password", "opens-the-vault")
    fleet.environ["ANSIBLE_VAULT_PASSWORD_FILE"] = str(fleet.folder / "vault_password")
    vault = VaultLib([("default", VaultSecret(b"opens-the-vault"))])
    password = vault.encrypt(auth.pop("password")).decode()
    document = yaml.safe_dump({"plugin": "otc.dis.streams", "auth": auth}, sort_keys=False)
    lines = "".join(f"      {line}\n" for line in password.splitlines())
    path = fleet.write("vaulted.dis.yml", f"{document}  password: !vault |\n{lines}")
    run = ansible_cli.run(["ansible-inventory", "-i", str(path), "--list", "-vvvv"], fleet.environ, fleet.folder)
    assert run.code == 0, str(run)
    assert '"meters"' in run.stdout
    assert fleet.cloud.login["password"] not in run.output


def test_options_without_content_count_as_not_given(fleet: Workspace) -> None:
    blank = dict.fromkeys(
        ("cloud", "auth_type", "region_name", "interface", "validate_certs", "ca_cert", "client_cert"), ""
    )
    nested = dict.fromkeys(("auth_url", "username", "password", "project_name", "token"), "")
    more = {"api_timeout": "", "endpoint_override": None, "client_key": " "}
    assert len(hosts(fleet, **blank, **more, auth=nested)) == 3


# --- failures ---


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"name_patern": "x"}, "Unsupported options: name_patern"),
        ({"destination_type": ["KAFKA"]}, "value of destination_type must be one or more of: DLI, OBS"),
        ({"auth": {"pasword": PASSWORD}}, "auth.pasword"),
        ({"auth": PASSWORD}, "auth"),
        ({"auth": {"username": "robot", "password": 42798}}, "auth.password in the options is not a string"),
        ({"cloud": {"auth": {"username": True}}}, "auth.username in option cloud is not a string"),
        ({"auth": 5}, "Invalid options: dictionary requested"),
        ({"cloud": "nowhere"}, 'cloud is "nowhere", but no clouds.yaml was found in '),
        ({"cloud": ["x"]}, "cloud must be a name"),
        ({"validate_certs": "perhaps"}, "validate_certs"),
        ({"api_timeout": "soon"}, "api_timeout"),
        ({"region_name": "no region"}, "region_name is 'no region'"),
        ({"details": "perhaps"}, "details"),
        ({"host_prefix": "a b"}, "host_prefix is 'a b'"),
        ({"clouds": ["a", {"auth": {"password": PASSWORD}}]}, "clouds must be a list of names"),
        ({"clouds": ["a"], "cloud": "b"}, "clouds and cloud are mutually exclusive"),
        ({"clouds": ["a"], "auth": {"username": "u"}}, "clouds and auth are mutually exclusive"),
        ({"endpoint_override": f"https://robot:{PASSWORD}@dis.example"}, "endpoint_override"),
        ({"secret_key_of_mine": PASSWORD}, "secret_key_of_mine"),
    ],
)
def test_wrong_options_are_refused_before_any_request(fleet: Workspace, options: dict[str, Any], text: str) -> None:
    run = read(fleet, "--list", "-vvvv", **options)
    assert text in refused(run), str(run)
    assert PASSWORD not in run.output
    assert fleet.cloud.log() == []


def test_no_credentials_at_all(fleet: Workspace) -> None:
    fleet.forget_cloud()
    assert "No credentials were found" in refused(read(fleet))


def test_rejected_login_and_service_error_contain_a_hint_and_no_secret(fleet: Workspace) -> None:
    fleet.environ["OS_PASSWORD"] = PASSWORD
    fleet.cloud.fault("status", service="iam", status=401, message=f"{PASSWORD} is wrong")
    run = read(fleet, "--list", "-vvvv")
    assert "Cannot log in" in refused(run)
    assert "********" in run.output, "the service repeated the password, and nothing was masked"
    assert PASSWORD not in run.output

    fleet.environ["OS_PASSWORD"] = fleet.cloud.login["password"]
    fleet.cloud.fault("echo_secrets", "list_transfer_tasks")
    run = read(fleet, "--list", "-vvvv")
    assert "Cannot list the transfer tasks of stream" in refused(run)
    assert "EMU" not in run.output

    fleet.cloud.fault("status", "list_streams", status=403)
    assert "DIS.4116" in refused(read(fleet))


def test_a_token_that_ends_meanwhile_is_renewed_once(fleet: Workspace) -> None:
    fleet.cloud.reset(streams=[{"name": f"s{number}"} for number in range(20)])
    fleet.cloud.fault("expire_token", "list_transfer_tasks", skip=4)
    assert len(hosts(fleet)) == 20
    assert len(fleet.cloud.log("iam", "login")) == 2


def test_stream_deleted_during_the_run_is_omitted(fleet: Workspace) -> None:
    fleet.cloud.fault("rival_delete_stream", "show_stream", path="/orders")
    assert sorted(hosts(fleet, details=True)) == ["meters", "old"]


def test_unusual_names_are_omitted_with_a_warning(workspace: Workspace) -> None:
    workspace.cloud.reset(streams=["good-1", "{{ 6 * 7 }}", "a b", "localhost", "007", "all"])
    run = read(workspace)
    assert run.code == 0, str(run)
    assert sorted(json.loads(run.stdout)["_meta"]["hostvars"]) == ["007", "good-1"]
    warnings = " ".join(run.stderr.split())
    assert "'{{ 6 * 7 }}': invalid stream name" in warnings
    assert "'a b': invalid stream name" in warnings
    assert "'localhost': the name is reserved for the control node" in warnings
    assert "'all': a group has this name" in warnings


# --- beside other sources ---

SERVERS = {
    "meters": {"hosts": {"app1": {"ansible_host": "192.0.2.10"}}},
    "db": {"hosts": {"db1": {"ansible_host": "192.0.2.20"}, "dis_type_common": None, "team_web_shop": None}},
}
TAKEN = ["meters", "db1", "all", "ungrouped", "localhost", "dis_status_running", "dis_type_common", "team_web_shop"]


def beside(workspace: Workspace, *files: tuple[str, Any]) -> tuple[dict[str, Any], str]:
    """What an inventory folder with these files holds, and the warnings about it."""
    folder = workspace.folder / "inventory"
    folder.mkdir()
    for name, data in files:
        workspace.write(f"inventory/{name}", data)
    strict = {**workspace.environ, "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}
    run = ansible_cli.run(["ansible-inventory", "-i", str(folder), "--list"], strict, workspace.folder)
    assert run.code == 0, str(run)
    return plain(json.loads(run.stdout)), " ".join(run.stderr.split())


def test_hosts_and_groups_of_other_sources_stay_as_they_are(workspace: Workspace) -> None:
    workspace.cloud.reset(streams=[{"name": name, "tags": {"team": "web-shop"}} for name in [*TAKEN, "free"]])
    keyed = {"keyed_groups": [{"key": "dis_stream.tags.team", "prefix": "team", "parent_group": "teams"}]}
    ours = {"plugin": "otc.dis.streams", "strict": True, "compose": {"owner": "'us'"}, **keyed}
    inventory, warnings = beside(workspace, ("10-servers.yml", SERVERS), ("20.dis.yml", ours))
    variables = inventory["_meta"]["hostvars"]
    assert variables.pop("free")["owner"] == "us"
    assert variables == {"app1": {"ansible_host": "192.0.2.10"}, "db1": {"ansible_host": "192.0.2.20"}}
    assert groups(inventory) == {
        "meters": ["app1"],
        "db": ["db1", "dis_type_common", "team_web_shop"],
        "dis_status_running": ["free"],
        "dis_tag_team_web_shop": ["free"],
    }
    for name in TAKEN:
        assert f"'{name}': " in warnings, name
    assert "Groups not added" in warnings
    assert "since hosts have their names: dis_type_common and team_web_shop." in warnings
    assert "Found both group and host" not in warnings


def test_a_prefix_and_expressions_name_hosts(workspace: Workspace) -> None:
    workspace.cloud.reset(streams=[{"name": name} for name in TAKEN])
    ours: dict[str, Any] = {"plugin": "otc.dis.streams", "host_prefix": "dis-"}
    inventory, warnings = beside(workspace, ("10-servers.yml", SERVERS), ("20.dis.yml", ours))
    variables = inventory["_meta"]["hostvars"]
    assert {f"dis-{name}" for name in TAKEN} <= set(variables)
    assert variables["dis-meters"]["dis_stream_name"] == "meters"
    assert "Streams not added" not in warnings

    named = {"name_pattern": "*1", "hostnames": ["dis_stream.tags.host", "dis_stream_name | upper"]}
    assert list(hosts(workspace, host_prefix="x.", **named)) == ["x.DB1"]
    assert "Cannot evaluate hostnames for stream db1" in refused(read(workspace, strict=True, **named))
    unsafe = read(workspace, name_pattern="*1", hostnames=["'../' ~ dis_stream_name"])
    assert "hostvars" not in json.loads(unsafe.stdout)["_meta"] or not json.loads(unsafe.stdout)["_meta"]["hostvars"]
    assert "'../db1' (stream 'db1'): a host name must be" in " ".join(unsafe.stderr.split())


def test_several_clouds_in_one_source(workspace: Workspace) -> None:
    workspace.cloud.reset(streams=["meters", "orders"])
    workspace.cloud.seed(projects=[{"name": "eu-de_other", "streams": ["meters"]}])
    auth = workspace.auth
    workspace.forget_cloud()
    entries = {"a": {"auth": auth}, "b": {"auth": {**auth, "project_name": "eu-de_other"}}}
    workspace.clouds(entries)
    cache = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(workspace.folder / "cache"),
    }
    for _run in range(2):
        found = hosts(workspace, clouds=["a", "b"], **cache)
        assert {name: (one["dis_cloud"], one["dis_stream_name"]) for name, one in found.items()} == {
            "a-meters": ("a", "meters"),
            "a-orders": ("a", "orders"),
            "b-meters": ("b", "meters"),
        }
    assert len(workspace.cloud.log("dis", "list_streams")) == 2
    same = read(workspace, clouds=["a", "b"], hostnames=["dis_stream_name"])
    assert plain(json.loads(same.stdout))["_meta"]["hostvars"]["meters"]["dis_cloud"] == "a"
    assert "'meters': another host has this name" in " ".join(same.stderr.split())


@pytest.mark.parametrize(("name", "good_name"), [("dis.yaml", True), ("a.dis.yml", True), ("streams.yml", False)])
def test_file_name_identifies_the_plugin(fleet: Workspace, name: str, good_name: bool) -> None:
    run = read(fleet, name=name)
    assert (run.code == 0) is good_name, str(run)


def test_an_empty_project_has_no_hosts(workspace: Workspace) -> None:
    workspace.cloud.reset(streams=[])
    assert hosts(workspace) == {}
