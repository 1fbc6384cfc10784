"""The console's Usage view, in a real browser: the time of a participant, its CSV file, and the balance."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from playwright.async_api import Page, expect

from tests.app.server import Server, serve
from tests.console.pages import WITHIN_MS, api, log_in, opened
from tests.console.test_console_room import make_room
from tests.console.test_join_page import browser
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("built")

PASSWORD = "long-enough-4711"
SETTINGS = {"MIXMINUS_ADMIN_PASSWORD": PASSWORD, "MIXMINUS_CREDITS_PER_MINUTE": "3"}


async def test_usage_is_shown_by_day_and_room_with_the_balance(tmp_path: Path) -> None:
    async with (
        serve(tmp_path, settings=SETTINGS) as server,
        browser() as chromium,
        opened(chromium, server) as page,
    ):
        await add_credits(server, 100)
        await log_in(page)
        await join_and_leave(page, server)
        await page.get_by_role("link", name="Usage").click()
        await read_the_table(page)
        await save_as_csv(page)
        await show_the_request(page)
        await choose_days_without_usage(page)


async def add_credits(server: Server, credits: int) -> None:
    """Add credits to the balance of the operator's customer, as the super admin."""
    customer = (await api(server, "GET", "/customer"))["id"]
    async with ClientSession() as session:
        login = {"username": "admin", "password": PASSWORD}
        async with session.post(f"{server.base}/auth/login", json=login) as response:
            token = (await response.json())["token"]
        path = f"{server.base}/v1.0/customers/{customer}/credits?token={token}"
        async with session.post(path, json={"credits": credits}) as response:
            assert response.status == 200, await response.text()


async def join_and_leave(page: Page, server: Server) -> None:
    await make_room(page, "Weekly meeting")
    await page.get_by_role("button", name="Only listen").click()
    await expect(page.locator(".participant")).to_be_visible(timeout=WITHIN_MS)
    await page.get_by_role("button", name="Leave", exact=True).click()

    async def counted() -> Any:
        return (await api(server, "GET", "/usage"))["result"]

    await until(counted, within_s=WITHIN_MS / 1000)


async def read_the_table(page: Page) -> None:
    today = datetime.now(UTC).date().isoformat()
    for grouping, cells in {
        "Days and rooms": [today, "Weekly meeting", "1", "1"],
        "Days": [today, "1", "1"],
        "Rooms": ["Weekly meeting", "1", "1"],
    }.items():
        await page.get_by_role("button", name=grouping, exact=True).click()
        cell = page.locator("tbody tr").get_by_role("cell")
        await expect(cell).to_have_count(len(cells) + 2)
        for number, text in enumerate(cells):
            await expect(cell.nth(number)).to_have_text(text)
        await expect(cell.last).to_have_text("3")
    await expect(page.get_by_text("97 credits")).to_be_visible()
    await expect(page.get_by_text("0 participants")).to_be_visible()


async def save_as_csv(page: Page) -> None:
    async with page.expect_download() as started:
        await page.get_by_role("button", name="Download CSV").click()
    file = await started.value
    assert file.suggested_filename == "usage.csv"
    header, row = (await file.path()).read_text().splitlines()
    assert header.startswith("day,conference_id,conference_name")
    assert ",Weekly meeting,1," in row


async def show_the_request(page: Page) -> None:
    await page.get_by_role("button", name="Requests").click()
    download = page.locator("span").filter(has_text="Download CSV")
    await download.get_by_role("button", name="Show the request").click()
    await expect(page.get_by_role("dialog")).to_contain_text("/v1.0/usage/export?by=room")
    await page.keyboard.press("Escape")


async def choose_days_without_usage(page: Page) -> None:
    await page.get_by_label("Last day").fill("2020-01-31")
    await expect(page.get_by_role("heading", name="No usage")).to_be_visible()
