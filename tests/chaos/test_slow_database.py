"""The database is far away: each message to it and from it takes 50 ms. The talk goes on, and nothing is lost."""

import time
from pathlib import Path

import pytest

from tests.chaos.conftest import Report
from tests.chaos.witness import MOST_GAP_S, Witness, new_call_s
from tests.support.postgresql import PostgreSQL
from tests.support.server import checked_server
from tests.support.slow_socket import SlowSocket
from tests.support.waiting import eventually

DELAY_S = 0.05
SOCKET = ".s.PGSQL.5432"


@pytest.mark.long
@pytest.mark.timeout(600)
def test_slow_database_delays_calls_and_nothing_else(tmp_path: Path, report: Report) -> None:
    postgresql = PostgreSQL()
    try:
        url = postgresql.create("slow").replace(str(postgresql.directory), str(tmp_path))
        with (
            SlowSocket(tmp_path / SOCKET, postgresql.directory / SOCKET) as between,
            checked_server(tmp_path, MIXMINUS_DATABASE_URL=url, MIXMINUS_SIP_MAX_CALLS="8") as server,
            Witness(server) as witness,
        ):
            with witness.watch() as seen:
                between.delay_s = DELAY_S
                begun_s = time.monotonic()
                room = server.new_room()
                request_s = time.monotonic() - begun_s
                call_s = new_call_s(server, room)
            assert request_s > 2 * DELAY_S, "the database was as quick as ever"
            server.wait_for_participants(room, 0)
            eventually(
                lambda: server.call("GET", "/calls").json["result"][0]["status"] == "hangup",
                what="the end of the call is written",
            )
            report(fault="PostgreSQL 50 ms away", gap_s=seen.gap_s, request_s=request_s, call_s=call_s)
            assert seen.gap_s < MOST_GAP_S
            witness.check()
    finally:
        postgresql.close()
