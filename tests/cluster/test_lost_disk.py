"""A node dies in the middle of a recording, and its disk with it: another completes the recording from its parts."""

import io
import shutil
import wave
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.cluster.test_faults import folders
from tests.recording.steps import decoded, level
from tests.support.database import postgresql_url, server
from tests.support.netns import ADDRESS
from tests.support.nodes import living, running_nodes
from tests.support.raw_phone import RawPhone
from tests.support.s3 import BUCKET, keys, open_bucket, s3_server, variables
from tests.support.server import Server
from tests.support.tones import tone
from tests.support.waiting import eventually as eventually_within

pytestmark = pytest.mark.timeout(900)  # servers start, on a machine that does much else

PART_S: Final = 2
RATE: Final = 16_000
PATIENCE_S: Final = 180.0
"""Far above what anything here takes, on a machine that does much else."""
RESTART_S: Final = 30
"""For so long the nodes wait for a disk to come back."""
TONES_HZ: Final = (500.0, 1300.0)
WINDOW: Final = RATE // 10

eventually = partial(eventually_within, timeout_s=PATIENCE_S)


@pytest.fixture
def storage() -> Iterator[tuple[dict[str, str], Any]]:
    """The settings of nodes whose recordings are in a bucket, and its client."""
    with s3_server() as url, open_bucket(url) as client:
        settings = {
            "MIXMINUS_RECORDING_STORAGE_URL": f"s3://{BUCKET}/calls",
            "MIXMINUS_RECORDING_PART_S": str(PART_S),
            "MIXMINUS_TIMESTAMP_STYLE": "rfc3339",
            **variables(url),
        }
        yield settings, client


def main_file(node: Server, recording: str) -> Path:
    return node.directory / "data" / "recordings" / recording / "mix.wav"


def seconds(path: Path) -> float:
    with wave.open(str(path)) as file:
        return int(file.getnframes()) / RATE


def stored(node: Server, recording: str, at_least_s: float) -> float | None:
    """Return how many seconds of a recording are in the storage for certain, once these are enough and no part is late."""
    written_s = seconds(main_file(node, recording))
    lag_s = node.metrics()["mixminus_recording_parts_lag_seconds"]
    return written_s - lag_s if lag_s <= PART_S + 0.5 and written_s - lag_s >= at_least_s else None


def finished(node: Server, recording: str) -> int:
    """Return how many times the end of a recording was published."""
    events = node.call("GET", "/events?page_size=1000").json["result"]
    return sum(each["type"] == "recording_finished" and each["data"]["id"] == recording for each in events)


def duration_s(row: dict[str, Any]) -> float:
    begin, end = (datetime.fromisoformat(row[name]) for name in ("tm_start", "tm_end"))
    return (end - begin).total_seconds()


def killed_in_a_recording(home: Server, other: Server) -> tuple[str, float]:
    """Record two phones at a node until it is killed; return the recording and how much of it the storage has at least."""
    room = home.new_room()
    with RawPhone(patience_s=PATIENCE_S) as first, RawPhone(patience_s=PATIENCE_S) as second:
        for phone, hz in zip((first, second), TONES_HZ, strict=True):
            phone.dial((ADDRESS, home.sip_port), room)
            phone.talk(tone(hz, 1.0, sample_rate_hz=8000))
        home.wait_for_participants(room, 2, timeout_s=PATIENCE_S)
        begun = other.call("POST", f"/conferences/{room}/recording_start", {"format": "flac", "stems": True})
        assert begun.status == 200, begun.body
        recording: str = other.room(room)["recording_id"]
        stored_s = eventually(lambda: stored(home, recording, 5.0), what="parts are stored")
        home.kill()
        first.forget()
        second.forget()
    return recording, stored_s


def let_restart_pass(url: str) -> None:
    """Let the leases of dead nodes have lapsed so long ago that their disks are not waited for any more."""
    lapsed = f"UPDATE nodes SET lease_until = lease_until - interval '{RESTART_S} s' WHERE state = 'gone'"
    server().execute(urlsplit(url).path.strip("/"), lapsed)


def test_a_recording_of_a_dead_node_and_disk_is_completed_by_another(
    tmp_path: Path, storage: tuple[dict[str, str], Any]
) -> None:
    settings, bucket = storage
    url = postgresql_url()
    with running_nodes(folders(tmp_path, 2), url, Server, known=2, **settings) as nodes:
        home, other = nodes
        recording, stored_s = killed_in_a_recording(home, other)
        written_s = seconds(main_file(home, recording))
        data, away = home.directory / "data", tmp_path / "away"
        data.rename(away)  # the disk is gone
        eventually(lambda: len(living(other.call("GET", "/nodes"))) == 1, what="the node is gone")
        let_restart_pass(url)
        row = eventually(lambda: _ended(other, recording), what="the recording is completed")
        assert row["error"] == "repaired"
        assert stored_s <= duration_s(row) <= written_s
        _check_sound(other, recording, duration_s(row))
        assert finished(other, recording) == 1
        eventually(lambda: not any("/parts/" in key for key in keys(bucket)), what="its parts are deleted")
        assert other.metrics()["mixminus_recording_restored_total"] == 1

        away.rename(data)  # the disk comes back, with more of it: what was published holds
        home.start()
        eventually(lambda: len(living(other.call("GET", "/nodes"))) == 2, what="it is a node")
        eventually(lambda: not main_file(home, recording).exists(), what="its files are set aside")
        assert home.metrics()["mixminus_recording_superseded_total"] == 1
        for node in nodes:
            assert _recording(node, recording) == row
            _check_sound(node, recording, duration_s(row))
        assert finished(home, recording) == 1


def test_a_server_that_is_alone_completes_what_its_new_disk_does_not_have(
    tmp_path: Path, storage: tuple[dict[str, str], Any]
) -> None:
    settings, bucket = storage
    with Server(tmp_path, MIXMINUS_DATABASE_URL=postgresql_url(), **settings) as alone:
        recording, stored_s = killed_in_a_recording(alone, alone)
        written_s = seconds(main_file(alone, recording))
        shutil.rmtree(alone.directory / "data" / "recordings")
        alone.start()
        row = eventually(lambda: _ended(alone, recording), what="the recording is completed")
        assert stored_s <= duration_s(row) <= written_s
        _check_sound(alone, recording, duration_s(row))
        assert finished(alone, recording) == 1
        eventually(lambda: not any("/parts/" in key for key in keys(bucket)), what="its parts are deleted")


def _recording(node: Server, recording: str) -> dict[str, Any]:
    found: dict[str, Any] = node.call("GET", f"/recordings/{recording}").json
    return found


def _ended(node: Server, recording: str) -> dict[str, Any] | None:
    """Return a recording that has ended; until its node is declared gone, no node answers for it."""
    found = _recording(node, recording)
    return found if found.get("status") == "ended" else None


def _check_sound(node: Server, recording: str, duration: float) -> None:
    """Assert that the file is as long as its row says, that each phone is in it, and that it is as it was sealed."""
    pcm = decoded(io.BytesIO(node.call("GET", f"/recordingfiles/{recording}").body))
    assert pcm.shape[1] == round(duration * RATE)
    middle = pcm[0][2 * RATE : 4 * RATE]
    assert all(_mean_level(middle, hz) > 1000 for hz in TONES_HZ)
    assert _mean_level(middle, 2000.0) < 100
    assert node.call("GET", f"/recordings/{recording}/verification").json["intact"]


def _mean_level(pcm: NDArray[np.int16], hz: float) -> float:
    """Return the mean amplitude of one frequency, in pieces: a phone that is late changes the phase of its tone."""
    return float(np.mean([level(pcm[at : at + WINDOW], hz) for at in range(0, len(pcm) - WINDOW, WINDOW)]))
