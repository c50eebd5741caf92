# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises between files: documentation and argument specs, action group, layers."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.otc.dis.plugins.doc_fragments import auth as auth_fragment
from ansible_collections.otc.dis.plugins.doc_fragments import transfer_task as transfer_task_fragment
from ansible_collections.otc.dis.plugins.doc_fragments import wait as wait_fragment
from ansible_collections.otc.dis.plugins.module_utils._argspec import AUTH, WAIT, transfer_task_spec
from ansible_collections.otc.dis.plugins.module_utils._destinations import DESTINATIONS
from ansible_collections.otc.dis.plugins.module_utils._runner import parse_yaml, secret_values
from ansible_collections.otc.dis.plugins.module_utils._transfer_task import TransferTask, shown

PLUGINS = Path(auth_fragment.__file__).parent.parent
MODULES = sorted(path.stem for path in (PLUGINS / "modules").glob("*.py"))
TOLD = ("type", "required", "default", "choices", "aliases", "elements")


def facts(spec: dict[str, Any]) -> dict[str, Any]:
    """What documentation and argument spec both say of options."""
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


SECTIONS = [transfer_task_fragment, auth_fragment, wait_fragment]


def module_of(kind: str) -> Any:
    return importlib.import_module(f"ansible_collections.otc.dis.plugins.modules.{DESTINATIONS[kind].module_name}")


def options_of(kind: str) -> dict[str, Any]:
    """All options of a destination's module as its documentation has them, fragments included."""
    options: dict[str, Any] = {}
    for fragment in SECTIONS:
        options.update(documented(fragment.ModuleDocFragment.DOCUMENTATION))
    return {**options, **documented(module_of(kind).DOCUMENTATION)}


@pytest.mark.parametrize("kind", DESTINATIONS)
def test_module_of_every_destination_documents_its_table(kind: str) -> None:
    options = options_of(kind)
    assert facts(options) == facts(transfer_task_spec(DESTINATIONS[kind]))
    for field in DESTINATIONS[kind]:
        text = " ".join(options[field.name]["description"])
        assert field.default in (None, "") or f"V({field.default})" in text, f"{field.name} does not tell its default"
        assert not field.needed or "Needed to create" in text, f"{field.name} does not say that it is needed"
        for bound in (field.least, field.most) if field.type == "int" else ():
            assert bound is None or str(bound) in text, f"{field.name} does not tell its range"


@pytest.mark.parametrize("kind", DESTINATIONS)
def test_return_values_of_every_destination_are_documented(kind: str) -> None:
    told = yaml.safe_load(module_of(kind).RETURN)
    names = {field.name for field in DESTINATIONS[kind] if not field.secret}
    task = TransferTask("s", "t", kind, {}, None)
    assert set(told["transfer_task"]["contains"]) == set(shown(task) or {}) >= names
    assert {"actions", "unverified", "done", "error"} < set(told)


def module_named(name: str) -> Any:
    return importlib.import_module(f"ansible_collections.otc.dis.plugins.modules.{name}")


def whole_documentation(name: str) -> dict[str, dict[str, Any]]:
    """Options and attributes of a module, those of its fragments included."""
    own = yaml.safe_load(module_named(name).DOCUMENTATION)
    whole: dict[str, dict[str, Any]] = {"options": {}, "attributes": {}}
    for fragment in own["extends_documentation_fragment"]:
        _otc, _dis, file, *section = fragment.split(".")
        code = importlib.import_module(f"ansible_collections.otc.dis.plugins.doc_fragments.{file}").ModuleDocFragment
        text = yaml.safe_load(getattr(code, section[0].upper() if section else "DOCUMENTATION"))
        for part in whole:
            whole[part].update(text.get(part, {}))
    for part in whole:
        whole[part].update(own.get(part, {}))
    return whole


WITH_SPEC = [name for name in MODULES if hasattr(module_named(name), "SPEC")]


@pytest.mark.parametrize("name", WITH_SPEC)
def test_documentation_and_argument_spec_agree(name: str) -> None:
    assert facts(whole_documentation(name)["options"]) == facts(module_named(name).SPEC)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_tells_its_attributes_its_results_and_its_failures(name: str) -> None:
    assert set(whole_documentation(name)["attributes"]) == {"check_mode", "diff_mode", "idempotent", "action_group"}
    told = yaml.safe_load(module_named(name).RETURN)
    assert set(told["error"]["contains"]) == {"status", "code", "request_id", "hint"}
    assert ("done" in told) != name.endswith("_info")


@pytest.mark.parametrize("name", MODULES)
def test_examples_name_options_that_there_are(name: str) -> None:
    options = whole_documentation(name)["options"]
    for task in yaml.safe_load(module_named(name).EXAMPLES):
        assert set(task.get(f"otc.dis.{name}", {})) <= set(options)
        assert task["name"]


def test_action_group_holds_all_modules_and_nothing_else() -> None:
    runtime = yaml.safe_load((PLUGINS.parent / "meta/runtime.yml").read_text())
    assert sorted(runtime["action_groups"]["dis"]) == MODULES


# who may import whom, from the inside out; a layer never imports one that stands below it in this list
LAYERS = {
    "_errors": set(),
    "_plan": set(),
    "_destinations": {"_errors"},
    "_argspec": {"_destinations"},
    "_paging": {"_destinations"},
    "_rules": {"_destinations", "_errors"},
    "_app": {"_destinations", "_errors", "_plan", "_rules"},
    "_checkpoint": {"_app", "_destinations", "_plan", "_rules"},
    "_times": set(),
    "_metrics": {"_destinations", "_errors", "_rules", "_times"},
    "_records": {"_destinations", "_errors", "_rules", "_times"},
    "_wait": {"_errors"},
    "_transfer_task": {"_destinations", "_errors", "_plan"},
    "_http": {"_errors"},
    "_settings": {"_destinations", "_errors", "_http"},
    "_clouds": {"_errors", "_settings"},
    "_auth": {"_errors", "_http", "_settings"},
    "_client": {"_auth", "_errors", "_http", "_settings"},
    "_client_transfer_tasks": {"_client", "_errors", "_paging", "_transfer_task"},
    "_client_apps": {"_app", "_checkpoint", "_client", "_paging"},
    "_client_records": {"_client", "_errors", "_paging"},
    "_find_metrics": {"_client_records", "_errors", "_metrics"},
    "_put_records": {"_client_records", "_errors", "_records"},
    "_get_records": {"_client_records", "_destinations", "_errors", "_records", "_rules"},
    "_find_apps": {"_app", "_client_apps", "_errors", "_rules"},
    "_converge_app": {"_app", "_client_apps", "_converge", "_errors", "_plan", "_wait"},
    "_converge_checkpoint": {"_checkpoint", "_client_apps", "_converge", "_errors", "_plan", "_wait"},
    "_find_transfer_tasks": {
        *("_client_transfer_tasks", "_destinations", "_errors", "_paging", "_rules", "_transfer_task"),
    },
    "_converge": {"_client", "_errors", "_plan", "_wait"},
    "_converge_transfer_task": {"_client_transfer_tasks", "_converge", "_errors", "_plan", "_transfer_task", "_wait"},
}
OUTSIDE = {"_http": {"requests", "urllib3"}}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", sorted((PLUGINS / "module_utils").glob("_*.py")), ids=lambda path: path.stem)
def test_arrows_point_inwards(path: Path) -> None:
    ours, theirs = set(), set()
    for name in imports(path):
        if name.startswith("ansible_collections."):
            ours.add(next(part for part in name.split(".")[5:] if part.startswith("_")))
        else:
            theirs.add(name.split(".")[0])
    if path.stem.startswith("_run"):
        return
    assert ours <= LAYERS[path.stem]
    assert not theirs & {"ansible", "yaml"}
    assert theirs & {"requests", "urllib3"} <= OUTSIDE.get(path.stem, set())


@pytest.mark.parametrize(("text", "found"), [("a: 1", {"a": 1}), ("", None)])
def test_yaml_is_read(text: str, found: Any) -> None:
    assert parse_yaml(text) == found


@pytest.mark.parametrize("text", ["!!python/object/apply:os.getcwd []", "a: ["])
def test_yaml_that_is_none_or_not_safe_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not YAML"):
        parse_yaml(text)


def test_values_under_secret_names_are_found() -> None:
    holding = {"password": "a", "pin": 7, "flag": True, "blank": "", "list": ["x"], "name": "n"}
    assert secret_values(holding, lambda name: name != "name") == ["a", "7"]
    assert secret_values("text", lambda name: True) == []
