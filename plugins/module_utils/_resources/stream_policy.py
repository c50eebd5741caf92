# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies of a stream, which give other accounts access: data model, parsing, plan and API client. Private to otc.dis.

Source: API reference of Huawei Cloud, CreatePolicies (2026-01), ListPolicies and DeletePolicies (2025-11), and the
models of its Go SDK. No response of these operations was captured. The reference contradicts itself: an account is
``account.*`` in the tables and ``account`` in the examples, the ID of the stream is ``stream_id`` or ``streamId``, and
the default of ``effect`` is ``deny`` or ``accept``, so that ``effect`` is always sent.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .._core.errors import ApiError, DisError, UnexpectedResponse, join_names, sanitize
from .._core.plan import AT_ONCE, Plan, Spec, WaitStatus
from .._core.reconcile import NotApplied, Progress, Reconciler, Target
from .._core.schema import Field, Scalar, dictionaries, raise_if_errors, text_or_none, texts, validate
from .base import ENDPOINT_HINT, STREAM_NAME, STREAMS, Calls, validate_response

ACTION_TYPES = ("putRecords", "getRecords", "getStreamInfo")
ACCEPT = "accept"
"""The effect that gives access."""
_CHARACTER = r"[^,*\s\x00-\x1f\x7f]"
PRINCIPAL_NAME = Field(
    "principal_name",
    pattern=rf"(?!\.|.*\.\Z){_CHARACTER}+(?: {_CHARACTER}+)*(?:\.\*)?",
    rule="account.* for an account or account.user for a user, without commas",
)


def full_name(principal_name: str) -> str:
    """Return a principal in its documented form: an account without a user becomes ``account.*``."""
    return principal_name if "." in principal_name or "," in principal_name else f"{principal_name}.*"


class Rule(NamedTuple):
    """A rule of the service: one action of one principal. None is a value that the service did not return.

    :ivar principal_name: as in the response; the API can join several principals with commas
    :ivar principal: ID of the principal
    """

    principal_name: str
    action_type: str
    effect: Optional[str] = ACCEPT
    principal: Optional[str] = None

    @property
    def principals(self) -> Tuple[str, ...]:
        """The principals in their documented form."""
        return tuple(full_name(name.strip()) for name in self.principal_name.split(","))

    @property
    def gives_access(self) -> bool:
        """Whether the effect is ``accept``."""
        return self.effect is not None and self.effect.lower() == ACCEPT

    def covers(self, principal_name: str) -> bool:
        """Whether the rule gives an account access to which a principal belongs."""
        accounts = (name for name in self.principals if name.endswith(".*"))
        return self.gives_access and any(
            principal_name != name and principal_name.startswith(name[:-1]) for name in accounts
        )


class Policy(NamedTuple):
    """The access of one principal to a stream, observed or planned.

    :ivar principal_name: in its documented form
    """

    stream_name: str
    principal_name: str
    rules: Tuple[Rule, ...]

    @property
    def action_types(self) -> List[str]:
        """The permitted actions, sorted."""
        return sorted({rule.action_type for rule in self.rules})


class DesiredPolicy(NamedTuple):
    """Desired access of one principal to a stream.

    :ivar principal_name: in its documented form
    :ivar state: ``present`` or ``absent``
    :ivar action_types: with ``absent``, the actions to remove; None for all
    """

    stream_name: str
    principal_name: str
    state: str = "present"
    action_types: Optional[Tuple[str, ...]] = None

    def __str__(self) -> str:
        return f'policy of stream "{self.stream_name}" for principal "{self.principal_name}"'


def desired_from(options: Mapping[str, Any]) -> DesiredPolicy:
    """Return the desired state from module options.

    :raises InvalidOptions: if an option is invalid
    """
    reasons = validate((STREAM_NAME, PRINCIPAL_NAME), options)
    if options["action_type"] == []:
        reasons.append("action_type is empty, but must contain at least one action; state: absent removes all access")
    raise_if_errors(reasons)
    return DesiredPolicy(
        options["stream_name"],
        full_name(options["principal_name"]),
        options["state"],
        None if options["action_type"] is None else tuple(sorted(set(options["action_type"]))),
    )


# --- parsing ---


RULES = Field("rules", type="list", members=texts("principal", "principal_name", "action_type", "effect"))
"""Entries of the list response, with the types of their members."""


class Listing(NamedTuple):
    """The policies of a stream.

    :ivar stream_id: None if the response does not contain it
    """

    stream_id: Optional[str]
    rules: Tuple[Rule, ...]


NO_POLICIES = Listing("", ())
"""Listing of a stream that does not exist."""


def read_listing(stream: str, response: Mapping[str, Any]) -> Listing:
    """Parse a list response.

    :raises UnexpectedResponse: if it contains neither rules nor the ID of the stream, a rule lacks its principal or
        action, or a member has an invalid type
    """
    call = f'list the policies of stream "{stream}"'
    validate_response(call, response, {}, (RULES, Scalar("stream_id"), Scalar("streamId")))
    stream_id = response.get("stream_id") or response.get("streamId")
    if response.get("rules") is None and not stream_id:
        raise UnexpectedResponse(f"Cannot {call}: the response contains no list of rules.", ENDPOINT_HINT)
    entries = dictionaries(response.get("rules"))
    if not all(text_or_none(entry.get(name)) for entry in entries for name in ("principal_name", "action_type")):
        raise UnexpectedResponse(f"Cannot {call}: a rule has no principal_name or no action_type.", ENDPOINT_HINT)
    rules = (
        Rule(
            entry["principal_name"],
            entry["action_type"],
            text_or_none(entry.get("effect")),
            text_or_none(entry.get("principal")),
        )
        for entry in entries
    )
    return Listing(str(stream_id) if stream_id else None, tuple(rules))


# --- module results ---


def to_result(policy: Optional[Policy]) -> Optional[Dict[str, Any]]:
    """Return the policy as the module result contains it."""
    if policy is None:
        return None
    return {
        "stream_name": policy.stream_name,
        "principal_name": policy.principal_name,
        "principal": next((rule.principal for rule in policy.rules if rule.principal is not None), None),
        "action_type": policy.action_types,
        "effect": policy.rules[0].effect,
    }


def to_diff(policy: Optional[Policy]) -> Optional[Dict[str, Any]]:
    """Return the settings of the policy as the diff contains them."""
    result = to_result(policy)
    return None if result is None else {name: value for name, value in result.items() if name != "principal"}


def policies_of(stream: str, rules: Tuple[Rule, ...]) -> List[Policy]:
    """Return the rules of a stream grouped by principal and effect, sorted."""
    groups: Dict[Tuple[str, str], List[Rule]] = {}
    for rule in rules:
        groups.setdefault((full_name(rule.principal_name), rule.effect or ""), []).append(rule)
    return [Policy(stream, name, tuple(groups[name, effect])) for name, effect in sorted(groups)]


# --- actions ---


class Action:
    """Base class of the write requests.

    :param stream_id: ID of the stream, which the body repeats
    """

    def __init__(self, stream: str, stream_id: str, rule: Rule) -> None:
        self.stream, self.stream_id, self.rule = stream, stream_id, rule


class Add(Action):
    """POST the rule."""

    @property
    def verb(self) -> str:
        """Name of the action."""
        return f"add {self.rule.action_type}"

    def send(self, api: Any) -> None:
        """Send the request through a :class:`PolicyClient`."""
        api.add_stream_policy(self.stream, self.stream_id, self.rule)


class Delete(Action):
    """DELETE the rule."""

    @property
    def verb(self) -> str:
        """Name of the action."""
        return f"delete {self.rule.action_type}"

    def send(self, api: Any) -> None:
        """Send the request through a :class:`PolicyClient`."""
        api.delete_stream_policy(self.stream, self.stream_id, self.rule)


# --- the plan ---


class StreamDeleted(DisError):
    """In check mode, an earlier task of the run would delete the stream."""

    kind = "not_found"


class UnmanagedRule(DisError):
    """A rule for the principal has another effect, or is shared with other principals."""

    kind = "drift"


def own_rules(desired: DesiredPolicy, rules: Tuple[Rule, ...]) -> Tuple[Rule, ...]:
    """Return the rules that give access to the desired principal alone."""
    return tuple(rule for rule in rules if rule.gives_access and rule.principals == (desired.principal_name,))


def raise_if_unmanaged(desired: DesiredPolicy, rules: Tuple[Rule, ...]) -> None:
    """Check the other rules for the desired principal.

    :raises UnmanagedRule: if one of them does not give access, or is shared with other principals
    """
    own = own_rules(desired, rules)
    for rule in rules:
        if rule in own or desired.principal_name not in rule.principals:
            continue
        effect = "an unknown effect" if rule.effect is None else f"the effect {sanitize(rule.effect)}"
        reason = "is shared with other principals" if rule.gives_access else f"has {effect}"
        raise UnmanagedRule(
            f"The {desired} has a rule for {sanitize(rule.action_type)} that {reason}. The module manages only rules"
            f" for a single principal with the effect {ACCEPT}. Nothing was sent.",
            "Delete this rule in the console, and rerun the task.",
        )


def policy_of(desired: DesiredPolicy, own: Tuple[Rule, ...]) -> Optional[Policy]:
    """Return the policy with the rules of the desired principal; None without rules."""
    return Policy(desired.stream_name, desired.principal_name, own) if own else None


def plan(desired: DesiredPolicy, rules: Tuple[Rule, ...], stream_id: str) -> Plan[Policy]:
    """Plan the ordered actions from the observed to the desired state.

    Rules are deleted before others are added, so that the principal never has more access than before or after the run.
    Rules that remain are not touched, so that their access is not interrupted.

    :param rules: all rules of the stream
    :raises UnmanagedRule: if a rule for the principal does not give access, or is shared with other principals
    """
    raise_if_unmanaged(desired, rules)
    own = own_rules(desired, rules)
    named = set(desired.action_types or ())
    if desired.state == "absent":
        removed = [rule for rule in own if desired.action_types is None or rule.action_type in named]
        added = []
    else:
        removed = [rule for rule in own if rule.action_type not in named]
        present = {rule.action_type for rule in own}
        added = [Rule(desired.principal_name, action) for action in sorted(named - present)]
    requests = {(rule.action_type, rule.principal_name, rule.effect or ""): rule for rule in removed}
    stream = desired.stream_name
    actions = (
        *(Delete(stream, stream_id, requests[key]) for key in sorted(requests)),
        *(Add(stream, stream_id, rule) for rule in added),
    )
    before = policy_of(desired, own)
    after = policy_of(desired, (*(rule for rule in own if rule not in removed), *added)) if actions else before
    return Plan(actions, before, after, warnings=remaining_access(desired, rules, removed))


def remaining_access(desired: DesiredPolicy, rules: Tuple[Rule, ...], removed: List[Rule]) -> Tuple[str, ...]:
    """Return a warning if a user keeps the removed access through a rule for the account."""
    covered = {rule.action_type for rule in rules if rule.covers(desired.principal_name)}
    if desired.state == "absent":
        lost = covered if desired.action_types is None else covered & set(desired.action_types)
    else:
        lost = covered & {rule.action_type for rule in removed}
    if not lost:
        return ()
    account = desired.principal_name.partition(".")[0]
    warning = (
        f'The policy for "{account}.*" still permits {join_names(sanitize(name) for name in sorted(lost))} to'
        f' "{desired.principal_name}" on stream "{desired.stream_name}".'
    )
    return (warning,)


class PolicyClient(Calls):
    """Client for the policies of a stream."""

    def list_stream_policies(self, stream: str) -> Listing:
        """``GET /streams/{stream_name}/policies``."""
        call = f'list the policies of stream "{stream}"'
        return read_listing(stream, self.read(call, f"/streams/{stream}/policies"))

    def stream_id(self, stream: str) -> str:
        """Return the ID of a stream.

        :raises UnexpectedResponse: if the response does not contain it
        """
        stream_id = self.show_stream(stream).get("stream_id")
        if not isinstance(stream_id, str) or not stream_id:
            raise UnexpectedResponse(f'The service does not return the ID of stream "{stream}".', ENDPOINT_HINT)
        return stream_id

    def add_stream_policy(self, stream: str, stream_id: str, rule: Rule) -> None:
        """``POST /streams/{stream_name}/policies``; the response has no body."""
        call = f'add {rule.action_type} for "{rule.principal_name}" to the policies of stream "{stream}"'
        self.send(call, "POST", f"/streams/{stream}/policies", to_body(stream_id, rule))

    def delete_stream_policy(self, stream: str, stream_id: str, rule: Rule) -> None:
        """``DELETE /streams/{stream_name}/policies``, with the rule in the body."""
        call = f'delete {rule.action_type} for "{rule.principal_name}" from the policies of stream "{stream}"'
        self.send(sanitize(call), "DELETE", f"/streams/{stream}/policies", to_body(stream_id, rule))


def to_body(stream_id: str, rule: Rule) -> Dict[str, Any]:
    """Return a rule for a request."""
    return {
        "stream_id": stream_id,
        "principal_name": rule.principal_name,
        "action_type": rule.action_type,
        "effect": rule.effect,
    }


class PolicyTarget(Target[Policy]):
    """Reconciliation of the access of one principal to a stream."""

    def __init__(self, api: PolicyClient, desired: DesiredPolicy, run: Progress[Policy]) -> None:
        self.api, self.run = api, run
        self.desired = desired
        self.listing = Listing(None, ())

    def __str__(self) -> str:
        return str(self.desired)

    def read(self) -> Optional[Policy]:
        """Return the policy; None also if the stream does not exist and the policy should be absent.

        In check mode, a stream that an earlier task would create, or delete and create, has no policies.

        :raises StreamDeleted: if an earlier task would delete the stream
        """
        stream, is_absent = self.desired.stream_name, self.desired.state == "absent"
        exists = self.api.memory.planned(STREAMS).get(stream)
        try:
            self.listing = self.api.list_stream_policies(stream)
        except ApiError as err:
            if not err.means_stream_absent or not (exists or is_absent):
                raise
            self.listing = NO_POLICIES
        if exists is False and not is_absent:
            raise StreamDeleted(
                f"Cannot add the {self.desired}: an earlier task of the run would delete the stream. Nothing was sent.",
                "Correct the order of the tasks.",
            )
        if exists is not None:
            self.listing = NO_POLICIES
        return policy_of(self.desired, own_rules(self.desired, self.listing.rules))

    def plan(self, observed: Optional[Policy]) -> Plan[Policy]:
        stream_id, rules = self.listing
        planned = plan(self.desired, rules, stream_id or "")
        if planned.actions and stream_id is None:
            planned = plan(self.desired, rules, self.api.stream_id(self.desired.stream_name))
        return planned

    def is_conflict(self, verb: str, err: DisError) -> bool:
        """The codes for an existing and a missing rule are not documented: a read decides."""
        if not isinstance(err, ApiError) or not (err.is_bare_404 or err.is_request_error or err.means_stream_absent):
            return False
        operation, _space, action_type = verb.partition(" ")
        observed = self.read()
        exists = observed is not None and action_type in observed.action_types
        return exists == (operation == "add")

    def status(self, observed: Optional[Policy]) -> WaitStatus:
        after = self.run.plan.after
        applied = observed is not None and after is not None and observed.action_types == after.action_types
        return WaitStatus.READY if applied else WaitStatus.PENDING

    def timeout_error(self, observed: Optional[Policy], elapsed: float) -> DisError:
        after = self.run.plan.after
        found, expected = (
            join_names(sanitize(name) for name in policy.action_types) if policy else "no action"
            for policy in (observed, after)
        )
        return NotApplied(
            f"The service accepted the {' and '.join(self.run.done)}, but after {elapsed:.0f} seconds the"
            f" {self.desired} permits {found} instead of {expected}.",
            "Rerun the task; if it persists, check the policies of the stream in the console.",
        )

    def to_result(self, resource: Optional[Policy]) -> Any:
        return to_result(resource)

    def to_diff(self, resource: Optional[Policy]) -> Optional[Dict[str, Any]]:
        return to_diff(resource)


QUERY_SPEC = Spec(
    {
        "stream_name": {"type": "str", "required": True},
        "principal_name": {"type": "str"},
    }
)
"""The options of the module ``stream_policy_info``."""


class StreamPolicies:
    """The resource of the module ``stream_policy``."""

    spec = Spec(
        {
            "stream_name": {"type": "str", "required": True},
            "principal_name": {"type": "str", "required": True},
            "action_type": {"type": "list", "elements": "str", "choices": list(ACTION_TYPES)},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        {"required_if": [("state", "present", ["action_type"])]},
        never_blank=("action_type",),
    )

    def prepare(self, params: Mapping[str, Any], files: Any) -> Reconciler[Policy]:
        """Return the reconciler of the access of one principal.

        :raises InvalidOptions: if an option is invalid
        """
        desired = desired_from(params)
        return Reconciler("stream_policy", PolicyClient, lambda api, run: PolicyTarget(api, desired, run), AT_ONCE)
