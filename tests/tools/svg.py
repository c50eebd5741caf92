# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawings as self-contained SVG: readable on light and on dark pages, and told in words to who does not see them."""

from __future__ import annotations

from html import escape

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
CODE = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace"

# What a thing means, with its colours (fill, line, text) on light and on dark.
TONES = {
    "page": ("#ffffff", "#d5d9e0", "#1f2430", "#14171d", "#3a414d", "#e7eaf0"),
    "quiet": ("#eef0f4", "#c9ced8", "#4a5161", "#232833", "#454d5b", "#b6bdca"),
    "good": ("#dcf3e4", "#7fc49a", "#14532d", "#12301f", "#2f7a50", "#a9e6c3"),
    "change": ("#dceafd", "#84b3ee", "#17417c", "#12263f", "#356db3", "#b3d3fb"),
    "pause": ("#fdf0d3", "#e0b65c", "#6b4a05", "#33260a", "#94702a", "#f4d796"),
    "loss": ("#fbe0dc", "#e29487", "#84261a", "#3a1713", "#a3493b", "#f7b9af"),
    "pure": ("#e9e4fb", "#ab9be6", "#3d2a86", "#211a3d", "#6552b0", "#cfc4f8"),
}


def colours(dark: bool) -> str:
    rules = []
    for tone, six in TONES.items():
        fill, line, text = six[3:] if dark else six[:3]
        rules.append(f".{tone}{{fill:{fill};stroke:{line}}}.t-{tone}{{fill:{text}}}.l-{tone}{{stroke:{line}}}")
    return "".join(rules)


class Picture:
    """An SVG under construction; measures are pixels.

    :param title: what it is, in a few words
    :param told: what it shows, for who does not see it
    """

    def __init__(self, width: int, title: str, told: str) -> None:
        self.width, self.title, self.told = width, title, told
        self.parts: list[str] = []

    def box(self, x: float, y: float, width: float, height: float, tone: str, more: str = "", radius: int = 6) -> None:
        size = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius}"'
        self.parts.append(f'<rect {size} class="{tone}"{more}/>')

    def text(
        self, x: float, y: float, words: str, tone: str = "page", size: float = 14, style: str = "", anchor: str = ""
    ) -> None:
        """Words on a line; *style* may hold ``bold`` and ``code``, *anchor* be ``middle`` or ``end``."""
        more = f' text-anchor="{anchor}"' if anchor else ""
        classes = " ".join(filter(None, [f"t-{tone}", *style.split()]))
        place = f'x="{x:g}" y="{y:g}" font-size="{size:g}"'
        self.parts.append(f'<text {place} class="{classes}"{more}>{escape(words, quote=False)}</text>')

    def line(self, x: float, y: float, to_x: float, to_y: float, tone: str = "page", more: str = "") -> None:
        self.parts.append(f'<path d="M{x:g} {y:g}L{to_x:g} {to_y:g}" class="l-{tone}"{more}/>')

    def arrow(self, x: float, y: float, to_x: float, to_y: float) -> None:
        self.line(x, y, to_x, to_y, "quiet", ' stroke-width="1.6" marker-end="url(#tip)"')

    def svg(self, height: float) -> str:
        """The whole picture, that high."""
        style = (
            f"text{{font-family:{FONT}}}.code{{font-family:{CODE}}}.bold{{font-weight:600}}"
            f"{colours(False)}#tip path{{fill:#8a93a5}}path[marker-end]{{stroke:#8a93a5}}"
            f"@media (prefers-color-scheme:dark){{{colours(True)}}}"
        )
        frame = f'<rect x="0.5" y="0.5" width="{self.width - 1}" height="{height - 1:g}" rx="10" class="page"/>'
        tip = '<path d="M0 0L9 4.5L0 9z"/>'
        marker = (
            '<marker id="tip" viewBox="0 0 9 9" refX="8" refY="4.5" markerWidth="7" markerHeight="7" orient="auto">'
        )
        root = (
            'xmlns="http://www.w3.org/2000/svg"',
            f'viewBox="0 0 {self.width} {height:g}" width="{self.width}" height="{height:g}"',
            'role="img" aria-labelledby="title told"',
        )
        return "\n".join(
            [
                f"<svg {' '.join(root)}>",
                f'<title id="title">{escape(self.title, quote=False)}</title>',
                f'<desc id="told">{escape(self.told, quote=False)}</desc>',
                f"<style>{style}</style>",
                f"<defs>{marker}{tip}</marker></defs>",
                frame,
                *self.parts,
                "</svg>",
                "",
            ]
        )
