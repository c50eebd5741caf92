# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing the checkpoints of an app in a stream to what is wished. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from .._core.errors import CHECKPOINT_MISSING, ApiError, DisError, listed
from .._core.plan import Plan, Verdict, WaitError, Waiting
from .._core.reconcile import Converge, NotApplied
from .checkpoint import (
    Checkpoint,
    Checkpoints,
    Wish,
    compared,
    plan,
    read_checkpoints,
    same,
    shown,
)
from .client_apps import AppClient


def find_checkpoints(
    api: AppClient, stream: str, app: str, partition_id: Optional[str], details: bool = True
) -> Checkpoints:
    """The checkpoint in one partition, or those in all.

    :param details: whether metadata is asked for, too, which takes one request for each checkpoint
    :raises DisError: a request failed, also because there is no such app, stream or partition
    """
    if partition_id is not None:
        one = show(api, stream, app, partition_id)
        return Checkpoints(stream, app, (partition_id,), {} if one is None else {partition_id: one})
    partitions, found = read_checkpoints(api.show_consumption(app, stream))
    if details:
        looked_at = {name: show(api, stream, app, name) for name in sorted(found)}
        found = {name: one for name, one in looked_at.items() if one is not None}
    return Checkpoints(stream, app, partitions, found)


def show(api: AppClient, stream: str, app: str, partition_id: str) -> Optional[Checkpoint]:
    """The checkpoint in one partition; None if there is none."""
    try:
        return api.show_checkpoint(stream, app, partition_id)
    except ApiError as err:
        if err.code == CHECKPOINT_MISSING:
            return None
        raise


def look_for(api: AppClient, wish: Wish) -> Optional[Checkpoints]:
    """The checkpoints that a wish names, with all that is known of them; None if nothing is there that could have any.

    :raises DisError: a request failed
    """
    try:
        return find_checkpoints(api, wish.stream_name, wish.app_name, wish.partition_id)
    except ApiError as err:
        if err.means_checkpoint_absent:
            return None
        raise


class ConvergeCheckpoint(Converge[Checkpoints]):
    """One run for the checkpoints of one app in one stream."""

    key = "checkpoints"

    def __init__(self, api: AppClient, wish: Wish, waiting: Waiting) -> None:
        super().__init__(api, waiting)
        self.api: AppClient = api
        self.wish = wish

    def __str__(self) -> str:
        return str(self.wish)

    def look(self) -> Optional[Checkpoints]:
        wish, absent = self.wish, self.wish.state == "absent"
        try:
            seen = find_checkpoints(self.api, wish.stream_name, wish.app_name, wish.partition_id, not absent)
        except ApiError as err:
            if absent and err.means_checkpoint_absent:
                return None
            raise
        return None if absent and not seen.found else seen

    def decide(self, observed: Optional[Checkpoints]) -> Plan[Checkpoints]:
        return plan(self.wish, observed)

    def may_look_again(self, verb: str, err: DisError) -> bool:
        return isinstance(err, ApiError) and self.wish.state == "absent" and err.means_checkpoint_absent

    def differing(self, seen: Optional[Checkpoints]) -> List[str]:
        """Ids of the partitions whose checkpoint is not as planned."""
        after = self.plan.after
        if seen is None or after is None:
            return []
        return [name for name in after.partitions if not same(after.found.get(name), seen.found.get(name))]

    def judge(self, seen: Optional[Checkpoints]) -> Verdict:
        return Verdict.NOT_YET if self.differing(seen) else Verdict.REACHED

    def not_reached(self, seen: Optional[Checkpoints], elapsed: float) -> DisError:
        if self.plan.after is None:
            return WaitError(
                f"The service accepted the {' and '.join(self.done)}, but after {elapsed:.0f} seconds there are"
                f" still {self.wish}.",
                "A consumer may have committed meanwhile: stop it, and run again.",
            )
        told = [
            seen.found[name].sequence_number if seen and name in seen.found else "none" for name in self.differing(seen)
        ]
        return NotApplied(
            f"The service accepted the {' and '.join(self.done)}, but {elapsed:.0f} seconds later it reports"
            f" {listed(told)} for the {self.wish}.",
            "A consumer may have committed meanwhile: stop it, and run again.",
        )

    def shown(self, resource: Optional[Checkpoints]) -> Any:
        return shown(resource)

    def compared(self, resource: Optional[Checkpoints]) -> Optional[Dict[str, Any]]:
        return compared(resource)
