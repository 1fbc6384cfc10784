"""File descriptors and memory run out in a running server: new calls are refused, the talk goes on, and it recovers."""

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from urllib3.exceptions import HTTPError

from tests.chaos.conftest import Report
from tests.chaos.witness import MOST_GAP_S, Witness, new_call_s
from tests.support.raw_phone import RawPhone
from tests.support.server import Server, checked_server
from tests.support.waiting import play_for

SPARE_BYTES = 4 << 20
MOST_REQUESTS = 2000


def test_no_descriptors_are_left(tmp_path: Path, report: Report) -> None:
    with checked_server(tmp_path, MIXMINUS_SIP_MAX_CALLS="8") as server, Witness(server) as witness:
        main = psutil.Process(server.process.pid)
        before = main.rlimit(psutil.RLIMIT_NOFILE)
        with witness.watch() as seen:
            main.rlimit(psutil.RLIMIT_NOFILE, (main.num_fds(), before[1]))
            with RawPhone() as phone, pytest.raises(AssertionError, match=r"SIP/2\.0 (503|500|486)"):
                phone.dial((server.host, server.sip_port), witness.room)
            assert server.room(witness.room)["status"] == "progressing", "connections that are open go on"
            main.rlimit(psutil.RLIMIT_NOFILE, before)
            begun_s = time.monotonic()
            call_s = new_call_s(server, witness.room)
        report(fault="no descriptors", gap_s=seen.gap_s, whole_s=time.monotonic() - begun_s, call_s=call_s)
        assert seen.gap_s < MOST_GAP_S
        witness.check()


@pytest.mark.long
def test_no_memory_is_left(tmp_path: Path, report: Report) -> None:
    """It refuses and goes on, or it ends, for the service manager to start it: it does not stay and do nothing."""
    with Server(tmp_path, MIXMINUS_SIP_MAX_CALLS="8") as server, Witness(server) as witness:
        main = psutil.Process(server.process.pid)
        before = main.rlimit(psutil.RLIMIT_AS)
        with witness.watch() as seen:
            main.rlimit(psutil.RLIMIT_AS, (main.memory_info().vms + SPARE_BYTES, before[1]))
            statuses = [status for status in _requests(server) if status != 200]
            play_for(2)
        went_on = server.process.poll() is None
        if went_on:
            main.rlimit(psutil.RLIMIT_AS, before)
            begun_s = time.monotonic()
        else:
            for phone in witness.phones:
                phone.forget()
            assert server.stop() != 0, "a service manager starts again what has failed"
            begun_s = time.monotonic()
            server.start()
        call_s = new_call_s(server, witness.room)
        report(
            fault="no memory",
            went_on=went_on,
            statuses=sorted(set(statuses)),
            gap_s=seen.gap_s,
            whole_s=time.monotonic() - begun_s,
            call_s=call_s,
        )
        assert set(statuses) <= {503, 0}, statuses
        if went_on:
            assert seen.gap_s < MOST_GAP_S
            witness.check()


def _requests(server: Server) -> Iterator[int]:
    """Make rooms until one is refused; yield the statuses, 0 for a connection that was cut."""
    for _ in range(MOST_REQUESTS):
        try:
            status = server.call("POST", "/conferences", {"type": "conference"}).status
        except HTTPError:
            status = 0
        yield status
        if status != 200:
            return
    raise AssertionError("the memory was not exhausted")
