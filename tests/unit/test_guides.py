# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides keep what they say: drawings are those of the code, and tests and functions that they name exist."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDES = ROOT / "docs/docsite/rst"
UTILS = ROOT / "plugins/module_utils"


def load(name: str) -> ModuleType:
    """A file of the site's tools as a module."""
    spec = importlib.util.spec_from_file_location(f"site_{name}", ROOT / "tests/docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


pictures, front, links = load("pictures"), load("front"), load("links")


def text_of(page: Path) -> str:
    return " ".join(page.read_text("utf-8").split())


def functions(path: Path) -> set[str]:
    tree = ast.walk(ast.parse(path.read_text("utf-8")))
    return {node.name for node in tree if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


# --- drawings ---


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_drawing_is_what_the_code_says(name: str) -> None:
    drawn = pictures.PICTURES[name]()
    assert (GUIDES / name).read_text("utf-8") == drawn, "draw it anew: make docs ARGS=draw"
    root = ET.fromstring(drawn)
    assert [child.tag.rpartition("}")[2] for child in root][:2] == ["title", "desc"]


@pytest.mark.parametrize(
    ("row", "state", "told"),
    [
        ("no such task", "stopped", "create → stop"),
        ("as described, STARTING", "started", "nothing, wait"),
        ("as described, ABNORMAL", "started", "nothing, wait a minute, then fail"),
        ("as described, ERROR", "started", "fail"),
        ("as described, ERROR", "present", "nothing, warn"),
        ("differs, PAUSED, on_drift: update", "started", "update → start"),
        ("differs, PAUSED, on_drift: recreate", "present", "delete → create → stop, warn"),
        ("another destination type", "absent", "fail"),
        ("no such stream", "absent", "nothing"),
    ],
)
def test_state_table_is_asked_from_the_code(row: str, state: str, told: str) -> None:
    rows = {one.found: one for one in pictures.ROWS}
    assert str(pictures.cell(rows[row], state)) == told


# --- what guides name ---


NAMED_TESTS = sorted(
    {found for page in GUIDES.glob("*.rst") for found in re.findall(r"(tests/[\w/]+\.py)::(\w+)", text_of(page))}
)


def test_the_guide_to_security_names_tests() -> None:
    assert len(NAMED_TESTS) > 40


@pytest.mark.parametrize(("path", "name"), NAMED_TESTS, ids=lambda part: part.rpartition("/")[2])
def test_test_that_a_guide_names_exists(path: str, name: str) -> None:
    assert name in functions(ROOT / path)


FOLLOWED = sorted(
    set(re.findall(r"``(\w+)\(\)`` of ``([\w/]+\.py)``", text_of(GUIDES / "architecture_guide.rst"))),
    key=lambda pair: pair[::-1],
)


@pytest.mark.parametrize(("name", "path"), FOLLOWED, ids=lambda part: part)
def test_function_that_the_architecture_names_exists(name: str, path: str) -> None:
    assert name in functions((ROOT if path.startswith(("plugins/", "tests/")) else UTILS) / path)


def test_the_architecture_follows_functions_and_counts_their_files() -> None:
    page = text_of(GUIDES / "architecture_guide.rst")
    option = page[page.index("One option from") : page.index("One failure from")]
    failure = page[page.index("One failure from") : page.index("The state table")]
    for words, number in ((option, "eleven"), (failure, "nine")):
        files = set(re.findall(r"``([\w/]+\.py)``", words))
        assert {"eleven": 11, "nine": 9}[number] == len(files), sorted(files)
        assert f"{number} files" in words.lower()


# --- the front page ---


def test_every_question_leads_to_a_page_that_there_is() -> None:
    plugins = {
        *(f"{path.stem}_module" for path in (ROOT / "plugins/modules").glob("*.py")),
        *(f"{path.name}_role" for path in (ROOT / "roles").iterdir()),
        *(f"{path.stem}_inventory" for path in (ROOT / "plugins/inventory").glob("*.py")),
        *(f"{path.stem}_filter" for path in (ROOT / "plugins/filter").glob("*.py")),
    }
    guides = {path.stem for path in GUIDES.glob("*.rst")}
    asked = [one for group in front.read(ROOT / "tests/docs/questions.yml") for one in group.questions]
    assert {one.to.partition("#")[0] for one in asked} <= plugins | guides
    assert guides <= {one.to.partition("#")[0] for one in asked}, "a guide to which no question leads"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("{how: a, short: b}", "must have how, short, to"),
        ("{how: a, short: b, to: c, more: d}", "must have"),
        ("{how: a, short: 5, to: c}", "each a text"),
        ("{how: a, short: b, to: c}\n  - {how: a, short: d, to: e}", "asked twice: a"),
    ],
)
def test_question_that_says_too_little_is_refused(tmp_path: Path, row: str, words: str) -> None:
    (tmp_path / "questions.yml").write_text(f"- group: g\n  questions:\n  - {row}\n")
    with pytest.raises(ValueError, match=words):
        front.read(tmp_path / "questions.yml")


def test_dead_links_are_found_and_others_are_not(tmp_path: Path) -> None:
    (tmp_path / "docsite").mkdir()
    (tmp_path / "docsite/a_guide.html").write_text('<h2 id="there">x</h2><a href="../index.html#top">y</a>')
    (tmp_path / "index.html").write_text(
        '<p id="top"><a href="docsite/a_guide.html#there">1</a><a href="docsite/a_guide.html#not-there">2</a>'
        '<a href="docsite/b_guide.html">3</a><a href="https://example.com/#x">4</a><img src="no.svg">'
        '<a href="#top">5</a>'
    )
    assert links.dead(tmp_path) == [
        "index.html: docsite/a_guide.html#not-there leads to no section",
        "index.html: docsite/b_guide.html leads to no page",
        "index.html: no.svg leads to no page",
    ]


def test_guide_that_is_only_in_the_side_bar_is_not_reached(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<nav><a href="docsite/b_guide.html">b</a></nav><article><a href="docsite/a_guide.html#x">a</a></article>'
    )
    complaints = front.unreachable(tmp_path, {"a_guide": "A", "b_guide": "B"})
    assert complaints == ['b_guide ("B"): no question of the front page leads there']
