"""What stands beside the participants of a room: the address to dial, and links for guests; and the row of its tabs."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.app.server import Server, serve
from tests.console.pages import WITHIN_MS, api, log_in, opened
from tests.console.test_console_room import make_room
from tests.console.test_join_page import browser
from tests.support.baresip import Baresip
from tests.support.netns import ADDRESS
from tests.support.ports import free_port
from tests.support.tones import tone, write_wav
from tests.support.waiting import until

pytestmark = [pytest.mark.usefixtures("built"), pytest.mark.slow]

WIDTHS = (1440, 1024, 768, 390)
TABS = """row => ({
  rows: new Set([...row.children].map(each => each.offsetTop)).size,
  within: row.getBoundingClientRect().right <= innerWidth,
  hidden: [row.scrollLeft > 1 && 'start', row.scrollLeft + row.clientWidth < row.scrollWidth - 1 && 'end'].filter(Boolean).join(' '),
  faded: row.dataset.more,
})"""
IN_SIGHT = """tab => {
  const row = tab.parentElement.getBoundingClientRect(), box = tab.getBoundingClientRect();
  return box.left >= row.left - 1 && box.right <= row.right + 1;
}"""


async def row_of_tabs(page: Page) -> Any:
    """Return how the tabs are laid out, once their fading is that of where they are scrolled to."""
    tabs = page.get_by_role("tablist")

    async def look() -> bool:
        found = await tabs.evaluate(TABS)
        return bool(found["faded"] == found["hidden"])

    await until(look)
    return await tabs.evaluate(TABS)


async def test_tabs_are_one_row_at_each_width_and_the_chosen_one_is_in_sight(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, browser() as chromium, opened(chromium, server) as page:
        await log_in(page)
        await make_room(page, "Weekly meeting")
        names = await page.get_by_role("tab").all_inner_texts()
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 900})
            await page.get_by_role("tab", name=names[0]).focus()
            await page.keyboard.press("Home")
            for name in names:
                tab = page.get_by_role("tab", name=name)
                await expect(tab).to_be_focused()
                await expect(tab).to_have_attribute("aria-selected", "true")
                found = await row_of_tabs(page)
                assert (found["rows"], found["within"]) == (1, True), (width, name, found)
                assert await tab.evaluate(IN_SIGHT), (width, name)
                await page.keyboard.press("ArrowRight")
            await expect(page.get_by_role("tab", name=names[0])).to_be_focused()
        assert (await row_of_tabs(page))["faded"] == "end", "the narrow row shows that there is more"


async def test_a_phone_joins_by_the_address_that_is_shown(tmp_path: Path) -> None:
    microphone = write_wav(tmp_path / "silence.wav", tone(440.0, 60.0, amplitude=0.0))
    tls = free_port(ADDRESS)
    settings = {
        "MIXMINUS_SIP_HOST": ADDRESS,
        "MIXMINUS_PUBLIC_HOST": ADDRESS,
        "MIXMINUS_SIP_TLS_PORT": str(tls),
    }
    async with (
        serve(tmp_path, settings=settings) as server,
        browser() as chromium,
        opened(chromium, server) as page,
    ):
        await log_in(page)
        room = await make_room(page, "Weekly meeting")
        name = (await api(server, "GET", f"/conferences/{room}"))["direct_hash"] or room
        card = page.get_by_role("region", name="Address of the room")
        await expect(card.locator(".address")).to_have_count(2)
        plain, encrypted = await card.locator(".address").all()
        await expect(encrypted).to_have_text(f"sip:{name}@{ADDRESS}:{tls};transport=tls")
        await expect(plain).to_have_text(f"sip:{name}@{ADDRESS}:{server.sip_port}")
        with Baresip(tmp_path / "phone", microphone, number=57) as phone:
            await asyncio.to_thread(phone.dial, await plain.inner_text())
            await expect(page.locator(".participant")).to_have_count(1, timeout=WITHIN_MS)
            await expect(page.locator(".participant")).to_contain_text("phone57")


async def make_link(page: Page, name: str) -> str:
    """Make a link for a guest, and return it as it is shown."""
    links = page.get_by_role("region", name="Guest links")
    await links.get_by_label("Name of the guest").fill(name)
    await links.get_by_label("Valid for").select_option(label="An hour")
    await links.get_by_role("button", name="Make a link").click()
    await expect(links.get_by_role("listitem")).to_contain_text([name])
    return await links.get_by_role("status").locator(".mono").inner_text()


async def follow(chromium: Browser, link: str) -> Page:
    guest = await chromium.new_page()
    await guest.goto(link)
    return guest


async def expires(page: Page, server: Server, room: str) -> None:
    """A link that has expired says so in the list."""
    await api(server, "POST", f"/conferences/{room}/guest_links", name="Late", expire=1)
    await page.reload()
    row = page.get_by_role("region", name="Guest links").get_by_role("listitem").filter(has_text="Late")
    await expect(row).to_contain_text("expired", timeout=WITHIN_MS)
    await row.get_by_role("button", name="Revoke the link of Late").click()
    await expect(row).to_be_hidden()


async def test_a_guest_joins_by_a_link_made_here_until_it_is_revoked(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, browser() as chromium, opened(chromium, server) as page:
        await log_in(page)
        room = await make_room(page, "Weekly meeting")
        link = await make_link(page, "Ann")
        assert link.startswith(f"{server.base}/join#token=")
        guest = await follow(chromium, link)
        await guest.locator("#join:enabled").click()
        await guest.locator("body[data-state=joined]").wait_for(timeout=WITHIN_MS)
        await expect(page.locator(".participant")).to_contain_text("Ann")
        await page.get_by_role("button", name="Revoke the link of Ann").click()
        await expect(page.get_by_role("region", name="Guest links").get_by_role("listitem")).to_have_count(0)
        late = await follow(chromium, link)
        await expect(late.locator("#error")).to_contain_text("This link was revoked", timeout=WITHIN_MS)
        await expect(page.locator(".participant")).to_have_count(1)
        await expires(page, server, room)
