# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How to wait for what the service does in its own time."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of waiting."""

    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Whether to wait until the service has done what it accepted, such as until a task runs or pauses, a stream takes
        records, or what was deleted is gone.
      - V(false) returns after one look at the result at the most.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait at the most, also when a response does not arrive; one last read may take up to 2 seconds more.
        The failure names the last state that was seen.
    type: float
    default: 300
  wait_interval:
    description:
      - Seconds between two looks.
    type: float
    default: 2
"""
