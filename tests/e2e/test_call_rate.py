"""Many calls in a short time: none is lost, and a running conference is not disturbed."""

from pathlib import Path

from bench.call_rate import called, conference, measure

from tests.support.server import Server

CALLS_A_SECOND = 10.0
SECONDS = 2.0
TALKERS = 10


def test_many_calls_are_set_up_beside_a_running_conference(server: Server, tmp_path: Path) -> None:
    count = int(CALLS_A_SECOND * SECONDS)
    with called(tmp_path, count) as sipp, conference(tmp_path, server, TALKERS):
        # However long it takes: calls that are late are placed at once, and waited for.
        taken_ms, _ = measure(server, CALLS_A_SECOND, SECONDS)
        assert len(taken_ms) == count
        assert sipp.wait(60) == 0
