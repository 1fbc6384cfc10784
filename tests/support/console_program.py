"""A console program of another project: commands on its standard input, its output in a log."""

import subprocess
from pathlib import Path

from tests.support.closing import Closes
from tests.support.waiting import eventually

__all__ = ["ConsoleProgram"]


class ConsoleProgram(Closes):
    """A process that runs in a folder; a context manager that ends it."""

    def __init__(self, command: list[str], directory: Path, environment: dict[str, str]) -> None:
        self._log_path = directory / "log"
        self._log = self._log_path.open("wb")
        self._process = subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def log(self) -> str:
        return self._log_path.read_text(errors="replace")

    def command(self, line: str) -> None:
        """Type one line."""
        assert self._process.poll() is None, f"{type(self).__name__} died: {self.log[-2000:]}"
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def wait_for_log(self, words: str, *, what: str) -> None:
        """Wait until the program has printed these words."""
        eventually(lambda: words in self.log, timeout_s=15, what=f"{what}; log: {self.log[-800:]}")

    def command_until_log(self, line: str, words: str, *, what: str) -> None:
        """Type one line, and wait until the program has printed these words once more."""
        before = self.log.count(words)
        self.command(line)
        eventually(lambda: self.log.count(words) > before, what=f"{what}: {self.log[-800:]}")

    def close(self) -> None:
        """End the program; closing twice is harmless."""
        if self._process.poll() is None:
            self.command("quit")
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        assert self._process.stdin
        self._process.stdin.close()
        self._log.close()
