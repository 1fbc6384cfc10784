"""A full disk ends a recording, reports it, and keeps what was recorded; calls continue."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import orjson
import pytest

from mixminus.recording.verify import verify
from tests.recording.steps import RATE, decoded

HERE = Path(__file__).parent


def record_until_full(tmp_path: Path, format_: str) -> dict[str, object]:
    """Run a server whose files may not exceed 400 kB; return its result."""
    command = [sys.executable, "-m", "tests.recording.server_with_full_disk", str(tmp_path), format_]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, cwd=HERE.parents[1])
    assert ended.returncode == 0, ended.stderr[-3000:]
    result: dict[str, object] = orjson.loads(ended.stdout.splitlines()[-1])
    return result


@pytest.mark.parametrize("format_", ["wav", "flac"])
def test_full_disk_ends_the_recording_only(tmp_path: Path, format_: str) -> None:
    result = record_until_full(tmp_path, format_)
    assert result["events"] == [
        "recording_started",
        "conference_updated",
        "recording_failed",
        "conference_updated",
        "recording_finished",
    ]
    assert (result["status"], result["error"], result["recording_id"]) == ("ended", "disk_full", 0)
    assert result["participants"] == 1
    directory = tmp_path / "recordings" / str(result["id"])
    assert verify(directory, str(result["seal"])) == []
    assert {each.name for each in directory.iterdir()} == {f"mix.{format_}", "timeline.json"}
    (pcm,) = decoded(directory / f"mix.{format_}")
    # What did not fit is less than a second.
    assert 400_000 / 2 - RATE < pcm.size <= 400_000 / 2
    assert np.count_nonzero(pcm[RATE:]) > pcm.size // 2


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_full_file_system_ends_the_recording_only(tmp_path: Path) -> None:
    script = (
        "mount -t tmpfs -o size=512k tmpfs recordings && "
        f"exec {sys.executable} -m tests.recording.server_with_full_disk {tmp_path} wav keep"
    )
    (tmp_path / "recordings").mkdir()
    environment = os.environ | {"PYTHONPATH": str(HERE.parents[1])}
    ended = subprocess.run(
        ["unshare", "-m", "sh", "-c", script],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    result = orjson.loads(ended.stdout.splitlines()[-1])
    assert (result["status"], result["error"], result["participants"]) == ("ended", "disk_full", 1)
    assert result["findings"] == 0
    assert result["samples"] > 10 * RATE
