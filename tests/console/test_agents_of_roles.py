"""The console for agents who are no admins: a manager changes, a viewer looks on, one who may see nothing learns why."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.app.server import serve
from tests.console.pages import WITHIN_MS, api, opened
from tests.console.test_join_page import browser

pytestmark = pytest.mark.usefixtures("built")

PASSWORD = "a long password of tests"
MANAGER, VIEWER, AGENT = 64, 128, 16


async def log_in_as(page: Page, username: str) -> None:
    await page.get_by_label("Username", exact=True).fill(username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()


async def test_managers_and_viewers_log_in_and_see_what_they_may(tmp_path: Path) -> None:
    """The browser logs one refusal at each login: only admins may read their customer."""
    async with serve(tmp_path) as server, browser() as chromium:
        for username, permission in (("mary", MANAGER), ("vera", VIEWER), ("alan", AGENT)):
            await api(
                server,
                "POST",
                "/agents",
                username=username,
                password=PASSWORD,
                permission=permission,
                name="",
            )
        async with opened(chromium, server, expected=1) as page:
            await log_in_as(page, "mary")
            await expect(page.locator(".connection[data-state=live]")).to_be_visible(timeout=WITHIN_MS)
            await expect(page.locator(".customer")).to_have_text("mary")
            await expect(page.get_by_role("link", name="Trunks")).to_be_visible()
            for name in ("Usage", "Privacy"):
                await expect(page.get_by_role("link", name=name)).to_have_count(0)
            await api(server, "POST", "/conferences", type="conference", name="Of the morning")
            row = page.get_by_role("row", name="Of the morning")
            await row.get_by_role("button", name="Close").click()
            await page.get_by_role("dialog").get_by_role("button", name="Close Of the morning").click()
            await expect(row).to_be_hidden()
        async with opened(chromium, server, expected=2) as page:  # the reload is a login, too
            await log_in_as(page, "vera")
            await expect(page.locator(".connection[data-state=reading]")).to_be_visible(timeout=WITHIN_MS)
            await api(server, "POST", "/conferences", type="conference", name="Of the evening")
            row = page.get_by_role("row", name="Of the evening")
            await expect(row).to_be_visible(timeout=WITHIN_MS)
            close = row.get_by_role("button", name="Close")
            await expect(close).to_have_attribute("aria-disabled", "true")
            await expect(close).to_have_attribute("title", "You may look at this, and change nothing")
            await page.reload()
            await expect(row).to_be_visible(timeout=WITHIN_MS)
        async with opened(chromium, server, expected=1) as page:
            await log_in_as(page, "alan")
            await expect(page.get_by_role("alert")).to_contain_text(
                "an admin can make it a viewer or a manager"
            )
            assert await page.evaluate("sessionStorage.length") == 0
