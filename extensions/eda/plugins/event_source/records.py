# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
short_description: Receive the records of a DIS stream as events
description:
  - Reads a stream from the checkpoints of an app on, and queues one event for each record.
  - The checkpoint of a partition is committed after its records were queued. After a restart, records that were queued
    but not committed are queued again, with the same C(id).
  - The source runs until it is stopped. During an outage, it queues one event C(unreachable), and one event
    C(recovered) at its end.
  - An invalid option stops the source at its start.
options:
  cloud:
    description:
      - Name of an entry in C(clouds.yaml), or the entry itself. The options O(auth), O(auth_type), O(region_name),
        O(validate_certs), O(ca_cert), and the other login options of the modules are accepted too, and so are the
        C(OS_*) environment variables.
    type: raw
  stream_name:
    description:
      - Name of the stream.
    type: str
    required: true
  app_name:
    description:
      - Name of an existing app, whose checkpoints store the progress. No other consumer should use it.
    type: str
    required: true
  start:
    description:
      - Where to begin in a partition without a checkpoint, V(LATEST) for new records or V(TRIM_HORIZON) for all
        retained records.
    type: str
    choices: [LATEST, TRIM_HORIZON]
    default: LATEST
  encoding:
    description:
      - Encoding of C(data), V(text) for records in UTF-8 or V(base64) for any records.
    type: str
    choices: [text, base64]
    default: text
  interval:
    description:
      - Time between two polls, such as V(1m) or a number of seconds.
    type: str
    default: "5"
  batch_size:
    description:
      - Maximum number of records per poll. After a full batch, the next poll follows at once.
    type: int
    default: 100
  host_prefix:
    description:
      - Prefix of the host name in C(meta.hosts), as in the inventory plugin P(otc.dis.streams#inventory).
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: React to records
  hosts: all
  sources:
    - otc.dis.records:
        cloud: my-otc
        stream_name: meters
        app_name: alarms
  rules:
    - name: Report an alarm
      condition: event.dis.json.level == "alarm"
      action:
        debug:
          msg: "{{ event.dis.data }}"
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

from ansible_collections.otc.dis.plugins.plugin_utils._event_records import run_records


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Queue events until cancelled."""
    await run_records(queue, args)
