# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible Vault inside the controller. Private to otc.dis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.parsing.vault import VaultLib


def decrypter(loader: Any) -> Callable[[bytes], bytes]:
    """What decrypts vaulted data with the secrets of the run; it raises AnsibleError where none fits.

    :param loader: the data loader of the run
    """
    vault = VaultLib(loader._vault.secrets)
    return lambda content: bytes(vault.decrypt(content))
