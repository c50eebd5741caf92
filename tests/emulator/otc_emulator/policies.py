# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies of streams, which give other accounts access.

The API reference documents no error codes for these operations: invalid requests are rejected with DIS.4200.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from otc_emulator.http_types import Call, Response, no_such_url
from otc_emulator.shared import Body, body_as, invalid, stream_of
from otc_emulator.state import Policy, Stream

Names = Annotated[str, StringConstraints(pattern=r"^\S+$")]


class PolicyBody(Body):
    """A policy by names: ``account.*`` or ``account.user``, several joined by commas."""

    stream_id: str
    principal_name: Names
    action_type: Literal["putRecords", "getRecords", "getStreamInfo"]
    effect: Literal["accept", "deny"] = "accept"


class PolicyByIdBody(Body):
    """A policy by ids."""

    stream_id: str
    principal_id: Names
    action_type: Literal["putRecords", "getRecords", "getStreamInfo"]
    effect: Literal["accept"] = "accept"


def _stream_of(call: Call) -> Stream:
    if not call.core.settings.policies_enabled:
        raise no_such_url()
    return stream_of(call)


def _check_id(stream: Stream, stream_id: str) -> None:
    if stream_id != stream.stream_id:
        raise invalid("stream_id", stream_id)


def _ids(call: Call, name: str) -> str:
    """The ids of these names; unknown names are unchanged."""
    account, dot, user_name = name.partition(".")
    domain = call.core.world.identity.domain(name=account)
    if domain is None:
        return name
    user = call.core.world.identity.user(user_name, domain)
    return f"{domain.id}{dot}{user.id if user else user_name}"


def _add(stream: Stream, policy: Policy) -> None:
    if policy not in stream.policies:
        stream.policies.append(policy)


def add_policy(call: Call) -> Response:
    """POST policies."""
    stream = _stream_of(call)
    body = body_as(call, PolicyBody)
    _check_id(stream, body.stream_id)
    for name in body.principal_name.split(","):
        _add(stream, Policy(_ids(call, name), name, body.action_type, body.effect))
    return Response(201)


def add_policy_by_id(call: Call) -> Response:
    """POST /v3/.../policies."""
    stream = _stream_of(call)
    body = body_as(call, PolicyByIdBody)
    _check_id(stream, body.stream_id)
    for principal in body.principal_id.split(","):
        account, dot, rest = principal.partition(".")
        domain = call.core.world.identity.domain(id=account)
        name = f"{domain.name}{dot}{rest}" if domain else principal
        _add(stream, Policy(principal, name, body.action_type, body.effect))
    return Response(201)


def list_policies(call: Call) -> Response:
    """GET policies. The id comes in both spellings."""
    stream = _stream_of(call)
    rules = [vars(one) for one in stream.policies]
    return Response(200, {"stream_id": stream.stream_id, "streamId": stream.stream_id, "rules": rules})


def delete_policy(call: Call) -> Response:
    """DELETE policies, with the policy as body."""
    stream = _stream_of(call)
    body = body_as(call, PolicyBody)
    _check_id(stream, body.stream_id)
    names = body.principal_name.split(",")
    stream.policies = [
        one
        for one in stream.policies
        if not (one.principal_name in names and (one.action_type, one.effect) == (body.action_type, body.effect))
    ]
    return Response(200)


def shared_stream(call: Call, stream_id: str, action: str) -> Stream | None:
    """A stream of another project that lets the caller do this."""
    user = call.caller
    if user is None or not call.core.settings.policies_enabled:
        return None
    wanted = {user.domain.name, f"{user.domain.name}.*", f"{user.domain.name}.{user.name}"}
    for project in call.core.world.projects.values():
        stream = project.stream_by_id(stream_id, call.core.now)
        if stream is not None and any(
            (one.action_type, one.effect) == (action, "accept") and one.principal_name in wanted
            for one in stream.policies
        ):
            return stream
    return None
