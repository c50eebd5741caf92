# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module of every destination: from its options to a wish, and one call. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from .._cloud.settings import AUTH
from .._core.plan import WAIT
from .._core.schema import clean, names_that_may_be_empty, option
from .._module import Runner, converge
from .converge_transfer_task import ConvergeTransferTask
from .destinations import Destination, check, forced
from .transfer_task import Wish
from .transfer_task_calls import TransferTaskClient


def transfer_task_spec(destination: Destination) -> Dict[str, Dict[str, Any]]:
    """The argument spec of a destination's module."""
    spec: Dict[str, Dict[str, Any]] = {
        "stream_name": {"type": "str", "required": True},
        "task_name": {"type": "str", "required": True, "aliases": ["name"]},
        "destination_type": {"type": "str", "choices": [destination.kind], "default": destination.kind},
        "state": {"type": "str", "choices": ["present", "started", "stopped", "absent"], "default": "present"},
        "on_drift": {"type": "str", "choices": ["update", "recreate", "fail"], "default": "update"},
    }
    if destination.secrets():
        spec["update_password"] = {
            "type": "str",
            "choices": ["on_create", "always"],
            "default": "on_create",
            "no_log": False,
        }
    return {**spec, **{field.name: option(field) for field in destination}, **WAIT, **AUTH}


def run_transfer_task(destination: Destination) -> None:
    """The whole of a destination's module."""
    rules = [("update_password", "always", destination.secrets())] if destination.secrets() else None
    runner = Runner(
        transfer_task_spec(destination), may_be_empty=names_that_may_be_empty(destination), required_if=rules
    )
    params = runner.module.params
    wish = runner.checked(lambda: wish_from(destination, params))
    converge(runner, TransferTaskClient, lambda api, how: ConvergeTransferTask(api, wish, params["on_drift"], how))


def wish_from(destination: Destination, params: Mapping[str, Any]) -> Wish:
    """What the options ask for.

    :raises BadInput: a rule is broken
    """
    check(destination, params)
    return Wish(
        destination,
        params["stream_name"],
        params["task_name"],
        clean(destination, params),
        params["state"],
        forced(destination, params),
    )
