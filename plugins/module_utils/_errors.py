# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong, in words for people. Private to otc.dis."""

from __future__ import annotations

import os
import re
import traceback
from contextlib import contextmanager
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Set

from ansible_collections.otc.dis.plugins.module_utils._redaction import needles, printable, replaced, spans

LONGEST_TEXT = 300
"""Characters of a foreign text that a message may carry."""
LONGEST_FOREIGN_TEXT = 4096
"""Characters of a foreign text in which a message is looked for."""
LONGEST_ENCODED = 72
"""Characters that two levels of encoding make of one character."""

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
    *("rule", "drift", "absent", "login", "denied", "not_offered", "throttled", "refused", "service_error"),
    *("unreachable", "lost_answer", "bad_answer", "not_applied", "not_reached", "bug"),
)
"""Every ``error.kind``, for conditions in playbooks; the guide to errors says what each means."""
_ABSENT = frozenset(
    {STREAM_MISSING, TAGGED_STREAM_MISSING, TASK_MISSING, PARTITION_MISSING, APP_MISSING, CHECKPOINT_MISSING}
)
_LOGIN = re.compile(r"(DIS\.41(0[0-9]|1[0-5])|030[1357]|IAM\.0(061|081|001|011))\Z")
_DENIED = re.compile(r"(DIS\.(411[67]|4309)|0(302|304|306|310|402|802))\Z")

SIGNATURE_REFUSED = "The signature was refused: check the keys, the region and the clock of this machine."
_KEY = "The access key is blocked, inactive, expired or without a user: look at it on the console, or use another one."
_ACCESS = "Access was refused: check the rights of the user, the state of the project and rules on source addresses."
_GATEWAY = "The gateway in front of the service is at fault: run again later; if it stays, give support the request id."

CLAIM = re.compile(r" ?Nothing was (sent|changed)\.")
"""What no error may say of a run that has written."""
TROUBLE = "The service, or a gateway or proxy in front of it, is in trouble: run again later."

HINTS: Mapping[str, str] = {
    "DIS.4113": "No token reached the service: give auth.token or a user with a password.",
    "DIS.4114": "The token is not valid (any more) for this project: take a new one, scoped to the project of"
    " the stream.",
    "DIS.4116": "Grant the user the role DIS Administrator (or the single actions that it needs), and check"
    " that the account is not in arrears.",
    "DIS.4117": "Use the id of the project to which the token is scoped.",
    "DIS.4200": "The service refuses a value: compare the options with the module's documentation.",
    "DIS.4202": "The request arrived empty: look for a proxy that drops bodies.",
    "DIS.4203": "Let start_time lie before end_time, and neither in the future.",
    "DIS.4204": "Ask for seven days at the most.",
    "DIS.4201": "Write the partition as 0 or as shardId-0000000000.",
    "DIS.4205": "The stream is not RUNNING: look at its status, wait until it is created, or settle what froze it.",
    "DIS.4208": "Check the name, the id and the state of the MRS cluster.",
    "DIS.4209": "This region does not know one of the metrics: leave it out of labels.",
    "DIS.4215": "This region does not know the cursor_type: use another one.",
    "DIS.4216": "Give the sequence number as a whole number.",
    "DIS.4217": "Run again: the service does not understand the position that it gave itself.",
    "DIS.4224": "Give a sequence number that the partition still keeps: app_info tells the first and the next one.",
    "DIS.4225": "Run again: the position in the stream was not used for five minutes.",
    "DIS.4226": "Run again from the oldest record that is still kept: what was to be read has aged out.",
    "DIS.4300": "The service refuses the request: the text in brackets names the value to correct.",
    "DIS.4301": "Check the name of the stream, the region and the project.",
    "DIS.4302": "Check the partition: the stream has none with this id.",
    "DIS.4303": "The service asks to slow down: run fewer changes at once, or again later.",
    "DIS.4305": "Too many requests at once: lower the number of forks, or run again later.",
    "DIS.4306": "Create the bucket, or correct obs_bucket_path (the name of a bucket, without a path).",
    "DIS.4307": "The name is taken: choose another stream_name, or describe that stream; one that is being deleted"
    " keeps its name for a while.",
    "DIS.4308": "The quota of streams or partitions is used up: delete what is not needed, ask for fewer partitions, or"
    " have the quota raised.",
    "DIS.4309": "This machine's address is blocked after many failed requests: correct the credentials, then wait about"
    " half an hour before the next try.",
    "DIS.4310": "DIS cannot reach the bucket: give the agency (and the user) rights on OBS, role Tenant"
    " Administrator for"
    " the OBS project.",
    "DIS.4319": "The partition was scaled away and its data has aged out: use another one.",
    "DIS.4329": "The project holds as many apps as it may: delete one that is not needed.",
    "DIS.4330": "Another app has this name: choose another app_name, or use that app.",
    "DIS.4331": "The app is in use: stop its consumers, and delete its checkpoints, which force: true does.",
    "DIS.4332": "Check the name of the app, the region and the project; somebody else may just have deleted it.",
    "DIS.4335": "The agency must exist, be of type cloud service for DIS, be valid without limit and hold Tenant"
    " Administrator on the OBS project; one made a moment ago needs a minute.",
    "DIS.4336": "Create the HDFS path, or correct it.",
    "DIS.4337": "Create the DLI database, or correct dli_database_name.",
    "DIS.4338": "Create the table in DLI as a managed table (data location DLI, not OBS), or correct"
    " dli_table_name; user"
    " and agency must be allowed to insert into it.",
    "DIS.4339": "The app has as many consumers as it may: stop one that is not needed.",
    "DIS.4341": "Check the name, the id and the state of the CloudTable cluster.",
    "DIS.4342": "Create the CloudTable table, or correct its name.",
    "DIS.4343": "Create the column family, or correct its name.",
    "DIS.4345": "Correct the HBase schema as the text says.",
    "DIS.4348": "Correct the OpenTSDB schema as the text says.",
    "DIS.4350": "Check the name, the id and the state of the DWS cluster.",
    "DIS.4351": "Check the name and the id of the KMS key.",
    "DIS.4354": "Check the name of the transfer task; it may just have been deleted by somebody else.",
    "DIS.4355": "Another task has this name in the stream: choose another task_name, or describe that task.",
    "DIS.4357": "A stream holds at most five transfer tasks: delete one that is not needed.",
    "DIS.4358": "The data_type of the stream does not fit: DLI, DWS and CloudTable need a stream of type JSON or CSV;"
    " OBS and MRS also take BLOB. Use another stream, or create it anew with another data_type.",
    "DIS.4360": "Correct data_schema: it must be an Avro schema.",
    "DIS.4375": "The app has no checkpoint in this stream: commit one first.",
    "DIS.4601": "A stream holds at most ten tags: remove one that is not needed, or let purge_tags do so.",
    "DIS.4602": "This region takes calls about tags otherwise than documented: leave tags out, and report it.",
    "DIS.4604": "Somebody else may just have removed the tag: run again.",
    "DIS.4605": "This region takes calls about tags otherwise than documented: leave tags out, and report it.",
    "DIS.4603": "The stream may just have been deleted by somebody else: run again.",
    "IAM.0061": "The user is locked after failed logins: wait a quarter of an hour and correct the password first.",
    "IAM.0081": "The user may only use the console: enable programmatic access.",
    "IAM.1061": "The passcode is wrong, too old, or was used before: give a new one.",
    "IAM.1104": _KEY,
    "IAM.1105": _KEY,
    "IAM.1106": _KEY,
    "IAM.1107": _KEY,
    "IAM.1108": "The temporary keys have ended: take new ones, with their security_token.",
    "IAM.1109": "Check the name of the project and the region.",
    "0101": "The address answers, but does not know this call: check the region and endpoint_override. Some"
    " regions have"
    " withdrawn single operations, destinations or DIS as a whole.",
    "0201": "The gateway cannot handle the request: check endpoint_override and proxies.",
    "0301": "Token or signature were refused: check the credentials and their project; after several failures in"
    " a row wait"
    " five minutes.",
    "0303": "Token or signature were refused: check the credentials and the clock of this machine.",
    "0305": "Token or signature were refused: check the credentials.",
    "0307": "The token must be renewed: take a new one.",
    "0308": "The gateway asks to slow down: run fewer changes at once, or again later.",
    "0602": "The gateway calls the request malformed: check endpoint_override and proxies.",
    "0613": "IAM is not available: run again later.",
}
"""One sentence on what to do next, by service code; gateway codes by their number alone."""
TOKEN_HINTS = tuple(HINTS[code] for code in ("DIS.4113", "DIS.4114", "0307"))
"""Hints that concern tokens only, and must not follow a refused signature."""
HINT_RANGES = (
    (re.compile(r"DIS\.41(0\d|1[0-2])$"), SIGNATURE_REFUSED),
    (
        re.compile(r"DIS\.5\d{3}$"),
        "The service failed inside: run again later; if it stays, give support the request id.",
    ),
    (re.compile(r"0(302|304|306|310|402|802)$"), _ACCESS),
    (re.compile(r"0(10[3-7]|202|203|601|605|606|608|610)$"), _GATEWAY),
)


def bare_code(code: Optional[str]) -> str:
    """A gateway code without its prefix (``APIG.0101``, ``APIGW.0101`` -> ``0101``), any other code as it is."""
    return re.sub(r"^APIGW?\.", "", code or "")


def hint_for(code: Optional[str], status: Optional[int] = None) -> str:
    """What to do about a service code; an empty text where nothing certain is known."""
    bare = bare_code(code)
    if bare in HINTS:
        return HINTS[bare]
    for pattern, hint in HINT_RANGES:
        if pattern.match(bare):
            return hint
    if status in (401, 441):
        return HINTS["DIS.4114"]
    return TROUBLE if status is not None and status >= 500 else ""


def plain(text: Any) -> str:
    """A foreign text for a message: printable, in one line, cut to a readable length."""
    line = " ".join(printable(text).split())
    return line if len(line) <= LONGEST_TEXT else line[:LONGEST_TEXT] + "..."


class Secrets:
    """The texts that must never be shown, and the means to cut them out of anything.

    :ivar values: the secrets as they were given
    """

    def __init__(self) -> None:
        self.values: Set[str] = set()

    def add(self, *values: Optional[str]) -> None:
        """Remember secrets."""
        self.values.update(str(value) for value in values if value)

    def mask(self, text: str, limit: Optional[int] = None) -> str:
        """The text with every known secret replaced, in whatever spelling ``_redaction`` finds it.

        :param limit: characters of the text that are wanted; of a longer one, the rest is left out
        """
        values = tuple(self.values)
        searched = {needle for value in values for needle in needles(value)}
        if limit is not None and len(text) > limit:
            longest = max(map(len, values), default=0)
            window = text[: limit + LONGEST_ENCODED * longest]
            places = [(start, min(end, limit)) for start, end in spans(window, searched) if start < limit]
            return replaced(text[:limit], places)
        return replaced(text, spans(text, searched))


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

    def retract(self) -> None:
        """Say no longer that nothing was done: something was, or may have been."""
        self.args = (CLAIM.sub("", str(self)),)

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


class Bug(DisError):
    """What nobody expected, with its type and place; its own text is left out, for it may hold a secret.

    :param what: what is at fault, by its full name
    """

    kind = "bug"
    outcome_unknown = True

    def __init__(self, err: Exception, what: str = "otc.dis") -> None:
        frames, name = traceback.extract_tb(err.__traceback__), type(err).__name__
        place = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}"
        calls = "".join(traceback.format_list(frames))
        self.more = {"exception": f"{calls}{name} (without its text, which may hold a secret)"}
        super().__init__(f"This is a bug in {what}: {name} at {place}.", "Run again, and please report it.")


@contextmanager
def bugs_told(what: str = "otc.dis") -> Iterator[None]:
    """Make of what nobody expected a failure like any other.

    :param what: what is at fault then, by its full name
    :raises Bug: instead of anything that is no :class:`DisError`
    """
    try:
        yield
    except DisError:
        raise
    except Exception as err:  # noqa: BLE001
        raise Bug(err, what) from None


class BadInput(DisError):
    """Options that break a rule, found before any request that writes."""

    kind = "rule"


class Drift(DisError):
    """What is there differs from the wish, and ``on_drift`` is ``fail``."""

    kind = "drift"

    def __init__(
        self, message: str, hint: str = "Change the playbook or the thing, or allow on_drift: update."
    ) -> None:
        super().__init__(message, hint)


class NotChangeable(DisError):
    """What differs cannot be changed, and what is there may not be replaced."""

    kind = "drift"


class CannotGuess(DisError):
    """The service hides what a complete request needs, and the user does not give it."""

    kind = "drift"


class Unreachable(DisError):
    """No connection: nothing was sent.

    :ivar passing: whether trying again can help
    """

    kind = "unreachable"

    def __init__(self, message: str, hint: str = "", passing: bool = True) -> None:
        self.passing = passing
        super().__init__(message, hint)


class LostAnswer(DisError):
    """A request was sent and its answer did not arrive, or not whole."""

    kind = "lost_answer"
    outcome_unknown = True


class BadAnswer(DisError):
    """An answer that is not the service's: a redirect, a page of a proxy, too much of anything.

    :ivar outcome_unknown: True where a write was answered as if it had been done
    """

    kind = "bad_answer"

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
            return "absent"
        if self.means_not_offered:
            return "not_offered"
        if _DENIED.match(bare):
            return "denied"
        if _LOGIN.match(bare) or self.status in (401, 441):
            return "login"
        if self.status == 403:
            return "denied"
        return "service_error" if (self.status or 0) >= 500 or bare.startswith("DIS.5") else "refused"

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
    def blames_the_request(self) -> bool:
        """The request is refused as malformed, or for a reason that nobody has documented."""
        return self.status == 400 and (self.code in ("DIS.4200", "DIS.4300") or not hint_for(self.code))

    @property
    def means_token_refused(self) -> bool:
        """A new token may help: 401 or 441, unless the code blames a signature or something else."""
        if self.status not in (401, 441):
            return False
        return bare_code(self.code) not in ("0303", "0305", "IAM.0061") and not HINT_RANGES[0][0].match(self.code or "")


def listed(names: Iterable[str]) -> str:
    """Names for a sentence: ``a``, ``a and b``, ``a, b and c``."""
    names = list(names)
    return " and ".join([", ".join(names[:-1])] * (len(names) > 1) + names[-1:])


def told_apart(names: Iterable[str], wished: Mapping[str, Any], known: Mapping[str, Any]) -> List[str]:
    """Each option with both values."""
    return [
        f"{name} is {plain(repr(known[name])) if name in known else 'not there'} and should be"
        f" {plain(repr(wished[name]))}"
        for name in names
    ]
