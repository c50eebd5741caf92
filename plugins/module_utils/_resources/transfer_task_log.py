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
"""Time for reading the last error: the run does without it."""
LOG = "transfer_task_log"
CODES = ("errorCode", "error_code")
TEXTS = ("message", "errorMessage", "errorMsg", "error_message", "error_msg")


class Batch(NamedTuple):
    """One batch of a transfer task. None is a value that the service did not return.

    :ivar read_records: records that were read from the stream
    :ivar records: records that were transferred
    :ivar data_size: bytes
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
    """The body of a request for the newest entries."""
    body: Dict[str, Any] = {"order": "desc", "sortBy": "createTimeStr"}
    if limit > DEFAULT_LIMIT:
        body["pageInfo"] = {"pageIndex": page, "pageTotal": limit}
    return body


def error_of(members: Mapping[str, Any]) -> Optional[str]:
    """The error in a response or in an entry: text and code, as far as they are there."""
    code = next((str(members[name]) for name in CODES if text_or_none(str(members.get(name) or ""))), None)
    text = next((sanitize(members[name]) for name in TEXTS if text_or_none(members.get(name))), None)
    if code is None or text is None:
        return text or (sanitize(code) if code else None)
    return f"{text.rstrip('.')} ({sanitize(code)})"


def time_of(value: Any) -> Optional[str]:
    """A time as the service returns it: a text, or milliseconds."""
    return text_or_none(value) or (None if int_or_none(value) is None else str(value))


def read_batches(call: str, response: Mapping[str, Any]) -> List[Batch]:
    """The batches in a response.

    :raises UnexpectedResponse: a member has an impossible type
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
    """Whether a response counts entries and has none: pages may be counted from 0 or from 1."""
    return not response.get("transferTaskLogList") and (int_or_none(response.get("totalNum")) or 0) > 0


def last_error(batches: List[Batch]) -> Optional[str]:
    """The error of the newest batch that has one."""
    return next((batch.error for batch in batches if batch.error), None)


def describe_error(error: Optional[str]) -> str:
    """The last error as a sentence that follows another one; an empty text without an error."""
    return f" Last error in its log: {error.rstrip('.')}." if error else ""
