"""A WebRTC session whose keys are known here: STUN that passes the integrity check, then a mutated DTLS handshake."""

import contextlib
import re
import secrets
import socket
from typing import Final, Self

from aioice import stun
from OpenSSL import SSL
from tests.support.offers import CHROMIUM
from tests.support.server import ACCESS_KEY, Server

from bench.siege.packets import Packets

__all__ = ["Browser"]

_UFRAG, _PWD = "7sFv", "dOTZKZNVlO9RSGsEGM63JXT2"
_DATAGRAM_BYTES: Final = 2048


class Browser:
    """A context manager: one participant that never completes, or that breaks, its handshake."""

    def __init__(self, server: Server, room: str, packets: Packets, host: str) -> None:
        self._server = server
        self._packets = packets
        answer = server.request(
            "POST",
            f"/v1.0/conferences/{room}/whip",
            body=CHROMIUM.encode(),
            headers={"Authorization": f"Bearer {ACCESS_KEY}", "Content-Type": "application/sdp"},
        )
        assert answer.status == 201, (answer.status, answer.body[:200])
        self._location = answer.headers["Location"]
        text = answer.body.decode()
        self._ufrag, self._pwd = (re.findall(rf"a=ice-{name}:(\S+)", text)[0] for name in ("ufrag", "pwd"))
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.setblocking(False)
        self._socket.connect((server.host, server.webrtc_port))
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_tlsext_use_srtp(b"SRTP_AES128_CM_SHA1_80")
        self._dtls = SSL.Connection(context)
        self._dtls.set_connect_state()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._server.request("DELETE", self._location, headers={"Authorization": f"Bearer {ACCESS_KEY}"})

    def send_one(self) -> None:
        """Send a check, a flight of the handshake, or media; most of it mutated."""
        kind = self._packets.chance.random()
        if kind < 0.3:
            self._send(self._check(), whole=kind < 0.1)
        elif kind < 0.8:
            self._handshake()
        else:
            self._send(self._packets.rtp() if kind < 0.9 else self._packets.rtcp())

    def _check(self) -> bytes:
        """Return a binding request (RFC 8445 section 7.2.4)."""
        request = stun.Message(
            stun.Method.BINDING, stun.Class.REQUEST, transaction_id=secrets.token_bytes(12)
        )
        request.attributes["USERNAME"] = f"{self._ufrag}:{_UFRAG}"
        request.attributes["PRIORITY"] = 2130706431
        request.attributes["ICE-CONTROLLING"] = 1
        request.attributes["USE-CANDIDATE"] = None
        if self._packets.chance.random() < 0.2:
            request.attributes["PRIORITY"] = self._packets.chance.getrandbits(32)
        request.add_message_integrity(self._pwd.encode())
        return bytes(request)

    def _handshake(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            while True:
                answer = self._socket.recv(_DATAGRAM_BYTES)
                if answer and 20 <= answer[0] <= 63:
                    self._dtls.bio_write(answer)
        with contextlib.suppress(SSL.Error):
            self._dtls.do_handshake()
        try:
            flight = self._dtls.bio_read(_DATAGRAM_BYTES)
        except SSL.Error:
            flight = self._packets.dtls()
        self._send(flight, whole=self._packets.chance.random() < 0.5)

    def _send(self, packet: bytes, *, whole: bool = False) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            self._socket.send(packet if whole else self._packets.mutate(packet))
