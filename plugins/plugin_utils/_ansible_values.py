# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conversion of Ansible's own types on the controller. Private to otc.dis."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from ansible.parsing.vault import VaultLib


def decrypter(loader: Any) -> Callable[[bytes], bytes]:
    """Return a function that decrypts vaulted data with the vault secrets of the run, or raises AnsibleError.

    :param loader: data loader of the run
    """
    vault = VaultLib(loader._vault.secrets)
    return lambda content: bytes(vault.decrypt(content))


def plain_values(value: Any) -> Any:
    """Convert options to plain Python types and decrypt vaulted strings, as for a module process.

    :raises AnsibleError: if a vaulted string cannot be decrypted
    """
    if isinstance(value, Mapping):
        return {plain_values(key): plain_values(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain_values(inner) for inner in value]
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return str.__str__(value) if isinstance(value, str) else str(value)
