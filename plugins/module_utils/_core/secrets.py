# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redaction of secrets in any common encoding, and of control characters. Private to otc.dis.

A server that echoes a request may encode it: URL percent-encoding, JSON, Python and HTML escapes, base64, also nested.
Not all encodings can be generated in advance, so the text is decoded step by step, and each step is searched for the
secret and for the secret decoded in the same way. Matches are mapped back to the original text.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from bisect import bisect_right
from functools import lru_cache
from typing import (
    Any,
    Collection,
    Container,
    FrozenSet,
    Iterable,
    Iterator,
    List,
    Match,
    Optional,
    Pattern,
    Set,
    Tuple,
)

MASK = "********"
MAX_ENCODED_LENGTH = 72
"""Maximum length of one character after two levels of encoding."""
ANSIBLE_MASK = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
"""Ansible's replacement for a value that is a secret; it replaces a part of a value by :data:`MASK`."""
MASKS = (MASK, ANSIBLE_MASK)
MIN_SECRET_LENGTH = 4
"""Minimum length of a secret: shorter ones occur in texts by chance, and masking them would make texts unreadable."""

URL_ESCAPE = re.compile(
    r"(?P<percent>(?:%(?:25)*[0-9A-Fa-f]{2})+)"
    r"|&(?:amp;)*(?P<entity>#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos|nbsp);"
)
"""A URL or HTML escape, also if its escape character was encoded any number of times."""
CODE_ESCAPE = re.compile(
    r"(?P<byte>\\x[0-9A-Fa-f]{2}(?:\\+x[0-9A-Fa-f]{2})*)"
    r"|\\u(?P<high>[dD][89abAB][0-9A-Fa-f]{2})\\+u(?P<low>[dD][c-fC-F][0-9A-Fa-f]{2})"
    r"|\\(?:u(?P<short>(?![dD][89A-Fa-f])[0-9A-Fa-f]{4})|U(?P<long>[0-9A-Fa-f]{8}))"
)
"""A numeric JSON or Python escape; additional backslashes before it are left to the last step."""
BACKSLASH = re.compile(r"(?P<control>[\b\f\n\r\t])|(?P<dropped>\\+)")
"""The last step: an escaped and a plain spelling are equal without backslashes and with the letter of its escape for
each control character."""
STEPS = (URL_ESCAPE, URL_ESCAPE, CODE_ESCAPE, URL_ESCAPE, CODE_ESCAPE, URL_ESCAPE, CODE_ESCAPE, BACKSLASH)
"""Decoding steps. Backslashes are removed last, because this would destroy escapes that are not yet decoded."""
ESCAPED = re.compile(r"[%&\\\b\f\n\r\t]")
"""Characters that a step may change."""
BYTE = re.compile(r"%(?:25)*([0-9A-Fa-f]{2})|\\+x([0-9A-Fa-f]{2})")
LETTER = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}
ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " "}
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{6,}={0,2}")


class Decoded:
    """A text with one level of escapes decoded, and the mapping to its source.

    :ivar text: decoded text
    """

    def __init__(self, source: str, escape: Pattern[str]) -> None:
        self.starts: List[int] = []  # start of each segment in the decoded text
        self.origin: List[Tuple[int, int, bool]] = []  # of each segment in the source: start, end, whether an escape
        parts: List[str] = []
        position = length = 0

        def add_segment(text: str, start: int, end: int, escaped: bool) -> None:
            nonlocal length
            if text:
                self.starts.append(length)
                self.origin.append((start, end, escaped))
                parts.append(text)
                length += len(text)

        for found in escape.finditer(source):
            add_segment(source[position : found.start()], position, found.start(), False)
            for text, start, end in decoded_escape(found):
                add_segment(text, start, end, True)
            position = found.end()
        add_segment(source[position:], position, len(source), False)
        self.text = "".join(parts)

    def span(self, start: int, end: int) -> Tuple[int, int]:
        """Return the span of the source for a nonempty span of the decoded text."""
        first, last = bisect_right(self.starts, start) - 1, bisect_right(self.starts, end - 1) - 1
        begin, _stop, escaped = self.origin[first]
        if not escaped:
            begin += start - self.starts[first]
        stop_begin, stop, escaped = self.origin[last]
        if not escaped:
            stop = stop_begin + end - self.starts[last]
        return begin, stop


def decoded_escape(found: Match[str]) -> Iterator[Tuple[str, int, int]]:
    """Return the characters of an escape, each with its span in the source."""
    kind, start, end = found.lastgroup, found.start(), found.end()
    text = found.group(0)
    if kind in ("percent", "byte"):
        units = [(int(byte.group(1) or byte.group(2), 16), byte.start(), byte.end()) for byte in BYTE.finditer(text)]
        place = 0
        while place < len(units):
            char, size = utf8_character(bytes(unit[0] for unit in units[place : place + 4]))
            yield char, start + units[place][1], start + units[place + size - 1][2]
            place += size
    elif kind == "low":
        high, low = int(found.group("high"), 16), int(found.group("low"), 16)
        yield chr(0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF)), start, end
    elif kind in ("short", "long"):
        number = int(found.group(kind), 16)
        yield (chr(number) if number < 0x110000 else ""), start, end
    elif kind == "control":
        yield LETTER[text], start, end
    elif kind == "entity":
        name = found.group("entity")
        if name[0] == "#":
            number = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
            yield (chr(number) if number < 0x110000 else ""), start, end
        else:
            yield ENTITIES[name], start, end


def utf8_character(raw: bytes) -> Tuple[str, int]:
    """Return the first UTF-8 character of some bytes and the number of its bytes.

    An invalid first byte stays percent-encoded, because the next decoding step may complete the character.
    """
    for size in range(1, 5):
        try:
            return raw[:size].decode("utf-8"), min(size, len(raw))
        except UnicodeDecodeError:
            continue
    return f"%{raw[0]:02X}", 1


def rounds(text: str) -> Iterator[str]:
    """Return the text and the result of each decoding step."""
    yield text
    for escape in STEPS:
        text = Decoded(text, escape).text
        yield text


@lru_cache(maxsize=256)
def needles(secret: str) -> FrozenSet[str]:
    """Return all strings to search for in a text and in the results of its decoding steps."""
    plain = {secret, " ".join(secret.split()), "".join(char if char.isprintable() else " " for char in secret)}
    plain |= {form.encode("utf-8", "replace").decode("utf-8") for form in plain}
    plain |= {form.replace(" ", "+") for form in plain}  # form encoding of URLs
    plain |= {"".join(f"%{ord(char):02X}" if "\x7f" < char <= "\xff" else char for char in form) for form in plain}
    found: Set[str] = {decoded for form in plain for decoded in rounds(form)}
    readable = {form for form in found if len(form.strip(" +")) >= MIN_SECRET_LENGTH}
    if len(secret.strip()) >= MIN_SECRET_LENGTH:
        hexadecimal = secret.encode("utf-8", "replace").hex()
        readable |= {hexadecimal, hexadecimal.upper()}
    return frozenset(readable | ({secret} if secret.strip() else set()))


def spans(text: str, searched: Collection[str], base64_levels: int = 2) -> List[Tuple[int, int]]:
    """Return the spans of secrets in a text, in any encoding; sorted, without overlaps.

    :param searched: needles of all secrets
    :param base64_levels: levels of base64 that are decoded
    """
    found: List[Tuple[int, int]] = []
    steps: List[Decoded] = []
    current = text
    for escape in (None, *STEPS):
        if escape is not None:
            if not escape.search(current):
                continue
            steps.append(Decoded(current, escape))
            current = steps[-1].text
        matches = [span for needle in searched for span in occurrences(current, needle)]
        if base64_levels and searched:
            matches += base64_spans(current, searched, base64_levels - 1)
        for start, end in matches:
            for decoded in reversed(steps):
                start, end = decoded.span(start, end)
            found.append((start, end))
    return merged(found)


def base64_spans(text: str, searched: Collection[str], levels: int) -> Iterator[Tuple[int, int]]:
    """Return the spans of base64 text that contains a secret.

    The offset of the base64 text in a span is unknown, so all four positions of a group are tried.

    :param levels: levels of nested base64 that are decoded
    """
    shortest = min(map(len, searched))
    for run in BASE64.finditer(text):
        if (run.end() - run.start()) * 3 < shortest * 4:
            continue
        chars = run.group(0).rstrip("=").replace("-", "+").replace("_", "/")
        for before in range(4):
            chunk = chars[before:]
            raw = a2b_base64(chunk[: len(chunk) - (len(chunk) % 4 == 1)] + "=" * (-len(chunk) % 4))
            decoded = raw.decode("utf-8", "ignore")
            if len(decoded) >= shortest and (
                any(needle in decoded for needle in searched)
                or ((levels or ESCAPED.search(decoded)) and spans(decoded, searched, levels))
            ):
                yield run.span()
                break


def occurrences(text: str, needle: str) -> Iterator[Tuple[int, int]]:
    """Return the spans of a needle in a text, including overlapping ones."""
    start = text.find(needle)
    while start >= 0:
        yield start, start + len(needle)
        start = text.find(needle, start + 1)


def merged(places: Iterable[Tuple[int, int]]) -> List[Tuple[int, int]]:
    """Sort spans, and merge those that overlap or touch."""
    result: List[Tuple[int, int]] = []
    for start, end in sorted(places):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def replaced(text: str, places: Iterable[Tuple[int, int]]) -> str:
    """Replace the spans of a text with a mask."""
    parts, position = [], 0
    for start, end in places:
        parts += [text[position:start], MASK]
        position = end
    return "".join([*parts, text[position:]])


def printable(text: Any) -> str:
    """Replace control characters, bidirectional marks, line separators and lone surrogates with spaces."""
    line = str(text)
    return line if line.isprintable() else "".join(char if char.isprintable() else " " for char in line)


def is_masked(text: str) -> bool:
    """Whether a text contains the mask of a secret."""
    return any(mask in text for mask in MASKS)


def masked_paths(value: Any, path: str = "", ignored: Container[str] = ()) -> Iterator[str]:
    """Return the paths of masked values in data, such as ``tags.owner``; list items have no index.

    :param ignored: texts that contain a mask but are not masked
    """
    if isinstance(value, dict):
        for name, inner in value.items():
            if is_masked(str(name)):
                yield f"a key of {path}" if path else "a key"
            else:
                yield from masked_paths(inner, f"{path}.{name}" if path else str(name), ignored)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from masked_paths(inner, path, ignored)
    elif isinstance(value, str) and is_masked(value) and value not in ignored:
        yield path or "a string"


class Secrets:
    """The secrets of a run, and their redaction.

    :ivar values: secrets as specified
    """

    def __init__(self) -> None:
        self.values: Set[str] = set()

    def add(self, *values: Optional[str]) -> None:
        """Add secrets; None and empty strings are ignored."""
        self.values.update(str(value) for value in values if value)

    def mask(self, text: str, limit: Optional[int] = None) -> str:
        """Replace every secret in a text, in any encoding.

        :param limit: maximum length of the text before replacement; the rest is omitted
        """
        values = tuple(self.values)
        searched = {needle for value in values for needle in needles(value)}
        if limit is not None and len(text) > limit:
            longest = max(map(len, values), default=0)
            window = text[: limit + MAX_ENCODED_LENGTH * longest]
            places = [(start, min(end, limit)) for start, end in spans(window, searched) if start < limit]
            return replaced(text[:limit], places)
        return replaced(text, spans(text, searched))
