# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line: ``python -m otc_emulator``."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import json
import os
import shlex
import signal
import ssl
import sys
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from otc_emulator.app import App, listen
from otc_emulator.fixtures import PASSWORD, Seed, default_seed, empty_seed
from otc_emulator.server import Core, merged
from otc_emulator.settings import Settings

_DESCRIPTION = """\
A stand-in for two services of Open Telekom Cloud, IAM v3 and the Data Ingestion Service, for trying out and testing
playbooks without a cloud. It listens on this machine only and keeps everything in memory.

Without options there are a stream "meters", an agency "dis_admin_agency", a bucket "telemetry-staging" and a DLI table
"telemetry.meter_raw". Options add to these; --empty starts with none of them.
"""
_EPILOG = """\
The first line on standard output is the address; the lines after it can be pasted into a shell. Requests are reported
on standard error. Answers, delays and faults are controlled under /_emulator/ (GET shows what there is).
"""


def _loopback(host: str) -> str:
    """Only this machine may talk to the emulator."""
    host = "127.0.0.1" if host == "localhost" else host
    try:
        fine = ipaddress.ip_address(host).is_loopback
    except ValueError:
        fine = False
    if not fine:
        raise argparse.ArgumentTypeError(f"{host} is not a loopback address such as 127.0.0.1")
    return host


def parser() -> argparse.ArgumentParser:
    """All options."""
    words = argparse.ArgumentParser(
        prog="python -m otc_emulator",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    net = words.add_argument_group("network")
    net.add_argument("--host", type=_loopback, default="127.0.0.1", help="loopback address (default: %(default)s)")
    net.add_argument("--port", type=int, default=0, help="port; 0, the default, takes a free one")
    net.add_argument("--tls-cert", metavar="FILE", help="serve https with this certificate chain (PEM)")
    net.add_argument("--tls-key", metavar="FILE", help="its private key (PEM)")
    net.add_argument("--url-file", metavar="FILE", help="also write the address into this file")
    net.add_argument("--exit-with-stdin", action="store_true", help="stop when standard input ends")
    net.add_argument("--quiet", action="store_true", help="do not report requests")
    login = words.add_argument_group("who may log in, and where to")
    login.add_argument("--user", default="emulator-user", help="user name (default: %(default)s)")
    login.add_argument("--password", default=PASSWORD, help="password (default: %(default)s)")
    login.add_argument("--domain", default="emulator-domain", help="domain of the user (default: %(default)s)")
    login.add_argument("--project", default="eu-de", help="project name (default: %(default)s)")
    there = words.add_argument_group("what is there (each may be repeated)")
    there.add_argument("--empty", action="store_true", help="start without the default contents")
    there.add_argument("--seed", metavar="FILE", help="JSON file with domains, users, projects, streams, tasks, ...")
    there.add_argument("--stream", metavar="NAME", action="append", default=[], help="a stream of data type JSON")
    there.add_argument("--agency", metavar="NAME", action="append", default=[], help="an agency that DIS may use")
    there.add_argument("--bucket", metavar="NAME", action="append", default=[], help="a bucket")
    there.add_argument(
        "--dli-table",
        metavar="DATABASE.TABLE[:EXTERNAL]",
        action="append",
        default=[],
        help="a DLI table; an EXTERNAL one is not stored in DLI and cannot be a destination",
    )
    manner = words.add_argument_group("how it behaves")
    manner.add_argument("--latency-ms", metavar="N", type=float, default=0.0, help="pause before every request")
    manner.add_argument(
        "--start-delay", metavar="SECONDS", type=float, default=0.0, help="how long a task is STARTING (default: 0)"
    )
    manner.add_argument("--no-update", action="store_true", help="a region without the update operation")
    return words


def seed_from(options: argparse.Namespace) -> dict[str, Any]:
    """The seed that the options describe."""
    base = empty_seed() if options.empty else default_seed()
    base["domains"] = [options.domain]
    base["users"] = [{**base["users"][0], "name": options.user, "password": options.password}]
    base["projects"] = [options.project]
    named = {
        "streams": options.stream,
        "agencies": options.agency,
        "buckets": options.bucket,
        "dli_tables": options.dli_table,
    }
    seed = merged(base, named)
    if options.seed:
        further = json.loads(Path(options.seed).read_text(encoding="utf-8"))
        Seed.model_validate(further)
        seed = merged(seed, further)
    return seed


def exports(url: str, options: argparse.Namespace) -> dict[str, str]:
    """Environment variables that point clients to the emulator."""
    return {
        "OS_AUTH_URL": f"{url}/v3",
        "OS_USERNAME": options.user,
        "OS_PASSWORD": options.password,
        "OS_USER_DOMAIN_NAME": options.domain,
        "OS_PROJECT_NAME": options.project,
        "OS_REGION_NAME": "eu-de",
    }


def write_atomically(path: str, text: str) -> None:
    """Write the file atomically."""
    draft = f"{path}.{os.getpid()}.part"
    Path(draft).write_text(text, encoding="utf-8")
    os.replace(draft, path)


class _StdinEnds(asyncio.Protocol):
    """Waits for the end of standard input."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop

    def connection_lost(self, exc: Exception | None) -> None:
        """The other end of the pipe was closed."""
        self._stop.set()


async def serve(core: Core, options: argparse.Namespace) -> None:
    """Run until a stop is requested."""
    tls = None
    if options.tls_cert:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(options.tls_cert, options.tls_key)
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if options.exit_with_stdin:
        await loop.connect_read_pipe(lambda: _StdinEnds(stop), sys.stdin)
    runner, port = await listen(App(core, quiet=options.quiet), options.host, options.port, tls)
    host = f"[{options.host}]" if ":" in options.host else options.host
    url = f"{'https' if tls else 'http'}://{host}:{port}"
    print(f"otc_emulator listening on {url}", flush=True)
    for name, value in exports(url, options).items():
        print(f"export {name}={shlex.quote(value)}", flush=True)
    if options.url_file:
        write_atomically(options.url_file, url + "\n")
    try:
        await stop.wait()
    finally:
        await runner.cleanup()


def main() -> int:
    """Read the options, serve, end cleanly."""
    words = parser()
    options = words.parse_args()
    try:
        settings = Settings.model_validate(
            {
                "latency_ms": options.latency_ms,
                "start_delay": options.start_delay,
                "update_enabled": not options.no_update,
            }
        )
        core = Core(seed_from(options), settings)
    except ValidationError as err:
        words.error("; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in err.errors()))
    except (OSError, ValueError) as err:
        words.error(str(err))
    try:
        asyncio.run(serve(core, options))
    except OSError as err:
        print(f"otc_emulator: {err}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
