"""The console's calls: what is said to one, the programs it is connected to, and answering machines, in a real browser."""

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


async def test_a_call_is_spoken_to_and_connected_to_a_program(tmp_path: Path) -> None:
    async with (
        serve(tmp_path) as server,
        open_program() as program,
        browser() as chromium,
        opened(chromium, server) as page,
    ):
        await log_in(page)
        await make_room(page, "Weekly meeting")
        await page.get_by_role("button", name="Only listen").click()
        await expect(page.locator(".participant")).to_be_visible()
        await call_with_machine_detection(page, server)
        await page.get_by_role("link", name="Calls").click()
        await page.get_by_role("button", name="Audio of the call of").click()
        dialog = page.get_by_role("dialog")
        (call,) = [each for each in await calls(server) if each["status"] == "progressing"]
        await say_by_the_keyboard(page, server, dialog)
        await connect_until_it_is_stopped(dialog, program)
        await api(server, "POST", f"/calls/{call['id']}/hangup")
        await expect(dialog.get_by_text("This call has ended")).to_be_visible()
        await expect(dialog.get_by_role("button", name="Start", exact=True)).to_be_hidden()


async def calls(server: Server) -> Any:
    return (await api(server, "GET", "/calls"))["result"]


async def call_with_machine_detection(page: Page, server: Server) -> None:
    """The request does what was chosen, and the server takes it."""
    await page.get_by_role("button", name="Call somebody").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("What to call").select_option("sip")
    await dialog.get_by_label("Address").fill("nobody@127.0.0.1:9")
    machine = dialog.get_by_label("If an answering machine answers")
    await dialog.get_by_text("Show the request").click()
    shown = dialog.locator(".request-text")
    await expect(shown).not_to_contain_text("machine")
    await machine.select_option(label="Hang up")
    await expect(shown).to_contain_text('"machine_handle": "hangup"')
    await machine.select_option(label="It joins after its beep")
    await expect(shown).to_contain_text('"machine_detection": "beep"')
    await dialog.get_by_role("button", name="Call", exact=True).click()
    await expect(dialog).to_be_hidden()
    dialled = [each for each in await calls(server) if each["direction"] == "outgoing"]
    assert [each["destination"]["target"] for each in dialled] == ["nobody@127.0.0.1:9"]


async def say_by_the_keyboard(page: Page, server: Server, dialog: Locator) -> None:
    async def speakings() -> Any:
        return [
            (each["direction"], each["status"]) for each in (await api(server, "GET", "/speakings"))["result"]
        ]

    await dialog.get_by_label("Who hears it").select_option(label="This call and all in its room")
    await dialog.get_by_role("button", name="Begin").press("Enter")
    await dialog.get_by_label("Text").fill("Please hold the line.")
    await page.keyboard.press("Tab")
    await expect(dialog.get_by_role("button", name="Say", exact=True)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_label("Text")).to_have_value("")
    assert await speakings() == [("both", "active")]
    await dialog.get_by_role("button", name="Discard what waits").click()
    await dialog.get_by_role("button", name="End the speaking").click()
    await expect(dialog.get_by_role("button", name="Begin")).to_be_visible()
    assert await speakings() == [("both", "stopped")]


async def connect_until_it_is_stopped(dialog: Locator, program: Program) -> None:
    await dialog.get_by_label("URL of the program (required)").fill(program.url)
    await dialog.get_by_label("The program hears").select_option(label="Both")
    await dialog.get_by_role("button", name="Start", exact=True).click()
    streams = dialog.get_by_role("region", name="Media streams").get_by_role("listitem")
    await expect(streams.get_by_text("Connected", exact=True)).to_be_visible()
    await expect(streams).to_contain_text("hears both sides")
    await streams.get_by_role("button", name=f"Stop {program.url}").click()
    await expect(streams.get_by_text("Ended", exact=True)).to_be_visible()
    await until(lambda: bool(program.events("stop")))
