# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run will do, as a value. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict, Generic, Optional, Tuple, TypeVar

Resource = TypeVar("Resource")


class Plan(Generic[Resource]):
    """The calls that turn what is there into what is wished, and what will be there then.

    :ivar actions: typed actions in the order in which they are sent; each has a ``verb``
    :ivar before: the resource as observed; None is "absent"
    :ivar after: the resource as it will be; None is "absent"
    :ivar unverified: options that were given and that the service does not tell back
    :ivar warnings: what the user should know before, or beside, the actions
    """

    def __init__(
        self,
        actions: Tuple[Any, ...],
        before: Optional[Resource],
        after: Optional[Resource],
        unverified: Tuple[str, ...] = (),
        warnings: Tuple[str, ...] = (),
    ) -> None:
        self.actions, self.before, self.after = actions, before, after
        self.unverified, self.warnings = unverified, warnings

    @property
    def verbs(self) -> Tuple[str, ...]:
        """The names of the actions."""
        return tuple(action.verb for action in self.actions)


def diff(before: Optional[Dict[str, Any]], after: Optional[Dict[str, Any]]) -> Dict[str, Any]:
    """The two sides as Ansible shows them; the absent side is empty."""
    return {"before": before or {}, "after": after or {}}
