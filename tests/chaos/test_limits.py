"""File descriptors and memory run out in a running server: new calls are refused, the talk goes on, and it recovers."""

import resource
import time
from pathlib import Path

import psutil
import pytest
from urllib3.exceptions import HTTPError

from tests.chaos.conftest import Report
from tests.chaos.witness import MOST_GAP_S, Witness, new_call_s
from tests.support.raw_phone import RawPhone
from tests.support.server import Server, checked_server
from tests.support.waiting import eventually

SPARE_BYTES = 4 << 20


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


def test_memory_is_short(tmp_path: Path, report: Report) -> None:
    with Server(tmp_path, MIXMINUS_SIP_MAX_CALLS="8") as server, Witness(server) as witness:
        main = psutil.Process(server.process.pid)
        before = main.rlimit(resource.RLIMIT_AS)
        with witness.watch() as seen:
            main.rlimit(resource.RLIMIT_AS, (main.memory_info().vms + SPARE_BYTES, before[1]))
            refused = sum(_is_refused(server) for _ in range(300))
            main.rlimit(resource.RLIMIT_AS, before)
            begun_s = time.monotonic()
            eventually(lambda: not _is_refused(server), what="requests are served again")
            call_s = new_call_s(server, witness.room)
            whole_s = time.monotonic() - begun_s
        report(fault="memory short", gap_s=seen.gap_s, refused=refused, call_s=call_s, whole_s=whole_s)
        assert server.process.poll() is None
        assert seen.gap_s < MOST_GAP_S
        witness.check()


def _is_refused(server: Server) -> bool:
    """Create a room; return whether the server had no memory for it, or none to take the connection."""
    try:
        reply = server.call("POST", "/conferences", {"type": "conference", "detail": "y" * 200})
    except HTTPError:
        return True
    assert reply.status in (200, 500, 503), reply.body
    return reply.status != 200
