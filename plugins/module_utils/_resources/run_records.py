# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module records: putting changes a stream and is no state to keep, getting only reads. Private to otc.dis."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Optional

from .._core.errors import DisError
from .._module import Runner, inform
from .client_records import RecordClient
from .records import Record, reading_of
from .records_get import Getting
from .records_put import Putting, records_from, result, untouched


def run_records(spec: Dict[str, Dict[str, Any]], **rules: Any) -> None:
    """The whole of the module."""
    runner = Runner(spec, **rules)
    params = runner.module.params
    if params["action"] == "put":
        put(runner, runner.checked(lambda: records_from(params, runner.module.files)))
        return
    reading = runner.checked(lambda: reading_of(params, time.time()))
    if params["action"] == "cursor":
        inform(runner, RecordClient, lambda api: Getting(api, reading).cursors())
    else:
        inform(runner, RecordClient, lambda api: Getting(api, reading).carry_out())


def put(runner: Runner, records: List[Record]) -> None:
    """Put records, or say that they would be, and leave."""
    if runner.module.check_mode or not records:
        runner.succeed(result(untouched(records)))
        return
    run: Optional[Putting] = None
    try:
        params = runner.module.params
        with runner.watched():
            run = Putting(runner.connect(RecordClient), params["stream_name"], records, params["stream_id"])
            runner.cancellation.report = run.failure
            told = run.carry_out()
    except DisError as err:
        runner.fail(err, happened=run.happened if run else ())
    else:
        runner.succeed(told)
