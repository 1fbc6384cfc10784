"""Joins, ends and refusals, with an unmodified aiortc client."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from mixminus.call.leg import ANONYMOUS, Address, Caller, Leg, LegEnded
from mixminus.errors import (
    Exhausted,
    InvalidArgument,
    MixMinusError,
    NotFound,
    PermissionDenied,
    Unavailable,
)
from mixminus.mixer import Engine
from mixminus.model.call import HangupReason
from mixminus.model.signalling import UNSIGNALLED, Signalled
from mixminus.webrtc.endpoint import WebRtcConfig, WebRtcEndpoint
from mixminus.webrtc.leg import LegRefused
from mixminus.webrtc.session import EntityTagMismatch, EntityTagRequired
from tests.support.aiortc_client import AiortcClient
from tests.support.offers import CHROMIUM
from tests.support.room import AnsweringRoom
from tests.support.waiting import until
from tests.support.whip import BROWSER, ROOM, direct


class ApiClient:
    """Applies one reaction to every leg (``call.leg.IncomingLegs``)."""

    def __init__(self, treat: Callable[[Leg], Awaitable[None]]) -> None:
        self._treat = treat

    async def incoming(
        self,
        leg: Leg,
        *,
        source: Address,
        destination: Address,
        pin: str | None = None,
        caller: Caller = ANONYMOUS,
        signalled: Signalled = UNSIGNALLED,
    ) -> None:
        await self._treat(leg)


async def test_a_client_joins_and_leaves_by_closing(endpoint: WebRtcEndpoint, backend: AnsweringRoom) -> None:
    client = AiortcClient(direct(endpoint), hz=440)
    await client.join()
    leg = await backend.connected()
    await client.leave()
    async with asyncio.timeout(10):
        assert await leg.ended() == LegEnded(HangupReason.NORMAL, remote=True)
    assert leg.port.closed


async def test_a_client_leaves_by_delete_and_receives_close_notify(
    endpoint: WebRtcEndpoint, backend: AnsweringRoom
) -> None:
    exchange = direct(endpoint)
    client = AiortcClient(exchange, hz=440)
    await client.join()
    leg = await backend.connected()
    assert (await exchange("DELETE", client.location, {}, "")).status == 200
    assert await leg.ended() == LegEnded(HangupReason.NORMAL, remote=True)
    await until(lambda: client.connection.connectionState == "closed")
    assert (await exchange("DELETE", client.location, {}, "")).status == 400
    await client.leave()


async def test_a_hangup_closes_dtls_of_the_client(endpoint: WebRtcEndpoint, backend: AnsweringRoom) -> None:
    client = AiortcClient(direct(endpoint), hz=440)
    await client.join()
    leg = await backend.connected()
    await leg.hang_up()
    await leg.hang_up()
    assert await leg.ended() == LegEnded(HangupReason.NORMAL, remote=False)
    await until(lambda: client.connection.connectionState == "closed")
    await client.leave()


async def test_closing_the_endpoint_ends_every_leg(endpoint: WebRtcEndpoint, backend: AnsweringRoom) -> None:
    clients = [AiortcClient(direct(endpoint), hz=440) for _ in range(2)]
    await asyncio.gather(*(client.join() for client in clients))
    await endpoint.close()
    await endpoint.close()
    assert not endpoint.ready
    for leg in backend.legs:
        assert await leg.ended() == LegEnded(HangupReason.NORMAL, remote=False)
    for client in clients:
        await client.leave()
    with pytest.raises(Unavailable):
        await endpoint.join(CHROMIUM, destination=ROOM, source=BROWSER)


@pytest.mark.parametrize(
    ("status_code", "error"),
    [(404, NotFound), (403, PermissionDenied), (486, LegRefused), (488, InvalidArgument), (500, Unavailable)],
)
async def test_a_refusal_is_raised_by_the_join(
    engine: Engine, status_code: int, error: type[MixMinusError]
) -> None:
    legs: list[Leg] = []

    async def refuse(leg: Leg) -> None:
        legs.append(leg)
        await leg.reject(status_code)

    endpoint = WebRtcEndpoint(engine, ApiClient(refuse))
    await endpoint.start()
    with pytest.raises(error):
        await endpoint.join(CHROMIUM, destination=ROOM, source=BROWSER)
    assert (await legs[0].ended()).reason is HangupReason.FAILED
    assert legs[0].port.closed
    await endpoint.close()


async def test_a_call_that_rings_is_answered_at_once(engine: Engine) -> None:
    """WHIP has no ringing: the first of two parties waits in the room."""

    async def ring(leg: Leg) -> None:
        await leg.ring()
        await leg.answer()

    endpoint = WebRtcEndpoint(engine, ApiClient(ring))
    await endpoint.start()
    session = await endpoint.join(CHROMIUM, destination=ROOM, source=BROWSER)
    assert session.answer_sdp.startswith("v=0")
    await endpoint.close()


async def test_a_join_times_out_if_the_call_is_not_answered(engine: Engine) -> None:
    legs: list[Leg] = []

    async def keep_waiting(leg: Leg) -> None:
        legs.append(leg)

    endpoint = WebRtcEndpoint(engine, ApiClient(keep_waiting), WebRtcConfig(answer_timeout_s=0.05))
    await endpoint.start()
    with pytest.raises(Unavailable):
        await endpoint.join(CHROMIUM, destination=ROOM, source=BROWSER)
    assert (await legs[0].ended()).reason is HangupReason.NOANSWER
    await endpoint.close()


async def test_a_join_that_is_cancelled_leaves_no_leg(engine: Engine) -> None:
    legs: list[Leg] = []

    async def keep_waiting(leg: Leg) -> None:
        legs.append(leg)

    endpoint = WebRtcEndpoint(engine, ApiClient(keep_waiting))
    await endpoint.start()
    join = asyncio.ensure_future(endpoint.join(CHROMIUM, destination=ROOM, source=BROWSER))
    await until(lambda: bool(legs))
    join.cancel()
    await asyncio.wait([join])
    assert (await legs[0].ended()).reason is HangupReason.CANCEL
    await endpoint.close()


async def test_a_leg_ends_if_the_client_does_not_connect(engine: Engine) -> None:
    backend = AnsweringRoom(engine.open_bridge())
    endpoint = WebRtcEndpoint(engine, backend, WebRtcConfig(connect_timeout_s=0.1))
    await endpoint.start()
    await endpoint.join(CHROMIUM, destination=ROOM, source=BROWSER)
    async with asyncio.timeout(10):
        assert (await backend.legs[0].ended()).reason is HangupReason.FAILED
    await endpoint.close()


async def test_the_number_of_sessions_is_limited(engine: Engine) -> None:
    backend = AnsweringRoom(engine.open_bridge())
    endpoint = WebRtcEndpoint(engine, backend, WebRtcConfig(max_sessions=1))
    await endpoint.start()
    session = await endpoint.join(CHROMIUM, destination=ROOM, source=BROWSER)
    with pytest.raises(Exhausted):
        await endpoint.join(CHROMIUM, destination=ROOM, source=BROWSER)
    await session.close()
    await endpoint.join(CHROMIUM, destination=ROOM, source=BROWSER)
    await endpoint.close()


async def test_a_patch_must_name_the_ice_session(endpoint: WebRtcEndpoint) -> None:
    session = await endpoint.join(CHROMIUM, destination=ROOM, source=BROWSER)
    trickle = "a=ice-ufrag:7sFv\r\na=candidate:9 1 udp 1 192.0.2.9 999 typ host\r\n"
    restart = "a=ice-ufrag:newu\r\na=ice-pwd:0123456789abcdef0123456789abcdef\r\n"
    with pytest.raises(EntityTagRequired):
        await session.trickle(trickle, None)
    with pytest.raises(EntityTagMismatch):
        await session.trickle(trickle, '"another"')
    with pytest.raises(EntityTagMismatch):
        await session.trickle(restart, session.etag)
    with pytest.raises(InvalidArgument):
        await session.trickle(trickle.replace("7sFv", "unknown"), session.etag)
    assert await session.trickle(trickle, session.etag) is None
    before = session.etag
    fragment = await session.trickle(restart, "*")
    assert fragment is not None and "a=ice-pwd:" in fragment
    assert session.etag != before


async def test_a_closed_endpoint_leaves_no_task(engine: Engine) -> None:
    endpoint = WebRtcEndpoint(engine, AnsweringRoom(engine.open_bridge()))
    await endpoint.start()
    client = AiortcClient(direct(endpoint), hz=440)
    await client.join()
    session = await endpoint.join(CHROMIUM, destination=ROOM, source=BROWSER)
    await session.trickle("a=ice-ufrag:newu\r\na=ice-pwd:0123456789abcdef0123456789abcdef\r\n", "*")
    await client.leave()
    await endpoint.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}
