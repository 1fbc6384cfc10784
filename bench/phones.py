"""The far end of the wire: the C programs of bench/native, and their statistics."""

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Final

from bench.build import build
from bench.payloads import Load, write_payloads
from mixminus.mixer.libraries import find_libraries

__all__ = ["Floor", "Phones", "Traffic"]

_PRIORITY: Final = 20
# pylibsrtp's library must be loaded by a Python process, so the generator runs inside one.
_HOST: Final = """
import ctypes, os, sys
arguments = [os.fsencode(each) for each in sys.argv[1:]]
program = ctypes.CDLL(sys.argv[1])
sys.exit(program.main(len(arguments), (ctypes.c_char_p * (len(arguments) + 1))(*arguments)))
"""


class _Program:
    """A C program that prints the ports of its legs, reads where each is to send, and prints one result."""

    def __init__(self, name: str, legs: int, arguments: list[object]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _HOST, str(build(name, "traffic")), str(legs), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self.ports = [int(self._process.stdout.readline()) for _ in range(legs)]

    def hurry(self) -> None:
        """Run at real-time priority, as the engine's threads do if permitted."""
        os.sched_setscheduler(self._process.pid, os.SCHED_FIFO, os.sched_param(_PRIORITY))

    def start(self, targets: list[int]) -> None:
        """Send each leg the loopback port that it sends to; the traffic starts."""
        assert self._process.stdin
        self._process.stdin.write("".join(f"127.0.0.1 {port}\n" for port in targets))
        self._process.stdin.flush()

    def step(self) -> float:
        """In lockstep: run one tick and return its output."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def answer(self) -> list[float]:
        """Wait for the end; return the printed numbers."""
        answer, _ = self._process.communicate()
        return [float(word) for word in answer.split()]


class Floor:
    """The floor: the minimal loop."""

    def __init__(self, legs: int, packet_bytes: int, seconds: int) -> None:
        self._program = _Program("floor", legs, [packet_bytes, seconds])
        self.ports = self._program.ports

    def hurry(self) -> None:
        """Run at real-time priority."""
        self._program.hurry()

    def start(self, targets: list[int]) -> None:
        """Start to move packets."""
        self._program.start(targets)

    def step(self) -> float:
        """Run one tick; return its CPU seconds."""
        return self._program.step()

    def answer(self) -> float:
        """Wait for the end; return the CPU seconds."""
        return self._program.answer()[0]


@dataclass(frozen=True, slots=True)
class Traffic:
    """The phones' statistics; gaps are between two packets to the same phone."""

    sent: int
    received: int
    gap_p50_us: int
    gap_p99_us: int
    gap_max_us: int

    @property
    def pairs(self) -> float:
        """Packets in both directions, halved: a late generator makes the directions differ."""
        return (self.sent + self.received) / 2


class Phones:
    """The generator process, with a phone per leg."""

    def __init__(self, legs: int, talkers: int, seconds: int, load: Load, key: bytes) -> None:
        arguments: list[object] = [talkers, seconds, write_payloads(load), load.send.payload_type, load.step]
        if load.encrypted:
            arguments += [find_libraries().srtp_path, key.hex()]
        self._program = _Program("generator", legs, arguments)
        self.ports = self._program.ports

    def start(self, targets: list[int]) -> None:
        """Start to talk."""
        self._program.start(targets)

    def step(self) -> float:
        """Have every phone send and receive once; return the number of packets received so far."""
        return self._program.step()

    def answer(self) -> Traffic:
        """Wait for the end of the talk; return the statistics."""
        return Traffic(*map(int, self._program.answer()))
