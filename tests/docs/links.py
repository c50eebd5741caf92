# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links: those that lead out by name, and those that must not lead nowhere."""

from __future__ import annotations

import zlib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What generated pages name in Ansible's own documentation; the build must not fetch its list of everything.
ANSIBLE = {
    "action_plugins": ("plugins/action.html", "Action plugins"),
    "common_return_values": ("reference_appendices/common_return_values.html", "Return values"),
    "ansible_configuration_settings": ("reference_appendices/config.html", "Ansible configuration settings"),
    "ansible_collections.ansible.builtin.add_host_module": (
        "collections/ansible/builtin/add_host_module.html",
        "ansible.builtin.add_host",
    ),
}


def inventory(path: Path) -> None:
    """Write the list of foreign names in the format of Sphinx."""
    lines = "".join(
        f"{name} std:label -1 {page}#{name.replace('_', '-').replace('.', '-')} {told}\n"
        for name, (page, told) in ANSIBLE.items()
    )
    head = ("Sphinx inventory version 2", "Project: ansible", "Version: ", "The rest of this file is compressed: zlib")
    path.write_bytes("".join(f"# {line}\n" for line in head).encode() + zlib.compress(lines.encode()))


class Page(HTMLParser):
    """The anchors of a page and where its links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.hrefs: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and (name == "id" or (tag == "a" and name == "name")):
                self.anchors.add(value)
            if value and ((tag in ("a", "link") and name == "href") or (tag in ("img", "script") and name == "src")):
                self.hrefs.append(value)


def dead(site: Path) -> list[str]:
    """Complaints about links and pictures that lead to no page, file or anchor of the site; others are not followed."""
    pages = {path: Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        for href in dict.fromkeys(page.hrefs):
            parts = urlsplit(href)
            if parts.scheme or parts.netloc:
                continue
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            if not there.is_file():
                found.append(f"{path.relative_to(site)}: {href} leads to no page")
            elif anchor and there in pages and anchor not in pages[there].anchors:
                found.append(f"{path.relative_to(site)}: {href} leads to no section")
    return found
