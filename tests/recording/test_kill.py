"""SIGKILL during a recording loses less than a second, in every format and track."""

import signal
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from mixminus.model.ids import ConferenceId
from mixminus.model.recording import RecordingStatus
from mixminus.recording.verify import verify
from tests.recording.steps import RATE, decoded, folder, level
from tests.support.backend import open_backend
from tests.support.clock import ManualClock

ROOT = Path(__file__).parents[2]


def killed(directory: Path, format_: str, channels: int) -> tuple[UUID, UUID, int]:
    """Record for five seconds and kill the server; return recording, room, and the samples spoken."""
    command = [sys.executable, "-m", "tests.recording.server_to_kill", str(directory), format_, str(channels)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as backend:
        assert backend.stdout is not None
        lines = [backend.stdout.readline() for _ in range(20)]
        backend.send_signal(signal.SIGKILL)
        lines += [line for line in backend.stdout if line.endswith("\n")]
    assert backend.returncode == -signal.SIGKILL
    recording_id, room_id, said = lines[-1].split()
    return UUID(recording_id), UUID(room_id), int(said)


@pytest.mark.parametrize(
    ("format_", "channels"), [("wav", 1), ("wav", 2), ("flac", 2), ("ogg", 1), ("mp3", 1), ("m4a", 2)]
)
async def test_killed_server_loses_less_than_a_second(tmp_path: Path, format_: str, channels: int) -> None:
    recording_id, room_id, said = killed(tmp_path, format_, channels)
    async with open_backend(tmp_path, ManualClock()) as backend:
        recording = await backend.recording(recording_id, RecordingStatus.ENDED)
        assert (recording.error, len(recording.files)) == ("repaired", 3)
        directory = folder(backend, recording_id)
        for file in recording.files:
            pcm = decoded(directory / file["name"])
            assert said - RATE <= pcm.shape[1] <= said + RATE // 2
            assert len(pcm) == (channels if file["track"] == "mix" else 1)
            assert max(level(pcm[0][-2 * RATE :], hz) for hz in (400, 1000)) > 4000
        assert verify(directory, recording.seal) == []
        types = await backend.event_types(ConferenceId(room_id))
        assert types.count("recording_finished") == 1
        found = await backend.conferences.get(backend.customer_id, ConferenceId(room_id))
        assert (found.recording_id.int, found.recording_ids) == (0, (recording_id,))


@pytest.mark.parametrize("at", [0, 1, 7])
async def test_partial_journal_line_is_dropped(tmp_path: Path, at: int) -> None:
    recording_id, _, _ = killed(tmp_path, "wav", 1)
    journal = tmp_path / "recordings" / str(recording_id) / "journal.jsonl"
    with journal.open("ab") as file:
        file.write(b'{"entry":{"type":"event"},"hash":"00"}\n'[: at and -at])
    async with open_backend(tmp_path, ManualClock()) as backend:
        recording = await backend.recording(recording_id, RecordingStatus.ENDED)
        assert verify(folder(backend, recording_id), recording.seal) == []
