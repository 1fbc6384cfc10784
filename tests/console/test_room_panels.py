"""The panels of the console's room view, with real phones: lobby, hands, chat, playbacks, moves, breakout rooms."""

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.app.server import Server, serve
from tests.console.pages import WITHIN_MS, api, log_in, opened
from tests.console.test_join_page import browser
from tests.support.baresip import Baresip
from tests.support.netns import ADDRESS
from tests.support.tones import level_db, tone, write_wav
from tests.support.waiting import until

pytestmark = [pytest.mark.usefixtures("built"), pytest.mark.slow]

GONG_HZ = 1490.0
HEARD_DB, SILENT_DB = -30.0, -60.0
REACHABLE = {"MIXMINUS_SIP_HOST": ADDRESS, "MIXMINUS_PUBLIC_HOST": ADDRESS}


@contextmanager
def phones(folder: Path) -> Iterator[list[Baresip]]:
    """Start three phones with silent microphones."""
    microphone = write_wav(folder / "silence.wav", tone(440.0, 60.0, amplitude=0.0))
    first, second, third = (
        Baresip(folder / f"phone{number}", microphone, number=number) for number in (51, 52, 53)
    )
    with first, second, third:
        yield [first, second, third]


async def seats(server: Server, room: str) -> list[dict[str, Any]]:
    """Return the participants that are in a room, in the order of their labels."""
    listed = (await api(server, "GET", f"/conferencecalls?conference_id={room}"))["result"]
    return sorted((each for each in listed if each["status"] == "joined"), key=lambda each: each["label"])


async def seated(server: Server, room: str, *labels: str) -> None:
    """Wait until these participants, and no others, are in a room."""

    async def look() -> bool:
        return [each["label"] for each in await seats(server, room)] == sorted(labels)

    await until(look, within_s=WITHIN_MS / 1000)


async def dial(server: Server, room: str, *dialling: Baresip) -> None:
    for phone in dialling:
        await asyncio.to_thread(phone.dial, f"sip:{room}@{ADDRESS}:{server.sip_port}")


async def admit_and_refuse(page: Page, server: Server, room: str, three: list[Baresip]) -> None:
    """Admit the first phone, refuse the third, admit all; the participants are labelled Ann and Bob."""
    first, second, third = three
    lobby = page.get_by_role("region", name="Lobby")
    await expect(lobby).to_be_hidden()
    await dial(server, room, first, third)
    await expect(lobby.get_by_role("listitem")).to_have_count(2)
    await lobby.get_by_role("button", name="Admit phone51").click()
    await seated(server, room, "")
    await label_the_new(server, room, "Ann")
    await lobby.get_by_role("button", name="Refuse phone53").click()
    await expect(lobby).to_be_hidden()
    await asyncio.to_thread(third.wait_for_log, "session closed", what="the refused phone is hung up")
    await dial(server, room, second)
    await lobby.get_by_role("button", name="Admit all").click()
    await seated(server, room, "", "Ann")
    await label_the_new(server, room, "Bob")
    await expect(lobby).to_be_hidden()
    await expect(page.locator(".participant")).to_have_count(2)


async def label_the_new(server: Server, room: str, label: str) -> None:
    (new,) = [each for each in await seats(server, room) if not each["label"]]
    await api(server, "PATCH", f"/conferencecalls/{new['id']}", label=label)


async def lower_a_hand(page: Page, server: Server, room: str) -> None:
    ann, _ = await seats(server, room)
    lower = page.get_by_role("button", name="Lower the hand of Ann")
    await expect(lower).to_be_hidden()
    await api(server, "PATCH", f"/conferencecalls/{ann['id']}", hand_raised=True)
    await expect(page.locator(".participant:has-text('Ann')")).to_contain_text("Hand raised")
    await lower.click()
    await expect(lower).to_be_hidden()
    assert [each["hand_raised"] for each in await seats(server, room)] == [False, False]


async def chat(page: Page, server: Server, room: str) -> None:
    """Send to all and to one, receive, erase."""
    _, bob = await seats(server, room)
    await page.get_by_role("tab", name="Chat").click()
    log = page.get_by_role("log", name="Chat")
    for text, recipient in (("Good morning", "All in the room"), ("Only between us", "Bob")):
        await page.get_by_label("To", exact=True).select_option(label=recipient)
        await page.get_by_label("Message", exact=True).fill(text)
        await page.get_by_role("button", name="Send", exact=True).click()
        await expect(log).to_contain_text(text)
    await expect(log).to_contain_text("only to Bob")
    await api(server, "POST", f"/conferences/{room}/messages", text="The slides", sender_name="Robot")
    await expect(log).to_contain_text("Robot")
    await page.get_by_role("button", name="Erase the message of Robot").click()
    await page.get_by_role("dialog").get_by_role("button", name="Erase the message of Robot").click()
    await expect(log).not_to_contain_text("The slides")
    kept = (await api(server, "GET", f"/conferences/{room}/messages"))["result"]
    assert [(each["text"], each["recipient_id"] == bob["id"]) for each in kept] == [
        ("Only between us", True),
        ("Good morning", False),
    ]


async def play_to_ann_until_stopped(page: Page, server: Server, room: str, phone: Baresip) -> None:
    """Play a gong again and again to Ann's phone until it has heard it, then stop it."""
    before = len(phone.ear()[0])
    ann, _ = await seats(server, room)
    await page.get_by_role("tab", name="Say and play").click()
    await page.get_by_role("button", name="Play files").click()
    await page.get_by_label("Heard by").select_option(label="Ann")
    await page.get_by_label("Files or addresses").fill("gong.wav")
    await page.get_by_label("Gain (dB)").fill("-3")
    await page.get_by_label("Lower the talkers by (dB)").fill("12")
    await page.get_by_label("Times").fill("0")
    await page.get_by_role("button", name="Play", exact=True).click()
    running = page.get_by_role("region", name="Playbacks")
    await expect(running).to_contain_text("Heard by Ann")
    await expect(running.get_by_text("Plays", exact=True)).to_be_visible()
    (playback,) = (await api(server, "GET", f"/conferences/{room}/playbacks"))["result"]
    asked = [playback[name] for name in ("conferencecall_id", "gain_db", "duck_db", "loop")]
    assert asked == [ann["id"], -3, 12, 0]

    async def hears() -> bool:
        pcm, rate_hz = phone.ear()
        return loudest_db(pcm[before:], rate_hz) > HEARD_DB

    await until(hears, within_s=WITHIN_MS / 1000)
    await running.get_by_role("button", name="Stop gong.wav").click()
    await expect(running).to_be_hidden()
    assert (await api(server, "GET", f"/playbacks/{playback['id']}"))["status"] == "stopped"


async def a_missing_file_is_named(page: Page) -> None:
    await page.get_by_label("Files or addresses").fill("missing.wav")
    await page.get_by_role("button", name="Play", exact=True).click()
    running = page.get_by_role("region", name="Playbacks")
    await expect(running.get_by_text("Failed", exact=True)).to_be_visible()
    await expect(running.locator("li")).to_contain_text("no such file in the folder of sounds")


async def say_to_all(page: Page, server: Server, room: str) -> None:
    await page.get_by_role("button", name="Say a text").click()
    await page.get_by_label("Heard by").select_option(label="All in the room")
    await page.get_by_label("Text (required)").fill("The meeting ends in five minutes.")
    await page.get_by_label("Language", exact=True).fill("en-US")
    await page.get_by_role("button", name="Say it").click()
    await expect(page.get_by_label("Text (required)")).to_have_value("")

    async def said() -> bool:
        listed = (await api(server, "GET", f"/conferences/{room}/playbacks"))["result"]
        return ("talk", "finished") in {(each["type"], each["status"]) for each in listed}

    await until(said, within_s=WITHIN_MS / 1000)


async def divide_and_reunite(page: Page, server: Server, room: str) -> None:
    await page.get_by_role("tab", name="Participants").click()
    await page.get_by_role("button", name="Breakout rooms").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Ann").select_option(label="Room 2")
    await dialog.get_by_label("Bob").select_option(label="Stays here")
    await dialog.get_by_label("Number of rooms").fill("2")
    await dialog.get_by_role("button", name="Divide the room").click()
    await seated(server, room, "Bob")
    await page.get_by_role("button", name="Breakout rooms").click()
    await expect(dialog.get_by_role("link")).to_have_count(2)
    await expect(dialog.get_by_role("listitem").filter(has_text="1 participant")).to_have_count(1)
    await dialog.get_by_role("button", name="Bring all back").click()
    await seated(server, room, "Ann", "Bob")


async def move_bob(page: Page, server: Server, room: str, other: str) -> None:
    await page.locator(".participant:has-text('Bob') button.who").click()
    details = page.locator(".details")
    await details.get_by_label("Move to another room").select_option(label="Board")
    await details.get_by_role("button", name="Move", exact=True).click()
    await seated(server, other, "Bob")
    await seated(server, room, "Ann")
    await expect(details).to_be_hidden()


async def requests_of_joining(page: Page) -> None:
    await page.get_by_role("button", name="Requests").click()
    join = page.get_by_role("region", name="Join with this browser")
    await join.get_by_role("button", name="Show the request").click()
    await expect(page.get_by_role("dialog")).to_contain_text("/whip?name=")
    await expect(page.get_by_role("dialog")).to_contain_text('--data-binary "@offer.sdp"')


async def test_each_panel_does_what_it_says(tmp_path: Path) -> None:
    sounds = tmp_path / "data" / "sounds"
    sounds.mkdir(parents=True)
    write_wav(sounds / "gong.wav", tone(GONG_HZ, 1.0, amplitude=12_000.0))
    async with (
        serve(tmp_path, settings=REACHABLE) as server,
        browser() as chromium,
        opened(chromium, server) as page,
    ):
        made = [
            (await api(server, "POST", "/conferences", type="conference", **fields))["id"]
            for fields in ({"name": "Weekly meeting", "lobby": True}, {"name": "Board"})
        ]
        await log_in(page)
        await page.goto(f"{server.base}/console/#/rooms/{made[0]}")
        with phones(tmp_path) as three:
            await admit_and_refuse(page, server, made[0], three)
            await lower_a_hand(page, server, made[0])
            await chat(page, server, made[0])
            before = len(three[1].ear()[0])  # the lobby's music
            await play_to_ann_until_stopped(page, server, made[0], three[0])
            await a_missing_file_is_named(page)
            pcm, rate_hz = three[1].ear()
            assert len(pcm) > before + rate_hz // 2
            assert loudest_db(pcm[before:], rate_hz) < SILENT_DB
            await say_to_all(page, server, made[0])
            await divide_and_reunite(page, server, made[0])
            await move_bob(page, server, made[0], made[1])
            await requests_of_joining(page)


def loudest_db(pcm: Any, rate_hz: int) -> float:
    """Return the level of the gong in the half second in which it is loudest."""
    step = rate_hz // 2
    stretches = (pcm[at : at + step] for at in range(0, len(pcm) - step, step))
    return max((level_db(each, GONG_HZ, sample_rate_hz=rate_hz) for each in stretches), default=-math.inf)
