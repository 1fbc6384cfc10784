"""The wall clock jumps, forward and back: calls, audio, recordings and registrations are measured by the monotonic clock."""

import os
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.chaos.conftest import Report
from tests.chaos.witness import MOST_GAP_S, Witness, new_call_s
from tests.support.server import Server, checked_server
from tests.support.waiting import eventually, play_for

HOUR_S = 3600
RECORDED_S = 3.0
RATE_HZ = 16_000

SetClock = Callable[[int], None]


@pytest.fixture
def shifted(tmp_path: Path) -> Iterator[tuple[Server, SetClock]]:
    """A server with a wall clock of its own, and what sets this clock, in seconds after the system's."""
    library, shift = tmp_path / "shifted_clock.so", tmp_path / "shift"
    source = Path(__file__).with_name("shifted_clock.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source], check=True)

    def set_clock(seconds: int) -> None:
        with shift.open("r+b", buffering=0) as file:
            file.write(struct.pack("=q", seconds))

    shift.write_bytes(bytes(8))
    preload = " ".join(filter(None, (str(library), os.environ.get("LD_PRELOAD", ""))))
    launcher = ("env", f"LD_PRELOAD={preload}", f"SHIFTED_CLOCK={shift}")
    with checked_server(tmp_path, launcher=launcher, MIXMINUS_SIP_MAX_CALLS="8") as server:
        yield server, set_clock


@pytest.mark.parametrize(
    "jump_s", [HOUR_S, pytest.param(-HOUR_S, marks=pytest.mark.long)], ids=["forward", "back"]
)
def test_wall_clock_jumps(shifted: tuple[Server, SetClock], report: Report, jump_s: int) -> None:
    server, set_clock = shifted
    with Witness(server) as witness:
        recording = server.call("POST", f"/conferences/{witness.room}/recording_start").json["recording_id"]
        play_for(RECORDED_S / 2)
        with witness.watch() as seen:
            set_clock(jump_s)
            begun_s = time.monotonic()
            call_s = new_call_s(server, witness.room)
            room = server.new_room()
            request_s = time.monotonic() - begun_s
            play_for(RECORDED_S / 2)
        made = datetime.fromisoformat(server.room(room)["tm_create"]).replace(tzinfo=UTC)
        shown_s = (made - datetime.now(UTC)).total_seconds()
        # Times never go back: after a jump back they stand still, a microsecond apart, until the clock has caught up.
        assert abs(shown_s - max(jump_s, 0)) < 30
        server.call("POST", f"/conferences/{witness.room}/recording_stop")
        eventually(
            lambda: server.call("GET", f"/recordings/{recording}").json["status"] == "ended",
            what="the recording has ended",
        )
        sound = server.call("GET", f"/recordingfiles/{recording}").body
        assert RECORDED_S - 0.5 < (len(sound) - 44) / 2 / RATE_HZ < RECORDED_S + 10
        report(fault=f"wall clock {jump_s:+} s", gap_s=seen.gap_s, call_s=call_s, request_s=request_s)
        assert seen.gap_s < MOST_GAP_S
        witness.check()
        set_clock(0)
        assert new_call_s(server, witness.room) < 3
        witness.check()
