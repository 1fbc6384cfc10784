"""One phone made of a SIPp scenario, calling or called; it may play a tone (``tone.ul``)."""

import itertools
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.support.closing import Closes
from tests.support.hosts import bracketed
from tests.support.netns import ADDRESS
from tests.support.sipp import mu_law
from tests.support.tones import tone

_numbers: Final = itertools.count()


class SippPhone(Closes):
    """One SIPp process that serves one call."""

    def __init__(  # noqa: PLR0913 - everything that a test may vary
        self,
        directory: Path,
        scenario: Path,
        *,
        server: str = "",
        target: str = "",
        tone_hz: float = 0.0,
        host: str = ADDRESS,
        values: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> None:
        """With ``server`` (host:port) it calls ``target``, else it waits for a call.

        ``values`` replace ``@NAME@`` in the scenario; ``options`` are more of SIPp's own.
        """
        number = next(_numbers) % 200
        self.directory = directory / f"sipp{number}"
        self.directory.mkdir(parents=True)
        text = scenario.read_text()
        for name, value in (values or {}).items():
            text = text.replace(f"@{name}@", value)
        (self.directory / "scenario.xml").write_text(text)
        if tone_hz:
            (self.directory / "tone.ul").write_bytes(mu_law(tone(tone_hz, 10.0, sample_rate_hz=8000)))
        program = shutil.which("sipp")
        assert program, "SIPp is missing: apt-get install sip-tester"
        self.host, self.port = host, 16000 + 2 * number
        self._screen = (self.directory / "screen").open("wb")
        self._process = subprocess.Popen(
            [
                *[program, *([server] if server else []), "-sf", "scenario.xml", "-s", target or "phone", "-i", host],
                *["-p", str(self.port), "-mi", host, "-m", "1", "-l", "1", "-mp", str(42000 + 20 * number)],
                *["-nostdin", "-trace_err", "-trace_msg", "-timeout", "150", "-timeout_error", *options],
            ],
            cwd=self.directory,
            stdout=self._screen,
            stderr=subprocess.STDOUT,
        )  # fmt: skip

    @property
    def uri(self) -> str:
        return f"sip:phone@{bracketed(self.host)}:{self.port}"

    def wait(self, timeout_s: float = 30.0) -> None:
        """Wait until the call is over; fail unless it followed the scenario."""
        assert self._process.wait(timeout_s) == 0, self.report()

    def report(self) -> str:
        """Return SIPp's errors and the end of its messages."""
        return "\n".join(path.read_text()[-3000:] for path in sorted(self.directory.glob("*_*.log")))

    def close(self) -> None:
        """End SIPp if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._screen.close()
