"""The far end of the wire in lockstep: C programs of bench/native."""

import subprocess
import sys
from typing import Final

from bench.build import build
from bench.payloads import Load, write_payloads
from mixminus.mixer.libraries import find_libraries

__all__ = ["Floor", "Phones"]

# pylibsrtp's library must be loaded by a Python process, so the generator runs inside one.
_HOST: Final = """
import ctypes, os, sys
arguments = [os.fsencode(each) for each in sys.argv[1:]]
program = ctypes.CDLL(sys.argv[1])
sys.exit(program.main(len(arguments), (ctypes.c_char_p * (len(arguments) + 1))(*arguments)))
"""


class _Program:
    """A C program that prints the ports of its legs, reads where each is to send, and waits for steps."""

    def __init__(self, name: str, legs: int, arguments: list[object]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _HOST, str(build(name, "traffic")), str(legs), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self.ports = [int(self._process.stdout.readline()) for _ in range(legs)]

    def start(self, targets: list[int]) -> None:
        """Send each leg the loopback port that it sends to; nothing is sent yet."""
        assert self._process.stdin
        self._process.stdin.write("".join(f"127.0.0.1 {port}\n" for port in targets))
        self._process.stdin.flush()

    def step(self) -> float:
        """Run one tick and return its output."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def end(self) -> None:
        """Close its stdin, which ends it."""
        self._process.communicate()


class Floor(_Program):
    """The floor: the minimal loop; a step returns the CPU seconds of its tick."""

    def __init__(self, legs: int, packet_bytes: int) -> None:
        super().__init__("floor", legs, [packet_bytes])


class Phones(_Program):
    """The generator, with a phone per leg; a step returns the number of packets received so far by all."""

    def __init__(self, legs: int, talkers: int, load: Load, key: bytes) -> None:
        arguments: list[object] = [talkers, write_payloads(load), load.send.payload_type, load.step]
        if load.encrypted:
            arguments += [find_libraries().srtp_path, key.hex()]
        super().__init__("generator", legs, arguments)
