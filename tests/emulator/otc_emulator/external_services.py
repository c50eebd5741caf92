# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Things of other services that transfer tasks refer to. Pure Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

DIS_ACCOUNT = "op_svc_dis"


@dataclass
class DliTable:
    """A table in DLI. Only those stored inside DLI can be filled by a transfer task."""

    database: str
    table: str
    managed: bool = True


@dataclass
class ServiceAgency:
    """What lets a service act for the account. ``ends`` is in seconds since 1970; None is never."""

    name: str
    id: str
    trusts: str = DIS_ACCOUNT
    roles: list[str] = field(default_factory=lambda: ["te_admin"])
    ends: float | None = None

    @property
    def serves_dis(self) -> bool:
        """Whether DIS can carry data through it, for good."""
        return self.trusts == DIS_ACCOUNT and "te_admin" in self.roles and self.ends is None


@dataclass
class Bucket:
    """A bucket; ``region`` is the one that it lies in, None the emulated one."""

    name: str
    accessible: bool = True
    region: str | None = None
    objects: dict[str, int] = field(default_factory=dict)


@dataclass
class Cluster:
    """A cluster or a key: a name with an id. Without an id any will do."""

    name: str
    id: str | None = None

    def is_named(self, name: str, cluster_id: str) -> bool:
        """Whether name and id mean this one."""
        return self.name == name and self.id in (None, cluster_id)


@dataclass
class CloudtableTable:
    """An HBase table. Without a cluster it is in every one, without families it has all."""

    table: str
    cluster: str | None = None
    families: list[str] | None = None


@dataclass
class ExternalServices:
    """Existing resources. None means not specified: then no missing resource causes a rejection."""

    mrs_clusters: list[Cluster] | None = None
    hdfs_paths: set[str] | None = None
    dws_clusters: list[Cluster] | None = None
    kms_keys: list[Cluster] | None = None
    cloudtable_clusters: list[Cluster] | None = None
    cloudtable_tables: list[CloudtableTable] | None = None

    def view(self) -> dict[str, Any]:
        """Everything, for the control API."""
        return {
            "mrs_clusters": _plain(self.mrs_clusters),
            "hdfs_paths": None if self.hdfs_paths is None else sorted(self.hdfs_paths),
            "dws_clusters": _plain(self.dws_clusters),
            "kms_keys": _plain(self.kms_keys),
            "cloudtable_clusters": _plain(self.cloudtable_clusters),
            "cloudtable_tables": _plain(self.cloudtable_tables),
        }


def _plain(things: list[Any] | None) -> list[dict[str, Any]] | None:
    return None if things is None else [vars(one) for one in things]
