"""Outgoing calls, against a phone that answers as the test says."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator

import pytest

from mixminus.call.leg import Address, Credentials, OutgoingLeg, Target
from mixminus.model.call import HangupReason
from mixminus.sip.config import SipConfig
from mixminus.sip.edge.addressing import Identity
from tests.support.called_phone import CalledPhone, digest_is_right
from tests.support.sip_backend import PATIENCE_S, Backend, end_of, open_backend
from tests.support.sip_phone import sdp

ALICE = Address("sip", "alice@elsewhere", name='Alice "A"')


@pytest.fixture
async def backend() -> AsyncIterator[Backend]:
    async with open_backend(SipConfig(port=0, max_calls=4)) as opened:
        yield opened


@pytest.fixture
async def bob() -> AsyncIterator[CalledPhone]:
    phone = await CalledPhone.open()
    yield phone
    await phone.close()


def dial(backend: Backend, uri: str, **more: object) -> OutgoingLeg:
    return backend.endpoint.dial(Target(uri, **more), source=ALICE, anonymous=False)  # type: ignore[arg-type]


async def rang(leg: OutgoingLeg) -> bool:
    return await asyncio.wait_for(leg.rang(), PATIENCE_S)


async def answered(leg: OutgoingLeg) -> bool:
    return await asyncio.wait_for(leg.answered(), PATIENCE_S)


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
async def test_dialled_phone_rings_answers_and_is_hung_up(backend: Backend, transport: str) -> None:
    bob = await CalledPhone.open(transport)
    leg = dial(backend, bob.uri)
    invite = await bob.asked("INVITE")
    caller = f'"Alice \\"A\\"" <sip:alice@127.0.0.1:{backend.endpoint.port}>'
    assert invite.header("from").startswith(f"{caller};tag=")
    assert "opus/48000/2" in invite.body
    assert "mixminus=" not in invite.body
    bob.reply(invite, 180)
    assert await rang(leg)
    bob.answer(invite)
    assert await answered(leg)
    await bob.asked("ACK")
    await leg.hang_up()
    bob.reply(await bob.asked("BYE"), 200)
    assert await end_of(leg) == (HangupReason.NORMAL, False)
    if transport == "TCP":
        # Every message of the call used the connection that the INVITE opened.
        assert bob.connections == 1
    await bob.close()


async def test_dialled_phone_can_hang_up(backend: Backend, bob: CalledPhone) -> None:
    leg = dial(backend, bob.uri)
    invite = await bob.asked("INVITE")
    bob.answer(invite)
    assert not await rang(leg)
    assert await answered(leg)
    await bob.asked("ACK")
    bob.request(invite, "BYE")
    await bob.response(200)
    assert await end_of(leg) == (HangupReason.NORMAL, True)


@pytest.mark.parametrize(
    ("status_code", "reason"),
    [
        (486, HangupReason.BUSY),
        (600, HangupReason.BUSY),
        (480, HangupReason.NOANSWER),
        (603, HangupReason.NOANSWER),
        (404, HangupReason.FAILED),
        (403, HangupReason.FAILED),
        (503, HangupReason.FAILED),
    ],
)
async def test_refusal_sets_the_hangup_reason(
    backend: Backend, bob: CalledPhone, status_code: int, reason: HangupReason
) -> None:
    leg = dial(backend, bob.uri)
    invite = await bob.asked("INVITE")
    bob.reply(invite, 180)
    bob.reply(invite, status_code)
    await bob.asked("ACK")
    assert await end_of(leg) == (reason, True)
    assert not await answered(leg)


async def test_hanging_up_a_ringing_call_sends_cancel(backend: Backend, bob: CalledPhone) -> None:
    leg = dial(backend, bob.uri)
    invite = await bob.asked("INVITE")
    bob.reply(invite, 180)
    assert await rang(leg)
    await leg.hang_up(HangupReason.DIALOUT)
    cancel = await bob.asked("CANCEL")
    assert cancel.values("via")[0] == invite.values("via")[0]
    bob.reply(cancel, 200)
    bob.reply(invite, 487)
    await bob.asked("ACK")
    assert await end_of(leg) == (HangupReason.DIALOUT, False)


async def test_answer_that_crosses_the_cancel_gets_bye(backend: Backend, bob: CalledPhone) -> None:
    leg = dial(backend, bob.uri)
    invite = await bob.asked("INVITE")
    bob.reply(invite, 180)
    assert await rang(leg)
    await leg.hang_up()
    bob.answer(invite)
    await bob.asked("ACK")
    bob.reply(await bob.asked("BYE"), 200)


async def test_early_media_reaches_the_port(backend: Backend, bob: CalledPhone) -> None:
    leg = dial(backend, bob.uri)
    invite = await bob.asked("INVITE")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.setblocking(False)
        bob.reply(invite, 183, body=sdp(port=ear.getsockname()[1]))
        assert await rang(leg)
        # From now on our side sends audio to the phone, answered or not.
        loop = asyncio.get_running_loop()
        assert await asyncio.wait_for(loop.sock_recv(ear, 2048), PATIENCE_S)
        bob.reply(invite, 200, body=sdp(port=ear.getsockname()[1]))
        assert await answered(leg)
        await leg.hang_up()


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize(("status_code", "header"), [(401, "WWW-Authenticate"), (407, "Proxy-Authenticate")])
async def test_challenge_is_answered_with_digest(
    backend: Backend, bob: CalledPhone, algorithm: str, status_code: int, header: str
) -> None:
    leg = dial(backend, bob.uri, credentials=Credentials("me", "secret"))
    invite = await bob.asked("INVITE")
    challenge = f'{header}: Digest realm="trunk", nonce="abc", algorithm={algorithm}, qop="auth"'
    bob.reply(invite, status_code, challenge)
    again = await bob.asked("INVITE")
    assert again.header("call-id") == invite.header("call-id")
    credentials = again.header("authorization" if status_code == 401 else "proxy-authorization")
    assert digest_is_right(credentials, "INVITE", "secret", algorithm.replace("-", "").lower())
    bob.answer(again)
    assert await answered(leg)
    await leg.hang_up()


async def test_call_fails_without_or_with_wrong_credentials(backend: Backend, bob: CalledPhone) -> None:
    for credentials, rounds in ((None, 1), (Credentials("me", "wrong"), 2)):
        leg = dial(backend, bob.uri, credentials=credentials)
        for _ in range(rounds):
            invite = await bob.asked("INVITE")
            bob.reply(invite, 401, 'WWW-Authenticate: Digest realm="trunk", nonce="a", algorithm=MD5')
            await bob.asked("ACK")
        assert await end_of(leg) == (HangupReason.FAILED, True)


async def test_credentials_are_not_used_for_another_call(backend: Backend, bob: CalledPhone) -> None:
    first = dial(backend, bob.uri, credentials=Credentials("me", "secret"))
    bob.answer(await bob.asked("INVITE"))
    assert await answered(first)
    second = dial(backend, bob.uri)
    bob.reply(await bob.asked("INVITE"), 401, 'WWW-Authenticate: Digest realm="x", nonce="a", algorithm=MD5')
    assert await end_of(second) == (HangupReason.FAILED, True)
    await first.hang_up()


async def test_redirect_is_followed(backend: Backend, bob: CalledPhone) -> None:
    carol = await CalledPhone.open()
    leg = dial(backend, bob.uri, credentials=Credentials("me", "secret"))
    bob.reply(await bob.asked("INVITE"), 302, f"Contact: <{carol.uri}>")
    invite = await carol.asked("INVITE")
    # The redirect target does not get the credentials that were for bob.
    carol.reply(invite, 401, 'WWW-Authenticate: Digest realm="x", nonce="a", algorithm=MD5')
    assert await end_of(leg) == (HangupReason.FAILED, True)
    await carol.close()


@pytest.mark.parametrize(
    "contacts",
    [
        "Contact: <{other}>;q=0.3, <{carol}>;q=0.9",
        "Contact: <{carol}>, <{other}>;q=0.9",
        'Contact: <{other}>;q=0.1\r\nContact: "Carol, at home" <{carol}?Subject=x>;q=0.8;expires=60',
        "Contact: <{carol}>;q=0.5,<{other}>;q=0.5,",
    ],
)
async def test_redirect_to_several_is_followed_to_the_preferred_one(
    backend: Backend, bob: CalledPhone, contacts: str
) -> None:
    carol = await CalledPhone.open()
    leg = dial(backend, bob.uri)
    shown = contacts.format(carol=carol.uri, other="sip:nobody@127.0.0.1:9")
    bob.reply(await bob.asked("INVITE"), 302, shown)
    carol.reply(await carol.asked("INVITE"), 486)
    assert await end_of(leg) == (HangupReason.BUSY, True)
    await carol.close()


async def test_redirect_loop_fails(backend: Backend, bob: CalledPhone) -> None:
    leg = dial(backend, bob.uri)
    for _ in range(4):
        bob.reply(await bob.asked("INVITE"), 302, f"Contact: <{bob.uri}>")
        await bob.asked("ACK")
    assert await end_of(leg) == (HangupReason.FAILED, True)


async def test_first_answer_of_a_forked_call_wins(backend: Backend, bob: CalledPhone) -> None:
    leg = dial(backend, bob.uri)
    invite = await bob.asked("INVITE")
    bob.reply(invite, 180, tag="one")
    bob.reply(invite, 180, tag="two")
    bob.answer(invite, tag="two")
    assert await answered(leg)
    first = await bob.asked("ACK")
    assert "tag=two" in first.header("to")
    bob.answer(invite, tag="one")
    ack = await bob.asked("ACK")
    bye = await bob.asked("BYE")
    assert "tag=one" in ack.header("to") + bye.header("to")
    assert "tag=one" in bye.header("to")
    bob.reply(bye, 200)
    await leg.hang_up()
    assert "tag=two" in (await bob.asked("BYE")).header("to")


async def test_hold_and_resume_send_reinvites(backend: Backend, bob: CalledPhone) -> None:
    leg = dial(backend, bob.uri)
    bob.answer(await bob.asked("INVITE"))
    assert await answered(leg)
    for ask, ours, theirs in ((leg.hold, "sendonly", "recvonly"), (leg.resume, "sendrecv", "sendrecv")):
        await ask()
        again = await bob.asked("INVITE")
        assert f"a={ours}\r\n" in again.body
        bob.answer(again, direction=theirs, version=2)
        await bob.asked("ACK")
    await leg.hang_up()


async def test_crashed_worker_ends_dialled_calls_that_are_not_answered(
    backend: Backend, bob: CalledPhone
) -> None:
    ringing = dial(backend, bob.uri)
    early = await bob.asked("INVITE")
    bob.reply(early, 180)
    assert await rang(ringing)
    talking = dial(backend, bob.uri)
    invite = await bob.asked("INVITE")
    bob.answer(invite)
    assert await answered(talking)
    await bob.asked("ACK")
    for pid in backend.endpoint.worker_pids.values():
        kill(pid)
    assert await end_of(ringing) == (HangupReason.FAILED, False)
    assert (await bob.asked("CANCEL")).header("call-id") == early.header("call-id")
    assert not talking.port.closed
    await talking.hang_up()
    assert (await bob.asked("BYE")).header("call-id") == invite.header("call-id")


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


async def test_capacity_of_workers_is_counted_together_and_freed(backend: Backend, bob: CalledPhone) -> None:
    legs = [dial(backend, bob.uri) for _ in range(8)]
    invites = [await bob.asked("INVITE") for _ in range(8)]
    over = dial(backend, bob.uri)
    assert await end_of(over) == (HangupReason.FAILED, True)
    for invite in invites:
        bob.reply(invite, 486)
    for leg in legs:
        assert await end_of(leg) == (HangupReason.BUSY, True)
    again = dial(backend, bob.uri)
    bob.reply(await bob.asked("INVITE"), 486)
    assert await end_of(again) == (HangupReason.BUSY, True)


async def test_refused_tcp_connection_fails_the_call_at_once(backend: Backend) -> None:
    closed = await CalledPhone.open("TCP")
    await closed.close()
    leg = dial(backend, closed.uri)
    assert await end_of(leg) == (HangupReason.FAILED, True)


async def test_refused_tls_connection_fails_the_call_at_once(backend: Backend) -> None:
    closed = await CalledPhone.open("TCP")
    await closed.close()
    leg = dial(backend, closed.uri.replace("transport=tcp", "transport=tls"))
    assert await end_of(leg) == (HangupReason.FAILED, True)


@pytest.mark.parametrize(
    "uri", ["", "tel:+1", "sips:a@127.0.0.1", "sip:a@127.0.0.1;transport=sctp", "sip:a b@c"]
)
async def test_invalid_target_fails(backend: Backend, uri: str) -> None:
    assert await end_of(dial(backend, uri)) == (HangupReason.FAILED, True)


@pytest.mark.parametrize(
    ("port", "written", "sent"),
    [
        (5060, "<sip:1@192.0.2.1>;tag=t", "<sip:1@192.0.2.1>;tag=t"),
        (5070, "<sip:1@192.0.2.1>;tag=t", "<sip:1@192.0.2.1:5070>;tag=t"),
        (5070, '"a@192.0.2.1>" <sip:1@192.0.2.1>;tag=t', '"a@192.0.2.1>" <sip:1@192.0.2.1:5070>;tag=t'),
        (5070, "<sip:1@[2001:db8::1]>;tag=t", "<sip:1@[2001:db8::1]:5070>;tag=t"),
        (5070, "<sip:1@carrier.example>;tag=t", "<sip:1@carrier.example>;tag=t"),
        (5070, "<sip:1@192.0.2.1:5070>;tag=t", "<sip:1@192.0.2.1:5070>;tag=t"),
    ],
)
async def test_from_names_a_port_that_is_not_the_default(port: int, written: str, sent: str) -> None:
    identity = Identity("192.0.2.1", port, 7000, other_host="2001:db8::1")
    assert identity.with_port(written) == sent
