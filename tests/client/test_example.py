"""The program of the how-to guide does what the page says."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.server import ACCESS_KEY, Server

PROGRAM = Path(__file__).resolve().parents[2] / "docs/how-to/record_a_room.py"


def test_the_program_records_a_room(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "room.wav"
    done = subprocess.run(
        [sys.executable, PROGRAM, path, "0.5"],
        env={**os.environ, "MIXMINUS_URL": server.url, "MIXMINUS_KEY": ACCESS_KEY},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert path.read_bytes()[:4] == b"RIFF"
    assert "closed: STATE_INVALID" in done.stdout and f"saved {path}" in done.stdout
