# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the log of a transfer task."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._core.errors import UnexpectedResponse
from ansible_collections.otc.dis.plugins.module_utils._resources.transfer_tasks import (
    describe_error,
    error_of,
    last_error,
    read_batches,
    request_body,
)


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        ({}, None),
        ({"message": None, "errorCode": None}, None),
        ({"message": "Reason.", "errorCode": "DIS.1"}, "Reason (DIS.1)"),
        ({"error_msg": "Reason."}, "Reason."),
        ({"errorCode": 7}, "7"),
        ({"message": "a\x1b[31m\nb", "errorCode": ""}, "a [31m b"),
        ({"message": {"a": 1}}, None),
    ],
)
def test_error_of_an_entry(entry: dict[str, Any], error: str | None) -> None:
    found = error_of(entry)
    assert found == error or (error and found and found.isprintable() and found[0] == error[0])
    assert describe_error(found) == (f" Last error in its log: {found.rstrip('.')}." if found else "")


def test_last_error_is_that_of_the_newest_batch_with_one() -> None:
    entries = [{}, {"message": "new"}, {"message": "old"}]
    assert last_error(read_batches("x", {"transferTaskLogList": entries})) == "new"
    assert last_error([]) is None


def test_pages_are_requested_only_beyond_the_default() -> None:
    assert "pageInfo" not in request_body(10, 1)
    assert request_body(11, 1)["pageInfo"] == {"pageIndex": 1, "pageTotal": 11}


SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2)
NAMES = st.sampled_from(["state", "records", "dataSize", "createTimeStr", "startTime", "message", "errorCode"])


@given(st.lists(st.dictionaries(NAMES, SCALARS), max_size=3))
def test_entries_are_read_or_refused(entries: list[dict[str, Any]]) -> None:
    try:
        batches = read_batches("read the log", {"transferTaskLogList": entries})
    except UnexpectedResponse:
        return
    assert len(batches) == len(entries)
    assert all(batch.error is None or batch.error.isprintable() for batch in batches)
