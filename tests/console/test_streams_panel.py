"""The console's panel of media streams, in a real browser, with a real program that the server connects to."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.app.server import Server, serve
from tests.console.pages import api, log_in, opened
from tests.console.test_console_room import make_room
from tests.console.test_join_page import browser
from tests.support.stream_program import Program, open_program
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("built")


async def test_a_room_is_connected_to_a_program_and_stopped(tmp_path: Path) -> None:
    async with (
        serve(tmp_path) as server,
        open_program() as program,
        browser() as chromium,
        opened(chromium, server) as page,
    ):
        await log_in(page)
        room = await make_room(page, "Weekly meeting")
        await page.get_by_role("button", name="Only listen").click()
        await expect(page.locator(".participant")).to_be_visible()
        await page.get_by_role("tab", name="Media streams").click()
        await expect(page.get_by_text("No media streams")).to_be_visible()
        await connect_to_one_participant(page, program)
        (stream,) = await streams(server, room)
        (participant,) = (await api(server, "GET", f"/conferencecalls?conference_id={room}"))["result"]
        assert (stream["listen"], stream["conferencecall_id"]) == ("mix_minus", participant["id"])
        assert stream["sample_rate"] == 16000
        await follow_until_it_is_stopped(page, program)
        await see_a_refusal(page, program)
        assert [each["status"] for each in await streams(server, room)] == ["ended", "failed"]


async def streams(server: Server, room: str) -> Any:
    return (await api(server, "GET", f"/conferences/{room}/media_streams"))["result"]


def rows(page: Page) -> Locator:
    """Return the streams that are shown, newest first."""
    return page.get_by_role("region", name="Media streams").get_by_role("listitem")


async def connect_to_one_participant(page: Page, program: Program) -> None:
    await page.get_by_label("URL of the program (required)").fill(program.url)
    await page.get_by_label("The program hears").select_option(label="All but one participant")
    await page.get_by_label("That participant").select_option(index=1)
    await page.get_by_text("More", exact=True).click()
    await page.get_by_label("Sample rate (Hz)").select_option("16000")
    await page.get_by_text("Show the request").last.click()
    await expect(page.locator("form .request-text")).to_contain_text('"sample_rate": 16000')
    await page.get_by_role("button", name="Start", exact=True).click()
    await expect(rows(page).get_by_text("Connected", exact=True)).to_be_visible()


async def follow_until_it_is_stopped(page: Page, program: Program) -> None:
    """Drop the connection: the panel shows by events that it was opened again."""
    program.abort()
    await expect(rows(page)).to_contain_text("opened 2 times")
    await expect(rows(page).get_by_text("Connected", exact=True)).to_be_visible()
    await rows(page).get_by_role("button", name=f"Stop {program.url}").click()
    await expect(rows(page).get_by_text("Ended", exact=True)).to_be_visible()
    await until(lambda: bool(program.events("stop")))
    await expect(rows(page).get_by_role("button")).to_have_count(0)


async def see_a_refusal(page: Page, program: Program) -> None:
    program.status = 403
    await page.get_by_label("URL of the program (required)").fill(program.url)
    await page.get_by_label("The program hears").select_option(label="All in the room")
    await page.get_by_role("button", name="Start", exact=True).click()
    await expect(rows(page).get_by_text("Failed", exact=True)).to_be_visible()
    await expect(rows(page).first).to_contain_text("answers 403")
