# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write each result as one line of JSON, beside what is shown: how the demo and the tests see what a playbook did."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: results
type: aggregate
short_description: Write each result as one line of JSON
description:
  - For the demo and the tests of otc.dis. Results of tasks with C(no_log) arrive here censored, as on the screen.
options:
  file:
    description: The file to append to; a pipe will do.
    required: true
    type: str
    env:
      - name: TEST_RESULTS_FILE
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """The callback, named as Ansible wants it."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "results"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.stream = open(os.environ["TEST_RESULTS_FILE"], "a", encoding="utf-8")  # noqa: SIM115

    def write(self, status: str, result: Any) -> None:
        task = result._task
        line = {
            "time": time.time(),
            "task": task.get_name().strip(),
            "action": task.action,
            "status": status,
            "result": result._result,
        }
        self.stream.write(json.dumps(line, default=str) + "\n")
        self.stream.flush()

    def v2_runner_on_ok(self, result: Any) -> None:
        self.write("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self.write("ignored" if ignore_errors else "failed", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self.write("skipped", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self.write("unreachable", result)
