"""Drain: after SIGTERM present calls go on, new ones get 503, and the server stops when the last call or the time is over."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tests.e2e.conftest import Ring
from tests.e2e.hearing import AUDIBLE_DB
from tests.e2e.test_overload import invite
from tests.support.server import Server
from tests.support.tones import TONES_HZ, level_db
from tests.support.waiting import eventually, pace, play_for

HEARD_S = 3
BLOCK_S = 0.1


@contextmanager
def draining_server(folder: Path, drain_s: float) -> Iterator[Server]:
    with Server(folder, MIXMINUS_DRAIN_S=str(drain_s)) as running:
        yield running
        assert running.process.poll() == 0, running.log[-3000:]
    assert "Traceback" not in running.log, running.log[-3000:]


def ended(server: Server) -> bool:
    return server.process.poll() is not None


async def test_present_calls_go_on_and_new_ones_are_refused(tmp_path: Path, phone: Ring) -> None:
    with draining_server(tmp_path, drain_s=60) as server:
        room = server.new_room()
        talkers = [phone(hz) for hz in TONES_HZ[:2]]
        for talker in talkers:
            talker.command("dial", server.sip_uri(room))
        server.wait_for_participants(room, 2)

        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: server.request("GET", "/health/ready").status == 503, what="it is not ready")
        assert server.request("GET", "/health/live").status == 200
        await pace(1.0)  # until the edge refuses calls
        refused = await invite(server, room)
        assert refused.status_code == 503
        assert int(refused.header("retry-after")) > 0

        play_for(HEARD_S)
        assert len(server.participants(room)) == 2
        for talker, other_hz in zip(talkers, reversed(TONES_HZ[:2]), strict=True):
            pcm, rate = talker.ear()
            block = int(BLOCK_S * rate)
            last = pcm[-HEARD_S * rate :]
            starts = np.arange(0, len(last) - block + 1, block)
            levels = [level_db(last[at : at + block], other_hz, sample_rate_hz=rate) for at in starts]
            assert min(levels) > AUDIBLE_DB, levels

        talkers[0].hang_up()
        server.wait_for_participants(room, 1)
        assert not ended(server)
        talkers[1].hang_up()
        eventually(lambda: ended(server), timeout_s=10, what="the server stops after the last call")


async def test_calls_are_ended_when_the_time_has_passed(tmp_path: Path, phone: Ring) -> None:
    with draining_server(tmp_path, drain_s=2) as server:
        room = server.new_room()
        talker = phone(TONES_HZ[0])
        talker.command("dial", server.sip_uri(room))
        server.wait_for_participants(room, 1)
        began_s = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: ended(server), timeout_s=20, what="the server stops")
        assert time.monotonic() - began_s > 2
        assert "calls_left=1" in server.log


async def test_a_second_signal_ends_it_at_once(tmp_path: Path, phone: Ring) -> None:
    with draining_server(tmp_path, drain_s=600) as server:
        room = server.new_room()
        talker = phone(TONES_HZ[0])
        talker.command("dial", server.sip_uri(room))
        server.wait_for_participants(room, 1)
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: "draining" in server.log, what="it drains")
        await pace(1.0)
        assert not ended(server)
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: ended(server), timeout_s=15, what="the server stops")


async def test_without_calls_it_stops_at_once(tmp_path: Path) -> None:
    with draining_server(tmp_path, drain_s=600) as server:
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: ended(server), timeout_s=10, what="the server stops")
