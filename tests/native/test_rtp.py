"""RTP headers and sources, by RFC 3550, RFC 8285 and RFC 6464."""

import ctypes
import errno
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.native import library
from tests.support.packets import rtp


class Rtp(ctypes.Structure):
    """``struct mm_rtp``."""

    _fields_ = [
        ("payload_type", ctypes.c_uint8),
        ("marker", ctypes.c_bool),
        ("sequence_number", ctypes.c_uint16),
        ("timestamp", ctypes.c_uint32),
        ("ssrc", ctypes.c_uint32),
        ("payload", ctypes.POINTER(ctypes.c_uint8)),
        ("payload_bytes", ctypes.c_size_t),
        ("extension", ctypes.POINTER(ctypes.c_uint8)),
        ("extension_bytes", ctypes.c_size_t),
        ("extension_profile", ctypes.c_uint16),
    ]


class Source(ctypes.Structure):
    """``struct mm_rtp_source``."""

    _fields_ = [
        ("ssrc", ctypes.c_uint32),
        ("clock_rate_hz", ctypes.c_uint32),
        ("base_sequence", ctypes.c_uint32),
        ("max_sequence", ctypes.c_uint32),
        ("received", ctypes.c_uint32),
        ("expected_prior", ctypes.c_uint32),
        ("received_prior", ctypes.c_uint32),
        ("probation", ctypes.c_uint32),
        ("bad_sequence", ctypes.c_uint32),
        ("jitter", ctypes.c_double),
        ("last_transit", ctypes.c_uint32),
        ("measured", ctypes.c_bool),
        ("started", ctypes.c_bool),
    ]


def exact(packet: bytes) -> ctypes.Array[ctypes.c_uint8]:
    """Memory that ends where the packet ends, for the address sanitizer."""
    return (ctypes.c_uint8 * len(packet)).from_buffer_copy(packet)


def parse(packet: bytes) -> tuple[int, Rtp, ctypes.Array[ctypes.c_uint8]]:
    """Return the code, the header, and the memory it points into."""
    header, memory = Rtp(), exact(packet)
    code = library().mm_rtp_parse(ctypes.byref(header), memory, ctypes.c_size_t(len(packet)))
    return int(code), header, memory


def source(*, on_probation: bool = False, clock_rate_hz: int = 8000) -> Source:
    made = Source()
    library().mm_rtp_source_init(ctypes.byref(made), 7, clock_rate_hz)
    if on_probation:
        library().mm_rtp_source_probation(ctypes.byref(made))
    return made


def update(made: Source, sequence: int) -> tuple[int, int]:
    extended = ctypes.c_uint32()
    code = library().mm_rtp_source_update(
        ctypes.byref(made), ctypes.c_uint16(sequence % 2**16), ctypes.byref(extended)
    )
    return int(code), extended.value


@given(
    sequence=st.integers(0, 2**16 - 1),
    timestamp=st.integers(0, 2**32 - 1),
    ssrc=st.integers(0, 2**32 - 1),
    payload_type=st.integers(0, 127),
    marker=st.booleans(),
    payload=st.binary(max_size=200),
)
def test_a_written_packet_parses_back(
    sequence: int, timestamp: int, ssrc: int, payload_type: int, marker: bool, payload: bytes
) -> None:
    head = (ctypes.c_uint8 * 12)()
    fields = Rtp(
        payload_type=payload_type, marker=marker, sequence_number=sequence, timestamp=timestamp, ssrc=ssrc
    )
    library().mm_rtp_write.restype = ctypes.c_size_t
    assert library().mm_rtp_write(head, ctypes.byref(fields)) == 12
    written = bytes(head) + payload
    assert written == rtp(sequence, timestamp, payload, payload_type=payload_type, ssrc=ssrc, marker=marker)
    code, parsed, _memory = parse(written)
    assert code == 0
    assert (parsed.sequence_number, parsed.timestamp, parsed.ssrc) == (sequence, timestamp, ssrc)
    assert (parsed.payload_type, parsed.marker) == (payload_type, marker)
    assert bytes(parsed.payload[: parsed.payload_bytes]) == payload
    assert not parsed.extension


HEAD = bytes(10)


@pytest.mark.parametrize(
    ("packet", "payload"),
    [
        pytest.param(b"\x80\x00" + HEAD, b"", id="bare header"),
        pytest.param(b"\x80\x00" + HEAD[:-1], None, id="short"),
        pytest.param(b"\x40\x00" + HEAD, None, id="version 1"),
        pytest.param(b"\xc0\x00" + HEAD, None, id="version 3"),
        pytest.param(b"\x82\x00" + HEAD + bytes(8) + b"xy", b"xy", id="two CSRC"),
        pytest.param(b"\x8f\x00" + HEAD + bytes(59), None, id="CSRC list cut"),
        pytest.param(b"\xa0\x00" + HEAD + b"xy\x00\x02", b"xy", id="padding"),
        pytest.param(b"\xa0\x00" + HEAD + b"\x01", b"", id="all padding"),
        pytest.param(b"\xa0\x00" + HEAD + b"xy\x00\x00", None, id="padding of 0"),
        pytest.param(b"\xa0\x00" + HEAD + b"xy\x05", None, id="padding over the payload"),
        pytest.param(b"\xa0\x00" + HEAD, None, id="padding of nothing"),
        pytest.param(b"\x90\x00" + HEAD + b"\xbe\xde\x00\x00z", b"z", id="empty extension"),
        pytest.param(b"\x90\x00" + HEAD + b"\xbe\xde\x00", None, id="extension header cut"),
        pytest.param(b"\x90\x00" + HEAD + b"\xbe\xde\x00\x02" + bytes(7), None, id="extension cut"),
    ],
)
def test_malformed_packets_are_refused(packet: bytes, payload: bytes | None) -> None:
    code, parsed, _memory = parse(packet)
    if payload is None:
        assert code == -errno.EBADMSG
    else:
        assert code == 0
        assert bytes(parsed.payload[: parsed.payload_bytes]) == payload


@pytest.mark.parametrize(
    ("profile", "body", "level"),
    [
        pytest.param(0xBEDE, b"\x30\xa1\x00\x00", (0x21, True), id="one-byte"),
        pytest.param(0xBEDE, b"\x00\x11\xff\xff\x00\x30\x05\x00", (5, False), id="after padding and another"),
        pytest.param(0xBEDE, b"\x20\xa1\x00\x00", None, id="another id"),
        pytest.param(0xBEDE, b"\xf0\x00\x30\x05", None, id="id 15 ends it"),
        pytest.param(0xBEDE, b"\x03\x30\x05\x00", None, id="id 0 with a length ends it"),
        pytest.param(0xBEDE, b"\x00\x00\x00\x30", None, id="its data cut"),
        pytest.param(0xBEDE, b"\x1f\x30\x05\x00", None, id="another's data cut"),
        pytest.param(0x1000, b"\x03\x01\x90\x00", (0x10, True), id="two-byte"),
        pytest.param(0x100F, b"\x02\x02\x01\x01\x00\x03\x01\x7f", (0x7F, False), id="two-byte with appbits"),
        pytest.param(0x1000, b"\x03\x00\x00\x00", None, id="two-byte without data"),
        pytest.param(0x1000, b"\x00\x00\x00\x03", None, id="two-byte header cut"),
        pytest.param(0x1234, b"\x30\xa1\x00\x00", None, id="not RFC 8285"),
    ],
)
def test_the_audio_level_is_found_in_one_and_two_byte_extensions(
    profile: int, body: bytes, level: tuple[int, bool] | None
) -> None:
    packet = b"\x90\x00" + HEAD + profile.to_bytes(2, "big") + (len(body) // 4).to_bytes(2, "big") + body
    code, parsed, _memory = parse(packet)
    assert code == 0
    voiced = ctypes.c_bool()
    found = library().mm_rtp_audio_level(ctypes.byref(parsed), ctypes.c_uint8(3), ctypes.byref(voiced))
    assert ((found, voiced.value) if found >= 0 else None) == level


@pytest.mark.parametrize(
    ("second_byte", "rtcp"),
    [(0, False), (0x80 | 63, False), (192, True), (200, True), (223, True), (224, False)],
)
def test_rtcp_is_recognised_by_its_second_byte(second_byte: int, rtcp: bool) -> None:
    is_rtcp = library().mm_rtp_is_rtcp
    is_rtcp.restype = ctypes.c_bool
    assert is_rtcp(exact(bytes([0x80, second_byte])), ctypes.c_size_t(2)) is rtcp


def test_a_first_packet_is_accepted_immediately() -> None:
    assert update(source(), 40_000) == (0, 40_000)


def test_a_source_on_probation_must_send_two_packets_in_sequence() -> None:
    made = source(on_probation=True)
    assert [update(made, sequence)[0] for sequence in (5, 9, 10, 11)] == [
        -errno.EAGAIN,
        -errno.EAGAIN,
        0,
        0,
    ]
    assert made.received == 2


def test_a_sequence_jump_is_accepted_when_a_second_packet_follows() -> None:
    made = source()
    update(made, 100)
    assert update(made, 40_000)[0] == -errno.EAGAIN
    assert update(made, 101) == (0, 101)
    assert update(made, 40_000)[0] == -errno.EAGAIN
    assert update(made, 40_001) == (0, 40_001)
    assert made.received == 1


def test_a_backward_restart_increases_the_extended_number() -> None:
    made = source()
    update(made, 50_000)
    update(made, 10)
    assert update(made, 11) == (0, 65536 + 11)


@given(seed=st.integers(0, 2**32 - 1), first=st.integers(0, 2**16 - 1))
def test_extended_numbers_follow_any_loss_and_reordering(seed: int, first: int) -> None:
    chance = random.Random(seed)
    order = sorted((n for n in range(3000) if chance.random() < 0.9), key=lambda n: n + chance.uniform(0, 40))
    made = source()
    # Extended numbers begin in cycle 0, wherever the stream begins.
    cycles_before = (first + order[0]) // 2**16
    for n in order:
        assert update(made, first + n) == (0, (first + n - cycles_before * 2**16) % 2**32)


def test_jitter_follows_rfc_3550() -> None:
    chance = random.Random(3)
    made, expected, last = source(), 0.0, None
    for n in range(500):
        arrival_us = 10**12 + n * 20_000 + chance.randrange(30_000)
        timestamp = (2**32 - 5000 + n * 160) % 2**32
        library().mm_rtp_source_measure(
            ctypes.byref(made), ctypes.c_uint32(timestamp), ctypes.c_int64(arrival_us)
        )
        transit = arrival_us * 8000 // 10**6 - (2**32 - 5000 + n * 160)
        if last is not None:
            expected += (abs(transit - last) - expected) / 16
        last = transit
    assert made.jitter == pytest.approx(expected)
