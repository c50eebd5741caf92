# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real OpenStack Keystone on loopback, furnished like an account of Open Telekom Cloud.

``running_keystone`` makes keys and a SQLite database in a directory, starts Keystone in a separate process and fills
it through its own API. That process is this file, run as a script: it serves Keystone's WSGI application and writes
down every request, so that a test can count the logins that Keystone really saw. It ends with its standard input, and
so never outlives the tests, even if those are killed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import secrets
import select
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests

DOMAIN = "OTC-EU-DE-00000000000000000001"
OTHER_DOMAIN = "OTC-EU-DE-00000000000000000002"
REGION, OTHER_REGION = "eu-de", "eu-nl"
MAIN, DEMO, SECOND = "eu-de", "eu-de_demo", "eu-de_second"
ROBOT, ROLELESS, RETIRED = "transfer-robot", "roleless-robot", "retired-robot"
LOGINS_UNTIL_LOCK = 2
"""Keystone locks a user at this many failed logins in a row: a run that tries twice locks out its user."""

PATIENCE = 60.0
"""Seconds that a step of the start may take on a slow machine."""
AGENT = "keystone-fixture"
"""Marker that distinguishes requests of the tests from those of the module."""

CONFIG = """\
[DEFAULT]
use_stderr = true
[auth]
methods = password,token,totp
[cache]
# Without a cache each request takes thirty times as long. Tokens stay out of it: Keystone 30 would take a revoked one
# for a while, now and then.
enabled = true
backend = dogpile.cache.memory
[database]
connection = sqlite:///{home}/keystone.db
[credential]
key_repository = {home}/credential-keys
[fernet_tokens]
key_repository = {home}/fernet-keys
[fernet_receipts]
key_repository = {home}/fernet-keys
[identity]
password_hash_rounds = 4
[revoke]
caching = false
[security_compliance]
lockout_failure_attempts = {lock}
lockout_duration = 1800
[token]
caching = false
expiration = 86400
"""


class Secret(str):
    """A text that a failing test does not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<secret>"


@dataclasses.dataclass(frozen=True)
class User:
    """A user as the tests log in."""

    name: str
    id: str
    password: Secret


@dataclasses.dataclass(frozen=True)
class Seen:
    """One request as Keystone answered it.

    :ivar methods: identity methods of a login
    :ivar scope: scope of a login
    :ivar issued: the token that Keystone gave out
    """

    method: str
    path: str
    query: str
    status: int
    agent: str
    methods: list[str] = dataclasses.field(default_factory=list)
    scope: dict[str, Any] = dataclasses.field(default_factory=dict)
    issued: str = dataclasses.field(default="", repr=False)

    @property
    def is_login(self) -> bool:
        """Request a new token; ignore the outcome."""
        return self.method == "POST" and self.path.rstrip("/") == "/v3/auth/tokens"


@dataclasses.dataclass
class Keystone:
    """A running Keystone: its URL, its users and its recorded requests."""

    auth_url: str
    session: requests.Session = dataclasses.field(repr=False)
    admin: User
    record: Path
    admin_token: str = dataclasses.field(default="", repr=False)
    domains: dict[str, str] = dataclasses.field(default_factory=dict)
    projects: dict[str, str] = dataclasses.field(default_factory=dict)
    foreign_projects: dict[str, str] = dataclasses.field(default_factory=dict)
    users: dict[str, User] = dataclasses.field(default_factory=dict)
    services: dict[str, str] = dataclasses.field(default_factory=dict)

    # --- Keystone's API ---

    def call(
        self, method: str, path: str, body: Any = None, token: str | None = None, **headers: str
    ) -> requests.Response:
        """One request below ``auth_url``, by default with the administrator's token."""
        sent = {"X-Auth-Token": self.admin_token if token is None else token, **headers}
        return self.session.request(
            method, self.auth_url + path, json=body, headers={k: v for k, v in sent.items() if v}, timeout=PATIENCE
        )

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of a request that must succeed."""
        answer = self.call(method, path, body)
        if not answer.ok:
            raise RuntimeError(f"{method} {path}: HTTP {answer.status_code}: {answer.text[:300]}")
        return answer.json() if answer.content else None

    def make(self, kind: str, **members: Any) -> str:
        """Create one object and return its id."""
        return str(self.api("POST", f"/{kind}s", {kind: members})[kind]["id"])

    def hire(self, name: str, with_role: bool = True, enabled: bool = True) -> User:
        """Make a user, by default one that may work in every project."""
        # Blanks, quotes, escapes, braces and a letter beyond ASCII: what a generator of passwords may bring.
        password = Secret(f"fake {secrets.token_hex(8)} %41 \"'\\ ü {{x}}")
        members = {"name": name, "domain_id": self.domains[DOMAIN], "password": password, "enabled": enabled}
        user = self.users[name] = User(name, self.make("user", **members), password)
        if with_role:
            role = self.api("GET", "/roles?name=member")["roles"][0]["id"]
            for project_id in (*self.projects.values(), *self.foreign_projects.values()):
                self.api("PUT", f"/projects/{project_id}/users/{user.id}/roles/{role}")
        return user

    def give_device(self, user: User, secret: str) -> None:
        """A virtual MFA device; from now on the user needs its passcode to log in.

        :param secret: what the device and Keystone share, in base 32
        """
        self.make("credential", blob=secret, type="totp", user_id=user.id)
        options = {"multi_factor_auth_enabled": True, "multi_factor_auth_rules": [["password", "totp"]]}
        self.api("PATCH", f"/users/{user.id}", {"user": {"options": options}})

    def log_in(self, user: User, project_id: str | None) -> Secret:
        """A token that Keystone issues to a user for a project, or for nothing in particular."""
        identity = {"methods": ["password"], "password": {"user": {"id": user.id, "password": user.password}}}
        scope: Any = {"project": {"id": project_id}} if project_id else "unscoped"
        body = {"auth": {"identity": identity, "scope": scope}}
        answer = self.call("POST", "/auth/tokens?nocatalog=true", body, token="")
        if answer.status_code != 201:
            raise RuntimeError(f"login of {user.name}: HTTP {answer.status_code}")
        return Secret(answer.headers["X-Subject-Token"])

    def facts_about(self, token: str) -> dict[str, Any] | None:
        """Keystone's validation of a token; None if it is not (or no longer) valid."""
        answer = self.call("GET", "/auth/tokens?nocatalog=true", **{"X-Subject-Token": token})
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        facts: dict[str, Any] = answer.json()["token"]
        return facts

    def revoke(self, token: str) -> None:
        """End a token before its time."""
        answer = self.call("DELETE", "/auth/tokens", **{"X-Subject-Token": token})
        if answer.status_code != 204:
            raise RuntimeError(f"revocation of a token: HTTP {answer.status_code}")

    @contextlib.contextmanager
    def catalogue_of(self, *types: str) -> Iterator[None]:
        """Only these service types are in new tokens' catalogues for a while, beside ``identity``."""
        hidden = [service_id for kind, service_id in self.services.items() if kind not in types]
        try:
            for service_id in hidden:
                self.api("PATCH", f"/services/{service_id}", {"service": {"enabled": False}})
            yield
        finally:
            for service_id in hidden:
                self.api("PATCH", f"/services/{service_id}", {"service": {"enabled": True}})

    # --- recorded requests ---

    def all_seen(self) -> list[Seen]:
        """Every request since the start; each is written down before its answer leaves."""
        lines = self.record.read_text(encoding="utf-8").splitlines()
        return [Seen(**json.loads(line)) for line in lines]

    def observed(self, since: int = 0) -> list[Seen]:
        """The requests of others than the tests themselves, from a mark on."""
        return [one for one in self.all_seen()[since:] if one.agent != AGENT]

    def mark(self) -> int:
        """The current position in the record, for ``seen``."""
        return len(self.all_seen())

    def secrets(self) -> set[str]:
        """Every password and every token that exists here."""
        passwords = {user.password for user in self.users.values()} | {self.admin.password}
        return passwords | {one.issued for one in self.all_seen() if one.issued}


def furnish(keystone: Keystone, dis_url: str, elsewhere_url: str) -> None:
    """Fill an empty Keystone: domains, projects, users, roles, regions, services, endpoints."""
    for domain in (DOMAIN, OTHER_DOMAIN):
        keystone.domains[domain] = keystone.make("domain", name=domain)
    home, abroad = keystone.domains[DOMAIN], keystone.domains[OTHER_DOMAIN]
    for name in (MAIN, DEMO, SECOND):
        keystone.projects[name] = keystone.make("project", name=name, domain_id=home)
    keystone.foreign_projects[DEMO] = keystone.make("project", name=DEMO, domain_id=abroad)
    keystone.hire(ROBOT)
    keystone.hire(ROLELESS, with_role=False)
    keystone.hire(RETIRED, enabled=False)

    keystone.make("region", id=OTHER_REGION)
    identity = keystone.make("service", type="identity", name="keystone")
    keystone.make("endpoint", service_id=identity, region_id=REGION, interface="public", url=keystone.auth_url)
    tails = {"dis": "", "disv2": "/v2/$(project_id)s"}
    for kind, tail in tails.items():
        keystone.services[kind] = keystone.make("service", type=kind, name=kind)
        # The wrong ones first: "the first entry of that type" must not be what a client takes.
        for region, interface, base in (
            (OTHER_REGION, "public", elsewhere_url),
            (REGION, "internal", elsewhere_url),
            (REGION, "public", dis_url),
        ):
            service_id = keystone.services[kind]
            keystone.make("endpoint", service_id=service_id, region_id=region, interface=interface, url=base + tail)


@contextlib.contextmanager
def running_keystone(dis_url: str, work_dir: Path, elsewhere_url: str = "http://127.0.0.1:9") -> Iterator[Keystone]:
    """Keystone on a free port of the loopback interface; gone, with its process, when the block ends.

    :param dis_url: address that the catalogue names for DIS in ``eu-de``
    :param work_dir: an empty directory that only this user can read
    :param elsewhere_url: address of what the catalogue names besides, in another region and for another interface
    """
    import requests

    home = work_dir.resolve()
    config, record = home / "keystone.conf", home / "requests.jsonl"
    config.write_text(CONFIG.format(home=home, lock=LOGINS_UNTIL_LOCK), encoding="utf-8")
    record.touch(mode=0o600)
    admin_password = Secret(f"fake-{secrets.token_hex(16)}")
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("OS_", "LISTEN_", "PYTHONPATH"))
    }
    environ.update(OS_KEYSTONE_CONFIG_FILES=str(config), OS_BOOTSTRAP_PASSWORD=admin_password)

    with contextlib.ExitStack() as stack:
        log = stack.enter_context(open(home / "keystone.log", "ab"))
        server = subprocess.Popen(
            [sys.executable, __file__, str(config), str(record)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environ,
            cwd=home,
        )
        stack.callback(end, server)
        assert server.stdout is not None
        if not select.select([server.stdout], [], [], PATIENCE)[0] or not (port := server.stdout.readline().strip()):
            raise RuntimeError(f"Keystone did not start:\n{tail(home)}")
        auth_url = f"http://127.0.0.1:{port.decode()}/v3"
        session = stack.enter_context(requests.Session())
        session.trust_env = False
        session.headers["User-Agent"] = AGENT
        keystone = Keystone(auth_url, session, User("admin", "", admin_password), record)
        admin = {"name": "admin", "password": admin_password, "domain": {"id": "default"}}
        login = {
            "identity": {"methods": ["password"], "password": {"user": admin}},
            "scope": {"project": {"name": "admin", "domain": {"id": "default"}}},
        }
        try:
            answer = keystone.call("POST", "/auth/tokens?nocatalog=true", {"auth": login})
            answer.raise_for_status()
            keystone.admin_token = Secret(answer.headers["X-Subject-Token"])
            furnish(keystone, dis_url, elsewhere_url)
        except (requests.RequestException, RuntimeError) as err:
            raise RuntimeError(f"Keystone's set-up failed: {err}\n{tail(home)}") from None
        yield keystone


def end(process: subprocess.Popen[bytes]) -> None:
    """End one process that ``running_keystone`` started: SIGTERM, then SIGKILL."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def tail(home: Path) -> str:
    """The last lines of Keystone's own log."""
    return "\n".join((home / "keystone.log").read_text(encoding="utf-8", errors="replace").splitlines()[-30:])


# --- the process that serves ---

Application = Callable[[Mapping[str, Any], Callable[..., Any]], Iterable[bytes]]


def written_down(application: Application, record: IO[str]) -> Application:
    """The application, with a line in the record for each request before its answer leaves."""
    lock = threading.Lock()

    def recording(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        line: dict[str, Any] = {
            "method": environ["REQUEST_METHOD"],
            "path": environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""),
            "query": environ.get("QUERY_STRING", ""),
            "agent": environ.get("HTTP_USER_AGENT", ""),
        }
        if line["method"] == "POST" and "/auth/tokens" in line["path"]:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ = {**environ, "wsgi.input": io.BytesIO(body)}
            with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
                asked = json.loads(body)["auth"]
                scope = asked.get("scope")
                line.update(methods=asked["identity"]["methods"], scope=scope if isinstance(scope, dict) else {})

        def responding(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            line["status"] = int(status.split()[0])
            if line["status"] == 201:
                line["issued"] = {name.lower(): value for name, value in headers}.get("x-subject-token", "")
            return start_response(status, headers, *rest)

        answer = application(environ, responding)
        with lock:
            record.write(json.dumps(line) + "\n")
            record.flush()
        return answer

    return recording


def manage(config: str, *command: str) -> None:
    """Run ``keystone-manage`` in a fork of this process: its imports, which take the longest, are done once."""
    from keystone.cmd.manage import main

    process = os.fork()
    if process == 0:
        status = 1
        try:
            os.dup2(2, 1)
            sys.argv = ["keystone-manage", "--config-file", config, *command]
            main()
            status = 0
        except SystemExit as end_of_main:
            status = 0 if not end_of_main.code else 1
        except BaseException:  # noqa: BLE001 - reported, and the status contains the cause
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    if os.waitpid(process, 0)[1]:
        raise RuntimeError(f"keystone-manage {command[0]} failed")


def serve(config: str, record_path: str) -> None:
    """Create a Keystone and serve it on a free port, printed in the first line of the output, until the input ends."""
    from cheroot import wsgi
    from keystone.server.wsgi import initialize_public_application

    keys = Path(config).with_name("fernet-keys")
    keys.mkdir(mode=0o700)
    manage(config, "fernet_setup", "--keystone-user", str(os.getuid()), "--keystone-group", str(os.getgid()))
    manage(config, "db_sync")
    manage(config, "bootstrap", "--bootstrap-region-id", REGION)

    def leave_with_parent() -> None:
        sys.stdin.buffer.read()
        os._exit(0)

    threading.Thread(target=leave_with_parent, daemon=True).start()
    with open(record_path, "a", encoding="utf-8") as record:
        application = written_down(initialize_public_application(), record)
        server = wsgi.Server(("127.0.0.1", 0), application, numthreads=8)
        server.prepare()
        print(server.bind_addr[1], flush=True)
        server.serve()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    del sys.argv[1:]  # Keystone also parses the command line and does not support these arguments
    try:
        serve(*arguments)
    except BaseException:  # noqa: BLE001 - any error is reported and the process ends
        traceback.print_exc()
        os._exit(1)  # the server's threads would keep a dead server alive
