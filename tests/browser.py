"""A real browser for tests, and what to ask of every page in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
AXE = Path(__file__).parent / "vendor" / "axe.min.js"


def chromium() -> str | None:
    """The path of a browser on this machine."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def opened() -> Iterator[Any]:
    """A headless browser. While it is open, this thread runs an event loop, and Django refuses queries in it."""
    # Heavy, and wanted only where a browser is.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def faults_of(page: Any) -> list[str]:
    """What axe-core finds on the page as it stands, and whether it scrolls sideways."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("rules => axe.run({runOnly: [...rules]})", list(RULES))["violations"]
    faults = [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*faults, *([f"the page is {wide} px too wide"] if wide > 0 else [])]
