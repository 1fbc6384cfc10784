"""How pictures of the console are taken: sizes, colour schemes, and the file."""

import asyncio
import base64
from pathlib import Path
from typing import Final

from playwright.async_api import Page

__all__ = ["SCHEMES", "SETTLED_MS", "SIZES", "save"]

SIZES: Final = {"wide": (1440, 900), "narrow": (390, 844)}
SCHEMES: Final = ("light", "dark")
SETTLED_MS: Final = 700
_QUALITY: Final = 80


async def save(page: Page, path: Path) -> None:
    """Write what the page shows; Playwright itself writes no WebP."""
    devtools = await page.context.new_cdp_session(page)
    taken = await devtools.send("Page.captureScreenshot", {"format": "webp", "quality": _QUALITY})
    await devtools.detach()
    await asyncio.to_thread(path.write_bytes, base64.b64decode(taken["data"]))
