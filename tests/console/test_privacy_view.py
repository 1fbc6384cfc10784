"""The console's Privacy view, in a real browser: what the server has of a person is saved, and erased."""

from pathlib import Path

import orjson
import pytest
from playwright.async_api import Page, expect

from tests.app.server import Server, serve
from tests.console.pages import WITHIN_MS, api, log_in, opened
from tests.console.test_console_room import make_room
from tests.console.test_join_page import browser
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("built")


async def test_a_person_is_exported_and_erased(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, browser() as chromium, opened(chromium, server) as page:
        await log_in(page)
        await join_and_leave(page, server)
        await page.get_by_role("link", name="Privacy").click()
        assert [each["kind"] for each in await saved(page, "browser")] == ["call", "conferencecall", "report"]
        await erase(page, "browser")
        report = page.get_by_role("region", name="What was erased")
        await expect(report.locator("dt")).to_contain_text(["Calls", "Participants"])
        assert (await api(server, "GET", "/calls"))["result"] == []
        assert [each["kind"] for each in await saved(page, "browser")] == ["report"]
        await erase(page, "browser")
        await expect(report).to_contain_text("Nothing was found.")


async def join_and_leave(page: Page, server: Server) -> None:
    await make_room(page, "Weekly meeting")
    await page.get_by_role("button", name="Only listen").click()
    await expect(page.locator(".participant")).to_be_visible(timeout=WITHIN_MS)
    await page.get_by_role("button", name="Leave", exact=True).click()

    async def ended() -> bool:
        return all(each["status"] == "hangup" for each in (await api(server, "GET", "/calls"))["result"])

    await until(ended)


async def saved(page: Page, party: str) -> list[dict[str, object]]:
    """Download what there is of a person."""
    await page.get_by_label("Number, extension or SIP address").fill(party)
    async with page.expect_download() as started:
        await page.get_by_role("button", name="Download what there is").click()
    file = await started.value
    assert file.suggested_filename == "person.ndjson"
    return [orjson.loads(line) for line in (await file.path()).read_bytes().splitlines()]


async def erase(page: Page, party: str) -> None:
    """Erase a person; it is asked before."""
    await page.get_by_label("Number, extension or SIP address").fill(party)
    await page.get_by_role("button", name="Erase", exact=True).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("cannot be undone")
    await dialog.get_by_role("button", name="Erase this person").click()
    await expect(dialog).to_be_hidden()
