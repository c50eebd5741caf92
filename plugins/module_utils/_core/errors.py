# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exceptions, their messages and error kinds. Private to otc.dis."""

from __future__ import annotations

import os
import re
import traceback
from contextlib import contextmanager
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional

from .hints import HINT_RANGES, bare_code, hint_for
from .secrets import printable

MAX_TEXT_LENGTH = 300
"""Maximum number of characters of an external text in a message."""
MAX_FOREIGN_TEXT = 4096
"""Maximum number of characters of an external text that are processed for a message."""

THROTTLED = frozenset({"DIS.4303", "DIS.4305", "0308", "IAM.0012"})
STREAM_MISSING = "DIS.4301"
STREAM_EXISTS = "DIS.4307"
TAGGED_STREAM_MISSING = "DIS.4603"
TASK_MISSING = "DIS.4354"
TASK_EXISTS = "DIS.4355"
TASKS_FULL = "DIS.4357"
STREAM_NOT_RUNNING = "DIS.4205"
PARTITION_MISSING = "DIS.4302"
APP_EXISTS = "DIS.4330"
APP_IN_USE = "DIS.4331"
APP_MISSING = "DIS.4332"
CHECKPOINT_MISSING = "DIS.4375"
CURSOR_UNREADABLE = "DIS.4217"
NUMBER_NOT_KEPT = "DIS.4224"
CURSOR_EXPIRED = "DIS.4225"
POSITION_EXPIRED = "DIS.4226"
NOT_OFFERED = "0101"

KINDS = (
    *("invalid_options", "drift", "not_found", "authentication", "forbidden", "unsupported", "throttled", "rejected"),
    *("service_error", "unreachable", "response_lost", "unexpected_response", "not_applied", "timeout"),
    "internal_error",
)
"""Values of ``error.kind``, for conditions in playbooks; documented in the errors guide."""
_ABSENT = frozenset(
    {STREAM_MISSING, TAGGED_STREAM_MISSING, TASK_MISSING, PARTITION_MISSING, APP_MISSING, CHECKPOINT_MISSING}
)
_LOGIN = re.compile(r"(DIS\.41(0[0-9]|1[0-5])|030[1357]|IAM\.0(061|081|001|011))\Z")
_DENIED = re.compile(r"(DIS\.(411[67]|4309)|0(302|304|306|310|402|802))\Z")

NO_CHANGE_CLAIM = re.compile(r" ?Nothing was (sent|changed)\.")
"""Claim that must be removed from an error after the run has sent a write."""


def sanitize(text: Any) -> str:
    """Return an external text for a message: printable, on one line, at most :data:`MAX_TEXT_LENGTH` characters."""
    line = " ".join(printable(text).split())
    return line if len(line) <= MAX_TEXT_LENGTH else line[:MAX_TEXT_LENGTH] + "..."


class DisError(Exception):
    """Base class of all failures that a module reports.

    :ivar kind: one of :data:`KINDS`
    :ivar outcome_unknown: whether the service may have performed the request
    :ivar more: additional members of the module's result
    """

    kind: str
    status: Optional[int] = None
    code: Optional[str] = None
    request_id: Optional[str] = None
    outcome_unknown = False
    more: Mapping[str, Any] = {}

    def __init__(self, message: str, hint: str = "") -> None:
        self.hint = hint
        super().__init__(message)

    def add(self, text: str, hint: str) -> None:
        """Append a sentence to the message and replace the hint."""
        self.args = (f"{self} {text}",)
        self.hint = hint

    def drop_no_change_claim(self) -> None:
        """Remove the claim "Nothing was sent/changed" from the message: a write may have been performed."""
        self.args = (NO_CHANGE_CLAIM.sub("", str(self)),)

    def as_result(self) -> Dict[str, Any]:
        """Return ``msg`` and ``error`` of a failed module."""
        facts = {
            "kind": self.kind,
            "status": self.status,
            "code": self.code,
            "request_id": self.request_id,
            "hint": self.hint or None,
        }
        return {"msg": " ".join(part for part in (str(self), self.hint) if part), "error": facts, **self.more}


class InternalError(DisError):
    """An unexpected exception, reported with its type and location but without its text, which may contain a secret.

    :param what: full name of the failing component
    """

    kind = "internal_error"
    outcome_unknown = True

    def __init__(self, err: Exception, what: str = "otc.dis") -> None:
        frames, name = traceback.extract_tb(err.__traceback__), type(err).__name__
        place = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}"
        calls = "".join(traceback.format_list(frames))
        self.more = {"exception": f"{calls}{name} (without its text, which may contain a secret)"}
        super().__init__(f"This is a bug in {what}: {name} at {place}.", "Rerun the task, and report the bug.")


@contextmanager
def catch_unexpected(what: str = "otc.dis") -> Iterator[None]:
    """Convert unexpected exceptions in a block to :class:`InternalError`.

    :param what: full name of the component that runs in the block
    :raises InternalError: instead of any exception that is not a :class:`DisError`
    """
    try:
        yield
    except DisError:
        raise
    except Exception as err:  # noqa: BLE001
        raise InternalError(err, what) from None


class InvalidOptions(DisError):
    """Invalid options, detected before any write is sent."""

    kind = "invalid_options"


class Drift(DisError):
    """The observed state differs from the desired one, and ``on_drift`` is ``fail``."""

    kind = "drift"

    def __init__(
        self, message: str, hint: str = "Change the playbook or the resource, or set on_drift: update."
    ) -> None:
        super().__init__(message, hint)


class ImmutableSettingError(DisError):
    """A differing setting cannot be changed in place, and replacing the resource is not allowed."""

    kind = "drift"


class UnknownSettingError(DisError):
    """A request needs a setting that the service does not return and the user did not specify."""

    kind = "drift"


class Unreachable(DisError):
    """Connection failure; no part of the request was sent.

    :ivar transient: whether a retry can succeed
    """

    kind = "unreachable"

    def __init__(self, message: str, hint: str = "", transient: bool = True) -> None:
        self.transient = transient
        super().__init__(message, hint)


class ResponseLost(DisError):
    """A request was sent, and its response is missing or incomplete."""

    kind = "response_lost"
    outcome_unknown = True


class UnexpectedResponse(DisError):
    """A response that the service does not send: a redirect, a web page of a proxy, a body above a limit.

    :ivar outcome_unknown: True if a write got a success status
    """

    kind = "unexpected_response"

    def __init__(
        self, message: str, hint: str = "", status: Optional[int] = None, outcome_unknown: bool = False
    ) -> None:
        self.status = status
        self.outcome_unknown = outcome_unknown
        super().__init__(message, hint)


class ApiError(DisError):
    """An error response of the service.

    :param call: description of the operation, to follow "Cannot"
    :param status: HTTP status
    :param code: error code of the service, such as ``DIS.4301`` or ``APIG.0101``
    :param text: error text of the service, without secrets
    :param request_id: request ID to quote to support
    :param retry_after: seconds from the ``Retry-After`` header
    :param is_page: whether the response is a web page, possibly of a proxy
    """

    def __init__(
        self,
        call: str,
        status: int,
        code: Optional[str],
        text: str,
        request_id: Optional[str] = None,
        retry_after: Optional[float] = None,
        is_page: bool = False,
    ) -> None:
        self.call = call
        self.status, self.code, self.request_id = status, code, request_id
        self.retry_after, self.is_page = retry_after, is_page
        self.text = text
        facts = [f"HTTP {status}", code or "no code"] + ([f"request ID {request_id}"] if request_id else [])
        super().__init__(f"Cannot {call}: {text.rstrip('.')} ({', '.join(facts)}).", hint_for(code, status))
        self.kind = self.kind_by_code()

    def kind_by_code(self) -> str:
        """Return the error kind; the code takes precedence over the status."""
        bare = bare_code(self.code)
        if self.throttled:
            return "throttled"
        if bare in _ABSENT or self.is_bare_404:
            return "not_found"
        if self.means_not_offered:
            return "unsupported"
        if _DENIED.match(bare):
            return "forbidden"
        if _LOGIN.match(bare) or self.status in (401, 441):
            return "authentication"
        if self.status == 403:
            return "forbidden"
        return "service_error" if (self.status or 0) >= 500 or bare.startswith("DIS.5") else "rejected"

    @property
    def throttled(self) -> bool:
        """Whether the request was rejected because of too many requests; safe to retry for every method."""
        return self.status == 429 or bare_code(self.code) in THROTTLED

    @property
    def outcome_unknown(self) -> bool:  # type: ignore[override]
        """Whether the request may have been performed: after a 5xx of the service or its gateway."""
        return self.status is not None and self.status >= 500 and not self.throttled

    @property
    def is_bare_404(self) -> bool:
        """Whether this is a 404 or 410 without a code and not a web page, so not from the gateway or a proxy."""
        return self.status in (404, 410) and self.code is None and not self.is_page

    @property
    def means_task_absent(self) -> bool:
        """Whether the transfer task does not exist: ``DIS.4354``, or a bare 404."""
        return self.code == TASK_MISSING or self.is_bare_404

    @property
    def means_stream_absent(self) -> bool:
        """Whether the stream does not exist; DIS returns 400 with a code."""
        return self.code == STREAM_MISSING

    @property
    def means_app_absent(self) -> bool:
        """Whether the app does not exist; DIS returns 400 with a code, or 404 in one edition of the reference."""
        return self.code == APP_MISSING or self.is_bare_404

    @property
    def means_partition_absent(self) -> bool:
        """Whether the partition does not exist."""
        return self.code == PARTITION_MISSING

    @property
    def means_checkpoint_absent(self) -> bool:
        """Whether the checkpoint, or its stream, app or partition, does not exist (streams sheet, question 8)."""
        parent_absent = self.means_stream_absent or self.means_app_absent or self.means_partition_absent
        return parent_absent or self.code == CHECKPOINT_MISSING

    @property
    def means_not_offered(self) -> bool:
        """Whether the region does not offer the operation."""
        return self.status == 405 or (self.status == 404 and bare_code(self.code) == NOT_OFFERED)

    @property
    def is_request_error(self) -> bool:
        """Whether the request was rejected as malformed or with an undocumented code."""
        return self.status == 400 and (self.code in ("DIS.4200", "DIS.4300") or not hint_for(self.code))

    @property
    def means_token_refused(self) -> bool:
        """Whether a new token may help: 401 or 441, unless the code is about a signature or a locked user."""
        if self.status not in (401, 441):
            return False
        return bare_code(self.code) not in ("0303", "0305", "IAM.0061") and not HINT_RANGES[0][0].match(self.code or "")


def join_names(names: Iterable[str]) -> str:
    """Join names for a sentence: ``a``, ``a and b``, ``a, b and c``."""
    names = list(names)
    return " and ".join([", ".join(names[:-1])] * (len(names) > 1) + names[-1:])


def describe_differences(names: Iterable[str], expected: Mapping[str, Any], known: Mapping[str, Any]) -> List[str]:
    """Return a text for each option with its current and its expected value."""
    return [
        f"{name} is {sanitize(repr(known[name])) if name in known else 'not set'} and should be"
        f" {sanitize(repr(expected[name]))}"
        for name in names
    ]
