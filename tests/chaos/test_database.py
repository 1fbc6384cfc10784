"""The database is locked, damaged, and away, while phones talk: the talk goes on, and nothing acknowledged is lost."""

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.chaos.conftest import Report
from tests.chaos.witness import MOST_GAP_S, Witness, new_call_s
from tests.support.postgresql import PostgreSQL
from tests.support.raw_phone import RawPhone
from tests.support.server import Answer, Server, checked_server
from tests.support.waiting import eventually, play_for

LOCKED_S = 3.0
PAGE_BYTES = 4096


def create(server: Server, name: str = "made") -> Answer:
    return server.call("POST", "/conferences", {"type": "conference", "name": name})


def database(server: Server) -> Path:
    (file,) = (server.directory / "data").glob("*.db")
    return file


def later(work: Any) -> tuple[threading.Thread, list[Any]]:
    """Run work in a thread; return the thread and a list that gets the result."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    return thread, results


def test_locked_database_delays_writes_and_nothing_else(
    server: Server, witness: Witness, report: Report
) -> None:
    with witness.watch() as seen, closing(sqlite3.connect(database(server), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        thread, results = later(lambda: create(server))
        begun_s = time.monotonic()
        assert server.room(witness.room)["status"] == "progressing"
        read_s = time.monotonic() - begun_s
        calling, calls = later(lambda: new_call_s(server, witness.room))
        play_for(LOCKED_S)
        assert not results and not calls
        other.execute("ROLLBACK")
        begun_s = time.monotonic()
        thread.join()
        calling.join()
        whole_s = time.monotonic() - begun_s
    assert results[0].status == 200
    report(fault="database locked 3 s", gap_s=seen.gap_s, read_s=read_s, whole_s=whole_s)
    assert seen.gap_s < MOST_GAP_S
    assert read_s < 1
    assert whole_s < 3
    witness.check()


@pytest.mark.long
def test_database_locked_for_long_refuses_with_503(server: Server, witness: Witness, report: Report) -> None:
    with witness.watch() as seen, closing(sqlite3.connect(database(server), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        begun_s = time.monotonic()
        reply = server.call("POST", "/conferences", {"type": "conference"}, timeout_s=60.0)
        refused_s = time.monotonic() - begun_s
        other.execute("ROLLBACK")
    assert reply.status == 503
    assert "locked" in reply.json["error"]["message"]
    report(fault="database locked 40 s", gap_s=seen.gap_s, refused_s=refused_s)
    assert seen.gap_s < MOST_GAP_S
    assert create(server).status == 200
    witness.check()


def test_damaged_database_is_named_and_the_talk_goes_on(tmp_path: Path, report: Report) -> None:
    with Server(tmp_path, MIXMINUS_SIP_MAX_CALLS="8") as server:
        for count in range(50):
            assert create(server, f"room {count}").status == 200
        with Witness(server) as witness:
            with witness.watch() as seen:
                _damage(database(server))
                # What is cached in memory is still answered; a connection that reads the file says what is wrong.
                reply = eventually(lambda: _damaged(server), timeout_s=20, what="503 that names the damage")
                assert "mixminus restore" in reply.json["error"]["message"]
            report(fault="database damaged", gap_s=seen.gap_s)
            assert seen.gap_s < MOST_GAP_S
        server.kill()
        with pytest.raises(AssertionError, match="mixminus restore"):
            server.start()
        assert "Traceback" not in server.log.rpartition("serving")[2]


def _damage(file: Path) -> None:
    """Overwrite all pages but the first."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with file.open("r+b") as damaged:
        damaged.seek(PAGE_BYTES)
        damaged.write(os.urandom(file.stat().st_size - PAGE_BYTES))


def _damaged(server: Server) -> Answer | None:
    for path in ("/conferences", "/calls", "/recordings", "/events", "/numbers", "/flows"):
        if (reply := server.call("GET", path)).status == 503:
            return reply
    reply = create(server)
    return reply if reply.status == 503 else None


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    running = PostgreSQL()
    yield running
    running.close()


@pytest.mark.long
@pytest.mark.parametrize("how", ["gone", "stopped"])
def test_database_that_is_away_and_back(
    tmp_path: Path, postgresql: PostgreSQL, report: Report, how: str
) -> None:
    url = postgresql.create(f"chaos_{how}")
    with checked_server(tmp_path, MIXMINUS_DATABASE_URL=url, MIXMINUS_SIP_MAX_CALLS="8") as server:
        made = [create(server).json["id"] for _ in range(20)]
        with Witness(server) as witness, RawPhone() as leaving:
            leaving.dial((server.host, server.sip_port), made[0])
            server.wait_for_participants(made[0], 1)
            with witness.watch() as seen:
                processes = _suspend(postgresql) if how == "stopped" else _end(postgresql)
                begun_s = time.monotonic()
                reply = server.call("POST", "/conferences", {"type": "conference"}, timeout_s=60.0)
                refused_s = time.monotonic() - begun_s
                assert reply.status == 503
                leaving.hang_up()
                play_for(2)
                if processes:
                    for each in processes:
                        each.send_signal(signal.SIGCONT)
                else:
                    postgresql.start()
                begun_s = time.monotonic()
                eventually(lambda: create(server).status == 200, timeout_s=15, what="writes are taken again")
                whole_s = time.monotonic() - begun_s
            report(fault=f"PostgreSQL {how}", gap_s=seen.gap_s, refused_s=refused_s, whole_s=whole_s)
            assert seen.gap_s < MOST_GAP_S
            assert new_call_s(server, witness.room) < 5
            witness.check()
        assert all(server.room(each)["status"] == "progressing" for each in made)
        server.wait_for_participants(made[0], 0)
        eventually(lambda: _statuses(server) == {"hangup"}, what="every call's end is written")


def _statuses(server: Server) -> set[str]:
    return {each["status"] for each in server.call("GET", "/calls").json["result"]}


def _end(postgresql: PostgreSQL) -> list[psutil.Process]:
    postgresql.stop()
    return []


def _suspend(postgresql: PostgreSQL) -> list[psutil.Process]:
    main = psutil.Process(postgresql.pid)
    processes = [main, *main.children(recursive=True)]
    for each in processes:
        each.suspend()
    return processes
