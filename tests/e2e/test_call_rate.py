"""Many calls in a short time: none is lost, and a conference talks on meanwhile. How fast: bench/call_rate.py."""

from pathlib import Path

from bench.call_rate import called, conference, measure

from tests.support.server import Server

CALLS_A_SECOND = 10.0
SECONDS = 2.0
TALKERS = 10


def test_calls_are_set_up_while_a_conference_talks(server: Server, tmp_path: Path) -> None:
    count = int(CALLS_A_SECOND * SECONDS)
    with called(tmp_path, count) as sipp, conference(tmp_path, server, TALKERS):
        # Whatever time it takes: those that are late are placed at once, and waited for.
        assert len(measure(server, CALLS_A_SECOND, SECONDS)) == count
        assert sipp.wait(60) == 0
