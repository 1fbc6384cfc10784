"""The panels of a room, the audio of a call, Privacy and Server by the keyboard alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.app.server import Server, serve
from tests.console.pages import WITHIN_MS, api, opened
from tests.console.test_join_page import browser
from tests.console.test_keyboard import (
    button,
    create_and_open,
    enter_the_console,
    keeps_the_focus,
    press,
    tab_to,
)
from tests.support.waiting import until
from tests.support.webhook_receiver import open_receiver

pytestmark = [pytest.mark.usefixtures("built"), pytest.mark.slow]

BACK = "Shift+Tab"


async def seat(server: Server, room: str) -> Any:
    (found,) = (await api(server, "GET", f"/conferencecalls?conference_id={room}"))["result"]
    return found


async def becomes(server: Server, room: str, **fields: object) -> None:
    """Wait until the only participant of a room has these values."""

    async def look() -> bool:
        found = await seat(server, room)
        return {name: found[name] for name in fields} == fields

    await until(look, within_s=WITHIN_MS / 1000)


async def process_a_participant(page: Page, server: Server, room: str) -> None:
    """Level a participant, and remove its noise, by its details."""
    await press(page, button(page.locator(".join"), "Only listen"))
    await expect(page.locator(".participant")).to_be_visible(timeout=WITHIN_MS)
    await press(page, page.locator(".participant button.who"), key=BACK)
    details = page.locator(".details")
    await expect(details).to_be_focused()
    for label, name, value in (
        ("Same loudness as the others", "levelling", "on"),
        ("Noise removed", "noise_suppression", "off"),
    ):
        choice = button(details.get_by_role("group", name=label), value.capitalize())
        await press(page, choice)
        await becomes(server, room, **{name: value})
        await expect(choice).to_have_attribute("aria-pressed", "true")
        await keeps_the_focus(page)
    await press(page, button(page, "Close the details"), key=BACK)


async def choose_panel(page: Page, name: str) -> None:
    """Choose a panel by the arrow keys."""
    shown = page.get_by_role("tab", selected=True)
    await tab_to(page, shown, key=BACK)
    while not await page.get_by_role("tab", name=name, selected=True).count():
        await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("tab", name=name)).to_be_focused()


async def chat(page: Page, server: Server, room: str) -> None:
    await choose_panel(page, "Chat")
    message = page.get_by_label("Message", exact=True)
    await tab_to(page, message)
    await page.keyboard.type("Good morning")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("log", name="Chat")).to_contain_text("Good morning")
    await expect(message).to_be_focused()
    (sent,) = (await api(server, "GET", f"/conferences/{room}/messages"))["result"]
    assert sent["text"] == "Good morning"


@asynccontextmanager
async def answered_late(page: Page, url: str) -> AsyncIterator[None]:
    """Hold the answers of requests back until the end of the block; what they do, and its events, are not held."""
    end = asyncio.Event()

    async def hold(route: Route) -> None:
        answer = await route.fetch()
        await end.wait()
        await route.fulfill(response=answer)

    await page.route(url, hold)
    try:
        yield
    finally:
        end.set()
        await page.unroute_all(behavior="wait")


async def caption(page: Page, server: Server, room: str) -> None:
    """Start captions, and stop them before the start is answered; the button stays under the keyboard."""
    await choose_panel(page, "Captions")
    await expect(button(page, "Start captions")).to_have_attribute("aria-disabled", "true")
    await tab_to(page, page.get_by_label("Spoken language"))
    await page.keyboard.type("en-US")
    async with answered_late(page, "**/transcribe_start"):
        async with page.expect_request("**/transcribe_start") as sent:
            await press(page, button(page, "Start captions"))
        assert (await sent.value).post_data_json == {"language": "en-US"}
        await expect(page.locator(".light.transcribing")).to_be_visible(timeout=WITHIN_MS)
        await press(page, button(page, "Stop the captions"))
        await expect(page.locator(".light.transcribing")).to_be_hidden(timeout=WITHIN_MS)
    await expect(button(page, "Start captions")).to_have_attribute("aria-busy", "false")
    await keeps_the_focus(page)
    assert len((await api(server, "GET", f"/conferences/{room}"))["transcribe_ids"]) == 1


async def choose_what_a_machine_hears(page: Page) -> None:
    call = button(page, "Call somebody")
    await press(page, call, key=BACK)
    machine = page.get_by_role("dialog").get_by_label("If an answering machine answers")
    await tab_to(page, machine)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect(machine).to_have_value("beep")
    await page.keyboard.press("Escape")
    await expect(call).to_be_focused()


async def invite(page: Page, server: Server, room: str) -> None:
    links = page.get_by_role("region", name="Guest links")
    await tab_to(page, links.get_by_label("Name of the guest"))
    await page.keyboard.type("Ann")
    await press(page, button(links, "Make a link"))
    await expect(links.get_by_role("status")).to_contain_text("/join#token=")
    await press(page, button(links, "Revoke the link of Ann"))
    await expect(links.get_by_role("listitem")).to_have_count(0)
    await keeps_the_focus(page)
    assert (await api(server, "GET", f"/conferences/{room}/guest_links"))["result"] == []


async def go_to(page: Page, view: str) -> None:
    await press(page, page.get_by_role("navigation").get_by_role("link", name=view, exact=True), key=BACK)
    await expect(page.get_by_role("heading", name=view, level=1)).to_be_visible()


async def speak_to_the_call(page: Page, server: Server) -> None:
    await go_to(page, "Calls")
    audio = page.get_by_role("button", name="Audio of the call of")
    await press(page, audio)
    dialog = page.get_by_role("dialog")
    await press(page, button(dialog, "Begin"))
    text = dialog.get_by_label("Text", exact=True)
    await tab_to(page, text)
    await page.keyboard.type("Please hold the line.")
    await press(page, button(dialog, "Say"))
    await expect(text).to_have_value("")
    await press(page, button(dialog, "End the speaking"))
    await expect(button(dialog, "Begin")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(audio).to_be_focused()
    assert [each["status"] for each in (await api(server, "GET", "/speakings"))["result"]] == ["stopped"]


async def erase(page: Page) -> None:
    await go_to(page, "Privacy")
    await tab_to(page, page.get_by_label("Number, extension or SIP address"))
    await page.keyboard.type("+15550199")
    await press(page, button(page, "Erase"))
    await press(page, button(page.get_by_role("dialog"), "Erase this person"))
    await expect(page.get_by_role("region", name="What was erased")).to_contain_text("Nothing was found.")
    await keeps_the_focus(page)


def delivery(page: Page) -> Locator:
    return page.get_by_role("region", name="Webhook deliveries").get_by_role("row", name="conference_created")


async def send_again(page: Page) -> None:
    """Open the attempts of a delivery, and send it again."""
    await go_to(page, "Server")
    row = delivery(page)
    await press(page, row.locator("summary"))
    await expect(row.get_by_role("listitem")).to_have_count(1)
    await press(page, button(row, "Send again"))
    await expect(row).to_contain_text("2 attempts; the last: 200", timeout=WITHIN_MS)
    await keeps_the_focus(page)


async def test_panels_and_views_are_operated_by_the_keyboard_alone(tmp_path: Path) -> None:
    async with (
        serve(tmp_path) as server,
        open_receiver() as receiver,
        browser() as chromium,
        opened(chromium, server) as page,
    ):
        await enter_the_console(page)
        room = await create_and_open(page, server)
        await process_a_participant(page, server, room)
        await chat(page, server, room)
        await caption(page, server, room)
        await choose_what_a_machine_hears(page)
        await invite(page, server, room)
        await speak_to_the_call(page, server)
        await erase(page)
        receiver.answer(404)
        await api(server, "PUT", "/customer", name="Ann", webhook_method="POST", webhook_uri=receiver.uri)
        await api(server, "POST", "/conferences", type="conference", name="Board")
        await receiver.got(2)
        await send_again(page)
