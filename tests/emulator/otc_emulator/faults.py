# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that a test switches on: rules that match requests and change what happens to them.

A request meets at most one rule of each side-effect kind (``slow``, ``signal``, ``expire_token``, ``set_state``, the
concurrent writers) and at most one rule that decides its response; rules are tried in the order of their creation.
"""

from __future__ import annotations

import json
import os
import re
import signal
from abc import ABC, abstractmethod
from collections.abc import Iterable
from contextlib import suppress
from email.utils import formatdate
from typing import Any, ClassVar, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator

from otc_emulator.consumers import App
from otc_emulator.destinations import DESTINATIONS
from otc_emulator.fixtures import StreamSeed, stream_from
from otc_emulator.http_types import Call, Delivery, RecordFailure, Refusal, Response
from otc_emulator.response_variants import STYLES, error_answer
from otc_emulator.signing import SignedRequest, canonical_request, expected_signature, read_authorization
from otc_emulator.state import GONE, Phase, Project, Stream, new_id

MAX_SECONDS = 300
_HTML = "<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1><p>proxy</p></body></html>\n"


class Rule(BaseModel):
    """What all kinds have in common: which requests they hit, and how often."""

    model_config = ConfigDict(extra="forbid")
    decides_answer: ClassVar[bool] = True

    kind: str
    service: Literal["iam", "dis", "dli", "obs"] | None = None
    operation: str | None = None
    method: str | None = None
    path: str | None = Field(None, description="regular expression, searched in the raw path")
    times: int = Field(1, ge=0, description="how many requests it hits; 0 = all")
    skip: int = Field(0, ge=0, description="how many matching requests it lets pass first")
    every: int = Field(1, ge=1, description="hits only each n-th of the matching requests behind those")

    _seen: int = PrivateAttr(0)
    _passed: int = PrivateAttr(0)
    _hits: int = PrivateAttr(0)

    @field_validator("path")
    @classmethod
    def _is_pattern(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                re.compile(value)
            except re.error as err:
                raise ValueError(f"not a regular expression: {err}") from None
        return value

    def takes(self, call: Call) -> bool:
        """Whether this rule hits the request; counts."""
        if self.times and self._hits >= self.times:
            return False
        if self.service not in (None, call.service) or self.operation not in (None, call.operation):
            return False
        if self.method not in (None, call.method) or (self.path and not re.search(self.path, call.path)):
            return False
        self._seen += 1
        if self._seen <= self.skip or (self._seen - self.skip) % self.every:
            self._passed += 1
            return False
        self._hits += 1
        return True

    def view(self) -> dict[str, Any]:
        """The rule with its counters, for the control API."""
        return {**self.model_dump(exclude_defaults=True), "kind": self.kind, "hits": self._hits, "passed": self._passed}

    def pause(self) -> float:
        """Seconds to wait before the request is carried out."""
        return 0.0

    def before(self, call: Call) -> Response | None:
        """Runs before the request is carried out; an answer means that it is not."""
        return None

    def after(self, call: Call, answer: Response) -> Response:
        """Runs after the request was executed; returns the response to send."""
        return answer


def _refused(call: Call, status: int, code: str, text: str, style: str | None = None) -> Response:
    """An error in the format of the requested service."""
    if style is None:
        style = STYLES.get(call.service)
    return error_answer(Refusal(status, code, text, style), call.core.settings, call.request_id)


def _common_code(status: int) -> str:
    return {401: "APIG.0301", 403: "DIS.4116", 404: "APIG.0101", 429: "APIG.0308", 441: "DIS.4114"}.get(
        status, "DIS.5000" if status >= 500 else "DIS.4200"
    )


class Status(Rule):
    """Any status, without carrying out. ``body`` (JSON data or text) replaces the error body."""

    kind: Literal["status"]
    status: int = Field(ge=200, le=599)
    code: str | None = None
    message: str = "A fault that a test has asked for."
    body: Any = None
    headers: dict[str, str] = Field(default_factory=dict)
    retry_after: int | str | None = None

    def before(self, call: Call) -> Response | None:
        """Answer at once."""
        code = self.code or _common_code(self.status)
        answer = _refused(call, self.status, code, self.message, "gateway" if code.startswith("APIG") else None)
        if "body" in self.model_fields_set:
            answer.body = self.body.encode() if isinstance(self.body, str) else self.body
        answer.headers.update(self.headers)
        if self.retry_after is not None:
            answer.headers["Retry-After"] = str(self.retry_after)
        return answer


class Throttle429(Rule):
    """429 of the gateway. ``retry_after`` null leaves the header out, ``as_date`` writes an HTTP date."""

    kind: Literal["throttle_429"]
    retry_after: int | None = Field(1, ge=0, le=3600)
    as_date: bool = False

    def before(self, call: Call) -> Response | None:
        """Answer at once."""
        answer = _refused(call, 429, "APIG.0308", "The throttling threshold has been reached.", "gateway")
        if self.retry_after is not None:
            when = formatdate(call.core.now + self.retry_after, usegmt=True) if self.as_date else str(self.retry_after)
            answer.headers["Retry-After"] = when
        return answer


class ThrottleDis(Rule):
    """400 with one of the two throttling codes of DIS."""

    kind: Literal["throttle_dis"]
    code: Literal["DIS.4303", "DIS.4305"] = "DIS.4303"

    def before(self, call: Call) -> Response | None:
        """Answer at once."""
        text = "The traffic limit is exceeded." if self.code == "DIS.4303" else "There are too many requests at once."
        return error_answer(Refusal(400, self.code, text), call.core.settings, call.request_id)


class LostBefore(Rule):
    """Close (or reset) the connection without carrying out."""

    kind: Literal["lost_before", "reset"]

    def before(self, call: Call) -> Response | None:
        """No answer."""
        return Response(delivery=Delivery.RESET if self.kind == "reset" else Delivery.DROP)


class LostAfter(Rule):
    """Carry out, then close the connection without a word."""

    kind: Literal["lost_after"]

    def after(self, call: Call, answer: Response) -> Response:
        """No answer."""
        return Response(delivery=Delivery.DROP)


class ErrorAfter(Rule):
    """Carry out, then claim that it went wrong."""

    kind: Literal["error_after"]
    status: int = Field(502, ge=500, le=599)

    def after(self, call: Call, answer: Response) -> Response:
        """A gateway error, or the service's own for 500."""
        if self.status == 500:
            return _refused(call, 500, "DIS.5000", "Internal error.")
        return _refused(call, self.status, "APIG.0201", "Backend unavailable or too slow.", "gateway")


class Slow(Rule):
    """Wait, then carry out, also when the client has left meanwhile."""

    decides_answer: ClassVar[bool] = False
    kind: Literal["slow"]
    seconds: float = Field(1, ge=0, le=MAX_SECONDS)

    def pause(self) -> float:
        """Seconds to wait."""
        return self.seconds


class SlowBody(Rule):
    """Carry out, then send the body in small pieces over ``seconds``."""

    kind: Literal["slow_body"]
    seconds: float = Field(2, ge=0, le=MAX_SECONDS)

    def after(self, call: Call, answer: Response) -> Response:
        """The true answer, slowly."""
        answer.delivery, answer.amount = Delivery.DRIBBLE, self.seconds
        return answer


class Drip(Rule):
    """Carry out, then send one part of the response in drips over ``seconds``, and all others at once.

    ``continue`` means interim responses (100 Continue) before the response itself.
    """

    kind: Literal["drip"]
    part: Literal["continue", "status_line", "headers", "body", "trailers"] = "headers"
    seconds: float = Field(60, ge=0, le=MAX_SECONDS)

    def after(self, call: Call, answer: Response) -> Response:
        """The true response, in drips."""
        answer.delivery, answer.amount, answer.part = Delivery.DRIP, self.seconds, self.part
        return answer


class Hang(Rule):
    """Never answer; ends when the client leaves, or after ``seconds``. ``commit`` carries out first."""

    kind: Literal["hang"]
    commit: bool = False
    seconds: float = Field(60, ge=0, le=MAX_SECONDS)

    def before(self, call: Call) -> Response | None:
        """Without commit nothing happens but waiting."""
        return None if self.commit else Response(delivery=Delivery.HANG, amount=self.seconds)

    def after(self, call: Call, answer: Response) -> Response:
        """With commit only the answer is missing."""
        return Response(delivery=Delivery.HANG, amount=self.seconds)


class CutBody(Rule):
    """Execute the request, announce the full body, send a part of it, close."""

    kind: Literal["cut_body"]
    fraction: float = Field(0.5, ge=0, lt=1)

    def after(self, call: Call, answer: Response) -> Response:
        """The true answer, not all of it."""
        answer.delivery, answer.amount = Delivery.CUT, self.fraction
        return answer


class Html(Rule):
    """An HTML page as proxies send it: ``html`` instead of carrying out, ``html_after`` afterwards."""

    kind: Literal["html", "html_after"]
    status: int = Field(503, ge=200, le=599)

    def _page(self) -> Response:
        page = _HTML.format(title=f"{self.status} Proxy Page").encode()
        return Response(self.status, page, {"Content-Type": "text/html"})

    def before(self, call: Call) -> Response | None:
        """The page at once."""
        return self._page() if self.kind == "html" else None

    def after(self, call: Call, answer: Response) -> Response:
        """The page instead of the answer."""
        return self._page()


class HugeBody(Rule):
    """Carry out, then send a body of ``megabytes``."""

    kind: Literal["huge_body"]
    megabytes: int = Field(32, ge=1, le=128)
    status: int = Field(200, ge=200, le=599)

    def after(self, call: Call, answer: Response) -> Response:
        """A flood."""
        return Response(self.status, delivery=Delivery.FLOOD, amount=self.megabytes, headers=answer.headers)


class OddBody(Rule):
    """Carry out, then answer with text that is no JSON, or with JSON of a wrong kind."""

    kind: Literal["not_json", "wrong_json"]
    status: int | None = Field(None, ge=200, le=599)
    body: Any = None

    def after(self, call: Call, answer: Response) -> Response:
        """The true status, another body."""
        if self.kind == "not_json":
            answer.body = b'{"this is cut off": '
        else:
            answer.body = json.dumps(self.body if "body" in self.model_fields_set else []).encode()
        answer.status = self.status or (200 if answer.status == 204 else answer.status)
        answer.headers.setdefault("Content-Type", "application/json")
        return answer


_LISTS = (
    *("tasks", "stream_names", "stream_info_list", "apps", "partition_consuming_states", "partitions", "tags"),
    *("databases", "tables", "events", "eventSubscriptions"),
)


class ShortList(Rule):
    """Carry out, then leave entries out of the lists of the answer, but not out of its counts.

    ``keep`` entries are left, all but the last one if it is null; each is returned ``copies`` times.
    """

    kind: Literal["short_list"]
    keep: int | None = Field(None, ge=0)
    copies: int = Field(1, ge=1, le=9)

    def after(self, call: Call, answer: Response) -> Response:
        """The true answer with shorter lists."""
        if answer.status == 200 and isinstance(answer.body, dict):
            keep = -1 if self.keep is None else self.keep
            lists = {
                name: reported
                for name, reported in answer.body.items()
                if name in _LISTS and isinstance(reported, list)
            }
            shorter = {name: reported[:keep] * self.copies for name, reported in lists.items()}
            answer.body = {**answer.body, **shorter}
        return answer


class AlteredBody(Rule):
    """Carry out, then put ``members`` into the answer: into the answer itself, or into the block of settings.

    A block of settings gets those that it has already, and all of them with ``add``.
    """

    kind: Literal["altered_body"]
    members: dict[str, Any]
    block: bool = False
    add: bool = False

    def after(self, call: Call, answer: Response) -> Response:
        """The true answer with other members."""
        if answer.status != 200 or not isinstance(answer.body, dict):
            return answer
        body = dict(answer.body)
        keys = [key for key in body if "_destination_desc" in key] if self.block else []
        for key in keys:
            body[key] = self._altered(body[key])
        answer.body = body if self.block else self._altered(body)
        return answer

    def _altered(self, reported: dict[str, Any]) -> dict[str, Any]:
        return {**reported, **{name: value for name, value in self.members.items() if self.add or name in reported}}


class AppendText(Rule):
    """Carry out, then answer with a text appended to each text member of the body, or to the one with a number."""

    kind: Literal["append_text"]
    text: str
    number: int | None = Field(None, ge=0, description="which of the text members, in the order of the body")

    def after(self, call: Call, answer: Response) -> Response:
        """The true answer, with other texts; ASCII on the wire, so that any code point can travel."""
        count = 0

        def changed(value: Any) -> Any:
            nonlocal count
            if isinstance(value, dict):
                return {name: changed(inner) for name, inner in value.items()}
            if isinstance(value, list):
                return [changed(inner) for inner in value]
            if isinstance(value, str):
                count += 1
                return value + self.text if self.number in (None, count - 1) else value
            return value

        if answer.body is not None and not isinstance(answer.body, bytes):
            answer.body = json.dumps(changed(answer.body)).encode()
        return answer


class Redirect(Rule):
    """Point somewhere else, without carrying out."""

    kind: Literal["redirect"]
    status: Literal[301, 302, 303, 307, 308] = 302
    location: str = "/redirected"

    def before(self, call: Call) -> Response | None:
        """Answer at once."""
        return Response(self.status, headers={"Location": self.location})


class ExpireToken(Rule):
    """Expire the caller's token first: DIS answers 441, or with ``style`` gateway the gateway 401."""

    decides_answer: ClassVar[bool] = False
    kind: Literal["expire_token"]
    style: Literal["dis", "gateway"] = "dis"

    def before(self, call: Call) -> Response | None:
        """Spoil the token."""
        token = call.core.world.identity.tokens.get(call.headers.get("X-Auth-Token", ""))
        if token is not None:
            token.revoked = True
        if self.style == "gateway":
            return _refused(
                call, 401, "APIG.0301", "Incorrect IAM authentication information: token expires.", "gateway"
            )
        return None


class EchoSecrets(Rule):
    """400 whose text quotes the request, headers and body, to see whether a client repeats secrets.

    Of a signed request, ``signature`` quotes what a verifier compares: canonical request and both signatures.
    """

    kind: Literal["echo_secrets"]
    status: int = Field(400, ge=400, le=599)
    code: str = "DIS.4200"
    signature: bool = False

    def before(self, call: Call) -> Response | None:
        """Answer at once."""
        quoted = f"[{json.dumps(dict(call.headers))}] [{call.body.decode('utf-8', 'replace')}]"
        if self.signature and "Authorization" in call.headers:
            signature = read_authorization(call.headers["Authorization"])
            request = SignedRequest(call.method, call.path, call.raw_query, call.headers, call.body)
            key = call.core.world.identity.access_keys.get(signature.access_key)
            wanted = expected_signature(key.secret if key else "", request, signature)
            quoted = f"[{signature.value} {wanted}] [{canonical_request(request, signature)}] {quoted}"
        return _refused(call, self.status, self.code, f"Invalid request. {quoted}")


class _Meddling(Rule, ABC):
    """A concurrent writer changes the resource of the request, before or after the request is executed."""

    decides_answer: ClassVar[bool] = False
    when: Literal["before", "after"] = "before"
    project_id: str | None = None
    stream: str | None = None
    task: str | None = None

    def before(self, call: Call) -> Response | None:
        """Act now, if that is the time."""
        if self.when == "before":
            self._act(call)
        return None

    def after(self, call: Call, answer: Response) -> Response:
        """Act now, if that is the time."""
        if self.when == "after":
            self._act(call)
        return answer

    def _act(self, call: Call) -> None:
        project = call.core.world.projects.get(self.project_id or call.params.get("project_id", ""))
        self.meddle_with_project(call, project or call.core.world.default_project)

    @abstractmethod
    def meddle_with_project(self, call: Call, project: Project) -> None:
        """The change by the concurrent writer."""

    def named(self, call: Call, member: str, own: str | None) -> str:
        """The name of a stream or app: the rule's own, else the one in path, body or query."""
        body = call.json_or_none()
        in_body = body.get(member) if isinstance(body, dict) else None
        return own or call.params.get(member) or str(in_body or call.query.get(member) or "")


class _MeddlingInside(_Meddling, ABC):
    """A concurrent writer changes the stream of the request, which must exist."""

    def meddle_with_project(self, call: Call, project: Project) -> None:
        """Find the stream."""
        stream = project.stream(self.stream or call.params.get("stream_name", ""), call.core.now)
        if stream is not None:
            self.meddle(call, stream, self.task or self._task_in(call, stream))
            stream.advance(call.core.now)

    def _task_in(self, call: Call, stream: Stream) -> str:
        """The task that the request names in its path, its descriptor, or by id."""
        if "task_name" in call.params:
            return call.params["task_name"]
        body = call.json_or_none()
        if isinstance(body, dict):
            for destination in DESTINATIONS.values():
                block = body.get(destination.request_key)
                if isinstance(block, dict):
                    return str(block.get("task_name", ""))
            for one in body.get("tasks") or ():
                task = stream.task_by_id(str(one.get("id"))) if isinstance(one, dict) else None
                if task is not None:
                    return task.task_name
        return ""

    @abstractmethod
    def meddle(self, call: Call, stream: Stream, name: str) -> None:
        """The change by the concurrent writer."""


class RivalCreate(_MeddlingInside):
    """A concurrent writer creates the task; omitted settings are taken from the request, else from the sample."""

    kind: Literal["rival_create"]
    destination_type: Literal["DLI", "OBS", "MRS", "DWS", "CLOUDTABLE"] = "DLI"
    settings: dict[str, Any] = Field(default_factory=dict)

    def meddle(self, call: Call, stream: Stream, name: str) -> None:
        """Create unless it exists."""
        destination = DESTINATIONS[self.destination_type]
        body = call.json_or_none()
        asked = body.get(destination.request_key) if isinstance(body, dict) else None
        members = set(destination.descriptor.model_fields) - {"task_name"}
        known = {key: value for key, value in (asked or {}).items() if key in members}
        if name and name not in stream.tasks:
            settings = destination.complete({**known, **self.settings})
            stream.put_task(name, destination.kind, settings, Phase("RUNNING"), call.core.now)


class RivalDelete(_MeddlingInside):
    """A concurrent writer deletes the task."""

    kind: Literal["rival_delete"]

    def meddle(self, call: Call, stream: Stream, name: str) -> None:
        """Delete if it exists."""
        stream.tasks.pop(name, None)


class RivalUpdate(_MeddlingInside):
    """A concurrent writer changes settings of the task."""

    kind: Literal["rival_update"]
    settings: dict[str, Any]

    def meddle(self, call: Call, stream: Stream, name: str) -> None:
        """Change if it exists."""
        task = stream.tasks.get(name)
        if task is not None:
            task.settings = DESTINATIONS[task.destination_type].complete({**task.settings, **self.settings})
            task.updates += 1


class SetState(_MeddlingInside):
    """The task changes its state, for example to ABNORMAL."""

    kind: Literal["set_state"]
    state: Literal["ERROR", "STARTING", "PAUSED", "RUNNING", "DELETE", "ABNORMAL"]

    def meddle(self, call: Call, stream: Stream, name: str) -> None:
        """Change if it exists."""
        task = stream.tasks.get(name)
        if task is not None:
            task.phase = Phase(self.state)


class SetStreamStatus(_MeddlingInside):
    """The stream changes its status, for example to FROZEN."""

    kind: Literal["set_stream_status"]
    status: Literal["CREATING", "RUNNING", "TERMINATING", "TERMINATED", "FROZEN"]

    def meddle(self, call: Call, stream: Stream, name: str) -> None:
        """Change it."""
        stream.phase = Phase(self.status)


class RivalCreateStream(_Meddling):
    """A concurrent writer creates the stream; ``members`` are those of a stream in a seed."""

    kind: Literal["rival_create_stream"]
    members: dict[str, Any] = Field(default_factory=dict)

    def meddle_with_project(self, call: Call, project: Project) -> None:
        """Create unless it exists."""
        name, now = self.named(call, "stream_name", self.stream), call.core.now
        if name and project.stream(name, now) is None:
            seed = StreamSeed.model_validate({"name": name, **self.members})
            project.streams[name] = stream_from(seed, project, now)


class RivalDeleteStream(_Meddling):
    """A concurrent writer deletes the stream."""

    kind: Literal["rival_delete_stream"]

    def meddle_with_project(self, call: Call, project: Project) -> None:
        """Delete if it exists."""
        name = self.named(call, "stream_name", self.stream)
        stream = project.stream(name, call.core.now)
        if stream is not None:
            stream.phase = Phase(GONE)
            project.forget_checkpoints(name)


class RivalCreateApp(_Meddling):
    """A concurrent writer creates the app."""

    kind: Literal["rival_create_app"]
    app: str | None = None

    def meddle_with_project(self, call: Call, project: Project) -> None:
        """Create unless it exists."""
        name = self.named(call, "app_name", self.app)
        if name:
            project.apps.setdefault(name, App(name, new_id(), int(call.core.now * 1000)))


class RivalDeleteApp(_Meddling):
    """A concurrent writer deletes the app."""

    kind: Literal["rival_delete_app"]
    app: str | None = None

    def meddle_with_project(self, call: Call, project: Project) -> None:
        """Delete if it exists."""
        project.apps.pop(self.named(call, "app_name", self.app), None)


class FailRecords(Rule):
    """Single records of an upload fail: those at ``indices``, or all."""

    decides_answer: ClassVar[bool] = False
    kind: Literal["fail_records"]
    indices: list[int] | None = None
    code: str = "DIS.4303"
    message: str = "A fault that a test has asked for."

    def before(self, call: Call) -> Response | None:
        """Note it for the upload."""
        call.record_failure = RecordFailure(self.code, self.message, self.indices)
        return None


class Signal(Rule):
    """Send a signal to a process of the emulator's own group, before or after the request is carried out."""

    decides_answer: ClassVar[bool] = False
    kind: Literal["signal"]
    pid: int = Field(gt=1)
    number: Literal["SIGALRM", "SIGINT", "SIGTERM", "SIGHUP"] = "SIGTERM"
    when: Literal["before", "after"] = "before"

    @field_validator("pid")
    @classmethod
    def _is_ours(cls, value: int) -> int:
        try:
            ours = os.getpgid(value) == os.getpgrp()
        except OSError:
            ours = False
        if not ours or value == os.getpid():
            raise ValueError("not another process of the emulator's own group")
        return value

    def before(self, call: Call) -> Response | None:
        """Send it now, if that is the time."""
        if self.when == "before":
            self._send()
        return None

    def after(self, call: Call, answer: Response) -> Response:
        """Send it now, if that is the time."""
        if self.when == "after":
            self._send()
        return answer

    def _send(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.Signals[self.number])


_CLASSES: tuple[type[Rule], ...] = (
    Status, Throttle429, ThrottleDis, LostBefore, LostAfter, ErrorAfter, Slow, SlowBody, Drip, Hang, CutBody, Html,
    HugeBody, OddBody, ShortList, AlteredBody, AppendText,
    Redirect, ExpireToken, EchoSecrets, RivalCreate, RivalDelete, RivalUpdate, SetState,
    SetStreamStatus, RivalCreateStream, RivalDeleteStream, RivalCreateApp, RivalDeleteApp, FailRecords,
    Signal,
)  # fmt: skip
_BY_KIND = {kind: one for one in _CLASSES for kind in get_args(one.model_fields["kind"].annotation)}
FAULT_KINDS = tuple(_BY_KIND)


class Rules:
    """The fault rules that are switched on."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def add(self, data: Any) -> Rule:
        """Switch on one more rule. Raises ValueError, of which ValidationError is one."""
        kind = data.get("kind") if isinstance(data, dict) else None
        if kind not in _BY_KIND:
            raise ValueError(f"kind {kind!r} is none of {', '.join(FAULT_KINDS)}")
        rule = _BY_KIND[kind].model_validate(data)
        self.rules.append(rule)
        return rule

    def taken_by(self, call: Call) -> Iterable[Rule]:
        """The rules that hit a request, side effects first."""
        if not self.rules:
            return ()
        taken: dict[str, Rule] = {}
        for rule in self.rules:
            group = "" if rule.decides_answer else rule.kind
            if group not in taken and rule.takes(call):
                taken[group] = rule
        return sorted(taken.values(), key=lambda one: one.decides_answer)
