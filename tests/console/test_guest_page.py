"""The join page with a guest link, in a real browser, against a real server."""

from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from playwright.async_api import Browser, Page

from tests.app.server import KEY, Server, serve
from tests.console.pages import api
from tests.console.test_join_page import WITHIN_MS, browser, make_room, sees
from tests.support.waiting import until


async def invite(server: Server, room: str, **body: object) -> Any:
    return await api(server, "POST", f"/conferences/{room}/guest_links", **body)


async def opened(chromium: Browser, server: Server, link: Any) -> Page:
    page = await chromium.new_page()
    await page.goto(f"{server.base}/{link['path']}")
    return page


async def refuses(page: Page, words: str) -> None:
    await page.wait_for_selector("#error:not([hidden])", timeout=WITHIN_MS)
    assert words in await page.inner_text("#error")
    assert not await page.is_visible("#door"), "nothing is left to fill in"


@pytest.mark.slow
async def test_a_guest_waits_until_the_room_is_open_joins_and_stays_after_the_expiry(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, browser() as chromium:
        room = await make_room(server)
        await api(server, "PUT", f"/conferences/{room}", name="Weekly", locked=True)
        link = await invite(server, room, name="Ann", expire=25)
        page = await opened(chromium, server, link)
        await page.wait_for_selector("#invitation-hint:has-text('not open yet')")
        assert await page.is_disabled("#join")
        assert await page.inner_text("#invitation-title") == "Join Weekly"
        assert not await page.is_visible("#key")
        await api(server, "PUT", f"/conferences/{room}", name="Weekly")
        await page.wait_for_selector("#join:enabled", timeout=WITHIN_MS)
        await page.click("#join")
        await page.wait_for_selector("body[data-state=joined]", timeout=WITHIN_MS)
        await sees(page, "Ann (you)")
        assert KEY not in await page.content()
        assert await page.evaluate("sessionStorage.length") == 0
        await page.wait_for_selector("#count:has-text('expired')", timeout=WITHIN_MS)
        assert await page.get_attribute("body", "data-state") == "joined", "a guest in the room stays"
        talking = await api(server, "GET", f"/conferences/{room}/talking")
        assert [row["name"] for row in talking["result"]] == ["Ann"]
        await page.click("#leave")
        await refuses(page, "expired")

        async def left() -> bool:
            return not (await api(server, "GET", f"/conferences/{room}/talking"))["result"]

        await until(left, within_s=WITHIN_MS / 1000)


@pytest.mark.slow
async def test_links_that_lead_nowhere_say_why(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, browser() as chromium:
        room = await make_room(server)
        link = await invite(server, room, expire=1)

        async def expired() -> bool:
            async with (
                ClientSession(headers={"Authorization": f"Bearer {link['token']}"}) as session,
                session.get(f"{server.base}/v1.0/guest") as response,
            ):
                return response.status == 401

        await until(expired)
        await refuses(await opened(chromium, server, link), "This link has expired")
        link = await invite(server, room)
        await api(server, "DELETE", f"/conferences/{room}/guest_links/{link['id']}")
        await refuses(await opened(chromium, server, link), "This link was revoked")
        await refuses(await opened(chromium, server, {"path": link["path"][:-9]}), "This link is not valid")
        link = await invite(server, room)
        await api(server, "DELETE", f"/conferences/{room}")
        await refuses(await opened(chromium, server, link), "This room is closed")
