# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML of settings files, within limits that hold while it is parsed. Private to otc.dis."""

from __future__ import annotations

import re
from typing import Any, Callable

from ansible_collections.otc.dis.plugins.module_utils._errors import BadInput

try:
    import yaml
except ImportError:
    yaml = None  # type: ignore[assignment]

MAX_NODES = 10000
"""Values, keys, lists and mappings of a file, with those that aliases and merges repeat."""
UNQUOTED = re.compile(r"[:-]\s+[@%*&!`|>]|:\s.*:\s|['\"]")
"""A line of YAML with a value that probably lacks quotes."""


class NotYaml(ValueError):
    """A document is not YAML; the text says where and never what is there."""


def parse(document: str, decrypt: Callable[[bytes], bytes]) -> Any:
    """A YAML document.

    :param decrypt: decrypts a value with the tag ``!vault``; raises BadInput where it cannot
    :raises BadInput: the machine has no PyYAML
    :raises NotYaml: it is not YAML, or holds more than :data:`MAX_NODES`
    """
    if yaml is None:
        raise BadInput("Reading clouds.yaml needs PyYAML.", "Install PyYAML in the Python that runs the module.")

    class Loader(yaml.SafeLoader):
        """PyYAML's safe loader with limits and vaulted values."""

        nodes = 0

        def count(self, number: int) -> None:
            """Count nodes.

            :raises NotYaml: there are too many
            """
            self.nodes += number
            if self.nodes > MAX_NODES:
                raise NotYaml("holds more than anybody would write by hand, perhaps by aliases")

        def compose_node(self, parent: Any, index: Any) -> Any:
            """Count each node and each alias."""
            self.count(1)
            return super().compose_node(parent, index)

        def flatten_mapping(self, node: Any) -> None:
            """Count what a merge (``<<``) repeats."""
            before = len(node.value)
            super().flatten_mapping(node)
            self.count(max(0, len(node.value) - before))

        def construct_vault(self, node: Any) -> str:
            """A vaulted value in the clear."""
            return decrypt(str(self.construct_scalar(node)).encode()).decode("utf-8")

    for tag in ("!vault", "!vault-encrypted"):
        Loader.add_constructor(tag, Loader.construct_vault)
    try:
        return yaml.load(document, Loader)
    except yaml.YAMLError as err:
        raise NotYaml(position_of(err, document)) from None
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError) as err:
        raise NotYaml("is not valid YAML: a value does not fit its tag") from err
    except ValueError as err:
        if isinstance(err, NotYaml):
            raise
        raise NotYaml("is not valid YAML: a value does not fit its tag") from None


def position_of(err: Exception, document: str) -> str:
    """Where a YAML document is broken and what the likely cause is, without its content.

    :param err: what the parser raised
    """
    mark = getattr(err, "problem_mark", None) or getattr(err, "context_mark", None)
    if mark is None:
        return "is not valid YAML"
    lines = document.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    text = f"is not valid YAML (line {mark.line + 1}, column {mark.column + 1})"
    if re.match(r"\s*\t", line):
        return f"{text}: the line is indented with a tab, which YAML does not allow"
    if UNQUOTED.search(line):
        return f"{text}: quote values that begin with @ % * & ! or contain ' #' or ': '"
    return text
