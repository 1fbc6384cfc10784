"""A scripted phone, for tests that no packaged phone allows.

It makes one PCMU call over UDP, sends exactly the given packets at the given clock rate, and keeps every
payload with its time of arrival.
"""

import re
import secrets
import socket
import struct
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np

from tests.support.lossy import Address
from tests.support.netns import ADDRESS
from tests.support.sipp import mu_law
from tests.support.tones import Pcm

PACKET_S = 0.02
PACKET_SAMPLES = 160
_T1_S, _T2_S = 0.5, 4.0
_TIMESTAMP = 35  # SO_TIMESTAMPNS, which this Python does not name
_TIMESPEC = struct.Struct("=qq")
_SDP = """v=0\r
o=raw 1 {version} IN IP4 {host}\r
s=-\r
c=IN IP4 {host}\r
t=0 0\r
m=audio {port} RTP/AVP 0 101\r
a=rtpmap:0 PCMU/8000\r
a=rtpmap:101 telephone-event/8000\r
a={direction}\r
"""


def mu_law_to_pcm(payload: bytes) -> Pcm:
    """Decode G.711 mu-law (ITU-T G.711, table 2)."""
    code = ~np.frombuffer(payload, np.uint8)
    magnitude = (((code & 0x0F).astype(np.int32) << 3) + 132 << ((code >> 4) & 7)) - 132
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One received RTP packet."""

    at_s: float
    """When the kernel took it, on the monotonic clock."""
    sequence_number: int
    timestamp: int
    marker: bool
    payload_type: int
    payload: bytes


class RawPhone:
    """One call; a context manager that sends BYE."""

    def __init__(self, *, drift_ppm: float = 0.0, patience_s: float = 5.0, listens: bool = True) -> None:
        """``patience_s``: how long a request is repeated and a final response awaited. ``listens``: to RTP."""
        self._listens = listens
        self._patience_s = patience_s
        self._sip = _socket()
        self._rtp = _socket()
        self._rtp.settimeout(0.1)
        self._rtp.setsockopt(socket.SOL_SOCKET, _TIMESTAMP, 1)
        self._call_id = secrets.token_hex(8)
        self._tag = secrets.token_hex(4)
        self._interval_s = PACKET_S / (1 + drift_ppm * 1e-6)
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._remote_tag = ""
        self._target = ""
        self._number = 0
        self._routes: list[str] = []
        self._ack = b""
        self.arrivals: list[Arrival] = []
        self.late_s = 0.0
        """By how much a packet was sent too late at most, on a machine that does much else; a test may set it back."""
        self.media: Address = ("", 0)
        """Where the far end receives; a test may set the address of a relay before ``talk``."""

    @property
    def rtp_address(self) -> Address:
        host, port = self._rtp.getsockname()
        return (host, port)

    def dial(self, server: Address, user: str) -> None:
        """Call, and return when the call is answered."""
        self._server = server
        answer = self._offer(f"sip:{user}@{server[0]}:{server[1]}", "sendrecv")
        self._remote_tag = _found(r"^To:.*?;tag=([^;\r]+)", answer)
        self._target = _found(r"^Contact:.*?<?(sip:[^>\r]+)", answer)
        self._routes = re.findall(r"^Record-Route: *(.+?)\r", answer, re.MULTILINE)
        self.media = (_found(r"^c=IN IP4 ([\d.]+)", answer), int(_found(r"^m=audio (\d+)", answer)))
        self._acknowledge()
        if self._listens:
            self._start(self._listen)

    def reoffer(self, direction: str) -> str:
        """Hold (``sendonly``, ``inactive``) or resume (``sendrecv``) by re-INVITE; return the answer's direction."""
        answer = self._offer(self._target, direction)
        self._acknowledge()
        return _found(r"^a=(sendrecv|sendonly|recvonly|inactive)\r", answer)

    def _offer(self, uri: str, direction: str) -> str:
        host, port = self.rtp_address
        self._number += 1
        offer = _SDP.format(host=host, port=port, direction=direction, version=self._number)
        answer = self._transact("INVITE", uri, self._number, offer)
        assert answer.startswith("SIP/2.0 200"), answer
        return answer

    def talk(self, pcm: Pcm) -> None:
        """Send 8 kHz PCM, repeated, from now on."""
        self._start(lambda: self._talk(mu_law(pcm)))

    def press(self, event: int) -> None:
        """Send a telephone-event of 100 ms (RFC 4733 section 2.5), with three packets of its end; not while it talks."""
        ssrc, number, timestamp = secrets.randbits(32), secrets.randbits(15), secrets.randbits(31)
        for packet in range(1, 9):
            elapsed, ends = min(packet, 5) * PACKET_SAMPLES, 0x80 if packet > 5 else 0
            second = 101 | (0x80 if packet == 1 else 0)
            header = struct.pack("!BBHII", 0x80, second, (number + packet) & 0xFFFF, timestamp, ssrc)
            self._rtp.sendto(header + struct.pack("!BBH", event, ends | 10, elapsed), self.media)
            self._stop.wait(PACKET_S)

    def heard(self, last_s: float) -> Pcm:
        """Return the last ``last_s`` seconds received, in sequence order, as 8 kHz PCM."""
        packets = sorted(self.arrivals, key=lambda arrival: arrival.at_s)[-int(last_s / PACKET_S) :]
        return np.concatenate([mu_law_to_pcm(packet.payload) for packet in packets])

    def write(self, text: str) -> None:
        """Send a text within the call (RFC 3428)."""
        self._number += 1
        answer = self._transact("MESSAGE", self._target, self._number, text)
        assert answer.startswith("SIP/2.0 202"), answer

    def send_raw(self, datagram: bytes) -> None:
        """Send any datagram as its audio."""
        self._rtp.sendto(datagram, self.media)

    def requests(self) -> list[str]:
        """Return the methods of the requests that wait on the SIP socket, such as a re-INVITE."""
        self._sip.settimeout(0.0)
        found: list[str] = []
        while True:
            try:
                message = self._sip.recv(65535).decode(errors="replace")
            except BlockingIOError:
                return found
            if message.isascii() and not message.startswith("SIP/2.0 "):  # else RTCP for a port one below
                found.append(message.partition(" ")[0])

    def hang_up(self) -> None:
        """Send BYE and wait for its 200; a second call does nothing."""
        if self._target:
            self._number += 1
            answer = self._transact("BYE", self._target, self._number)
            assert answer.startswith("SIP/2.0 200"), answer
            self._target = ""

    def forget(self) -> None:
        """Send no BYE at the end, because the far end may have hung up."""
        self._target = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        try:
            if kind is None:
                self.hang_up()
        finally:
            self._sip.close()
            self._rtp.close()

    def _start(self, work: object) -> None:
        thread = threading.Thread(target=work, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                datagram, ancillary, _, _ = self._rtp.recvmsg(2048, 64)
            except TimeoutError:
                continue
            second, number, timestamp = datagram[1], *struct.unpack_from("!HI", datagram, 2)
            self.arrivals.append(
                Arrival(
                    _arrived_s(ancillary),
                    number,
                    timestamp,
                    bool(second & 0x80),
                    second & 0x7F,
                    datagram[12:],
                )
            )

    def _talk(self, payload: bytes) -> None:
        ssrc, number, due = secrets.randbits(32), secrets.randbits(15), time.monotonic()
        frames = [
            payload[i : i + PACKET_SAMPLES]
            for i in range(0, len(payload) - PACKET_SAMPLES + 1, PACKET_SAMPLES)
        ]
        sent = 0
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            header = struct.pack(
                "!BBHII", 0x80, 0, (number + sent) & 0xFFFF, sent * PACKET_SAMPLES & 0xFFFFFFFF, ssrc
            )
            self._rtp.sendto(header + frames[sent % len(frames)], self.media)
            self.late_s = max(self.late_s, time.monotonic() - due)
            sent += 1
            due += self._interval_s

    def _acknowledge(self) -> None:
        self._ack = self._request("ACK", self._target, self._number, "")
        self._sip.sendto(self._ack, self._server)

    def _request(self, method: str, uri: str, number: int, body: str) -> bytes:
        host, port = self._sip.getsockname()
        tag = f";tag={self._remote_tag}" if self._remote_tag else ""
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{secrets.token_hex(6)};rport",
            *(f"Route: {route}" for route in self._routes),
            "Max-Forwards: 70",
            f"From: <sip:raw@{host}:{port}>;tag={self._tag}",
            f"To: <{uri if not tag else 'sip:room@' + self._server[0]}>{tag}",
            f"Call-ID: {self._call_id}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:raw@{host}:{port}>",
            *(
                [f"Content-Type: {'text/plain' if method == 'MESSAGE' else 'application/sdp'}"]
                if body
                else []
            ),
            f"Content-Length: {len(body)}",
        ]
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    def _transact(self, method: str, uri: str, number: int, body: str = "") -> str:
        """Send a request, again until there is a response (RFC 3261 section 17.1), and return the final one."""
        request = self._request(method, uri, number, body)
        deadline_s, wait_s, response = time.monotonic() + self._patience_s, _T1_S, ""
        while True:
            if not response:
                self._sip.sendto(request, self._server)
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                raise TimeoutError(f"no final response to {method} within {self._patience_s} s")
            self._sip.settimeout(left_s if response else min(wait_s, left_s))
            wait_s = min(2 * wait_s, _T2_S)
            try:
                response = self._receive_response(number, method) or response
            except TimeoutError:
                continue
            if response and response[8] != "1":
                return response

    def _receive_response(self, number: int, method: str) -> str:
        """Receive one message; return it if it is a response to this request, else nothing."""
        message = self._receive()
        own = re.search(rf"^CSeq: *{number} {method}", message, re.MULTILINE)
        return message if message.startswith("SIP/2.0 ") and own else ""

    def _receive(self) -> str:
        """Receive one message; acknowledge a 2xx that has come again (RFC 3261 section 13.2.2.4)."""
        message = self._sip.recv(65535).decode(errors="replace")
        number = re.search(r"^CSeq: *(\d+) INVITE", message, re.MULTILINE)
        if (
            self._ack
            and message.startswith("SIP/2.0 2")
            and number
            and f"\r\nCSeq: {number[1]} ACK" in self._ack.decode()
        ):
            self._sip.sendto(self._ack, self._server)
        return message

    def wait_for_bye(self, timeout_s: float) -> None:
        """Wait for BYE of the far end, and answer it; raise TimeoutError without one."""
        deadline_s = time.monotonic() + timeout_s
        while (left_s := deadline_s - time.monotonic()) > 0:
            self._sip.settimeout(left_s)
            message = self._receive()
            if message.startswith("BYE "):
                kept = re.findall(r"^(?:Via|From|To|Call-ID|CSeq):.*?\r\n", message, re.MULTILINE)
                self._sip.sendto(
                    f"SIP/2.0 200 OK\r\n{''.join(kept)}Content-Length: 0\r\n\r\n".encode(), self._server
                )
                self._target = ""
                return
        raise TimeoutError(f"no BYE within {timeout_s} s")


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    assert match, (pattern, text)
    return match[1]


def _arrived_s(ancillary: list[tuple[int, int, bytes]]) -> float:
    """Return the time of the monotonic clock at which the kernel took a datagram."""
    seconds, nanoseconds = _TIMESPEC.unpack_from(ancillary[0][2])
    age_s: float = time.time() - (seconds + nanoseconds / 1e9)
    return time.monotonic() - max(0.0, age_s)


def _socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((ADDRESS, 0))
    return made
