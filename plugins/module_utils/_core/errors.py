# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exceptions, their messages and error kinds, and the hints by error code. Private to otc.dis."""

from __future__ import annotations

import os
import re
import traceback
from contextlib import contextmanager
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional

from .secrets import printable

SIGNATURE_REFUSED = "The signature was rejected: check the keys, the region and the system clock."

_KEY = "The access key is blocked, inactive, expired or without a user: check it in the console, or use another key."

_ACCESS = "Access denied: check the user's permissions, the state of the project and source address rules."

_GATEWAY = "The API gateway failed: retry later; if it persists, quote the request ID to support."

SERVICE_FAILED = "The service, or a gateway or proxy in front of it, failed: retry later."

HINTS: Mapping[str, str] = {
    "DIS.4113": "The request had no token: specify auth.token, or a user with a password.",
    "DIS.4114": "The token is invalid, expired or for another project: request a new one, scoped to the project of the"
    " stream.",
    "DIS.4116": "Grant the user the role DIS Administrator (or the required actions), and check that the account is not"
    " in arrears.",
    "DIS.4117": "Use the ID of the project to which the token is scoped.",
    "DIS.4200": "The service rejected a value: compare the options with the module documentation.",
    "DIS.4202": "The request arrived without a body: check for a proxy that removes it.",
    "DIS.4203": "Specify a start_time before end_time, neither in the future.",
    "DIS.4204": "Request seven days at most.",
    "DIS.4201": "Specify the partition as 0 or as shardId-0000000000.",
    "DIS.4205": "The stream is not RUNNING: check its status, wait until it is created, or resolve why it is frozen.",
    "DIS.4208": "Check the name, ID and state of the MRS cluster.",
    "DIS.4209": "One of the metrics is not supported in this region: remove it from labels.",
    "DIS.4215": "The cursor_type is not supported in this region: use another one.",
    "DIS.4216": "Specify the sequence number as an integer.",
    "DIS.4217": "The service rejected its own cursor: rerun the task.",
    "DIS.4224": "Specify a sequence number in the range of the partition: app_info returns the first and the next one.",
    "DIS.4225": "The cursor was unused for five minutes: rerun the task.",
    "DIS.4226": "The records have expired: rerun from the oldest available record.",
    "DIS.4300": "The service rejected the request: correct the value that the text in brackets names.",
    "DIS.4301": "Check the name of the stream, the region and the project.",
    "DIS.4302": "Check the partition: the stream has none with this ID.",
    "DIS.4303": "Request rate exceeded: make fewer changes at once, or retry later.",
    "DIS.4305": "Too many concurrent requests: use fewer forks, or retry later.",
    "DIS.4306": "Create the bucket, or correct obs_bucket_path (a bucket name without a path).",
    "DIS.4307": "The name is in use: choose another stream_name, or specify the settings of that stream; a stream that"
    " is being deleted keeps its name for a while.",
    "DIS.4308": "Stream or partition quota exceeded: delete unused streams, request fewer partitions, or have the quota"
    " increased.",
    "DIS.4309": "The source address is blocked after many failed requests: correct the credentials, then wait about"
    " half an hour.",
    "DIS.4310": "DIS cannot access the bucket: grant the agency the role Tenant Administrator for the OBS project, and"
    " check the user's OBS permissions.",
    "DIS.4319": "The partition was removed by scaling and its records have expired: use another one.",
    "DIS.4329": "App quota of the project exceeded: delete an unused app.",
    "DIS.4330": "The name is in use: choose another app_name, or use that app.",
    "DIS.4331": "The app is in use: stop its consumers and delete its checkpoints; force: true deletes them.",
    "DIS.4332": "Check the name of the app, the region and the project; another client may have deleted the app.",
    "DIS.4335": "The agency must exist, be of type cloud service for DIS, have an unlimited validity period, and hold"
    " Tenant Administrator for the OBS project. A new agency takes about a minute to become usable: set"
    " wait_for_agency to retry.",
    "DIS.4336": "Create the HDFS path, or correct mrs_hdfs_path.",
    "DIS.4337": "Create the DLI database, or correct dli_database_name.",
    "DIS.4338": "Create the table in DLI as a managed table (data location DLI, not OBS), or correct dli_table_name;"
    " user and agency need permission to insert into it.",
    "DIS.4339": "The app has the maximum number of consumers: stop an unused one.",
    "DIS.4341": "Check the name, ID and state of the CloudTable cluster.",
    "DIS.4342": "Create the CloudTable table, or correct its name.",
    "DIS.4343": "Create the column family, or correct its name.",
    "DIS.4345": "Correct the HBase schema according to the error text.",
    "DIS.4348": "Correct the OpenTSDB schema according to the error text.",
    "DIS.4350": "Check the name, ID and state of the DWS cluster.",
    "DIS.4351": "Check the name and ID of the KMS key.",
    "DIS.4354": "Check the name of the transfer task; another client may have deleted it.",
    "DIS.4355": "The name is in use in this stream: choose another task_name, or specify the settings of that task.",
    "DIS.4357": "A stream can have five transfer tasks at most: delete an unused one.",
    "DIS.4358": "The data_type of the stream does not fit: DLI, DWS and CloudTable need a stream of type JSON or CSV;"
    " OBS and MRS also accept BLOB. Use another stream, or recreate it with another data_type.",
    "DIS.4360": "Correct data_schema: it must be an Avro schema.",
    "DIS.4375": "The app has no checkpoint in this stream: commit one first.",
    "DIS.4601": "A stream can have ten tags at most: remove unused tags, for example with purge_tags.",
    "DIS.4602": "The tag API of this region differs from its documentation: omit tags, and report the region.",
    "DIS.4604": "Another client may have removed the tag: rerun the task.",
    "DIS.4605": "The tag API of this region differs from its documentation: omit tags, and report the region.",
    "DIS.4603": "Another client may have deleted the stream: rerun the task.",
    "IAM.0061": "The user is locked after failed logins: correct the password, then wait 15 minutes.",
    "IAM.0081": "The user has console access only: enable programmatic access.",
    "IAM.1061": "The passcode is wrong, expired or already used: specify a new one.",
    "IAM.1104": _KEY,
    "IAM.1105": _KEY,
    "IAM.1106": _KEY,
    "IAM.1107": _KEY,
    "IAM.1108": "The temporary keys have expired: request new ones, with their security_token.",
    "IAM.1109": "Check the name of the project and the region.",
    "0101": "The endpoint does not offer this operation: check the region and endpoint_override. Some regions have"
    " withdrawn single operations, destinations or DIS as a whole.",
    "0201": "The gateway cannot process the request: check endpoint_override and proxies.",
    "0301": "Token or signature rejected: check the credentials and their project; after several consecutive failures,"
    " wait five minutes.",
    "0303": "Token or signature rejected: check the credentials and the system clock.",
    "0305": "Token or signature rejected: check the credentials.",
    "0307": "The token must be renewed: request a new one.",
    "0308": "The gateway throttles the requests: make fewer changes at once, or retry later.",
    "0602": "The gateway rejected the request as malformed: check endpoint_override and proxies.",
    "0613": "IAM is unavailable: retry later.",
}
"""Hints by service code; gateway codes without prefix."""

TOKEN_HINTS = tuple(HINTS[code] for code in ("DIS.4113", "DIS.4114", "0307"))
"""Hints about tokens only, which do not apply to a rejected signature."""

HINT_RANGES = (
    (re.compile(r"DIS\.41(0\d|1[0-2])$"), SIGNATURE_REFUSED),
    (
        re.compile(r"DIS\.5\d{3}$"),
        "Internal error of the service: retry later; if it persists, quote the request ID to support.",
    ),
    (re.compile(r"0(302|304|306|310|402|802)$"), _ACCESS),
    (re.compile(r"0(10[3-7]|202|203|601|605|606|608|610)$"), _GATEWAY),
)


def bare_code(code: Optional[str]) -> str:
    """Remove the prefix of a gateway code (``APIG.0101``, ``APIGW.0101`` -> ``0101``); other codes are unchanged."""
    return re.sub(r"^APIGW?\.", "", code or "")


def hint_for(code: Optional[str], status: Optional[int] = None) -> str:
    """Return the hint for a service code, else for a status; an empty string if there is no certain advice."""
    bare = bare_code(code)
    if bare in HINTS:
        return HINTS[bare]
    for pattern, hint in HINT_RANGES:
        if pattern.match(bare):
            return hint
    if status in (401, 441):
        return HINTS["DIS.4114"]
    return SERVICE_FAILED if status is not None and status >= 500 else ""


MAX_TEXT_LENGTH = 300
"""Maximum number of characters of an external text in a message."""
MAX_LISTED = 20
"""Maximum number of external names, or of errors, in a message."""
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

    def copy(self) -> DisError:
        """Return an equal error, whose message can be changed separately."""
        other = type(self).__new__(type(self))
        other.args = self.args
        other.__dict__.update(self.__dict__)
        return other

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


def list_names(names: Iterable[Any]) -> str:
    """Join external names like :func:`join_names`; each is sanitized, and at most :data:`MAX_LISTED` are listed."""
    texts = [sanitize(name) for name in names]
    more = len(texts) - MAX_LISTED
    return join_names(texts[:MAX_LISTED] + ([f"{more} more"] if more > 0 else []))


def describe_differences(names: Iterable[str], expected: Mapping[str, Any], known: Mapping[str, Any]) -> List[str]:
    """Return a text for each option with its current and its expected value."""
    return [
        f"{name} is {sanitize(repr(known[name])) if name in known else 'not set'} and should be"
        f" {sanitize(repr(expected[name]))}"
        for name in names
    ]
