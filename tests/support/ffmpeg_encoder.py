"""A WHIP encoder of another project: FFmpeg's muxer, as it is in PyAV's wheel (Debian 12's FFmpeg has none)."""

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from aiortc.rtcdtlstransport import generate_certificate
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.waiting import eventually

__all__ = ["FfmpegEncoder"]


class FfmpegEncoder:
    """One process that joins and sends a tone; a context manager that leaves by DELETE."""

    def __init__(self, directory: Path, url: str, *, token: str, hz: float) -> None:
        directory.mkdir()
        self._log_path = directory / "log"
        self._log = self._log_path.open("wb")
        # FFmpeg with GnuTLS would make a certificate on P-224, which OpenSSL 4 does not know.
        key = ec.generate_private_key(ec.SECP256R1())
        key_file, certificate_file = directory / "key.pem", directory / "certificate.pem"
        key_file.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        )
        certificate_file.write_bytes(generate_certificate(key).public_bytes(Encoding.PEM))
        options = {"authorization": token, "cert_file": str(certificate_file), "key_file": str(key_file)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.ffmpeg_program"],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"url": url, "hz": hz, "options": options}) + "\n")
        self._process.stdin.flush()
        eventually(self._connected, timeout_s=20, what="FFmpeg has joined")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self.leave() == 0, self.log

    @property
    def log(self) -> str:
        return self._log_path.read_text(errors="replace")

    def leave(self) -> int:
        """End the stream, which sends DELETE, and return the exit code; leaving twice is harmless."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            code = self._process.wait(10)
        finally:
            self._process.kill()
            self._log.close()
        return code

    def _connected(self) -> bool:
        assert self._process.poll() is None, self.log
        return "connected" in self.log.splitlines()
