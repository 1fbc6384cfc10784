"""RTCP compounds, reports, round trip and the estimate of quality."""

import ctypes
import errno
import random
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.native.test_rtp import Source, exact, source, update
from tests.support.native import library

NTP_UNIX_EPOCH_S = 2_208_988_800
MAX_REPORTS = 31


class Report(ctypes.Structure):
    """``struct mm_rtcp_report``."""

    _fields_ = [
        ("ssrc", ctypes.c_uint32),
        ("fraction_lost", ctypes.c_uint8),
        ("cumulative_lost", ctypes.c_int32),
        ("extended_highest_sequence", ctypes.c_uint32),
        ("jitter", ctypes.c_uint32),
        ("last_sr", ctypes.c_uint32),
        ("delay_since_last_sr", ctypes.c_uint32),
    ]


class SenderInfo(ctypes.Structure):
    """``struct mm_rtcp_sender_info``."""

    _fields_ = [
        ("ntp", ctypes.c_uint64),
        ("rtp_timestamp", ctypes.c_uint32),
        ("packets", ctypes.c_uint32),
        ("octets", ctypes.c_uint32),
    ]


class Rtcp(ctypes.Structure):
    """``struct mm_rtcp``."""

    _fields_ = [
        ("sender_ssrc", ctypes.c_uint32),
        ("has_sender_info", ctypes.c_bool),
        ("sender", SenderInfo),
        ("reports", Report * MAX_REPORTS),
        ("nreports", ctypes.c_size_t),
        ("bye", ctypes.c_bool),
    ]


def fields(structure: ctypes.Structure) -> dict[str, int]:
    return {name: getattr(structure, name) for name, *_ in structure._fields_}


def parse(packet: bytes) -> tuple[int, Rtcp]:
    parsed = Rtcp()
    code = library().mm_rtcp_parse(ctypes.byref(parsed), exact(packet), ctypes.c_size_t(len(packet)))
    return int(code), parsed


def write(
    ssrc: int, sender: SenderInfo | None, report: Report | None, cname: str, *, room: int = 400
) -> bytes | int:
    packet = (ctypes.c_uint8 * room)()
    size = library().mm_rtcp_write(
        packet,
        ctypes.c_size_t(room),
        ctypes.c_uint32(ssrc),
        ctypes.byref(sender) if sender else None,
        ctypes.byref(report) if report else None,
        cname.encode(),
    )
    return bytes(packet[:size]) if size >= 0 else int(size)


def part(packet_type: int, body: bytes, *, count: int = 0, padding: bool = False) -> bytes:
    return struct.pack("!BBH", 0x80 | 0x20 * padding | count, packet_type, len(body) // 4) + body


WORD = st.integers(0, 2**32 - 1)


@given(
    ssrc=WORD,
    words=st.lists(WORD, min_size=9, max_size=9),
    lost=st.integers(-(2**23), 2**23 - 1),
    n=st.integers(0, 40),
)
def test_a_written_packet_parses_back(ssrc: int, words: list[int], lost: int, n: int) -> None:
    sender = SenderInfo(words[0] << 32 | words[1], words[2], words[3], words[4])
    report = Report(words[5], 77, lost, words[6], words[7], words[8], 9)
    packet = write(ssrc, sender, report, "x" * n)
    assert isinstance(packet, bytes)
    assert len(packet) % 4 == 0
    code, parsed = parse(packet)
    assert code == 0
    assert parsed.sender_ssrc == ssrc
    assert parsed.has_sender_info
    assert fields(parsed.sender) == fields(sender)
    assert parsed.nreports == 1
    assert fields(parsed.reports[0]) == fields(report)
    assert not parsed.bye
    assert packet[60:62] == bytes([1, n])
    assert packet[62 : 62 + n] == b"x" * n
    assert set(packet[62 + n :]) == {0}


def test_a_receiver_report_may_be_empty() -> None:
    packet = write(5, None, None, "a")
    assert isinstance(packet, bytes)
    code, parsed = parse(packet)
    assert (code, parsed.has_sender_info, parsed.nreports) == (0, False, 0)


def test_a_buffer_that_is_too_small_is_refused() -> None:
    assert write(5, SenderInfo(), Report(), "name", room=67) == -errno.ENOSPC
    packet = (ctypes.c_uint8 * 15)()
    assert library().mm_rtcp_write_bye(packet, ctypes.c_size_t(15), 5) == -errno.ENOSPC


def test_bye_is_a_compound_packet() -> None:
    packet = (ctypes.c_uint8 * 16)()
    assert library().mm_rtcp_write_bye(packet, ctypes.c_size_t(16), 5) == 16
    code, parsed = parse(bytes(packet))
    assert (code, parsed.bye, parsed.sender_ssrc) == (0, True, 5)


RR = part(201, bytes(4))


@pytest.mark.parametrize(
    ("packet", "whole"),
    [
        pytest.param(RR, True, id="empty report"),
        pytest.param(part(200, bytes(24)), True, id="sender report"),
        pytest.param(RR + part(202, bytes(8), count=1), True, id="with a description"),
        pytest.param(RR + part(205, bytes(8), count=1), True, id="with feedback"),
        pytest.param(RR + part(202, b"\0\0\0\4", padding=True), True, id="padding at the end"),
        pytest.param(part(201, bytes(4 + 24 * 2), count=2), True, id="two blocks"),
        pytest.param(b"", False, id="nothing"),
        pytest.param(RR[:4], False, id="no SSRC"),
        pytest.param(part(202, bytes(8), count=1), True, id="begins with a description"),
        pytest.param(part(205, bytes(12), count=15), True, id="feedback alone"),
        pytest.param(
            part(202, b"\0\0\0\1\0\0\0\4", count=1, padding=True), True, id="padding of the only one"
        ),
        pytest.param(part(191, bytes(4)), False, id="type below RTCP's"),
        pytest.param(part(224, bytes(4)), False, id="type above RTCP's"),
        pytest.param(b"\x40" + RR[1:], False, id="version 1"),
        pytest.param(RR + b"\x40" + RR[1:], False, id="version 1 later"),
        pytest.param(part(201, b"\0\0\0\4", padding=True) + RR, False, id="padding at the start"),
        pytest.param(RR + part(202, b"\0\0\0\4", padding=True) + RR, False, id="padding in the middle"),
        pytest.param(RR + part(202, b"\0\0\0\0", padding=True), False, id="padding of 0"),
        pytest.param(RR + part(202, b"\0\0\0\10", padding=True), False, id="padding too long"),
        pytest.param(RR + part(202, b"\0\0\0\3", padding=True), False, id="padding of half a word"),
        pytest.param(RR[:3] + b"\2" + RR[4:], False, id="longer than the datagram"),
        pytest.param(RR + b"\x81\xca", False, id="a bit more"),
        pytest.param(part(201, bytes(4 + 23), count=1)[:-3], False, id="block cut"),
        pytest.param(part(200, bytes(20)), False, id="sender cut"),
        pytest.param(RR + part(203, bytes(4), count=2), False, id="goodbye cut"),
    ],
)
def test_malformed_compounds_are_refused(packet: bytes, whole: bool) -> None:
    assert parse(packet)[0] == (0 if whole else -errno.EBADMSG)


def test_reports_beyond_the_limit_are_ignored() -> None:
    code, parsed = parse(part(201, bytes(4 + 24 * 31), count=31) + part(201, bytes(4 + 24), count=1))
    assert (code, parsed.nreports) == (0, MAX_REPORTS)


def test_reports_contain_total_and_recent_loss() -> None:
    chance = random.Random(4)
    made, report = source(), Report()
    sequence, missing = 65_000, 0
    for _ in range(5):
        lost = 0
        for n in range(200):
            # First and last arrive: packets before and after them are unknown.
            if chance.random() < 0.25 and n not in (0, 199):
                lost += 1
            else:
                update(made, sequence)
            sequence += 1
        missing += lost
        library().mm_rtcp_report_of(ctypes.byref(report), ctypes.byref(made))
        assert report.cumulative_lost == pytest.approx(missing, abs=0)
        assert report.fraction_lost == pytest.approx(lost * 256 / 200, abs=3)
    assert report.extended_highest_sequence == sequence - 1


def test_duplicates_make_the_cumulative_loss_negative_but_not_the_fraction() -> None:
    made, report = source(), Report(last_sr=11, delay_since_last_sr=12)
    for sequence in (1, 1, 1, 2):
        update(made, sequence)
    library().mm_rtcp_report_of(ctypes.byref(report), ctypes.byref(made))
    assert (report.cumulative_lost, report.fraction_lost) == (-2, 0)
    assert (report.last_sr, report.delay_since_last_sr) == (11, 12)


def test_a_source_without_packets_has_no_loss() -> None:
    report = Report()
    library().mm_rtcp_report_of(ctypes.byref(report), ctypes.byref(Source(ssrc=3)))
    assert (report.ssrc, report.cumulative_lost, report.fraction_lost) == (3, 0, 0)


@pytest.mark.parametrize(
    ("last_sr", "delay", "now", "expected_us"),
    [
        # The worked example of RFC 3550 figure 2: 6.125 s.
        pytest.param(0xB705_2000, 0x0005_4000, 0xB710_8000, 6_125_000, id="figure 2"),
        pytest.param(0, 5, 0xB710_8000, -1, id="no sender report yet"),
        pytest.param(0xB710_8000, 0x0001_0000, 0xB710_8000, -1, id="clocks that disagree"),
        pytest.param(0xFFFF_8000, 0x0000_8000, 0x0000_8000, 500_000, id="across the wrap"),
    ],
)
def test_round_trip_is_computed_from_the_report(last_sr: int, delay: int, now: int, expected_us: int) -> None:
    round_trip = library().mm_rtcp_round_trip_us
    round_trip.restype = ctypes.c_int64
    report = Report(last_sr=last_sr, delay_since_last_sr=delay)
    assert round_trip(ctypes.byref(report), ctypes.c_uint64(now << 16)) == expected_us


def test_ntp_time_counts_from_1900() -> None:
    ntp_now = library().mm_ntp_now
    ntp_now.restype = ctypes.c_uint64
    before, ntp, after = time.time(), ntp_now() / 2**32 - NTP_UNIX_EPOCH_S, time.time()
    assert before - 0.001 <= ntp <= after + 0.001


def mos(loss: float, delay_ms: float, *, wideband: bool = False) -> float:
    estimate = library().mm_mos
    estimate.restype = ctypes.c_float
    return float(estimate(ctypes.c_float(loss), ctypes.c_float(delay_ms), ctypes.c_bool(wideband)))


def test_mos_follows_the_e_model() -> None:
    assert mos(0, 0) == pytest.approx(4.41, abs=0.01)
    assert mos(0, 0, wideband=True) == pytest.approx(4.5, abs=0.01)
    assert mos(0, 150) == pytest.approx(4.34, abs=0.03)
    assert mos(0.05, 0) == pytest.approx(3.95, abs=0.1)
    assert mos(1, 2000) == 1.0


@given(loss=st.floats(0, 1), delay_ms=st.floats(0, 3000), wideband=st.booleans())
def test_mos_stays_in_range_and_falls_with_loss(loss: float, delay_ms: float, wideband: bool) -> None:
    here = mos(loss, delay_ms, wideband=wideband)
    assert 1.0 <= mos(min(loss + 0.1, 1), delay_ms, wideband=wideband) <= here <= 4.5
