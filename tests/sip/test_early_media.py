"""Audio before the answer, both ways: 183 with a description, reliable responses (PRACK), several forks."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Iterator

import pytest

from mixminus.call.leg import OutgoingLeg, Target
from mixminus.mixer import Port
from mixminus.model.call import Address
from mixminus.sip.config import SipConfig
from tests.support.called_phone import CalledPhone
from tests.support.packets import rtp
from tests.support.sip_backend import PATIENCE_S, Backend, open_backend
from tests.support.sip_phone import Message, Phone, PhoneCall, sdp
from tests.support.waiting import until

HEARING_S = 0.3


@pytest.fixture
async def backend() -> AsyncIterator[Backend]:
    async with open_backend(SipConfig(port=0, max_calls=4)) as opened:
        yield opened


@pytest.fixture
async def bob() -> AsyncIterator[CalledPhone]:
    phone = await CalledPhone.open()
    yield phone
    await phone.close()


@pytest.fixture
def ear() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        opened.setblocking(False)
        yield opened


async def hears(ear: socket.socket) -> bool:
    """Return whether a packet comes within a time in which a sender sends several."""
    try:
        await asyncio.wait_for(asyncio.get_running_loop().sock_recv(ear, 2048), HEARING_S)
    except TimeoutError:
        return False
    return True


async def early(phone: Phone, ear: socket.socket, **headers: str) -> tuple[PhoneCall, Message]:
    # As long as a real INVITE: an unverified source gets three times the bytes that it has sent.
    call = phone.call("early", Subject="x" * 600, **headers)
    call.invite(sdp(port=ear.getsockname()[1]))
    progress = await call.provisional(183)
    assert re.search(r"^m=audio [1-9]\d* RTP/AVP 0 101\r$", progress.body, re.MULTILINE)
    assert "mixminus=" not in progress.body
    return call, progress


def prack(call: PhoneCall, progress: Message, **headers: str) -> None:
    number = progress.header("cseq").split()[0]
    call.to = progress.header("to")
    call.uri = re.findall("<([^>]+)>", progress.header("contact"))[0]
    call.request("PRACK", RAck=f"{progress.header('rseq')} {number} INVITE", **headers)


async def test_caller_on_a_connection_hears_before_the_answer(backend: Backend, ear: socket.socket) -> None:
    phone = await Phone.open(backend.endpoint.port, transport="TCP")
    call, progress = await early(phone, ear)
    assert "require" not in dict(progress.headers)
    assert await hears(ear)
    await backend.leg.answer()
    answer = await call.final()
    assert (answer.status_code, answer.header("to")) == (200, progress.header("to"))
    assert answer.body == progress.body
    call.ack()
    assert (await call.hang_up()).status_code == 200


async def test_unverified_caller_hears_nothing_before_it_has_acknowledged(
    backend: Backend, ear: socket.socket
) -> None:
    phone = await Phone.open(backend.endpoint.port)
    call, _ = await early(phone, ear)
    assert not await hears(ear)
    await backend.leg.answer()
    assert (await call.final()).status_code == 200
    call.ack()
    assert await hears(ear)
    # It has proved to receive what is sent to it: next time it hears at once.
    again, _ = await early(phone, ear)
    assert await hears(ear)
    again.cancel()
    for each in (call, again):
        assert (await (each.hang_up() if each is call else each.final())).status_code in (200, 487)


@pytest.mark.parametrize("header", ["Supported", "Require"])
async def test_acknowledged_provisional_response_proves_the_caller(
    backend: Backend, ear: socket.socket, header: str
) -> None:
    phone = await Phone.open(backend.endpoint.port)
    call, progress = await early(phone, ear, **{header: "100rel"})
    assert (progress.header("require"), progress.header("rseq").isdigit()) == ("100rel", True)
    assert not await hears(ear)
    invited = call.number
    prack(call, progress)
    assert (await call.final()).status_code == 200
    assert await hears(ear)
    await backend.leg.answer()
    call.number = invited
    assert (await call.final()).status_code == 200
    call.ack()
    call.number += 1
    assert (await call.hang_up()).status_code == 200


async def test_early_media_of_an_invite_without_offer_is_declined(backend: Backend) -> None:
    phone = await Phone.open(backend.endpoint.port, transport="TCP")
    call = phone.call("early", Supported="100rel")
    call.invite()
    await until(lambda: backend.receiver.legs)
    assert not await backend.leg.open_early_media()
    await backend.leg.ring()
    await backend.leg.answer()
    offer = await call.final()
    assert (offer.status_code, "m=audio" in offer.body) == (200, True)
    call.ack(sdp())
    assert (await call.hang_up()).status_code == 200


async def test_early_call_can_be_refused_and_cancelled(backend: Backend, ear: socket.socket) -> None:
    phone = await Phone.open(backend.endpoint.port, transport="TCP")
    refused, _ = await early(phone, ear)
    await backend.leg.reject(486)
    assert (await refused.final()).status_code == 486
    refused.ack_refusal()
    cancelled, _ = await early(phone, ear)
    cancelled.cancel()
    assert {(await cancelled.final()).status_code, (await cancelled.final()).status_code} == {200, 487}


def dial(backend: Backend, bob: CalledPhone) -> OutgoingLeg:
    return backend.endpoint.dial(Target(bob.uri), source=Address("sip", "alice"), anonymous=False)


async def has_early_media(leg: OutgoingLeg) -> bool:
    return await asyncio.wait_for(leg.early_media(), PATIENCE_S)


async def sends_to(leg: OutgoingLeg, ear: socket.socket) -> None:
    """Wait until the port hears what this socket sends."""
    port = leg.port
    assert isinstance(port, Port)
    before = port.statistics().counters["rtp_received"]
    numbers = iter(range(1000))

    def heard() -> bool:
        number = next(numbers)
        ear.sendto(rtp(number, 160 * number, b"\xff" * 160), ("127.0.0.1", port.local_port))
        return port.statistics().counters["rtp_received"] > before + 5

    await until(heard)


async def test_called_phone_is_heard_before_the_answer(
    backend: Backend, bob: CalledPhone, ear: socket.socket
) -> None:
    leg = dial(backend, bob)
    invite = await bob.asked("INVITE")
    bob.reply(invite, 180)
    assert await asyncio.wait_for(leg.rang(), PATIENCE_S)
    bob.reply(invite, 183, body=sdp(port=ear.getsockname()[1]))
    assert await has_early_media(leg)
    bob.reply(invite, 180)
    await sends_to(leg, ear)
    bob.answer(invite)
    assert await asyncio.wait_for(leg.answered(), PATIENCE_S)
    await bob.asked("ACK")
    await leg.hang_up()
    bob.reply(await bob.asked("BYE"), 200)


async def test_answer_without_early_media_is_none(backend: Backend, bob: CalledPhone) -> None:
    leg = dial(backend, bob)
    invite = await bob.asked("INVITE")
    bob.reply(invite, 183)
    bob.answer(invite)
    assert not await has_early_media(leg)
    await bob.asked("ACK")
    await leg.hang_up()
    bob.reply(await bob.asked("BYE"), 200)


async def test_reliable_progress_of_a_called_phone_is_acknowledged(
    backend: Backend, bob: CalledPhone, ear: socket.socket
) -> None:
    leg = dial(backend, bob)
    invite = await bob.asked("INVITE")
    assert "100rel" in invite.header("supported")
    body = sdp(port=ear.getsockname()[1])
    bob.reply(invite, 183, "Require: 100rel", "RSeq: 7001", body=body)
    acknowledged = await bob.asked("PRACK")
    assert acknowledged.header("rack") == f"7001 {invite.header('cseq')}"
    bob.reply(acknowledged, 200)
    assert await has_early_media(leg)
    bob.reply(invite, 180, "Require: 100rel", "RSeq: 7002")
    second = await bob.asked("PRACK")
    assert second.header("rack") == f"7002 {invite.header('cseq')}"
    bob.reply(second, 200)
    await sends_to(leg, ear)
    # The answer was in the 183 (RFC 3262 section 5).
    bob.reply(invite, 200)
    assert await asyncio.wait_for(leg.answered(), PATIENCE_S)
    await bob.asked("ACK")
    await leg.hang_up()
    bob.reply(await bob.asked("BYE"), 200)


@pytest.mark.parametrize("winner", ["first", "second"])
async def test_newest_fork_is_heard_and_any_fork_can_answer(
    backend: Backend, bob: CalledPhone, ear: socket.socket, winner: str
) -> None:
    leg = dial(backend, bob)
    invite = await bob.asked("INVITE")
    bob.reply(invite, 183, body=sdp(port=40_000), tag="first")
    assert await has_early_media(leg)
    bob.reply(invite, 183, body=sdp(port=ear.getsockname()[1], version=2), tag="second")
    await sends_to(leg, ear)
    bob.answer(invite, tag=winner, version=3)
    assert await asyncio.wait_for(leg.answered(), PATIENCE_S)
    acknowledged = await bob.asked("ACK")
    assert acknowledged.header("to").endswith(f"tag={winner}")
    bob.request(invite, "BYE", tag=winner)
    assert (await bob.response(200)).header("cseq").endswith("BYE")
    await asyncio.wait_for(leg.ended(), PATIENCE_S)
