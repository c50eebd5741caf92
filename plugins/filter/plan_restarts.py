# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_restarts
short_description: Determine which failed transfer tasks to restart
version_added: 1.0.0
author:
  - otc.dis contributors (@otc-dis)
description:
  - Determines which V(failed) tasks in a result of M(otc.dis.transfer_health_info) are to be restarted, with a maximum
    number of restarts and an exponential back-off. The caller stores the state between runs.
  - The role P(otc.dis.transfer_health#role) uses it.
positional: state, max_restarts, backoff, reset
options:
  _input:
    description: Result of M(otc.dis.transfer_health_info).
    type: dict
    required: true
  state:
    description: Content of the state file. Omit it if the file does not exist.
    type: str
  max_restarts:
    description: Maximum number of restarts until the task was V(ok) for the time in O(reset).
    type: int
    default: 3
  backoff:
    description: Minimum time between the first and the second restart. It doubles with each restart, up to one hour.
    type: str
    default: 5m
  reset:
    description: Time for which a task must be V(ok), and not stopped, before its restarts are forgotten.
    type: str
    default: 1h
  stopped:
    description: RV(otc.dis.transfer_tasks#module:transfer_tasks) after the tasks in C(to_stop) were stopped.
    type: list
    elements: dict
    default: []
  started:
    description: RV(otc.dis.transfer_tasks#module:transfer_tasks) after the tasks were started.
    type: list
    elements: dict
    default: []
  written:
    description:
      - Content of the state file after the tasks were started, if another run may have changed it since the first call.
        C(state) of the result preserves its changes.
    type: str
  predicted:
    description:
      - Whether C(stopped) and C(started) are results of check mode. C(started) then only contains the tasks in
        C(to_start), since check mode does not start a task that it has not really stopped.
    type: bool
    default: false
seealso:
  - plugin: otc.dis.transfer_health
    plugin_type: role
"""

EXAMPLES = r"""
- name: Check the transfer tasks
  otc.dis.transfer_health_info:
    cloud: my-otc
  register: checked

- name: Show the failed transfer tasks that would be restarted
  ansible.builtin.debug:
    msg: "{{ (checked | otc.dis.plan_restarts).to_stop }}"
"""

RETURN = r"""
_value:
  description:
    - Dictionary with C(to_stop) (tasks to stop and start) and C(to_start) (tasks that an interrupted restart has left
      stopped) as entries for M(otc.dis.transfer_tasks).
    - C(state) is the new content of the state file as data. It must be written before the tasks are stopped, and again
      after they were started.
    - C(restarted), C(failed), C(waiting) and C(given_up) contain a sentence per task, beginning with stream and task.
    - C(error) is the reason why the state is damaged, and V(null) otherwise. Without a valid state, no task is
      restarted.
  type: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..plugin_utils import _restarts


def plan_restarts(
    result: Mapping[str, Any],
    state: str | None = None,
    max_restarts: int = 3,
    backoff: str = "5m",
    reset: str = "1h",
    stopped: Iterable[Mapping[str, Any]] = (),
    started: Iterable[Mapping[str, Any]] = (),
    predicted: bool = False,
    written: str | None = None,
) -> dict[str, Any]:
    """See DOCUMENTATION."""
    policy, errors = _restarts.read_policy(max_restarts, backoff, reset)
    if errors:
        raise AnsibleFilterError(f"plan_restarts: {'. '.join(errors)}.")
    lists: dict[str, Any] = {name: [] for name in ("to_stop", "to_start", "restarted", "failed", "waiting", "given_up")}
    try:
        records = _restarts.read_state(state)
        current = None if written is None else _restarts.read_state(written)
    except ValueError as err:
        return {**lists, "state": None, "error": str(err)}
    started, stopped = list(started), list(stopped)
    tasks = _restarts.read_tasks(result)
    decision = _restarts.decide(tasks, records, _restarts.read_time(result["generated_at"]), policy)
    finished = started + stopped if predicted else started
    done = {_restarts.entry_key(one) for one in finished if not one["failed"] and not one["skipped"]}
    return {
        "to_stop": [entry(task) for task in decision.restarts],
        "to_start": [entry(task) for task in decision.starts],
        "state": _restarts.state_data(_restarts.finish(decision.state if current is None else current, done)),
        "error": None,
        "failed": _restarts.failures(stopped + started),
        **_restarts.report(decision, policy, done, predicted),
    }


def entry(task: _restarts.Task) -> dict[str, str]:
    """Return the entry of a task for the module ``transfer_tasks``, without its state."""
    names = ("stream_name", "task_name", "destination_type")
    return {name: getattr(task, name) for name in names}


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"plan_restarts": plan_restarts}
