"""Audio between aiortc and Chromium in one room, identified by tones."""

from pathlib import Path

import numpy as np
import pytest
from aiortc.rtcdtlstransport import SRTP_PROFILES, SRTPProtectionProfile
from numpy.typing import NDArray

from mixminus.mixer import DigitReceived, Engine
from mixminus.webrtc.endpoint import WebRtcEndpoint
from tests.native.test_inband import press, silence
from tests.support.aiortc_client import AiortcClient
from tests.support.chromium import chromium
from tests.support.room import AnsweringRoom, Listener
from tests.support.tones import level_db, tone, write_wav
from tests.support.waiting import until
from tests.support.whip import direct

AIORTC_HZ, CHROMIUM_HZ, ROOM_HZ = 660.0, 440.0, 1000.0


def assert_hears(pcm: NDArray[np.int16], *hz: float) -> None:
    """Assert that ``pcm`` contains these tones, and every other tone at least 40 dB below them."""
    absent = {AIORTC_HZ, CHROMIUM_HZ, ROOM_HZ} - set(hz)
    levels = {tone: level_db(pcm, tone) for tone in (*hz, *absent)}
    floor = min(levels[tone] for tone in hz)
    assert floor > -30, levels
    assert all(levels[tone] < floor - 40 for tone in absent), levels


@pytest.fixture
def microphone(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "microphone.wav", tone(CHROMIUM_HZ, 5.0))


@pytest.fixture
def listener(engine: Engine, backend: AnsweringRoom) -> Listener:
    """A listener in the room, in which a tone is played."""
    backend.bridge.open_playout(48_000).write(tone(ROOM_HZ, 59.0))
    return Listener(engine, backend.bridge)


async def test_every_participant_hears_all_others(
    endpoint: WebRtcEndpoint, listener: Listener, microphone: Path
) -> None:
    client = AiortcClient(direct(endpoint), hz=AIORTC_HZ)
    await client.join()
    async with chromium(direct(endpoint), microphone) as browser:
        await browser.join()
        await browser.hear(1.0)  # both jitter buffers have settled
        assert_hears(await browser.hear(2.0), AIORTC_HZ, ROOM_HZ)
        assert_hears(await client.hear(2.0), CHROMIUM_HZ, ROOM_HZ)
        assert_hears(await listener.hear(2.0), AIORTC_HZ, CHROMIUM_HZ, ROOM_HZ)
        await browser.mute(True)
        await client.hear(1.0)
        assert_hears(await client.hear(1.0), ROOM_HZ)
    await client.leave()


@pytest.mark.parametrize("codec", ["opus", "G722", "PCMU", "PCMA"])
async def test_chromium_sends_and_receives_every_codec(
    endpoint: WebRtcEndpoint, listener: Listener, microphone: Path, codec: str
) -> None:
    async with chromium(direct(endpoint), microphone) as browser:
        await browser.join(codec=codec)
        await browser.hear(0.5)
        assert_hears(await browser.hear(1.0), ROOM_HZ)
        assert_hears(await listener.hear(1.0), CHROMIUM_HZ, ROOM_HZ)
        found = await browser.statistics()
        assert found["codec"]["mimeType"].lower() == f"audio/{codec.lower()}"


@pytest.mark.parametrize("profile", SRTP_PROFILES, ids=lambda profile: profile.openssl_profile.decode())
async def test_audio_flows_both_ways_with_every_srtp_profile(
    endpoint: WebRtcEndpoint, listener: Listener, profile: SRTPProtectionProfile
) -> None:
    """The client offers a single profile in its DTLS handshake (RFC 5764 section 4.1.2)."""
    client = AiortcClient(direct(endpoint), hz=AIORTC_HZ, srtp_profiles=[profile])
    await client.join()
    await client.hear(0.5)
    assert_hears(await client.hear(1.0), ROOM_HZ)
    assert_hears(await listener.hear(1.0), AIORTC_HZ, ROOM_HZ)
    await client.leave()


async def test_a_client_that_prefers_stereo_receives_two_channels(
    endpoint: WebRtcEndpoint, listener: Listener
) -> None:
    client = AiortcClient(direct(endpoint), hz=AIORTC_HZ)
    await client.join(stereo=True)
    assert "sprop-stereo=1" in client.answer
    await client.hear(0.5)
    assert_hears(await client.hear(1.0), ROOM_HZ)
    assert_hears(await listener.hear(1.0), AIORTC_HZ, ROOM_HZ)
    await client.leave()


async def test_digits_from_a_browser_arrive_once(
    engine: Engine, endpoint: WebRtcEndpoint, backend: AnsweringRoom, microphone: Path
) -> None:
    async with chromium(direct(endpoint), microphone) as browser:
        await browser.join()
        await browser.hear(0.5)
        await browser.press("15#")
        digits: list[str] = []

        def heard() -> bool:
            digits.extend(event.digit for event in engine.events() if isinstance(event, DigitReceived))
            return len(digits) >= 3

        await until(heard)
        assert digits == ["1", "5", "#"]


async def test_tones_are_digits_for_a_client_without_telephone_event(
    engine: Engine, endpoint: WebRtcEndpoint, backend: AnsweringRoom
) -> None:
    """The last resort, as for phones: aiortc offers no events."""
    pressed = np.concatenate([press("5", 200, 48_000), press("#", 200, 48_000)])
    second = np.concatenate([pressed, silence(1000, 48_000)])[:48_000].astype(np.int16)
    client = AiortcClient(direct(endpoint), second=second)
    await client.join()
    assert "telephone-event" not in client.answer
    digits: list[str] = []

    def heard() -> bool:
        digits.extend(event.digit for event in engine.events() if isinstance(event, DigitReceived))
        return len(digits) >= 4

    await until(heard)
    assert "".join(digits).lstrip("#").startswith("5#5")
    await client.leave()


async def test_media_does_not_touch_python(endpoint: WebRtcEndpoint, listener: Listener) -> None:
    client = AiortcClient(direct(endpoint), hz=AIORTC_HZ)
    await client.join()
    before = endpoint.counters["webrtc.datagrams"]
    await listener.hear(3.0)  # 150 packets each way
    assert endpoint.counters["webrtc.datagrams"] - before < 10
    await client.leave()
