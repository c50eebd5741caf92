# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module that logs in for others. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict

from ansible.module_utils.common.parameters import remove_values

from .._cloud.api import DisClient
from .._cloud.login import TokenAuth
from .._cloud.settings import AUTH
from .._core.errors import BadInput, DisError
from .._module import Runner

EXPOSED = "The result holds the token in clear: write no_log: true on the task, so that no output or log shows it."


def run_iam_token() -> None:
    """The whole of the module."""
    runner = Runner(AUTH)
    try:
        with runner.watched():
            api = runner.connect(DisClient)
        if not isinstance(api.auth, TokenAuth):
            raise BadInput(
                "Keys sign every request, so there is no token to share.",
                "Hand the keys to the other modules instead, or give auth.agency_name, which leads to a token.",
            )
    except DisError as err:
        runner.fail(err)
    else:
        told = {"project_id": api.project_id, "endpoint": api.endpoint, "expires_at": api.expires_at}
        hand_over(runner, api.auth.login.token or "", told)


def hand_over(runner: Runner, token: str, told: Dict[str, Any]) -> None:
    """Leave with a token in one place of the result, and nowhere else.

    Ansible would mask it there, too, or punch holes into it where it happens to hold another secret. So all the rest is
    masked here, and Ansible is told to let pass what is part of the token.
    """
    module = runner.module
    runner.leave(() if module.no_log else (EXPOSED,))
    secrets = set(module.no_log_values)
    result = remove_values({**told, "invocation": {"module_args": module.params}}, secrets)
    module.no_log_values = {secret for secret in secrets if secret not in token}
    module.exit_json(changed=False, token=token, **result)
