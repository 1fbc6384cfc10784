"""A browser whose network passes no UDP joins by ICE-TCP on the browsers' port."""

import asyncio
from pathlib import Path

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.e2e.test_browser import BROWSER_RATE_HZ, over_http
from tests.support.chromium import EXECUTABLE, chromium
from tests.support.firewall import without_udp
from tests.support.server import Server
from tests.support.tones import TONES_HZ, tone, write_wav

PHONE_HZ, BROWSER_HZ = TONES_HZ[:2]


async def test_browser_without_udp_is_heard_and_hears(server: Server, phone: Ring, tmp_path: Path) -> None:
    room = server.new_room()
    each = phone(PHONE_HZ)
    await asyncio.to_thread(each.dial, server.sip_uri(room))
    microphone = write_wav(tmp_path / "microphone.wav", tone(BROWSER_HZ, 20))
    with without_udp(tmp_path, EXECUTABLE) as executable:
        async with chromium(over_http(server, room), microphone, executable=executable) as browser:
            await browser.join()
            await asyncio.to_thread(server.wait_for_participants, room, 2)
            assert_hears((await browser.hear(3), BROWSER_RATE_HZ), (PHONE_HZ,), BROWSER_HZ)
            assert_hears(each.ear(), (BROWSER_HZ,), PHONE_HZ)
            statistics = await browser.statistics()
            assert statistics["local-candidate"]["protocol"] == "tcp"
            assert statistics["remote-candidate"]["port"] == server.webrtc_port
            await browser.leave()
    await asyncio.to_thread(server.wait_for_participants, room, 1)


async def test_browser_with_udp_prefers_it(server: Server, tmp_path: Path) -> None:
    room = server.new_room()
    microphone = write_wav(tmp_path / "microphone.wav", tone(BROWSER_HZ, 20))
    async with chromium(over_http(server, room), microphone) as browser:
        await browser.join()
        await browser.hear(1)
        assert (await browser.statistics())["local-candidate"]["protocol"] == "udp"
        await browser.leave()
