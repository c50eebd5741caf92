# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the emulator share: a bare client and the bodies it sends."""

from __future__ import annotations

from typing import Any

import requests

from otc_emulator.runner import Emulator

SETTINGS = {
    "agency_name": "dis_admin_agency",
    "deliver_time_interval": 300,
    "dli_database_name": "telemetry",
    "dli_table_name": "meter_raw",
    "obs_bucket_path": "telemetry-staging",
}


class Api:
    """A client that sends a request unchanged and returns the raw response."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["X-Auth-Token"] = emulator.mint_token()

    def send(self, method: str, path: str, **more: Any) -> requests.Response:
        more = {"timeout": 10, "allow_redirects": False, **more}
        return self.session.request(method, self.emulator.url + path, **more)

    def dis(self, method: str, path: str, **more: Any) -> requests.Response:
        return self.send(method, f"/v2/{self.emulator.project_id}{path}", **more)

    def tasks(self, method: str, tail: str = "", stream: str = "meters", **more: Any) -> requests.Response:
        return self.dis(method, f"/streams/{stream}/transfer-tasks{tail}", **more)

    def create(self, name: str = "one", stream: str = "meters", **changes: Any) -> requests.Response:
        return self.tasks("POST", stream=stream, json=dli(name, **changes))

    def act(self, action: str, *ids: str, stream: str = "meters") -> requests.Response:
        body = {"action": action, "tasks": [{"id": one} for one in ids]}
        return self.tasks("POST", "/action", stream, json=body)

    def show(self, name: str = "one", stream: str = "meters") -> dict[str, Any]:
        answer = self.tasks("GET", f"/{name}", stream)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def state_of(self, name: str = "one") -> str:
        return self.show(name)["state"]


def dli(name: str = "one", **changes: Any) -> dict[str, Any]:
    """A create or update body; a member set to None is omitted."""
    block = {"task_name": name, **SETTINGS, **changes}
    return {
        "destination_type": "DLI",
        "dli_destination_descriptor": {key: value for key, value in block.items() if value is not None},
    }


def obs(name: str = "one", **changes: Any) -> dict[str, Any]:
    """As ``dli``, for a task of another type."""
    block = {"task_name": name, **{key: value for key, value in SETTINGS.items() if "dli" not in key}, **changes}
    return {"destination_type": "OBS", "obs_destination_descriptor": block}


SAMPLES: dict[str, dict[str, Any]] = {
    "DLI": SETTINGS,
    "OBS": {key: value for key, value in SETTINGS.items() if "dli" not in key},
    "MRS": {
        "agency_name": "dis_admin_agency",
        "deliver_time_interval": 300,
        "obs_bucket_path": "telemetry-staging",
        "mrs_cluster_name": "hadoop",
        "mrs_cluster_id": "c1",
        "mrs_hdfs_path": "/landing",
    },
    "DWS": {
        "agency_name": "dis_admin_agency",
        "deliver_time_interval": 300,
        "obs_bucket_path": "telemetry-staging",
        "dws_cluster_name": "house",
        "dws_cluster_id": "c2",
        "dws_database_name": "telemetry",
        "dws_schema": "public",
        "dws_table_name": "meter_raw",
        "dws_delimiter": "|",
        "user_name": "loader",
        "user_password": "fake-database-password",
        "kms_user_key_name": "key",
        "kms_user_key_id": "k1",
    },
    "CLOUDTABLE": {
        "agency_name": "dis_admin_agency",
        "cloudtable_cluster_name": "tables",
        "cloudtable_cluster_id": "c3",
        "cloudtable_table_name": "meter_raw",
        "cloudtable_schema": {
            "row_key": [{"value": "id", "type": "String"}],
            "columns": [{"column_family_name": "cf", "column_name": "v", "value": "reading", "type": "Double"}],
        },
    },
}


def order(kind: str, name: str = "one", **changes: Any) -> dict[str, Any]:
    """As ``dli``, for a task of any type."""
    block = {"task_name": name, **SAMPLES[kind], **changes}
    return {
        "destination_type": kind,
        f"{kind.lower()}_destination_descriptor": {key: value for key, value in block.items() if value is not None},
    }


def code(answer: requests.Response) -> str:
    """The error code in the usual shape."""
    body = answer.json()
    assert set(body) == {"errorCode", "message"}, body
    return body["errorCode"]
