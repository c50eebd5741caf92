# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of the site in a browser: narrow and wide, light and dark, and the search."""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

SITE = Path(__file__).resolve().parents[2] / ".build/site"
PAGES = sorted(str(path.relative_to(SITE)) for path in SITE.rglob("*.html"))
WIDTHS = (390, 768, 1400)
TEXTS = ("article h1", "article section > p", "article section li a", "article section code", ".sidebar-tree a")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found on PATH")

# Elements beyond the right edge, unless they are inside something that scrolls. The theme clips the page itself.
OVERFLOW = """() => {
  const scrolls = element => ["auto", "scroll"].includes(getComputedStyle(element).overflowX)
    || (element.tagName !== "ARTICLE" && scrolls(element.parentElement));
  return [...document.querySelectorAll("article *")]
    .filter(element => element.getBoundingClientRect().right > innerWidth + 1 && !scrolls(element))
    .map(element => element.tagName + " " + element.textContent.trim().slice(0, 60));
}"""

# Words of titles on more than one line. Names are words joined by dots and underscores.
BROKEN = """() => {
  const broken = [], range = document.createRange();
  for (const title of document.querySelectorAll("article h1, article h2, article h3")) {
    const texts = document.createTreeWalker(title, NodeFilter.SHOW_TEXT);
    while (texts.nextNode())
      for (const word of texts.currentNode.data.matchAll(/[^\\s._-]+/g)) {
        range.setStart(texts.currentNode, word.index);
        range.setEnd(texts.currentNode, word.index + word[0].length);
        if (new Set([...range.getClientRects()].map(line => Math.round(line.top))).size > 1) broken.push(word[0]);
      }
  }
  return broken;
}"""

# Contrast of the text with the background, as WCAG 2 defines it.
CONTRAST = """selector => {
  const light = color => color.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255)
    .map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const text = document.querySelector(selector);
  let behind = text;
  while (/, 0\\)|transparent/.test(getComputedStyle(behind).backgroundColor) && behind.parentElement)
    behind = behind.parentElement;
  const [low, high] = [getComputedStyle(text).color, getComputedStyle(behind).backgroundColor].map(light).sort();
  return (Math.max(low, high) + 0.05) / (Math.min(low, high) + 0.05);
}"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of the site on a local server."""
    handler = functools.partial(QuietHandler, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files and logs nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Called for each request."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def page(browser: Browser) -> Page:
    return browser.new_page()


@pytest.mark.parametrize("name", PAGES)
def test_page_fits_every_width_and_breaks_no_word_of_a_title(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}/{name}")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(OVERFLOW) == [], f"{width} pixels"
        assert page.evaluate(BROKEN) == [], f"{width} pixels"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index.html", "docsite/errors_guide.html", "dli_transfer_task_module.html"])
def test_text_is_readable_in_both_color_schemes(page: Page, address: str, name: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{address}/{name}")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")
    for selector in TEXTS:
        assert page.evaluate(CONTRAST, selector) >= 4.5, selector


def test_search_finds_an_option(page: Page, address: str) -> None:
    page.goto(f"{address}/search.html?q=retry_duration")
    page.wait_for_selector("#search-results li a")
    found = page.eval_on_selector_all("#search-results li a", "links => links.map(link => link.href)")
    assert any(link.split("#")[0].split("?")[0].endswith("/dli_transfer_task_module.html") for link in found)
