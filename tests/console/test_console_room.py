"""A room in the console: a browser joins, a phone joins, and what the operator does reaches both."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.app.server import Server, serve
from tests.console.pages import WITHIN_MS, api, log_in, opened
from tests.console.test_join_page import browser
from tests.support.baresip import Baresip
from tests.support.netns import ADDRESS
from tests.support.tones import tone, write_wav
from tests.support.waiting import until

pytestmark = [pytest.mark.usefixtures("built"), pytest.mark.slow]

REACHABLE = {"SIP_HOST": ADDRESS, "PUBLIC_HOST": ADDRESS}
LOUD = 12_000.0
KEEP_TRACKS = """() => {
  window.tracks = [];
  const media = navigator.mediaDevices, open = media.getUserMedia.bind(media);
  media.getUserMedia = async wanted => { const stream = await open(wanted); tracks.push(...stream.getTracks()); return stream; };
}"""
LIT_UP = 0.3
"""A meter's share of its length."""


async def make_room(page: Page, name: str) -> str:
    await page.get_by_role("button", name="New room").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name", exact=True).fill(name)
    await dialog.get_by_role("button", name="Create room").click()
    await expect(page.get_by_role("heading", name=name)).to_be_visible()
    return page.url.rsplit("/", 1)[1]


async def level_of(page: Page, row: str) -> float:
    """Return the length of the meter of a row as the browser draws it, 0 to 1."""
    script = "each => each.getBoundingClientRect().width / each.parentElement.getBoundingClientRect().width"
    return float(await page.locator(f"{row} .meter > div").evaluate(script))


async def rises(page: Page, row: str) -> None:
    async def look() -> bool:
        return await level_of(page, row) > LIT_UP

    await until(look, within_s=WITHIN_MS / 1000)


async def falls(page: Page, row: str) -> None:
    async def look() -> bool:
        return await level_of(page, row) == 0

    await until(look, within_s=WITHIN_MS / 1000)


async def join(page: Page, name: str) -> None:
    await page.get_by_label("Your name").fill(name)
    await page.get_by_role("button", name="Check the microphone").click()
    await expect(page.get_by_role("meter", name="Input level")).to_be_visible()
    await page.get_by_role("button", name="Join", exact=True).click()
    await expect(page.get_by_text("You are in the room")).to_be_visible(timeout=WITHIN_MS)


async def microphone_is_released_with_the_view(page: Page, server: Server, room: str) -> None:
    await page.evaluate(KEEP_TRACKS)
    await page.get_by_role("button", name="Check the microphone").click()
    await expect(page.get_by_role("meter", name="Input level")).to_be_visible()
    assert await page.evaluate("tracks.map(each => each.readyState)") == ["live"]
    await page.goto(f"{server.base}/console/#/calls")
    await expect(page.get_by_role("heading", level=1, name="Calls")).to_be_visible()
    assert await page.evaluate("tracks.map(each => each.readyState)") == ["ended"]
    await page.goto(f"{server.base}/console/#/rooms/{room}")


async def mute_and_unmute(page: Page, server: Server, room: str, row: str) -> None:
    await page.locator(row).get_by_role("button", name="Mute").click()
    await expect(page.locator(row)).to_contain_text("Muted")
    talking = (await api(server, "GET", f"/conferences/{room}/talking"))["result"]
    assert [each["transport"] for each in talking if each["muted"]] == ["sip"]
    await page.locator(row).get_by_role("button", name="Unmute").click()
    await expect(page.locator(row)).not_to_contain_text("Muted")


async def name_from_the_details(page: Page, row: str, name: str) -> None:
    await page.locator(row).locator("button.who").click()
    details = page.locator(".details")
    await expect(details.locator(".history").first).to_contain_text("%", timeout=WITHIN_MS)
    await details.get_by_label("Name in this room").fill(name)
    await details.get_by_role("button", name="Save").click()
    await expect(page.locator(f".participant:has-text('{name}')")).to_be_visible()


async def silence_ann_for_bob(page: Page, server: Server, room: str) -> None:
    await page.get_by_role("tab", name="Who hears whom").click()
    await page.get_by_role("button", name="Bob hears Ann").click()
    await expect(page.get_by_role("button", name="Bob does not hear Ann")).to_be_visible()
    rules = (await api(server, "GET", f"/conferences/{room}/hears"))["result"]
    assert [each["gain_db"] for each in rules] == [None]
    await page.get_by_role("tab", name="Participants").click()


async def record(page: Page, server: Server, room: str) -> None:
    await page.get_by_role("button", name="Record", exact=True).click()
    await expect(page.locator(".light.recording")).to_be_visible()
    await page.get_by_role("button", name="Stop recording").click()
    await expect(page.locator(".light.recording")).to_be_hidden()
    (recording,) = (await api(server, "GET", "/recordings"))["result"]
    assert recording["reference_id"] == room


async def record_as_chosen(page: Page, server: Server, room: str) -> None:
    """Record with stems in a format of choice, pause, resume, stop."""
    await page.get_by_role("button", name="Choose how to record").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Format").select_option(label="FLAC, smaller without loss")
    await dialog.get_by_label("Channels").select_option(label="Stereo")
    await dialog.get_by_label("A file for each participant").check()
    await dialog.get_by_label("Ends after (s)").fill("600")
    await dialog.get_by_role("button", name="Start recording").click()
    await expect(page.locator(".light.recording")).to_be_visible()
    recording = (await api(server, "GET", f"/conferences/{room}"))["recording_id"]

    async def paused() -> Any:
        return (await api(server, "GET", f"/recordings/{recording}"))["paused"]

    await expect(page.get_by_role("button", name="Pause the recording")).to_be_focused()
    await page.get_by_role("button", name="Pause the recording").click()
    await dialog.get_by_label("In the recording").select_option(label="Nothing: the pause is cut out")
    await dialog.get_by_role("button", name="Pause", exact=True).click()
    await expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    assert await paused() == "cut"
    await page.reload()
    await expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Resume the recording").click()
    await expect(page.get_by_text("Paused", exact=True)).to_be_hidden()
    assert await paused() == ""
    await page.get_by_role("button", name="Stop recording").click()

    async def ended() -> bool:
        return bool((await api(server, "GET", f"/recordings/{recording}"))["status"] == "ended")

    await until(ended, within_s=WITHIN_MS / 1000)
    made = await api(server, "GET", f"/recordings/{recording}")
    assert [made[name] for name in ("format", "channels", "stems")] == ["flac", "stereo", True]


async def test_a_browser_and_a_phone_meet_and_the_phone_is_muted_recorded_and_removed(tmp_path: Path) -> None:
    microphone = write_wav(tmp_path / "microphone.wav", tone(440.0, 60.0, amplitude=LOUD))
    async with (
        serve(tmp_path, settings={f"MIXMINUS_{name}": value for name, value in REACHABLE.items()}) as server,
        browser() as chromium,
        opened(chromium, server) as page,
    ):
        await log_in(page)
        room = await make_room(page, "Weekly meeting")
        await expect(page.get_by_role("heading", name="Nobody is here yet")).to_be_visible()
        await join(page, "Ann")
        ann, phone_row, bob = (
            f".participant:has-text('{text}')" for text in ("Ann (you)", "Phone, PCMU", "Bob")
        )
        await expect(page.locator(ann)).to_contain_text("Browser, Opus")
        await rises(page, ann)  # Chromium's fake microphone beeps once a second

        with Baresip(tmp_path / "phone", microphone, number=31) as phone:
            await asyncio.to_thread(phone.dial, f"sip:{room}@{ADDRESS}:{server.sip_port}")
            await expect(page.locator(phone_row)).to_be_visible(timeout=WITHIN_MS)
            await rises(page, phone_row)
            await expect(page.locator(f"{phone_row}.talking")).to_be_visible()
            await mute_and_unmute(page, server, room, phone_row)
            await name_from_the_details(page, phone_row, "Bob")
            await silence_ann_for_bob(page, server, room)
            await record(page, server, room)
            await page.locator(bob).get_by_role("button", name="Remove").click()
            await page.get_by_role("dialog").get_by_role("button", name="Remove Bob").click()
            await expect(page.locator(bob)).to_be_hidden(timeout=WITHIN_MS)

        await page.get_by_role("button", name="Leave", exact=True).click()
        await expect(page.get_by_role("heading", name="Nobody is here yet")).to_be_visible()
        assert (await api(server, "GET", f"/conferences/{room}"))["conferencecall_ids"] == []


async def test_push_to_talk_is_heard_while_the_button_is_held(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, browser() as chromium, opened(chromium, server) as page:
        await log_in(page)
        room = await make_room(page, "Push to talk")
        await microphone_is_released_with_the_view(page, server, room)
        await page.get_by_label("Push to talk").check()
        await page.get_by_role("button", name="Join", exact=True).click()
        hold = page.get_by_role("button", name="Hold to talk")
        await expect(hold).to_be_visible(timeout=WITHIN_MS)
        row = ".participant:has-text('(you)')"
        await expect(page.locator(row)).to_be_visible()
        await falls(page, row)
        await hold.hover()
        await page.mouse.down()
        await rises(page, row)
        await page.mouse.up()
        await falls(page, row)


async def lock_and_edit(page: Page, server: Server, room: str) -> None:
    await page.get_by_role("button", name="Lock", exact=True).click()
    await expect(page.get_by_role("button", name="Locked", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    await page.get_by_role("button", name="Edit the room").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name", exact=True).fill("Interview of Ann")
    await dialog.get_by_label("Maximum participants").fill("5")
    await dialog.get_by_label("Announce who joins and leaves").select_option(label="Their names")
    await dialog.get_by_text("Keys, texts and flows").click()
    keys = dialog.locator(".field", has=page.get_by_text("Keys of a phone", exact=True))
    for key in ("*1", "*2"):
        await keys.get_by_text("Add", exact=True).click()
        await keys.get_by_label("Key", exact=True).last.fill(key)
        await keys.get_by_label("Value", exact=True).last.select_option("hand")
    await keys.get_by_role("button", name="Remove", exact=True).first.click()
    await dialog.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("heading", level=1, name="Interview of Ann")).to_be_visible()
    changed = await api(server, "GET", f"/conferences/{room}")
    assert {name: changed[name] for name in ("locked", "max_participants", "announce", "dtmf_menu")} == {
        "locked": True, "max_participants": 5, "announce": "names", "dtmf_menu": {"*2": "hand"},
    }  # fmt: skip


async def test_a_room_is_recorded_as_chosen_and_paused(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, browser() as chromium, opened(chromium, server) as page:
        await log_in(page)
        room = await make_room(page, "Interview")
        await lock_and_edit(page, server, room)
        await record_as_chosen(page, server, room)
