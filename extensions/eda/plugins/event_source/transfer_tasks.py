# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
short_description: Receive events about DIS transfer tasks
description:
  - Polls the transfer tasks of streams and queues one event for each transition, such as a failure or a recovery.
  - If the region lists events of the service, they are requested four times per O(interval), at most every 5 seconds. A
    new event about a transfer task starts the next poll, and a failure that begins and ends between two polls is
    reported too.
  - The source runs until it is stopped. During an outage, it queues one event C(unreachable), and one event
    C(recovered) without a stream at its end. Transitions during the outage follow.
  - An invalid option stops the source at its start.
options:
  cloud:
    description:
      - Name of an entry in C(clouds.yaml), or the entry itself. The options O(auth), O(auth_type), O(region_name),
        O(validate_certs), O(ca_cert), and the other login options of the modules are accepted too, and so are the
        C(OS_*) environment variables.
    type: raw
  streams:
    description:
      - Names of streams, and shell patterns of names. All streams by default.
    type: list
    elements: str
  task_pattern:
    description:
      - Shell pattern that the task names must match. All tasks by default.
    type: str
  interval:
    description:
      - Time between two polls, such as V(1m) or a number of seconds. After a rejected login, the next attempt follows
        after at least 5 minutes, because IAM locks users.
    type: str
    default: "60"
  stale_after:
    description:
      - Waiting time of records after which a task is C(stale), as in M(otc.dis.transfer_health_info).
    type: str
    default: 1h
  events:
    description:
      - Events to queue. All by default.
    type: list
    elements: str
    choices: [failed, recovered, stale, stopped, started, created, gone, changed, unreachable]
  repeat_after:
    description:
      - Time after which an event C(failed) or C(stale) is queued again while the condition lasts. V(0) means never.
    type: str
    default: "0"
  reset_after:
    description:
      - Time without a failure after which C(failures) counts from 1 again.
    type: str
    default: 1h
  initial:
    description:
      - Whether to queue an event for the state of each task at the first poll, with C(initial) set to V(true). Ignored
        if O(state_file) exists.
    type: bool
    default: false
  state_file:
    description:
      - File in which the source stores the reported states. After a restart, it reports what changed in the meantime.
        Without this option, the states at the start are the baseline.
    type: path
  host_prefix:
    description:
      - Prefix of host names in C(meta.hosts), as in the inventory plugin P(otc.dis.streams#inventory).
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Watch the transfer tasks of some streams
  hosts: all
  sources:
    - otc.dis.transfer_tasks:
        cloud: my-otc
        streams: [meters, meters-*]
        events: [failed, stale]
  rules:
    - name: Report a task that does not deliver
      condition: event.dis.event in ["failed", "stale"]
      action:
        debug:
          msg: "{{ event.dis.stream_name }}/{{ event.dis.task_name }}: {{ event.dis.reason }}"
"""


import asyncio
import sys
from pathlib import Path
from typing import Any

# ansible-rulebook imports sources without the loader of Ansible.
COLLECTIONS = Path(__file__).resolve().parents[6]
if str(COLLECTIONS.parent) not in sys.path:
    sys.path.insert(0, str(COLLECTIONS.parent))

import ansible_collections

if str(COLLECTIONS) not in list(ansible_collections.__path__):  # that of the package "ansible"
    ansible_collections.__path__.insert(0, str(COLLECTIONS))

from ansible_collections.otc.dis.plugins.plugin_utils._event_tasks import run_tasks


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Queue events until cancelled."""
    await run_tasks(queue, args)
