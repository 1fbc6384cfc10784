"""Changes of a peer's address: NAT rebinding, silence, consent that is renewed or expires."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aioice import ice

from mixminus.call.leg import LegEnded
from mixminus.clock import SystemClock
from mixminus.mixer import Engine
from mixminus.model.call import HangupReason
from mixminus.webrtc.endpoint import WebRtcEndpoint
from tests.support.aiortc_client import AiortcClient
from tests.support.relay import UdpRelay
from tests.support.room import AnsweringRoom, Listener
from tests.support.tones import level_db, tone
from tests.support.whip import direct

ROOM_HZ, CLIENT_HZ = 1000.0, 440.0
AUDIBLE_DB = -30.0


class LaterClock(SystemClock):
    """The system clock plus an offset that a test sets."""

    ahead_s = 0.0

    def monotonic_s(self) -> float:
        return super().monotonic_s() + self.ahead_s


@pytest.fixture
def clock() -> LaterClock:
    return LaterClock()


@pytest.fixture
async def endpoint(
    engine: Engine, backend: AnsweringRoom, clock: LaterClock
) -> AsyncIterator[WebRtcEndpoint]:
    endpoint = WebRtcEndpoint(engine, backend, clock=clock)
    await endpoint.start()
    yield endpoint
    await endpoint.close()


@pytest.fixture
async def relay(endpoint: WebRtcEndpoint) -> AsyncIterator[UdpRelay]:
    relay = UdpRelay(("127.0.0.1", endpoint.port))
    await relay.start()
    yield relay
    relay.close()


async def join_behind(relay: UdpRelay, endpoint: WebRtcEndpoint, backend: AnsweringRoom) -> AiortcClient:
    client = AiortcClient(direct(endpoint), hz=CLIENT_HZ)
    await client.join(behind=relay)
    await backend.connected()
    return client


async def test_a_rebound_nat_is_followed(
    engine: Engine, endpoint: WebRtcEndpoint, backend: AnsweringRoom, relay: UdpRelay, clock: LaterClock
) -> None:
    backend.bridge.open_playout(48_000).write(tone(ROOM_HZ, 59.0))
    listener = Listener(engine, backend.bridge)
    client = await join_behind(relay, endpoint, backend)
    assert level_db(await client.hear(1.0), ROOM_HZ) > AUDIBLE_DB
    clock.ahead_s = 10.0  # after the time in which new addresses are alternatives
    await relay.rebind()
    # The old outer port is closed: audio arrives only at the source address of the client's next check.
    assert level_db(await client.hear(1.0), ROOM_HZ) > AUDIBLE_DB
    assert level_db(await listener.hear(1.0), CLIENT_HZ) > AUDIBLE_DB
    await client.leave()


@pytest.fixture
def consent_s(monkeypatch: pytest.MonkeyPatch) -> float:
    """Let consent expire in a fifth of the time; return it. It is 30 s otherwise (RFC 7675 section 5.1)."""
    assert ice.CONSENT_FAILURES * ice.CONSENT_INTERVAL == 30
    monkeypatch.setattr(ice, "CONSENT_INTERVAL", 1)
    return float(ice.CONSENT_FAILURES)


@pytest.mark.slow
async def test_consent_is_renewed_for_more_than_twice_its_time(
    endpoint: WebRtcEndpoint, backend: AnsweringRoom, relay: UdpRelay, consent_s: float
) -> None:
    client = await join_behind(relay, endpoint, backend)
    ended = asyncio.ensure_future(backend.legs[0].ended())
    done, _ = await asyncio.wait([ended], timeout=2.2 * consent_s)
    assert not done
    assert client.connection.connectionState == "connected"
    await backend.legs[0].hang_up()
    await ended
    await client.leave()


@pytest.mark.usefixtures("consent_s")
async def test_a_lost_connection_ends_consent_and_the_leg(
    endpoint: WebRtcEndpoint, backend: AnsweringRoom, relay: UdpRelay
) -> None:
    client = await join_behind(relay, endpoint, backend)
    relay.cut = True
    async with asyncio.timeout(60):
        assert await backend.legs[0].ended() == LegEnded(HangupReason.TIMEOUT, remote=True)
    await client.leave()
