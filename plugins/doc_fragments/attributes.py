# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module of the collection is able to do."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes; the modules repeat none of it."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Tells what would be done, without doing it.
    support: full
    details:
      - Check mode reads what is there and plans as a real run does. What only the service can know, such as whether
        the agency is allowed to write into the table, shows in a real run alone.
  diff_mode:
    description: Shows what was, or would be, changed.
    support: full
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
  action_group:
    description: Takes its defaults from C(group/otc.dis.dis) in C(module_defaults).
    support: full
    membership:
      - otc.dis.dis
"""

    INFO_MODULE = r"""
attributes:
  check_mode:
    description: Tells what would be done, without doing it.
    support: full
    details:
      - The module only reads, in check mode as ever.
  diff_mode:
    description: Shows what was, or would be, changed.
    support: N/A
    details:
      - The module changes nothing.
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
  action_group:
    description: Takes its defaults from C(group/otc.dis.dis) in C(module_defaults).
    support: full
    membership:
      - otc.dis.dis
"""
