# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tasks of one Ansible run leave for later tasks of the same run. Private to otc.dis.

In check mode nothing is created, so a later task cannot read what an earlier one would have made. Notes go to the
temporary folder of the run, which Ansible removes at its end; without such a folder there are none.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Dict, Optional

STREAMS = "streams"
UNSUPPORTED = "unsupported operations"


class RunMemory:
    """Notes about one project.

    :param folder: temporary folder of the run on this machine; None where there is none
    :param place: what tells projects apart: endpoint and project id
    :param check_mode: whether planned changes are noted and believed
    """

    def __init__(self, folder: Optional[str] = None, place: str = "", check_mode: bool = False) -> None:
        self.folder, self.place, self.check_mode = folder, place, check_mode

    def plan(self, kind: str, name: str, exists: Optional[bool]) -> None:
        """Note in check mode that something would now exist, or no longer exist.

        Without check mode the service knows better, so the note of an earlier task in check mode no longer counts.

        :param kind: such as :data:`STREAMS`, or :func:`tasks_of` a stream
        :param exists: None if that would not change
        """
        if self.check_mode:
            if exists is not None:
                self.write(kind, name, exists)
        elif name in self.read(kind):
            self.write(kind, name, None)

    def planned(self, kind: str) -> Dict[str, bool]:
        """By name, whether something would exist that earlier tasks would have created or deleted."""
        noted = self.read(kind) if self.check_mode else {}
        return {name: exists for name, exists in noted.items() if exists is not None}

    def note_unsupported(self, operation: str) -> None:
        """Note that the service does not offer an operation."""
        self.write(UNSUPPORTED, operation, True)

    def is_unsupported(self, operation: str) -> bool:
        """Whether an earlier task found that the service does not offer an operation."""
        return operation in self.read(UNSUPPORTED)

    def path(self, kind: str) -> str:
        """The file with the notes of a kind."""
        digest = hashlib.sha256(f"{self.place}\n{kind}".encode()).hexdigest()
        return os.path.join(self.folder or "", f"otc_dis_{digest}.jsonl")

    def write(self, kind: str, name: str, value: Optional[bool]) -> None:
        """Append a note; where that is not possible, later tasks do without."""
        if self.folder is None:
            return
        try:
            handle = os.open(self.path(kind), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(json.dumps([name, value]) + "\n")
        except OSError:
            return

    def read(self, kind: str) -> Dict[str, Optional[bool]]:
        """The notes of a kind; the last one about a name counts."""
        if self.folder is None:
            return {}
        try:
            with open(self.path(kind), encoding="utf-8") as file:
                return dict(json.loads(line) for line in file)
        except (OSError, ValueError):
            return {}


def tasks_of(stream: str) -> str:
    """The kind of notes about the transfer tasks of a stream."""
    return f"transfer tasks of {stream}"
