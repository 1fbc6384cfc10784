"""Phones that vanish, with real workers: their places are free again soon, and until then others get 503, never 486."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from mixminus.sip.config import SipConfig
from tests.support.sip_backend import Backend, open_backend
from tests.support.sip_phone import Phone, PhoneCall, sdp
from tests.support.waiting import pace, until

PLACES = 4
# The edge ends a call without ACK after 8 s, and a BYE without response after 4 s.
FREE_AGAIN_S = 14.0
DEAD = ("sip_edge_byes_unanswered", "sip_edge_calls_without_ack")


@pytest.fixture
async def backend() -> AsyncIterator[Backend]:
    """All places are on one worker."""
    async with open_backend(SipConfig(port=0, max_calls=PLACES, spare_workers=0)) as opened:
        yield opened


async def served(backend: Backend, source: str = "127.0.0.1") -> PhoneCall:
    """Call until the call is answered; whatever comes before is 503 with a time to try again."""
    phone = await Phone.open(backend.endpoint.port, source=source)
    async with asyncio.timeout(FREE_AGAIN_S):
        while True:
            call = phone.call("1000")
            call.invite(sdp())
            answer = await call.final()
            if answer.status_code == 200:
                call.ack()
                return call
            call.ack_refusal()
            assert answer.status_code == 503, answer.start_line
            assert int(answer.header("retry-after")) > 0
            await pace(0.25)


async def confirmed(backend: Backend, count: int) -> None:
    await until(lambda: backend.endpoint.dialogs == count, within_s=5)


async def hung_up(backend: Backend) -> None:
    """Four phones answer no more, when the API hangs up their calls."""
    phone = await Phone.open(backend.endpoint.port)
    for _ in range(PLACES):
        await phone.call("1000").establish()
    await confirmed(backend, PLACES)
    await phone.close()
    for leg in list(backend.receiver.legs):
        await leg.hang_up()


async def unacknowledged(backend: Backend) -> None:
    """Four phones call, and never acknowledge the answer."""
    phone = await Phone.open(backend.endpoint.port)
    for _ in range(PLACES):
        call = phone.call("1000")
        call.invite(sdp())
        assert (await call.final()).status_code == 200
    await phone.close()


async def ringing(backend: Backend) -> None:
    """Four phones call, and vanish while it rings; nothing but the end of the calls frees their places."""
    phone = await Phone.open(backend.endpoint.port)
    for _ in range(PLACES):
        call = phone.call("ring")
        call.invite(sdp())
        await call.provisional(180)
    await phone.close()
    for leg in list(backend.receiver.legs):
        await leg.reject(480)


@pytest.mark.parametrize(
    ("vanish", "dead"),
    [
        pytest.param(hung_up, {"sip_edge_byes_unanswered": PLACES}, id="hung up"),
        pytest.param(unacknowledged, {"sip_edge_calls_without_ack": PLACES}, id="unacknowledged"),
        pytest.param(ringing, {}, id="ringing"),
    ],
)
async def test_places_of_phones_that_vanish_are_free_again(
    backend: Backend, vanish: Callable[[Backend], Awaitable[None]], dead: dict[str, int]
) -> None:
    await vanish(backend)
    calls = [await served(backend, "127.0.0.2") for _ in range(PLACES)]
    for call in calls:
        assert (await call.hang_up()).status_code == 200
    await until(
        lambda: (
            {name: backend.endpoint.counters[name] for name in DEAD if backend.endpoint.counters[name]}
            == dead
        )
    )


async def test_when_all_places_are_taken_the_next_call_gets_503_and_a_time(backend: Backend) -> None:
    calls = [await served(backend) for _ in range(PLACES)]
    phone = await Phone.open(backend.endpoint.port)
    call = phone.call("1000")
    call.invite(sdp())
    refusal = await call.final()
    assert (refusal.status_code, bool(refusal.header("retry-after"))) == (503, True)
    call.ack_refusal()
    assert (await calls[0].hang_up()).status_code == 200
    await (await served(backend)).hang_up()


async def test_a_call_without_ack_each_few_seconds_keeps_no_other_out(backend: Backend) -> None:
    vanishing = await Phone.open(backend.endpoint.port, source="127.0.0.3")
    for _ in range(3):
        vanishing.call("1000").invite(sdp())
        call = await asyncio.wait_for(served(backend, "127.0.0.2"), 3)
        assert (await call.hang_up()).status_code == 200
