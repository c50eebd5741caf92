# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong, in words for people. Private to otc.dis."""

from __future__ import annotations

import os
import re
import traceback
from contextlib import contextmanager
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional

from .hints import HINT_RANGES, bare_code, hint_for
from .secrets import printable

MAX_TEXT_LENGTH = 300
"""Characters of a foreign text that a message may carry."""
MAX_FOREIGN_TEXT = 4096
"""Characters of a foreign text in which a message is looked for."""

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
"""Every ``error.kind``, for conditions in playbooks; the guide to errors says what each means."""
_ABSENT = frozenset(
    {STREAM_MISSING, TAGGED_STREAM_MISSING, TASK_MISSING, PARTITION_MISSING, APP_MISSING, CHECKPOINT_MISSING}
)
_LOGIN = re.compile(r"(DIS\.41(0[0-9]|1[0-5])|030[1357]|IAM\.0(061|081|001|011))\Z")
_DENIED = re.compile(r"(DIS\.(411[67]|4309)|0(302|304|306|310|402|802))\Z")


NO_CHANGE_CLAIM = re.compile(r" ?Nothing was (sent|changed)\.")
"""What no error may say of a run that has written."""


def sanitize(text: Any) -> str:
    """A foreign text for a message: printable, in one line, cut to a readable length."""
    line = " ".join(printable(text).split())
    return line if len(line) <= MAX_TEXT_LENGTH else line[:MAX_TEXT_LENGTH] + "..."


class DisError(Exception):
    """Anything that a module reports instead of succeeding; each kind of it is a class of its own.

    :ivar kind: one of :data:`KINDS`
    :ivar outcome_unknown: the request may or may not have been carried out
    :ivar more: what else a failed module is to return
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
        """Say more, and what to do about it instead."""
        self.args = (f"{self} {text}",)
        self.hint = hint

    def drop_no_change_claim(self) -> None:
        """Say no longer that nothing was done: something was, or may have been."""
        self.args = (NO_CHANGE_CLAIM.sub("", str(self)),)

    def as_result(self) -> Dict[str, Any]:
        """``msg`` and ``error`` of a failed module."""
        facts = {
            "kind": self.kind,
            "status": self.status,
            "code": self.code,
            "request_id": self.request_id,
            "hint": self.hint or None,
        }
        return {"msg": " ".join(part for part in (str(self), self.hint) if part), "error": facts, **self.more}


class InternalError(DisError):
    """What nobody expected, with its type and place; its own text is left out, for it may hold a secret.

    :param what: what is at fault, by its full name
    """

    kind = "internal_error"
    outcome_unknown = True

    def __init__(self, err: Exception, what: str = "otc.dis") -> None:
        frames, name = traceback.extract_tb(err.__traceback__), type(err).__name__
        place = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}"
        calls = "".join(traceback.format_list(frames))
        self.more = {"exception": f"{calls}{name} (without its text, which may hold a secret)"}
        super().__init__(f"This is a bug in {what}: {name} at {place}.", "Run again, and please report it.")


@contextmanager
def catch_unexpected(what: str = "otc.dis") -> Iterator[None]:
    """Make of what nobody expected a failure like any other.

    :param what: what is at fault then, by its full name
    :raises InternalError: instead of anything that is no :class:`DisError`
    """
    try:
        yield
    except DisError:
        raise
    except Exception as err:  # noqa: BLE001
        raise InternalError(err, what) from None


class InvalidOptions(DisError):
    """Options that break a rule, found before any request that writes."""

    kind = "invalid_options"


class Drift(DisError):
    """The observed state differs from the desired one, and ``on_drift`` is ``fail``."""

    kind = "drift"

    def __init__(
        self, message: str, hint: str = "Change the playbook or the thing, or allow on_drift: update."
    ) -> None:
        super().__init__(message, hint)


class ImmutableSettingError(DisError):
    """What differs cannot be changed, and what is there may not be replaced."""

    kind = "drift"


class UnknownSettingError(DisError):
    """The service hides what a complete request needs, and the user does not give it."""

    kind = "drift"


class Unreachable(DisError):
    """No connection: nothing was sent.

    :ivar transient: whether trying again can help
    """

    kind = "unreachable"

    def __init__(self, message: str, hint: str = "", transient: bool = True) -> None:
        self.transient = transient
        super().__init__(message, hint)


class ResponseLost(DisError):
    """A request was sent and its answer did not arrive, or not whole."""

    kind = "response_lost"
    outcome_unknown = True


class UnexpectedResponse(DisError):
    """An answer that is not the service's: a redirect, a page of a proxy, too much of anything.

    :ivar outcome_unknown: True where a write was answered as if it had been done
    """

    kind = "unexpected_response"

    def __init__(
        self, message: str, hint: str = "", status: Optional[int] = None, outcome_unknown: bool = False
    ) -> None:
        self.status = status
        self.outcome_unknown = outcome_unknown
        super().__init__(message, hint)


class ApiError(DisError):
    """The service answered, and the answer was no.

    :param call: what was asked, in words
    :param status: HTTP status
    :param code: the service's code, such as ``DIS.4301`` or ``APIG.0101``
    :param text: the service's text, already free of secrets
    :param request_id: what support asks for
    :param retry_after: seconds to wait, as the service said
    :param is_page: the answer was a web page, which a proxy may have made up
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
        facts = [f"HTTP {status}", code or "no code"] + ([f"request id {request_id}"] if request_id else [])
        super().__init__(f"Cannot {call}: {text.rstrip('.')} ({', '.join(facts)}).", hint_for(code, status))
        self.kind = self.kind_by_code()

    def kind_by_code(self) -> str:
        """What sort of refusal it is; a code says more than a status."""
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
        """Turned away because of too many requests, whatever the method."""
        return self.status == 429 or bare_code(self.code) in THROTTLED

    @property
    def outcome_unknown(self) -> bool:  # type: ignore[override]
        """A failure inside the service or its gateway says nothing of what was carried out."""
        return self.status is not None and self.status >= 500 and not self.throttled

    @property
    def is_bare_404(self) -> bool:
        """A "not found" that has no code and is no web page: neither the gateway nor a proxy says it."""
        return self.status in (404, 410) and self.code is None and not self.is_page

    @property
    def means_task_absent(self) -> bool:
        """The task is not there: ``DIS.4354``, or a 404 that is neither the gateway's nor a web page."""
        return self.code == TASK_MISSING or self.is_bare_404

    @property
    def means_stream_absent(self) -> bool:
        """The stream is not there; DIS says so with 400 and a code."""
        return self.code == STREAM_MISSING

    @property
    def means_app_absent(self) -> bool:
        """The app is not there; DIS says so with 400 and a code, one edition of the reference with 404."""
        return self.code == APP_MISSING or self.is_bare_404

    @property
    def means_partition_absent(self) -> bool:
        """The stream has no such partition."""
        return self.code == PARTITION_MISSING

    @property
    def means_checkpoint_absent(self) -> bool:
        """There is no checkpoint, or nothing that could have one (sheet of streams, question 8)."""
        nothing = self.means_stream_absent or self.means_app_absent or self.means_partition_absent
        return nothing or self.code == CHECKPOINT_MISSING

    @property
    def means_not_offered(self) -> bool:
        """The operation does not exist in this region."""
        return self.status == 405 or (self.status == 404 and bare_code(self.code) == NOT_OFFERED)

    @property
    def is_request_error(self) -> bool:
        """The request is refused as malformed, or for a reason that nobody has documented."""
        return self.status == 400 and (self.code in ("DIS.4200", "DIS.4300") or not hint_for(self.code))

    @property
    def means_token_refused(self) -> bool:
        """A new token may help: 401 or 441, unless the code blames a signature or something else."""
        if self.status not in (401, 441):
            return False
        return bare_code(self.code) not in ("0303", "0305", "IAM.0061") and not HINT_RANGES[0][0].match(self.code or "")


def join_names(names: Iterable[str]) -> str:
    """Names for a sentence: ``a``, ``a and b``, ``a, b and c``."""
    names = list(names)
    return " and ".join([", ".join(names[:-1])] * (len(names) > 1) + names[-1:])


def describe_differences(names: Iterable[str], expected: Mapping[str, Any], known: Mapping[str, Any]) -> List[str]:
    """Each option with both values."""
    return [
        f"{name} is {sanitize(repr(known[name])) if name in known else 'not there'} and should be"
        f" {sanitize(repr(expected[name]))}"
        for name in names
    ]
