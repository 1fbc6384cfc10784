"""A minimal SIP phone: it sends exactly what a test says, over UDP or TCP, and keeps every message.

It shares no code with the product, so that a misread RFC on one side is noticed.
"""

import asyncio
import itertools
import re
import secrets
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.closing import close_at_the_end
from tests.support.hosts import bracketed

PATIENCE_S = 15.0


def sdp(
    *,
    port: int = 40_000,
    direction: str = "sendrecv",
    version: int = 1,
    formats: str = "0 101",
    host: str = "127.0.0.1",
) -> str:
    """Return a plain offer of PCMU and telephone-event."""
    at = f"IN IP{6 if ':' in host else 4} {host}"
    return (
        f"v=0\r\no=phone 5 {version} {at}\r\ns=-\r\nc={at}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP {formats}\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
        f"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na={direction}\r\n"
    )


@dataclass(frozen=True, slots=True)
class Message:
    """A received message: start line, headers by lower-case name, body."""

    start_line: str
    headers: list[tuple[str, str]]
    body: str

    @classmethod
    def parse(cls, received: bytes) -> "Message":
        head, _, body = received.decode().partition("\r\n\r\n")
        start_line, *lines = head.split("\r\n")
        pairs = [line.partition(":") for line in lines]
        return cls(start_line, [(name.strip().lower(), value.strip()) for name, _, value in pairs], body)

    @property
    def status_code(self) -> int:
        return int(self.start_line.split()[1]) if self.start_line.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        return "" if self.status_code else self.start_line.split()[0]

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


@dataclass
class Phone:
    """One socket to one server."""

    host: str
    port: int
    transport: str
    address: tuple[str, int] = ("", 0)
    received: dict[str, asyncio.Queue[Message]] = field(default_factory=dict)
    invites: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    """Requests outside this phone's own calls."""
    _udp: asyncio.DatagramTransport | None = None
    _tcp: asyncio.StreamWriter | None = None
    _reader: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        port: int,
        *,
        host: str = "127.0.0.1",
        transport: str = "UDP",
        source: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> "Phone":
        phone = cls(host, port, transport)
        if transport == "UDP":
            loop = asyncio.get_running_loop()
            phone._udp, _ = await loop.create_datagram_endpoint(
                lambda: _Datagrams(phone), local_addr=(source, 0)
            )
            phone.address = phone._udp.get_extra_info("sockname")
        else:
            reader, phone._tcp = await asyncio.open_connection(host, port, local_addr=(source, 0), ssl=tls)
            phone.address = phone._tcp.get_extra_info("sockname")
            phone._reader = asyncio.create_task(phone._read(reader))
        close_at_the_end(phone.close)
        return phone

    async def close(self) -> None:
        """Close the socket; closing twice is harmless."""
        udp, tcp, reader = self._udp, self._tcp, self._reader
        self._udp = self._tcp = self._reader = None
        if udp:
            udp.close()
        if reader and tcp:
            reader.cancel()
            tcp.close()
            await asyncio.gather(reader, tcp.wait_closed(), return_exceptions=True)

    def send(self, message: str | bytes) -> None:
        raw = message.encode() if isinstance(message, str) else message
        if self._udp:
            self._udp.sendto(raw, (self.host, self.port))
        elif self._tcp:
            self._tcp.write(raw)

    def inbox(self, call_id: str) -> asyncio.Queue[Message]:
        return self.received.setdefault(call_id, asyncio.Queue())

    def take(self, raw: bytes) -> None:
        message = Message.parse(raw)
        self.inbox(message.header("call-id")).put_nowait(message)
        if message.method == "INVITE":
            self.invites.put_nowait(message)

    def call(self, user: str, **headers: str) -> "PhoneCall":
        return PhoneCall(self, user, headers)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: *(\d+)", head)
                self.take(head + await reader.readexactly(int(length[1]) if length else 0))
            except asyncio.IncompleteReadError:
                return


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, phone: Phone) -> None:
        self._phone = phone

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._phone.take(data)


class PhoneCall:
    """A dialog, from the caller's side."""

    def __init__(self, phone: Phone, user: str, headers: dict[str, str]) -> None:
        self.phone = phone
        self.call_id = secrets.token_hex(8)
        self.target = f"sip:{user}@{bracketed(phone.host)}:{phone.port}"
        self.uri = self.target
        self.to = f"<{self.target}>"
        self.from_ = f'"Ada" <sip:ada@127.0.0.1>;tag={secrets.token_hex(4)}'
        self.extra = headers
        self.contact = phone.address[:2]
        self.contact_user = "ada"
        self.scheme = "sip"
        self.branch = ""
        self.spelling: Callable[[str], str] = str
        """How the method is written in the CSeq."""
        self._numbers = itertools.count(1)
        self.number = 0

    def invite(self, body: str = "", **extra: str) -> None:
        """Send an INVITE, within the dialog once there is one."""
        self.number = next(self._numbers)
        self.branch = f"z9hG4bK{secrets.token_hex(8)}"
        self.send("INVITE", body, **extra)

    def ack(self, body: str = "") -> None:
        branch, self.branch = self.branch, f"z9hG4bK{secrets.token_hex(8)}"
        self.send("ACK", body)
        self.branch = branch

    def ack_refusal(self) -> None:
        """Send the ACK that belongs to the refused INVITE's own transaction."""
        uri, self.uri = self.uri, self.target
        self.send("ACK")
        self.uri = uri

    def cancel(self) -> None:
        self.send("CANCEL")

    def request(self, method: str, body: str = "", **extra: str) -> None:
        self.number = next(self._numbers)
        self.branch = f"z9hG4bK{secrets.token_hex(8)}"
        self.send(method, body, **extra)

    def send(self, method: str, body: str = "", **extra: str) -> None:
        host, port = self.phone.address[:2]
        authority = f"{bracketed(host)}:{port}" if port else bracketed(host)
        contact = bracketed(self.contact[0]) + (f":{self.contact[1]}" if self.contact[1] else "")
        transport = {"TCP": ";transport=tcp", "TLS": ";transport=tls", "WSS": ";transport=ws"}.get(
            self.phone.transport, ""
        )
        lines = [
            f"{method} {self.uri} SIP/2.0",
            f"Via: SIP/2.0/{self.phone.transport} {authority};branch={self.branch};rport",
            "Max-Forwards: 70",
            f"From: {self.from_}",
            f"To: {self.to}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {self.number} {self.spelling(method)}",
            f"Contact: <{self.scheme}:{self.contact_user}@{contact}{transport}>",
            *(f"{name.replace('_', '-')}: {value}" for name, value in {**self.extra, **extra}.items()),
        ]
        if body and "Content_Type" not in extra:
            lines.append("Content-Type: application/sdp")
        self.phone.send("\r\n".join([*lines, f"Content-Length: {len(body.encode())}", "", body]))

    async def next(self) -> Message:
        async with asyncio.timeout(PATIENCE_S):
            return await self.phone.inbox(self.call_id).get()

    async def final(self) -> Message:
        """Return the final response to the last request; a 2xx to INVITE sets the dialog's To tag and target."""
        while True:
            message = await self.next()
            if message.status_code < 200 or int(message.header("cseq").split()[0]) != self.number:
                continue
            if message.status_code < 300 and message.header("cseq").upper().endswith("INVITE"):
                self.to = message.header("to")
                contact = re.search(r"<([^>]+)>", message.header("contact"))
                self.uri = contact[1] if contact else self.uri
            return message

    async def provisional(self, status_code: int) -> Message:
        while True:
            message = await self.next()
            if message.status_code == status_code:
                return message
            assert message.status_code < 200, message.start_line

    async def asked(self, method: str) -> Message:
        """Return the next request of the other side."""
        while True:
            message = await self.next()
            if message.method == method:
                return message

    def reply(self, request: Message, status_code: int, reason: str = "OK") -> None:
        copied = [
            f"{name}: {value}"
            for name, value in request.headers
            if name in ("via", "from", "to", "call-id", "cseq")
        ]
        self.phone.send(
            "\r\n".join([f"SIP/2.0 {status_code} {reason}", *copied, "Content-Length: 0", "", ""])
        )

    async def establish(self, body: str = "") -> Message:
        """Send INVITE, expect 200, send ACK; return the 200."""
        self.invite(body or sdp())
        answer = await self.final()
        assert answer.status_code == 200, answer.start_line
        self.ack()
        return answer

    async def hang_up(self) -> Message:
        self.request("BYE")
        return await self.final()
