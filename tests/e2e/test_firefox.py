"""Firefox on the join page, by WHIP: heard and hearing, muted, removed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears, assert_silent, newest
from tests.support.bidi import Tab
from tests.support.firefox import firefox
from tests.support.join_page import enter, hear, reaches
from tests.support.server import Server
from tests.support.tones import TONES_HZ
from tests.support.waiting import play_for

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
