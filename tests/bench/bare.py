# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor: the same requests by a pool of connections that thinks of nothing else. Reads its order from stdin."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from requests.adapters import HTTPAdapter


def main() -> None:
    order: dict[str, Any] = json.load(sys.stdin)
    session = requests.Session()
    session.mount("http://", HTTPAdapter(pool_maxsize=order["connections"], pool_block=True))
    session.headers["X-Auth-Token"] = order["token"]
    base = f"{order['url']}/v2/{order['project']}/streams"

    def look(stream: str) -> None:
        session.get(f"{base}/{stream}/transfer-tasks", timeout=30).json()

    def create(task: dict[str, Any]) -> None:
        members = {name: value for name, value in task.items() if name != "stream_name"}
        body = {
            "destination_type": "DLI",
            "dli_destination_descriptor": {**members, "consumer_strategy": "LATEST", "retry_duration": "1800"},
        }
        session.post(f"{base}/{task['stream_name']}/transfer-tasks", json=body, timeout=30).raise_for_status()

    def details(task: dict[str, Any]) -> None:
        session.get(f"{base}/{task['stream_name']}/transfer-tasks/{task['task_name']}", timeout=30).json()

    with ThreadPoolExecutor(order["connections"]) as pool:
        list(pool.map(look, dict.fromkeys(task["stream_name"] for task in order["tasks"])))
        list(pool.map(create if order["create"] else details, order["tasks"]))


if __name__ == "__main__":
    main()
