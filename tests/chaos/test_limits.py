"""File descriptors run out in a running server: new calls are refused, the talk goes on, and it recovers."""

import time
from pathlib import Path

import psutil
import pytest

from tests.chaos.conftest import Report
from tests.chaos.witness import MOST_GAP_S, Witness, new_call_s
from tests.support.raw_phone import RawPhone
from tests.support.server import checked_server


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
