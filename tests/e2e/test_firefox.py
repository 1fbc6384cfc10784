"""Firefox on the join page, by WHIP: heard and hearing, muted, removed."""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears, assert_silent, newest
from tests.support.bidi import Tab
from tests.support.firefox import firefox
from tests.support.firefox_phone import SCRIPT, opened
from tests.support.server import ACCESS_KEY, Server
from tests.support.tones import TONES_HZ, Pcm
from tests.support.waiting import play_for, until

FIREFOX_RATE_HZ = 48_000
PHONE_HZ, FIREFOX_HZ = TONES_HZ[:2]


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Tab]:
    async with firefox(tmp_path / "firefox", FIREFOX_HZ, []) as opened_tab:
        yield opened_tab


async def state(page: Tab) -> str:
    shown: str = await page.evaluate("() => document.body.dataset.state")
    return shown


async def reaches(page: Tab, wanted: str) -> None:
    async def is_reached() -> bool:
        return await state(page) == wanted

    await until(is_reached, within_s=20)


async def hear(page: Tab, seconds: float) -> tuple[Pcm, int]:
    """Return what the page plays, by the recorder of the Firefox phone."""
    encoded = await page.evaluate(
        f"seconds => {{ {SCRIPT}; return recording(document.getElementById('audio').srcObject, seconds); }}",
        seconds,
    )
    return opened(base64.b64decode(encoded)), FIREFOX_RATE_HZ


async def test_firefox_on_the_join_page_is_heard_and_hears_is_muted_and_removed(
    server: Server, page: Tab, phone: Ring
) -> None:
    room = await asyncio.to_thread(server.new_room)
    other = phone(PHONE_HZ)
    await asyncio.to_thread(other.dial, server.sip_uri(room))
    await page.goto(f"{server.url}/join#room={room}&name=Ann")
    await page.evaluate("key => { document.getElementById('key').value = key; return rooms(); }", ACCESS_KEY)
    await page.evaluate("() => document.getElementById('join').click()")
    await reaches(page, "joined")
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
