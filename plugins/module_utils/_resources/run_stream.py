# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module of streams: from its options to a wish, and one call. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict

from .._cloud.settings import AUTH
from .._core.plan import WAIT
from .._core.schema import option
from .._module import Runner, converge
from .client_streams import StreamClient
from .converge_stream import ConvergeStream
from .stream import AUTO_SCALE, BOUNDS, FIELDS, check, wish_from

ALIASES = {"data_duration": ["retention_period"]}
RULES: Dict[str, Any] = {"required_by": {name: [AUTO_SCALE] for name in BOUNDS}}


def stream_spec() -> Dict[str, Dict[str, Any]]:
    """The argument spec of the module."""
    fields = {one.name: option(one) for one in FIELDS}
    for name, aliases in ALIASES.items():
        fields[name]["aliases"] = aliases
    return {
        "stream_name": {"type": "str", "required": True, "aliases": ["name"]},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "on_drift": {"type": "str", "choices": ["update", "recreate", "fail"], "default": "update"},
        **fields,
        "tags": {"type": "dict"},
        "purge_tags": {"type": "bool", "default": True},
        **WAIT,
        **AUTH,
    }


def run_stream() -> None:
    """The whole of the module."""
    runner = Runner(stream_spec(), **RULES)
    params = runner.module.params
    runner.checked(lambda: check(params))
    wish = wish_from(params)
    converge(runner, StreamClient, lambda api, how: ConvergeStream(api, wish, params["on_drift"], how))
