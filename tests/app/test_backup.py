"""Backups of a real server that runs, restored into a new one; and backups that must be refused."""

import asyncio
import json
import os
import signal
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from mixminus.app.backup.archive import BackupDamaged
from mixminus.app.backup.restore import restore
from mixminus.app.settings import Settings, load
from mixminus.recording.verify import verify
from tests.app.server import KEY, Server, serve
from tests.support.database import ON_POSTGRESQL, empty_database_url
from tests.support.waiting import until


async def call(server: Server, method: str, path: str, **body: object) -> Any:
    async with (
        ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session,
        session.request(method, f"{server.base}/v1.0{path}", json=body or None) as response,
    ):
        assert response.status == 200, await response.text()
        return await response.json()


def settings_of(folder: Path) -> dict[str, str]:
    """Return the settings that name a database of its own for a folder."""
    return {"MIXMINUS_DATABASE_URL": empty_database_url(folder)} if ON_POSTGRESQL else {}


async def command(folder: Path, *arguments: str) -> tuple[int, Any, str]:
    """Run the command with the settings of a server in this folder; return exit code, JSON and stderr."""
    environment = os.environ | settings_of(folder) | {"MIXMINUS_DATA_DIR": str(folder / "data")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mixminus", *arguments, "--json"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, json.loads(out) if out else None, err.decode()


def in_folder(folder: Path) -> Settings:
    """Return the settings of a server in this folder."""
    return load(data_dir=folder / "data", database_url=settings_of(folder).get("MIXMINUS_DATABASE_URL", ""))


async def becomes(server: Server, path: str, status: str) -> None:
    """Wait until what is at this path has this status."""

    async def look() -> bool:
        return bool((await call(server, "GET", path))["status"] == status)

    await until(look)


async def recorded(server: Server, room: str) -> str:
    """Record an empty room for a moment, and wait until the recording is complete."""
    recording = (await call(server, "POST", f"/conferences/{room}/recording_start"))["recording_id"]
    await becomes(server, f"/recordings/{recording}", "recording")
    await call(server, "POST", f"/conferences/{room}/recording_stop")
    await becomes(server, f"/recordings/{recording}", "ended")
    return str(recording)


async def open_room(server: Server, name: str) -> str:
    room = (await call(server, "POST", "/conferences", type="conference", name=name))["id"]
    await becomes(server, f"/conferences/{room}", "progressing")
    return str(room)


async def test_a_backup_of_a_running_server_is_restored_into_a_new_one(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    backup = tmp_path / "backup.tar"
    async with serve(old, settings=settings_of(old)) as server:
        room = await open_room(server, "kept")
        recording = await recorded(server, room)
        running = (await call(server, "POST", f"/conferences/{room}/recording_start"))["recording_id"]
        events = (await call(server, "GET", "/events?after=0"))["result"]
        code, made, err = await command(old, "backup", str(backup))
        assert code == 0, err
        assert made["size"] == backup.stat().st_size
        assert backup.stat().st_mode & 0o077 == 0, "it holds secrets"
        await call(server, "POST", "/conferences", type="conference", name="too late")
        assert (await call(server, "GET", f"/recordings/{running}"))["status"] == "recording", "it went on"
    code, done, err = await command(new, "restore", str(backup))
    assert code == 0, err
    assert done["recordings_verified"] == 1
    assert done["files"] == made["files"]
    async with serve(new, settings=settings_of(new)) as server:
        rooms = (await call(server, "GET", "/conferences"))["result"]
        assert [(each["id"], each["name"], each["status"]) for each in rooms] == [
            (room, "kept", "progressing")
        ]
        shown = await call(server, "GET", f"/recordings/{recording}/verification")
        assert shown["intact"], shown
        async with (
            ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session,
            session.get(f"{server.base}/v1.0/recordingfiles/{recording}") as response,
        ):
            assert (await response.read())[:4] == b"RIFF"
        seen = (await call(server, "GET", "/events?after=0"))["result"]
        assert seen[: len(events)] == events
        await becomes(server, f"/recordings/{running}", "ended")
        assert not verify(new / "data" / "recordings" / running), "it was repaired, as after a crash"
        await call(server, "POST", "/conferences", type="conference", name="the new server writes")
        assert await server.stop(signal.SIGTERM) == 0


async def test_a_backup_that_was_changed_or_cut_off_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    backup = tmp_path / "backup.tar"
    async with serve(old, settings=settings_of(old)) as server:
        await recorded(server, await open_room(server, "kept"))
        assert (await command(old, "backup", str(backup)))[0] == 0
        code, _, err = await command(old, "backup", str(backup))
        assert (code, "exists: name another file" in err) == (1, True)
        code, _, err = await command(old, "restore", str(backup))
        assert (code, "another mixminus server uses" in err) == (1, True)
    whole = backup.read_bytes()
    with tarfile.open(backup) as tar:
        audio = next(member for member in tar if member.name.endswith("mix.wav"))
    middle = audio.offset_data + audio.size // 2
    damaged = {
        "a changed sample": (
            whole[:middle] + bytes((whole[middle] ^ 1,)) + whole[middle + 1 :],
            "is not what was written",
        ),
        "cut off": (whole[: len(whole) // 2], "cut off"),
        "no archive": (b"mixminus" * 1000, "no backup"),
        "nothing": (b"", "no backup"),
    }
    for name, (content, words) in damaged.items():
        backup.write_bytes(content)
        # Not by the command: nine starts of the program in one test took longer than a test may on a busy machine.
        with pytest.raises(BackupDamaged, match=words):
            await restore(in_folder(new), backup, lambda _: None)
        left = [path for path in (new / "data").rglob("*") if path.name != "lock"]
        assert left == [], name
    backup.write_bytes(whole)
    assert (await command(new, "restore", str(backup)))[0] == 0, "the folder is still usable"
    code, _, err = await command(new, "restore", str(backup))
    assert (code, "has data already" in err) == (1, True)


def files_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


async def test_nothing_is_written_outside_the_folder(tmp_path: Path) -> None:
    new, backup = tmp_path / "new", tmp_path / "backup.tar"
    for name in ("../../outside", "../outside", "recordings/../../outside", str(tmp_path / "outside")):
        with tarfile.open(backup, "w") as tar:
            tar.addfile(tarfile.TarInfo(name))
        with pytest.raises(BackupDamaged, match="which no backup of mixminus does"):
            await restore(in_folder(new), backup, lambda _: None)
        assert files_below(tmp_path) == {backup, new / "data" / "lock"}
    code, _, err = await command(new, "restore", str(backup))
    assert (code, "which no backup of mixminus does" in err) == (1, True), err
    assert files_below(tmp_path) == {backup, new / "data" / "lock"}


async def test_an_empty_folder_has_nothing_to_back_up(tmp_path: Path) -> None:
    code, _, err = await command(tmp_path, "backup", str(tmp_path / "backup.tar"))
    assert (code, "nothing to back up" in err) == (1, True)
    assert not (tmp_path / "backup.tar").exists()
    assert not (tmp_path / "data").exists()


async def with_extension(folder: Path) -> None:
    async with serve(folder, settings=settings_of(folder)) as server:
        await call(server, "POST", "/extensions", extension="100", password="of-the-phone")
        assert await server.stop(signal.SIGTERM) == 0


async def shown_passwords(folder: Path) -> list[str]:
    async with serve(folder, settings=settings_of(folder)) as server:
        found = (await call(server, "GET", "/extensions"))["result"]
        assert await server.stop(signal.SIGTERM) == 0
    return [each["password"] for each in found]


async def test_a_backup_has_the_key_of_its_passwords_unless_it_is_left_out(tmp_path: Path) -> None:
    old, new, third = (tmp_path / name for name in ("old", "new", "third"))
    for folder in (old, new, third):
        folder.mkdir()
    await with_extension(old)
    whole, bare = tmp_path / "whole.tar", tmp_path / "bare.tar"
    _, made, _ = await command(old, "backup", str(whole))
    assert made["has_key"] is True
    _, made, _ = await command(old, "backup", str(bare), "--without-key")
    assert made["has_key"] is False
    key = (old / "data" / "secrets.key").read_bytes().strip()
    assert key in whole.read_bytes()
    assert key not in bare.read_bytes()
    assert b"of-the-phone" not in whole.read_bytes()

    code, _, err = await command(new, "restore", str(whole))
    assert code == 0, err
    assert (new / "data" / "secrets.key").stat().st_mode & 0o777 == 0o600
    code, rotated, err = await command(new, "rotate-key")
    assert code == 0, err
    assert len(rotated["key"]) == 16
    assert (new / "data" / "secrets.key").read_bytes().strip() != key
    assert await shown_passwords(new) == ["of-the-phone"]

    code, _, err = await command(third, "restore", str(bare))
    assert (code, "decrypts the passwords of the backup, is missing" in err) == (1, True), err
    (third / "data" / "secrets.key").write_bytes(key)
    code, _, err = await command(third, "restore", str(bare))
    assert code == 0, err
    assert await shown_passwords(third) == ["of-the-phone"]


async def test_a_server_without_its_key_does_not_start(tmp_path: Path) -> None:
    await with_extension(tmp_path)
    (tmp_path / "data" / "secrets.key").unlink()
    async with serve(tmp_path, settings=settings_of(tmp_path), ready=False) as server:
        assert await server.wait() == 1
    assert "the key that decrypts the passwords in the database is missing" in server.stderr
    assert "Traceback" not in server.stderr
