# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The least a module can do: the floor for all others."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bench_noop
short_description: Does nothing
description: [For the benchmark of otc.dis.]
author: [otc.dis contributors]
options:
  text:
    description: Anything.
    type: str
"""
EXAMPLES = "- bench_noop:\n"
RETURN = ""

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    AnsibleModule(argument_spec={"text": {"type": "str"}}, supports_check_mode=True).exit_json(changed=False)


if __name__ == "__main__":
    main()
