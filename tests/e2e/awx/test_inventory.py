# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams as the inventory of a controller: update, import, and sliced jobs, in the environment that AWX sets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml
from ansible.release import __version__ as core
from controller import Controller, from_guide
from test_jobs import good, openstack

from otc_emulator.runner import Emulator

TEMPLATE, HEADER = "{{ 6 * 7 }} {% raw %}", "#jinja2: variable_start_string:'[[', variable_end_string:']]'"
STREAMS: list[dict[str, Any]] = [
    {"name": "meters", "tags": {"team": "billing", "note": TEMPLATE, "header": HEADER}},
    {"name": "old", "status": "FROZEN"},
    {"name": "orders"},
    {"name": "sensors"},
]
NEEDS_SINGULAR = tuple(map(int, core.split(".")[:2])) >= (2, 19)
"""Whether this ansible-core reads ``ANSIBLE_COLLECTIONS_PATH`` only; AWX sets the plural for inventory updates."""


def enabled(variables: Mapping[str, Any], name: str, value: str) -> bool:
    """Whether AWX enables a host, from its *Enabled Variable* and *Enabled Value*."""
    found: Any = variables
    for key in name.split("."):
        found = found.get(key)
    return str(found) == value


def imported(controller: Controller, **variables: str) -> dict[str, Any]:
    """What an update of the guide's source gives to AWX."""
    job = controller.update_inventory(controller.put("streams.dis.yml"), **variables)
    assert job.code == 0, str(job)
    assert "[WARNING]" not in job.output, str(job)
    found: dict[str, Any] = json.loads((job.artifacts / "output.json").read_text("utf-8"))
    return found


def part_of(inventory: Mapping[str, Any], number: int, count: int) -> dict[str, Any]:
    """The inventory of a slice: every so many-th host in the order of names, starting from *number*."""
    variables = inventory["_meta"]["hostvars"]
    chosen = sorted(variables)[number - 1 :: count]
    groups = {name: one for name, one in inventory.items() if name not in ("_meta", "all")}
    kept = {name: {"hosts": [host for host in one.get("hosts", []) if host in chosen]} for name, one in groups.items()}
    return {**kept, "_meta": {"hostvars": {name: variables[name] for name in chosen}}}


def test_streams_are_imported_enabled_and_spread_over_slices(controller: Controller, cloud: Emulator) -> None:
    cloud.reset(streams=STREAMS)
    secrets = openstack(controller, cloud)
    source_variables = yaml.safe_load(from_guide("source_variables.yml"))
    if NEEDS_SINGULAR:
        controller.put("streams.dis.yml")
        assert controller.update_inventory("streams.dis.yml").code != 0, "the guide's source variable is needed"
    inventory = imported(controller, **source_variables)
    variables = inventory["_meta"]["hostvars"]
    running = {name: enabled(one, "dis_stream.status", "RUNNING") for name, one in variables.items()}
    assert running == {"meters": True, "old": False, "orders": True, "sensors": True}

    # The same text from each release of ansible-core, so what follows holds for a job with another release, too.
    meters = variables["meters"]
    assert meters["dis_stream"]["tags"] == {
        "team": "billing",
        "note": {"__ansible_unsafe": TEMPLATE},
        "header": {"__ansible_unsafe": HEADER},
    }
    assert json.dumps(meters).count("__ansible_unsafe") == 2
    assert meters["ansible_python_interpreter"] == "{{ ansible_playbook_python }}"

    show = {"name": "Show", "ansible.builtin.debug": {"msg": "{{ dis_stream.tags }}"}}
    play = yaml.safe_load(from_guide("archive.yml"))
    play[0]["tasks"].append({**show, "when": "inventory_hostname == 'meters'"})
    (controller.private / "project/archive.yml").write_text(yaml.safe_dump(play), "utf-8")
    jobs = []
    for number in (1, 2):
        controller.hosts(part_of(inventory, number, 2))
        jobs.append(good(controller.run("archive.yml"), *secrets))
    assert jobs[0].result("Show")["msg"] == STREAMS[0]["tags"]
    assert [job.changed for job in jobs] == [2, 1]
    created = [entry["path"].split("/")[-2] for entry in cloud.log("dis", "create_transfer_task")]
    assert sorted(created) == ["meters", "orders", "sensors"]
