# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The front page of the site: what people ask, and where it is answered."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import yaml

WORDS = {"module": "Modules", "role": "Roles", "inventory": "Inventory", "filter": "Filters", "lookup": "Lookups"}
FOR_CONTRIBUTORS = ("architecture_guide", "contributor_guide", "proof_guide")
BESIDE_THE_THEME = "this-will-duplicate-information-and-it-is-still-useful-here"
INTRODUCTION = """\
Streams of the Data Ingestion Service (DIS) of Open Telekom Cloud, the apps that read them, and the transfer tasks that
load their records into DLI, OBS, MRS, DWS or CloudTable, kept as a playbook describes them: with check mode, diff, a
truthful ``changed``, and errors that say what to do next.

.. code-block:: yaml

{example}

New here? `The first transfer takes five minutes <docsite/first_transfer_guide.html>`__, also `without a cloud
<docsite/emulator_guide.html>`__.
"""


COMMUNICATION = """\
.. _communication_for_otc.dis:

Ask and report
--------------

Questions and ideas: the `issues of the project <https://github.com/otc-dis/otc.dis/issues>`__ or the `Ansible Forum
<https://forum.ansible.com/>`__. Report errors in the issues, with the versions of ansible-core and of the collection,
the task, and the whole ``msg``.
"""


class Question(NamedTuple):
    """A row of the front page.

    :ivar how: what follows "How do I"
    :ivar short: the answer in a few words, as reStructuredText
    :ivar to: a guide or a page of the reference, and the anchor in it
    """

    how: str
    short: str
    to: str

    @property
    def href(self) -> str:
        """Where the answer is, seen from the front page."""
        page, _hash, anchor = self.to.partition("#")
        folder = "docsite/" if page.endswith("_guide") else ""
        return f"{folder}{page}.html" + (f"#{anchor}" if anchor else "")


class Group(NamedTuple):
    """Questions that belong together."""

    title: str
    questions: Sequence[Question]


class Reference(NamedTuple):
    """A page that was made from a plugin or a role.

    :ivar kind: ``module``, ``role``, ``inventory`` and so on
    """

    name: str
    kind: str
    told: str

    @property
    def page(self) -> str:
        """Its page."""
        return f"{self.name}_{self.kind}"


def read(path: Path) -> list[Group]:
    """The questions.

    :raises ValueError: a row says too little, too much, or the same as another
    """
    groups = []
    seen: set[str] = set()
    for entry in yaml.safe_load(path.read_text("utf-8")):
        rows: list[Question] = []
        for row in entry["questions"]:
            if set(row) != set(Question._fields) or not all(isinstance(value, str) for value in row.values()):
                raise ValueError(f"{path.name}: {row} must have {', '.join(Question._fields)}, each a text")
            if row["how"] in seen:
                raise ValueError(f"{path.name}: asked twice: {row['how']}")
            seen.add(row["how"])
            rows.append(Question(**row))
        groups.append(Group(entry["group"], rows))
    return groups


def order(path: Path) -> list[str]:
    """The guides in the order in which the collection names them."""
    sections: list[dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))["sections"]
    return [name for section in sections for name in section["toctree"]]


def references(overview: str) -> list[Reference]:
    """What the generated overview lists."""
    lines = re.findall(r"^\* :ansplugin:`\S+ \w+ <otc\.dis\.(\w+)#(\w+)>` -- (.*)$", overview, re.MULTILINE)
    return [Reference(*line) for line in lines]


def example(module: Path) -> str:
    """The first example of a module, as the playbook tests run it."""
    found = re.search(r'^EXAMPLES = r"""\n(- name: .*?)\n\n', module.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    if found is None:
        raise ValueError(f"{module.name} has no example")
    return found.group(1)


def title(page: str) -> str:
    """The title of a guide."""
    found = re.search(r"^(.+)\n=+\n", page, re.MULTILINE)
    return found.group(1) if found else ""


def dressed(text: str) -> str:
    """A page as the theme wants it: it has contents of its own, and shows those of a page only when told so."""
    text = re.sub(r"^( *)\.\. contents::\n", rf"\g<0>\1   :class: {BESIDE_THE_THEME}\n", text, flags=re.MULTILINE)
    return re.sub(r"^(otc\.dis\.\w+ \w+) -- (?=.*\n\++$)", "\\1 — ", text, flags=re.MULTILINE)


def table(rows: Iterable[tuple[str, str]], head: tuple[str, str], name: str, widths: str) -> str:
    """A table of two columns."""
    text = f".. list-table::\n   :header-rows: 1\n   :widths: {widths}\n   :class: {name}\n\n"
    for first, second in (head, *rows):
        text += f"   * - {first}\n     - {second}\n"
    return text + "\n"


def heading(words: str, line: str) -> str:
    return f"{words}\n{line * len(words)}\n\n"


def anchor(words: str) -> str:
    """What leads to a heading."""
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def tree(caption: str, pages: Iterable[str]) -> str:
    """An entry of the side bar."""
    lines = "".join(f"   {page}\n" for page in pages)
    return f".. toctree::\n   :hidden:\n   :caption: {caption}\n\n{lines}\n"


def page(groups: Sequence[Group], reference: Sequence[Reference], guides: Sequence[str], shown: str) -> str:
    """The front page as reStructuredText.

    :param guides: in the order of the side bar
    :param shown: an example to begin with
    """
    text = ".. _plugins_in_otc.dis:\n\n" + heading("otc.dis", "=")
    text += INTRODUCTION.format(example=textwrap.indent(shown, "   ")) + "\n"
    text += tree("Guides", [f"docsite/{name}" for name in guides if name not in FOR_CONTRIBUTORS])
    kinds = list(dict.fromkeys(one.kind for one in reference))
    for kind in kinds:
        entries = [f"{one.name} <{one.page}>" for one in reference if one.kind == kind]
        text += tree(WORDS.get(kind, kind.capitalize()), entries)
    text += tree("Contributing", [f"docsite/{name}" for name in guides if name in FOR_CONTRIBUTORS])
    text += heading("How do I …", "-")
    text += " · ".join(f"`{group.title} <#{anchor(group.title)}>`__" for group in groups) + "\n\n"
    for group in groups:
        text += heading(group.title, "~")
        rows = [(f"`{one.how} <{one.href}>`__", one.short) for one in group.questions]
        text += table(rows, ("How do I …", "In short"), "questions", "56 44")
    text += heading("Reference", "-")
    text += "Every option, return value and example.\n\n"
    for kind in kinds:
        rows = [(f"`{one.name} <{one.page}.html>`__", one.told) for one in reference if one.kind == kind]
        text += heading(WORDS.get(kind, kind.capitalize()), "~") + table(
            rows, ("Name", "What it does"), "reference", "34 66"
        )
    return text + COMMUNICATION


class Hrefs(HTMLParser):
    """The addresses inside the article of a page, without its side bars."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.inside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside += tag == "article"
        if tag == "a" and self.inside:
            self.found.add(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        self.inside -= tag == "article"


def unreachable(site: Path, guides: Mapping[str, str]) -> list[str]:
    """Complaints about guides to which no link of the front page's text leads."""
    parser = Hrefs()
    parser.feed((site / "index.html").read_text("utf-8"))
    reached = {href.partition("#")[0] for href in parser.found}
    lonely = sorted(name for name in guides if f"docsite/{name}.html" not in reached)
    return [f'{name} ("{guides[name]}"): no question of the front page leads there' for name in lonely]
