"""Every command in a ``console`` block of README.md and docs/ runs against a real server, as a reader would type it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.documentation import ROOT, commands
from tests.support.waiting import eventually

START_TIMEOUT_S = 60.0
FIRST_ROOM = ROOT / "docs" / "tutorials" / "first-room.md"
PAGES = [
    page
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
    if page != FIRST_ROOM and commands(page)
]
# `make fresh` runs these two on a bare machine.
ELSEWHERE = ("make run", "make test")


@dataclass
class Reader:
    """Somebody with a shell, a server that they started, and its access key."""

    directory: Path
    key: str

    def types(self, lines: list[str]) -> str:
        """Run the commands in one shell that stops at the first failure; return what it printed."""
        script = "\n".join(line for line in lines if line not in ELSEWHERE)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script.replace("<access key>", self.key)],
            cwd=self.directory,
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Start the server as `make run` does, on the ports that the pages name."""
    directory = tmp_path_factory.mktemp("reader")
    log = directory / "banner"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "mixminus", "serve", "--demo"], cwd=directory, stdout=out
        )
    try:
        eventually(
            lambda: "Access key" in log.read_text(), timeout_s=START_TIMEOUT_S, what="the banner is printed"
        )
        key = re.search(r"Access key +(\S+)", log.read_text())
        assert key
        yield Reader(directory, key[1])
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0


def test_the_first_room_is_created_recorded_and_closed(reader: Reader) -> None:
    assert '"terminated"' in reader.types(commands(FIRST_ROOM))
    assert (reader.directory / "standup.wav").read_bytes().startswith(b"RIFF")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_of_a_page_succeed(reader: Reader, page: Path) -> None:
    first_room = commands(FIRST_ROOM)
    variables = first_room[: next(n for n, line in enumerate(first_room) if "ROOM=" in line) + 1]
    reader.types([*variables, *commands(page)])


def test_the_metrics_page_describes_every_metric(reader: Reader) -> None:
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text("utf-8")
    described = set()
    for cell in re.findall(r"^\| (`(?:mixminus)?_.*?) \|", page, re.MULTILINE):
        first, *more = re.findall(r"`([a-z_]+)", cell)
        # A short form such as `_retried_total` has the prefix of the first name in its cell.
        described |= {first, *(name for name in more if name.startswith("mixminus"))}
        described |= {
            f"{first[:end]}{name}"
            for name in more
            if name.startswith("_")
            for end in (match.start() for match in re.finditer("_", first))
        }
    exposition = reader.types(
        ['curl -s -H "Authorization: Bearer <access key>" http://127.0.0.1:8080/metrics']
    )
    names = set(re.findall(r"^# TYPE (\S+)", exposition, re.MULTILINE))
    assert names - described == set()
