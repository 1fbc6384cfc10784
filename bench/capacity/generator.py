"""The phones' audio: the C program ``bench/native/rtp_phones.c``, its commands, and what it counts."""

import asyncio
import os
import struct
import subprocess
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bench.build import build_program

__all__ = ["Arrival", "Counts", "Generator", "PhoneCounts"]

_PRIORITY: Final = 10
_NICE: Final = -10
_RECORD: Final = struct.Struct("=IqH")


@dataclass(frozen=True, slots=True)
class PhoneCounts:
    """What one phone sent and got between ``begin`` and ``end``."""

    phone: int
    before: bool
    """Whether it got audio before ``begin``; if not, it joined meanwhile."""
    sent: int
    unsent: int
    received: int
    lost: int
    """Sequence numbers that are missing."""
    gap_max_us: int
    first_ns: int
    """Of the wall clock: its first packet ever."""
    gaps_ms: Counter[int]
    """Times between two packets, in whole milliseconds; 250 is 250 or more."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What the generator counted between ``begin`` and ``end``."""

    seconds: float
    cpu_s: float
    unrecorded: int
    late_max_us: int
    late_us: Counter[int]
    """How late each of its steps of 2 ms was, in steps of 100 us."""
    marks: list[tuple[int, int]]
    """Phone and time in ns of the wall clock, of each marker sent."""
    phones: list[PhoneCounts]

    @property
    def packets(self) -> int:
        return sum(phone.sent + phone.received for phone in self.phones)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A packet that a recorded phone got; ``at_ns`` is the kernel's time stamp."""

    phone: int
    at_ns: int
    packet: bytes

    @property
    def payload(self) -> bytes:
        """The payload behind the header, its CSRCs and its extension (RFC 3550 section 5)."""
        start = 12 + 4 * (self.packet[0] & 0x0F)
        if self.packet[0] & 0x10:
            start += 4 + 4 * int.from_bytes(self.packet[start + 2 : start + 4], "big")
        return self.packet[start:]


@dataclass(slots=True)
class Generator:
    """The running program; each phone has a port on ``address``."""

    process: "subprocess.Popen[str]"
    address: str
    recording: Path
    ports: list[int] = field(default_factory=list)
    priority: str = "normal"

    @classmethod
    def open(cls, count: int, address: str, tracks: Path, cores: Iterable[int]) -> Self:
        """Start it on these cores, at the highest priority that it may have: it is the measuring device."""
        recording = tracks.with_name("recording")
        process = subprocess.Popen(
            [
                str(build_program("rtp_phones", "rtp_tracks")),
                str(count),
                address,
                str(tracks),
                str(recording),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self = cls(process, address, recording)
        assert process.stdout
        self.ports = [int(process.stdout.readline()) for _ in range(count)]
        os.sched_setaffinity(process.pid, cores)
        self.priority = _raise_priority(process.pid)
        return self

    def start(self, phone: int, host: str, port: int, track: int) -> None:
        """Let a phone send a track, in a loop, and count what it gets."""
        self._command(f"start {phone} {host} {port} {track}")

    def stop(self, phone: int) -> None:
        self._command(f"stop {phone}")

    def record(self, phone: int, *, on: bool) -> None:
        """Keep what a phone gets, or no longer."""
        self._command(f"record {phone} {int(on)}")

    def begin(self) -> None:
        """Count from now on."""
        self._command("begin")

    async def end(self) -> tuple[Counts, list[Arrival]]:
        """Return the counts since ``begin``, and the recorded phones' packets in the order of arrival."""
        self._command("end")
        lines = await asyncio.to_thread(self._read_answer)
        return _parse(lines), _read_recording(self.recording)

    def _read_answer(self) -> list[list[str]]:
        assert self.process.stdout
        lines = []
        while line := self.process.stdout.readline().split():
            lines.append(line)
        return lines

    def _command(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def _raise_priority(pid: int) -> str:
    try:
        os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(_PRIORITY))
    except PermissionError:
        pass
    else:
        return "real time"
    try:
        os.setpriority(os.PRIO_PROCESS, pid, _NICE)
    except PermissionError:
        return "normal"
    return f"nice {_NICE}"


def _histogram(words: list[str]) -> Counter[int]:
    pairs = (word.split(":") for word in words)
    return Counter({int(value): int(count) for value, count in pairs})


def _parse(lines: list[list[str]]) -> Counts:
    own = next(line for line in lines if line[0] == "generator")
    return Counts(
        seconds=int(own[1]) / 1e9,
        cpu_s=int(own[2]) / 1e9,
        unrecorded=int(own[3]),
        late_max_us=int(own[5]),
        late_us=_histogram(own[6:]),
        marks=[(int(line[1]), int(line[2])) for line in lines if line[0] == "mark"],
        phones=[_parse_phone(line) for line in lines if line[0] == "phone"],
    )


def _parse_phone(line: list[str]) -> PhoneCounts:
    phone, before, sent, unsent, received, lost, gap_max_us, first_ns = map(int, line[1:9])
    return PhoneCounts(
        phone, bool(before), sent, unsent, received, lost, gap_max_us, first_ns, _histogram(line[9:])
    )


def _read_recording(path: Path) -> list[Arrival]:
    content = path.read_bytes()
    found, at = [], 0
    while at < len(content):
        phone, at_ns, size = _RECORD.unpack_from(content, at)
        at += _RECORD.size
        found.append(Arrival(phone, at_ns, content[at : at + size]))
        at += size
    return sorted(found, key=lambda arrival: arrival.at_ns)
