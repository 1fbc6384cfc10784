"""A WebRTC peer of another project: GStreamer's webrtcbin with libnice, which joins by WHIP."""

import subprocess
from pathlib import Path

import numpy as np

from tests.support.closing import Closes
from tests.support.tones import Pcm

__all__ = ["Gstreamer"]

_PYTHON = "/usr/bin/python3"
"""Debian's, which its package python3-gi belongs to."""
_PROGRAM = Path(__file__).with_name("gstreamer_program.py")
_RATE_HZ = 48_000


class Gstreamer(Closes):
    """One process that joins, sends a tone, or none at 0 Hz, and records what it hears; it leaves by DELETE."""

    def __init__(self, directory: Path, url: str, *, token: str, hz: float = 0.0) -> None:
        directory.mkdir()
        self._ear = directory / "ear.raw"
        self._log_path = directory / "log"
        with self._log_path.open("wb") as log:
            self._process = subprocess.Popen(
                [_PYTHON, str(_PROGRAM), url, token, str(hz), str(self._ear)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def log(self) -> str:
        return self._log_path.read_text(errors="replace")

    def ear(self) -> tuple[Pcm, int]:
        """Return what was received so far."""
        raw = self._ear.read_bytes() if self._ear.exists() else b""
        return np.frombuffer(raw[: len(raw) // 2 * 2], np.int16), _RATE_HZ

    def press(self, digits: str) -> None:
        """Send digits by RFC 4733."""
        assert self._process.stdin
        self._process.stdin.write(f"{digits}\n".encode())
        self._process.stdin.flush()

    def leave(self) -> int:
        """Leave and return the exit code."""
        self._process.terminate()
        return self._process.wait(10)

    def close(self) -> None:
        """End the process; closing twice is harmless."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdin
        self._process.stdin.close()
