"""A SIP phone that is called: it sends exactly what a test says, and keeps every message.

Like ``sip_phone`` it shares no code with the product, so that a misread RFC on one side is noticed.
"""

import asyncio
import hashlib
import re
import ssl
from dataclasses import dataclass, field
from typing import Self

from tests.support.hosts import bracketed
from tests.support.sip_phone import PATIENCE_S, Message, sdp

_COPIED = ("via", "from", "to", "call-id", "cseq", "record-route")


@dataclass
class CalledPhone:
    """One UDP socket, or one TCP port; it answers nothing automatically."""

    address: tuple[str, int] = ("", 0)
    transport: str = "UDP"
    received: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    connections: int = 0
    _udp: asyncio.DatagramTransport | None = None
    _server: asyncio.Server | None = None
    _writer: asyncio.StreamWriter | None = None
    _peer: tuple[str, int] = ("", 0)

    @classmethod
    async def open(
        cls, transport: str = "UDP", tls: ssl.SSLContext | None = None, *, host: str = "127.0.0.1"
    ) -> Self:
        phone = cls(transport=transport)
        if transport == "UDP":
            loop = asyncio.get_running_loop()
            phone._udp, _ = await loop.create_datagram_endpoint(
                lambda: _Datagrams(phone), local_addr=(host, 0)
            )
            phone.address = phone._udp.get_extra_info("sockname")
        else:
            phone._server = await asyncio.start_server(phone._serve, host, 0, ssl=tls)
            phone.address = phone._server.sockets[0].getsockname()
        return phone

    async def close(self) -> None:
        if self._udp:
            self._udp.close()
        if self._writer:
            self._writer.close()
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    @property
    def uri(self) -> str:
        suffix = "" if self.transport == "UDP" else f";transport={self.transport.lower()}"
        return f"sip:bob@{bracketed(self.address[0])}:{self.address[1]}{suffix}"

    def take(self, raw: bytes, peer: tuple[str, int]) -> None:
        self._peer = peer
        self.received.put_nowait(Message.parse(raw))

    async def asked(self, method: str) -> Message:
        """Return the next request with this method; skip other messages."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = await self.received.get()
                if message.method == method:
                    return message

    async def response(self, status_code: int) -> Message:
        """Return the next response with this status; skip other messages."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = await self.received.get()
                if message.status_code == status_code:
                    return message

    def reply(
        self, request: Message, status_code: int, *headers: str, body: str = "", tag: str = "bob"
    ) -> None:
        """Answer a request; a To tag is added if there is none yet, and ``tag`` is not empty."""
        lines = [f"SIP/2.0 {status_code} Word"]
        for name, value in request.headers:
            if name in _COPIED:
                tagged = name == "to" and "tag=" not in value and tag
                lines.append(f"{name}: {value};tag={tag}" if tagged else f"{name}: {value}")
        if not any(header.lower().startswith("contact") for header in headers):
            lines.append(f"Contact: <{self.uri}>")
        lines += headers
        if body:
            lines.append("Content-Type: application/sdp")
        self.send("\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]))

    def answer(
        self, invite: Message, *, tag: str = "bob", direction: str = "sendrecv", version: int = 1
    ) -> None:
        """Send 200 with an SDP answer."""
        self.reply(invite, 200, body=sdp(direction=direction, version=version), tag=tag)

    def request(self, invite: Message, method: str, *headers: str, number: int = 1, tag: str = "bob") -> None:
        """Send a request within the dialog that an INVITE has created."""
        uri = re.search(r"<([^>]+)>", invite.header("contact"))
        assert uri
        host, port = self.address[:2]
        lines = [
            f"{method} {uri[1]} SIP/2.0",
            f"Via: SIP/2.0/{self.transport} {host}:{port};branch=z9hG4bK{method}{number}{tag};rport",
            "Max-Forwards: 70",
            f"From: {invite.header('to')}{f';tag={tag}' if tag else ''}",
            f"To: {invite.header('from')}",
            f"Call-ID: {invite.header('call-id')}",
            f"CSeq: {number} {method}",
            f"Contact: <{self.uri}>",
            *headers,
        ]
        self.send("\r\n".join([*lines, "Content-Length: 0", "", ""]))

    def send(self, message: str) -> None:
        if self._udp:
            self._udp.sendto(message.encode(), self._peer)
        elif self._writer:
            self._writer.write(message.encode())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writer = writer
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: *(\d+)", head)
                body = await reader.readexactly(int(length[1]) if length else 0)
            except asyncio.IncompleteReadError:
                return
            self.take(head + body, self._peer)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, phone: CalledPhone) -> None:
        self._phone = phone

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._phone.take(data, addr)


def digest_is_right(authorization: str, method: str, password: str, algorithm: str) -> bool:
    """Return whether a digest response is right (RFC 7616 section 3.4.1), with or without qop."""
    found = {
        name: quoted or bare
        for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]*))', authorization)
    }

    def hashed(*parts: str) -> str:
        return hashlib.new(algorithm, ":".join(parts).encode()).hexdigest()

    first = hashed(found["username"], found["realm"], password)
    second = hashed(method, found["uri"])
    middle = [found["nc"], found["cnonce"], found["qop"]] if "qop" in found else []
    return bool(found["response"] == hashed(first, found["nonce"], *middle, second))
