"""Forty phones in four rooms, and a worker process that is killed."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.server import Server
from tests.support.sipp import Sipp
from tests.support.tones import TONES_HZ, tone
from tests.support.waiting import eventually, play_for

ROOMS = 4
CALLS_A_ROOM = 10
TALK_MS = 25_000


@pytest.fixture
def load(server: Server, tmp_path: Path) -> Iterator[list[str]]:
    """Return four rooms with ten phones each; all phones of a room play the room's tone."""
    rooms = [server.new_room() for _ in range(ROOMS)]
    phones = [
        Sipp(
            tmp_path / f"room{number}",
            target=room,
            server_port=server.sip_port,
            calls=CALLS_A_ROOM,
            rate=10,
            talk_ms=TALK_MS,
            tone=tone(TONES_HZ[number], 5, sample_rate_hz=8000),
            number=number,
        )
        for number, room in enumerate(rooms)
    ]
    yield rooms
    for each in phones:
        each.close()


def worker_pids(server: Server) -> list[int]:
    """Return the ids of the server's SIP worker processes."""
    pids = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes() + (entry / "comm").read_bytes()
            except OSError:
                continue
            if b"mm-sip-worker" in command and _descends(int(entry.name), server.process.pid):
                pids.append(int(entry.name))
    return sorted(pids)


def _descends(pid: int, ancestor: int) -> bool:
    while pid > 1 and pid != ancestor:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return pid == ancestor


def test_forty_calls_and_a_killed_worker(server: Server, load: list[str]) -> None:
    for room in load:
        server.wait_for_participants(room, CALLS_A_ROOM, timeout_s=20)
    before = server.metrics()
    play_for(4)
    after = server.metrics()
    assert after["mixminus_jbuf_lost_total"] == before["mixminus_jbuf_lost_total"]
    received = after["mixminus_rtp_received_total"] - before["mixminus_rtp_received_total"]
    assert received > 0.95 * 4 * 50 * ROOMS * CALLS_A_ROOM

    workers = worker_pids(server)
    assert workers, "workers are named mm-sip-worker"
    everybody = {call for room in load for call in server.participants(room)}
    os.kill(workers[0], signal.SIGKILL)
    eventually(
        lambda: workers[0] not in worker_pids(server) and len(worker_pids(server)) >= len(workers),
        what="another worker takes its place",
    )
    settled = server.metrics()
    play_for(2)
    assert server.metrics()["mixminus_jbuf_lost_total"] == settled["mixminus_jbuf_lost_total"]
    assert _in_rooms(server, load) == everybody, "the calls of the dead worker go on"


def _in_rooms(server: Server, rooms: list[str]) -> set[str]:
    return {call for room in rooms for call in server.participants(room)}
