"""Calls of many phones: INVITE, ACK, BYE over UDP, with the retransmissions of RFC 3261 section 17.

The phones share a few sockets; on loopback each has an address of its own, because a server may limit
how many calls one address makes in a second, and a thousand phones do not share an address either.
"""

import asyncio
import itertools
import secrets
import socket
import time
from enum import StrEnum
from typing import Final, Self, cast

from bench.capacity.sip_messages import Message, RemoteAudio, SipUri, remote_audio, render

__all__ = ["Call", "CallState", "Callers", "own_address"]

T1_S: Final = 0.5
TIMEOUT_S: Final = 64 * T1_S
_LOOPBACK_ADDRESSES: Final = 32
_RECEIVE_BUFFER_BYTES: Final = 1 << 22

Address = tuple[str, int]


class CallState(StrEnum):
    """A call goes through them in this order, or is refused."""

    CALLING = "calling"
    ANSWERED = "answered"
    LEAVING = "leaving"
    ENDED = "ended"
    REFUSED = "refused"


class Call:
    """One call, from INVITE to BYE."""

    def __init__(self, caller: "_Caller", uri: SipUri, offer: str) -> None:
        self._caller = caller
        self._uri = uri
        self._offer = offer
        self.call_id = secrets.token_hex(10)
        self._tag = secrets.token_hex(4)
        self._number = 1
        self._branch = f"z9hG4bK{secrets.token_hex(6)}"
        self._target = str(uri)
        self._to = f"<{uri}>"
        self._routes: list[str] = []
        self._timer: asyncio.TimerHandle | None = None
        self._finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.state = CallState.CALLING
        self.status = 0
        """Of the final response to INVITE; 408 if there was none in 32 s."""
        self.invited_s = 0.0
        self.setup_s = 0.0
        """From the first INVITE to its 200."""
        self.hung_up_by_server = False
        self.audio = RemoteAudio("", 0)

    async def set_up(self) -> None:
        """Send INVITE, and return after its final response."""
        self.invited_s = time.monotonic()
        self._transmit("INVITE", self._offer, 0.0, T1_S)
        await self._finished

    async def hang_up(self) -> None:
        """Send BYE, and return after its final response, or after 32 s without one."""
        if self.state is not CallState.ANSWERED:
            return
        self.state = CallState.LEAVING
        self._number += 1
        self._branch = f"z9hG4bK{secrets.token_hex(6)}"
        self._finished = asyncio.get_running_loop().create_future()
        self._transmit("BYE", "", 0.0, T1_S)
        await self._finished

    def cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _transmit(self, method: str, body: str, waited_s: float, next_s: float) -> None:
        if waited_s >= TIMEOUT_S:
            self._finish(408)
            return
        self._send(method, body)
        self._timer = asyncio.get_running_loop().call_later(
            next_s, self._transmit, method, body, waited_s + next_s, next_s * 2
        )

    def _send(self, method: str, body: str = "") -> None:
        host, port = self._caller.address
        headers = [
            ("Via", f"SIP/2.0/UDP {host}:{port};branch={self._branch};rport"),
            *(("Route", route) for route in self._routes),
            ("Max-Forwards", "70"),
            ("From", f"<sip:phone@{host}:{port}>;tag={self._tag}"),
            ("To", self._to),
            ("Call-ID", self.call_id),
            ("CSeq", f"{self._number} {method}"),
            ("Contact", f"<sip:phone@{host}:{port}>"),
        ]
        self._caller.send(render(f"{method} {self._target} SIP/2.0", headers, body), self._uri)

    def on_response(self, message: Message) -> None:
        """Handle a response to one of this call's requests."""
        if message.number != self._number:
            return
        if message.method == "INVITE":
            self._on_invite_response(message)
        elif message.method == "BYE" and message.status >= 200:
            self._finish(message.status)

    def _on_invite_response(self, message: Message) -> None:
        if message.status < 200:
            self.cancel_timer()
            self._timer = asyncio.get_running_loop().call_later(TIMEOUT_S, self._finish, 408)
        elif message.status < 300:
            if self.state is CallState.CALLING:
                self._answered(message)
            # Also for a repeated 200: the first ACK was lost (RFC 3261 section 13.2.2.4).
            self._send("ACK")
        else:
            self._to = message.first("to")
            self._send("ACK")
            if self.state is CallState.CALLING:
                self._finish(message.status)

    def _answered(self, message: Message) -> None:
        self.setup_s = time.monotonic() - self.invited_s
        self._to, self._target, self._routes = message.first("to"), message.contact, message.routes
        self._branch = f"z9hG4bK{secrets.token_hex(6)}"
        try:
            self.audio = remote_audio(message.body)
        except ValueError:
            self._finish(488)
            return
        self.state, self.status = CallState.ANSWERED, message.status
        self._done()

    def on_request(self, message: Message, sender: Address) -> None:
        """Answer a request of the server: BYE ends the call, anything else is accepted without effect."""
        if message.method == "ACK":
            return
        if message.method == "BYE":
            self.hung_up_by_server = self.state is CallState.ANSWERED
            self._finish(200)
        copied = [
            (name.title(), value)
            for name in ("via", "from", "to", "call-id", "cseq")
            for value in message.headers.get(name, [])
        ]
        body = self._offer if message.method in {"INVITE", "UPDATE"} and message.body else ""
        host, port = self._caller.address
        self._caller.reply(
            render("SIP/2.0 200 OK", [*copied, ("Contact", f"<sip:phone@{host}:{port}>")], body), sender
        )

    def _finish(self, status: int) -> None:
        refused = self.state is CallState.CALLING
        self.state = CallState.REFUSED if refused else CallState.ENDED
        if refused:
            self.status = status
        self._done()

    def _done(self) -> None:
        self.cancel_timer()
        if not self._finished.done():
            self._finished.set_result(None)


class _Caller(asyncio.DatagramProtocol):
    """A socket that several phones share."""

    def __init__(self, calls: dict[str, Call]) -> None:
        self._calls = calls
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # The loop's class does not inherit from DatagramTransport.
        self.transport = cast(asyncio.DatagramTransport, transport)
        self.address: Address = transport.get_extra_info("sockname")[:2]

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        message = Message.parse(data)
        call = self._calls.get(message.first("call-id"))
        if call is None:
            return
        if message.status:
            call.on_response(message)
        else:
            call.on_request(message, (str(addr[0]), addr[1]))

    def send(self, datagram: bytes, uri: SipUri) -> None:
        self.transport.sendto(datagram, (uri.host, uri.port))

    def reply(self, datagram: bytes, sender: Address) -> None:
        self.transport.sendto(datagram, sender)


class Callers:
    """All phones' signalling."""

    def __init__(self) -> None:
        self._calls: dict[str, Call] = {}
        self._callers: list[_Caller] = []
        self._next = itertools.count()

    @classmethod
    async def open(cls, server: SipUri) -> Self:
        """Open the sockets from which this server is called."""
        self = cls()
        for address in _own_addresses(server):
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
            made.setblocking(False)
            made.bind((address, 0))
            _, caller = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: _Caller(self._calls), sock=made
            )
            self._callers.append(caller)
        return self

    def call(self, uri: SipUri, offer: str) -> Call:
        """Return a call that has not been set up yet."""
        call = Call(self._callers[next(self._next) % len(self._callers)], uri, offer)
        self._calls[call.call_id] = call
        return call

    def close(self) -> None:
        """Stop all timers and close the sockets; calls that are up stay so for the server."""
        for call in self._calls.values():
            call.cancel_timer()
        for caller in self._callers:
            caller.transport.close()


def _own_addresses(server: SipUri) -> list[str]:
    if server.host.startswith("127."):
        return [f"127.0.0.{number}" for number in range(2, 2 + _LOOPBACK_ADDRESSES)]
    return [own_address(server.host)]


def own_address(host: str) -> str:
    """Return the local address from which a host is reached."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((host, 9))
        address: str = probe.getsockname()[0]
        return address
