# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that the transfer tasks of all destinations have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of every transfer task."""

    DOCUMENTATION = r"""
options:
  stream_name:
    description:
      - Name of the stream to read from, 1 to 64 letters, digits, V(_) or V(-).
      - When a task is created, a name longer than 60 characters, the documented maximum for transfer tasks, causes a
        warning.
    type: str
    required: true
  task_name:
    description:
      - Name of the transfer task, 1 to 64 letters, digits, V(_) or V(-). Unique within the stream, case-sensitive. A
        task cannot be renamed.
    type: str
    required: true
    aliases: [name]
  state:
    description:
      - V(present) ensures that the task exists with the specified settings. Its run state is not managed; a new task
        starts immediately.
      - V(started) and V(stopped) also ensure that the task is running or paused. A paused task keeps its position in
        the stream. A new task starts immediately, also with V(stopped); C(running_time) is the time in which it may
        have transferred records.
      - V(absent) ensures that the task does not exist. Settings of the task are validated but not used.
    type: str
    choices: [present, started, stopped, absent]
    default: present
  on_drift:
    description:
      - Action if the task exists and a specified setting differs.
      - V(update) changes the task in place and reads it back to verify the change. Not every region supports this.
      - V(recreate) deletes the task and creates it again. Omitted settings are carried over, but the position in the
        stream is lost. With O(consumer_strategy=LATEST), records that arrive in between are skipped; with
        O(consumer_strategy=TRIM_HORIZON), all retained records are transferred again.
      - V(fail) changes nothing and fails with a list of the differences.
      - If the name belongs to a task with another destination type, the module fails, unless V(recreate) is combined
        with O(state=present), which replaces the task, or O(state=absent), which deletes it.
    type: str
    choices: [update, recreate, fail]
    default: update
  agency_name:
    description:
      - Name of the IAM agency that grants DIS access to the destination, 1 to 64 characters. The console usually
        creates C(dis_admin_agency).
      - Most regions require it to create a task; Huawei Cloud does not.
    type: str
  wait_for_agency:
    description:
      - Seconds, from 0 to 600, for which a request that creates or updates a task is sent again while the service
        rejects the agency (C(DIS.4335)). A new agency takes about a minute to become usable. The time between two
        requests starts at O(wait_interval) and doubles up to 15 seconds.
      - By default, the request is not sent again, because a wrong agency causes the same error.
    type: float
    default: 0
  deliver_time_interval:
    description:
      - Interval at which collected records are delivered, in seconds, from 30 to 900. A new task gets V(300) by
        default.
    type: int
  consumer_strategy:
    description:
      - Position at which a new task starts to read. V(LATEST) is after the newest record, V(TRIM_HORIZON) is the oldest
        retained record. A new task gets V(LATEST) by default.
    type: str
    choices: [LATEST, TRIM_HORIZON]
"""
