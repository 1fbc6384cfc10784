"""Peers of RFC 2543, which have no tag, and peers that write methods in small letters: whole calls, in both directions."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from mixminus.call.leg import Address, OutgoingLeg, Target
from mixminus.sip.config import SipConfig
from mixminus.sip.edge.addressing import Action, ToPhone, ToWorker
from mixminus.sip.edge.masking import masked
from mixminus.sip.edge.records import read_record
from mixminus.sip.grammar import Dialog, parse_replaces
from mixminus.sip.leniency import COUNTER, Leniency
from mixminus.sip.sdp.envelope import fold
from mixminus.sip.tags import phones_tag, with_a_tag, with_phones_tag
from tests.sip.test_edge_router import PHONE, answer_of, established, forwarded, open_router, request
from tests.sip.test_edge_router import records as records_of
from tests.support.called_phone import CalledPhone
from tests.support.sip_backend import PATIENCE_S, Backend, open_backend
from tests.support.sip_phone import Message, Phone, PhoneCall, sdp
from tests.support.waiting import until

WITHOUT_TAG = '"Ada" <sip:ada@127.0.0.1>'


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def backend() -> AsyncIterator[Backend]:
    async with open_backend(SipConfig(port=0, max_calls=4)) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def phone(backend: Backend) -> AsyncIterator[Phone]:
    opened = await Phone.open(backend.endpoint.port)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="module")
async def bob() -> AsyncIterator[CalledPhone]:
    opened = await CalledPhone.open()
    yield opened
    await opened.close()


def counted(backend: Backend, name: Leniency) -> int:
    return backend.endpoint.counters[f"{COUNTER}:{name}"]


def call_of(phone: Phone, kind: Leniency, user: str = "1000") -> PhoneCall:
    """Return a call whose requests have no From tag, or whose CSeq has small letters."""
    call = phone.call(user)
    if kind is Leniency.TAG_MISSING:
        call.from_ = WITHOUT_TAG
    else:
        call.spelling = str.lower
    return call


def repeats(call: PhoneCall, response: Message, method: str) -> bool:
    """Return whether a response has From and CSeq as the phone has written them."""
    own = (call.from_, f"{call.number} {call.spelling(method)}")
    return (response.header("from"), response.header("cseq")) == own


KINDS = pytest.mark.parametrize("kind", [Leniency.TAG_MISSING, Leniency.METHOD_CASE])


@KINDS
@pytest.mark.asyncio(loop_scope="module")
async def test_phone_calls_changes_its_call_and_hangs_up(
    backend: Backend, phone: Phone, kind: Leniency
) -> None:
    before = counted(backend, kind)
    call = call_of(phone, kind)
    answer = await call.establish()
    assert repeats(call, answer, "INVITE")
    call.invite(sdp(direction="sendonly", version=2))
    held = await call.final()
    call.ack()
    assert "a=recvonly" in held.body
    assert repeats(call, held, "INVITE")
    call.request("INFO", "Signal=5\r\nDuration=100\r\n", Content_Type="application/dtmf-relay")
    assert repeats(call, await call.final(), "INFO")
    for method in ("OPTIONS", "UPDATE"):
        call.request(method)
        changed = await call.final()
        assert changed.status_code == 200
        assert repeats(call, changed, method)
    ended = await call.hang_up()
    assert ended.status_code == 200
    assert repeats(call, ended, "BYE")
    await until(lambda: counted(backend, kind) >= before + 8)


@KINDS
@pytest.mark.asyncio(loop_scope="module")
async def test_server_holds_and_ends_the_call(backend: Backend, phone: Phone, kind: Leniency) -> None:
    call = call_of(phone, kind)
    await call.establish()
    await backend.leg.hold()
    held = await call.asked("INVITE")
    assert "a=sendonly" in held.body
    assert "tag=" not in held.header("to") or call.from_.endswith(held.header("to").partition(";tag=")[2])
    call.reply(_respelled(held, call), 488)
    acknowledged = await call.asked("ACK")
    assert acknowledged.header("to") == held.header("to")
    await backend.leg.hang_up()
    bye = await call.asked("BYE")
    assert ("tag=" in bye.header("to")) == (kind is not Leniency.TAG_MISSING)
    call.reply(_respelled(bye, call), 200)
    await asyncio.wait_for(backend.leg.ended(), PATIENCE_S)


def _respelled(message: Message, call: PhoneCall) -> Message:
    """Return a request with the method of its CSeq in the phone's letters, which its response repeats."""
    number, _, method = message.header("cseq").partition(" ")
    changed = f"{number}\t{call.spelling(method)}"
    return Message(
        message.start_line,
        [(name, changed if name == "cseq" else value) for name, value in message.headers],
        message.body,
    )


@KINDS
@pytest.mark.asyncio(loop_scope="module")
async def test_phone_cancels_and_is_refused(backend: Backend, phone: Phone, kind: Leniency) -> None:
    call = call_of(phone, kind, "ring")
    call.invite(sdp())
    await call.provisional(180)
    call.cancel()
    gone = await call.final()
    while gone.header("cseq").upper().endswith("CANCEL"):
        gone = await call.final()
    assert gone.status_code == 487
    assert repeats(call, gone, "INVITE")
    call.ack_refusal()


@KINDS
@pytest.mark.asyncio(loop_scope="module")
async def test_called_phone_answers_and_hangs_up(backend: Backend, bob: CalledPhone, kind: Leniency) -> None:
    before = counted(backend, kind)
    tag = "" if kind is Leniency.TAG_MISSING else "bob"
    leg = dial(backend, bob.uri)
    invite = await bob.asked("INVITE")
    bob.reply(_lower(invite, kind), 180, tag=tag)
    bob.reply(_lower(invite, kind), 200, body=sdp(), tag=tag)
    assert await asyncio.wait_for(leg.answered(), PATIENCE_S)
    acknowledged = await bob.asked("ACK")
    assert ("tag=" in acknowledged.header("to")) == bool(tag)
    bob.request(invite, "BYE", tag=tag)
    await bob.response(200)
    await asyncio.wait_for(leg.ended(), PATIENCE_S)
    await until(lambda: counted(backend, kind) > before)


@KINDS
@pytest.mark.asyncio(loop_scope="module")
async def test_called_phone_is_hung_up(backend: Backend, bob: CalledPhone, kind: Leniency) -> None:
    tag = "" if kind is Leniency.TAG_MISSING else "bob"
    leg = dial(backend, bob.uri)
    bob.reply(_lower(await bob.asked("INVITE"), kind), 200, body=sdp(), tag=tag)
    assert await asyncio.wait_for(leg.answered(), PATIENCE_S)
    await leg.hang_up()
    bye = await bob.asked("BYE")
    assert bye.header("to").partition(";tag=")[2] == tag
    bob.reply(_lower(bye, kind), 200, tag=tag)
    await asyncio.wait_for(leg.ended(), PATIENCE_S)


def dial(backend: Backend, uri: str) -> OutgoingLeg:
    return backend.endpoint.dial(Target(uri), source=Address("sip", "alice"), anonymous=False)


def _lower(invite: Message, kind: Leniency) -> Message:
    if kind is Leniency.TAG_MISSING:
        return invite
    headers = [(name, value.lower() if name == "cseq" else value) for name, value in invite.headers]
    return Message(invite.start_line, headers, invite.body)


def untagged(message: bytes) -> bytes:
    return message.replace(b";tag=f\r\n", b"\r\n")


def test_call_without_tag_outlives_a_restart_of_the_edge() -> None:
    before = open_router()
    invite = forwarded(before.from_phone(untagged(request("INVITE", body=sdp())), PHONE, 0.0))
    assert b"From: <sip:ada@192.0.2.7>;tag=mm-hex.\r\n" in invite.message
    before.from_worker(answer_of(invite.message, body=fold(sdp())), invite.sip_port, 0.0)
    [record] = records_of(before)[-1:]
    assert read_record(record, 1, 0.0).dialog.remote_tag == ""
    router = open_router()
    router.restore(1, record, 0.0)
    bye = request("BYE", number=2, to_tag=";tag=w", branch="z9hG4bKb")
    refused = router.from_phone(bye, PHONE, 1.0)
    assert isinstance(refused, ToPhone)
    assert refused.message.startswith(b"SIP/2.0 481 ")
    assert isinstance(
        router.from_phone(untagged(bye).replace(b"=z9hG4bKb", b"=z9hG4bKc"), PHONE, 1.0), ToWorker
    )


def test_lost_call_of_a_phone_without_tag_is_ended_without_one() -> None:
    router = open_router()
    invite = forwarded(router.from_phone(untagged(request("INVITE", body=sdp())), PHONE, 0.0))
    router.from_worker(answer_of(invite.message, body=fold(sdp())), invite.sip_port, 0.0)
    [bye] = router.remove_worker(1, 1.0)
    assert re.search(rb"\r\nTo: <sip:ada@192\.0\.2\.7>\r\n", bye.message)


def test_zero_names_a_peer_without_tag_in_replaces() -> None:
    named = parse_replaces("call-1;to-tag=w;from-tag=0")
    assert named.has_tags("w", "")
    assert named.has_tags("w", "0")
    assert not named.has_tags("w", None)
    assert not named.has_tags("", "")
    assert Dialog("call-1", "w", "").replaces == "call-1;to-tag=w;from-tag=0"
    router = open_router()
    invite = forwarded(router.from_phone(untagged(request("INVITE", body=sdp())), PHONE, 0.0))
    router.from_worker(answer_of(invite.message, body=fold(sdp())), invite.sip_port, 0.0)
    extra = f"Replaces: {named.replaces}\r\n"
    second = router.from_phone(request("INVITE", call_id="call-2", extra=extra, body=sdp()), PHONE, 1.0)
    assert b"X-Mixminus-Replaces: call-1\r\n" in forwarded(second).message
    established(router, "call-3")
    other = f"Replaces: {named.replaces.replace('call-1', 'call-3')}\r\n"
    refused = router.from_phone(request("INVITE", call_id="call-4", extra=other, body=sdp()), PHONE, 2.0)
    assert isinstance(refused, ToPhone)
    assert refused.message.startswith(b"SIP/2.0 481 ")


def test_tag_of_a_phone_without_one_never_reaches_the_phone() -> None:
    assert with_a_tag("<sip:a@h>") == "<sip:a@h>;tag=mm-hex."
    assert with_a_tag("<sip:a@h>;tag=1") == "<sip:a@h>;tag=1"
    assert phones_tag("mm-hex.") == ""
    for value in ("<sip:a@h>;tag=mm-hex.", '"x;tag=y" <sip:a@h>;tag=mm-hex.'):
        assert with_phones_tag(value) == value.removesuffix(";tag=mm-hex.")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"Allow: invite, ack, Update, message", b"Allow: ACK, INVITE, MESSAGE, UPDATE\r\n"),
        (b"Allow: Invite\r\nAllow: bye", b"Allow: BYE, INVITE\r\n"),
    ],
)
def test_methods_that_a_phone_allows_are_read_in_any_case(line: bytes, shown: bytes) -> None:
    router = open_router()
    message = request("INVITE", body=sdp()).replace(b"Max-Forwards: 70", line)
    assert shown in forwarded(router.from_phone(message, PHONE, 0.0)).message
    assert router.counters[f"{COUNTER}:{Leniency.METHOD_CASE}"] == 1


@pytest.mark.parametrize("method", ["options", "Register", "message"])
def test_requests_outside_calls_are_served_in_any_case_and_without_tag(method: str) -> None:
    router = open_router()
    action: Action = router.from_phone(untagged(request(method)), PHONE, 0.0)
    usual: Action = open_router().from_phone(request(method.upper()), PHONE, 0.0)
    assert isinstance(action, ToPhone) == isinstance(usual, ToPhone)
    if isinstance(action, ToPhone) and isinstance(usual, ToPhone):
        assert action.message.split(b"\r\n")[0] == usual.message.split(b"\r\n")[0]
        assert f"CSeq: 1 {method}\r\n".encode() in action.message
        assert b"From: <sip:ada@192.0.2.7>\r\n" in action.message
    for kind in (Leniency.METHOD_CASE, Leniency.TAG_MISSING):
        assert router.counters[f"{COUNTER}:{kind}"] == 1


def test_method_that_is_unknown_stays_as_it_is() -> None:
    router = open_router()
    action = router.from_phone(request("newmethod"), PHONE, 0.0)
    assert isinstance(action, ToPhone)
    assert action.message.startswith(b"SIP/2.0 501 ")
    assert not router.counters[f"{COUNTER}:{Leniency.METHOD_CASE}"]


@pytest.mark.parametrize("method", ["info", "Message"])
def test_small_letters_hide_no_digit_and_no_text_from_masking(method: str) -> None:
    body = "Signal=7\r\n"
    shown = masked(request(method.upper(), body=body).replace(method.upper().encode(), method.encode()))
    assert b"7\r\n" not in shown.partition(b"\r\n\r\n")[2]
