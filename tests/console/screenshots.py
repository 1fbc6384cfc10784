"""Pictures of every view of the console: ``python -m tests.console.screenshots FOLDER``, as ``make screenshots`` does.

A real server, real phones in a room, and each view light and dark, wide and narrow.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, Page, expect

from tests.app.server import Server, serve
from tests.console.pages import WITHIN_MS, log_in
from tests.console.scene import Scene, open_scene
from tests.console.test_join_page import browser
from tests.support.netns import ADDRESS

SIZES: Final = {"wide": (1440, 900), "narrow": (390, 844)}
SCHEMES: Final = ("light", "dark")
SETTLED_MS: Final = 700
HISTORY_MS: Final = 9000
"""Time for the curves of a line's quality to have a shape."""


async def shown(page: Page) -> None:
    await expect(page.get_by_role("heading", level=1)).to_be_visible()


async def participant(page: Page) -> None:
    await page.locator(".participant button.who").filter(has_text="Maria").click()
    await page.wait_for_timeout(HISTORY_MS)


async def matrix(page: Page) -> None:
    await page.get_by_role("tab", name="Who hears whom").click()


async def new_room(page: Page) -> None:
    await page.get_by_role("button", name="New room").first.click()


async def phone(page: Page) -> None:
    await page.get_by_role("row", name="201").get_by_role("button", name="Set up a phone").click()


async def requests(page: Page) -> None:
    await page.get_by_role("button", name="Requests").click()
    await page.get_by_role("complementary", name="Requests").locator("summary").first.click()


async def player(page: Page) -> None:
    await expect(page.locator("path.wave")).to_be_attached()


async def processor(page: Page) -> None:
    await expect(page.get_by_role("region", name="CPU by role")).to_contain_text("%")


async def found(page: Page) -> None:
    await page.get_by_label("Words").fill("meeting")
    await page.get_by_role("button", name="Search").click()


def views(scene: Scene) -> dict[str, tuple[str, Callable[[Page], Awaitable[None]]]]:
    """Return the address of each picture, and what is done before it is taken."""
    return {
        "rooms": ("rooms", shown),
        "new-room": ("rooms", new_room),
        "room": (f"rooms/{scene.room}", participant),
        "matrix": (f"rooms/{scene.room}", matrix),
        "calls": ("calls", shown),
        "flows": ("flows", shown),
        "flow": (f"flows/{scene.flow}", shown),
        "run": (f"flows/runs/{scene.run}", shown),
        "numbers": ("numbers", shown),
        "extensions": ("extensions", shown),
        "phone": ("extensions", phone),
        "trunks": ("trunks", shown),
        "recordings": ("recordings", shown),
        "recording": (f"recordings/{scene.recording}", player),
        "transcripts": ("transcripts", found),
        "server": ("server", processor),
        "requests": ("calls", requests),
    }


async def take(chromium: Browser, server: Server, scene: Scene, folder: Path, scheme: Any, size: str) -> None:
    """Take a picture of each view in one colour scheme and size."""
    width, height = SIZES[size]
    context = await chromium.new_context(
        color_scheme=scheme, viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    page = await context.new_page()
    page.set_default_timeout(WITHIN_MS)
    await page.goto(server.base)
    await expect(page.get_by_role("button", name="Log in")).to_be_visible()
    await page.screenshot(path=folder / f"login-{scheme}-{size}.png")
    await log_in(page)
    for name, (address, prepare) in views(scene).items():
        await page.goto(f"{server.base}/console/#/{address}")
        await page.reload()  # what the view before has opened is closed
        await shown(page)
        await prepare(page)
        await page.wait_for_timeout(SETTLED_MS)
        await page.screenshot(path=folder / f"{name}-{scheme}-{size}.png")
    await context.close()


async def take_all(folder: Path) -> None:
    """Take all pictures."""
    reachable = {"MIXMINUS_SIP_HOST": ADDRESS, "MIXMINUS_PUBLIC_HOST": ADDRESS}
    with tempfile.TemporaryDirectory() as scratch:
        async with (
            serve(Path(scratch), settings=reachable) as server,
            open_scene(server, Path(scratch)) as scene,
            browser() as chromium,
        ):
            for size in SIZES:
                for scheme in SCHEMES:
                    await take(chromium, server, scene, folder, scheme, size)


def main(folder: Path) -> None:
    """Take all pictures, into a folder that is made unless it exists."""
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(take_all(folder))
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")  # noqa: T201 -- a command


if __name__ == "__main__":
    main(Path(sys.argv[1]))
