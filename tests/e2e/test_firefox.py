"""Firefox on the join page, by WHIP: heard and hearing, muted, removed, pressing keys, on hold."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears, assert_silent, newest, wait_to_hear
from tests.support.bidi import Tab
from tests.support.firefox import firefox
from tests.support.join_page import enter, hear, press, reaches
from tests.support.server import Server
from tests.support.tones import TONES_HZ
from tests.support.waiting import eventually, play_for

PHONE_HZ, FIREFOX_HZ = TONES_HZ[:2]


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Tab]:
    async with firefox(tmp_path / "firefox", FIREFOX_HZ, []) as opened_tab:
        yield opened_tab


async def test_firefox_on_the_join_page_is_heard_and_hears_is_muted_and_removed(
    server: Server, page: Tab, phone: Ring
) -> None:
    room = await asyncio.to_thread(server.new_room)
    other = phone(PHONE_HZ)
    await asyncio.to_thread(other.dial, server.sip_uri(room))
    await enter(page, server, room)
    _, removed = await asyncio.to_thread(server.wait_for_participants, room, 2)
    assert_hears(await hear(page, 3), (PHONE_HZ,), FIREFOX_HZ)
    assert_hears(other.ear(), (FIREFOX_HZ,), PHONE_HZ)

    await page.evaluate("() => document.getElementById('mute').click()")
    await asyncio.to_thread(play_for, 2)
    assert_silent(other.ear(), (FIREFOX_HZ,), last_s=1.0)
    await page.evaluate("() => document.getElementById('mute').click()")
    await asyncio.to_thread(play_for, 2)
    assert_hears(newest(other.ear(), 1), (FIREFOX_HZ,), PHONE_HZ, stretch_s=0.5)

    assert server.call("DELETE", f"/conferencecalls/{removed}").status == 200
    await reaches(page, "failed")
    assert "no longer in the room" in await page.evaluate(
        "() => document.getElementById('error').textContent"
    )

    await page.evaluate("() => document.getElementById('listen').click()")
    await reaches(page, "joined")
    await asyncio.to_thread(server.wait_for_participants, room, 2)
    assert_hears(await hear(page, 2), (PHONE_HZ,))
    await page.evaluate("() => document.getElementById('leave').click()")
    await asyncio.to_thread(server.wait_for_participants, room, 1)


async def test_firefox_presses_keys_and_is_held_by_the_server(server: Server, page: Tab, phone: Ring) -> None:
    """Its only telephone events have a clock of 8 kHz, beside Opus; WHIP has no second offer for a hold of its own."""
    room = await asyncio.to_thread(lambda: server.new_room(dtmf_menu={"*6": "mute"}))
    other = phone(PHONE_HZ)
    await asyncio.to_thread(other.dial, server.sip_uri(room))
    await asyncio.to_thread(server.wait_for_participants, room, 1)
    await enter(page, server, room)
    _, joined = await asyncio.to_thread(server.wait_for_participants, room, 2)
    await asyncio.to_thread(wait_to_hear, other, FIREFOX_HZ)

    call = server.call("GET", f"/conferencecalls/{joined}").json["reference_id"]
    assert server.call("POST", f"/calls/{call}/hold").status == 200
    await asyncio.to_thread(play_for, 2)
    assert_silent(other.ear(), (FIREFOX_HZ,), last_s=1.0)
    assert_silent(await hear(page, 2), (PHONE_HZ,), last_s=1.0)
    assert server.call("DELETE", f"/calls/{call}/hold").status == 200
    await asyncio.to_thread(wait_to_hear, other, FIREFOX_HZ)
    assert_hears(await hear(page, 2), (PHONE_HZ,), FIREFOX_HZ)

    for muted in (True, False):
        await press(page, "*6")
        await asyncio.to_thread(wait_for_muted, server, joined, muted)
        if muted:
            await asyncio.to_thread(play_for, 2)
            assert_silent(other.ear(), (FIREFOX_HZ,), last_s=1.0)
    await asyncio.to_thread(wait_to_hear, other, FIREFOX_HZ)
    await page.evaluate("() => document.getElementById('leave').click()")
    await asyncio.to_thread(server.wait_for_participants, room, 1)


def wait_for_muted(server: Server, participant: str, muted: bool) -> None:
    eventually(
        lambda: server.call("GET", f"/conferencecalls/{participant}").json["muted"] is muted,
        what=f"muted is {muted}",
    )
