"""The join page in a real browser, against a real server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from aiohttp import ClientSession
from playwright.async_api import Browser, Page, async_playwright

from tests.app.server import KEY, Server, serve
from tests.support.chromium import EXECUTABLE
from tests.support.waiting import until

FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
)
WITHIN_MS: Final = 30_000


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=EXECUTABLE, args=FLAGS)
        yield chromium
        await chromium.close()


async def make_room(server: Server) -> str:
    async with (
        ClientSession() as session,
        session.post(
            f"{server.base}/v1.0/conferences?token={KEY}", json={"type": "conference", "name": "x"}
        ) as made,
    ):
        return str((await made.json())["id"])


async def enter(chromium: Browser, server: Server, room: str, name: str) -> Page:
    page = await chromium.new_page()
    await page.goto(f"{server.base}/join#room={room}&name={name}")
    await page.fill("#key", KEY)
    await page.press("#key", "Tab")
    await page.wait_for_selector(f"option[value='{room}']", state="attached")
    await page.click("#join")
    await page.wait_for_selector("body[data-state=joined]", timeout=WITHIN_MS)
    return page


async def sees(page: Page, *words: str) -> None:
    async def look() -> bool:
        text = await page.inner_text("#people")
        return all(word in text for word in words)

    await until(look, within_s=WITHIN_MS / 1000)


@pytest.mark.slow
async def test_two_browsers_join_mute_leave_and_are_kicked(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, browser() as chromium:
        room = await make_room(server)
        ann = await enter(chromium, server, room, "Ann")
        bob = await enter(chromium, server, room, "Bob")
        assert KEY not in ann.url
        await sees(ann, "Ann (you)", "Bob")
        await sees(bob, "Bob (you)", "Ann")

        await ann.keyboard.press("m")
        await sees(ann, "muted")
        assert await ann.get_attribute("#mute", "aria-pressed") == "true"

        async with ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session:
            api = f"{server.base}/v1.0"
            async with session.get(f"{api}/conferences/{room}/talking") as response:
                rows = (await response.json())["result"]
            participant = next(row["conferencecall_id"] for row in rows if row["name"] == "Bob")
            async with session.delete(f"{api}/conferencecalls/{participant}") as response:
                assert response.status == 200
        await bob.wait_for_selector("body[data-state=failed]", timeout=WITHIN_MS)
        assert "no longer in the room" in await bob.inner_text("#error")

        await ann.click("#leave")
        await ann.wait_for_selector("body[data-state=idle]")
        assert await ann.is_visible("#join")


@pytest.mark.slow
async def test_invalid_requests_name_the_problem(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, browser() as chromium:
        page = await chromium.new_page()
        await page.goto(f"{server.base}/join")
        await page.fill("#key", "wrong")
        await page.press("#key", "Tab")
        await page.wait_for_selector("#error:not([hidden])")
        assert "access key" in await page.inner_text("#error")

        await make_room(server)
        await page.fill("#key", KEY)
        await page.press("#key", "Tab")
        await page.wait_for_selector("#error[hidden]", state="attached")
        await page.evaluate(
            "() => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError'); }; }"
        )
        await page.click("#join")
        await page.wait_for_selector("body[data-state=failed]")
        assert "microphone" in await page.inner_text("#error")

        await page.click("#listen")
        await page.wait_for_selector("body[data-state=joined]", timeout=WITHIN_MS)
        assert await page.is_hidden("#mute")
