"""INVITEs as fast as an attacker sends them: ``python -m tests.support.flood HOST PORT USER PER_S SOURCES SECONDS``.

Begins at a line of its input; ends when the input has ended, and not before it has sent what it sends in SECONDS. Prints how many it has
sent, and in how many seconds.
"""

import secrets
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from tests.support.lossy import Address
from tests.support.waiting import play_until

__all__ = ["Flood", "flooding"]

_ROUND_S: Final = 0.005
_BODY: Final = (
    "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 101\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
)


@dataclass(slots=True)
class Flood:
    """What was sent, once the block is over."""

    sent: int = 0
    seconds: float = 0.0


@contextmanager
def flooding(server: Address, user: str, *, per_s: int, sources: int, seconds: float) -> Iterator[Flood]:
    """Send INVITEs of ``sources`` addresses in a process of its own until the block ends, at least as many as of ``seconds``."""
    host, port = server
    command = ["-m", "tests.support.flood", host, port, user, per_s, sources, seconds]
    process = subprocess.Popen(
        [sys.executable, *map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin and process.stdout
    assert process.stdout.readline() == "ready\n"
    flood = Flood()
    process.stdin.write("begin\n")
    process.stdin.flush()
    try:
        yield flood
        process.stdin.close()
        sent, took_s = process.stdout.readline().split()
        flood.sent, flood.seconds = int(sent), float(took_s)
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


class _Source:
    """A socket of an address of its own, with the unchanging parts of its INVITEs."""

    def __init__(self, host: str, server: Address, user: str) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)
        self.socket.connect(server)
        port = self.socket.getsockname()[1]
        body = _BODY.format(host=host)
        self._head = (
            f"INVITE sip:{user}@{server[0]} SIP/2.0\r\nMax-Forwards: 70\r\nFrom: <sip:x@{host}>;tag=t\r\n"
            f"To: <sip:{user}@{server[0]}>\r\nCSeq: 1 INVITE\r\nContact: <sip:x@{host}:{port}>\r\n"
            f"Via: SIP/2.0/UDP {host}:{port};rport;branch=z9hG4bK"
        )
        self._tail = f"\r\nContent-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}"

    def send(self, name: str) -> None:
        """Send an INVITE of a new call; what does not fit into the buffer is lost."""
        with suppress(BlockingIOError, ConnectionRefusedError):
            self.socket.send(f"{self._head}{name}\r\nCall-ID: {name}{self._tail}".encode())


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _has_ended() -> bool:
    """Return whether the input is at its end: nothing more is written to it."""
    return bool(select.select([sys.stdin], [], [], 0)[0])


def main() -> None:
    """Send until the input ends."""
    host, port, user = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    per_s, count, seconds = int(sys.argv[4]), int(sys.argv[5]), float(sys.argv[6])
    sources = [
        _Source(f"127.{60 + n // 200}.{n % 200}.{1 + n % 7}", (host, port), user) for n in range(count)
    ]
    prefix, sent = secrets.token_hex(6), 0
    _say("ready")
    sys.stdin.readline()
    begun_s, wait_for = time.monotonic(), play_until()
    while sent < per_s * seconds or not _has_ended():
        passed_s = time.monotonic() - begun_s
        while sent < passed_s * per_s:
            sources[sent % count].send(f"{prefix}{sent}")
            sent += 1
        wait_for(passed_s + _ROUND_S)
    _say(f"{sent} {time.monotonic() - begun_s}")


if __name__ == "__main__":
    main()
