# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises between files: documentation and argument specs, action group, layers."""

from __future__ import annotations

import ast
import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.otc.dis.plugins.action.stream import managed_by
from ansible_collections.otc.dis.plugins.doc_fragments import attributes as attributes_fragment
from ansible_collections.otc.dis.plugins.doc_fragments import auth as auth_fragment
from ansible_collections.otc.dis.plugins.doc_fragments import transfer_task as transfer_task_fragment
from ansible_collections.otc.dis.plugins.doc_fragments import wait as wait_fragment
from ansible_collections.otc.dis.plugins.inventory import streams as inventory
from ansible_collections.otc.dis.plugins.module_utils._cloud.files import NotYaml
from ansible_collections.otc.dis.plugins.module_utils._cloud.files import parse as parse_yaml
from ansible_collections.otc.dis.plugins.module_utils._cloud.settings import AUTH, AUTH_KEYS, SECRET, Source
from ansible_collections.otc.dis.plugins.module_utils._core.errors import HINT_RANGES, HINTS, KINDS, ApiError, DisError
from ansible_collections.otc.dis.plugins.module_utils._core.plan import WAIT
from ansible_collections.otc.dis.plugins.module_utils._module import argument_spec, secret_values
from ansible_collections.otc.dis.plugins.module_utils._queries.preflight import CheckResult
from ansible_collections.otc.dis.plugins.module_utils._queries.preflight import to_result as shown_finding
from ansible_collections.otc.dis.plugins.module_utils._resources.app import App
from ansible_collections.otc.dis.plugins.module_utils._resources.app import to_result as shown_app
from ansible_collections.otc.dis.plugins.module_utils._resources.checkpoint import Checkpoint, Checkpoints
from ansible_collections.otc.dis.plugins.module_utils._resources.checkpoint import to_result as shown_checkpoints
from ansible_collections.otc.dis.plugins.module_utils._resources.destinations import DESTINATIONS
from ansible_collections.otc.dis.plugins.module_utils._resources.events import Event, Subscription
from ansible_collections.otc.dis.plugins.module_utils._resources.events import (
    to_result as shown_subscription,
)
from ansible_collections.otc.dis.plugins.module_utils._resources.stream import FIELDS as STREAM_FIELDS
from ansible_collections.otc.dis.plugins.module_utils._resources.stream import Stream
from ansible_collections.otc.dis.plugins.module_utils._resources.stream import to_result as shown_stream
from ansible_collections.otc.dis.plugins.module_utils._resources.stream_policy import Policy, Rule
from ansible_collections.otc.dis.plugins.module_utils._resources.stream_policy import to_result as shown_policy
from ansible_collections.otc.dis.plugins.module_utils._resources.transfer_task import TransferTask, to_result
from ansible_collections.otc.dis.plugins.module_utils._resources.transfer_tasks import Batch
from ansible_collections.otc.dis.plugins.plugin_utils._inventory import Query, cache_suffix

PLUGINS = Path(auth_fragment.__file__).parent.parent
UTILS = PLUGINS / "module_utils"
MODULES = sorted(path.stem for path in (PLUGINS / "modules").glob("*.py"))
TOLD = ("type", "required", "default", "choices", "aliases", "elements")


def facts(spec: dict[str, Any]) -> dict[str, Any]:
    """Consistency of the documented options and the argument spec."""
    return {
        name: {
            **{fact: option[fact] for fact in TOLD if fact in option and (fact != "required" or option[fact])},
            "below": facts(option.get("options") or option.get("suboptions") or {}),
        }
        for name, option in spec.items()
    }


def documented(text: str) -> dict[str, Any]:
    return dict(yaml.safe_load(text)["options"])


def test_auth_fragment_and_argument_spec_agree() -> None:
    assert facts(documented(auth_fragment.ModuleDocFragment.DOCUMENTATION)) == facts(AUTH)


def test_wait_fragment_and_argument_spec_agree() -> None:
    assert facts(documented(wait_fragment.ModuleDocFragment.DOCUMENTATION)) == facts(WAIT)


def module_of(name: str) -> Any:
    return importlib.import_module(f"ansible_collections.otc.dis.plugins.modules.{name}")


ONE_CHECKPOINT = shown_checkpoints(Checkpoints("s", "a", ("0",), {"0": Checkpoint("0", "1")}))[0]
FRAGMENTS = {
    "otc.dis.attributes": attributes_fragment.ModuleDocFragment.DOCUMENTATION,
    "otc.dis.attributes.info_module": attributes_fragment.ModuleDocFragment.INFO_MODULE,
    "otc.dis.auth": auth_fragment.ModuleDocFragment.DOCUMENTATION,
    "otc.dis.transfer_task": transfer_task_fragment.ModuleDocFragment.DOCUMENTATION,
    "otc.dis.wait": wait_fragment.ModuleDocFragment.DOCUMENTATION,
}
SPECS = {name: argument_spec(managed_by(name).spec) for name in MODULES}
TABLES = {**{one.module_name: one.fields for one in DESTINATIONS.values()}, "stream": STREAM_FIELDS}
SHOWN = {
    **{
        one.module_name: ("transfer_task", to_result(TransferTask("s", "t", one.kind, {}, None)))
        for one in DESTINATIONS.values()
    },
    "stream": ("stream", shown_stream(Stream("s", {}))),
    "stream_info": ("streams", {**(shown_stream(Stream("s", {})) or {}), "scaling_history": None}),
    "app": ("app", shown_app(App("a"))),
    "app_info": ("apps", {**(shown_app(App("a")) or {}), "consumption": None}),
    "checkpoint": ("checkpoints", ONE_CHECKPOINT),
    "checkpoint_info": ("checkpoints", ONE_CHECKPOINT),
    "transfer_health_info": ("streams", {"stream_name": "s", "tasks": [], "history": None, "health": "ok"}),
    "transfer_task_preflight_info": ("checks", shown_finding(CheckResult("stream", "s", "ok", ""))),
    "event_info": ("events", Event(*[None] * 9)._asdict()),
    "event_subscription": ("event_subscription", shown_subscription(Subscription("s"), {})),
    "event_subscription_info": ("event_subscriptions", shown_subscription(Subscription("s"), {})),
    "stream_policy": ("stream_policy", shown_policy(Policy("s", "a.*", (Rule("a.*", "putRecords"),)))),
    "stream_policy_info": ("stream_policies", shown_policy(Policy("s", "a.*", (Rule("a.*", "putRecords"),)))),
    "transfer_task_log_info": ("batches", Batch(*[None] * 8)._asdict()),
    "transfer_task_info": ("transfer_tasks", to_result(TransferTask("s", "t", "", {}, None))),
}


def changes_nothing(name: str) -> bool:
    """Whether a module is read-only; a login changes nothing in DIS."""
    return name.endswith("_info") or name == "iam_token"


def options_of(name: str) -> dict[str, Any]:
    """All options of a module as its documentation has them, fragments included."""
    reported = yaml.safe_load(module_of(name).DOCUMENTATION)
    options: dict[str, Any] = {}
    for fragment in reported["extends_documentation_fragment"]:
        options.update(yaml.safe_load(FRAGMENTS[fragment]).get("options", {}))
    return {**options, **reported["options"]}


@pytest.mark.parametrize("name", SPECS)
def test_options_of_every_module_are_documented(name: str) -> None:
    assert facts(options_of(name)) == facts(SPECS[name])


@pytest.mark.parametrize("name", SPECS)
def test_attributes_of_every_module_are_those_of_its_kind(name: str) -> None:
    fragments = yaml.safe_load(module_of(name).DOCUMENTATION)["extends_documentation_fragment"]
    kind = "otc.dis.attributes.info_module" if changes_nothing(name) else "otc.dis.attributes"
    assert [one for one in fragments if one.startswith("otc.dis.attributes")] == [kind]


def test_attributes_of_both_kinds_are_the_same() -> None:
    kinds = [yaml.safe_load(text)["attributes"] for name, text in FRAGMENTS.items() if "attributes" in name]
    assert set(kinds[0]) == set(kinds[1])


@pytest.mark.parametrize("name", TABLES)
def test_module_documents_the_rules_of_its_table(name: str) -> None:
    options = options_of(name)
    for field in TABLES[name]:
        text = " ".join(options[field.name]["description"])
        default = json.dumps(field.default) if field.type == "bool" else field.default
        assert default in (None, "", "null") or f"V({default})" in text, f"{field.name} does not tell its default"
        assert not field.required or "Required to create" in text, f"{field.name} does not say that it is required"
        for bound in (field.minimum, field.maximum) if field.type == "int" else ():
            assert bound is None or str(bound) in text, f"{field.name} does not tell its range"


@pytest.mark.parametrize("name", SHOWN)
def test_return_values_of_every_module_are_documented(name: str) -> None:
    reported = yaml.safe_load(module_of(name).RETURN)
    key, resource = SHOWN[name]
    names = {field.name for field in TABLES.get(name, ()) if not field.secret}
    assert set(reported[key]["contains"]) == set(resource or {}) >= names
    assert (set() if name.endswith("_info") else {"actions", "unverified", "done"}) | {"error"} < set(reported)


@pytest.mark.parametrize("name", MODULES)
def test_every_failure_is_documented(name: str) -> None:
    reported = yaml.safe_load(module_of(name).RETURN)
    assert set(reported["error"]["contains"]) == {"kind", "status", "code", "request_id", "hint"}
    words = " ".join(reported["error"]["contains"]["kind"]["description"]).split(". ")[1]
    assert tuple(re.findall(r"V\((\w+)\)", words)) == KINDS
    assert ("done" in reported) != changes_nothing(name)


@pytest.mark.parametrize("name", MODULES)
def test_samples_of_errors_are_what_the_module_returns(name: str) -> None:
    members = yaml.safe_load(module_of(name).RETURN)["error"]["contains"]
    sample = {member: documentation["sample"] for member, documentation in members.items()}
    error = ApiError("do it", sample["status"], sample["code"], "no", sample["request_id"])
    assert error.as_result()["error"] == sample


def kinds_below(kind: type[DisError]) -> list[type[DisError]]:
    return [one for below in kind.__subclasses__() for one in (below, *kinds_below(below))]


def test_every_error_has_a_kind() -> None:
    for path in UTILS.rglob("*.py"):
        name = ".".join(path.relative_to(UTILS).with_suffix("").parts)
        importlib.import_module(f"ansible_collections.otc.dis.plugins.module_utils.{name}")
    reported = {
        one.__name__: one("x", 400, None, "x").kind if one is ApiError else one.kind for one in kinds_below(DisError)
    }
    assert len(reported) > 10
    assert set(reported.values()) <= set(KINDS)


def test_every_kind_of_error_is_in_the_guide() -> None:
    guide = PLUGINS.parent / "docs/docsite/rst/errors_guide.rst"
    section = guide.read_text("utf-8").split("\nError kinds\n")[1].split("\nDIS error codes\n")[0]
    assert tuple(re.findall(r"^``(\w+)``$", section, re.MULTILINE)) == KINDS


def test_every_code_with_a_hint_is_in_the_guide() -> None:
    guide = (PLUGINS.parent / "docs/docsite/rst/errors_guide.rst").read_text("utf-8")
    reported = set()
    for entry in re.findall(r"^(``.*)$", guide, re.MULTILINE):
        for first, last in re.findall(r"``((?:\w+\.)?\d{4})``(?: to ``((?:\w+\.)?\d{4})``)?", entry):
            stem, low, high = first[:-4], int(first[-4:]), int((last or first)[-4:])
            reported |= {f"{stem}{number:04}" for number in range(low, high + 1)}
    assert len(reported) > 1000  # DIS.5000 to DIS.5999 among them
    assert set(HINTS) - reported == set()
    assert all(any(pattern.match(code) for code in reported) for pattern, _hint in HINT_RANGES)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "DIS.4301", "not_found"), (400, "DIS.4354", "not_found"), (404, None, "not_found"),
        (410, None, "not_found"), (400, "DIS.4375", "not_found"), (400, "DIS.4603", "not_found"),
        (404, "APIG.0101", "unsupported"), (405, None, "unsupported"), (404, "IAM.0004", "rejected"),
        (401, None, "authentication"), (441, "DIS.4114", "authentication"), (400, "DIS.4105", "authentication"),
        (401, "APIGW.0301", "authentication"), (401, "IAM.0061", "authentication"), (403, None, "forbidden"),
        (403, "DIS.4116", "forbidden"), (401, "APIG.0302", "forbidden"), (403, "DIS.4309", "forbidden"),
        (429, None, "throttled"), (400, "DIS.4303", "throttled"), (503, "APIG.0308", "throttled"),
        (403, "IAM.0012", "throttled"), (500, None, "service_error"), (502, "APIG.0201", "service_error"),
        (400, "DIS.5250", "service_error"), (400, "DIS.4338", "rejected"), (400, None, "rejected"),
        (418, "X", "rejected"),
    ],
)  # fmt: skip
def test_refusal_is_of_a_kind(status: int, code: str | None, kind: str) -> None:
    assert ApiError("do it", status, code, "no").kind == kind


def test_web_page_does_not_mean_not_found() -> None:
    assert ApiError("do it", 404, None, "no", is_page=True).kind == "rejected"


@pytest.mark.parametrize("name", MODULES)
def test_examples_name_options_that_there_are(name: str) -> None:
    options = options_of(name)
    for task in yaml.safe_load(module_of(name).EXAMPLES):
        assert set(task.get(f"otc.dis.{name}", {})) <= set(options)
        assert task["name"]


def test_options_of_the_inventory_plugin_are_documented_and_those_of_its_login_are_the_modules() -> None:
    reported = yaml.safe_load(inventory.DOCUMENTATION)
    assert "otc.dis.auth" in reported["extends_documentation_fragment"]
    own = {name: option for name, option in reported["options"].items() if name not in ("plugin", "hostnames")}
    assert facts({**own, **documented(FRAGMENTS["otc.dis.auth"])}) == facts(inventory.SPEC)
    theirs = {"plugin", "strict", "compose", "groups", "keyed_groups"}
    used = {name for name in yaml.safe_load(inventory.EXAMPLES) if not name.startswith("cache")}
    assert used <= {*inventory.SPEC, *theirs}


def test_no_secret_takes_part_in_the_name_of_a_cache() -> None:
    marked = {name for name, option in AUTH["auth"]["options"].items() if option.get("no_log")}
    assert marked <= set(SECRET)
    sources = [Source("here", {**dict.fromkeys(AUTH_KEYS, "x"), **dict.fromkeys(marked, "one")})]
    others = [Source("here", {**sources[0].values, **dict.fromkeys(marked, "two")})]
    assert cache_suffix(sources, Query()) == cache_suffix(others, Query())


def test_action_group_holds_all_modules_and_nothing_else() -> None:
    runtime = yaml.safe_load((PLUGINS.parent / "meta/runtime.yml").read_text())
    assert sorted(runtime["action_groups"]["dis"]) == MODULES


def test_the_action_plugin_runs_every_module() -> None:
    runtime = yaml.safe_load((PLUGINS.parent / "meta/runtime.yml").read_text())
    assert runtime["plugin_routing"]["modules"] == {name: {"action_plugin": "otc.dis.stream"} for name in MODULES}
    assert [path.stem for path in (PLUGINS / "action").glob("*.py")] == ["stream"]


LAYERS = {
    "_core": {"_core"},
    "_cloud": {"_cloud", "_core"},
    "_resources": {"_resources", "_core"},
    "_queries": {"_queries", "_resources", "_core"},
}
"""For each folder, the folders from which its files may import."""


@pytest.mark.parametrize("path", sorted(UTILS.glob("_*/*.py")), ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_imports_run_one_way(path: Path) -> None:
    imports = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    ours = {(one.module or "").split(".")[0] if one.level == 2 else path.parent.name for one in imports if one.level}
    assert ours <= LAYERS[path.parent.name]
    ansible = {one.module for one in imports if (one.module or "").startswith("ansible")}
    assert ansible <= {"ansible.module_utils.common.arg_spec", "ansible.module_utils.errors"}  # the entries of a batch


@pytest.mark.parametrize(("text", "found"), [("a: 1", {"a": 1}), ("", None)])
def test_yaml_is_read(text: str, found: Any) -> None:
    assert parse_yaml(text, bytes) == found


@pytest.mark.parametrize("text", ["!!python/object/apply:os.getcwd []", "a: ["])
def test_yaml_that_is_none_or_not_safe_is_refused(text: str) -> None:
    with pytest.raises(NotYaml, match="not valid YAML"):
        parse_yaml(text, bytes)


def test_values_under_secret_names_are_found() -> None:
    holding = {"password": "a", "pin": 7, "flag": True, "blank": "", "list": ["x"], "name": "n"}
    assert list(secret_values(holding)) == ["a"]
    assert list(secret_values({**holding, "auth": "text"})) == ["a", "text"]
    assert list(secret_values({"regions": [{"values": {"auth": {"pasword": 7, "username": "n"}}}]})) == ["7"]
    assert list(secret_values({"auth_url": "https://robot:secret@iam.example"})) == ["robot:secret"]
    assert list(secret_values(["x"], is_secret=True)) == ["x"]
    assert list(secret_values("text")) == []
