# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulation of the AWX API: it stores objects, and rejects requests like a real, recorded AWX 24.6.1.

``recorded.json`` holds requests to that AWX with its responses. The stand-in decides by rules and responds with the
recorded bodies; ``test_stand_in.py`` replays every recorded request.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml
from jinja2 import StrictUndefined, TemplateError, sandbox

PREFIX = "/api/v2/"
TOKEN = "not-a-real-controller-token"
ORGANIZATION_ADMIN = "not-a-real-token-of-an-organization-admin"
RECORDED: Mapping[str, Any] = json.loads((Path(__file__).parent / "recorded.json").read_text("utf-8"))
GALAXY, MACHINE, CLOUD = "galaxy", "ssh", "cloud"
NOTIFICATION_STUB: Mapping[str, Any] = {
    "job": {"id": 42, "name": "Stub Job Template", "status": "running", "failed": False, "artifacts": {}},
    "job_friendly_name": "Job",
    "url": "https://towerhost/#/jobs/playbook/1010",
}
"""Some of the values that AWX renders a message with before it stores it; others need a default."""


class Refused(Exception):
    """A request that AWX refuses.

    :ivar status: HTTP status
    :ivar body: body of the response
    """

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status, body)
        self.status, self.body = HTTPStatus(status), body


def recorded_refusal(name: str) -> Refused:
    """A refusal as it was recorded."""
    return Refused(*RECORDED[name])


def render_message(text: str, context: Mapping[str, Any]) -> str:
    """Render the text of a notification as AWX does.

    :raises TemplateError: it uses what is not there
    """
    environment = sandbox.ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    return environment.from_string(text).render(context)


def survey_errors(spec: Mapping[str, Any], answers: Mapping[str, Any]) -> list[str]:
    """Why AWX refuses these answers to a survey, in its words."""
    errors = []
    for question in spec["spec"]:
        name = question["variable"]
        if name not in answers:
            if question["required"]:
                errors.append(f"'{name}' value missing")
            continue
        value = answers[name]
        if question["type"] == "multiplechoice":
            if value not in question["choices"]:
                errors.append(f"Value {value} for '{name}' expected to be one of {question['choices']}.")
        elif not isinstance(value, str):
            errors.append(f"Value {value} for '{name}' expected to be a string.")
        elif len(value) < question["min"]:
            errors.append(
                f"'{name}' value {value} is too small (length is {len(value)} must be at least {question['min']})."
            )
        elif len(value) > question["max"]:
            errors.append(f"'{name}' value {value} is too large (must be no more than {question['max']}).")
    return errors


class Awx:
    """An AWX with a default organization, its Galaxy credential, and no other object.

    :ivar objects: by kind, in the order of their IDs
    :ivar associations: IDs by the path of the list
    :ivar writes: requests other than GET
    """

    def __init__(self) -> None:
        self.url = ""
        self.objects: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.associations: dict[str, list[int]] = defaultdict(list)
        self.surveys: dict[str, Any] = {}
        self.writes: list[str] = []
        self.checks: Mapping[str, Callable[[dict[str, Any]], None]] = {
            "job_templates": self.check_job_template,
            "ad_hoc_commands": self.check_ad_hoc_command,
            "schedules": self.check_schedule,
            "notification_templates": self.check_notification_template,
        }
        default = self.make("organizations", {"name": "Default"})
        galaxy = self.make("credentials", {"name": "Ansible Galaxy", "kind": GALAXY, "inputs": {}})
        self.associations[f"{default['url']}galaxy_credentials/"].append(galaxy["id"])

    def named(self, kind: str, name: str, **fields: Any) -> dict[str, Any]:
        """The only object of that kind and name, and with these fields."""
        wanted = {"name": name, **fields}
        (found,) = [one for one in self.objects[kind] if all(one.get(key) == value for key, value in wanted.items())]
        return found

    def make(self, kind: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Store a new object."""
        number = len(self.objects[kind]) + 1
        url = f"{PREFIX}{kind}/{number}/"
        more = {"id": number, "type": kind, "url": url, "related": {"survey_spec": f"{url}survey_spec/"}}
        if kind == "projects":  # AWX updates a new project at once; its playbooks are known afterwards
            more.update(scm_revision="", playbooks=[], summary_fields={"current_update": {"id": number}})
        self.objects[kind].append({**fields, **more})
        return self.objects[kind][-1]

    def use(self, type_name: str, **inputs: Any) -> dict[str, Any]:
        """Create a credential of one of our types, as the API does: without the defaults of the form."""
        kind = self.named("credential_types", type_name)
        return self.make(
            "credentials",
            {"name": f"{type_name} in use", "credential_type": kind["id"], "kind": CLOUD, "inputs": inputs},
        )

    def respond(
        self, token: str, method: str, path: str, query: Mapping[str, str], body: Any
    ) -> tuple[HTTPStatus, Any]:
        """Status and body of the response to a request.

        :raises Refused: AWX refuses it
        """
        if token not in (TOKEN, ORGANIZATION_ADMIN):
            raise Refused(401, {"detail": "Authentication credentials were not provided."})
        kind, number, part = (path.removeprefix(PREFIX).strip("/").split("/") + ["", ""])[:3]
        if method != "GET":
            self.writes.append(f"{method} {path}")
            if kind == "credential_types" and token != TOKEN:
                raise recorded_refusal("credential_type.post_as_org_admin")
        if kind == "project_updates":
            self.objects["projects"][int(number) - 1]["playbooks"] = ["transfers.yml"]
            return HTTPStatus.OK, {"status": "successful"}
        if part == "survey_spec":
            self.surveys[path] = body if method == "POST" else self.surveys.get(path, {})
            return HTTPStatus.OK, self.surveys[path]
        if part == "launch":
            self.check_answers(int(number), (body or {}).get("extra_vars", {}))
            return HTTPStatus.CREATED, {"job": 1}
        if part:
            return self.associate(path, part, method, body)
        if number:
            return HTTPStatus.OK, self.change(kind, self.objects[kind][int(number) - 1], body or {})
        if method == "POST":
            self.checks.get(kind, lambda fields: None)(body)
            return HTTPStatus.CREATED, self.make(kind, body)
        return HTTPStatus.OK, listed([one for one in self.objects[kind] if matches(one, query)])

    def associate(self, path: str, part: str, method: str, body: Any) -> tuple[HTTPStatus, Any]:
        """List, extend or shorten the objects that belong to another one."""
        ids = self.associations[path]
        if method == "POST":
            (ids.remove if body.get("disassociate") else ids.append)(body["id"])
            return HTTPStatus.NO_CONTENT, None
        kind = "credentials" if part.endswith("credentials") else "notification_templates"
        return HTTPStatus.OK, listed([self.objects[kind][number - 1] for number in ids])

    def change(self, kind: str, old: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
        """Change an object.

        :raises Refused: the inputs of a credential type that is in use, or as :meth:`respond`
        """
        in_use = any(one.get("credential_type") == old["id"] for one in self.objects["credentials"])
        if kind == "credential_types" and in_use and fields.get("inputs", old["inputs"]) != old["inputs"]:
            detail = "Modifications to inputs are not allowed for credential types that are in use"
            raise Refused(403, {"detail": detail})
        if fields:
            self.checks.get(kind, lambda new: None)({**old, **fields})
        old.update(fields)
        return old

    def check_job_template(self, fields: dict[str, Any]) -> None:
        """Refuse a playbook that the project does not contain."""
        if fields["playbook"] not in self.objects["projects"][fields["project"] - 1]["playbooks"]:
            raise recorded_refusal("job_template.bad_playbook")

    def check_ad_hoc_command(self, fields: dict[str, Any]) -> None:
        """Refuse any credential but that of a machine."""
        number = fields.get("credential")
        if number is None or self.objects["credentials"][number - 1]["kind"] != MACHINE:
            raise recorded_refusal("ad_hoc.refused")

    def check_schedule(self, fields: dict[str, Any]) -> None:
        """Refuse a schedule whose answers the survey does not take."""
        self.check_answers(fields["unified_job_template"], fields.get("extra_data", {}))

    def check_answers(self, number: int, answers: Mapping[str, Any]) -> None:
        """Refuse answers that break the rules of the survey of a job template."""
        spec = self.surveys.get(f"{PREFIX}job_templates/{number}/survey_spec/", {"spec": []})
        errors = survey_errors(spec, answers)
        if errors:
            raise Refused(400, {"variables_needed_to_start": errors})

    def check_notification_template(self, fields: dict[str, Any]) -> None:
        """Refuse messages that cannot be rendered."""
        for event, parts in fields.get("messages", {}).items():
            for text in parts.values():
                try:
                    render_message(text, NOTIFICATION_STUB)
                except TemplateError as err:
                    raise Refused(400, {"messages": [f"{event}: {err}"]}) from None

    def launch(self, template: str, answers: Mapping[str, Any]) -> dict[str, Any]:
        """The variables of a job that is started with these answers: texts in it are no templates, see ``Untrusted``.

        A question that is not answered adds its default, which is an empty string for most.

        :raises Refused: AWX refuses the answers
        """
        made = self.named("job_templates", template)
        self.check_answers(made["id"], answers)
        asked = self.surveys[made["related"]["survey_spec"]]["spec"]
        return {**{question["variable"]: question["default"] for question in asked}, **answers}

    def template_variables(self, template: str) -> dict[str, Any]:
        """The variables of a job template."""
        found: dict[str, Any] = yaml.safe_load(self.named("job_templates", template)["extra_vars"])
        return found


def listed(found: list[dict[str, Any]]) -> dict[str, Any]:
    """A list as the API returns it, on a single page."""
    return {"count": len(found), "next": None, "previous": None, "results": found}


def matches(one: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    """Whether a filter selects an object: all plain fields, and any of those with ``or__``."""
    plain = {key: value for key, value in query.items() if not key.startswith("or__")}
    either = {key.removeprefix("or__"): value for key, value in query.items() if key.startswith("or__")}
    return all(str(one.get(key)) == value for key, value in plain.items()) and (
        not either or any(str(one.get(key)) == value for key, value in either.items())
    )


@contextmanager
def running() -> Iterator[Awx]:
    """A new AWX, on the loopback interface, for the length of the block."""
    awx = Awx()

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            target = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            try:
                status, answer = awx.respond(token, self.command, target.path, dict(parse_qsl(target.query)), body)
            except Refused as refused:
                status, answer = refused.status, refused.body
            text = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = handle_one  # noqa: N815 (the names are those of the server class)

        def log_message(self, *args: object) -> None:
            """Write no log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    awx.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield awx
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
