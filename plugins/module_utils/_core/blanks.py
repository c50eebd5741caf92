# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options as surveys, CSV files and YAML hand them in, before Ansible converts them. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Container, Dict, Iterator, Mapping

from .schema import is_blank

Spec = Mapping[str, Mapping[str, Any]]
NUMBERS = {"int": "a whole number", "float": "a number"}


def by_any_name(spec: Spec) -> Dict[str, Mapping[str, Any]]:
    """The options of an argument spec by their names and aliases."""
    return {called: one for name, one in spec.items() for called in (name, *one.get("aliases", ()))}


def without_blanks(spec: Spec, options: Mapping[str, Any], may_be_empty: Container[str]) -> Dict[str, Any]:
    """Options without those that are blank, at any depth, so that they count as left out and take their defaults.

    A required option stays as it is, for the failure that names it. Elements of a list that are blank go, and so does a
    list that holds no others.

    :param may_be_empty: names of options for which an empty text is a value
    """
    known = by_any_name(spec)
    kept: Dict[str, Any] = {}
    for name, value in options.items():
        option = known.get(name)
        if option is None:
            kept[name] = value
            continue
        cleaned = without_blank_elements(option, value, may_be_empty)
        if option.get("required") or not counts_as_left_out(option, cleaned, name in may_be_empty):
            kept[name] = cleaned
    return kept


def counts_as_left_out(option: Mapping[str, Any], value: Any, may_be_empty: bool) -> bool:
    """Whether the value of an option is null, or a text that is no value: blanks are one where any text is."""
    if may_be_empty or "" in option.get("choices", ()):
        return value is None
    if option.get("type") in ("str", "raw", "json") and "choices" not in option:
        return value is None or value == ""
    return is_blank(value)


def without_blank_elements(option: Mapping[str, Any], value: Any, may_be_empty: Container[str]) -> Any:
    """The value of an option without what is blank inside it; None if nothing else was in it."""
    below = option.get("options")
    if below is not None and isinstance(value, dict):
        return without_blanks(below, value, may_be_empty)
    if option.get("type") != "list" or is_blank(value):
        return value
    elements = value.split(",") if isinstance(value, str) else value
    if not isinstance(elements, list):
        return value
    if below is None and option.get("elements") != "dict":
        rest = [one for one in elements if not is_blank(one)]
        return rest if rest or not elements else None
    return [without_blanks(below, one, may_be_empty) if below and isinstance(one, dict) else one for one in elements]


def booleans_as_numbers(spec: Spec, options: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """What is wrong with numbers that are booleans, which Ansible takes for 0 and 1; YAML reads ``yes`` as one.

    :param path: what to put before a name
    """
    known = by_any_name(spec)
    for name, value in options.items():
        option = known.get(name, {})
        kind = option.get("type", "")
        entries = value if isinstance(value, list) else [value]
        for number, one in enumerate(entries):
            place = f"{path}{name}[{number}]" if isinstance(value, list) else f"{path}{name}"
            wanted = NUMBERS.get(option.get("elements", "") if kind == "list" else kind)
            if wanted and isinstance(one, bool):
                yield f"{place} is {one}, but must be {wanted}"
            if isinstance(one, dict) and option.get("options"):
                yield from booleans_as_numbers(option["options"], one, f"{place}.")
