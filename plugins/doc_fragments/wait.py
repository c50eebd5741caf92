# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that control waiting for asynchronous operations."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of waiting."""

    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Whether to wait until the service has completed the operation, for example until a task is running or paused, a
        stream accepts records, or a deleted resource is gone.
    type: bool
    default: true
  wait_timeout:
    description:
      - Maximum time to wait in seconds, up to 86400, including time without a response from the service. The final
        read may take up to 2 seconds more. On timeout, the module fails and reports the last observed state.
    type: float
    default: 300
  wait_interval:
    description:
      - Time between two polls in seconds, up to 86400.
    type: float
    default: 2
"""
