"""A phone that puts its call on hold, in any of the ways that phones do: its music stays out of the room."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from mixminus.mixer import HoldEnded, HoldStarted
from mixminus.sip.config import SipConfig
from tests.support.sip_backend import Backend, open_backend
from tests.support.sip_phone import Phone, PhoneCall, sdp
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

ZERO = ("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0")
SESSION_LEVEL = sdp(version=2).replace("t=0 0", "t=0 0\r\na=sendonly").replace("a=sendrecv\r\n", "")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def backend() -> AsyncIterator[Backend]:
    async with open_backend(SipConfig(port=0, max_calls=4)) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def phone(backend: Backend) -> AsyncIterator[Phone]:
    opened = await Phone.open(backend.endpoint.port)
    yield opened
    await opened.close()


async def offers(call: PhoneCall, body: str, method: str = "INVITE") -> None:
    call.request(method, body)
    assert (await call.final()).status_code == 200
    if method == "INVITE":
        call.ack()


def holds(backend: Backend) -> list[type]:
    port_id = backend.port.id
    return [
        type(each)
        for each in backend.events
        if each.port_id == port_id and isinstance(each, HoldStarted | HoldEnded)
    ]


@pytest.mark.parametrize(
    ("method", "held"),
    [
        pytest.param("INVITE", sdp(direction="sendonly", version=2), id="sendonly"),
        pytest.param("INVITE", sdp(direction="inactive", version=2), id="inactive"),
        pytest.param("INVITE", sdp(version=2).replace(*ZERO), id="c=0.0.0.0"),
        pytest.param("INVITE", sdp(version=2, direction="sendonly").replace(*ZERO), id="sendonly and c=0.0.0.0"),
        pytest.param("INVITE", SESSION_LEVEL, id="sendonly for the session"),
        pytest.param("INVITE", sdp(version=2).replace("a=sendrecv", "a=SENDONLY "), id="capitals and a blank"),
        pytest.param("UPDATE", sdp(direction="sendonly", version=2), id="UPDATE"),
    ],
)  # fmt: skip
async def test_hold_keeps_the_phone_out_of_the_mix_until_it_resumes(
    backend: Backend, phone: Phone, method: str, held: str
) -> None:
    call = phone.call("1000")
    await call.establish(sdp())
    await until(lambda: not backend.port.on_hold)
    await offers(call, held, method)
    await until(lambda: backend.port.on_hold and backend.port.muted)
    await offers(call, sdp(version=3), method)
    await until(lambda: not backend.port.on_hold and not backend.port.muted)
    assert holds(backend) == [HoldStarted, HoldEnded]
    assert (await call.hang_up()).status_code == 200


@pytest.mark.parametrize("direction", ["sendonly", "recvonly"])
async def test_a_phone_that_says_so_from_the_start_is_not_on_hold(
    backend: Backend, phone: Phone, direction: str
) -> None:
    """A source of announcements, and a listener."""
    call = phone.call("1000")
    await call.establish(sdp(direction=direction))
    await offers(call, sdp(direction=direction, version=2))
    assert not backend.port.on_hold
    assert not backend.port.muted
    assert holds(backend) == []
    assert (await call.hang_up()).status_code == 200


async def test_our_hold_is_not_the_phones(backend: Backend, phone: Phone) -> None:
    call = phone.call("1000")
    await call.establish(sdp())
    await backend.leg.hold()
    asked = await call.asked("INVITE")
    assert "a=sendonly" in asked.body
    assert not backend.port.on_hold
    assert (await call.hang_up()).status_code == 200


async def test_our_hold_waits_for_the_ack(backend: Backend, phone: Phone) -> None:
    """RFC 3261 section 14.1: no INVITE while another one is in progress."""
    call = phone.call("1000")
    call.invite(sdp())
    assert (await call.final()).status_code == 200
    await backend.leg.hold()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(call.asked("INVITE"), 0.3)
    call.ack()
    assert "a=sendonly" in (await call.asked("INVITE")).body
    assert (await call.hang_up()).status_code == 200


async def test_a_setting_lets_the_music_be_heard(phone: Phone) -> None:
    async with open_backend(SipConfig(port=0, max_calls=4, hold_music_heard=True)) as backend:
        own = await Phone.open(backend.endpoint.port)
        call = own.call("1000")
        await call.establish(sdp())
        await offers(call, sdp(direction="sendonly", version=2))
        await until(lambda: backend.port.on_hold)
        assert not backend.port.muted
        assert holds(backend) == [HoldStarted]
        assert (await call.hang_up()).status_code == 200
        await own.close()
