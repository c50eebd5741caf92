# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attributes of the modules: check mode, diff mode, idempotency, action group."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of all modules."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Reports the changes that a run would make, without making them.
    support: full
    details:
      - Check mode reads the current state and computes the same plan as a real run. Errors that only the service
        detects while it processes a request, such as missing permissions of the agency, occur in a real run only.
  diff_mode:
    description: Returns the differences that a run makes, or would make in check mode.
    support: full
  idempotent:
    description: A second run with the same options makes no changes.
    support: full
  action_group:
    description: Takes defaults from C(group/otc.dis.dis) in C(module_defaults).
    support: full
    membership:
      - otc.dis.dis
"""

    INFO_MODULE = r"""
attributes:
  check_mode:
    description: Reports the changes that a run would make, without making them.
    support: full
    details:
      - This module is read-only.
  diff_mode:
    description: Returns the differences that a run makes, or would make in check mode.
    support: N/A
    details:
      - This module is read-only.
  idempotent:
    description: A second run with the same options makes no changes.
    support: full
  action_group:
    description: Takes defaults from C(group/otc.dis.dis) in C(module_defaults).
    support: full
    membership:
      - otc.dis.dis
"""
