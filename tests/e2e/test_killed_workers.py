"""All SIP workers are killed while four phones talk: they go on hearing each other, and their calls end as calls do."""

import itertools
import os
import signal

import psutil

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears, newest
from tests.support.baresip import Baresip
from tests.support.capture import Capture
from tests.support.server import Server
from tests.support.tones import TONES_HZ
from tests.support.waiting import eventually, play_for

CODECS = ("PCMU/8000/1", "G722/16000/1", "opus/48000/2", "PCMA/8000/1")
GAP_S = 0.2


def workers(server: Server) -> list[psutil.Process]:
    return [
        each
        for each in psutil.Process(server.process.pid).children(recursive=True)
        if _name(each) == "mm-sip-worker"
    ]


def _name(process: psutil.Process) -> str:
    """Return the name of a process; empty if it has just exited."""
    try:
        return str(process.name())
    except psutil.NoSuchProcess:
        return ""


def kill_workers(server: Server) -> None:
    """Kill every worker, and wait until as many others serve."""
    killed = workers(server)
    for each in killed:
        os.kill(each.pid, signal.SIGKILL)
    gone = {each.pid for each in killed}
    eventually(
        lambda: len([each for each in workers(server) if each.pid not in gone]) >= len(killed),
        what="other workers",
        timeout_s=15,
    )


def longest_gap_s(capture: Capture, phone: Baresip) -> float:
    """Return the longest time between two RTP packets to a phone."""
    times = [
        each.at_s
        for each in capture.packets
        if not each.is_tcp and each.destination_port in phone.rtp_ports and each.payload[0] >> 6 == 2
    ]
    assert len(times) > 200, (len(times), len(capture.packets), phone.log[-200:])
    return max(after - before for before, after in itertools.pairwise(times))


def test_phones_go_on_talking_and_hang_up_from_either_side(server: Server, phone: Ring) -> None:
    room = server.new_room()
    tones = TONES_HZ[:4]
    phones = [
        phone(tone_hz, codec=codec, transport=transport)
        for tone_hz, codec, transport in zip(tones, CODECS, ("udp", "tcp", "udp", "udp"), strict=True)
    ]
    for each in phones:
        each.dial(server.sip_uri(room))
    joined = server.wait_for_participants(room, 4)
    play_for(2)
    with Capture() as capture:
        kill_workers(server)
        play_for(5)
    gaps_s = [longest_gap_s(capture, each) for each in phones]
    assert max(gaps_s) < GAP_S, gaps_s
    assert server.participants(room) == joined
    assert not any(_is_over(each) for each in phones)
    for own_hz, each in zip(tones, phones, strict=True):
        assert_hears(newest(each.ear(), 4), tuple(hz for hz in tones if hz != own_hz), own_hz)
    phones[0].hang_up()
    server.wait_for_participants(room, 3)
    kicked = server.participants(room)[0]
    assert server.call("DELETE", f"/conferencecalls/{kicked}").status == 200
    eventually(lambda: sum(_is_over(each) for each in phones) == 2, what="the kicked phone gets BYE")
    phones[2].hold()
    phones[2].resume()
    assert server.call("DELETE", f"/conferences/{room}").status == 200
    eventually(lambda: all(_is_over(each) for each in phones), what="BYE to all phones")


def _is_over(phone: Baresip) -> bool:
    return "terminated (duration" in phone.log
