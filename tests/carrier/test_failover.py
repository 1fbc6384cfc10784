"""A carrier with several servers: the next one is called when one refuses, is silent, or cannot be connected to."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from mixminus.call.leg import Address, Target
from mixminus.model.call import HangupReason
from mixminus.sip.config import SipConfig
from tests.support.called_phone import CalledPhone
from tests.support.dns_server import dns_server
from tests.support.sip_backend import PATIENCE_S, Backend, end_of, open_backend
from tests.support.sip_phone import Message

ALICE = Address("tel", "+15550111")


@asynccontextmanager
async def carrier(*servers: CalledPhone) -> AsyncIterator[Backend]:
    """A backend whose DNS server knows these servers, in this order, as c.example."""
    service = "_sip._udp" if servers[0].transport == "UDP" else "_sip._tcp"
    records = [
        f"srv-host={service}.c.example,s.c.example,{each.address[1]},{number + 1},1"
        for number, each in enumerate(servers)
    ]
    with dns_server("host-record=s.c.example,127.0.0.1", *records) as nameserver:
        async with open_backend(SipConfig(port=0, max_calls=4, nameserver=nameserver)) as opened:
            yield opened


async def phones(transport: str = "UDP") -> tuple[CalledPhone, CalledPhone]:
    return await CalledPhone.open(transport), await CalledPhone.open(transport)


async def answered_by(backend: Backend, phone: CalledPhone, transport: str = "udp") -> Message:
    target = Target(f"sip:1@c.example;transport={transport}")
    leg = backend.endpoint.dial(target, source=ALICE, anonymous=False)
    invite = await phone.asked("INVITE")
    phone.answer(invite)
    assert await asyncio.wait_for(leg.answered(), PATIENCE_S)
    await phone.asked("ACK")
    await leg.hang_up()
    phone.reply(await phone.asked("BYE"), 200)
    return invite


async def test_next_server_is_called_after_503() -> None:
    first, second = await phones()
    async with carrier(first, second) as backend:
        calling = asyncio.create_task(answered_by(backend, second))
        refused = await first.asked("INVITE")
        first.reply(refused, 503)
        await first.asked("ACK")
        assert (await calling).start_line == refused.start_line
        # The server that refused is tried last from now on.
        await answered_by(backend, second)
        assert first.received.empty()
    await first.close()
    await second.close()


async def test_next_server_is_called_when_one_is_silent() -> None:
    first, second = await phones()
    async with carrier(first, second) as backend:
        begun_s = time.monotonic()
        await answered_by(backend, second)
        assert 2.5 < time.monotonic() - begun_s < 8
        silent = await first.asked("INVITE")
        cancelled = await first.asked("CANCEL")
        assert cancelled.header("via") == silent.header("via")
    await first.close()
    await second.close()


async def test_slow_server_that_says_100_is_waited_for() -> None:
    first, second = await phones()
    async with carrier(first, second) as backend:
        leg = backend.endpoint.dial(Target("sip:1@c.example;transport=udp"), source=ALICE, anonymous=False)
        invite = await first.asked("INVITE")
        first.reply(invite, 100)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(second.received.get(), 5)
        first.answer(invite)
        assert await asyncio.wait_for(leg.answered(), PATIENCE_S)
    await first.close()
    await second.close()


async def test_next_server_is_called_when_one_refuses_the_connection() -> None:
    first, second = await phones("TCP")
    await first.close()
    async with carrier(first, second) as backend:
        begun_s = time.monotonic()
        await answered_by(backend, second, "tcp")
        assert time.monotonic() - begun_s < 2
    await second.close()


@pytest.mark.parametrize(("status_code", "reason"), [(486, HangupReason.BUSY), (404, HangupReason.FAILED)])
async def test_refusal_by_the_called_party_is_final(status_code: int, reason: HangupReason) -> None:
    first, second = await phones()
    async with carrier(first, second) as backend:
        leg = backend.endpoint.dial(Target("sip:1@c.example;transport=udp"), source=ALICE, anonymous=False)
        first.reply(await first.asked("INVITE"), status_code)
        assert await end_of(leg) == (reason, True)
        assert second.received.empty()
    await first.close()
    await second.close()


async def test_call_fails_after_the_last_server() -> None:
    first, second = await phones()
    async with carrier(first, second) as backend:
        leg = backend.endpoint.dial(Target("sip:1@c.example;transport=udp"), source=ALICE, anonymous=False)
        first.reply(await first.asked("INVITE"), 503)
        second.reply(await second.asked("INVITE"), 503)
        assert await end_of(leg) == (HangupReason.FAILED, True)
    await first.close()
    await second.close()
