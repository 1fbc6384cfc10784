"""A phone that is called: it answers every INVITE with 200 at once, and every BYE."""

import asyncio
from typing import Self, cast

from bench.capacity.sip_messages import Message, render

__all__ = ["Callee"]


class Callee(asyncio.DatagramProtocol):
    """One socket; each call gets an answer with the same audio."""

    def __init__(self, answer: str) -> None:
        """``answer`` is the session description of every 200."""
        self.answered = 0
        """Calls that the server has acknowledged."""
        self.over = 0
        self._answer = answer
        self._transport: asyncio.DatagramTransport

    @classmethod
    async def open(cls, host: str, answer: str) -> Self:
        """Open the socket on a free port."""
        loop = asyncio.get_running_loop()
        _, self = await loop.create_datagram_endpoint(lambda: cls(answer), local_addr=(host, 0))
        return self

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._transport.get_extra_info("sockname")[:2]
        return host, port

    def close(self) -> None:
        """Close the socket."""
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # The loop's class does not inherit from DatagramTransport.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        request = Message.parse(data)
        if request.method == "ACK":
            self.answered += 1
        elif not request.status:
            self.over += request.method == "BYE"
            self._transport.sendto(self._response(request), addr)

    def _response(self, request: Message) -> bytes:
        copied = [
            (name.title(), value)
            for name in ("via", "record-route", "from", "call-id", "cseq")
            for value in request.headers.get(name, [])
        ]
        tag = "" if request.to_tag else ";tag=called"
        host, port = self.address
        headers = [*copied, ("To", request.first("to") + tag), ("Contact", f"<sip:called@{host}:{port}>")]
        return render("SIP/2.0 200 OK", headers, self._answer if request.method == "INVITE" else "")
