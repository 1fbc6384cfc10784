"""The senders of a siege, each a process of low priority: mutated SIP messages, and mutated media packets."""

import contextlib
import os
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Final

from tests.support.lossy import Address
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.sip_fuzzer import Fuzzer
from tests.support.sip_mutations import Mutations
from tests.support.sip_sources import TcpSource, UdpSource
from tests.support.waiting import play_until

from bench.siege.browser import Browser
from bench.siege.packets import Packets

__all__ = ["Plan", "send_media", "send_sip"]

_NICE: Final = 10
_ROUND: Final = 10
_SOURCES: Final = 24
_OF_ONE_CALL: Final = 3000
_OF_ONE_BROWSER: Final = 300


@dataclass(frozen=True, slots=True)
class Plan:
    """How many packets, how many of them a second, and with which seeds; each seed sends an equal part."""

    name: str
    count: int
    per_s: float
    seeds: tuple[int, ...]
    most_s: float
    """After that it ends, however many were sent."""
    finished: Path | None = None
    """A file of the seeds that were sent to their end, which are not sent again."""

    @property
    def a_seed(self) -> int:
        """How many packets each seed sends."""
        return self.count // len(self.seeds)

    def left(self, end_s: float) -> Iterator[int]:
        """Yield the seeds that are not finished yet, and note each that the caller has sent to its end."""
        done = self.finished.read_text().splitlines() if self.finished and self.finished.exists() else []
        for seed in self.seeds:
            line = f"{self.name} {seed} {self.a_seed}"
            if line in done:
                continue
            yield seed
            if time.monotonic() > end_s:
                return
            if self.finished:
                with self.finished.open("a") as file:
                    file.write(line + "\n")

    def rounds(self, sent: "Synchronized[int]", end_s: float) -> Iterator[None]:
        """Yield for each packet of one seed, at the rate of the plan; late ones follow at once."""
        wait_for = play_until()
        for number in range(self.a_seed):
            if number % _ROUND == 0:
                if time.monotonic() > end_s:
                    return
                wait_for(number / self.per_s)
            yield
            sent.value += 1


def send_sip(server: Address, room: str, plan: Plan, sent: "Synchronized[int]") -> Counter[str]:
    """Send mutated messages, a quarter of the sources over TCP; return the statuses of the answers and the calls."""
    os.nice(_NICE)
    found: Counter[str] = Counter()
    end_s = time.monotonic() + plan.most_s
    for seed in plan.left(end_s):
        sources = [TcpSource(n, server) if n % 4 == 3 else UdpSource(n, server) for n in range(_SOURCES)]
        fuzzer = Fuzzer(Mutations(seed, room), sources)
        for number, _ in enumerate(plan.rounds(sent, end_s)):
            fuzzer.send_one()
            if number % _ROUND == 0:
                fuzzer.receive()
        fuzzer.end_all()
        fuzzer.close()
        found += fuzzer.outcome.statuses
        found["calls"] += fuzzer.outcome.answered_calls
        found["TCP connections"] += sum(each.connections for each in sources if isinstance(each, TcpSource))
    return found


class _Media:
    """Strangers at the ports of others, a phone that sends rubbish in a room of its own, and browsers."""

    def __init__(self, server: Server, room: str, media: list[Address], seed: int) -> None:
        self.found: Counter[str] = Counter()
        self._server = server
        self._room = room
        self._packets = Packets(seed)
        self._targets = [
            *media,
            *((host, port + 1) for host, port in media),
            (server.host, server.webrtc_port),
        ]
        self._strangers = [_bound(f"127.7.0.{1 + n}") for n in range(_SOURCES)]
        self._phone: RawPhone | None = None
        self._browser: Browser | None = None
        self._calls = contextlib.ExitStack()
        self._browsers = contextlib.ExitStack()

    def send_one(self) -> None:
        """Send a packet: of a stranger, of the phone, of a browser."""
        chance = self._packets.chance
        kind = chance.random()
        if kind < 0.4:
            make = chance.choice(
                (self._packets.rtp, self._packets.rtcp, self._packets.stun, self._packets.dtls)
            )
            packet = self._packets.mutate(make())
            with contextlib.suppress(OSError):
                chance.choice(self._strangers).sendto(packet, chance.choice(self._targets))
            self.found["of strangers"] += 1
        elif kind < 0.7:
            self._of_phone()
        else:
            self._of_browser()

    def close(self) -> None:
        self._calls.close()
        self._browsers.close()
        for each in self._strangers:
            each.close()

    def _of_phone(self) -> None:
        if self.found["of a phone"] % _OF_ONE_CALL == 0 and not self._dial():
            return
        assert self._phone is not None
        kind = self._packets.chance.random()
        packet = self._packets.rtp() if kind < 0.8 else self._packets.rtcp()
        self._phone.send_raw(packet if kind < 0.1 else self._packets.mutate(packet))
        self.found["of a phone"] += 1

    def _dial(self) -> bool:
        """Call; return whether it was answered: those that send mutated messages may hold all lines."""
        try:
            self._calls.close()
        except AssertionError:
            # Its ACK was lost, so it was taken for a phone that never acknowledges.
            self.found["calls that were over"] += 1
        phone = self._calls.enter_context(RawPhone(patience_s=20))
        try:
            phone.dial((self._server.host, self._server.sip_port), self._room)
        except AssertionError:
            self.found["refused calls"] += 1
            return False
        self.found["calls"] += 1
        self._phone = phone
        return True

    def _of_browser(self) -> None:
        if self.found["of a browser"] % _OF_ONE_BROWSER == 0:
            self._browsers.close()
            host = f"127.8.0.{1 + self.found['browsers'] % 200}"
            self._browser = self._browsers.enter_context(
                Browser(self._server, self._room, self._packets, host)
            )
            self.found["browsers"] += 1
        assert self._browser is not None
        self._browser.send_one()
        self.found["of a browser"] += 1


def send_media(
    server: Server, room: str, media: list[Address], plan: Plan, sent: "Synchronized[int]"
) -> Counter[str]:
    """Send mutated RTP, RTCP, STUN and DTLS; return how many of whom."""
    os.nice(_NICE)
    found: Counter[str] = Counter()
    end_s = time.monotonic() + plan.most_s
    for seed in plan.left(end_s):
        sender = _Media(server, room, media, seed)
        for _ in plan.rounds(sent, end_s):
            sender.send_one()
        sender.close()
        found += sender.found
    return found


def _bound(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, 0))
    made.setblocking(False)
    return made
