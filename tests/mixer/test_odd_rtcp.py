"""RTCP as phones and gateways send it, in order or not: audio is not disturbed, and what is RTCP is a sign of life."""

import struct
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixminus.mixer import Engine, MediaResumed, MediaTimeout, Port
from tests.mixer.test_odd_packets import FRAMES, HZ, LOUD, Datagrams, heard, packet, phones
from tests.support.phone import RtpPhone
from tests.support.signals import loudness_at

__all__ = ["phones"]

Phones = tuple[Port, RtpPhone, RtpPhone]
SSRC = struct.pack("!I", 0x1234)
TIMEOUT_TICKS = 50
"""The engine of these tests reports the end of a phone's audio after a second."""


def part(kind: int, body: bytes, *, count: int = 0, padding: int = 0, words: int | None = None) -> bytes:
    """Return one RTCP packet; ``words`` is a wrong length in its header."""
    body += bytes(padding - 1) + bytes([padding]) if padding else b""
    length = len(body) // 4 if words is None else words
    return struct.pack("!BBH", 0x80 | (0x20 if padding else 0) | count, kind, length & 0xFFFF) + body


SR = part(200, SSRC + bytes(20))
RR = part(201, SSRC)
SDES = part(202, SSRC + b"\x01\x02me\0\0\0\0", count=1)
BYE = part(203, SSRC, count=1)
REASON = part(203, SSRC + b"\x07goodbye", count=1)
APP = part(204, SSRC + b"TEST" + bytes(8))
NACK = part(205, SSRC + bytes(8), count=1)
PLI = part(206, SSRC + bytes(4), count=1)
XR = part(207, SSRC + struct.pack("!BBH", 4, 0, 2) + bytes(8))
VOIP = part(207, SSRC + struct.pack("!BBH", 7, 0, 8) + bytes(32))

WHOLE = [
    pytest.param(SR, id="sender report alone"),
    pytest.param(RR, id="receiver report alone"),
    pytest.param(SR + SDES, id="usual compound"),
    pytest.param(SDES + SR, id="description before the report"),
    pytest.param(XR + SR + SDES, id="extended report first"),
    pytest.param(APP + RR, id="application's packet first"),
    pytest.param(SR + SDES + VOIP, id="VoIP metrics"),
    pytest.param(RR + APP, id="application's packet"),
    pytest.param(RR + SDES + BYE, id="goodbye"),
    pytest.param(RR + REASON, id="goodbye with its reason"),
    pytest.param(BYE, id="goodbye alone"),
    pytest.param(RR + part(203, b""), id="goodbye of no source"),
    pytest.param(SDES, id="reduced: description"),
    pytest.param(XR, id="reduced: extended report"),
    pytest.param(NACK, id="reduced: feedback of the transport"),
    pytest.param(PLI, id="reduced: feedback of the payload"),
    pytest.param(APP, id="reduced: application's packet"),
    pytest.param(part(208, SSRC), id="type of the future"),
    pytest.param(part(195, SSRC), id="old type of H.261"),
    pytest.param(SR + part(202, b"", count=0), id="empty description"),
    pytest.param(SR + part(202, SSRC, padding=8), id="padding at the end"),
    pytest.param(part(202, SSRC, padding=4), id="padding of the only packet"),
    pytest.param(part(201, SSRC + bytes(24 * 31), count=31), id="31 blocks"),
    pytest.param(RR * 40, id="forty reports"),
]
BROKEN = [
    pytest.param(b"\x80\xc8", id="two bytes"),
    pytest.param(RR[:4], id="header alone"),
    pytest.param(SR[:20], id="report cut"),
    pytest.param(SR + SDES[:8], id="second packet cut"),
    pytest.param(SR + b"\0\0\0", id="odd bytes after it"),
    pytest.param(part(201, SSRC, words=7), id="length beyond the datagram"),
    pytest.param(part(201, SSRC, words=0xFFFF), id="longest length"),
    pytest.param(part(200, SSRC + bytes(20), words=1) + SDES, id="length too short"),
    pytest.param(part(201, SSRC, count=3), id="blocks that are not there"),
    pytest.param(RR + part(203, SSRC, count=9), id="goodbye of sources that are not there"),
    pytest.param(part(201, SSRC, padding=4) + SDES, id="padding before the end"),
    pytest.param(SR + b"\0\xca\0\2" + SSRC + b"\0\0\0\0", id="no version"),
    pytest.param(b"\x40" + RR[1:], id="version 1"),
    pytest.param(b"\x80\xc9" + b"\xff" * 998, id="long nonsense"),
]


def among(odd: Callable[[int], bytes], *, first: int = 100) -> Datagrams:
    """Return usual audio, with an odd datagram after each third packet, on the port of the audio."""
    return [
        [packet(first + place, frame), *([odd(place)] if place % 3 == 2 else [])]
        for place, frame in enumerate(FRAMES)
    ]


def still_alive(engine: Engine, phones: Phones, datagram: bytes, *, offset: int) -> bool:
    """Send audio, then only this datagram twice a second; return whether the phone counts as being there."""
    port, caller, _ = phones
    for place, frame in enumerate(FRAMES[:10]):
        caller.send_raw(port.local_port, packet(100 + place, frame))
        engine.tick()
    engine.events()
    for _ in range(4):
        caller.send_raw(port.local_port + offset, datagram)
        engine.tick(TIMEOUT_TICKS // 2)
    return not any(isinstance(each, MediaTimeout) and each.port_id == port.id for each in engine.events())


@pytest.mark.parametrize("offset", [1, 0], ids=["on RTCP's port", "on RTP's port, without rtcp-mux"])
@pytest.mark.parametrize("datagram", WHOLE)
def test_rtcp_is_a_sign_of_life(engine: Engine, phones: Phones, datagram: bytes, offset: int) -> None:
    assert still_alive(engine, phones, datagram, offset=offset)
    counters = phones[0].statistics().counters
    assert (counters["rtcp_received"], counters["rtcp_malformed"]) == (4, 0)


@pytest.mark.parametrize("datagram", BROKEN)
def test_broken_rtcp_is_counted_and_is_none(engine: Engine, phones: Phones, datagram: bytes) -> None:
    assert not still_alive(engine, phones, datagram, offset=1)
    counters = phones[0].statistics().counters
    assert (counters["rtcp_received"], counters["rtcp_malformed"]) == (0, 4)


@pytest.mark.parametrize("datagram", [*WHOLE, *BROKEN])
def test_audio_goes_on_among_rtcp_on_its_port(engine: Engine, phones: Phones, datagram: bytes) -> None:
    assert loudness_at(heard(engine, phones, among(lambda _: datagram)), HZ, 8000) == pytest.approx(
        LOUD, rel=0.1
    )


def test_goodbye_by_rtcp_does_not_end_the_audio(engine: Engine, phones: Phones) -> None:
    """Gateways send it when they change the SSRC; the call ends by signalling only."""
    sent = [[packet(100 + place, frame, ssrc=0x1234)] for place, frame in enumerate(FRAMES)]
    sent[20].append(RR + REASON)
    for place in range(21, len(FRAMES)):
        sent[place] = [packet(9000 + place, FRAMES[place], timestamp=10**6 + place * 160, ssrc=0x5678)]
    assert loudness_at(heard(engine, phones, sent), HZ, 8000) == pytest.approx(LOUD, rel=0.1)


def test_rtcp_after_the_timeout_resumes_the_phone(engine: Engine, phones: Phones) -> None:
    port, caller, _ = phones
    caller.send_raw(port.local_port, packet(100, FRAMES[0]))
    engine.tick(2 * TIMEOUT_TICKS)
    assert any(isinstance(each, MediaTimeout) for each in engine.events())
    caller.send_raw(port.local_port + 1, XR)
    engine.tick()
    assert [each.port_id for each in engine.events() if isinstance(each, MediaResumed)] == [port.id]


PARTS = st.lists(
    st.one_of(
        st.sampled_from([SR, RR, SDES, BYE, REASON, APP, NACK, PLI, XR, VOIP]),
        st.builds(
            part,
            st.integers(192, 223),
            st.binary(max_size=80).map(lambda body: body + bytes(-len(body) % 4)),
            count=st.integers(0, 31),
            words=st.one_of(st.none(), st.integers(0, 30)),
        ),
        st.binary(max_size=40),
    ),
    min_size=1,
    max_size=5,
).map(b"".join)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(odd=st.lists(PARTS, min_size=20, max_size=20), on_rtp=st.booleans())
def test_no_rtcp_disturbs_the_audio(engine: Engine, phones: Phones, odd: list[bytes], on_rtp: bool) -> None:
    """Whatever follows the header of RTCP, each datagram is counted once, and the tone is heard."""
    port, caller, _ = phones
    before = port.statistics().counters
    first, caller.sequence_number = caller.sequence_number, caller.sequence_number + len(FRAMES)
    datagrams = [b"\x80\xc9" + each for each in odd]
    sent = among(lambda place: datagrams[place // 3] if on_rtp else b"\x80\xc9\0\1" + SSRC, first=first)
    if not on_rtp:
        for each in datagrams:
            caller.send_raw(port.local_port + 1, each)
    assert loudness_at(heard(engine, phones, sent), HZ, 8000) == pytest.approx(LOUD, rel=0.1)
    after = port.statistics().counters
    names = ("rtcp_received", "rtcp_malformed")
    counted = sum(after[name] - before[name] for name in names)
    assert counted == len(datagrams) * (1 if on_rtp else 2)
