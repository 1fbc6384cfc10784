"""A real browser joins, trickles, restarts ICE and leaves."""

import asyncio
from pathlib import Path

import pytest

from mixminus.call.leg import LegEnded
from mixminus.call.states import HangupReason
from mixminus.webrtc.endpoint import WebRtcEndpoint
from tests.support.chromium import chromium
from tests.support.room import OpenHouse
from tests.support.tones import sine, write_wav
from tests.support.waiting import eventually
from tests.support.whip import direct


@pytest.fixture
def microphone(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "440.wav", sine(440, 5.0))


async def test_chromium_trickles(endpoint: WebRtcEndpoint, house: OpenHouse, microphone: Path) -> None:
    async with chromium(direct(endpoint), microphone) as browser:
        await browser.join(trickle=True)
        print(await browser.statistics())
        await browser.restart_ice()
        await asyncio.sleep(3)
        print(await browser.statistics())
        print(await browser.connection_state())
        await browser.leave()
        async with asyncio.timeout(40):
            assert await house.legs[0].ended() == LegEnded(HangupReason.NORMAL, remote=True)
