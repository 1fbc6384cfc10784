"""A phone made of PJSUA2 as published on PyPI, in a process of its own: it transfers as telephones do.

It plays a tone in each call and records what it hears. Incoming calls are answered, transfers are followed. The program
is ``pjsua_program.py``.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.closing import Closes
from tests.support.hosts import bracketed
from tests.support.netns import ADDRESS
from tests.support.tones import Pcm, read_wav, tone, write_wav
from tests.support.waiting import eventually

_RATE_HZ = 8000
_ANSWER = "answer "  # as in the program


class PjsuaPhone(Closes):
    """A context manager that ends the process."""

    def __init__(
        self,
        directory: Path,
        tone_hz: float,
        *,
        port: int,
        host: str = ADDRESS,
        login: tuple[str, str, str] | None = None,
    ) -> None:
        """``login`` is the domain, the user and the password with which the phone registers at ``server``."""
        directory.mkdir(parents=True)
        write_wav(directory / "tone.wav", tone(tone_hz, 20.0, sample_rate_hz=_RATE_HZ), _RATE_HZ)
        self._directory, self.host, self.port = directory, host, port
        self._errors = (directory / "log").open("wb")
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.support.pjsua_program",
                str(directory),
                host,
                str(port),
                *(login or ()),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            bufsize=1,
        )
        assert self._read() == "ready"

    @property
    def uri(self) -> str:
        return f"sip:phone@{bracketed(self.host)}:{self.port}"

    def dial(self, uri: str) -> int:
        """Call, and return the number of the call when it is answered."""
        call = int(self._ask("dial", uri))
        self.wait_for(call, "CONFIRMED")
        return call

    def register(self, registrar: str) -> None:
        """Register, and wait until it is done."""
        self._ask("register", registrar)
        eventually(lambda: self._ask("registered") == 200, what="the phone has registered")

    def transfer(self, call: int, uri: str) -> None:
        """Transfer a call without asking the target."""
        self._ask("transfer", call, uri)

    def transfer_to(self, call: int, other: int) -> None:
        """Connect the far ends of two calls: REFER with Replaces."""
        self._ask("transfer_to", call, other)

    def hang_up(self, call: int) -> None:
        self._ask("hang_up", call)

    def calls(self) -> dict[int, str]:
        """Return the state of each call that the phone has had, by number in order of time."""
        return {int(number): state for number, state in self._ask("calls").items()}

    def progress(self) -> list[int]:
        """Return the status codes that were notified about transfers."""
        codes: list[int] = self._ask("progress")
        return codes

    def wait_for(self, call: int, state: str) -> None:
        eventually(lambda: self.calls().get(call) == state, what=f"call {call} of {self.uri} is {state}")

    def ear(self, call: int) -> tuple[Pcm, int]:
        """Return what the phone has heard in a call."""
        self._ask("close_recorder", call)
        return read_wav(self._directory / f"heard{call}.wav")

    def close(self) -> None:
        if self._process.poll() is None and self._process.stdin:
            self._process.stdin.close()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._errors.close()

    def _ask(self, *command: object) -> Any:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(command) + "\n")
        return self._read()

    def _read(self) -> Any:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith(_ANSWER):
                return json.loads(line.removeprefix(_ANSWER))
        raise AssertionError((self._directory / "log").read_text()[-3000:])
