# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the transfer tasks of all destinations have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of every transfer task."""

    DOCUMENTATION = r"""
description:
  - An option that is left out is not managed. A new task gets the documented default for it, an existing task keeps
    what it has.
options:
  stream_name:
    description:
      - Name of the stream to read from, 1 to 64 letters, digits, V(_) or V(-).
      - Creating a task for a stream whose name has more than 60 characters, the documented maximum, gives a warning.
    type: str
    required: true
  task_name:
    description:
      - Name of the transfer task, 1 to 64 letters, digits, V(_) or V(-). It is unique within the stream; capitals
        count.
      - A task cannot be renamed.
    type: str
    required: true
    aliases: [name]
  state:
    description:
      - V(present) makes sure that the task exists with the given settings, and leaves alone whether it runs. A task
        that it creates runs at once.
      - V(started) and V(stopped) do the same, and make sure that the task runs or pauses. A paused task keeps its
        position in the stream.
      - V(absent) makes sure that there is no such task. The settings of the task are checked against their rules, but
        not otherwise used.
    type: str
    choices: [present, started, stopped, absent]
    default: present
  on_drift:
    description:
      - What to do if the task exists and one of the given settings is not as it should be.
      - V(update) changes the task in place and reads it back. Not every region offers this.
      - V(recreate) deletes the task and creates it anew; settings that are left out are carried over. This loses the
        position in the stream. With O(consumer_strategy=LATEST) records are missed in between, with
        O(consumer_strategy=TRIM_HORIZON) everything that the stream still keeps is transferred a second time.
      - V(fail) changes nothing and fails, naming each difference.
      - A task of another destination type under the same name is only ever replaced or deleted with V(recreate), and
        only with O(state=present) or O(state=absent).
    type: str
    choices: [update, recreate, fail]
    default: update
  agency_name:
    description:
      - Name of the IAM agency that lets DIS act on your behalf, 1 to 64 characters. The console usually makes one
        called V(dis_admin_agency).
      - Most regions need it to create a task; Huawei Cloud does not. The service refuses a task without it where it is
        needed.
    type: str
  deliver_time_interval:
    description:
      - Seconds for which data is collected before it is loaded, from 30 to 900.
      - A new task gets V(300) if this is left out.
    type: int
  consumer_strategy:
    description:
      - Where a new task begins to read. V(LATEST) begins behind the newest record, V(TRIM_HORIZON) at the oldest one
        that the stream still keeps.
      - A new task gets V(LATEST) if this is left out.
    type: str
    choices: [LATEST, TRIM_HORIZON]
"""
