# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of Sphinx for the site, which make docs builds."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# What generated pages name in Ansible's own documentation; the build must not need the network for its inventory.
ANSIBLE = {
    "action_plugins": "plugins/action.html",
    "ansible_collections.ansible.builtin.add_host_module": "collections/ansible/builtin/add_host_module.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
HEAD = "# Sphinx inventory version 2\n# Project: ansible\n# Version:\n# The rest of this file is compressed: zlib\n"
INVENTORY = ROOT / ".build/docs/ansible.inv"
LINES = "".join(f"{name} std:label -1 {page}#{name.replace('_', '-')} {name}\n" for name, page in ANSIBLE.items())
INVENTORY.write_bytes(HEAD.encode() + zlib.compress(LINES.encode()))

project = "otc.dis"
copyright = "2026, otc.dis contributors"  # noqa: A001
version = release = re.findall(r"^version: (\S+)", (ROOT / "galaxy.yml").read_text("utf-8"), re.MULTILINE)[0]
extensions = ["sphinx.ext.autosectionlabel", "sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
autosectionlabel_prefix_document = True
suppress_warnings = ["autosectionlabel.*"]  # sections of the same name in one page, to which nothing leads by name
intersphinx_mapping = {"ansible": ("https://docs.ansible.com/ansible/latest/", str(INVENTORY))}
antsibull_ext_color_scheme = "default-autodark"
default_role = "any"
highlight_language = "yaml+jinja"
smartquotes = False  # what readers copy must be what they need

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_title = f"otc.dis {version}"
html_use_index = False


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("html-page-context", break_titles)


def break_titles(_app: Any, _page: str, _template: str, context: dict[str, Any], _doctree: Any) -> None:
    """Let names in titles break after a dot or an underscore, and not inside a word."""

    def words(text: re.Match[str]) -> str:
        return re.sub(r"(?<=\w[._])(?=\w)", "<wbr>", text[0])

    titles = re.compile(r"<h([1-6])>.*?</h\1>", re.DOTALL)
    context["body"] = titles.sub(lambda title: re.sub(r">[^<]+<", words, title[0]), context.get("body", ""))
