"""Pictures: taken by a browser, made small, and kept only once all of them are there."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, async_playwright

SCALE = 2
"""Dots to a pixel of the page, in each direction."""
_COLOURS = 128


@dataclass
class Studio:
    """A browser, ``width`` pixels wide, and the pictures taken so far by name."""

    browser: Browser
    width: int
    folder: Path
    taken: dict[str, bytes] = field(default_factory=dict)

    def keep(self, name: str, png: bytes) -> None:
        """One more picture, in fewer colours: it is text on plain ground."""
        drawn = Image.open(io.BytesIO(png)).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
        small = io.BytesIO()
        drawn.save(small, "PNG", optimize=True)
        self.taken[name] = small.getvalue()

    async def photograph(self, page: Path) -> bytes:
        """The body of a page in a file."""
        context = await self.browser.new_context(
            viewport={"width": self.width, "height": 100}, device_scale_factor=SCALE, reduced_motion="reduce"
        )
        async with context:
            opened = await context.new_page()
            await opened.goto(page.as_uri())
            await opened.evaluate("document.fonts.ready")
            return await opened.locator("body").screenshot(animations="disabled", caret="hide")

    def put_into(self, target: Path) -> None:
        """Write all that was taken."""
        target.mkdir(parents=True, exist_ok=True)
        for name, png in self.taken.items():
            (target / f"{name}.png").write_bytes(png)


@contextlib.asynccontextmanager
async def studio(chromium: str, width: int) -> AsyncIterator[Studio]:
    """A studio with the browser at the path ``chromium``."""
    with tempfile.TemporaryDirectory() as folder:
        async with async_playwright() as playwright:
            # Chromium refuses to run as root with a sandbox of its own; it only ever draws our own pages here.
            browser = await playwright.chromium.launch(executable_path=chromium, chromium_sandbox=False)
            yield Studio(browser, width, Path(folder))
            await browser.close()
