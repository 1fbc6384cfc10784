"""Pictures of every view of the console: ``python -m tests.console.screenshots FOLDER``, as ``make screenshots`` does.

With names behind the folder, of those views alone.

A real server, real phones in a room, and each view light and dark, wide and narrow, as WebP: a third of PNG's size. Three
more servers share a database for the view ``nodes``.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, Page, expect

from tests.app.server import KEY, Server, serve
from tests.console.node_pictures import take_nodes
from tests.console.pages import WITHIN_MS, api, log_in
from tests.console.pictures import SCHEMES, SETTLED_MS, SIZES, save
from tests.console.scene import Scene, open_scene
from tests.console.test_join_page import browser
from tests.support.netns import ADDRESS

_NODES: Final = "nodes"
HISTORY_MS: Final = 9000
"""Time for the curves of a line's quality to have a shape."""


async def shown(page: Page) -> None:
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.get_by_text("Loading", exact=True)).to_have_count(0)
    await expect(page.get_by_text("Measuring", exact=True)).to_have_count(0)


async def participant(page: Page) -> None:
    await page.locator(".participant button.who").filter(has_text="Maria").click()
    await page.wait_for_timeout(HISTORY_MS)
    await page.locator(".participant.talking").nth(1).wait_for()


def panel(name: str) -> Callable[[Page], Awaitable[None]]:
    """Return what shows a panel of a room."""

    async def show(page: Page) -> None:
        await page.get_by_role("tab", name=name).click()
        await shown(page)

    return show


async def chat(page: Page) -> None:
    await panel("Chat")(page)
    await expect(page.get_by_role("log", name="Chat").locator(".message")).to_have_count(3)


async def invitation(page: Page) -> None:
    links = page.get_by_role("region", name="Guest links")
    await links.get_by_label("Name of the guest").fill("Nadia Brandt")
    await links.get_by_role("button", name="Make a link").click()
    await links.get_by_role("status").wait_for()
    await links.scroll_into_view_if_needed()


async def listeners(page: Page) -> None:
    await panel("Listeners")(page)
    await page.get_by_role("region", name="Broadcasts").get_by_text("Live").wait_for()


async def captions(page: Page) -> None:
    await panel("Captions")(page)
    await expect(page.get_by_role("log", name="Captions").locator("p").nth(2)).to_be_visible()


async def waiting(page: Page) -> None:
    await expect(page.get_by_role("region", name="Lobby").get_by_role("listitem")).to_be_visible()


async def breakout(page: Page) -> None:
    await page.get_by_role("button", name="Breakout rooms").click()


async def record(page: Page) -> None:
    await page.get_by_role("button", name="Choose how to record").click()


async def audio(page: Page) -> None:
    await page.get_by_role("button", name="Audio of the call of").first.click()
    text, begin = page.get_by_label("Text", exact=True), page.get_by_role("button", name="Begin")
    await text.or_(begin).first.wait_for()
    if await begin.is_visible():
        await begin.click()
    await text.wait_for()


async def dialling(page: Page) -> None:
    await page.get_by_role("button", name="Call somebody").click()
    await page.get_by_label("If an answering machine answers").select_option("beep")


async def new_room(page: Page) -> None:
    await page.get_by_role("button", name="New room").first.click()


async def phone(page: Page) -> None:
    await page.get_by_role("row", name="201").get_by_role("button", name="Set up a phone").click()
    await expect(page.get_by_label("Server, as phones reach it")).to_have_value(ADDRESS)


async def requests(page: Page) -> None:
    await page.get_by_role("button", name="Requests").click()
    await page.get_by_role("complementary", name="Requests").locator("summary").first.click()


async def player(page: Page) -> None:
    await expect(page.locator("path.wave")).to_be_attached()


async def processor(page: Page) -> None:
    await expect(page.get_by_role("region", name="CPU by role")).to_contain_text("%")


async def registrations(page: Page) -> None:
    region = page.get_by_role("region", name="Registrations")
    await expect(region.get_by_role("row")).to_have_count(4)
    await region.evaluate("each => each.scrollIntoView({block: 'start'})")


async def found(page: Page) -> None:
    await page.get_by_label("Words").fill("meeting")
    await page.get_by_role("button", name="Search").click()
    await page.locator(".found a").first.wait_for()


def views(scene: Scene) -> dict[str, tuple[str, Callable[[Page], Awaitable[None]]]]:
    """Return the address of each picture, and what is done before it is taken."""
    return {
        "rooms": ("rooms", shown),
        "new-room": ("rooms", new_room),
        "room": (f"rooms/{scene.room}", participant),
        "matrix": (f"rooms/{scene.room}", panel("Who hears whom")),
        "chat": (f"rooms/{scene.room}", chat),
        "say": (f"rooms/{scene.room}", panel("Say and play")),
        "streams": (f"rooms/{scene.room}", panel("Media streams")),
        "listeners": (f"rooms/{scene.room}", listeners),
        "captions": (f"rooms/{scene.room}", captions),
        "guests": (f"rooms/{scene.room}", invitation),
        "breakout": (f"rooms/{scene.room}", breakout),
        "lobby": (f"rooms/{scene.lobby}", waiting),
        "record": (f"rooms/{scene.lobby}", record),
        "dial": (f"rooms/{scene.room}", dialling),
        "calls": ("calls", shown),
        "call-audio": ("calls", audio),
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
        "usage": ("usage", shown),
        "privacy": ("privacy", shown),
        "server": ("server", processor),
        "registrations": ("server", registrations),
        "requests": ("calls", requests),
    }


async def join(page: Page, server: Server, scene: Scene) -> None:
    """Join the room by the join page."""
    await page.goto(f"{server.base}/join#room={scene.room}&name=Ada")
    await page.fill("#key", KEY)
    await page.press("#key", "Tab")
    await page.locator(f"option[value='{scene.room}']").wait_for(state="attached")
    await page.click("#join")
    await page.locator("body[data-state=joined]").wait_for()
    await page.wait_for_timeout(4 * SETTLED_MS)


async def guest(chromium: Browser, server: Server, scene: Scene) -> None:
    """Let a guest join the room by its link, and stay there."""
    link = await api(server, "POST", f"/conferences/{scene.room}/guest_links", name="Nadia Brandt")
    page = await (await chromium.new_context()).new_page()
    await page.goto(f"{server.base}/{link['path']}")
    await page.click("#join")
    await page.locator("body[data-state=joined]").wait_for()


async def take(
    chromium: Browser, server: Server, scene: Scene, folder: Path, *, scheme: Any, size: str, only: list[str]
) -> None:
    """Take a picture of each view, or of those that are named, in one colour scheme and size."""
    width, height = SIZES[size]
    context = await chromium.new_context(
        color_scheme=scheme, viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    page = await context.new_page()
    page.set_default_timeout(WITHIN_MS)
    await page.goto(server.base)
    await expect(page.get_by_role("button", name="Log in")).to_be_visible()
    await save(page, folder / f"login-{scheme}-{size}.webp")
    await log_in(page)
    for name, (address, prepare) in views(scene).items():
        if only and name not in only:
            continue
        await page.goto(f"{server.base}/console/#/{address}")
        await page.reload()  # what the view before has opened is closed
        await shown(page)
        await prepare(page)
        await page.wait_for_timeout(SETTLED_MS)
        await save(page, folder / f"{name}-{scheme}-{size}.webp")
    await join(page, server, scene)
    await save(page, folder / f"join-{scheme}-{size}.webp")
    await context.close()


async def take_all(folder: Path, only: list[str]) -> None:
    """Take all pictures, or those of the named views."""
    reachable = {
        "MIXMINUS_SIP_HOST": ADDRESS,
        "MIXMINUS_PUBLIC_HOST": ADDRESS,
        "MIXMINUS_SIP_DIGESTS": "md5",  # all that baresip before 2.0 knows
    }
    with tempfile.TemporaryDirectory() as scratch:
        async with (
            serve(Path(scratch), settings=reachable) as server,
            open_scene(server, Path(scratch)) as scene,
            browser() as chromium,
        ):
            await guest(chromium, server, scene)
            for size in SIZES:
                for scheme in SCHEMES:
                    await take(chromium, server, scene, folder, scheme=scheme, size=size, only=only)


def main(folder: Path, *only: str) -> None:
    """Take the pictures, into a folder that is made unless it exists."""
    expect.set_options(timeout=WITHIN_MS)
    folder.mkdir(parents=True, exist_ok=True)
    if only != (_NODES,):
        asyncio.run(take_all(folder, list(only)))
    if not only or _NODES in only:
        with tempfile.TemporaryDirectory() as scratch:
            take_nodes(folder, Path(scratch))
    print(f"{len(list(folder.glob('*.webp')))} pictures in {folder}")  # noqa: T201 -- a command


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
