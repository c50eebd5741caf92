# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apps: data model, parsing, plan and API client, including the consumption status. Private to otc.dis."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .._core.errors import APP_EXISTS, APP_IN_USE, ApiError, DisError, UnexpectedResponse, list_names
from .._core.paging import PAGE_SIZE, PLAIN_NAME, paginate, total_number
from .._core.plan import AT_ONCE, Plan, Spec, WaitError, WaitStatus
from .._core.reconcile import Progress, Reconciler, Target
from .._core.schema import Field, Names, Scalar, int_or_none, numbers, raise_if_errors, texts, validate
from .base import APP_NAME, ENDPOINT_HINT, Calls, canonical_partition_id, validate_response

LAST_READ = "LAST_READ"
"""The only checkpoint type of the API."""


class App(NamedTuple):
    """An app, observed or planned.

    :ivar create_time: milliseconds since 1970
    :ivar streams: names of the streams in which the app has checkpoints
    """

    app_name: str
    app_id: Optional[str] = None
    create_time: Optional[int] = None
    streams: Tuple[str, ...] = ()

    def __str__(self) -> str:
        return f'app "{self.app_name}"'


class DesiredApp(NamedTuple):
    """Desired state of an app.

    :ivar state: ``present`` or ``absent``
    :ivar force: whether to delete the checkpoints of the app first
    :ivar skipped_streams: streams in which deleting the checkpoints failed with "not found"
    """

    app_name: str
    state: str = "present"
    force: bool = False
    skipped_streams: Tuple[str, ...] = ()

    def __str__(self) -> str:
        return f'app "{self.app_name}"'


def desired_from(options: Mapping[str, Any]) -> DesiredApp:
    """Return the desired state from module options.

    :raises InvalidOptions: if the name is invalid
    """
    raise_if_errors(validate((APP_NAME,), options))
    return DesiredApp(options["app_name"], options["state"], options["force"])


# --- parsing (API reference, "Querying App Details") ---


MEMBERS = (
    *(Scalar("app_id"), *texts("app_name"), *numbers("create_time")),
    Names("commit_checkpoint_stream_names"),
)
"""Members of a details response, or of a list entry, with their types."""
CONSUMPTION = Field(
    "partition_consuming_states",
    type="list",
    members=(
        *(Scalar("partition_id"), *texts("status", "checkpoint_type", "metadata")),
        *numbers("sequence_number", "latest_offset", "earliest_offset"),
    ),
)
"""Entries of a consumption status response, with the types of their members."""


def read_app(app_name: str, response: Mapping[str, Any]) -> App:
    """Parse a details response or a list entry.

    :raises UnexpectedResponse: if it describes no app or another app, or a member has an invalid type
    """
    validate_response(f'show app "{app_name}"', response, {"app_name": app_name}, MEMBERS)
    if not response.get("app_name") and not response.get("app_id"):
        raise UnexpectedResponse(f'Cannot show app "{app_name}": the response does not describe an app.', ENDPOINT_HINT)
    streams = response.get("commit_checkpoint_stream_names")
    names = [name for name in streams if isinstance(name, str)] if isinstance(streams, list) else []
    app_id = response.get("app_id")
    return App(
        app_name, str(app_id) if app_id else None, int_or_none(response.get("create_time")), tuple(sorted(names))
    )


# --- module results ---


def to_result(app: Optional[App]) -> Optional[Dict[str, Any]]:
    """Return the app as the module result contains it."""
    if app is None:
        return None
    return {
        "app_name": app.app_name,
        "app_id": app.app_id,
        "create_time": app.create_time,
        "commit_checkpoint_stream_names": list(app.streams),
    }


def to_diff(app: Optional[App]) -> Optional[Dict[str, Any]]:
    """Return the app as the diff contains it; the name is the only setting."""
    return None if app is None else {"app_name": app.app_name}


# --- actions ---


class Action:
    """Base class of the write requests."""

    def __init__(self, app: App) -> None:
        self.app = app


class Create(Action):
    """POST the app."""

    verb = "create"

    def send(self, api: Any) -> None:
        """Send the request through an :class:`AppClient`."""
        api.create_app(self.app.app_name)


class DeleteCheckpoints(Action):
    """DELETE all checkpoints of the app in one stream."""

    def __init__(self, app: App, stream_name: str) -> None:
        super().__init__(app)
        self.stream_name = stream_name
        self.verb = f"delete_checkpoints {stream_name}"

    def send(self, api: Any) -> None:
        """Send the request through an :class:`AppClient`."""
        api.delete_checkpoint(self.stream_name, self.app.app_name, None)


class Delete(Action):
    """DELETE the app."""

    verb = "delete"

    def send(self, api: Any) -> None:
        """Send the request through an :class:`AppClient`."""
        api.delete_app(self.app.app_name)


# --- the plan ---


def plan(desired: DesiredApp, observed: Optional[App]) -> Plan[App]:
    """Plan the ordered actions from the observed to the desired state.

    Apps have no settings that can be changed.

    :param observed: None if the app does not exist
    """
    if desired.state == "absent":
        if observed is None:
            return Plan((), None, None)
        return plan_delete(desired, observed)
    if observed is not None:
        return Plan((), observed, observed)
    new_app = App(desired.app_name)
    return Plan((Create(new_app),), None, new_app)


def plan_delete(desired: DesiredApp, observed: App) -> Plan[App]:
    """Plan to delete the app, with ``force`` after its checkpoints."""
    delete = Delete(observed._replace(streams=()))
    if desired.force:
        streams = [name for name in observed.streams if name not in desired.skipped_streams]
        return Plan((*(DeleteCheckpoints(observed, name) for name in streams), delete), observed, None)
    if not observed.streams:
        return Plan((delete,), observed, None)
    warning = (
        f"The {observed} has checkpoints in {list_names(observed.streams)}, so the service may refuse to delete it"
        " (DIS.4331). Set force: true to delete the checkpoints first."
    )
    return Plan((delete,), observed, None, warnings=(warning,))


# --- consumption status (API reference, "Querying the Consumption Status") ---


def read_consumption(stream_name: str, entries: List[Dict[str, Any]]) -> Dict[str, Any]:
    """Return the consumption status of an app in a stream by partition, normalized across regions.

    A position is the sequence number of the next record to read; -1 or a missing number means "never committed". A
    negative or missing offset is unknown. The lag is then None.
    """
    partitions: Dict[str, Dict[str, Any]] = {}
    for entry in entries:
        partition_id = canonical_partition_id(entry.get("partition_id"))
        if partition_id in partitions:
            continue
        position = read_position(entry.get("sequence_number"))
        newest = read_offset(entry.get("latest_offset"))
        partitions[partition_id] = {
            "partition_id": partition_id,
            "status": entry.get("status"),
            "checkpoint_type": entry.get("checkpoint_type"),
            "sequence_number": position,
            "earliest_offset": read_offset(entry.get("earliest_offset")),
            "latest_offset": newest,
            "lag": None if position is None or newest is None else max(0, newest - int(position)),
        }
    lags = [partition["lag"] for partition in partitions.values() if partition["lag"] is not None]
    return {
        "stream_name": stream_name,
        "lag": sum(lags) if lags else None,
        "partitions": [partitions[partition_id] for partition_id in sorted(partitions)],
    }


def read_position(value: Any) -> Optional[str]:
    """Return a sequence number as a decimal string; None if it is missing, empty or negative ("never committed")."""
    number = read_offset(value)
    return None if number is None else str(number)


def read_offset(value: Any) -> Optional[int]:
    """Return a sequence number as an integer; None if it is missing, empty or negative."""
    number = long_int_or_none(value)
    return None if number is None or number < 0 else number


def long_int_or_none(value: Any) -> Optional[int]:
    """Return an integer of up to 40 digits from a JSON number or a decimal string, else None."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    return int(value) if re.match(r"-?[0-9]{1,40}\Z", str(value)) else None


class AppClient(Calls):
    """Client for apps, their consumption status, and deletion of checkpoints."""

    def create_app(self, app: str) -> None:
        """``POST /apps``; the response has no body."""
        self.send(f'create app "{app}"', "POST", "/apps", {"app_name": app})

    def list_apps(self, stream: Optional[str] = None) -> List[App]:
        """``GET /apps``, all pages; with a stream name, only the apps with checkpoints in that stream."""

        def page(start: Optional[str]) -> Dict[str, Any]:
            query = {"limit": PAGE_SIZE, "start_app_name": start, "stream_name": stream}
            return self.read("list apps", "/apps", query)

        flags, again = ("has_more_app", "hasMoreApp"), self.retry_budget.allows
        total = total_number if stream is None else lambda response: None  # not documented with a filter
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
        """``GET /apps/{app_name}/streams/{stream_name}``, all pages; one entry per partition."""
        call = f'show the consumption status of app "{app}" in stream "{stream}"'

        def page(start: Optional[str]) -> Dict[str, Any]:
            query = {"checkpoint_type": LAST_READ, "limit": PAGE_SIZE, "start_partition_id": start}
            response = self.read(call, f"/apps/{app}/streams/{stream}", query)
            validate_response(call, response, {"stream_name": stream, "app_name": app}, (CONSUMPTION,))
            return response

        flags, again = ("has_more",), self.retry_budget.allows
        name, seconds = "partition_id", self.timeout
        return paginate(page, "partition_consuming_states", name, flags, api_timeout=seconds, again=again)

    def delete_checkpoint(self, stream: str, app: str, partition_id: Optional[str]) -> None:
        """``DELETE /checkpoints``; without a partition, in all partitions."""
        call = f"delete {describe(stream, app, partition_id)}"
        self.send(call, "DELETE", "/checkpoints", query=checkpoint_query(stream, app, partition_id))


def checkpoint_query(stream: str, app: str, partition_id: Optional[str]) -> Dict[str, Any]:
    """Return the query parameters that identify a checkpoint."""
    return {"stream_name": stream, "app_name": app, "checkpoint_type": LAST_READ, "partition_id": partition_id}


def describe(stream: str, app: str, partition_id: Optional[str]) -> str:
    """Describe one checkpoint, or all checkpoints of an app in a stream, for messages."""
    where = f'partition {partition_id} of stream "{stream}"' if partition_id else f'all partitions of stream "{stream}"'
    return f'{"the checkpoint" if partition_id else "the checkpoints"} of app "{app}" in {where}'


class AppTarget(Target[App]):
    """Reconciliation of one app."""

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
        """Remember the stream in case it no longer exists."""
        if isinstance(action, DeleteCheckpoints):
            self.checkpoints_deleted = action.stream_name

    def is_conflict(self, verb: str, err: DisError) -> bool:
        if not isinstance(err, ApiError):
            return False
        if verb == "create":
            return err.code == APP_EXISTS
        if verb.startswith("delete_checkpoints") and err.means_checkpoint_absent:
            skipped = (*self.desired.skipped_streams, self.checkpoints_deleted)
            self.desired = self.desired._replace(skipped_streams=skipped)
            return True
        if verb == "delete" and err.code == APP_IN_USE and self.desired.force:
            observed = self.read()  # a consumer may have committed meanwhile; replan only if checkpoints are reported
            return observed is None or bool(set(observed.streams) - set(self.desired.skipped_streams))
        return err.means_app_absent

    def status(self, observed: Optional[App]) -> WaitStatus:
        return WaitStatus.READY if observed is not None else WaitStatus.PENDING

    def timeout_error(self, observed: Optional[App], elapsed: float) -> DisError:
        finding = "does not exist" if observed is None else "still exists"
        return WaitError(
            f"The service accepted the {' and '.join(self.run.done)}, but after {elapsed:.0f} seconds the"
            f" {self.desired} {finding}.",
            "Another client may be changing it; rerun the task.",
        )

    def to_result(self, resource: Optional[App]) -> Any:
        return to_result(resource)

    def to_diff(self, resource: Optional[App]) -> Optional[Dict[str, Any]]:
        return to_diff(resource)


class Apps:
    """The resource of the module ``app``."""

    spec = Spec(
        {
            "app_name": {"type": "str", "required": True, "aliases": ["name"]},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "force": {"type": "bool", "default": False},
        }
    )

    def prepare(self, params: Mapping[str, Any], files: Any) -> Reconciler[App]:
        """Return the reconciler of one app.

        :raises InvalidOptions: if an option is invalid
        """
        desired = desired_from(params)
        return Reconciler("app", AppClient, lambda api, run: AppTarget(api, desired, run), AT_ONCE)
