"""The console by the keyboard alone: Tab, Enter, the arrow keys, and what is typed into fields."""

from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.app.server import KEY, Server, serve
from tests.console.pages import WITHIN_MS, api, opened
from tests.console.test_join_page import browser
from tests.support.waiting import until

pytestmark = [pytest.mark.usefixtures("built"), pytest.mark.slow]

MAX_KEYS = 40
"""So many Tab keys are pressed at most until the element that is sought has the focus."""
NAME = "Weekly meeting"
FOCUS = """() => {
  const element = document.activeElement, box = element.getBoundingClientRect();
  const outline = getComputedStyle(element);
  return {
    lost: element === document.body,
    shown: element.matches(':focus-visible') && outline.outlineStyle !== 'none' && parseFloat(outline.outlineWidth) >= 2,
    within: box.top >= -1 && box.left >= -1 && box.bottom <= innerHeight + 1 && box.right <= innerWidth + 1,
  };
}"""


async def tab_to(page: Page, sought: Locator, *, key: str = "Tab") -> None:
    """Press Tab until the element has the focus; it must then be marked, and lie within the window."""
    await expect(sought).to_be_visible(timeout=WITHIN_MS)
    for _ in range(MAX_KEYS):
        if await sought.evaluate("each => each === document.activeElement"):
            break
        await page.keyboard.press(key)
    await expect(sought).to_be_focused()
    focus = await page.evaluate(FOCUS)
    assert focus == {"lost": False, "shown": True, "within": True}, (str(sought), focus)


async def press(page: Page, sought: Locator, *, key: str = "Tab") -> None:
    """Press Tab until the element has the focus, then Enter."""
    await tab_to(page, sought, key=key)
    await page.keyboard.press("Enter")


def button(within: Page | Locator, name: str) -> Locator:
    return within.get_by_role("button", name=name, exact=True)


def link(page: Page, name: str) -> Locator:
    return page.get_by_role("main").get_by_role("link", name=name, exact=True)


async def keeps_the_focus(page: Page) -> None:
    assert not (await page.evaluate(FOCUS))["lost"], "the keyboard has lost its place"


async def enter_the_console(page: Page) -> None:
    await press(page, button(page, "Access key"))
    await tab_to(page, page.get_by_label("Access key", exact=True))
    await page.keyboard.type(KEY)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Rooms", level=1)).to_be_visible(timeout=WITHIN_MS)
    await press(page, page.get_by_role("link", name="Skip to the content"))


async def create_and_open(page: Page, server: Server) -> str:
    """Create a room, go back to the list, open it there; return its id."""
    dialog = page.get_by_role("dialog")
    await press(page, button(page, "New room").first)
    await tab_to(page, dialog.get_by_label("Name", exact=True))
    await page.keyboard.type(NAME)
    await press(page, button(dialog, "Create room"))
    await expect(page.get_by_role("heading", name=NAME)).to_be_visible()
    await keeps_the_focus(page)
    (room,) = (await api(server, "GET", "/conferences"))["result"]
    assert room["name"] == NAME
    await press(page, link(page, "Rooms"))
    await expect(page.get_by_role("heading", name="Rooms", level=1)).to_be_visible()
    await press(page, link(page, NAME))
    await expect(page.get_by_role("heading", name=NAME)).to_be_visible()
    return str(room["id"])


async def join_and_mute(page: Page, server: Server, room: str) -> None:
    await press(page, button(page.locator(".join"), "Join"))
    await expect(page.get_by_text("You are in the room")).to_be_visible(timeout=WITHIN_MS)
    await expect(button(page, "Mute yourself")).to_be_focused()
    for name, muted in (("Mute Console", True), ("Unmute Console", False)):
        await press(page, button(page, name), key="Shift+Tab")
        await is_muted(server, room, muted=muted)
        await keeps_the_focus(page)


async def is_muted(server: Server, room: str, *, muted: bool) -> None:
    """Wait until the only participant of a room is muted, or is not."""

    async def look() -> bool:
        (seat,) = (await api(server, "GET", f"/conferencecalls?conference_id={room}"))["result"]
        return bool(seat["muted"] is muted)

    await until(look, within_s=WITHIN_MS / 1000)


async def open_and_close_the_details(page: Page) -> None:
    row = page.locator(".participant button.who")
    await page.keyboard.press("Shift+Tab")
    await expect(row).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(".details")).to_be_focused()
    await press(page, button(page, "Close the details"))
    await expect(row).to_be_focused()


async def say(page: Page, server: Server, room: str) -> None:
    """Choose the panel by the arrow keys, and say something to all."""
    await tab_to(page, page.get_by_role("tab", name="Participants"), key="Shift+Tab")
    for name in ("Who hears whom", "Chat", "Say and play"):
        await page.keyboard.press("ArrowRight")
        await expect(page.get_by_role("tab", name=name)).to_be_focused()
    text = page.get_by_label("Text (required)")
    await tab_to(page, text)
    await page.keyboard.type("The meeting ends in five minutes.")
    await page.keyboard.press("Enter")
    await expect(text).to_have_value("", timeout=WITHIN_MS)
    await expect(text).to_be_focused()

    async def said() -> bool:
        listed = (await api(server, "GET", f"/conferences/{room}/playbacks"))["result"]
        return [(each["type"], each["status"]) for each in listed] == [("talk", "finished")]

    await until(said, within_s=WITHIN_MS / 1000)


async def record(page: Page, server: Server, room: str) -> None:
    await press(page, button(page, "Record"), key="Shift+Tab")
    await expect(page.locator(".light.recording")).to_be_visible()
    await expect(button(page, "Stop recording")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(".light.recording")).to_be_hidden()
    await expect(button(page, "Record")).to_be_focused()
    (recording,) = (await api(server, "GET", "/recordings"))["result"]
    assert recording["reference_id"] == room


async def close(page: Page, server: Server, room: str) -> None:
    await press(page, button(page, "Close the room"))
    await page.keyboard.press("Escape")
    await expect(button(page, "Close the room")).to_be_focused()
    await page.keyboard.press("Enter")
    await press(page, button(page.get_by_role("dialog"), "Close the room"))
    await expect(page.get_by_role("heading", name="No room is open")).to_be_visible()
    await keeps_the_focus(page)
    closed = await api(server, "GET", f"/conferences/{room}")
    assert closed["status"] in ("terminating", "terminated")


async def test_a_meeting_is_held_by_the_keyboard_alone(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, browser() as chromium, opened(chromium, server) as page:
        await enter_the_console(page)
        room = await create_and_open(page, server)
        await join_and_mute(page, server, room)
        await open_and_close_the_details(page)
        await say(page, server, room)
        await record(page, server, room)
        await close(page, server, room)


async def test_push_to_talk_is_held_by_a_key(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, browser() as chromium, opened(chromium, server) as page:
        await api(server, "POST", "/conferences", type="conference", name=NAME)
        await enter_the_console(page)
        await press(page, link(page, NAME))
        await tab_to(page, page.get_by_label("Push to talk"))
        await page.keyboard.press("Space")
        await press(page, button(page.locator(".join"), "Join"))
        await tab_to(page, button(page, "Hold to talk"))
        heard = button(page, "You are heard")
        await page.keyboard.down("Space")
        await expect(heard).to_be_focused()
        await page.keyboard.up("Space")
        await expect(heard).to_be_hidden()
