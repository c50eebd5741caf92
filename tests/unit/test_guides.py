# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests and functions that the guides name exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
GUIDES = ROOT / "docs/docsite/rst"
UTILS = ROOT / "plugins/module_utils"


def text_of(page: Path) -> str:
    return " ".join(page.read_text("utf-8").split())


def functions(path: Path) -> set[str]:
    tree = ast.walk(ast.parse(path.read_text("utf-8")))
    return {node.name for node in tree if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


# --- what guides name ---


SECURITY: dict[str, list[str]] = yaml.safe_load((ROOT / "tests/docs/security.yml").read_text("utf-8"))
PAGES = [*GUIDES.glob("*.rst"), ROOT / "tests/docs/security.yml"]
NAMED_TESTS = sorted(
    {found for page in PAGES for found in re.findall(r"(tests/[\w/]+\.py)::(\w+)", text_of(page))},
)


def test_each_protection_of_the_security_guide_has_tests() -> None:
    guide = (GUIDES / "security_guide.rst").read_text("utf-8")
    titles = re.findall(r"^(\w.*|``.*)\n  \w", guide.partition("\nSecrets in output\n")[2], re.MULTILINE)
    assert [title.replace("``", "") for title in titles] == list(SECURITY)
    assert all(SECURITY.values())
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
    for words, number in ((option, "seven"), (failure, "five")):
        files = {one for one in re.findall(r"``([\w/]+\.py)``", words) if not one.startswith("tests/")}
        assert {"seven": 7, "five": 5}[number] == len(files), sorted(files)
        assert f"{number} files" in words.lower()


# --- links to files of the repository ---


LINK = re.compile(r"https://github\.com/otc-dis/otc\.dis/(?:blob|tree)/main/([\w./-]*\w)(?:#([\w-]+))?")
LINKING = [*ROOT.glob("*.md"), *ROOT.glob("docs/docsite/rst/*.rst"), *ROOT.glob("tests/docs/*.rst")]
LINKING += [*ROOT.glob("roles/*/README.md"), *ROOT.glob("plugins/*/*.py")]
LINKS = sorted({link for page in LINKING for link in LINK.findall(page.read_text("utf-8"))})


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the titles of a page."""
    titles = re.findall(r"^#+ (.*)$|^(\S.*)\n[-=~^]{3,}$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", "".join(title).lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize(("path", "anchor"), LINKS)
def test_linked_file_and_section_exist(path: str, anchor: str) -> None:
    assert (ROOT / path).exists()
    assert not anchor or anchor in anchors(ROOT / path)


# --- the front page ---


FRONT_PAGE = (ROOT / "tests/docs/index.rst").read_text("utf-8")
LINKED = [
    *(f"docsite/{path.stem}" for path in GUIDES.glob("*.rst")),
    *(f"{path.stem}_module" for path in (ROOT / "plugins/modules").glob("*.py")),
    *(f"{path.parent.name}_role" for path in ROOT.glob("roles/*/tasks")),
]


@pytest.mark.parametrize("page", sorted(LINKED))
def test_the_front_page_links_each_guide_module_and_role(page: str) -> None:
    assert f"<{page}>" in FRONT_PAGE
