"""A backup of a running server on PostgreSQL, after which its database and its files are lost, and restored."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.netns import ADDRESS
from tests.support.postgresql import PostgreSQL
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.tones import tone
from tests.support.waiting import eventually, play_for

COMMAND_S = 60


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    running = PostgreSQL()
    yield running
    running.close()


def command(folder: Path, database: str, *arguments: str) -> Any:
    """Run the command with a server's settings; return its JSON."""
    settings = {"MIXMINUS_DATA_DIR": str(folder / "data"), "MIXMINUS_DATABASE_URL": database}
    done = subprocess.run(
        [sys.executable, "-m", "mixminus", *arguments, "--json"],
        env=os.environ | settings,
        capture_output=True,
        check=False,
        timeout=COMMAND_S,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def recorded(server: Server, room: str) -> tuple[str, bytes]:
    """Record a phone for a second; return the id of the recording and its file."""
    with RawPhone() as phone:
        phone.dial((ADDRESS, server.sip_port), room)
        phone.talk(tone(440.0, 1.0, sample_rate_hz=8000))
        id = server.call("POST", f"/conferences/{room}/recording_start").json["recording_id"]
        play_for(1.0)
        server.call("POST", f"/conferences/{room}/recording_stop")
    eventually(
        lambda: server.call("GET", f"/recordings/{id}").json["status"] == "ended", what="it is complete"
    )
    return id, server.call("GET", f"/recordingfiles/{id}").body


def rooms(server: Server) -> dict[str, str]:
    return {each["id"]: each["name"] for each in server.call("GET", "/conferences").json["result"]}


def test_rooms_and_a_recording_survive_the_loss_of_database_and_files(
    postgresql: PostgreSQL, tmp_path: Path
) -> None:
    old, new, backup = tmp_path / "old", tmp_path / "new", tmp_path / "backup.tar"
    old.mkdir()
    new.mkdir()
    database = postgresql.create("before")
    with Server(old, MIXMINUS_DATABASE_URL=database) as server:
        names = {server.new_room(name=name): name for name in ("stand-up", "retrospective")}
        recording, sound = recorded(server, next(iter(names)))
        assert len(sound) > 16_000, "a second of sound"
        made = command(old, database, "backup", str(backup))
        server.new_room(name="after the backup")
        server.kill()
    shutil.rmtree(old / "data")
    postgresql.execute("postgres", 'DROP DATABASE "before" WITH (FORCE)')
    database = postgresql.create("after")
    done = command(new, database, "restore", str(backup))
    assert (done["files"], done["recordings_verified"]) == (made["files"], 1)
    with Server(new, MIXMINUS_DATABASE_URL=database) as server:
        assert rooms(server) == names
        assert server.call("GET", f"/recordingfiles/{recording}").body == sound, "byte for byte"
        assert server.call("GET", f"/recordings/{recording}/verification").json["intact"]
        assert server.room(server.new_room(name="it writes"))["name"] == "it writes"
