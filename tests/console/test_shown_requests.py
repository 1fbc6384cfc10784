"""Every button of a room shows the request that it sends, in each of the room's panels."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.app.server import Server, serve
from tests.console.pages import WITHIN_MS, api, log_in, opened
from tests.console.test_join_page import browser
from tests.support.baresip import Baresip
from tests.support.netns import ADDRESS
from tests.support.tones import tone, write_wav
from tests.support.waiting import until

pytestmark = [pytest.mark.usefixtures("built"), pytest.mark.slow]

BUTTONS: dict[str, dict[str, str]] = {
    "": {
        "Stop recording": "/recording_stop",
        "Resume the recording": "/recording_resume",
        "Lock": '-X PUT .*"locked": true',
        "Edit the room": "/v1.0/conferences/",
        "Close the room": "-X DELETE .*/v1.0/conferences/",
        "Join": "/whip",
        "Make a link": "/guest_links",
    },
    "Participants": {
        "Mute Ann": '-X PATCH .*"muted": true',
        "Remove Ann": "-X DELETE .*/v1.0/conferencecalls/",
        "Deafen": '"deaf": true',
        "Hold": "-X POST .*/hold",
        "Moderator": '"role": "moderator"',
        "Raise a hand": '"hand_raised": true',
        "Say": "/talk",
        "Hang up": "-X POST .*/hangup",
    },
    "Who hears whom": {"All hear all": "-X DELETE .*/hears", "Ann hears Bob": '-X PUT .*"gain_db": null'},
    "Chat": {"Send": "/messages"},
    "Listeners": {"Broadcast": '/broadcasts.*"protocol": "hls"'},
    "Captions": {"Start captions": r"/transcribe_start.*--json '\{\}'"},
}
"""By panel: what is pressed, and what its command has to have."""
PROCESSING = {"Same loudness as the others": "levelling", "Noise removed": "noise_suppression"}


async def command_of(page: Page, button: Locator) -> str:
    """Return the command that is shown beside a button."""
    beside = "xpath=following-sibling::button[contains(@class, 'show-request')][1]"
    await button.locator(beside).click()
    dialog = page.get_by_role("dialog", name="The request of this button")
    text = await dialog.locator("pre").inner_text()
    await dialog.get_by_role("button", name="Close").click()
    return text


async def room_of_two(server: Server, folder: Path, phones: list[Baresip]) -> str:
    """Make a room in which two phones are, whose recording is paused; English is spoken in it."""
    body = {"type": "conference", "name": "Two", "language": "en"}
    room = str((await api(server, "POST", "/conferences", **body))["id"])
    for phone in phones:
        phone.dial(f"sip:{room}@{ADDRESS}:{server.sip_port}")
    listed = f"/conferencecalls?conference_id={room}"

    async def joined() -> bool:
        rows = (await api(server, "GET", listed))["result"]
        return [each["status"] for each in rows] == ["joined", "joined"]

    await until(joined, within_s=WITHIN_MS / 1000)
    for name, row in zip(("Ann", "Bob"), (await api(server, "GET", listed))["result"], strict=True):
        await api(server, "PATCH", f"/conferencecalls/{row['id']}", label=name)
    await api(server, "POST", f"/conferences/{room}/recording_start")
    await api(server, "POST", f"/conferences/{room}/recording_pause", mode="silence")
    return room


async def test_each_button_of_a_room_shows_the_request_that_it_sends(tmp_path: Path) -> None:
    microphone = write_wav(tmp_path / "silence.wav", tone(440.0, 60.0, amplitude=0.0))
    with (
        Baresip(tmp_path / "a", microphone, number=65) as first,
        Baresip(tmp_path / "b", microphone, number=66) as second,
    ):
        async with (
            serve(tmp_path, settings={"MIXMINUS_SIP_HOST": ADDRESS}) as server,
            browser() as chromium,
            opened(chromium, server) as page,
        ):
            room = await room_of_two(server, tmp_path, [first, second])
            await log_in(page)
            await page.get_by_role("button", name="Requests").click()
            await page.goto(f"{server.base}/console/#/rooms/{room}")
            await page.locator("button.who").filter(has_text="Ann").click()
            for panel, buttons in BUTTONS.items():
                await each_of(page, panel, buttons)
            await page.get_by_label("Spoken language").fill("de")
            await each_of(page, "", {"Start captions": '/transcribe_start.*"language": "de"'})
            for group, field in PROCESSING.items():
                await page.get_by_role("tab", name="Participants").click()
                button = page.get_by_role("group", name=group).get_by_role("button", name="On", exact=True)
                assert f'"{field}": "on"' in await command_of(page, button)


async def each_of(page: Page, panel: str, buttons: dict[str, str]) -> None:
    if panel:
        await page.get_by_role("tab", name=panel).click()
    for name, expected in buttons.items():
        button = page.get_by_role("button", name=name, exact=True).first
        await expect(button).to_be_visible(timeout=WITHIN_MS)
        command = await command_of(page, button)
        assert re.search(expected, command, re.DOTALL), f"{name}: {command}"
