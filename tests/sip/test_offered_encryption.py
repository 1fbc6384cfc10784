"""SRTP in our own INVITEs: never, where the phone can, or always."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from mixminus.call.leg import Address, OutgoingLeg, Target
from mixminus.model.call import HangupReason
from mixminus.model.srtp import Encryption
from mixminus.sip.config import SipConfig
from tests.support.called_phone import CalledPhone
from tests.support.sip_backend import PATIENCE_S, Backend, end_of, open_backend
from tests.support.sip_phone import sdp

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
LINE = f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}\r\n"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def backend() -> AsyncIterator[Backend]:
    async with open_backend(SipConfig(port=0, max_calls=4)) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def bob() -> AsyncIterator[CalledPhone]:
    opened = await CalledPhone.open()
    yield opened
    await opened.close()


def dial(backend: Backend, bob: CalledPhone, encryption: Encryption) -> OutgoingLeg:
    target = Target(bob.uri, encryption=encryption)
    return backend.endpoint.dial(target, source=Address("sip", "alice"), anonymous=False)


async def hung_up(leg: OutgoingLeg, bob: CalledPhone) -> None:
    await leg.hang_up()
    bob.reply(await bob.asked("BYE"), 200)
    await asyncio.wait_for(leg.ended(), PATIENCE_S)


@pytest.mark.parametrize("encryption", ["optional", "required"])
async def test_answered_key_encrypts_the_audio(
    backend: Backend, bob: CalledPhone, encryption: Encryption
) -> None:
    leg = dial(backend, bob, encryption)
    invite = await bob.asked("INVITE")
    assert "m=audio" in invite.body
    assert "RTP/SAVP" in invite.body
    suites = re.findall(r"a=crypto:(\d) (\S+) inline:", invite.body)
    assert suites == [("1", "AES_CM_128_HMAC_SHA1_80"), ("2", "AES_256_CM_HMAC_SHA1_80")]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media, backend.engine.open_bridge() as bridge:
        media.bind(("127.0.0.1", 0))
        media.setblocking(False)
        body = sdp(port=media.getsockname()[1]).replace("RTP/AVP", "RTP/SAVP") + LINE
        bob.reply(invite, 200, body=body)
        assert await asyncio.wait_for(leg.answered(), PATIENCE_S)
        await bob.asked("ACK")
        leg.port.join(bridge)
        packet = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(media, 2048), PATIENCE_S)
        assert len(packet) == 12 + 160 + 10
    await hung_up(leg, bob)


@pytest.mark.parametrize("status_code", [415, 488, 606])
async def test_optional_encryption_that_is_refused_is_left_out(
    backend: Backend, bob: CalledPhone, status_code: int
) -> None:
    leg = dial(backend, bob, "optional")
    bob.reply(await bob.asked("INVITE"), status_code)
    again = await bob.asked("INVITE")
    assert "RTP/AVP" in again.body
    assert "a=crypto" not in again.body
    bob.answer(again)
    assert await asyncio.wait_for(leg.answered(), PATIENCE_S)
    await hung_up(leg, bob)


async def test_phone_that_refuses_srtp_alone_may_choose_it_by_capability_negotiation(
    backend: Backend, bob: CalledPhone
) -> None:
    """RFC 5939: the second INVITE offers both in one media line; audio and a later hold use what was chosen."""
    leg = dial(backend, bob, "optional")
    bob.reply(await bob.asked("INVITE"), 488)
    again = await bob.asked("INVITE")
    for line in ("a=tcap:1 RTP/SAVP", "a=acap:1 crypto:1 AES_CM_128_HMAC_SHA1_80", "a=pcfg:1 t=1 a=1|2"):
        assert line in again.body
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media, backend.engine.open_bridge() as bridge:
        media.bind(("127.0.0.1", 0))
        media.setblocking(False)
        body = sdp(port=media.getsockname()[1]).replace("RTP/AVP", "RTP/SAVP") + LINE
        bob.reply(again, 200, body=f"{body}a=acfg:1 t=1 a=1\r\n")
        assert await asyncio.wait_for(leg.answered(), PATIENCE_S)
        await bob.asked("ACK")
        leg.port.join(bridge)
        packet = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(media, 2048), PATIENCE_S)
        assert len(packet) == 12 + 160 + 10
        await leg.hold()
        hold = await bob.asked("INVITE")
        assert "RTP/SAVP" in hold.body
        assert "a=crypto:1" in hold.body
        assert "cap:" not in hold.body
        bob.reply(hold, 200, body=body.replace("a=sendrecv", "a=recvonly"))
        await bob.asked("ACK")
    await hung_up(leg, bob)


async def test_required_encryption_that_is_refused_ends_the_call(backend: Backend, bob: CalledPhone) -> None:
    leg = dial(backend, bob, "required")
    bob.reply(await bob.asked("INVITE"), 488)
    assert await end_of(leg) == (HangupReason.FAILED, True)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await bob.asked("INVITE")


async def test_answer_without_a_key_is_no_call(backend: Backend, bob: CalledPhone) -> None:
    leg = dial(backend, bob, "required")
    bob.answer(await bob.asked("INVITE"))
    assert (await end_of(leg))[0] is HangupReason.FAILED


async def test_no_encryption_is_offered_by_default(backend: Backend, bob: CalledPhone) -> None:
    leg = dial(backend, bob, "never")
    invite = await bob.asked("INVITE")
    assert "crypto" not in invite.body
    bob.answer(invite)
    assert await asyncio.wait_for(leg.answered(), PATIENCE_S)
    await hung_up(leg, bob)
