"""A phone that is a console program: commands go to its input, and its log is what it prints."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.support.closing import Closes
from tests.support.waiting import eventually

__all__ = ["ConsolePhone"]

_ANSWER_S: Final = 15.0
_QUIT_S: Final = 10.0


class ConsolePhone(Closes):
    """One process in ``directory``; a context manager that ends it."""

    def __init__(
        self, directory: Path, program: str, *arguments: str, package: str, environment: Mapping[str, str]
    ) -> None:
        """``package``: Debian's, which has the program."""
        found = shutil.which(program)
        assert found, f"{program} is missing: apt-get install --no-install-recommends {package}"
        self._program = program
        self._log_path = directory / "log"
        with self._log_path.open("wb") as log:
            self._process = subprocess.Popen(
                [found, *arguments],
                cwd=directory,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
            )

    @property
    def log(self) -> str:
        return self._log_path.read_text(errors="replace")

    def command(self, line: str) -> None:
        """Type one line."""
        assert self._process.poll() is None, f"{self._program} died: {self.log[-2000:]}"
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def wait_for_log(self, words: str, *, what: str) -> None:
        """Wait until the phone has printed these words."""
        eventually(lambda: words in self.log, timeout_s=_ANSWER_S, what=f"{what}; log: {self.log[-800:]}")

    def command_and_wait(self, line: str, words: str, *, what: str) -> None:
        """Type one line, and wait until the phone has printed these words once more."""
        before = self.log.count(words)
        self.command(line)
        eventually(lambda: self.log.count(words) > before, what=f"{what}: {self.log[-800:]}")

    def close(self) -> None:
        """End the process; closing twice is harmless."""
        if self._process.poll() is None:
            self.command("quit")
            try:
                self._process.wait(_QUIT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        assert self._process.stdin
        self._process.stdin.close()
