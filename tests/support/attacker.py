"""What attackers send to the SIP port: requests from any number of addresses, and what comes back to each."""

import contextlib
import secrets
import socket
import time
from collections.abc import Iterator
from typing import Self

from tests.support.lossy import Address
from tests.support.waiting import play_for

__all__ = ["Attacker", "attackers"]

_SDP = "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\na={direction}\r\n"


class Attacker:
    """A UDP socket of an address of its own; a context manager."""

    def __init__(self, host: str, server: Address) -> None:
        self.server = server
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)
        self.host, self.port = self.socket.getsockname()
        self.sent_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, message: str) -> None:
        data = message.encode()
        self.socket.sendto(data, self.server)
        self.sent_bytes += len(data)

    def request(
        self, method: str, user: str, *headers: str, body: str = "", sender: str = "", call_id: str = ""
    ) -> str:
        """Return a request outside of a dialog."""
        to = f"{user}@{self.server[0]}" if user else self.server[0]
        lines = [
            f"{method} sip:{to} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.host}:{self.port};branch=z9hG4bK{secrets.token_hex(6)};rport",
            "Max-Forwards: 70",
            f"From: <sip:{sender or f'x@{self.host}'}>;tag={secrets.token_hex(4)}",
            f"To: <sip:{to}>",
            f"Call-ID: {call_id or secrets.token_hex(8)}",
            f"CSeq: 1 {method}",
            f"Contact: <sip:x@{self.host}:{self.port}>",
            *headers,
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join(lines) + "\r\n\r\n" + body

    def invite(self, user: str, *, media: Address | None = None, direction: str = "sendrecv") -> str:
        """Return an INVITE whose audio goes to ``media``, by default to this host."""
        host, port = media or (self.host, 40_000)
        body = _SDP.format(host=host, port=port, direction=direction)
        return self.request("INVITE", user, "Content-Type: application/sdp", body=body)

    def received(self) -> list[bytes]:
        """Return what has come since the last call."""
        found = []
        with contextlib.suppress(BlockingIOError):
            while True:
                found.append(self.socket.recv(65_536))
        return found

    def received_within(self, seconds: float) -> list[bytes]:
        """Return what comes within this time."""
        play_for(seconds)
        return self.received()

    def first_status(self, within_s: float) -> str:
        """Return the first final status that comes; empty if none comes in time."""
        end_s = time.monotonic() + within_s
        while time.monotonic() < end_s:
            for each in self.received():
                if each.startswith(b"SIP/2.0 ") and each[8:9] != b"1":
                    return each[8:11].decode()
            play_for(0.01)
        return ""


@contextlib.contextmanager
def attackers(server: Address, count: int) -> Iterator[list[Attacker]]:
    """Open sockets of this many hosts, in networks of a few hosts each."""
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(Attacker(f"127.{60 + n // 200}.{n % 200}.{1 + n % 7}", server))
            for n in range(count)
        ]
