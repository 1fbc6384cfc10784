"""The server itself is killed, stopped and ended, with calls and a recording."""

import signal
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from mixminus.sip.supervision import WATCHDOG_S
from tests.chaos.conftest import Report
from tests.chaos.witness import MOST_GAP_S, Witness, new_call_s
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.waiting import eventually, play_for

RECORDED_S = 3.0
LOSS_S = 1.0
BETWEEN_CALLS_S = 0.025
"""A source may begin 50 calls a second."""
RATE_HZ = 16_000


@pytest.mark.parametrize("count", [12, pytest.param(200, marks=pytest.mark.long)])
@pytest.mark.parametrize("number", [pytest.param(signal.SIGTERM, marks=pytest.mark.long), signal.SIGKILL])
def test_every_call_gets_bye_and_the_recording_is_whole(
    tmp_path: Path, report: Report, number: signal.Signals, count: int
) -> None:
    with Server(tmp_path, MIXMINUS_SIP_MAX_CALLS=str(count + 8)) as server, ExitStack() as stack:
        rooms = [server.new_room() for _ in range(1 + count // 10)]
        phones = [stack.enter_context(RawPhone(listens=not each)) for each in range(count)]
        for each, phone in enumerate(phones):
            phone.dial((server.host, server.sip_port), rooms[each // 10])
            play_for(BETWEEN_CALLS_S)
        recording = server.call("POST", f"/conferences/{rooms[0]}/recording_start").json["recording_id"]
        play_for(RECORDED_S)
        begun_s = time.monotonic()
        server.process.send_signal(number)
        for phone in phones:
            phone.wait_for_bye(20)
        bye_s = time.monotonic() - begun_s
        server.process.wait(30)
        ended_s = time.monotonic() - begun_s
        assert server.stop() == (0 if number is signal.SIGTERM else -signal.SIGKILL)
        begun_s = time.monotonic()
        server.start()
        call_s = new_call_s(server, rooms[0])
        whole_s = time.monotonic() - begun_s
        found = eventually(lambda: _ended(server, recording), what="the recording has ended")
        assert found["error"] == ("" if number is signal.SIGTERM else "repaired")
        sound = server.call("GET", f"/recordingfiles/{recording}").body
        assert (len(sound) - 44) / 2 / RATE_HZ >= RECORDED_S - LOSS_S
        proof = server.call("GET", f"/recordings/{recording}/verification").json
        assert proof == {"intact": True, "findings": []}
        assert all(server.room(each)["status"] == "progressing" for each in rooms)
    report(
        fault=f"{number.name}, {count} calls", bye_s=bye_s, ended_s=ended_s, call_s=call_s, whole_s=whole_s
    )


def _ended(server: Server, recording: str) -> dict[str, object] | None:
    found: dict[str, object] = server.call("GET", f"/recordings/{recording}").json
    return found if found["status"] == "ended" else None


def test_stopped_server_is_silent_and_goes_on(server: Server, witness: Witness, report: Report) -> None:
    """The mixing threads stop with the process: this is what a suspended virtual machine sounds like."""
    with witness.watch() as seen:
        server.process.send_signal(signal.SIGSTOP)
        play_for(3)
        server.process.send_signal(signal.SIGCONT)
        begun_s = time.monotonic()
        call_s = new_call_s(server, witness.room)
        whole_s = time.monotonic() - begun_s
    report(fault="SIGSTOP of the server for 3 s", gap_s=seen.gap_s, call_s=call_s, whole_s=whole_s)
    assert 2.5 < seen.gap_s < 3 + MOST_GAP_S
    witness.check()


@pytest.mark.long
def test_frozen_container_loses_no_process_and_no_call(
    server: Server, witness: Witness, report: Report
) -> None:
    """All processes stop together, for longer than any of them may leave its loop."""
    frozen_s = WATCHDOG_S + 3.0
    main = psutil.Process(server.process.pid)
    tree = [main, *main.children(recursive=True)]
    with witness.watch() as seen:
        for each in tree:
            each.suspend()
        play_for(frozen_s)
        for each in tree:
            each.resume()
        call_s = new_call_s(server, witness.room)
    report(fault=f"SIGSTOP of all processes for {frozen_s:.0f} s", gap_s=seen.gap_s, call_s=call_s)
    assert frozen_s - 0.5 < seen.gap_s < frozen_s + MOST_GAP_S
    witness.check()
    assert {each.pid for each in tree if "sip" in each.name()} == {
        each.pid for each in main.children(recursive=True) if "sip" in each.name()
    }
