# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of the API of AWX as ansible-rulebook uses to launch a job template."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TEMPLATE = {
    "id": 1,
    "type": "job_template",
    "name": "Handle DIS events",
    "summary_fields": {"organization": {"name": "Default"}},
    "related": {"launch": "/api/v2/job_templates/1/launch/"},
    **{
        f"ask_{name}_on_launch": name in ("limit", "variables")
        for name in ("limit", "labels", "inventory", "variables")
    },
}
JOB = {"id": 2, "url": "/api/v2/jobs/2/", "status": "successful", "created": "2026-01-01T00:00:00Z", "artifacts": {}}
PAGES = {
    "/api/v2/config": {"version": "24.6.1"},
    "/api/v2/unified_job_templates": {"results": [TEMPLATE], "next": None},
    "/api/v2/jobs/2": JOB,
    "/api/v2/unified_jobs": {"results": [JOB], "next": None},
}


@contextmanager
def controller() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Serve one job template; its address, and the bodies of the launches."""
    launches: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def respond(self, body: Any) -> None:
            content = json.dumps(body or {}).encode()
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self.respond(PAGES.get(self.path.split("?")[0].rstrip("/")))

        def do_POST(self) -> None:
            launches.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.respond(JOB)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", launches
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
