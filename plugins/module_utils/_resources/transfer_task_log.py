# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The log of a transfer task: its batches, newest first, and the last error. Private to otc.dis.

Source: API reference of Huawei Cloud, "Querying the Log of the Dump Task in the Current Stream". It documents the names
by which a log can be sorted, which are the members of its entries, but not the members that hold an error.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from .._core.errors import sanitize
from .._core.schema import Field, dictionaries, int_or_none, numbers, text_or_none
from .base import validate_response

DEFAULT_LIMIT = 10
"""Entries that the service returns without ``pageInfo``."""
SECONDS = 2.0
"""Time limit for reading the last error, which is optional."""
LOG = "transfer_task_log"
CODES = ("errorCode", "error_code")
TEXTS = ("message", "errorMessage", "errorMsg", "error_message", "error_msg")


class Batch(NamedTuple):
    """A batch of a transfer task; values that the service did not return are None.

    :ivar records: number of records transferred
    :ivar read_records: number of records read from the stream
    :ivar data_size: bytes transferred
    """

    state: Optional[str]
    create_time: Optional[str]
    start_time: Optional[str]
    end_time: Optional[str]
    records: Optional[int]
    read_records: Optional[int]
    data_size: Optional[int]
    error: Optional[str]


def request_body(limit: int, page: int) -> Dict[str, Any]:
    """Return the body of a request for the newest entries."""
    body: Dict[str, Any] = {"order": "desc", "sortBy": "createTimeStr"}
    if limit > DEFAULT_LIMIT:
        body["pageInfo"] = {"pageIndex": page, "pageTotal": limit}
    return body


def error_of(members: Mapping[str, Any]) -> Optional[str]:
    """Return the error text and code of a response or entry; None if it contains neither."""
    code = next((str(members[name]) for name in CODES if text_or_none(str(members.get(name) or ""))), None)
    text = next((sanitize(members[name]) for name in TEXTS if text_or_none(members.get(name))), None)
    if code is None or text is None:
        return text or (sanitize(code) if code else None)
    return f"{text.rstrip('.')} ({sanitize(code)})"


def time_of(value: Any) -> Optional[str]:
    """Return a time as the service reports it: a string, or milliseconds."""
    return text_or_none(value) or (None if int_or_none(value) is None else str(value))


def read_batches(call: str, response: Mapping[str, Any]) -> List[Batch]:
    """Parse the batches of a response.

    :raises UnexpectedResponse: if a member has an invalid type
    """
    entries = Field("transferTaskLogList", type="list", members=numbers("records", "readRecords", "dataSize"))
    validate_response(call, response, {}, (entries, *numbers("totalNum")))
    return [
        Batch(
            text_or_none(entry.get("state")),
            time_of(entry.get("createTimeStr")),
            time_of(entry.get("startTime")),
            time_of(entry.get("endTime")),
            int_or_none(entry.get("records")),
            int_or_none(entry.get("readRecords")),
            int_or_none(entry.get("dataSize")),
            error_of(entry),
        )
        for entry in dictionaries(response.get("transferTaskLogList"))
    ]


def is_empty_page(response: Mapping[str, Any]) -> bool:
    """Whether a response reports a total but contains no entries: page numbers may start at 0 or 1."""
    return not response.get("transferTaskLogList") and (int_or_none(response.get("totalNum")) or 0) > 0


def last_error(batches: List[Batch]) -> Optional[str]:
    """Return the error of the newest batch with an error; None without one."""
    return next((batch.error for batch in batches if batch.error), None)


def describe_error(error: Optional[str]) -> str:
    """Return the last error as a sentence to append; an empty string without an error."""
    return f" Last error in its log: {error.rstrip('.')}." if error else ""
