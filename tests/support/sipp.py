"""Many phones at once: SIPp, with the same tone in each call."""

import shutil
import subprocess
from pathlib import Path

import numpy as np

from tests.support.hosts import bracketed
from tests.support.netns import ADDRESS
from tests.support.tones import Pcm

_SCENARIO = Path(__file__).with_name("sipp_caller.xml")


class Sipp:
    """One SIPp process that places ``calls`` calls and keeps each up for a while."""

    def __init__(  # noqa: PLR0913 -- a load's settings, by keyword
        self,
        directory: Path,
        *,
        target: str,
        server_port: int,
        calls: int,
        rate: int,
        talk_ms: int,
        tone: Pcm,
        number: int,
        timeout_s: int = 120,
        host: str = ADDRESS,
    ) -> None:
        """``timeout_s`` ends SIPp in any case."""
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "tone.ul").write_bytes(mu_law(tone))
        scenario = _SCENARIO.read_text().replace("@TALK_MS@", str(talk_ms))
        (directory / "caller.xml").write_text(scenario)
        program = shutil.which("sipp")
        assert program, "SIPp is missing: apt-get install sip-tester"
        self.directory = directory
        self._screen = (directory / "screen").open("wb")
        first = 40000 + 1000 * number
        self._process = subprocess.Popen(
            [
                program, f"{bracketed(host)}:{server_port}", "-sf", "caller.xml", "-s", target, "-i", host, "-p", str(15600 + number),
                "-m", str(calls), "-l", str(calls), "-r", str(rate), "-mp", str(first),
                "-nostdin", "-trace_err", "-trace_stat", "-fd", "1", "-stf", "stat.csv", "-timeout", str(timeout_s),
            ],
            cwd=directory,
            stdout=self._screen,
            stderr=subprocess.STDOUT,
        )  # fmt: skip

    def wait(self, timeout_s: float = 60.0) -> int:
        """Wait for the last call; return 0 if every call followed the scenario."""
        return self._process.wait(timeout_s)

    def statistics(self) -> dict[str, int]:
        """Return SIPp's call statistics."""
        lines = (self.directory / "stat.csv").read_text().splitlines()
        row = dict(zip(lines[0].split(";"), lines[-1].split(";"), strict=False))
        return {
            name: int(row[name])
            for name in ("TotalCallCreated", "SuccessfulCall(C)", "FailedCall(C)", "CurrentCall")
        }

    def close(self) -> None:
        """End SIPp if it still runs."""
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait()
        self._screen.close()


def mu_law(pcm: Pcm) -> bytes:
    """Encode 8 kHz PCM as G.711 mu-law, for SIPp's file (ITU-T G.711, table 2)."""
    magnitude = np.minimum(np.abs(pcm.astype(np.int32)), 32635) + 132
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    sign = np.where(pcm < 0, 0x80, 0)
    encoded: bytes = (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8).tobytes()
    return encoded
