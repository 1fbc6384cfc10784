"""The disk is full while a recording runs: the talk goes on, and what was acknowledged stays. A server on a read-only one says so."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.conftest import Report
from tests.chaos.witness import MOST_GAP_S, Witness, new_call_s
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.waiting import eventually, play_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
DISK = "24m"
MOST_WRITES = 500
DISK_BYTES = 64 << 20
MKFS = shutil.which("mkfs.ext4", path="/usr/sbin:/sbin") or "mkfs.ext4 is missing: install e2fsprogs"
RECORDED_S = 3


@pytest.fixture
def small_disk_server(tmp_path: Path) -> Iterator[Server]:
    """A server whose data folder is a small file system of its own, which only the server's mount namespace shows."""
    (tmp_path / "data").mkdir()
    mount = f'mount -t tmpfs -o size={DISK} tmpfs {tmp_path / "data"} && exec "$@"'
    launcher = ("unshare", "-m", "sh", "-c", mount, "sh")
    with Server(tmp_path, launcher=launcher, MIXMINUS_SIP_MAX_CALLS="8") as server:
        yield server


def inside(server: Server) -> Path:
    """Return the data folder as the server sees it."""
    return Path(f"/proc/{server.process.pid}/root{server.directory}/data")


def fill(server: Server) -> Path:
    """Write a file until nothing fits any more; return it."""
    filler = inside(server) / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12):
            while True:
                try:
                    file.write(bytes(size))
                except OSError:
                    break
    return filler


def check_refusal(server: Server, words: str) -> None:
    """Check that what must be stored is refused with a sentence that says what to do."""
    # A write-ahead log that was copied into the file is written again from its beginning: there is room in it.
    for _ in range(MOST_WRITES):
        reply = server.call("POST", "/conferences", {"type": "conference"})
        if reply.status != 200:
            break
    assert reply.status == 503, reply.body
    assert words in reply.json["error"]["message"]
    with RawPhone() as phone:
        begun_s = time.monotonic()
        try:
            phone.dial((server.host, server.sip_port), "b5d7ce71-0b9b-4a4d-8fc8-59dc5f0f7a01")
        except AssertionError as refused:
            assert "SIP/2.0 404" in str(refused) or "SIP/2.0 503" in str(refused)
        assert time.monotonic() - begun_s < 3


def test_full_disk_ends_the_recording_and_nothing_else(small_disk_server: Server, report: Report) -> None:
    server = small_disk_server
    made = [server.new_room() for _ in range(5)]
    with Witness(server) as witness:
        recording = server.call("POST", f"/conferences/{witness.room}/recording_start").json["recording_id"]
        play_for(3)
        with witness.watch() as seen:
            filler = fill(server)
            play_for(3)
            check_refusal(server, "full")
            with RawPhone() as phone, pytest.raises(AssertionError, match="SIP/2.0 503"):
                phone.dial((server.host, server.sip_port), witness.room)
            filler.unlink()
            begun_s = time.monotonic()
            room = eventually(lambda: _created(server), what="writes are taken again")
            whole_s = time.monotonic() - begun_s
            call_s = new_call_s(server, room)
        eventually(lambda: _recording(server, recording)["status"] == "ended", what="the recording has ended")
        assert _recording(server, recording)["error"] == "disk_full"
        proof = server.call("GET", f"/recordings/{recording}/verification").json
        assert proof == {"intact": True, "findings": []}
        report(fault="disk full", gap_s=seen.gap_s, whole_s=whole_s, call_s=call_s)
        assert seen.gap_s < MOST_GAP_S
        witness.check()
    assert all(server.room(each)["status"] == "progressing" for each in made)
    assert server.stop() == 0
    assert "Traceback" not in server.log, server.log[-3000:]


def _created(server: Server) -> str | None:
    reply = server.call("POST", "/conferences", {"type": "conference"})
    return str(reply.json["id"]) if reply.status == 200 else None


def _recording(server: Server, recording: str) -> dict[str, object]:
    found: dict[str, object] = server.call("GET", f"/recordings/{recording}").json
    return found


def test_server_does_not_start_on_a_read_only_disk(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    mount = f'mount -t tmpfs -o ro tmpfs {tmp_path / "data"} && exec "$@"'
    with pytest.raises(AssertionError, match=r"MIXMINUS_DATA_DIR.*(read-only|Read-only|cannot be written)"):
        Server(tmp_path, launcher=("unshare", "-m", "sh", "-c", mount, "sh"))


@pytest.fixture
def failing_disk_server(tmp_path: Path) -> Iterator[Server]:
    """A server on a file system of its own, which the kernel sets read-only after an error, as most systems do with ext4."""
    (tmp_path / "data").mkdir()
    disk = tmp_path / "disk"
    with disk.open("wb") as file:
        file.truncate(DISK_BYTES)
    subprocess.run([MKFS, "-q", disk], check=True)
    mount = f'mount -o loop,errors=remount-ro {disk} {tmp_path / "data"} && exec "$@"'
    launcher = ("unshare", "-m", "sh", "-c", mount, "sh")
    with Server(tmp_path, launcher=launcher, MIXMINUS_SIP_MAX_CALLS="8") as server:
        yield server


@pytest.mark.long
@pytest.mark.timeout(600)
def test_disk_that_becomes_read_only_ends_no_talk(failing_disk_server: Server, report: Report) -> None:
    server = failing_disk_server
    made = [server.new_room() for _ in range(5)]
    with Witness(server) as witness:
        recording = server.call("POST", f"/conferences/{witness.room}/recording_start").json["recording_id"]
        play_for(RECORDED_S)
        with witness.watch() as seen:
            # What ext4 does by itself when it finds an error; an ordinary remount is refused while files are open for writing.
            in_its_mounts = ["nsenter", "-t", str(server.process.pid), "-m"]
            folder = server.directory / "data"
            # What the system has not written yet is lost, as when the power fails.
            subprocess.run([*in_its_mounts, "sync", "-f", folder], check=True)
            subprocess.run([*in_its_mounts, "mount", "-o", "remount,abort", folder], check=True)
            play_for(RECORDED_S)
            check_refusal(server, "read-only")
            with RawPhone() as phone, pytest.raises(AssertionError, match="SIP/2.0 503"):
                phone.dial((server.host, server.sip_port), witness.room)
            assert server.room(witness.room)["status"] == "progressing", "what is stored can be read"
        assert seen.gap_s < MOST_GAP_S
        witness.check()
    begun_s = time.monotonic()
    ended = server.stop()
    assert ended >= 0, "it ends by itself"
    ended_s = time.monotonic() - begun_s
    # The file system is mounted again, which repairs it from its journal.
    server.start()
    whole_s = time.monotonic() - begun_s
    assert all(server.room(each)["status"] == "progressing" for each in made)
    eventually(lambda: _recording(server, recording)["status"] == "ended", what="the recording has ended")
    report(fault="disk read-only", gap_s=seen.gap_s, ended_s=ended_s, whole_s=whole_s, exit_code=ended)
    proof = server.call("GET", f"/recordings/{recording}/verification").json
    assert proof == {"intact": True, "findings": []}
