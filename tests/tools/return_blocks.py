# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the parts of ``RETURN`` that several modules share from ``returns.yml``; Ansible has no fragments for them.

``python tests/tools/return_blocks.py`` rewrites the modules, and with ``--check`` names those that differ. A part is a
return value, or a member of one (``error.code``), without its own members. Which parts a module has, and in which
order, is up to the module.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

SOURCE = Path(__file__).with_name("returns.yml")
MODULES = SOURCE.parents[2] / "plugins" / "modules"
RETURN = re.compile(r'(?<=^RETURN = r"""\n).*?(?=^""")', re.MULTILINE | re.DOTALL)


def split(returns: str) -> list[tuple[str, str]]:
    """Path and text of each part of a ``RETURN``; the texts together are the whole."""
    parts: list[tuple[str, str]] = []
    top, inside = "", False
    for line in returns.splitlines(keepends=True):
        found = re.match(r"(    )?(\w+):", line)
        if found and (inside or not found[1]):
            top, inside = (top, inside) if found[1] else (found[2], False)
            parts.append((f"{top}.{found[2]}" if found[1] else top, line))
        else:
            parts[-1] = (parts[-1][0], parts[-1][1] + line)
            inside = inside or line == "  contains:\n"
    return parts


def rendered(path: str, text: str, module: Mapping[str, Any], source: Mapping[str, Any]) -> str:
    """The text of one part: the shared one with the sample of the module, or its own where it is not shared."""
    top, dot, member = path.partition(".")
    shared = source["texts"].get(module.get("same_as", {}).get(top, top) + dot + member if dot else path)
    if shared is None or path in module.get("own", ()):
        return text
    pad = "    " if dot else ""
    lines = "".join(f"{pad}  {line}" if line.strip() else line for line in shared.splitlines(keepends=True))
    sample = module.get("samples", {}).get(path)
    if sample is not None:
        lines = re.sub(rf"(?m)^{pad}  sample: .*$", lambda _found: f"{pad}  sample: {sample}", lines)
    return f"{pad}{member or top}:\n{lines}"


def generated(name: str, code: str, source: Mapping[str, Any]) -> str:
    """The code of a module with its shared parts updated."""
    module = source["modules"].get(name, {})
    return RETURN.sub(
        lambda found: "".join(rendered(path, text, module, source) for path, text in split(found[0])), code
    )


def main() -> int:
    """Write the modules, or with ``--check`` list those that differ."""
    source = yaml.safe_load(SOURCE.read_text("utf-8"))
    differing = []
    for file in sorted(MODULES.glob("*.py")):
        code = file.read_text("utf-8")
        new = generated(file.stem, code, source)
        if new != code:
            differing.append(file.stem)
            if "--check" not in sys.argv:
                file.write_text(new, "utf-8")
    if differing and "--check" in sys.argv:
        print(f"RETURN differs from returns.yml: {', '.join(differing)}. Run {Path(__file__).name}.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
