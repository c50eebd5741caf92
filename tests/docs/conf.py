# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of Sphinx for the site."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

project = "otc.dis"
author = "otc.dis contributors"
copyright = f"2026, {author}"  # noqa: A001
version = release = re.findall(r"^version: (\S+)", (ROOT / "galaxy.yml").read_text("utf-8"), re.MULTILINE)[0]
extensions = ["sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
intersphinx_mapping = {
    "ansible": ("https://docs.ansible.com/ansible/latest/", str(ROOT / ".build/docs/ansible.inv")),
}
default_role = "any"
highlight_language = "yaml+jinja"
smartquotes = False  # what readers copy must be what they need
antsibull_ext_color_scheme = "none"  # site.css has the colours, for light and dark

html_theme = "furo"
html_title = f"otc.dis {version}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
html_theme_options = {
    "footer_icons": [{"name": "Sources", "url": "https://github.com/otc-dis/otc.dis", "html": "Sources", "class": ""}],
}
