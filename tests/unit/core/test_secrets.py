# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets are found in every common spelling, and control characters in every text."""

from __future__ import annotations

import base64
import html
import json
import re
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.otc.dis.plugins.module_utils._core.secrets import (
    ANSIBLE_MASK,
    MASK,
    Secrets,
    masked_paths,
    printable,
)

ASCII = "".join(map(chr, range(33, 127)))
SECRETS = st.text(
    st.one_of(st.sampled_from(ASCII), st.sampled_from("%\\/&+\"'<> äßé€😀"), st.characters(exclude_categories=("Cs",))),
    min_size=4,
    max_size=24,
).filter(lambda text: len("".join(char for char in text if char.isprintable() and char not in "\\ ")) >= 4)
PLAIN_TEXT = st.text(st.sampled_from("abcXYZ019 .:,;()[]{}\n"), max_size=30)

ENCODED_BACKSLASHES = r"[\\%&#;xXuUcCbB0-9]*"
"""Escapes that may remain beside a masked value; they reveal nothing.

Those of an escaped backslash, which may be encoded once more, such as ``%43`` for the last letter of ``\\u005C``.
"""


def percent(char: str, lower: bool) -> str:
    """Each byte of a character."""
    return "".join(f"%{byte:02x}" if lower else f"%{byte:02X}" for byte in char.encode())


def json_escape(char: str, lower: bool) -> str:
    """A character as escapes of UTF-16."""
    raw = char.encode("utf-16-be")
    units = [raw[place] << 8 | raw[place + 1] for place in range(0, len(raw), 2)]
    return "".join(f"\\u{unit:04x}" if lower else f"\\u{unit:04X}" for unit in units)


@st.composite
def level(draw: st.DrawFn, text: str) -> str:
    """A text in one level of encoding: by one method, each character that need not be encoded at random."""
    method = draw(st.sampled_from(("percent", "json", "html", "base64", "none")))
    if method == "base64":
        before = draw(st.binary(max_size=5))
        encode = draw(st.sampled_from((base64.b64encode, base64.urlsafe_b64encode)))
        encoded = encode(before + text.encode() + draw(st.binary(max_size=5))).decode()
        return encoded.rstrip("=") if draw(st.booleans()) else encoded
    if method == "none":
        return text
    kinds = draw(st.lists(st.integers(0, 3), min_size=len(text), max_size=len(text)))
    return "".join(spelled(method, char, kind) for char, kind in zip(text, kinds, strict=True))


def spelled(method: str, char: str, kind: int) -> str:
    """A character in one of the spellings that a method allows; what must be encoded never stays plain."""
    lower = bool(kind % 2)
    if method == "percent":
        if kind == 0 and not char.isascii():
            return percent(char, True)
        return char if kind == 0 and char not in "%" else percent(char, lower)
    if method == "json":
        if kind == 0 and char not in '"\\':
            return json.dumps(char, ensure_ascii=False)[1:-1]
        if kind == 1:
            return {"/": "\\/", "'": "\\'"}.get(char, json.dumps(char)[1:-1])
        return json_escape(char, lower)
    if kind == 0:
        return html.escape(char)
    return f"&#{ord(char)};" if kind == 1 else f"&#x{ord(char):x};" if kind == 2 else f"&#X{ord(char):X};"


@settings(max_examples=300, deadline=None)
@given(SECRETS, PLAIN_TEXT, PLAIN_TEXT, st.data())
def test_no_spelling_of_a_secret_remains(secret: str, before: str, after: str, data: st.DataObject) -> None:
    encoded = data.draw(level(secret))
    encoded = data.draw(level(encoded)) if data.draw(st.booleans()) else encoded
    secrets = Secrets()
    secrets.add(secret)
    masked = secrets.mask(f"{before} {encoded} {after}")
    assert MASK in masked
    left, _mask, rest = masked.partition(MASK)
    assert re.fullmatch(re.escape(before + " ") + ENCODED_BACKSLASHES, left) or left in before + " "
    right = rest.rpartition(MASK)[2]
    assert re.fullmatch(ENCODED_BACKSLASHES + re.escape(" " + after), right) or right in " " + after


SECRET = 'p"w\\ä/x&y+z'
SPELLINGS = {
    "plain": SECRET,
    "percent, upper case": quote(SECRET, safe=""),
    "percent, lower case": "".join(percent(char, True) for char in SECRET),
    "percent, twice": quote(quote(SECRET, safe=""), safe=""),
    "percent, three times": quote(quote(quote(SECRET, safe=""), safe=""), safe=""),
    "percent, Latin-1": quote(SECRET, safe="", encoding="latin-1"),
    "form of a page": quote_plus(SECRET),
    "JSON": json.dumps(SECRET),
    "JSON, upper case": "".join(json_escape(char, False) for char in SECRET),
    "JSON with \\/": json.dumps(SECRET).replace("/", "\\/"),
    "JSON with \\u0026": json.dumps(SECRET).replace("&", "\\u0026"),
    "JSON, twice": json.dumps(json.dumps(SECRET)),
    "JSON, three times": json.dumps(json.dumps(json.dumps(SECRET))),
    "Python": repr(SECRET),
    "Python, ASCII": ascii(SECRET),
    "Python, bytes": repr(SECRET.encode()),
    "HTML": html.escape(SECRET),
    "HTML, twice": html.escape(html.escape(SECRET)),
    "JSON in a URL": quote(json.dumps(SECRET), safe=""),
    "URL in JSON": json.dumps(quote(SECRET, safe="")),
    "base64": base64.b64encode(SECRET.encode()).decode(),
    "base64 of URLs": base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
    "Basic": "Basic " + base64.b64encode(f"user:{SECRET}".encode()).decode(),
    "Basic in a URL": quote("Basic " + base64.b64encode(f"user:{SECRET}".encode()).decode(), safe=""),
    "base64 of JSON": base64.b64encode(json.dumps({"password": SECRET}).encode()).decode(),
    "base64, twice": base64.b64encode(base64.b64encode(SECRET.encode())).decode(),
}
"""The security guide lists these."""


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_spelling_of_the_guide_is_masked(spelling: str) -> None:
    secrets = Secrets()
    secrets.add(SECRET)
    masked = secrets.mask(f"before {spelling} after")
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert MASK in masked
    rest = masked.replace("before", "").replace("after", "").replace("Basic", "").replace(MASK, "")
    assert len(re.sub(r"[^a-z0-9]", "", rest)) <= 10, masked


@pytest.mark.parametrize("secret", ["fake-password", "fäke pass", "fake+" * 9])
def test_hexadecimal_spelling_is_masked(secret: str) -> None:
    secrets = Secrets()
    secrets.add(secret)
    plain = secret.encode().hex()
    for spelling in (plain, plain.upper(), base64.b64encode(plain.encode()).decode()):
        assert spelling not in secrets.mask(f"sent {spelling}.")


@pytest.mark.parametrize(
    "text", ["", "a message about meters, 100% of it & more \\ \n", "QUJDREVGRw==", "%zz%", "\\u12"]
)
def test_text_without_a_secret_stays_as_it_is(text: str) -> None:
    secrets = Secrets()
    secrets.add(SECRET, "fake-password-0123", "eyJ" + "x" * 3000)
    assert secrets.mask(text) == text


@pytest.mark.parametrize("lead", range(4085, 4105))
def test_secret_at_the_cut_of_a_long_text_leaves_nothing(lead: int) -> None:
    secrets = Secrets()
    secrets.add(SECRET)
    masked = secrets.mask("-" * lead + "".join(json_escape(char, True) for char in SECRET) + "-" * 100000, 4096)
    assert re.fullmatch(r"-{4085,4096}(\*{8})?", masked)


def test_hostile_text_takes_no_long_time() -> None:
    secrets = Secrets()
    secrets.add(*(f"fake-password-{number}" for number in range(20)))
    began = time.monotonic()
    for piece in ("%25", "\\", "&amp;", "%", "\\\\u00", "QUJD", "&amp;amp", "\\u005c"):
        secrets.mask(piece * (2**22 // len(piece)), 4096)
    assert time.monotonic() - began < 5


@example("\x1b[2Jred\r\a\0\u202e\u2028\ud800\x85")
@given(st.text())
def test_printable_text_has_no_control_character(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown) == len(text)
    assert all(char == other for char, other in zip(text, shown, strict=True) if char.isprintable())


def test_masks_are_found_at_any_depth() -> None:
    data = {
        "stream_name": ANSIBLE_MASK,
        "tags": {"owner": f"x{MASK}y", MASK: "v"},
        "tasks": [{"task_name": "fine"}, {"task_name": MASK}],
        "password": f"known{MASK}",
    }
    assert list(masked_paths(data, ignored={f"known{MASK}"})) == [
        "stream_name",
        "tags.owner",
        "a key of tags",
        "tasks.task_name",
    ]
