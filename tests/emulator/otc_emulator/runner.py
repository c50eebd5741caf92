# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start and steer the emulator from a test. Standard library only, any Python from 3.8 on."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parent.parent


class EmulatorError(Exception):
    """The emulator did not start, or did not like a control call."""


class Emulator:
    """A running emulator, accessed by its control API."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.auth_url = url + "/v3"
        # The emulator is our own process on this machine: no proxy, and no need to know who signed its certificate.
        context = ssl._create_unverified_context() if url.startswith("https") else None
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if context is not None:
            handlers.append(urllib.request.HTTPSHandler(context=context))
        self._opener = urllib.request.build_opener(*handlers)
        self.login = self.control("GET", "")["login"]
        self.project_id: str = self.login["project_id"]

    @property
    def environ(self) -> dict[str, str]:
        """Variables that make clients use the emulator."""
        return {
            "OS_AUTH_URL": self.auth_url,
            "OS_USERNAME": self.login["user"],
            "OS_PASSWORD": self.login["password"],
            "OS_USER_DOMAIN_NAME": self.login["domain"],
            "OS_PROJECT_NAME": self.login["project"],
            "OS_REGION_NAME": self.login["region"],
        }

    def control(self, method: str, path: str, data: Any = None) -> Any:
        """One control call."""
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(self.url + "/_emulator/" + path, data=body, method=method)
        request.add_header("Content-Type", "application/json")
        try:
            with self._opener.open(request, timeout=30) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as err:
            with err:
                text = err.read().decode("utf-8", "replace")
            raise EmulatorError(f"{method} {path}: {err.code} {text}") from None

    def reset(self, **seed_and_settings: Any) -> None:
        """Back to the start. Members given replace those of the start: ``streams=[...]``, ``start_delay=2``."""
        self.control("POST", "reset", seed_and_settings)
        self.login = self.control("GET", "")["login"]
        self.project_id = self.login["project_id"]

    def seed(self, **contents: Any) -> None:
        """Add streams, agencies, buckets, dli_tables, users, projects."""
        self.control("POST", "seed", contents)

    def configure(self, **settings: Any) -> dict[str, Any]:
        """Change settings; gives all of them."""
        changed: dict[str, Any] = self.control("PATCH", "settings", settings)
        return changed

    def fault(self, kind: str, operation: str | None = None, **params: Any) -> None:
        """Switch on a fault, by default for the next matching request."""
        self.control("POST", "faults", dict(params, kind=kind, operation=operation))

    def faults(self) -> list[dict[str, Any]]:
        """The fault rules with their counters."""
        rules: list[dict[str, Any]] = self.control("GET", "faults")
        return rules

    def clear_faults(self) -> None:
        """Switch off all faults."""
        self.control("DELETE", "faults")

    def log(self, service: str | None = None, operation: str | None = None, since: int = 0) -> list[dict[str, Any]]:
        """Requests so far, oldest first."""
        wanted = {"service": service, "operation": operation, "since": since}
        query = urllib.parse.urlencode({name: value for name, value in wanted.items() if value})
        entries: list[dict[str, Any]] = self.control("GET", "log?" + query)
        return entries

    def clear_log(self) -> None:
        """Forget the requests so far."""
        self.control("DELETE", "log")

    def state(self) -> dict[str, Any]:
        """Everything there is."""
        everything: dict[str, Any] = self.control("GET", "state")
        return everything

    def _at(self, kind: str, *names: str) -> str:
        return "/".join([kind, self.project_id, *(urllib.parse.quote(one, safe="") for one in names)])

    def stream(self, stream: str) -> dict[str, Any]:
        """One stream of the first project."""
        found: dict[str, Any] = self.control("GET", self._at("streams", stream))
        return found

    def tasks(self, stream: str) -> dict[str, dict[str, Any]]:
        """The transfer tasks of a stream, by name."""
        tasks: dict[str, dict[str, Any]] = self.stream(stream)["tasks"]
        return tasks

    def patch_stream(self, stream: str, **changes: Any) -> dict[str, Any]:
        """Change status or offsets of a stream."""
        changed: dict[str, Any] = self.control("PATCH", self._at("streams", stream), changes)
        return changed

    def patch_task(self, stream: str, task: str, **changes: Any) -> dict[str, Any]:
        """Change state (``state``, ``then_state``, ``then_after``) or settings of a task."""
        changed: dict[str, Any] = self.control("PATCH", self._at("tasks", stream, task), changes)
        return changed

    def put_records(self, stream: str, records: list[Any]) -> list[dict[str, str]]:
        """Store records: texts, or objects with ``data`` and, say, ``partition_key``. Returns their positions."""
        places: list[dict[str, str]] = self.control("POST", self._at("records", stream), {"records": records})
        return places

    def records(self, stream: str) -> list[dict[str, Any]]:
        """All records that a stream holds, by partition."""
        found: list[dict[str, Any]] = self.control("GET", self._at("records", stream))
        return found

    def apps(self) -> dict[str, dict[str, Any]]:
        """The apps of the first project, by name, with their checkpoints."""
        apps: dict[str, dict[str, Any]] = self.state()["projects"][self.project_id]["apps"]
        return apps

    def expire_cursors(self) -> None:
        """Make every cursor too old."""
        self.control("POST", "cursors/expire", {})

    def advance_clock(self, seconds: float) -> float:
        """Let time jump forward: retention, cursors and tokens end as they would; gives the new time."""
        return float(self.control("POST", "clock", {"advance": seconds})["time"])

    def mint_token(self, **order: Any) -> str:
        """A valid token without a login (``user``, ``project``, ``scoped``, ``life``)."""
        return str(self.control("POST", "tokens", order)["token"])

    def expire_tokens(self) -> int:
        """Revoke all tokens; return the number of those that were valid."""
        return int(self.control("POST", "tokens/expire", {})["expired"])


@contextmanager
def running(
    *cli_args: str,
    env: Mapping[str, str] | None = None,
    python: str = sys.executable,
    timeout: float = 30.0,
) -> Iterator[Emulator]:
    """Start an emulator in a separate process; it ends with the block, and also when this process dies."""
    with tempfile.TemporaryDirectory(prefix="otc-emulator-") as folder:
        url_file, errors = Path(folder, "url"), Path(folder, "stderr")
        command = [python, "-m", "otc_emulator", "--quiet", "--exit-with-stdin", "--url-file", str(url_file), *cli_args]
        full_env = dict(os.environ if env is None else env)
        full_env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HOME), full_env.get("PYTHONPATH")]))
        with errors.open("wb") as sink:
            process = subprocess.Popen(
                command,
                env=full_env,
                cwd=url_file.parent,  # whose folder comes first on the path of "python -m"
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=sink,
            )
        try:
            yield Emulator(_wait_for_url(process, url_file, errors, timeout))
        finally:
            _stop(process)


def _wait_for_url(process: subprocess.Popen[bytes], url_file: Path, errors: Path, timeout: float) -> str:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if url_file.exists():
            return url_file.read_text().strip()
        if process.poll() is not None:
            raise EmulatorError("the emulator ended at once: " + errors.read_text(errors="replace").strip())
        time.sleep(0.02)
    raise EmulatorError(f"the emulator did not start within {timeout} s")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin is not None:
        process.stdin.close()
