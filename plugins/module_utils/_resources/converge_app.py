# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing one app to what is wished. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict, Optional

from .._core.errors import APP_EXISTS, APP_IN_USE, ApiError, DisError
from .._core.plan import Plan, Verdict, WaitError, Waiting
from .._core.reconcile import Converge
from .app import App, DeleteCheckpoints, Wish, compared, plan, shown
from .client_apps import AppClient


class ConvergeApp(Converge[App]):
    """One run for one app."""

    key = "app"

    def __init__(self, api: AppClient, wish: Wish, waiting: Waiting) -> None:
        super().__init__(api, waiting)
        self.api: AppClient = api
        self.wish = wish
        self.emptied = ""

    def __str__(self) -> str:
        return str(self.wish)

    def look(self) -> Optional[App]:
        try:
            return self.api.show_app(self.wish.app_name)
        except ApiError as err:
            if err.means_app_absent:
                return None
            raise

    def decide(self, observed: Optional[App]) -> Plan[App]:
        return plan(self.wish, observed)

    def prepare(self, action: Any) -> None:
        """Keep the name of a stream, in case it turns out to be gone."""
        if isinstance(action, DeleteCheckpoints):
            self.emptied = action.stream_name

    def may_look_again(self, verb: str, err: DisError) -> bool:
        if not isinstance(err, ApiError):
            return False
        if verb == "create":
            return err.code == APP_EXISTS
        if verb.startswith("delete_checkpoints") and err.means_checkpoint_absent:
            self.wish = self.wish._replace(gone=(*self.wish.gone, self.emptied))
            return True
        if verb == "delete" and err.code == APP_IN_USE and self.wish.force:
            seen = self.look()  # a consumer may have committed meanwhile; what nobody can see, nobody can delete
            return seen is None or bool(set(seen.streams) - set(self.wish.gone))
        return err.means_app_absent

    def judge(self, seen: Optional[App]) -> Verdict:
        return Verdict.REACHED if seen is not None else Verdict.NOT_YET

    def not_reached(self, seen: Optional[App], elapsed: float) -> DisError:
        there = "is not there" if seen is None else "is still there"
        return WaitError(
            f"The service accepted the {' and '.join(self.done)}, but {elapsed:.0f} seconds later the {self.wish}"
            f" {there}.",
            "Somebody else may be at work on it; run again.",
        )

    def shown(self, resource: Optional[App]) -> Any:
        return shown(resource)

    def compared(self, resource: Optional[App]) -> Optional[Dict[str, Any]]:
        return compared(resource)
