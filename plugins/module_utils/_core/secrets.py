# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redaction of secrets in any common spelling, and of control characters. Private to otc.dis.

A server that echoes a request may encode it: percent-encoding of URLs, escapes of JSON, Python and HTML, base64, one
inside another. Encoding everything in advance misses some spelling, so the text is decoded step by step, and each step
is compared with the secret and with the secret decoded in the same way. What was found is mapped back to the text.
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
"""Characters that two levels of encoding make of one character."""
ANSIBLE_MASK = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
"""What Ansible writes in place of a whole value that is a secret; a part of a value becomes :data:`MASK`."""
MASKS = (MASK, ANSIBLE_MASK)
MIN_SECRET_LENGTH = 4
"""Characters of a secret: a shorter one stands in any text by chance, and masking it would make texts unreadable."""

URL_ESCAPE = re.compile(
    r"(?P<percent>(?:%(?:25)*[0-9A-Fa-f]{2})+)"
    r"|&(?:amp;)*(?P<entity>#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos|nbsp);"
)
"""One escape of URLs or HTML, also one whose own escape character was encoded any number of times."""
CODE_ESCAPE = re.compile(
    r"(?P<byte>\\x[0-9A-Fa-f]{2}(?:\\+x[0-9A-Fa-f]{2})*)"
    r"|\\u(?P<high>[dD][89abAB][0-9A-Fa-f]{2})\\+u(?P<low>[dD][c-fC-F][0-9A-Fa-f]{2})"
    r"|\\(?:u(?P<short>(?![dD][89A-Fa-f])[0-9A-Fa-f]{4})|U(?P<long>[0-9A-Fa-f]{8}))"
)
"""One escape of JSON or Python by number; further backslashes before it are left to the last step."""
BACKSLASH = re.compile(r"(?P<control>[\b\f\n\r\t])|(?P<dropped>\\+)")
"""What remains: an escaped and a plain spelling decode to the same if backslashes are dropped and control characters
become the letter of their escape."""
STEPS = (URL_ESCAPE, URL_ESCAPE, CODE_ESCAPE, URL_ESCAPE, CODE_ESCAPE, URL_ESCAPE, CODE_ESCAPE, BACKSLASH)
"""The order of decoding. Dropping backslashes comes last: it would spoil an escape that is not yet visible."""
ESCAPED = re.compile(r"[%&\\\b\f\n\r\t]")
"""What a text holds that any step may change."""
BYTE = re.compile(r"%(?:25)*([0-9A-Fa-f]{2})|\\+x([0-9A-Fa-f]{2})")
LETTER = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}
ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " "}
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{6,}={0,2}")


class Decoded:
    """A text with its escapes decoded once, and the way back.

    :ivar text: the decoded text
    """

    def __init__(self, source: str, escape: Pattern[str]) -> None:
        self.starts: List[int] = []  # in the decoded text, of each stretch
        self.origin: List[Tuple[int, int, bool]] = []  # in the source: start, end, whether it is an escape
        parts: List[str] = []
        position = length = 0

        def stretch(text: str, start: int, end: int, escaped: bool) -> None:
            nonlocal length
            if text:
                self.starts.append(length)
                self.origin.append((start, end, escaped))
                parts.append(text)
                length += len(text)

        for found in escape.finditer(source):
            stretch(source[position : found.start()], position, found.start(), False)
            for text, start, end in decoded_escape(found):
                stretch(text, start, end, True)
            position = found.end()
        stretch(source[position:], position, len(source), False)
        self.text = "".join(parts)

    def span(self, start: int, end: int) -> Tuple[int, int]:
        """The stretch of the source that was decoded to a stretch of the text; neither is empty."""
        first, last = bisect_right(self.starts, start) - 1, bisect_right(self.starts, end - 1) - 1
        begin, _stop, escaped = self.origin[first]
        if not escaped:
            begin += start - self.starts[first]
        stop_begin, stop, escaped = self.origin[last]
        if not escaped:
            stop = stop_begin + end - self.starts[last]
        return begin, stop


def decoded_escape(found: Match[str]) -> Iterator[Tuple[str, int, int]]:
    """The characters that one escape stands for, each with its place in the source."""
    kind, start, end = found.lastgroup, found.start(), found.end()
    text = found.group(0)
    if kind in ("percent", "byte"):
        units = [(int(one.group(1) or one.group(2), 16), one.start(), one.end()) for one in BYTE.finditer(text)]
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
    """The first character of some bytes and the number of its bytes.

    A byte that begins none stays percent-encoded: the rest of it may be readable after another round.
    """
    for size in range(1, 5):
        try:
            return raw[:size].decode("utf-8"), min(size, len(raw))
        except UnicodeDecodeError:
            continue
    return f"%{raw[0]:02X}", 1


def rounds(text: str) -> Iterator[str]:
    """The text, and what further decoding makes of it."""
    yield text
    for escape in STEPS:
        text = Decoded(text, escape).text
        yield text


@lru_cache(maxsize=256)
def needles(secret: str) -> FrozenSet[str]:
    """All that is searched for in a text, and in what decoding makes of it."""
    plain = {secret, " ".join(secret.split()), "".join(char if char.isprintable() else " " for char in secret)}
    plain |= {one.encode("utf-8", "replace").decode("utf-8") for one in plain}
    plain |= {one.replace(" ", "+") for one in plain}  # forms in URLs
    plain |= {"".join(f"%{ord(char):02X}" if "\x7f" < char <= "\xff" else char for char in one) for one in plain}
    found: Set[str] = {decoded for one in plain for decoded in rounds(one)}
    readable = {one for one in found if len(one.strip(" +")) >= MIN_SECRET_LENGTH}
    if len(secret.strip()) >= MIN_SECRET_LENGTH:
        hexadecimal = secret.encode("utf-8", "replace").hex()
        readable |= {hexadecimal, hexadecimal.upper()}
    return frozenset(readable | ({secret} if secret.strip() else set()))


def spans(text: str, searched: Collection[str], base64_levels: int = 2) -> List[Tuple[int, int]]:
    """Where a secret stands in a text, in any spelling; sorted, without overlaps.

    :param searched: the needles of all secrets
    :param base64_levels: how often base64 is decoded
    """
    found: List[Tuple[int, int]] = []
    way_back: List[Decoded] = []
    current = text
    for escape in (None, *STEPS):
        if escape is not None:
            if not escape.search(current):
                continue
            way_back.append(Decoded(current, escape))
            current = way_back[-1].text
        here = [place for one in searched for place in occurrences(current, one)]
        if base64_levels and searched:
            here += base64_spans(current, searched, base64_levels - 1)
        for start, end in here:
            for decoded in reversed(way_back):
                start, end = decoded.span(start, end)
            found.append((start, end))
    return merged(found)


def base64_spans(text: str, searched: Collection[str], levels: int) -> Iterator[Tuple[int, int]]:
    """The stretches of base64 that hold a secret; each is taken as a whole.

    Where base64 begins in a stretch is not known, so all four positions of a group are tried.

    :param levels: how often base64 inside is decoded
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
                any(one in decoded for one in searched)
                or ((levels or ESCAPED.search(decoded)) and spans(decoded, searched, levels))
            ):
                yield run.span()
                break


def occurrences(text: str, needle: str) -> Iterator[Tuple[int, int]]:
    """Each place of a needle, also of those that overlap."""
    start = text.find(needle)
    while start >= 0:
        yield start, start + len(needle)
        start = text.find(needle, start + 1)


def merged(places: Iterable[Tuple[int, int]]) -> List[Tuple[int, int]]:
    """The places in order, those that overlap or touch made one."""
    result: List[Tuple[int, int]] = []
    for start, end in sorted(places):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def replaced(text: str, places: Iterable[Tuple[int, int]]) -> str:
    """The text with a mask in each of the places."""
    parts, position = [], 0
    for start, end in places:
        parts += [text[position:start], MASK]
        position = end
    return "".join([*parts, text[position:]])


def printable(text: Any) -> str:
    """A text as one line without control characters, bidirectional marks, line separators and lone surrogates."""
    line = str(text)
    return line if line.isprintable() else "".join(char if char.isprintable() else " " for char in line)


def is_masked(text: str) -> bool:
    """Whether a text holds what is written in place of a secret."""
    return any(mask in text for mask in MASKS)


def masked_paths(value: Any, path: str = "", ignored: Container[str] = ()) -> Iterator[str]:
    """Where in some data a mask stands in place of a value, such as ``tags.owner``; items of lists have no number.

    :param ignored: texts that are known to be no masks
    """
    if isinstance(value, dict):
        for name, inner in value.items():
            if is_masked(str(name)):
                yield f"the name of a member of {path}" if path else "the name of a member"
            else:
                yield from masked_paths(inner, f"{path}.{name}" if path else str(name), ignored)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from masked_paths(inner, path, ignored)
    elif isinstance(value, str) and is_masked(value) and value not in ignored:
        yield path or "a text"


class Secrets:
    """The texts that must never be shown, and the means to cut them out of anything.

    :ivar values: the secrets as they were given
    """

    def __init__(self) -> None:
        self.values: Set[str] = set()

    def add(self, *values: Optional[str]) -> None:
        """Remember secrets."""
        self.values.update(str(value) for value in values if value)

    def mask(self, text: str, limit: Optional[int] = None) -> str:
        """The text with every known secret replaced, in whatever spelling ``_redaction`` finds it.

        :param limit: characters of the text that are wanted; of a longer one, the rest is left out
        """
        values = tuple(self.values)
        searched = {needle for value in values for needle in needles(value)}
        if limit is not None and len(text) > limit:
            longest = max(map(len, values), default=0)
            window = text[: limit + MAX_ENCODED_LENGTH * longest]
            places = [(start, min(end, limit)) for start, end in spans(window, searched) if start < limit]
            return replaced(text[:limit], places)
        return replaced(text, spans(text, searched))
