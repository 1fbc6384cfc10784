"""The caller of the capacity measurement, against a scripted SIP server."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from bench.capacity.calls import Callers, CallState
from bench.capacity.codecs import CODECS
from bench.capacity.plan import CodecName
from bench.capacity.sip_messages import Message, SipUri, offer, remote_audio

from tests.support.waiting import run_ready_tasks

ANSWER = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"


@dataclass
class Script(asyncio.DatagramProtocol):
    """A server that answers by a function of the requests so far."""

    answer: Callable[[list[Message]], str | None]
    requests: list[Message] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        request = Message.parse(data)
        self.requests.append(request)
        self.peer = addr
        self.arrived.set()
        start = self.answer(self.requests)
        if start is not None:
            self.send(response(request, start))

    def send(self, text: str) -> None:
        self.transport.sendto(text.encode(), self.peer)  # type: ignore[attr-defined]

    async def wait_for(self, method: str) -> Message:
        while True:
            for request in self.requests:
                if request.method == method:
                    return request
            self.arrived.clear()
            await self.arrived.wait()


def response(request: Message, start: str) -> str:
    body = ANSWER if start.startswith("200") and request.method == "INVITE" else ""
    lines = [
        f"SIP/2.0 {start}",
        f"v: {request.first('via')}",
        f"From: {request.first('from')}",
        f"To: {request.first('to')};tag=server"
        if "tag=" not in request.first("to")
        else f"To: {request.first('to')}",
        f"Call-ID: {request.first('call-id')}",
        f"CSeq: {request.first('cseq')}",
        "Record-Route: <sip:127.0.0.1:7000;lr>, <sip:127.0.0.1:7001;lr>",
        "Contact: <sip:worker@127.0.0.1:7002>",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(lines) + "\r\n\r\n" + body


@asynccontextmanager
async def called(
    answer: Callable[[list[Message]], str | None],
) -> AsyncIterator[tuple[Script, SipUri, Callers]]:
    loop = asyncio.get_running_loop()
    transport, script = await loop.create_datagram_endpoint(
        lambda: Script(answer), local_addr=("127.0.0.1", 0), family=socket.AF_INET
    )
    uri = SipUri("room", "127.0.0.1", transport.get_extra_info("sockname")[1])
    callers = await Callers.open(uri)
    try:
        yield script, uri, callers
    finally:
        callers.close()
        transport.close()
        # Sockets are closed in the next turn of the loop.
        await run_ready_tasks()


def accept(requests: list[Message]) -> str | None:
    return None if requests[-1].method == "ACK" else "200 OK"


async def test_a_call_is_set_up_and_hung_up_along_its_route() -> None:
    async with called(accept) as (script, uri, callers):
        call = callers.call(uri, offer(CODECS[CodecName.PCMU], "127.0.0.1", 5000, levels=False))
        await call.set_up()
        assert (call.state, call.status) == (CallState.ANSWERED, 200)
        assert (call.audio.host, call.audio.port) == ("127.0.0.9", 4000)
        assert call.setup_s > 0
        acknowledged = await script.wait_for("ACK")
        assert acknowledged.start == "ACK sip:worker@127.0.0.1:7002 SIP/2.0"
        assert acknowledged.headers["route"] == ["<sip:127.0.0.1:7001;lr>", "<sip:127.0.0.1:7000;lr>"]
        await call.hang_up()
        assert call.state is CallState.ENDED
        assert script.requests[-1].number == 2


async def test_an_invite_that_is_lost_is_sent_again() -> None:
    async with called(lambda requests: accept(requests) if len(requests) > 1 else None) as (
        script,
        uri,
        callers,
    ):
        call = callers.call(uri, "v=0\r\n")
        await call.set_up()
        assert call.state is CallState.ANSWERED
        assert [request.method for request in script.requests[:2]] == ["INVITE", "INVITE"]
        assert script.requests[0].first("via") == script.requests[1].first("via")


async def test_an_answer_that_comes_again_is_acknowledged_again() -> None:
    async with called(accept) as (script, uri, callers):
        call = callers.call(uri, "v=0\r\n")
        await call.set_up()
        await script.wait_for("ACK")
        script.requests = script.requests[:1]
        script.send(response(script.requests[0], "200 OK"))
        assert (await script.wait_for("ACK")).number == 1


async def test_a_refusal_is_acknowledged_and_its_status_kept() -> None:
    def refuse(requests: list[Message]) -> str | None:
        return "503 Busy" if requests[-1].method == "INVITE" else None

    async with called(refuse) as (script, uri, callers):
        call = callers.call(uri, "v=0\r\n")
        await call.set_up()
        assert (call.state, call.status) == (CallState.REFUSED, 503)
        acknowledged = await script.wait_for("ACK")
        assert acknowledged.first("via") == script.requests[0].first("via")
        assert acknowledged.to_tag == "server"


async def test_a_server_that_hangs_up_is_noticed_and_answered() -> None:
    async with called(accept) as (script, uri, callers):
        call = callers.call(uri, "v=0\r\n")
        await call.set_up()
        request = script.requests[0]
        script.send(
            re.sub(r"^SIP/2.0 200 OK", f"BYE {request.contact} SIP/2.0", response(request, "200 OK")).replace(
                "CSeq: 1 INVITE", "CSeq: 7 BYE"
            )
        )
        while script.requests[-1].status != 200:
            script.arrived.clear()
            await script.arrived.wait()
        assert call.hung_up_by_server
        assert call.state is CallState.ENDED


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("sip:room@192.0.2.1:5070", SipUri("room", "192.0.2.1", 5070)),
        ("room{room}@example.com", SipUri("room{room}", "example.com", 5060)),
        ("sip:192.0.2.1", SipUri("", "192.0.2.1", 5060)),
    ],
)
def test_a_target_is_parsed(text: str, uri: SipUri) -> None:
    assert SipUri.parse(text) == uri


def test_what_is_no_target_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a SIP URI"):
        SipUri.parse("@@")


def test_an_answer_without_audio_is_refused() -> None:
    with pytest.raises(ValueError, match="no audio"):
        remote_audio(ANSWER.replace("m=audio 4000", "m=audio 0"))
