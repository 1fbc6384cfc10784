"""Chromium: trickle ICE, ICE restart, hangup."""

import asyncio
from pathlib import Path

import pytest

from mixminus.call.leg import LegEnded
from mixminus.mixer import Engine
from mixminus.model.call import HangupReason
from mixminus.webrtc.endpoint import WebRtcEndpoint
from tests.support.chromium import chromium
from tests.support.room import AnsweringRoom, Listener
from tests.support.tones import level_db, tone, write_wav
from tests.support.whip import direct

ROOM_HZ, CHROMIUM_HZ = 1000.0, 440.0
AUDIBLE_DB = -30.0


@pytest.fixture
def microphone(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "microphone.wav", tone(CHROMIUM_HZ, 5.0))


async def ended(backend: AnsweringRoom) -> LegEnded:
    async with asyncio.timeout(10):
        return await backend.legs[0].ended()


@pytest.mark.parametrize(
    ("trickle", "strip_candidates"),
    [
        pytest.param(True, False, id="trickled by PATCH"),
        pytest.param(False, True, id="none at all: found by its own checks"),
    ],
)
async def test_candidates_may_come_late_or_not_at_all(
    endpoint: WebRtcEndpoint, backend: AnsweringRoom, microphone: Path, trickle: bool, strip_candidates: bool
) -> None:
    async with chromium(direct(endpoint), microphone) as browser:
        await browser.join(trickle=trickle, strip_candidates=strip_candidates)
        await browser.leave()
        assert await ended(backend) == LegEnded(HangupReason.NORMAL, remote=True)


async def test_an_ice_restart_keeps_dtls_and_audio(
    engine: Engine, endpoint: WebRtcEndpoint, backend: AnsweringRoom, microphone: Path
) -> None:
    backend.bridge.open_playout(48_000).write(tone(ROOM_HZ, 59.0))
    listener = Listener(engine, backend.bridge)
    async with chromium(direct(endpoint), microphone) as browser:
        await browser.join()
        before = (await browser.statistics())["transport"]
        for _ in range(2):
            await browser.restart_ice()
            await browser.hear(0.5)
            assert level_db(await browser.hear(1.0), ROOM_HZ) > AUDIBLE_DB
            assert level_db(await listener.hear(1.0), CHROMIUM_HZ) > AUDIBLE_DB
        after = (await browser.statistics())["transport"]
        assert after["iceLocalUsernameFragment"] != before["iceLocalUsernameFragment"]
        assert after["remoteCertificateId"] == before["remoteCertificateId"]
        assert after["dtlsState"] == "connected"
        await backend.legs[0].hang_up()
        await browser.hung_up()


async def test_a_browser_is_notified_of_a_hangup(
    endpoint: WebRtcEndpoint, backend: AnsweringRoom, microphone: Path
) -> None:
    async with chromium(direct(endpoint), microphone) as browser:
        await browser.join()
        await (await backend.connected()).hang_up()
        await browser.hung_up()
