"""The console's views beside the rooms, in a real browser, against a real server."""

import asyncio
import shutil
import subprocess
import wave
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.app.server import Server, serve
from tests.console.pages import WITHIN_MS, api, log_in, opened
from tests.console.test_join_page import FLAGS, browser
from tests.support.chromium import EXECUTABLE
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("built")

VIEWS = ("rooms", "calls", "flows", "numbers", "extensions", "trunks", "recordings", "transcripts", "server")
SENTENCES = ("The quick brown fox jumps over the lazy dog.", "Please remember the milk and the bread.")
PAUSE_S = 2
TALK_MS = 11_000


async def recorded(server: Server, microphone: Path) -> str:
    """Let a browser talk in a room, record it, and return the recording when it is complete."""
    room = (await api(server, "POST", "/conferences", type="conference", name="Archive", language="en"))["id"]
    link = await api(server, "POST", f"/conferences/{room}/guest_links", name="Ann")
    async with async_playwright() as playwright:
        flags = [*FLAGS, f"--use-file-for-fake-audio-capture={microphone}"]
        chromium = await playwright.chromium.launch(executable_path=EXECUTABLE, args=flags)
        page = await chromium.new_page()
        await page.goto(f"{server.base}/{link['path']}")
        await page.click("#join:enabled", timeout=WITHIN_MS)
        await page.wait_for_selector("body[data-state=joined]", timeout=WITHIN_MS)
        (guest,) = (await api(server, "GET", f"/conferencecalls?conference_id={room}"))["result"]
        await api(server, "PATCH", f"/conferencecalls/{guest['id']}", label="Ann")
        begun = await api(server, "POST", f"/conferences/{room}/recording_start", stems=True)
        recording = begun["recording_id"]
        await page.wait_for_timeout(TALK_MS)
        await api(server, "POST", f"/conferences/{room}/recording_stop")
        await chromium.close()

    async def complete() -> bool:
        return bool((await api(server, "GET", f"/recordings/{recording}"))["status"] == "ended")

    await until(complete)
    return str(recording)


def speak(folder: Path) -> Path:
    """Write the sentences to a file, with pauses, so that each is an utterance of its own."""
    program = shutil.which("espeak-ng")
    assert program is not None
    spoken = folder / "microphone.wav"
    with wave.open(str(spoken), "wb") as whole:
        for number, sentence in enumerate(SENTENCES):
            piece = folder / f"{number}.wav"
            subprocess.run([program, "-s", "150", "-w", piece, sentence], check=True)
            with wave.open(str(piece)) as read:
                if number == 0:
                    whole.setparams(read.getparams())
                whole.writeframes(read.readframes(read.getnframes()))
                whole.writeframes(bytes(PAUSE_S * read.getframerate() * read.getsampwidth()))
    return spoken


async def position(page: Page) -> float:
    return float(await page.evaluate("document.querySelector('audio').currentTime"))


async def save_as_subtitles(page: Page) -> None:
    async with page.expect_download() as saved:
        await page.get_by_role("button", name="SRT").click()
    path = await (await saved.value).path()
    subtitles = await asyncio.to_thread(path.read_text)
    assert subtitles.startswith("1\n00:00:")
    assert "milk" in subtitles.lower()


async def open_by_the_name_of_its_room(page: Page, recording: str) -> None:
    """Open a recording from the list; the file of one voice has the name of its participant."""
    row = page.locator(f"a[href='#/recordings/{recording}']")
    await expect(row).to_contain_text("Archive, ")
    await row.click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Archive, ")
    files = page.get_by_role("region", name="Files")
    await expect(files.get_by_role("listitem").filter(has_text="Ann")).to_have_count(1)


async def transcribe_in_spanish(page: Page, recording: str) -> None:
    """Transcribe an open recording in the language of its room, with a translation; show that, then what was said."""
    language = page.get_by_role("combobox", name="Language of the transcript")
    await language.select_option("Spanish")
    async with page.expect_request("**/v1.0/transcribes") as sent:
        await page.get_by_role("button", name="Transcribe it").click()
    body = (await sent.value).post_data_json
    assert body == {"reference_type": "recording", "reference_id": recording, "translate_to": "es"}
    await expect(page.locator(".transcript .utterance").first).to_be_visible(timeout=60_000)
    await expect(page.locator(".light.transcribing")).to_be_hidden(timeout=60_000)
    text = page.locator(".transcript ol")
    # What was recognised differs a little with where an utterance was cut.
    assert {"zorro", "perros", "leche"} & set((await text.inner_text()).lower().replace(".", "").split())
    await language.select_option("As spoken")
    assert "milk" in (await text.inner_text()).lower()


async def search_leads_to_the_place(page: Page, server: Server) -> None:
    await page.goto(f"{server.base}/console/#/transcripts")
    await page.get_by_label("Words").fill("milk")
    await page.get_by_role("button", name="Search").click()
    await expect(page.locator(".found li").first).to_contain_text("milk", ignore_case=True)
    link = page.locator(".found a").first
    at = float((await link.get_attribute("href") or "").partition("?at=")[2])
    await link.click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Archive, ")

    async def arrived() -> bool:
        place = await page.evaluate("document.querySelector('audio')?.currentTime ?? -1")
        return abs(float(place) - at) < 0.1

    await until(arrived, within_s=WITHIN_MS / 1000)


@pytest.mark.slow
async def test_a_recording_plays_its_transcript_follows_and_it_is_verified(tmp_path: Path) -> None:
    microphone = await asyncio.to_thread(speak, tmp_path)
    async with serve(tmp_path) as server:
        recording = await recorded(server, microphone)
        async with browser() as chromium, opened(chromium, server) as page:
            await log_in(page)
            await page.get_by_role("link", name="Recordings").click()
            await open_by_the_name_of_its_room(page, recording)
            slider = page.get_by_role("slider", name="Position")
            await expect(slider.locator("path.wave")).to_be_attached()
            await expect(slider).not_to_have_attribute("aria-valuemax", "0", timeout=WITHIN_MS)
            length = float(await slider.get_attribute("aria-valuemax") or 0)
            assert TALK_MS / 1000 - 2 <= length <= TALK_MS / 1000 + 10

            await transcribe_in_spanish(page, recording)
            utterances = page.locator(".transcript .utterance")
            await expect(page.locator(".lane rect").first).to_be_attached()
            await save_as_subtitles(page)

            last = utterances.last
            await last.click()
            sought = await position(page)
            shown = await last.inner_text()
            assert await utterances.count() >= 2
            assert sought > 1, "the player goes where the text is"
            await expect(page.locator(".transcript li[aria-current]")).to_have_count(1)
            await expect(page.locator(".transcript li[aria-current] .utterance")).to_have_text(
                shown, use_inner_text=True
            )

            await slider.press("Home")
            assert await position(page) == 0
            await page.get_by_role("button", name="Play").click()

            async def plays() -> bool:
                return await position(page) > 0.5

            await until(plays, within_s=WITHIN_MS / 1000)
            await page.get_by_role("button", name="Pause").click()

            await page.get_by_role("button", name="Verify").click()
            await expect(page.get_by_text("Unchanged since it was sealed")).to_be_visible()

            await search_leads_to_the_place(page, server)


@pytest.mark.slow
async def test_an_extension_is_made_and_its_phone_set_up_and_a_delivery_is_shown(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, browser() as chromium, opened(chromium, server) as page:
        await log_in(page)
        for view in VIEWS:
            await page.goto(f"{server.base}/console/#/{view}")
            await expect(page.get_by_role("heading", level=1, name=view.capitalize())).to_be_visible()

        await page.goto(f"{server.base}/console/#/extensions")
        await page.get_by_role("button", name="New extension").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Extension").fill("201")
        await dialog.get_by_label("Password").fill("Secret-4711-x")
        await dialog.get_by_role("button", name="Create extension").click()
        await expect(dialog).to_be_hidden()
        await page.get_by_role("row", name="201").get_by_role("button", name="Set up a phone").click()
        await expect(dialog).to_contain_text("auth_pass=Secret-4711-x")
        await dialog.get_by_role("button", name="Close").click()

        await page.goto(f"{server.base}/console/#/server")
        await expect(page.locator(".figure").first).to_contain_text("ms")
        await api(server, "POST", "/conferences", type="conference", name="eventful")
        await expect(page.locator(".events")).to_contain_text("conference_created")
