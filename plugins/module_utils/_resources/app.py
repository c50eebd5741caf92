# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One app: its shape, its wire names, its plan; and how far it has read. Private to otc.dis."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .._core.errors import APP_EXISTS, APP_IN_USE, ApiError, DisError, UnexpectedResponse, join_names
from .._core.paging import PAGE_SIZE, PLAIN_NAME, paginate, total_number
from .._core.plan import AT_ONCE, Plan, Spec, WaitError, WaitStatus
from .._core.reconcile import Progress, Reconciler, Target
from .._core.schema import Field, Names, Scalar, int_or_none, numbers, raise_if_errors, texts, validate
from .base import APP_NAME, Calls, canonical_partition_id, validate_response

LAST_READ = "LAST_READ"
"""The only type of checkpoints."""


class App(NamedTuple):
    """An app as the service has it, or will have it.

    :ivar create_time: milliseconds since 1970
    :ivar streams: names of the streams in which it has checkpoints
    """

    app_name: str
    app_id: Optional[str] = None
    create_time: Optional[int] = None
    streams: Tuple[str, ...] = ()

    def __str__(self) -> str:
        return f'app "{self.app_name}"'


class DesiredApp(NamedTuple):
    """What the user asks for.

    :ivar state: ``present`` or ``absent``
    :ivar force: delete the checkpoints of the app before the app, where it has any
    :ivar gone: names of streams that turned out to hold none, whatever the app says
    """

    app_name: str
    state: str = "present"
    force: bool = False
    gone: Tuple[str, ...] = ()

    def __str__(self) -> str:
        return f'app "{self.app_name}"'


def desired_from(options: Mapping[str, Any]) -> DesiredApp:
    """What the options ask for.

    :raises InvalidOptions: the name breaks its rule
    """
    raise_if_errors(validate((APP_NAME,), options))
    return DesiredApp(options["app_name"], options["state"], options["force"])


# --- reading answers (API reference, "Querying App Details") ---


MEMBERS = (
    *(Scalar("app_id"), *texts("app_name"), *numbers("create_time")),
    Names("commit_checkpoint_stream_names"),
)
"""Members of a details answer, or of an entry of a list, and the types that they can have."""
CONSUMPTION = Field(
    "partition_consuming_states",
    type="list",
    members=(
        *(Scalar("partition_id"), *texts("status", "checkpoint_type", "metadata")),
        *numbers("sequence_number", "latest_offset", "earliest_offset"),
    ),
)
"""The entries of an answer on how far an app has read, and the types that their members can have."""


def read_app(app_name: str, response: Mapping[str, Any]) -> App:
    """The app that a details answer, or an entry of a list, describes.

    :raises UnexpectedResponse: it describes no app, or another one, or has a member of an impossible type
    """
    validate_response(f'show app "{app_name}"', response, {"app_name": app_name}, MEMBERS)
    if not response.get("app_name") and not response.get("app_id"):
        raise UnexpectedResponse(
            f'Cannot show app "{app_name}": the answer describes none.',
            "Check endpoint_override, and proxies on the way.",
        )
    streams = response.get("commit_checkpoint_stream_names")
    names = [one for one in streams if isinstance(one, str)] if isinstance(streams, list) else []
    app_id = response.get("app_id")
    return App(
        app_name, str(app_id) if app_id else None, int_or_none(response.get("create_time")), tuple(sorted(names))
    )


# --- showing ---


def to_result(app: Optional[App]) -> Optional[Dict[str, Any]]:
    """The app as a module returns it."""
    if app is None:
        return None
    return {
        "app_name": app.app_name,
        "app_id": app.app_id,
        "create_time": app.create_time,
        "commit_checkpoint_stream_names": list(app.streams),
    }


def to_diff(app: Optional[App]) -> Optional[Dict[str, Any]]:
    """The app as a diff shows it: all that can be set is its name."""
    return None if app is None else {"app_name": app.app_name}


# --- actions ---


class Action:
    """One call about an app."""

    def __init__(self, app: App) -> None:
        self.app = app


class Create(Action):
    """POST the app."""

    verb = "create"

    def send(self, api: Any) -> None:
        """Send it through an :class:`AppClient`."""
        api.create_app(self.app.app_name)


class DeleteCheckpoints(Action):
    """DELETE all checkpoints of the app in one stream."""

    def __init__(self, app: App, stream_name: str) -> None:
        super().__init__(app)
        self.stream_name = stream_name
        self.verb = f"delete_checkpoints {stream_name}"

    def send(self, api: Any) -> None:
        """Send it through an :class:`AppClient`."""
        api.delete_checkpoint(self.stream_name, self.app.app_name, None)


class Delete(Action):
    """DELETE the app."""

    verb = "delete"

    def send(self, api: Any) -> None:
        """Send it through an :class:`AppClient`."""
        api.delete_app(self.app.app_name)


# --- the plan ---


def plan(desired: DesiredApp, observed: Optional[App]) -> Plan[App]:
    """Plan the calls that turn the observed state into the desired one, in order.

    An app has nothing that could be changed: it is there or it is not.

    :param observed: None is "absent"
    """
    if desired.state == "absent":
        if observed is None:
            return Plan((), None, None)
        return plan_delete(desired, observed)
    if observed is not None:
        return Plan((), observed, observed)
    newborn = App(desired.app_name)
    return Plan((Create(newborn),), None, newborn)


def plan_delete(desired: DesiredApp, observed: App) -> Plan[App]:
    """Delete the app, after its checkpoints if that is allowed."""
    delete = Delete(observed._replace(streams=()))
    if desired.force:
        streams = [name for name in observed.streams if name not in desired.gone]
        return Plan((*(DeleteCheckpoints(observed, name) for name in streams), delete), observed, None)
    if not observed.streams:
        return Plan((delete,), observed, None)
    warning = (
        f"The {observed} has checkpoints in {join_names(observed.streams)}. The service may refuse to delete it as"
        " long as it has any (DIS.4331); with force: true they are deleted, too."
    )
    return Plan((delete,), observed, None, warnings=(warning,))


# --- how far an app has read (API reference, "Querying the Consumption Status") ---


def read_consumption(stream_name: str, entries: List[Dict[str, Any]]) -> Dict[str, Any]:
    """How far an app has come in a stream, partition by partition, in one spelling whichever came.

    A position is the number of the record to read next; -1 or nothing stands for "never committed", for which there is
    no lag.
    """
    partitions: Dict[str, Dict[str, Any]] = {}
    for entry in entries:
        partition_id = canonical_partition_id(entry.get("partition_id"))
        if partition_id in partitions:
            continue
        position = read_position(entry.get("sequence_number"))
        newest = non_negative_int(entry.get("latest_offset"))
        partitions[partition_id] = {
            "partition_id": partition_id,
            "status": entry.get("status"),
            "checkpoint_type": entry.get("checkpoint_type"),
            "sequence_number": position,
            "earliest_offset": non_negative_int(entry.get("earliest_offset")),
            "latest_offset": newest,
            "lag": None if position is None or newest is None else max(0, newest - int(position)),
        }
    lags = [one["lag"] for one in partitions.values() if one["lag"] is not None]
    return {
        "stream_name": stream_name,
        "lag": sum(lags) if lags else None,
        "partitions": [partitions[one] for one in sorted(partitions)],
    }


def read_position(value: Any) -> Optional[str]:
    """A sequence number as decimal text; None for what stands for "none": nothing, an empty text, a negative number."""
    number = non_negative_int(value)
    return None if number is None or number < 0 else str(number)


def non_negative_int(value: Any) -> Optional[int]:
    """An integer, which may have 19 digits, from a JSON number or a decimal text; None from anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    return int(value) if re.match(r"-?[0-9]{1,40}\Z", str(value)) else None


class AppClient(Calls):
    """Apps, how far they have read, and their checkpoints."""

    def create_app(self, app: str) -> None:
        """``POST /apps``; nothing comes back."""
        self.send(f'create app "{app}"', "POST", "/apps", {"app_name": app})

    def list_apps(self, stream: Optional[str] = None) -> List[App]:
        """``GET /apps``, page by page; only those with checkpoints in a stream if one is named."""

        def page(start: Optional[str]) -> Dict[str, Any]:
            query = {"limit": PAGE_SIZE, "start_app_name": start, "stream_name": stream}
            return self.read("list apps", "/apps", query)

        flags, again = ("has_more_app", "hasMoreApp"), self.retry_budget.allows
        total = total_number if stream is None else lambda response: None  # which apps it counts is not documented
        seconds = self.timeout
        entries = paginate(page, "apps", "app_name", flags, PLAIN_NAME, api_timeout=seconds, again=again, total=total)
        return [read_app(str(entry["app_name"]), entry) for entry in entries]

    def show_app(self, app: str) -> App:
        """``GET /apps/{app_name}``."""
        return read_app(app, self.read(f'show app "{app}"', f"/apps/{app}"))

    def delete_app(self, app: str) -> None:
        """``DELETE /apps/{app_name}``."""
        self.send(f'delete app "{app}"', "DELETE", f"/apps/{app}")

    def show_consumption(self, app: str, stream: str) -> List[Dict[str, Any]]:
        """``GET /apps/{app_name}/streams/{stream_name}``, page by page; one entry for each partition."""
        call = f'show how far app "{app}" has read stream "{stream}"'

        def page(start: Optional[str]) -> Dict[str, Any]:
            query = {"checkpoint_type": LAST_READ, "limit": PAGE_SIZE, "start_partition_id": start}
            response = self.read(call, f"/apps/{app}/streams/{stream}", query)
            validate_response(call, response, {"stream_name": stream, "app_name": app}, (CONSUMPTION,))
            return response

        flags, again = ("has_more",), self.retry_budget.allows
        name, seconds = "partition_id", self.timeout
        return paginate(page, "partition_consuming_states", name, flags, api_timeout=seconds, again=again)

    def delete_checkpoint(self, stream: str, app: str, partition_id: Optional[str]) -> None:
        """``DELETE /checkpoints``; without a partition those in all of them."""
        call = f"delete {describe(stream, app, partition_id)}"
        self.send(call, "DELETE", "/checkpoints", query=checkpoint_path(stream, app, partition_id))


def checkpoint_path(stream: str, app: str, partition_id: Optional[str]) -> Dict[str, Any]:
    """What names a checkpoint in a query."""
    return {"stream_name": stream, "app_name": app, "checkpoint_type": LAST_READ, "partition_id": partition_id}


def describe(stream: str, app: str, partition_id: Optional[str]) -> str:
    """A checkpoint in words, or all of them."""
    where = f'partition {partition_id} of stream "{stream}"' if partition_id else f'all partitions of stream "{stream}"'
    return f'{"the checkpoint" if partition_id else "the checkpoints"} of app "{app}" in {where}'


class AppTarget(Target[App]):
    """One run for one app."""

    def __init__(self, api: AppClient, desired: DesiredApp, run: Progress[App]) -> None:
        self.api, self.run = api, run
        self.desired = desired
        self.checkpoints_deleted = ""

    def __str__(self) -> str:
        return str(self.desired)

    def read(self) -> Optional[App]:
        try:
            return self.api.show_app(self.desired.app_name)
        except ApiError as err:
            if err.means_app_absent:
                return None
            raise

    def plan(self, observed: Optional[App]) -> Plan[App]:
        return plan(self.desired, observed)

    def before_action(self, action: Any) -> None:
        """Keep the name of a stream, in case it turns out to be gone."""
        if isinstance(action, DeleteCheckpoints):
            self.checkpoints_deleted = action.stream_name

    def is_conflict(self, verb: str, err: DisError) -> bool:
        if not isinstance(err, ApiError):
            return False
        if verb == "create":
            return err.code == APP_EXISTS
        if verb.startswith("delete_checkpoints") and err.means_checkpoint_absent:
            self.desired = self.desired._replace(gone=(*self.desired.gone, self.checkpoints_deleted))
            return True
        if verb == "delete" and err.code == APP_IN_USE and self.desired.force:
            observed = self.read()  # a consumer may have committed meanwhile; what nobody can see, nobody can delete
            return observed is None or bool(set(observed.streams) - set(self.desired.gone))
        return err.means_app_absent

    def status(self, observed: Optional[App]) -> WaitStatus:
        return WaitStatus.READY if observed is not None else WaitStatus.PENDING

    def timeout_error(self, observed: Optional[App], elapsed: float) -> DisError:
        there = "is not there" if observed is None else "is still there"
        return WaitError(
            f"The service accepted the {' and '.join(self.run.done)}, but {elapsed:.0f} seconds later the"
            f" {self.desired} {there}.",
            "Somebody else may be at work on it; run again.",
        )

    def to_result(self, resource: Optional[App]) -> Any:
        return to_result(resource)

    def to_diff(self, resource: Optional[App]) -> Optional[Dict[str, Any]]:
        return to_diff(resource)


class Apps:
    """Apps."""

    spec = Spec(
        {
            "app_name": {"type": "str", "required": True, "aliases": ["name"]},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "force": {"type": "bool", "default": False},
        }
    )

    def prepare(self, params: Mapping[str, Any], files: Any) -> Reconciler[App]:
        """A run for one app.

        :raises InvalidOptions: a rule is broken
        """
        desired = desired_from(params)
        return Reconciler("app", AppClient, lambda api, run: AppTarget(api, desired, run), AT_ONCE)
